#include "common/key/files.h"

#include "common/base/decode.h"
#include "common/io/input.h"

/* Reads all of it. */
static enum tg_status digest_of(const char *path, struct tg_file_digest *digest,
				struct tg_error *err)
{
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer bytes = TG_BUFFER_INIT;
	char hex[TG_SHA256_HEX + 1];
	enum tg_status st = tg_input_open(&in, path, TG_INPUT_RAW, err);

	if (!st)
		st = tg_input_want_digest(&in, err);
	if (!st)
		st = tg_input_digest(&in, hex, err);
	if (st)
		return st;
	TG_BUG_IF(!tg_hex_decode(&bytes, tg_str_of(hex)) || bytes.n != sizeof(digest->byte));
	memcpy(digest->byte, bytes.p, bytes.n);
	return TG_OK;
}

static enum tg_status put_if_new(struct tg_store *store, const char *path, bool null,
				 struct tg_output *out, struct tg_error *err)
{
	struct tg_file_digest digest;
	bool landed = false;
	enum tg_status st;

	if (!null && strchr(path, '\n'))
		return tg_fail(err, TG_DATA,
			       "%s: its name holds a line feed, so a reader of lines would take "
			       "it for two; --null ends names with NUL",
			       path);
	st = digest_of(path, &digest, err);
	if (!st && store)
		st = tg_store_has_file(store, &digest, &landed, err);
	if (st || landed)
		return st;
	tg_output_put(out, tg_str_of(path));
	tg_output_put(out, null ? tg_str_from("", 1) : TG_STR("\n"));
	return out->status ? tg_output_flush(out, err) : TG_OK;
}

/* What is wrong with this one file alone. */
static bool is_of_the_file(enum tg_status st)
{
	return st == TG_NO_INPUT || st == TG_DATA || st == TG_IO;
}

enum tg_status tg_files_put_new(struct tg_store *store, const struct tg_setup *setup, bool null,
				struct tg_output *out, struct tg_error *err)
{
	enum tg_status worst = TG_OK;
	size_t left_out = 0;

	for (size_t i = 0; i < setup->operands; i++) {
		enum tg_status st = put_if_new(store, setup->operand[i], null, out, err);

		if (!st)
			continue;
		if (!is_of_the_file(st) || out->status)
			return st;
		tg_setup_warn(setup, "%s", err->text);
		worst = worst ? worst : st;
		left_out++;
	}
	if (!worst)
		return TG_OK;
	if (tg_output_flush(out, err))
		return err->status;
	return tg_fail(err, worst, "%zu of %zu files are left out: see above", left_out,
		       setup->operands);
}

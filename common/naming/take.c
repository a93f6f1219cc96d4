#include "common/naming/take.h"

#include "common/io/identity.h"
#include "common/json/text.h"
#include "common/run/found.h"

#include <sys/stat.h>

static enum tg_status refuse(const struct tg_take *t, enum tg_status status, const char *code,
			     const char *text, struct tg_error *err)
{
	return tg_fail_code(err, status, code, "%.*s %s", TG_STR_ARG(tg_name_base(t->file)), text);
}

static struct tg_sequence_file asked(const struct tg_take *t)
{
	return (struct tg_sequence_file){ .source = t->name.source,
					  .entity = t->name.entity,
					  .numbered = t->name.numbered,
					  .seq = t->name.seq,
					  .date = tg_str_of(t->name.date),
					  .sha256 = tg_str_of(t->look->sha256) };
}

/* The number against those that have landed. Whether the content of one that has is the same is known at the end. */
static enum tg_status judge_number(const struct tg_take *t, struct tg_sequence_answer *answer,
				   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_sequence_file file = asked(t);
	enum tg_status st = tg_sequence_ask(t->sequence, &file, answer, err);

	if (st || t->on_gap == TG_GAP_WARN)
		return st;
	if (answer->verdict == TG_SEQUENCE_LATE)
		return refuse(t, TG_DATA, "seq-late",
			      "comes behind higher numbers, which have landed; --on-gap warn "
			      "takes it",
			      err);
	if (answer->verdict != TG_SEQUENCE_GAP)
		return TG_OK;
	tg_gap_put(&text, t->check->naming, answer);
	tg_buffer_putc(&text, '\0');
	return t->on_gap == TG_GAP_WAIT ? refuse(t, TG_TRY_AGAIN, "gap", text.p, err)
					: refuse(t, TG_DATA, "seq-gap", text.p, err);
}

/* The path of the file is known: its name, and whether it is its turn. */
static enum tg_status begin_file(struct tg_take *t, struct tg_error *err)
{
	struct tg_str base = tg_name_base(t->file);
	struct tg_sequence_answer answer;
	struct tg_check_fault fault;

	t->named = true;
	if (tg_name_is_unfinished(base))
		return refuse(t, TG_TRY_AGAIN, "unfinished", "is still being written, by its name",
			      err);
	if (!tg_check_name(t->check, base, &t->name, &fault))
		return refuse(t, TG_DATA, fault.code, fault.text, err);
	return judge_number(t, &answer, err);
}

enum tg_status tg_take_begin(struct tg_take *t, const struct tg_input *in, struct tg_arena *arena,
			     struct tg_error *err)
{
	struct tg_identity id;
	struct stat st;

	t->in = in;
	if (in->fd != 0) {
		t->file = tg_str_of(in->name);
		if (lstat(in->name, &st) != 0 || !tg_look_is_plain(&st, &in->stat))
			return refuse(t, TG_DATA, "no-file", "is no regular file", err);
	} else {
		id = tg_identity_of(0, NULL, &st, arena);
		if (id.kind == TG_IDENTITY_FILE)
			t->file = id.path;
	}
	t->direct = t->file.n > 0;
	if (t->direct && !tg_look_settled(&in->stat, t->check->settle, t->check->now))
		return refuse(t, TG_TRY_AGAIN, "changing", "is still being written", err);
	if (t->direct)
		return begin_file(t, err);
	if (!t->check->naming->of_content)
		return tg_fail(err, TG_USAGE,
			       "standard input has no name: name the file, for its name speaks of "
			       "its own bytes (x-name has no crc32_of \"content\")");
	return TG_OK;
}

void tg_take_add(struct tg_take *t, struct tg_str bytes)
{
	tg_look_add(t->look, bytes);
}

/*
 * The end
 */

static enum tg_status check_unchanged(const struct tg_take *t, struct tg_error *err)
{
	struct stat now;

	if (!S_ISREG(t->in->stat.st_mode))
		return TG_OK;
	if (fstat(t->in->fd, &now) != 0 || !tg_look_same(&t->in->stat, &now) ||
	    t->look->bytes != (uint64_t)now.st_size)
		return refuse(t, TG_TRY_AGAIN, "changing", "is still being written", err);
	return TG_OK;
}

/* Of a file that was opened further up. */
static enum tg_status find_name(struct tg_take *t, const struct tg_setup *setup,
				struct tg_error *err)
{
	enum tg_status st = tg_found_file(&t->file, setup, err);

	if (!st && !t->file.n)
		return tg_fail(err, TG_USAGE,
			       "nobody knows what the file is called: the first program of the "
			       "pipeline must read it, and no other");
	return st ? st : begin_file(t, err);
}

static void put_meta(const struct tg_setup *setup, const char *name, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;

	if (!text.n)
		return;
	tg_json_put_string(&json, text);
	tg_setup_meta(setup, name, tg_buffer_str(&json));
}

/* The file's name, unless the program that took its wrapping off has said what is left is called. */
static enum tg_status tell_name(const struct tg_take *t, const struct tg_setup *setup,
				struct tg_error *err)
{
	struct tg_found said = { .value = NULL };
	enum tg_status st = t->direct ? TG_OK : tg_found(&said, setup, "name", err);

	if (!st && !said.value)
		put_meta(setup, "name", tg_name_base(t->file));
	return st;
}

static enum tg_status tell(const struct tg_take *t, const struct tg_setup *setup,
			   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	put_meta(setup, "source", t->name.source);
	put_meta(setup, "entity", t->name.entity);
	put_meta(setup, "date", tg_str_of(t->name.date));
	if (t->name.numbered) {
		tg_buffer_put_u64(&b, t->name.seq);
		tg_setup_meta(setup, "seq", tg_buffer_str(&b));
		tg_buffer_clear(&b);
	}
	tg_buffer_printf(&b, "%08x", t->look->crc32);
	put_meta(setup, "crc32", tg_buffer_str(&b));
	put_meta(setup, "sha256", tg_str_of(t->look->sha256));
	return tell_name(t, setup, err);
}

/* Its number is pending from here on. */
static enum tg_status keep(const struct tg_take *t, uint64_t count, const struct tg_setup *setup,
			   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer batch = TG_BUFFER_INIT;
	struct tg_sequence_file file = asked(t);
	enum tg_status st = tg_sequence_take(t->sequence, &file, count, err);

	if (!st)
		st = tg_sequence_save(t->sequence, &batch, err);
	if (!st && batch.n)
		tg_setup_meta(setup, "batch", tg_buffer_str(&batch));
	return st;
}

enum tg_status tg_take_end(struct tg_take *t, const struct tg_setup *setup, struct tg_error *err)
{
	const char *path = t->in->fd != 0 ? t->in->name : NULL;
	struct tg_sequence_answer answer;
	struct tg_check_fault fault;
	enum tg_status st;

	tg_look_finish(t->look);
	st = check_unchanged(t, err);
	if (!st && !t->named)
		st = find_name(t, setup, err);
	if (!st && !tg_check_content(t->check, &t->name, t->look, path, &fault))
		st = refuse(t, TG_DATA, fault.code, fault.text, err);
	if (!st)
		st = judge_number(t, &answer, err);
	if (!st)
		st = tell(t, setup, err);
	if (st)
		return st;
	if (answer.verdict == TG_SEQUENCE_CONFLICT)
		return refuse(t, TG_DATA, "seq-conflict",
			      "has other content than the file with its number that has landed",
			      err);
	if (answer.verdict != TG_SEQUENCE_DUPLICATE)
		return keep(t, answer.count, setup, err);
	tg_setup_meta(setup, "duplicate", TG_STR("true"));
	tg_setup_info(setup, "the file has landed before, so nothing of it lands again");
	return TG_OK;
}

#include "common/naming/look.h"

#include "common/base/memory.h"
#include "common/io/input.h"

#include <errno.h>

enum { BLOCK = 128 * 1024 };

enum tg_status tg_look_init(struct tg_look *look, struct tg_error *err)
{
	*look = (struct tg_look){ .bytes = 0 };
	return tg_digest_new(&look->digest, err);
}

void tg_look_add(struct tg_look *look, struct tg_str bytes)
{
	look->crc32 = tg_crc32_add(look->crc32, bytes.p, bytes.n);
	tg_digest_add(look->digest, bytes.p, bytes.n);
	look->bytes += bytes.n;
}

void tg_look_finish(struct tg_look *look)
{
	tg_digest_hex(look->digest, look->sha256);
}

void tg_look_release(struct tg_look *look)
{
	tg_digest_free(&look->digest);
	tg_free(look->block);
	look->block = NULL;
}

static int64_t changed(const struct stat *st)
{
#ifdef __APPLE__
	return (int64_t)st->st_mtimespec.tv_sec * 1000000 + st->st_mtimespec.tv_nsec / 1000;
#else
	return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
#endif
}

bool tg_look_is_plain(const struct stat *by_name, const struct stat *opened)
{
	return S_ISREG(by_name->st_mode) && by_name->st_dev == opened->st_dev &&
	       by_name->st_ino == opened->st_ino;
}

bool tg_look_same(const struct stat *before, const struct stat *after)
{
	return before->st_dev == after->st_dev && before->st_ino == after->st_ino &&
	       before->st_size == after->st_size && changed(before) == changed(after);
}

bool tg_look_settled(const struct stat *st, uint64_t settle, struct tg_time now)
{
	int64_t age;

	if (__builtin_sub_overflow(now.seconds * 1000000 + now.micros, changed(st), &age))
		return false;
	return settle == 0 || (age >= 0 && (uint64_t)age >= settle);
}

typedef void take(void *arg, struct tg_str bytes);

static enum tg_status read_all(struct tg_look *look, struct tg_input *in, take *each, void *arg,
			       struct tg_error *err)
{
	if (!look->block)
		look->block = tg_alloc(BLOCK);
	for (;;) {
		size_t n;
		enum tg_status st = tg_input_read(in, look->block, BLOCK, &n, err);

		if (st || n == 0)
			return st;
		each(arg, tg_str_from(look->block, n));
	}
}

static void add(void *arg, struct tg_str bytes)
{
	tg_look_add(arg, bytes);
}

static enum tg_status open_file(struct tg_input *in, const char *path, enum tg_look_result *result,
				struct tg_error *err)
{
	struct stat st;
	enum tg_status status;

	*result = TG_LOOK_NONE;
	if (lstat(path, &st) != 0) {
		(void)tg_fail(err, TG_NO_INPUT, "cannot be read: %s", strerror(errno));
		return TG_OK;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)tg_fail(err, TG_NO_INPUT, "is no regular file");
		return TG_OK;
	}
	status = tg_input_open(in, path, TG_INPUT_RAW, err);
	if (status == TG_NO_INPUT) {
		(void)tg_fail(err, TG_NO_INPUT, "cannot be read: %s", strerror(errno));
		return TG_OK;
	}
	if (!status && !tg_look_is_plain(&st, &in->stat)) {
		(void)tg_fail(err, TG_NO_INPUT, "is no regular file");
		return TG_OK;
	}
	*result = TG_LOOK_DONE;
	return status;
}

enum tg_status tg_look_file(struct tg_look *look, const char *path, uint64_t settle,
			    struct tg_time now, enum tg_look_result *result, struct tg_error *err)
{
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	struct stat after;
	enum tg_status st;

	look->bytes = 0;
	look->crc32 = 0;
	st = open_file(&in, path, result, err);
	if (st || *result != TG_LOOK_DONE)
		return st;
	if (!tg_look_settled(&in.stat, settle, now)) {
		*result = TG_LOOK_CHANGING;
		return TG_OK;
	}
	st = read_all(look, &in, add, look, err);
	tg_look_finish(look);
	if (st)
		return st;
	look->seen = in.stat;
	if (fstat(in.fd, &after) != 0 || !tg_look_same(&in.stat, &after) ||
	    look->bytes != (uint64_t)after.st_size)
		*result = TG_LOOK_CHANGING;
	return TG_OK;
}

static void add_others(void *arg, struct tg_str bytes)
{
	tg_crc32_others_add(arg, bytes.p, bytes.n);
}

const char *tg_look_guess(struct tg_look *look, const char *path, uint32_t said)
{
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	struct tg_crc32_others others;
	struct tg_error ignored = TG_ERROR_INIT;
	enum tg_look_result result;

	tg_crc32_others_init(&others);
	if (open_file(&in, path, &result, &ignored) || result != TG_LOOK_DONE ||
	    read_all(look, &in, add_others, &others, &ignored))
		return NULL;
	return tg_crc32_guess(&others, said, look->crc32);
}

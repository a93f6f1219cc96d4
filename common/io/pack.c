#include "common/io/pack.h"

#include "common/base/library.h"
#include "common/base/memory.h"

/* libzstd 1.4 or later, from its manual. */
struct in_buffer {
	const void *p;
	size_t n, at;
};

struct out_buffer {
	void *p;
	size_t n, at;
};

enum { CHECKSUM_FLAG = 201, CONTINUE = 0, END = 2, ROOM = 128 * 1024 };

static struct {
	void *(*create)(void);
	size_t (*free)(void *context);
	size_t (*set)(void *context, int parameter, int value);
	size_t (*compress)(void *context, struct out_buffer *out, struct in_buffer *in, int end);
	unsigned (*is_error)(size_t code);
	const char *(*error_name)(size_t code);
} zstd;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_OPTIONAL(zstd.create, ZSTD_createCCtx),
	TG_LIBRARY_OPTIONAL(zstd.free, ZSTD_freeCCtx),
	TG_LIBRARY_OPTIONAL(zstd.set, ZSTD_CCtx_setParameter),
	TG_LIBRARY_OPTIONAL(zstd.compress, ZSTD_compressStream2),
	TG_LIBRARY_OPTIONAL(zstd.is_error, ZSTD_isError),
	TG_LIBRARY_OPTIONAL(zstd.error_name, ZSTD_getErrorName),
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libzstd", "1"),
	.package = "libzstd1",
	.needs = "cannot compress: that needs zstd 1.4 or later",
	.call = calls,
	.calls = TG_COUNT(calls),
};

struct tg_pack {
	void *context;
	tg_pack_out *out;
	void *arg;
	char room[ROOM];
};

enum tg_status tg_pack_new(struct tg_pack **pack, tg_pack_out *out, void *arg, struct tg_error *err)
{
	TG_OWN(tg_pack_free) struct tg_pack *p = NULL;
	enum tg_status st = tg_library_load(&library, err);

	if (st)
		return st;
	p = tg_alloc(sizeof(*p));
	p->context = zstd.create();
	if (!p->context || zstd.is_error(zstd.set(p->context, CHECKSUM_FLAG, 1)))
		return tg_fail(err, TG_TRY_AGAIN, "cannot compress: no memory for it");
	p->out = out;
	p->arg = arg;
	*pack = TG_TAKE(p);
	return TG_OK;
}

static enum tg_status step(struct tg_pack *p, struct tg_str bytes, int end, struct tg_error *err)
{
	struct in_buffer in = { bytes.p, bytes.n, 0 };

	for (;;) {
		struct out_buffer out = { p->room, ROOM, 0 };
		size_t left = zstd.compress(p->context, &out, &in, end);
		enum tg_status st = TG_OK;

		if (zstd.is_error(left))
			return tg_fail(err, TG_INTERNAL, "cannot compress: %s",
				       zstd.error_name(left));
		if (out.at)
			st = p->out(p->arg, tg_str_from(p->room, out.at), err);
		if (st || (end == END ? left == 0 : in.at == in.n))
			return st;
	}
}

enum tg_status tg_pack_add(struct tg_pack *p, struct tg_str bytes, struct tg_error *err)
{
	return step(p, bytes, CONTINUE, err);
}

enum tg_status tg_pack_end(struct tg_pack *p, struct tg_error *err)
{
	return step(p, TG_STR(""), END, err);
}

void tg_pack_free(struct tg_pack **pack)
{
	struct tg_pack *p = TG_TAKE(*pack);

	if (!p)
		return;
	if (p->context)
		(void)zstd.free(p->context);
	tg_free(p);
}

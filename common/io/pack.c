#include "common/io/pack.h"

#include "common/base/memory.h"

#include <dlfcn.h>

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

typedef void *create_function(void);
typedef size_t free_function(void *context);
typedef size_t set_function(void *context, int parameter, int value);
typedef size_t compress_function(void *context, struct out_buffer *out, struct in_buffer *in,
				 int end);
typedef unsigned is_error_function(size_t code);
typedef const char *error_name_function(size_t code);

#ifdef __APPLE__
static const char library[] = "libzstd.1.dylib";
#else
static const char library[] = "libzstd.so.1";
#endif

struct tg_pack {
	create_function *create;
	free_function *free;
	set_function *set;
	compress_function *compress;
	is_error_function *is_error;
	error_name_function *error_name;
	void *context;
	tg_pack_out *out;
	void *arg;
	char room[ROOM];
};

static bool find(void *handle, const char *name, void *function, size_t size)
{
	void *symbol = handle ? dlsym(handle, name) : NULL;

	memcpy(function, &symbol, size); /* POSIX says that they are of one size */
	return symbol != NULL;
}

#define FIND(handle, name, function) find(handle, name, &(function), sizeof(function))

enum tg_status tg_pack_new(struct tg_pack **pack, tg_pack_out *out, void *arg, struct tg_error *err)
{
	TG_OWN(tg_pack_free) struct tg_pack *p = tg_alloc(sizeof(*p));
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (!FIND(handle, "ZSTD_createCCtx", p->create) ||
	    !FIND(handle, "ZSTD_freeCCtx", p->free) ||
	    !FIND(handle, "ZSTD_CCtx_setParameter", p->set) ||
	    !FIND(handle, "ZSTD_compressStream2", p->compress) ||
	    !FIND(handle, "ZSTD_isError", p->is_error) ||
	    !FIND(handle, "ZSTD_getErrorName", p->error_name))
		return tg_fail(err, TG_UNAVAILABLE,
			       "cannot compress: that needs %s, of zstd 1.4 or later", library);
	p->context = p->create();
	if (!p->context || p->is_error(p->set(p->context, CHECKSUM_FLAG, 1)))
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
		size_t left = p->compress(p->context, &out, &in, end);
		enum tg_status st = TG_OK;

		if (p->is_error(left))
			return tg_fail(err, TG_INTERNAL, "cannot compress: %s",
				       p->error_name(left));
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
		(void)p->free(p->context);
	tg_free(p);
}

#include "common/base/library.h"

#include "common/base/check.h"

#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* who loads does so alone */

#ifdef TG_LINKED

static enum tg_status load(const struct tg_library *l, struct tg_error *err)
{
	(void)err;
	for (size_t i = 0; i < l->calls; i++)
		memcpy(l->call[i].to, &l->call[i].linked, l->call[i].size);
	return TG_OK;
}

#else

static enum tg_status load(const struct tg_library *l, struct tg_error *err)
{
	void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return tg_fail(err, TG_UNAVAILABLE, "%s, and it cannot be loaded: %s", l->needs,
			       dlerror());
	for (size_t i = 0; i < l->calls; i++) {
		const struct tg_library_call *call = &l->call[i];
		void *symbol = dlsym(handle, call->name);

		if (!symbol)
			return tg_fail(err, TG_UNAVAILABLE, "%s, and %s has no %s", l->needs,
				       l->file, call->name);
		/* ISO C has no conversion from void * to a pointer to a function; POSIX says that they are of one size. */
		TG_BUG_IF(call->size != sizeof(symbol));
		memcpy(call->to, &symbol, call->size);
	}
	return TG_OK;
}

#endif

enum tg_status tg_library_load(struct tg_library *l, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	TG_BUG_IF(pthread_mutex_lock(&lock) != 0);
	if (!l->loaded)
		st = load(l, err);
	l->loaded = !st;
	TG_BUG_IF(pthread_mutex_unlock(&lock) != 0);
	return st;
}

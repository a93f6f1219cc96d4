#include "common/base/library.h"

#include "common/base/check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* who loads does so alone */

static enum tg_status find(const struct tg_library_call *call, void *handle,
			   const struct tg_library *l, struct tg_error *err)
{
	void *symbol = dlsym(handle, call->name);

	if (!symbol)
		return tg_fail(err, TG_UNAVAILABLE, "%s, and %s has no %s (Debian's package is %s)",
			       l->needs, l->file, call->name, l->package);
	/* ISO C has no conversion from void * to a pointer to a function; POSIX says that they are of one size. */
	TG_BUG_IF(call->size != sizeof(symbol));
	memcpy(call->to, &symbol, call->size);
	return TG_OK;
}

static enum tg_status load(const struct tg_library *l, struct tg_error *err)
{
	void *handle = NULL;
	enum tg_status st;

	for (size_t i = 0; i < l->calls; i++) {
		const struct tg_library_call *call = &l->call[i];

		if (call->linked) {
			memcpy(call->to, &call->linked, call->size);
			continue;
		}
		if (!handle)
			handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
		if (!handle)
			return tg_fail(err, TG_UNAVAILABLE,
				       "%s, and it cannot be loaded: %s (Debian's package is %s)",
				       l->needs, dlerror(), l->package);
		st = find(call, handle, l, err);
		if (st)
			return st;
	}
	return TG_OK;
}

enum tg_status tg_library_load(struct tg_library *l, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (__atomic_load_n(&l->loaded, __ATOMIC_ACQUIRE))
		return TG_OK;
	TG_BUG_IF(pthread_mutex_lock(&lock) != 0);
	if (l->failure) {
		st = tg_fail(err, TG_UNAVAILABLE, "%s", l->failure);
	} else if (!l->loaded) {
		st = load(l, err);
		if (st)
			l->failure = strdup(err->text);
		__atomic_store_n(&l->loaded, !st, __ATOMIC_RELEASE);
	}
	TG_BUG_IF(pthread_mutex_unlock(&lock) != 0);
	return st;
}

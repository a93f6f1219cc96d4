#include "common/state/libpq.h"

#include <dlfcn.h>
#include <pthread.h>

#ifdef __APPLE__
static const char library[] = "libpq.5.dylib";
#else
static const char library[] = "libpq.so.5";
#endif

static struct tg_libpq libpq;
static struct tg_error failure; /* of the one attempt to load it */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(void *handle, const char *name, void *function, size_t size)
{
	void *symbol = dlsym(handle, name);

	if (!symbol) {
		tg_fail(&failure, TG_UNAVAILABLE, "cannot reach PostgreSQL: %s has no %s", library,
			name);
		return false;
	}
	/* ISO C has no conversion from void * to a pointer to a function; POSIX says that they are of one size. */
	TG_BUG_IF(size != sizeof(symbol));
	memcpy(function, &symbol, size);
	return true;
}

#define FIND(member, name) find(handle, name, &libpq.member, sizeof(libpq.member))

static void load(void)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		tg_fail(&failure, TG_UNAVAILABLE, "cannot reach PostgreSQL: cannot load %s: %s",
			library, dlerror());
		return;
	}
	(void)(FIND(connect_start, "PQconnectStart") && FIND(connect_poll, "PQconnectPoll") &&
	       FIND(socket, "PQsocket") && FIND(status, "PQstatus") &&
	       FIND(error_message, "PQerrorMessage") && FIND(finish, "PQfinish") &&
	       FIND(send_query_params, "PQsendQueryParams") &&
	       FIND(consume_input, "PQconsumeInput") && FIND(is_busy, "PQisBusy") &&
	       FIND(get_cancel, "PQgetCancel") && FIND(cancel, "PQcancel") &&
	       FIND(free_cancel, "PQfreeCancel") && FIND(exec, "PQexec") &&
	       FIND(result_status, "PQresultStatus") &&
	       FIND(result_error_field, "PQresultErrorField") && FIND(clear, "PQclear") &&
	       FIND(ntuples, "PQntuples") && FIND(getvalue, "PQgetvalue") &&
	       FIND(getlength, "PQgetlength") && FIND(getisnull, "PQgetisnull") &&
	       FIND(put_copy_data, "PQputCopyData") && FIND(put_copy_end, "PQputCopyEnd") &&
	       FIND(get_result, "PQgetResult") && FIND(transaction_status, "PQtransactionStatus"));
}

enum tg_status tg_libpq_get(const struct tg_libpq **out, struct tg_error *err)
{
	TG_BUG_IF(pthread_once(&once, load) != 0);
	if (failure.status)
		return tg_fail(err, failure.status, "%s", failure.text);
	*out = &libpq;
	return TG_OK;
}

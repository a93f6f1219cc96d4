#include "common/state/libpq.h"

#include "common/base/library.h"

static struct tg_libpq libpq;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_OPTIONAL(libpq.connect_start, PQconnectStart),
	TG_LIBRARY_OPTIONAL(libpq.connect_poll, PQconnectPoll),
	TG_LIBRARY_OPTIONAL(libpq.socket, PQsocket),
	TG_LIBRARY_OPTIONAL(libpq.status, PQstatus),
	TG_LIBRARY_OPTIONAL(libpq.error_message, PQerrorMessage),
	TG_LIBRARY_OPTIONAL(libpq.finish, PQfinish),
	TG_LIBRARY_OPTIONAL(libpq.send_query_params, PQsendQueryParams),
	TG_LIBRARY_OPTIONAL(libpq.consume_input, PQconsumeInput),
	TG_LIBRARY_OPTIONAL(libpq.is_busy, PQisBusy),
	TG_LIBRARY_OPTIONAL(libpq.get_cancel, PQgetCancel),
	TG_LIBRARY_OPTIONAL(libpq.cancel, PQcancel),
	TG_LIBRARY_OPTIONAL(libpq.free_cancel, PQfreeCancel),
	TG_LIBRARY_OPTIONAL(libpq.exec, PQexec),
	TG_LIBRARY_OPTIONAL(libpq.result_status, PQresultStatus),
	TG_LIBRARY_OPTIONAL(libpq.result_error_field, PQresultErrorField),
	TG_LIBRARY_OPTIONAL(libpq.clear, PQclear),
	TG_LIBRARY_OPTIONAL(libpq.ntuples, PQntuples),
	TG_LIBRARY_OPTIONAL(libpq.getvalue, PQgetvalue),
	TG_LIBRARY_OPTIONAL(libpq.getlength, PQgetlength),
	TG_LIBRARY_OPTIONAL(libpq.getisnull, PQgetisnull),
	TG_LIBRARY_OPTIONAL(libpq.put_copy_data, PQputCopyData),
	TG_LIBRARY_OPTIONAL(libpq.put_copy_end, PQputCopyEnd),
	TG_LIBRARY_OPTIONAL(libpq.get_result, PQgetResult),
	TG_LIBRARY_OPTIONAL(libpq.transaction_status, PQtransactionStatus),
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libpq", "5"),
	.package = "libpq5",
	.needs = "cannot reach PostgreSQL: that needs libpq",
	.call = calls,
	.calls = TG_COUNT(calls),
};

enum tg_status tg_libpq_get(const struct tg_libpq **out, struct tg_error *err)
{
	enum tg_status st = tg_library_load(&library, err);

	if (!st)
		*out = &libpq;
	return st;
}

/*
 * libpq: inside common/state: PostgreSQL's client library, found when the first store of its kind is opened.
 *
 * It brings a dozen libraries along, which no other run shall load.
 */
#ifndef TG_STATE_LIBPQ_H
#define TG_STATE_LIBPQ_H

#include "common/base/status.h"

#include <libpq-fe.h>

struct tg_libpq {
	__typeof__(&PQconnectStart) connect_start;
	__typeof__(&PQconnectPoll) connect_poll;
	__typeof__(&PQsocket) socket;
	__typeof__(&PQstatus) status;
	__typeof__(&PQerrorMessage) error_message;
	__typeof__(&PQfinish) finish;
	__typeof__(&PQsendQueryParams) send_query_params;
	__typeof__(&PQconsumeInput) consume_input;
	__typeof__(&PQisBusy) is_busy;
	__typeof__(&PQgetCancel) get_cancel;
	__typeof__(&PQcancel) cancel;
	__typeof__(&PQfreeCancel) free_cancel;
	__typeof__(&PQexec) exec;
	__typeof__(&PQresultStatus) result_status;
	__typeof__(&PQresultErrorField) result_error_field;
	__typeof__(&PQclear) clear;
	__typeof__(&PQntuples) ntuples;
	__typeof__(&PQgetvalue) getvalue;
	__typeof__(&PQgetlength) getlength;
	__typeof__(&PQgetisnull) getisnull;
	__typeof__(&PQputCopyData) put_copy_data;
	__typeof__(&PQputCopyEnd) put_copy_end;
	__typeof__(&PQgetResult) get_result;
	__typeof__(&PQtransactionStatus) transaction_status;
};

/* TG_UNAVAILABLE when it cannot be loaded. */
TG_MUST_USE enum tg_status tg_libpq_get(const struct tg_libpq **libpq, struct tg_error *err);

#endif

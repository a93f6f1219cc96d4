#include "common/state/link.h"

#include "common/io/interrupt.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

void tg_pg_values_release(struct tg_pg_values *v)
{
	tg_arena_release(&v->arena);
}

void tg_pg_add_number(struct tg_pg_values *v, int64_t n)
{
	TG_BUG_IF(v->n == TG_PG_PARAMETERS);
	snprintf(v->number[v->n], sizeof(v->number[v->n]), "%lld", (long long)n);
	v->value[v->n] = v->number[v->n];
	v->length[v->n] = 0;
	v->format[v->n++] = 0;
}

void tg_pg_add_text(struct tg_pg_values *v, struct tg_str text)
{
	TG_BUG_IF(v->n == TG_PG_PARAMETERS);
	v->value[v->n] = tg_arena_copy(&v->arena, text.p ? text : TG_STR("")).p;
	v->length[v->n] = 0;
	v->format[v->n++] = 0;
}

void tg_pg_add_bytes(struct tg_pg_values *v, const void *p, size_t n)
{
	TG_BUG_IF(v->n == TG_PG_PARAMETERS);
	v->value[v->n] = p;
	v->length[v->n] = (int)n;
	v->format[v->n++] = 1;
}

/* One line of what libpq says. */
enum tg_status tg_pg_fault(struct tg_store *s, const PGresult *result, const char *what,
			   struct tg_error *err)
{
	struct tg_pg *q = s->own;
	const char *state = result ? q->pq->result_error_field(result, PG_DIAG_SQLSTATE) : NULL;
	const char *text = q->pq->error_message(q->db);
	enum tg_status st = TG_UNAVAILABLE;

	if (q->pq->status(q->db) == CONNECTION_BAD)
		s->lost = true;
	if (state && (strcmp(state, "55P03") == 0 || strcmp(state, "40001") == 0 ||
		      strcmp(state, "40P01") == 0))
		st = TG_TRY_AGAIN;
	else if (state && strncmp(state, "42", 2) == 0) /* no such table, no right to it */
		st = TG_CONFIG;
	return tg_fail(err, st, "cannot %s the key store %.*s: %.*s", what, TG_STR_ARG(s->url),
		       (int)strcspn(text, "\n"), text);
}

void tg_pg_clear(struct tg_pg *q, PGresult **result)
{
	if (*result)
		q->pq->clear(*result);
	*result = NULL;
}

/* Asks the server to leave off; that it hears of it is not sure. */
static void cancel(struct tg_pg *q)
{
	PGcancel *c = q->pq->get_cancel(q->db);
	char text[256];

	if (c)
		(void)q->pq->cancel(c, text, sizeof(text));
	q->pq->free_cancel(c);
}

/* Until the answer is there, or the connection is lost, which get_result then tells. */
static enum tg_status await(struct tg_store *s, struct tg_error *err)
{
	struct tg_pg *q = s->own;

	while (q->pq->is_busy(q->db)) {
		struct pollfd fd = { .fd = q->pq->socket(q->db), .events = POLLIN };

		if (tg_interrupted() && !q->steadfast) {
			cancel(q);
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		}
		if (fd.fd < 0 || (poll(&fd, 1, -1) > 0 && !q->pq->consume_input(q->db)))
			return TG_OK;
	}
	return TG_OK;
}

enum tg_status tg_pg_end_copy(struct tg_store *s, struct tg_error *err)
{
	static const char trailer[2] = { '\xff', '\xff' };
	struct tg_pg *q = s->own;
	enum tg_status st = TG_OK;
	PGresult *result;

	if (!q->copying)
		return TG_OK;
	q->copying = false;
	if (q->pq->put_copy_data(q->db, trailer, sizeof(trailer)) != 1 ||
	    q->pq->put_copy_end(q->db, NULL) != 1)
		st = tg_pg_fault(s, NULL, "write to", err);
	if (!st)
		st = await(s, err);
	while ((result = q->pq->get_result(q->db))) {
		if (!st && q->pq->result_status(result) != PGRES_COMMAND_OK)
			st = tg_pg_fault(s, result, "write to", err);
		q->pq->clear(result);
	}
	return st;
}

enum tg_status tg_pg_ask(struct tg_store *s, const char *text, const struct tg_pg_values *v,
			 const char *what, PGresult **result, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	ExecStatusType status;
	PGresult *next;
	enum tg_status st = tg_pg_end_copy(s, err);

	*result = NULL;
	if (st)
		return st;
	if (!q->pq->send_query_params(q->db, text, v ? v->n : 0, NULL, v ? v->value : NULL,
				      v ? v->length : NULL, v ? v->format : NULL, 1))
		return tg_pg_fault(s, NULL, what, err);
	st = await(s, err);
	while ((next = q->pq->get_result(q->db))) {
		tg_pg_clear(q, result);
		*result = next;
	}
	if (st) {
		tg_pg_clear(q, result);
		return st;
	}
	status = *result ? q->pq->result_status(*result) : PGRES_FATAL_ERROR;
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return TG_OK;
	st = tg_pg_fault(s, *result, what, err);
	tg_pg_clear(q, result);
	return st;
}

enum tg_status tg_pg_tell(struct tg_store *s, const char *text, const struct tg_pg_values *v,
			  const char *what, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *result;
	enum tg_status st = tg_pg_ask(s, text, v, what, &result, err);

	tg_pg_clear(q, &result);
	return st;
}

struct tg_str tg_pg_column(struct tg_pg *q, const PGresult *r, int row, int at)
{
	return tg_str_from(q->pq->getvalue(r, row, at), (size_t)q->pq->getlength(r, row, at));
}

int64_t tg_pg_number(struct tg_pg *q, const PGresult *r, int row, int at)
{
	struct tg_str bytes = tg_pg_column(q, r, row, at);

	return bytes.n == 8 ? (int64_t)tg_entry_word((const unsigned char *)bytes.p) : 0;
}

/*
 * Connecting
 */

enum {
	PATIENCE = 20,	   /* attempts to reach a server that was there before */
	MOMENT = 100,	   /* milliseconds between them */
	CONNECT_WAIT = 10, /* seconds for one */
};

static enum tg_status refused(struct tg_store *s, struct tg_error *err)
{
	return tg_interrupted() ? tg_fail(err, TG_INTERRUPTED, "interrupted")
				: tg_pg_fault(s, NULL, "open", err);
}

/* As far as one attempt goes; a signal or the time ends it. */
static enum tg_status connect_once(struct tg_store *s, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	q->copying = false;
	q->db = q->pq->connect_start(s->url.p);
	if (!q->db || q->pq->status(q->db) == CONNECTION_BAD)
		return refused(s, err);
	for (int waits = 0; want != PGRES_POLLING_OK; waits++) {
		struct pollfd fd = { .fd = q->pq->socket(q->db),
				     .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT };

		if (want == PGRES_POLLING_FAILED || waits > CONNECT_WAIT * 10 || tg_interrupted())
			return refused(s, err);
		if (poll(&fd, 1, MOMENT) > 0)
			want = q->pq->connect_poll(q->db);
	}
	return tg_pg_tell(s,
			  "select set_config('lock_timeout', '20s', false), "
			  "set_config('client_min_messages', 'error', false), "
			  "set_config('synchronous_commit', 'on', false)",
			  NULL, "open", err);
}

enum tg_status tg_pg_connect(struct tg_store *s, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	enum tg_status st = tg_libpq_get(&q->pq, err);

	return st ? st : connect_once(s, err);
}

/* What landed since would land again. */
static enum tg_status check_same(struct tg_store *s, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	bool same;
	enum tg_status st =
		tg_pg_ask(s, "select id, clock from tidegate_store", NULL, "open", &r, err);

	if (st)
		return st;
	same = q->pq->ntuples(r) == 1 && tg_str_is(tg_pg_column(q, r, 0, 0), s->head.id) &&
	       (uint64_t)tg_pg_number(q, r, 0, 1) >= q->clock;
	tg_pg_clear(q, &r);
	return same ? TG_OK
		    : tg_fail(err, TG_CONFIG,
			      "the key store %.*s is not what it was before the connection was lost: "
			      "another one answers, or an older state of it",
			      TG_STR_ARG(s->url));
}

enum tg_status tg_pg_reconnect(struct tg_store *s, struct tg_error *err)
{
	const struct timespec moment = { .tv_nsec = MOMENT * 1000000L };
	struct tg_pg *q = s->own;
	enum tg_status st = TG_UNAVAILABLE;

	for (int i = 0; st == TG_UNAVAILABLE && i < PATIENCE; i++) {
		if (i)
			(void)nanosleep(&moment, NULL);
		q->pq->finish(q->db);
		st = connect_once(s, err);
	}
	return st || !s->head.id[0] ? st : check_same(s, err); /* it may not have been read yet */
}

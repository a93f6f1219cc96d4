/*
 * link: inside common/state: one connection to PostgreSQL, and statements that are asked over it.
 *
 * A wait for an answer ends at a signal (TG_INTERRUPTED, and the statement is cancelled), but for commit and rollback. A
 * connection that is lost marks the store (lost); whoever knows that nothing is under way may make it anew.
 */
#ifndef TG_STATE_LINK_H
#define TG_STATE_LINK_H

#include "common/state/backend.h"
#include "common/state/libpq.h"

enum { TG_PG_PARAMETERS = 16 };

struct tg_pg {
	const struct tg_libpq *pq;
	PGconn *db;
	bool copying;	/* a COPY is under way: the next statement ends it */
	bool reading;	/* the transaction changes nothing */
	bool steadfast; /* no signal ends the wait */
	uint64_t clock; /* the highest that the store has shown */
};

/* Values of one statement. */
struct tg_pg_values {
	int n;
	const char *value[TG_PG_PARAMETERS];
	int length[TG_PG_PARAMETERS], format[TG_PG_PARAMETERS];
	char number[TG_PG_PARAMETERS][24];
	struct tg_arena arena;
};

void tg_pg_add_number(struct tg_pg_values *v, int64_t n);
void tg_pg_add_text(struct tg_pg_values *v, struct tg_str text); /* copied */
void tg_pg_add_bytes(struct tg_pg_values *v, const void *p, size_t n);
void tg_pg_values_release(struct tg_pg_values *v);

/* Connects, for the first time. */
TG_MUST_USE enum tg_status tg_pg_connect(struct tg_store *s, struct tg_error *err);
/* Makes the connection anew, which takes a moment where the server is being started. TG_CONFIG: it is another store that answers, or
 * an older state of this one (a replica that lagged). */
TG_MUST_USE enum tg_status tg_pg_reconnect(struct tg_store *s, struct tg_error *err);

/* Rows come in binary: numbers as 8 bytes, texts and bytes as they are. *result is NULL unless TG_OK. v may be NULL. */
TG_MUST_USE enum tg_status tg_pg_ask(struct tg_store *s, const char *text,
				     const struct tg_pg_values *v, const char *what,
				     PGresult **result, struct tg_error *err);
/* The same for a statement that has no rows. */
TG_MUST_USE enum tg_status tg_pg_tell(struct tg_store *s, const char *text,
				      const struct tg_pg_values *v, const char *what,
				      struct tg_error *err);
/* Ends a COPY that is under way: nothing else may be said before. */
TG_MUST_USE enum tg_status tg_pg_end_copy(struct tg_store *s, struct tg_error *err);

struct tg_str tg_pg_column(struct tg_pg *q, const PGresult *r, int row, int at);
int64_t tg_pg_number(struct tg_pg *q, const PGresult *r, int row, int at);
void tg_pg_clear(struct tg_pg *q, PGresult **result);

/* What libpq says, as a status; result may be NULL. */
enum tg_status tg_pg_fault(struct tg_store *s, const PGresult *result, const char *what,
			   struct tg_error *err);

#endif

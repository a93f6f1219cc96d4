#include "common/state/backend.h"
#include "common/state/link.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * The header's row is what writers wait for each other at: they lock it first (protocol.md, A7). The clock stands in it: numbers of a
 * sequence are not in the order of commits.
 */
enum {
	ROW_HEAD = 2 + 4 + 8 + 4 + 8 + 4, /* of a page in COPY's binary format */
};

// clang-format off
static const char *const schema[] = {
	"create table if not exists tidegate_store (one int8 primary key check (one = 1), version int8 not null, digest text not null,"
	" form int8 not null, id text not null, zone text not null, zone_path text not null, landing text not null, secret bytea not null,"
	" timed int8 not null, clock int8 not null, generation int8 not null, floor int8 not null, keep int8 not null, place text not null)",
	"create table if not exists tidegate_batch (run int8 primary key, id text not null unique, state int8 not null, snapshot int8 not null,"
	" keys int8 not null, landing text not null, number int8 not null, first int8 not null, time int8 not null, latest int8 not null,"
	" host text not null, boot text not null, session text not null, pid int8 not null, since int8 not null)",
	"create table if not exists tidegate_page (run int8 not null, prefix int8 not null, k bytea not null, primary key (run, prefix))",
	/* Else a page would be cut up and put elsewhere; two of them fill a page of the database. */
	"alter table tidegate_page alter column k set storage plain",
	/* Version 2. */
	("create table if not exists tidegate_file (digest bytea not null, landing text not null, time int8 not null,"
	 " doubt int8 not null, primary key (digest, landing))"),
	"create index if not exists tidegate_file_in_doubt on tidegate_file (landing) where doubt = 1",
};
// clang-format on

/* Cut where it is too long, which ours never is. */
static void take_text(char *to, size_t room, struct tg_str text)
{
	size_t n = text.n < room ? text.n : room - 1;

	memcpy(to, text.p, n);
	to[n] = '\0';
}

static enum tg_status begin_once(struct tg_store *s, enum tg_txn kind, struct tg_error *err)
{
	enum tg_status st = tg_pg_tell(
		s,
		kind == TG_TXN_READ ? "begin transaction isolation level repeatable read read only"
				    : "begin transaction isolation level read committed",
		NULL, "begin a change of", err);

	if (!st && kind == TG_TXN_WRITE)
		st = tg_pg_tell(s, "select one from tidegate_store for update", NULL,
				"begin a change of", err);
	return st;
}

/* The server may have been started anew since the last transaction: nothing is under way yet, so it can be asked again. */
static enum tg_status begin(struct tg_store *s, enum tg_txn kind, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	enum tg_status st;

	q->reading = kind == TG_TXN_READ;
	s->lost = s->unanswered = false;
	st = begin_once(s, kind, err);
	if (!st || !s->lost)
		return st;
	st = tg_pg_reconnect(s, err);
	s->lost = false;
	return st ? st : begin_once(s, kind, err);
}

static void rollback(struct tg_store *s)
{
	struct tg_pg *q = s->own;
	struct tg_error ignored = TG_ERROR_INIT;

	q->steadfast = true;
	(void)!tg_pg_end_copy(s, &ignored);
	if (q->pq->transaction_status(q->db) != PQTRANS_IDLE)
		(void)!tg_pg_tell(s, "rollback", NULL, "leave", &ignored);
	q->steadfast = false;
}

/* Unanswered, it may have come through or not: whoever runs again finds out. */
static enum tg_status commit(struct tg_store *s, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	enum tg_status st = tg_pg_end_copy(s, err);

	q->steadfast = true;
	if (!st)
		st = tg_pg_tell(s, "commit", NULL, "write to", err);
	q->steadfast = false;
	if (!st)
		return TG_OK;
	rollback(s);
	if (q->reading && s->lost) /* what was read was read */
		return TG_OK;
	s->unanswered = s->lost;
	if (st == TG_INTERRUPTED)
		return st;
	err->status = TG_TRY_AGAIN;
	return TG_TRY_AGAIN;
}

static enum tg_status read_head(struct tg_store *s, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	struct tg_store_head *h = &s->head;
	struct tg_str secret, path, place;
	PGresult *r;
	enum tg_status st = tg_pg_ask(s,
				      "select id, zone, zone_path, landing, secret, timed, clock, "
				      "generation, floor, keep, place from tidegate_store",
				      NULL, "read the head of", &r, err);

	if (st)
		return st;
	if (q->pq->ntuples(r) != 1) {
		tg_pg_clear(q, &r);
		return tg_fail(err, TG_CONFIG, "the key store %.*s has no head",
			       TG_STR_ARG(s->url));
	}
	take_text(h->id, sizeof(h->id), tg_pg_column(q, r, 0, 0));
	take_text(h->zone, sizeof(h->zone), tg_pg_column(q, r, 0, 1));
	path = tg_pg_column(q, r, 0, 2);
	if (!tg_str_eq(path, h->zone_path))
		h->zone_path = tg_arena_copy(&s->arena, path);
	take_text(h->landing, sizeof(h->landing), tg_pg_column(q, r, 0, 3));
	secret = tg_pg_column(q, r, 0, 4);
	if (secret.n == sizeof(h->secret))
		memcpy(h->secret, secret.p, secret.n);
	else
		st = tg_fail(err, TG_CONFIG, "the key store %.*s has no secret",
			     TG_STR_ARG(s->url));
	h->timed = tg_pg_number(q, r, 0, 5) != 0;
	h->clock = (uint64_t)tg_pg_number(q, r, 0, 6);
	h->generation = (uint64_t)tg_pg_number(q, r, 0, 7);
	h->floor = (uint64_t)tg_pg_number(q, r, 0, 8);
	h->window = (uint64_t)tg_pg_number(q, r, 0, 9);
	place = tg_pg_column(q, r, 0, 10);
	if (!tg_str_eq(place, h->place))
		h->place = tg_arena_copy(&s->arena, place);
	if (h->clock > q->clock)
		q->clock = h->clock;
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status write_head(struct tg_store *s, struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	const struct tg_store_head *h = &s->head;

	tg_pg_add_text(&v, tg_str_of(h->id));
	tg_pg_add_text(&v, tg_str_of(h->zone));
	tg_pg_add_text(&v, h->zone_path);
	tg_pg_add_text(&v, tg_str_of(h->landing));
	tg_pg_add_bytes(&v, h->secret, sizeof(h->secret));
	tg_pg_add_number(&v, h->timed);
	tg_pg_add_number(&v, (int64_t)h->clock);
	tg_pg_add_number(&v, (int64_t)h->generation);
	tg_pg_add_number(&v, (int64_t)h->floor);
	tg_pg_add_number(&v, (int64_t)h->window);
	tg_pg_add_text(&v, h->place);
	tg_pg_add_number(&v, TG_STORE_VERSION);
	return tg_pg_tell(
		s,
		"insert into tidegate_store (one, version, digest, form, id, zone, zone_path, "
		"landing, secret, timed, clock, generation, floor, keep, place) values (1, $12, "
		"'SipHash-2-4-128', 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on "
		"conflict (one) do update set id = $1, zone = $2, zone_path = $3, landing = "
		"$4, secret = $5, timed = $6, clock = $7, generation = $8, floor = $9, keep = "
		"$10, place = $11",
		&v, "write to", err);
}

static enum tg_status read_batches(struct tg_store *s, struct tg_batch **batch, size_t *n,
				   struct tg_arena *arena, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st =
		tg_pg_ask(s,
			  "select run, state, snapshot, keys, number, first, time, latest, "
			  "pid, since, id, landing, host, boot, session from tidegate_batch "
			  "where snapshot >= 0 order by run",
			  NULL, "read", &r, err);

	if (st)
		return st;
	*n = (size_t)q->pq->ntuples(r);
	*batch = tg_arena_array(arena, *n, sizeof(**batch));
	for (int i = 0; i < (int)*n; i++) {
		struct tg_batch *b = *batch + i;

		b->run = (uint32_t)tg_pg_number(q, r, i, 0);
		b->state = (enum tg_batch_state)tg_pg_number(q, r, i, 1);
		b->snapshot = (uint64_t)tg_pg_number(q, r, i, 2);
		b->keys = (uint64_t)tg_pg_number(q, r, i, 3);
		b->number = (uint64_t)tg_pg_number(q, r, i, 4);
		b->first = (uint64_t)tg_pg_number(q, r, i, 5);
		b->time = tg_pg_number(q, r, i, 6);
		b->latest = tg_pg_number(q, r, i, 7);
		b->owner.pid = tg_pg_number(q, r, i, 8);
		b->owner.since = tg_pg_number(q, r, i, 9);
		take_text(b->id, sizeof(b->id), tg_pg_column(q, r, i, 10));
		take_text(b->landing, sizeof(b->landing), tg_pg_column(q, r, i, 11));
		take_text(b->owner.host, sizeof(b->owner.host), tg_pg_column(q, r, i, 12));
		take_text(b->owner.boot, sizeof(b->owner.boot), tg_pg_column(q, r, i, 13));
		take_text(b->owner.session, sizeof(b->owner.session), tg_pg_column(q, r, i, 14));
	}
	tg_pg_clear(q, &r);
	return TG_OK;
}

static enum tg_status draw_run(struct tg_store *s, uint32_t *run, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st =
		tg_pg_ask(s,
			  "select min(n) from (select 1::int8 as n union all select run + 1 "
			  "from tidegate_batch) as free where n not in (select run from "
			  "tidegate_batch)",
			  NULL, "read", &r, err);

	if (!st)
		*run = (uint32_t)tg_pg_number(q, r, 0, 0);
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status put_batch(struct tg_store *s, struct tg_batch *b, struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	bool is_new = !b->run;
	enum tg_status st = is_new ? draw_run(s, &b->run, err) : TG_OK;

	if (st)
		return st;
	tg_pg_add_number(&v, b->run);
	tg_pg_add_text(&v, tg_str_of(b->id));
	tg_pg_add_number(&v, b->state);
	tg_pg_add_number(&v, (int64_t)b->snapshot);
	tg_pg_add_number(&v, (int64_t)b->keys);
	tg_pg_add_text(&v, tg_str_of(b->landing));
	tg_pg_add_number(&v, (int64_t)b->number);
	tg_pg_add_number(&v, (int64_t)b->first);
	tg_pg_add_number(&v, b->time);
	tg_pg_add_number(&v, b->latest);
	tg_pg_add_text(&v, tg_str_of(b->owner.host));
	tg_pg_add_text(&v, tg_str_of(b->owner.boot));
	tg_pg_add_text(&v, tg_str_of(b->owner.session));
	tg_pg_add_number(&v, b->owner.pid);
	tg_pg_add_number(&v, b->owner.since);
	return tg_pg_tell(
		s,
		is_new ? "insert into tidegate_batch (run, id, state, snapshot, keys, landing, "
			 "number, first, time, latest, host, boot, session, pid, since) values "
			 "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
		       : "update tidegate_batch set state = $3, snapshot = $4, keys = $5, landing "
			 "= $6, number = $7, first = $8, time = $9, latest = $10, host = $11, boot "
			 "= $12, session = $13, pid = $14, since = $15 where run = $1 and id = $2",
		&v, "write to", err);
}

static enum tg_status delete_batch(struct tg_store *s, uint32_t run, struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };

	tg_pg_add_number(&v, run);
	return tg_pg_tell(
		s,
		"update tidegate_batch set id = 'removed-' || run, state = 0, snapshot = "
		"-1, keys = 0, landing = '', number = 0, first = 0, host = '', boot = '', "
		"session = '', pid = 0, since = 0 where run = $1",
		&v, "write to", err);
}

static enum tg_status removing(struct tg_store *s, uint32_t *run, uint64_t *batches,
			       struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st = tg_pg_ask(s,
				      "select coalesce(min(run), 0), count(*) from tidegate_batch "
				      "where snapshot < 0",
				      NULL, "read", &r, err);

	if (!st) {
		*run = (uint32_t)tg_pg_number(q, r, 0, 0);
		*batches = (uint64_t)tg_pg_number(q, r, 0, 1);
	}
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status count_removing(struct tg_store *s, uint64_t *pages, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st = tg_pg_ask(s,
				      "select count(*) from tidegate_page where run in (select run "
				      "from tidegate_batch where snapshot < 0)",
				      NULL, "read", &r, err);

	if (!st)
		*pages = (uint64_t)tg_pg_number(q, r, 0, 0);
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status remove_pages(struct tg_store *s, uint32_t run, size_t most, size_t *n,
				   struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st;

	tg_pg_add_number(&v, run);
	tg_pg_add_number(&v, most > INT32_MAX ? INT32_MAX : (int64_t)most);
	st = tg_pg_ask(
		s,
		"with gone as (delete from tidegate_page where run = $1 and prefix = any(array("
		"select prefix from tidegate_page where run = $1 order by prefix limit $2)) "
		"returning 1) select count(*) from gone",
		&v, "write to", &r, err);
	*n = st ? 0 : (size_t)tg_pg_number(q, r, 0, 0);
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status remove_batch(struct tg_store *s, uint32_t run, struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };

	tg_pg_add_number(&v, run);
	return tg_pg_tell(s, "delete from tidegate_batch where run = $1 and snapshot < 0", &v,
			  "write to", err);
}

static enum tg_status begin_copy(struct tg_store *s, struct tg_error *err)
{
	static const char head[19] = "PGCOPY\n\xff\r\n\0"; /* no flags, no more header */
	struct tg_pg *q = s->own;
	PGresult *r = q->pq->exec(q->db, "copy tidegate_page (run, prefix, k) from stdin binary");
	enum tg_status st = TG_OK;

	if (!r || q->pq->result_status(r) != PGRES_COPY_IN)
		st = tg_pg_fault(s, r, "write to", err);
	tg_pg_clear(q, &r);
	if (st)
		return st;
	q->copying = true;
	return q->pq->put_copy_data(q->db, head, sizeof(head)) == 1
		       ? TG_OK
		       : tg_pg_fault(s, NULL, "write to", err);
}

static void put_big(unsigned char **p, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*(*p)++ = (unsigned char)(value >> (8 * i));
}

/* Pages flow one behind the other, without an answer to each. */
static enum tg_status put_page(struct tg_store *s, uint32_t run, uint32_t prefix,
			       struct tg_str page, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	unsigned char row[ROW_HEAD], *p = row;
	enum tg_status st = q->copying ? TG_OK : begin_copy(s, err);

	if (st)
		return st;
	put_big(&p, 3, 2);
	put_big(&p, 8, 4);
	put_big(&p, run, 8);
	put_big(&p, 8, 4);
	put_big(&p, prefix, 8);
	put_big(&p, page.n, 4);
	if (q->pq->put_copy_data(q->db, (const char *)row, sizeof(row)) != 1 ||
	    q->pq->put_copy_data(q->db, page.p, (int)page.n) != 1)
		return tg_pg_fault(s, NULL, "write to", err);
	return TG_OK;
}

/* One statement sees one moment. */
static const char find_pages[] =
	"select (select generation from tidegate_store), asked.i, page.k from "
	"unnest($1::int8[]) with ordinality as asked (run, i) left join lateral (select k "
	"from tidegate_page where run = asked.run and prefix <= $2 order by prefix desc "
	"limit 1) as page on true order by asked.i";

static enum tg_status find(struct tg_store *s, const uint32_t *run, size_t runs, uint32_t prefix,
			   uint64_t *generation, tg_find_visit visit, void *arg,
			   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer list = TG_BUFFER_INIT;
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	struct tg_pg *q = s->own;
	bool stop = false;
	PGresult *r;
	enum tg_status st;

	for (size_t i = 0; i < runs; i++) {
		tg_buffer_putc(&list, i ? ',' : '{');
		tg_buffer_put_u64(&list, run[i]);
	}
	tg_buffer_puts(&list, runs ? "}" : "{}");
	tg_pg_add_text(&v, tg_buffer_str(&list));
	tg_pg_add_number(&v, prefix);
	s->lost = false;
	st = tg_pg_ask(s, find_pages, &v, "read", &r, err);
	if (st && s->lost) { /* in no transaction: it can be asked again */
		st = tg_pg_reconnect(s, err);
		if (!st)
			st = tg_pg_ask(s, find_pages, &v, "read", &r, err);
	}
	if (st)
		return st;
	for (int i = 0; i < q->pq->ntuples(r); i++) {
		*generation = (uint64_t)tg_pg_number(q, r, i, 0);
		if (!stop && !q->pq->getisnull(r, i, 2))
			visit(arg, (size_t)tg_pg_number(q, r, i, 1) - 1, tg_pg_column(q, r, i, 2),
			      &stop);
	}
	tg_pg_clear(q, &r);
	return TG_OK;
}

static enum tg_status one_page(struct tg_store *s, uint32_t run, uint32_t prefix,
			       struct tg_buffer *page, struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st;

	tg_pg_add_number(&v, run);
	tg_pg_add_number(&v, prefix);
	st = tg_pg_ask(
		s,
		"select k from tidegate_page where run = $1 and prefix <= $2 order by prefix desc "
		"limit 1",
		&v, "read", &r, err);
	page->n = 0;
	if (!st && q->pq->ntuples(r) > 0)
		tg_buffer_put_str(page, tg_pg_column(q, r, 0, 0));
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status pages(struct tg_store *s, uint32_t run, uint32_t prefix, size_t most,
			    tg_page_visit visit, void *arg, struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st;

	tg_pg_add_number(&v, run);
	tg_pg_add_number(&v, prefix);
	tg_pg_add_number(&v, most > INT32_MAX ? INT32_MAX : (int64_t)most);
	st = tg_pg_ask(
		s,
		"select prefix, k from tidegate_page where run = $1 and prefix >= $2 order by "
		"prefix limit $3",
		&v, "read", &r, err);
	for (int i = 0; !st && i < q->pq->ntuples(r); i++)
		st = visit(arg, (uint32_t)tg_pg_number(q, r, i, 0), tg_pg_column(q, r, i, 1), err);
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status check(struct tg_store *s, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st =
		tg_pg_ask(s,
			  "select count(*) from tidegate_page where run not in (select run "
			  "from tidegate_batch)",
			  NULL, "check", &r, err);

	if (!st && tg_pg_number(q, r, 0, 0) > 0)
		st = tg_fail(err, TG_DATA, "the key store %.*s holds pages of no batch",
			     TG_STR_ARG(s->url));
	tg_pg_clear(q, &r);
	return st;
}

static void close_store(struct tg_store *s)
{
	struct tg_pg *q = s->own;

	if (!q)
		return;
	if (q->db)
		q->pq->finish(q->db);
	tg_free(q);
	s->own = NULL;
}

static enum tg_status put_file(struct tg_store *s, const struct tg_store_file *file, bool in_doubt,
			       struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };

	tg_pg_add_bytes(&v, file->digest.byte, sizeof(file->digest.byte));
	tg_pg_add_text(&v, tg_str_of(file->landing));
	tg_pg_add_number(&v, file->time);
	tg_pg_add_number(&v, in_doubt);
	return tg_pg_tell(
		s,
		"insert into tidegate_file (digest, landing, time, doubt) values ($1, $2, $3, "
		"$4) on conflict do nothing",
		&v, "write to", err);
}

static enum tg_status settle_files(struct tg_store *s, const char *landing, bool landed,
				   struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };

	tg_pg_add_text(&v, tg_str_of(landing));
	return tg_pg_tell(
		s,
		landed ? "update tidegate_file set doubt = 0 where doubt = 1 and landing = $1"
		       : "delete from tidegate_file where doubt = 1 and landing = $1",
		&v, "write to", err);
}

static enum tg_status has_file(struct tg_store *s, const struct tg_file_digest *digest,
			       bool *landed, struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st;

	tg_pg_add_bytes(&v, digest->byte, sizeof(digest->byte));
	st = tg_pg_ask(s, "select 1 from tidegate_file where digest = $1 and doubt = 0 limit 1", &v,
		       "read", &r, err);
	*landed = !st && q->pq->ntuples(r) > 0;
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status forget_files(struct tg_store *s, int64_t before, uint64_t *n,
				   struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st;

	tg_pg_add_number(&v, before);
	st = tg_pg_ask(
		s,
		"with gone as (delete from tidegate_file where doubt = 0 and time < $1 returning 1) "
		"select count(*) from gone",
		&v, "write to", &r, err);
	*n = st ? 0 : (uint64_t)tg_pg_number(q, r, 0, 0);
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status files(struct tg_store *s, const struct tg_file_digest *after, size_t most,
			    tg_file_visit visit, void *arg, struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st;

	tg_pg_add_bytes(&v, after->byte, sizeof(after->byte));
	tg_pg_add_number(&v, (int64_t)most);
	st = tg_pg_ask(
		s,
		"select distinct on (digest) digest, landing, time from tidegate_file where doubt = "
		"0 and digest > $1 order by digest, time desc limit $2",
		&v, "read", &r, err);
	for (int i = 0; !st && i < q->pq->ntuples(r); i++) {
		struct tg_store_file file = { .time = tg_pg_number(q, r, i, 2) };
		struct tg_str digest = tg_pg_column(q, r, i, 0);

		if (digest.n != sizeof(file.digest.byte)) {
			st = tg_fail(err, TG_DATA,
				     "the key store %.*s holds a file's digest of %zu bytes",
				     TG_STR_ARG(s->url), digest.n);
			break;
		}
		memcpy(file.digest.byte, digest.p, sizeof(file.digest.byte));
		take_text(file.landing, sizeof(file.landing), tg_pg_column(q, r, i, 1));
		st = visit(arg, &file, err);
	}
	tg_pg_clear(q, &r);
	return st;
}

static enum tg_status count_files(struct tg_store *s, uint64_t *landed, uint64_t *lost,
				  struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st =
		tg_pg_ask(s,
			  "select (select count(distinct digest) from tidegate_file where "
			  "doubt = 0), (select count(*) from tidegate_file where doubt = 1 and "
			  "landing not in (select landing from tidegate_batch where state = 2))",
			  NULL, "read", &r, err);

	if (!st) {
		*landed = (uint64_t)tg_pg_number(q, r, 0, 0);
		*lost = (uint64_t)tg_pg_number(q, r, 0, 1);
	}
	tg_pg_clear(q, &r);
	return st;
}

static const struct tg_backend backend = {
	.close = close_store,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.read_head = read_head,
	.write_head = write_head,
	.read_batches = read_batches,
	.put_batch = put_batch,
	.delete_batch = delete_batch,
	.removing = removing,
	.count_removing = count_removing,
	.remove_pages = remove_pages,
	.remove_batch = remove_batch,
	.put_page = put_page,
	.find = find,
	.page = one_page,
	.pages = pages,
	.put_file = put_file,
	.settle_files = settle_files,
	.has_file = has_file,
	.forget_files = forget_files,
	.files = files,
	.count_files = count_files,
	.check = check,
};

/*
 * Opening
 */

/* It would stand in the list of processes, and in the run log. */
static bool has_password(struct tg_str url)
{
	const char *begin = memchr(url.p, ':', url.n), *at = memchr(url.p, '@', url.n);

	if (memmem(url.p, url.n, "password=", 9))
		return true;
	if (!begin || !at || (size_t)(begin - url.p) + 3 > url.n)
		return false;
	begin += 3;
	return begin < at && memchr(begin, ':', (size_t)(at - begin));
}

static enum tg_status look_for(struct tg_store *s, bool *there, struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st =
		tg_pg_ask(s, "select (to_regclass('tidegate_store') is not null)::int4::int8", NULL,
			  "open", &r, err);

	*there = !st && tg_pg_number(q, r, 0, 0) != 0;
	tg_pg_clear(q, &r);
	return st;
}

/* Makes it, or makes one of an earlier version this one. Two may do this at once: one does it, the other finds it done. */
static enum tg_status make(struct tg_store *s, const struct tg_store_wish *wish,
			   struct tg_error *err)
{
	TG_OWN(tg_pg_values_release) struct tg_pg_values v = { .n = 0 };
	struct tg_pg *q = s->own;
	PGresult *r = NULL;
	enum tg_status st = tg_pg_tell(s, "begin", NULL, "make", err);

	if (st)
		return st;
	st = tg_pg_tell(s, "select pg_advisory_xact_lock(1413968756)", NULL, "make", err);
	for (size_t i = 0; !st && i < TG_COUNT(schema); i++)
		st = tg_pg_tell(s, schema[i], NULL, "make", err);
	if (!st)
		st = tg_pg_ask(s, "select one from tidegate_store", NULL, "make", &r, err);
	if (!st && q->pq->ntuples(r) == 0) {
		tg_head_draw(&s->head, wish);
		st = write_head(s, err);
	} else if (!st) {
		tg_pg_add_number(&v, TG_STORE_VERSION);
		st = tg_pg_tell(s, "update tidegate_store set version = $1 where version < $1", &v,
				"make", err);
	}
	tg_pg_clear(q, &r);
	return tg_store_end(s, st, err);
}

static enum tg_status check_version(struct tg_store *s, const struct tg_store_wish *wish,
				    struct tg_error *err)
{
	struct tg_pg *q = s->own;
	PGresult *r;
	enum tg_status st =
		tg_pg_ask(s, "select max(version) from tidegate_store", NULL, "open", &r, err);
	int64_t version = st ? 0 : tg_pg_number(q, r, 0, 0);

	tg_pg_clear(q, &r);
	if (!st && version > TG_STORE_VERSION)
		return tg_fail(
			err, TG_CONFIG,
			"the key store %.*s is of version %lld; this program knows version %d",
			TG_STR_ARG(s->url), (long long)version, TG_STORE_VERSION);
	return st || version == TG_STORE_VERSION ? st : make(s, wish, err);
}

enum tg_status tg_postgres_open(struct tg_store *s, struct tg_str url,
				const struct tg_store_wish *wish, struct tg_error *err)
{
	bool there = false;
	enum tg_status st;

	if (has_password(url))
		return tg_fail(err, TG_USAGE,
			       "a password in the URL of a key store is seen by all on this host: "
			       "put it into the password file of PostgreSQL (~/.pgpass)");
	s->own = tg_alloc(sizeof(struct tg_pg));
	s->backend = &backend;
	s->url = tg_arena_copy(&s->arena, url);
	st = tg_pg_connect(s, err);
	if (!st)
		st = look_for(s, &there, err);
	if (!st && !there && !wish->make)
		return tg_fail(err, TG_NO_INPUT, "there is no key store in %.*s",
			       TG_STR_ARG(s->url));
	if (!st && !there)
		st = make(s, wish, err);
	if (!st)
		st = check_version(s, wish, err);
	if (!st)
		st = begin(s, TG_TXN_READ, err);
	return st ? st : tg_store_end(s, read_head(s, err), err);
}

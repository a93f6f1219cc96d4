#include "common/state/sqlite.h"

#include "common/io/interrupt.h"

#include <limits.h>

// clang-format off
static const char *const text_of[TG_SQL_STATEMENTS] = {
	[TG_SQL_READ_HEAD] = "select id, zone, zone_path, landing, secret, timed, clock, generation, floor, keep, place from store",
	[TG_SQL_WRITE_HEAD] = "insert or replace into store (one, digest, form, id, zone, zone_path, landing, secret, timed, clock, generation,"
		" floor, keep, place) values (1, 'SipHash-2-4-128', 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[TG_SQL_READ_BATCHES] = "select run, id, state, snapshot, keys, landing, number, first, time, latest, host, boot, session, pid, since from batch where snapshot >= 0 order by run",
	[TG_SQL_FREE_RUN] = "select min(n) from (select 1 as n union all select run + 1 from batch) where n not in (select run from batch)",
	[TG_SQL_PUT_BATCH] = "insert into batch (run, id, state, snapshot, keys, landing, number, first, time, latest, host, boot, session, pid, since)"
		" values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
	[TG_SQL_CHANGE_BATCH] = "update batch set state = ?3, snapshot = ?4, keys = ?5, landing = ?6, number = ?7, first = ?8, time = ?9, latest = ?10,"
		" host = ?11, boot = ?12, session = ?13, pid = ?14, since = ?15 where run = ?1 and id = ?2",
	[TG_SQL_DELETE_BATCH] = "update batch set id = 'removed-' || run, state = 0, snapshot = -1, keys = 0, landing = '', number = 0, first = 0,"
		" host = '', boot = '', session = '', pid = 0, since = 0 where run = ?1",
	[TG_SQL_REMOVING] = "select ifnull(min(run), 0), count(*) from batch where snapshot < 0",
	[TG_SQL_COUNT_REMOVING] = "select count(*) from page where at >> 32 in (select run from batch where snapshot < 0)",
	[TG_SQL_REMOVE_PAGES] = "delete from page where at in (select at from page where at between ?1 and ?2 order by at limit ?3)",
	[TG_SQL_REMOVE_BATCH] = "delete from batch where run = ?1 and snapshot < 0",
	[TG_SQL_PUT_PAGE] = "insert into page (at, k) values (?1, ?2)",
	[TG_SQL_FIND_PAGE] = "select k from page where at between ?1 and ?2 order by at desc limit 1",
	[TG_SQL_PAGES] = "select at, k from page where at between ?1 and ?2 order by at limit ?3",
	[TG_SQL_PUT_FILE] = "insert or ignore into file (digest, landing, time, doubt) values (?1, ?2, ?3, ?4)",
	[TG_SQL_FILES_LANDED] = "update file set doubt = 0 where doubt = 1 and landing = ?1",
	[TG_SQL_FILES_GONE] = "delete from file where doubt = 1 and landing = ?1",
	[TG_SQL_HAS_FILE] = "select 1 from file where digest = ?1 and doubt = 0 limit 1",
	[TG_SQL_FORGET_FILES] = "delete from file where doubt = 0 and time < ?1",
	[TG_SQL_FILES] = "select digest, landing, max(time) from file where doubt = 0 and digest > ?1 group by digest order by digest limit ?2",
	[TG_SQL_COUNT_FILES] = "select (select count(distinct digest) from file where doubt = 0),"
		" (select count(*) from file where doubt = 1 and landing not in (select landing from batch where state = 2))",
	[TG_SQL_GENERATION] = "select generation from store",
	[TG_SQL_BEGIN_READ] = "begin",
	[TG_SQL_BEGIN_WRITE] = "begin immediate",
	[TG_SQL_COMMIT] = "commit",
};
// clang-format on

enum tg_status tg_sqlite_fault(struct tg_store *s, const char *what, struct tg_error *err)
{
	struct tg_sqlite *q = s->own;
	int code = q->db ? tg_sql.errcode(q->db) & 0xff : SQLITE_NOMEM;
	enum tg_status st = TG_IO;

	if ((code == SQLITE_BUSY || code == SQLITE_LOCKED) && tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return tg_fail(err, TG_TRY_AGAIN,
			       "cannot %s the key store %.*s: another process holds it for long",
			       what, TG_STR_ARG(s->url));
	if (code == SQLITE_NOTADB || code == SQLITE_ERROR)
		st = TG_CONFIG;
	else if (code == SQLITE_CANTOPEN || code == SQLITE_PERM || code == SQLITE_READONLY)
		st = TG_CANNOT_CREATE;
	return tg_fail(err, st, "cannot %s the key store %.*s: %s", what, TG_STR_ARG(s->url),
		       q->db ? tg_sql.errmsg(q->db) : "out of memory");
}

/* The statement, ready for its values; NULL: see err. */
sqlite3_stmt *tg_sqlite_prepare(struct tg_store *s, enum tg_sqlite_statement which,
				struct tg_error *err)
{
	struct tg_sqlite *q = s->own;
	sqlite3_stmt **p = &q->statement[which];

	if (!*p && tg_sql.prepare_v3(q->db, text_of[which], -1, SQLITE_PREPARE_PERSISTENT, p,
				     NULL) != SQLITE_OK) {
		tg_sqlite_fault(s, "read", err);
		return NULL;
	}
	return *p;
}

enum tg_status tg_sqlite_numbers(struct tg_store *s, enum tg_sqlite_statement which,
				 uint64_t *number, int n, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, which, err);
	enum tg_status st = TG_OK;

	if (!p)
		return err->status;
	if (tg_sql.step(p) != SQLITE_ROW)
		st = tg_sqlite_fault(s, "read", err);
	for (int i = 0; !st && i < n; i++)
		number[i] = (uint64_t)tg_sql.column_int64(p, i);
	tg_sql.reset(p);
	return st;
}

/* Takes a step of a statement that gives no rows. */
enum tg_status tg_sqlite_done(struct tg_store *s, sqlite3_stmt *p, const char *what,
			      struct tg_error *err)
{
	enum tg_status st = tg_sql.step(p) == SQLITE_DONE ? TG_OK : tg_sqlite_fault(s, what, err);

	tg_sql.reset(p);
	return st;
}

void tg_sqlite_bind(sqlite3_stmt *p, int at, int64_t value)
{
	TG_BUG_IF(tg_sql.bind_int64(p, at, value) != SQLITE_OK);
}

/* The text stays as it is until the statement is reset. */
void tg_sqlite_bind_text(sqlite3_stmt *p, int at, struct tg_str text)
{
	TG_BUG_IF(tg_sql.bind_text(p, at, text.p ? text.p : "", (int)text.n, SQLITE_STATIC) !=
		  SQLITE_OK);
}

struct tg_str tg_sqlite_column(sqlite3_stmt *p, int at)
{
	const void *bytes = tg_sql.column_blob(p, at);

	return tg_str_from(bytes ? bytes : "", (size_t)tg_sql.column_bytes(p, at));
}

/* Cut where it is too long, which ours never is. */
void tg_sqlite_take_text(char *to, size_t room, sqlite3_stmt *p, int at)
{
	struct tg_str text = tg_sqlite_column(p, at);
	size_t n = text.n < room ? text.n : room - 1;

	memcpy(to, text.p, n);
	to[n] = '\0';
}

static int64_t at_of(uint32_t run, uint32_t prefix)
{
	return (int64_t)((uint64_t)run << 32 | prefix);
}

enum tg_status tg_sqlite_begin(struct tg_store *s, enum tg_txn kind, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(
		s, kind == TG_TXN_READ ? TG_SQL_BEGIN_READ : TG_SQL_BEGIN_WRITE, err);

	return p ? tg_sqlite_done(s, p, "begin a change of", err) : err->status;
}

static void rollback(struct tg_store *s)
{
	struct tg_sqlite *q = s->own;

	if (!tg_sql.get_autocommit(q->db))
		(void)tg_sql.exec(q->db, "rollback", NULL, NULL, NULL);
}

static enum tg_status commit(struct tg_store *s, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_COMMIT, err);
	enum tg_status st = p ? tg_sqlite_done(s, p, "write to", err) : err->status;

	if (st)
		rollback(s);
	return st;
}

enum tg_status tg_sqlite_read_head(struct tg_store *s, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_READ_HEAD, err);
	struct tg_store_head *h = &s->head;
	struct tg_str secret, path, place;

	if (!p)
		return err->status;
	if (tg_sql.step(p) != SQLITE_ROW) {
		enum tg_status st = tg_sqlite_fault(s, "read the head of", err);

		tg_sql.reset(p);
		return st;
	}
	tg_sqlite_take_text(h->id, sizeof(h->id), p, 0);
	tg_sqlite_take_text(h->zone, sizeof(h->zone), p, 1);
	path = tg_sqlite_column(p, 2);
	if (!tg_str_eq(path, h->zone_path))
		h->zone_path = tg_arena_copy(&s->arena, path);
	tg_sqlite_take_text(h->landing, sizeof(h->landing), p, 3);
	secret = tg_sqlite_column(p, 4);
	if (secret.n == sizeof(h->secret))
		memcpy(h->secret, secret.p, secret.n);
	h->timed = tg_sql.column_int64(p, 5) != 0;
	h->clock = (uint64_t)tg_sql.column_int64(p, 6);
	h->generation = (uint64_t)tg_sql.column_int64(p, 7);
	h->floor = (uint64_t)tg_sql.column_int64(p, 8);
	h->window = (uint64_t)tg_sql.column_int64(p, 9);
	place = tg_sqlite_column(p, 10);
	if (!tg_str_eq(place, h->place))
		h->place = tg_arena_copy(&s->arena, place);
	tg_sql.reset(p);
	return secret.n == sizeof(h->secret)
		       ? TG_OK
		       : tg_fail(err, TG_CONFIG, "the key store %.*s has no secret",
				 TG_STR_ARG(s->url));
}

enum tg_status tg_sqlite_write_head(struct tg_store *s, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_WRITE_HEAD, err);
	const struct tg_store_head *h = &s->head;

	if (!p)
		return err->status;
	tg_sqlite_bind_text(p, 1, tg_str_of(h->id));
	tg_sqlite_bind_text(p, 2, tg_str_of(h->zone));
	tg_sqlite_bind_text(p, 3, h->zone_path);
	tg_sqlite_bind_text(p, 4, tg_str_of(h->landing));
	TG_BUG_IF(tg_sql.bind_blob(p, 5, h->secret, sizeof(h->secret), SQLITE_STATIC) != SQLITE_OK);
	tg_sqlite_bind(p, 6, h->timed);
	tg_sqlite_bind(p, 7, (int64_t)h->clock);
	tg_sqlite_bind(p, 8, (int64_t)h->generation);
	tg_sqlite_bind(p, 9, (int64_t)h->floor);
	tg_sqlite_bind(p, 10, (int64_t)h->window);
	tg_sqlite_bind_text(p, 11, h->place);
	return tg_sqlite_done(s, p, "write to", err);
}

static void take_batch(struct tg_batch *b, sqlite3_stmt *p)
{
	b->run = (uint32_t)tg_sql.column_int64(p, 0);
	tg_sqlite_take_text(b->id, sizeof(b->id), p, 1);
	b->state = (enum tg_batch_state)tg_sql.column_int(p, 2);
	b->snapshot = (uint64_t)tg_sql.column_int64(p, 3);
	b->keys = (uint64_t)tg_sql.column_int64(p, 4);
	tg_sqlite_take_text(b->landing, sizeof(b->landing), p, 5);
	b->number = (uint64_t)tg_sql.column_int64(p, 6);
	b->first = (uint64_t)tg_sql.column_int64(p, 7);
	b->time = tg_sql.column_int64(p, 8);
	b->latest = tg_sql.column_int64(p, 9);
	tg_sqlite_take_text(b->owner.host, sizeof(b->owner.host), p, 10);
	tg_sqlite_take_text(b->owner.boot, sizeof(b->owner.boot), p, 11);
	tg_sqlite_take_text(b->owner.session, sizeof(b->owner.session), p, 12);
	b->owner.pid = tg_sql.column_int64(p, 13);
	b->owner.since = tg_sql.column_int64(p, 14);
}

static enum tg_status read_batches(struct tg_store *s, struct tg_batch **batch, size_t *n,
				   struct tg_arena *arena, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_READ_BATCHES, err);
	size_t room = 16, count = 0;
	enum tg_status st = TG_OK;
	int code;

	if (!p)
		return err->status;
	*batch = tg_arena_array(arena, room, sizeof(**batch));
	while ((code = tg_sql.step(p)) == SQLITE_ROW) {
		if (count == room) {
			struct tg_batch *more = tg_arena_array(arena, room * 2, sizeof(*more));

			memcpy(more, *batch, room * sizeof(*more));
			*batch = more;
			room *= 2;
		}
		take_batch(*batch + count++, p);
	}
	if (code != SQLITE_DONE)
		st = tg_sqlite_fault(s, "read", err);
	tg_sql.reset(p);
	*n = count;
	return st;
}

static enum tg_status draw_run(struct tg_store *s, uint32_t *run, struct tg_error *err)
{
	uint64_t number;
	enum tg_status st = tg_sqlite_numbers(s, TG_SQL_FREE_RUN, &number, 1, err);

	if (!st)
		*run = (uint32_t)number;
	return st;
}

static enum tg_status put_batch(struct tg_store *s, struct tg_batch *b, struct tg_error *err)
{
	sqlite3_stmt *p =
		tg_sqlite_prepare(s, b->run ? TG_SQL_CHANGE_BATCH : TG_SQL_PUT_BATCH, err);
	enum tg_status st = p ? TG_OK : err->status;

	if (!st && !b->run)
		st = draw_run(s, &b->run, err);
	if (st)
		return st;
	tg_sqlite_bind(p, 1, b->run);
	tg_sqlite_bind_text(p, 2, tg_str_of(b->id));
	tg_sqlite_bind(p, 3, b->state);
	tg_sqlite_bind(p, 4, (int64_t)b->snapshot);
	tg_sqlite_bind(p, 5, (int64_t)b->keys);
	tg_sqlite_bind_text(p, 6, tg_str_of(b->landing));
	tg_sqlite_bind(p, 7, (int64_t)b->number);
	tg_sqlite_bind(p, 8, (int64_t)b->first);
	tg_sqlite_bind(p, 9, b->time);
	tg_sqlite_bind(p, 10, b->latest);
	tg_sqlite_bind_text(p, 11, tg_str_of(b->owner.host));
	tg_sqlite_bind_text(p, 12, tg_str_of(b->owner.boot));
	tg_sqlite_bind_text(p, 13, tg_str_of(b->owner.session));
	tg_sqlite_bind(p, 14, b->owner.pid);
	tg_sqlite_bind(p, 15, b->owner.since);
	return tg_sqlite_done(s, p, "write to", err);
}

/* A statement that has the run for its value. */
static enum tg_status tell_run(struct tg_store *s, enum tg_sqlite_statement which, uint32_t run,
			       struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, which, err);

	if (!p)
		return err->status;
	tg_sqlite_bind(p, 1, run);
	return tg_sqlite_done(s, p, "write to", err);
}

static enum tg_status delete_batch(struct tg_store *s, uint32_t run, struct tg_error *err)
{
	return tell_run(s, TG_SQL_DELETE_BATCH, run, err);
}

static enum tg_status removing(struct tg_store *s, uint32_t *run, uint64_t *batches,
			       struct tg_error *err)
{
	uint64_t number[2];
	enum tg_status st = tg_sqlite_numbers(s, TG_SQL_REMOVING, number, 2, err);

	if (!st) {
		*run = (uint32_t)number[0];
		*batches = number[1];
	}
	return st;
}

static enum tg_status count_removing(struct tg_store *s, uint64_t *pages, struct tg_error *err)
{
	return tg_sqlite_numbers(s, TG_SQL_COUNT_REMOVING, pages, 1, err);
}

static enum tg_status remove_pages(struct tg_store *s, uint32_t run, size_t most, size_t *n,
				   struct tg_error *err)
{
	struct tg_sqlite *q = s->own;
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_REMOVE_PAGES, err);
	enum tg_status st;

	if (!p)
		return err->status;
	tg_sqlite_bind(p, 1, at_of(run, 0));
	tg_sqlite_bind(p, 2, at_of(run, UINT32_MAX));
	tg_sqlite_bind(p, 3, most > INT_MAX ? INT_MAX : (int64_t)most);
	st = tg_sqlite_done(s, p, "write to", err);
	*n = st ? 0 : (size_t)tg_sql.changes(q->db);
	return st;
}

static enum tg_status remove_batch(struct tg_store *s, uint32_t run, struct tg_error *err)
{
	return tell_run(s, TG_SQL_REMOVE_BATCH, run, err);
}

static enum tg_status put_page(struct tg_store *s, uint32_t run, uint32_t prefix,
			       struct tg_str page, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_PUT_PAGE, err);

	if (!p)
		return err->status;
	tg_sqlite_bind(p, 1, at_of(run, prefix));
	TG_BUG_IF(tg_sql.bind_blob(p, 2, page.p, (int)page.n, SQLITE_STATIC) != SQLITE_OK);
	return tg_sqlite_done(s, p, "write to", err);
}

static enum tg_status find_page(struct tg_store *s, uint32_t run, uint32_t prefix, size_t i,
				tg_find_visit visit, void *arg, bool *stop, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_FIND_PAGE, err);
	enum tg_status st = TG_OK;
	int code;

	if (!p)
		return err->status;
	tg_sqlite_bind(p, 1, at_of(run, 0));
	tg_sqlite_bind(p, 2, at_of(run, prefix));
	code = tg_sql.step(p);
	if (code == SQLITE_ROW)
		visit(arg, i, tg_sqlite_column(p, 0), stop);
	else if (code != SQLITE_DONE)
		st = tg_sqlite_fault(s, "read", err);
	tg_sql.reset(p);
	return st;
}

static enum tg_status find(struct tg_store *s, const uint32_t *run, size_t runs, uint32_t prefix,
			   uint64_t *generation, tg_find_visit visit, void *arg,
			   struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_GENERATION, err);
	enum tg_status st = p ? tg_sqlite_begin(s, TG_TXN_READ, err) : err->status;
	bool stop = false;

	if (st)
		return st;
	if (tg_sql.step(p) == SQLITE_ROW)
		*generation = (uint64_t)tg_sql.column_int64(p, 0);
	else
		st = tg_sqlite_fault(s, "read", err);
	tg_sql.reset(p);
	for (size_t i = 0; !st && !stop && i < runs; i++)
		st = find_page(s, run[i], prefix, i, visit, arg, &stop, err);
	return tg_store_end(s, st, err);
}

static void copy_page(void *arg, size_t i, struct tg_str page, bool *stop)
{
	(void)i;
	(void)stop;
	tg_buffer_put_str(arg, page);
}

static enum tg_status one_page(struct tg_store *s, uint32_t run, uint32_t prefix,
			       struct tg_buffer *page, struct tg_error *err)
{
	bool stop;

	page->n = 0;
	return find_page(s, run, prefix, 0, copy_page, page, &stop, err);
}

static enum tg_status pages(struct tg_store *s, uint32_t run, uint32_t prefix, size_t most,
			    tg_page_visit visit, void *arg, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_PAGES, err);
	enum tg_status st = TG_OK;
	int code = SQLITE_DONE;

	if (!p)
		return err->status;
	tg_sqlite_bind(p, 1, at_of(run, prefix));
	tg_sqlite_bind(p, 2, at_of(run, UINT32_MAX));
	tg_sqlite_bind(p, 3, most > INT_MAX ? -1 : (int64_t)most);
	while (!st && (code = tg_sql.step(p)) == SQLITE_ROW)
		st = visit(arg, (uint32_t)tg_sql.column_int64(p, 0), tg_sqlite_column(p, 1), err);
	if (!st && code != SQLITE_DONE)
		st = tg_sqlite_fault(s, "read", err);
	tg_sql.reset(p);
	return st;
}

/* The first row of a question's answer is not what it must be: TG_DATA. */
static enum tg_status check_answer(struct tg_store *s, const char *question, const char *good,
				   const char *fault_text, struct tg_error *err)
{
	struct tg_sqlite *q = s->own;
	sqlite3_stmt *p = NULL;
	enum tg_status st = TG_OK;

	if (tg_sql.prepare_v2(q->db, question, -1, &p, NULL) != SQLITE_OK ||
	    tg_sql.step(p) != SQLITE_ROW)
		st = tg_sqlite_fault(s, "check", err);
	else if (!tg_str_is(tg_str_of((const char *)tg_sql.column_text(p, 0)), good))
		st = tg_fail(err, TG_DATA, "the key store %.*s %s: %s", TG_STR_ARG(s->url),
			     fault_text, (const char *)tg_sql.column_text(p, 0));
	tg_sql.finalize(p);
	return st;
}

static enum tg_status check(struct tg_store *s, struct tg_error *err)
{
	enum tg_status st = check_answer(s, "pragma integrity_check(1)", "ok", "is damaged", err);

	return st ? st
		  : check_answer(s,
				 "select count(*) from page where at >> 32 not in (select run from "
				 "batch)",
				 "0", "holds pages of no batch", err);
}

static void close_store(struct tg_store *s)
{
	struct tg_sqlite *q = s->own;

	if (!q)
		return;
	for (size_t i = 0; i < TG_SQL_STATEMENTS; i++)
		tg_sql.finalize(q->statement[i]);
	tg_sql.close(q->db);
	tg_free(q);
	s->own = NULL;
}

const struct tg_backend tg_sqlite_backend = {
	.close = close_store,
	.begin = tg_sqlite_begin,
	.commit = commit,
	.rollback = rollback,
	.read_head = tg_sqlite_read_head,
	.write_head = tg_sqlite_write_head,
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
	.put_file = tg_sqlite_put_file,
	.settle_files = tg_sqlite_settle_files,
	.has_file = tg_sqlite_has_file,
	.forget_files = tg_sqlite_forget_files,
	.files = tg_sqlite_files,
	.count_files = tg_sqlite_count_files,
	.check = check,
};

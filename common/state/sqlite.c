#include "common/io/interrupt.h"
#include "common/state/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	APPLICATION = 0x54677374, /* "Tgst": what file(1) and we know it by */
	BUSY_TRIES = 2000,	  /* 10 ms between them */
	CHECKPOINT_PAGES = 4000,
};

enum statement {
	READ_HEAD,
	WRITE_HEAD,
	READ_BATCHES,
	FREE_RUN,
	PUT_BATCH,
	DELETE_BATCH,
	DELETE_PAGES,
	PUT_PAGE,
	FIND_PAGE,
	PAGES,
	GENERATION,
	PUT_FILE,
	FILES_LANDED,
	FILES_GONE,
	HAS_FILE,
	FORGET_FILES,
	FILES,
	COUNT_FILES,
	BEGIN_READ,
	BEGIN_WRITE,
	COMMIT,
	STATEMENTS,
};

// clang-format off
static const char *const text_of[STATEMENTS] = {
	[READ_HEAD] = "select id, zone, zone_path, landing, secret, timed, clock, generation, floor, keep, place from store",
	[WRITE_HEAD] = "insert or replace into store (one, digest, form, id, zone, zone_path, landing, secret, timed, clock, generation,"
		" floor, keep, place) values (1, 'SipHash-2-4-128', 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[READ_BATCHES] = "select run, id, state, snapshot, keys, landing, number, first, time, latest, host, boot, session, pid, since from batch order by run",
	[FREE_RUN] = "select min(n) from (select 1 as n union all select run + 1 from batch) where n not in (select run from batch)",
	[PUT_BATCH] = "insert or replace into batch (run, id, state, snapshot, keys, landing, number, first, time, latest, host, boot, session, pid, since)"
		" values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
	[DELETE_BATCH] = "delete from batch where run = ?1",
	[DELETE_PAGES] = "delete from page where at between ?1 and ?2",
	[PUT_PAGE] = "insert into page (at, k) values (?1, ?2)",
	[FIND_PAGE] = "select k from page where at between ?1 and ?2 order by at desc limit 1",
	[PAGES] = "select at, k from page where at between ?1 and ?2 order by at limit ?3",
	[PUT_FILE] = "insert or ignore into file (digest, landing, time, doubt) values (?1, ?2, ?3, ?4)",
	[FILES_LANDED] = "update file set doubt = 0 where doubt = 1 and landing = ?1",
	[FILES_GONE] = "delete from file where doubt = 1 and landing = ?1",
	[HAS_FILE] = "select 1 from file where digest = ?1 and doubt = 0 limit 1",
	[FORGET_FILES] = "delete from file where doubt = 0 and time < ?1",
	[FILES] = "select digest, landing, max(time) from file where doubt = 0 and digest > ?1 group by digest order by digest limit ?2",
	[COUNT_FILES] = "select (select count(distinct digest) from file where doubt = 0),"
		" (select count(*) from file where doubt = 1 and landing not in (select landing from batch where state = 2))",
	[GENERATION] = "select generation from store",
	[BEGIN_READ] = "begin",
	[BEGIN_WRITE] = "begin immediate",
	[COMMIT] = "commit",
};

static const char schema[] =
	"create table store (one integer primary key check (one = 1), digest text not null, form integer not null, id text not null,"
	" zone text not null, zone_path text not null, landing text not null, secret blob not null, timed integer not null,"
	" clock integer not null, generation integer not null, floor integer not null, keep integer not null, place text not null) strict;"
	"create table batch (run integer primary key, id text not null unique, state integer not null, snapshot integer not null,"
	" keys integer not null, landing text not null, number integer not null, first integer not null, time integer not null, latest integer not null,"
	" host text not null, boot text not null, session text not null, pid integer not null, since integer not null) strict;"
	"create table page (at integer primary key, k blob not null) strict;";

/* What version 2 has and version 1 had not. */
static const char schema_2[] =
	"create table file (digest blob not null, landing text not null, time integer not null, doubt integer not null,"
	" primary key (digest, landing)) strict, without rowid;"
	"create index file_in_doubt on file (landing) where doubt = 1;";
// clang-format on

struct sqlite {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENTS];
};

static enum tg_status fault(struct tg_store *s, const char *what, struct tg_error *err)
{
	struct sqlite *q = s->own;
	int code = q->db ? sqlite3_errcode(q->db) & 0xff : SQLITE_NOMEM;
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
		       q->db ? sqlite3_errmsg(q->db) : "out of memory");
}

static enum tg_status run_text(struct tg_store *s, const char *text, const char *what,
			       struct tg_error *err)
{
	struct sqlite *q = s->own;

	return sqlite3_exec(q->db, text, NULL, NULL, NULL) == SQLITE_OK ? TG_OK
									: fault(s, what, err);
}

/* The statement, ready for its values; NULL: see err. */
static sqlite3_stmt *prepare(struct tg_store *s, enum statement which, struct tg_error *err)
{
	struct sqlite *q = s->own;
	sqlite3_stmt **p = &q->statement[which];

	if (!*p && sqlite3_prepare_v3(q->db, text_of[which], -1, SQLITE_PREPARE_PERSISTENT, p,
				      NULL) != SQLITE_OK) {
		fault(s, "read", err);
		return NULL;
	}
	return *p;
}

/* Takes a step of a statement that gives no rows. */
static enum tg_status done(struct tg_store *s, sqlite3_stmt *p, const char *what,
			   struct tg_error *err)
{
	enum tg_status st = sqlite3_step(p) == SQLITE_DONE ? TG_OK : fault(s, what, err);

	sqlite3_reset(p);
	return st;
}

static void bind(sqlite3_stmt *p, int at, int64_t value)
{
	TG_BUG_IF(sqlite3_bind_int64(p, at, value) != SQLITE_OK);
}

/* The text stays as it is until the statement is reset. */
static void bind_text(sqlite3_stmt *p, int at, struct tg_str text)
{
	TG_BUG_IF(sqlite3_bind_text(p, at, text.p ? text.p : "", (int)text.n, SQLITE_STATIC) !=
		  SQLITE_OK);
}

static struct tg_str column(sqlite3_stmt *p, int at)
{
	const void *bytes = sqlite3_column_blob(p, at);

	return tg_str_from(bytes ? bytes : "", (size_t)sqlite3_column_bytes(p, at));
}

/* Cut where it is too long, which ours never is. */
static void take_text(char *to, size_t room, sqlite3_stmt *p, int at)
{
	struct tg_str text = column(p, at);
	size_t n = text.n < room ? text.n : room - 1;

	memcpy(to, text.p, n);
	to[n] = '\0';
}

static int64_t at_of(uint32_t run, uint32_t prefix)
{
	return (int64_t)((uint64_t)run << 32 | prefix);
}

static enum tg_status begin(struct tg_store *s, enum tg_txn kind, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, kind == TG_TXN_READ ? BEGIN_READ : BEGIN_WRITE, err);

	return p ? done(s, p, "begin a change of", err) : err->status;
}

static void rollback(struct tg_store *s)
{
	struct sqlite *q = s->own;

	if (!sqlite3_get_autocommit(q->db))
		(void)sqlite3_exec(q->db, "rollback", NULL, NULL, NULL);
}

static enum tg_status commit(struct tg_store *s, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, COMMIT, err);
	enum tg_status st = p ? done(s, p, "write to", err) : err->status;

	if (st)
		rollback(s);
	return st;
}

static enum tg_status read_head(struct tg_store *s, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, READ_HEAD, err);
	struct tg_store_head *h = &s->head;
	struct tg_str secret, path, place;

	if (!p)
		return err->status;
	if (sqlite3_step(p) != SQLITE_ROW) {
		enum tg_status st = fault(s, "read the head of", err);

		sqlite3_reset(p);
		return st;
	}
	take_text(h->id, sizeof(h->id), p, 0);
	take_text(h->zone, sizeof(h->zone), p, 1);
	path = column(p, 2);
	if (!tg_str_eq(path, h->zone_path))
		h->zone_path = tg_arena_copy(&s->arena, path);
	take_text(h->landing, sizeof(h->landing), p, 3);
	secret = column(p, 4);
	if (secret.n == sizeof(h->secret))
		memcpy(h->secret, secret.p, secret.n);
	h->timed = sqlite3_column_int64(p, 5) != 0;
	h->clock = (uint64_t)sqlite3_column_int64(p, 6);
	h->generation = (uint64_t)sqlite3_column_int64(p, 7);
	h->floor = (uint64_t)sqlite3_column_int64(p, 8);
	h->window = (uint64_t)sqlite3_column_int64(p, 9);
	place = column(p, 10);
	if (!tg_str_eq(place, h->place))
		h->place = tg_arena_copy(&s->arena, place);
	sqlite3_reset(p);
	return secret.n == sizeof(h->secret)
		       ? TG_OK
		       : tg_fail(err, TG_CONFIG, "the key store %.*s has no secret",
				 TG_STR_ARG(s->url));
}

static enum tg_status write_head(struct tg_store *s, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, WRITE_HEAD, err);
	const struct tg_store_head *h = &s->head;

	if (!p)
		return err->status;
	bind_text(p, 1, tg_str_of(h->id));
	bind_text(p, 2, tg_str_of(h->zone));
	bind_text(p, 3, h->zone_path);
	bind_text(p, 4, tg_str_of(h->landing));
	TG_BUG_IF(sqlite3_bind_blob(p, 5, h->secret, sizeof(h->secret), SQLITE_STATIC) !=
		  SQLITE_OK);
	bind(p, 6, h->timed);
	bind(p, 7, (int64_t)h->clock);
	bind(p, 8, (int64_t)h->generation);
	bind(p, 9, (int64_t)h->floor);
	bind(p, 10, (int64_t)h->window);
	bind_text(p, 11, h->place);
	return done(s, p, "write to", err);
}

static void take_batch(struct tg_batch *b, sqlite3_stmt *p)
{
	b->run = (uint32_t)sqlite3_column_int64(p, 0);
	take_text(b->id, sizeof(b->id), p, 1);
	b->state = (enum tg_batch_state)sqlite3_column_int(p, 2);
	b->snapshot = (uint64_t)sqlite3_column_int64(p, 3);
	b->keys = (uint64_t)sqlite3_column_int64(p, 4);
	take_text(b->landing, sizeof(b->landing), p, 5);
	b->number = (uint64_t)sqlite3_column_int64(p, 6);
	b->first = (uint64_t)sqlite3_column_int64(p, 7);
	b->time = sqlite3_column_int64(p, 8);
	b->latest = sqlite3_column_int64(p, 9);
	take_text(b->owner.host, sizeof(b->owner.host), p, 10);
	take_text(b->owner.boot, sizeof(b->owner.boot), p, 11);
	take_text(b->owner.session, sizeof(b->owner.session), p, 12);
	b->owner.pid = sqlite3_column_int64(p, 13);
	b->owner.since = sqlite3_column_int64(p, 14);
}

static enum tg_status read_batches(struct tg_store *s, struct tg_batch **batch, size_t *n,
				   struct tg_arena *arena, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, READ_BATCHES, err);
	size_t room = 16, count = 0;
	enum tg_status st = TG_OK;
	int code;

	if (!p)
		return err->status;
	*batch = tg_arena_array(arena, room, sizeof(**batch));
	while ((code = sqlite3_step(p)) == SQLITE_ROW) {
		if (count == room) {
			struct tg_batch *more = tg_arena_array(arena, room * 2, sizeof(*more));

			memcpy(more, *batch, room * sizeof(*more));
			*batch = more;
			room *= 2;
		}
		take_batch(*batch + count++, p);
	}
	if (code != SQLITE_DONE)
		st = fault(s, "read", err);
	sqlite3_reset(p);
	*n = count;
	return st;
}

static enum tg_status draw_run(struct tg_store *s, uint32_t *run, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, FREE_RUN, err);
	enum tg_status st = TG_OK;

	if (!p)
		return err->status;
	if (sqlite3_step(p) == SQLITE_ROW)
		*run = (uint32_t)sqlite3_column_int64(p, 0);
	else
		st = fault(s, "read", err);
	sqlite3_reset(p);
	return st;
}

static enum tg_status put_batch(struct tg_store *s, struct tg_batch *b, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, PUT_BATCH, err);
	enum tg_status st = p ? TG_OK : err->status;

	if (!st && !b->run)
		st = draw_run(s, &b->run, err);
	if (st)
		return st;
	bind(p, 1, b->run);
	bind_text(p, 2, tg_str_of(b->id));
	bind(p, 3, b->state);
	bind(p, 4, (int64_t)b->snapshot);
	bind(p, 5, (int64_t)b->keys);
	bind_text(p, 6, tg_str_of(b->landing));
	bind(p, 7, (int64_t)b->number);
	bind(p, 8, (int64_t)b->first);
	bind(p, 9, b->time);
	bind(p, 10, b->latest);
	bind_text(p, 11, tg_str_of(b->owner.host));
	bind_text(p, 12, tg_str_of(b->owner.boot));
	bind_text(p, 13, tg_str_of(b->owner.session));
	bind(p, 14, b->owner.pid);
	bind(p, 15, b->owner.since);
	return done(s, p, "write to", err);
}

static enum tg_status delete_batch(struct tg_store *s, uint32_t run, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, DELETE_BATCH, err);
	enum tg_status st;

	if (!p)
		return err->status;
	bind(p, 1, run);
	st = done(s, p, "write to", err);
	p = st ? NULL : prepare(s, DELETE_PAGES, err);
	if (!p)
		return err->status;
	bind(p, 1, at_of(run, 0));
	bind(p, 2, at_of(run, UINT32_MAX));
	return done(s, p, "write to", err);
}

static enum tg_status put_page(struct tg_store *s, uint32_t run, uint32_t prefix,
			       struct tg_str page, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, PUT_PAGE, err);

	if (!p)
		return err->status;
	bind(p, 1, at_of(run, prefix));
	TG_BUG_IF(sqlite3_bind_blob(p, 2, page.p, (int)page.n, SQLITE_STATIC) != SQLITE_OK);
	return done(s, p, "write to", err);
}

static enum tg_status find_page(struct tg_store *s, uint32_t run, uint32_t prefix, size_t i,
				tg_find_visit visit, void *arg, bool *stop, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, FIND_PAGE, err);
	enum tg_status st = TG_OK;
	int code;

	if (!p)
		return err->status;
	bind(p, 1, at_of(run, 0));
	bind(p, 2, at_of(run, prefix));
	code = sqlite3_step(p);
	if (code == SQLITE_ROW)
		visit(arg, i, column(p, 0), stop);
	else if (code != SQLITE_DONE)
		st = fault(s, "read", err);
	sqlite3_reset(p);
	return st;
}

static enum tg_status find(struct tg_store *s, const uint32_t *run, size_t runs, uint32_t prefix,
			   uint64_t *generation, tg_find_visit visit, void *arg,
			   struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, GENERATION, err);
	enum tg_status st = p ? begin(s, TG_TXN_READ, err) : err->status;
	bool stop = false;

	if (st)
		return st;
	if (sqlite3_step(p) == SQLITE_ROW)
		*generation = (uint64_t)sqlite3_column_int64(p, 0);
	else
		st = fault(s, "read", err);
	sqlite3_reset(p);
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
	sqlite3_stmt *p = prepare(s, PAGES, err);
	enum tg_status st = TG_OK;
	int code = SQLITE_DONE;

	if (!p)
		return err->status;
	bind(p, 1, at_of(run, prefix));
	bind(p, 2, at_of(run, UINT32_MAX));
	bind(p, 3, most > INT_MAX ? -1 : (int64_t)most);
	while (!st && (code = sqlite3_step(p)) == SQLITE_ROW)
		st = visit(arg, (uint32_t)sqlite3_column_int64(p, 0), column(p, 1), err);
	if (!st && code != SQLITE_DONE)
		st = fault(s, "read", err);
	sqlite3_reset(p);
	return st;
}

/* The first row of a question's answer is not what it must be: TG_DATA. */
static enum tg_status check_answer(struct tg_store *s, const char *question, const char *good,
				   const char *fault_text, struct tg_error *err)
{
	struct sqlite *q = s->own;
	sqlite3_stmt *p = NULL;
	enum tg_status st = TG_OK;

	if (sqlite3_prepare_v2(q->db, question, -1, &p, NULL) != SQLITE_OK ||
	    sqlite3_step(p) != SQLITE_ROW)
		st = fault(s, "check", err);
	else if (!tg_str_is(tg_str_of((const char *)sqlite3_column_text(p, 0)), good))
		st = tg_fail(err, TG_DATA, "the key store %.*s %s: %s", TG_STR_ARG(s->url),
			     fault_text, (const char *)sqlite3_column_text(p, 0));
	sqlite3_finalize(p);
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
	struct sqlite *q = s->own;

	if (!q)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(q->statement[i]);
	sqlite3_close(q->db);
	tg_free(q);
	s->own = NULL;
}

static void bind_digest(sqlite3_stmt *p, const struct tg_file_digest *digest)
{
	TG_BUG_IF(sqlite3_bind_blob(p, 1, digest->byte, sizeof(digest->byte), SQLITE_STATIC) !=
		  SQLITE_OK);
}

static enum tg_status put_file(struct tg_store *s, const struct tg_store_file *file, bool in_doubt,
			       struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, PUT_FILE, err);

	if (!p)
		return err->status;
	bind_digest(p, &file->digest);
	bind_text(p, 2, tg_str_of(file->landing));
	bind(p, 3, file->time);
	bind(p, 4, in_doubt);
	return done(s, p, "write to", err);
}

static enum tg_status settle_files(struct tg_store *s, const char *landing, bool landed,
				   struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, landed ? FILES_LANDED : FILES_GONE, err);

	if (!p)
		return err->status;
	bind_text(p, 1, tg_str_of(landing));
	return done(s, p, "write to", err);
}

static enum tg_status has_file(struct tg_store *s, const struct tg_file_digest *digest,
			       bool *landed, struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, HAS_FILE, err);
	enum tg_status st = TG_OK;
	int code;

	if (!p)
		return err->status;
	bind_digest(p, digest);
	code = sqlite3_step(p);
	*landed = code == SQLITE_ROW;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		st = fault(s, "read", err);
	sqlite3_reset(p);
	return st;
}

static enum tg_status forget_files(struct tg_store *s, int64_t before, uint64_t *n,
				   struct tg_error *err)
{
	struct sqlite *q = s->own;
	sqlite3_stmt *p = prepare(s, FORGET_FILES, err);
	enum tg_status st;

	if (!p)
		return err->status;
	bind(p, 1, before);
	st = done(s, p, "write to", err);
	*n = st ? 0 : (uint64_t)sqlite3_changes(q->db);
	return st;
}

static enum tg_status files(struct tg_store *s, const struct tg_file_digest *after, size_t most,
			    tg_file_visit visit, void *arg, struct tg_error *err)
{
	struct tg_file_digest behind; /* visit may write where after lies */
	sqlite3_stmt *p = prepare(s, FILES, err);
	enum tg_status st = TG_OK;
	int code = SQLITE_DONE;

	if (!p)
		return err->status;
	behind = *after;
	bind_digest(p, &behind);
	bind(p, 2, (int64_t)most);
	while (!st && (code = sqlite3_step(p)) == SQLITE_ROW) {
		struct tg_store_file file = { .time = sqlite3_column_int64(p, 2) };
		struct tg_str digest = column(p, 0);

		if (digest.n != sizeof(file.digest.byte)) {
			st = tg_fail(err, TG_DATA,
				     "the key store %.*s holds a file's digest of %zu bytes",
				     TG_STR_ARG(s->url), digest.n);
			break;
		}
		memcpy(file.digest.byte, digest.p, sizeof(file.digest.byte));
		take_text(file.landing, sizeof(file.landing), p, 1);
		st = visit(arg, &file, err);
	}
	if (!st && code != SQLITE_DONE)
		st = fault(s, "read", err);
	sqlite3_reset(p);
	return st;
}

static enum tg_status count_files(struct tg_store *s, uint64_t *landed, uint64_t *lost,
				  struct tg_error *err)
{
	sqlite3_stmt *p = prepare(s, COUNT_FILES, err);
	enum tg_status st = TG_OK;

	if (!p)
		return err->status;
	if (sqlite3_step(p) == SQLITE_ROW) {
		*landed = (uint64_t)sqlite3_column_int64(p, 0);
		*lost = (uint64_t)sqlite3_column_int64(p, 1);
	} else {
		st = fault(s, "read", err);
	}
	sqlite3_reset(p);
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

static enum tg_status pragma(struct tg_store *s, const char *text, int64_t *value,
			     struct tg_error *err)
{
	struct sqlite *q = s->own;
	sqlite3_stmt *p = NULL;
	enum tg_status st = TG_OK;

	if (sqlite3_prepare_v2(q->db, text, -1, &p, NULL) != SQLITE_OK ||
	    sqlite3_step(p) != SQLITE_ROW)
		st = fault(s, "open", err);
	else
		*value = sqlite3_column_int64(p, 0);
	sqlite3_finalize(p);
	return st;
}

/* Whether the file is a key store of ours; *version is 0 when it is nothing yet. */
static enum tg_status recognise(struct tg_store *s, int64_t *found, struct tg_error *err)
{
	int64_t application = 0, version = 0, tables = 0;
	enum tg_status st = pragma(s, "pragma application_id", &application, err);

	if (!st)
		st = pragma(s, "pragma user_version", &version, err);
	if (!st)
		st = pragma(s, "select count(*) from sqlite_schema", &tables, err);
	if (st)
		return st;
	*found = version;
	if (application == 0 && version == 0 && tables == 0)
		return TG_OK;
	if (application != APPLICATION || version < 1)
		return tg_fail(err, TG_CONFIG, "%.*s is a database, but no key store",
			       TG_STR_ARG(s->url));
	if (version > TG_STORE_VERSION)
		return tg_fail(
			err, TG_CONFIG,
			"the key store %.*s is of version %lld; this program knows version %d",
			TG_STR_ARG(s->url), (long long)version, TG_STORE_VERSION);
	return TG_OK;
}

/* Makes it, or makes one of an earlier version this one. Two may do this at once: one does it, the other finds it done. */
static enum tg_status make(struct tg_store *s, const struct tg_store_wish *wish,
			   struct tg_error *err)
{
	char head[96];
	int64_t version = 0;
	enum tg_status st = begin(s, TG_TXN_WRITE, err);

	if (st)
		return st;
	st = recognise(s, &version, err);
	snprintf(head, sizeof(head), "pragma application_id=%d; pragma user_version=%d;",
		 APPLICATION, TG_STORE_VERSION);
	if (!st && version < TG_STORE_VERSION)
		st = run_text(s, head, "make", err);
	if (!st && version < 1)
		st = run_text(s, schema, "make", err);
	if (!st && version < 2)
		st = run_text(s, schema_2, "make", err);
	if (!st && version < 1) {
		tg_head_draw(&s->head, wish);
		st = write_head(s, err);
	}
	return tg_store_end(s, st, err);
}

/* It keeps the mode once it has it. Going over to it wants the file alone for a moment, and does not wait for that by itself. */
static enum tg_status use_wal(struct tg_store *s, struct tg_error *err)
{
	struct sqlite *q = s->own;

	for (int tries = 0;; tries++) {
		sqlite3_stmt *p = NULL;
		bool wal = false;
		int code = sqlite3_prepare_v2(q->db, "pragma journal_mode=wal", -1, &p, NULL);

		if (code == SQLITE_OK)
			code = sqlite3_step(p);
		if (code == SQLITE_ROW)
			wal = tg_str_is(column(p, 0), "wal");
		sqlite3_finalize(p);
		if (wal)
			return TG_OK;
		if (code == SQLITE_ROW)
			return tg_fail(err, TG_CONFIG,
				       "the key store %.*s lies where it cannot be kept safely: "
				       "no write-ahead log on this file system",
				       TG_STR_ARG(s->url));
		if (code != SQLITE_BUSY || tries == 200 || tg_interrupted())
			return fault(s, "open", err);
		sqlite3_sleep(25);
	}
}

static void sync_directory_of(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd); /* a file system that cannot is none that loses names */
	close(fd);
}

/* Made by us, for its mode: keys are personal data. SQLite gives its other files the same. */
static enum tg_status touch(struct tg_store *s, const char *path, const struct tg_store_wish *wish,
			    struct tg_error *err)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *full;

	if (fd < 0 && errno == ENOENT && wish->make) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			sync_directory_of(path);
	}
	if (fd < 0)
		return tg_fail(err, errno == ENOENT && !wish->make ? TG_NO_INPUT : TG_CANNOT_CREATE,
			       "cannot open the key store %s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return tg_fail(err, TG_CANNOT_CREATE, "the key store %s is no regular file", path);
	}
	close(fd);
	full = realpath(path, NULL);
	if (!full)
		return tg_fail(err, TG_CANNOT_CREATE, "cannot open the key store %s: %s", path,
			       strerror(errno));
	s->url = tg_arena_copy(&s->arena, tg_str_of(full));
	free(full);
	return TG_OK;
}

static enum tg_status settings(struct tg_store *s, struct tg_error *err)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "pragma synchronous=full; pragma temp_store=memory; pragma wal_autocheckpoint=%d; "
		 "pragma journal_size_limit=67108864",
		 CHECKPOINT_PAGES);
	return run_text(s, text, "open", err);
}

/* Whether to try again: SQLite's own waiting knows of no signals. */
static int wait_for_lock(void *arg, int tries)
{
	const struct timespec moment = { .tv_nsec = 10000000 };

	(void)arg;
	if (tries >= BUSY_TRIES || tg_interrupted())
		return 0;
	(void)nanosleep(&moment, NULL);
	return 1;
}

enum tg_status tg_sqlite_open(struct tg_store *s, struct tg_str path, bool memory,
			      const struct tg_store_wish *wish, struct tg_error *err)
{
	struct sqlite *q = tg_alloc(sizeof(*q));
	enum tg_status st = TG_OK;
	int64_t version = 0;

	s->backend = &backend;
	s->own = q;
	s->url = tg_arena_copy(&s->arena, path);
	if (!memory)
		st = touch(s, s->url.p, wish, err);
	if (st)
		return st;
	if (sqlite3_open_v2(memory ? ":memory:" : s->url.p, &q->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return fault(s, "open", err);
	sqlite3_busy_handler(q->db, wait_for_lock, NULL);
	st = recognise(s, &version, err);
	if (!st && !version && !wish->make)
		st = tg_fail(err, TG_NO_INPUT, "%.*s is empty: no key store yet",
			     TG_STR_ARG(s->url));
	if (!st && !version && !memory)
		st = use_wal(s, err);
	if (!st)
		st = settings(s, err);
	if (!st && version < TG_STORE_VERSION)
		st = make(s, wish, err);
	if (!st)
		st = begin(s, TG_TXN_READ, err);
	return st ? st : tg_store_end(s, read_head(s, err), err);
}

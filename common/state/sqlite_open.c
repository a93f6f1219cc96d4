/* A SQLite store is found, made, or made one of this version. */
#include "common/base/library.h"
#include "common/io/interrupt.h"
#include "common/state/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct tg_sql tg_sql;

static const struct tg_library_call calls[] = {
	TG_LIBRARY_CALL(tg_sql.bind_blob, sqlite3_bind_blob),
	TG_LIBRARY_CALL(tg_sql.bind_int64, sqlite3_bind_int64),
	TG_LIBRARY_CALL(tg_sql.bind_text, sqlite3_bind_text),
	TG_LIBRARY_CALL(tg_sql.busy_handler, sqlite3_busy_handler),
	TG_LIBRARY_CALL(tg_sql.changes, sqlite3_changes),
	TG_LIBRARY_CALL(tg_sql.close, sqlite3_close),
	TG_LIBRARY_CALL(tg_sql.column_blob, sqlite3_column_blob),
	TG_LIBRARY_CALL(tg_sql.column_bytes, sqlite3_column_bytes),
	TG_LIBRARY_CALL(tg_sql.column_int, sqlite3_column_int),
	TG_LIBRARY_CALL(tg_sql.column_int64, sqlite3_column_int64),
	TG_LIBRARY_CALL(tg_sql.column_text, sqlite3_column_text),
	TG_LIBRARY_CALL(tg_sql.errcode, sqlite3_errcode),
	TG_LIBRARY_CALL(tg_sql.errmsg, sqlite3_errmsg),
	TG_LIBRARY_CALL(tg_sql.exec, sqlite3_exec),
	TG_LIBRARY_CALL(tg_sql.finalize, sqlite3_finalize),
	TG_LIBRARY_CALL(tg_sql.get_autocommit, sqlite3_get_autocommit),
	TG_LIBRARY_CALL(tg_sql.open_v2, sqlite3_open_v2),
	TG_LIBRARY_CALL(tg_sql.prepare_v2, sqlite3_prepare_v2),
	TG_LIBRARY_CALL(tg_sql.prepare_v3, sqlite3_prepare_v3),
	TG_LIBRARY_CALL(tg_sql.reset, sqlite3_reset),
	TG_LIBRARY_CALL(tg_sql.sleep, sqlite3_sleep),
	TG_LIBRARY_CALL(tg_sql.step, sqlite3_step),
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libsqlite3", "0"),
	.package = "libsqlite3-0",
	.needs = "a key store needs SQLite",
	.call = calls,
	.calls = TG_COUNT(calls),
};

enum {
	APPLICATION = 0x54677374, /* "Tgst": what file(1) and we know it by */
	BUSY_TRIES = 2000,	  /* 10 ms between them */
	CHECKPOINT_PAGES = 4000,
};

// clang-format off
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

static enum tg_status run_text(struct tg_store *s, const char *text, const char *what,
			       struct tg_error *err)
{
	struct tg_sqlite *q = s->own;

	return tg_sql.exec(q->db, text, NULL, NULL, NULL) == SQLITE_OK
		       ? TG_OK
		       : tg_sqlite_fault(s, what, err);
}

static enum tg_status pragma(struct tg_store *s, const char *text, int64_t *value,
			     struct tg_error *err)
{
	struct tg_sqlite *q = s->own;
	sqlite3_stmt *p = NULL;
	enum tg_status st = TG_OK;

	if (tg_sql.prepare_v2(q->db, text, -1, &p, NULL) != SQLITE_OK ||
	    tg_sql.step(p) != SQLITE_ROW)
		st = tg_sqlite_fault(s, "open", err);
	else
		*value = tg_sql.column_int64(p, 0);
	tg_sql.finalize(p);
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
	enum tg_status st = tg_sqlite_begin(s, TG_TXN_WRITE, err);

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
		st = tg_sqlite_write_head(s, err);
	}
	return tg_store_end(s, st, err);
}

/* It keeps the mode once it has it. Going over to it wants the file alone for a moment, and does not wait for that by itself. */
static enum tg_status use_wal(struct tg_store *s, struct tg_error *err)
{
	struct tg_sqlite *q = s->own;

	for (int tries = 0;; tries++) {
		sqlite3_stmt *p = NULL;
		bool wal = false;
		int code = tg_sql.prepare_v2(q->db, "pragma journal_mode=wal", -1, &p, NULL);

		if (code == SQLITE_OK)
			code = tg_sql.step(p);
		if (code == SQLITE_ROW)
			wal = tg_str_is(tg_sqlite_column(p, 0), "wal");
		tg_sql.finalize(p);
		if (wal)
			return TG_OK;
		if (code == SQLITE_ROW)
			return tg_fail(err, TG_CONFIG,
				       "the key store %.*s lies where it cannot be kept safely: "
				       "no write-ahead log on this file system",
				       TG_STR_ARG(s->url));
		if (code != SQLITE_BUSY || tries == 200 || tg_interrupted())
			return tg_sqlite_fault(s, "open", err);
		tg_sql.sleep(25);
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
	enum tg_status st = tg_library_load(&library, err);
	struct tg_sqlite *q;
	int64_t version = 0;

	s->backend = &tg_sqlite_backend;
	if (st)
		return st;
	s->own = q = tg_alloc(sizeof(*q));
	s->url = tg_arena_copy(&s->arena, path);
	if (!memory)
		st = touch(s, s->url.p, wish, err);
	if (st)
		return st;
	if (tg_sql.open_v2(memory ? ":memory:" : s->url.p, &q->db,
			   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			   NULL) != SQLITE_OK)
		return tg_sqlite_fault(s, "open", err);
	tg_sql.busy_handler(q->db, wait_for_lock, NULL);
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
		st = tg_sqlite_begin(s, TG_TXN_READ, err);
	return st ? st : tg_store_end(s, tg_sqlite_read_head(s, err), err);
}

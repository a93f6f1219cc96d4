/* The files that landed, in a SQLite store. */
#include "common/state/sqlite.h"

static void bind_digest(sqlite3_stmt *p, const struct tg_file_digest *digest)
{
	TG_BUG_IF(tg_sql.bind_blob(p, 1, digest->byte, sizeof(digest->byte), SQLITE_STATIC) !=
		  SQLITE_OK);
}

enum tg_status tg_sqlite_put_file(struct tg_store *s, const struct tg_store_file *file,
				  bool in_doubt, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_PUT_FILE, err);

	if (!p)
		return err->status;
	bind_digest(p, &file->digest);
	tg_sqlite_bind_text(p, 2, tg_str_of(file->landing));
	tg_sqlite_bind(p, 3, file->time);
	tg_sqlite_bind(p, 4, in_doubt);
	return tg_sqlite_done(s, p, "write to", err);
}

enum tg_status tg_sqlite_settle_files(struct tg_store *s, const char *landing, bool landed,
				      struct tg_error *err)
{
	sqlite3_stmt *p =
		tg_sqlite_prepare(s, landed ? TG_SQL_FILES_LANDED : TG_SQL_FILES_GONE, err);

	if (!p)
		return err->status;
	tg_sqlite_bind_text(p, 1, tg_str_of(landing));
	return tg_sqlite_done(s, p, "write to", err);
}

enum tg_status tg_sqlite_has_file(struct tg_store *s, const struct tg_file_digest *digest,
				  bool *landed, struct tg_error *err)
{
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_HAS_FILE, err);
	enum tg_status st = TG_OK;
	int code;

	if (!p)
		return err->status;
	bind_digest(p, digest);
	code = tg_sql.step(p);
	*landed = code == SQLITE_ROW;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		st = tg_sqlite_fault(s, "read", err);
	tg_sql.reset(p);
	return st;
}

enum tg_status tg_sqlite_forget_files(struct tg_store *s, int64_t before, uint64_t *n,
				      struct tg_error *err)
{
	struct tg_sqlite *q = s->own;
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_FORGET_FILES, err);
	enum tg_status st;

	if (!p)
		return err->status;
	tg_sqlite_bind(p, 1, before);
	st = tg_sqlite_done(s, p, "write to", err);
	*n = st ? 0 : (uint64_t)tg_sql.changes(q->db);
	return st;
}

enum tg_status tg_sqlite_files(struct tg_store *s, const struct tg_file_digest *after, size_t most,
			       tg_file_visit visit, void *arg, struct tg_error *err)
{
	struct tg_file_digest behind; /* visit may write where after lies */
	sqlite3_stmt *p = tg_sqlite_prepare(s, TG_SQL_FILES, err);
	enum tg_status st = TG_OK;
	int code = SQLITE_DONE;

	if (!p)
		return err->status;
	behind = *after;
	bind_digest(p, &behind);
	tg_sqlite_bind(p, 2, (int64_t)most);
	while (!st && (code = tg_sql.step(p)) == SQLITE_ROW) {
		struct tg_store_file file = { .time = tg_sql.column_int64(p, 2) };
		struct tg_str digest = tg_sqlite_column(p, 0);

		if (digest.n != sizeof(file.digest.byte)) {
			st = tg_fail(err, TG_DATA,
				     "the key store %.*s holds a file's digest of %zu bytes",
				     TG_STR_ARG(s->url), digest.n);
			break;
		}
		memcpy(file.digest.byte, digest.p, sizeof(file.digest.byte));
		tg_sqlite_take_text(file.landing, sizeof(file.landing), p, 1);
		st = visit(arg, &file, err);
	}
	if (!st && code != SQLITE_DONE)
		st = tg_sqlite_fault(s, "read", err);
	tg_sql.reset(p);
	return st;
}

enum tg_status tg_sqlite_count_files(struct tg_store *s, uint64_t *landed, uint64_t *lost,
				     struct tg_error *err)
{
	uint64_t number[2];
	enum tg_status st = tg_sqlite_numbers(s, TG_SQL_COUNT_FILES, number, 2, err);

	if (!st) {
		*landed = number[0];
		*lost = number[1];
	}
	return st;
}

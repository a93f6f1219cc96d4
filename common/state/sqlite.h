/*
 * sqlite: inside common/state: what the files of the SQLite store share: its connection, and statements that are prepared once.
 *
 * A statement that was stepped is reset before the next use of it; what is bound to it stays as it is until then.
 */
#ifndef TG_STATE_SQLITE_H
#define TG_STATE_SQLITE_H

#include "common/state/backend.h"

#include <sqlite3.h>

/* The calls that are made, there once a store was opened: most runs have none, and SQLite is a third of a start. */
struct tg_sql {
	__typeof__(&sqlite3_bind_blob) bind_blob;
	__typeof__(&sqlite3_bind_int64) bind_int64;
	__typeof__(&sqlite3_bind_text) bind_text;
	__typeof__(&sqlite3_busy_handler) busy_handler;
	__typeof__(&sqlite3_changes) changes;
	__typeof__(&sqlite3_close) close;
	__typeof__(&sqlite3_column_blob) column_blob;
	__typeof__(&sqlite3_column_bytes) column_bytes;
	__typeof__(&sqlite3_column_int) column_int;
	__typeof__(&sqlite3_column_int64) column_int64;
	__typeof__(&sqlite3_column_text) column_text;
	__typeof__(&sqlite3_errcode) errcode;
	__typeof__(&sqlite3_errmsg) errmsg;
	__typeof__(&sqlite3_exec) exec;
	__typeof__(&sqlite3_finalize) finalize;
	__typeof__(&sqlite3_get_autocommit) get_autocommit;
	__typeof__(&sqlite3_open_v2) open_v2;
	__typeof__(&sqlite3_prepare_v2) prepare_v2;
	__typeof__(&sqlite3_prepare_v3) prepare_v3;
	__typeof__(&sqlite3_reset) reset;
	__typeof__(&sqlite3_sleep) sleep;
	__typeof__(&sqlite3_step) step;
};

extern struct tg_sql tg_sql;

enum tg_sqlite_statement {
	TG_SQL_READ_HEAD,
	TG_SQL_WRITE_HEAD,
	TG_SQL_READ_BATCHES,
	TG_SQL_FREE_RUN,
	TG_SQL_PUT_BATCH,
	TG_SQL_CHANGE_BATCH,
	TG_SQL_DELETE_BATCH,
	TG_SQL_REMOVING,
	TG_SQL_COUNT_REMOVING,
	TG_SQL_REMOVE_PAGES,
	TG_SQL_REMOVE_BATCH,
	TG_SQL_PUT_PAGE,
	TG_SQL_FIND_PAGE,
	TG_SQL_PAGES,
	TG_SQL_GENERATION,
	TG_SQL_PUT_FILE,
	TG_SQL_FILES_LANDED,
	TG_SQL_FILES_GONE,
	TG_SQL_HAS_FILE,
	TG_SQL_FORGET_FILES,
	TG_SQL_FILES,
	TG_SQL_COUNT_FILES,
	TG_SQL_BEGIN_READ,
	TG_SQL_BEGIN_WRITE,
	TG_SQL_COMMIT,
	TG_SQL_STATEMENTS,
};

struct tg_sqlite {
	sqlite3 *db;
	sqlite3_stmt *statement[TG_SQL_STATEMENTS];
};

extern const struct tg_backend tg_sqlite_backend;

/* What SQLite says of its last failure, as a status. */
enum tg_status tg_sqlite_fault(struct tg_store *s, const char *what, struct tg_error *err);

/* The statement, ready for its values; NULL: see err. */
sqlite3_stmt *tg_sqlite_prepare(struct tg_store *s, enum tg_sqlite_statement which,
				struct tg_error *err);
/* The n numbers of the one row that a statement without values gives. */
TG_MUST_USE enum tg_status tg_sqlite_numbers(struct tg_store *s, enum tg_sqlite_statement which,
					     uint64_t *number, int n, struct tg_error *err);
/* Takes a step of a statement that gives no rows. */
TG_MUST_USE enum tg_status tg_sqlite_done(struct tg_store *s, sqlite3_stmt *p, const char *what,
					  struct tg_error *err);
void tg_sqlite_bind(sqlite3_stmt *p, int at, int64_t value);
void tg_sqlite_bind_text(sqlite3_stmt *p, int at, struct tg_str text);
/* Lives until the next step. */
struct tg_str tg_sqlite_column(sqlite3_stmt *p, int at);
/* Cut where it is too long, which ours never is. */
void tg_sqlite_take_text(char *to, size_t room, sqlite3_stmt *p, int at);

/* As struct tg_backend has them. */
TG_MUST_USE enum tg_status tg_sqlite_begin(struct tg_store *s, enum tg_txn kind,
					   struct tg_error *err);
TG_MUST_USE enum tg_status tg_sqlite_read_head(struct tg_store *s, struct tg_error *err);
TG_MUST_USE enum tg_status tg_sqlite_write_head(struct tg_store *s, struct tg_error *err);
TG_MUST_USE enum tg_status tg_sqlite_put_file(struct tg_store *s, const struct tg_store_file *file,
					      bool in_doubt, struct tg_error *err);
TG_MUST_USE enum tg_status tg_sqlite_settle_files(struct tg_store *s, const char *landing,
						  bool landed, struct tg_error *err);
TG_MUST_USE enum tg_status tg_sqlite_has_file(struct tg_store *s,
					      const struct tg_file_digest *digest, bool *landed,
					      struct tg_error *err);
TG_MUST_USE enum tg_status tg_sqlite_forget_files(struct tg_store *s, int64_t before, uint64_t *n,
						  struct tg_error *err);
TG_MUST_USE enum tg_status tg_sqlite_files(struct tg_store *s, const struct tg_file_digest *after,
					   size_t most, tg_file_visit visit, void *arg,
					   struct tg_error *err);
TG_MUST_USE enum tg_status tg_sqlite_count_files(struct tg_store *s, uint64_t *landed,
						 uint64_t *lost, struct tg_error *err);

#endif

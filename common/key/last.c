#include "common/key/last.h"

#include "common/base/memory.h"
#include "common/io/spool.h"

#include <string.h>

struct tg_last {
	struct tg_spool spool;
	struct tg_table
		*table; /* a key's content is the number of its last record; NULL: adding is over */
	struct tg_buffer superseded; /* a bit a record */
	struct tg_buffer file;	     /* whose name the last record had */
	bool filed;		     /* it had one */
	uint64_t added, returned;
};

/* What stands before a record in the spool; only this process reads it. */
struct head {
	struct tg_key_entry entry;
	uint64_t line, offset;
	uint64_t text; /* bytes */
	uint64_t file; /* bytes; the name stands before the text */
	bool filed;    /* it has a name */
	bool same;     /* as the one before: it is not repeated */
};

struct tg_last *tg_last_new(void)
{
	struct tg_last *l = tg_alloc(sizeof(*l));

	tg_spool_init(&l->spool);
	l->table = tg_table_new(false);
	return l;
}

void tg_last_free(struct tg_last **last)
{
	struct tg_last *l = TG_TAKE(*last);

	if (!l)
		return;
	tg_spool_release(&l->spool);
	tg_table_free(&l->table);
	tg_buffer_release(&l->superseded);
	tg_buffer_release(&l->file);
	tg_free(l);
}

void tg_last_prefetch(const struct tg_last *l, const unsigned char key[TG_KEY_SIZE], bool again)
{
	tg_table_prefetch(l->table, key, again);
}

/* Notes which record the key's last one is now. */
static void note(struct tg_last *l, const struct tg_key_entry *e)
{
	struct tg_key_entry noted = *e;
	uint64_t number;
	bool own;

	_Static_assert(sizeof(noted.content) == sizeof(number),
		       "a number takes the content's place");
	if (l->added % 8 == 0)
		tg_buffer_putc(&l->superseded, 0);
	if (tg_table_find(l->table, &noted, &own)) {
		memcpy(&number, noted.content, sizeof(number));
		l->superseded.p[number / 8] |= (char)(1 << number % 8);
	}
	memcpy(noted.content, &l->added, sizeof(l->added));
	tg_table_put(l->table, &noted, true);
	l->added++;
}

enum tg_status tg_last_add(struct tg_last *l, const struct tg_record *rec,
			   const struct tg_key_entry *e, struct tg_error *err)
{
	struct tg_str file = rec->at.file;
	struct head head = { .entry = *e,
			     .line = rec->at.line,
			     .offset = rec->at.offset,
			     .text = rec->text.n,
			     .filed = file.p != NULL,
			     .same = l->added && (file.p != NULL) == l->filed &&
				     tg_str_eq(file, tg_buffer_str(&l->file)) };
	enum tg_status st;

	head.file = head.same ? 0 : file.n;
	note(l, e);
	st = tg_spool_put(&l->spool, tg_str_from((const char *)&head, sizeof(head)), err);
	if (!st && !head.same) {
		l->filed = head.filed;
		l->file.n = 0;
		tg_buffer_put_str(&l->file, file);
		st = tg_spool_put(&l->spool, file, err);
	}
	return st ? st : tg_spool_put(&l->spool, rec->text, err);
}

static enum tg_status begin_again(struct tg_last *l, struct tg_error *err)
{
	tg_table_free(&l->table);
	return tg_spool_rewind(&l->spool, err);
}

enum tg_status tg_last_next(struct tg_last *l, struct tg_record *rec, struct tg_key_entry *e,
			    bool *superseded, bool *more, struct tg_error *err)
{
	struct tg_str bytes;
	struct head head;
	enum tg_status st = l->table ? begin_again(l, err) : TG_OK;

	*more = !st && l->returned < l->added;
	if (!*more)
		return st;
	st = tg_spool_take(&l->spool, sizeof(head), &bytes, err);
	if (st)
		return st;
	memcpy(&head, bytes.p, sizeof(head));
	if (!head.same) {
		st = tg_spool_take(&l->spool, head.file, &bytes, err);
		l->file.n = 0;
		if (!st)
			tg_buffer_put_str(&l->file, bytes);
	}
	if (!st)
		st = tg_spool_take(&l->spool, head.text, &bytes, err);
	if (st)
		return st;
	*rec = (struct tg_record){ .text = bytes,
				   .at = { .line = head.line, .offset = head.offset } };
	if (head.filed)
		rec->at.file = tg_buffer_str(&l->file);
	*e = head.entry;
	*superseded = l->superseded.p[l->returned / 8] >> l->returned % 8 & 1;
	l->returned++;
	return TG_OK;
}

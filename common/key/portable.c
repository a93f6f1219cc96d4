#include "common/key/portable.h"

#include "common/base/check.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/time/time.h"

#include <stdlib.h>

static void put_time(struct tg_buffer *b, const char *name, int64_t micros)
{
	int64_t seconds = micros / 1000000, rest = micros % 1000000;

	if (rest < 0) {
		seconds--;
		rest += 1000000;
	}
	tg_json_put_name(b, name);
	tg_buffer_putc(b, '"');
	tg_time_put(b, (struct tg_time){ seconds, (uint32_t)rest });
	tg_buffer_putc(b, '"');
}

static void put_text(struct tg_buffer *b, const char *name, const char *text)
{
	if (text[0])
		tg_json_put_member(b, name, tg_str_of(text));
}

enum tg_status tg_store_put_stats(struct tg_store *store, struct tg_buffer *out,
				  struct tg_error *err)
{
	static const char *const name[] = { "open", "pending", "committing", "seen" };
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	const struct tg_store_head *h = tg_store_head(store);
	struct tg_batch *batch;
	uint64_t count[4] = { 0 }, keys[4] = { 0 };
	int64_t oldest = INT64_MAX, newest = INT64_MIN;
	uint64_t files = 0, removing = 0;
	size_t n;
	enum tg_status st = tg_store_batches(store, &batch, &n, &arena, err);

	if (!st)
		st = tg_store_count_files(store, &files, err);
	if (!st)
		st = tg_store_removing(store, &removing, NULL, err);
	if (st)
		return st;
	for (size_t i = 0; i < n; i++) {
		unsigned s = batch[i].state;

		if (s > TG_BATCH_SEEN)
			continue;
		count[s]++;
		keys[s] += batch[i].keys;
		if (s == TG_BATCH_SEEN && batch[i].time < oldest)
			oldest = batch[i].time;
		if (s == TG_BATCH_SEEN && batch[i].time > newest)
			newest = batch[i].time;
	}
	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "store", tg_store_url(store));
	tg_json_put_member_u64(out, "version", TG_STORE_VERSION);
	put_text(out, "id", h->id);
	put_text(out, "zone", h->zone);
	tg_json_put_member(out, "zone_path", h->zone_path.n ? h->zone_path : TG_STR_NONE);
	put_text(out, "landing", h->landing);
	tg_json_put_name(out, "times");
	tg_buffer_puts(out, h->timed ? "true" : "false");
	tg_json_put_member_u64(out, "clock", h->clock);
	tg_json_put_member_u64(out, "window_seconds", h->window / 1000000);
	tg_json_put_member_u64(out, "keys", keys[TG_BATCH_SEEN]);
	tg_json_put_member_u64(out, "files", files);
	if (newest >= oldest) {
		put_time(out, "oldest", oldest);
		put_time(out, "newest", newest);
	}
	tg_json_put_name(out, "batches");
	tg_buffer_putc(out, '{');
	for (size_t i = 0; i < TG_COUNT(name); i++)
		tg_json_put_member_u64(out, name[i], count[i]);
	if (removing)
		tg_json_put_member_u64(out, "removing", removing);
	tg_buffer_puts(out, "},\"batch_keys\":{");
	for (size_t i = 0; i < TG_COUNT(name); i++)
		tg_json_put_member_u64(out, name[i], keys[i]);
	tg_buffer_puts(out, "}}\n");
	return TG_OK;
}

/*
 * Out
 */

static void put_hex(struct tg_buffer *b, const char *name, const void *p, size_t n)
{
	tg_json_put_name(b, name);
	tg_buffer_putc(b, '"');
	tg_buffer_put_hex(b, p, n);
	tg_buffer_putc(b, '"');
}

struct export
{
	struct tg_output *out;
	struct tg_buffer line;
	bool timed;
	tg_store_id batch; /* whose keys are being written */
};

static void export_release(struct export *x)
{
	tg_buffer_release(&x->line);
}

static void put_signed(struct tg_buffer *b, const char *name, int64_t value)
{
	tg_json_put_name(b, name);
	tg_buffer_printf(b, "%lld", (long long)value);
}

static void put_batch(struct tg_buffer *b, const struct tg_batch *batch)
{
	tg_buffer_puts(b, "{\"batch\":{");
	put_text(b, "id", batch->id);
	put_text(b, "landing", batch->landing);
	tg_json_put_member_u64(b, "number", batch->number);
	tg_json_put_member_u64(b, "first", batch->first);
	put_signed(b, "time", batch->time);
	put_signed(b, "latest", batch->latest);
	tg_json_put_member_u64(b, "keys", batch->keys);
	tg_buffer_puts(b, "}}\n");
}

static enum tg_status put_entry(void *arg, const struct tg_batch *b, const struct tg_key_entry *e,
				struct tg_error *err)
{
	struct export *x = arg;

	x->line.n = 0;
	if (strcmp(x->batch, b->id) != 0) {
		memcpy(x->batch, b->id, sizeof(x->batch));
		put_batch(&x->line, b);
	}
	tg_buffer_putc(&x->line, '{');
	put_hex(&x->line, "key", e->key, sizeof(e->key));
	put_hex(&x->line, "content", e->content, sizeof(e->content));
	if (x->timed)
		put_signed(&x->line, "time", e->time);
	tg_buffer_puts(&x->line, "}\n");
	tg_output_put(x->out, tg_buffer_str(&x->line));
	return x->out->status ? tg_output_flush(x->out, err) : TG_OK;
}

static enum tg_status put_file(void *arg, const struct tg_store_file *file, struct tg_error *err)
{
	struct export *x = arg;

	x->line.n = 0;
	tg_buffer_puts(&x->line, "{\"file\":{");
	put_hex(&x->line, "sha256", file->digest.byte, sizeof(file->digest.byte));
	put_text(&x->line, "landing", file->landing);
	put_signed(&x->line, "time", file->time);
	tg_buffer_puts(&x->line, "}}\n");
	tg_output_put(x->out, tg_buffer_str(&x->line));
	return x->out->status ? tg_output_flush(x->out, err) : TG_OK;
}

enum tg_status tg_store_export(struct tg_store *store, struct tg_output *out, struct tg_error *err)
{
	TG_OWN(export_release) struct export x = { .out = out };
	const struct tg_store_head *h = tg_store_head(store);
	struct tg_buffer *b = &x.line;
	enum tg_status st;

	x.timed = h->timed;
	tg_buffer_puts(b, "{\"store\":{");
	tg_json_put_member_u64(b, "version", TG_STORE_VERSION);
	put_text(b, "id", h->id);
	put_text(b, "zone", h->zone);
	tg_json_put_member(b, "zone_path", h->zone_path.n ? h->zone_path : TG_STR_NONE);
	put_text(b, "landing", h->landing);
	put_hex(b, "secret", h->secret, sizeof(h->secret));
	tg_json_put_name(b, "times");
	tg_buffer_puts(b, h->timed ? "true" : "false");
	tg_json_put_member_u64(b, "clock", h->clock);
	tg_json_put_member_u64(b, "floor", h->floor);
	tg_json_put_member_u64(b, "window", h->window);
	tg_buffer_puts(b, "}}\n");
	tg_output_put(out, tg_buffer_str(b));
	explicit_bzero(b->p, b->n);
	st = tg_store_walk(store, put_entry, &x, err);
	return st ? st : tg_store_walk_files(store, put_file, &x, err);
}

/*
 * In
 */

static const struct tg_span *member(const struct tg_record *rec, const struct tg_span *object,
				    const char *name, enum tg_kind kind)
{
	const struct tg_span *v = tg_member_find(rec, object, tg_str_of(name));

	return v && v->kind == kind ? v : NULL;
}

static bool get_u64(const struct tg_record *rec, const struct tg_span *object, const char *name,
		    uint64_t *value)
{
	const struct tg_span *v = member(rec, object, name, TG_NUMBER);

	return v && tg_read_u64(tg_span_text(rec, v), value) && *value <= INT64_MAX;
}

static bool get_signed(const struct tg_record *rec, const struct tg_span *object, const char *name,
		       int64_t *value)
{
	const struct tg_span *v = member(rec, object, name, TG_NUMBER);
	struct tg_str text = v ? tg_span_text(rec, v) : TG_STR_NONE;
	bool minus = text.n && text.p[0] == '-';
	uint64_t n;

	if (!text.n || !tg_read_u64(tg_str_after(text, minus), &n) ||
	    n > (uint64_t)INT64_MAX + minus)
		return false;
	*value = minus ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_hex(const struct tg_record *rec, const struct tg_span *object, const char *name,
		    unsigned char *to, size_t n)
{
	const struct tg_span *v = member(rec, object, name, TG_STRING);
	struct tg_str text = v ? tg_span_text(rec, v) : TG_STR_NONE;

	if (text.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = digit(text.p[2 * i]), low = digit(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* An id, or nothing where it need not be there. */
static bool get_id(const struct tg_record *rec, const struct tg_span *object, const char *name,
		   bool needed, tg_store_id id)
{
	const struct tg_span *v = member(rec, object, name, TG_STRING);
	struct tg_str text = v ? tg_span_text(rec, v) : TG_STR_NONE;

	id[0] = '\0';
	if (!v)
		return !needed;
	if (text.n > TG_STORE_ID)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (digit(text.p[i]) < 0)
			return false;
	memcpy(id, text.p, text.n);
	id[text.n] = '\0';
	return true;
}

static bool take_head(struct tg_import *im, const struct tg_record *rec, const struct tg_span *o,
		      struct tg_arena *arena, const char **message, enum tg_status *st,
		      struct tg_error *err)
{
	struct tg_store_head head = { .timed = false };
	const struct tg_span *path = member(rec, o, "zone_path", TG_STRING);
	uint64_t version = 0;

	*message = "is no head of an export, of this version";
	if (im->begun || !get_u64(rec, o, "version", &version) || version < 1 ||
	    version > TG_STORE_VERSION || !get_id(rec, o, "id", true, head.id) ||
	    !get_id(rec, o, "zone", false, head.zone) ||
	    !get_id(rec, o, "landing", false, head.landing) ||
	    !get_hex(rec, o, "secret", head.secret, sizeof(head.secret)) ||
	    !get_u64(rec, o, "clock", &head.clock) || !get_u64(rec, o, "floor", &head.floor) ||
	    !get_u64(rec, o, "window", &head.window))
		return false;
	head.timed = member(rec, o, "times", TG_TRUE) != NULL;
	if (path)
		head.zone_path = tg_text_get(arena, rec, path);
	*st = tg_store_adopt(im->store, &head, err);
	im->begun = true;
	return true;
}

static enum tg_status end_batch(struct tg_import *im, struct tg_error *err)
{
	uint64_t said = im->batch.keys;
	enum tg_status st;

	if (!im->table)
		return TG_OK;
	if (tg_table_own(im->table) != said)
		return tg_fail(err, TG_DATA,
			       "the export is not whole: batch %s has %llu keys of %llu",
			       im->batch.id, (unsigned long long)tg_table_own(im->table),
			       (unsigned long long)said);
	st = tg_store_restore(im->store, &im->batch, im->table, err);
	im->keys += said;
	tg_table_free(&im->table);
	return st;
}

static enum tg_status write_files(struct tg_import *im, struct tg_error *err)
{
	enum tg_status st = tg_store_restore_files(im->store, im->file, im->files, err);

	im->files = 0;
	return st;
}

static bool take_file(struct tg_import *im, const struct tg_record *rec, const struct tg_span *o,
		      const char **message, enum tg_status *st, struct tg_error *err)
{
	struct tg_store_file file;

	*message = "is no file of an export";
	if (!im->begun || !get_hex(rec, o, "sha256", file.digest.byte, sizeof(file.digest.byte)) ||
	    !get_id(rec, o, "landing", false, file.landing) ||
	    !get_signed(rec, o, "time", &file.time))
		return false;
	im->file[im->files++] = file;
	if (im->files == TG_COUNT(im->file))
		*st = write_files(im, err);
	return true;
}

static bool take_batch(struct tg_import *im, const struct tg_record *rec, const struct tg_span *o,
		       const char **message, enum tg_status *st, struct tg_error *err)
{
	struct tg_batch b = { .run = 0 };

	*message = "is no batch of an export";
	if (!im->begun || !get_id(rec, o, "id", true, b.id) ||
	    !get_id(rec, o, "landing", false, b.landing) || !get_u64(rec, o, "number", &b.number) ||
	    !get_u64(rec, o, "first", &b.first) || !get_signed(rec, o, "time", &b.time) ||
	    !get_signed(rec, o, "latest", &b.latest) || !get_u64(rec, o, "keys", &b.keys))
		return false;
	*st = end_batch(im, err);
	im->batch = b;
	tg_table_free(&im->table);
	im->table = tg_table_new(tg_store_head(im->store)->timed);
	return true;
}

bool tg_import_take(struct tg_import *im, const struct tg_record *rec, struct tg_arena *arena,
		    const char **message, enum tg_status *st, struct tg_error *err)
{
	const struct tg_span *o;
	struct tg_key_entry e = { .time = 0 };

	*st = TG_OK;
	*message = "is no line of an export";
	if (rec->span->kind != TG_OBJECT)
		return false;
	o = member(rec, rec->span, "store", TG_OBJECT);
	if (o)
		return take_head(im, rec, o, arena, message, st, err);
	o = member(rec, rec->span, "file", TG_OBJECT);
	if (o)
		return take_file(im, rec, o, message, st, err);
	o = member(rec, rec->span, "batch", TG_OBJECT);
	if (o)
		return take_batch(im, rec, o, message, st, err);
	if (!im->table || !get_hex(rec, rec->span, "key", e.key, sizeof(e.key)) ||
	    !get_hex(rec, rec->span, "content", e.content, sizeof(e.content)) ||
	    (tg_store_head(im->store)->timed && !get_signed(rec, rec->span, "time", &e.time)))
		return false;
	tg_table_put(im->table, &e, true);
	return true;
}

enum tg_status tg_import_finish(struct tg_import *im, struct tg_error *err)
{
	enum tg_status st = end_batch(im, err);

	return st || !im->files ? st : write_files(im, err);
}

void tg_import_release(struct tg_import *im)
{
	tg_table_free(&im->table);
}

#include "common/landing/stores.h"

#include "common/base/check.h"
#include "common/base/decode.h"
#include "common/json/text.h"
#include "common/landing/settle.h"

#include <stdlib.h>

enum { MOST = 24 }; /* batches: the manifest's line has its limit */

static int64_t micros_of(struct tg_time t)
{
	return t.seconds * 1000000 + t.micros;
}

static const json_t *batch_of(const struct tg_upstream_stage *stage)
{
	const json_t *batch = json_object_get(json_object_get(stage->finish, "meta"), "batch");

	return json_is_object(batch) ? batch : NULL;
}

static json_t *sha256_of(const struct tg_upstream_stage *stage)
{
	return json_object_get(json_object_get(stage->finish, "meta"), "sha256");
}

static uint64_t count_of(const struct tg_upstream_stage *stage, const char *what)
{
	json_int_t n = json_integer_value(
		json_object_get(json_object_get(stage->finish, "records"), what));

	return n > 0 ? (uint64_t)n : 0;
}

/* Whether it is a batch of keys: what passed with it must land, all and nothing else. */
static bool holds_keys(const json_t *batch)
{
	const char *kind = json_string_value(json_object_get(batch, "kind"));

	return !kind || strcmp(kind, "keys") == 0;
}

static bool holds_replay_ids(const json_t *batch)
{
	const char *kind = json_string_value(json_object_get(batch, "kind"));

	return kind && strcmp(kind, "replay") == 0;
}

/* Names of whole files: whatever became of their records, they have come. */
static bool holds_names(const json_t *batch)
{
	const char *kind = json_string_value(json_object_get(batch, "kind"));

	return kind && strcmp(kind, "names") == 0;
}

/* What the stages with one kind of batch passed on, and what others took away that stand nearer than the nearest and the last of them. */
struct passage {
	bool there;
	uint64_t passed, lost_behind, lost;
};

static struct passage passage_of(const struct tg_upstream *up, bool (*holds)(const json_t *))
{
	struct passage p = { .there = false };
	uint64_t lost = 0;

	for (size_t i = 0; i < up->stages; i++) {
		const struct tg_upstream_stage *stage = &up->stage[i];
		const json_t *batch = batch_of(stage);

		if (batch && holds(batch)) {
			p.lost_behind = p.there ? p.lost_behind : lost;
			p.there = true;
			p.passed += count_of(stage, "out");
			p.lost = lost;
		} else {
			lost += count_of(stage, "dropped") + count_of(stage, "rejected");
		}
	}
	return p;
}

/*
 * What dedupe passed is what has come, and no stage nearer than the nearest dedupe has taken anything away. Of what passed with
 * replay ids each record has come, or has been dropped or rejected on the way.
 */
static enum tg_status check_records(const struct tg_upstream *up, uint64_t records,
				    struct tg_error *err)
{
	struct passage keys = passage_of(up, holds_keys);
	struct passage replay = passage_of(up, holds_replay_ids);
	uint64_t sum;

	if (keys.there && (keys.passed != records || keys.lost_behind))
		return tg_fail(
			err, TG_USAGE,
			"not all that dedupe passed has come here: put dedupe last, for a record that "
			"is dropped or rejected behind it would be seen, and never land");
	if (replay.there && (!tg_add(&sum, records, replay.lost) || replay.passed != sum))
		return tg_fail(
			err, TG_USAGE,
			"%llu requests passed with their ids, and %llu records have come or were "
			"dropped or rejected on the way: check for replays once, and let one "
			"record be one request, for the ids are used up by what lands",
			(unsigned long long)replay.passed, (unsigned long long)sum);
	return TG_OK;
}

static void add_file(struct tg_stores *s, const json_t *text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer bytes = TG_BUFFER_INIT;
	struct tg_file_digest *to = &s->file[s->files];

	if (!json_is_string(text) ||
	    !tg_hex_decode(&bytes,
			   tg_str_from(json_string_value(text), json_string_length(text))) ||
	    bytes.n != sizeof(to->byte))
		return;
	memcpy(to->byte, bytes.p, bytes.n);
	s->files++;
}

/* Whether the stage took all that it was given; a foreign command may stop where it likes, and nobody knows. */
static bool took_all(const struct tg_upstream_stage *stage)
{
	const json_t *bytes = json_object_get(stage->finish, "bytes");

	return json_object_get(bytes, "in") &&
	       !json_is_true(json_object_get(stage->finish, "early"));
}

/* How many of the stages, from the nearest on, stand so that what they read has come here, but for what was dropped or rejected by rule. */
static size_t whole_stages(const struct tg_upstream *up)
{
	size_t n = 0;

	if (up->verdict != TG_UPSTREAM_VERIFIED)
		return 0;
	while (n < up->stages && (n == 0 || took_all(&up->stage[n - 1])))
		n++;
	return n;
}

/* A stage that read a whole file told its digest, or a list of them. */
static void find_files(struct tg_stores *s, const struct tg_upstream *up)
{
	size_t stages = whole_stages(up), most = 0, i;
	json_t *one;

	for (size_t k = 0; k < stages; k++) {
		const json_t *told = sha256_of(&up->stage[k]);

		most += json_is_array(told) ? json_array_size(told) : json_is_string(told);
	}
	s->file = tg_arena_array(s->arena, most, sizeof(*s->file));
	for (size_t k = 0; k < stages; k++) {
		json_t *told = sha256_of(&up->stage[k]);

		if (json_is_string(told))
			add_file(s, told);
		json_array_foreach(told, i, one) add_file(s, one);
	}
}

static int by_store(const void *x, const void *y)
{
	const struct tg_stores_batch *a = x, *b = y;
	int order = strcmp(tg_store_head(a->store)->id, tg_store_head(b->store)->id);

	return order ? order : strcmp(a->id, b->id);
}

static enum tg_status open_batch(struct tg_stores *s, const json_t *batch, struct tg_error *err)
{
	struct tg_store_wish wish = { .make = false };
	struct tg_stores_batch *b = &s->batch[s->n];
	const char *id = json_string_value(json_object_get(batch, "id"));
	const char *url = json_string_value(json_object_get(batch, "store"));
	json_int_t keys = json_integer_value(json_object_get(batch, "keys"));
	enum tg_status st = TG_OK;

	if (!id || strlen(id) != TG_STORE_ID || !url || keys <= 0)
		return tg_fail(err, TG_DATA,
			       "a stage before names a batch of keys that makes no sense");
	b->id = tg_arena_copy(s->arena, tg_str_of(id)).p;
	b->url = tg_arena_copy(s->arena, tg_str_of(url));
	b->keys = (uint64_t)keys;
	b->of_keys = holds_keys(batch);
	for (size_t i = 0; i < s->n; i++)
		if (tg_str_eq(s->batch[i].url, b->url))
			b->store = s->batch[i].store;
	if (!b->store) {
		st = tg_store_open(&b->store, b->url, &wish, err);
		b->owned = !st;
	}
	if (st == TG_NO_INPUT)
		st = err->status = TG_CONFIG;
	if (!st)
		s->n++;
	return st;
}

enum tg_status tg_stores_find(struct tg_stores *s, const struct tg_upstream *up, uint64_t records,
			      struct tg_arena *arena, struct tg_error *err)
{
	enum tg_status st = check_records(up, records, err);

	s->arena = arena;
	s->batch = tg_arena_array(arena, MOST, sizeof(*s->batch));
	find_files(s, up);
	for (size_t i = 0; !st && i < up->stages; i++) {
		const json_t *batch = batch_of(&up->stage[i]);

		if (!batch)
			continue;
		if (s->n == MOST)
			return tg_fail(
				err, TG_USAGE,
				"more than %d stages before keep keys: dedupe once, behind the "
				"loop",
				MOST);
		st = open_batch(s, batch, err);
	}
	if (!st && s->n > 1)
		qsort(s->batch, s->n, sizeof(*s->batch), by_store);
	return st;
}

static struct tg_mark mark_of(const struct tg_stores *s, size_t i, const struct tg_zone *zone,
			      struct tg_str landing, struct tg_time now)
{
	return (struct tg_mark){ .batch = s->batch[i].id,
				 .landing = landing.p,
				 .zone = zone ? zone->id : "",
				 .zone_path = zone ? zone->absolute : TG_STR_NONE,
				 .keys = s->batch[i].keys,
				 .now = micros_of(now),
				 .file = s->batch[i].of_keys ? s->file : NULL,
				 .files = s->batch[i].of_keys ? s->files : 0 };
}

/* Whether all that came in had landed before, as far as the stages say. */
static bool all_was_seen(const struct tg_upstream *up)
{
	bool seen = false;

	for (size_t i = 0; i < up->stages; i++) {
		const json_t *dropped = json_object_get(up->stage[i].finish, "dropped");

		const json_t *batch = batch_of(&up->stage[i]);

		if (count_of(&up->stage[i], "rejected") || (batch && !holds_names(batch)))
			return false;
		seen |= json_integer_value(json_object_get(dropped, "seen-before")) > 0;
	}
	return seen;
}

enum tg_status tg_stores_see_names(const struct tg_upstream *up, const struct tg_zone *zone,
				   struct tg_time now, struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(tg_stores_release) struct tg_stores s = { .arena = arena };
	enum tg_status st = TG_OK;

	s.batch = tg_arena_array(arena, MOST, sizeof(*s.batch));
	for (size_t i = 0; !st && i < up->stages && s.n < MOST; i++) {
		const json_t *batch = batch_of(&up->stage[i]);

		if (batch && holds_names(batch))
			st = open_batch(&s, batch, err);
	}
	for (size_t i = 0; !st && i < s.n; i++) {
		struct tg_mark mark =
			mark_of(&s, i, zone->directory >= 0 ? zone : NULL, TG_STR(""), now);

		st = tg_store_commit(s.batch[i].store, &mark, err);
	}
	return st;
}

enum tg_status tg_stores_note_nothing(const struct tg_upstream *up, struct tg_time now,
				      struct tg_arena *arena, struct tg_error *err)
{
	struct tg_stores s = { .arena = arena };
	struct tg_store_wish wish = { .make = false };
	struct tg_mark mark = { .zone = "", .now = micros_of(now) };
	enum tg_status st = TG_OK;

	find_files(&s, up);
	if (!s.files || !all_was_seen(up))
		return TG_OK;
	mark.file = s.file;
	mark.files = s.files;
	for (size_t i = 0; !st && i < up->stages; i++) {
		TG_OWN(tg_store_close) struct tg_store *store = NULL;
		const json_t *meta = json_object_get(up->stage[i].finish, "meta");
		const char *url = json_string_value(json_object_get(meta, "store"));

		if (!url)
			continue;
		st = tg_store_open(&store, tg_arena_copy(arena, tg_str_of(url)), &wish, err);
		if (!st)
			st = tg_store_note_files(store, &mark, err);
	}
	return st;
}

enum tg_status tg_stores_settle(struct tg_stores *s, struct tg_zone *zone, struct tg_str run,
				struct tg_time now, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < s->n; i++)
		if (s->batch[i].owned)
			st = tg_settle(s->batch[i].store, zone, run, now, err);
	return st;
}

enum tg_status tg_stores_mark(struct tg_stores *s, const struct tg_zone *zone,
			      struct tg_str landing, struct tg_time now, struct tg_error *err)
{
	for (size_t i = 0; i < s->n; i++) {
		struct tg_mark mark = mark_of(s, i, zone, landing, now);
		enum tg_status st = tg_store_mark(s->batch[i].store, &mark, err);

		if (st) {
			tg_stores_drop(s, landing);
			return st;
		}
	}
	return TG_OK;
}

enum tg_status tg_stores_see(struct tg_stores *s, const struct tg_manifest *m,
			     struct tg_str landing, struct tg_time now, struct tg_error *err)
{
	struct tg_str place =
		tg_arena_format(s->arena, "%llu %llu %u %s", (unsigned long long)m->end,
				(unsigned long long)m->last, m->last_n, m->tail);
	enum tg_status st = TG_OK;

	for (size_t i = 0; i < s->n; i++) {
		struct tg_mark mark = mark_of(s, i, NULL, landing, now);
		struct tg_error why = TG_ERROR_INIT;
		enum tg_status one;

		mark.place = place;
		one = tg_store_see(s->batch[i].store, &mark, &why);
		if (one && !st) {
			st = one;
			*err = why;
		}
	}
	return st;
}

enum tg_status tg_stores_see_duplicate(struct tg_stores *s, const struct tg_zone *zone,
				       struct tg_str landing, struct tg_time now,
				       struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < s->n; i++) {
		struct tg_mark mark = mark_of(s, i, zone, landing, now);

		st = tg_store_see_duplicate(s->batch[i].store, &mark, err);
	}
	return st;
}

void tg_stores_drop(struct tg_stores *s, struct tg_str landing)
{
	for (size_t i = 0; i < s->n; i++) {
		struct tg_mark mark = mark_of(s, i, NULL, landing, (struct tg_time){ 0, 0 });
		struct tg_error ignored = TG_ERROR_INIT;

		(void)!tg_store_drop(s->batch[i].store, &mark, &ignored);
	}
}

void tg_stores_put(const struct tg_stores *s, struct tg_buffer *out)
{
	tg_buffer_putc(out, '[');
	for (size_t i = 0; i < s->n; i++) {
		tg_buffer_puts(out, i ? ",{" : "{");
		tg_json_put_member(out, "store", tg_str_of(tg_store_head(s->batch[i].store)->id));
		tg_json_put_member(out, "id", tg_str_of(s->batch[i].id));
		tg_buffer_putc(out, '}');
	}
	tg_buffer_putc(out, ']');
}

void tg_stores_release(struct tg_stores *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->batch[i].owned)
			tg_store_close(&s->batch[i].store);
		s->batch[i].store = NULL;
	}
	s->n = 0;
}

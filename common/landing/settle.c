#include "common/landing/settle.h"

#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/landing/manifest.h"

#include <stdio.h>

enum { ROUNDS = 5 }; /* of somebody else appending behind our back */

/* What the manifest says of the landings in doubt, and of the store's newest landing. */
struct findings {
	const tg_store_id *doubt;
	size_t doubts;
	enum { UNKNOWN, LANDED, GIVEN_UP } * fate;
	const char *store;
	tg_store_id newest; /* the last landing with a batch of the store */
	struct tg_scanner *scanner;
	struct tg_arena arena;
};

static void findings_release(struct findings *f)
{
	tg_scanner_free(&f->scanner);
	tg_arena_release(&f->arena);
}

/* Whether a landing line names a batch of the store. */
static bool names_store(struct findings *f, struct tg_str text)
{
	struct tg_record rec = { 0 };
	const struct tg_span *list;

	tg_arena_reset(&f->arena);
	/* The scanner wants room behind a text. */
	if (tg_scan(f->scanner, tg_arena_copy(&f->arena, text), &rec) != TG_SCAN_OK)
		return false;
	list = tg_member_find(&rec, rec.span, TG_STR("batches"));
	if (!list || list->kind != TG_ARRAY)
		return false;
	for (uint32_t k = (uint32_t)(list - rec.span) + 1; k < list->next; k = rec.span[k].next) {
		const struct tg_span *store = tg_member_find(&rec, rec.span + k, TG_STR("store"));

		if (store && store->kind == TG_STRING &&
		    tg_text_eq(&rec, store, tg_str_of(f->store)))
			return true;
	}
	return false;
}

static enum tg_status look(void *arg, const struct tg_line *line, struct tg_error *err)
{
	struct findings *f = arg;

	(void)err;
	if (line->kind != TG_LINE_LANDING && line->kind != TG_LINE_GIVE_UP)
		return TG_OK;
	for (size_t i = 0; i < f->doubts; i++)
		if (tg_str_is(line->landing, f->doubt[i]))
			f->fate[i] = line->kind == TG_LINE_LANDING ? LANDED : GIVEN_UP;
	if (line->kind == TG_LINE_LANDING && line->landing.n <= TG_STORE_ID &&
	    names_store(f, line->text)) {
		memcpy(f->newest, line->landing.p, line->landing.n);
		f->newest[line->landing.n] = '\0';
	}
	return TG_OK;
}

static enum tg_status give_up(struct tg_manifest *m, const char *landing, struct tg_str run,
			      struct tg_time now, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

	tg_manifest_put_head(m, &line, "give-up");
	tg_json_put_member(&line, "landing", tg_str_of(landing));
	tg_buffer_puts(&line, ",\"time\":\"");
	tg_time_put(&line, now);
	tg_buffer_putc(&line, '"');
	tg_json_put_member(&line, "run", run);
	tg_buffer_puts(&line, "}\n");
	return tg_manifest_append(m, tg_buffer_str(&line), err);
}

/* Appends a line for each landing that has none; then all have one that counts, or somebody else appends too: *again. */
static enum tg_status decide(struct tg_manifest *m, struct findings *f, struct tg_str run,
			     struct tg_time now, bool *again, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	*again = false;
	for (size_t i = 0; !st && i < f->doubts; i++) {
		if (f->fate[i] != UNKNOWN)
			continue;
		st = tg_manifest_cut(m, err);
		if (!st)
			st = give_up(m, f->doubt[i], run, now, err);
		if (!st)
			f->fate[i] = GIVEN_UP;
	}
	*again = st == TG_TRY_AGAIN;
	return *again ? TG_OK : st;
}

static enum tg_status tell_store(struct tg_store *store, const struct findings *f,
				 struct tg_error *err)
{
	enum tg_status st = TG_OK;

	/* The newest last, for it stands in the store's head then. */
	for (int newest = 0; newest < 2; newest++)
		for (size_t i = 0; !st && i < f->doubts; i++)
			if ((strcmp(f->doubt[i], f->newest) == 0) == newest)
				st = tg_store_settle(store, f->doubt[i], f->fate[i] == LANDED, err);
	return st;
}

static bool is_known(const struct tg_store *store, const struct findings *f)
{
	if (!f->newest[0] || strcmp(f->newest, tg_store_head(store)->landing) == 0)
		return true;
	for (size_t i = 0; i < f->doubts; i++)
		if (strcmp(f->newest, f->doubt[i]) == 0)
			return true;
	return false;
}

/* Goes on behind the store's last landing, where the store has noted its place and it is still there. */
static void resume(struct tg_manifest *m, struct tg_str place)
{
	unsigned long long end, last;
	unsigned last_n;
	char tail[TG_SHA256_HEX + 1], text[160];

	if (place.n == 0 || place.n >= sizeof(text))
		return;
	memcpy(text, place.p, place.n);
	text[place.n] = '\0';
	if (sscanf(text, "%llu %llu %u %64[0-9a-f]", &end, &last, &last_n, tail) == 4 &&
	    strlen(tail) == TG_SHA256_HEX)
		(void)!tg_manifest_resume(m, end, last, last_n, tail);
}

static enum tg_status settle_once(struct tg_store *store, struct tg_zone *zone, struct tg_str run,
				  struct tg_time now, bool *again, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_manifest_release) struct tg_manifest m = TG_MANIFEST_INIT;
	TG_OWN(findings_release) struct findings f = { .store = tg_store_head(store)->id };
	tg_store_id *doubt = NULL;
	enum tg_status st = tg_store_doubts(store, &doubt, &f.doubts, &arena, err);

	*again = false;
	if (!st)
		st = tg_manifest_make(&m, zone, err);
	if (st)
		return st;
	f.doubt = (const tg_store_id *)doubt;
	f.fate = tg_arena_array(&arena, f.doubts, sizeof(*f.fate));
	f.scanner = tg_scanner_new();
	if (f.doubts) /* [o] what was read and not synced may vanish */
		st = tg_manifest_sync(&m, err);
	else
		resume(&m, tg_store_head(store)->place);
	if (!st)
		st = tg_manifest_walk(&m, look, &f, err);
	if (!st && !is_known(store, &f))
		st = tg_fail(err, TG_CONFIG,
			     "the key store %.*s does not know the landing %s, which holds keys of "
			     "it: a backup was restored, and records could land twice",
			     TG_STR_ARG(tg_store_url(store)), f.newest);
	if (!st && f.doubts)
		st = decide(&m, &f, run, now, again, err);
	return st || *again ? st : tell_store(store, &f, err);
}

enum tg_status tg_settle(struct tg_store *store, struct tg_zone *zone, struct tg_str run,
			 struct tg_time now, struct tg_error *err)
{
	const char *id = tg_store_head(store)->zone;
	bool again = true;
	enum tg_status st = TG_OK;

	/* Another zone's manifest knows nothing of these landings, and would have them given up. */
	if (id[0] && strcmp(id, zone->id) != 0)
		return tg_fail(
			err, TG_CONFIG,
			"the key store %.*s serves another zone (id %s): a store serves one zone",
			TG_STR_ARG(tg_store_url(store)), id);
	for (int round = 0; !st && again && round < ROUNDS; round++)
		st = settle_once(store, zone, run, now, &again, err);
	if (!st && again)
		return tg_fail(
			err, TG_TRY_AGAIN,
			"another process writes to %s at the same time: the zone's lock does "
			"not hold",
			zone->manifest);
	return st;
}

enum tg_status tg_settle_if_free(struct tg_store *store, struct tg_str run, struct tg_time now,
				 struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_zone_release) struct tg_zone zone = TG_ZONE_INIT;
	const struct tg_store_head *head = tg_store_head(store);
	struct tg_error ignored = TG_ERROR_INIT;
	tg_store_id *doubt;
	struct tg_str path;
	size_t doubts;
	enum tg_status st = tg_store_doubts(store, &doubt, &doubts, &arena, err);

	if (st || !doubts || !head->zone_path.n)
		return st;
	path = tg_arena_copy(&arena, head->zone_path);
	/* [d] an empty directory, where nothing is mounted, is no manifest; nor is another zone's the store's */
	if (tg_zone_find(&zone, path.p, &arena, &ignored) || zone.directory < 0 ||
	    strcmp(zone.id, head->zone) != 0 || tg_zone_lock(&zone, 0, &ignored))
		return TG_OK;
	st = tg_settle(store, &zone, run, now, err);
	tg_zone_unlock(&zone);
	return st;
}

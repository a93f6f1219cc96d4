#include "common/state/keeper.h"

#include "common/digest/digest.h"
#include "common/digest/siphash.h"
#include "common/json/text.h"

struct tg_keeper {
	struct tg_keeper_wish wish;
	struct tg_store *store; /* NULL: nothing lasts */
	struct tg_view *view;	/* NULL: nothing had landed */
	struct tg_table *table;
	bool loaded;	/* the table knows all that the view knows */
	int64_t latest; /* among what had landed */
	int64_t newest; /* among what this run passed on */
	uint64_t snapshot;
	unsigned char secret[TG_STORE_SECRET];
};

enum tg_status tg_keeper_open(struct tg_keeper **keeper, const struct tg_keeper_wish *wish,
			      struct tg_error *err)
{
	TG_OWN(tg_keeper_free) struct tg_keeper *k = tg_alloc(sizeof(*k));
	struct tg_store_wish store = { .make = true, .timed = wish->timed, .window = wish->window };
	enum tg_status st;

	k->wish = *wish;
	k->latest = k->newest = INT64_MIN;
	if (!wish->url.p || tg_store_is_memory(wish->url)) {
		tg_random(k->secret, sizeof(k->secret));
	} else {
		st = tg_store_open(&k->store, wish->url, &store, err);
		if (st)
			return st;
		memcpy(k->secret, tg_store_head(k->store)->secret, sizeof(k->secret));
		if (wish->timed && !tg_store_head(k->store)->timed)
			return tg_fail(err, TG_CONFIG,
				       "the key store %.*s was made without times, so it cannot "
				       "tell which record is newer; a new one can",
				       TG_STR_ARG(tg_store_url(k->store)));
	}
	k->table = tg_table_new(k->store ? tg_store_head(k->store)->timed : wish->timed);
	*keeper = TG_TAKE(k);
	return TG_OK;
}

void tg_keeper_free(struct tg_keeper **keeper)
{
	struct tg_keeper *k = TG_TAKE(*keeper);

	if (!k)
		return;
	tg_table_free(&k->table);
	tg_view_free(&k->view);
	tg_store_close(&k->store);
	explicit_bzero(k->secret, sizeof(k->secret));
	tg_free(k);
}

struct tg_store *tg_keeper_store(struct tg_keeper *k)
{
	return k->store;
}

const unsigned char *tg_keeper_secret(const struct tg_keeper *k)
{
	return k->secret;
}

/* No canonical form of a JSON value begins with NUL, so no record's key has this text; and no two pairs of texts have the same. */
void tg_keeper_replay_id(const struct tg_keeper *k, struct tg_str scope, struct tg_str id,
			 int64_t time, struct tg_key_entry *e)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_siphash_key key = tg_siphash_key_of(k->secret);

	tg_buffer_putc(&b, '\0');
	tg_buffer_put_u64(&b, scope.n);
	tg_buffer_putc(&b, ':');
	tg_buffer_put_str(&b, scope);
	tg_buffer_put_str(&b, id);
	*e = (struct tg_key_entry){ .time = time };
	tg_siphash(&key, b.p, b.n, e->key);
}

/* Behind the NUL a letter, where the text of a replay id has a digit. */
void tg_keeper_name_key(const struct tg_keeper *k, const struct tg_str *part, size_t parts,
			struct tg_key_entry *e)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_siphash_key key = tg_siphash_key_of(k->secret);

	tg_buffer_put(&b, "\0n", 2);
	for (size_t i = 0; i < parts; i++) {
		tg_buffer_put_u64(&b, part[i].n);
		tg_buffer_putc(&b, ':');
		tg_buffer_put_str(&b, part[i]);
	}
	*e = (struct tg_key_entry){ .time = 0 };
	tg_siphash(&key, b.p, b.n, e->key);
}

void tg_keeper_content(const struct tg_keeper *k, struct tg_str text, struct tg_key_entry *e)
{
	struct tg_siphash_key key = tg_siphash_key_of(k->secret + TG_SIPHASH_KEY);
	unsigned char digest[TG_SIPHASH_SIZE];

	tg_siphash(&key, text.p, text.n, digest);
	memcpy(e->content, digest, sizeof(e->content));
}

enum tg_status tg_keeper_begin(struct tg_keeper *k, struct tg_error *err)
{
	struct tg_view_wish wish = { .window = k->wish.window,
				     .by_time = k->wish.by_time,
				     .now = k->wish.now };
	enum tg_status st;

	if (!k->store)
		return TG_OK;
	st = tg_store_keep(k->store, k->wish.window, err);
	if (!st)
		st = tg_store_sweep(k->store, k->wish.now, err);
	if (st && st != TG_TRY_AGAIN) /* housekeeping can wait while another writes */
		return st;
	st = tg_view_open(&k->view, k->store, &wish, err);
	if (!st) {
		k->latest = tg_view_latest(k->view);
		k->snapshot = tg_view_snapshot(k->view);
		if (tg_view_keys(k->view) == 0)
			tg_view_free(&k->view);
	}
	return st;
}

int64_t tg_keeper_latest(const struct tg_keeper *k)
{
	return k->latest;
}

void tg_keeper_prefetch(const struct tg_keeper *k, const unsigned char key[TG_KEY_SIZE], bool again)
{
	tg_table_prefetch(k->table, key, again);
	if (again && k->view)
		tg_view_prefetch(k->view, key);
}

enum tg_status tg_keeper_find(struct tg_keeper *k, struct tg_key_entry *e, bool *known, bool *own,
			      struct tg_error *err)
{
	struct tg_seen seen;
	enum tg_status st;

	*own = false;
	*known = tg_table_find(k->table, e, own);
	if (*known || !k->view || k->loaded)
		return TG_OK;
	seen.entry = *e;
	st = tg_view_load(k->view, k->table, &k->loaded, err);
	if (!st && k->loaded) {
		*known = tg_table_find(k->table, e, own);
		return TG_OK;
	}
	if (!st)
		st = tg_view_find(k->view, &seen, known, err);
	if (!st && *known)
		*e = seen.entry;
	return st;
}

void tg_keeper_keep(struct tg_keeper *k, const struct tg_key_entry *e)
{
	tg_table_put(k->table, e, true);
	if (e->time > k->newest)
		k->newest = e->time;
}

enum tg_status tg_keeper_where(struct tg_keeper *k, const unsigned char key[TG_KEY_SIZE],
			       const struct tg_batch **batch, struct tg_error *err)
{
	struct tg_seen seen;
	bool found = false;
	enum tg_status st = TG_OK;

	*batch = NULL;
	memcpy(seen.entry.key, key, TG_KEY_SIZE);
	if (k->view)
		st = tg_view_find(k->view, &seen, &found, err);
	if (!st && found)
		*batch = seen.batch;
	return st;
}

enum tg_status tg_keeper_save(struct tg_keeper *k, struct tg_batch *b, struct tg_error *err)
{
	*b = (struct tg_batch){ .time = k->wish.now, .snapshot = k->snapshot, .latest = k->newest };
	if (!k->store || tg_table_own(k->table) == 0)
		return TG_OK;
	tg_store_draw_id(b->id);
	tg_owner_here(&b->owner, k->wish.to_file);
	return tg_batch_save(k->store, b, k->table, err);
}

enum tg_status tg_keeper_finish(struct tg_keeper *k, struct tg_batch *b, struct tg_buffer *meta,
				struct tg_error *err)
{
	static const char *const kind[] = { "keys", "replay", "names" };
	enum tg_status st = tg_keeper_save(k, b, err);

	if (st || !b->keys)
		return st;
	tg_buffer_putc(meta, '{');
	tg_json_put_member(meta, "id", tg_str_of(b->id));
	tg_json_put_member(meta, "store", tg_store_url(k->store));
	tg_json_put_member_u64(meta, "keys", b->keys);
	tg_json_put_member(meta, "kind", tg_str_of(kind[k->wish.kind]));
	tg_buffer_putc(meta, '}');
	return TG_OK;
}

uint64_t tg_keeper_memory(const struct tg_keeper *k)
{
	return tg_table_bytes(k->table);
}

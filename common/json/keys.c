#include "common/json/keys.h"

#include "common/base/memory.h"
#include "common/json/text.h"

#include <unistd.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

enum {
	SLOTS_FIRST = 256,
	SECRETS_MAX = 64, /* that are tried */
};

const uint64_t tg_keys_low[9] = {
	0,	    0xff,	  0xffff,	  0xffffff,
	0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
	UINT64_MAX,
};

/* A sandbox may forbid the call; but the kernel gives every process 16 random bytes at its start, too. */
static void draw(uint64_t *secret, size_t n)
{
	if (getentropy(secret, n * sizeof(*secret)) == 0)
		return;
#ifdef __linux__
	const char *given = (const char *)getauxval(AT_RANDOM);

	TG_BUG_IF(!given);
	for (size_t i = 0; i < n; i++)
		secret[i] = tg_keys_mix(tg_load64(given) ^ (uint64_t)(i << 32),
					tg_load64(given + 8) | 1);
#else
	TG_BUG_IF("no random bytes");
#endif
}

static void draw_secret(struct tg_keys *keys)
{
	draw(keys->secret, TG_COUNT(keys->secret));
	keys->secret[3] |= 1;
	keys->secrets++;
}

void tg_keys_init(struct tg_keys *keys)
{
	/* Pages that are not touched cost nothing, so the stack is made for the worst at once. Zeroing would touch those that were
	 * another's before, and a fault is 2 us. */
	keys->few = tg_resize_array(NULL, (size_t)TG_DEPTH_MAX * TG_KEYS_FEW, sizeof(*keys->few));
	draw_secret(keys);
	keys->least = UINT32_MAX;
}

void tg_keys_change_secret(struct tg_keys *keys)
{
	if (keys->met < keys->least) {
		keys->least = keys->met;
		memcpy(keys->best, keys->secret, sizeof(keys->best));
	}
	keys->met = 0;
	if (keys->secrets < SECRETS_MAX) {
		draw_secret(keys);
	} else if (keys->secrets == SECRETS_MAX) {
		memcpy(keys->secret, keys->best, sizeof(keys->best));
		keys->secrets++;
	}
}

void tg_keys_release(struct tg_keys *keys)
{
	tg_free(keys->few);
	tg_free(keys->many);
	tg_free(keys->slot);
	tg_buffer_release(&keys->text);
}

uint64_t tg_keys_hash_escaped(struct tg_keys *keys, const struct tg_record *rec,
			      const struct tg_span *key)
{
	tg_buffer_clear(&keys->text);
	tg_text_decode(&keys->text, rec, key);
	tg_buffer_room(&keys->text, 16);
	return tg_keys_hash(keys, keys->text.p, keys->text.n);
}

static bool same_name(struct tg_keys *keys, const struct tg_record *rec, uint32_t x, uint32_t y)
{
	const struct tg_span *a = rec->span + x, *b = rec->span + y;

	if (!((a->flags | b->flags) & TG_SPAN_ESCAPED))
		return tg_str_eq(tg_span_text(rec, a), tg_span_text(rec, b));
	tg_buffer_clear(&keys->text);
	tg_text_decode(&keys->text, rec, a);
	return tg_text_eq(rec, b, tg_buffer_str(&keys->text));
}

/* Where a search for the key begins. The same name stands in many objects, so the object takes part, and a secret again. */
static uint32_t start(const struct tg_keys *keys, struct tg_many_key key)
{
	uint64_t both = (uint64_t)key.object << 32 | key.hash;

	return (uint32_t)tg_keys_mix(both ^ keys->secret[1], keys->secret[3]) & (keys->slots - 1);
}

static void place(struct tg_keys *keys, uint32_t index)
{
	uint32_t i = start(keys, keys->many[index]);

	while (keys->slot[i])
		i = (i + 1) & (keys->slots - 1);
	keys->slot[i] = index + 1;
}

/* Twice the slots, or the first ones of this text: they stay few for it, however many an earlier text had. */
static void more_slots(struct tg_keys *keys)
{
	keys->slots = keys->slots ? keys->slots * 2 : SLOTS_FIRST;
	if (keys->slots > keys->slot_room) {
		keys->slot = tg_resize_array(keys->slot, keys->slots, sizeof(*keys->slot));
		keys->slot_room = keys->slots;
	}
	memset(keys->slot, 0, (size_t)keys->slots * sizeof(*keys->slot));
	for (uint32_t i = 0; i < keys->many_n; i++)
		place(keys, i);
}

static void append(struct tg_keys *keys, struct tg_many_key key)
{
	if (keys->many_n == keys->many_room) {
		keys->many_room = keys->many_room ? keys->many_room * 2 : SLOTS_FIRST;
		keys->many = tg_resize_array(keys->many, keys->many_room, sizeof(*keys->many));
	}
	keys->many[keys->many_n++] = key;
	if (keys->many_n > keys->slots / 2)
		more_slots(keys);
	else
		place(keys, keys->many_n - 1);
}

static bool add_to_many(struct tg_keys *keys, struct tg_many_key key, const struct tg_record *rec)
{
	for (uint32_t i = start(keys, key); keys->slot[i]; i = (i + 1) & (keys->slots - 1)) {
		const struct tg_many_key *other = keys->many + keys->slot[i] - 1;

		if (other->hash == key.hash && other->object == key.object &&
		    same_name(keys, rec, other->span, key.span))
			return false;
	}
	append(keys, key);
	return true;
}

bool tg_keys_add(struct tg_keys *keys, struct tg_key_set *set, uint64_t hash, uint32_t span,
		 const struct tg_record *rec)
{
	struct tg_many_key key = { (uint32_t)hash, span, set->object };

	if (set->first == set->most)
		return add_to_many(keys, key, rec);
	for (const tg_key *few = set->first; few < set->end; few++) {
		if ((uint32_t)*few == key.hash &&
		    same_name(keys, rec, (uint32_t)(*few >> 32), span))
			return false;
	}
	if (set->seen & tg_keys_bit(hash))
		keys->met++;
	set->seen |= tg_keys_bit(hash);
	if (set->end < set->most) {
		*set->end++ = (tg_key)span << 32 | key.hash;
		return true;
	}
	for (const tg_key *few = set->first; few < set->end; few++)
		append(keys,
		       (struct tg_many_key){ (uint32_t)*few, (uint32_t)(*few >> 32), set->object });
	append(keys, key);
	set->end = set->most = set->first;
	return true;
}

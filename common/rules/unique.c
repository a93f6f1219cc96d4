#include "common/rules/unique.h"

#include "common/digest/digest.h"
#include "common/digest/siphash.h"
#include "common/json/canon.h"
#include "common/rules/read.h"
#include "common/state/table.h"

enum {
	KEYS_MAX = 16,	   /* of one contract */
	FILES_MAX = 65535, /* whose names are kept; more are "another file" */
	LINE_BITS = 48,
};

struct key {
	const struct tg_span *span; /* of the contract */
	struct tg_path *part;
	size_t parts;
};

struct tg_unique {
	const struct tg_contract *contract;
	struct key *key;
	size_t keys;
	struct tg_siphash_key secret;
	struct tg_table *table;
	struct tg_buffer text; /* of a key */
	struct tg_arena scratch, names;
	struct tg_str
		*file; /* of which records were; number 0 is none, and what is beyond the last */
	size_t files, file_room;
	size_t last; /* the file of the record before */
};

static enum tg_status open_key(const struct tg_reader *c, struct key *key, const struct tg_span *v)
{
	key->span = v;
	return tg_read_paths(c, &key->part, &key->parts, v, false);
}

enum tg_status tg_unique_open(struct tg_unique **unique, const struct tg_contract *contract,
			      struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_reader c = { contract, &contract->document, arena, err };
	const struct tg_span *list = tg_member_find(c.doc, c.doc->span, TG_STR("x-unique"));
	unsigned char secret[TG_SIPHASH_KEY];
	struct tg_unique *u;
	enum tg_status st = TG_OK;
	size_t n;

	*unique = NULL;
	if (!list)
		return TG_OK;
	n = tg_read_count(&c, list);
	if (list->kind != TG_ARRAY || n == 0)
		return TG_READ_FAULT(&c, list,
				     "must be a list of keys, such as [[\"/invoice\", \"/line\"]]");
	if (n > KEYS_MAX)
		return TG_READ_FAULT(&c, list, "has %zu keys, and at most %d can be kept", n,
				     KEYS_MAX);
	*unique = u = tg_arena_take(arena, sizeof(*u));
	u->contract = contract;
	u->key = tg_arena_array(arena, n, sizeof(*u->key));
	for (size_t k = tg_read_index(&c, list) + 1; !st && k < list->next; k = c.doc->span[k].next)
		st = open_key(&c, u->key + u->keys++, c.doc->span + k);
	if (st)
		return st;
	tg_random(secret, sizeof(secret));
	u->secret = tg_siphash_key_of(secret);
	u->table = tg_table_new(false);
	return TG_OK;
}

/* The number of the file that a record is of, kept by its name. Records of one file mostly come together. */
static size_t number_of(struct tg_unique *u, struct tg_str file)
{
	if (!file.p)
		return 0;
	if (u->last && tg_str_eq(u->file[u->last - 1], file))
		return u->last;
	for (u->last = u->files; u->last; u->last--)
		if (tg_str_eq(u->file[u->last - 1], file))
			return u->last;
	if (u->files == FILES_MAX)
		return 0;
	if (u->files == u->file_room) {
		u->file_room = u->file_room ? 2 * u->file_room : 16;
		u->file = tg_resize_array(u->file, u->file_room, sizeof(*u->file));
	}
	u->file[u->files++] = tg_arena_copy(&u->names, file);
	return u->last = u->files;
}

static void put_place(struct tg_unique *u, struct tg_key_entry *e, const struct tg_place *at)
{
	uint64_t most = (UINT64_C(1) << LINE_BITS) - 1, line = at->line < most ? at->line : most;
	uint64_t place = (uint64_t)number_of(u, at->file) << LINE_BITS | line;

	_Static_assert(sizeof(place) == TG_CONTENT_SIZE, "a place is what an entry has room for");
	memcpy(e->content, &place, sizeof(place));
}

/* False: a part is absent or null, so there is no key. */
static bool digest(struct tg_unique *u, size_t i, const struct tg_record *rec,
		   unsigned char out[TG_KEY_SIZE])
{
	const struct key *key = u->key + i;

	_Static_assert(TG_KEY_SIZE == (int)TG_SIPHASH_SIZE, "a digest is a key");
	u->text.n = 0;
	tg_buffer_putc(&u->text, (char)i);
	for (size_t k = 0; k < key->parts; k++) {
		const struct tg_span *v = tg_pointer_find(&key->part[k].leg[0], rec);

		if (!v || v->kind == TG_NULL)
			return false;
		tg_canon_put(&u->text, rec, v, &u->scratch);
		tg_buffer_putc(&u->text, ','); /* canonical texts cannot run into each other */
	}
	tg_siphash(&u->secret, u->text.p, u->text.n, out);
	return true;
}

/* "line 3", "line 3 of customers.csv" */
static void put_first(struct tg_buffer *out, const struct tg_unique *u,
		      const struct tg_key_entry *first, const struct tg_record *rec)
{
	uint64_t place, line;
	size_t file;

	memcpy(&place, first->content, sizeof(place));
	file = (size_t)(place >> LINE_BITS);
	line = place & ((UINT64_C(1) << LINE_BITS) - 1);
	if (!line) {
		tg_buffer_puts(out, "a record before");
		return;
	}
	tg_buffer_puts(out, "line ");
	tg_buffer_put_u64(out, line);
	if (file && !tg_str_eq(u->file[file - 1], rec->at.file)) {
		tg_buffer_puts(out, " of ");
		tg_buffer_put_str(out, u->file[file - 1]);
	} else if (!file && rec->at.file.p) {
		tg_buffer_puts(out, " of another file");
	}
}

TG_COLD static void fault(const struct tg_unique *u, const struct key *key,
			  const struct tg_key_entry *first, const struct tg_record *rec,
			  struct tg_work *w)
{
	TG_OWN(tg_buffer_release)
	struct tg_buffer text = TG_BUFFER_INIT, schema = TG_BUFFER_INIT, names = TG_BUFFER_INIT;

	for (size_t i = 0; key->parts > 1 && i < key->parts; i++) {
		tg_buffer_puts(&names, i == 0 ? "" : i + 1 < key->parts ? ", " : " and ");
		tg_buffer_put_str(&names, key->part[i].text);
	}
	if (names.n)
		tg_buffer_printf(&text, "%.*s together must be unique, and are those of ",
				 TG_STR_ARG(tg_buffer_str(&names)));
	else
		tg_buffer_puts(&text, "must be unique, and is that of ");
	put_first(&text, u, first, rec);
	tg_contract_put_pointer(&schema, u->contract, key->span);
	tg_fault_add(w, &(struct tg_fault){
				.pointer = names.n ? TG_STR("") : key->part[0].text,
				.keyword = TG_STR("x-unique"),
				.message = tg_buffer_str(&text),
				.schema = tg_buffer_str(&schema),
			});
}

enum tg_verdict tg_unique_check(struct tg_unique *u, const struct tg_record *rec, struct tg_work *w)
{
	struct tg_key_entry entry[KEYS_MAX];
	size_t n = 0;
	bool again = false;

	for (size_t i = 0; i < u->keys; i++) {
		struct tg_key_entry *e = entry + n;
		bool own;

		if (!digest(u, i, rec, e->key))
			continue;
		n++;
		if (!tg_table_find(u->table, e, &own))
			continue;
		again = true;
		fault(u, u->key + i, e, rec, w);
	}
	if (again)
		return tg_reject_faults(w, "unique");
	for (size_t i = 0; i < n; i++) {
		entry[i].time = 0;
		put_place(u, entry + i, &rec->at);
		tg_table_put(u->table, entry + i, true);
	}
	return TG_PASS;
}

void tg_unique_release(struct tg_unique **unique)
{
	struct tg_unique *u = *unique;

	if (!u)
		return;
	tg_table_free(&u->table);
	tg_buffer_release(&u->text);
	tg_arena_release(&u->scratch);
	tg_arena_release(&u->names);
	tg_free(u->file);
	*unique = NULL;
}

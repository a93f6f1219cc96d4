#include "common/key/identity.h"

#include "common/base/normal.h"
#include "common/json/canon.h"
#include "common/json/number.h"
#include "common/json/text.h"
#include "common/key/whole.h"

struct part {
	struct tg_str text; /* of the pointer */
	struct tg_pointer pointer;
	struct tg_str name; /* of the member, where the pointer has one plain step; none: else */
	unsigned how;	    /* TG_NORMAL_* */
	uint32_t guess;	    /* where in the last record the value stood */
};

struct tg_record_identity {
	struct part *part;
	size_t parts;
	struct part time; /* text.p NULL: none */
	struct tg_siphash_key key, content;
	struct tg_whole whole;
	struct tg_buffer form, plain; /* form: of the records at hand, one behind the other */
	struct tg_arena scratch;
};

static unsigned word_of(struct tg_str word)
{
	return tg_str_is(word, "trim")	 ? TG_NORMAL_TRIM
	       : tg_str_is(word, "nfc")	 ? TG_NORMAL_NFC
	       : tg_str_is(word, "fold") ? TG_NORMAL_FOLD
					 : 0;
}

/* x-normalize of the property that the pointer leads to, through "properties". */
static unsigned normal_of(const struct tg_contract *c, const struct tg_pointer *p)
{
	const struct tg_record *doc = &c->document;
	const struct tg_span *schema = NULL, *value;
	unsigned how = 0;

	for (size_t i = 0; i < p->steps; i++) {
		if (i == 0) {
			struct tg_property property;

			tg_contract_property(c, p->step[0], &property);
			schema = property.schema;
		} else {
			const struct tg_span *properties =
				schema ? tg_member_find(doc, schema, TG_STR("properties")) : NULL;

			schema = properties ? tg_member_find(doc, properties, p->step[i]) : NULL;
		}
	}
	value = schema ? tg_member_find(doc, schema, TG_STR("x-normalize")) : NULL;
	if (!value)
		return 0;
	if (value->kind == TG_STRING)
		return word_of(tg_span_text(doc, value));
	for (uint32_t k = (uint32_t)(value - doc->span) + 1; k < value->next; k = doc->span[k].next)
		how |= word_of(tg_span_text(doc, doc->span + k));
	return how;
}

static enum tg_status compile(struct part *part, struct tg_str text, enum tg_status blame,
			      const char *what, struct tg_arena *arena, struct tg_error *err)
{
	part->text = tg_arena_copy(arena, text);
	if (tg_pointer_compile(&part->pointer, part->text, arena, err)) {
		err->status = blame;
		return tg_within(err, "%s", what);
	}
	if (part->pointer.steps == 1)
		part->name = part->pointer.step[0];
	return TG_OK;
}

/* The contract's x-key: one pointer, or a list. */
static enum tg_status take_contract_key(struct tg_record_identity *id, const struct tg_contract *c,
					struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_record *doc = &c->document;
	const struct tg_span *key = tg_member_find(doc, doc->span, TG_STR("x-key"));
	size_t n = 0;

	if (!key)
		return TG_OK;
	if (key->kind == TG_STRING) {
		id->part = tg_arena_array(arena, 1, sizeof(*id->part));
		id->parts = 1;
		return compile(id->part, tg_text_get(arena, doc, key), TG_CONFIG, "x-key", arena,
			       err);
	}
	for (uint32_t k = (uint32_t)(key - doc->span) + 1; k < key->next; k = doc->span[k].next)
		n++;
	id->part = tg_arena_array(arena, n, sizeof(*id->part));
	for (uint32_t k = (uint32_t)(key - doc->span) + 1; k < key->next; k = doc->span[k].next) {
		enum tg_status st =
			compile(id->part + id->parts++, tg_text_get(arena, doc, doc->span + k),
				TG_CONFIG, "x-key", arena, err);

		if (st)
			return st;
	}
	return TG_OK;
}

static enum tg_status take_time(struct tg_record_identity *id, const struct tg_identity_wish *wish,
				struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_record *doc = wish->contract ? &wish->contract->document : NULL;
	const struct tg_span *time = NULL;

	if (!wish->timed)
		return TG_OK;
	if (wish->time.p)
		return compile(&id->time, wish->time, TG_USAGE, "--time", arena, err);
	if (doc)
		time = tg_member_find(doc, doc->span, TG_STR("x-time"));
	if (!time)
		return tg_fail(err, TG_USAGE,
			       "no --time, and no contract (x-time) says where a record's time is");
	return compile(&id->time, tg_text_get(arena, doc, time), TG_CONFIG, "x-time", arena, err);
}

enum tg_status tg_record_identity_open(struct tg_record_identity **out,
				       const struct tg_identity_wish *wish, struct tg_arena *arena,
				       struct tg_error *err)
{
	struct tg_record_identity *id = tg_arena_take(arena, sizeof(*id));
	unsigned how = 0;
	enum tg_status st = TG_OK;

	id->part = tg_arena_array(arena, wish->pointers, sizeof(*id->part));
	for (size_t i = 0; !st && i < wish->pointers; i++)
		st = compile(id->part + i, wish->pointer[i], TG_USAGE, "--key", arena, err);
	id->parts = wish->pointers;
	if (!st && !wish->pointers && wish->contract)
		st = take_contract_key(id, wish->contract, arena, err);
	for (size_t i = 0; !st && wish->contract && i < id->parts; i++) {
		id->part[i].how = normal_of(wish->contract, &id->part[i].pointer);
		how |= id->part[i].how;
	}
	if (!st)
		st = tg_normal_prepare(how, "the contract's x-normalize asks for nfc or fold", err);
	if (!st)
		st = take_time(id, wish, arena, err);
	if (!st)
		*out = id;
	return st;
}

struct tg_record_identity *tg_record_identity_copy(const struct tg_record_identity *id,
						   struct tg_arena *arena)
{
	struct tg_record_identity *copy = tg_arena_take(arena, sizeof(*copy));

	copy->part = tg_arena_array(arena, id->parts, sizeof(*copy->part));
	if (id->parts)
		memcpy(copy->part, id->part, id->parts * sizeof(*copy->part));
	copy->parts = id->parts;
	copy->time = id->time;
	copy->key = id->key;
	copy->content = id->content;
	return copy;
}

void tg_record_identity_release(struct tg_record_identity *id)
{
	if (!id)
		return;
	tg_whole_release(&id->whole);
	tg_buffer_release(&id->form);
	tg_buffer_release(&id->plain);
	tg_arena_release(&id->scratch);
	explicit_bzero(&id->key, sizeof(id->key));
	explicit_bzero(&id->content, sizeof(id->content));
}

void tg_record_identity_secret(struct tg_record_identity *id,
			       const unsigned char secret[2 * TG_SIPHASH_KEY])
{
	id->key = tg_siphash_key_of(secret);
	id->content = tg_siphash_key_of(secret + TG_SIPHASH_KEY);
}

bool tg_record_identity_is_whole(const struct tg_record_identity *id)
{
	return id->parts == 0;
}

enum { NEAR = 128 }; /* spans that are walked over for a guess */

/* Records of one file have a member mostly in the same place: looked at first. */
static const struct tg_span *find(struct part *part, const struct tg_record *rec)
{
	const struct tg_span *span = rec->span, *v;
	uint32_t k = part->guess, at = 1;

	if (k && k < span->next && span->kind == TG_OBJECT && span[k].kind == TG_STRING &&
	    !span[k].flags && tg_str_eq(tg_span_text(rec, span + k), part->name)) {
		while (at <
		       k) /* whether it is a name of the whole's, not a text or another object's name */
			at = span[at + 1].next;
		if (at == k)
			return span + k + 1;
	}
	v = tg_pointer_find(&part->pointer, rec);
	k = v && part->name.p ? (uint32_t)(v - span) - 1 : 0;
	part->guess = k < NEAR ? k : 0;
	return v;
}

static void put_value(struct tg_record_identity *id, const struct part *part,
		      const struct tg_record *rec, const struct tg_span *v)
{
	if (v->kind == TG_STRING && part->how) {
		id->plain.n = 0;
		tg_arena_reset(&id->scratch);
		tg_normal_put(&id->plain, tg_text_get(&id->scratch, rec, v), part->how);
		tg_json_put_string(&id->form, tg_buffer_str(&id->plain));
	} else if (v->kind == TG_STRING && !(v->flags & TG_SPAN_ESCAPED)) {
		tg_buffer_put_str(&id->form, tg_span_raw(rec, v));
	} else if (v->kind == TG_NUMBER) {
		tg_number_put_canonical(&id->form, tg_span_text(rec, v));
	} else {
		tg_canon_put(&id->form, rec, v, &id->scratch);
	}
}

/* Appends the form of the key. False: a value is not there. */
static bool put_key(struct tg_record_identity *id, const struct tg_record *rec,
		    struct tg_identity_fault *fault)
{
	for (size_t i = 0; i < id->parts; i++) {
		struct part *part = id->part + i;
		const struct tg_span *v = find(part, rec);

		if (TG_UNLIKELY(!v)) {
			*fault = (struct tg_identity_fault){ "missing-key", part->text,
							     "is required: it is of the key" };
			return false;
		}
		tg_buffer_putc(&id->form, i ? ',' : '[');
		put_value(id, part, rec, v);
	}
	tg_buffer_putc(&id->form, ']');
	return true;
}

static bool read_time(struct tg_record_identity *id, const struct tg_record *rec, int64_t *time,
		      struct tg_identity_fault *fault)
{
	const struct tg_span *v = find(&id->time, rec);
	struct tg_time t;
	int64_t micros;

	if (v && (v->kind == TG_STRING || v->kind == TG_NUMBER)) {
		tg_arena_reset(&id->scratch);
		if (tg_time_read(v->kind == TG_STRING ? tg_text_get(&id->scratch, rec, v)
						      : tg_span_text(rec, v),
				 &t) &&
		    !__builtin_mul_overflow(t.seconds, INT64_C(1000000), &micros) &&
		    !__builtin_add_overflow(micros, (int64_t)t.micros, time))
			return true;
	}
	*fault = (struct tg_identity_fault){
		"no-time", id->time.text,
		v ? "is no time, as 2025-11-05T06:00:00Z, a day, or seconds since 1970"
		  : "is required: the record's time"
	};
	return false;
}

/* Forms in id->form, which may move until all are there, and whose they are. */
struct forms {
	size_t end[TG_IDENTITIES];
	struct tg_keyed *of[TG_IDENTITIES];
	size_t n;
};

/* What was appended last is the form of this one. */
static void add(struct forms *f, const struct tg_record_identity *id, struct tg_keyed *of)
{
	f->end[f->n] = id->form.n;
	f->of[f->n++] = of;
}

static void digest(const struct tg_record_identity *id, const struct forms *f,
		   const struct tg_siphash_key *key, unsigned char (*out)[TG_SIPHASH_SIZE])
{
	struct tg_str text[TG_IDENTITIES];

	for (size_t i = 0, from = 0; i < f->n; from = f->end[i++])
		text[i] = tg_str_from(id->form.p + from, f->end[i] - from);
	if (f->n)
		tg_siphash_each(key, text, f->n, out);
}

void tg_record_keys(struct tg_record_identity *id, const struct tg_record *rec, size_t n,
		    struct tg_keyed *out)
{
	unsigned char digests[TG_IDENTITIES][TG_SIPHASH_SIZE];
	struct forms f = { .n = 0 };

	TG_BUG_IF(n > TG_IDENTITIES);
	id->form.n = 0;
	for (size_t i = 0; i < n; i++) {
		size_t before = id->form.n;

		out[i] = (struct tg_keyed){ .fault = { .code = NULL } };
		if (!id->parts)
			tg_whole_put(&id->whole, &id->form, rec + i);
		if ((id->parts && !put_key(id, rec + i, &out[i].fault)) ||
		    (id->time.text.p && !read_time(id, rec + i, &out[i].entry.time, &out[i].fault)))
			id->form.n = before;
		else
			add(&f, id, out + i);
	}
	digest(id, &f, &id->key, digests);
	for (size_t i = 0; i < f.n; i++)
		memcpy(f.of[i]->entry.key, digests[i], TG_KEY_SIZE);
}

void tg_record_contents(struct tg_record_identity *id, const struct tg_record *rec, size_t n,
			struct tg_keyed *out)
{
	unsigned char digests[TG_IDENTITIES][TG_SIPHASH_SIZE];
	struct forms f = { .n = 0 };

	TG_BUG_IF(n > TG_IDENTITIES);
	if (!id->parts)
		return; /* the key says it all */
	id->form.n = 0;
	for (size_t i = 0; i < n; i++) {
		if (out[i].fault.code)
			continue;
		tg_whole_put(&id->whole, &id->form, rec + i);
		add(&f, id, out + i);
	}
	digest(id, &f, &id->content, digests);
	for (size_t i = 0; i < f.n; i++)
		memcpy(f.of[i]->entry.content, digests[i], TG_CONTENT_SIZE);
}

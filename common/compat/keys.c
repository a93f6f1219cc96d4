#include "common/compat/keys.h"

#include "common/base/utf8.h"
#include "common/json/canon.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

enum { CHANGES_MAX = 100, VALUE_MAX = 60 };

enum effect {
	BREAKS, /* a change breaks both ways */
	LIMITS, /* a limit on inputs: more of it narrows, less widens */
	RULES,	/* a limit on records, of which no witness is known */
	CLASS,	/* lowered, it needs a person */
};

static const struct {
	struct tg_str key;
	enum effect effect;
	bool top; /* only the whole has it */
	const char *says, *advice;
} row[] = {
	// clang-format off
	{ { "x-key", 5 }, BREAKS, true, "records that were landed do not meet the same records again",
		"land it as another entity, or start a new store of keys" },
	{ { "x-normalize", 11 }, BREAKS, false, "keys are compared otherwise than those that were seen",
		"land it as another entity, or start a new store of keys" },
	{ { "x-csv", 5 }, BREAKS, true, "files of the one version are read otherwise by the other",
		"keep both versions, each for its files, until the partner has changed over" },
	{ { "x-fixed", 7 }, BREAKS, true, "files of the one version are read otherwise by the other",
		"keep both versions, each for its files, until the partner has changed over" },
	{ { "x-date", 6 }, BREAKS, false, "files of the one version are read otherwise by the other",
		"keep both versions, each for its files, until the partner has changed over" },
	{ { "x-number", 8 }, BREAKS, false, "files of the one version are read otherwise by the other",
		"keep both versions, each for its files, until the partner has changed over" },
	{ { "x-boolean", 9 }, BREAKS, false, "files of the one version are read otherwise by the other",
		"keep both versions, each for its files, until the partner has changed over" },
	{ { "x-nulls", 7 }, BREAKS, false, "files of the one version are read otherwise by the other",
		"keep both versions, each for its files, until the partner has changed over" },
	{ { "x-unique", 8 }, LIMITS, true, "inputs with the same key twice are judged otherwise", "leave it out until no such input comes any more" },
	{ { "x-sum", 5 }, LIMITS, true, "inputs that add up otherwise are judged otherwise", "leave it out until all inputs add up" },
	{ { "x-count", 7 }, LIMITS, true, "inputs of other numbers of records are judged otherwise", "leave it out until all inputs are so" },
	{ { "x-rules", 7 }, RULES, true, "records may be judged otherwise by rules", "leave the rule out until all records keep it" },
	{ { "x-class", 7 }, CLASS, false, "the class is lower than it was: a person must agree", NULL },
	// clang-format on
};

struct keys {
	const struct tg_contract *contract[2];
	struct tg_compat_change *change;
	size_t n;
	struct tg_arena *arena;
};

static struct tg_str pointer_of(struct keys *k, unsigned version, const struct tg_span *span)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	tg_pointer_put(&out, &k->contract[version]->document, span);
	return tg_arena_copy(k->arena, tg_buffer_str(&out));
}

/* The object at the same place of the other version. */
static const struct tg_span *same_place(struct keys *k, unsigned version,
					const struct tg_span *object)
{
	struct tg_pointer pointer;
	struct tg_error err = TG_ERROR_INIT;

	if (tg_pointer_compile(&pointer, pointer_of(k, version, object), k->arena, &err))
		return NULL;
	return tg_pointer_find(&pointer, &k->contract[!version]->document);
}

/* Whether all that the one list holds the other holds too. */
static bool holds_all(struct keys *k, unsigned version, const struct tg_span *list,
		      const struct tg_span *other)
{
	const struct tg_record *mine = &k->contract[version]->document;
	const struct tg_record *its = &k->contract[!version]->document;
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	uint32_t first = (uint32_t)(list - mine->span) + 1, at;

	if (list->kind != TG_ARRAY || !other || other->kind != TG_ARRAY)
		return false;
	at = (uint32_t)(other - its->span) + 1;
	for (uint32_t i = first; i < list->next; i = mine->span[i].next) {
		bool found = false;

		for (uint32_t n = at; n < other->next && !found; n = its->span[n].next)
			found = tg_value_eq(mine, &mine->span[i], its, &its->span[n], &scratch);
		if (!found)
			return false;
	}
	return true;
}

static unsigned rank(const struct tg_contract *c, const struct tg_span *value)
{
	static const char *const order[] = { "public", "internal", "confidential", "restricted" };

	for (unsigned i = 0; value && i < TG_COUNT(order); i++)
		if (tg_text_eq(&c->document, value, tg_str_of(order[i])))
			return i;
	return 2; /* not said: as confidential */
}

static void put_value(struct tg_buffer *out, const struct tg_contract *c,
		      const struct tg_span *value)
{
	if (value)
		tg_utf8_put_safe(out, tg_span_raw(&c->document, value), VALUE_MAX);
	else
		tg_buffer_puts(out, "not there");
}

static void add(struct keys *k, size_t what, const struct tg_span *value[2])
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	struct tg_compat_change *c = &k->change[k->n];

	*c = (struct tg_compat_change){ .keyword = row[what].key.p,
					.advice = row[what].advice,
					.forward = row[what].advice,
					.effect = TG_COMPAT_CHANGED,
					.files = row[what].effect != RULES };
	switch (row[what].effect) {
	case BREAKS:
		c->narrows = c->widens = true;
		break;
	case LIMITS:
		c->narrows = value[1] && !holds_all(k, 1, value[1], value[0]);
		c->widens = value[0] && !holds_all(k, 0, value[0], value[1]);
		c->effect = !c->widens	  ? TG_COMPAT_NARROWED
			    : !c->narrows ? TG_COMPAT_WIDENED
					  : TG_COMPAT_CHANGED;
		break;
	case RULES:
		c->narrows = value[1] && !holds_all(k, 1, value[1], value[0]);
		c->widens = value[0] && !holds_all(k, 0, value[0], value[1]);
		c->effect = TG_COMPAT_UNSURE;
		break;
	case CLASS:
		if (rank(k->contract[1], value[1]) >= rank(k->contract[0], value[0]))
			return;
		c->effect = TG_COMPAT_SAME;
		break;
	}
	if (c->effect != TG_COMPAT_SAME && !c->narrows && !c->widens)
		return;
	for (unsigned v = 0; v < 2; v++)
		if (value[v])
			*(v ? &c->new : &c->old) = pointer_of(k, v, value[v]);
	tg_buffer_printf(&out, "%s was ", c->keyword);
	put_value(&out, k->contract[0], value[0]);
	tg_buffer_puts(&out, " and is ");
	put_value(&out, k->contract[1], value[1]);
	tg_buffer_printf(&out, ": %s", row[what].says);
	c->message = tg_arena_copy(k->arena, tg_buffer_str(&out));
	k->n++;
}

/* The keys of an object of one version, where the other has it not or otherwise. */
static void look_at(struct keys *k, unsigned version, const struct tg_span *object)
{
	const struct tg_record *doc = &k->contract[version]->document;
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;

	for (size_t i = 0; i < TG_COUNT(row) && k->n < CHANGES_MAX; i++) {
		const struct tg_span *value[2] = { NULL, NULL }, *other;

		if (row[i].top && object != doc->span)
			continue;
		value[version] = tg_member_find(doc, object, row[i].key);
		if (!value[version])
			continue;
		other = same_place(k, version, object);
		if (!other)
			continue; /* what is gone, or new, as a whole has no other version */
		value[!version] =
			tg_member_find(&k->contract[!version]->document, other, row[i].key);
		if (value[!version] && version == 1)
			continue; /* seen from the old one */
		if (value[!version] &&
		    tg_value_eq(doc, value[version], &k->contract[!version]->document,
				value[!version], &scratch))
			continue;
		add(k, i, value);
	}
}

void tg_compat_keys(struct tg_compat_change **change, size_t *n, const struct tg_contract *old,
		    const struct tg_contract *new, struct tg_arena *arena)
{
	struct keys k = { .contract = { old, new }, .arena = arena };

	k.change = tg_arena_array(arena, CHANGES_MAX, sizeof(*k.change));
	for (unsigned v = 0; v < 2; v++) {
		const struct tg_record *doc = &k.contract[v]->document;

		if (!memmem(doc->text.p, doc->text.n, "\"x-", 3))
			continue;
		for (uint32_t i = 0; i < doc->spans && k.n < CHANGES_MAX; i++)
			if (doc->span[i].kind == TG_OBJECT)
				look_at(&k, v, &doc->span[i]);
	}
	*change = k.change;
	*n = k.n;
}

#include "common/schema/tell.h"

#include "common/base/utf8.h"
#include "common/json/number.h"
#include "common/json/text.h"

/* Schemas that are looked through for names, and names of the record. */
enum { NEAR_MAX = 64 };

/* Where a value stands in its record. */
struct spot {
	uint32_t parent; /* the array or object that it is in; itself: it is the whole */
	enum tg_class class;
};

/* From the whole down to the value; a name counts as its member. The class that stands nearest counts. */
static struct spot find_spot(const struct tg_telling *t, uint32_t target)
{
	const struct tg_span *span = t->rec->span;
	struct spot spot = { 0, (enum tg_class)t->s->class[0] };
	uint32_t at = 0;

	while (at != target) {
		bool object = span[at].kind == TG_OBJECT;
		uint32_t k = at + 1;

		while (span[k + object].next <= target)
			k = span[k + object].next;
		spot.parent = at;
		if (t->s->class[k + object])
			spot.class = (enum tg_class)t->s->class[k + object];
		at = k == target ? target : k + object;
	}
	return spot;
}

static bool may_quote(const struct tg_telling *t, const struct tg_found *e)
{
	const struct tg_span *v = &t->rec->span[e->span];

	return v->kind < TG_ARRAY && v->n <= TG_QUOTE_MAX &&
	       (t->show || tg_class_quotable(find_spot(t, e->span).class));
}

static void put_value(struct tg_buffer *out, const struct tg_telling *t, const struct tg_found *e)
{
	tg_utf8_put_safe(out, tg_span_raw(t->rec, &t->rec->span[e->span]), TG_QUOTE_MAX + 2);
}

/*
 * Kinds
 */

static const char *kind_name(const struct tg_span *v)
{
	switch ((enum tg_kind)v->kind) {
	case TG_NULL:
		return "null";
	case TG_FALSE:
	case TG_TRUE:
		return "a boolean";
	case TG_NUMBER:
		return "a number";
	case TG_STRING:
		return v->n ? "a string" : "an empty string";
	case TG_ARRAY:
		return "an array";
	case TG_OBJECT:
		return "an object";
	}
	return "";
}

static void put_types(struct tg_buffer *out, unsigned types)
{
	static const struct {
		unsigned type;
		const char *name;
	} row[] = {
		{ TG_TYPE_STRING, "a string" },	 { TG_TYPE_INTEGER, "an integer" },
		{ TG_TYPE_NUMBER, "a number" },	 { TG_TYPE_BOOLEAN, "a boolean" },
		{ TG_TYPE_OBJECT, "an object" }, { TG_TYPE_ARRAY, "an array" },
		{ TG_TYPE_NULL, "null" },
	};
	size_t left = 0, put = 0;

	if (types & TG_TYPE_NUMBER)
		types &= ~(unsigned)TG_TYPE_INTEGER;
	for (size_t i = 0; i < TG_COUNT(row); i++)
		left += (types & row[i].type) != 0;
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		if (!(types & row[i].type))
			continue;
		tg_buffer_puts(out, put == 0 ? "" : --left == 1 ? " or " : ", ");
		tg_buffer_puts(out, row[i].name);
		put++;
	}
}

static void tell_type(const struct tg_telling *t, const struct tg_found *e, unsigned types)
{
	const struct tg_span *v = &t->rec->span[e->span];

	tg_buffer_printf(&t->s->message, "is %s, must be ", kind_name(v));
	put_types(&t->s->message, types);
}

/* A value of the right sort in the wrong dress: the commonest fault of all. */
static void hint_type(const struct tg_telling *t, const struct tg_found *e, unsigned types)
{
	const struct tg_span *v = &t->rec->span[e->span];
	struct tg_str text = tg_span_text(t->rec, v);
	unsigned numbers = types & (TG_TYPE_NUMBER | TG_TYPE_INTEGER);
	bool word = tg_str_is(text, "true") || tg_str_is(text, "false");

	if (v->kind == TG_STRING &&
	    ((numbers && tg_number_is(text)) || ((types & TG_TYPE_BOOLEAN) && word))) {
		if (may_quote(t, e))
			tg_buffer_printf(&t->s->hint, "send %.*s without quotes", TG_STR_ARG(text));
		else
			tg_buffer_puts(&t->s->hint, "send it without quotes");
	} else if (v->kind == TG_STRING && (types & TG_TYPE_NULL) &&
		   (v->n == 0 || tg_str_is(text, "null"))) {
		tg_buffer_puts(&t->s->hint, "send null, without quotes");
	} else if ((v->kind == TG_NUMBER || v->kind == TG_TRUE || v->kind == TG_FALSE) &&
		   (types & TG_TYPE_STRING)) {
		if (may_quote(t, e))
			tg_buffer_printf(&t->s->hint, "send \"%.*s\" in quotes", TG_STR_ARG(text));
		else
			tg_buffer_puts(&t->s->hint, "send it in quotes");
	}
}

/*
 * Values of the contract
 */

static bool is_plain_word(struct tg_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == ',' || s.p[i] == '"')
			return false;
	return s.n > 0;
}

/* Words stand bare; other values as they are spelt. */
static void put_contract_value(struct tg_buffer *out, const struct tg_telling *t, uint32_t at,
			       size_t most)
{
	const struct tg_span *v = &t->doc->span[at];
	struct tg_str text = tg_span_text(t->doc, v);

	if (v->kind != TG_STRING || (v->flags & TG_SPAN_ESCAPED) || !is_plain_word(text))
		text = tg_span_raw(t->doc, v);
	tg_utf8_put_safe(out, text, most);
}

static void put_list(struct tg_buffer *out, const struct tg_telling *t, uint32_t list)
{
	const struct tg_span *span = t->doc->span;
	size_t start = out->n;

	for (uint32_t k = list + 1; k < span[list].next; k = span[k].next) {
		if (k > list + 1)
			tg_buffer_puts(out, ", ");
		if (out->n - start > TG_LIST_MAX) {
			tg_buffer_puts(out, "...");
			return;
		}
		put_contract_value(out, t, k, TG_QUOTE_MAX);
	}
}

/* Words of the enum that the value is nearly: only for eyes that may see the value. */
static void hint_word(const struct tg_telling *t, const struct tg_found *e)
{
	const struct tg_span *v = &t->rec->span[e->span];
	const struct tg_names *words = e->check->words;
	struct tg_str known[NEAR_MAX];
	const struct tg_str *near;
	size_t n = 0;

	if (e->check->what != TG_CHECK_WORDS || !may_quote(t, e))
		return;
	for (size_t i = 0; i <= (size_t)(UINT64_MAX >> words->shift) && n < NEAR_MAX; i++)
		if (words->slot[i].value != TG_NAMES_NONE)
			known[n++] = words->slot[i].text;
	near = tg_str_nearest(tg_text_get(t->m->arena, t->rec, v), known, n);
	if (near) {
		tg_buffer_puts(&t->s->hint, "did you mean ");
		tg_utf8_put_safe(&t->s->hint, *near, TG_QUOTE_MAX);
		tg_buffer_putc(&t->s->hint, '?');
	}
}

static void tell_values(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_buffer *out = &t->s->message;
	const struct tg_span *v = &t->rec->span[e->span];
	bool list = tg_str_is(tg_span_text(t->doc, &t->doc->span[e->where - 1]), "enum");

	if (may_quote(t, e)) {
		tg_buffer_puts(out, "is ");
		put_value(out, t, e);
		tg_buffer_puts(out, list ? ", must be one of " : ", must be ");
	} else if (e->check->what == TG_CHECK_NEVER) {
		tg_buffer_printf(out, "is %s, must be %s", kind_name(v), list ? "one of " : "");
	} else {
		tg_buffer_puts(out, list ? "is none of " : "is not ");
	}
	if (list)
		put_list(out, t, e->where);
	else
		put_contract_value(out, t, e->where, TG_LIST_MAX);
	hint_word(t, e);
}

/* What a schema of the contract describes, in words, behind "is" or "are"; false: it has none that are short. values: the record's own
 * are not given away by the contract's. */
static bool put_form(struct tg_buffer *out, const struct tg_telling *t, uint32_t at, bool values)
{
	const struct tg_span *schema = &t->doc->span[at], *title, *value;
	struct tg_str key;

	if (schema->kind != TG_OBJECT || schema->next == at + 1)
		return false;
	title = tg_member_find(t->doc, schema, TG_STR("title"));
	if (title && title->kind == TG_STRING && title->n > 0) {
		tg_utf8_put_safe(out, tg_text_get(t->m->arena, t->doc, title), TG_LIST_MAX);
		return true;
	}
	if (t->doc->span[at + 2].next != schema->next) /* more than one keyword */
		return false;
	key = tg_span_text(t->doc, &t->doc->span[at + 1]);
	value = &t->doc->span[at + 2];
	if (tg_str_is(key, "const") && values) {
		put_contract_value(out, t, at + 2, TG_LIST_MAX);
	} else if (tg_str_is(key, "enum") && values) {
		tg_buffer_puts(out, "one of ");
		put_list(out, t, at + 2);
	} else if (tg_str_is(key, "type") && value->kind == TG_STRING) {
		put_types(out, tg_contract_types(t->m->schema->contract, value));
	} else if (tg_str_is(key, "required") && value->kind == TG_ARRAY && value->n > 0) {
		tg_buffer_puts(out, "an object with ");
		put_list(out, t, at + 2);
	} else if (tg_str_is(key, "pattern") && value->kind == TG_STRING) {
		tg_buffer_puts(out, "a text that matches the pattern ");
		tg_utf8_put_safe(out, tg_text_get(t->m->arena, t->doc, value), TG_LIST_MAX);
	} else {
		return false;
	}
	return true;
}

static void tell_not(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_buffer *out = &t->s->message;
	size_t start = out->n;

	tg_buffer_puts(out, "must not be ");
	if (put_form(out, t, e->where, may_quote(t, e)))
		return;
	out->n = start;
	tg_buffer_puts(out, "is of a form that the contract rules out");
}

/* The schema of `contains` that a count is about. */
static uint32_t contained_form(const struct tg_found *e)
{
	for (uint32_t i = 0; i < e->node->steps; i++)
		if (e->node->step[i].what == TG_STEP_CONTAINS)
			return e->node->step[i].where;
	return 0;
}

static void tell_contained(const struct tg_telling *t, const struct tg_found *e)
{
	bool few = e->what == TG_FAULT_FEW_CONTAINED;
	struct tg_buffer *out = &t->s->message;
	size_t start;

	tg_buffer_printf(out, "has %u item%s ", e->x, e->x == 1 ? "" : "s");
	start = out->n;
	tg_buffer_puts(out, e->x == 1 ? "that is " : "that are ");
	if (!put_form(out, t, contained_form(e), few && e->x == 0)) {
		out->n = start;
		tg_buffer_puts(out, "as `contains` describes");
	}
	tg_buffer_printf(out, few ? ", needs at least %u" : ", may have at most %u", e->y);
}

/*
 * Numbers and counts
 */

static void tell_bound(const struct tg_telling *t, const struct tg_found *e, const char *wrong,
		       const char *right)
{
	struct tg_buffer *out = &t->s->message;

	tg_buffer_puts(out, "is ");
	if (may_quote(t, e))
		put_value(out, t, e);
	else
		tg_buffer_puts(out, wrong);
	tg_buffer_printf(out, ", must be %s", right);
	tg_utf8_put_safe(out, e->check->bound.text, TG_QUOTE_MAX);
}

static void tell_multiple(const struct tg_telling *t, const struct tg_found *e)
{
	if (may_quote(t, e))
		tell_bound(t, e, "", "a multiple of ");
	else {
		tg_buffer_puts(&t->s->message, "is not a multiple of ");
		tg_utf8_put_safe(&t->s->message, e->check->bound.text, TG_QUOTE_MAX);
	}
}

static uint64_t count_parts(const struct tg_telling *t, uint32_t at)
{
	const struct tg_span *span = t->rec->span;
	bool object = span[at].kind == TG_OBJECT;
	uint64_t n = 0;

	for (uint32_t k = at + 1; k < span[at].next; k = span[k + object].next)
		n += !object || k + 1 != t->rec->source;
	return n;
}

static void tell_count(const struct tg_telling *t, const struct tg_found *e, const char *what,
		       bool few)
{
	const struct tg_span *v = &t->rec->span[e->span];
	uint64_t n = v->kind == TG_STRING ? tg_text_length(t->rec, v) : count_parts(t, e->span);
	unsigned long long bound = e->check->count;

	tg_buffer_printf(&t->s->message, "has %llu %s%s, ", (unsigned long long)n, what,
			 n == 1 ? "" : "s");
	if (few)
		tg_buffer_printf(&t->s->message, "needs at least %llu", bound);
	else
		tg_buffer_printf(&t->s->message, "may have at most %llu", bound);
}

static void tell_format(const struct tg_telling *t, const struct tg_found *e)
{
	const struct tg_format *format = e->check->format;
	const char *message = format->message;

	if (format->why)
		message = format->why(tg_text_get(t->m->arena, t->rec, &t->rec->span[e->span]));
	tg_buffer_puts(&t->s->message, message);
}

static void tell_check(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_buffer *out = &t->s->message;

	switch (e->check->what) {
	case TG_CHECK_NEVER:
	case TG_CHECK_AMONG:
	case TG_CHECK_AMONG_MANY:
	case TG_CHECK_WORDS:
		tell_values(t, e);
		return;
	case TG_CHECK_INTEGER:
		tg_buffer_puts(out, "is a number with a fraction, must be an integer");
		return;
	case TG_CHECK_INTEGER_SPELT:
		tg_buffer_puts(out, "has a point or an exponent, must be an integer without");
		return;
	case TG_CHECK_MINIMUM:
		tell_bound(t, e, "too small", "at least ");
		return;
	case TG_CHECK_EXCLUSIVE_MINIMUM:
		tell_bound(t, e, "too small", "above ");
		return;
	case TG_CHECK_MAXIMUM:
		tell_bound(t, e, "too large", "at most ");
		return;
	case TG_CHECK_EXCLUSIVE_MAXIMUM:
		tell_bound(t, e, "too large", "below ");
		return;
	case TG_CHECK_MULTIPLE:
		tell_multiple(t, e);
		return;
	case TG_CHECK_MIN_LENGTH:
		tell_count(t, e, "character", true);
		return;
	case TG_CHECK_MAX_LENGTH:
		tell_count(t, e, "character", false);
		return;
	case TG_CHECK_PATTERN:
		tg_buffer_puts(out, "does not match the pattern ");
		tg_utf8_put_safe(out, tg_text_get(t->m->arena, t->doc, &t->doc->span[e->where]),
				 TG_LIST_MAX);
		return;
	case TG_CHECK_FORMAT:
		tell_format(t, e);
		return;
	case TG_CHECK_MIN_ITEMS:
		tell_count(t, e, "item", true);
		return;
	case TG_CHECK_MAX_ITEMS:
		tell_count(t, e, "item", false);
		return;
	case TG_CHECK_UNIQUE:
		tg_buffer_printf(out, "must not hold the same twice, but items %u and %u are equal",
				 e->x, e->y);
		return;
	case TG_CHECK_MIN_MEMBERS:
		tell_count(t, e, "field", true);
		return;
	case TG_CHECK_MAX_MEMBERS:
		tell_count(t, e, "field", false);
		return;
	}
}

/*
 * Names: what is missing, and what nobody knows, may be two sides of one slip
 */

/* The schemas that speak of the same value as node, so far as they can be told from here; at most NEAR_MAX. */
static size_t same_value(const struct tg_node *node, const struct tg_node *all[NEAR_MAX])
{
	size_t n = 0;

	all[n++] = node;
	for (size_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < all[i]->steps; k++) {
			const struct tg_step *s = &all[i]->step[k];

			if (s->what < TG_STEP_REF || s->what > TG_STEP_ONE)
				continue;
			for (uint32_t b = 0; b < s->nodes && n < NEAR_MAX; b++)
				if (s->node[b])
					all[n++] = s->node[b];
		}
	}
	return n;
}

const struct tg_members *tg_members_of(const struct tg_node *node)
{
	for (uint32_t k = 0; k < node->steps; k++)
		if (node->step[k].what == TG_STEP_MEMBERS)
			return node->step[k].members;
	return NULL;
}

static bool is_declared(const struct tg_node *const *all, size_t n, struct tg_str name)
{
	for (size_t i = 0; i < n; i++) {
		const struct tg_members *m = tg_members_of(all[i]);
		uint32_t rule = m ? tg_names_find(&m->names, name) : TG_NAMES_NONE;

		if (rule != TG_NAMES_NONE && m->rule[rule].declared)
			return true;
	}
	return false;
}

/* For a name that the contract does not know: the declared one that is not there and nearly the same. */
static void hint_known(const struct tg_telling *t, const struct tg_found *e)
{
	const struct tg_node *all[NEAR_MAX];
	size_t n = same_value(e->asker, all);
	uint32_t object = find_spot(t, e->span).parent;
	struct tg_str name = tg_text_get(t->m->arena, t->rec, &t->rec->span[e->span - 1]);

	for (size_t i = 0; i < n; i++) {
		const struct tg_members *m = tg_members_of(all[i]);

		for (uint32_t k = 0; m && k < m->rules; k++) {
			const struct tg_str *known = &m->rule[k].name;

			if (!m->rule[k].declared || !tg_str_nearest(name, known, 1) ||
			    tg_member_find(t->rec, &t->rec->span[object], *known))
				continue;
			tg_buffer_puts(&t->s->hint, "did you mean ");
			tg_utf8_put_safe(&t->s->hint, *known, TG_QUOTE_MAX);
			tg_buffer_putc(&t->s->hint, '?');
			return;
		}
	}
}

/* For a name that is missing: the one in the record that the contract does not know and that is nearly the same. */
static void hint_present(const struct tg_telling *t, const struct tg_found *e,
			 struct tg_str missing)
{
	const struct tg_node *all[NEAR_MAX], *outer = e->node;
	size_t n, tried = 0;
	const struct tg_span *span = t->rec->span;

	for (size_t i = 0; i < TG_ABOUT_MAX && e->about[i]; i++)
		outer = e->about[i];
	n = same_value(outer, all);
	for (uint32_t k = e->span + 1; k < span[e->span].next && tried < NEAR_MAX;
	     k = span[k + 1].next) {
		struct tg_str name = tg_text_get(t->m->arena, t->rec, &span[k]);

		if (k + 1 == t->rec->source || is_declared(all, n, name))
			continue;
		tried++;
		if (!tg_str_nearest(missing, &name, 1))
			continue;
		tg_buffer_puts(&t->s->hint, "the record has ");
		tg_utf8_put_safe(&t->s->hint, name, TG_QUOTE_MAX);
		return;
	}
}

static void tell_missing(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_str name = tg_members_of(e->node)->rule[e->x].name;

	tg_utf8_put_safe(&t->s->message, name, TG_QUOTE_MAX);
	tg_buffer_puts(&t->s->message, " is missing");
	hint_present(t, e, name);
}

static void tell_dependent(const struct tg_telling *t, const struct tg_found *e)
{
	const struct tg_member_rule *rule = &tg_members_of(e->node)->rule[e->x];
	struct tg_str name = rule->dependent[e->y].name;

	tg_utf8_put_safe(&t->s->message, name, TG_QUOTE_MAX);
	tg_buffer_puts(&t->s->message, " is missing, which must be there beside ");
	tg_utf8_put_safe(&t->s->message, rule->name, TG_QUOTE_MAX);
	hint_present(t, e, name);
}

static void tell_false(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_str keyword = e->node->keyword
					? tg_span_text(t->doc, &t->doc->span[e->node->keyword])
					: TG_STR("");

	if (tg_str_is(keyword, "additionalProperties") ||
	    tg_str_is(keyword, "unevaluatedProperties")) {
		tg_buffer_puts(&t->s->message, "is not a known field");
		hint_known(t, e);
	} else if (tg_str_is(keyword, "items") || tg_str_is(keyword, "additionalItems") ||
		   tg_str_is(keyword, "unevaluatedItems")) {
		tg_buffer_puts(&t->s->message, "is one item too many");
	} else {
		tg_buffer_puts(&t->s->message, "is not allowed here");
	}
}

/* In the order of the branches. */
static void tell_word(const struct tg_telling *t, const struct tg_found *e)
{
	const struct tg_names *words = &e->by->words;
	size_t slots = (size_t)(UINT64_MAX >> words->shift) + 1, start;
	uint32_t put = 0;

	if (may_quote(t, e)) {
		tg_buffer_puts(&t->s->message, "is ");
		put_value(&t->s->message, t, e);
		tg_buffer_puts(&t->s->message, ", must be one of ");
	} else {
		tg_buffer_puts(&t->s->message, "is none of ");
	}
	start = t->s->message.n;
	for (uint32_t branch = 0; put < words->n; branch++) {
		for (size_t i = 0; i < slots && put < words->n; i++) {
			if (words->slot[i].value != branch)
				continue;
			tg_buffer_puts(&t->s->message, put++ ? ", " : "");
			if (t->s->message.n - start > TG_LIST_MAX) {
				tg_buffer_puts(&t->s->message, "...");
				return;
			}
			tg_utf8_put_safe(&t->s->message, words->slot[i].text, TG_QUOTE_MAX);
		}
	}
}

/*
 * Faults
 */

void tg_tell(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_buffer *out = &t->s->message;

	if (e->name)
		tg_buffer_puts(out, "its name ");
	switch ((enum tg_fault_kind)e->what) {
	case TG_FAULT_CHECK:
		tell_check(t, e);
		return;
	case TG_FAULT_TYPE:
		tell_type(t, e, e->node->types);
		hint_type(t, e, e->node->types);
		return;
	case TG_FAULT_FALSE:
		tell_false(t, e);
		return;
	case TG_FAULT_REQUIRED:
		tell_missing(t, e);
		return;
	case TG_FAULT_DEPENDENT:
		tell_dependent(t, e);
		return;
	case TG_FAULT_TYPES:
		tell_type(t, e, e->x);
		hint_type(t, e, e->x);
		return;
	case TG_FAULT_WORD:
		tell_word(t, e);
		return;
	case TG_FAULT_MANY:
		tg_buffer_printf(out, "fits %u of the %u forms, must fit exactly one", e->x, e->y);
		return;
	case TG_FAULT_NOT:
		tell_not(t, e);
		return;
	case TG_FAULT_FEW_CONTAINED:
	case TG_FAULT_MANY_CONTAINED:
		tell_contained(t, e);
		return;
	case TG_FAULT_LIMIT:
		tg_buffer_puts(out, e->x ? "reached the work limit of the pattern"
					 : "takes more steps to check than are allowed");
		return;
	}
}

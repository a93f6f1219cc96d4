#include "common/schema/compile.h"

#include "common/base/utf8.h"
#include "common/json/canon.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

static struct tg_check *add_check(struct tg_source *s, unsigned kind, enum tg_check_kind what,
				  const struct tg_span *value)
{
	struct tg_check *check = &s->check[kind][s->checks[kind]++];

	TG_BUG_IF(s->checks[kind] > TG_COUNT(s->check[kind]));
	*check = (struct tg_check){ .what = what, .where = tg_compile_index(s->c, value) };
	return check;
}

static void count_check(struct tg_source *s, enum tg_keyword key, unsigned kind,
			enum tg_check_kind what)
{
	const struct tg_span *value = s->key.of[key];

	if (value)
		add_check(s, kind, what, value)->count = tg_keyword_count(s->c->c, value);
}

static bool small_integer(struct tg_str text, int64_t *value)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	size_t i = negative;

	if (text.n - i > 18)
		return false;
	*value = 0;
	for (; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*value = *value * 10 + (text.p[i] - '0');
	}
	*value = negative ? -*value : *value;
	return true;
}

/* In draft 4 `exclusive` is a switch beside the bound. */
static void bound_check(struct tg_source *s, enum tg_keyword key, enum tg_check_kind what,
			enum tg_keyword exclusive)
{
	const struct tg_span *value = s->key.of[key], *other = s->key.of[exclusive];
	struct tg_bound *bound;

	if (!value || value->kind != TG_NUMBER)
		return;
	if (key != exclusive && other && other->kind == TG_TRUE)
		what = what == TG_CHECK_MINIMUM ? TG_CHECK_EXCLUSIVE_MINIMUM
						: TG_CHECK_EXCLUSIVE_MAXIMUM;
	bound = &add_check(s, TG_NUMBER, what, value)->bound;
	bound->text = tg_span_text(s->doc, value);
	bound->small = small_integer(bound->text, &bound->value);
}

static enum tg_status pattern_check(struct tg_source *s)
{
	const struct tg_span *value = s->key.of[TG_KEY_PATTERN];
	struct tg_pattern *pattern = NULL;
	struct tg_check *check;
	enum tg_status st;

	if (!value)
		return TG_OK;
	st = tg_compile_pattern(s->c, tg_text_get(s->c->arena, s->doc, value), value, &pattern);
	if (st)
		return st;
	check = add_check(s, TG_STRING, TG_CHECK_PATTERN, value);
	check->pattern = pattern;
	check->engine = tg_pattern_engine(pattern)[0] == 'p';
	return TG_OK;
}

/* One warning a format that is not known. */
TG_COLD static void unknown_format(struct tg_compiler *c, const struct tg_span *value,
				   struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	const struct tg_str *near = tg_format_nearest(name);

	for (uint32_t i = 0; i < c->formats; i++)
		if (tg_str_eq(c->format[i], name))
			return;
	if (c->formats < TG_COUNT(c->format))
		c->format[c->formats++] = name;
	tg_utf8_put_safe(&safe, name, 60);
	tg_teller_warn(c->teller, value, "the format %.*s is not known and not checked%s%.*s%s",
		       TG_STR_ARG(tg_buffer_str(&safe)), near ? "; did you mean " : "",
		       TG_STR_ARG(near ? *near : TG_STR("")), near ? "?" : "");
}

static enum tg_status prepare(struct tg_source *s, const struct tg_span *value,
			      const struct tg_format *format)
{
	struct tg_error why = TG_ERROR_INIT;
	enum tg_status st = tg_format_prepare(format, &why);

	if (!st)
		return TG_OK;
	(void)tg_contract_fault(s->c->c, value, s->c->err, "%s", why.text);
	s->c->err->status = st;
	return st;
}

static enum tg_status format_check(struct tg_source *s)
{
	const struct tg_span *value = s->key.of[TG_KEY_FORMAT];
	const struct tg_format *format;
	struct tg_str name;

	if (!value || (s->c->annotate_formats && !s->dialect->asserts_format))
		return TG_OK;
	name = tg_text_get(s->c->arena, s->doc, value);
	format = tg_format_find(name);
	if (!format) {
		unknown_format(s->c, value, name);
		return TG_OK;
	}
	add_check(s, TG_STRING, TG_CHECK_FORMAT, value)->format = format;
	return prepare(s, value, format);
}

/* A rule of the contract's own: what is not known here cannot be passed over. */
static enum tg_status trade_check(struct tg_source *s)
{
	const struct tg_span *value =
		tg_member_find(s->doc, &s->doc->span[s->node->at], TG_STR("x-format"));
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	const struct tg_format *format;
	const struct tg_str *near;
	struct tg_str name;

	if (!value)
		return TG_OK;
	if (value->kind != TG_STRING)
		return tg_contract_fault(s->c->c, value, s->c->err, "must be a string");
	name = tg_text_get(s->c->arena, s->doc, value);
	format = tg_format_find_trade(name);
	if (format) {
		add_check(s, TG_STRING, TG_CHECK_FORMAT, value)->format = format;
		return TG_OK;
	}
	near = tg_format_nearest_trade(name);
	tg_utf8_put_safe(&safe, name, 60);
	return tg_contract_fault(s->c->c, value, s->c->err,
				 "\"%.*s\" is no format of the trade%s%.*s%s",
				 TG_STR_ARG(tg_buffer_str(&safe)), near ? "; did you mean " : "",
				 TG_STR_ARG(near ? *near : TG_STR("")), near ? "?" : "");
}

enum { FEW_VALUES = 8 }; /* that are compared one by one */

/* Strings by their text, other values by their canonical form. */
static const struct tg_names *value_names(struct tg_source *s, unsigned kind, uint32_t n,
					  uint32_t first, uint32_t end)
{
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer canonical = TG_BUFFER_INIT;
	struct tg_names *names = tg_arena_take(s->c->arena, sizeof(*names));
	const struct tg_span *span = s->doc->span;

	tg_names_init(names, n, s->c->arena);
	for (uint32_t k = first; k < end; k = span[k].next) {
		struct tg_str text;

		if (span[k].kind != kind)
			continue;
		if (kind == TG_STRING) {
			text = tg_text_get(s->c->arena, s->doc, &span[k]);
		} else {
			canonical.n = 0;
			tg_canon_put(&canonical, s->doc, &span[k], &scratch);
			text = tg_arena_copy(s->c->arena, tg_buffer_str(&canonical));
		}
		(void)tg_names_add(names, text, k);
	}
	tg_names_settle(names);
	return names;
}

/* The values of an enum (or the one of const), by kind: [first, end) of the contract's spans, at most one step apart. */
static void value_checks(struct tg_source *s, const struct tg_span *value, uint32_t first,
			 uint32_t end)
{
	const struct tg_span *span = s->doc->span;
	uint32_t n[TG_OBJECT + 1] = { 0 };

	for (uint32_t k = first; k < end; k = span[k].next)
		n[span[k].kind]++;
	for (unsigned kind = 0; kind <= TG_OBJECT; kind++) {
		struct tg_check *check;
		uint32_t *list, at = 0;

		if (n[kind] > 0 && kind <= TG_TRUE)
			continue; /* a value of its own */
		check = add_check(s, kind,
				  n[kind] == 0		 ? TG_CHECK_NEVER
				  : kind == TG_STRING	 ? TG_CHECK_WORDS
				  : n[kind] > FEW_VALUES ? TG_CHECK_AMONG_MANY
							 : TG_CHECK_AMONG,
				  value);
		if (n[kind] == 0)
			continue;
		if (check->what != TG_CHECK_AMONG) {
			check->words = value_names(s, kind, n[kind], first, end);
			continue;
		}
		list = tg_arena_array(s->c->arena, n[kind], sizeof(*list));
		for (uint32_t k = first; k < end; k = span[k].next)
			if (span[k].kind == kind)
				list[at++] = k;
		check->span = list;
		check->spans = at;
	}
}

static void all_value_checks(struct tg_source *s)
{
	const struct tg_span *list = s->key.of[TG_KEY_ENUM], *value = s->key.of[TG_KEY_CONST];

	if (list)
		value_checks(s, list, tg_compile_index(s->c, list) + 1, list->next);
	if (value)
		value_checks(s, value, tg_compile_index(s->c, value), value->next);
}

static void type_check(struct tg_source *s)
{
	const struct tg_span *value = s->key.of[TG_KEY_TYPE];
	unsigned types = tg_contract_types(s->c->c, value);
	struct tg_node *node = s->node;

	node->kinds = TG_KINDS_ALL;
	node->types = types;
	if (!value)
		return;
	node->type_at = tg_compile_index(s->c, value);
	node->kinds = (uint8_t)(types & TG_KINDS_ALL);
	if (types & TG_TYPE_BOOLEAN)
		node->kinds |= TG_KIND_BIT(TG_FALSE);
	if ((types & TG_TYPE_INTEGER) && !(types & TG_TYPE_NUMBER)) {
		node->kinds |= TG_KIND_BIT(TG_NUMBER);
		(void)add_check(s, TG_NUMBER,
				s->dialect->draft == TG_DRAFT_4 ? TG_CHECK_INTEGER_SPELT
								: TG_CHECK_INTEGER,
				value);
	}
}

enum tg_status tg_compile_checks(struct tg_source *s)
{
	const struct tg_span *unique = s->key.of[TG_KEY_UNIQUE];
	enum tg_status st;

	type_check(s);
	all_value_checks(s);
	bound_check(s, TG_KEY_MINIMUM, TG_CHECK_MINIMUM, TG_KEY_EXCLUSIVE_MINIMUM);
	bound_check(s, TG_KEY_EXCLUSIVE_MINIMUM, TG_CHECK_EXCLUSIVE_MINIMUM,
		    TG_KEY_EXCLUSIVE_MINIMUM);
	bound_check(s, TG_KEY_MAXIMUM, TG_CHECK_MAXIMUM, TG_KEY_EXCLUSIVE_MAXIMUM);
	bound_check(s, TG_KEY_EXCLUSIVE_MAXIMUM, TG_CHECK_EXCLUSIVE_MAXIMUM,
		    TG_KEY_EXCLUSIVE_MAXIMUM);
	bound_check(s, TG_KEY_MULTIPLE, TG_CHECK_MULTIPLE, TG_KEY_MULTIPLE);
	count_check(s, TG_KEY_MIN_LENGTH, TG_STRING, TG_CHECK_MIN_LENGTH);
	count_check(s, TG_KEY_MAX_LENGTH, TG_STRING, TG_CHECK_MAX_LENGTH);
	st = format_check(s);
	if (!st)
		st = trade_check(s);
	if (st)
		return st;
	count_check(s, TG_KEY_MIN_ITEMS, TG_ARRAY, TG_CHECK_MIN_ITEMS);
	count_check(s, TG_KEY_MAX_ITEMS, TG_ARRAY, TG_CHECK_MAX_ITEMS);
	if (unique && unique->kind == TG_TRUE)
		(void)add_check(s, TG_ARRAY, TG_CHECK_UNIQUE, unique);
	count_check(s, TG_KEY_MIN_MEMBERS, TG_OBJECT, TG_CHECK_MIN_MEMBERS);
	count_check(s, TG_KEY_MAX_MEMBERS, TG_OBJECT, TG_CHECK_MAX_MEMBERS);
	return pattern_check(s);
}

/* A test that decides alone. False: there is one already. */
static bool quick_test(struct tg_quick *q, const struct tg_check *c)
{
	if (q->test != TG_QUICK_ALL)
		return false;
	if (c->what == TG_CHECK_WORDS) {
		q->test = TG_QUICK_WORDS;
		q->words = c->words;
	} else if (c->what == TG_CHECK_FORMAT) {
		q->test = TG_QUICK_FORMAT;
		q->is = c->format->is;
	} else if (c->what == TG_CHECK_PATTERN && tg_pattern_row(c->pattern)) {
		q->test = TG_QUICK_ROW;
		q->row = tg_pattern_row(c->pattern);
	} else if (c->what == TG_CHECK_PATTERN && tg_pattern_dfa(c->pattern)) {
		q->test = TG_QUICK_DFA;
		q->dfa = tg_pattern_dfa(c->pattern);
	} else {
		return false;
	}
	return true;
}

/* A character is four bytes at most: so many bytes are at least, and at most, so many characters. */
static struct tg_quick quick_of(const struct tg_check *check, unsigned n)
{
	struct tg_quick q = { .least = 0, .most = UINT32_MAX, .test = TG_QUICK_ALL };
	static const struct tg_quick nothing = { .least = 1, .most = 0 };

	for (const struct tg_check *c = check; c < check + n; c++) {
		if (c->what == TG_CHECK_MIN_LENGTH) {
			if (c->count > UINT32_MAX / 4)
				return nothing;
			if (c->count > 0 && (uint32_t)(c->count * 4 - 3) > q.least)
				q.least = (uint32_t)(c->count * 4 - 3);
		} else if (c->what == TG_CHECK_MAX_LENGTH) {
			if (c->count < q.most)
				q.most = (uint32_t)c->count;
		} else if (!quick_test(&q, c)) {
			return nothing;
		}
	}
	return q;
}

void tg_compile_settle_checks(struct tg_source *s)
{
	unsigned n = 0;

	for (unsigned kind = 0; kind <= TG_OBJECT; kind++)
		n += s->checks[kind];
	s->node->check = tg_arena_array(s->c->arena, n, sizeof(*s->node->check));
	s->node->quick = quick_of(s->check[TG_STRING], s->checks[TG_STRING]);
	n = 0;
	for (unsigned kind = 0; kind <= TG_OBJECT; kind++) {
		s->node->first[kind] = (uint8_t)n;
		if (s->checks[kind])
			s->node->checked |= TG_KIND_BIT(kind);
		for (unsigned i = 0; i < s->checks[kind]; i++)
			s->node->check[n++] = s->check[kind][i];
	}
	s->node->first[TG_OBJECT + 1] = (uint8_t)n;
}

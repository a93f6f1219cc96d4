#include "common/schema/parse.h"

#include "common/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { COUNT_MAX = 65535 }; /* PCRE2's; ECMA-262 has no bound */

enum group { GROUP_PLAIN, GROUP_CAPTURE, GROUP_LOOK };

struct level {
	enum group group;
	struct tg_piece either,
		both; /* the alternatives before, and what the one under way has so far */
	bool has_either;
};

/* What a piece of the pattern is, so far as what may stand behind it depends on it. */
struct atom {
	struct tg_piece piece;
	const char *no_count;	  /* why it takes no quantifier, NULL: it takes one */
	struct tg_class_set *set; /* a class of its own */
	enum tg_nfa_kind kind;	  /* TG_NFA_START, TG_NFA_END, or TG_NFA_EMPTY for all else */
};

enum row_state { ROW_BEGIN, ROW_ITEMS, ROW_DONE, ROW_BAD };

struct parser {
	struct tg_parse *out;
	struct tg_str text;
	size_t at;
	struct level *level; /* TG_GROUPS_MAX + 1 */
	uint32_t levels;
	struct tg_str *name; /* by group; none: it has no name */
	uint32_t groups;
	enum row_state row;
	struct tg_class_set set;     /* of the class under way */
	struct tg_buffer properties; /* of the same, for PCRE2 alone */
	struct tg_error *err;
};

TG_COLD TG_PRINTF(2, 3) static enum tg_status fail(struct parser *p, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return tg_fail(p->err, TG_CONFIG, "at character %zu: %s",
		       tg_utf8_count(tg_str_from(p->text.p, p->at)) + 1, text);
}

static bool more(const struct parser *p)
{
	return p->at < p->text.n;
}

/* The byte so far ahead, '\0' behind the end: no syntax is made of it. */
static char ahead(const struct parser *p, size_t by)
{
	return p->text.n - p->at > by ? p->text.p[p->at + by] : '\0';
}

static bool take(struct parser *p, const char *what)
{
	size_t n = strlen(what);

	if (!tg_str_starts(tg_str_after(p->text, p->at), tg_str_from(what, n)))
		return false;
	p->at += n;
	return true;
}

static uint32_t take_code_point(struct parser *p)
{
	size_t size;
	uint32_t c = tg_utf8_decode(tg_str_after(p->text, p->at), &size);

	p->at += size;
	return c;
}

/*
 * What goes to PCRE2
 */

static const char never[] = "(?:(?!))";

static void put_code_point(struct tg_buffer *out, uint32_t c)
{
	if (c < 0x80 && (tg_digit((unsigned char)c) || (c | 0x20) - 'a' < 26))
		tg_buffer_putc(out, (char)c);
	else if (c > ' ' && c < 0x7f)
		tg_buffer_printf(out, "\\%c", (int)c);
	else
		tg_buffer_printf(out, "\\x{%x}", (unsigned)c);
}

static void put_class(struct tg_buffer *out, const struct tg_class_set *set,
		      const struct tg_buffer *properties, bool negated)
{
	if (set->n == 0 && properties->n == 0) {
		tg_buffer_puts(out, negated ? "[\\x{0}-\\x{10ffff}]" : never);
		return;
	}
	tg_buffer_puts(out, negated ? "[^" : "[");
	for (size_t i = 0; i < set->n; i++) {
		put_code_point(out, set->range[i].low);
		if (set->range[i].high > set->range[i].low) {
			tg_buffer_putc(out, '-');
			put_code_point(out, set->range[i].high);
		}
	}
	tg_buffer_put_str(out, tg_buffer_str(properties));
	tg_buffer_putc(out, ']');
}

/*
 * Escapes
 */

static enum tg_status hex(struct parser *p, unsigned digits, uint32_t *c)
{
	*c = 0;
	for (unsigned i = 0; i < digits; i++) {
		int value = tg_hex((unsigned char)ahead(p, 0));

		if (value < 0)
			return fail(p, "expected %u hexadecimal digits", digits);
		*c = *c << 4 | (uint32_t)value;
		p->at++;
	}
	return TG_OK;
}

static enum tg_status braced_hex(struct parser *p, uint32_t *c)
{
	bool any = false;

	*c = 0;
	for (; tg_hex((unsigned char)ahead(p, 0)) >= 0; p->at++, any = true) {
		*c = *c << 4 | (uint32_t)tg_hex((unsigned char)ahead(p, 0));
		if (*c > 0x10ffff)
			return fail(p, "there is no code point above 10FFFF");
	}
	if (!any || !take(p, "}"))
		return fail(p, "expected \\u{...} with hexadecimal digits");
	return TG_OK;
}

/* Behind \u. Two escapes that make a surrogate pair are one character; a lone one is given as it is, and no text holds it. */
static enum tg_status unicode(struct parser *p, uint32_t *c)
{
	size_t before;
	uint32_t low;
	enum tg_status st;

	if (take(p, "{"))
		return braced_hex(p, c);
	st = hex(p, 4, c);
	if (st || *c < 0xd800 || *c > 0xdbff)
		return st;
	before = p->at;
	if (take(p, "\\u") && ahead(p, 0) != '{' && hex(p, 4, &low) == TG_OK && low >= 0xdc00 &&
	    low <= 0xdfff)
		*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	else
		p->at = before;
	return TG_OK;
}

/* Behind a backslash: an escape that stands for one character, inside a class and outside. */
static enum tg_status character_escape(struct parser *p, uint32_t *c)
{
	static const char from[] = "tnvfr", to[] = "\t\n\v\f\r", syntax[] = "^$\\.*+?()[]{}|/";
	char e = ahead(p, 0);
	const char *known;

	if (!more(p))
		return fail(p, "the pattern ends behind a backslash");
	if (e && (known = strchr(from, e))) {
		p->at++;
		*c = (unsigned char)to[known - from];
		return TG_OK;
	}
	if (take(p, "x"))
		return hex(p, 2, c);
	if (take(p, "u"))
		return unicode(p, c);
	if (e == 'c' && (unsigned char)((ahead(p, 1) | 0x20) - 'a') < 26) {
		*c = (unsigned char)ahead(p, 1) % 32;
		p->at += 2;
		return TG_OK;
	}
	if (e == '0' && !tg_digit((unsigned char)ahead(p, 1))) {
		p->at++;
		*c = 0;
		return TG_OK;
	}
	if (tg_digit((unsigned char)e) || (unsigned char)((e | 0x20) - 'a') < 26)
		return fail(p, "ECMA-262 has no escape \\%c", e);
	if (!e || !strchr(syntax, e))
		p->out->loose = true;
	*c = take_code_point(p);
	return TG_OK;
}

/* Behind \p or \P. */
static enum tg_status property(struct parser *p, bool negated, struct tg_buffer *out)
{
	const char *end;
	struct tg_str name;

	if (!take(p, "{") || !(end = memchr(p->text.p + p->at, '}', p->text.n - p->at)))
		return fail(p, "expected \\p{...}");
	name = tg_str_from(p->text.p + p->at, (size_t)(end - (p->text.p + p->at)));
	tg_buffer_puts(out, negated ? "\\P{" : "\\p{");
	if (!tg_class_put_property(out, name))
		return fail(p, "ECMA-262 has no property of that name");
	tg_buffer_putc(out, '}');
	p->at += name.n + 1;
	p->out->nfa.off = true; /* the tables of Unicode are PCRE2's */
	return TG_OK;
}

/* \d and its like, \p and \P: what stands for a set. *is is false, and nothing taken, for others. */
static enum tg_status set_escape(struct parser *p, bool *is)
{
	char e = ahead(p, 0);

	*is = true;
	if (e == 'p' || e == 'P') {
		p->at++;
		return property(p, e == 'P', &p->properties);
	}
	*is = (unsigned char)((e | 0x20) - 'a') < 26 && tg_class_add_letter(&p->set, e);
	p->at += *is;
	return TG_OK;
}

/*
 * Classes
 */

static void begin_class(struct parser *p)
{
	p->set.n = 0;
	p->properties.n = 0;
}

/* What has been gathered becomes an atom. */
static void end_class(struct parser *p, bool negated, struct atom *atom)
{
	tg_class_settle(&p->set);
	put_class(&p->out->translated, &p->set, &p->properties, negated);
	if (negated)
		tg_class_invert(&p->set);
	atom->piece = tg_nfa_class(&p->out->nfa, &p->set);
	atom->set = p->properties.n ? NULL : &p->set;
}

/* One character or set between brackets; *c is UINT32_MAX for a set. */
static enum tg_status class_atom(struct parser *p, uint32_t *c)
{
	bool is_set;
	enum tg_status st;

	if (!take(p, "\\")) {
		*c = take_code_point(p);
		return TG_OK;
	}
	st = set_escape(p, &is_set);
	if (st || is_set) {
		*c = UINT32_MAX;
		return st;
	}
	if (take(p, "b")) {
		*c = '\b';
		return TG_OK;
	}
	if (take(p, "-")) {
		*c = '-';
		return TG_OK;
	}
	return character_escape(p, c);
}

static void add_character(struct parser *p, uint32_t c)
{
	if (c != UINT32_MAX)
		tg_class_add(&p->set, c, c);
}

/* [:alpha:] and its like mean something to other engines, and something else to ECMA-262: nobody writes them for that. */
static bool is_posix(const struct parser *p)
{
	char kind = ahead(p, 1);
	size_t i = 2;

	if (ahead(p, 0) != '[' || (kind != ':' && kind != '.' && kind != '='))
		return false;
	while (ahead(p, i) == '^' || (unsigned char)((ahead(p, i) | 0x20) - 'a') < 26)
		i++;
	return ahead(p, i) == kind && ahead(p, i + 1) == ']';
}

static enum tg_status class_range(struct parser *p)
{
	uint32_t low, high;
	enum tg_status st;

	if (is_posix(p))
		return fail(p, "ECMA-262 has no classes like [:alpha:]");
	st = class_atom(p, &low);
	if (st)
		return st;
	if (ahead(p, 0) != '-' || ahead(p, 1) == ']' || !ahead(p, 1)) {
		add_character(p, low);
		return TG_OK;
	}
	p->at++;
	if (is_posix(p))
		return fail(p, "ECMA-262 has no classes like [:alpha:]");
	st = class_atom(p, &high);
	if (st)
		return st;
	if (low == UINT32_MAX ||
	    high == UINT32_MAX) { /* [\w-.]: without u the three stand for themselves */
		p->out->loose = true;
		add_character(p, low);
		add_character(p, '-');
		add_character(p, high);
		return TG_OK;
	}
	if (low > high)
		return fail(p, "the range is out of order");
	tg_class_add(&p->set, low, high);
	return TG_OK;
}

/* Behind '['. */
static enum tg_status bracket(struct parser *p, struct atom *atom)
{
	bool negated = take(p, "^");

	begin_class(p);
	while (!take(p, "]")) {
		enum tg_status st;

		if (!more(p))
			return fail(p, "a ] is missing");
		st = class_range(p);
		if (st)
			return st;
	}
	end_class(p, negated, atom);
	return TG_OK;
}

static void literal(struct parser *p, uint32_t c, struct atom *atom)
{
	begin_class(p);
	tg_class_add(&p->set, c, c);
	if (p->set.n)
		put_code_point(&p->out->translated, c);
	else
		tg_buffer_puts(&p->out->translated, never);
	atom->piece = tg_nfa_class(&p->out->nfa, &p->set);
	atom->set = &p->set;
}

/*
 * Atoms
 */

/* A name of a group, behind '<'. */
static enum tg_status group_name(struct parser *p, struct tg_str *name)
{
	size_t start = p->at;

	while (more(p) && ahead(p, 0) != '>') {
		char c = ahead(p, 0);
		bool letter = (unsigned char)((c | 0x20) - 'a') < 26 || c == '_' || c == '$' ||
			      (unsigned char)c >= 0x80;

		if (!letter && !(p->at > start && tg_digit((unsigned char)c)))
			return fail(p, "a group's name is made of letters, digits, _ and $");
		p->at++;
	}
	*name = tg_str_from(p->text.p + start, p->at - start);
	if (name->n == 0 || !take(p, ">"))
		return fail(p, "expected a name and >");
	return TG_OK;
}

/* Behind '(' of a group that takes a number. */
static enum tg_status note_group(struct parser *p)
{
	struct tg_str name = TG_STR_NONE;

	if (take(p, "?<")) {
		enum tg_status st = group_name(p, &name);

		if (st)
			return st;
		for (uint32_t i = 0; i < p->groups; i++)
			if (tg_str_eq(p->name[i], name))
				return fail(p, "two groups have the same name");
	}
	p->name[p->groups++] = name;
	return TG_OK;
}

/* References may stand before their group, so all groups are found first. */
static enum tg_status find_groups(struct parser *p)
{
	bool in_class = false;
	enum tg_status st = TG_OK;

	p->name = tg_alloc_array(p->text.n + 1, sizeof(*p->name));
	for (p->at = 0; !st && more(p);) {
		if (take(p, "\\")) {
			p->at += more(p);
		} else if (!in_class && take(p, "(")) {
			bool named = ahead(p, 0) == '?' && ahead(p, 1) == '<' &&
				     ahead(p, 2) != '=' && ahead(p, 2) != '!';

			if (named || ahead(p, 0) != '?')
				st = note_group(p);
		} else {
			in_class = ahead(p, 0) == '[' || (in_class && ahead(p, 0) != ']');
			p->at++;
		}
	}
	p->at = 0;
	return st;
}

static enum tg_status reference(struct parser *p, uint32_t group, struct atom *atom)
{
	p->out->nfa.off = true;
	tg_buffer_printf(&p->out->translated, "\\g{%u}", group);
	atom->set = NULL;
	return TG_OK;
}

static enum tg_status named_reference(struct parser *p, struct atom *atom)
{
	struct tg_str name;
	enum tg_status st;

	if (!take(p, "<"))
		return fail(p, "expected \\k<name>");
	st = group_name(p, &name);
	if (st)
		return st;
	for (uint32_t i = 0; i < p->groups; i++)
		if (tg_str_eq(p->name[i], name))
			return reference(p, i + 1, atom);
	return fail(p, "no group has that name");
}

static enum tg_status numbered_reference(struct parser *p, struct atom *atom)
{
	uint32_t group = 0;

	for (; tg_digit((unsigned char)ahead(p, 0)) && group <= COUNT_MAX; p->at++)
		group = group * 10 + (uint32_t)(ahead(p, 0) - '0');
	if (group > p->groups)
		return fail(p, "there is no group %u", group);
	return reference(p, group, atom);
}

/* Behind a backslash, outside a class. */
static enum tg_status escape(struct parser *p, struct atom *atom)
{
	char e = ahead(p, 0);
	enum tg_status st;
	uint32_t c;
	bool is_set;

	if (e == 'b' || e == 'B') {
		p->at++;
		p->out->nfa.off = true;
		tg_buffer_printf(&p->out->translated, "\\%c", e);
		atom->no_count = "a boundary cannot be repeated";
		return TG_OK;
	}
	if (e >= '1' && e <= '9')
		return numbered_reference(p, atom);
	if (take(p, "k"))
		return named_reference(p, atom);
	begin_class(p);
	st = set_escape(p, &is_set);
	if (!st && is_set)
		end_class(p, false, atom);
	if (st || is_set)
		return st;
	st = character_escape(p, &c);
	if (!st)
		literal(p, c, atom);
	return st;
}

static void dot(struct parser *p, struct atom *atom)
{
	begin_class(p);
	tg_class_add(&p->set, '\n', '\n');
	tg_class_add(&p->set, '\r', '\r');
	tg_class_add(&p->set, 0x2028, 0x2029);
	end_class(p, true, atom);
}

static void edge(struct parser *p, enum tg_nfa_kind kind, struct atom *atom)
{
	tg_buffer_putc(&p->out->translated, kind == TG_NFA_START ? '^' : '$');
	atom->piece = tg_nfa_edge_of(&p->out->nfa, kind);
	atom->no_count = "^ and $ cannot be repeated";
	atom->kind = kind;
}

/*
 * Groups and alternatives
 */

static void begin_level(struct parser *p, enum group group)
{
	struct level *l = &p->level[p->levels++];

	l->group = group;
	l->both = tg_nfa_empty(&p->out->nfa);
	l->has_either = false;
}

/* The alternatives of the level are all there. */
static struct tg_piece end_level(struct parser *p)
{
	struct level *l = &p->level[--p->levels];

	return l->has_either ? tg_nfa_either(&p->out->nfa, l->either, l->both) : l->both;
}

static void alternative(struct parser *p)
{
	struct level *l = &p->level[p->levels - 1];

	tg_buffer_putc(&p->out->translated, '|');
	l->either = l->has_either ? tg_nfa_either(&p->out->nfa, l->either, l->both) : l->both;
	l->has_either = true;
	l->both = tg_nfa_empty(&p->out->nfa);
	p->row = ROW_BAD;
}

/* Behind '('. */
static enum tg_status open_group(struct parser *p)
{
	static const char *const look[] = { "?=", "?!", "?<=", "?<!" };
	struct tg_buffer *out = &p->out->translated;
	struct tg_str name;

	p->row = ROW_BAD;
	if (p->levels > TG_GROUPS_MAX)
		return fail(p, "groups stand more than %d deep in each other", TG_GROUPS_MAX);
	for (size_t i = 0; i < TG_COUNT(look); i++) {
		if (!take(p, look[i]))
			continue;
		tg_buffer_printf(out, "(%s", look[i]);
		p->out->nfa.off = true;
		begin_level(p, GROUP_LOOK);
		return TG_OK;
	}
	if (take(p, "?:")) {
		tg_buffer_puts(out, "(?:");
		begin_level(p, GROUP_PLAIN);
		return TG_OK;
	}
	if (take(p, "?<")) {
		enum tg_status st = group_name(p, &name);

		if (st)
			return st;
	} else if (ahead(p, 0) == '?') {
		return fail(p, "ECMA-262 has no group that begins so");
	}
	tg_buffer_putc(out, '(');
	begin_level(p, GROUP_CAPTURE);
	return TG_OK;
}

static enum tg_status close_group(struct parser *p, struct atom *atom)
{
	if (p->levels == 1)
		return fail(p, "a ) without its (");
	if (p->level[p->levels - 1].group == GROUP_LOOK)
		atom->no_count = "a look ahead or behind cannot be repeated";
	atom->piece = end_level(p);
	tg_buffer_putc(&p->out->translated, ')');
	return TG_OK;
}

/*
 * Quantifiers
 */

/* {2}, {2,} or {2,5}; false, and nothing taken, for anything else: then the brace stands for itself. */
static bool braces(struct parser *p, uint64_t *least, uint64_t *most)
{
	size_t before = p->at;
	uint64_t from = 0, end = UINT64_MAX, *to = &from;

	if (!take(p, "{") || !tg_digit((unsigned char)ahead(p, 0))) {
		p->at = before;
		return false;
	}
	for (;; p->at++) {
		char c = ahead(p, 0);

		if (tg_digit((unsigned char)c)) {
			if (*to == UINT64_MAX)
				*to = 0;
			if (*to <= COUNT_MAX)
				*to = *to * 10 + (uint64_t)(c - '0');
		} else if (c == ',' && to == &from) {
			to = &end;
		} else if (c == '}') {
			p->at++;
			*least = from;
			*most = to == &from ? from : end;
			return true;
		} else {
			p->at = before;
			return false;
		}
	}
}

static bool quantifier(struct parser *p, uint64_t *least, uint64_t *most)
{
	bool plus = ahead(p, 0) == '+', question = ahead(p, 0) == '?';

	if (!take(p, "*") && !take(p, "+") && !take(p, "?"))
		return braces(p, least, most);
	*least = plus;
	*most = question ? 1 : UINT64_MAX;
	return true;
}

static void put_quantifier(struct parser *p, uint64_t least, uint64_t most)
{
	struct tg_buffer *out = &p->out->translated;

	tg_buffer_printf(out, "{%u,", (unsigned)least);
	if (most != UINT64_MAX)
		tg_buffer_printf(out, "%u", (unsigned)most);
	tg_buffer_putc(out, '}');
	if (take(p, "?"))
		tg_buffer_putc(out, '?');
}

/* The row of counted classes, as long as the pattern is one. */
static void row_item(struct parser *p, const struct atom *atom, uint64_t least, uint64_t most)
{
	struct tg_row *row = &p->out->row;
	uint8_t bit = (uint8_t)(1U << row->items);

	if (p->row == ROW_BEGIN && atom->kind == TG_NFA_START) {
		p->row = ROW_ITEMS;
	} else if (p->row == ROW_ITEMS && atom->kind == TG_NFA_END) {
		p->row = ROW_DONE;
	} else if (p->row == ROW_ITEMS && atom->set && atom->set->n && row->items < TG_ROW_MAX &&
		   atom->set->range[atom->set->n - 1].high < 0x80) {
		for (size_t i = 0; i < atom->set->n; i++)
			for (uint32_t c = atom->set->range[i].low; c <= atom->set->range[i].high;
			     c++)
				row->member[c] |= bit;
		row->item[row->items].least = (uint32_t)least;
		row->item[row->items++].most = most == UINT64_MAX ? UINT32_MAX : (uint32_t)most;
		row->shortest += least;
		row->longest = most == UINT64_MAX || row->longest == UINT64_MAX
				       ? UINT64_MAX
				       : row->longest + most;
	} else {
		p->row = ROW_BAD;
	}
}

/* Whether a run as long as can be is always right: no byte that ends one run could have been in it. */
static bool row_is_greedy(const struct tg_row *row)
{
	for (uint32_t i = 0; i < row->items; i++) {
		uint8_t behind = 0;

		if (row->item[i].least == row->item[i].most)
			continue;
		for (uint32_t k = i + 1; k < row->items; k++) {
			behind |= (uint8_t)(1U << k);
			if (row->item[k].least)
				break;
		}
		for (unsigned c = 0; c < 0x80; c++)
			if ((row->member[c] & 1U << i) && (row->member[c] & behind))
				return false;
	}
	return true;
}

/* Takes the atom's quantifier, if it has one, and puts it behind what the level has. */
static enum tg_status place(struct parser *p, struct atom *atom)
{
	struct level *l = &p->level[p->levels - 1];
	uint64_t least = 1, most = 1;

	if (quantifier(p, &least, &most)) {
		if (atom->no_count)
			return fail(p, "%s", atom->no_count);
		if (least > COUNT_MAX || (most > COUNT_MAX && most != UINT64_MAX))
			return fail(p, "a count is above %d", COUNT_MAX);
		if (least > most)
			return fail(p, "the counts are out of order");
		put_quantifier(p, least, most);
		atom->piece = tg_nfa_repeat(&p->out->nfa, atom->piece, (uint32_t)least,
					    most == UINT64_MAX ? UINT32_MAX : (uint32_t)most);
	}
	row_item(p, atom, least, most);
	l->both = tg_nfa_both(&p->out->nfa, l->both, atom->piece);
	return TG_OK;
}

/*
 * The whole
 */

static enum tg_status term(struct parser *p)
{
	struct atom atom = { .kind = TG_NFA_EMPTY };
	enum tg_status st = TG_OK;
	uint64_t least, most;

	if (take(p, "|")) {
		alternative(p);
		return TG_OK;
	}
	if (take(p, "("))
		return open_group(p);
	if (take(p, ")"))
		st = close_group(p, &atom);
	else if (take(p, "^"))
		edge(p, TG_NFA_START, &atom);
	else if (take(p, "$"))
		edge(p, TG_NFA_END, &atom);
	else if (take(p, "."))
		dot(p, &atom);
	else if (take(p, "["))
		st = bracket(p, &atom);
	else if (take(p, "\\"))
		st = escape(p, &atom);
	else if (quantifier(p, &least, &most))
		st = fail(p, "there is nothing to repeat before the quantifier");
	else {
		if (strchr("{}]", ahead(p, 0)) && ahead(p, 0))
			p->out->loose = true;
		literal(p, take_code_point(p), &atom);
	}
	return st ? st : place(p, &atom);
}

enum tg_status tg_parse(struct tg_parse *parse, struct tg_str text, struct tg_error *err)
{
	struct parser p = { .out = parse, .text = text, .err = err };
	enum tg_status st;

	*parse = (struct tg_parse){ .loose = false };
	p.level = tg_alloc_array(TG_GROUPS_MAX + 1, sizeof(*p.level));
	st = find_groups(&p);
	begin_level(&p, GROUP_PLAIN);
	while (!st && more(&p))
		st = term(&p);
	if (!st && p.levels > 1)
		st = fail(&p, "a ) is missing");
	if (!st) {
		parse->whole = end_level(&p);
		parse->row_good = p.row == ROW_DONE && row_is_greedy(&parse->row);
		tg_row_settle(&parse->row);
	}
	tg_free(p.level);
	tg_free(p.name);
	tg_class_release(&p.set);
	tg_buffer_release(&p.properties);
	return st;
}

void tg_parse_release(struct tg_parse *parse)
{
	tg_buffer_release(&parse->translated);
	tg_nfa_release(&parse->nfa);
}

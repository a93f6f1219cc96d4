#include "tests/fuzz/json_check.h"

#include "common/base/utf8.h"
#include "common/json/canon.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t taken;

/* Says what is wrong, once for all callers up the stack. */
#define MUST(condition, about)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return "" about " (" #condition ")";                                       \
	} while (0)

/* A result of a scan that lasts. */
struct result {
	enum tg_scan_fault fault;
	size_t at;
	struct tg_str why;
	struct tg_record rec;
	struct tg_scanner *scanner; /* owns the spans */
};

/* Scanners that are used again, since making one costs more than a short text. */
static struct tg_scanner *idle[8];

static void result_release(struct result *r)
{
	for (size_t i = 0; i < TG_COUNT(idle); i++) {
		if (!idle[i]) {
			idle[i] = TG_TAKE(r->scanner);
			return;
		}
	}
	tg_scanner_free(&r->scanner);
}

static struct result scan(struct tg_str text)
{
	struct result r = { .scanner = NULL };

	for (size_t i = 0; !r.scanner && i < TG_COUNT(idle); i++)
		r.scanner = TG_TAKE(idle[i]);
	if (!r.scanner)
		r.scanner = tg_scanner_new();

	r.fault = tg_scan(r.scanner, text, &r.rec);
	if (r.fault)
		r.why = tg_scanner_fault(r.scanner, &r.at);
	return r;
}

/* The text in memory of its very size and slack, so that a sanitizer sees every byte too far. What stands behind it is unkind: what
 * would close, go on or break a sequence, by turns. */
static struct tg_str padded(struct tg_str text, void *owner)
{
	static const char *const behind[] = { "\"}]",	  "0123456789", "\\u0041", ",",
					      "\xbf\x80", " \n",	"\"\"",	   "eE+-1." };
	const char *fill = behind[text.n % TG_COUNT(behind)];
	char *p = malloc(text.n + TG_SLACK);

	if (!p)
		abort();
	if (text.n)
		memcpy(p, text.p, text.n);
	for (size_t i = 0; i < TG_SLACK; i++)
		p[text.n + i] = fill[i % strlen(fill)];
	memcpy(owner, &p, sizeof(p));
	return tg_str_from(p, text.n);
}

static bool holds(struct tg_str s, const char *any)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] && strchr(any, s.p[i]))
			return true;
	}
	return false;
}

static bool is_ascii(struct tg_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] > 0x7f)
			return false;
	}
	return true;
}

static const char *check_leaf(const struct tg_record *rec, const struct tg_span *span)
{
	struct tg_str text = tg_span_text(rec, span), raw = tg_span_raw(rec, span);
	unsigned flags = 0;

	switch ((enum tg_kind)span->kind) {
	case TG_NULL:
		MUST(tg_str_is(text, "null"), "a null");
		break;
	case TG_FALSE:
		MUST(tg_str_is(text, "false"), "a false");
		break;
	case TG_TRUE:
		MUST(tg_str_is(text, "true"), "a true");
		break;
	case TG_NUMBER:
		MUST(tg_number_is(text), "a number");
		flags = holds(text, ".eE") ? TG_SPAN_FRACTION : 0;
		break;
	case TG_STRING:
		MUST(raw.n >= 2 && raw.p[0] == '"' && raw.p[raw.n - 1] == '"', "quotes");
		flags = (holds(text, "\\") ? TG_SPAN_ESCAPED : 0U) |
			(is_ascii(text) ? 0U : TG_SPAN_WIDE);
		break;
	case TG_ARRAY:
		MUST(raw.n >= 2 && raw.p[0] == '[' && raw.p[raw.n - 1] == ']', "brackets");
		break;
	case TG_OBJECT:
		MUST(raw.n >= 2 && raw.p[0] == '{' && raw.p[raw.n - 1] == '}', "braces");
		break;
	}
	MUST(span->flags == flags, "flags");
	MUST(span->spare == 0, "what is spare is zero");
	return NULL;
}

/* Nesting, order and bounds of spans: each container's children fill it, one behind the other. */
static const char *check_spans(const struct tg_record *rec)
{
	const struct tg_span *span = rec->span;

	MUST(rec->spans > 0 && span[0].next == rec->spans, "the whole");
	for (uint32_t i = 0; i < rec->spans; i++) {
		const char *wrong = check_leaf(rec, span + i);
		struct tg_str raw = tg_span_raw(rec, span + i);
		bool object = span[i].kind == TG_OBJECT;
		const char *from = raw.p + 1;
		uint32_t k = i + 1, child = 0;

		if (wrong)
			return wrong;
		MUST(raw.p >= rec->text.p && raw.p + raw.n <= rec->text.p + rec->text.n, "bounds");
		MUST(span[i].next > i && span[i].next <= rec->spans, "next");
		if (span[i].kind < TG_ARRAY) {
			MUST(span[i].next == i + 1, "a leaf holds nothing");
			continue;
		}
		for (; k < span[i].next; k = span[k].next, child++) {
			struct tg_str inner = tg_span_raw(rec, span + k);

			MUST(inner.p >= from && inner.p + inner.n < raw.p + raw.n, "children");
			MUST(!object || child % 2 || span[k].kind == TG_STRING, "keys");
			from = inner.p + inner.n;
		}
		MUST(k == span[i].next && (!object || child % 2 == 0), "pairs");
	}
	return NULL;
}

/* A number as jansson has it, an integer of 64 bits or a double. */
static const char *check_number(struct tg_str text, bool fraction, const json_t *value)
{
	char printed[32];

	MUST(json_is_integer(value) == !fraction, "integer or real");
	if (fraction)
		return NULL;
	snprintf(printed, sizeof(printed), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	MUST(tg_number_compare(text, tg_str_of(printed)) == 0, "an integer's value");
	MUST(tg_number_is_integer(text), "an integer is one");
	return NULL;
}

static const char *check_tree(const struct tg_record *rec, const struct tg_span *span,
			      json_t *value)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	const char *wrong = NULL;
	size_t index = 0;

	switch ((enum tg_kind)span->kind) {
	case TG_NULL:
		MUST(json_is_null(value), "null");
		break;
	case TG_FALSE:
		MUST(json_is_false(value), "false");
		break;
	case TG_TRUE:
		MUST(json_is_true(value), "true");
		break;
	case TG_NUMBER:
		MUST(json_is_number(value), "number");
		wrong = check_number(tg_span_text(rec, span), span->flags & TG_SPAN_FRACTION,
				     value);
		break;
	case TG_STRING:
		MUST(json_is_string(value), "string");
		MUST(tg_str_eq(tg_text_get(&arena, rec, span),
			       tg_str_from(json_string_value(value), json_string_length(value))),
		     "a string's text");
		break;
	case TG_ARRAY:
		MUST(json_is_array(value), "array");
		for (const struct tg_span *s = span + 1; !wrong && s < rec->span + span->next;
		     s = rec->span + s->next)
			wrong = check_tree(rec, s, json_array_get(value, index++));
		MUST(wrong || index == json_array_size(value), "elements");
		break;
	case TG_OBJECT:
		MUST(json_is_object(value), "object");
		for (const struct tg_span *s = span + 1; !wrong && s < rec->span + span->next;
		     s = rec->span + s[1].next, index++) {
			struct tg_str name = tg_text_get(&arena, rec, s);
			json_t *member = json_object_getn(value, name.p, name.n);

			MUST(member, "a member by its name");
			MUST(tg_member_find(rec, span, name) == s + 1, "the same by ours");
			wrong = check_tree(rec, s + 1, member);
		}
		MUST(wrong || index == json_object_size(value), "members");
		break;
	}
	return wrong;
}

/* jansson skips a NUL behind a number or a keyword. */
static bool at_skipped_nul(struct tg_str text, const struct result *r)
{
	return r->fault == TG_SCAN_SYNTAX && r->at > 0 && r->at < text.n && text.p[r->at] == '\0' &&
	       holds(tg_str_from(text.p + r->at - 1, 1), "0123456789el");
}

/* The two judge alike, but for that NUL, for numbers that jansson's types do not hold, and for U+0000 in a key. */
static const char *check_jansson(struct tg_str text, const struct result *r)
{
	json_error_t error;
	json_t *value = json_loadb(
		text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	enum json_error_code code = value ? json_error_unknown : json_error_code(&error);
	const char *wrong = NULL;

	if (value && !r->fault)
		wrong = check_tree(&r->rec, r->rec.span, value);
	else if (value && !at_skipped_nul(text, r))
		wrong = "jansson takes it and we do not";
	else if (!value && !r->fault && code != json_error_numeric_overflow &&
		 code != json_error_null_byte_in_key)
		wrong = "we take it and jansson does not";
	else if (!value && code == json_error_duplicate_key && r->fault != TG_SCAN_DUPLICATE &&
		 r->fault != TG_SCAN_ENCODING &&
		 !at_skipped_nul(text, r)) /* UTF-8 is our first question */
		wrong = "only jansson finds a key twice";
	json_decref(value);
	return wrong;
}

static const char *check_strings(const struct tg_record *rec, struct tg_arena *arena)
{
	for (uint32_t i = 0; i < rec->spans; i++) {
		const struct tg_span *span = rec->span + i;
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;
		TG_OWN(result_release) struct result again = { 0 };
		struct tg_str text;

		if (span->kind != TG_STRING)
			continue;
		text = tg_text_get(arena, rec, span);
		tg_text_decode(&b, rec, span);
		MUST(tg_str_eq(text, tg_buffer_str(&b)), "both ways to decode");
		MUST(tg_text_eq(rec, span, text), "equal to its own text");
		MUST(tg_text_length(rec, span) == tg_utf8_count(text), "length");
		MUST(!text.n || !tg_text_eq(rec, span, tg_str_from(text.p, text.n - 1)), "shorter");
		tg_buffer_clear(&b);
		tg_json_put_string(&b, text);
		tg_buffer_room(&b, 0);
		again = scan(tg_buffer_str(&b));
		MUST(!again.fault && again.rec.spans == 1, "encoded again");
		tg_text_decode(&back, &again.rec, again.rec.span);
		MUST(tg_str_eq(tg_buffer_str(&back), text), "and decoded again");
		if (i > 40)
			break; /* they are all alike; time is short */
	}
	return NULL;
}

static const char *check_pointers(const struct tg_record *rec, struct tg_arena *arena)
{
	uint32_t step = rec->spans / 20 + 1;

	for (uint32_t i = 0; i < rec->spans; i += step) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
		const struct tg_span *found;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_pointer p;

		tg_pointer_put(&b, rec, rec->span + i);
		MUST(tg_pointer_compile(&p, tg_buffer_str(&b), arena, &err) == TG_OK, "a pointer");
		found = tg_pointer_find(&p, rec);
		/* A key has the pointer of its value. */
		MUST(found == rec->span + i ||
			     (found == rec->span + i + 1 && found[-1].kind == TG_STRING),
		     "the way there and back");
	}
	return NULL;
}

static const char *check_canonical(const struct tg_record *rec, struct tg_arena *scratch)
{
	TG_OWN(tg_buffer_release) struct tg_buffer once = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer twice = TG_BUFFER_INIT;
	TG_OWN(result_release) struct result again = { 0 };

	MUST(tg_value_eq(rec, rec->span, rec, rec->span, scratch), "equal to itself");
	tg_canon_put(&once, rec, rec->span, scratch);
	tg_buffer_room(&once, 0);
	again = scan(tg_buffer_str(&once));
	MUST(!again.fault, "the canonical form is JSON");
	MUST(again.rec.spans == rec->spans, "of as many values");
	MUST(tg_value_eq(rec, rec->span, &again.rec, again.rec.span, scratch), "and equal");
	MUST(tg_value_eq(&again.rec, again.rec.span, rec, rec->span, scratch), "both ways");
	tg_canon_put(&twice, &again.rec, again.rec.span, scratch);
	MUST(tg_str_eq(tg_buffer_str(&once), tg_buffer_str(&twice)), "and its own");
	return NULL;
}

static const char *check_levels(struct tg_str text, const struct result *first)
{
	static const char *const level[] = { "scalar", "neon", "sse2", "avx2", "avx512" };

	for (size_t i = 0; i < TG_COUNT(level); i++) {
		TG_OWN(result_release) struct result r = { 0 };

		if (!tg_scan_choose(level[i]))
			continue;
		r = scan(text);
		if (!tg_scan_choose(NULL))
			return "no level at all";
		MUST(r.fault == first->fault && r.at == first->at, "one fault at all levels");
		MUST(tg_str_eq(r.why, first->why), "in the same words");
		if (r.fault)
			continue;
		MUST(r.rec.spans == first->rec.spans, "as many spans at all levels");
		MUST(memcmp(r.rec.span, first->rec.span, r.rec.spans * sizeof(*r.rec.span)) == 0,
		     "the same spans at all levels");
	}
	return NULL;
}

static const char *same_record(const struct tg_record *rec, const struct tg_record *first, size_t n)
{
	MUST(rec->text.n == n && rec->spans == first->spans, "a line's text and spans");
	MUST(memcmp(rec->span, first->span, rec->spans * sizeof(*rec->span)) == 0,
	     "the same spans of a line");
	return NULL;
}

/* As lines, of which several are marked at once: those that are plain have the same spans, and those that are none are well or bad
 * as by themselves. The second time their keys are known. */
static const char *check_lines(struct tg_str text, const struct result *first)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	TG_OWN(tg_free_pointer) void *owner = NULL;
	TG_OWN(result_release) struct result r = { 0 };
	bool cr = text.n && text.p[text.n - 1] == '\r';
	struct tg_str lines;

	if (memchr(text.p, '\n', text.n)) /* a blank within a text, and no line */
		return NULL;
	for (size_t i = 0; i < 3; i++) {
		tg_buffer_put_str(&b, text);
		tg_buffer_puts(&b, i < 2 ? "\n" : "");
	}
	lines = padded(tg_buffer_str(&b), &owner);
	r.scanner = tg_scanner_new();
	for (size_t i = 0; i < 3; i++) {
		bool plain = tg_scan_line(r.scanner, lines, &r.rec);
		const char *wrong = NULL;

		if (i == 2) {
			MUST(!plain, "a line without its end");
			break;
		}
		MUST(plain == (!first->fault && !cr) || text.n > 10000, "which lines are plain");
		if (plain)
			wrong = same_record(&r.rec, &first->rec, text.n);
		if (!wrong && !first->fault) {
			MUST(!tg_scan(r.scanner, tg_str_from(lines.p, text.n), &r.rec),
			     "a line by itself, in between");
			wrong = same_record(&r.rec, &first->rec, text.n);
		}
		if (wrong)
			return wrong;
		lines = tg_str_after(lines, text.n + 1);
	}
	return NULL;
}

const char *json_check(struct tg_str text)
{
	TG_OWN(tg_free_pointer) void *owner = NULL;
	TG_OWN(result_release) struct result r = { 0 };
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	const char *wrong;

	text = padded(text, &owner);
	r = scan(text);
	wrong = check_levels(text, &r);
	if (!wrong)
		wrong = check_lines(text, &r);
	if (!wrong)
		wrong = check_jansson(text, &r);
	if (r.fault) {
		MUST(wrong || (r.at <= text.n && r.why.n), "a fault has a place and a reason");
		return wrong;
	}
	taken++;
	if (!wrong)
		wrong = check_spans(&r.rec);
	if (!wrong)
		wrong = check_strings(&r.rec, &arena);
	if (!wrong)
		wrong = check_pointers(&r.rec, &arena);
	if (!wrong)
		wrong = check_canonical(&r.rec, &arena);
	return wrong;
}

uint64_t json_check_taken(void)
{
	return taken;
}

#include "common/compat/report.h"

#include "common/base/utf8.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

enum { TEXT_MAX = 4000 };

static const char *const way_name[TG_COMPAT_WAYS] = { "backward", "forward" };

static const char *const effect_name[] = {
	[TG_COMPAT_SAME] = "note",	   [TG_COMPAT_WIDENED] = "widened",
	[TG_COMPAT_NARROWED] = "narrowed", [TG_COMPAT_CHANGED] = "changed",
	[TG_COMPAT_UNSURE] = "unknown",
};

const char *tg_compat_word(enum tg_compat_verdict verdict)
{
	static const char *const word[] = { "compatible", "incompatible", "unknown" };

	return word[verdict];
}

static bool breaks(const struct tg_compat_change *c, enum tg_compat_way way)
{
	return way == TG_COMPAT_BACKWARD ? c->narrows : c->widens;
}

enum tg_compat_verdict tg_compat_verdict_of(const struct tg_compat_report *r,
					    enum tg_compat_way way)
{
	enum tg_compat_verdict verdict = r->answer[way].verdict;

	for (size_t i = 0; i < r->keys && verdict != TG_COMPAT_NO; i++)
		if (breaks(&r->key[i], way))
			verdict = r->key[i].effect == TG_COMPAT_UNSURE ? TG_COMPAT_UNKNOWN
								       : TG_COMPAT_NO;
	return verdict;
}

static bool asked(const struct tg_compat_report *r, enum tg_compat_way way)
{
	return r->asked >> way & 1;
}

enum tg_compat_verdict tg_compat_verdict(const struct tg_compat_report *r)
{
	enum tg_compat_verdict all = TG_COMPAT_YES;

	for (enum tg_compat_way way = 0; way < TG_COMPAT_WAYS; way++) {
		enum tg_compat_verdict one = tg_compat_verdict_of(r, way);

		if (asked(r, way) && (one == TG_COMPAT_NO || (one == TG_COMPAT_UNKNOWN && !all)))
			all = one;
	}
	return all;
}

/*
 * For people
 */

static const char *advice_of(const struct tg_compat_report *r, const struct tg_compat_change *c)
{
	if (asked(r, TG_COMPAT_BACKWARD) && c->narrows)
		return c->advice;
	if (asked(r, TG_COMPAT_FORWARD) && c->widens)
		return c->forward;
	return NULL;
}

static const char *who_breaks(const struct tg_compat_change *c)
{
	if (c->narrows && c->widens)
		return "old and new readers";
	return c->narrows ? "new readers" : "old readers";
}

static void put_change(struct tg_buffer *out, const struct tg_compat_report *r,
		       const struct tg_compat_change *c)
{
	const char *advice = advice_of(r, c);
	struct tg_str at = c->new.p ? c->new : c->old;

	tg_buffer_printf(out, "%-10s", effect_name[c->effect]);
	if (at.n)
		tg_utf8_put_safe(out, at, TEXT_MAX);
	else
		tg_buffer_puts(out, "the whole");
	tg_buffer_puts(out, c->new.p ? ": " : " of the old version: ");
	tg_utf8_put_safe(out, c->message, TEXT_MAX);
	if (c->effect == TG_COMPAT_UNSURE)
		tg_buffer_printf(out, " (whether it breaks %s is not known)", who_breaks(c));
	else if (c->narrows || c->widens)
		tg_buffer_printf(out, " (breaks %s)", who_breaks(c));
	tg_buffer_putc(out, '\n');
	if (advice)
		tg_buffer_printf(out, "%10sinstead: %s\n", "", advice);
}

/* The first thing that the validator says against a witness. */
static void put_refusal(struct tg_buffer *out, struct tg_str faults)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_record rec;
	const struct tg_span *pointer, *message;

	if (!faults.n || tg_document_parse(&rec, faults, &arena, &err) || rec.spans < 2)
		return;
	pointer = tg_member_find(&rec, &rec.span[1], TG_STR("pointer"));
	message = tg_member_find(&rec, &rec.span[1], TG_STR("message"));
	if (!message)
		return;
	tg_buffer_printf(out, "%10srefused: ", "");
	if (pointer && pointer->n) {
		tg_utf8_put_safe(out, tg_text_get(&arena, &rec, pointer), TEXT_MAX);
		tg_buffer_putc(out, ' ');
	}
	tg_utf8_put_safe(out, tg_text_get(&arena, &rec, message), TEXT_MAX);
	tg_buffer_putc(out, '\n');
}

static void put_way(struct tg_buffer *out, const struct tg_compat_report *r, enum tg_compat_way way)
{
	const struct tg_compat_answer *a = &r->answer[way];
	enum tg_compat_verdict verdict = tg_compat_verdict_of(r, way);
	struct tg_str from = way == TG_COMPAT_BACKWARD ? r->old : r->new;
	struct tg_str to = way == TG_COMPAT_BACKWARD ? r->new : r->old;

	tg_buffer_printf(out, "%-10s%s: ", way_name[way], tg_compat_word(verdict));
	if (verdict == TG_COMPAT_UNKNOWN && a->verdict == TG_COMPAT_UNKNOWN) {
		tg_buffer_puts(out, a->why);
		if (a->at.p) {
			tg_buffer_puts(out, ", at ");
			tg_utf8_put_safe(out, a->at, TEXT_MAX);
			tg_buffer_printf(out, " of the %s version", a->version ? "new" : "old");
		}
	} else if (verdict == TG_COMPAT_UNKNOWN) {
		tg_buffer_puts(out, "the schemas are, but of the rules it is not known");
	} else if (verdict == TG_COMPAT_NO && a->verdict != TG_COMPAT_NO) {
		tg_buffer_puts(out, "what is said beyond the schema does not go together");
	} else {
		tg_utf8_put_safe(out, to, TEXT_MAX);
		tg_buffer_puts(out, verdict == TG_COMPAT_YES ? " takes all that "
							     : " does not take all that ");
		tg_utf8_put_safe(out, from, TEXT_MAX);
		tg_buffer_puts(out, " takes");
	}
	tg_buffer_putc(out, '\n');
	if (a->witness.p) {
		tg_buffer_printf(out, "%10switness: ", "");
		tg_utf8_put_safe(out, a->witness, TEXT_MAX);
		tg_buffer_putc(out, '\n');
		put_refusal(out, a->faults);
		if (!a->faults.p)
			tg_buffer_printf(out, "%10srefused: it breaks a rule (x-rules)\n", "");
	}
	if (r->lenient && r->strict[way] != a->verdict)
		tg_buffer_printf(out, "%10sby --policy strict: %s\n", "",
				 tg_compat_word(r->strict[way]));
}

void tg_compat_put_text(struct tg_buffer *out, const struct tg_compat_report *r)
{
	for (size_t i = 0; i < r->changes; i++)
		put_change(out, r, &r->change[i]);
	for (size_t i = 0; i < r->keys; i++)
		put_change(out, r, &r->key[i]);
	for (enum tg_compat_way way = 0; way < TG_COMPAT_WAYS; way++)
		if (asked(r, way))
			put_way(out, r, way);
}

/*
 * For programs
 */

static void put_json_change(struct tg_buffer *out, const struct tg_compat_report *r,
			    const struct tg_compat_change *c)
{
	const char *advice = advice_of(r, c);

	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "effect", tg_str_of(effect_name[c->effect]));
	tg_json_put_member(out, "keyword", tg_str_of(c->keyword));
	tg_json_put_member(out, "old", c->old);
	tg_json_put_member(out, "new", c->new);
	tg_json_put_name(out, "breaks");
	tg_buffer_printf(out, "[%s%s%s]", c->narrows ? "\"new readers\"" : "",
			 c->narrows && c->widens ? "," : "", c->widens ? "\"old readers\"" : "");
	tg_json_put_member(out, "message", c->message);
	tg_json_put_member(out, "advice", tg_str_of(advice));
	tg_buffer_puts(out, "}\n");
}

/* A value of ours or a record: on one line. */
static void put_json_way(struct tg_buffer *out, const struct tg_compat_report *r,
			 enum tg_compat_way way)
{
	const struct tg_compat_answer *a = &r->answer[way];

	tg_json_put_name(out, way_name[way]);
	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "verdict", tg_str_of(tg_compat_word(tg_compat_verdict_of(r, way))));
	tg_json_put_member_json(out, "witness", a->witness);
	tg_json_put_member_json(out, "errors", a->faults);
	if (a->verdict == TG_COMPAT_UNKNOWN) {
		tg_json_put_member(out, "why", tg_str_of(a->why));
		if (a->at.p)
			tg_json_put_member(out, a->version ? "new" : "old", a->at);
	}
	if (r->lenient)
		tg_json_put_member(out, "strict", tg_str_of(tg_compat_word(r->strict[way])));
	tg_buffer_putc(out, '}');
}

void tg_compat_put_json(struct tg_buffer *out, const struct tg_compat_report *r)
{
	for (size_t i = 0; i < r->changes; i++)
		put_json_change(out, r, &r->change[i]);
	for (size_t i = 0; i < r->keys; i++)
		put_json_change(out, r, &r->key[i]);
	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "verdict", tg_str_of(tg_compat_word(tg_compat_verdict(r))));
	tg_json_put_member(out, "old", r->old);
	tg_json_put_member(out, "new", r->new);
	tg_json_put_member(out, "mode",
			   tg_str_of(r->asked == TG_COMPAT_ASK_BACKWARD	 ? "backward"
				     : r->asked == TG_COMPAT_ASK_FORWARD ? "forward"
									 : "full"));
	tg_json_put_member(out, "policy", tg_str_of(r->lenient ? "lenient" : "strict"));
	for (enum tg_compat_way way = 0; way < TG_COMPAT_WAYS; way++)
		if (asked(r, way))
			put_json_way(out, r, way);
	tg_buffer_puts(out, "}\n");
}

/*
 * The changelog
 */

void tg_compat_put_changelog(struct tg_buffer *out, const struct tg_compat_report *r,
			     struct tg_str version, struct tg_str day, const char *step)
{
	enum tg_compat_verdict verdict = tg_compat_verdict_of(r, TG_COMPAT_BACKWARD);

	tg_buffer_printf(out, "## %.*s (%.*s)\n\n%s: ", TG_STR_ARG(version), TG_STR_ARG(day), step);
	if (verdict == TG_COMPAT_YES && tg_compat_verdict_of(r, TG_COMPAT_FORWARD) == TG_COMPAT_YES)
		tg_buffer_printf(out, "the same records are taken as by %.*s", TG_STR_ARG(r->old));
	else if (verdict == TG_COMPAT_YES)
		tg_buffer_printf(out, "all records of %.*s are still taken", TG_STR_ARG(r->old));
	else if (verdict == TG_COMPAT_NO)
		tg_buffer_printf(out, "some records of %.*s are no longer taken",
				 TG_STR_ARG(r->old));
	else
		tg_buffer_printf(out, "whether all records of %.*s are still taken is not known",
				 TG_STR_ARG(r->old));
	tg_buffer_puts(out, ".\n\n");
	for (size_t i = 0; i < r->changes + r->keys; i++) {
		const struct tg_compat_change *c =
			i < r->changes ? &r->change[i] : &r->key[i - r->changes];

		tg_buffer_printf(out, "- %s: `", effect_name[c->effect]);
		tg_utf8_put_safe(out, c->new.p ? c->new : c->old, TEXT_MAX);
		tg_buffer_puts(out, "`: ");
		tg_utf8_put_safe(out, c->message, TEXT_MAX);
		tg_buffer_puts(out, ".\n");
	}
	if (r->changes + r->keys)
		tg_buffer_putc(out, '\n');
}

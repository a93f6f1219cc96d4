#include "common/rules/totals.h"

#include "common/base/check.h"
#include "common/json/number.h"
#include "common/json/sum.h"
#include "common/json/text.h"
#include "common/rules/read.h"

enum { SUMS_MAX = 16 };

/* What a total must be. */
struct target {
	const struct tg_span *number; /* of the contract; NULL: the trailer's */
	struct tg_str text;	      /* of the number, once it is known */
};

struct total {
	struct tg_path path;
	struct target target;
	struct tg_sum sum;
	bool beyond; /* a number had too many digits; on this line: */
	uint64_t line;
};

struct tg_totals {
	const struct tg_contract *contract;
	bool counts;
	struct target count;
	struct total *total;
	size_t totals;
};

/* A number, or "trailer". */
static enum tg_status read_target(const struct tg_reader *c, struct target *target,
				  const struct tg_span *v)
{
	if (v->kind == TG_STRING && tg_text_eq(c->doc, v, TG_STR("trailer")))
		return TG_OK;
	if (v->kind != TG_NUMBER)
		return TG_READ_FAULT(c, v, "must be a number, or \"trailer\"");
	target->number = v;
	target->text = tg_span_text(c->doc, v);
	return TG_OK;
}

static enum tg_status read_sums(const struct tg_reader *c, struct tg_totals *t,
				const struct tg_span *v)
{
	const struct tg_span *span = c->doc->span;
	enum tg_status st = TG_OK;
	size_t n = tg_read_count(c, v);

	if (v->kind != TG_OBJECT || n == 0)
		return TG_READ_FAULT(c, v, "must be an object such as {\"/amount\": \"trailer\"}");
	if (n > SUMS_MAX)
		return TG_READ_FAULT(c, v, "has %zu sums, and at most %d can be kept", n, SUMS_MAX);
	t->total = tg_arena_array(c->arena, n, sizeof(*t->total));
	for (size_t k = tg_read_index(c, v) + 1; !st && k < v->next; k = span[k + 1].next) {
		struct total *total = t->total + t->totals++;

		st = tg_read_path_text(c, &total->path, span + k + 1,
				       tg_text_get(c->arena, c->doc, span + k), true);
		if (!st)
			st = read_target(c, &total->target, span + k + 1);
		if (!st && total->target.number &&
		    !tg_sum_add(&total->sum, total->target.text, false))
			st = TG_READ_FAULT(c, span + k + 1, "has too many digits for a sum");
		tg_sum_clear(&total->sum);
	}
	return st;
}

static enum tg_status read_count(const struct tg_reader *c, struct tg_totals *t,
				 const struct tg_span *v)
{
	enum tg_status st = read_target(c, &t->count, v);

	t->counts = true;
	if (!st && v->kind == TG_NUMBER &&
	    (!tg_number_is_integer(t->count.text) ||
	     tg_number_compare(t->count.text, TG_STR("0")) < 0))
		st = TG_READ_FAULT(c, v, "must be a whole number, or \"trailer\"");
	return st;
}

enum tg_status tg_totals_open(struct tg_totals **totals, const struct tg_contract *contract,
			      struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_reader c = { contract, &contract->document, arena, err };
	const struct tg_span *count = tg_member_find(c.doc, c.doc->span, TG_STR("x-count"));
	const struct tg_span *sums = tg_member_find(c.doc, c.doc->span, TG_STR("x-sum"));
	struct tg_totals *made;
	enum tg_status st = TG_OK;

	*totals = NULL;
	if (!count && !sums)
		return TG_OK;
	made = tg_arena_take(arena, sizeof(*made));
	made->contract = contract;
	if (count)
		st = read_count(&c, made, count);
	if (!st && sums)
		st = read_sums(&c, made, sums);
	if (!st)
		*totals = made;
	return st;
}

void tg_totals_add(struct tg_totals *t, const struct tg_record *rec)
{
	for (size_t i = 0; i < t->totals; i++) {
		struct total *total = t->total + i;
		struct tg_path_walk walk;
		const struct tg_span *v;

		tg_path_begin(&walk, &total->path, rec, rec->span);
		while ((v = tg_path_next(&walk))) {
			if (v->kind != TG_NUMBER ||
			    TG_LIKELY(tg_sum_add(&total->sum, tg_span_text(rec, v), false)) ||
			    total->beyond)
				continue;
			total->beyond = true;
			total->line = rec->at.line;
		}
	}
}

bool tg_totals_want_trailer(const struct tg_totals *t)
{
	bool want = t->counts && !t->count.number;

	for (size_t i = 0; i < t->totals; i++)
		want |= !t->total[i].target.number;
	return want;
}

/* The class of what the path leads to, as far as the contract says it without references below the top; NONE: it is not known. */
static enum tg_class class_of(const struct tg_contract *c, const struct tg_path *path)
{
	const struct tg_record *doc = &c->document;
	const struct tg_span *schema;
	struct tg_property property;
	enum tg_class class;

	if (path->leg[0].steps == 0)
		return TG_CLASS_NONE;
	tg_contract_property(c, path->leg[0].step[0], &property);
	schema = property.schema;
	class = property.class;
	for (size_t leg = 0; leg <= path->stars; leg++) {
		for (size_t i = leg == 0; i < path->leg[leg].steps; i++) {
			const struct tg_span *map =
				schema ? tg_member_find(doc, schema, TG_STR("properties")) : NULL;

			schema = map ? tg_member_find(doc, map, path->leg[leg].step[i]) : NULL;
			if (!schema)
				return TG_CLASS_NONE;
			if (tg_contract_class(c, schema))
				class = tg_contract_class(c, schema);
		}
		if (leg == path->stars)
			break;
		schema = schema ? tg_member_find(doc, schema, TG_STR("items")) : NULL;
		if (!schema)
			return TG_CLASS_NONE;
		if (tg_contract_class(c, schema))
			class = tg_contract_class(c, schema);
	}
	return class;
}

/* Takes the trailer's number out of a member, where the target asks for one. */
static enum tg_status take_target(struct target *target, const struct tg_trailer *t,
				  const struct tg_span *v, const char *what, struct tg_error *err)
{
	struct tg_str text;

	if (target->number)
		return TG_OK;
	if (!v)
		return tg_fail(err, TG_CONFIG,
			       "%s: the contract asks for the trailer's, and no stage before has "
			       "found one; validate must stand behind the stage that reads it",
			       what);
	text = tg_span_text(t->doc, v);
	if ((v->kind != TG_NUMBER && v->kind != TG_STRING) || !tg_number_is(text))
		return tg_fail(err, TG_PROTOCOL,
			       "%s: a stage before has told a trailer's number that is none", what);
	target->text = text;
	return TG_OK;
}

static const struct tg_span *member(const struct tg_trailer *t, const struct tg_span *object,
				    struct tg_str name)
{
	return object ? tg_member_find(t->doc, object, name) : NULL;
}

static enum tg_status take_trailer(struct tg_totals *totals, const struct tg_trailer *t,
				   struct tg_error *err)
{
	const struct tg_span *sums = member(t, t->value, TG_STR("sums"));
	enum tg_status st = TG_OK;

	if (totals->counts)
		st = take_target(&totals->count, t, member(t, t->value, TG_STR("count")), "x-count",
				 err);
	for (size_t i = 0; !st && i < totals->totals; i++)
		st = take_target(&totals->total[i].target, t,
				 member(t, sums, totals->total[i].path.text), "x-sum", err);
	return st;
}

static const char *who(const struct target *target)
{
	return target->number ? "the contract" : "the trailer";
}

static void judge_count(const struct tg_totals *t, uint64_t records, struct tg_buffer *differ)
{
	TG_OWN(tg_buffer_release) struct tg_buffer count = TG_BUFFER_INIT;

	tg_buffer_put_u64(&count, records);
	if (tg_number_compare(tg_buffer_str(&count), t->count.text))
		tg_buffer_printf(differ, "; x-count: there are %llu records, and %s says %.*s",
				 (unsigned long long)records, who(&t->count),
				 TG_STR_ARG(t->count.text));
}

static void judge_sum(const struct tg_totals *t, struct total *total, bool show,
		      struct tg_buffer *differ)
{
	TG_OWN(tg_buffer_release) struct tg_buffer sum = TG_BUFFER_INIT;
	const struct tg_str path = total->path.text;

	if (total->beyond) {
		tg_buffer_printf(
			differ,
			"; x-sum: %.*s on line %llu has too many digits to be added exactly",
			TG_STR_ARG(path), (unsigned long long)total->line);
		return;
	}
	tg_sum_put(&sum, &total->sum);
	if (tg_number_compare(tg_buffer_str(&sum), total->target.text) == 0)
		return;
	if (show || tg_class_quotable(class_of(t->contract, &total->path)))
		tg_buffer_printf(differ, "; x-sum: %.*s adds up to %.*s, and %s says %.*s",
				 TG_STR_ARG(path), TG_STR_ARG(tg_buffer_str(&sum)),
				 who(&total->target), TG_STR_ARG(total->target.text));
	else
		tg_buffer_printf(differ,
				 "; x-sum: %.*s does not add up to what %s says; the numbers may "
				 "not be told (x-class; --show-values)",
				 TG_STR_ARG(path), who(&total->target));
}

enum tg_status tg_totals_judge(struct tg_totals *t, uint64_t records,
			       const struct tg_trailer *trailer, bool show, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer differ = TG_BUFFER_INIT;
	enum tg_status st = take_trailer(t, trailer, err);

	if (st)
		return st;
	if (t->counts && !t->count.number && !tg_add(&records, records, trailer->lost))
		records = UINT64_MAX;
	if (t->counts)
		judge_count(t, records, &differ);
	for (size_t i = 0; i < t->totals; i++)
		judge_sum(t, t->total + i, show, &differ);
	if (differ.n == 0)
		return TG_OK;
	if (trailer->lost)
		tg_buffer_printf(&differ,
				 "; %llu of its records were rejected or dropped by stages before",
				 (unsigned long long)trailer->lost);
	return tg_fail_code(err, TG_DATA, "totals", "the input is not what was announced: %.*s",
			    TG_STR_ARG(tg_str_after(tg_buffer_str(&differ), 2)));
}

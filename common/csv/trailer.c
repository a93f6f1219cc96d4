#include "common/csv/trailer.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/csv/amount.h"
#include "common/json/number.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

enum {
	SUMS_MAX = 16,
	SHOWN_MAX = 256, /* bytes of a field in the run log */
};

/*
 * What the contract says
 */

struct reading {
	const struct tg_contract *contract;
	struct tg_csv_edge *edge;
	struct tg_arena *arena;
	struct tg_error *err;
	bool lead;
};

#define FAULT(r, value, ...) tg_contract_fault((r)->contract, value, (r)->err, __VA_ARGS__)

static struct tg_str text_of(const struct reading *r, const struct tg_span *value)
{
	return value->kind == TG_STRING ? tg_text_get(r->arena, &r->contract->document, value)
					: TG_STR_NONE;
}

static enum tg_status read_tag(struct reading *r, const struct tg_span *value)
{
	r->edge->tag = text_of(r, value);
	r->edge->tagged = true;
	if (r->edge->tag.n == 0 || memchr(r->edge->tag.p, '\n', r->edge->tag.n) ||
	    memchr(r->edge->tag.p, '\r', r->edge->tag.n))
		return FAULT(r, value, "must be the text of the row's first field");
	return TG_OK;
}

static bool whole_number(const struct reading *r, const struct tg_span *value, uint64_t most,
			 uint64_t *n)
{
	return value->kind == TG_NUMBER &&
	       tg_read_u64(tg_span_text(&r->contract->document, value), n) && *n >= 1 && *n <= most;
}

static enum tg_status read_field(struct reading *r, const struct tg_span *value, size_t *field)
{
	uint64_t n;

	if (!whole_number(r, value, TG_CSV_EDGE_FIELDS_MAX, &n))
		return FAULT(r, value, "must be the number of a field, from 1 to %d",
			     TG_CSV_EDGE_FIELDS_MAX);
	*field = (size_t)n;
	return TG_OK;
}

static enum tg_status read_count(struct reading *r, const struct tg_span *value)
{
	return read_field(r, value, &r->edge->count);
}

static enum tg_status read_last(struct reading *r, const struct tg_span *value)
{
	if (r->lead)
		return FAULT(r, value, "is for a trailer; a lead is the first row");
	if (!whole_number(r, value, TG_CSV_LAST_MAX, &r->edge->last))
		return FAULT(r, value, "must be how many rows the trailer has, from 1 to %d",
			     TG_CSV_LAST_MAX);
	return TG_OK;
}

static enum tg_status read_optional(struct reading *r, const struct tg_span *value)
{
	if (value->kind != TG_TRUE && value->kind != TG_FALSE)
		return FAULT(r, value, "must be true or false");
	r->edge->optional = value->kind == TG_TRUE;
	return TG_OK;
}

static enum tg_status read_delimiter(struct reading *r, const struct tg_span *value)
{
	struct tg_str s = text_of(r, value);

	if (s.n == 0 || s.n > TG_CSV_DELIMITER_MAX || memchr(s.p, '\n', s.n) ||
	    memchr(s.p, '\r', s.n))
		return FAULT(r, value, "must be a string of one to %d bytes without a line end",
			     TG_CSV_DELIMITER_MAX);
	r->edge->delimiter = s;
	return TG_OK;
}

static enum tg_status read_includes(struct reading *r, const struct tg_span *value)
{
	const struct tg_span *span = r->contract->document.span;

	if (value->kind != TG_ARRAY)
		return FAULT(r, value,
			     "must be a list of \"header\", \"lead\" and \"trailer\": rows that "
			     "are counted beside the records");
	for (uint32_t k = (uint32_t)(value - span) + 1; k < value->next; k = span[k].next) {
		struct tg_str s = text_of(r, &span[k]);

		if (tg_str_is(s, "header"))
			r->edge->with_header = true;
		else if (tg_str_is(s, "lead"))
			r->edge->with_lead = true;
		else if (tg_str_is(s, "trailer"))
			r->edge->with_trailer = true;
		else
			return FAULT(r, &span[k], "must be \"header\", \"lead\" or \"trailer\"");
	}
	return TG_OK;
}

/* A pointer to a member of the record, "/amount": the name of its column, which must be one of numbers. */
static enum tg_status read_of(struct reading *r, const struct tg_span *value,
			      struct tg_csv_edge_sum *sum)
{
	struct tg_error why = TG_ERROR_INIT;
	struct tg_pointer pointer = { .steps = 0 };
	struct tg_property property;
	unsigned types;

	sum->of = text_of(r, value);
	if (!sum->of.p || tg_pointer_compile(&pointer, sum->of, r->arena, &why) ||
	    pointer.steps != 1)
		return FAULT(r, value, "must be the pointer to a column, such as \"/amount\"");
	sum->name = pointer.step[0];
	tg_contract_property(r->contract, sum->name, &property);
	types = property.types & ~(unsigned)TG_TYPE_NULL;
	if (types == 0 || types & ~(unsigned)(TG_TYPE_NUMBER | TG_TYPE_INTEGER))
		return FAULT(r, value,
			     "the contract gives this column no type number or integer, so it has "
			     "no sum");
	sum->quotable = tg_class_quotable(property.class);
	sum->integer = types == TG_TYPE_INTEGER;
	return TG_OK;
}

static enum tg_status read_sum(struct reading *r, const struct tg_span *value,
			       struct tg_csv_edge_sum *sum)
{
	const struct tg_record *doc = &r->contract->document;
	const struct tg_span *span = doc->span;
	enum tg_status st = TG_OK;

	if (value->kind != TG_OBJECT)
		return FAULT(r, value,
			     "must be an object such as {\"field\":3,\"of\":\"/amount\"}");
	for (uint32_t k = (uint32_t)(value - span) + 1; !st && k < value->next;
	     k = span[k + 1].next) {
		if (tg_text_eq(doc, &span[k], TG_STR("field")))
			st = read_field(r, &span[k + 1], &sum->field);
		else if (tg_text_eq(doc, &span[k], TG_STR("of")))
			st = read_of(r, &span[k + 1], sum);
		else
			st = FAULT(r, &span[k + 1], "is no key of a sum: they are field and of");
	}
	if (!st && (!sum->field || !sum->of.p))
		st = FAULT(r, value, "must have both field and of");
	return st;
}

static enum tg_status read_sums(struct reading *r, const struct tg_span *value)
{
	const struct tg_span *span = r->contract->document.span;
	uint32_t first = (uint32_t)(value - span) + 1;
	struct tg_csv_edge_sum *sum = tg_arena_array(r->arena, SUMS_MAX, sizeof(*sum));
	enum tg_status st = TG_OK;

	if (value->kind != TG_ARRAY)
		return FAULT(r, value, "must be a list such as [{\"field\":3,\"of\":\"/amount\"}]");
	for (uint32_t k = first; !st && k < value->next; k = span[k].next) {
		if (r->edge->sums == SUMS_MAX)
			return FAULT(r, value, "has more than %d sums", SUMS_MAX);
		st = read_sum(r, &span[k], &sum[r->edge->sums]);
		for (size_t i = 0; !st && i < r->edge->sums; i++)
			if (tg_str_eq(sum[i].of, sum[r->edge->sums].of))
				st = FAULT(r, &span[k], "is of the same column as another sum");
		r->edge->sums++;
	}
	r->edge->sum = sum;
	return st;
}

static enum tg_status read_columns(struct reading *r, const struct tg_span *value)
{
	const struct tg_span *span = r->contract->document.span;
	struct tg_str *name;

	if (value->kind != TG_ARRAY || value->next == (uint32_t)(value - span) + 1)
		return FAULT(r, value, "must be a list of names, one for each field of the row");
	name = tg_arena_array(r->arena, value->next - (uint32_t)(value - span), sizeof(*name));
	for (uint32_t k = (uint32_t)(value - span) + 1; k < value->next; k = span[k].next) {
		struct tg_str s = text_of(r, &span[k]);

		if (s.n == 0 || r->edge->columns == TG_CSV_EDGE_FIELDS_MAX)
			return FAULT(r, &span[k], "must be a name");
		for (size_t i = 0; i < r->edge->columns; i++)
			if (tg_str_eq(name[i], s))
				return FAULT(r, &span[k], "names the same field as item %zu", i);
		name[r->edge->columns++] = s;
	}
	r->edge->column = name;
	return TG_OK;
}

static const struct {
	struct tg_str key;
	enum tg_status (*read)(struct reading *r, const struct tg_span *value);
} keys[] = {
	// clang-format off
	{ { "tag",            3 }, read_tag },
	{ { "last",           4 }, read_last },
	{ { "count",          5 }, read_count },
	{ { "countIncludes", 13 }, read_includes },
	{ { "sums",           4 }, read_sums },
	{ { "columns",        7 }, read_columns },
	{ { "delimiter",      9 }, read_delimiter },
	{ { "optional",       8 }, read_optional },
	// clang-format on
};

static enum tg_status read_member(struct reading *r, struct tg_str key, const struct tg_span *value)
{
	struct tg_str name[TG_COUNT(keys)];
	const struct tg_str *near;

	for (size_t i = 0; i < TG_COUNT(keys); i++) {
		if (tg_str_eq(keys[i].key, key))
			return keys[i].read(r, value);
		name[i] = keys[i].key;
	}
	near = tg_str_nearest(key, name, TG_COUNT(name));
	return FAULT(r, value, "is no key of a %s%s%.*s%s", r->edge->what,
		     near ? "; did you mean " : "", TG_STR_ARG(near ? *near : TG_STR_NONE),
		     near ? "?" : "");
}

/* What no key can see for itself. */
static enum tg_status fits(const struct reading *r, const struct tg_span *value)
{
	const struct tg_csv_edge *e = r->edge;
	size_t most = e->count;

	for (size_t i = 0; i < e->sums; i++)
		most = e->sum[i].field > most ? e->sum[i].field : most;
	if (!r->lead && e->tagged == (e->last > 0))
		return FAULT(r, value,
			     "a trailer is known by tag, the text of its first field, or by last, "
			     "how many rows it has: one of them must be there");
	if (e->optional && !e->tagged)
		return FAULT(r, value, "a %s without a tag cannot be optional", e->what);
	if (e->tagged && e->delimiter.p &&
	    memmem(e->tag.p, e->tag.n, e->delimiter.p, e->delimiter.n))
		return FAULT(r, value,
			     "the tag has the delimiter in it, and so can be no first field");
	if (e->columns && most > e->columns)
		return FAULT(r, value, "field %zu is behind those that columns names", most);
	return TG_OK;
}

enum tg_status tg_csv_edge_read(const struct tg_csv_edge **edge, bool lead,
				const struct tg_contract *c, const struct tg_span *value,
				struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_record *doc = &c->document;
	struct reading r = { .contract = c, .arena = arena, .err = err, .lead = lead };
	enum tg_status st = TG_OK;

	*edge = NULL;
	if (value->kind == TG_NULL)
		return TG_OK;
	if (value->kind != TG_OBJECT)
		return FAULT(&r, value, "must be an object such as %s",
			     lead ? "{\"tag\":\"HDR\",\"columns\":[\"tag\",\"date\"]}"
				  : "{\"tag\":\"TRL\",\"count\":2}");
	r.edge = tg_arena_take(arena, sizeof(*r.edge));
	r.edge->what = lead ? "lead" : "trailer";
	r.edge->code = lead ? "csv-lead" : "csv-trailer";
	for (uint32_t k = (uint32_t)(value - doc->span) + 1; !st && k < value->next;
	     k = doc->span[k + 1].next)
		st = read_member(&r, text_of(&r, &doc->span[k]), &doc->span[k + 1]);
	if (!st)
		st = fits(&r, value);
	if (!st)
		*edge = r.edge;
	return st;
}

/*
 * The row
 */

/* Whether text begins with the tag, and then ends or goes on with the delimiter. */
static bool begins(struct tg_str text, struct tg_str tag, struct tg_str delimiter)
{
	struct tg_str rest = tg_str_after(text, tag.n);

	return tg_str_starts(text, tag) && (rest.n == 0 || tg_str_starts(rest, delimiter));
}

static struct tg_str delimiter_of(const struct tg_csv_edge *e, const struct tg_csv_dialect *d)
{
	return e->delimiter.p ? e->delimiter : tg_str_from(d->delimiter, d->delimiter_n);
}

/* The first field of a row that is malformed somewhere may still be the tag. */
static bool begins_quoted(struct tg_str text, const struct tg_csv_edge *e,
			  const struct tg_csv_dialect *d)
{
	struct tg_str rest = tg_str_after(text, 1);

	if (begins(text, e->tag, delimiter_of(e, d)))
		return true;
	if (d->quote < 0 || text.n == 0 || (unsigned char)text.p[0] != d->quote ||
	    !tg_str_starts(rest, e->tag))
		return false;
	rest = tg_str_after(rest, e->tag.n);
	return rest.n && (unsigned char)rest.p[0] == d->quote &&
	       begins(tg_str_after(rest, 1), TG_STR(""), delimiter_of(e, d));
}

bool tg_csv_begins(struct tg_str text, struct tg_str tag, const struct tg_csv_dialect *d)
{
	const struct tg_csv_edge edge = { .tag = tag };

	return begins_quoted(text, &edge, d);
}

bool tg_csv_edge_is(const struct tg_csv_edge *e, const struct tg_csv_dialect *d,
		    const struct tg_csv_rows *rows, const struct tg_csv_row *row,
		    struct tg_str text)
{
	const struct tg_csv_field *field;
	struct tg_str first;

	if (TG_UNLIKELY(row->code || e->delimiter.p))
		return begins_quoted(text, e, d);
	field = &rows->field[row->field];
	first = tg_str_from(rows->text + field->at, tg_csv_field_n(field));
	if (TG_LIKELY(first.n < e->tag.n))
		return false;
	if (TG_LIKELY(first.n == e->tag.n))
		return memcmp(first.p, e->tag.p, first.n) == 0;
	if (rows->raw && tg_csv_field_quoted(field) && memchr(e->tag.p, d->quote, e->tag.n)) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

		tg_csv_put_field(&b, rows, field, d);
		return tg_str_eq(tg_buffer_str(&b), e->tag);
	}
	return false;
}

static struct tg_csv_edge_row split(struct tg_str text, struct tg_str delimiter,
				    struct tg_arena *arena)
{
	struct tg_csv_edge_row row = { .there = true };
	struct tg_str *field = tg_arena_array(arena, TG_CSV_EDGE_FIELDS_MAX + 1, sizeof(*field));

	while (row.fields < TG_CSV_EDGE_FIELDS_MAX) {
		const char *end = text.n ? memmem(text.p, text.n, delimiter.p, delimiter.n) : NULL;
		size_t n = end ? (size_t)(end - text.p) : text.n;

		field[row.fields++] = tg_str_from(text.p, n);
		if (!end)
			break;
		text = tg_str_after(text, n + delimiter.n);
	}
	row.field = field;
	return row;
}

struct tg_csv_edge_row tg_csv_edge_take(const struct tg_csv_edge *e, const struct tg_csv_dialect *d,
					struct tg_str text, uint64_t line, struct tg_arena *arena)
{
	TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
	struct tg_csv_edge_row row = { .there = true };
	struct tg_error why = TG_ERROR_INIT;
	struct tg_csv_rows rows;
	struct tg_str *field;

	text = tg_arena_copy(arena, text);
	/* All its fields are wanted, and the reader at hand keeps as many as there are columns. */
	if (tg_csv_reader_new(&reader, d, TG_CSV_SCAN, &why))
		tg_bug(__FILE__, __LINE__, "the scanner reads every dialect");
	tg_csv_read(reader, text, true, TG_CSV_EDGE_FIELDS_MAX, 1, &rows);
	if (rows.rows && rows.row[0].code)
		row.malformed = rows.row[0].code;
	if (e->delimiter.p) {
		const char *malformed = row.malformed;

		row = split(text, e->delimiter, arena);
		/* Quotes mean nothing in such a row. */
		row.malformed = malformed && (strcmp(malformed, "csv-nul") == 0 ||
					      strcmp(malformed, "csv-encoding") == 0)
					? malformed
					: NULL;
	} else if (rows.rows && !row.malformed) {
		row.fields = rows.row[0].fields < TG_CSV_EDGE_FIELDS_MAX ? rows.row[0].fields
									 : TG_CSV_EDGE_FIELDS_MAX;
		field = tg_arena_array(arena, row.fields, sizeof(*field));
		for (size_t i = 0; i < row.fields; i++) {
			TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

			tg_csv_put_field(&b, &rows, &rows.field[i], d);
			field[i] = tg_arena_copy(arena, tg_buffer_str(&b));
		}
		row.field = field;
	}
	row.line = line;
	return row;
}

static enum tg_status too_short(const struct tg_csv_edge *e, const struct tg_csv_edge_row *row,
				struct tg_str where, const char *what, size_t field,
				struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, e->code,
			    "%.*s: the %s has %zu field%s, and %s should be in field %zu",
			    TG_STR_ARG(where), e->what, row->fields, row->fields == 1 ? "" : "s",
			    what, field);
}

enum tg_status tg_csv_edge_check(const struct tg_csv_edge *e, const struct tg_csv_edge_row *row,
				 struct tg_str where, struct tg_error *err)
{
	if (row->malformed)
		return tg_fail_code(err, TG_DATA, e->code, "%.*s: the %s is malformed (%s)",
				    TG_STR_ARG(where), e->what, row->malformed);
	if (e->tagged && !(row->fields && tg_str_eq(row->field[0], e->tag)))
		return tg_fail_code(
			err, TG_DATA, e->code,
			"%.*s: the %s must be here, and its first field must be \"%.*s\" (x-csv, %s)",
			TG_STR_ARG(where), e->what, TG_STR_ARG(e->tag), e->what);
	if (e->columns && row->fields != e->columns)
		return tg_fail_code(err, TG_DATA, e->code,
				    "%.*s: the %s has %zu field%s where the contract has %zu",
				    TG_STR_ARG(where), e->what, row->fields,
				    row->fields == 1 ? "" : "s", e->columns);
	if (e->count > row->fields)
		return too_short(e, row, where, "the number of rows", e->count, err);
	for (size_t i = 0; i < e->sums; i++)
		if (e->sum[i].field > row->fields)
			return too_short(e, row, where, "a sum", e->sum[i].field, err);
	return TG_OK;
}

/*
 * Counting and adding
 */

static size_t column_of(const struct tg_csv_column *column, size_t columns, struct tg_str name)
{
	for (size_t i = 0; i < columns; i++)
		if (tg_str_eq(column[i].name, name))
			return i;
	return SIZE_MAX;
}

void tg_csv_tally_begin(struct tg_csv_tally *t, const struct tg_csv_dialect *d,
			const struct tg_csv_column *column, size_t columns, struct tg_arena *arena)
{
	const struct tg_csv_edge *edge[] = { d->lead, d->trailer };
	size_t n = 0;

	t->dialect = d;
	t->column = column;
	t->rows = 0;
	t->totals = 0;
	for (size_t i = 0; i < TG_COUNT(edge); i++)
		n += edge[i] ? edge[i]->sums : 0;
	t->total = tg_arena_array(arena, n + 1, sizeof(*t->total));
	for (size_t i = 0; i < TG_COUNT(edge); i++) {
		for (size_t k = 0; edge[i] && k < edge[i]->sums; k++) {
			struct tg_csv_total *total = &t->total[t->totals++];

			total->of = &edge[i]->sum[k];
			total->column = column_of(column, columns, total->of->name);
		}
	}
}

void tg_csv_tally_release(struct tg_csv_tally *t)
{
	tg_buffer_release(&t->text);
	tg_buffer_release(&t->number);
}

/* A text in that form as a JSON number, in t->number; false: it is none. */
static bool number(struct tg_csv_tally *t, struct tg_str text, const struct tg_decimal_form *form,
		   bool integer)
{
	return tg_csv_number(&t->number, text, form, integer);
}

static void add_value(struct tg_csv_tally *t, struct tg_csv_total *total,
		      const struct tg_csv_rows *rows, const struct tg_csv_row *row)
{
	const struct tg_csv_field *field = &rows->field[row->field + total->column];

	/* What a short row, or an empty field, does not say. */
	if (total->column >= row->fields || (t->dialect->empty_is_absent && field->size == 0))
		return;
	tg_buffer_clear(&t->text);
	tg_csv_put_field(&t->text, rows, field, t->dialect);
	if (tg_csv_is_null(&t->column[total->column], tg_buffer_str(&t->text),
			   tg_csv_field_quoted(field)))
		return;
	if (!number(t, tg_buffer_str(&t->text), &t->column[total->column].as->number,
		    total->of->integer))
		total->hidden++;
	else if (!tg_sum_add(&total->sum, tg_buffer_str(&t->number), false) && !total->beyond)
		total->beyond = row->line;
}

void tg_csv_tally_add(struct tg_csv_tally *t, const struct tg_csv_rows *rows, size_t at, size_t end)
{
	t->rows += end - at;
	for (size_t k = 0; k < t->totals; k++)
		for (size_t i = at; t->total[k].column != SIZE_MAX && i < end; i++)
			add_value(t, &t->total[k], rows, &rows->row[i]);
}

void tg_csv_tally_reject(struct tg_csv_tally *t, const struct tg_csv_rows *rows, size_t at,
			 bool readable)
{
	if (readable)
		tg_csv_tally_add(t, rows, at, at + 1);
	else
		tg_csv_tally_lose(t);
}

void tg_csv_tally_lose(struct tg_csv_tally *t)
{
	t->rows++;
	for (size_t k = 0; k < t->totals; k++)
		t->total[k].hidden += t->total[k].column != SIZE_MAX;
}

/*
 * Judging
 */

uint64_t tg_csv_edge_included(const struct tg_csv_edge *e, const struct tg_csv_dialect *d)
{
	uint64_t n = 0;

	if (e->with_header && d->header)
		n++;
	if (e->with_lead && d->lead)
		n++;
	if (e->with_trailer && d->trailer)
		n += d->trailer->last ? d->trailer->last : 1;
	return n;
}

static void judge_count(struct tg_csv_tally *t, const struct tg_csv_edge *e,
			const struct tg_csv_edge_row *row, struct tg_buffer *differ)
{
	TG_OWN(tg_buffer_release) struct tg_buffer count = TG_BUFFER_INIT;
	uint64_t more = tg_csv_edge_included(e, t->dialect);

	if (!e->count)
		return;
	if (!number(t, row->field[e->count - 1], &t->dialect->notation, true)) {
		tg_buffer_printf(differ, "; field %zu should be the number of rows, and is none",
				 e->count);
		return;
	}
	tg_buffer_put_u64(&count, t->rows + more);
	if (tg_number_compare(tg_buffer_str(&t->number), tg_buffer_str(&count)) == 0)
		return;
	tg_buffer_puts(differ, "; it counts ");
	tg_utf8_put_safe(differ, tg_buffer_str(&t->number), 40);
	tg_buffer_printf(differ, " row%s, and there are %llu",
			 tg_str_is(tg_buffer_str(&t->number), "1") ? "" : "s",
			 (unsigned long long)(t->rows + more));
	if (more)
		tg_buffer_printf(differ, " with the %llu that are no records",
				 (unsigned long long)more);
}

/* A sum is written as its addends are. */
static const struct tg_decimal_form *sum_form(const struct tg_csv_tally *t,
					      const struct tg_csv_edge_sum *sum)
{
	return &tg_csv_notation_of(t->dialect, sum->name)->number;
}

static void judge_sum(struct tg_csv_tally *t, struct tg_csv_total *total,
		      const struct tg_csv_edge_row *row, bool show, struct tg_buffer *unsure,
		      struct tg_buffer *differ)
{
	TG_OWN(tg_buffer_release) struct tg_buffer sum = TG_BUFFER_INIT;
	const struct tg_csv_edge_sum *of = total->of;

	if (!number(t, row->field[of->field - 1], sum_form(t, of), false)) {
		tg_buffer_printf(differ, "; field %zu should be the sum of %.*s, and is no number",
				 of->field, TG_STR_ARG(of->of));
		return;
	}
	if (total->beyond) {
		tg_buffer_printf(differ,
				 "; %.*s on line %llu has too many digits to be added exactly",
				 TG_STR_ARG(of->of), (unsigned long long)total->beyond);
		return;
	}
	if (total->hidden) {
		tg_buffer_printf(unsure, "%s%.*s, %llu value%s of which could not be read",
				 unsure->n ? ", and " : "", TG_STR_ARG(of->of),
				 (unsigned long long)total->hidden, total->hidden == 1 ? "" : "s");
		return;
	}
	tg_sum_put(&sum, &total->sum);
	if (tg_number_compare(tg_buffer_str(&sum), tg_buffer_str(&t->number)) == 0)
		return;
	if (show || of->quotable)
		tg_buffer_printf(differ, "; %.*s adds up to %.*s, and it says %.*s",
				 TG_STR_ARG(of->of), TG_STR_ARG(tg_buffer_str(&sum)),
				 TG_STR_ARG(tg_buffer_str(&t->number)));
	else
		tg_buffer_printf(differ,
				 "; %.*s does not add up to what it says; the numbers may not be "
				 "told (x-class; --show-values)",
				 TG_STR_ARG(of->of));
}

enum tg_status tg_csv_tally_judge(struct tg_csv_tally *t, const struct tg_csv_edge *e,
				  const struct tg_csv_edge_row *row, struct tg_str where, bool show,
				  struct tg_buffer *unsure, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer differ = TG_BUFFER_INIT;

	judge_count(t, e, row, &differ);
	for (size_t i = 0; i < t->totals; i++)
		if (e->sums && t->total[i].of >= e->sum && t->total[i].of < e->sum + e->sums)
			judge_sum(t, &t->total[i], row, show, unsure, &differ);
	if (differ.n == 0)
		return TG_OK;
	return tg_fail_code(err, TG_DATA, e->code, "%.*s: the file is not what its %s says: %.*s",
			    TG_STR_ARG(where), e->what,
			    TG_STR_ARG(tg_str_after(tg_buffer_str(&differ), 2)));
}

/*
 * What is told in the run log
 */

static void put_fields(struct tg_buffer *out, const struct tg_csv_edge *e,
		       const struct tg_csv_edge_row *row)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_buffer_putc(out, e->columns ? '{' : '[');
	for (size_t i = 0; i < row->fields; i++) {
		if (i)
			tg_buffer_putc(out, ',');
		if (e->columns) {
			tg_json_put_string(out, e->column[i]);
			tg_buffer_putc(out, ':');
		}
		tg_buffer_clear(&text);
		if (row->field[i].n > SHOWN_MAX)
			tg_utf8_put_safe(&text, row->field[i], SHOWN_MAX);
		else
			tg_buffer_put_str(&text, row->field[i]);
		tg_json_put_string(out, tg_buffer_str(&text));
	}
	tg_buffer_putc(out, e->columns ? '}' : ']');
}

void tg_csv_announced_release(struct tg_csv_announced *a)
{
	tg_buffer_release(&a->fields);
	tg_free(a->sum);
	a->sum = NULL;
}

/* Adds a number that was judged, so it is one. */
static void announce(struct tg_csv_tally *t, struct tg_sum *sum, struct tg_str text,
		     const struct tg_decimal_form *form, bool integer, bool *beyond)
{
	if (!number(t, text, form, integer) || !tg_sum_add(sum, tg_buffer_str(&t->number), false))
		*beyond = true;
}

void tg_csv_announced_add(struct tg_csv_announced *a, const struct tg_csv_edge *e,
			  struct tg_csv_tally *t, const struct tg_csv_edge_row *row,
			  struct tg_arena *arena)
{
	TG_OWN(tg_buffer_release) struct tg_buffer more = TG_BUFFER_INIT;

	a->inputs++;
	if (!row->there) {
		a->missing++;
		return;
	}
	if (!a->sum) {
		a->sum = tg_alloc_array(e->sums + 1, sizeof(*a->sum));
		a->text = tg_arena_array(arena, e->sums + 1, sizeof(*a->text));
	}
	if (a->fields.n)
		tg_buffer_putc(&a->fields, ',');
	put_fields(&a->fields, e, row);
	if (e->count) {
		announce(t, &a->count, row->field[e->count - 1], &t->dialect->notation, true,
			 &a->beyond);
		tg_buffer_put_u64(&more, tg_csv_edge_included(e, t->dialect));
		a->beyond |= !tg_sum_add(&a->count, tg_buffer_str(&more), true);
	}
	for (size_t i = 0; i < e->sums; i++) {
		announce(t, &a->sum[i], row->field[e->sum[i].field - 1], sum_form(t, &e->sum[i]),
			 false, &a->beyond);
		a->text[i] = tg_arena_copy(arena, tg_buffer_str(&t->number));
	}
}

/* The digits as they were sent, where there is one input. */
static void put_sums(struct tg_buffer *out, struct tg_csv_announced *a, const struct tg_csv_edge *e)
{
	TG_OWN(tg_buffer_release) struct tg_buffer sum = TG_BUFFER_INIT;

	tg_json_put_name(out, "sums");
	tg_buffer_putc(out, '{');
	for (size_t i = 0; i < e->sums; i++) {
		if (i)
			tg_buffer_putc(out, ',');
		tg_json_put_string(out, e->sum[i].of);
		tg_buffer_putc(out, ':');
		tg_buffer_clear(&sum);
		tg_sum_put(&sum, &a->sum[i]);
		tg_json_put_string(out, a->inputs == 1 ? a->text[i] : tg_buffer_str(&sum));
	}
	tg_buffer_putc(out, '}');
}

void tg_csv_announced_put(struct tg_buffer *out, struct tg_csv_announced *a,
			  const struct tg_csv_edge *e)
{
	if (!a->inputs || a->missing || a->beyond)
		return;
	tg_buffer_putc(out, '{');
	if (e->count) {
		tg_json_put_name(out, "count");
		tg_sum_put(out, &a->count);
	}
	if (e->sums)
		put_sums(out, a, e);
	if (e->columns) {
		tg_json_put_name(out, "fields");
		tg_csv_announced_put_fields(out, a);
	}
	tg_buffer_putc(out, '}');
}

void tg_csv_announced_put_fields(struct tg_buffer *out, const struct tg_csv_announced *a)
{
	bool several = a->inputs > 1;

	if (several)
		tg_buffer_putc(out, '[');
	tg_buffer_put_str(out, tg_buffer_str(&a->fields));
	if (several)
		tg_buffer_putc(out, ']');
}

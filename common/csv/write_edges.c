#include "common/csv/write_edges.h"

#include "common/json/number.h"
#include "common/json/text.h"

struct tg_csv_write_edges {
	const struct tg_csv_form *form;
	const struct tg_csv_dialect *dialect;
	struct tg_str lead; /* the row; none: there is none */
	uint64_t rows;
	struct tg_sum *sum; /* of the trailer's */
	struct tg_buffer text;
};

static struct tg_str delimiter_of(const struct tg_csv_edge *edge, const struct tg_csv_dialect *d)
{
	return edge->delimiter.p ? edge->delimiter : tg_str_from(d->delimiter, d->delimiter_n);
}

/* Appends a field; NULL, or what is wrong with it. */
static const char *put_field(const struct tg_csv_form *form, const struct tg_csv_edge *edge,
			     struct tg_str text, size_t at, struct tg_buffer *out)
{
	TG_OWN(tg_buffer_release) struct tg_buffer slack = TG_BUFFER_INIT;
	struct tg_str delimiter = delimiter_of(edge, form->dialect);
	const char *wrong;
	char *to;

	if (at)
		tg_buffer_put_str(out, delimiter);
	if (!edge->delimiter.p) {
		(void)tg_buffer_room(&slack, text.n);
		tg_buffer_put_str(&slack, text);
		to = tg_buffer_room(out, 2 * text.n + 2);
		wrong = tg_csv_field_put(form, tg_buffer_str(&slack), false, false, at == 0, &to);
		out->n = (size_t)(to - out->p);
		return wrong;
	}
	/* Quotes mean nothing there. */
	if (text.n && memmem(text.p, text.n, delimiter.p, delimiter.n))
		return "holds the delimiter, and there are no quotes in such a row";
	if (text.n && (memchr(text.p, '\n', text.n) || memchr(text.p, '\r', text.n) ||
		       memchr(text.p, '\0', text.n)))
		return "holds a line end or a NUL character";
	tg_buffer_put_str(out, text);
	return NULL;
}

/*
 * The lead
 */

static enum tg_status make_lead(struct tg_csv_write_edges *e, const struct tg_csv_edge *lead,
				struct tg_str words, struct tg_setup *setup, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	const struct tg_csv_dialect plain = tg_csv_dialect_default();
	const struct tg_csv_edge all = { .what = "lead", .code = "csv-lead" };
	struct tg_csv_edge_row row = tg_csv_edge_take(&all, &plain, words, 1, setup->arena);

	if (row.malformed || row.fields == 0)
		return tg_fail(
			err, TG_USAGE,
			"--lead: the value must be fields with commas between, as in a row of CSV");
	if (tg_csv_edge_check(lead, &row, TG_STR("--lead"), err)) {
		err->status = TG_USAGE;
		err->code = NULL;
		return TG_USAGE;
	}
	for (size_t i = 0; i < row.fields; i++) {
		const char *wrong = put_field(e->form, lead, row.field[i], i, &out);

		if (wrong)
			return tg_fail(err, TG_USAGE, "--lead: field %zu %s", i + 1, wrong);
	}
	if (out.n == 0)
		return tg_fail(err, TG_USAGE, "--lead: an empty line is no row");
	e->lead = tg_arena_copy(setup->arena, tg_buffer_str(&out));
	return TG_OK;
}

static enum tg_status open_lead(struct tg_csv_write_edges *e, const struct tg_csv_edge *lead,
				struct tg_str words, struct tg_setup *setup, struct tg_error *err)
{
	if (!lead)
		return words.p ? tg_fail(err, TG_USAGE,
					 "--lead: the contract has no lead (x-csv, lead)")
			       : TG_OK;
	if (lead->count || lead->sums)
		return tg_fail(err, TG_CONFIG,
			       "the contract's lead counts rows or adds them up, which is known "
			       "only at the end: it cannot be written");
	if (words.p)
		return make_lead(e, lead, words, setup, err);
	if (lead->optional)
		return TG_OK;
	if (lead->tagged && lead->columns == 1)
		return make_lead(e, lead, lead->tag, setup, err);
	return tg_fail(err, TG_CONFIG,
		       "the contract has a row before the header (x-csv, lead): --lead gives its "
		       "fields");
}

/*
 * The trailer
 */

/* Which of the trailer's fields are known: by its tag, its count and its sums. */
static bool is_known(const struct tg_csv_edge *t, size_t field)
{
	if ((field == 1 && t->tagged) || field == t->count)
		return true;
	for (size_t i = 0; i < t->sums; i++)
		if (t->sum[i].field == field)
			return true;
	return false;
}

static size_t fields_of(const struct tg_csv_edge *t)
{
	size_t n = t->count ? t->count : 1;

	for (size_t i = 0; i < t->sums; i++)
		n = t->sum[i].field > n ? t->sum[i].field : n;
	return t->columns > n ? t->columns : n;
}

/* A delimiter of its own must be none of what numbers are written with. */
static bool splits_numbers(const struct tg_csv_edge *t, const struct tg_csv_dialect *d)
{
	TG_OWN(tg_buffer_release) struct tg_buffer number = TG_BUFFER_INIT;

	if (!t->delimiter.p)
		return false;
	tg_decimal_write(&number, TG_STR("-1234567890.5"), &d->notation);
	for (size_t i = 0; i < t->sums; i++)
		tg_decimal_write(&number, TG_STR("-1234567890.5"),
				 &tg_csv_notation_of(d, t->sum[i].name)->number);
	return memmem(number.p, number.n, t->delimiter.p, t->delimiter.n) != NULL;
}

static enum tg_status open_trailer(struct tg_csv_write_edges *e, const struct tg_csv_edge *t,
				   struct tg_error *err)
{
	if (!t)
		return TG_OK;
	if (t->last > 1)
		return tg_fail(err, TG_CONFIG,
			       "the contract's trailer has %llu rows, and what the others hold is "
			       "not known: it cannot be written",
			       (unsigned long long)t->last);
	for (size_t i = 1; i <= fields_of(t); i++)
		if (!is_known(t, i))
			return tg_fail(
				err, TG_CONFIG,
				"field %zu of the contract's trailer is neither its tag nor a count nor a sum: it cannot be written",
				i);
	if (splits_numbers(t, e->dialect))
		return tg_fail(err, TG_CONFIG,
			       "the delimiter of the contract's trailer may stand in its numbers: "
			       "it cannot be written");
	e->sum = tg_alloc_array(t->sums + 1, sizeof(*e->sum));
	return TG_OK;
}

enum tg_status tg_csv_write_edges_new(struct tg_csv_write_edges **edges,
				      const struct tg_csv_form *form, struct tg_str lead,
				      struct tg_setup *setup, struct tg_error *err)
{
	struct tg_csv_write_edges *e = tg_alloc(sizeof(*e));
	enum tg_status st;

	*edges = e;
	e->form = form;
	e->dialect = form->dialect;
	st = open_lead(e, e->dialect->lead, lead, setup, err);
	return st ? st : open_trailer(e, e->dialect->trailer, err);
}

void tg_csv_write_edges_free(struct tg_csv_write_edges **edges)
{
	struct tg_csv_write_edges *e = *edges;

	*edges = NULL;
	if (!e)
		return;
	tg_free(e->sum);
	tg_buffer_release(&e->text);
	tg_free(e);
}

bool tg_csv_write_lead(const struct tg_csv_write_edges *e, struct tg_buffer *out)
{
	if (e->lead.p)
		tg_buffer_put_str(out, e->lead);
	return e->lead.p != NULL;
}

bool tg_csv_write_is_edge(const struct tg_csv_write_edges *e, struct tg_str row)
{
	const struct tg_csv_edge *t = e->dialect->trailer;
	const struct tg_csv_rows none = { .text = row.p };
	const struct tg_csv_row malformed = { .code = "" }; /* its bytes are all there is */

	return t && t->tagged && tg_csv_edge_is(t, e->dialect, &none, &malformed, row);
}

/* The number that a value is, in e->text; false: it is none, and adds nothing. */
static bool take_number(struct tg_csv_write_edges *e, const struct tg_record *rec,
			const struct tg_span *value)
{
	tg_buffer_clear(&e->text);
	if (value->kind == TG_NUMBER)
		tg_buffer_put_str(&e->text, tg_span_text(rec, value));
	else if (value->kind == TG_STRING)
		tg_text_decode(&e->text, rec, value);
	else
		return false;
	return tg_number_is(tg_buffer_str(&e->text));
}

static const struct tg_span *value_of(const struct tg_record *rec, struct tg_str name,
				      const struct tg_csv_target *target, const uint32_t *value,
				      size_t targets)
{
	for (size_t i = 0; i < targets; i++)
		if (tg_str_eq(target[i].name, name))
			return value[i] ? &rec->span[value[i]] : NULL;
	return NULL;
}

bool tg_csv_write_count(struct tg_csv_write_edges *e, const struct tg_record *rec,
			const struct tg_csv_target *target, const uint32_t *value, size_t targets)
{
	const struct tg_csv_edge *t = e->dialect->trailer;

	for (size_t i = 0; t && i < t->sums; i++) {
		const struct tg_span *v = value_of(rec, t->sum[i].name, target, value, targets);

		if (!v || !take_number(e, rec, v) ||
		    tg_sum_add(&e->sum[i], tg_buffer_str(&e->text), false))
			continue;
		while (i-- > 0) { /* the others are as they were */
			v = value_of(rec, t->sum[i].name, target, value, targets);
			if (v && take_number(e, rec, v) &&
			    !tg_sum_add(&e->sum[i], tg_buffer_str(&e->text), true))
				tg_bug(__FILE__, __LINE__, "what was added can be taken off");
		}
		return false;
	}
	e->rows++;
	return true;
}

static void put_sum(struct tg_csv_write_edges *e, size_t i)
{
	TG_OWN(tg_buffer_release) struct tg_buffer number = TG_BUFFER_INIT;
	const struct tg_csv_edge_sum *sum = &e->dialect->trailer->sum[i];

	tg_sum_put(&number, &e->sum[i]);
	tg_decimal_write(&e->text, tg_buffer_str(&number),
			 &tg_csv_notation_of(e->dialect, sum->name)->number);
}

bool tg_csv_write_trailer(struct tg_csv_write_edges *e, struct tg_buffer *out)
{
	const struct tg_csv_edge *t = e->dialect->trailer;

	if (!t)
		return false;
	for (size_t i = 1; i <= fields_of(t); i++) {
		const char *wrong;

		tg_buffer_clear(&e->text);
		if (i == t->count) {
			TG_OWN(tg_buffer_release) struct tg_buffer count = TG_BUFFER_INIT;

			tg_buffer_put_u64(&count, e->rows + tg_csv_edge_included(t, e->dialect));
			tg_decimal_write(&e->text, tg_buffer_str(&count), &e->dialect->notation);
		} else if (i == 1 && t->tagged) {
			tg_buffer_put_str(&e->text, t->tag);
		} else {
			for (size_t k = 0; k < t->sums; k++)
				if (t->sum[k].field == i)
					put_sum(e, k);
		}
		wrong = put_field(e->form, t, tg_buffer_str(&e->text), i - 1, out);
		TG_BUG_IF(wrong != NULL);
	}
	return true;
}

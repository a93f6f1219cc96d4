#include "common/csv/dialect.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/contract/notation.h"
#include "common/csv/kinds.h"
#include "common/csv/notation.h"
#include "common/csv/trailer.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

struct tg_csv_dialect tg_csv_dialect_default(void)
{
	static struct tg_str yes[] = { { "true", 4 } }, no[] = { { "false", 5 } };

	return (struct tg_csv_dialect){
		.delimiter = { ',' },
		.delimiter_n = 1,
		.quote = '"',
		.header = true,
		.extra = true,
		.yes = yes,
		.yeses = 1,
		.no = no,
		.noes = 1,
		.notation = { .decimal = TG_STR(".") },
	};
}

/* One reading of x-csv. */
struct reading {
	const struct tg_contract *contract;
	struct tg_csv_dialect *d;
	struct tg_arena *arena;
	struct tg_error *err;
	bool extra_said;
	const struct tg_span *records, *control; /* NULL: not there */
};

typedef enum tg_status reader(struct reading *r, const struct tg_span *value);

static struct tg_str text_of(const struct reading *r, const struct tg_span *value)
{
	return tg_text_get(r->arena, &r->contract->document, value);
}

static enum tg_status read_flag(struct reading *r, const struct tg_span *value, bool *flag)
{
	if (value->kind != TG_TRUE && value->kind != TG_FALSE)
		return tg_contract_fault(r->contract, value, r->err, "must be true or false");
	*flag = value->kind == TG_TRUE;
	return TG_OK;
}

static enum tg_status read_delimiter(struct reading *r, const struct tg_span *value)
{
	struct tg_str s = value->kind == TG_STRING ? text_of(r, value) : TG_STR("");

	if (s.n == 0 || s.n > TG_CSV_DELIMITER_MAX)
		return tg_contract_fault(
			r->contract, value, r->err,
			"must be a string of one to %d bytes, such as \";\" or \"\\t\"",
			TG_CSV_DELIMITER_MAX);
	if (memchr(s.p, '\r', s.n) || memchr(s.p, '\n', s.n) || memchr(s.p, '\0', s.n))
		return tg_contract_fault(r->contract, value, r->err,
					 "must not hold a line end or NUL");
	memcpy(r->d->delimiter, s.p, s.n);
	r->d->delimiter_n = (unsigned)s.n;
	return TG_OK;
}

static enum tg_status read_quote(struct reading *r, const struct tg_span *value)
{
	struct tg_str s;

	if (value->kind == TG_NULL) {
		r->d->quote = -1;
		return TG_OK;
	}
	s = value->kind == TG_STRING ? text_of(r, value) : TG_STR("");
	if (s.n != 1 || s.p[0] == '\r' || s.p[0] == '\n' || s.p[0] == '\0')
		return tg_contract_fault(r->contract, value, r->err,
					 "must be one ASCII character, or null: quotes are text");
	r->d->quote = (unsigned char)s.p[0];
	return TG_OK;
}

static enum tg_status read_header(struct reading *r, const struct tg_span *value)
{
	return read_flag(r, value, &r->d->header);
}

static enum tg_status read_extra(struct reading *r, const struct tg_span *value)
{
	r->extra_said = true;
	return read_flag(r, value, &r->d->extra);
}

static enum tg_status read_order(struct reading *r, const struct tg_span *value)
{
	const struct tg_record *doc = &r->contract->document;

	r->d->exact = value->kind == TG_STRING && tg_text_eq(doc, value, TG_STR("exact"));
	if (!r->d->exact && (value->kind != TG_STRING || !tg_text_eq(doc, value, TG_STR("any"))))
		return tg_contract_fault(r->contract, value, r->err,
					 "must be \"any\" or \"exact\"");
	return TG_OK;
}

static enum tg_status read_skip(struct reading *r, const struct tg_span *value)
{
	if (value->kind != TG_NUMBER ||
	    !tg_read_u64(tg_span_text(&r->contract->document, value), &r->d->skip))
		return tg_contract_fault(r->contract, value, r->err, "must be a number of lines");
	return TG_OK;
}

static enum tg_status read_max_record(struct reading *r, const struct tg_span *value)
{
	uint64_t *max = &r->d->max_record;

	if ((value->kind == TG_NUMBER &&
	     tg_read_u64(tg_span_text(&r->contract->document, value), max) && *max > 0) ||
	    (value->kind == TG_STRING && tg_read_size(text_of(r, value), max) && *max > 0))
		return TG_OK;
	return tg_contract_fault(r->contract, value, r->err,
				 "must be a number of bytes, or a size such as \"1MiB\"");
}

static enum tg_status read_texts(struct reading *r, const struct tg_span *value,
				 struct tg_str **text, size_t *n)
{
	const struct tg_span *span = r->contract->document.span;
	uint32_t first = (uint32_t)(value - span) + 1;

	if (value->kind != TG_ARRAY)
		return tg_contract_fault(r->contract, value, r->err, "must be a list of strings");
	*text = tg_arena_array(r->arena, value->next - first + 1, sizeof(**text));
	*n = 0;
	for (uint32_t k = first; k < value->next; k = span[k].next) {
		if (span[k].kind != TG_STRING)
			return tg_contract_fault(r->contract, &span[k], r->err, "must be a string");
		(*text)[(*n)++] = text_of(r, &span[k]);
	}
	return TG_OK;
}

static enum tg_status read_nulls(struct reading *r, const struct tg_span *value)
{
	return read_texts(r, value, &r->d->null, &r->d->nulls);
}

static enum tg_status read_true(struct reading *r, const struct tg_span *value)
{
	return read_texts(r, value, &r->d->yes, &r->d->yeses);
}

static enum tg_status read_false(struct reading *r, const struct tg_span *value)
{
	return read_texts(r, value, &r->d->no, &r->d->noes);
}

static enum tg_status read_columns(struct reading *r, const struct tg_span *value)
{
	const struct tg_span *span = r->contract->document.span;
	uint32_t first = (uint32_t)(value - span) + 1;
	enum tg_status st;

	for (uint32_t k = first; value->kind == TG_ARRAY && k < value->next; k = span[k].next)
		if (span[k].kind == TG_OBJECT)
			return tg_contract_fault(
				r->contract, &span[k], r->err,
				"not supported yet in this version: a column that is an object; give its name");
	st = read_texts(r, value, &r->d->column, &r->d->columns);
	if (st)
		return st;
	if (r->d->columns == 0)
		return tg_contract_fault(r->contract, value, r->err, "must name a column");
	for (uint32_t k = first, i = 0; k < value->next; k = span[k].next, i++) {
		if (r->d->column[i].n == 0)
			return tg_contract_fault(r->contract, &span[k], r->err,
						 "must not be empty: a column needs a name");
		for (uint32_t j = 0; j < i; j++)
			if (tg_str_eq(r->d->column[j], r->d->column[i]))
				return tg_contract_fault(r->contract, &span[k], r->err,
							 "names the same column as item %u",
							 (unsigned)j);
	}
	return TG_OK;
}

static enum tg_status read_number_key(struct reading *r, const struct tg_span *value,
				      struct tg_str key)
{
	return tg_notation_number_key(&r->d->notation, key, r->contract, value, r->arena, r->err);
}

static enum tg_status read_decimal(struct reading *r, const struct tg_span *value)
{
	return read_number_key(r, value, TG_STR("decimal"));
}

static enum tg_status read_group(struct reading *r, const struct tg_span *value)
{
	return read_number_key(r, value, TG_STR("group"));
}

static enum tg_status read_groups(struct reading *r, const struct tg_span *value)
{
	return read_number_key(r, value, TG_STR("groups"));
}

static enum tg_status read_minus(struct reading *r, const struct tg_span *value)
{
	return read_number_key(r, value, TG_STR("minus"));
}

static enum tg_status read_lead(struct reading *r, const struct tg_span *value)
{
	return tg_csv_edge_read(&r->d->lead, true, r->contract, value, r->arena, r->err);
}

static enum tg_status read_trailer(struct reading *r, const struct tg_span *value)
{
	return tg_csv_edge_read(&r->d->trailer, false, r->contract, value, r->arena, r->err);
}

static enum tg_status read_records(struct reading *r, const struct tg_span *value)
{
	r->records = value->kind == TG_NULL ? NULL : value;
	return TG_OK; /* with control, once both are known */
}

static enum tg_status read_control(struct reading *r, const struct tg_span *value)
{
	r->control = value->kind == TG_NULL ? NULL : value;
	return TG_OK;
}

/* Rows of several kinds have neither a header nor rows beside them. */
static enum tg_status read_kinds(struct reading *r)
{
	static const char *const others[] = { "columns", "lead", "trailer", "order" };
	const struct tg_span *csv =
		tg_member_find(&r->contract->document, r->contract->document.span, TG_STR("x-csv"));
	const struct tg_span *header =
		tg_member_find(&r->contract->document, csv, TG_STR("header"));

	if (!r->records && r->control)
		return tg_contract_fault(
			r->contract, r->control, r->err,
			"speaks of rows of several kinds, and there are no records");
	if (!r->records)
		return TG_OK;
	for (size_t i = 0; i < TG_COUNT(others); i++)
		if (tg_member_find(&r->contract->document, csv, tg_str_of(others[i])))
			return tg_contract_fault(
				r->contract, r->records, r->err,
				"does not go with %s: all rows have their kinds here, the first and the last ones too",
				others[i]);
	if (header && header->kind == TG_TRUE)
		return tg_contract_fault(r->contract, header, r->err,
					 "there is no header where records say what the rows are");
	r->d->header = false;
	return tg_csv_kinds_read(&r->d->kinds, r->contract, r->records, r->control, r->arena,
				 r->err);
}

/* For keys of which this version does the default only: its text in the contract, up to two ways to write it. */
static const struct later {
	struct tg_str key, as, or_as;
} later[] = {
	// clang-format off
	{ { "encoding",  8 }, { "\"utf-8\"",        7 }, { "\"UTF-8\"",  7 } },
	{ { "newline",   7 }, { "\"lf-or-crlf\"",  12 }, { NULL,         0 } },
	{ { "escape",    6 }, { "null",             4 }, { NULL,         0 } },
	{ { "empty",     5 }, { "\"string\"",       8 }, { NULL,         0 } },
	{ { "trim",      4 }, { "false",            5 }, { NULL,         0 } },
	{ { "comment",   7 }, { "null",             4 }, { NULL,         0 } },
	{ { "blank",     5 }, { "\"skip\"",         6 }, { NULL,         0 } },
	{ { "ragged",    6 }, { "\"reject\"",       8 }, { NULL,         0 } },
	{ { "sepLine",   7 }, { "false",            5 }, { NULL,         0 } },
	{ { "dosEof",    6 }, { "false",            5 }, { NULL,         0 } },
	{ { "multiline", 9 }, { "true",             4 }, { NULL,         0 } },
	// clang-format on
};

static const struct {
	struct tg_str key;
	reader *read;
} now[] = {
	// clang-format off
	{ { "delimiter",  9 }, read_delimiter },
	{ { "quote",      5 }, read_quote },
	{ { "header",     6 }, read_header },
	{ { "columns",    7 }, read_columns },
	{ { "order",      5 }, read_order },
	{ { "extra",      5 }, read_extra },
	{ { "skip",       4 }, read_skip },
	{ { "nulls",      5 }, read_nulls },
	{ { "true",       4 }, read_true },
	{ { "false",      5 }, read_false },
	{ { "decimal",    7 }, read_decimal },
	{ { "group",      5 }, read_group },
	{ { "groups",     6 }, read_groups },
	{ { "minus",      5 }, read_minus },
	{ { "maxRecord",  9 }, read_max_record },
	{ { "lead",       4 }, read_lead },
	{ { "trailer",    7 }, read_trailer },
	{ { "records",    7 }, read_records },
	{ { "control",    7 }, read_control },
	// clang-format on
};

static enum tg_status not_known(struct reading *r, const struct tg_span *value, struct tg_str key)
{
	struct tg_str name[TG_COUNT(now) + TG_COUNT(later)];
	const struct tg_str *near;
	size_t n = 0;

	for (size_t i = 0; i < TG_COUNT(now); i++)
		name[n++] = now[i].key;
	for (size_t i = 0; i < TG_COUNT(later); i++)
		name[n++] = later[i].key;
	near = tg_str_nearest(key, name, n);
	if (near)
		return tg_contract_fault(r->contract, value, r->err,
					 "is no key of x-csv; did you mean %.*s?",
					 TG_STR_ARG(*near));
	return tg_contract_fault(r->contract, value, r->err, "is no key of x-csv");
}

static enum tg_status read_member(struct reading *r, const struct tg_span *name,
				  const struct tg_span *value)
{
	struct tg_str key = text_of(r, name);
	struct tg_str raw = tg_span_raw(&r->contract->document, value);

	for (size_t i = 0; i < TG_COUNT(now); i++)
		if (tg_str_eq(now[i].key, key))
			return now[i].read(r, value);
	for (size_t i = 0; i < TG_COUNT(later); i++) {
		if (!tg_str_eq(later[i].key, key))
			continue;
		if (raw.n && (tg_str_eq(raw, later[i].as) || tg_str_eq(raw, later[i].or_as)))
			return TG_OK;
		return tg_contract_fault(r->contract, value, r->err,
					 "not supported yet in this version: %.*s",
					 TG_STR_ARG(key));
	}
	return not_known(r, value, key);
}

/* What no key can see for itself. */
static enum tg_status fits(const struct reading *r, const struct tg_span *csv)
{
	const struct tg_csv_dialect *d = r->d;

	if (d->quote >= 0 && memchr(d->delimiter, d->quote, d->delimiter_n))
		return tg_contract_fault(r->contract, csv, r->err,
					 "the quote is part of the delimiter");
	if (tg_decimal_wrong(&d->notation))
		return tg_contract_fault(r->contract, csv, r->err, "%s",
					 tg_decimal_wrong(&d->notation));
	for (size_t i = 0; i < d->yeses; i++)
		for (size_t j = 0; j < d->noes; j++)
			if (tg_str_eq(d->yes[i], d->no[j]))
				return tg_contract_fault(
					r->contract, csv, r->err,
					"the same text stands under true and under false");
	if (!d->header && d->columns == 0 && !r->records)
		return tg_contract_fault(r->contract, csv, r->err,
					 "without a header, columns must name the columns");
	if (d->exact && d->columns == 0)
		return tg_contract_fault(r->contract, csv, r->err,
					 "order is exact, and there are no columns to be in order");
	return TG_OK;
}

enum tg_status tg_csv_dialect_read(struct tg_csv_dialect *d, const struct tg_contract *c,
				   struct tg_arena *arena, struct tg_error *err)
{
	struct reading r = { .contract = c, .d = d, .arena = arena, .err = err };
	const struct tg_record *doc = &c->document;
	const struct tg_span *csv = tg_member_find(doc, doc->span, TG_STR("x-csv"));
	enum tg_status st;
	size_t n;
	bool closed;

	*d = tg_csv_dialect_default();
	if (csv && csv->kind != TG_OBJECT)
		return tg_contract_fault(c, csv, err, "must be an object");
	for (uint32_t k = csv ? (uint32_t)(csv - doc->span) + 1 : 0; csv && k < csv->next;
	     k = doc->span[k + 1].next) {
		st = read_member(&r, &doc->span[k], &doc->span[k + 1]);
		if (st)
			return st;
	}
	if (!r.extra_said) {
		(void)tg_contract_properties(c, arena, &n, &closed);
		d->extra = !closed;
	}
	st = csv ? fits(&r, csv) : TG_OK;
	if (!st && csv)
		st = read_kinds(&r);
	return st ? st : tg_csv_notations_read(d, c, arena, err);
}

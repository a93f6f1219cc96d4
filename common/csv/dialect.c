#include "common/csv/dialect.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/contract/notation.h"
#include "common/csv/kinds.h"
#include "common/csv/notation.h"
#include "common/csv/trailer.h"
#include "common/encoding/encoding.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

struct tg_csv_dialect tg_csv_dialect_default(void)
{
	static struct tg_str yes[] = { { "true", 4 } }, no[] = { { "false", 5 } };

	return (struct tg_csv_dialect){
		.delimiter = { ',' },
		.delimiter_n = 1,
		.quote = '"',
		.escape = -1,
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
	const struct tg_span *encoding; /* where it is said; NULL: nowhere */
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

/* The one of several words that the value is, as its place among them. */
static enum tg_status read_word(struct reading *r, const struct tg_span *value,
				const char *const *word, unsigned *which)
{
	TG_OWN(tg_buffer_release) struct tg_buffer known = TG_BUFFER_INIT;
	struct tg_str s = value->kind == TG_STRING ? text_of(r, value) : TG_STR_NONE;

	for (*which = 0; word[*which]; ++*which) {
		if (s.p && tg_str_is(s, word[*which]))
			return TG_OK;
		tg_buffer_printf(&known, "%s\"%s\"",
				 *which == 0	    ? ""
				 : word[*which + 1] ? ", "
						    : " or ",
				 word[*which]);
	}
	return tg_contract_fault(r->contract, value, r->err, "must be %.*s",
				 TG_STR_ARG(tg_buffer_str(&known)));
}

static enum tg_status read_escape(struct reading *r, const struct tg_span *value)
{
	struct tg_str s;
	char letter;

	if (value->kind == TG_NULL)
		return TG_OK;
	s = value->kind == TG_STRING ? text_of(r, value) : TG_STR("");
	letter = s.n ? (char)(s.p[0] | 0x20) : 'a';
	if (s.n != 1 || (unsigned char)s.p[0] <= ' ' || (unsigned char)s.p[0] >= 0x7f ||
	    (letter >= 'a' && letter <= 'z') || tg_digit((unsigned char)s.p[0]))
		return tg_contract_fault(
			r->contract, value, r->err,
			"must be one ASCII character that is no letter and no digit, such as \"\\\", or null: a doubled quote is one");
	r->d->escape = (unsigned char)s.p[0];
	return TG_OK;
}

static enum tg_status read_newline(struct reading *r, const struct tg_span *value)
{
	static const char *const word[] = { "lf-or-crlf", "lf", "crlf", "cr", "nel", NULL };
	static const enum tg_csv_newline newline[] = { TG_CSV_LF_OR_CRLF, TG_CSV_LF, TG_CSV_CRLF,
						       TG_CSV_CR, TG_CSV_LF };
	unsigned which;
	enum tg_status st = read_word(r, value, word, &which);

	if (st)
		return st;
	r->d->newline = newline[which];
	r->d->next_line = which == 4;
	return TG_OK;
}

static enum tg_status read_encoding(struct reading *r, const struct tg_span *value)
{
	struct tg_str s = value->kind == TG_STRING ? text_of(r, value) : TG_STR("");
	TG_OWN(tg_encoding_free) struct tg_encoding *encoding = NULL;
	struct tg_error why = TG_ERROR_INIT;

	if (tg_encoding_open(&encoding, s, &why))
		return tg_contract_fault(r->contract, value, r->err, "%s", why.text);
	r->encoding = value;
	r->d->encoding = tg_encoding_is_utf8(encoding) ? TG_STR_NONE : s;
	return TG_OK;
}

static enum tg_status read_comment(struct reading *r, const struct tg_span *value)
{
	struct tg_str s;

	if (value->kind == TG_NULL)
		return TG_OK;
	s = value->kind == TG_STRING ? text_of(r, value) : TG_STR("");
	if (s.n == 0 || s.n > TG_SLACK || memchr(s.p, '\r', s.n) || memchr(s.p, '\n', s.n) ||
	    memchr(s.p, '\0', s.n))
		return tg_contract_fault(
			r->contract, value, r->err,
			"must be what lines begin with that are no rows, such as \"#\", or null: all are");
	r->d->comment = s;
	return TG_OK;
}

static enum tg_status read_blank(struct reading *r, const struct tg_span *value)
{
	static const char *const word[] = { "skip", "reject", "row", NULL };
	unsigned which;
	enum tg_status st = read_word(r, value, word, &which);

	if (!st)
		r->d->blank = (enum tg_csv_blank)which;
	return st;
}

static enum tg_status read_ragged(struct reading *r, const struct tg_span *value)
{
	static const char *const word[] = { "reject", "pad", "trailing", NULL };
	unsigned which;
	enum tg_status st = read_word(r, value, word, &which);

	if (!st)
		r->d->ragged = (enum tg_csv_ragged)which;
	return st;
}

static enum tg_status read_multiline(struct reading *r, const struct tg_span *value)
{
	bool multiline = true;
	enum tg_status st = read_flag(r, value, &multiline);

	r->d->one_line = !multiline;
	return st;
}

static enum tg_status read_trim(struct reading *r, const struct tg_span *value)
{
	static const char *const word[] = { "start", "end", NULL };
	unsigned which;

	if (value->kind == TG_TRUE || value->kind == TG_FALSE) {
		r->d->trim_start = r->d->trim_end = value->kind == TG_TRUE;
		return TG_OK;
	}
	if (value->kind != TG_STRING || read_word(r, value, word, &which))
		return tg_contract_fault(r->contract, value, r->err,
					 "must be true, false, \"start\" or \"end\"");
	r->d->trim_start = which == 0;
	r->d->trim_end = which == 1;
	return TG_OK;
}

static enum tg_status read_empty(struct reading *r, const struct tg_span *value)
{
	static const char *const word[] = { "string", "null", "absent", NULL };
	unsigned which;
	enum tg_status st = read_word(r, value, word, &which);

	if (st)
		return st;
	r->d->empty_is_null = which == 1;
	r->d->empty_is_absent = which == 2;
	return TG_OK;
}

static enum tg_status read_separator_line(struct reading *r, const struct tg_span *value)
{
	return read_flag(r, value, &r->d->separator_line);
}

static enum tg_status read_dos_end(struct reading *r, const struct tg_span *value)
{
	return read_flag(r, value, &r->d->dos_end);
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

/* A column that is more than a name: {"header":"Cust No.","as":"customer_id"}, {"header":"x","ignore":true}. */
static enum tg_status read_column_object(struct reading *r, const struct tg_span *value, size_t i)
{
	static const struct tg_str key[] = { { "header", 6 }, { "as", 2 }, { "ignore", 6 } };
	const struct tg_record *doc = &r->contract->document;
	const struct tg_span *header = tg_member_find(doc, value, key[0]);
	const struct tg_span *as = tg_member_find(doc, value, key[1]);
	const struct tg_span *ignore = tg_member_find(doc, value, key[2]);

	for (uint32_t k = (uint32_t)(value - doc->span) + 1; k < value->next;
	     k = doc->span[k + 1].next) {
		struct tg_str name = text_of(r, &doc->span[k]);

		if (!tg_str_eq(name, key[0]) && !tg_str_eq(name, key[1]) &&
		    !tg_str_eq(name, key[2]))
			return tg_contract_fault(
				r->contract, &doc->span[k + 1], r->err,
				"is no key of a column: there are header, as and ignore");
	}
	if ((header && header->kind != TG_STRING) || (as && as->kind != TG_STRING))
		return tg_contract_fault(r->contract,
					 header && header->kind != TG_STRING ? header : as, r->err,
					 "must be a string");
	if (ignore && ignore->kind != TG_TRUE && ignore->kind != TG_FALSE)
		return tg_contract_fault(r->contract, ignore, r->err, "must be true or false");
	r->d->ignored[i] = ignore && ignore->kind == TG_TRUE;
	if (!header && !as && !r->d->ignored[i])
		return tg_contract_fault(r->contract, value, r->err,
					 "needs a header, an as, or \"ignore\":true");
	if (as && r->d->ignored[i])
		return tg_contract_fault(r->contract, as, r->err,
					 "means nothing: the column is ignored");
	r->d->column[i] = header ? text_of(r, header) : as ? text_of(r, as) : TG_STR("");
	r->d->as[i] = as ? text_of(r, as) : r->d->column[i];
	return TG_OK;
}

/* Names that are in use once only, and are names. Columns without one may be ignored, all of them at once. */
static enum tg_status check_column(struct reading *r, const struct tg_span *value, size_t i)
{
	const struct tg_csv_dialect *d = r->d;
	bool nameless = d->column[i].n == 0 && d->ignored[i];

	if ((d->column[i].n == 0 && !nameless) || (d->as[i].n == 0 && !d->ignored[i]))
		return tg_contract_fault(r->contract, value, r->err,
					 "must not be empty: a column needs a name");
	for (size_t j = 0; j < i; j++) {
		if (tg_str_eq(d->column[j], d->column[i]) && !nameless)
			return tg_contract_fault(r->contract, value, r->err,
						 "names the same column as item %zu", j);
		if (!d->ignored[i] && !d->ignored[j] && tg_str_eq(d->as[j], d->as[i]))
			return tg_contract_fault(r->contract, value, r->err,
						 "gives the same member as item %zu", j);
	}
	return TG_OK;
}

static enum tg_status read_columns(struct reading *r, const struct tg_span *value)
{
	const struct tg_span *span = r->contract->document.span;
	uint32_t first = (uint32_t)(value - span) + 1;
	struct tg_csv_dialect *d = r->d;
	size_t most = value->next - first + 1;

	if (value->kind != TG_ARRAY)
		return tg_contract_fault(r->contract, value, r->err, "must be a list of columns");
	d->column = tg_arena_array(r->arena, most, sizeof(*d->column));
	d->as = tg_arena_array(r->arena, most, sizeof(*d->as));
	d->ignored = tg_arena_array(r->arena, most, sizeof(*d->ignored));
	d->columns = 0;
	for (uint32_t k = first; k < value->next; k = span[k].next) {
		enum tg_status st = TG_OK;

		if (span[k].kind == TG_OBJECT)
			st = read_column_object(r, &span[k], d->columns);
		else if (span[k].kind == TG_STRING)
			d->column[d->columns] = d->as[d->columns] = text_of(r, &span[k]);
		else
			st = tg_contract_fault(r->contract, &span[k], r->err,
					       "must be a string or an object");
		if (!st)
			st = check_column(r, &span[k], d->columns++);
		if (st)
			return st;
	}
	if (d->columns == 0)
		return tg_contract_fault(r->contract, value, r->err, "must name a column");
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
	{ { "encoding",   8 }, read_encoding },
	{ { "newline",    7 }, read_newline },
	{ { "escape",     6 }, read_escape },
	{ { "comment",    7 }, read_comment },
	{ { "blank",      5 }, read_blank },
	{ { "ragged",     6 }, read_ragged },
	{ { "multiline",  9 }, read_multiline },
	{ { "trim",       4 }, read_trim },
	{ { "empty",      5 }, read_empty },
	{ { "sepLine",    7 }, read_separator_line },
	{ { "dosEof",     6 }, read_dos_end },
	{ { "lead",       4 }, read_lead },
	{ { "trailer",    7 }, read_trailer },
	{ { "records",    7 }, read_records },
	{ { "control",    7 }, read_control },
	// clang-format on
};

static enum tg_status not_known(struct reading *r, const struct tg_span *value, struct tg_str key)
{
	struct tg_str name[TG_COUNT(now)];
	const struct tg_str *near;
	size_t n = 0;

	for (size_t i = 0; i < TG_COUNT(now); i++)
		name[n++] = now[i].key;
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

	for (size_t i = 0; i < TG_COUNT(now); i++)
		if (tg_str_eq(now[i].key, key))
			return now[i].read(r, value);
	return not_known(r, value, key);
}

/* Only EBCDIC has a character for it. */
static enum tg_status next_line_fits(const struct reading *r, const struct tg_span *csv)
{
	TG_OWN(tg_encoding_free) struct tg_encoding *encoding = NULL;
	struct tg_error why = TG_ERROR_INIT;

	if (r->encoding && !tg_encoding_open(&encoding, text_of(r, r->encoding), &why) &&
	    tg_encoding_swap_line_ends(encoding))
		return TG_OK;
	return tg_contract_fault(
		r->contract, r->encoding ? r->encoding : csv, r->err,
		"newline is \"nel\", which is for EBCDIC, such as cp037 or cp1047");
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
	if (d->escape >= 0 &&
	    (d->escape == d->quote || memchr(d->delimiter, d->escape, d->delimiter_n)))
		return tg_contract_fault(r->contract, csv, r->err,
					 "the escape is the quote, or part of the delimiter");
	if (d->comment.n && (((unsigned char)d->comment.p[0]) == d->quote ||
			     tg_str_starts(d->comment, tg_str_from(d->delimiter, d->delimiter_n))))
		return tg_contract_fault(
			r->contract, csv, r->err,
			"a comment begins as a field does: with the quote or the delimiter");
	if (d->blank != TG_CSV_BLANK_SKIPPED && d->trailer && d->trailer->last)
		return tg_contract_fault(
			r->contract, csv, r->err,
			"blank lines cannot be rows, or rejects, where the trailer is a number of last rows");
	if (r->records && d->empty_is_absent)
		return tg_contract_fault(
			r->contract, csv, r->err,
			"rows of several kinds (records) have no \"empty\":\"absent\": a list cannot have holes");
	if (d->next_line) {
		enum tg_status st = next_line_fits(r, csv);

		if (st)
			return st;
	}
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

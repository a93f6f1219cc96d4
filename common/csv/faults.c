#include "common/csv/faults.h"

#include "common/base/utf8.h"
#include "common/json/pointer.h"

enum { SHOWN = 60 }; /* bytes of a value that a message shows, where it may */

/* A line end that the dialect does not name. */
static struct tg_str wrong_line_end(const struct tg_csv_dialect *d, char c)
{
	switch (d->newline) {
	case TG_CSV_LF_OR_CRLF:
		break;
	case TG_CSV_LF:
		return TG_STR(
			"has a carriage return outside quotes: lines end with a line feed alone (x-csv, newline)");
	case TG_CSV_CRLF:
		if (c == '\n')
			return TG_STR(
				"has a line feed without a carriage return before it, outside quotes (x-csv, newline)");
		break;
	case TG_CSV_CR:
		return TG_STR(
			"has a line feed outside quotes: lines end with a carriage return (x-csv, newline)");
	}
	return TG_STR("has a carriage return that ends no line, outside quotes");
}

struct tg_str tg_csv_fault_message(const struct tg_csv_bad *bad, struct tg_arena *arena)
{
	const struct tg_csv_dialect *d = bad->plan->dialect;
	const char *code = bad->row->code;
	char c = bad->text.p[bad->row->fault - bad->row->at];

	if (strcmp(code, "csv-fields") == 0)
		return TG_STR("is a blank line (x-csv, blank)");
	if (strcmp(code, "csv-nul") == 0)
		return TG_STR("has a NUL character");
	if (strcmp(code, "csv-encoding") == 0 && d->encoding.n)
		return tg_arena_format(arena, "has bytes that are no character of %.*s",
				       TG_STR_ARG(d->encoding));
	if (strcmp(code, "csv-encoding") == 0)
		return TG_STR("has a byte that is not UTF-8");
	if (strcmp(code, "csv-newline") == 0)
		return wrong_line_end(d, c);
	if (bad->row->unclosed)
		return TG_STR("has a quote that opens a field and does not close on its line");
	if ((unsigned char)c == d->escape)
		return TG_STR("has an escape in front of a character that needs none");
	if ((unsigned char)c == d->quote)
		return TG_STR("has a quote in a field that does not begin with one");
	return TG_STR("has text behind the quote that closes a field");
}

static struct tg_str hint(const struct tg_csv_bad *bad)
{
	const struct tg_csv_dialect *d = bad->plan->dialect;
	const char *code = bad->row->code;

	if (strcmp(code, "csv-nul") == 0)
		return d->encoding.n ? TG_STR("is the file damaged?")
				     : TG_STR("is the file damaged, or UTF-16?");
	if (strcmp(code, "csv-encoding") == 0)
		return TG_STR("which encoding was the file written in?");
	if (strcmp(code, "csv-quote") == 0 && bad->row->unclosed)
		return TG_STR(
			"the contract says that no field goes on over a line end (x-csv, multiline)");
	if (strcmp(code, "csv-quote") != 0 || d->escape >= 0)
		return TG_STR_NONE;
	return TG_STR("a field with quotes in it must be quoted, and they doubled");
}

/* Adds what is malformed. */
static const char *malformed(const struct tg_csv_bad *bad, struct tg_work *w)
{
	struct tg_fault fault = {
		.pointer = TG_STR(""),
		.message = tg_csv_fault_message(bad, &w->arena),
		.hint = hint(bad),
	};

	tg_csv_locate(bad->plan->dialect, bad->text, bad->row->line, bad->row->fault - bad->row->at,
		      &fault.line, &fault.column);
	tg_fault_add(w, &fault);
	return bad->row->code;
}

static const char *wrong_number(const struct tg_csv_bad *bad, struct tg_work *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;
	const struct tg_csv_dialect *d = bad->plan->dialect;
	size_t has = bad->row->fields, wanted = bad->plan->columns, at = bad->text.n;
	struct tg_fault fault = { .pointer = TG_STR("") };

	tg_buffer_printf(&message, "has %zu field%s where the %s %zu", has, has == 1 ? "" : "s",
			 d->header ? "header has" : "contract has", wanted);
	if (has > wanted)
		at = tg_csv_field_start(d, bad->text, wanted);
	if (has == wanted + 1 && at == bad->text.n)
		fault.hint = TG_STR("it ends with a delimiter (x-csv, ragged)");
	if (has == 1 && tg_str_is(bad->text, "\x1a"))
		fault.hint = TG_STR("it is the end of a file as DOS marked it (x-csv, dosEof)");
	fault.message = tg_buffer_str(&message);
	tg_csv_locate(d, bad->text, bad->row->line, at, &fault.line, &fault.column);
	tg_fault_add(w, &fault);
	return "csv-fields";
}

/*
 * Values that are not of their type
 */

static void put_list(struct tg_buffer *b, struct tg_spellings list)
{
	for (size_t i = 0; i < list.n && i < 8; i++) {
		tg_buffer_puts(b, i ? ", " : "");
		tg_buffer_putc(b, '"');
		tg_utf8_put_safe(b, list.text[i], SHOWN);
		tg_buffer_putc(b, '"');
	}
	if (list.n > 8)
		tg_buffer_puts(b, " ...");
}

/* What is wrong with the value, and what was expected. */
static void put_notation(struct tg_buffer *b, const struct tg_csv_column *column,
			 struct tg_str value)
{
	const struct tg_csv_notation *as = column->as;

	switch (column->kind) {
	case TG_CSV_TEXT: /* which all is, but for the null of a dialect with escapes */
		tg_buffer_puts(b, "is null, and the contract does not allow that");
		return;
	case TG_CSV_NUMBER:
	case TG_CSV_DECIMAL:
		tg_buffer_puts(b, "is no number: expected ");
		tg_decimal_expect(b, &as->number, false);
		break;
	case TG_CSV_INTEGER:
		tg_buffer_puts(b, "is no integer: expected ");
		tg_decimal_expect(b, &as->number, true);
		break;
	case TG_CSV_DATE:
		tg_buffer_printf(b, "%s: expected ", tg_date_fault(as->date, value));
		tg_utf8_put_safe(b, as->date->pattern, SHOWN + TG_DATE_PATTERN_MAX);
		break;
	case TG_CSV_BOOLEAN:
		tg_buffer_puts(b, "is neither true nor false: expected ");
		put_list(b, as->yes);
		tg_buffer_puts(b, " or ");
		put_list(b, as->no);
		break;
	case TG_CSV_NULL:
		tg_buffer_puts(b, "is not null");
		break;
	}
	if (column->nullable && as->null.n) {
		tg_buffer_puts(b, column->kind == TG_CSV_NULL ? ": expected " : "; null is ");
		put_list(b, as->null);
		tg_buffer_puts(b, " without quotes");
	}
}

static struct tg_str type_name(const struct tg_csv_column *column)
{
	switch (column->kind) {
	case TG_CSV_DATE:
		return tg_date_name(column->as->date);
	case TG_CSV_NUMBER:
	case TG_CSV_DECIMAL:
		return TG_STR("number");
	case TG_CSV_INTEGER:
		return TG_STR("integer");
	case TG_CSV_BOOLEAN:
		return TG_STR("boolean");
	case TG_CSV_NULL:
		return TG_STR("null");
	case TG_CSV_TEXT:
		break;
	}
	return TG_STR("string");
}

static void wrong_type(const struct tg_csv_bad *bad, size_t i, struct tg_work *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer pointer = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer schema = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer value = TG_BUFFER_INIT;
	const struct tg_csv_column *column = &bad->plan->column[i];
	const struct tg_csv_field *field = &bad->rows->field[bad->row->field + i];
	const struct tg_csv_dialect *d = bad->plan->dialect;
	struct tg_fault fault = { .keyword = type_name(column) };

	tg_csv_put_field(&value, bad->rows, field, d);
	if (column->quotable) {
		tg_buffer_putc(&message, '"');
		tg_utf8_put_safe(&message, tg_buffer_str(&value), SHOWN);
		tg_buffer_puts(&message, "\" ");
	}
	put_notation(&message, column, tg_buffer_str(&value));
	tg_pointer_put_step(&pointer, column->name);
	if (bad->listed && i >= bad->list && i - bad->list < bad->listed)
		tg_buffer_printf(&pointer, "/%zu", i - bad->list);
	if (column->schema)
		tg_pointer_put(&schema, &bad->contract->document, column->schema);
	fault.pointer = tg_buffer_str(&pointer);
	fault.message = tg_buffer_str(&message);
	fault.schema = schema.n ? tg_buffer_str(&schema) : TG_STR_NONE;
	tg_csv_locate(d, bad->text, bad->row->line,
		      tg_csv_field_start(d, bad->text, bad->before + i), &fault.line,
		      &fault.column);
	tg_fault_add(w, &fault);
}

static bool repeats_header(const struct tg_csv_bad *bad)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	for (size_t i = 0; i < bad->plan->columns; i++) {
		tg_buffer_clear(&text);
		tg_csv_put_field(&text, bad->rows, &bad->rows->field[bad->row->field + i],
				 bad->plan->dialect);
		if (!tg_str_eq(tg_buffer_str(&text), bad->plan->column[i].header))
			return false;
	}
	return true;
}

const char *tg_csv_faults_add_values(const struct tg_csv_bad *bad, struct tg_work *w)
{
	const char *code = NULL;

	for (size_t i = 0; i < bad->plan->columns && !bad->plan->as_text; i++) {
		if (tg_csv_value_fits(bad->plan, bad->rows, &bad->rows->field[bad->row->field + i],
				      &bad->plan->column[i]))
			continue;
		wrong_type(bad, i, w);
		code = "csv-type";
	}
	return code;
}

const char *tg_csv_faults_add(const struct tg_csv_bad *bad, struct tg_work *w)
{
	if (bad->row->code)
		return malformed(bad, w);
	if (bad->row->fields != bad->plan->columns)
		return wrong_number(bad, w);
	if (!bad->padded && repeats_header(bad)) {
		tg_fault_add(w, &(struct tg_fault){
					.pointer = TG_STR(""),
					.message = TG_STR("repeats the names of the columns"),
					.hint = TG_STR("were several files put together?"),
				});
		return "csv-header";
	}
	return tg_csv_faults_add_values(bad, w);
}

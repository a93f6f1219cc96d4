#include "common/csv/faults.h"

#include "common/base/utf8.h"
#include "common/json/pointer.h"

enum { SHOWN = 60 }; /* bytes of a value that a message shows, where it may */

struct tg_str tg_csv_fault_message(const struct tg_csv_bad *bad)
{
	const char *code = bad->row->code;
	char c = bad->text.p[bad->row->fault - bad->row->at];

	if (strcmp(code, "csv-nul") == 0)
		return TG_STR("has a NUL character");
	if (strcmp(code, "csv-encoding") == 0)
		return TG_STR("has a byte that is not UTF-8");
	if (strcmp(code, "csv-newline") == 0)
		return TG_STR("has a carriage return that ends no line, outside quotes");
	if ((unsigned char)c == bad->plan->dialect->quote)
		return TG_STR("has a quote in a field that does not begin with one");
	return TG_STR("has text behind the quote that closes a field");
}

static struct tg_str hint(const char *code)
{
	if (strcmp(code, "csv-nul") == 0)
		return TG_STR("is the file damaged, or UTF-16?");
	if (strcmp(code, "csv-encoding") == 0)
		return TG_STR("which encoding was the file written in?");
	if (strcmp(code, "csv-quote") == 0)
		return TG_STR("a field with quotes in it must be quoted, and they doubled");
	return TG_STR_NONE;
}

/* Adds what is malformed. */
static const char *malformed(const struct tg_csv_bad *bad, struct tg_work *w)
{
	struct tg_fault fault = {
		.pointer = TG_STR(""),
		.message = tg_csv_fault_message(bad),
		.hint = hint(bad->row->code),
	};

	tg_csv_locate(bad->text, bad->row->line, bad->row->fault - bad->row->at, &fault.line,
		      &fault.column);
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
		fault.hint = TG_STR("it ends with a delimiter");
	fault.message = tg_buffer_str(&message);
	tg_csv_locate(bad->text, bad->row->line, at, &fault.line, &fault.column);
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
	case TG_CSV_TEXT:
		break;
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
	tg_csv_locate(bad->text, bad->row->line, tg_csv_field_start(d, bad->text, bad->before + i),
		      &fault.line, &fault.column);
	tg_fault_add(w, &fault);
}

static bool repeats_header(const struct tg_csv_bad *bad)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	for (size_t i = 0; i < bad->plan->columns; i++) {
		tg_buffer_clear(&text);
		tg_csv_put_field(&text, bad->rows, &bad->rows->field[bad->row->field + i],
				 bad->plan->dialect);
		if (!tg_str_eq(tg_buffer_str(&text), bad->plan->column[i].name))
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
	if (repeats_header(bad)) {
		tg_fault_add(w, &(struct tg_fault){
					.pointer = TG_STR(""),
					.message = TG_STR("repeats the names of the columns"),
					.hint = TG_STR("were several files put together?"),
				});
		return "csv-header";
	}
	return tg_csv_faults_add_values(bad, w);
}

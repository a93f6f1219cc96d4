#include "tests/fuzz/csv_check.h"

#include "common/base/cpu.h"
#include "common/csv/emit.h"
#include "common/json/scan.h"

#include <stdio.h>
#include <stdlib.h>

struct tg_csv_dialect csv_check_dialect(const char *delimiter, int quote)
{
	struct tg_csv_dialect d = tg_csv_dialect_default();

	d.delimiter_n = (unsigned)strlen(delimiter);
	memcpy(d.delimiter, delimiter, d.delimiter_n);
	d.quote = quote;
	return d;
}

char *csv_check_exact(const char *p, size_t n)
{
	static const char hostile[] = "\"\n,\"\r|\xff";
	char *copy = malloc(n + TG_SLACK);

	if (!copy)
		abort();
	if (n)
		memcpy(copy, p, n);
	for (size_t i = 0; i < TG_SLACK; i++)
		copy[n + i] = hostile[(i + n) % (sizeof(hostile) - 1)];
	return copy;
}

static void put_row(struct tg_buffer *out, const struct tg_csv_dialect *d, struct tg_str bytes,
		    const struct tg_csv_rows *rows, const struct tg_csv_row *row, uint64_t offset,
		    size_t keep)
{
	struct tg_str text = { bytes.p + row->at, row->n };
	uint64_t line, column;

	tg_buffer_printf(out, "%llu@%llu+%zu ", (unsigned long long)row->line,
			 (unsigned long long)(offset + row->at), row->n);
	if (row->code) {
		tg_csv_locate(d, text, row->line, row->fault - row->at, &line, &column);
		tg_buffer_printf(out, "%s %llu:%llu %llu", row->code, (unsigned long long)line,
				 (unsigned long long)column,
				 (unsigned long long)(offset + row->fault));
	} else {
		tg_buffer_printf(out, "%zu", row->fields);
		for (size_t i = 0; i < row->fields && i < keep; i++) {
			const struct tg_csv_field *f = &rows->field[row->field + i];

			tg_buffer_printf(out, tg_csv_field_quoted(f) ? " q%zu:" : " %zu:",
					 tg_csv_field_start(d, text, i));
			tg_csv_put_field(out, rows, f, d);
		}
	}
	tg_buffer_putc(out, '\n');
}

void csv_check_read(struct tg_buffer *out, const struct tg_csv_dialect *d,
		    enum tg_csv_engine engine, struct tg_str text, size_t first, size_t size,
		    size_t keep, size_t most)
{
	TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
	struct tg_error err = TG_ERROR_INIT;
	size_t at = 0, end = 0;
	bool last = false, over = false;

	if (tg_csv_reader_new(&reader, d, engine, &err)) {
		tg_buffer_puts(out, err.text);
		return;
	}
	while (!last && !over) {
		char *bytes;
		struct tg_csv_rows rows;
		size_t used = 0, more = end == 0 && first ? first : size;

		last = end == text.n;
		end = text.n - end < more ? text.n : end + more;
		bytes = csv_check_exact(text.p + at, end - at);
		do {
			struct tg_str rest = { bytes + used, end - at - used };

			tg_csv_read(reader, rest, last, keep, most, &rows);
			for (size_t i = 0; i < rows.rows; i++)
				put_row(out, d, rest, &rows, &rows.row[i], at + used, keep);
			used += rows.taken;
			if (rows.unterminated) {
				tg_buffer_printf(out, "unterminated %llu %zu",
						 (unsigned long long)rows.opened_line,
						 at + used + rows.opened);
				over = true;
			}
		} while (rows.rows || rows.taken);
		at += used;
		if (last && !over)
			tg_buffer_printf(out, "end %llu %zu", (unsigned long long)rows.line, at);
		free(bytes);
	}
}

static const struct {
	const char *delimiter;
	int quote;
} kinds[] = { { ",", '"' }, { ";", '\'' },	 { "||", '"' }, { "~|", '"' },
	      { "\t", -1 }, { "\xc2\xa6", '"' }, { "aba", '"' } };

/* What else a dialect may say of where rows and fields end, many at once. */
static void vary(struct tg_csv_dialect *d, unsigned variant)
{
	static struct tg_str null[] = { { "\\N", 2 } };

	switch (variant % 12) {
	case 1:
		d->newline = TG_CSV_LF;
		break;
	case 2:
		d->newline = TG_CSV_CRLF;
		break;
	case 3:
		d->newline = TG_CSV_CR;
		break;
	case 4:
		d->escape = '\\';
		break;
	case 5:
		d->comment = TG_STR("#");
		break;
	case 6:
		d->blank = TG_CSV_BLANK_REJECTED;
		break;
	case 7:
		d->one_line = true;
		break;
	case 8:
		d->trim_start = d->trim_end = true;
		break;
	case 9:
		d->newline = TG_CSV_CRLF;
		d->comment = TG_STR("##");
		d->blank = TG_CSV_BLANK_ROW;
		d->one_line = true;
		d->trim_start = true;
		break;
	case 10:
		d->escape = '\\';
		d->null = null;
		d->nulls = 1;
		d->one_line = d->trim_end = true;
		break;
	case 11:
		d->newline = TG_CSV_CR;
		d->escape = '^';
		d->comment = TG_STR("#");
		d->trim_start = d->trim_end = true;
		break;
	}
}

static const char *const levels[] = { "scalar", "neon", "sse2", "avx2", "avx512" };

static void show(const char *what, struct tg_str text)
{
	fprintf(stderr, "%s:\n%.*s\n", what, TG_STR_ARG(text));
}

/* Every way to read must say what the slowest says. */
static const char *same_rows(const struct tg_csv_dialect *d, struct tg_str text, size_t size)
{
	TG_OWN(tg_buffer_release) struct tg_buffer expected = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	csv_check_read(&expected, d, TG_CSV_SCAN, text, 0, 1, SIZE_MAX, SIZE_MAX);
	for (size_t l = 0; l <= TG_COUNT(levels); l++) {
		bool library = l == TG_COUNT(levels);

		if (library ? tg_csv_beyond_library(d) != NULL : !tg_cpu_choose(levels[l]))
			continue;
		tg_buffer_clear(&out);
		csv_check_read(&out, d, library ? TG_CSV_LIBCSV : TG_CSV_SCAN, text, 0, size,
			       SIZE_MAX, SIZE_MAX);
		if (tg_str_eq(tg_buffer_str(&out), tg_buffer_str(&expected)))
			continue;
		show("expected", tg_buffer_str(&expected));
		show(library ? "libcsv" : levels[l], tg_buffer_str(&out));
		return "read differently";
	}
	return NULL;
}

/* A comma in numbers, dates of fixed width. */
static struct tg_csv_notation notation_of(struct tg_date_form *date, struct tg_arena *arena)
{
	struct tg_error err = TG_ERROR_INIT;

	if (tg_date_compile(date, &(struct tg_date_says){ .pattern = TG_STR("dd.MM.yyyy") }, arena,
			    &err))
		abort();
	return (struct tg_csv_notation){
		.number = { .decimal = TG_STR(","), .group = TG_STR(".") },
		.date = date,
	};
}

/* All well formed rows with as many fields as the first of them, as records: of strings, or of all types in turn. */
static void records(struct tg_buffer *out, const struct tg_csv_dialect *d,
		    enum tg_csv_engine engine, struct tg_str text, bool strings)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
	struct tg_csv_plan plan = { .dialect = d, .first = { "\1", SIZE_MAX } };
	static const enum tg_csv_kind kind[] = { TG_CSV_TEXT, TG_CSV_NUMBER, TG_CSV_INTEGER,
						 TG_CSV_DATE, TG_CSV_DECIMAL };
	struct tg_date_form date;
	const struct tg_csv_notation notation = notation_of(&date, &arena);
	struct tg_csv_column *column = NULL;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_csv_rows rows;
	char *bytes = csv_check_exact(text.p, text.n);
	struct tg_str rest = { bytes, text.n };

	tg_buffer_clear(out);
	if (tg_csv_reader_new(&reader, d, engine, &err))
		abort();
	do {
		tg_csv_read(reader, rest, true, SIZE_MAX, SIZE_MAX, &rows);
		for (size_t i = 0; i < rows.rows; i++) {
			size_t at = i;
			char *to;

			if (rows.row[i].code)
				continue;
			if (!column) {
				plan.columns = rows.row[i].fields;
				column = tg_arena_array(&arena, plan.columns, sizeof(*column));
				for (size_t k = 0; k < plan.columns; k++) {
					column[k].name = tg_arena_format(&arena, "c%zu", k);
					column[k].kind =
						strings ? TG_CSV_TEXT : kind[k % TG_COUNT(kind)];
					column[k].as = &notation;
				}
				plan.column = column;
				plan.as_text = true;
				tg_csv_plan_make(&plan, &arena);
			}
			to = tg_buffer_room(out, tg_csv_plan_bound(&plan, &rows.row[i], rest.p));
			out->n += (size_t)(tg_csv_emit(&plan, &rows, &at, i + 1, 0, to) - to);
		}
		rest = tg_str_after(rest, rows.taken);
	} while (rows.rows || rows.taken);
	tg_buffer_release(&plan.scratch);
	free(bytes);
}

/* Records are the same too, and JSON. */
static const char *same_records(const struct tg_csv_dialect *d, struct tg_str text, bool strings)
{
	TG_OWN(tg_buffer_release) struct tg_buffer expected = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	struct tg_record record;

	for (size_t l = 0; l <= TG_COUNT(levels); l++) {
		bool library = l == TG_COUNT(levels);

		if (library ? tg_csv_beyond_library(d) != NULL : !tg_cpu_choose(levels[l]))
			continue;
		records(l ? &out : &expected, d, library ? TG_CSV_LIBCSV : TG_CSV_SCAN, text,
			strings);
		if (l == 0 || tg_str_eq(tg_buffer_str(&out), tg_buffer_str(&expected)))
			continue;
		show("expected", tg_buffer_str(&expected));
		show(library ? "libcsv" : levels[l], tg_buffer_str(&out));
		return "written differently";
	}
	for (size_t at = 0; at < expected.n;) {
		const char *end = memchr(expected.p + at, '\n', expected.n - at);
		struct tg_str line = { expected.p + at, end ? (size_t)(end - expected.p) - at : 0 };

		if (!end || tg_scan(scanner, line, &record) != TG_SCAN_OK)
			return "a record that is no JSON";
		at += line.n + 1;
	}
	return NULL;
}

const char *csv_check(struct tg_str input)
{
	unsigned kind = input.n ? (unsigned char)input.p[0] : 0;
	size_t size = input.n > 1 ? (unsigned char)input.p[1] : 0;
	struct tg_csv_dialect d = csv_check_dialect(kinds[kind % TG_COUNT(kinds)].delimiter,
						    kinds[kind % TG_COUNT(kinds)].quote);
	struct tg_str text = tg_str_after(input, 2);
	const char *wrong;

	vary(&d, kind / (unsigned)TG_COUNT(kinds));
	wrong = same_rows(&d, text, size ? size : SIZE_MAX);
	if (!wrong)
		wrong = same_records(&d, text, false);
	if (!wrong)
		wrong = same_records(&d, text, true);
	(void)tg_cpu_choose(NULL);
	return wrong;
}

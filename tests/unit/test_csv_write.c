#include "common/base/buffer.h"
#include "common/base/cpu.h"
#include "common/csv/field.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

static struct tg_csv_dialect dialect_of(const char *delimiter, int quote)
{
	struct tg_csv_dialect d = tg_csv_dialect_default();

	d.delimiter_n = (unsigned)strlen(delimiter);
	memcpy(d.delimiter, delimiter, d.delimiter_n);
	d.quote = quote;
	return d;
}

/* A row of the one text, `columns` times; NULL: it was refused. */
static const char *put_row(struct tg_buffer *out, const struct tg_csv_form *form,
			   struct tg_str text, size_t columns)
{
	tg_buffer_clear(out);
	for (size_t i = 0; i < columns; i++) {
		const char *wrong;
		char *to;

		if (i)
			tg_buffer_put(out, form->dialect->delimiter, form->dialect->delimiter_n);
		to = tg_buffer_room(out, 2 * text.n + 2);
		wrong = tg_csv_field_put(form, text, false, false, i == 0, &to);
		if (wrong)
			return wrong;
		out->n = (size_t)(to - out->p);
	}
	return NULL;
}

TEST(quotes_where_they_must_be)
{
	static const struct {
		const char *about, *delimiter;
		int quote;
		size_t columns;
		struct tg_str text;
		const char *row; /* NULL: refused */
	} row[] = {
		// clang-format off
		{ "plain",                  ",",  '"',  1, { "a b", 3 },      "a b" },
		{ "delimiter",              ",",  '"',  1, { "a,b", 3 },      "\"a,b\"" },
		{ "another's delimiter",    ";",  '"',  1, { "a,b", 3 },      "a,b" },
		{ "quote",                  ",",  '"',  1, { "a\"", 2 },      "\"a\"\"\"" },
		{ "another's quote",        ",",  '\'', 1, { "a\"'", 3 },     "'a\"'''" },
		{ "line ends",              ",",  '"',  1, { "\r", 1 },       "\"\r\"" },
		{ "leading blank",          ",",  '"',  1, { " a", 2 },       "\" a\"" },
		{ "trailing tab",           ",",  '"',  1, { "a\t", 2 },      "\"a\t\"" },
		{ "empty, alone",           ",",  '"',  1, { "", 0 },         "\"\"" },
		{ "empty, not alone",       ",",  '"',  2, { "", 0 },         "," },
		{ "byte order mark",        ",",  '"',  2, { "\xef\xbb\xbf", 3 }, "\"\xef\xbb\xbf\",\xef\xbb\xbf" },
		{ "NUL",                    ",",  '"',  1, { "\0", 1 },       NULL },
		{ "half a delimiter",       "||", '"',  1, { "|", 1 },        "\"|\"" },
		{ "no quotes: its half",    "||", -1,   1, { "a|", 2 },       NULL },
		{ "no quotes: in front",    "||", -1,   2, { "|a", 2 },       "|a|||a" },
		{ "no quotes: overlap",     "aab", -1,  2, { "aaxaa", 5 },    "aaxaaaabaaxaa" },
		{ "no quotes: a border",    "aba", -1,  2, { "xab", 3 },      NULL },
		{ "no quotes: a quote",     "\t", -1,   2, { " \"", 2 },      " \"\t \"" },
		{ "no quotes: a line end",  "\t", -1,   1, { "a\n", 2 },      NULL },
		{ "no quotes: alone",       "\t", -1,   1, { "", 0 },         NULL },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_csv_dialect d = dialect_of(row[i].delimiter, row[i].quote);
		struct tg_csv_form form = { .dialect = &d };
		struct tg_csv_target target[2] = { { .kind = TG_CSV_TEXT } };
		const char *wrong;

		tg_csv_form_make(&form, target, row[i].columns);
		wrong = put_row(&out, &form, row[i].text, row[i].columns);
		is_int(row[i].about, wrong == NULL, row[i].row != NULL);
		if (row[i].row)
			is_str(row[i].about, tg_buffer_str(&out), tg_str_of(row[i].row));
	}
}

/* Whatever is written is read as it was, by the engine of csv2json; and what could be written without quotes is not refused. */
TEST(what_is_written_is_read)
{
	static const char *const delimiter[] = { ",", "|", "||", "aba", "aab", "\t", " ", "¦" };
	static const int quote[] = { '"', '\'', 'a', -1 };
	static const char letter[] = { 'a', 'b', 'x', ',', '|', '"', '\'', ' ', '\t', '\n', '\r' };
	/* One a dialect, since making one costs more than a row. */
	static struct tg_csv_dialect dialect[TG_COUNT(delimiter) * TG_COUNT(quote)];
	static struct tg_csv_reader *readers[TG_COUNT(dialect)];
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	uint64_t state = 1, wrong = 0, written = 0;

	for (size_t round = 0; round < 200000; round++) {
		int q = quote[round / TG_COUNT(delimiter) % TG_COUNT(quote)];
		struct tg_csv_dialect *d = &dialect[round % TG_COUNT(dialect)];
		struct tg_csv_form form = { .dialect = d };
		struct tg_csv_target target[3] = { { .kind = TG_CSV_TEXT } };
		size_t columns = 1 + round % 3, n;
		char text[8 + TG_SLACK] = { 0 };

		*d = dialect_of(delimiter[round % TG_COUNT(delimiter)], q);
		if (q >= 0 && memchr(d->delimiter, q, d->delimiter_n))
			continue; /* no contract may say so */
		state = state * 6364136223846793005U + 1442695040888963407U;
		n = (state >> 60) % 8;
		for (size_t i = 0; i < n; i++)
			text[i] = letter[(state >> (8 + 6 * i) & 63) % TG_COUNT(letter)];
		tg_csv_form_make(&form, target, columns);
		if (put_row(&out, &form, tg_str_from(text, n), columns))
			continue;
		written++;
		for (int ending = 0; ending < 2; ending++) {
			struct tg_csv_reader **reader = &readers[round % TG_COUNT(dialect)];
			TG_OWN(tg_buffer_release) struct tg_buffer back = TG_BUFFER_INIT;
			struct tg_error err = TG_ERROR_INIT;
			struct tg_csv_rows rows;

			if (ending)
				tg_buffer_puts(&out, "\r\n");
			(void)tg_buffer_room(&out, TG_SLACK);
			if (!*reader && tg_csv_reader_new(reader, d, TG_CSV_SCAN, &err))
				abort();
			tg_csv_reader_restart(*reader, 1);
			tg_csv_read(*reader, tg_buffer_str(&out), true, columns, 2, &rows);
			if (rows.rows != 1 || rows.row[0].code || rows.row[0].fields != columns) {
				wrong++;
				continue;
			}
			for (size_t i = 0; i < columns; i++) {
				tg_buffer_clear(&back);
				tg_csv_put_field(&back, &rows, &rows.field[i], d);
				wrong += !tg_str_eq(tg_buffer_str(&back), tg_str_from(text, n));
			}
		}
	}
	for (size_t i = 0; i < TG_COUNT(readers); i++)
		tg_csv_reader_free(&readers[i]);
	ok("most can be written", written > 100000);
	is_int("all is read as it was", (int)wrong, 0);
}

/* The wide way stops at the same texts as the plain one, wherever the byte stands, and looks at nothing behind the end. */
TEST(the_wide_way)
{
	struct tg_csv_dialect d = tg_csv_dialect_default();
	int wrong = 0;

	for (int wide = 0; wide < 2; wide++) {
		struct tg_csv_form form = { .dialect = &d };
		struct tg_csv_target target = { .kind = TG_CSV_TEXT };

		if (!tg_cpu_choose(wide ? NULL : "scalar"))
			continue;
		tg_csv_form_make(&form, &target, 1);
		for (size_t n = 1; n < 70; n++) {
			char text[70 + TG_SLACK], to[70 + 2 * TG_SLACK], *end;

			for (size_t at = 0; at <= n; at++) {
				memset(text, 'x', n);
				memset(text + n, ',', sizeof(text) - n);
				if (at < n)
					text[at] = at % 2 ? ',' : '"';
				end = tg_csv_field_plain(&form, tg_str_from(text, n), to);
				wrong += at < n ? end != NULL
						: end != to + n || memcmp(to, text, n) != 0;
			}
		}
	}
	(void)tg_cpu_choose(NULL);
	is_int("each length, each place", wrong, 0);
}

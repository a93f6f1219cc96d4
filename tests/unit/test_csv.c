#include "common/base/buffer.h"
#include "common/base/cpu.h"
#include "common/base/memory.h"
#include "common/csv/csv.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

static const char *const levels[] = { "scalar", "sse2", "avx2" };

static struct tg_csv_dialect dialect(const char *delimiter, int quote)
{
	struct tg_csv_dialect d = tg_csv_dialect_default();

	d.delimiter_n = (unsigned)strlen(delimiter);
	memcpy(d.delimiter, delimiter, d.delimiter_n);
	d.quote = quote;
	return d;
}

/* Bytes as a reader gets them: nothing beyond the slack may be read, and what the slack holds may not matter. */
static char *exact(const char *p, size_t n)
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
		tg_csv_locate(text, row->line, row->fault - row->at, &line, &column);
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

/* Reads text the way the runtime has it read: what is left comes again with `size(i)` bytes more behind it. Writes down what comes. */
static void read_in_pieces(struct tg_buffer *out, const struct tg_csv_dialect *d,
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
		bytes = exact(text.p + at, end - at);
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

static struct tg_str whole(struct tg_buffer *out, const struct tg_csv_dialect *d,
			   enum tg_csv_engine engine, struct tg_str text)
{
	tg_buffer_clear(out);
	read_in_pieces(out, d, engine, text, 0, SIZE_MAX, SIZE_MAX, SIZE_MAX);
	return tg_buffer_str(out);
}

/* Both engines and every kind of machine say `expected`; and however the bytes come. */
static void reads_as(const char *about, const struct tg_csv_dialect *d, struct tg_str text,
		     struct tg_str expected, bool every_way)
{
	static const size_t sizes[] = { 1, 2, 3, 7 };
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	bool plain = d->delimiter_n == 1 && d->quote >= 0;

	for (int engine = TG_CSV_SCAN; engine <= (plain ? TG_CSV_LIBCSV : TG_CSV_SCAN); engine++) {
		for (size_t l = 0; l < (engine == TG_CSV_SCAN ? TG_COUNT(levels) : 1); l++) {
			if (!tg_cpu_choose(levels[l]))
				continue;
			is_str(about, whole(&out, d, (enum tg_csv_engine)engine, text), expected);
			for (size_t cut = 1; every_way && cut < text.n; cut++) {
				tg_buffer_clear(&out);
				read_in_pieces(&out, d, (enum tg_csv_engine)engine, text, cut,
					       SIZE_MAX, SIZE_MAX, SIZE_MAX);
				is_str(about, tg_buffer_str(&out), expected);
			}
			for (size_t s = 0; every_way && s < TG_COUNT(sizes); s++) {
				tg_buffer_clear(&out);
				read_in_pieces(&out, d, (enum tg_csv_engine)engine, text, 0,
					       sizes[s], SIZE_MAX, SIZE_MAX);
				is_str(about, tg_buffer_str(&out), expected);
				tg_buffer_clear(&out);
				read_in_pieces(&out, d, (enum tg_csv_engine)engine, text, 0,
					       SIZE_MAX, SIZE_MAX, sizes[s]);
				is_str(about, tg_buffer_str(&out), expected);
			}
		}
	}
	(void)tg_cpu_choose(NULL);
}

#define S(literal)                                                                                 \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

/* A row is written LINE@OFFSET+LENGTH, then its number of fields and each as q (if quoted) PLACE:TEXT, or code, line:column and
 * offset of its fault. */
TEST(what_is_a_row)
{
	static const struct {
		const char *about;
		struct tg_str text, rows;
	} row[] = {
		// clang-format off
		{ "nothing", S(""), S("end 1 0") },
		{ "one row", S("a,b\n"), S("1@0+3 2 0:a 2:b\nend 2 4") },
		{ "no last line end", S("a,b"), S("1@0+3 2 0:a 2:b\nend 1 3") },
		{ "CRLF", S("a,b\r\nc\r\n"), S("1@0+3 2 0:a 2:b\n2@5+1 1 0:c\nend 3 8") },
		{ "empty fields", S(",\n,,"), S("1@0+1 2 0: 1:\n2@2+2 3 0: 1: 2:\nend 2 4") },
		{ "quoted", S("\"a\",\"b,c\"\n"), S("1@0+9 2 q0:a q4:b,c\nend 2 10") },
		{ "quoted and empty", S("\"\"\n\"\",\n"), S("1@0+2 1 q0:\n2@3+3 2 q0: 3:\nend 3 7") },
		{ "doubled quotes", S("\"a\"\"b\",\"\"\"\"\n"), S("1@0+11 2 q0:a\"b q7:\"\nend 2 12") },
		{ "a line end between quotes", S("\"a\nb\r\nc\",d\ne"), S("1@0+10 2 q0:a\nb\r\nc 9:d\n4@11+1 1 0:e\nend 4 12") },
		{ "blank lines", S("\n\r\na\n\n\r\nb\n\n"), S("3@3+1 1 0:a\n6@8+1 1 0:b\nend 8 11") },
		{ "blanks are data", S(" a , \"\n"), S("1@0+6 csv-quote 1:6 5\nend 2 7") },
		{ "a line of blanks", S("  \n"), S("1@0+2 1 0:  \nend 2 3") },
		{ "a quote in a plain field", S("a\"b,c\nd\n"), S("1@0+5 csv-quote 1:2 1\n2@6+1 1 0:d\nend 3 8") },
		{ "text behind a quote", S("1,\"A\"x,y\nd\n"), S("1@0+8 csv-quote 1:6 5\n2@9+1 1 0:d\nend 3 11") },
		{ "a blank behind a quote", S("\"A\" ,y\nd\n"), S("1@0+6 csv-quote 1:4 3\n2@7+1 1 0:d\nend 3 9") },
		{ "the row ends at the next line end", S("\"a\nb\"c,\"d\ne\"\n"), S("1@0+9 csv-quote 2:3 5\n3@10+2 csv-quote 3:2 11\nend 4 13") },
		{ "a quote that lines were lost to", S("x\"y,\"z\r\n\"q\"\n"), S("1@0+6 csv-quote 1:2 1\n2@8+3 1 q0:q\nend 3 12") },
		{ "a lone CR", S("cd\ref\ng\n"), S("1@0+5 csv-newline 1:3 2\n2@6+1 1 0:g\nend 3 8") },
		{ "a lone CR, then a line end", S("cd\r\r\ng\n"), S("1@0+3 csv-newline 1:3 2\n2@5+1 1 0:g\nend 3 7") },
		{ "a lone CR first", S("\r\r\n\ra\n"), S("1@0+1 csv-newline 1:1 0\n2@3+2 csv-newline 2:1 3\nend 3 6") },
		{ "a lone CR last", S("a\r"), S("1@0+2 csv-newline 1:2 1\nend 1 2") },
		{ "a lone CR ends no row", S("a,\"\n\"\rb\"\n\"\n"), S("1@0+8 csv-newline 2:2 5\nunterminated 3 9") },
		{ "a CR between quotes", S("\"g\rh\"\n"), S("1@0+5 1 q0:g\rh\nend 2 6") },
		{ "a CR behind a quote", S("\"g\"\rh\ni\n"), S("1@0+5 csv-newline 1:4 3\n2@6+1 1 0:i\nend 3 8") },
		{ "a CR behind a quote at the end", S("\"g\"\r"), S("1@0+4 csv-newline 1:4 3\nend 1 4") },
		{ "the first fault counts", S("a\rb\"c\nd\n"), S("1@0+5 csv-newline 1:2 1\n2@6+1 1 0:d\nend 3 8") },
		{ "not between quotes", S("\"a\rb\"c\nd\n"), S("1@0+6 csv-quote 1:6 5\n2@7+1 1 0:d\nend 3 9") },
		{ "NUL", S("ab\0cd,e\n\"x\0\"\ny\n"), S("1@0+7 csv-nul 1:3 2\n2@8+4 csv-nul 2:3 10\n3@13+1 1 0:y\nend 4 15") },
		{ "NUL behind a quote", S("\"a\"\0,e\n"), S("1@0+6 csv-nul 1:4 3\nend 2 7") },
		{ "a fault before NUL", S("\"a\"x\0,e\n"), S("1@0+7 csv-quote 1:4 3\nend 2 8") },
		{ "bad UTF-8", S("caf\xe9\nok\nx,\xed\xa0\x80\n"), S("1@0+4 csv-encoding 1:4 3\n2@5+2 1 0:ok\n3@8+5 csv-encoding 3:3 10\nend 4 14") },
		{ "UTF-8 cut by a delimiter", S("\xc3,\xa9\n"), S("1@0+3 csv-encoding 1:1 0\nend 2 4") },
		{ "UTF-8 cut by the end", S("a\n\xe2\x82"), S("1@0+1 1 0:a\n2@2+2 csv-encoding 2:1 2\nend 2 4") },
		{ "columns count characters", S("\xc3\xa9\xe2\x82\xac\"\n"), S("1@0+6 csv-quote 1:3 5\nend 2 7") },
		{ "columns count from the line", S("\"\xc3\xa9\n\xc3\xa9\"x\n"), S("1@0+8 csv-quote 2:3 7\nend 3 9") },
		{ "unterminated", S("1,\"Ann\"\n2,\"Bo\n3,Cy\n"), S("1@0+7 2 0:1 q2:Ann\nunterminated 2 10") },
		{ "unterminated, doubled at the end", S("\"a\"\""), S("unterminated 1 0") },
		{ "unterminated on a later line", S("\"a\nb\",\"c\n"), S("unterminated 2 6") },
		{ "a quote alone", S("\""), S("unterminated 1 0") },
		{ "closed by the end", S("\"a\""), S("1@0+3 1 q0:a\nend 1 3") },
		{ "a broken row at the end", S("a\"\r"), S("1@0+3 csv-quote 1:2 1\nend 1 3") },
		// clang-format on
	};
	struct tg_csv_dialect d = tg_csv_dialect_default();

	for (size_t i = 0; i < TG_COUNT(row); i++)
		reads_as(row[i].about, &d, row[i].text, row[i].rows, true);
}

TEST(other_dialects)
{
	static const struct {
		const char *about, *delimiter;
		int quote;
		struct tg_str text, rows;
	} row[] = {
		// clang-format off
		{ "semicolon", ";", '"', S("a;\"b;c\",\n"), S("1@0+8 csv-quote 1:8 7\nend 2 9") },
		{ "tab, no quotes", "\t", -1, S("a\"\t\"b\n\"\n"), S("1@0+5 2 0:a\" 3:\"b\n2@6+1 1 0:\"\nend 3 8") },
		{ "another quote", ",", '\'', S("'a''b',\"c\"\n"), S("1@0+10 2 q0:a'b 7:\"c\"\nend 2 11") },
		{ "two bytes", "~|", '"', S("a~b~|\"c~|\"~|~\n|~~|\n"), S("1@0+13 3 0:a~b q5:c~| 12:~\n2@14+4 2 0:|~ 4:\nend 3 19") },
		{ "two that overlap", "||", '"', S("a||||b|||c|\n|||\n"), S("1@0+11 4 0:a 3: 5:b 8:|c|\n2@12+3 2 0: 2:|\nend 3 16") },
		{ "a quote behind half a delimiter", "||", '"', S("|||\"a\"\n||\"a\"\n"), S("1@0+6 csv-quote 1:4 3\n2@7+5 2 0: q2:a\nend 3 13") },
		{ "three, partly over itself", "aba", '"', S("ababa\nxabax\n"), S("1@0+5 2 0: 3:ba\n2@6+5 2 0:x 4:x\nend 3 12") },
		{ "a character of two bytes", "\xc2\xa6", '"', S("a\xc2\xa6\"\xc2\xa6\"\n\xc2\n"), S("1@0+7 2 0:a q3:\xc2\xa6\n2@8+1 csv-encoding 2:1 8\nend 3 10") },
		{ "four bytes", "<=>;", '"', S("a<=>;b<=>\n\"c\"<=>\n"), S("1@0+9 2 0:a 5:b<=>\n2@10+6 csv-quote 2:4 13\nend 3 17") },
		{ "one broken off by the end", "||", '"', S("a||\"b\"|"), S("1@0+7 csv-quote 1:7 6\nend 1 7") },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_csv_dialect d = dialect(row[i].delimiter, row[i].quote);

		reads_as(row[i].about, &d, row[i].text, row[i].rows, true);
	}
}

TEST(only_so_many_fields_are_kept)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	struct tg_csv_dialect d = tg_csv_dialect_default();

	for (int engine = TG_CSV_SCAN; engine <= TG_CSV_LIBCSV; engine++) {
		for (size_t size = 1; size < 8; size++) {
			tg_buffer_clear(&out);
			read_in_pieces(&out, &d, (enum tg_csv_engine)engine,
				       TG_STR("a,b,c,d\ne\nf,\"g\",h\n"), 0, size, 2, SIZE_MAX);
			is_str("but all are counted", tg_buffer_str(&out),
			       TG_STR("1@0+7 4 0:a 2:b\n2@8+1 1 0:e\n3@10+7 3 0:f q2:g\nend 4 18"));
		}
	}
}

TEST(what_libcsv_cannot_read)
{
	static const struct {
		const char *delimiter;
		int quote;
	} row[] = { { "||", '"' }, { ",", -1 } };

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
		struct tg_csv_dialect d = dialect(row[i].delimiter, row[i].quote);
		struct tg_error err = TG_ERROR_INIT;

		is_int("is refused", tg_csv_reader_new(&reader, &d, TG_CSV_LIBCSV, &err), TG_USAGE);
	}
}

/* Always the same numbers: xorshift64*. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * UINT64_C(2685821657736338717) >> 33) % below;
}

/* CSV as it should be, in lengths about those at which steps and pieces end, then bytes changed. */
static void make_input(struct tg_buffer *out, uint64_t *state, const struct tg_csv_dialect *d)
{
	static const char *const texts[] = { "a",  "",	 "bc", "\xc3\xa9", "00123",	  " x ",
					     "\t", "''", "|",  "~",	   "\xe2\x82\xac" };
	static const char dirt[] = "\"\"\"\"\",,\n\n\r\r\r\r\n'|~\0\xff\xc3 a";
	uint64_t rows = draw(state, 12), changes = draw(state, 3) ? 0 : draw(state, 5);
	bool crlf = draw(state, 3) == 0, quoting = draw(state, 3) > 0;

	tg_buffer_clear(out);
	for (uint64_t r = 0; r < rows; r++) {
		uint64_t fields = 1 + draw(state, draw(state, 10) ? 6 : 90);

		for (uint64_t f = 0; f < fields; f++) {
			bool quoted = quoting && d->quote >= 0 && draw(state, 3) == 0;

			if (f)
				tg_buffer_put(out, d->delimiter, d->delimiter_n);
			if (quoted)
				tg_buffer_putc(out, (char)d->quote);
			for (uint64_t t = draw(state, draw(state, 20) ? 4 : 70); t > 0; t--) {
				tg_buffer_puts(out, texts[draw(state, TG_COUNT(texts))]);
				if (quoted && draw(state, 6) == 0)
					tg_buffer_put(out, d->delimiter, d->delimiter_n);
				if (quoted && draw(state, 6) == 0)
					tg_buffer_printf(out, "%c%c", d->quote, d->quote);
				if (quoted && draw(state, 9) == 0)
					tg_buffer_puts(out, draw(state, 2) ? "\r\n" : "\n");
			}
			if (quoted)
				tg_buffer_putc(out, (char)d->quote);
		}
		if (r + 1 < rows || draw(state, 2))
			tg_buffer_puts(out, crlf ? "\r\n" : "\n");
	}
	for (; changes && out->n; changes--) {
		size_t at = draw(state, out->n);
		char c = dirt[draw(state, sizeof(dirt) - 1)];

		if (draw(state, 3)) {
			out->p[at] = c;
		} else {
			tg_buffer_putc(out, c);
			memmove(out->p + at + 1, out->p + at, out->n - 1 - at);
			out->p[at] = c;
		}
	}
}

/* Scan on every kind of machine, the walk alone (one byte at a time), and libcsv: the same rows, faults, lines, columns, offsets. */
TEST(engines_agree_on_made_up_input)
{
	static const struct {
		const char *delimiter;
		int quote;
	} kind[] = { { ",", '"' },  { ",", '"' }, { ";", '\'' },      { "||", '"' },
		     { "~|", '"' }, { "\t", -1 }, { "\xc2\xa6", '"' } };
	TG_OWN(tg_buffer_release) struct tg_buffer input = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer expected = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	size_t rounds = getenv("TIDEGATE_LONG") ? 1500000 : 30000, wrong = 0;
	uint64_t state = 20251105;

	for (size_t i = 0; i < rounds && wrong < 5; i++) {
		struct tg_csv_dialect d =
			dialect(kind[i % TG_COUNT(kind)].delimiter, kind[i % TG_COUNT(kind)].quote);
		struct tg_str text;

		make_input(&input, &state, &d);
		text = tg_buffer_str(&input);
		tg_buffer_clear(&expected);
		read_in_pieces(&expected, &d, TG_CSV_SCAN, text, 0, 1, SIZE_MAX, SIZE_MAX);
		for (size_t l = 0; l <= TG_COUNT(levels); l++) {
			bool library = l == TG_COUNT(levels);

			if (library ? d.delimiter_n > 1 || d.quote < 0 : !tg_cpu_choose(levels[l]))
				continue;
			tg_buffer_clear(&out);
			read_in_pieces(&out, &d, library ? TG_CSV_LIBCSV : TG_CSV_SCAN, text, 0,
				       i % 5 ? SIZE_MAX : 1 + i % 97, SIZE_MAX, SIZE_MAX);
			if (tg_str_eq(tg_buffer_str(&out), tg_buffer_str(&expected)))
				continue;
			wrong++;
			is_str(library ? "libcsv" : levels[l], tg_buffer_str(&out),
			       tg_buffer_str(&expected));
			is_str("input", text, TG_STR(""));
		}
	}
	(void)tg_cpu_choose(NULL);
	is_int("differences", (long long)wrong, 0);
}

/* Longer than a step, a piece, and what marks are made for at all. */
TEST(long_rows)
{
	static const size_t sizes[] = { 63, 64, 65, 8191, 8192, 8193, 65535, 65536, 65537, 200000 };
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer expected = TG_BUFFER_INIT;
	struct tg_csv_dialect d = tg_csv_dialect_default();

	for (size_t i = 0; i < TG_COUNT(sizes); i++) {
		size_t n = sizes[i];

		tg_buffer_clear(&text);
		tg_buffer_puts(&text, "a,b\n\"");
		memset(tg_buffer_room(&text, n), 'x', n);
		text.n += n;
		text.p[text.n - 1] = '\n';
		tg_buffer_puts(&text, "\",y\r\nc,d\ne\"\n");
		tg_buffer_clear(&expected);
		tg_buffer_printf(&expected, "1@0+3 2 0:a 2:b\n2@4+%zu 2 q0:", n + 4);
		tg_buffer_put(&expected, text.p + 5, n);
		tg_buffer_printf(&expected,
				 " %zu:y\n4@%zu+3 2 0:c 2:d\n5@%zu+2 csv-quote 5:2 %zu\nend 6 %zu",
				 n + 3, n + 10, n + 14, n + 15, n + 17);
		reads_as("a long field", &d, tg_buffer_str(&text), tg_buffer_str(&expected), false);
	}
}

/* A row that grows by a byte at a time must not be looked at from its start each time. */
TEST(a_growing_row_is_looked_at_once)
{
	enum { SIZE = 4 << 20 };
	char *text = tg_alloc(SIZE + TG_SLACK);
	struct tg_csv_dialect d = tg_csv_dialect_default();

	memset(text, 'x', SIZE + TG_SLACK);
	text[0] = '"';
	for (int engine = TG_CSV_SCAN; engine <= TG_CSV_LIBCSV; engine++) {
		TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_csv_rows rows;
		size_t taken = 0;

		is_int("opens", tg_csv_reader_new(&reader, &d, (enum tg_csv_engine)engine, &err),
		       TG_OK);
		for (size_t n = 1; n <= SIZE; n++) {
			tg_csv_read(reader, tg_str_from(text, n), false, SIZE_MAX, SIZE_MAX, &rows);
			taken += rows.taken;
		}
		is_int("goes on", (long long)taken, 0);
	}
	tg_free(text);
}

#include "common/base/buffer.h"
#include "common/base/cpu.h"
#include "common/base/memory.h"
#include "common/csv/csv.h"
#include "common/csv/dialect.h"
#include "common/csv/emit.h"
#include "common/io/input.h"
#include "common/json/text.h"
#include "tests/fuzz/csv_check.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <stdlib.h>

static const char *const levels[] = { "scalar", "neon", "sse2", "avx2", "avx512" };

static struct tg_str whole(struct tg_buffer *out, const struct tg_csv_dialect *d,
			   enum tg_csv_engine engine, struct tg_str text)
{
	tg_buffer_clear(out);
	csv_check_read(out, d, engine, text, 0, SIZE_MAX, SIZE_MAX, SIZE_MAX);
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
			for (size_t cut = 1; every_way && cut < text.n;
			     cut += TG_SANITIZED ? 7 : 1) {
				tg_buffer_clear(&out);
				csv_check_read(&out, d, (enum tg_csv_engine)engine, text, cut,
					       SIZE_MAX, SIZE_MAX, SIZE_MAX);
				is_str(about, tg_buffer_str(&out), expected);
			}
			for (size_t s = 0; every_way && s < TG_COUNT(sizes); s++) {
				tg_buffer_clear(&out);
				csv_check_read(&out, d, (enum tg_csv_engine)engine, text, 0,
					       sizes[s], SIZE_MAX, SIZE_MAX);
				is_str(about, tg_buffer_str(&out), expected);
				tg_buffer_clear(&out);
				csv_check_read(&out, d, (enum tg_csv_engine)engine, text, 0,
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
		{ "no quotes, and one behind the first step", "\t", -1, S("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\t\"\n"), S("1@0+65 2 0:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 64:\"\nend 2 66") },
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
		struct tg_csv_dialect d = csv_check_dialect(row[i].delimiter, row[i].quote);

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
			csv_check_read(&out, &d, (enum tg_csv_engine)engine,
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
		struct tg_csv_dialect d = csv_check_dialect(row[i].delimiter, row[i].quote);
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

/* Scan on every kind of machine, the walk alone (one byte at a time), and libcsv: the same rows, faults, lines, columns, offsets,
 * records. */
TEST(engines_agree_on_made_up_input)
{
	static const struct {
		const char *delimiter;
		int quote;
	} kind[] = {
		{ ",", '"' }, { ";", '\'' },	   { "||", '"' }, { "~|", '"' },
		{ "\t", -1 }, { "\xc2\xa6", '"' }, { "aba", '"' }
	}; /* as csv_check has them */
	TG_OWN(tg_buffer_release) struct tg_buffer input = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	/* Under sanitizers fewer, and under each compiler's others; of so many one where the machine is emulated. */
	size_t rounds = getenv("TIDEGATE_LONG") ? 1000000 : TG_SANITIZED ? 7000 : 20000, wrong = 0;
	const char *wish = getenv("TIDEGATE_SHARE");
	uint64_t share = wish ? strtoul(wish, NULL, 10) : 1;
#ifdef __clang__
	uint64_t state = 20251106;
#else
	uint64_t state = TG_SANITIZED ? 20251107 : 20251105;
#endif

	rounds /= share ? share : 1;
	for (size_t i = 0; i < rounds && wrong < 5; i++) {
		size_t k = i % 3 ? i % TG_COUNT(kind) : 0;
		struct tg_csv_dialect d = csv_check_dialect(kind[k].delimiter, kind[k].quote);
		const char *why;

		make_input(&text, &state, &d);
		tg_buffer_clear(&input);
		tg_buffer_putc(&input, (char)k);
		tg_buffer_putc(&input, (char)(i % 5 ? 0 : 1 + i % 97));
		tg_buffer_put_str(&input, tg_buffer_str(&text));
		why = csv_check(tg_buffer_str(&input));
		if (why) {
			wrong++;
			is_str(why, tg_buffer_str(&input), TG_STR(""));
		}
	}
	is_int("differences", (long long)wrong, 0);
}

/* What the fuzzer found worth keeping. */
TEST(the_corpus)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	const char *root = getenv("TIDEGATE_SOURCE");
	struct tg_str path = tg_arena_format(&arena, "%s/tests/corpus/csv", root ? root : ".");
	DIR *folder = opendir(path.p);
	struct dirent *entry;
	size_t n = 0;

	if (!folder) {
		tap_skip("tests/corpus/csv is not there: TIDEGATE_SOURCE names the source");
		return;
	}
	while ((entry = readdir(folder))) {
		struct tg_error err = TG_ERROR_INIT;
		const char *why;

		if (entry->d_name[0] == '.')
			continue;
		path = tg_arena_format(&arena, "%s/tests/corpus/csv/%s", root ? root : ".",
				       entry->d_name);
		tg_buffer_clear(&text);
		is_int(entry->d_name, tg_input_slurp(&text, path.p, 1 << 20, &err), TG_OK);
		why = csv_check(tg_buffer_str(&text));
		is_str(entry->d_name, tg_str_of(why), TG_STR_NONE);
		n++;
	}
	closedir(folder);
	ok("there is one", n > 10);
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
	enum { SIZE = 1 << 20 };
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

/* The quote that closes a field of escapes must not be looked for to the end from each of them: that took minutes. */
TEST(a_row_of_escapes_is_looked_at_once)
{
	enum { SIZE = 1 << 22 };
	TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
	char *text = tg_alloc(SIZE + TG_SLACK);
	struct tg_csv_dialect d = tg_csv_dialect_default();
	struct tg_error err = TG_ERROR_INIT;
	struct tg_csv_rows rows;

	d.escape = '\\';
	memset(text, '\\', SIZE + TG_SLACK);
	memcpy(text, "\"x", 2);
	memcpy(text + SIZE - 2, "\"\n", 2);
	is_int("opens", tg_csv_reader_new(&reader, &d, TG_CSV_SCAN, &err), TG_OK);
	tg_csv_read(reader, tg_str_from(text, SIZE), true, SIZE_MAX, SIZE_MAX, &rows);
	is_int("a row", (long long)rows.taken, SIZE);
	tg_free(text);
}

/* Reads text with a contract, or NULL, and gives the records, or why not: at most what a file can be refused for. */
static void convert(struct tg_buffer *out, const char *contract, enum tg_csv_engine engine,
		    bool as_text, struct tg_str text)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
	struct tg_setup setup = { .arena = &arena };
	struct tg_contract c;
	struct tg_csv_dialect d = tg_csv_dialect_default();
	struct tg_csv_expected expected = { .dialect = &d };
	struct tg_csv_plan plan = { .dialect = &d, .as_text = as_text };
	struct tg_csv_column *column;
	struct tg_csv_rows rows;
	struct tg_error err = TG_ERROR_INIT;
	char *bytes = csv_check_exact(text.p, text.n);
	struct tg_str rest = { bytes, text.n }, name[40];
	enum tg_status st = TG_OK;

	tg_buffer_clear(out);
	if (contract) {
		st = tg_contract_read(&c, tg_arena_copy(&arena, tg_str_of(contract)), "c.json",
				      &setup, &err);
		if (!st)
			st = tg_csv_dialect_read(&d, &c, &arena, &err);
		expected.contract = &c;
	}
	if (!st)
		st = tg_csv_reader_new(&reader, &d, engine, &err);
	if (!st) {
		tg_csv_read(reader, rest, true, TG_COUNT(name), 1, &rows);
		for (size_t i = 0; i < rows.row[0].fields; i++) {
			TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

			tg_csv_put_field(&b, &rows, &rows.field[i], &d);
			name[i] = tg_arena_copy(&arena, tg_buffer_str(&b));
		}
		rest = tg_str_after(rest, rows.taken);
		plan.columns = rows.row[0].fields;
		st = tg_csv_columns_make(&column, name, plan.columns, &expected, &arena, &err);
	}
	if (!st) {
		plan.column = column;
		plan.first = TG_STR("\1 no text begins so");
		tg_csv_plan_make(&plan, &arena);
	}
	while (!st && rest.n) {
		tg_csv_read(reader, rest, true, plan.columns, SIZE_MAX, &rows);
		for (size_t i = 0; i < rows.rows;) {
			size_t was = i, room = 0;
			char *to;

			for (size_t k = i; k < rows.rows; k++)
				room += tg_csv_plan_bound(&plan, &rows.row[k], rest.p);
			to = tg_buffer_room(out, room);
			out->n += (size_t)(tg_csv_emit(&plan, &rows, &i, rows.rows, 0, to) - to);
			ok("within its bound", out->n <= (size_t)(to - out->p) + room);
			if (i < rows.rows) {
				tg_buffer_puts(out, "stopped\n");
				i++;
			}
			TG_BUG_IF(i == was);
		}
		rest = tg_str_after(rest, rows.taken);
	}
	if (st)
		tg_buffer_printf(out, "%d %s", (int)st, err.text);
	tg_buffer_release(&plan.scratch);
	free(bytes);
}

#define TYPES                                                                                        \
	"{\"properties\":{\"n\":{\"type\":\"number\"},\"i\":{\"type\":[\"integer\",\"null\"]},"      \
	"\"b\":{\"type\":\"boolean\"},\"s\":{\"type\":[\"null\",\"string\"]},"                       \
	"\"z\":{\"type\":\"null\"},\"m\":{\"type\":[\"number\",\"boolean\"]},\"e\":{\"enum\":[1]}}," \
	"\"x-csv\":{\"nulls\":[\"\",\"NA\"],\"true\":[\"Y\",\"J\"],\"false\":[\"N\"]}}"

TEST(values_by_their_type)
{
	static const struct {
		const char *about, *in, *out;
		bool as_text;
	} row[] = {
		// clang-format off
		{ "without a type", "x\n1\n\"a\"\"b\\\"\n", "{\"x\":\"1\"}\n{\"x\":\"a\\\"b\\\\\"}\n", false },
		{ "numbers", "n\n1.50\n007\n-.5\n", "{\"n\":1.50}\n{\"n\":7}\n{\"n\":-0.5}\n", false },
		{ "no numbers", "n\nx\n\n\"\"\nNA\n", "stopped\nstopped\nstopped\n", false },
		{ "quoted numbers", "n,i\n\"1.50\",\"3\"\n", "{\"n\":1.50,\"i\":3}\n", false },
		{ "integers", "i,x\n3,\nNA,\n,\n\"NA\",\n3.0,\n", "{\"i\":3,\"x\":\"\"}\n{\"i\":null,\"x\":\"\"}\n{\"i\":null,\"x\":\"\"}\nstopped\nstopped\n", false },
		{ "booleans", "b\nY\nJ\nN\ny\nNA\ntrue\n\"Y\"\n", "{\"b\":true}\n{\"b\":true}\n{\"b\":false}\nstopped\nstopped\nstopped\n{\"b\":true}\n", false },
		{ "strings or null", "s,x\nNA,NA\n\"NA\",\nNAN,\n,\n\"\",\n", "{\"s\":null,\"x\":\"NA\"}\n{\"s\":\"NA\",\"x\":\"\"}\n{\"s\":\"NAN\",\"x\":\"\"}\n{\"s\":null,\"x\":\"\"}\n{\"s\":\"\",\"x\":\"\"}\n", false },
		{ "only null", "z\nNA\nx\n", "{\"z\":null}\nstopped\n", false },
		{ "more than one type is a string", "m,e\n1,1\n", "{\"m\":\"1\",\"e\":\"1\"}\n", false },
		{ "as text where it does not fit", "n,i\nx,\"NA\"\n1,1\n", "{\"n\":\"x\",\"i\":\"NA\"}\n{\"n\":1,\"i\":1}\n", true },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++)
		for (int engine = TG_CSV_SCAN; engine <= TG_CSV_LIBCSV; engine++) {
			convert(&out, i ? TYPES : NULL, (enum tg_csv_engine)engine, row[i].as_text,
				tg_str_of(row[i].in));
			is_str(row[i].about, tg_buffer_str(&out), tg_str_of(row[i].out));
		}
}

/* One value of each length, with each byte that needs an escape at each place, on all kinds of machine and by both engines. */
TEST(text_is_escaped_the_same_everywhere)
{
	static const unsigned char special[] = { 0x01, '\t', 0x1f, ' ', '"', '\\', 0x7f, 0xc3 };
	TG_OWN(tg_buffer_release) struct tg_buffer in = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer expected = TG_BUFFER_INIT;

	for (size_t n = 1; n < 100; n++) {
		tg_buffer_clear(&in);
		tg_buffer_clear(&expected);
		tg_buffer_puts(&in, "a,b\n");
		for (size_t s = 0; s < sizeof(special); s++) {
			for (size_t at = s % 3; at < n; at += 3) {
				char text[128];

				memset(text, 'x', sizeof(text));
				text[at] = (char)special[s];
				if (special[s] == 0xc3)
					text[at + 1] = (char)0xa9;
				tg_buffer_putc(&in, '"');
				for (size_t i = 0; i < n + (special[s] == 0xc3); i++) {
					tg_buffer_putc(&in, text[i]);
					if (text[i] == '"')
						tg_buffer_putc(&in, '"');
				}
				tg_buffer_puts(&in, "\",y\n");
				tg_buffer_puts(&expected, "{\"a\":");
				tg_json_put_string(&expected,
						   tg_str_from(text, n + (special[s] == 0xc3)));
				tg_buffer_puts(&expected, ",\"b\":\"y\"}\n");
			}
		}
		for (size_t l = 0; l <= TG_COUNT(levels); l++) {
			enum tg_csv_engine engine =
				l == TG_COUNT(levels) ? TG_CSV_LIBCSV : TG_CSV_SCAN;

			if (engine == TG_CSV_SCAN && !tg_cpu_choose(levels[l]))
				continue;
			convert(&out, NULL, engine, false, tg_buffer_str(&in));
			is_str("escaped", tg_buffer_str(&out), tg_buffer_str(&expected));
		}
	}
	(void)tg_cpu_choose(NULL);
}

TEST(a_quote_that_is_not_that_of_json)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (int engine = TG_CSV_SCAN; engine <= TG_CSV_LIBCSV; engine++) {
		convert(&out, "{\"x-csv\":{\"quote\":\"'\"}}", (enum tg_csv_engine)engine, false,
			TG_STR("a,b\n'it''s','say \"hi\"'\n\"\",''\n"));
		is_str("", tg_buffer_str(&out),
		       TG_STR("{\"a\":\"it's\",\"b\":\"say \\\"hi\\\"\"}\n{\"a\":\"\\\"\\\"\",\"b\":\"\"}\n"));
	}
	convert(&out, "{\"x-csv\":{\"quote\":null}}", TG_CSV_SCAN, false, TG_STR("a,b\n\"\"x,'\n"));
	is_str("no quote", tg_buffer_str(&out), TG_STR("{\"a\":\"\\\"\\\"x\",\"b\":\"'\"}\n"));
}

TEST(contracts_that_are_refused)
{
	static const struct {
		const char *csv, *says;
	} row[] = {
		// clang-format off
		{ "\"x-csv\":{\"delimitr\":\";\"}", "/x-csv/delimitr: is no key of x-csv; did you mean delimiter?" },
		{ "\"x-csv\":{\"zzz\":1}", "/x-csv/zzz: is no key of x-csv" },
		{ "\"x-csv\":{\"delimiter\":\"\"}", "must be a string of one to 4 bytes" },
		{ "\"x-csv\":{\"delimiter\":\"12345\"}", "must be a string of one to 4 bytes" },
		{ "\"x-csv\":{\"delimiter\":\"a\\n\"}", "must not hold a line end" },
		{ "\"x-csv\":{\"delimiter\":\"\\\"\"}", "the quote is part of the delimiter" },
		{ "\"x-csv\":{\"quote\":\"\xc2\xab\"}", "must be one ASCII character, or null" },
		{ "\"x-csv\":{\"header\":\"no\"}", "must be true or false" },
		{ "\"x-csv\":{\"header\":false}", "columns must name the columns" },
		{ "\"x-csv\":{\"columns\":[\"a\",\"b\",\"a\"]}", "/x-csv/columns/2: names the same column as item 0" },
		{ "\"x-csv\":{\"columns\":[]}", "must name a column" },
		{ "\"x-csv\":{\"columns\":[\"a\",{}]}", "/x-csv/columns/1: needs a header, an as, or" },
		{ "\"x-csv\":{\"columns\":[\"a\",{\"header\":\"b\",\"to\":\"c\"}]}", "/x-csv/columns/1/to: is no key of a column" },
		{ "\"x-csv\":{\"columns\":[\"a\",{\"header\":\"b\",\"as\":\"a\"}]}", "/x-csv/columns/1: gives the same member as item 0" },
		{ "\"x-csv\":{\"columns\":[{\"header\":\"b\",\"as\":\"a\",\"ignore\":true}]}", "/x-csv/columns/0/as: means nothing: the column is ignored" },
		{ "\"x-csv\":{\"columns\":[{\"header\":\"\",\"as\":\"a\"}]}", "/x-csv/columns/0: must not be empty" },
		{ "\"x-csv\":{\"columns\":[7]}", "/x-csv/columns/0: must be a string or an object" },
		{ "\"x-csv\":{\"order\":\"exact\"}", "no columns to be in order" },
		{ "\"x-csv\":{\"order\":\"some\"}", "must be \"any\" or \"exact\"" },
		{ "\"x-csv\":{\"skip\":-1}", "must be a number of lines" },
		{ "\"x-csv\":{\"skip\":1.5}", "must be a number of lines" },
		{ "\"x-csv\":{\"nulls\":\"NA\"}", "must be a list of strings" },
		{ "\"x-csv\":{\"nulls\":[1]}", "/x-csv/nulls/0: must be a string" },
		{ "\"x-csv\":{\"decimal\":\"5\"}", "must be one character that is no digit" },
		{ "\"x-csv\":{\"decimal\":\",\",\"group\":\",\"}", "decimal and group are the same" },
		{ "\"x-csv\":{\"true\":[\"1\"],\"false\":[\"0\",\"1\"]}", "under true and under false" },
		{ "\"x-csv\":{\"maxRecord\":0}", "must be a number of bytes" },
		{ "\"x-csv\":{\"records\":{}}", "/x-csv/records: must be an object" },
		{ "\"x-csv\":{\"records\":{\"A\":{}}}", "/x-csv/records/A: must have columns" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"column\":[]}}}", "/x-csv/records/A/column: is no key of a kind of row; did you mean columns?" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"a\",\"a\"]}}}", "/columns/1: names the same column as item 0" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"record\"]}}}", "a column needs another name" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[],\"after\":[\"B\"]}}}", "/records/A/after/0: is none of the kinds" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[],\"max\":0}}}", "/records/A/max: must be a number of rows" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[],\"min\":2,\"max\":1}}}", "min is above max" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"x\"],\"repeat\":\"y\"}}}", "/records/A/repeat: must name one of columns" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"x\"],\"repeat\":{\"column\":\"x\",\"times\":{\"record\":\"B\",\"field\":\"n\"}}}}}", "/times/record: is none of the kinds" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"x\"],\"repeat\":{\"column\":\"x\",\"times\":{\"record\":\"A\",\"field\":\"x\"}}}}}", "/times/field: is a list" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[]},\"B\":{\"columns\":[],\"tag\":[\"A\"]}}}", "has the same tag as A" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[],\"as\":\"x\"},\"B\":{\"columns\":[],\"as\":\"x\"}}}", "is called the same as A" },
		{ "\"x-csv\":{\"header\":true,\"records\":{\"A\":{\"columns\":[]}}}", "/x-csv/header: there is no header" },
		{ "\"x-csv\":{\"trailer\":{\"last\":1},\"records\":{\"A\":{\"columns\":[]}}}", "does not go with trailer" },
		{ "\"x-csv\":{\"control\":[]}", "/x-csv/control: speaks of rows of several kinds" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"n\"]}},\"control\":[{\"in\":\"A\"}]}", "/x-csv/control/0: must say in which row" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"n\"]}},\"control\":[{\"in\":\"A\",\"field\":\"m\",\"is\":\"count\",\"of\":\"A\"}]}", "/control/0/field: is no column of A" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"n\"]}},\"control\":[{\"in\":\"A\",\"field\":\"n\",\"is\":\"mean\",\"of\":\"A\"}]}", "/control/0/is: must be" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"n\"]},\"B\":{\"columns\":[\"m\"]}},\"control\":[{\"in\":\"A\",\"field\":\"n\",\"is\":\"sum\",\"of\":\"/m\"}]}", "/control/0/of: the contract gives this column no type number" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"n\"]}},\"control\":[{\"in\":\"A\",\"field\":\"n\",\"is\":\"sum\",\"of\":\"/x\"}]}", "/control/0/of: no kind of row has this column" },
		{ "\"x-csv\":{\"records\":{\"A\":{\"columns\":[\"n\"]}},\"control\":[{\"in\":\"A\",\"field\":\"n\",\"is\":\"count\",\"of\":\"A\",\"when\":{\"/x\":\"1\"}}]}", "/when/~1x: A has no such column" },
		{ "\"x-csv\":{\"encoding\":\"windos-1252\"}", "/x-csv/encoding: is no character set that this system's iconv knows; did you mean windows-1252?" },
		{ "\"x-csv\":{\"encoding\":\"utf-8//IGNORE\"}", "/x-csv/encoding: is no character set" },
		{ "\"x-csv\":{\"newline\":\"nel\"}", "/x-csv: newline is \"nel\", which is for EBCDIC" },
		{ "\"x-csv\":{\"newline\":\"nel\",\"encoding\":\"iso-8859-1\"}", "/x-csv/encoding: newline is \"nel\", which is for EBCDIC" },
		{ "\"x-csv\":{\"newline\":\"crcrlf\"}", "/x-csv/newline: must be \"lf-or-crlf\", \"lf\", \"crlf\", \"cr\" or \"nel\"" },
		{ "\"x-csv\":{\"comment\":\"\"}", "/x-csv/comment: must be what lines begin with" },
		{ "\"x-csv\":{\"comment\":\"\\\"#\"}", "a comment begins as a field does" },
		{ "\"x-csv\":{\"comment\":\",\"}", "a comment begins as a field does" },
		{ "\"x-csv\":{\"blank\":\"keep\"}", "/x-csv/blank: must be \"skip\", \"reject\" or \"row\"" },
		{ "\"x-csv\":{\"blank\":\"row\",\"trailer\":{\"last\":1}}", "where the trailer is a number of last rows" },
		{ "\"x-csv\":{\"ragged\":true}", "/x-csv/ragged: must be \"reject\", \"pad\" or \"trailing\"" },
		{ "\"x-csv\":{\"multiline\":\"no\"}", "/x-csv/multiline: must be true or false" },
		{ "\"x-csv\":{\"trim\":\"both\"}", "/x-csv/trim: must be true, false, \"start\" or \"end\"" },
		{ "\"x-csv\":{\"empty\":null}", "/x-csv/empty: must be \"string\", \"null\" or \"absent\"" },
		{ "\"x-csv\":{\"sepLine\":1}", "/x-csv/sepLine: must be true or false" },
		{ "\"x-csv\":{\"dosEof\":1}", "/x-csv/dosEof: must be true or false" },
		{ "\"x-csv\":{\"escape\":\"n\"}", "/x-csv/escape: must be one ASCII character" },
		{ "\"x-csv\":{\"escape\":\"\\\"\"}", "the escape is the quote" },
		{ "\"x-csv\":{\"trailer\":{}}", "/x-csv/trailer: a trailer is known by tag" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"Rows in all:\",\"delimiter\":\" \"}}", "/x-csv/trailer: the tag has the delimiter in it" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"T\",\"last\":1}}", "one of them must be there" },
		{ "\"x-csv\":{\"trailer\":{\"tga\":\"T\"}}", "/x-csv/trailer/tga: is no key of a trailer; did you mean tag?" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"\"}}", "must be the text of the row's first field" },
		{ "\"x-csv\":{\"trailer\":{\"last\":17}}", "from 1 to 16" },
		{ "\"x-csv\":{\"trailer\":{\"last\":1,\"optional\":true}}", "a trailer without a tag cannot be optional" },
		{ "\"x-csv\":{\"lead\":{\"last\":1}}", "/x-csv/lead/last: is for a trailer" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"T\",\"count\":0}}", "must be the number of a field" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"T\",\"countIncludes\":[\"footer\"]}}", "/x-csv/trailer/countIncludes/0: must be" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"T\",\"sums\":[{\"field\":3}]}}", "/x-csv/trailer/sums/0: must have both field and of" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"T\",\"sums\":[{\"field\":3,\"of\":\"/a\"}]}}", "/sums/0/of: the contract gives this column no type number" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"T\",\"sums\":[{\"field\":3,\"of\":\"a\"}]}}", "must be the pointer to a column" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"T\",\"count\":3,\"columns\":[\"tag\",\"n\"]}}", "field 3 is behind those that columns names" },
		{ "\"x-csv\":{\"trailer\":{\"tag\":\"T\",\"columns\":[\"n\",\"n\"]}}", "/columns/1: names the same field as item 0" },
		{ "\"properties\":{\"a\":{\"x-date\":\"dd.mm.yyyy\"}}", "/properties/a/x-date: there is no month (MM)" },
		{ "\"properties\":{\"a\":{\"x-date\":{\"format\":\"yyMMdd\"}}}", "/properties/a/x-date: a year of two digits (yy) needs a pivot" },
		{ "\"properties\":{\"a\":{\"x-date\":{\"pivot\":50}}}", "/properties/a/x-date: has no format" },
		{ "\"properties\":{\"a\":{\"x-date\":{\"fromat\":\"yyMMdd\"}}}", "/properties/a/x-date/fromat: is not known here; did you mean format?" },
		{ "\"properties\":{\"a\":{\"x-date\":{\"format\":\"yyMMdd\",\"pivot\":\"50\"}}}", "/properties/a/x-date/pivot: must be a number from 0 to 100" },
		{ "\"properties\":{\"a\":{\"x-date\":{\"format\":\"HH:mm\",\"zone\":\"CET\"}}}", "names of zones, whose clocks change, are not supported" },
		{ "\"properties\":{\"a\":{\"type\":\"number\",\"x-date\":\"yyyyMMdd\"}}", "/properties/a/x-date: a date is a string" },
		{ "\"properties\":{\"a\":{\"type\":[\"string\",\"number\"],\"x-date\":\"yyyyMMdd\"}}", "/properties/a/x-date: a date is a string" },
		{ "\"properties\":{\"a\":{\"type\":\"null\",\"x-date\":\"yyyyMMdd\"}}", "/properties/a/x-date: a date is a string" },
		{ "\"properties\":{\"a\":{\"format\":\"date-time\",\"x-date\":\"yyyyMMdd\"}}", "gives a date, and the property's format is date-time" },
		{ "\"properties\":{\"a\":{\"format\":\"time\",\"x-date\":\"HHmm\"}}", "gives times without a zone" },
		{ "\"properties\":{\"a\":{\"type\":\"string\",\"x-date\":\"yyyyMMdd\",\"x-number\":{}}}", "it cannot be both" },
		{ "\"properties\":{\"a\":{\"x-number\":{}}}", "/properties/a/x-number: the property's type must be number" },
		{ "\"properties\":{\"a\":{\"type\":\"number\",\"x-number\":{\"group\":\".\"}}}", "/properties/a/x-number: decimal and group are the same sign" },
		{ "\"properties\":{\"a\":{\"type\":\"number\",\"x-number\":{\"decimal\":\"12\"}}}", "/x-number/decimal: must be one character" },
		{ "\"properties\":{\"a\":{\"type\":\"number\",\"x-number\":{\"groups\":\"four\"}}}", "/x-number/groups: must be \"three\"" },
		{ "\"properties\":{\"a\":{\"type\":\"number\",\"x-number\":{\"minus\":true}}}", "/x-number/minus: must be \"leading\"" },
		{ "\"properties\":{\"a\":{\"type\":\"number\",\"x-number\":{\"number\":\"string\"}}}", "gives a string of digits, and the property's type is a number" },
		{ "\"properties\":{\"a\":{\"type\":\"string\",\"x-number\":{\"number\":\"number\"}}}", "gives a number, and the property's type is string" },
		{ "\"properties\":{\"a\":{\"type\":\"string\",\"x-boolean\":{\"true\":[\"Y\"]}}}", "/properties/a/x-boolean: the property's type must be boolean" },
		{ "\"properties\":{\"a\":{\"type\":\"boolean\",\"x-boolean\":{\"true\":[\"false\"]}}}", "under true and under false" },
		{ "\"properties\":{\"a\":{\"type\":\"string\",\"x-nulls\":[\"\"]}}", "/properties/a/x-nulls: the property's type does not allow null" },
		{ "\"properties\":{\"a\":{\"$ref\":\"#/$defs/d\"}},\"$defs\":{\"d\":{\"type\":\"integer\",\"x-nulls\":[\"\"]}}", "/$defs/d/x-nulls: the property's type does not allow null" },
		{ "\"properties\":{\"a\":{\"properties\":{\"b\":{\"x-date\":\"yyyyMMdd\"}}}}", "/properties/a/properties/b/x-date: has no effect here" },
		{ "\"properties\":{\"a\":{}},\"patternProperties\":{\"b\":{\"x-nulls\":[\"\"]}}", "/patternProperties/b/x-nulls: has no effect here" },
		{ "\"x-csv\":{\"minus\":\"parentheses\",\"group\":\"(\"}", "a parenthesis is decimal or group" },
		{ "\"x-csv\":{\"groups\":2}", "/x-csv/groups: must be \"three\"" },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer contract = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		tg_buffer_clear(&contract);
		tg_buffer_printf(&contract, "{%s}", row[i].csv);
		tg_buffer_putc(&contract, '\0');
		convert(&out, contract.p, TG_CSV_SCAN, false, TG_STR("a\n1\n"));
		tg_buffer_putc(&out, '\0');
		ok(row[i].csv,
		   strncmp(out.p, "78 c.json:1:", 12) == 0 && strstr(out.p, row[i].says));
		if (strncmp(out.p, "78 ", 3) != 0 || !strstr(out.p, row[i].says))
			is_str(row[i].csv, tg_buffer_str(&out), tg_str_of(row[i].says));
	}
	/* What a later version does may say what this one does; names of members are names. */
	convert(&out,
		"{\"properties\":{\"x-date\":{\"type\":\"string\"}},\"x-csv\":{\"encoding\":\"utf-8\","
		"\"trim\":false,\"escape\":null,\"comment\":null,\"ragged\":\"reject\"}}",
		TG_CSV_SCAN, false, TG_STR("a\n1\n"));
	is_str("defaults", tg_buffer_str(&out), TG_STR("{\"a\":\"1\"}\n"));
}

TEST(headers_that_are_refused)
{
	static const char closed[] =
		"{\"properties\":{\"id\":{},\"name\":{}},\"required\":[\"id\"],"
		"\"additionalProperties\":false}";
	static const char listed[] = "{\"x-csv\":{\"columns\":[\"id\",\"name\"]}}";
	static const char ordered[] =
		"{\"x-csv\":{\"columns\":[\"id\",\"name\"],\"order\":\"exact\"}}";
	static const struct {
		const char *about, *contract, *header, *says;
	} row[] = {
		// clang-format off
		{ "twice", NULL, "name,email,name", "65 \"name\" stands twice, in columns 1 and 3" },
		{ "empty", NULL, "id,,x", "65 column 2 has no name" },
		{ "both", NULL, "a,,a", "65 column 2 has no name; \"a\" stands twice, in columns 1 and 3" },
		{ "sep", NULL, "sep=;", "65 the first line names the separator and is no header: say \"sepLine\":true in x-csv" },
		{ "missing", closed, "name", "65 there is no column \"id\"" },
		{ "unknown", closed, "id,extra", "65 the contract does not know column 2, \"extra\"" },
		{ "other case", closed, "ID", "65 there is no column \"id\" (column 1 differs from it only by case, blanks or characters without width: U+0049 U+0044); "
		  "the contract does not know column 1, \"ID\" (it differs from \"id\" only by case, blanks or characters without width: U+0049 U+0044)" },
		{ "no-break space", listed, "id\xc2\xa0,name", "65 there is no column \"id\" (column 1 differs from it only by case, blanks or characters without width: U+0069 U+0064 U+00A0)" },
		{ "a second mark", listed, "\xef\xbb\xbfid,name", "65 there is no column \"id\" (column 1 differs from it only by case, blanks or characters without width: U+FEFF U+0069 U+0064)" },
		{ "another delimiter", listed, "id;name", "65 there is no column \"id\"; there is no column \"name\"; there is one column only: is the delimiter ';'? (x-csv, delimiter)" },
		{ "order", ordered, "name,id", "65 column 1 must be \"id\": the contract says that the order is exact" },
		{ "one too many", ordered, "id,name,x", "65 column 3 must be absent: the contract says that the order is exact" },
		{ "any order", listed, "x,name,id", "" },
		{ "not all that are known", closed, "id", "" },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		convert(&out, row[i].contract, TG_CSV_SCAN, false, tg_str_of(row[i].header));
		is_str(row[i].about, tg_buffer_str(&out), tg_str_of(row[i].says));
	}
}

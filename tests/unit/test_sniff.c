#include "common/sniff/sniff.h"
#include "tests/unit/tap.h"

/* One file looked at, as a whole. */
struct look {
	struct tg_arena arena;
	struct tg_sniff s;
	struct tg_error err;
	enum tg_status status;
};

static void release(struct look *l)
{
	tg_arena_release(&l->arena);
}

static void look_at(struct look *l, struct tg_str bytes, const struct tg_sniff_known *known)
{
	static const struct tg_sniff_known nothing = { .samples = 0 };

	*l = (struct look){ .arena = TG_ARENA_INIT, .err = TG_ERROR_INIT };
	l->status = tg_sniff(&l->s, tg_arena_copy(&l->arena, bytes), true, known ? known : &nothing,
			     &l->arena, &l->err);
}

static bool asks(const struct tg_sniff *s, const char *about)
{
	for (size_t i = 0; i < s->questions; i++)
		if (memmem(s->question[i].p, s->question[i].n, about, strlen(about)))
			return true;
	return false;
}

TEST(which_delimiter_and_quote)
{
	static const struct {
		const char *about, *text, *delimiter;
		int quote, escape;
		size_t columns;
	} row[] = {
		{ "comma", "a,b\n1,2\n3,4\n", ",", '"', -1, 2 },
		{ "semicolon, with decimal commas", "1,5;2,5\n3,5;4,5\n", ";", '"', -1, 2 },
		{ "tab", "a\tb\n1,0\t2\n", "\t", '"', -1, 2 },
		{ "bar, and commas in sentences", "a|b\nx, y|z\nu, v, w|x\n", "|", '"', -1, 2 },
		{ "two bars", "a||b||c\n1||2||3\n", "||", '"', -1, 3 },
		{ "quoted commas", "a;b\n\"x,y\";1\n\"z,u,v\";2\n", ";", '"', -1, 2 },
		{ "single quotes", "'a','b'\n'x,y','1'\n'z','2'\n", ",", '\'', -1, 2 },
		{ "a backslash escapes", "a,b\n\"x\\\"y\",1\n\"z\\\",w\",2\n", ",", '"', '\\', 2 },
		{ "quotes are text", "a;b\n6\" pipe;1\n8\" pipe;2\n", ";", -1, -1, 2 },
		{ "one column", "name\nAnn\nBo\n", ",", '"', -1, 1 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(release) struct look l;

		look_at(&l, tg_str_of(row[i].text), NULL);
		is_int(row[i].about, l.status, TG_OK);
		if (l.status)
			continue;
		is_str(row[i].about, tg_str_from(l.s.dialect.delimiter, l.s.dialect.delimiter_n),
		       tg_str_of(row[i].delimiter));
		is_int(row[i].about, l.s.dialect.quote, row[i].quote);
		is_int(row[i].about, l.s.dialect.escape, row[i].escape);
		is_int(row[i].about, (long long)l.s.columns, (long long)row[i].columns);
	}
}

TEST(quotes_as_text_and_carriage_returns)
{
	TG_OWN(release) struct look text, none, returns;

	look_at(&text, TG_STR("a;b\n6\" pipe;1\n8\" pipe;2\n"), NULL);
	ok("quotes as text are asked about", asks(&text.s, "Are double quotes text?"));
	look_at(&none, TG_STR("a;b\n6 pipe;1\n8 pipe;2\n"), NULL);
	ok("not where there are none", !asks(&none.s, "quotes"));
	look_at(&returns, TG_STR("a;b\r\"x\ny\";1\rz;2\r"), NULL);
	is_int("lines end with CR", returns.s.dialect.newline, TG_CSV_CR);
	is_int("and LF is data", (long long)returns.s.rows, 2);
}

TEST(what_a_column_holds)
{
	static const struct {
		const char *about, *values; /* two of them, with a line end between */
		enum tg_sniff_type type;
		const char *asked; /* NULL: nothing */
	} row[] = {
		{ "digits", "1\n23", TG_SNIFF_INTEGER, NULL },
		{ "zero or one", "1\n0", TG_SNIFF_INTEGER, "true or false" },
		{ "leading zeros", "007\n123", TG_SNIFF_TEXT, NULL },
		{ "a plus", "+49\n50", TG_SNIFF_TEXT, NULL },
		{ "an exponent", "1E5\n2E6", TG_SNIFF_TEXT, NULL },
		{ "16 digits", "1234567890123456\n1", TG_SNIFF_TEXT, NULL },
		{ "decimals", "1.50\n-2", TG_SNIFF_NUMBER, NULL },
		{ "decimals or groups", "1.234\n5.678", TG_SNIFF_TEXT, "decimal sign" },
		{ "both signs", "1.234,50\n7,25", TG_SNIFF_NUMBER, NULL },
		{ "a minus behind", "1.50-\n2.25", TG_SNIFF_NUMBER, NULL },
		{ "NA is text", "5\nNA", TG_SNIFF_TEXT, NULL },
		{ "an empty one", "5\n", TG_SNIFF_INTEGER, NULL },
		{ "an empty one in quotes", "5\n\"\"", TG_SNIFF_TEXT, NULL },
		{ "both words", "Y\nN", TG_SNIFF_BOOLEAN, NULL },
		{ "one word", "Y\nY", TG_SNIFF_TEXT, NULL },
		{ "two spellings", "Yes\nno", TG_SNIFF_TEXT, NULL },
		{ "days", "2025-11-05\n2024-02-29", TG_SNIFF_DATE, NULL },
		{ "a day that there is not", "2025-11-05\n2025-02-29", TG_SNIFF_TEXT, NULL },
		{ "the day first", "31/01/2025\n01/02/2025", TG_SNIFF_DATE, NULL },
		{ "the month first", "01/31/2025\n02/01/2025", TG_SNIFF_DATE, NULL },
		{ "either first", "03/04/2025\n05/06/2025", TG_SNIFF_TEXT, "which comes first" },
		{ "two digits of a year", "01.02.25\n13.02.25", TG_SNIFF_TEXT, "which year" },
		{ "no zone", "2025-01-02 10:00:00\n2025-01-02 11:00:00", TG_SNIFF_TEXT,
		  "which zone" },
		{ "a zone", "2025-01-02T10:00:00Z\n2025-01-02T11:00:00+01:00", TG_SNIFF_DATE,
		  NULL },
		{ "eight digits", "20250102\n20250203", TG_SNIFF_TEXT, "a day or a time" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(release) struct look l;
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
		const char *second = strchr(row[i].values, '\n') + 1;

		tg_buffer_printf(&text, "k;value\nx;%.*s\ny;%s\n",
				 (int)(second - 1 - row[i].values), row[i].values, second);
		look_at(&l, tg_buffer_str(&text),
			&(struct tg_sniff_known){ .delimiter = TG_STR(";"),
						  .header = TG_SNIFF_HEADER_YES });
		is_int(row[i].about, l.status, TG_OK);
		if (l.status)
			continue;
		is_int(row[i].about, l.s.column[1].type, row[i].type);
		is_int(row[i].about, l.s.questions > 0, row[i].asked != NULL);
		ok(row[i].about, !row[i].asked || asks(&l.s, row[i].asked));
	}
}

TEST(other_columns_say_what_a_point_is)
{
	TG_OWN(release) struct look point, comma;

	look_at(&point, TG_STR("a;b\n1.234;1.5\n2.345;2.25\n"), NULL);
	is_int("a decimal point", point.s.column[0].type, TG_SNIFF_NUMBER);
	is_int("and no groups", (long long)point.s.column[0].number.group.n, 0);
	look_at(&comma, TG_STR("a;b\n1.234;1,5\n2.345;2,25\n"), NULL);
	is_int("a decimal comma elsewhere", comma.s.column[0].type, TG_SNIFF_NUMBER);
	is_str("so it stands between groups", comma.s.column[0].number.group, TG_STR("."));
}

TEST(header_front_and_trailer)
{
	static const struct {
		const char *about, *text;
		bool header;
		long long skip, rows, trailer_count; /* -1: no trailer */
	} row[] = {
		{ "names over numbers", "id,n\n1,2\n3,4\n", true, 0, 2, -1 },
		{ "numbers only", "1,2\n3,4\n5,6\n", false, 0, 3, -1 },
		{ "text that comes again", "x,y\nx,z\nw,y\n", false, 0, 3, -1 },
		{ "text only", "name,city\nAnn,Bern\nBo,Graz\n", true, 0, 2, -1 },
		{ "a title", "Report\n\nid,n\n1,2\n3,4\n", true, 2, 2, -1 },
		{ "a name twice", "n,n\n1,2\n3,4\n", false, 1, 2, -1 },
		{ "a trailer", "id,n,m\n1,2,3\n3,4,5\nTRL,2\n", true, 0, 2, 2 },
		{ "a trailer as wide as rows", "id,n\na,2\nb,4\nTRL,2\n", true, 0, 2, 2 },
		{ "a short last row is none", "id,n,m\n1,2,3\n3,4,5\n7,8\n", true, 0, 2, -1 },
		{ "a word alone is none", "id,n\na,2\nb,4\nT,7\n", true, 0, 3, -1 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(release) struct look l;

		look_at(&l, tg_str_of(row[i].text), NULL);
		is_int(row[i].about, l.status, TG_OK);
		if (l.status)
			continue;
		is_int(row[i].about, l.s.dialect.header, row[i].header);
		is_int(row[i].about, (long long)l.s.dialect.skip, row[i].skip);
		is_int(row[i].about, (long long)l.s.rows, row[i].rows);
		is_int(row[i].about, l.s.trailer ? (long long)l.s.trailer_count : -1,
		       row[i].trailer_count);
	}
}

TEST(which_encoding)
{
	static const struct {
		const char *about;
		struct tg_str bytes;
		const char *encoding; /* NULL: there is no draft */
		bool asked;
	} row[] = {
		{ "ASCII", { "a,b\n1,2\n", 8 }, "utf-8", false },
		{ "UTF-8", { "a,b\n\xc3\xa9,2\n", 9 }, "utf-8", false },
		{ "its mark",
		  { "\xef\xbb\xbf"
		    "a,b\n1,2\n",
		    11 },
		  "utf-8",
		  false },
		{ "single bytes", { "a,b\n\xe9\x80,2\n", 9 }, "windows-1252", true },
		{ "bytes that windows-1252 has not", { "a,b\n\x81,2\n", 8 }, "iso-8859-1", true },
		{ "UTF-16 with a mark",
		  { "\xff\xfe"
		    "a\0,\0b\0\n\0"
		    "1\0,\0"
		    "2\0\n\0",
		    18 },
		  "utf-16",
		  false },
		{ "UTF-16 without",
		  { "a\0,\0b\0\n\0"
		    "1\0,\0"
		    "2\0\n\0",
		    16 },
		  "utf-16le",
		  false },
		{ "EBCDIC",
		  { "\xc1\x6b\xc2\x15\xf1\x6b\xf2\x15\xf3\x6b\xf4\x15", 12 },
		  "cp037",
		  true },
		{ "nothing", { "", 0 }, NULL, false },
		{ "NULs", { "\0\0\0\0\0\0\0\0", 8 }, NULL, false },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(release) struct look l;

		look_at(&l, row[i].bytes, NULL);
		is_int(row[i].about, l.status, row[i].encoding ? TG_OK : TG_DATA);
		if (l.status)
			continue;
		is_str(row[i].about, l.s.encoding, tg_str_of(row[i].encoding));
		is_int(row[i].about, asks(&l.s, "Which "), row[i].asked);
		is_int(row[i].about, (long long)l.s.columns, 2);
	}
}

TEST(what_is_known_already_and_cannot_be)
{
	static const struct {
		const char *about;
		struct tg_sniff_known known;
		enum tg_status status;
	} row[] = {
		{ "no delimiter", { .delimiter = { "", 0 } }, TG_USAGE },
		{ "too long", { .delimiter = { ";;;;;", 5 } }, TG_USAGE },
		{ "a line end", { .delimiter = { "\n", 1 } }, TG_USAGE },
		{ "the quote", { .delimiter = { "'", 1 }, .quote = { "'", 1 } }, TG_USAGE },
		{ "two quotes", { .quote = { "''", 2 } }, TG_USAGE },
		{ "no such set", { .encoding = { "klingon", 7 } }, TG_CONFIG },
		{ "a double quote between fields", { .delimiter = { "\"", 1 } }, TG_OK },
		{ "a backslash between fields", { .delimiter = { "\\", 1 } }, TG_OK },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(release) struct look l;

		look_at(&l, TG_STR("a\"b\\c\n1\"2\\3\n"), &row[i].known);
		is_int(row[i].about, l.status, row[i].status);
		ok(row[i].about, !l.status || l.err.text[0]);
	}
}

TEST(no_value_is_told_unless_asked_for)
{
	static const char text[] =
		"id,name,born\n1,Secretperson,03/04/1971\n2,Otherperson,05/06/1972\n";
	TG_OWN(release) struct look without, with;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	look_at(&without, tg_str_of(text), NULL);
	tg_sniff_put_contract(&out, &without.s);
	tg_sniff_put_text(&out, &without.s);
	tg_sniff_put_json(&out, &without.s);
	ok("a name", !memmem(out.p, out.n, "person", 6));
	ok("a day", !memmem(out.p, out.n, "1971", 4));
	look_at(&with, tg_str_of(text), &(struct tg_sniff_known){ .samples = 1 });
	is_int("one row", (long long)with.s.samples, 1);
	is_str("as it is", with.s.sample[0], TG_STR("[\"1\",\"Secretperson\",\"03/04/1971\"]"));
}

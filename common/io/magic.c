#include "common/io/magic.h"

#define ARCHIVE "take it apart first (archive-open)"
#define OTHER "unpack it first, or ask for zip or tar (archive-open)"
#define SHEET "save the sheet as CSV"
#define PGP_HINT "decrypt it first (pgp-open)"
#define FETCH "look at it: it may be an error page of the server that the file was fetched from"

enum folding { EXACT, FOLDED /* ASCII letters of any case, behind blanks and a byte order mark */ };

static const struct {
	struct tg_magic magic;
	const char *p;
	unsigned n;
	unsigned any;	/* bit i: byte i may be any */
	bool short_one; /* too short to say much where any bytes may be data */
	enum folding folding;
} row[] = {
	// clang-format off
	{ { "a ZIP archive, as Excel's .xlsx is one", SHEET ", or " ARCHIVE }, "PK\3\4", 4, 0, false, EXACT },
	{ { "an empty ZIP archive", ARCHIVE }, "PK\5\6", 4, 0, false, EXACT },
	{ { "an Office file of the old form, such as Excel's .xls", SHEET }, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0, false, EXACT },
	{ { "compressed by gzip", "it was compressed twice, and one layer is taken off: gunzip it first" }, "\x1f\x8b\x08", 3, 0, false, EXACT },
	{ { "compressed by zstd", "it was compressed twice, and one layer is taken off: unzstd it first" }, "\x28\xb5\x2f\xfd", 4, 0, false, EXACT },
	{ { "compressed by bzip2", ARCHIVE ", or bunzip2 it" }, "BZh?1AY&SY", 10, 1 << 3, false, EXACT },
	{ { "compressed by xz", ARCHIVE ", or unxz it" }, "\xfd" "7zXZ\0", 6, 0, false, EXACT },
	{ { "compressed by lz4", "unlz4 it first" }, "\x04\x22\x4d\x18", 4, 0, false, EXACT },
	{ { "a 7-Zip archive", OTHER }, "7z\xbc\xaf\x27\x1c", 6, 0, false, EXACT },
	{ { "a RAR archive", OTHER }, "Rar!\x1a\x07", 6, 0, false, EXACT },
	{ { "a PDF", "ask for the data themselves; what is made for printing cannot be read" }, "%PDF-?.", 7, 1 << 5, false, EXACT },
	{ { "a Parquet file", "convert it to CSV or JSON lines first" }, "PAR1\x15", 5, 0, false, EXACT },
	{ { "an Avro file", "convert it to CSV or JSON lines first" }, "Obj\1", 4, 0, true, EXACT },
	{ { "an SQLite database", "export the table as CSV first" }, "SQLite format 3\0", 16, 0, false, EXACT },
	{ { "an OpenPGP message in ASCII armor", PGP_HINT }, "-----BEGIN PGP ", 15, 0, false, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\x84?\3", 3, 1 << 1, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\x85??\3", 4, 1 << 1 | 1 << 2, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\xc1?\3", 3, 1 << 1, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\xc1?\6", 3, 1 << 1, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\xc1??\3", 4, 1 << 1 | 1 << 2, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\x8c?\4", 3, 1 << 1, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\xc3?\4", 3, 1 << 1, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\x90\x0d\3", 3, 0, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\xc4\x0d\3", 3, 0, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\xa3\1", 2, 0, true, EXACT },
	{ { "an OpenPGP message", PGP_HINT }, "\xa3\2", 2, 0, true, EXACT },
	{ { "an HTML page", FETCH }, "<!doctype html", 14, 0, false, FOLDED },
	{ { "an HTML page", FETCH }, "<html", 5, 0, false, FOLDED },
	{ { "an XML document", FETCH }, "<?xml ", 6, 0, false, FOLDED },
	// clang-format on
};

static unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : (unsigned char)c;
}

static struct tg_str behind_blanks(struct tg_str s)
{
	if (tg_str_starts(s, TG_STR("\xef\xbb\xbf")))
		s = tg_str_after(s, 3);
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' || s.p[0] == '\n'))
		s = tg_str_after(s, 1);
	return s;
}

/* How many of the first bytes are as row i has them. */
static size_t same(size_t i, struct tg_str s)
{
	size_t k = 0;

	while (k < row[i].n && k < s.n &&
	       ((row[i].any >> k & 1) ||
		(row[i].folding == FOLDED ? lower(s.p[k]) == (unsigned char)row[i].p[k]
					  : s.p[k] == row[i].p[k])))
		k++;
	return k;
}

const struct tg_magic *tg_magic_find(struct tg_str head, bool binary, bool *more)
{
	struct tg_str folded = behind_blanks(head);

	*more = head.n == 0;
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str s = row[i].folding == FOLDED ? folded : head;
		size_t k;

		if (row[i].short_one && binary)
			continue;
		k = same(i, s);
		if (k == row[i].n)
			return &row[i].magic;
		if (k == s.n && head.n < TG_MAGIC_HEAD)
			*more = true;
	}
	return NULL;
}

#include "common/archive/tar.h"

#include "common/base/check.h"

enum state {
	HEADER,	 /* a header, or the first block of the end */
	TEXT,	 /* the text of a header: a long name, pax records */
	CONTENT, /* of an entry */
	PADDING, /* the rest of its last block */
	END,	 /* the second block of the end */
	BEHIND,	 /* zeros */
};

/* POSIX.1-2017, pax, "ustar Interchange Format". */
enum {
	NAME = 0,
	NAME_SIZE = 100,
	SIZE = 124,
	SIZE_SIZE = 12,
	SUM = 148,
	SUM_SIZE = 8,
	TYPE = 156,
	MAGIC = 257,
	PREFIX = 345,
	PREFIX_SIZE = 155,
	SPARSE = 386, /* of GNU's: where the parts of a sparse file go, and how large it is */
	SPARSE_END = 495,
};

void tg_tar_init(struct tg_tar *tar, const char *archive, const struct tg_archive_limits *limits,
		 const struct tg_archive_taker *taker, struct tg_arena *arena)
{
	*tar = (struct tg_tar){
		.archive = archive,
		.limits = limits,
		.taker = *taker,
		.arena = arena,
		.names = { .arena = arena, .archive = archive },
	};
}

void tg_tar_release(struct tg_tar *tar)
{
	tg_archive_names_release(&tar->names);
	tg_buffer_release(&tar->text);
}

static enum tg_status damaged(const struct tg_tar *tar, const char *what, struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, "archive-damaged", "%s is refused: %s", tar->archive,
			    what);
}

/*
 * Numbers
 */

/* Octal, with blanks before and a blank or NUL behind, as everybody writes it; a field of nothing is 0. */
static bool read_octal(const char *p, size_t n, uint64_t *value)
{
	size_t i = 0;

	*value = 0;
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		if (!tg_mul(value, *value, 8) || !tg_add(value, *value, (uint64_t)(p[i] - '0')))
			return false;
	for (; i < n; i++)
		if (p[i] != ' ' && p[i] != '\0')
			return false;
	return true;
}

/* GNU's way for 8 GiB and more: 0x80, then a big-endian number. Negative ones (0xff) are none here. */
static bool read_size(const char *p, uint64_t *value)
{
	if ((unsigned char)p[0] != 0x80)
		return read_octal(p, SIZE_SIZE, value);
	*value = 0;
	for (size_t i = 1; i < SIZE_SIZE; i++) {
		if (*value >> 56)
			return false;
		*value = *value << 8 | (unsigned char)p[i];
	}
	return true;
}

/* Mode, owner, group, time and device count for nothing here, but what is no number in their place is no header. */
static bool numbers_are_right(const char *block)
{
	static const struct {
		unsigned at, n;
	} field[] = { { 100, 8 }, { 108, 8 }, { 116, 8 }, { 136, 12 }, { 329, 8 }, { 337, 8 } };
	uint64_t value;

	for (size_t i = 0; i < TG_COUNT(field); i++) {
		const char *p = block + field[i].at;
		unsigned char first = (unsigned char)*p;

		/* GNU's way again, of which these are the two signs. */
		if (first != 0x80 && first != 0xff && !read_octal(p, field[i].n, &value))
			return false;
	}
	return true;
}

/* The sum of all bytes, its own taken for blanks. */
static bool sum_is_right(const char *block)
{
	uint64_t want, sum = 0;

	for (size_t i = 0; i < TG_TAR_BLOCK; i++)
		sum += i >= SUM && i < SUM + SUM_SIZE ? ' ' : (unsigned char)block[i];
	return read_octal(block + SUM, SUM_SIZE, &want) && want == sum;
}

static bool is_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

bool tg_tar_is(struct tg_str head)
{
	if (head.n < TG_TAR_BLOCK)
		return false;
	if (sum_is_right(head.p))
		return true;
	/* An empty one is two blocks of zeros, and more. */
	return head.n >= 2 * (size_t)TG_TAR_BLOCK && is_zero(head.p, 2 * (size_t)TG_TAR_BLOCK);
}

static enum tg_status take_path(struct tg_tar *tar, struct tg_str path, struct tg_error *err)
{
	if (tar->path.p)
		return damaged(tar, "an entry has two long names", err);
	if (path.n > TG_ARCHIVE_NAME_MAX) /* before it is kept */
		return tg_archive_name_check(tg_str_from(path.p, TG_ARCHIVE_NAME_MAX + 1),
					     tar->archive, err);
	tar->path = tg_arena_copy(tar->arena, path);
	return TG_OK;
}

/*
 * pax records: "LENGTH NAME=VALUE\n"
 */

static enum tg_status take_record(struct tg_tar *tar, struct tg_str name, struct tg_str value,
				  struct tg_error *err)
{
	bool global = tar->kind == 'g', path = tg_str_is(name, "path"),
	     size = tg_str_is(name, "size");

	if (tg_str_starts(name, TG_STR("GNU.sparse.")) || tg_str_is(name, "SCHILY.realsize") ||
	    tg_str_is(name, "SUN.holesdata"))
		return tg_fail_code(
			err, TG_REFUSED, "archive-type",
			"%s is refused: an entry is a sparse file, for which an archive "
			"of data has no use",
			tar->archive);
	if (global && (path || size || tg_str_is(name, "linkpath")))
		return damaged(tar, "it has a name or size that is to be that of all its entries",
			       err);
	if (path)
		return take_path(tar, value, err);
	if (size) {
		if (tar->has_size || !tg_read_u64(value, &tar->size))
			return damaged(tar, "a pax header has a size that is none, or two", err);
		tar->has_size = true;
	}
	return TG_OK;
}

static enum tg_status take_records(struct tg_tar *tar, struct tg_str s, struct tg_error *err)
{
	static const char bad[] = "a pax header has a record that is damaged";

	while (s.n) {
		const char *blank = memchr(s.p, ' ', s.n), *equals;
		uint64_t length;
		struct tg_str record;
		enum tg_status st;

		if (!blank || !tg_read_u64(tg_str_from(s.p, (size_t)(blank - s.p)), &length) ||
		    length > s.n || length < (size_t)(blank - s.p) + 2)
			return damaged(tar, bad, err);
		record = tg_str_from(blank + 1, (size_t)length - (size_t)(blank - s.p) - 1);
		equals = memchr(record.p, '=', record.n);
		if (!equals || equals == record.p || record.p[record.n - 1] != '\n')
			return damaged(tar, bad, err);
		record.n--;
		st = take_record(tar, tg_str_from(record.p, (size_t)(equals - record.p)),
				 tg_str_after(record, (size_t)(equals - record.p) + 1), err);
		if (st)
			return st;
		s = tg_str_after(s, (size_t)length);
	}
	return TG_OK;
}

/* A long name ends with a NUL. */
static enum tg_status take_long_name(struct tg_tar *tar, struct tg_str s, struct tg_error *err)
{
	const char *nul = s.n ? memchr(s.p, '\0', s.n) : NULL;

	if (nul)
		s.n = (size_t)(nul - s.p);
	return take_path(tar, s, err);
}

static enum tg_status take_text(struct tg_tar *tar, struct tg_error *err)
{
	struct tg_str s = tg_buffer_str(&tar->text);
	enum tg_status st =
		tar->kind == 'L' ? take_long_name(tar, s, err) : take_records(tar, s, err);

	tg_buffer_clear(&tar->text);
	return st;
}

/*
 * Headers
 */

static const char *strange_type(char type)
{
	switch (type) {
	case '1':
		return "is a hard link";
	case '2':
	case 'K':
		return "is a symbolic link";
	case '3':
	case '4':
		return "is a device";
	case '6':
		return "is a FIFO";
	case 'S':
		return "is a sparse file";
	case 'M':
	case 'N':
		return "is part of a file in several volumes";
	case 'V':
		return "is the label of a volume";
	default:
		return "is of a kind that is not known";
	}
}

static struct tg_str field(const char *p, size_t most)
{
	const char *nul = memchr(p, '\0', most);

	return tg_str_from(p, nul ? (size_t)(nul - p) : most);
}

/* In the arena. */
static struct tg_str name_of(struct tg_tar *tar)
{
	struct tg_str prefix = field(tar->block + PREFIX, PREFIX_SIZE),
		      name = field(tar->block + NAME, NAME_SIZE);

	if (tar->path.p)
		return tar->path;
	/* GNU has other things where ustar's prefix is, and older ones have nothing. */
	if (memcmp(tar->block + MAGIC, "ustar\0", 6) != 0 || prefix.n == 0)
		return tg_arena_copy(tar->arena, name);
	return tg_arena_format(tar->arena, "%.*s/%.*s", TG_STR_ARG(prefix), TG_STR_ARG(name));
}

/* What `tar -C folder .` writes before each name. */
static struct tg_str without_point(struct tg_str name)
{
	return tg_str_starts(name, TG_STR("./")) ? tg_str_after(name, 2) : name;
}

static enum tg_status check_limits(struct tg_tar *tar, struct tg_error *err)
{
	const struct tg_archive_limits *most = tar->limits;
	bool fits = tg_add(&tar->total, tar->total, tar->entry.size);

	if (tar->entry.size > most->entry_bytes)
		return tg_fail_code(err, TG_DATA, "archive-limit",
				    "%s is refused: %.*s holds more than %llu bytes; --max-entry "
				    "raises the limit",
				    tar->archive,
				    TG_STR_ARG(tg_archive_name_safe(tar->entry.name, tar->arena)),
				    (unsigned long long)most->entry_bytes);
	if (!fits || tar->total > most->total_bytes)
		return tg_fail_code(
			err, TG_DATA, "archive-limit",
			"%s is refused: its entries hold more than %llu bytes together; "
			"--max-total raises the limit",
			tar->archive, (unsigned long long)most->total_bytes);
	return TG_OK;
}

static enum tg_status count(struct tg_tar *tar, struct tg_error *err)
{
	if (++tar->entries <= tar->limits->entries)
		return TG_OK;
	return tg_fail_code(err, TG_DATA, "archive-limit",
			    "%s is refused: it has more than %llu entries; --max-entries raises "
			    "the limit",
			    tar->archive, (unsigned long long)tar->limits->entries);
}

static enum tg_status end_entry(struct tg_tar *tar, struct tg_error *err)
{
	tar->state = tar->padding ? PADDING : HEADER;
	return tar->wanted ? tar->taker.end(tar->taker.arg, &tar->entry, err) : TG_OK;
}

static enum tg_status begin_content(struct tg_tar *tar, uint64_t size, struct tg_error *err)
{
	tar->left = size;
	tar->padding = (unsigned)(-size % TG_TAR_BLOCK);
	tar->state = CONTENT;
	return size ? TG_OK : end_entry(tar, err);
}

static enum tg_status take_entry(struct tg_tar *tar, uint64_t size, struct tg_error *err)
{
	struct tg_str name = name_of(tar), bare = without_point(name);
	bool directory = tar->block[TYPE] == '5', root;
	enum tg_status st;

	if (tar->has_size)
		size = tar->size;
	/* Before there was a type for them, directories were files whose names ended so. */
	if (bare.n && bare.p[bare.n - 1] == '/') {
		directory |= size == 0;
		bare.n -= directory;
	}
	root = directory && (name.n == 0 ? false : bare.n == 0 || tg_str_is(bare, "."));
	tar->entry = (struct tg_archive_entry){
		.name = bare,
		.type = directory ? TG_ARCHIVE_DIRECTORY : TG_ARCHIVE_FILE,
		.sized = true,
		.size = size,
	};
	tar->path = TG_STR_NONE;
	tar->has_pax = tar->has_long = tar->has_size = tar->wanted = false;
	tar->text_bytes = 0;
	if (directory && size)
		return damaged(tar, "an entry is a directory, and yet holds bytes", err);
	st = root ? TG_OK : tg_archive_names_add(&tar->names, bare, tar->entry.type, err);
	if (!st)
		st = check_limits(tar, err);
	if (!st && !root)
		st = tar->taker.meet(tar->taker.arg, &tar->entry, &tar->wanted, err);
	tar->wanted &= !directory;
	return st ? st : begin_content(tar, size, err);
}

/* Headers that say something about the entry behind them. One of a kind is enough: of two, programs take the first or the last. */
static enum tg_status begin_text(struct tg_tar *tar, uint64_t size, struct tg_error *err)
{
	bool *has = tar->kind == 'L' ? &tar->has_long : &tar->has_pax;

	if (tar->kind != 'g') {
		if (*has)
			return damaged(tar, "an entry has two headers of a kind", err);
		*has = true;
	}
	tar->text_bytes += TG_TAR_BLOCK;
	if (tar->text_bytes > TG_ARCHIVE_HEADER_MAX ||
	    size > TG_ARCHIVE_HEADER_MAX - tar->text_bytes)
		return tg_fail_code(
			err, TG_DATA, "archive-limit",
			"%s is refused: the headers of an entry have more than %d bytes",
			tar->archive, TG_ARCHIVE_HEADER_MAX);
	tar->text_bytes += (size_t)size;
	tar->left = size;
	tar->padding = (unsigned)(-size % TG_TAR_BLOCK);
	tar->state = size ? TEXT : HEADER;
	return TG_OK;
}

/*
 * Whether all who know of "ustar" see the same header. Where it stands as neither POSIX nor GNU writes it, some take the prefix for a part
 * of the name; and where GNU's has parts, some take any file for a sparse one.
 */
static bool is_of_one_form(const char *block)
{
	const char *magic = block + MAGIC;

	if (memcmp(magic, "ustar", 5) != 0 || magic[5] == '\0')
		return true;
	return memcmp(magic, "ustar  ", 8) == 0 &&
	       (block[TYPE] == 'S' || is_zero(block + SPARSE, SPARSE_END - SPARSE));
}

static enum tg_status take_header(struct tg_tar *tar, struct tg_error *err)
{
	char type = tar->block[TYPE];
	uint64_t size;
	enum tg_status st;

	if (is_zero(tar->block, TG_TAR_BLOCK)) {
		if (tar->has_pax || tar->has_long)
			return damaged(tar, "its last header has no entry behind it", err);
		tar->state = END;
		return TG_OK;
	}
	if (!sum_is_right(tar->block))
		return damaged(tar, "it is damaged: the sum of a header is wrong", err);
	if (!read_size(tar->block + SIZE, &size) || !numbers_are_right(tar->block))
		return damaged(tar, "a header has a number that is none", err);
	if (!is_of_one_form(tar->block))
		return damaged(tar, "a header can be read in two ways", err);
	if (type == 'x' || type == 'g' || type == 'L') {
		tar->kind = type;
		return begin_text(tar, size, err);
	}
	if (type == '0' || type == '\0' || type == '5') {
		st = count(tar, err);
		return st ? st : take_entry(tar, size, err);
	}
	return tg_fail_code(
		err, TG_REFUSED, "archive-type",
		"%s is refused: %.*s %s, for which an archive of data has no use", tar->archive,
		TG_STR_ARG(tg_archive_name_safe(name_of(tar), tar->arena)), strange_type(type));
}

/*
 * The walk
 */

static enum tg_status take_block(struct tg_tar *tar, struct tg_error *err)
{
	if (tar->state == HEADER)
		return take_header(tar, err);
	if (!is_zero(tar->block, TG_TAR_BLOCK))
		return damaged(
			tar,
			tar->state == END
				? "a block of zeros stands between its entries: it is damaged, or "
				  "two archives in one"
				: "there is something behind its end",
			err);
	tar->state = BEHIND;
	return tar->names.n ? tg_archive_names_check(&tar->names, err) : TG_OK;
}

/* Takes from the front of *s. */
static enum tg_status take_content(struct tg_tar *tar, struct tg_str *s, struct tg_error *err)
{
	struct tg_str piece = tg_str_from(s->p, tar->left < s->n ? (size_t)tar->left : s->n);
	enum tg_status st = TG_OK;

	*s = tg_str_after(*s, piece.n);
	tar->left -= piece.n;
	if (tar->state == TEXT)
		tg_buffer_put_str(&tar->text, piece);
	else if (tar->wanted)
		st = tar->taker.data(tar->taker.arg, &tar->entry, piece, err);
	if (st || tar->left)
		return st;
	if (tar->state == CONTENT)
		return end_entry(tar, err);
	tar->state = tar->padding ? PADDING : HEADER;
	return take_text(tar, err);
}

static enum tg_status take_padding(struct tg_tar *tar, struct tg_str *s, struct tg_error *err)
{
	size_t n = tar->padding < s->n ? tar->padding : s->n;

	if (!is_zero(s->p, n))
		return damaged(tar, "there is something behind an entry where zeros should be",
			       err);
	*s = tg_str_after(*s, n);
	tar->padding -= (unsigned)n;
	if (tar->padding == 0)
		tar->state = HEADER;
	return TG_OK;
}

static enum tg_status take_part(struct tg_tar *tar, struct tg_str *s, struct tg_error *err)
{
	size_t n = TG_TAR_BLOCK - tar->n < s->n ? TG_TAR_BLOCK - tar->n : s->n;

	memcpy(tar->block + tar->n, s->p, n);
	*s = tg_str_after(*s, n);
	tar->n += n;
	if (tar->n < TG_TAR_BLOCK)
		return TG_OK;
	tar->n = 0;
	return take_block(tar, err);
}

enum tg_status tg_tar_take(struct tg_tar *tar, struct tg_str s, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	while (!st && s.n) {
		if (tar->state == CONTENT || tar->state == TEXT)
			st = take_content(tar, &s, err);
		else if (tar->state == PADDING)
			st = take_padding(tar, &s, err);
		else
			st = take_part(tar, &s, err);
	}
	return st;
}

enum tg_status tg_tar_end(struct tg_tar *tar, struct tg_error *err)
{
	if (tar->state != BEHIND)
		return tg_fail_code(
			err, TG_DATA, "archive-cut",
			"%s is cut off: a tar ends with two blocks of zeros, and this one "
			"does not",
			tar->archive);
	if (!is_zero(tar->block, tar->n))
		return damaged(tar, "there is something behind its end", err);
	return TG_OK;
}

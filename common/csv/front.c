#include "common/csv/front.h"

#include "common/base/utf8.h"
#include "common/json/text.h"

enum {
	TOLD = 20,	    /* lines */
	TOLD_BYTES = 200,   /* of each */
	SEPARATOR_MAX = 64, /* bytes of a line that names the separator */
};

void tg_csv_front_begin(struct tg_csv_front *f, const struct tg_csv_dialect *d,
			struct tg_encoding *encoding)
{
	f->dialect = d;
	f->encoding = encoding;
	f->mark = false;
	f->separator = !d->separator_line;
	f->skip = d->skip;
	f->skipped.n = f->line.n = 0;
	f->told = 0;
}

void tg_csv_front_release(struct tg_csv_front *f)
{
	tg_buffer_release(&f->skipped);
	tg_buffer_release(&f->line);
}

static enum tg_status wrong_mark(const struct tg_csv_front *f, const struct tg_mark *mark,
				 const struct tg_place *at, struct tg_error *err)
{
	struct tg_str declared = f->dialect->encoding;
	const char *what = at->file.p ? " " : "the input ";

	if (declared.n)
		return tg_fail_code(
			err, TG_DATA, "csv-bom",
			"%.*s%sbegins with the byte order mark of %s, and the contract says that it is %.*s (x-csv, encoding)",
			TG_STR_ARG(at->file), what, mark->encoding, TG_STR_ARG(declared));
	return tg_fail_code(
		err, TG_DATA, "csv-bom",
		"%.*s%sbegins with the byte order mark of %s: say so in the contract (x-csv, encoding), or convert it to UTF-8 first (iconv -f %s -t UTF-8)",
		TG_STR_ARG(at->file), what, mark->encoding, mark->encoding);
}

static enum tg_status no_mark(const struct tg_csv_front *f, const struct tg_mark *mark,
			      const struct tg_place *at, struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, "csv-bom",
			    "%.*s%sdoes not begin with a byte order mark, and %.*s needs one%s%s%s",
			    TG_STR_ARG(at->file), at->file.p ? " " : "the input ",
			    TG_STR_ARG(f->dialect->encoding),
			    mark->encoding ? ": it looks like \""
					   : ": is it another encoding? (x-csv, encoding)",
			    mark->encoding ? mark->encoding : "",
			    mark->encoding ? "\", which needs none (x-csv, encoding)" : "");
}

enum tg_status tg_csv_front_mark(struct tg_csv_front *f, struct tg_str bytes, bool last,
				 const struct tg_place *at, size_t *taken, bool *more,
				 struct tg_error *err)
{
	struct tg_mark mark = tg_encoding_mark(f->encoding, bytes, last);

	*taken = 0;
	*more = mark.kind == TG_MARK_MORE;
	switch (mark.kind) {
	case TG_MARK_MORE:
	case TG_MARK_NONE:
		break;
	case TG_MARK_OWN:
		f->mark = true;
		*taken = mark.n;
		break;
	case TG_MARK_OTHER:
		return wrong_mark(f, &mark, at, err);
	case TG_MARK_LACKS:
		return no_mark(f, &mark, at, err);
	}
	return TG_OK;
}

/* The line without quotes around it and without its end. */
static struct tg_str bare(struct tg_str line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n > 1 && line.p[0] == '"' && line.p[line.n - 1] == '"')
		line = tg_str_from(line.p + 1, line.n - 2);
	return line;
}

/* "sep=;" as the first line tells a spreadsheet what the delimiter is. It must say what the contract says. */
static enum tg_status take_separator(struct tg_csv_front *f, struct tg_str text, bool last,
				     const struct tg_place *at, uint64_t *line, size_t *taken,
				     struct tg_error *err)
{
	const struct tg_csv_dialect *d = f->dialect;
	struct tg_str sep = TG_STR("sep="), begins = text, whole;
	const char *end = text.n ? memchr(text.p, tg_csv_line_end(d), text.n) : NULL;

	if (begins.n && begins.p[0] == '"')
		begins = tg_str_after(begins, 1);
	if (begins.n < sep.n && !end && !last)
		return TG_OK;
	f->separator = true;
	if (!tg_str_starts(begins, sep))
		return TG_OK;
	if (!end && !last && text.n < SEPARATOR_MAX) {
		f->separator = false;
		return TG_OK;
	}
	whole = bare(tg_str_from(text.p, end ? (size_t)(end - text.p) : text.n));
	if (!tg_str_eq(tg_str_after(whole, sep.n), tg_str_from(d->delimiter, d->delimiter_n)))
		return tg_fail_code(
			err, TG_DATA, "csv-header",
			"%.*s%sline 1: names another separator than the contract does (x-csv, delimiter)",
			TG_STR_ARG(at->file), at->file.p ? ": " : "");
	*taken = end ? (size_t)(end - text.p) + 1 : text.n;
	*line += end != NULL;
	return TG_OK;
}

static void tell(struct tg_csv_front *f)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	struct tg_str line = tg_buffer_str(&f->line);

	if (f->told++ < TOLD) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		tg_utf8_put_safe(&safe, line, TOLD_BYTES);
		if (f->skipped.n)
			tg_buffer_putc(&f->skipped, ',');
		tg_json_put_string(&f->skipped, tg_buffer_str(&safe));
	}
	f->line.n = 0;
}

/* A line as it stands: a quote in it opens nothing. What is here of it can go at once. */
static void skip(struct tg_csv_front *f, struct tg_str text, uint64_t *line, size_t *taken)
{
	while (f->skip && *taken < text.n) {
		struct tg_str rest = tg_str_after(text, *taken);
		const char *end = memchr(rest.p, tg_csv_line_end(f->dialect), rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;

		if (f->line.n <= TOLD_BYTES)
			tg_buffer_put(&f->line, rest.p, n < 2 * TOLD_BYTES ? n : 2 * TOLD_BYTES);
		*taken += n + (end != NULL);
		if (end) {
			f->skip--;
			++*line;
			tell(f);
		}
	}
}

enum tg_status tg_csv_front_lines(struct tg_csv_front *f, struct tg_str text, bool last,
				  const struct tg_place *at, uint64_t *line, size_t *taken,
				  bool *done, struct tg_error *err)
{
	*taken = 0;
	*done = false;
	if (!f->separator) {
		enum tg_status st = take_separator(f, text, last, at, line, taken, err);

		if (st || !f->separator)
			return st;
	}
	skip(f, text, line, taken);
	*done = f->skip == 0;
	return TG_OK;
}

void tg_csv_front_put_skipped(const struct tg_csv_front *f, struct tg_buffer *out)
{
	tg_buffer_putc(out, '[');
	tg_buffer_put_str(out, tg_buffer_str(&f->skipped));
	tg_buffer_putc(out, ']');
}

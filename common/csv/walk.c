/*
 * walk: a row byte by byte. This is the rule: the wide steps of scan.c may be quicker but must say the same, and leave to it the
 * rows with a fault, the very long ones, and what stands at the end of the bytes. It can stop behind any byte and go on later.
 */
#include "common/csv/notation.h"
#include "common/csv/reader.h"

enum { LOOK = 256 };

static size_t count_lines(const char *p, size_t n, char line_end)
{
	const char *end = p + n;
	size_t lines = 0;

	while (p < end && (p = memchr(p, line_end, (size_t)(end - p)))) {
		lines++;
		p++;
	}
	return lines;
}

void tg_csv_fields_room(struct tg_csv_reader *r, size_t n)
{
	size_t room = r->field_room + r->field_room / 2;

	if (n <= r->field_room)
		return;
	if (room < n)
		room = n < 64 ? 64 : n;
	r->field = tg_resize_array(r->field, room, sizeof(*r->field));
	r->field_room = room;
}

static void close_field(struct tg_csv_reader *r, size_t end, size_t keep)
{
	struct tg_csv_walk *w = &r->walk;
	bool quoted = w->state == TG_CSV_CLOSED;

	if (quoted)
		end = w->closed;
	if (w->fields < keep) {
		tg_csv_fields_room(r, w->fields + 1);
		r->field[w->fields] = tg_csv_field_make(w->field + quoted,
							end - w->field - (quoted ? 2 : 0), quoted);
	}
	w->fields++;
}

static void fault(struct tg_csv_walk *w, const char *code, size_t at)
{
	if (!w->code) {
		w->code = code;
		w->fault = at;
	}
}

/* A fault behind which quotes say nothing any more. */
static void broken(struct tg_csv_walk *w, char c)
{
	fault(w, c == '\r' || c == '\n' ? "csv-newline" : "csv-quote", w->at);
	w->state = TG_CSV_BROKEN;
}

/* The row's bytes are p[0..end), the next row starts at `next`. */
static enum tg_csv_walked end_row(struct tg_csv_reader *r, size_t end, size_t next, size_t keep)
{
	struct tg_csv_walk *w = &r->walk;
	bool blanks = r->dialect->blank != TG_CSV_BLANK_SKIPPED && next > end;

	w->n = end;
	w->next = next;
	if (w->state == TG_CSV_COMMENT)
		return TG_CSV_BLANK;
	if (w->state == TG_CSV_START && w->fields == 0 && end == 0 && !blanks)
		return TG_CSV_BLANK;
	close_field(r, end, keep);
	return TG_CSV_ROW;
}

/* Whether text starts at p; *more: that depends on bytes that are not there yet. */
static bool starts(struct tg_str text, const char *p, size_t n, bool last, bool *more)
{
	size_t size = text.n < n ? text.n : n;

	*more = false;
	if (memcmp(p, text.p, size) != 0)
		return false;
	if (size == text.n)
		return true;
	*more = !last;
	return false;
}

static bool is_delimiter(const struct tg_csv_dialect *d, const char *p, size_t n, bool last,
			 bool *more)
{
	return starts(tg_str_from(d->delimiter, d->delimiter_n), p, n, last, more);
}

/* The bytes of the line end that starts at p, 0: none does; *more as above. */
static size_t line_end(const struct tg_csv_dialect *d, const char *p, size_t n, bool last,
		       bool *more)
{
	*more = false;
	if (*p == '\n')
		return d->newline == TG_CSV_LF_OR_CRLF || d->newline == TG_CSV_LF;
	if (*p != '\r' || d->newline == TG_CSV_LF)
		return 0;
	if (d->newline == TG_CSV_CR)
		return 1;
	return starts(TG_STR("\r\n"), p, n, last, more) ? 2 : 0;
}

/* Whether the field at p is this spelling of null, which begins with an escape (PostgreSQL's \N), and nothing else; *more: that depends on
 * bytes that are not there yet. */
static bool is_null(const struct tg_csv_dialect *d, struct tg_str null, const char *p, size_t n,
		    bool last, bool *more)
{
	*more = false;
	if (null.n == 0 || (unsigned char)null.p[0] != d->escape || !starts(null, p, n, last, more))
		return false;
	*more = n == null.n && !last;
	if (n == null.n)
		return last;
	if (line_end(d, p + null.n, n - null.n, last, more))
		return true;
	return !*more && is_delimiter(d, p + null.n, n - null.n, last, more);
}

/* The bytes of such a spelling, of the file's or of any property's; 0: there is none. */
static size_t null_at(const struct tg_csv_dialect *d, const char *p, size_t n, bool last,
		      bool *more)
{
	for (size_t k = 0; k <= d->notations; k++) {
		const struct tg_spellings null =
			k ? d->each[k - 1].null : (struct tg_spellings){ d->null, d->nulls };

		for (size_t i = 0; i < null.n; i++) {
			if (is_null(d, null.text[i], p, n, last, more))
				return null.text[i].n;
			if (*more)
				return 0;
		}
	}
	return 0;
}

/* How an escape at p[i] goes on: the bytes of both, 0: more are wanted. One that means nothing is a fault. */
static size_t step_escape(struct tg_csv_reader *r, const char *p, size_t i, size_t n, bool last)
{
	struct tg_csv_walk *w = &r->walk;
	const struct tg_csv_dialect *d = r->dialect;
	bool more = false;
	size_t size = 0;

	/* As much as may belong to it: a delimiter, or CR and LF. */
	if (n - i - 1 < TG_CSV_DELIMITER_MAX && !last)
		return 0;
	if (w->state == TG_CSV_START) {
		size = null_at(d, p + i, n - i, last, &more);
		if (size || more)
			return size;
	}
	if (i + 1 < n)
		size = tg_csv_escaped(d, p + i + 1, n - i - 1);
	if (size && d->one_line && count_lines(p + i + 1, size, tg_csv_line_end(d)))
		size = 0;
	if (size == 0) {
		fault(w, "csv-quote", i);
		return 1;
	}
	w->lines += count_lines(p + i + 1, size, tg_csv_line_end(d));
	return 1 + size;
}

/* Blanks before a quote, or behind one. True: the row goes on at w->at, in what state it says. */
static bool step_blanks(struct tg_csv_reader *r, const char *p, size_t n, bool last)
{
	struct tg_csv_walk *w = &r->walk;
	const struct tg_csv_dialect *d = r->dialect;
	size_t i = w->at;
	bool more = false;

	while (i < n && tg_csv_is_blank(d, p[i]))
		i++;
	if (i == n && !last)
		return false;
	if (w->state == TG_CSV_CLOSED) {
		if (i == n || line_end(d, p + i, n - i, last, &more) ||
		    is_delimiter(d, p + i, n - i, last, &more))
			w->at = i;
		else if (more || p[i] == '\r' || p[i] == '\n')
			w->at = i;
		else
			broken(w, ' ');
		return true;
	}
	if (i < n && (unsigned char)p[i] == d->quote) {
		w->at = w->field = i;
	} else {
		w->state = TG_CSV_PLAIN;
		w->at++;
	}
	return true;
}

/* One byte that may end a field, outside quotes. True: the row goes on, at w->at. */
static bool step(struct tg_csv_reader *r, const char *p, size_t n, bool last, size_t keep,
		 enum tg_csv_walked *answer)
{
	struct tg_csv_walk *w = &r->walk;
	const struct tg_csv_dialect *d = r->dialect;
	size_t i = w->at, size;
	bool more = false;

	*answer = TG_CSV_MORE;
	size = line_end(d, p + i, n - i, last, &more);
	if (size) {
		*answer = end_row(r, i, i + size, keep);
		return false;
	}
	if (more)
		return false;
	if (is_delimiter(d, p + i, n - i, last, &more)) {
		close_field(r, i, keep);
		w->state = TG_CSV_START;
		w->at = w->field = i + d->delimiter_n;
		return true;
	}
	if (more)
		return false;
	if (r->trims && tg_csv_is_blank(d, p[i]) &&
	    ((w->state == TG_CSV_START && d->trim_start) ||
	     (w->state == TG_CSV_CLOSED && d->trim_end)))
		return step_blanks(r, p, n, last);
	if (w->state == TG_CSV_CLOSED || (unsigned char)p[i] == d->quote) {
		broken(w, p[i]);
		return true;
	}
	if ((unsigned char)p[i] == d->escape && d->quote < 0) {
		size = step_escape(r, p, i, n, last);
		w->at += size;
		w->state = size ? TG_CSV_PLAIN : w->state;
		return size > 0;
	}
	if (p[i] == '\r' || p[i] == '\n') {
		fault(w, "csv-newline", i);
		w->lines += p[i] == tg_csv_line_end(d);
	}
	w->state = TG_CSV_PLAIN;
	w->at = i + 1;
	return true;
}

/* Up to the next line end. False: it is not there, or not yet. */
static bool find_line_end(struct tg_csv_reader *r, const char *p, size_t n, bool last, size_t *size)
{
	struct tg_csv_walk *w = &r->walk;
	const struct tg_csv_dialect *d = r->dialect;
	bool more = false;

	for (*size = 0; w->at < n; w->at++) {
		if (p[w->at] != '\n' && p[w->at] != '\r')
			continue;
		*size = line_end(d, p + w->at, n - w->at, last, &more);
		if (*size || more)
			break;
		w->lines += p[w->at] == tg_csv_line_end(d);
	}
	return *size;
}

/* Between quotes. True: the row goes on, in what state it says. */
static bool step_quoted(struct tg_csv_reader *r, const char *p, size_t n, bool last,
			enum tg_csv_walked *answer)
{
	struct tg_csv_walk *w = &r->walk;
	const struct tg_csv_dialect *d = r->dialect;
	/* The quote may be far behind many escapes, and be looked for from each of them: so no further than this at a time. */
	size_t most = d->escape >= 0 && n - w->at > LOOK ? w->at + LOOK : n;
	const char *from = p + w->at, *found = memchr(from, d->quote, most - w->at), *escape = NULL;
	size_t end = found ? (size_t)(found - p) : most, size = 0;
	bool more = false;

	*answer = TG_CSV_MORE;
	if (d->escape >= 0)
		escape = memchr(from, d->escape, end - w->at);
	if (escape)
		end = (size_t)(escape - p);
	for (size_t i = w->at; d->one_line && i < end; i++) {
		if (p[i] != '\n' && p[i] != '\r')
			continue;
		size = line_end(d, p + i, n - i, last, &more);
		if (size == 0 && !more)
			continue;
		w->lines += count_lines(from, i - w->at, tg_csv_line_end(d));
		w->at = i;
		if (more)
			return false;
		w->unclosed = !w->code;
		fault(w, "csv-quote", w->opened);
		w->state = TG_CSV_BROKEN;
		return true;
	}
	w->lines += count_lines(from, end - w->at, tg_csv_line_end(d));
	w->at = end;
	if (escape) {
		size = step_escape(r, p, end, n, last);
		w->at += size;
		return size > 0;
	}
	if (found) {
		w->state = TG_CSV_CLOSED;
		w->at = w->closed = end + 1;
	}
	return true;
}

static enum tg_csv_walked at_the_end(struct tg_csv_reader *r, size_t n, bool last, size_t keep)
{
	struct tg_csv_walk *w = &r->walk;

	if (!last)
		return TG_CSV_MORE;
	if (w->state == TG_CSV_QUOTED && !r->dialect->one_line)
		return TG_CSV_UNTERMINATED;
	if (w->state == TG_CSV_QUOTED) {
		w->unclosed = !w->code;
		fault(w, "csv-quote", w->opened);
	}
	return end_row(r, n, n, keep);
}

enum tg_csv_walked tg_csv_walk_on(struct tg_csv_reader *r, const char *p, size_t n, bool last,
				  size_t keep)
{
	struct tg_csv_walk *w = &r->walk;
	const struct tg_csv_dialect *d = r->dialect;
	enum tg_csv_walked answer;
	size_t size;
	bool more;

	if (w->at == 0 && n && d->comment.n) {
		if (starts(d->comment, p, n, last, &more))
			w->state = TG_CSV_COMMENT;
		if (more)
			return TG_CSV_MORE;
	}
	while (w->at < n) {
		switch (w->state) {
		case TG_CSV_QUOTED:
			if (!step_quoted(r, p, n, last, &answer))
				return answer;
			continue;
		case TG_CSV_BROKEN:
		case TG_CSV_COMMENT:
			if (find_line_end(r, p, n, last, &size))
				return end_row(r, w->at, w->at + size, keep);
			if (w->at < n)
				return TG_CSV_MORE;
			continue;
		case TG_CSV_START:
		case TG_CSV_CLOSED:
			if ((unsigned char)p[w->at] == d->quote &&
			    (w->state == TG_CSV_START || w->at == w->closed)) {
				if (w->state == TG_CSV_START) {
					w->opened = w->at;
					w->opened_lines = w->lines;
				}
				w->state = TG_CSV_QUOTED;
				w->at++;
				continue;
			}
			break;
		case TG_CSV_PLAIN:
			while (w->at < n && !r->stop[(unsigned char)p[w->at]])
				w->at++;
			if (w->at == n)
				continue;
			break;
		}
		if (!step(r, p, n, last, keep, &answer))
			return answer;
	}
	return at_the_end(r, n, last, keep);
}

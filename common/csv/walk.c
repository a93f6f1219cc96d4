/*
 * walk: a row byte by byte. This is the rule: the wide steps of scan.c may be quicker but must say the same, and leave to it the
 * rows with a fault, the very long ones, and what stands at the end of the bytes. It can stop behind any byte and go on later.
 */
#include "common/csv/reader.h"

static size_t count_line_feeds(const char *p, size_t n)
{
	const char *end = p + n;
	size_t lines = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
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
	fault(w, c == '\r' ? "csv-newline" : "csv-quote", w->at);
	w->state = TG_CSV_BROKEN;
}

/* The row's bytes are p[0..end), the next row starts at `next`. */
static enum tg_csv_walked end_row(struct tg_csv_reader *r, size_t end, size_t next, size_t keep)
{
	struct tg_csv_walk *w = &r->walk;

	w->n = end;
	w->next = next;
	if (w->state == TG_CSV_START && w->fields == 0)
		return TG_CSV_BLANK;
	close_field(r, end, keep);
	return TG_CSV_ROW;
}

/* Whether the delimiter starts at p; *more: that depends on bytes that are not there yet. */
static bool is_delimiter(const struct tg_csv_dialect *d, const char *p, size_t n, bool last,
			 bool *more)
{
	size_t size = d->delimiter_n < n ? d->delimiter_n : n;

	*more = false;
	if (memcmp(p, d->delimiter, size) != 0)
		return false;
	if (size == d->delimiter_n)
		return true;
	*more = !last;
	return false;
}

/* One byte that may end a field, outside quotes. True: the row goes on, at w->at. */
static bool step(struct tg_csv_reader *r, const char *p, size_t n, bool last, size_t keep,
		 enum tg_csv_walked *answer)
{
	struct tg_csv_walk *w = &r->walk;
	const struct tg_csv_dialect *d = r->dialect;
	size_t i = w->at;
	bool more = false;

	*answer = TG_CSV_MORE;
	if (p[i] == '\n') {
		*answer = end_row(r, i, i + 1, keep);
		return false;
	}
	if (p[i] == '\r' && i + 1 == n && !last)
		return false;
	if (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n') {
		*answer = end_row(r, i, i + 2, keep);
		return false;
	}
	if (is_delimiter(d, p + i, n - i, last, &more)) {
		close_field(r, i, keep);
		w->state = TG_CSV_START;
		w->at = w->field = i + d->delimiter_n;
		return true;
	}
	if (more)
		return false;
	if (w->state == TG_CSV_CLOSED || (unsigned char)p[i] == d->quote) {
		broken(w, p[i]);
		return true;
	}
	if (p[i] == '\r')
		fault(w, "csv-newline", i);
	w->state = TG_CSV_PLAIN;
	w->at = i + 1;
	return true;
}

static enum tg_csv_walked at_the_end(struct tg_csv_reader *r, size_t n, bool last, size_t keep)
{
	if (!last)
		return TG_CSV_MORE;
	if (r->walk.state == TG_CSV_QUOTED)
		return TG_CSV_UNTERMINATED;
	return end_row(r, n, n, keep);
}

enum tg_csv_walked tg_csv_walk_on(struct tg_csv_reader *r, const char *p, size_t n, bool last,
				  size_t keep)
{
	struct tg_csv_walk *w = &r->walk;
	int quote = r->dialect->quote;
	enum tg_csv_walked answer;

	while (w->at < n) {
		const char *from = p + w->at, *found;
		size_t rest = n - w->at, end;

		switch (w->state) {
		case TG_CSV_QUOTED:
			found = memchr(from, quote, rest);
			end = found ? (size_t)(found - p) : n;
			w->lines += count_line_feeds(from, end - w->at);
			w->at = found ? end + 1 : n;
			if (found)
				w->state = TG_CSV_CLOSED;
			continue;
		case TG_CSV_BROKEN:
			found = memchr(from, '\n', rest);
			if (!found) {
				w->at = n;
				continue;
			}
			end = (size_t)(found - p);
			return end_row(r, end - (found > p && found[-1] == '\r'), end + 1, keep);
		case TG_CSV_START:
		case TG_CSV_CLOSED:
			if ((unsigned char)*from == quote) {
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

/*
 * write_rows: records become rows, in the columns that write.c has made.
 */
#include "common/csv/writer.h"

#include "common/csv/write_kinds.h"
#include "common/csv/write_straight.h"
#include "common/json/text.h"

void tg_csv_writer_fault(struct tg_work *w, struct tg_str pointer, const char *message,
			 const char *hint)
{
	tg_fault_add(w, &(struct tg_fault){ .pointer = pointer,
					    .message = tg_str_of(message),
					    .hint = tg_str_of(hint) });
}

/* A value that its column cannot hold. */
TG_COLD void tg_csv_writer_value_fault(const struct tg_csv_writer *c, const struct tg_csv_target *t,
				       size_t item, const char *message, struct tg_work *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer schema = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;

	tg_buffer_put_str(&where, t->where);
	if (item != SIZE_MAX)
		tg_buffer_printf(&where, "/%zu", item);
	if (t->schema)
		tg_contract_put_pointer(&schema, &c->contract, t->schema);
	tg_fault_add(
		w, &(struct tg_fault){ .pointer = tg_buffer_str(&where),
				       .message = tg_str_of(message),
				       .schema = schema.n ? tg_buffer_str(&schema) : TG_STR_NONE });
}

static struct tg_str key_text(struct tg_work *w, const struct tg_record *rec,
			      const struct tg_span *key)
{
	return tg_text_get(&w->arena, rec, key);
}

TG_COLD static void unknown_member(const struct tg_record *rec, uint32_t k, struct tg_work *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer pointer = TG_BUFFER_INIT;

	tg_pointer_put_step(&pointer, key_text(w, rec, &rec->span[k]));
	tg_csv_writer_fault(
		w, tg_buffer_str(&pointer), "is no column, and would be lost",
		"--columns names the columns; what it leaves out is left out on purpose");
}

/* Finds the value of each column. Gives the bytes of all of them, or SIZE_MAX when a member is no column. */
__attribute__((__always_inline__)) static inline size_t
find_values(struct tg_csv_writer *c, const struct tg_record *rec, struct tg_work *w)
{
	const struct tg_span *span = rec->span;
	size_t bytes = 0, member = 0;
	bool unknown = false, of_kind = c->kind != NULL;

	memset(c->value, 0, c->targets * sizeof(*c->value));
	for (uint32_t k = 1; k < span->next; k = span[k + 1].next) {
		struct tg_str name = tg_span_text(rec, &span[k]);
		uint32_t column;

		if (tg_csv_writer_is_place(rec, k) ||
		    (TG_UNLIKELY(of_kind) && tg_str_is(name, "record")))
			continue;
		/* Most records have the members of the one before, in the same order. */
		column = member < c->targets ? c->hint[member] : UINT32_MAX;
		if (column == UINT32_MAX || (span[k].flags & TG_SPAN_ESCAPED) ||
		    !c->target[column].member.p || !tg_str_eq(name, c->target[column].member)) {
			column = tg_csv_writer_find_column(c, key_text(w, rec, &span[k]));
			if (member < c->targets && column != UINT32_MAX)
				c->hint[member] = column;
		}
		member++;
		if (column != UINT32_MAX) {
			c->value[column] = k + 1;
			bytes += span[k + 1].n;
		} else if (!c->chosen) {
			unknown_member(rec, k, w);
			unknown = true;
		}
	}
	for (size_t i = 0; c->pointers && i < c->targets; i++) {
		const struct tg_span *found;

		if (c->target[i].member.p || c->target[i].ignored)
			continue;
		found = tg_pointer_find(&c->target[i].pointer, rec);
		if (found) {
			c->value[i] = (uint32_t)(found - span);
			bytes += found->n;
		}
	}
	return unknown ? SIZE_MAX : bytes;
}

/* The end of the field, or NULL: it needs care. */
static inline char *put_quickly(const struct tg_csv_writer *c, const struct tg_csv_target *t,
				const struct tg_record *rec, const struct tg_span *value, char *to)
{
	const struct tg_csv_form *form = &c->form;
	struct tg_str s = { rec->text.p + value->at, value->n };

	if (value->kind == TG_STRING) {
		if (t->kind != TG_CSV_TEXT || (value->flags & TG_SPAN_ESCAPED) || s.n == 0 ||
		    (t->nullable && form->null_sizes >> (s.n < 63 ? s.n : 63) & 1) ||
		    form->first[(unsigned char)s.p[0]] || form->last[(unsigned char)s.p[s.n - 1]])
			return NULL;
		return tg_csv_field_plain(form, s, to);
	}
	if (value->kind != TG_NUMBER || !t->numbers ||
	    !(t->kind == TG_CSV_NUMBER ||
	      (t->kind == TG_CSV_INTEGER && !(value->flags & TG_SPAN_FRACTION)) ||
	      (t->kind == TG_CSV_TEXT && !t->typed && !form->exact)))
		return NULL;
	memcpy(to, s.p, s.n);
	return to + s.n;
}

/* A field that is out of the ordinary. */
static const char *put_with_care(struct tg_csv_writer *c, size_t i, const struct tg_record *rec,
				 char **to)
{
	const struct tg_span *value = c->value[i] ? &rec->span[c->value[i]] : NULL;
	bool quote, bare;
	const char *wrong =
		tg_csv_field_text(&c->form, &c->target[i], rec, value, &c->text, &quote, &bare);

	return wrong ? wrong
		     : tg_csv_field_put(&c->form, tg_buffer_str(&c->text), quote, bare, i == 0, to);
}

const char *tg_csv_writer_put_value(struct tg_csv_writer *c, size_t i, const struct tg_record *rec,
				    char **to)
{
	char *end = put_quickly(c, &c->target[i], rec, &rec->span[c->value[i]], *to);

	if (!end)
		return put_with_care(c, i, rec, to);
	*to = end;
	return NULL;
}

/* Whether csv2json would take the row for the header once more. */
static bool repeats_names(struct tg_csv_writer *c, const struct tg_record *rec)
{
	for (size_t i = 0; i < c->targets; i++) {
		const struct tg_span *value = c->value[i] ? &rec->span[c->value[i]] : NULL;
		bool quote, bare;

		if (tg_csv_field_text(&c->form, &c->target[i], rec, value, &c->text, &quote,
				      &bare) ||
		    !tg_str_eq(tg_buffer_str(&c->text), c->target[i].name))
			return false;
	}
	return true;
}

/* A row may begin as the header does, quoted or not. */
static inline bool may_repeat(const struct tg_csv_writer *c, const char *row, size_t n)
{
	struct tg_str name = c->target[0].name;

	return (n && ((unsigned char)*row == c->dialect.quote ||
		      (unsigned char)*row == c->dialect.escape)) ||
	       (n >= name.n && memcmp(row, name.p, name.n) == 0);
}

/* Where short rows are filled up, the last values that are absent are not written; but a line must not be blank. */
static size_t present(const struct tg_csv_writer *c, const struct tg_record *rec)
{
	const struct tg_span *first = c->value[0] ? &rec->span[c->value[0]] : NULL;
	size_t least = first && first->kind != TG_NULL && first->n ? 1 : 2, n = c->targets;

	while (n > least && !c->value[n - 1])
		n--;
	return n;
}

/* Writes the row of a record whose values were found; NULL when there are faults. *code is theirs. */
__attribute__((__always_inline__)) static inline char *put_row(struct tg_csv_writer *c,
							       const struct tg_record *rec,
							       struct tg_work *w, char *to,
							       const char **code)
{
	const struct tg_csv_dialect *d = &c->dialect;
	size_t list = c->kind ? c->kind->list : SIZE_MAX;
	size_t fields = d->ragged == TG_CSV_RAGGED_PADDED ? present(c, rec) : c->targets;
	char *start = to;

	for (size_t i = 0; i < fields; i++) {
		const struct tg_csv_target *t = &c->target[i];
		const char *wrong;
		char *end;

		if (i) {
			memcpy(to, d->delimiter, TG_CSV_DELIMITER_MAX);
			to += d->delimiter_n;
		}
		if (TG_UNLIKELY(i == list)) {
			to = tg_csv_write_list(c, i, rec, w, to, code);
			continue;
		}
		if (TG_LIKELY(c->value[i])) {
			end = put_quickly(c, t, rec, &rec->span[c->value[i]], to);
			if (TG_LIKELY(end)) {
				to = end;
				continue;
			}
		}
		wrong = put_with_care(c, i, rec, &to);
		if (TG_UNLIKELY(wrong)) {
			tg_csv_writer_value_fault(c, t, SIZE_MAX, wrong, w);
			*code = "csv-value";
		}
	}
	if (*code)
		return NULL;
	if (!c->kind && TG_UNLIKELY(may_repeat(c, start, (size_t)(to - start))) &&
	    repeats_names(c, rec)) {
		tg_csv_writer_fault(
			w, TG_STR(""),
			"holds the names of the columns, and would be read back as the header once more",
			NULL);
		*code = "csv-header";
		return NULL;
	}
	if (c->edges && tg_csv_write_is_edge(c->edges, tg_str_from(start, (size_t)(to - start)))) {
		tg_csv_writer_fault(w, TG_STR(""),
				    "begins as the trailer does, and would be read back as one",
				    NULL);
		*code = "csv-trailer";
		return NULL;
	}
	if (to > start && (uint64_t)(to - start) > tg_csv_writer_longest(c)) {
		tg_csv_writer_fault(
			w, TG_STR(""),
			"makes a longer row than may be read back (x-csv, maxRecord; --max-record)",
			NULL);
		*code = "too-long";
		return NULL;
	}
	return to;
}

/* The fields with characters that the encoding has not. */
TG_COLD static void encoding_faults(struct tg_csv_writer *c, const struct tg_csv_writer *columns,
				    const struct tg_record *rec, struct tg_work *w)
{
	static const char why[] = "has a character that the contract's encoding has not";

	for (size_t i = 0; i < columns->targets; i++) {
		const struct tg_span *value =
			columns->value[i] ? &rec->span[columns->value[i]] : NULL;
		bool quote, bare;

		if (tg_csv_field_text(&columns->form, &columns->target[i], rec, value, &c->text,
				      &quote, &bare))
			continue;
		tg_buffer_clear(&c->encoded);
		if (tg_encoding_encode(c->encoding, tg_buffer_str(&c->text), &c->encoded) <
		    c->text.n)
			tg_csv_writer_value_fault(columns, &columns->target[i], SIZE_MAX, why, w);
	}
	if (w->fault_count == 0)
		tg_csv_writer_fault(w, TG_STR(""), why, NULL);
}

static bool encode_row(struct tg_csv_writer *c, const struct tg_csv_writer *columns,
		       const struct tg_record *rec, struct tg_buffer *out, struct tg_work *w)
{
	size_t before;

	tg_buffer_clear(&c->encoded);
	if (!c->begun)
		tg_buffer_put_str(&c->encoded, c->header);
	before = c->encoded.n;
	if (tg_encoding_encode(c->encoding, tg_buffer_str(out), &c->encoded) < out->n) {
		encoding_faults(c, columns, rec, w);
		(void)tg_reject_faults(w, "csv-value");
		return false;
	}
	if (c->encoded.n - before > tg_csv_writer_longest(c)) {
		(void)tg_reject(
			w, "too-long", TG_STR(""),
			"makes a longer row than may be read back (x-csv, maxRecord; --max-record)");
		return false;
	}
	if (!c->begun && before == 0 && !c->options.no_header &&
	    tg_encoding_mark(c->encoding, tg_buffer_str(&c->encoded), true).kind == TG_MARK_OTHER) {
		(void)tg_reject(w, "csv-value", TG_STR(""),
				"begins like a byte order mark, which the first row may not");
		return false;
	}
	(void)tg_encoding_encode(c->encoding, tg_str_of(c->end), &c->encoded);
	tg_buffer_clear(out);
	tg_buffer_put_str(out, tg_buffer_str(&c->encoded));
	return true;
}

bool tg_csv_writer_finish(struct tg_csv_writer *c, const struct tg_csv_writer *columns,
			  const struct tg_record *rec, struct tg_buffer *out, struct tg_work *w)
{
	if (TG_UNLIKELY(c->encoding != NULL))
		return encode_row(c, columns, rec, out, w);
	tg_buffer_put(out, c->end, c->end_n);
	return true;
}

size_t tg_csv_writer_find_values(struct tg_csv_writer *c, const struct tg_record *rec,
				 struct tg_work *w)
{
	return find_values(c, rec, w);
}

char *tg_csv_writer_put_row(struct tg_csv_writer *c, const struct tg_record *rec, struct tg_work *w,
			    char *to, const char **code)
{
	return put_row(c, rec, w, to, code);
}

/* For the row of values of so many bytes. Much at once, so that it grows for few of the records to come. */
static size_t row_room(const struct tg_csv_writer *c, size_t bytes)
{
	enum { AT_ONCE = 16 * 1024 };
	size_t room = c->form.times * bytes + c->targets * c->form.most;

	return room < AT_ONCE ? AT_ONCE : room;
}

/* The record whose members are the columns, in their order: false, it is not, or there is something about it. */
static bool write_straight(struct tg_csv_writer *c, const struct tg_record *rec,
			   struct tg_buffer *out)
{
	size_t room = row_room(c, rec->text.n); /* the text is longer than its values */
	char *start = tg_buffer_room(out, room);
	char *to = tg_csv_straight_put(c, rec, start);

	if (!to || may_repeat(c, start, (size_t)(to - start)) ||
	    (uint64_t)(to - start) > tg_csv_writer_longest(c))
		return false;
	memcpy(to, c->end, c->end_n);
	out->n = (size_t)(to - out->p) + c->end_n;
	c->begun = true;
	return true;
}

enum tg_verdict tg_csv_writer_record(struct tg_csv_writer *c, const struct tg_record *rec,
				     struct tg_work *w)
{
	struct tg_buffer *out = &w->replacement;
	const char *code = NULL;
	size_t bytes;
	char *to;

	if (rec->span->kind != TG_OBJECT)
		return tg_reject(w, "csv-record", TG_STR(""), "is no object, so it can be no row");
	if (TG_UNLIKELY(c->by_kind != NULL))
		return tg_csv_write_kinds_record(c->by_kind, rec, w);
	if (TG_UNLIKELY(c->grows) && tg_csv_writer_grow(c, rec, w) != TG_PASS)
		return TG_REJECT;
	out->n = 0;
	if (!c->begun && !c->encoding)
		tg_buffer_put_str(out, c->header);
	if (TG_LIKELY(write_straight(c, rec, out)))
		return TG_REPLACE;
	bytes = find_values(c, rec, w);
	if (bytes == SIZE_MAX)
		return tg_reject_faults(w, "csv-column");
	to = tg_buffer_room(out, row_room(c, bytes));
	to = put_row(c, rec, w, to, &code);
	if (TG_UNLIKELY(!to))
		return tg_reject_faults(w, code);
	out->n = (size_t)(to - out->p);
	if (!tg_csv_writer_finish(c, c, rec, out, w))
		return TG_REJECT;
	if (c->edges && !tg_csv_write_count(c->edges, rec, c->target, c->value, c->targets))
		return tg_reject(
			w, "limit", TG_STR(""),
			"has a number with too many digits to be added up for the trailer");
	c->begun = true;
	return TG_REPLACE;
}

/* The trailer's row holds the contract's tag and numbers, which the encoding has. */
static void put_trailer(struct tg_csv_writer *c, struct tg_buffer *out)
{
	TG_OWN(tg_buffer_release) struct tg_buffer row = TG_BUFFER_INIT;

	if (!tg_csv_write_trailer(c->edges, &row))
		return;
	tg_buffer_puts(&row, c->end);
	if (!c->encoding)
		tg_buffer_put_str(out, tg_buffer_str(&row));
	else
		(void)tg_encoding_encode(c->encoding, tg_buffer_str(&row), out);
}

void tg_csv_writer_end(struct tg_csv_writer *c, struct tg_buffer *out)
{
	if (c->targets && !c->begun)
		tg_buffer_put_str(out, c->header);
	c->begun = true;
	if (c->targets && c->edges)
		put_trailer(c, out);
}

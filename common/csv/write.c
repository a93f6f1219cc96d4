#include "common/csv/writer.h"

#include "common/base/utf8.h"
#include "common/csv/dialect.h"
#include "common/csv/write_kinds.h"
#include "common/json/text.h"

#include <stdlib.h>

enum {
	COLUMNS_MAX = 100000, /* csv2json's */
	SKIP_MAX = 100000,    /* lines before the header */
};

/*
 * Columns
 */

static int by_name(const void *a, const void *b)
{
	return tg_str_compare(((const struct tg_csv_entry *)a)->name,
			      ((const struct tg_csv_entry *)b)->name);
}

static uint32_t find_column(const struct tg_csv_writer *c, struct tg_str name)
{
	size_t low = 0, high = c->members;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = tg_str_compare(c->sorted[middle].name, name);

		if (order == 0)
			return c->sorted[middle].column;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return UINT32_MAX;
}

/* What the record calls the column that the header calls so. */
static struct tg_str member_of(const struct tg_csv_dialect *d, struct tg_str name)
{
	for (size_t i = 0; i < d->columns; i++)
		if (!d->ignored[i] && tg_str_eq(d->column[i], name))
			return d->as[i];
	return name;
}

/* The member's name in the header, which may be another one. */
static struct tg_str header_of(const struct tg_csv_dialect *d, struct tg_str member)
{
	for (size_t i = 0; i < d->columns; i++)
		if (!d->ignored[i] && tg_str_eq(d->as[i], member))
			return d->column[i];
	return member;
}

void tg_csv_writer_type(const struct tg_csv_writer *c, struct tg_csv_target *t)
{
	struct tg_property p = { .schema = NULL };
	struct tg_str name = member_of(&c->dialect, t->name);

	if (c->contracted && !t->ignored)
		tg_contract_property(&c->contract, name, &p);
	t->as = tg_csv_notation_of(&c->dialect, name);
	t->kind = tg_csv_kind_of(&p, t->as);
	t->typed = p.types != 0 || t->kind != TG_CSV_TEXT;
	t->nests = (p.types & (TG_TYPE_ARRAY | TG_TYPE_OBJECT)) != 0;
	t->nullable = (p.types & TG_TYPE_NULL) || t->as->nullable;
	t->schema = p.schema;
}

/* Whether csv2json would take these names: TG_DATA or TG_CONFIG says what is wrong with them. */
static enum tg_status check_names(const struct tg_csv_writer *c, struct tg_csv_target *target,
				  size_t n, struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_csv_expected expected = {
		.dialect = &c->dialect,
		.contract = c->contracted && !c->chosen ? &c->contract : NULL,
	};
	struct tg_str *name = tg_arena_array(arena, n + 1, sizeof(*name));
	struct tg_csv_column *column;

	if (n > COLUMNS_MAX)
		return tg_fail(err, TG_DATA, "there are more than %d columns", COLUMNS_MAX);
	for (size_t i = 0; i < n; i++)
		name[i] = target[i].name;
	return tg_csv_columns_make(&column, name, n, &expected, arena, err);
}

/* Bytes of the longest row that would be read back. */
uint64_t tg_csv_writer_longest(const struct tg_csv_writer *c)
{
	uint64_t max = c->setup->max_record;

	return c->dialect.max_record && c->dialect.max_record < max ? c->dialect.max_record : max;
}

/* The lines before the first row. */
static enum tg_status make_header(const struct tg_csv_writer *c, const struct tg_csv_form *form,
				  const struct tg_csv_target *target, size_t n,
				  struct tg_buffer *out, struct tg_error *err)
{
	const struct tg_csv_dialect *d = &c->dialect;
	const char *end = c->end;
	size_t start;

	if (c->options.no_header)
		return TG_OK;
	if (d->separator_line) {
		tg_buffer_puts(out, "sep=");
		tg_buffer_put(out, d->delimiter, d->delimiter_n);
		tg_buffer_puts(out, end);
	}
	for (uint64_t i = 0; i < d->skip; i++)
		tg_buffer_puts(out, end);
	if (c->edges && tg_csv_write_lead(c->edges, out))
		tg_buffer_puts(out, end);
	if (!d->header)
		return TG_OK;
	start = out->n;
	for (size_t i = 0; i < n; i++) {
		const char *wrong;
		char *to;

		if (i)
			tg_buffer_put(out, d->delimiter, d->delimiter_n);
		to = tg_buffer_room(out, 2 * target[i].name.n + 2);
		wrong = tg_csv_field_put(form, target[i].name, false, false, i == 0, &to);
		if (wrong)
			return tg_fail(err, TG_DATA, "the name of column %zu %s", i + 1, wrong);
		out->n = (size_t)(to - out->p);
	}
	if (out->n - start > tg_csv_writer_longest(c))
		return tg_fail(err, TG_DATA, "the header is longer than a row may be");
	tg_buffer_puts(out, end);
	return TG_OK;
}

/* The same in the contract's encoding, behind the mark that a file in it begins with. */
static enum tg_status encode_header(struct tg_csv_writer *c, struct tg_buffer *text,
				    struct tg_error *err)
{
	struct tg_mark mark;

	if (!c->encoding)
		return TG_OK;
	tg_buffer_clear(&c->encoded);
	if (!c->options.no_header)
		tg_buffer_put_str(&c->encoded, tg_encoding_mark_written(c->encoding));
	if (tg_encoding_encode(c->encoding, tg_buffer_str(text), &c->encoded) < text->n)
		return tg_fail(err, TG_DATA,
			       "the header has a character that %.*s has not (x-csv, encoding)",
			       TG_STR_ARG(c->dialect.encoding));
	tg_buffer_clear(text);
	tg_buffer_put_str(text, tg_buffer_str(&c->encoded));
	mark = tg_encoding_mark(c->encoding, tg_buffer_str(text), true);
	if (mark.kind == TG_MARK_OTHER)
		return tg_fail(err, TG_DATA, "the header begins like the byte order mark of %s",
			       mark.encoding);
	return TG_OK;
}

/* What is known of the columns is made anew, in the run's arena. */
void tg_csv_writer_use_columns(struct tg_csv_writer *c, const struct tg_csv_target *target,
			       size_t n, struct tg_str header)
{
	struct tg_arena *arena = c->setup->arena;

	c->target = tg_arena_array(arena, n, sizeof(*c->target));
	c->targets = n;
	c->header = tg_arena_copy(arena, header);
	c->value = tg_arena_array(arena, n, sizeof(*c->value));
	c->hint = tg_arena_array(arena, n, sizeof(*c->hint));
	c->sorted = tg_arena_array(arena, n, sizeof(*c->sorted));
	c->members = 0;
	c->pointers = false;
	for (size_t i = 0; i < n; i++) {
		struct tg_csv_target *t = &c->target[i];

		*t = target[i];
		t->name = tg_arena_copy(arena, t->name);
		t->where = tg_arena_copy(arena, t->where);
		c->hint[i] = (uint32_t)i;
		if (!t->member.p) {
			c->pointers |= !t->ignored;
			continue;
		}
		t->member = tg_arena_copy(arena, t->member);
		c->sorted[c->members++] = (struct tg_csv_entry){ t->member, (uint32_t)i };
	}
	if (c->members)
		qsort(c->sorted, c->members, sizeof(*c->sorted), by_name);
}

/* Takes n columns for all records to come; when they cannot be, nothing is changed. Compiled pointers must be in the run's arena. */
static enum tg_status settle_columns(struct tg_csv_writer *c, struct tg_csv_target *target,
				     size_t n, struct tg_arena *scratch, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_csv_form form = { .dialect = &c->dialect,
				    .contracted = c->contracted,
				    .exact = c->options.exact,
				    .guard = c->options.guard };
	enum tg_status st = check_names(c, target, n, scratch, err);

	if (st)
		return st;
	for (size_t i = 0; i < n; i++) {
		tg_csv_writer_type(c, &target[i]);
		tg_buffer_clear(&text);
		tg_csv_field_guard(&form, target[i].name, &text);
		target[i].name = tg_arena_copy(scratch, tg_buffer_str(&text));
	}
	tg_csv_form_make(&form, target, n);
	tg_buffer_clear(&text);
	st = make_header(c, &form, target, n, &text, err);
	if (!st)
		st = encode_header(c, &text, err);
	if (st)
		return st;
	c->form = form;
	tg_csv_writer_use_columns(c, target, n, tg_buffer_str(&text));
	return TG_OK;
}

void tg_csv_writer_by_member(struct tg_csv_target *t, struct tg_str name, struct tg_arena *arena)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;

	tg_pointer_put_step(&where, name);
	*t = (struct tg_csv_target){ .name = name, .member = tg_arena_copy(arena, name) };
	t->where = tg_arena_copy(arena, tg_buffer_str(&where));
}

/* NAME, POINTER or NAME=POINTER. */
static enum tg_status by_word(struct tg_csv_target *t, struct tg_str word,
			      const struct tg_csv_dialect *d, struct tg_arena *arena,
			      struct tg_error *err)
{
	const char *split = memmem(word.p, word.n, "=/", 2);
	struct tg_str name = word, pointer = word;

	if (word.n == 0)
		return tg_fail(err, TG_USAGE, "--columns: a column has no name");
	if (word.p[0] != '/') {
		if (!split) {
			tg_csv_writer_by_member(t, word, arena);
			t->name = header_of(d, word);
			return TG_OK;
		}
		name.n = (size_t)(split - word.p);
		pointer = tg_str_after(word, name.n + 1);
	}
	*t = (struct tg_csv_target){ .name = name, .where = pointer };
	if (tg_pointer_compile(&t->pointer, pointer, arena, err)) {
		err->status = TG_USAGE;
		return tg_within(err, "--columns");
	}
	return TG_OK;
}

/* The words of --columns: one row of CSV, so that a name may hold a comma. */
static enum tg_status by_words(struct tg_csv_writer *c, struct tg_error *err)
{
	TG_OWN(tg_csv_reader_free) struct tg_csv_reader *reader = NULL;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_arena *arena = c->setup->arena;
	struct tg_csv_dialect plain = tg_csv_dialect_default();
	struct tg_str words = tg_arena_copy(arena, c->options.columns);
	struct tg_csv_target *target;
	struct tg_csv_rows rows;
	enum tg_status st = tg_csv_reader_new(&reader, &plain, TG_CSV_SCAN, err);

	if (st)
		return st;
	tg_csv_read(reader, words, true, COLUMNS_MAX, 2, &rows);
	if (rows.rows != 1 || rows.row[0].code || rows.unterminated || rows.taken != words.n ||
	    rows.row[0].fields > COLUMNS_MAX)
		return tg_fail(
			err, TG_USAGE,
			"--columns: the value must be names with commas between, as in a row of CSV");
	target = tg_arena_array(arena, rows.row[0].fields, sizeof(*target));
	for (size_t i = 0; !st && i < rows.row[0].fields; i++) {
		tg_buffer_clear(&text);
		tg_csv_put_field(&text, &rows, &rows.field[rows.row[0].field + i], &plain);
		st = by_word(&target[i], tg_arena_copy(arena, tg_buffer_str(&text)), &c->dialect,
			     arena, err);
	}
	c->chosen = true;
	if (!st)
		st = settle_columns(c, target, rows.row[0].fields, arena, err);
	if (st) {
		err->status = TG_USAGE;
		return tg_within(err, "--columns");
	}
	return TG_OK;
}

/* The columns that x-csv lists. One that is ignored is there only where its place must be filled. */
static size_t by_items(const struct tg_csv_dialect *d, struct tg_csv_target *target,
		       struct tg_arena *arena)
{
	size_t n = 0;

	for (size_t i = 0; i < d->columns; i++) {
		if (d->ignored[i] && d->header && !d->exact)
			continue;
		if (d->ignored[i]) {
			target[n++] = (struct tg_csv_target){ .name = d->column[i],
							      .where = TG_STR(""),
							      .ignored = true };
			continue;
		}
		tg_csv_writer_by_member(&target[n], d->as[i], arena);
		target[n++].name = d->column[i];
	}
	return n;
}

/* The contract's columns, which the first record may add to. */
static enum tg_status by_contract(struct tg_csv_writer *c, struct tg_error *err)
{
	struct tg_arena *arena = c->setup->arena;
	bool closed;
	size_t n = 0;
	struct tg_str *name = tg_contract_properties(&c->contract, arena, &n, &closed);
	struct tg_csv_target *target;
	enum tg_status st;

	if (c->dialect.columns)
		n = c->dialect.columns;
	c->grows = c->dialect.header && c->dialect.extra && !c->dialect.exact;
	if (n == 0)
		return c->grows
			       ? TG_OK
			       : tg_fail(err, TG_CONFIG,
					 "the contract has no columns: neither properties nor x-csv name one");
	target = tg_arena_array(arena, n, sizeof(*target));
	for (size_t i = 0; i < n && !c->dialect.columns; i++)
		tg_csv_writer_by_member(&target[i], name[i], arena);
	if (c->dialect.columns)
		n = by_items(&c->dialect, target, arena);
	st = settle_columns(c, target, n, arena, err);
	if (st) {
		err->status = TG_CONFIG;
		return tg_within(err, "the contract's columns");
	}
	return TG_OK;
}

static bool has_characters(struct tg_csv_writer *c, struct tg_str text)
{
	tg_buffer_clear(&c->encoded);
	return tg_encoding_encode(c->encoding, text, &c->encoded) == text.n;
}

/* Encoding and line ends. */
static enum tg_status find_form(struct tg_csv_writer *c, struct tg_error *err)
{
	const struct tg_csv_dialect *d = &c->dialect;
	enum tg_status st;

	if (c->options.crlf && (d->newline == TG_CSV_LF || d->newline == TG_CSV_CR))
		return tg_fail(
			err, TG_USAGE,
			"--crlf: the contract says that lines end otherwise (x-csv, newline)");
	c->end = d->newline == TG_CSV_CR ? "\r" : "\n";
	if (c->options.crlf || d->newline == TG_CSV_CRLF)
		c->end = "\r\n";
	if (!d->encoding.n)
		return TG_OK;
	st = tg_encoding_open(&c->encoding, d->encoding, err);
	if (st)
		return st;
	if (d->next_line)
		(void)tg_encoding_swap_line_ends(c->encoding);
	if (d->trailer && !has_characters(c, d->trailer->tag))
		return tg_fail(
			err, TG_CONFIG,
			"the trailer's tag has a character that %.*s has not (x-csv, encoding)",
			TG_STR_ARG(d->encoding));
	if (!has_characters(c, d->notation.decimal) || !has_characters(c, d->notation.group))
		return tg_fail(
			err, TG_CONFIG,
			"decimal or group is a character that %.*s has not (x-csv, encoding)",
			TG_STR_ARG(d->encoding));
	if (!c->options.no_header)
		c->header = tg_encoding_mark_written(c->encoding);
	return TG_OK;
}

enum tg_status tg_csv_writer_new(struct tg_csv_writer **writer,
				 const struct tg_csv_write_options *options, struct tg_setup *setup,
				 struct tg_error *err)
{
	struct tg_csv_writer *c = tg_alloc(sizeof(*c));
	enum tg_status st = TG_OK;

	*writer = c;
	c->options = *options;
	c->setup = setup;
	c->dialect = tg_csv_dialect_default();
	setup->faults = TG_CSV_FAULTS_MAX;
	c->form = (struct tg_csv_form){ .dialect = &c->dialect, .guard = options->guard };
	c->contracted = setup->contract.p != NULL;
	if (options->exact && options->guard)
		return tg_fail(
			err, TG_USAGE,
			"--exact and --guard-formulas: an apostrophe in front would be read back");
	if (options->columns.p && options->first)
		return tg_fail(err, TG_USAGE,
			       "--columns and --first both say what the columns are");
	if (c->contracted)
		st = tg_contract_open(&c->contract, setup, err);
	if (!st && c->contracted)
		st = tg_csv_dialect_read(&c->dialect, &c->contract, setup->arena, err);
	if (!st)
		st = find_form(c, err);
	if (!st && c->dialect.skip > SKIP_MAX)
		st = tg_fail(err, TG_CONFIG, "skip in x-csv is more than %d lines", SKIP_MAX);
	if (!st && options->first && !c->dialect.header)
		st = tg_fail(
			err, TG_USAGE,
			"--first: the contract says that there is no header, so its columns are the columns");
	tg_csv_form_make(&c->form, NULL, 0);
	if (!st && !options->no_header &&
	    (c->dialect.lead || c->dialect.trailer || options->lead.p))
		st = tg_csv_write_edges_new(&c->edges, &c->form, options->lead, setup, err);
	if (st)
		return st;
	if (c->dialect.kinds)
		return tg_csv_write_kinds_new(&c->by_kind, c, err);
	if (options->columns.p)
		return by_words(c, err);
	if (c->contracted && !options->first)
		return by_contract(c, err);
	c->grows = true;
	return TG_OK;
}

void tg_csv_writer_free(struct tg_csv_writer **writer)
{
	struct tg_csv_writer *c = *writer;

	if (c) {
		tg_csv_write_edges_free(&c->edges);
		tg_csv_write_kinds_free(&c->by_kind);
		tg_buffer_release(&c->text);
		tg_buffer_release(&c->encoded);
		tg_encoding_free(&c->encoding);
		tg_free(c);
	}
	*writer = NULL;
}

/*
 * Records
 */

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

/* Whether the key at span k is the place that a stage before has added, which is no data. */
static bool is_place(const struct tg_record *rec, uint32_t k)
{
	return rec->source && k + 1 == rec->source;
}

/* The first record's members become columns, behind those that there are. */
static enum tg_verdict grow(struct tg_csv_writer *c, const struct tg_record *rec, struct tg_work *w)
{
	struct tg_error err = TG_ERROR_INIT;
	struct tg_arena *arena = &w->arena;
	const struct tg_span *span = rec->span;
	struct tg_csv_target *target;
	size_t n = c->targets, most = n;
	enum tg_status st;

	for (uint32_t k = 1; k < span->next; k = span[k + 1].next)
		most++;
	if (most > COLUMNS_MAX) {
		tg_csv_writer_fault(w, TG_STR(""), "has more members than there may be columns",
				    NULL);
		return tg_reject_faults(w, "csv-column");
	}
	target = tg_arena_array(arena, most + 1, sizeof(*target));
	for (size_t i = 0; i < n; i++) {
		tg_csv_writer_by_member(&target[i], c->target[i].member, arena);
		target[i].name = header_of(&c->dialect, target[i].name);
	}
	for (uint32_t k = 1; k < span->next; k = span[k + 1].next) {
		struct tg_str name = tg_text_get(arena, rec, &span[k]);

		if (is_place(rec, k) || (c->members && find_column(c, name) != UINT32_MAX))
			continue;
		tg_csv_writer_by_member(&target[n], tg_arena_copy(arena, name), arena);
		target[n].name = header_of(&c->dialect, target[n].name);
		n++;
	}
	if (n == c->targets && n > 0) {
		c->grows = false;
		return TG_PASS;
	}
	if (n == 0) {
		tg_csv_writer_fault(w, TG_STR(""), "has no members, so there are no columns", NULL);
		return tg_reject_faults(w, "csv-column");
	}
	st = settle_columns(c, target, n, arena, &err);
	if (st) {
		tg_csv_writer_fault(w, TG_STR(""), "has members whose names can be no columns",
				    err.text);
		return tg_reject_faults(w, "csv-column");
	}
	c->grows = false;
	return TG_PASS;
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

		if (is_place(rec, k) || (TG_UNLIKELY(of_kind) && tg_str_is(name, "record")))
			continue;
		/* Most records have the members of the one before, in the same order. */
		column = member < c->targets ? c->hint[member] : UINT32_MAX;
		if (column == UINT32_MAX || (span[k].flags & TG_SPAN_ESCAPED) ||
		    !c->target[column].member.p || !tg_str_eq(name, c->target[column].member)) {
			column = find_column(c, key_text(w, rec, &span[k]));
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
	tg_buffer_puts(out, c->end);
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
	if (TG_UNLIKELY(c->grows) && grow(c, rec, w) != TG_PASS)
		return TG_REJECT;
	bytes = find_values(c, rec, w);
	if (bytes == SIZE_MAX)
		return tg_reject_faults(w, "csv-column");
	out->n = 0;
	if (!c->begun && !c->encoding)
		tg_buffer_put_str(out, c->header);
	to = tg_buffer_room(out, c->form.times * bytes + c->targets * c->form.most);
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

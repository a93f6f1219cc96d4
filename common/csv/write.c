#include "common/csv/writer.h"

#include "common/base/utf8.h"
#include "common/csv/dialect.h"
#include "common/csv/write_kinds.h"
#include "common/csv/write_straight.h"
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

uint32_t tg_csv_writer_find_column(const struct tg_csv_writer *c, struct tg_str name)
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
	tg_csv_straight_make(c);
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
	c->end_n = strlen(c->end);
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
	(void)tg_buffer_room(&c->text,
			     4096); /* for most values, so that nothing grows as records flow */
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

/* The first record's members become columns, behind those that there are. */
enum tg_verdict tg_csv_writer_grow(struct tg_csv_writer *c, const struct tg_record *rec,
				   struct tg_work *w)
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

		if (tg_csv_writer_is_place(rec, k) ||
		    (c->members && tg_csv_writer_find_column(c, name) != UINT32_MAX))
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

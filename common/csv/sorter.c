#include "common/csv/sorter.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/csv/control.h"
#include "common/csv/faults.h"
#include "common/csv/reader.h"
#include "common/csv/trailer.h"
#include "common/json/text.h"

enum {
	SHOWN_MAX = 256, /* bytes of a field in the run log */
	SHOWN_FIELDS = 100,
	TRAILING = 64, /* empty fields behind the last column that are looked at */
	LIST_VALUE =
		32 +
		TG_DATE_MAX, /* bytes that a value of a list may gain, and what stands before it */
};

/* What stands around the values of a list. */
struct list_texts {
	struct tg_csv_piece first, next; /* before its values */
	struct tg_csv_piece behind;	 /* before the column behind it */
	struct tg_csv_piece behind_none; /* the same where the list is empty */
	struct tg_str end, end_none;	 /* where it is the last column */
};

/* A kind while a file is read. */
struct sort {
	const struct tg_csv_row_kind *kind;
	struct tg_csv_plan base; /* with the list as one value */
	struct tg_str head;	 /* the record of a row without columns, but for its end */
	struct list_texts list;
	struct tg_csv_plan plan; /* for the rows at hand: */
	size_t values, present;	 /* of the list; columns that are there */
	struct tg_csv_column *column;
	struct tg_csv_piece *piece;
	size_t room; /* of both */
	uint64_t seen;
	bool judges; /* by it something is judged */
	bool says;   /* rows of other kinds ask for a field of the last row of this one: */
	size_t said_column;
	bool said;
	uint64_t number;
	struct tg_buffer fields; /* JSON of the last row, where it does not come out */
};

/* Rows that are written at once: of one kind, with one plan. */
struct run {
	struct sort *sort; /* NULL: none */
	size_t from, to;
};

struct tg_csv_sorter {
	const struct tg_csv_dialect *dialect;
	const struct tg_csv_kinds *kinds;
	const struct tg_contract *contract;
	struct tg_csv_origin *origin;
	struct tg_setup *setup;
	struct sort *sort; /* by kind */
	size_t keep;
	struct tg_csv_checks *checks;
	bool silent;	 /* some rows do not come out */
	uint32_t before; /* kind of the row before; kinds: none; TG_CSV_NO_KIND: not known */
	struct tg_csv_row row[TG_CSV_ROWS]; /* without their tags */
	struct tg_buffer text;
	struct tg_buffer inputs; /* JSON: the rows that do not come out, of each input */
	uint64_t inputs_n;
};

/*
 * Making
 */

static struct tg_csv_piece piece(struct tg_buffer *text, enum tg_csv_way way,
				 struct tg_arena *arena)
{
	struct tg_str copy;

	if (way == TG_CSV_AS_STRING)
		tg_buffer_putc(text, '"');
	copy = tg_arena_copy(arena, tg_buffer_str(text));
	tg_buffer_clear(text);
	return (struct tg_csv_piece){ copy.p, (uint32_t)copy.n, way };
}

static void make_list_texts(struct sort *s, struct tg_arena *arena)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT, name = TG_BUFFER_INIT;
	const struct tg_csv_row_kind *kind = s->kind;
	size_t at = kind->list;
	enum tg_csv_way way = s->base.piece[at].way;

	tg_buffer_put_str(&name, at ? TG_STR(",") : s->base.open);
	tg_json_put_string(&name, kind->column[at]);
	tg_buffer_puts(&name, ":[");
	tg_buffer_put_str(&b, tg_buffer_str(&name));
	s->list.first = piece(&b, way, arena);
	tg_buffer_putc(&b, ',');
	s->list.next = piece(&b, way, arena);
	s->list.end = TG_STR("]");
	tg_buffer_putc(&name, ']');
	s->list.end_none = tg_arena_copy(arena, tg_buffer_str(&name));
	if (at + 1 == kind->columns)
		return;
	way = s->base.piece[at + 1].way;
	tg_buffer_puts(&b, "],");
	tg_json_put_string(&b, kind->column[at + 1]);
	tg_buffer_putc(&b, ':');
	s->list.behind = piece(&b, way, arena);
	tg_buffer_put_str(&b, s->list.end_none);
	tg_buffer_putc(&b, ',');
	tg_json_put_string(&b, kind->column[at + 1]);
	tg_buffer_putc(&b, ':');
	s->list.behind_none = piece(&b, way, arena);
}

static void make_sort(struct tg_csv_sorter *c, struct sort *s, const struct tg_csv_row_kind *kind,
		      bool as_text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer head = TG_BUFFER_INIT;
	const struct tg_csv_expected expected = {
		.dialect = c->dialect,
		.contract = c->contract,
		.provenance = c->setup->provenance,
		.show_values = c->setup->show_values,
	};
	struct tg_arena *arena = c->setup->arena;

	s->kind = kind;
	tg_buffer_puts(&head, "{\"record\":");
	tg_json_put_string(&head, kind->as);
	s->head = tg_arena_copy(arena, tg_buffer_str(&head));
	tg_buffer_putc(&head, ',');
	s->base = (struct tg_csv_plan){
		.dialect = c->dialect,
		.column = tg_csv_columns_of_kind(kind->column, kind->columns, kind->list, &expected,
						 arena),
		.columns = kind->columns,
		.first = { NULL, SIZE_MAX }, /* no row is the header once more */
		.as_text = as_text,
		.provenance = c->setup->provenance,
		.open = tg_arena_copy(arena, tg_buffer_str(&head)),
	};
	s->values = s->present = SIZE_MAX;
	if (kind->list == SIZE_MAX && c->keep < kind->columns + kind->tags + TRAILING)
		c->keep = kind->columns + kind->tags + TRAILING;
	else if (kind->list != SIZE_MAX)
		c->keep = TG_CSV_KIND_FIELDS;
}

enum tg_status tg_csv_sorter_new(struct tg_csv_sorter **sorter, const struct tg_csv_dialect *d,
				 const struct tg_contract *contract, struct tg_csv_origin *origin,
				 struct tg_setup *setup, bool as_text, struct tg_error *err)
{
	struct tg_csv_sorter *c = tg_alloc(sizeof(*c));

	(void)err;
	*sorter = c;
	c->dialect = d;
	c->kinds = d->kinds;
	c->contract = contract;
	c->origin = origin;
	c->setup = setup;
	c->sort = tg_arena_array(setup->arena, d->kinds->kinds, sizeof(*c->sort));
	if (d->kinds->controls)
		c->checks = tg_csv_checks_new(d, setup);
	for (uint32_t i = 0; i < d->kinds->kinds; i++)
		make_sort(c, &c->sort[i], &d->kinds->kind[i], as_text);
	for (uint32_t i = 0; i < d->kinds->kinds; i++) {
		const struct tg_csv_row_kind *kind = &d->kinds->kind[i];

		c->sort[i].judges = kind->max > 0;
		c->silent |= !kind->emit;
		if (kind->times != TG_CSV_TIMES_FIELD)
			continue;
		c->sort[kind->says].says = true;
		c->sort[kind->says].said_column = kind->says_column;
	}
	for (size_t i = 0; i < d->kinds->controls; i++)
		c->sort[d->kinds->control[i].in].judges = true;
	return TG_OK;
}

void tg_csv_sorter_free(struct tg_csv_sorter **sorter)
{
	struct tg_csv_sorter *c = *sorter;

	*sorter = NULL;
	if (!c)
		return;
	for (uint32_t i = 0; i < c->kinds->kinds; i++) {
		tg_buffer_release(&c->sort[i].base.scratch);
		tg_buffer_release(&c->sort[i].plan.scratch);
		tg_buffer_release(&c->sort[i].fields);
		tg_free(c->sort[i].column);
		tg_free(c->sort[i].piece);
	}
	tg_buffer_release(&c->text);
	tg_buffer_release(&c->inputs);
	tg_csv_checks_free(&c->checks);
	tg_free(c);
}

size_t tg_csv_sorter_keep(const struct tg_csv_sorter *c)
{
	return c->keep;
}

void tg_csv_sorter_begin(struct tg_csv_sorter *c, struct tg_str file)
{
	struct tg_arena *arena = c->setup->arena;

	c->before = c->kinds->kinds;
	if (c->checks)
		tg_csv_checks_begin(c->checks);
	for (uint32_t i = 0; i < c->kinds->kinds; i++) {
		struct sort *s = &c->sort[i];

		s->seen = 0;
		s->said = false;
		s->fields.n = 0;
		s->base.file = file.p ? tg_arena_copy(arena, file) : TG_STR_NONE;
		s->base.origin = c->origin;
		tg_csv_plan_make(&s->base, arena);
		if (s->kind->list != SIZE_MAX)
			make_list_texts(s, arena);
		s->values = s->present = SIZE_MAX;
	}
}

/*
 * The plan for a number of values
 */

static void plan_room(struct sort *s, size_t n)
{
	if (n <= s->room)
		return;
	s->room = n + n / 2;
	s->column = tg_resize_array(s->column, s->room, sizeof(*s->column));
	s->piece = tg_resize_array(s->piece, s->room, sizeof(*s->piece));
}

/* Rows with so many values in the list, and so many of the columns, from the first on. */
static void use_plan(struct sort *s, size_t values, size_t present)
{
	const struct tg_csv_row_kind *kind = s->kind;
	size_t list = kind->list < present ? kind->list : SIZE_MAX;
	size_t fields = list == SIZE_MAX ? present : present - 1 + values, n = 0;
	struct tg_buffer scratch = s->plan.scratch;

	if (s->values == values && s->present == present)
		return;
	s->values = values;
	s->present = present;
	s->plan = s->base;
	s->plan.scratch = scratch;
	s->plan.columns = fields;
	if (present == 0)
		s->plan.tail = s->head; /* no column is there, so that nothing is joined */
	if (list == SIZE_MAX)
		return;
	plan_room(s, fields + 1);
	for (size_t i = 0; i < present; i++) {
		if (i == list) {
			for (size_t k = 0; k < values; k++, n++) {
				s->column[n] = s->base.column[i];
				s->piece[n] = k ? s->list.next : s->list.first;
			}
			continue;
		}
		s->column[n] = s->base.column[i];
		s->piece[n++] = i != list + 1 ? s->base.piece[i]
				: values      ? s->list.behind
					      : s->list.behind_none;
	}
	if (list + 1 == present)
		s->plan.tail = values ? s->list.end : s->list.end_none;
	s->plan.column = s->column;
	s->plan.piece = s->piece;
	s->plan.joined = NULL;
	s->plan.fixed += values * LIST_VALUE + s->plan.tail.n + s->list.end_none.n;
}

/*
 * Of which kind a row is
 */

/* A malformed row may still begin as those of a kind do, if no other kind is known by more fields. */
static uint32_t kind_of_text(const struct tg_csv_sorter *c, struct tg_str text)
{
	uint32_t found = TG_CSV_NO_KIND;

	for (uint32_t i = 0; i < c->kinds->kinds; i++) {
		const struct tg_csv_row_kind *kind = &c->kinds->kind[i];

		if (kind->tags == 0 || !tg_csv_begins(text, kind->tag[0], c->dialect))
			continue;
		if (kind->tags > 1 || found != TG_CSV_NO_KIND)
			return TG_CSV_NO_KIND;
		found = i;
	}
	return found;
}

/*
 * What is wrong with a row as a whole
 */

static void add_fault(struct tg_work *w, const struct tg_buffer *message, uint64_t line,
		      uint64_t column)
{
	tg_fault_add(w, &(struct tg_fault){ .pointer = TG_STR(""),
					    .message = tg_buffer_str(message),
					    .line = line,
					    .column = column });
}

static const char *unknown_kind(struct tg_work *w, const struct tg_csv_row *row)
{
	tg_fault_add(w, &(struct tg_fault){
				.pointer = TG_STR(""),
				.message = TG_STR(
					"is of no kind that the contract knows by its first field"),
				.line = row->line,
				.column = 1,
			});
	return "csv-record";
}

static const char *wrong_place(const struct tg_csv_sorter *c, const struct tg_csv_row_kind *kind,
			       struct tg_work *w, const struct tg_csv_row *row)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;

	tg_buffer_puts(&message, "may not stand here: behind ");
	if (c->before == c->kinds->kinds)
		tg_buffer_puts(&message, "the beginning");
	else
		tg_utf8_put_safe(&message, c->kinds->kind[c->before].key, 40);
	tg_buffer_puts(&message, ", where a ");
	tg_utf8_put_safe(&message, kind->key, 40);
	tg_buffer_puts(&message, " may stand behind ");
	tg_csv_kinds_put_keys(&message, c->kinds, kind->after);
	add_fault(w, &message, row->line, 1);
	return "csv-record";
}

static const char *no_number(const struct tg_csv_sorter *c, const struct tg_csv_row_kind *kind,
			     struct tg_work *w, const struct tg_csv_row *row)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;
	const struct tg_csv_row_kind *says = &c->kinds->kind[kind->says];

	tg_buffer_puts(&message, "has as many values as a ");
	tg_utf8_put_safe(&message, says->key, 40);
	tg_buffer_puts(&message, " before it says (");
	tg_utf8_put_safe(&message, says->column[kind->says_column], 60);
	tg_buffer_puts(&message, "), and none before it says a number that can be right");
	add_fault(w, &message, row->line, 1);
	return "csv-record";
}

static const char *wrong_number(const struct tg_csv_sorter *c, const struct tg_csv_row_kind *kind,
				size_t wanted, size_t values, struct tg_str text, struct tg_work *w,
				const struct tg_csv_row *row)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;
	uint64_t line, column;
	size_t at = row->fields > wanted ? tg_csv_field_start(c->dialect, text, wanted) : text.n;

	tg_buffer_printf(&message, "has %zu field%s where a ", row->fields,
			 row->fields == 1 ? "" : "s");
	tg_utf8_put_safe(&message, kind->key, 40);
	tg_buffer_printf(&message, " has %s%zu",
			 kind->list != SIZE_MAX && kind->times == TG_CSV_TIMES_REST ? "at least "
										    : "",
			 wanted);
	if (kind->times == TG_CSV_TIMES_FIELD) {
		tg_buffer_printf(&message, ", with %zu values as the ", values);
		tg_utf8_put_safe(&message, c->kinds->kind[kind->says].key, 40);
		tg_buffer_puts(&message, " before it says");
	}
	tg_csv_locate(c->dialect, text, row->line, at, &line, &column);
	add_fault(w, &message, line, column);
	return "csv-fields";
}

/* How many values the list of such a row has; false: it is not known. */
static bool values_of(const struct tg_csv_sorter *c, const struct tg_csv_row_kind *kind,
		      size_t fields, size_t *values)
{
	const struct sort *says = kind->times == TG_CSV_TIMES_FIELD ? &c->sort[kind->says] : NULL;
	size_t others = kind->tags + kind->columns - 1;
	uint64_t n = kind->number;

	*values = 0;
	if (kind->list == SIZE_MAX)
		return true;
	if (kind->times == TG_CSV_TIMES_REST) {
		*values = fields > others ? fields - others : 0;
		return true;
	}
	if (says) {
		if (!says->said)
			return false;
		if (kind->number && (says->number == 0 || kind->number % says->number))
			return false;
		n = kind->number ? kind->number / says->number : says->number;
	}
	*values = (size_t)n;
	return n <= TG_CSV_KIND_FIELDS;
}

/* Whether the fields behind those that are wanted may be there. */
static bool only_empty(const struct tg_csv_rows *rows, const struct tg_csv_row *row, size_t from)
{
	for (size_t i = from; i < row->fields; i++)
		if (rows->field[row->field + i].size)
			return false;
	return true;
}

/* Makes out[0] the row without its tags, and the kind's plan right for it. A code where it cannot be. */
static const char *shape(struct tg_csv_sorter *c, const struct tg_csv_rows *rows,
			 const struct tg_csv_row *row, struct tg_str text, struct sort *s,
			 struct tg_csv_row *out, size_t *values, size_t *present, struct tg_work *w)
{
	const struct tg_csv_row_kind *kind = s->kind;
	size_t wanted, fields = row->fields;

	*present = kind->columns;
	if (!values_of(c, kind, fields, values))
		return w ? no_number(c, kind, w, row) : "csv-record";
	wanted = kind->tags + kind->columns - (kind->list != SIZE_MAX) + *values;
	if (fields > wanted && fields <= c->keep && c->dialect->ragged == TG_CSV_RAGGED_TRAILING &&
	    only_empty(rows, row, wanted))
		fields = wanted;
	if (fields < wanted && c->dialect->ragged == TG_CSV_RAGGED_PADDED && fields >= kind->tags) {
		size_t lacks = wanted - fields;
		size_t may =
			kind->list == SIZE_MAX ? kind->columns : kind->columns - kind->list - 1;

		if (lacks <= may) {
			*present -= lacks;
			wanted = fields;
		}
	}
	if (fields != wanted || fields > c->keep)
		return w ? wrong_number(c, kind, wanted, *values, text, w, row) : "csv-fields";
	*out = *row;
	out->field += kind->tags;
	out->fields = fields - kind->tags;
	return NULL;
}

void tg_csv_sorter_lose(struct tg_csv_sorter *c)
{
	c->before = TG_CSV_NO_KIND;
	if (c->checks)
		tg_csv_checks_lose(c->checks);
}

/*
 * What it says about the file
 */

static struct tg_str place(struct tg_buffer *b, const struct tg_place *at, uint64_t line)
{
	tg_buffer_clear(b);
	tg_buffer_put_str(b, at->file);
	tg_buffer_printf(b, "%sline %llu", at->file.p ? ": " : "", (unsigned long long)line);
	return tg_buffer_str(b);
}

static enum tg_status judge_row(struct tg_csv_sorter *c, uint32_t kind,
				const struct tg_csv_sorted *u, const struct tg_place *base,
				uint64_t line, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer where = TG_BUFFER_INIT;
	const struct sort *s = &c->sort[kind];

	place(&where, base, line);
	if (s->kind->max && s->seen > s->kind->max)
		return tg_fail_code(err, TG_DATA, "csv-control",
				    "%.*s: this is the %.*s number %llu, and there may be %llu",
				    TG_STR_ARG(tg_buffer_str(&where)), TG_STR_ARG(s->kind->key),
				    (unsigned long long)s->seen, (unsigned long long)s->kind->max);
	return c->checks ? tg_csv_checks_judge(c->checks, kind, u, tg_buffer_str(&where), err)
			 : TG_OK;
}

/* For rows of other kinds, the number that this one says. */
static void remember(struct tg_csv_sorter *c, struct sort *s, const struct tg_csv_sorted *u)
{
	size_t field = u ? tg_csv_sorted_field(u, s->said_column) : SIZE_MAX;

	s->said = field != SIZE_MAX &&
		  tg_read_u64(tg_csv_sorted_text(&c->text, u, field, c->dialect), &s->number);
}

/*
 * Writing
 */

static void reject(struct tg_csv_sorter *c, const char *code, struct tg_str text,
		   const struct tg_csv_row *row, const struct tg_place *base, struct tg_work *w)
{
	const struct tg_place at = { .file = base->file,
				     .line = row->line,
				     .offset = tg_csv_origin_place(c->origin, base->offset,
								   text.p - row->at, row->at) };

	tg_csv_origin_reject(c->origin, code, text, &at, w);
}

static struct tg_csv_bad bad_row(const struct tg_csv_sorter *c, const struct sort *s,
				 const struct tg_csv_rows *view, size_t i, struct tg_str rest)
{
	return (struct tg_csv_bad){
		.plan = &s->plan,
		.rows = view,
		.row = &view->row[i],
		.text = { rest.p + view->row[i].at, view->row[i].n },
		.contract = c->contract,
		.before = s->kind->tags,
		.list = s->kind->list,
		.listed = s->values,
	};
}

/* The fields of a row that does not come out go to the run log. */
static void keep_fields(struct tg_csv_sorter *c, struct sort *s, const struct tg_csv_rows *view,
			size_t row)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	const struct tg_csv_sorted u = { .rows = view,
					 .row = &view->row[row],
					 .kind = s->kind,
					 .values = s->values,
					 .present = s->present };
	struct tg_buffer *out = &s->fields;

	out->n = 0;
	tg_buffer_putc(out, '{');
	for (size_t i = 0; i < s->kind->columns && i < SHOWN_FIELDS; i++) {
		size_t field = tg_csv_sorted_field(&u, i);
		struct tg_str text;

		if (i == s->kind->list || field == SIZE_MAX)
			continue;
		text = tg_csv_sorted_text(&c->text, &u, field, c->dialect);
		if (out->n > 1)
			tg_buffer_putc(out, ',');
		tg_json_put_string(out, s->kind->column[i]);
		tg_buffer_putc(out, ':');
		tg_buffer_clear(&safe);
		if (text.n > SHOWN_MAX)
			tg_utf8_put_safe(&safe, text, SHOWN_MAX);
		tg_json_put_string(out, text.n > SHOWN_MAX ? tg_buffer_str(&safe) : text);
	}
	tg_buffer_putc(out, '}');
}

static void check_silent(struct tg_csv_sorter *c, struct sort *s, const struct tg_csv_rows *view,
			 size_t from, size_t to, struct tg_str rest, const struct tg_place *base,
			 struct tg_work *w)
{
	for (size_t i = from; i < to; i++) {
		const struct tg_csv_bad bad = bad_row(c, s, view, i, rest);
		const char *code = tg_csv_faults_add_values(&bad, w);

		if (code)
			reject(c, code, bad.text, &view->row[i], base, w);
		else
			keep_fields(c, s, view, i);
	}
}

static void write_run(struct tg_csv_sorter *c, struct run *run, const struct tg_csv_rows *view,
		      struct tg_str rest, const struct tg_place *base, struct tg_work *w)
{
	struct tg_output *out = tg_source_output(w);
	struct sort *s = run->sort;
	size_t i = run->from;

	run->sort = NULL;
	if (!s)
		return;
	if (!s->kind->emit) {
		check_silent(c, s, view, run->from, run->to, rest, base, w);
		return;
	}
	while (i < run->to) {
		size_t first = i;

		tg_csv_emit_rows(&s->plan, view, &i, run->to, rest.p, base->offset, out);
		tg_source_emitted(w, i - first);
		if (i < run->to) {
			const struct tg_csv_bad bad = bad_row(c, s, view, i, rest);
			const char *code = tg_csv_faults_add_values(&bad, w);

			TG_BUG_IF(!code);
			reject(c, code, bad.text, &view->row[i++], base, w);
		}
	}
}

enum tg_status tg_csv_sorter_convert(struct tg_csv_sorter *c, const struct tg_csv_rows *rows,
				     struct tg_str rest, const struct tg_place *base,
				     struct tg_work *w, size_t *done, struct tg_error *err)
{
	struct tg_csv_rows view = *rows;
	struct run run = { .sort = NULL };
	enum tg_status st = TG_OK;
	size_t i = 0;

	view.row = c->row;
	for (; !st && i < rows->rows &&
	       !tg_csv_origin_is_long(c->origin, rest.p, rows->row[i].at, rows->row[i].n);
	     i++) {
		const struct tg_csv_row *row = &rows->row[i];
		struct tg_str text = { rest.p + row->at, row->n };
		uint32_t kind =
			row->code ? kind_of_text(c, text)
				  : tg_csv_kinds_find(c->kinds, rows, row, c->dialect, &c->text);
		struct sort *s = kind == TG_CSV_NO_KIND ? NULL : &c->sort[kind];
		struct tg_csv_sorted u = { .rows = rows, .row = &c->row[i] };
		const char *code = row->code;

		if (s) {
			u.kind = s->kind;
			u.column = s->base.column;
		}
		if (s && !code)
			code = shape(c, rows, row, text, s, &c->row[i], &u.values, &u.present,
				     NULL);
		if (TG_LIKELY(!code && s &&
			      (!s->kind->after || c->before == TG_CSV_NO_KIND ||
			       s->kind->after[c->before]))) {
			if (run.sort != s || s->values != u.values || s->present != u.present) {
				write_run(c, &run, &view, rest, base, w);
				run = (struct run){ .sort = s, .from = i };
				use_plan(s, u.values, u.present);
			}
			run.to = i + 1;
		} else {
			const struct tg_csv_bad bad = { .plan = &c->sort[0].base,
							.rows = rows,
							.row = row,
							.text = text,
							.contract = c->contract };
			const char *why;

			write_run(c, &run, &view, rest, base, w);
			if (row->code)
				why = tg_csv_faults_add(&bad, w);
			else if (!s)
				why = unknown_kind(w, row);
			else if (code)
				why = shape(c, rows, row, text, s, &c->row[i], &u.values,
					    &u.present, w);
			else
				why = wrong_place(c, s->kind, w, row);
			reject(c, why, text, row, base, w);
		}
		if (!s && row->code)
			tg_csv_sorter_lose(c);
		c->before = kind;
		if (!s)
			continue;
		if (s->says)
			remember(c, s, code ? NULL : &u);
		if (c->checks)
			tg_csv_checks_count(c->checks, kind, code ? NULL : &u);
		s->seen++;
		if (s->judges)
			st = judge_row(c, kind, code ? NULL : &u, base, row->line, err);
	}
	write_run(c, &run, &view, rest, base, w);
	*done = i;
	return st;
}

/*
 * The end
 */

/* {"header":{"date":"20251105"},...} of this input. */
static void add_input(struct tg_csv_sorter *c)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_putc(&b, '{');
	for (uint32_t i = 0; i < c->kinds->kinds; i++) {
		struct sort *s = &c->sort[i];

		if (s->kind->emit || s->fields.n == 0)
			continue;
		if (b.n > 1)
			tg_buffer_putc(&b, ',');
		tg_json_put_string(&b, s->kind->as);
		tg_buffer_putc(&b, ':');
		tg_buffer_put_str(&b, tg_buffer_str(&s->fields));
	}
	tg_buffer_putc(&b, '}');
	if (c->inputs_n++)
		tg_buffer_putc(&c->inputs, ',');
	tg_buffer_put_str(&c->inputs, tg_buffer_str(&b));
}

static void tell(struct tg_csv_sorter *c)
{
	TG_OWN(tg_buffer_release) struct tg_buffer meta = TG_BUFFER_INIT;

	if (c->inputs_n > 1)
		tg_buffer_putc(&meta, '[');
	tg_buffer_put_str(&meta, tg_buffer_str(&c->inputs));
	if (c->inputs_n > 1)
		tg_buffer_putc(&meta, ']');
	if (c->silent)
		tg_setup_meta(c->setup, "records", tg_buffer_str(&meta));
	if (c->checks)
		tg_csv_checks_tell(c->checks, c->inputs_n);
}

enum tg_status tg_csv_sorter_end(struct tg_csv_sorter *c, const struct tg_place *at,
				 struct tg_error *err)
{
	for (uint32_t i = 0; i < c->kinds->kinds; i++) {
		const struct sort *s = &c->sort[i];

		if (s->seen < s->kind->min)
			return tg_fail_code(
				err, TG_DATA, "csv-control",
				"%.*s: there are %llu rows of the kind %.*s, and there must be %llu: was the file cut off?",
				TG_STR_ARG(at->file.p ? at->file : TG_STR("the input")),
				(unsigned long long)s->seen, TG_STR_ARG(s->kind->key),
				(unsigned long long)s->kind->min);
	}
	add_input(c);
	tell(c);
	return TG_OK;
}

#include "common/csv/write_kinds.h"

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/json/text.h"

/* A kind, and what its last row said. */
struct kind {
	struct tg_csv_writer writer;
	struct tg_str tags; /* what its rows begin with, and the delimiter where fields follow */
	bool says;
	size_t said_column;
	bool said;
	uint64_t number;
};

struct tg_csv_write_kinds {
	struct tg_csv_writer *whole;
	const struct tg_csv_kinds *kinds;
	struct kind *kind;
	uint32_t before; /* of the row before; kinds: none */
	bool careful;	 /* a row may be of another kind than it was meant to be */
	struct tg_csv_reader *reader;
	struct tg_buffer text;
};

/*
 * Making
 */

/* What the items of a list are. */
static void type_items(const struct tg_csv_writer *c, struct tg_csv_target *item,
		       const struct tg_csv_row_kind *kind, struct tg_arena *arena)
{
	const struct tg_csv_expected expected = { .dialect = &c->dialect,
						  .contract = &c->contract };
	const struct tg_csv_column *column = &tg_csv_columns_of_kind(
		kind->column, kind->columns, kind->list, &expected, arena)[kind->list];
	const struct tg_span *items = NULL;

	tg_csv_writer_by_member(item, kind->column[kind->list], arena);
	if (column->schema)
		items = tg_member_find(&c->contract.document, column->schema, TG_STR("items"));
	item->kind = column->kind;
	item->nullable = column->nullable;
	item->as = column->as;
	item->schema = items;
	item->typed =
		column->kind != TG_CSV_TEXT ||
		(items && tg_member_find(&c->contract.document, items, TG_STR("type")) != NULL);
}

static enum tg_status make_tags(struct kind *k, const struct tg_csv_row_kind *kind,
				struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	const struct tg_csv_form *form = &k->writer.form;
	const struct tg_csv_dialect *d = form->dialect;

	for (size_t i = 0; i < kind->tags; i++) {
		struct tg_str tag = tg_arena_copy(arena, kind->tag[i]);
		const char *wrong;
		char *to;

		if (i)
			tg_buffer_put(&out, d->delimiter, d->delimiter_n);
		to = tg_buffer_room(&out, 2 * tag.n + 2);
		wrong = tg_csv_field_put(form, tag, tag.n == 0, false, i == 0, &to);
		if (wrong)
			return tg_fail(err, TG_CONFIG, "the tag of %.*s %s", TG_STR_ARG(kind->key),
				       wrong);
		out.n = (size_t)(to - out.p);
	}
	if (kind->tags && kind->columns)
		tg_buffer_put(&out, d->delimiter, d->delimiter_n);
	k->tags = tg_arena_copy(arena, tg_buffer_str(&out));
	return TG_OK;
}

static enum tg_status make_kind(struct tg_csv_write_kinds *c, struct kind *k,
				const struct tg_csv_row_kind *kind, struct tg_error *err)
{
	struct tg_csv_writer *w = &k->writer;
	struct tg_arena *arena = c->whole->setup->arena;
	struct tg_csv_target *target = tg_arena_array(arena, kind->columns + 1, sizeof(*target));

	w->options = c->whole->options;
	w->setup = c->whole->setup;
	w->contract = c->whole->contract;
	w->contracted = true;
	w->dialect = c->whole->dialect;
	w->kind = kind;
	w->form = (struct tg_csv_form){ .dialect = &c->whole->dialect,
					.contracted = true,
					.exact = w->options.exact,
					.guard = w->options.guard };
	for (size_t i = 0; i < kind->columns; i++) {
		tg_csv_writer_by_member(&target[i], kind->column[i], arena);
		tg_csv_writer_type(w, &target[i]);
	}
	if (kind->list != SIZE_MAX)
		type_items(w, &target[kind->columns], kind, arena);
	tg_csv_form_make(&w->form, target, kind->columns + (kind->list != SIZE_MAX));
	w->form.alone = kind->tags == 0 && kind->columns == 1 && kind->list == SIZE_MAX;
	w->item = target[kind->columns];
	tg_csv_writer_use_columns(w, target, kind->columns, TG_STR(""));
	return make_tags(k, kind, arena, err);
}

static enum tg_status can_be_written(const struct tg_csv_write_kinds *c, struct tg_error *err)
{
	for (uint32_t i = 0; i < c->kinds->kinds; i++) {
		const struct tg_csv_row_kind *kind = &c->kinds->kind[i];

		if (!kind->emit && kind->min)
			return tg_fail(
				err, TG_CONFIG,
				"rows of the kind %.*s come out as no records (x-csv, records, emit), and a file needs %llu: it cannot be written back",
				TG_STR_ARG(kind->key), (unsigned long long)kind->min);
	}
	if (c->whole->options.columns.p || c->whole->options.first)
		return tg_fail(err, TG_USAGE,
			       "%s: the contract says which columns each kind of row has",
			       c->whole->options.first ? "--first" : "--columns");
	return TG_OK;
}

enum tg_status tg_csv_write_kinds_new(struct tg_csv_write_kinds **kinds,
				      struct tg_csv_writer *whole, struct tg_error *err)
{
	struct tg_csv_write_kinds *c = tg_alloc(sizeof(*c));
	enum tg_status st;

	*kinds = c;
	c->whole = whole;
	c->kinds = whole->dialect.kinds;
	c->before = c->kinds->kinds;
	c->kind = tg_alloc_array(c->kinds->kinds, sizeof(*c->kind));
	st = can_be_written(c, err);
	if (!st)
		st = tg_csv_reader_new(&c->reader, &whole->dialect, TG_CSV_SCAN, err);
	for (uint32_t i = 0; !st && i < c->kinds->kinds; i++) {
		const struct tg_csv_row_kind *kind = &c->kinds->kind[i];

		c->careful |= kind->tags != 1;
		st = make_kind(c, &c->kind[i], kind, err);
		if (kind->times == TG_CSV_TIMES_FIELD) {
			c->kind[kind->says].says = true;
			c->kind[kind->says].said_column = kind->says_column;
		}
	}
	return st;
}

void tg_csv_write_kinds_free(struct tg_csv_write_kinds **kinds)
{
	struct tg_csv_write_kinds *c = *kinds;

	*kinds = NULL;
	if (!c)
		return;
	for (uint32_t i = 0; i < c->kinds->kinds; i++)
		tg_buffer_release(&c->kind[i].writer.text);
	tg_csv_reader_free(&c->reader);
	tg_buffer_release(&c->text);
	tg_free(c->kind);
	tg_free(c);
}

/*
 * Records
 */

char *tg_csv_write_list(struct tg_csv_writer *c, size_t i, const struct tg_record *rec,
			struct tg_work *w, char *to, const char **code)
{
	const struct tg_csv_dialect *d = &c->dialect;
	const struct tg_span *list = c->value[i] ? &rec->span[c->value[i]] : NULL;
	size_t n = 0;

	if (!list || list->kind != TG_ARRAY) {
		tg_csv_writer_value_fault(c, &c->target[i], SIZE_MAX,
					  list ? "is no list, and must be one" : "is missing", w);
		*code = "csv-value";
		return to;
	}
	for (uint32_t k = c->value[i] + 1; k < list->next; k = rec->span[k].next, n++) {
		bool quote, bare;
		const char *wrong = tg_csv_field_text(&c->form, &c->item, rec, &rec->span[k],
						      &c->text, &quote, &bare);

		if (n) {
			memcpy(to, d->delimiter, TG_CSV_DELIMITER_MAX);
			to += d->delimiter_n;
		}
		if (!wrong)
			wrong = tg_csv_field_put(&c->form, tg_buffer_str(&c->text), quote, bare,
						 false, &to);
		if (!wrong)
			continue;
		tg_csv_writer_value_fault(c, &c->target[i], n, wrong, w);
		*code = "csv-value";
	}
	/* The delimiter before it has nothing behind it; before the first column it is the tag's. */
	if (n == 0 && (i > 0 || c->kind->tags))
		to -= d->delimiter_n;
	return to;
}

/* How many values the list must have; false: any number, or it is not known. */
static bool wants(const struct tg_csv_write_kinds *c, const struct tg_csv_row_kind *kind,
		  uint64_t *n)
{
	const struct kind *says = kind->times == TG_CSV_TIMES_FIELD ? &c->kind[kind->says] : NULL;

	*n = kind->number;
	if (says && says->said && kind->number && says->number && kind->number % says->number == 0)
		*n = kind->number / says->number;
	else if (says && says->said && !kind->number)
		*n = says->number;
	else if (says)
		*n = UINT64_MAX; /* no list is right */
	return kind->list != SIZE_MAX && kind->times != TG_CSV_TIMES_REST;
}

static uint64_t items_of(const struct kind *k, const struct tg_record *rec)
{
	const struct tg_span *list;
	uint64_t n = 0;

	if (k->writer.kind->list == SIZE_MAX || !k->writer.value[k->writer.kind->list])
		return 0;
	list = &rec->span[k->writer.value[k->writer.kind->list]];
	for (uint32_t i = (uint32_t)(list - rec->span) + 1;
	     list->kind == TG_ARRAY && i < list->next; i = rec->span[i].next)
		n++;
	return n;
}

static enum tg_verdict wrong_number(const struct tg_csv_write_kinds *c, const struct kind *k,
				    uint64_t has, uint64_t wanted, struct tg_work *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;
	const struct tg_csv_row_kind *kind = k->writer.kind;

	tg_buffer_printf(&message, "has %llu value%s, and ", (unsigned long long)has,
			 has == 1 ? "" : "s");
	if (wanted == UINT64_MAX)
		tg_buffer_printf(&message, "no %.*s before it says how many it must have",
				 TG_STR_ARG(c->kinds->kind[kind->says].key));
	else
		tg_buffer_printf(&message, "must have %llu", (unsigned long long)wanted);
	tg_csv_writer_fault(w, k->writer.target[kind->list].where,
			    tg_arena_copy(&w->arena, tg_buffer_str(&message)).p, NULL);
	return tg_reject_faults(w, "csv-value");
}

static enum tg_verdict wrong_place(const struct tg_csv_write_kinds *c,
				   const struct tg_csv_row_kind *kind, struct tg_work *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;

	tg_buffer_puts(&message, "may not stand here: a ");
	tg_utf8_put_safe(&message, kind->key, 40);
	tg_buffer_puts(&message, " may stand behind ");
	tg_csv_kinds_put_keys(&message, c->kinds, kind->after);
	return tg_reject(w, "csv-record", TG_STR(""),
			 tg_arena_copy(&w->arena, tg_buffer_str(&message)).p);
}

/* Whether the row is read as one of its kind. */
static bool is_of_kind(struct tg_csv_write_kinds *c, uint32_t kind, struct tg_str row)
{
	struct tg_csv_rows rows;

	tg_csv_reader_restart(c->reader, 1);
	tg_csv_read(c->reader, row, true, TG_CSV_TAGS_MAX, 1, &rows);
	return rows.rows && tg_csv_kinds_find(c->kinds, &rows, &rows.row[0], &c->whole->dialect,
					      &c->text) == kind;
}

/* What rows of other kinds ask this one for. */
static void remember(struct kind *k, const struct tg_record *rec)
{
	struct tg_csv_writer *c = &k->writer;
	uint32_t value = c->value[k->said_column];
	bool quote, bare;

	k->said = value &&
		  !tg_csv_field_text(&c->form, &c->target[k->said_column], rec, &rec->span[value],
				     &c->text, &quote, &bare) &&
		  tg_read_u64(tg_buffer_str(&c->text), &k->number);
}

static enum tg_verdict write_row(struct tg_csv_write_kinds *c, uint32_t i,
				 const struct tg_record *rec, struct tg_work *w)
{
	struct kind *k = &c->kind[i];
	const struct tg_csv_row_kind *kind = k->writer.kind;
	struct tg_buffer *out = &w->replacement;
	size_t bytes = tg_csv_writer_find_values(&k->writer, rec, w);
	uint64_t items, wanted;
	const char *code = NULL;
	char *to;

	if (bytes == SIZE_MAX)
		return tg_reject_faults(w, "csv-column");
	items = items_of(k, rec);
	if (wants(c, kind, &wanted) && items != wanted)
		return wrong_number(c, k, items, wanted, w);
	out->n = 0;
	tg_buffer_put_str(out, k->tags);
	to = tg_buffer_room(out, k->writer.form.times * bytes +
					 (kind->columns + (size_t)items) * k->writer.form.most);
	to = tg_csv_writer_put_row(&k->writer, rec, w, to, &code);
	if (!to)
		return tg_reject_faults(w, code);
	out->n = (size_t)(to - out->p);
	if (kind->tags == 0 && kind->list == 0 && items == 0 && kind->columns > 1) {
		out->n -= c->whole->dialect.delimiter_n; /* that behind a list that is empty */
		memmove(out->p, out->p + c->whole->dialect.delimiter_n, out->n);
	}
	if (out->n > tg_csv_writer_longest(&k->writer))
		return tg_reject(w, "too-long", TG_STR(""),
				 "makes a longer row than may be read back (x-csv, maxRecord; "
				 "--max-record)");
	(void)tg_buffer_room(out, TG_SLACK);
	if (c->careful && !is_of_kind(c, i, tg_buffer_str(out)))
		return tg_reject(w, "csv-record", TG_STR(""),
				 "makes a row that would be read back as one of another kind");
	if (!tg_csv_writer_finish(c->whole, &k->writer, rec, out, w))
		return TG_REJECT;
	if (k->says)
		remember(k, rec);
	c->before = i;
	c->whole->begun = true;
	return TG_REPLACE;
}

enum tg_verdict tg_csv_write_kinds_record(struct tg_csv_write_kinds *c, const struct tg_record *rec,
					  struct tg_work *w)
{
	const struct tg_span *name = tg_member_find(rec, rec->span, TG_STR("record"));
	uint32_t kind = TG_CSV_NO_KIND;

	if (!name || name->kind != TG_STRING)
		return tg_reject(w, "csv-record", TG_STR(""),
				 "has no member record that says of which kind it is");
	kind = tg_csv_kind_by_name(c->kinds, tg_text_get(&w->arena, rec, name));
	if (kind == TG_CSV_NO_KIND)
		return tg_reject(w, "csv-record", TG_STR("/record"),
				 "is none of the kinds that the contract has");
	if (c->kinds->kind[kind].after && !c->kinds->kind[kind].after[c->before])
		return wrong_place(c, &c->kinds->kind[kind], w);
	return write_row(c, kind, rec, w);
}

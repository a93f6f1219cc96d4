#include "common/csv/control.h"

#include "common/csv/amount.h"
#include "common/json/number.h"
#include "common/json/text.h"

/* A check while a file is read. */
struct tally {
	uint64_t count, lost; /* rows, and those that may have been among them */
	struct tg_sum sum;
	uint64_t hidden,
		beyond; /* values that could not be read; the line of one with too many digits */
};

/* What a file announces by its checks, of all inputs together. */
struct announced {
	bool here, never; /* by the input at hand; or one said it twice */
	uint64_t inputs;  /* that have said it */
	struct tg_sum sum;
	struct tg_str text; /* of the last */
};

struct tg_csv_checks {
	const struct tg_csv_dialect *dialect;
	const struct tg_csv_kinds *kinds;
	struct tg_setup *setup;
	struct tally *tally; /* by check */
	struct announced *announced;
	struct tg_buffer text, number, unsure;
};

size_t tg_csv_sorted_field(const struct tg_csv_sorted *s, size_t column)
{
	if (column >= s->present)
		return SIZE_MAX;
	return s->kind->list < column ? column - 1 + s->values : column;
}

struct tg_str tg_csv_sorted_text(struct tg_buffer *text, const struct tg_csv_sorted *s,
				 size_t field, const struct tg_csv_dialect *d)
{
	tg_buffer_clear(text);
	tg_csv_put_field(text, s->rows, &s->rows->field[s->row->field + field], d);
	return tg_buffer_str(text);
}

struct tg_csv_checks *tg_csv_checks_new(const struct tg_csv_dialect *d, struct tg_setup *setup)
{
	struct tg_csv_checks *c = tg_alloc(sizeof(*c));

	c->dialect = d;
	c->kinds = d->kinds;
	c->setup = setup;
	c->tally = tg_alloc_array(d->kinds->controls + 1, sizeof(*c->tally));
	c->announced = tg_alloc_array(d->kinds->controls + 1, sizeof(*c->announced));
	return c;
}

void tg_csv_checks_free(struct tg_csv_checks **checks)
{
	struct tg_csv_checks *c = *checks;

	*checks = NULL;
	if (!c)
		return;
	tg_free(c->tally);
	tg_free(c->announced);
	tg_buffer_release(&c->text);
	tg_buffer_release(&c->number);
	tg_buffer_release(&c->unsure);
	tg_free(c);
}

void tg_csv_checks_begin(struct tg_csv_checks *c)
{
	for (size_t i = 0; i < c->kinds->controls; i++) {
		c->tally[i] = (struct tally){ .count = 0 };
		c->announced[i].here = false;
	}
}

/*
 * Counting and adding
 */

static bool has_one_of(struct tg_csv_checks *c, const struct tg_csv_sorted *u,
		       const struct tg_csv_when *when)
{
	size_t field = tg_csv_sorted_field(u, when->column);
	struct tg_str text = field == SIZE_MAX ? TG_STR_NONE
					       : tg_csv_sorted_text(&c->text, u, field, c->dialect);

	for (size_t i = 0; text.p && i < when->texts; i++)
		if (tg_str_eq(text, when->text[i]))
			return true;
	return false;
}

static bool counts(struct tg_csv_checks *c, const struct tg_csv_control *control, uint32_t kind,
		   const struct tg_csv_sorted *u)
{
	if (!control->when)
		return true;
	for (size_t i = 0; i < control->whens; i++)
		if (!has_one_of(c, u, &control->when[kind][i]))
			return false;
	return true;
}

static void add_value(struct tg_csv_checks *c, const struct tg_csv_control *control,
		      struct tally *t, uint32_t kind, const struct tg_csv_sorted *u)
{
	size_t column = control->added[kind], field;
	const struct tg_csv_column *as = &u->column[column];
	const struct tg_csv_field *f;
	struct tg_str text;

	field = tg_csv_sorted_field(u, column);
	if (field == SIZE_MAX)
		return;
	f = &u->rows->field[u->row->field + field];
	text = tg_csv_sorted_text(&c->text, u, field, c->dialect);
	if (tg_csv_is_null(as, text, tg_csv_field_quoted(f)))
		return;
	if (!tg_csv_number(&c->number, text, &as->as->number, as->kind == TG_CSV_INTEGER))
		t->hidden++;
	else if (!tg_sum_add(&t->sum, tg_buffer_str(&c->number), false) && !t->beyond)
		t->beyond = u->row->line;
}

/* A row of that kind was there; u NULL: its fields cannot be read. */
void tg_csv_checks_count(struct tg_csv_checks *c, uint32_t kind, const struct tg_csv_sorted *u)
{
	for (size_t i = 0; i < c->kinds->controls; i++) {
		const struct tg_csv_control *control = &c->kinds->control[i];
		struct tally *t = &c->tally[i];

		if (control->since && control->since[kind])
			*t = (struct tally){ .count = 0 };
		if (!control->of[kind])
			continue;
		if (!u && (control->sum || control->when)) {
			t->hidden++;
			t->lost++;
			continue;
		}
		if (!u) {
			t->count++;
			continue;
		}
		if (!counts(c, control, kind, u))
			continue;
		t->count++;
		if (control->sum)
			add_value(c, control, t, kind, u);
	}
}

void tg_csv_checks_lose(struct tg_csv_checks *c)
{
	for (size_t i = 0; i < c->kinds->controls; i++) {
		c->tally[i].lost++;
		c->tally[i].hidden++;
	}
}

/*
 * Judging
 */

/* What a sum is to be compared with, where only its last digits are told. */
static void take_modulo(struct tg_buffer *sum, uint64_t modulo)
{
	__uint128_t rest = 0;

	if (!modulo || !tg_number_is_integer(tg_buffer_str(sum)) || (sum->n && sum->p[0] == '-'))
		return;
	for (size_t i = 0; i < sum->n && sum->p[i] != '.'; i++)
		rest = (rest * 10 + (unsigned)(sum->p[i] - '0')) % modulo;
	tg_buffer_clear(sum);
	tg_buffer_put_u64(sum, (uint64_t)rest);
}

static void put_what(struct tg_buffer *b, const struct tg_csv_checks *c,
		     const struct tg_csv_control *control)
{
	if (control->sum)
		tg_buffer_printf(b, "the sum of %.*s", TG_STR_ARG(control->pointer));
	else
		tg_buffer_puts(b, "the number of rows");
	tg_buffer_puts(b, " (");
	tg_csv_kinds_put_keys(b, c->kinds, control->of);
	tg_buffer_putc(b, ')');
}

static enum tg_status differs(const struct tg_csv_checks *c, const struct tg_csv_control *control,
			      struct tg_str is, struct tg_str says, struct tg_str where,
			      struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	const struct tg_csv_row_kind *kind = &c->kinds->kind[control->in];

	put_what(&b, c, control);
	if (control->sum && !control->quotable && !c->setup->show_values)
		tg_buffer_printf(&b, " is another one; the numbers may not be told (x-class; "
				     "--show-values)");
	else
		tg_buffer_printf(&b, " is %.*s, and it says %.*s", TG_STR_ARG(is),
				 TG_STR_ARG(says));
	return tg_fail_code(err, TG_DATA, "csv-control",
			    "%.*s: the file is not what the %.*s says: %.*s", TG_STR_ARG(where),
			    TG_STR_ARG(kind->key), TG_STR_ARG(tg_buffer_str(&b)));
}

/* A sum is written as its addends are, and a count as the numbers of the file; unless its own column says otherwise. */
static const struct tg_decimal_form *number_form(const struct tg_csv_checks *c,
						 const struct tg_csv_control *control,
						 const struct tg_csv_sorted *u)
{
	const struct tg_csv_notation *own = u->column[control->field].as;

	if (!control->sum || own != c->dialect->file)
		return &own->number;
	return &tg_csv_notation_of(c->dialect, control->name)->number;
}

/* Holds what the row says against what there was. */
static enum tg_status judge(struct tg_csv_checks *c, size_t i, const struct tg_csv_sorted *u,
			    struct tg_str where, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer is = TG_BUFFER_INIT;
	const struct tg_csv_control *control = &c->kinds->control[i];
	const struct tg_csv_row_kind *kind = u->kind;
	struct tally *t = &c->tally[i];
	struct announced *a = &c->announced[i];
	size_t field = tg_csv_sorted_field(u, control->field);
	bool unsure = t->lost || (control->sum && t->hidden);
	struct tg_str text = field == SIZE_MAX ? TG_STR_NONE
					       : tg_csv_sorted_text(&c->text, u, field, c->dialect);

	if (!text.p || !tg_csv_number(&c->number, text, number_form(c, control, u), false))
		return tg_fail_code(err, TG_DATA, "csv-control",
				    "%.*s: field %zu of the %.*s should be a number, and is none",
				    TG_STR_ARG(where), control->field + kind->tags + 1,
				    TG_STR_ARG(kind->key));
	if (t->beyond)
		return tg_fail_code(err, TG_DATA, "csv-control",
				    "%.*s: %.*s on line %llu has too many digits to be added",
				    TG_STR_ARG(where), TG_STR_ARG(control->pointer),
				    (unsigned long long)t->beyond);
	if (control->sum)
		tg_sum_put(&is, &t->sum);
	else
		tg_buffer_put_u64(&is, t->count);
	take_modulo(&is, control->modulo);
	if (!control->since) {
		a->text = tg_arena_copy(c->setup->arena, tg_buffer_str(&c->number));
		a->never |= a->here || !tg_sum_add(&a->sum, a->text, false);
		a->here = true;
	}
	if (tg_number_compare(tg_buffer_str(&is), tg_buffer_str(&c->number)) == 0)
		return TG_OK;
	if (!unsure)
		return differs(c, control, tg_buffer_str(&is), tg_buffer_str(&c->number), where,
			       err);
	if (c->unsure.n)
		tg_buffer_puts(&c->unsure, ", and ");
	put_what(&c->unsure, c, control);
	return TG_OK;
}

enum tg_status tg_csv_checks_judge(struct tg_csv_checks *c, uint32_t kind,
				   const struct tg_csv_sorted *u, struct tg_str where,
				   struct tg_error *err)
{
	struct tg_str key = c->kinds->kind[kind].key;
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < c->kinds->controls; i++) {
		if (c->kinds->control[i].in != kind)
			continue;
		if (u)
			st = judge(c, i, u, where, err);
		else
			st = tg_fail_code(
				err, TG_DATA, "csv-control",
				"%.*s: the %.*s, which says what the file is, cannot be read",
				TG_STR_ARG(where), TG_STR_ARG(key));
	}
	if (!st && c->unsure.n)
		tg_setup_warn(c->setup, "%.*s: what the %.*s says cannot be checked of %.*s",
			      TG_STR_ARG(where), TG_STR_ARG(key),
			      TG_STR_ARG(tg_buffer_str(&c->unsure)));
	c->unsure.n = 0;
	return st;
}

/*
 * What is told in the run log
 */

/* Whether a check is about all records that come out, as validate sees them. */
static bool is_of_all(const struct tg_csv_checks *c, const struct tg_csv_control *control)
{
	for (uint32_t i = 0; i < c->kinds->kinds; i++) {
		const struct tg_csv_row_kind *kind = &c->kinds->kind[i];
		bool meant = kind->emit;

		for (size_t k = 0; control->sum && kind->emit && k <= kind->columns; k++) {
			meant = k < kind->columns && tg_str_eq(kind->column[k], control->name);
			if (meant)
				break;
		}
		if (meant != control->of[i])
			return false;
	}
	return !control->since && !control->when && !control->modulo;
}

void tg_csv_checks_tell(struct tg_csv_checks *c, uint64_t inputs)
{
	TG_OWN(tg_buffer_release) struct tg_buffer meta = TG_BUFFER_INIT, sums = TG_BUFFER_INIT;
	bool counted = false;

	tg_buffer_putc(&meta, '{');
	for (size_t i = 0; i < c->kinds->controls; i++) {
		const struct tg_csv_control *control = &c->kinds->control[i];
		struct announced *a = &c->announced[i];

		a->inputs += a->here;
		if (a->never || a->inputs != inputs || !is_of_all(c, control))
			continue;
		if (control->sum) {
			tg_buffer_puts(&sums, sums.n ? "," : "");
			tg_json_put_string(&sums, control->pointer);
			tg_buffer_puts(&sums, ":\"");
			if (a->inputs == 1)
				tg_buffer_put_str(&sums, a->text);
			else
				tg_sum_put(&sums, &a->sum);
			tg_buffer_putc(&sums, '"');
		} else if (!counted) {
			tg_json_put_name(&meta, "count");
			tg_sum_put(&meta, &a->sum);
			counted = true;
		}
	}
	if (sums.n) {
		tg_json_put_name(&meta, "sums");
		tg_buffer_putc(&meta, '{');
		tg_buffer_put_str(&meta, tg_buffer_str(&sums));
		tg_buffer_putc(&meta, '}');
	}
	tg_buffer_putc(&meta, '}');
	if (meta.n > 2)
		tg_setup_meta(c->setup, "trailer", tg_buffer_str(&meta));
}

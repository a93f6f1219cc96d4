#include "common/csv/emit_inside.h"

#include "common/csv/reader.h"
#include "common/json/text.h"

/* Whether a spelling of null would be a value as well, so that null must be asked for first. */
static bool null_is_value(const struct tg_csv_column *c)
{
	TG_OWN(tg_buffer_release) struct tg_buffer to = TG_BUFFER_INIT;

	for (size_t i = 0; c->nullable && i < c->as->null.n; i++) {
		struct tg_csv_column never = *c;

		never.nullable = false;
		if (tg_csv_put_typed(&never, c->as->null.text[i], false,
				     tg_buffer_room(&to, c->as->null.text[i].n + TG_DATE_MAX)))
			return true;
	}
	return false;
}

/* Whether text, or any number, has a byte that the dialect writes otherwise than it is meant, so that it cannot be looked for in a field
 * as it stands. */
static bool is_disguised(const struct tg_csv_dialect *d, struct tg_str text)
{
	static const char number[] = "0123456789+-()";

	for (size_t i = 0; i < text.n + sizeof(number) - 1; i++) {
		unsigned char c = (unsigned char)(i < text.n ? text.p[i] : number[i - text.n]);

		if (c == d->quote || c == d->escape)
			return true;
	}
	return false;
}

static enum tg_csv_way number_way(const struct tg_csv_plan *plan, const struct tg_csv_column *c)
{
	const struct tg_decimal_form *f = &c->as->number;

	if (f->decimal.n != 1 || f->group.n > 1 || f->groups != TG_GROUPS_THREE ||
	    is_disguised(plan->dialect, f->decimal) || is_disguised(plan->dialect, f->group) ||
	    null_is_value(c))
		return TG_CSV_WITH_CARE;
	if (c->kind == TG_CSV_DECIMAL || f->minus != TG_MINUS_LEADING || f->group.n)
		return TG_CSV_AS_DECIMAL;
	if (c->kind == TG_CSV_INTEGER)
		return TG_CSV_AS_INTEGER;
	return f->decimal.p[0] == '.' ? TG_CSV_AS_NUMBER : TG_CSV_AS_DECIMAL;
}

static enum tg_csv_way date_way(const struct tg_csv_plan *plan, const struct tg_csv_column *c)
{
	if (!c->as->date->quick || is_disguised(plan->dialect, c->as->date->pattern) ||
	    null_is_value(c))
		return TG_CSV_WITH_CARE;
	return TG_CSV_AS_DATE;
}

static enum tg_csv_way way_of(const struct tg_csv_plan *plan, const struct tg_csv_column *c)
{
	const struct tg_csv_dialect *d = plan->dialect;

	if (plan->gaps)
		return TG_CSV_WITH_CARE;
	switch (c->kind) {
	case TG_CSV_TEXT:
		if (d->escape >= 0 || (d->quote >= 0 && d->quote != '"'))
			return TG_CSV_WITH_CARE; /* its quote stands doubled where JSON wants it once */
		return c->nullable && c->as->null.n ? TG_CSV_AS_STRING_OR_NULL : TG_CSV_AS_STRING;
	case TG_CSV_NUMBER:
	case TG_CSV_INTEGER:
	case TG_CSV_DECIMAL:
		return number_way(plan, c);
	case TG_CSV_DATE:
		return date_way(plan, c);
	case TG_CSV_BOOLEAN:
	case TG_CSV_NULL:
		break;
	}
	return TG_CSV_WITH_CARE;
}

static struct tg_csv_piece make_piece(const struct tg_csv_plan *plan, size_t i,
				      struct tg_arena *arena)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	const struct tg_csv_column *c = &plan->column[i];
	enum tg_csv_way way = way_of(plan, c);
	struct tg_str copy;

	if (c->ignored)
		return (struct tg_csv_piece){ .p = tg_arena_copy(arena, TG_STR("")).p, .way = way };
	if (i || !plan->open.n)
		tg_buffer_putc(&text, i ? ',' : '{');
	else
		tg_buffer_put_str(&text, plan->open);
	tg_json_put_string(&text, c->name);
	tg_buffer_putc(&text, ':');
	if (way == TG_CSV_AS_STRING)
		tg_buffer_putc(&text, '"');
	copy = tg_arena_copy(arena, tg_buffer_str(&text));
	return (struct tg_csv_piece){ copy.p, (uint32_t)copy.n, way };
}

/* The pieces, each with the quote that ends a string before it. */
static const struct tg_csv_piece *join_pieces(struct tg_csv_plan *plan, struct tg_arena *arena)
{
	struct tg_csv_piece *joined = tg_arena_array(arena, plan->columns, sizeof(*joined));

	plan->slim = plan->strings = true;
	if (plan->gaps || plan->tail.n || plan->provenance)
		return NULL;
	for (size_t i = 0; i < plan->columns; i++) {
		const struct tg_csv_piece *piece = &plan->piece[i];
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

		if (i && piece[-1].way == TG_CSV_AS_STRING)
			tg_buffer_putc(&text, '"');
		tg_buffer_put(&text, piece->p, piece->n);
		joined[i] = *piece;
		joined[i].p = tg_arena_copy(arena, tg_buffer_str(&text)).p;
		joined[i].n = (uint32_t)text.n;
		plan->slim &= text.n <= TG_CSV_SLIM;
		plan->strings &= piece->way == TG_CSV_AS_STRING;
	}
	return joined;
}

void tg_csv_plan_make(struct tg_csv_plan *plan, struct tg_arena *arena)
{
	static const struct tg_place far = { .line = UINT64_MAX, .offset = UINT64_MAX };
	struct tg_place at = far;

	plan->gaps = plan->dialect->empty_is_absent;
	for (size_t i = 0; i < plan->columns; i++)
		plan->gaps |= plan->column[i].ignored;
	plan->piece = tg_arena_array(arena, plan->columns, sizeof(*plan->piece));
	plan->fixed = TG_SLACK;
	plan->null_sizes = 0;
	for (size_t i = 0; i < plan->columns; i++) {
		struct tg_spellings nulls = plan->column[i].as->null;

		for (size_t k = 0; k < nulls.n; k++)
			plan->null_sizes |= UINT64_C(1)
					    << (nulls.text[k].n < 63 ? nulls.text[k].n : 63);
		plan->piece[i] = make_piece(plan, i, arena);
		plan->fixed += plan->piece[i].n + 16; /* quotes, words, what a number may gain */
		if (plan->column[i].kind == TG_CSV_DATE)
			plan->fixed += TG_DATE_MAX;
	}
	plan->joined = join_pieces(plan, arena);
	if (plan->provenance) {
		at.file = plan->file;
		tg_buffer_clear(&plan->scratch);
		tg_source_put_provenance(&plan->scratch, &at);
		plan->fixed += plan->scratch.n + 1;
	}
	tg_csv_emit_choose(plan);
}

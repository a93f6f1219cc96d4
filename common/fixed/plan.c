#include "common/fixed/op.h"

#include "common/json/text.h"

/* What is quick about a field: nothing, where bytes may mean null or blanks something else than what they are. */
static enum tg_fixed_way way_of(const struct tg_fixed_field *f)
{
	bool plain = f->null.n == 0 && f->blank <= TG_BLANK_TEXT;

	if (!plain || f->as_text)
		return f->type == TG_FIXED_TEXT && plain && !(f->trim && f->pad_left) &&
				       f->blank == TG_BLANK_TEXT
			       ? (f->set->ascii_based ? TG_WAY_TEXT : TG_WAY_TABLE)
			       : TG_WAY_CARE;
	switch (f->type) {
	case TG_FIXED_TEXT:
		if (f->blank != TG_BLANK_TEXT || (f->trim && f->pad_left))
			return TG_WAY_CARE;
		return f->set->ascii_based ? TG_WAY_TEXT : TG_WAY_TABLE;
	case TG_FIXED_NUMBER:
		if (f->width > TG_QUICK_DIGITS || f->point != TG_POINT_IMPLIED || f->scale < 0 ||
		    f->scale > TG_QUICK_DIGITS ||
		    (f->pad != f->set->zero && !(f->trim && f->pad_left)))
			return TG_WAY_CARE;
		if (f->sign == TG_SIGN_OVER_TRAILING || f->sign == TG_SIGN_OVER_TRAILING_ASCII)
			return TG_WAY_ZONED;
		return f->sign == TG_SIGN_NONE ? TG_WAY_DIGITS : TG_WAY_CARE;
	case TG_FIXED_PACKED:
		return f->width <= TG_QUICK_PACKED && f->sign == TG_SIGN_NIBBLE && !f->dated &&
				       f->scale >= 0 && f->scale <= TG_QUICK_DIGITS
			       ? TG_WAY_PACKED
			       : TG_WAY_CARE;
	case TG_FIXED_DATE:
		if (!f->date.quick || f->width != f->date.width || f->width > TG_QUICK_DIGITS)
			return TG_WAY_CARE;
		return f->set->ascii_based || (f->set->zoned && f->date.literals == 0)
			       ? TG_WAY_DATE
			       : TG_WAY_CARE;
	case TG_FIXED_BINARY:
		return !f->dated && f->scale >= 0 && f->scale <= TG_QUICK_DIGITS ? TG_WAY_BINARY
										 : TG_WAY_CARE;
	case TG_FIXED_BOOLEAN:
	case TG_FIXED_FILLER:
	case TG_FIXED_GROUP:
		break;
	}
	return TG_WAY_CARE;
}

static struct tg_str make_piece(struct tg_str name, struct tg_arena *arena)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_buffer_putc(&text, ',');
	tg_json_put_string(&text, name);
	tg_buffer_putc(&text, ':');
	return tg_arena_copy(arena, tg_buffer_str(&text));
}

struct making {
	const struct tg_fixed_layout *layout;
	struct tg_arena *arena;
	size_t most, value_most;
};

static struct tg_fixed_op *make_ops(struct making *m, const struct tg_fixed_field *field,
				    size_t fields, size_t times, size_t *ops);

static void make_op(struct making *m, const struct tg_fixed_field *f, size_t times,
		    struct tg_fixed_op *op)
{
	size_t items = f->occurs ? f->occurs : 1;
	size_t bytes = (size_t)f->width * (m->layout->characters ? 4 : 1);
	size_t most = tg_fixed_value_most(f, bytes);

	*op = (struct tg_fixed_op){
		.field = f,
		.at = f->at,
		.width = f->width,
		.slot = f->slot,
		.pad = f->pad,
		.decimals = (uint8_t)(f->scale > 0 ? f->scale : 0),
		.trim = !f->trim      ? TG_TRIM_NOT
			: f->pad_left ? TG_TRIM_LEFT
				      : TG_TRIM_RIGHT,
	};
	if (f->type == TG_FIXED_NUMBER && f->pad == f->set->zero)
		op->trim = TG_TRIM_NOT; /* leading zeros are digits */
	op->zero = f->set->zero;
	op->over = f->sign == TG_SIGN_OVER_TRAILING ? f->set->over : f->set->over_ascii;
	op->way = op->plain = f->type == TG_FIXED_FILLER ? TG_WAY_CHECK : way_of(f);
	if (f->occurs || f->type == TG_FIXED_GROUP || f->when.tests || f->unlesses)
		op->way = TG_WAY_LIST;
	if (f->type != TG_FIXED_FILLER)
		op->piece = make_piece(f->name, m->arena);
	if (op->way == TG_WAY_TEXT && op->trim == TG_TRIM_RIGHT && f->width <= TG_QUICK_TEXT &&
	    op->piece.n < TG_QUICK_TEXT && f->slot == TG_SLOT_NONE)
		op->way = TG_WAY_SHORT;
	if (f->type == TG_FIXED_GROUP)
		op->op = make_ops(m, f->field, f->fields, times * items, &op->ops);
	m->most += times * (op->piece.n + 2 + items * ((f->type == TG_FIXED_GROUP ? 0 : most) + 3));
	if (most > m->value_most)
		m->value_most = most;
}

/* Fillers that may be anything are left out. */
static struct tg_fixed_op *make_ops(struct making *m, const struct tg_fixed_field *field,
				    size_t fields, size_t times, size_t *ops)
{
	struct tg_fixed_op *op = tg_arena_array(m->arena, fields + 1, sizeof(*op));

	*ops = 0;
	for (size_t i = 0; i < fields; i++)
		if (field[i].type != TG_FIXED_FILLER || field[i].valued)
			make_op(m, &field[i], times, &op[(*ops)++]);
	return op;
}

void tg_fixed_plan_make(struct tg_fixed_plan *plan, const struct tg_fixed_layout *layout,
			const struct tg_fixed_kind *kind, struct tg_arena *arena)
{
	struct making m = { .layout = layout, .arena = arena, .most = 2 * TG_SLACK };

	plan->emit = tg_fixed_emitter_choose();
	plan->kind = kind;
	plan->op = make_ops(&m, kind->field, kind->fields, 1, &plan->ops);
	plan->record = TG_STR_NONE;
	if (kind->as.p) {
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

		tg_buffer_puts(&text, ",\"record\":");
		tg_json_put_string(&text, kind->as);
		plan->record = tg_arena_copy(arena, tg_buffer_str(&text));
	}
	plan->most = m.most + plan->record.n;
	plan->value_most = m.value_most;
}

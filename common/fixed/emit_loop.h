/*
 * emit_loop: inside emit.c, which includes this once for each kind of machine, with
 *
 *	EMIT_NAME	what the function is called
 *	EMIT_TARGET	the instructions that it may use
 *	EMIT_TEXT	writes a text in the quick way; not there: there are no quick ways
 *	EMIT_SHORT	writes short texts, one after the other, as far as they are plain; not there: they are as others
 *	EMIT_TABLE	the same of a text in another code page
 *
 * What a quick way finds out of the ordinary is done again in the careful one.
 * The members begin with a comma each, the first one too. Groups come here again, as deep as the layout has them.
 */

EMIT_TARGET static char *EMIT_NAME(const struct tg_fixed_op *op, size_t ops,
				   struct tg_fixed_row *row, size_t base, char *to)
{
	for (const struct tg_fixed_op *end = op + ops; op < end; op++) {
		struct tg_str bytes;
		char *value, *behind;

#ifdef EMIT_SHORT
		if (op->way == TG_WAY_SHORT && !row->index) {
			to = EMIT_SHORT(&op, end, row->p + base, to);
			if (op == end)
				break;
		}
#endif
		if (TG_UNLIKELY(op->way >= TG_WAY_CHECK)) {
			if (op->way == TG_WAY_LIST) {
				to = put_list(op, row, base, to, EMIT_NAME);
			} else {
				bytes = tg_fixed_bytes(row, base + op->at, op->width);
				to = put_carefully(op->field, row, bytes, to);
			}
			if (TG_UNLIKELY(!to))
				return NULL;
			continue;
		}
		value = put_piece(to, op->piece);
		behind = NULL;
#ifdef EMIT_TEXT
		if (TG_LIKELY(!row->index)) {
			const char *p = row->p + base + op->at;

			switch (op->way) {
			case TG_WAY_SHORT:
			case TG_WAY_TEXT:
				behind = EMIT_TEXT(op, p, value);
				break;
			case TG_WAY_TABLE:
				behind = EMIT_TABLE(op, p, value);
				break;
			case TG_WAY_DIGITS:
				behind = put_written(op, p, value, false);
				break;
			case TG_WAY_ZONED:
				behind = put_written(op, p, value, true);
				break;
			case TG_WAY_PACKED:
				behind = put_packed(op, p, value);
				break;
			case TG_WAY_BINARY:
				behind = put_binary(op, p, value);
				break;
			case TG_WAY_DATE:
				behind = put_day(op, p, value);
				break;
			case TG_WAY_CARE:
			case TG_WAY_CHECK:
			case TG_WAY_LIST:
				break;
			}
		}
#endif
		if (TG_UNLIKELY(!behind)) {
			bytes = tg_fixed_bytes(row, base + op->at, op->width);
			behind = put_carefully(op->field, row, bytes, value);
			if (!behind)
				return NULL;
		}
		if (op->slot != TG_SLOT_NONE)
			row->slot[op->slot] = tg_str_from(value, (size_t)(behind - value));
		to = behind;
	}
	return to;
}

#undef EMIT_NAME
#undef EMIT_TARGET
#undef EMIT_TEXT
#undef EMIT_SHORT
#undef EMIT_TABLE

/*
 * emit_loop: inside emit.c, which includes this once for each kind of machine, with
 *
 *	EMIT_NAME	what the function is called
 *	EMIT_TARGET	the instructions that it may use
 *	EMIT_STRINGS	what the one for a row of strings is called
 *	EMIT_TEXT	writes the inside of a JSON string
 *	EMIT_COPY	the same of what needs no escapes
 */

/* A row whose values are all strings without escapes. slim is known where this is called. */
EMIT_TARGET static inline char *EMIT_STRINGS(const struct tg_csv_piece *piece, size_t columns,
					     const char *text, const struct tg_csv_field *field,
					     bool slim, char *to)
{
	const struct tg_csv_field *end = field + columns;

	do {
		if (slim) {
			memcpy(to, piece->p, TG_CSV_SLIM);
			to += piece++->n;
		} else {
			to = tg_csv_put_piece(to, piece++);
		}
		to = EMIT_COPY(to, text + field->at, tg_csv_field_n(field));
	} while (++field < end);
	memcpy(to, "\"}\n", 4);
	return to + 3;
}

EMIT_TARGET static char *EMIT_NAME(struct tg_csv_plan *plan, const struct tg_csv_rows *rows,
				   size_t *at, size_t end, uint64_t offset, char *to)
{
	const char *text = rows->text;
	const struct tg_csv_piece *joined = plan->columns ? plan->joined : NULL;
	const struct tg_csv_piece *pieces = joined ? joined : plan->piece;
	size_t columns = plan->columns, doubled = rows->raw && plan->dialect->quote == '"';

	for (; *at < end; ++*at) {
		const struct tg_csv_row *row = &rows->row[*at];
		const struct tg_csv_field *field = &rows->field[row->field];
		char *start = to;

		if (TG_UNLIKELY(row->code || row->fields != columns ||
				(tg_csv_field_n(field) == plan->first.n &&
				 memcmp(text + field->at, plan->first.p, plan->first.n) == 0)))
			return to;
		if (TG_LIKELY(plan->strings && joined && row->plain)) {
			to = plan->slim ? EMIT_STRINGS(joined, columns, text, field, true, to)
					: EMIT_STRINGS(joined, columns, text, field, false, to);
			continue;
		}
		for (size_t i = 0; i < columns; i++, field++) {
			const struct tg_csv_piece *piece = &pieces[i];
			const char *p = text + field->at;
			size_t n = tg_csv_field_n(field);
			uint32_t point;

			to = tg_csv_put_piece(to, piece);
			switch (piece->way) {
			case TG_CSV_AS_STRING:
				to = row->plain ? EMIT_COPY(to, p, n)
						: EMIT_TEXT(to, p, n, doubled);
				if (TG_UNLIKELY(!joined))
					*to++ = '"';
				continue;
			case TG_CSV_AS_STRING_OR_NULL:
				if (may_be_null(plan, n))
					break;
				*to++ = '"';
				to = row->plain ? EMIT_COPY(to, p, n)
						: EMIT_TEXT(to, p, n, doubled);
				*to++ = '"';
				continue;
			case TG_CSV_AS_NUMBER:
			case TG_CSV_AS_INTEGER:
				if (!is_number(p, n, piece->way == TG_CSV_AS_INTEGER, '.', &point))
					break;
				memcpy(to, p, NUMBER_MAX);
				to += n;
				continue;
			case TG_CSV_AS_DECIMAL:
			case TG_CSV_AS_DATE:
			case TG_CSV_WITH_CARE:
				break;
			}
			to = tg_csv_put_value(plan, rows, field, i, to);
			if (TG_UNLIKELY(!to))
				return start;
		}
		if (joined) {
			*to = '"';
			to += pieces[columns - 1].way == TG_CSV_AS_STRING;
			memcpy(to, "}\n", 2);
			to += 2;
			continue;
		}
		if (TG_UNLIKELY(plan->tail.n))
			to = put_word(to, plan->tail);
		if (plan->provenance)
			to = tg_csv_put_source(plan, rows, row, offset, to);
		if (TG_UNLIKELY(plan->gaps)) { /* the first member may be left out */
			to += to == start;
			*start = '{';
		}
		*to++ = '}';
		*to++ = '\n';
	}
	return to;
}

#undef EMIT_NAME
#undef EMIT_STRINGS
#undef EMIT_COPY
#undef EMIT_TARGET
#undef EMIT_TEXT

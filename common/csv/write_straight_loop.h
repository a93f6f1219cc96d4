/*
 * write_straight_loop: inside write_straight.c, which includes this once for each kind of machine, with
 *
 *	STRAIGHT_NAME	what the function is called
 *	STRAIGHT_TARGET	the instructions that it may use
 *	STRAIGHT_PLAIN	copies a text and gives its end, or NULL: it has a delimiter or a quote
 *	STRAIGHT_COPY	copies a text
 */

STRAIGHT_TARGET static char *STRAIGHT_NAME(struct tg_csv_writer *c, const struct tg_record *rec,
					   char *to)
{
	/* Copies, which no store into the row can change. */
	const struct tg_csv_form *const form = &c->form;
	const struct tg_csv_straight *column = c->straight, *const columns_end =
								    column + c->targets;
	const struct tg_span *const span = rec->span,
				    *key = span + 1, *const end = span + span->next;
	const char *const text = rec->text.p;
	const struct signs signs = signs_of(&c->dialect);

	if (TG_UNLIKELY(rec->source))
		return NULL;
	for (; column < columns_end; column++) {
		const struct tg_span value = key[1];
		const char *p = text + value.at;
		bool careful = value.kind != TG_STRING || (value.flags & TG_SPAN_ESCAPED) ||
			       (column->careful >> (value.n < 63 ? value.n : 63) & 1);
		char *stop;

		if (TG_UNLIKELY(key >= end || !is_key(column, text + key->at, key)))
			return NULL;
		if (TG_LIKELY(!careful && value.n))
			careful = form->first[(unsigned char)p[0]] |
				  form->last[(unsigned char)p[value.n - 1]];
		if (TG_UNLIKELY(careful)) {
			to = put_other(c, (size_t)(column - c->straight), rec,
				       (uint32_t)(key + 1 - span), to);
			if (!to)
				return NULL;
		} else {
			stop = STRAIGHT_PLAIN(form, signs, p, value.n, to);
			if (!stop && signs.quotes) {
				*to = '"';
				stop = STRAIGHT_COPY(to + 1, p, value.n);
				*stop++ = '"';
			} else if (TG_UNLIKELY(!stop)) {
				stop = put_other(c, (size_t)(column - c->straight), rec,
						 (uint32_t)(key + 1 - span), to);
				if (!stop)
					return NULL;
			}
			to = stop;
		}
		memcpy(to, signs.delimiter, TG_CSV_DELIMITER_MAX);
		to += signs.delimiter_n;
		key = span + value.next;
	}
	return key == end ? to - signs.delimiter_n : NULL;
}

#undef STRAIGHT_NAME
#undef STRAIGHT_TARGET
#undef STRAIGHT_PLAIN
#undef STRAIGHT_COPY

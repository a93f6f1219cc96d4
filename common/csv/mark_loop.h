/*
 * mark_loop: inside mark.c, which includes this once for each kind of machine, with
 *
 *	MARK_NAME	what the function is called
 *	MARK_TARGET	the instructions that it may use
 *	MARK_BITS	gives what 64 bytes are (struct bits)
 *	MARK_PARITY	gives a word whose bit i is the exclusive or of bits 0 to i of the given one
 *
 * It is a header because only so does every compiler make one loop of it all.
 */

MARK_TARGET static void MARK_NAME(struct tg_csv_marks *m, const char *p, size_t n)
{
	/* What the word before says about this one: all its bits, or the lowest ones. */
	uint64_t inside = 0, may_open = 1, closed = 0, returned = 0, begun = 0;
	uint32_t *separator = m->separator, *inner = m->inner;
	const struct tg_csv_wanted wanted = m->wanted; /* no store below can change it */
	unsigned tail = wanted.delimiter_n - 1;
	bool row = false;

	/* Of a delimiter of several bytes all are looked at from its first on, and no further than the slack reaches. */
	for (size_t at = 0; at + tail < n && at < TG_CSV_PIECE_MAX && !(row && at >= TG_CSV_PIECE);
	     at += 64) {
		struct bits b = MARK_BITS(&wanted, p + at);
		uint64_t in, feed, delimiter, ended, mark, close, fault;

		b.quote &= wanted.quoting;
		in = MARK_PARITY(b.quote) ^ inside;
		inside = UINT64_C(0) - (in >> 63);
		feed = b.line_feed & ~in;
		delimiter = b.delimiter & ~in;
		ended = delimiter;
		if (tail) {
			if (wanted.overlaps)
				delimiter = apart(delimiter, begun, tail);
			ended = delimiter << tail | begun;
			begun = delimiter >> (64 - tail);
		}
		mark = delimiter | feed;
		close = b.quote & ~in;
		ended |= feed | close; /* what a quote may open behind */
		fault = b.quote & in & ~(ended << 1 | may_open);
		fault |= (close << 1 | closed) & ~(mark | b.quote | b.carriage_return);
		fault |= ((b.carriage_return & ~in) << 1 | returned) & ~b.line_feed;
		may_open = ended >> 63;
		closed = close >> 63;
		returned = (b.carriage_return & ~in) >> 63;

		if (TG_UNLIKELY(fault || n - at < 64)) {
			uint64_t good = n - at < 64 ? (UINT64_C(1) << (n - at)) - 1 : ~UINT64_C(0);

			fault &= good;
			if (fault)
				good = (fault & (UINT64_C(0) - fault)) - 1;
			mark &= good;
			feed &= good;
			b.line_feed &= good;
		}
		separator = put_places(separator, mark, (uint32_t)at);
		if (TG_UNLIKELY(b.line_feed & in))
			inner = put_places(inner, b.line_feed & in, (uint32_t)at);
		row |= feed != 0;
		if (TG_UNLIKELY(fault))
			break;
	}
	m->separators = (size_t)(separator - m->separator);
	m->inners = (size_t)(inner - m->inner);
}

#undef MARK_NAME
#undef MARK_TARGET
#undef MARK_BITS
#undef MARK_PARITY

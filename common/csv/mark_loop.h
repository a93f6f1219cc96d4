/*
 * mark_loop: inside mark.c, which includes this once for each kind of machine, with
 *
 *	MARK_NAME	what the function is called
 *	MARK_BODY	what its inside is called
 *	MARK_TARGET	the instructions that it may use
 *	MARK_BITS	gives what 64 bytes are (struct bits)
 *	MARK_EQUAL	gives which of 64 bytes are the given one
 *	MARK_PARITY	gives a word whose bit i is the exclusive or of bits 0 to i of the given one
 *	MARK_PLACES	writes separators (put_separators)
 *	MARK_CALM	whether words of fields without quotes are looked for first: they take half the time, and are guessed wrongly
 *			now and then
 *
 * It is a header because only so does every compiler make one loop of it all.
 */

/* tail is known where this is called, so that delimiters of one byte pay nothing for the longer ones. */
MARK_TARGET static inline void MARK_BODY(struct tg_csv_marks *m, const char *p, size_t n,
					 unsigned tail)
{
	/* What the word before says about this one: all its bits, or the lowest ones. */
	uint64_t inside = 0, starts = 1, closed = 0, returned = 0, begun = 0;
	uint64_t odd =
		0; /* the piece has such bytes: one branch that is guessed rightly most of the time */
	const struct tg_csv_wanted wanted = m->wanted; /* no store below can change it */
	uint32_t *separator = m->separator, *feeds = m->feed;
	const uint32_t *enough = feeds + TG_CSV_ROWS;

	m->inners = m->specials = 0;
	/* Of a delimiter of several bytes all are looked at from its first on, and no further than the slack reaches. */
	for (size_t at = 0; at + tail < n && at < TG_CSV_PIECE_MAX && feeds < enough &&
			    !(at >= TG_CSV_PIECE && feeds > m->feed);
	     at += 64) {
		struct bits b = MARK_BITS(&wanted, p + at, tail);
		uint64_t quote, in, feed, delimiter, start, mark, opened, close, fault, back = 0,
											special;

		if (MARK_CALM && tail == 0 &&
		    TG_LIKELY(!(b.quote | (b.odd & ~(b.delimiter | b.line_feed)) | inside | closed |
				returned)) &&
		    TG_LIKELY(n - at > 64 && p[at + 64] != wanted.quote)) {
			separator =
				MARK_PLACES(separator, b.delimiter | b.line_feed, 0, (uint32_t)at);
			feeds = put_few(feeds, b.line_feed, (uint32_t)at);
			starts = (b.delimiter | b.line_feed) >> 63;
			continue;
		}
		quote = b.quote & wanted.quoting;
		in = MARK_PARITY(quote) ^ inside;
		feed = b.line_feed & ~in;
		delimiter = b.delimiter & ~in;
		start = delimiter;
		close = quote & ~in;
		inside = UINT64_C(0) - (in >> 63);
		if (tail) {
			if (wanted.overlaps)
				delimiter = apart(delimiter, begun, tail);
			start = delimiter << tail | begun;
			begun = delimiter >> (64 - tail);
		}
		mark = delimiter | feed;
		start |= feed;
		/* What opens where no field starts opens behind a quote that closed, or it is a fault. */
		opened = quote & in & ~(start << 1 | starts);
		fault = opened & ~(close << 1 | closed);
		odd |= b.odd & ~b.line_feed;
		if (TG_UNLIKELY(odd | returned)) {
			back = MARK_EQUAL(p + at, '\r') & ~in;
			fault |= (back << 1 | returned) & ~b.line_feed;
			returned = back >> 63;
		}
		fault |= (close << 1 | closed) & ~(mark | quote | back);
		special = (b.odd & ~(mark | back)) | (b.quote & ~wanted.quoting) | opened;
		starts = start >> 63;
		closed = close >> 63;

		if (TG_UNLIKELY(fault || n - at < 64)) {
			uint64_t good = n - at < 64 ? (UINT64_C(1) << (n - at)) - 1 : ~UINT64_C(0);

			fault &= good;
			if (fault)
				good = (fault & (UINT64_C(0) - fault)) - 1;
			mark &= good;
			feed &= good;
			b.line_feed &= good;
		}
		separator =
			MARK_PLACES(separator, mark,
				    (quote >> 1 | (uint64_t)(p[at + 64] == wanted.quote) << 63) &
					    wanted.quoting,
				    (uint32_t)at);
		feeds = put_few(feeds, feed, (uint32_t)at);
		if (TG_UNLIKELY(special)) {
			put_more(m->special, &m->specials, special, (uint32_t)at);
			put_more(m->inner, &m->inners, b.line_feed & in, (uint32_t)at);
		}
		if (TG_UNLIKELY(fault))
			break;
	}
	m->separators = (size_t)(separator - m->separator);
	m->feeds = (size_t)(feeds - m->feed);
	m->odd = odd;
}

MARK_TARGET static void MARK_NAME(struct tg_csv_marks *m, const char *p, size_t n)
{
	if (m->wanted.delimiter_n == 1)
		MARK_BODY(m, p, n, 0);
	else
		MARK_BODY(m, p, n, m->wanted.delimiter_n - 1);
}

#undef MARK_NAME
#undef MARK_BODY
#undef MARK_TARGET
#undef MARK_BITS
#undef MARK_EQUAL
#undef MARK_PARITY
#undef MARK_PLACES
#undef MARK_CALM

/*
 * count_loop: inside str.c, which includes this once for each kind of machine, with
 *
 *	COUNT_NAME	what the function is called
 *	COUNT_TARGET	the instructions that it may use
 *	COUNT_WIDE	a vector of bytes
 */

COUNT_TARGET static void COUNT_NAME(struct tg_str s, char a, char b, size_t *of_a, size_t *of_b)
{
	enum { WIDE = sizeof(COUNT_WIDE), MOST = 255 };
	COUNT_WIDE as, bs;

	memset(&as, a, WIDE);
	memset(&bs, b, WIDE);
	while (s.n >= WIDE) {
		size_t steps = s.n / WIDE < MOST ? s.n / WIDE : MOST;
		COUNT_WIDE equal_a = { 0 }, equal_b = { 0 }, bytes;

		for (size_t i = 0; i < steps; i++) {
			memcpy(&bytes, s.p + i * WIDE, WIDE);
			equal_a -= (COUNT_WIDE)(bytes == as); /* what is equal is -1 */
			equal_b -= (COUNT_WIDE)(bytes == bs);
		}
		for (size_t i = 0; i < WIDE; i++) {
			*of_a += equal_a[i];
			*of_b += equal_b[i];
		}
		s = tg_str_after(s, steps * WIDE);
	}
	for (size_t i = 0; i < s.n; i++) {
		*of_a += s.p[i] == a;
		*of_b += s.p[i] == b;
	}
}

#undef COUNT_NAME
#undef COUNT_TARGET
#undef COUNT_WIDE

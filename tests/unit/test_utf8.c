/* The wide variants of the UTF-8 check and count, against the decoder that takes a character at a time. */
#include "common/base/cpu.h"
#include "common/base/utf8.h"
#include "tests/unit/tap.h"

static uint64_t state = 1;

/* splitmix64 */
static size_t below(size_t n)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (size_t)((z ^ z >> 31) % n);
}

static size_t slow_check(struct tg_str s)
{
	size_t i = 0, size;

	while (i < s.n && tg_utf8_decode(tg_str_after(s, i), &size) != UINT32_MAX)
		i += size;
	return i;
}

static size_t slow_count(struct tg_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

/* How many levels say otherwise than the decoder. */
static unsigned differ(struct tg_str s)
{
	static const char *const level[] = { "scalar", "neon", "sse2", "avx2", "avx512" };
	size_t expected = slow_check(s);
	unsigned wrong = 0;

	for (size_t i = 0; i < TG_COUNT(level); i++) {
		if (tg_cpu_choose(level[i]))
			wrong += tg_utf8_check(s) != expected;
	}
	return wrong + !tg_cpu_choose(NULL);
}

/* Each pair of bytes, with what may come behind it, at the seams of steps of 16, 32 and more, and as the last of the text. */
TEST(every_pair_of_bytes)
{
	static const unsigned char third[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90,
					       0x9f, 0xa0, 0xbf, 0xc2, 0xff };
	static const size_t place[] = { 0,  13, 14, 15, 16, 29, 30,  31,
					32, 61, 62, 63, 94, 95, 127, 159 };
	char text[200 + TG_SLACK];
	unsigned wrong = 0;

	for (unsigned pair = 0x8000; pair < 0x10000; pair++) {
		size_t at = place[pair % TG_COUNT(place)];

		memset(text, 'x', sizeof(text));
		text[at] = (char)(pair >> 8);
		text[at + 1] = (char)pair;
		for (size_t i = 0; i < TG_COUNT(third); i++) {
			text[at + 2] = (char)third[i];
			text[at + 3] = (char)third[(i + pair) % TG_COUNT(third)];
			wrong += differ(tg_str_from(text, 200));
			wrong += differ(tg_str_from(text, at + 1 + i % 4));
		}
	}
	is_int("texts judged otherwise", wrong, 0);
}

static size_t make(char *text, size_t n)
{
	size_t used = 0, dense = 1 + below(20);

	while (used + 4 <= n) {
		uint32_t c = (uint32_t)(below(dense) ? 0x20 + below(0x5f) : below(0x110000));

		if (c < 0xd800 || c > 0xdfff)
			used += tg_utf8_encode(c, text + used);
	}
	return used;
}

/* Good texts of every length, then with a byte changed or cut anywhere; what stands behind the end goes on in the middle. */
TEST(texts_with_a_byte_changed)
{
	char text[512 + TG_SLACK];
	unsigned wrong = 0, counts = 0;

	for (size_t round = 0; round < 60000; round++) {
		size_t n = make(text, below(512));

		memset(text + n, 0xbf, TG_SLACK);
		wrong += differ(tg_str_from(text, n));
		is_int("good", (long long)slow_check(tg_str_from(text, n)), (long long)n);
		counts += tg_utf8_count(tg_str_from(text, n)) != slow_count(tg_str_from(text, n));
		if (n == 0)
			continue;
		wrong += differ(tg_str_from(text, below(n)));
		text[below(n)] = (char)(below(2) ? below(256) : 0x80 + below(0x40));
		wrong += differ(tg_str_from(text, n));
	}
	is_int("texts judged otherwise", wrong, 0);
	is_int("counts", counts, 0);
}

TEST(long_texts_are_counted)
{
	static char text[20000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i % 3 == 0 ? 0xe2 : 0x82);
	for (size_t n = 0; n < sizeof(text); n += 1 + n / 7)
		is_int("code points", (long long)tg_utf8_count(tg_str_from(text, n)),
		       (long long)slow_count(tg_str_from(text, n)));
}

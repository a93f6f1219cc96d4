#include "common/csv/write_straight.h"

#include "common/base/cpu.h"
#include "common/csv/plain.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

static inline uint64_t load64(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Behind a key there is TG_SLACK at least. */
static inline bool is_key(const struct tg_csv_straight *column, const char *p,
			  const struct tg_span *key)
{
	uint64_t differs = ((load64(p) ^ column->word[0]) & column->mask[0]) |
			   ((load64(p + 8) ^ column->word[1]) & column->mask[1]);

	return !differs && key->n == column->member.n && !(key->flags & TG_SPAN_ESCAPED) &&
	       (TG_LIKELY(key->n <= 16) || memcmp(p + 16, column->member.p + 16, key->n - 16) == 0);
}

/* Of the dialect, in one piece. */
struct signs {
	char delimiter[TG_CSV_DELIMITER_MAX];
	unsigned delimiter_n;
	char quote;
	bool quotes; /* a text that is not escaped in JSON has no quote in it, so that quotes around it are enough */
};

static struct signs signs_of(const struct tg_csv_dialect *d)
{
	struct signs s = { .delimiter_n = d->delimiter_n,
			   .quote = tg_csv_plain_quote(d),
			   .quotes = d->quote == '"' && d->escape < 0 };

	memcpy(s.delimiter, d->delimiter, sizeof(s.delimiter));
	return s;
}

/* Any value; NULL where there is something about it. */
__attribute__((__noinline__)) static char *
put_other(struct tg_csv_writer *c, size_t i, const struct tg_record *rec, uint32_t value, char *to)
{
	c->value[i] = value;
	return tg_csv_writer_put_value(c, i, rec, &to) ? NULL : to;
}

static inline char *copy(char *to, const char *p, size_t n, size_t step)
{
	char *end = to + n;

	memcpy(to, p, step);
	while (TG_UNLIKELY(n > step)) {
		to += step;
		p += step;
		n -= step;
		memcpy(to, p, step);
	}
	return end;
}

static inline char *plain_scalar(const struct tg_csv_form *form, struct signs signs, const char *p,
				 size_t n, char *to)
{
	(void)signs;
	return tg_csv_plain_scalar(form, p, n, to);
}

static inline char *copy_scalar(char *to, const char *p, size_t n)
{
	return copy(to, p, n, 16);
}

#define STRAIGHT_NAME straight_scalar
#define STRAIGHT_TARGET
#define STRAIGHT_PLAIN plain_scalar
#define STRAIGHT_COPY copy_scalar
#include "common/csv/write_straight_loop.h"

#if TG_CPU_X86

static inline char *plain_sse2(const struct tg_csv_form *form, struct signs signs, const char *p,
			       size_t n, char *to)
{
	(void)form;
	return tg_csv_plain_sse2(signs.delimiter[0], signs.quote, p, n, to);
}

#define STRAIGHT_NAME straight_sse2
#define STRAIGHT_TARGET
#define STRAIGHT_PLAIN plain_sse2
#define STRAIGHT_COPY copy_scalar
#include "common/csv/write_straight_loop.h"

#define AVX2 __attribute__((__target__("avx2,bmi,bmi2")))

AVX2 static inline char *plain_avx2(const struct tg_csv_form *form, struct signs signs,
				    const char *p, size_t n, char *to)
{
	__m256i delimiter = _mm256_set1_epi8(signs.delimiter[0]);
	__m256i quote = _mm256_set1_epi8(signs.quote);

	(void)form;
	for (;;) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
		uint32_t found = (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(
			_mm256_cmpeq_epi8(v, delimiter), _mm256_cmpeq_epi8(v, quote)));

		_mm256_storeu_si256((__m256i *)(void *)to, v);
		if (n <= 32)
			return _bzhi_u32(found, (unsigned)n) ? NULL : to + n;
		if (found)
			return NULL;
		to += 32;
		p += 32;
		n -= 32;
	}
}

AVX2 static inline char *copy_avx2(char *to, const char *p, size_t n)
{
	return copy(to, p, n, 32);
}

#define STRAIGHT_NAME straight_avx2
#define STRAIGHT_TARGET AVX2
#define STRAIGHT_PLAIN plain_avx2
#define STRAIGHT_COPY copy_avx2
#include "common/csv/write_straight_loop.h"

#endif

static struct tg_csv_straight straight_of(const struct tg_csv_writer *c,
					  const struct tg_csv_target *t)
{
	struct tg_csv_straight s = { .member = t->member };
	char mask[16] = { 0 };
	size_t n = t->member.n < sizeof(mask) ? t->member.n : sizeof(mask);

	memset(mask, 0xff, n);
	memcpy(s.word, t->member.p, n);
	memcpy(s.mask, mask, sizeof(mask));
	if (t->kind != TG_CSV_TEXT)
		s.careful = ~UINT64_C(0);
	else if (t->nullable)
		s.careful = c->form.null_sizes;
	if (c->form.alone || c->dialect.empty_is_absent)
		s.careful |= 1;
	return s;
}

void tg_csv_straight_make(struct tg_csv_writer *c)
{
	const struct tg_csv_dialect *d = &c->dialect;

	c->put_straight = NULL;
	/* What is asked of the values of a whole row is asked by their columns. */
	if (c->targets == 0 || c->kind || c->edges || c->encoding || c->pointers ||
	    d->ragged == TG_CSV_RAGGED_PADDED || (d->escape >= 0 && d->quote < 0))
		return;
	c->straight = tg_arena_array(c->setup->arena, c->targets, sizeof(*c->straight));
	for (size_t i = 0; i < c->targets; i++) {
		if (!c->target[i].member.p)
			return;
		c->straight[i] = straight_of(c, &c->target[i]);
	}
	c->put_straight = straight_scalar;
#if TG_CPU_X86
	if (tg_cpu_level() >= TG_CPU_SSE2)
		c->put_straight = straight_sse2;
	if (tg_cpu_level() >= TG_CPU_AVX2)
		c->put_straight = straight_avx2;
#endif
}

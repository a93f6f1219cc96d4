/*
 * A number is read as the digits of an integer, without zeros at its ends, times a power of ten: 012.50e3 is 125 times ten to the
 * 2nd. The power is the exponent as it was written plus an offset that is small, and only differences of powers are ever needed,
 * so an exponent of a million digits does no harm.
 */
#include "common/json/number.h"

#include "common/base/memory.h"
#include "common/json/grammar.h"

/* Powers at least so far apart count as that far; no text's length comes near it, and ten times it fits. */
#define FAR (INT64_C(1) << 59)

/* A divisor of up to so many digits is a word, with room for one more digit. */
#define WORD_DIGITS 18
#define WORD_TOP UINT64_C(1000000000000000000)

#define LIMB_DIGITS 9
#define LIMB_TOP 1000000000U

struct number {
	bool negative;
	const char *p;	/* the first digit that is no zero */
	size_t n;	/* digits from there to the last that is no zero; 0: the number is zero */
	size_t whole;	/* how many of them stand before the point */
	int64_t offset; /* the power of ten of the last digit, less the exponent */
	struct tg_str exponent; /* its digits without leading zeros */
	bool exponent_negative;
};

static struct number read(struct tg_str s)
{
	struct number a = { .negative = s.n && s.p[0] == '-' };
	size_t end, point, first, last;

	s = tg_str_after(s, a.negative);
	for (end = 0; end < s.n && (s.p[end] | 0x20) != 'e'; end++)
		;
	for (point = 0; point < end && s.p[point] != '.'; point++)
		;
	for (first = 0; first < end && (s.p[first] == '0' || s.p[first] == '.'); first++)
		;
	for (last = end; last > first && (s.p[last - 1] == '0' || s.p[last - 1] == '.'); last--)
		;
	if (first == last)
		return (struct number){ .negative = false };
	if (end < s.n) {
		a.exponent = tg_str_after(s, end + 1);
		a.exponent_negative = a.exponent.n && a.exponent.p[0] == '-';
		while (a.exponent.n && (a.exponent.p[0] < '1' || a.exponent.p[0] > '9'))
			a.exponent = tg_str_after(a.exponent, 1);
	}
	a.p = s.p + first;
	a.n = last - first;
	a.whole = a.n;
	if (first < point && point < last)
		a.whole = point - first, a.n--;
	a.offset = last <= point ? (int64_t)(point - last) : -(int64_t)(last - point - 1);
	return a;
}

/* The i-th digit, from 0. */
static unsigned digit(const struct number *a, size_t i)
{
	return (unsigned)(a->p[i + (i >= a->whole)] - '0');
}

/* The exponent of a less that of b, digit by digit; FAR or -FAR for what is as much or more. */
static int64_t exponent_gap(const struct number *a, const struct number *b)
{
	size_t n = a->exponent.n > b->exponent.n ? a->exponent.n : b->exponent.n;
	int64_t gap = 0;

	for (size_t left = n; left; left--) {
		int da = left > a->exponent.n ? 0 : a->exponent.p[a->exponent.n - left] - '0';
		int db = left > b->exponent.n ? 0 : b->exponent.p[b->exponent.n - left] - '0';

		gap = gap * 10 + (a->exponent_negative ? -da : da) -
		      (b->exponent_negative ? -db : db);
		if (gap >= FAR)
			return FAR; /* further digits only take it further away */
		if (gap <= -FAR)
			return -FAR;
	}
	return gap;
}

/* The power of ten of the last digit of a less that of b. */
static int64_t power_gap(const struct number *a, const struct number *b)
{
	return exponent_gap(a, b) + a->offset - b->offset;
}

static int compare_magnitudes(const struct number *a, const struct number *b)
{
	int64_t gap = power_gap(a, b) + (int64_t)a->n - (int64_t)b->n;

	if (gap)
		return gap < 0 ? -1 : 1;
	for (size_t i = 0; i < a->n || i < b->n; i++) {
		unsigned da = i < a->n ? digit(a, i) : 0, db = i < b->n ? digit(b, i) : 0;

		if (da != db)
			return da < db ? -1 : 1;
	}
	return 0;
}

int tg_number_compare(struct tg_str x, struct tg_str y)
{
	struct number a = read(x), b = read(y);
	int sign_a = a.n == 0	  ? 0
		     : a.negative ? -1
				  : 1,
	    sign_b = b.n == 0	  ? 0
		     : b.negative ? -1
				  : 1;

	if (sign_a != sign_b)
		return sign_a < sign_b ? -1 : 1;
	return sign_a * (sign_a ? compare_magnitudes(&a, &b) : 0);
}

bool tg_number_is_integer(struct tg_str x)
{
	static const struct number one = { .n = 1 };
	struct number a = read(x);

	return a.n == 0 || power_gap(&a, &one) >= 0;
}

bool tg_number_is_zero(struct tg_str x)
{
	return read(x).n == 0;
}

/* Whether the digits of a, with zeros more zeros behind, are a multiple of those of b, which make up a word. */
static bool is_multiple_of_word(const struct number *a, size_t zeros, const struct number *b)
{
	uint64_t divisor = 0, rest = 0;

	for (size_t i = 0; i < b->n; i++)
		divisor = divisor * 10 + digit(b, i);
	for (size_t i = 0; i < a->n + zeros; i++) {
		if (rest >= WORD_TOP)
			rest %= divisor;
		rest = rest * 10 + (i < a->n ? digit(a, i) : 0);
	}
	return rest % divisor == 0;
}

/* value = value * 10 + low; the lowest limb is first, and the last has room. */
static void append_digit(uint32_t *value, size_t limbs, uint32_t low)
{
	for (size_t i = 0; i < limbs; i++) {
		uint64_t limb = (uint64_t)value[i] * 10 + low;

		value[i] = (uint32_t)(limb % LIMB_TOP);
		low = (uint32_t)(limb / LIMB_TOP);
	}
}

/* value -= less when value is not below it, else false. */
static bool subtract(uint32_t *value, const uint32_t *less, size_t limbs)
{
	uint32_t borrow = 0;
	size_t top = limbs;

	while (top && value[top - 1] == less[top - 1])
		top--;
	if (top && value[top - 1] < less[top - 1])
		return false;
	for (size_t i = 0; i < limbs; i++) {
		uint32_t take = less[i] + borrow;

		borrow = value[i] < take;
		value[i] = value[i] + (borrow ? LIMB_TOP : 0) - take;
	}
	return true;
}

/* The same for longer b: division as by hand, a digit at a time. */
static bool is_multiple_of_long(const struct number *a, size_t zeros, const struct number *b)
{
	uint32_t few[2 * 64] = { 0 };
	size_t limbs = b->n / LIMB_DIGITS + 2;
	TG_OWN(tg_free_pointer)
	void *more = limbs > 64 ? tg_alloc_array(limbs, 2 * sizeof(uint32_t)) : NULL;
	uint32_t *divisor = more ? more : few, *rest = divisor + limbs, left = 0;

	for (size_t i = 0; i < b->n; i++)
		append_digit(divisor, limbs, digit(b, i));
	for (size_t i = 0; i < a->n + zeros; i++) {
		append_digit(rest, limbs, i < a->n ? digit(a, i) : 0);
		while (subtract(rest, divisor, limbs))
			;
	}
	for (size_t i = 0; i < limbs; i++)
		left |= rest[i];
	return left == 0;
}

bool tg_number_is_multiple(struct tg_str x, struct tg_str y)
{
	struct number a = read(x), b = read(y);
	int64_t gap = power_gap(&a, &b);

	TG_BUG_IF(b.n == 0);
	if (a.n == 0)
		return true;
	if (gap < 0) /* the digits of a end with no zero, so ten does not divide them */
		return false;
	/* Tens only help against the twos and fives in the digits of b, which are fewer than four a digit. */
	if (gap > 4 * (int64_t)b.n)
		gap = 4 * (int64_t)b.n;
	return b.n <= WORD_DIGITS ? is_multiple_of_word(&a, (size_t)gap, &b)
				  : is_multiple_of_long(&a, (size_t)gap, &b);
}

bool tg_number_is(struct tg_str s)
{
	bool fraction;
	const char *why;
	size_t n = tg_number_length((const unsigned char *)s.p, s.n, &fraction, &why);

	return !why && n == s.n;
}

/* Appends the sum of a number of more digits than a word holds, and a small one. */
static void put_long_sum(struct tg_buffer *out, struct tg_str digits, int64_t add)
{
	size_t start = out->n, zeros = 0;
	char *p;

	tg_buffer_putc(out, '0'); /* for a carry */
	tg_buffer_put_str(out, digits);
	p = out->p + start;
	for (size_t i = digits.n + 1; i-- && add;) {
		int64_t sum = p[i] - '0' + add, low = (sum % 10 + 10) % 10;

		p[i] = (char)('0' + low);
		add = (sum - low) / 10;
	}
	while (p[zeros] == '0')
		zeros++;
	memmove(p, p + zeros, digits.n + 1 - zeros);
	out->n -= zeros;
}

void tg_number_put_canonical(struct tg_buffer *out, struct tg_str x)
{
	struct number a = read(x);
	uint64_t exponent = 0;
	int64_t power;

	if (a.n == 0) {
		tg_buffer_putc(out, '0');
		return;
	}
	if (a.negative)
		tg_buffer_putc(out, '-');
	tg_buffer_put(out, a.p, a.whole);
	tg_buffer_put(out, a.p + a.whole + 1, a.n - a.whole);
	tg_buffer_putc(out, 'e');
	if (a.exponent.n > WORD_DIGITS) {
		if (a.exponent_negative)
			tg_buffer_putc(out, '-');
		put_long_sum(out, a.exponent, a.exponent_negative ? -a.offset : a.offset);
		return;
	}
	for (size_t i = 0; i < a.exponent.n; i++)
		exponent = exponent * 10 + (uint64_t)(a.exponent.p[i] - '0');
	power = (a.exponent_negative ? -(int64_t)exponent : (int64_t)exponent) + a.offset;
	if (power < 0)
		tg_buffer_putc(out, '-');
	tg_buffer_put_u64(out, power < 0 ? (uint64_t)-power : (uint64_t)power);
}

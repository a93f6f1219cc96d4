/*
 * The limbs are a number in base 10^9 whose digits may have either sign and be large: an addition touches only the limbs of the number
 * added, and carries are left for later. A limb takes 9 * 10^9 additions before it could overflow; they are settled long before.
 */
#include "common/json/sum.h"

#define LIMB_TOP INT64_C(1000000000)
#define ADDED_MAX (UINT32_C(1) << 31)

/* An exponent of more digits than this is beyond any sum, unless the number is zero. */
enum { EXPONENT_DIGITS = 9 };

static const int64_t ten_to[TG_SUM_LIMB] = { 1,	     10,      100,	1000,	  10000,
					     100000, 1000000, 10000000, 100000000 };

/* The digits of a number, and where its point is. */
struct digits {
	const char *p, *end;   /* with the point among them, perhaps */
	size_t before, behind; /* digits on either side of the written point */
	int64_t exponent;
	bool negative, beyond;
};

static bool is_zero(const struct digits *d)
{
	for (const char *p = d->p; p < d->end; p++)
		if (*p != '0' && *p != '.')
			return false;
	return true;
}

static void read_exponent(struct digits *d, struct tg_str s)
{
	bool negative = s.n && s.p[0] == '-';

	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = tg_str_after(s, 1);
	while (s.n && s.p[0] == '0')
		s = tg_str_after(s, 1);
	if (s.n > EXPONENT_DIGITS) {
		d->beyond = true;
		return;
	}
	for (size_t i = 0; i < s.n; i++)
		d->exponent = d->exponent * 10 + (s.p[i] - '0');
	if (negative)
		d->exponent = -d->exponent;
}

static struct digits read(struct tg_str s)
{
	struct digits d = { .negative = s.n && s.p[0] == '-' };
	size_t i = d.negative;

	d.p = s.p + i;
	for (; i < s.n && tg_digit((unsigned char)s.p[i]); i++)
		d.before++;
	if (i < s.n && s.p[i] == '.')
		for (i++; i < s.n && tg_digit((unsigned char)s.p[i]); i++)
			d.behind++;
	d.end = s.p + i;
	if (i < s.n)
		read_exponent(&d, tg_str_after(s, i + 1));
	return d;
}

/* Zeros at both ends say nothing, and must not make a number too long. */
static void trim(struct digits *d)
{
	if (d->p[0] == '0' && d->behind) { /* 0.001 is 1e-3 */
		d->exponent -= (int64_t)d->behind;
		for (d->p += 2; d->p[0] == '0'; d->p++)
			d->behind--;
		d->before = d->behind;
		d->behind = 0;
	}
	while (d->behind && d->end[-1] == '0') {
		d->end--;
		d->behind--;
	}
	if (d->behind == 0) {
		if (d->end[-1] == '.')
			d->end--;
		for (; d->before > 1 && d->end[-1] == '0'; d->end--) {
			d->before--;
			d->exponent++;
		}
	}
}

static void settle(struct tg_sum *sum)
{
	int64_t carry = 0;

	for (uint32_t i = sum->low; i < TG_SUM_LIMBS && (i < sum->high || carry); i++) {
		int64_t value = (i < sum->high ? sum->limb[i] : 0) + carry;

		carry = value / LIMB_TOP;
		sum->limb[i] = value % LIMB_TOP;
		if (i >= sum->high)
			sum->high = i + 1;
	}
	sum->added = 0;
}

/* Adds the digits, the last of which stands at 10^(place - TG_SUM_FRACTION). */
static void add(struct tg_sum *sum, const struct digits *d, size_t place, bool less)
{
	uint32_t at = (uint32_t)(place / TG_SUM_LIMB);
	size_t power = place % TG_SUM_LIMB;
	int64_t limb = 0;

	if (sum->low == sum->high)
		sum->low = sum->high = at;
	for (; sum->low > at; sum->low--)
		sum->limb[sum->low - 1] = 0;
	for (; sum->high < at; sum->high++)
		sum->limb[sum->high] = 0;
	for (const char *p = d->end; p-- > d->p;) {
		if (*p == '.')
			continue;
		limb += (*p - '0') * ten_to[power];
		if (++power < TG_SUM_LIMB && p > d->p)
			continue;
		if (at == sum->high)
			sum->limb[sum->high++] = 0;
		sum->limb[at++] += less ? -limb : limb;
		limb = 0;
		power = 0;
	}
	if (++sum->added == ADDED_MAX)
		settle(sum);
}

bool tg_sum_add(struct tg_sum *sum, struct tg_str text, bool less)
{
	struct digits d = read(text);
	int64_t place = TG_SUM_FRACTION + d.exponent - (int64_t)d.behind;
	int64_t digits = (int64_t)(d.before + d.behind);

	if (TG_UNLIKELY(d.beyond || place < 0 || place + digits > TG_SUM_WHOLE + TG_SUM_FRACTION)) {
		if (is_zero(&d))
			return true;
		trim(&d);
		place = TG_SUM_FRACTION + d.exponent - (int64_t)d.behind;
		digits = (int64_t)(d.before + d.behind);
		if (d.beyond || place < 0 || place + digits > TG_SUM_WHOLE + TG_SUM_FRACTION)
			return false;
	}
	add(sum, &d, (size_t)place, less != d.negative);
	return true;
}

int tg_sum_sign(struct tg_sum *sum)
{
	settle(sum);
	/* Each limb is now smaller than one of the next, so the highest that is not zero decides. */
	for (uint32_t i = sum->high; i-- > sum->low;)
		if (sum->limb[i])
			return sum->limb[i] < 0 ? -1 : 1;
	return 0;
}

void tg_sum_put(struct tg_buffer *out, struct tg_sum *sum)
{
	enum { POINT = TG_SUM_FRACTION / TG_SUM_LIMB };
	char digit[TG_SUM_LIMBS * TG_SUM_LIMB];
	int sign = tg_sum_sign(sum);
	size_t first = 0, point, end;
	int64_t borrow = 0;

	/* All limbs get one sign. */
	for (uint32_t i = 0; i < TG_SUM_LIMBS; i++) {
		bool in = i >= sum->low && i < sum->high;
		int64_t value = (in ? sum->limb[i] * sign : 0) - borrow;

		borrow = value < 0;
		value += borrow ? LIMB_TOP : 0;
		for (size_t k = 0; k < TG_SUM_LIMB; k++) {
			digit[sizeof(digit) - 1 - i * TG_SUM_LIMB - k] = (char)('0' + value % 10);
			value /= 10;
		}
	}
	point = sizeof(digit) - POINT * TG_SUM_LIMB;
	end = sizeof(digit);
	while (first + 1 < point && digit[first] == '0')
		first++;
	while (end > point && digit[end - 1] == '0')
		end--;
	if (sign < 0)
		tg_buffer_putc(out, '-');
	tg_buffer_put(out, digit + first, point - first);
	if (end > point) {
		tg_buffer_putc(out, '.');
		tg_buffer_put(out, digit + point, end - point);
	}
}

void tg_sum_clear(struct tg_sum *sum)
{
	sum->low = sum->high = sum->added = 0;
}

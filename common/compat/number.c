/*
 * Numbers: one interval, multiples of which the value must or must not be one, and values that it is not. All exact: as integers of
 * 38 digits times a power of ten that all have in common. What does not fit is tried with a few values, and else left unsure.
 */
#include "common/compat/solve.h"

#include "common/json/number.h"

__extension__ typedef __int128 wide;

enum { DIGITS_MAX = 36, TRIES_MAX = 3000, MANY = 16, PLAIN_MAX = 40 };

struct end {
	struct tg_str text; /* none: there is no bound */
	bool strict;
};

struct numbers {
	struct tg_solver *s;
	const struct tg_lits *atom;
	struct end low, high;
	bool plain;   /* spelt without a point or an exponent */
	bool pointed; /* spelt with one */
	/* In units of ten to the power of `power`. */
	int64_t power;
	bool big;     /* something does not fit */
	bool unspelt; /* a number was met that is too large to be spelt without an exponent */
	wide step;    /* all are multiples of it; 0: there is no step */
	wide never[MANY];
	unsigned nots;
	struct tg_str *value;
};

/* A canonical number: digits and power of ten. False: too many digits. */
static bool read_canonical(struct tg_str s, wide *digits, int64_t *power)
{
	bool negative = s.n && s.p[0] == '-', below = false;
	size_t i = negative, first = i;

	*digits = 0;
	*power = 0;
	for (; i < s.n && tg_digit((unsigned char)s.p[i]); i++) {
		if (i - first >= DIGITS_MAX)
			return false;
		*digits = *digits * 10 + (s.p[i] - '0');
	}
	if (negative)
		*digits = -*digits;
	if (i < s.n && s.p[i] == 'e')
		i++;
	if (i < s.n && s.p[i] == '-')
		below = true, i++;
	for (; i < s.n; i++) {
		if (*power > 10000)
			return false;
		*power = *power * 10 + (s.p[i] - '0');
	}
	if (below)
		*power = -*power;
	return true;
}

static bool times(wide *x, wide by)
{
	static const wide most = (wide)10000000000000000000ULL * 100000000000000000ULL;

	if (*x == 0)
		return true;
	if (__builtin_mul_overflow(*x, by, x))
		return false;
	return *x <= most && *x >= -most;
}

/* The number in units of n->power. */
static bool in_units(const struct numbers *n, struct tg_str canonical, wide *value)
{
	int64_t power;

	if (!read_canonical(canonical, value, &power))
		return false;
	if (*value == 0)
		return true;
	if (power - n->power > DIGITS_MAX || power < n->power)
		return false;
	for (; power > n->power; power--)
		if (!times(value, 10))
			return false;
	return true;
}

static void see_power(struct numbers *n, struct tg_str canonical)
{
	int64_t power;
	wide digits;

	if (!read_canonical(canonical, &digits, &power))
		n->big = true;
	else if (digits && power < n->power)
		n->power = power;
}

/*
 * Spelling
 */

/* Digits times ten to the power, as people write it. */
static void put_number(struct tg_buffer *out, struct tg_str digits, int64_t power, bool plain,
		       bool pointed)
{
	bool negative = digits.n && digits.p[0] == '-';

	if (negative)
		tg_buffer_putc(out, '-');
	digits = tg_str_after(digits, negative);
	if (power > (plain ? 4000 : PLAIN_MAX) || power < -PLAIN_MAX - 20) {
		tg_buffer_put_str(out, digits);
		tg_buffer_printf(out, "e%lld", (long long)power);
		return;
	}
	if (power >= 0) {
		tg_buffer_put_str(out, digits);
		for (; power > 0 && !tg_str_is(digits, "0"); power--)
			tg_buffer_putc(out, '0');
		if (pointed)
			tg_buffer_puts(out, ".0");
		return;
	}
	if (-power >= (int64_t)digits.n) {
		tg_buffer_puts(out, "0.");
		for (int64_t k = -power - (int64_t)digits.n; k > 0; k--)
			tg_buffer_putc(out, '0');
		tg_buffer_put_str(out, digits);
		return;
	}
	tg_buffer_put(out, digits.p, digits.n - (size_t)-power);
	tg_buffer_putc(out, '.');
	tg_buffer_put(out, digits.p + digits.n - (size_t)-power, (size_t)-power);
}

static struct tg_str respell(struct tg_solver *s, struct tg_str any, bool plain, bool pointed)
{
	TG_OWN(tg_buffer_release) struct tg_buffer canonical = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	struct tg_str text;
	int64_t power = 0;
	size_t e = 0;
	bool below;

	tg_number_put_canonical(&canonical, any);
	text = tg_buffer_str(&canonical);
	while (e < text.n && text.p[e] != 'e')
		e++;
	below = e + 1 < text.n && text.p[e + 1] == '-';
	for (size_t i = e + 1 + below; i < text.n; i++) {
		if (power > 1000000) /* it stays as it is */
			return tg_arena_copy(&s->arena, text);
		power = power * 10 + (text.p[i] - '0');
	}
	put_number(&out, tg_str_from(text.p, e), below ? -power : power, plain, pointed);
	return tg_arena_copy(&s->arena, tg_buffer_str(&out));
}

static void put_wide(struct tg_buffer *out, wide v)
{
	char text[48];
	size_t at = sizeof(text);
	bool negative = v < 0;

	do {
		int low = (int)(v % 10);

		text[--at] = (char)('0' + (low < 0 ? -low : low));
		v /= 10;
	} while (v);
	if (negative)
		tg_buffer_putc(out, '-');
	tg_buffer_put(out, text + at, sizeof(text) - at);
}

/*
 * Trying
 */

/* Whether the number, spelt as it must be, is what all atoms ask for. */
static bool fits(struct numbers *n, struct tg_str any)
{
	struct tg_str text = respell(n->s, any, n->plain, n->pointed);
	bool fraction = memchr(text.p, '.', text.n) || memchr(text.p, 'e', text.n);
	struct tg_span span = { .n = (uint32_t)text.n,
				.next = 1,
				.kind = TG_NUMBER,
				.flags = fraction ? TG_SPAN_FRACTION : 0 };
	struct tg_record rec = { .text = text, .span = &span, .spans = 1 };

	n->unspelt |= n->plain && memchr(text.p, 'e', text.n);
	for (uint32_t i = 0; i < n->atom->n; i++) {
		uint32_t lit = n->atom->p[i];

		if (tg_eval(n->s, lit / 2, &rec, 0) != (lit & 1 ? TG_TRUTH_NO : TG_TRUTH_YES))
			return false;
	}
	if (n->value)
		*n->value = text;
	return true;
}

/* The number v in units, with one digit more behind it. */
static bool fits_units(struct numbers *n, wide v, int64_t power)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	put_wide(&text, v);
	tg_buffer_printf(&text, "e%lld", (long long)power);
	return fits(n, tg_buffer_str(&text));
}

static enum tg_sat one_of(struct numbers *n, const struct tg_form *among)
{
	/* Only the spelling of a number is free. */
	for (uint32_t i = 0; i < among->args; i++)
		for (unsigned way = 0; way < 2; way++) {
			if (!tg_solve_step(n->s, 1))
				return tg_solve_unsure(n->s, "it takes too long", TG_FORM_NONE);
			n->pointed = way == 1;
			if (fits(n, among->value[i]))
				return TG_SAT_SOME;
			if (n->plain)
				break;
		}
	return n->unspelt ? tg_solve_unsure(n->s, "a number is too large", TG_FORM_NONE)
			  : TG_SAT_NONE;
}

/*
 * What is asked for
 */

static void bound(struct end *end, struct tg_str text, bool strict, int better)
{
	int order = end->text.p ? tg_number_compare(text, end->text) * better : 1;

	if (order > 0)
		*end = (struct end){ text, strict };
	else if (order == 0)
		end->strict |= strict;
}

/* What of an atom is a bound; false: it is none. */
static bool take_bound(struct numbers *n, const struct tg_form *form, bool negated)
{
	if (form->op == TG_FORM_LEAST && !negated)
		bound(&n->low, form->text, form->strict, 1);
	else if (form->op == TG_FORM_LEAST)
		bound(&n->high, form->text, !form->strict, -1);
	else if (form->op == TG_FORM_MOST && !negated)
		bound(&n->high, form->text, form->strict, -1);
	else if (form->op == TG_FORM_MOST)
		bound(&n->low, form->text, !form->strict, 1);
	else
		return false;
	return true;
}

static const struct tg_form *take_atoms(struct numbers *n)
{
	const struct tg_form *among = NULL;

	for (uint32_t i = 0; i < n->atom->n; i++) {
		const struct tg_form *form = tg_lit_form(n->s, n->atom->p[i]);
		bool negated = n->atom->p[i] & 1;

		if (take_bound(n, form, negated)) {
			see_power(n, form->text);
		} else if (form->op == TG_FORM_SPELT) {
			*(negated ? &n->pointed : &n->plain) = true;
		} else if (form->op == TG_FORM_MULTIPLE) {
			see_power(n, form->text);
		} else if (form->op == TG_FORM_AMONG && !negated) {
			if (!among || form->args < among->args)
				among = form;
		} else if (form->op == TG_FORM_AMONG) {
			for (uint32_t k = 0; k < form->args && form->args < 64; k++)
				see_power(n, form->value[k]);
		}
	}
	return among;
}

static wide common_divisor(wide a, wide b)
{
	while (b) {
		wide rest = a % b;

		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

/* Steps in units. False: they do not fit. */
static bool take_steps(struct numbers *n)
{
	n->step = 0;
	if (n->plain) {
		n->step = 1;
		for (int64_t p = n->power; p < 0; p++)
			if (!times(&n->step, 10))
				return false;
	}
	for (uint32_t i = 0; i < n->atom->n; i++) {
		const struct tg_form *form = tg_lit_form(n->s, n->atom->p[i]);
		wide step;

		if (form->op != TG_FORM_MULTIPLE)
			continue;
		if (!in_units(n, form->text, &step) || step == 0)
			return false;
		if (n->atom->p[i] & 1) {
			if (n->nots == MANY)
				return false;
			n->never[n->nots++] = step;
		} else if (n->step == 0) {
			n->step = step;
		} else {
			wide all = n->step / common_divisor(n->step, step);

			if (!times(&all, step))
				return false;
			n->step = all;
		}
	}
	return true;
}

static wide floor_of(wide a, wide b)
{
	wide q = a / b;

	return a % b < 0 ? q - 1 : q;
}

/* Multiples of the step, from zero or the nearest bound on. */
static enum tg_sat of_step(struct numbers *n)
{
	wide low = 0, high = 0, at;
	bool bottom = n->low.text.p, top = n->high.text.p;

	if (bottom) {
		if (!in_units(n, n->low.text, &low))
			return TG_SAT_UNSURE;
		low = -floor_of(-low, n->step) + (n->low.strict && low % n->step == 0 ? 1 : 0);
	}
	if (top) {
		if (!in_units(n, n->high.text, &high))
			return TG_SAT_UNSURE;
		high = floor_of(high, n->step) - (n->high.strict && high % n->step == 0 ? 1 : 0);
	}
	if (bottom && top && low > high)
		return TG_SAT_NONE;
	for (unsigned i = 0; i < n->nots; i++)
		if (n->step % n->never[i] == 0)
			return TG_SAT_NONE; /* all multiples of the one are of the other */
	at = bottom && low > 0 ? low : top && high < 0 ? high : 1;
	if (top && high < at)
		at = high;
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		/* 1, 0, 2, -1 ... as far as the bounds allow */
		wide k = at + (i % 2 ? -(wide)(i / 2) - 1 : (wide)(i / 2));

		if (!tg_solve_step(n->s, 1))
			return TG_SAT_UNSURE;
		if ((bottom && k < low) || (top && k > high))
			continue;
		if (!times(&k, n->step))
			return TG_SAT_UNSURE;
		if (fits_units(n, k, n->power))
			return TG_SAT_SOME;
	}
	if (bottom && top && high - at < TRIES_MAX / 2 && at - low < TRIES_MAX / 2)
		return TG_SAT_NONE; /* all were tried */
	return TG_SAT_UNSURE;
}

/* Any number of the interval: it is dense, and what is left out is not. */
static enum tg_sat anywhere(struct numbers *n)
{
	wide low = 0, high = 0;

	if ((n->low.text.p && !in_units(n, n->low.text, &low)) ||
	    (n->high.text.p && !in_units(n, n->high.text, &high)))
		return TG_SAT_UNSURE;
	if (!n->low.text.p)
		low = n->high.text.p ? high - 4 : -1;
	if (!n->high.text.p)
		high = low + 4;
	if (!times(&low, 1000) || !times(&high, 1000))
		return TG_SAT_UNSURE;
	/* Round ones first; then what is between, and not round. */
	if (fits_units(n, low, n->power - 3) || fits_units(n, high, n->power - 3))
		return TG_SAT_SOME;
	for (wide part = 2; part < 200; part++)
		for (wide k = 1; k < part && k < 12; k++) {
			wide v = low + (high - low) / part * k;

			if (!tg_solve_step(n->s, 1))
				return TG_SAT_UNSURE;
			if (fits_units(n, v, n->power - 3) || fits_units(n, v + 1, n->power - 3))
				return TG_SAT_SOME;
		}
	return TG_SAT_UNSURE;
}

static const struct tg_str first_tries[] = {
	{ "1", 1 }, { "0", 1 }, { "-1", 2 }, { "2", 1 }, { "1.5", 3 }, { "0.5", 3 }, { "100", 3 },
};

enum tg_sat tg_solve_number(struct tg_solver *s, const struct tg_lits *atom, struct tg_str *value)
{
	struct numbers n = { .s = s, .atom = atom, .value = value };
	const struct tg_form *among = take_atoms(&n);
	enum tg_sat got = TG_SAT_UNSURE;

	if (among)
		return one_of(&n, among);
	if (n.plain && n.pointed)
		return TG_SAT_NONE;
	for (size_t i = 0; i < TG_COUNT(first_tries); i++)
		if (fits(&n, first_tries[i]))
			return TG_SAT_SOME;
	if (n.low.text.p && n.high.text.p) {
		int order = tg_number_compare(n.low.text, n.high.text);

		if (order > 0 || (order == 0 && (n.low.strict || n.high.strict)))
			return TG_SAT_NONE;
		if (order == 0 && fits(&n, n.low.text))
			return TG_SAT_SOME;
		if (order == 0 && !n.unspelt)
			return TG_SAT_NONE;
	}
	if (!n.big && take_steps(&n))
		got = n.step ? of_step(&n) : anywhere(&n);
	if (got != TG_SAT_UNSURE)
		return got;
	if ((n.low.text.p && fits(&n, n.low.text)) || (n.high.text.p && fits(&n, n.high.text)))
		return TG_SAT_SOME;
	return tg_solve_unsure(s, "the numbers are too large, or too many, to be told apart",
			       atom->n ? atom->p[0] / 2 : TG_FORM_NONE);
}

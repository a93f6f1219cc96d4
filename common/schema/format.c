#include "common/schema/format.h"

#include "common/base/cpu.h"

#include "common/schema/idna.h"
#include "common/schema/pattern.h"
#include "common/schema/uri.h"
#include "common/time/time.h"

#if TG_CPU_X86
#include <emmintrin.h>
#endif

/* What a byte may be in a host name and in the local part of an e-mail address. */
enum { LETTER = 1, HYPHEN = 2, ATOM = 4 };

static const uint8_t
	byte_class[256] = {
		// clang-format off
	['0'] = 5, ['1'] = 5, ['2'] = 5, ['3'] = 5, ['4'] = 5, ['5'] = 5, ['6'] = 5, ['7'] = 5, ['8'] = 5, ['9'] = 5,
	['A'] = 5, ['B'] = 5, ['C'] = 5, ['D'] = 5, ['E'] = 5, ['F'] = 5, ['G'] = 5, ['H'] = 5, ['I'] = 5, ['J'] = 5, ['K'] = 5,
	['L'] = 5, ['M'] = 5, ['N'] = 5, ['O'] = 5, ['P'] = 5, ['Q'] = 5, ['R'] = 5, ['S'] = 5, ['T'] = 5, ['U'] = 5, ['V'] = 5,
	['W'] = 5, ['X'] = 5, ['Y'] = 5, ['Z'] = 5,
	['a'] = 5, ['b'] = 5, ['c'] = 5, ['d'] = 5, ['e'] = 5, ['f'] = 5, ['g'] = 5, ['h'] = 5, ['i'] = 5, ['j'] = 5, ['k'] = 5,
	['l'] = 5, ['m'] = 5, ['n'] = 5, ['o'] = 5, ['p'] = 5, ['q'] = 5, ['r'] = 5, ['s'] = 5, ['t'] = 5, ['u'] = 5, ['v'] = 5,
	['w'] = 5, ['x'] = 5, ['y'] = 5, ['z'] = 5,
	['-'] = 6, /* and the rest of RFC 5321's atext: */
	['!'] = 4, ['#'] = 4, ['$'] = 4, ['%'] = 4, ['&'] = 4, ['\''] = 4, ['*'] = 4, ['+'] = 4, ['/'] = 4, ['='] = 4, ['?'] = 4,
	['^'] = 4, ['_'] = 4, ['`'] = 4, ['{'] = 4, ['|'] = 4, ['}'] = 4, ['~'] = 4,
		// clang-format on
	};

/* How many bytes from `at` on are of one of the classes. */
static inline size_t run_of(struct tg_str s, size_t at, uint8_t classes)
{
	size_t n = 0;

	while (at + n < s.n && (byte_class[(unsigned char)s.p[at + n]] & classes))
		n++;
	return n;
}

/* A label with a hyphen at its third place, or a short one with anything behind it. */
TG_COLD static bool is_label(struct tg_str s)
{
	bool encoded = s.n > 3 && s.p[2] == '-' && s.p[3] == '-' && (s.p[0] | 0x20) == 'x' &&
		       (s.p[1] | 0x20) == 'n';

	return !encoded || tg_idna_is_encoded(s);
}

/* RFC 1123: labels of letters, digits and inner hyphens. */
static bool is_hostname(struct tg_str s)
{
	if (s.n == 0 || s.n > 253)
		return false;
	for (size_t at = 0;; at++) {
		size_t n = run_of(s, at, LETTER | HYPHEN);

		if (n == 0 || n > 63 || s.p[at] == '-' || s.p[at + n - 1] == '-')
			return false;
		/* There is slack behind the text. */
		if (TG_UNLIKELY(s.p[at + 2] == '-') && !is_label(tg_str_from(s.p + at, n)))
			return false;
		at += n;
		if (at == s.n)
			return true;
		if (s.p[at] != '.')
			return false;
	}
}

/* RFC 5321: a local part between quotes, with its quotes. */
static bool is_quoted(struct tg_str s, bool wide)
{
	if (s.n < 2 || s.p[s.n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < s.n; i++) {
		if (s.p[i] == '"')
			return false;
		if (s.p[i] == '\\' && ++i + 1 == s.n)
			return false;
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ||
		    (!wide && (unsigned char)s.p[i] > '~'))
			return false;
	}
	return true;
}

/* RFC 5321: [192.0.2.1] or [IPv6:2001:db8::1], without the brackets. */
static bool is_address(struct tg_str s)
{
	if (tg_str_starts(s, TG_STR("IPv6:")))
		return tg_uri_is_ipv6(tg_str_after(s, 5));
	return tg_uri_is_ipv4(s);
}

/* wide: RFC 6531's atoms, which hold all that is not ASCII. */
static inline size_t atom_of(struct tg_str s, size_t at, bool wide)
{
	size_t n = run_of(s, at, ATOM);

	while (wide && at + n < s.n && (unsigned char)s.p[at + n] > 0x7f)
		n += 1 + run_of(s, at + n + 1, ATOM);
	return n;
}

/* RFC 5321, Mailbox; wide: with RFC 6531's extension. */
static inline __attribute__((__always_inline__)) bool is_mailbox(struct tg_str s, const bool wide)
{
	size_t at = 0;
	struct tg_str domain;

	if (s.n > 0 && s.p[0] == '"') {
		const char *last = memrchr(s.p, '@', s.n);

		if (!last || !is_quoted(tg_str_from(s.p, (size_t)(last - s.p)), wide))
			return false;
		at = (size_t)(last - s.p);
	} else {
		for (;; at++) { /* atoms, with a dot between */
			size_t n = atom_of(s, at, wide);

			at += n;
			if (n == 0 || at == s.n || s.p[at] != '.')
				break;
		}
		if (at == 0 || s.p[at - 1] == '.' || at == s.n || s.p[at] != '@')
			return false;
	}
	domain = tg_str_after(s, at + 1);
	if (domain.n > 2 && domain.p[0] == '[' && domain.p[domain.n - 1] == ']')
		return is_address(tg_str_from(domain.p + 1, domain.n - 2));
	/* RFC 6531 leaves composition to those who look the name up. */
	return wide ? tg_idna_is_hostname(domain, false) : is_hostname(domain);
}

#if TG_CPU_X86

/* Bytes that are no less than low and no more than low + range. */
static __m128i between(__m128i v, char low, char range)
{
	__m128i from = _mm_sub_epi8(v, _mm_set1_epi8(low));

	return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(range)), from);
}

static __m128i is_byte(__m128i v, char byte)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(byte));
}

/* Most addresses are short, of letters, digits, dots and hyphens, and _ and + before the @: a bit a byte, and no branch for each. What
 * is not found here may be one nevertheless. */
static bool is_usual_email(struct tg_str s)
{
	uint64_t known = 0, at = 0, dots = 0, hyphens = 0, extras = 0, all, domain, between_labels;

	if (s.n - 1 >= 64)
		return false;
	for (size_t i = 0; i < s.n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		__m128i dot = is_byte(v, '.'), hyphen = is_byte(v, '-'), sign = is_byte(v, '@'),
			extra = _mm_or_si128(is_byte(v, '_'), is_byte(v, '+'));
		__m128i any = _mm_or_si128(
			_mm_or_si128(between(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 25),
				     between(v, '0', 9)),
			_mm_or_si128(_mm_or_si128(dot, hyphen), _mm_or_si128(sign, extra)));

		known |= (uint64_t)(uint32_t)_mm_movemask_epi8(any) << i;
		at |= (uint64_t)(uint32_t)_mm_movemask_epi8(sign) << i;
		dots |= (uint64_t)(uint32_t)_mm_movemask_epi8(dot) << i;
		hyphens |= (uint64_t)(uint32_t)_mm_movemask_epi8(hyphen) << i;
		extras |= (uint64_t)(uint32_t)_mm_movemask_epi8(extra) << i;
	}
	all = UINT64_MAX >> (64 - s.n);
	at &= all;
	if ((known & all) != all || !at || (at & (at - 1)))
		return false;
	domain = all & ~(at | (at - 1));
	hyphens &= domain;
	between_labels = (dots & all) | at;
	/* Each label is there; of those of the domain none begins or ends with a hyphen, or is an encoded one. */
	return !(
		(between_labels & (between_labels << 1 | 1 | UINT64_C(1) << (s.n - 1))) |
		(hyphens & (between_labels << 1 | between_labels >> 1 | UINT64_C(1) << (s.n - 1))) |
		(hyphens & hyphens << 1) | (extras & domain));
}

#else

static bool is_usual_email(struct tg_str s)
{
	(void)s;
	return false;
}

#endif

static bool is_email(struct tg_str s)
{
	if (tg_cpu_level() >= TG_CPU_SSE2 && is_usual_email(s))
		return true;
	return is_mailbox(s, false);
}

static bool is_idn_hostname(struct tg_str s)
{
	return tg_idna_is_hostname(s, true);
}

static bool is_idn_email(struct tg_str s)
{
	return is_mailbox(s, true);
}

static bool is_uri(struct tg_str s)
{
	return tg_uri_is(s, false);
}

static bool is_uri_reference(struct tg_str s)
{
	return tg_uri_is_reference(s, false);
}

static bool is_iri(struct tg_str s)
{
	return tg_uri_is(s, true);
}

static bool is_iri_reference(struct tg_str s)
{
	return tg_uri_is_reference(s, true);
}

static bool is_uuid(struct tg_str s)
{
	if (s.n != 36)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen ? s.p[i] != '-' : tg_hex((unsigned char)s.p[i]) < 0)
			return false;
	}
	return true;
}

static bool is_pointer(struct tg_str s)
{
	if (s.n > 0 && s.p[0] != '/')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '~' && (i + 1 == s.n || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
			return false;
	return true;
}

static bool is_relative_pointer(struct tg_str s)
{
	size_t n = 0;

	while (n < s.n && tg_digit((unsigned char)s.p[n]))
		n++;
	if (n == 0 || (n > 1 && s.p[0] == '0'))
		return false;
	s = tg_str_after(s, n);
	return tg_str_eq(s, TG_STR("#")) || is_pointer(s);
}

#define ROW(name, is, message)                                                                     \
	{                                                                                          \
		{ name, sizeof(name) - 1 }, is, message, NULL                                      \
	}

static const struct tg_format format[] = {
	// clang-format off
	ROW("date-time", tg_time_is_date_time, "is not a date and time as in 2025-11-05T06:00:00Z"),
	ROW("date", tg_time_is_date, "is not a date as in 2025-11-05"),
	ROW("time", tg_time_is_time, "is not a time as in 06:00:00Z"),
	ROW("duration", tg_time_is_duration, "is not a duration as in P1DT12H"),
	ROW("email", is_email, "is not an e-mail address"),
	ROW("hostname", is_hostname, "is not a host name"),
	ROW("idn-email", is_idn_email, "is not an e-mail address"),
	ROW("idn-hostname", is_idn_hostname, "is not a host name"),
	ROW("ipv4", tg_uri_is_ipv4, "is not an IPv4 address"),
	ROW("ipv6", tg_uri_is_ipv6, "is not an IPv6 address"),
	ROW("uri", is_uri, "is not a URI with its scheme"),
	ROW("uri-reference", is_uri_reference, "is not a URI reference"),
	ROW("iri", is_iri, "is not an IRI with its scheme"),
	ROW("iri-reference", is_iri_reference, "is not an IRI reference"),
	ROW("uri-template", tg_uri_is_template, "is not a URI template"),
	ROW("uuid", is_uuid, "is not a UUID"),
	ROW("json-pointer", is_pointer, "is not a JSON Pointer"),
	ROW("relative-json-pointer", is_relative_pointer, "is not a relative JSON Pointer"),
	ROW("regex", tg_pattern_is, "is not a regular expression (ECMA-262)"),
	// clang-format on
};

const struct tg_format *tg_format_find(struct tg_str name)
{
	for (size_t i = 0; i < TG_COUNT(format); i++)
		if (tg_str_eq(name, format[i].name))
			return &format[i];
	return NULL;
}

enum tg_status tg_format_prepare(const struct tg_format *f, struct tg_error *err)
{
	if (f->is == is_idn_email || f->is == is_idn_hostname)
		return tg_idna_prepare(err);
	return TG_OK;
}

const struct tg_str *tg_format_nearest(struct tg_str name)
{
	struct tg_str names[TG_COUNT(format)];
	const struct tg_str *near;

	for (size_t i = 0; i < TG_COUNT(format); i++)
		names[i] = format[i].name;
	near = tg_str_nearest(name, names, TG_COUNT(format));
	return near ? &format[near - names].name : NULL;
}

#include "common/schema/idna.h"

#include "common/base/library.h"
#include "common/base/utf8.h"

enum {
	LABEL_MAX = 63,	  /* bytes of an encoded label */
	NAME_BYTES = 253, /* with the points between */
	TEXT_MAX = 4 * NAME_BYTES,
	COMPOSE = 1, /* of libidn2: to NFC first, else it must be that */
};

/* libidn2, from its manual: the label's encoded form in memory that idn2_free takes; 0 is well. One of the two labels may be NULL. */
static int (*encode)(const uint8_t *u_label, const uint8_t *a_label, uint8_t **name, int flags);
static int (*decode)(const char *name, char **wide, int flags);
static void (*release)(void *p);

static const struct tg_library_call calls[] = {
	TG_LIBRARY_OPTIONAL(decode, idn2_to_unicode_8z8z), TG_LIBRARY_OPTIONAL(release, idn2_free),
	TG_LIBRARY_OPTIONAL(encode,
			    idn2_register_u8), /* the last, so that it says whether all are there */
};

static struct tg_library library = {
	.file = TG_LIBRARY_FILE("libidn2", "0"),
	.package = "libidn2-0",
	.needs = "an international host name needs libidn2",
	.call = calls,
	.calls = TG_COUNT(calls),
};

enum tg_status tg_idna_prepare(struct tg_error *err)
{
	return tg_library_load(&library, err);
}

/* The length of the label's encoded form, 0: it is wrong. One of the two is none. */
static size_t encoded_length(const char *wide, const char *encoded, int flags)
{
	uint8_t *name = NULL;
	size_t n = 0;

	if (encode((const uint8_t *)wide, (const uint8_t *)encoded, &name, flags) == 0 && name)
		n = strlen((const char *)name);
	if (name)
		release(name);
	return n <= LABEL_MAX ? n : 0;
}

static bool is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool begins_encoded(struct tg_str label)
{
	return label.n >= 4 && (label.p[0] | 0x20) == 'x' && (label.p[1] | 0x20) == 'n' &&
	       label.p[2] == '-' && label.p[3] == '-';
}

static size_t length_of_encoded(struct tg_str label)
{
	char small[LABEL_MAX + 1];
	struct tg_error missing;

	if (label.n > LABEL_MAX)
		return 0;
	for (size_t i = 0; i < label.n; i++) {
		char c = label.p[i];

		if (!is_letter(c) && !tg_digit((unsigned char)c) && c != '-')
			return 0;
		small[i] = is_letter(c) ? (char)(c | 0x20) : c;
	}
	small[label.n] = '\0';
	return tg_idna_prepare(&missing) ? label.n : encoded_length(NULL, small, 0);
}

bool tg_idna_is_encoded(struct tg_str label)
{
	return length_of_encoded(label) > 0;
}

/* RFC 5890, 2.3.1: letters, digits, hyphens inside, and not two of them at the third place. */
static size_t length_of_plain(struct tg_str label)
{
	if (label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-' ||
	    (label.n >= 4 && label.p[2] == '-' && label.p[3] == '-'))
		return 0;
	for (size_t i = 0; i < label.n; i++)
		if (!is_letter(label.p[i]) && !tg_digit((unsigned char)label.p[i]) &&
		    label.p[i] != '-')
			return 0;
	return label.n;
}

/* Blocks whose letters run from right to left (DerivedBidiClass.txt), but for digits that do not count so. */
static bool is_right_to_left(uint32_t c)
{
	return (c >= 0x590 && c <= 0x8ff && !(c >= 0x6f0 && c <= 0x6f9)) ||
	       (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfefe) ||
	       (c >= 0x10800 && c <= 0x10fff) || (c >= 0x1e800 && c <= 0x1efff);
}

struct name {
	size_t length; /* encoded */
	bool bidi;     /* some label runs from right to left */
	bool digit;    /* some other label begins with a digit, which RFC 5893 forbids beside one */
	bool bad;
};

/* RFC 5893, what is left of it for us: one kind of digits in a label from right to left (2, 4), and what a name of such forbids. */
static void look_at_directions(struct name *name, struct tg_str label)
{
	bool right = false, european = false, arabic = false;
	size_t size;

	for (size_t i = 0; i < label.n; i += size) {
		uint32_t c = tg_utf8_decode(tg_str_after(label, i), &size);

		right |= is_right_to_left(c);
		european |= (c >= '0' && c <= '9') || (c >= 0x6f0 && c <= 0x6f9);
		arabic |= (c >= 0x660 && c <= 0x669) || (c >= 0x10d30 && c <= 0x10d39);
	}
	name->bad |= right && european && arabic;
	name->bidi |= right;
	name->digit |= !right && tg_digit((unsigned char)label.p[0]);
}

static size_t take_encoded(struct name *name, struct tg_str label)
{
	char text[LABEL_MAX + 1], *wide = NULL;
	size_t n = length_of_encoded(label);

	if (n == 0 || !encode)
		return n;
	memcpy(text, label.p, label.n);
	text[label.n] = '\0';
	if (decode(text, &wide, 0) == 0 && wide)
		look_at_directions(name, tg_str_of(wide));
	if (wide)
		release(wide);
	return n;
}

static size_t take_wide(struct name *name, struct tg_str label, int flags)
{
	char text[TEXT_MAX + 1];

	if (!encode || memchr(label.p, '\0', label.n))
		return 0;
	memcpy(text, label.p, label.n);
	text[label.n] = '\0';
	look_at_directions(name, label);
	return encoded_length(text, NULL, flags);
}

static bool take_label(struct name *name, struct tg_str label, bool wide, int flags)
{
	size_t n;

	if (label.n == 0)
		return false;
	if (begins_encoded(label)) {
		n = take_encoded(name, label);
	} else if (wide) {
		n = take_wide(name, label, flags);
	} else {
		n = length_of_plain(label);
		name->digit |= tg_digit((unsigned char)label.p[0]);
	}
	name->length += n + (name->length > 0);
	return n > 0 && name->length <= NAME_BYTES;
}

bool tg_idna_is_hostname(struct tg_str text, bool composed)
{
	struct name name = { .length = 0 };
	size_t start = 0, size = 0;
	bool wide = false;

	if (text.n == 0 || text.n > TEXT_MAX)
		return false;
	for (size_t at = 0;; at += size) {
		uint32_t c = at < text.n ? tg_utf8_decode(tg_str_after(text, at), &size) : '.';

		/* RFC 3490's other points; people type them. */
		if (c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61) {
			if (!take_label(&name, tg_str_from(text.p + start, at - start), wide,
					composed ? 0 : COMPOSE))
				return false;
			if (at == text.n)
				return !name.bad && !(name.bidi && name.digit);
			start = at + size;
			wide = false;
		} else {
			wide |= c > 0x7f;
		}
	}
}

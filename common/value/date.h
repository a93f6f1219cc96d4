/*
 * date: dates and times in the form that a partner writes them, into RFC 3339 and back.
 *
 * A form is a pattern in letters of Unicode's LDML (tidegate-contract(5) lists the ones that are taken), compiled once. Nothing is
 * guessed: a year of two digits needs a pivot, a date-time needs a zone, and a day that there is not is no date. What comes out is by
 * what the pattern holds: 2025-11-05, 14:30:00 (with a zone 14:30:00+01:00), or 2025-11-05T14:30:00+01:00.
 *
 * A compiled form is read-only, lives in its arena and may be shared by threads. Reading and writing allocate nothing.
 */
#ifndef TG_VALUE_DATE_H
#define TG_VALUE_DATE_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"

enum {
	TG_DATE_MAX = 48, /* bytes that tg_date_read writes, at most */
	TG_DATE_PATTERN_MAX = 64,
	TG_DATE_TEXT_MAX = 160, /* bytes that tg_date_write appends, at most */
	TG_DATE_PAIRS = 12,	/* of digits, in yyyyMMddHHmmssSSSSSSSSS */
	TG_DATE_LITERALS = 8,
};

enum tg_date_kind {
	TG_DATE_DAY,
	TG_DATE_TIME,
	TG_DATE_DATE_TIME,
};

struct tg_date_says {
	struct tg_str pattern;
	struct tg_str
		pivot; /* digits: years of two digits below it are 20xx, the others 19xx; none: not said */
	struct tg_str
		zone; /* "UTC" or "+01:00": where times are that carry no zone; none: not said */
};

struct tg_date_form {
	struct tg_str pattern; /* as it was given */
	enum tg_date_kind kind;
	bool zoned; /* what comes out has a zone */
	/* Digits at fixed places have a quick way: where each two stand, and where they go in what comes out. */
	bool quick;
	uint8_t width, size; /* of a text, and of what comes out */
	uint8_t pairs, from[TG_DATE_PAIRS], to[TG_DATE_PAIRS];
	uint8_t literals, literal_at[TG_DATE_LITERALS];
	char literal[TG_DATE_LITERALS];
	char out[TG_DATE_MAX]; /* all but the digits */
	/* Inside common/value/. */
	const struct tg_date_step *step;
	size_t steps;
	unsigned pivot;
	struct tg_str zone;
};

/* Copies what it keeps. TG_CONFIG says what is wrong, and where in the pattern. */
TG_MUST_USE enum tg_status tg_date_compile(struct tg_date_form *form,
					   const struct tg_date_says *says, struct tg_arena *arena,
					   struct tg_error *err);

/* Writes text, which is of that form, as RFC 3339, without quotes. Gives the end, or NULL when it is none, or there is no such day. */
char *tg_date_read(const struct tg_date_form *form, char *to, struct tg_str text);

/* The other way: appends a date or time of RFC 3339 in that form. False, and nothing is appended, when tg_date_read would not give the
 * very same text back: it is none, or has what the form has no place for. */
TG_MUST_USE bool tg_date_write(const struct tg_date_form *form, struct tg_buffer *out,
			       struct tg_str value);

/* What a text that cannot be read is, in words that go before the pattern: "is no date", "is a day that there is not, by". */
const char *tg_date_fault(const struct tg_date_form *form, struct tg_str text);

/* What JSON Schema's "format" calls what comes out: "date", "time", "date-time". A time without a zone is not its "time". */
struct tg_str tg_date_name(const struct tg_date_form *form);

bool tg_date_day_exists(unsigned year, unsigned month, unsigned day);

static inline unsigned tg_date_two(const char *digits)
{
	return (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0');
}

/* For the hot path: as tg_date_read, or NULL, where the quick way is not to be gone. Writes TG_DATE_MAX bytes. */
static inline char *tg_date_read_quickly(const struct tg_date_form *form, char *to,
					 struct tg_str text)
{
	static const uint8_t last[] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const char *time = to;
	unsigned bad = 0, others = 0;

	if (!form->quick || text.n != form->width)
		return NULL;
	for (size_t i = 0; i < form->literals; i++)
		bad |= (unsigned)(text.p[form->literal_at[i]] ^ form->literal[i]);
	memcpy(to, form->out, sizeof(form->out));
	/* What was just written is not read again but by the byte: a processor waits for it when a read takes in several writes. */
	for (size_t i = 0; i < form->pairs; i++) {
		uint16_t pair;
		unsigned value;

		memcpy(&pair, text.p + form->from[i], 2);
		memcpy(to + form->to[i], &pair, 2);
		/* A byte that is no digit gets a bit 7, here or by the addition. */
		value = pair ^ 0x3030U;
		others |= value | (value + 0x7676U);
	}
	if (bad || others & 0x8080)
		return NULL;
	if (form->kind != TG_DATE_TIME) {
		unsigned month = tg_date_two(to + 5), day = tg_date_two(to + 8);

		/* 29 February, and the year that there is not, are looked at closely. */
		if (month > 12 || day - 1 >= last[month] ||
		    (tg_date_two(to) == 0 && tg_date_two(to + 2) == 0))
			return NULL;
		time = to + 11;
	}
	if (form->kind != TG_DATE_DAY && (tg_date_two(time) > 23 || time[3] > '5' || time[6] > '5'))
		return NULL;
	return to + form->size;
}

#endif

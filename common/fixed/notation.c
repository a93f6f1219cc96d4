#include "common/fixed/field.h"

#include "common/base/check.h"
#include "common/base/decode.h"

enum {
	SCALE_MAX = 60,
	DIGITS_MAX = 4096, /* of one number */
	BINARY_MAX = 8,
};

/* In the order of enum tg_fixed_sign. */
static const char *const sign_word[] = {
	"none",
	"leading",
	"trailing",
	"overpunch-leading",
	"overpunch-trailing",
	"overpunch-leading-ascii",
	"overpunch-trailing-ascii",
	"nibble",
	"twos",
	NULL,
};

/*
 * Texts
 */

/* What fills a field up is one byte. */
static enum tg_status read_pad(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
			       struct tg_fixed_field *f)
{
	static const char *const side[] = { "right", "left", NULL };
	bool number = f->type == TG_FIXED_NUMBER;
	struct tg_str text = TG_STR_NONE, byte = TG_STR_NONE;
	unsigned left = number;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[TG_KEY_PAD], side, &left);

	f->trim = true;
	if (!st)
		st = tg_fixed_read_flag(r, raw->v[TG_KEY_TRIM], &f->trim);
	if (!st)
		st = tg_fixed_read_string(r, raw->v[TG_KEY_PAD_CHAR], &text);
	if (st)
		return st;
	f->pad_left = left != 0;
	f->pad = number && f->pad_left ? f->set->zero : f->set->blank;
	if (!text.p)
		return TG_OK;
	if (!tg_charset_encode(f->set, text, r->arena, &byte) || byte.n != 1)
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_PAD_CHAR],
				       "must be one character that is one byte in the encoding");
	f->pad = (unsigned char)byte.p[0];
	if (number && f->set->over[f->pad] != 0xff && !(f->pad_left && f->pad == f->set->zero))
		return TG_LAYOUT_FAULT(
			r, raw->v[TG_KEY_PAD_CHAR],
			"could be part of the number: only zeros on the left change nothing");
	return TG_OK;
}

static enum tg_status read_spelling(struct tg_fixed_reading *r, const struct tg_span *value,
				    const struct tg_fixed_field *f, struct tg_fixed_spelling *to)
{
	static const struct tg_str key[] = { { "bytes", 5 } };
	TG_OWN(tg_buffer_release) struct tg_buffer bytes = TG_BUFFER_INIT;
	const struct tg_span *hex[1];
	enum tg_status st;

	if (value->kind == TG_OBJECT) {
		st = tg_fixed_collect(r, value, "a spelling", key, hex, 1);
		if (st)
			return st;
		if (!hex[0] || hex[0]->kind != TG_STRING ||
		    !tg_hex_decode(&bytes, tg_fixed_text(r, hex[0])) || bytes.n == 0)
			return TG_LAYOUT_FAULT(
				r, value,
				"must be {\"bytes\": \"00\"}, with bytes in hexadecimal that fill the field");
		to->text = to->bytes = tg_arena_copy(r->arena, tg_buffer_str(&bytes));
		to->repeated = true;
		return TG_OK;
	}
	st = tg_fixed_read_string(r, value, &to->text);
	if (st)
		return st;
	if (f->type == TG_FIXED_PACKED || f->type == TG_FIXED_BINARY) {
		to->bytes = to->text;
		for (size_t i = 0; i < to->text.n; i++)
			if (!tg_digit((unsigned char)to->text.p[i]) || i >= DIGITS_MAX)
				return TG_LAYOUT_FAULT(
					r, value,
					"must be digits, or {\"bytes\": \"00\"}: the field holds no text");
		return TG_OK;
	}
	if (!tg_charset_encode(f->set, to->text, r->arena, &to->bytes))
		return TG_LAYOUT_FAULT(r, value, "has a character that the encoding has not");
	if (!r->layout->characters && to->bytes.n > f->width)
		return TG_LAYOUT_FAULT(r, value, "is longer than the field");
	return TG_OK;
}

static enum tg_status read_spellings(struct tg_fixed_reading *r, const struct tg_span *list,
				     const struct tg_fixed_field *f, struct tg_fixed_spellings *to)
{
	const struct tg_span *item = NULL;
	enum tg_status st = TG_OK;

	if (!list)
		return TG_OK;
	to->item = tg_arena_array(r->arena, tg_fixed_count(r, list) + 1, sizeof(*to->item));
	while (!st && (item = tg_fixed_next(r, list, item)))
		st = read_spelling(r, item, f, &to->item[to->n++]);
	return st;
}

static enum tg_status read_blank(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				 struct tg_fixed_field *f)
{
	static const char *const word[] = { "reject", "text", "null", "zero", NULL };
	bool text = f->type == TG_FIXED_TEXT;
	bool number = (f->type == TG_FIXED_NUMBER || f->type == TG_FIXED_PACKED ||
		       f->type == TG_FIXED_BINARY) &&
		      !f->dated;
	unsigned blank = text ? TG_BLANK_TEXT : TG_BLANK_REJECT;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[TG_KEY_BLANK], word, &blank);

	if (st)
		return st;
	f->blank = (enum tg_fixed_blank)blank;
	if ((f->blank == TG_BLANK_TEXT && !text) || (f->blank == TG_BLANK_ZERO && !number))
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_BLANK], "is no %s for blanks to be",
				       text ? "number" : "value of that type");
	return TG_OK;
}

static enum tg_status read_boolean(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				   struct tg_fixed_field *f)
{
	enum tg_status st = read_spellings(r, raw->v[TG_KEY_TRUE], f, &f->yes);

	if (!st)
		st = read_spellings(r, raw->v[TG_KEY_FALSE], f, &f->no);
	if (st)
		return st;
	if (f->yes.n == 0 || f->no.n == 0)
		return TG_LAYOUT_FAULT(
			r, raw->span,
			"needs \"true\" and \"false\", lists of what is sent for them");
	for (size_t i = 0; i < f->yes.n; i++)
		for (size_t j = 0; j < f->no.n; j++)
			if (tg_str_eq(f->yes.item[i].bytes, f->no.item[j].bytes))
				return TG_LAYOUT_FAULT(
					r, raw->v[TG_KEY_FALSE],
					"the same text stands under true and under false");
	return TG_OK;
}

/*
 * Numbers and dates
 */

static enum tg_status read_scale(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				 struct tg_fixed_field *f)
{
	const struct tg_span *v = raw->v[TG_KEY_SCALE];
	struct tg_str text = TG_STR_NONE;
	uint64_t scale = 0;
	bool below;

	if (!v)
		return TG_OK;
	text = v->kind == TG_NUMBER ? tg_span_text(&r->doc->document, v) : TG_STR("");
	below = text.n && text.p[0] == '-';
	if (!tg_read_u64(tg_str_after(text, below), &scale) || scale > SCALE_MAX)
		return TG_LAYOUT_FAULT(r, v, "must be a whole number from -%d to %d", SCALE_MAX,
				       SCALE_MAX);
	f->scale = below ? -(int)scale : (int)scale;
	f->scaled = true;
	if (raw->word == TG_WORD_INTEGER && f->scale > 0)
		return TG_LAYOUT_FAULT(r, v, "an integer has no decimals: its type is number");
	return TG_OK;
}

static enum tg_status read_sign(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				struct tg_fixed_field *f)
{
	unsigned sign = f->type == TG_FIXED_PACKED   ? TG_SIGN_NIBBLE
			: raw->word == TG_WORD_ZONED ? TG_SIGN_OVER_TRAILING
						     : TG_SIGN_NONE;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[TG_KEY_SIGN], sign_word, &sign);
	bool wrong;

	if (st)
		return st;
	f->sign = (enum tg_fixed_sign)sign;
	if (f->type == TG_FIXED_BINARY && !raw->v[TG_KEY_SIGN])
		return TG_LAYOUT_FAULT(
			r, raw->span,
			"needs a \"sign\": \"twos\" (COMP of S9) or \"none\"; the bytes do not tell");
	if (f->type == TG_FIXED_BINARY)
		wrong = f->sign != TG_SIGN_TWOS && f->sign != TG_SIGN_NONE;
	else if (f->type == TG_FIXED_PACKED)
		wrong = f->sign != TG_SIGN_NIBBLE && f->sign != TG_SIGN_NONE;
	else
		wrong = f->sign >= TG_SIGN_NIBBLE;
	if (wrong)
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_SIGN], "is no sign that %s %s can have",
				       tg_fixed_article(raw->word), tg_fixed_word(raw->word));
	if (f->set->zoned &&
	    (f->sign == TG_SIGN_OVER_LEADING_ASCII || f->sign == TG_SIGN_OVER_TRAILING_ASCII))
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_SIGN],
				       "is a sign of ASCII, and the encoding is EBCDIC");
	return TG_OK;
}

static enum tg_status read_point(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				 struct tg_fixed_field *f)
{
	static const char *const word[] = { "implied", "explicit", "comma", NULL };
	unsigned point = TG_POINT_IMPLIED;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[TG_KEY_POINT], word, &point);

	f->point = (enum tg_fixed_point)point;
	if (!st && point && raw->word == TG_WORD_INTEGER)
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_POINT], "an integer has no point");
	if (!st && point && f->scale < 0)
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_POINT],
				       "a number whose scale is below zero has no point");
	return st;
}

static enum tg_status read_date(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				struct tg_fixed_field *f)
{
	struct tg_date_says says = { .pattern = TG_STR_NONE };
	struct tg_error why = TG_ERROR_INIT;
	enum tg_status st = tg_fixed_read_string(r, raw->v[TG_KEY_FORMAT], &says.pattern);

	if (!st)
		st = tg_fixed_read_string(r, raw->v[TG_KEY_ZONE], &says.zone);
	if (st)
		return st;
	if (!raw->v[TG_KEY_FORMAT] && (raw->v[TG_KEY_PIVOT] || raw->v[TG_KEY_ZONE]))
		return TG_LAYOUT_FAULT(r, raw->span, "has no \"format\" that this belongs to");
	if (!raw->v[TG_KEY_FORMAT] && f->type == TG_FIXED_DATE)
		return TG_LAYOUT_FAULT(r, raw->span, "needs a \"format\", such as \"yyyyMMdd\"");
	if (!raw->v[TG_KEY_FORMAT])
		return TG_OK;
	if (raw->v[TG_KEY_PIVOT] && raw->v[TG_KEY_PIVOT]->kind != TG_NUMBER)
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_PIVOT], "must be a number");
	if (raw->v[TG_KEY_PIVOT])
		says.pivot = tg_span_text(&r->doc->document, raw->v[TG_KEY_PIVOT]);
	if (tg_date_compile(&f->date, &says, r->arena, &why))
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_FORMAT], "%s", why.text);
	f->dated = true;
	if (f->type != TG_FIXED_DATE && raw->v[TG_KEY_SCALE])
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_SCALE], "a date has no decimals");
	return TG_OK;
}

static enum tg_status check_number(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				   struct tg_fixed_field *f)
{
	static const char *const order[] = { "big", "little", NULL };
	unsigned little = 0;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[TG_KEY_ORDER], order, &little);

	f->little = little != 0;
	if (!st && f->width > (f->type == TG_FIXED_BINARY ? BINARY_MAX : DIGITS_MAX / 2))
		return TG_LAYOUT_FAULT(r, raw->v[TG_KEY_WIDTH],
				       "is more than a number can have, which is %d",
				       f->type == TG_FIXED_BINARY ? BINARY_MAX : DIGITS_MAX / 2);
	if (!st && f->type == TG_FIXED_NUMBER && !f->set->numeric)
		return TG_LAYOUT_FAULT(r, raw->span,
				       "the encoding has no digits that numbers can be made of");
	if (!st && f->type != TG_FIXED_NUMBER && r->layout->characters)
		return TG_LAYOUT_FAULT(
			r, raw->span,
			"holds bytes that are no characters, and widths are counted in characters");
	if (!st && f->type != TG_FIXED_NUMBER && r->layout->framing == TG_FRAMING_LINES)
		return TG_LAYOUT_FAULT(
			r, raw->span,
			"any byte of it may be a line feed, so that lines do not tell where a record ends: \"framing\" must be fixed or rdw (line ends that are there can be a filler)");
	return st;
}

enum tg_status tg_fixed_read_notation(struct tg_fixed_reading *r, const struct tg_fixed_raw *raw,
				      struct tg_fixed_field *f)
{
	bool texts = tg_fixed_has_key(f->type, TG_KEY_PAD);
	bool number = tg_fixed_has_key(f->type, TG_KEY_SIGN);
	enum tg_status st = texts ? read_pad(r, raw, f) : TG_OK;

	if (!st && number)
		st = read_scale(r, raw, f);
	if (!st && number)
		st = read_sign(r, raw, f);
	if (!st)
		st = read_point(r, raw, f);
	if (!st)
		st = read_date(r, raw, f);
	if (!st && number)
		st = check_number(r, raw, f);
	if (!st && tg_fixed_has_key(f->type, TG_KEY_BLANK))
		st = read_blank(r, raw, f);
	if (!st)
		st = read_spellings(r, raw->v[TG_KEY_NULLS], f, &f->null);
	if (!st && f->type == TG_FIXED_BOOLEAN)
		st = read_boolean(r, raw, f);
	if (!st && raw->v[TG_KEY_VALUE]) {
		f->valued = true;
		st = read_spelling(r, raw->v[TG_KEY_VALUE], f, &f->value);
	}
	return st;
}

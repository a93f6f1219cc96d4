#include "common/fixed/cover.h"
#include "common/fixed/read.h"

#include "common/base/check.h"
#include "common/base/decode.h"
#include "common/base/utf8.h"
#include "common/json/number.h"
#include "common/json/text.h"

enum {
	WIDTH_MAX = 1 << 24, /* of a record too */
	SCALE_MAX = 60,
	DIGITS_MAX = 4096, /* of one number */
	BINARY_MAX = 8,
	DEPTH_MAX = 8, /* groups in groups */
};

enum key {
	NAME,
	AT,
	WIDTH,
	TYPE,
	ENCODING,
	PAD,
	PAD_CHAR,
	TRIM,
	SCALE,
	SIGN,
	POINT,
	BLANK,
	NULLS,
	FORMAT,
	PIVOT,
	ZONE,
	ORDER,
	OCCURS,
	DEPENDS_ON,
	REDEFINES,
	WHEN,
	VALUE,
	TRUE,
	FALSE,
	FIELDS,
	KEYS,
};

static const struct tg_str key_name[KEYS] = {
	[NAME] = { "name", 4 },
	[AT] = { "at", 2 },
	[WIDTH] = { "width", 5 },
	[TYPE] = { "type", 4 },
	[ENCODING] = { "encoding", 8 },
	[PAD] = { "pad", 3 },
	[PAD_CHAR] = { "padChar", 7 },
	[TRIM] = { "trim", 4 },
	[SCALE] = { "scale", 5 },
	[SIGN] = { "sign", 4 },
	[POINT] = { "point", 5 },
	[BLANK] = { "blank", 5 },
	[NULLS] = { "nulls", 5 },
	[FORMAT] = { "format", 6 },
	[PIVOT] = { "pivot", 5 },
	[ZONE] = { "zone", 4 },
	[ORDER] = { "order", 5 },
	[OCCURS] = { "occurs", 6 },
	[DEPENDS_ON] = { "dependsOn", 9 },
	[REDEFINES] = { "redefines", 9 },
	[WHEN] = { "when", 4 },
	[VALUE] = { "value", 5 },
	[TRUE] = { "true", 4 },
	[FALSE] = { "false", 5 },
	[FIELDS] = { "fields", 6 },
};

/* The words of "type", and what they stand for. */
enum word { TEXT, NUMBER, INTEGER, ZONED, PACKED, BINARY, DATE, BOOLEAN, FILLER, GROUP };

static const char *const type_word[] = { "text", "number",  "integer", "zoned", "packed", "binary",
					 "date", "boolean", "filler",  "group", NULL };
static const enum tg_fixed_type type_of[] = {
	TG_FIXED_TEXT,	 TG_FIXED_NUMBER, TG_FIXED_NUMBER,  TG_FIXED_NUMBER, TG_FIXED_PACKED,
	TG_FIXED_BINARY, TG_FIXED_DATE,	  TG_FIXED_BOOLEAN, TG_FIXED_FILLER, TG_FIXED_GROUP,
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

/* Which keys a type has, besides those that all have. */
#define KEY(k) (UINT32_C(1) << (k))
#define ALL (KEY(NAME) | KEY(AT) | KEY(WIDTH) | KEY(TYPE))
#define LISTS (KEY(OCCURS) | KEY(DEPENDS_ON) | KEY(REDEFINES) | KEY(WHEN))
#define TEXTS (KEY(ENCODING) | KEY(PAD) | KEY(PAD_CHAR) | KEY(TRIM) | KEY(BLANK) | KEY(NULLS))
#define DAYS (KEY(FORMAT) | KEY(PIVOT) | KEY(ZONE))
#define BITS (KEY(ENCODING) | KEY(BLANK) | KEY(NULLS) | KEY(SCALE) | KEY(SIGN))

static const uint32_t keys_of[] = {
	[TG_FIXED_TEXT] = ALL | LISTS | TEXTS,
	[TG_FIXED_NUMBER] = ALL | LISTS | TEXTS | KEY(SCALE) | KEY(SIGN) | KEY(POINT),
	[TG_FIXED_PACKED] = ALL | LISTS | BITS | DAYS,
	[TG_FIXED_BINARY] = ALL | LISTS | BITS | DAYS | KEY(ORDER),
	[TG_FIXED_DATE] = ALL | LISTS | TEXTS | DAYS,
	[TG_FIXED_BOOLEAN] = ALL | LISTS | TEXTS | KEY(TRUE) | KEY(FALSE),
	[TG_FIXED_FILLER] = ALL | KEY(ENCODING) | KEY(PAD) | KEY(PAD_CHAR) | KEY(VALUE) |
			    KEY(REDEFINES) | KEY(WHEN),
	[TG_FIXED_GROUP] = ALL | LISTS | KEY(FIELDS),
};

/* One field as it is being read. */
struct raw {
	const struct tg_span *span;
	const struct tg_span *v[KEYS];
	enum word word;
};

static const char *article(enum word w)
{
	return w == INTEGER ? "an" : "a";
}

static enum tg_status only_its_keys(struct tg_fixed_reading *r, const struct raw *raw,
				    const struct tg_fixed_field *f)
{
	for (unsigned k = 0; k < KEYS; k++) {
		if (!raw->v[k] || keys_of[f->type] >> k & 1)
			continue;
		if (k == FIELDS)
			return TG_LAYOUT_FAULT(
				r, raw->v[k],
				"only a group has fields: give it \"type\": \"group\"");
		return TG_LAYOUT_FAULT(r, raw->v[k], "means nothing for %s %s", article(raw->word),
				       type_word[raw->word]);
	}
	return TG_OK;
}

/*
 * Where it is
 */

static enum tg_status read_place(struct tg_fixed_reading *r, const struct raw *raw,
				 struct tg_fixed_field *f)
{
	uint64_t at = 0, width = 0, occurs = 0, bytes;
	enum tg_status st;

	if (!raw->v[AT] || !raw->v[WIDTH])
		return TG_LAYOUT_FAULT(r, raw->span, "has no \"%s\"", raw->v[AT] ? "width" : "at");
	st = tg_fixed_read_number(r, raw->v[AT], 1, WIDTH_MAX, &at);
	if (!st)
		st = tg_fixed_read_number(r, raw->v[WIDTH], 1, WIDTH_MAX, &width);
	if (!st)
		st = tg_fixed_read_number(r, raw->v[OCCURS], 1, WIDTH_MAX, &occurs);
	if (st)
		return st;
	bytes = width * (occurs ? occurs : 1); /* below 2^48 */
	if (at - 1 + bytes > WIDTH_MAX)
		return TG_LAYOUT_FAULT(r, raw->span, "ends beyond %d", WIDTH_MAX);
	f->at = (uint32_t)at - 1;
	f->width = (uint32_t)width;
	f->occurs = (uint32_t)occurs;
	return TG_OK;
}

/* Its name, and what the contract says about a property called so; what is in a group is as confidential as the group. */
static enum tg_status read_name(struct tg_fixed_reading *r, const struct raw *raw,
				struct tg_fixed_field *f)
{
	struct tg_property property;
	enum tg_status st = tg_fixed_read_string(r, raw->v[NAME], &f->name);

	if (st || f->type == TG_FIXED_FILLER)
		return st;
	if (f->name.n == 0)
		return TG_LAYOUT_FAULT(r, raw->v[NAME] ? raw->v[NAME] : raw->span,
				       "needs a name; one that is not wanted is a filler");
	if (r->group) {
		f->class = r->group->class;
		f->quotable = r->group->quotable;
		return TG_OK;
	}
	tg_contract_property(r->contract, f->name, &property);
	f->schema = property.schema;
	f->class = property.class;
	f->quotable = r->setup->show_values || tg_class_quotable(property.class);
	f->as_text = (property.types & ~(unsigned)TG_TYPE_NULL) == TG_TYPE_STRING;
	return TG_OK;
}

/*
 * Texts
 */

/* What fills a field up is one byte. */
static enum tg_status read_pad(struct tg_fixed_reading *r, const struct raw *raw,
			       struct tg_fixed_field *f)
{
	static const char *const side[] = { "right", "left", NULL };
	bool number = f->type == TG_FIXED_NUMBER;
	struct tg_str text = TG_STR_NONE, byte = TG_STR_NONE;
	unsigned left = number;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[PAD], side, &left);

	f->trim = true;
	if (!st)
		st = tg_fixed_read_flag(r, raw->v[TRIM], &f->trim);
	if (!st)
		st = tg_fixed_read_string(r, raw->v[PAD_CHAR], &text);
	if (st)
		return st;
	f->pad_left = left != 0;
	f->pad = number && f->pad_left ? f->set->zero : f->set->blank;
	if (!text.p)
		return TG_OK;
	if (!tg_charset_encode(f->set, text, r->arena, &byte) || byte.n != 1)
		return TG_LAYOUT_FAULT(r, raw->v[PAD_CHAR],
				       "must be one character that is one byte in the encoding");
	f->pad = (unsigned char)byte.p[0];
	if (number && f->set->over[f->pad] != 0xff && !(f->pad_left && f->pad == f->set->zero))
		return TG_LAYOUT_FAULT(
			r, raw->v[PAD_CHAR],
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

static enum tg_status read_blank(struct tg_fixed_reading *r, const struct raw *raw,
				 struct tg_fixed_field *f)
{
	static const char *const word[] = { "reject", "text", "null", "zero", NULL };
	bool text = f->type == TG_FIXED_TEXT;
	bool number = (f->type == TG_FIXED_NUMBER || f->type == TG_FIXED_PACKED ||
		       f->type == TG_FIXED_BINARY) &&
		      !f->dated;
	unsigned blank = text ? TG_BLANK_TEXT : TG_BLANK_REJECT;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[BLANK], word, &blank);

	if (st)
		return st;
	f->blank = (enum tg_fixed_blank)blank;
	if ((f->blank == TG_BLANK_TEXT && !text) || (f->blank == TG_BLANK_ZERO && !number))
		return TG_LAYOUT_FAULT(r, raw->v[BLANK], "is no %s for blanks to be",
				       text ? "number" : "value of that type");
	return TG_OK;
}

static enum tg_status read_boolean(struct tg_fixed_reading *r, const struct raw *raw,
				   struct tg_fixed_field *f)
{
	enum tg_status st = read_spellings(r, raw->v[TRUE], f, &f->yes);

	if (!st)
		st = read_spellings(r, raw->v[FALSE], f, &f->no);
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
					r, raw->v[FALSE],
					"the same text stands under true and under false");
	return TG_OK;
}

/*
 * Numbers and dates
 */

static enum tg_status read_scale(struct tg_fixed_reading *r, const struct raw *raw,
				 struct tg_fixed_field *f)
{
	const struct tg_span *v = raw->v[SCALE];
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
	if (raw->word == INTEGER && f->scale > 0)
		return TG_LAYOUT_FAULT(r, v, "an integer has no decimals: its type is number");
	return TG_OK;
}

static enum tg_status read_sign(struct tg_fixed_reading *r, const struct raw *raw,
				struct tg_fixed_field *f)
{
	unsigned sign = f->type == TG_FIXED_PACKED ? TG_SIGN_NIBBLE
			: raw->word == ZONED	   ? TG_SIGN_OVER_TRAILING
						   : TG_SIGN_NONE;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[SIGN], sign_word, &sign);
	bool wrong;

	if (st)
		return st;
	f->sign = (enum tg_fixed_sign)sign;
	if (f->type == TG_FIXED_BINARY && !raw->v[SIGN])
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
		return TG_LAYOUT_FAULT(r, raw->v[SIGN], "is no sign that %s %s can have",
				       article(raw->word), type_word[raw->word]);
	if (f->set->zoned &&
	    (f->sign == TG_SIGN_OVER_LEADING_ASCII || f->sign == TG_SIGN_OVER_TRAILING_ASCII))
		return TG_LAYOUT_FAULT(r, raw->v[SIGN],
				       "is a sign of ASCII, and the encoding is EBCDIC");
	return TG_OK;
}

static enum tg_status read_point(struct tg_fixed_reading *r, const struct raw *raw,
				 struct tg_fixed_field *f)
{
	static const char *const word[] = { "implied", "explicit", "comma", NULL };
	unsigned point = TG_POINT_IMPLIED;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[POINT], word, &point);

	f->point = (enum tg_fixed_point)point;
	if (!st && point && raw->word == INTEGER)
		return TG_LAYOUT_FAULT(r, raw->v[POINT], "an integer has no point");
	if (!st && point && f->scale < 0)
		return TG_LAYOUT_FAULT(r, raw->v[POINT],
				       "a number whose scale is below zero has no point");
	return st;
}

static enum tg_status read_date(struct tg_fixed_reading *r, const struct raw *raw,
				struct tg_fixed_field *f)
{
	struct tg_date_says says = { .pattern = TG_STR_NONE };
	struct tg_error why = TG_ERROR_INIT;
	enum tg_status st = tg_fixed_read_string(r, raw->v[FORMAT], &says.pattern);

	if (!st)
		st = tg_fixed_read_string(r, raw->v[ZONE], &says.zone);
	if (st)
		return st;
	if (!raw->v[FORMAT] && (raw->v[PIVOT] || raw->v[ZONE]))
		return TG_LAYOUT_FAULT(r, raw->span, "has no \"format\" that this belongs to");
	if (!raw->v[FORMAT] && f->type == TG_FIXED_DATE)
		return TG_LAYOUT_FAULT(r, raw->span, "needs a \"format\", such as \"yyyyMMdd\"");
	if (!raw->v[FORMAT])
		return TG_OK;
	if (raw->v[PIVOT] && raw->v[PIVOT]->kind != TG_NUMBER)
		return TG_LAYOUT_FAULT(r, raw->v[PIVOT], "must be a number");
	if (raw->v[PIVOT])
		says.pivot = tg_span_text(&r->doc->document, raw->v[PIVOT]);
	if (tg_date_compile(&f->date, &says, r->arena, &why))
		return TG_LAYOUT_FAULT(r, raw->v[FORMAT], "%s", why.text);
	f->dated = true;
	if (f->type != TG_FIXED_DATE && raw->v[SCALE])
		return TG_LAYOUT_FAULT(r, raw->v[SCALE], "a date has no decimals");
	return TG_OK;
}

static enum tg_status check_number(struct tg_fixed_reading *r, const struct raw *raw,
				   struct tg_fixed_field *f)
{
	static const char *const order[] = { "big", "little", NULL };
	unsigned little = 0;
	enum tg_status st = tg_fixed_read_choice(r, raw->v[ORDER], order, &little);

	f->little = little != 0;
	if (!st && f->width > (f->type == TG_FIXED_BINARY ? BINARY_MAX : DIGITS_MAX / 2))
		return TG_LAYOUT_FAULT(r, raw->v[WIDTH],
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

static enum tg_status read_by_type(struct tg_fixed_reading *r, const struct raw *raw,
				   struct tg_fixed_field *f)
{
	bool texts = (keys_of[f->type] & KEY(PAD)) != 0;
	bool number = (keys_of[f->type] & KEY(SIGN)) != 0;
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
	if (!st && keys_of[f->type] & KEY(BLANK))
		st = read_blank(r, raw, f);
	if (!st)
		st = read_spellings(r, raw->v[NULLS], f, &f->null);
	if (!st && f->type == TG_FIXED_BOOLEAN)
		st = read_boolean(r, raw, f);
	if (!st && raw->v[VALUE]) {
		f->valued = true;
		st = read_spelling(r, raw->v[VALUE], f, &f->value);
	}
	return st;
}

/*
 * A list of fields
 */

struct list {
	struct tg_fixed_field *field;
	struct raw *raw;
	size_t n;
	unsigned depth;
};

static enum tg_status read_list(struct tg_fixed_reading *r, const struct tg_span *array,
				uint32_t *length, const struct tg_fixed_kind *top, struct list *l);

static enum tg_status read_group(struct tg_fixed_reading *r, const struct raw *raw,
				 struct tg_fixed_field *f, unsigned depth)
{
	const struct tg_fixed_field *outer = r->group;
	struct list inner = { .depth = depth + 1 };
	uint32_t width = f->width;
	enum tg_status st;

	if (!raw->v[FIELDS])
		return TG_LAYOUT_FAULT(r, raw->span, "a group needs fields");
	if (inner.depth > DEPTH_MAX)
		return TG_LAYOUT_FAULT(r, raw->span, "is a group in more than %d others",
				       DEPTH_MAX);
	r->group = f;
	st = read_list(r, raw->v[FIELDS], &width, NULL, &inner);
	r->group = outer;
	f->field = inner.field;
	f->fields = inner.n;
	return st;
}

static enum tg_status read_field(struct tg_fixed_reading *r, const struct tg_span *span,
				 struct raw *raw, struct tg_fixed_field *f, unsigned depth)
{
	unsigned word = TEXT;
	enum tg_status st = tg_fixed_collect(r, span, "a field", key_name, raw->v, KEYS);

	raw->span = f->span = span;
	f->set = r->layout->set;
	f->slot = TG_SLOT_NONE;
	if (!st)
		st = tg_fixed_read_choice(r, raw->v[TYPE], type_word, &word);
	raw->word = (enum word)word;
	f->type = type_of[word];
	if (!st)
		st = only_its_keys(r, raw, f);
	if (!st)
		st = read_place(r, raw, f);
	if (!st)
		st = read_name(r, raw, f);
	if (!st)
		st = tg_fixed_read_set(r, raw->v[ENCODING], &f->set);
	if (!st)
		st = read_by_type(r, raw, f);
	return !st && f->type == TG_FIXED_GROUP ? read_group(r, raw, f, depth) : st;
}

static enum tg_status no_name_twice(struct tg_fixed_reading *r, const struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct tg_fixed_field *f = &l->field[i];

		if (f->type == TG_FIXED_FILLER)
			continue;
		if (tg_fixed_field_find(l->field, i, f->name))
			return TG_LAYOUT_FAULT(r, l->raw[i].v[NAME],
					       "is the name of another field too");
	}
	return TG_OK;
}

static enum tg_status link_count(struct tg_fixed_reading *r, const struct list *l, size_t i)
{
	struct tg_fixed_field *f = &l->field[i];
	const struct tg_span *v = l->raw[i].v[DEPENDS_ON];
	struct tg_str name = TG_STR_NONE;
	enum tg_status st = tg_fixed_read_string(r, v, &name);

	if (st || !v)
		return st;
	if (!f->occurs)
		return TG_LAYOUT_FAULT(r, v, "needs \"occurs\", the most that there can be");
	f->depends = tg_fixed_field_find(l->field, l->n, name);
	if (!f->depends || !tg_fixed_is_number(f->depends) || f->depends->occurs ||
	    f->depends->scale > 0)
		return TG_LAYOUT_FAULT(r, v, "must name a field beside it that is a whole number");
	return TG_OK;
}

static enum tg_status link_bases(struct tg_fixed_reading *r, const struct list *l, size_t i)
{
	struct tg_fixed_field *f = &l->field[i];
	const struct tg_span *list = l->raw[i].v[REDEFINES], *item = NULL;
	uint32_t from = UINT32_MAX, to = 0;

	if (!list)
		return TG_OK;
	f->redefines = true;
	while ((item = tg_fixed_next(r, list, item))) {
		struct tg_str name = TG_STR_NONE;
		enum tg_status st = tg_fixed_read_string(r, item, &name);
		struct tg_fixed_field *base = st ? NULL : tg_fixed_field_find(l->field, l->n, name);
		const struct tg_fixed_when **unless;

		if (st)
			return st;
		if (!base || l->raw[base - l->field].v[REDEFINES])
			return TG_LAYOUT_FAULT(
				r, item,
				"must name a field beside it that is not itself a second reading");
		from = base->at < from ? base->at : from;
		if (base->at + base->width * (base->occurs ? base->occurs : 1) > to)
			to = base->at + base->width * (base->occurs ? base->occurs : 1);
		if (f->when.tests == 0)
			continue;
		unless = tg_arena_array(r->arena, base->unlesses + 1, sizeof(*unless));
		if (base->unlesses)
			memcpy(unless, base->unless, base->unlesses * sizeof(*unless));
		unless[base->unlesses++] = &f->when;
		base->unless = unless;
	}
	if (f->at < from || f->at + f->width * (f->occurs ? f->occurs : 1) > to)
		return TG_LAYOUT_OVERLAP(r, l->raw[i].span,
					 "is not within the bytes that it redefines, %u to %u",
					 (unsigned)from + 1, (unsigned)to);
	return TG_OK;
}

static enum tg_status link(struct tg_fixed_reading *r, const struct list *l)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < l->n; i++)
		if (l->raw[i].v[WHEN])
			st = tg_fixed_read_when(r, l->raw[i].v[WHEN], l->field, l->n,
						&l->field[i].when);
	for (size_t i = 0; !st && i < l->n; i++) {
		st = link_count(r, l, i);
		if (!st)
			st = link_bases(r, l, i);
	}
	return st;
}

static enum tg_status read_list(struct tg_fixed_reading *r, const struct tg_span *array,
				uint32_t *length, const struct tg_fixed_kind *top, struct list *l)
{
	const struct tg_span *item = NULL;
	size_t n = tg_fixed_count(r, array);
	enum tg_status st = TG_OK;

	if (array->kind != TG_ARRAY || n == 0)
		return TG_LAYOUT_FAULT(r, array, "must be a list of fields");
	l->field = tg_arena_array(r->arena, n, sizeof(*l->field));
	l->raw = tg_arena_array(r->arena, n, sizeof(*l->raw));
	while (!st && (item = tg_fixed_next(r, array, item))) {
		st = read_field(r, item, &l->raw[l->n], &l->field[l->n], l->depth);
		l->n++;
	}
	if (!st)
		st = no_name_twice(r, l);
	if (!st)
		st = link(r, l);
	return st ? st : tg_fixed_cover(r, array, l->field, l->n, length, top);
}

enum tg_status tg_fixed_read_fields(struct tg_fixed_reading *r, struct tg_fixed_kind *kind,
				    const struct tg_span *array)
{
	struct list l = { .depth = 0 };
	enum tg_status st = read_list(r, array, &kind->length, kind, &l);

	kind->field = l.field;
	kind->fields = l.n;
	return st;
}

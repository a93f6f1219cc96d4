/*
 * layout: inside common/fixed: the contract's x-fixed, read into fields and kinds of records, with everything checked that can be
 * checked before a file is there. Read-only from then on; it lives in the run's arena, and may be shared by threads.
 *
 * Places count bytes, or characters where the layout says so ("unit"); from 1 in the contract, from 0 here.
 */
#ifndef TG_FIXED_LAYOUT_H
#define TG_FIXED_LAYOUT_H

#include "common/contract/contract.h"
#include "common/fixed/charset.h"
#include "common/value/date.h"

enum tg_fixed_type {
	TG_FIXED_TEXT,
	TG_FIXED_NUMBER, /* written digits; zoned ones have a sign over one of them */
	TG_FIXED_PACKED,
	TG_FIXED_BINARY,
	TG_FIXED_DATE,
	TG_FIXED_BOOLEAN,
	TG_FIXED_FILLER,
	TG_FIXED_GROUP, /* fields of its own */
};

enum tg_fixed_sign {
	TG_SIGN_NONE,
	TG_SIGN_LEADING, /* a character of its own; where there is none, it is plus */
	TG_SIGN_TRAILING,
	TG_SIGN_OVER_LEADING,
	TG_SIGN_OVER_TRAILING,
	TG_SIGN_OVER_LEADING_ASCII,
	TG_SIGN_OVER_TRAILING_ASCII,
	TG_SIGN_NIBBLE, /* packed */
	TG_SIGN_TWOS,	/* binary */
};

enum tg_fixed_point {
	TG_POINT_IMPLIED,
	TG_POINT_POINT,
	TG_POINT_COMMA,
};

enum tg_fixed_blank {
	TG_BLANK_REJECT,
	TG_BLANK_TEXT, /* it is an empty string */
	TG_BLANK_NULL,
	TG_BLANK_ZERO,
};

/* A text as a field would hold it, without what fills the field up; or bytes that come again and again until it is full. */
struct tg_fixed_spelling {
	struct tg_str text;  /* as in the layout */
	struct tg_str bytes; /* in the field's set */
	bool repeated;
};

struct tg_fixed_spellings {
	struct tg_fixed_spelling *item;
	size_t n;
};

struct tg_fixed_field;

/* Fields of the same record whose values must be among those given, all of them. */
struct tg_fixed_test {
	const struct tg_fixed_field *field;
	struct tg_str *value; /* as JSON texts */
	size_t values;
};

struct tg_fixed_when {
	struct tg_fixed_test *test;
	size_t tests;
};

struct tg_fixed_field {
	struct tg_str name;
	const struct tg_span *span;   /* in the layout, for faults in it */
	const struct tg_span *schema; /* of its property in the contract, NULL: none */
	enum tg_class class;
	bool quotable;
	enum tg_fixed_type type;
	enum tg_fixed_sign sign;
	enum tg_fixed_point point;
	enum tg_fixed_blank blank;
	uint32_t at, width; /* at counts from the group that it is in; width is one item's */
	const struct tg_charset *set;
	unsigned char pad;
	bool pad_left, trim;
	bool little;  /* binary */
	bool scaled;  /* the layout gives a scale */
	bool as_text; /* its property is a string: digits come out in quotes */
	int scale;
	struct tg_date_form date; /* of a date, and of numbers that hold one (dated) */
	bool dated;
	struct tg_fixed_spellings null, yes, no;
	struct tg_fixed_spelling value; /* of a filler */
	bool valued;
	uint32_t occurs;		      /* 0: it is no list */
	const struct tg_fixed_field *depends; /* how many there are; NULL: all */
	bool redefines;
	struct tg_fixed_when when; /* tests 0: always */
	/* Under one of these the same bytes are read in another way, and this field does not come out. */
	const struct tg_fixed_when **unless;
	size_t unlesses;
	struct tg_fixed_field *field; /* of a group */
	size_t fields;
	uint32_t slot; /* TG_SLOT_NONE, or where its value is kept for whoever asks */
};

#define TG_SLOT_NONE UINT32_MAX

/* One kind of record. */
struct tg_fixed_kind {
	const struct tg_span *span;
	struct tg_str tag;	 /* as in the layout; none: there is but one kind */
	struct tg_str tag_bytes; /* filled up to the tag's width */
	struct tg_str as;	 /* what it is called in a record; none: the record does not say */
	struct tg_str label;	 /* what messages call it */
	bool emit;
	bool any; /* "*" */
	uint32_t length;
	/* A list of a varying number at the end may be sent without the room that it does not use. */
	const struct tg_fixed_field *tail;
	struct tg_fixed_field *field;
	size_t fields;
	bool *after; /* by kind, and behind them the start of the file; NULL: it may stand anywhere */
	uint64_t min, max;
	bool min_given;
	uint32_t slots;
};

enum tg_fixed_framing {
	TG_FRAMING_LINES,
	TG_FRAMING_FIXED,
	TG_FRAMING_RDW,
	TG_FRAMING_RDW_BDW,
};

/* What must be right about the whole file, said by one record of it. */
struct tg_fixed_check {
	const struct tg_span *span;
	uint32_t in; /* kind */
	const struct tg_fixed_field *field;
	bool sum;			     /* else it is a count */
	bool *of;			     /* by kind: whose records count, or are added up */
	struct tg_str pointer;		     /* of a sum: what is added up */
	const struct tg_fixed_field **added; /* by kind */
	bool *since;			     /* by kind: it begins anew there; NULL: never */
	uint64_t modulo;		     /* 0: none */
	struct tg_fixed_when *when;	     /* by kind; NULL: always */
	bool quotable;
};

struct tg_fixed_layout {
	enum tg_fixed_framing framing;
	bool characters;
	bool pad_short;
	const struct tg_charset *set;
	bool tagged;
	uint32_t tag_at, tag_width;
	struct tg_fixed_kind *kind;
	size_t kinds;
	struct tg_fixed_kind *any; /* "*", or NULL */
	struct tg_str fill;	   /* a pattern; none */
	const struct tg_span *fill_span;
	struct tg_fixed_check *check;
	size_t checks;
	uint32_t longest; /* the longest record, in its units */
	/* The document that it stands in: the contract, or a file of its own. For messages. */
	const struct tg_contract *document;
};

/* Reads x-fixed of the contract. TG_CONFIG with its place, TG_USAGE without a contract; code "fixed-overlap" for fields that lie over
 * each other, and for gaps. */
TG_MUST_USE enum tg_status tg_fixed_layout_read(struct tg_fixed_layout *layout,
						const struct tg_contract *contract,
						const struct tg_setup *setup, struct tg_error *err);

#endif

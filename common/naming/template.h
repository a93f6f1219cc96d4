/*
 * template: what a partner's files are called (x-name in the contract), and what one such name says.
 *
 * A template is literal text with fields in it. It is taken only if every name can be read in one way: each field knows where it
 * ends, by its width, by the literal behind it, or by the list of its values. So reading is one pass without going back. A compiled
 * template is read-only and lives in its arena.
 */
#ifndef TG_NAMING_TEMPLATE_H
#define TG_NAMING_TEMPLATE_H

#include "common/base/memory.h"
#include "common/base/status.h"

enum {
	TG_NAME_FIELDS = 16, /* most in a template */
	TG_NAME_BYTES = 255, /* most in a name */
	TG_NAME_DATE = 10,   /* of 2025-11-05 */
	TG_NAME_DIGITS = 18, /* most of a number: what follows it is a number still */
};

enum tg_name_role {
	TG_NAME_WORD, /* any other field */
	TG_NAME_SOURCE,
	TG_NAME_ENTITY,
	TG_NAME_DAY,
	TG_NAME_SEQ,
	TG_NAME_CRC32,
	TG_NAME_SHA256,
	TG_NAME_EXT,
};

enum tg_name_form {
	TG_NAME_TEXT,	/* up to the literal behind it */
	TG_NAME_PLAIN,	/* letters and digits */
	TG_NAME_VALUES, /* one of a list, the longest that fits */
	TG_NAME_NUMBER, /* decimal digits */
	TG_NAME_HEX,	/* hexadecimal digits of either case */
	TG_NAME_TIME,	/* by its format */
};

struct tg_name_field {
	struct tg_str name;
	enum tg_name_role role;
	enum tg_name_form form;
	size_t width;		    /* digits; 0: as many as there are */
	struct tg_str format;	    /* of a time: %Y%m%d and the like */
	const struct tg_str *value; /* the longest first */
	size_t values;
	struct tg_str behind; /* the literal up to the next field */
};

struct tg_template {
	struct tg_str text;  /* as written */
	struct tg_str front; /* the literal before the first field */
	struct tg_name_field field[TG_NAME_FIELDS];
	size_t fields;
};

/* The values that a field may have, where they are listed. */
struct tg_name_values {
	struct tg_str field;
	const struct tg_str *value;
	size_t values;
};

/* Copies what it keeps. TG_CONFIG: it is malformed, or a name could be read in two ways; the message says where. */
TG_MUST_USE enum tg_status tg_template_compile(struct tg_template *t, struct tg_str text,
					       const struct tg_name_values *list, size_t lists,
					       struct tg_arena *arena, struct tg_error *err);

/* The field of that role, or NULL. */
const struct tg_name_field *tg_template_find(const struct tg_template *t, enum tg_name_role role);

/* The highest number that the sequence's field can hold; 0: there is none. */
uint64_t tg_template_highest(const struct tg_template *t);

/* What a name says. Texts are views into it. */
struct tg_name {
	struct tg_str text[TG_NAME_FIELDS]; /* in the order of the template's fields */
	struct tg_str source, entity;	    /* none: the template has none */
	char date[TG_NAME_DATE + 1];	    /* 2025-11-05; empty: none */
	bool numbered;
	uint64_t seq;
	bool has_crc32;
	uint32_t crc32;
	struct tg_str
		sha256; /* its digits as they stand, perhaps the first of them only; none: none */
};

/* Why a name does not do. */
struct tg_name_fault {
	const char *code; /* a reject code: "name" or "name-date" */
	char text[256];
};

/* Reads a base name; false, and *fault says why. Names are bytes: one that is no UTF-8, holds control characters or begins with '-'
 * fits no template. The fault quotes the template at most, never the name. */
TG_MUST_USE bool tg_name_read(struct tg_name *name, const struct tg_template *t, struct tg_str base,
			      struct tg_name_fault *fault);

/* What stands behind a path's last slash. */
struct tg_str tg_name_base(struct tg_str path);

/* Whether text may be a part of a name: UTF-8, without slashes and control characters. */
bool tg_name_is_text(struct tg_str text);

/* Whether it is the name of a file that is still being written: it begins with a point, or ends in .tmp, .part, .filepart. */
bool tg_name_is_unfinished(struct tg_str base);

#endif

/*
 * field: inside common/csv: one value of a record becomes one field of a row, so that csv2json reads the same value back. What
 * cannot be written in that way is a fault, in words and without the value.
 */
#ifndef TG_CSV_FIELD_H
#define TG_CSV_FIELD_H

#include "common/csv/columns.h"
#include "common/json/pointer.h"

/* A column that is written. Texts live as long as the contract and the columns do. */
struct tg_csv_target {
	struct tg_str name;	   /* as the header has it */
	struct tg_str member;	   /* whose value it takes; none: the pointer's */
	struct tg_pointer pointer; /* TG_STR("") has no steps: the whole record */
	bool ignored;		   /* it has no value: csv2json does not look at it */
	struct tg_str where;	   /* JSON Pointer to the value, for faults */
	enum tg_csv_kind kind;
	bool typed;	       /* the contract gives a type */
	bool nests;	       /* and it may be an object or a list */
	bool nullable, nulled; /* null can be written: as `null`, without quotes */
	struct tg_str null;
	bool numbers;			  /* a number can be copied as it is */
	const struct tg_csv_notation *as; /* NULL only where the kind is text that cannot be null */
	const struct tg_span *schema;
};

/* What all fields have in common. */
struct tg_csv_form {
	const struct tg_csv_dialect *dialect;
	bool contracted; /* csv2json reads null by the dialect's spellings */
	bool exact;	 /* what would not come back as it is, is a fault */
	bool guard;	 /* formulas of spreadsheets get an apostrophe in front */
	bool wide;	 /* the machine has steps of 16 bytes, and may use them */
	bool alone;	 /* there is one column, so that an empty field is a blank line */
	uint64_t
		null_sizes; /* bit n: a spelling of null, of whatever column, has n bytes; bit 63: or more */
	size_t times,
		most; /* a field has at most so many times the bytes of its value, and so many more */
	bool first[256], last[256]; /* a text that begins or ends so needs a closer look */
	bool special[256];	    /* a text with such a byte needs quotes */
};

/* Fills the rest of a form, and what follows from it of each column. */
void tg_csv_form_make(struct tg_csv_form *form, struct tg_csv_target *target, size_t targets);

/*
 * The text of a value, in the buffer, before quotes: *quote says that it needs them, *bare that it must not have any. value NULL: it is
 * absent. Gives what is wrong with it in words, or NULL.
 */
const char *tg_csv_field_text(const struct tg_csv_form *form, const struct tg_csv_target *target,
			      const struct tg_record *rec, const struct tg_span *value,
			      struct tg_buffer *text, bool *quote, bool *bare);

/* Appends a name or a value's text, quoted where it must be; NULL, or what is wrong. front: it begins the row. TG_SLACK bytes behind text
 * are readable. There is room for 2 * text.n + 2 bytes at *to. */
const char *tg_csv_field_put(const struct tg_csv_form *form, struct tg_str text, bool quote,
			     bool bare, bool front, char **to);

/* Appends text, with an apostrophe in front where a spreadsheet would take it for a formula and the form says so. */
void tg_csv_field_guard(const struct tg_csv_form *form, struct tg_str text, struct tg_buffer *out);

/* A text that is not escaped, as it stands, if it can stay so: gives the end, or NULL, and then what it wrote is void. */
char *tg_csv_field_plain(const struct tg_csv_form *form, struct tg_str text, char *to);

#endif

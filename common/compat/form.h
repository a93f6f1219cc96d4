/*
 * form: inside common/compat: what schemas say, as formulas over JSON values.
 *
 * Both versions of a contract are read into one store, so that what is the same in both is the same formula, whatever draft and words
 * it was written in. A formula is true or false of a value. An atom asks about values of one kind and is true of all others, as the
 * keywords of JSON Schema are; the rest combine formulas. A store owns its formulas and is used by one thread.
 */
#ifndef TG_COMPAT_FORM_H
#define TG_COMPAT_FORM_H

#include "common/schema/program.h"

enum tg_form_op {
	TG_FORM_TRUE,
	TG_FORM_FALSE,
	TG_FORM_AND,
	TG_FORM_OR,
	TG_FORM_ONE, /* exactly one of them */
	TG_FORM_NOT,
	TG_FORM_IF, /* the first decides between the second and the third */
	TG_FORM_KINDS,
	TG_FORM_UNEVALUATED, /* the first, and what it leaves unevaluated: elements as the second, members as the third says */
	TG_FORM_OPAQUE, /* nothing is known of it */
	/* Atoms from here on. */
	TG_FORM_AMONG, /* the value is one of a list; of its kind */
	TG_FORM_LEAST, /* numbers; strict: not the bound itself */
	TG_FORM_MOST,
	TG_FORM_MULTIPLE,
	TG_FORM_SPELT, /* without a point or an exponent */
	TG_FORM_MIN_LENGTH,
	TG_FORM_MAX_LENGTH,
	TG_FORM_PATTERN,
	TG_FORM_FORMAT,
	TG_FORM_MIN_ITEMS,
	TG_FORM_MAX_ITEMS,
	TG_FORM_UNIQUE,
	TG_FORM_ITEMS, /* the first elements as the arguments say, the others as rest says */
	TG_FORM_CONTAINS,
	TG_FORM_MIN_MEMBERS,
	TG_FORM_MAX_MEMBERS,
	TG_FORM_HAS, /* a member of that name is there */
	TG_FORM_MEMBERS,
	TG_FORM_NAMES, /* the names of members, as strings */
};

#define TG_FORM_NONE UINT32_MAX

/* What the values of members must be, by their names. */
struct tg_form_rule {
	struct tg_str name;
	uint32_t form; /* all that is said of it, patterns and rest included */
};

struct tg_form_pattern {
	uint32_t name; /* a TG_FORM_PATTERN */
	uint32_t form;
};

struct tg_form_members {
	struct tg_names names; /* to rules */
	struct tg_form_rule *rule;
	struct tg_form_pattern *pattern; /* for names without a rule */
	uint32_t rules, patterns;
	uint32_t
		rest; /* for names that no pattern matches; TG_FORM_NONE: any, and they are not evaluated */
};

struct tg_form {
	uint8_t op;
	uint8_t kind;  /* of atoms: enum tg_kind */
	uint8_t kinds; /* TG_FORM_KINDS: set of TG_KIND_BIT */
	bool strict;   /* a bound: not itself; unevaluated: only where something is declared */
	bool unmarked; /* contains: what fits does not count as evaluated */
	uint8_t doc;   /* 0: old, 1: new */
	uint32_t args;
	uint32_t *arg;
	uint32_t rest;	    /* of items; TG_FORM_NONE: any, and they are not evaluated */
	struct tg_str text; /* bound, pattern, name of a format or member */
	uint64_t count, most;
	union {
		const struct tg_form_members *members;
		const struct tg_pattern *pattern;
		const struct tg_format *format;
		struct tg_str *value; /* of TG_FORM_AMONG: canonical forms, args of them */
	};
	const struct tg_dfa *dfa; /* of a pattern, where there can be one; see tg_text.c */
	bool dfa_tried;
	const struct tg_node *node; /* unevaluated: the schema that it is of; NULL: none is as it */
};

/* A keyword's part in a schema. */
struct tg_part {
	uint32_t form;
	uint32_t where; /* span of the keyword's value */
	uint8_t what;	/* enum tg_part_kind */
};

enum tg_part_kind {
	TG_PART_TYPE,
	TG_PART_VALUES, /* enum, const */
	TG_PART_LEAST,
	TG_PART_MOST,
	TG_PART_MULTIPLE,
	TG_PART_MIN_LENGTH,
	TG_PART_MAX_LENGTH,
	TG_PART_PATTERN,
	TG_PART_FORMAT,
	TG_PART_MIN_ITEMS,
	TG_PART_MAX_ITEMS,
	TG_PART_UNIQUE,
	TG_PART_ITEMS,
	TG_PART_CONTAINS,
	TG_PART_MIN_MEMBERS,
	TG_PART_MAX_MEMBERS,
	TG_PART_REQUIRED,
	TG_PART_DEPENDENT, /* dependentRequired, dependentSchemas */
	TG_PART_MEMBERS,
	TG_PART_NAMES,
	TG_PART_REF,
	TG_PART_ALL,
	TG_PART_ANY,
	TG_PART_ONE,
	TG_PART_NOT,
	TG_PART_IF,
	TG_PART_UNEVALUATED_ITEMS,
	TG_PART_UNEVALUATED_MEMBERS,
	TG_PARTS,
};

/* The schema that stands at a place of a document. */
struct tg_place_form {
	const struct tg_node *node;
	uint32_t form;
	struct tg_part *part;
	uint32_t parts;
};

struct tg_form_doc {
	const struct tg_schema *schema;
	struct tg_place_form **at; /* by span; NULL: not read */
	uint32_t root;		   /* the formula of the whole */
};

struct tg_forms {
	struct tg_arena arena;
	struct tg_form *form;
	uint32_t *same; /* by formula: the one that stands for all that are equal to it */
	uint32_t n, room;
	struct tg_form_doc doc[2];
};

void tg_forms_init(struct tg_forms *f);
void tg_forms_release(struct tg_forms *f);

/* A new formula. Pointers to formulas die with it. */
uint32_t tg_form_new(struct tg_forms *f, enum tg_form_op op);
/* With arguments, which are copied. */
uint32_t tg_form_of(struct tg_forms *f, enum tg_form_op op, const uint32_t *arg, uint32_t args);

/*
 * Reads a compiled schema as document doc. It must live as long. closed: a member that an object does not declare is not there; where
 * it declares none at all, and where something is denied or counted, it is as it stands. A closed one has no places.
 */
void tg_forms_read(struct tg_forms *f, unsigned doc, const struct tg_schema *schema, bool closed);

/* Once, when all is read: finds what is equal, and makes all formulas speak of the ones that stand for others. */
void tg_forms_merge(struct tg_forms *f);

static inline uint32_t tg_form_same(const struct tg_forms *f, uint32_t form)
{
	return form < TG_FORM_NONE ? f->same[form] : form;
}

static inline bool tg_form_is_atom(const struct tg_form *form)
{
	return form->op >= TG_FORM_AMONG;
}

#endif

/*
 * program: inside common/schema: what a schema is compiled to.
 *
 * A node is a schema. What it asks of a value by itself are checks, sorted by the value's kind; what asks other schemas, of the same
 * value or of those within it, are steps. A value of a kind that no step is for is judged on the spot, without a frame of the
 * machine's. The form carries the whole standard: a reference is a step, a dynamic one looks its target up among the resources that
 * the machine has passed through, and what a step has evaluated is noted for unevaluated*.
 */
#ifndef TG_SCHEMA_PROGRAM_H
#define TG_SCHEMA_PROGRAM_H

#include "common/schema/format.h"
#include "common/schema/names.h"
#include "common/schema/parse.h"
#include "common/schema/pattern.h"
#include "common/schema/schema.h"

enum tg_check_kind {
	TG_CHECK_NEVER,	     /* no value of this kind is in the enum */
	TG_CHECK_AMONG,	     /* enum and const, by spans of the contract */
	TG_CHECK_AMONG_MANY, /* the same by canonical forms, in words */
	TG_CHECK_WORDS,	     /* the same of strings */
	TG_CHECK_INTEGER,
	TG_CHECK_INTEGER_SPELT, /* draft 4: 1.0 is none */
	TG_CHECK_MINIMUM,
	TG_CHECK_EXCLUSIVE_MINIMUM,
	TG_CHECK_MAXIMUM,
	TG_CHECK_EXCLUSIVE_MAXIMUM,
	TG_CHECK_MULTIPLE,
	TG_CHECK_MIN_LENGTH,
	TG_CHECK_MAX_LENGTH,
	TG_CHECK_PATTERN,
	TG_CHECK_FORMAT,
	TG_CHECK_MIN_ITEMS,
	TG_CHECK_MAX_ITEMS,
	TG_CHECK_UNIQUE,
	TG_CHECK_MIN_MEMBERS,
	TG_CHECK_MAX_MEMBERS,
};

/* A number of the contract: exact text, and its value where it is a small integer. */
struct tg_bound {
	struct tg_str text;
	int64_t value;
	bool small;
};

struct tg_check {
	enum tg_check_kind what;
	uint32_t where; /* span of the keyword's value in the contract */
	union {
		uint64_t count;
		struct tg_bound bound;
		struct {
			const struct tg_pattern *pattern;
			bool engine; /* it runs on PCRE2, which keeps a state */
		};
		const struct tg_format *format;
		const struct tg_names *words;
		struct {
			const uint32_t *span;
			uint32_t spans;
		};
	};
};

enum tg_step_kind {
	TG_STEP_MEMBERS, /* properties, patternProperties, additionalProperties, required, dependentRequired */
	TG_STEP_ITEMS, /* prefixItems, items */
	TG_STEP_CONTAINS,
	TG_STEP_NAMES, /* propertyNames */
	TG_STEP_REF,
	TG_STEP_DYNAMIC,
	TG_STEP_ALL,
	TG_STEP_ANY,
	TG_STEP_ONE,
	TG_STEP_NOT,
	TG_STEP_IF,
	TG_STEP_DEPENDENT, /* dependentSchemas */
	TG_STEP_UNEVALUATED_ITEMS,
	TG_STEP_UNEVALUATED_MEMBERS,
};

/*
 * Strings that are right for sure, and told quickly: without escapes, of so many bytes, and right by one test at most. What is not
 * right by this may be right nevertheless.
 */
struct tg_quick {
	uint32_t least, most; /* most below least: nothing is told */
	enum {
		TG_QUICK_ALL,
		TG_QUICK_ROW,
		TG_QUICK_DFA,
		TG_QUICK_WORDS,
		TG_QUICK_FORMAT,
	} test;
	union {
		const struct tg_row *row;
		const struct tg_dfa *dfa;
		const struct tg_names *words;
		bool (*is)(struct tg_str text);
	};
};

struct tg_node;

/* "a member of this name must be there too" */
struct tg_dependent {
	struct tg_str name;
	uint32_t where;
};

/* What is known of a name before any record comes. */
struct tg_member_rule {
	struct tg_str name;
	uint64_t head, tail; /* the name's first and last eight bytes, or as many as it has */
	uint64_t mask;	     /* that many */
	size_t tail_at;
	struct tg_quick quick;	     /* of strings; only where they are plain */
	const struct tg_node *node;  /* the first schema for it, NULL: none */
	const struct tg_node **more; /* and further ones */
	uint32_t mores;
	bool required;
	bool declared;	/* under "properties" */
	bool evaluated; /* some schema says something about it */
	uint8_t plain; /* kinds of values that its one schema judges on the spot, and nothing goes with it */
	uint32_t required_at;
	struct tg_dependent *dependent;
	uint32_t dependents;
};

struct tg_members {
	struct tg_names names; /* to rules */
	struct tg_member_rule *rule;
	uint32_t rules;
	uint32_t required;		   /* how many */
	const struct tg_pattern **pattern; /* for names without a rule */
	const struct tg_node **pattern_node;
	uint32_t *pattern_at;
	uint32_t patterns;
	const struct tg_node *rest; /* additionalProperties, NULL: any */
};

/* oneOf and anyOf whose branches are told apart by the string of one member. */
struct tg_switch {
	struct tg_str name;
	struct tg_names words; /* to branches */
};

struct tg_step {
	enum tg_step_kind what;
	uint8_t kinds;	/* of values that it is for: a bit a tg_kind */
	bool plain;	/* members: all values that there are rules for can be judged on the spot */
	uint32_t where; /* span of the keyword's value */
	const struct tg_node **node;
	uint32_t nodes;
	const struct tg_node *rest; /* items: of those behind the prefix */
	union {
		const struct tg_members *members;
		const struct tg_switch *by; /* any, one; NULL: none */
		struct tg_str *name;	    /* dependent: by node */
		struct {
			uint64_t least, most;
			uint32_t least_at, most_at;
			bool unmarked; /* contains: what fits does not count as evaluated */
		};
		uint32_t anchor; /* dynamic: its name's number */
	};
};

struct tg_node {
	uint8_t kinds;	    /* that are allowed */
	uint8_t step_kinds; /* that there is a step for */
	uint8_t checked;    /* that there is a check for */
	bool never;	    /* the schema false */
	bool plain;	    /* an object is asked nothing but a plain step of members */
	bool collects;	    /* it has unevaluatedItems or unevaluatedProperties */
	bool compiled;
	bool silent;	       /* it has no title, no description and no x-message */
	uint8_t class;	       /* enum tg_class */
	struct tg_quick quick; /* of strings */
	uint8_t first[8]; /* by kind: its checks are check[first[kind]] up to first[kind + 1] */
	struct tg_check *check;
	struct tg_step *step;
	uint32_t steps;
	uint32_t at;	   /* its span in the contract */
	uint32_t type_at;  /* of the value of "type" */
	uint32_t keyword;  /* the key that it stands under, 0: none */
	uint32_t resource; /* that it belongs to */
	unsigned types;	   /* set of TG_TYPE_*, 0: not said */
};

struct tg_pool;

/* A resource, for those who name places in it. */
struct tg_home {
	struct tg_str uri; /* none: the contract has no $id */
	uint32_t at;
};

struct tg_schema {
	const struct tg_contract *contract;
	const struct tg_node *root;
	uint32_t nodes;
	/* By anchor * resources + resource: where a dynamic anchor is in a resource, NULL: it has none. */
	const struct tg_node **dynamic;
	uint32_t resources, anchors;
	struct tg_pattern **pattern; /* all, to be released */
	uint32_t patterns, pattern_room;
	struct tg_pool *pool; /* machine.c's */
	bool first;
	const struct tg_home *home; /* by resource; only where output is wished for */
	enum tg_schema_output output;
	struct tg_str language;
};

/* The bit of a kind in kinds and step_kinds. */
#define TG_KIND_BIT(kind) ((uint8_t)(1U << (kind)))
enum { TG_KINDS_ALL = 0x7f };

#endif

/*
 * contract: the data contract (tidegate-contract(5)): one JSON Schema with annotations (x-...), read once and shared by every
 * program. This room reads the document, checks its annotations, and answers what it says; schema/ compiles it for validation, csv/
 * takes its dialect. A contract is read-only once open and lives in the run's arena.
 */
#ifndef TG_CONTRACT_CONTRACT_H
#define TG_CONTRACT_CONTRACT_H

#include "common/json/record.h"
#include "common/run/setup.h"

/* A document that was laid behind the contract's own, in the same text and spans (schema/registry.h). */
struct tg_contract_part {
	struct tg_str
		uri;	  /* what it is known by; none: it is the contract itself, without an $id */
	const char *path; /* for messages; NULL: it is not in a file */
	uint32_t first, end; /* its spans */
	size_t text;	     /* where its text begins */
};

struct tg_contract {
	struct tg_record document; /* text and spans, in the arena */
	const struct tg_contract_part
		*part; /* the first is the contract itself; NULL: it is alone */
	uint32_t parts;
	const char *path;      /* for messages */
	struct tg_str id;      /* $id; none: it has none */
	struct tg_str version; /* x-version */
	struct tg_str source;  /* x-source */
	struct tg_str entity;  /* x-entity */
};

/*
 * Reads setup->contract (which must be given), checks it as far as every program needs: that it is an object or boolean, that its x-
 * keys are known (an unknown one is a warning that names the nearest) and of the right form (TG_CONFIG with line, column and
 * pointer). Tells the run log about it. TG_CONFIG when the file is not there or no JSON.
 */
TG_MUST_USE enum tg_status tg_contract_open(struct tg_contract *c, const struct tg_setup *setup,
					    struct tg_error *err);

/* The same of a text that is held already; the digest and the run log are left out. For tests, and for contracts within other files. */
TG_MUST_USE enum tg_status tg_contract_read(struct tg_contract *c, struct tg_str text,
					    const char *path, const struct tg_setup *setup,
					    struct tg_error *err);

/* TG_CONFIG with "PATH:LINE:COLUMN: POINTER ..." in front of the message: span is a value of the document. */
TG_COLD TG_PRINTF(4, 5) enum tg_status
	tg_contract_fault(const struct tg_contract *c, const struct tg_span *span,
			  struct tg_error *err, const char *format, ...);

/* Appends the JSON Pointer to span; behind the URI of its document and '#' where that is not the contract itself. */
void tg_contract_put_pointer(struct tg_buffer *out, const struct tg_contract *c,
			     const struct tg_span *span);

/* A warning about a value of the document, with its place. Without a program (in tests) nobody hears it. */
TG_COLD TG_PRINTF(4, 5) void tg_contract_warn(const struct tg_contract *c,
					      const struct tg_setup *setup,
					      const struct tg_span *value, const char *format, ...);

enum { /* sets of types, by 1 << enum tg_kind, with one bit more */
       TG_TYPE_NULL = 1 << TG_NULL,
       TG_TYPE_BOOLEAN = 1 << TG_TRUE,
       TG_TYPE_NUMBER = 1 << TG_NUMBER,
       TG_TYPE_STRING = 1 << TG_STRING,
       TG_TYPE_ARRAY = 1 << TG_ARRAY,
       TG_TYPE_OBJECT = 1 << TG_OBJECT,
       TG_TYPE_INTEGER = 1 << 8,
};

enum tg_class {
	TG_CLASS_NONE, /* not said: counts as confidential for messages */
	TG_CLASS_PUBLIC,
	TG_CLASS_INTERNAL,
	TG_CLASS_CONFIDENTIAL,
	TG_CLASS_RESTRICTED,
};

/* What the contract says of one property of the record's root, $ref and allOf followed. */
struct tg_property {
	const struct tg_span *schema; /* the property's own schema, NULL: not declared */
	unsigned types;		      /* set of TG_TYPE_*, 0: not said */
	enum tg_class class;
	bool required;
	/* How its texts are written (contract/notation.h), the nearest of each, and its "format"; NULL: not said. A branch of anyOf or
	 * oneOf is asked too: so many write what may be null. */
	const struct tg_span *date, *number, *boolean, *nulls, *format;
};

void tg_contract_property(const struct tg_contract *c, struct tg_str name,
			  struct tg_property *property);

/* The names under "properties" of the root, in the contract's order, decoded, in the arena; *closed: additionalProperties is false. */
struct tg_str *tg_contract_properties(const struct tg_contract *c, struct tg_arena *arena,
				      size_t *n, bool *closed);

/* The set of types that the value of a "type" keyword names; NULL, or what names none, gives 0. */
unsigned tg_contract_types(const struct tg_contract *c, const struct tg_span *type);

/* The schema's own x-class. */
enum tg_class tg_contract_class(const struct tg_contract *c, const struct tg_span *schema);

/* What a URI's fragment (without '#', percent-encoded) points to as a JSON Pointer, beginning at from; NULL: nothing. */
const struct tg_span *tg_contract_find(const struct tg_contract *c, const struct tg_span *from,
				       struct tg_str fragment);

/* Whether a member of x-message is a language ("de", "pt-BR"); what is none is a keyword that it speaks of. */
bool tg_contract_is_language(struct tg_str name);

/* What stands under a keyword of a schema: nothing that is a schema, one, a list of them, or a map of them by name. */
enum tg_holds {
	TG_HOLDS_NOTHING,
	TG_HOLDS_SCHEMA,
	TG_HOLDS_LIST,
	TG_HOLDS_MAP,
};

enum tg_holds tg_contract_holds(struct tg_str keyword, const struct tg_span *value);

/* Whether messages may quote a value of that class. */
static inline bool tg_class_quotable(enum tg_class class)
{
	return class == TG_CLASS_PUBLIC || class == TG_CLASS_INTERNAL;
}

#endif

/*
 * schema: a contract's JSON Schema, compiled once to a flat program and evaluated over the spans of records.
 *
 * Drafts 4, 6, 7, 2019-09 and 2020-12, with `format` asserted. The first evaluation says yes or no and knows nothing of messages; only
 * a record that is refused is evaluated again, to find every error in it. Both are the same code, so they cannot differ. No evaluation
 * recurses, and none takes more steps than the record's size allows.
 *
 * A compiled schema is read-only and may be shared by threads. It lives in the run's arena, but for what tg_schema_release frees.
 */
#ifndef TG_SCHEMA_SCHEMA_H
#define TG_SCHEMA_SCHEMA_H

#include "common/contract/contract.h"
#include "common/run/work.h"

struct tg_schema;
struct tg_registry;

enum tg_draft {
	TG_DRAFT_4,
	TG_DRAFT_6,
	TG_DRAFT_7,
	TG_DRAFT_2019,
	TG_DRAFT_2020,
	TG_DRAFTS,
};

/* What of a reject is told beside its faults: the output formats of the standard (core, 12.4). */
enum tg_schema_output {
	TG_OUTPUT_NONE,
	TG_OUTPUT_FLAG,
	TG_OUTPUT_BASIC,
	TG_OUTPUT_DETAILED,
};

/* How a contract is to be understood, and its rejects to be told. Zeroed is what the contract itself says, in English. */
struct tg_schema_wish {
	bool first; /* a record's evaluation ends with the first fault in it */
	enum tg_schema_output output;
	struct tg_str language; /* of x-message; none: "en" */
	bool annotate_formats; /* "format" is not asserted, unless the meta-schema says that it is */
	bool draft_given;      /* the contract is of the draft below, whatever its $schema says */
	enum tg_draft draft;
	bool draft_default; /* only where it has no $schema (else 2020-12) */
	bool thorough; /* the contract is held against its draft's own meta-schema too, which asks no more than the compiler */
	const struct tg_registry *registry; /* documents that references may lead to; NULL: none */
};

/*
 * Compiles the contract, which must live as long. What is wrong in it is TG_CONFIG with its place and pointer, found even where no
 * record would reach it; where $schema names a meta-schema of somebody's own, the contract is held against that too. *schema is set on
 * failure too, so that it can be released.
 */
TG_MUST_USE enum tg_status tg_schema_compile(struct tg_schema **schema, const struct tg_contract *c,
					     const struct tg_setup *setup,
					     const struct tg_schema_wish *wish,
					     struct tg_error *err);

/* Whether the record is valid. w lends its arena. Nothing is allocated for most schemas, and nothing a record for any. */
bool tg_schema_valid(const struct tg_schema *schema, const struct tg_record *rec,
		     struct tg_work *w);

/* TG_PASS, or TG_REJECT with every error of the record, in the order of their places, under the code schema or limit. What was wished
 * as output is in w->output. */
enum tg_verdict tg_schema_check(const struct tg_schema *schema, const struct tg_record *rec,
				struct tg_work *w);

void tg_schema_release(struct tg_schema **schema); /* for TG_OWN too */

#endif

/*
 * schema: a contract's JSON Schema, compiled once to a flat program and evaluated over the spans of records.
 *
 * Draft 2020-12, with `format` asserted. The first evaluation says yes or no and knows nothing of messages; only a record that is
 * refused is evaluated again, to find every error in it. Both are the same code, so they cannot differ. No evaluation recurses, and
 * none takes more steps than the record's size allows.
 *
 * A compiled schema is read-only and may be shared by threads. It lives in the run's arena, but for what tg_schema_release frees.
 */
#ifndef TG_SCHEMA_SCHEMA_H
#define TG_SCHEMA_SCHEMA_H

#include "common/contract/contract.h"
#include "common/run/work.h"

struct tg_schema;

/*
 * Compiles the contract, which must live as long. What is wrong in it is TG_CONFIG with its place and pointer, found even where no
 * record would reach it. formats: whether "format" is asserted. *schema is set on failure too, so that it can be released.
 */
TG_MUST_USE enum tg_status tg_schema_compile(struct tg_schema **schema, const struct tg_contract *c,
					     const struct tg_setup *setup, bool formats,
					     struct tg_error *err);

/* Whether the record is valid. w lends its arena. Nothing is allocated for most schemas, and nothing a record for any. */
bool tg_schema_valid(const struct tg_schema *schema, const struct tg_record *rec,
		     struct tg_work *w);

/* TG_PASS, or TG_REJECT with every error of the record, in the order of their places, under the code schema or limit. */
enum tg_verdict tg_schema_check(const struct tg_schema *schema, const struct tg_record *rec,
				struct tg_work *w);

void tg_schema_release(struct tg_schema **schema); /* for TG_OWN too */

#endif

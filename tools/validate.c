/*
 * validate: pass the records that keep the contract, reject the others with every error in them.
 *
 *	validate --contract customers.json --rejects rejects.jsonl <in.jsonl >out.jsonl
 *
 * What passes has the bytes that it came with. The contract is a JSON Schema, compiled once; format is asserted. References lead to
 * the documents that --schemas names, never to the network. Behind the schema come the contract's rules over several members.
 */
#include "common/rules/rules.h"
#include "common/rules/totals.h"
#include "common/rules/unique.h"
#include "common/run/filter.h"
#include "common/run/found.h"
#include "common/schema/registry.h"

struct validate {
	struct tg_list schemas; /* --schemas */
	unsigned draft; /* --draft: one more than an enum tg_draft, 0 for what the contract says */
	bool format_annotation; /* --format-annotation */
	uint64_t errors;	/* --errors, 0: not given */
	bool first;		/* --first */
	unsigned error_format;	/* --error-format: an index into error_formats */
	struct tg_str language; /* --language */
	struct tg_contract contract;
	struct tg_schema *schema;
	struct tg_rules *rules;	  /* NULL: the contract has none */
	struct tg_unique *unique; /* the same */
	struct tg_totals *totals; /* the same */
	bool more;		  /* there is more than the schema */
};

// clang-format off
static const char *const drafts[] = { "auto", "4", "6", "7", "2019-09", "2020-12", NULL };

enum { ERRORS_MAX = 1000 };

enum { JSONL, TEXT, FLAG, BASIC, DETAILED };
static const char *const error_formats[] = { "jsonl", "text", "flag", "basic", "detailed", NULL };

static const struct tg_option options[] = {
	TG_OPT_LIST(0, "schemas", struct validate, schemas, "[URI=]PATH", "a file or folder that references may lead to"),
	TG_OPT_CHOICE(0, "draft", struct validate, draft, "D", "the contract's draft, whatever it says itself", drafts),
	TG_OPT_FLAG(0, "format-annotation", struct validate, format_annotation, "do not check what format says"),
	TG_OPT_COUNT(0, "errors", struct validate, errors, "N", "the most errors that are told of a record (20)"),
	TG_OPT_FLAG(0, "first", struct validate, first, "look no further than the first error of a record"),
	TG_OPT_CHOICE(0, "error-format", struct validate, error_format, "F", "jsonl, text, flag, basic or detailed (jsonl)", error_formats),
	TG_OPT_TEXT(0, "language", struct validate, language, "L", "the language of the contract's own messages (en)"),
	TG_OPT_END,
};
// clang-format on

/* How errors are told. */
static enum tg_status open_errors(struct validate *v, struct tg_setup *setup,
				  struct tg_schema_wish *wish, struct tg_error *err)
{
	if (v->errors > ERRORS_MAX)
		return tg_fail(err, TG_USAGE, "--errors: at most %d can be told of a record",
			       ERRORS_MAX);
	if (v->first && v->errors > 1)
		return tg_fail(err, TG_USAGE, "--first tells one error, --errors wants more");
	setup->faults = (unsigned)v->errors;
	setup->fault_lines = v->error_format == TEXT;
	wish->first = v->first;
	wish->language = v->language;
	switch (v->error_format) {
	case FLAG:
		wish->output = TG_OUTPUT_FLAG;
		break;
	case BASIC:
		wish->output = TG_OUTPUT_BASIC;
		break;
	case DETAILED:
		wish->output = TG_OUTPUT_DETAILED;
		break;
	}
	if (wish->output && !setup->keeps_rejects)
		return tg_fail(
			err, TG_USAGE,
			"--error-format %s goes to the reject file: there is no --rejects FILE",
			error_formats[v->error_format]);
	if (v->language.p && !tg_contract_is_language(v->language))
		return tg_fail(err, TG_USAGE, "--language: must be a language as in de or pt-BR");
	return TG_OK;
}

static enum tg_status validate_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct validate *v = self;
	struct tg_schema_wish wish = { .annotate_formats = v->format_annotation };
	struct tg_registry *registry = NULL;
	enum tg_status st;

	if (!setup->contract.p)
		return tg_fail(err, TG_USAGE, "no --contract: nothing to hold the records against");
	st = open_errors(v, setup, &wish, err);
	if (!st)
		st = tg_contract_open(&v->contract, setup, err);
	if (!st && v->schemas.n)
		st = tg_registry_open(&registry, &v->schemas, setup, err);
	if (st)
		return st;
	wish.registry = registry;
	wish.draft_given = v->draft > 0;
	if (v->draft > 0)
		wish.draft = (enum tg_draft)(v->draft - 1);
	st = tg_schema_compile(&v->schema, &v->contract, setup, &wish, err);
	if (!st)
		st = tg_rules_compile(&v->rules, &v->contract, v->first, setup->arena, err);
	if (!st)
		st = tg_unique_open(&v->unique, &v->contract, setup->arena, err);
	if (!st)
		st = tg_totals_open(&v->totals, &v->contract, setup->arena, err);
	v->more = v->rules || v->unique || v->totals;
	return st;
}

/* What the schema does not say. All records make up the totals. Of a key only those that pass count: one that is rejected may come
 * again, put right. */
static enum tg_verdict check_more(const struct validate *v, const struct tg_record *rec,
				  enum tg_verdict verdict, struct tg_work *w)
{
	if (v->totals)
		tg_totals_add(v->totals, rec);
	if (v->rules)
		verdict = tg_rules_check(v->rules, rec, verdict, w);
	if (v->unique && verdict == TG_PASS)
		verdict = tg_unique_check(v->unique, rec, w);
	return verdict;
}

static enum tg_verdict validate_record(const void *self, const struct tg_record *rec,
				       struct tg_work *w)
{
	const struct validate *v = self;
	enum tg_verdict verdict = tg_schema_check(v->schema, rec, w);

	return v->more ? check_more(v, rec, verdict, w) : verdict;
}

/* The schema and the rules change nothing. What a contract says of several records is one thread's. */
static bool validate_lane(const void *self, void *lane)
{
	const struct validate *v = self;

	if (v->unique || v->totals)
		return false;
	*(struct validate *)lane = *v;
	return true;
}

static enum tg_status validate_close(void *self, const struct tg_setup *setup, struct tg_error *err)
{
	struct validate *v = self;
	struct tg_found found = { .value = NULL };
	enum tg_status st = TG_OK;

	if (!v->totals)
		return TG_OK;
	if (tg_totals_want_trailer(v->totals))
		st = tg_found(&found, setup, "trailer", err);
	return st ? st
		  : tg_totals_judge(v->totals, tg_found_records(setup),
				    &(struct tg_trailer){ &found.line, found.value, found.lost },
				    setup->show_values, err);
}

static void validate_release(void *self)
{
	struct validate *v = self;

	tg_schema_release(&v->schema);
	tg_unique_release(&v->unique);
}

const struct tg_filter tg_validate = {
	.name = "validate",
	.about = "reject the records that break the contract",
	.options = options,
	.size = sizeof(struct validate),
	.open = validate_open,
	.record = validate_record,
	.lane = validate_lane,
	.close = validate_close,
	.release = validate_release,
};

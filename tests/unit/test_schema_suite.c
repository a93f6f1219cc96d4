/*
 * The public JSON Schema suite (conformance/json-schema), all five drafts, with a table at the end:
 *
 *	scripts/test schema_suite
 *
 * A group is one contract, whose draft without $schema is that of its folder; its cases are the records. Both evaluations are asked and
 * must agree. Required and optional cases run with format as an annotation, optional/format with it asserted. What fails for a reason
 * stands below by name; that it still fails is checked too, so that the list stays true.
 *
 * The files lie in TIDEGATE_SHARED, else in ../shared beside TIDEGATE_SOURCE; where they do not, the test is skipped and says so.
 */
#include "common/base/buffer.h"
#include "common/io/input.h"
#include "common/io/walk.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"
#include "common/run/runner.h"
#include "common/schema/idna.h"
#include "common/schema/registry.h"

#include <stdio.h>
#include <stdlib.h>

enum kind { REQUIRED, OPTIONAL, FORMAT, KINDS };

static const char *const folder_of[TG_DRAFTS] = { "draft4", "draft6", "draft7", "draft2019-09",
						  "draft2020-12" };

/* By draft and file (a trailing * is for any ending), group, and case; "" is any. */
static const struct excuse {
	const char *file, *group, *name, *why;
} excuses[] = {
	// clang-format off
	{ "draft7/optional/content.json", "*", "an invalid*", "content keywords are annotations here, as later drafts have them" },
	{ "draft7/optional/content.json", "*", "a validly-encoded*", "content keywords are annotations here, as later drafts have them" },
	// clang-format on
};

static struct {
	unsigned right, excused, cases;
} tally[TG_DRAFTS][KINDS];

static unsigned count, failed;

/* What is the same for all groups. */
static struct tg_arena arena; /* of the registry */
static struct tg_setup lasting = { .arena = &arena };
static struct tg_registry *registry;
static struct tg_scanner *scanner;

static bool fits(struct tg_str text, const char *pattern)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return tg_str_starts(text, tg_str_from(pattern, n - 1));
	return tg_str_is(text, pattern);
}

static const char *excuse_of(struct tg_str file, struct tg_str group, struct tg_str name)
{
	for (size_t i = 0; i < TG_COUNT(excuses); i++)
		if (excuses[i].why[0] && fits(file, excuses[i].file) &&
		    fits(group, excuses[i].group) && fits(name, excuses[i].name))
			return excuses[i].why;
	return NULL;
}

static const char *const no_library = "libidn2 is not installed";

/* Without the library some of its cases are right by chance. */
static bool needs_library(struct tg_str file, struct tg_str group)
{
	struct tg_error why = TG_ERROR_INIT;

	return (tg_str_ends(file, TG_STR("/idn-hostname.json")) ||
		tg_str_ends(file, TG_STR("/idn-email.json")) ||
		tg_str_is(group, "validation of A-label (punycode) host names")) &&
	       tg_idna_prepare(&why);
}

struct group {
	struct tg_arena arena;
	struct tg_setup setup;
	struct tg_contract contract;
	struct tg_schema *schema;
	struct tg_program *program;
	struct tg_runner runner;
	struct tg_error err;
	bool compiled;
};

static struct tg_str member_text(struct tg_arena *to, const struct tg_record *doc, uint32_t object,
				 const char *name)
{
	const struct tg_span *v = tg_member_find(doc, &doc->span[object], tg_str_of(name));

	return v && v->kind == TG_STRING ? tg_text_get(to, doc, v) : TG_STR("");
}

static void close_group(struct group *g)
{
	tg_schema_release(&g->schema);
	tg_runner_release(&g->runner);
	tg_arena_release(&g->arena);
}

static void open_group(struct group *g, enum tg_draft draft, enum kind kind, struct tg_str schema)
{
	static struct tg_program program;
	const struct tg_schema_wish wish = { .annotate_formats = kind != FORMAT,
					     .draft = draft,
					     .draft_default = true,
					     .thorough = true,
					     .registry = registry };

	g->setup.arena = &g->arena;
	tg_runner_init(&g->runner, &program);
	g->runner.work.setup = &g->setup;
	g->err = TG_ERROR_INIT;
	g->compiled =
		tg_contract_read(&g->contract, schema, "schema", &g->setup, &g->err) == TG_OK &&
		tg_schema_compile(&g->schema, &g->contract, &g->setup, &wish, &g->err) == TG_OK;
}

/* 1 valid, 0 not, -1: no answer. */
static int judge(struct group *g, struct tg_str data)
{
	struct tg_record rec;
	bool valid;

	if (!g->compiled || tg_scan(scanner, tg_arena_copy(&g->arena, data), &rec) != TG_SCAN_OK)
		return -1;
	tg_runner_next(&g->runner);
	valid = tg_schema_valid(g->schema, &rec, &g->runner.work);
	if ((tg_schema_check(g->schema, &rec, &g->runner.work) == TG_PASS) != valid)
		return -1;
	return valid;
}

/* The cases of a group; true when all are as they should be, or fail for a reason. */
static bool run_group(enum tg_draft draft, enum kind kind, struct tg_str file,
		      const struct tg_record *doc, uint32_t at)
{
	struct group g = { .compiled = false };
	const struct tg_span *schema = tg_member_find(doc, &doc->span[at], TG_STR("schema"));
	const struct tg_span *tests = tg_member_find(doc, &doc->span[at], TG_STR("tests"));
	struct tg_str about;
	bool good = schema && tests && tests->kind == TG_ARRAY;

	if (!good)
		return false;
	open_group(&g, draft, kind, tg_span_raw(doc, schema));
	about = member_text(&g.arena, doc, at, "description");
	for (uint32_t k = (uint32_t)(tests - doc->span) + 1; k < tests->next;
	     k = doc->span[k].next) {
		struct tg_str name = member_text(&g.arena, doc, k, "description");
		const struct tg_span *valid = tg_member_find(doc, &doc->span[k], TG_STR("valid"));
		const struct tg_span *data = tg_member_find(doc, &doc->span[k], TG_STR("data"));
		const char *why = excuse_of(file, about, name);
		bool right = data && valid &&
			     judge(&g, tg_span_raw(doc, data)) == (valid->kind == TG_TRUE);

		if (needs_library(file, about))
			why = no_library;
		tally[draft][kind].cases++;
		tally[draft][kind].right += right;
		tally[draft][kind].excused += !right && why;
		if (right == !why || why == no_library)
			continue;
		good = false;
		printf("# %.*s / %.*s / %.*s: %s%s\n", TG_STR_ARG(file), TG_STR_ARG(about),
		       TG_STR_ARG(name), right ? "is right; its excuse is out of date: " : "",
		       right	    ? why
		       : g.compiled ? "the other answer"
				    : g.err.text);
	}
	close_group(&g);
	return good;
}

static void run_file(enum tg_draft draft, enum kind kind, const char *path, struct tg_str file)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena own = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_record doc;
	bool good = true;

	if (tg_input_slurp(&text, path, 1 << 28, &err) ||
	    tg_document_parse(&doc, tg_buffer_str(&text), &own, &err)) {
		printf("# %s\n", err.text);
		good = false;
	} else {
		for (uint32_t k = 1; k < doc.span[0].next; k = doc.span[k].next)
			good &= run_group(draft, kind, file, &doc, k);
	}
	printf("%sok %u - %.*s\n", good ? "" : "not ", ++count, TG_STR_ARG(file));
	failed += !good;
}

static bool run_draft(enum tg_draft draft, const char *suite)
{
	TG_OWN(tg_arena_release) struct tg_arena own = TG_ARENA_INIT;
	struct tg_str folder = tg_arena_format(&own, "%s/tests/%s", suite, folder_of[draft]);
	struct tg_error err = TG_ERROR_INIT;
	struct tg_walk walk;

	if (tg_walk(&walk, folder.p, TG_STR(".json"), &own, &err))
		return false;
	for (size_t i = 0; i < walk.n; i++) {
		struct tg_str path = tg_arena_format(&own, "%.*s/%.*s", TG_STR_ARG(folder),
						     TG_STR_ARG(walk.path[i]));
		struct tg_str name = tg_arena_format(&own, "%s/%.*s", folder_of[draft],
						     TG_STR_ARG(walk.path[i]));
		enum kind kind = tg_str_starts(walk.path[i], TG_STR("optional/format/")) ? FORMAT
				 : tg_str_starts(walk.path[i], TG_STR("optional/"))	 ? OPTIONAL
											 : REQUIRED;

		run_file(draft, kind, path.p, name);
	}
	return walk.n > 0;
}

static void print_table(void)
{
	static const char *const title[KINDS] = { "required", "optional", "format" };

	printf("# %-14s", "right of all");
	for (unsigned k = 0; k < KINDS; k++)
		printf("%14s", title[k]);
	printf("\n");
	for (unsigned d = 0; d < TG_DRAFTS; d++) {
		printf("# %-14s", folder_of[d]);
		for (unsigned k = 0; k < KINDS; k++)
			printf("%6u of %4u", tally[d][k].right, tally[d][k].cases);
		printf("\n");
		for (unsigned k = 0; k < KINDS; k++)
			if (tally[d][k].excused)
				printf("# %-14s%u of %s fail for a reason\n", "",
				       tally[d][k].excused, title[k]);
	}
}

int main(void)
{
	const char *shared = getenv("TIDEGATE_SHARED"), *source = getenv("TIDEGATE_SOURCE");
	struct tg_error err = TG_ERROR_INIT;
	struct tg_str suite, remotes;
	struct tg_list list;

	suite = shared && *shared ? tg_arena_format(&arena, "%s/conformance/json-schema", shared)
				  : tg_arena_format(&arena, "%s/../shared/conformance/json-schema",
						    source ? source : ".");
	remotes = tg_arena_format(&arena, "http://localhost:1234/=%.*s/remotes", TG_STR_ARG(suite));
	list = (struct tg_list){ &remotes, 1 };
	if (tg_registry_open(&registry, &list, &lasting, &err)) {
		printf("ok 1 - json-schema # SKIP the public suite is not in %s\n1..1\n", suite.p);
		tg_arena_release(&arena);
		return 0;
	}
	scanner = tg_scanner_new();
	for (unsigned d = 0; d < TG_DRAFTS; d++)
		if (!run_draft((enum tg_draft)d, suite.p)) {
			printf("not ok %u - %s is there\n", ++count, folder_of[d]);
			failed++;
		}
	print_table();
	printf("1..%u\n", count);
	tg_scanner_free(&scanner);
	tg_arena_release(&arena);
	return failed != 0;
}

/*
 * schema-compat: say whether a new version of a contract breaks the readers or the writers of the old one, and show it.
 *
 *	schema-compat --mode backward contract-1.2.0.json contract.json
 *
 * No records flow here: contracts are read and a report is written, so it is none of the three shapes and has a main of its own. What is
 * decided, and how, is common/compat's.
 */
#include "common/compat/keys.h"
#include "common/compat/report.h"
#include "common/compat/shelf.h"
#include "common/io/input.h"
#include "common/io/publish.h"
#include "common/json/canon.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/rules/rules.h"
#include "common/run/program.h"
#include "common/run/runner.h"
#include "common/schema/registry.h"
#include "common/time/time.h"

#include <unistd.h>

enum { CONTRACT_MAX = 64 << 20, CHANGELOG_MAX = 16 << 20 };

/* One version, ready to be compared. */
struct version {
	struct tg_str name; /* in the report */
	struct tg_contract contract;
	struct tg_schema *schema;
	struct tg_rules *rules; /* NULL: it has none */
};

struct compat {
	unsigned mode, policy, format;
	struct tg_list schemas;
	struct tg_str registry, name, changelog;
	bool transitive, allow_unknown;

	struct tg_program program;
	struct tg_runner runner;
	struct tg_registry *documents;
	struct version new;
	struct version old; /* the one that is compared */
	struct tg_buffer out;
	int moved; /* operands that stood before the options */
	enum tg_compat_verdict worst;
	bool bad_version;
};

enum { BACKWARD, FORWARD, FULL };
enum { STRICT, LENIENT };
enum { TEXT, JSON };

static const char *const modes[] = { "backward", "forward", "full", NULL };
static const char *const policies[] = { "strict", "lenient", NULL };
static const char *const formats[] = { "text", "json", NULL };
static const char *const steps[] = { "major", "minor", "patch", "nothing" };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_CHOICE('m', "mode", struct compat, mode, "M", "backward, forward or full (backward)", modes),
	TG_OPT_CHOICE(0, "policy", struct compat, policy, "P", "strict, or lenient: what is not declared is never sent (strict)", policies),
	TG_OPT_FLAG(0, "allow-unknown", struct compat, allow_unknown, "what can be neither proved nor refuted is no failure"),
	TG_OPT_FLAG('t', "transitive", struct compat, transitive, "hold the new version against several old ones"),
	TG_OPT_TEXT(0, "registry", struct compat, registry, "DIR", "the old versions are DIR/NAME/1.2.0.json; check x-version too"),
	TG_OPT_TEXT(0, "name", struct compat, name, "NAME", "what the contract is called there (x-entity)"),
	TG_OPT_TEXT(0, "changelog", struct compat, changelog, "FILE", "put an entry about the new version on top of it"),
	TG_OPT_CHOICE('f', "format", struct compat, format, "F", "text or json (text)", formats),
	TG_OPT_LIST(0, "schemas", struct compat, schemas, "[URI=]PATH", "a file or folder that references may lead to"),
	TG_OPT_END,
};
// clang-format on

/*
 * Versions
 */

static enum tg_status load(struct compat *s, struct version *v, const char *path,
			   struct tg_str name, struct tg_error *err)
{
	const struct tg_setup *setup = &s->program.setup;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_schema_wish wish = { .registry = s->documents };
	enum tg_status st;

	*v = (struct version){ .name = name };
	st = tg_input_slurp(&text, path, CONTRACT_MAX, err);
	if (st) {
		if (st == TG_DATA)
			err->status = st = TG_CONFIG;
		(void)tg_within(err, "cannot read the contract");
		return st;
	}
	st = tg_contract_read(&v->contract, tg_buffer_str(&text), path, setup, err);
	if (!st)
		st = tg_schema_compile(&v->schema, &v->contract, setup, &wish, err);
	if (!st)
		st = tg_rules_compile(&v->rules, &v->contract, true, setup->arena, err);
	return st;
}

static void unload(struct version *v)
{
	tg_schema_release(&v->schema);
	*v = (struct version){ .schema = NULL };
}

/* A witness must keep the rules over several members too. */
static bool takes(void *self, unsigned version, const struct tg_record *rec)
{
	struct compat *s = self;
	const struct tg_rules *rules = version ? s->new.rules : s->old.rules;

	tg_runner_next(&s->runner);
	return !rules || tg_rules_check(rules, rec, TG_PASS, &s->runner.work) == TG_PASS;
}

static bool same_rules(const struct compat *s)
{
	const struct tg_record *old = &s->old.contract.document, *new = &s->new.contract.document;
	const struct tg_span *was = tg_member_find(old, old->span, TG_STR("x-rules"));
	const struct tg_span *is = tg_member_find(new, new->span, TG_STR("x-rules"));
	TG_OWN(tg_arena_release) struct tg_arena scratch = TG_ARENA_INIT;

	return was && is ? tg_value_eq(old, was, new, is, &scratch) : !was && !is;
}

/*
 * Comparing
 */

static unsigned asked(const struct compat *s)
{
	return s->mode == BACKWARD  ? TG_COMPAT_ASK_BACKWARD
	       : s->mode == FORWARD ? TG_COMPAT_ASK_FORWARD
				    : TG_COMPAT_ASK_BACKWARD | TG_COMPAT_ASK_FORWARD;
}

static void note(struct compat *s, enum tg_compat_verdict verdict)
{
	if (verdict == TG_COMPAT_NO || s->worst == TG_COMPAT_YES)
		s->worst = verdict;
}

/* Fills what is known of both versions; compat is to be freed by the caller. */
static struct tg_compat *compare(struct compat *s, struct tg_compat_report *r,
				 const struct tg_compat_judge *judge)
{
	struct tg_compat_change *key;
	struct tg_compat *c = tg_compat_new(s->old.schema, s->new.schema, s->policy == LENIENT,
					    judge, &s->runner.work);

	*r = (struct tg_compat_report){ .old = s->old.name,
					.new = s->new.name,
					.asked = asked(s),
					.lenient = s->policy == LENIENT };
	for (enum tg_compat_way way = 0; way < TG_COMPAT_WAYS; way++) {
		tg_compat_ask(c, way, &r->answer[way]);
		r->strict[way] = r->answer[way].verdict;
	}
	if (r->lenient) {
		struct tg_compat *strict =
			tg_compat_new(s->old.schema, s->new.schema, false, judge, &s->runner.work);

		for (enum tg_compat_way way = 0; way < TG_COMPAT_WAYS; way++) {
			struct tg_compat_answer answer;

			tg_compat_ask(strict, way, &answer);
			r->strict[way] = answer.verdict;
		}
		tg_compat_free(&strict);
	}
	tg_compat_changes(c, &r->change, &r->changes);
	tg_compat_keys(&key, &r->keys, &s->old.contract, &s->new.contract, s->program.setup.arena);
	r->key = key;
	return c;
}

static void put(struct compat *s, const struct tg_compat_report *r)
{
	if (s->format == JSON) {
		tg_compat_put_json(&s->out, r);
		return;
	}
	if (s->transitive)
		tg_buffer_printf(&s->out, "%.*s\n", TG_STR_ARG(r->old));
	tg_compat_put_text(&s->out, r);
}

/*
 * With a registry: the version must say what the change is
 */

/* What must move at least: 0 major, 1 minor, 2 patch. */
static unsigned needed(const struct compat *s, const struct tg_compat_report *r)
{
	enum tg_compat_verdict back = tg_compat_verdict_of(r, TG_COMPAT_BACKWARD);

	if (back == TG_COMPAT_NO || (back == TG_COMPAT_UNKNOWN && !s->allow_unknown))
		return 0;
	return tg_compat_verdict_of(r, TG_COMPAT_FORWARD) == TG_COMPAT_YES ? 2 : 1;
}

/* Says whether the version moved as the change asks. */
static void judge_version(struct compat *s, const struct tg_compat_report *r,
			  const struct tg_version *old, const struct tg_version *new)
{
	unsigned moved = tg_version_step(old, new), must = needed(s, r);
	bool back = tg_version_compare(new, old) <= 0, good = !back && moved <= must;
	struct tg_str version = s->new.contract.version;

	if (s->format == JSON) {
		tg_buffer_puts(&s->out, "{\"version\":");
		tg_json_put_string(&s->out, version);
		tg_json_put_member(&s->out, "after", r->old);
		tg_json_put_member(&s->out, "moved", tg_str_of(back ? "back" : steps[moved]));
		tg_json_put_member(&s->out, "needed", tg_str_of(steps[must]));
		tg_json_put_member(&s->out, "verdict", tg_str_of(good ? "right" : "wrong"));
		tg_buffer_puts(&s->out, "}\n");
	} else {
		tg_buffer_printf(&s->out, "%-10s%.*s after %.*s is %s: ", "version",
				 TG_STR_ARG(version), TG_STR_ARG(r->old), good ? "right" : "wrong");
		if (back)
			tg_buffer_puts(&s->out, "it is not above the latest");
		else
			tg_buffer_printf(&s->out,
					 "the %s number moved, and the change asks for %s%s",
					 steps[moved], steps[must], must == 2 ? " or more" : "");
		tg_buffer_putc(&s->out, '\n');
	}
	s->bad_version |= !good;
}

/* The newest entry stands on top, below the title. */
static enum tg_status write_changelog(struct compat *s, const struct tg_compat_report *r,
				      const char *step, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer before = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer after = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer day = TG_BUFFER_INIT;
	TG_OWN(tg_publish_release) struct tg_publish file = TG_PUBLISH_INIT;
	struct tg_str old,
		entry = s->new.contract.version.p ? s->new.contract.version : s->new.name;
	const char *below;
	size_t title;
	enum tg_status st = tg_input_slurp(&before, s->changelog.p, CHANGELOG_MAX, err);

	if (st && st != TG_NO_INPUT)
		return st;
	old = tg_buffer_str(&before);
	below = old.n ? memmem(old.p, old.n, "\n## ", 4) : NULL;
	title = tg_str_starts(old, TG_STR("## ")) ? 0 : below ? (size_t)(below + 1 - old.p) : old.n;
	tg_time_put_date(&day, s->program.setup.now);
	tg_buffer_put(&after, old.p, title);
	if (!title)
		tg_buffer_puts(&after, old.n ? "" : "# Changelog\n\n");
	tg_compat_put_changelog(&after, r, entry, tg_buffer_str(&day), step);
	tg_buffer_put_str(&after, tg_str_after(old, title));
	st = tg_publish_open(&file, s->changelog.p, 0644, err);
	if (!st)
		st = tg_publish_write(&file, tg_buffer_str(&after), err);
	return st ? st : tg_publish_commit(&file, TG_PUBLISH_REPLACE, err);
}

/*
 * What is asked for
 */

/* Compares the old version at path, called so. `latest`: the entry and the version are about it. */
static enum tg_status compare_with(struct compat *s, const char *path, struct tg_str name,
				   const struct tg_version *shelved, bool latest,
				   struct tg_error *err)
{
	struct tg_compat_judge judge = { takes, false, s };
	TG_OWN(tg_compat_free) struct tg_compat *c = NULL;
	struct tg_compat_report r;
	struct tg_version new;
	const char *step = steps[3];
	enum tg_status st = load(s, &s->old, path, name, err);

	if (!st) {
		judge.differs = !same_rules(s);
		c = compare(s, &r, &judge);
		put(s, &r);
		if (!shelved || tg_options_given(&s->program.options, "mode"))
			note(s, tg_compat_verdict(&r));
		step = steps[needed(s, &r)];
		if (shelved && latest && tg_version_read(s->new.contract.version, &new))
			judge_version(s, &r, shelved, &new);
	}
	if (!st && latest && s->changelog.p)
		st = write_changelog(s, &r, step, err);
	unload(&s->old);
	return st;
}

/* DIR/NAME: against the latest version, or all of them. */
static enum tg_status with_registry(struct compat *s, struct tg_error *err)
{
	struct tg_str name = s->name.p ? s->name : s->new.contract.entity;
	struct tg_arena *arena = s->program.setup.arena;
	struct tg_version version;
	struct tg_shelf shelf;
	enum tg_status st;

	if (!name.p)
		return tg_fail(err, TG_USAGE,
			       "no --name, and the contract has no x-entity: which contract of the "
			       "registry is it?");
	if (!tg_version_read(s->new.contract.version, &version))
		return tg_fail(
			err, TG_CONFIG,
			"%s: x-version must be there and of the form 1.2.0, so that it can be "
			"held against the registry",
			s->new.contract.path);
	st = tg_shelf_open(&shelf, s->registry, name, arena, err);
	if (!st && shelf.n == 0 && s->format == TEXT)
		tg_buffer_printf(&s->out, "%-10sthe first version: there is none before it\n", "");
	for (size_t i = s->transitive || !shelf.n ? 0 : shelf.n - 1; !st && i < shelf.n; i++)
		st = compare_with(s, shelf.item[i].path.p, shelf.item[i].name,
				  &shelf.item[i].version, i + 1 == shelf.n, err);
	return st;
}

static enum tg_status with_operands(struct compat *s, struct tg_error *err)
{
	const struct tg_options *o = &s->program.options;
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i + 1 < o->operands; i++)
		st = compare_with(s, o->operand[i], tg_str_of(o->operand[i]), NULL,
				  i + 2 == o->operands, err);
	return st;
}

static enum tg_status check(struct compat *s, struct tg_error *err)
{
	size_t n = s->program.options.operands;

	if (s->moved > 0 && n > (size_t)s->moved)
		return tg_fail(
			err, TG_USAGE,
			"the versions stand in two places, before options and behind them; which "
			"is the new one?");
	if (s->registry.p && n != 1)
		return tg_fail(
			err, TG_USAGE,
			"with --registry the new version is the only operand: the old ones are "
			"in the registry");
	if (!s->registry.p && s->name.p)
		return tg_fail(err, TG_USAGE, "--name is the contract's in a --registry DIR");
	if (!s->registry.p && n < 2)
		return tg_fail(err, TG_USAGE,
			       "two versions are compared: schema-compat [options] OLD NEW");
	if (!s->registry.p && n > 2 && !s->transitive)
		return tg_fail(err, TG_USAGE,
			       "there are %zu versions: with --transitive the last one is held "
			       "against all before it",
			       n);
	return TG_OK;
}

/* The verdict is the exit status; who looks at nothing else reads one line. */
static enum tg_status conclude(const struct compat *s, struct tg_error *err)
{
	if (s->worst == TG_COMPAT_NO)
		return tg_fail(err, TG_REJECTED, "%.*s is not %s compatible",
			       TG_STR_ARG(s->new.name), s->mode == FULL ? "fully" : modes[s->mode]);
	if (s->bad_version)
		return tg_fail(err, TG_REJECTED, "%.*s: x-version did not move as the change asks",
			       TG_STR_ARG(s->new.name));
	if (s->worst == TG_COMPAT_UNKNOWN && !s->allow_unknown)
		return tg_fail(err, TG_REJECTED,
			       "whether %.*s is compatible can be neither proved nor refuted; with "
			       "--allow-unknown that is no failure",
			       TG_STR_ARG(s->new.name));
	return TG_OK;
}

static enum tg_status run(struct compat *s, struct tg_error *err)
{
	struct tg_program *p = &s->program;
	const char *path = p->options.operand[p->options.operands - 1];
	enum tg_status st = TG_OK;

	tg_output_open(&p->out, STDOUT_FILENO, "standard output");
	tg_runner_init(&s->runner, p);
	if (s->schemas.n)
		st = tg_registry_open(&s->documents, &s->schemas, &p->setup, err);
	if (!st)
		st = load(s, &s->new, path, tg_str_of(path), err);
	if (!st)
		st = s->registry.p ? with_registry(s, err) : with_operands(s, err);
	tg_output_put(&p->out, tg_buffer_str(&s->out));
	return st ? st : conclude(s, err);
}

static void release(struct compat *s)
{
	unload(&s->old);
	unload(&s->new);
	tg_buffer_release(&s->out);
	if (s->runner.program)
		tg_runner_release(&s->runner);
}

/* Everybody writes OLD NEW --mode full, so operands that begin the line may: they are put behind the options. */
static char **options_first(int argc, char **argv, int *moved, struct tg_arena *arena)
{
	char **turned = tg_arena_array(arena, (size_t)argc + 1, sizeof(char *));
	int first = 1, n = 0;

	while (first < argc && (argv[first][0] != '-' || argv[first][1] == '\0'))
		first++;
	turned[n++] = argv[0];
	for (int i = first; i < argc; i++)
		turned[n++] = argv[i];
	for (int i = 1; i < first; i++)
		turned[n++] = argv[i];
	*moved = first - 1;
	return turned;
}

int main(int argc, char **argv)
{
	static const struct tg_tool tool = {
		.shape = TG_SHAPE_OTHER,
		.name = "schema-compat",
		.about = "say whether a new version of a contract breaks anybody",
		.operands = "OLD ... NEW",
		.options = options,
	};
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct compat s = { .mode = BACKWARD };
	enum tg_status st;
	int code;

	argv = options_first(argc, argv, &s.moved, &arena);
	st = tg_program_begin(&s.program, &tool, &s, argc, argv, &err);
	if (!st && !s.program.done) {
		st = check(&s, &err);
		if (!st)
			st = tg_program_start(&s.program, &err);
		if (!st)
			st = run(&s, &err);
	}
	release(&s); /* before the end, which may be a signal's */
	code = tg_program_end(&s.program, st, &err);
	tg_program_release(&s.program);
	return code;
}

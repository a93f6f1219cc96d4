#include "common/run/common.h"

#include "common/base/check.h"
#include "common/run/jobs.h"
#include "common/run/program.h"

#include <stdlib.h>
#include <unistd.h>

enum { DEFAULT_MAX_RECORD = 16 << 20, DEFAULT_MAX_REJECT_BYTES = 1 << 30 };

static const uint64_t LARGEST_RECORD =
	UINT64_C(1) << 30; /* spans are 32-bit, and a block may be twice a record */

static const char *const upstream_choices[] = { "verified", "any", NULL };
static const char *const level_choices[] = { "error", "warn", "info", "debug", NULL };
static const char *const format_choices[] = { "text", "json", NULL };
static const char *const when_choices[] = { "auto", "always", "never", NULL };

#define COMMON(member) offsetof(struct tg_common, member)

// clang-format off
static const struct tg_option shared_options[] = {
	{ 'c', "contract", TG_OPTION_TEXT, COMMON(contract), "FILE", "the data contract", NULL, "CONTRACT" },
	{ 0, "run", TG_OPTION_TEXT, COMMON(run), "FILE", "keep a copy of the run log here", NULL, "RUN" },
	{ 0, "source", TG_OPTION_TEXT, COMMON(source), "NAME", "whose data: landing path, labels", NULL, "SOURCE" },
	{ 0, "entity", TG_OPTION_TEXT, COMMON(entity), "NAME", "which data: landing path, labels", NULL, "ENTITY" },
	{ 0, "upstream", TG_OPTION_CHOICE, COMMON(upstream), "any", "publish although nobody vouches for the end of the input", upstream_choices, "UPSTREAM" },
	{ 0, "nothing-status", TG_OPTION_COUNT, COMMON(nothing_status), "N", "exit status when there was nothing to do (0)", NULL, NULL },
	{ 0, "now", TG_OPTION_TEXT, COMMON(now), "TIME", "the clock, for backfills and tests", NULL, NULL },
	{ 'j', "jobs", TG_OPTION_COUNT, COMMON(jobs), "N", "threads at most; the same bytes come out for every N (1)", NULL, "JOBS" },
	{ 0, "log-level", TG_OPTION_CHOICE, COMMON(log_level), "L", "error, warn, info or debug (warn)", level_choices, "LOG_LEVEL" },
	{ 0, "log-format", TG_OPTION_CHOICE, COMMON(log_format), "F", "text or json (text)", format_choices, "LOG_FORMAT" },
	{ 'q', "quiet", TG_OPTION_FLAG, COMMON(quiet), NULL, "the same as --log-level error", NULL, NULL },
	{ 'v', "verbose", TG_OPTION_FLAG, COMMON(verbose), NULL, "the same as --log-level info", NULL, NULL },
	{ 0, "progress", TG_OPTION_CHOICE, COMMON(progress), "WHEN", "auto, always or never (auto)", when_choices, "PROGRESS" },
	{ 0, "color", TG_OPTION_CHOICE, COMMON(color), "WHEN", "auto, always or never (auto)", when_choices, "COLOR" },
	{ 'h', "help", TG_OPTION_FLAG, COMMON(help), NULL, "print this and exit", NULL, NULL },
	{ 'V', "version", TG_OPTION_FLAG, COMMON(version), NULL, "print the version and exit", NULL, NULL },
	{ 0, "describe", TG_OPTION_FLAG, COMMON(describe), NULL, "print the options as JSON and exit", NULL, NULL },
	TG_OPT_END,
};

#define OUTPUT_OPTION \
	{ 'o', "output", TG_OPTION_TEXT, COMMON(output), "FILE", "write here instead of stdout, whole or not at all", NULL, NULL }, \
	{ 0, "digest", TG_OPTION_FLAG, COMMON(digest), NULL, "tell the SHA-256 of each input in the run log", NULL, NULL }

#define STREAM_OPTIONS \
	{ 'r', "rejects", TG_OPTION_TEXT, COMMON(rejects), "FILE", "append what is rejected here", NULL, "REJECTS" }, \
	{ 0, "max-rejects", TG_OPTION_TEXT, COMMON(max_rejects), "N|P%", "most rejects for status 0 (no limit with a reject file, else 0)", NULL, "MAX_REJECTS" }, \
	{ 0, "max-reject-bytes", TG_OPTION_SIZE, COMMON(max_reject_bytes), "SIZE", "what a run adds to the reject file at most; at it, it stops (1GiB)", NULL, "MAX_REJECT_BYTES" }, \
	{ 0, "max-record", TG_OPTION_SIZE, COMMON(max_record), "SIZE", "longer records are rejects (16MiB)", NULL, "MAX_RECORD" }, \
	OUTPUT_OPTION, \
	{ 0, "show-values", TG_OPTION_FLAG, COMMON(show_values), NULL, "let messages quote values, for one's own data", NULL, NULL }

static const struct tg_option filter_options[] = {
	STREAM_OPTIONS,
	{ 0, "source-member", TG_OPTION_FLAG, COMMON(source_member), NULL, "take the member _source for the record's place, though no stage before vouches for it", NULL, NULL },
	TG_OPT_END,
};

static const struct tg_option source_options[] = {
	STREAM_OPTIONS,
	{ 0, "provenance", TG_OPTION_FLAG, COMMON(provenance), NULL, "add a last member _source with file, line and offset", NULL, NULL },
	TG_OPT_END,
};

static const struct tg_option bytes_options[] = {
	OUTPUT_OPTION,
	TG_OPT_END,
};

static const struct tg_option sink_options[] = {
	{ 'n', "dry-run", TG_OPTION_FLAG, COMMON(dry_run), NULL, "all but the commit", NULL, NULL },
	TG_OPT_END,
};
// clang-format on

static const struct tg_option *const shape_options[] = {
	[TG_SHAPE_FILTER] = filter_options,
	[TG_SHAPE_SOURCE] = source_options,
	[TG_SHAPE_SINK] = sink_options,
	[TG_SHAPE_BYTES] = bytes_options,
	[TG_SHAPE_OTHER] = NULL,
};

/* Every variable of every program: what another stage of the pipe reads is no typing error here. */
static const struct tg_str variables[] = {
	{ "CONTRACT", 8 },    { "REJECTS", 7 },	 { "MAX_REJECTS", 11 }, { "MAX_REJECT_BYTES", 16 },
	{ "RUN", 3 },	      { "SOURCE", 6 },	 { "ENTITY", 6 },	{ "JOBS", 4 },
	{ "MAX_RECORD", 10 }, { "UPSTREAM", 8 }, { "LOG_LEVEL", 9 },	{ "COLOR", 5 },
	{ "LOG_FORMAT", 10 }, { "PROGRESS", 8 }, { "CPU", 3 },		{ "JOBS_BLOCK", 10 },
};

static void warn_of_variable(void *arg, struct tg_str name)
{
	const struct tg_program *p = arg;
	const struct tg_str *nearest;

	for (size_t i = 0; i < TG_COUNT(variables); i++)
		if (tg_str_eq(name, variables[i]))
			return;
	nearest = tg_str_nearest(name, variables, TG_COUNT(variables));
	tg_say(&p->messages, TG_LEVEL_WARN,
	       "the variable TIDEGATE_%.*s is unknown and has no effect%s%.*s%s", TG_STR_ARG(name),
	       nearest ? "; did you mean TIDEGATE_" : "",
	       TG_STR_ARG(nearest ? *nearest : TG_STR_NONE), nearest ? "?" : "");
}

static enum tg_status read_share(struct tg_program *p, struct tg_str text, struct tg_error *err)
{
	struct tg_str whole = tg_str_from(text.p, text.n - 1), fraction = TG_STR_NONE;
	const char *point = memchr(whole.p, '.', whole.n);
	uint64_t percent, part = 0, scale = 10000;
	bool good;

	if (point) {
		fraction = tg_str_after(whole, (size_t)(point - whole.p) + 1);
		whole.n = (size_t)(point - whole.p);
	}
	good = tg_read_u64(whole, &percent) && percent <= 100;
	if (good && point) {
		good = fraction.n <= 4 && tg_read_u64(fraction, &part);
		for (size_t i = 0; i < fraction.n; i++)
			scale /= 10;
	}
	if (!good)
		return tg_fail(
			err, TG_USAGE,
			"--max-rejects: a share must be 0%% to 100%%, with four decimals at most");
	p->rejects_share = true;
	p->rejects_most = percent * 10000 + part * scale;
	return TG_OK;
}

static enum tg_status read_max_rejects(struct tg_program *p, struct tg_error *err)
{
	struct tg_str text = p->common.max_rejects;

	if (!text.p)
		return TG_OK;
	p->rejects_limited = true;
	if (tg_str_ends(text, TG_STR("%")))
		return read_share(p, text, err);
	if (!tg_read_u64(text, &p->rejects_most))
		return tg_fail(
			err, TG_USAGE,
			"--max-rejects: the value must be a whole number, or a share such as 0.5%%");
	return TG_OK;
}

static bool wanted(unsigned when, bool terminal)
{
	return when == 1 || (when == 0 && terminal);
}

void tg_common_warn_of_variables(struct tg_program *p, char **environment)
{
	struct tg_error ignored = TG_ERROR_INIT; /* values were read before */

	(void)!tg_options_environment(&p->options, environment, warn_of_variable, p, &ignored);
}

void tg_common_messages(struct tg_program *p)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(STDERR_FILENO) == 1;
	bool plain = (no_color && *no_color) || (term && strcmp(term, "dumb") == 0);

	p->messages.level = (enum tg_level)p->common.log_level;
	if (p->common.quiet)
		p->messages.level = TG_LEVEL_ERROR;
	else if (p->common.verbose && p->messages.level < TG_LEVEL_INFO)
		p->messages.level = TG_LEVEL_INFO;
	p->messages.json = p->common.log_format == 1;
	p->messages.color = !p->messages.json && wanted(p->common.color, terminal && !plain);
	p->progress = wanted(p->common.progress, terminal && !plain && !isatty(STDOUT_FILENO)) &&
		      !p->common.quiet;
}

/* '-' is standard input, and nothing else. */
static enum tg_status check_files(const struct tg_common *c, struct tg_error *err)
{
	const struct {
		const char *option;
		struct tg_str path;
	} file[] = { { "run", c->run }, { "rejects", c->rejects }, { "output", c->output } };

	for (size_t i = 0; i < TG_COUNT(file); i++) {
		if (file[i].path.p && file[i].path.n == 0)
			return tg_fail(err, TG_USAGE, "--%s: the file has no name", file[i].option);
		if (tg_str_is(file[i].path, "-"))
			return tg_fail(err, TG_USAGE,
				       "--%s: '-' is no file to write to; one of that name is ./-",
				       file[i].option);
	}
	return TG_OK;
}

static enum tg_status fill_setup(struct tg_program *p, struct tg_error *err)
{
	struct tg_common *c = &p->common;

	p->setup = (struct tg_setup){
		.arena = &p->arena,
		.contract = c->contract,
		.source = c->source,
		.entity = c->entity,
		.now = tg_time_now(),
		.max_record = c->max_record,
		.max_record_given = tg_options_given(&p->options, "max-record"),
		.show_values = c->show_values,
		.keeps_rejects = c->rejects.p != NULL,
		.dry_run = c->dry_run,
		.provenance = c->provenance,
		.lanes = c->jobs == 1 ? 1 : tg_jobs_wanted(p),
		.operand = p->options.operand,
		.operands = p->options.operands,
		.program = p,
	};
	if (c->now.p && !tg_time_read(c->now, &p->setup.now))
		return tg_fail(
			err, TG_USAGE,
			"--now: the value must be an RFC 3339 time, a date, or Unix seconds");
	if (c->max_record == 0 || c->max_record > LARGEST_RECORD)
		return tg_fail(err, TG_USAGE,
			       "--max-record: the value must be from 1 byte to 1GiB");
	if (c->nothing_status > 255)
		return tg_fail(err, TG_USAGE, "--nothing-status: the value must be from 0 to 255");
	p->progress_next = p->setup.now;
	p->progress_next.seconds += 2;
	return check_files(c, err);
}

void tg_common_tables(struct tg_program *p, void *self)
{
	p->common = (struct tg_common){
		.jobs = 1,
		.max_record = DEFAULT_MAX_RECORD,
		.max_reject_bytes = DEFAULT_MAX_REJECT_BYTES,
		.log_level = TG_LEVEL_WARN,
	};
	p->options.arena = &p->arena;
	p->options.table[0] = (struct tg_option_table){ p->tool.options, self };
	p->options.table[1] = (struct tg_option_table){ shape_options[p->tool.shape], &p->common };
	p->options.table[2] = (struct tg_option_table){ shared_options, &p->common };
	p->options.tables = 3;
}

enum tg_status tg_common_apply(struct tg_program *p, struct tg_error *err)
{
	enum tg_status st = fill_setup(p, err);

	return st ? st : read_max_rejects(p, err);
}

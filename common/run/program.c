#include "common/run/program.h"

#include "common/base/check.h"
#include "common/io/interrupt.h"
#include "common/json/text.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

enum { DEFAULT_MAX_RECORD = 16 << 20 };

static const uint64_t LARGEST_RECORD =
	UINT64_C(1) << 30; /* spans are 32-bit, and a block may be twice a record */

/*
 * The common options
 */

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
	{ 'j', "jobs", TG_OPTION_COUNT, COMMON(jobs), "N", "threads; 0: one per CPU; same bytes out for every N (1)", NULL, "JOBS" },
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

#define STREAM_OPTIONS \
	{ 'r', "rejects", TG_OPTION_TEXT, COMMON(rejects), "FILE", "append what is rejected here", NULL, "REJECTS" }, \
	{ 0, "max-rejects", TG_OPTION_TEXT, COMMON(max_rejects), "N|P%", "most rejects for status 0 (no limit with a reject file, else 0)", NULL, "MAX_REJECTS" }, \
	{ 0, "max-record", TG_OPTION_SIZE, COMMON(max_record), "SIZE", "longer records are rejects (16MiB)", NULL, "MAX_RECORD" }, \
	{ 'o', "output", TG_OPTION_TEXT, COMMON(output), "FILE", "write here instead of stdout, whole or not at all", NULL, NULL }, \
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

static const struct tg_option sink_options[] = {
	{ 'n', "dry-run", TG_OPTION_FLAG, COMMON(dry_run), NULL, "all but the commit", NULL, NULL },
	TG_OPT_END,
};
// clang-format on

static const struct tg_option *const shape_options[] = {
	[TG_SHAPE_FILTER] = filter_options,
	[TG_SHAPE_SOURCE] = source_options,
	[TG_SHAPE_SINK] = sink_options,
	[TG_SHAPE_OTHER] = NULL,
};

/* Every variable of every program: what another stage of the pipe reads is no typing error here. */
static const struct tg_str variables[] = {
	{ "CONTRACT", 8 }, { "REJECTS", 7 },   { "MAX_REJECTS", 11 }, { "RUN", 3 },
	{ "SOURCE", 6 },   { "ENTITY", 6 },    { "JOBS", 4 },	      { "MAX_RECORD", 10 },
	{ "UPSTREAM", 8 }, { "LOG_LEVEL", 9 }, { "COLOR", 5 },	      { "LOG_FORMAT", 10 },
	{ "PROGRESS", 8 }, { "CPU", 3 },
};

static void unknown_variable(void *arg, struct tg_str name, const struct tg_str *nearest)
{
	const struct tg_program *p = arg;

	for (size_t i = 0; i < TG_COUNT(variables); i++)
		if (tg_str_eq(name, variables[i]))
			return;
	nearest = tg_str_nearest(name, variables, TG_COUNT(variables));
	tg_say(&p->messages, TG_LEVEL_WARN,
	       "the variable TIDEGATE_%.*s is unknown and has no effect%s%.*s%s", TG_STR_ARG(name),
	       nearest ? "; did you mean TIDEGATE_" : "",
	       TG_STR_ARG(nearest ? *nearest : TG_STR_NONE), nearest ? "?" : "");
}

/*
 * Begin
 */

/* A descriptor closed at start would be given to the next file opened: a state file could become stdout. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
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

static void set_messages(struct tg_program *p)
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

static enum tg_status answer_and_be_done(struct tg_program *p, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_output out;
	enum tg_status st;

	if (p->common.help)
		tg_options_put_help(&text, &p->options, p->tool.name, p->tool.about,
				    p->tool.operands);
	else if (p->common.describe)
		tg_options_put_description(&text, &p->options, p->tool.name, p->tool.about,
					   p->tool.operands);
	else
		tg_buffer_printf(&text, "%s (tidegate) %s\n", p->tool.name, TG_VERSION);
	tg_output_open(&out, STDOUT_FILENO, "standard output");
	tg_output_put(&out, tg_buffer_str(&text));
	st = tg_output_close(&out, err);
	tg_output_release(&out);
	p->done = true;
	return st;
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
		.dry_run = c->dry_run,
		.provenance = c->provenance,
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
	if (c->run.p && c->run.n == 0)
		return tg_fail(err, TG_USAGE, "--run: the file has no name");
	p->progress_next = p->setup.now;
	p->progress_next.seconds += 2;
	return TG_OK;
}

/* A filter that waits at a terminal looks hung. */
static enum tg_status refuse_terminal(const struct tg_program *p, struct tg_error *err)
{
	if (p->tool.shape == TG_SHAPE_OTHER || p->options.operands > 0 || isatty(STDIN_FILENO) != 1)
		return TG_OK;
	return tg_fail(
		err, TG_USAGE,
		"nothing to read: standard input is a terminal. usage: %s [options]%s%s; --help says more",
		p->tool.name, p->tool.operands ? " " : "",
		p->tool.operands ? p->tool.operands : "");
}

enum tg_status tg_program_begin(struct tg_program *p, const struct tg_tool *tool, void *self,
				int argc, char **argv, struct tg_error *err)
{
	enum tg_status st, read;

	*p = (struct tg_program){
		.tool = *tool,
		.argc = argc,
		.argv = argv,
		.window = TG_WINDOW_INIT,
		.out = TG_OUTPUT_INIT,
		.publish = TG_PUBLISH_INIT,
		.rejects = TG_REJECTS_INIT,
		.messages = { .tool = tool->name, .level = TG_LEVEL_WARN },
		.common = { .jobs = 1,
			    .max_record = DEFAULT_MAX_RECORD,
			    .log_level = TG_LEVEL_WARN },
	};
	p->counted = tool->shape != TG_SHAPE_OTHER;
	p->options.arena = &p->arena;
	p->options.table[0] = (struct tg_option_table){ tool->options, self };
	p->options.table[1] = (struct tg_option_table){ shape_options[tool->shape], &p->common };
	p->options.table[2] = (struct tg_option_table){ shared_options, &p->common };
	p->options.tables = 3;
	fill_standard_descriptors();
	setlocale(
		LC_CTYPE,
		"C.UTF-8"); /* libarchive gives no other names under C; nothing else depends on it */
	tg_interrupt_install();
	st = tg_options_parse(&p->options, argc, argv, err);
	read = st;
	if (!st)
		st = tg_options_environment(&p->options, environ, unknown_variable, p, err);
	set_messages(p);
	if (!read && (p->common.help || p->common.version || p->common.describe))
		return answer_and_be_done(p, err);
	if (!st)
		st = fill_setup(p, err);
	if (!st)
		st = read_max_rejects(p, err);
	return st ? st : refuse_terminal(p, err);
}

/*
 * Start
 */

static enum tg_status open_inputs(struct tg_program *p, struct tg_error *err)
{
	static const char *const standard[] = { "-" };
	const char *const *path = p->options.operands ? p->options.operand : standard;
	size_t n = p->options.operands ? p->options.operands : 1;
	enum tg_input_mode mode = p->tool.shape == TG_SHAPE_SINK ? TG_INPUT_RAW : TG_INPUT_UNPACK;

	p->input = tg_arena_array(&p->arena, n, sizeof(*p->input));
	for (size_t i = 0; i < n; i++) {
		enum tg_status st;

		p->input[i] = TG_INPUT_INIT;
		p->inputs = i + 1;
		st = tg_input_open(&p->input[i], path[i], mode, err);
		if (st)
			return st;
	}
	return TG_OK;
}

/* What is written over while it is read is lost. */
static enum tg_status refuse_same_file(const struct tg_program *p, int fd, const char *name,
				       struct tg_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return TG_OK;
	for (size_t i = 0; i < p->inputs; i++)
		if (p->input[i].stat.st_dev == st.st_dev && p->input[i].stat.st_ino == st.st_ino)
			return tg_fail(
				err, TG_USAGE,
				"%s is also the input %s: it would be overwritten while it is read",
				name, p->input[i].name);
	return TG_OK;
}

static enum tg_status open_output(struct tg_program *p, struct tg_error *err)
{
	enum tg_status st;

	if (!p->common.output.p) {
		tg_output_open(&p->out, STDOUT_FILENO, "standard output");
		return refuse_same_file(p, STDOUT_FILENO, "standard output", err);
	}
	st = tg_publish_open(&p->publish, p->common.output.p, 0666, err);
	if (!st)
		tg_output_open(&p->out, p->publish.fd, p->common.output.p);
	return st;
}

static enum tg_status open_rejects(struct tg_program *p, struct tg_error *err)
{
	enum tg_status st;

	p->rejects.tool = p->tool.name;
	if (!p->common.rejects.p)
		return TG_OK;
	st = tg_rejects_open(&p->rejects, p->common.rejects.p, err);
	return st ? st : refuse_same_file(p, p->rejects.fd, "the reject file", err);
}

static enum tg_status log_start(struct tg_program *p, struct tg_error *err)
{
	struct tg_log_stream standard = { .fd = STDIN_FILENO }, *in = &standard;
	struct tg_str *arg = tg_arena_array(&p->arena, (size_t)p->argc + 1, sizeof(*arg));
	struct tg_log_start start = { .tool = p->tool.name, .arg = arg };
	enum tg_status st;

	for (int i = 1; i < p->argc; i++)
		arg[start.args++] = tg_str_of(p->argv[i]);
	start.ins = 1;
	if (p->inputs) {
		in = tg_arena_array(&p->arena, p->inputs, sizeof(*in));
		for (size_t i = 0; i < p->inputs; i++)
			in[i] = (struct tg_log_stream){ p->input[i].fd,
							p->input[i].fd == STDIN_FILENO
								? NULL
								: p->input[i].name };
		start.ins = p->inputs;
	}
	start.in = in;
	start.out.fd = p->publish.fd >= 0 ? p->publish.fd : STDOUT_FILENO;
	start.out.path = p->publish.fd >= 0 ? p->common.output.p : NULL;
	start.contract = p->contract;
	start.adds = p->adds;
	start.copy = p->common.run;
	start.sink = p->tool.shape == TG_SHAPE_SINK;
	err->text[0] = '\0';
	st = tg_log_start(&p->log, &start, err);
	p->started = true;
	if (!st && err->text[0])
		tg_say(&p->messages, TG_LEVEL_WARN, "%s", err->text);
	p->rejects.run = tg_log_run(p->log);
	return st;
}

static enum tg_status flush_when_idle(void *arg, struct tg_error *err)
{
	struct tg_program *p = arg;
	enum tg_status st = tg_output_flush(&p->out, err);

	tg_program_tick(p);
	return st ? st : tg_rejects_flush(&p->rejects, err);
}

enum tg_status tg_program_start(struct tg_program *p, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (p->tool.shape != TG_SHAPE_OTHER)
		st = open_inputs(p, err);
	if (!st && p->tool.shape != TG_SHAPE_OTHER)
		st = open_output(p, err);
	if (!st)
		st = open_rejects(p, err);
	if (!st)
		st = log_start(p, err);
	for (size_t i = 0; !st && i < p->inputs; i++) {
		p->input[i].idle = flush_when_idle;
		p->input[i].idle_arg = p;
		/* A sink's receipt may go unread; what it lands may not. */
		p->input[i].watch =
			p->publish.fd >= 0 || p->tool.shape == TG_SHAPE_SINK ? -1 : STDOUT_FILENO;
	}
	return st;
}

/*
 * While records flow
 */

static void say_progress(struct tg_program *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->inputs; i++)
		bytes += p->input[i].bytes;
	tg_say(&p->messages, TG_LEVEL_ERROR, "%llu records, %llu rejected, %llu MB read",
	       (unsigned long long)p->records_in, (unsigned long long)p->rejects.total,
	       (unsigned long long)(bytes / 1000000));
}

void tg_program_tick(struct tg_program *p)
{
	struct tg_time now;

	if (tg_interrupt_asked())
		say_progress(p);
	if (!p->progress)
		return;
	now = tg_time_now();
	if (now.seconds < p->progress_next.seconds)
		return;
	say_progress(p);
	p->progress_next.seconds = now.seconds + 2;
}

enum tg_status tg_program_fill(struct tg_program *p, struct tg_input *in, struct tg_error *err)
{
	tg_output_settle(&p->out);
	if (p->out.status)
		return tg_output_flush(&p->out, err); /* says what went wrong */
	tg_program_tick(p);
	return tg_window_fill(&p->window, in, err);
}

enum tg_status tg_program_judge(struct tg_program *p, struct tg_upstream *up, struct tg_error *err)
{
	uint64_t *read = tg_arena_array(&p->arena, p->inputs, sizeof(*read));

	for (size_t i = 0; i < p->inputs; i++)
		read[i] = p->input[i].bytes;
	return tg_chain_judge(up, p->log, p->common.upstream == 1, read, p->inputs, err);
}

/*
 * The end
 */

/* design.md: a loss needs consent. */
static enum tg_status judge_rejects(const struct tg_program *p, struct tg_error *err)
{
	uint64_t rejected = p->rejects.total, in = p->records_in;
	bool too_many;

	if (rejected == 0)
		return TG_OK;
	if (!p->rejects_limited)
		too_many = p->rejects.fd < 0 || rejected == in;
	else if (p->rejects_share)
		too_many = (__uint128_t)rejected * 1000000 > (__uint128_t)p->rejects_most * in;
	else
		too_many = rejected > p->rejects_most;
	if (!too_many)
		return TG_OK;
	if (p->rejects.fd < 0)
		return tg_fail(
			err, TG_REJECTED,
			"%llu of %llu records are rejected and kept nowhere; --rejects FILE would keep them",
			(unsigned long long)rejected, (unsigned long long)in);
	return tg_fail(err, TG_REJECTED,
		       "%llu of %llu records are rejected, more than allowed; they are in %s",
		       (unsigned long long)rejected, (unsigned long long)in, p->rejects.path);
}

static void say_what_was_rejected(const struct tg_program *p)
{
	TG_OWN(tg_buffer_release) struct tg_buffer codes = TG_BUFFER_INIT;

	for (size_t i = 0; i < p->rejects.codes; i++)
		tg_buffer_printf(&codes, "%s%s %llu", i ? ", " : "", p->rejects.count[i].name,
				 (unsigned long long)p->rejects.count[i].n);
	tg_say(&p->messages, TG_LEVEL_WARN, "%llu of %llu records are rejected (%.*s): see %s",
	       (unsigned long long)p->rejects.total, (unsigned long long)p->records_in,
	       TG_STR_ARG(tg_buffer_str(&codes)), p->rejects.path);
}

static enum tg_status check_counts(const struct tg_program *p, struct tg_error *err)
{
	if (!p->counted || p->records_in == p->records_out + p->dropped + p->rejects.total)
		return TG_OK;
	return tg_fail(
		err, TG_INTERNAL,
		"a bug: %llu records came in, but %llu went out, %llu were dropped and %llu rejected; please report it",
		(unsigned long long)p->records_in, (unsigned long long)p->records_out,
		(unsigned long long)p->dropped, (unsigned long long)p->rejects.total);
}

/* --output: all is there; is it believed, and does it get its name? */
static enum tg_status publish(struct tg_program *p, struct tg_error *err)
{
	struct tg_upstream up = { .verdict = TG_UPSTREAM_NONE };
	enum tg_status st = tg_program_judge(p, &up, err);

	if (!st)
		st = tg_publish_commit(&p->publish, TG_PUBLISH_REPLACE, err);
	if (!st && up.verdict == TG_UPSTREAM_VERIFIED)
		tg_chain_forget(&up);
	tg_upstream_release(&up);
	return st;
}

/* Keeps the first failure. */
static void also(enum tg_status *st, struct tg_error *err, enum tg_status next,
		 const struct tg_error *why)
{
	if (*st || !next)
		return;
	*st = next;
	*err = *why;
}

/* All that can still fail before the finish line may say how it went. */
static void finish_streams(struct tg_program *p, enum tg_status *st, struct tg_error *err)
{
	struct tg_error why = TG_ERROR_INIT;
	enum tg_status next = tg_rejects_sync(&p->rejects, &why);

	/* A reject that is lost is worse than whatever ended the run. */
	if (next && *st != TG_INTERNAL) {
		*st = next;
		*err = why;
	}
	if (p->out.fd >= 0 && p->receipt.n == 0)
		also(st, err, tg_output_flush(&p->out, &why), &why);
	if (!*st)
		also(st, err, check_counts(p, &why), &why);
	if (!*st)
		also(st, err, judge_rejects(p, &why), &why);
	if (!*st && p->publish.fd >= 0)
		also(st, err, publish(p, &why), &why);
}

static struct tg_str meta_object(struct tg_program *p, struct tg_buffer *b)
{
	if (p->metas == 0)
		return TG_STR_NONE;
	tg_buffer_putc(b, '{');
	for (size_t i = 0; i < p->metas; i++) {
		tg_json_put_name(b, p->meta[i].name);
		tg_buffer_put_str(b, p->meta[i].json);
	}
	tg_buffer_putc(b, '}');
	return tg_buffer_str(b);
}

static int exit_code(const struct tg_program *p, enum tg_status st)
{
	if (st == TG_PIPE)
		return 128 + SIGPIPE;
	if (st == TG_INTERRUPTED)
		return 128 + tg_interrupted();
	if (st == TG_OK && p->foreign)
		return p->foreign_exit;
	if (st == TG_OK && p->nothing)
		return (int)p->common.nothing_status;
	return (int)st;
}

static enum tg_status log_finish(struct tg_program *p, enum tg_status st,
				 const struct tg_error *why, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer meta = TG_BUFFER_INIT;
	struct tg_log_finish finish = {
		.status = st,
		.exit = exit_code(p, st),
		.signal = st == TG_PIPE		 ? SIGPIPE
			  : st == TG_INTERRUPTED ? tg_interrupted()
						 : 0,
		.foreign = p->foreign,
		.early = p->early,
		.counted = p->counted,
		.in = p->records_in,
		.out = p->records_out,
		.dropped = p->dropped,
		.rejected = p->rejects.total,
		.drop = p->drop,
		.drops = p->drops,
		.reject = p->rejects.count,
		.rejects = p->rejects.codes,
		.bytes_out = p->out.bytes + p->receipt.n,
		.bytes_in_known = p->inputs > 0,
		.meta = meta_object(p, &meta),
	};

	for (size_t i = 0; i < p->inputs; i++)
		finish.bytes_in += p->input[i].bytes;
	if (st) {
		finish.code = why->code ? why->code : tg_status_name(st);
		finish.message = tg_str_of(why->text);
	}
	return tg_log_finish(p->log, &finish, err);
}

static enum tg_status close_output(struct tg_program *p, struct tg_error *err)
{
	p->messages.closed = true;
	if (p->publish.fd >= 0 || p->out.fd < 0)
		return TG_OK;
	if (p->receipt.n)
		tg_output_put(&p->out, p->receipt);
	return tg_output_close(&p->out, err);
}

int tg_program_end(struct tg_program *p, enum tg_status st, struct tg_error *err)
{
	struct tg_error why = TG_ERROR_INIT;
	enum tg_status next;

	if (p->done)
		return (int)st;
	if (!p->started) { /* so that the reader of our pipe finds out why nothing came */
		struct tg_error ignored = TG_ERROR_INIT;

		for (size_t i = 0; i < p->inputs; i++)
			tg_input_release(&p->input[i]);
		p->inputs = 0;
		also(&st, err, log_start(p, &ignored), &ignored);
	}
	finish_streams(p, &st, err);
	if (p->rejects.total && p->rejects.fd >= 0 && st == TG_OK)
		say_what_was_rejected(p);
	/* A closed pipe is no error message, and who sends a signal knows. */
	if (st && st != TG_PIPE && st != TG_INTERRUPTED)
		tg_say(&p->messages, TG_LEVEL_ERROR, "%s", err->text);
	next = log_finish(p, st, err, &why);
	if (next && st == TG_OK) {
		st = next;
		*err = why;
		tg_say(&p->messages, TG_LEVEL_ERROR, "%s", err->text);
	}
	next = close_output(p, &why);
	if (next && (st == TG_OK || st == TG_REJECTED)) {
		st = next;
		p->messages.closed = false;
		if (next == TG_IO)
			tg_say(&p->messages, TG_LEVEL_ERROR, "%s", why.text);
	}
	if (st == TG_PIPE)
		tg_interrupt_raise(SIGPIPE);
	if (st == TG_INTERRUPTED)
		tg_interrupt_raise(tg_interrupted());
	return exit_code(p, st);
}

void tg_program_release(struct tg_program *p)
{
	for (size_t i = 0; i < p->inputs; i++)
		tg_input_release(&p->input[i]);
	tg_window_release(&p->window);
	tg_output_release(&p->out);
	tg_publish_release(&p->publish);
	tg_rejects_release(&p->rejects);
	tg_log_free(&p->log);
	tg_arena_release(&p->arena);
}

/*
 * What a tool may say through its setup
 */

void tg_setup_warn(const struct tg_setup *setup, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tg_say_args(&setup->program->messages, TG_LEVEL_WARN, format, args);
	va_end(args);
}

void tg_setup_info(const struct tg_setup *setup, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tg_say_args(&setup->program->messages, TG_LEVEL_INFO, format, args);
	va_end(args);
}

void tg_setup_contract(const struct tg_setup *setup, struct tg_str file, struct tg_str sha256,
		       struct tg_str id, struct tg_str version)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_program *p = setup->program;

	tg_buffer_putc(&b, '{');
	tg_json_put_member(&b, "file", file);
	tg_json_put_member(&b, "sha256", sha256);
	tg_json_put_member(&b, "id", id);
	tg_json_put_member(&b, "version", version);
	tg_buffer_putc(&b, '}');
	p->contract = tg_arena_copy(&p->arena, tg_buffer_str(&b));
}

void tg_setup_meta(const struct tg_setup *setup, const char *name, struct tg_str json)
{
	struct tg_program *p = setup->program;
	size_t i = 0;

	while (i < p->metas && strcmp(p->meta[i].name, name) != 0)
		i++;
	TG_BUG_IF(i == TG_META_MAX);
	if (i == p->metas)
		p->metas++;
	p->meta[i].name = name;
	p->meta[i].json = tg_arena_copy(&p->arena, json);
}

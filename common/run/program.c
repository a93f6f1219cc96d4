#include "common/run/program.h"

#include "common/io/interrupt.h"
#include "common/run/common.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

/*
 * Begin
 */

/*
 * A descriptor closed at start would be given to the next file opened: a state file could become stdout. What stands in its place
 * cannot be used the way it should: a closed standard input is no empty one, and a closed output swallows nothing.
 */
static void fill_standard_descriptors(void)
{
	static const int wrong_way[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", wrong_way[fd]) != fd)
			_exit(TG_IO); /* there is nobody to tell */
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
	if (!p->common.help && !p->common.describe && p->tool.version)
		p->tool.version(&text);
	tg_output_open(&out, STDOUT_FILENO, "standard output");
	tg_output_put(&out, tg_buffer_str(&text));
	st = tg_output_close(&out, err);
	tg_output_release(&out);
	p->done = true;
	return st;
}

/* A filter that waits at a terminal looks hung. */
static enum tg_status refuse_terminal(const struct tg_program *p, struct tg_error *err)
{
	if (p->tool.shape == TG_SHAPE_OTHER || p->tool.inputless || p->options.operands > 0 ||
	    isatty(STDIN_FILENO) != 1)
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
	};
	p->counted = tool->shape != TG_SHAPE_OTHER && tool->shape != TG_SHAPE_BYTES;
	tg_common_tables(p, self);
	fill_standard_descriptors();
	tg_interrupt_install();
	st = tg_options_parse(&p->options, argc, argv, err);
	read = st;
	if (!st)
		st = tg_options_environment(&p->options, environ, NULL, NULL, err);
	tg_common_messages(p);
	tg_common_warn_of_variables(p, environ); /* as the messages are wanted */
	if (!read && (p->common.help || p->common.version || p->common.describe))
		return answer_and_be_done(p, err);
	if (!st)
		st = tg_common_apply(p, err);
	if (st || (tool->asks && tool->asks(self)))
		return st;
	if (tool->inputless && p->options.operands > 0)
		return tg_fail(err, TG_USAGE, "%s: there are no operands; --help says more",
			       p->options.operand[0]);
	p->makes = tool->inputless || (tool->makes && p->options.operands > 0 && tool->makes(self));
	if (tool->passes && tool->passes(self)) {
		p->tool.shape = TG_SHAPE_BYTES;
		p->counted = false;
	}
	p->pieces = tool->pieces ? tool->pieces(self, p->piece) : 0;
	if (!p->pieces)
		return refuse_terminal(p, err);
	return p->options.operands == 0
		       ? TG_OK
		       : tg_fail(err, TG_USAGE,
				 "there are options that say what to read, so there can be no %s",
				 p->options.operand[0]);
}

/*
 * Start
 */

/* All operands are open from the start, so that one that is not there is found before anything is written. */
static void allow_descriptors(size_t operands)
{
	struct rlimit limit;

	if (operands < 200 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static enum tg_status open_inputs(struct tg_program *p, struct tg_error *err)
{
	static const char *const standard[] = { "-" };
	const char *const *path = p->pieces		? p->piece
				  : p->options.operands ? p->options.operand
							: standard;
	size_t n = p->pieces ? p->pieces : p->options.operands ? p->options.operands : 1;
	bool raw = p->pieces || p->tool.shape == TG_SHAPE_SINK || p->tool.shape == TG_SHAPE_BYTES;
	enum tg_input_mode mode = raw ? TG_INPUT_RAW : TG_INPUT_UNPACK;

	p->input = tg_arena_array(&p->arena, n, sizeof(*p->input));
	allow_descriptors(n);
	for (size_t i = 0; i < n; i++) {
		enum tg_status st;

		p->input[i] = TG_INPUT_INIT;
		p->inputs = i + 1;
		st = tg_input_open(&p->input[i], path[i], mode, err);
		if (!st && p->common.digest)
			st = tg_input_want_digest(&p->input[i], err);
		if (st)
			return st;
	}
	return TG_OK;
}

/*
 * What is written over while it is read is lost, and so is one of two things that are written to one file. The inputs are open;
 * what will be written is looked at by its path, before anything is made or cut.
 */
struct place {
	const char *what;
	const char *path; /* none: standard output */
	struct stat stat;
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       (S_ISREG(a->st_mode) || S_ISFIFO(a->st_mode));
}

static enum tg_status refuse(const struct place *a, const char *is, const char *name,
			     struct tg_error *err)
{
	return tg_fail(err, TG_USAGE, "%s%s%s is also %s%s: one would be lost", a->what,
		       a->path ? " " : "", a->path ? a->path : "", is, name);
}

/* The same file by two names that are not there yet is known by its path alone. */
static enum tg_status check_place(const struct tg_program *p, const struct place *place, bool there,
				  const struct place *before, size_t n, struct tg_error *err)
{
	struct stat contract;

	for (size_t i = 0; there && i < p->inputs; i++)
		if (S_ISREG(place->stat.st_mode) && is_same(&p->input[i].stat, &place->stat))
			return refuse(place, "the input ", p->input[i].name, err);
	if (there && p->common.contract.n && stat(p->common.contract.p, &contract) == 0 &&
	    S_ISREG(contract.st_mode) && is_same(&contract, &place->stat))
		return refuse(place, "the contract ", p->common.contract.p, err);
	for (size_t i = 0; i < n; i++)
		if ((there && is_same(&before[i].stat, &place->stat)) ||
		    (before[i].path && place->path && strcmp(before[i].path, place->path) == 0))
			return refuse(place, before[i].what, "", err);
	return TG_OK;
}

static enum tg_status check_places(const struct tg_program *p, struct tg_error *err)
{
	struct place place[TG_WRITES_MAX + 3] = { 0 };
	size_t n = 0;

	if (p->common.output.p)
		place[n++] = (struct place){ .what = "the output", .path = p->common.output.p };
	else
		place[n++] = (struct place){ .what = "standard output" };
	if (p->common.rejects.p)
		place[n++] =
			(struct place){ .what = "the reject file", .path = p->common.rejects.p };
	if (p->common.run.p)
		place[n++] = (struct place){ .what = "the run log", .path = p->common.run.p };
	for (size_t i = 0; i < p->writes_n; i++)
		place[n++] =
			(struct place){ .what = p->writes[i].what, .path = p->writes[i].path.p };
	for (size_t i = 0; i < n; i++) {
		bool there = (place[i].path ? stat(place[i].path, &place[i].stat)
					    : fstat(STDOUT_FILENO, &place[i].stat)) == 0;
		enum tg_status st = check_place(p, &place[i], there, place, i, err);

		if (st)
			return st;
	}
	return TG_OK;
}

static enum tg_status open_output(struct tg_program *p, struct tg_error *err)
{
	enum tg_status st;

	if (!p->common.output.p) {
		tg_output_open(&p->out, STDOUT_FILENO, "standard output");
		return TG_OK;
	}
	st = tg_publish_open(&p->publish, p->common.output.p, 0666, err);
	if (!st)
		tg_output_open(&p->out, p->publish.fd, p->common.output.p);
	return st;
}

static enum tg_status open_rejects(struct tg_program *p, struct tg_error *err)
{
	p->rejects.tool = p->tool.name;
	p->rejects.most = p->common.max_reject_bytes;
	return p->common.rejects.p ? tg_rejects_open(&p->rejects, p->common.rejects.p, err) : TG_OK;
}

enum tg_status tg_program_log_start(struct tg_program *p, struct tg_error *err)
{
	struct tg_log_stream standard = { .fd = p->makes ? -1 : STDIN_FILENO }, *in = &standard;
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

enum tg_status tg_program_idle(void *arg, struct tg_error *err)
{
	struct tg_program *p = arg;
	enum tg_status st = tg_output_flush(&p->out, err);

	tg_program_tick(p);
	return st ? st : tg_rejects_flush(&p->rejects, err);
}

enum tg_status tg_program_start(struct tg_program *p, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (p->tool.shape != TG_SHAPE_OTHER && !p->makes)
		st = open_inputs(p, err);
	if (!st)
		st = check_places(p, err);
	if (!st && p->tool.shape != TG_SHAPE_OTHER)
		st = open_output(p, err);
	if (!st)
		st = open_rejects(p, err);
	if (!st)
		st = tg_program_log_start(p, err);
	for (size_t i = 0; !st && i < p->inputs; i++) {
		p->input[i].idle = tg_program_idle;
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

/* Whoever asked for it gets it at any level, but it is no error. */
static void say_progress(struct tg_program *p)
{
	struct tg_messages asked = p->messages;
	uint64_t bytes = 0;

	asked.level = TG_LEVEL_INFO;
	for (size_t i = 0; i < p->inputs; i++)
		bytes += p->input[i].bytes;
	if (!p->counted) {
		tg_say(&asked, TG_LEVEL_INFO, "%llu MB read",
		       (unsigned long long)(bytes / 1000000));
		return;
	}
	tg_say(&asked, TG_LEVEL_INFO, "%llu records, %llu rejected, %llu MB read",
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
	return p->feed ? p->feed(p->feed_arg, in, err) : tg_window_fill(&p->window, in, err);
}

enum tg_status tg_program_judge(struct tg_program *p, struct tg_upstream *up, struct tg_error *err)
{
	uint64_t *read = tg_arena_array(&p->arena, p->inputs, sizeof(*read));

	for (size_t i = 0; i < p->inputs; i++)
		read[i] = p->input[i].bytes;
	return tg_chain_judge(up, p->log, p->common.upstream == 1, read, p->inputs, err);
}

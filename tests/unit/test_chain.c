/* The rules of judging, as tables of stages; no process is started here (tests/pipeline does that). */
#include "common/run/judge.h"
#include "common/run/logdir.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PIPE_DEV = 13,
	DISK = 64,
	SOCKETS = 9,
	SECOND = 1000000,
	MOST_STAGES = 6,
	MOST_INPUTS = 3,
};

/* What a stage reads or writes: pipe 1 to 99, named FIFO 100 to 199, file 200 to 299, and others. */
enum { NOTHING, FIFO = 100, FILE_ = 200, SOCKET = 300, HERE_DOCUMENT = 400, TTY = 500 };

static struct tg_identity identity(int what)
{
	if (what == NOTHING)
		return (struct tg_identity){ .kind = TG_IDENTITY_NULL };
	if (what < FIFO)
		return (struct tg_identity){ TG_IDENTITY_PIPE, PIPE_DEV, (uint64_t)what,
					     TG_STR_NONE };
	if (what < FILE_)
		return (struct tg_identity){ TG_IDENTITY_PIPE, DISK, (uint64_t)what, TG_STR_NONE };
	if (what < SOCKET)
		return (struct tg_identity){ TG_IDENTITY_FILE, DISK, (uint64_t)what, TG_STR("/f") };
	if (what < HERE_DOCUMENT)
		return (struct tg_identity){ TG_IDENTITY_SOCKET, SOCKETS, (uint64_t)what,
					     TG_STR_NONE };
	if (what < TTY)
		return (struct tg_identity){ TG_IDENTITY_NAMELESS, DISK, (uint64_t)what,
					     TG_STR_NONE };
	return (struct tg_identity){ .kind = TG_IDENTITY_TTY };
}

/* How it ended, beside the statuses. */
enum { RUNS = 1000, DIED, FOREIGN = 2000 };

struct spec {
	const char *tool; /* NULL: no more stages */
	int in, out;
	int how; /* a status, RUNS, DIED, FOREIGN plus the command's code */
	uint64_t took, wrote;
	int in2;      /* a second input */
	int from, to; /* milliseconds; 0: 1000 to 2000 */
	bool uncounted, early, receipt, elsewhere /* another session */;
	int made; /* of its pipe, in milliseconds; 0: 1000 */
	int out_bytes,
		out_changed; /* of the file that it found; out_changed in milliseconds, 0: not known */
};

static void make(const struct spec *spec, struct tg_stage *s, struct tg_stage_input *in)
{
	int input[2] = { spec->in, spec->in2 };

	*s = (struct tg_stage){
		.tool = tg_str_of(spec->tool),
		.pid = 1,
		.sid = spec->elsewhere ? 2 : 1,
		.pidns = 1,
		.in = in,
		.out = identity(spec->out),
		.receipt = spec->receipt,
		.started = (spec->from ? spec->from : 1000) * (int64_t)1000,
		.finished = (spec->to ? spec->to : 2000) * (int64_t)1000,
		.out_bytes = (uint64_t)spec->out_bytes,
		.out_changed = spec->out_changed ? spec->out_changed * (int64_t)1000 : INT64_MIN,
		.state = TG_STAGE_FINISHED,
		.bytes_in_known = !spec->uncounted,
		.bytes_in = spec->took,
		.bytes_out = spec->wrote,
		.early = spec->early,
	};
	for (size_t i = 0; i < TG_COUNT(input); i++) {
		if (i > 0 && input[i] == NOTHING)
			break;
		in[i].id = identity(input[i]);
		in[i].made = in[i].id.kind == TG_IDENTITY_PIPE
				     ? (spec->made ? spec->made : 1000) * (int64_t)1000
				     : INT64_MIN;
		s->ins++;
	}
	if (spec->how == RUNS) {
		s->state = TG_STAGE_RUNS;
	} else if (spec->how == DIED) {
		s->state = TG_STAGE_DIED;
	} else if (spec->how >= FOREIGN) {
		s->foreign = true;
		s->exit = spec->how - FOREIGN;
	} else {
		s->status = (enum tg_status)spec->how;
		s->exit = spec->how;
	}
}

/* The file that all rows mean. */
struct world {
	int size, changed, born; /* milliseconds; changed 0: not known, born 0: not known */
};

static struct tg_file_facts facts(void *arg, const struct tg_identity *id)
{
	const struct world *w = arg;

	(void)id;
	return (struct tg_file_facts){
		.known = w->changed != 0,
		.size = (uint64_t)w->size,
		.changed = w->changed * (int64_t)1000,
		.born = w->born ? w->born * (int64_t)1000 : INT64_MIN,
	};
}

struct row {
	const char *about;
	struct spec self; /* .took and .in; the others as they come */
	struct spec stage[MOST_STAGES];
	int status;
	enum tg_upstream_verdict verdict; /* where status is 0 */
	int any_status;			  /* the same with --upstream any */
	struct world world;
	int session; /* when it began, in milliseconds; 0: not known */
};

static int judge(const struct row *row, bool any, enum tg_upstream_verdict *verdict,
		 struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_stage stage[MOST_STAGES], self;
	struct tg_stage_input in[MOST_STAGES][MOST_INPUTS], own[MOST_INPUTS];
	struct world world = row->world;
	uint64_t read[] = { row->self.took, row->self.wrote };
	struct tg_judge_case c = {
		.self = &self,
		.read = read,
		.own = { identity(90), identity(91) },
		.stage = stage,
		.any = any,
		.session_began = row->session ? row->session * (int64_t)1000 : INT64_MIN,
		.pipe_dev = PIPE_DEV,
		.file = facts,
		.arg = &world,
	};
	struct tg_judgement j;
	enum tg_status st;

	make(&row->self, &self, own);
	self.state = TG_STAGE_RUNS;
	c.reads = self.ins;
	while (c.stages < MOST_STAGES && row->stage[c.stages].tool) {
		make(&row->stage[c.stages], &stage[c.stages], in[c.stages]);
		c.stages++;
	}
	st = tg_judge(&j, &c, &arena, err);
	*verdict = j.verdict;
	return (int)st;
}

static void check(const struct row *row, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		struct tg_error err = TG_ERROR_INIT;
		enum tg_upstream_verdict verdict;

		is_int(row[i].about, judge(&row[i], false, &verdict, &err), row[i].status);
		if (row[i].status == 0)
			is_int(row[i].about, verdict, row[i].verdict);
		else
			ok(row[i].about, strncmp(err.text, "nothing is published", 20) == 0);
		is_int(row[i].about, judge(&row[i], true, &verdict, &err), row[i].any_status);
	}
}

#define ENDS(said, believed, any)                                                                  \
	.status = (said), .verdict = TG_UPSTREAM_##believed, .any_status = (any)
#define VERIFIED ENDS(0, VERIFIED, 0)
#define NONE ENDS(0, NONE, 0)
#define UNVERIFIED ENDS(78, UNVERIFIED, 0)
#define EMPTY ENDS(78, UNVERIFIED, 75)
#define REFUSED(said) ENDS(said, UNVERIFIED, said)
#define K(input, bytes)                                                                            \
	{                                                                                          \
		"k", .in = (input), .took = (bytes)                                                \
	}

// clang-format off
TEST(a_chain_of_pipes)
{
	static const struct row row[] = {
		{ "S | K", K(1, 10), { { "s", .out = 1, .wrote = 10 } }, VERIFIED },
		{ "S | S | K", K(2, 5),
		  { { "b", .in = 1, .out = 2, .took = 10, .wrote = 5 }, { "a", .out = 1, .wrote = 10 } }, VERIFIED },
		{ "a plain file", K(FILE_, 5), { { .tool = NULL } }, NONE, { 5, 1500, 0 } },
		{ "a terminal", K(TTY, 5), { { .tool = NULL } }, NONE },
		{ "/dev/null", K(NOTHING, 0), { { .tool = NULL } }, NONE },
		{ "nobody before", K(1, 5), { { .tool = NULL } }, UNVERIFIED },
		{ "nobody, and nothing came", K(1, 0), { { .tool = NULL } }, EMPTY },
		{ "a socket", K(SOCKET, 5), { { .tool = NULL } }, UNVERIFIED },
		{ "a here-document", K(HERE_DOCUMENT, 5), { { .tool = NULL } }, UNVERIFIED },
		{ "f | S | K", K(2, 5), { { "s", .in = 1, .out = 2, .took = 10, .wrote = 5 } }, UNVERIFIED },
		{ "nosuch | S | K", K(2, 0), { { "s", .in = 1, .out = 2 } }, EMPTY },
		{ "S <(S) S <(S) | K", K(3, 5),
		  { { "c", .in = 1, .in2 = 2, .out = 3, .took = 7, .wrote = 5 }, { "a", .out = 1, .wrote = 3 }, { "b", .out = 2, .wrote = 4 } },
		  VERIFIED },
		{ "K <(S) <(S)", { "k", .in = 1, .in2 = 2, .took = 3, .wrote = 4 },
		  { { "a", .out = 1, .wrote = 3 }, { "b", .out = 2, .wrote = 4 } }, VERIFIED },
		{ "the second of two inputs has no writer", { "k", .in = 1, .in2 = 2, .took = 3, .wrote = 4 },
		  { { "a", .out = 1, .wrote = 3 } }, UNVERIFIED },
		{ "in a circle", K(1, 3), { { "a", .in = 2, .out = 1, .took = 4, .wrote = 3 }, { "b", .in = 1, .out = 2, .took = 3, .wrote = 4 } },
		  VERIFIED },
	};

	check(row, TG_COUNT(row));
}

TEST(rule_1_how_stages_ended)
{
	static const struct row row[] = {
		{ "its own status", K(1, 10), { { "s", .out = 1, .wrote = 10, .how = TG_DATA } }, REFUSED(65) },
		{ "rejected too many", K(1, 10), { { "s", .out = 1, .wrote = 10, .how = TG_REJECTED } }, REFUSED(1) },
		{ "died", K(1, 10), { { "s", .out = 1, .how = DIED } }, REFUSED(75) },
		{ "still runs", K(1, 10), { { "s", .out = 1, .how = RUNS } }, REFUSED(75) },
		{ "interrupted", K(1, 10), { { "s", .out = 1, .wrote = 10, .how = TG_INTERRUPTED } }, REFUSED(75) },
		{ "a command failed", K(1, 10), { { "curl", .out = 1, .wrote = 10, .how = FOREIGN + 22, .uncounted = true } }, REFUSED(75) },
		{ "a command was not found", K(1, 0), { { "curl", .out = 1, .how = FOREIGN + 127, .uncounted = true } }, REFUSED(78) },
		{ "a command could not be run", K(1, 0), { { "curl", .out = 1, .how = FOREIGN + 126, .uncounted = true } }, REFUSED(78) },
		{ "a command ended well", K(1, 10), { { "curl", .out = 1, .wrote = 10, .how = FOREIGN, .uncounted = true } }, VERIFIED },
		{ "far upstream", K(2, 5),
		  { { "b", .in = 1, .out = 2, .took = 10, .wrote = 5 }, { "a", .out = 1, .wrote = 10, .how = TG_NO_INPUT } }, REFUSED(66) },
		{ "77 before 65", K(2, 5),
		  { { "b", .in = 1, .out = 2, .took = 10, .wrote = 5, .how = TG_DATA }, { "a", .out = 1, .wrote = 10, .how = TG_REFUSED } },
		  REFUSED(77) },
		{ "65 before died", K(2, 5),
		  { { "b", .in = 1, .out = 2, .how = DIED }, { "a", .out = 1, .wrote = 10, .how = TG_DATA } }, REFUSED(65) },
		{ "65 of a stage that was given nothing, for its writer failed", K(2, 0),
		  { { "b", .in = 1, .out = 2, .how = TG_DATA }, { "a", .out = 1, .how = TG_TRY_AGAIN } }, REFUSED(75) },
		{ "the same, and the writer died", K(2, 0), { { "b", .in = 1, .out = 2, .how = TG_DATA }, { "a", .out = 1, .how = DIED } }, REFUSED(75) },
		{ "65 of a stage that was given something", K(2, 0),
		  { { "b", .in = 1, .out = 2, .took = 3, .how = TG_DATA }, { "a", .out = 1, .wrote = 3, .how = TG_TRY_AGAIN } }, REFUSED(65) },
		{ "65 of a stage that was given nothing by one that ended well", K(2, 0),
		  { { "b", .in = 1, .out = 2, .how = TG_DATA }, { "a", .out = 1 } }, REFUSED(65) },
		{ "another status of a stage that was given nothing", K(2, 0),
		  { { "b", .in = 1, .out = 2, .how = TG_CONFIG }, { "a", .out = 1, .how = TG_TRY_AGAIN } }, REFUSED(78) },
		{ "75 before 1", K(2, 5),
		  { { "b", .in = 1, .out = 2, .how = TG_REJECTED }, { "a", .out = 1, .how = DIED } }, REFUSED(75) },
		{ "failed behind a foreign program", K(2, 5), { { "s", .out = 1, .wrote = 10, .how = TG_DATA } }, REFUSED(65) },
	};

	check(row, TG_COUNT(row));
}

TEST(rule_2_cut_short)
{
	static const struct row row[] = {
		{ "S | head | K", K(2, 5), { { "s", .out = 1, .how = TG_PIPE } }, REFUSED(65) },
		{ "S | stage head | K", K(2, 5),
		  { { "s", .out = 1, .wrote = 100, .how = TG_PIPE }, { "head", .in = 1, .out = 2, .wrote = 5, .uncounted = true, .how = FOREIGN } },
		  VERIFIED },
		{ "S | S | stage head | K", K(3, 5),
		  { { "a", .out = 1, .wrote = 100, .how = TG_PIPE }, { "b", .in = 1, .out = 2, .took = 90, .wrote = 90, .how = TG_PIPE },
		    { "head", .in = 2, .out = 3, .wrote = 5, .uncounted = true, .how = FOREIGN } }, VERIFIED },
		{ "the reader failed: its status", K(2, 5),
		  { { "a", .out = 1, .wrote = 100, .how = TG_PIPE }, { "b", .in = 1, .out = 2, .how = TG_IO } }, REFUSED(74) },
		{ "the reader of the reader failed", K(3, 5),
		  { { "a", .out = 1, .how = TG_PIPE }, { "b", .in = 1, .out = 2, .how = TG_PIPE }, { "c", .in = 2, .out = 3, .how = TG_CONFIG } },
		  REFUSED(78) },
		{ "one of two readers finished well", K(2, 5),
		  { { "a", .out = 1, .wrote = 100, .how = TG_PIPE }, { "b", .in = 1, .how = TG_IO },
		    { "head", .in = 1, .out = 2, .wrote = 5, .uncounted = true, .how = FOREIGN } }, VERIFIED },
		{ "the reader died", K(2, 5),
		  { { "a", .out = 1, .wrote = 100, .how = TG_PIPE }, { "b", .in = 1, .out = 2, .how = DIED } }, REFUSED(75) },
		{ "the reader's command failed", K(2, 5),
		  { { "a", .out = 1, .wrote = 100, .how = TG_PIPE }, { "b", .in = 1, .out = 2, .how = FOREIGN + 1 } }, REFUSED(75) },
		{ "two that cut each other", K(1, 5), { { "a", .in = 2, .out = 1, .how = TG_PIPE }, { "b", .in = 1, .out = 2, .how = TG_PIPE } },
		  REFUSED(65) },
	};

	check(row, TG_COUNT(row));
}

TEST(rule_3_bytes)
{
	static const struct row row[] = {
		{ "two readers", K(1, 6), { { "s", .out = 1, .wrote = 10 } }, REFUSED(75) },
		{ "two readers further up", K(2, 5),
		  { { "b", .in = 1, .out = 2, .took = 6, .wrote = 5 }, { "a", .out = 1, .wrote = 10 } }, REFUSED(75) },
		{ "it stopped on purpose", K(2, 5),
		  { { "b", .in = 1, .out = 2, .took = 6, .wrote = 5, .early = true }, { "a", .out = 1, .wrote = 10 } }, VERIFIED },
		{ "it counts nothing", K(2, 5),
		  { { "b", .in = 1, .out = 2, .uncounted = true, .wrote = 5 }, { "a", .out = 1, .wrote = 10 } }, VERIFIED },
		{ "somebody else wrote too", K(1, 12), { { "s", .out = 1, .wrote = 10 } }, UNVERIFIED },
		{ "one of two inputs is a plain file", K(2, 5),
		  { { "b", .in = 1, .in2 = FILE_, .out = 2, .took = 17, .wrote = 5 }, { "a", .out = 1, .wrote = 10 } }, VERIFIED, { 7, 1500, 0 } },
		{ "more than both hold", K(2, 5),
		  { { "b", .in = 1, .in2 = FILE_, .out = 2, .took = 18, .wrote = 5 }, { "a", .out = 1, .wrote = 10 } }, UNVERIFIED, { 7, 1500, 0 } },
		{ "less than the pipe brought", K(2, 5),
		  { { "b", .in = 1, .in2 = FILE_, .out = 2, .took = 9, .wrote = 5 }, { "a", .out = 1, .wrote = 10 } }, REFUSED(75), { 7, 1500, 0 } },
		{ "a plain file that is gone", K(2, 5),
		  { { "b", .in = 1, .in2 = FILE_, .out = 2, .took = 17, .wrote = 5 }, { "a", .out = 1, .wrote = 10 } }, UNVERIFIED },
	};

	check(row, TG_COUNT(row));
}

TEST(several_writers)
{
	static const struct row row[] = {
		{ "a loop", K(1, 6), { { "a", .out = 1, .wrote = 3 }, { "b", .out = 1, .wrote = 3, .from = 2001, .to = 2002 } }, UNVERIFIED },
		{ "one of a loop failed", K(1, 6),
		  { { "a", .out = 1, .wrote = 3, .how = TG_DATA }, { "b", .out = 1, .wrote = 3, .from = 2001, .to = 2002 } }, REFUSED(65) },
		{ "rule 4: at once, and large", K(1, 6000), { { "a", .out = 1, .wrote = 5000 }, { "b", .out = 1, .wrote = 1000, .from = 1500 } },
		  REFUSED(64) },
		{ "at once, and small", K(1, 6), { { "a", .out = 1, .wrote = 3 }, { "b", .out = 1, .wrote = 3, .from = 1500 } }, UNVERIFIED },
		{ "large, one after the other", K(1, 10000),
		  { { "a", .out = 1, .wrote = 5000 }, { "b", .out = 1, .wrote = 5000, .from = 2000, .to = 3000 } }, UNVERIFIED },
		{ "rule 5: a receipt among the records", K(1, 6), { { "k", .out = 1, .wrote = 3, .receipt = true }, { "b", .out = 1, .wrote = 3 } },
		  REFUSED(64) },
		{ "rule 5: alone", K(1, 6), { { "k", .out = 1, .wrote = 6, .receipt = true } }, REFUSED(64) },
	};

	check(row, TG_COUNT(row));
}

TEST(whose_lines_count_for_a_pipe)
{
	static const struct row row[] = {
		{ "an old pipe of the same number", { "k", .in = 1, .took = 10, .made = 5000, .from = 5100 },
		  { { "old", .out = 1, .wrote = 4, .how = TG_DATA, .to = 3999 }, { "new", .out = 1, .wrote = 10, .from = 5100, .to = 5200 } },
		  VERIFIED },
		{ "not so old", { "k", .in = 1, .took = 10, .made = 5000, .from = 5100 },
		  { { "old", .out = 1, .how = TG_DATA, .to = 4001 }, { "new", .out = 1, .wrote = 10, .from = 5100, .to = 5200 } }, REFUSED(65) },
		{ "a FIFO: what an earlier reader took", { "k", .in = FIFO, .took = 10, .from = 5000 },
		  { { "old", .out = FIFO, .wrote = 4, .how = TG_DATA, .from = 4000, .to = 4100 },
		    { "reader", .in = FIFO, .took = 4, .how = TG_DATA, .from = 4000, .to = 4200 },
		    { "new", .out = FIFO, .wrote = 10, .from = 5000, .to = 5200 } }, VERIFIED },
		{ "a FIFO without an earlier reader", { "k", .in = FIFO, .took = 10, .from = 5000 },
		  { { "new", .out = FIFO, .wrote = 10, .from = 5000, .to = 5200 } }, VERIFIED },
		{ "an anonymous pipe has no earlier readers", { "k", .in = 1, .took = 6, .from = 5000 },
		  { { "a", .out = 1, .wrote = 10, .from = 4000, .to = 4100 }, { "reader", .in = 1, .took = 4, .from = 4000, .to = 4200 } },
		  REFUSED(75) },
	};

	check(row, TG_COUNT(row));
}

TEST(whose_lines_count_for_a_file)
{
	static const struct row row[] = {
		{ "S > file; K < file", K(FILE_, 5), { { "s", .out = FILE_, .wrote = 5, .out_changed = 900 } }, VERIFIED, { 5, 1900, 900 } },
		{ "which failed", K(FILE_, 5), { { "s", .out = FILE_, .wrote = 5, .out_changed = 900, .how = TG_DATA } }, REFUSED(65), { 5, 1900, 900 } },
		{ "which died", K(FILE_, 5), { { "s", .out = FILE_, .how = DIED } }, REFUSED(75), { 5, 1900, 900 } },
		{ "which died, though it was changed since", K(FILE_, 5), { { "s", .out = FILE_, .how = DIED } }, REFUSED(75), { 5, 9000, 900 } },
		{ "which runs", K(FILE_, 5), { { "s", .out = FILE_, .how = RUNS } }, REFUSED(75), { 5, 1900, 900 } },
		{ "changed since: the beginning", K(FILE_, 5), { { "s", .out = FILE_, .wrote = 5, .how = TG_DATA } }, NONE, { 5, 3100, 900 } },
		{ "another size: the beginning", K(FILE_, 9), { { "s", .out = FILE_, .wrote = 5 } }, NONE, { 9, 2100, 900 } },
		{ "another size, and it failed", K(FILE_, 9), { { "s", .out = FILE_, .wrote = 5, .how = TG_IO } }, REFUSED(74), { 9, 2100, 900 } },
		{ "another file had that number", K(FILE_, 5), { { "s", .out = FILE_, .wrote = 5, .how = TG_DATA } }, NONE, { 5, 2500, 2400 } },
		{ "one that died wrote another file", K(FILE_, 5), { { "s", .out = FILE_, .how = DIED } }, NONE, { 5, 2500, 2400 } },
		{ "S >> file; S >> file; K file", K(FILE_, 8),
		  { { "a", .out = FILE_, .wrote = 5, .out_changed = 900 },
		    { "b", .out = FILE_, .wrote = 3, .from = 2100, .to = 2200, .out_bytes = 5, .out_changed = 1990 } }, UNVERIFIED, { 8, 2190, 900 } },
		{ "the first failed", K(FILE_, 8),
		  { { "a", .out = FILE_, .wrote = 5, .out_changed = 900, .how = TG_DATA },
		    { "b", .out = FILE_, .wrote = 3, .from = 2100, .to = 2200, .out_bytes = 5, .out_changed = 1990 } }, REFUSED(65), { 8, 2190, 900 } },
		{ "the first failed and wrote nothing", K(FILE_, 3),
		  { { "a", .out = FILE_, .out_changed = 900, .how = TG_DATA },
		    { "b", .out = FILE_, .wrote = 3, .from = 2100, .to = 2200, .out_changed = 900 } }, REFUSED(65), { 3, 2190, 900 } },
		{ "the first died and wrote nothing", K(FILE_, 3),
		  { { "a", .out = FILE_, .out_changed = 900, .how = DIED },
		    { "b", .out = FILE_, .wrote = 3, .from = 2100, .to = 2200, .out_changed = 900 } }, REFUSED(75), { 3, 2190, 900 } },
		{ "S > file || S > file; K file", K(FILE_, 3),
		  { { "a", .out = FILE_, .wrote = 5, .out_changed = 900, .how = TG_DATA },
		    { "b", .out = FILE_, .wrote = 3, .from = 2100, .to = 2200, .out_changed = 2090 } }, VERIFIED, { 3, 2190, 900 } },
		{ "within a tick of the clock", K(FILE_, 3),
		  { { "a", .out = FILE_, .wrote = 5, .out_changed = 900, .how = TG_DATA },
		    { "b", .out = FILE_, .wrote = 3, .from = 2001, .to = 2200, .out_changed = 2000 } }, VERIFIED, { 3, 2190, 900 } },
		{ "the first wrote nothing", K(FILE_, 3),
		  { { "a", .out = FILE_, .out_changed = 900, .how = TG_NO_INPUT },
		    { "b", .out = FILE_, .wrote = 3, .from = 2100, .to = 2200, .out_changed = 2090 } }, VERIFIED, { 3, 2190, 900 } },
		{ "the first died", K(FILE_, 3),
		  { { "a", .out = FILE_, .out_changed = 900, .how = DIED },
		    { "b", .out = FILE_, .wrote = 3, .from = 2100, .to = 2200, .out_changed = 2090 } }, VERIFIED, { 3, 2190, 900 } },
		{ "the second failed", K(FILE_, 3),
		  { { "a", .out = FILE_, .wrote = 5, .out_changed = 900 },
		    { "b", .out = FILE_, .wrote = 3, .from = 2100, .to = 2200, .out_changed = 2090, .how = TG_DATA } }, REFUSED(65), { 3, 2190, 900 } },
		{ "read by half", K(FILE_, 3), { { "s", .out = FILE_, .wrote = 5 } }, REFUSED(75), { 5, 1900, 900 } },
		{ "in the middle of a chain, and gone since", K(1, 3),
		  { { "b", .in = FILE_, .out = 1, .took = 5, .wrote = 3 }, { "a", .out = FILE_, .wrote = 5, .how = TG_DATA } }, REFUSED(65) },
	};

	check(row, TG_COUNT(row));
}

TEST(the_rest_of_the_session)
{
	static const struct row row[] = {
		{ "x=$(S); printf | K: a failure", { "k", .in = 2, .took = 5, .made = 2100 }, { { "s", .out = 1, .how = TG_DATA } }, REFUSED(65) },
		{ "ended over a second before", { "k", .in = 2, .took = 5, .made = 3100 }, { { "s", .out = 1, .how = TG_DATA } }, UNVERIFIED },
		{ "in another session", K(2, 5), { { "s", .out = 1, .how = TG_DATA, .elsewhere = true } }, UNVERIFIED },
		{ "somebody has read it", K(2, 5),
		  { { "s", .out = 1, .how = TG_DATA }, { "k", .in = 1, .how = TG_DATA, .receipt = true } }, UNVERIFIED },
		{ "what is before it counts too", K(3, 5),
		  { { "b", .in = 1, .out = 2, .took = 10, .wrote = 5 }, { "a", .out = 1, .wrote = 10, .how = TG_DATA } }, REFUSED(65) },
		{ "and that it read nothing does not", K(3, 5), { { "b", .in = 1, .out = 2 } }, UNVERIFIED },
		{ "a sink's receipt", K(2, 5), { { "k", .out = 1, .how = TG_DATA, .receipt = true } }, UNVERIFIED },
		{ "to a file without a name", K(2, 5), { { "s", .out = HERE_DOCUMENT, .how = TG_DATA } }, REFUSED(65) },
		{ "to our own standard output", K(2, 5), { { "s", .out = 90, .how = TG_DATA } }, UNVERIFIED },
		{ "to our own standard error", K(2, 5), { { "s", .out = 91, .how = TG_DATA } }, UNVERIFIED },
		{ "to a file", K(2, 5), { { "s", .out = FILE_, .how = TG_DATA } }, UNVERIFIED },
		{ "through a socket (ksh93)", K(SOCKET, 5), { { "s", .out = SOCKET + 1, .how = TG_DATA } }, REFUSED(65) },
		{ "died", K(2, 5), { { "s", .out = 1, .how = DIED } }, REFUSED(75) },
		{ "died in an earlier session of that number", { "k", .in = 2, .took = 5, .made = 9000, .from = 9000 },
		  { { "s", .out = 1, .how = DIED } }, UNVERIFIED, { 0, 0, 0 }, 8000 },
		{ "cut short", K(2, 5), { { "s", .out = 1, .how = TG_PIPE } }, REFUSED(65) },
		{ "a verified chain asks for nothing else", K(1, 5), { { "s", .out = 1, .wrote = 5 }, { "t", .out = 3, .how = TG_DATA } }, VERIFIED },
		{ "nor does a plain file", K(FILE_, 5), { { "t", .out = 3, .how = TG_DATA } }, NONE, { 5, 1500, 0 } },
		{ "unverified comes last", K(2, 5), { { "s", .out = 1, .how = TG_REJECTED } }, REFUSED(1) },
	};

	check(row, TG_COUNT(row));
}
// clang-format on

TEST(a_refusal_says_who_and_what_to_do)
{
	static const struct row failed = { "",
					   K(1, 10),
					   { { "csv2json", .out = 1, .how = TG_DATA } },
					   REFUSED(65) },
				doubted = { "", K(1, 10), { { .tool = NULL } }, UNVERIFIED },
				cut = { "",
					K(2, 5),
					{ { "csv2json", .out = 1, .how = TG_PIPE } },
					REFUSED(65) };
	static const struct {
		const struct row *row;
		const char *text;
	} row[] = {
		{ &failed, "csv2json (process 1) failed (65, data)" },
		{ &doubted, "--upstream any" },
		{ &doubted, "stage NAME -- command" },
		{ &cut, "csv2json (process 1) was cut short" },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;
		enum tg_upstream_verdict verdict;

		(void)judge(row[i].row, false, &verdict, &err);
		ok(row[i].text, strstr(err.text, row[i].text) != NULL);
	}
}

/*
 * Identities, and the names of files
 */

TEST(identities_as_text)
{
	static const struct {
		const char *text;
		int good;
	} row[] = {
		{ "pipe:f:92527", 1 },
		{ "socket:9:1", 1 },
		{ "file:fe01:8812", 1 },
		{ "file:fe01:8812:/inbox/a:b.csv", 1 },
		{ "nameless:fe01:3", 1 },
		{ "device:107", 1 },
		{ "tty", 1 },
		{ "null", 1 },
		{ "closed", 1 },
		{ "pipe", 0 },
		{ "pipe:f", 0 },
		{ "pipe:g:1", 0 },
		{ "pipe:f:x", 0 },
		{ "pipe:f:1:2", 0 },
		{ "pipe:10000000000000000:1", 0 },
		{ "null:1", 0 },
		{ "", 0 },
		{ "pipes:f:1", 0 },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
		struct tg_identity id;

		is_int(row[i].text, tg_identity_read(tg_str_of(row[i].text), &id), row[i].good);
		if (!row[i].good)
			continue;
		tg_identity_put(&b, &id);
		is_str(row[i].text, tg_buffer_str(&b), tg_str_of(row[i].text));
	}
}

static struct tg_identity identity_of(int fd, struct tg_arena *arena)
{
	struct stat st;

	return tg_identity_of(fd, NULL, &st, arena);
}

TEST(identities_of_descriptors)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	char path[] = "/tmp/tidegate-test-XXXXXX";
	int fd = mkstemp(path), null = open("/dev/null", O_RDONLY),
	    zero = open("/dev/zero", O_RDONLY);
	int ends[2], sockets[2];
	struct tg_identity a, b;

	ok("a pipe", pipe(ends) == 0);
	a = identity_of(ends[0], &arena);
	b = identity_of(ends[1], &arena);
	ok("both ends of a pipe are one", tg_identity_same(&a, &b));
	ok("sockets", socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	a = identity_of(sockets[0], &arena);
	b = a;
	is_int("a socket", a.kind, TG_IDENTITY_SOCKET);
	ok("matches nothing", !tg_identity_same(&a, &b));
	is_int("nothing", identity_of(null, &arena).kind, TG_IDENTITY_NULL);
	is_int("a device", identity_of(zero, &arena).kind, TG_IDENTITY_DEVICE);
	is_int("closed", identity_of(-1, &arena).kind, TG_IDENTITY_CLOSED);
	a = identity_of(fd, &arena);
	is_int("a file", a.kind, TG_IDENTITY_FILE);
	is_str("with its name", a.path, tg_str_of(path));
	unlink(path);
	is_int("without one", identity_of(fd, &arena).kind, TG_IDENTITY_NAMELESS);
	close(fd);
	close(null);
	close(zero);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(sockets[i]);
	}
}

TEST(names_of_files)
{
	static const struct tg_logdir_name name = {
		.boot = { "0123456789abcdef0123456789abcdef", TG_BOOT_SIZE },
		.span = { "a1d0c4b2e9f80711", TG_SPAN_SIZE },
		.out = { TG_IDENTITY_PIPE, 15, 92527, { NULL, 0 } },
		.seconds = 1762322400,
		.sid = 4101,
	};
	static const char *const bad[] = {
		"",
		"x",
		"0123456789abcdef0123456789abcdef.pipe:f:1.1.1.a1d0c4b2e9f8071",
		"0123456789abcdef0123456789abcdef.pipe:f.1.1.a1d0c4b2e9f80711",
		"0123456789abcdef0123456789abcdef.pipe:f:1.x.1.a1d0c4b2e9f80711",
		"0123456789abcdef0123456789abcdef.pipe:f:1.1.a1d0c4b2e9f80711",
	};
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_logdir_name got;

	tg_logdir_put_name(&b, &name);
	is_str("name", tg_buffer_str(&b),
	       TG_STR("09/0123456789abcdef0123456789abcdef.pipe:f:92527.1762322400.4101.a1d0c4b2e9f80711"));
	ok("is read", tg_logdir_read_name(tg_str_after(tg_buffer_str(&b), 3), &got));
	ok("the same", tg_identity_same(&got.out, &name.out) && got.seconds == name.seconds &&
			       got.sid == name.sid);
	is_str("span", got.span, name.span);
	for (size_t i = 0; i < TG_COUNT(bad); i++)
		ok(bad[i], !tg_logdir_read_name(tg_str_of(bad[i]), &got));
}

/*
 * Sweeping: what is old and held by nobody goes
 */

static void make_file(int dir, const char *name, int days, int *held)
{
	int fd = openat(dir, name, O_CREAT | O_WRONLY, 0600);
	struct timespec times[2] = { { .tv_sec = 1000000000 - days * 86400 },
				     { .tv_sec = 1000000000 - days * 86400 } };

	ok(name, fd >= 0 && futimens(fd, times) == 0);
	if (held && flock(fd, LOCK_EX) == 0)
		*held = fd;
	else
		close(fd);
}

TEST(sweeping)
{
#define BOOT "0123456789abcdef0123456789abcdef"
	/* 1000000000 is the time; the names tell the second of the start. */
	static const struct {
		const char *name;
		int days; /* since it was written to */
		bool held, stays;
	} row[] = {
		{ BOOT ".pipe:f:1.999999000.7.00000000000000a1", 0, false, true },
		{ BOOT ".pipe:f:2.999000000.7.00000000000000a2", 11, false, false },
		{ BOOT ".pipe:f:3.999000000.7.00000000000000a3", 11, true, true },
		{ BOOT ".pipe:f:4.999000000.7.00000000000000a4", 0, false, true },
		{ "ffffffffffffffffffffffffffffffff.pipe:f:5.999000000.7.00000000000000a5", 11,
		  false, false },
		{ "something else", 11, false, true },
	};
	char path[] = "/tmp/tidegate-test-XXXXXX";
	int top, dir, held = -1;

	ok("a folder", mkdtemp(path) != NULL);
	top = open(path, O_RDONLY | O_DIRECTORY);
	ok("a bucket", mkdirat(top, "00", 0700) == 0);
	dir = openat(top, "00", O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < TG_COUNT(row); i++)
		make_file(dir, row[i].name, row[i].days, row[i].held ? &held : NULL);
	tg_logdir_sweep(top, 0x00, 1000000000);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		is_int(row[i].name, faccessat(dir, row[i].name, F_OK, 0) == 0, row[i].stays);
		(void)unlinkat(dir, row[i].name, 0);
	}
	close(held);
	close(dir);
	(void)unlinkat(top, "00", AT_REMOVEDIR);
	close(top);
	rmdir(path);
#undef BOOT
}

#include "common/run/judge.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	SECOND =
		1000000, /* how far the clocks of a file system and of the log may be apart, and then some */
	PIPE_WRITE = 4096 /* PIPE_BUF: as much is written as one piece */
};

struct judge {
	const struct tg_judge_case *c;
	struct tg_judgement *out;
	bool *in_chain;
	size_t *writer;		   /* of the input at hand */
	struct tg_error fault;	   /* the first by rank so far */
	int64_t fault_time;	   /* and by time */
	struct tg_error unvouched; /* the nearest reason why nobody vouches for the end */
	bool empty;		   /* and nothing came */
	bool aside;		   /* the walk is no longer among our own inputs */
};

/* tidegate-exit(7): a bad file must not look transient, a matter of security not like a bad file. */
static size_t rank(enum tg_status status)
{
	static const enum tg_status order[] = {
		TG_REFUSED,  TG_INTERNAL,      TG_CONFIG, TG_USAGE,	  TG_DATA,	TG_NO_INPUT,
		TG_PROTOCOL, TG_CANNOT_CREATE, TG_IO,	  TG_UNAVAILABLE, TG_TRY_AGAIN, TG_REJECTED,
	};
	size_t i = 0;

	while (i < TG_COUNT(order) && order[i] != status)
		i++;
	return i;
}

static TG_PRINTF(4, 5) void blame(struct judge *j, enum tg_status status, int64_t time,
				  const char *format, ...)
{
	size_t new = rank(status), old = rank(j->fault.status);
	va_list args;

	if (new > old || (new == old &&time >= j->fault_time))
		return;
	j->fault.status = status;
	j->fault_time = time;
	va_start(args, format);
	vsnprintf(j->fault.text, sizeof(j->fault.text), format, args);
	va_end(args);
}

static TG_PRINTF(2, 3) void doubt(struct judge *j, const char *format, ...)
{
	va_list args;

	j->out->lacks = true;
	if (j->unvouched.status)
		return;
	j->unvouched.status = TG_CONFIG;
	va_start(args, format);
	vsnprintf(j->unvouched.text, sizeof(j->unvouched.text), format, args);
	va_end(args);
}

#define WHO(s) TG_STR_ARG((s)->tool), (unsigned long long)(s)->pid

static bool finished_well(const struct tg_stage *s)
{
	return s->state == TG_STAGE_FINISHED && s->status == TG_OK && !(s->foreign && s->exit != 0);
}

static bool met_closed_pipe(const struct tg_stage *s)
{
	return s->state == TG_STAGE_FINISHED && s->status == TG_PIPE;
}

static bool reads(const struct tg_stage *s, const struct tg_identity *pipe)
{
	for (size_t i = 0; i < s->ins; i++)
		if (tg_identity_same(&s->in[i].id, pipe))
			return true;
	return false;
}

/*
 * Rules 1 and 2: how a stage ended
 */

static void blame_foreign(struct judge *j, const struct tg_stage *s)
{
	if (s->exit == 126 || s->exit == 127)
		blame(j, TG_CONFIG, s->finished,
		      "the command of the stage %.*s (process %llu) could not be run: status %d",
		      WHO(s), s->exit);
	else if (s->exit > 128)
		blame(j, TG_TRY_AGAIN, s->finished,
		      "the command of the stage %.*s (process %llu) ended with %d, as if by signal %d",
		      WHO(s), s->exit, s->exit - 128);
	else
		blame(j, TG_TRY_AGAIN, s->finished,
		      "the command of the stage %.*s (process %llu) ended with %d", WHO(s),
		      s->exit);
}

/* A stage that did not end well, by a status of its own. */
static void blame_failure(struct judge *j, const struct tg_stage *s)
{
	switch (s->state) {
	case TG_STAGE_RUNS:
		j->out->waits = true;
		blame(j, TG_TRY_AGAIN, s->started,
		      "the stage %.*s (process %llu) still runs after the end of the input",
		      WHO(s));
		return;
	case TG_STAGE_DIED:
		blame(j, TG_TRY_AGAIN, s->started,
		      "the stage %.*s (process %llu) died before it had finished%s", WHO(s),
		      s->out.kind == TG_IDENTITY_FILE
			      ? ": write its file anew, or under another name"
			      : "");
		return;
	case TG_STAGE_FINISHED:
		break;
	}
	if (s->foreign && s->status == TG_OK)
		blame_foreign(j, s);
	else if (s->status == TG_INTERRUPTED)
		blame(j, TG_TRY_AGAIN, s->finished, "the stage %.*s (process %llu) was interrupted",
		      WHO(s));
	else if (s->reason.n)
		blame(j, s->status, s->finished,
		      "the stage %.*s (process %llu) failed (%d, %s): %.*s", WHO(s), (int)s->status,
		      tg_status_name(s->status), TG_STR_ARG(s->reason));
	else
		blame(j, s->status, s->finished, "the stage %.*s (process %llu) failed (%d, %s)",
		      WHO(s), (int)s->status, tg_status_name(s->status));
}

/* Of the readers of `pipe`, the one that explains most; NULL: none is logged. The stage that judges has not closed it: it is here
 * at the end of it. */
static const struct tg_stage *find_reader(const struct judge *j, const struct tg_identity *pipe)
{
	const struct tg_stage *best = NULL;

	for (size_t i = 0; i < j->c->stages; i++) {
		const struct tg_stage *s = &j->c->stage[i];

		if (!reads(s, pipe))
			continue;
		if (finished_well(s))
			return s;
		if (!best || met_closed_pipe(best))
			best = s;
	}
	return best;
}

/* A stage met a closed pipe. That is lawful where its reader wanted no more and said so; where the reader failed, that is the
 * fault; and a reader may have met a closed pipe itself. */
static void check_cut(struct judge *j, const struct tg_stage *s)
{
	const struct tg_stage *at = s;

	for (size_t hops = 0; hops <= j->c->stages; hops++) {
		const struct tg_stage *reader = find_reader(j, &at->out);

		if (!reader)
			break;
		if (finished_well(reader))
			return;
		if (!met_closed_pipe(reader)) {
			blame_failure(j, reader);
			return;
		}
		at = reader;
	}
	j->out->lacks = true;
	/* Later than all failures: it is what follows from one. */
	blame(j, TG_DATA, INT64_MAX - 1,
	      "the stage %.*s (process %llu) was cut short: whoever read from it went away before the end. Where that is meant, "
	      "make the reader a stage: stage NAME -- command",
	      WHO(s));
}

/* Whether a stage had ended by then. When one died is not known, but when it was first found dead is. */
static bool was_before(const struct tg_stage *s, int64_t time)
{
	if (s->state == TG_STAGE_RUNS || (s->state == TG_STAGE_DIED && s->finished == 0))
		return false;
	return time != INT64_MIN && s->finished < time;
}

/*
 * Whether a stage found no data because the one that writes to it failed: then its own complaint (no header, no message) would hide
 * why, and make what can be tried again look like a bad file.
 */
static bool was_given_nothing(const struct judge *j, const struct tg_stage *s)
{
	if (s->state != TG_STAGE_FINISHED || s->status != TG_DATA || !s->bytes_in_known ||
	    s->bytes_in != 0)
		return false;
	for (size_t i = 0; i < s->ins; i++) {
		int64_t made = s->in[i].made == INT64_MIN ? INT64_MIN : s->in[i].made - SECOND;

		for (size_t k = 0; k < j->c->stages; k++) {
			const struct tg_stage *w = &j->c->stage[k];

			if (s->in[i].id.kind == TG_IDENTITY_PIPE && w != s &&
			    tg_identity_same(&w->out, &s->in[i].id) && !was_before(w, made) &&
			    w->state != TG_STAGE_RUNS && !finished_well(w) && !met_closed_pipe(w))
				return true;
		}
	}
	return false;
}

static void check_end(struct judge *j, const struct tg_stage *s)
{
	if (met_closed_pipe(s))
		check_cut(j, s);
	else if (!finished_well(s) && !was_given_nothing(j, s))
		blame_failure(j, s);
}

/*
 * Whose lines count
 */

/* When the last reader of a named FIFO before this one ended: what was written until then was for that one. */
static int64_t earlier_reader_end(const struct judge *j, const struct tg_stage *reader,
				  const struct tg_identity *fifo)
{
	int64_t end = INT64_MIN;

	for (size_t i = 0; i < j->c->stages; i++) {
		const struct tg_stage *s = &j->c->stage[i];
		int64_t ended = s->state == TG_STAGE_FINISHED ? s->finished : s->started;

		if (s != reader && s->state != TG_STAGE_RUNS && s->started < reader->started &&
		    ended > end && reads(s, fifo))
			end = ended;
	}
	return end;
}

static size_t find_pipe_writers(struct judge *j, const struct tg_stage *reader,
				const struct tg_stage_input *in)
{
	int64_t made = in->made == INT64_MIN ? INT64_MIN : in->made - SECOND, earlier = INT64_MIN;
	size_t n = 0;

	if (j->c->pipe_dev && in->id.dev != j->c->pipe_dev) {
		j->out->named = true;
		earlier = earlier_reader_end(j, reader, &in->id);
	}
	for (size_t i = 0; i < j->c->stages; i++) {
		const struct tg_stage *s = &j->c->stage[i];

		if (tg_identity_same(&s->out, &in->id) && !was_before(s, made) &&
		    !was_before(s, earlier))
			j->writer[n++] = i;
	}
	return n;
}

/*
 * Whether the file was emptied between a and b, so that nothing of a's is in it: b found it empty, and a had written something, or
 * it was changed after a's last moment. ("a > f || b > f"; but "a >> f; b >> f" where a wrote nothing is both.)
 */
static bool overwritten(const struct tg_stage *a, const struct tg_stage *b)
{
	if (a->state == TG_STAGE_RUNS || b->started <= a->started || b->out_bytes != 0 ||
	    b->out_changed == INT64_MIN)
		return false;
	if (a->state == TG_STAGE_DIED)
		return b->out_changed > a->started;
	return a->finished <= b->started && (a->bytes_out > 0 || b->out_changed > a->finished);
}

/* Inode numbers come again at once: a stage that started before the file was made wrote another one. */
static size_t find_file_candidates(struct judge *j, const struct tg_identity *id, int64_t born)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < j->c->stages; i++) {
		const struct tg_stage *s = &j->c->stage[i];

		if (tg_identity_same(&s->out, id) && (born == INT64_MIN || s->started >= born))
			j->writer[n++] = i;
	}
	for (size_t i = 0; i < n; i++) {
		bool gone = false;

		for (size_t k = 0; k < j->c->stages && !gone; k++)
			gone = tg_identity_same(&j->c->stage[k].out, id) &&
			       overwritten(&j->c->stage[j->writer[i]], &j->c->stage[k]);
		if (!gone)
			j->writer[kept++] = j->writer[i];
	}
	return kept;
}

/* None: the file is the beginning. Where one of them failed, the sizes need not fit: better no landing than half a one. */
static size_t find_file_writers(struct judge *j, const struct tg_identity *id)
{
	struct tg_file_facts now = j->c->file(j->c->arg, id);
	size_t n = find_file_candidates(j, id, now.known ? now.born : INT64_MIN);
	bool failed = false;
	int64_t last = INT64_MIN;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		const struct tg_stage *s = &j->c->stage[j->writer[i]];

		if (s->state != TG_STAGE_FINISHED)
			return n;
		failed = failed || !finished_well(s);
		last = s->finished > last ? s->finished : last;
		sum += s->bytes_out;
	}
	if (n == 0 || !now.known)
		return n;
	if (now.changed > last + SECOND)
		return 0;
	return sum == now.size || failed ? n : 0;
}

size_t tg_judge_file(const struct tg_judge_case *c, const struct tg_identity *id, size_t *writer)
{
	struct judge j = { .c = c, .writer = writer };

	return find_file_writers(&j, id);
}

/*
 * Rule 3: bytes
 */

/* What the writers found last have written; false: one of them has not finished. */
static bool sum_written(const struct judge *j, size_t writers, uint64_t *sum)
{
	for (size_t i = 0; i < writers; i++) {
		const struct tg_stage *s = &j->c->stage[j->writer[i]];

		if (s->state != TG_STAGE_FINISHED)
			return false;
		*sum += s->bytes_out;
	}
	return true;
}

static void compare_bytes(struct judge *j, const struct tg_stage *reader, uint64_t took,
			  uint64_t written)
{
	if (took < written)
		blame(j, TG_TRY_AGAIN, reader->started,
		      "%.*s (process %llu) took %llu of the %llu bytes that were written for it: somebody else reads from the same "
		      "pipe",
		      WHO(reader), (unsigned long long)took, (unsigned long long)written);
	else if (took > written)
		doubt(j,
		      "%.*s (process %llu) took %llu bytes, and stages wrote %llu of them: somebody else wrote too",
		      WHO(reader), (unsigned long long)took, (unsigned long long)written);
}

/* Whether what a reader took can be held against what was written for it. */
static bool took_all(const struct judge *j, const struct tg_stage *reader)
{
	if (reader == j->c->self)
		return j->c->reads == reader->ins;
	return finished_well(reader) && !reader->early && reader->bytes_in_known;
}

static bool read_nothing(const struct judge *j, const struct tg_stage *reader, size_t input)
{
	if (reader == j->c->self)
		return input < j->c->reads && j->c->read[input] == 0;
	if (reader->state != TG_STAGE_FINISHED)
		return false;
	return (reader->bytes_in_known ? reader->bytes_in : reader->bytes_out) == 0;
}

/*
 * Rule 4: two writers of a pipe at once
 */

static void check_mixed(struct judge *j, size_t writers)
{
	for (size_t i = 0; i < writers; i++) {
		const struct tg_stage *a = &j->c->stage[j->writer[i]];

		for (size_t k = 0; k < writers; k++) {
			const struct tg_stage *b = &j->c->stage[j->writer[k]];

			if (i == k || a->state != TG_STAGE_FINISHED ||
			    b->state != TG_STAGE_FINISHED || a->bytes_out <= PIPE_WRITE ||
			    b->bytes_out == 0 || a->started >= b->finished ||
			    b->started >= a->finished)
				continue;
			blame(j, TG_USAGE, a->started,
			      "the stages %.*s (process %llu) and %.*s (process %llu) wrote to one pipe at the same time, so that "
			      "lines may be mixed: let each write to a file of its own",
			      WHO(a), WHO(b));
			return;
		}
	}
}

/*
 * The walk
 */

struct sums {
	uint64_t written, files;
	bool comparable; /* all writers have finished, all sizes are known */
	bool piped;	 /* there is a pipe or a file with writers */
};

static void doubt_input(struct judge *j, const struct tg_stage *reader, size_t input,
			const char *what)
{
	j->empty = j->empty || (!j->aside && read_nothing(j, reader, input));
	doubt(j, "%.*s (process %llu) reads %s", WHO(reader), what);
}

static void add_to_chain(struct judge *j, size_t writers)
{
	for (size_t i = 0; i < writers; i++) {
		size_t w = j->writer[i];

		if (j->in_chain[w])
			continue;
		j->in_chain[w] = true;
		j->out->chain[j->out->chain_n++] = w;
		check_end(j, &j->c->stage[w]);
		if (j->c->stage[w].receipt)
			blame(j, TG_USAGE, j->c->stage[w].started,
			      "%.*s (process %llu) publishes, and its receipt is among the records: send its standard output "
			      "elsewhere",
			      WHO(&j->c->stage[w]));
	}
}

static void visit_input(struct judge *j, const struct tg_stage *reader, size_t input,
			struct sums *sums)
{
	const struct tg_stage_input *in = &reader->in[input];
	uint64_t written = 0;
	size_t n = 0;

	switch (in->id.kind) {
	case TG_IDENTITY_CLOSED:
	case TG_IDENTITY_NULL:
	case TG_IDENTITY_TTY:
	case TG_IDENTITY_DEVICE:
		return;
	case TG_IDENTITY_SOCKET:
		sums->comparable = false;
		doubt_input(j, reader, input, "a socket, which does not tell who writes to it");
		return;
	case TG_IDENTITY_NAMELESS:
		sums->comparable = false;
		doubt_input(
			j, reader, input,
			"a file without a name (a here-document), which does not tell who wrote it");
		return;
	case TG_IDENTITY_PIPE:
		n = find_pipe_writers(j, reader, in);
		if (n == 0) {
			sums->comparable = false;
			doubt_input(j, reader, input, "a pipe that no stage writes to");
			return;
		}
		check_mixed(j, n);
		break;
	case TG_IDENTITY_FILE:
		n = find_file_writers(j, &in->id);
		if (n == 0) {
			struct tg_file_facts now = j->c->file(j->c->arg, &in->id);

			sums->comparable = sums->comparable && now.known;
			sums->files += now.size;
			return;
		}
		break;
	}
	if (n > 1)
		doubt(j,
		      "%.*s (process %llu) reads what %zu stages wrote, one after another, and whoever started them may "
		      "have stopped early",
		      WHO(reader), n);
	sums->piped = true;
	if (!sum_written(j, n, &written))
		sums->comparable = false;
	else if (took_all(j, reader) && reader == j->c->self)
		compare_bytes(j, reader, j->c->read[input], written);
	sums->written += written;
	add_to_chain(j, n);
}

static void visit(struct judge *j, const struct tg_stage *reader)
{
	struct sums sums = { .comparable = true };

	for (size_t i = 0; i < reader->ins; i++)
		visit_input(j, reader, i, &sums);
	if (reader == j->c->self || !sums.piped || !took_all(j, reader))
		return;
	/* One number for all of its inputs. Of plain files it is only known what they hold now. */
	if (reader->ins == 1 && sums.comparable)
		compare_bytes(j, reader, reader->bytes_in, sums.written);
	else if (reader->bytes_in < sums.written)
		compare_bytes(j, reader, reader->bytes_in, sums.written);
	else if (!sums.comparable || reader->bytes_in > sums.written + sums.files)
		compare_bytes(j, reader, reader->bytes_in, sums.written);
}

/*
 * The stages of the same session that no walk reaches: behind a foreign program, a socket, a command substitution
 */

int64_t tg_judge_since(const struct tg_stage *self)
{
	int64_t made = INT64_MAX;

	for (size_t i = 0; i < self->ins; i++)
		if (self->in[i].made != INT64_MIN && self->in[i].made < made)
			made = self->in[i].made;
	return (made == INT64_MAX ? self->started : made) - SECOND;
}

static bool same_end(const struct tg_identity *a, const struct tg_identity *b)
{
	return a->kind == b->kind && a->dev == b->dev && a->ino == b->ino;
}

/* Records of it may have come to us by ways that cannot be seen. A receipt is no record. */
static bool may_be_ours(const struct judge *j, const struct tg_stage *s, int64_t since)
{
	const struct tg_stage *self = j->c->self;

	if (s->sid != self->sid || s->pidns != self->pidns || s->receipt || was_before(s, since))
		return false;
	if (j->c->session_began != INT64_MIN && s->started < j->c->session_began - SECOND)
		return false;
	if (s->out.kind != TG_IDENTITY_PIPE && s->out.kind != TG_IDENTITY_SOCKET &&
	    s->out.kind != TG_IDENTITY_NAMELESS) /* ksh93 substitutes commands so */
		return false;
	return !same_end(&s->out, &j->c->own[0]) && !same_end(&s->out, &j->c->own[1]) &&
	       !reads(self, &s->out) && !find_reader(j, &s->out);
}

/* Those stages, and what is before them. */
static void check_session(struct judge *j)
{
	int64_t since = tg_judge_since(j->c->self);
	size_t own = j->out->chain_n;

	j->aside = true;
	for (size_t i = 0; i < j->c->stages; i++) {
		if (j->in_chain[i] || !may_be_ours(j, &j->c->stage[i], since))
			continue;
		j->writer[0] = i;
		add_to_chain(j, 1);
	}
	for (size_t i = own; i < j->out->chain_n; i++)
		visit(j, &j->c->stage[j->out->chain[i]]);
	j->out->chain_n = own;
}

static enum tg_status decide(struct judge *j, struct tg_error *err)
{
	if (j->fault.status)
		return tg_fail(err, j->fault.status, "nothing is published: %s", j->fault.text);
	if (!j->unvouched.status) {
		j->out->verdict = j->out->chain_n ? TG_UPSTREAM_VERIFIED : TG_UPSTREAM_NONE;
		return TG_OK;
	}
	j->out->verdict = TG_UPSTREAM_UNVERIFIED;
	if (!j->c->any)
		return tg_fail_code(
			err, TG_CONFIG, "unverified",
			"nothing is published, since nobody vouches for the end of the input: %s. Give the file "
			"itself as standard input, or make the program a stage (stage NAME -- command), or take the "
			"risk with --upstream any",
			j->unvouched.text);
	if (j->empty)
		return tg_fail_code(
			err, TG_TRY_AGAIN, "unverified",
			"nothing is published, since nothing came and nobody vouches for that: %s",
			j->unvouched.text);
	return TG_OK;
}

enum tg_status tg_judge(struct tg_judgement *out, const struct tg_judge_case *c,
			struct tg_arena *arena, struct tg_error *err)
{
	struct judge j = {
		.c = c,
		.out = out,
		.in_chain = tg_arena_array(arena, c->stages + 1, sizeof(bool)),
		.writer = tg_arena_array(arena, c->stages + 1, sizeof(size_t)),
		.fault_time = INT64_MAX,
	};

	*out = (struct tg_judgement){
		.verdict = TG_UPSTREAM_UNVERIFIED,
		.chain = tg_arena_array(arena, c->stages + 1, sizeof(size_t)),
	};
	visit(&j, c->self);
	for (size_t i = 0; i < out->chain_n; i++)
		visit(&j, &c->stage[out->chain[i]]);
	if (j.unvouched.status)
		check_session(&j);
	return decide(&j, err);
}

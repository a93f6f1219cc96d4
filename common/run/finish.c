#include "common/io/interrupt.h"
#include "common/json/text.h"
#include "common/run/program.h"

#include <signal.h>

/* design.md: a loss needs consent. */
static enum tg_status judge_rejects(const struct tg_program *p, struct tg_error *err)
{
	uint64_t rejected = p->rejects.total, in = p->records_in;
	enum tg_status too_many_is = TG_REJECTED;
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
	if (p->tool.rejected)
		too_many_is = p->tool.rejected;
	if (p->rejects.fd < 0)
		return tg_fail(
			err, too_many_is,
			"%llu of %llu records are rejected and kept nowhere; --rejects FILE would keep them",
			(unsigned long long)rejected, (unsigned long long)in);
	return tg_fail(err, too_many_is,
		       "%llu of %llu records are rejected, more than allowed; they are in %s",
		       (unsigned long long)rejected, (unsigned long long)in, p->rejects.path);
}

static void say_what_was_rejected(const struct tg_program *p)
{
	TG_OWN(tg_buffer_release) struct tg_buffer codes = TG_BUFFER_INIT;

	for (size_t i = 0; i < p->rejects.codes; i++)
		tg_buffer_printf(&codes, "%s%s %llu", i ? ", " : "", p->rejects.count[i].name,
				 (unsigned long long)p->rejects.count[i].n);
	tg_say(&p->messages, TG_LEVEL_WARN, "%llu of %llu records are rejected (%.*s)%s%s",
	       (unsigned long long)p->rejects.total, (unsigned long long)p->records_in,
	       TG_STR_ARG(tg_buffer_str(&codes)),
	       p->rejects.fd >= 0 ? ": see " : "; --rejects FILE would keep them",
	       p->rejects.fd >= 0 ? p->rejects.path : "");
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

/* What was written is on disk and believed: a tool may now say so elsewhere. */
static enum tg_status commit(struct tg_program *p, struct tg_error *err)
{
	struct tg_upstream up = { .verdict = TG_UPSTREAM_NONE };
	enum tg_status st = tg_program_judge(p, &up, err);

	tg_upstream_release(&up);
	if (!st)
		st = tg_sync(p->out.fd, "standard output", err);
	return st ? st : p->commit(p->commit_self, err);
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
	if (!*st && p->commit)
		also(st, err, commit(p, &why), &why);
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
	enum tg_status st;

	p->messages.closed = true;
	if (p->publish.fd >= 0 || p->out.fd < 0)
		return TG_OK;
	if (p->receipt.n)
		tg_output_put(&p->out, p->receipt);
	st = tg_output_close(&p->out, err);
	/* It has landed, whether anybody reads the receipt or not. */
	return st == TG_PIPE && p->tool.shape == TG_SHAPE_SINK ? TG_OK : st;
}

/* A closed pipe is no error message, and who sends a signal knows. */
static void say_failure(const struct tg_program *p, enum tg_status st, const struct tg_error *err)
{
	if (st && st != TG_PIPE && st != TG_INTERRUPTED)
		tg_say(&p->messages, TG_LEVEL_ERROR, "%s", err->text);
}

static int end_by_status(struct tg_program *p, enum tg_status st)
{
	if (st == TG_PIPE || st == TG_INTERRUPTED) {
		tg_publish_release(&p->publish); /* no temporary may outlive us */
		tg_interrupt_raise(st == TG_PIPE ? SIGPIPE : tg_interrupted());
	}
	return exit_code(p, st);
}

static int end_now(struct tg_program *p, enum tg_status st, const struct tg_error *err)
{
	say_failure(p, st, err);
	return end_by_status(p, st);
}

/* So that the reader of our pipe finds out why nothing comes. */
enum tg_status tg_program_log_failure(struct tg_program *p, struct tg_error *err)
{
	if (p->started)
		return TG_OK;
	for (size_t i = 0; i < p->inputs; i++)
		tg_input_release(&p->input[i]);
	p->inputs = 0; /* the log has descriptors 0 and 1 as they are */
	return tg_program_log_start(p, err);
}

/* --digest: of one input a text, of several a list in their order. */
static enum tg_status tell_digests(struct tg_program *p, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	bool several = p->inputs > 1;

	if (!p->common.digest || !p->inputs)
		return TG_OK;
	if (several)
		tg_buffer_putc(&json, '[');
	for (size_t i = 0; i < p->inputs; i++) {
		char hex[TG_SHA256_HEX + 1];
		enum tg_status st = tg_input_digest(&p->input[i], hex, err);

		if (st)
			return st;
		if (i)
			tg_buffer_putc(&json, ',');
		tg_json_put_string(&json, tg_str_of(hex));
	}
	if (several)
		tg_buffer_putc(&json, ']');
	tg_setup_meta(&p->setup, "sha256", tg_buffer_str(&json));
	return TG_OK;
}

int tg_program_end(struct tg_program *p, enum tg_status st, struct tg_error *err)
{
	struct tg_error why = TG_ERROR_INIT;
	enum tg_status next;

	if (p->done) /* nothing was begun that had to be logged */
		return end_now(p, st, err);
	also(&st, err, tg_program_log_failure(p, &why), &why);
	if (!st)
		st = tell_digests(p, err);
	finish_streams(p, &st, err);
	/* What waits for another run is no reason to keep quiet about what does not. */
	if (p->rejects.total && (st == TG_OK || st == TG_TRY_AGAIN))
		say_what_was_rejected(p);
	say_failure(p, st, err);
	why = TG_ERROR_INIT;
	next = log_finish(p, st, err, &why);
	if (!next && why.text[0]) /* a filter goes on without its log, and says so */
		tg_say(&p->messages, TG_LEVEL_WARN, "%s", why.text);
	if (next && (st == TG_OK || st == TG_REJECTED)) {
		st = next;
		say_failure(p, st, &why);
	}
	next = close_output(p, &why);
	if (next && (st == TG_OK || st == TG_REJECTED)) {
		st = next;
		p->messages.closed = false;
		say_failure(p, st, &why);
	}
	return end_by_status(p, st);
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

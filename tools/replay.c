/*
 * replay: what was rejected goes back into the pipeline, as the stage that rejected it reads it.
 *
 *	replay --tool validate rejects-1.jsonl | validate --contract customers.json | ...
 *
 * What it gives is the records' own bytes, corrected where a person has corrected them; what they are a replay of goes on in the run log
 * to the sidecar of what lands.
 */
#include "common/digest/digest.h"
#include "common/io/input.h"
#include "common/json/scan.h"
#include "common/json/text.h"
#include "common/replay/envelope.h"
#include "common/run/filter.h"

#include <stdlib.h>

enum {
	RUNS_MOST = 64,	  /* that are named in the run log */
	PLACES_MOST = 64, /* of corrected records, the same */
	HEAD_MOST = 1 << 20,
};

/* What is found out while records flow. */
struct replayed {
	struct tg_str tool; /* whose rejects came out, where the options do not say it */
	struct tg_str run[RUNS_MOST];
	size_t runs;
	bool more_runs;
	struct tg_buffer places; /* of corrected records: JSON objects with commas between */
	uint64_t records, corrected;
	struct tg_buffer head; /* what stands before the first record; empty once it came out */
	struct tg_buffer raw, out;
	struct tg_scanner *scanner;
	struct tg_arena *arena; /* the run's */
};

struct replay {
	struct tg_list tool, code, run, file; /* options */
	struct tg_str head;
	uint64_t head_lines;
	unsigned line_end;
	bool prepare, provenance;

	struct replayed *replayed;
};

enum { LF, CRLF, NONE };

static const char *const line_ends[] = { "lf", "crlf", "none", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_LIST('t', "tool", struct replay, tool, "NAME", "what this program rejected; may be repeated"),
	TG_OPT_LIST(0, "code", struct replay, code, "CODE", "what was rejected with this code; may be repeated"),
	TG_OPT_LIST(0, "of-run", struct replay, run, "ID", "what this run rejected; may be repeated"),
	TG_OPT_LIST(0, "file", struct replay, file, "NAME", "records out of this file; may be repeated"),
	TG_OPT_TEXT(0, "head", struct replay, head, "FILE", "begin with the first lines of FILE: the header that rows need"),
	TG_OPT_COUNT(0, "head-lines", struct replay, head_lines, "N", "so many of them (1)"),
	TG_OPT_CHOICE(0, "line-end", struct replay, line_end, "END", "what ends a record: lf, crlf or none (lf)", line_ends),
	TG_OPT_FLAG(0, "prepare", struct replay, prepare, "lines of a reject file for a person to correct, and to be replayed then"),
	TG_OPT_FLAG(0, "provenance", struct replay, provenance, "each record, an object, gets a last member _source: where it stood"),
	TG_OPT_END,
};
// clang-format on

/* The first lines of a file, with their line ends. */
static enum tg_status read_head(struct replay *r, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	uint64_t lines = 0;
	enum tg_status st = tg_input_open(&in, r->head.p, TG_INPUT_UNPACK, err);
	size_t n = 1, at = 0;

	while (!st && lines < r->head_lines && n) {
		char *to = tg_buffer_room(&text, 64 * 1024);

		st = tg_input_read(&in, to, 64 * 1024, &n, err);
		text.n += st ? 0 : n;
		for (; at < text.n && lines < r->head_lines; at++)
			lines += text.p[at] == '\n';
		if (!st && lines < r->head_lines && text.n > HEAD_MOST)
			st = tg_fail(err, TG_DATA, "--head: the first lines of %s are too long",
				     in.name);
	}
	if (!st && lines < r->head_lines)
		st = tg_fail(err, TG_DATA, "--head: %s has only %llu whole line%s", in.name,
			     (unsigned long long)lines, lines == 1 ? "" : "s");
	if (!st)
		tg_buffer_put_str(&r->replayed->head, tg_str_from(text.p, at));
	return st;
}

static enum tg_status replay_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct replay *r = self;

	r->replayed = tg_alloc(sizeof(*r->replayed));
	r->replayed->arena = setup->arena;
	r->replayed->scanner = tg_scanner_new();
	if (r->prepare && (r->head.p || r->provenance || r->line_end != LF))
		return tg_fail(
			err, TG_USAGE,
			"--prepare gives lines of a reject file, so --head, --provenance and "
			"--line-end are for the run that replays them");
	if (r->head_lines && !r->head.p)
		return tg_fail(err, TG_USAGE, "--head-lines: of which file? --head says it");
	setup->bare = r->line_end == NONE;
	if (r->provenance)
		tg_setup_adds(setup, TG_STR("_source"));
	if (!r->head.p)
		return TG_OK;
	if (!r->head_lines)
		r->head_lines = 1;
	return read_head(r, err);
}

/*
 * Which
 */

static bool is_in(const struct tg_list *list, struct tg_str text)
{
	for (size_t i = 0; i < list->n; i++)
		if (tg_str_eq(list->item[i], text))
			return true;
	return list->n == 0;
}

static bool is_wanted(const struct replay *r, const struct tg_envelope *e)
{
	return is_in(&r->tool, e->tool) && is_in(&r->code, e->code) && is_in(&r->run, e->run) &&
	       is_in(&r->file, e->at.file);
}

/* Programs read different things: a row of CSV among JSON records would be rejected again, by another. */
static bool is_readable_with_those_before(const struct replay *r, const struct tg_envelope *e,
					  struct tg_work *w)
{
	struct replayed *d = r->replayed;
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	if (r->tool.n || r->prepare)
		return true;
	if (!d->tool.p)
		d->tool = tg_arena_copy(d->arena, e->tool);
	if (tg_str_eq(d->tool, e->tool))
		return true;
	tg_json_put_string(&safe, e->tool);
	(void)tg_fail(&w->stop, TG_USAGE,
		      "there are rejects of %.*s, and of %.*s too: --tool says whose are to be "
		      "replayed; repeat it for those that read the same",
		      TG_STR_ARG(d->tool), TG_STR_ARG(tg_buffer_str(&safe)));
	return false;
}

/*
 * What was found out
 */

static void note_run(struct replayed *d, struct tg_str run)
{
	if (!run.n)
		return;
	for (size_t i = 0; i < d->runs; i++)
		if (tg_str_eq(d->run[i], run))
			return;
	if (d->runs == RUNS_MOST)
		d->more_runs = true;
	else
		d->run[d->runs++] = tg_arena_copy(d->arena, run);
}

static void note_corrected(struct replayed *d, const struct tg_envelope *e)
{
	if (d->corrected++ >= PLACES_MOST)
		return;
	tg_buffer_puts(&d->places, d->corrected > 1 ? ",{" : "{");
	tg_json_put_member(&d->places, "file", e->at.file);
	if (e->at.line)
		tg_json_put_member_u64(&d->places, "line", e->at.line);
	tg_json_put_member_u64(&d->places, "offset", e->at.offset);
	tg_buffer_putc(&d->places, '}');
}

/* The record is another than the one that was rejected. */
static bool is_corrected(const struct tg_envelope *e, struct tg_work *w, bool *stop)
{
	char hex[TG_SHA256_HEX + 1];

	if (!e->sha256.p)
		return false;
	*stop = tg_digest_of(e->record, hex, &w->stop) != TG_OK;
	return !*stop && !tg_str_is(e->sha256, hex);
}

/*
 * What comes out
 */

static enum tg_verdict prepare(const struct replay *r, const struct tg_record *rec,
			       const struct tg_envelope *e, struct tg_work *w)
{
	struct replayed *d = r->replayed;
	char hex[TG_SHA256_HEX + 1];

	if (e->sha256.p)
		return TG_PASS; /* it is prepared, and maybe corrected */
	if (tg_digest_of(e->record, hex, &w->stop))
		return tg_stop(w);
	tg_buffer_clear(&d->out);
	tg_envelope_put_prepared(&d->out, rec, hex);
	return tg_replace(w, tg_buffer_str(&d->out));
}

/* With a last member that says where it stood; one that has such a member keeps its own, which a stage before has put there. */
static const char *put_with_source(struct replayed *d, const struct tg_envelope *e, bool corrected)
{
	struct tg_record rec = { 0 };
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	size_t n;

	tg_buffer_put_str(&text, e->record);
	memset(tg_buffer_room(&text, TG_SLACK), 0, TG_SLACK);
	if (tg_scan(d->scanner, tg_buffer_str(&text), &rec) != TG_SCAN_OK ||
	    rec.span->kind != TG_OBJECT)
		return "holds a record that is no JSON object, so --provenance cannot be added to it";
	n = rec.span->at + rec.span->n - 1; /* where its last brace stands */
	for (uint32_t k = 1; k < rec.span->next; k = rec.span[k + 1].next)
		if (tg_text_eq(&rec, &rec.span[k], TG_STR("_source"))) {
			tg_buffer_put_str(&d->out, e->record);
			return NULL;
		}
	tg_buffer_put_str(&d->out, tg_str_from(text.p, n));
	tg_buffer_puts(&d->out, rec.spans > 1 ? ",\"_source\":{" : "\"_source\":{");
	tg_json_put_member(&d->out, "file", e->at.file);
	tg_json_put_member_u64(&d->out, "line", e->at.line);
	tg_json_put_member_u64(&d->out, "offset", e->at.offset);
	tg_json_put_member(&d->out, "rejected_by", e->tool);
	tg_json_put_member(&d->out, "run", e->run);
	if (corrected)
		tg_buffer_puts(&d->out, ",\"corrected\":true");
	tg_buffer_puts(&d->out, "}}");
	return NULL;
}

static enum tg_verdict replay_record(const void *self, const struct tg_record *rec,
				     struct tg_work *w)
{
	const struct replay *r = self;
	struct replayed *d = r->replayed;
	struct tg_envelope e;
	bool corrected, stop = false;
	const char *wrong = tg_envelope_read(&e, rec, &w->arena, &d->raw);

	if (wrong)
		return tg_reject(w, "no-reject", TG_STR(""), wrong);
	if (!is_wanted(r, &e))
		return tg_drop(w, "not-asked-for");
	if (!is_readable_with_those_before(r, &e, w))
		return tg_stop(w);
	if (r->prepare)
		return prepare(r, rec, &e, w);
	corrected = is_corrected(&e, w, &stop);
	if (stop)
		return tg_stop(w);
	tg_buffer_clear(&d->out);
	tg_buffer_put_str(&d->out, tg_buffer_str(&d->head));
	if (r->provenance)
		wrong = put_with_source(d, &e, corrected);
	else
		tg_buffer_put_str(&d->out, e.record);
	if (wrong)
		return tg_reject(w, "no-reject", TG_STR(""), wrong);
	if (r->line_end == CRLF)
		tg_buffer_putc(&d->out, '\r');
	tg_buffer_clear(&d->head);
	d->records++;
	note_run(d, e.run);
	if (corrected)
		note_corrected(d, &e);
	return tg_replace(w, tg_buffer_str(&d->out));
}

static enum tg_status replay_close(void *self, const struct tg_setup *setup, struct tg_error *err)
{
	const struct replay *r = self;
	const struct replayed *d = r->replayed;
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;

	(void)err;
	if (r->prepare)
		return TG_OK;
	tg_buffer_puts(&json, "{\"runs\":[");
	for (size_t i = 0; i < d->runs; i++) {
		if (i)
			tg_buffer_putc(&json, ',');
		tg_json_put_string(&json, d->run[i]);
	}
	tg_buffer_putc(&json, ']');
	if (d->more_runs)
		tg_buffer_puts(&json, ",\"more_runs\":true");
	tg_json_put_member_u64(&json, "records", d->records);
	tg_json_put_member_u64(&json, "corrected", d->corrected);
	if (d->corrected) {
		tg_buffer_puts(&json, ",\"corrected_at\":[");
		tg_buffer_put_str(&json, tg_buffer_str(&d->places));
		tg_buffer_putc(&json, ']');
	}
	tg_buffer_putc(&json, '}');
	tg_setup_meta(setup, "replay_of", tg_buffer_str(&json));
	return TG_OK;
}

static void replay_release(void *self)
{
	struct replay *r = self;

	if (!r->replayed)
		return;
	tg_scanner_free(&r->replayed->scanner);
	tg_buffer_release(&r->replayed->places);
	tg_buffer_release(&r->replayed->head);
	tg_buffer_release(&r->replayed->raw);
	tg_buffer_release(&r->replayed->out);
	tg_free(r->replayed);
}

const struct tg_filter tg_replay = {
	.name = "replay",
	.about = "give rejected records back, as the program that rejected them reads them",
	.options = options,
	.size = sizeof(struct replay),
	.open = replay_open,
	.record = replay_record,
	.close = replay_close,
	.release = replay_release,
};

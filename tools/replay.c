/*
 * replay: what was rejected goes back into the pipeline, as the stage that rejected it reads it.
 *
 *	replay --tool validate rejects-1.jsonl | validate --contract customers.json | ...
 *
 * What it gives is the records' own bytes, corrected where a person has corrected them; what they are a replay of goes on in the run log
 * to the sidecar of what lands.
 */
#include "common/contract/contract.h"
#include "common/digest/digest.h"
#include "common/encoding/encoding.h"
#include "common/io/input.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/json/text.h"
#include "common/replay/envelope.h"
#include "common/run/filter.h"

#include <stdlib.h>

enum {
	RUNS_MOST = 64,	  /* that are named in the run log */
	PLACES_MOST = 64, /* of corrected records, the same */
	HEAD_MOST = 1 << 20,
	PIECE = 64 * 1024,
};

/* What is found out while records flow. */
struct replayed {
	struct tg_str tool; /* whose rejects came out, where the options do not say it */
	struct tg_str run[RUNS_MOST];
	size_t runs;
	bool more_runs;
	struct tg_buffer places; /* of corrected records: JSON objects with commas between */
	uint64_t records, corrected;
	uint64_t others;		      /* that were not asked for */
	struct tg_str other_tool, other_code; /* of the first of them */
	struct tg_buffer head; /* what stands before the first record; empty once it came out */
	struct tg_buffer raw, text, out;
	struct tg_encoding *
		encoding; /* of the rows of csv2json; NULL: they go back as they stand in the reject file */
	struct tg_scanner *scanner;
	struct tg_arena *arena; /* the run's */
};

struct replay {
	struct tg_list tool, code, run, file; /* options */
	struct tg_str head, encoding;
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
	TG_OPT_TEXT(0, "encoding", struct replay, encoding, "NAME", "the character set of the file that rows come from (the contract's x-csv)"),
	TG_OPT_CHOICE(0, "line-end", struct replay, line_end, "END", "what ends a record: lf, crlf or none (lf)", line_ends),
	TG_OPT_FLAG(0, "prepare", struct replay, prepare, "lines of a reject file for a person to correct, and to be replayed then"),
	TG_OPT_FLAG(0, "provenance", struct replay, provenance, "each record, an object, gets a last member _source: where it stood"),
	TG_OPT_END,
};
// clang-format on

/* Where the first so many lines of text end; text.n + 1: there are fewer. */
static size_t end_of_lines(struct tg_str text, uint64_t lines)
{
	size_t at = 0;

	while (lines) {
		const char *nl = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;

		if (!nl)
			return text.n + 1;
		at = (size_t)(nl - text.p) + 1;
		lines--;
	}
	return at;
}

/* The first lines in a set in which a line feed is no single byte: they are found in the text. */
static bool cut_decoded(struct replayed *d, struct tg_str bytes, uint64_t lines)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_mark mark = tg_encoding_mark(d->encoding, bytes, true);
	size_t end;

	if (mark.kind == TG_MARK_OWN)
		bytes = tg_str_after(bytes, mark.n);
	(void)tg_encoding_decode(d->encoding, bytes, &text); /* it may be cut in a character */
	end = end_of_lines(tg_buffer_str(&text), lines);
	if (end > text.n)
		return false;
	return tg_encoding_encode(d->encoding, tg_str_from(text.p, end), &d->head) == end;
}

/* The first lines of a file, with their line ends. */
static enum tg_status read_head(struct replay *r, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer bytes = TG_BUFFER_INIT;
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	struct replayed *d = r->replayed;
	enum tg_status st = tg_input_open(&in, r->head.p, TG_INPUT_UNPACK, err);
	size_t n = 1, end;

	while (!st && n && bytes.n < HEAD_MOST) {
		st = tg_input_read(&in, tg_buffer_room(&bytes, PIECE), PIECE, &n, err);
		bytes.n += st ? 0 : n;
	}
	if (st)
		return st;
	if (d->encoding && !tg_encoding_is_ascii_based(d->encoding)) {
		if (cut_decoded(d, tg_buffer_str(&bytes), r->head_lines))
			return TG_OK;
	} else {
		end = end_of_lines(tg_buffer_str(&bytes), r->head_lines);
		if (end <= bytes.n) {
			tg_buffer_put_str(&d->head, tg_str_from(bytes.p, end));
			return TG_OK;
		}
	}
	return tg_fail(err, TG_DATA, "--head: the first MiB of %s has no %llu whole line%s",
		       in.name, (unsigned long long)r->head_lines, r->head_lines == 1 ? "" : "s");
}

/* The contract's x-csv says in what rows are written, if no option does. */
static enum tg_status read_encoding(struct replay *r, struct tg_setup *setup, struct tg_error *err)
{
	struct replayed *d = r->replayed;
	struct tg_str name = r->encoding;
	struct tg_contract contract;
	enum tg_status st = TG_OK;

	if (!name.p && setup->contract.n) {
		const struct tg_span *csv, *value;

		st = tg_contract_open(&contract, setup, err);
		if (st)
			return st;
		csv = tg_member_find(&contract.document, contract.document.span, TG_STR("x-csv"));
		value = csv && csv->kind == TG_OBJECT
				? tg_member_find(&contract.document, csv, TG_STR("encoding"))
				: NULL;
		if (value && value->kind == TG_STRING)
			name = tg_text_get(setup->arena, &contract.document, value);
	}
	if (!name.p)
		return TG_OK;
	st = tg_encoding_open(&d->encoding, name, err);
	if (st)
		return tg_within(err, r->encoding.p ? "--encoding: %.*s" : "x-csv: %.*s",
				 TG_STR_ARG(name));
	if (tg_encoding_is_utf8(d->encoding)) {
		tg_encoding_free(&d->encoding);
		return TG_OK;
	}
	return TG_OK;
}

static enum tg_status replay_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct replay *r = self;
	enum tg_status st;

	r->replayed = tg_alloc(sizeof(*r->replayed));
	r->replayed->arena = setup->arena;
	r->replayed->scanner = tg_scanner_new();
	if (r->prepare && (r->head.p || r->encoding.p || r->provenance || r->line_end != LF))
		return tg_fail(
			err, TG_USAGE,
			"--prepare gives lines of a reject file, so --head, --provenance and "
			"--line-end are for the run that replays them");
	if (r->provenance && (r->encoding.p || r->line_end != LF))
		return tg_fail(
			err, TG_USAGE,
			"--provenance is for JSON records, --encoding and --line-end are for "
			"rows");
	if (r->head_lines && !r->head.p)
		return tg_fail(err, TG_USAGE, "--head-lines: of which file? --head says it");
	if (r->provenance)
		tg_setup_adds(setup, TG_STR("_source"));
	st = r->prepare ? TG_OK : read_encoding(r, setup, err);
	if (st || !r->head.p)
		return st;
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

static void note_other(struct replayed *d, const struct tg_envelope *e)
{
	if (d->others++)
		return;
	d->other_tool = tg_arena_copy(d->arena, e->tool);
	d->other_code = tg_arena_copy(d->arena, e->code);
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
	tg_buffer_putc(&d->out, '\n');
	return tg_replace(w, tg_buffer_str(&d->out));
}

/* With a last member that says where it stood; one that has such a member keeps its own, which a stage before has put there. */
static const char *put_with_source(struct replayed *d, const struct tg_envelope *e, bool corrected)
{
	struct tg_record rec = { 0 };
	struct tg_buffer *text = &d->text;
	size_t n;

	tg_buffer_clear(text);
	tg_buffer_put_str(text, e->record);
	memset(tg_buffer_room(text, TG_SLACK), 0, TG_SLACK);
	if (tg_scan(d->scanner, tg_buffer_str(text), &rec) != TG_SCAN_OK ||
	    rec.span->kind != TG_OBJECT)
		return "holds a record that is no JSON object, so --provenance cannot be added to it";
	n = rec.span->at + rec.span->n - 1; /* where its last brace stands */
	for (uint32_t k = 1; k < rec.span->next; k = rec.span[k + 1].next)
		if (tg_text_eq(&rec, &rec.span[k], TG_STR("_source"))) {
			tg_buffer_put_str(&d->out, e->record);
			tg_buffer_putc(&d->out, '\n');
			return NULL;
		}
	tg_buffer_put_str(&d->out, tg_str_from(text->p, n));
	tg_buffer_puts(&d->out, rec.spans > 1 ? ",\"_source\":{" : "\"_source\":{");
	tg_json_put_member(&d->out, "file", e->at.file);
	tg_json_put_member_u64(&d->out, "line", e->at.line);
	tg_json_put_member_u64(&d->out, "offset", e->at.offset);
	tg_json_put_member(&d->out, "rejected_by", e->tool);
	tg_json_put_member(&d->out, "run", e->run);
	if (corrected)
		tg_buffer_puts(&d->out, ",\"corrected\":true");
	tg_buffer_puts(&d->out, "}}\n");
	return NULL;
}

/* The record, and what ends it. Text that csv2json has decoded goes back into the file's own set; bytes are its own already. */
static const char *put_record(const struct replay *r, const struct tg_envelope *e)
{
	static const struct tg_str line_end[] = { { "\n", 1 }, { "\r\n", 2 }, { "", 0 } };
	struct replayed *d = r->replayed;
	bool row = d->encoding && tg_str_is(e->tool, "csv2json");

	if (!row) {
		tg_buffer_put_str(&d->out, e->record);
		tg_buffer_put_str(&d->out, line_end[r->line_end]);
		return NULL;
	}
	tg_buffer_clear(&d->text);
	tg_buffer_put_str(e->bytes ? &d->out : &d->text, e->record);
	tg_buffer_put_str(&d->text, line_end[r->line_end]);
	if (tg_encoding_encode(d->encoding, tg_buffer_str(&d->text), &d->out) != d->text.n)
		return "holds a character that the file's encoding has not";
	return NULL;
}

/* What stands before the first record. */
static void put_head(struct replayed *d, const struct tg_envelope *e)
{
	tg_buffer_clear(&d->out);
	if (d->records == 0 && d->encoding && tg_str_is(e->tool, "csv2json"))
		tg_buffer_put_str(&d->out, tg_encoding_mark_written(d->encoding));
	tg_buffer_put_str(&d->out, tg_buffer_str(&d->head));
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
	if (!is_wanted(r, &e)) {
		note_other(d, &e);
		return tg_drop(w, "not-asked-for");
	}
	if (!is_readable_with_those_before(r, &e, w))
		return tg_stop(w);
	if (r->prepare) {
		d->records++;
		return prepare(r, rec, &e, w);
	}
	corrected = is_corrected(&e, w, &stop);
	if (stop)
		return tg_stop(w);
	put_head(d, &e);
	wrong = r->provenance ? put_with_source(d, &e, corrected) : put_record(r, &e);
	if (wrong)
		return tg_reject(w, "no-reject", TG_STR("/record"), wrong);
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
	if (d->others && !d->records)
		tg_setup_warn(setup,
			      "none of the %llu rejects was asked for; the first is of %.*s, code "
			      "%.*s",
			      (unsigned long long)d->others, TG_STR_ARG(d->other_tool),
			      TG_STR_ARG(d->other_code));
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
	tg_buffer_release(&r->replayed->text);
	tg_encoding_free(&r->replayed->encoding);
	tg_buffer_release(&r->replayed->out);
	tg_free(r->replayed);
}

const struct tg_filter tg_replay = {
	.name = "replay",
	.about = "give rejected records back, as the program that rejected them reads them",
	.options = options,
	.size = sizeof(struct replay),
	.whole = true,
	.open = replay_open,
	.record = replay_record,
	.close = replay_close,
	.release = replay_release,
};

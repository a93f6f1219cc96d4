/*
 * landing-read: what has landed comes out again, in the order in which it landed, each file checked before its first byte is out.
 *
 *	landing-read --zone landing --entity customers --since 2025-11-01 | validate | ...
 *
 * It reads no input, but a zone; so it has a main of its own.
 */
#include "common/io/interrupt.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/landing/landed.h"
#include "common/landing/name.h"
#include "common/landing/select.h"
#include "common/run/program.h"

struct landing_read {
	struct tg_str zone, since, until, received_since, received_until, run, sha256,
		landing; /* options */
	uint64_t last, max_record;
	bool list, provenance;

	struct tg_program program;
	struct tg_reading reading;
	struct tg_select select;
	struct tg_checker checker;
	struct tg_scanner *scanner;
	struct tg_buffer held;	 /* --provenance: the beginning of a line, with what follows */
	struct tg_buffer record; /* the same: the record that goes out */
	char before;		 /* the last byte that came out */
	uint64_t landings, gone;
	struct tg_buffer
		read; /* ids of those that came out, as JSON strings with commas between; the first ones */
	/* What all that came out have in common: so far, and whether there is such a thing. */
	struct {
		struct tg_str text;
		bool other;
	} common[4];
};

enum { NAMED_MOST = 64 }; /* landings that are named in the run log */

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT('z', "zone", struct landing_read, zone, "DIR", "the landing zone"),
	TG_OPT_TEXT(0, "since", struct landing_read, since, "DATE", "landings of this day and later"),
	TG_OPT_TEXT(0, "until", struct landing_read, until, "DATE", "landings of this day and earlier"),
	TG_OPT_TEXT(0, "received-since", struct landing_read, received_since, "TIME", "landings that were received then or later"),
	TG_OPT_TEXT(0, "received-until", struct landing_read, received_until, "TIME", "landings that were received before"),
	TG_OPT_TEXT(0, "of-run", struct landing_read, run, "ID", "landings of this run"),
	TG_OPT_TEXT(0, "sha256", struct landing_read, sha256, "HEX", "landings of this content"),
	TG_OPT_TEXT(0, "landing", struct landing_read, landing, "ID", "this landing"),
	TG_OPT_COUNT(0, "last", struct landing_read, last, "N", "the last N of them"),
	TG_OPT_FLAG('l', "list", struct landing_read, list, "a JSON line for each landing, and no data"),
	TG_OPT_FLAG(0, "provenance", struct landing_read, provenance, "each record gets a last member _source: landing, file, line, offset"),
	TG_OPT_SIZE(0, "max-record", struct landing_read, max_record, "SIZE", "longest record with --provenance (16MiB)"),
	TG_OPT_END,
};
// clang-format on

/*
 * What is asked for
 */

static enum tg_status check_day(struct tg_str day, const char *option, struct tg_error *err)
{
	if (!day.p || tg_time_is_date(day))
		return TG_OK;
	return tg_fail(err, TG_USAGE, "%s: it must be a day, as 2025-11-05", option);
}

static enum tg_status read_time(struct tg_str text, const char *option, struct tg_time *t,
				bool *given, struct tg_error *err)
{
	if (!text.p)
		return TG_OK;
	*given = true;
	if (tg_time_read(text, t))
		return TG_OK;
	return tg_fail(err, TG_USAGE,
		       "%s: it must be a time by RFC 3339, as 2025-11-05T06:00:00Z, or a day",
		       option);
}

static enum tg_status check_hex(struct tg_str *text, size_t digits, const char *option,
				struct tg_arena *arena, struct tg_error *err)
{
	char *lower;

	if (!text->p)
		return TG_OK;
	lower = tg_arena_take(arena, text->n + 1);
	for (size_t i = 0; i < text->n; i++) {
		char c = text->p[i];

		lower[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
		if (tg_hex((unsigned char)c) < 0)
			digits = 0;
	}
	lower[text->n] = '\0';
	if (text->n != digits)
		return tg_fail(err, TG_USAGE,
			       "%s: it must be hexadecimal digits, as in the manifest", option);
	text->p = lower;
	return TG_OK;
}

/* What --output replaces is gone: it must be no file of the zone that is read, its manifest least of all. A link is followed, as it is
 * when the output is published. */
static enum tg_status check_output(struct landing_read *lr, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer directory = TG_BUFFER_INIT;
	struct tg_str output = lr->program.common.output;
	const char *slash = output.p ? strrchr(output.p, '/') : NULL;
	TG_OWN(tg_free_pointer) char *zone = output.p ? realpath(lr->zone.p, NULL) : NULL;
	TG_OWN(tg_free_pointer) char *target = zone ? realpath(output.p, NULL) : NULL;
	size_t n;

	if (!zone)
		return TG_OK;
	if (slash)
		tg_buffer_put(&directory, output.p, (size_t)(slash - output.p) + 1);
	tg_buffer_put(&directory, ".", 2);
	if (!target)
		target = realpath(directory.p, NULL);
	n = strlen(zone);
	if (!target || strncmp(target, zone, n) != 0 || (target[n] != '/' && target[n] != '\0'))
		return TG_OK;
	return tg_fail(err, TG_USAGE,
		       "--output: %s is in the zone, where nothing may be but what lands",
		       output.p);
}

/* A span that nothing can be in is a slip, and "nothing landed then" would be taken for an answer. */
static enum tg_status check_spans(const struct landing_read *lr, struct tg_error *err)
{
	const struct tg_wanted *w = &lr->select.wanted;

	if (lr->since.p && lr->until.p && tg_str_compare(lr->since, lr->until) > 0)
		return tg_fail(err, TG_USAGE,
			       "--since: it is later than --until, and no day is in between");
	if (w->has_received_since && w->has_received_until &&
	    !tg_time_is_before(w->received_since, w->received_until))
		return tg_fail(err, TG_USAGE,
			       "--received-since: it is not earlier than --received-until, and no "
			       "time is in between");
	return TG_OK;
}

static enum tg_status check(struct landing_read *lr, struct tg_error *err)
{
	struct tg_program *p = &lr->program;
	struct tg_wanted *w = &lr->select.wanted;
	enum tg_status st;

	if (!lr->zone.n)
		return tg_fail(err, TG_USAGE, "no --zone: what is to be read?");
	if (memchr(lr->zone.p, '\0', lr->zone.n))
		return tg_fail(err, TG_USAGE, "--zone: it holds a NUL");
	if (lr->list && lr->provenance)
		return tg_fail(err, TG_USAGE,
			       "--list gives no records, so there is nothing for "
			       "--provenance to be added to");
	if (tg_options_given(&p->options, "last") && !lr->last)
		return tg_fail(err, TG_USAGE, "--last: it must be 1 or more");
	st = check_output(lr, err);
	if (!st)
		st = check_day(lr->since, "--since", err);
	if (!st)
		st = check_day(lr->until, "--until", err);
	if (!st)
		st = read_time(lr->received_since, "--received-since", &w->received_since,
			       &w->has_received_since, err);
	if (!st)
		st = read_time(lr->received_until, "--received-until", &w->received_until,
			       &w->has_received_until, err);
	if (!st)
		st = check_spans(lr, err);
	if (!st)
		st = check_hex(&lr->sha256, TG_SHA256_HEX, "--sha256", &p->arena, err);
	if (!st)
		st = check_hex(&lr->landing, 32, "--landing", &p->arena, err);
	w->source = p->setup.source;
	w->entity = p->setup.entity;
	w->since = lr->since;
	w->until = lr->until;
	w->run = lr->run;
	w->sha256 = lr->sha256;
	w->landing = lr->landing;
	w->last = lr->last;
	if (lr->provenance)
		p->adds = TG_STR("_source");
	return st;
}

/*
 * What comes out
 */

static enum tg_status list(struct landing_read *lr, const struct tg_line *line, bool gone,
			   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	tg_buffer_putc(&out, '{');
	tg_json_put_member(&out, "landing", line->landing);
	tg_json_put_member(&out, "time", line->time);
	tg_json_put_member(&out, "run", line->run);
	tg_json_put_member(&out, "source", line->source);
	tg_json_put_member(&out, "entity", line->entity);
	tg_json_put_member(&out, "date", line->date);
	tg_json_put_member(&out, "path", line->path);
	tg_json_put_member(&out, "sha256", line->sha256);
	tg_json_put_member_u64(&out, "bytes", line->bytes);
	tg_json_put_member_u64(&out, "records", line->records);
	tg_json_put_member(&out, "encoding", line->encoding);
	tg_json_put_member(&out, "replaces", line->replaces);
	tg_json_put_member(&out, "reason", line->reason);
	if (gone)
		tg_buffer_puts(&out, ",\"gone\":true");
	tg_buffer_puts(&out, "}\n");
	tg_output_put(&lr->program.out, tg_buffer_str(&out));
	return lr->program.out.status ? tg_output_flush(&lr->program.out, err) : TG_OK;
}

static enum tg_status no_record(const struct tg_line *landing, uint64_t number, const char *what,
				struct tg_error *err)
{
	return tg_fail(err, TG_DATA,
		       "line %llu of %.*s %s, so --provenance cannot be added to it: read this "
		       "landing without",
		       (unsigned long long)number, TG_STR_ARG(landing->path), what);
}

/* A record with one more member. One that has landed with its own _source keeps that inside the new one. */
static enum tg_status put_record(struct landing_read *lr, const struct tg_line *landing,
				 struct tg_str text, uint64_t number, uint64_t offset,
				 struct tg_error *err)
{
	struct tg_buffer *out = &lr->record;
	struct tg_record rec = { 0 };
	const struct tg_span *span;
	bool first = true;
	struct tg_str origin = TG_STR_NONE;

	if (text.n > lr->max_record)
		return no_record(landing, number, "is longer than --max-record", err);
	if (tg_scan(lr->scanner, text, &rec) != TG_SCAN_OK || rec.span->kind != TG_OBJECT)
		return no_record(landing, number, "is no JSON object", err);
	span = rec.span;
	tg_buffer_clear(out);
	tg_buffer_putc(out, '{');
	for (uint32_t k = 1; k < span[0].next; k = span[k + 1].next) {
		if (tg_text_eq(&rec, &span[k], TG_STR("_source"))) {
			origin = tg_span_raw(&rec, &span[k + 1]);
			continue;
		}
		if (!first)
			tg_buffer_putc(out, ',');
		first = false;
		tg_buffer_put_str(out, tg_span_raw(&rec, &span[k]));
		tg_buffer_putc(out, ':');
		tg_buffer_put_str(out, tg_span_raw(&rec, &span[k + 1]));
	}
	tg_buffer_puts(out, first ? "\"_source\":{" : ",\"_source\":{");
	tg_json_put_member(out, "file", landing->path);
	tg_json_put_member_u64(out, "line", number);
	tg_json_put_member_u64(out, "offset", offset);
	tg_json_put_member(out, "landing", landing->landing);
	tg_json_put_member(out, "received", landing->time);
	if (origin.p) {
		tg_json_put_name(out, "origin");
		tg_buffer_put_str(out, origin);
	}
	tg_buffer_puts(out, "}}\n");
	tg_output_put(&lr->program.out, tg_buffer_str(out));
	return TG_OK;
}

struct lines {
	uint64_t number, offset; /* of the first byte that is held */
};

/* The whole lines that are held; with `last` what is left, too. */
static enum tg_status put_records(struct landing_read *lr, const struct tg_line *landing,
				  struct lines *at, bool last, struct tg_error *err)
{
	struct tg_str rest;
	enum tg_status st = TG_OK;

	(void)tg_buffer_room(&lr->held, TG_SLACK);
	rest = tg_buffer_str(&lr->held);
	while (!st && rest.n) {
		const char *nl = memchr(rest.p, '\n', rest.n);
		struct tg_str text = tg_str_from(rest.p, nl ? (size_t)(nl - rest.p) : rest.n);
		size_t n = text.n + (nl != NULL);

		if (!nl && !last)
			break;
		if (!tg_str_is_blank(text))
			st = put_record(lr, landing, text, at->number, at->offset, err);
		at->number++;
		at->offset += n;
		rest = tg_str_after(rest, n);
	}
	if (!st && rest.n > lr->max_record)
		st = no_record(landing, at->number, "is longer than --max-record", err);
	if (rest.n)
		memmove(lr->held.p, rest.p, rest.n);
	lr->held.n = rest.n;
	return st;
}

/* Nothing of it is out before all of it was checked. */
static enum tg_status put_data(struct landing_read *lr, struct tg_landed *landed,
			       const struct tg_line *line, struct tg_error *err)
{
	struct tg_output *out = &lr->program.out;
	struct lines at = { .number = 1 };
	struct tg_str bytes = TG_STR("-");
	enum tg_status st = TG_OK;

	tg_buffer_clear(&lr->held);
	if (lr->before && lr->before != '\n' && line->bytes)
		tg_output_put(out, TG_STR("\n")); /* two records would become one */
	while (!st && bytes.n) {
		tg_program_tick(&lr->program);
		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		st = tg_landed_read(landed, &bytes, err);
		if (!st && lr->provenance) {
			tg_buffer_put_str(&lr->held, bytes);
			st = put_records(lr, line, &at, bytes.n == 0, err);
		} else if (!st && bytes.n) {
			lr->before = bytes.p[bytes.n - 1];
			tg_output_pass(out, bytes);
			tg_output_settle(out);
		}
		if (!st && out->status)
			st = tg_output_flush(out, err);
	}
	return st;
}

/* What the data were called: their file's name behind the digits of their digest. */
static struct tg_str name_of(struct landing_read *lr, const struct tg_line *line)
{
	TG_OWN(tg_buffer_release) struct tg_buffer name = TG_BUFFER_INIT;
	struct tg_path path;
	const char *dash;
	struct tg_str coded;

	if (!tg_path_split(line->path, &path) || !(dash = memchr(path.file.p, '-', path.file.n)))
		return TG_STR_NONE;
	coded = tg_str_after(path.file, (size_t)(dash - path.file.p) + 1);
	if (line->encoding.p && tg_str_ends(coded, TG_STR(".zst")))
		coded.n -= 4;
	tg_name_put_decoded(&name, coded);
	return tg_arena_copy(&lr->program.arena, tg_buffer_str(&name));
}

static void note_common(struct landing_read *lr, const struct tg_line *line)
{
	bool named = !lr->common[3].other; /* else it is not made again and again */
	const struct tg_str text[] = { line->source, line->entity, line->date,
				       named ? name_of(lr, line) : TG_STR_NONE };

	for (size_t i = 0; i < TG_COUNT(text); i++) {
		if (lr->landings == 0 && text[i].p)
			lr->common[i].text = tg_arena_copy(&lr->program.arena, text[i]);
		else if (!tg_str_eq(lr->common[i].text, text[i]))
			lr->common[i].other = true;
	}
}

static enum tg_status put_landing(struct landing_read *lr, const struct tg_line *line,
				  struct tg_error *err)
{
	TG_OWN(tg_landed_release) struct tg_landed landed = TG_LANDED_INIT;
	struct tg_landed_finding finding = { 0 };
	struct tg_program *p = &lr->program;
	bool gone = false;
	enum tg_status st = tg_landed_open(&landed, &lr->checker, line, &finding, err);

	if (st && finding.data == TG_LANDED_MISSING) {
		struct tg_error ignored = TG_ERROR_INIT;

		if (!tg_reading_is_gone(&lr->reading, line->landing, &gone, &ignored) && gone)
			return tg_fail(err, TG_TRY_AGAIN,
				       "%.*s was pruned while the zone was read: run it again",
				       TG_STR_ARG(line->path));
	}
	if (!st)
		st = put_data(lr, &landed, line, err);
	if (st)
		return tg_within(err, "%s", lr->zone.p);
	note_common(lr, line);
	if (lr->landings < NAMED_MOST) {
		if (lr->landings)
			tg_buffer_putc(&lr->read, ',');
		tg_json_put_string(&lr->read, line->landing);
	}
	p->records_in += line->records;
	p->records_out += line->records;
	lr->landings++;
	return TG_OK;
}

/* What a stage behind, and a sink at the end, may want to know. */
static void find_out(struct landing_read *lr)
{
	static const char *const name[] = { "source", "entity", "date", "name" };
	struct tg_program *p = &lr->program;

	for (size_t i = 0; lr->landings && i < TG_COUNT(name); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;

		if (lr->common[i].other || !lr->common[i].text.p)
			continue;
		tg_json_put_string(&json, lr->common[i].text);
		tg_setup_meta(&p->setup, name[i], tg_buffer_str(&json));
	}
	if (lr->landings) {
		TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;

		tg_buffer_printf(&json, "{\"zone\":\"%s\",\"landings\":[", lr->reading.zone.id);
		tg_buffer_put_str(&json, tg_buffer_str(&lr->read));
		tg_buffer_puts(&json, lr->landings > NAMED_MOST ? "],\"more_landings\":true" : "]");
		tg_json_put_member_u64(&json, "records", p->records_out);
		tg_buffer_putc(&json, '}');
		tg_setup_meta(&p->setup, "replay_of", tg_buffer_str(&json));
	}
	if (lr->gone)
		tg_say(&p->messages, TG_LEVEL_WARN,
		       "%llu landing%s more %s asked for, and %s gone: landing-prune removed %s",
		       (unsigned long long)lr->gone, lr->gone == 1 ? "" : "s",
		       lr->gone == 1 ? "was" : "were", lr->gone == 1 ? "is" : "are",
		       lr->gone == 1 ? "it" : "them");
}

static enum tg_status run(struct landing_read *lr, struct tg_error *err)
{
	struct tg_program *p = &lr->program;
	struct tg_line line;
	bool gone, more = true;
	enum tg_status st = tg_select_open(&lr->select, &lr->reading, lr->zone.p, &p->arena, err);

	if (!st)
		st = tg_checker_init(&lr->checker, lr->reading.zone.directory, err);
	while (!st && more) {
		st = tg_select_next(&lr->select, &line, &gone, &more, err);
		if (st || !more)
			break;
		lr->gone += gone;
		if (lr->list) {
			st = list(lr, &line, gone, err);
			lr->landings++;
		} else if (!gone) {
			st = put_landing(lr, &line, err);
		}
	}
	p->nothing = lr->landings == 0;
	if (!st && !lr->list)
		find_out(lr);
	if (!st)
		tg_say(&p->messages, TG_LEVEL_INFO, "%llu landings, %llu gone",
		       (unsigned long long)lr->landings, (unsigned long long)lr->gone);
	return st;
}

static void release(struct landing_read *lr)
{
	tg_select_release(&lr->select);
	tg_checker_release(&lr->checker);
	tg_scanner_free(&lr->scanner);
	tg_buffer_release(&lr->held);
	tg_buffer_release(&lr->record);
	tg_buffer_release(&lr->read);
	tg_reading_release(&lr->reading);
}

int main(int argc, char **argv)
{
	static const struct tg_tool tool = {
		.shape = TG_SHAPE_BYTES,
		.name = "landing-read",
		.about = "what has landed, in its order, checked before it comes out",
		.options = options,
		.inputless = true,
	};
	struct tg_error err = TG_ERROR_INIT;
	struct landing_read lr = { .reading = TG_READING_INIT, .max_record = 16 * 1024 * 1024 };
	enum tg_status st;
	int code;

	st = tg_program_begin(&lr.program, &tool, &lr, argc, argv, &err);
	if (!st && !lr.program.done) {
		lr.scanner = tg_scanner_new();
		lr.program.counted = !lr.list;
		st = check(&lr, &err);
		if (!st)
			st = tg_program_start(&lr.program, &err);
		if (!st)
			st = run(&lr, &err);
	}
	release(&lr);
	code = tg_program_end(&lr.program, st, &err);
	tg_program_release(&lr.program);
	return code;
}

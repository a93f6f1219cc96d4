#include "common/fixed/converter.h"

#include "common/base/utf8.h"
#include "common/fixed/faults.h"
#include "common/json/text.h"

enum {
	KEPT = 4 * 1024,  /* bytes of a record that the run log is told */
	TOLD = 32 * 1024, /* of all of them; a line of it has at most 64 KiB */
};

/*
 * Records
 */

/* "pay.txt: line 3: " before the text of an error; where there are no lines, records are counted. */
static enum tg_status where(const struct tg_fixed_converter *c, const struct tg_place *at,
			    struct tg_error *err)
{
	const char *unit = c->layout.framing == TG_FRAMING_LINES ? "line" : "record";

	if (at->file.p)
		return tg_within(err, "%.*s: %s %llu", TG_STR_ARG(at->file), unit,
				 (unsigned long long)at->line);
	return tg_within(err, "%s %llu", unit, (unsigned long long)at->line);
}

static struct tg_fixed_plan *plan_of(struct tg_fixed_converter *c, const struct tg_fixed_kind *kind)
{
	return &c->course[kind - c->layout.kind].plan;
}

/* A filler record, such as a line of nines that fills a block up. Records that come out are none. */
static bool is_filler(struct tg_fixed_converter *c, const struct tg_frame *frame)
{
	const struct tg_fixed_kind *kind = frame->kind;

	if (!c->fill || (kind && kind->emit && c->layout.tagged))
		return false;
	tg_buffer_clear(&c->text);
	tg_charset_put(&c->text, c->layout.set, frame->text);
	(void)tg_buffer_room(&c->text, TG_SLACK);
	return tg_pattern_match(c->fill, tg_buffer_str(&c->text), &c->matcher) == TG_MATCH_YES;
}

/* What is told of a record whose values could not all be read: those that can. */
static void salvage(struct tg_fixed_converter *c, const struct tg_fixed_kind *kind, bool any)
{
	struct tg_fixed_row *row = &c->row;
	char *end;

	if (kind->slots == 0)
		return;
	tg_buffer_clear(&c->text);
	end = tg_buffer_room(&c->text, kind->slots * plan_of(c, kind)->value_most);
	for (size_t i = 0; i < kind->fields; i++) {
		const struct tg_fixed_field *f = &kind->field[i];
		char *start = end;

		if (f->slot == TG_SLOT_NONE)
			continue;
		row->slot[f->slot] = any ? TG_STR("") : TG_STR_NONE;
		if (!any || !tg_fixed_is_there(f, row, 0))
			continue;
		if (tg_fixed_value(f, tg_fixed_bytes(row, f->at, f->width), &end))
			row->slot[f->slot] = TG_STR_NONE;
		else
			row->slot[f->slot] = tg_str_from(start, (size_t)(end - start));
	}
}

/* The sums that rejects have made impossible are said once a file. */
static void say_untold(struct tg_fixed_converter *c, const struct tg_place *at)
{
	if (c->untold_said)
		return;
	c->untold_said = true;
	tg_setup_warn(
		c->setup,
		"%.*s%sline %llu: a sum cannot be checked, since a rejected record hides what should be added",
		TG_STR_ARG(at->file), at->file.p ? ": " : "", (unsigned long long)at->line);
}

/* A record of a known kind was read, well or not: it counts. */
static enum tg_status count(struct tg_fixed_converter *c, const struct tg_fixed_kind *kind,
			    const struct tg_place *at, struct tg_error *err)
{
	uint32_t k = (uint32_t)(kind - c->layout.kind);
	uint64_t untold = 0;
	enum tg_status st;

	if (!c->tally)
		return TG_OK;
	tg_fixed_tally_add(c->tally, k, &c->row);
	if (!tg_fixed_tally_judges(c->tally, k))
		return TG_OK;
	st = tg_fixed_tally_judge(c->tally, k, &c->row, &untold, err);
	if (st)
		return where(c, at, err);
	if (untold)
		say_untold(c, at);
	return TG_OK;
}

/* Whether a record may stand where it does; else what is wrong. */
static const char *misplaced(struct tg_fixed_converter *c, const struct tg_fixed_kind *kind)
{
	const struct tg_fixed_course *course = &c->course[kind - c->layout.kind];

	if (c->fillers)
		return "stands behind records that only fill the file up";
	if (course->seen >= kind->max)
		return kind->max == 1 ? "is one too many: there must be one of this kind only"
				      : "is one too many of its kind";
	if (!kind->after ||
	    kind->after[c->before ? (size_t)(c->before - c->layout.kind) : c->layout.kinds])
		return NULL;
	return c->before ? "does not belong behind the record before it"
			 : "cannot be the first record";
}

static enum tg_status unreadable(const char *code, struct tg_error *err)
{
	return tg_fail_code(
		err, TG_DATA, "fixed-control",
		"the record that says what must be right about the file cannot be read (%s)", code);
}

static enum tg_status reject(struct tg_fixed_converter *c, const struct tg_frame *frame,
			     const struct tg_place *at, struct tg_work *w, struct tg_error *err)
{
	const struct tg_fixed_kind *kind = frame->kind;
	const struct tg_fixed_bad bad = {
		.layout = &c->layout,
		.contract = &c->contract,
		.frame = frame,
		.row = &c->row,
		.line = at->line,
	};
	bool fits = kind && tg_fixed_length_fits(kind, &c->row);
	enum tg_status st;
	const char *what = kind ? misplaced(c, kind) : NULL;
	const char *code;

	if (frame->tagless)
		code = tg_fixed_length_fault(&bad, w);
	else if (!kind)
		code = tg_fixed_record_fault(&bad, "has a tag that the layout does not know",
					     c->layout.tag_at + UINT64_C(1), w);
	else if (what)
		code = tg_fixed_record_fault(&bad, what, 0, w);
	else if (!fits)
		code = tg_fixed_length_fault(&bad, w);
	else
		code = tg_fixed_faults_add(&bad, w);
	TG_BUG_IF(!code);
	tg_source_reject(w, code, frame->text, at);
	st = tg_source_status(w, err);
	if (st || !kind)
		return st;
	salvage(c, kind, fits);
	c->course[kind - c->layout.kind].seen++;
	if (!what)
		c->before = kind;
	if (c->tally && !what &&
	    tg_fixed_tally_judges(c->tally, (uint32_t)(kind - c->layout.kind))) {
		(void)unreadable(code, err);
		return where(c, at, err);
	}
	return count(c, kind, at, err);
}

/* What --provenance adds to the record. */
static void make_source(struct tg_fixed_converter *c, const struct tg_place *at)
{
	tg_buffer_clear(&c->source);
	tg_buffer_putc(&c->source, ',');
	tg_source_put_provenance(&c->source, at);
	c->row.source = tg_buffer_str(&c->source);
}

/* Values that may not be shown do not go to the run log either. */
static bool may_be_told(const struct tg_fixed_kind *kind)
{
	for (size_t i = 0; i < kind->fields; i++)
		if (kind->field[i].class >= TG_CLASS_CONFIDENTIAL)
			return false;
	return kind->fields > 0;
}

/* A record that does not come out. */
static void keep_aside(struct tg_fixed_converter *c, const struct tg_fixed_kind *kind,
		       struct tg_str json)
{
	struct tg_buffer *last = &c->course[kind - c->layout.kind].last;

	tg_buffer_clear(last);
	if (json.n <= KEPT && may_be_told(kind))
		tg_buffer_put_str(last, json);
}

static enum tg_status take_record(struct tg_fixed_converter *c, const struct tg_frame *frame,
				  const struct tg_place *at, struct tg_work *w,
				  struct tg_error *err)
{
	const struct tg_fixed_kind *kind = frame->kind;
	struct tg_fixed_course *course;
	struct tg_fixed_plan *plan;
	char *start, *end;

	tg_framer_row(&c->framer, frame, &c->row);
	if (TG_UNLIKELY(c->fill) && is_filler(c, frame)) {
		c->fillers++;
		return TG_OK;
	}
	if (TG_UNLIKELY(!kind || !tg_fixed_length_fits(kind, &c->row) || misplaced(c, kind)))
		return reject(c, frame, at, w, err);
	course = &c->course[kind - c->layout.kind];
	plan = &course->plan;
	if (kind->emit) {
		struct tg_output *out = tg_source_output(w);

		if (c->setup->provenance)
			make_source(c, at);
		start = tg_output_room(out, plan->most + c->row.source.n + 1);
		end = tg_fixed_emit(plan, &c->row, start);
		if (TG_UNLIKELY(!end))
			return reject(c, frame, at, w, err);
		*end++ = '\n';
		tg_output_commit(out, (size_t)(end - start));
		c->emitted++;
	} else {
		struct tg_str record = plan->record;

		c->row.source = plan->record = TG_STR_NONE;
		end = tg_fixed_emit(plan, &c->row, c->aside.p);
		plan->record = record;
		if (TG_UNLIKELY(!end))
			return reject(c, frame, at, w, err);
		keep_aside(c, kind, tg_str_from(c->aside.p, (size_t)(end - c->aside.p)));
	}
	course->seen++;
	c->before = kind;
	return TG_LIKELY(!c->tally) ? TG_OK : count(c, kind, at, err);
}

/* A record that was too long to be looked at was sent all the same: it counts. */
static void count_lost(struct tg_fixed_converter *c, const struct tg_fixed_kind *kind)
{
	uint32_t k = (uint32_t)(kind - c->layout.kind);

	salvage(c, kind, false);
	c->course[k].seen++;
	c->before = kind;
	if (!c->tally)
		return;
	tg_fixed_tally_add(c->tally, k, &c->row);
	c->blind |= tg_fixed_tally_judges(c->tally, k);
}

/* A record that is longer than --max-record, where lines do not end records. */
static enum tg_status reject_long(struct tg_fixed_converter *c, const struct tg_frame *frame,
				  const struct tg_place *at, struct tg_work *w,
				  struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;

	tg_buffer_printf(&message, "has %zu bytes, and at most %llu are taken", frame->text.n,
			 (unsigned long long)c->max);
	tg_fault_add(
		w, &(struct tg_fault){ .pointer = TG_STR(""), .message = tg_buffer_str(&message) });
	tg_source_reject(w, "too-long", frame->text, at);
	if (frame->kind)
		count_lost(c, frame->kind);
	return tg_source_status(w, err);
}

/* A byte order mark of UTF-8 is no part of the first record. One of UTF-16 says that nothing here can be right. */
static enum tg_status take_mark(struct tg_fixed_converter *c, struct tg_str bytes, bool last,
				struct tg_place *at, size_t *taken, struct tg_error *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	const struct tg_charset *set = c->layout.set;
	bool looked = set->ascii_based && set->character[0xef] == UINT32_MAX &&
		      c->layout.framing == TG_FRAMING_LINES;
	size_t n = bytes.n < 3 ? bytes.n : 3;

	if (looked && !last && n < 3 && memcmp(bytes.p, mark, n) == 0)
		return TG_OK;
	c->begun = true;
	if (!looked)
		return TG_OK;
	if (tg_str_starts(bytes, TG_STR("\xff\xfe")) || tg_str_starts(bytes, TG_STR("\xfe\xff")))
		return tg_fail_code(
			err, TG_DATA, "fixed-encoding",
			"%.*s%sbegins with the byte order mark of UTF-16: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)",
			TG_STR_ARG(at->file), at->file.p ? " " : "the input ");
	if (n < 3 || memcmp(bytes.p, mark, 3) != 0)
		return TG_OK;
	*taken = 3;
	at->offset += 3;
	return TG_OK;
}

static void pass(struct tg_place *at, size_t *taken, size_t n)
{
	*taken += n;
	at->offset += n;
}

static enum tg_status take_records(struct tg_fixed_converter *c, struct tg_str bytes, bool last,
				   struct tg_place *at, struct tg_work *w, size_t *taken,
				   struct tg_error *err)
{
	enum tg_status st = TG_OK;

	while (!st && *taken < bytes.n) {
		struct tg_str rest = tg_str_after(bytes, *taken);
		struct tg_frame frame;

		switch (tg_framer_find(&c->framer, rest, last, &frame, err)) {
		case TG_FRAME_MORE:
		case TG_FRAME_LONG:
			c->huge = rest.n > c->max ? tg_framer_kind(&c->framer, rest) : NULL;
			return TG_OK;
		case TG_FRAME_BROKEN:
			return where(c, at, err);
		case TG_FRAME_NOTHING:
			at->line += c->layout.framing == TG_FRAMING_LINES;
			pass(at, taken, frame.before + frame.text.n + frame.behind);
			continue;
		case TG_FRAME_RECORD:
			break;
		}
		pass(at, taken, frame.before);
		if (TG_UNLIKELY(frame.text.n > c->max))
			st = reject_long(c, &frame, at, w, err);
		else
			st = take_record(c, &frame, at, w, err);
		at->line++;
		pass(at, taken, frame.text.n + frame.behind);
	}
	return st;
}

enum tg_status tg_fixed_take(struct tg_fixed_converter *c, struct tg_str bytes, bool last,
			     struct tg_place *at, struct tg_work *w, size_t *taken,
			     struct tg_error *err)
{
	enum tg_status st = TG_OK;

	*taken = 0;
	if (!c->begun)
		st = take_mark(c, bytes, last, at, taken, err);
	if (st || !c->begun)
		return st;
	if (c->blind)
		return unreadable("too-long", err);
	c->emitted = 0;
	st = take_records(c, bytes, last, at, w, taken, err);
	tg_source_emitted(w, c->emitted);
	return st;
}

void tg_fixed_resume(struct tg_fixed_converter *c, const struct tg_place *at)
{
	(void)at;
	c->begun = true;
	if (c->huge)
		count_lost(c, c->huge);
	c->huge = NULL;
}

/*
 * The end
 */

/* How many records of each kind there were: {"H":1,"D":2}. */
static void put_numbers(const struct tg_fixed_converter *c, struct tg_buffer *json)
{
	tg_buffer_putc(json, '{');
	for (size_t i = 0; i < c->layout.kinds; i++) {
		tg_buffer_puts(json, i ? "," : "");
		tg_json_put_string(json, c->layout.kind[i].tag);
		tg_buffer_putc(json, ':');
		tg_buffer_put_u64(json, c->course[i].seen);
	}
	tg_buffer_putc(json, '}');
}

/* The last record of each kind that does not come out: {"header":{...},"trailer":{...}}; false: there is none. */
static bool put_asides(const struct tg_fixed_converter *c, struct tg_buffer *json)
{
	const char *comma = "";

	tg_buffer_putc(json, '{');
	for (size_t i = 0; i < c->layout.kinds; i++) {
		if (c->course[i].last.n == 0)
			continue;
		tg_buffer_puts(json, comma);
		tg_json_put_string(json, c->layout.kind[i].label);
		tg_buffer_putc(json, ':');
		tg_buffer_put_str(json, tg_buffer_str(&c->course[i].last));
		comma = ",";
	}
	tg_buffer_putc(json, '}');
	return *comma;
}

/* What the run log is told of the file, and of those before it. */
static void tell(struct tg_fixed_converter *c)
{
	TG_OWN(tg_buffer_release) struct tg_buffer numbers = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer asides = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer trailer = TG_BUFFER_INIT;

	if (c->layout.tagged) {
		put_numbers(c, &numbers);
		tg_setup_meta(c->setup, "records_by_tag", tg_buffer_str(&numbers));
	}
	if (put_asides(c, &asides) && c->told.n + asides.n < TOLD) {
		tg_buffer_puts(&c->told, c->files++ ? "," : "");
		tg_buffer_put_str(&c->told, tg_buffer_str(&asides));
		tg_buffer_clear(&asides);
		tg_buffer_puts(&asides, c->files > 1 ? "[" : "");
		tg_buffer_put_str(&asides, tg_buffer_str(&c->told));
		tg_buffer_puts(&asides, c->files > 1 ? "]" : "");
		tg_setup_meta(c->setup, "records", tg_buffer_str(&asides));
	}
	if (!c->tally)
		return;
	tg_buffer_putc(&trailer, '{');
	if (tg_fixed_tally_put_trailer(c->tally, &trailer)) {
		tg_buffer_putc(&trailer, '}');
		tg_setup_meta(c->setup, "trailer", tg_buffer_str(&trailer));
	}
}

enum tg_status tg_fixed_end(struct tg_fixed_converter *c, const struct tg_place *at,
			    struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer label = TG_BUFFER_INIT;

	if (c->blind)
		return unreadable("too-long", err);
	if (c->tally)
		tg_fixed_tally_end(c->tally);
	for (size_t i = 0; i < c->layout.kinds; i++) {
		const struct tg_fixed_kind *kind = &c->layout.kind[i];

		if (c->course[i].seen >= kind->min)
			continue;
		tg_utf8_put_safe(&label, kind->label, 40);
		return tg_fail_code(
			err, TG_DATA, "fixed-control",
			"%.*s: there are %llu records of %.*s where there must be at least %llu: was the file cut off?",
			TG_STR_ARG(at->file.p ? at->file : TG_STR("the input")),
			(unsigned long long)c->course[i].seen, TG_STR_ARG(tg_buffer_str(&label)),
			(unsigned long long)kind->min);
	}
	tell(c);
	return TG_OK;
}

#include "common/fixed/layout.h"

#include "common/base/utf8.h"
#include "common/digest/digest.h"
#include "common/fixed/read.h"
#include "common/io/input.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

enum {
	LENGTH_MAX = 1 << 24,
	LAYOUT_MAX = 16 << 20, /* bytes of a file with a layout */
	KINDS_MAX = 4096,
};

enum key {
	LAYOUT,
	LENGTH,
	FRAMING,
	SHORT,
	ENCODING,
	UNIT,
	TAG,
	RECORDS,
	FIELDS,
	AS,
	FILL,
	CONTROL,
	KEYS,
};

static const struct tg_str key_name[KEYS] = {
	[LAYOUT] = { "layout", 6 }, [LENGTH] = { "length", 6 },	    [FRAMING] = { "framing", 7 },
	[SHORT] = { "short", 5 },   [ENCODING] = { "encoding", 8 }, [UNIT] = { "unit", 4 },
	[TAG] = { "tag", 3 },	    [RECORDS] = { "records", 7 },   [FIELDS] = { "fields", 6 },
	[AS] = { "as", 2 },	    [FILL] = { "fill", 4 },	    [CONTROL] = { "control", 7 },
};

enum record_key { R_LENGTH, R_AS, R_FIELDS, R_EMIT, R_AFTER, R_MIN, R_MAX, R_KEYS };

static const struct tg_str record_key_name[R_KEYS] = {
	[R_LENGTH] = { "length", 6 }, [R_AS] = { "as", 2 },	  [R_FIELDS] = { "fields", 6 },
	[R_EMIT] = { "emit", 4 },     [R_AFTER] = { "after", 5 }, [R_MIN] = { "min", 3 },
	[R_MAX] = { "max", 3 },
};

/* The keys of the contract and of the layout's own file, where there is one. */
struct top {
	const struct tg_span *span;
	const struct tg_span *v[KEYS];
};

/*
 * A file of its own
 */

/* Beside the contract. */
static struct tg_str beside(const struct tg_fixed_reading *r, struct tg_str name)
{
	const char *path = r->contract->path, *slash = path ? strrchr(path, '/') : NULL;

	if (!slash || (name.n && name.p[0] == '/'))
		return tg_arena_copy(r->arena, name);
	return tg_arena_format(r->arena, "%.*s%.*s", (int)(slash - path + 1), path,
			       TG_STR_ARG(name));
}

/* The contract's digest does not cover the file, so the run log is told which one it was. */
static enum tg_status log_file(struct tg_fixed_reading *r, struct tg_str name, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	char sha256[TG_SHA256_HEX + 1];
	enum tg_status st = tg_digest_of(text, sha256, r->err);

	if (st)
		return tg_within(r->err, "for what the run log is told about the layout");
	tg_buffer_puts(&json, "{\"file\":");
	tg_json_put_string(&json, name);
	tg_json_put_member(&json, "sha256", tg_str_of(sha256));
	tg_buffer_putc(&json, '}');
	tg_setup_meta(r->setup, "layout", tg_buffer_str(&json));
	return TG_OK;
}

static enum tg_status open_file(struct tg_fixed_reading *r, const struct tg_span *value)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_contract *file = tg_arena_take(r->arena, sizeof(*file));
	struct tg_error why = TG_ERROR_INIT;
	struct tg_str name = TG_STR_NONE;
	enum tg_status st = tg_fixed_read_string(r, value, &name);

	if (st)
		return st;
	if (name.n == 0 || memchr(name.p, '\0', name.n))
		return TG_LAYOUT_FAULT(r, value, "must name a file");
	name = beside(r, name);
	st = tg_input_slurp(&text, name.p, LAYOUT_MAX, &why);
	if (!st)
		st = tg_document_parse(&file->document, tg_buffer_str(&text), r->arena, &why);
	if (st == TG_NO_INPUT || st == TG_DATA || st == TG_CONFIG)
		return TG_LAYOUT_FAULT(r, value, "cannot read the layout %s: %s", name.p, why.text);
	if (st) {
		*r->err = why;
		return st;
	}
	file->path = name.p;
	r->doc = file;
	return r->setup->program ? log_file(r, name, tg_buffer_str(&text)) : TG_OK;
}

/*
 * The file as a whole
 */

static enum tg_status read_framing(struct tg_fixed_reading *r, const struct tg_span *value)
{
	static const char *const word[] = { "lines", "fixed", "rdw", "rdw-bdw", NULL };
	unsigned framing = r->layout->framing;
	enum tg_status st = tg_fixed_read_choice(r, value, word, &framing);

	r->layout->framing = (enum tg_fixed_framing)framing;
	return st;
}

static enum tg_status read_short(struct tg_fixed_reading *r, const struct tg_span *value)
{
	static const char *const word[] = { "reject", "pad", NULL };
	unsigned pad = r->layout->pad_short;
	enum tg_status st = tg_fixed_read_choice(r, value, word, &pad);

	r->layout->pad_short = pad != 0;
	return st;
}

/* Of both documents, the contract's first, which then counts. */
static enum tg_status read_file_keys(struct tg_fixed_reading *r, const struct top *top, bool first)
{
	enum tg_status st = TG_OK;
	bool set = r->layout->set != NULL;

	if (first || r->layout->framing == TG_FRAMING_LINES)
		st = read_framing(r, top->v[FRAMING]);
	if (!st && (first || !r->layout->pad_short))
		st = read_short(r, top->v[SHORT]);
	if (!st && !set)
		st = tg_fixed_read_set(r, top->v[ENCODING], &r->layout->set);
	return st;
}

static enum tg_status read_unit(struct tg_fixed_reading *r, const struct top *top)
{
	static const char *const word[] = { "bytes", "characters", NULL };
	unsigned characters = 0;
	enum tg_status st = tg_fixed_read_choice(r, top->v[UNIT], word, &characters);

	r->layout->characters = characters != 0;
	if (st || !characters)
		return st;
	if (!r->layout->set->utf8)
		return TG_LAYOUT_FAULT(
			r, top->v[UNIT],
			"characters need \"encoding\": \"utf-8\"; in other encodings each is a byte");
	if (r->layout->framing != TG_FRAMING_LINES)
		return TG_LAYOUT_FAULT(r, top->v[UNIT], "characters need \"framing\": \"lines\"");
	return TG_OK;
}

static enum tg_status read_tag(struct tg_fixed_reading *r, const struct tg_span *value)
{
	static const struct tg_str name[] = { { "at", 2 }, { "width", 5 } };
	const struct tg_span *v[TG_COUNT(name)];
	uint64_t at = 1, width = 1;
	enum tg_status st;

	if (!value)
		return TG_OK;
	st = tg_fixed_collect(r, value, "tag", name, v, TG_COUNT(name));
	if (!st && (!v[0] || !v[1]))
		st = TG_LAYOUT_FAULT(r, value, "must be {\"at\": 1, \"width\": 1}");
	if (!st)
		st = tg_fixed_read_number(r, v[0], 1, LENGTH_MAX, &at);
	if (!st)
		st = tg_fixed_read_number(r, v[1], 1, 256, &width);
	r->layout->tagged = true;
	r->layout->tag_at = (uint32_t)at - 1;
	r->layout->tag_width = (uint32_t)width;
	return st;
}

/*
 * Kinds of records
 */

static bool is_any(const struct tg_fixed_kind *kind)
{
	return tg_str_is(kind->tag, "*");
}

static enum tg_status read_tag_of(struct tg_fixed_reading *r, struct tg_fixed_kind *kind)
{
	TG_OWN(tg_buffer_release) struct tg_buffer bytes = TG_BUFFER_INIT;
	const struct tg_fixed_layout *l = r->layout;
	struct tg_str text;
	size_t units;

	if (is_any(kind)) {
		kind->any = true;
		return TG_OK;
	}
	if (!tg_charset_encode(l->set, kind->tag, r->arena, &text))
		return TG_LAYOUT_FAULT(r, kind->span,
				       "its tag has a character that the encoding has not");
	units = l->characters ? tg_utf8_count(text) : text.n;
	if (units == 0 || units > l->tag_width)
		return TG_LAYOUT_FAULT(r, kind->span, "its tag does not have the tag's width, %u",
				       (unsigned)l->tag_width);
	tg_buffer_put_str(&bytes, text);
	for (; units < l->tag_width; units++)
		tg_buffer_putc(&bytes, (char)l->set->blank);
	kind->tag_bytes = tg_arena_copy(r->arena, tg_buffer_str(&bytes));
	return TG_OK;
}

static uint32_t end_of(const struct tg_fixed_field *f)
{
	return f->at + f->width * (f->occurs ? f->occurs : 1);
}

/* A list of a varying number that ends the record, and that nothing reads in another way. */
static void find_tail(struct tg_fixed_kind *kind)
{
	for (size_t i = 0; i < kind->fields; i++) {
		const struct tg_fixed_field *f = &kind->field[i];

		if (f->depends && end_of(f) == kind->length && !f->redefines)
			kind->tail = f;
	}
	for (size_t i = 0; kind->tail && i < kind->fields; i++)
		if (&kind->field[i] != kind->tail && end_of(&kind->field[i]) > kind->tail->at)
			kind->tail = NULL;
}

/* Names that the program itself gives members. */
static enum tg_status no_name_of_ours(struct tg_fixed_reading *r, const struct tg_fixed_kind *kind)
{
	const struct tg_fixed_field *f = NULL;

	if (kind->as.p)
		f = tg_fixed_field_find(kind->field, kind->fields, TG_STR("record"));
	if (!f && r->setup->provenance)
		f = tg_fixed_field_find(kind->field, kind->fields, TG_STR("_source"));
	if (!f)
		return TG_OK;
	return TG_LAYOUT_FAULT(
		r, f->span, "is called \"%.*s\", which is what %s", TG_STR_ARG(f->name),
		kind->as.p && tg_str_is(f->name, "record") ? "says of which kind a record is"
							   : "--provenance adds");
}

static enum tg_status check_kind(struct tg_fixed_reading *r, struct tg_fixed_kind *kind)
{
	struct tg_fixed_layout *l = r->layout;

	if (kind->length == 0)
		return TG_LAYOUT_FAULT(r, kind->span, "has neither fields nor a length");
	if (l->tagged && l->tag_at + l->tag_width > kind->length)
		return TG_LAYOUT_FAULT(r, kind->span, "is too short to hold its tag");
	if (l->framing >= TG_FRAMING_RDW && kind->length > 32756)
		return TG_LAYOUT_FAULT(
			r, kind->span,
			"is longer than a record descriptor word can say, which is 32756");
	if (kind->length > l->longest)
		l->longest = kind->length;
	find_tail(kind);
	return no_name_of_ours(r, kind);
}

static enum tg_status read_kind(struct tg_fixed_reading *r, const struct tg_span *span,
				const struct tg_span *top_length, struct tg_fixed_kind *kind)
{
	const struct tg_span *v[R_KEYS];
	uint64_t length = 0;
	enum tg_status st = tg_fixed_collect(r, span, "a record", record_key_name, v, R_KEYS);

	kind->span = span;
	kind->emit = true;
	kind->max = UINT64_MAX;
	kind->as = kind->tag;
	if (!st && r->layout->tagged)
		st = read_tag_of(r, kind);
	if (!st)
		st = tg_fixed_read_string(r, v[R_AS], &kind->as);
	kind->label = kind->as;
	if (!st)
		st = tg_fixed_read_flag(r, v[R_EMIT], &kind->emit);
	if (!st)
		st = tg_fixed_read_number(r, v[R_MIN], 0, UINT64_MAX, &kind->min);
	kind->min_given = v[R_MIN] != NULL;
	if (!st)
		st = tg_fixed_read_number(r, v[R_MAX], 0, UINT64_MAX, &kind->max);
	if (!st && kind->min > kind->max)
		st = TG_LAYOUT_FAULT(r, v[R_MIN], "is more than max");
	if (!st)
		st = tg_fixed_read_number(r, top_length, 1, LENGTH_MAX, &length);
	if (!st)
		st = tg_fixed_read_number(r, v[R_LENGTH], 1, LENGTH_MAX, &length);
	kind->length = (uint32_t)length;
	if (st)
		return st;
	if (v[R_FIELDS])
		st = tg_fixed_read_fields(r, kind, v[R_FIELDS]);
	else if (kind->emit)
		st = TG_LAYOUT_FAULT(
			r, span,
			"has no fields; one that is to be passed over says \"emit\": false");
	return st ? st : check_kind(r, kind);
}

/* Once all kinds are known: tags, and "" for the start of the file. */
static enum tg_status read_after(struct tg_fixed_reading *r, struct tg_fixed_kind *kind)
{
	const struct tg_span *after =
		tg_member_find(&r->doc->document, kind->span, TG_STR("after"));
	const struct tg_span *item = NULL;
	size_t kinds = r->layout->kinds, n = 0;
	enum tg_status st = TG_OK;

	if (!after)
		return TG_OK;
	kind->after = tg_arena_array(r->arena, kinds + 1, sizeof(*kind->after));
	for (; !st && (item = tg_fixed_next(r, after, item)); n++) {
		uint32_t before = (uint32_t)kinds;

		if (item->kind != TG_STRING || item->n)
			st = tg_fixed_read_kind(r, item, &before);
		kind->after[before] |= !st;
	}
	if (n == 0)
		kind->after[kinds] = true;
	return st;
}

static enum tg_status read_records(struct tg_fixed_reading *r, const struct top *top)
{
	const struct tg_span *span = r->doc->document.span, *records = top->v[RECORDS];
	struct tg_fixed_layout *l = r->layout;
	enum tg_status st = TG_OK;
	size_t n;

	if (records->kind != TG_OBJECT || (n = tg_fixed_count(r, records)) == 0)
		return TG_LAYOUT_FAULT(r, records, "must be an object with a record for each tag");
	if (n > KINDS_MAX)
		return TG_LAYOUT_FAULT(r, records, "has more than %d records", KINDS_MAX);
	if (!l->tagged && n > 1)
		return TG_LAYOUT_FAULT(
			r, records,
			"there are several, and no \"tag\" that says where a record tells which it is");
	l->kind = tg_arena_array(r->arena, n, sizeof(*l->kind));
	for (uint32_t k = (uint32_t)(records - span) + 1; !st && k < records->next;
	     k = span[k + 1].next) {
		struct tg_fixed_kind *kind = &l->kind[l->kinds++];

		kind->tag = tg_fixed_text(r, &span[k]);
		st = read_kind(r, &span[k + 1], top->v[LENGTH], kind);
		if (kind->any)
			l->any = kind;
		for (size_t i = 0; !st && l->tagged && !kind->any && i + 1 < l->kinds; i++)
			if (tg_str_eq(l->kind[i].tag_bytes, kind->tag_bytes))
				st = TG_LAYOUT_FAULT(r, &span[k + 1], "is the same tag as another");
	}
	for (size_t i = 0; !st && i < l->kinds; i++)
		st = read_after(r, &l->kind[i]);
	return st;
}

/* One kind of record, whose fields stand at the top. */
static enum tg_status read_single(struct tg_fixed_reading *r, const struct top *top)
{
	struct tg_fixed_layout *l = r->layout;
	struct tg_fixed_kind *kind = tg_arena_array(r->arena, 1, sizeof(*kind));
	uint64_t length = 0;
	enum tg_status st;

	if (l->tagged)
		return TG_LAYOUT_FAULT(r, top->v[TAG],
				       "says which record it is, and there are no \"records\"");
	l->kind = kind;
	l->kinds = 1;
	kind->span = top->span;
	kind->emit = true;
	kind->max = UINT64_MAX;
	st = tg_fixed_read_string(r, top->v[AS], &kind->as);
	kind->label = kind->as.p ? kind->as : TG_STR("record");
	if (!st)
		st = tg_fixed_read_number(r, top->v[LENGTH], 1, LENGTH_MAX, &length);
	kind->length = (uint32_t)length;
	if (!st)
		st = tg_fixed_read_fields(r, kind, top->v[FIELDS]);
	return st ? st : check_kind(r, kind);
}

static enum tg_status check_framing(struct tg_fixed_reading *r, const struct top *top)
{
	const struct tg_fixed_layout *l = r->layout;

	if (l->framing == TG_FRAMING_LINES && !l->set->ascii_based)
		return TG_LAYOUT_FAULT(
			r, top->span,
			"an encoding that is not like ASCII has no LF that could end a line: \"framing\" must be fixed or rdw (line ends that are there can be a filler)");
	if (l->framing == TG_FRAMING_FIXED && l->pad_short)
		return TG_LAYOUT_FAULT(r, top->v[SHORT] ? top->v[SHORT] : top->span,
				       "records of fixed framing cannot be short");
	for (size_t i = 0; l->framing == TG_FRAMING_FIXED && l->any && i < l->kinds; i++)
		if (l->kind[i].length != l->any->length)
			return TG_LAYOUT_FAULT(
				r, l->any->span,
				"records of which nobody knows what they are must all be of one length: nothing else tells where they end");
	return TG_OK;
}

/* The length that a record of an unknown kind has when nothing but lengths says where records end. */
static enum tg_status read_rest(struct tg_fixed_reading *r, const struct top *top)
{
	struct tg_fixed_layout *l = r->layout;
	enum tg_status st;

	if (top->v[RECORDS] && (top->v[FIELDS] || top->v[AS]))
		return TG_LAYOUT_FAULT(r, top->v[FIELDS] ? top->v[FIELDS] : top->v[AS],
				       "belongs to a layout without \"records\"");
	if (!top->v[RECORDS] && !top->v[FIELDS])
		return TG_LAYOUT_FAULT(r, top->span, "has neither \"fields\" nor \"records\"");
	st = top->v[RECORDS] ? read_records(r, top) : read_single(r, top);
	if (!st)
		st = check_framing(r, top);
	if (!st && top->v[CONTROL])
		st = tg_fixed_read_control(r, top->v[CONTROL]);
	if (!st) {
		st = tg_fixed_read_string(r, top->v[FILL], &l->fill);
		l->fill_span = top->v[FILL];
	}
	return st;
}

static enum tg_status read_top(struct tg_fixed_reading *r, const struct tg_span *fixed)
{
	struct top top = { .span = fixed };
	enum tg_status st = tg_fixed_collect(r, fixed, "x-fixed", key_name, top.v, KEYS);

	if (!st)
		st = read_file_keys(r, &top, true);
	if (!st && top.v[LAYOUT]) {
		for (unsigned k = 0; k < KEYS; k++)
			if (top.v[k] && k != LAYOUT && k != FRAMING && k != SHORT && k != ENCODING)
				return TG_LAYOUT_FAULT(
					r, top.v[k],
					"stands in the layout's own file; beside it there can be framing, encoding and short");
		st = open_file(r, top.v[LAYOUT]);
		if (st)
			return st;
		top.span = r->doc->document.span;
		st = tg_fixed_collect(r, top.span, "a layout", key_name, top.v, KEYS);
		if (!st && top.v[LAYOUT])
			st = TG_LAYOUT_FAULT(r, top.v[LAYOUT], "one file cannot lead to another");
		if (!st)
			st = read_file_keys(r, &top, false);
	}
	if (!st && !r->layout->set)
		st = tg_charset_open(&r->layout->set, TG_STR("ascii"), r->arena, r->err);
	r->layout->document = r->doc;
	if (!st)
		st = read_unit(r, &top);
	if (!st)
		st = read_tag(r, top.v[TAG]);
	return st ? st : read_rest(r, &top);
}

enum tg_status tg_fixed_layout_read(struct tg_fixed_layout *layout,
				    const struct tg_contract *contract,
				    const struct tg_setup *setup, struct tg_error *err)
{
	struct tg_fixed_reading r = {
		.layout = layout,
		.doc = contract,
		.contract = contract,
		.setup = setup,
		.arena = setup->arena,
		.err = err,
	};
	const struct tg_record *doc = &contract->document;
	const struct tg_span *fixed = tg_member_find(doc, doc->span, TG_STR("x-fixed"));

	*layout = (struct tg_fixed_layout){ .framing = TG_FRAMING_LINES };
	if (!fixed)
		return tg_fail(err, TG_CONFIG,
			       "the contract %s has no x-fixed, which says where the fields are",
			       contract->path);
	return read_top(&r, fixed);
}

#include "common/schema/registry.h"

#include "common/io/input.h"
#include "common/io/walk.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/scan.h"
#include "common/schema/meta.h"

enum { FILE_MAX = 256 << 20 }; /* bytes; as of a contract */

struct file {
	struct tg_str uri; /* by where it lies */
	const char *path;
	struct tg_record document;
};

struct tg_registry {
	struct file *file;
	size_t files,
		room; /* the array is the arena's too: it doubles, and what it was stays until the end */
	const struct tg_setup *setup;
	struct tg_error *err;
};

/* Bytes of a path that a URI has as they are (RFC 3986, 3.3); the others become %XX. */
static bool is_path_byte(unsigned char c)
{
	return tg_digit(c) || (unsigned char)((c | 0x20) - 'a') < 26 ||
	       (c && strchr("-._~/!$&'()*+,;=:@", c));
}

static struct tg_str uri_of(struct tg_registry *r, struct tg_str base, struct tg_str path,
			    bool folder)
{
	TG_OWN(tg_buffer_release) struct tg_buffer uri = TG_BUFFER_INIT;

	tg_buffer_put_str(&uri, base);
	if (base.n && folder && !tg_str_ends(base, TG_STR("/")))
		tg_buffer_putc(&uri, '/');
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (is_path_byte(c))
			tg_buffer_putc(&uri, (char)c);
		else
			tg_buffer_printf(&uri, "%%%02X", c);
	}
	return tg_arena_copy(r->setup->arena, tg_buffer_str(&uri));
}

/* Where it is named by itself it must be a schema; among others in a folder it may be something else. */
static enum tg_status add_file(struct tg_registry *r, const char *path, struct tg_str uri,
			       bool named)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct file file = { .uri = uri, .path = path };
	enum tg_status st = tg_input_slurp(&text, path, FILE_MAX, r->err);
	enum tg_kind kind;

	if (!st)
		st = tg_document_parse(&file.document, tg_buffer_str(&text), r->setup->arena,
				       r->err);
	if (st) {
		if (st == TG_NO_INPUT || st == TG_DATA)
			r->err->status = st = TG_CONFIG;
		(void)tg_within(r->err, "for --schemas: %s", path);
		return st;
	}
	kind = (enum tg_kind)file.document.span[0].kind;
	if (kind != TG_OBJECT && kind != TG_TRUE && kind != TG_FALSE) {
		if (!named)
			return TG_OK;
		return tg_fail(r->err, TG_CONFIG,
			       "for --schemas: %s: a schema is an object, or true or false", path);
	}
	if (r->files == r->room) {
		struct file *more;

		r->room = r->room ? r->room * 2 : 16;
		more = tg_arena_array(r->setup->arena, r->room, sizeof(*more));
		if (r->files)
			memcpy(more, r->file, r->files * sizeof(*more));
		r->file = more;
	}
	r->file[r->files++] = file;
	return TG_OK;
}

/* What stands before '=' where it is a URI; the rest is a path. */
static struct tg_str cut_uri(struct tg_str *item)
{
	const char *equals = memchr(item->p, '=', item->n);
	const char *colon = memchr(item->p, ':', item->n);
	struct tg_str uri = TG_STR("");

	if (!equals || !colon || colon > equals || colon == item->p)
		return uri;
	for (const char *p = item->p; p < colon; p++) {
		bool letter = (unsigned char)((*p | 0x20) - 'a') < 26;

		if (!letter &&
		    (p == item->p || !(tg_digit((unsigned char)*p) || strchr("+-.", *p))))
			return uri;
	}
	uri = tg_str_from(item->p, (size_t)(equals - item->p));
	*item = tg_str_after(*item, uri.n + 1);
	if (tg_str_ends(uri, TG_STR("#")))
		uri.n--;
	return uri;
}

static struct tg_str base_name(struct tg_str path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? tg_str_after(path, (size_t)(slash - path.p) + 1) : path;
}

static enum tg_status add_item(struct tg_registry *r, struct tg_str item)
{
	struct tg_arena *arena = r->setup->arena;
	struct tg_str uri = cut_uri(&item);
	struct tg_str path = tg_arena_copy(arena, item);
	struct tg_walk walk;
	enum tg_status st;

	if (path.n == 0)
		return tg_fail(r->err, TG_USAGE, "--schemas: expected [URI=]PATH");
	st = tg_walk(&walk, path.p, TG_STR(".json"), arena, r->err);
	if (st) {
		if (st == TG_NO_INPUT || st == TG_DATA)
			r->err->status = st = TG_CONFIG;
		(void)tg_within(r->err, "for --schemas");
		return st;
	}
	if (!walk.folder)
		return add_file(r, path.p,
				uri.n ? uri : uri_of(r, TG_STR(""), base_name(path), false), true);
	for (size_t i = 0; !st && i < walk.n; i++) {
		struct tg_str full = tg_arena_format(arena, "%.*s%s%.*s", TG_STR_ARG(path),
						     tg_str_ends(path, TG_STR("/")) ? "" : "/",
						     TG_STR_ARG(walk.path[i]));

		st = add_file(r, full.p, uri_of(r, uri, walk.path[i], true), false);
	}
	return st;
}

enum tg_status tg_registry_open(struct tg_registry **registry, const struct tg_list *schemas,
				const struct tg_setup *setup, struct tg_error *err)
{
	struct tg_registry *r = tg_arena_take(setup->arena, sizeof(*r));
	enum tg_status st = TG_OK;

	*registry = r;
	r->setup = setup;
	r->err = err;
	for (size_t i = 0; !st && i < schemas->n; i++)
		st = add_item(r, schemas->item[i]);
	return st;
}

/*
 * Joining
 */

struct joiner {
	struct tg_buffer text;
	struct tg_span *span;
	struct tg_contract_part *part;
	uint32_t spans, span_room, parts, part_room;
	struct tg_error *err;
};

static void release(struct joiner *j)
{
	tg_buffer_release(&j->text);
	tg_free(j->span);
	tg_free(j->part);
}

static enum tg_status add_part(struct joiner *j, const struct tg_record *doc,
			       struct tg_contract_part part)
{
	if (j->text.n + doc->text.n > UINT32_MAX - TG_SLACK ||
	    (uint64_t)j->spans + doc->spans > UINT32_MAX)
		return tg_fail(j->err, TG_CONFIG,
			       "contract and --schemas are larger than 4 GiB together");
	if (j->span_room - j->spans < doc->spans) {
		j->span_room =
			j->spans * 2 < j->spans + doc->spans ? j->spans + doc->spans : j->spans * 2;
		j->span = tg_resize_array(j->span, j->span_room, sizeof(*j->span));
	}
	if (j->parts == j->part_room) {
		j->part_room = j->part_room ? j->part_room * 2 : 16;
		j->part = tg_resize_array(j->part, j->part_room, sizeof(*j->part));
	}
	part.first = j->spans;
	part.end = j->spans + doc->spans;
	part.text = j->text.n;
	for (uint32_t i = 0; i < doc->spans; i++) {
		struct tg_span span = doc->span[i];

		span.at += (uint32_t)part.text;
		span.next += part.first;
		j->span[j->spans++] = span;
	}
	tg_buffer_put_str(&j->text, doc->text);
	tg_buffer_putc(&j->text, '\n');
	j->part[j->parts++] = part;
	return TG_OK;
}

/* What the URIs of a draft's meta-schemas hold, and hardly another text. */
static struct tg_str token_of(enum tg_draft draft)
{
	static const struct tg_str token[TG_DRAFTS] = {
		{ "draft-04", 8 }, { "draft-06", 8 }, { "draft-07", 8 },
		{ "2019-09", 7 },  { "2020-12", 7 },
	};

	return token[draft];
}

static bool names(struct tg_str text, struct tg_str token)
{
	return memmem(text.p, text.n, token.p, token.n) != NULL;
}

/* The meta-schemas that anything so far may lead to; each leads to those of its own draft only. */
static enum tg_status add_metas(struct joiner *j, struct tg_str own, const bool *always)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = NULL;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	const char *text_end = j->text.p + j->text.n;
	struct tg_str before = { j->text.p, (size_t)(own.p - j->text.p) };
	struct tg_str behind = { own.p + own.n, (size_t)(text_end - (own.p + own.n)) };
	bool wanted[TG_DRAFTS];
	size_t n;
	const struct tg_meta *meta = tg_meta_all(&n);

	for (unsigned d = 0; d < TG_DRAFTS; d++)
		wanted[d] = always[d] || names(before, token_of((enum tg_draft)d)) ||
			    names(behind, token_of((enum tg_draft)d));
	for (size_t i = 0; i < n; i++) {
		struct tg_record doc = { .source = 0 };
		enum tg_status st;

		if (!wanted[meta[i].draft])
			continue;
		if (!scanner)
			scanner = tg_scanner_new();
		text.n = 0;
		(void)tg_buffer_room(&text, strlen(meta[i].text) + TG_SLACK);
		for (const char *p = meta[i].text; *p; p++)
			text.p[text.n++] = (char)(*p == '\'' ? '"' : *p);
		TG_BUG_IF(tg_scan(scanner, tg_buffer_str(&text), &doc) != TG_SCAN_OK);
		st = add_part(j, &doc, (struct tg_contract_part){ .uri = tg_str_of(meta[i].uri) });
		if (st)
			return st;
	}
	return TG_OK;
}

/* The contract's "$schema", which names a meta-schema without leading there. */
static struct tg_str own_schema(const struct joiner *j, const struct tg_contract *c)
{
	const struct tg_span *value =
		tg_member_find(&c->document, c->document.span, TG_STR("$schema"));

	return value ? tg_str_from(j->text.p + value->at, value->n) : tg_str_from(j->text.p, 0);
}

enum tg_status tg_registry_join(struct tg_contract *joined, const struct tg_contract *c,
				const struct tg_registry *registry, enum tg_draft draft,
				bool wanted, struct tg_arena *arena, struct tg_error *err)
{
	bool always[TG_DRAFTS] = { false };
	TG_OWN(release) struct joiner j = { .err = err };
	struct tg_contract_part *part;
	struct tg_span *span;
	enum tg_status st =
		add_part(&j, &c->document,
			 (struct tg_contract_part){ .path = c->path,
						    .uri = tg_arena_copy(arena, TG_STR("")) });

	always[draft] = wanted;
	for (size_t i = 0; !st && registry && i < registry->files; i++) {
		const struct file *f = &registry->file[i];

		st = add_part(&j, &f->document,
			      (struct tg_contract_part){ .uri = f->uri, .path = f->path });
	}
	if (!st)
		st = add_metas(&j, own_schema(&j, c), always);
	if (st)
		return st;
	*joined = *c;
	joined->document.text = tg_arena_copy(arena, tg_buffer_str(&j.text));
	joined->document.spans = j.spans;
	joined->document.span = span = tg_arena_array(arena, j.spans, sizeof(*span));
	memcpy(span, j.span, j.spans * sizeof(*span));
	joined->part = part = tg_arena_array(arena, j.parts, sizeof(*part));
	memcpy(part, j.part, j.parts * sizeof(*part));
	joined->parts = j.parts;
	return TG_OK;
}

#include "common/schema/layout.h"

#include "common/base/utf8.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/schema/uri.h"

enum {
	CHAIN_MAX = 8, /* meta-schemas of meta-schemas */
	MANY = 32, /* members from which on an object gets a table when a reference goes through it */
};

/* Doubles an array of the arena when it is full. */
static void *grown(struct tg_arena *arena, void *old, uint32_t n, uint32_t *room, size_t size)
{
	void *new;

	if (n < *room)
		return old;
	*room = n ? n * 2 : 4;
	new = tg_arena_array(arena, *room, size);
	if (n)
		memcpy(new, old, n * size);
	return new;
}

/*
 * Indexes
 */

static uint32_t index_find(const struct tg_index *index, struct tg_str text)
{
	return index->room ? tg_names_find(&index->names, text) : TG_NAMES_NONE;
}

/* Text must live as long, with TG_SLACK bytes behind it. What is there stays. */
static uint32_t index_add(struct tg_layout *l, struct tg_index *index, struct tg_str text,
			  uint32_t value)
{
	if (index->names.n == index->room) {
		struct tg_names old = index->names;
		size_t slots = index->room ? (size_t)(UINT64_MAX >> old.shift) + 1 : 0;

		index->room = index->room ? index->room * 4 : 16;
		tg_names_init(&index->names, index->room, l->arena);
		for (size_t i = 0; i < slots; i++)
			if (old.slot[i].value != TG_NAMES_NONE)
				(void)tg_names_add(&index->names, old.slot[i].text,
						   old.slot[i].value);
	}
	return tg_names_add(&index->names, text, value);
}

static void put_anchor_key(struct tg_buffer *key, uint32_t resource, struct tg_str name)
{
	key->n = 0;
	tg_buffer_put_u64(key, resource);
	tg_buffer_putc(key, '#');
	tg_buffer_put_str(key, name);
	(void)tg_buffer_room(key, TG_SLACK);
}

static uint32_t find_anchor(const struct tg_layout *l, uint32_t resource, struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer key = TG_BUFFER_INIT;

	put_anchor_key(&key, resource, name);
	return index_find(&l->anchor_of, tg_buffer_str(&key));
}

static uint32_t find_uri(const struct tg_index *index, struct tg_str uri)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_buffer_put_str(&text, uri);
	(void)tg_buffer_room(&text, TG_SLACK);
	return index_find(index, tg_buffer_str(&text));
}

/*
 * Members of a schema
 */

static struct tg_str resolve(const struct tg_layout *l, struct tg_str base, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer uri = TG_BUFFER_INIT;

	tg_uri_resolve(&uri, base, text);
	return tg_arena_copy(l->arena, tg_buffer_str(&uri));
}

static const struct tg_span *member_of(const struct tg_layout *l, uint32_t at, struct tg_str name)
{
	return tg_member_find(&l->c->document, &l->c->document.span[at], name);
}

static struct tg_str string_of(const struct tg_layout *l, uint32_t at, struct tg_str keyword,
			       const struct tg_span **value)
{
	*value = member_of(l, at, keyword);
	if (!*value || (*value)->kind != TG_STRING)
		return TG_STR_NONE;
	return tg_text_get(l->arena, &l->c->document, *value);
}

static struct tg_str id_keyword(const struct tg_dialect *dialect)
{
	return dialect->draft == TG_DRAFT_4 ? TG_STR("id") : TG_STR("$id");
}

/* Before 2019-09 a reference makes its siblings mean nothing. */
static bool is_bare_reference(const struct tg_layout *l, uint32_t at,
			      const struct tg_dialect *dialect)
{
	const struct tg_span *ref;

	if (dialect->draft >= TG_DRAFT_2019)
		return false;
	ref = member_of(l, at, TG_STR("$ref"));
	return ref && ref->kind == TG_STRING;
}

/*
 * Dialects
 */

static enum tg_status unknown_dialect(const struct tg_layout *l, const struct tg_span *schema,
				      struct tg_str uri, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	const struct tg_str *near = tg_draft_nearest(uri);

	if (tg_str_starts(uri, TG_STR("http://json-schema.org/draft-03/schema")))
		return tg_contract_fault(
			l->c, schema, err,
			"draft 3 is not supported; 4, 6, 7, 2019-09 and 2020-12 are");
	tg_utf8_put_safe(&safe, uri, 200);
	if (near)
		return tg_contract_fault(l->c, schema, err,
					 "%.*s is no meta-schema that is known; did you mean %.*s?",
					 TG_STR_ARG(tg_buffer_str(&safe)), TG_STR_ARG(*near));
	return tg_contract_fault(
		l->c, schema, err,
		"%.*s is no meta-schema that is known; give the file with it by --schemas",
		TG_STR_ARG(tg_buffer_str(&safe)));
}

static enum tg_status read_vocabularies(const struct tg_layout *l, const struct tg_span *map,
					struct tg_dialect *dialect, struct tg_error *err)
{
	const struct tg_record *doc = &l->c->document;

	dialect->vocabulary = TG_VOCABULARY_CORE;
	for (uint32_t k = (uint32_t)(map - doc->span) + 1; k < map->next;
	     k = doc->span[k + 1].next) {
		TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
		struct tg_str uri = tg_text_get(l->arena, doc, &doc->span[k]);
		bool asserts;
		unsigned bits = tg_vocabulary_of_uri(uri, &asserts);

		dialect->vocabulary |= bits;
		/* 2020-12 has a vocabulary for it; in 2019-09 it is the one of formats where it is required. */
		dialect->asserts_format |= asserts || ((bits & TG_VOCABULARY_FORMAT) &&
						       dialect->draft == TG_DRAFT_2019 &&
						       doc->span[k + 1].kind == TG_TRUE);
		if (bits || doc->span[k + 1].kind != TG_TRUE)
			continue;
		tg_utf8_put_safe(&safe, uri, 200);
		return tg_contract_fault(l->c, &doc->span[k + 1], err,
					 "the vocabulary %.*s is required, and not known here",
					 TG_STR_ARG(tg_buffer_str(&safe)));
	}
	return TG_OK;
}

enum tg_status tg_layout_dialect(struct tg_layout *l, const struct tg_span *schema,
				 struct tg_dialect *dialect, struct tg_error *err)
{
	const struct tg_span *value = schema, *vocabulary = NULL;
	enum tg_draft draft;

	for (unsigned i = 0;; i++) {
		struct tg_str uri = tg_text_get(l->arena, &l->c->document, value);
		uint32_t part;

		if (tg_draft_of_uri(uri, &draft))
			break;
		if (tg_str_ends(uri, TG_STR("#")))
			uri.n--;
		if (i == CHAIN_MAX || !tg_layout_part(l, uri, &part))
			return unknown_dialect(l, value, uri, err);
		if (i == 0)
			vocabulary = member_of(l, l->c->part[part].first, TG_STR("$vocabulary"));
		value = member_of(l, l->c->part[part].first, TG_STR("$schema"));
		if (!value || value->kind != TG_STRING) { /* it says no more than we were told */
			draft = l->given.draft;
			break;
		}
	}
	*dialect = tg_dialect_of(draft);
	if (vocabulary && vocabulary->kind == TG_OBJECT && draft >= TG_DRAFT_2019)
		return read_vocabularies(l, vocabulary, dialect, err);
	return TG_OK;
}

/*
 * Identities
 */

static bool same_document(const struct tg_layout *l, uint32_t a, uint32_t b)
{
	return tg_str_eq(tg_span_raw(&l->c->document, &l->c->document.span[a]),
			 tg_span_raw(&l->c->document, &l->c->document.span[b]));
}

static enum tg_status name_resource(struct tg_layout *l, uint32_t resource, struct tg_str uri,
				    const struct tg_span *value, struct tg_error *err)
{
	struct tg_resource *r = &l->resource[resource], *known;
	uint32_t got = index_add(l, &l->resource_of, uri, resource);
	const struct tg_contract_part *part = l->c->part;

	if (got == resource)
		return TG_OK;
	known = &l->resource[got];
	if (known->at == r->at) /* looked through before, when a reference led here */
		return TG_OK;
	/* The same file twice, the contract itself in the folder, or a meta-schema of one's own. */
	if (known->part != r->part && (same_document(l, known->at, r->at) || !part[r->part].path))
		return TG_OK;
	if (r->part == 0)
		return tg_contract_fault(l->c, value, err,
					 "two schemas of this document have this $id");
	/* In another document it is no fault until a reference leads there. */
	if (!known->rival)
		known->rival = r->at;
	return TG_OK;
}

static enum tg_status begin_resource(struct tg_layout *l, uint32_t at, uint32_t part,
				     struct tg_str uri, const struct tg_dialect *dialect,
				     const struct tg_span *value, struct tg_error *err)
{
	l->resource =
		grown(l->arena, l->resource, l->resources, &l->resource_room, sizeof(*l->resource));
	l->resource[l->resources] =
		(struct tg_resource){ .uri = uri, .at = at, .part = part, .dialect = *dialect };
	l->spot[at].resource = l->resources++;
	return name_resource(l, l->spot[at].resource, uri, value, err);
}

static enum tg_status add_anchor(struct tg_layout *l, uint32_t at, struct tg_str name,
				 const struct tg_span *value, bool dynamic, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer key = TG_BUFFER_INIT;
	uint32_t resource = l->spot[at].resource, known;

	put_anchor_key(&key, resource, name);
	known = index_find(&l->anchor_of, tg_buffer_str(&key));
	if (known != TG_NAMES_NONE) {
		if (l->anchor[known].at != at && l->resource[resource].part == 0)
			return tg_contract_fault(l->c, value, err,
						 "the anchor stands twice in its resource");
		l->anchor[known].twice |= l->anchor[known].at != at;
		l->anchor[known].dynamic |= dynamic;
		return TG_OK;
	}
	(void)index_add(l, &l->anchor_of, tg_arena_copy(l->arena, tg_buffer_str(&key)), l->anchors);
	l->anchor = grown(l->arena, l->anchor, l->anchors, &l->anchor_room, sizeof(*l->anchor));
	l->anchor[l->anchors++] = (struct tg_anchor){ name, resource, at, dynamic, false };
	return TG_OK;
}

static enum tg_status add_anchors(struct tg_layout *l, uint32_t at,
				  const struct tg_dialect *dialect, struct tg_error *err)
{
	const struct tg_span *value;
	struct tg_str name = string_of(l, at, TG_STR("$anchor"), &value);
	enum tg_status st = TG_OK;

	if (dialect->draft < TG_DRAFT_2019)
		return TG_OK;
	if (name.p)
		st = add_anchor(l, at, name, value, false, err);
	if (st)
		return st;
	if (dialect->draft == TG_DRAFT_2019) {
		value = member_of(l, at, TG_STR("$recursiveAnchor"));
		if (value && value->kind == TG_TRUE && l->resource[l->spot[at].resource].at == at)
			st = add_anchor(l, at, TG_STR(""), value, true, err);
		return st;
	}
	name = string_of(l, at, TG_STR("$dynamicAnchor"), &value);
	return name.p ? add_anchor(l, at, name, value, true, err) : TG_OK;
}

/* The dialect of a schema that may be a resource of its own. */
static struct tg_dialect dialect_of(struct tg_layout *l, uint32_t at, bool root,
				    const struct tg_span **stranger)
{
	struct tg_dialect dialect = root ? l->given : *tg_layout_dialect_at(l, at), named;
	const struct tg_span *schema = member_of(l, at, TG_STR("$schema"));
	struct tg_error why = TG_ERROR_INIT;

	*stranger = NULL;
	if (!schema || schema->kind != TG_STRING || (at == 0 && l->whatever))
		return dialect;
	if (tg_layout_dialect(l, schema, &named, &why)) {
		*stranger = schema;
		return dialect;
	}
	return named;
}

/* Beside a reference $id changes no base, but a document that says it is known by it all the same: generators write such roots. */
static enum tg_status name_bare_root(struct tg_layout *l, uint32_t at, struct tg_str base,
				     struct tg_error *err)
{
	const struct tg_span *value;
	struct tg_str id = string_of(l, at, id_keyword(tg_layout_dialect_at(l, at)), &value);
	struct tg_str uri = id.n ? resolve(l, base, id) : base;

	if (tg_str_eq(uri, base))
		return TG_OK;
	return name_resource(l, l->spot[at].resource, uri, value, err);
}

/*
 * One schema: whether a resource begins here, and its anchors. part: of which it is the root, else UINT32_MAX.
 */
static enum tg_status identify(struct tg_layout *l, uint32_t at, uint32_t part,
			       struct tg_error *err)
{
	const struct tg_span *value = &l->c->document.span[at], *stranger;
	bool root = part != UINT32_MAX;
	struct tg_dialect dialect = dialect_of(l, at, root, &stranger);
	struct tg_str id = TG_STR_NONE, base, uri;
	struct tg_uri split;
	enum tg_status st = TG_OK;

	if (!is_bare_reference(l, at, &dialect))
		id = string_of(l, at, id_keyword(&dialect), &value);
	if (!id.p)
		value = &l->c->document.span[at];
	split = tg_uri_split(id);
	if (id.p && split.fragment.p)
		id.n = (size_t)(split.fragment.p - id.p) - 1;
	base = root ? l->c->part[part].uri : l->resource[l->spot[at].resource].uri;
	uri = id.n ? resolve(l, base, id) : base;
	if (!root && !id.n)
		dialect = *tg_layout_dialect_at(l, at); /* $schema counts where a resource begins */
	if (root || id.n)
		st = begin_resource(l, at, root ? part : l->resource[l->spot[at].resource].part,
				    uri, &dialect, value, err);
	if (!st && (root || id.n))
		l->resource[l->spot[at].resource].stranger = stranger;
	if (!st && root && !tg_str_eq(uri, base) && l->c->part[part].path)
		st = name_resource(l, l->spot[at].resource, base, value, err);
	if (!st && root && is_bare_reference(l, at, &dialect))
		st = name_bare_root(l, at, base, err);
	if (!st && split.fragment.n > 0)
		st = add_anchor(l, at, split.fragment, value, false, err);
	return st ? st : add_anchors(l, at, &dialect, err);
}

/*
 * Places
 */

static void inherit(struct tg_layout *l, uint32_t child, uint32_t parent, enum tg_holds holds,
		    uint32_t keyword)
{
	l->spot[child] = (struct tg_spot){ (uint8_t)holds, l->spot[parent].resource, keyword };
}

static void spread_schema(struct tg_layout *l, uint32_t at)
{
	const struct tg_record *doc = &l->c->document;
	const struct tg_span *span = doc->span;
	const struct tg_dialect *dialect = tg_layout_dialect_at(l, at);
	bool bare = is_bare_reference(l, at, dialect);

	for (uint32_t k = at + 1; k < span[at].next; k = span[k + 1].next) {
		struct tg_str name = tg_text_get(l->arena, doc, &span[k]);

		/* What stands beside a bare reference means nothing, but is where references like to go. */
		if (bare && !tg_str_is(name, "definitions") && !tg_str_is(name, "$defs"))
			continue;
		inherit(l, k + 1, at, tg_keyword_holds(l->keywords, name, &span[k + 1], dialect),
			k);
	}
}

static enum tg_status add(struct tg_layout *l, uint32_t at, uint32_t part, struct tg_error *err)
{
	const struct tg_span *span = l->c->document.span;
	uint32_t end = span[at].next;

	l->spot[at].holds = TG_HOLDS_SCHEMA;
	/* Spans stand in the order of the text: a parent comes before what it holds. */
	for (uint32_t i = at; i < end; i++) {
		enum tg_holds holds = (enum tg_holds)l->spot[i].holds;
		bool root = i == at && part != UINT32_MAX;

		if (holds == TG_HOLDS_SCHEMA && (span[i].kind == TG_OBJECT || root)) {
			enum tg_status st = identify(l, i, root ? part : UINT32_MAX, err);

			if (st)
				return st;
		}
		if (holds == TG_HOLDS_SCHEMA && span[i].kind == TG_OBJECT)
			spread_schema(l, i);
		else if (holds == TG_HOLDS_LIST && span[i].kind == TG_ARRAY)
			for (uint32_t k = i + 1; k < span[i].next; k = span[k].next)
				inherit(l, k, i, TG_HOLDS_SCHEMA, l->spot[i].keyword);
		else if (holds == TG_HOLDS_MAP && span[i].kind == TG_OBJECT)
			for (uint32_t k = i + 1; k < span[i].next; k = span[k + 1].next)
				inherit(l, k + 1, i, TG_HOLDS_SCHEMA, l->spot[i].keyword);
	}
	return TG_OK;
}

enum tg_status tg_layout_add(struct tg_layout *l, uint32_t at, uint32_t resource,
			     struct tg_error *err)
{
	l->spot[at].resource = resource;
	return add(l, at, UINT32_MAX, err);
}

/* The documents by their URIs, before anything is known of what is in them: a $schema may lead to any. */
static void index_parts(struct tg_layout *l)
{
	for (uint32_t i = 0; i < l->c->parts; i++) {
		const struct tg_contract_part *part = &l->c->part[i];
		const struct tg_span *value;

		(void)index_add(l, &l->part_of, part->uri, i);
		for (unsigned k = 0; k < 2; k++) {
			struct tg_str id =
				string_of(l, part->first, k ? TG_STR("id") : TG_STR("$id"), &value);

			if (id.n)
				(void)index_add(l, &l->part_of, resolve(l, part->uri, id), i);
		}
	}
}

enum tg_status tg_layout_init(struct tg_layout *l, const struct tg_contract *c,
			      const struct tg_keyword_table *keywords, struct tg_dialect given,
			      bool whatever, struct tg_arena *arena, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	*l = (struct tg_layout){
		.c = c, .arena = arena, .keywords = keywords, .given = given, .whatever = whatever
	};
	l->spot = tg_arena_array(arena, c->document.spans, sizeof(*l->spot));
	index_parts(l);
	for (uint32_t i = 0; !st && i < c->parts; i++) {
		st = add(l, c->part[i].first, i, err);
		/* Other documents that do not say are of the contract's dialect. */
		if (i == 0 && !st)
			l->given = l->resource[0].dialect;
	}
	return st;
}

bool tg_layout_part(const struct tg_layout *l, struct tg_str uri, uint32_t *part)
{
	*part = find_uri(&l->part_of, uri);
	return *part != TG_NAMES_NONE;
}

/*
 * References
 */

static enum tg_status nothing(const struct tg_layout *l, const struct tg_span *reference,
			      struct tg_str text, const char *why, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_utf8_put_safe(&safe, text, 200);
	return tg_contract_fault(l->c, reference, err, "%.*s %s", TG_STR_ARG(tg_buffer_str(&safe)),
				 why);
}

/* No document of that URI: what it would take. */
static enum tg_status no_document(const struct tg_layout *l, const struct tg_span *reference,
				  struct tg_str text, struct tg_str uri, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT, whole = TG_BUFFER_INIT;

	tg_utf8_put_safe(&safe, text, 200);
	tg_utf8_put_safe(&whole, uri, 200);
	if (!tg_uri_split(uri).scheme.p)
		return tg_contract_fault(
			l->c, reference, err,
			"%.*s leads to a document that is not known, and nothing is fetched: give its file, or the folder that %.*s is in, with --schemas",
			TG_STR_ARG(tg_buffer_str(&safe)), TG_STR_ARG(tg_buffer_str(&whole)));
	return tg_contract_fault(
		l->c, reference, err,
		"%.*s leads to a document that is not known, and nothing is fetched: give it with --schemas FILE where its $id is %.*s, else with --schemas %.*s=FILE",
		TG_STR_ARG(tg_buffer_str(&safe)), TG_STR_ARG(tg_buffer_str(&whole)),
		TG_STR_ARG(tg_buffer_str(&whole)));
}

static enum tg_status two_documents(const struct tg_layout *l, const struct tg_span *reference,
				    uint32_t resource, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer first = TG_BUFFER_INIT, other = TG_BUFFER_INIT;
	const struct tg_resource *r = &l->resource[resource];
	struct tg_error a = TG_ERROR_INIT, b = TG_ERROR_INIT;

	/* "PATH:LINE:COLUMN: ..." of both */
	(void)tg_contract_fault(l->c, &l->c->document.span[r->at], &a, "%s", "");
	(void)tg_contract_fault(l->c, &l->c->document.span[r->rival], &b, "%s", "");
	tg_utf8_put_safe(&first, tg_str_of(a.text), 200);
	tg_utf8_put_safe(&other, tg_str_of(b.text), 200);
	return tg_contract_fault(
		l->c, reference, err, "leads to two different schemas of one URI: %.*sand %.*s",
		TG_STR_ARG(tg_buffer_str(&first)), TG_STR_ARG(tg_buffer_str(&other)));
}

static const struct tg_span *large_member(struct tg_layout *l, const struct tg_span *object,
					  struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer key = TG_BUFFER_INIT;
	const struct tg_record *doc = &l->c->document;
	const struct tg_span *span = doc->span;
	uint32_t at = (uint32_t)(object - span), i, value;

	tg_buffer_put_u64(&key, at);
	(void)tg_buffer_room(&key, TG_SLACK);
	i = index_find(&l->map_of, tg_buffer_str(&key));
	if (i == TG_NAMES_NONE) {
		size_t n = 0;

		for (uint32_t k = at + 1; k < object->next; k = span[k + 1].next)
			n++;
		l->map = grown(l->arena, l->map, l->maps, &l->map_room, sizeof(*l->map));
		i = l->maps++;
		tg_names_init(&l->map[i], n, l->arena);
		for (uint32_t k = at + 1; k < object->next; k = span[k + 1].next)
			(void)tg_names_add(&l->map[i], tg_text_get(l->arena, doc, &span[k]), k + 1);
		(void)index_add(l, &l->map_of, tg_arena_copy(l->arena, tg_buffer_str(&key)), i);
	}
	value = tg_names_find(&l->map[i], name);
	return value == TG_NAMES_NONE ? NULL : &span[value];
}

/* tg_contract_find of one step after the other, so that a contract of many references into a large map stays linear. */
static const struct tg_span *find_place(struct tg_layout *l, uint32_t at, struct tg_str fragment)
{
	const struct tg_span *found = &l->c->document.span[at];

	while (fragment.n > 0 && found) {
		const char *slash = memchr(fragment.p + 1, '/', fragment.n - 1);
		size_t n = slash ? (size_t)(slash - fragment.p) : fragment.n;
		struct tg_str step = tg_str_from(fragment.p, n);
		bool plain = !memchr(step.p, '%', n) && !memchr(step.p, '~', n);

		if (plain && found->kind == TG_OBJECT &&
		    found->next - (uint32_t)(found - l->c->document.span) > MANY * 2) {
			struct tg_str name = tg_arena_copy(l->arena, tg_str_after(step, 1));

			found = large_member(l, found, name);
		} else {
			found = tg_contract_find(l->c, found, step);
		}
		fragment = tg_str_after(fragment, n);
	}
	return found;
}

enum tg_status tg_layout_resolve(struct tg_layout *l, uint32_t from,
				 const struct tg_span *reference, uint32_t *at, uint32_t *resource,
				 struct tg_str *name, struct tg_error *err)
{
	const struct tg_span *span = l->c->document.span;
	struct tg_str text = tg_text_get(l->arena, &l->c->document, reference);
	struct tg_str fragment = tg_uri_split(text).fragment, uri;
	const struct tg_span *found;
	uint32_t anchor;

	*name = TG_STR_NONE;
	uri = resolve(l, l->resource[l->spot[from].resource].uri, text);
	*resource = index_find(&l->resource_of, uri);
	if (*resource == TG_NAMES_NONE)
		return no_document(l, reference, text, uri, err);
	if (l->resource[*resource].rival)
		return two_documents(l, reference, *resource, err);
	*at = l->resource[*resource].at;
	if (fragment.n == 0)
		return TG_OK;
	if (fragment.p[0] == '/') {
		found = find_place(l, *at, fragment);
		if (!found)
			return nothing(l, reference, text, "points to nothing", err);
		*at = (uint32_t)(found - span);
		if (l->spot[*at].holds == TG_HOLDS_SCHEMA)
			*resource = l->spot[*at].resource;
		return TG_OK;
	}
	anchor = find_anchor(l, *resource, fragment);
	if (anchor == TG_NAMES_NONE)
		return nothing(l, reference, text, "points to no anchor", err);
	if (l->anchor[anchor].twice)
		return nothing(l, reference, text, "points to an anchor that stands twice", err);
	*at = l->anchor[anchor].at;
	*name = l->anchor[anchor].name;
	return TG_OK;
}

bool tg_layout_dynamic(const struct tg_layout *l, uint32_t resource, struct tg_str name,
		       uint32_t *at)
{
	uint32_t anchor = find_anchor(l, resource, name);

	if (anchor == TG_NAMES_NONE || !l->anchor[anchor].dynamic)
		return false;
	*at = l->anchor[anchor].at;
	return true;
}

#include "common/schema/layout.h"

#include "common/base/utf8.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/schema/uri.h"

void tg_layout_init(struct tg_layout *l, const struct tg_contract *c, struct tg_arena *arena)
{
	*l = (struct tg_layout){ .c = c, .arena = arena };
	l->spot = tg_arena_array(arena, c->document.spans, sizeof(*l->spot));
}

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

static struct tg_str resolve(const struct tg_layout *l, struct tg_str base, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer uri = TG_BUFFER_INIT;

	tg_uri_resolve(&uri, base, text);
	return tg_arena_copy(l->arena, tg_buffer_str(&uri));
}

static struct tg_str string_of(const struct tg_layout *l, uint32_t at, struct tg_str keyword,
			       const struct tg_span **value)
{
	*value = tg_member_find(&l->c->document, &l->c->document.span[at], keyword);
	if (!*value || (*value)->kind != TG_STRING)
		return TG_STR_NONE;
	return tg_text_get(l->arena, &l->c->document, *value);
}

static enum tg_status begin_resource(struct tg_layout *l, uint32_t at, struct tg_str uri,
				     const struct tg_span *value, struct tg_error *err)
{
	for (uint32_t i = 0; i < l->resources; i++)
		if (tg_str_eq(l->resource[i].uri, uri))
			return tg_contract_fault(l->c, value, err,
						 "two schemas of the contract have this $id");
	l->resource =
		grown(l->arena, l->resource, l->resources, &l->resource_room, sizeof(*l->resource));
	l->resource[l->resources] = (struct tg_resource){ uri, at };
	l->spot[at].resource = l->resources++;
	return TG_OK;
}

static enum tg_status add_anchor(struct tg_layout *l, uint32_t at, struct tg_str keyword,
				 bool dynamic, struct tg_error *err)
{
	const struct tg_span *value;
	struct tg_str name = string_of(l, at, keyword, &value);
	uint32_t resource = l->spot[at].resource;

	if (!name.p)
		return TG_OK;
	for (uint32_t i = 0; i < l->anchors; i++)
		if (l->anchor[i].resource == resource && l->anchor[i].at != at &&
		    tg_str_eq(l->anchor[i].name, name))
			return tg_contract_fault(l->c, value, err,
						 "the anchor stands twice in its resource");
	l->anchor = grown(l->arena, l->anchor, l->anchors, &l->anchor_room, sizeof(*l->anchor));
	l->anchor[l->anchors++] = (struct tg_anchor){ name, resource, at, dynamic };
	return TG_OK;
}

static enum tg_status identify(struct tg_layout *l, uint32_t at, struct tg_error *err)
{
	const struct tg_span *value;
	struct tg_str id = string_of(l, at, TG_STR("$id"), &value);
	enum tg_status st = TG_OK;

	if (id.p && (l->resources == 0 || l->resource[l->spot[at].resource].at != at)) {
		struct tg_str base =
			l->resources ? l->resource[l->spot[at].resource].uri : TG_STR("");
		struct tg_uri uri = tg_uri_split(id);

		if (uri.fragment.n > 0)
			return tg_contract_fault(
				l->c, value, err,
				"has a fragment; $anchor names a place within a schema");
		st = begin_resource(l, at, resolve(l, base, id), value, err);
	} else if (l->resources == 0) {
		st = begin_resource(l, at, TG_STR(""), &l->c->document.span[at], err);
	}
	if (!st)
		st = add_anchor(l, at, TG_STR("$anchor"), false, err);
	if (!st)
		st = add_anchor(l, at, TG_STR("$dynamicAnchor"), true, err);
	return st;
}

static void inherit(struct tg_layout *l, uint32_t child, uint32_t parent, enum tg_holds holds,
		    uint32_t keyword)
{
	l->spot[child] = (struct tg_spot){ (uint8_t)holds, l->spot[parent].resource, keyword };
}

enum tg_status tg_layout_add(struct tg_layout *l, uint32_t at, uint32_t resource,
			     struct tg_error *err)
{
	const struct tg_record *doc = &l->c->document;
	const struct tg_span *span = doc->span;
	uint32_t end = span[at].next;

	l->spot[at].holds = TG_HOLDS_SCHEMA;
	l->spot[at].resource = resource;
	/* Spans stand in the order of the text: a parent comes before what it holds. */
	for (uint32_t i = at; i < end; i++) {
		enum tg_holds holds = (enum tg_holds)l->spot[i].holds;

		if (holds == TG_HOLDS_SCHEMA && (span[i].kind == TG_OBJECT || l->resources == 0)) {
			enum tg_status st = identify(l, i, err);

			if (st)
				return st;
		}
		if (holds == TG_HOLDS_SCHEMA && span[i].kind == TG_OBJECT)
			for (uint32_t k = i + 1; k < span[i].next; k = span[k + 1].next)
				inherit(l, k + 1, i,
					tg_contract_holds(tg_text_get(l->arena, doc, &span[k]),
							  &span[k + 1]),
					k);
		else if (holds == TG_HOLDS_LIST && span[i].kind == TG_ARRAY)
			for (uint32_t k = i + 1; k < span[i].next; k = span[k].next)
				inherit(l, k, i, TG_HOLDS_SCHEMA, l->spot[i].keyword);
		else if (holds == TG_HOLDS_MAP && span[i].kind == TG_OBJECT)
			for (uint32_t k = i + 1; k < span[i].next; k = span[k + 1].next)
				inherit(l, k + 1, i, TG_HOLDS_SCHEMA, l->spot[i].keyword);
	}
	return TG_OK;
}

static enum tg_status nothing(const struct tg_layout *l, const struct tg_span *reference,
			      struct tg_str text, const char *why, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

	tg_utf8_put_safe(&safe, text, 200);
	return tg_contract_fault(l->c, reference, err, "%.*s %s", TG_STR_ARG(tg_buffer_str(&safe)),
				 why);
}

static bool find_resource(const struct tg_layout *l, struct tg_str uri, uint32_t *resource)
{
	for (uint32_t i = 0; i < l->resources; i++) {
		if (tg_str_eq(l->resource[i].uri, uri)) {
			*resource = i;
			return true;
		}
	}
	return false;
}

enum tg_status tg_layout_resolve(const struct tg_layout *l, uint32_t from,
				 const struct tg_span *reference, uint32_t *at, uint32_t *resource,
				 struct tg_str *name, struct tg_error *err)
{
	const struct tg_span *span = l->c->document.span;
	struct tg_str text = tg_text_get(l->arena, &l->c->document, reference);
	struct tg_str fragment = tg_uri_split(text).fragment;
	const struct tg_span *found;

	*name = TG_STR_NONE;
	if (!find_resource(l, resolve(l, l->resource[l->spot[from].resource].uri, text), resource))
		return nothing(l, reference, text,
			       "is not in this contract, and other documents are not supported yet",
			       err);
	*at = l->resource[*resource].at;
	if (fragment.n == 0)
		return TG_OK;
	if (fragment.p[0] == '/') {
		found = tg_contract_find(l->c, &span[*at], fragment);
		if (!found)
			return nothing(l, reference, text, "points to nothing", err);
		*at = (uint32_t)(found - span);
		if (l->spot[*at].holds == TG_HOLDS_SCHEMA)
			*resource = l->spot[*at].resource;
		return TG_OK;
	}
	for (uint32_t i = 0; i < l->anchors; i++) {
		if (l->anchor[i].resource == *resource && tg_str_eq(l->anchor[i].name, fragment)) {
			*at = l->anchor[i].at;
			*name = l->anchor[i].name;
			return TG_OK;
		}
	}
	return nothing(l, reference, text, "points to no anchor", err);
}

bool tg_layout_dynamic(const struct tg_layout *l, uint32_t resource, struct tg_str name,
		       uint32_t *at)
{
	for (uint32_t i = 0; i < l->anchors; i++) {
		if (l->anchor[i].dynamic && l->anchor[i].resource == resource &&
		    tg_str_eq(l->anchor[i].name, name)) {
			*at = l->anchor[i].at;
			return true;
		}
	}
	return false;
}

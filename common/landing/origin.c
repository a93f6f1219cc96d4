#include "common/landing/origin.h"

#include "common/io/identity.h"
#include "common/json/text.h"

static struct tg_str text_of(const json_t *v)
{
	return json_is_string(v) ? tg_str_from(json_string_value(v), json_string_length(v))
				 : TG_STR_NONE;
}

static struct tg_str number_of(const json_t *v, struct tg_arena *arena)
{
	return json_is_integer(v) ? tg_arena_format(arena, "%lld", (long long)json_integer_value(v))
				  : TG_STR_NONE;
}

static struct tg_str base_name(struct tg_str path)
{
	size_t at = path.n;

	while (at && path.p[at - 1] != '/')
		at--;
	return at < path.n ? tg_str_after(path, at) : TG_STR_NONE;
}

/* The base name of the one file that a stage reads; none: it reads a pipe, or several files. */
static struct tg_str file_of(const struct tg_upstream_stage *stage)
{
	struct tg_identity id;
	const json_t *in = json_object_get(stage->start, "in");

	if (json_is_array(in) && json_array_size(in) == 1)
		in = json_array_get(in, 0);
	if (!in || !tg_identity_read(text_of(in), &id) || id.kind != TG_IDENTITY_FILE)
		return TG_STR_NONE;
	return base_name(id.path);
}

static const json_t *meta_of(const struct tg_upstream_stage *stage, const char *name)
{
	return json_object_get(json_object_get(stage->finish, "meta"), name);
}

/* What a file is called behind csv2json, json2csv and their like, whatever it was called before; NULL: as it was. */
static const char *converted_to(const struct tg_upstream_stage *stage)
{
	if (tg_str_ends(stage->tool, TG_STR("2json")))
		return ".jsonl";
	return tg_str_ends(stage->tool, TG_STR("2csv")) ? ".csv" : NULL;
}

static bool ends_without_case(struct tg_str s, const char *with)
{
	size_t n = strlen(with);

	return s.n > n && tg_str_distance(tg_str_after(s, s.n - n), tg_str_from(with, n), 0) == 0;
}

static bool strip(struct tg_str *name, const char *const *suffix)
{
	for (; *suffix; suffix++) {
		if (ends_without_case(*name, *suffix)) {
			name->n -= strlen(*suffix);
			return true;
		}
	}
	return false;
}

static struct tg_str converted(struct tg_str name, const char *to, struct tg_arena *arena)
{
	static const char *const wrapping[] = { ".gz", ".zst", ".pgp", ".gpg", ".asc", NULL };
	static const char *const table[] = { ".csv", ".tsv", ".txt", ".jsonl", NULL };

	while (strip(&name, wrapping))
		;
	strip(&name, table);
	return tg_arena_format(arena, "%.*s%s", TG_STR_ARG(name), to);
}

/*
 * The nearest stage that found out a name knows what it hands on is called; else it is called like the file that the first stage
 * read. The nearest converter says what it is by now.
 */
static struct tg_str name_of(const struct tg_upstream *up, struct tg_str own,
			     struct tg_arena *arena)
{
	const char *to = NULL;

	for (size_t i = 0; i < up->stages; i++) {
		struct tg_str name = text_of(meta_of(&up->stage[i], "name"));

		if (name.n)
			return to ? converted(name, to, arena) : name;
		if (!to)
			to = converted_to(&up->stage[i]);
	}
	if (up->stages)
		own = file_of(&up->stage[up->stages - 1]);
	return own.n && to ? converted(own, to, arena) : own;
}

/* What the stage nearest to the beginning says. */
static struct tg_str first_said(const struct tg_upstream *up, const char *name)
{
	for (size_t i = up->stages; i > 0; i--) {
		struct tg_str s = text_of(meta_of(&up->stage[i - 1], name));

		if (s.n)
			return s;
	}
	return TG_STR_NONE;
}

static void put_json(struct tg_buffer *out, const char *name, const json_t *v)
{
	TG_OWN(tg_free_pointer) char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;

	if (!text)
		return;
	tg_json_put_name(out, name);
	tg_buffer_puts(out, text);
}

static void put_stage(struct tg_buffer *out, const struct tg_upstream_stage *stage)
{
	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "tool", stage->tool);
	tg_json_put_member(out, "version", text_of(json_object_get(stage->start, "version")));
	put_json(out, "records", json_object_get(stage->finish, "records"));
	put_json(out, "dropped", json_object_get(stage->finish, "dropped"));
	put_json(out, "rejected", json_object_get(stage->finish, "rejected"));
	tg_buffer_putc(out, '}');
}

static struct tg_str stages_of(const struct tg_upstream *up, struct tg_arena *arena)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	if (!up->stages)
		return TG_STR_NONE;
	for (size_t i = up->stages; i > 0; i--) {
		tg_buffer_putc(&b, b.n ? ',' : '[');
		put_stage(&b, &up->stage[i - 1]);
	}
	tg_buffer_putc(&b, ']');
	return tg_arena_copy(arena, tg_buffer_str(&b));
}

/* Of the stage nearest to the beginning: what is behind it was made of what it read. */
static struct tg_str replay_of(const struct tg_upstream *up, struct tg_arena *arena)
{
	for (size_t i = up->stages; i > 0; i--) {
		const json_t *what = meta_of(&up->stage[i - 1], "replay_of");
		TG_OWN(tg_free_pointer)
		char *text = json_is_object(what) ? json_dumps(what, JSON_COMPACT) : NULL;

		if (text)
			return tg_arena_copy(arena, tg_str_of(text));
	}
	return TG_STR_NONE;
}

static bool has_text(const json_t *list, const json_t *text)
{
	size_t i;
	json_t *element;

	json_array_foreach(list, i, element)
	{
		if (json_equal(element, text))
			return true;
	}
	return false;
}

/* Whatever any stage let pass is told, each exception once. */
static void find_exceptions(struct tg_origin *origin, const struct tg_upstream *up,
			    struct tg_arena *arena)
{
	json_t *all = json_array();

	for (size_t i = up->stages; i > 0; i--) {
		const json_t *allowed = meta_of(&up->stage[i - 1], "pgp_allowed");
		size_t j;
		json_t *one;

		origin->is_unsigned |= json_is_false(meta_of(&up->stage[i - 1], "signed"));
		json_array_foreach(allowed, j, one)
		{
			if (json_is_string(one) && !has_text(all, one))
				json_array_append(all, one);
		}
	}
	if (json_array_size(all)) {
		TG_OWN(tg_free_pointer) char *text = json_dumps(all, JSON_COMPACT);

		if (text)
			origin->pgp_allowed = tg_arena_copy(arena, tg_str_of(text));
	}
	json_decref(all);
}

/* The contract by which the nearest stage went: nobody has changed the records since. */
static void find_contract(struct tg_origin *origin, const struct tg_upstream *up,
			  struct tg_arena *arena)
{
	for (size_t i = 0; i < up->stages; i++) {
		const json_t *contract = json_object_get(up->stage[i].start, "contract");
		TG_OWN(tg_free_pointer) char *text = NULL;

		if (!json_is_object(contract))
			continue;
		text = json_dumps(contract, JSON_COMPACT);
		if (text)
			origin->contract = tg_arena_copy(arena, tg_str_of(text));
		origin->schema_version = text_of(json_object_get(contract, "version"));
		return;
	}
}

void tg_origin_find(struct tg_origin *origin, const struct tg_upstream *up, struct tg_str own,
		    struct tg_arena *arena)
{
	*origin = (struct tg_origin){
		.source = text_of(tg_upstream_meta(up, "source")),
		.entity = text_of(tg_upstream_meta(up, "entity")),
		.date = text_of(tg_upstream_meta(up, "date")),
		.name = name_of(up, own, arena),
		.source_file = up->stages ? file_of(&up->stage[up->stages - 1]) : own,
		.source_sha256 = first_said(up, "sha256"),
		.pgp_fingerprint = first_said(up, "pgp_fingerprint"),
		.signed_at = first_said(up, "signed_at"),
		.replay_of = replay_of(up, arena),
		.stages = stages_of(up, arena),
		.seq = number_of(tg_upstream_meta(up, "seq"), arena),
		.source_crc32 = text_of(tg_upstream_meta(up, "crc32")),
		.repeated = json_is_true(tg_upstream_meta(up, "duplicate")),
	};
	if (!origin->source_file.n)
		origin->source_file = first_said(up, "name");
	find_exceptions(origin, up, arena);
	find_contract(origin, up, arena);
}

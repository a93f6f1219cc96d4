#include "common/run/found.h"

#include "common/base/check.h"
#include "common/io/identity.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/run/program.h"
#include "common/run/upstream.h"

static uint64_t count_of(const struct tg_record *line, const struct tg_span *records,
			 struct tg_str name)
{
	const struct tg_span *v = tg_member_find(line, records, name);
	uint64_t n;

	return v && v->kind == TG_NUMBER && tg_read_u64(tg_span_text(line, v), &n) ? n : 0;
}

static enum tg_status look(struct tg_found *found, struct tg_str line, const char *name,
			   struct tg_arena *arena, struct tg_error *err)
{
	enum tg_status st = tg_document_parse(&found->line, line, arena, err);
	const struct tg_span *meta, *records;

	if (st)
		return tg_within(err, "in the run log");
	meta = tg_member_find(&found->line, found->line.span, TG_STR("meta"));
	records = tg_member_find(&found->line, found->line.span, TG_STR("records"));
	if (meta)
		found->value = tg_member_find(&found->line, meta, tg_str_of(name));
	if (records) {
		found->lost += count_of(&found->line, records, TG_STR("rejected"));
		found->lost += count_of(&found->line, records, TG_STR("dropped"));
	}
	return TG_OK;
}

enum tg_status tg_found(struct tg_found *found, const struct tg_setup *setup, const char *name,
			struct tg_error *err)
{
	TG_OWN(tg_upstream_release) struct tg_upstream up = { .verdict = TG_UPSTREAM_NONE };
	const struct tg_upstream_files *files;
	enum tg_status st = tg_program_judge(setup->program, &up, err);

	*found = (struct tg_found){ .value = NULL };
	files = up.files;
	for (size_t i = 0; !st && files && !found->value && i < up.stages; i++)
		if (files->lines[i].finish.n) /* a stage that nobody vouches for has none */
			st = look(found, files->lines[i].finish, name, setup->arena, err);
	return st;
}

static enum tg_status file_of(struct tg_str *path, struct tg_str start, struct tg_arena *arena,
			      struct tg_error *err)
{
	struct tg_record line;
	enum tg_status st = tg_document_parse(&line, start, arena, err);
	const struct tg_span *in;
	struct tg_identity id;

	if (st)
		return tg_within(err, "in the run log");
	in = tg_member_find(&line, line.span, TG_STR("in"));
	if (in && in->kind == TG_ARRAY)
		in = in + 1 < line.span + in->next && in[1].next == in->next ? in + 1 : NULL;
	if (in && in->kind == TG_STRING && tg_identity_read(tg_text_get(arena, &line, in), &id) &&
	    id.kind == TG_IDENTITY_FILE)
		*path = tg_arena_copy(arena, id.path);
	return TG_OK;
}

enum tg_status tg_found_file(struct tg_str *path, const struct tg_setup *setup,
			     struct tg_error *err)
{
	TG_OWN(tg_upstream_release) struct tg_upstream up = { .verdict = TG_UPSTREAM_NONE };
	const struct tg_upstream_files *files;
	enum tg_status st = tg_program_judge(setup->program, &up, err);

	*path = TG_STR_NONE;
	files = up.files;
	if (!st && files && up.stages && files->lines[up.stages - 1].start.n)
		st = file_of(path, files->lines[up.stages - 1].start, setup->arena, err);
	return st;
}

uint64_t tg_found_records(const struct tg_setup *setup)
{
	return setup->program->records_in;
}

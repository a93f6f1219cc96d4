#include "common/run/found.h"

#include "common/base/check.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
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

uint64_t tg_found_records(const struct tg_setup *setup)
{
	return setup->program->records_in;
}

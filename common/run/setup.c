#include "common/run/setup.h"

#include "common/json/text.h"
#include "common/run/program.h"

#include <sys/stat.h>
#include <unistd.h>

void tg_setup_warn(const struct tg_setup *setup, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tg_say_args(&setup->program->messages, TG_LEVEL_WARN, format, args);
	va_end(args);
}

void tg_setup_info(const struct tg_setup *setup, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tg_say_args(&setup->program->messages, TG_LEVEL_INFO, format, args);
	va_end(args);
}

bool tg_setup_given(const struct tg_setup *setup, const char *option)
{
	return tg_options_given(&setup->program->options, option);
}

struct tg_str tg_setup_run(const struct tg_setup *setup)
{
	return tg_log_run(setup->program->log);
}

struct tg_time tg_setup_clock(const struct tg_setup *setup)
{
	return setup->program->common.now.p ? setup->now : tg_time_now();
}

void tg_setup_writes(const struct tg_setup *setup, const char *what, struct tg_str path)
{
	struct tg_program *p = setup->program;

	TG_BUG_IF(p->writes_n == TG_WRITES_MAX);
	p->writes[p->writes_n++] = (struct tg_writes){ what, path };
}

void tg_setup_contract(const struct tg_setup *setup, struct tg_str file, struct tg_str sha256,
		       struct tg_str id, struct tg_str version)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_program *p = setup->program;

	tg_buffer_putc(&b, '{');
	tg_json_put_member(&b, "file", file);
	tg_json_put_member(&b, "sha256", sha256);
	tg_json_put_member(&b, "id", id);
	tg_json_put_member(&b, "version", version);
	tg_buffer_putc(&b, '}');
	p->contract = tg_arena_copy(&p->arena, tg_buffer_str(&b));
}

void tg_setup_adds(const struct tg_setup *setup, struct tg_str member)
{
	setup->program->adds = member;
}

enum tg_status tg_setup_keep_rejects(const struct tg_setup *setup, struct tg_error *err)
{
	return tg_rejects_sync(&setup->program->rejects, err);
}

enum tg_status tg_setup_commit(const struct tg_setup *setup,
			       enum tg_status (*commit)(void *self, struct tg_error *err),
			       void *self, struct tg_error *err)
{
	struct stat st;

	if (setup->program->common.output.p || fstat(STDOUT_FILENO, &st) != 0 ||
	    !S_ISREG(st.st_mode))
		return tg_fail(err, TG_USAGE,
			       "--commit: standard output must be a file, and not by --output; a "
			       "sink behind a pipe commits by itself");
	setup->program->commit = commit;
	setup->program->commit_self = self;
	return TG_OK;
}

bool tg_setup_to_file(const struct tg_setup *setup)
{
	struct stat st;

	return setup->program->common.output.p ||
	       (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode));
}

void tg_setup_meta(const struct tg_setup *setup, const char *name, struct tg_str json)
{
	struct tg_program *p = setup->program;
	size_t i = 0;

	while (i < p->metas && strcmp(p->meta[i].name, name) != 0)
		i++;
	TG_BUG_IF(i == TG_META_MAX);
	if (i == p->metas)
		p->metas++;
	p->meta[i].name = name;
	p->meta[i].json = tg_arena_copy(&p->arena, json);
}

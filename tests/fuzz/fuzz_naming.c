/*
 * Whatever template and name: the template is refused with words, or the name is read, and its parts, put together again, are the name.
 * The template is the first line; lines behind it up to an empty one are values of {entity}; the rest is the name.
 */
#include "common/naming/template.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

enum { VALUES = 8 };

static struct tg_str next_line(struct tg_str *rest)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct tg_str line = tg_str_from(rest->p, end ? (size_t)(end - rest->p) : rest->n);

	*rest = tg_str_after(*rest, line.n + (end != NULL));
	return line;
}

/* One reading, and no byte of the name that is in none of its parts. */
static void check_whole(const struct tg_template *t, const struct tg_name *name, struct tg_str base)
{
	struct tg_str rest = base;

	MUST(tg_str_starts(rest, t->front));
	rest = tg_str_after(rest, t->front.n);
	for (size_t i = 0; i < t->fields; i++) {
		MUST(name->text[i].n > 0 && tg_str_starts(rest, name->text[i]));
		rest = tg_str_after(rest, name->text[i].n);
		MUST(tg_str_starts(rest, t->field[i].behind));
		rest = tg_str_after(rest, t->field[i].behind.n);
	}
	MUST(rest.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_str all = tg_arena_copy(&arena, tg_str_from((const char *)data, size)), text,
		      line;
	struct tg_str value[VALUES];
	struct tg_name_values list = { .field = TG_STR("entity"), .value = value };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_name_fault fault;
	struct tg_template t;
	struct tg_name name;

	text = next_line(&all);
	while ((line = next_line(&all)).n && list.values < VALUES)
		value[list.values++] = line;
	if (tg_template_compile(&t, text, &list, list.values > 0, &arena, &err)) {
		MUST(err.status == TG_CONFIG && err.text[0]);
		return 0;
	}
	if (!tg_name_read(&name, &t, all, &fault)) {
		MUST(fault.code && fault.text[0]);
		return 0;
	}
	check_whole(&t, &name, all);
	return 0;
}

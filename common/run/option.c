#include "common/run/option.h"

#include "common/base/check.h"
#include "common/json/text.h"
#include "common/time/time.h"

#include <stdio.h>

static bool takes_argument(const struct tg_option *option)
{
	return option->kind != TG_OPTION_FLAG;
}

/* The i-th option over all tables, or NULL; *state is its table's, or NULL. */
static const struct tg_option *option_at(const struct tg_options *o, size_t i, void **state)
{
	for (size_t t = 0; t < o->tables; t++) {
		const struct tg_option *option = o->table[t].option;

		for (; option && option->kind != TG_OPTION_END; option++) {
			if (i-- == 0) {
				*state = o->table[t].state;
				return option;
			}
		}
	}
	*state = NULL;
	return NULL;
}

static size_t option_count(const struct tg_options *o)
{
	size_t n = 0;
	void *state;

	while (option_at(o, n, &state))
		n++;
	return n;
}

static bool find_by_name(const struct tg_options *o, struct tg_str name, size_t *index)
{
	const struct tg_option *option;
	void *state;

	for (size_t i = 0; (option = option_at(o, i, &state)); i++) {
		if (tg_str_is(name, option->name)) {
			*index = i;
			return true;
		}
	}
	return false;
}

static bool find_by_letter(const struct tg_options *o, char letter, size_t *index)
{
	const struct tg_option *option;
	void *state;

	for (size_t i = 0; (option = option_at(o, i, &state)); i++) {
		if (option->brief == letter) {
			*index = i;
			return true;
		}
	}
	return false;
}

static enum tg_status unknown_option(const struct tg_options *o, struct tg_str name,
				     struct tg_error *err)
{
	size_t n = option_count(o);
	struct tg_str *names = tg_arena_array(o->arena, n ? n : 1, sizeof(*names));
	const struct tg_str *near;
	void *state;

	for (size_t i = 0; i < n; i++)
		names[i] = tg_str_of(option_at(o, i, &state)->name);
	near = tg_str_nearest(name, names, n);
	if (near)
		return tg_fail(err, TG_USAGE, "there is no option --%.*s; did you mean --%.*s?",
			       TG_STR_ARG(name), TG_STR_ARG(*near));
	return tg_fail(err, TG_USAGE, "there is no option --%.*s; --help lists them",
		       TG_STR_ARG(name));
}

static enum tg_status bad_value(const struct tg_option *option, const char *must,
				struct tg_error *err)
{
	return tg_fail(err, TG_USAGE, "--%s: the value %s", option->name, must);
}

static enum tg_status set_choice(const struct tg_option *option, unsigned *target,
				 struct tg_str value, struct tg_error *err)
{
	char list[256] = "";

	for (unsigned i = 0; option->choices[i]; i++) {
		size_t n = strlen(list);

		if (tg_str_is(value, option->choices[i])) {
			*target = i;
			return TG_OK;
		}
		if (n + strlen(option->choices[i]) + 3 < sizeof(list)) {
			strcat(list, n ? ", " : "");
			strcat(list, option->choices[i]);
		}
	}
	return tg_fail(err, TG_USAGE, "--%s: the value must be one of: %s", option->name, list);
}

/* Reads value into the option's target. */
static enum tg_status set(struct tg_options *o, const struct tg_option *option, void *state,
			  struct tg_str value, struct tg_error *err)
{
	void *target = (char *)state + option->offset;

	switch (option->kind) {
	case TG_OPTION_FLAG:
		*(bool *)target = true;
		return TG_OK;
	case TG_OPTION_TEXT:
		*(struct tg_str *)target = tg_arena_copy(o->arena, value);
		return TG_OK;
	case TG_OPTION_LIST: {
		struct tg_list *list = target;
		struct tg_str *item = tg_arena_array(o->arena, list->n + 1, sizeof(*item));

		if (list->n)
			memcpy(item, list->item, list->n * sizeof(*item));
		item[list->n++] = tg_arena_copy(o->arena, value);
		list->item = item;
		return TG_OK;
	}
	case TG_OPTION_SIZE:
		return tg_read_size(value, target)
			       ? TG_OK
			       : bad_value(
					 option,
					 "must be bytes, or a number with kB MB GB TB or KiB MiB GiB TiB",
					 err);
	case TG_OPTION_COUNT:
		return tg_read_u64(value, target)
			       ? TG_OK
			       : bad_value(option, "must be a whole number", err);
	case TG_OPTION_DURATION:
		return tg_time_read_duration(value, target)
			       ? TG_OK
			       : bad_value(option, "must be a duration such as 30s, 5m or P7D",
					   err);
	case TG_OPTION_CHOICE:
		return set_choice(option, target, value, err);
	case TG_OPTION_END:
		break;
	}
	TG_BUG_IF(option->kind == TG_OPTION_END);
	return TG_OK;
}

static enum tg_status give(struct tg_options *o, size_t index, struct tg_str value,
			   struct tg_error *err)
{
	void *state;
	const struct tg_option *option = option_at(o, index, &state);

	if (o->given[index] && option->kind != TG_OPTION_LIST && option->kind != TG_OPTION_FLAG)
		return tg_fail(err, TG_USAGE, "--%s is given twice", option->name);
	o->given[index] = true;
	return set(o, option, state, value, err);
}

/* `--name`, `--name=value`, `--name value`: word starts behind the dashes. */
static enum tg_status long_option(struct tg_options *o, const char *word, char **argv, int *i,
				  int argc, struct tg_error *err)
{
	const char *equals = strchr(word, '=');
	struct tg_str name = equals ? tg_str_from(word, (size_t)(equals - word)) : tg_str_of(word);
	const struct tg_option *option;
	size_t index;
	void *state;

	if (!find_by_name(o, name, &index))
		return unknown_option(o, name, err);
	option = option_at(o, index, &state);
	if (!takes_argument(option)) {
		if (equals)
			return tg_fail(err, TG_USAGE, "--%s takes no value", option->name);
		return give(o, index, TG_STR_NONE, err);
	}
	if (equals)
		return give(o, index, tg_str_of(equals + 1), err);
	if (*i + 1 >= argc)
		return tg_fail(err, TG_USAGE, "--%s needs a value: %s", option->name, option->arg);
	return give(o, index, tg_str_of(argv[++*i]), err);
}

/* `-abc`, `-ovalue`, `-o value`. */
static enum tg_status short_options(struct tg_options *o, const char *word, char **argv, int *i,
				    int argc, struct tg_error *err)
{
	for (const char *c = word; *c; c++) {
		enum tg_status st;
		size_t index;
		void *state;
		const struct tg_option *option;

		if (!find_by_letter(o, *c, &index))
			return tg_fail(err, TG_USAGE,
				       *c > ' ' && *c < 0x7f
					       ? "there is no option -%c; --help lists them"
					       : "there is no such option",
				       *c);
		option = option_at(o, index, &state);
		if (!takes_argument(option)) {
			st = give(o, index, TG_STR_NONE, err);
			if (st)
				return st;
			continue;
		}
		if (c[1])
			return give(o, index, tg_str_of(c + 1), err);
		if (*i + 1 >= argc)
			return tg_fail(err, TG_USAGE, "-%c needs a value: %s", *c, option->arg);
		return give(o, index, tg_str_of(argv[++*i]), err);
	}
	return TG_OK;
}

enum tg_status tg_options_parse(struct tg_options *o, int argc, char **argv, struct tg_error *err)
{
	size_t n = option_count(o);
	int i = 1;

	o->given = tg_arena_array(o->arena, n ? n : 1, sizeof(*o->given));
	for (; i < argc; i++) {
		const char *word = argv[i];
		enum tg_status st;

		if (word[0] != '-' || word[1] == '\0')
			break;
		if (strcmp(word, "--") == 0) {
			i++;
			o->operand = (const char *const *)(argv + i);
			o->operands = (size_t)(argc - i);
			return TG_OK;
		}
		st = word[1] == '-' ? long_option(o, word + 2, argv, &i, argc, err)
				    : short_options(o, word + 1, argv, &i, argc, err);
		if (st)
			return st;
	}
	o->operand = (const char *const *)(argv + i);
	o->operands = (size_t)(argc - i);
	for (; i < argc; i++)
		/* Partners choose file names, and a * may bring one that looks like an option. */
		if (argv[i][0] == '-' && argv[i][1])
			return tg_fail(
				err, TG_USAGE,
				"options come before operands; for a file whose name starts with '-' "
				"write ./-name, or put -- before the operands");
	return TG_OK;
}

enum tg_status tg_options_environment(struct tg_options *o, char **environment,
				      void (*unknown)(void *arg, struct tg_str name), void *arg,
				      struct tg_error *err)
{
	static const struct tg_str prefix = { "TIDEGATE_", 9 };

	for (; *environment; environment++) {
		struct tg_str entry = tg_str_of(*environment), name;
		const struct tg_option *option;
		const char *equals;
		bool known = false;
		void *state;

		if (!tg_str_starts(entry, prefix) || !(equals = strchr(*environment, '=')))
			continue;
		name = tg_str_from(entry.p + prefix.n, (size_t)(equals - entry.p) - prefix.n);
		for (size_t i = 0; (option = option_at(o, i, &state)); i++) {
			enum tg_status st;

			if (!option->variable || !tg_str_is(name, option->variable))
				continue;
			known = true;
			if (o->given[i] ||
			    equals[1] == '\0') /* set to nothing is as good as not set */
				continue;
			o->given[i] = true;
			st = set(o, option, state, tg_str_of(equals + 1), err);
			if (st)
				return tg_within(err, "TIDEGATE_%s", option->variable);
		}
		if (!known && unknown)
			unknown(arg, name);
	}
	return TG_OK;
}

bool tg_options_given(const struct tg_options *o, const char *name)
{
	size_t index;

	return find_by_name(o, tg_str_of(name), &index) && o->given[index];
}

void tg_options_put_help(struct tg_buffer *out, const struct tg_options *o, const char *name,
			 const char *about, const char *operands)
{
	const struct tg_option *option;
	void *state;

	tg_buffer_printf(out, "usage: %s [options]%s%s\n%s: %s\n\n", name, operands ? " " : "",
			 operands ? operands : "", name, about);
	for (size_t i = 0; (option = option_at(o, i, &state)); i++) {
		char left[80];
		int n;

		n = snprintf(left, sizeof(left), "%c%c%c --%s%s%s", option->brief ? '-' : ' ',
			     option->brief ? option->brief : ' ', option->brief ? ',' : ' ',
			     option->name, option->arg ? " " : "", option->arg ? option->arg : "");
		tg_buffer_printf(out, n > 30 ? "  %s\n%34s%s" : "  %-30s  %s%s", left,
				 n > 30 ? "" : option->help, n > 30 ? option->help : "");
		if (option->variable)
			tg_buffer_printf(out, " [TIDEGATE_%s]", option->variable);
		tg_buffer_putc(out, '\n');
	}
}

void tg_options_put_description(struct tg_buffer *out, const struct tg_options *o, const char *name,
				const char *about, const char *operands)
{
	static const char *const kinds[] = {
		[TG_OPTION_FLAG] = "flag",	   [TG_OPTION_TEXT] = "text",
		[TG_OPTION_LIST] = "list",	   [TG_OPTION_SIZE] = "size",
		[TG_OPTION_COUNT] = "count",	   [TG_OPTION_CHOICE] = "choice",
		[TG_OPTION_DURATION] = "duration",
	};

	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "name", tg_str_of(name));
	tg_json_put_member(out, "about", tg_str_of(about));
	tg_json_put_member(out, "operands", tg_str_of(operands));
	tg_json_put_name(out, "options");
	tg_buffer_putc(out, '[');
	for (size_t t = 0; t < o->tables; t++) {
		const struct tg_option *option = o->table[t].option;

		for (; option && option->kind != TG_OPTION_END; option++) {
			char brief[2] = { option->brief, '\0' };

			if (out->p[out->n - 1] != '[')
				tg_buffer_putc(out, ',');
			tg_buffer_putc(out, '{');
			tg_json_put_member(out, "name", tg_str_of(option->name));
			tg_json_put_member(out, "short",
					   option->brief ? tg_str_of(brief) : TG_STR_NONE);
			tg_json_put_member(out, "kind", tg_str_of(kinds[option->kind]));
			tg_json_put_member(out, "arg", tg_str_of(option->arg));
			tg_json_put_member(out, "help", tg_str_of(option->help));
			tg_json_put_member(out, "variable", tg_str_of(option->variable));
			tg_json_put_name(out, "own");
			tg_buffer_puts(out, t == 0 ? "true" : "false");
			if (option->choices) {
				tg_json_put_name(out, "choices");
				tg_buffer_putc(out, '[');
				for (size_t c = 0; option->choices[c]; c++) {
					tg_buffer_puts(out, c ? "," : "");
					tg_json_put_string(out, tg_str_of(option->choices[c]));
				}
				tg_buffer_putc(out, ']');
			}
			tg_buffer_putc(out, '}');
		}
	}
	tg_buffer_puts(out, "]}\n");
}

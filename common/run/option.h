/*
 * option: one table for a program's options. It drives parsing, --help, --describe, completions, and the test of the manual.
 *
 * Rules (conventions.md, 1): options first, then operands; no abbreviations, no optional arguments; a single-valued option given
 * twice is an error; `--name value` or `--name=value`; short ones group; `--` ends options; an operand that starts with '-' is
 * refused with a hint. Command line beats variable beats contract beats default.
 */
#ifndef TG_RUN_OPTION_H
#define TG_RUN_OPTION_H

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/status.h"

enum tg_option_kind {
	TG_OPTION_END,
	TG_OPTION_FLAG,	    /* bool */
	TG_OPTION_TEXT,	    /* struct tg_str */
	TG_OPTION_LIST,	    /* struct tg_list: may be repeated */
	TG_OPTION_SIZE,	    /* uint64_t, bytes */
	TG_OPTION_COUNT,    /* uint64_t */
	TG_OPTION_CHOICE,   /* unsigned: index into choices */
	TG_OPTION_DURATION, /* uint64_t, microseconds */
};

struct tg_list {
	struct tg_str *item;
	size_t n;
};

struct tg_option {
	char brief; /* 0: none */
	const char *name;
	enum tg_option_kind kind;
	size_t offset;		    /* of the target in the tool's state */
	const char *arg;	    /* what the help calls the argument */
	const char *help;	    /* one line, no full stop */
	const char *const *choices; /* NULL-ended */
	const char *variable;	    /* without TIDEGATE_; only where one value suits every stage */
};

#define TG_OPT_FLAG(brief, name, type, member, help)                                               \
	{                                                                                          \
		brief, name, TG_OPTION_FLAG, offsetof(type, member), NULL, help, NULL, NULL        \
	}
#define TG_OPT_TEXT(brief, name, type, member, arg, help)                                          \
	{                                                                                          \
		brief, name, TG_OPTION_TEXT, offsetof(type, member), arg, help, NULL, NULL         \
	}
#define TG_OPT_LIST(brief, name, type, member, arg, help)                                          \
	{                                                                                          \
		brief, name, TG_OPTION_LIST, offsetof(type, member), arg, help, NULL, NULL         \
	}
#define TG_OPT_SIZE(brief, name, type, member, arg, help)                                          \
	{                                                                                          \
		brief, name, TG_OPTION_SIZE, offsetof(type, member), arg, help, NULL, NULL         \
	}
#define TG_OPT_COUNT(brief, name, type, member, arg, help)                                         \
	{                                                                                          \
		brief, name, TG_OPTION_COUNT, offsetof(type, member), arg, help, NULL, NULL        \
	}
#define TG_OPT_CHOICE(brief, name, type, member, arg, help, choices)                               \
	{                                                                                          \
		brief, name, TG_OPTION_CHOICE, offsetof(type, member), arg, help, choices, NULL    \
	}
#define TG_OPT_DURATION(brief, name, type, member, arg, help)                                      \
	{                                                                                          \
		brief, name, TG_OPTION_DURATION, offsetof(type, member), arg, help, NULL, NULL     \
	}
#define TG_OPT_END                                                                                 \
	{                                                                                          \
		0, NULL, TG_OPTION_END, 0, NULL, NULL, NULL, NULL                                  \
	}

/* One table and the state that its offsets point into. */
struct tg_option_table {
	const struct tg_option *option;
	void *state;
};

enum { TG_OPTION_TABLES = 3 };

struct tg_options {
	struct tg_option_table table[TG_OPTION_TABLES];
	size_t tables;
	const char *const *operand; /* after parsing */
	size_t operands;
	bool *given; /* one an option, in the order of the tables */
	struct tg_arena *arena;
};

/* Reads the command line. TG_USAGE names the option, and the nearest one for an unknown. */
TG_MUST_USE enum tg_status tg_options_parse(struct tg_options *o, int argc, char **argv,
					    struct tg_error *err);

/* Reads TIDEGATE_* for what the command line did not give. `unknown` is called for each that is no
 * option's; NULL: they are passed over. */
TG_MUST_USE enum tg_status tg_options_environment(struct tg_options *o, char **environment,
						  void (*unknown)(void *arg, struct tg_str name),
						  void *arg, struct tg_error *err);

/* Whether the option of that name was given, on the command line or by its variable. */
bool tg_options_given(const struct tg_options *o, const char *name);

/* What --help prints: usage, about, the options with their arguments. */
void tg_options_put_help(struct tg_buffer *out, const struct tg_options *o, const char *name,
			 const char *about, const char *operands);
/* What --describe prints: the same as one JSON object. */
void tg_options_put_description(struct tg_buffer *out, const struct tg_options *o, const char *name,
				const char *about, const char *operands);

#endif

/*
 * message: one line on stderr for people (or, with --log-format json, for a collector): OpenTelemetry's names. Inside run/.
 *
 * A message is one write of at most 4096 bytes: stages share the pipe behind stderr. Ten messages of a kind, then a count.
 */
#ifndef TG_RUN_MESSAGE_H
#define TG_RUN_MESSAGE_H

#include "common/base/own.h"

#include <stdarg.h>

enum tg_level {
	TG_LEVEL_ERROR,
	TG_LEVEL_WARN,
	TG_LEVEL_INFO,
	TG_LEVEL_DEBUG,
};

enum { TG_MESSAGES_OF_A_KIND = 10 };

struct tg_messages {
	const char *tool;
	enum tg_level level; /* the least urgent that is shown */
	bool json;
	bool color;
	bool closed; /* stdout is closed: nothing more may be said */
};

TG_COLD TG_PRINTF(3, 4) void tg_say(const struct tg_messages *m, enum tg_level level,
				    const char *format, ...);
TG_COLD TG_PRINTF(3, 0) void tg_say_args(const struct tg_messages *m, enum tg_level level,
					 const char *format, va_list args);

#endif

#include "common/run/message.h"

#include "common/base/buffer.h"
#include "common/base/utf8.h"
#include "common/json/text.h"
#include "common/time/time.h"

#include <stdio.h>
#include <unistd.h>

enum { LONGEST = 4096 }; /* PIPE_BUF on Linux: what a pipe takes in one piece */

static void put_json(struct tg_buffer *line, const struct tg_messages *m, enum tg_level level,
		     struct tg_str text)
{
	static const struct {
		const char *name;
		unsigned number;
	} severity[] = { { "ERROR", 17 }, { "WARN", 13 }, { "INFO", 9 }, { "DEBUG", 5 } };

	tg_buffer_putc(line, '{');
	tg_json_put_name(line, "timestamp");
	tg_buffer_putc(line, '"');
	tg_time_put(line, tg_time_now());
	tg_buffer_putc(line, '"');
	tg_json_put_member(line, "severity_text", tg_str_of(severity[level].name));
	tg_json_put_member_u64(line, "severity_number", severity[level].number);
	tg_json_put_member(line, "body", text);
	tg_json_put_name(line, "resource");
	tg_buffer_printf(
		line,
		"{\"service.name\":\"tidegate\",\"service.version\":\"%s\",\"process.pid\":%ld",
		TG_VERSION, (long)getpid());
	tg_json_put_member(line, "process.executable.name", tg_str_of(m->tool));
	tg_buffer_puts(line, "}}\n");
}

static void put_line(struct tg_buffer *line, const struct tg_messages *m, enum tg_level level,
		     struct tg_str text)
{
	const char *paint = level == TG_LEVEL_ERROR  ? "\033[31m"
			    : level == TG_LEVEL_WARN ? "\033[33m"
						     : "";

	if (m->json)
		put_json(line, m, level, text);
	else
		tg_buffer_printf(line, "%s%s:%s %.*s\n", m->color ? paint : "", m->tool,
				 m->color ? "\033[0m" : "", TG_STR_ARG(text));
}

/* At a character, and it shows. */
static void cut_in_half(struct tg_buffer *text)
{
	text->n /= 2;
	while (text->n > 0 && ((unsigned char)text->p[text->n] & 0xc0) == 0x80)
		text->n--;
	tg_buffer_puts(text, "...");
}

void tg_say_args(const struct tg_messages *m, enum tg_level level, const char *format, va_list args)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT, text = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

	if (level > m->level || m->closed)
		return;
	tg_buffer_vprintf(&raw, format, args);
	/* One line whatever came into it, and nothing that a terminal would obey. */
	tg_utf8_put_safe(&text, tg_buffer_str(&raw), LONGEST);
	for (;; cut_in_half(&text)) { /* escapes lengthen it */
		tg_buffer_clear(&line);
		put_line(&line, m, level, tg_buffer_str(&text));
		if (line.n <= LONGEST)
			break;
	}
	if (write(STDERR_FILENO, line.p, line.n) < 0)
		return; /* nobody is left to tell */
}

void tg_say(const struct tg_messages *m, enum tg_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tg_say_args(m, level, format, args);
	va_end(args);
}

#include "common/base/status.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	enum tg_status status;
	const char *name;
} names[] = {
	{ TG_OK, "ok" },
	{ TG_REJECTED, "rejected" },
	{ TG_USAGE, "usage" },
	{ TG_DATA, "data" },
	{ TG_NO_INPUT, "no-input" },
	{ TG_UNAVAILABLE, "unavailable" },
	{ TG_INTERNAL, "internal" },
	{ TG_CANNOT_CREATE, "cannot-create" },
	{ TG_IO, "io" },
	{ TG_TRY_AGAIN, "try-again" },
	{ TG_PROTOCOL, "protocol" },
	{ TG_REFUSED, "refused" },
	{ TG_CONFIG, "configuration" },
	{ TG_PIPE, "pipe" },
	{ TG_INTERRUPTED, "interrupted" },
};

const char *tg_status_name(enum tg_status status)
{
	for (size_t i = 0; i < TG_COUNT(names); i++)
		if (names[i].status == status)
			return names[i].name;
	return "internal";
}

enum tg_status tg_status_of_name(struct tg_str name)
{
	for (size_t i = 0; i < TG_COUNT(names); i++)
		if (tg_str_is(name, names[i].name))
			return names[i].status;
	return TG_INTERNAL;
}

TG_PRINTF(4, 0)
static enum tg_status fill(struct tg_error *err, enum tg_status status, const char *code,
			   const char *format, va_list args)
{
	err->status = status;
	err->code = code;
	vsnprintf(err->text, sizeof(err->text), format, args);
	return status;
}

enum tg_status tg_fail(struct tg_error *err, enum tg_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(err, status, NULL, format, args);
	va_end(args);
	return status;
}

enum tg_status tg_fail_code(struct tg_error *err, enum tg_status status, const char *code,
			    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(err, status, code, format, args);
	va_end(args);
	return status;
}

enum tg_status tg_within(struct tg_error *err, const char *format, ...)
{
	char text[sizeof(err->text)];
	size_t most = sizeof(text) - 3, n, rest;
	va_list args;

	memcpy(text, err->text, sizeof(text));
	va_start(args, format);
	vsnprintf(err->text, most, format, args);
	va_end(args);
	n = strlen(err->text);
	err->text[n++] = ':';
	err->text[n++] = ' ';
	rest = strnlen(text, sizeof(text) - n - 1);
	memcpy(err->text + n, text, rest);
	err->text[n + rest] = '\0';
	return err->status;
}

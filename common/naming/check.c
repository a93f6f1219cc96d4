#include "common/naming/check.h"

#include "common/time/zone.h"

#include <stdarg.h>
#include <stdio.h>

enum { DAY = 24 * 3600 };

static TG_PRINTF(3, 4) bool fail(struct tg_check_fault *fault, const char *code, const char *format,
				 ...)
{
	va_list args;

	fault->code = code;
	va_start(args, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	return false;
}

void tg_check_begin(struct tg_check *c)
{
	TG_OWN(tg_buffer_release) struct tg_buffer day = TG_BUFFER_INIT;
	struct tg_time next = c->now;

	next.seconds += DAY;
	tg_zone_put_date(&day, next, c->naming->zone);
	memcpy(c->latest, day.p, day.n < TG_NAME_DATE ? day.n : TG_NAME_DATE);
}

/* Days as texts of one width sort like days. */
static bool check_day(const struct tg_check *c, const struct tg_name *name,
		      struct tg_check_fault *fault)
{
	struct tg_str day = tg_str_of(name->date);

	if (!day.n)
		return true;
	if (tg_str_compare(day, tg_str_of(c->latest)) > 0)
		return fail(fault, "name-date", "is of a day to come: the latest that may be is %s",
			    c->latest);
	if (c->oldest.p && tg_str_compare(day, c->oldest) < 0)
		return fail(fault, "name-date", "is of a day before %.*s", TG_STR_ARG(c->oldest));
	return true;
}

static bool check_whose(struct tg_str *said, struct tg_str wanted, const char *what,
			struct tg_check_fault *fault)
{
	if (!said->p)
		*said = wanted;
	else if (wanted.p && !tg_str_eq(*said, wanted))
		return fail(fault, "name", "is of another %s than %.*s, whose files these are",
			    what, TG_STR_ARG(wanted));
	return true;
}

bool tg_check_name(const struct tg_check *c, struct tg_str base, struct tg_name *name,
		   struct tg_check_fault *fault)
{
	struct tg_name_fault why;

	*fault = (struct tg_check_fault){ .code = NULL };
	if (!tg_name_read(name, &c->naming->template, base, &why))
		return fail(fault, why.code, "%s", why.text);
	return check_whose(&name->source, c->source, "source", fault) &&
	       check_whose(&name->entity, c->entity, "entity", fault) && check_day(c, name, fault);
}

static bool begins_like(struct tg_str digits, const char *sha256)
{
	for (size_t i = 0; i < digits.n; i++)
		if (tg_hex((unsigned char)digits.p[i]) != tg_hex((unsigned char)sha256[i]))
			return false;
	return true;
}

bool tg_check_content(const struct tg_check *c, const struct tg_name *name, struct tg_look *look,
		      const char *path, struct tg_check_fault *fault)
{
	const char *guess;

	*fault = (struct tg_check_fault){ .code = NULL };
	if (!begins_like(name->sha256, look->sha256))
		return fail(fault, "name-sha256",
			    "has another content than its name says: the content's SHA-256 is %s",
			    look->sha256);
	if (!name->has_crc32 || name->crc32 == look->crc32)
		return true;
	guess = path ? tg_look_guess(look, path, name->crc32) : NULL;
	return fail(fault, "name-crc32",
		    "has another content than its name says: the content's CRC-32 is %08X, and the "
		    "name has %08X%s%s%s",
		    look->crc32, name->crc32, guess ? ": that is " : "", guess ? guess : "",
		    path && !guess && c->naming->of_content
			    ? "; x-name has crc32_of \"content\": name-check --take stands behind "
			      "the program that opens the file"
			    : "");
}

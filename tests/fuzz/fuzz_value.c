/*
 * Whatever notation and whatever text: what is read of it is a number or a date of RFC 3339, and what is written of that is read as the
 * same again. The first line says which: "d PATTERN", then a line with a pivot and one with a zone (empty: none); or "n DECIMAL", then a
 * line with a group sign, and one with i for Indian groups, t or p for the minus. The text is the rest.
 */
#include "common/base/utf8.h"
#include "common/json/number.h"
#include "common/time/time.h"
#include "common/value/date.h"
#include "common/value/decimal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

static struct tg_str take_line(struct tg_str *rest)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct tg_str line = { rest->p, end ? (size_t)(end - rest->p) : rest->n };

	*rest = tg_str_after(*rest, line.n + (end != NULL));
	return line;
}

static struct tg_str or_none(struct tg_str s)
{
	return s.n ? s : TG_STR_NONE;
}

/* A copy that ends where it ends, so that a look behind it is found. */
static struct tg_str exact(struct tg_str s)
{
	char *copy = malloc(s.n ? s.n : 1);

	MUST(copy);
	if (s.n)
		memcpy(copy, s.p, s.n);
	return tg_str_from(copy, s.n);
}

static bool is_rfc(const struct tg_date_form *f, struct tg_str value)
{
	TG_OWN(tg_buffer_release) struct tg_buffer zoned = TG_BUFFER_INIT;

	switch (f->kind) {
	case TG_DATE_DAY:
		return tg_time_is_date(value);
	case TG_DATE_DATE_TIME:
		return tg_time_is_date_time(value);
	case TG_DATE_TIME:
		break;
	}
	tg_buffer_put_str(&zoned, value);
	if (!f->zoned)
		tg_buffer_putc(&zoned, 'Z');
	return tg_time_is_time(tg_buffer_str(&zoned));
}

static void date(struct tg_str pattern, struct tg_str rest)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer written = TG_BUFFER_INIT;
	struct tg_date_says says = { .pattern = pattern };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_date_form form;
	struct tg_str text;
	char value[TG_DATE_MAX], again[TG_DATE_MAX], *end, *quick;

	says.pivot = or_none(take_line(&rest));
	says.zone = or_none(take_line(&rest));
	if (tg_utf8_check(pattern) != pattern.n) /* the scanner lets nothing else come here */
		return;
	if (tg_date_compile(&form, &says, &arena, &err)) {
		MUST(err.status == TG_CONFIG && err.text[0]);
		return;
	}
	text = exact(rest);
	end = tg_date_read(&form, value, text);
	quick = tg_date_read_quickly(&form, again, text);
	MUST(tg_date_fault(&form, text)[0]);
	if (quick)
		MUST(end && end - value == quick - again &&
		     memcmp(value, again, (size_t)(end - value)) == 0);
	if (end) {
		struct tg_str read = { value, (size_t)(end - value) };

		MUST(is_rfc(&form, read));
		MUST(tg_date_write(&form, &written, read) && written.n <= TG_DATE_TEXT_MAX);
		end = tg_date_read(&form, again, tg_buffer_str(&written));
		MUST(end && tg_str_eq(tg_str_from(again, (size_t)(end - again)), read));
		tg_buffer_clear(&written);
	}
	if (tg_date_write(&form, &written, text)) {
		end = tg_date_read(&form, again, tg_buffer_str(&written));
		MUST(end && tg_str_eq(tg_str_from(again, (size_t)(end - again)), text));
	}
	free((void *)(uintptr_t)text.p);
}

static void number(struct tg_str decimal, struct tg_str rest)
{
	TG_OWN(tg_buffer_release) struct tg_buffer written = TG_BUFFER_INIT;
	struct tg_decimal_form form = { .decimal = decimal, .group = take_line(&rest) };
	struct tg_str flags = take_line(&rest), text = exact(rest), read;
	char *value = malloc(text.n + 2), *again, *end;

	MUST(value);
	if (flags.n && flags.p[0] == 'i')
		form.groups = TG_GROUPS_INDIAN;
	if (flags.n && (flags.p[flags.n - 1] == 't' || flags.p[flags.n - 1] == 'p'))
		form.minus = flags.p[flags.n - 1] == 't' ? TG_MINUS_TRAILING : TG_MINUS_PARENTHESES;
	if (tg_decimal_is_sign(decimal) && (form.group.n == 0 || tg_decimal_is_sign(form.group)) &&
	    !tg_decimal_wrong(&form)) {
		bool integer = tg_decimal_read(value, text, &form, true) != NULL;

		end = tg_decimal_read(value, text, &form, false);
		MUST(end || !integer);
		if (end) {
			read = tg_str_from(value, (size_t)(end - value));
			MUST(tg_number_is(read));
			tg_decimal_write(&written, read, &form);
			again = malloc(written.n + 2);
			MUST(again);
			end = tg_decimal_read(again, tg_buffer_str(&written), &form, integer);
			MUST(end && tg_str_eq(tg_str_from(again, (size_t)(end - again)), read));
			free(again);
		}
	}
	free(value);
	free((void *)(uintptr_t)text.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tg_str all = { (const char *)data, size }, first = take_line(&all);
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;

	if (first.n < 2)
		return 0;
	if (first.p[0] == 'd')
		date(tg_arena_copy(&arena, tg_str_after(first, 2)), all);
	else if (first.p[0] == 'n')
		number(tg_arena_copy(&arena, tg_str_after(first, 2)), all);
	return 0;
}

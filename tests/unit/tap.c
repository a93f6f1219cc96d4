#include "tests/unit/tap.h"

#include "common/base/utf8.h"

#include <stdio.h>

static struct tap_test *first;
static unsigned failed_checks;
static const char *skipped;

static bool is_before(const struct tap_test *a, const struct tap_test *b)
{
	int by_file = strcmp(a->file, b->file);

	return by_file < 0 || (by_file == 0 && a->line < b->line);
}

void tap_add(struct tap_test *test)
{
	struct tap_test **at = &first;

	while (*at && is_before(*at, test))
		at = &(*at)->next;
	test->next = *at;
	*at = test;
}

static void failed(const char *file, int line, const char *about)
{
	failed_checks++;
	printf("# %s:%d: %s\n", file, line, about);
}

void tap_ok(const char *file, int line, const char *about, bool condition, const char *text)
{
	if (condition)
		return;
	failed(file, line, about);
	printf("#   not true: %s\n", text);
}

void tap_is_int(const char *file, int line, const char *about, long long got, long long expected)
{
	if (got == expected)
		return;
	failed(file, line, about);
	printf("#   got %lld, expected %lld\n", got, expected);
}

static void show(const char *what, struct tg_str s)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_utf8_put_safe(&b, s, 2000);
	printf("#   %s (%zu bytes): %.*s\n", what, s.n, TG_STR_ARG(tg_buffer_str(&b)));
}

void tap_is_str(const char *file, int line, const char *about, struct tg_str got,
		struct tg_str expected)
{
	if (tg_str_eq(got, expected) && !got.p == !expected.p)
		return;
	failed(file, line, about);
	show("got", got);
	show("expected", expected);
}

void tap_skip(const char *why)
{
	skipped = why;
}

int main(void)
{
	unsigned count = 0, bad = 0;

	for (struct tap_test *t = first; t; t = t->next) {
		failed_checks = 0;
		skipped = NULL;
		t->run();
		count++;
		if (failed_checks)
			bad++;
		printf("%sok %u - %s%s%s\n", failed_checks ? "not " : "", count, t->name,
		       skipped ? " # SKIP " : "", skipped ? skipped : "");
		fflush(stdout);
	}
	printf("1..%u\n", count);
	return bad != 0;
}

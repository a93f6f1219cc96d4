/*
 * tap: unit tests as tables. A file holds TESTs; main is in tap.c and runs them in order, prints TAP, and exits 1 if one failed.
 *
 *	TEST(what_is_tested)
 *	{
 *		is_int("present", f("x"), 1);
 *	}
 *
 * Each is_* and ok is a check; a TEST is one TAP line, not ok when any check in it failed, and the failed checks say what they
 * got and what was expected.
 */
#ifndef TG_TESTS_TAP_H
#define TG_TESTS_TAP_H

#include "common/base/str.h"

struct tap_test {
	const char *name;
	void (*run)(void);
	const char *file;
	int line; /* of its TEST. They run in the order of files and lines; a link with LTO has another. */
	struct tap_test *next;
};

void tap_add(struct tap_test *test);

#define TEST(what)                                                                                 \
	static void test_##what(void);                                                             \
	__attribute__((__constructor__)) static void tap_add_##what(void)                          \
	{                                                                                          \
		static struct tap_test test = { #what, test_##what, __FILE__, __LINE__, NULL };    \
		tap_add(&test);                                                                    \
	}                                                                                          \
	static void test_##what(void)

#define ok(about, condition) tap_ok(__FILE__, __LINE__, about, condition, #condition)
#define is_int(about, got, expected) tap_is_int(__FILE__, __LINE__, about, got, expected)
#define is_str(about, got, expected) tap_is_str(__FILE__, __LINE__, about, got, expected)

void tap_ok(const char *file, int line, const char *about, bool condition, const char *text);
void tap_is_int(const char *file, int line, const char *about, long long got, long long expected);
void tap_is_str(const char *file, int line, const char *about, struct tg_str got,
		struct tg_str expected);
/* The running test is skipped for a reason; return after it. */
void tap_skip(const char *why);

#endif

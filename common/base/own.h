/*
 * own: how this code says who frees what, and what it does about its own bugs.
 *
 * TG_OWN(f) before a declaration calls f(&variable) when the variable goes out of scope, by whichever way. Release functions take
 * a zeroed object and cannot fail. TG_TAKE(p) hands a pointer over: it gives the value and leaves NULL behind. No goto in a
 * function that owns: gcc jumps over the declaration and frees garbage.
 */
#ifndef TG_BASE_OWN_H
#define TG_BASE_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TG_OWN(f) __attribute__((__cleanup__(f)))
#define TG_MUST_USE __attribute__((__warn_unused_result__))
#define TG_PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))
#define TG_NORETURN __attribute__((__noreturn__))
#define TG_COLD __attribute__((__cold__, __noinline__))
#define TG_LIKELY(x) __builtin_expect(!!(x), 1)
#define TG_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define TG_TAKE(p)                                                                                 \
	__extension__({                                                                            \
		__typeof__(p) tg_taken_ = (p);                                                     \
		(p) = NULL;                                                                        \
		tg_taken_;                                                                         \
	})

#define TG_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes that must be readable behind every text that a scanner is given: wide loads may run past its end. */
#define TG_SLACK 64

/* A build with the address sanitizer: its shadow of the memory, and its look into its own process at the end, go beyond what some
 * programs allow themselves. */
#if defined(__SANITIZE_ADDRESS__)
#define TG_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TG_SANITIZED 1
#endif
#endif
#ifndef TG_SANITIZED
#define TG_SANITIZED 0
#endif

/* A bug of ours: names file and line, and exits 70, in release builds too. */
#define TG_BUG_IF(x)                                                                               \
	do {                                                                                       \
		if (TG_UNLIKELY(x))                                                                \
			tg_bug(__FILE__, __LINE__, #x);                                            \
	} while (0)

TG_NORETURN TG_COLD void tg_bug(const char *file, int line, const char *what);

/* Release functions for TG_OWN. */
void tg_close_fd(int *fd);	/* closes what is not negative */
void tg_free_pointer(void *pp); /* takes the address of any pointer from tg_alloc or malloc */

#endif

/*
 * csv_check: the csv room held to itself: both engines, all kinds of machine, however the bytes come. For unit tests and libFuzzer.
 */
#ifndef TG_TESTS_CSV_CHECK_H
#define TG_TESTS_CSV_CHECK_H

#include "common/csv/csv.h"

/* The default dialect, but for these. */
struct tg_csv_dialect csv_check_dialect(const char *delimiter, int quote);

/* A copy that is followed by a hostile slack and nothing else; for free. */
char *csv_check_exact(const char *p, size_t n);

/*
 * Reads text the way the runtime has it read: first `first` bytes (0: as many as the others), and what is left comes again with
 * `size` bytes more behind it; at most `most` rows at once. Writes down what comes: a line a row, LINE@OFFSET+LENGTH, then its number
 * of fields and up to `keep` of them as q (if quoted) PLACE:TEXT, or its code, line:column and offset of the fault; and the end.
 */
void csv_check_read(struct tg_buffer *out, const struct tg_csv_dialect *d,
		    enum tg_csv_engine engine, struct tg_str text, size_t first, size_t size,
		    size_t keep, size_t most);

/* Input as libFuzzer makes it: a byte for the dialect, one for the size of the pieces, then the text. NULL, or what went wrong;
 * details on stderr. */
const char *csv_check(struct tg_str input);

#endif

/*
 * json_check: all that must be true of any text that the json room is given, beside what jansson says about it. For the fuzzer,
 * and for the test that makes texts by itself.
 */
#ifndef TG_TESTS_JSON_CHECK_H
#define TG_TESTS_JSON_CHECK_H

#include "common/base/str.h"

/* NULL: all is well; else what is not, in static memory. */
const char *json_check(struct tg_str text);

/* How many of the texts so far were taken. */
uint64_t json_check_taken(void);

#endif

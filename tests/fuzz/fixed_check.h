/*
 * fixed_check: what must be true of the fixed room whatever the layout and the bytes: shared by the unit tests and the fuzz target.
 */
#ifndef TG_TESTS_FIXED_CHECK_H
#define TG_TESTS_FIXED_CHECK_H

#include "common/base/str.h"

/*
 * layout is the text of x-fixed. A layout that is refused is TG_CONFIG with its place. Of a good one, each record comes out the same by
 * all the machine's ways, within its room, as JSON without a name twice, or has a fault; and where records end does not depend on how
 * the bytes come. Aborts at what is otherwise; gives the number of records, or -1 where the layout is refused.
 */
long fixed_check(struct tg_str layout, struct tg_str bytes);

#endif

#include "common/landing/marks.h"

#include "common/base/memory.h"
#include "common/digest/digest.h"

#include <stdlib.h>

static uint64_t mark_of(const struct tg_marks *marks, struct tg_str text)
{
	unsigned char out[TG_SIPHASH_SIZE];
	uint64_t mark;

	tg_siphash(&marks->key, text.p, text.n, out);
	memcpy(&mark, out, sizeof(mark));
	return mark;
}

void tg_marks_add(struct tg_marks *marks, struct tg_str text)
{
	if (!marks->keyed) {
		tg_random(&marks->key, sizeof(marks->key));
		marks->keyed = true;
	}
	if (marks->n == marks->room) {
		marks->room = marks->room ? marks->room * 2 : 64;
		marks->mark = tg_resize_array(marks->mark, marks->room, sizeof(*marks->mark));
	}
	marks->mark[marks->n++] = mark_of(marks, text);
}

static int compare(const void *x, const void *y)
{
	const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

bool tg_marks_sort(struct tg_marks *marks)
{
	bool once = true;

	if (marks->n > marks->sorted)
		qsort(marks->mark, marks->n, sizeof(*marks->mark), compare);
	marks->sorted = marks->n;
	for (size_t i = 1; i < marks->n; i++)
		once &= marks->mark[i] != marks->mark[i - 1];
	return once;
}

bool tg_marks_have(const struct tg_marks *marks, struct tg_str text)
{
	uint64_t mark;

	if (!marks->n)
		return false;
	mark = mark_of(marks, text);
	for (size_t i = marks->sorted; i < marks->n; i++)
		if (marks->mark[i] == mark)
			return true;
	return marks->sorted &&
	       bsearch(&mark, marks->mark, marks->sorted, sizeof(mark), compare) != NULL;
}

void tg_marks_release(struct tg_marks *marks)
{
	tg_free(marks->mark);
	*marks = (struct tg_marks){ .n = 0 };
}

/* What was deleted is taken away, bit by bit. */
#include "common/state/backend.h"

enum tg_status tg_store_remove(struct tg_store *s, size_t pages, struct tg_error *err)
{
	for (;;) {
		uint64_t batches;
		uint32_t run;
		size_t n;
		enum tg_status st = s->backend->removing(s, &run, &batches, err);

		if (st)
			return st;
		s->removing = batches > 0;
		if (!batches || !pages)
			return TG_OK;
		st = s->backend->remove_pages(s, run, pages, &n, err);
		if (st || n == pages) /* there may be more of it */
			return st;
		st = s->backend->remove_batch(s, run, err);
		if (st)
			return st;
		pages -= n;
	}
}

enum tg_status tg_store_remove_slice(struct tg_store *s, struct tg_error *err)
{
	enum tg_status st = s->backend->begin(s, TG_TXN_WRITE, err);

	return st ? st : tg_store_end(s, tg_store_remove(s, TG_REMOVE_PAGES, err), err);
}

enum tg_status tg_store_removing(struct tg_store *s, uint64_t *batches, uint64_t *pages,
				 struct tg_error *err)
{
	uint32_t run;
	enum tg_status st = s->backend->begin(s, TG_TXN_READ, err);

	if (st)
		return st;
	st = s->backend->removing(s, &run, batches, err);
	if (!st && pages)
		st = s->backend->count_removing(s, pages, err);
	return tg_store_end(s, st, err);
}

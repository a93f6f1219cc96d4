#include "common/key/question.h"

#include "common/key/portable.h"
#include "common/time/time.h"

unsigned tg_question_count(const struct tg_question *q)
{
	return (unsigned)q->stats + q->check + q->export + (q->forget_before.p != NULL);
}

static enum tg_status stats(struct tg_store *store, struct tg_output *out, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	enum tg_status st = tg_store_put_stats(store, &b, err);

	if (!st)
		tg_output_put(out, tg_buffer_str(&b));
	return st;
}

static enum tg_status forget(struct tg_str before, struct tg_store *store, struct tg_output *out,
			     struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_time t;
	uint64_t keys = 0, files = 0;
	enum tg_status st;

	if (!tg_time_read(before, &t) || t.seconds > INT64_MAX / 2000000)
		return tg_fail(err, TG_USAGE, "--forget-before: it must be a time or a day");
	st = tg_store_forget(store, t.seconds * 1000000 + t.micros, &keys, &files, err);
	tg_buffer_printf(&b, "{\"forgotten\":%llu,\"files\":%llu}\n", (unsigned long long)keys,
			 (unsigned long long)files);
	if (!st)
		tg_output_put(out, tg_buffer_str(&b));
	return st;
}

static enum tg_status check(struct tg_store *store, struct tg_output *out, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	uint64_t keys = 0, files = 0, batches = 0, pages = 0;
	enum tg_status st = tg_store_check(store, &keys, err);

	if (!st)
		st = tg_store_count_files(store, &files, err);
	if (!st)
		st = tg_store_removing(store, &batches, &pages, err);
	tg_buffer_printf(&b, "{\"whole\":true,\"keys\":%llu,\"files\":%llu",
			 (unsigned long long)keys, (unsigned long long)files);
	if (batches)
		tg_buffer_printf(&b, ",\"removing\":{\"batches\":%llu,\"pages\":%llu}",
				 (unsigned long long)batches, (unsigned long long)pages);
	tg_buffer_puts(&b, "}\n");
	if (!st)
		tg_output_put(out, tg_buffer_str(&b));
	return st;
}

enum tg_status tg_question_answer(const struct tg_question *q, struct tg_store *store,
				  struct tg_output *out, struct tg_error *err)
{
	if (q->check)
		return check(store, out, err);
	if (q->export)
		return tg_store_export(store, out, err);
	if (q->forget_before.p)
		return forget(q->forget_before, store, out, err);
	return stats(store, out, err);
}

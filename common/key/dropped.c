#include "common/key/dropped.h"

#include "common/json/text.h"
#include "common/time/time.h"

enum tg_status tg_dropped_open(struct tg_dropped *d, const char *path, struct tg_error *err)
{
	enum tg_status st = tg_publish_open(&d->publish, path, 0600, err);

	if (st)
		return st;
	tg_output_open(&d->out, d->publish.fd, path);
	d->open = true;
	return TG_OK;
}

enum tg_status tg_dropped_add(struct tg_dropped *d, const struct tg_record *rec, const char *reason,
			      bool own, const struct tg_batch *before, struct tg_error *err)
{
	struct tg_buffer *b = &d->line;

	b->n = 0;
	tg_buffer_putc(b, '{');
	tg_json_put_member(b, "reason", tg_str_of(reason));
	tg_json_put_name(b, "at");
	tg_buffer_putc(b, '{');
	tg_json_put_member(b, "file", rec->at.file);
	if (rec->at.line)
		tg_json_put_member_u64(b, "line", rec->at.line);
	tg_json_put_member_u64(b, "offset", rec->at.offset);
	tg_buffer_puts(b, "},\"first\":{");
	if (own) {
		tg_buffer_puts(b, "\"here\":true");
	} else if (before) {
		tg_json_put_member(b, "landing",
				   before->landing[0] ? tg_str_of(before->landing) : TG_STR_NONE);
		tg_json_put_name(b, "time");
		tg_buffer_putc(b, '"');
		tg_time_put(b, (struct tg_time){ before->time / 1000000,
						 (uint32_t)(before->time % 1000000) });
		tg_buffer_putc(b, '"');
	}
	tg_buffer_putc(b, '}');
	tg_json_put_member(b, "record", rec->text);
	tg_buffer_puts(b, "}\n");
	tg_output_put(&d->out, tg_buffer_str(b));
	return d->out.status ? tg_output_flush(&d->out, err) : TG_OK;
}

enum tg_status tg_dropped_publish(struct tg_dropped *d, struct tg_error *err)
{
	enum tg_status st;

	if (!d->open)
		return TG_OK;
	st = tg_output_flush(&d->out, err);
	return st ? st : tg_publish_commit(&d->publish, TG_PUBLISH_REPLACE, err);
}

void tg_dropped_release(struct tg_dropped *d)
{
	if (d->open) {
		tg_output_release(&d->out);
		tg_publish_release(&d->publish);
	}
	tg_buffer_release(&d->line);
}

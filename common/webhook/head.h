/*
 * head: one request out of a file with its head and a file with its body, as a record.
 *
 * The head is what a server received or `curl -D` has written: perhaps a request line, then headers, in lines that end with LF or
 * CR LF and may be folded, up to an empty line or the end. The body is taken byte for byte.
 */
#ifndef TG_WEBHOOK_HEAD_H
#define TG_WEBHOOK_HEAD_H

#include "common/base/buffer.h"
#include "common/base/status.h"

/* Appends the record. url: none where the head says it all. TG_DATA names the line that is no header. */
TG_MUST_USE enum tg_status tg_head_compose(struct tg_buffer *record, struct tg_str head,
					   struct tg_str body, struct tg_str url,
					   struct tg_error *err);

#endif

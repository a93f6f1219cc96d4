/*
 * keep: a sink for tests: what it lands is a new file in a folder.
 *
 *	pour <in.jsonl | keep --to landed
 */
#include "common/run/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct keep {
	struct tg_str to;
	struct tg_buffer bytes;
};

static const struct tg_option options[] = {
	TG_OPT_TEXT(0, "to", struct keep, to, "DIR", "the folder"),
	TG_OPT_END,
};

static enum tg_status keep_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	const struct keep *k = self;

	(void)setup;
	return k->to.n ? TG_OK : tg_fail(err, TG_USAGE, "no --to: nowhere to keep anything");
}

static enum tg_status keep_take(void *self, struct tg_str bytes, struct tg_error *err)
{
	struct keep *k = self;

	(void)err;
	tg_buffer_put_str(&k->bytes, bytes);
	return TG_OK;
}

static enum tg_status keep_commit(void *self, const struct tg_setup *setup,
				  const struct tg_upstream *up, struct tg_receipt *receipt,
				  struct tg_error *err)
{
	TG_OWN(tg_close_fd) int fd = -1;
	struct keep *k = self;
	struct tg_str path = tg_arena_format(setup->arena, "%s/landed-%ld-%s", k->to.p,
					     (long)getpid(), tg_upstream_name(up->verdict));

	if (k->bytes.n == 0) {
		receipt->result = "nothing";
		return TG_OK;
	}
	fd = open(path.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, k->bytes.p, k->bytes.n) != (ssize_t)k->bytes.n)
		return tg_fail(err, TG_IO, "cannot write %s: %s", path.p, strerror(errno));
	*receipt = (struct tg_receipt){ .result = "landed", .path = path, .bytes = k->bytes.n };
	return TG_OK;
}

static void keep_release(void *self)
{
	struct keep *k = self;

	tg_buffer_release(&k->bytes);
}

extern const struct tg_sink tg_keep;
const struct tg_sink tg_keep = {
	.name = "keep",
	.about = "land what comes as a file (for tests)",
	.options = options,
	.size = sizeof(struct keep),
	.open = keep_open,
	.take = keep_take,
	.commit = keep_commit,
	.release = keep_release,
};

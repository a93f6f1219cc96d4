#include "common/landing/guard.h"

#include "common/base/utf8.h"
#include "common/digest/digest.h"
#include "common/io/command.h"
#include "common/io/media.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

enum { NOT_RUN = 126, NOT_FOUND = 127, QUOTED = 400 };

/* The first of the list, which is cut off from it. */
static struct tg_str next_type(struct tg_str *list)
{
	const char *comma = list->n ? memchr(list->p, ',', list->n) : NULL;
	struct tg_str type = tg_str_from(list->p, comma ? (size_t)(comma - list->p) : list->n);

	*list = tg_str_after(*list, type.n + (comma != NULL));
	while (type.n && type.p[0] == ' ')
		type = tg_str_after(type, 1);
	return type;
}

enum tg_status tg_guard_check(const struct tg_guard *g, struct tg_error *err)
{
	struct tg_str list = g->accept;

	if (g->accept.p && !g->accept.n)
		return tg_fail(err, TG_USAGE, "--accept: it names no type, such as text/csv");
	while (list.n)
		if (!tg_media_is_type(next_type(&list)))
			return tg_fail(err, TG_USAGE,
				       "--accept: it must be types with commas between, such as "
				       "text/csv,text/plain");
	if (g->scan.p && (!g->scan.n || memchr(g->scan.p, '\0', g->scan.n)))
		return tg_fail(err, TG_USAGE, "--scan: it is no command");
	return TG_OK;
}

enum tg_status tg_guard_open(struct tg_guard *g, const struct tg_zone *zone, bool packed, bool dry,
			     struct tg_error *err)
{
	g->copies = g->scan.p && packed && !dry;
	if (!g->copies)
		return TG_OK;
	return tg_publish_stage(&g->plain, zone->own, 0440, "the data for the scanner", err);
}

enum tg_status tg_guard_take(struct tg_guard *g, struct tg_str bytes, struct tg_error *err)
{
	size_t room = TG_MEDIA_HEAD - g->head.n;

	g->bytes += bytes.n;
	if (g->max_bytes && g->bytes > g->max_bytes)
		return tg_fail_code(
			err, TG_DATA, "too-large",
			"the content has more than %llu bytes, the limit that --max-size "
			"sets; nothing has landed",
			(unsigned long long)g->max_bytes);
	if (g->accept.p && room)
		tg_buffer_put(&g->head, bytes.p, bytes.n < room ? bytes.n : room);
	return g->copies ? tg_publish_write(&g->plain, bytes, err) : TG_OK;
}

/* A head that ends in the middle of a line would look like a broken text. */
static struct tg_str whole_lines(const struct tg_guard *g)
{
	struct tg_str head = tg_buffer_str(&g->head);
	size_t n = head.n;

	if (n < TG_MEDIA_HEAD)
		return head;
	while (n && head.p[n - 1] != '\n')
		n--;
	return n ? tg_str_from(head.p, n) : head;
}

static enum tg_status judge_type(struct tg_guard *g, struct tg_arena *arena, struct tg_error *err)
{
	struct tg_str list = g->accept, type;
	enum tg_status st = tg_media_type(&type, whole_lines(g), arena, err);

	if (st)
		return st;
	g->type = type;
	while (list.n)
		if (tg_media_fits(type, next_type(&list)))
			return TG_OK;
	return tg_fail_code(err, TG_DATA, "media-type",
			    "the content is %.*s, and --accept takes %.*s; nothing has landed",
			    TG_STR_ARG(type), TG_STR_ARG(g->accept));
}

/* What a scanner says may quote what a sender has chosen. */
static void put_said(struct tg_buffer *out, struct tg_str said)
{
	while (said.n && (said.p[said.n - 1] == '\n' || said.p[said.n - 1] == ' '))
		said.n--;
	if (said.n)
		tg_buffer_puts(out, ": ");
	tg_utf8_put_safe(out, said, QUOTED);
}

/*
 * The file's modes keep a command from writing to it, but not one that root runs. A time that no clock gives shows whether somebody
 * has written: what a system's ticks would hide is seen too.
 */
static enum tg_status mark(int fd, struct stat *st, struct tg_error *err)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = 0 } };
	uint32_t random;

	tg_random(&random, sizeof(random));
	if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0)
		times[1].tv_sec = 0;
	times[1].tv_sec--;
	times[1].tv_nsec = (long)(random % 1000000000);
	if (futimens(fd, times) != 0 || fstat(fd, st) != 0)
		return tg_fail(err, TG_IO, "cannot look at the data in the zone: %s",
			       strerror(errno));
	return TG_OK;
}

static enum tg_status check_mark(int fd, const struct stat *before, struct tg_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return tg_fail(err, TG_IO, "cannot look at the data in the zone: %s",
			       strerror(errno));
#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif
	if (st.st_size == before->st_size && st.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == before->st_mtim.tv_nsec)
		return TG_OK;
	return tg_fail_code(
		err, TG_REFUSED, "scan",
		"the command of --scan has written to the data that it was given to look "
		"at; nothing has landed");
}

static enum tg_status judge_scan(struct tg_guard *g, int staged, struct tg_error *err)
{
	int fd = g->copies ? g->plain.fd : staged;
	struct stat before;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer said = TG_BUFFER_INIT;
	struct tg_command c = { .micros = g->scan_micros };
	struct tg_str rest = g->scan;
	enum tg_status st;

	for (; rest.n; rest = tg_str_after(rest, 1)) {
		if (!tg_str_starts(rest, TG_STR("{}"))) {
			tg_buffer_putc(&text, rest.p[0]);
			continue;
		}
		tg_buffer_puts(&text, "/dev/stdin");
		rest = tg_str_after(rest, 1);
	}
	tg_buffer_putc(&text, '\0');
	c.text = text.p;
	st = mark(fd, &before, err);
	if (st)
		return st;
	st = tg_command_run(&c, fd, err);
	put_said(&said, tg_buffer_str(&c.said));
	tg_buffer_release(&c.said);
	if (st)
		return st == TG_INTERRUPTED ? st : tg_within(err, "the command of --scan");
	if (c.status == 0) {
		st = check_mark(fd, &before, err);
		g->scanned = !st;
		return st;
	}
	if (c.status == NOT_FOUND || c.status == NOT_RUN)
		return tg_fail(err, TG_CONFIG, "the command of --scan cannot be run%.*s",
			       TG_STR_ARG(tg_buffer_str(&said)));
	if (c.signal)
		return tg_fail(
			err, TG_TRY_AGAIN,
			"the command of --scan was ended by signal %d; nothing has landed%.*s",
			c.signal, TG_STR_ARG(tg_buffer_str(&said)));
	return tg_fail_code(
		err, TG_REFUSED, "scan",
		"the command of --scan refuses the content, with status %d; nothing has "
		"landed%.*s",
		c.status, TG_STR_ARG(tg_buffer_str(&said)));
}

enum tg_status tg_guard_judge(struct tg_guard *g, int staged, struct tg_arena *arena,
			      struct tg_error *err)
{
	enum tg_status st = g->accept.p ? judge_type(g, arena, err) : TG_OK;

	if (st || !g->scan.p || staged < 0)
		return st;
	return judge_scan(g, staged, err);
}

void tg_guard_release(struct tg_guard *g)
{
	tg_buffer_release(&g->head);
	tg_publish_release(&g->plain);
}

#include "common/run/copy.h"

#include "common/io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const uint64_t copy_wait = 10 * 1000000; /* for its lock */

/* The run's id is that of the first line. A file that holds something else is not ours to write to. */
static enum tg_status read_run(const struct tg_copy *copy, struct tg_ids *ids, struct tg_error *err)
{
	static const struct tg_str member = { "\"run\":\"", 7 };
	char line[4096];
	ssize_t n = pread(copy->fd, line, sizeof(line), 0);
	const char *at;

	if (n < 0)
		return tg_fail(err, TG_IO, "cannot read the run log %s: %s", copy->name,
			       strerror(errno));
	if (n == 0)
		return TG_OK;
	at = tg_str_starts(tg_str_from(line, (size_t)n), TG_STR("{\"v\":"))
		     ? memmem(line, (size_t)n, member.p, member.n)
		     : NULL;
	if (!at || (size_t)(line + n - at) < member.n + TG_RUN_SIZE ||
	    !tg_ids_join(ids, tg_str_from(at + member.n, TG_RUN_SIZE)))
		return tg_fail(err, TG_IO, "%s is no run log: nothing is appended to it",
			       copy->name);
	return TG_OK;
}

enum tg_status tg_copy_open(struct tg_copy *copy, const char *name, struct tg_ids *ids,
			    struct tg_error *err)
{
	enum tg_status st;

	copy->name = name;
	copy->fd =
		open(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);
	if (copy->fd < 0)
		return tg_fail(err, TG_IO, "cannot open the run log %s: %s", name, strerror(errno));
	st = tg_copy_lock(copy, err);
	return st ? st : read_run(copy, ids, err);
}

enum tg_status tg_log_write(int fd, struct tg_str s, const char *name, struct tg_error *err)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return tg_fail(err, TG_IO, "cannot write to the run log%s%s: %s",
				       name ? " " : "", name ? name : "",
				       n < 0 ? strerror(errno) : "no space");
		s = tg_str_after(s, (size_t)n);
	}
	return TG_OK;
}

/* What a full disk has torn off is closed first: our line stands alone. */
enum tg_status tg_copy_append(const struct tg_copy *copy, struct tg_str lines, struct tg_error *err)
{
	off_t end = lseek(copy->fd, 0, SEEK_END);
	char last = '\n';

	if (end > 0 && pread(copy->fd, &last, 1, end - 1) == 1 && last != '\n') {
		enum tg_status st = tg_log_write(copy->fd, TG_STR("\n"), copy->name, err);

		if (st)
			return st;
	}
	return tg_log_write(copy->fd, lines, copy->name, err);
}

enum tg_status tg_copy_lock(const struct tg_copy *copy, struct tg_error *err)
{
	return tg_lock(copy->fd, copy_wait, copy->name, err);
}

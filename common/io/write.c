#include "common/io/write.h"

#include "common/io/interrupt.h"

#include <errno.h>
#include <unistd.h>

enum tg_status tg_write_all(int fd, struct tg_str bytes, const char *what, struct tg_error *err)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR && tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted while writing %s", what);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return tg_fail(err, TG_IO, "cannot write %s: %s", what,
				       n < 0 ? strerror(errno) : "nothing was taken");
		bytes = tg_str_after(bytes, (size_t)n);
	}
	return TG_OK;
}

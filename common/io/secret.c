#include "common/io/secret.h"

#include "common/base/buffer.h"
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/io/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { STEP = 4096 };

static const struct tg_str cred = { "cred:", 5 }, file = { "file:", 5 }, descriptor = { "fd:", 3 },
			   variable = { "env:", 4 };

/* explicit_bzero is not on every system; the barrier keeps the stores. */
static void wipe(void *p, size_t n)
{
	if (n == 0)
		return;
	memset(p, 0, n);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

/* Grows by copying, so that no piece is left behind in freed memory. */
static void make_room(struct tg_secret *s, size_t n)
{
	size_t room = s->room ? s->room : STEP;
	char *p;

	while (room < n + 1)
		room *= 2;
	if (room == s->room)
		return;
	p = tg_alloc(room);
	if (s->n)
		memcpy(p, s->p, s->n);
	if (s->p)
		wipe(s->p, s->room);
	tg_free(s->p);
	s->p = p;
	s->room = room;
}

static enum tg_status too_long(const char *option, size_t most, struct tg_error *err)
{
	return tg_fail(err, TG_CONFIG, "%s: what is there is longer than %zu bytes", option, most);
}

static enum tg_status read_fd(struct tg_secret *s, int fd, size_t most, const char *option,
			      struct tg_error *err)
{
	for (;;) {
		ssize_t n;

		make_room(s, s->n + STEP);
		n = read(fd, s->p + s->n, STEP);
		if (n < 0 && errno == EINTR && !tg_interrupted())
			continue;
		if (n < 0)
			return errno == EINTR ? tg_fail(err, TG_INTERRUPTED, "interrupted")
					      : tg_fail(err, TG_CONFIG, "%s: cannot be read: %s",
							option, strerror(errno));
		if (n == 0)
			return TG_OK;
		s->n += (size_t)n;
		if (s->n > most)
			return too_long(option, most, err);
	}
}

static enum tg_status read_path(struct tg_secret *s, const char *path, size_t most,
				const char *option, struct tg_error *err)
{
	TG_OWN(tg_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return tg_fail(err, TG_CONFIG, "%s: cannot open %s: %s", option, path,
			       strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
		s->open_to_others = true;
	return read_fd(s, fd, most, option, err);
}

static enum tg_status read_cred(struct tg_secret *s, const char *name, size_t most,
				const char *option, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer path = TG_BUFFER_INIT;
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	enum tg_status st;

	if (!folder || !*folder)
		return tg_fail(err, TG_CONFIG,
			       "%s: there is no CREDENTIALS_DIRECTORY; systemd sets it for a unit "
			       "with LoadCredential=",
			       option);
	if (!*name || strchr(name, '/'))
		return tg_fail(err, TG_USAGE, "%s: a credential's name has no '/' in it", option);
	tg_buffer_printf(&path, "%s/%s", folder, name);
	tg_buffer_putc(&path, '\0');
	st = read_path(s, path.p, most, option, err);
	s->open_to_others = false; /* the folder is what guards it */
	return st;
}

static enum tg_status read_descriptor(struct tg_secret *s, struct tg_str number, size_t most,
				      const char *option, struct tg_error *err)
{
	enum tg_status st;
	uint64_t n;

	if (!tg_read_u64(number, &n) || n > 1 << 20 || n == STDOUT_FILENO || n == STDERR_FILENO)
		return tg_fail(err, TG_USAGE,
			       "%s: fd: wants the number of a descriptor to read from", option);
	st = read_fd(s, (int)n, most, option, err);
	if (n != STDIN_FILENO)
		close((int)n);
	return st;
}

/* The text is blotted out where the kernel shows it (/proc/PID/environ). */
static enum tg_status read_variable(struct tg_secret *s, const char *name, size_t most,
				    const char *option, struct tg_error *err)
{
	char *value = *name ? getenv(name) : NULL;
	size_t n = value ? strlen(value) : 0;

	if (!value)
		return tg_fail(err, TG_CONFIG, "%s: there is no such variable in the environment",
			       option);
	if (n > most)
		return too_long(option, most, err);
	make_room(s, n);
	memcpy(s->p, value, n);
	s->n = n;
	wipe(value, n);
	(void)unsetenv(name);
	return TG_OK;
}

static bool is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

/* What nobody sees and a terminal, browser or editor puts there: a byte order mark, a no-break space, a space of no width. */
static bool has_unseen_end(struct tg_str text)
{
	static const struct tg_str unseen[] = {
		{ "\xef\xbb\xbf", 3 },
		{ "\xc2\xa0", 2 },
		{ "\xe2\x80\x8b", 3 },
	};

	for (size_t i = 0; i < TG_COUNT(unseen); i++)
		if (tg_str_starts(text, unseen[i]) || tg_str_ends(text, unseen[i]))
			return true;
	return false;
}

static enum tg_status check_text(struct tg_secret *s, const char *option, struct tg_error *err)
{
	if (s->n && s->p[s->n - 1] == '\n') {
		s->n--;
		if (s->n && s->p[s->n - 1] == '\r')
			s->n--;
	}
	s->p[s->n] = '\0';
	if (s->n == 0)
		return tg_fail(err, TG_CONFIG, "%s: what is there is empty", option);
	if (memchr(s->p, '\0', s->n) || memchr(s->p, '\n', s->n))
		return tg_fail(err, TG_CONFIG, "%s: what is there is not one line of text", option);
	if (is_blank(s->p[0]) || is_blank(s->p[s->n - 1]))
		return tg_fail(err, TG_CONFIG,
			       "%s: what is there begins or ends with a blank, which is a slip of "
			       "pasting far more often than a secret",
			       option);
	if (has_unseen_end(tg_secret_str(s)))
		return tg_fail(err, TG_CONFIG,
			       "%s: what is there begins or ends with a character that is not "
			       "seen (a byte order mark or a blank of another kind)",
			       option);
	return TG_OK;
}

static enum tg_status finish(struct tg_secret *s, enum tg_secret_kind kind, enum tg_status st,
			     const char *option, struct tg_error *err)
{
	if (!st) {
		make_room(s, s->n);
		s->p[s->n] = '\0';
	}
	if (!st && kind == TG_SECRET_TEXT)
		st = check_text(s, option, err);
	else if (!st && s->n == 0)
		st = tg_fail(err, TG_CONFIG, "%s: what is there is empty", option);
	if (st)
		tg_secret_release(s);
	return st;
}

bool tg_secret_is_spec(struct tg_str text)
{
	return tg_str_starts(text, cred) || tg_str_starts(text, file) ||
	       tg_str_starts(text, descriptor) || tg_str_starts(text, variable);
}

enum tg_status tg_secret_read(struct tg_secret *secret, struct tg_str spec,
			      enum tg_secret_kind kind, size_t most, const char *option,
			      struct tg_error *err)
{
	enum tg_status st;

	*secret = TG_SECRET_INIT;
	if (tg_str_starts(spec, cred))
		st = read_cred(secret, spec.p + cred.n, most, option, err);
	else if (tg_str_starts(spec, file))
		st = read_path(secret, spec.p + file.n, most, option, err);
	else if (tg_str_starts(spec, descriptor))
		st = read_descriptor(secret, tg_str_after(spec, descriptor.n), most, option, err);
	else if (tg_str_starts(spec, variable))
		st = read_variable(secret, spec.p + variable.n, most, option, err);
	else
		return tg_fail(err, TG_USAGE,
			       "%s takes cred:NAME, file:PATH, fd:N or env:NAME, never the secret "
			       "itself",
			       option);
	return finish(secret, kind, st, option, err);
}

enum tg_status tg_secret_read_file(struct tg_secret *secret, const char *path,
				   enum tg_secret_kind kind, size_t most, const char *option,
				   struct tg_error *err)
{
	*secret = TG_SECRET_INIT;
	return finish(secret, kind, read_path(secret, path, most, option, err), option, err);
}

void tg_secret_release(struct tg_secret *secret)
{
	if (secret->p)
		wipe(secret->p, secret->room);
	tg_free(secret->p);
	*secret = TG_SECRET_INIT;
}

/* A core may also go to a program (core_pattern), which asks no limit; an undumpable process gives none. The leak sanitizer looks
 * into its own process, so there it is left out. */
void tg_secret_harden(void)
{
	static const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef PR_SET_DUMPABLE
	if (!TG_SANITIZED)
		(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

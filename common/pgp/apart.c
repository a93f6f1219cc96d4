#include "common/pgp/apart.h"

#include "common/base/check.h"
#include "common/io/write.h"
#include "common/pgp/gpgme.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ourselves[] =
	"/proc/self/exe"; /* where there is none, GPGME takes no such engine */

static const char variable[] =
	"TG_PGP_GPG"; /* "PID:2.2.40:/usr/bin/gpg", of who set it; there only for the children of a home */
static const char printed[] = "printed";

enum {
	FIRST = STDERR_FILENO + 1, /* what GPGME hands over is open, so another is taken */
	ARGUMENTS_MOST = 1 << 20,
	NOT_RUN = 127,
	PRINTED_MOST = 1 << 20, /* a sender may have much to say */
};

enum tg_status tg_pgp_apart_begin(const struct tg_pgp_home *home, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer value = TG_BUFFER_INIT;
	gpgme_engine_info_t info = NULL;

	if (tg_gpgme.get_engine_info(&info) != 0)
		info = NULL;
	while (info && info->protocol != GPGME_PROTOCOL_OpenPGP)
		info = info->next;
	/* A second home of one process finds it told already. */
	if (info && info->file_name && info->version && strcmp(info->file_name, ourselves) != 0) {
		tg_buffer_printf(&value, "%ld:%s:%s", (long)getpid(), info->version,
				 info->file_name);
		tg_buffer_putc(&value, '\0');
		(void)setenv(variable, value.p, 1);
	}
	/* For all contexts: told one by one, each would ask gpg for its version. */
	if (!getenv(variable) ||
	    tg_gpgme.set_engine_info(GPGME_PROTOCOL_OpenPGP, ourselves, home->path) != 0)
		return tg_fail(err, TG_UNAVAILABLE,
			       "GPGME does not take the key home, or /proc is not mounted");
	return TG_OK;
}

bool tg_pgp_apart_printed(const struct tg_pgp_home *home)
{
	struct stat st;

	if (fstatat(home->lock, printed, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	return unlinkat(home->lock, printed, 0) != 0 || st.st_size > 0;
}

/*
 * Started as gpg
 */

static char **read_arguments(void)
{
	char *text = tg_alloc(ARGUMENTS_MOST + 1);
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	size_t n = 0, count = 0;
	ssize_t got = 1;
	char **argv;

	while (fd >= 0 && got > 0 && n < ARGUMENTS_MOST) {
		got = read(fd, text + n, ARGUMENTS_MOST - n);
		n += got > 0 ? (size_t)got : 0;
	}
	tg_close_fd(&fd);
	for (size_t i = 0; i < n; i++)
		count += text[i] == '\0';
	argv = tg_alloc_array(count + 1, sizeof(*argv));
	count = 0;
	for (size_t at = 0; at < n; at += strlen(text + at) + 1)
		argv[count++] = text + at;
	return argv;
}

static char *after(char **argv, const char *option)
{
	for (size_t i = 1; argv[i] && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], option) == 0)
			return argv[i + 1];
	return NULL;
}

/* GPGME has asked gpg itself before, and now asks us: a process less. */
static void say_version(struct tg_str version)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;
	struct tg_error ignored = TG_ERROR_INIT;

	tg_buffer_printf(&line, "gpg (GnuPG) %.*s\n", TG_STR_ARG(version));
	_exit(tg_write_all(STDOUT_FILENO, tg_buffer_str(&line), "standard output", &ignored)
		      ? NOT_RUN
		      : 0);
}

/* A descriptor that cannot be had ends it: rather no gpg than one whose output is mixed. */
static void part(char **argv)
{
	static char place[32];
	const char *home = after(argv, "--homedir");
	int text = fcntl(STDOUT_FILENO, F_DUPFD, FIRST), folder, other;

	if (text < 0 || !home)
		_exit(TG_IO);
	folder = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	other = openat(folder, printed, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (other < 0 || dup2(other, STDOUT_FILENO) != STDOUT_FILENO)
		_exit(TG_IO);
	(void)setrlimit(RLIMIT_FSIZE,
			&(struct rlimit){ .rlim_cur = PRINTED_MOST, .rlim_max = PRINTED_MOST });
	snprintf(place, sizeof(place), "-&%d", text);
	for (size_t i = 1; argv[i] && argv[i + 1] && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--output") == 0 && strcmp(argv[i + 1], "-") == 0)
			argv[i + 1] = place;
}

/*
 * Whoever kills us is not asked whether gpg may live on: an import goes on and waits for an agent that the next run has ended. GPGME forks
 * twice, so our parent is first a process that ends at once, and then the one that adopts orphans (agent.h): the signal must be that one's
 * end and not the first one's.
 */
static void end_with(pid_t setter)
{
	for (int i = 0; i < 2000 && getppid() != setter; i++)
		usleep(200);
	if (getppid() != setter)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != setter)
		_exit(NOT_RUN);
}

/*
 * Before main, which must not be reached: a program that is started as gpg and does not become it would start itself again, for ever.
 * What a dead run may have left in an environment means nothing.
 */
__attribute__((__constructor__)) static void become_gpg(void)
{
	const char *value = getenv(variable), *version = value ? strchr(value, ':') : NULL,
		   *path = version ? strchr(version + 1, ':') : NULL;
	uint64_t setter;
	char **argv;

	if (!path || !tg_read_u64(tg_str_from(value, (size_t)(version - value)), &setter) ||
	    setter == 0 || setter > INT32_MAX || setter == (uint64_t)getpid() ||
	    kill((pid_t)setter, 0) != 0)
		return;
	argv = read_arguments();
	if (!argv[0])
		_exit(NOT_RUN);
	if (argv[1] && strcmp(argv[1], "--version") == 0)
		say_version(tg_str_from(version + 1, (size_t)(path - version - 1)));
	path = strdup(path + 1);
	if (!path)
		_exit(NOT_RUN);
	if (after(argv, "--decrypt"))
		part(argv);
	end_with((pid_t)setter);
	(void)unsetenv(variable);
	argv[0] = (char *)(uintptr_t) "gpg";
	execv(path, argv);
	_exit(NOT_RUN);
}

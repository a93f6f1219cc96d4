#include "common/io/secret.h"
#include "common/pgp/home.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char room[] = "/tmp/tidegate-test-XXXXXX";

static void enter(void)
{
	snprintf(room, sizeof(room), "/tmp/tidegate-test-XXXXXX");
	TG_BUG_IF(!mkdtemp(room));
}

static int entries(void)
{
	DIR *list = opendir(room);
	int n = 0;

	while (list && readdir(list))
		n++;
	closedir(list);
	return n - 2;
}

static void leave(void)
{
	TG_BUG_IF(rmdir(room) != 0);
}

/* gpg in the home, for what a program of ours never does. */
static int gpg(const struct tg_pgp_home *home, const char *args)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "gpg --homedir %s --batch --quiet --no-tty --pinentry-mode loopback "
		 "--passphrase '' %s >/dev/null 2>&1",
		 home->path, args);
	return system(command);
}

TEST(fingerprints)
{
	static const struct {
		const char *about, *text, *is;
	} row[] = {
		{ "as gpg prints it", "4DC1 FC88 9664 176D 18D1  1EF7 C184 E9D4 A2E5 64F9",
		  "4DC1FC889664176D18D11EF7C184E9D4A2E564F9" },
		{ "lower case", "4dc1fc889664176d18d11ef7c184e9d4a2e564f9",
		  "4DC1FC889664176D18D11EF7C184E9D4A2E564F9" },
		{ "64 digits", "4dc1fc889664176d18d11ef7c184e9d4a2e564f94dc1fc889664176d18d11ef7",
		  "4DC1FC889664176D18D11EF7C184E9D4A2E564F94DC1FC889664176D18D11EF7" },
		{ "a key id", "C184E9D4A2E564F9", NULL },
		{ "a short key id", "A2E564F9", NULL },
		{ "with 0x", "0x4DC1FC889664176D18D11EF7C184E9D4A2E564F9", NULL },
		{ "one digit less", "DC1FC889664176D18D11EF7C184E9D4A2E564F9", NULL },
		{ "one more", "44DC1FC889664176D18D11EF7C184E9D4A2E564F9", NULL },
		{ "too long", "4dc1fc889664176d18d11ef7c184e9d4a2e564f94dc1fc889664176d18d11ef7a",
		  NULL },
		{ "a name", "partner@example.test", NULL },
		{ "nothing", "", NULL },
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		char got[65];
		bool good = tg_pgp_read_fingerprint(tg_str_of(row[i].text), got);

		is_int(row[i].about, good, row[i].is != NULL);
		if (good && row[i].is)
			is_str(row[i].about, tg_str_of(got), tg_str_of(row[i].is));
	}
}

TEST(a_home_comes_and_goes)
{
	struct tg_pgp_home home = TG_PGP_HOME_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct stat st;

	enter();
	is_int("opens", tg_pgp_home_open(&home, room, &err), TG_OK);
	ok("is there", stat(home.path, &st) == 0 && S_ISDIR(st.st_mode));
	is_int("for nobody else", st.st_mode & 0777, 0700);
	tg_pgp_home_close(&home);
	is_int("and goes", entries(), 0);
	tg_pgp_home_close(&home);
	leave();
}

TEST(a_key_that_is_made_leaves_no_agent)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer key = TG_BUFFER_INIT;
	struct tg_pgp_home first = TG_PGP_HOME_INIT, second = TG_PGP_HOME_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_pgp_import import;
	char command[256];
	FILE *f;

	enter();
	is_int("opens", tg_pgp_home_open(&first, room, &err), TG_OK);
	first.agent = true;
	if (gpg(&first, "--quick-generate-key t@example.test ed25519 cert,sign never") != 0) {
		tg_pgp_home_close(&first);
		leave();
		tap_skip("gpg makes no key here");
		return;
	}
	snprintf(command, sizeof(command),
		 "gpg --homedir %s --batch --pinentry-mode loopback --passphrase '' "
		 "--export-secret-keys 2>/dev/null",
		 first.path);
	f = popen(command, "r");
	key.n = fread(tg_buffer_room(&key, 65536), 1, 65536, f);
	pclose(f);
	tg_pgp_home_close(&first);
	is_int("nothing is left", entries(), 0);
	is_int("no child is left", waitpid(-1, NULL, WNOHANG), -1);

	is_int("opens", tg_pgp_home_open(&second, room, &err), TG_OK);
	is_int("imports",
	       tg_pgp_home_import(&second, tg_buffer_str(&key), "a key", &arena, &import, &err),
	       TG_OK);
	is_int("one key", (long long)import.n, 1);
	ok("a secret one", import.secret);
	is_int("no key",
	       tg_pgp_home_import(&second, TG_STR("hello"), "a text", &arena, &import, &err),
	       TG_CONFIG);
	tg_pgp_home_close(&second);
	is_int("nothing is left", entries(), 0);
	is_int("no child is left", waitpid(-1, NULL, WNOHANG), -1);
	leave();
}

/* A run that is killed leaves home and agent; the next one takes them away. */
TEST(after_a_kill)
{
	struct tg_pgp_home home = TG_PGP_HOME_INIT;
	struct tg_error err = TG_ERROR_INIT;
	char command[256];
	int status = 0;
	pid_t child;

	enter();
	child = fork();
	if (child == 0) {
		if (tg_pgp_home_open(&home, room, &err) != TG_OK)
			_exit(1);
		(void)!gpg(&home, "--quick-generate-key t@example.test ed25519 cert,sign never");
		kill(getpid(), 9);
	}
	waitpid(child, &status, 0);
	ok("it was killed", WIFSIGNALED(status));
	is_int("its home is left", entries(), 1);
	is_int("the next one opens", tg_pgp_home_open(&home, room, &err), TG_OK);
	is_int("and finds only itself", entries(), 1);
	snprintf(command, sizeof(command), "pgrep -f -- '--[h]omedir %s' >/dev/null", room);
	ok("no agent", system(command) != 0);
	tg_pgp_home_close(&home);
	is_int("nothing is left", entries(), 0);
	leave();
}

TEST(a_home_that_is_held_stays)
{
	struct tg_pgp_home one = TG_PGP_HOME_INIT, two = TG_PGP_HOME_INIT;
	struct tg_error err = TG_ERROR_INIT;

	enter();
	is_int("one", tg_pgp_home_open(&one, room, &err), TG_OK);
	is_int("two", tg_pgp_home_open(&two, room, &err), TG_OK);
	is_int("both are there", entries(), 2);
	tg_pgp_home_close(&two);
	tg_pgp_home_close(&one);
	leave();
}

TEST(a_long_path)
{
	struct tg_pgp_home home = TG_PGP_HOME_INIT;
	struct tg_error err = TG_ERROR_INIT;
	char path[256];

	enter();
	snprintf(path, sizeof(path), "%s/%060d", room, 0);
	TG_BUG_IF(mkdir(path, 0700) != 0);
	is_int("is refused", tg_pgp_home_open(&home, path, &err), TG_CANNOT_CREATE);
	tg_pgp_home_close(&home);
	TG_BUG_IF(rmdir(path) != 0);
	leave();
}

TEST(secrets)
{
	static const struct {
		const char *about, *content;
		enum tg_status st;
		const char *is;
	} row[] = {
		{ "a line", "correct horse\n", TG_OK, "correct horse" },
		{ "no line end", "correct horse", TG_OK, "correct horse" },
		{ "CR LF", "correct horse\r\n", TG_OK, "correct horse" },
		{ "two line ends", "correct horse\n\n", TG_CONFIG, NULL },
		{ "a blank behind", "correct horse \n", TG_CONFIG, NULL },
		{ "a blank before", "\tcorrect horse\n", TG_CONFIG, NULL },
		{ "two lines", "correct\nhorse\n", TG_CONFIG, NULL },
		{ "nothing", "", TG_CONFIG, NULL },
		{ "a line end", "\n", TG_CONFIG, NULL },
	};
	char path[256], spec[300];

	enter();
	snprintf(path, sizeof(path), "%s/secret", room);
	snprintf(spec, sizeof(spec), "file:%s", path);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_secret_release) struct tg_secret secret = TG_SECRET_INIT;
		struct tg_error err = TG_ERROR_INIT;
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, i % 2 ? 0600 : 0644);
		size_t n = strlen(row[i].content);

		TG_BUG_IF(fd < 0 || write(fd, row[i].content, n) != (ssize_t)n || close(fd) != 0);
		(void)chmod(path, i % 2 ? 0600 : 0644);
		is_int(row[i].about,
		       tg_secret_read(&secret, tg_str_of(spec), TG_SECRET_TEXT, 1000,
				      "--passphrase", &err),
		       row[i].st);
		if (row[i].is)
			is_str(row[i].about, tg_secret_str(&secret), tg_str_of(row[i].is));
		if (!row[i].st)
			is_int(row[i].about, secret.open_to_others, i % 2 == 0);
	}
	unlink(path);
	leave();
}

TEST(where_secrets_come_from)
{
	TG_OWN(tg_secret_release) struct tg_secret secret = TG_SECRET_INIT;
	struct tg_error err = TG_ERROR_INIT;
	int fd[2];
	char spec[32];

	setenv("SOME_SECRET", "horse", 1);
	is_int("env",
	       tg_secret_read(&secret, TG_STR("env:SOME_SECRET"), TG_SECRET_TEXT, 100, "-p", &err),
	       TG_OK);
	is_str("env", tg_secret_str(&secret), TG_STR("horse"));
	ok("children do not get it", !getenv("SOME_SECRET"));
	tg_secret_release(&secret);
	is_int("not there",
	       tg_secret_read(&secret, TG_STR("env:SOME_SECRET"), TG_SECRET_TEXT, 100, "-p", &err),
	       TG_CONFIG);
	TG_BUG_IF(pipe(fd) != 0 || write(fd[1], "battery\n", 8) != 8 || close(fd[1]) != 0);
	snprintf(spec, sizeof(spec), "fd:%d", fd[0]);
	is_int("fd", tg_secret_read(&secret, tg_str_of(spec), TG_SECRET_TEXT, 100, "-p", &err),
	       TG_OK);
	is_str("fd", tg_secret_str(&secret), TG_STR("battery"));
	tg_secret_release(&secret);
	unsetenv("CREDENTIALS_DIRECTORY");
	is_int("no credentials",
	       tg_secret_read(&secret, TG_STR("cred:key"), TG_SECRET_TEXT, 100, "-p", &err),
	       TG_CONFIG);
	is_int("the secret itself",
	       tg_secret_read(&secret, TG_STR("correct horse"), TG_SECRET_TEXT, 100, "-p", &err),
	       TG_USAGE);
	ok("is not repeated", !strstr(err.text, "horse"));
	is_int("standard output",
	       tg_secret_read(&secret, TG_STR("fd:1"), TG_SECRET_TEXT, 100, "-p", &err), TG_USAGE);
	is_int("too long",
	       tg_secret_read(&secret, TG_STR("file:/dev/zero"), TG_SECRET_BYTES, 100000, "-p",
			      &err),
	       TG_CONFIG);
}

#include "common/io/secret.h"
#include "common/pgp/home.h"
#include "common/pgp/verdict.h"
#include "common/pgp/wire.h"
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
	/* It was told to go; when the kernel is through with it is not ours to say. */
	snprintf(command, sizeof(command),
		 "for i in $(seq 100); do pgrep -f -- '--[h]omedir %s' >/dev/null || exit 0; "
		 "sleep 0.05; done; exit 1",
		 room);
	is_int("no agent", system(command), 0);
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
		{ "a byte order mark",
		  "\xef\xbb\xbf"
		  "correct horse\n",
		  TG_CONFIG, NULL },
		{ "a no-break space", "correct horse\xc2\xa0\n", TG_CONFIG, NULL },
		{ "letters above ASCII", "\xc3\xa9t\xc3\xa9\n", TG_OK, "\xc3\xa9t\xc3\xa9" },
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

/*
 * The outside of a message
 */

static enum tg_status walk(const char *bytes, size_t n, size_t piece, bool no_armor,
			   enum tg_pgp_wire_kind kind, struct tg_buffer *out, struct tg_error *err)
{
	struct tg_pgp_wire w;
	enum tg_status st = TG_OK;

	tg_buffer_clear(out);
	tg_pgp_wire_init(&w, kind, no_armor, "x");
	for (size_t i = 0; !st && i < n; i += piece) {
		char copy[4096];
		size_t took = n - i < piece ? n - i : piece;

		memcpy(copy, bytes + i, took);
		st = tg_pgp_wire_take(&w, copy, &took, err);
		tg_buffer_put(out, copy, took);
	}
	return st ? st : tg_pgp_wire_end(&w, err);
}

#define BYTES(literal)                                                                             \
	{                                                                                          \
		("" literal), sizeof(literal) - 1                                                  \
	}
#define PKESK "\xc1\x0c\x03\0\0\0\0\0\0\0\0\x01xx"
#define SKESK "\xc3\x04\x04\x09\x03\x08"
#define SEALED "\xd2\x05\x01work"
#define ARMORED(head, digits, tail)                                                                \
	"-----BEGIN PGP MESSAGE-----\n" head "\n" digits "\n" tail "-----END PGP MESSAGE-----\n"
#define DIGITS "wQwDAAAAAAAAAAABeHjSBQF3b3Jr"

// clang-format off
static const struct {
	const char *about;
	struct tg_str bytes;
	enum tg_status st;
	const char *code;
} outsides[] = {
	{ "a message", BYTES(PKESK SEALED), TG_OK, NULL },
	{ "for two", BYTES(PKESK PKESK SEALED), TG_OK, NULL },
	{ "for a passphrase too", BYTES(SKESK PKESK SEALED), TG_OK, NULL },
	{ "a marker before", BYTES("\xca\x03PGP" PKESK SEALED), TG_OK, NULL },
	{ "padding behind", BYTES(PKESK SEALED "\xd5\x02xx"), TG_OK, NULL },
	{ "old headers", BYTES("\x84\x0c\x03\0\0\0\0\0\0\0\0\x01xx" SEALED), TG_OK, NULL },
	{ "a length of five bytes", BYTES(PKESK "\xd2\xff\0\0\0\x05\x01work"), TG_OK, NULL },
	{ "parts", BYTES(PKESK "\xd2\xe1\x01w\xe0o\x02rk"), TG_OK, NULL },
	{ "parts, the last one empty", BYTES(PKESK "\xd2\xe1\x01w\0"), TG_OK, NULL },
	{ "OCB", BYTES(PKESK "\xd4\x05\x01work"), TG_OK, NULL },
	{ "armor", BYTES(ARMORED("", DIGITS, "=njUN\n")), TG_OK, NULL },
	{ "armor with a head", BYTES(ARMORED("Version: 1\nComment: x\n", DIGITS, "")), TG_OK, NULL },
	{ "armor with CR LF",
	  BYTES("-----BEGIN PGP MESSAGE-----\r\n\r\n" DIGITS
		 "\r\n-----END PGP MESSAGE-----\r\n"),
	  TG_OK, NULL },
	{ "armor behind a mark and blanks", BYTES("\xef\xbb\xbf\n " ARMORED("", DIGITS, "")),
	  TG_OK, NULL },
	{ "armor without a last line feed",
	  BYTES("-----BEGIN PGP MESSAGE-----\n\n" DIGITS "\n-----END PGP MESSAGE-----"), TG_OK,
	  NULL },
	{ "nothing", BYTES(""), TG_DATA, "pgp-none" },
	{ "a text", BYTES("id,name\n"), TG_DATA, "pgp-none" },
	{ "blanks", BYTES(" \n\n"), TG_DATA, "pgp-none" },
	{ "gzip", BYTES("\x1f\x8b\x08\0"), TG_DATA, "pgp-none" },
	{ "a key", BYTES("\xc6\x05\x04work"), TG_DATA, "pgp-none" },
	{ "an unknown packet", BYTES("\xff\x01x"), TG_DATA, "pgp-none" },
	{ "signed only", BYTES("\xc4\x02\x03x" SEALED), TG_REFUSED, "pgp-not-encrypted" },
	{ "compressed only", BYTES("\xc8\x02\x01x"), TG_REFUSED, "pgp-not-encrypted" },
	{ "literal only", BYTES("\xcb\x02\x01x"), TG_REFUSED, "pgp-not-encrypted" },
	{ "literal before", BYTES(PKESK "\xcb\x02\x01x" SEALED), TG_REFUSED, "pgp-not-encrypted" },
	{ "a passphrase only", BYTES(SKESK SEALED), TG_REFUSED, "pgp-symmetric" },
	{ "for nobody", BYTES(SEALED), TG_DATA, "pgp-damaged" },
	{ "no integrity protection", BYTES(PKESK "\xc9\x02xx"), TG_REFUSED, "pgp-integrity" },
	{ "version 2", BYTES(PKESK "\xd2\x05\x02work"), TG_DATA, "pgp-version" },
	{ "an unknown version", BYTES(PKESK "\xd2\x05\x07work"), TG_DATA, "pgp-damaged" },
	{ "twice", BYTES(PKESK SEALED PKESK SEALED), TG_DATA, "pgp-trailing" },
	{ "two of sealed data", BYTES(PKESK SEALED SEALED), TG_DATA, "pgp-trailing" },
	{ "rubbish behind", BYTES(PKESK SEALED "rubbish"), TG_DATA, "pgp-trailing" },
	{ "NUL behind", BYTES(PKESK SEALED "\0"), TG_DATA, "pgp-trailing" },
	{ "rubbish behind armor", BYTES(ARMORED("", DIGITS, "") "x"), TG_DATA, "pgp-trailing" },
	{ "cut in the data", BYTES(PKESK "\xd2\x05\x01wor"), TG_DATA, "pgp-cut-off" },
	{ "cut in a part", BYTES(PKESK "\xd2\xe1\x01w\xe1o"), TG_DATA, "pgp-cut-off" },
	{ "cut between parts", BYTES(PKESK "\xd2\xe1\x01w"), TG_DATA, "pgp-cut-off" },
	{ "cut in a length", BYTES(PKESK "\xd2\xff\0\0"), TG_DATA, "pgp-cut-off" },
	{ "cut before the data", BYTES(PKESK), TG_DATA, "pgp-cut-off" },
	{ "cut in a key", BYTES("\xc1\x0c\x03"), TG_DATA, "pgp-cut-off" },
	{ "a huge length", BYTES(PKESK "\xd2\xff\xff\xff\xff\xff\x01work"), TG_DATA, "pgp-cut-off" },
	{ "a key without an end", BYTES("\x87\x03xxxxxx" SEALED), TG_DATA, "pgp-cut-off" },
	{ "an empty packet", BYTES("\xc1\x00" SEALED), TG_DATA, "pgp-damaged" },
	{ "no end of the armor", BYTES("-----BEGIN PGP MESSAGE-----\n\n" DIGITS "\n"), TG_DATA,
	  "pgp-cut-off" },
	{ "half an end", BYTES("-----BEGIN PGP MESSAGE-----\n\n" DIGITS "\n-----END PGP"), TG_DATA,
	  "pgp-damaged" },
	{ "armor cut in its head", BYTES("-----BEGIN PGP MESSAGE-----\nVersion: 1"), TG_DATA,
	  "pgp-cut-off" },
	{ "a strange digit", BYTES(ARMORED("", "wQwD*AAA", "")), TG_DATA, "pgp-damaged" },
	{ "one digit left", BYTES(ARMORED("", DIGITS "w", "")), TG_DATA, "pgp-damaged" },
	{ "armor of a key", BYTES("-----BEGIN PGP PUBLIC KEY BLOCK-----\n"), TG_DATA, "pgp-none" },
	{ "armor of nothing known", BYTES("-----BEGIN CERTIFICATE-----\n"), TG_DATA, "pgp-none" },
	{ "cleartext", BYTES("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n"),
	  TG_REFUSED, "pgp-cleartext" },
	{ "a text before the armor", BYTES("Hello\n" ARMORED("", DIGITS, "")), TG_DATA, "pgp-none" },
};
// clang-format on

TEST(the_outside_of_a_message)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(outsides); i++) {
		struct tg_str s = outsides[i].bytes;

		for (size_t piece = 1; piece < 80; piece += piece < 8 ? 1 : 23) {
			struct tg_error err = TG_ERROR_INIT;

			is_int(outsides[i].about,
			       walk(s.p, s.n, piece, false, TG_PGP_WIRE_MESSAGE, &out, &err),
			       outsides[i].st);
			is_str(outsides[i].about, tg_str_of(err.code), tg_str_of(outsides[i].code));
			if (outsides[i].st == TG_OK && s.p[0] != '-' && s.p[0] != '\xef')
				is_str(outsides[i].about, tg_buffer_str(&out), s);
			else if (outsides[i].st == TG_OK)
				is_str(outsides[i].about, tg_buffer_str(&out),
				       TG_STR(PKESK SEALED));
		}
	}
}

TEST(armor_ruled_out)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_str armored = TG_STR(ARMORED("", DIGITS, "")), binary = TG_STR(PKESK SEALED);

	is_int("armor", walk(armored.p, armored.n, 10, true, TG_PGP_WIRE_MESSAGE, &out, &err),
	       TG_REFUSED);
	is_int("binary", walk(binary.p, binary.n, 10, true, TG_PGP_WIRE_MESSAGE, &out, &err),
	       TG_OK);
}

TEST(detached_signatures)
{
	static const struct {
		const char *about;
		struct tg_str bytes;
		enum tg_status st;
	} row[] = {
		{ "one", BYTES("\xc2\x03\x04xx"), TG_OK },
		{ "two", BYTES("\xc2\x03\x04xx\xc2\x03\x04yy"), TG_OK },
		{ "armor",
		  BYTES("-----BEGIN PGP SIGNATURE-----\n\nwgMEeHg=\n-----END PGP SIGNATURE-----\n"),
		  TG_OK },
		{ "version 6", BYTES("\xc2\x03\x06xx"), TG_DATA },
		{ "a signed message", BYTES("\xc4\x02\x03x\xcb\x02\x01x\xc2\x03\x04xx"),
		  TG_REFUSED },
		{ "data behind it", BYTES("\xc2\x03\x04xx\xcb\x02\x01x"), TG_REFUSED },
		{ "an encrypted message", BYTES(PKESK SEALED), TG_DATA },
		{ "cleartext", BYTES("-----BEGIN PGP SIGNED MESSAGE-----\n"), TG_REFUSED },
		{ "cut off", BYTES("\xc2\x03\x04x"), TG_DATA },
		{ "nothing", BYTES(""), TG_DATA },
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;

		is_int(row[i].about,
		       walk(row[i].bytes.p, row[i].bytes.n, 7, false, TG_PGP_WIRE_SIGNATURE, &out,
			    &err),
		       row[i].st);
	}
}

/*
 * Verdicts
 */

#define A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define A1 "A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1"
#define B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define C "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"

/* Made at 100. */
#define SIGNED(state_, hash_, by, key, expires)                                                    \
	{                                                                                          \
		.state = TG_PGP_##state_, .hash = TG_PGP_HASH_##hash_, .fingerprint = by,          \
		.primary = key, .made = 100, .key_expires = expires                                \
	}

TEST(verdicts)
{
	enum { SHA1 = 1, EXPIRED = 2, UNSIGNED = 4, TWO = 8 };
	static const char pins[][TG_PGP_FINGERPRINT] = { A, B };
	static const struct {
		const char *about;
		struct tg_pgp_signature s[3];
		size_t n;
		size_t pins;
		unsigned flags;
		enum tg_status st;
		const char *code;
		unsigned used;
		// clang-format off
	} row[] = {
		{ "good", { SIGNED(GOOD, GOOD, A, A, 0) }, 1, 1, 0, TG_OK, NULL, 0 },
		{ "by a subkey", { SIGNED(GOOD, GOOD, A1, A, 0) }, 1, 1, 0, TG_OK, NULL, 0 },
		{ "the second pin", { SIGNED(GOOD, GOOD, B, B, 0) }, 1, 2, 0, TG_OK, NULL, 0 },
		{ "no pin", { SIGNED(GOOD, GOOD, B, B, 0) }, 1, 1, 0, TG_REFUSED, "pgp-signer", 0 },
		{ "the pin's subkey claimed by another", { SIGNED(GOOD, GOOD, C, "", 0) }, 1, 1, 0, TG_REFUSED, "pgp-signer", 0 },
		{ "unknown", { SIGNED(NO_KEY, GOOD, A, "", 0) }, 1, 1, 0, TG_REFUSED, "pgp-signer", 0 },
		{ "nobody", { SIGNED(GOOD, GOOD, A, A, 0) }, 0, 1, 0, TG_REFUSED, "pgp-unsigned", 0 },
		{ "nobody, allowed", { SIGNED(GOOD, GOOD, A, A, 0) }, 0, 1, UNSIGNED, TG_OK, NULL, UNSIGNED },
		{ "a stranger, where unsigned is allowed", { SIGNED(GOOD, GOOD, C, C, 0) }, 1, 1, UNSIGNED, TG_REFUSED, "pgp-signer", 0 },
		{ "a stranger, where nobody is pinned", { SIGNED(NO_KEY, GOOD, C, "", 0) }, 1, 0, UNSIGNED, TG_OK, NULL, UNSIGNED },
		{ "bad, where nobody is pinned", { SIGNED(BAD, GOOD, C, "", 0) }, 1, 0, UNSIGNED, TG_REFUSED, "pgp-bad-signature", 0 },
		{ "a stranger beside", { SIGNED(NO_KEY, GOOD, C, "", 0), SIGNED(GOOD, GOOD, A, A, 0) }, 2, 1, 0, TG_OK, NULL, 0 },
		{ "a bad one beside", { SIGNED(GOOD, GOOD, A, A, 0), SIGNED(BAD, GOOD, C, "", 0) }, 2, 1, 0, TG_REFUSED, "pgp-bad-signature", 0 },
		{ "SHA-1", { SIGNED(GOOD, SHA1, A, A, 0) }, 1, 1, 0, TG_REFUSED, "pgp-sha1", 0 },
		{ "SHA-1, allowed", { SIGNED(GOOD, SHA1, A, A, 0) }, 1, 1, SHA1, TG_OK, NULL, SHA1 },
		{ "SHA-1 by a stranger, allowed", { SIGNED(GOOD, SHA1, C, C, 0) }, 1, 1, SHA1, TG_REFUSED, "pgp-signer", 0 },
		{ "SHA-1 beside good, allowed and not needed", { SIGNED(GOOD, SHA1, A, A, 0), SIGNED(GOOD, GOOD, B, B, 0) }, 2, 2, SHA1, TG_OK, NULL, 0 },
		{ "MD5, SHA-1 allowed", { SIGNED(GOOD, BROKEN, A, A, 0) }, 1, 1, SHA1, TG_REFUSED, "pgp-hash", 0 },
		{ "expired", { SIGNED(KEY_EXPIRED, GOOD, A, A, 200) }, 1, 1, 0, TG_REFUSED, "pgp-expired", 0 },
		{ "expired, allowed", { SIGNED(KEY_EXPIRED, GOOD, A, A, 200) }, 1, 1, EXPIRED, TG_OK, NULL, EXPIRED },
		{ "expired before it signed, allowed", { SIGNED(KEY_EXPIRED, GOOD, A, A, 50) }, 1, 1, EXPIRED, TG_REFUSED, "pgp-expired", 0 },
		{ "expired and SHA-1, one allowed", { SIGNED(KEY_EXPIRED, SHA1, A, A, 200) }, 1, 1, EXPIRED, TG_REFUSED, "pgp-expired", 0 },
		{ "expired and SHA-1, both allowed", { SIGNED(KEY_EXPIRED, SHA1, A, A, 200) }, 1, 1, EXPIRED | SHA1, TG_OK, NULL, EXPIRED | SHA1 },
		{ "expired and MD5", { SIGNED(KEY_EXPIRED, BROKEN, A, A, 200) }, 1, 1, EXPIRED | SHA1, TG_REFUSED, "pgp-hash", 0 },
		{ "the signature expired", { SIGNED(SIGNATURE_EXPIRED, GOOD, A, A, 0) }, 1, 1, EXPIRED | SHA1 | UNSIGNED, TG_REFUSED, "pgp-expired", 0 },
		{ "revoked", { SIGNED(KEY_REVOKED, GOOD, A, A, 200) }, 1, 1, EXPIRED | SHA1 | UNSIGNED, TG_REFUSED, "pgp-revoked", 0 },
		{ "gpg could not say", { SIGNED(ODD, GOOD, A, A, 0) }, 1, 1, 0, TG_REFUSED, "pgp-signature", 0 },
		{ "two of two", { SIGNED(GOOD, GOOD, A, A, 0), SIGNED(GOOD, GOOD, B, B, 0) }, 2, 2, TWO, TG_OK, NULL, 0 },
		{ "one of two", { SIGNED(GOOD, GOOD, A, A, 0) }, 1, 2, TWO, TG_REFUSED, "pgp-signers", 0 },
		{ "one twice", { SIGNED(GOOD, GOOD, A, A, 0), SIGNED(GOOD, GOOD, A1, A, 0) }, 2, 2, TWO, TG_REFUSED, "pgp-signers", 0 },
		{ "one and a stranger", { SIGNED(GOOD, GOOD, A, A, 0), SIGNED(GOOD, GOOD, C, C, 0) }, 2, 2, TWO, TG_REFUSED, "pgp-signers", 0 },
		{ "one and SHA-1, allowed", { SIGNED(GOOD, GOOD, A, A, 0), SIGNED(GOOD, SHA1, B, B, 0) }, 2, 2, TWO | SHA1, TG_OK, NULL, SHA1 },
	};
	// clang-format on

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_pgp_policy policy = {
			.pin = pins,
			.pins = row[i].pins,
			.require = row[i].flags & TWO ? 2 : 1,
			.allow_sha1 = row[i].flags & SHA1,
			.allow_expired_signer = row[i].flags & EXPIRED,
			.unsigned_ok = row[i].flags & UNSIGNED,
		};
		struct tg_error err = TG_ERROR_INIT;
		struct tg_pgp_verdict v;
		enum tg_status st = tg_pgp_judge(&policy, row[i].s, row[i].n, "x.pgp", &v, &err);

		is_int(row[i].about, st, row[i].st);
		is_str(row[i].about, tg_str_of(err.code), tg_str_of(row[i].code));
		if (st)
			continue;
		is_int(row[i].about, v.used_sha1, (row[i].used & SHA1) != 0);
		is_int(row[i].about, v.used_expired, (row[i].used & EXPIRED) != 0);
		is_int(row[i].about, !v.by, (row[i].used & UNSIGNED) != 0);
	}
}

#include "common/io/lock.h"
#include "common/io/publish.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory of its own for each test, and the working directory while it runs. */
static int room(void)
{
	char path[] = "/tmp/tidegate-test-XXXXXX";
	int fd;

	TG_BUG_IF(!mkdtemp(path) || chdir(path) != 0);
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	TG_BUG_IF(fd < 0);
	return fd;
}

static void leave(int *fd)
{
	char path[4096], command[4200];

	TG_BUG_IF(!getcwd(path, sizeof(path)) || strncmp(path, "/tmp/tidegate-test-", 19) != 0);
	snprintf(command, sizeof(command), "rm -r %s", path);
	TG_BUG_IF(chdir("/") != 0 || system(command) != 0);
	tg_close_fd(fd);
}

#define ROOM TG_OWN(leave) __attribute__((__unused__)) int fd = room()

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	TG_BUG_IF(!f || fputs(text, f) < 0 || fclose(f) != 0);
}

static bool holds(const char *path, const char *text)
{
	char got[256] = "";
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(got, 1, sizeof(got) - 1, f) : 0;

	if (f)
		fclose(f);
	return f && n == strlen(text) && memcmp(got, text, n) == 0;
}

static int entries(void)
{
	FILE *f = popen("ls -A | wc -l", "r");
	int n = -1;

	TG_BUG_IF(!f || fscanf(f, "%d", &n) != 1);
	pclose(f);
	return n;
}

static enum tg_status publish(const char *path, const char *text, enum tg_publish_how how,
			      bool commit)
{
	TG_OWN(tg_publish_release) struct tg_publish p = TG_PUBLISH_INIT;
	struct tg_error err = TG_ERROR_INIT;
	enum tg_status st = tg_publish_open(&p, path, 0644, &err);

	if (!st)
		st = tg_publish_write(&p, tg_str_of(text), &err);
	if (!st && commit)
		st = tg_publish_commit(&p, how, &err);
	if (st)
		ok("a failure says why", err.text[0] && err.status == st);
	return st;
}

TEST(there_whole_or_not_at_all)
{
	ROOM;

	is_int("given up", publish("a", "one", TG_PUBLISH_NEW, false), TG_OK);
	is_int("nothing visible", entries(), 0);
	is_int("new", publish("a", "one", TG_PUBLISH_NEW, true), TG_OK);
	ok("is there", holds("a", "one"));
	is_int("new again", publish("a", "two", TG_PUBLISH_NEW, true), TG_CANNOT_CREATE);
	ok("stays", holds("a", "one"));
	is_int("replaced", publish("a", "two", TG_PUBLISH_REPLACE, true), TG_OK);
	ok("is new", holds("a", "two"));
	is_int("and nothing else", entries(), 1);
}

TEST(what_is_no_place_for_a_file)
{
	ROOM;

	TG_BUG_IF(mkdir("d", 0755) != 0 || mkfifo("fifo", 0644) != 0);
	is_int("no directory", publish("none/a", "x", TG_PUBLISH_NEW, true), TG_CANNOT_CREATE);
	is_int("a directory", publish("d", "x", TG_PUBLISH_REPLACE, true), TG_CANNOT_CREATE);
	is_int("a name that ends in a slash", publish("e/", "x", TG_PUBLISH_REPLACE, true),
	       TG_CANNOT_CREATE);
	is_int("a FIFO", publish("fifo", "x", TG_PUBLISH_REPLACE, true), TG_CANNOT_CREATE);
	is_int("a device", publish("/dev/null", "x", TG_PUBLISH_REPLACE, true), TG_CANNOT_CREATE);
	is_int("a file as directory", publish("fifo/a", "x", TG_PUBLISH_NEW, true),
	       TG_CANNOT_CREATE);
	is_int("nothing made", entries(), 2);
}

TEST(a_symbolic_link_stands_for_its_file)
{
	ROOM;
	struct stat st;

	TG_BUG_IF(mkdir("d", 0755) != 0 || symlink("d/a", "link") != 0);
	put("d/a", "old");
	is_int("replaced", publish("link", "new", TG_PUBLISH_REPLACE, true), TG_OK);
	ok("the file", holds("d/a", "new"));
	ok("not the link", lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
}

TEST(staged_and_named_elsewhere)
{
	ROOM;
	TG_OWN(tg_publish_release) struct tg_publish p = TG_PUBLISH_INIT;
	TG_OWN(tg_close_fd) int d = -1;
	struct tg_error err = TG_ERROR_INIT;
	bool there = true;

	TG_BUG_IF(mkdir("d", 0755) != 0);
	put("d/taken", "stays");
	d = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	is_int("stage", tg_publish_stage(&p, fd, 0440, "the data", &err), TG_OK);
	is_int("write", tg_publish_write(&p, TG_STR("data"), &err), TG_OK);
	is_int("sync", tg_sync(p.fd, "the data", &err), TG_OK);
	is_int("a name that is taken", tg_publish_link(&p, d, "taken", &there, &err), TG_OK);
	ok("says so", there);
	ok("stays", holds("d/taken", "stays"));
	is_int("a free name", tg_publish_link(&p, d, "free", &there, &err), TG_OK);
	ok("says so", !there);
	ok("is there", holds("d/free", "data"));
}

/* What a file system without O_TMPFILE leaves when its writer is killed; a living one's is held. */
TEST(a_sweep_takes_what_nobody_holds)
{
	ROOM;
	TG_OWN(tg_close_fd) int held = -1;

	put(".tidegate-0000000000000001", "dead");
	put(".tidegate-0000000000000002", "alive");
	put("other", "stays");
	held = open(".tidegate-0000000000000002", O_RDWR | O_CLOEXEC);
	TG_BUG_IF(held < 0 || flock(held, LOCK_EX) != 0);
	tg_publish_sweep(fd);
	ok("the dead one's", access(".tidegate-0000000000000001", F_OK) != 0);
	ok("the living one's", holds(".tidegate-0000000000000002", "alive"));
	ok("what is none", holds("other", "stays"));
}

TEST(renaming_replaces_nothing)
{
	ROOM;

	put("a", "a");
	put("b", "b");
	is_int("taken", tg_rename_new(fd, "a", fd, "b"), -1);
	is_int("says so", errno, EEXIST);
	is_int("free", tg_rename_new(fd, "a", fd, "c"), 0);
	ok("moved", holds("c", "a") && holds("b", "b"));
}

TEST(a_lock_that_is_held)
{
	ROOM;
	TG_OWN(tg_close_fd) int one = -1, two = -1;
	struct tg_error err = TG_ERROR_INIT;

	put("lock", "");
	one = open("lock", O_RDWR | O_CLOEXEC);
	two = open("lock", O_RDWR | O_CLOEXEC);
	is_int("free", tg_lock(one, 0, "the lock", &err), TG_OK);
	is_int("held, no wait", tg_lock(two, 0, "the lock", &err), TG_TRY_AGAIN);
	is_int("held, a wait", tg_lock(two, 30000, "the lock", &err), TG_TRY_AGAIN);
	ok("names it", strstr(err.text, "the lock") != NULL);
	tg_close_fd(&one);
	is_int("free again", tg_lock(two, 0, "the lock", &err), TG_OK);
}

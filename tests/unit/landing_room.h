/* landing_room: a folder for a test to work in, what lies in it, and a zone there. */
#ifndef TG_TESTS_LANDING_ROOM_H
#define TG_TESTS_LANDING_ROOM_H

#include "common/landing/zone.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* TG_STR for a static table. */
#define T(literal)                                                                                 \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* -- a folder, files ---------------------------------------------------------------------------------------------------------- */

/* A folder of its own for each test, which is the working directory while it runs. */
static inline int room(void)
{
	char path[] = "/tmp/tidegate-test-XXXXXX";

	TG_BUG_IF(!mkdtemp(path) || chdir(path) != 0);
	return 0;
}

static inline void leave(int *ignored)
{
	char path[4096], command[4200];

	(void)ignored;
	TG_BUG_IF(!getcwd(path, sizeof(path)) || strncmp(path, "/tmp/tidegate-test-", 19) != 0);
	snprintf(command, sizeof(command), "rm -r %s", path);
	TG_BUG_IF(chdir("/") != 0 || system(command) != 0);
}

#define ROOM TG_OWN(leave) __attribute__((__unused__)) int in_room = room()

static inline void add(const char *path, const char *how, struct tg_str text)
{
	FILE *f = fopen(path, how);

	TG_BUG_IF(!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0);
}

static inline struct tg_buffer whole(const char *path)
{
	struct tg_buffer b = TG_BUFFER_INIT;
	FILE *f = fopen(path, "r");
	size_t n = 1;

	while (f && n) {
		n = fread(tg_buffer_room(&b, 65536), 1, 65536, f);
		b.n += n;
	}
	if (f)
		fclose(f);
	return b;
}

static inline long long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (long long)st.st_size : -1;
}

/* Lines of what a command prints. */
static inline int count(const char *command)
{
	char text[1024];
	FILE *f;
	int n = -1;

	snprintf(text, sizeof(text), "%s | wc -l", command);
	f = popen(text, "r");
	TG_BUG_IF(!f || fscanf(f, "%d", &n) != 1);
	pclose(f);
	return n;
}

struct place {
	struct tg_arena arena;
	struct tg_zone zone;
};

#define PLACE_INIT                                                                                 \
	{                                                                                          \
		TG_ARENA_INIT, TG_ZONE_INIT                                                        \
	}

static inline void place_release(struct place *p)
{
	tg_zone_release(&p->zone);
	tg_arena_release(&p->arena);
}

static inline enum tg_status find_zone(const char *path, bool init, char id[TG_ZONE_ID + 1])
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	struct tg_error err = TG_ERROR_INIT;
	enum tg_status st = init ? tg_zone_init(&p.zone, path, &p.arena, &err)
				 : tg_zone_find(&p.zone, path, &p.arena, &err);

	if (!st && p.zone.directory < 0)
		st = tg_zone_make(&p.zone, &p.arena, &err);
	if (st)
		ok("says why", err.text[0]);
	if (id)
		memcpy(id, p.zone.id, TG_ZONE_ID + 1);
	return st;
}

#endif

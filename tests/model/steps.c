/*
 * steps: the key store step by step, as dedupe and landing-write take them, at the word of dedupe_model.py: a command a line on stdin,
 * an answer a line on stdout: "ok ..." or the status and why.
 *
 * A run (a number) is a dedupe with a store of its own, a landing another. So all that can lie between two transactions of several
 * programs can be tried, in one process.
 */
#include "common/digest/siphash.h"
#include "common/state/keeper.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 16 };

static struct tg_keeper *run[MOST];
static struct tg_store *store[MOST];

static enum tg_status start(unsigned r, const char *url, int64_t now, uint64_t window,
			    struct tg_error *err)
{
	struct tg_keeper_wish wish = { .url = tg_str_of(url), .now = now, .window = window };
	enum tg_status st;

	tg_keeper_free(&run[r]);
	st = tg_keeper_open(&run[r], &wish, err);
	return st ? st : tg_keeper_begin(run[r], err);
}

/* What dedupe does with a record. */
static enum tg_status pass(unsigned r, uint64_t key, uint64_t content, bool pass_conflicts,
			   struct tg_error *err)
{
	struct tg_siphash_key secret = tg_siphash_key_of(tg_keeper_secret(run[r]));
	struct tg_key_entry e = { .time = 0 }, before;
	bool known, own, conflict;
	enum tg_status st;

	tg_siphash(&secret, &key, sizeof(key), e.key);
	memcpy(e.content, &content, sizeof(content));
	before = e;
	st = tg_keeper_find(run[r], &before, &known, &own, err);
	if (st)
		return st;
	conflict = known && memcmp(e.content, before.content, sizeof(e.content)) != 0;
	if (!known || (conflict && pass_conflicts))
		tg_keeper_keep(run[r], &e);
	printf("ok %s %s\n",
	       conflict ? "conflict"
	       : known	? "drop"
			: "pass",
	       own ? "own" : "landed");
	return TG_OK;
}

static enum tg_status save(unsigned r, struct tg_error *err)
{
	struct tg_batch b;
	enum tg_status st = tg_keeper_save(run[r], &b, err);

	if (!st)
		printf("ok %s %llu\n", b.keys ? b.id : "none", (unsigned long long)b.keys);
	return st;
}

static enum tg_status doubts(unsigned s, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	tg_store_id *landing;
	size_t n;
	enum tg_status st = tg_store_doubts(store[s], &landing, &n, &arena, err);

	if (st)
		return st;
	printf("ok");
	for (size_t i = 0; i < n; i++)
		printf(" %s", landing[i]);
	printf("\n");
	return TG_OK;
}

static enum tg_status states(unsigned s, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *b;
	uint64_t count[4] = { 0 };
	size_t n;
	enum tg_status st = tg_store_batches(store[s], &b, &n, &arena, err);

	for (size_t i = 0; !st && i < n; i++)
		count[b[i].state & 3]++;
	if (!st)
		printf("ok %llu %llu %llu %llu\n", (unsigned long long)count[0],
		       (unsigned long long)count[1], (unsigned long long)count[2],
		       (unsigned long long)count[3]);
	return st;
}

static enum tg_status open_store(unsigned s, const char *url, uint64_t window, struct tg_error *err)
{
	struct tg_store_wish wish = { .make = true, .window = window };

	tg_store_close(&store[s]);
	return tg_store_open(&store[s], tg_str_of(url), &wish, err);
}

/* The file whose digest ends with its number. */
static struct tg_file_digest file_of(uint64_t n)
{
	struct tg_file_digest d = { { 1 } };

	memcpy(d.byte + sizeof(d.byte) - sizeof(n), &n, sizeof(n));
	return d;
}

static enum tg_status has_file(unsigned s, uint64_t n, struct tg_error *err)
{
	struct tg_file_digest digest = file_of(n);
	bool landed;
	enum tg_status st = tg_store_has_file(store[s], &digest, &landed, err);

	if (!st)
		printf("ok %d\n", landed);
	return st;
}

/* word[0] is the command. */
static enum tg_status obey(char **word, size_t words, struct tg_error *err)
{
	const char *what = word[0];
	unsigned long long n[8] = { 0 };
	struct tg_file_digest file;
	struct tg_mark mark;
	uint64_t keys = 0, files = 0;
	enum tg_status st;
	unsigned at;

	for (size_t i = 1; i < words; i++)
		n[i] = strtoull(word[i], NULL, 10);
	at = (unsigned)n[1] % MOST;
	file = file_of(n[6]);
	mark = (struct tg_mark){ .batch = word[2],
				 .landing = words > 3 ? word[3] : "",
				 .zone = "00000000000000000000000000000001",
				 .zone_path = TG_STR("/zone"),
				 .keys = n[4],
				 .now = (int64_t)n[5],
				 .file = &file,
				 .files = n[6] != 0 };
	if (strcmp(what, "pass") == 0)
		return pass(at, n[2], n[3], n[4] != 0, err);
	if (strcmp(what, "file") == 0)
		return has_file(at, n[2], err);
	if (strcmp(what, "save") == 0)
		return save(at, err);
	if (strcmp(what, "doubts") == 0)
		return doubts(at, err);
	if (strcmp(what, "states") == 0)
		return states(at, err);
	st = TG_OK;
	if (strcmp(what, "start") == 0)
		st = start(at, word[2], (int64_t)n[3], n[4], err);
	else if (strcmp(what, "kill") == 0)
		tg_keeper_free(&run[at]);
	else if (strcmp(what, "open") == 0)
		st = open_store(at, word[2], n[3], err);
	else if (strcmp(what, "close") == 0)
		tg_store_close(&store[at]);
	else if (strcmp(what, "mark") == 0)
		st = tg_store_mark(store[at], &mark, err);
	else if (strcmp(what, "see") == 0)
		st = tg_store_see(store[at], &mark, err);
	else if (strcmp(what, "drop") == 0)
		st = tg_store_drop(store[at], &mark, err);
	else if (strcmp(what, "settle") == 0)
		st = tg_store_settle(store[at], word[2], n[3] != 0, err);
	else if (strcmp(what, "sweep") == 0)
		st = tg_store_sweep(store[at], (int64_t)n[2], err);
	else if (strcmp(what, "forget") == 0)
		st = tg_store_forget(store[at], (int64_t)n[2], &keys, &files, err);
	else if (strcmp(what, "check") == 0)
		st = tg_store_check(store[at], &keys, err);
	else
		st = tg_fail(err, TG_USAGE, "no such command");
	if (!st)
		printf("ok %llu\n", (unsigned long long)keys);
	return st;
}

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		char *word[8] = { NULL }, *rest = NULL;
		struct tg_error err = TG_ERROR_INIT;
		size_t words = 0;
		enum tg_status st;

		for (char *w = strtok_r(line, " \n", &rest); w && words < 8;
		     w = strtok_r(NULL, " \n", &rest))
			word[words++] = w;
		if (!words)
			continue;
		st = obey(word, words, &err);
		if (st)
			printf("%d %s\n", (int)st, err.text);
		fflush(stdout);
	}
	for (unsigned i = 0; i < MOST; i++) {
		tg_keeper_free(&run[i]);
		tg_store_close(&store[i]);
	}
	return 0;
}

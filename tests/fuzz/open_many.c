/*
 * open_many: opens many messages as pgp-open does, one after the other, in one key home.
 *
 *	open_many SECRET-KEY-FILE PUBLIC-KEY-FILE <names
 *
 * A line a message, read from standard input: its file's name. A line an answer: the status, and where that is 0 the number of bytes
 * that would have been released and their SHA-256, taken over the spool and not from what the opener says. For pgp_mutation.py: a
 * start of the program for each message would cost three times as much.
 */
#include "common/io/interrupt.h"
#include "common/pgp/open.h"

#include <stdio.h>
#include <stdlib.h>

static struct tg_arena arena;

static void must(enum tg_status st, const struct tg_error *err)
{
	if (!st)
		return;
	fprintf(stderr, "open_many: %s\n", err->text);
	exit(TG_INTERNAL);
}

static void tell(const struct tg_pgp_opener *opener, const char *path)
{
	TG_OWN(tg_spool_release) struct tg_spool spool;
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	struct tg_pgp_opened opened;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_str bytes;
	char hex[TG_SHA256_HEX + 1];
	enum tg_status st;

	tg_spool_init(&spool);
	must(tg_input_open(&in, path, TG_INPUT_RAW, &err), &err);
	st = tg_pgp_open_message(opener, &in, &spool, &opened, &err);
	if (st) {
		printf("%d %s\n", (int)st, err.text);
		return;
	}
	must(tg_spool_rewind(&spool, &err), &err);
	must(tg_spool_take(&spool, (size_t)tg_spool_left(&spool), &bytes, &err), &err);
	must(tg_digest_of(bytes, hex, &err), &err);
	TG_BUG_IF(strcmp(hex, opened.sha256) != 0 || bytes.n != opened.bytes);
	printf("0 %zu %s\n", bytes.n, hex);
}

int main(int argc, char **argv)
{
	TG_OWN(tg_pgp_home_close) struct tg_pgp_home home = TG_PGP_HOME_INIT;
	TG_OWN(tg_pgp_ring_release) struct tg_pgp_ring ring = { .arena = &arena };
	struct tg_pgp_opener opener = { .home = &home,
					.ring = &ring,
					.policy = { .pins = 1, .require = 1 },
					.max_output = 1 << 28,
					.arena = &arena };
	char pin[1][TG_PGP_FINGERPRINT] = { "" };
	struct tg_error err = TG_ERROR_INIT;
	char path[4096];

	if (argc != 3) {
		fprintf(stderr, "usage: open_many SECRET-KEY-FILE PUBLIC-KEY-FILE <names\n");
		return TG_USAGE;
	}
	must(tg_pgp_home_open(&home, NULL, &err), &err);
	must(tg_pgp_ring_add(&ring, &home, argv[1], &err), &err);
	must(tg_pgp_ring_add(&ring, &home, argv[2], &err), &err);
	must(tg_pgp_ring_list(&ring, &home, &err), &err);
	TG_BUG_IF(ring.public.n != 1 || ring.public.fingerprint[0].n >= TG_PGP_FINGERPRINT);
	memcpy(pin[0], ring.public.fingerprint[0].p, ring.public.fingerprint[0].n);
	opener.policy.pin = (const char(*)[TG_PGP_FINGERPRINT])pin;
	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		tell(&opener, path);
		fflush(stdout);
	}
	return 0;
}

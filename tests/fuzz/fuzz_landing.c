/*
 * Whatever stands in a manifest: no finding of a sanitizer, and all who read it come to one answer: the walk, the walk that goes on from
 * any line that counts, the line read by itself, and the rule as it is written down, in a few lines here. In the input a '@' stands for
 * the hash of the line before, so that lines come to count. Paths that pass lead nowhere else; an anchor is read as it was written.
 */
#include "common/base/check.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/landing/anchor.h"
#include "common/landing/chain.h"
#include "common/landing/path.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

enum { LINES_MOST = 64, LONGEST = 64 * 1024 };

static struct tg_error ignored;

static void hash(struct tg_str text, char hex[TG_SHA256_HEX + 1])
{
	MUST(tg_digest_of(text, hex, &ignored) == TG_OK);
}

/* The input with hashes in it. */
static void compose(struct tg_buffer *out, struct tg_str in)
{
	char before[TG_SHA256_HEX + 1];
	size_t start = 0;

	memset(before, '0', TG_SHA256_HEX);
	before[TG_SHA256_HEX] = '\0';
	for (size_t i = 0; i < in.n && out->n < 1 << 20; i++) {
		if (in.p[i] == '@')
			tg_buffer_puts(out, before);
		else
			tg_buffer_putc(out, in.p[i]);
		if (in.p[i] == '\n') {
			hash(tg_str_from(out->p + start, out->n - start - 1), before);
			start = out->n;
		}
	}
}

/* The rule: a line counts if it is an object whose prev is the hash of the last that counts. */
static uint64_t count_plainly(struct tg_scanner *scanner, struct tg_str text,
			      char tail[TG_SHA256_HEX + 1])
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	uint64_t n = 0;

	memset(tail, '0', TG_SHA256_HEX);
	tail[TG_SHA256_HEX] = '\0';
	for (const char *nl; text.n && (nl = memchr(text.p, '\n', text.n)) != NULL;) {
		struct tg_str line =
			tg_arena_copy(&arena, tg_str_from(text.p, (size_t)(nl - text.p)));
		struct tg_record rec = { 0 };
		const struct tg_span *prev;

		text = tg_str_after(text, line.n + 1);
		if (line.n > LONGEST || !line.n || tg_scan(scanner, line, &rec) != TG_SCAN_OK ||
		    rec.span[0].kind != TG_OBJECT)
			continue;
		prev = tg_member_find(&rec, rec.span, TG_STR("prev"));
		if (!prev || prev->kind != TG_STRING || !tg_text_eq(&rec, prev, tg_str_of(tail)))
			continue;
		hash(line, tail);
		n++;
	}
	return n;
}

static void look_at_path(const struct tg_line *line)
{
	struct tg_path path;

	if (!line->path.p || !tg_path_split(line->path, &path))
		return;
	MUST(!memchr(path.file.p, '/', path.file.n) && !memchr(line->path.p, '\0', line->path.n));
	if (!tg_path_fits(&path, line->source, line->entity, line->date, line->sha256))
		return;
	for (size_t i = 0; i < TG_PATH_LEVELS; i++)
		MUST(!memchr(path.level[i].p, '/', path.level[i].n));
	MUST(!memmem(line->path.p, line->path.n, "/../", 4));
}

/* Goes on from a line that counts, and comes to the same end. */
static void go_on(struct tg_zone *zone, int fd, const struct tg_manifest *at, const char *tail)
{
	TG_OWN(tg_manifest_release) struct tg_manifest m = TG_MANIFEST_INIT;

	m.zone = zone;
	m.fd = dup(fd);
	m.size = at->size;
	MUST(tg_digest_new(&m.digest, &ignored) == TG_OK);
	MUST(tg_manifest_resume(&m, at->end, at->last, at->last_n, at->tail));
	MUST(tg_manifest_walk(&m, NULL, NULL, &ignored) == TG_OK);
	MUST(strcmp(m.tail, tail) == 0);
}

static void walk(struct tg_manifest *m, const struct tg_chain *chain, const char *tail)
{
	struct tg_line line, again;
	bool more = true;
	uint64_t counting = 0, landings = 0;

	tg_manifest_rewind(m);
	tg_manifest_begin(m);
	while (more) {
		MUST(tg_manifest_next(m, &line, &more, &ignored) == TG_OK);
		if (!more)
			break;
		counting++;
		landings += line.kind == TG_LINE_LANDING;
		look_at_path(&line);
		if (line.text.n < TG_LINE_MAX) {
			MUST(tg_manifest_read(m, line.offset, &again));
			MUST(tg_str_eq(again.text, line.text) && again.kind == line.kind);
		}
		if (counting <= LINES_MOST)
			go_on(m->zone, m->fd, m, tail);
	}
	MUST(counting == chain->counting && landings == chain->landings);
	MUST(strcmp(m->tail, tail) == 0 && chain->lost <= chain->lines - chain->counting);
}

static void look_at_anchor(struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_anchor anchor, again;

	if (!tg_anchor_read(&anchor, text))
		return;
	tg_anchor_put(&b, &anchor);
	MUST(b.n < TG_ANCHOR_MOST && tg_anchor_read(&again, tg_buffer_str(&b)));
	MUST(strcmp(anchor.zone, again.zone) == 0 && anchor.line == again.line &&
	     strcmp(anchor.sha256, again.sha256) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TG_OWN(tg_zone_release) struct tg_zone zone = TG_ZONE_INIT;
	TG_OWN(tg_manifest_release) struct tg_manifest m = TG_MANIFEST_INIT;
	TG_OWN(tg_chain_release) struct tg_chain chain = { .end = 0 };
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	char tail[TG_SHA256_HEX + 1];
	uint64_t plainly;

	compose(&text, tg_str_from((const char *)data, size));
	look_at_anchor(tg_buffer_str(&text));
	zone.scanner = tg_scanner_new();
	zone.manifest = "manifest";
	m.zone = &zone;
	m.fd = memfd_create("manifest", MFD_CLOEXEC);
	m.size = text.n;
	MUST(m.fd >= 0 && write(m.fd, text.p, text.n) == (ssize_t)text.n);
	MUST(tg_digest_new(&m.digest, &ignored) == TG_OK);
	plainly = count_plainly(zone.scanner, tg_buffer_str(&text), tail);
	MUST(tg_chain_read(&chain, &m, NULL, NULL, &ignored) == TG_OK);
	MUST(chain.counting == plainly && strcmp(chain.tail, tail) == 0);
	walk(&m, &chain, tail);
	return 0;
}

#include "common/archive/peel.h"

#include "common/base/memory.h"

#include <bzlib.h>
#include <lzma.h>

struct tg_peel {
	struct tg_unpack *unpack; /* gzip, zstd; NULL: one of those below */
	const char *name;
	tg_unpack_pull *pull;
	void *arg;
	char packed[TG_UNPACK_HEAD];
	size_t at, n; /* in packed, that nobody has taken */
	bool ended;   /* nothing more comes */
	bool end;     /* of what is unpacked, too */
	bool xz;
	lzma_stream lzma;
	uint64_t memory;
	bz_stream bz;
	bool member; /* of bzip2: one is open */
};

const char *tg_peel_kind(struct tg_str head)
{
	if (tg_str_starts(head, TG_STR("\xfd"
				       "7zXZ\0")))
		return "xz";
	/* "BZh", the size of a block. */
	if (tg_str_starts(head, TG_STR("BZh")) && head.n > 3 && head.p[3] >= '1' &&
	    head.p[3] <= '9')
		return "bzip2";
	return tg_unpack_kind(head);
}

static void *allocate(void *arg, int n, int size)
{
	(void)arg;
	TG_BUG_IF(n < 0 || size < 0);
	return tg_alloc_array((size_t)n, (size_t)size);
}

static void release(void *arg, void *p)
{
	(void)arg;
	tg_free(p);
}

static enum tg_status damaged(const struct tg_peel *p, const char *what, struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, "archive-damaged", "%s is damaged %s: %s", p->name,
			    p->xz ? "xz" : "bzip2", what);
}

enum tg_status tg_peel_new(struct tg_peel **out, const char *kind, const char *name,
			   struct tg_str head, tg_unpack_pull *pull, void *arg, uint64_t memory,
			   struct tg_error *err)
{
	struct tg_peel *p = tg_alloc(sizeof(*p));

	*out = p;
	p->name = name;
	p->pull = pull;
	p->arg = arg;
	p->xz = strcmp(kind, "xz") == 0;
	p->memory = memory;
	if (!p->xz && strcmp(kind, "bzip2") != 0)
		return tg_unpack_new(&p->unpack, kind, name, head, pull, arg, err);
	TG_BUG_IF(head.n > sizeof(p->packed));
	memcpy(p->packed, head.p, head.n);
	p->n = head.n;
	/* A check that is not known is not passed over. */
	if (p->xz &&
	    lzma_stream_decoder(&p->lzma, memory,
				LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK)
		return tg_fail(err, TG_TRY_AGAIN, "%s: there is no memory for xz", name);
	return TG_OK;
}

static enum tg_status fill(struct tg_peel *p, struct tg_error *err)
{
	enum tg_status st;

	if (p->n || p->ended)
		return TG_OK;
	p->at = 0;
	st = p->pull(p->arg, p->packed, sizeof(p->packed), &p->n, err);
	p->ended = !st && p->n == 0;
	return st;
}

static enum tg_status cut(const struct tg_peel *p, struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, "archive-cut",
			    "%s is cut off: the compressed data have no end", p->name);
}

/*
 * xz
 */

static enum tg_status xz_failed(const struct tg_peel *p, lzma_ret answer, struct tg_error *err)
{
	switch ((unsigned)answer) {
	case LZMA_MEMLIMIT_ERROR:
		return tg_fail_code(
			err, TG_DATA, "archive-limit",
			"%s is refused: to unpack it takes more memory than %llu bytes; "
			"--max-memory raises the limit",
			p->name, (unsigned long long)p->memory);
	case LZMA_MEM_ERROR:
		return tg_fail(err, TG_TRY_AGAIN, "%s: there is no memory for xz", p->name);
	case LZMA_BUF_ERROR:
		return cut(p, err);
	case LZMA_FORMAT_ERROR:
		return damaged(p, "something that is no xz stands behind the compressed data", err);
	case LZMA_UNSUPPORTED_CHECK:
		return damaged(p, "its integrity check is of a kind that is not known", err);
	case LZMA_OPTIONS_ERROR:
		return damaged(p, "it is packed in a way that is not known", err);
	default:
		return damaged(p, "its integrity check fails", err);
	}
}

static enum tg_status read_xz(struct tg_peel *p, char *to, size_t room, size_t *n,
			      struct tg_error *err)
{
	lzma_ret answer = LZMA_OK;

	p->lzma.next_out = (uint8_t *)to;
	p->lzma.avail_out = room;
	while (answer == LZMA_OK && p->lzma.avail_out == room) {
		enum tg_status st = fill(p, err);

		if (st)
			return st;
		p->lzma.next_in = (const uint8_t *)p->packed + p->at;
		p->lzma.avail_in = p->n;
		answer = lzma_code(&p->lzma, p->ended ? LZMA_FINISH : LZMA_RUN);
		p->at += p->n - p->lzma.avail_in;
		p->n = p->lzma.avail_in;
	}
	if (answer != LZMA_OK && answer != LZMA_STREAM_END)
		return xz_failed(p, answer, err);
	p->end = answer == LZMA_STREAM_END;
	*n = room - p->lzma.avail_out;
	return TG_OK;
}

/*
 * bzip2
 */

/* A member begins, or the end is there. */
static enum tg_status next_member(struct tg_peel *p, struct tg_error *err)
{
	enum tg_status st = fill(p, err);

	if (st)
		return st;
	p->end = p->ended && p->n == 0;
	if (p->end)
		return TG_OK;
	if (p->packed[p->at] != 'B')
		return damaged(p, "something that is no bzip2 stands behind the compressed data",
			       err);
	p->bz = (bz_stream){ .bzalloc = allocate, .bzfree = release };
	TG_BUG_IF(BZ2_bzDecompressInit(&p->bz, 0, 0) != BZ_OK);
	p->member = true;
	return TG_OK;
}

static enum tg_status read_bzip2(struct tg_peel *p, char *to, size_t room, size_t *n,
				 struct tg_error *err)
{
	unsigned most = room > UINT32_MAX ? UINT32_MAX : (unsigned)room, left = most;

	while (left == most && !p->end) {
		enum tg_status st = p->member ? fill(p, err) : next_member(p, err);
		int answer;

		if (st)
			return st;
		if (p->end)
			break;
		p->bz.next_in = p->packed + p->at;
		p->bz.avail_in = (unsigned)p->n;
		p->bz.next_out = to;
		p->bz.avail_out = left;
		answer = BZ2_bzDecompress(&p->bz);
		p->at += p->n - p->bz.avail_in;
		p->n = p->bz.avail_in;
		left = p->bz.avail_out;
		if (answer == BZ_STREAM_END) {
			BZ2_bzDecompressEnd(&p->bz);
			p->member = false;
		} else if (answer != BZ_OK) {
			return damaged(p, "its checksum is wrong, or it is no bzip2", err);
		} else if (p->ended && left == most) {
			return cut(p, err); /* and nothing was left inside */
		}
	}
	*n = most - left;
	return TG_OK;
}

enum tg_status tg_peel_read(struct tg_peel *p, char *to, size_t room, size_t *n,
			    struct tg_error *err)
{
	*n = 0;
	if (p->unpack)
		return tg_unpack_read(p->unpack, to, room, n, err);
	if (p->end)
		return TG_OK;
	return p->xz ? read_xz(p, to, room, n, err) : read_bzip2(p, to, room, n, err);
}

void tg_peel_free(struct tg_peel **out)
{
	struct tg_peel *p = *out;

	*out = NULL;
	if (!p)
		return;
	tg_unpack_free(&p->unpack);
	if (p->xz)
		lzma_end(&p->lzma);
	if (p->member)
		BZ2_bzDecompressEnd(&p->bz);
	tg_free(p);
}

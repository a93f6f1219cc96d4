#include "common/landing/index.h"

#include "common/io/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	PAGE_ENTRIES = (PAGE - TG_SHA256_HEX) / 16,
	LANDING_LEAST = 400, /* bytes of a manifest line that lands something, at the least */
	KEYS_EACH = 2,	     /* pairs that a landing puts in */
};

struct entry {
	uint64_t key;
	uint64_t at; /* offset + 1; 0: free, and so are all behind it */
};

struct tg_index_page {
	struct entry entry[PAGE_ENTRIES];
	char sum[TG_SHA256_HEX]; /* over salt, number of the page, entries */
};

/* In native byte order: on a machine of the other one it does not pass, and is made again. */
struct header {
	char magic[16];
	uint64_t pages, entries, end, last, last_n;
	char tail[TG_SHA256_HEX];
	char salt[TG_SHA256_HEX];
	char sum[TG_SHA256_HEX]; /* over all before it */
};

static const char magic[16] = "tidegate index1";

static void checksum(struct tg_digest *digest, const void *head, size_t head_n, uint64_t number,
		     const void *p, size_t n, char sum[TG_SHA256_HEX])
{
	char hex[TG_SHA256_HEX + 1];

	tg_digest_add(digest, head, head_n);
	tg_digest_add(digest, &number, sizeof(number));
	tg_digest_add(digest, p, n);
	tg_digest_hex(digest, hex);
	memcpy(sum, hex, TG_SHA256_HEX);
}

static void page_sum(const struct tg_index *ix, const struct tg_index_page *page, uint64_t number,
		     char sum[TG_SHA256_HEX])
{
	checksum(ix->digest, ix->salt, sizeof(ix->salt), number, page->entry, sizeof(page->entry),
		 sum);
}

static void header_sum(const struct tg_index *ix, const struct header *h, char sum[TG_SHA256_HEX])
{
	checksum(ix->digest, magic, sizeof(magic), 0, h, offsetof(struct header, sum), sum);
}

static bool read_whole(int fd, void *to, size_t n, uint64_t at)
{
	char *p = to;

	while (n) {
		ssize_t got = pread(fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

static bool write_whole(int fd, const void *from, size_t n, uint64_t at)
{
	const char *p = from;

	while (n) {
		ssize_t put = pwrite(fd, p, n, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		at += (uint64_t)put;
		n -= (size_t)put;
	}
	return true;
}

bool tg_index_open(struct tg_index *ix, struct tg_manifest *m)
{
	TG_OWN(tg_close_fd)
	int fd = openat(m->zone->own, "index", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	char sum[TG_SHA256_HEX];
	struct header h;
	struct stat st;

	ix->digest = m->digest;
	if (fd < 0 && (errno == EACCES || errno == EROFS)) /* a reader may use it too */
		fd = openat(m->zone->own, "index", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || !read_whole(fd, &h, sizeof(h), 0))
		return false;
	header_sum(ix, &h, sum);
	if (memcmp(h.magic, magic, sizeof(magic)) != 0 || memcmp(h.sum, sum, sizeof(sum)) != 0)
		return false;
	if (!h.pages || (h.pages & (h.pages - 1)) || h.pages > UINT32_MAX ||
	    (uint64_t)st.st_size != (h.pages + 1) * PAGE || h.last_n > UINT32_MAX)
		return false;
	if (!tg_manifest_resume(m, h.end, h.last, (uint32_t)h.last_n, h.tail))
		return false;
	ix->pages = h.pages;
	ix->entries = h.entries;
	ix->end = h.end;
	memcpy(ix->salt, h.salt, sizeof(ix->salt));
	ix->page = tg_alloc(PAGE);
	ix->fd = fd;
	fd = -1;
	return true;
}

static uint64_t entries_in(uint64_t manifest_bytes)
{
	return manifest_bytes / LANDING_LEAST * KEYS_EACH;
}

bool tg_index_is_full(const struct tg_index *ix, uint64_t more)
{
	return ix->entries + entries_in(more) > ix->pages * (PAGE_ENTRIES * 7 / 10);
}

/* The page, or NULL. All are in reach while the index is made; else each is read, and must be what was written. */
static struct tg_index_page *page_get(struct tg_index *ix, uint64_t number)
{
	char sum[TG_SHA256_HEX];

	if (ix->making)
		return ix->page + 1 + number;
	if (!ix->damaged && read_whole(ix->fd, ix->page, PAGE, (number + 1) * PAGE)) {
		page_sum(ix, ix->page, number, sum);
		if (memcmp(sum, ix->page->sum, sizeof(sum)) == 0)
			return ix->page;
	}
	ix->damaged = true;
	return NULL;
}

static uint64_t page_of(const struct tg_index *ix, uint64_t key)
{
	return key & (ix->pages - 1);
}

bool tg_index_next(struct tg_index *ix, uint64_t key, struct tg_index_place *place,
		   uint64_t *offset)
{
	while (place->pages < ix->pages) {
		struct tg_index_page *page;

		page = page_get(ix, (page_of(ix, key) + place->pages) & (ix->pages - 1));
		if (!page)
			return false;
		while (place->entry < PAGE_ENTRIES) {
			struct entry e = page->entry[place->entry++];

			if (!e.at)
				return false;
			/* What an update put in before it was killed is not covered: the line may have gone since. */
			if (e.key == key && (ix->making || e.at <= ix->end)) {
				*offset = e.at - 1;
				return true;
			}
		}
		place->entry = 0;
		place->pages++;
	}
	return false;
}

bool tg_index_make(struct tg_index *ix, struct tg_manifest *m, uint64_t size)
{
	TG_OWN(tg_publish_release) struct tg_publish p = TG_PUBLISH_INIT;
	struct tg_error ignored = TG_ERROR_INIT;
	uint64_t pages = 1;
	void *map;

	/* Half full with what is there, so that as much can come before it is made again. */
	while (pages * (PAGE_ENTRIES / 2) < entries_in(size))
		pages *= 2;
	if (pages > UINT32_MAX ||
	    tg_publish_stage(&p, m->zone->own, 0666, "the zone's index", &ignored) ||
	    posix_fallocate(p.fd, 0, (off_t)((pages + 1) * PAGE)) != 0)
		return false;
	map = mmap(NULL, (size_t)((pages + 1) * PAGE), PROT_READ | PROT_WRITE, MAP_SHARED, p.fd, 0);
	if (map == MAP_FAILED)
		return false;
	*ix = (struct tg_index){
		.fd = -1, .digest = m->digest, .pages = pages, .page = map, .making = true
	};
	tg_random(ix->salt, sizeof(ix->salt));
	ix->file = tg_alloc(sizeof(*ix->file));
	*ix->file = p;
	p = TG_PUBLISH_INIT;
	return true;
}

void tg_index_put(struct tg_index *ix, uint64_t key, uint64_t offset)
{
	for (uint64_t i = 0; i < ix->pages; i++) {
		uint64_t number = (page_of(ix, key) + i) & (ix->pages - 1);
		struct tg_index_page *page = page_get(ix, number);

		if (!page)
			return;
		for (uint32_t k = 0; k < PAGE_ENTRIES; k++) {
			if (page->entry[k].key == key && page->entry[k].at == offset + 1)
				return; /* an update that was killed did it */
			if (page->entry[k].at)
				continue;
			page->entry[k] = (struct entry){ key, offset + 1 };
			ix->entries++;
			if (ix->making)
				return;
			page_sum(ix, page, number, page->sum);
			ix->damaged |= !write_whole(ix->fd, page, PAGE, (number + 1) * PAGE);
			return;
		}
	}
	ix->damaged = true; /* no room at all */
}

static void fill_header(const struct tg_index *ix, const struct tg_manifest *m, struct header *h)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, magic, sizeof(magic));
	h->pages = ix->pages;
	h->entries = ix->entries;
	h->end = m->end;
	h->last = m->last;
	h->last_n = m->last_n;
	memcpy(h->tail, m->tail, sizeof(h->tail));
	memcpy(h->salt, ix->salt, sizeof(h->salt));
	header_sum(ix, h, h->sum);
}

static void finish_new(struct tg_index *ix, const struct tg_manifest *m, struct tg_error *err)
{
	struct header h;
	bool there;

	for (uint64_t i = 0; i < ix->pages; i++)
		page_sum(ix, ix->page + 1 + i, i, ix->page[1 + i].sum);
	fill_header(ix, m, &h);
	memcpy(ix->page, &h, sizeof(h));
	if (tg_sync(ix->file->fd, "the zone's index", err) != TG_OK)
		return;
	unlinkat(m->zone->own, "index", 0);
	if (tg_publish_link(ix->file, m->zone->own, "index", &there, err) != TG_OK)
		return; /* without an index the next run walks the manifest */
}

void tg_index_finish(struct tg_index *ix, const struct tg_manifest *m)
{
	struct tg_error ignored = TG_ERROR_INIT;
	struct header h;

	if (!m->last_n || ix->damaged)
		return;
	if (ix->making) {
		finish_new(ix, m, &ignored);
		return;
	}
	fill_header(ix, m, &h);
	if (tg_sync(ix->fd, "the zone's index", &ignored) != TG_OK ||
	    !write_whole(ix->fd, &h, sizeof(h), 0))
		ix->damaged = true;
}

void tg_index_discard(struct tg_index *ix, const struct tg_zone *zone)
{
	tg_index_release(ix);
	unlinkat(zone->own, "index", 0);
}

void tg_index_release(struct tg_index *ix)
{
	if (ix->making)
		munmap(ix->page, (size_t)((ix->pages + 1) * PAGE));
	else
		tg_free(ix->page);
	if (ix->file)
		tg_publish_release(ix->file);
	tg_free(ix->file);
	tg_close_fd(&ix->fd);
	*ix = TG_INDEX_INIT;
}

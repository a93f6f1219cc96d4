#include "tests/fuzz/archive_check.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct tg_archive_limits small = {
	.entries = 100,
	.entry_bytes = 1000000,
	.total_bytes = 2000000,
	.ratio = 200,
	.memory = 16 << 20,
};

struct reading {
	struct tg_buffer *text;
	struct tg_buffer content;
	const struct tg_archive_entry *entry;
};

static enum tg_status meet(void *arg, const struct tg_archive_entry *e, bool *wanted,
			   struct tg_error *err)
{
	struct reading *r = arg;

	(void)err;
	*wanted = true;
	if (e->type == TG_ARCHIVE_DIRECTORY) {
		tg_buffer_put_str(r->text, e->name);
		tg_buffer_put(r->text, "/", 2);
	}
	return TG_OK;
}

static enum tg_status data(void *arg, const struct tg_archive_entry *e, struct tg_str bytes,
			   struct tg_error *err)
{
	struct reading *r = arg;

	(void)err;
	TG_BUG_IF(bytes.n == 0 || (r->entry && r->entry != e));
	r->entry = e;
	tg_buffer_put_str(&r->content, bytes);
	return TG_OK;
}

static void put_file(struct tg_buffer *text, struct tg_str name, struct tg_str content)
{
	tg_buffer_put_str(text, name);
	tg_buffer_putc(text, '\0');
	tg_buffer_put_u64(text, content.n);
	tg_buffer_putc(text, '\0');
	tg_buffer_put_str(text, content);
}

static enum tg_status end(void *arg, const struct tg_archive_entry *e, struct tg_error *err)
{
	struct reading *r = arg;

	(void)err;
	TG_BUG_IF(e->type != TG_ARCHIVE_FILE || e->size != r->content.n ||
		  (r->entry && r->entry != e));
	put_file(r->text, e->name, tg_buffer_str(&r->content));
	tg_buffer_clear(&r->content);
	r->entry = NULL;
	return TG_OK;
}

static int file_of(struct tg_str bytes)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);

	TG_BUG_IF(fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n ||
		  lseek(fd, 0, SEEK_SET) != 0);
	return fd;
}

enum tg_status archive_read_all(struct archive_seen *seen, struct tg_str bytes,
				const struct tg_archive_limits *limits, const char *passphrase)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	struct reading r = { .text = &seen->text };
	struct tg_archive_opener o = {
		.limits = limits ? *limits : small,
		.taker = { &r, meet, data, end },
		.passphrase = passphrase,
		.bzip2 = true,
		.zstd = true,
		.memory = 1 << 20,
		.arena = &arena,
	};
	enum tg_status st;

	in.fd = file_of(bytes);
	in.name = "x";
	tg_buffer_clear(&seen->text);
	seen->err = TG_ERROR_INIT;
	st = tg_archive_read(&o, &in, &seen->opened, &seen->err);
	tg_buffer_release(&r.content);
	return st;
}

void archive_seen_release(struct archive_seen *seen)
{
	tg_buffer_release(&seen->text);
}

static bool put_entry(struct tg_buffer *text, struct archive *a, struct archive_entry *e)
{
	TG_OWN(tg_buffer_release) struct tg_buffer content = TG_BUFFER_INIT;
	struct tg_str name = tg_str_of(archive_entry_pathname(e));
	bool directory = archive_entry_filetype(e) == AE_IFDIR;

	if (!name.p || archive_entry_hardlink(e) || archive_entry_symlink(e) ||
	    (!directory && archive_entry_filetype(e) != AE_IFREG))
		return false;
	if (tg_str_starts(name, TG_STR("./")))
		name = tg_str_after(name, 2);
	for (;;) {
		char piece[4096];
		la_ssize_t n = archive_read_data(a, piece, sizeof(piece));

		if (n < 0)
			return false;
		if (n == 0)
			break;
		tg_buffer_put(&content, piece, (size_t)n);
	}
	if (!directory) {
		put_file(text, name, tg_buffer_str(&content));
	} else if (name.n && !tg_str_is(name, ".")) {
		tg_buffer_put_str(text, name);
		tg_buffer_put(text, "/", name.p[name.n - 1] == '/' ? 0 : 1);
		tg_buffer_putc(text, '\0');
	}
	return true;
}

bool archive_read_tar_otherwise(struct tg_buffer *text, struct tg_str bytes)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	bool good = archive_read_support_format_tar(a) == ARCHIVE_OK &&
		    archive_read_open_memory(a, bytes.p, bytes.n) == ARCHIVE_OK;
	int answer = ARCHIVE_OK;

	while (good && (answer = archive_read_next_header(a, &e)) == ARCHIVE_OK)
		good = put_entry(text, a, e);
	archive_read_free(a);
	return good && answer == ARCHIVE_EOF;
}

size_t archive_flip_all(struct tg_str bytes, const char *passphrase, size_t *refused, size_t *same)
{
	static const unsigned char change[] = { 1, 2, 4, 8, 16, 32, 64, 128, 255, 0x20 ^ 0x5f };
	TG_OWN(tg_buffer_release) struct tg_buffer mutant = TG_BUFFER_INIT;
	TG_OWN(archive_seen_release) struct archive_seen before = { .text = TG_BUFFER_INIT };
	TG_OWN(archive_seen_release) struct archive_seen after = { .text = TG_BUFFER_INIT };

	*refused = *same = 0;
	TG_BUG_IF(archive_read_all(&before, bytes, NULL, passphrase) != TG_OK);
	tg_buffer_put_str(&mutant, bytes);
	for (size_t at = 0; at < bytes.n; at++) {
		for (size_t i = 0; i < TG_COUNT(change); i++) {
			enum tg_status st;

			mutant.p[at] = (char)(bytes.p[at] ^ change[i]);
			st = archive_read_all(&after, tg_buffer_str(&mutant), NULL, passphrase);
			if (st != TG_OK && st != TG_DATA && st != TG_REFUSED)
				return at;
			if (st)
				++*refused;
			else if (tg_str_eq(tg_buffer_str(&before.text), tg_buffer_str(&after.text)))
				++*same;
			else
				return at;
		}
		mutant.p[at] = bytes.p[at];
	}
	return bytes.n;
}

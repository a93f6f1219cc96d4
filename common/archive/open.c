#include "common/archive/open.h"

#include "common/archive/peel.h"
#include "common/archive/tar.h"
#include "common/archive/unzip.h"
#include "common/base/check.h"
#include "common/io/interrupt.h"
#include "common/io/magic.h"

enum {
	PIECE = 128 * 1024,
	HEAD = 2 * TG_TAR_BLOCK, /* tells a tar from another file */
};

struct opening {
	const struct tg_archive_opener *o;
	struct tg_archive_taker taker; /* counts, and hands on */
	struct tg_input *in;
	struct tg_archive_opened *opened;
	struct tg_peel *peel;
	struct tg_buffer head; /* what was read to know the kind */
	uint64_t bytes;	       /* out of the compression */
	struct tg_tar tar;
	struct tg_archive_entry file; /* the only one, of a compressed file */
	bool wanted;
};

/*
 * Counting
 */

static enum tg_status meet(void *arg, const struct tg_archive_entry *e, bool *wanted,
			   struct tg_error *err)
{
	struct opening *op = arg;

	op->opened->entries++;
	op->opened->bytes += e->size;
	return op->o->taker.meet(op->o->taker.arg, e, wanted, err);
}

static enum tg_status hand_on(void *arg, const struct tg_archive_entry *e, struct tg_str bytes,
			      struct tg_error *err)
{
	struct opening *op = arg;

	return op->o->taker.data(op->o->taker.arg, e, bytes, err);
}

static enum tg_status end(void *arg, const struct tg_archive_entry *e, struct tg_error *err)
{
	struct opening *op = arg;

	return op->o->taker.end(op->o->taker.arg, e, err);
}

/*
 * Zip
 */

static enum tg_status look(void *arg, uint64_t at, char *p, size_t n, struct tg_error *err)
{
	return tg_spool_look(arg, at, p, n, err);
}

static enum tg_status keep(struct opening *op, struct tg_spool *spool, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer piece = TG_BUFFER_INIT;
	enum tg_status st = tg_spool_put(spool, tg_buffer_str(&op->head), err);

	while (!st) {
		size_t n;

		st = tg_input_read(op->in, tg_buffer_room(&piece, PIECE), PIECE, &n, err);
		if (st || n == 0)
			break;
		st = tg_spool_put(spool, tg_str_from(piece.p, n), err);
	}
	return st ? st : tg_spool_rewind(spool, err);
}

static enum tg_status open_zip(struct opening *op, struct tg_error *err)
{
	const struct tg_archive_opener *o = op->o;
	TG_OWN(tg_spool_release) struct tg_spool spool;
	struct tg_archive_bytes bytes = { .read = look, .arg = &spool, .name = op->in->name };
	struct tg_zip zip;
	struct tg_unzip unzip = {
		.zip = &zip,
		.bytes = &bytes,
		.taker = &op->taker,
		.passphrase = o->passphrase,
		.bzip2 = o->bzip2,
		.zstd = o->zstd,
		.all = o->strict,
	};
	enum tg_status st;

	tg_spool_init(&spool);
	if (o->place)
		spool.place = o->place;
	if (o->elsewhere)
		spool.elsewhere = o->elsewhere;
	spool.memory = o->memory;
	op->opened->kind = "zip";
	st = keep(op, &spool, err);
	bytes.size = spool.size;
	if (!st)
		st = tg_zip_read(&zip, &bytes, &o->limits, o->arena, err);
	for (size_t i = 0; !st && i < zip.n; i++) {
		struct tg_zip_entry *e = &zip.entry[i];

		st = meet(op, &e->entry, &e->wanted, err);
		e->wanted &= e->entry.type == TG_ARCHIVE_FILE;
		op->opened->weak |= e->wanted && e->entry.encrypted && !e->aes;
	}
	return st ? st : tg_unzip(&unzip, err);
}

/*
 * A stream: a tar, or a file
 */

static enum tg_status pull(void *arg, char *p, size_t room, size_t *n, struct tg_error *err)
{
	return tg_input_read(arg, p, room, n, err);
}

static enum tg_status read_stream(struct opening *op, char *p, size_t room, size_t *n,
				  struct tg_error *err)
{
	const struct tg_archive_limits *most = &op->o->limits;
	enum tg_status st;

	*n = 0;
	if (tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	st = op->peel ? tg_peel_read(op->peel, p, room, n, err)
		      : tg_input_read(op->in, p, room, n, err);
	op->bytes += *n;
	if (st || op->bytes <= TG_ARCHIVE_RATIO_FROM || op->bytes / most->ratio <= op->in->bytes)
		return st;
	return tg_fail_code(err, TG_DATA, "archive-limit",
			    "%s is refused: what it holds is more than %llu times as large as "
			    "itself, which honest data are not; --max-ratio raises the limit",
			    op->in->name, (unsigned long long)most->ratio);
}

static enum tg_status begin_file(struct opening *op, struct tg_error *err)
{
	static const struct tg_str ending[] = {
		{ ".gz", 3 }, { ".zst", 4 }, { ".xz", 3 }, { ".bz2", 4 }
	};
	struct tg_str name = op->in->base;

	for (size_t i = 0; i < TG_COUNT(ending); i++) {
		if (name.n > ending[i].n && tg_str_ends(name, ending[i])) {
			name.n -= ending[i].n;
			break;
		}
	}
	op->opened->kind = "file";
	op->file = (struct tg_archive_entry){ .type = TG_ARCHIVE_FILE };
	if (name.n)
		op->file.name = tg_arena_copy(op->o->arena, name);
	return meet(op, &op->file, &op->wanted, err);
}

static enum tg_status take_file(struct opening *op, struct tg_str bytes, struct tg_error *err)
{
	const struct tg_archive_limits *most = &op->o->limits;

	op->opened->bytes += bytes.n;
	op->file.size += bytes.n;
	if (op->file.size > most->entry_bytes || op->file.size > most->total_bytes)
		return tg_fail_code(err, TG_DATA, "archive-limit",
				    "%s is refused: it holds more than %llu bytes; --max-entry and "
				    "--max-total raise the limit",
				    op->in->name,
				    (unsigned long long)(most->entry_bytes < most->total_bytes
								 ? most->entry_bytes
								 : most->total_bytes));
	return op->wanted ? hand_on(op, &op->file, bytes, err) : TG_OK;
}

/* Whoever calls a file so means a tar: what is in it and does not look like one was damaged before it was compressed. */
static bool is_called_tar(struct tg_str base)
{
	static const struct tg_str ending[] = { { ".tar", 4 },	   { ".tgz", 4 },
						{ ".txz", 4 },	   { ".tbz", 4 },
						{ ".tbz2", 5 },	   { ".tzst", 5 },
						{ ".tar.gz", 7 },  { ".tar.xz", 7 },
						{ ".tar.bz2", 8 }, { ".tar.zst", 8 } };

	for (size_t i = 0; i < TG_COUNT(ending); i++)
		if (tg_str_ends(base, ending[i]))
			return true;
	return false;
}

static enum tg_status no_archive(struct opening *op, struct tg_str head, struct tg_error *err)
{
	static const struct {
		struct tg_str magic;
		const char *what;
	} known[] = {
		{ { "PK\x07\x08", 4 }, "a part of a zip in several volumes" },
		{ { "PK00", 4 }, "a part of a zip in several volumes" },
		{ { "\x1f\x9d", 2 }, "compress's (.Z)" },
		{ { "LZIP", 4 }, "lzip's" },
		{ { "MSCF", 4 }, "a cabinet of Microsoft's" },
		{ { "070707", 6 }, "cpio" },
		{ { "070701", 6 }, "cpio" },
		{ { "!<arch>\n", 8 }, "an archive of objects (ar)" },
		{ { "MZ", 2 }, "a program, maybe one that unpacks itself" },
	};
	const struct tg_magic *other;
	bool more;

	for (size_t i = 0; i < TG_COUNT(known); i++)
		if (tg_str_starts(head, known[i].magic))
			return tg_fail_code(
				err, TG_DATA, "archive-kind",
				"%s is refused: it is of a format that is not read here: "
				"%s; ask for zip, or for tar or a file with gzip, zstd, "
				"xz or bzip2",
				op->in->name, known[i].what);
	other = tg_magic_find(head, false, &more);
	if (other)
		return tg_fail_code(err, TG_DATA, "archive-kind",
				    "%s is refused: it is no archive that is read here, but %s: %s",
				    op->in->name, other->what, other->hint);
	if (head.n == 0)
		return tg_fail_code(err, TG_DATA, "archive-kind", "%s is empty", op->in->name);
	return tg_fail_code(err, TG_DATA, "archive-kind",
			    "%s is no archive: it begins neither as a zip, nor as a tar, nor as "
			    "gzip, zstd, xz or bzip2 do",
			    op->in->name);
}

static enum tg_status begin_tar(struct opening *op)
{
	op->opened->kind = "tar";
	tg_tar_init(&op->tar, op->in->name, &op->o->limits, &op->taker, op->o->arena);
	return TG_OK;
}

static enum tg_status take_piece(struct opening *op, bool tar, struct tg_str piece,
				 struct tg_error *err)
{
	return tar ? tg_tar_take(&op->tar, piece, err) : take_file(op, piece, err);
}

static enum tg_status finish_stream(struct opening *op, bool tar, struct tg_error *err)
{
	if (tar)
		return tg_tar_end(&op->tar, err);
	return op->wanted ? end(op, &op->file, err) : TG_OK;
}

static enum tg_status open_stream(struct opening *op, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer piece = TG_BUFFER_INIT;
	enum tg_status st = TG_OK;
	bool tar;
	size_t n = 1;

	/* The first piece is as long as it takes to tell what it is. */
	if (!op->peel)
		tg_buffer_put_str(&piece, tg_buffer_str(&op->head));
	while (!st && n && piece.n < HEAD) {
		st = read_stream(op, tg_buffer_room(&piece, PIECE), PIECE, &n, err);
		piece.n += n;
	}
	if (st)
		return st;
	tar = tg_tar_is(tg_buffer_str(&piece));
	if (!tar && !op->peel)
		return no_archive(op, tg_buffer_str(&piece), err);
	if (!tar && is_called_tar(op->in->base))
		return tg_fail_code(err, TG_DATA, "archive-kind",
				    "%s is refused: it is called a tar, and what is in it is none",
				    op->in->name);
	st = tar ? begin_tar(op) : begin_file(op, err);
	while (!st && piece.n) {
		st = take_piece(op, tar, tg_buffer_str(&piece), err);
		tg_buffer_clear(&piece);
		if (!st)
			st = read_stream(op, tg_buffer_room(&piece, PIECE), PIECE, &piece.n, err);
	}
	return st ? st : finish_stream(op, tar, err);
}

/*
 * All kinds
 */

static enum tg_status read_head(struct opening *op, struct tg_error *err)
{
	enum tg_status st = TG_OK;
	size_t n = 1;

	while (!st && n && op->head.n < TG_PEEL_MAGIC) {
		st = tg_input_read(op->in, tg_buffer_room(&op->head, TG_UNPACK_HEAD),
				   TG_UNPACK_HEAD - op->head.n, &n, err);
		op->head.n += n;
	}
	return st;
}

static enum tg_status open_any(struct opening *op, struct tg_error *err)
{
	enum tg_status st = read_head(op, err);
	struct tg_str head = tg_buffer_str(&op->head);

	if (st)
		return st;
	if (tg_zip_is(head))
		return open_zip(op, err);
	op->opened->packing = tg_peel_kind(head);
	if (op->opened->packing)
		st = tg_peel_new(&op->peel, op->opened->packing, op->in->name, head, pull, op->in,
				 op->o->limits.memory, err);
	return st ? st : open_stream(op, err);
}

enum tg_status tg_archive_read(const struct tg_archive_opener *o, struct tg_input *in,
			       struct tg_archive_opened *opened, struct tg_error *err)
{
	struct opening op = {
		.o = o,
		.in = in,
		.opened = opened,
	};
	enum tg_status st;

	op.taker = (struct tg_archive_taker){ &op, meet, hand_on, end };
	*opened = (struct tg_archive_opened){ .kind = "file" };
	st = open_any(&op, err);
	opened->packed = in->bytes;
	tg_tar_release(&op.tar);
	tg_peel_free(&op.peel);
	tg_buffer_release(&op.head);
	return st;
}

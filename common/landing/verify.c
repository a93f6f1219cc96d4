#include "common/landing/verify.h"

#include "common/io/interrupt.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/landing/besides.h"
#include "common/landing/checkers.h"
#include "common/landing/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What keeps its place among the landings. */
enum kind {
	LANDING,
	BREAK, /* the first line that is lost */
	LOST,
	VOID,
	FOREIGN,
	TORN,
	TWICE,
};

struct verifying {
	struct tg_verify *v;
	struct tg_reading *r;
	struct tg_arena *arena;
	struct tg_marks live, gone, lost; /* paths of data */
	struct tg_checkers *pool;
	bool *met; /* one an anchor: the chain has come to its line */
};

static void verifying_release(struct verifying *w)
{
	tg_checkers_free(&w->pool);
	tg_marks_release(&w->live);
	tg_marks_release(&w->gone);
	tg_marks_release(&w->lost);
}

static enum tg_status say(struct verifying *w, const struct tg_verify_fault *fault,
			  struct tg_error *err)
{
	if (fault->note)
		w->v->notes++;
	else
		w->v->faults++;
	return w->v->report(w->v->arg, fault, err);
}

/* -- anchors ------------------------------------------------------------------------------------------------------------------ */

static const struct tg_anchor *anchor_at(const struct tg_verify *v, size_t i)
{
	return i < v->anchors ? &v->anchor[i] : v->since;
}

static size_t anchors_of(const struct tg_verify *v)
{
	return v->anchors + (v->since != NULL);
}

static enum tg_status hold_anchors(void *arg, const struct tg_line *line, struct tg_error *err)
{
	struct verifying *w = arg;
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < anchors_of(w->v); i++) {
		const struct tg_anchor *a = anchor_at(w->v, i);
		struct tg_verify_fault fault = { .code = "anchor",
						 .line = a->line,
						 .expected = tg_str_of(a->sha256),
						 .found = tg_str_of(w->r->manifest.tail) };

		if (a->line != line->number)
			continue;
		w->met[i] = true;
		if (strcmp(a->sha256, w->r->manifest.tail) != 0)
			st = say(w, &fault, err);
	}
	if (!st && tg_interrupted())
		st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	return st;
}

static enum tg_status judge_anchors(struct verifying *w, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < anchors_of(w->v); i++) {
		const struct tg_anchor *a = anchor_at(w->v, i);
		bool cut = a->line > w->r->chain.lines;
		struct tg_verify_fault fault = { .code = cut ? "anchor-cut" : "anchor",
						 .line = a->line,
						 .expected = tg_str_of(a->sha256) };

		if (strcmp(a->zone, w->r->zone.id) != 0) {
			fault = (struct tg_verify_fault){ .code = "anchor-zone",
							  .expected = tg_str_of(a->zone),
							  .found = tg_str_of(w->r->zone.id) };
			st = say(w, &fault, err);
		} else if (!w->met[i] && a->line) {
			st = say(w, &fault, err);
		}
	}
	return st;
}

/* -- landings ----------------------------------------------------------------------------------------------------------------- */

static bool is_gone(struct verifying *w, struct tg_str landing, enum tg_status *st,
		    struct tg_error *err)
{
	bool gone = false;

	*st = tg_reading_is_gone(w->r, landing, &gone, err);
	return gone;
}

static enum tg_status say_landing(struct verifying *w, const struct tg_checkers_item *item,
				  enum tg_landed_fault what, bool of_sidecar, struct tg_error *err)
{
	const struct tg_line *line = &item->line;
	const struct tg_landed_finding *f = &item->finding;
	struct tg_verify_fault fault = { .code = tg_landed_fault_name(what),
					 .line = line->number,
					 .landing = line->landing,
					 .path = line->path };
	char expected[24], found[24];

	if (of_sidecar && what <= TG_LANDED_UNREADABLE)
		fault.member = "sidecar";
	if (what == TG_LANDED_SIZE) {
		snprintf(expected, sizeof(expected), "%llu",
			 (unsigned long long)(line->encoding.p ? line->stored_bytes : line->bytes));
		snprintf(found, sizeof(found), "%llu", (unsigned long long)f->bytes);
		fault.expected = tg_str_of(expected);
		fault.found = tg_str_of(found);
	} else if (what == TG_LANDED_ALTERED) {
		fault.expected = line->encoding.p ? line->stored_sha256 : line->sha256;
		fault.found = tg_str_of(f->sha256);
	} else if (what == TG_LANDED_SIDECAR_ALTERED) {
		fault.expected = line->sidecar_sha256;
		fault.found = tg_str_of(f->sidecar_sha256);
	} else if (what == TG_LANDED_SIDECAR_DIFFERS) {
		fault.member = f->member;
	} else if (what == TG_LANDED_UNREADABLE) {
		fault.found = tg_str_of(strerror(f->error));
		w->v->unreadable++;
	}
	return say(w, &fault, err);
}

static enum tg_status judge_landing(struct verifying *w, const struct tg_checkers_item *item,
				    struct tg_error *err)
{
	const struct tg_landed_finding *f = &item->finding;
	enum tg_status st = TG_OK;

	if (tg_interrupted())
		return tg_fail(err, TG_INTERRUPTED, "interrupted");
	/* It may have been pruned since the manifest was read. */
	if ((f->data == TG_LANDED_MISSING || f->sidecar == TG_LANDED_SIDECAR_MISSING) &&
	    is_gone(w, item->line.landing, &st, err)) {
		w->v->gone++;
		return TG_OK;
	}
	if (!st && f->data)
		st = say_landing(w, item, f->data, false, err);
	if (!st && f->sidecar)
		st = say_landing(w, item, f->sidecar, true, err);
	return st;
}

static enum tg_status take(void *arg, const struct tg_checkers_item *item, struct tg_error *err)
{
	static const struct {
		const char *code;
		bool note;
	} of[] = {
		[BREAK] = { "chain", false }, [LOST] = { "lost", false },
		[VOID] = { "void", true },    [FOREIGN] = { "foreign-line", false },
		[TORN] = { "torn", true },    [TWICE] = { "twice", false },
	};
	struct verifying *w = arg;
	const struct tg_line *line = &item->line;
	struct tg_verify_fault fault = { .line = line->number };

	if (item->kind == LANDING)
		return judge_landing(w, item, err);
	fault.code = of[item->kind].code;
	fault.note = of[item->kind].note;
	if (item->kind == BREAK) { /* its owner has put the two hashes there */
		fault.expected = line->sha256;
		fault.found = line->prev;
	} else if (item->kind != FOREIGN && item->kind != TORN) {
		fault.landing = line->landing;
		fault.path = line->path;
	}
	return say(w, &fault, err);
}

static enum tg_status put(struct verifying *w, const struct tg_line *line, enum kind kind,
			  struct tg_error *err)
{
	struct tg_checkers_item item = { .line = *line, .kind = (int)kind };

	return tg_checkers_put(w->pool, &item, err);
}

static enum tg_status put_landing(struct verifying *w, const struct tg_line *line,
				  struct tg_error *err)
{
	struct tg_verify *v = w->v;
	struct tg_checkers_item item = { .line = *line, .kind = LANDING, .check = true };

	if (line->kind != TG_LINE_LANDING)
		return TG_OK;
	v->landings++;
	if (tg_marks_have(&w->r->chain.gone, line->landing)) {
		v->gone++;
		tg_marks_add(&w->gone, line->path);
		return TG_OK;
	}
	/* The second would have been refused, or taken for the first. */
	if (!tg_marks_add(&w->live, line->path))
		return put(w, line, TWICE, err);
	item.bytes = !v->since || line->number > v->since->line;
	v->read += item.bytes;
	return tg_checkers_put(w->pool, &item, err);
}

static enum tg_status put_void(struct verifying *w, const struct tg_line *line,
			       struct tg_error *err)
{
	struct tg_line first = { .number = line->number,
				 .prev = line->prev,
				 .sha256 = tg_str_of(w->r->manifest.tail) };
	enum tg_status st = TG_OK;

	if (!tg_chain_is_lost(&w->r->chain, line->number))
		return put(w, line, VOID, err);
	if (line->number == w->r->chain.first_lost)
		st = put(w, &first, BREAK, err);
	if (line->path.p)
		tg_marks_add(&w->lost, line->path);
	return st ? st : put(w, line, LOST, err);
}

static enum tg_status put_line(struct verifying *w, const struct tg_line *line,
			       enum tg_line_state state, struct tg_error *err)
{
	switch (state) {
	case TG_LINE_COUNTS:
		return w->v->chain_only ? TG_OK : put_landing(w, line, err);
	case TG_LINE_VOID:
		return put_void(w, line, err);
	case TG_LINE_FOREIGN:
		/* The last ones are a torn tail. */
		return line->offset < w->r->chain.end ? put(w, line, FOREIGN, err) : TG_OK;
	case TG_LINE_TORN:
	case TG_LINE_END:
		break;
	}
	return TG_OK;
}

/* The manifest a second time, as far as it was read the first time. */
static enum tg_status walk(struct verifying *w, struct tg_error *err)
{
	struct tg_manifest *m = &w->r->manifest;
	struct tg_line line = { .offset = 0 };
	enum tg_line_state state = TG_LINE_COUNTS;
	enum tg_status st =
		tg_checkers_new(&w->pool, w->r->zone.directory, w->v->jobs, take, w, err);

	tg_manifest_rewind(m);
	tg_manifest_begin(m);
	while (!st && state != TG_LINE_END) {
		st = tg_manifest_step(m, &line, &state, err);
		if (!st && state != TG_LINE_END && line.offset >= w->r->chain.end)
			break;
		if (!st)
			st = put_line(w, &line, state, err);
	}
	if (!st && w->r->chain.torn) {
		line = (struct tg_line){ .number = w->r->chain.lines + 1 };
		st = put(w, &line, TORN, err);
	}
	return st ? st : tg_checkers_drain(w->pool, err);
}

/* -- files -------------------------------------------------------------------------------------------------------------------- */

/* The path in the note that the holder of the lock leaves there; none: none. */
static struct tg_str noted(struct verifying *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer note = TG_BUFFER_INIT, path = TG_BUFFER_INIT;
	struct tg_record rec = { 0 };
	const struct tg_span *v;

	tg_zone_noted(&w->r->zone, &note);
	memset(tg_buffer_room(&note, 0), 0, TG_SLACK);
	if (!note.n || tg_scan(w->r->zone.scanner, tg_buffer_str(&note), &rec) != TG_SCAN_OK)
		return TG_STR_NONE;
	v = tg_member_find(&rec, rec.span, TG_STR("path"));
	if (!v || v->kind != TG_STRING)
		return TG_STR_NONE;
	tg_text_decode(&path, &rec, v);
	return tg_arena_copy(w->arena, tg_buffer_str(&path));
}

static enum tg_status add_later(void *arg, const struct tg_line *line, struct tg_error *err)
{
	struct verifying *w = arg;

	(void)err;
	tg_chain_add(&w->r->chain, line);
	if (line->kind == TG_LINE_LANDING)
		tg_marks_add(&w->live, line->path);
	return TG_OK;
}

/* Whether the data have the digest that their name begins with. */
static bool is_what_it_says(struct verifying *w, struct tg_path_walk *dirs, struct tg_str data)
{
	TG_OWN(tg_close_fd) int fd = -1;
	struct tg_digest *digest = w->r->manifest.digest;
	TG_OWN(tg_free_pointer) char *block = NULL;
	char hex[TG_SHA256_HEX + 1];
	struct tg_path path;
	struct stat st;
	ssize_t n;
	size_t digits = 0;

	if (!tg_path_split(data, &path))
		return false;
	fd = tg_path_open(dirs, &path, NULL);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	block = tg_alloc(64 * 1024);
	while ((n = read(fd, block, 64 * 1024)) > 0 ||
	       (n < 0 && errno == EINTR && !tg_interrupted()))
		tg_digest_add(digest, block, n > 0 ? (size_t)n : 0);
	tg_digest_hex(digest, hex);
	while (digits < path.file.n && path.file.p[digits] != '-')
		digits++;
	return digits <= TG_SHA256_HEX && memcmp(path.file.p, hex, digits) == 0;
}

static bool is_there(const struct verifying *w, struct tg_str path)
{
	struct stat st;

	return fstatat(w->r->zone.directory, path.p, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum tg_status judge_file(struct verifying *w, struct tg_path_walk *dirs, struct tg_str path,
				 struct tg_str note, struct tg_error *err)
{
	struct tg_verify_fault fault = { .code = "foreign", .path = path };
	struct tg_str data = tg_besides_data(path);

	if (tg_marks_have(&w->live, data) || tg_marks_have(&w->lost, data) || !is_there(w, path))
		return TG_OK;
	if (tg_marks_have(&w->gone, data)) {
		fault.code = "remains";
		fault.note = true;
	} else if (note.p && tg_str_eq(note, data)) {
		fault.code = "unfinished";
		fault.note = true;
	} else if (is_what_it_says(w, dirs, data)) {
		fault.code = "orphan";
	}
	return say(w, &fault, err);
}

/*
 * A landing that is under way: its path stands in the note until its line is there. So what was found is held against the note first,
 * and then against the lines that have come meanwhile.
 */
static enum tg_status look_at_files(struct verifying *w, struct tg_error *err)
{
	TG_OWN(tg_besides_release) struct tg_besides tree = { .n = 0 };
	TG_OWN(tg_path_walk_release)
	struct tg_path_walk dirs = TG_PATH_WALK_INIT(w->r->zone.directory);
	struct tg_verify_fault many = { .code = "many-files" };
	char more[24];
	struct tg_str note;
	enum tg_status st;

	st = tg_besides_look(&tree, &w->r->zone, &w->live, w->arena, err);
	if (st || !tree.n)
		return st;
	note = noted(w);
	st = tg_manifest_walk(&w->r->later, add_later, w, err);
	for (size_t i = 0; !st && i < tree.n; i++)
		st = judge_file(w, &dirs, tree.path[i], note, err);
	if (!st && tree.more) {
		snprintf(more, sizeof(more), "%llu", (unsigned long long)tree.more);
		many.found = tg_str_of(more);
		st = say(w, &many, err);
	}
	return st;
}

/* -- all of it ---------------------------------------------------------------------------------------------------------------- */

static enum tg_status say_broken(struct verifying *w, struct tg_error *err)
{
	struct tg_verify_fault fault = { .code = "broken", .path = TG_STR(".tidegate/broken") };

	return w->r->zone.broken ? say(w, &fault, err) : TG_OK;
}

static void set_head(struct tg_verify *v, const struct tg_reading *r)
{
	memcpy(v->head.zone, r->zone.id, sizeof(v->head.zone));
	memcpy(v->head.sha256, r->chain.tail, sizeof(v->head.sha256));
	v->head.line = r->chain.last_counting;
	v->lines = r->chain.lines;
	v->lost = r->chain.lost;
	v->first_break = r->chain.first_lost;
}

enum tg_status tg_verify(struct tg_verify *v, struct tg_reading *r, struct tg_arena *arena,
			 struct tg_error *err)
{
	TG_OWN(verifying_release) struct verifying w = { .v = v, .r = r, .arena = arena };
	enum tg_status st;

	w.met = tg_arena_array(arena, anchors_of(v), sizeof(*w.met));
	st = say_broken(&w, err);
	if (!st)
		st = tg_reading_read(r, hold_anchors, &w, err);
	if (!st) {
		set_head(v, r);
		st = judge_anchors(&w, err);
	}
	/* Of a chain without a fault there is nothing more to say. */
	if (!st && (!v->chain_only || r->chain.voids_n || r->chain.foreign || r->chain.torn))
		st = walk(&w, err);
	tg_checkers_free(&w.pool);
	if (!st && !v->chain_only)
		st = look_at_files(&w, err);
	return st;
}

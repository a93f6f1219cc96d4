#include "common/landing/erase.h"

#include "common/io/interrupt.h"
#include "common/landing/land.h"
#include "common/landing/landed.h"
#include "common/landing/name.h"

#include <stdio.h>

enum {
	MARK_DIGITS = 8,
	PIECE = 256 * 1024,
	HELD = 2 * PIECE, /* a piece and what is left of those before, unless records are longer */
};

static const char erased_word[] = "erased-";

/* One landing, looked through and maybe landed anew. */
struct pass {
	struct tg_erase *e;
	struct tg_arena *arena; /* of this landing */
	struct tg_line line;	/* copied */
	struct tg_checker *checker;
	struct tg_scanner *scanner;
	struct tg_buffer held;	/* the beginning of a line, with what follows */
	struct tg_stage *stage; /* NULL: it is only looked through */
	uint64_t matches, kept;
	const char *why; /* it cannot be searched */
};

/* -- lines -------------------------------------------------------------------------------------------------------------------- */

/* Whether a line is a record that must go. TG_SLACK bytes stand behind it. */
static bool matches(struct pass *p, struct tg_str line)
{
	struct tg_record rec = { 0 };

	if (tg_str_is_blank(line))
		return false;
	if (tg_scan(p->scanner, line, &rec) != TG_SCAN_OK) {
		p->why = "it holds a line that is no JSON";
		return false;
	}
	if (p->e->match(p->e->match_arg, &rec))
		return true;
	p->kept++;
	return false;
}

/* Lines of the buffer from *from on, whole ones, or with `last` all. Those that stay are taken in runs. */
static enum tg_status take_lines(struct pass *p, bool last, size_t *from, struct tg_error *err)
{
	struct tg_str all = tg_buffer_str(&p->held);
	size_t run = *from; /* what stays begins here */
	enum tg_status st = TG_OK;

	while (!st && !p->why && *from < all.n) {
		struct tg_str rest = tg_str_after(all, *from);
		const char *nl = memchr(rest.p, '\n', rest.n);
		size_t n = nl ? (size_t)(nl - rest.p) : rest.n;

		if (!nl && !last)
			break;
		if (matches(p, tg_str_from(rest.p, n))) {
			p->matches++;
			if (p->stage && *from > run)
				st = tg_stage_take(p->stage, tg_str_from(all.p + run, *from - run),
						   err);
			run = *from + n + (nl != NULL);
		}
		*from += n + (nl != NULL);
	}
	if (!st && p->stage && *from > run)
		st = tg_stage_take(p->stage, tg_str_from(all.p + run, *from - run), err);
	return st;
}

/* Adds bytes, and drops the lines that were dealt with. */
static enum tg_status take(struct pass *p, struct tg_str bytes, bool last, struct tg_error *err)
{
	size_t from = 0;
	enum tg_status st;

	tg_buffer_put_str(&p->held, bytes);
	memset(tg_buffer_room(&p->held, 0), 0, TG_SLACK);
	st = take_lines(p, last, &from, err);
	memmove(p->held.p, p->held.p + from, p->held.n - from);
	p->held.n -= from;
	if (p->held.n > p->e->max_record)
		p->why = "it holds a line that is longer than a record may be";
	return st;
}

/* Piece by piece, so that less of it is held. */
static enum tg_status take_block(struct pass *p, struct tg_str bytes, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	while (!st && !p->why && bytes.n) {
		size_t n = bytes.n < PIECE ? bytes.n : PIECE;

		st = take(p, tg_str_from(bytes.p, n), false, err);
		bytes = tg_str_after(bytes, n);
	}
	return st;
}

static enum tg_status go_through(struct pass *p, struct tg_error *err)
{
	TG_OWN(tg_landed_release) struct tg_landed landed = TG_LANDED_INIT;
	struct tg_landed_finding finding;
	struct tg_str bytes = { "", 1 };
	enum tg_status st = tg_landed_open(&landed, p->checker, &p->line, &finding, err);

	tg_buffer_clear(&p->held);
	p->matches = p->kept = 0;
	while (!st && !p->why && bytes.n) {
		if (tg_interrupted())
			return tg_fail(err, TG_INTERRUPTED, "interrupted");
		st = tg_landed_read(&landed, &bytes, err);
		if (!st)
			st = take_block(p, bytes, err);
	}
	return st || p->why ? st : take(p, TG_STR(""), true, err);
}

/* -- landing anew --------------------------------------------------------------------------------------------------------------- */

/* A name that no other landing has, though one with the same content may be there: with digits of the one that it replaces. */
static struct tg_str name_for(struct pass *p)
{
	TG_OWN(tg_buffer_release) struct tg_buffer name = TG_BUFFER_INIT;
	const size_t head = sizeof(erased_word) - 1 + MARK_DIGITS + 1;
	struct tg_path path;
	struct tg_str old;
	const char *dash;

	if (!tg_path_split(p->line.path, &path))
		return TG_STR_NONE; /* it was opened by this path, so it has the form */
	dash = memchr(path.file.p, '-', path.file.n);
	old = tg_str_after(path.file, (size_t)(dash - path.file.p) + 1);
	if (tg_str_starts(old, tg_str_of(erased_word)) && old.n > head && old.p[head - 1] == '-')
		old = tg_str_after(old, head); /* not the first time */
	if (p->line.encoding.p && tg_str_ends(old, TG_STR(".zst")))
		old.n -= 4; /* it is put there again */
	tg_buffer_printf(&name, "%s%.*s-", erased_word, MARK_DIGITS, p->line.landing.p);
	tg_name_put_decoded(&name, old);
	return tg_arena_copy(p->arena, tg_buffer_str(&name));
}

static enum tg_status is_still_there(void *arg, struct tg_error *err)
{
	struct pass *p = arg;
	bool gone;
	enum tg_status st = tg_reading_is_gone(p->e->prune->r, p->line.landing, &gone, err);

	if (!st && gone)
		st = tg_fail(err, TG_TRY_AGAIN,
			     "another run has pruned the landing in line %llu of the manifest "
			     "meanwhile",
			     (unsigned long long)p->line.number);
	return st;
}

/* Removes what the new line has made nobody's. Killed before, the next run does it. */
static enum tg_status remove_old(struct pass *p, struct tg_error *err)
{
	struct tg_prune *prune = p->e->prune;
	TG_OWN(tg_path_walk_release)
	struct tg_path_walk dirs = TG_PATH_WALK_INIT(prune->r->zone.directory);
	enum tg_status st = tg_zone_lock(&prune->r->zone, prune->lock_micros, err);

	if (!st)
		st = tg_prune_remove(prune, &dirs, p->line.path, err);
	tg_zone_unlock(&prune->r->zone);
	return st;
}

static enum tg_status report(struct pass *p, const struct tg_landing *by, const char *result,
			     struct tg_error *err)
{
	struct tg_prune *prune = p->e->prune;
	size_t head = prune->r->zone.absolute.n + 1; /* of a path that is absolute */
	struct tg_pruned pruned = { .result = result,
				    .line = &p->line,
				    .records = p->matches,
				    .by = by ? by->id : TG_STR_NONE,
				    .path = by ? tg_str_after(by->path, head) : TG_STR_NONE,
				    .why = p->why };

	return prune->report(prune->arg, &pruned, err);
}

static void describe(struct pass *p, struct tg_landing *l)
{
	const struct tg_prune *prune = p->e->prune;

	*l = (struct tg_landing){
		.source = p->line.source,
		.entity = p->line.entity,
		.date = p->line.date,
		.name = name_for(p),
		.run = prune->run,
		.schema_version = p->line.schema_version,
		.lock_micros = prune->lock_micros,
		.stores = { .arena = p->arena },
		.replaces = p->line.landing,
		.reason = prune->reason,
		.erased_at = prune->now,
		.erased = p->matches,
		.still = is_still_there,
		.arg = p,
	};
	l->sidecar = tg_arena_copy(p->arena, tg_buffer_str(&p->checker->sidecar));
	if (!tg_time_read(p->line.time, &l->time))
		l->time = prune->now;
}

static enum tg_status land_anew(struct pass *p, struct tg_error *err)
{
	TG_OWN(tg_stage_release) struct tg_stage stage = TG_STAGE_INIT;
	struct tg_zone *zone = &p->e->prune->r->zone;
	struct tg_landing landing;
	enum tg_status st;

	describe(p, &landing);
	stage.packs = p->line.encoding.p != NULL;
	st = tg_stage_open(&stage, zone, false, err);
	p->stage = &stage;
	if (!st)
		st = go_through(p, err);
	p->stage = NULL;
	if (!st)
		st = tg_stage_close(&stage, err);
	if (!st)
		st = tg_land(&landing, zone, &stage, p->arena, err);
	if (!st && landing.result == TG_DUPLICATE) {
		st = is_still_there(p, err); /* another run may have done the same at once */
		if (!st)
			st = tg_fail(
				err, TG_CANNOT_CREATE,
				"the landing in line %llu of the manifest cannot be landed anew: its "
				"name is taken",
				(unsigned long long)p->line.number);
	}
	if (!st)
		st = remove_old(p, err);
	return st ? st : report(p, &landing, "erased", err);
}

static enum tg_status say_nothing(void *arg, const struct tg_pruned *pruned, struct tg_error *err)
{
	(void)arg, (void)pruned, (void)err;
	return TG_OK;
}

static enum tg_status prune_empty(struct pass *p, struct tg_error *err)
{
	struct tg_prune *prune = p->e->prune;
	tg_prune_report report_to = prune->report;
	bool done = false;
	enum tg_status st;

	prune->report = say_nothing; /* it is said here, as erased */
	st = tg_prune_one(prune, &p->line, &done, err);
	prune->report = report_to;
	return st || !done ? st : report(p, NULL, "erased", err);
}

/* -- all landings --------------------------------------------------------------------------------------------------------------- */

static enum tg_status look_into(struct pass *p, struct tg_error *err)
{
	struct tg_erase *e = p->e;
	enum tg_status st;

	p->why = NULL;
	st = go_through(p, err);
	if (st)
		return st;
	if (p->why) {
		e->unsearchable++;
		p->matches = 0;
		return report(p, NULL, "unsearchable", err);
	}
	e->searched++;
	if (!p->matches)
		return TG_OK;
	if (e->prune->dry)
		return report(p, NULL, "erased", err);
	return p->kept ? land_anew(p, err) : prune_empty(p, err);
}

/* A landing that another run has pruned since is none to look into. */
static enum tg_status look_into_or_pass(struct pass *p, struct tg_error *err)
{
	struct tg_error ignored = TG_ERROR_INIT;
	enum tg_status st = look_into(p, err);
	bool gone = false;

	if (st == TG_DATA &&
	    tg_reading_is_gone(p->e->prune->r, p->line.landing, &gone, &ignored) == TG_OK && gone)
		return TG_OK;
	return st;
}

static void pass_release(struct pass *p)
{
	tg_scanner_free(&p->scanner);
	tg_buffer_release(&p->held);
}

enum tg_status tg_erase_records(struct tg_erase *e, struct tg_error *err)
{
	TG_OWN(tg_checker_release) struct tg_checker checker = { .block = NULL };
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(pass_release)
	struct pass p = { .e = e, .arena = &arena, .checker = &checker };
	struct tg_reading *r = e->prune->r;
	struct tg_line line;
	bool gone, more = true;
	enum tg_status st = tg_checker_init(&checker, r->zone.directory, err);

	p.scanner = tg_scanner_new();
	(void)tg_buffer_room(&p.held, HELD);
	tg_reading_rewind(r);
	while (!st && more) {
		st = tg_reading_next(r, &line, &gone, &more, err);
		if (st || !more || gone || !tg_prune_is_of(e->prune, &line))
			continue;
		tg_arena_reset(&arena);
		tg_line_copy(&arena, &p.line, &line);
		st = look_into_or_pass(&p, err);
	}
	return st;
}

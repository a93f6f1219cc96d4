/* The protocol's steps at a landing. The rules have letters; what happens without each is in A8 of the protocol. */
#include "common/state/page.h"

static void set_id(tg_store_id to, const char *id)
{
	size_t n = strnlen(id, TG_STORE_ID);

	memcpy(to, id, n);
	to[n] = '\0';
}

static struct tg_batch *batch_of(struct tg_batch *batch, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(batch[i].id, id) == 0)
			return batch + i;
	return NULL;
}

enum tg_status tg_store_doubts(struct tg_store *s, tg_store_id **landing, size_t *n,
			       struct tg_arena *arena, struct tg_error *err)
{
	struct tg_batch *batch;
	size_t batches, count = 0;
	enum tg_status st = tg_store_begin(s, TG_TXN_READ, &batch, &batches, arena, err);

	if (!st)
		st = tg_store_end(s, TG_OK, err);
	if (st)
		return st;
	*landing = tg_arena_array(arena, batches, sizeof(**landing));
	for (size_t i = 0; i < batches; i++) {
		bool known = batch[i].state != TG_BATCH_COMMITTING;

		for (size_t j = 0; j < count; j++)
			known |= strcmp((*landing)[j], batch[i].landing) == 0;
		if (!known)
			set_id((*landing)[count++], batch[i].landing);
	}
	*n = count;
	return TG_OK;
}

/* Its time is that of its landing, from the mark on, however late it is settled. */
static enum tg_status make_seen(struct tg_store *s, struct tg_batch *b, struct tg_error *err)
{
	b->state = TG_BATCH_SEEN;
	b->number = b->first = ++s->head.clock;
	return s->backend->put_batch(s, b, err);
}

/* place: where the landing's line stands, as far as it is known. */
static enum tg_status settle(struct tg_store *s, const char *landing, bool landed,
			     struct tg_str place, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch;
	size_t n;
	bool changed = false;
	enum tg_status st = tg_store_begin(s, TG_TXN_WRITE, &batch, &n, &arena, err);

	if (st)
		return st;
	for (size_t i = 0; !st && i < n; i++) {
		if (batch[i].state != TG_BATCH_COMMITTING || strcmp(batch[i].landing, landing) != 0)
			continue;
		changed = true;
		st = landed ? make_seen(s, batch + i, err)
			    : s->backend->delete_batch(s, batch[i].run, err);
	}
	if (!st && changed)
		st = s->backend->settle_files(s, landing, landed, err);
	if (!st && changed && landed) {
		set_id(s->head.landing, landing);
		s->head.place = tg_arena_copy(&s->arena, place);
		st = s->backend->write_head(s, err);
	}
	return tg_store_end(s, st, err);
}

/*
 * A7: a step whose connection is lost is taken once more: each finds what it has done already, if its commit was not answered. False:
 * there is nothing to take again.
 */
static bool is_lost(const struct tg_store *s, enum tg_status st)
{
	return st && st != TG_INTERRUPTED && s->lost;
}

enum tg_status tg_store_settle(struct tg_store *s, const tg_store_id landing, bool landed,
			       struct tg_error *err)
{
	enum tg_status st = settle(s, landing, landed, TG_STR(""), err);

	return is_lost(s, st) ? settle(s, landing, landed, TG_STR(""), err) : st;
}

/* Refuses, and takes the batch away in the same transaction: its run must be repeated whole. */
static enum tg_status refuse(struct tg_store *s, const struct tg_batch *b, const char *why,
			     struct tg_error *err)
{
	enum tg_status st = b ? s->backend->delete_batch(s, b->run, err) : TG_OK;

	st = tg_store_end(s, st, err);
	if (st)
		return st;
	return tg_fail(err, TG_TRY_AGAIN,
		       "%s (key store %.*s); run the whole line again: what has landed is dropped",
		       why, TG_STR_ARG(s->url));
}

/* NULL, or why the batch must not land now. */
static enum tg_status judge(struct tg_store *s, const struct tg_mark *mark,
			    const struct tg_batch *own, const struct tg_batch *batch, size_t n,
			    const char **why, struct tg_error *err)
{
	*why = NULL;
	/* [j] */
	if (!own)
		*why = "the keys that these records were passed with are gone: they were given up";
	else if (own->state == TG_BATCH_COMMITTING || own->state == TG_BATCH_SEEN)
		*why = "these records are landing elsewhere, or have landed";
	else if (own->state != TG_BATCH_PENDING || own->keys != mark->keys)
		*why = "the keys that these records were passed with are not complete";
	else if (s->head.floor > own->snapshot)
		*why = "the store forgot keys after these records were compared with it";
	for (size_t i = 0; !*why && i < n; i++) {
		bool later = batch[i].state == TG_BATCH_SEEN && batch[i].number > own->snapshot;
		bool meet = false;
		enum tg_status st;

		/* [k] only what landed behind the snapshot, [m] and what is landing */
		if (batch + i == own || (!later && batch[i].state != TG_BATCH_COMMITTING))
			continue;
		st = tg_runs_meet(s, own, batch + i, &meet, err);
		if (st)
			return st;
		/* Two batches of one landing: two stages dropped duplicates, each on its own. */
		if (meet && !later && strcmp(batch[i].landing, mark->landing) == 0)
			return tg_fail(err, TG_USAGE,
				       "two stages before passed the same record: dedupe once, "
				       "behind the loop");
		if (meet)
			*why = later ? "another run landed some of these records first"
				     : "another run is landing some of these records";
	}
	return TG_OK;
}

/* A store serves one zone, the first that it landed in. */
static enum tg_status bind_zone(struct tg_store *s, const struct tg_mark *mark,
				struct tg_error *err)
{
	if (s->head.zone[0] && strcmp(s->head.zone, mark->zone) != 0)
		return tg_fail(
			err, TG_CONFIG,
			"the key store %.*s serves another zone (id %s): a store serves one zone",
			TG_STR_ARG(s->url), s->head.zone);
	set_id(s->head.zone, mark->zone);
	if (!tg_str_eq(s->head.zone_path, mark->zone_path))
		s->head.zone_path = tg_arena_copy(&s->arena, mark->zone_path);
	return TG_OK;
}

/* The files stand or fall with the landing. */
static enum tg_status put_files(struct tg_store *s, const struct tg_mark *mark, bool in_doubt,
				struct tg_error *err)
{
	struct tg_store_file file = { .time = mark->now };
	enum tg_status st = TG_OK;

	set_id(file.landing, mark->landing);
	for (size_t i = 0; !st && i < mark->files; i++) {
		file.digest = mark->file[i];
		st = s->backend->put_file(s, &file, in_doubt, err);
	}
	return st;
}

/* Marks the batch, or (to: seen) commits it at once. again: it may have done so already, and heard no answer. */
static enum tg_status take(struct tg_store *s, const struct tg_mark *mark, enum tg_batch_state to,
			   bool again, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch, *own;
	const char *why;
	size_t n;
	enum tg_status st = tg_store_begin(s, TG_TXN_WRITE, &batch, &n, &arena, err);

	if (st)
		return st;
	own = batch_of(batch, n, mark->batch);
	if (again && own && own->state == to && strcmp(own->landing, mark->landing) == 0)
		return tg_store_end(s, TG_OK, err); /* it had come through */
	st = bind_zone(s, mark, err);
	if (!st)
		st = judge(s, mark, own, batch, n, &why, err);
	if (st)
		return tg_store_end(s, st, err);
	if (why) /* what another landing has marked is not ours to delete */
		return refuse(s, own && own->state <= TG_BATCH_PENDING ? own : NULL, why, err);
	set_id(own->landing, mark->landing);
	own->time = mark->now;
	own->state = TG_BATCH_COMMITTING;
	st = to == TG_BATCH_SEEN ? make_seen(s, own, err) : s->backend->put_batch(s, own, err);
	if (!st)
		st = put_files(s, mark, to != TG_BATCH_SEEN, err);
	if (!st)
		st = s->backend->write_head(s, err);
	return tg_store_end(s, st, err);
}

/* Whether it is marked is not known after a commit that was not answered: it is looked up, and if that fails there is no line. */
static enum tg_status take_surely(struct tg_store *s, const struct tg_mark *mark,
				  enum tg_batch_state to, struct tg_error *err)
{
	enum tg_status st = take(s, mark, to, false, err);
	bool unanswered = s->unanswered;

	if (!is_lost(s, st))
		return st;
	st = take(s, mark, to, true, err);
	if (st == TG_UNAVAILABLE && unanswered)
		st = err->status = TG_TRY_AGAIN;
	return st;
}

enum tg_status tg_store_mark(struct tg_store *s, const struct tg_mark *mark, struct tg_error *err)
{
	return take_surely(s, mark, TG_BATCH_COMMITTING, err);
}

enum tg_status tg_store_commit(struct tg_store *s, const struct tg_mark *mark, struct tg_error *err)
{
	return take_surely(s, mark, TG_BATCH_SEEN, err);
}

enum tg_status tg_store_see(struct tg_store *s, const struct tg_mark *mark, struct tg_error *err)
{
	enum tg_status st = settle(s, mark->landing, true, mark->place, err);

	return is_lost(s, st) ? settle(s, mark->landing, true, mark->place, err) : st;
}

static enum tg_status see_duplicate(struct tg_store *s, const struct tg_mark *mark,
				    struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch, *own;
	size_t n;
	enum tg_status st = tg_store_begin(s, TG_TXN_WRITE, &batch, &n, &arena, err);

	if (st)
		return st;
	own = batch_of(batch, n, mark->batch);
	st = bind_zone(s, mark, err);
	if (st || (own && own->state == TG_BATCH_SEEN))
		return tg_store_end(s, st, err);
	if (!own || own->state != TG_BATCH_PENDING || own->keys != mark->keys)
		return refuse(
			s, own && own->state <= TG_BATCH_PENDING ? own : NULL,
			"the keys that these records were passed with are gone: they were given up",
			err);
	set_id(own->landing, mark->landing);
	own->time = mark->now;
	st = make_seen(s, own, err);
	if (!st)
		st = put_files(s, mark, false, err);
	if (!st)
		st = s->backend->write_head(s, err);
	return tg_store_end(s, st, err);
}

enum tg_status tg_store_see_duplicate(struct tg_store *s, const struct tg_mark *mark,
				      struct tg_error *err)
{
	enum tg_status st = see_duplicate(s, mark, err);

	return is_lost(s, st) ? see_duplicate(s, mark, err) : st;
}

static enum tg_status drop(struct tg_store *s, const struct tg_mark *mark, struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_batch *batch, *own;
	size_t n;
	enum tg_status st = tg_store_begin(s, TG_TXN_WRITE, &batch, &n, &arena, err);

	if (st)
		return st;
	own = batch_of(batch, n, mark->batch);
	if (own && (own->state <= TG_BATCH_PENDING || (own->state == TG_BATCH_COMMITTING &&
						       strcmp(own->landing, mark->landing) == 0)))
		st = s->backend->delete_batch(s, own->run, err);
	if (!st) /* all batches of the landing go */
		st = s->backend->settle_files(s, mark->landing, false, err);
	return tg_store_end(s, st, err);
}

enum tg_status tg_store_drop(struct tg_store *s, const struct tg_mark *mark, struct tg_error *err)
{
	enum tg_status st = drop(s, mark, err);

	return is_lost(s, st) ? drop(s, mark, err) : st;
}

enum tg_status tg_store_note_files(struct tg_store *s, const struct tg_mark *mark,
				   struct tg_error *err)
{
	struct tg_mark as_last = *mark;
	enum tg_status st = s->backend->begin(s, TG_TXN_WRITE, err);

	if (st)
		return st;
	st = s->backend->read_head(s, err);
	if (!st && mark->zone[0])
		st = bind_zone(s, mark, err);
	as_last.landing = s->head.landing;
	if (!st)
		st = put_files(s, &as_last, false, err);
	return tg_store_end(s, st, err);
}

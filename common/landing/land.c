#include "common/landing/attempt.h"

#include "common/io/interrupt.h"
#include "common/json/text.h"
#include "common/landing/sidecar.h"

static void attempt_release(struct tg_attempt *a)
{
	for (size_t i = 0; i < TG_ATTEMPT_LEVELS; i++)
		tg_close_fd(&a->at[i]);
	tg_publish_release(&a->sidecar);
	tg_manifest_release(&a->manifest);
	tg_zone_unlock(a->zone);
}

/* -- before the lock -------------------------------------------------------------------------------------------------------- */

static void draw_id(struct tg_attempt *a)
{
	TG_OWN(tg_buffer_release) struct tg_buffer hex = TG_BUFFER_INIT;
	char id[16];

	tg_random(id, sizeof(id));
	tg_buffer_put_hex(&hex, id, sizeof(id));
	a->landing->id = tg_arena_copy(a->arena, tg_buffer_str(&hex));
}

static enum tg_status stage_sidecar(struct tg_attempt *a, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	enum tg_status st;

	tg_sidecar_put(&text, a->landing, a->stage);
	tg_digest_add(a->stage->digest, text.p, text.n);
	tg_digest_hex(a->stage->digest, a->sidecar_sha256);
	st = tg_publish_stage(&a->sidecar, a->zone->own, 0440, "the sidecar in the zone", err);
	if (!st)
		st = tg_publish_write(&a->sidecar, tg_buffer_str(&text), err);
	return st;
}

/* Data and sidecar, before either gets a name. */
static enum tg_status sync_staged(struct tg_attempt *a, struct tg_error *err)
{
	enum tg_status st;

	tg_sync_soon(a->sidecar.fd);
	st = tg_sync(a->stage->file.fd, a->stage->file.what, err);
	return st ? st : tg_sync(a->sidecar.fd, a->sidecar.what, err);
}

static void prepare(struct tg_attempt *a)
{
	struct tg_landing *l = a->landing;

	tg_attempt_prepare(a);
	a->sought[0] = (struct tg_sought){ .source = l->source,
					   .entity = l->entity,
					   .sha256 = tg_str_of(a->stage->sha256),
					   .date = l->date_stated ? l->date : TG_STR_NONE };
	/* The same content may be there for another reason, and this one lands all the same. */
	if (l->replaces.p)
		a->sought[0].at = tg_attempt_path(a, tg_attempt_file(a, 16));
	draw_id(a);
}

/* -- the line ---------------------------------------------------------------------------------------------------------------- */

static enum tg_status commit(struct tg_attempt *a, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;
	const struct tg_landing *l = a->landing;

	tg_manifest_put_head(&a->manifest, &line, "landing");
	tg_json_put_member(&line, "landing", l->id);
	tg_buffer_puts(&line, ",\"time\":\"");
	tg_time_put(&line, l->time);
	tg_buffer_putc(&line, '"');
	tg_json_put_member(&line, "run", l->run);
	tg_json_put_member(&line, "source", l->source);
	tg_json_put_member(&line, "entity", l->entity);
	tg_json_put_member(&line, "date", l->date);
	tg_json_put_member(&line, "path", tg_attempt_path(a, a->file));
	tg_json_put_member(&line, "sha256", tg_str_of(a->stage->sha256));
	tg_json_put_member_u64(&line, "bytes", a->stage->bytes);
	tg_json_put_member_u64(&line, "records", a->stage->records.n);
	tg_stage_put_encoding(a->stage, &line);
	tg_json_put_member(&line, "sidecar_sha256", tg_str_of(a->sidecar_sha256));
	tg_json_put_member(&line, "schema_version", l->schema_version);
	tg_buffer_puts(&line, ",\"batches\":");
	tg_stores_put(&l->stores, &line);
	if (l->replaces.p) {
		tg_json_put_member(&line, "replaces", l->replaces);
		tg_json_put_member(&line, "reason", l->reason);
		tg_buffer_puts(&line, ",\"erased_at\":\"");
		tg_time_put(&line, l->erased_at);
		tg_buffer_putc(&line, '"');
	}
	tg_buffer_puts(&line, "}\n");
	return tg_manifest_append(&a->manifest, tg_buffer_str(&line), err);
}

/*
 * It has not landed: what is visible of it goes again, if that can be done by the rules. If not, the note in the lock tells the next
 * writer. Who has lost the lock touches nothing.
 */
static void take_back(struct tg_attempt *a, enum tg_status why)
{
	struct tg_error ignored = TG_ERROR_INIT;

	if (!a->named || why == TG_TRY_AGAIN || a->zone->broken)
		return;
	if (tg_attempt_tidy(a, a->at[TG_ATTEMPT_LEVELS - 1], tg_attempt_path(a, a->file), a->file,
			    &ignored) == TG_OK)
		(void)!tg_zone_note(a->zone, TG_STR_NONE, &ignored);
}

/* -- all of it --------------------------------------------------------------------------------------------------------------- */

static struct tg_str absolute(struct tg_attempt *a, struct tg_str path)
{
	struct tg_str zone = a->zone->absolute;

	if (!zone.p)
		zone = tg_str_of(a->zone->path); /* a dry run, and no zone yet */
	return tg_arena_format(a->arena, "%.*s/%.*s", TG_STR_ARG(zone), TG_STR_ARG(path));
}

static void say(struct tg_attempt *a, enum tg_landing_result result)
{
	struct tg_landing *l = a->landing;
	const struct tg_sought *before = &a->sought[0];

	l->result = result;
	if (result == TG_DUPLICATE) {
		l->path = absolute(a, before->path);
		l->id = before->landing;
		l->bytes = before->bytes;
		l->records = before->records;
		return;
	}
	l->path = absolute(a, tg_attempt_path(a, a->file));
	l->bytes = a->stage->bytes;
	l->records = a->stage->records.n;
}

static enum tg_status look_only(struct tg_attempt *a, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (a->zone->directory >= 0)
		st = tg_manifest_open(&a->manifest, a->zone, err);
	if (!st && a->zone->directory >= 0)
		st = tg_history_find(&a->manifest, a->sought, 1, a->directory, &a->synced, false,
				     a->arena, err);
	a->file = tg_attempt_file(a, 16);
	if (!st)
		say(a, a->sought[0].found ? TG_DUPLICATE : TG_LANDED);
	return st;
}

/* Under the lock: what has been before. */
static enum tg_status recall(struct tg_attempt *a, struct tg_error *err)
{
	enum tg_status st = tg_manifest_make(&a->manifest, a->zone, err);

	if (st)
		return st;
	/* Where the file system has no unnamed files there may be dead ones with names. */
	if (a->stage->file.temporary)
		tg_publish_sweep(a->zone->own);
	tg_leftover_read(a);
	st = tg_history_find(&a->manifest, a->sought, a->leftover.path.p ? 2 : 1, a->directory,
			     &a->synced, true, a->arena, err);
	if (!st)
		st = tg_manifest_cut(&a->manifest, err);
	return st ? st : tg_leftover_settle(a, err);
}

/* A4.9. It has landed, whatever happens here. */
static void see(struct tg_attempt *a)
{
	struct tg_landing *l = a->landing;

	l->in_doubt = tg_stores_see(&l->stores, &a->manifest, l->id, l->time, &l->doubt) != TG_OK;
}

/*
 * From here on nothing interrupts; what was begun is ended, or taken back. Batches stay marked where the manifest could not be put
 * right: its line may still come to count.
 */
static enum tg_status land(struct tg_attempt *a, struct tg_error *err)
{
	struct tg_landing *l = a->landing;
	enum tg_status st = tg_stores_mark(&l->stores, a->zone, l->id, l->time, err); /* A4.5 */

	if (st)
		return st;
	st = tg_attempt_place(a, err); /* A4.6 */
	if (!st)
		st = commit(a, err); /* A4.7, A4.8 */
	if (st) {
		take_back(a, st);
		if (!a->zone->broken)
			tg_stores_drop(&l->stores, l->id);
		return st;
	}
	see(a);
	say(a, TG_LANDED);
	return TG_OK;
}

/* A4.4: the same content is there, and its keys are seen with that landing. */
static enum tg_status repeat(struct tg_attempt *a, struct tg_error *err)
{
	struct tg_landing *l = a->landing;
	enum tg_status st = tg_manifest_sync(&a->manifest, err);

	if (!st)
		st = tg_stores_see_duplicate(&l->stores, a->zone, a->sought[0].landing, l->time,
					     err);
	if (!st)
		say(a, TG_DUPLICATE);
	return st;
}

enum tg_status tg_land(struct tg_landing *landing, struct tg_zone *zone, struct tg_stage *stage,
		       struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(attempt_release)
	struct tg_attempt a = { .landing = landing,
				.zone = zone,
				.stage = stage,
				.arena = arena,
				.manifest = TG_MANIFEST_INIT,
				.at = { -1, -1, -1 },
				.sidecar = TG_PUBLISH_INIT };
	struct tg_error ignored = TG_ERROR_INIT;
	enum tg_status st;

	prepare(&a);
	if (stage->dry)
		return look_only(&a, err);
	st = stage_sidecar(&a, err);
	if (!st)
		st = sync_staged(&a, err);
	if (!st)
		st = tg_zone_lock(zone, landing->lock_micros, err); /* A4.2 */
	if (!st)						    /* A4.3 */
		st = tg_stores_settle(&landing->stores, zone, landing->run, landing->time, err);
	if (!st)
		st = recall(&a, err); /* A4.4 */
	if (!st && a.sought[0].found)
		return repeat(&a, err);
	if (!st && landing->still)
		st = landing->still(landing->arg, err);
	if (!st && tg_interrupted())
		st = tg_fail(err, TG_INTERRUPTED, "interrupted");
	if (st)
		return st;
	tg_interrupt_hold();
	st = land(&a, err);
	if (!st)
		(void)!tg_zone_note(zone, TG_STR_NONE, &ignored);
	tg_interrupt_release();
	return st;
}

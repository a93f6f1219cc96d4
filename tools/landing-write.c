/*
 * landing-write: what it reads comes ashore: whole, once, and only when every stage before has finished well.
 *
 *	csv2json in.csv | validate -c c.json | landing-write --zone landing --source acme --entity customers
 *
 * Source, entity, date and name come from the options, else from what stages before found out, else from the contract. The same
 * content again is a duplicate: said, not landed.
 */
#include "common/base/utf8.h"
#include "common/contract/contract.h"
#include "common/io/identity.h"
#include "common/json/text.h"
#include "common/landing/guard.h"
#include "common/landing/land.h"
#include "common/landing/name.h"
#include "common/run/sink.h"

struct landing_write {
	struct tg_str zone_path, date, name, lock_wait; /* options */
	unsigned compress;
	bool init;
	struct tg_guard guard; /* its first members are options too */

	struct tg_contract contract;
	bool contracted;
	struct tg_zone zone;
	struct tg_stage stage;
	struct tg_landing landing;
	struct tg_arena *arena;
	struct tg_str own; /* the file that is read, by its base name */
	bool dry_run;
};

static const char *const compress_choices[] = { "none", "zstd", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT('z', "zone", struct landing_write, zone_path, "DIR", "the landing zone; made where nothing is"),
	TG_OPT_FLAG(0, "init", struct landing_write, init, "make a zone of a directory that is none"),
	TG_OPT_TEXT(0, "date", struct landing_write, date, "DATE", "the day it is of, as 2025-11-05 (the day of receipt, UTC)"),
	TG_OPT_TEXT(0, "name", struct landing_write, name, "NAME", "what the landed file is called behind its digest"),
	TG_OPT_SIZE(0, "max-size", struct landing_write, guard.max_bytes, "SIZE", "refuse content that is larger"),
	TG_OPT_TEXT(0, "accept", struct landing_write, guard.accept, "TYPE[,TYPE...]", "refuse content that is of no such type, such as text/csv"),
	TG_OPT_TEXT(0, "scan", struct landing_write, guard.scan, "COMMAND", "refuse what the command, which has it as standard input, does not end well over"),
	TG_OPT_DURATION(0, "scan-wait", struct landing_write, guard.scan_micros, "DURATION", "most that the command may take (5m)"),
	TG_OPT_CHOICE(0, "compress", struct landing_write, compress, "HOW", "none or zstd (none)", compress_choices),
	TG_OPT_TEXT(0, "lock-wait", struct landing_write, lock_wait, "DURATION", "most to wait for the zone's lock (60s)"),
	TG_OPT_END,
};
// clang-format on

static enum tg_status check(const char *what, struct tg_str text, enum tg_status status,
			    struct tg_error *err)
{
	const char *fault = text.p ? tg_name_fault(text) : NULL;

	return fault ? tg_fail(err, status, "%s: it %s", what, fault) : TG_OK;
}

static enum tg_status check_options(struct landing_write *lw, const struct tg_setup *setup,
				    struct tg_error *err)
{
	enum tg_status st;

	if (!lw->zone_path.n)
		return tg_fail(err, TG_USAGE, "no --zone: where is it to land?");
	if (memchr(lw->zone_path.p, '\0', lw->zone_path.n))
		return tg_fail(err, TG_USAGE, "--zone: it holds a NUL");
	if (lw->date.p && !tg_time_is_date(lw->date))
		return tg_fail(err, TG_USAGE, "--date: it must be a day, as 2025-11-05");
	lw->landing.lock_micros = 60 * 1000000;
	if (lw->lock_wait.p && !tg_time_read_duration(lw->lock_wait, &lw->landing.lock_micros))
		return tg_fail(err, TG_USAGE, "--lock-wait: it must be a duration, as 30s or 5m");
	if (!lw->guard.scan_micros)
		lw->guard.scan_micros = UINT64_C(300) * 1000000;
	st = tg_guard_check(&lw->guard, err);
	if (!st)
		st = check("--source", setup->source, TG_USAGE, err);
	if (!st)
		st = check("--entity", setup->entity, TG_USAGE, err);
	return st ? st : check("--name", lw->name, TG_USAGE, err);
}

static enum tg_status read_contract(struct landing_write *lw, const struct tg_setup *setup,
				    struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (!setup->contract.n)
		return TG_OK;
	st = tg_contract_open(&lw->contract, setup, err);
	if (!st)
		st = check("the contract's x-source", lw->contract.source, TG_CONFIG, err);
	if (!st)
		st = check("the contract's x-entity", lw->contract.entity, TG_CONFIG, err);
	lw->contracted = !st;
	return st;
}

/* The base name of the one file that is read; none: a pipe, or several files. A name on disk need not be UTF-8: then it is encoded. */
static struct tg_str own_file(const struct tg_setup *setup)
{
	TG_OWN(tg_buffer_release) struct tg_buffer encoded = TG_BUFFER_INIT;
	struct tg_str path = TG_STR_NONE;
	struct tg_identity id;
	struct stat st;
	size_t at;

	if (setup->operands == 1 && strcmp(setup->operand[0], "-") != 0)
		path = tg_str_of(setup->operand[0]);
	else if (setup->operands <= 1) {
		id = tg_identity_of(0, NULL, &st, setup->arena);
		if (id.kind == TG_IDENTITY_FILE)
			path = id.path;
	}
	for (at = path.n; at && path.p[at - 1] != '/';)
		at--;
	path = tg_arena_copy(setup->arena, tg_str_after(path, at));
	if (!path.n)
		return TG_STR_NONE;
	if (tg_utf8_check(path) == path.n)
		return path;
	tg_name_put(&encoded, path, SIZE_MAX);
	return tg_arena_copy(setup->arena, tg_buffer_str(&encoded));
}

static enum tg_status landing_write_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct landing_write *lw = self;
	enum tg_status st;

	lw->zone = TG_ZONE_INIT;
	lw->stage = TG_STAGE_INIT;
	lw->stage.packs = lw->compress == 1;
	lw->guard.plain = TG_PUBLISH_INIT;
	lw->arena = setup->arena;
	lw->dry_run = setup->dry_run;
	lw->landing.source = setup->source;
	lw->landing.entity = setup->entity;
	st = check_options(lw, setup, err);
	if (!st)
		st = read_contract(lw, setup, err);
	if (st)
		return st;
	lw->own = own_file(setup);
	if (lw->init && !lw->dry_run)
		return tg_zone_init(&lw->zone, lw->zone_path.p, lw->arena, err);
	return tg_zone_find(&lw->zone, lw->zone_path.p, lw->arena, err);
}

/* A zone that is not there is made when there is something to land in it. */
static enum tg_status begin(struct landing_write *lw, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (lw->stage.digest)
		return TG_OK;
	if (lw->zone.directory < 0 && !lw->dry_run)
		st = tg_zone_make(&lw->zone, lw->arena, err);
	if (!st)
		st = tg_guard_open(&lw->guard, &lw->zone, lw->stage.packs, lw->dry_run, err);
	return st ? st : tg_stage_open(&lw->stage, &lw->zone, lw->dry_run, err);
}

static enum tg_status landing_write_take(void *self, struct tg_str bytes, struct tg_error *err)
{
	struct landing_write *lw = self;
	enum tg_status st = begin(lw, err);

	if (!st)
		st = tg_guard_take(&lw->guard, bytes, err);
	return st ? st : tg_stage_take(&lw->stage, bytes, err);
}

static enum tg_status settle(struct tg_str *to, struct tg_str found, struct tg_str contract,
			     const char *what, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (to->p)
		return TG_OK;
	if (found.p) {
		*to = found;
		st = tg_name_fault(found)
			     ? tg_fail(err, TG_DATA, "the %s that a stage before found out: it %s",
				       what, tg_name_fault(found))
			     : TG_OK;
	} else if (contract.p) {
		*to = contract;
	} else {
		st = tg_fail(err, TG_USAGE,
			     "no --%s, and neither a stage before nor a contract (x-%s) says it",
			     what, what);
	}
	return st;
}

static struct tg_str today(const struct tg_setup *setup)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_time_put_date(&b, setup->now);
	return tg_arena_copy(setup->arena, tg_buffer_str(&b));
}

/* Options beat what stages found out, and that beats the contract. */
static enum tg_status decide(struct landing_write *lw, const struct tg_setup *setup,
			     const struct tg_origin *origin, struct tg_error *err)
{
	struct tg_landing *l = &lw->landing;
	enum tg_status st;

	st = settle(&l->source, origin->source, lw->contract.source, "source", err);
	if (!st)
		st = settle(&l->entity, origin->entity, lw->contract.entity, "entity", err);
	if (st)
		return st;
	l->name = lw->name.p ? lw->name : origin->name.n ? origin->name : l->entity;
	l->date = lw->date.p ? lw->date : origin->date;
	l->date_stated = l->date.p != NULL;
	if (!l->date_stated)
		l->date = today(setup);
	else if (!tg_time_is_date(l->date))
		return tg_fail(err, TG_DATA,
			       "the date that a stage before found out is no day, as 2025-11-05");
	return TG_OK;
}

/* The contract that this program was given, where no stage before has said which one it went by. */
static void add_contract(struct landing_write *lw, struct tg_origin *origin)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	if (!lw->contracted || origin->contract.p)
		return;
	tg_buffer_putc(&b, '{');
	tg_json_put_member(&b, "file", tg_str_of(lw->contract.path));
	tg_json_put_member(&b, "id", lw->contract.id);
	tg_json_put_member(&b, "version", lw->contract.version);
	tg_buffer_putc(&b, '}');
	origin->contract = tg_arena_copy(lw->arena, tg_buffer_str(&b));
	origin->schema_version = lw->contract.version;
}

static void put_meta(const struct tg_setup *setup, const char *name, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;

	tg_json_put_string(&json, text);
	tg_setup_meta(setup, name, tg_buffer_str(&json));
}

static struct tg_str first_of(struct tg_str a, struct tg_str b, struct tg_str c)
{
	return a.p ? a : b.p ? b : c;
}

/* For a receipt, of what does not land too: decide() may not have been reached. */
static void describe(const struct landing_write *lw, const struct tg_origin *origin,
		     struct tg_receipt *receipt)
{
	receipt->source = first_of(lw->landing.source, origin->source, lw->contract.source);
	receipt->entity = first_of(lw->landing.entity, origin->entity, lw->contract.entity);
	receipt->source_file = origin->source_file;
}

static void landing_write_describe(const void *self, const struct tg_upstream *up,
				   struct tg_receipt *receipt)
{
	const struct landing_write *lw = self;
	struct tg_origin origin;

	if (!lw->arena)
		return; /* open was not reached */
	tg_origin_find(&origin, up, lw->own, lw->arena);
	describe(lw, &origin, receipt);
}

static void say(const struct landing_write *lw, const struct tg_setup *setup,
		const struct tg_origin *origin, struct tg_receipt *receipt)
{
	const struct tg_landing *l = &lw->landing;

	describe(lw, origin, receipt);
	receipt->result = l->result == TG_LANDED ? "landed" : "duplicate";
	receipt->path = l->path;
	receipt->sha256 = tg_arena_copy(lw->arena, tg_str_of(lw->stage.sha256));
	receipt->bytes = l->bytes;
	receipt->records = l->records;
	if (l->in_doubt) {
		receipt->state = "in doubt";
		tg_setup_warn(setup, "it has landed, and a key store is yet to be told: %s",
			      l->doubt.text);
	}
	if (lw->dry_run)
		return;
	put_meta(setup, "path", l->path);
	put_meta(setup, "sha256", receipt->sha256);
	put_meta(setup, "landing", l->id);
}

/* It is well all the same when that fails. */
static void note_nothing(const struct landing_write *lw, const struct tg_setup *setup,
			 const struct tg_upstream *up)
{
	struct tg_error err = TG_ERROR_INIT;

	if (!lw->dry_run && tg_stores_note_nothing(up, setup->now, lw->arena, &err))
		tg_setup_warn(setup,
			      "all of it had landed before, and a key store could not be told, so "
			      "dedupe --files takes the files for new: %s",
			      err.text);
}

/* A file of which nothing is left to land, an empty one too, has come: its number is taken. */
static enum tg_status land_nothing(struct landing_write *lw, const struct tg_setup *setup,
				   const struct tg_upstream *up, const struct tg_origin *origin,
				   struct tg_receipt *receipt, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	describe(lw, origin, receipt);
	receipt->result = "nothing";
	if (!lw->dry_run)
		st = tg_stores_see_names(up, &lw->zone, setup->now, lw->arena, err);
	if (!st)
		note_nothing(lw, setup, up);
	return st;
}

/* For JSON: what stands on a command line need not be UTF-8. */
static struct tg_str safe(const struct landing_write *lw, struct tg_str text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_utf8_put_safe(&b, text, text.n);
	return tg_arena_copy(lw->arena, tg_buffer_str(&b));
}

static enum tg_status landing_write_commit(void *self, const struct tg_setup *setup,
					   const struct tg_upstream *up, struct tg_receipt *receipt,
					   struct tg_error *err)
{
	struct landing_write *lw = self;
	struct tg_landing *l = &lw->landing;
	struct tg_origin origin;
	enum tg_status st;

	tg_origin_find(&origin, up, lw->own, lw->arena);
	if (origin.repeated) {
		describe(lw, &origin, receipt);
		receipt->result = "duplicate";
		return TG_OK;
	}
	if (!lw->stage.bytes)
		return land_nothing(lw, setup, up, &origin, receipt, err);
	add_contract(lw, &origin);
	st = decide(lw, setup, &origin, err);
	if (!st)
		st = tg_stage_close(&lw->stage, err);
	if (!st)
		st = tg_guard_judge(&lw->guard, lw->stage.file.fd, lw->arena, err);
	if (!st)
		st = tg_stores_find(&l->stores, up, lw->stage.records.n, lw->arena, err);
	if (st)
		return st;
	l->run = tg_setup_run(setup);
	l->time = setup->now;
	l->schema_version = origin.schema_version;
	l->origin = &origin;
	l->upstream = tg_upstream_name(up->verdict);
	l->media_type = lw->guard.type;
	l->scanned_by = lw->guard.scanned ? safe(lw, lw->guard.scan) : TG_STR_NONE;
	st = tg_land(l, &lw->zone, &lw->stage, lw->arena, err);
	l->origin = NULL;
	if (!st)
		say(lw, setup, &origin, receipt);
	return st;
}

static void landing_write_release(void *self)
{
	struct landing_write *lw = self;

	if (!lw->arena)
		return; /* open was not reached */
	tg_stage_release(&lw->stage);
	tg_guard_release(&lw->guard);
	tg_stores_release(&lw->landing.stores);
	tg_zone_release(&lw->zone);
}

const struct tg_sink tg_landing_write = {
	.name = "landing-write",
	.about = "land what it reads in a zone: whole, once, or not at all",
	.operands = "[FILE ...]",
	.options = options,
	.size = sizeof(struct landing_write),
	.open = landing_write_open,
	.take = landing_write_take,
	.commit = landing_write_commit,
	.describe = landing_write_describe,
	.release = landing_write_release,
};

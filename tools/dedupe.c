/*
 * dedupe: pass what is new, drop what was there before.
 *
 *	dedupe --state acme.db --key /id <in.jsonl | landing-write --zone landing --source acme --entity customers
 *
 * A record is known by its key; the same key with other content is no duplicate, and --on-conflict says what it is. What passes is
 * pending in the store until the sink has landed it.
 */
#include "common/json/text.h"
#include "common/key/dropped.h"
#include "common/key/files.h"
#include "common/key/identity.h"
#include "common/key/last.h"
#include "common/key/portable.h"
#include "common/key/question.h"
#include "common/key/recent.h"
#include "common/landing/settle.h"
#include "common/run/filter.h"
#include "common/state/keeper.h"

enum on_conflict {
	CONFLICT_REJECT,
	CONFLICT_DROP,
	CONFLICT_PASS,
	CONFLICT_NEWER,
};

enum keep {
	KEEP_FIRST,
	KEEP_LAST,
};

enum late {
	LATE_REJECT,
	LATE_DROP,
	LATE_PASS,
};

/* What changes while records flow. */
struct run {
	struct tg_keeper *keeper;
	struct tg_dropped dropped;
	struct tg_recent *recent; /* NULL: no conflict is rejected */
	struct tg_last *last;	  /* --keep last: what is held back; else NULL */
	struct tg_import import;
	struct tg_store *store; /* of --import */
	int64_t watermark;	/* the latest time so far; INT64_MIN: none */
	struct tg_batch batch;	/* what was passed on */
};

struct dedupe {
	struct tg_str state, time, duplicates; /* options */
	struct tg_question question;
	struct tg_list key;
	unsigned on_conflict, late, keep;
	uint64_t window;
	bool import, commit, files, null;

	struct tg_contract contract;
	bool timed, by_time;
	int64_t now;
	struct run *run;
	struct tg_record_identity *identity; /* this thread's */
	struct tg_arena lane;		     /* of another thread: what it has for itself */
};

static const char *const conflict_choices[] = { "reject", "drop", "pass", "newer", NULL };
static const char *const keep_choices[] = { "first", "last", NULL };
static const char *const late_choices[] = { "reject", "drop", "pass", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT('s', "state", struct dedupe, state, "URL", "the key store: a path, memory: or postgresql://... (memory:)"),
	TG_OPT_LIST('k', "key", struct dedupe, key, "PTR", "what a record is known by; may be repeated (the contract's x-key, else the whole record)"),
	TG_OPT_CHOICE(0, "on-conflict", struct dedupe, on_conflict, "WHAT", "a known key with other content: reject, drop, pass, or newer: pass when its time is (reject)", conflict_choices),
	TG_OPT_CHOICE(0, "keep", struct dedupe, keep, "WHICH", "of the records with one key in this input: first, or last: then nothing goes out before the end of input (first)", keep_choices),
	TG_OPT_DURATION('w', "window", struct dedupe, window, "DURATION", "how long a key is known, by the record's time or else by its landing (for ever)"),
	TG_OPT_CHOICE(0, "late", struct dedupe, late, "WHAT", "a record older than the window allows: reject, drop, pass (reject)", late_choices),
	TG_OPT_TEXT(0, "time", struct dedupe, time, "PTR", "where a record's time is (the contract's x-time)"),
	TG_OPT_TEXT(0, "duplicates", struct dedupe, duplicates, "FILE", "write what is dropped here, with where it was before"),
	TG_OPT_FLAG(0, "commit", struct dedupe, commit, "where no sink follows: what was passed on is seen once it is in the output file"),
	TG_OPT_FLAG(0, "files", struct dedupe, files, "say which of the operands hold what has not landed, a path a line, and exit"),
	TG_OPT_FLAG('0', "null", struct dedupe, null, "with --files: end each path with a NUL"),
	TG_OPT_FLAG(0, "stats", struct dedupe, question.stats, "say what the store holds, and exit"),
	TG_OPT_FLAG(0, "check", struct dedupe, question.check, "read all of the store and say whether it is whole, and exit"),
	TG_OPT_FLAG(0, "export", struct dedupe, question.export, "write the store as JSON lines, its secret too, and exit"),
	TG_OPT_FLAG(0, "import", struct dedupe, import, "make the store from an export, read like records"),
	TG_OPT_TEXT(0, "forget-before", struct dedupe, question.forget_before, "TIME", "forget what landed before, and exit"),
	TG_OPT_END,
};
// clang-format on

static enum tg_status check_options(const struct dedupe *d, struct tg_error *err)
{
	unsigned asked = tg_question_count(&d->question) + d->import + d->files;

	if (asked > 1)
		return tg_fail(
			err, TG_USAGE,
			"--files, --stats, --check, --export, --import, --forget-before: one at a time");
	if (d->null && !d->files)
		return tg_fail(err, TG_USAGE, "--null: it is for --files");
	if (asked && (!d->state.p || tg_store_is_memory(d->state)))
		return tg_fail(err, TG_USAGE, "no --state: which key store?");
	if (asked && d->keep == KEEP_LAST)
		return tg_fail(err, TG_USAGE, "--keep last: no records are passed here");
	if (d->keep == KEEP_LAST && d->on_conflict != CONFLICT_REJECT &&
	    (!d->state.p || tg_store_is_memory(d->state)))
		return tg_fail(err, TG_USAGE,
			       "--keep last, and no --state: the last one is kept whatever its "
			       "content, so there is nothing for --on-conflict to decide");
	if (d->duplicates.p && memchr(d->duplicates.p, '\0', d->duplicates.n))
		return tg_fail(err, TG_USAGE, "--duplicates: it holds a NUL");
	if (d->window > (uint64_t)INT64_MAX / 4)
		return tg_fail(err, TG_USAGE, "--window: it is too long");
	return TG_OK;
}

/* A time is wanted to tell which is newer, and for a window where something says where it is. */
static void decide_times(struct dedupe *d, const struct tg_contract *c)
{
	bool placed = d->time.p ||
		      (c && tg_member_find(&c->document, c->document.span, TG_STR("x-time")));

	d->by_time = d->window && placed;
	d->timed = d->by_time || d->on_conflict == CONFLICT_NEWER;
}

static enum tg_status open_identity(struct dedupe *d, struct tg_setup *setup, struct tg_error *err)
{
	struct tg_identity_wish wish = { .pointer = d->key.item,
					 .pointers = d->key.n,
					 .time = d->time };
	enum tg_status st = TG_OK;

	if (setup->contract.p) {
		st = tg_contract_open(&d->contract, setup, err);
		if (st)
			return st;
		wish.contract = &d->contract;
	}
	decide_times(d, wish.contract);
	wish.timed = d->timed;
	return tg_record_identity_open(&d->identity, &wish, setup->arena, err);
}

/* --commit: what passed is in a file, synced, and the chain before is believed. */
static enum tg_status commit(void *self, struct tg_error *err)
{
	struct dedupe *d = self;
	tg_store_id landing;
	struct tg_mark mark = { .batch = d->run->batch.id,
				.landing = landing,
				.zone = "",
				.keys = d->run->batch.keys,
				.now = d->now };

	if (!d->run->batch.keys)
		return TG_OK;
	tg_store_draw_id(landing);
	return tg_store_commit(tg_keeper_store(d->run->keeper), &mark, err);
}

/* A3.1 and A3.2 */
static enum tg_status open_keeper(struct dedupe *d, struct tg_setup *setup, struct tg_error *err)
{
	struct tg_keeper_wish wish = { .url = d->state,
				       .timed = d->timed,
				       .window = d->window,
				       .by_time = d->by_time,
				       .now = d->now,
				       .to_file = tg_setup_to_file(setup) };
	struct run *run = d->run;
	enum tg_status st = tg_keeper_open(&run->keeper, &wish, err);

	if (!st && tg_keeper_store(run->keeper))
		st = tg_settle_if_free(tg_keeper_store(run->keeper), TG_STR_NONE, setup->now, err);
	if (!st)
		st = tg_keeper_begin(run->keeper, err);
	if (st)
		return st;
	run->watermark = tg_keeper_latest(run->keeper);
	tg_record_identity_secret(d->identity, tg_keeper_secret(run->keeper));
	return TG_OK;
}

static enum tg_status dedupe_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct dedupe *d = self;
	struct tg_store_wish make = { .make = true };
	enum tg_status st = check_options(d, err);

	if (st)
		return st;
	d->now = setup->now.seconds * 1000000 + setup->now.micros;
	d->run = tg_arena_take(setup->arena, sizeof(*d->run));
	d->run->dropped = TG_DROPPED_INIT;
	if (d->state.p)
		tg_setup_writes(setup, "the key store", d->state);
	if (d->duplicates.p)
		tg_setup_writes(setup, "the file of --duplicates", d->duplicates);
	if (d->commit) {
		if (!d->state.p || tg_store_is_memory(d->state))
			return tg_fail(err, TG_USAGE, "--commit: no --state, so nothing lasts");
		st = tg_setup_commit(setup, commit, d, err);
		if (st)
			return st;
	}
	if (d->import) {
		st = tg_store_open(&d->run->store, d->state, &make, err);
		d->run->import.store = d->run->store;
		return st;
	}
	st = open_identity(d, setup, err);
	if (!st)
		st = open_keeper(d, setup, err);
	if (!st && d->keep == KEEP_LAST)
		d->run->last = tg_last_new();
	else if (!st && d->on_conflict == CONFLICT_REJECT &&
		 !tg_record_identity_is_whole(d->identity))
		d->run->recent = tg_recent_new();
	if (!st && d->duplicates.p)
		st = tg_dropped_open(&d->run->dropped, d->duplicates.p, err);
	return st;
}

static enum tg_verdict stop(struct tg_work *w, enum tg_status st)
{
	TG_BUG_IF(st != w->stop.status);
	return tg_stop(w);
}

/* Drops it, and says so in the file of --duplicates. */
static enum tg_verdict drop(const struct dedupe *d, const struct tg_record *rec,
			    const struct tg_key_entry *e, const char *reason, bool own,
			    struct tg_work *w)
{
	const struct tg_batch *before = NULL;
	struct run *run = d->run;
	enum tg_status st = TG_OK;

	if (run->dropped.open) {
		if (!own)
			st = tg_keeper_where(run->keeper, e->key, &before, &w->stop);
		if (!st)
			st = tg_dropped_add(&run->dropped, rec, reason, own, before, &w->stop);
	}
	return st ? stop(w, st) : tg_drop(w, reason);
}

static enum tg_verdict pass(const struct dedupe *d, const struct tg_record *rec,
			    const struct tg_key_entry *e)
{
	if (d->run->recent)
		tg_recent_keep(d->run->recent, e->key, rec->text);
	tg_keeper_keep(d->run->keeper, e);
	return TG_PASS;
}

static enum tg_verdict conflict(const struct dedupe *d, const struct tg_record *rec,
				const struct tg_key_entry *e, const struct tg_key_entry *before,
				bool own, struct tg_work *w)
{
	switch ((enum on_conflict)d->on_conflict) {
	case CONFLICT_DROP:
		return drop(d, rec, e, "conflict", own, w);
	case CONFLICT_PASS:
		return pass(d, rec, e);
	case CONFLICT_NEWER:
		return e->time > before->time ? pass(d, rec, e) : drop(d, rec, e, "older", own, w);
	case CONFLICT_REJECT:
		break;
	}
	if (own && tg_recent_faults(d->run->recent, e->key, rec, w))
		return tg_reject_faults(w, "conflict");
	return tg_reject(w, "conflict", TG_STR(""),
			 own ? "has the key of a record before it in this run, and other content"
			     : "has the key of a record that has landed, and other content");
}

/* Whether so much lies between the record's time and the latest that its key may be forgotten; moves the latest on. */
static bool is_late(const struct dedupe *d, int64_t time)
{
	struct run *run = d->run;
	int64_t oldest;

	if (!d->by_time)
		return false;
	if (time > run->watermark)
		run->watermark = time;
	return !__builtin_sub_overflow(run->watermark, (int64_t)d->window, &oldest) &&
	       time < oldest;
}

static bool is_outside(const struct dedupe *d, int64_t a, int64_t b)
{
	int64_t apart;

	if (!d->by_time)
		return false;
	if (__builtin_sub_overflow(a > b ? a : b, a > b ? b : a, &apart))
		return true;
	return (uint64_t)apart > d->window;
}

static enum tg_verdict take_import(const struct dedupe *d, const struct tg_record *rec,
				   struct tg_work *w)
{
	const char *message;
	enum tg_status st;

	if (!tg_import_take(&d->run->import, rec, &w->arena, &message, &st, &w->stop)) {
		tg_fail(&w->stop, TG_DATA, "line %llu %s; the store is not whole: make it again",
			(unsigned long long)rec->at.line, message);
		return tg_stop(w);
	}
	return st ? stop(w, st) : tg_drop(w, "imported");
}

/* What becomes of a record whose identity is known. */
static enum tg_verdict decide(const struct dedupe *d, const struct tg_record *rec,
			      const struct tg_key_entry *e, struct tg_work *w)
{
	struct tg_key_entry before = *e;
	bool known, own;
	enum tg_status st = tg_keeper_find(d->run->keeper, &before, &known, &own, &w->stop);

	if (TG_UNLIKELY(st))
		return stop(w, st);
	if (!known || is_outside(d, e->time, before.time))
		return pass(d, rec, e);
	if (memcmp(e->content, before.content, sizeof(e->content)) == 0)
		return drop(d, rec, e, "seen-before", own, w);
	return conflict(d, rec, e, &before, own, w);
}

static enum tg_verdict dedupe_held(const void *self, struct tg_record *rec, bool *more,
				   struct tg_work *w)
{
	const struct dedupe *d = self;
	struct tg_key_entry e;
	bool superseded;
	enum tg_status st = TG_OK;

	if (!d->run->last)
		return TG_DROP; /* none: *more is false */
	st = tg_last_next(d->run->last, rec, &e, &superseded, more, &w->stop);
	if (st)
		return stop(w, st);
	if (!*more)
		return TG_DROP;
	if (superseded)
		return drop(d, rec, &e, "superseded", true, w);
	/* Without a store there is nothing to hold the last ones against, and nothing to save. */
	return tg_keeper_store(d->run->keeper) ? decide(d, rec, &e, w) : TG_PASS;
}

static void prefetch(const struct dedupe *d, const struct tg_keyed *keyed, size_t n, bool again)
{
	const struct run *run = d->run;

	for (size_t i = 0; i < n; i++) {
		if (run->last)
			tg_last_prefetch(run->last, keyed[i].entry.key, again);
		else
			tg_keeper_prefetch(run->keeper, keyed[i].entry.key, again);
	}
}

/* Digests of one group are made side by side, and where its keys are looked up is asked for before. */
static void dedupe_prepare(const void *self, const struct tg_record *rec, size_t n, void *notes)
{
	const struct dedupe *d = self;
	struct tg_keyed *keyed = notes;

	_Static_assert(TG_GROUP <= (int)TG_IDENTITIES, "a group at once");
	if (d->import)
		return;
	tg_record_keys(d->identity, rec, n, keyed);
	if (d->run)
		prefetch(d, keyed, n, false);
	tg_record_contents(d->identity, rec, n, keyed);
	if (d->run)
		prefetch(d, keyed, n, true);
}

static void dedupe_expect(const void *self, const void *notes, size_t n)
{
	prefetch(self, notes, n, false);
	prefetch(self, notes, n, true);
}

/* What a record is known by can be found out on any thread. */
static bool dedupe_lane(const void *self, void *lane)
{
	const struct dedupe *d = self;
	struct dedupe *l = lane;

	if (d->import)
		return false;
	l->identity = tg_record_identity_copy(d->identity, &l->lane);
	return true;
}

static void dedupe_lane_release(void *lane)
{
	struct dedupe *l = lane;

	tg_record_identity_release(l->identity);
	tg_arena_release(&l->lane);
}

static enum tg_verdict dedupe_record(const void *self, const struct tg_record *rec,
				     struct tg_work *w)
{
	const struct dedupe *d = self;
	const struct tg_keyed *keyed = w->note;
	struct tg_key_entry e = keyed->entry;
	enum tg_status st;

	if (TG_UNLIKELY(d->import))
		return take_import(d, rec, w);
	if (TG_UNLIKELY(keyed->fault.code != NULL))
		return tg_reject(w, keyed->fault.code, keyed->fault.pointer, keyed->fault.message);
	if (TG_UNLIKELY(is_late(d, e.time)) && d->late != LATE_PASS)
		return d->late == LATE_DROP ? drop(d, rec, &e, "late", true, w)
					    : tg_reject(w, "late", TG_STR(""),
							"is older than the window allows");
	if (TG_LIKELY(!d->run->last))
		return decide(d, rec, &e, w);
	st = tg_last_add(d->run->last, rec, &e, &w->stop);
	return st ? stop(w, st) : TG_HOLD;
}

/* Where the sink notes files of which nothing was left to pass. */
static void tell_store(const struct dedupe *d, const struct tg_setup *setup)
{
	TG_OWN(tg_buffer_release) struct tg_buffer json = TG_BUFFER_INIT;
	const struct tg_store *store = tg_keeper_store(d->run->keeper);

	if (!store)
		return;
	tg_json_put_string(&json, tg_store_url(store));
	tg_setup_meta(setup, "store", tg_buffer_str(&json));
}

/* A3.3 */
static enum tg_status dedupe_close(void *self, const struct tg_setup *setup, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer meta = TG_BUFFER_INIT;
	struct dedupe *d = self;
	enum tg_status st;

	if (d->import)
		return tg_import_finish(&d->run->import, err);
	st = tg_dropped_publish(&d->run->dropped, err);
	if (!st)
		st = tg_keeper_finish(d->run->keeper, &d->run->batch, &meta, err);
	if (st || d->commit) /* a sink would land what is seen already */
		return st;
	if (meta.n)
		tg_setup_meta(setup, "batch", tg_buffer_str(&meta));
	tell_store(d, setup);
	return st;
}

static bool dedupe_asks(const void *self)
{
	const struct dedupe *d = self;

	return d->files || tg_question_count(&d->question);
}

/* A landing that was killed at its end counts once it is settled. Where no store is yet, all is new. */
static enum tg_status list_files(const struct dedupe *d, struct tg_store *store,
				 const struct tg_setup *setup, struct tg_output *out,
				 struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (store)
		st = tg_settle_if_free(store, TG_STR_NONE, setup->now, err);
	return st ? st : tg_files_put_new(store, setup, d->null, out, err);
}

static enum tg_status dedupe_answer(void *self, struct tg_setup *setup, struct tg_output *out,
				    struct tg_error *err)
{
	TG_OWN(tg_store_close) struct tg_store *store = NULL;
	const struct dedupe *d = self;
	struct tg_store_wish wish = { .make = false };
	enum tg_status st = check_options(d, err);

	if (!st)
		st = tg_store_open(&store, d->state, &wish, err);
	if (d->files && (!st || st == TG_NO_INPUT))
		return list_files(d, store, setup, out, err);
	return st ? st : tg_question_answer(&d->question, store, out, err);
}

static void dedupe_release(void *self)
{
	struct dedupe *d = self;

	if (!d->run)
		return; /* open was not reached */
	tg_record_identity_release(d->identity);
	tg_keeper_free(&d->run->keeper);
	tg_dropped_release(&d->run->dropped);
	tg_recent_free(&d->run->recent);
	tg_last_free(&d->run->last);
	tg_import_release(&d->run->import);
	tg_store_close(&d->run->store);
}

const struct tg_filter tg_dedupe = {
	.name = "dedupe",
	.about = "pass what is new, drop what was there before",
	.options = options,
	.size = sizeof(struct dedupe),
	.open = dedupe_open,
	.prepare = dedupe_prepare,
	.note = sizeof(struct tg_keyed),
	.lane = dedupe_lane,
	.lane_release = dedupe_lane_release,
	.in_order = true,
	.expect = dedupe_expect,
	.record = dedupe_record,
	.held = dedupe_held,
	.close = dedupe_close,
	.asks = dedupe_asks,
	.answer = dedupe_answer,
	.release = dedupe_release,
};

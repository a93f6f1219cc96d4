/*
 * landing-prune: landings whose time is over go, and records that somebody wants to be gone; the chain says so.
 *
 *	landing-prune --zone landing --contract customers.json
 *	landing-prune --zone landing --contract customers.json --erase requests.jsonl --reason "request 4711"
 *	landing-prune --zone landing --landing 6f0c... --reason "not meant for us"
 *
 * A JSON line for each landing. None of the three shapes: it changes a zone, and has a main of its own.
 */
#include "common/base/utf8.h"
#include "common/contract/contract.h"
#include "common/io/input.h"
#include "common/json/text.h"
#include "common/key/identity.h"
#include "common/landing/erase.h"
#include "common/landing/name.h"
#include "common/run/program.h"

#include <stdlib.h>
#include <unistd.h>

enum { REASON_MOST = 200, REQUESTS_MOST = 64 * 1024 * 1024 };

struct request {
	unsigned char key[TG_KEY_SIZE];
	uint64_t line, records; /* of the file; found in landings */
};

struct landing_prune {
	struct tg_str zone, keep, reason, erase, landing; /* options */
	struct tg_list key;
	unsigned from;
	uint64_t lock_wait;
	bool dry_run;

	struct tg_program program;
	struct tg_contract contract;
	struct tg_reading reading;
	struct tg_prune prune;
	struct tg_retention retention;

	struct tg_record_identity *identity; /* --erase */
	struct tg_buffer requests_text;
	struct request *request; /* in the order of their keys */
	size_t requests;
	uint64_t pruned, records;
};

static const char *const from_choices[] = { "date", "receipt", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT('z', "zone", struct landing_prune, zone, "DIR", "the landing zone"),
	TG_OPT_TEXT(0, "keep", struct landing_prune, keep, "PERIOD", "how long landings are kept, as P400D or P10Y (the contract's x-retention)"),
	TG_OPT_CHOICE(0, "from", struct landing_prune, from, "WHAT", "since when: date, or receipt (date)", from_choices),
	TG_OPT_TEXT(0, "landing", struct landing_prune, landing, "ID", "this landing goes, whatever its age"),
	TG_OPT_TEXT(0, "erase", struct landing_prune, erase, "FILE", "erase the records that have the keys of those in FILE"),
	TG_OPT_LIST('k', "key", struct landing_prune, key, "PTR", "what a record is known by, with --erase; may be repeated (the contract's x-key)"),
	TG_OPT_TEXT(0, "reason", struct landing_prune, reason, "TEXT", "why; it stands in the manifest for ever, so no names"),
	TG_OPT_FLAG('n', "dry-run", struct landing_prune, dry_run, "say what would go, and change nothing"),
	TG_OPT_DURATION(0, "lock-wait", struct landing_prune, lock_wait, "DURATION", "most to wait for the zone's lock (60s)"),
	TG_OPT_END,
};
// clang-format on

/*
 * What is asked for
 */

static enum tg_status check_reason(const struct landing_prune *lp, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer copy = TG_BUFFER_INIT, safe = TG_BUFFER_INIT;

	if (lp->erase.p && !lp->reason.n)
		return tg_fail(err, TG_USAGE,
			       "no --reason: the chain must say why records were erased");
	if (lp->landing.p && !lp->reason.n)
		return tg_fail(err, TG_USAGE,
			       "no --reason: the chain must say why the landing has gone");
	if (!lp->reason.p)
		return TG_OK;
	tg_buffer_put_str(&copy, lp->reason); /* with slack behind it */
	tg_utf8_put_safe(&safe, lp->reason, 4 * REASON_MOST);
	if (lp->reason.n > REASON_MOST || tg_utf8_check(tg_buffer_str(&copy)) != lp->reason.n ||
	    !tg_str_eq(tg_buffer_str(&safe), lp->reason))
		return tg_fail(err, TG_USAGE,
			       "--reason: the value must be UTF-8 of at most %d bytes, without "
			       "control characters",
			       REASON_MOST);
	return TG_OK;
}

static bool is_id(struct tg_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (tg_hex((unsigned char)text.p[i]) < 0 || (text.p[i] >= 'A' && text.p[i] <= 'F'))
			return false;
	return text.n == 32;
}

static enum tg_status check(const struct landing_prune *lp, struct tg_error *err)
{
	const struct tg_program *p = &lp->program;

	if (p->options.operands)
		return tg_fail(err, TG_USAGE, "there are no operands: --zone names the zone");
	if (!lp->zone.n)
		return tg_fail(err, TG_USAGE, "no --zone: where is something to go?");
	if (memchr(lp->zone.p, '\0', lp->zone.n))
		return tg_fail(err, TG_USAGE, "--zone: it holds a NUL");
	if (lp->erase.p && (lp->keep.p || tg_options_given(&p->options, "from")))
		return tg_fail(err, TG_USAGE,
			       "--erase goes by keys, --keep and --from by age: one at a time");
	if (lp->landing.p && (lp->erase.p || lp->keep.p || tg_options_given(&p->options, "from")))
		return tg_fail(
			err, TG_USAGE,
			"--landing goes by an id, --erase by keys, --keep and --from by age: "
			"one at a time");
	if (lp->landing.p && !is_id(lp->landing))
		return tg_fail(err, TG_USAGE,
			       "--landing: it must be the 32 hexadecimal digits that the manifest "
			       "and landing-read --list have");
	if (lp->key.n && !lp->erase.p)
		return tg_fail(err, TG_USAGE, "--key: it is for --erase");
	return check_reason(lp, err);
}

/* A retention that the contract states: {"keep":"P400D","from":"receipt"}. */
static void take_retention(struct landing_prune *lp, const struct tg_span *value)
{
	const struct tg_contract *c = &lp->contract;
	struct tg_arena *arena = &lp->program.arena;
	const struct tg_span *keep = tg_member_find(&c->document, value, TG_STR("keep"));
	const struct tg_span *from = tg_member_find(&c->document, value, TG_STR("from"));

	if (!lp->keep.p)
		lp->keep = tg_text_get(arena, &c->document, keep); /* its form was checked */
	if (from && !tg_options_given(&lp->program.options, "from"))
		lp->from = tg_text_eq(&c->document, from, TG_STR("receipt"));
}

static enum tg_status read_contract(struct landing_prune *lp, struct tg_error *err)
{
	struct tg_setup *setup = &lp->program.setup;
	const struct tg_span *value;
	enum tg_status st;

	if (!setup->contract.n)
		return TG_OK;
	st = tg_contract_open(&lp->contract, setup, err);
	if (st)
		return st;
	if (!setup->source.p)
		lp->prune.source = lp->contract.source;
	if (!setup->entity.p)
		lp->prune.entity = lp->contract.entity;
	value = tg_member_find(&lp->contract.document, lp->contract.document.span,
			       TG_STR("x-retention"));
	if (value && !lp->erase.p)
		take_retention(lp, value);
	return TG_OK;
}

static enum tg_status decide(struct landing_prune *lp, struct tg_error *err)
{
	enum tg_status st;

	lp->prune.source = lp->program.setup.source;
	lp->prune.entity = lp->program.setup.entity;
	st = read_contract(lp, err);
	if (st)
		return st;
	if (!lp->prune.entity.p && !lp->landing.p)
		return tg_fail(err, TG_USAGE,
			       "no --entity, and no contract says it (x-entity): of which data is "
			       "something to go?");
	if (lp->erase.p || lp->landing.p)
		return TG_OK;
	if (!lp->keep.p)
		return tg_fail(err, TG_USAGE,
			       "no --keep, and no contract says it (x-retention): how long are "
			       "landings kept?");
	if (!tg_period_read(lp->keep, &lp->retention.keep))
		return tg_fail(err, TG_USAGE,
			       "--keep: it must be a period, as P400D, P18M or P10Y");
	lp->retention.from_receipt = lp->from == 1;
	if (!lp->reason.p)
		lp->reason = tg_arena_format(&lp->program.arena, "retention %.*s by %s",
					     TG_STR_ARG(lp->keep), from_choices[lp->from]);
	return TG_OK;
}

/*
 * Whose records are to go
 */

static int by_key(const void *x, const void *y)
{
	return memcmp(((const struct request *)x)->key, ((const struct request *)y)->key,
		      TG_KEY_SIZE);
}

static enum tg_status open_identity(struct landing_prune *lp, struct tg_error *err)
{
	struct tg_identity_wish wish = { .pointer = lp->key.item,
					 .pointers = lp->key.n,
					 .contract = lp->contract.path ? &lp->contract : NULL };
	unsigned char secret[2 * TG_SIPHASH_KEY];
	enum tg_status st;

	st = tg_record_identity_open(&lp->identity, &wish, &lp->program.arena, err);
	if (st)
		return st;
	if (tg_record_identity_is_whole(lp->identity))
		return tg_fail(err, TG_USAGE,
			       "no --key, and no contract says it (x-key): what are records known "
			       "by?");
	tg_random(secret, sizeof(secret));
	tg_record_identity_secret(lp->identity, secret);
	return TG_OK;
}

static enum tg_status add_request(struct landing_prune *lp, struct tg_scanner *scanner,
				  struct tg_str line, uint64_t number, struct tg_error *err)
{
	struct tg_record rec = { 0 };
	struct tg_keyed keyed;

	if (tg_scan(scanner, line, &rec) != TG_SCAN_OK)
		return tg_fail(err, TG_DATA,
			       "%s:%llu: it is no JSON; each line must be an object with the key, "
			       "as {\"id\":\"4711\"}",
			       lp->erase.p, (unsigned long long)number);
	tg_record_keys(lp->identity, &rec, 1, &keyed);
	if (keyed.fault.code)
		return tg_fail(err, TG_DATA,
			       "%s:%llu: %.*s %s, and whose records are to go is not said",
			       lp->erase.p, (unsigned long long)number,
			       TG_STR_ARG(keyed.fault.pointer), keyed.fault.message);
	lp->request = tg_resize_array(lp->request, lp->requests + 1, sizeof(*lp->request));
	lp->request[lp->requests] = (struct request){ .line = number };
	memcpy(lp->request[lp->requests++].key, keyed.entry.key, TG_KEY_SIZE);
	return TG_OK;
}

/* One whose key was asked for twice stands once. */
static void sort_requests(struct landing_prune *lp)
{
	size_t n = 0;

	qsort(lp->request, lp->requests, sizeof(*lp->request), by_key);
	for (size_t i = 0; i < lp->requests; i++)
		if (!n || by_key(&lp->request[n - 1], &lp->request[i]) != 0)
			lp->request[n++] = lp->request[i];
	lp->requests = n;
}

static enum tg_status read_requests(struct landing_prune *lp, struct tg_error *err)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	enum tg_status st = open_identity(lp, err);
	struct tg_str rest;

	if (!st)
		st = tg_input_slurp(&lp->requests_text, lp->erase.p, REQUESTS_MOST, err);
	memset(tg_buffer_room(&lp->requests_text, 0), 0, TG_SLACK);
	rest = tg_buffer_str(&lp->requests_text);
	for (uint64_t number = 1; !st && rest.n; number++) {
		const char *nl = memchr(rest.p, '\n', rest.n);
		struct tg_str line = tg_str_from(rest.p, nl ? (size_t)(nl - rest.p) : rest.n);

		rest = tg_str_after(rest, line.n + 1);
		if (line.n)
			st = add_request(lp, scanner, line, number, err);
	}
	if (!st && !lp->requests)
		st = tg_fail(err, TG_DATA, "%s holds no record: whose are to be erased?",
			     lp->erase.p);
	if (!st)
		sort_requests(lp);
	return st;
}

static bool is_asked_for(void *arg, const struct tg_record *rec)
{
	struct landing_prune *lp = arg;
	struct tg_keyed keyed;
	struct request wanted, *found;

	tg_record_keys(lp->identity, rec, 1, &keyed);
	if (keyed.fault.code)
		return false;
	memcpy(wanted.key, keyed.entry.key, TG_KEY_SIZE);
	found = bsearch(&wanted, lp->request, lp->requests, sizeof(wanted), by_key);
	if (found)
		found->records++;
	return found != NULL;
}

/*
 * What is said
 */

static enum tg_status put_line(struct landing_prune *lp, struct tg_buffer *line,
			       struct tg_error *err)
{
	if (lp->dry_run)
		tg_buffer_puts(line, ",\"dry_run\":true");
	tg_buffer_puts(line, "}\n");
	tg_output_put(&lp->program.out, tg_buffer_str(line));
	return lp->program.out.status ? tg_output_flush(&lp->program.out, err) : TG_OK;
}

static enum tg_status report(void *arg, const struct tg_pruned *pruned, struct tg_error *err)
{
	struct landing_prune *lp = arg;
	TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

	tg_buffer_putc(&line, '{');
	tg_json_put_member(&line, "result", tg_str_of(pruned->result));
	tg_json_put_member_u64(&line, "line", pruned->line->number);
	tg_json_put_member(&line, "landing", pruned->line->landing);
	tg_json_put_member(&line, "path", pruned->line->path);
	tg_json_put_member_u64(&line, "records", pruned->records);
	tg_json_put_member(&line, "by", pruned->by);
	tg_json_put_member(&line, "new_path", pruned->path);
	if (pruned->why)
		tg_json_put_member(&line, "why", tg_str_of(pruned->why));
	lp->pruned++;
	lp->records += pruned->records;
	return put_line(lp, &line, err);
}

/* A request that found nothing may be spelt otherwise than the data: somebody must look. */
static enum tg_status report_not_found(struct landing_prune *lp, struct tg_error *err)
{
	uint64_t n = 0;
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < lp->requests; i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer line = TG_BUFFER_INIT;

		if (lp->request[i].records)
			continue;
		n++;
		tg_buffer_puts(&line, "{\"result\":\"not-found\"");
		tg_json_put_member_u64(&line, "request", lp->request[i].line);
		st = put_line(lp, &line, err);
	}
	if (!st && n)
		tg_say(&lp->program.messages, TG_LEVEL_WARN,
		       "%llu of %zu keys of %s are in no landing that was searched",
		       (unsigned long long)n, lp->requests, lp->erase.p);
	return st;
}

/*
 * What is done
 */

static enum tg_status erase(struct landing_prune *lp, struct tg_error *err)
{
	struct tg_erase e = { .prune = &lp->prune,
			      .match = is_asked_for,
			      .match_arg = lp,
			      .max_record = lp->program.common.max_record };
	enum tg_status st = tg_erase_records(&e, err);

	if (!st)
		st = report_not_found(lp, err);
	if (!st && e.unsearchable)
		st = tg_fail(err, TG_DATA,
			     "%llu landing%s cannot be searched, and may hold what was to be "
			     "erased: standard output has their ids; landing-prune(1) says how "
			     "to land them anew by hand",
			     (unsigned long long)e.unsearchable, e.unsearchable == 1 ? "" : "s");
	return st;
}

static enum tg_status run(struct landing_prune *lp, struct tg_error *err)
{
	struct tg_program *p = &lp->program;
	enum tg_status st;

	tg_output_open(&p->out, STDOUT_FILENO, "standard output");
	lp->prune.r = &lp->reading;
	lp->prune.run = tg_setup_run(&p->setup);
	lp->prune.reason = lp->reason;
	lp->prune.now = p->setup.now;
	lp->prune.lock_micros = lp->lock_wait;
	lp->prune.dry = lp->dry_run;
	lp->prune.report = report;
	lp->prune.arg = lp;
	st = tg_reading_open(&lp->reading, lp->zone.p, &p->arena, err);
	if (!st)
		st = tg_prune_check(&lp->prune, err);
	lp->reading.zone.looks = false; /* from here on a broken zone is one */
	if (!st)
		st = tg_prune_finish(&lp->prune, err);
	if (st)
		return st;
	p->nothing = !lp->pruned;
	if (lp->erase.p)
		st = erase(lp, err);
	else if (lp->landing.p)
		st = tg_prune_landing(&lp->prune, lp->landing, err);
	else
		st = tg_prune_old(&lp->prune, &lp->retention, err);
	p->nothing = !lp->pruned;
	if (!st)
		tg_say(&p->messages, TG_LEVEL_INFO, "%llu landings, %llu records%s",
		       (unsigned long long)lp->pruned, (unsigned long long)lp->records,
		       lp->dry_run ? " would go" : "");
	return st;
}

static void release(struct landing_prune *lp)
{
	tg_record_identity_release(lp->identity);
	tg_buffer_release(&lp->requests_text);
	tg_free(lp->request);
	tg_reading_release(&lp->reading);
}

int main(int argc, char **argv)
{
	static const struct tg_tool tool = {
		.shape = TG_SHAPE_OTHER,
		.name = "landing-prune",
		.about = "landings whose time is over go, and records that must not be there",
		.options = options,
	};
	struct tg_error err = TG_ERROR_INIT;
	struct landing_prune lp = { .lock_wait = 60 * 1000000, .reading = TG_READING_INIT };
	enum tg_status st;
	int code;

	st = tg_program_begin(&lp.program, &tool, &lp, argc, argv, &err);
	if (!st && !lp.program.done) {
		st = check(&lp, &err);
		if (!st)
			st = decide(&lp, &err);
		if (!st && lp.erase.p)
			st = read_requests(&lp, &err);
		if (!st)
			st = tg_program_start(&lp.program, &err);
		if (!st)
			st = run(&lp, &err);
	}
	release(&lp);
	code = tg_program_end(&lp.program, st, &err);
	tg_program_release(&lp.program);
	return code;
}

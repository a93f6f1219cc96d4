/*
 * hmac-verify: pass the webhook requests that their sender has signed, reject the others.
 *
 *	hmac-verify --scheme stripe --secret cred:stripe --state seen.db <requests.jsonl | landing-write ...
 *
 * A record is a request as it was captured: headers, and the exact bytes of the body. What passes is the record as it came, or with
 * --emit body what was sent. With a key store, what has landed once does not pass again.
 */
#include "common/io/secret.h"
#include "common/json/text.h"
#include "common/landing/settle.h"
#include "common/run/filter.h"
#include "common/state/keeper.h"
#include "common/webhook/head.h"
#include "common/webhook/verify.h"

enum {
	SECRET_MAX = 64 * 1024,
	SECRETS_MAX = 100, /* DocuSign allows as many keys */
};

/* What changes while records flow. Each lane has one. */
struct run {
	struct tg_verifier *verifier;
	struct tg_keeper *keeper; /* NULL: replays are not looked for */
	struct tg_batch batch;
	struct tg_buffer body;
	struct tg_buffer explanation;
	uint64_t weak; /* passes that say less than they seem to */
};

struct hmac_verify {
	struct tg_str scheme_name, tolerance_text, state, endpoint, url; /* options */
	struct tg_str header_file, body_file;
	struct tg_list secret, param;
	unsigned clock, emit;
	uint64_t keep;
	bool trust_id, refuse_weak, allow_sha1, list, explain, commit;

	struct tg_scheme scheme;
	struct tg_fixed_param *params;
	uint64_t tolerance; /* microseconds */
	bool judge_time;
	struct tg_str scope[2]; /* whose: of what was signed, of ids */
	int64_t now;
	struct run *run; /* lanes of them, behind the first one */
	size_t lanes;
	size_t *given; /* of them, to lanes */
};

static const char *const clock_choices[] = { "now", "received_at", NULL };
static const char *const emit_choices[] = { "request", "body", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT('S', "scheme", struct hmac_verify, scheme_name, "NAME|FILE", "how the sender signs: a built-in scheme, or a description of one's own"),
	TG_OPT_LIST('k', "secret", struct hmac_verify, secret, "SPEC", "where the secret or key is: cred:NAME, file:PATH, fd:N or env:NAME; several while one takes the place of another"),
	TG_OPT_LIST(0, "param", struct hmac_verify, param, "NAME=VALUE", "what a scheme wants to know besides: webhook_id of PayPal"),
	TG_OPT_TEXT('t', "tolerance", struct hmac_verify, tolerance_text, "DURATION", "how far a signed time may be from the clock, either way: a duration, 0, or none for no check (the scheme's)"),
	TG_OPT_CHOICE(0, "clock", struct hmac_verify, clock, "WHICH", "now, or received_at: the time that a trusted capture has put down (now)", clock_choices),
	TG_OPT_TEXT('s', "state", struct hmac_verify, state, "URL", "the key store by which what has landed is known again: a path, memory: or postgresql://..."),
	TG_OPT_TEXT(0, "endpoint", struct hmac_verify, endpoint, "NAME", "which of several endpoints of one sender this is, where they share a key store"),
	TG_OPT_DURATION(0, "keep", struct hmac_verify, keep, "DURATION", "how long an id is known: at least twice the tolerance (for ever)"),
	TG_OPT_FLAG(0, "trust-id", struct hmac_verify, trust_id, "know a request by the sender's id though it is not signed"),
	TG_OPT_FLAG(0, "commit", struct hmac_verify, commit, "where no sink follows: what was passed on is known once it is in the output file"),
	TG_OPT_CHOICE(0, "emit", struct hmac_verify, emit, "WHAT", "request, or body: what the sender sent, one JSON value (request)", emit_choices),
	TG_OPT_FLAG(0, "refuse-weak", struct hmac_verify, refuse_weak, "reject what passes by a weak scheme"),
	TG_OPT_FLAG(0, "allow-sha1", struct hmac_verify, allow_sha1, "take SHA-1 signatures of certificates (SNS, version 1)"),
	TG_OPT_TEXT(0, "url", struct hmac_verify, url, "URL", "the URL that the sender calls, for requests that do not say"),
	TG_OPT_TEXT(0, "header-file", struct hmac_verify, header_file, "FILE", "one request: its head, as curl -D or a server has it"),
	TG_OPT_TEXT(0, "body-file", struct hmac_verify, body_file, "FILE", "one request: its body, byte for byte"),
	TG_OPT_FLAG(0, "explain", struct hmac_verify, explain, "say of each request what would be signed and which step fails, in its place"),
	TG_OPT_FLAG(0, "list-schemes", struct hmac_verify, list, "print the built-in schemes, one JSON line each, and exit"),
	TG_OPT_END,
};
// clang-format on

/*
 * Opening
 */

static enum tg_status check_options(const struct hmac_verify *h, struct tg_error *err)
{
	if (!h->scheme_name.p)
		return tg_fail(err, TG_USAGE,
			       "no --scheme: how does the sender sign? --list-schemes shows those "
			       "that are built in");
	if (!h->secret.n && !h->explain)
		return tg_fail(err, TG_USAGE, "no --secret: nothing to verify with");
	if (h->secret.n > SECRETS_MAX)
		return tg_fail(err, TG_USAGE, "--secret: there may be %d at most", SECRETS_MAX);
	if (!h->header_file.p != !h->body_file.p)
		return tg_fail(err, TG_USAGE,
			       "--header-file and --body-file are one request together: both or "
			       "none");
	if (!h->state.p && (h->endpoint.p || h->keep || h->trust_id || h->commit))
		return tg_fail(err, TG_USAGE, "%s: no --state, so nothing is known again",
			       h->endpoint.p ? "--endpoint"
			       : h->keep     ? "--keep"
			       : h->trust_id ? "--trust-id"
					     : "--commit");
	if (h->explain && h->state.p)
		return tg_fail(err, TG_USAGE,
			       "--explain looks at requests and passes none on: there can be no "
			       "--state");
	return TG_OK;
}

static enum tg_status read_tolerance(struct hmac_verify *h, struct tg_error *err)
{
	const struct tg_scheme *s = &h->scheme;

	h->judge_time = s->has_tolerance;
	h->tolerance = s->tolerance;
	if (!h->tolerance_text.p)
		return TG_OK;
	if (!s->timestamp.places)
		return tg_fail(err, TG_USAGE,
			       "--tolerance: the scheme %.*s has no time, so none can be judged",
			       TG_STR_ARG(s->name));
	h->judge_time = !tg_str_is(h->tolerance_text, "none");
	h->tolerance = 0;
	if (!h->judge_time || tg_str_is(h->tolerance_text, "0"))
		return TG_OK;
	if (!tg_time_read_duration(h->tolerance_text, &h->tolerance) ||
	    h->tolerance > (uint64_t)INT64_MAX / 4)
		return tg_fail(err, TG_USAGE,
			       "--tolerance: it must be a duration such as 300s, or 0, or none");
	return TG_OK;
}

static enum tg_status read_params(struct hmac_verify *h, struct tg_setup *setup,
				  struct tg_error *err)
{
	h->params = tg_arena_array(setup->arena, h->param.n, sizeof(*h->params));
	for (size_t i = 0; i < h->param.n; i++) {
		struct tg_str text = h->param.item[i];
		const char *at = text.n ? memchr(text.p, '=', text.n) : NULL;

		if (!at || at == text.p)
			return tg_fail(err, TG_USAGE, "--param: it must be NAME=VALUE");
		h->params[i].name = tg_str_from(text.p, (size_t)(at - text.p));
		h->params[i].value = tg_str_after(text, h->params[i].name.n + 1);
	}
	return TG_OK;
}

/* A key of several lines is read as it is, but for the last line end. */
static void cut_line_end(struct tg_str *text)
{
	if (text->n && text->p[text->n - 1] == '\n')
		text->n--;
	if (text->n && text->p[text->n - 1] == '\r')
		text->n--;
}

static enum tg_status open_verifier(struct hmac_verify *h, const struct tg_setup *setup,
				    const struct tg_webhook_secret *secret,
				    struct tg_verifier **verifier, struct tg_error *err)
{
	struct tg_verifier_wish wish = {
		.scheme = &h->scheme,
		.secret = secret,
		.secrets = h->secret.n,
		.param = h->params,
		.params = h->param.n,
		.url = h->url,
		.judge_time = h->judge_time,
		.tolerance = h->tolerance,
		.by_received_at = h->clock == 1,
		.with_id = h->state.p != NULL,
		.trust_id = h->trust_id,
		.show_values = setup->show_values,
	};

	return tg_verifier_open(verifier, &wish, err);
}

static enum tg_status read_secrets(struct hmac_verify *h, struct tg_setup *setup,
				   struct tg_secret *held, struct tg_webhook_secret *secret,
				   struct tg_error *err)
{
	bool fixed = h->scheme.algorithm == TG_ALGORITHM_FIXED;
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < h->secret.n; i++) {
		struct tg_str option = TG_STR("--secret"), spec = h->secret.item[i];

		if (tg_secret_is_spec(spec)) /* what has another form may be the secret */
			option = tg_arena_format(setup->arena, "--secret %.*s", TG_STR_ARG(spec));
		st = tg_secret_read(held + i, spec, fixed ? TG_SECRET_BYTES : TG_SECRET_TEXT,
				    SECRET_MAX, option.p, err);
		if (st)
			break;
		if (held[i].open_to_others && !fixed)
			tg_setup_warn(setup,
				      "%s: others may read that file; chmod 600 would keep the "
				      "secret",
				      option.p);
		secret[i] = (struct tg_webhook_secret){ tg_secret_str(held + i), spec };
		if (fixed)
			cut_line_end(&secret[i].text);
	}
	return st;
}

/* The secrets are keyed in, and wiped. */
static enum tg_status take_secrets(struct hmac_verify *h, struct tg_setup *setup,
				   struct tg_error *err)
{
	struct tg_secret *held = tg_arena_array(setup->arena, h->secret.n, sizeof(*held));
	struct tg_webhook_secret *secret =
		tg_arena_array(setup->arena, h->secret.n, sizeof(*secret));
	enum tg_status st;

	tg_secret_harden();
	st = read_secrets(h, setup, held, secret, err);
	for (size_t i = 0; !st && i <= h->lanes; i++) /* keyed now, for the secrets go */
		st = open_verifier(h, setup, secret, &h->run[i].verifier, err);
	for (size_t i = 0; i < h->secret.n; i++)
		tg_secret_release(held + i);
	return st;
}

/* --commit: what passed is in a file, synced, and the chain before is believed. */
static enum tg_status commit(void *self, struct tg_error *err)
{
	struct hmac_verify *h = self;
	tg_store_id landing;
	struct tg_mark mark = { .batch = h->run->batch.id,
				.landing = landing,
				.zone = "",
				.keys = h->run->batch.keys,
				.now = h->now };

	if (!h->run->batch.keys)
		return TG_OK;
	tg_store_draw_id(landing);
	return tg_store_commit(tg_keeper_store(h->run->keeper), &mark, err);
}

/* An id that is forgotten while its request could still be good would let it in again. */
static enum tg_status check_keep(const struct hmac_verify *h, struct tg_error *err)
{
	if (!h->keep)
		return TG_OK;
	if (!h->judge_time)
		return tg_fail(err, TG_USAGE,
			       "--keep: no time is judged, so a request is good for ever, and must "
			       "be known for ever");
	if (h->keep < 2 * h->tolerance || h->keep > (uint64_t)INT64_MAX / 4)
		return tg_fail(err, TG_USAGE,
			       "--keep: it must be at least twice the tolerance, %llu seconds",
			       (unsigned long long)(h->tolerance * 2 / 1000000));
	return TG_OK;
}

static enum tg_status open_keeper(struct hmac_verify *h, struct tg_setup *setup,
				  struct tg_error *err)
{
	struct tg_keeper_wish wish = { .kind = TG_KEEP_REPLAY,
				       .url = h->state,
				       .window = h->keep,
				       .now = h->now,
				       .to_file = tg_setup_to_file(setup) };
	struct run *run = h->run;
	enum tg_status st = check_keep(h, err);

	if (st || !h->state.p)
		return st;
	for (int is_id = 0; is_id < 2; is_id++) /* the two may be spelt alike */
		h->scope[is_id] =
			tg_arena_format(setup->arena, "%d\n%.*s\n%.*s", is_id,
					TG_STR_ARG(h->scheme.name), TG_STR_ARG(h->endpoint));
	tg_setup_writes(setup, "the key store", h->state);
	if (h->commit) {
		if (tg_store_is_memory(h->state))
			return tg_fail(err, TG_USAGE, "--commit: memory: does not last");
		st = tg_setup_commit(setup, commit, h, err);
	}
	if (!st)
		st = tg_keeper_open(&run->keeper, &wish, err);
	if (!st && tg_keeper_store(run->keeper))
		st = tg_settle_if_free(tg_keeper_store(run->keeper), TG_STR_NONE, setup->now, err);
	return st ? st : tg_keeper_begin(run->keeper, err);
}

static enum tg_status hmac_verify_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct hmac_verify *h = self;
	enum tg_status st = check_options(h, err);

	if (st)
		return st;
	h->now = setup->now.seconds * 1000000 + setup->now.micros;
	st = tg_scheme_load(&h->scheme, h->scheme_name, setup->arena, err);
	if (st)
		return st;
	/* What has come before is one thread's to know, and so is how many passes say little. */
	h->lanes = setup->lanes > 1 && !h->state.p && !h->scheme.weak.p ? setup->lanes : 0;
	h->given = tg_arena_take(setup->arena, sizeof(*h->given));
	h->run = tg_arena_array(setup->arena, h->lanes + 1, sizeof(*h->run));
	if (h->allow_sha1)
		h->scheme.sha1 = true;
	st = read_tolerance(h, err);
	if (!st)
		st = read_params(h, setup, err);
	if (!st)
		st = take_secrets(h, setup, err);
	return st ? st : open_keeper(h, setup, err);
}

/*
 * Records
 */

static enum tg_verdict refuse(struct tg_work *w, const struct tg_webhook_fault *fault)
{
	tg_fault_add(w, &(struct tg_fault){ .pointer = fault->pointer,
					    .message = tg_str_of(fault->message),
					    .hint = tg_str_of(fault->hint) });
	return tg_reject_faults(w, fault->code);
}

static enum tg_verdict stop(struct tg_work *w, enum tg_status st)
{
	TG_BUG_IF(st != w->stop.status);
	return tg_stop(w);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The body as one line: what stands between the values of a JSON text may be any blank. */
static enum tg_verdict emit_body(struct run *run, struct tg_work *w)
{
	struct tg_request *r = tg_verifier_request(run->verifier);
	const struct tg_record *json = tg_request_json(r);
	struct tg_str text;
	char *to;

	if (!json)
		return tg_reject(w, "body-not-json", TG_STR("/body"),
				 "is not one JSON value, so it can be no record; --emit request "
				 "passes the request");
	text = json->text;
	while (text.n && is_blank(text.p[text.n - 1]))
		text.n--;
	while (text.n && is_blank(text.p[0]))
		text = tg_str_after(text, 1);
	run->body.n = 0;
	to = tg_buffer_room(&run->body, text.n);
	for (size_t i = 0; i < text.n; i++)
		to[i] = text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : text.p[i];
	return tg_replace(w, tg_str_from(to, text.n));
}

/* What has come before is dropped; what is new is kept until it has landed. */
static enum tg_status look_for_replay(const struct hmac_verify *h, const struct tg_verified *found,
				      struct tg_key_entry *e, bool *known, struct tg_error *err)
{
	struct tg_key_entry before;
	bool own;

	*known = false;
	if (!h->run->keeper)
		return TG_OK;
	tg_keeper_replay_id(h->run->keeper, h->scope[found->id_is_own], found->id, h->now, e);
	before = *e;
	return tg_keeper_find(h->run->keeper, &before, known, &own, err);
}

static enum tg_verdict hmac_verify_record(const void *self, const struct tg_record *rec,
					  struct tg_work *w)
{
	const struct hmac_verify *h = self;
	struct run *run = h->run;
	struct tg_webhook_fault fault;
	struct tg_verified found;
	struct tg_key_entry e;
	enum tg_verdict verdict = TG_PASS;
	enum tg_status st;
	bool known;
	struct tg_time now = { .seconds = 0 };

	if (h->judge_time)
		now = tg_setup_clock(w->setup);
	if (TG_UNLIKELY(h->explain)) {
		run->explanation.n = 0;
		tg_verifier_explain(run->verifier, rec, now, &w->arena, &run->explanation);
		return tg_replace(w, tg_buffer_str(&run->explanation));
	}
	if (!tg_verifier_check(run->verifier, rec, now, &w->arena, &found, &fault))
		return refuse(w, &fault);
	if (h->scheme.weak.p) {
		if (h->refuse_weak)
			return tg_reject(w, "weak-signature", TG_STR(""), h->scheme.weak.p);
		run->weak++;
	}
	st = look_for_replay(h, &found, &e, &known, &w->stop);
	if (TG_UNLIKELY(st))
		return stop(w, st);
	if (known)
		return tg_drop(w, "replayed");
	if (h->emit == 1)
		verdict = emit_body(run, w);
	if (run->keeper && verdict != TG_REJECT)
		tg_keeper_keep(run->keeper, &e);
	return verdict;
}

/*
 * The end
 */

static void tell_scheme(const struct hmac_verify *h, const struct tg_setup *setup)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	tg_buffer_putc(&b, '{');
	tg_json_put_member(&b, "scheme", h->scheme.name);
	tg_json_put_member(&b, "algorithm", h->scheme.algorithm_name);
	if (h->judge_time)
		tg_json_put_member_u64(&b, "tolerance_seconds", h->tolerance / 1000000);
	tg_json_put_member(&b, "clock", tg_str_of(clock_choices[h->clock]));
	if (h->run->weak) {
		tg_json_put_member_u64(&b, "weak", h->run->weak);
		tg_json_put_member(&b, "weak_because", h->scheme.weak);
	}
	tg_buffer_putc(&b, '}');
	tg_setup_meta(setup, "webhook", tg_buffer_str(&b));
}

static enum tg_status hmac_verify_close(void *self, const struct tg_setup *setup,
					struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer meta = TG_BUFFER_INIT;
	struct hmac_verify *h = self;
	enum tg_status st = TG_OK;

	if (!h->explain)
		tell_scheme(h, setup);
	if (h->run->keeper)
		st = tg_keeper_finish(h->run->keeper, &h->run->batch, &meta, err);
	if (!st && meta.n && !h->commit)
		tg_setup_meta(setup, "batch", tg_buffer_str(&meta));
	return st;
}

static size_t hmac_verify_pieces(const void *self, const char **path)
{
	const struct hmac_verify *h = self;

	if (!h->header_file.p || !h->body_file.p)
		return 0;
	path[0] = h->header_file.p;
	path[1] = h->body_file.p;
	return 2;
}

static enum tg_status hmac_verify_compose(void *self, const struct tg_str *content, size_t n,
					  struct tg_buffer *record, struct tg_error *err)
{
	const struct hmac_verify *h = self;

	TG_BUG_IF(n != 2);
	return tg_head_compose(record, content[0], content[1], h->url, err);
}

static bool hmac_verify_asks(const void *self)
{
	const struct hmac_verify *h = self;

	return h->list;
}

static enum tg_status hmac_verify_answer(void *self, struct tg_setup *setup, struct tg_output *out,
					 struct tg_error *err)
{
	(void)self;
	(void)setup;
	(void)err;
	for (size_t i = 0; i < tg_scheme_builtins; i++) {
		tg_output_put(out, tg_str_of(tg_scheme_builtin[i]));
		tg_output_put(out, TG_STR("\n"));
	}
	return TG_OK;
}

static bool hmac_verify_lane(const void *self, void *lane)
{
	const struct hmac_verify *h = self;
	struct hmac_verify *own = lane;

	if (!h->lanes)
		return false;
	*own = *h;
	TG_BUG_IF(*h->given == h->lanes);
	own->run = &h->run[++*h->given];
	return true;
}

static void hmac_verify_release(void *self)
{
	struct hmac_verify *h = self;

	if (!h->run)
		return; /* open was not reached */
	tg_keeper_free(&h->run->keeper);
	for (size_t i = 0; i <= h->lanes; i++) {
		tg_verifier_free(&h->run[i].verifier);
		tg_buffer_release(&h->run[i].body);
		tg_buffer_release(&h->run[i].explanation);
	}
}

const struct tg_filter tg_hmac_verify = {
	.name = "hmac-verify",
	.about = "pass the webhook requests that their sender has signed",
	.options = options,
	.size = sizeof(struct hmac_verify),
	.open = hmac_verify_open,
	.record = hmac_verify_record,
	.lane = hmac_verify_lane,
	.close = hmac_verify_close,
	.rejected = TG_REFUSED,
	.pieces = hmac_verify_pieces,
	.compose = hmac_verify_compose,
	.asks = hmac_verify_asks,
	.answer = hmac_verify_answer,
	.release = hmac_verify_release,
};

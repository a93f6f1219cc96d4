#include "common/state/backend.h"

#include "common/digest/digest.h"

void tg_store_draw_id(tg_store_id id)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[TG_STORE_ID / 2];

	tg_random(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++) {
		id[2 * i] = digits[raw[i] >> 4];
		id[2 * i + 1] = digits[raw[i] & 15];
	}
	id[TG_STORE_ID] = '\0';
}

void tg_head_draw(struct tg_store_head *head, const struct tg_store_wish *wish)
{
	*head = (struct tg_store_head){ .timed = wish->timed, .window = wish->window };
	tg_store_draw_id(head->id);
	tg_random(head->secret, sizeof(head->secret));
}

bool tg_store_is_memory(struct tg_str url)
{
	return tg_str_is(url, "memory:");
}

static bool is_postgres(struct tg_str url)
{
	return tg_str_starts(url, TG_STR("postgresql://")) ||
	       tg_str_starts(url, TG_STR("postgres://"));
}

/* A slip in a URL must not become a file. */
static bool is_foreign(struct tg_str url)
{
	size_t n = 0;

	while (n < url.n && ((url.p[n] >= 'a' && url.p[n] <= 'z') || url.p[n] == '+'))
		n++;
	return n && tg_str_starts(tg_str_after(url, n), TG_STR("://"));
}

enum tg_status tg_store_open(struct tg_store **store, struct tg_str url,
			     const struct tg_store_wish *wish, struct tg_error *err)
{
	TG_OWN(tg_store_close) struct tg_store *s = tg_alloc(sizeof(*s));
	enum tg_status st;

	s->only_look = wish->only_look;
	if (is_postgres(url))
		st = tg_postgres_open(s, url, wish, err);
	else if (is_foreign(url))
		st = tg_fail(err, TG_USAGE,
			     "%.*s is no key store: it must be a path, memory: or postgresql://...",
			     TG_STR_ARG(url));
	else
		st = tg_sqlite_open(s, url, tg_store_is_memory(url), wish, err);
	*store = st ? NULL : TG_TAKE(s);
	return st;
}

void tg_store_close(struct tg_store **store)
{
	struct tg_store *s = TG_TAKE(*store);

	if (!s)
		return;
	if (s->backend)
		s->backend->close(s);
	explicit_bzero(s->head.secret, sizeof(s->head.secret));
	tg_arena_release(&s->arena);
	tg_free(s);
}

const struct tg_store_head *tg_store_head(const struct tg_store *s)
{
	return &s->head;
}

struct tg_str tg_store_url(const struct tg_store *s)
{
	return s->url;
}

enum tg_status tg_store_end(struct tg_store *s, enum tg_status st, struct tg_error *err)
{
	if (!st)
		return s->backend->commit(s, err);
	s->backend->rollback(s);
	return st;
}

enum tg_status tg_store_begin(struct tg_store *s, enum tg_txn kind, struct tg_batch **batch,
			      size_t *n, struct tg_arena *arena, struct tg_error *err)
{
	enum tg_status st = s->backend->begin(s, kind, err);

	if (st)
		return st;
	st = s->backend->read_head(s, err);
	if (!st)
		st = s->backend->read_batches(s, batch, n, arena, err);
	if (st)
		s->backend->rollback(s);
	return st;
}

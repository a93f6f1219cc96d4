#include "common/landing/history.h"

#include "common/landing/index.h"

struct search {
	struct tg_manifest *m;
	struct tg_sought *sought;
	size_t n;
	struct tg_str directory;
	bool known;
	struct tg_arena *arena;
	struct tg_index *index;
	bool put; /* what is walked goes into the index */
};

static bool is_same(const struct tg_line *line, struct tg_str source, struct tg_str entity,
		    struct tg_str sha256)
{
	return line->kind == TG_LINE_LANDING && tg_str_eq(line->sha256, sha256) &&
	       tg_str_eq(line->source, source) && tg_str_eq(line->entity, entity);
}

static bool fits(const struct tg_line *line, const struct tg_sought *s)
{
	return is_same(line, s->source, s->entity, s->sha256) &&
	       (!s->date.p || tg_str_eq(line->date, s->date)) &&
	       (!s->at.p || tg_str_eq(line->path, s->at));
}

static void take(struct search *search, struct tg_sought *s, const struct tg_line *line)
{
	s->found = true;
	s->path = tg_arena_copy(search->arena, line->path);
	s->landing = tg_arena_copy(search->arena, line->landing);
	s->on = tg_arena_copy(search->arena, line->date);
	s->bytes = line->bytes;
	s->records = line->records;
}

/* A landing has two keys, one with its date and one without, so that both questions are answered at once. */
static uint64_t key_of(struct tg_digest *digest, struct tg_str source, struct tg_str entity,
		       struct tg_str sha256, struct tg_str date)
{
	char hex[TG_SHA256_HEX + 1];
	uint64_t key = 0;

	tg_digest_add(digest, source.p, source.n);
	tg_digest_add(digest, "", 1); /* none of them holds a NUL */
	tg_digest_add(digest, entity.p, entity.n);
	tg_digest_add(digest, "", 1);
	tg_digest_add(digest, sha256.p, sha256.n);
	tg_digest_add(digest, "", 1);
	tg_digest_add(digest, date.p, date.n);
	tg_digest_hex(digest, hex);
	for (unsigned i = 0; i < 16; i++)
		key = key << 4 | (uint64_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
	return key;
}

/* The first landing under key in the index that fits; false: none. */
static bool look_up(struct search *search, uint64_t key, const struct tg_sought *s,
		    struct tg_line *line)
{
	struct tg_index_place place = { 0 };
	uint64_t offset;

	while (tg_index_next(search->index, key, &place, &offset)) {
		if (tg_manifest_read(search->m, offset, line) && fits(line, s))
			return true;
	}
	return false;
}

/* Under the key without a date the first landing is enough, else what lands each day would fill pages with one key. */
static void put(struct search *search, const struct tg_line *line)
{
	struct tg_digest *digest = search->m->digest;
	struct tg_sought same = { .source = line->source,
				  .entity = line->entity,
				  .sha256 = line->sha256 };
	struct tg_line other;
	uint64_t key = key_of(digest, line->source, line->entity, line->sha256, line->date);

	tg_index_put(search->index, key, line->offset);
	key = key_of(digest, line->source, line->entity, line->sha256, TG_STR_NONE);
	if (!look_up(search, key, &same, &other))
		tg_index_put(search->index, key, line->offset);
}

static enum tg_status visit(void *arg, const struct tg_line *line, struct tg_error *err)
{
	struct search *search = arg;
	struct tg_str directory = search->directory;

	(void)err;
	if (line->kind != TG_LINE_LANDING)
		return TG_OK;
	for (size_t i = 0; i < search->n; i++) {
		if (!search->sought[i].found && fits(line, &search->sought[i]))
			take(search, &search->sought[i], line);
	}
	if (!search->known && line->path.n > directory.n && tg_str_starts(line->path, directory) &&
	    line->path.p[directory.n] == '/')
		search->known = true;
	if (search->put)
		put(search, line);
	return TG_OK;
}

/* What the index covers comes before what was walked: its landings are the first ones. */
static void ask_index(struct search *search)
{
	for (size_t i = 0; i < search->n; i++) {
		struct tg_sought *s = &search->sought[i];
		struct tg_line line;

		if (look_up(search,
			    key_of(search->m->digest, s->source, s->entity, s->sha256, s->date), s,
			    &line))
			take(search, s, &line);
	}
}

/* An index that lags is brought up; one that is too full, or is not there, is made. */
static bool is_worth_putting(struct search *search, bool have)
{
	struct tg_manifest *m = search->m;
	uint64_t behind = m->size - m->end;

	if (behind <= TG_INDEX_BEHIND)
		return false;
	if (have && !tg_index_is_full(search->index, behind))
		return true;
	tg_index_release(search->index);
	tg_manifest_rewind(m);
	return tg_index_make(search->index, m, m->size);
}

/* *again: the index was damaged, so that what it said is worth nothing; it is gone now. */
static enum tg_status find(struct search *search, bool write, bool *again, struct tg_error *err)
{
	TG_OWN(tg_index_release) struct tg_index index = TG_INDEX_INIT;
	struct tg_manifest *m = search->m;
	bool have;
	enum tg_status st;

	*again = false;
	search->index = &index;
	tg_manifest_rewind(m);
	have = m->fd >= 0 && tg_index_open(&index, m);
	search->put = write && is_worth_putting(search, have);
	have = index.fd >= 0;
	st = tg_manifest_walk(m, visit, search, err);
	if (st)
		return st;
	if (have)
		ask_index(search);
	/* Two who write to one index may undo each other's entries: who has lost the lock says no more of it than that it is damaged. */
	if (search->put && tg_zone_holds(m->zone))
		tg_index_finish(&index, m);
	else if (search->put)
		index.damaged = true;
	if (!index.damaged)
		return TG_OK;
	*again = have;
	if (write)
		tg_index_discard(&index, m->zone);
	return TG_OK;
}

static enum tg_status find_without_index(struct search *search, struct tg_error *err)
{
	search->put = false;
	tg_manifest_rewind(search->m);
	for (size_t i = 0; i < search->n; i++)
		search->sought[i].found = false;
	return tg_manifest_walk(search->m, visit, search, err);
}

enum tg_status tg_history_find(struct tg_manifest *m, struct tg_sought *sought, size_t n,
			       struct tg_str directory, bool *known, bool write,
			       struct tg_arena *arena, struct tg_error *err)
{
	struct search search = {
		.m = m, .sought = sought, .n = n, .directory = directory, .arena = arena
	};
	bool again;
	enum tg_status st;

	for (size_t i = 0; i < n; i++)
		sought[i].found = false;
	st = find(&search, write, &again, err);
	if (!st && again)
		st = find_without_index(&search, err);
	*known = search.known;
	return st;
}

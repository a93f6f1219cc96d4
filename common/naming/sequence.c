#include "common/naming/sequence.h"

#include "common/digest/siphash.h"

struct tg_sequence {
	struct tg_sequence_wish wish;
	struct tg_keeper *keeper;
};

enum tg_status tg_sequence_open(struct tg_sequence **sequence, const struct tg_sequence_wish *wish,
				struct tg_error *err)
{
	TG_OWN(tg_sequence_free) struct tg_sequence *s = tg_alloc(sizeof(*s));
	struct tg_keeper_wish keeper = {
		.kind = TG_KEEP_NAMES, .url = wish->url, .now = wish->now, .to_file = wish->to_file
	};
	enum tg_status st;

	s->wish = *wish;
	st = tg_keeper_open(&s->keeper, &keeper, err);
	if (!st)
		*sequence = TG_TAKE(s);
	return st;
}

void tg_sequence_free(struct tg_sequence **sequence)
{
	struct tg_sequence *s = TG_TAKE(*sequence);

	if (!s)
		return;
	tg_keeper_free(&s->keeper);
	tg_free(s);
}

struct tg_store *tg_sequence_store(struct tg_sequence *s)
{
	return tg_keeper_store(s->keeper);
}

enum tg_status tg_sequence_begin(struct tg_sequence *s, struct tg_error *err)
{
	return tg_keeper_begin(s->keeper, err);
}

/*
 * Entries
 */

enum entry_kind {
	OF_NUMBER,  /* content: digest of the file's */
	OF_CONTENT, /* of a file without a number; the same */
	OF_HIGHEST, /* content: the count itself */
	OF_DAY,	    /* content: 20251105 */
};

static void fill(const struct tg_sequence *s, enum entry_kind kind,
		 const struct tg_sequence_file *file, struct tg_str rest, struct tg_key_entry *e)
{
	static const struct tg_str name[] = {
		[OF_NUMBER] = { "number", 6 },
		[OF_CONTENT] = { "content", 7 },
		[OF_HIGHEST] = { "highest", 7 },
		[OF_DAY] = { "day", 3 },
	};
	struct tg_str part[] = { name[kind], file->source, file->entity, rest };

	tg_keeper_name_key(s->keeper, part, TG_COUNT(part), e);
}

static void fill_file(const struct tg_sequence *s, const struct tg_sequence_file *file,
		      uint64_t count, struct tg_key_entry *e)
{
	TG_OWN(tg_buffer_release) struct tg_buffer number = TG_BUFFER_INIT;

	if (file->numbered)
		tg_buffer_put_u64(&number, count);
	fill(s, file->numbered ? OF_NUMBER : OF_CONTENT, file,
	     file->numbered ? tg_buffer_str(&number) : file->sha256, e);
	tg_keeper_content(s->keeper, file->sha256, e);
}

static uint64_t number_in(const struct tg_key_entry *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < TG_CONTENT_SIZE; i++)
		n = n << 8 | e->content[i];
	return n;
}

static void put_number_in(struct tg_key_entry *e, uint64_t n)
{
	for (size_t i = TG_CONTENT_SIZE; i-- > 0; n >>= 8)
		e->content[i] = (unsigned char)n;
}

static uint64_t day_of(struct tg_str date)
{
	uint64_t n = 0;

	for (size_t i = 0; i < date.n; i++)
		if (tg_digit((unsigned char)date.p[i]))
			n = n * 10 + (unsigned)(date.p[i] - '0');
	return n;
}

/* The number that stands under a key of one source and entity. */
static enum tg_status find_number(struct tg_sequence *s, enum entry_kind kind,
				  const struct tg_sequence_file *file, bool *known, uint64_t *n,
				  struct tg_error *err)
{
	struct tg_key_entry e;
	bool own;
	enum tg_status st;

	fill(s, kind, file, TG_STR(""), &e);
	st = tg_keeper_find(s->keeper, &e, known, &own, err);
	*n = !st && *known ? number_in(&e) : 0;
	return st;
}

/*
 * Counting on over rollovers: names hold again..highest, the count goes on
 */

static uint64_t span_of(const struct tg_sequence *s)
{
	return s->wish.highest - s->wish.again + 1;
}

/* Of the counts that a name's number may be, the one nearest to what comes next. */
static uint64_t count_of(const struct tg_sequence *s, uint64_t seq, bool known, uint64_t last)
{
	uint64_t span, next = last + 1, count = seq;

	if (!s->wish.rolls || !known || seq < s->wish.again)
		return seq;
	span = span_of(s);
	if (next > seq)
		count += (next - seq) / span * span;
	if (next > count && next - count > span / 2)
		count += span;
	return count;
}

static uint64_t name_of(const struct tg_sequence *s, uint64_t count)
{
	return s->wish.rolls && count > s->wish.highest
		       ? s->wish.again + (count - s->wish.again) % span_of(s)
		       : count;
}

/*
 * Asking
 */

static enum tg_status ask_days(struct tg_sequence *s, const struct tg_sequence_file *file,
			       struct tg_sequence_answer *answer, struct tg_error *err)
{
	uint64_t day;
	bool known;
	enum tg_status st = find_number(s, OF_DAY, file, &known, &day, err);

	answer->goes_back = !st && known && file->date.n && day_of(file->date) < day;
	return st;
}

enum tg_status tg_sequence_ask(struct tg_sequence *s, const struct tg_sequence_file *file,
			       struct tg_sequence_answer *answer, struct tg_error *err)
{
	struct tg_key_entry e, before;
	uint64_t last = 0;
	bool there;
	enum tg_status st = TG_OK;

	*answer = (struct tg_sequence_answer){ .count = file->seq };
	if (file->numbered)
		st = find_number(s, OF_HIGHEST, file, &answer->known, &last, err);
	answer->count = count_of(s, file->seq, answer->known, last);
	fill_file(s, file, answer->count, &e);
	before = e;
	if (!st)
		st = tg_keeper_find(s->keeper, &before, &there, &answer->own, err);
	if (st)
		return st;
	if (there) {
		answer->verdict = memcmp(e.content, before.content, sizeof(e.content)) == 0
					  ? TG_SEQUENCE_DUPLICATE
					  : TG_SEQUENCE_CONFLICT;
		return TG_OK;
	}
	if (!file->numbered)
		return TG_OK;
	if (!answer->known && s->wish.has_first)
		answer->expected = s->wish.first;
	else
		answer->expected = answer->known ? last + 1 : answer->count;
	if (answer->count > answer->expected) {
		answer->verdict = TG_SEQUENCE_GAP;
		answer->missing = answer->count - answer->expected;
	} else if (answer->count < answer->expected) {
		answer->verdict = TG_SEQUENCE_LATE;
	}
	answer->expected = name_of(s, answer->expected);
	return ask_days(s, file, answer, err);
}

enum tg_status tg_sequence_take(struct tg_sequence *s, const struct tg_sequence_file *file,
				uint64_t count, struct tg_error *err)
{
	struct tg_key_entry e;
	uint64_t last = 0;
	bool known = false;
	enum tg_status st = TG_OK;

	fill_file(s, file, count, &e);
	tg_keeper_keep(s->keeper, &e);
	if (!file->numbered)
		return TG_OK;
	st = find_number(s, OF_HIGHEST, file, &known, &last, err);
	if (st)
		return st;
	fill(s, OF_HIGHEST, file, TG_STR(""), &e);
	put_number_in(&e, known && last > count ? last : count);
	tg_keeper_keep(s->keeper, &e);
	if (file->date.n && (!known || count > last)) {
		fill(s, OF_DAY, file, TG_STR(""), &e);
		put_number_in(&e, day_of(file->date));
		tg_keeper_keep(s->keeper, &e);
	}
	return TG_OK;
}

enum tg_status tg_sequence_save(struct tg_sequence *s, struct tg_buffer *meta, struct tg_error *err)
{
	struct tg_batch batch;

	return tg_keeper_finish(s->keeper, &batch, meta, err);
}

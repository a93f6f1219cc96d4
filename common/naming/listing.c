#include "common/naming/listing.h"

#include "common/json/text.h"

#include <stdio.h>
#include <stdlib.h>

enum tg_status tg_listing_begin(struct tg_listing *l, struct tg_error *err)
{
	tg_check_begin(&l->check);
	return tg_look_init(&l->look, err);
}

void tg_listing_release(struct tg_listing *l)
{
	tg_look_release(&l->look);
	tg_free(l->file);
	l->file = NULL;
	tg_arena_release(&l->arena);
}

/*
 * Each by itself
 */

static void refuse(struct tg_listing *l, struct tg_file *f, enum tg_file_verdict verdict,
		   const char *code, struct tg_str reason)
{
	f->verdict = verdict;
	f->code = code;
	f->reason = tg_arena_copy(&l->arena, reason);
}

static enum tg_status look_through(struct tg_listing *l, struct tg_file *f, struct tg_error *err)
{
	struct tg_check_fault fault;
	enum tg_look_result result;
	enum tg_status st;

	if (!f->base.n || memchr(f->path.p, '\0', f->path.n)) {
		refuse(l, f, TG_FILE_REJECT, "name", TG_STR("names no file"));
		return TG_OK;
	}
	if (tg_name_is_unfinished(f->base)) {
		refuse(l, f, TG_FILE_IGNORE, "unfinished",
		       TG_STR("is still being written, by its name"));
		return TG_OK;
	}
	if (!tg_check_name(&l->check, f->base, &f->name, &fault)) {
		refuse(l, f, TG_FILE_REJECT, fault.code, tg_str_of(fault.text));
		return TG_OK;
	}
	st = tg_look_file(&l->look, f->path.p, l->check.settle, l->check.now, &result, err);
	if (st)
		return st;
	if (result == TG_LOOK_NONE) {
		refuse(l, f, TG_FILE_REJECT, "no-file", tg_str_of(err->text));
		return TG_OK;
	}
	if (result == TG_LOOK_CHANGING) {
		refuse(l, f, TG_FILE_WAIT, "changing", TG_STR("is still being written"));
		return TG_OK;
	}
	f->looked = true;
	f->bytes = l->look.bytes;
	f->crc32 = l->look.crc32;
	f->seen = l->look.seen;
	memcpy(f->sha256, l->look.sha256, sizeof(f->sha256));
	/* What a file with a wrapping holds is known behind the program that takes it off. */
	if (!l->check.naming->of_content &&
	    !tg_check_content(&l->check, &f->name, &l->look, f->path.p, &fault))
		refuse(l, f, TG_FILE_REJECT, fault.code, tg_str_of(fault.text));
	return TG_OK;
}

enum tg_status tg_listing_add(struct tg_listing *l, struct tg_str path, struct tg_str text,
			      const struct tg_place *at, struct tg_error *err)
{
	struct tg_file *f = tg_arena_take(&l->arena, sizeof(*f));

	f->path = tg_arena_copy(&l->arena, path);
	f->base = tg_name_base(f->path);
	f->text = tg_arena_copy(&l->arena, text);
	f->at = *at;
	f->at.file = f->base;
	f->order = l->n;
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->file = tg_resize_array(l->file, l->room, sizeof(struct tg_file *));
	}
	l->file[l->n++] = f;
	return look_through(l, f, err);
}

/*
 * All together
 */

static struct tg_sequence_file asked(const struct tg_file *f)
{
	return (struct tg_sequence_file){ .source = f->name.source,
					  .entity = f->name.entity,
					  .numbered = f->name.numbered,
					  .seq = f->name.seq,
					  .date = tg_str_of(f->name.date),
					  .sha256 = tg_str_of(f->sha256) };
}

static bool is_candidate(const struct tg_file *f)
{
	return f->looked && f->verdict == TG_FILE_TAKE;
}

static int compare_whose(const struct tg_file *a, const struct tg_file *b)
{
	int order = tg_str_compare(a->name.source, b->name.source);

	return order ? order : tg_str_compare(a->name.entity, b->name.entity);
}

/* Those of which nothing more is to be found out come first, as they came; then by source, entity, number, day, name. */
static int in_order(const void *x, const void *y)
{
	const struct tg_file *a = *(struct tg_file *const *)x, *b = *(struct tg_file *const *)y;
	int order = is_candidate(a) - is_candidate(b);

	if (!order && is_candidate(a)) {
		order = compare_whose(a, b);
		if (!order)
			order = (a->count > b->count) - (a->count < b->count);
		if (!order)
			order = strcmp(a->name.date, b->name.date);
		if (!order)
			order = tg_str_compare(a->base, b->base);
	}
	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool is_one_number(const struct tg_file *a, const struct tg_file *b)
{
	return a->name.numbered && is_candidate(b) && compare_whose(a, b) == 0 &&
	       a->count == b->count;
}

void tg_number_put(struct tg_buffer *out, const struct tg_naming *naming, uint64_t n)
{
	const struct tg_name_field *seq = tg_template_find(&naming->template, TG_NAME_SEQ);

	tg_buffer_printf(out, "%0*llu", seq ? (int)seq->width : 0, (unsigned long long)n);
}

void tg_gap_put(struct tg_buffer *out, const struct tg_naming *naming,
		const struct tg_sequence_answer *answer)
{
	tg_buffer_puts(out, "is not the next: ");
	tg_number_put(out, naming, answer->expected);
	tg_buffer_puts(out, " has not come");
}

static void judge_gap(struct tg_listing *l, struct tg_file *f,
		      const struct tg_sequence_answer *answer)
{
	TG_OWN(tg_buffer_release) struct tg_buffer reason = TG_BUFFER_INIT;

	tg_gap_put(&reason, l->check.naming, answer);
	if (l->on_gap == TG_GAP_WAIT) {
		refuse(l, f, TG_FILE_WAIT, "gap", tg_buffer_str(&reason));
	} else if (l->on_gap == TG_GAP_REJECT) {
		refuse(l, f, TG_FILE_REJECT, "seq-gap", tg_buffer_str(&reason));
	} else {
		refuse(l, f, TG_FILE_TAKE, "gap", tg_buffer_str(&reason));
		f->warned = true;
	}
}

static void judge_late(struct tg_listing *l, struct tg_file *f)
{
	if (l->on_gap == TG_GAP_WARN) {
		refuse(l, f, TG_FILE_TAKE, "late", TG_STR("comes behind higher numbers"));
		f->warned = true;
	} else {
		refuse(l, f, TG_FILE_REJECT, "seq-late",
		       TG_STR("comes behind higher numbers, which have been taken; --on-gap warn "
			      "takes it"));
	}
}

static enum tg_status judge(struct tg_listing *l, struct tg_file *f, struct tg_error *err)
{
	struct tg_sequence_file file = asked(f);
	struct tg_sequence_answer answer;
	enum tg_status st = tg_sequence_ask(l->sequence, &file, &answer, err);

	if (st)
		return st;
	switch (answer.verdict) {
	case TG_SEQUENCE_NEXT:
		break;
	case TG_SEQUENCE_DUPLICATE:
		f->landed = !answer.own;
		refuse(l, f, TG_FILE_DUPLICATE, "seen-before",
		       answer.own ? TG_STR("is there twice") : TG_STR("has landed before"));
		return TG_OK;
	case TG_SEQUENCE_CONFLICT:
		refuse(l, f, TG_FILE_REJECT, "seq-conflict",
		       TG_STR("has other content than the file with its number that has landed"));
		return TG_OK;
	case TG_SEQUENCE_GAP:
		judge_gap(l, f, &answer);
		break;
	case TG_SEQUENCE_LATE:
		judge_late(l, f);
		break;
	}
	if (f->verdict != TG_FILE_TAKE)
		return TG_OK;
	if (answer.goes_back && !f->warned) {
		refuse(l, f, TG_FILE_TAKE, "date",
		       TG_STR("is of an earlier day than the number before it"));
		f->warned = true;
	}
	return tg_sequence_take(l->sequence, &file, f->count, err);
}

/* Several files with one number, none of which has landed: of one content they are one; else nobody here knows which is right. */
static enum tg_status judge_number(struct tg_listing *l, struct tg_file **f, size_t n,
				   struct tg_error *err)
{
	enum tg_status st = TG_OK;
	bool differ = false;

	for (size_t i = 1; i < n; i++)
		differ |= strcmp(f[i]->sha256, f[0]->sha256) != 0;
	for (size_t i = 0; !st && i < n; i++) {
		struct tg_sequence_file file = asked(f[i]);
		struct tg_sequence_answer answer;

		st = tg_sequence_ask(l->sequence, &file, &answer, err);
		if (!st && differ && answer.verdict != TG_SEQUENCE_DUPLICATE &&
		    answer.verdict != TG_SEQUENCE_CONFLICT)
			refuse(l, f[i], TG_FILE_REJECT, "seq-conflict",
			       TG_STR("has its number in common with a file of other content, and "
				      "neither has landed"));
		else if (!st)
			st = judge(l, f[i], err);
	}
	return st;
}

enum tg_status tg_listing_judge(struct tg_listing *l, struct tg_error *err)
{
	enum tg_status st = TG_OK;
	size_t n;

	for (size_t i = 0; !st && i < l->n; i++) {
		struct tg_sequence_file file = asked(l->file[i]);
		struct tg_sequence_answer answer;

		if (!is_candidate(l->file[i]))
			continue;
		st = tg_sequence_ask(l->sequence, &file, &answer, err);
		l->file[i]->count = answer.count;
	}
	if (!st && l->n > 1)
		qsort(l->file, l->n, sizeof(struct tg_file *), in_order);
	for (size_t i = 0; !st && i < l->n; i += n) {
		n = 1;
		if (!is_candidate(l->file[i]))
			continue;
		while (i + n < l->n && is_one_number(l->file[i], l->file[i + n]))
			n++;
		st = judge_number(l, &l->file[i], n, err);
	}
	l->waiting = 0;
	for (size_t i = 0; i < l->n; i++)
		l->waiting += l->file[i]->verdict == TG_FILE_WAIT;
	return st;
}

/*
 * Telling
 */

static void put_fields(struct tg_buffer *out, const struct tg_file *file,
		       const struct tg_naming *naming)
{
	bool any = false;

	for (size_t i = 0; i < naming->template.fields; i++) {
		const struct tg_name_field *f = &naming->template.field[i];

		if ((f->role != TG_NAME_WORD && f->role != TG_NAME_EXT) || !file->name.text[i].p)
			continue;
		tg_buffer_puts(out, any ? "," : ",\"fields\":{");
		tg_json_put_string(out, f->name);
		tg_buffer_putc(out, ':');
		tg_json_put_string(out, file->name.text[i]);
		any = true;
	}
	if (any)
		tg_buffer_putc(out, '}');
}

void tg_file_put(struct tg_buffer *out, const struct tg_file *file, const struct tg_naming *naming)
{
	static const char *const verdict[] = {
		[TG_FILE_TAKE] = "take",     [TG_FILE_DUPLICATE] = "duplicate",
		[TG_FILE_WAIT] = "wait",     [TG_FILE_IGNORE] = "ignore",
		[TG_FILE_REJECT] = "reject",
	};
	struct tg_str date = tg_str_of(file->name.date);
	char crc32[8 + 1];

	tg_buffer_putc(out, '{');
	tg_json_put_member(out, "path", file->path);
	tg_json_put_member(out, "verdict", tg_str_of(verdict[file->verdict]));
	if (file->code) {
		tg_json_put_member(out, "code", tg_str_of(file->code));
		tg_json_put_member(out, "reason", file->reason);
	}
	tg_json_put_member(out, "source", file->name.source);
	tg_json_put_member(out, "entity", file->name.entity);
	tg_json_put_member(out, "date", date.n ? date : TG_STR_NONE);
	if (file->name.numbered)
		tg_json_put_member_u64(out, "seq", file->name.seq);
	if (file->looked) {
		(void)snprintf(crc32, sizeof(crc32), "%08x", file->crc32);
		tg_json_put_member(out, "crc32", tg_str_of(crc32));
		tg_json_put_member(out, "sha256", tg_str_of(file->sha256));
		tg_json_put_member_u64(out, "bytes", file->bytes);
	}
	put_fields(out, file, naming);
	tg_buffer_putc(out, '}');
}

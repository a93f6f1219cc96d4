#include "common/fixed/frame.h"

#include "common/base/utf8.h"

enum {
	WORD = 4,      /* bytes of a descriptor word */
	TAG_QUICK = 8, /* bytes of a tag that is compared at once */
};

/* The first bytes of a tag as one number. Slack bytes behind it are readable. */
static uint64_t key_of(const char *p, uint64_t mask)
{
	uint64_t key;

	memcpy(&key, p, sizeof(key));
	return key & mask;
}

static uint64_t mask_of(uint32_t width)
{
	unsigned char byte[sizeof(uint64_t)];
	uint64_t mask;

	for (unsigned i = 0; i < sizeof(byte); i++)
		byte[i] = i < width ? 0xff : 0;
	memcpy(&mask, byte, sizeof(mask));
	return mask;
}

void tg_framer_open(struct tg_framer *f, const struct tg_fixed_layout *layout, uint64_t max,
		    struct tg_arena *arena)
{
	f->layout = layout;
	f->max = max;
	f->common = layout->kind[0].length;
	for (size_t i = 0; i < layout->kinds; i++)
		if (layout->kind[i].length != f->common)
			f->common = 0;
	if (!layout->tagged || layout->tag_width > TAG_QUICK)
		return;
	f->mask = mask_of(layout->tag_width);
	f->key = tg_arena_array(arena, layout->kinds, sizeof(*f->key));
	for (size_t i = 0; i < layout->kinds; i++)
		if (!layout->kind[i].any)
			f->key[i] = key_of(layout->kind[i].tag_bytes.p, f->mask);
}

void tg_framer_release(struct tg_framer *f)
{
	tg_buffer_release(&f->padded);
	tg_free(f->index);
	f->index = NULL;
}

void tg_framer_begin(struct tg_framer *f)
{
	f->last = &f->layout->kind[0];
	f->block = 0;
	f->blocked = false;
}

/*
 * Kinds
 */

static const struct tg_fixed_kind *kind_of_tag(struct tg_framer *f, struct tg_str tag)
{
	const struct tg_fixed_layout *l = f->layout;

	for (size_t i = 0; i < l->kinds; i++)
		if (!l->kind[i].any && tg_str_eq(l->kind[i].tag_bytes, tag))
			return &l->kind[i];
	return l->any;
}

static const struct tg_fixed_kind *find_kind(struct tg_framer *f, struct tg_str tag)
{
	const struct tg_fixed_layout *l = f->layout;
	uint64_t key;

	if (!f->key || tag.n != l->tag_width)
		return kind_of_tag(f, tag);
	key = key_of(tag.p, f->mask);
	if (TG_LIKELY(f->key[f->last - l->kind] == key && f->last->tag_bytes.n == tag.n))
		return f->last;
	for (size_t i = 0; i < l->kinds; i++)
		if (f->key[i] == key && l->kind[i].tag_bytes.n == tag.n)
			return f->last = &l->kind[i];
	return l->any;
}

static bool is_ascii(struct tg_str s)
{
	uint64_t any = 0, word;
	size_t i = 0;

	for (; i + sizeof(word) <= s.n; i += sizeof(word)) {
		memcpy(&word, s.p + i, sizeof(word));
		any |= word;
	}
	for (; i < s.n; i++)
		any |= (uint64_t)(unsigned char)s.p[i] << 56;
	return !(any & UINT64_C(0x8080808080808080));
}

/* The tag stands behind so many characters, which may be more bytes. False: the text is too short. */
static bool find_tag(const struct tg_framer *f, struct tg_str text, struct tg_str *tag)
{
	size_t at = f->layout->tag_at, width = f->layout->tag_width;
	size_t begin = at, end = at + width;

	if (f->layout->characters && !is_ascii(text)) {
		size_t units = 0;

		begin = end = text.n;
		for (size_t i = 0; i < text.n; i++) {
			if (((unsigned char)text.p[i] & 0xc0) == 0x80 && i)
				continue;
			if (units == at)
				begin = i;
			if (units == at + width)
				end = i;
			units++;
		}
		if (units < at + width)
			return false;
	}
	if (end > text.n)
		return false;
	*tag = tg_str_from(text.p + begin, end - begin);
	return true;
}

static void find_its_kind(struct tg_framer *f, struct tg_frame *frame)
{
	struct tg_str tag;

	frame->tagless = false;
	if (!f->layout->tagged) {
		frame->kind = &f->layout->kind[0];
		return;
	}
	frame->tagless = !find_tag(f, frame->text, &tag);
	frame->kind = frame->tagless ? NULL : find_kind(f, tag);
}

const struct tg_fixed_kind *tg_framer_kind(struct tg_framer *f, struct tg_str text)
{
	struct tg_frame frame = { .text = text };

	find_its_kind(f, &frame);
	return frame.kind;
}

/*
 * Where it ends
 */

static enum tg_frame_found find_line(struct tg_framer *f, struct tg_str bytes, bool last,
				     struct tg_frame *frame)
{
	const char *end = memchr(bytes.p, '\n', bytes.n);
	size_t n = end ? (size_t)(end - bytes.p) : bytes.n;

	if (!end && !last)
		return TG_FRAME_MORE;
	frame->before = 0;
	frame->behind = end != NULL;
	if (end && n && bytes.p[n - 1] == '\r') {
		frame->behind++;
		n--;
	}
	if (n > f->max)
		return TG_FRAME_LONG;
	frame->text = tg_str_from(bytes.p, n);
	return n ? TG_FRAME_RECORD : TG_FRAME_NOTHING;
}

/* Records one behind the other: the kind says how long it is. */
static enum tg_frame_found find_fixed(struct tg_framer *f, struct tg_str bytes, bool last,
				      struct tg_frame *frame, struct tg_error *err)
{
	size_t length = f->common;

	if (length == 0) {
		size_t tag_end = (size_t)f->layout->tag_at + f->layout->tag_width;

		if (bytes.n < tag_end && !last)
			return TG_FRAME_MORE;
		frame->text = bytes;
		find_its_kind(f, frame);
		if (!frame->kind && !frame->tagless) {
			(void)tg_fail_code(
				err, TG_DATA, "fixed-record",
				"a record begins here whose tag the layout does not know, so that nobody can tell where it ends");
			return TG_FRAME_BROKEN;
		}
		length = frame->kind ? frame->kind->length : bytes.n + 1;
	}
	if (bytes.n < length && !last)
		return TG_FRAME_MORE;
	frame->before = frame->behind = 0;
	frame->text = tg_str_from(bytes.p, bytes.n < length ? bytes.n : length);
	return TG_FRAME_RECORD;
}

static size_t big16(const char *p)
{
	return (size_t)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static enum tg_frame_found broken(struct tg_error *err, const char *what, struct tg_str bytes)
{
	(void)tg_fail_code(
		err, TG_DATA, "fixed-length",
		"%s (%02x%02x%02x%02x): from here on nobody can tell where records end; is the framing the right one, and was the file sent as binary?",
		what, (unsigned char)bytes.p[0], (unsigned char)bytes.p[1],
		(unsigned char)bytes.p[2], (unsigned char)bytes.p[3]);
	return TG_FRAME_BROKEN;
}

static enum tg_frame_found cut_off(struct tg_error *err, const char *what)
{
	(void)tg_fail_code(err, TG_DATA, "fixed-length", "the file ends within %s: it was cut off",
			   what);
	return TG_FRAME_BROKEN;
}

/* A block descriptor word: its length with itself in the first half; with the highest bit set, in all but that. */
static enum tg_frame_found find_block(struct tg_framer *f, struct tg_str bytes, bool last,
				      struct tg_frame *frame, struct tg_error *err)
{
	size_t n;

	if (bytes.n < WORD)
		return last ? cut_off(err, "a block descriptor word") : TG_FRAME_MORE;
	n = big16(bytes.p);
	if (n & 0x8000)
		n = (n & 0x7fff) << 16 | big16(bytes.p + 2);
	else if (big16(bytes.p + 2))
		return broken(err, "this is no block descriptor word", bytes);
	if (n < WORD)
		return broken(err, "this is no block descriptor word", bytes);
	f->block = n - WORD;
	frame->before = WORD;
	frame->behind = 0;
	frame->text = TG_STR("");
	return TG_FRAME_NOTHING;
}

/* A record descriptor word: its length with itself, then what says which segment of a spanned record it is, and must be zero. */
static enum tg_frame_found find_rdw(struct tg_framer *f, struct tg_str bytes, bool last,
				    struct tg_frame *frame, struct tg_error *err)
{
	bool blocks = f->layout->framing == TG_FRAMING_RDW_BDW;
	size_t n;

	if (blocks && f->block == 0)
		return find_block(f, bytes, last, frame, err);
	if (bytes.n < WORD)
		return last ? cut_off(err, "a record descriptor word") : TG_FRAME_MORE;
	n = big16(bytes.p);
	if (bytes.p[2] >= 1 && bytes.p[2] <= 3 && n >= WORD)
		return broken(err, "this is a segment of a spanned record, which is not read",
			      bytes);
	if (n < WORD || big16(bytes.p + 2))
		return broken(err, "this is no record descriptor word", bytes);
	if (blocks && n > f->block)
		return broken(err, "this record is longer than the rest of its block", bytes);
	if (bytes.n < n)
		return last ? cut_off(err, "a record") : TG_FRAME_MORE;
	if (blocks)
		f->block -= n;
	frame->before = WORD;
	frame->behind = 0;
	frame->text = tg_str_from(bytes.p + WORD, n - WORD);
	return TG_FRAME_RECORD;
}

enum tg_frame_found tg_framer_find(struct tg_framer *f, struct tg_str bytes, bool last,
				   struct tg_frame *frame, struct tg_error *err)
{
	enum tg_frame_found found = TG_FRAME_MORE;

	switch (f->layout->framing) {
	case TG_FRAMING_LINES:
		found = find_line(f, bytes, last, frame);
		break;
	case TG_FRAMING_FIXED:
		found = find_fixed(f, bytes, last, frame, err);
		break;
	case TG_FRAMING_RDW:
	case TG_FRAMING_RDW_BDW:
		found = find_rdw(f, bytes, last, frame, err);
		break;
	}
	if (found == TG_FRAME_RECORD)
		find_its_kind(f, frame);
	return found;
}

/*
 * Rows
 */

/* Where each character begins. Bytes that are no UTF-8 are characters each, so that the field that they are in is at fault. */
static void find_characters(struct tg_framer *f, struct tg_str text, struct tg_fixed_row *row)
{
	uint32_t n = 0, room = (uint32_t)text.n + f->layout->longest + 2;

	if (f->indexes < room) {
		tg_free(f->index);
		f->index = tg_alloc_array(room, sizeof(*f->index));
		f->indexes = room;
	}
	for (size_t i = 0, size; i < text.n; i += size) {
		(void)tg_utf8_decode(tg_str_after(text, i), &size);
		f->index[n++] = (uint32_t)i;
	}
	f->index[n] = (uint32_t)text.n;
	row->index = f->index;
	row->units = n;
}

static void fill_up(struct tg_framer *f, struct tg_str text, size_t missing,
		    struct tg_fixed_row *row)
{
	tg_buffer_clear(&f->padded);
	(void)tg_buffer_room(&f->padded, text.n + missing);
	tg_buffer_put_str(&f->padded, text);
	memset(f->padded.p + text.n, f->layout->set->blank, missing);
	row->p = f->padded.p;
	for (size_t i = 0; row->index && i < missing; i++)
		f->index[row->units + i + 1] = (uint32_t)(text.n + i + 1);
	row->units += missing;
}

void tg_framer_row(struct tg_framer *f, const struct tg_frame *frame, struct tg_fixed_row *row)
{
	const struct tg_fixed_layout *l = f->layout;

	row->p = frame->text.p;
	row->units = frame->text.n;
	row->index = NULL;
	if (l->characters && !is_ascii(frame->text))
		find_characters(f, frame->text, row);
	if (l->pad_short && frame->kind && row->units < frame->kind->length)
		fill_up(f, frame->text, frame->kind->length - row->units, row);
}

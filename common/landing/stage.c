#include "common/landing/stage.h"

#include "common/base/cpu.h"
#include "common/json/text.h"

#if TG_CPU_X86
#include <immintrin.h>
#endif

enum {
	STEP = 64,
	WRITTEN_ON = 8 << 20,
};

/* Which of 64 bytes are line feeds: a bit each. */
static uint64_t line_feeds(const char *p)
{
	uint64_t bits = 0;

#if TG_CPU_X86
	for (unsigned i = 0; i < STEP; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));

		v = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
		bits |= (uint64_t)(unsigned)_mm_movemask_epi8(v) << i;
	}
#else
	for (unsigned i = 0; i < STEP; i++)
		bits |= (uint64_t)(p[i] == '\n') << i;
#endif
	return bits;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A piece of one line. Nearly always its first byte tells. */
static void add_piece(struct tg_line_count *count, const char *p, size_t n)
{
	for (size_t i = 0; i < n && !count->counted; i++)
		count->counted = !is_blank(p[i]);
}

static void end_line(struct tg_line_count *count)
{
	count->n += count->counted;
	count->counted = false;
}

static void add_bits(struct tg_line_count *count, const char *p, size_t n, uint64_t bits)
{
	size_t from = 0;

	for (; bits; bits &= bits - 1) {
		size_t at = (size_t)__builtin_ctzll(bits);

		add_piece(count, p + from, at - from);
		end_line(count);
		from = at + 1;
	}
	add_piece(count, p + from, n - from);
}

/*
 * Counts on while every line begins with what is no blank, as all but a few do: then each line feed is a line, and none needs a
 * branch of its own. The line that goes on must be counted already. Returns how many bytes were passed, in whole steps.
 */
#if TG_CPU_X86
__attribute__((target("avx2,popcnt"))) static size_t add_plain(struct tg_line_count *count,
							       struct tg_str bytes)
{
	const __m256i feed = _mm256_set1_epi8('\n'), space = _mm256_set1_epi8(' ');
	uint64_t begins = 0; /* a line at the first byte */
	size_t at;

	for (at = 0; at + STEP <= bytes.n; at += STEP) {
		__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(bytes.p + at)),
			b = _mm256_loadu_si256((const __m256i *)(const void *)(bytes.p + at + 32));
		uint64_t feeds =
			(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, feed)) |
			(uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, feed)) << 32;
		/* Up to the space: all blanks, line feeds, and what the slow way must look at. */
		uint64_t low = (uint32_t)_mm256_movemask_epi8(
				       _mm256_cmpeq_epi8(_mm256_min_epu8(a, space), a)) |
			       (uint64_t)(uint32_t)_mm256_movemask_epi8(
				       _mm256_cmpeq_epi8(_mm256_min_epu8(b, space), b))
				       << 32;

		if ((feeds << 1 | begins) & low)
			break;
		count->n += (uint64_t)__builtin_popcountll(feeds);
		begins = feeds >> 63;
	}
	count->counted = !begins;
	return at;
}
#endif

void tg_line_count_add(struct tg_line_count *count, struct tg_str bytes)
{
#if TG_CPU_X86
	bool wide = tg_cpu_level() >= TG_CPU_AVX2;
#endif

	while (bytes.n >= STEP) {
#if TG_CPU_X86
		if (wide && count->counted) {
			bytes = tg_str_after(bytes, add_plain(count, bytes));
			if (bytes.n < STEP)
				break;
		}
#endif
		add_bits(count, bytes.p, STEP, line_feeds(bytes.p));
		bytes = tg_str_after(bytes, STEP);
	}
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\n')
			end_line(count);
		else
			add_piece(count, bytes.p + i, 1);
	}
}

static enum tg_status put_packed(void *arg, struct tg_str bytes, struct tg_error *err)
{
	struct tg_stage *stage = arg;

	tg_digest_add(stage->stored_digest, bytes.p, bytes.n);
	stage->stored_bytes += bytes.n;
	return tg_publish_write(&stage->file, bytes, err);
}

enum tg_status tg_stage_open(struct tg_stage *stage, const struct tg_zone *zone, bool dry,
			     struct tg_error *err)
{
	enum tg_status st = tg_digest_new(&stage->digest, err);

	stage->dry = dry;
	if (st || dry)
		return st;
	if (stage->packs) {
		st = tg_digest_new(&stage->stored_digest, err);
		if (!st)
			st = tg_pack_new(&stage->pack, put_packed, stage, err);
		if (st)
			return st;
	}
	return tg_publish_stage(&stage->file, zone->own, 0440, "the data in the zone", err);
}

/* The disk gets what there is while more comes, and not all of it at the sync: 250 MB wait a seventh less, for no CPU. */
static void write_on(const struct tg_stage *stage, size_t added)
{
	if (stage->bytes / WRITTEN_ON != (stage->bytes - added) / WRITTEN_ON)
		tg_sync_soon(stage->file.fd);
}

enum tg_status tg_stage_take(struct tg_stage *stage, struct tg_str bytes, struct tg_error *err)
{
	enum tg_status st;

	tg_digest_add(stage->digest, bytes.p, bytes.n);
	tg_line_count_add(&stage->records, bytes);
	stage->bytes += bytes.n;
	if (stage->dry)
		return TG_OK;
	if (stage->packs)
		st = tg_pack_add(stage->pack, bytes, err);
	else
		st = tg_publish_write(&stage->file, bytes, err);
	if (!st)
		write_on(stage, bytes.n);
	return st;
}

enum tg_status tg_stage_close(struct tg_stage *stage, struct tg_error *err)
{
	enum tg_status st;

	end_line(&stage->records); /* the last line may have no line feed */
	tg_digest_hex(stage->digest, stage->sha256);
	if (stage->dry || !stage->packs)
		return TG_OK;
	st = tg_pack_end(stage->pack, err);
	if (!st)
		tg_digest_hex(stage->stored_digest, stage->stored_sha256);
	return st;
}

void tg_stage_put_encoding(const struct tg_stage *stage, struct tg_buffer *out)
{
	if (!stage->packs)
		return;
	tg_json_put_member(out, "encoding", TG_STR("zstd"));
	tg_json_put_member(out, "stored_sha256", tg_str_of(stage->stored_sha256));
	tg_json_put_member_u64(out, "stored_bytes", stage->stored_bytes);
}

void tg_stage_release(struct tg_stage *stage)
{
	tg_publish_release(&stage->file);
	tg_digest_free(&stage->digest);
	tg_digest_free(&stage->stored_digest);
	tg_pack_free(&stage->pack);
}

#include "common/run/ids.h"

#include <stdio.h>

static void put_hex(char *to, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*to++ = digits[p[i] >> 4];
		*to++ = digits[p[i] & 15];
	}
	*to = '\0';
}

static bool is_hex(struct tg_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]) || s.p[i] == '\0')
			return false;
	return true;
}

/* RFC 9562, 5.7: milliseconds, then chance. */
static void draw_run(char run[TG_RUN_SIZE + 1], struct tg_time now, const unsigned char *chance)
{
	uint64_t millis = (uint64_t)now.seconds * 1000 + now.micros / 1000;
	unsigned char id[16];
	char hex[33];

	for (size_t i = 0; i < 6; i++)
		id[i] = (unsigned char)(millis >> (40 - 8 * i));
	memcpy(id + 6, chance, 10);
	id[6] = (unsigned char)((id[6] & 0x0f) | 0x70);
	id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
	put_hex(hex, id, sizeof(id));
	snprintf(run, TG_RUN_SIZE + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		 hex + 16, hex + 20);
}

static bool is_run(struct tg_str s)
{
	if (s.n != TG_RUN_SIZE)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.p[i] != '-' : !is_hex(tg_str_from(s.p + i, 1)))
			return false;
	}
	return true;
}

static bool all_zero(struct tg_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '0')
			return false;
	return true;
}

/* W3C Trace Context: 00-TRACE-PARENT-FLAGS; a later version may have more behind it. What is malformed is ignored. */
static bool read_traceparent(struct tg_ids *ids, struct tg_str text)
{
	struct tg_str version = tg_str_from(text.p, 2), trace, parent;

	if (text.n < 55 || (text.n > 55 && (tg_str_is(version, "00") || text.p[55] != '-')))
		return false;
	trace = tg_str_from(text.p + 3, TG_TRACE_SIZE);
	parent = tg_str_from(text.p + 36, TG_SPAN_SIZE);
	if (text.p[2] != '-' || text.p[35] != '-' || text.p[52] != '-' ||
	    tg_str_is(version, "ff") || !is_hex(version) || !is_hex(trace) || !is_hex(parent) ||
	    !is_hex(tg_str_from(text.p + 53, 2)) || all_zero(trace) || all_zero(parent))
		return false;
	memcpy(ids->trace, trace.p, trace.n);
	memcpy(ids->parent, parent.p, parent.n);
	return true;
}

void tg_ids_draw(struct tg_ids *ids, struct tg_time now, const unsigned char chance[TG_IDS_CHANCE])
{
	memset(ids, 0, sizeof(*ids));
	draw_run(ids->run, now, chance);
	put_hex(ids->span, chance + 10, TG_SPAN_SIZE / 2);
}

bool tg_ids_join(struct tg_ids *ids, struct tg_str run)
{
	if (!is_run(run))
		return false;
	memcpy(ids->run, run.p, run.n);
	return true;
}

void tg_ids_trace(struct tg_ids *ids, struct tg_str caller)
{
	size_t n = 0;

	if (read_traceparent(ids, caller))
		return;
	for (size_t i = 0; i < TG_RUN_SIZE; i++)
		if (ids->run[i] != '-')
			ids->trace[n++] = ids->run[i];
}

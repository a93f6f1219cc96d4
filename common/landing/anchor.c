#include "common/landing/anchor.h"

#include "common/base/check.h"

static const char word[] = "tidegate-anchor ";

void tg_anchor_put(struct tg_buffer *out, const struct tg_anchor *anchor)
{
	tg_buffer_printf(out, "%s1 %s %llu %s", word, anchor->zone,
			 (unsigned long long)anchor->line, anchor->sha256);
}

bool tg_anchor_begins(struct tg_str text)
{
	return tg_str_starts(text, tg_str_of(word));
}

/* The next word, and a blank behind it when it is not the last. */
static struct tg_str take_word(struct tg_str *rest)
{
	size_t n = 0;
	struct tg_str found;

	while (n < rest->n && rest->p[n] != ' ')
		n++;
	found = tg_str_from(rest->p, n);
	*rest = tg_str_after(*rest, n + 1);
	return found;
}

static bool take_hex(struct tg_str *rest, char *to, size_t n)
{
	struct tg_str digits = take_word(rest);

	if (digits.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr("0123456789abcdef", digits.p[i]) || !digits.p[i])
			return false;
	memcpy(to, digits.p, n);
	to[n] = '\0';
	return true;
}

bool tg_anchor_read(struct tg_anchor *anchor, struct tg_str text)
{
	static const char blank[] = " \t\r\n";
	struct tg_anchor a;

	while (text.n && memchr(blank, text.p[0], sizeof(blank) - 1))
		text = tg_str_after(text, 1);
	while (text.n && memchr(blank, text.p[text.n - 1], sizeof(blank) - 1))
		text.n--;
	if (!tg_anchor_begins(text))
		return false;
	text = tg_str_after(text, sizeof(word) - 1);
	if (!tg_str_is(take_word(&text), "1") || !take_hex(&text, a.zone, TG_ZONE_ID) ||
	    !tg_read_u64(take_word(&text), &a.line) || !take_hex(&text, a.sha256, TG_SHA256_HEX) ||
	    text.n)
		return false;
	*anchor = a;
	return true;
}

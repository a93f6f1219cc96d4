/* Twilio's two ways with what a proxy may have changed, and its order of a form's pairs. */
#include "common/webhook/template.h"

#include <stdlib.h>

struct pair {
	struct tg_str name, value;
};

/* application/x-www-form-urlencoded: + is a blank; a % that begins no escape stands for itself. */
static struct tg_str decode(struct tg_str text, struct tg_arena *arena)
{
	char *to = tg_arena_take(arena, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%' && i + 2 < text.n &&
			   tg_hex((unsigned char)text.p[i + 1]) >= 0 &&
			   tg_hex((unsigned char)text.p[i + 2]) >= 0) {
			c = (char)(tg_hex((unsigned char)text.p[i + 1]) << 4 |
				   tg_hex((unsigned char)text.p[i + 2]));
			i += 2;
		}
		to[n++] = c;
	}
	return tg_str_from(to, n);
}

static int by_name_and_value(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	int order = tg_str_compare(a->name, b->name);

	return order ? order : tg_str_compare(a->value, b->value);
}

/* The pair that begins at *body; moves on behind it. None (empty): nothing stands between two &. */
static struct tg_str next_pair(struct tg_str *body)
{
	const char *end = memchr(body->p, '&', body->n);
	struct tg_str one = tg_str_from(body->p, end ? (size_t)(end - body->p) : body->n);

	*body = tg_str_after(*body, one.n + (end != NULL));
	return one;
}

static bool split(struct tg_str body, struct tg_arena *arena, struct pair **pair, size_t *pairs)
{
	struct tg_str rest = body;
	size_t n = 0;

	while (rest.n)
		n += next_pair(&rest).n > 0;
	if (n > TG_REQUEST_PAIRS)
		return false;
	*pair = tg_arena_array(arena, n, sizeof(**pair));
	*pairs = 0;
	while (body.n) {
		struct tg_str one = next_pair(&body);
		const char *equals = one.n ? memchr(one.p, '=', one.n) : NULL;
		size_t name = equals ? (size_t)(equals - one.p) : one.n;

		if (one.n)
			(*pair)[(*pairs)++] =
				(struct pair){ decode(tg_str_from(one.p, name), arena),
					       decode(tg_str_after(one, name + 1), arena) };
	}
	return true;
}

bool tg_form_join(struct tg_str body, struct tg_arena *arena, struct tg_str *joined)
{
	struct pair *pair;
	size_t n, at = 0;
	char *to;

	if (!split(body, arena, &pair, &n))
		return false;
	to = tg_arena_take(arena, body.n + 1);
	if (n)
		qsort(pair, n, sizeof(*pair), by_name_and_value);
	for (size_t i = 0; i < n; i++) {
		if (i && by_name_and_value(pair + i - 1, pair + i) == 0)
			continue;
		memcpy(to + at, pair[i].name.p, pair[i].name.n);
		at += pair[i].name.n;
		memcpy(to + at, pair[i].value.p, pair[i].value.n);
		at += pair[i].value.n;
	}
	*joined = tg_str_from(to, at);
	return true;
}

/* Where in a URL the authority ends, and its port begins (with the colon; the same: there is none). */
static bool find_port(struct tg_str url, size_t *port, size_t *end)
{
	const char *slashes = url.n > 3 ? memmem(url.p, url.n, "://", 3) : NULL;
	size_t i;

	if (!slashes)
		return false;
	i = (size_t)(slashes - url.p) + 3;
	*end = i;
	while (*end < url.n && !memchr("/?#", url.p[*end], 3))
		++*end;
	*port = *end;
	while (*port > i && tg_digit((unsigned char)url.p[*port - 1]))
		--*port;
	if (*port == i || *port == *end || url.p[*port - 1] != ':')
		*port = *end;
	else
		--*port;
	return true;
}

static struct tg_str replace(struct tg_str url, const char *what, const char *with,
			     struct tg_arena *arena)
{
	size_t n = strlen(what), to = strlen(with), at = 0;
	char *p = tg_arena_take(arena, url.n * 3 + 1);

	for (size_t i = 0; i < url.n;) {
		if (url.n - i >= n && memcmp(url.p + i, what, n) == 0) {
			memcpy(p + at, with, to);
			at += to;
			i += n;
		} else {
			p[at++] = url.p[i++];
		}
	}
	return tg_str_from(p, at);
}

static void add(struct tg_str *variant, size_t *n, struct tg_str url)
{
	for (size_t i = 0; i < *n; i++)
		if (tg_str_eq(variant[i], url))
			return;
	variant[(*n)++] = url;
}

/* The sender signs the URL as it was configured; proxies and servers give it with or without the port, and with ' spelt either way. */
size_t tg_url_variants(struct tg_str url, struct tg_arena *arena,
		       struct tg_str variant[TG_URL_VARIANTS])
{
	struct tg_str base[3] = { url };
	size_t bases = 1, n = 0, port, end;

	if (find_port(url, &port, &end)) {
		bool https = tg_str_starts(url, TG_STR("https://"));

		base[bases++] = tg_arena_format(arena, "%.*s%.*s", (int)port, url.p,
						TG_STR_ARG(tg_str_after(url, end)));
		base[bases++] =
			tg_arena_format(arena, "%.*s%s%.*s", (int)port, url.p,
					https ? ":443" : ":80", TG_STR_ARG(tg_str_after(url, end)));
	}
	for (size_t i = 0; i < bases; i++) {
		add(variant, &n, base[i]);
		add(variant, &n, replace(base[i], "'", "%27", arena));
		add(variant, &n, replace(base[i], "%27", "'", arena));
	}
	return n;
}

#include "common/schema/uri.h"

#include "common/base/utf8.h"

static bool letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool digit(char c)
{
	return tg_digit((unsigned char)c);
}

static bool hex(char c)
{
	return tg_hex((unsigned char)c) >= 0;
}

static bool one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* Cuts s before the first of the bytes in set; the rest begins with it, or is none. */
static struct tg_str cut(struct tg_str *s, const char *set)
{
	struct tg_str whole = *s;
	size_t n = 0;

	while (n < s->n && !one_of(s->p[n], set))
		n++;
	s->n = n;
	return n < whole.n ? tg_str_after(whole, n) : TG_STR_NONE;
}

static bool is_scheme(struct tg_str s)
{
	if (s.n == 0 || !letter(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!letter(s.p[i]) && !digit(s.p[i]) && !one_of(s.p[i], "+-."))
			return false;
	return true;
}

struct tg_uri tg_uri_split(struct tg_str text)
{
	struct tg_uri uri = { .scheme = TG_STR_NONE };
	struct tg_str rest, head;

	if (!text.p)
		text = TG_STR("");
	rest = cut(&text, "#");
	if (rest.p)
		uri.fragment = tg_str_after(rest, 1);
	rest = cut(&text, "?");
	if (rest.p)
		uri.query = tg_str_after(rest, 1);
	head = text;
	rest = cut(&head, ":/");
	if (rest.p && rest.p[0] == ':' && is_scheme(head)) {
		uri.scheme = head;
		text = tg_str_after(rest, 1);
	}
	if (tg_str_starts(text, TG_STR("//"))) {
		uri.authority = tg_str_after(text, 2);
		rest = cut(&uri.authority, "/");
		text = rest.p ? rest : tg_str_after(text, text.n);
	}
	uri.path = text;
	return uri;
}

/* RFC 3987's ucschar, and iprivate in a query. */
static bool wide_code_point(uint32_t c, bool private)
{
	if ((c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && c <= 0x10ffff))
		return private;
	return (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfdcf) ||
	       (c >= 0xfdf0 && c <= 0xffef) ||
	       (c >= 0x10000 && (c & 0xffff) <= 0xfffd && !(c >= 0xe0000 && c <= 0xe0fff));
}

/* Whether s holds unreserved characters, sub-delims, escapes and those in `more` only. */
static bool made_of(struct tg_str s, const char *more, bool wide, bool private)
{
	for (size_t i = 0; i < s.n;) {
		char c = s.p[i];
		size_t size = 1;

		if (c == '%') {
			if (s.n - i < 3 || !hex(s.p[i + 1]) || !hex(s.p[i + 2]))
				return false;
			size = 3;
		} else if ((unsigned char)c >= 0x80) {
			if (!wide ||
			    !wide_code_point(tg_utf8_decode(tg_str_after(s, i), &size), private))
				return false;
		} else if (!letter(c) && !digit(c) && !one_of(c, "-._~!$&'()*+,;=") &&
			   !one_of(c, more)) {
			return false;
		}
		i += size;
	}
	return true;
}

bool tg_uri_is_ipv4(struct tg_str s)
{
	for (unsigned part = 0; part < 4; part++) {
		unsigned value = 0;
		size_t n = 0;

		for (; n < s.n && n < 3 && digit(s.p[n]); n++)
			value = value * 10 + (unsigned)(s.p[n] - '0');
		if (n == 0 || value > 255 || (n > 1 && s.p[0] == '0'))
			return false;
		s = tg_str_after(s, n);
		if (part < 3) {
			if (s.n == 0 || s.p[0] != '.')
				return false;
			s = tg_str_after(s, 1);
		}
	}
	return s.n == 0;
}

bool tg_uri_is_ipv6(struct tg_str s)
{
	unsigned groups = 0;
	bool gap = false;

	if (tg_str_starts(s, TG_STR("::"))) {
		gap = true;
		s = tg_str_after(s, 2);
	}
	while (s.n > 0) {
		size_t n = 0;

		while (n < s.n && n < 5 && hex(s.p[n]))
			n++;
		if (n < s.n && s.p[n] == '.') { /* the last 32 bits as an IPv4 address */
			groups += 2;
			return tg_uri_is_ipv4(s) && (gap ? groups < 8 : groups == 8);
		}
		if (n == 0 || n > 4)
			return false;
		groups++;
		s = tg_str_after(s, n);
		if (s.n == 0)
			break;
		if (s.p[0] != ':' || s.n == 1)
			return false;
		s = tg_str_after(s, 1);
		if (s.p[0] == ':') {
			if (gap)
				return false;
			gap = true;
			s = tg_str_after(s, 1);
		}
	}
	return gap ? groups < 8 : groups == 8;
}

static bool is_future_address(struct tg_str s)
{
	size_t n = 1;

	if (s.n < 4 || (s.p[0] | 0x20) != 'v')
		return false;
	while (n < s.n && hex(s.p[n]))
		n++;
	return n > 1 && n + 1 < s.n && s.p[n] == '.' &&
	       made_of(tg_str_after(s, n + 1), ":", false, false) && !memchr(s.p, '%', s.n);
}

static bool is_authority(struct tg_str s, bool wide)
{
	const char *at = s.n ? memchr(s.p, '@', s.n) : NULL;
	struct tg_str port = TG_STR_NONE;

	if (at) {
		if (!made_of(tg_str_from(s.p, (size_t)(at - s.p)), ":", wide, false))
			return false;
		s = tg_str_after(s, (size_t)(at - s.p) + 1);
	}
	if (s.n > 0 && s.p[0] == '[') {
		struct tg_str address = tg_str_after(s, 1);

		port = cut(&address, "]");
		if (!port.p || !(tg_uri_is_ipv6(address) || is_future_address(address)))
			return false;
		port = tg_str_after(port, 1);
	} else {
		port = cut(&s, ":");
		if (!made_of(s, "", wide, false))
			return false;
	}
	if (!port.p || port.n == 0)
		return true;
	for (size_t i = 1; i < port.n; i++)
		if (!digit(port.p[i]))
			return false;
	return port.p[0] == ':';
}

static bool is_path(const struct tg_uri *uri, bool wide)
{
	struct tg_str first = uri->path;

	if (!made_of(uri->path, ":@/", wide, false))
		return false;
	/* The first segment of a reference must not look like a scheme. */
	if (uri->scheme.p || uri->authority.p)
		return true;
	(void)cut(&first, "/");
	return first.n == 0 || !memchr(first.p, ':', first.n);
}

bool tg_uri_is_reference(struct tg_str text, bool wide)
{
	struct tg_uri uri = tg_uri_split(text);

	return (!uri.authority.p || is_authority(uri.authority, wide)) && is_path(&uri, wide) &&
	       made_of(uri.query, ":@/?", wide, true) && made_of(uri.fragment, ":@/?", wide, false);
}

bool tg_uri_is(struct tg_str text, bool wide)
{
	return tg_uri_split(text).scheme.p && tg_uri_is_reference(text, wide);
}

/* RFC 3986, 5.2.4, on what out holds from `from` on. */
static void remove_dots(struct tg_buffer *out, size_t from)
{
	struct tg_str in = { out->p + from, out->n - from };
	char *to = out->p + from;
	size_t n = 0;

	while (in.n > 0) {
		size_t segment = 1; /* with the slash before it */

		if (tg_str_starts(in, TG_STR("../")) || tg_str_starts(in, TG_STR("./"))) {
			in = tg_str_after(in, in.p[1] == '.' ? 3 : 2);
			continue;
		}
		if (tg_str_eq(in, TG_STR(".")) || tg_str_eq(in, TG_STR("..")))
			break;
		while (segment < in.n && in.p[segment] != '/')
			segment++;
		if (in.p[0] == '/' && segment == 2 && in.p[1] == '.') {
			if (in.n == 2)
				to[n++] = '/';
			in = tg_str_after(in, 2);
		} else if (in.p[0] == '/' && segment == 3 && in.p[1] == '.' && in.p[2] == '.') {
			while (n > 0 && to[n - 1] != '/')
				n--;
			n -= n > 0;
			if (in.n == 3)
				to[n++] = '/';
			in = tg_str_after(in, 3);
		} else {
			memmove(to + n, in.p, segment);
			n += segment;
			in = tg_str_after(in, segment);
		}
	}
	out->n = from + n;
}

static void put_part(struct tg_buffer *out, const char *before, struct tg_str part,
		     const char *behind)
{
	if (!part.p)
		return;
	tg_buffer_puts(out, before);
	tg_buffer_put_str(out, part);
	tg_buffer_puts(out, behind);
}

/* The base's path up to its last slash, and the reference's behind it. */
static void put_merged(struct tg_buffer *out, const struct tg_uri *base, struct tg_str path)
{
	size_t n = base->path.n;

	while (n > 0 && base->path.p[n - 1] != '/')
		n--;
	if (n == 0 && base->authority.p)
		tg_buffer_putc(out, '/');
	tg_buffer_put(out, base->path.p, n);
	tg_buffer_put_str(out, path);
}

void tg_uri_resolve(struct tg_buffer *out, struct tg_str base_text, struct tg_str reference)
{
	struct tg_uri base = tg_uri_split(base_text), uri = tg_uri_split(reference);
	bool own_place = uri.scheme.p || uri.authority.p;
	size_t path;

	put_part(out, "", uri.scheme.p ? uri.scheme : base.scheme, ":");
	put_part(out, "//", own_place ? uri.authority : base.authority, "");
	path = out->n;
	(void)tg_buffer_room(out, 1);
	if (own_place || (uri.path.n > 0 && uri.path.p[0] == '/')) {
		tg_buffer_put_str(out, uri.path);
		remove_dots(out, path);
	} else if (uri.path.n == 0) {
		tg_buffer_put_str(out, base.path);
		if (!uri.query.p)
			uri.query = base.query;
	} else {
		put_merged(out, &base, uri.path);
		remove_dots(out, path);
		/* Among files without a URI, a/../b is b and not /b. */
		if (path == 0 && out->n > 0 && out->p[0] == '/' && base.path.n > 0 &&
		    base.path.p[0] != '/')
			memmove(out->p, out->p + 1, --out->n);
	}
	put_part(out, "?", uri.query, "");
}

/* What stands between braces: an operator, then names with modifiers, comma between. */
static bool is_expression(struct tg_str s)
{
	if (s.n > 0 && one_of(s.p[0], "+#./;?&"))
		s = tg_str_after(s, 1);
	for (;;) {
		struct tg_str name = s, rest = cut(&name, ","), count = cut(&name, ":*");

		if (name.n == 0 || name.p[0] == '.' || name.p[name.n - 1] == '.')
			return false;
		for (size_t i = 0; i < name.n; i++) {
			char c = name.p[i];

			if (c == '%' && name.n - i > 2 && hex(name.p[i + 1]) && hex(name.p[i + 2]))
				i += 2;
			else if (c == '.' ? name.p[i - 1] == '.'
					  : !letter(c) && !digit(c) && c != '_')
				return false;
		}
		if (count.p) {
			count.n = rest.p ? (size_t)(rest.p - count.p) : count.n;
			if (count.p[0] == '*' && count.n > 1)
				return false;
			if (count.p[0] == ':' && (count.n < 2 || count.n > 5 || count.p[1] == '0'))
				return false;
			for (size_t i = 1; i < count.n; i++)
				if (!digit(count.p[i]))
					return false;
		}
		if (!rest.p)
			return true;
		s = tg_str_after(rest, 1);
	}
}

bool tg_uri_is_template(struct tg_str s)
{
	while (s.n > 0) {
		char c = s.p[0];
		size_t size = 1;

		if (c == '{') {
			struct tg_str inside = tg_str_after(s, 1), rest = cut(&inside, "}");

			if (!rest.p || !is_expression(inside))
				return false;
			size = inside.n + 2;
		} else if (c == '%') {
			if (s.n < 3 || !hex(s.p[1]) || !hex(s.p[2]))
				return false;
			size = 3;
		} else if ((unsigned char)c >= 0x80) {
			if (!wide_code_point(tg_utf8_decode(s, &size), true))
				return false;
		} else if (c <= ' ' || c == 0x7f || one_of(c, "\"<>\\^`|}")) {
			return false;
		}
		s = tg_str_after(s, size);
	}
	return true;
}

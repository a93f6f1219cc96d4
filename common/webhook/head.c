#include "common/webhook/head.h"

#include "common/base/utf8.h"
#include "common/json/text.h"

/* The next line of *rest, without its end; moves on behind it. */
static struct tg_str next_line(struct tg_str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->n);
	struct tg_str line = tg_str_from(rest->p, end ? (size_t)(end - rest->p) : rest->n);

	*rest = tg_str_after(*rest, line.n + (end != NULL));
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct tg_str trim(struct tg_str s)
{
	while (s.n && is_blank(s.p[0]))
		s = tg_str_after(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_name(struct tg_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || (unsigned char)name.p[i] >= 0x7f)
			return false;
	return name.n > 0;
}

static enum tg_status bad_line(uint64_t line, const char *why, struct tg_error *err)
{
	return tg_fail(err, TG_DATA, "--header-file: line %llu %s", (unsigned long long)line, why);
}

/* METHOD SP target SP HTTP/x, or the first line of a response, which says nothing that counts. False: it is neither. */
static bool take_request_line(struct tg_buffer *record, struct tg_str line, struct tg_str url)
{
	const char *space = line.n ? memchr(line.p, ' ', line.n) : NULL;
	struct tg_str method = tg_str_from(line.p, space ? (size_t)(space - line.p) : 0);
	struct tg_str target = trim(tg_str_after(line, method.n));
	size_t n = target.n;

	if (tg_str_starts(line, TG_STR("HTTP/")))
		return true;
	while (n && target.p[n - 1] != ' ')
		n--;
	if (!space || !n || memchr(method.p, ':', method.n) ||
	    !tg_str_starts(tg_str_after(target, n), TG_STR("HTTP/")))
		return false;
	target.n = n;
	target = trim(target);
	tg_json_put_member(record, "method", method);
	if (!url.p && memmem(target.p, target.n, "://", 3))
		tg_json_put_member(record, "url", target);
	return true;
}

static enum tg_status take_header(struct tg_buffer *record, struct tg_str line, uint64_t number,
				  bool first, struct tg_error *err)
{
	const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
	struct tg_str name = tg_str_from(line.p, colon ? (size_t)(colon - line.p) : 0);

	if (!colon || !is_name(name))
		return bad_line(number, "is no header: it must be NAME: VALUE", err);
	if (!first)
		tg_buffer_putc(record, ',');
	tg_buffer_putc(record, '[');
	tg_json_put_string(record, name);
	tg_buffer_putc(record, ',');
	tg_json_put_string(record, trim(tg_str_after(line, name.n + 1)));
	tg_buffer_putc(record, ']');
	return TG_OK;
}

/* A line that begins with a blank goes on with the value before it (RFC 7230, 3.2.4). */
static enum tg_status take_headers(struct tg_buffer *record, struct tg_str rest, uint64_t number,
				   struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer whole = TG_BUFFER_INIT;
	enum tg_status st = TG_OK;
	bool first = true;

	while (!st && rest.n) {
		struct tg_str line = next_line(&rest);
		uint64_t at = number++;

		if (line.n == 0)
			break;
		if (is_blank(line.p[0]))
			return bad_line(at, "goes on with a header, and there is none before it",
					err);
		tg_buffer_clear(&whole);
		tg_buffer_put_str(&whole, line);
		while (rest.n && is_blank(rest.p[0])) {
			tg_buffer_putc(&whole, ' ');
			tg_buffer_put_str(&whole, trim(next_line(&rest)));
			number++;
		}
		st = take_header(record, tg_buffer_str(&whole), at, first, err);
		first = false;
	}
	return st;
}

enum tg_status tg_head_compose(struct tg_buffer *record, struct tg_str head, struct tg_str body,
			       struct tg_str url, struct tg_error *err)
{
	struct tg_buffer slack = TG_BUFFER_INIT;
	struct tg_str rest = head, line;
	uint64_t number = 1;
	enum tg_status st;
	bool text;

	/* The check reads a little behind the text. */
	tg_buffer_put_str(&slack, head);
	(void)tg_buffer_room(&slack, TG_SLACK);
	text = tg_utf8_check(tg_buffer_str(&slack)) == head.n;
	tg_buffer_release(&slack);
	if (!text)
		return tg_fail(err, TG_DATA,
			       "--header-file: it is not UTF-8, and no head of a "
			       "request");
	tg_buffer_putc(record, '{');
	line = next_line(&rest);
	if (take_request_line(record, line, url))
		number++;
	else
		rest = head;
	tg_json_put_member(record, "url", url);
	tg_json_put_name(record, "headers");
	tg_buffer_putc(record, '[');
	st = take_headers(record, rest, number, err);
	tg_buffer_putc(record, ']');
	tg_json_put_name(record, "body_base64");
	tg_buffer_putc(record, '"');
	tg_buffer_put_base64(record, body.p, body.n);
	tg_buffer_puts(record, "\"}");
	return st;
}

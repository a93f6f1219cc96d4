/*
 * Whatever bytes: the outside of a message is the same in one piece and in pieces, what goes on is never more than what came, and
 * what passes as binary goes on as it was. The first byte chooses the kind and the pieces.
 */
#include "common/base/buffer.h"
#include "common/pgp/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

static enum tg_status walk(struct tg_str s, size_t piece, enum tg_pgp_wire_kind kind,
			   struct tg_buffer *out, struct tg_error *err)
{
	struct tg_pgp_wire w;
	enum tg_status st = TG_OK;

	tg_pgp_wire_init(&w, kind, false, "x");
	while (!st && s.n) {
		size_t n = s.n < piece ? s.n : piece, left = n;
		char *to = tg_buffer_room(out, n);

		memcpy(to, s.p, n);
		st = tg_pgp_wire_take(&w, to, &left, err);
		MUST(left <= n);
		if (!st)
			out->n += left;
		s = tg_str_after(s, n);
	}
	return st ? st : tg_pgp_wire_end(&w, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TG_OWN(tg_buffer_release) struct tg_buffer whole = TG_BUFFER_INIT, pieces = TG_BUFFER_INIT;
	struct tg_error a = TG_ERROR_INIT, b = TG_ERROR_INIT;
	enum tg_pgp_wire_kind kind;
	enum tg_status st;
	struct tg_str s;

	if (size == 0)
		return 0;
	kind = data[0] & 1 ? TG_PGP_WIRE_SIGNATURE : TG_PGP_WIRE_MESSAGE;
	s = tg_str_from((const char *)data + 1, size - 1);
	st = walk(s, size, kind, &whole, &a);
	MUST(walk(s, 1 + (data[0] >> 1) % 8, kind, &pieces, &b) == st);
	MUST(!st || (a.text[0] && a.code && b.code && strcmp(a.code, b.code) == 0));
	if (st)
		return 0;
	MUST(tg_str_eq(tg_buffer_str(&whole), tg_buffer_str(&pieces)));
	MUST(!((unsigned char)s.p[0] & 0x80) || (unsigned char)s.p[0] == 0xef ||
	     tg_str_eq(tg_buffer_str(&whole), s));
	return 0;
}

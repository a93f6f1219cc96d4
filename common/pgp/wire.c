#include "common/pgp/wire.h"

/*
 * Armor (RFC 9580, section 6.2), without what may stand before and behind it elsewhere.
 */

enum armor {
	BEFORE,	  /* blanks, a byte order mark */
	BINARY,	  /* it is none */
	TITLE,	  /* -----BEGIN PGP MESSAGE----- */
	HEADERS,  /* up to an empty line */
	DIGITS,	  /* base64 */
	CHECKSUM, /* padding, and a CRC that nobody is to look at (section 6.1) */
	END,	  /* -----END PGP MESSAGE----- */
	BEHIND,	  /* blanks */
};

enum { HEAD_MOST = 16 * 1024 };

static const char begin_message[] = "-----BEGIN PGP MESSAGE-----";
static const char end_message[] = "-----END PGP MESSAGE-----";
static const char begin_signature[] = "-----BEGIN PGP SIGNATURE-----";
static const char end_signature[] = "-----END PGP SIGNATURE-----";
static const char begin_cleartext[] = "-----BEGIN PGP SIGNED MESSAGE-----";
static const char begin_any[] = "-----BEGIN PGP ";

/*
 * Packets (RFC 9580, section 4.2).
 */

enum packet {
	HEADER,
	BODY,
};

enum tag {
	TAG_SESSION_KEY = 1,
	TAG_SIGNATURE = 2,
	TAG_PASSPHRASE = 3,
	TAG_ONE_PASS = 4,
	TAG_SECRET_KEY = 5,
	TAG_PUBLIC_KEY = 6,
	TAG_SECRET_SUBKEY = 7,
	TAG_COMPRESSED = 8,
	TAG_UNPROTECTED = 9,
	TAG_MARKER = 10,
	TAG_LITERAL = 11,
	TAG_PROTECTED = 18,
	TAG_OCB = 20,
	TAG_PADDING = 21,
};

void tg_pgp_wire_init(struct tg_pgp_wire *w, enum tg_pgp_wire_kind kind, bool no_armor,
		      const char *name)
{
	*w = (struct tg_pgp_wire){ .kind = kind, .no_armor = no_armor, .name = name };
}

static enum tg_status no_message(const struct tg_pgp_wire *w, struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, "pgp-none", "%s is not a PGP %s", w->name,
			    w->kind == TG_PGP_WIRE_MESSAGE ? "message" : "signature");
}

static enum tg_status damaged(const struct tg_pgp_wire *w, const char *how, struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, "pgp-damaged", "%s is damaged: %s", w->name, how);
}

static enum tg_status trailing(const struct tg_pgp_wire *w, struct tg_error *err)
{
	return tg_fail_code(err, TG_DATA, "pgp-trailing",
			    "%s is refused: something stands behind the end of the message",
			    w->name);
}

static enum tg_status not_encrypted(const struct tg_pgp_wire *w, const char *but,
				    struct tg_error *err)
{
	return tg_fail_code(err, TG_REFUSED, "pgp-not-encrypted",
			    "%s is refused: it is %s and not encrypted; have it encrypted for our "
			    "key and signed",
			    w->name, but);
}

static enum tg_status too_new(const struct tg_pgp_wire *w, struct tg_error *err)
{
	return tg_fail_code(
		err, TG_DATA, "pgp-version",
		"%s is of version 6 (RFC 9580), which gpg does not read; have it encrypted in the "
		"form of RFC 4880, for a key of version 4",
		w->name);
}

/*
 * Packets
 */

/* The tag, before its length is known. */
static enum tg_status take_message_tag(struct tg_pgp_wire *w, struct tg_error *err)
{
	if (w->tag == TAG_MARKER || w->tag == TAG_PADDING)
		return TG_OK;
	if (w->finished)
		return trailing(w, err);
	switch (w->tag) {
	case TAG_SESSION_KEY:
	case TAG_PASSPHRASE:
		return TG_OK;
	case TAG_PROTECTED:
	case TAG_OCB:
		if (w->keys == 0 && w->passphrases == 0)
			return damaged(w, "it is encrypted, and for nobody", err);
		if (w->keys == 0)
			return tg_fail_code(
				err, TG_REFUSED, "pgp-symmetric",
				"%s is refused: it is encrypted with a passphrase only, so "
				"whoever knows it may have made it; have it encrypted for our key",
				w->name);
		w->sealed = true;
		return TG_OK;
	case TAG_UNPROTECTED:
		return tg_fail_code(
			err, TG_REFUSED, "pgp-integrity",
			"%s is refused: it has no integrity protection (no MDC), so it could have "
			"been changed on the way; the sender's program is too old, or told so",
			w->name);
	case TAG_SIGNATURE:
		if (w->packets == 0)
			return not_encrypted(w, "signed", err);
		return damaged(w, "its packets are out of order", err);
	case TAG_ONE_PASS:
		return not_encrypted(w, "signed", err);
	case TAG_COMPRESSED:
		return not_encrypted(w, "compressed", err);
	case TAG_LITERAL:
		return not_encrypted(w, "wrapped", err);
	case TAG_SECRET_KEY:
	case TAG_PUBLIC_KEY:
	case TAG_SECRET_SUBKEY:
		return tg_fail_code(err, TG_DATA, "pgp-none", "%s is a PGP key, and no message",
				    w->name);
	default:
		return no_message(w, err);
	}
}

static enum tg_status take_tag(struct tg_pgp_wire *w, struct tg_error *err)
{
	if (w->kind == TG_PGP_WIRE_MESSAGE)
		return take_message_tag(w, err);
	if (w->tag == TAG_SIGNATURE || w->tag == TAG_MARKER || w->tag == TAG_PADDING)
		return TG_OK;
	if (w->tag == TAG_ONE_PASS || w->tag == TAG_COMPRESSED || w->tag == TAG_LITERAL)
		return tg_fail_code(
			err, TG_REFUSED, "pgp-not-detached",
			"%s is refused: it is a whole signed message and no detached signature, so "
			"it says nothing about the data",
			w->name);
	return no_message(w, err);
}

/* The first byte of the body. */
static enum tg_status take_version(struct tg_pgp_wire *w, unsigned char version,
				   struct tg_error *err)
{
	switch (w->tag) {
	case TAG_SESSION_KEY:
		w->keys++;
		w->sixes += version == 6;
		return TG_OK;
	case TAG_PASSPHRASE:
		w->passphrases++;
		return TG_OK;
	case TAG_PROTECTED:
		if (version == 2)
			return too_new(w, err);
		return version == 1 ? TG_OK : damaged(w, "an unknown kind of encryption", err);
	case TAG_SIGNATURE:
		if (version == 6)
			return tg_fail_code(err, TG_DATA, "pgp-version",
					    "%s is of version 6 (RFC 9580), which gpg does not "
					    "read; have it made by a key of version 4",
					    w->name);
		return TG_OK;
	default:
		return TG_OK;
	}
}

/* How many bytes the header has, as far as it is known; 0 for a byte that begins no packet. */
static size_t header_size(const struct tg_pgp_wire *w)
{
	static const size_t old[] = { 2, 3, 5, 1 };
	unsigned char first = w->header[0];

	if (!(first & 0x80))
		return 0;
	if (!(first & 0x40))
		return old[first & 3];
	if (w->header_n < 2 || w->header[1] < 192 ||
	    (w->header[1] >= 224 && w->header[1] < 255)) /* partial */
		return 2;
	return w->header[1] == 255 ? 6 : 3;
}

static uint64_t big_endian(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* The header is whole. A part's length looks like a packet's. */
static void read_length(struct tg_pgp_wire *w)
{
	const unsigned char *h = w->header;

	w->partial = w->endless = false;
	if (!(h[0] & 0x40)) {
		w->endless = (h[0] & 3) == 3;
		w->left = big_endian(h + 1, w->header_n - 1);
	} else if (w->header_n == 6) {
		w->left = big_endian(h + 2, 4);
	} else if (w->header_n == 3) {
		w->left = ((uint64_t)(h[1] - 192) << 8) + h[2] + 192;
	} else if (h[1] >= 224) {
		w->partial = true;
		w->left = UINT64_C(1) << (h[1] & 31);
	} else {
		w->left = h[1];
	}
}

/* A packet has ended. */
static enum tg_status end_packet(struct tg_pgp_wire *w, struct tg_error *err)
{
	if (!w->versioned && w->tag != TAG_MARKER && w->tag != TAG_PADDING)
		return damaged(w, "an empty packet", err);
	w->state = HEADER;
	w->header_n = 0;
	w->packets++;
	if (w->sealed)
		w->finished = true;
	return TG_OK;
}

static enum tg_status take_header(struct tg_pgp_wire *w, unsigned char byte, struct tg_error *err)
{
	size_t size;

	w->header[w->header_n++] = byte;
	size = header_size(w);
	if (size == 0 && w->finished)
		return trailing(w, err);
	if (size == 0)
		return w->packets ? damaged(w, "a packet begins with a wrong byte", err)
				  : no_message(w, err);
	if (w->header_n == 1) {
		enum tg_status st;

		w->tag = byte & 0x40 ? byte & 0x3f : byte >> 2 & 0xf;
		w->versioned = false;
		st = take_tag(w, err);
		if (st)
			return st;
	}
	if (w->header_n < size)
		return TG_OK;
	read_length(w);
	w->state = BODY;
	return w->left || w->endless || w->partial ? TG_OK : end_packet(w, err);
}

static enum tg_status take_body(struct tg_pgp_wire *w, const char *p, size_t *n,
				struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (!w->versioned && *n) {
		w->versioned = true;
		st = take_version(w, (unsigned char)*p, err);
	}
	if (w->endless)
		return st;
	if (*n > w->left)
		*n = (size_t)w->left;
	w->left -= *n;
	if (st || w->left)
		return st;
	if (!w->partial)
		return end_packet(w, err);
	w->state = HEADER; /* the length of the next part comes as a header's would */
	w->header_n = 1;
	return TG_OK;
}

static enum tg_status take_packets(struct tg_pgp_wire *w, const char *p, size_t n,
				   struct tg_error *err)
{
	while (n) {
		size_t took = 1;
		enum tg_status st = w->state == HEADER ? take_header(w, (unsigned char)*p, err)
						       : (took = n, take_body(w, p, &took, err));

		if (st)
			return st;
		p += took;
		n -= took;
	}
	return TG_OK;
}

/*
 * Armor
 */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The line that has been read, without blanks at its end. */
static struct tg_str line_of(struct tg_pgp_wire *w)
{
	while (w->line_n && is_blank(w->line[w->line_n - 1]))
		w->line_n--;
	return tg_str_from(w->line, w->line_n);
}

static enum tg_status take_title(struct tg_pgp_wire *w, struct tg_error *err)
{
	struct tg_str line = line_of(w);
	bool message = w->kind == TG_PGP_WIRE_MESSAGE;

	if (tg_str_is(line, begin_cleartext))
		return tg_fail_code(
			err, TG_REFUSED, "pgp-cleartext",
			"%s is refused: it is a cleartext signature, which is never accepted: what "
			"it covers is not surely what is read; have it encrypted and signed",
			w->name);
	if (tg_str_is(line, message ? begin_message : begin_signature)) {
		w->armor = HEADERS;
		return TG_OK;
	}
	if (!message && tg_str_is(line, begin_message)) {
		w->armor = HEADERS; /* what it is will show */
		return TG_OK;
	}
	if (tg_str_starts(line, tg_str_of(begin_any)))
		return tg_fail_code(err, TG_DATA, "pgp-none", "%s is PGP armor of %s", w->name,
				    message ? "something else than a message"
					    : "something else than a signature");
	return no_message(w, err);
}

static enum tg_status take_end(struct tg_pgp_wire *w, struct tg_error *err)
{
	struct tg_str line = line_of(w);

	if (!tg_str_is(line, end_message) && !tg_str_is(line, end_signature))
		return damaged(w, "a line in its armor that does not belong there", err);
	w->armor = BEHIND;
	return TG_OK;
}

/* Adds to the line; true when it is whole. What is too long for it is cut, and then equals nothing. */
static bool take_line(struct tg_pgp_wire *w, char c)
{
	if (c == '\n')
		return true;
	if (w->line_n < sizeof(w->line))
		w->line[w->line_n++] = c;
	return false;
}

static enum tg_status refuse_armor(const struct tg_pgp_wire *w, struct tg_error *err)
{
	return tg_fail_code(err, TG_REFUSED, "pgp-armor",
			    "%s is refused: it is ASCII armor, which --no-armor rules out; have it "
			    "sent as binary",
			    w->name);
}

/* What can be told by the first byte that is no blank. */
static enum tg_status take_first(struct tg_pgp_wire *w, char c, struct tg_error *err)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (is_blank(c))
		return ++w->head > HEAD_MOST ? no_message(w, err) : TG_OK;
	/* A byte order mark: 0xef begins no packet that a message may begin with. */
	if (w->line_n < 3 && c == mark[w->line_n]) {
		w->line_n++;
		return TG_OK;
	}
	if (c != '-' || (w->line_n != 0 && w->line_n != 3))
		return no_message(w, err);
	if (w->no_armor)
		return refuse_armor(w, err);
	w->armor = TITLE;
	w->line[0] = c;
	w->line_n = 1;
	return TG_OK;
}

/* A digit brings a byte at most, so what is written never overtakes what is read. */
static enum tg_status take_digit(struct tg_pgp_wire *w, char c, char *out, size_t *n,
				 struct tg_error *err)
{
	int digit = digit_of(c);

	if (digit >= 0) {
		/* Of four digits the second has the last bits of a byte in its upper two, the third in four, the fourth in all. */
		w->bits = w->bits << 6 | (unsigned)digit;
		w->place = (w->place + 1) % 4;
		if (w->place != 1)
			out[(*n)++] = (char)(w->bits >> (w->place == 2	 ? 4
							 : w->place == 3 ? 2
									 : 0));
		return TG_OK;
	}
	if (is_blank(c))
		return TG_OK;
	if (c != '=' && c != '-')
		return damaged(w, "a character in its armor that does not belong there", err);
	/* The digits end here. */
	if (w->place == 1)
		return damaged(w, "its armor ends in the middle of a byte", err);
	w->line_n = 0;
	w->armor = c == '=' ? CHECKSUM : END;
	if (c == '-')
		w->line[w->line_n++] = c;
	return TG_OK;
}

static enum tg_status take_armored(struct tg_pgp_wire *w, char c, char *out, size_t *n,
				   struct tg_error *err)
{
	switch ((enum armor)w->armor) {
	case BEFORE:
		return take_first(w, c, err);
	case TITLE:
		if (!take_line(w, c))
			return w->line_n < sizeof(w->line) ? TG_OK : no_message(w, err);
		{
			enum tg_status st = take_title(w, err);

			w->line_n = 0;
			return st;
		}
	case HEADERS:
		if (++w->head > HEAD_MOST)
			return damaged(w, "the head of its armor does not end", err);
		if (take_line(w, c)) {
			if (line_of(w).n == 0)
				w->armor = DIGITS;
			w->line_n = 0;
		}
		return TG_OK;
	case DIGITS:
		return take_digit(w, c, out, n, err);
	case CHECKSUM:
		if (c == '-') {
			w->armor = END;
			w->line[w->line_n++] = c;
			return TG_OK;
		}
		if (digit_of(c) < 0 && c != '=' && !is_blank(c))
			return damaged(w, "a character in its armor that does not belong there",
				       err);
		return TG_OK;
	case END:
		return take_line(w, c) ? take_end(w, err) : TG_OK;
	case BEHIND:
		if (is_blank(c))
			return TG_OK;
		return trailing(w, err);
	case BINARY:
		break;
	}
	return TG_OK;
}

enum tg_status tg_pgp_wire_take(struct tg_pgp_wire *w, char *p, size_t *n, struct tg_error *err)
{
	size_t given = *n, left = 0, i = 0;
	enum tg_status st = TG_OK, packets;

	if (given && w->bytes == 0 && ((unsigned char)p[0] & 0x80) && p[0] != '\xef')
		w->armor = BINARY;
	w->bytes += given;
	if (w->armor == BINARY)
		return take_packets(w, p, given, err);
	while (!st && i < given) {
		char c = p[i++];

		st = take_armored(w, c, p, &left, err);
	}
	*n = left;
	/* What was decoded stands before what is wrong with the armor. */
	packets = take_packets(w, p, left, err);
	return packets ? packets : st;
}

enum tg_status tg_pgp_wire_end(struct tg_pgp_wire *w, struct tg_error *err)
{
	enum tg_status st = TG_OK;

	if (w->bytes == 0)
		return tg_fail_code(err, TG_DATA, "pgp-none", "%s is empty", w->name);
	if (w->armor == BEFORE)
		return no_message(w, err);
	if (w->armor == TITLE || w->armor == END) /* the last line may have no end */
		st = w->armor == TITLE ? take_title(w, err) : take_end(w, err);
	if (st)
		return st;
	if (w->endless && w->state == BODY && w->versioned) {
		w->endless = false;
		w->partial = false;
		st = end_packet(w, err);
	}
	if (st)
		return st;
	if (w->header_n || w->state == BODY || (w->armor != BINARY && w->armor != BEHIND) ||
	    (w->kind == TG_PGP_WIRE_MESSAGE ? !w->finished : w->packets == 0))
		return tg_fail_code(err, TG_DATA, "pgp-cut-off",
				    "%s is cut off: the end of the %s is missing; have it sent "
				    "again",
				    w->name,
				    w->kind == TG_PGP_WIRE_MESSAGE ? "message" : "signature");
	if (w->sixes && w->sixes == w->keys)
		return too_new(w, err);
	return TG_OK;
}

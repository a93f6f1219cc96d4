/*
 * secret: passphrases and keys, from where they may come, wiped when they are let go, and a process that leaves no core.
 *
 * A secret never stands in the command line. A SPEC says where it is: cred:NAME (a file of that name in $CREDENTIALS_DIRECTORY,
 * as systemd makes it), file:PATH, fd:N (read to its end), env:NAME (taken out of the environment, so that no child gets it).
 * A SPEC of another form is refused without being repeated: it may be the secret itself.
 */
#ifndef TG_IO_SECRET_H
#define TG_IO_SECRET_H

#include "common/base/status.h"

enum tg_secret_kind {
	/* One line end (LF or CR LF) at the end is cut. Empty, or with a blank, a control character or a character that is not seen
	 * at either end, is TG_CONFIG: that is a paste error far more often than a secret. */
	TG_SECRET_TEXT,
	TG_SECRET_BYTES, /* a key file, as it is */
};

struct tg_secret {
	char *p; /* NUL behind the last byte */
	size_t n;
	size_t room;
	bool open_to_others; /* it came from a file that the group or others may read: warn */
};

#define TG_SECRET_INIT ((struct tg_secret){ NULL, 0, 0, false })

/* Whether text has the form of a SPEC. */
bool tg_secret_is_spec(struct tg_str text);

/*
 * Reads what spec (a C string behind it) says. `option` is named in messages ("--passphrase"). TG_USAGE: no SPEC. TG_CONFIG: not
 * there, empty, longer than `most` bytes, or not a line of text. An fd is closed, standard input excepted.
 */
TG_MUST_USE enum tg_status tg_secret_read(struct tg_secret *secret, struct tg_str spec,
					  enum tg_secret_kind kind, size_t most, const char *option,
					  struct tg_error *err);

/* The same from a file by its path. */
TG_MUST_USE enum tg_status tg_secret_read_file(struct tg_secret *secret, const char *path,
					       enum tg_secret_kind kind, size_t most,
					       const char *option, struct tg_error *err);

static inline struct tg_str tg_secret_str(const struct tg_secret *secret)
{
	return tg_str_from(secret->p, secret->n);
}

void tg_secret_release(struct tg_secret *secret); /* wipes */

/* For a process that will hold secrets: no core dump, and no other process of the user may look into its memory. Children inherit
 * the first. */
void tg_secret_harden(void);

#endif

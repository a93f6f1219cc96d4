/*
 * open: one message decrypted and its signatures checked, by gpg through GPGME; what it says goes into a spool, for nobody to see
 * before the verdict.
 *
 * GPGME's return value alone says nothing: it is success for what is unsigned, and for signers who are unknown, expired or revoked;
 * and the text of a message that was changed has all come out before that is known. So here all of these must be so: the operation
 * succeeded; the frame of the message is whole (wire.h); it was encrypted for a key; its integrity is protected; the signatures are
 * such as the operator asks for (verdict.h). Else the spool's content is worth nothing, and the caller drops it.
 */
#ifndef TG_PGP_OPEN_H
#define TG_PGP_OPEN_H

#include "common/digest/digest.h"
#include "common/io/input.h"
#include "common/io/spool.h"
#include "common/pgp/home.h"
#include "common/pgp/ring.h"
#include "common/pgp/verdict.h"

struct tg_pgp_opener {
	struct tg_pgp_home *home;
	const struct tg_pgp_ring *ring;
	struct tg_pgp_policy policy;
	bool no_armor;
	uint64_t max_output; /* bytes that a message may hold */
	struct tg_arena *arena;
};

/* What a message was found to be. Texts live in the arena. */
struct tg_pgp_opened {
	const struct tg_pgp_signature *signature; /* all that there were */
	size_t signatures;
	struct tg_pgp_verdict verdict;
	struct tg_str inner_name; /* as the sender wrote it: to be escaped wherever it goes; none */
	char sha256[TG_SHA256_HEX + 1];
	uint64_t bytes;
};

/*
 * Opens the message that `in` reads, to the end of the input; appends its content to the spool.
 * TG_REFUSED: not to be trusted, or not for us. TG_DATA: no message, cut off, damaged, over a limit, or of a kind that gpg does not
 * read. TG_CONFIG: a passphrase is wanted. What the input and the spool give else.
 */
TG_MUST_USE enum tg_status tg_pgp_open_message(const struct tg_pgp_opener *o, struct tg_input *in,
					       struct tg_spool *spool, struct tg_pgp_opened *opened,
					       struct tg_error *err);

/* The same for data with a detached signature, binary or armored: `in` reads the data, which go to the spool as they are. what: the
 * signature's name in messages. */
TG_MUST_USE enum tg_status tg_pgp_open_detached(const struct tg_pgp_opener *o, struct tg_input *in,
						struct tg_str signature, const char *what,
						struct tg_spool *spool,
						struct tg_pgp_opened *opened, struct tg_error *err);

#endif

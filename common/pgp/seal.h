/*
 * seal: bytes become a message that is signed by one key, encrypted for others, and integrity protected.
 *
 * Keys come from a home of the run's own; which of them, and which of their subkeys, is chosen here at full fingerprint and told to
 * gpg exactly: gpg's own choice would take a weak subkey that is newer than a good one. What gpg says that it did is held
 * against what was chosen before the message may be used.
 */
#ifndef TG_PGP_SEAL_H
#define TG_PGP_SEAL_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/pgp/loop.h"

#include <gpgme.h>

enum tg_seal_purpose {
	TG_SEAL_ENCRYPT, /* a recipient's key */
	TG_SEAL_SIGN,	 /* our own */
};

/* The words of the message's outside. */
enum tg_seal_compression {
	TG_SEAL_ZIP,
	TG_SEAL_ZLIB,
	TG_SEAL_BZIP2,
	TG_SEAL_NONE,
};

struct tg_seal {
	gpgme_ctx_t context; /* the caller's, with its home */
	struct tg_str
		recipients; /* exact subkeys, a line each, as gpgme_op_encrypt_sign_ext takes them */
	size_t recipients_n;
	const char *signer; /* fingerprint of the subkey that signs */
	bool armor;
	struct tg_str name; /* inside; none: none */
	/* found out */
	int64_t signed_at; /* seconds since 1970 */
	bool signed_well, protected;
};

/* The subkey of the key for the purpose: the newest that is good, or of fingerprint `exactly` if that is no NULL. TG_REFUSED says
 * what is wrong with the key, without its name: the caller has said whose it is. Touches nothing. */
TG_MUST_USE enum tg_status tg_seal_choose(const struct _gpgme_key *key,
					  enum tg_seal_purpose purpose, const char *exactly,
					  const struct _gpgme_subkey **chosen,
					  struct tg_error *err);

/* The lines of gpg.conf that make gpg sign with this subkey and write what old partners read. */
void tg_seal_put_conf(struct tg_buffer *conf, const char *signer,
		      enum tg_seal_compression compression);

/* Seals what `plain` gives into what `sealed` takes (loop.h). TG_OK only when gpg did what was chosen. When one of them fails it
 * ends with TG_IO, and the caller knows better. */
TG_MUST_USE enum tg_status tg_seal_run(struct tg_seal *s, tg_pgp_give *plain, tg_pgp_take *sealed,
				       void *arg, struct tg_error *err);

#endif

/*
 * apart: gpg's text and whatever else it prints are kept apart. Inside pgp/.
 *
 * gpg writes the text of a message to standard output, and there it also lists keys that it comes upon. Who puts his public key
 * under the encryption, before or behind what a partner has signed, gets lines of his own choice (a user id) into the middle of
 * what GPGME takes for the signed text, and every signature is good. GPGME has no way to tell gpg another place for the text.
 *
 * So GPGME is told that this very program is gpg. Started as such, it gives the text a descriptor of its own ("--output -&N"), lets
 * standard output go to a file in the key home, and becomes gpg. What is found in that file afterwards is the reason to refuse the
 * message.
 */
#ifndef TG_PGP_APART_H
#define TG_PGP_APART_H

#include "common/pgp/home.h"

/* GPGME is told where gpg is to be had from now on, and the home. TG_UNAVAILABLE. */
TG_MUST_USE enum tg_status tg_pgp_apart_begin(const struct tg_pgp_home *home, struct tg_error *err);

/* Whether gpg has printed anything beside the text since this was last asked. */
bool tg_pgp_apart_printed(const struct tg_pgp_home *home);

#endif

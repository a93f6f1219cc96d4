#include "common/pgp/seal.h"
#include "tests/unit/tap.h"

/* Keys made of what gpg would say about them; only the choice is tested, nothing is sealed. */

enum {
	ABSENT = 128, /* the secret part is kept elsewhere */
	CERTIFY = 1,
	SIGN = 2,
	ENCRYPT = 4,
	REVOKED = 8,
	EXPIRED = 16,
	DISABLED = 32,
	INVALID = 64
};

struct part {
	const char *fpr;
	int is;
	int algorithm;
	unsigned bits;
	const char *curve;
	long made;
};

enum { PARTS = 4 };

static void make(struct _gpgme_key *key, struct _gpgme_subkey sub[PARTS], const struct part *part)
{
	*key = (struct _gpgme_key){ 0 };
	for (size_t i = 0; i < PARTS && part[i].fpr; i++) {
		sub[i] = (struct _gpgme_subkey){
			.fpr = (char *)(uintptr_t)part[i].fpr,
			.curve = (char *)(uintptr_t)part[i].curve,
			.pubkey_algo = (gpgme_pubkey_algo_t)part[i].algorithm,
			.length = part[i].bits,
			.timestamp = part[i].made,
		};
		sub[i].can_certify = (part[i].is & CERTIFY) != 0;
		sub[i].can_sign = (part[i].is & SIGN) != 0;
		sub[i].secret = !(part[i].is & ABSENT);
		sub[i].can_encrypt = (part[i].is & ENCRYPT) != 0;
		sub[i].revoked = (part[i].is & REVOKED) != 0;
		sub[i].expired = (part[i].is & EXPIRED) != 0;
		sub[i].disabled = (part[i].is & DISABLED) != 0;
		sub[i].invalid = (part[i].is & INVALID) != 0;
		if (i > 0)
			sub[i - 1].next = &sub[i];
	}
	key->subkeys = &sub[0];
	/* As gpg has it: a key is what its primary is. */
	key->revoked = sub[0].revoked;
	key->expired = sub[0].expired;
	key->disabled = sub[0].disabled;
	key->invalid = sub[0].invalid;
}

#define ED(fpr, is, made)                                                                          \
	{                                                                                          \
		fpr, is, GPGME_PK_EDDSA, 255, "ed25519", made                                      \
	}
#define CV(fpr, is, made)                                                                          \
	{                                                                                          \
		fpr, is, GPGME_PK_ECDH, 255, "cv25519", made                                       \
	}
#define RSA(fpr, is, bits, made)                                                                   \
	{                                                                                          \
		fpr, is, GPGME_PK_RSA, bits, NULL, made                                            \
	}

// clang-format off
static const struct {
	const char *about;
	struct part part[PARTS];
	const char *exactly, *encrypts, *signs; /* the fingerprint chosen, or a word of the refusal */
} row[] = {
	{ "ed25519 with cv25519", { ED("P", CERTIFY | SIGN, 1), CV("E", ENCRYPT, 1) }, NULL, "E", "P" },
	{ "the newest of two", { ED("P", CERTIFY, 1), CV("E", ENCRYPT, 1), CV("F", ENCRYPT, 2), ED("S", SIGN, 2) }, NULL, "F", "S" },
	{ "the newest that has not expired", { ED("P", CERTIFY, 1), CV("E", ENCRYPT, 1), CV("F", ENCRYPT | EXPIRED, 2), ED("S", SIGN | REVOKED, 2) }, NULL, "E", "is revoked" },
	{ "a weak subkey that is newer", { RSA("P", CERTIFY | SIGN, 2048, 1), RSA("E", ENCRYPT, 2048, 1), RSA("F", ENCRYPT, 1024, 2), RSA("S", SIGN, 1024, 2) }, NULL, "E", "P" },
	{ "the primary key's secret part is kept elsewhere", { ED("P", CERTIFY | SIGN | ABSENT, 3), ED("S", SIGN, 2), CV("E", ENCRYPT | ABSENT, 1) }, NULL, "E", "S" },
	{ "no encryption subkey", { ED("P", CERTIFY | SIGN, 1) }, NULL, "no subkey that encrypts", "P" },
	{ "no key that signs", { ED("P", CERTIFY, 1), CV("E", ENCRYPT, 1) }, NULL, "E", "no subkey that signs" },
	{ "RSA of 2047 bits", { RSA("P", CERTIFY | SIGN | ENCRYPT, 2047, 1) }, NULL, "less than 2048", "less than 2048" },
	{ "RSA of 2048 bits", { RSA("P", CERTIFY | SIGN | ENCRYPT, 2048, 1) }, NULL, "P", "P" },
	{ "a weak primary key vouches for nothing", { RSA("P", CERTIFY, 1024, 1), RSA("E", ENCRYPT, 4096, 1), RSA("S", SIGN, 4096, 1) }, NULL, "primary key has less", "primary key has less" },
	{ "a weak encryption subkey alone", { RSA("P", CERTIFY | SIGN, 4096, 1), RSA("E", ENCRYPT, 1024, 1) }, NULL, "less than 2048", "P" },
	{ "expired", { ED("P", CERTIFY | SIGN | EXPIRED, 1), CV("E", ENCRYPT, 1) }, NULL, "has expired", "has expired" },
	{ "revoked", { ED("P", CERTIFY | SIGN | REVOKED, 1), CV("E", ENCRYPT, 1) }, NULL, "is revoked", "is revoked" },
	{ "disabled", { ED("P", CERTIFY | SIGN | DISABLED, 1), CV("E", ENCRYPT, 1) }, NULL, "is disabled", "is disabled" },
	{ "invalid subkeys", { ED("P", CERTIFY | SIGN, 1), CV("E", ENCRYPT | INVALID, 1) }, NULL, "is invalid", "P" },
	{ "a curve of no name", { ED("P", CERTIFY | SIGN, 1), { "E", ENCRYPT, GPGME_PK_ECDH, 255, NULL, 1 } }, NULL, "curve", "P" },
	{ "a curve that nobody knows", { { "P", CERTIFY | SIGN, GPGME_PK_ECDSA, 112, "secp112r1", 1 } }, NULL, "curve", "curve" },
	{ "an algorithm that nobody knows", { { "P", CERTIFY | SIGN | ENCRYPT, 99, 9999, NULL, 1 } }, NULL, "algorithm", "algorithm" },
	{ "DSA and ElGamal of old", { { "P", CERTIFY | SIGN, GPGME_PK_DSA, 1024, NULL, 1 }, { "E", ENCRYPT, GPGME_PK_ELG_E, 2048, NULL, 1 } }, NULL, "less than 2048", "less than 2048" },
	{ "DSA and ElGamal of 2048 bits", { { "P", CERTIFY | SIGN, GPGME_PK_DSA, 2048, NULL, 1 }, { "E", ENCRYPT, GPGME_PK_ELG_E, 2048, NULL, 1 } }, NULL, "E", "P" },
	{ "the one that is asked for", { ED("P", CERTIFY | SIGN, 1), ED("S", SIGN, 2), ED("T", SIGN, 3) }, "S", "no subkey", "S" },
	{ "what is asked for does not sign", { ED("P", CERTIFY | SIGN, 1), CV("E", ENCRYPT, 1) }, "E", "E", "no subkey that signs" },
	{ "what is asked for has expired", { ED("P", CERTIFY | SIGN, 1), ED("S", SIGN | EXPIRED, 2) }, "S", "no subkey", "has expired" },
};
// clang-format on

static void check(const char *about, const struct _gpgme_key *key, enum tg_seal_purpose purpose,
		  const char *exactly, const char *expected)
{
	struct tg_error err = TG_ERROR_INIT;
	const struct _gpgme_subkey *chosen = NULL;
	enum tg_status st = tg_seal_choose(key, purpose, exactly, &chosen, &err);

	if (expected[1] == '\0')
		ok(about, st == TG_OK && chosen && strcmp(chosen->fpr, expected) == 0);
	else
		ok(about, st == TG_REFUSED && !chosen && strstr(err.text, expected));
}

TEST(which_subkey)
{
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct _gpgme_key key;
		struct _gpgme_subkey sub[PARTS] = { 0 };

		make(&key, sub, row[i].part);
		check(row[i].about, &key, TG_SEAL_ENCRYPT, row[i].exactly, row[i].encrypts);
		check(row[i].about, &key, TG_SEAL_SIGN, row[i].exactly, row[i].signs);
	}
}

TEST(a_key_without_anything)
{
	struct _gpgme_key key = { 0 };

	check("no subkeys at all", &key, TG_SEAL_SIGN, NULL, "is empty");
}

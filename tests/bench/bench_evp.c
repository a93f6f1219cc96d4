/*
 * bench_evp: the yardstick for hmac-verify: the bare calls of libcrypto over lines, no JSON and nothing written but the count.
 *
 *	bench_evp mac bodies.txt          HMAC-SHA-256 of each line, one EVP_MAC context that is keyed once
 *	bench_evp sign bodies.txt         prints key, then an Ed25519 signature a line, in hexadecimal: for making input
 *	bench_evp verify signed.txt       verifies lines of such a signature and what it signs; the first line is the key
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNATURE = 64, KEY = 32 };

static const unsigned char seed[KEY] = "a key of the bench and of it al";

#define MUST(x) ((x) ? (void)0 : abort())

static void put_hex(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	putchar('\n');
}

static void get_hex(unsigned char *to, const char *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char pair[3] = { from[2 * i], from[2 * i + 1], 0 };

		to[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
}

/* Of one line; false: it is not good. */
typedef int work(const char *line, size_t n);

static EVP_MAC_CTX *mac;
static EVP_PKEY *key;

static void key_mac(void)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){ "SHA256" }, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	mac = EVP_MAC_CTX_new(hmac);
	MUST(EVP_MAC_init(mac, seed, sizeof(seed), params) == 1);
	EVP_MAC_free(hmac);
}

static int do_mac(const char *line, size_t n)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	size_t size;

	MUST(EVP_MAC_init(mac, NULL, 0, NULL) == 1);
	MUST(EVP_MAC_update(mac, (const unsigned char *)line, n) == 1);
	MUST(EVP_MAC_final(mac, out, &size, sizeof(out)) == 1);
	return out[0] || out[1] || out[2];
}

static int do_sign(const char *line, size_t n)
{
	unsigned char out[SIGNATURE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = sizeof(out);

	MUST(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1);
	MUST(EVP_DigestSign(ctx, out, &size, (const unsigned char *)line, n) == 1);
	EVP_MD_CTX_free(ctx);
	put_hex(out, size);
	return 1;
}

static int do_verify(const char *line, size_t n)
{
	unsigned char signature[SIGNATURE];
	const size_t skip = 2 * SIGNATURE;
	EVP_MD_CTX *ctx;
	int good;

	if (!key) {
		unsigned char public[KEY];

		get_hex(public, line, KEY);
		key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, KEY);
		return key != NULL;
	}
	MUST(n >= skip);
	get_hex(signature, line, SIGNATURE);
	ctx = EVP_MD_CTX_new();
	MUST(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1);
	good = EVP_DigestVerify(ctx, signature, SIGNATURE, (const unsigned char *)line + skip,
				n - skip);
	EVP_MD_CTX_free(ctx);
	return good == 1;
}

static void key_sign(void)
{
	unsigned char public[KEY];
	size_t n = KEY;

	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	MUST(key && EVP_PKEY_get_raw_public_key(key, public, &n) == 1);
	put_hex(public, n);
}

int main(int argc, char **argv)
{
	FILE *in = argc == 3 ? fopen(argv[2], "rb") : NULL;
	unsigned long lines = 0, good = 0;
	work *each = do_mac;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!in)
		return EXIT_FAILURE;
	if (strcmp(argv[1], "sign") == 0) {
		each = do_sign;
		key_sign();
	} else if (strcmp(argv[1], "verify") == 0) {
		each = do_verify;
	} else {
		key_mac();
	}
	while ((n = getline(&line, &room, in)) > 0) {
		size_t size = (size_t)n - (line[n - 1] == '\n');

		lines++;
		good += each(line, size) != 0;
	}
	if (each != do_sign)
		printf("%lu of %lu\n", good, lines);
	free(line);
	fclose(in);
	EVP_PKEY_free(key);
	EVP_MAC_CTX_free(mac);
	return good == lines ? EXIT_SUCCESS : EXIT_FAILURE;
}

#include "common/base/buffer.h"
#include "common/base/cpu.h"
#include "common/base/memory.h"
#include "common/digest/digest.h"
#include "common/digest/siphash.h"
#include "tests/unit/tap.h"

/* FIPS 180-2 appendix B, and `openssl dgst -sha256` for the rest. */
static const struct {
	const char *about;
	struct tg_str text;
	const char *hex;
} vector[] = {
	// clang-format off
	{ "nothing", { "", 0 }, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", { "abc", 3 }, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "two blocks", { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56 },
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "NUL is a byte", { "a\0b", 3 }, "59b271ae1bbcb1d31d41929817f4b16fb439eb4f31520b5ad1d5ce98920a7138" },
	// clang-format on
};

TEST(known_vectors)
{
	for (size_t i = 0; i < TG_COUNT(vector); i++) {
		struct tg_error err = TG_ERROR_INIT;
		char hex[TG_SHA256_HEX + 1];

		is_int(vector[i].about, tg_digest_of(vector[i].text, hex, &err), TG_OK);
		is_str(vector[i].about, tg_str_of(hex), tg_str_of(vector[i].hex));
	}
}

/* Little is digested by libmd and what comes after much by libcrypto: the same texts by both. */
TEST(libmd_and_libcrypto_agree)
{
	TG_OWN(tg_digest_free) struct tg_digest *by_crypto = NULL;
	static const char much[100000];
	char text[300], hex[TG_SHA256_HEX + 1], other[TG_SHA256_HEX + 1];
	struct tg_error err = TG_ERROR_INIT;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 37 + 11);
	is_int("new", tg_digest_new(&by_crypto, &err), TG_OK);
	tg_digest_add(by_crypto, much, sizeof(much));
	tg_digest_hex(by_crypto, other);
	for (size_t n = 1; n <= sizeof(text); n++) {
		is_int("libmd's", tg_digest_of(tg_str_from(text, n), hex, &err), TG_OK);
		tg_digest_add(by_crypto, text, n);
		tg_digest_hex(by_crypto, other);
		is_str("the same", tg_str_of(hex), tg_str_of(other));
	}
	for (size_t i = 0; i < TG_COUNT(vector); i++) {
		tg_digest_add(by_crypto, vector[i].text.p, vector[i].text.n);
		tg_digest_hex(by_crypto, other);
		is_str(vector[i].about, tg_str_of(other), tg_str_of(vector[i].hex));
	}
}

/* What is held at first and given on later is one digest, wherever it is cut. */
TEST(around_the_size_where_libcrypto_takes_over)
{
	static char text[70000];
	char whole[TG_SHA256_HEX + 1], pieces[TG_SHA256_HEX + 1];
	struct tg_error err = TG_ERROR_INIT;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 31 + i / 256);
	for (size_t n = 65530; n <= 65545; n++) {
		for (size_t cut = 65529; cut <= n; cut++) {
			TG_OWN(tg_digest_free) struct tg_digest *d = NULL;

			is_int("new", tg_digest_new(&d, &err), TG_OK);
			tg_digest_add(d, text, cut);
			tg_digest_add(d, text + cut, n - cut);
			tg_digest_hex(d, pieces);
			is_int("whole", tg_digest_of(tg_str_from(text, n), whole, &err), TG_OK);
			is_str("the same", tg_str_of(pieces), tg_str_of(whole));
		}
	}
}

TEST(a_million_times_a_in_any_pieces)
{
	static char a[1000000];
	static const size_t piece[] = { 1, 63, 64, 65, 4096, 262144, sizeof(a) };
	TG_OWN(tg_digest_free) struct tg_digest *d = NULL;
	struct tg_error err = TG_ERROR_INIT;
	char hex[TG_SHA256_HEX + 1];

	memset(a, 'a', sizeof(a));
	is_int("new", tg_digest_new(&d, &err), TG_OK);
	for (size_t i = 0; i < TG_COUNT(piece); i++) {
		for (size_t at = 0; at < sizeof(a); at += piece[i])
			tg_digest_add(d, a + at,
				      sizeof(a) - at < piece[i] ? sizeof(a) - at : piece[i]);
		tg_digest_hex(d, hex); /* and ready for the next one */
		is_str("a million a", tg_str_of(hex),
		       TG_STR("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
	}
}

TEST(two_at_once)
{
	TG_OWN(tg_digest_free) struct tg_digest *one = NULL, *two = NULL;
	struct tg_error err = TG_ERROR_INIT;
	char hex[TG_SHA256_HEX + 1];

	is_int("one", tg_digest_new(&one, &err), TG_OK);
	is_int("two", tg_digest_new(&two, &err), TG_OK);
	tg_digest_add(one, "ab", 2);
	tg_digest_add(two, "x", 1);
	tg_digest_add(one, "c", 1);
	tg_digest_hex(one, hex);
	is_str("one", tg_str_of(hex), tg_str_of(vector[1].hex));
	tg_digest_hex(two, hex);
	is_str("two", tg_str_of(hex),
	       TG_STR("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"));
	tg_digest_free(&one);
	tg_digest_free(&one); /* twice is as good as once */
}

TEST(random_bytes_of_any_length)
{
	static const size_t length[] = { 0, 1, 16, 255, 256, 257, 1000 };
	unsigned char a[1002], b[1002];

	for (size_t i = 0; i < TG_COUNT(length); i++) {
		size_t n = length[i], same = 0;

		memset(a, 0xa5, sizeof(a));
		memset(b, 0xa5, sizeof(b));
		tg_random(a, n);
		tg_random(b, n);
		is_int("nothing behind the end", a[n] == 0xa5 && b[n] == 0xa5, 1);
		for (size_t k = 0; k < n; k++)
			same += a[k] == b[k];
		if (n >= 16)
			ok("two draws differ", same < n / 2);
	}
}

/* Key 00 01 .. 0f, text 00 01 .. n - 1: the vectors of the reference, and of `openssl mac SIPHASH`. */
static const struct {
	size_t n;
	const char *hex;
} sip[] = {
	// clang-format off
	{ 0, "a3817f04ba25a8e66df67214c7550293" },
	{ 1, "da87c1d86b99af44347659119b22fc45" },
	{ 7, "a1f1ebbed8dbc153c0b84aa61ff08239" },
	{ 8, "3b62a9ba6258f5610f83e264f31497b4" },
	{ 9, "264499060ad9baabc47f8b02bb6d71ed" },
	{ 15, "5493e99933b0a8117e08ec0f97cfc3d9" },
	{ 16, "6ee2a4ca67b054bbfd3315bf85230577" },
	{ 31, "2939b0183223fafc1723de4f52c43d35" },
	{ 63, "5150d1772f50834a503e069a973fbd7c" },
	// clang-format on
};

TEST(siphash_is_the_reference)
{
	TG_OWN(tg_buffer_release) struct tg_buffer hex = TG_BUFFER_INIT;
	unsigned char key[TG_SIPHASH_KEY], text[65], out[TG_SIPHASH_SIZE];
	struct tg_siphash_key k;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	k = tg_siphash_key_of(key);
	for (size_t i = 0; i < TG_COUNT(sip); i++) {
		for (size_t at = 0; at < 2; at++) { /* aligned and not */
			for (size_t j = 0; j < sip[i].n; j++)
				text[at + j] = (unsigned char)j;
			tg_siphash(&k, text + at, sip[i].n, out);
			tg_buffer_clear(&hex);
			tg_buffer_put_hex(&hex, out, sizeof(out));
			is_str("digest", tg_buffer_str(&hex), tg_str_of(sip[i].hex));
		}
	}
}

/* Any number of any lengths, at every level of the machine: as one by one. The texts end where their memory does. */
TEST(siphash_of_many)
{
	static const char *const level[] = { "scalar", "neon", "sse2", "avx2", "avx512" };
	enum { MANY = 41 };
	struct tg_siphash_key k = tg_siphash_key_of((const unsigned char *)"0123456789abcdef");
	unsigned char one[TG_SIPHASH_SIZE], out[MANY][TG_SIPHASH_SIZE];
	struct tg_str text[MANY];

	for (size_t l = 0; l < TG_COUNT(level); l++) {
		bool same = true;

		if (!tg_cpu_choose(level[l])) {
			ok("not had here", true);
			continue;
		}
		for (size_t n = 0; n <= MANY; n++) {
			for (size_t i = 0; i < n; i++) {
				size_t length = n % 2 ? i : (i * 7919 + n * 31) % 300;
				char *p = tg_alloc(length + 1);

				for (size_t j = 0; j < length; j++)
					p[j] = (char)(i * 13 + j * 7 + n);
				text[i] = tg_str_from(tg_resize(p, length + !length), length);
			}
			tg_siphash_each(&k, text, n, out);
			for (size_t i = 0; i < n; i++) {
				tg_siphash(&k, text[i].p, text[i].n, one);
				same = same && memcmp(one, out[i], sizeof(one)) == 0;
				tg_free((void *)(uintptr_t)text[i].p);
			}
		}
		ok(level[l], same);
	}
	(void)tg_cpu_choose(NULL);
}

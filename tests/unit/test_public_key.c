#include "common/base/decode.h"
#include "common/webhook/public_key.h"
#include "tests/unit/tap.h"

/* Keys and signatures of MESSAGE, made for this test with another library. */
#define MESSAGE TG_STR("1600112502[{\"event\":\"open\"}]\r\n")
// clang-format off
static const char p256_spki[] =
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8x9vw8RAbDQI9b0kro9MLHaChvV2IWXf5JHNZwEEvKif7uyn7LSUHmxm6RH4"
	"q2ThTNlxJjTBCVRNp/rJWPkK2g==";
static const char p256_pem[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8x9vw8RAbDQI9b0kro9MLHaChvV2\n"
	"IWXf5JHNZwEEvKif7uyn7LSUHmxm6RH4q2ThTNlxJjTBCVRNp/rJWPkK2g==\n"
	"-----END PUBLIC KEY-----\n";
static const char p256_certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBGjCBwaADAgECAgEFMAoGCCqGSM49BAMCMBcxFTATBgNVBAMMDHRlc3QuZXhh\n"
	"bXBsZTAeFw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBcxFTATBgNVBAMM\n"
	"DHRlc3QuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPMfb8PEQGw0\n"
	"CPW9JK6PTCx2gob1diFl3+SRzWcBBLyon+7sp+y0lB5sZukR+Ktk4UzZcSY0wQlU\n"
	"Taf6yVj5CtowCgYIKoZIzj0EAwIDSAAwRQIgf87Et9vek8N/AbPxjDg+zG1h3CoA\n"
	"xZv5EaszuG5jnOMCIQDDWrqBR4r/FuySMCDvvDIePl+UAblozF3Gzvo6/NIUsw==\n"
	"-----END CERTIFICATE-----\n";
static const char p256_signature[] =
	"304502200a8d7a3f8549214d1f94fe6f379d13e01397f7e4c254405b4add9ed24de4db57022100e09f17c6529ddd20d7"
	"87217d1da4cc65eb60740c6dc847ba0901a781edfc5189";
static const char p256_other_s[] =
	"304402200a8d7a3f8549214d1f94fe6f379d13e01397f7e4c254405b4add9ed24de4db5702201f60e838ad6222e02878"
	"de82e25b3399d18686a1394f56caeab823410e66d3c8";
static const char p256_raw[] =
	"0a8d7a3f8549214d1f94fe6f379d13e01397f7e4c254405b4add9ed24de4db57e09f17c6529ddd20d787217d1da4cc65"
	"eb60740c6dc847ba0901a781edfc5189";
static const char p384_spki[] =
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEzXe87l/eytFyr8j2LERfXvFVxGDfv54Sui6B26JIhkz1eClhmoub7bMvoizzglrS"
	"l6Y0M48ehmmYOaArgo5ZCesALDC5qko9at1sELdGehAbifcrM8A1CAeUldw1PQyx";
static const char k256_spki[] =
	"MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEvlm48bWATbJEY7lgX3VCULW9LNobBfte/vD1BlkSY0WvhPGBbzNsYjUhTf9Qqeve"
	"gCMTQ/qUW7HnuPwGxcg1Eg==";
static const char ed25519_spki[] =
	"MCowBQYDK2VwAyEA0FSQSBcozbluihQXMz3ZWylxleicaTImS/sjL4vddEw=";
static const char rsa_certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIICpzCCAY+gAwIBAgIBBTANBgkqhkiG9w0BAQsFADAXMRUwEwYDVQQDDAx0ZXN0\n"
	"LmV4YW1wbGUwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAXMRUwEwYD\n"
	"VQQDDAx0ZXN0LmV4YW1wbGUwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIB\n"
	"AQCkGAg1IW2o29acOQEOZD27XtKjKUBFXGuiB2A3K4/hrhk9g/7dYaTDnAEDuVg4\n"
	"hQ+We9p0SGPW7y46Aa30Qwk/kXc6Abj6GpITQzU/YgunjHy0g01HcDEOhW/GrIwm\n"
	"R5E84wp6CieYN1eBlUwGOuX57xRjGSp1d6irbmvpEL3XUZet7VCWOnCKfCpdGB1x\n"
	"pPa8nKXCr5ifdFW/zYrAC9tO33PNGLYSN7vYN7Gy+5KzYVci/I8hd7OYEpb3abML\n"
	"54wK0aFLZNsVSuuS2CAGBruULIIXTrLzL3O4QKCTDRMHwi5mCahKhM/wwOCPnj2F\n"
	"YnLDlAEpCqCo1Y8z2R7klyHvAgMBAAEwDQYJKoZIhvcNAQELBQADggEBAJfsAm5w\n"
	"fW3IWhNXuHZPtOc3yFk7YoJyr/eS1aeaFyHOlPNbd7nVMB6NfoYVYX5Wf3tuc/YO\n"
	"wjwR0V6XsUxiQaz7yOB7Pn2DjR8end3SboiUZVf2avML92UTc4Ar0HEd+rFMR903\n"
	"66y5s6DjZu6qL0wnTz2K6Vz0y09wHJ/hCanSyjS3chhubih7bVRgD/SVihpWuodY\n"
	"/+8z1OnjSHNvOalx4KkiNdEvxF71cj/YzWqrZSXLkAFIs/+SwntCC8L1RP/xBu+v\n"
	"W4akb/zt7oni67K3NLRYKxUCnFEdE+PPuJAxIILakxoaiaEfAxFEH+qhgi1pPgv/\n"
	"bFcCnjTIkvFYv6k=\n"
	"-----END CERTIFICATE-----\n";
static const char rsa_public[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApBgINSFtqNvWnDkBDmQ9\n"
	"u17SoylARVxrogdgNyuP4a4ZPYP+3WGkw5wBA7lYOIUPlnvadEhj1u8uOgGt9EMJ\n"
	"P5F3OgG4+hqSE0M1P2ILp4x8tINNR3AxDoVvxqyMJkeRPOMKegonmDdXgZVMBjrl\n"
	"+e8UYxkqdXeoq25r6RC911GXre1QljpwinwqXRgdcaT2vJylwq+Yn3RVv82KwAvb\n"
	"Tt9zzRi2Eje72DexsvuSs2FXIvyPIXezmBKW92mzC+eMCtGhS2TbFUrrktggBga7\n"
	"lCyCF06y8y9zuECgkw0TB8IuZgmoSoTP8MDgj549hWJyw5QBKQqgqNWPM9ke5Jch\n"
	"7wIDAQAB\n"
	"-----END PUBLIC KEY-----\n";
static const char rsa_1024[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBojCCAQugAwIBAgIBBTANBgkqhkiG9w0BAQsFADAXMRUwEwYDVQQDDAx0ZXN0\n"
	"LmV4YW1wbGUwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAXMRUwEwYD\n"
	"VQQDDAx0ZXN0LmV4YW1wbGUwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBANNG\n"
	"0OPcMMXgD8EioFrPlI14//TJh3xpvqJwLRZxFH4Wo+KWx+9q99XDCn7rNf5OWn9k\n"
	"Zf0Z4oLTraWnNwtghKyk7ipM5PmEmjQu/ExY4Nty9+MnpRk3wRuT9gCOwNn8M6iY\n"
	"skySwk2TEkQWYT1+XU11al5i62ployRz7CUF+XY3AgMBAAEwDQYJKoZIhvcNAQEL\n"
	"BQADgYEAWaX9ryl/YGvSTikFo+/2TkZX3Pe1x77GEYj25hnh34tRR4iv78Zf+qoO\n"
	"sjsA986LlIqPA4ku2iLrn85qqGO6t2tPW0quLH55gD44X6TwR4WOmO4xAO9eDfc0\n"
	"UNTHXgmhJaW38CZkXdIahG0Q67sv2dTnIEQs5aYhnwHJx+8of6w=\n"
	"-----END CERTIFICATE-----\n";
static const char rsa_sha256[] =
	"515b9d618f698bcdc78a0d370bb28a68446ad0bec7a09594b524e1245432b8a65e76613c91a6a09840168675f0c1285d"
	"fd9c5605a55775e77c8a2c3f1e1d129b74d0aa5d48c9bc709bdd05ef59cbf5e60597e5776b302278db629051144de008"
	"c5330da055d7fcc86c76afc48c9e2b07aed02e9dfae94131704f79221a5d671931c801f5c96cdc192590edd730ee2bf1"
	"e3f16a35a393d4883efa676fba697939101f148bb2664019a07533171b13e4f82167ca8d38fd4547fbc4b3e9b6fc5678"
	"f29b331f18680312017f179de171981d975a71b618f9b75b160de3dc80d2aa99abd72fb347de77a22b4dd2655d20596d"
	"412a5ad1f81475e03382b9a46ce60df6";
static const char rsa_sha1[] =
	"4c6d0a466a766b8ed3a25e343d8f1ee1d741701cd7a08bd991d376c927668bc4bf334d11a36216f6143a518d70b67715"
	"7498343b3bfd6379397ba02cf05114acd660da170a607148ec800df78c90c101d4cc160446681fd123e198048e96c41d"
	"2dd8c2587d195abcec50fe486fada86831017af1f36cd20d95c209f0789dbfe5f6404b51e9535ebad467c55c33f5ce19"
	"c23e8b0b2c61a525ee2b845c300b54a32c7f55549e292c4c1b84e64488ce01d312b4103d489ce13fcf20ed1ac4a648e0"
	"7b65f3cadec6efe282f8f1597f581da10acb3f34e6c373b765f02c9dfe6b64655a84b4cda46157eb5ea12f357562abd7"
	"e0a5d37a1fce196c9a858ddd8942ad09";
static const char rsa_pss[] =
	"0886b6a0c7b756b5636d4ad2dba071785fe0162932ba8f252851a15ef3d001e4e9c279522ca36b7ddf2ef86b4c0bac58"
	"b719c95c43be79ddba79da37f8b2dcafc08d9fd3866eafd8c34cd30bbfd87dc7a695d17ce3704929d554e884d407dc04"
	"404c5b09adc638cd4a4b3ebede587e87b28ab1b39b72a82bfae500d487f56e7ca131071cb1b9ed406dc4420199d31ffb"
	"e4a95fe6ab32362ca24435961ef8c2b5effccc467590412940650aee8c1f43388d4923bfa97695141596bc6235115ad3"
	"934927528e8eeff6dd21aa971d1cc0ba6ad378b2270ab35a8e4cfde0cc44cbf539cc316cf5d272428aceed4cf41670ca"
	"54cf11f8264f20778d85976d613e59d3";
// clang-format on

/* RFC 8032, 7.1: tests 1 to 3. */
static const struct {
	const char *key, *text, *signature;
} ed25519[] = {
	// clang-format off
	{ "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	// clang-format on
};

static struct tg_public_key *key_of(enum tg_key_form form, const char *text)
{
	struct tg_public_key *key = NULL;
	struct tg_error err = TG_ERROR_INIT;

	is_int("the key is read", tg_public_key_read(&key, form, tg_str_of(text), &err), TG_OK);
	return key;
}

/* The verdict on a signature that is given in hexadecimal. */
static enum tg_signature judge(const struct tg_public_key *key, enum tg_signature_hash hash,
			       struct tg_str text, const char *hex)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;

	ok("hexadecimal", tg_hex_decode(&raw, tg_str_of(hex)));
	return tg_public_key_check(key, hash, text, tg_buffer_str(&raw));
}

TEST(ed25519_of_its_rfc)
{
	for (size_t i = 0; i < TG_COUNT(ed25519); i++) {
		TG_OWN(tg_public_key_free)
		struct tg_public_key *key = key_of(TG_KEY_ED25519_HEX, ed25519[i].key);
		TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

		ok("hexadecimal", tg_hex_decode(&text, tg_str_of(ed25519[i].text)));
		is_int("good",
		       judge(key, TG_SIGNED_SHA256, tg_buffer_str(&text), ed25519[i].signature),
		       TG_SIGNATURE_GOOD);
		tg_buffer_putc(&text, 0);
		is_int("a NUL more",
		       judge(key, TG_SIGNED_SHA256, tg_buffer_str(&text), ed25519[i].signature),
		       TG_SIGNATURE_WRONG);
	}
}

/* Every bit of a signature counts, of any algorithm; no length but its own is one, and no bytes may follow. */
static void every_bit(const char *about, const struct tg_public_key *key,
		      enum tg_signature_hash hash, struct tg_str text, const char *hex)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;

	ok("hexadecimal", tg_hex_decode(&raw, tg_str_of(hex)));
	is_int(about, tg_public_key_check(key, hash, text, tg_buffer_str(&raw)), TG_SIGNATURE_GOOD);
	for (size_t bit = 0; bit < 8 * raw.n; bit++) {
		raw.p[bit / 8] = (char)(raw.p[bit / 8] ^ 1 << bit % 8);
		ok(about,
		   tg_public_key_check(key, hash, text, tg_buffer_str(&raw)) != TG_SIGNATURE_GOOD);
		raw.p[bit / 8] = (char)(raw.p[bit / 8] ^ 1 << bit % 8);
	}
	for (size_t n = 0; n < raw.n; n++)
		is_int(about, tg_public_key_check(key, hash, text, tg_str_from(raw.p, n)),
		       TG_SIGNATURE_MALFORMED);
	tg_buffer_putc(&raw, 0);
	is_int(about, tg_public_key_check(key, hash, text, tg_buffer_str(&raw)),
	       TG_SIGNATURE_MALFORMED);
}

TEST(every_bit_of_a_signature_counts)
{
	TG_OWN(tg_public_key_free)
	struct tg_public_key *edwards = key_of(TG_KEY_ED25519_HEX, ed25519[0].key);
	TG_OWN(tg_public_key_free) struct tg_public_key *p256 = key_of(TG_KEY_P256_SPKI, p256_spki);
	TG_OWN(tg_public_key_free)
	struct tg_public_key *rsa = key_of(TG_KEY_RSA_PEM, rsa_certificate);

	every_bit("Ed25519", edwards, TG_SIGNED_SHA256, TG_STR(""), ed25519[0].signature);
	every_bit("ECDSA", p256, TG_SIGNED_SHA256, MESSAGE, p256_signature);
	every_bit("RSA", rsa, TG_SIGNED_SHA256, MESSAGE, rsa_sha256);
	every_bit("RSA, SHA-1", rsa, TG_SIGNED_SHA1, MESSAGE, rsa_sha1);
}

/* S may not be spelt a second time by adding the order of the group (RFC 8032, 8.4). */
TEST(ed25519_has_one_spelling)
{
	static const unsigned char order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,	     0x63,
						 0x12, 0x58, 0xd6, 0x9c, 0xf7,	     0xa2,
						 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
	TG_OWN(tg_public_key_free)
	struct tg_public_key *key = key_of(TG_KEY_ED25519_HEX, ed25519[0].key);
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;
	unsigned carry = 0;

	ok("hexadecimal", tg_hex_decode(&raw, tg_str_of(ed25519[0].signature)));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned char)raw.p[32 + i] + (unsigned)order[i];
		raw.p[32 + i] = (char)(unsigned char)carry;
		carry >>= 8;
	}
	is_int("S plus the order",
	       tg_public_key_check(key, TG_SIGNED_SHA256, TG_STR(""), tg_buffer_str(&raw)),
	       TG_SIGNATURE_WRONG);
}

TEST(other_signatures)
{
	TG_OWN(tg_public_key_free) struct tg_public_key *p256 = key_of(TG_KEY_P256_SPKI, p256_spki);
	TG_OWN(tg_public_key_free) struct tg_public_key *pem = key_of(TG_KEY_P256_SPKI, p256_pem);
	TG_OWN(tg_public_key_free)
	struct tg_public_key *certified = key_of(TG_KEY_P256_SPKI, p256_certificate);
	TG_OWN(tg_public_key_free)
	struct tg_public_key *rsa = key_of(TG_KEY_RSA_PEM, rsa_certificate);
	TG_OWN(tg_public_key_free) struct tg_public_key *bare = key_of(TG_KEY_RSA_PEM, rsa_public);
	const struct tg_str text = MESSAGE;

	is_int("key as PEM", judge(pem, TG_SIGNED_SHA256, text, p256_signature), TG_SIGNATURE_GOOD);
	is_int("in a certificate", judge(certified, TG_SIGNED_SHA256, text, p256_signature),
	       TG_SIGNATURE_GOOD);
	is_int("a key without certificate", judge(bare, TG_SIGNED_SHA256, text, rsa_sha256),
	       TG_SIGNATURE_GOOD);
	/* Known of ECDSA and no harm here: nothing is told apart by the bytes of its signature. */
	is_int("the other s", judge(p256, TG_SIGNED_SHA256, text, p256_other_s), TG_SIGNATURE_GOOD);
	is_int("another text", judge(p256, TG_SIGNED_SHA256, TG_STR("x"), p256_signature),
	       TG_SIGNATURE_WRONG);
	is_int("raw instead of DER", judge(p256, TG_SIGNED_SHA256, text, p256_raw),
	       TG_SIGNATURE_MALFORMED);
	is_int("SHA-1 where SHA-256 is due", judge(rsa, TG_SIGNED_SHA256, text, rsa_sha1),
	       TG_SIGNATURE_WRONG);
	is_int("SHA-256 where SHA-1 is due", judge(rsa, TG_SIGNED_SHA1, text, rsa_sha256),
	       TG_SIGNATURE_WRONG);
	is_int("PSS", judge(rsa, TG_SIGNED_SHA256, text, rsa_pss), TG_SIGNATURE_WRONG);
}

TEST(what_is_no_key)
{
	static const struct {
		const char *about;
		enum tg_key_form form;
		const char *text, *why;
	} row[] = {
		// clang-format off
		{ "nothing", TG_KEY_ED25519_HEX, "", "64 hexadecimal digits" },
		{ "too short", TG_KEY_ED25519_HEX, "d75a", "64 hexadecimal digits" },
		{ "no digits", TG_KEY_ED25519_HEX, "zz5a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "64 hexadecimal digits" },
		{ "all zero", TG_KEY_ED25519_HEX, "0000000000000000000000000000000000000000000000000000000000000000", "small order" },
		{ "one", TG_KEY_ED25519_HEX, "0100000000000000000000000000000000000000000000000000000000000080", "small order" },
		{ "minus one", TG_KEY_ED25519_HEX, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "small order" },
		{ "zero, spelt p", TG_KEY_ED25519_HEX, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "small order" },
		{ "of order eight", TG_KEY_ED25519_HEX, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "small order" },
		{ "nothing behind it", TG_KEY_WHPK, "whpk_", "base64 of 32 bytes" },
		{ "no prefix", TG_KEY_WHPK, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "whpk_" },
		{ "a private key", TG_KEY_WHPK, "whsk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "private" },
		{ "a shared secret", TG_KEY_WHPK, "whsec_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "shared secret" },
		{ "all zero", TG_KEY_WHPK, "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "small order" },
		{ "nothing", TG_KEY_P256_SPKI, "", "SubjectPublicKeyInfo" },
		{ "no key", TG_KEY_P256_SPKI, "AAAA", "SubjectPublicKeyInfo" },
		{ "another curve", TG_KEY_P256_SPKI, p384_spki, "another curve" },
		{ "another curve of that size", TG_KEY_P256_SPKI, k256_spki, "another curve" },
		{ "another algorithm", TG_KEY_P256_SPKI, ed25519_spki, "another algorithm" },
		{ "another algorithm in PEM", TG_KEY_P256_SPKI, rsa_certificate, "another algorithm" },
		{ "nothing", TG_KEY_RSA_PEM, "", "PEM" },
		{ "too small", TG_KEY_RSA_PEM, rsa_1024, "1024 bits" },
		{ "another algorithm", TG_KEY_RSA_PEM, p256_certificate, "another algorithm" },
		{ "no certificate", TG_KEY_RSA_PEM, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate" },
		{ "private", TG_KEY_RSA_PEM, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "private key" },
		{ "private", TG_KEY_P256_SPKI, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "private key" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_error err = TG_ERROR_INIT;
		struct tg_public_key *key = NULL;
		struct tg_str text = tg_str_of(row[i].text);

		is_int(row[i].about, tg_public_key_read(&key, row[i].form, text, &err), TG_CONFIG);
		ok(row[i].about, key == NULL);
		ok(row[i].why, strstr(err.text, row[i].why) != NULL);
		ok("the text is not quoted", text.n < 12 || !strstr(err.text, row[i].text));
	}
}

TEST(a_key_of_two)
{
	TG_OWN(tg_buffer_release) struct tg_buffer der = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	struct tg_public_key *key = NULL;
	struct tg_error err = TG_ERROR_INIT;

	ok("base64", tg_base64_decode(&der, tg_str_of(p256_spki)));
	tg_buffer_putc(&der, 0);
	tg_buffer_put_base64(&text, der.p, der.n);
	is_int("a byte behind the key",
	       tg_public_key_read(&key, TG_KEY_P256_SPKI, tg_buffer_str(&text), &err), TG_CONFIG);
}

TEST(a_point_by_its_coordinates)
{
	TG_OWN(tg_buffer_release) struct tg_buffer der = TG_BUFFER_INIT;
	TG_OWN(tg_public_key_free) struct tg_public_key *key = NULL;
	struct tg_public_key *none = NULL;
	struct tg_error err = TG_ERROR_INIT;
	unsigned char *x, *y;

	ok("base64", tg_base64_decode(&der, tg_str_of(p256_spki)));
	x = (unsigned char *)der.p + der.n - 64;
	y = x + 32;
	is_int("a point", tg_public_key_point(&key, x, y, &err), TG_OK);
	is_int("the same key", judge(key, TG_SIGNED_SHA256, MESSAGE, p256_signature),
	       TG_SIGNATURE_GOOD);
	y[31] ^= 1;
	is_int("not on the curve", tg_public_key_point(&none, x, y, &err), TG_CONFIG);
	memset(x, 0, 64);
	is_int("zero", tg_public_key_point(&none, x, y, &err), TG_CONFIG);
	memset(x, 0xff, 64);
	is_int("beyond the field", tg_public_key_point(&none, x, y, &err), TG_CONFIG);
}

TEST(der_has_one_spelling)
{
	static const struct {
		const char *about, *hex;
		bool good;
	} row[] = {
		// clang-format off
		{ "the least", "3006020101020101", true },
		{ "a zero before a high bit", "300702020080020101", true },
		{ "empty", "", false },
		{ "zero", "3006020100020101", false },
		{ "negative", "3006020180020101", false },
		{ "a zero too many", "300702020001020101", false },
		{ "no INTEGER", "3006030101020101", false },
		{ "no SEQUENCE", "3106020101020101", false },
		{ "long form of the length", "308106020101020101", false },
		{ "a byte behind", "300602010102010100", false },
		{ "a byte behind, counted", "300702010102010100", false },
		{ "a number behind", "3009020101020101020101", false },
		{ "one number", "3003020101", false },
		{ "an empty number", "30050200020101", false },
		{ "cut", "30060201010202", false },
		{ "length beyond its end", "3006027f01020101", false },
		{ "33 bytes without a zero", "302602210101010101010101010101010101010101010101010101010101010101010101010101020101", false },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;

		ok("hexadecimal", tg_hex_decode(&raw, tg_str_of(row[i].hex)));
		is_int(row[i].about, tg_ecdsa_is_der(tg_buffer_str(&raw)), row[i].good);
	}
}

TEST(raw_becomes_der)
{
	TG_OWN(tg_buffer_release) struct tg_buffer raw = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer hex = TG_BUFFER_INIT;
	unsigned char der[TG_P256_SIGNATURE_DER];
	unsigned char one[TG_P256_SIGNATURE] = { [31] = 1, [63] = 0x80 };
	size_t n;

	ok("hexadecimal", tg_hex_decode(&raw, tg_str_of(p256_raw)));
	n = tg_ecdsa_put_der(der, (const unsigned char *)raw.p);
	tg_buffer_put_hex(&hex, der, n);
	is_str("the signature", tg_buffer_str(&hex), tg_str_of(p256_signature));
	tg_buffer_clear(&hex);
	n = tg_ecdsa_put_der(der, one);
	tg_buffer_put_hex(&hex, der, n);
	is_str("short numbers", tg_buffer_str(&hex), TG_STR("300702010102020080"));
	memset(one, 0xff, sizeof(one));
	is_int("the longest", (long long)tg_ecdsa_put_der(der, one), TG_P256_SIGNATURE_DER);
	memset(one, 0, sizeof(one));
	n = tg_ecdsa_put_der(der, one);
	ok("zero is no signature", !tg_ecdsa_is_der(tg_str_from((const char *)der, n)));
}

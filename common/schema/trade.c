/*
 * The formats of the trade: account numbers, securities, articles, telephone numbers, codes of countries and currencies. Texts are as
 * machines exchange them: capital letters, no blanks.
 */
#include "common/schema/format.h"

/*
 * Tables
 *
 * Forms of account numbers: SWIFT's IBAN registry (ISO 13616), release 101. Behind country and check digits so many n: digits, a:
 * capital letters, c: either.
 */
static const struct {
	char country[3];
	const char *form;
} iban_forms[] = {
	// clang-format off
	{ "AD", "8n12c" }, { "AE", "19n" }, { "AL", "8n16c" }, { "AT", "16n" }, { "AZ", "4a20c" }, { "BA", "16n" },
	{ "BE", "12n" }, { "BG", "4a6n8c" }, { "BH", "4a14c" }, { "BI", "23n" }, { "BR", "23n1a1c" }, { "BY", "4c4n16c" },
	{ "CH", "5n12c" }, { "CR", "18n" }, { "CY", "8n16c" }, { "CZ", "20n" }, { "DE", "18n" }, { "DJ", "23n" },
	{ "DK", "14n" }, { "DO", "4c20n" }, { "EE", "16n" }, { "EG", "25n" }, { "ES", "20n" }, { "FI", "14n" },
	{ "FK", "2a12n" }, { "FO", "14n" }, { "FR", "10n11c2n" }, { "GB", "4a14n" }, { "GE", "2a16n" }, { "GI", "4a15c" },
	{ "GL", "14n" }, { "GR", "7n16c" }, { "GT", "24c" }, { "HN", "4a20n" }, { "HR", "17n" }, { "HU", "24n" },
	{ "IE", "4a14n" }, { "IL", "19n" }, { "IQ", "4a15n" }, { "IS", "22n" }, { "IT", "1a10n12c" }, { "JO", "4a4n18c" },
	{ "KW", "4a22c" }, { "KZ", "3n13c" }, { "LB", "4n20c" }, { "LC", "4a24c" }, { "LI", "5n12c" }, { "LT", "16n" },
	{ "LU", "3n13c" }, { "LV", "4a13c" }, { "LY", "21n" }, { "MC", "10n11c2n" }, { "MD", "20c" }, { "ME", "18n" },
	{ "MK", "3n10c2n" }, { "MN", "16n" }, { "MR", "23n" }, { "MT", "4a5n18c" }, { "MU", "4a19n3a" }, { "NI", "4a20n" },
	{ "NL", "4a10n" }, { "NO", "11n" }, { "OM", "3n16c" }, { "PK", "4a16c" }, { "PL", "24n" }, { "PS", "4a21c" },
	{ "PT", "21n" }, { "QA", "4a21c" }, { "RO", "4a16c" }, { "RS", "18n" }, { "RU", "14n15c" }, { "SA", "2n18c" },
	{ "SC", "4a20n3a" }, { "SD", "14n" }, { "SE", "20n" }, { "SI", "15n" }, { "SK", "20n" }, { "SM", "1a10n12c" },
	{ "SO", "19n" }, { "ST", "21n" }, { "SV", "4a20n" }, { "TL", "19n" }, { "TN", "20n" }, { "TR", "6n16c" },
	{ "UA", "6n19c" }, { "VA", "18n" }, { "VG", "4a16n" }, { "XK", "16n" }, { "YE", "4a4n18c" },
	// clang-format on
};

/* ISO 3166-1, alpha-2 and alpha-3, and ISO 4217, list one, as in iso-codes of February 2026. In order, one behind the other. */
// clang-format off
static const char countries[] =
	"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCN"
	"COCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHM"
	"HNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMK"
	"MLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW"
	"SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVI"
	"VNVUWFWSYEYTZAZMZW";

static const char countries3[] =
	"ABWAFGAGOAIAALAALBANDAREARGARMASMATAATFATGAUSAUTAZEBDIBELBENBESBFABGDBGRBHRBHSBIHBLMBLRBLZBMUBOL"
	"BRABRBBRNBTNBVTBWACAFCANCCKCHECHLCHNCIVCMRCODCOGCOKCOLCOMCPVCRICUBCUWCXRCYMCYPCZEDEUDJIDMADNKDOM"
	"DZAECUEGYERIESHESPESTETHFINFJIFLKFRAFROFSMGABGBRGEOGGYGHAGIBGINGLPGMBGNBGNQGRCGRDGRLGTMGUFGUMGUY"
	"HKGHMDHNDHRVHTIHUNIDNIMNINDIOTIRLIRNIRQISLISRITAJAMJEYJORJPNKAZKENKGZKHMKIRKNAKORKWTLAOLBNLBRLBY"
	"LCALIELKALSOLTULUXLVAMACMAFMARMCOMDAMDGMDVMEXMHLMKDMLIMLTMMRMNEMNGMNPMOZMRTMSRMTQMUSMWIMYSMYTNAM"
	"NCLNERNFKNGANICNIUNLDNORNPLNRUNZLOMNPAKPANPCNPERPHLPLWPNGPOLPRIPRKPRTPRYPSEPYFQATREUROURUSRWASAU"
	"SDNSENSGPSGSSHNSJMSLBSLESLVSMRSOMSPMSRBSSDSTPSURSVKSVNSWESWZSXMSYCSYRTCATCDTGOTHATJKTKLTKMTLSTON"
	"TTOTUNTURTUVTWNTZAUGAUKRUMIURYUSAUZBVATVCTVENVGBVIRVNMVUTWLFWSMYEMZAFZMBZWE";

static const char currencies[] =
	"AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBHDBIFBMDBNDBOBBOVBRLBSDBTNBWPBYNBZDCADCDFCHECHFCHWCLFCLPCNY"
	"COPCOUCRCCUPCVECZKDJFDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDRILSINRIQD"
	"IRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXN"
	"MXVMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESOSSRD"
	"SSPSTNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUSNUYIUYUUYWUZSVEDVESVNDVUVWSTXADXAFXAGXAUXBA"
	"XBBXBCXBDXCDXCGXDRXOFXPDXPFXPTXSUXTSXUAXXXYERZARZMWZWG";

// clang-format on

/* Whether the text is one of the codes, which are all n bytes long. */
static bool is_code(struct tg_str text, size_t n, const char *codes, size_t size)
{
	size_t low = 0, high = size / n;

	if (text.n != n)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(text.p, codes + middle * n, n);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

#define IS_CODE(text, n, codes) is_code(text, n, codes, sizeof(codes) - 1)

/*
 * Characters and check digits
 */

static bool is_digit(char c)
{
	return tg_digit((unsigned char)c);
}

static bool is_capital(char c)
{
	return (unsigned char)(c - 'A') < 26;
}

static bool all_digits(struct tg_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return true;
}

static bool all_codes(struct tg_str s) /* digits and capital letters */
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && !is_capital(s.p[i]))
			return false;
	return true;
}

/* ISO 7064, mod 97-10: the remainder, letters counting 10 to 35. */
static unsigned remainder_97(unsigned before, struct tg_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned value =
			is_digit(s.p[i]) ? (unsigned)(s.p[i] - '0') : (unsigned)(s.p[i] - 'A') + 10;

		before = (before * (value < 10 ? 10 : 100) + value) % 97;
	}
	return before;
}

/* ISO/IEC 7812-1, annex B, from the right; letters are two digits. */
static bool luhn_fits(struct tg_str s)
{
	unsigned sum = 0;
	bool twice = false;

	for (size_t i = s.n; i-- > 0;) {
		unsigned value =
			is_digit(s.p[i]) ? (unsigned)(s.p[i] - '0') : (unsigned)(s.p[i] - 'A') + 10;

		for (unsigned digits = value < 10 ? 1 : 2; digits > 0; digits--, value /= 10) {
			unsigned d = value % 10 * (twice ? 2 : 1);

			sum += d > 9 ? d - 9 : d;
			twice = !twice;
		}
	}
	return sum % 10 == 0;
}

/*
 * What is wrong with a text, NULL: nothing
 */

/* The form of the part behind the check digits, digit by digit. */
static bool fits_form(struct tg_str s, const char *form)
{
	size_t at = 0;

	while (*form) {
		size_t n = 0;

		for (; is_digit(*form); form++)
			n = n * 10 + (size_t)(*form - '0');
		for (; n > 0; n--, at++) {
			bool digit = at < s.n && is_digit(s.p[at]);
			bool capital = at < s.n && is_capital(s.p[at]);

			if (*form == 'n' ? !digit : *form == 'a' ? !capital : !digit && !capital)
				return false;
		}
		form++;
	}
	return at == s.n;
}

static size_t length_of_form(const char *form)
{
	size_t all = 0, n = 0;

	for (; *form; form++) {
		if (is_digit(*form)) {
			n = n * 10 + (size_t)(*form - '0');
		} else {
			all += n;
			n = 0;
		}
	}
	return all;
}

static const char *iban(struct tg_str s)
{
	struct tg_str rest = tg_str_after(s, 4);

	if (s.n < 5 || !all_codes(s) || !is_capital(s.p[0]) || !is_capital(s.p[1]) ||
	    !is_digit(s.p[2]) || !is_digit(s.p[3]))
		return "is not an IBAN: a country, two check digits, then capital letters and digits without blanks";
	for (size_t i = 0; i < TG_COUNT(iban_forms); i++) {
		if (memcmp(s.p, iban_forms[i].country, 2) != 0)
			continue;
		if (rest.n != length_of_form(iban_forms[i].form))
			return "is not an IBAN: it has not the length of its country's";
		if (!fits_form(rest, iban_forms[i].form))
			return "is not an IBAN: letters and digits do not stand as in its country's";
		/* 00, 01 and 99 would fit where 97, 98 and 02 do (ISO 13616-1, 6.1). */
		if (remainder_97(remainder_97(0, rest), tg_str_from(s.p, 4)) != 1 ||
		    memcmp(s.p + 2, "00", 2) == 0 || memcmp(s.p + 2, "01", 2) == 0 ||
		    memcmp(s.p + 2, "99", 2) == 0)
			return "is not an IBAN: the check digits do not fit";
		return NULL;
	}
	return "is not an IBAN: its country has none";
}

/* ISO 9362. Kosovo's code is not ISO's, but SWIFT's. */
static const char *bic(struct tg_str s)
{
	struct tg_str country = { s.p + 4, 2 };

	if ((s.n != 8 && s.n != 11) || !all_codes(s) || !is_capital(s.p[4]) || !is_capital(s.p[5]))
		return "is not a BIC: 8 or 11 capital letters and digits, the country at the fifth place";
	if (!IS_CODE(country, 2, countries) && !tg_str_is(country, "XK"))
		return "is not a BIC: no country has the code at the fifth place";
	return NULL;
}

static const char *luhn(struct tg_str s)
{
	if (s.n < 2 || !all_digits(s))
		return "is not a number with a check digit (Luhn): digits only, two at least";
	return luhn_fits(s)
		       ? NULL
		       : "is not a number with a check digit (Luhn): the last digit does not fit";
}

/* The routing number of the American Bankers Association. */
static const char *aba(struct tg_str s)
{
	unsigned sum = 0, bank;

	if (s.n != 9 || !all_digits(s))
		return "is not an ABA routing number: it has 9 digits";
	for (size_t i = 0; i < 9; i++)
		sum += (unsigned)(s.p[i] - '0') * (i % 3 == 0 ? 3 : i % 3 == 1 ? 7 : 1);
	if (sum % 10 != 0 || sum == 0)
		return "is not an ABA routing number: the check digit does not fit";
	bank = (unsigned)(s.p[0] - '0') * 10 + (unsigned)(s.p[1] - '0');
	if (bank > 12 && !(bank >= 21 && bank <= 32) && !(bank >= 61 && bank <= 72) && bank != 80)
		return "is not an ABA routing number: none begins so";
	return NULL;
}

/* ISO 6166. */
static const char *isin(struct tg_str s)
{
	if (s.n != 12 || !all_codes(s) || !is_capital(s.p[0]) || !is_capital(s.p[1]) ||
	    !is_digit(s.p[11]))
		return "is not an ISIN: two capital letters, nine capital letters or digits, a check digit";
	return luhn_fits(s) ? NULL : "is not an ISIN: the check digit does not fit";
}

/* ISO 17442. */
static const char *lei(struct tg_str s)
{
	if (s.n != 20 || !all_codes(s) || !is_digit(s.p[18]) || !is_digit(s.p[19]))
		return "is not an LEI: 18 capital letters or digits, two check digits";
	return remainder_97(0, s) == 1 ? NULL : "is not an LEI: the check digits do not fit";
}

/* GS1: 8, 12, 13 or 14 digits, weights of 3 and 1 from the right. */
static const char *gtin(struct tg_str s)
{
	unsigned sum = 0;

	if ((s.n != 8 && (s.n < 12 || s.n > 14)) || !all_digits(s))
		return "is not a GTIN: it has 8, 12, 13 or 14 digits";
	for (size_t i = 0; i < s.n; i++)
		sum += (unsigned)(s.p[i] - '0') * ((s.n - i) % 2 == 0 ? 3 : 1);
	return sum % 10 == 0 ? NULL : "is not a GTIN: the check digit does not fit";
}

/* ITU-T E.164, as it is written for machines. */
static const char *e164(struct tg_str s)
{
	if (s.n < 3 || s.n > 16 || s.p[0] != '+' || s.p[1] == '0' ||
	    !all_digits(tg_str_after(s, 1)))
		return "is not a telephone number: a plus sign, the country's code, digits only, 15 at most";
	return NULL;
}

static const char *country(struct tg_str s)
{
	return IS_CODE(s, 2, countries)
		       ? NULL
		       : "is not a country's code of two capital letters (ISO 3166-1)";
}

static const char *country3(struct tg_str s)
{
	return IS_CODE(s, 3, countries3)
		       ? NULL
		       : "is not a country's code of three capital letters (ISO 3166-1)";
}

static const char *currency(struct tg_str s)
{
	return IS_CODE(s, 3, currencies)
		       ? NULL
		       : "is not a currency's code of three capital letters (ISO 4217)";
}

#define IS(name)                                                                                   \
	static bool is_##name(struct tg_str s)                                                     \
	{                                                                                          \
		return name(s) == NULL;                                                            \
	}

IS(aba)
IS(bic)
IS(country)
IS(country3)
IS(currency)
IS(e164)
IS(gtin)
IS(iban)
IS(isin)
IS(lei)
IS(luhn)

#define ROW(name)                                                                                  \
	{                                                                                          \
		{ #name, sizeof(#name) - 1 }, is_##name, NULL, name                                \
	}

static const struct tg_format trade[] = {
	ROW(aba),  ROW(bic),  ROW(country), ROW(country3), ROW(currency), ROW(e164),
	ROW(gtin), ROW(iban), ROW(isin),    ROW(lei),	   ROW(luhn),
};

const struct tg_format *tg_format_find_trade(struct tg_str name)
{
	for (size_t i = 0; i < TG_COUNT(trade); i++)
		if (tg_str_eq(name, trade[i].name))
			return &trade[i];
	return NULL;
}

const struct tg_str *tg_format_nearest_trade(struct tg_str name)
{
	struct tg_str names[TG_COUNT(trade)];
	const struct tg_str *near;

	for (size_t i = 0; i < TG_COUNT(trade); i++)
		names[i] = trade[i].name;
	near = tg_str_nearest(name, names, TG_COUNT(trade));
	return near ? &trade[near - names].name : NULL;
}

#include "common/schema/class.h"

#include "common/base/memory.h"

#include <stdlib.h>

enum { SURROGATE_FIRST = 0xd800, SURROGATE_LAST = 0xdfff, LAST = 0x10ffff };

static void put(struct tg_class_set *set, uint32_t low, uint32_t high)
{
	if (low > high)
		return;
	if (set->n == set->room) {
		set->room = set->room ? set->room * 2 : 8;
		set->range = tg_resize_array(set->range, set->room, sizeof(*set->range));
	}
	set->range[set->n++] = (struct tg_class_range){ low, high };
}

void tg_class_add(struct tg_class_set *set, uint32_t low, uint32_t high)
{
	if (high < SURROGATE_FIRST || low > SURROGATE_LAST) {
		put(set, low, high);
		return;
	}
	if (low < SURROGATE_FIRST)
		put(set, low, SURROGATE_FIRST - 1);
	if (high > SURROGATE_LAST)
		put(set, SURROGATE_LAST + 1, high);
}

void tg_class_add_set(struct tg_class_set *set, const struct tg_class_range *range, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tg_class_add(set, range[i].low, range[i].high);
}

static int compare(const void *x, const void *y)
{
	const struct tg_class_range *a = x, *b = y;

	return (a->low > b->low) - (a->low < b->low);
}

void tg_class_settle(struct tg_class_set *set)
{
	size_t n = 0;

	if (set->n < 2)
		return;
	qsort(set->range, set->n, sizeof(*set->range), compare);
	for (size_t i = 1; i < set->n; i++) {
		struct tg_class_range *last = &set->range[n];

		if (set->range[i].low <= last->high + 1) {
			if (set->range[i].high > last->high)
				last->high = set->range[i].high;
		} else {
			set->range[++n] = set->range[i];
		}
	}
	set->n = n + 1;
}

void tg_class_invert(struct tg_class_set *set)
{
	struct tg_class_set rest = { NULL, 0, 0 };
	uint32_t low = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->range[i].low > low)
			tg_class_add(&rest, low, set->range[i].low - 1);
		low = set->range[i].high + 1;
	}
	if (low <= LAST)
		tg_class_add(&rest, low, LAST);
	tg_class_settle(&rest);
	tg_class_release(set);
	*set = rest;
}

void tg_class_release(struct tg_class_set *set)
{
	tg_free(set->range);
	*set = (struct tg_class_set){ NULL, 0, 0 };
}

bool tg_class_add_letter(struct tg_class_set *set, char letter)
{
	static const struct tg_class_range digits[] = { { '0', '9' } };
	static const struct tg_class_range word[] = {
		{ '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' }
	};
	/* ECMA-262's WhiteSpace and LineTerminator: Unicode's blanks and U+FEFF. */
	static const struct tg_class_range space[] = {
		{ 0x09, 0x0d },	    { 0x20, 0x20 },	{ 0xa0, 0xa0 },	    { 0x1680, 0x1680 },
		{ 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x202f, 0x202f }, { 0x205f, 0x205f },
		{ 0x3000, 0x3000 }, { 0xfeff, 0xfeff },
	};
	struct tg_class_set one = { NULL, 0, 0 };
	char small = (char)(letter | 0x20);

	if (small == 'd')
		tg_class_add_set(&one, digits, TG_COUNT(digits));
	else if (small == 'w')
		tg_class_add_set(&one, word, TG_COUNT(word));
	else if (small == 's')
		tg_class_add_set(&one, space, TG_COUNT(space));
	else
		return false;
	if (letter != small)
		tg_class_invert(&one);
	tg_class_add_set(set, one.range, one.n);
	tg_class_release(&one);
	return true;
}

/* General categories by their long names (PropertyValueAliases.txt), with PCRE2's short ones. */
static const struct {
	struct tg_str name;
	const char *brief;
} category[] = {
	// clang-format off
	{ { "Cased_Letter", 12 },          "L&" }, { { "LC", 2 }, "L&" },
	{ { "Close_Punctuation", 17 },     "Pe" }, { { "Pe", 2 }, "Pe" },
	{ { "Connector_Punctuation", 21 }, "Pc" }, { { "Pc", 2 }, "Pc" },
	{ { "Control", 7 },                "Cc" }, { { "Cc", 2 }, "Cc" }, { { "cntrl", 5 }, "Cc" },
	{ { "Currency_Symbol", 15 },       "Sc" }, { { "Sc", 2 }, "Sc" },
	{ { "Dash_Punctuation", 16 },      "Pd" }, { { "Pd", 2 }, "Pd" },
	{ { "Decimal_Number", 14 },        "Nd" }, { { "Nd", 2 }, "Nd" }, { { "digit", 5 }, "Nd" },
	{ { "Enclosing_Mark", 14 },        "Me" }, { { "Me", 2 }, "Me" },
	{ { "Final_Punctuation", 17 },     "Pf" }, { { "Pf", 2 }, "Pf" },
	{ { "Format", 6 },                 "Cf" }, { { "Cf", 2 }, "Cf" },
	{ { "Initial_Punctuation", 19 },   "Pi" }, { { "Pi", 2 }, "Pi" },
	{ { "Letter", 6 },                 "L" },  { { "L", 1 },  "L" },
	{ { "Letter_Number", 13 },         "Nl" }, { { "Nl", 2 }, "Nl" },
	{ { "Line_Separator", 14 },        "Zl" }, { { "Zl", 2 }, "Zl" },
	{ { "Lowercase_Letter", 16 },      "Ll" }, { { "Ll", 2 }, "Ll" },
	{ { "Mark", 4 },                   "M" },  { { "M", 1 },  "M" },  { { "Combining_Mark", 14 }, "M" },
	{ { "Math_Symbol", 11 },           "Sm" }, { { "Sm", 2 }, "Sm" },
	{ { "Modifier_Letter", 15 },       "Lm" }, { { "Lm", 2 }, "Lm" },
	{ { "Modifier_Symbol", 15 },       "Sk" }, { { "Sk", 2 }, "Sk" },
	{ { "Nonspacing_Mark", 15 },       "Mn" }, { { "Mn", 2 }, "Mn" },
	{ { "Number", 6 },                 "N" },  { { "N", 1 },  "N" },
	{ { "Open_Punctuation", 16 },      "Ps" }, { { "Ps", 2 }, "Ps" },
	{ { "Other", 5 },                  "C" },  { { "C", 1 },  "C" },
	{ { "Other_Letter", 12 },          "Lo" }, { { "Lo", 2 }, "Lo" },
	{ { "Other_Number", 12 },          "No" }, { { "No", 2 }, "No" },
	{ { "Other_Punctuation", 17 },     "Po" }, { { "Po", 2 }, "Po" },
	{ { "Other_Symbol", 12 },          "So" }, { { "So", 2 }, "So" },
	{ { "Paragraph_Separator", 19 },   "Zp" }, { { "Zp", 2 }, "Zp" },
	{ { "Private_Use", 11 },           "Co" }, { { "Co", 2 }, "Co" },
	{ { "Punctuation", 11 },           "P" },  { { "P", 1 },  "P" },  { { "punct", 5 }, "P" },
	{ { "Separator", 9 },              "Z" },  { { "Z", 1 },  "Z" },
	{ { "Space_Separator", 15 },       "Zs" }, { { "Zs", 2 }, "Zs" },
	{ { "Spacing_Mark", 12 },          "Mc" }, { { "Mc", 2 }, "Mc" },
	{ { "Surrogate", 9 },              "Cs" }, { { "Cs", 2 }, "Cs" },
	{ { "Symbol", 6 },                 "S" },  { { "S", 1 },  "S" },
	{ { "Titlecase_Letter", 16 },      "Lt" }, { { "Lt", 2 }, "Lt" },
	{ { "Unassigned", 10 },            "Cn" }, { { "Cn", 2 }, "Cn" },
	{ { "Uppercase_Letter", 16 },      "Lu" }, { { "Lu", 2 }, "Lu" },
	// clang-format on
};

static const char *category_of(struct tg_str name)
{
	for (size_t i = 0; i < TG_COUNT(category); i++)
		if (tg_str_eq(category[i].name, name))
			return category[i].brief;
	return NULL;
}

/* Binary properties of ECMA-262 (table 68), long names and aliases; PCRE2 knows them by the same. */
static const char *const binary[] = {
	// clang-format off
	"ASCII", "ASCII_Hex_Digit", "AHex", "Alphabetic", "Alpha", "Any", "Bidi_Control", "Bidi_C", "Bidi_Mirrored", "Bidi_M",
	"Case_Ignorable", "CI", "Cased", "Changes_When_Casefolded", "CWCF", "Changes_When_Casemapped", "CWCM",
	"Changes_When_Lowercased", "CWL", "Changes_When_NFKC_Casefolded", "CWKCF", "Changes_When_Titlecased", "CWT",
	"Changes_When_Uppercased", "CWU", "Dash", "Default_Ignorable_Code_Point", "DI", "Deprecated", "Dep", "Diacritic", "Dia",
	"Emoji", "Emoji_Component", "EComp", "Emoji_Modifier", "EMod", "Emoji_Modifier_Base", "EBase", "Emoji_Presentation",
	"EPres", "Extended_Pictographic", "ExtPict", "Extender", "Ext", "Grapheme_Base", "Gr_Base", "Grapheme_Extend", "Gr_Ext",
	"Hex_Digit", "Hex", "IDS_Binary_Operator", "IDSB", "IDS_Trinary_Operator", "IDST", "ID_Continue", "IDC", "ID_Start", "IDS",
	"Ideographic", "Ideo", "Join_Control", "Join_C", "Logical_Order_Exception", "LOE", "Lowercase", "Lower", "Math",
	"Noncharacter_Code_Point", "NChar", "Pattern_Syntax", "Pat_Syn", "Pattern_White_Space", "Pat_WS", "Quotation_Mark", "QMark",
	"Radical", "Regional_Indicator", "RI", "Sentence_Terminal", "STerm", "Soft_Dotted", "SD", "Terminal_Punctuation", "Term",
	"Unified_Ideograph", "UIdeo", "Uppercase", "Upper", "Variation_Selector", "VS", "White_Space", "space", "XID_Continue",
	"XIDC", "XID_Start", "XIDS",
	// clang-format on
};

static bool is_script_name(struct tg_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if ((unsigned char)((c | 0x20) - 'a') >= 26 && c != '_')
			return false;
	}
	return name.n > 0;
}

bool tg_class_put_property(struct tg_buffer *out, struct tg_str name)
{
	const char *equals = name.n ? memchr(name.p, '=', name.n) : NULL;
	struct tg_str key = { name.p, equals ? (size_t)(equals - name.p) : 0 };
	struct tg_str value = equals ? tg_str_after(name, key.n + 1) : name;
	const char *brief = NULL;

	if (!equals || tg_str_is(key, "gc") || tg_str_is(key, "General_Category"))
		brief = category_of(value);
	if (brief) {
		tg_buffer_puts(out, brief);
		return true;
	}
	if (equals) {
		bool extended = tg_str_is(key, "scx") || tg_str_is(key, "Script_Extensions");

		if (!extended && !tg_str_is(key, "sc") && !tg_str_is(key, "Script"))
			return false;
		if (!is_script_name(value))
			return false;
		tg_buffer_puts(out, extended ? "scx:" : "sc:");
		tg_buffer_put_str(out, value);
		return true;
	}
	for (size_t i = 0; i < TG_COUNT(binary); i++) {
		if (tg_str_is(value, binary[i])) {
			tg_buffer_put_str(out, value);
			return true;
		}
	}
	return false;
}

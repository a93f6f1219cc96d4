#include "common/base/cpu.h"
#include "common/schema/format.h"
#include "common/schema/uri.h"
#include "tests/unit/judging.h"

#include <stdio.h>

/* The usual addresses are told by masks, where the machine has them, and all others a byte at a time. */
TEST(usual_addresses)
{
	static const char *const base[] = {
		"a.b-c_d+e@m-x.ex-a.org",
		"u7081940@mail92.example",
		"a@b",
		"-@x--y",
		"a@1.2.3.4",
		"a.very.long.local.part.of.an.address.that.is@sixty-four.bytes.example",
		"another.long.local.part@of-an-address.that.has.sixty-four.by.to"
	};
	const struct tg_format *email = tg_format_find(TG_STR("email"));
	unsigned wrong = 0, good = 0;

	for (size_t b = 0; b < TG_COUNT(base); b++) {
		for (size_t i = 0; i < strlen(base[b]); i++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				char text[80 + TG_SLACK] = { 0 };
				struct tg_str s = { text, strlen(base[b]) };
				bool is;

				memcpy(text, base[b], s.n);
				memset(text + s.n, '@', TG_SLACK);
				text[i] = (char)byte;
				s.n -= byte % 3; /* shorter ones too */
				is = email->is(s);
				good += is;
				TG_BUG_IF(!tg_cpu_choose("scalar"));
				wrong += is != email->is(s);
				TG_BUG_IF(!tg_cpu_choose(NULL));
			}
		}
	}
	is_int("both ways alike", wrong, 0);
	ok("and some are good", good > 2000);
}

TEST(numbers_are_exact)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'maximum':9007199254740993}", "9007199254740993", 1 },
		{ NULL, "9007199254740994", 0 },
		{ NULL, "9007199254740993.0000000000000000001", 0 },
		{ NULL, "-99999999999999999999999", 1 },
		{ "{'exclusiveMinimum':0}", "1e-999999999999999999999", 1 },
		{ NULL, "-0.0", 0 },
		{ "{'minimum':-5}", "-5", 1 },
		{ NULL, "-6", 0 },
		{ NULL, "-5.0", 1 },
		{ NULL, "999999999999999999999", 1 },
		{ "{'multipleOf':0.01}", "19.99", 1 },
		{ NULL, "19.999", 0 },
		{ NULL, "1e300", 1 },
		{ "{'const':1.0}", "1", 1 },
		{ NULL, "10e-1", 1 },
		{ NULL, "true", 0 },
		{ "{'enum':[1e400,'1e400']}", "10e399", 1 },
		{ NULL, "'1e400'", 1 },
		{ NULL, "'10e399'", 0 },
		{ "{'type':'integer'}", "1e3", 1 },
		{ NULL, "1.5e0", 0 },
		{ "{'minLength':1.0,'maxLength':2e0}", "'ab'", 1 },
		{ NULL, "'abc'", 0 },
		{ "{'minItems':99999999999999999999}", "[1]", 0 },
		{ "{'maxItems':99999999999999999999}", "[1]", 1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(texts_are_compared_decoded)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'const':'a\\u0000b'}", "'\\u0061\\u0000b'", 1 },
		{ NULL, "'a'", 0 },
		{ "{'properties':{'\\u0061':{'type':'integer'}},'required':['a'],'additionalProperties':false}", "{'\\u0061':1}", 1 },
		{ NULL, "{'a':'1'}", 0 },
		{ NULL, "{'b':1}", 0 },
		{ "{'maxLength':1}", "'\\ud83d\\ude00'", 1 },
		{ NULL, "'\xf0\x9f\x98\x80'", 1 },
		{ NULL, "'u\\u0308'", 0 },
		{ "{'minLength':2}", "'\xf0\x9f\x98\x80'", 0 },
		{ NULL, "'\\ud83d\\ude00\\n'", 1 },
		{ "{'pattern':'^\\\\n$'}", "'\\u000a'", 1 },
		{ "{'format':'date'}", "'2025\\u002d11-05'", 1 },
		{ "{'properties':{'a_name_of_more_than_16_bytes':true,'a_name_of_more_than_17_bytes':false}}", "{'a_name_of_more_than_16_bytes':1}", 1 },
		{ NULL, "{'a_name_of_more_than_17_bytes':1}", 0 },
		{ NULL, "{'a_name_of_nore_than_17_bytes':1}", 1 },
		{ "{'properties':{'':{'type':'null'}},'additionalProperties':false}", "{'':null}", 1 },
		{ NULL, "{'':1}", 0 },
		{ NULL, "{'\\u0000':null}", 0 },
		{ "{'required':['b'],'additionalProperties':{'type':'null'}}", "{'':null,'b':null}", 1 },
		{ NULL, "{'':1,'b':null}", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(members_in_any_order)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'properties':{'a':{'type':'integer'},'b':{'type':'object','required':['x']},'c':{'enum':['p','q']}},'required':['a','c'],"
		  "'additionalProperties':false}", "{'a':1,'b':{'x':1},'c':'p'}", 1 },
		{ NULL, "{'c':'q','b':{'x':1},'a':1}", 1 },
		{ NULL, "{'c':'q','a':1}", 1 },
		{ NULL, "{'a':1,'b':{},'c':'p'}", 0 },
		{ NULL, "{'a':1,'b':{'x':1}}", 0 },
		{ NULL, "{'b':{'x':1},'c':'p','a':'1'}", 0 },
		{ NULL, "{'a':1,'c':'p','d':1}", 0 },
		{ NULL, "{'a':1,'c':'r'}", 0 },
		{ "{'properties':{'ab':{'minimum':1}},'patternProperties':{'^a':{'maximum':5},'b$':{'multipleOf':2}},'additionalProperties':{'type':'null'}}",
		  "{'ab':2}", 1 },
		{ NULL, "{'ab':3}", 0 },
		{ NULL, "{'ab':0}", 0 },
		{ NULL, "{'ab':6}", 0 },
		{ NULL, "{'ac':5,'cb':8,'x':null}", 1 },
		{ NULL, "{'x':1}", 0 },
		{ NULL, "{'axb':3}", 0 },
		{ "{'dependentRequired':{'a':['b','c']},'properties':{'a':{'type':'integer'}}}", "{'a':1,'b':1,'c':1}", 1 },
		{ NULL, "{'a':1,'b':1}", 0 },
		{ NULL, "{'b':1}", 1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(references_and_loops)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'$ref':'#/$defs/a~1b','$defs':{'a/b':{'type':'integer'}}}", "1", 1 },
		{ NULL, "'1'", 0 },
		{ "{'$ref':'#x','$defs':{'y':{'$anchor':'x','type':'integer'}}}", "'1'", 0 },
		{ "{'$id':'http://e/r','$defs':{'i':{'$id':'i','$defs':{'t':{'type':'null'}}}},'properties':{'a':{'$ref':'i#/$defs/t'}}}", "{'a':null}", 1 },
		{ NULL, "{'a':1}", 0 },
		{ "{'type':['array','null'],'items':{'$ref':'#'}}", "[[[null]],[]]", 1 },
		{ NULL, "[[[1]]]", 0 },
		{ "{'properties':{'n':{'$ref':'#'}},'additionalProperties':false}", "{'n':{'n':{'n':{}}}}", 1 },
		{ NULL, "{'n':{'n':{'m':{}}}}", 0 },
		/* A place that nobody knew as a schema, entered twice: the inner one first. */
		{ "{'$ref':'#/x/properties/p','allOf':[{'$ref':'#/x'}],'x':{'properties':{'p':{'$id':'http://e/p','$anchor':'q','type':'object'}}}}", "{'p':{}}", 1 },
		{ NULL, "{'p':1}", 0 },
		{ NULL, "1", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(branches_told_apart_by_a_word)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'oneOf':[{'properties':{'t':{'const':'a'},'x':{'type':'integer'}},'required':['t']},"
		  "{'$ref':'#/$defs/b'}],'$defs':{'b':{'properties':{'t':{'enum':['b','c']},'y':{'type':'null'}},'required':['t']}}}", "{'t':'a','x':1}", 1 },
		{ NULL, "{'t':'a','x':null}", 0 },
		{ NULL, "{'t':'c','y':null}", 1 },
		{ NULL, "{'t':'c','y':1}", 0 },
		{ NULL, "{'t':'d'}", 0 },
		{ NULL, "{'t':'\\u0061','x':1}", 1 },
		{ NULL, "{'t':1}", 0 },
		{ NULL, "{}", 0 },
		{ NULL, "1", 0 }, /* both */
		/* A word that two branches take chooses none. */
		{ "{'anyOf':[{'properties':{'t':{'enum':['a','b']}},'required':['x']},{'properties':{'t':{'enum':['b','c']}}}]}", "{'t':'b'}", 1 },
		{ NULL, "{'t':'a'}", 0 },
		{ NULL, "{'t':'a','x':1}", 1 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(unevaluated)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'anyOf':[{'properties':{'a':true},'required':['a']},{'properties':{'b':true},'required':['b']}],'unevaluatedProperties':false}",
		  "{'a':1,'b':1}", 1 },
		{ NULL, "{'a':1,'c':1}", 0 },
		{ NULL, "{'b':1}", 1 },
		{ "{'not':{'not':{'properties':{'a':true}}},'unevaluatedProperties':false}", "{'a':1}", 0 },
		{ "{'properties':{'x':{'unevaluatedProperties':false,'properties':{'y':true}}},'unevaluatedProperties':false}", "{'x':{'y':1}}", 1 },
		{ NULL, "{'x':{'z':1}}", 0 },
		{ NULL, "{'z':1}", 0 },
		{ "{'contains':{'type':'null'},'unevaluatedItems':{'type':'integer'}}", "[null,1,null,2]", 1 },
		{ NULL, "[null,'1']", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(equal_items_few_and_many)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'uniqueItems':true}", "[1,2,3,4,5,6,7,8,9,10,11,12]", 1 },
		{ NULL, "[1,2,3,4,5,6,7,8,9,10,11,1.0e0]", 0 },
		{ NULL, "['a','b','c','d','e','f','g','h','i','\\u0061']", 0 },
		{ NULL, "[[1],[2],[3],[4],[5],[6],[7],[8],[9],[10e-1]]", 0 },
		{ NULL, "[{'a':1,'b':2},1,2,3,4,5,6,7,8,{'b':2,'a':1}]", 0 },
		{ NULL, "[0,false,null,'',[],{},1,true,'1','null','true']", 1 },
		{ NULL, "[{'a':1,'b':2},{'b':2,'a':1}]", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

TEST(the_member_of_provenance_is_no_member)
{
	is_int("compiles",
	       open_contract(
		       "{'additionalProperties':false,'properties':{'a':{'type':'integer'}},'maxProperties':1,"
		       "'propertyNames':{'maxLength':1},'required':['a']}"),
	       TG_OK);
	(void)judge("{'a':1,'_source':{'line':1}}");
	for (uint32_t i = 0; i < 2; i++) {
		record.source = i ? 4 : 0; /* where the scan has left its value */
		tg_runner_next(&runner);
		is_int(i ? "honoured" : "not honoured",
		       tg_schema_valid(schema, &record, &runner.work), (int)i);
		is_int("and in full", tg_schema_check(schema, &record, &runner.work) == TG_PASS,
		       (int)i);
	}
	close_contract();
}

TEST(limits_are_no_verdict)
{
	is_int("compiles",
	       open_contract(
		       "{'properties':{'a':{'pattern':'^(?=a)(a+)+$'}},'patternProperties':{'^(?=b)(b+)+$':true}}"),
	       TG_OK);
	(void)judge("{'a':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'}");
	is_str("pattern", tg_str_of(runner.work.code), TG_STR("limit"));
	has("its place", "{'pointer':'/a','keyword':'pattern'");
	has("its place", "'schema':'/properties/a/pattern'");
	(void)judge("{'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb!':1}");
	is_str("of a name", tg_str_of(runner.work.code), TG_STR("limit"));
	has("its place", "'keyword':'patternProperties'");
	/* Each level asks twice about the next: 2 to the 60th power questions, were there no bound. */
	is_int("compiles",
	       open_contract(
		       "{'type':['array','null'],'anyOf':[{'items':{'$ref':'#'},'maxItems':0},{'items':{'$ref':'#'},'minItems':5},"
		       "{'items':{'$ref':'#'},'minItems':6}]}"),
	       TG_OK);
	(void)judge(
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
	is_int("a record", runner.work.fault_count > 0, 1);
	close_contract();
}

TEST(an_enum_of_many)
{
	static const struct row row[] = {
		// clang-format off
		{ "{'enum':[1,2,3,4,5,6,7,8,9,10.50,1e400,-0,'a','b',[1,{'x':1}],[2],[3],[4],[5],[6],[7],[8],[9],{'b':1,'a':'\\u0041'},{},{'a':1},{'a':2},{'a':3},{'a':4},{'a':5},{'a':6},{'a':7}]}",
		  "5.0", 1 },
		{ NULL, "10.5", 1 },
		{ NULL, "105e-1", 1 },
		{ NULL, "10e399", 1 },
		{ NULL, "0.0", 1 },
		{ NULL, "10.51", 0 },
		{ NULL, "11", 0 },
		{ NULL, "'a'", 1 },
		{ NULL, "'5'", 0 },
		{ NULL, "[1.0,{'x':1e0}]", 1 },
		{ NULL, "[1,{'x':2}]", 0 },
		{ NULL, "{'a':'A','b':1}", 1 },
		{ NULL, "{'b':10e-1,'\\u0061':'A'}", 1 },
		{ NULL, "{'a':'a','b':1}", 0 },
		{ NULL, "true", 0 },
		// clang-format on
	};

	judge_all(row, TG_COUNT(row));
}

/* Right ones are published examples. The message is that of the fault. */
TEST(formats_of_the_trade)
{
	static const struct {
		const char *format, *value, *message; /* NULL: it is right */
	} row[] = {
		// clang-format off
		{ "iban", "GB82WEST12345698765432", NULL },
		{ "iban", "DE89370400440532013000", NULL },
		{ "iban", "FR1420041010050500013M02606", NULL },
		{ "iban", "NO9386011117947", NULL },
		{ "iban", "MT84MALT011000012345MTLCAST001S", NULL },
		{ "iban", "DE89370400440532013001", "is not an IBAN: the check digits do not fit" },
		{ "iban", "DE8937040044053201300", "is not an IBAN: it has not the length of its country's" },
		{ "iban", "DE8937040044053201300A", "is not an IBAN: letters and digits do not stand as in its country's" },
		{ "iban", "US89370400440532013000", "is not an IBAN: its country has none" },
		{ "iban", "de89370400440532013000", "is not an IBAN: a country, two check digits, then capital letters and digits without blanks" },
		{ "iban", "DE89 3704 0044 0532 0130 00", "is not an IBAN: a country," },
		{ "iban", "", "is not an IBAN: a country," },
		{ "bic", "DEUTDEFF", NULL }, { "bic", "DEUTDEFF500", NULL }, { "bic", "NEDSZAJJXXX", NULL },
		{ "bic", "DEUTXXFF", "is not a BIC: no country has the code at the fifth place" },
		{ "bic", "DEUTDEF", "is not a BIC: 8 or 11 capital letters" },
		{ "bic", "deutdeff", "is not a BIC: 8 or 11 capital letters" },
		{ "luhn", "4539578763621486", NULL }, { "luhn", "79927398713", NULL },
		{ "luhn", "79927398710", "is not a number with a check digit (Luhn): the last digit does not fit" },
		{ "luhn", "7", "digits only, two at least" },
		{ "luhn", "7992-7398713", "digits only, two at least" },
		{ "aba", "021000021", NULL }, { "aba", "011401533", NULL },
		{ "aba", "021000022", "is not an ABA routing number: the check digit does not fit" },
		{ "aba", "000000000", "is not an ABA routing number: the check digit does not fit" },
		{ "aba", "130000006", "is not an ABA routing number: none begins so" },
		{ "aba", "21000021", "is not an ABA routing number: it has 9 digits" },
		{ "isin", "US0378331005", NULL }, { "isin", "GB0002634946", NULL }, { "isin", "DE000BAY0017", NULL },
		{ "isin", "US0378331004", "is not an ISIN: the check digit does not fit" },
		{ "isin", "0S0378331005", "is not an ISIN: two capital letters" },
		{ "lei", "7LTWFZYICNSX8D621K86", NULL }, { "lei", "HWUPKR0MPOU8FGXBT394", NULL },
		{ "lei", "7LTWFZYICNSX8D621K87", "is not an LEI: the check digits do not fit" },
		{ "lei", "7LTWFZYICNSX8D621K8", "is not an LEI: 18 capital letters or digits" },
		{ "gtin", "4006381333931", NULL }, { "gtin", "96385074", NULL }, { "gtin", "036000291452", NULL }, { "gtin", "00012345600012", NULL },
		{ "gtin", "4006381333932", "is not a GTIN: the check digit does not fit" },
		{ "gtin", "400638133393", "is not a GTIN: the check digit does not fit" },
		{ "gtin", "40063813339", "is not a GTIN: it has 8, 12, 13 or 14 digits" },
		{ "e164", "+4915112345678", NULL },
		{ "e164", "004915112345678", "is not a telephone number: a plus sign" },
		{ "e164", "+0915112345678", "is not a telephone number" },
		{ "e164", "+49 15112345678", "is not a telephone number" },
		{ "e164", "+1234567890123456", "is not a telephone number" },
		{ "country", "DE", NULL }, { "country", "AD", NULL }, { "country", "ZW", NULL },
		{ "country", "UK", "is not a country's code of two capital letters (ISO 3166-1)" },
		{ "country", "de", "is not a country's code" },
		{ "country", "DEU", "is not a country's code" },
		{ "country3", "DEU", NULL }, { "country3", "ABW", NULL }, { "country3", "ZWE", NULL },
		{ "country3", "GER", "is not a country's code of three capital letters" },
		{ "currency", "EUR", NULL }, { "currency", "AED", NULL }, { "currency", "ZWG", NULL },
		{ "currency", "eur", "is not a currency's code of three capital letters (ISO 4217)" },
		{ "currency", "DEM", "is not a currency's code" },
		// clang-format on
	};
	static char contract_text[100], value[100];

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		snprintf(contract_text, sizeof(contract_text), "{'x-format':'%s'}", row[i].format);
		snprintf(value, sizeof(value), "'%s'", row[i].value);
		is_int(row[i].format, open_contract(contract_text), TG_OK);
		is_int(row[i].value, judge(value), !row[i].message);
		if (row[i].message)
			ok(row[i].message,
			   strstr(tg_arena_copy(&arena, tg_buffer_str(&runner.work.faults)).p,
				  row[i].message) != NULL);
		is_int("a number is none", judge("1"), 1);
	}
	is_int("a slip", open_contract("{'x-format':'ibn'}"), TG_CONFIG);
	is_str("a slip", tg_str_of(err.text),
	       TG_STR("c.json:1:13: /x-format: \"ibn\" is no format of the trade; did you mean iban?"));
	is_int("beside a reference",
	       open_contract(
		       "{'$schema':'http://json-schema.org/draft-07/schema#','$ref':'#/definitions/a','x-format':'luhn','definitions':{'a':{}}}"),
	       TG_OK);
	is_int("beside a reference", judge("'79927398710'"), 0);
	close_contract();
}

TEST(references_against_a_base)
{
	static const struct {
		const char *reference, *whole;
	} row[] = {
		/* RFC 3986, 5.4, base http://a/b/c/d;p?q */
		// clang-format off
		{ "g:h", "g:h" }, { "g", "http://a/b/c/g" }, { "./g", "http://a/b/c/g" }, { "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" }, { "//g", "http://g" }, { "?y", "http://a/b/c/d;p?y" }, { "g?y", "http://a/b/c/g?y" },
		{ "#s", "http://a/b/c/d;p?q" }, { "g#s", "http://a/b/c/g" }, { ";x", "http://a/b/c/;x" }, { "", "http://a/b/c/d;p?q" },
		{ ".", "http://a/b/c/" }, { "..", "http://a/b/" }, { "../g", "http://a/b/g" }, { "../..", "http://a/" },
		{ "../../../g", "http://a/g" }, { "/./g", "http://a/g" }, { "/../g", "http://a/g" }, { "g.", "http://a/b/c/g." },
		{ "..g", "http://a/b/c/..g" }, { "./../g", "http://a/b/g" }, { "g/./h", "http://a/b/c/g/h" }, { "g/../h", "http://a/b/c/h" },
		{ "g;x=1/../y", "http://a/b/c/y" },
		// clang-format on
	};
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		out.n = 0;
		tg_uri_resolve(&out, TG_STR("http://a/b/c/d;p?q"), tg_str_of(row[i].reference));
		is_str(row[i].reference, tg_buffer_str(&out), tg_str_of(row[i].whole));
	}
}

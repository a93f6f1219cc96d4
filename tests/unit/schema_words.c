/* What is said of a fault: words, forms, how many of them. */
#include "tests/unit/judging.h"

TEST(what_is_wrong_in_words)
{
	static const struct {
		const char *contract, *record, *fault;
	} row[] = {
		// clang-format off
		{ "{'type':'object','required':['id','email'],'additionalProperties':false,'properties':{"
		  "'id':{'type':'string'},'email':{'format':'email','x-class':'confidential'},'country':{'enum':['DE','FR'],'x-class':'public'},"
		  "'amount':{'type':'number','x-class':'internal'},'secret':{'type':'number'},'qty':{'type':'integer','minimum':1},"
		  "'code':{'pattern':'^[A-Z]+$','minLength':2},'n':{'anyOf':[{'type':'string'},{'type':'null'}]},"
		  "'tags':{'type':'array','uniqueItems':true,'maxItems':3},'odd':{'not':{'multipleOf':2}},"
		  "'old':{'type':'string','description':'two letters'},'of':{'const':'x y'},"
		  "'deep':{'x-class':'public','properties':{'in':{'maximum':1},'hid':{'maximum':1,'x-class':'restricted'}}},"
		  "'map':{'propertyNames':{'maxLength':3}},'list':{'prefixItems':[true],'items':false}}}",
		  "1", "{'pointer':'','keyword':'type','message':'is a number, must be an object','schema':'/type'}" },
		{ NULL, "{'id':'1'}", "{'pointer':'','keyword':'required','message':'email is missing','schema':'/required'}" },
		{ NULL, "{'id':'1','e-mail':'a@b'}", "'message':'email is missing','schema':'/required','hint':'the record has e-mail'}" },
		{ NULL, "{'id':'1','email':'a@b','contry':'DE'}",
		  "{'pointer':'/contry','keyword':'additionalProperties','message':'is not a known field','schema':'/additionalProperties','hint':'did you mean country?'}" },
		{ NULL, "{'id':3,'email':'a@b'}", "'message':'is a number, must be a string','schema':'/properties/id/type','hint':'send it in quotes'" },
		{ NULL, "{'id':'','email':'qqzz'}", "{'pointer':'/email','keyword':'format','message':'is not an e-mail address','schema':'/properties/email/format'}" },
		{ NULL, "{'id':'','email':'a@b','country':'Germany'}", "'message':'is \\'Germany\\', must be one of DE, FR'" },
		{ NULL, "{'id':'','email':'a@b','country':'DEU'}", "'hint':'did you mean DE?'" },
		{ NULL, "{'id':'','email':'a@b','amount':'12.50'}", "'message':'is a string, must be a number','schema':'/properties/amount/type','hint':'send 12.50 without quotes'" },
		{ NULL, "{'id':'','email':'a@b','secret':'12.50'}", "'hint':'send it without quotes'" },
		{ NULL, "{'id':'','email':'a@b','qty':0}", "'message':'is too small, must be at least 1'" },
		{ NULL, "{'id':'','email':'a@b','qty':1.5}", "'keyword':'type','message':'is a number with a fraction, must be an integer'" },
		{ NULL, "{'id':'','email':'a@b','code':'x'}", "'message':'has 1 character, needs at least 2'" },
		{ NULL, "{'id':'','email':'a@b','code':'xx'}", "'message':'does not match the pattern ^[A-Z]+$'" },
		{ NULL, "{'id':'','email':'a@b','n':5}", "'keyword':'anyOf','message':'is a number, must be a string or null','schema':'/properties/n/anyOf','hint':'send it in quotes'" },
		{ NULL, "{'id':'','email':'a@b','tags':[1,2,1]}", "'message':'must not hold the same twice, but items 0 and 2 are equal'" },
		{ NULL, "{'id':'','email':'a@b','tags':[1,2,3,4]}", "'message':'has 4 items, may have at most 3'" },
		{ NULL, "{'id':'','email':'a@b','odd':4}", "'message':'is of a form that the contract rules out','schema':'/properties/odd/not'" },
		{ NULL, "{'id':'','email':'a@b','old':[]}", "'message':'is an array, must be a string'" },
		{ NULL, "{'id':'','email':'a@b','of':'x'}", "'message':'is not \\'x y\\'','schema':'/properties/of/const'" },
		{ NULL, "{'id':'','email':'a@b','of':1}", "'message':'is a number, must be \\'x y\\''" },
		{ NULL, "{'id':'','email':'a@b','deep':{'in':2}}", "{'pointer':'/deep/in','keyword':'maximum','message':'is 2, must be at most 1'" },
		{ NULL, "{'id':'','email':'a@b','deep':{'hid':2}}", "'message':'is too large, must be at most 1'" },
		{ NULL, "{'id':'','email':'a@b','map':{'abcd':1}}", "{'pointer':'/map/abcd','keyword':'maxLength','message':'its name has 4 characters, may have at most 3'" },
		{ NULL, "{'id':'','email':'a@b','list':[1,2]}", "{'pointer':'/list/1','keyword':'items','message':'is one item too many'" },
		{ "{'oneOf':[{'properties':{'type':{'const':'card'},'last4':{}},'required':['type','last4']},"
		  "{'properties':{'type':{'const':'sepa'},'iban':{'minLength':15}},'required':['type','iban']}]}",
		  "{'type':'sepa','iban':'XX12'}", "{'pointer':'/iban','keyword':'minLength','message':'has 4 characters, needs at least 15'" },
		{ NULL, "{'type':'cash'}", "{'pointer':'/type','keyword':'oneOf','message':'is none of card, sepa','schema':'/oneOf'}" },
		{ "{'oneOf':[{'type':'integer'},{'minimum':5}]}", "7", "'keyword':'oneOf','message':'fits 2 of the 2 forms, must fit exactly one'" },
		{ "{'anyOf':[{'properties':{'a':{'properties':{'x':{'type':'integer'}}}}},{'properties':{'a':{'type':'string'}}}]}",
		  "{'a':{'x':'1'}}", "{'pointer':'/a/x','keyword':'type'" },
		{ "{'contains':{'const':1},'minContains':2}", "[1,2]", "'keyword':'minContains','message':'has 1 item as `contains` describes, needs at least 2'" },
		{ NULL, "[2]", "'message':'has 0 items that are 1, needs at least 2'" },
		{ "{'contains':{'type':'string'},'maxContains':1}", "['qqzz','b']", "'message':'has 2 items that are a string, may have at most 1'" },
		{ "{'properties':{'a':{'not':{'const':'qqzz'}},'b':{'x-class':'public','not':{'const':'v'}},'c':{'not':{'type':['null','string']}},'d':{'not':{'type':'string'}},"
		  "'e':{'not':{'title':'a thing of the past'}},'f':{'not':{'required':['x','y']}},'g':{'not':{'enum':['qqzz']}},'h':{'not':{'pattern':'^q'}}}}",
		  "{'a':'qqzz'}", "'pointer':'/a','keyword':'not','message':'is of a form that the contract rules out'" },
		{ NULL, "{'b':'v'}", "'message':'must not be v'" },
		{ NULL, "{'c':'qqzz'}", "'message':'is of a form that the contract rules out'" },
		{ NULL, "{'d':'qqzz'}", "'message':'must not be a string'" },
		{ NULL, "{'e':1}", "'message':'must not be a thing of the past'" },
		{ NULL, "{'f':{'x':1,'y':1}}", "'message':'must not be an object with x, y'" },
		{ NULL, "{'g':'qqzz'}", "'message':'is of a form that the contract rules out'" },
		{ NULL, "{'h':'qqzz'}", "'message':'must not be a text that matches the pattern ^q'" },
		{ "{'if':{'properties':{'country':{'const':'DE'}},'required':['country']},'then':{'required':['vat']},'else':{'properties':{'no':{'type':'string','description':'number'}}}}",
		  "{'country':'DE'}", "'message':'vat is missing','schema':'/then/required','hint':'country asks for it'" },
		{ NULL, "{'no':null}", "'pointer':'/no','keyword':'type','message':'is null, must be a string','schema':'/else/properties/no/type','hint':'country asks for it'" },
		{ NULL, "{'no':1}", "'hint':'send it in quotes'" },
		{ "{'if':{'required':['a','b']},'then':{'minProperties':4}}", "{'a':1,'b':1}", "'hint':'a, b ask for it'" },
		{ "{'if':true,'then':{'minProperties':4}}", "{'a':1,'b':1}", "'message':'has 2 fields, needs at least 4','schema':'/then/minProperties'}" },
		{ "{'properties':{'dep':true},'dependentSchemas':{'dep':{'required':['zed','dip']}}}", "{'dep':1}", "'message':'dip is missing','schema':'/dependentSchemas/dep/required'}" },
		{ "{'dependentRequired':{'card':['address']}}", "{'card':1}", "'keyword':'dependentRequired','message':'address is missing, which must be there beside card'" },
		{ "{'$ref':'#/$defs/x','$defs':{'x':{'type':'null'}}}", "1", "'schema':'/$defs/x/type'" },
		{ "false", "1", "{'pointer':'','keyword':'false','message':'is not allowed here','schema':''}" },
		{ "{'properties':{'a':false}}", "{'a':1}", "{'pointer':'/a','keyword':'properties','message':'is not allowed here','schema':'/properties/a'}" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		if (row[i].contract)
			is_int(row[i].contract, open_contract(row[i].contract), TG_OK);
		is_int(row[i].record, judge(row[i].record), 0);
		has(row[i].record, row[i].fault);
	}
	close_contract();
}

TEST(values_that_may_not_be_seen)
{
	static const char *const row[] = { "{'e':'qqzz'}", "{'e':'qqzz','w':'qqzz'}",
					   "{'n':7788}",   "{'o':{'p':'qqzz'}}",
					   "{'q':'qqzz'}", "['qqzz']" };

	is_int("compiles",
	       open_contract(
		       "{'type':'object','properties':{'e':{'format':'email','x-class':'confidential'},"
		       "'w':{'enum':['qqzy'],'x-class':'restricted'},'n':{'maximum':5},"
		       "'o':{'x-class':'confidential','properties':{'p':{'const':'x'}}},"
		       "'q':{'allOf':[{'x-class':'public','maxLength':2},{'x-class':'restricted'}]}}}"),
	       TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str faults;

		is_int(row[i], judge(row[i]), 0);
		faults = tg_buffer_str(&runner.work.faults);
		ok(row[i], !memmem(faults.p, faults.n, "qqzz", 4) &&
				   !memmem(faults.p, faults.n, "7788", 4));
	}
	setup.show_values = true;
	(void)judge("{'n':7788}");
	has("--show-values", "is 7788, must be at most 5");
	setup.show_values = false;
	close_contract();
}

TEST(all_faults_by_place)
{
	struct tg_str faults;
	const char *a, *b, *c;

	is_int("compiles",
	       open_contract(
		       "{'required':['z'],'properties':{'a':{'type':'null'},'b':{'type':'null'}},"
		       "'allOf':[{'$ref':'#/$defs/r'},{'$ref':'#/$defs/r'}],'$defs':{'r':{'required':['z']}}}"),
	       TG_OK);
	is_int("three", judge("{'b':1,'a':2}"), 0);
	faults = tg_buffer_str(&runner.work.faults);
	a = memmem(faults.p, faults.n, "z is missing", 12);
	b = memmem(faults.p, faults.n, "\"/b\"", 4);
	c = memmem(faults.p, faults.n, "\"/a\"", 4);
	ok("in the order of the record", a && b && c && a < b && b < c);
	is_int("the same rule once: 'required' twice, 'type' twice", runner.work.fault_count, 4);
	is_int("compiles", open_contract("{'items':{'type':'null'}}"), TG_OK);
	is_int("many", judge("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"), 0);
	is_int("are counted", runner.work.fault_count, 25);
	/* What is known of the whole's members is nothing about those of a member. */
	is_int("compiles",
	       open_contract("{'properties':{'b':{'type':'number'}},'patternProperties':{'^a':"
			     "{'properties':{'b':{'type':'number'},'c':{'type':'null'}}}}}"),
	       TG_OK);
	is_int("two of a part", judge("{'b':1,'a':{'b':'','c':1}}"), 0);
	is_int("are both told", runner.work.fault_count, 2);
	close_contract();
}

TEST(the_contracts_own_words)
{
	// clang-format off
	static const struct { const char *language, *record, *fault; } row[] = {
		{ NULL,    "{'a':1}",         "'title':'An A','message':'a word, please','schema':'/properties/a/type','hint':'is a number, must be a string; send it in quotes'" },
		{ "de",    "{'a':1}",         "'message':'ein Wort bitte'" },
		{ "de-AT", "{'a':1}",         "'message':'ein Wort bitte'" },
		{ "DE",    "{'a':1}",         "'message':'ein Wort bitte'" },
		{ "fr",    "{'a':1}",         "'message':'a word, please'" },
		{ "pt",    "{'a':'toolong'}", "'message':'curto'" },
		{ "pt-PT", "{'a':'toolong'}", "'message':'curto'" },
		{ "fr",    "{'a':'toolong'}", "'message':'curto'" },
		{ NULL,    "{}",              "'keyword':'required','title':'An A','message':'where is a?','schema':'/required','hint':'a is missing'" },
		{ NULL,    "{'a':'b','x':1}", "'message':'no more','schema':'/additionalProperties','hint':'is not a known field'" },
		{ NULL,    "{'a':'b','r':1}", "'title':'An R','message':'is a number, must be an array'" },
		{ NULL,    "{'a':'b','r':1}", "'hint':'what R holds'" },
		{ NULL,    "{'a':'b','r':[1]}", "'pointer':'/r/0','keyword':'type','message':'is a number, must be null'" },
		{ NULL,    "{'a':'b','n':1}", "'message':'anything but 1','schema':'/properties/n/not'" },
		{ NULL,    "[]",              "'pointer':'','keyword':'type','message':'is an array, must be an object'" },
	};
	// clang-format on

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		wish.language = row[i].language ? tg_str_of(row[i].language) : TG_STR_NONE;
		is_int("compiles",
		       open_contract(
			       "{'type':'object','title':'All','required':['a'],'additionalProperties':false,"
			       "'x-message':{'additionalProperties':'no more'},"
			       "'properties':{'a':{'title':'An A','type':'string','maxLength':3,'x-message':{'de':'ein Wort bitte',"
			       "'en':'a word, please','required':'where is a?','maxLength':{'pt-BR':'curto'}}},"
			       "'r':{'title':'An R','$ref':'#/$defs/r'},'n':{'not':{'const':1},'x-message':{'not':'anything but 1'}}},"
			       "'$defs':{'r':{'type':'array','description':'what R holds','items':{'type':'null'}}}}"),
		       TG_OK);
		is_int(row[i].record, judge(row[i].record), 0);
		has(row[i].record, row[i].fault);
	}
	wish.language = TG_STR_NONE;
	close_contract();
}

/* The record's output, quotes as single ones. */
static struct tg_str output_of(const char *text)
{
	struct tg_str out;

	is_int(text, judge(text), 0);
	out = tg_arena_copy(&arena, tg_buffer_str(&runner.work.output));
	for (size_t i = 0; i < out.n; i++)
		if (out.p[i] == '"')
			((char *)(uintptr_t)out.p)[i] = '\'';
	return out;
}

TEST(the_forms_of_the_standard)
{
#define POINTS(id)                                                                                                            \
	"{" id                                                                                                                \
	"'$defs':{'p':{'type':'object','required':['x'],'additionalProperties':false,'properties':{'x':{'type':'number'}}}}," \
	"'items':{'$ref':'#/$defs/p'},'minItems':3}"
	static const char *const points = "[{'x':1},{'y':2}]";

	wish.output = TG_OUTPUT_FLAG;
	is_int("compiles", open_contract(POINTS("")), TG_OK);
	is_str("flag", output_of(points), TG_STR("{'valid':false}"));
	wish.output = TG_OUTPUT_BASIC;
	is_int("compiles", open_contract(POINTS("")), TG_OK);
	is_str("basic", output_of(points),
	       TG_STR("{'valid':false,'errors':["
		      "{'valid':false,'keywordLocation':'/minItems','instanceLocation':'','error':'has 2 items, needs at least 3'},"
		      "{'valid':false,'keywordLocation':'/items/$ref/required','absoluteKeywordLocation':'#/$defs/p/required','instanceLocation':'/1','error':'x is missing'},"
		      "{'valid':false,'keywordLocation':'/items/$ref/additionalProperties','absoluteKeywordLocation':'#/$defs/p/additionalProperties','instanceLocation':'/1/y','error':'is not a known field'}]}"));
	wish.output = TG_OUTPUT_DETAILED;
	is_int("compiles", open_contract(POINTS("'$id':'https://a.test/b',")), TG_OK);
	is_str("detailed", output_of(points),
	       TG_STR("{'valid':false,'keywordLocation':'','instanceLocation':'','errors':["
		      "{'valid':false,'keywordLocation':'/minItems','absoluteKeywordLocation':'https://a.test/b#/minItems','instanceLocation':'','error':'has 2 items, needs at least 3'},"
		      "{'valid':false,'keywordLocation':'/items/$ref','absoluteKeywordLocation':'https://a.test/b#/$defs/p','instanceLocation':'/1','errors':["
		      "{'valid':false,'keywordLocation':'/items/$ref/additionalProperties','absoluteKeywordLocation':'https://a.test/b#/$defs/p/additionalProperties','instanceLocation':'/1/y','error':'is not a known field'},"
		      "{'valid':false,'keywordLocation':'/items/$ref/required','absoluteKeywordLocation':'https://a.test/b#/$defs/p/required','instanceLocation':'/1','error':'x is missing'}]}]}"));
	/* Nodes in nodes; names that a URI must escape; a resource within; a branch of several. */
	is_int("compiles",
	       open_contract(
		       "{'properties':{'a':{'properties':{'b c':{'type':'null','const':1},'d':{'const':1}}},'e':{'$ref':'https://a.test/in'},"
		       "'f':{'anyOf':[{'required':['g','h']},{'const':2}]}},'$defs':{'in':{'$id':'https://a.test/in','$defs':{'n':{'const':'%'}},'$ref':'#/$defs/n'}}}"),
	       TG_OK);
	is_str("nodes in nodes", output_of("{'a':{'b c':2,'d':2}}"),
	       TG_STR("{'valid':false,'keywordLocation':'','instanceLocation':'','errors':["
		      "{'valid':false,'keywordLocation':'/properties/a','instanceLocation':'/a','errors':["
		      "{'valid':false,'keywordLocation':'/properties/a/properties/b c','instanceLocation':'/a/b c','errors':["
		      "{'valid':false,'keywordLocation':'/properties/a/properties/b c/type','instanceLocation':'/a/b c','error':'is a number, must be null'},"
		      "{'valid':false,'keywordLocation':'/properties/a/properties/b c/const','instanceLocation':'/a/b c','error':'is not 1'}]},"
		      "{'valid':false,'keywordLocation':'/properties/a/properties/d/const','instanceLocation':'/a/d','error':'is not 1'}]}]}"));
	is_str("within a resource", output_of("{'e':1}"),
	       TG_STR("{'valid':false,'keywordLocation':'','instanceLocation':'','errors':["
		      "{'valid':false,'keywordLocation':'/properties/e/$ref/$ref/const','absoluteKeywordLocation':'https://a.test/in#/$defs/n/const','instanceLocation':'/e','error':'is a number, must be %'}]}"));
	is_str("the closest branch", output_of("{'f':{}}"),
	       TG_STR("{'valid':false,'keywordLocation':'','instanceLocation':'','errors':["
		      "{'valid':false,'keywordLocation':'/properties/f/anyOf/0','instanceLocation':'/f','errors':["
		      "{'valid':false,'keywordLocation':'/properties/f/anyOf/0/required','instanceLocation':'/f','error':'g is missing'},"
		      "{'valid':false,'keywordLocation':'/properties/f/anyOf/0/required','instanceLocation':'/f','error':'h is missing'}]}]}"));
	wish.output = TG_OUTPUT_NONE;
	close_contract();
}

TEST(no_more_faults_than_wanted)
{
	// clang-format off
	static const struct { const char *contract, *record, *fault; } row[] = {
		{ "{'items':{'type':'null'}}",                               "[1,2,3]",     "'pointer':'/0'" },
		{ "{'items':{'oneOf':[{'type':'null'},{'const':1}]}}",       "[1,2,3]",     "'pointer':'/1'" },
		{ "{'items':{'not':{'items':{'const':1}}}}",                 "[[2],[1],[1]]", "'pointer':'/1','keyword':'not'" },
		{ "{'if':{'required':['a']},'then':{'required':['b','c']}}", "{'a':1}",     "b is missing" },
		{ "{'if':{'required':['a']},'else':{'required':['b','c']}}", "{'x':1}",     "b is missing" },
		{ "{'contains':{'const':1},'items':{'const':2}}",            "[2,3]",       "'pointer':'/1'" },
		{ "{'oneOf':[{'properties':{'k':{'const':'a'},'v':{'const':1}}},{'properties':{'k':{'const':'b'},'v':{'const':2},'w':{'const':2}}}]}",
		  "{'k':'b','v':1,'w':1}", "'pointer':'/v'" },
		{ "{'minimum':3,'multipleOf':2}",                            "1",           "/minimum" },
	};
	// clang-format on

	wish.first = true;
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		is_int(row[i].contract, open_contract(row[i].contract), TG_OK);
		is_int(row[i].record, judge(row[i].record), 0);
		is_int(row[i].record, runner.work.fault_count, 1);
		has(row[i].record, row[i].fault);
	}
	wish.first = false;
	is_int("compiles", open_contract("{'items':{'type':'null'}}"), TG_OK);
	setup.faults = 2;
	is_int("two of three", judge("[1,2,3]"), 0);
	is_int("are counted", runner.work.fault_count, 3);
	has("the second", "'pointer':'/1'");
	ok("not the third", !memmem(runner.work.faults.p, runner.work.faults.n, "\"/2\"", 4));
	setup.faults = 0;
	close_contract();
}

#include "common/schema/words.h"

enum { HOPS_MAX = 8 }; /* references that are followed for words */

static const struct tg_node *target_of(const struct tg_node *node)
{
	for (uint32_t i = 0; i < node->steps; i++)
		if (node->step[i].what == TG_STEP_REF)
			return node->step[i].node[0];
	return NULL;
}

static const struct tg_span *member(const struct tg_record *doc, const struct tg_span *v,
				    struct tg_str key)
{
	return v->kind == TG_OBJECT ? tg_member_find(doc, v, key) : NULL;
}

bool tg_words_are_there(const struct tg_record *doc, const struct tg_span *schema)
{
	return tg_member_find(doc, schema, TG_STR("title")) ||
	       tg_member_find(doc, schema, TG_STR("description")) ||
	       tg_member_find(doc, schema, TG_STR("x-message"));
}

const struct tg_span *tg_words_of(const struct tg_schema *schema, const struct tg_node *node,
				  struct tg_str key)
{
	const struct tg_record *doc = &schema->contract->document;

	for (unsigned hop = 0; node && hop < HOPS_MAX; hop++, node = target_of(node)) {
		const struct tg_span *v;

		if (node->silent)
			continue;
		v = member(doc, &doc->span[node->at], key);
		if (v && v->kind == TG_STRING && v->n > 0)
			return v;
	}
	return NULL;
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool same_tag(struct tg_str a, struct tg_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

/* "de" of "de-AT" */
static struct tg_str primary(struct tg_str tag)
{
	size_t n = 0;

	while (n < tag.n && tag.p[n] != '-')
		n++;
	return tg_str_from(tag.p, n);
}

/* How well a text in one language serves who asked for another. */
static unsigned serves(struct tg_str has, struct tg_str wanted)
{
	if (same_tag(has, wanted))
		return 5;
	if (same_tag(has, primary(wanted)))
		return 4;
	if (same_tag(primary(has), primary(wanted)))
		return 3;
	return same_tag(primary(has), TG_STR("en")) ? 2 : 1;
}

/* A text, or the best of several by language. */
static const struct tg_span *choose(const struct tg_schema *schema, const struct tg_span *v)
{
	const struct tg_record *doc = &schema->contract->document;
	const struct tg_span *span = doc->span, *best = NULL;
	struct tg_str wanted = schema->language.n ? schema->language : TG_STR("en");
	uint32_t at = (uint32_t)(v - span);
	unsigned most = 0;

	if (v->kind == TG_STRING)
		return v;
	if (v->kind != TG_OBJECT)
		return NULL;
	for (uint32_t k = at + 1; k < v->next; k = span[k + 1].next) {
		struct tg_str tag = tg_span_text(doc, &span[k]);
		unsigned serving;

		if (span[k + 1].kind != TG_STRING || !tg_contract_is_language(tag))
			continue;
		serving = serves(tag, wanted);
		if (serving > most) {
			most = serving;
			best = &span[k + 1];
		}
	}
	return best;
}

const struct tg_span *tg_words_message(const struct tg_schema *schema, const struct tg_node *node,
				       struct tg_str keyword, bool general)
{
	const struct tg_record *doc = &schema->contract->document;
	const struct tg_span *v, *of;

	if (node->silent)
		return NULL;
	v = member(doc, &doc->span[node->at], TG_STR("x-message"));
	if (!v)
		return NULL;
	of = tg_contract_is_language(keyword) ? NULL : member(doc, v, keyword);
	if (of)
		return choose(schema, of);
	return general ? choose(schema, v) : NULL;
}

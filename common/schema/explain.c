/*
 * What becomes of a record that is refused: each of its faults, in the contract's own words where it has any, and where it stands.
 */
#include "common/base/utf8.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/schema/tell.h"
#include "common/schema/units.h"
#include "common/schema/words.h"

enum { WORDS_MAX = 1000 }; /* bytes of the contract's own words for a fault */

/*
 * The contract's own words
 */

static void put_words(struct tg_buffer *out, const struct tg_telling *t, const struct tg_span *text,
		      size_t most)
{
	tg_utf8_put_safe(out, tg_text_get(t->m->arena, t->doc, text), most);
}

/* What the contract says of the field itself, where there is nothing better to say. */
static void hint_description(const struct tg_telling *t, const struct tg_found *e)
{
	if (e->what != TG_FAULT_CHECK && e->what != TG_FAULT_TYPE)
		return;
	for (size_t i = 0; i < TG_ABOUT_MAX && e->about[i]; i++) {
		const struct tg_span *text =
			tg_words_of(t->m->schema, e->about[i], TG_STR("description"));

		if (!text || text->n > TG_LIST_MAX)
			continue;
		put_words(&t->s->hint, t, text, TG_LIST_MAX);
		return;
	}
}

/* The schema of the member that is missing, NULL: none speaks of it. */
static const struct tg_node *node_of_missing(const struct tg_found *e)
{
	const struct tg_members *m = tg_members_of(e->node);
	struct tg_str name = e->what == TG_FAULT_REQUIRED ? m->rule[e->x].name
							  : m->rule[e->x].dependent[e->y].name;
	uint32_t rule;

	for (size_t i = 0; i < TG_ABOUT_MAX && e->about[i]; i++) {
		m = tg_members_of(e->about[i]);
		rule = m ? tg_names_find(&m->names, name) : TG_NAMES_NONE;
		if (rule != TG_NAMES_NONE && m->rule[rule].declared)
			return m->rule[rule].node;
	}
	return NULL;
}

static bool is_missing(const struct tg_found *e)
{
	return e->what == TG_FAULT_REQUIRED || e->what == TG_FAULT_DEPENDENT;
}

static void put_title(const struct tg_telling *t, const struct tg_found *e)
{
	const struct tg_span *title = NULL;

	if (e->what == TG_FAULT_WORD || e->what == TG_FAULT_LIMIT)
		return;
	if (is_missing(e)) {
		const struct tg_node *node = node_of_missing(e);

		title = node ? tg_words_of(t->m->schema, node, TG_STR("title")) : NULL;
	} else if (e->span != 0) { /* the title of the whole is no field's */
		for (size_t i = 0; !title && i < TG_ABOUT_MAX && e->about[i]; i++)
			title = tg_words_of(t->m->schema, e->about[i], TG_STR("title"));
	}
	if (title)
		put_words(&t->s->title, t, title, TG_LIST_MAX);
}

/* What the contract wants said of the fault; what stands nearest to it and is meant for its keyword first. */
static const struct tg_span *own_message(const struct tg_telling *t, const struct tg_found *e)
{
	const struct tg_schema *schema = t->m->schema;
	struct tg_str keyword = tg_buffer_str(&t->s->keyword);
	const struct tg_node *missing = is_missing(e) ? node_of_missing(e) : NULL;
	bool general = e->what != TG_FAULT_WORD;
	const struct tg_span *text = NULL;

	if (e->what == TG_FAULT_LIMIT)
		return NULL;
	if (missing)
		text = tg_words_message(schema, missing, keyword, false);
	if (!text && e->what == TG_FAULT_FALSE && e->asker)
		text = tg_words_message(schema, e->asker, keyword, false);
	for (size_t i = 0; !text && i < TG_ABOUT_MAX && e->about[i]; i++)
		text = tg_words_message(schema, e->about[i], keyword, general);
	return text;
}

/* They take the place of ours, and ours that of the hint, before what it was. */
static void use_own_message(const struct tg_telling *t, const struct tg_span *text)
{
	struct tg_state *s = t->s;

	s->facts.n = 0;
	tg_buffer_put_str(&s->facts, tg_buffer_str(&s->message));
	if (s->hint.n > 0) {
		tg_buffer_puts(&s->facts, "; ");
		tg_buffer_put_str(&s->facts, tg_buffer_str(&s->hint));
	}
	s->hint.n = s->message.n = 0;
	tg_buffer_put_str(&s->hint, tg_buffer_str(&s->facts));
	put_words(&s->message, t, text, WORDS_MAX);
}

/* The keyword, and the pointer to it in the contract: one step behind the schema that it belongs to. */
static void make_keyword(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_buffer *pointer = &t->s->schema;
	struct tg_str keyword = TG_STR("false");
	size_t start, end;

	tg_contract_put_pointer(pointer, t->m->schema->contract, &t->doc->span[e->node->at]);
	start = pointer->n;
	if (e->where == e->node->at) { /* the schema itself: what it stands under is what asks */
		if (e->node->keyword)
			keyword = tg_span_text(t->doc, &t->doc->span[e->node->keyword]);
		tg_buffer_put_str(&t->s->keyword, keyword);
		return;
	}
	pointer->n = 0;
	tg_contract_put_pointer(pointer, t->m->schema->contract, &t->doc->span[e->where]);
	if (start >= pointer->n ||
	    pointer->p[start] != '/') { /* a pattern's key, which stands beside its schema */
		tg_buffer_put_str(&t->s->keyword,
				  tg_span_text(t->doc, &t->doc->span[e->node->keyword]));
		return;
	}
	for (end = start + 1; end < pointer->n && pointer->p[end] != '/';)
		end++;
	pointer->n = end;
	tg_buffer_put(&t->s->keyword, pointer->p + start + 1, end - start - 1);
}

static void put_keyword(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_broken *b = &t->s->broken[e->where % TG_BROKEN];

	if (b->node != e->node || b->where != e->where) {
		make_keyword(t, e);
		b->keyword.n = b->schema.n = 0;
		tg_buffer_put_str(&b->keyword, tg_buffer_str(&t->s->keyword));
		tg_buffer_put_str(&b->schema, tg_buffer_str(&t->s->schema));
		b->node = e->node;
		b->where = e->where;
		return;
	}
	tg_buffer_put_str(&t->s->keyword, tg_buffer_str(&b->keyword));
	tg_buffer_put_str(&t->s->schema, tg_buffer_str(&b->schema));
}

/* Members that the `if` looks at, whose then or else has led here: they are why it is asked. Names only, since values may be classed. */
static void hint_condition(const struct tg_telling *t, const struct tg_found *e)
{
	static const struct tg_str key[] = { { "properties", 10 }, { "required", 8 } };
	struct tg_buffer *hint = &t->s->hint;
	const struct tg_span *span = t->doc->span;
	uint32_t put = 0;

	if (!e->condition || hint->n > 0 || span[e->condition].kind != TG_OBJECT)
		return;
	for (size_t i = 0; i < TG_COUNT(key) && put == 0; i++) {
		const struct tg_span *v = tg_member_find(t->doc, &span[e->condition], key[i]);
		bool object = v && v->kind == TG_OBJECT;

		if (!v || v->kind != (i ? TG_ARRAY : TG_OBJECT))
			continue;
		for (uint32_t k = (uint32_t)(v - span) + 1; k < v->next && put < 3;
		     k = span[k + object].next) {
			tg_buffer_puts(hint, put++ ? ", " : "");
			tg_utf8_put_safe(hint, tg_text_get(t->m->arena, t->doc, &span[k]),
					 TG_QUOTE_MAX);
		}
	}
	if (put)
		tg_buffer_puts(hint, put == 1 ? " asks for it" : " ask for it");
}

/* Which form of several the fault is in, and why that. */
static void hint_branch(const struct tg_telling *t, const struct tg_found *e)
{
	struct tg_buffer *hint = &t->s->hint;

	if (!e->branches || hint->n > 0)
		return;
	if (!e->by) {
		tg_buffer_printf(hint, "this is the closest of %u forms", e->branches);
		return;
	}
	tg_buffer_printf(hint, "of %u forms this is the one that ", e->branches);
	tg_utf8_put_safe(hint, e->by->name, TG_QUOTE_MAX);
	tg_buffer_puts(hint, " chooses");
}

/* All that is to be said of a fault, in the state's buffers. */
static void compose(const void *self, const struct tg_found *e)
{
	const struct tg_telling *t = self;
	struct tg_state *s = t->s;
	const struct tg_span *own;

	s->pointer.n = s->schema.n = s->title.n = s->message.n = s->hint.n = s->keyword.n = 0;
	tg_pointer_put(&s->pointer, t->rec, &t->rec->span[e->span]);
	put_keyword(t, e);
	put_title(t, e);
	tg_tell(t, e);
	own = own_message(t, e);
	hint_condition(t, e);
	if (s->hint.n == 0 && !own)
		hint_description(t, e);
	hint_branch(t, e);
	if (own)
		use_own_message(t, own);
}

static void report(const struct tg_telling *t, const struct tg_found *e, struct tg_work *w)
{
	struct tg_state *s = t->s;
	struct tg_fault fault;

	compose(t, e);
	fault = (struct tg_fault){ .pointer = tg_buffer_str(&s->pointer),
				   .keyword = tg_buffer_str(&s->keyword),
				   .message = tg_buffer_str(&s->message),
				   .schema = tg_buffer_str(&s->schema) };
	if (s->title.n > 0)
		fault.title = tg_buffer_str(&s->title);
	if (s->hint.n > 0)
		fault.hint = tg_buffer_str(&s->hint);
	tg_fault_add(w, &fault);
}

/* By the place in the record. They come nearly so; those of one value stay in the contract's order. */
static void sort(struct tg_found *found, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct tg_found e = found[i];
		uint32_t k = i;

		for (; k > 0 && found[k - 1].span > e.span; k--)
			found[k] = found[k - 1];
		found[k] = e;
	}
}

/* Two ways through the contract may lead to the same rule; both find the same. */
static bool repeats(const struct tg_found *found, uint32_t i)
{
	for (uint32_t k = i; k-- > 0 && found[k].span == found[i].span;)
		if (found[k].where == found[i].where && found[k].what == found[i].what &&
		    found[k].x == found[i].x && found[k].y == found[i].y)
			return true;
	return false;
}

TG_COLD static enum tg_verdict explain(struct tg_machine *m, struct tg_work *w)
{
	struct tg_telling t = { .m = m,
				.rec = m->rec,
				.doc = &m->schema->contract->document,
				.show = w->setup->show_values };
	bool valid = tg_machine_explain(m);
	struct tg_state *s = t.s = m->state;
	uint32_t *told, n = 0;

	if (m->limited)
		report(&t, &m->limit, w);
	/* Both ways to evaluate are the same code, so a record that was refused has a fault. */
	TG_BUG_IF(valid || (s->founds == 0 && !m->limited));
	sort(s->found, s->founds);
	told = tg_arena_array(m->arena, s->founds, sizeof(*told));
	for (uint32_t i = 0; i < s->founds; i++) {
		if (repeats(s->found, i))
			continue;
		if (w->fault_count < tg_faults_most(w)) {
			report(&t, &s->found[i], w);
			told[n++] = i;
		} else {
			w->fault_count++;
		}
		if (m->stop)
			break;
	}
	if (!m->limited)
		tg_units_put(&w->output, m, told, n, compose, &t);
	if (!m->stop)
		w->fault_count += s->lost;
	return tg_reject_faults(w, m->limited ? "limit" : "schema");
}

TG_COLD static enum tg_status tell_contract(struct tg_machine *m, const struct tg_contract *joined,
					    bool (*skip)(const void *self, uint32_t span),
					    const void *self, struct tg_error *err)
{
	struct tg_telling t = { .m = m, .rec = m->rec, .doc = &joined->document, .show = true };
	bool valid = tg_machine_explain(m);
	struct tg_state *s = t.s = m->state;

	if (m->limited)
		return tg_contract_fault(joined, &m->rec->span[m->limit.span], err,
					 "takes more steps to check than are allowed");
	TG_BUG_IF(valid || s->founds == 0);
	sort(s->found, s->founds);
	for (uint32_t i = 0; i < s->founds; i++) {
		const struct tg_found *e = &s->found[i];

		if (skip(self, e->span))
			continue;
		s->pointer.n = s->schema.n = s->message.n = s->hint.n = s->keyword.n = 0;
		put_keyword(&t, e);
		tg_tell(&t, e);
		s->pointer.n = 0;
		tg_utf8_put_safe(&s->pointer, tg_buffer_str(&s->schema), 200);
		return tg_contract_fault(joined, &m->rec->span[e->span], err,
					 "%.*s (says the meta-schema, %.*s)",
					 TG_STR_ARG(tg_buffer_str(&s->message)),
					 TG_STR_ARG(tg_buffer_str(&s->pointer)));
	}
	return TG_OK;
}

enum tg_status tg_schema_hold(const struct tg_schema *schema, const struct tg_contract *joined,
			      bool (*skip)(const void *self, uint32_t span), const void *self,
			      struct tg_error *err)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_record rec = joined->document;
	struct tg_machine m;
	enum tg_status st = TG_OK;

	rec.spans = joined->part[0].end;
	tg_machine_init(&m, schema, &rec, &arena, schema);
	if (!tg_machine_valid(&m))
		st = tell_contract(&m, joined, skip, self, err);
	tg_machine_release(&m);
	return st;
}

bool tg_schema_valid(const struct tg_schema *schema, const struct tg_record *rec, struct tg_work *w)
{
	struct tg_machine m;
	bool valid;

	tg_machine_init(&m, schema, rec, &w->arena, w);
	valid = tg_machine_valid(&m);
	if (TG_UNLIKELY(m.state != NULL))
		tg_machine_release(&m);
	return valid;
}

enum tg_verdict tg_schema_check(const struct tg_schema *schema, const struct tg_record *rec,
				struct tg_work *w)
{
	struct tg_machine m;
	enum tg_verdict verdict = TG_PASS;

	tg_machine_init(&m, schema, rec, &w->arena, w);
	if (TG_UNLIKELY(!tg_machine_valid(&m)))
		verdict = explain(&m, w);
	if (TG_UNLIKELY(m.state != NULL))
		tg_machine_release(&m);
	return verdict;
}

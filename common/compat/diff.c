/*
 * Where two versions differ. Both documents are gone through side by side: what stands under the same name, at the same place or in
 * the same words is one thing in two versions. What each difference does is asked of the solver, within the schema that it stands in:
 * a keyword narrows where a value that the old schema takes is refused by it, and widens where it takes what the old one refuses.
 */
#include "common/compat/inside.h"

#include "common/base/utf8.h"
#include "common/json/text.h"

enum {
	STEPS = 2000000,
	NANOSECONDS = 300000000,
	CHANGES_MAX = 200,
	VALUE_MAX = 48,
	DEPTH_MAX = 200,
	PAIRS_MAX = 4000
};

struct pair {
	const struct tg_place_form *old, *new;
};

struct differ {
	struct tg_compat *c;
	struct pair *todo;
	uint32_t todos, todo_room;
};

/*
 * Words
 */

static const struct {
	const char *keyword, *advice, *forward;
} about[TG_PARTS] = {
	// clang-format off
	[TG_PART_TYPE] = { "type", "take the old type as well, as a list of types, until none of it comes any more",
		"move the readers first: let them take the new type before anybody sends it" },
	[TG_PART_VALUES] = { "enum", "keep the old values in the list until none of them comes any more",
		"move the readers first: let them know the new values before anybody sends one" },
	[TG_PART_LEAST] = { "minimum", "widen first: keep the old bound until no such value comes any more", NULL },
	[TG_PART_MOST] = { "maximum", "widen first: keep the old bound until no such value comes any more", NULL },
	[TG_PART_MULTIPLE] = { "multipleOf", "keep the old step until no such value comes any more", NULL },
	[TG_PART_MIN_LENGTH] = { "minLength", "widen first: keep the old length until no such text comes any more", NULL },
	[TG_PART_MAX_LENGTH] = { "maxLength", "widen first: keep the old length until no such text comes any more", NULL },
	[TG_PART_PATTERN] = { "pattern", "take what the old pattern took as well, by an alternative (|), until none of it comes any more", NULL },
	[TG_PART_FORMAT] = { "format", "leave the format out, or add a new field that has it, until all send it so", NULL },
	[TG_PART_MIN_ITEMS] = { "minItems", "widen first: keep the old number until no such array comes any more", NULL },
	[TG_PART_MAX_ITEMS] = { "maxItems", "widen first: keep the old number until no such array comes any more", NULL },
	[TG_PART_UNIQUE] = { "uniqueItems", "leave uniqueItems out until no array with equal elements comes any more", NULL },
	[TG_PART_ITEMS] = { "items", "take the old elements as well, until none of them come any more", NULL },
	[TG_PART_CONTAINS] = { "contains", "leave it out until all arrays are so", NULL },
	[TG_PART_MIN_MEMBERS] = { "minProperties", "widen first: keep the old number until no such object comes any more", NULL },
	[TG_PART_MAX_MEMBERS] = { "maxProperties", "widen first: keep the old number until no such object comes any more", NULL },
	[TG_PART_REQUIRED] = { "required", "leave it optional until all send it; a default fills nothing in",
		"go on sending it until no reader needs it any more" },
	[TG_PART_DEPENDENT] = { "dependentSchemas", "leave the condition out until all records keep it", NULL },
	[TG_PART_MEMBERS] = { "properties", NULL, NULL },
	[TG_PART_NAMES] = { "propertyNames", "take the old names as well, until none of them comes any more", NULL },
	[TG_PART_REF] = { "$ref", NULL, NULL },
	[TG_PART_ALL] = { "allOf", "leave the new condition out until all records keep it", NULL },
	[TG_PART_ANY] = { "anyOf", "keep the old branches until none of their records comes any more", NULL },
	[TG_PART_ONE] = { "oneOf", "keep the old branches as they are, and let a new one share no value with them", NULL },
	[TG_PART_NOT] = { "not", "rule out no more than before, until no such record comes any more", NULL },
	[TG_PART_IF] = { "if", "leave the condition as it was until all records keep it", NULL },
	[TG_PART_UNEVALUATED_ITEMS] = { "unevaluatedItems", "leave the array open until no such element comes any more", NULL },
	[TG_PART_UNEVALUATED_MEMBERS] = { "unevaluatedProperties", "leave the object open until no such member comes any more", NULL },
	// clang-format on
};

static const char forward_any[] =
	"move the readers first: let them take the new version before anybody sends it";
static const char removed_closed[] =
	"keep it declared, as optional and deprecated, until none comes any more";
static const char added_open[] =
	"records of the old version may carry this name with any value: close the object first (additionalProperties: false), or, "
	"where nobody sends what is not declared, ask with --policy lenient";
static const char added_required[] =
	"add it as optional, and require it when all send it; a default fills nothing in";
static const char closed[] = "leave the object open until no undeclared member comes any more";

/* A value of a document, short and without blanks. False: it is too much to be read at a glance. */
static bool put_value(struct tg_buffer *out, const struct tg_schema *schema, uint32_t span)
{
	const struct tg_record *doc = &schema->contract->document;
	const struct tg_span *v = &doc->span[span];
	bool deep = false;

	for (uint32_t i = span + 1; i < v->next; i++)
		deep |= doc->span[i].kind >= TG_ARRAY;
	if (deep || v->kind == TG_OBJECT || v->next - span > 12)
		return false;
	if (v->kind != TG_ARRAY) {
		tg_utf8_put_safe(out, tg_span_raw(doc, v), VALUE_MAX);
		return true;
	}
	tg_buffer_putc(out, '[');
	for (uint32_t i = span + 1; i < v->next; i++) {
		tg_buffer_puts(out, i > span + 1 ? ", " : "");
		tg_utf8_put_safe(out, tg_span_raw(doc, &doc->span[i]), VALUE_MAX);
	}
	tg_buffer_putc(out, ']');
	return true;
}

struct tg_str tg_compat_pointer(struct tg_compat *c, unsigned version, uint32_t span)
{
	TG_OWN(tg_buffer_release) struct tg_buffer out = TG_BUFFER_INIT;
	const struct tg_contract *contract = c->schema[version]->contract;

	tg_contract_put_pointer(&out, contract, &contract->document.span[span]);
	return tg_arena_copy(&c->forms.arena, tg_buffer_str(&out));
}

/*
 * Effects
 */

/* Whether some value of the schema is refused by one of the formulas. */
static enum tg_sat refuses(struct differ *d, uint32_t schema, const uint32_t *form, uint32_t n)
{
	enum tg_sat so_far = TG_SAT_NONE;

	for (uint32_t i = 0; i < n && so_far != TG_SAT_SOME; i++) {
		uint32_t goal[2] = { TG_LIT(schema), TG_LIT_NOT(form[i]) };
		enum tg_sat got = tg_solve(&d->c->solver, goal, 2, NULL);

		if (got != TG_SAT_NONE)
			so_far = got;
	}
	return so_far;
}

static bool set_effect(struct tg_compat_change *change, enum tg_sat narrows, enum tg_sat widens)
{
	change->narrows = narrows != TG_SAT_NONE;
	change->widens = widens != TG_SAT_NONE;
	if (!change->narrows && !change->widens)
		return false;
	if (narrows == TG_SAT_UNSURE || widens == TG_SAT_UNSURE)
		change->effect = TG_COMPAT_UNSURE;
	else
		change->effect = !change->widens   ? TG_COMPAT_NARROWED
				 : change->narrows ? TG_COMPAT_CHANGED
						   : TG_COMPAT_WIDENED;
	return true;
}

static void add_change(struct differ *d, const struct tg_compat_change *change)
{
	struct tg_compat *c = d->c;

	if (c->changes == CHANGES_MAX)
		return;
	/* Two ways may lead to the same place. */
	for (size_t i = 0; i < c->changes; i++)
		if (c->change[i].keyword == change->keyword &&
		    tg_str_eq(c->change[i].old, change->old) &&
		    tg_str_eq(c->change[i].new, change->new))
			return;
	if (c->changes == c->change_room) {
		c->change_room = c->change_room ? c->change_room * 2 : 16;
		c->change = tg_resize_array(c->change, c->change_room, sizeof(*c->change));
	}
	c->change[c->changes++] = *change;
}

static const struct tg_place_form *place_of(const struct differ *d, unsigned version,
					    const struct tg_node *node)
{
	const struct tg_place_form *place = d->c->forms.doc[version].at[node->at];

	/* A reference and nothing else is what it leads to. */
	for (unsigned i = 0; i < DEPTH_MAX && place->parts == 1 &&
			     place->part[0].what == TG_PART_REF && place->node->steps == 1;
	     i++)
		place = d->c->forms.doc[version].at[place->node->step[0].node[0]->at];
	return place;
}

/* Two schemas that are one thing in two versions are looked at, once. False: there is nothing to see. */
static bool look_into(struct differ *d, const struct tg_node *old, const struct tg_node *new)
{
	struct pair pair = { place_of(d, 0, old), place_of(d, 1, new) };

	if (tg_form_same(&d->c->forms, pair.old->form) ==
	    tg_form_same(&d->c->forms, pair.new->form))
		return false;
	for (uint32_t i = 0; i < d->todos; i++)
		if (d->todo[i].old == pair.old && d->todo[i].new == pair.new)
			return true;
	if (d->todos == PAIRS_MAX)
		return true;
	if (d->todos == d->todo_room) {
		d->todo_room = d->todo_room ? d->todo_room * 2 : 32;
		d->todo = tg_resize_array(d->todo, d->todo_room, sizeof(*d->todo));
	}
	d->todo[d->todos++] = pair;
	return true;
}

static uint32_t same(const struct differ *d, uint32_t form)
{
	return tg_form_same(&d->c->forms, form);
}

/*
 * Members
 */

static const struct tg_step *step_of(const struct tg_node *node, enum tg_step_kind what)
{
	for (uint32_t i = 0; i < node->steps; i++)
		if (node->step[i].what == what)
			return &node->step[i];
	return NULL;
}

static const struct tg_form_members *members_of(const struct differ *d,
						const struct tg_place_form *place)
{
	for (uint32_t i = 0; i < place->parts; i++)
		if (place->part[i].what == TG_PART_MEMBERS)
			return d->c->forms.form[same(d, place->part[i].form)].members;
	return NULL;
}

static const struct tg_member_rule *declared_rule(const struct tg_step *step, struct tg_str name)
{
	uint32_t i = step ? tg_names_find(&step->members->names, name) : TG_NAMES_NONE;

	return i == TG_NAMES_NONE || !step->members->rule[i].declared ? NULL
								      : &step->members->rule[i];
}

/* What a keyword says of one name and no other. */
static uint32_t about_name(struct differ *d, const struct tg_form_members *m, struct tg_str name)
{
	struct tg_forms *f = &d->c->forms;
	struct tg_form_members *one;
	struct tg_lits forms = { NULL, 0, 0 };
	uint32_t at;

	if (!m)
		return TG_FORM_TRUE;
	(void)tg_solve_member(&d->c->solver, m, name, &forms);
	one = tg_arena_take(&f->arena, sizeof(*one));
	one->rule = tg_arena_take(&f->arena, sizeof(*one->rule));
	one->rule[0].name = name;
	one->rule[0].form = tg_form_of(f, TG_FORM_AND, forms.p, forms.n);
	one->rules = 1;
	one->rest = TG_FORM_NONE;
	tg_names_init(&one->names, 1, &f->arena);
	(void)tg_names_add(&one->names, name, 0);
	tg_lits_release(&forms);
	at = tg_form_new(f, TG_FORM_MEMBERS);
	f->form[at].kind = TG_OBJECT;
	f->form[at].members = one;
	return at;
}

/* What a keyword says of the names that neither version mentions. */
static uint32_t about_others(struct differ *d, const struct tg_form_members *m,
			     const struct tg_form_members *other)
{
	const struct tg_form_members *both[2] = { m, other };
	struct tg_forms *f = &d->c->forms;
	struct tg_form_members *rest;
	uint32_t rules = 0, patterns = 0, at;

	if (!m)
		return TG_FORM_TRUE;
	for (unsigned i = 0; i < 2; i++) {
		rules += both[i] ? both[i]->rules : 0;
		patterns += both[i] ? both[i]->patterns : 0;
	}
	rest = tg_arena_take(&f->arena, sizeof(*rest));
	rest->rule = tg_arena_array(&f->arena, rules, sizeof(*rest->rule));
	rest->pattern = tg_arena_array(&f->arena, patterns, sizeof(*rest->pattern));
	rest->rest = m->rest;
	tg_names_init(&rest->names, rules, &f->arena);
	for (unsigned i = 0; i < 2; i++) {
		for (uint32_t k = 0; both[i] && k < both[i]->rules; k++)
			if (tg_names_add(&rest->names, both[i]->rule[k].name, rest->rules) ==
			    rest->rules)
				rest->rule[rest->rules++] =
					(struct tg_form_rule){ both[i]->rule[k].name,
							       TG_FORM_TRUE };
		for (uint32_t k = 0; both[i] && k < both[i]->patterns; k++)
			rest->pattern[rest->patterns++] =
				(struct tg_form_pattern){ both[i]->pattern[k].name, TG_FORM_TRUE };
	}
	at = tg_form_new(f, TG_FORM_MEMBERS);
	f->form[at].kind = TG_OBJECT;
	f->form[at].members = rest;
	return at;
}

/* A property that only one of the versions declares. */
static void one_sided(struct differ *d, struct pair p, struct tg_str name, unsigned version,
		      uint32_t at)
{
	const struct tg_form_members *old = members_of(d, p.old), *new = members_of(d, p.new);
	uint32_t said[2] = { about_name(d, old, name), about_name(d, new, name) };
	const struct tg_step *step = step_of(p.new->node, TG_STEP_MEMBERS);
	uint32_t rule = step ? tg_names_find(&step->members->names, name) : TG_NAMES_NONE;
	struct tg_compat_change change = { .keyword = "properties" };
	TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;
	bool required = rule != TG_NAMES_NONE && step->members->rule[rule].required;

	if (!set_effect(&change, refuses(d, p.old->form, &said[1], 1),
			refuses(d, p.new->form, &said[0], 1)))
		return;
	*(version ? &change.new : &change.old) = tg_compat_pointer(d->c, version, at);
	tg_utf8_put_safe(&safe, name, VALUE_MAX);
	change.message = tg_arena_format(
		&d->c->forms.arena,
		version ? (change.narrows
				   ? "%.*s is declared, and was not: old records may carry it "
				     "otherwise"
				   : "%.*s is declared, and was refused")
			: (change.narrows ? "%.*s is no longer declared, and refused"
					  : "%.*s is no longer declared: it may now be anything"),
		TG_STR_ARG(tg_buffer_str(&safe)));
	change.advice = !version ? removed_closed : required ? added_required : added_open;
	change.forward =
		version ? "move the readers first: let them know it before anybody sends it"
			: "go on sending it as it was until all readers have moved";
	add_change(d, &change);
}

static void diff_names(struct differ *d, struct pair p, const struct tg_step *old,
		       const struct tg_step *new)
{
	for (uint32_t i = 0; new &&i < new->members->rules; i++) {
		const struct tg_member_rule *rule = &new->members->rule[i];
		const struct tg_member_rule *before = declared_rule(old, rule->name);

		if (!rule->declared)
			continue;
		if (before)
			(void)look_into(d, before->node, rule->node);
		else
			one_sided(d, p, rule->name, 1, rule->node->at);
	}
	for (uint32_t i = 0; old && i < old->members->rules; i++) {
		const struct tg_member_rule *rule = &old->members->rule[i];

		if (rule->declared && !declared_rule(new, rule->name))
			one_sided(d, p, rule->name, 0, rule->node->at);
	}
}

/* Patterns and rest, as far as they are not the same. */
static void diff_others(struct differ *d, struct pair p, const struct tg_step *old,
			const struct tg_step *new)
{
	const struct tg_form_members *m[2] = { members_of(d, p.old), members_of(d, p.new) };
	struct tg_compat_change change = { .keyword = "additionalProperties" };
	const struct tg_node *rest[2] = { old ? old->members->rest : NULL,
					  new ? new->members->rest : NULL };
	uint32_t said[2];

	for (uint32_t i = 0; old && new &&i < old->members->patterns; i++)
		for (uint32_t k = 0; k < new->members->patterns; k++)
			if (tg_str_eq(d->c->forms.form[same(d, m[0]->pattern[i].name)].text,
				      d->c->forms.form[same(d, m[1]->pattern[k].name)].text))
				(void)look_into(d, old->members->pattern_node[i],
						new->members->pattern_node[k]);
	if (rest[0] && rest[1] && !rest[0]->never && !rest[1]->never) {
		(void)look_into(d, rest[0], rest[1]);
		return;
	}
	said[0] = about_others(d, m[0], m[1]);
	said[1] = about_others(d, m[1], m[0]);
	if (!set_effect(&change, refuses(d, p.old->form, &said[1], 1),
			refuses(d, p.new->form, &said[0], 1)))
		return;
	for (unsigned v = 0; v < 2; v++)
		if (rest[v])
			*(v ? &change.new : &change.old) = tg_compat_pointer(d->c, v, rest[v]->at);
	change.message = change.narrows ? TG_STR("undeclared members are no longer taken as before")
					: TG_STR("undeclared members are taken that were refused");
	change.advice = closed;
	change.forward = forward_any;
	add_change(d, &change);
}

/* A pattern for names that only one of the versions has. */
static void diff_patterns(struct differ *d, struct pair p, const struct tg_step *step,
			  unsigned version)
{
	const struct tg_form_members *mine = members_of(d, version ? p.new : p.old);
	const struct tg_form_members *other = members_of(d, version ? p.old : p.new);

	for (uint32_t i = 0; step && i < step->members->patterns; i++) {
		uint32_t name = same(d, mine->pattern[i].name), whole[2];
		struct tg_compat_change change = { .keyword = "patternProperties" };
		bool there = false;

		for (uint32_t k = 0; other && k < other->patterns; k++)
			there |= same(d, other->pattern[k].name) == name;
		if (there)
			continue;
		whole[0] = p.old->form;
		whole[1] = p.new->form;
		if (!set_effect(&change, refuses(d, whole[0], &whole[1], 1),
				refuses(d, whole[1], &whole[0], 1)))
			continue;
		*(version ? &change.new : &change.old) =
			tg_compat_pointer(d->c, version, step->members->pattern_node[i]->at);
		change.message = version ? TG_STR("names of a pattern have a schema that had none")
					 : TG_STR("names of a pattern have no schema any more");
		change.advice = added_open;
		change.forward = forward_any;
		add_change(d, &change);
	}
}

/*
 * Keywords
 */

/* What two versions say by one keyword, as formulas; which of them are the same in both is left out. */
struct said {
	uint32_t form[2][64], where[2][64];
	uint32_t n[2];
};

static void take_parts(const struct differ *d, struct said *s, unsigned version,
		       const struct tg_place_form *mine, const struct tg_place_form *other,
		       unsigned what)
{
	for (uint32_t i = 0; i < mine->parts; i++) {
		uint32_t form = same(d, mine->part[i].form);
		bool there = false;

		if (mine->part[i].what != what)
			continue;
		for (uint32_t k = 0; k < other->parts && !there; k++)
			there = other->part[k].what == what && same(d, other->part[k].form) == form;
		if (there || s->n[version] == TG_COUNT(s->form[0]))
			continue;
		s->form[version][s->n[version]] = form;
		s->where[version][s->n[version]++] = mine->part[i].where;
	}
}

/* The keyword that a part stands under, by the document: a bound may be of two. */
static const char *keyword_at(struct differ *d, unsigned version, uint32_t where, unsigned what)
{
	static const char *const other[] = {
		"const",	"exclusiveMinimum", "exclusiveMaximum", "dependentRequired",
		"dependencies", "prefixItems",	    "x-format"
	};
	struct tg_str pointer = tg_compat_pointer(d->c, version, where);

	for (size_t i = 0; i < TG_COUNT(other); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer key = TG_BUFFER_INIT;

		tg_buffer_printf(&key, "/%s", other[i]);
		if (tg_str_ends(pointer, tg_buffer_str(&key)))
			return other[i];
	}
	return about[what].keyword;
}

static void put_message(struct differ *d, struct tg_compat_change *change, const struct said *s,
			const char *keyword)
{
	TG_OWN(tg_buffer_release) struct tg_buffer old = TG_BUFFER_INIT, new = TG_BUFFER_INIT;
	bool was = s->n[0] && put_value(&old, d->c->schema[0], s->where[0][0]);
	bool is = s->n[1] && put_value(&new, d->c->schema[1], s->where[1][0]);
	struct tg_arena *arena = &d->c->forms.arena;

	if (!s->n[0])
		change->message = tg_arena_format(arena, "%s%s%.*s is new", keyword, is ? " " : "",
						  TG_STR_ARG(tg_buffer_str(&new)));
	else if (!s->n[1])
		change->message = tg_arena_format(arena, "%s%s%.*s is gone", keyword,
						  was ? " " : "", TG_STR_ARG(tg_buffer_str(&old)));
	else if (was && is)
		change->message = tg_arena_format(arena, "%s was %.*s and is %.*s", keyword,
						  TG_STR_ARG(tg_buffer_str(&old)),
						  TG_STR_ARG(tg_buffer_str(&new)));
	else
		change->message = tg_arena_format(arena, "%s is another", keyword);
}

/* One keyword of both versions. */
static void diff_keyword(struct differ *d, struct pair p, unsigned what)
{
	struct said s = { .n = { 0, 0 } };
	struct tg_compat_change change = { .keyword = about[what].keyword };
	bool whole = what == TG_PART_UNEVALUATED_ITEMS || what == TG_PART_UNEVALUATED_MEMBERS;

	take_parts(d, &s, 0, p.old, p.new, what);
	take_parts(d, &s, 1, p.new, p.old, what);
	if (!s.n[0] && !s.n[1])
		return;
	if (whole) /* by itself it says nothing */
		s.form[0][0] = p.old->form, s.form[1][0] = p.new->form, s.n[0] = s.n[1] = 1;
	if (!set_effect(&change, refuses(d, p.old->form, s.form[1], s.n[1]),
			refuses(d, p.new->form, s.form[0], s.n[0])))
		return;
	if (whole) {
		change.message = TG_STR("what nothing else speaks of is taken otherwise");
		s.n[0] = s.n[1] = 0;
		take_parts(d, &s, 0, p.old, p.new, what);
		take_parts(d, &s, 1, p.new, p.old, what);
	} else {
		change.keyword = s.n[1] ? keyword_at(d, 1, s.where[1][0], what)
					: keyword_at(d, 0, s.where[0][0], what);
		put_message(d, &change, &s, change.keyword);
	}
	if (s.n[0])
		change.old = tg_compat_pointer(d->c, 0, s.where[0][0]);
	if (s.n[1])
		change.new = tg_compat_pointer(d->c, 1, s.where[1][0]);
	change.advice = about[what].advice;
	change.forward = about[what].forward ? about[what].forward : forward_any;
	add_change(d, &change);
}

/* Each name by itself. */
static void diff_required(struct differ *d, struct pair p)
{
	struct said s = { .n = { 0, 0 } };

	take_parts(d, &s, 0, p.old, p.new, TG_PART_REQUIRED);
	take_parts(d, &s, 1, p.new, p.old, TG_PART_REQUIRED);
	for (unsigned v = 0; v < 2; v++)
		for (uint32_t i = 0; i < s.n[v]; i++) {
			struct tg_compat_change change = {
				.keyword = "required",
				.advice = about[TG_PART_REQUIRED].advice,
				.forward = about[TG_PART_REQUIRED].forward,
			};
			enum tg_sat got =
				refuses(d, v ? p.old->form : p.new->form, &s.form[v][i], 1);
			TG_OWN(tg_buffer_release) struct tg_buffer safe = TG_BUFFER_INIT;

			if (!set_effect(&change, v ? got : TG_SAT_NONE, v ? TG_SAT_NONE : got))
				continue;
			*(v ? &change.new : &change.old) =
				tg_compat_pointer(d->c, v, s.where[v][i]);
			tg_utf8_put_safe(&safe, d->c->forms.form[s.form[v][i]].text, VALUE_MAX);
			change.message =
				tg_arena_format(&d->c->forms.arena,
						v ? "%.*s must be there, and need not have been"
						  : "%.*s need not be there any more",
						TG_STR_ARG(tg_buffer_str(&safe)));
			add_change(d, &change);
		}
}

/*
 * Schemas within
 */

/* Branches of the same kind: those that are the same in both are put aside, and those that are left looked at two by two. False: there
 * are not as many left in both, or none. */
static bool diff_branches(struct differ *d, const struct tg_step *old, const struct tg_step *new)
{
	TG_OWN(tg_free_pointer) bool *done = NULL;
	uint32_t left[2] = { 0, 0 }, k = 0;

	if (!old || !new)
		return false;
	done = tg_alloc_array(new->nodes, sizeof(*done));
	for (uint32_t i = 0; i < old->nodes; i++) {
		uint32_t form = same(d, d->c->forms.doc[0].at[old->node[i]->at]->form);
		bool found = false;

		for (uint32_t n = 0; n < new->nodes && !found; n++)
			if (!done[n] &&
			    same(d, d->c->forms.doc[1].at[new->node[n]->at]->form) == form)
				found = done[n] = true;
		left[0] += !found;
	}
	for (uint32_t n = 0; n < new->nodes; n++)
		left[1] += !done[n];
	if (left[0] != left[1] || left[0] == 0 || old->nodes != new->nodes)
		return false;
	for (; k < new->nodes; k++)
		if (!done[k])
			(void)look_into(d, old->node[k], new->node[k]);
	return true;
}

static bool diff_items(struct differ *d, const struct tg_step *old, const struct tg_step *new)
{
	bool looked = false;

	if (!old || !new || old->nodes != new->nodes || !old->rest != !new->rest)
		return false;
	for (uint32_t i = 0; i < old->nodes; i++)
		looked |= look_into(d, old->node[i], new->node[i]);
	if (old->rest && !old->rest->never && !new->rest->never)
		looked |= look_into(d, old->rest, new->rest);
	else if (old->rest && old->rest->never != new->rest->never)
		return false;
	return looked;
}

/* Conditions of which the question is the same. */
static bool diff_condition(struct differ *d, const struct tg_step *old, const struct tg_step *new)
{
	if (!old || !new ||
	    same(d, d->c->forms.doc[0].at[old->node[0]->at]->form) !=
		    same(d, d->c->forms.doc[1].at[new->node[0]->at]->form) ||
	    !old->node[1] != !new->node[1] || !old->node[2] != !new->node[2])
		return false;
	for (unsigned i = 1; i < 3; i++)
		if (old->node[i])
			(void)look_into(d, old->node[i], new->node[i]);
	return true;
}

/* Whether the keyword's own schemas are looked at instead of it. */
static bool goes_deeper(struct differ *d, struct pair p, unsigned what)
{
	const struct tg_node *old = p.old->node, *new = p.new->node;

	switch (what) {
	case TG_PART_ITEMS:
		return diff_items(d, step_of(old, TG_STEP_ITEMS), step_of(new, TG_STEP_ITEMS));
	case TG_PART_ALL:
		return diff_branches(d, step_of(old, TG_STEP_ALL), step_of(new, TG_STEP_ALL));
	case TG_PART_ANY:
		return diff_branches(d, step_of(old, TG_STEP_ANY), step_of(new, TG_STEP_ANY));
	case TG_PART_IF:
		return diff_condition(d, step_of(old, TG_STEP_IF), step_of(new, TG_STEP_IF));
	case TG_PART_REF:
		return diff_branches(d, step_of(old, TG_STEP_REF), step_of(new, TG_STEP_REF));
	}
	return false;
}

static void diff_pair(struct differ *d, struct pair p)
{
	const struct tg_step *old = step_of(p.old->node, TG_STEP_MEMBERS);
	const struct tg_step *new = step_of(p.new->node, TG_STEP_MEMBERS);

	for (unsigned what = 0; what < TG_PARTS; what++) {
		if (what == TG_PART_MEMBERS) {
			diff_names(d, p, old, new);
			diff_patterns(d, p, old, 0);
			diff_patterns(d, p, new, 1);
			diff_others(d, p, old, new);
		} else if (what == TG_PART_REQUIRED) {
			diff_required(d, p);
		} else if (!goes_deeper(d, p, what)) {
			diff_keyword(d, p, what);
		}
	}
}

void tg_compat_changes(struct tg_compat *c, const struct tg_compat_change **change, size_t *n)
{
	struct differ d = { .c = c };

	tg_solver_begin(&c->solver, STEPS, NANOSECONDS);
	if (c->changes == 0)
		(void)look_into(&d, c->schema[0]->root, c->schema[1]->root);
	for (uint32_t i = 0; i < d.todos && c->changes < CHANGES_MAX; i++)
		diff_pair(&d, d.todo[i]);
	tg_free(d.todo);
	*change = c->change;
	*n = c->changes;
}

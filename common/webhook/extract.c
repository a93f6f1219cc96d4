#include "common/webhook/extract.h"

#include "common/base/check.h"
#include "common/json/text.h"
#include "common/time/time.h"

static bool refuse(struct tg_webhook_fault *fault, const char *code, struct tg_str pointer,
		   const char *message)
{
	*fault = (struct tg_webhook_fault){ code, pointer, message, NULL };
	return false;
}

static struct tg_str trim(struct tg_str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = tg_str_after(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static bool add(struct tg_extract *e, struct tg_str value, size_t place,
		struct tg_webhook_fault *fault)
{
	if (e->n == TG_REQUEST_SIGNATURES)
		return refuse(fault, "limit", TG_STR("/headers"),
			      "hold more than 20 signatures; a sender needs a few at most");
	e->place[e->n] = place;
	e->value[e->n++] = value;
	return true;
}

/* An element of a list: name=value with the name that is wanted, or a value with the prefix. */
static bool take_element(const struct tg_webhook_part *part, struct tg_str element, size_t place,
			 struct tg_extract *e, struct tg_webhook_fault *fault)
{
	if (part->pair) {
		const char *at = element.n ? memchr(element.p, part->pair, element.n) : NULL;
		struct tg_str name = tg_str_from(element.p, at ? (size_t)(at - element.p) : 0);

		if (!at || !tg_str_eq(name, part->take))
			return true;
		element = tg_str_after(element, name.n + 1);
	}
	if (part->prefix.p) {
		if (!tg_str_starts(element, part->prefix))
			return true;
		element = tg_str_after(element, part->prefix.n);
	}
	return add(e, element, place, fault);
}

static bool take_value(const struct tg_webhook_part *part, struct tg_str value, size_t place,
		       struct tg_extract *e, struct tg_webhook_fault *fault)
{
	e->present = true;
	if (!part->split)
		return take_element(part, value, place, e, fault);
	for (;;) {
		const char *end = value.n ? memchr(value.p, part->split, value.n) : NULL;
		size_t n = end ? (size_t)(end - value.p) : value.n;
		struct tg_str element = trim(tg_str_from(value.p, n));

		if (element.n && !take_element(part, element, place, e, fault))
			return false;
		if (!end)
			return true;
		value = tg_str_after(value, n + 1);
	}
}

enum found {
	FOUND,
	ABSENT,
	FAULT,
};

static enum found find_header(const struct tg_request *r, struct tg_str name, struct tg_str *value,
			      struct tg_webhook_fault *fault)
{
	switch (tg_request_header(r, name, value)) {
	case TG_HEADER_FOUND:
		return FOUND;
	case TG_HEADER_MISSING:
		return ABSENT;
	case TG_HEADER_AMBIGUOUS:
	case TG_HEADER_LONG:
		break;
	}
	return tg_request_need(r, name, value, fault) ? FOUND : FAULT;
}

static enum found find_member(const struct tg_webhook_place *place, const struct tg_request *r,
			      const struct tg_record *json, const struct tg_span *base,
			      struct tg_str *value)
{
	const struct tg_span *v = json ? tg_pointer_find_from(&place->pointer, json, base) : NULL;

	if (!v || (v->kind != TG_STRING && v->kind != TG_NUMBER))
		return ABSENT;
	*value = v->kind == TG_STRING ? tg_text_get(r->arena, json, v) : tg_span_text(json, v);
	return FOUND;
}

/* NAME-1, NAME-2 ... */
static enum found take_numbered(const struct tg_webhook_part *part, size_t place,
				const struct tg_request *r, struct tg_extract *e,
				struct tg_webhook_fault *fault)
{
	struct tg_str value;
	enum found found = ABSENT;

	for (unsigned i = 1; i <= TG_REQUEST_HEADERS; i++) {
		struct tg_str name =
			tg_arena_format(r->arena, "%.*s%u", TG_STR_ARG(part->place[place].name), i);
		enum found one = find_header(r, name, &value, fault);

		if (one == FAULT)
			return FAULT;
		if (one == ABSENT)
			break;
		found = FOUND;
		if (!take_value(part, value, place, e, fault))
			return FAULT;
	}
	return found;
}

static enum found take_place(const struct tg_webhook_part *part, size_t i,
			     const struct tg_request *r, const struct tg_record *json,
			     const struct tg_span *base, struct tg_extract *e,
			     struct tg_webhook_fault *fault)
{
	const struct tg_webhook_place *place = part->place + i;
	struct tg_str value;
	enum found found = ABSENT;

	switch (place->kind) {
	case TG_PLACE_NUMBERED:
		return take_numbered(part, i, r, e, fault);
	case TG_PLACE_HEADER:
		found = find_header(r, place->name, &value, fault);
		break;
	case TG_PLACE_JSON:
		found = find_member(place, r, json, base, &value);
		break;
	case TG_PLACE_QUERY:
		found = tg_request_query(r, place->name, &value) ? FOUND : ABSENT;
		break;
	}
	if (found == FOUND && !take_value(part, value, i, e, fault))
		return FAULT;
	return found;
}

bool tg_extract(const struct tg_webhook_part *part, const struct tg_request *r,
		const struct tg_record *json, const struct tg_span *base, struct tg_extract *e,
		struct tg_webhook_fault *fault)
{
	e->n = 0;
	e->present = false;
	for (size_t i = 0; i < part->places; i++) {
		enum found found = take_place(part, i, r, json, base, e, fault);

		if (found == FAULT)
			return false;
		if (found == FOUND && !part->any)
			break;
	}
	return true;
}

static bool read_digits(struct tg_str text, enum tg_time_unit unit, int64_t *micros)
{
	int64_t n, factor = unit == TG_UNIT_SECONDS ? 1000000 : 1000;
	uint64_t digits;

	if (!tg_read_u64(text, &digits) || digits > INT64_MAX)
		return false;
	/* Beyond the end of time is after it. */
	if (__builtin_mul_overflow((int64_t)digits, factor, &n))
		n = INT64_MAX;
	*micros = n;
	return true;
}

bool tg_extract_time(struct tg_str text, enum tg_time_unit unit, int64_t *micros)
{
	struct tg_time t;

	if (unit != TG_UNIT_RFC3339)
		return read_digits(text, unit, micros);
	return tg_time_is_date_time(text) && tg_time_read(text, &t) &&
	       !__builtin_mul_overflow(t.seconds, INT64_C(1000000), micros) &&
	       !__builtin_add_overflow(*micros, (int64_t)t.micros, micros);
}

struct tg_str tg_place_name(const struct tg_webhook_place *place, struct tg_arena *arena)
{
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;

	switch (place->kind) {
	case TG_PLACE_HEADER:
		tg_buffer_printf(&b, "header:%.*s", TG_STR_ARG(place->name));
		break;
	case TG_PLACE_NUMBERED:
		tg_buffer_printf(&b, "header:%.*s{n}", TG_STR_ARG(place->name));
		break;
	case TG_PLACE_QUERY:
		tg_buffer_printf(&b, "query:%.*s", TG_STR_ARG(place->name));
		break;
	case TG_PLACE_JSON:
		tg_buffer_puts(&b, "json:");
		for (size_t i = 0; i < place->pointer.steps; i++)
			tg_pointer_put_step(&b, place->pointer.step[i]);
		break;
	}
	return tg_arena_copy(arena, tg_buffer_str(&b));
}

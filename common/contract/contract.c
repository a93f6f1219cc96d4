#include "common/contract/contract.h"

#include "common/base/utf8.h"
#include "common/contract/annotation.h"
#include "common/digest/digest.h"
#include "common/io/input.h"
#include "common/json/document.h"
#include "common/json/pointer.h"
#include "common/json/text.h"

#include <stdarg.h>
#include <stdio.h>

enum { CONTRACT_MAX = 256 << 20 }; /* bytes of a contract; larger ones come by mistake */

/* The document that a span is of. */
static struct tg_contract_part part_of(const struct tg_contract *c, const struct tg_span *span)
{
	uint32_t at = (uint32_t)(span - c->document.span), low = 0, high = c->parts;

	if (!c->part)
		return (struct tg_contract_part){ .path = c->path, .end = c->document.spans };
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (c->part[middle].first <= at)
			low = middle;
		else
			high = middle;
	}
	return c->part[low];
}

void tg_contract_put_pointer(struct tg_buffer *out, const struct tg_contract *c,
			     const struct tg_span *span)
{
	const struct tg_contract_part part = part_of(c, span);

	if (part.first > 0) {
		tg_buffer_put_str(out, part.uri);
		tg_buffer_putc(out, '#');
	}
	tg_pointer_put_from(out, &c->document, &c->document.span[part.first], span);
}

enum tg_status tg_contract_fault(const struct tg_contract *c, const struct tg_span *span,
				 struct tg_error *err, const char *format, ...)
{
	TG_OWN(tg_buffer_release)
	struct tg_buffer pointer = TG_BUFFER_INIT, safe = TG_BUFFER_INIT, name = TG_BUFFER_INIT;
	const struct tg_contract_part part = part_of(c, span);
	char text[sizeof(err->text)];
	uint64_t line, column;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tg_pointer_put_from(&pointer, &c->document, &c->document.span[part.first], span);
	tg_utf8_put_safe(&safe, tg_buffer_str(&pointer), 512);
	tg_document_locate(tg_str_after(c->document.text, part.text),
			   span->at - part.text - (span->kind == TG_STRING), &line, &column);
	if (part.path)
		tg_buffer_puts(&name, part.path);
	else
		tg_utf8_put_safe(&name, part.uri, 512);
	return tg_fail(err, TG_CONFIG, "%.*s:%llu:%llu: %.*s%s%s", TG_STR_ARG(tg_buffer_str(&name)),
		       (unsigned long long)line, (unsigned long long)column,
		       TG_STR_ARG(tg_buffer_str(&safe)), safe.n ? ": " : "", text);
}

void tg_contract_warn(const struct tg_contract *c, const struct tg_setup *setup,
		      const struct tg_span *value, const char *format, ...)
{
	struct tg_error where = TG_ERROR_INIT;
	char text[400];
	va_list args;

	if (!setup->program)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)tg_contract_fault(c, value, &where, "%s", text);
	tg_setup_warn(setup, "%s", where.text);
}

static enum tg_status head(struct tg_contract *c, struct tg_arena *arena, struct tg_error *err)
{
	const struct tg_record *doc = &c->document;
	const struct {
		struct tg_str name;
		struct tg_str *to;
	} row[] = {
		{ TG_STR("$id"), &c->id },
		{ TG_STR("x-version"), &c->version },
		{ TG_STR("x-source"), &c->source },
		{ TG_STR("x-entity"), &c->entity },
	};

	if (doc->span[0].kind != TG_OBJECT) {
		if (doc->span[0].kind == TG_TRUE || doc->span[0].kind == TG_FALSE)
			return TG_OK;
		return tg_contract_fault(c, doc->span, err,
					 "a contract is an object, or true or false");
	}
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		const struct tg_span *value = tg_member_find(doc, doc->span, row[i].name);

		if (value && value->kind == TG_STRING)
			*row[i].to = tg_arena_copy(arena, tg_text_get(arena, doc, value));
	}
	return TG_OK;
}

enum tg_status tg_contract_read(struct tg_contract *c, struct tg_str text, const char *path,
				const struct tg_setup *setup, struct tg_error *err)
{
	enum tg_status st;

	*c = (struct tg_contract){ .path = path };
	st = tg_document_parse(&c->document, text, setup->arena, err);
	if (st)
		return tg_within(err, "in the contract %s", path);
	st = head(c, setup->arena, err);
	if (st)
		return st;
	return tg_annotations_check(c, setup, err);
}

enum tg_status tg_contract_open(struct tg_contract *c, const struct tg_setup *setup,
				struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	char sha256[TG_SHA256_HEX + 1];
	enum tg_status st;

	/* Records come from there; a contract from a pipe has a name (/dev/fd/63). */
	if (tg_str_is(setup->contract, "-"))
		return tg_fail(err, TG_USAGE,
			       "--contract -: a contract cannot come from standard input");
	st = tg_input_slurp(&text, setup->contract.p, CONTRACT_MAX, err);
	if (st) {
		/* Not there, or no contract by its size: the set-up is wrong, not the partner's data. */
		if (st == TG_NO_INPUT || st == TG_DATA)
			err->status = st = TG_CONFIG;
		(void)tg_within(err, "cannot read the contract");
		return st;
	}
	st = tg_contract_read(c, tg_buffer_str(&text), setup->contract.p, setup, err);
	if (st)
		return st;
	st = tg_digest_of(tg_buffer_str(&text), sha256, err);
	if (st)
		return tg_within(err, "for the run log's line about the contract");
	tg_setup_contract(setup, setup->contract, tg_str_of(sha256), c->id, c->version);
	return TG_OK;
}

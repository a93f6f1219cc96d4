/*
 * Whatever bytes: there is no draft, with words that say why, or one that is a contract, the same for the same bytes, and of the dialect that
 * was found. The first byte says what is known already.
 */
#include "common/csv/dialect.h"
#include "common/sniff/sniff.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) ((x) ? (void)0 : abort())

static void check_contract(struct tg_str text, const struct tg_sniff *s, struct tg_arena *arena)
{
	const struct tg_setup setup = { .arena = arena };
	struct tg_contract contract;
	struct tg_csv_dialect d;
	struct tg_error err = TG_ERROR_INIT;

	MUST(tg_contract_read(&contract, text, "draft.json", &setup, &err) == TG_OK);
	MUST(tg_csv_dialect_read(&d, &contract, arena, &err) == TG_OK);
	MUST(d.delimiter_n == s->dialect.delimiter_n &&
	     memcmp(d.delimiter, s->dialect.delimiter, d.delimiter_n) == 0);
	MUST(d.quote == s->dialect.quote && d.escape == s->dialect.escape);
	MUST(d.skip == s->dialect.skip && d.header == s->dialect.header);
	MUST(d.newline == s->dialect.newline && d.separator_line == s->dialect.separator_line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer one = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer two = TG_BUFFER_INIT;
	unsigned how = size ? data[0] : 0;
	struct tg_str bytes = tg_arena_copy(
		&arena, tg_str_from((const char *)data + (size > 0), size - (size > 0)));
	struct tg_sniff_known known = { .samples = how & 3,
					.header = (enum tg_sniff_header)((how >> 2) % 3) };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_sniff s;
	bool whole = how & 128;

	if (how & 64)
		known.delimiter = TG_STR(";");
	if (tg_sniff(&s, bytes, whole, &known, &arena, &err)) {
		MUST(err.text[0] && err.status == TG_DATA);
		return 0;
	}
	tg_sniff_put_contract(&one, &s);
	check_contract(tg_buffer_str(&one), &s, &arena);
	tg_sniff_put_text(&one, &s);
	tg_sniff_put_json(&one, &s);
	MUST(tg_sniff(&s, bytes, whole, &known, &arena, &err) == TG_OK);
	tg_sniff_put_contract(&two, &s);
	tg_sniff_put_text(&two, &s);
	tg_sniff_put_json(&two, &s);
	MUST(tg_str_eq(tg_buffer_str(&one), tg_buffer_str(&two)));
	return 0;
}

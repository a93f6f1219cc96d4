/*
 * parse: inside common/schema: reads an ECMA-262 pattern (with the u flag, and the loose escapes that are allowed without it) in one
 * pass, and makes of it what the engines need: the same pattern in PCRE2's words, an automaton, and a plain row of counted classes
 * where it is one.
 */
#ifndef TG_SCHEMA_PARSE_H
#define TG_SCHEMA_PARSE_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/schema/nfa.h"

enum {
	TG_ROW_MAX = 8,
	TG_ROW_PLACES = 32,
	TG_GROUPS_MAX = 200, /* how deep groups may stand in each other */
};

/* ^ class{least,most} ... $, such that the longest run is always the right one. */
struct tg_row {
	uint8_t member[256]; /* by byte: a bit a class */
	struct {
		uint32_t least, most; /* most UINT32_MAX: without end */
	} item[TG_ROW_MAX];
	uint32_t items;
	uint64_t shortest, longest; /* texts that can match */
	/* Where each class is a range of bytes, and only the last has no count of its own: the range of each place. */
	bool placed;
	uint8_t low[TG_ROW_PLACES], range[TG_ROW_PLACES];
};

/* When its items are there. */
void tg_row_settle(struct tg_row *row);

TG_MUST_USE bool tg_row_match(const struct tg_row *row, struct tg_str text);

struct tg_parse {
	struct tg_buffer translated;
	struct tg_nfa nfa;
	struct tg_piece whole;
	struct tg_row row;
	bool row_good;
	bool loose;
};

/* TG_CONFIG says what is wrong, and where. */
TG_MUST_USE enum tg_status tg_parse(struct tg_parse *parse, struct tg_str text,
				    struct tg_error *err);
void tg_parse_release(struct tg_parse *parse);

#endif

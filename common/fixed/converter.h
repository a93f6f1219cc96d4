/*
 * converter: inside common/fixed: what a conversion holds from record to record. open.c makes it, convert.c goes by it.
 */
#ifndef TG_FIXED_CONVERTER_H
#define TG_FIXED_CONVERTER_H

#include "common/fixed/convert.h"
#include "common/fixed/frame.h"
#include "common/fixed/tally.h"
#include "common/schema/pattern.h"

/* A kind of record, and how many there were in the file at hand. */
struct tg_fixed_course {
	struct tg_fixed_plan plan;
	uint64_t seen;
	struct tg_buffer
		last; /* of a kind that does not come out: what the run log is told of it */
};

struct tg_fixed_converter {
	struct tg_setup *setup;
	struct tg_contract contract;
	struct tg_fixed_layout layout;
	struct tg_framer framer;
	struct tg_pattern *fill;
	struct tg_matcher matcher;
	struct tg_fixed_course *course; /* by kind */
	struct tg_fixed_tally *tally;
	struct tg_fixed_row row;
	uint64_t max; /* bytes of a record */
	/* Of the file at hand. */
	bool begun;
	const struct tg_fixed_kind *before; /* the record before, NULL: none */
	uint64_t fillers;
	bool untold_said;
	const struct tg_fixed_kind
		*huge; /* the record at the front, if it is longer than one may be */
	bool blind;    /* such a record would have said what must be right */
	/* For records that do not come out, texts on the way, and the run log. */
	struct tg_buffer aside, text, source, told;
	size_t files;
	uint64_t emitted; /* records of the bytes at hand */
};

#endif

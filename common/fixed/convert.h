/*
 * convert: a file of records whose fields stand at fixed places becomes JSON lines, by the contract's x-fixed: one object a record. The
 * life of a source (run/source.h).
 *
 * Each record is found by the layout's framing, told by its tag, held against its kind's length and place, and written whole or
 * rejected whole. Records that are not to come out (headers, trailers) are counted and checked, and told to the run log.
 */
#ifndef TG_FIXED_CONVERT_H
#define TG_FIXED_CONVERT_H

#include "common/run/source.h"

struct tg_fixed_options {
	bool as_text; /* a value that is not of its type comes out as the text that it is, and is no fault */
};

struct tg_fixed_converter; /* opaque */

/* Reads the contract, which setup must name (TG_USAGE). The converter lives as long as the run's arena. */
TG_MUST_USE enum tg_status tg_fixed_converter_new(struct tg_fixed_converter **converter,
						  const struct tg_fixed_options *options,
						  struct tg_setup *setup, struct tg_error *err);
void tg_fixed_converter_free(struct tg_fixed_converter **converter);

/* As a source's begin, take, resume and end. */
TG_MUST_USE enum tg_status tg_fixed_begin(struct tg_fixed_converter *c, const struct tg_place *at,
					  struct tg_error *err);
TG_MUST_USE enum tg_status tg_fixed_take(struct tg_fixed_converter *c, struct tg_str bytes,
					 bool last, struct tg_place *at, struct tg_work *w,
					 size_t *taken, struct tg_error *err);
void tg_fixed_resume(struct tg_fixed_converter *c, const struct tg_place *at);
TG_MUST_USE enum tg_status tg_fixed_end(struct tg_fixed_converter *c, const struct tg_place *at,
					struct tg_error *err);

/* As a source's lane and cut: false, *lane is left as it is; else it is made, or made anew, and lives no longer than c. */
bool tg_fixed_converter_lane(const struct tg_fixed_converter *c, struct tg_fixed_converter **lane);
void tg_fixed_converter_lane_free(struct tg_fixed_converter **lane);
size_t tg_fixed_converter_cut(const struct tg_fixed_converter *c, struct tg_str bytes, bool last,
			      uint64_t *lines);

#endif

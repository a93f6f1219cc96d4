/*
 * form: x-name, the naming contract, as the contract has it: the template, and what else both sides agreed on about names.
 */
#ifndef TG_NAMING_FORM_H
#define TG_NAMING_FORM_H

#include "common/contract/contract.h"
#include "common/naming/template.h"

struct tg_naming {
	struct tg_template template;
	bool of_content; /* the CRC is that of what the file holds, not of its own bytes */
	bool rolls;	 /* behind the highest number comes `again` */
	uint64_t again;
	bool has_first; /* the first number that there ever is */
	uint64_t first;
	struct tg_str zone; /* in which the partner's days begin; none: UTC */
};

/* Reads the contract's x-name. TG_CONFIG: there is none, or it is wrong, with line, column and pointer. */
TG_MUST_USE enum tg_status tg_naming_read(struct tg_naming *naming, const struct tg_contract *c,
					  struct tg_arena *arena, struct tg_error *err);

#endif

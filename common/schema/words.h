/*
 * words: inside common/schema: what the contract itself says about a field, for those who read its faults: title, x-message and
 * description. They are looked up when there is a fault; before, it is only
 * asked whether there are any.
 */
#ifndef TG_SCHEMA_WORDS_H
#define TG_SCHEMA_WORDS_H

#include "common/schema/machine.h"

/* Whether a schema says anything itself. */
bool tg_words_are_there(const struct tg_record *doc, const struct tg_span *schema);

/* The string that a schema, or what it refers to, has under key; NULL: none. */
const struct tg_span *tg_words_of(const struct tg_schema *schema, const struct tg_node *node,
				  struct tg_str key);

/* The x-message of a schema for a fault of keyword; general: else what it says whatever the fault. The language is the schema's wish,
 * else a relative of it, else English, else whatever comes first. NULL: none. */
const struct tg_span *tg_words_message(const struct tg_schema *schema, const struct tg_node *node,
				       struct tg_str keyword, bool general);

#endif

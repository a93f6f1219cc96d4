/*
 * key: what the key store knows of a record: a keyed digest of its key, some of a digest of its content, perhaps a time.
 */
#ifndef TG_STATE_KEY_H
#define TG_STATE_KEY_H

#include "common/base/own.h"

enum {
	TG_KEY_SIZE = 16,
	TG_CONTENT_SIZE = 8,
	TG_ENTRY_PLAIN = 24,
	TG_ENTRY_TIMED = 32,
};

struct tg_key_entry {
	unsigned char key[TG_KEY_SIZE];
	unsigned char content[TG_CONTENT_SIZE];
	int64_t time; /* microseconds since 1970, in a store that holds times */
};

#endif

/*
 * crc32: the CRC-32 that names of files carry, and those that are taken for it.
 *
 * It is that of zip, gzip and PNG (polynomial 0xEDB88320, reflected, begun and ended with all ones); zlib has it. It finds
 * accidents, no attack.
 */
#ifndef TG_NAMING_CRC32_H
#define TG_NAMING_CRC32_H

#include "common/base/str.h"

/* Of what came before (0: nothing) and these bytes behind it. */
uint32_t tg_crc32_add(uint32_t crc, const void *p, size_t n);

/* The others, made when the right one does not fit, to say what the sender may have done. */
struct tg_crc32_others {
	uint32_t cksum;	     /* of POSIX cksum, so far without the length */
	uint32_t castagnoli; /* CRC-32C */
	uint64_t bytes;
	uint32_t table[2][256];
};

void tg_crc32_others_init(struct tg_crc32_others *others);
void tg_crc32_others_add(struct tg_crc32_others *others, const void *p, size_t n);

/* What `said` is, if it is not `right`, the CRC-32 of all these bytes: words that go behind "that is"; NULL: nothing known. */
const char *tg_crc32_guess(const struct tg_crc32_others *others, uint32_t said, uint32_t right);

#endif

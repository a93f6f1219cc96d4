#include "common/naming/crc32.h"

#include <zlib.h>

uint32_t tg_crc32_add(uint32_t crc, const void *p, size_t n)
{
	return (uint32_t)crc32_z(crc, p, n);
}

static uint32_t reflected(uint32_t crc, unsigned char byte, uint32_t polynomial)
{
	crc ^= byte;
	for (int i = 0; i < 8; i++)
		crc = crc >> 1 ^ (polynomial & (0U - (crc & 1)));
	return crc;
}

static uint32_t forward(uint32_t crc, unsigned char byte)
{
	crc ^= (uint32_t)byte << 24;
	for (int i = 0; i < 8; i++)
		crc = crc << 1 ^ (0x04c11db7 & (0U - (crc >> 31)));
	return crc;
}

void tg_crc32_others_init(struct tg_crc32_others *others)
{
	*others = (struct tg_crc32_others){ .castagnoli = 0xffffffff };
	for (unsigned i = 0; i < 256; i++) {
		others->table[0][i] = reflected(0, (unsigned char)i, 0x82f63b78);
		others->table[1][i] = forward(0, (unsigned char)i);
	}
}

void tg_crc32_others_add(struct tg_crc32_others *others, const void *p, size_t n)
{
	const unsigned char *byte = p;
	uint32_t a = others->castagnoli, b = others->cksum;

	for (size_t i = 0; i < n; i++) {
		a = a >> 8 ^ others->table[0][(a ^ byte[i]) & 0xff];
		b = b << 8 ^ others->table[1][b >> 24 ^ byte[i]];
	}
	others->castagnoli = a;
	others->cksum = b;
	others->bytes += n;
}

/* The length goes in behind the bytes, its lowest byte first, without leading zeros. */
static uint32_t cksum(const struct tg_crc32_others *others)
{
	uint32_t crc = others->cksum;

	for (uint64_t n = others->bytes; n; n >>= 8)
		crc = forward(crc, (unsigned char)n);
	return ~crc;
}

const char *tg_crc32_guess(const struct tg_crc32_others *others, uint32_t said, uint32_t right)
{
	if (said == __builtin_bswap32(right))
		return "its bytes in the wrong order";
	if (said == cksum(others))
		return "what the command cksum gives, another CRC";
	if (said == ~others->castagnoli)
		return "its CRC-32C, another CRC";
	if (said == ~right)
		return "it without its last step, the inversion";
	return NULL;
}

#include "common/digest/digest.h"

#include <sha2.h>

void tg_digest_short(struct tg_str bytes, char hex[TG_SHA256_HEX + 1])
{
	TG_BUG_IF(!SHA256Data((const uint8_t *)bytes.p, bytes.n, hex));
}

#include "common/state/backend.h"

enum tg_status tg_postgres_open(struct tg_store *s, struct tg_str url,
				const struct tg_store_wish *wish, struct tg_error *err)
{
	(void)s;
	(void)url;
	(void)wish;
	return tg_fail(err, TG_CONFIG, "this build has no PostgreSQL stores");
}

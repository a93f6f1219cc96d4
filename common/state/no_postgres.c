#include "common/state/backend.h"

/* In place of postgres.c where libpq's headers were not there, or not wanted. */
enum tg_status tg_postgres_open(struct tg_store *s, struct tg_str url,
				const struct tg_store_wish *wish, struct tg_error *err)
{
	(void)s;
	(void)url;
	(void)wish;
	return tg_fail(err, TG_CONFIG, "this build knows no key stores on PostgreSQL");
}

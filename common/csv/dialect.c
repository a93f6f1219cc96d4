#include "common/csv/csv.h"

struct tg_csv_dialect tg_csv_dialect_default(void)
{
	static struct tg_str yes[] = { { "true", 4 } }, no[] = { { "false", 5 } };

	return (struct tg_csv_dialect){
		.delimiter = { ',' },
		.delimiter_n = 1,
		.quote = '"',
		.header = true,
		.extra = true,
		.yes = yes,
		.yeses = 1,
		.no = no,
		.noes = 1,
		.notation = { .decimal = TG_STR(".") },
	};
}

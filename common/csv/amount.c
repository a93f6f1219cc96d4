#include "common/csv/amount.h"

bool tg_csv_is_null(const struct tg_csv_column *column, struct tg_str text, bool quoted)
{
	return column->nullable && !quoted && tg_spellings_have(column->as->null, text);
}

bool tg_csv_number(struct tg_buffer *out, struct tg_str text, const struct tg_decimal_form *form,
		   bool integer)
{
	char *to, *end;

	tg_buffer_clear(out);
	to = tg_buffer_room(out, text.n + 2);
	end = tg_decimal_read(to, text, form, integer);
	if (!end)
		return false;
	out->n = (size_t)(end - to);
	return true;
}

#include "common/base/utf8.h"
#include "common/json/text.h"
#include "common/sniff/inside.h"

enum { NAME_TOLD = 64, SAMPLE_TOLD = 4096 };

static const char *const types[] = {
	[TG_SNIFF_TEXT] = "text",     [TG_SNIFF_INTEGER] = "integer",
	[TG_SNIFF_NUMBER] = "number", [TG_SNIFF_BOOLEAN] = "boolean",
	[TG_SNIFF_DATE] = "date",
};

/* What the delimiter, the quote and the escape are, made harmless. */
static void put_characters(struct tg_buffer *out, const struct tg_csv_dialect *d)
{
	char quote = (char)d->quote, escape = (char)d->escape;

	tg_buffer_putc(out, '\'');
	tg_utf8_put_safe(out, tg_str_from(d->delimiter, d->delimiter_n), TG_CSV_DELIMITER_MAX);
	tg_buffer_puts(out, d->quote < 0 ? "', no quotes" : "', quotes are ");
	if (d->quote >= 0)
		tg_utf8_put_safe(out, tg_str_from(&quote, 1), 1);
	if (d->escape >= 0) {
		tg_buffer_puts(out, ", escaped with ");
		tg_utf8_put_safe(out, tg_str_from(&escape, 1), 1);
	}
}

static void put_lines(struct tg_buffer *out, const struct tg_sniff *s)
{
	tg_buffer_printf(
		out, "lines      end with LF %llu times, with CRLF %llu times, with CR %llu times",
		(unsigned long long)s->lf, (unsigned long long)s->crlf, (unsigned long long)s->cr);
	tg_buffer_puts(out, s->dialect.dos_end ? "; there is 0x1a at the end\n" : "\n");
}

static void put_front(struct tg_buffer *out, const struct tg_sniff *s)
{
	if (s->dialect.separator_line)
		tg_buffer_puts(out, "front      the first line names the separator\n");
	if (s->dialect.skip)
		tg_buffer_printf(out, "front      lines that are skipped: %llu\n",
				 (unsigned long long)s->dialect.skip);
	if (s->lead_tag.p)
		tg_buffer_puts(out, "front      the first row is a lead\n");
	if (s->dialect.comment.n)
		tg_buffer_puts(out, "front      lines that begin with # are comments\n");
	tg_buffer_printf(out, "header     %s: %.*s\n",
			 s->dialect.header ? "yes"
			 : s->named	   ? "skipped"
					   : "no",
			 TG_STR_ARG(s->header_why));
	if (!s->trailer)
		return;
	tg_buffer_puts(out, "trailer    the last row");
	if (s->trailer_count)
		tg_buffer_printf(out, ", whose field %zu counts the rows", s->trailer_count);
	for (size_t i = 0; i < s->sums; i++) {
		tg_buffer_printf(out, "; field %zu is the sum of ", s->sum[i].field);
		tg_utf8_put_safe(out, s->column[s->sum[i].column].name, NAME_TOLD);
	}
	tg_buffer_putc(out, '\n');
}

static void put_column(struct tg_buffer *out, size_t i, const struct tg_sniff_column *c)
{
	tg_buffer_printf(out, "column     %zu ", i + 1);
	tg_utf8_put_safe(out, c->name, NAME_TOLD);
	tg_buffer_printf(out, ": %s; %.*s; %llu values, %llu empty%s\n", types[c->type],
			 TG_STR_ARG(c->why), (unsigned long long)c->values,
			 (unsigned long long)c->empties, c->key ? "; could be the key" : "");
}

void tg_sniff_put_text(struct tg_buffer *out, const struct tg_sniff *s)
{
	tg_buffer_printf(
		out, "looked at  %llu bytes, %s; %llu rows\n", (unsigned long long)s->bytes,
		s->whole ? "all there are" : "the first ones", (unsigned long long)s->rows);
	tg_buffer_puts(out, "encoding   ");
	tg_utf8_put_safe(out, s->encoding, NAME_TOLD);
	tg_buffer_printf(out, ": %.*s\n", TG_STR_ARG(s->encoding_why));
	for (size_t i = 0; i < s->others; i++)
		tg_buffer_printf(out, "%s%.*s%s", i ? ", " : "           or ",
				 TG_STR_ARG(s->encodings[i]), i + 1 == s->others ? "\n" : "");
	tg_buffer_puts(out, "delimiter  ");
	put_characters(out, &s->dialect);
	tg_buffer_printf(out, ": %.*s\n", TG_STR_ARG(s->delimiter_why));
	put_lines(out, s);
	put_front(out, s);
	for (size_t i = 0; i < s->columns; i++)
		put_column(out, i, &s->column[i]);
	for (size_t i = 0; i < s->samples; i++) {
		tg_buffer_puts(out, "sample     ");
		tg_utf8_put_safe(out, s->sample[i], SAMPLE_TOLD);
		tg_buffer_putc(out, '\n');
	}
	for (size_t i = 0; i < s->questions; i++)
		tg_buffer_printf(out, "question   %.*s\n", TG_STR_ARG(s->question[i]));
}

static void put_column_json(struct tg_buffer *out, const struct tg_sniff_column *c)
{
	tg_buffer_puts(out, "{\"name\":");
	tg_json_put_string(out, c->name);
	tg_json_put_member(out, "type", tg_str_of(types[c->type]));
	tg_json_put_member(out, "why", c->why);
	tg_json_put_member(out, "pattern", c->date);
	tg_json_put_member_u64(out, "values", c->values);
	tg_json_put_member_u64(out, "empty", c->empties);
	tg_json_put_member_u64(out, "numbers", c->numbers);
	tg_json_put_member_u64(out, "dates", c->dates);
	tg_json_put_member_u64(out, "distinct", c->distinct);
	tg_json_put_member_u64(out, "longest", c->longest);
	tg_json_put_name(out, "key");
	tg_buffer_puts(out, c->key ? "true}" : "false}");
}

static void put_list(struct tg_buffer *out, const char *name, const struct tg_str *text, size_t n,
		     bool json)
{
	tg_json_put_name(out, name);
	tg_buffer_putc(out, '[');
	for (size_t i = 0; i < n; i++) {
		tg_buffer_puts(out, i ? "," : "");
		if (json)
			tg_buffer_put_str(out, text[i]);
		else
			tg_json_put_string(out, text[i]);
	}
	tg_buffer_putc(out, ']');
}

void tg_sniff_put_json(struct tg_buffer *out, const struct tg_sniff *s)
{
	tg_buffer_printf(out, "{\"bytes\":%llu,\"whole\":%s", (unsigned long long)s->bytes,
			 s->whole ? "true" : "false");
	tg_json_put_member_u64(out, "rows", s->rows);
	tg_json_put_member_u64(out, "ragged", s->ragged);
	tg_json_put_member_u64(out, "malformed", s->wrong);
	tg_json_put_member(out, "encoding", s->encoding);
	tg_json_put_member(out, "encoding_why", s->encoding_why);
	put_list(out, "encodings", s->encodings, s->others, false);
	tg_json_put_member(out, "delimiter",
			   tg_str_from(s->dialect.delimiter, s->dialect.delimiter_n));
	tg_json_put_member(out, "delimiter_why", s->delimiter_why);
	tg_json_put_name(out, "header");
	tg_buffer_puts(out, s->dialect.header ? "true" : "false");
	tg_json_put_member(out, "header_why", s->header_why);
	tg_json_put_member_u64(out, "skip", s->dialect.skip);
	tg_json_put_name(out, "trailer");
	tg_buffer_puts(out, s->trailer ? "true" : "false");
	tg_json_put_member_u64(out, "lf", s->lf);
	tg_json_put_member_u64(out, "crlf", s->crlf);
	tg_json_put_member_u64(out, "cr", s->cr);
	tg_json_put_name(out, "columns");
	for (size_t i = 0; i < s->columns; i++) {
		tg_buffer_putc(out, i ? ',' : '[');
		put_column_json(out, &s->column[i]);
	}
	tg_buffer_putc(out, ']');
	put_list(out, "samples", s->sample, s->samples, true);
	put_list(out, "questions", s->question, s->questions, false);
	tg_buffer_puts(out, "}\n");
}

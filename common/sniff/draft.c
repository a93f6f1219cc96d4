#include "common/json/text.h"
#include "common/sniff/inside.h"

/*
 * The contract, as a person would set it: one thing a line. No value of the file stands in it but what a header says, the tag of a
 * trailer, and the words for true and false.
 */

/* `"name": ` on a line of its own. */
static void member(struct tg_buffer *out, bool *first, const char *indent, const char *name)
{
	tg_buffer_printf(out, "%s\n%s\"%s\": ", *first ? "" : ",", indent, name);
	*first = false;
}

static void put_text(struct tg_buffer *out, bool *first, const char *indent, const char *name,
		     struct tg_str text)
{
	member(out, first, indent, name);
	tg_json_put_string(out, text);
}

static void put_flag(struct tg_buffer *out, bool *first, const char *indent, const char *name)
{
	member(out, first, indent, name);
	tg_buffer_puts(out, "true");
}

static void put_form(struct tg_buffer *out, const struct tg_decimal_form *form)
{
	static const char *const minus[] = { "leading", "trailing", "parentheses" };

	tg_buffer_puts(out, "{\"decimal\": ");
	tg_json_put_string(out, form->decimal);
	tg_buffer_puts(out, ", \"group\": ");
	if (form->group.n)
		tg_json_put_string(out, form->group);
	else
		tg_buffer_puts(out, "null");
	tg_buffer_printf(out, ", \"minus\": \"%s\"}", minus[form->minus]);
}

/* A JSON Pointer to a member of that name. */
static void put_pointer(struct tg_buffer *out, struct tg_str name)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_buffer_putc(&text, '/');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~' || name.p[i] == '/')
			tg_buffer_puts(&text, name.p[i] == '~' ? "~0" : "~1");
		else
			tg_buffer_putc(&text, name.p[i]);
	}
	tg_json_put_string(out, tg_buffer_str(&text));
}

static void put_trailer(struct tg_buffer *out, const struct tg_sniff *s)
{
	if (s->trailer_tag.p) {
		tg_buffer_puts(out, "{\"tag\": ");
		tg_json_put_string(out, s->trailer_tag);
	} else {
		tg_buffer_puts(out, "{\"last\": 1");
	}
	if (s->trailer_count)
		tg_buffer_printf(out, ", \"count\": %zu", s->trailer_count);
	for (size_t i = 0; i < s->sums; i++) {
		tg_buffer_printf(out, "%s{\"field\": %zu, \"of\": ", i ? ", " : ", \"sums\": [",
				 s->sum[i].field);
		put_pointer(out, s->column[s->sum[i].column].name);
		tg_buffer_puts(out, i + 1 < s->sums ? "}" : "}]");
	}
	tg_buffer_putc(out, '}');
}

static void put_columns(struct tg_buffer *out, const struct tg_sniff *s, const char *behind)
{
	tg_buffer_putc(out, '[');
	for (size_t i = 0; i < s->columns; i++) {
		tg_buffer_puts(out, i ? ", " : "");
		tg_json_put_string(out, s->column[i].name);
	}
	tg_buffer_printf(out, "]%s", behind);
}

static void put_dialect(struct tg_buffer *out, const struct tg_sniff *s)
{
	static const char tab[] = "    ";
	const struct tg_csv_dialect *d = &s->dialect;
	bool first = true;
	char quote = (char)d->quote, escape = (char)d->escape;

	tg_buffer_putc(out, '{');
	put_text(out, &first, tab, "encoding", s->encoding);
	put_text(out, &first, tab, "delimiter", tg_str_from(d->delimiter, d->delimiter_n));
	if (d->quote < 0) {
		member(out, &first, tab, "quote");
		tg_buffer_puts(out, "null");
	} else {
		put_text(out, &first, tab, "quote", tg_str_from(&quote, 1));
	}
	if (d->escape >= 0)
		put_text(out, &first, tab, "escape", tg_str_from(&escape, 1));
	if (d->next_line)
		put_text(out, &first, tab, "newline", TG_STR("nel"));
	else if (d->newline == TG_CSV_CR)
		put_text(out, &first, tab, "newline", TG_STR("cr"));
	if (d->separator_line)
		put_flag(out, &first, tab, "sepLine");
	if (d->dos_end)
		put_flag(out, &first, tab, "dosEof");
	if (d->comment.n)
		put_text(out, &first, tab, "comment", d->comment);
	if (d->trim_start && d->trim_end)
		put_flag(out, &first, tab, "trim");
	else if (d->trim_start)
		put_text(out, &first, tab, "trim", TG_STR("start"));
	if (d->ragged == TG_CSV_RAGGED_TRAILING)
		put_text(out, &first, tab, "ragged", TG_STR("trailing"));
	if (d->skip) {
		member(out, &first, tab, "skip");
		tg_buffer_put_u64(out, d->skip);
	}
	if (s->lead_tag.p) {
		member(out, &first, tab, "lead");
		tg_buffer_puts(out, "{\"tag\": ");
		tg_json_put_string(out, s->lead_tag);
		tg_buffer_putc(out, '}');
	}
	member(out, &first, tab, "header");
	tg_buffer_puts(out, d->header ? "true" : "false");
	if (!d->header) {
		member(out, &first, tab, "columns");
		put_columns(out, s, "");
	}
	if (s->hoisted) {
		put_text(out, &first, tab, "decimal", s->number.decimal);
		if (s->number.group.n)
			put_text(out, &first, tab, "group", s->number.group);
	}
	if (s->nulls)
		put_text(out, &first, tab, "empty", TG_STR("null"));
	if (s->trailer) {
		member(out, &first, tab, "trailer");
		put_trailer(out, s);
	}
	tg_buffer_puts(out, "\n  }");
}

static void put_evidence(struct tg_buffer *out, const struct tg_sniff *s,
			 const struct tg_sniff_column *c)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	tg_buffer_printf(&text, "%.*s; %llu values, %llu empty", TG_STR_ARG(c->why),
			 (unsigned long long)c->values, (unsigned long long)c->empties);
	if (c->values)
		tg_buffer_printf(&text, "; %llu differ; up to %zu characters",
				 (unsigned long long)c->distinct, c->longest);
	if (c->values && s->compared < s->rows)
		tg_buffer_printf(&text, "; only %llu were compared",
				 (unsigned long long)s->compared);
	tg_json_put_string(out, tg_buffer_str(&text));
}

static void put_property(struct tg_buffer *out, const struct tg_sniff *s,
			 const struct tg_sniff_column *c)
{
	static const char *const types[] = {
		[TG_SNIFF_TEXT] = "string",   [TG_SNIFF_INTEGER] = "integer",
		[TG_SNIFF_NUMBER] = "number", [TG_SNIFF_BOOLEAN] = "boolean",
		[TG_SNIFF_DATE] = "string",
	};
	static const char tab[] = "      ";
	const char *type = types[c->type];
	bool first = true;

	tg_json_put_string(out, c->name);
	tg_buffer_puts(out, ": {");
	member(out, &first, tab, "type");
	if (c->type != TG_SNIFF_TEXT && c->empties)
		tg_buffer_printf(out, "[\"%s\", \"null\"]", type);
	else
		tg_buffer_printf(out, "\"%s\"", type);
	if (c->type == TG_SNIFF_DATE) {
		put_text(out, &first, tab, "format", c->format);
		if (!c->native)
			put_text(out, &first, tab, "x-date", c->date);
	}
	if (c->type == TG_SNIFF_NUMBER && !s->hoisted &&
	    (!tg_str_is(c->number.decimal, ".") || c->number.group.n || c->number.minus)) {
		member(out, &first, tab, "x-number");
		put_form(out, &c->number);
	}
	if (c->boolean && strcmp(c->boolean->yes, "true") != 0) {
		member(out, &first, tab, "x-boolean");
		tg_buffer_puts(out, "{\"true\": [");
		tg_json_put_string(out, tg_str_of(c->boolean->yes));
		tg_buffer_puts(out, "], \"false\": [");
		tg_json_put_string(out, tg_str_of(c->boolean->no));
		tg_buffer_puts(out, "]}");
	}
	member(out, &first, tab, "$comment");
	put_evidence(out, s, c);
	tg_buffer_puts(out, "\n    }");
}

static void put_comment(struct tg_buffer *out, const struct tg_sniff *s)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	size_t keys = 0;

	tg_buffer_printf(&text,
			 "A draft by csv-sniff from %llu rows%s: guesses, to be agreed on. %zu "
			 "question%s open. Encoding: %.*s. Delimiter: %.*s. Header: %.*s.",
			 (unsigned long long)s->rows, s->whole ? "" : " at the start of the file",
			 s->questions, s->questions == 1 ? " is" : "s are",
			 TG_STR_ARG(s->encoding_why), TG_STR_ARG(s->delimiter_why),
			 TG_STR_ARG(s->header_why));
	for (size_t i = 0; i < s->columns; i++) {
		if (!s->column[i].key)
			continue;
		tg_buffer_puts(&text, keys++ ? ", " : " Could be x-key: ");
		tg_buffer_put_str(&text, s->column[i].name);
	}
	tg_buffer_puts(&text, keys ? "." : "");
	tg_json_put_string(out, tg_buffer_str(&text));
}

void tg_sniff_put_contract(struct tg_buffer *out, const struct tg_sniff *s)
{
	tg_buffer_puts(out, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
			    "  \"$comment\": ");
	put_comment(out, s);
	tg_buffer_puts(out, ",\n  \"x-csv\": ");
	put_dialect(out, s);
	tg_buffer_puts(out, ",\n  \"type\": \"object\",\n  \"required\": ");
	put_columns(out, s, ",\n  \"additionalProperties\": false,\n  \"properties\": {");
	for (size_t i = 0; i < s->columns; i++) {
		tg_buffer_puts(out, i ? ",\n    " : "\n    ");
		put_property(out, s, &s->column[i]);
	}
	tg_buffer_puts(out, "\n  }\n}\n");
}

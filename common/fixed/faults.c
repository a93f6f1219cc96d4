#include "common/fixed/faults.h"

#include "common/base/utf8.h"
#include "common/json/pointer.h"

enum { SHOWN = 80 }; /* bytes of a value that a message shows */

static struct tg_str type_name(const struct tg_fixed_field *f)
{
	switch (f->type) {
	case TG_FIXED_TEXT:
		return TG_STR("text");
	case TG_FIXED_NUMBER:
		return TG_STR("number");
	case TG_FIXED_PACKED:
		return TG_STR("packed");
	case TG_FIXED_BINARY:
		return TG_STR("binary");
	case TG_FIXED_DATE:
		return TG_STR("date");
	case TG_FIXED_BOOLEAN:
		return TG_STR("boolean");
	case TG_FIXED_FILLER:
		return TG_STR("filler");
	case TG_FIXED_GROUP:
		break;
	}
	return TG_STR("group");
}

static void put_sign(struct tg_buffer *b, const struct tg_fixed_field *f)
{
	switch (f->sign) {
	case TG_SIGN_NONE:
		tg_buffer_puts(b, " without a sign");
		break;
	case TG_SIGN_LEADING:
		tg_buffer_puts(b, ", a sign before them");
		break;
	case TG_SIGN_TRAILING:
		tg_buffer_puts(b, ", a sign behind them");
		break;
	case TG_SIGN_OVER_LEADING:
		tg_buffer_puts(b, ", the first with the sign over it ({ A-I, } J-R)");
		break;
	case TG_SIGN_OVER_TRAILING:
		tg_buffer_puts(b, ", the last with the sign over it ({ A-I, } J-R)");
		break;
	case TG_SIGN_OVER_LEADING_ASCII:
		tg_buffer_puts(b, ", the first with the sign over it (p-y for minus)");
		break;
	case TG_SIGN_OVER_TRAILING_ASCII:
		tg_buffer_puts(b, ", the last with the sign over it (p-y for minus)");
		break;
	case TG_SIGN_NIBBLE:
	case TG_SIGN_TWOS:
		break;
	}
}

static void put_expected(struct tg_buffer *b, const struct tg_fixed_field *f)
{
	tg_buffer_puts(b, ": expected digits");
	put_sign(b, f);
	if (f->point == TG_POINT_POINT)
		tg_buffer_puts(b, ", decimals behind '.'");
	if (f->point == TG_POINT_COMMA)
		tg_buffer_puts(b, ", decimals behind ','");
}

static void put_list(struct tg_buffer *b, const struct tg_fixed_spellings *list)
{
	for (size_t i = 0; i < list->n && i < 8; i++) {
		tg_buffer_puts(b, i ? ", \"" : "\"");
		tg_utf8_put_safe(b, list->item[i].text, SHOWN);
		tg_buffer_putc(b, '"');
	}
	if (list->n > 8)
		tg_buffer_puts(b, " ...");
}

/* The first byte that is no character. */
static unsigned bad_byte(const struct tg_fixed_field *f, struct tg_str bytes)
{
	while (bytes.n) {
		size_t size = 1;
		bool good = f->set->utf8
				    ? tg_utf8_decode(bytes, &size) != UINT32_MAX
				    : f->set->character[(unsigned char)bytes.p[0]] != UINT32_MAX;

		if (!good)
			return (unsigned char)bytes.p[0];
		bytes = tg_str_after(bytes, size);
	}
	return 0;
}

static void put_wrong(struct tg_buffer *b, const struct tg_fixed_field *f,
		      enum tg_fixed_wrong wrong, struct tg_str bytes)
{
	switch (wrong) {
	case TG_WRONG_NOTHING:
		break;
	case TG_WRONG_BYTE:
		tg_buffer_printf(b, "has the byte 0x%02x, which is no character of %.*s",
				 bad_byte(f, bytes), TG_STR_ARG(f->set->name));
		break;
	case TG_WRONG_NUL:
		tg_buffer_puts(b, "holds NUL (low values)");
		break;
	case TG_WRONG_BLANK:
		tg_buffer_puts(b, "is blank");
		break;
	case TG_WRONG_NUMBER:
		tg_buffer_puts(b, "is no number");
		put_expected(b, f);
		break;
	case TG_WRONG_SIGN:
		if (f->type == TG_FIXED_PACKED) {
			tg_buffer_printf(b, "has no sign: its last half byte is %x",
					 (unsigned)(bytes.p[bytes.n - 1] & 15));
			break;
		}
		tg_buffer_puts(b, "has no sign where it should be");
		put_expected(b, f);
		break;
	case TG_WRONG_POINT:
		tg_buffer_printf(b, "has more than %d decimals", f->scale);
		break;
	case TG_WRONG_NIBBLE:
		tg_buffer_puts(b, "is no packed number: half a byte is no digit");
		break;
	case TG_WRONG_DATE:
		tg_buffer_puts(b, "is no date by ");
		tg_utf8_put_safe(b, f->date.pattern, SHOWN);
		break;
	case TG_WRONG_BOOLEAN:
		tg_buffer_puts(b, "is neither true nor false: expected ");
		put_list(b, &f->yes);
		tg_buffer_puts(b, " or ");
		put_list(b, &f->no);
		break;
	case TG_WRONG_FILLER:
		tg_buffer_puts(b, "a filler does not hold what it must");
		break;
	case TG_WRONG_COUNT:
		tg_buffer_puts(b, "how many there are cannot be told, or is more than ");
		tg_buffer_put_u64(b, f->occurs);
		break;
	}
}

static struct tg_str hint(const struct tg_fixed_field *f, enum tg_fixed_wrong wrong)
{
	if (wrong == TG_WRONG_BLANK)
		return TG_STR("may blanks be sent? the layout then says \"blank\"");
	if (wrong == TG_WRONG_NUL)
		return TG_STR("low values that mean null are \"nulls\": [{\"bytes\": \"00\"}]");
	if (wrong == TG_WRONG_NIBBLE || (wrong == TG_WRONG_SIGN && f->type == TG_FIXED_PACKED))
		return TG_STR("was the file converted as a text on its way?");
	if (wrong == TG_WRONG_BYTE)
		return TG_STR("which encoding was the file written in?");
	return TG_STR_NONE;
}

static void put_value(struct tg_buffer *b, const struct tg_fixed_field *f, struct tg_str bytes)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;

	if (f->type == TG_FIXED_PACKED || f->type == TG_FIXED_BINARY) {
		tg_buffer_puts(b, "0x");
		tg_buffer_put_hex(b, bytes.p, bytes.n < SHOWN / 2 ? bytes.n : SHOWN / 2);
		tg_buffer_putc(b, ' ');
		return;
	}
	tg_charset_put(&text, f->set, bytes);
	tg_buffer_putc(b, '"');
	tg_utf8_put_safe(b, tg_buffer_str(&text), SHOWN);
	tg_buffer_puts(b, "\" ");
}

/* The faults of one record as they are found. */
struct finding {
	const struct tg_fixed_bad *bad;
	struct tg_work *w;
	struct tg_buffer pointer; /* to the field at hand */
	const char *code;
};

static void tell(struct finding *x, const struct tg_fixed_field *f, enum tg_fixed_wrong wrong,
		 size_t at, struct tg_str bytes)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer schema = TG_BUFFER_INIT;
	const char *code = wrong == TG_WRONG_BYTE ? "fixed-encoding" : "fixed-type";
	struct tg_fault fault = {
		.pointer = tg_buffer_str(&x->pointer),
		.keyword = type_name(f),
		.hint = hint(f, wrong),
		.line = x->bad->line,
		.column = at + 1,
	};

	if (f->quotable && f->type != TG_FIXED_FILLER && wrong != TG_WRONG_COUNT)
		put_value(&message, f, bytes);
	put_wrong(&message, f, wrong, bytes);
	if (f->schema)
		tg_pointer_put(&schema, &x->bad->contract->document, f->schema);
	fault.message = tg_buffer_str(&message);
	fault.schema = schema.n ? tg_buffer_str(&schema) : TG_STR_NONE;
	tg_fault_add(x->w, &fault);
	if (!x->code || wrong != TG_WRONG_BYTE)
		x->code = code;
}

static void look(struct finding *x, const struct tg_fixed_field *field, size_t fields, size_t base);

static void look_at_one(struct finding *x, const struct tg_fixed_field *f, size_t at)
{
	struct tg_fixed_row *row = x->bad->row;
	char *end = row->scratch;
	struct tg_str bytes = tg_fixed_bytes(row, at, f->width);
	enum tg_fixed_wrong wrong = tg_fixed_value(f, bytes, &end);

	if (wrong && row->as_text && f->type != TG_FIXED_FILLER) {
		end = row->scratch;
		wrong = tg_fixed_value_as_text(f, bytes, &end);
	}
	if (wrong)
		tell(x, f, wrong, at, bytes);
}

static void look_at(struct finding *x, const struct tg_fixed_field *f, size_t base)
{
	size_t mark = x->pointer.n;
	uint32_t items;

	if (!tg_fixed_is_there(f, x->bad->row, base))
		return;
	if (f->type != TG_FIXED_FILLER)
		tg_pointer_put_step(&x->pointer, f->name);
	if (!tg_fixed_items(f, x->bad->row, base, &items)) {
		tell(x, f, TG_WRONG_COUNT, base + f->at, TG_STR(""));
		items = 0;
	}
	for (uint32_t i = 0; i < items; i++) {
		size_t at = base + f->at + (size_t)i * f->width, list = x->pointer.n;

		if (f->occurs)
			tg_buffer_printf(&x->pointer, "/%u", (unsigned)i);
		if (f->type == TG_FIXED_GROUP)
			look(x, f->field, f->fields, at);
		else
			look_at_one(x, f, at);
		x->pointer.n = list;
	}
	x->pointer.n = mark;
}

/* As deep as the layout has groups. */
static void look(struct finding *x, const struct tg_fixed_field *field, size_t fields, size_t base)
{
	for (size_t i = 0; i < fields; i++)
		look_at(x, &field[i], base);
}

const char *tg_fixed_faults_add(const struct tg_fixed_bad *bad, struct tg_work *w)
{
	struct finding x = { .bad = bad, .w = w };
	const struct tg_fixed_kind *kind = bad->frame->kind;

	look(&x, kind->field, kind->fields, 0);
	tg_buffer_release(&x.pointer);
	return x.code;
}

const char *tg_fixed_length_fault(const struct tg_fixed_bad *bad, struct tg_work *w)
{
	TG_OWN(tg_buffer_release) struct tg_buffer message = TG_BUFFER_INIT;
	const struct tg_fixed_layout *l = bad->layout;
	const struct tg_fixed_kind *kind = bad->frame->kind;
	const char *unit = l->characters ? "character" : "byte";
	size_t has = bad->row->units;
	struct tg_fault fault = { .pointer = TG_STR(""), .line = bad->line };

	tg_buffer_printf(&message, "has %zu %s%s", has, unit, has == 1 ? "" : "s");
	if (kind) {
		tg_buffer_puts(&message, " where ");
		tg_utf8_put_safe(&message, kind->label, 40);
		tg_buffer_printf(&message, " has %u", (unsigned)kind->length);
		fault.column = (has < kind->length ? has : kind->length) + 1;
	} else {
		tg_buffer_puts(&message, ", which is too short to tell which record it is");
	}
	if (l->framing == TG_FRAMING_FIXED && has <= 2 && bad->frame->text.p[has - 1] == '\n')
		fault.hint = TG_STR("it is a line end behind the last record");
	else if (l->framing == TG_FRAMING_FIXED)
		fault.hint = TG_STR("the file ends within a record: was it cut off?");
	else if (kind && has < kind->length && !l->pad_short)
		fault.hint = TG_STR(
			"were blanks at the end cut off? \"short\": \"pad\" fills them up again");
	else if (has == 1 && bad->frame->text.p[0] == 0x1a)
		fault.hint = TG_STR("it is the end of file of DOS (0x1a)");
	else if (!l->characters && l->set->utf8 && kind && has > kind->length)
		fault.hint = TG_STR(
			"are widths counted in characters? the layout then says \"unit\": \"characters\"");
	fault.message = tg_buffer_str(&message);
	tg_fault_add(w, &fault);
	return "fixed-length";
}

const char *tg_fixed_record_fault(const struct tg_fixed_bad *bad, const char *message,
				  uint64_t column, struct tg_work *w)
{
	tg_fault_add(w, &(struct tg_fault){
				.pointer = TG_STR(""),
				.message = tg_str_of(message),
				.line = bad->line,
				.column = column,
			});
	return "fixed-record";
}

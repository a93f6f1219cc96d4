#include "common/csv/columns.h"

#include "common/base/utf8.h"
#include "common/json/pointer.h"

#include <stdlib.h>

enum {
	SHOWN = 80,	  /* bytes of a name that a message shows */
	SHOWN_NAMES = 10, /* names of a kind */
	SHOWN_POINTS = 24,
};

static void put_name(struct tg_buffer *b, struct tg_str name)
{
	tg_buffer_putc(b, '"');
	tg_utf8_put_safe(b, name, SHOWN);
	tg_buffer_putc(b, '"');
}

/*
 * Names that look the same
 */

/* A character that the eye passes over: blanks, those that have no width, soft hyphen, byte order mark. */
static bool invisible(uint32_t c)
{
	return c == ' ' || c == '\t' || c == 0xa0 || c == 0xad || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) || c == 0x205f ||
	       (c >= 0x2060 && c <= 0x2064) || c == 0x3000 || c == 0xfeff;
}

/* The next character that is seen, in lower case where it is ASCII; 0 at the end. */
static uint32_t next_seen(struct tg_str *s)
{
	while (s->n) {
		size_t size;
		uint32_t c = tg_utf8_decode(*s, &size);

		*s = tg_str_after(*s, size);
		if (invisible(c))
			continue;
		return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	return 0;
}

static bool look_alike(struct tg_str a, struct tg_str b)
{
	uint32_t c;

	do {
		c = next_seen(&a);
		if (c != next_seen(&b))
			return false;
	} while (c);
	return true;
}

static void put_code_points(struct tg_buffer *b, struct tg_str s)
{
	unsigned shown = 0;

	while (s.n && shown++ < SHOWN_POINTS) {
		size_t size;

		tg_buffer_printf(b, "%sU+%04X", shown > 1 ? " " : "",
				 (unsigned)tg_utf8_decode(s, &size));
		s = tg_str_after(s, size);
	}
	if (s.n)
		tg_buffer_puts(b, " ...");
}

/*
 * Finding names: sorted, so that a header of a million columns is no trouble
 */

struct entry {
	struct tg_str name;
	size_t at; /* in the list */
};

struct index {
	const struct tg_str *name; /* the list */
	struct entry *sorted;
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = tg_str_compare(x->name, y->name);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static struct index index_names(const struct tg_str *name, size_t n, struct tg_arena *arena)
{
	struct index x = { name, tg_arena_array(arena, n + 1, sizeof(*x.sorted)), n };

	for (size_t i = 0; i < n; i++)
		x.sorted[i] = (struct entry){ name[i], i };
	qsort(x.sorted, n, sizeof(*x.sorted), by_name);
	return x;
}

/* Its place in the list; SIZE_MAX: it is not there. */
static size_t find(const struct index *x, struct tg_str name)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = tg_str_compare(x->sorted[middle].name, name);

		if (c == 0)
			return x->sorted[middle].at;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return SIZE_MAX;
}

static bool has(const struct index *x, struct tg_str name)
{
	return find(x, name) != SIZE_MAX;
}

/*
 * What can be wrong
 */

static void begin_fault(struct tg_buffer *why)
{
	if (why->n)
		tg_buffer_puts(why, "; ");
}

/* Columns without a name may be none of the record's, where the contract says so. */
static bool nameless_ignored(const struct tg_csv_dialect *d)
{
	for (size_t i = 0; i < d->columns; i++)
		if (d->column[i].n == 0)
			return true;
	return false;
}

static void find_empty(struct tg_buffer *why, const struct tg_str *name, size_t n,
		       const struct tg_csv_dialect *d)
{
	unsigned found = 0;

	for (size_t i = 0; i < n && !nameless_ignored(d); i++) {
		if (name[i].n)
			continue;
		if (found++ < SHOWN_NAMES) {
			begin_fault(why);
			tg_buffer_printf(why, "column %zu has no name", i + 1);
		}
	}
	if (found > SHOWN_NAMES)
		tg_buffer_printf(why, " and %u more", found - SHOWN_NAMES);
}

static bool is_ignored(const struct tg_csv_dialect *d, struct tg_str name)
{
	for (size_t i = 0; i < d->columns; i++)
		if (d->ignored[i] && tg_str_eq(d->column[i], name))
			return true;
	return false;
}

static void find_twice(struct tg_buffer *why, const struct index *x, const struct tg_csv_dialect *d)
{
	unsigned found = 0;

	for (size_t i = 1; i < x->n; i++) {
		const struct entry *first = &x->sorted[i - 1], *second = &x->sorted[i];

		if (first->name.n == 0 || !tg_str_eq(first->name, second->name) ||
		    is_ignored(d, first->name))
			continue;
		if (found++ < SHOWN_NAMES) {
			begin_fault(why);
			put_name(why, first->name);
			tg_buffer_printf(why, " stands twice, in columns %zu and %zu",
					 first->at + 1, second->at + 1);
		}
	}
	if (found > SHOWN_NAMES)
		tg_buffer_printf(why, " and %u more", found - SHOWN_NAMES);
}

static void put_look_alike(struct tg_buffer *why, const struct tg_str *name, size_t n,
			   struct tg_str wanted)
{
	for (size_t i = 0; i < n; i++) {
		if (!look_alike(name[i], wanted))
			continue;
		tg_buffer_printf(
			why,
			" (column %zu differs from it only by case, blanks or characters without width: ",
			i + 1);
		put_code_points(why, name[i]);
		tg_buffer_putc(why, ')');
		return;
	}
}

/* What `wanted` has and the header has not. */
static void find_missing(struct tg_buffer *why, const struct index *header,
			 const struct tg_str *wanted, size_t n)
{
	unsigned found = 0;

	for (size_t i = 0; i < n; i++) {
		if (has(header, wanted[i]))
			continue;
		if (found++ < SHOWN_NAMES) {
			begin_fault(why);
			tg_buffer_puts(why, "there is no column ");
			put_name(why, wanted[i]);
			put_look_alike(why, header->name, header->n, wanted[i]);
		}
	}
	if (found > SHOWN_NAMES)
		tg_buffer_printf(why, " and %u more are missing", found - SHOWN_NAMES);
}

static void put_look_alike_of_contract(struct tg_buffer *why, const struct tg_str *name, size_t n,
				       struct tg_str found)
{
	for (size_t i = 0; i < n; i++) {
		if (!look_alike(name[i], found))
			continue;
		tg_buffer_puts(why, " (it differs from ");
		put_name(why, name[i]);
		tg_buffer_puts(why, " only by case, blanks or characters without width: ");
		put_code_points(why, found);
		tg_buffer_putc(why, ')');
		return;
	}
}

static void find_unknown(struct tg_buffer *why, const struct tg_str *name, size_t n,
			 const struct index *columns, const struct index *properties)
{
	unsigned found = 0;

	for (size_t i = 0; i < n; i++) {
		if (has(columns, name[i]) || has(properties, name[i]) || name[i].n == 0)
			continue;
		if (found++ < SHOWN_NAMES) {
			begin_fault(why);
			tg_buffer_printf(why, "the contract does not know column %zu, ", i + 1);
			put_name(why, name[i]);
			put_look_alike_of_contract(
				why, columns->n ? columns->name : properties->name,
				columns->n ? columns->n : properties->n, name[i]);
		}
	}
	if (found > SHOWN_NAMES)
		tg_buffer_printf(why, " and %u more", found - SHOWN_NAMES);
}

static void find_out_of_order(struct tg_buffer *why, const struct tg_str *name, size_t n,
			      const struct tg_csv_dialect *d)
{
	if (why->n)
		return; /* said already in better words */
	for (size_t i = 0; i < n || i < d->columns; i++) {
		if (i < n && i < d->columns && tg_str_eq(name[i], d->column[i]))
			continue;
		tg_buffer_printf(why, "column %zu must be ", i + 1);
		if (i < d->columns)
			put_name(why, d->column[i]);
		else
			tg_buffer_puts(why, "absent");
		tg_buffer_puts(why, ": the contract says that the order is exact");
		return;
	}
}

/* The names of required properties, for a contract that does not list the file's columns. */
static struct tg_str *required_of(const struct tg_csv_expected *x, const struct tg_str *property,
				  size_t n, struct tg_arena *arena, size_t *required)
{
	struct tg_str *name = tg_arena_array(arena, n + 1, sizeof(*name));

	*required = 0;
	for (size_t i = 0; i < n; i++) {
		struct tg_property p;

		tg_contract_property(x->contract, property[i], &p);
		if (p.required)
			name[(*required)++] = property[i];
	}
	return name;
}

/* The columns that must be there: one that is ignored need not, but in its place. */
static struct tg_str *listed(const struct tg_csv_dialect *d, struct tg_arena *arena, size_t *n)
{
	struct tg_str *name = tg_arena_array(arena, d->columns, sizeof(*name));

	*n = 0;
	for (size_t i = 0; i < d->columns; i++)
		if (!d->ignored[i] || (d->exact && d->column[i].n))
			name[(*n)++] = d->column[i];
	return name;
}

static void compare_with_contract(struct tg_buffer *why, const struct tg_str *name, size_t n,
				  const struct index *header, const struct tg_csv_expected *x,
				  struct tg_arena *arena)
{
	const struct tg_csv_dialect *d = x->dialect;
	size_t properties, required;
	bool closed;
	struct tg_str *property = tg_contract_properties(x->contract, arena, &properties, &closed);
	struct index known = index_names(property, properties, arena);
	struct index columns = index_names(d->column, d->columns, arena);
	struct tg_str *wanted;

	if (d->columns == 0)
		wanted = required_of(x, property, properties, arena, &required);
	else
		wanted = listed(d, arena, &required);
	find_missing(why, header, wanted, required);
	if (!d->extra)
		find_unknown(why, name, n, &columns, &known);
	if (d->exact)
		find_out_of_order(why, name, n, d);
}

/* One column where there should be more: is the delimiter another one? */
static void suggest(struct tg_buffer *why, const struct tg_str *name, size_t n,
		    const struct tg_csv_dialect *d)
{
	static const char likely[] = ",;\t|";

	if (n != 1)
		return;
	for (size_t i = 0; i < sizeof(likely) - 1; i++) {
		if (likely[i] == d->delimiter[0] || !memchr(name[0].p, likely[i], name[0].n))
			continue;
		tg_buffer_printf(
			why, "; there is one column only: is the delimiter %s? (x-csv, delimiter)",
			likely[i] == '\t'  ? "a tab"
			: likely[i] == ';' ? "';'"
			: likely[i] == ',' ? "','"
					   : "'|'");
		return;
	}
}

/* What the contract says of the i-th of n columns, by its place or by its name: SIZE_MAX for nothing. */
static size_t item_of(const struct tg_csv_dialect *d, const struct index *columns, size_t i,
		      struct tg_str name)
{
	if (!d->header)
		return i;
	return d->columns ? find(columns, name) : SIZE_MAX;
}

static void fill(struct tg_csv_column *column, struct tg_str header, size_t item,
		 const struct tg_csv_expected *x)
{
	const struct tg_csv_dialect *d = x->dialect;
	struct tg_str name = item == SIZE_MAX ? header : d->as[item];
	const struct tg_csv_notation *as = tg_csv_notation_of(d, name);
	struct tg_property p = { .schema = NULL };

	if (x->contract)
		tg_contract_property(x->contract, name, &p);
	*column = (struct tg_csv_column){
		.name = name,
		.header = header,
		.ignored = item != SIZE_MAX && d->ignored[item],
		.kind = tg_csv_kind_of(&p, as),
		.nullable = (p.types & TG_TYPE_NULL) || as->nullable,
		.as = as,
		.quotable = x->show_values || tg_class_quotable(p.class),
		.schema = p.schema,
	};
}

static bool is_separator_line(const struct tg_str *name, size_t n)
{
	return n == 1 && name[0].n == 5 && tg_str_starts(name[0], TG_STR("sep="));
}

/* A column that is renamed may meet one that has the name already. */
static enum tg_status same_member(const struct tg_csv_column *column, size_t n,
				  struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer why = TG_BUFFER_INIT;
	struct tg_str *name = tg_arena_array(arena, n + 1, sizeof(*name));
	struct index members;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!column[i].ignored)
			name[kept++] = column[i].name;
	if (kept == 0)
		return tg_fail_code(err, TG_DATA, "csv-header",
				    "the contract ignores all of its columns");
	members = index_names(name, kept, arena);
	for (size_t i = 1; i < kept; i++) {
		if (!tg_str_eq(members.sorted[i - 1].name, members.sorted[i].name))
			continue;
		tg_buffer_puts(&why, "two columns would be the member ");
		put_name(&why, members.sorted[i].name);
		return tg_fail_code(err, TG_DATA, "csv-header",
				    "%.*s: the contract renames one of them to it",
				    TG_STR_ARG(tg_buffer_str(&why)));
	}
	return TG_OK;
}

enum tg_status tg_csv_columns_make(struct tg_csv_column **columns, const struct tg_str *name,
				   size_t n, const struct tg_csv_expected *x,
				   struct tg_arena *arena, struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer why = TG_BUFFER_INIT;
	struct index header = index_names(name, n, arena), listed;

	if (is_separator_line(name, n))
		return tg_fail_code(
			err, TG_DATA, "csv-header",
			"the first line names the separator and is no header: say \"sepLine\":true in x-csv");
	find_empty(&why, name, n, x->dialect);
	find_twice(&why, &header, x->dialect);
	if (x->contract)
		compare_with_contract(&why, name, n, &header, x, arena);
	if (x->provenance && has(&header, TG_STR("_source"))) {
		begin_fault(&why);
		tg_buffer_puts(&why,
			       "a column is named \"_source\", which is what --provenance adds");
	}
	if (why.n) {
		suggest(&why, name, n, x->dialect);
		return tg_fail_code(err, TG_DATA, "csv-header", "%.*s",
				    TG_STR_ARG(tg_buffer_str(&why)));
	}
	*columns = tg_arena_array(arena, n, sizeof(**columns));
	listed = index_names(x->dialect->column, x->dialect->columns, arena);
	for (size_t i = 0; i < n; i++)
		fill(&(*columns)[i], name[i], item_of(x->dialect, &listed, i, name[i]), x);
	return same_member(*columns, n, arena, err);
}

struct tg_csv_column *tg_csv_columns_of_kind(const struct tg_str *name, size_t n, size_t list,
					     const struct tg_csv_expected *x,
					     struct tg_arena *arena)
{
	struct tg_csv_column *column = tg_arena_array(arena, n + 1, sizeof(*column));

	for (size_t i = 0; i < n; i++) {
		struct tg_property items = { .schema = NULL };

		fill(&column[i], name[i], SIZE_MAX, x);
		if (i != list || !column[i].schema)
			continue;
		items.schema =
			tg_member_find(&x->contract->document, column[i].schema, TG_STR("items"));
		if (items.schema)
			items.types = tg_contract_types(
				x->contract, tg_member_find(&x->contract->document, items.schema,
							    TG_STR("type")));
		column[i].kind = tg_csv_kind_of(&items, column[i].as);
		column[i].nullable = (items.types & TG_TYPE_NULL) != 0;
	}
	return column;
}

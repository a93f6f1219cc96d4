/*
 * csv-sniff: look at a CSV file that nobody has described, and draft its contract.
 *
 *	csv-sniff customers.csv >customers.json
 *
 * The contract goes to standard output, what it is drafted from and what must be asked to standard error. It is a tool for the day on which
 * a contract is made: no record flows here, so it has a main of its own. What is guessed, and how, is common/sniff's.
 */
#include "common/io/magic.h"
#include "common/run/program.h"
#include "common/sniff/sniff.h"

#include <unistd.h>

struct csv_sniff {
	struct tg_str encoding, delimiter, quote; /* options */
	unsigned header, report;
	uint64_t bytes, samples;

	struct tg_program program;
	struct tg_buffer start; /* of the file */
	struct tg_buffer out;
};

enum { TEXT, JSON, NONE };
enum { SAMPLES_MAX = 1000 };

static const char *const headers[] = { "find", "yes", "no", NULL };
static const char *const reports[] = { "text", "json", "none", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_SIZE('b', "bytes", struct csv_sniff, bytes, "SIZE", "how much of the file is looked at (4MiB)"),
	TG_OPT_TEXT('d', "delimiter", struct csv_sniff, delimiter, "TEXT", "it is this; \"tab\" is one"),
	TG_OPT_TEXT('q', "quote", struct csv_sniff, quote, "C", "it is this; \"none\": quotes are text"),
	TG_OPT_TEXT('e', "encoding", struct csv_sniff, encoding, "NAME", "it is this"),
	TG_OPT_CHOICE(0, "header", struct csv_sniff, header, "WHAT", "whether the first row has names: yes, no, or find out (find)", headers),
	TG_OPT_CHOICE(0, "report", struct csv_sniff, report, "FORM", "what standard error gets: text, json or none (text)", reports),
	TG_OPT_COUNT('s', "samples", struct csv_sniff, samples, "N", "rows that the report shows as they are: personal data (0)"),
	TG_OPT_END,
};
// clang-format on

static enum tg_status check(struct csv_sniff *c, struct tg_error *err)
{
	if (c->program.options.operands > 1)
		return tg_fail(err, TG_USAGE, "one file is looked at, or standard input");
	if (c->bytes == 0 || c->bytes > TG_SNIFF_BYTES_MAX)
		return tg_fail(err, TG_USAGE, "--bytes is 1 to %d MiB", TG_SNIFF_BYTES_MAX >> 20);
	if (c->samples > SAMPLES_MAX)
		return tg_fail(err, TG_USAGE, "--samples is %d at most", SAMPLES_MAX);
	if (c->program.common.quiet && !tg_options_given(&c->program.options, "report"))
		c->report = NONE;
	if (tg_str_is(c->delimiter, "tab"))
		c->delimiter = TG_STR("\t");
	if (c->quote.p && c->quote.n == 0)
		return tg_fail(err, TG_USAGE, "--quote is one ASCII character, or none");
	if (tg_str_is(c->quote, "none"))
		c->quote = TG_STR("");
	return TG_OK;
}

/* Reads as much as is to be looked at, and a byte more, which says whether there is more. */
static enum tg_status read_start(struct csv_sniff *c, struct tg_error *err)
{
	const struct tg_options *o = &c->program.options;
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	enum tg_status st =
		tg_input_open(&in, o->operands ? o->operand[0] : "-", TG_INPUT_UNPACK, err);
	size_t n = 1;

	(void)tg_buffer_room(&c->start,
			     (size_t)c->bytes + 1); /* what is not filled costs nothing */
	while (!st && n && c->start.n <= c->bytes) {
		size_t room = (size_t)c->bytes + 1 - c->start.n;

		if (room > 1 << 20)
			room = 1 << 20;
		st = tg_input_read(&in, c->start.p + c->start.n, room, &n, err);
		if (!st)
			c->start.n += n;
	}
	return st;
}

static const char *name_of(const struct csv_sniff *c)
{
	const struct tg_options *o = &c->program.options;

	return o->operands && strcmp(o->operand[0], "-") != 0 ? o->operand[0] : "standard input";
}

static enum tg_status refuse_other_kinds(const struct csv_sniff *c, struct tg_error *err)
{
	bool more;
	const struct tg_magic *magic = tg_magic_find(
		tg_str_from(c->start.p, c->start.n < TG_MAGIC_HEAD ? c->start.n : TG_MAGIC_HEAD),
		false, &more);

	if (!magic)
		return TG_OK;
	return tg_fail_code(err, TG_DATA, "other-kind", "%s is %s, and no CSV: %s", name_of(c),
			    magic->what, magic->hint);
}

static enum tg_status run(struct csv_sniff *c, struct tg_error *err)
{
	struct tg_program *p = &c->program;
	const struct tg_sniff_known known = {
		.encoding = c->encoding,
		.delimiter = c->delimiter,
		.quote = c->quote,
		.header = (enum tg_sniff_header)c->header,
		.samples = (size_t)c->samples,
	};
	struct tg_output report = TG_OUTPUT_INIT;
	struct tg_sniff s;
	bool whole;
	enum tg_status st;

	tg_output_open(&p->out, STDOUT_FILENO, "standard output");
	st = read_start(c, err);
	if (st)
		return st;
	whole = c->start.n <= c->bytes;
	if (!whole)
		c->start.n = (size_t)c->bytes;
	st = refuse_other_kinds(c, err);
	if (st)
		return st;
	st = tg_sniff(&s, tg_buffer_str(&c->start), whole, &known, p->setup.arena, err);
	if (st == TG_DATA)
		return tg_within(err, "%s", name_of(c));
	if (st)
		return st;
	tg_sniff_put_contract(&c->out, &s);
	tg_output_put(&p->out, tg_buffer_str(&c->out));
	tg_buffer_clear(&c->out);
	if (c->report == TEXT)
		tg_sniff_put_text(&c->out, &s);
	if (c->report == JSON)
		tg_sniff_put_json(&c->out, &s);
	tg_output_open(&report, STDERR_FILENO, "standard error");
	tg_output_put(&report, tg_buffer_str(&c->out));
	st = tg_output_flush(&report, err);
	tg_output_release(&report);
	return st;
}

int main(int argc, char **argv)
{
	static const struct tg_tool tool = {
		.shape = TG_SHAPE_OTHER,
		.name = "csv-sniff",
		.about = "draft the contract of a CSV file that nobody has described",
		.operands = "[FILE]",
		.options = options,
	};
	struct tg_error err = TG_ERROR_INIT;
	struct csv_sniff c = { .bytes = TG_SNIFF_BYTES };
	enum tg_status st;
	int code;

	st = tg_program_begin(&c.program, &tool, &c, argc, argv, &err);
	if (!st && !c.program.done) {
		st = check(&c, &err);
		if (!st)
			st = tg_program_start(&c.program, &err);
		if (!st)
			st = run(&c, &err);
	}
	tg_buffer_release(&c.start);
	tg_buffer_release(&c.out);
	code = tg_program_end(&c.program, st, &err);
	tg_program_release(&c.program);
	return code;
}

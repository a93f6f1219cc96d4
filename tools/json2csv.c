/*
 * json2csv: JSON lines become CSV, by the contract that csv2json reads it with.
 *
 *	json2csv --contract customers.json customers.jsonl >customers.csv
 *
 * What csv2json would not read back as the record that it was is a reject. A filter, though what comes out are rows and not
 * records, in the encoding and with the line ends that the contract names.
 */
#include "common/csv/write.h"
#include "common/run/filter.h"

struct json2csv {
	struct tg_csv_write_options options;
	struct tg_csv_writer *writer;
};

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT(0, "columns", struct json2csv, options.columns, "LIST", "the columns: NAME, /POINTER or NAME=/POINTER, with commas between"),
	TG_OPT_TEXT(0, "lead", struct json2csv, options.lead, "LIST", "the fields of the row before the header, with commas between"),
	TG_OPT_FLAG(0, "first", struct json2csv, options.first, "the first record's members are the columns, in their order"),
	TG_OPT_FLAG(0, "no-header", struct json2csv, options.no_header, "write rows only"),
	TG_OPT_FLAG(0, "crlf", struct json2csv, options.crlf, "end lines with CR and LF"),
	TG_OPT_FLAG(0, "guard-formulas", struct json2csv, options.guard, "put an apostrophe before texts that a spreadsheet would run"),
	TG_OPT_FLAG(0, "exact", struct json2csv, options.exact, "reject what csv2json would not read back as it is"),
	TG_OPT_END,
};
// clang-format on

static enum tg_status json2csv_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct json2csv *j = self;

	return tg_csv_writer_new(&j->writer, &j->options, setup, err);
}

static enum tg_verdict json2csv_record(const void *self, const struct tg_record *rec,
				       struct tg_work *w)
{
	const struct json2csv *j = self;

	return tg_csv_writer_record(j->writer, rec, w);
}

static void json2csv_tail(const void *self, struct tg_buffer *out)
{
	const struct json2csv *j = self;

	tg_csv_writer_end(j->writer, out);
}

static bool json2csv_lane(const void *self, void *lane)
{
	const struct json2csv *j = self;
	struct json2csv *own = lane;

	return tg_csv_writer_lane(j->writer, &own->writer);
}

static void json2csv_lane_release(void *lane)
{
	struct json2csv *own = lane;

	tg_csv_writer_lane_free(&own->writer);
}

static void json2csv_release(void *self)
{
	struct json2csv *j = self;

	tg_csv_writer_free(&j->writer);
}

const struct tg_filter tg_json2csv = {
	.name = "json2csv",
	.about = "turn JSON lines into CSV",
	.options = options,
	.size = sizeof(struct json2csv),
	.open = json2csv_open,
	.record = json2csv_record,
	.whole = true,
	.lane = json2csv_lane,
	.lane_release = json2csv_lane_release,
	.tail = json2csv_tail,
	.release = json2csv_release,
};

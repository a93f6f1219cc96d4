#include "common/landing/land.h"
#include "tests/unit/landing_room.h"

#include <fcntl.h>

/* -- zones -------------------------------------------------------------------------------------------------------------------- */

TEST(what_is_a_zone)
{
	char one[TG_ZONE_ID + 1], two[TG_ZONE_ID + 1];
	ROOM;

	is_int("not there: becomes one", find_zone("zone", false, one), TG_OK);
	is_int("is found again", find_zone("zone/", false, two), TG_OK);
	is_str("the same", tg_str_of(two), tg_str_of(one));
	is_int("--init changes nothing", find_zone("zone", true, two), TG_OK);
	is_str("the same", tg_str_of(two), tg_str_of(one));
	is_int("nothing beside it", count("ls -A"), 1);

	TG_BUG_IF(mkdir("empty", 0755) != 0);
	is_int("a directory that is none", find_zone("empty", false, NULL), TG_CONFIG);
	is_int("nothing made", count("ls -A empty"), 0);
	is_int("asked for by name", find_zone("empty", true, NULL), TG_OK);
	is_int("then it is one", find_zone("empty", false, NULL), TG_OK);

	is_int("no directory to be in", find_zone("none/zone", false, NULL), TG_CANNOT_CREATE);
	add("file", "w", TG_STR("x"));
	is_int("a file", find_zone("file", false, NULL), TG_CONFIG);
	is_int("in a file", find_zone("file/zone", false, NULL), TG_CONFIG);
	TG_BUG_IF(symlink("zone", "link") != 0);
	is_int("a link to one", find_zone("link", false, two), TG_OK);
	is_str("the same", tg_str_of(two), tg_str_of(one));
}

TEST(zones_that_are_not_to_be_touched)
{
	static const struct {
		const char *about, *text;
		enum tg_status status;
	} row[] = {
		// clang-format off
		{ "a later format", "{\"v\":2,\"zone\":\"0123456789abcdef0123456789abcdef\"}\n", TG_CONFIG },
		{ "with members of a later version", "{\"v\":1,\"zone\":\"0123456789abcdef0123456789abcdef\",\"x\":[]}\n", TG_OK },
		{ "no id", "{\"v\":1}\n", TG_CONFIG },
		{ "half an id", "{\"v\":1,\"zone\":\"0123456789abcdef\"}\n", TG_CONFIG },
		{ "no JSON", "zone\n", TG_CONFIG },
		{ "empty", "", TG_CONFIG },
		// clang-format on
	};
	ROOM;

	is_int("make", find_zone("zone", false, NULL), TG_OK);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_BUG_IF(unlink("zone/.tidegate/zone") != 0);
		add("zone/.tidegate/zone", "w", tg_str_of(row[i].text));
		is_int(row[i].about, find_zone("zone", false, NULL), row[i].status);
	}
	is_int("make another", find_zone("other", false, NULL), TG_OK);
	add("other/.tidegate/broken", "w", TG_STR(""));
	is_int("broken", find_zone("other", false, NULL), TG_IO);
}

/* -- landings ----------------------------------------------------------------------------------------------------------------- */

struct asked {
	const char *source, *entity, *date, *name, *content;
	bool stated, dry;
};

static enum tg_status land(const struct asked *a, struct tg_landing *l, struct place *p,
			   struct tg_error *err)
{
	TG_OWN(tg_stage_release) struct tg_stage stage = TG_STAGE_INIT;
	static const struct tg_origin nowhere;
	enum tg_status st = TG_OK;

	*l = (struct tg_landing){ .source = tg_str_of(a->source),
				  .entity = tg_str_of(a->entity),
				  .name = tg_str_of(a->name),
				  .date = tg_str_of(a->date),
				  .date_stated = a->stated,
				  .run = TG_STR("run"),
				  .time = { 1762322400, 0 },
				  .origin = &nowhere,
				  .upstream = "none",
				  .stores = { .arena = &p->arena } };
	if (p->zone.directory < 0)
		st = tg_zone_find(&p->zone, "zone", &p->arena, err);
	if (!st && p->zone.directory < 0 && !a->dry)
		st = tg_zone_make(&p->zone, &p->arena, err);
	if (!st)
		st = tg_stage_open(&stage, &p->zone, a->dry, err);
	if (!st)
		st = tg_stage_take(&stage, tg_str_of(a->content), err);
	if (!st)
		st = tg_stage_close(&stage, err);
	return st ? st : tg_land(l, &p->zone, &stage, &p->arena, err);
}

TEST(landed_once)
{
	/* Each row in the zone that those before have left. */
	static const struct {
		const char *about;
		struct asked asked;
		enum tg_landing_result result;
		int files;
	} row[] = {
		// clang-format off
		{ "the first", { "s", "e", "2025-11-05", "n", "one\n", false, false }, TG_LANDED, 2 },
		{ "again", { "s", "e", "2025-11-05", "n", "one\n", false, false }, TG_DUPLICATE, 2 },
		{ "under another name", { "s", "e", "2025-11-05", "m", "one\n", false, false }, TG_DUPLICATE, 2 },
		{ "the next day", { "s", "e", "2025-11-06", "n", "one\n", false, false }, TG_DUPLICATE, 2 },
		{ "for another day", { "s", "e", "2025-11-06", "n", "one\n", true, false }, TG_LANDED, 4 },
		{ "for that day again", { "s", "e", "2025-11-06", "n", "one\n", true, false }, TG_DUPLICATE, 4 },
		{ "for the day of the first", { "s", "e", "2025-11-05", "n", "one\n", true, false }, TG_DUPLICATE, 4 },
		{ "other content, same name", { "s", "e", "2025-11-05", "n", "two\n", false, false }, TG_LANDED, 6 },
		{ "another source", { "t", "e", "2025-11-05", "n", "one\n", false, false }, TG_LANDED, 8 },
		{ "another entity", { "s", "f", "2025-11-05", "n", "one\n", false, false }, TG_LANDED, 10 },
		{ "a dry run, new", { "s", "e", "2025-11-05", "n", "three\n", false, true }, TG_LANDED, 10 },
		{ "a dry run, duplicate", { "s", "e", "2025-11-05", "n", "one\n", false, true }, TG_DUPLICATE, 10 },
		{ "a name from outside", { "s", "e", "2025-11-05", "../x y", "four\n", false, false }, TG_LANDED, 12 },
		// clang-format on
	};
	ROOM;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int(row[i].about, land(&row[i].asked, &l, &p, &err), TG_OK);
		is_int(row[i].about, l.result, row[i].result);
		is_int(row[i].about, count("find zone/source=* -type f"), row[i].files);
		ok("absolute", l.path.p[0] == '/');
		ok("names a file", row[i].asked.dry || access(l.path.p, R_OK) == 0);
		ok("records", l.records == 1);
	}
	is_int("lines", count("cat zone/manifest.jsonl"), 6);
	is_int("nothing staged is left", count("ls -A zone/.tidegate"), 2);
	is_int("encoded", count("ls zone/source=s/entity=e/date=2025-11-05/*-..%2Fx%20y"), 1);
}

TEST(a_dry_run_makes_no_zone)
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "x", false, true };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_landing l;
	ROOM;

	is_int("dry", land(&asked, &l, &p, &err), TG_OK);
	is_int("would land", l.result, TG_LANDED);
	is_int("nothing made", count("ls -A"), 0);
}

/* SHA-256 of "one\n" begins 2c8b08da5ce60398; other content under that name has the same digits, as far as anybody can see. */
TEST(other_content_with_the_same_digits)
{
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "one\n", false, false };
	static const char directory[] = "zone/source=s/entity=e/date=2025-11-05";
	static const size_t digits[] = { 16, 32, 64 };
	static const char hex[] =
		"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806";
	char path[256];
	ROOM;

	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	TG_BUG_IF(system("mkdir -p zone/source=s/entity=e/date=2025-11-05") != 0);
	for (size_t i = 0; i < TG_COUNT(digits); i++) {
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int("lands", land(&asked, &l, &p, &err), TG_OK);
		snprintf(path, sizeof(path), "%s/%.*s-n", directory, (int)digits[i], hex);
		ok(path, access(path, F_OK) == 0);
		/* Taken back by hand, and other content put there. */
		TG_BUG_IF(unlink("zone/manifest.jsonl") != 0 || unlink(path) != 0);
		add(path, "w", TG_STR("other\n"));
	}
	{
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int("no name is left", land(&asked, &l, &p, &err), TG_CANNOT_CREATE);
		is_int("nothing landed", size_of("zone/manifest.jsonl"), 0);
	}
}

/* A writer that was killed has left data, a sidecar perhaps, and its note in the lock. */
TEST(what_a_killed_writer_left)
{
	static const struct {
		const char *about, *content, *day; /* of the next landing */
		int landings, tidies, files;
	} row[] = {
		{ "the same content takes it over", "one\n", "2025-11-05", 1, 0, 2 },
		{ "the same content on another day: it is tidied", "one\n", "2025-11-06", 1, 1, 2 },
		{ "other content: it is tidied", "two\n", "2025-11-05", 1, 1, 2 },
	};
	ROOM;

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct asked asked = { "s", "e", row[i].day, "n", row[i].content, false, false };
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int("zone", find_zone("zone", false, NULL), TG_OK);
		TG_BUG_IF(system("mkdir -p zone/source=s/entity=e/date=2025-11-05 && "
				 "cd zone/source=s/entity=e/date=2025-11-05 && "
				 "echo one >2c8b08da5ce60398-n && "
				 "echo '{}' >2c8b08da5ce60398-n.meta.json") != 0);
		add("zone/.tidegate/lock", "w",
		    TG_STR("{\"v\":1,\"source\":\"s\",\"entity\":\"e\",\"date\":\"2025-11-05\","
			   "\"path\":\"source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-n\","
			   "\"sha256\":"
			   "\"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806\"}"));
		is_int(row[i].about, land(&asked, &l, &p, &err), TG_OK);
		is_int(row[i].about, count("grep '\"kind\":\"landing\"' zone/manifest.jsonl"),
		       row[i].landings);
		is_int(row[i].about, count("grep '\"kind\":\"tidy\"' zone/manifest.jsonl"),
		       row[i].tidies);
		is_int(row[i].about, count("find zone/source=* -type f"), row[i].files);
		is_int("the note is gone", size_of("zone/.tidegate/lock"), 0);
		is_int("the sidecar is this landing's", count("grep -r received_at zone/source=*"),
		       1);
		TG_BUG_IF(system("rm -r zone") != 0);
	}
}

/* Notes that nobody should believe: nothing is removed. */
TEST(a_note_that_says_too_much)
{
	static const char *const path[] = {
		"../victim",
		"source=s/entity=e/date=2025-11-05/../../../../victim",
		"source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-v", /* other content */
		"source=s/entity=e/date=2025-11-05/x",
		"/etc/passwd",
		"manifest.jsonl",
		"",
	};
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "x\n", false, false };
	ROOM;

	add("victim", "w", TG_STR("stays\n"));
	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	TG_BUG_IF(system("mkdir -p zone/source=s/entity=e/date=2025-11-05 && "
			 "echo stays >zone/source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-v") !=
		  0);
	for (size_t i = 0; i < TG_COUNT(path); i++) {
		TG_OWN(place_release) struct place p = PLACE_INIT;
		TG_OWN(tg_buffer_release) struct tg_buffer note = TG_BUFFER_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		tg_buffer_printf(&note,
				 "{\"source\":\"s\",\"entity\":\"e\",\"date\":\"2025-11-05\","
				 "\"path\":\"%s\",\"sha256\":\"2c8b08da5ce60398e1f19af0e5dccc744df2"
				 "74b826abe585eaba68c525434806\"}",
				 path[i]);
		add("zone/.tidegate/lock", "w", tg_buffer_str(&note));
		is_int(path[i], land(&asked, &l, &p, &err), TG_OK);
		is_int("the victim", size_of("victim"), 6);
		is_int("the other's data",
		       size_of("zone/source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-v"), 6);
	}
	is_int("no tidy line", count("cat zone/manifest.jsonl"), 1);
	add("zone/.tidegate/lock", "w", TG_STR("no JSON at all"));
	{
		TG_OWN(place_release) struct place p = PLACE_INIT;
		struct tg_error err = TG_ERROR_INIT;
		struct tg_landing l;

		is_int("no JSON", land(&asked, &l, &p, &err), TG_OK);
	}
}

TEST(the_lock_is_held)
{
	TG_OWN(place_release) struct place p = PLACE_INIT, holder = PLACE_INIT;
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "x\n", false, false };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_landing l;
	ROOM;

	is_int("zone", find_zone("zone", false, NULL), TG_OK);
	TG_BUG_IF(tg_zone_find(&holder.zone, "zone", &holder.arena, &err) != TG_OK ||
		  tg_zone_lock(&holder.zone, 0, &err) != TG_OK);
	is_int("held", land(&asked, &l, &p, &err), TG_TRY_AGAIN); /* asked to wait for no time */
	is_int("nothing landed", size_of("zone/manifest.jsonl"), -1);
	tg_zone_unlock(&holder.zone);
	is_int("free", land(&asked, &l, &p, &err), TG_OK);
}

TEST(a_sidecar_says_what_is_known)
{
	TG_OWN(place_release) struct place p = PLACE_INIT;
	static const struct asked asked = { "s", "e", "2025-11-05", "n", "one\n", false, false };
	struct tg_error err = TG_ERROR_INIT;
	struct tg_landing l;
	struct tg_buffer text;
	TG_OWN(tg_buffer_release) struct tg_buffer expected = TG_BUFFER_INIT;
	ROOM;

	is_int("lands", land(&asked, &l, &p, &err), TG_OK);
	text = whole("zone/source=s/entity=e/date=2025-11-05/2c8b08da5ce60398-n.meta.json");
	tg_buffer_printf(&expected,
			 "{\"v\":1,\"source\":\"s\",\"entity\":\"e\",\"date\":\"2025-11-05\","
			 "\"received_at\":\"2025-11-05T06:00:00.000000Z\",\"checksum\":\"sha256:"
			 "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806\","
			 "\"bytes\":4,\"records\":1,\"upstream\":\"none\",\"run\":\"run\","
			 "\"landing\":\"%.*s\"}\n",
			 TG_STR_ARG(l.id));
	is_str("sidecar", tg_buffer_str(&text), tg_buffer_str(&expected));
	tg_buffer_release(&text);
}

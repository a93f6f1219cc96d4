/*
 * name-check: hold partners' files against the naming contract, and say which may be taken now.
 *
 *	name-check --contract c.json --state acme.db --paths in | while read -r file; do ... done
 *	name-check --contract c.json --state acme.db --take FILE | csv2json | landing-write --zone landing
 *
 * A list holds no file for taken. With --take the file's bytes pass, and its number is pending in the store until the sink has landed
 * what became of them; source, entity, date and name go on to it through the run log.
 */
#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/json/pointer.h"
#include "common/json/text.h"
#include "common/landing/settle.h"
#include "common/naming/away.h"
#include "common/naming/take.h"
#include "common/run/filter.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

/* What changes while files are looked at. */
struct run {
	struct tg_listing list;
	struct tg_sequence *sequence;
	size_t next; /* of the list, to be told; of the paths, to be looked at */
	bool judged;
	const struct tg_file *told; /* the last for which it was said what it waits for */
	struct tg_str *path;	    /* operands, those in folders among them */
	size_t paths, room;
	struct tg_buffer line;
	struct tg_take one; /* --take */
	struct tg_away away;
};

struct name_check {
	struct tg_str state, first, oldest, done, bad; /* options */
	unsigned on_gap;
	uint64_t settle;
	bool take, all, paths;

	struct tg_contract contract;
	struct tg_naming naming;
	const struct tg_setup *setup;
	struct run *run;
};

static const char *const on_gap_choices[] = { "wait", "reject", "warn", NULL };

// clang-format off
static const struct tg_option options[] = {
	TG_OPT_TEXT('s', "state", struct name_check, state, "URL", "where the numbers that have landed are kept: a key store, as dedupe has it"),
	TG_OPT_FLAG('t', "take", struct name_check, take, "pass the bytes of one file on, for a sink to land"),
	TG_OPT_CHOICE(0, "on-gap", struct name_check, on_gap, "WHAT", "a file whose number is not the next: wait, reject, or warn: take it (wait)", on_gap_choices),
	TG_OPT_TEXT(0, "first", struct name_check, first, "N", "the number that the first file of a source and entity must have (any)"),
	TG_OPT_TEXT(0, "oldest", struct name_check, oldest, "DATE|DURATION", "reject files of a day before that, as 2025-01-01 or 90d"),
	TG_OPT_DURATION(0, "settle", struct name_check, settle, "DURATION", "leave files that have changed within that time (0s)"),
	TG_OPT_FLAG('a', "all", struct name_check, all, "tell of duplicates, and of what is left for later, too"),
	TG_OPT_FLAG('p', "paths", struct name_check, paths, "tell the paths alone, one a line"),
	TG_OPT_TEXT(0, "done", struct name_check, done, "DIR", "move files that have landed before to that folder"),
	TG_OPT_TEXT(0, "bad", struct name_check, bad, "DIR", "move files that are rejected to that folder, when --rejects has kept why"),
	TG_OPT_END,
};
// clang-format on

/*
 * Options
 */

static enum tg_status read_oldest(struct name_check *c, const struct tg_setup *setup,
				  struct tg_error *err)
{
	TG_OWN(tg_buffer_release) struct tg_buffer day = TG_BUFFER_INIT;
	struct tg_time t = setup->now;
	uint64_t micros;

	if (!c->oldest.p || tg_time_is_date(c->oldest))
		return TG_OK;
	if (!tg_time_read_duration(c->oldest, &micros) || micros / 1000000 > INT32_MAX)
		return tg_fail(err, TG_USAGE,
			       "--oldest: it must be a day, as 2025-01-01, or a duration, as 90d");
	t.seconds -= (int64_t)(micros / 1000000);
	tg_time_put_date(&day, t);
	c->oldest = tg_arena_copy(setup->arena, tg_buffer_str(&day));
	return TG_OK;
}

static enum tg_status check_options(struct name_check *c, const struct tg_setup *setup,
				    struct tg_error *err)
{
	if (!setup->contract.p)
		return tg_fail(err, TG_USAGE,
			       "no --contract: its x-name says what files are called");
	if (c->take && (c->all || c->paths))
		return tg_fail(err, TG_USAGE, "--take: --all and --paths are for lists");
	if (c->take && (c->done.p || c->bad.p))
		return tg_fail(err, TG_USAGE,
			       "--take: --done and --bad are for lists; where a file goes that is "
			       "taken is known when the sink has ended");
	if (c->bad.p && !setup->keeps_rejects)
		return tg_fail(err, TG_USAGE,
			       "--bad: no --rejects, and nobody would know why files have gone");
	if (c->all && c->paths)
		return tg_fail(err, TG_USAGE,
			       "--all and --paths: a path alone does not say what to do with it");
	if (c->take && setup->operands > 1)
		return tg_fail(err, TG_USAGE, "--take: one file at a time, and here are %zu",
			       setup->operands);
	if (c->settle > (uint64_t)INT64_MAX / 4)
		return tg_fail(err, TG_USAGE, "--settle: it is too long");
	return read_oldest(c, setup, err);
}

static enum tg_status open_sequence(struct name_check *c, struct tg_setup *setup,
				    struct tg_error *err)
{
	struct tg_sequence_wish wish = {
		.url = c->state,
		.now = setup->now.seconds * 1000000 + setup->now.micros,
		.to_file = tg_setup_to_file(setup),
		.rolls = c->naming.rolls,
		.again = c->naming.again,
		.highest = tg_template_highest(&c->naming.template),
		.has_first = c->naming.has_first,
		.first = c->naming.first,
	};
	enum tg_status st;

	if (c->first.p) {
		wish.has_first = true;
		if (!wish.highest)
			return tg_fail(err, TG_USAGE, "--first: x-name has no {seq}");
		if (!tg_read_u64(c->first, &wish.first) || wish.first > wish.highest)
			return tg_fail(err, TG_USAGE,
				       "--first: it must be a number that {seq} can hold");
	}
	if (c->state.p)
		tg_setup_writes(setup, "the key store", c->state);
	st = tg_sequence_open(&c->run->sequence, &wish, err);
	if (!st && tg_sequence_store(c->run->sequence))
		st = tg_settle_if_free(tg_sequence_store(c->run->sequence), TG_STR_NONE, setup->now,
				       err);
	return st ? st : tg_sequence_begin(c->run->sequence, err);
}

/*
 * Operands: files, and folders, of which the files
 */

static void add_path(struct run *run, struct tg_str path)
{
	if (run->paths == run->room) {
		run->room = run->room ? 2 * run->room : 64;
		run->path = tg_resize_array(run->path, run->room, sizeof(*run->path));
	}
	run->path[run->paths++] = path;
}

static int by_path(const void *x, const void *y)
{
	return tg_str_compare(*(const struct tg_str *)x, *(const struct tg_str *)y);
}

static enum tg_status add_folder(struct run *run, const char *path, struct tg_arena *arena,
				 struct tg_error *err)
{
	size_t from = run->paths, n = strlen(path);
	DIR *folder = opendir(path);
	struct dirent *entry;
	struct stat st;

	if (!folder)
		return tg_fail(err, TG_NO_INPUT, "cannot read the folder %s: %s", path,
			       strerror(errno));
	if (tg_away_is(&run->away, path)) {
		closedir(folder);
		return tg_fail(err, TG_USAGE,
			       "--done and --bad: %s is the folder that is looked at", path);
	}
	while (n > 1 && path[n - 1] == '/')
		n--;
	for (errno = 0; (entry = readdir(folder)); errno = 0) {
		struct tg_str full = tg_arena_format(arena, "%.*s/%s", (int)n, path, entry->d_name);

		if (lstat(full.p, &st) != 0 || !S_ISDIR(st.st_mode))
			add_path(run, full);
	}
	n = (size_t)errno;
	closedir(folder);
	if (n)
		return tg_fail(err, TG_IO, "cannot read the folder %s: %s", path, strerror((int)n));
	if (run->paths - from > 1)
		qsort(run->path + from, run->paths - from, sizeof(*run->path), by_path);
	return TG_OK;
}

/* What is not there is found before anything is said. */
static enum tg_status add_operands(struct name_check *c, const struct tg_setup *setup,
				   struct tg_error *err)
{
	enum tg_status st = TG_OK;

	for (size_t i = 0; !st && i < setup->operands; i++) {
		const char *path = setup->operand[i];
		struct stat info;

		if (strcmp(path, "-") == 0)
			return tg_fail(err, TG_USAGE,
				       "'-' is no file with a name; without operands, lines such "
				       "as {\"path\":\"in/x.csv\"} are read");
		if (c->paths && strchr(path, '\n'))
			return tg_fail(err, TG_USAGE,
				       "--paths: a path holds a line feed, and would be two lines");
		if (lstat(path, &info) != 0)
			return tg_fail(err, TG_NO_INPUT, "cannot read %s: %s", path,
				       strerror(errno));
		if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
			st = add_folder(c->run, path, setup->arena, err);
		else
			add_path(c->run, tg_arena_copy(setup->arena, tg_str_of(path)));
	}
	return st;
}

/* A pipe by a name would be waited for, for ever where nobody writes to it. What else is no file is found when it is open. */
static enum tg_status check_taken(const struct tg_setup *setup, struct tg_error *err)
{
	struct stat info;

	for (size_t i = 0; i < setup->operands; i++)
		if (strcmp(setup->operand[i], "-") != 0 && lstat(setup->operand[i], &info) == 0 &&
		    S_ISFIFO(info.st_mode))
			return tg_fail_code(err, TG_DATA, "no-file", "%s is no regular file",
					    setup->operand[i]);
	return TG_OK;
}

static enum tg_status name_check_open(void *self, struct tg_setup *setup, struct tg_error *err)
{
	struct name_check *c = self;
	struct tg_listing *l;
	enum tg_status st = check_options(c, setup, err);

	if (st)
		return st;
	c->setup = setup;
	c->run = tg_arena_take(setup->arena, sizeof(*c->run));
	st = tg_away_open(&c->run->away, c->done.p, c->bad.p, err);
	if (!st)
		st = tg_contract_open(&c->contract, setup, err);
	if (!st)
		st = tg_naming_read(&c->naming, &c->contract, setup->arena, err);
	if (!st)
		st = open_sequence(c, setup, err);
	if (st)
		return st;
	l = &c->run->list;
	l->sequence = c->run->sequence;
	l->on_gap = (enum tg_on_gap)c->on_gap;
	l->check = (struct tg_check){
		.naming = &c->naming,
		.source = setup->source.p ? setup->source : c->contract.source,
		.entity = setup->entity.p ? setup->entity : c->contract.entity,
		.oldest = c->oldest,
		.settle = c->settle,
		.now = setup->now,
	};
	st = tg_listing_begin(l, err);
	if (st)
		return st;
	return c->take ? check_taken(setup, err) : add_operands(c, setup, err);
}

/*
 * Lists
 */

static bool name_check_makes(const void *self)
{
	const struct name_check *c = self;

	return !c->take;
}

static bool name_check_make(void *self, struct tg_buffer *record, struct tg_place *at)
{
	struct run *run = ((struct name_check *)self)->run;
	struct tg_str path;

	if (run->next == run->paths)
		return false;
	path = run->path[run->next++];
	at->file = tg_name_base(path);
	if (tg_utf8_check(path) == path.n) {
		tg_buffer_putc(record, '{');
		tg_json_put_member(record, "path", path);
		tg_buffer_putc(record, '}');
	} else {
		tg_buffer_put_str(record, path); /* no JSON can say it, and so it is rejected */
	}
	return true;
}

static enum tg_verdict name_check_record(const void *self, const struct tg_record *rec,
					 struct tg_work *w)
{
	const struct name_check *c = self;
	const struct tg_span *path = tg_member_find(rec, rec->span, TG_STR("path"));

	if (!path || path->kind != TG_STRING)
		return tg_reject(w, "missing-key", TG_STR("/path"),
				 "must be there, and be the path of a file");
	if (tg_listing_add(&c->run->list, tg_text_get(&w->arena, rec, path), rec->text, &rec->at,
			   &w->stop))
		return tg_stop(w);
	return TG_HOLD;
}

static bool waits_alike(const struct tg_file *a, const struct tg_file *b)
{
	return b->verdict == TG_FILE_WAIT && strcmp(b->code, "gap") == 0 &&
	       tg_str_eq(a->name.source, b->name.source) &&
	       tg_str_eq(a->name.entity, b->name.entity);
}

/* Behind a gap one line for each source and entity, whose files stand together. */
static void tell_wait(const struct name_check *c, size_t at)
{
	const struct tg_listing *l = &c->run->list;
	const struct tg_file *f = l->file[at];
	uint64_t waiting = 0;

	if (strcmp(f->code, "gap") != 0) {
		tg_setup_warn(c->setup, "%.*s %.*s", TG_STR_ARG(f->base), TG_STR_ARG(f->reason));
		return;
	}
	if (c->run->told && waits_alike(c->run->told, f))
		return;
	c->run->told = f;
	for (size_t i = at; i < l->n; i++)
		waiting += waits_alike(f, l->file[i]);
	tg_setup_warn(c->setup, "%.*s %.*s; %llu file%s", TG_STR_ARG(f->base),
		      TG_STR_ARG(f->reason), (unsigned long long)waiting,
		      waiting == 1 ? " waits" : "s wait");
}

static enum tg_verdict tell(const struct name_check *c, const struct tg_file *f, struct tg_work *w)
{
	struct tg_buffer *line = &c->run->line;

	if (c->paths)
		return tg_replace(w, f->path);
	tg_buffer_clear(line);
	tg_file_put(line, f, &c->naming);
	return tg_replace(w, tg_buffer_str(line));
}

static enum tg_verdict settle_file(const struct name_check *c, const struct tg_file *f, size_t at,
				   struct tg_work *w)
{
	static const char *const dropped[] = {
		[TG_FILE_DUPLICATE] = "seen-before",
		[TG_FILE_WAIT] = "waiting",
		[TG_FILE_IGNORE] = "unfinished",
		[TG_FILE_REJECT] = NULL,
	};

	if (f->verdict == TG_FILE_REJECT) {
		tg_fault_add(w, &(struct tg_fault){ .pointer = TG_STR(""), .message = f->reason });
		return tg_reject_faults(w, f->code);
	}
	if (f->warned)
		tg_setup_warn(c->setup, "%.*s %.*s", TG_STR_ARG(f->base), TG_STR_ARG(f->reason));
	if (f->verdict == TG_FILE_WAIT)
		tell_wait(c, at);
	if (f->verdict == TG_FILE_TAKE || c->all)
		return tell(c, f, w);
	return tg_drop(w, dropped[f->verdict]);
}

static enum tg_verdict name_check_held(const void *self, struct tg_record *rec, bool *more,
				       struct tg_work *w)
{
	const struct name_check *c = self;
	struct run *run = c->run;
	struct tg_listing *l = &run->list;
	const struct tg_file *f;

	if (!run->judged) {
		if (tg_listing_judge(l, &w->stop))
			return tg_stop(w);
		run->judged = true;
		run->next = 0;
	}
	*more = run->next < l->n;
	if (!*more)
		return TG_DROP;
	f = l->file[run->next];
	rec->text = f->text;
	rec->at = f->at;
	return settle_file(c, f, run->next++, w);
}

/*
 * One file: --take
 */

static bool name_check_passes(const void *self)
{
	return ((const struct name_check *)self)->take;
}

static enum tg_status name_check_begin(void *self, const struct tg_input *in, struct tg_error *err)
{
	struct name_check *c = self;

	c->run->one = (struct tg_take){ .check = &c->run->list.check,
					.sequence = c->run->sequence,
					.look = &c->run->list.look,
					.on_gap = c->run->list.on_gap };
	return tg_take_begin(&c->run->one, in, c->setup->arena, err);
}

static enum tg_status name_check_piece(void *self, struct tg_str bytes, struct tg_error *err)
{
	(void)err;
	tg_take_add(&((struct name_check *)self)->run->one, bytes);
	return TG_OK;
}

static enum tg_status name_check_close(void *self, const struct tg_setup *setup,
				       struct tg_error *err)
{
	struct name_check *c = self;

	if (c->take)
		return tg_take_end(&c->run->one, setup, err);
	if (c->done.p || c->bad.p) {
		enum tg_status st = tg_setup_keep_rejects(setup, err);

		if (!st)
			st = tg_away_move(&c->run->away, &c->run->list, err);
		if (st)
			return st;
	}
	if (!c->run->list.waiting)
		return TG_OK;
	return tg_fail_code(err, TG_TRY_AGAIN, "waiting", "%llu of %zu files are left for later",
			    (unsigned long long)c->run->list.waiting, c->run->list.n);
}

static void name_check_release(void *self)
{
	struct name_check *c = self;

	if (!c->run)
		return; /* open was not reached */
	tg_away_release(&c->run->away);
	tg_listing_release(&c->run->list);
	tg_sequence_free(&c->run->sequence);
	tg_free(c->run->path);
	tg_buffer_release(&c->run->line);
}

const struct tg_filter tg_name_check = {
	.name = "name-check",
	.about = "hold partners' files against the naming contract, and say which may be taken now",
	.options = options,
	.size = sizeof(struct name_check),
	.open = name_check_open,
	.record = name_check_record,
	.held = name_check_held,
	.close = name_check_close,
	.makes = name_check_makes,
	.make = name_check_make,
	.passes = name_check_passes,
	.begin = name_check_begin,
	.piece = name_check_piece,
	.release = name_check_release,
};

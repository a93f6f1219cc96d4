#include "common/base/memory.h"
#include "common/io/interrupt.h"
#include "common/io/magic.h"
#include "common/io/output.h"
#include "common/io/window.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

/* A pipe that a child fills with text, `piece` bytes at a time. */
static int piped(struct tg_str text, size_t piece)
{
	int fds[2];

	TG_BUG_IF(pipe(fds) != 0);
	if (fork() == 0) {
		close(fds[0]);
		for (size_t i = 0; i < text.n; i += piece) {
			size_t n = text.n - i < piece ? text.n - i : piece;

			if (write(fds[1], text.p + i, n) != (ssize_t)n)
				_exit(1);
		}
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

/* Reads fd through an input until its end; the status of the end. */
static enum tg_status read_all(int fd, struct tg_buffer *out, const char **packed)
{
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	struct tg_error err = TG_ERROR_INIT;
	char path[32];
	enum tg_status st;
	size_t n = 1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	st = tg_input_open(&in, path, TG_INPUT_UNPACK, &err);
	while (!st && n > 0) {
		st = tg_input_read(&in, tg_buffer_room(out, 1000), 1000, &n, &err);
		out->n += n;
	}
	if (packed)
		*packed = in.packed;
	close(fd);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return st;
}

static void gzip(struct tg_buffer *out, struct tg_str text)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)text.p,
		       .avail_in = (unsigned)text.n };
	size_t room = text.n + 1000;

	TG_BUG_IF(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK);
	z.next_out = (unsigned char *)tg_buffer_room(out, room);
	z.avail_out = (unsigned)room;
	TG_BUG_IF(deflate(&z, Z_FINISH) != Z_STREAM_END);
	out->n += room - z.avail_out;
	deflateEnd(&z);
}

TEST(gzip_is_known_by_its_bytes_and_checked)
{
	TG_OWN(tg_buffer_release) struct tg_buffer plain = TG_BUFFER_INIT, one = TG_BUFFER_INIT;
	static const size_t pieces[] = { 1, 2, 3, 7, 100000 };

	for (size_t i = 0; i < 2000; i++)
		tg_buffer_printf(&plain, "line %zu\n", i * 7919);
	gzip(&one, tg_buffer_str(&plain));
	for (size_t p = 0; p < TG_COUNT(pieces); p++) {
		TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT;
		const char *packed;

		is_int("one member", read_all(piped(tg_buffer_str(&one), pieces[p]), &got, &packed),
		       TG_OK);
		is_str("its kind", tg_str_of(packed), TG_STR("gzip"));
		is_str("its text", tg_buffer_str(&got), tg_buffer_str(&plain));
	}
	for (int kind = 0; kind < 6; kind++) {
		TG_OWN(tg_buffer_release)
		struct tg_buffer in = TG_BUFFER_INIT, got = TG_BUFFER_INIT;
		static const struct {
			const char *about;
			enum tg_status status;
			size_t copies;
		} row[] = {
			{ "two members", TG_OK, 2 },	  { "zero padding", TG_OK, 1 },
			{ "rubbish behind", TG_DATA, 1 }, { "a wrong CRC", TG_DATA, 0 },
			{ "a wrong length", TG_DATA, 0 }, { "cut in the trailer", TG_DATA, 0 },
		};

		tg_buffer_put_str(&in, tg_buffer_str(&one));
		switch (kind) {
		case 0:
			tg_buffer_put_str(&in, tg_buffer_str(&one));
			break;
		case 1:
			tg_buffer_put(&in, "\0\0\0\0\0", 5);
			break;
		case 2:
			tg_buffer_put(&in, "\0x", 2);
			break;
		case 3:
			in.p[in.n - 8] ^= 1;
			break;
		case 4:
			in.p[in.n - 1] ^= 1;
			break;
		default:
			in.n -= 3;
		}
		is_int(row[kind].about, read_all(piped(tg_buffer_str(&in), 4096), &got, NULL),
		       row[kind].status);
		if (row[kind].status == TG_OK)
			is_int(row[kind].about, (long long)got.n,
			       (long long)(plain.n * row[kind].copies));
	}
}

/* Plain text that begins like a compressed stream, and ends there. */
/* How far members of a MiB of zeros each are read, in MiB; -1: not to an end that is TG_OK or the limit. */
static int read_zeros(struct tg_str member, size_t members)
{
	static char zeros[1 << 16];
	TG_OWN(tg_buffer_release) struct tg_buffer all = TG_BUFFER_INIT;
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	struct tg_error err = TG_ERROR_INIT;
	char path[32];
	size_t n = 1, sum = 0;
	enum tg_status st;
	int fd;

	for (size_t i = 0; i < members; i++)
		tg_buffer_put_str(&all, member);
	fd = piped(tg_buffer_str(&all), all.n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	st = tg_input_open(&in, path, TG_INPUT_UNPACK, &err);
	for (; !st && n; sum += n)
		st = tg_input_read(&in, zeros, sizeof(zeros), &n, &err);
	close(fd);
	if (st && (st != TG_DATA || !strstr(err.text, "--max-ratio")))
		return -1;
	return (int)(sum >> 20);
}

TEST(what_becomes_too_large_is_refused)
{
	TG_OWN(tg_buffer_release) struct tg_buffer plain = TG_BUFFER_INIT, member = TG_BUFFER_INIT;

	memset(tg_buffer_room(&plain, 1 << 20), 0, 1 << 20);
	plain.n = 1 << 20;
	gzip(&member, tg_buffer_str(&plain));
	is_int("up to 64 MiB nobody asks", read_zeros(tg_buffer_str(&member), 64), 64);
	is_int("then it ends", read_zeros(tg_buffer_str(&member), 90), 64);
	/* Each member has its own bytes in front, which no packing makes smaller: the whole is no more than 200 times as large. */
	for (size_t i = 0; i < 6000; i++)
		plain.p[i] = (char)(i * i * 7 + (i >> 3) * 13 + (i * 2654435761U >> 16));
	tg_buffer_clear(&member);
	gzip(&member, tg_buffer_str(&plain));
	is_int("large and honest", read_zeros(tg_buffer_str(&member), 90), 90);
}

TEST(what_only_begins_like_a_compressed_stream)
{
	static const struct tg_str row[] = { { "\x1f", 1 },
					     { "\x28\xb5\x2f", 3 },
					     { "\x1fxyz\n", 5 },
					     { "", 0 },
					     { "\x28{}\n", 4 } };

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT;
		const char *packed;

		is_int("status", read_all(piped(row[i], 1), &got, &packed), TG_OK);
		is_str("text", tg_buffer_str(&got), row[i]);
		ok("not packed", !packed);
	}
}

TEST(zstd_through_libarchive)
{
	if (system("command -v zstd >/dev/null") != 0) {
		tap_skip("no zstd to make input with");
		return;
	}
	char path[] = "/tmp/tidegate-test-XXXXXX";
	int fd = mkstemp(path);
	char command[200];
	TG_OWN(tg_buffer_release) struct tg_buffer got = TG_BUFFER_INIT, cut = TG_BUFFER_INIT;
	const char *packed = NULL;

	TG_BUG_IF(fd < 0);
	snprintf(command, sizeof(command), "yes hello | head -n 100000 | zstd -q -c >%s", path);
	TG_BUG_IF(system(command) != 0);
	is_int("whole", read_all(fd, &got, &packed), TG_OK);
	is_str("its kind", tg_str_of(packed), TG_STR("zstd"));
	is_int("its length", (long long)got.n, 600000);
	snprintf(command, sizeof(command), "truncate -s -5 %s", path);
	TG_BUG_IF(system(command) != 0);
	is_int("cut", read_all(open(path, O_RDONLY), &cut, NULL), TG_DATA);
	snprintf(command, sizeof(command), "echo hello | zstd -q -c | zstd -q -c >%s", path);
	TG_BUG_IF(system(command) != 0);
	tg_buffer_clear(&got);
	is_int("twice compressed", read_all(open(path, O_RDONLY), &got, &packed), TG_OK);
	ok("one layer comes off", tg_str_starts(tg_buffer_str(&got), TG_STR("\x28\xb5\x2f\xfd")));
	unlink(path);
}

/* The window's promise: every byte once, in order, whatever the pieces and however much is taken. */
TEST(windows_lose_nothing)
{
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	static const size_t pieces[] = { 1, 3, 4096, 70000 };

	for (size_t i = 0; text.n < 700000; i++)
		tg_buffer_printf(&text, "%zu,", i);
	for (size_t p = 0; p < TG_COUNT(pieces); p++) {
		TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
		TG_OWN(tg_window_release) struct tg_window w = TG_WINDOW_INIT;
		struct tg_str whole = tg_str_from(text.p, pieces[p] == 1 ? 5000 : text.n);
		struct tg_error err = TG_ERROR_INIT;
		size_t seen = 0, keep = 0;
		unsigned seed = 1;

		in.fd = piped(whole, pieces[p]);
		in.blocks = true;
		in.name = "a pipe";
		tg_window_reset(&w);
		while (!(w.last && w.n == 0)) {
			size_t take;

			is_int("fill", tg_window_fill(&w, &in, &err), TG_OK);
			ok("offset", w.offset == seen);
			ok("bytes", w.n + seen <= whole.n && memcmp(w.p, whole.p + seen, w.n) == 0);
			keep = w.last || rand_r(&seed) % 3 ? 0 : (size_t)rand_r(&seed) % 600000;
			take = w.n > keep ? w.n - keep : 0;
			tg_window_take(&w, take);
			seen += take;
		}
		is_int("all", (long long)seen, (long long)whole.n);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* Passed views, copies and made records in any mixture come out in order. */
static void keep_the_order(bool held)
{
	TG_OWN(tg_buffer_release)
	struct tg_buffer block = TG_BUFFER_INIT, expected = TG_BUFFER_INIT;
	char path[] = "/tmp/tidegate-test-XXXXXX";
	int fd = mkstemp(path);
	struct tg_output out, first, *to = held ? &first : &out;
	struct tg_error err = TG_ERROR_INIT;
	unsigned seed = 7;
	char *back;

	TG_BUG_IF(fd < 0);
	for (size_t i = 0; block.n < 300000; i++)
		tg_buffer_printf(&block, "%zu\n", i);
	tg_output_open(&out, fd, "a file");
	tg_output_hold(&first, SIZE_MAX);
	for (int round = 0; round < 200; round++) {
		int seldom = round % 2 ? 400 : 1; /* now and then many runs wait for their write */

		for (size_t at = 0; at < block.n;) {
			size_t n = 1 + (size_t)rand_r(&seed) % (rand_r(&seed) % 5   ? 50
								: rand_r(&seed) % 9 ? 3000
										    : 90000);
			struct tg_str piece =
				tg_str_from(block.p + at, n < block.n - at ? n : block.n - at);

			if (rand_r(&seed) % 4 == 0) { /* dropped */
				at += piece.n;
				continue;
			}
			if (rand_r(&seed) % (20 * seldom) == 0) {
				tg_output_put(to, TG_STR("made"));
				tg_buffer_puts(&expected, "made");
			}
			if (rand_r(&seed) % (10 * seldom))
				tg_output_pass(to, piece);
			else
				tg_output_put(to, piece);
			tg_buffer_put_str(&expected, piece);
			at += piece.n;
		}
		if (held) {
			tg_output_hand(&first, &out);
			memset(first.p, 'x', first.room); /* it is used again */
		}
		tg_output_settle(&out);
		if (expected.n > 3000000)
			break;
	}
	is_int("flush", tg_output_flush(&out, &err), TG_OK);
	is_int("bytes", (long long)out.bytes, (long long)expected.n);
	back = tg_alloc(expected.n);
	is_int("size", (long long)pread(fd, back, expected.n, 0), (long long)expected.n);
	ok("the same bytes", memcmp(back, expected.p, expected.n) == 0);
	tg_free(back);
	is_int("close", tg_output_close(&out, &err), TG_OK);
	tg_output_release(&first);
	tg_output_release(&out);
	unlink(path);
}

TEST(outputs_keep_the_order)
{
	keep_the_order(false);
	keep_the_order(true);
}

TEST(what_is_held_has_a_limit)
{
	static const struct {
		const char *about;
		size_t most, times, piece;
		enum tg_status status;
	} row[] = {
		{ "little", 1 << 20, 100, 1000, TG_OK },
		{ "more than the first room", 1 << 20, 1000, 1000, TG_OK },
		{ "too much", 1 << 20, 2000, 1000, TG_IO },
		{ "one piece that is large", 1000, 1, 300000, TG_OK },
		{ "two of them", 1000, 2, 300000, TG_IO },
	};
	TG_OWN(tg_buffer_release) struct tg_buffer piece = TG_BUFFER_INIT;

	memset(tg_buffer_room(&piece, 300000), 'p', 300000);
	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_output out;

		tg_output_hold(&out, row[i].most);
		for (size_t k = 0; k < row[i].times; k++)
			tg_output_put(&out, tg_str_from(piece.p, row[i].piece));
		is_int(row[i].about, out.status, row[i].status);
		tg_output_release(&out);
	}
}

TEST(other_kinds_are_known_by_their_start)
{
	static const struct {
		const char *about;
		struct tg_str head;
		const char *what, *what_if_binary; /* NULL: nothing is known */
		bool more;			   /* before the last byte */
	} row[] = {
		// clang-format off
		{ "xlsx", { "PK\3\4\x14", 5 }, "a ZIP archive, as Excel's .xlsx is one", "a ZIP archive, as Excel's .xlsx is one", false },
		{ "half of it", { "PK\3", 3 }, NULL, NULL, true },
		{ "a header PK", { "PK,name\n", 8 }, NULL, NULL, false },
		{ "xls", { "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8 }, "an Office file of the old form, such as Excel's .xls", "an Office file of the old form, such as Excel's .xls", false },
		{ "gzip in gzip", { "\x1f\x8b\x08", 3 }, "compressed by gzip", "compressed by gzip", false },
		{ "bzip2", { "BZh91AY&SY", 10 }, "compressed by bzip2", "compressed by bzip2", false },
		{ "a header BZh9", { "BZh9,a,bcdefg", 13 }, NULL, NULL, false },
		{ "xz", { "\xfd" "7zXZ\0", 6 }, "compressed by xz", "compressed by xz", false },
		{ "PDF", { "%PDF-1.7\n", 9 }, "a PDF", "a PDF", false },
		{ "a header that is not PDF", { "%PDF,1", 6 }, NULL, NULL, false },
		{ "Parquet", { "PAR1\x15\x04", 6 }, "a Parquet file", "a Parquet file", false },
		{ "a header PAR1", { "PAR1,PAR2\n", 10 }, NULL, NULL, false },
		{ "armor", { "-----BEGIN PGP MESSAGE-----\n", 28 }, "an OpenPGP message in ASCII armor", "an OpenPGP message in ASCII armor", false },
		{ "PGP of GnuPG", { "\x85\1\x0c\3\xaa", 5 }, "an OpenPGP message", NULL, false },
		{ "PGP with a passphrase", { "\x8c\x0d\4\x09", 4 }, "an OpenPGP message", NULL, false },
		{ "Latin-1 begins with such a byte", { "\xc1rea;x\n", 7 }, NULL, NULL, false },
		{ "an error page", { "\xef\xbb\xbf\r\n <!DOCTYPE HTML PUBLIC", 28 }, "an HTML page", "an HTML page", false },
		{ "another", { "<HTML lang", 10 }, "an HTML page", "an HTML page", false },
		{ "less than", { "<5,6\n", 6 }, NULL, NULL, false },
		{ "blanks", { "  \n", 3 }, NULL, NULL, true },
		{ "nothing", { "", 0 }, NULL, NULL, true },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		bool more;
		const struct tg_magic *text = tg_magic_find(row[i].head, false, &more);
		const struct tg_magic *binary;

		is_str(row[i].about, tg_str_of(text ? text->what : NULL), tg_str_of(row[i].what));
		is_int(row[i].about, !text && more, row[i].more);
		binary = tg_magic_find(row[i].head, true, &more);
		is_str(row[i].about, tg_str_of(binary ? binary->what : NULL),
		       tg_str_of(row[i].what_if_binary));
	}
}

TEST(write_errors_stick)
{
	struct tg_output out;
	struct tg_error err = TG_ERROR_INIT;
	int fds[2];

	tg_interrupt_install(); /* SIGPIPE is ignored from here */
	tg_output_open(&out, open("/dev/full", O_WRONLY), "a full disk");
	tg_output_put(&out, TG_STR("x"));
	is_int("a full disk", tg_output_flush(&out, &err), TG_IO);
	tg_output_put(&out, TG_STR("y"));
	is_int("and still", tg_output_close(&out, &err), TG_IO);
	tg_output_release(&out);
	TG_BUG_IF(pipe(fds) != 0);
	close(fds[0]);
	tg_output_open(&out, fds[1], "a pipe");
	tg_output_put(&out, TG_STR("x"));
	is_int("no reader", tg_output_close(&out, &err), TG_PIPE);
	tg_output_release(&out);
}

TEST(inputs_that_cannot_be_read)
{
	TG_OWN(tg_input_release) struct tg_input in = TG_INPUT_INIT;
	TG_OWN(tg_buffer_release) struct tg_buffer b = TG_BUFFER_INIT;
	struct tg_error err = TG_ERROR_INIT;

	is_int("not there", tg_input_open(&in, "no/such/file", TG_INPUT_RAW, &err), TG_NO_INPUT);
	is_int("a directory", tg_input_open(&in, "/", TG_INPUT_RAW, &err), TG_NO_INPUT);
	is_int("too large to slurp", tg_input_slurp(&b, "/dev/zero", 100000, &err), TG_DATA);
}

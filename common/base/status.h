/*
 * status: how a run ends, and the text that says why.
 *
 * A status is about the run; its values are the exit codes (tidegate-exit(7)), zero is well. A verdict about a record is another
 * thing (run/work.h). A tg_error holds its text, so reporting needs no memory; tg_fail fills it where things go wrong, callers
 * pass it up or say with tg_within where they were. Only common/run prints and exits. No message quotes the value of a field.
 */
#ifndef TG_BASE_STATUS_H
#define TG_BASE_STATUS_H

#include "common/base/own.h"
#include "common/base/str.h"

enum tg_status {
	TG_OK = 0,
	TG_REJECTED = 1,
	TG_USAGE = 64,
	TG_DATA = 65,
	TG_NO_INPUT = 66,
	TG_UNAVAILABLE = 69,
	TG_INTERNAL = 70,
	TG_CANNOT_CREATE = 73,
	TG_IO = 74,
	TG_TRY_AGAIN = 75,
	TG_PROTOCOL = 76,
	TG_REFUSED = 77,
	TG_CONFIG = 78,
	/* Never exit codes: the program ends by the signal itself. */
	TG_PIPE = 256,	      /* whoever read our stdout is gone */
	TG_INTERRUPTED = 257, /* SIGINT, SIGTERM or SIGHUP came */
};

struct tg_error {
	enum tg_status status;
	const char *
		code; /* a static word for the run log and rejects ("csv-unterminated"), NULL: the status's name */
	char text[1536];
};

#define TG_ERROR_INIT ((struct tg_error){ .status = TG_OK })

/* Fills err and gives status back: `return tg_fail(err, TG_IO, "cannot write %s: %s", name, strerror(errno));` */
TG_COLD TG_PRINTF(3, 4) enum tg_status
	tg_fail(struct tg_error *err, enum tg_status status, const char *format, ...);

/* The same with a code of its own. */
TG_COLD TG_PRINTF(4, 5) enum tg_status tg_fail_code(struct tg_error *err, enum tg_status status,
						    const char *code, const char *format, ...);

/* Puts where one was before the text ("in the contract x.json: ...") and gives the status back. */
TG_COLD TG_PRINTF(2, 3) enum tg_status tg_within(struct tg_error *err, const char *format, ...);

/* The status's name in logs and manuals: "ok", "rejected", "usage" ... "pipe", "interrupted". */
const char *tg_status_name(enum tg_status status);

/* The status that has this name; TG_INTERNAL for a name that is none of ours. */
enum tg_status tg_status_of_name(struct tg_str name);

#endif

/*
 * library: shared libraries that are loaded when they are first called for.
 *
 * What is linked is mapped, relocated and touched at every start: 40 us for a small library, 70 for PCRE2, 250 for GPGME, 320 for
 * SQLite, where a whole start takes 1 ms; and most runs call nothing of it. So a file that stands on such a library has a table of the
 * calls that it makes: pointers to functions, which are set when the library is loaded, and not before.
 *
 * A program that cannot load (one that is linked statically) is built with -Dlate=false. Then libraries are linked, the pointers are the
 * same functions, and loading cannot fail. But for optional ones (TG_LIBRARY_OPTIONAL), which a machine may lack: they are always loaded
 * late, and what they are for is refused, or done without them, where there are none.
 *
 * Any thread may ask; who has been told TG_OK may call. It is loaded once and stays; a failure stays too, so that asking again is cheap.
 */
#ifndef TG_BASE_LIBRARY_H
#define TG_BASE_LIBRARY_H

#include "common/base/status.h"

struct tg_library_call {
	const char *name;
	void *to; /* the pointer that is set */
	size_t size;
	void (*linked)(void); /* with -Dlate=false; NULL: it is looked up in the file */
};

struct tg_library {
	const char *file;    /* by which the system's loader finds it */
	const char *package; /* of Debian 12, that brings the file: for messages */
	const char *needs;   /* who needs it, for messages: "zstd input needs libarchive" */
	const struct tg_library_call *call;
	size_t calls;
	bool loaded;
	char *failure; /* what was said of one that is not there; never freed */
};

#define TG_LIBRARY_NAME_OF(function) #function
#ifdef TG_LINKED
#define TG_LIBRARY_LINKED(function) ((void (*)(void))(function))
#else
#define TG_LIBRARY_LINKED(function) NULL
#endif

/* A line of the table; the function may be a macro for the name that it has. */
#define TG_LIBRARY_CALL(pointer, function)                                                         \
	{                                                                                          \
		TG_LIBRARY_NAME_OF(function), &(pointer), sizeof(pointer),                         \
			TG_LIBRARY_LINKED(function)                                                \
	}

/* A line for an optional library, whose header is not needed either. */
#define TG_LIBRARY_OPTIONAL(pointer, function)                                                     \
	{                                                                                          \
		TG_LIBRARY_NAME_OF(function), &(pointer), sizeof(pointer), NULL                    \
	}

/* The name of a library's file with that version of its interface. */
#ifdef __APPLE__
#define TG_LIBRARY_FILE(name, version) name "." version ".dylib"
#else
#define TG_LIBRARY_FILE(name, version) name ".so." version
#endif

/* TG_UNAVAILABLE: it is not there, or lacks a function. */
TG_MUST_USE enum tg_status tg_library_load(struct tg_library *library, struct tg_error *err);

#endif

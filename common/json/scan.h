/*
 * scan: one pass over a JSON text (RFC 8259) that checks its syntax and its UTF-8 and leaves spans (record.h).
 *
 * Numbers of any size stay text. U+0000 is a character like others, in keys too. A key that stands twice in one object, by its
 * decoded text, is a fault: parsers disagree about which one counts. So is a lone surrogate escape: it is no text. Depth is
 * limited without recursion. No input makes a scan slower than linear: keys are compared through hashes drawn at random.
 *
 * A tg_scanner is reused from record to record and allocates only while it grows. One per thread. Who wants several records side by
 * side keeps each after its scan, and drops them all together.
 */
#ifndef TG_JSON_SCAN_H
#define TG_JSON_SCAN_H

#include "common/json/record.h"

enum {
	TG_DEPTH_MAX = 2048
}; /* jansson's, so that every document that we take can be read by both */

enum tg_scan_fault {
	TG_SCAN_OK,
	TG_SCAN_SYNTAX,	   /* reject code json */
	TG_SCAN_ENCODING,  /* reject code encoding: not UTF-8, or a lone surrogate */
	TG_SCAN_DUPLICATE, /* reject code duplicate-key */
	TG_SCAN_DEPTH,	   /* reject code depth */
};

struct tg_scanner; /* opaque; see below */

TG_MUST_USE struct tg_scanner *tg_scanner_new(void);
void tg_scanner_free(struct tg_scanner **scanner); /* for TG_OWN too */

/*
 * Scans text, which is one value with blanks around it at most; text.n is below 2^32 and TG_SLACK bytes behind it are readable.
 * A text that is not UTF-8 is that before it is anything else; the other faults come in the order of the text.
 * On TG_SCAN_OK fills rec->text, span and spans and sets rec->source to 0; rec->at is left alone. Else rec->text alone is set,
 * and tg_scanner_fault tells more.
 */
TG_MUST_USE enum tg_scan_fault tg_scan(struct tg_scanner *scanner, struct tg_str text,
				       struct tg_record *rec);

/*
 * The same for the line that bytes begin with, where it is a plain one: well, and a line feed, no CR, behind it. Then true, and rec is
 * filled as above; the text ends before the line feed. False says nothing: tg_scan tells. This is faster for many short lines, since
 * what lies ahead is marked for several at once; so the bytes must stay as they are until tg_scanner_moved is called.
 */
TG_MUST_USE bool tg_scan_line(struct tg_scanner *scanner, struct tg_str bytes,
			      struct tg_record *rec);
void tg_scanner_moved(struct tg_scanner *scanner);

/* The record scanned last stays until tg_scanner_drop, whatever is scanned meanwhile. */
void tg_scanner_keep(struct tg_scanner *scanner);
/* What was kept is gone. */
void tg_scanner_drop(struct tg_scanner *scanner);

/* About the last fault: where in the text, and in words what was wrong there ("expected a comma or ]", "the key stands twice in
 * its object"): static text, no value is quoted. */
struct tg_str tg_scanner_fault(const struct tg_scanner *scanner, size_t *at);

/* The reject code of a fault (tidegate-rejects(5)). */
const char *tg_scan_code(enum tg_scan_fault fault);

/* For tests: "scalar", "neon", "sse2", "avx2", "avx512"; NULL: the best this machine has. TIDEGATE_CPU in the environment says the same. False: not
 * had here. */
bool tg_scan_choose(const char *level);

#endif

/*
 * files: dedupe --files: which of some files hold what has not landed yet, by their content.
 */
#ifndef TG_KEY_FILES_H
#define TG_KEY_FILES_H

#include "common/io/output.h"
#include "common/run/setup.h"
#include "common/state/store.h"

/*
 * Puts the path of each operand whose content has not landed, ended by a line feed or, with null, a NUL. store NULL: nothing has landed.
 * A file that cannot be read, and without null one whose path holds a line feed, is warned of and left out; the others are put all
 * the same, and the status is then TG_NO_INPUT, TG_IO or TG_DATA.
 */
TG_MUST_USE enum tg_status tg_files_put_new(struct tg_store *store, const struct tg_setup *setup,
					    bool null, struct tg_output *out, struct tg_error *err);

#endif

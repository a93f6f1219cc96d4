/*
 * idna: inside common/schema: internationalized host names (IDNA2008, RFC 5890 to 5893), by libidn2, which is opened when a contract
 * names their format, or a host name in a record has an encoded label.
 */
#ifndef TG_SCHEMA_IDNA_H
#define TG_SCHEMA_IDNA_H

#include "common/base/status.h"

/* TG_UNAVAILABLE: the library is not there. May be called by any thread. */
TG_MUST_USE enum tg_status tg_idna_prepare(struct tg_error *err);

/* Whether text (UTF-8) is a host name of U-labels, A-labels and plain ones; composed: U-labels must be NFC. Without the library wide
 * labels are none. */
bool tg_idna_is_hostname(struct tg_str text, bool composed);

/* Whether a label that begins with "xn--" decodes to a right one. Without the library any does that is of the right letters. */
bool tg_idna_is_encoded(struct tg_str label);

#endif

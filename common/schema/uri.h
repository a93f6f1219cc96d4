/*
 * uri: inside common/schema: URIs and IRIs by RFC 3986 and RFC 3987: whether a text is one, and what a reference means beside a base.
 */
#ifndef TG_SCHEMA_URI_H
#define TG_SCHEMA_URI_H

#include "common/base/buffer.h"
#include "common/base/own.h"
#include "common/base/str.h"

/* The five parts; none (p NULL): it is not there, which is not the same as empty. The path is always there. */
struct tg_uri {
	struct tg_str scheme, authority, path, query, fragment;
};

/* Takes any text apart; what has the form of no scheme belongs to the path. */
struct tg_uri tg_uri_split(struct tg_str text);

/* Whether text is a URI with its scheme, or a URI reference; wide: an IRI. Text is UTF-8. */
bool tg_uri_is(struct tg_str text, bool wide);
bool tg_uri_is_reference(struct tg_str text, bool wide);

/* Appends what reference means where base is the base (RFC 3986, 5.2), without a fragment. */
void tg_uri_resolve(struct tg_buffer *out, struct tg_str base, struct tg_str reference);

/* RFC 791's dotted quad without leading zeros; RFC 4291 without a zone. */
bool tg_uri_is_ipv4(struct tg_str text);
bool tg_uri_is_ipv6(struct tg_str text);

/* RFC 6570: literals and well-formed expressions. */
bool tg_uri_is_template(struct tg_str text);

#endif

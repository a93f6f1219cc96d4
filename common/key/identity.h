/*
 * identity: what makes two records the same one: digests of their key, of their content, and the time of the event.
 *
 * The key is what --key or the contract's x-key point to, else the whole record. Digests are SipHash-2-4-128 of the canonical form
 * (json/canon.h): strings by their text, numbers by their value, objects without order, the member that a source added left out. So
 * 1, 1.0 and 1e0 are one key; null is a value like others, and what is not there is no key. x-normalize applies to strings of the key
 * that stand under a property which has it. An identity is built once, keeps buffers, and belongs to one thread; others have copies.
 */
#ifndef TG_KEY_IDENTITY_H
#define TG_KEY_IDENTITY_H

#include "common/contract/contract.h"
#include "common/digest/siphash.h"
#include "common/json/pointer.h"
#include "common/state/key.h"

struct tg_identity_wish {
	const struct tg_str
		*pointer; /* of the key; none: the contract's x-key, else the whole record */
	size_t pointers;
	struct tg_str time; /* pointer to the time; none: the contract's x-time, if wanted */
	bool timed;	    /* a time is wanted; TG_USAGE when nothing says where it is */
	const struct tg_contract *contract; /* NULL: there is none */
};

struct tg_record_identity; /* opaque */

/* Texts and pointers are copied to the arena, in which it lives. TG_USAGE, TG_CONFIG, TG_UNAVAILABLE (nfc and fold need libutf8proc). */
TG_MUST_USE enum tg_status tg_record_identity_open(struct tg_record_identity **id,
						   const struct tg_identity_wish *wish,
						   struct tg_arena *arena, struct tg_error *err);
void tg_record_identity_release(struct tg_record_identity *id); /* NULL is well */

/* Another one that gives the same answers, for another thread, in arena; it is released like the first, and before it. */
struct tg_record_identity *tg_record_identity_copy(const struct tg_record_identity *id,
						   struct tg_arena *arena);

/* Both SipHash keys: of keys and of contents. */
void tg_record_identity_secret(struct tg_record_identity *id,
			       const unsigned char secret[2 * TG_SIPHASH_KEY]);

/* Whether the whole record is the key: then there is no other content. */
bool tg_record_identity_is_whole(const struct tg_record_identity *id);

/* Why a record has no identity. */
struct tg_identity_fault {
	const char *code;      /* missing-key, no-time; NULL: it has one */
	struct tg_str pointer; /* to the value at fault */
	const char *message;   /* what it is */
};

struct tg_keyed {
	struct tg_key_entry entry; /* all of it is filled in, unless there is a fault */
	struct tg_identity_fault fault;
};

/* Of n records at once, TG_IDENTITIES at most, since digests of several go side by side: first key and time, or the fault; and then
 * of those without fault the content. Between the two the caller can ask for memory that the keys lead to. */
enum { TG_IDENTITIES = 32 };
void tg_record_keys(struct tg_record_identity *id, const struct tg_record *rec, size_t n,
		    struct tg_keyed *out);
void tg_record_contents(struct tg_record_identity *id, const struct tg_record *rec, size_t n,
			struct tg_keyed *out);

#endif

/*
 * checkers: many landings checked by several threads, and their findings handed on in the order in which they were put in.
 *
 * So many landings are held at a time and no more, so the answer for one that takes long holds up those behind it only so far. With
 * one job no thread is made. The zone is shared, a checker belongs to each thread. For one owner.
 */
#ifndef TG_LANDING_CHECKERS_H
#define TG_LANDING_CHECKERS_H

#include "common/landing/landed.h"

struct tg_checkers;

/* A landing, or something else that keeps its place among them. */
struct tg_checkers_item {
	struct tg_line line; /* copied; its text is not */
	bool check;	     /* else the finding is empty */
	bool bytes;	     /* of tg_checker_check */
	int kind;	     /* the owner's */
	struct tg_landed_finding finding;
};

typedef enum tg_status (*tg_checkers_take)(void *arg, const struct tg_checkers_item *item,
					   struct tg_error *err);

/* zone: its directory. TG_UNAVAILABLE: no threads. */
TG_MUST_USE enum tg_status tg_checkers_new(struct tg_checkers **pool, int zone, size_t jobs,
					   tg_checkers_take take, void *arg, struct tg_error *err);

/* Copies the item; `take` may be called for those before it. */
TG_MUST_USE enum tg_status tg_checkers_put(struct tg_checkers *pool,
					   const struct tg_checkers_item *item,
					   struct tg_error *err);

/* Until all that was put in has been taken. */
TG_MUST_USE enum tg_status tg_checkers_drain(struct tg_checkers *pool, struct tg_error *err);

/* Threads end after what they are at. */
void tg_checkers_free(struct tg_checkers **pool);

#endif

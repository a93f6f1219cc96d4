/*
 * upstream: inside run/: what chain.c keeps behind a tg_upstream, so that the lines can be made into documents (upstream.c) where
 * somebody wants that: a filter with --output judges too, and needs no jansson.
 */
#ifndef TG_RUN_UPSTREAM_H
#define TG_RUN_UPSTREAM_H

#include "common/run/chain.h"

struct tg_upstream_lines {
	struct tg_str file; /* in the directory of the log */
	struct tg_str start, finish;
};

struct tg_upstream_files {
	int dir;   /* the log's */
	bool sink; /* who judged lands what he read, and nobody needs the lines after him */
	struct tg_upstream_lines *lines;      /* one a stage */
	void (*drop)(struct tg_upstream *up); /* releases the documents; NULL: there are none */
};

#endif

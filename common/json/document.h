/*
 * document: a small JSON document held whole: a contract, a scheme, a layout. Read by the scanner, so that 0.01 and 2^64 keep their
 * spelling; it may be larger than a line, and its faults are named by line and column.
 */
#ifndef TG_JSON_DOCUMENT_H
#define TG_JSON_DOCUMENT_H

#include "common/base/memory.h"
#include "common/base/status.h"
#include "common/json/record.h"

/* Scans text into rec; text and spans are copied into arena. A leading BOM is skipped. TG_CONFIG names line and column. */
TG_MUST_USE enum tg_status tg_document_parse(struct tg_record *rec, struct tg_str text,
					     struct tg_arena *arena, struct tg_error *err);

/* Line and column, from 1, of a byte of text; columns count code points. */
void tg_document_locate(struct tg_str text, size_t at, uint64_t *line, uint64_t *column);

#endif

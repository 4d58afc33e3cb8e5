/*
 * store/textblock_priv.h - the texts of some logged predictions as one compressed value
 *
 * Rows of one model say nearly the same: together they take a tenth of what each takes alone, and less is written
 * to the disk for each.  A block is a zstd frame of: the number of rows, then for each the lengths of its two texts
 * (32 bits each, the lowest byte first), then all inputs, then all outputs.
 */
#ifndef HONE_STORE_TEXTBLOCK_PRIV_H
#define HONE_STORE_TEXTBLOCK_PRIV_H

#include "base/str.h"
#include "store/journal.h"

enum {
    HONE_BLOCK_ROWS = 256,
    HONE_BLOCK_FEW = 4,           /* fewer stay where they are */
    HONE_BLOCK_BYTES = 512 << 10, /* of texts; one more row may come on top */
    HONE_BLOCK_MOST = 64 << 20,   /* no block is larger: what says so is damaged */
};

/* How many of n rows the next block takes. */
size_t hone_block_span(const struct hone_logged_prediction *list, size_t n);

struct ZSTD_CCtx_s;
/* Pack rows; the bytes are in mem.  Fails: HONE_E_LIMIT without memory. */
enum hone_code hone_block_pack(struct hone_run *run, struct ZSTD_CCtx_s *zstd,
                               const struct hone_logged_prediction *list, size_t n,
                               struct hone_arena *mem, struct hone_str *out);

struct hone_block {
    size_t rows;
    const struct hone_str *inputs, *outputs; /* (rows) */
};
/* Unpack into mem.  Fails: HONE_E_FORMAT when it is no block. */
enum hone_code hone_block_open(struct hone_run *run, struct hone_str bytes,
                               struct hone_arena *mem, struct hone_block *out);

#endif

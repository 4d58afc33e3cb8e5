/*
 * table/keys_priv.h - columns as whole numbers, for sorting, grouping and joining
 */
#ifndef HONE_TABLE_KEYS_PRIV_H
#define HONE_TABLE_KEYS_PRIV_H

#include "table/table.h"

/* Rows are numbered by 32 bits here: more of them are HONE_E_LIMIT. */
enum hone_code hone_keys_check_rows(struct hone_run *run, size_t rows);

/*
 * One number per row: equal for equal values and, when ordered, in their order.  Missing ones are 0, values 1 to
 * span.  -0 is 0; NaN is one value, after all others.
 */
struct keys {
    uint64_t *code; /* (rows) */
    uint64_t span;
};
enum hone_code hone_keys_of(struct hone_run *run, const struct hone_column *c, bool ordered,
                            struct hone_arena *mem, struct keys *out);

/*
 * Order (key, row) pairs by the lowest `bits` bits of the key, keeping the order of equal ones; in place.  Radix
 * sort of 8 bits at a time, chunks counted and scattered in parallel.
 */
enum hone_code hone_keys_radix(struct hone_run *run, uint64_t *key, uint32_t *row, size_t n,
                               unsigned bits);

/* Numbers 0 .. n-1 for n distinct keys in order of first appearance.
 *   id     (rows) out
 *   first  (n) out, in mem: the row where each appeared; may be NULL */
enum hone_code hone_keys_dense(struct hone_run *run, const uint64_t *key, size_t rows,
                               uint64_t span, struct hone_arena *mem, uint32_t *id,
                               uint32_t **first, size_t *n);

/* The same for rows of several key columns together. */
enum hone_code hone_keys_dense_many(struct hone_run *run, const struct keys *keys,
                                    size_t n_keys, size_t rows, struct hone_arena *mem,
                                    uint32_t *id, uint32_t **first, size_t *n);

/* Rows of each id one after the other: those of id g are row[start[g]] .. row[start[g + 1]], ascending. */
enum hone_code hone_keys_lists(struct hone_run *run, const uint32_t *id, size_t rows, size_t n,
                               struct hone_arena *mem, uint32_t **start, uint32_t **row);

static inline unsigned keys_bits(uint64_t span)
{
    return span == 0 ? 0 : 64u - (unsigned)__builtin_clzll(span);
}

#endif

/* Sums of gradients by code: the loop that boosting spends its time in. */
#include "learn/gbt_priv.h"

/* How many rows ahead the codes are asked for. */
#define AHEAD 24

/* A row's codes, the group's first column in the lowest byte. */
static inline uint64_t codes_of(const uint8_t *code)
{
    uint64_t codes;
    memcpy(&codes, code, sizeof codes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    codes = __builtin_bswap64(codes);
#endif
    return codes;
}

/*
 * n columns of a group at once; n is a constant wherever this is inlined, so the inner loop
 * disappears.  One 16-byte load, add and store per column and row.
 */
static inline __attribute__((always_inline)) void add(size_t n,
                                                      const struct hone_gbt_lane *lane,
                                                      const uint8_t *code, size_t stride,
                                                      const uint32_t *row,
                                                      const struct hone_gbt_cell *ordered,
                                                      size_t rows, struct hone_gbt_cell *hist)
{
    struct hone_gbt_cell *at[HONE_GBT_GROUP];
    size_t shift[HONE_GBT_GROUP];

    for (size_t k = 0; k < n; k++) {
        at[k] = hist + lane->slot[k];
        shift[k] = 8 * (size_t)lane->lane[k];
    }
    for (size_t i = 0; i < rows; i++) {
        uint64_t codes = codes_of(code + row[i] * stride);
        if (i + AHEAD < rows) {
            __builtin_prefetch(code + row[i + AHEAD] * stride);
        }
        for (size_t k = 0; k < n; k++) {
            at[k][(codes >> shift[k]) & 255U].v += ordered[i].v;
        }
    }
}

/* All eight: the shifts are constants too, which measures 10 to 40 % faster. */
static void add_all(const struct hone_gbt_lane *lane, const uint8_t *code, size_t stride,
                    const uint32_t *row, const struct hone_gbt_cell *ordered, size_t rows,
                    struct hone_gbt_cell *hist)
{
    struct hone_gbt_cell *const a = hist + lane->slot[0], *const b = hist + lane->slot[1];
    struct hone_gbt_cell *const c = hist + lane->slot[2], *const d = hist + lane->slot[3];
    struct hone_gbt_cell *const e = hist + lane->slot[4], *const f = hist + lane->slot[5];
    struct hone_gbt_cell *const g = hist + lane->slot[6], *const h = hist + lane->slot[7];

    for (size_t i = 0; i < rows; i++) {
        uint64_t codes = codes_of(code + row[i] * stride);
        struct hone_gbt_cell s = ordered[i];
        if (i + AHEAD < rows) {
            __builtin_prefetch(code + row[i + AHEAD] * stride);
        }
        a[codes & 255U].v += s.v;
        b[(codes >> 8) & 255U].v += s.v;
        c[(codes >> 16) & 255U].v += s.v;
        d[(codes >> 24) & 255U].v += s.v;
        e[(codes >> 32) & 255U].v += s.v;
        f[(codes >> 40) & 255U].v += s.v;
        g[(codes >> 48) & 255U].v += s.v;
        h[codes >> 56].v += s.v;
    }
}

void hone_gbt_hist_add(const struct hone_gbt_lane *lane, const uint8_t *code, size_t stride,
                       const uint32_t *row, const struct hone_gbt_cell *ordered, size_t n,
                       struct hone_gbt_cell *hist)
{
    switch (lane->n) {
    case 1:
        add(1, lane, code, stride, row, ordered, n, hist);
        break;
    case 2:
        add(2, lane, code, stride, row, ordered, n, hist);
        break;
    case 3:
        add(3, lane, code, stride, row, ordered, n, hist);
        break;
    case 4:
        add(4, lane, code, stride, row, ordered, n, hist);
        break;
    case 5:
        add(5, lane, code, stride, row, ordered, n, hist);
        break;
    case 6:
        add(6, lane, code, stride, row, ordered, n, hist);
        break;
    case 7:
        add(7, lane, code, stride, row, ordered, n, hist);
        break;
    case 8:
        add_all(lane, code, stride, row, ordered, n, hist);
        break;
    default: /* no column of the group takes part */
        break;
    }
}

/*
 * profile/associate_priv.h - kernels and preparations shared by associations and targets
 */
#ifndef HONE_PROFILE_ASSOCIATE_PRIV_H
#define HONE_PROFILE_ASSOCIATE_PRIV_H

#include "profile/associate.h"
#include "profile/profile_priv.h"

/*
 * A column as classes: code (rows) 0..levels-1 in the order of the values, -1 where missing or not finite; in
 * mem.  level_row[k] is a row that has class k.  At most `most` levels, else *levels is 0 and nothing is
 * made.
 */
enum hone_code hone_column_codes(struct hone_run *run, const struct hone_column *c, size_t most,
                                 struct hone_arena *mem, int32_t **code, uint32_t **level_row,
                                 size_t *levels);

/*
 * Entries (n) of keys and rows, sorted: the ranks 1..n into rank[row], equal keys sharing their mean.
 */
void hone_rank_sorted(const struct hone_keyed *entry, size_t n, double *rank);

/* What a table of counts (rows, cols) says; row-major. */
struct hone_contingency {
    size_t n;
    double v, v_plain;
    double u_row,
        u_col; /* share of the uncertainty about the row (column) class that the other takes away */
    double information; /* mutual, in nats, less (r - 1) (c - 1) / 2n (Miller & Madow) */
    double row_entropy, col_entropy;
};
void hone_contingency(const uint32_t *count, size_t rows, size_t cols, size_t stride,
                      struct hone_contingency *out);

/* Correlation ratio from counts, sums and sums of squares of k groups; plain may be NULL. */
double hone_eta(const double *count, const double *sum, const double *square, size_t k,
                double *plain);

#endif

/*
 * prep/feature_stats.h - what the numbers of a feature are like
 *
 * Values that are NaN or infinite are not counted, nor are rows of weight 0.  weight NULL: all 1.
 */
#ifndef HONE_PREP_FEATURE_STATS_H
#define HONE_PREP_FEATURE_STATS_H

#include "prep/transform.h"

struct hone_moments {
    double weight;         /* of the rows that count; 0: there are none, and all else is 0 */
    double mean, variance; /* variance: divided by weight */
    double min, max;
};
struct hone_moments hone_moments_of(size_t rows, const float *x, const double *weight);

/* The values that count, ascending. */
struct hone_sorted {
    size_t n;
    const float *x; /* (n) */
    const double
        *up_to; /* (n) weight of this value and all before; NULL: the rows were not weighted */
    double weight; /* of all */
};
/* Fails: HONE_E_LIMIT. */
enum hone_code hone_sorted_of(struct hone_run *run, size_t rows, const float *x,
                              const double *weight, struct hone_arena *mem,
                              struct hone_sorted *out);

/*
 * The value that a share p of the rows lies below; 0 when there are none.  Without weights between the two nearest
 * (Hyndman & Fan type 7, as numpy); with weights the averaged inverse of the distribution, by which a row of
 * weight 2 is as good as two rows (their type 2).
 */
double hone_sorted_quantile(const struct hone_sorted *s, double p);

/* The distinct values among them: returns how many; value and weight (n) may be NULL. */
size_t hone_sorted_distinct(const struct hone_sorted *s, float *value, double *weight);

/* The weights of a matrix or column's rows, NULL when there are none. */
static inline const double *hone_weights_of(const struct hone_target *target)
{
    return target == NULL ? NULL : target->weight;
}

#endif

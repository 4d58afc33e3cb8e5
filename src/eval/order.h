/*
 * eval/order.h - sort row numbers by a value
 */
#ifndef HONE_EVAL_ORDER_H
#define HONE_EVAL_ORDER_H

#include "base/run.h"

/*
 * The rows 0..n-1 by ascending (or descending) value.
 *
 *   value    (n) any; -0 and 0 are equal, NaN counts as greater than infinity
 *   order    (n) is written
 *
 * Stable in both directions: equal values keep the order of their rows.  Cost O(n).
 * Fails: HONE_E_LIMIT when n is over UINT32_MAX or there is no memory.
 * Source: LSD radix sort on the order-preserving integer image of a double.
 */
enum hone_code hone_order_by(struct hone_run *run, size_t n, const double *value,
                             bool descending, uint32_t *order);

/* Sort the values themselves, ascending, in place.  Fails as hone_order_by. */
enum hone_code hone_sort_f64(struct hone_run *run, size_t n, double *value);

/* The quantile q in [0, 1] of n > 0 ascending values, by linear interpolation at q (n - 1). */
double hone_quantile_sorted(size_t n, const double *sorted, double q);

#endif

/*
 * table/group.h - groups of rows, and what they have in common
 *
 * Groups come in ascending order of their keys, missing ones last; a missing key is a group of its own.  Sums are
 * exact for integers and compensated for reals, in row order, so that they are the same with any number of
 * threads.  Missing values are passed over by every function but count of rows.
 */
#ifndef HONE_TABLE_GROUP_H
#define HONE_TABLE_GROUP_H

#include "table/table.h"

/* Name, result.  std and var divide by n - 1; median and quantile interpolate linearly (type 7 of Hyndman & Fan,
 * The American Statistician 50, 1996); first, last and any are of the values that are there. */
#define HONE_AGGREGATES(X)                                                                     \
    X(COUNT, "count")       /* int64: values that are there; rows without a column */          \
    X(DISTINCT, "distinct") /* int64 */                                                        \
    X(SUM, "sum")           /* int64 of bool and int64, else float64; 0 of none */             \
    X(MEAN, "mean")         /* float64 */                                                      \
    X(MIN, "min")           /* as the column; NaN only where there is nothing else */          \
    X(MAX, "max")                                                                              \
    X(STD, "std") /* float64; missing of fewer than two */                                     \
    X(VAR, "var")                                                                              \
    X(MEDIAN, "median")     /* float64 */                                                      \
    X(QUANTILE, "quantile") /* float64, at q */                                                \
    X(FIRST, "first")       /* as the column */                                                \
    X(LAST, "last")                                                                            \
    X(ANY, "any")

enum hone_aggregate_kind {
#define X(name, text) HONE_AGGREGATE_##name,
    HONE_AGGREGATES(X)
#undef X
        HONE_AGGREGATE_KINDS
};

struct hone_aggregate {
    enum hone_aggregate_kind kind;
    const char *column; /* NULL: rows; count only */
    double q;           /* quantile: 0 to 1 */
    const char *name;   /* of the result; NULL: "sum_amount", "count" */
};

const char *hone_aggregate_name(enum hone_aggregate_kind kind);

/* "sum(amount)", "quantile(age, 0.9) as p90", "count", "mean(x) as m", separated by commas; in mem.
 * Fails: HONE_E_ARG. */
enum hone_code hone_aggregate_parse(struct hone_run *run, struct hone_str text,
                                    struct hone_arena *mem, struct hone_aggregate **out,
                                    size_t *n);

/*
 * One row per group: the keys, then the aggregates.  No keys: one group of all rows.
 * Fails: HONE_E_NOT_FOUND, HONE_E_ARG (a function that the column's type has not), HONE_E_NUMERIC (a sum beyond
 * int64), HONE_E_CONFLICT (two results of one name), HONE_E_LIMIT.
 */
enum hone_code hone_table_group(struct hone_run *run, const struct hone_table *t,
                                const char *const *by, size_t n_by,
                                const struct hone_aggregate *aggregate, size_t n,
                                struct hone_arena *mem, struct hone_table **out);

/* The first row of each set of rows that are equal in the columns (n 0: in all), in their order. */
enum hone_code hone_table_distinct(struct hone_run *run, const struct hone_table *t,
                                   const char *const *columns, size_t n, struct hone_arena *mem,
                                   struct hone_table **out);

#endif

/*
 * table/sample.h - some rows of a table, by chance
 *
 * Which rows depends on run->seed and the number of rows only.
 */
#ifndef HONE_TABLE_SAMPLE_H
#define HONE_TABLE_SAMPLE_H

#include "table/table.h"

struct hone_sample {
    size_t n; /* rows wanted; 0: by fraction */
    double
        fraction; /* of the rows, 0 to 1 (above 1 with replacement); rounded to the nearest row */
    bool replace; /* a row may come more than once */
    const char
        *stratify; /* NULL, or a column: of each of its values (missing too) the same share, the
                             remainder to the largest fractions */
    const char *
        weight; /* NULL, or a number column: rows are drawn in proportion to it; missing and 0 never */
};

/*
 * The chosen rows in the order of the table.
 * Fails: HONE_E_ARG (more rows than there are without replacement, a share out of bounds, negative or non-finite
 * weights, weights with strata), HONE_E_NOT_FOUND, HONE_E_LIMIT.
 * Source, weighted without replacement: Efraimidis & Spirakis, Information Processing Letters 97, 2006.
 */
enum hone_code hone_table_sample(struct hone_run *run, const struct hone_table *t,
                                 const struct hone_sample *sample, struct hone_arena *mem,
                                 struct hone_table **out);

#endif

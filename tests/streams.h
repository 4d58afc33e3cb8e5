/* Streams of rows with known truth, for tests of drift. */
#ifndef HONE_TESTS_STREAMS_H
#define HONE_TESTS_STREAMS_H

#include "monitor/sketch.h"

/* How a window differs from its reference. */
struct change {
    double mean;   /* of "normal", in standard deviations */
    double spread; /* factor on its standard deviation; 0: 1 */
    double
        shape; /* share of it drawn from two humps with the same mean and standard deviation */
    double missing; /* added share of missing values of "ties" */
    double mix;     /* share of "city" moved to its second level */
    double unknown; /* share of "city" of a new level */
    double all;     /* every numeric column, in standard deviations of its underlying normal */
    double prediction; /* the answer alone, in its logit */
};

/*
 * rows rows of nine columns: "normal", "heavy" (lognormal of deviation 2), "tail" (Pareto of 1.5), "ties" (whole numbers 0
 * to 3, 5 % missing), "zeros" (62 % are 0), "counts" (whole numbers about 20), "city" (6 levels), "many" (400 levels),
 * "flag".  weight 0 to 1: how much of every column is the row's own number.  *answers is a column "prediction" that
 * depends on normal and ties; answers may be NULL.
 */
struct hone_table *stream_rows(struct hone_run *run, struct hone_arena *mem, uint64_t seed,
                               size_t rows, double weight, const struct change *change,
                               struct hone_table **answers);

/* Replace a window by the tables that its sketch turns into, as a server would keep it: numbers as floats, counted. */
void stream_sketch(struct hone_run *run, struct hone_arena *mem, const struct hone_reference *r,
                   struct hone_table **inputs, struct hone_table **answers);

#endif

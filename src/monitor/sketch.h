/*
 * monitor/sketch.h - what live data looks like, in constant memory
 *
 * Counts of values between the quantiles of a reference, and of its levels: all that the drift tests need, whatever
 * the number of rows.  A live sketch is written by one thread and may be read by any at any time; what was read
 * (counts) is added, subtracted, stored as JSON and turned back into a table that the drift tests take for
 * the window it came from: each column's empirical distribution is right at all 201 quantiles of the reference,
 * and so is the mean between any two of them.
 */
#ifndef HONE_MONITOR_SKETCH_H
#define HONE_MONITOR_SKETCH_H

#include <stdatomic.h>

#include "base/hash.h"
#include "monitor/reference.h"

#define HONE_SKETCH_EXAMPLE 48

/* --- live ---------------------------------------------------------------------------------------- */

struct hone_sketch_column {
    const struct hone_reference_column *reference;
    /* numbers: cell i holds edge[i - 1] < x <= edge[i]; the last is above all.  Edges of a float column are rounded
     * to float, as served values are.  Levels: one cell each, the last for any other. */
    size_t cells;
    double *edge;           /* (cells - 1); NULL for levels */
    struct hone_map level;  /* text to cell */
    _Atomic uint64_t *cell; /* (cells) */
    _Atomic double *sum;    /* (cells) of the values; NULL for levels */
    _Atomic uint64_t missing;
    _Atomic unsigned has_example; /* of a level that the reference does not know */
    char example[HONE_SKETCH_EXAMPLE];
};

struct hone_sketch {
    const struct hone_reference *reference; /* borrowed */
    struct hone_sketch_column *column;      /* (reference->cols) */
    _Atomic uint64_t rows;
};

/* An empty one, in mem. */
enum hone_code hone_sketch_new(struct hone_run *run, const struct hone_reference *reference,
                               struct hone_arena *mem, struct hone_sketch **out);

/* One value; only by the thread that owns the sketch.  NaN and infinities are missing. */
void hone_sketch_number(struct hone_sketch_column *c, double x);
void hone_sketch_level(struct hone_sketch_column *c, struct hone_str text);
void hone_sketch_missing(struct hone_sketch_column *c);

/* --- counts -------------------------------------------------------------------------------------- */

struct hone_counts_column {
    size_t cells;
    uint64_t *cell; /* (cells) as in the live sketch */
    double *sum;    /* (cells); NULL for levels */
    uint64_t missing;
    char example[HONE_SKETCH_EXAMPLE]; /* "": none */
};
struct hone_counts {
    uint64_t rows;
    size_t cols;
    struct hone_counts_column *column;
};

enum hone_code hone_counts_new(struct hone_run *run, const struct hone_reference *reference,
                               struct hone_arena *mem, struct hone_counts **out);
/* sum += what a live sketch has now; sum += more; sum -= less (which was counted before, of the same). */
void hone_counts_read(struct hone_counts *sum, const struct hone_sketch *sketch);
void hone_counts_add(struct hone_counts *sum, const struct hone_counts *more);
void hone_counts_subtract(struct hone_counts *sum, const struct hone_counts *less);

/*
 * Count a table as a server would have counted its rows one by one: inputs, and the model's answers (NULL: none; same
 * rows).  Columns that are not there are not counted.  Memory is that of one sketch; deterministic for any number of
 * threads.  Fails: HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_counts_of_table(struct hone_run *run,
                                    const struct hone_reference *reference,
                                    const struct hone_table *inputs,
                                    const struct hone_table *answers, struct hone_arena *mem,
                                    struct hone_counts **out);

/* {"rows", "columns": [{"name", "prediction", "missing", "cells": [[i, n, sum], ...], "example"}]}.  New reference. */
json_t *hone_counts_json(const struct hone_counts *counts,
                         const struct hone_reference *reference);
/* sum += counts that were written for the same reference.  Fails: HONE_E_FORMAT naming the column. */
enum hone_code hone_counts_parse(struct hone_run *run, const json_t *tree,
                                 const struct hone_reference *reference,
                                 struct hone_counts *sum);

/*
 * Tables for hone_drift_run: inputs, and predictions (NULL when the reference has none), with at most so many rows
 * (more are thinned evenly).  Rows of different columns do not belong together.
 * Fails: HONE_E_ARG when there are no rows; HONE_E_LIMIT.
 */
enum hone_code hone_counts_tables(struct hone_run *run, const struct hone_counts *counts,
                                  const struct hone_reference *reference, size_t most,
                                  struct hone_arena *mem, struct hone_table **inputs,
                                  struct hone_table **predictions);

#endif

/*
 * monitor/reference.h - what the data looked like when the model was made
 *
 * A few kilobytes per column, kept inside the model file: bins fixed from the reference, so that scores of
 * later windows can be compared with each other; a quantile grid; counts of the commonest levels.
 * Made from held-out rows and the model's predictions of them.  Any number of threads may read.
 */
#ifndef HONE_MONITOR_REFERENCE_H
#define HONE_MONITOR_REFERENCE_H

#include "base/json.h"
#include "table/table.h"

#define HONE_REFERENCE_BINS   10
#define HONE_REFERENCE_GRID   201
#define HONE_REFERENCE_LEVELS 100

struct hone_reference_column {
    const char *name;
    enum hone_type type;
    bool prediction; /* an output of the model, not an input */
    bool
        moves; /* a time, or whole numbers that run on (row ids): later rows differ by nature, so only
                   missing values are compared */
    bool levels_only;     /* counted by level (text, category, bool), else by number */
    size_t rows, missing; /* values that are NaN or infinite count as missing */
    /* numbers and times (days, µs) */
    size_t edges; /* at most HONE_REFERENCE_BINS - 1: bin b holds edge[b-1] < x <= edge[b] */
    double edge[HONE_REFERENCE_BINS];
    double bin[HONE_REFERENCE_BINS];  /* rows in each of the edges + 1 bins */
    double grid[HONE_REFERENCE_GRID]; /* quantiles 0, 0.5, ... 100 % */
    double upto
        [HONE_REFERENCE_GRID]; /* rows at or below each: with ties more than the quantile says */
    double mean, std, min, max; /* std with n - 1 */
    /* levels */
    size_t levels; /* listed, the commonest first, then in byte order */
    struct hone_str *level;
    double *count; /* (levels) rows */
    double other;  /* rows of levels that are not listed */
    /*
     * Where not all levels are listed, those that are were chosen for being common here, so their counts are too
     * high on average and the rest's too low.  Half of the rows choose, the other half count fairly.
     */
    double *fair; /* (levels) rows of the second half; NULL: all levels are listed */
    double fair_other;
    size_t distinct; /* levels in all */
    size_t once;     /* levels seen in one row: how likely a new one is (Good-Turing) */
};

struct hone_reference {
    size_t rows;
    size_t cols; /* inputs, then predictions */
    struct hone_reference_column *column;
};

/*
 * Describe a table, and predictions beside it (NULL: none; same rows).  Vector and binary columns, and
 * text of which most values differ, are left out.  Deterministic for any number of threads.
 * Fails: HONE_E_ARG when there are no rows; HONE_E_SHAPE when the tables have different lengths; HONE_E_LIMIT.
 */
enum hone_code hone_reference_make(struct hone_run *run, const struct hone_table *table,
                                   const struct hone_table *predictions, struct hone_arena *mem,
                                   struct hone_reference **out);

/* As JSON (docs/monitor.md) and back; the same reference gives the same bytes.  New reference.
 * hone_reference_parse fails: HONE_E_FORMAT naming the column. */
json_t *hone_reference_json(const struct hone_reference *reference);
enum hone_code hone_reference_parse(struct hone_run *run, const json_t *tree,
                                    struct hone_arena *mem, struct hone_reference **out);

/* The column of that name, or NULL. */
const struct hone_reference_column *hone_reference_find(const struct hone_reference *reference,
                                                        struct hone_str name, bool prediction);

#endif

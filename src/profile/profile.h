/*
 * profile/profile.h - what is in a table, column by column
 */
#ifndef HONE_PROFILE_PROFILE_H
#define HONE_PROFILE_PROFILE_H

#include "base/json.h"
#include "table/table.h"

#define HONE_PROFILE_QUANTILES 9 /* 0, 1, 5, 25, 50, 75, 95, 99, 100 percent */
#define HONE_PROFILE_BINS      20
#define HONE_PROFILE_TOP       10

struct hone_top_value {
    const char *text;
    size_t count;
};

struct hone_column_profile {
    const char *name;
    enum hone_type type;
    size_t rows, missing;
    size_t distinct; /* exact, missing not counted */
    /* numbers and times (days, µs); NaN when there are none */
    double min, max, mean, std;              /* std with n - 1 */
    double quantile[HONE_PROFILE_QUANTILES]; /* linear interpolation, as numpy's default */
    size_t zeros, negatives, infinite;
    double bin_edge[HONE_PROFILE_BINS + 1]; /* equal width over [min, max] */
    size_t bin_count[HONE_PROFILE_BINS];
    size_t bins; /* 0: no histogram */
    /* text and category: lengths in characters */
    size_t shortest, longest;
    struct hone_top_value top[HONE_PROFILE_TOP]; /* most frequent, then byte order; all types */
    size_t top_n;
    /* notes for people: "constant", "id-like: every value differs", "92 % missing", ... */
    const char *note[6];
    size_t notes;
};

struct hone_profile {
    size_t rows, cols, missing_cells;
    size_t duplicate_rows;              /* rows equal to an earlier one */
    size_t bytes;                       /* of the buffers */
    struct hone_column_profile *column; /* (cols) */
};

/* Exact, in parallel over columns.  Fails: HONE_E_LIMIT, HONE_E_CANCELLED. */
enum hone_code hone_table_profile(struct hone_run *run, const struct hone_table *t,
                                  struct hone_arena *mem, struct hone_profile **out);

/* The same as JSON (the shape is documented in docs/table.md). New reference. */
json_t *hone_profile_json(const struct hone_profile *profile);

#endif

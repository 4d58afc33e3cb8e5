/*
 * profile/diff.h - what changed between two tables
 *
 * Columns by name; rows by a key, or without one as bags of equal rows; distributions of the columns both
 * have.  Cells are equal when their values are: 1 and 1.0, a text and the category of the same word, a date and its
 * midnight; columns of other kinds are compared as they are printed.  Two missing cells are equal.
 */
#ifndef HONE_PROFILE_DIFF_H
#define HONE_PROFILE_DIFF_H

#include "base/part.h"
#include "table/table.h"

#define HONE_DIFF_EXAMPLES 5
#define HONE_DIFF_ROWS     10 /* examples of added and removed rows */
#define HONE_DIFF_LEVELS   5

struct hone_diff_options {
    const char *name_a, *name_b; /* for messages; NULL: "the first table", "the second table" */
    struct hone_texts key; /* columns that together name a row; none: rows are compared whole */
    double absolute,
        relative; /* numbers are equal when they differ by at most absolute, or relative times the
                                  greater of both; with a key only */
};

struct hone_diff_example {
    size_t row_a, row_b;
    const char *key, *old_value, *new_value; /* texts; NULL: missing */
};

enum hone_shift {
    HONE_SHIFT_NONE,
    HONE_SHIFT_SMALL, /* more than chance, too little to matter */
    HONE_SHIFT_MODERATE, /* PSI from 0.1 on, or the largest gap of the distribution functions from 0.1 on */
    HONE_SHIFT_LARGE, /* PSI from 0.25 on, or that gap from 0.2 on */
};
/* "none", "small", "moderate", "large". */
const char *hone_shift_name(enum hone_shift shift);

struct hone_diff_column {
    const char *name;
    size_t a, b; /* places; SIZE_MAX: it is not there */
    enum hone_type type_a, type_b;
    bool retyped; /* of another kind: text and category are one kind */
    bool moved;   /* stands in another order among the columns both have */
    bool as_text; /* the kinds are so different that what is printed was compared */
    bool key;
    /* cells of rows that both have, with a key */
    size_t changed, appeared,
        vanished; /* all; from missing to a value; from a value to missing */
    size_t examples;
    struct hone_diff_example example[HONE_DIFF_EXAMPLES];
    /* distributions */
    size_t n_a, n_b, missing_a, missing_b; /* values, missing cells */
    bool number;                           /* the six below */
    double mean_a, mean_b, median_a, median_b;
    double std_a; /* to put the shift of the mean in proportion */
    double ks;    /* largest gap of the distribution functions */
    double psi;   /* over tenths of the first table, or over categories; NaN: too many */
    double p;     /* of a shift this large by chance (Kolmogorov-Smirnov, chi-squared) */
    size_t levels_a, levels_b; /* categories; 0: too many */
    size_t new_levels, lost_levels, new_rows, lost_rows;
    const char *new_level[HONE_DIFF_LEVELS],
        *lost_level[HONE_DIFF_LEVELS]; /* the most frequent */
    enum hone_shift shift;
};

struct hone_diff {
    size_t rows_a, rows_b, cols_a, cols_b;
    bool keyed;
    bool equal;                           /* same columns in the same order, same rows */
    bool reordered;                       /* same rows, not in the same order */
    size_t same, changed, added, removed; /* rows; changed with a key only */
    size_t cells;                         /* changed */
    size_t columns_added, columns_removed, columns_retyped, columns_moved;
    size_t n;
    struct hone_diff_column *column; /* (n) of the first table, then what only the second has */
    const char *key;                 /* "id, day"; NULL: none */
    uint32_t *removed_row;           /* (removed) rows of a */
    uint32_t *added_row;             /* (added) rows of b */
    uint32_t *changed_row;           /* (changed, 2) of a, of b */
    const char *unique; /* without a key: a column that would do as one; NULL: none */
};

/*
 * Compare.  Deterministic for any number of threads.
 * Fails: HONE_E_NOT_FOUND (a key column that is not in both), HONE_E_CONFLICT (a key that is missing or stands in
 * several rows: says which), HONE_E_SHAPE (no column in common), HONE_E_ARG (tolerances without a key),
 * HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_table_diff(struct hone_run *run, const struct hone_table *a,
                               const struct hone_table *b,
                               const struct hone_diff_options *options, struct hone_arena *mem,
                               struct hone_diff **out);

/*
 * The differing rows as a table: the columns both have, after a column _change: removed, added, old, new (a changed
 * row is two, one after the other).
 */
enum hone_code hone_diff_rows(struct hone_run *run, const struct hone_table *a,
                              const struct hone_table *b, const struct hone_diff *diff,
                              struct hone_arena *mem, struct hone_table **out);

/* The shape is documented in docs/profile.md.  New reference. */
json_t *hone_diff_json(const struct hone_diff *diff);

#endif

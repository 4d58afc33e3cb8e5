/*
 * profile/profile.h - what is in a table, column by column
 *
 * Every figure is exact: counts are whole, quantiles come from sorted values, distinct texts are compared
 * and not only hashed.  Where a figure is taken from a part only (shapes of texts, columns missing
 * together), its member says which.  How columns hang together is profile/associate.h, a call of its own.
 */
#ifndef HONE_PROFILE_PROFILE_H
#define HONE_PROFILE_PROFILE_H

#include "base/json.h"
#include "table/table.h"

#define HONE_PROFILE_QUANTILES 9 /* 0, 1, 5, 25, 50, 75, 95, 99, 100 percent */
#define HONE_PROFILE_BINS      40
#define HONE_PROFILE_TOP       10
#define HONE_PROFILE_SHAPES    5
#define HONE_PROFILE_ENDS      3
#define HONE_PROFILE_NOTES     10
#define HONE_PROFILE_PATTERNS  8

struct hone_top_value {
    const char *text; /* cut after 199 bytes */
    size_t count;
};

/*
 * Bars.  Bar b counts the values with edge[b] <= x < edge[b + 1]; of float columns the last bar also those
 * at edge[bins].  Edges are round numbers; of whole numbers each bar holds equally many; of long times
 * they are the first days of months or years.
 */
struct hone_histogram {
    size_t bins; /* 0: none */
    bool
        each; /* the values stand on a grid of few points and each bar is one of them: edge[b] */
    bool log;                           /* edges 1, 2, 5, 10, 20 ... */
    double edge[HONE_PROFILE_BINS + 1]; /* numbers; days or µs for times */
    size_t count[HONE_PROFILE_BINS];
    size_t below, above; /* values that no bar holds */
};

/* A value at an end of the column, and the first row that has it. */
struct hone_extreme {
    double value;
    size_t row, count;
};

/* Days or µs of a figure as a whole number; what lies beyond all calendars becomes the last that can be told. */
static inline int64_t hone_profile_moment(double x)
{
    return x >= 9.2e18    ? INT64_C(9200000000000000000)
           : x <= -9.2e18 ? -INT64_C(9200000000000000000)
                          : (int64_t)(x < 0 && x != (double)(int64_t)x ? x - 1 : x);
}

/* What stands out: the most important first.  weight is 0 to 1; from 0.5 on it wants a look. */
struct hone_profile_note {
    const char
        *kind; /* "constant", "all_missing", "outliers", ...: docs/profile.md lists them */
    const char *text; /* for people */
    double weight;
};

enum hone_id_kind {
    HONE_ID_NONE,
    HONE_ID_UNIQUE,   /* every value differs: whole numbers or texts */
    HONE_ID_SEQUENCE, /* each is one more than the one before */
    HONE_ID_HASH,     /* texts of hexadecimal digits, UUIDs included, almost all different */
};
/* "none", "unique", "sequence", "hash". */
const char *hone_id_kind_name(enum hone_id_kind kind);

/* Numbers: what the moments do not say. */
struct hone_spread {
    double iqr;                 /* 75 % minus 25 % */
    double mad;                 /* median of |x - median|, not scaled */
    double low_fence, hi_fence; /* quartiles -/+ 1.5 iqr (Tukey) */
    size_t low_out, high_out;   /* values beyond the fences */
    size_t robust_out; /* values with |x - median| > 3.5 * 1.4826 mad; 0 when mad is 0 */
    struct hone_extreme low[HONE_PROFILE_ENDS],
        high[HONE_PROFILE_ENDS]; /* lowest, highest first */
    size_t lows, highs;
};

/* Dates and times, UTC. */
struct hone_times {
    size_t weekday[7]; /* rows, Monday first */
    size_t month[12];
    size_t hour[24]; /* timestamps */
    size_t midnight; /* timestamps at 00:00:00 */
    double
        step; /* the most frequent distance of neighbouring distinct values, days or µs; NaN */
    double step_share;    /* of all such distances */
    size_t gaps;          /* distances over 1.5 steps where step_share is at least 0.5 */
    double gap, gap_from; /* the widest, and the value before it; NaN */
    size_t future;        /* after the run's now */
};

/* Texts and categories; lengths in characters. */
struct hone_texts_profile {
    size_t shortest, longest;
    double mean_length, mean_words;
    size_t most_words;
    struct hone_histogram length;
    size_t empty;    /* "" and blanks only */
    size_t blanks;   /* rows with blanks at an end, the empty ones not counted */
    size_t control;  /* rows with control characters other than tab and line ends */
    size_t numeric;  /* rows that read as decimal numbers */
    size_t datelike; /* rows shaped as dates: 9999-99-99, 99/99/9999, 99.99.99 ... */
    size_t variants; /* distinct values that differ from another in case or outer blanks only */
    const char *variant
        [HONE_PROFILE_ENDS]; /* some that are one: "Pune", "pune", "PUNE"; NULL: no more */
    struct hone_top_value shape[HONE_PROFILE_SHAPES]; /* "AAA-999": the most frequent first */
    size_t shapes;
    size_t
        shaped; /* rows that have a shape: texts of 1 to 40 bytes, for the first 2048 shapes */
    bool shape_runs; /* shapes with runs folded ("A+-9+"), as the exact ones are too many */
};

struct hone_column_profile {
    const char *name;
    enum hone_type type;
    size_t rows, missing;
    size_t distinct; /* missing not counted */
    /* numbers and times (days, µs), of the finite values; NaN when there are none */
    double min, max, mean, std; /* std with n - 1 */
    double sum, skewness,
        kurtosis; /* skewness and excess kurtosis without bias, as pandas; NaN where undefined */
    double quantile[HONE_PROFILE_QUANTILES]; /* linear interpolation, as numpy's default */
    size_t zeros, negatives, infinite, nans;
    struct hone_spread spread;
    struct hone_histogram histogram; /* over the whole range */
    struct hone_histogram
        zoom; /* where the whole range squeezes nearly all rows into few bars: on a log scale,
                                   or without both ends */
    bool rising, falling, strictly; /* in row order; strictly: without repeats */
    struct hone_times times;
    struct hone_texts_profile texts;
    struct hone_top_value top[HONE_PROFILE_TOP]; /* most frequent, then smaller; all types */
    size_t top_n;
    enum hone_id_kind id;
    const char *same_as;  /* an earlier column with the same cells; NULL: none */
    const char *personal; /* kind of personal data whose values are hidden; NULL: none */
    struct hone_profile_note note[HONE_PROFILE_NOTES];
    size_t notes;
};

/* Rows in which exactly these columns are missing. */
struct hone_missing_pattern {
    size_t rows;
    const size_t *column; /* (n) ascending; none: nothing is missing */
    size_t n;
};

struct hone_missing_pair {
    size_t a, b;         /* columns */
    size_t both, either; /* rows */
};

struct hone_missingness {
    size_t columns;  /* with something missing, at most 64 of them looked at: the first ones */
    bool bounded;    /* there are more */
    size_t complete; /* rows without any missing cell, in the columns looked at */
    size_t patterns; /* different ones */
    struct hone_missing_pattern pattern[HONE_PROFILE_PATTERNS]; /* the most frequent first */
    size_t pattern_n;
    struct hone_missing_pair
        *pair; /* missing together far more than by chance, closest first */
    size_t pairs;
};

struct hone_profile {
    size_t rows, cols, missing_cells;
    size_t duplicate_rows;       /* rows equal to an earlier one */
    size_t duplicate_example[2]; /* the first such row, and what it repeats */
    size_t bytes;                /* of the buffers */
    struct hone_missingness missingness;
    struct hone_column_profile *column; /* (cols) */
};

/* Exact, in parallel over columns.  Fails: HONE_E_LIMIT (also over UINT32_MAX rows), HONE_E_CANCELLED. */
enum hone_code hone_table_profile(struct hone_run *run, const struct hone_table *t,
                                  struct hone_arena *mem, struct hone_profile **out);

/*
 * Note that a column holds personal data of some kind, why being told as a note.  With hide its values are taken
 * out of the profile: frequent values and examples become dots, ranges and moments go, counts and shapes stay.
 * kind and why are borrowed.  Does nothing for an unknown column.
 */
void hone_profile_mark(struct hone_profile *profile, const char *column, const char *kind,
                       const char *why, bool hide);

/* A note with the columns it is about: those of which the same can be said stand together. */
struct hone_profile_finding {
    struct hone_profile_note note;
    size_t *column; /* (columns) */
    size_t columns;
};
/* The notes of all columns, the most important first; in mem. */
enum hone_code hone_profile_findings(struct hone_run *run, const struct hone_profile *profile,
                                     struct hone_arena *mem,
                                     struct hone_profile_finding **finding, size_t *n);

/* The same as JSON (the shape is documented in docs/profile.md). New reference. */
json_t *hone_profile_json(const struct hone_profile *profile);

#endif

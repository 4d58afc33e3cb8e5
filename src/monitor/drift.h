/*
 * monitor/drift.h - is this window of data like the reference?
 *
 * Each test measures one kind of difference, in the units that Evidently's test of the same name uses, with
 * a p-value that knows the sizes of window and reference.  Tests that ask the same of a column are
 * combined into one p-value (Liu & Xie, JASA 115, 2020: nominal however much they depend on each other), and those of
 * all columns are adjusted together (Benjamini & Hochberg), so that alpha is the chance that a window like the
 * reference has any significant difference: of independent columns alpha, of dependent ones at most.  A column has
 * drifted when a test is significant and its value is large enough to matter.
 */
#ifndef HONE_MONITOR_DRIFT_H
#define HONE_MONITOR_DRIFT_H

#include "base/part.h"
#include "monitor/reference.h"

enum hone_drift_state {
    HONE_DRIFT_INSUFFICIENT, /* too few rows to tell */
    HONE_DRIFT_NONE,
    HONE_DRIFT_POSSIBLE, /* significant at 3 alpha, and half as large as matters */
    HONE_DRIFT_FOUND,
};
/* "insufficient", "none", "possible", "drift". */
const char *hone_drift_state_name(enum hone_drift_state state);

/* What a test sees: a reference column and the window's counts and values of the same. */
struct hone_drift_null;
struct hone_drift_sample {
    const struct hone_reference_column *reference;
    size_t rows, missing; /* of the window */
    size_t n;             /* values: rows - missing */
    double m;             /* values of the reference that expected counts */
    const double *sorted; /* (n) ascending; numbers */
    size_t cells; /* bins or levels, so merged that each can be expected to hold 5 rows */
    const double *expected; /* (cells) counts of the reference */
    const double *seen;     /* (cells) counts of the window */
    /* numbers: the distinct points of the reference's grid, and the shares of values at or below */
    size_t points;
    const double *point; /* (points) ascending */
    const double *share; /* (points) of the reference */
    const double *here;  /* (points) of the window */
    size_t unseen;       /* rows of levels that the reference does not know */
    const char *example; /* one of those levels; NULL: none */
    uint64_t seed;       /* of simulations */
    struct hone_drift_null
        *null; /* what was simulated before for this column; NULL: nothing is kept */
};

/* What a test asks.  Tests that ask the same of a column are one when errors are counted. */
enum hone_drift_question {
    HONE_DRIFT_OF_VALUES,
    HONE_DRIFT_OF_MISSING,
    HONE_DRIFT_OF_NEW,
    HONE_DRIFT_QUESTIONS
};

struct hone_drift_test {
    struct hone_part part;
    enum hone_drift_question question;
    bool numbers, levels; /* which columns it applies to */
    double floor;         /* from this value on a difference matters */
    /* value, and p, NaN when no window of these sizes could be significant at alpha; limit: what value the sizes alone
     * reach in one of alpha cases.
     * Fails: HONE_E_LIMIT. */
    enum hone_code (*measure)(struct hone_run *run, const struct hone_drift_sample *s,
                              double alpha, double *value, double *p, double *limit);
};

/* All tests in the order of drifts.def, ended by NULL (each points to the part member). */
extern const struct hone_part *const hone_drift_tests[];

/*
 * What chance gives, simulated once per column and size class of the window: for callers that compare many windows
 * with one reference.  In mem; one hone_drift_run at a time may use it.
 */
#define HONE_DRIFT_CLASSES 21
#define HONE_DRIFT_LEVELS  11
struct hone_drift_law {
    double at[HONE_DRIFT_LEVELS]; /* reached in 95, 90, 80 ... 10, 5 % of windows */
    double rate;                  /* beyond: exp(-x² / rate) */
    bool mills;                   /* and 1 / x */
};
struct hone_drift_laws {
    bool known;
    double cut; /* the area is of points with share (1 - share) from here on */
    struct hone_drift_law gap, area;
};
struct hone_drift_null {
    struct hone_drift_laws size[HONE_DRIFT_CLASSES];
};
struct hone_drift_cache {
    size_t cols;
    struct hone_drift_null *column; /* (cols) as in the reference */
};
enum hone_code hone_drift_cache_new(struct hone_run *run,
                                    const struct hone_reference *reference,
                                    struct hone_arena *mem, struct hone_drift_cache **out);

struct hone_drift_options {
    double alpha;       /* 0: 0.01 */
    double drift_share; /* the data has drifted from this share of columns on; 0: from one */
    size_t least_rows;  /* 0: 30 */
    struct hone_texts tests;        /* names; none: all */
    struct hone_drift_cache *cache; /* of this reference; NULL: none */
};

struct hone_drift_result {
    const struct hone_drift_test *test;
    double value;
    double threshold;  /* max(floor, what chance gives at these sizes) */
    double p;          /* of this test alone */
    double p_adjusted; /* of its question among all, and not below p */
    enum hone_drift_state state;
};

/* A bin or level, for drawing reference and window over each other. */
#define HONE_DRIFT_CELLS 12
struct hone_drift_cell {
    const char *label;        /* "18 to 24", "Paris", "other levels" */
    double reference, window; /* shares of the values */
    size_t at; /* bin or level of the reference; SIZE_MAX: all that has no cell of its own */
};

struct hone_drift_column {
    const struct hone_reference_column *reference;
    size_t cells;
    struct hone_drift_cell
        *cell; /* (cells) bins in order, or the commonest levels; none without values */
    enum hone_drift_state state;
    size_t n;
    struct hone_drift_result *result;        /* (n) in the order of drifts.def */
    const struct hone_drift_result *leading; /* the one that says most; NULL: none */
    double
        score; /* for ranking: how many times its floor the leading value is, if significant */
    const char *message; /* one sentence for people */
};

struct hone_drift_report {
    size_t rows;
    enum hone_drift_state state;
    size_t cols, drifted, possible; /* inputs and predictions */
    bool prediction_drifted;
    struct hone_drift_column *column; /* (cols) the most drifted first */
    size_t absent_n;
    const char **absent; /* (absent_n) inputs of the reference that the window lacks */
};

/*
 * Compare a window with the reference.  predictions are the model's answers for the same rows (NULL: none).
 * Columns that the reference does not know are passed over.  Deterministic for any number of threads.
 * Fails: HONE_E_ARG for an unknown test; HONE_E_SHAPE when lengths differ; HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_drift_run(struct hone_run *run, const struct hone_reference *reference,
                              const struct hone_table *window,
                              const struct hone_table *predictions,
                              const struct hone_drift_options *options, struct hone_arena *mem,
                              struct hone_drift_report **out);

/* The cell that gained most; NULL where there are not two. */
const struct hone_drift_cell *hone_drift_grown(const struct hone_drift_column *column);

/* The report as JSON (docs/monitor.md; new reference), with the cells of its columns if asked, and as lines for people. */
json_t *hone_drift_json(const struct hone_drift_report *report, bool cells);
void hone_drift_text(const struct hone_drift_report *report, struct hone_buf *out);

#endif

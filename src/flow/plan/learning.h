/*
 * flow/plan/learning.h - what more rows would do for a model
 *
 * A learning curve: one recipe and one estimator, fitted on nested parts of the training rows that grow
 * geometrically, each part with the classes (or tenths of the target) in their shares, and always scored on the same
 * held-out rows; again with other held-out rows and other parts.  Whole groups are held out where groups were split,
 * the latest rows where time was.  A law is fitted to the scores
 * (flow/plan/learning_law.h) and says what to expect of more rows; the gap between training and held-out rows says
 * whether the model learns by heart.
 *
 * The work is fixed by the rows alone, so the same inputs give the same curve with any number of threads; only
 * `most_seconds` makes it depend on the clock, and then `cut` says so.
 */
#ifndef HONE_FLOW_PLAN_LEARNING_H
#define HONE_FLOW_PLAN_LEARNING_H

#include "base/json.h"
#include "eval/bootstrap.h"
#include "flow/plan/learning_law.h"
#include "flow/train/quick.h"

#define HONE_LEARNING_ROWS 20000 /* of the largest size, unless said otherwise */

struct hone_learning_how {
    struct hone_quick quick;
    const struct hone_metric *metric;
    size_t most_rows; /* of the largest size; 0: HONE_LEARNING_ROWS */
    size_t repeats;   /* 0: 10 below 3,000 rows, else 5; at least 2 */
    size_t now;       /* rows that the model would be trained on today; 0: all that are given */
    double most_seconds; /* no further repeat after these, once there are two; 0: no bound */
};

/* Mean over the repeats with 95 % interval (Student's t). */
struct hone_learning_point {
    size_t rows;
    double train, train_low, train_high;
    double valid, valid_low, valid_high;
};

/* What to expect of so many rows, in the metric's own direction. */
struct hone_outlook {
    double times, rows;         /* times the rows of today */
    struct hone_forecast score; /* as it would be measured on other rows than these */
    struct hone_forecast gain;  /* over today's rows, greater is better whatever the metric */
};

enum { HONE_OUTLOOKS = 4 }; /* 1, 2, 4 and 10 times */

struct hone_learning {
    const struct hone_metric *metric;
    const char *estimator;
    size_t rows; /* that took part */
    size_t now;
    size_t sizes, repeats;
    bool cut;                          /* most_seconds ended it */
    struct hone_learning_point *point; /* (sizes) */
    double *train, *valid;             /* (repeats, sizes) */
    /* answers of the largest size for rows held out, each row once */
    size_t pooled;
    size_t *place;            /* (pooled) among the rows that were given */
    double *y;                /* (pooled) */
    double *prob;             /* (pooled, classes) */
    double *weight;           /* (pooled) of the rows in metrics; NULL: all 1 */
    struct hone_interval top; /* of the metric over them */
    struct hone_law_fit law;  /* oriented: greater is better */
    struct hone_outlook outlook[HONE_OUTLOOKS];
    double seconds;
};

/*
 * Measure the curve on training rows.  Progress counts rows fitted.
 * Fails: HONE_E_ARG for fewer than 40 rows, or where the metric is undefined on a held-out part; as hone_quick_fit.
 */
enum hone_code hone_learning_curve(struct hone_run *run, const struct hone_rows *rows,
                                   const struct hone_learning_how *how, struct hone_arena *mem,
                                   struct hone_learning *out);

/* The forecast for a number of rows, in the metric's direction. */
enum hone_code hone_learning_outlook(struct hone_run *run, const struct hone_learning *l,
                                     double rows, struct hone_outlook *out);

/* Rows needed for the metric to reach a bound (in its own direction). */
enum hone_code hone_learning_rows(struct hone_run *run, const struct hone_learning *l,
                                  double bound, struct hone_rows_needed *out);

enum hone_learning_kind {
    HONE_LEARNING_NOTHING, /* no better than the baseline: no signal, or not with these rows */
    HONE_LEARNING_OVER,    /* overfitting: far better on rows it learned from */
    HONE_LEARNING_UNDER,   /* underfitting: another estimator does better than its gap */
    HONE_LEARNING_MORE,    /* more rows would help */
    HONE_LEARNING_PLATEAU, /* more rows of this kind would not */
    HONE_LEARNING_UNSURE,  /* the scores are too noisy to say */
};
/* "no signal", "overfitting", "underfitting", "more rows would help", "plateau", "insufficient evidence" */
const char *hone_learning_kind_name(enum hone_learning_kind kind);

struct hone_learning_verdict {
    enum hone_learning_kind kind;
    bool more_rows; /* more rows would help, whatever else is wrong */
    const char *reason[6];
    size_t reasons;
    const char *advice;
};

/* What the same rows give otherwise. */
struct hone_learning_peers {
    double baseline;   /* metric of the baseline on the held-out rows */
    const char *rival; /* name of another estimator; NULL: none was tried */
    double rival_score;
    struct hone_comparison
        against_rival; /* rival (b) against this one (a) on the pooled rows */
};

/* Texts in mem. */
void hone_learning_judge(const struct hone_learning *l, const struct hone_learning_peers *peers,
                         struct hone_arena *mem, struct hone_learning_verdict *out);

/* {"metric", "points": [...], "law", "outlook": [...], "verdict", ...}; verdict may be NULL.  New reference. */
json_t *hone_learning_json(struct hone_run *run, const struct hone_learning *l,
                           const struct hone_learning_verdict *verdict);

#endif

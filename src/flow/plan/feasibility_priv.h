/*
 * flow/plan/feasibility_priv.h - a study at work: what its parts find out and hand on
 */
#ifndef HONE_FLOW_PLAN_FEASIBILITY_PRIV_H
#define HONE_FLOW_PLAN_FEASIBILITY_PRIV_H

#include "check/finding.h"
#include "flow/plan/feasibility.h"
#include "flow/plan/learning.h"
#include "flow/train/goal.h"

/* An estimator tried on a part of the rows. */
struct hone_study_try {
    const struct hone_estimator *estimator;
    void *settings;
    double score, seconds;
    size_t fit_rows;
    double *prob; /* (held rows, classes) */
};

/* Rows that have all their features in common: what no model can tell apart. */
struct hone_study_ceiling {
    size_t rows;   /* that share their features with another row */
    size_t groups; /* of them */
    size_t torn;   /* classes: rows that are not of their group's most frequent class */
    double
        best; /* classes: accuracy, regression: RMSE that can not be passed, as far as these rows say */
};

/* Labels that the model is sure are others. */
struct hone_study_labels {
    size_t of;      /* rows of which the model is sure */
    size_t rows;    /* of these, with another label */
    double allowed; /* so many its own probabilities allow for */
    size_t shown;
    size_t row[10];  /* the worst, rows of the table */
    double sure[10]; /* probability of the other class */
    const char *given[10], *other[10];
};

/* What rows are worth, per row. */
struct hone_study_worth {
    double threshold;
    struct hone_interval model, gain; /* gain: over the better of never and always */
    double never, always;
};

struct hone_study {
    const struct hone_job *job;
    const struct hone_feasibility_settings *set;
    struct hone_arena *mem;
    struct hone_table *data;
    struct hone_read_report report;
    struct hone_prepared p;
    struct hone_goals goals;
    struct hone_findings *findings;
    struct hone_recipe *recipe;
    const struct hone_metric *metric;
    size_t tries;
    struct hone_study_try *tried; /* best first; the baseline last */
    struct hone_rows fit, held;   /* rows that the tries were fitted and scored on */
    struct hone_learning_peers peers;
    struct hone_learning learning;
    struct hone_learning_verdict verdict;
    bool too_good;       /* the score is nearly perfect */
    const char *leak;    /* column that carries nearly all of a score that is too good; NULL */
    double leak_share;   /* of the importance */
    double without_leak; /* the score without it */
    struct hone_study_ceiling ceiling;
    struct hone_study_labels labels;
    bool worthy; /* worth is there */
    struct hone_study_worth worth;
    struct hone_interval *reached; /* (goals.n) on the pooled rows */
    struct hone_rows_needed *need; /* (goals.n) of goals of the curve's metric */
    double train_seconds;          /* that a full training would take, about */
};

/* A failed check that a column comes from the outcome. */
bool hone_study_leaks(const struct hone_finding *f);

/* The pooled answers of the curve's largest size beside the truth. */
struct hone_prediction hone_study_pooled(const struct hone_study *s);

/* Answers that no model can pass, suspicious labels, a column that is too good. */
enum hone_code hone_study_look(struct hone_run *run, struct hone_study *s);
/* What the answers are worth; goals->valued. */
enum hone_code hone_study_value(struct hone_run *run, struct hone_study *s);

/* Go or not, and why, each reason tied to a number: [{"tone", "text"}]. New reference. */
json_t *hone_study_judge(const struct hone_study *s, enum hone_feasible *verdict);
/* The whole document but verdict and reasons.  New reference. */
json_t *hone_study_json(struct hone_run *run, const struct hone_study *s);

#endif

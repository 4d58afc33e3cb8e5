/*
 * flow/train/prepare.h - from tables to training rows and test rows
 *
 * The one place that decides which rows train and which test: `hone train`, `hone split` and `hone reproduce`
 * all ask here.
 */
#ifndef HONE_FLOW_TRAIN_PREPARE_H
#define HONE_FLOW_TRAIN_PREPARE_H

#include "base/part.h"
#include "flow/train/target.h"

/* How to train; rows in hone_train_params, shared by the command line and the project file. */
struct hone_train_settings {
    const char *target;
    const char *task;
    const char *positive;
    const char *model; /* "auto" or an estimator */
    struct hone_texts drop, keep;
    struct hone_texts transform; /* "COL=NAME:key=value+NAME", see prep/chain.h */
    struct hone_texts set;       /* estimator settings, "key=value" */
    const char *split;           /* "random", "time", "group" */
    const char *split_column;    /* for time and group */
    double test_share;
    int64_t folds;                  /* of cross-validation on small tables */
    const char *metric;             /* to choose by; NULL: the task's */
    int64_t bootstrap;              /* replicates of the intervals */
    const char *checks;             /* "warn", "fail", "off" */
    struct hone_texts by;           /* columns whose groups are judged on the test rows */
    double tolerance;               /* difference between groups that is accepted */
    struct hone_texts success;      /* goals: "roc_auc >= 0.9" (flow/train/goal.h reads them) */
    struct hone_texts value;        /* what outcomes are worth: TP,FP,FN,TN, or name=number */
    const char *value_unit;         /* "EUR"; NULL: none */
    const char *weight;             /* column of row weights; NULL: none */
    struct hone_texts class_weight; /* "none", "balanced", or "CLASS=WEIGHT" */
    const char *calibrate;          /* "auto", "none", "sigmoid", "isotonic" */
    const char *threshold; /* a number, "f1", "youden", "accuracy", "value"; NULL: 0.5, or value
                              where worth was given */
    const char *
        resume; /* where fits are kept until the training ends (flow/train/resume.h); NULL: nowhere.
                           Not for users: it has no row */
};
extern const struct hone_param hone_train_params[];
extern const struct hone_part hone_train_options; /* the same as a part */

struct hone_rows {
    const struct hone_table *table;
    size_t n;
    const size_t *row;    /* (n) ascending */
    const double *y;      /* (n) */
    const double *weight; /* (n) >= 0, of the weight column: what metrics count; NULL: all 1 */
    const double *learn; /* (n) the same times the class weight: what fits count; NULL: all 1 */
    const double *time;  /* (n) of --split time, NaN: unknown; NULL: folds do not mind */
    const uint32_t *group; /* (n) 0..groups-1, of --split group; NULL: folds do not mind */
    size_t groups;
};

/*
 * Some of the rows, with all that belongs to them: chosen (n) are places in from, ascending.
 * Fails: HONE_E_LIMIT.
 */
enum hone_code hone_rows_take(struct hone_run *run, const struct hone_rows *from,
                              const size_t *chosen, size_t n, struct hone_arena *mem,
                              struct hone_rows *out);

struct hone_prepared {
    struct hone_target_facts target;
    struct hone_rows train, test;
    size_t without_target;      /* rows left out of both */
    size_t repaired;            /* see struct hone_target_rows */
    const double *class_weight; /* (classes) or NULL: none */
};

/*
 * Find the target, leave out rows without it, split.  test (may be NULL) is a test table of its own: then all of
 * table trains.
 *
 * The weight column is a number in every row that has a target: a missing one is an error and not 1, because a row
 * whose weight was lost would count as much as a whole one.  0 is fine.  Class weights are "balanced" (each class
 * weighs as much as the others, and all together as before) or "CLASS=WEIGHT" for some classes, the others being 1.
 *
 * Fails: as hone_target_find, hone_target_read; HONE_E_ARG when fewer than 10 rows are left, or the split column,
 * the weight column or the class weights do not fit; HONE_E_FORMAT naming the row of a weight that is none.
 */
enum hone_code hone_prepare(struct hone_run *run, const struct hone_table *table,
                            const struct hone_table *test,
                            const struct hone_train_settings *settings, struct hone_arena *mem,
                            struct hone_prepared *out);

#endif

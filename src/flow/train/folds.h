/*
 * flow/train/folds.h - how training rows are cut to try estimators on
 *
 * As the test was cut off, so are the folds: whole groups where groups were split, later rows after earlier ones
 * where time was.  Folds of mixed groups or times would promise what the test does not keep.
 */
#ifndef HONE_FLOW_TRAIN_FOLDS_H
#define HONE_FLOW_TRAIN_FOLDS_H

#include "eval/split.h"
#include "flow/train/prepare.h"

/*
 * Fewer training rows than this are cross-validated, more are held out once.  Trees for classes stop early, so
 * folds cost little there; that they also pay was seen on two tables only (docs/benchmarks.md).
 */
#define HONE_CV_ROWS         10000
#define HONE_CV_ROWS_CLASSES 50000

/* The test rows of a fold lie in parts, one after the other: see struct hone_design. */
struct hone_fold_parts {
    size_t n;    /* 0: they can not be parted */
    size_t *end; /* (n) the test row behind the part's last */
};

struct hone_folds {
    size_t n;                 /* 1: one held-out part */
    struct hone_split *split; /* (n) places among the rows */
    const char *how; /* for people: "in cross-validation", "held out, by group", a constant */
    struct hone_fold_parts *parts; /* (n) after hone_folds_part; else NULL */
};

/*
 * Cut.  Classes keep their shares in random folds.  By time, the rows are cut into most + 1 stretches, and each
 * but the first is predicted by those before it; rows of one time stay together and rows without a time always
 * train.  Rows of one group only, or of one time, are cut at random.
 *
 *   most  folds, 2 or more; fewer when there are fewer groups or times
 *
 * Fails: as eval/split.h.
 */
enum hone_code hone_folds_cut(struct hone_run *run, const struct hone_rows *rows,
                              const struct hone_target_facts *target, size_t most,
                              struct hone_arena *mem, struct hone_folds *out);

/*
 * Put the test rows of each fold into five parts, so that what is said of a part can be chosen by the others (when
 * trees stop growing).  Parts are cut as folds are: by group, by stretches of time, else at random.  Test rows come out
 * part by part, ascending within.  Fails: as eval/split.h.
 */
enum hone_code hone_folds_part(struct hone_run *run, const struct hone_rows *rows,
                               const struct hone_target_facts *target, struct hone_arena *mem,
                               struct hone_folds *folds);

#endif

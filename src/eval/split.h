/*
 * eval/split.h - which rows train and which rows test
 *
 * Row numbers come out ascending, so that a split keeps the order of the table.  All draws are from
 * run->seed.  A held-out part is never empty and never everything when rows >= 2.
 */
#ifndef HONE_EVAL_SPLIT_H
#define HONE_EVAL_SPLIT_H

#include "base/run.h"

struct hone_split {
    size_t *train, *test; /* row numbers, ascending */
    size_t train_n, test_n;
};

/* round(share * rows) test rows at random.  share in (0, 1).
 * Fails: HONE_E_ARG when share is out of range or rows < 2; HONE_E_LIMIT. All below alike. */
enum hone_code hone_split_random(struct hone_run *run, size_t rows, double share,
                                 struct hone_arena *mem, struct hone_split *out);

/*
 * The same number of test rows, each class in its share: floor or ceil of share * its rows, the largest
 * remainders rounded up.  A class of one row trains.
 *
 *   y    (rows) class index 0..classes-1
 */
enum hone_code hone_split_stratified(struct hone_run *run, size_t rows, const double *y,
                                     size_t classes, double share, struct hone_arena *mem,
                                     struct hone_split *out);

/*
 * Rows of one group stay together; groups in random order go to the test part as long as that brings its
 * size closer to share * rows.
 *
 *   group    (rows) group number 0..groups-1
 *
 * Fails also: HONE_E_ARG when there is one group only.
 */
enum hone_code hone_split_group(struct hone_run *run, size_t rows, const uint32_t *group,
                                size_t groups, double share, struct hone_arena *mem,
                                struct hone_split *out);

/*
 * The latest rows test.  Rows of one time stay together; the cut is the one whose test part is nearest to
 * share * rows.  Rows without a time (NaN) train.
 *
 *   time    (rows) any unit
 *
 * Fails also: HONE_E_ARG when all rows have one time.
 */
enum hone_code hone_split_time(struct hone_run *run, size_t rows, const double *time,
                               double share, struct hone_arena *mem, struct hone_split *out);

/*
 * k folds: fold (rows) in mem, each 0..k-1; fold f tests while the others train.  Sizes differ by at most one
 * (stratified: also within each class, group: as even as the groups allow).
 * Fails: HONE_E_ARG when k < 2 or there are fewer rows (groups) than k; HONE_E_LIMIT.
 */
enum hone_code hone_folds_random(struct hone_run *run, size_t rows, size_t k,
                                 struct hone_arena *mem, uint32_t **fold);
enum hone_code hone_folds_stratified(struct hone_run *run, size_t rows, const double *y,
                                     size_t classes, size_t k, struct hone_arena *mem,
                                     uint32_t **fold);
enum hone_code hone_folds_group(struct hone_run *run, size_t rows, const uint32_t *group,
                                size_t groups, size_t k, struct hone_arena *mem,
                                uint32_t **fold);

/* The split in which fold f tests. */
enum hone_code hone_fold_split(struct hone_run *run, size_t rows, const uint32_t *fold,
                               uint32_t f, struct hone_arena *mem, struct hone_split *out);

#endif

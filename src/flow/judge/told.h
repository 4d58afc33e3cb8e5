/*
 * flow/judge/told.h - predictions that stand in a table, whoever made them, beside the truth
 *
 * What `hone predict` writes is understood (prediction, probability_<class>), and what any other tool writes: one
 * column of classes, of numbers, or of probabilities of the positive class.
 */
#ifndef HONE_FLOW_JUDGE_TOLD_H
#define HONE_FLOW_JUDGE_TOLD_H

#include "eval/metrics.h"
#include "flow/train/target.h"

struct hone_told {
    struct hone_target_facts target;
    struct hone_target_rows truth;
    struct hone_prediction p; /* rows as in truth; double scores */
    bool only_labels;         /* classes and no probabilities: scores are 0 and 1 */
    const char *from;         /* the columns that were read, for people */
};

/*
 *   data    has the target
 *   told    the same rows in the same order; may be data itself
 *   choice  the target; its name must be given
 *   column  of told; NULL: probability_<class> for every class, else "prediction"
 *
 * A column of numbers is a probability of the positive class where there are two classes, all are in [0, 1] and some
 * are neither 0 nor 1.
 * Fails: as hone_target_find, hone_target_read; HONE_E_SHAPE when the tables' rows differ in number;
 * HONE_E_NOT_FOUND for the columns; HONE_E_FORMAT naming the row of a missing or unknown prediction.
 */
enum hone_code hone_told_read(struct hone_run *run, const struct hone_table *data,
                              const struct hone_table *told,
                              const struct hone_target_choice *choice, const char *column,
                              struct hone_arena *mem, struct hone_told *out);

/* The numbers of a column at rows, as weights.  Fails: HONE_E_NOT_FOUND; HONE_E_ARG naming the row of a weight that
 * is missing, negative or no number. */
enum hone_code hone_told_weights(struct hone_run *run, const struct hone_table *data,
                                 const char *column, const struct hone_target_rows *rows,
                                 struct hone_arena *mem, const double **out);

#endif

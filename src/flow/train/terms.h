/*
 * flow/train/terms.h - what people are told of features that are many
 */
#ifndef HONE_FLOW_TRAIN_TERMS_H
#define HONE_FLOW_TRAIN_TERMS_H

#include "learn/estimator.h"
#include "prep/recipe.h"

/*
 * After a fit: append the columns of blocks that weigh most (at most 100) to the features and their importance to
 * report->importance, and one feature for all others of a block.  The matrix stays as it is.  In mem.
 * Fails: HONE_E_LIMIT.
 */
enum hone_code hone_terms_name(struct hone_run *run, struct hone_arena *mem,
                               struct hone_fitted *fitted, struct hone_fit_report *report);

#endif

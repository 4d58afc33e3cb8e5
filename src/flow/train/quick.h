/*
 * flow/train/quick.h - fit a recipe and an estimator on some rows, and ask the model about others
 *
 * A training without selection, test and file: what learning curves and plans are made of.  Answers come from the
 * graph, as in service.
 */
#ifndef HONE_FLOW_TRAIN_QUICK_H
#define HONE_FLOW_TRAIN_QUICK_H

#include "flow/train/trial.h"

struct hone_quick {
    const struct hone_target_facts *target;
    const struct hone_recipe *recipe;
    const struct hone_estimator *estimator;
    const void *settings; /* of the estimator */
};

/* What a fit has to say. */
struct hone_quick_about {
    size_t rounds;      /* 0: the estimator has none */
    double *importance; /* (recipe->cols) of the caller, or NULL: added up by raw column */
};

/*
 * Fit on rows and answer for n sets of rows: prob[k] is (span[k].n, classes) in mem, probabilities, or predictions
 * of regression.  An estimator that stops early finds its rounds on parts of the rows held out (one of five, or each
 * of four in turn where rows are few), then fits them all.  about may be NULL.
 * Deterministic for any number of threads.  Fails: as hone_recipe_fit and the estimator.
 */
enum hone_code hone_quick_fit(struct hone_run *run, const struct hone_quick *quick,
                              const struct hone_rows *rows, const struct hone_span *span,
                              size_t n, struct hone_arena *mem, double **prob,
                              struct hone_quick_about *about);

/* Places in rows in an order whose every beginning has the classes (or the tenths of the target) in their shares:
 * place (rows->n).  Drawn from run->seed and stream. */
enum hone_code hone_quick_order(struct hone_run *run, const struct hone_target_facts *target,
                                const struct hone_rows *rows, uint64_t stream, size_t *place);

/* Rows at the first n of these places, ascending, in mem. */
enum hone_code hone_quick_take(struct hone_run *run, const struct hone_rows *rows,
                               const size_t *place, size_t n, struct hone_arena *mem,
                               struct hone_rows *out);

#endif

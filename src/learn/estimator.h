/*
 * learn/estimator.h - what every estimator is
 *
 * An estimator fits on a matrix of features, which is what the graph built so far outputs, and appends nodes that
 * compute its raw score.  It has no predict: the graph is the only prediction path.
 */
#ifndef HONE_LEARN_ESTIMATOR_H
#define HONE_LEARN_ESTIMATOR_H

#include "base/part.h"
#include "base/task.h"
#include "graph/model.h"
#include "tensor/sparse.h"

/*
 * A training matrix, column by column.  Borrowed for the call.
 */
struct hone_design {
    enum hone_task task;
    size_t rows, cols;
    size_t classes;          /* 1 for regression, 2 for binary */
    const float *const *x;   /* (cols)(rows); NaN is missing where the estimator takes it */
    const char *const *name; /* (cols) feature names, for people */
    const bool *
        category; /* (cols) true: small integer codes, NaN for any that training has not; may be NULL */
    const double *y;      /* (rows) finite target, or class index */
    const double *weight; /* (rows) >= 0; NULL: all 1 */
    /* More columns, mostly zeros, behind the dense ones: only estimators with takes_sparse look. */
    size_t blocks;
    const struct hone_sparse *sparse; /* (blocks) of `rows` rows */
    const char *const *sparse_value;  /* (blocks) graph values, float [N, sparse[b].cols] */
    /* For people: names of the classes, and of a category's codes; NULL, or NULL for a column, where there are none. */
    const char *const *class_name;
    const char *const *const *level; /* (cols)(codes) */
    /*
     * Of validation rows: true: they are scored and choose nothing; the training rows choose, as without validation
     * rows.  Else they may come in so many parts, one after the other, part k up to row part_end[k].  What is said
     * of a part's rows is then chosen without them: by the other parts, or by the training rows alone.  Else scores of
     * rows that also chose look a little better than those of new rows would.  0: one part, which is judged by itself.
     */
    bool only_scored;
    size_t parts;
    const size_t *part_end; /* (parts) ascending, the last is rows */
};

#define HONE_DESIGN_PARTS 8 /* at most */

/* What a fit has to say besides its nodes: all in the arena given to fit. */
struct hone_fit_report {
    size_t rounds; /* trees or iterations kept */
    bool converged;
    double
        train_loss; /* mean loss on the training rows, in the estimator's own loss; NaN: none */
    double valid_loss; /* on the validation rows, at the kept round; NaN: none */
    size_t curve_n;    /* validation loss by round */
    const double *curve;
    const double *importance; /* (cols) >= 0, sums to 1, or NULL */
    const double
        *sparse_importance; /* (columns of all blocks) shares of the same sum; NULL: none */
    const char *rules;      /* the model as text for people, a line for each rule; NULL: none */
    double penalty; /* linear models: the alpha that was given or chosen; 0: no such thing */
    const double
        *valid_score; /* raw scores on the validation rows: row by row, scores per row */
};

struct hone_estimator {
    struct hone_part part;
    unsigned tasks;     /* of enum hone_task */
    bool takes_missing; /* NaN in x is fine */
    bool takes_sparse;  /* looks at design->sparse; cols may then be 0, with features NULL */
    bool alone;         /* worth having for what it is, not to be mixed with others */
    bool wants_scaling; /* give it imputed, scaled, one-hot features; else raw ones and codes */
    /*
     * Fit on design, appending nodes to graph that turn the value `features` (float [N, cols]) into
     * the value named *score: float [N, 1] for regression (the prediction) and binary (log-odds of class 1),
     * [N, classes] for multiclass (logits: softmax gives the probabilities).
     * graph NULL: fit only, to fill the report (model selection).
     * valid (may be NULL) is for early stopping and report->valid_*; it is never trained on.  report->valid_score
     * heeds its parts, valid_loss and rounds are of all its rows.
     * Randomness from run->seed.  Deterministic for any number of threads.
     * Fails: HONE_E_NUMERIC, HONE_E_LIMIT, HONE_E_CANCELLED, HONE_E_ARG.
     */
    enum hone_code (*fit)(struct hone_run *run, const void *settings,
                          const struct hone_design *design, const struct hone_design *valid,
                          struct hone_graph *graph, const char *features,
                          struct hone_arena *mem, const char **score,
                          struct hone_fit_report *report);
};

/* All estimators, in the order of estimators.def, ended by NULL (each points to the part member). */
extern const struct hone_part *const hone_estimators[];

/* As hone_part_need. */
enum hone_code hone_estimator_need(struct hone_run *run, struct hone_str name,
                                   const struct hone_estimator **out);

#endif

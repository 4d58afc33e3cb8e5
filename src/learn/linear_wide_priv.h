/*
 * learn/linear_wide_priv.h - linear models on columns that are mostly zeros
 *
 * The dense columns of a design and its sparse blocks side by side, row by row and column by column, and what minimises
 *
 *   sum_i w_i loss(y_i, score_i) + alpha ((1 - l1_ratio) / 2 |b|_2^2 + l1_ratio |b|_1)
 *
 * over them.  Columns are not centred; intercepts are not penalised.  Parameters are (cols + 1)(scores) doubles: what
 * a value of a row touches lies together, the intercepts come last.
 */
#ifndef HONE_LEARN_LINEAR_WIDE_PRIV_H
#define HONE_LEARN_LINEAR_WIDE_PRIV_H

#include "learn/linear_priv.h"

enum hone_wide_loss { HONE_WIDE_SQUARED, HONE_WIDE_LOGISTIC, HONE_WIDE_SOFTMAX };

struct hone_wide {
    const struct hone_design *d;
    enum hone_wide_loss loss;
    size_t rows, cols, scores;
    struct hone_sparse by_row, by_col;
    double *weight; /* (rows) of this fit */
    double total;   /* sum of the weights */
    double alpha, l1_ratio, tolerance;
    size_t max_iterations;
    bool *frozen;     /* (scores) parameters that stay as they are */
    double *param;    /* (cols + 1)(scores) */
    double *score;    /* (rows)(scores) under param */
    double *residual; /* (rows)(scores) derivative of the loss times the weight */
    double *gradient; /* (cols + 1)(scores) of the smooth part, the ridge included */
    double value;     /* of the whole objective */
    size_t iterations;
    bool converged;
};

/* Join the columns and take the weights.  In mem.  Fails: HONE_E_ARG without rows or weight, HONE_E_NUMERIC. */
enum hone_code hone_wide_begin(struct hone_run *run, const struct hone_design *d,
                               enum hone_wide_loss loss, size_t scores, struct hone_arena *mem,
                               struct hone_wide *out);
/* All weights of the columns to 0, the intercepts to what is best then. */
void hone_wide_reset(struct hone_wide *m);

/* out (rows)(scores) = A x without intercepts when flat, x (cols + 1)(scores). */
void hone_wide_times(struct hone_run *run, const struct hone_wide *m, const double *x,
                     double *out);
/* out (cols)(scores) = A^T r, and behind it the sums of r (rows)(scores). */
void hone_wide_transposed_times(struct hone_run *run, const struct hone_wide *m,
                                const double *r, double *out);
/* Score, value, residual and gradient at param. */
void hone_wide_evaluate(struct hone_run *run, struct hone_wide *m);
/* Sum of weight times loss of rows whose scores are given; residual may be NULL. */
double hone_wide_loss_of(struct hone_run *run, const struct hone_wide *m, const double *weight,
                         const double *score, double *residual);
/* alpha times the penalty of parameters. */
double hone_wide_penalty(const struct hone_wide *m, const double *param);

/*
 * From param to the minimum.  Without L1: Newton's method, its systems by preconditioned conjugate gradients.  With
 * L1: coordinate descent on a quadratic model, class by class.  Sets param, value, iterations, converged.
 * Fails: HONE_E_LIMIT, HONE_E_CANCELLED.
 * Source: Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 7.1; Friedman, Hastie & Tibshirani,
 * J. Statistical Software 33(1), 2010, sec. 3-4, with the screening of Tibshirani et al., JRSS B 74(2), 2012.
 */
enum hone_code hone_wide_minimise(struct hone_run *run, struct hone_wide *m);
enum hone_code hone_wide_descend(struct hone_run *run, struct hone_wide *m);

/* Fit on a design with blocks, from settings to nodes and report: what est_linear.c and est_logistic.c do with it. */
struct hone_wide_task {
    const struct hone_linear_settings *set;
    enum hone_wide_loss loss;
};
enum hone_code hone_wide_fit(struct hone_run *run, const struct hone_wide_task *task,
                             const struct hone_design *design, const struct hone_design *valid,
                             struct hone_graph *graph, const char *features,
                             struct hone_arena *mem, const char **score,
                             struct hone_fit_report *report);

#endif

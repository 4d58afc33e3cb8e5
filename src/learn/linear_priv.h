/*
 * learn/linear_priv.h - what the linear estimators share
 *
 * Parameters of a linear model with k scores are (k)(cols + 1) doubles: weights of the columns, then the
 * intercept.  Objectives are sums over rows, as in scikit-learn's Ridge and LogisticRegression:
 *
 *   sum_i w_i loss(y_i, score_i) + alpha ((1 - l1_ratio) / 2 |b|_2^2 + l1_ratio |b|_1)
 *
 * over the weights b of the columns; intercepts are not penalised.  Inside, columns are centred, which the
 * intercept makes up for.
 */
#ifndef HONE_LEARN_LINEAR_PRIV_H
#define HONE_LEARN_LINEAR_PRIV_H

#include "learn/estimator.h"
#include "tensor/linalg.h"

struct hone_linear_settings {
    double alpha;
    double l1_ratio;
    int64_t max_iterations;
    double tolerance;
};

struct hone_linear {
    const struct hone_design *d;
    struct hone_linear_settings set;
    size_t scores;
    struct hone_panel panel; /* centred */
    double *mean;            /* (cols) */
    double *spread;          /* (cols) standard deviation, for the importance */
    double total;            /* sum of the weights */
    bool *frozen;            /* (scores) parameters that stay as they are */
    double *param;           /* (scores)(cols + 1) the solution, for centred columns */
    size_t iterations;
    bool converged;
    double *gram, *cross; /* (cols, cols) and (cols), for those who want them; or NULL */
};

/* HONE_E_NUMERIC, with the feature and the row, when a dense value of the design is not finite. */
enum hone_code hone_linear_finite(struct hone_run *run, const struct hone_design *d);

/* Check the design (finite, some weight) and centre it. In run->scratch. */
enum hone_code hone_linear_begin(struct hone_run *run, const struct hone_design *d,
                                 const struct hone_linear_settings *set, size_t scores,
                                 struct hone_linear *out);

/*
 * The loss of one block of rows: score (n, scores) becomes its derivative times the row's weight; returns the
 * weighted sum of the losses.  begin: the first row of the block.
 */
typedef double hone_linear_loss(const struct hone_linear *m, size_t begin, size_t n,
                                double *score);

double hone_linear_squared(const struct hone_linear *m, size_t begin, size_t n, double *score);
double hone_linear_logistic(const struct hone_linear *m, size_t begin, size_t n, double *score);
double hone_linear_softmax(const struct hone_linear *m, size_t begin, size_t n, double *score);

/*
 * The smooth part of the objective divided by total, and its gradient (scores)(cols + 1); gradient may be
 * NULL.  One pass over the rows.
 */
enum hone_code hone_linear_objective(struct hone_run *run, const struct hone_linear *m,
                                     hone_linear_loss *loss, const double *param, double *value,
                                     double *gradient);

/*
 * Minimise from m->param by L-BFGS when there is no L1 penalty, else by accelerated proximal
 * gradients.  Sets param, iterations, converged.
 * Source: Nocedal & Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5 with a backtracking
 * search (algorithm 3.1); Beck & Teboulle, SIAM J. Imaging Sciences 2(1), 2009, with the restart of
 * O'Donoghue & Candes, Found. Comput. Math. 15, 2015.
 */
enum hone_code hone_linear_minimise(struct hone_run *run, struct hone_linear *m,
                                    hone_linear_loss *loss);

/*
 * The finished model: float weights (scores)(cols + 1) for columns that are not centred, appended as one
 * Gemm (graph may be NULL), and the report on training and validation rows.
 */
enum hone_code hone_linear_finish(struct hone_run *run, struct hone_linear *m,
                                  hone_linear_loss *loss, const struct hone_design *valid,
                                  struct hone_graph *graph, const char *features,
                                  struct hone_arena *mem, const char **score,
                                  struct hone_fit_report *report);

/* --- alpha of 0: chosen ---------------------------------------------------------------------------- */

/* Fit with a strength, from where the last one ended; *loss is that of rows that were not trained on. */
typedef enum hone_code hone_path_fit(struct hone_run *run, void *ctx, double alpha,
                                     double *loss);
/*
 * Down from start by tens until the loss has grown twice in a row or end is passed, then finer around the best, to a
 * factor of 3.2.  The loss is taken to have one valley.
 */
enum hone_code hone_path_choose(struct hone_run *run, double start, double end,
                                hone_path_fit *fit, void *ctx, double *best);
/* How many folds to hold out in turn where there is no validation design, and the rows of one of them. */
size_t hone_path_folds(size_t rows);
/* The validation rows, where they may choose alpha: NULL when there are none, or when they have parts, whose rows must
 * not be told by what they chose; then training rows choose, as they do in the fit of all rows. */
const struct hone_design *hone_linear_judges(const struct hone_design *valid);
void hone_path_held(const struct hone_run *run, size_t rows, size_t fold, bool *held);

/* A kind of model on dense columns. */
struct hone_linear_kind {
    size_t scores;
    hone_linear_loss *loss;
    /* Fill what follows from the rows (intercepts, cross-products) behind hone_linear_begin, in run->scratch. */
    enum hone_code (*start)(struct hone_run *run, struct hone_linear *m);
    /* From param to the minimum at set.alpha. */
    enum hone_code (*solve)(struct hone_run *run, struct hone_linear *m);
};
/*
 * Begin, choose alpha if it is 0 (by valid, or by held-out rows), and solve; *out in run->scratch, so the caller has
 * no HONE_SCRATCH between this and its use.
 */
enum hone_code hone_linear_solved(struct hone_run *run, const struct hone_design *d,
                                  const struct hone_design *valid,
                                  const struct hone_linear_settings *set,
                                  const struct hone_linear_kind *kind, struct hone_linear *out);
/* Sum of weight times loss of a design's rows under param; weight (rows). */
enum hone_code hone_linear_judge(struct hone_run *run, const struct hone_linear *m,
                                 hone_linear_loss *loss, const struct hone_design *d,
                                 const double *weight, double *sum);

#endif

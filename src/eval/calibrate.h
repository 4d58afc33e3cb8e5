/*
 * eval/calibrate.h - turn scores into probabilities that are true
 *
 * The fits are numbers, not models: whoever builds the graph turns break points or coefficients
 * into nodes.  Fit on rows that the model was not trained on.
 */
#ifndef HONE_EVAL_CALIBRATE_H
#define HONE_EVAL_CALIBRATE_H

#include "base/run.h"

/* A rising broken line: y at x by linear interpolation, constant outside. */
struct hone_steps {
    size_t n;
    double *x, *y; /* (n) ascending; y not falling */
};
double hone_steps_at(const struct hone_steps *steps, double x);

/*
 * Isotonic regression of y on score by pool adjacent violators.
 *
 *   score     (n) any order, finite
 *   y         (n) finite; 0 or 1 for probabilities
 *   weight    (n) >= 0; NULL: all 1.  Rows of weight 0 are left out
 *   *steps    in mem, at most 2 points per level
 *
 * Equal scores are averaged first.  Cost O(n).  Deterministic.
 * Fails: HONE_E_ARG when no row has weight; HONE_E_NUMERIC when a number is not finite.
 * Source: Zadrozny & Elkan, KDD 2002; the points kept are those of scikit-learn 1.2 IsotonicRegression.
 */
enum hone_code hone_isotonic_fit(struct hone_run *run, size_t n, const double *score,
                                 const double *y, const double *weight, struct hone_arena *mem,
                                 struct hone_steps *steps);

/* probability = 1 / (1 + exp(a * score + b)); a < 0 when a high score means class 1. */
struct hone_sigmoid {
    double a, b;
};

/*
 * Platt's scaling with his prior-corrected targets, by Newton's method with backtracking.
 * Arguments as hone_isotonic_fit; y > 0 is class 1.
 * Fails as hone_isotonic_fit.
 * Source: Platt, 1999, sec. 2.2; Lin, Lin & Weng, Machine Learning 68, 2007, algorithm 1.
 */
enum hone_code hone_sigmoid_fit(struct hone_run *run, size_t n, const double *score,
                                const double *y, const double *weight,
                                struct hone_sigmoid *out);
double hone_sigmoid_at(const struct hone_sigmoid *s, double score);

#endif

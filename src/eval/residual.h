/*
 * eval/residual.h - what is left of a regression's target
 *
 * A residual is truth minus prediction: positive where the model says too little.  Weights count as in metrics,
 * except in the tests of normality and order, which take rows as they are.  Results are in mem.
 */
#ifndef HONE_EVAL_RESIDUAL_H
#define HONE_EVAL_RESIDUAL_H

#include "eval/metrics.h"

/* Rows whose predictions are alike. */
struct hone_residual_bin {
    double from, to; /* of the prediction */
    size_t rows;
    double predicted, truth; /* means */
    double bias;             /* mean residual */
    double low, high;        /* 95 % interval of bias (Student); NaN for a single row */
    double rmse;
};

#define HONE_QUANTILE_POINTS 99

struct hone_residuals {
    size_t bins;
    struct hone_residual_bin *bin;            /* (bins) by prediction, equal numbers of rows */
    double bias, bias_low, bias_high, bias_p; /* mean residual; p-value of 0 by Student's t */
    double deviation, skew, kurtosis;         /* of residuals; kurtosis 3 is normal */
    double normal_p;                          /* Jarque & Bera */
    double spread_p;      /* same spread at all predictions: Breusch & Pagan, Koenker's form */
    double spread_slope;  /* its sign: > 0: larger errors at larger predictions */
    double durbin_watson; /* 2: neighbours in row order are unrelated; NaN below 3 rows */
    double quantile[5];   /* 5, 25, 50, 75, 95 % of the residuals */
    size_t points;
    double *normal,
        *seen; /* (points) quantiles of the normal law and of standardised residuals */
    size_t worst_n;
    size_t *worst; /* (worst_n) rows by descending size of the residual */
};

/*
 * bins and worst are at most; with fewer distinct predictions there are fewer bins.
 * Fails: as hone_prediction_check; HONE_E_ARG unless it is a regression; HONE_E_LIMIT.
 * Source: Jarque & Bera, Economics Letters 6, 1980; Koenker, J. Econometrics 17, 1981; Durbin & Watson,
 * Biometrika 37, 1950.
 */
enum hone_code hone_residuals_of(struct hone_run *run, const struct hone_prediction *p,
                                 size_t bins, size_t worst, struct hone_arena *mem,
                                 struct hone_residuals *out);

#endif

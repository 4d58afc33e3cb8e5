/*
 * flow/plan/learning_law.h - the law behind a learning curve, and what it promises for more rows
 *
 * Scores of models fitted on more and more rows follow a power law in many cases: y(n) = a - b (n / n0)^-c, with
 * greater y better, b >= 0 and a no better than perfect.  It is fitted to the mean scores by least squares
 * weighted by their variances, robust against single sizes, and drawn anew many times: with the noise of the
 * scores, with more or fewer of the small sizes (whose law may be another), and with c pulled to what is usual.
 * All forecasts are quantiles over those draws.
 * Source: Figueroa et al., BMC Medical Informatics 12:8, 2012 (weighted inverse power law); Viering & Loog,
 * IEEE TPAMI 45(6), 2023 (which laws extrapolate); Oliver, He & Reynolds, ECMOR 1996 (randomized
 * maximum likelihood: perturb data and prior, refit).
 */
#ifndef HONE_FLOW_PLAN_LEARNING_LAW_H
#define HONE_FLOW_PLAN_LEARNING_LAW_H

#include "base/run.h"

/* Fewest sizes that a law is fitted to. */
#define HONE_LAW_SIZES 4

/* What was measured, oriented so that greater is better (errors are negated). */
struct hone_law_points {
    size_t sizes, repeats;
    const double *rows;  /* (sizes) ascending, > 0 */
    const double *score; /* (repeats, sizes) finite */
    double perfect;      /* no score can be better: 1 for an AUC, 0 for a negated error */
    double
        level_error; /* standard error of all scores together, from their being measured on few rows */
};

struct hone_law {
    double a, b, c;
    double n0;    /* the largest size measured */
    double level; /* of a draw: how far all scores together may be off; 0 for the law itself */
};
/* The oriented score at n rows, without the level. */
double hone_law_at(const struct hone_law *law, double n);

struct hone_law_fit {
    double perfect;      /* as in the points: no forecast goes beyond */
    struct hone_law law; /* the best one for all sizes */
    double misfit;       /* root of chi-squared per degree of freedom; over 1: no power law */
    double *error;       /* (sizes) standard error of the mean score of a size, level apart */
    size_t draws;
    struct hone_law *draw; /* (draws) */
};

/*
 * Fit.  Randomness from run->seed; cost O(draws * sizes).
 * Fails: HONE_E_ARG for fewer than HONE_LAW_SIZES sizes or fewer than two repeats.
 */
enum hone_code hone_law_fit(struct hone_run *run, const struct hone_law_points *points,
                            size_t draws, struct hone_arena *mem, struct hone_law_fit *out);

/* Median and 95 % interval. */
struct hone_forecast {
    double value, low, high;
};
/* The oriented score at n rows. with_level: as measured on other rows than these, else on the same. */
enum hone_code hone_law_forecast(struct hone_run *run, const struct hone_law_fit *fit, double n,
                                 bool with_level, struct hone_forecast *out);
/* What n rows add to the score at now rows; never negative. */
enum hone_code hone_law_gain(struct hone_run *run, const struct hone_law_fit *fit, double now,
                             double n, struct hone_forecast *out);

/* Rows needed for an oriented score. */
struct hone_rows_needed {
    double rows, low,
        high;         /* median and 80 % interval; HUGE_VAL: not with any number of rows */
    double reachable; /* share of the draws that reach it at all */
};
enum hone_code hone_law_rows(struct hone_run *run, const struct hone_law_fit *fit, double score,
                             struct hone_rows_needed *out);

#endif

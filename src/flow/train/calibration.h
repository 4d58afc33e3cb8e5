/*
 * flow/train/calibration.h - make the chosen model's probabilities true
 *
 * Fitted on what its fits said of rows that they did not see: scores of learned rows are too sure, and test rows
 * are not to be looked at.  One curve per class against the rest (two classes: one); several classes are brought
 * back to a sum of 1.  Before and after are measured with curves that were fitted on other rows than they judge.
 * Source: Platt, 1999; Zadrozny & Elkan, KDD 2002 (one against the rest, renormalised); Oron & Flournoy, Statistics
 * in Biopharmaceutical Research 9, 2017 (centred isotonic regression: each level at the mean of its scores, lines
 * between, so that rows keep their order).
 */
#ifndef HONE_FLOW_TRAIN_CALIBRATION_H
#define HONE_FLOW_TRAIN_CALIBRATION_H

#include "eval/calibrate.h"
#include "flow/train/select.h"

enum hone_calibration_kind {
    HONE_CALIBRATION_NONE,
    HONE_CALIBRATION_SIGMOID,
    HONE_CALIBRATION_ISOTONIC,
};

/* What a kind does to the rows held out; judged on rows that its curves were not fitted on. */
struct hone_calibration_score {
    double log_loss, ece;
    double gain,
        error; /* of the log loss against none: mean over rows and its standard error */
};

struct hone_calibration {
    enum hone_calibration_kind kind;
    size_t curves;                /* 1 for two classes, else one per class */
    struct hone_sigmoid *sigmoid; /* (curves) of the log-odds */
    struct hone_steps *steps;     /* (curves) probability by log-odds, a broken line */
    struct hone_calibration_score before, after;
    const char *why; /* why it was chosen, for people; a constant; NULL: there was no choice */
};

/* "none", "sigmoid", "isotonic". */
const char *hone_calibration_name(enum hone_calibration_kind kind);

/*
 * Choose and fit.  asked is "none", "sigmoid", "isotonic", or "auto": the simplest of those three that no other
 * beats by two standard errors of the log loss.  "auto" leaves probabilities alone where class weights have moved
 * them on purpose (weighted).  For regression, and where all scores are one, there is nothing to calibrate.
 *
 *   held  struct hone_selection's; raw finite
 *
 * Deterministic.  Fails: HONE_E_LIMIT; HONE_E_ARG when asked for regression by name.
 */
enum hone_code hone_calibration_fit(struct hone_run *run,
                                    const struct hone_target_facts *target,
                                    const struct hone_held_out *held, const char *asked,
                                    bool weighted, struct hone_arena *mem,
                                    struct hone_calibration *out);

/* Raw scores (rows, hone_score_width) to probabilities: prob (rows, classes).  Regression: the scores. */
void hone_calibration_apply(const struct hone_calibration *c,
                            const struct hone_target_facts *target, size_t rows,
                            const double *raw, double *prob);

/* For lineage and facts.  New reference. */
json_t *hone_calibration_json(const struct hone_calibration *c);

/* Log-odds of several classes are taken of probabilities within these, as in the graph. */
#define HONE_CALIBRATION_LEAST 1e-6

#endif

/*
 * flow/model/score.h - a model file, ready to score tables
 *
 * Reads the ONNX bytes, compiles them and scores rows: evaluation, prediction and monitoring all come
 * through here.  A scorer is read-only; any number of threads may use one, each with its own run.
 */
#ifndef HONE_FLOW_MODEL_SCORE_H
#define HONE_FLOW_MODEL_SCORE_H

#include "eval/bootstrap.h"
#include "flow/model/locate.h"
#include "io/reader.h"
#include "prep/signature.h"

struct hone_scorer {
    struct hone_str bytes; /* the file */
    struct hone_model *model;
    struct hone_plan *plan;
    struct hone_signature *signature;
};

/*
 * Compile the bytes of a model, which must outlive the scorer.  What a model of others takes and gives is decided from
 * its graph alone (prep/foreign.h).  Fails: as hone_model_read, hone_plan_new, hone_foreign_find.
 */
enum hone_code hone_scorer_new(struct hone_run *run, struct hone_str bytes,
                               struct hone_arena *mem, struct hone_scorer *out);
/* The same from a file, which is read into mem. */
enum hone_code hone_scorer_open(struct hone_run *run, const char *path, struct hone_arena *mem,
                                struct hone_scorer *out);

/* The same for a model that was located, with what was decided about it when it was imported. */
enum hone_code hone_scorer_located(struct hone_run *run, const struct hone_located *located,
                                   struct hone_arena *mem, struct hone_scorer *out);

/*
 * How to read a table for this model: what were words in training are words here, also where a few rows of them
 * could be taken for numbers, truth values or dates ("True" and "False" without the "Unknown" that came with
 * them, "1.0").  Without it a row's score would depend on the company it is read in.
 */
struct hone_read_options hone_scorer_reading(const struct hone_scorer *scorer,
                                             const struct hone_read_options *options,
                                             struct hone_arena *mem);

struct hone_scores {
    size_t rows, classes;
    const float
        *value; /* (rows, classes) probabilities; regression: (rows) predictions; NULL: none */
    struct hone_tensor
        label;       /* what the graph says, int64 or text (rows); data NULL: no labels */
    uint32_t *index; /* classification: the same as class index */
    size_t lost;     /* values of a wrong type, scored as missing */
};

/*
 * Score rows row[0..n) of a table (row NULL: all).  Missing columns are refused.
 * Fails: HONE_E_NOT_FOUND naming the columns, HONE_E_NUMERIC naming the row when a result is not finite.
 */
enum hone_code hone_score(struct hone_run *run, const struct hone_scorer *scorer,
                          const struct hone_table *table, const size_t *row, size_t n,
                          struct hone_arena *mem, struct hone_scores *out);

/* Scores beside the truth, for metrics.  y (rows); borrowed. */
struct hone_prediction hone_scores_against(const struct hone_scorer *scorer,
                                           const struct hone_scores *scores, const double *y);

/*
 * n metrics with intervals by so many resamples; 0: the values alone, their intervals NaN.
 * Fails: as hone_bootstrap_intervals.
 */
enum hone_code hone_scores_judge(struct hone_run *run, const struct hone_prediction *p,
                                 const struct hone_metric *const *metric, size_t n,
                                 size_t replicates, struct hone_interval *out);

/* The table that `hone predict` writes: prediction, probability_<class> ...; models of others: score_<k>, output_<k>. */
enum hone_code hone_scores_table(struct hone_run *run, const struct hone_scorer *scorer,
                                 const struct hone_scores *scores, struct hone_arena *mem,
                                 struct hone_table **out);

#endif

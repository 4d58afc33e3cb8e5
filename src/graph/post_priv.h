/*
 * graph/post_priv.h - what the classifiers and regressors of ai.onnx.ml do with raw scores
 */
#ifndef HONE_GRAPH_POST_PRIV_H
#define HONE_GRAPH_POST_PRIV_H

#include "graph/op.h"

enum hone_post {
    HONE_POST_NONE,
    HONE_POST_LOGISTIC,
    HONE_POST_SOFTMAX,
    HONE_POST_SOFTMAX_ZERO,
    HONE_POST_PROBIT
};

enum hone_code hone_post_of(struct hone_run *run, const struct hone_node *node,
                            enum hone_post *out);

/* Transform the n scores of a row in place.  One score alone is changed by PROBIT only, as in
 * onnxruntime. */
void hone_post_apply(enum hone_post post, size_t n, float *score);

/* One score as the two of a binary classifier: out gets (not, is).  complement: 1 - s and s; else
 * -s and s, or their logistic. */
void hone_post_pair(enum hone_post post, bool complement, float score, float out[2]);

/* Class labels: text or integers. */
struct hone_labels {
    const struct hone_str *text; /* NULL: integers */
    const int64_t *whole;
    size_t n;
};
/* From classlabels_strings, or the integers' attribute of this name.  Fails: HONE_E_FORMAT. */
enum hone_code hone_labels_of(struct hone_run *run, const struct hone_node *node,
                              const char *integers, struct hone_labels *out);
enum hone_dtype hone_labels_type(const struct hone_labels *labels);
/* Put label k at row i of the label output. */
void hone_labels_put(const struct hone_labels *labels, size_t k, struct hone_tensor *out,
                     size_t i);

/* Input as float (rows, cols): itself, or a copy in the run's scratch.  A vector is one row. */
enum hone_code hone_rows_f32(struct hone_run *run, const struct hone_tensor *in, size_t *rows,
                             size_t *cols, const float **out);
/* HONE_E_SHAPE where the input is known to have another number of columns than the model has features. */
enum hone_code hone_infer_features(struct hone_run *run, const struct hone_site *site,
                                   size_t features);
/* Shapes of the outputs: labels (N) and scores (N, n); for one output only scores. */
enum hone_code hone_infer_scores(struct hone_run *run, const struct hone_site *site,
                                 const struct hone_labels *labels, size_t n);
/* Rows are kept where the input is a matrix. */
bool hone_rows_matrix(const struct hone_site *site);

#endif

/*
 * serve/reply.h - answers in every dialect, from a graph's outputs to bytes
 *
 * Numbers are written in the shortest form that reads back as the same float; what is not finite is
 * null, in TensorFlow Serving's dialect NaN and Infinity as it does.
 */
#ifndef HONE_SERVE_REPLY_H
#define HONE_SERVE_REPLY_H

#include "serve/rows.h"
#include "serve/served.h"
#include "serve/v2.h"

/* A float as hone_format_f32 writes it, mostly without its cost. */
size_t hone_reply_f32(char out[32], float value);
void hone_reply_number(struct hone_buf *buf, float value);

/* Element i of a tensor as JSON. */
void hone_reply_element(struct hone_buf *buf, const struct hone_tensor *t, size_t i);

/* The id of a row's prediction: the request's, with "-ROW" when it has several. */
void hone_reply_id(struct hone_buf *buf, struct hone_str request, size_t row, size_t rows);

/* "prediction":..., "probabilities":{...} of a row, without braces: what the log keeps. */
void hone_reply_row(struct hone_buf *buf, const struct hone_served *m,
                    const struct hone_tensor *out, size_t row, size_t rows);

/* [{"id":..., "prediction":..., ...}, ...], one object when the request was one. */
void hone_reply_native(struct hone_buf *buf, const struct hone_served *m,
                       const struct hone_tensor *out, size_t rows, struct hone_str request,
                       bool single);

/* {"predictions":[...]} with all outputs of a row, or {"outputs":{...}} by column. */
void hone_reply_v1(struct hone_buf *buf, const struct hone_served *m,
                   const struct hone_tensor *out, size_t rows, bool columns);

/* {"predictions":[...]} with the label or number of a row. */
void hone_reply_invocations(struct hone_buf *buf, const struct hone_served *m,
                            const struct hone_tensor *out, size_t rows);
/* The same, one a line. */
void hone_reply_csv(struct hone_buf *buf, const struct hone_served *m,
                    const struct hone_tensor *out, size_t rows);

/*
 * The protocol's reply.  *json is the length of its JSON when tensors follow as bytes, else 0.
 * Fails: HONE_E_ARG when an output is asked for that the model has not.
 */
enum hone_code hone_reply_v2(struct hone_run *run, struct hone_buf *buf,
                             const struct hone_served *m, const struct hone_tensor *out,
                             const struct hone_v2_request *request, struct hone_str id,
                             size_t *json);

#endif

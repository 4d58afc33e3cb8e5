/*
 * prep/chain.h - transforms that someone asked for, by name and with settings
 *
 * A request is a text:
 *
 *   COL=STEP                 age=bin          age=drop leaves the column out
 *   COL=STEP:key=value:...   age=bin:bins=10:strategy=uniform
 *   COL=STEP+STEP            fare=log+standard, one after the other
 *   A*B=STEP                 age*hours=polynomial, for steps that combine number columns
 *   *=STEP                   every number column that is used and that no other request names
 *
 * Several requests for one column stand side by side.  A '+' between steps is one that a letter follows.
 */
#ifndef HONE_PREP_CHAIN_H
#define HONE_PREP_CHAIN_H

#include "prep/signature.h"
#include "prep/transform.h"

/* Transforms one after the other. */
struct hone_chain {
    const char *text; /* as it was written: "log+standard" */
    size_t n;
    struct hone_step *step;
};

/* What was asked for, for the columns of a table. */
struct hone_request {
    size_t n;          /* columns: 1, or several that a joint step combines */
    const char **name; /* (n) */
    bool drop;
    struct hone_chain chain;
};
struct hone_requests {
    size_t n;
    struct hone_request *item;
};

/*
 * Read requests.  target may not be among the columns; used (NULL: all) are the columns that "*" may mean.  Fails: HONE_E_NOT_FOUND for a column that the table does
 * not have; HONE_E_ARG for an unknown transform or setting (the hint names the nearest), a setting out of bounds, a
 * transform that does not take the column's type (the message says which it takes) or can not follow the step
 * before it.
 */
enum hone_code hone_requests_read(struct hone_run *run, const struct hone_table *table,
                                  const char *target, const struct hone_texts *texts,
                                  const struct hone_texts *used, struct hone_arena *mem,
                                  struct hone_requests *out);

/* Is the text one of the list? */
bool hone_texts_hold(const struct hone_texts *list, const char *text);

/* The request of a chain for one column, both ours: a text that can not be read panics. */
const struct hone_request *hone_request_of(struct hone_run *run, const char *column,
                                           const char *chain, struct hone_arena *mem);

/*
 * Fit a chain on the columns of a request at some rows and append its features.  fallback is the encoder of a text
 * column whose chain ends without one (after `rare`, say).  The model's inputs are there already, named
 * like the columns.  Each step fits on what training sees of the step before.
 */
enum hone_code hone_chain_fit(struct hone_run *run, const struct hone_request *request,
                              const char *fallback, const struct hone_span *rows,
                              const struct hone_target *target, struct hone_model *model,
                              struct hone_arena *mem, struct hone_features *out);

/* A matrix in the graph and what training sees of it. */
struct hone_matrix_view {
    const char *value; /* float [N, features.n] */
    struct hone_features features;
    float **x; /* (features.n)(rows) */
};
/*
 * Fit a map and make it the view: the new x is what the new nodes give for the old x.
 * Fails: HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_view_map(struct hone_run *run, const struct hone_step *step, size_t rows,
                             const struct hone_target *target, struct hone_model *model,
                             struct hone_arena *mem, struct hone_matrix_view *view);

/* The features as one value, and that value's columns for the rows, out of fold where a transform says so. */
enum hone_code hone_view_of(struct hone_run *run, struct hone_model *model,
                            const struct hone_signature *signature,
                            const struct hone_features *features, const struct hone_span *rows,
                            struct hone_arena *mem, struct hone_matrix_view *out);

/* A value of the graph for some rows, column by column: *x is (cols)(rows->n) in mem. */
enum hone_code hone_value_columns(struct hone_run *run, const struct hone_model *model,
                                  const struct hone_signature *s, const char *value,
                                  size_t cols, const struct hone_span *rows,
                                  struct hone_arena *mem, float ***x);

/* The same of a value that is mostly zeros, row by row. */
enum hone_code hone_value_sparse(struct hone_run *run, const struct hone_model *model,
                                 const struct hone_signature *s, const char *value,
                                 const struct hone_span *rows, struct hone_arena *mem,
                                 struct hone_sparse *out);

#endif

/*
 * check/check_priv.h - what the checks share
 */
#ifndef HONE_CHECK_CHECK_PRIV_H
#define HONE_CHECK_CHECK_PRIV_H

#include "check/check.h"

struct hone_check_ctx {
    const struct hone_check_input *in;
    const struct hone_table *table, *test;
    const struct hone_profile *profile;
    const struct hone_column *target; /* NULL: none */
    enum hone_task task;              /* 0 without target */
    size_t classes;                   /* 1 for regression */
    const double *y;                  /* (rows) class code or value; NaN missing */
    const uint64_t *features;         /* (rows) hash of all columns but the target */
    const uint64_t *test_features;    /* (test rows) */
    struct hone_arena *mem;
};

/* A value as 64 bits: equal values of like columns have equal ones, also between tables and between
 * number types.  Missing is a value of its own. */
uint64_t hone_cell_hash(const struct hone_column *c, size_t row);

/* Hash of each row over the columns of t but skip; other (or t) gives the names and their order.
 * Columns that t lacks count as missing. */
enum hone_code hone_row_hashes(struct hone_run *run, const struct hone_table *t,
                               const struct hone_table *names, const char *skip,
                               struct hone_arena *mem, const uint64_t **out);

/* A set of hashes, each with a number.  Room is fixed: at most n members. */
struct hone_seen {
    uint64_t *key;
    uint32_t *value;
    size_t mask, n;
};
enum hone_code hone_seen_new(struct hone_run *run, size_t n, struct hone_arena *mem,
                             struct hone_seen *out);
/* The number of key, which becomes value when key is new. */
uint32_t hone_seen_add(struct hone_seen *seen, uint64_t key, uint32_t value);
/* The number of key, or UINT32_MAX. */
uint32_t hone_seen_get(const struct hone_seen *seen, uint64_t key);

/* How well one column, cut into bins, predicts the target on rows it was not fitted on. */
struct hone_single {
    double score; /* ROC AUC (mean over classes), or R2; NaN when it cannot be told */
    double error; /* its standard error, roughly */
    double
        sharp; /* classification: average precision of the rarest class (more than two: mean over classes);
                     near 1 only when the column tells the class, not merely ranks it; regression: 1 */
};

/*
 *   key     (rows) numbers, NaN missing; used when code is NULL
 *   code    (rows) level of a text, UINT32_MAX missing
 *   levels  how many codes there are
 */
struct hone_predictor {
    const double *key;
    const uint32_t *code;
    size_t levels;
};
enum hone_code hone_single_score(struct hone_run *run, const struct hone_check_ctx *ctx,
                                 const struct hone_predictor *x, struct hone_single *out);

/* The column as a predictor, in scratch. */
enum hone_code hone_predictor_of(struct hone_run *run, const struct hone_column *c,
                                 struct hone_predictor *out);

/* A text for findings. */
#define HONE_SAY(findings, ...) hone_arena_format((findings)->mem, __VA_ARGS__)

#endif

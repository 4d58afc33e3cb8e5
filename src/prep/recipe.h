/*
 * prep/recipe.h - from a table to a feature matrix, and the graph that does it
 *
 * A recipe says, per raw column, whether it is used and how; it is chosen on training rows only.
 * Fitting it appends nodes to a model and hands out the matrix that those nodes give for the training rows: what an
 * estimator sees in training is what the graph computes in service.
 */
#ifndef HONE_PREP_RECIPE_H
#define HONE_PREP_RECIPE_H

#include "prep/chain.h"

struct hone_recipe_column {
    const char *name;
    enum hone_type type;
    const char
        *transform;     /* for estimators that take missing values and codes; NULL: not used */
    const char *scaled; /* for estimators that want imputed, scaled, one-hot features */
    const char *why;    /* why not used, or what is worth saying; NULL: nothing */
    size_t distinct;    /* among the training rows */
    const struct hone_request *bent; /* beside `scaled`: a bent line of a number; NULL: none */
    bool asked; /* requests say how: transform and scaled are their texts, for people */
    const char *fallback,
        *fallback_scaled; /* the encoder of texts that requests leave as texts */
};

struct hone_recipe {
    size_t cols;
    struct hone_recipe_column *column;
    size_t used;
    struct hone_requests requests; /* in the order that they were given */
};

/*
 * Choose.  target is left out, so are the names in drop; names in keep are used even where the rules would leave
 * them out (all missing, constant, row numbers, texts that differ in every row).
 * Fails: HONE_E_NOT_FOUND for a name in drop or keep that is no column; HONE_E_ARG when no column is left; as
 * hone_requests_read.
 */
struct hone_recipe_names {
    const char *target;
    struct hone_texts drop, keep;
    struct hone_texts transform; /* requests, see prep/chain.h; they go before drop and keep */
};
enum hone_code hone_recipe_choose(struct hone_run *run, const struct hone_table *table,
                                  const size_t *row, size_t rows, enum hone_task task,
                                  const struct hone_recipe_names *names, struct hone_arena *mem,
                                  struct hone_recipe **out);

/* A recipe that was fitted: nodes in the model, features for people, the matrix of the training rows. */
struct hone_fitted {
    struct hone_signature *signature; /* inputs only */
    const char *value;                /* float [N, cols]; NULL when cols is 0 */
    struct hone_features features;    /* cols is features.n; 0 only beside blocks */
    float **x;                        /* (cols)(rows) */
    const char **name;                /* (cols) */
    bool *category;                   /* (cols) */
    const char *const **level;        /* (cols) texts of a category's codes, or NULL */
    struct hone_sparse *sparse;       /* (features.blocks) */
    const char **sparse_value;        /* (features.blocks) their values in the graph */
};
/*
 * Fit on rows of a table, whose targets are in target (same order).  model is empty but for other columns'
 * nodes.  Deterministic.  Fails: HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_recipe_fit(struct hone_run *run, const struct hone_recipe *recipe,
                               const struct hone_span *rows, const struct hone_target *target,
                               bool scaled, struct hone_model *model, struct hone_arena *mem,
                               struct hone_fitted *out);

/* The features of other rows, through the graph: *x is (cols)(n) in mem. */
enum hone_code hone_recipe_apply(struct hone_run *run, const struct hone_model *model,
                                 const struct hone_fitted *fitted, const struct hone_span *rows,
                                 struct hone_arena *mem, float ***x);

/* The blocks of other rows: *sparse is (features.blocks) in mem. */
enum hone_code hone_recipe_apply_sparse(struct hone_run *run, const struct hone_model *model,
                                        const struct hone_fitted *fitted,
                                        const struct hone_span *rows, struct hone_arena *mem,
                                        struct hone_sparse **sparse);

#endif

/*
 * prep/transform.h - raw columns to features
 *
 * A transform fits on training rows only and appends nodes to the graph that compute the same for any row.
 * There are three kinds of work, and a transform does one or more: `recode` turns a text column into
 * another, `encode` turns one raw column into features, `map` turns a matrix of features into another.
 * A chain (prep/chain.h) puts them one after the other.
 *
 * Everywhere: a missing number is NaN and no transform counts it; infinities are not counted either.
 * A row's weight (hone_target.weight) counts as that many rows.
 */
#ifndef HONE_PREP_TRANSFORM_H
#define HONE_PREP_TRANSFORM_H

#include "base/part.h"
#include "base/task.h"
#include "graph/model.h"
#include "table/table.h"

/* One column of the feature matrix. */
struct hone_feature {
    const char *name;         /* for people: "age", "job = student" */
    const char *source;       /* the raw column it comes from */
    const char *value;        /* the graph value, float [N, width], that holds it */
    size_t at;                /* its place in that value */
    bool category;            /* codes in the order of the target's mean */
    const char *const *level; /* of a category: the texts by code; NULL: not known */
    bool flag;                /* 0 or 1: not to be scaled */
    bool scaled; /* on a scale of its own that someone chose: not to be scaled again */
    const float
        *train; /* (rows) what training sees instead of the graph's output; NULL: the same */
};

/* Many columns that are mostly zeros and stay together: what a text transform makes of a column. */
struct hone_feature_block {
    const char *source;      /* the raw column */
    const char *value;       /* the graph value, float [N, cols] */
    size_t cols;             /* > 0 */
    const char *const *name; /* (cols) for people */
};

struct hone_features {
    struct hone_arena *mem;
    struct hone_feature *item;
    size_t n, room;
    struct hone_feature_block *block; /* beside the items */
    size_t blocks;
};
/* Append; name and source are kept by reference.  Panics without memory. */
void hone_features_add(struct hone_features *list, struct hone_feature feature);
void hone_features_add_block(struct hone_features *list, struct hone_feature_block block);

/* What is to be learned, for the training rows in order. */
struct hone_target {
    enum hone_task task;
    size_t classes;       /* 1 for regression */
    const double *y;      /* (rows) */
    const double *weight; /* (rows) or NULL */
};

/* A raw column at the training rows. */
struct hone_fit_column {
    const struct hone_column *column;
    const size_t *row; /* (rows) places in the column */
    size_t rows;
    const struct hone_target *target;
    const char *value; /* the graph input of this column (prep/signature.h says which type) */
};

/* The matrix a map transform fits on. */
struct hone_fit_matrix {
    size_t rows, cols;
    const float *const *x;              /* (cols)(rows) */
    const struct hone_feature *feature; /* (cols) */
    const char *value;                  /* float [N, cols] */
    const struct hone_target *target;   /* may be NULL: then no weights and no target */
};

struct hone_transform {
    struct hone_part part;
    unsigned accepts; /* encode, recode: bit 1 << enum hone_type */
    bool supervised;  /* looks at the target; out of fold where that matters */
    bool finite;      /* none of its features is ever NaN */
    bool blocks;      /* encode: makes blocks, which no map can follow */
    bool plain;       /* map: its features go by the names they had */
    bool joint; /* map: combines columns; else it treats each alone, in the same order first */
    /* Append nodes that give another text column: *out is that column at the same rows, in mem.  NULL: does not. */
    enum hone_code (*recode)(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_fit_column *out);
    /* Append nodes and features.  NULL: not an encoder. */
    enum hone_code (*encode)(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out);
    /* Append nodes; *value is the new matrix, whose columns out lists.  NULL: not a map. */
    enum hone_code (*map)(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value,
                          struct hone_features *out);
};

extern const struct hone_part *const hone_transforms[]; /* ends with NULL */

/* A transform with its settings. */
struct hone_step {
    const struct hone_transform *transform;
    const void *settings;
};
/* The transform of a name with its default settings, in mem (the name is ours: unknown panics). */
struct hone_step hone_step_default(const char *transform, struct hone_arena *mem);

/* Fit the transform of a name with its default settings (the name is ours: unknown panics). */
enum hone_code hone_encode(struct hone_run *run, const char *transform,
                           const struct hone_fit_column *in, struct hone_graph *graph,
                           struct hone_arena *mem, struct hone_features *out);
enum hone_code hone_map_features(struct hone_run *run, const char *transform,
                                 const struct hone_fit_matrix *in, struct hone_graph *graph,
                                 struct hone_arena *mem, const char **value,
                                 struct hone_features *out);

/*
 * The distinct texts of a text or category column at the training rows; of a number or bool column its distinct
 * numbers, as floats.
 */
struct hone_levels {
    size_t n;
    struct hone_str *level; /* (n) texts in byte order; missing is not one */
    float *number;  /* (n) ascending, then level is how they are written; NULL for texts */
    size_t *count;  /* (n) training rows */
    int32_t *code;  /* (rows) place in level, -1 when missing */
    size_t missing; /* rows */
};
enum hone_code hone_levels_find(struct hone_run *run, const struct hone_column *column,
                                const size_t *row, size_t rows, struct hone_arena *mem,
                                struct hone_levels *out);

/* Append a LabelEncoder from text to float; unseen and missing texts give `other` (may be NaN). */
const char *hone_emit_lookup(struct hone_graph *graph, const char *input, const char *hint,
                             size_t n, const struct hone_str *key, const float *value,
                             float other);

/* Rows by level, weighted where rows are: *weight (levels->n + 1) in mem, the last is missing rows. */
enum hone_code hone_level_weights(struct hone_run *run, const struct hone_fit_column *in,
                                  const struct hone_levels *levels, struct hone_arena *mem,
                                  double **weight);
/* The rows a level needs, at least `least`, so that not more than `most` levels have them where that can be. */
size_t hone_levels_cut(const struct hone_levels *levels, size_t least, size_t most);
/* A map that treats each column alone: the same features, now columns of value. */
void hone_features_move(const struct hone_fit_matrix *in, const char *value,
                        struct hone_features *out);
/* The same where the map brought all columns to one scale. */
void hone_features_scaled(const struct hone_fit_matrix *in, const char *value,
                          struct hone_features *out);

/*
 * Append nodes that give value[k] for level k, `missing` where it is missing and `other` for what training did not
 * have; either may be NaN.  value float [N, 1].
 */
const char *hone_emit_levels(struct hone_run *run, struct hone_graph *graph, const char *input,
                             const char *hint, const struct hone_levels *levels,
                             const float *value, float missing, float other);

/* The text column at the rows of a fit column whose row i has level code[i] (-1: missing), in mem. */
enum hone_code hone_recoded(struct hone_run *run, const struct hone_fit_column *in, size_t n,
                            const struct hone_str *level, const int32_t *code,
                            const char *value, struct hone_arena *mem,
                            struct hone_fit_column *out);

#define HONE_TAKES_TEXT (1u << HONE_UTF8 | 1u << HONE_CATEGORY)
#define HONE_TAKES_NUMBER                                                                      \
    (1u << HONE_BOOL | 1u << HONE_INT64 | 1u << HONE_FLOAT32 | 1u << HONE_FLOAT64)
#define HONE_TAKES_TIME (1u << HONE_DATE | 1u << HONE_TIMESTAMP)

#endif

/*
 * prep/transform.h - raw columns to features
 *
 * A transform fits on training rows only and appends nodes to the graph that compute the same for any row.
 * There are two kinds, one struct: `encode` turns one raw column into features; `map` turns the
 * whole matrix of features into another.
 */
#ifndef HONE_PREP_TRANSFORM_H
#define HONE_PREP_TRANSFORM_H

#include "base/part.h"
#include "base/task.h"
#include "graph/model.h"
#include "table/table.h"

/* One column of the feature matrix. */
struct hone_feature {
    const char *name;   /* for people: "age", "job = student" */
    const char *source; /* the raw column it comes from */
    const char *value;  /* the graph value, float [N, width], that holds it */
    size_t at;          /* its place in that value */
    bool category;      /* codes in the order of the target's mean */
    bool flag;          /* 0 or 1: not to be scaled */
    const float
        *train; /* (rows) what training sees instead of the graph's output; NULL: the same */
};

struct hone_features {
    struct hone_arena *mem;
    struct hone_feature *item;
    size_t n, room;
};
/* Append; name and source are kept by reference.  Panics without memory. */
void hone_features_add(struct hone_features *list, struct hone_feature feature);

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
};

struct hone_transform {
    struct hone_part part;
    unsigned accepts; /* encode: bit 1 << enum hone_type */
    bool supervised;  /* looks at the target; out of fold where that matters */
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

/* Fit the transform of a name with its default settings (the name is ours: unknown panics). */
enum hone_code hone_encode(struct hone_run *run, const char *transform,
                           const struct hone_fit_column *in, struct hone_graph *graph,
                           struct hone_arena *mem, struct hone_features *out);
enum hone_code hone_map_features(struct hone_run *run, const char *transform,
                                 const struct hone_fit_matrix *in, struct hone_graph *graph,
                                 struct hone_arena *mem, const char **value,
                                 struct hone_features *out);

/* The distinct texts of a text or category column at the training rows. */
struct hone_levels {
    size_t n;
    struct hone_str *level; /* (n) in byte order; missing is not one */
    size_t *count;          /* (n) training rows */
    int32_t *code;          /* (rows) place in level, -1 when missing */
    size_t missing;         /* rows */
};
enum hone_code hone_levels_find(struct hone_run *run, const struct hone_column *column,
                                const size_t *row, size_t rows, struct hone_arena *mem,
                                struct hone_levels *out);

/* Append a LabelEncoder from text to float; unseen and missing texts give `other` (may be NaN). */
const char *hone_emit_lookup(struct hone_graph *graph, const char *input, const char *hint,
                             size_t n, const struct hone_str *key, const float *value,
                             float other);

#endif

/*
 * learn/gbt_priv.h - the rooms of the boosted trees, and what they hand each other
 *
 * gbt_bin.c turns columns of floats into codes of one byte; gbt_loss.c turns scores into gradients
 * that are integers; gbt_hist.c sums them by code; gbt_split.c finds the best split of a column in the sums;
 * gbt_grow.c makes one tree;
 * gbt_boost.c repeats that; gbt_emit.c writes the trees as one ONNX node; est_gbt.c holds the
 * settings.
 *
 * Every sum over rows is a sum of integers, so the order in which threads add does not matter.
 */
#ifndef HONE_LEARN_GBT_PRIV_H
#define HONE_LEARN_GBT_PRIV_H

#include "learn/estimator.h"

/* Columns that are summed together: one load of 8 bytes brings the codes of 8 columns of a row. */
#define HONE_GBT_GROUP 8
/* Rows per chunk of work that goes row by row. */
#define HONE_GBT_BLOCK 8192

/* Settings as they are used: nothing is "automatic" any more. */
struct hone_gbt_settings {
    size_t rounds;
    size_t patience;
    double learning_rate;
    size_t max_leaves;
    size_t max_depth; /* 0: none */
    size_t min_data;
    double min_hessian;
    double min_gain;
    double l1, l2;
    double smoothing; /* pull of a leaf to its parent, in rows */
    double row_sample, column_sample, node_sample;
    size_t max_bins;
    bool subsets; /* categories are split into sets, not by the order of their codes */
    double
        category_smooth; /* rows of no effect mixed into a category's mean when they are ordered */
    double category_l2;       /* penalty on top of l2 while sets are compared */
    size_t category_max;      /* most categories in the smaller set */
    size_t category_min_data; /* a category of fewer rows stays with the others */
    const char *loss; /* "squared", "absolute", "poisson"; classification has one loss each */
};

/* --- codes ----------------------------------------------------------------------------------- */

/*
 * How one column becomes codes.  Code b of a value x: the smallest b with x <= edge[b]; edge[edges]
 * is above every value.  NaN has code edges + 1.
 */
struct hone_gbt_column {
    const float *edge;  /* (edges + 1) strictly ascending */
    size_t edges;       /* possible thresholds: values have edges + 1 codes, at most 255 */
    bool missing;       /* NaN occurs in training */
    bool category;      /* each code is one value of training: value[code] */
    const float *value; /* (edges + 1), or NULL */
    size_t slot;        /* where the column begins in a histogram */
};

struct hone_gbt_bins {
    size_t cols;
    struct hone_gbt_column *column; /* (cols) */
    size_t slots;                   /* cells of a histogram, all columns together */
};

struct hone_gbt_matrix {
    size_t rows, cols, groups;
    uint8_t *code;   /* (rows)(groups)(HONE_GBT_GROUP); columns past the last have code 0 */
    uint8_t *column; /* (cols)(rows) the same once more, for work on one column; or NULL */
};

/* The code of a column in a row. */
static inline uint8_t hone_gbt_code(const struct hone_gbt_matrix *m, size_t row, size_t col)
{
    return m->code[row * m->groups * HONE_GBT_GROUP + col];
}

/*
 * The rows of d that weigh something, which are all that training sees: a row of weight 0 is as absent, also to
 * samples and to what is decided by the number of rows.  Copies in mem only where there is such a row.
 */
enum hone_code hone_gbt_present(struct hone_run *run, const struct hone_design *d,
                                struct hone_arena *mem, struct hone_design *out);

/*
 * Choose the edges: each distinct value of a deterministic sample its own code when there are at
 * most max_bins of them, else codes of about equal weight, a frequent value alone in its own.  An
 * edge is the midpoint of the two neighbouring values, rounded to a float that still separates them.
 * In mem.  Fails: HONE_E_LIMIT.
 */
enum hone_code hone_gbt_bin_fit(struct hone_run *run, const struct hone_design *d,
                                size_t max_bins, struct hone_arena *mem,
                                struct hone_gbt_bins *out);

/* Codes of every row of d, column by column too where asked for. In mem. Fails: HONE_E_LIMIT. */
enum hone_code hone_gbt_bin_apply(struct hone_run *run, const struct hone_gbt_bins *bins,
                                  const struct hone_design *d, bool columns,
                                  struct hone_arena *mem, struct hone_gbt_matrix *out);

/* --- gradients ------------------------------------------------------------------------------- */

/* Gradient and curvature of one row as integers: multiples of the units below. */
struct hone_gbt_pair {
    int32_t g;
    uint32_t h;
};

struct hone_gbt_units {
    double g, h;         /* what one step of the integers is worth: powers of two */
    double per_g, per_h; /* steps per unit: their inverses, exact */
    unsigned count_bits; /* low bits of a cell's second number that count rows */
};

/* The rows begin..end-1 and their scores (scores)(rows). */
struct hone_gbt_block {
    size_t begin, end, rows, scores;
    const double *y, *weight; /* weight NULL: all 1 */
    const double *score;
};

struct hone_gbt_loss {
    const char *name;
    /* The best constant scores (scores), before any tree. Fails: HONE_E_ARG for targets it cannot have. */
    enum hone_code (*base)(struct hone_run *run, const struct hone_design *d, double *base);
    /* Raise *g and *h to the largest |gradient| and curvature of the block. */
    void (*bound)(const struct hone_gbt_block *b, double *g, double *h);
    /* Write the block's rows of out (scores)(rows), scaled by 1 / units. */
    void (*gradient)(const struct hone_gbt_block *b, const struct hone_gbt_units *units,
                     struct hone_gbt_pair *out);
    /* Weighted sum of the loss over the block. */
    double (*loss)(const struct hone_gbt_block *b);
    bool median;   /* leaves take the weighted median of the residuals */
    bool log_link; /* the prediction is exp(score) */
};

/* The loss of a task by name (NULL or "auto": the usual one); NULL when there is none. */
const struct hone_gbt_loss *hone_gbt_loss_find(enum hone_task task, const char *name);

/* Mean loss over all rows, summed in fixed blocks; partial has room for a number per block. */
double hone_gbt_loss_mean(struct hone_run *run, const struct hone_gbt_loss *loss,
                          const struct hone_gbt_block *all, double *partial);

/* The weighted sum of the loss over rows begin to end of a block, and the weight of these rows. */
double hone_gbt_loss_sum(struct hone_run *run, const struct hone_gbt_loss *loss,
                         const struct hone_gbt_block *part, double *partial);
double hone_gbt_loss_weight(const struct hone_gbt_block *part);

/* Gradients of all rows as integers, and their units. partial: room for two numbers per block. */
void hone_gbt_gradients(struct hone_run *run, const struct hone_gbt_loss *loss,
                        const struct hone_gbt_block *all, double *partial,
                        struct hone_gbt_units *units, struct hone_gbt_pair *out);

/* --- histograms ------------------------------------------------------------------------------ */

/* A sum over rows: v[0] gradients, v[1] curvatures << count_bits | rows. */
struct hone_gbt_cell {
    int64_t v __attribute__((vector_size(16)));
};

/* The columns of a group that take part in a tree. */
struct hone_gbt_lane {
    size_t n;
    size_t col[HONE_GBT_GROUP];
    uint8_t lane[HONE_GBT_GROUP]; /* column within the group */
    size_t slot[HONE_GBT_GROUP];
};

/*
 * Add rows to the histogram of one group: hist[slot + code] += ordered, for n rows listed in
 * ascending order; ordered[i] belongs to row[i].  code is where the group's codes of row 0 are, those of the next row
 * are stride bytes further.
 */
void hone_gbt_hist_add(const struct hone_gbt_lane *lane, const uint8_t *code, size_t stride,
                       const uint32_t *row, const struct hone_gbt_cell *ordered, size_t n,
                       struct hone_gbt_cell *hist);

/* --- splits ---------------------------------------------------------------------------------- */

/* Words of a set of codes. */
#define HONE_GBT_SET 8

struct hone_gbt_split {
    double gain; /* over the leaf left whole; <= 0: none */
    size_t col;
    size_t bin;
    bool missing_left;
    bool subset;
    uint32_t set[HONE_GBT_SET];
    struct hone_gbt_cell left; /* sum over the rows that go left */
};

struct hone_gbt_search {
    const struct hone_gbt_settings *set;
    const struct hone_gbt_units *units;
    const struct hone_gbt_bins *bins;
};

static inline int64_t hone_gbt_count(const struct hone_gbt_units *u,
                                     const struct hone_gbt_cell *c)
{
    return c->v[1] & (((int64_t)1 << u->count_bits) - 1);
}

static inline double hone_gbt_gradient(const struct hone_gbt_units *u,
                                       const struct hone_gbt_cell *c)
{
    return (double)c->v[0] * u->g;
}

static inline double hone_gbt_hessian(const struct hone_gbt_units *u,
                                      const struct hone_gbt_cell *c)
{
    return (double)(c->v[1] >> u->count_bits) * u->h;
}

static inline double hone_gbt_shrink(double g, double l1)
{
    return g > l1 ? g - l1 : g < -l1 ? g + l1 : 0;
}

/* Twice what the best constant of these rows takes off the loss. */
double hone_gbt_worth(const struct hone_gbt_settings *set, const struct hone_gbt_units *units,
                      const struct hone_gbt_cell *sum);

/*
 * The best split of one column, if better than *best, which is left alone otherwise.  sum: of the leaf; hist: of
 * all columns.  The lowest code wins a tie.  best->gain counts the leaf left whole.
 * Source: thresholds as Chen & Guestrin, KDD 2016, eq. 7; sets by the order of the categories' means, Fisher, JASA
 * 53, 1958, drawn to nothing by their rows as in Ke et al., NeurIPS 2017.
 */
void hone_gbt_split_column(const struct hone_gbt_search *s, const struct hone_gbt_cell *sum,
                           const struct hone_gbt_cell *hist, size_t col,
                           struct hone_gbt_split *best);

/* --- trees ----------------------------------------------------------------------------------- */

struct hone_gbt_node {
    int32_t feature; /* -1: a leaf */
    uint8_t bin;     /* codes <= bin go left */
    bool missing_left;
    bool subset;     /* codes in set go left, instead */
    float threshold; /* x <= threshold goes left: the same decision */
    uint32_t left, right;
    float value; /* of a leaf, learning rate included */
    double gain;
    uint32_t set[HONE_GBT_SET]; /* by code: bit code % 32 of word code / 32 */
};

static inline bool hone_gbt_in_set(const uint32_t *set, size_t code)
{
    return (set[code / 32] >> (code % 32) & 1U) != 0;
}

/* The side of a code; missing is the code of NaN. */
static inline bool hone_gbt_goes_left(const struct hone_gbt_node *node, size_t code,
                                      size_t missing)
{
    return code == missing ? node->missing_left
           : node->subset  ? hone_gbt_in_set(node->set, code)
                           : code <= node->bin;
}

struct hone_gbt_tree {
    struct hone_gbt_node *node; /* (n) node 0 is the root */
    size_t n;
    size_t score;        /* which score it adds to */
    const float *values; /* (n)(scores) a leaf adds to every score, instead; NULL: to the one */
};

/* Everything that growing needs, made once per fit. */
struct hone_gbt_grower;
enum hone_code hone_gbt_grower_new(struct hone_run *run, const struct hone_gbt_settings *set,
                                   const struct hone_gbt_bins *bins,
                                   const struct hone_gbt_matrix *matrix, struct hone_arena *mem,
                                   struct hone_gbt_grower **out);

/* The rows of leaf number i of the tree just grown, and its node. */
struct hone_gbt_leaf_rows {
    const uint32_t *row;
    size_t n;
    size_t node;
};
size_t hone_gbt_leaves(const struct hone_gbt_grower *g);
struct hone_gbt_leaf_rows hone_gbt_leaf(const struct hone_gbt_grower *g, size_t i);

/*
 * Grow one tree, best leaf first.  pair (rows): gradients; tree number decides which rows and columns are
 * drawn.  out->node has room for 2 * max_leaves - 1 nodes.  A tree of one node means that no split
 * was worth it.
 * Source: leaf-wise growth as in Shi, Cornell CS 2007, and Ke et al., NeurIPS 2017; gain as in Chen &
 * Guestrin, KDD 2016, eq. 7.
 */
void hone_gbt_grow(struct hone_run *run, struct hone_gbt_grower *g,
                   const struct hone_gbt_pair *pair, const struct hone_gbt_units *units,
                   uint64_t number, struct hone_gbt_tree *out);

/* Add the tree's leaf values to score (rows) for every row of m. */
void hone_gbt_add(struct hone_run *run, const struct hone_gbt_tree *tree,
                  const struct hone_gbt_bins *bins, const struct hone_gbt_matrix *m,
                  double *score);

/* --- the whole ------------------------------------------------------------------------------- */

struct hone_gbt_model {
    size_t scores;
    float *base; /* (scores) */
    size_t rounds;
    struct hone_gbt_tree *tree; /* (trees) those of the kept rounds */
    size_t trees;
    const struct hone_gbt_loss *loss;
    const struct hone_gbt_column *column; /* what codes mean; NULL where no split is a set */
};

/*
 * Boost.  valid NULL: exactly set->rounds rounds.  The report is in mem; the model is in run->scratch
 * (left there: the caller has the HONE_SCRATCH).
 * Fails: HONE_E_ARG, HONE_E_LIMIT, HONE_E_NUMERIC, HONE_E_CANCELLED.
 */
enum hone_code hone_gbt_boost(struct hone_run *run, const struct hone_gbt_settings *set,
                              const struct hone_design *d, const struct hone_design *valid,
                              struct hone_arena *mem, struct hone_gbt_model *model,
                              struct hone_fit_report *report);

/*
 * Append the trees (and Exp for a log link); *score is their output.  A TreeEnsembleRegressor, which any runtime has;
 * where a split is a set of several categories a TreeEnsemble, and the model says ai.onnx.ml 5.
 */
enum hone_code hone_gbt_emit(struct hone_run *run, const struct hone_gbt_model *model,
                             struct hone_graph *graph, const char *features,
                             const char **score);

#endif

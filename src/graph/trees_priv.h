/*
 * graph/trees_priv.h - tree ensembles packed for speed
 *
 * Trees are given as nodes that name their children, and packed breadth first with siblings side by side.  In
 * the fast form a node is 8 bytes and a step has no branch; leaves step onto themselves, so a whole group of
 * rows (or, for one row, of trees) walks in lockstep.  Trees whose tests it cannot say (equality, sets, thresholds
 * or features beyond float, doubles below a threshold, very large trees) take a plain form.  Sums are in double, in the order of the trees,
 * so a row's score does not depend on the rows it comes with.
 */
#ifndef HONE_GRAPH_TREES_PRIV_H
#define HONE_GRAPH_TREES_PRIV_H

#include "graph/post_priv.h"

enum hone_branch { /* the numbers of TreeEnsemble-5's nodes_modes */
                   HONE_BRANCH_LEQ,
                   HONE_BRANCH_LT,
                   HONE_BRANCH_GTE,
                   HONE_BRANCH_GT,
                   HONE_BRANCH_EQ,
                   HONE_BRANCH_NEQ,
                   HONE_BRANCH_MEMBER,
                   HONE_BRANCH_LEAF,
};

enum hone_aggregate { HONE_TREES_AVERAGE, HONE_TREES_SUM, HONE_TREES_MIN, HONE_TREES_MAX };

struct hone_leaf_weight {
    uint32_t target;
    double weight;
};

/* A node as it is given. */
struct hone_tree_node {
    enum hone_branch mode;
    bool missing; /* NaN takes the true branch */
    uint32_t feature;
    double value;
    uint32_t yes, no;  /* nodes */
    uint32_t first, n; /* of the weights of a leaf, or of the members of a set */
};

struct hone_tree_source {
    const struct hone_tree_node *node;
    size_t nodes;
    const uint32_t *root; /* one for each tree, in the order of their sums */
    size_t trees;
    const struct hone_leaf_weight *weight;
    const double *member;
    size_t targets;
    enum hone_aggregate aggregate;
};

struct hone_trees;

/* Pack.  wide: rows are double.  Fails: HONE_E_FORMAT for nodes that do not form trees; HONE_E_LIMIT. */
enum hone_code hone_trees_new(struct hone_run *run, const struct hone_tree_source *source,
                              bool wide, struct hone_arena *mem, struct hone_trees **out);

/* Highest feature index that a test looks at, plus 1. */
size_t hone_trees_features(const struct hone_trees *t);
/* The fast form was possible. */
bool hone_trees_fast(const struct hone_trees *t);

/*
 * Scores of rows.  x (rows, cols) is float, or double when packed wide; score (rows, targets) double, without
 * base values; touched (rows, targets), where not NULL, says which targets any leaf spoke for.
 */
enum hone_code hone_trees_score(struct hone_run *run, const struct hone_trees *t, size_t rows,
                                size_t cols, const void *x, double *score, uint8_t *touched);

#endif

/* The trees as one node: TreeEnsembleRegressor (ai.onnx.ml 3), or TreeEnsemble (5) when it takes sets. */
#include <math.h>

#include "learn/gbt_priv.h"

struct forest {
    const struct hone_gbt_tree *tree;
    size_t trees, nodes, leaves;
    const struct hone_gbt_column *column;
    size_t scores;
};

/* The one category of a set, or -1. */
static int only_member(const struct hone_gbt_node *node)
{
    int only = -1;
    for (size_t b = 0; b < HONE_GBT_SET * 32; b++) {
        if (hone_gbt_in_set(node->set, b)) {
            if (only >= 0) {
                return -1;
            }
            only = (int)b;
        }
    }
    return only;
}

/* What a node compares with: a threshold, or the one category of its set. */
static float operand(const struct forest *f, const struct hone_gbt_node *node)
{
    int only = node->subset ? only_member(node) : -1;
    return only >= 0 ? f->column[node->feature].value[only] : node->threshold;
}

/* --- TreeEnsembleRegressor: one entry per node, and per leaf for the targets -------------------- */

struct lists {
    size_t nodes, leaves;
    int64_t *tree, *id, *feature, *yes, *no, *missing;
    float *value;
    struct hone_str *mode;
    int64_t *leaf_tree, *leaf_id, *leaf_score;
    float *leaf_value;
};

static enum hone_code make_lists(struct hone_run *run, size_t nodes, size_t leaves,
                                 struct lists *l)
{
    struct hone_arena *tmp = &run->scratch;

    HONE_TRY(hone_array(run, tmp, &l->tree, nodes));
    HONE_TRY(hone_array(run, tmp, &l->id, nodes));
    HONE_TRY(hone_array(run, tmp, &l->feature, nodes));
    HONE_TRY(hone_array(run, tmp, &l->yes, nodes));
    HONE_TRY(hone_array(run, tmp, &l->no, nodes));
    HONE_TRY(hone_array(run, tmp, &l->missing, nodes));
    HONE_TRY(hone_array(run, tmp, &l->value, nodes));
    HONE_TRY(hone_array(run, tmp, &l->mode, nodes));
    HONE_TRY(hone_array(run, tmp, &l->leaf_tree, leaves));
    HONE_TRY(hone_array(run, tmp, &l->leaf_id, leaves));
    HONE_TRY(hone_array(run, tmp, &l->leaf_score, leaves));
    return hone_array(run, tmp, &l->leaf_value, leaves);
}

static void add_tree(const struct forest *f, size_t number, struct lists *l)
{
    const struct hone_gbt_tree *tree = &f->tree[number];

    for (size_t i = 0; i < tree->n; i++) {
        const struct hone_gbt_node *node = &tree->node[i];
        size_t at = l->nodes++;
        l->tree[at] = (int64_t)number;
        l->id[at] = (int64_t)i;
        if (node->feature >= 0) {
            l->mode[at] = hone_str(node->subset ? "BRANCH_EQ" : "BRANCH_LEQ");
            l->feature[at] = node->feature;
            l->value[at] = operand(f, node);
            l->yes[at] = node->left;
            l->no[at] = node->right;
            l->missing[at] = node->missing_left ? 1 : 0;
        } else {
            l->mode[at] = hone_str("LEAF");
            for (size_t k = 0; k < (tree->values == NULL ? 1 : f->scores); k++) {
                size_t leaf = l->leaves++;
                l->leaf_tree[leaf] = (int64_t)number;
                l->leaf_id[leaf] = (int64_t)i;
                l->leaf_score[leaf] = (int64_t)(tree->values == NULL ? tree->score : k);
                l->leaf_value[leaf] =
                    tree->values == NULL ? node->value : tree->values[i * f->scores + k];
            }
        }
    }
}

static void put_lists(struct hone_graph *graph, struct hone_node *node, const struct lists *l)
{
    hone_node_ints(graph, node, "nodes_treeids", l->nodes, l->tree);
    hone_node_ints(graph, node, "nodes_nodeids", l->nodes, l->id);
    hone_node_ints(graph, node, "nodes_featureids", l->nodes, l->feature);
    hone_node_floats(graph, node, "nodes_values", l->nodes, l->value);
    hone_node_texts(graph, node, "nodes_modes", l->nodes, l->mode);
    hone_node_ints(graph, node, "nodes_truenodeids", l->nodes, l->yes);
    hone_node_ints(graph, node, "nodes_falsenodeids", l->nodes, l->no);
    hone_node_ints(graph, node, "nodes_missing_value_tracks_true", l->nodes, l->missing);
    hone_node_ints(graph, node, "target_treeids", l->leaves, l->leaf_tree);
    hone_node_ints(graph, node, "target_nodeids", l->leaves, l->leaf_id);
    hone_node_ints(graph, node, "target_ids", l->leaves, l->leaf_score);
    hone_node_floats(graph, node, "target_weights", l->leaves, l->leaf_value);
}

static enum hone_code emit_regressor(struct hone_run *run, const struct forest *f,
                                     const float *base, struct hone_graph *graph,
                                     const char *features, const char **score)
{
    struct lists l = {0};

    size_t most = f->trees > 0 && f->tree[0].values != NULL ? f->scores : 1;
    HONE_TRY(make_lists(run, f->nodes, f->leaves * most, &l));
    for (size_t t = 0; t < f->trees; t++) {
        add_tree(f, t, &l);
    }
    *score = hone_graph_op(graph, HONE_ML, "TreeEnsembleRegressor", "score", HONE_IN(features));
    struct hone_node *node = hone_graph_last(graph);
    put_lists(graph, node, &l);
    hone_node_int(graph, node, "n_targets", (int64_t)f->scores);
    hone_node_floats(graph, node, "base_values", f->scores, base);
    hone_node_text(graph, node, "aggregate_function", hone_str("SUM"));
    hone_node_text(graph, node, "post_transform", hone_str("NONE"));
    return HONE_OK;
}

/* --- TreeEnsemble: nodes with tests and leaves apart; numbers of the features' type --------------- */

enum { MODE_LEQ = 0, MODE_EQ = 4, MODE_MEMBER = 6, SUM = 1 };

struct ensemble {
    size_t trees, nodes, leaves, members;
    int64_t *root, *feature, *yes, *no, *yes_leaf, *no_leaf, *missing, *leaf_score;
    uint8_t *mode;
    double *value, *leaf_value, *member;
};

static enum hone_code make_ensemble(struct hone_run *run, const struct forest *f,
                                    struct ensemble *e)
{
    struct hone_arena *tmp = &run->scratch;
    size_t copies = f->tree[0].values == NULL ? 1 : f->scores;
    size_t tests = (f->nodes - f->leaves) * copies, members = 0;

    for (size_t t = 0; t < f->trees; t++) {
        for (size_t i = 0; i < f->tree[t].n; i++) {
            members += f->tree[t].node[i].subset ? copies * (HONE_GBT_SET * 32 + 1) : 0;
        }
    }
    HONE_TRY(hone_array(run, tmp, &e->root, f->trees * copies));
    HONE_TRY(hone_array(run, tmp, &e->feature, tests));
    HONE_TRY(hone_array(run, tmp, &e->yes, tests));
    HONE_TRY(hone_array(run, tmp, &e->no, tests));
    HONE_TRY(hone_array(run, tmp, &e->yes_leaf, tests));
    HONE_TRY(hone_array(run, tmp, &e->no_leaf, tests));
    HONE_TRY(hone_array(run, tmp, &e->missing, tests));
    HONE_TRY(hone_array(run, tmp, &e->mode, tests));
    HONE_TRY(hone_array(run, tmp, &e->value, tests));
    HONE_TRY(hone_array(run, tmp, &e->member, members));
    HONE_TRY(hone_array(run, tmp, &e->leaf_score, f->leaves * copies));
    return hone_array(run, tmp, &e->leaf_value, f->leaves * copies);
}

/* Tests and leaves are numbered apart, each in the order of the nodes. */
static enum hone_code add_to_ensemble(struct hone_run *run, const struct forest *f, size_t t,
                                      size_t score, struct ensemble *e)
{
    const struct hone_gbt_tree *tree = &f->tree[t];
    int64_t *place;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &place, tree->n));
    size_t tests = e->nodes, leaves = e->leaves;
    for (size_t i = 0; i < tree->n; i++) {
        place[i] = (int64_t)(tree->node[i].feature >= 0 ? tests++ : leaves++);
    }
    e->root[e->trees++] = place[0];
    for (size_t i = 0; i < tree->n; i++) {
        const struct hone_gbt_node *node = &tree->node[i];
        if (node->feature < 0) {
            e->leaf_score[e->leaves] = (int64_t)score;
            e->leaf_value[e->leaves++] =
                (double)(tree->values == NULL ? node->value
                                              : tree->values[i * f->scores + score]);
            continue;
        }
        size_t at = e->nodes++;
        e->feature[at] = node->feature;
        e->value[at] = (double)operand(f, node);
        e->yes[at] = place[node->left];
        e->no[at] = place[node->right];
        e->yes_leaf[at] = tree->node[node->left].feature < 0;
        e->no_leaf[at] = tree->node[node->right].feature < 0;
        e->missing[at] = node->missing_left ? 1 : 0;
        e->mode[at] = MODE_LEQ;
        if (node->subset) {
            e->mode[at] = only_member(node) >= 0 ? MODE_EQ : MODE_MEMBER;
        }
        for (size_t b = 0; e->mode[at] == MODE_MEMBER && b < HONE_GBT_SET * 32; b++) {
            if (hone_gbt_in_set(node->set, b)) {
                e->member[e->members++] = (double)f->column[node->feature].value[b];
            }
        }
        if (e->mode[at] == MODE_MEMBER) {
            e->member[e->members++] = (double)NAN; /* the end of the set */
        }
    }
    return HONE_OK;
}

static enum hone_code put_numbers(struct hone_run *run, struct hone_graph *graph,
                                  struct hone_node *node, const char *name, bool wide, size_t n,
                                  const double *value)
{
    struct hone_tensor t = {.type = HONE_F64, .rank = 1, .dim = {n}};
    float *narrow;
    double *copy;

    HONE_SCRATCH(run);
    if (wide) {
        HONE_TRY(hone_array(run, &run->scratch, &copy, n));
        memcpy(copy, value, n * sizeof *copy);
        t.data = copy;
    } else {
        HONE_TRY(hone_array(run, &run->scratch, &narrow, n));
        for (size_t i = 0; i < n; i++) {
            narrow[i] = (float)value[i];
        }
        t.type = HONE_F32;
        t.data = narrow;
    }
    hone_node_tensor(graph, node, name, &t);
    return HONE_OK;
}

static enum hone_code emit_ensemble(struct hone_run *run, const struct forest *f,
                                    const float *base, bool wide, struct hone_graph *graph,
                                    const char *features, const char **score)
{
    struct ensemble e = {0};

    HONE_TRY(make_ensemble(run, f, &e));
    for (size_t t = 0; t < f->trees; t++) {
        /* Its leaves have one score each: a tree of several is there once for each of them. */
        bool all = f->tree[t].values != NULL;
        for (size_t k = 0; k < (all ? f->scores : 1); k++) {
            HONE_TRY(add_to_ensemble(run, f, t, all ? k : f->tree[t].score, &e));
        }
    }
    for (size_t i = 0; i < graph->model->opsets; i++) {
        struct hone_opset *set = &graph->model->opset[i];
        if (strcmp(set->domain, HONE_ML) == 0 && set->version < 5) {
            set->version = 5;
        }
    }
    const char *sum = hone_graph_op(graph, HONE_ML, "TreeEnsemble", "trees", HONE_IN(features));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_ints(graph, node, "tree_roots", e.trees, e.root);
    hone_node_ints(graph, node, "nodes_featureids", e.nodes, e.feature);
    hone_node_ints(graph, node, "nodes_truenodeids", e.nodes, e.yes);
    hone_node_ints(graph, node, "nodes_falsenodeids", e.nodes, e.no);
    hone_node_ints(graph, node, "nodes_trueleafs", e.nodes, e.yes_leaf);
    hone_node_ints(graph, node, "nodes_falseleafs", e.nodes, e.no_leaf);
    hone_node_ints(graph, node, "nodes_missing_value_tracks_true", e.nodes, e.missing);
    hone_node_ints(graph, node, "leaf_targetids", e.leaves, e.leaf_score);
    hone_node_tensor(
        graph, node, "nodes_modes",
        &(struct hone_tensor){.type = HONE_U8, .rank = 1, .dim = {e.nodes}, .data = e.mode});
    HONE_TRY(put_numbers(run, graph, node, "nodes_splits", wide, e.nodes, e.value));
    HONE_TRY(put_numbers(run, graph, node, "leaf_weights", wide, e.leaves, e.leaf_value));
    HONE_TRY(put_numbers(run, graph, node, "membership_values", wide, e.members, e.member));
    hone_node_int(graph, node, "n_targets", (int64_t)f->scores);
    hone_node_int(graph, node, "aggregate_function", SUM);
    hone_node_int(graph, node, "post_transform", 0);
    double *wide_base;
    HONE_TRY(hone_array(run, &run->scratch, &wide_base, f->scores));
    for (size_t k = 0; k < f->scores; k++) {
        wide_base[k] = (double)base[k];
    }
    const void *data = wide ? (const void *)wide_base : base;
    const char *start = hone_graph_const(graph, "base", wide ? HONE_F64 : HONE_F32, 1,
                                         (const size_t[]){f->scores}, data);
    *score = hone_graph_op(graph, "", "Add", "score", HONE_IN(sum, start));
    if (wide) {
        *score = hone_graph_op(graph, "", "Cast", "score", HONE_IN(*score));
        hone_node_int(graph, hone_graph_last(graph), "to", HONE_F32);
    }
    return HONE_OK;
}

/* --- which of the two ------------------------------------------------------------------------------ */

/* Some split is a set of several: only TreeEnsemble has a word for it. */
static bool needs_sets(const struct forest *f)
{
    for (size_t t = 0; t < f->trees; t++) {
        for (size_t i = 0; i < f->tree[t].n; i++) {
            const struct hone_gbt_node *node = &f->tree[t].node[i];
            if (node->feature >= 0 && node->subset && only_member(node) < 0) {
                return true;
            }
        }
    }
    return false;
}

enum hone_code hone_gbt_emit(struct hone_run *run, const struct hone_gbt_model *model,
                             struct hone_graph *graph, const char *features, const char **score)
{
    /* A model without a split still needs trees, ones that add nothing either way: one for each score, since
     * ONNX Runtime leaves the base value out where no tree has a say. */
    struct hone_gbt_node still[3] = {{.left = 1, .right = 2}, {.feature = -1}, {.feature = -1}};
    struct forest f = {.trees = model->trees > 0 ? model->trees : model->scores,
                       .column = model->column,
                       .scores = model->scores};
    struct hone_gbt_tree *nothing;
    const char *out = NULL;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &nothing, model->scores));
    for (size_t k = 0; k < model->scores; k++) {
        nothing[k] = (struct hone_gbt_tree){.node = still, .n = 3, .score = k};
    }
    f.tree = model->trees > 0 ? model->tree : nothing;
    for (size_t t = 0; t < f.trees; t++) {
        f.nodes += f.tree[t].n;
        f.leaves += (f.tree[t].n + 1) / 2;
    }
    bool classes = model->loss == hone_gbt_loss_find(HONE_TASK_BINARY, NULL) ||
                   model->loss == hone_gbt_loss_find(HONE_TASK_MULTICLASS, NULL);
    if (!classes) {
        /* ONNX Runtime adds up floats for float features: with a thousand trees and a prediction far from the
         * mean of the target, the fourth digit is off.  For double features it adds up doubles. */
        features = hone_graph_op(graph, "", "Cast", "features_f64", HONE_IN(features));
        hone_node_int(graph, hone_graph_last(graph), "to", HONE_F64);
    }
    HONE_TRY(needs_sets(&f)
                 ? emit_ensemble(run, &f, model->base, !classes, graph, features, &out)
                 : emit_regressor(run, &f, model->base, graph, features, &out));
    *score =
        model->loss->log_link ? hone_graph_op(graph, "", "Exp", "rate", HONE_IN(out)) : out;
    return HONE_OK;
}

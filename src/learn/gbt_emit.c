/* The trees as one TreeEnsembleRegressor (ai.onnx.ml 3). */
#include "learn/gbt_priv.h"

/* One entry per node, and per leaf for the targets, as the operator wants them. */
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

static void add_tree(struct lists *l, const struct hone_gbt_tree *tree, size_t number)
{
    for (size_t i = 0; i < tree->n; i++) {
        const struct hone_gbt_node *node = &tree->node[i];
        size_t at = l->nodes++;
        l->tree[at] = (int64_t)number;
        l->id[at] = (int64_t)i;
        if (node->feature >= 0) {
            l->mode[at] = hone_str("BRANCH_LEQ");
            l->feature[at] = node->feature;
            l->value[at] = node->threshold;
            l->yes[at] = node->left;
            l->no[at] = node->right;
            l->missing[at] = node->missing_left ? 1 : 0;
        } else {
            size_t leaf = l->leaves++;
            l->mode[at] = hone_str("LEAF");
            l->leaf_tree[leaf] = (int64_t)number;
            l->leaf_id[leaf] = (int64_t)i;
            l->leaf_score[leaf] = (int64_t)tree->score;
            l->leaf_value[leaf] = node->value;
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

enum hone_code hone_gbt_emit(struct hone_run *run, const struct hone_gbt_model *model,
                             struct hone_graph *graph, const char *features, const char **score)
{
    /* A model without a split still needs trees, ones that add nothing either way: one for each score, since
     * ONNX Runtime leaves the base value out where no tree has a say. */
    struct hone_gbt_node still[3] = {{.left = 1, .right = 2}, {.feature = -1}, {.feature = -1}};
    struct hone_gbt_tree *nothing;
    size_t trees = model->trees > 0 ? model->trees : model->scores, nodes = 0;
    struct lists l = {0};

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &nothing, model->scores));
    for (size_t k = 0; k < model->scores; k++) {
        nothing[k] = (struct hone_gbt_tree){.node = still, .n = 3, .score = k};
    }
    const struct hone_gbt_tree *tree = model->trees > 0 ? model->tree : nothing;
    for (size_t t = 0; t < trees; t++) {
        nodes += tree[t].n;
    }
    HONE_TRY(make_lists(run, nodes, (nodes + trees) / 2, &l));
    for (size_t t = 0; t < trees; t++) {
        add_tree(&l, &tree[t], t);
    }
    if (model->loss != hone_gbt_loss_find(HONE_TASK_BINARY, NULL) &&
        model->loss != hone_gbt_loss_find(HONE_TASK_MULTICLASS, NULL)) {
        /* ONNX Runtime adds up floats for float features: with a thousand trees and a prediction far from the
         * mean of the target, the fourth digit is off.  For double features it adds up doubles. */
        features = hone_graph_op(graph, "", "Cast", "features_f64", HONE_IN(features));
        hone_node_int(graph, hone_graph_last(graph), "to", HONE_F64);
    }
    const char *out =
        hone_graph_op(graph, HONE_ML, "TreeEnsembleRegressor", "score", HONE_IN(features));
    struct hone_node *node = hone_graph_last(graph);
    put_lists(graph, node, &l);
    hone_node_int(graph, node, "n_targets", (int64_t)model->scores);
    hone_node_floats(graph, node, "base_values", model->scores, model->base);
    hone_node_text(graph, node, "aggregate_function", hone_str("SUM"));
    hone_node_text(graph, node, "post_transform", hone_str("NONE"));
    *score =
        model->loss->log_link ? hone_graph_op(graph, "", "Exp", "rate", HONE_IN(out)) : out;
    return HONE_OK;
}

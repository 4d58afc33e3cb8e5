#include "prep/emit.h"

#include <math.h>

/* The attributes of a TreeEnsembleRegressor under construction: all arrays (nodes). */
struct trees {
    int64_t *tree, *node, *feature, *yes, *no;
    float *value;
    struct hone_str *mode;
    size_t n;
    int64_t *leaf_tree, *leaf_node, *leaf_target; /* (leaves * outs) */
    float *leaf_weight;
    size_t leaves;
};

struct subtree {
    size_t from, to; /* pieces */
    size_t parent;   /* node, whose next free child this is; SIZE_MAX: none */
    bool left;
};

static size_t add_node(struct trees *t, size_t column, size_t first)
{
    size_t at = t->n++;
    t->tree[at] = (int64_t)column;
    t->node[at] = (int64_t)(at - first);
    t->feature[at] = (int64_t)column;
    return at;
}

static void add_leaf(struct trees *t, const struct hone_pieces *p, size_t column, size_t cols,
                     size_t outs, size_t piece, size_t at)
{
    t->mode[at] = hone_str("LEAF");
    t->feature[at] = 0;
    for (size_t k = 0; k < outs; k++) {
        t->leaf_tree[t->leaves] = (int64_t)column;
        t->leaf_node[t->leaves] = t->node[at];
        t->leaf_target[t->leaves] = (int64_t)(k * cols + column);
        t->leaf_weight[t->leaves++] = p->value[k * (p->edges + 1) + piece];
    }
}

/* A balanced tree over the pieces of one column, its nodes in the order they are met. */
static void add_tree(struct trees *t, const struct hone_pieces *p, size_t column, size_t cols,
                     size_t outs, struct subtree *stack)
{
    size_t depth = 0;
    size_t first = t->n;
    stack[depth++] = (struct subtree){0, p->edges, SIZE_MAX, false};
    while (depth > 0) {
        struct subtree s = stack[--depth];
        size_t at = add_node(t, column, first);
        if (s.parent != SIZE_MAX) {
            *(s.left ? &t->yes[s.parent] : &t->no[s.parent]) = t->node[at];
        }
        if (s.from == s.to) {
            add_leaf(t, p, column, cols, outs, s.from, at);
            continue;
        }
        size_t middle = s.from + (s.to - s.from) / 2;
        t->mode[at] = hone_str("BRANCH_LEQ");
        t->value[at] = p->edge[middle];
        stack[depth++] = (struct subtree){middle + 1, s.to, at, false};
        stack[depth++] = (struct subtree){s.from, middle, at, true};
    }
}

static void write_trees(struct hone_graph *graph, const struct trees *t, size_t targets)
{
    struct hone_node *node = hone_graph_last(graph);
    hone_node_int(graph, node, "n_targets", (int64_t)targets);
    hone_node_ints(graph, node, "nodes_treeids", t->n, t->tree);
    hone_node_ints(graph, node, "nodes_nodeids", t->n, t->node);
    hone_node_ints(graph, node, "nodes_featureids", t->n, t->feature);
    hone_node_texts(graph, node, "nodes_modes", t->n, t->mode);
    hone_node_floats(graph, node, "nodes_values", t->n, t->value);
    hone_node_ints(graph, node, "nodes_truenodeids", t->n, t->yes);
    hone_node_ints(graph, node, "nodes_falsenodeids", t->n, t->no);
    hone_node_ints(graph, node, "target_treeids", t->leaves, t->leaf_tree);
    hone_node_ints(graph, node, "target_nodeids", t->leaves, t->leaf_node);
    hone_node_ints(graph, node, "target_ids", t->leaves, t->leaf_target);
    hone_node_floats(graph, node, "target_weights", t->leaves, t->leaf_weight);
    hone_node_text(graph, node, "post_transform", hone_str("NONE"));
    hone_node_text(graph, node, "aggregate_function", hone_str("SUM"));
}

const char *hone_emit_pieces(struct hone_run *run, struct hone_graph *graph, const char *input,
                             const char *hint, size_t cols, const struct hone_pieces *pieces,
                             size_t outs)
{
    HONE_SCRATCH(run);
    size_t leaves = 0;
    for (size_t j = 0; j < cols; j++) {
        leaves += pieces[j].edges + 1;
    }
    struct trees t = {0};
    struct hone_arena *work = &run->scratch;
    t.tree = hone_arena_must(work, 2 * leaves * sizeof *t.tree);
    t.node = hone_arena_must(work, 2 * leaves * sizeof *t.node);
    t.feature = hone_arena_must(work, 2 * leaves * sizeof *t.feature);
    t.yes = hone_arena_must(work, 2 * leaves * sizeof *t.yes);
    t.no = hone_arena_must(work, 2 * leaves * sizeof *t.no);
    t.value = hone_arena_must(work, 2 * leaves * sizeof *t.value);
    t.mode = hone_arena_must(work, 2 * leaves * sizeof *t.mode);
    t.leaf_tree = hone_arena_must(work, outs * leaves * sizeof *t.leaf_tree);
    t.leaf_node = hone_arena_must(work, outs * leaves * sizeof *t.leaf_node);
    t.leaf_target = hone_arena_must(work, outs * leaves * sizeof *t.leaf_target);
    t.leaf_weight = hone_arena_must(work, outs * leaves * sizeof *t.leaf_weight);
    struct subtree *stack = hone_arena_must(work, 2 * leaves * sizeof *stack);
    for (size_t j = 0; j < cols; j++) {
        add_tree(&t, &pieces[j], j, cols, outs, stack);
    }
    const char *out =
        hone_graph_op(graph, HONE_ML, "TreeEnsembleRegressor", hint, HONE_IN(input));
    write_trees(graph, &t, outs * cols);
    return out;
}

const char *hone_emit_mask(struct hone_graph *graph, const char *input, const char *value,
                           const char *hint, float missing)
{
    const char *absent = hone_graph_op(graph, "", "IsNaN", "is_missing", HONE_IN(input));
    const char *instead = hone_graph_const_f32(graph, "missing", missing);
    return hone_graph_op(graph, "", "Where", hint, HONE_IN(absent, instead, value));
}

const char *hone_emit_scaler(struct hone_graph *graph, const char *input, const char *hint,
                             size_t cols, const float *offset, const float *scale)
{
    const char *out = hone_graph_op(graph, HONE_ML, "Scaler", hint, HONE_IN(input));
    hone_node_floats(graph, hone_graph_last(graph), "offset", cols, offset);
    hone_node_floats(graph, hone_graph_last(graph), "scale", cols, scale);
    return out;
}

const char *hone_emit_row(struct hone_graph *graph, const char *hint, size_t cols,
                          const float *value)
{
    return hone_graph_const(graph, hint, HONE_F32, 2, (const size_t[]){1, cols}, value);
}

const char *hone_emit_row_f64(struct hone_graph *graph, const char *hint, size_t cols,
                              const double *value)
{
    return hone_graph_const(graph, hint, HONE_F64, 2, (const size_t[]){1, cols}, value);
}

const char *hone_emit_clamp(struct hone_graph *graph, const char *input, const char *hint,
                            size_t cols, const float *low, const float *high)
{
    /* comparisons with NaN are false everywhere, so NaN stays; Clip and Max differ between runtimes */
    const char *least = hone_emit_row(graph, "low", cols, low);
    const char *most = hone_emit_row(graph, "high", cols, high);
    const char *below = hone_graph_op(graph, "", "Less", "below", HONE_IN(input, least));
    const char *raised = hone_graph_op(graph, "", "Where", hint, HONE_IN(below, least, input));
    const char *above = hone_graph_op(graph, "", "Greater", "above", HONE_IN(raised, most));
    return hone_graph_op(graph, "", "Where", hint, HONE_IN(above, most, raised));
}

const char *hone_emit_cast(struct hone_graph *graph, const char *input, const char *hint,
                           enum hone_dtype type)
{
    const char *out = hone_graph_op(graph, "", "Cast", hint, HONE_IN(input));
    hone_node_int(graph, hone_graph_last(graph), "to", type);
    return out;
}

const char *hone_emit_beside(struct hone_graph *graph, const char *hint,
                             const char *const *value)
{
    if (value[1] == NULL) {
        return value[0];
    }
    const char *out = hone_graph_op(graph, "", "Concat", hint, value);
    hone_node_int(graph, hone_graph_last(graph), "axis", 1);
    return out;
}

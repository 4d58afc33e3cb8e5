/*
 * trees.c - how fast a tree ensemble is scored, through a whole plan
 *
 * usage: trees [TREES LEAVES FEATURES [MODEL.onnx]]
 *
 * Random leaf-wise trees on normal features; the model is written to MODEL.onnx where a name is given, so that
 * another runtime can be timed on it.  Prints the median and the 99th percentile of one row at a time, and rows
 * per second of 4096 and of 100000 rows on one thread and on two.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/pool.h"
#include "base/rng.h"
#include "graph/plan.h"

struct lists {
    int64_t *tree, *node, *feature, *yes, *no, *leaf_tree, *leaf_node, *leaf_target;
    float *value, *weight;
    struct hone_str *mode;
    size_t n, leaves;
};

static void *room(struct hone_arena *mem, size_t size, size_t n)
{
    void *p = hone_arena_alloc(mem, size, n);
    HONE_ASSERT(p != NULL);
    return p;
}

/* Split a random leaf until there are enough. */
static void grow(struct lists *l, size_t tree, size_t leaves, size_t features,
                 struct hone_rng *rng)
{
    size_t first = l->n;
    for (size_t have = 0; have < 2 * leaves - 1; have++) {
        l->tree[l->n] = (int64_t)tree;
        l->node[l->n] = (int64_t)have;
        l->mode[l->n] = hone_str("LEAF");
        l->n++;
        if (have % 2 == 0 && have > 0) {
            size_t at;
            do {
                at = first + hone_rng_below(rng, have - 1);
            } while (hone_str_is(l->mode[at], "BRANCH_LEQ"));
            l->mode[at] = hone_str("BRANCH_LEQ");
            l->feature[at] = (int64_t)hone_rng_below(rng, features);
            l->value[at] = (float)hone_rng_normal(rng);
            l->yes[at] = (int64_t)have - 1;
            l->no[at] = (int64_t)have;
        }
    }
    for (size_t i = first; i < l->n; i++) {
        if (hone_str_is(l->mode[i], "LEAF")) {
            l->leaf_tree[l->leaves] = (int64_t)tree;
            l->leaf_node[l->leaves] = l->node[i];
            l->weight[l->leaves++] = (float)hone_rng_normal(rng);
        }
    }
}

static struct hone_model *make_model(size_t trees, size_t leaves, size_t features,
                                     struct hone_arena *mem)
{
    size_t n = trees * (2 * leaves - 1);
    struct hone_rng rng = hone_rng(1, 1);
    struct lists l = {room(mem, 8, n),
                      room(mem, 8, n),
                      room(mem, 8, n),
                      room(mem, 8, n),
                      room(mem, 8, n),
                      room(mem, 8, n),
                      room(mem, 8, n),
                      room(mem, 8, n),
                      room(mem, 4, n),
                      room(mem, 4, n),
                      room(mem, sizeof(struct hone_str), n),
                      0,
                      0};
    struct hone_model *m = hone_model_new(mem, "trees");
    struct hone_graph *g = &m->graph;
    struct hone_node *node;

    for (size_t i = 0; i < trees; i++) {
        grow(&l, i, leaves, features, &rng);
    }
    hone_graph_input(g, "x", HONE_F32, 2, (const int64_t[]){-1, (int64_t)features});
    hone_graph_output(g, "y", HONE_F32, 2, (const int64_t[]){-1, 1});
    node = hone_graph_node(g, HONE_ML, "TreeEnsembleRegressor", HONE_IN("x"), HONE_IN("y"));
    hone_node_ints(g, node, "nodes_treeids", l.n, l.tree);
    hone_node_ints(g, node, "nodes_nodeids", l.n, l.node);
    hone_node_ints(g, node, "nodes_featureids", l.n, l.feature);
    hone_node_ints(g, node, "nodes_truenodeids", l.n, l.yes);
    hone_node_ints(g, node, "nodes_falsenodeids", l.n, l.no);
    hone_node_floats(g, node, "nodes_values", l.n, l.value);
    hone_node_texts(g, node, "nodes_modes", l.n, l.mode);
    hone_node_ints(g, node, "target_treeids", l.leaves, l.leaf_tree);
    hone_node_ints(g, node, "target_nodeids", l.leaves, l.leaf_node);
    hone_node_ints(g, node, "target_ids", l.leaves, l.leaf_target);
    hone_node_floats(g, node, "target_weights", l.leaves, l.weight);
    hone_node_int(g, node, "n_targets", 1);
    return m;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void need(const struct hone_run *run, enum hone_code code)
{
    if (code != HONE_OK) {
        fprintf(stderr, "%s\n", run->err.message);
        exit(1);
    }
}

static void time_single(struct hone_run *run, const struct hone_plan *plan, const float *x,
                        size_t features)
{
    enum { N = 20000 };
    static int64_t ns[N];
    struct hone_session *s = hone_session_new(plan);
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {1, features}}, out;

    for (size_t i = 0; i < N; i++) {
        int64_t begin = hone_ticks_ns();
        float row[1024];
        memcpy(row, x + i * features, features * sizeof *row);
        in.data = row;
        need(run, hone_plan_run(run, plan, s, &in, &out));
        ns[i] = hone_ticks_ns() - begin;
    }
    qsort(ns, N, sizeof *ns, by_size);
    printf("hone: one row at a time: p50 %.2f us, p99 %.2f us\n", (double)ns[N / 2] / 1e3,
           (double)ns[N * 99 / 100] / 1e3);
    hone_session_free(s);
}

static void time_rows(struct hone_run *run, const struct hone_plan *plan, const float *x,
                      size_t rows, size_t features)
{
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {rows, features}}, out;
    void *data;
    int64_t best = INT64_MAX;

    memcpy(&data, &x, sizeof data);
    in.data = data;
    for (size_t i = 0; i < 7; i++) {
        struct hone_arena mem = {0};
        int64_t begin = hone_ticks_ns();
        need(run, hone_plan_run_rows(run, plan, rows, &in, &mem, &out));
        begin = hone_ticks_ns() - begin;
        best = begin < best ? begin : best;
        hone_arena_free(&mem);
    }
    printf("hone: %zu rows, %zu thread(s): %.0f rows/s, %.0f ns a row\n", rows,
           hone_pool_size(run->pool), (double)rows * 1e9 / (double)best,
           (double)best / (double)rows);
}

int main(int argc, char **argv)
{
    enum { ROWS = 100000 };
    size_t trees = argc > 3 ? strtoul(argv[1], NULL, 10) : 100;
    size_t leaves = argc > 3 ? strtoul(argv[2], NULL, 10) : 31;
    size_t features = argc > 3 ? strtoul(argv[3], NULL, 10) : 30;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *m = make_model(trees, leaves, features, &mem);
    struct hone_plan *plan = NULL;
    struct hone_rng rng = hone_rng(2, 1);
    float *x = room(&mem, sizeof *x, ROWS * features);
    struct hone_str bytes;

    for (size_t i = 0; i < ROWS * features; i++) {
        x[i] = (float)hone_rng_normal(&rng);
    }
    if (argc > 4) {
        need(&run, hone_model_write(&run, m, &mem, &bytes));
        need(&run, hone_file_write(&run, argv[4], bytes));
    }
    need(&run, hone_plan_new(&run, m, NULL, 0, &mem, &plan));
    printf("%zu trees of %zu leaves, %zu features\n", trees, leaves, features);
    time_single(&run, plan, x, features);
    time_rows(&run, plan, x, 4096, features);
    time_rows(&run, plan, x, ROWS, features);
    run.pool = hone_pool_new(2);
    time_rows(&run, plan, x, 4096, features);
    time_rows(&run, plan, x, ROWS, features);
    hone_pool_free(run.pool);
    run.pool = NULL;
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}

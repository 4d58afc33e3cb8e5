/* Tree ensembles against a walk by the letter of the standard; the same bits whatever goes along. */
#include <stdlib.h>

#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "graph/plan.h"

/* Forests of each kind; the thread sanitizer learns nothing from the later ones. */
#define SEEDS (CHECK_UNDER_TSAN ? 3 : 10)

enum { TREES = 37, FEATURES = 6, NODES_MAX = 63, ROWS = 1300, TARGETS = 3 };

struct forest {
    size_t n, weights;
    int64_t tree[TREES * NODES_MAX], node[TREES * NODES_MAX], feature[TREES * NODES_MAX];
    int64_t yes[TREES * NODES_MAX], no[TREES * NODES_MAX], missing[TREES * NODES_MAX];
    float value[TREES * NODES_MAX];
    struct hone_str mode[TREES * NODES_MAX];
    int64_t leaf_tree[TREES * NODES_MAX], leaf_node[TREES * NODES_MAX];
    int64_t leaf_target[TREES * NODES_MAX];
    float weight[TREES * NODES_MAX];
    size_t root[TREES];
};

static const char *const modes[] = {"BRANCH_LEQ", "BRANCH_GT", "BRANCH_LT",
                                    "BRANCH_GTE", "BRANCH_EQ", "BRANCH_NEQ"};

/* A few values that features take too, so that equality and the edges are met. */
static float threshold(struct hone_rng *rng)
{
    static const float edge[] = {0.0f, -0.0f, 1.0f, -1.0f, INFINITY, -INFINITY, 0.5f};
    uint64_t k = hone_rng_below(rng, 14);
    return k < 7 ? edge[k] : (float)hone_rng_normal(rng);
}

/* Categories: small whole numbers, some of them as a code of -0. */
static float category(struct hone_rng *rng)
{
    float v = (float)hone_rng_below(rng, 70);
    return hone_rng_below(rng, 9) == 0 ? -0.0f : v;
}

typedef float hone_test_value(struct hone_rng *rng);

static void grow(struct forest *f, size_t tree, size_t n_modes, size_t targets,
                 hone_test_value *value, struct hone_rng *rng)
{
    size_t first = f->n, splits = hone_rng_below(rng, NODES_MAX / 2 + 1);
    f->root[tree] = first;
    for (size_t i = 0; i < 2 * splits + 1; i++) {
        f->tree[f->n] = (int64_t)tree * 10;
        f->node[f->n] = (int64_t)i;
        f->mode[f->n++] = hone_str("LEAF");
        if (i % 2 == 0 && i > 0) {
            size_t at;
            do {
                at = first + hone_rng_below(rng, i - 1);
            } while (!hone_str_is(f->mode[at], "LEAF"));
            f->mode[at] = hone_str(modes[hone_rng_below(rng, n_modes)]);
            f->feature[at] = (int64_t)hone_rng_below(rng, FEATURES);
            f->value[at] = value(rng);
            f->missing[at] = (int64_t)hone_rng_below(rng, 2);
            f->yes[at] = (int64_t)i - 1;
            f->no[at] = (int64_t)i;
        }
    }
    for (size_t i = first; i < f->n; i++) {
        if (hone_str_is(f->mode[i], "LEAF")) {
            f->leaf_tree[f->weights] = f->tree[i];
            f->leaf_node[f->weights] = f->node[i];
            f->leaf_target[f->weights] = (int64_t)hone_rng_below(rng, targets);
            f->weight[f->weights++] = (float)hone_rng_normal(rng);
        }
    }
}

static bool goes_yes(const struct forest *f, size_t i, double x)
{
    struct hone_str m = f->mode[i];
    double v = (double)f->value[i];
    if (isnan(x) && f->missing[i] != 0) {
        return true;
    }
    return hone_str_is(m, "BRANCH_LEQ")   ? x <= v
           : hone_str_is(m, "BRANCH_LT")  ? x < v
           : hone_str_is(m, "BRANCH_GTE") ? x >= v
           : hone_str_is(m, "BRANCH_GT")  ? x > v
           : hone_str_is(m, "BRANCH_EQ")  ? x == v
                                          : x != v;
}

/* The sums of one row, as the standard says it. */
static void by_the_letter(const struct forest *f, const double *x, size_t targets, float *out)
{
    double sum[TARGETS] = {0};
    for (size_t t = 0; t < TREES; t++) {
        size_t at = f->root[t];
        while (!hone_str_is(f->mode[at], "LEAF")) {
            at = f->root[t] +
                 (size_t)(goes_yes(f, at, x[f->feature[at]]) ? f->yes[at] : f->no[at]);
        }
        for (size_t k = 0; k < f->weights; k++) {
            if (f->leaf_tree[k] == f->tree[at] && f->leaf_node[k] == f->node[at]) {
                sum[f->leaf_target[k]] += (double)f->weight[k];
            }
        }
    }
    for (size_t k = 0; k < targets; k++) {
        out[k] = (float)sum[k];
    }
}

static struct hone_model *model_of(const struct forest *f, size_t targets,
                                   struct hone_arena *mem)
{
    struct hone_model *m = hone_model_new(mem, "trees");
    struct hone_graph *g = &m->graph;
    struct hone_node *node;

    hone_graph_input(g, "x", HONE_F32, 2, (const int64_t[]){-1, FEATURES});
    hone_graph_output(g, "y", HONE_F32, 2, (const int64_t[]){-1, (int64_t)targets});
    node = hone_graph_node(g, HONE_ML, "TreeEnsembleRegressor", HONE_IN("x"), HONE_IN("y"));
    hone_node_ints(g, node, "nodes_treeids", f->n, f->tree);
    hone_node_ints(g, node, "nodes_nodeids", f->n, f->node);
    hone_node_ints(g, node, "nodes_featureids", f->n, f->feature);
    hone_node_ints(g, node, "nodes_truenodeids", f->n, f->yes);
    hone_node_ints(g, node, "nodes_falsenodeids", f->n, f->no);
    hone_node_ints(g, node, "nodes_missing_value_tracks_true", f->n, f->missing);
    hone_node_floats(g, node, "nodes_values", f->n, f->value);
    hone_node_texts(g, node, "nodes_modes", f->n, f->mode);
    hone_node_ints(g, node, "target_treeids", f->weights, f->leaf_tree);
    hone_node_ints(g, node, "target_nodeids", f->weights, f->leaf_node);
    hone_node_ints(g, node, "target_ids", f->weights, f->leaf_target);
    hone_node_floats(g, node, "target_weights", f->weights, f->weight);
    hone_node_int(g, node, "n_targets", (int64_t)targets);
    return m;
}

/* A number, as often as not the next double to a float. */
static double number(struct hone_rng *rng, hone_test_value *value, bool wide)
{
    double v = (double)(hone_rng_below(rng, 8) == 0 ? threshold(rng) : value(rng));
    return !wide || hone_rng_below(rng, 2) == 0
               ? v
               : nextafter(v, hone_rng_below(rng, 2) == 0 ? HUGE_VAL : -HUGE_VAL);
}

/* Every row through the plan in pieces of `step` rows, and all at once by blocks; wide: rows of doubles. */
static void check_forest_of(size_t n_modes, size_t targets, hone_test_value *value,
                            uint64_t seed, bool wide)
{
    static struct forest f;
    static float narrow[ROWS * FEATURES], want[ROWS * TARGETS];
    static double x[ROWS * FEATURES];
    static const size_t steps[] = {1, 7, 8, 9, 300, ROWS};
    struct hone_run run = {.pool = hone_pool_new(3)};
    struct hone_arena mem = {0};
    struct hone_plan *plan = NULL;
    struct hone_rng rng = hone_rng(seed, n_modes);
    struct hone_tensor in = {.type = wide ? HONE_F64 : HONE_F32,
                             .rank = 2,
                             .dim = {ROWS, FEATURES},
                             .data = wide ? (void *)x : (void *)narrow};
    struct hone_tensor out = {0};
    struct hone_model *m;

    f.n = f.weights = 0;
    for (size_t i = 0; i < TREES; i++) {
        grow(&f, i, n_modes, targets, value, &rng);
    }
    for (size_t i = 0; i < ROWS * FEATURES; i++) {
        x[i] = hone_rng_below(&rng, 8) == 0 ? (double)NAN : number(&rng, value, wide);
        narrow[i] = (float)x[i];
    }
    for (size_t i = 0; i < ROWS; i++) {
        by_the_letter(&f, x + i * FEATURES, targets, want + i * targets);
    }
    m = model_of(&f, targets, &mem);
    m->graph.input[0].type = in.type;
    CHECK_OK(&run, hone_plan_new(&run, m, NULL, 0, &mem, &plan));
    CHECK(hone_plan_rowwise(plan));
    CHECK_OK(&run, hone_plan_run_rows(&run, plan, ROWS, &in, &mem, &out));
    CHECK(memcmp(out.data, want, ROWS * targets * sizeof *want) == 0);
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        struct hone_session *s = hone_session_new(plan);
        for (size_t i = 0; i < ROWS; i += steps[k]) {
            size_t n = ROWS - i < steps[k] ? ROWS - i : steps[k];
            in.data = wide ? (void *)(x + i * FEATURES) : (void *)(narrow + i * FEATURES);
            in.dim[0] = n;
            CHECK_OK(&run, hone_plan_run(&run, plan, s, &in, &out));
            CHECK(memcmp(out.data, want + i * targets, n * targets * sizeof *want) == 0);
        }
        hone_session_free(s);
    }
    hone_pool_free(run.pool);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void check_forest(size_t n_modes, size_t targets, uint64_t seed, bool wide)
{
    check_forest_of(n_modes, targets, threshold, seed, wide);
}

static void orders_are_walked_in_the_fast_form(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        check_forest(1, 1, seed, false);
        check_forest(4, 1, seed, false);
        check_forest(4, TARGETS, seed, false);
    }
}

static void doubles_are_walked_alike(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        check_forest(2, 1, seed, true); /* the fast form */
        check_forest(2, TARGETS, seed, true);
        check_forest(4, 1, seed, true);
        check_forest(6, TARGETS, seed, true);
    }
}

static void equality_is_walked_in_the_plain_form(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        check_forest(6, 1, seed, false);
        check_forest(6, TARGETS, seed, false);
    }
}

/* Of small whole numbers equality is a set of one, which the fast form has too. */
static void categories_are_sets(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        check_forest_of(6, 1, category, seed, false);
        check_forest_of(6, TARGETS, category, seed, false);
        check_forest_of(6, 1, category, seed, true);
    }
}

/*
 * Members of sets through TreeEnsemble: row i asks for category i of tests on sets alone.  Doubles next to a member
 * are no members, though the nearest float is one.
 */
static void check_members(bool wide, bool beside)
{
    enum { SETS = 40, WIDEST = 300, N = 320 };
    static double member[SETS * WIDEST], want[N], x[N], weight[2 * SETS], split[SETS];
    static float narrow[N], narrow_member[SETS * WIDEST], narrow_weight[2 * SETS];
    static float narrow_split[SETS];
    static int64_t root[SETS], zero[SETS], one[SETS], target[2 * SETS];
    static uint8_t mode[SETS];
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_rng rng = hone_rng(9, 1);
    struct hone_plan *plan = NULL;
    size_t members = 0;

    for (size_t i = 0; i < N; i++) {
        x[i] = i == 17 ? (double)NAN : i == 18 ? -3 : i == 19 ? 2.5 : (double)i;
        x[i] = beside && i % 3 == 0 ? nextafter(x[i], i % 2 == 0 ? HUGE_VAL : -1) : x[i];
        narrow[i] = (float)x[i];
        want[i] = 0;
    }
    for (size_t t = 0; t < SETS; t++) {
        bool has[N] = {false};
        root[t] = (int64_t)t;
        mode[t] = 6;
        one[t] = 1;
        for (size_t b = 0; b < WIDEST; b++) {
            if (hone_rng_below(&rng, 1 + t) == 0) {
                has[b] = true;
                member[members++] = (double)b;
            }
        }
        member[members++] = (double)NAN;
        weight[2 * t] = (double)(t + 1);
        weight[2 * t + 1] = -1;
        for (size_t i = 0; i < N; i++) {
            bool whole = x[i] >= 0 && x[i] < N && x[i] == floor(x[i]);
            want[i] += whole && has[(size_t)x[i]] ? weight[2 * t] : weight[2 * t + 1];
        }
    }
    for (size_t k = 0; k < members; k++) {
        narrow_member[k] = (float)member[k];
    }
    for (size_t k = 0; k < 2 * SETS; k++) {
        narrow_weight[k] = (float)weight[k];
    }
    int64_t yes[SETS], no[SETS];
    for (size_t t = 0; t < SETS; t++) {
        yes[t] = (int64_t)(2 * t);
        no[t] = (int64_t)(2 * t) + 1;
    }
    enum hone_dtype type = wide ? HONE_F64 : HONE_F32;
    struct hone_model *m = hone_model_new(&mem, "sets");
    struct hone_graph *g = &m->graph;
    m->opset[1].version = 5;
    hone_graph_input(g, "x", type, 2, (const int64_t[]){-1, 1});
    hone_graph_output(g, "y", type, 2, (const int64_t[]){-1, 1});
    struct hone_node *node =
        hone_graph_node(g, HONE_ML, "TreeEnsemble", HONE_IN("x"), HONE_IN("y"));
    hone_node_ints(g, node, "tree_roots", SETS, root);
    hone_node_ints(g, node, "nodes_featureids", SETS, zero);
    hone_node_ints(g, node, "nodes_truenodeids", SETS, yes);
    hone_node_ints(g, node, "nodes_falsenodeids", SETS, no);
    hone_node_ints(g, node, "nodes_trueleafs", SETS, one);
    hone_node_ints(g, node, "nodes_falseleafs", SETS, one);
    hone_node_ints(g, node, "leaf_targetids", 2 * SETS, target);
    hone_node_tensor(
        g, node, "nodes_modes",
        &(struct hone_tensor){.type = HONE_U8, .rank = 1, .dim = {SETS}, .data = mode});
    struct hone_tensor t = {.type = type, .rank = 1};
    t.dim[0] = SETS;
    t.data = wide ? (void *)split : (void *)narrow_split;
    hone_node_tensor(g, node, "nodes_splits", &t);
    t.dim[0] = 2 * SETS;
    t.data = wide ? (void *)weight : (void *)narrow_weight;
    hone_node_tensor(g, node, "leaf_weights", &t);
    t.dim[0] = members;
    t.data = wide ? (void *)member : (void *)narrow_member;
    hone_node_tensor(g, node, "membership_values", &t);
    hone_node_int(g, node, "n_targets", 1);
    struct hone_tensor in = {
        .type = type, .rank = 2, .dim = {N, 1}, .data = wide ? (void *)x : (void *)narrow};
    struct hone_tensor out = {0};
    CHECK_OK(&run, hone_plan_new(&run, m, NULL, 0, &mem, &plan));
    CHECK_OK(&run, hone_plan_run_rows(&run, plan, N, &in, &mem, &out));
    for (size_t i = 0; i < N; i++) {
        double y = wide ? ((double *)out.data)[i] : (double)((float *)out.data)[i];
        CHECK_NEAR(y, want[i], 0);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void members_take_the_true_branch(void **state)
{
    (void)state;
    check_members(false, false);
    check_members(true, false);
    check_members(true, true);
}

/* A deep chain: many more steps than the lanes look ahead. */
static void chains_are_deep(void **state)
{
    (void)state;
    enum { N = 2001 };
    static struct forest f;
    static int64_t zero[N], yes[N], no[N], id[N];
    static float value[N], weight[N];
    static struct hone_str mode[N];
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *m;
    struct hone_plan *plan = NULL;
    struct hone_session *s;
    float x[10], *y;
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {10, 1}, .data = x}, out;
    size_t leaves = 0;
    static int64_t leaf[N];

    for (size_t i = 0; i < N; i++) { /* x <= 0: stop at leaf 1; x <= 1: at leaf 3 ... */
        id[i] = (int64_t)i;
        mode[i] = hone_str(i % 2 == 0 && i + 1 < N ? "BRANCH_LEQ" : "LEAF");
        value[i] = (float)(i / 2);
        yes[i] = (int64_t)i + 1;
        no[i] = (int64_t)i + 2;
        if (hone_str_is(mode[i], "LEAF")) {
            leaf[leaves] = (int64_t)i;
            weight[leaves] = (float)leaves;
            leaves++;
        }
    }
    m = model_of(&f, 1, &mem);
    m->graph.input[0].dim[1] = 1;
    struct hone_node *node = &m->graph.node[0];
    hone_node_ints(&m->graph, node, "nodes_treeids", N, zero);
    hone_node_ints(&m->graph, node, "nodes_nodeids", N, id);
    hone_node_ints(&m->graph, node, "nodes_featureids", N, zero);
    hone_node_ints(&m->graph, node, "nodes_truenodeids", N, yes);
    hone_node_ints(&m->graph, node, "nodes_falsenodeids", N, no);
    hone_node_ints(&m->graph, node, "nodes_missing_value_tracks_true", N, zero);
    hone_node_floats(&m->graph, node, "nodes_values", N, value);
    hone_node_texts(&m->graph, node, "nodes_modes", N, mode);
    hone_node_ints(&m->graph, node, "target_treeids", leaves, zero);
    hone_node_ints(&m->graph, node, "target_nodeids", leaves, leaf);
    hone_node_ints(&m->graph, node, "target_ids", leaves, zero);
    hone_node_floats(&m->graph, node, "target_weights", leaves, weight);
    CHECK_OK(&run, hone_plan_new(&run, m, NULL, 0, &mem, &plan));
    for (size_t i = 0; i < 10; i++) {
        x[i] = (float)(i * 111) + 0.5f;
    }
    s = hone_session_new(plan);
    CHECK_OK(&run, hone_plan_run(&run, plan, s, &in, &out));
    y = out.data;
    for (size_t i = 0; i < 10; i++) {
        CHECK_NEAR((double)y[i], (double)(i * 111 + 1 < 1000 ? i * 111 + 1 : 1000), 0.0);
    }
    hone_session_free(s);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void nodes_that_form_no_trees_are_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t yes, no;
        int64_t target;
        const char *says;
    } cases[] = {
        {1, 1, 0, "more than one root"}, {0, 1, 0, "2 nodes are in no tree"},
        {1, 7, 0, "no node 7"},          {1, 2, 5, "target 5 of 1"},
        {1, 2, -1, "target -1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hone_run run = {0};
        struct hone_arena mem = {0};
        struct forest *f = calloc(1, sizeof *f);
        struct hone_plan *plan = NULL;
        f->n = 3;
        f->weights = 2;
        for (int64_t k = 0; k < 3; k++) {
            f->node[k] = k;
            f->mode[k] = hone_str(k == 0 ? "BRANCH_LEQ" : "LEAF");
        }
        f->yes[0] = cases[i].yes;
        f->no[0] = cases[i].no;
        f->leaf_node[0] = 1;
        f->leaf_node[1] = 2;
        f->leaf_target[0] = cases[i].target;
        CHECK_FAILS_WITH(&run, hone_plan_new(&run, model_of(f, 1, &mem), NULL, 0, &mem, &plan),
                         HONE_E_FORMAT, cases[i].says);
        free(f);
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
}

static void too_few_features_are_refused(void **state)
{
    (void)state;
    static struct forest f;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *m;
    struct hone_plan *plan = NULL;
    struct hone_rng rng = hone_rng(3, 3);

    f.n = f.weights = 0;
    for (size_t i = 0; i < TREES; i++) {
        grow(&f, i, 1, 1, threshold, &rng);
    }
    m = model_of(&f, 1, &mem);
    m->graph.input[0].dim[1] = FEATURES - 1;
    CHECK_FAILS_WITH(&run, hone_plan_new(&run, m, NULL, 0, &mem, &plan), HONE_E_SHAPE,
                     "5 features, the trees look at 6");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_trees[] = {
    cmocka_unit_test(orders_are_walked_in_the_fast_form),
    cmocka_unit_test(doubles_are_walked_alike),
    cmocka_unit_test(equality_is_walked_in_the_plain_form),
    cmocka_unit_test(categories_are_sets),
    cmocka_unit_test(members_take_the_true_branch),
    cmocka_unit_test(chains_are_deep),
    cmocka_unit_test(nodes_that_form_no_trees_are_refused),
    cmocka_unit_test(too_few_features_are_refused),
};
const size_t hone_tests_trees_n = sizeof hone_tests_trees / sizeof hone_tests_trees[0];

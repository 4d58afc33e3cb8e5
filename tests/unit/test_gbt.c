/* Boosted trees: worked by hand, room by room, and against what the peers reach. */
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "fits.h"
#include "graph/plan.h"
#include "learn/gbt_priv.h"

/* --- fitting ------------------------------------------------------------------------------------ */

struct fitted {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_model *model;
    const struct hone_node *node; /* the ensemble */
    struct hone_fit_report report;
    enum hone_code code;
};

static struct hone_design design(enum hone_task task, size_t rows, size_t cols,
                                 const float *const *x, const double *y)
{
    return (struct hone_design){.task = task,
                                .rows = rows,
                                .cols = cols,
                                .classes = task == HONE_TASK_REGRESSION ? 1
                                           : task == HONE_TASK_BINARY   ? 2
                                                                        : 3,
                                .x = x,
                                .y = y};
}

static void fit(struct fitted *f, const char *settings, const struct hone_design *d,
                const struct hone_design *valid)
{
    const struct hone_estimator *e;

    *f = (struct fitted){.run = {.seed = 1}};
    CHECK_OK(&f->run, hone_estimator_need(&f->run, hone_str("gbt"), &e));
    void *set = fits_settings(&f->run, e, settings, &f->mem);
    f->model = hone_model_new(&f->mem, "test");
    hone_graph_input(&f->model->graph, "features", HONE_F32, 2,
                     (const int64_t[]){-1, (int64_t)d->cols});
    const char *score = NULL;
    f->code = e->fit(&f->run, set, d, valid, &f->model->graph, "features", &f->mem, &score,
                     &f->report);
    CHECK(f->code == f->run.err.code);
    if (f->code == HONE_OK) {
        /* A regression's features are made doubles first. */
        bool cast = strcmp(f->model->graph.node[0].op, "Cast") == 0;
        f->node = &f->model->graph.node[cast ? 1 : 0];
        CHECK_STR(f->node->op, "TreeEnsembleRegressor");
        CHECK_STR(f->node->domain, "ai.onnx.ml");
    }
}

static void done(struct fitted *f)
{
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
}

static const struct hone_attr *attr(const struct fitted *f, const char *name)
{
    const struct hone_attr *a = hone_node_attr(f->node, name);
    assert_non_null(a);
    return a;
}

/* The leaf that one tree sends x to: its place among the nodes. */
static size_t leaf_of(const struct fitted *f, size_t root, const float *x)
{
    const int64_t *feature = attr(f, "nodes_featureids")->ints;
    const int64_t *yes = attr(f, "nodes_truenodeids")->ints;
    const int64_t *no = attr(f, "nodes_falsenodeids")->ints;
    const int64_t *tracks = attr(f, "nodes_missing_value_tracks_true")->ints;
    const float *value = attr(f, "nodes_values")->floats;
    const struct hone_str *mode = attr(f, "nodes_modes")->strings;
    size_t at = root;

    while (hone_str_is(mode[at], "BRANCH_LEQ")) {
        float v = x[feature[at]];
        bool left = v <= value[at] || (isnan(v) && tracks[at] == 1);
        at = root + (size_t)(left ? yes[at] : no[at]);
    }
    CHECK(hone_str_is(mode[at], "LEAF"));
    return at;
}

/* The ensemble as a runtime computes it: float leaves, summed as floats. */
static void evaluate(const struct fitted *f, const float *x, size_t scores, float *out)
{
    const struct hone_attr *tree = attr(f, "nodes_treeids"), *base = attr(f, "base_values");
    const int64_t *leaf_tree = attr(f, "target_treeids")->ints;
    const int64_t *leaf_node = attr(f, "target_nodeids")->ints;
    const int64_t *target = attr(f, "target_ids")->ints;
    const struct hone_attr *weight = attr(f, "target_weights");
    size_t leaf = 0;

    CHECK(base->n == scores && attr(f, "n_targets")->i == (int64_t)scores);
    for (size_t k = 0; k < scores; k++) {
        out[k] = base->floats[k];
    }
    for (size_t i = 0; i < tree->n; i++) {
        if (i > 0 && tree->ints[i] == tree->ints[i - 1]) {
            continue;
        }
        int64_t id = (int64_t)(leaf_of(f, i, x) - i);
        while (leaf < weight->n &&
               !(leaf_tree[leaf] == tree->ints[i] && leaf_node[leaf] == id)) {
            leaf++;
        }
        CHECK(leaf < weight->n);
        out[target[leaf]] += weight->floats[leaf];
    }
}

/* --- by hand ------------------------------------------------------------------------------------ */

static const char *const plain = "{\"rounds\": 1, \"learning_rate\": 1, \"l2\": 0, "
                                 "\"min_data\": 1, \"max_leaves\": 2, \"column_sample\": 1, "
                                 "\"node_sample\": 1}";

static void one_split_by_hand(void **state)
{
    (void)state;
    const float x0[4] = {1, 2, 3, 4};
    const float *x[1] = {x0};
    const double y[4] = {0, 0, 10, 10};
    struct hone_design d = design(HONE_TASK_REGRESSION, 4, 1, x, y);
    struct fitted f;

    fit(&f, plain, &d, NULL);
    CHECK_OK(&f.run, f.code);
    CHECK_NEAR((double)attr(&f, "base_values")->floats[0], 5, 0);
    CHECK_NEAR((double)attr(&f, "nodes_values")->floats[0], 2.5, 0);
    CHECK(attr(&f, "target_weights")->n == 2);
    CHECK_NEAR((double)attr(&f, "target_weights")->floats[0], -5, 0);
    CHECK_NEAR((double)attr(&f, "target_weights")->floats[1], 5, 0);
    CHECK(f.report.rounds == 1);
    CHECK_NEAR(f.report.train_loss, 0, 0);
    CHECK_NEAR(f.report.importance[0], 1, 0);
    done(&f);

    /* With penalties: leaf = -soft(sum of gradients, l1) / (rows + l2) = (10 - 1) / (2 + 1). */
    fit(&f,
        "{\"rounds\": 1, \"learning_rate\": 0.5, \"l2\": 1, \"l1\": 1, \"min_data\": 1, "
        "\"max_leaves\": 2}",
        &d, NULL);
    CHECK_OK(&f.run, f.code);
    CHECK_NEAR((double)attr(&f, "target_weights")->floats[1], 1.5, 0);
    done(&f);
}

static void logistic_step_by_hand(void **state)
{
    (void)state;
    const float x0[4] = {1, 2, 3, 4};
    const float *x[1] = {x0};
    const double y[4] = {0, 0, 1, 1};
    struct hone_design d = design(HONE_TASK_BINARY, 4, 1, x, y);
    struct fitted f;

    fit(&f, plain, &d, NULL); /* gradients 1/2, curvatures 1/4: a step of (2/2) / (2/4) */
    CHECK_OK(&f.run, f.code);
    CHECK_NEAR((double)attr(&f, "base_values")->floats[0], 0, 0);
    CHECK_NEAR((double)attr(&f, "target_weights")->floats[0], -2, 0);
    CHECK_NEAR((double)attr(&f, "target_weights")->floats[1], 2, 0);
    CHECK_NEAR(f.report.train_loss, log1p(exp(-2)), 1e-15);
    done(&f);
}

static void missing_goes_where_it_fits(void **state)
{
    (void)state;
    const float none = (float)NAN;
    const float low[6] = {1, 2, none, 3, 4, none}, only[6] = {7, 7, none, 7, 7, none};
    const float *x[1] = {low};
    double y[6] = {0, 0, 0, 10, 10, 0};
    struct hone_design d = design(HONE_TASK_REGRESSION, 6, 1, x, y);
    struct fitted f;

    fit(&f, plain, &d, NULL); /* missing rows are like the low ones */
    CHECK_OK(&f.run, f.code);
    CHECK_NEAR((double)attr(&f, "nodes_values")->floats[0], 2.5, 0);
    CHECK(attr(&f, "nodes_missing_value_tracks_true")->ints[0] == 1);
    CHECK_NEAR(f.report.train_loss, 0, 1e-12);
    done(&f);

    y[2] = y[5] = 10; /* like the high ones */
    fit(&f, plain, &d, NULL);
    CHECK(attr(&f, "nodes_missing_value_tracks_true")->ints[0] == 0);
    CHECK_NEAR(f.report.train_loss, 0, 1e-12);
    done(&f);

    x[0] = only; /* nothing but missingness to split on */
    y[3] = y[4] = 0;
    fit(&f, plain, &d, NULL);
    CHECK_NEAR(f.report.train_loss, 0, 1e-12);
    const float far = 1e30F;
    float out;
    evaluate(&f, &far, 1, &out); /* any value is a present value */
    CHECK_NEAR((double)out, 0, 1e-6);
    evaluate(&f, &none, 1, &out);
    CHECK_NEAR((double)out, 10, 1e-5);
    done(&f);
}

static void absolute_takes_medians_and_poisson_rates(void **state)
{
    (void)state;
    const float x0[6] = {1, 1, 1, 2, 2, 2};
    const float *x[1] = {x0};
    const double y[6] = {1, 2, 60, 10, 20, 90};
    struct hone_design d = design(HONE_TASK_REGRESSION, 6, 1, x, y);
    struct fitted f;

    fit(&f,
        "{\"rounds\": 1, \"learning_rate\": 1, \"l2\": 0, \"min_data\": 1, \"max_leaves\": 2, "
        "\"loss\": \"absolute\"}",
        &d, &d);
    CHECK_OK(&f.run, f.code);
    CHECK_NEAR((double)attr(&f, "base_values")->floats[0], 10, 0); /* the lower median of all */
    CHECK_NEAR(f.report.valid_score[0], 2, 0);
    CHECK_NEAR(f.report.valid_score[5], 20, 0);
    done(&f);

    fit(&f,
        "{\"rounds\": 60, \"learning_rate\": 0.5, \"l2\": 0, \"min_data\": 1, \"max_leaves\": 2, "
        "\"loss\": \"poisson\"}",
        &d, &d);
    CHECK_OK(&f.run, f.code);
    CHECK_NEAR(f.report.valid_score[0], 21, 1e-3); /* the mean rate of its leaf */
    CHECK_NEAR(f.report.valid_score[5], 40, 1e-3);
    CHECK_STR(f.node[1].op, "Exp");
    done(&f);

    fit(&f, "{\"loss\": \"poisson\"}",
        &(struct hone_design){
            .task = HONE_TASK_BINARY, .rows = 6, .cols = 1, .classes = 2, .x = x, .y = y},
        NULL);
    CHECK_FAILS_WITH(&f.run, f.code, HONE_E_ARG, "poisson");
    done(&f);
    const double negative[6] = {1, 2, 3, -4, 5, 6};
    d.y = negative;
    fit(&f, "{\"loss\": \"poisson\"}", &d, NULL);
    CHECK_FAILS_WITH(&f.run, f.code, HONE_E_ARG, "row 3");
    done(&f);
}

/* --- room by room ------------------------------------------------------------------------------- */

static float odd_float(struct hone_rng *rng)
{
    switch (hone_rng_below(rng, 8)) {
    case 0:
        return (float)NAN;
    case 1:
        return (float)hone_rng_below(rng, 3);
    case 2:
        return -0.0F;
    case 3: { /* neighbours among the floats */
        float x = 1.0F;
        for (uint64_t i = hone_rng_below(rng, 5); i > 0; i--) {
            x = nextafterf(x, 2.0F);
        }
        return x;
    }
    case 4:
        return hone_rng_below(rng, 2) == 0 ? (float)INFINITY : -(float)INFINITY;
    case 5:
        return 3e38F * (float)(hone_rng_unit(rng) - 0.5);
    default:
        return (float)hone_rng_normal(rng);
    }
}

static void codes_are_what_thresholds_say(void **state)
{
    (void)state;
    enum { ROWS = 3000 };
    static float x0[ROWS], x1[ROWS];
    static double y[ROWS];
    const float *x[2] = {x0, x1};
    struct hone_rng rng = hone_rng(4, 4);
    struct hone_run run = {.seed = 1};
    struct hone_arena mem = {0};
    struct hone_gbt_bins bins;
    struct hone_gbt_matrix m;

    for (size_t i = 0; i < ROWS; i++) {
        x0[i] = odd_float(&rng);
        x1[i] = (float)hone_rng_below(&rng, 10);
    }
    struct hone_design d = design(HONE_TASK_REGRESSION, ROWS, 2, x, y);
    CHECK_OK(&run, hone_gbt_bin_fit(&run, &d, 255, &mem, &bins));
    CHECK_OK(&run, hone_gbt_bin_apply(&run, &bins, &d, true, &mem, &m));
    CHECK(bins.column[0].missing && !bins.column[1].missing);
    CHECK(bins.column[0].edges > 200 && bins.column[0].edges <= 254);
    CHECK(bins.column[1].edges == 9);
    for (size_t j = 0; j < 2; j++) {
        const struct hone_gbt_column *c = &bins.column[j];
        for (size_t b = 0; b < c->edges; b++) {
            CHECK(c->edge[b] < c->edge[b + 1]);
        }
        for (size_t i = 0; i < ROWS; i++) {
            size_t code = hone_gbt_code(&m, i, j);
            CHECK(m.column[j * ROWS + i] == code);
            if (isnan(x[j][i])) {
                CHECK(code == c->edges + 1);
                continue;
            }
            CHECK(code <= c->edges && x[j][i] <= c->edge[code]);
            CHECK(code == 0 || x[j][i] > c->edge[code - 1]);
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void codes_hold_equal_shares(void **state)
{
    (void)state;
    enum { ROWS = 50000 };
    static float x0[ROWS];
    static double y[ROWS];
    static size_t held[256];
    const float *x[1] = {x0};
    struct hone_rng rng = hone_rng(4, 5);
    struct hone_run run = {.seed = 1};
    struct hone_arena mem = {0};
    struct hone_gbt_bins bins;
    struct hone_gbt_matrix m;

    for (size_t i = 0; i < ROWS; i++) { /* a third of the rows have one value */
        x0[i] = i % 3 == 0 ? 0.25F : (float)hone_rng_normal(&rng);
    }
    struct hone_design d = design(HONE_TASK_REGRESSION, ROWS, 1, x, y);
    CHECK_OK(&run, hone_gbt_bin_fit(&run, &d, 64, &mem, &bins));
    CHECK_OK(&run, hone_gbt_bin_apply(&run, &bins, &d, true, &mem, &m));
    for (size_t i = 0; i < ROWS; i++) {
        held[hone_gbt_code(&m, i, 0)]++;
    }
    CHECK(bins.column[0].edges + 1 >= 60 && bins.column[0].edges + 1 <= 64);
    size_t heavy = 0;
    for (size_t b = 0; b <= bins.column[0].edges; b++) {
        heavy += held[b] >= ROWS / 3;
        /* the rest: two thirds over some 63 codes, half as many beside the heavy one */
        CHECK(held[b] >= ROWS / 3 || (held[b] > 200 && held[b] < 700));
    }
    CHECK(heavy == 1);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void histogram_is_the_plain_sum(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    enum { STRIDE = HONE_GBT_GROUP + 8 };
    static uint8_t code[ROWS * STRIDE];
    static struct hone_gbt_cell ordered[ROWS], hist[8 * 256];
    static uint32_t row[ROWS];
    struct hone_rng rng = hone_rng(4, 6);
    size_t n = 0;

    for (size_t i = 0; i < sizeof code; i++) {
        code[i] = (uint8_t)hone_rng_below(&rng, 256);
    }
    for (size_t i = 0; i < ROWS; i += 1 + (size_t)hone_rng_below(&rng, 3)) {
        row[n] = (uint32_t)i;
        ordered[n].v[0] = (int64_t)hone_rng_below(&rng, 1000) - 500;
        ordered[n].v[1] = (int64_t)hone_rng_below(&rng, 1000);
        n++;
    }
    for (size_t lanes = 0; lanes <= HONE_GBT_GROUP; lanes++) {
        struct hone_gbt_lane lane = {.n = lanes};
        static int64_t want[8][256][2];
        memset(want, 0, sizeof want);
        memset(hist, 0, sizeof hist);
        for (size_t k = 0; k < lanes; k++) { /* the last columns of the group */
            lane.lane[k] = (uint8_t)(HONE_GBT_GROUP - lanes + k);
            lane.slot[k] = k * 256;
            for (size_t i = 0; i < n; i++) {
                uint8_t c = code[row[i] * STRIDE + lane.lane[k]];
                want[k][c][0] += ordered[i].v[0];
                want[k][c][1] += ordered[i].v[1];
            }
        }
        hone_gbt_hist_add(&lane, code, STRIDE, row, ordered, n, hist);
        for (size_t i = 0; i < lanes * 256; i++) {
            CHECK(hist[i].v[0] == want[i / 256][i % 256][0]);
            CHECK(hist[i].v[1] == want[i / 256][i % 256][1]);
        }
    }
}

/* Integers must hold the gradients of any scale: a target of 1e12 or 1e-12 gives the same trees. */
static void scale_of_the_target_does_not_matter(void **state)
{
    (void)state;
    enum { ROWS = 500 };
    static float x0[ROWS], x1[ROWS];
    static double y[ROWS], big[ROWS], small[ROWS];
    const float *x[2] = {x0, x1};
    struct hone_rng rng = hone_rng(4, 7);
    struct fitted f[3];

    for (size_t i = 0; i < ROWS; i++) {
        x0[i] = (float)hone_rng_normal(&rng);
        x1[i] = (float)hone_rng_normal(&rng);
        y[i] = (double)(x0[i] * x1[i]) + hone_rng_normal(&rng) / 10;
        big[i] = ldexp(y[i], 40);
        small[i] = ldexp(y[i], -40);
    }
    const double *target[3] = {y, big, small};
    for (size_t k = 0; k < 3; k++) {
        struct hone_design d = design(HONE_TASK_REGRESSION, ROWS, 2, x, target[k]);
        fit(&f[k], "{\"rounds\": 30}", &d, &d);
        CHECK_OK(&f[k].run, f[k].code);
    }
    for (size_t i = 0; i < ROWS; i++) {
        CHECK_NEAR(ldexp(f[1].report.valid_score[i], -40), f[0].report.valid_score[i], 0);
        CHECK_NEAR(ldexp(f[2].report.valid_score[i], 40), f[0].report.valid_score[i], 0);
    }
    for (size_t k = 0; k < 3; k++) {
        done(&f[k]);
    }
}

/* --- categories ------------------------------------------------------------------------------------ */

/* Levels 3, 7, 12 and 200 of 220 are different; no threshold can say so. */
static double odd_levels(struct hone_rng *rng, float *x)
{
    static const float odd[] = {3, 7, 12, 200};
    bool is = hone_rng_below(rng, 3) == 0;
    *x = is ? odd[hone_rng_below(rng, 4)] : (float)hone_rng_below(rng, 220);
    return *x == 3 || *x == 7 || *x == 12 || *x == 200 ? 5 : -1;
}

/* The model's answers for float rows (rows, cols) through a plan. */
static void answers(struct fitted *f, const char *score, size_t rows, size_t cols, float *x,
                    float *out)
{
    struct hone_plan *plan = NULL;
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {rows, cols}, .data = x};
    struct hone_tensor y = {0};

    hone_graph_output(&f->model->graph, score, HONE_F32, 2, (const int64_t[]){-1, 1});
    CHECK_OK(&f->run, hone_plan_new(&f->run, f->model, NULL, 0, &f->mem, &plan));
    CHECK_OK(&f->run, hone_plan_run_rows(&f->run, plan, rows, &in, &f->mem, &y));
    memcpy(out, y.data, rows * sizeof *out);
}

static void sets_part_what_no_threshold_can(void **state)
{
    (void)state;
    enum { ROWS = 4000 };
    static float x0[ROWS], x1[ROWS], rows[ROWS * 2], out[ROWS];
    static double y[ROWS], weight[ROWS];
    const float *x[2] = {x0, x1};
    const bool category[2] = {true, false};
    struct hone_rng rng = hone_rng(4, 8);
    const enum hone_task tasks[2] = {HONE_TASK_REGRESSION, HONE_TASK_BINARY};

    for (size_t k = 0; k < 2; k++) {
        struct hone_design d = design(tasks[k], ROWS, 2, x, y);
        struct fitted sets, order;
        const struct hone_estimator *e;
        unsigned char set[1024] = {0};
        d.category = category;
        d.weight = k == 0 ? NULL : weight;
        for (size_t i = 0; i < ROWS; i++) {
            y[i] = odd_levels(&rng, &x0[i]);
            x0[i] = hone_rng_below(&rng, 50) == 0 ? (float)NAN : x0[i];
            x1[i] = (float)hone_rng_normal(&rng);
            y[i] = k == 0 ? y[i] + (double)x1[i] : (double)(y[i] + hone_rng_normal(&rng) > 0);
            weight[i] = 0.5 + hone_rng_unit(&rng);
            rows[2 * i] = x0[i];
            rows[2 * i + 1] = x1[i];
        }
        fit(&order,
            "{\"rounds\": 1, \"max_leaves\": 2, \"learning_rate\": 1, \"min_data\": 1, "
            "\"column_sample\": 1, \"node_sample\": 1, \"categories\": \"ordered\"}",
            &d, &d);
        CHECK_OK(&order.run, order.code);

        /* One split is enough for sets. */
        sets = (struct fitted){.run = {.seed = 1}};
        CHECK_OK(&sets.run, hone_estimator_need(&sets.run, hone_str("gbt"), &e));
        CHECK(e->part.settings_size <= sizeof set);
        hone_settings_default(&e->part, set);
        static const char *const given[][2] = {{"rounds", "1"},         {"max_leaves", "2"},
                                               {"learning_rate", "1"},  {"min_data", "1"},
                                               {"column_sample", "1"},  {"node_sample", "1"},
                                               {"categories", "subset"}};
        for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
            CHECK_OK(&sets.run,
                     hone_setting_set(&sets.run, &e->part, set, hone_str(given[i][0]),
                                      hone_str(given[i][1]), &sets.mem));
        }
        for (size_t rounds = 0; rounds < 2; rounds++) { /* a stump, then a model */
            const char *score = NULL;
            if (rounds == 1) {
                CHECK_OK(&sets.run,
                         hone_setting_set(&sets.run, &e->part, set, hone_str("rounds"),
                                          hone_str("30"), &sets.mem));
                CHECK_OK(&sets.run,
                         hone_setting_set(&sets.run, &e->part, set, hone_str("max_leaves"),
                                          hone_str("8"), &sets.mem));
            }
            sets.model = hone_model_new(&sets.mem, "test");
            hone_graph_input(&sets.model->graph, "features", HONE_F32, 2,
                             (const int64_t[]){-1, 2});
            CHECK_OK(&sets.run, e->fit(&sets.run, set, &d, &d, &sets.model->graph, "features",
                                       &sets.mem, &score, &sets.report));
            CHECK(sets.model->opset[1].version == 5);
            CHECK(sets.report.valid_loss < 0.75 * order.report.valid_loss);
            CHECK(sets.report.importance[0] > 0.5);
            /* What is emitted is what was boosted, missing and categories that the leaves lack included. */
            answers(&sets, score, ROWS, 2, rows, out);
            for (size_t i = 0; i < ROWS; i++) {
                CHECK_NEAR((double)out[i], sets.report.valid_score[i], 2e-5);
            }
        }
        done(&sets);
        done(&order);
    }
}

static void a_set_in_order_is_a_threshold(void **state)
{
    (void)state;
    const float x0[8] = {0, 0, 1, 1, 2, 2, 3, 3};
    const float *x[1] = {x0};
    const bool category[1] = {true};
    double y[8] = {9, 9, 9, 9, 1, 1, 1, 1};
    struct hone_design d = design(HONE_TASK_REGRESSION, 8, 1, x, y);
    struct fitted f;
    const char *settings = "{\"rounds\": 1, \"learning_rate\": 1, \"l2\": 0, \"min_data\": 1, "
                           "\"max_leaves\": 2, \"categories\": \"subset\"}";

    d.category = category;
    fit(&f, settings, &d, NULL);
    CHECK_OK(&f.run, f.code);
    CHECK(hone_str_is(attr(&f, "nodes_modes")->strings[0], "BRANCH_LEQ"));
    CHECK_NEAR((double)attr(&f, "nodes_values")->floats[0], 1.5, 0);
    CHECK_NEAR(f.report.train_loss, 0, 1e-12);
    done(&f);

    for (size_t i = 0; i < 8; i++) {
        y[i] = i / 2 == 1 ? 4 : 0; /* one against the rest: any runtime has a word for it */
    }
    fit(&f, settings, &d, NULL);
    CHECK_OK(&f.run, f.code);
    CHECK(hone_str_is(attr(&f, "nodes_modes")->strings[0], "BRANCH_EQ"));
    CHECK_NEAR((double)attr(&f, "nodes_values")->floats[0], 1, 0);
    CHECK_NEAR(f.report.train_loss, 0, 1e-12);
    done(&f);
}

/* --- as a whole --------------------------------------------------------------------------------- */

enum { TRAIN = 1000, TEST = 5000, COLS_MAX = 10 };

struct sample {
    float x[COLS_MAX][TEST];
    double y[TEST];
    const float *column[COLS_MAX];
};

typedef size_t hone_test_draw(struct hone_rng *rng, float *x, double *y);

/* Friedman, Annals of Statistics 19(1), 1991, eq. 61. */
static size_t friedman(struct hone_rng *rng, float *x, double *y)
{
    double u[10];
    for (size_t j = 0; j < 10; j++) {
        u[j] = hone_rng_unit(rng);
        x[j] = (float)u[j];
    }
    *y = 10 * sin(3.14159265358979 * u[0] * u[1]) + 20 * (u[2] - 0.5) * (u[2] - 0.5) +
         10 * u[3] + 5 * u[4] + hone_rng_normal(rng);
    return 10;
}

static size_t moons(struct hone_rng *rng, float *x, double *y)
{
    double t = 3.14159265358979 * hone_rng_unit(rng);
    bool lower = hone_rng_below(rng, 2) == 1;
    double a = lower ? 1 - cos(t) : cos(t), b = lower ? 0.5 - sin(t) : sin(t);
    x[0] = (float)(a + 0.3 * hone_rng_normal(rng));
    x[1] = (float)(b + 0.3 * hone_rng_normal(rng));
    *y = lower ? 1 : 0;
    return 2;
}

static size_t board(struct hone_rng *rng, float *x, double *y)
{
    for (size_t j = 0; j < 4; j++) {
        x[j] = (float)(6 * hone_rng_unit(rng));
    }
    *y = fmod(floor((double)x[0] / 2) + floor((double)x[1] / 2), 3);
    if (hone_rng_unit(rng) < 0.1) {
        *y = (double)hone_rng_below(rng, 3);
    }
    return 4;
}

static struct hone_design draw(struct sample *s, hone_test_draw *one, enum hone_task task,
                               size_t rows, uint64_t stream)
{
    struct hone_rng rng = hone_rng(77, stream);
    size_t cols = 0;

    for (size_t i = 0; i < rows; i++) {
        float x[COLS_MAX];
        cols = one(&rng, x, &s->y[i]);
        for (size_t j = 0; j < cols; j++) {
            s->x[j][i] = x[j];
        }
    }
    for (size_t j = 0; j < cols; j++) {
        s->column[j] = s->x[j];
    }
    return design(task, rows, cols, s->column, s->y);
}

/* 800 rows to train on, 200 to stop by; the loss on 5,000 others, by the trees as emitted. */
static double test_loss(hone_test_draw *one, enum hone_task task, uint64_t stream)
{
    static struct sample train, valid, test;
    struct hone_design d = draw(&train, one, task, TRAIN * 4 / 5, 3 * stream);
    struct hone_design v = draw(&valid, one, task, TRAIN / 5, 3 * stream + 1);
    struct hone_design t = draw(&test, one, task, TEST, 3 * stream + 2);
    size_t scores = task == HONE_TASK_MULTICLASS ? 3 : 1;
    struct fitted f;
    double sum = 0;

    fit(&f, "{}", &d, &v);
    CHECK_OK(&f.run, f.code);
    for (size_t i = 0; i < TEST; i += 5) { /* a fifth is enough to tell */
        float x[COLS_MAX], s[3];
        for (size_t j = 0; j < t.cols; j++) {
            x[j] = t.x[j][i];
        }
        evaluate(&f, x, scores, s);
        double z = (double)s[0], y = t.y[i];
        if (task == HONE_TASK_REGRESSION) {
            sum += (z - y) * (z - y);
        } else if (task == HONE_TASK_BINARY) {
            sum += log1p(exp(y > 0.5 ? -z : z));
        } else {
            double all = exp(z) + exp((double)s[1]) + exp((double)s[2]);
            sum += log(all) - (double)s[(size_t)y];
        }
    }
    done(&f);
    sum /= TEST / 5;
    return task == HONE_TASK_REGRESSION ? sqrt(sum) : sum;
}

static double mean_loss(hone_test_draw *one, enum hone_task task)
{
    double sum = 0;
    for (uint64_t k = 0; k < 3; k++) {
        sum += test_loss(one, task, k) / 3;
    }
    return sum;
}

/* Bars: tests/golden/learn_gbt.py, scikit-learn and XGBoost on all 1,000 rows. */
static void friedman_beats_the_peers(void **state)
{
    (void)state;
    CHECK(mean_loss(friedman, HONE_TASK_REGRESSION) < 1.486); /* the noise alone is 1 */
}

static void moons_beat_the_peers(void **state)
{
    (void)state;
    CHECK(mean_loss(moons, HONE_TASK_BINARY) < 0.3106);
}

static void board_of_three_classes_beats_the_peers(void **state)
{
    (void)state;
    CHECK(mean_loss(board, HONE_TASK_MULTICLASS) < 0.4297);
}

static void emitted_trees_are_what_was_boosted(void **state)
{
    (void)state;
    static struct sample train, valid;
    struct hone_design d = draw(&train, board, HONE_TASK_MULTICLASS, TRAIN, 50);
    struct hone_design v = draw(&valid, board, HONE_TASK_MULTICLASS, 200, 51);
    struct fitted f;

    for (size_t i = 0; i < 200; i += 3) {
        valid.x[0][i] = (float)NAN; /* not missing in training */
    }
    fit(&f, "{\"rounds\": 100}", &d, &v);
    CHECK_OK(&f.run, f.code);
    for (size_t i = 0; i < 200; i++) {
        float x[4], s[3];
        for (size_t j = 0; j < 4; j++) {
            x[j] = v.x[j][i];
        }
        evaluate(&f, x, 3, s);
        for (size_t k = 0; k < 3; k++) { /* sums of floats against sums of doubles */
            CHECK_NEAR((double)s[k], f.report.valid_score[i * 3 + k], 1e-4);
        }
    }
    done(&f);
}

static void stopping_keeps_the_best_round(void **state)
{
    (void)state;
    static struct sample train, valid;
    struct hone_design d = draw(&train, moons, HONE_TASK_BINARY, 300, 60);
    struct hone_design v = draw(&valid, moons, HONE_TASK_BINARY, 300, 61);
    struct fitted f, again;

    fit(&f, "{\"rounds\": 1000, \"patience\": 30}", &d, &v);
    CHECK_OK(&f.run, f.code);
    CHECK(f.report.converged && f.report.rounds < 300);
    CHECK(f.report.curve_n == f.report.rounds + 30);
    for (size_t i = 0; i < f.report.curve_n; i++) {
        CHECK(f.report.curve[i] >= f.report.valid_loss);
    }
    CHECK_NEAR(f.report.curve[f.report.rounds - 1], f.report.valid_loss, 0);

    /* The same number of rounds without validation: the same trees. */
    char settings[64];
    snprintf(settings, sizeof settings, "{\"rounds\": %zu}", f.report.rounds);
    fit(&again, settings, &d, NULL);
    CHECK_OK(&again.run, again.code);
    CHECK(again.report.rounds == f.report.rounds && again.report.curve_n == 0);
    CHECK(isnan(again.report.valid_loss) && again.report.valid_score == NULL);
    const struct hone_attr *a = attr(&f, "target_weights"), *b = attr(&again, "target_weights");
    CHECK(a->n == b->n);
    assert_memory_equal(a->floats, b->floats, a->n * sizeof(float));
    done(&f);
    done(&again);

    fit(&f, "{\"rounds\": 0}", &d, &v); /* only the base */
    CHECK_OK(&f.run, f.code);
    CHECK(f.report.rounds == 0 && attr(&f, "target_weights")->n == 2);
    done(&f);
}

static void samples_depend_on_the_seed_alone(void **state)
{
    (void)state;
    static struct sample train;
    struct hone_design d = draw(&train, friedman, HONE_TASK_REGRESSION, TRAIN, 70);
    const char *settings = "{\"rounds\": 20, \"row_sample\": 0.5, \"column_sample\": 0.5, "
                           "\"node_sample\": 0.5}";
    const struct hone_estimator *e;
    double loss[4];

    for (size_t k = 0; k < 4; k++) {
        struct hone_run run = {.seed = k < 3 ? 5 : 6};
        struct hone_arena mem = {0};
        struct hone_fit_report report;
        run.pool = hone_pool_new(1 + k % 3);
        CHECK_OK(&run, hone_estimator_need(&run, hone_str("gbt"), &e));
        void *set = fits_settings(&run, e, settings, &mem);
        CHECK_OK(&run, e->fit(&run, set, &d, NULL, NULL, NULL, &mem, NULL, &report));
        loss[k] = report.train_loss;
        hone_pool_free(run.pool);
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
    CHECK_NEAR(loss[1], loss[0], 0);
    CHECK_NEAR(loss[2], loss[0], 0);
    CHECK(fabs(loss[3] - loss[0]) > 0);
}

/* A sample of 600 whose rows weigh 0 to 3, and the same with rows left out or repeated instead. */
struct weighed {
    struct sample once, again, there;
    double weight[TEST], there_weight[TEST];
    struct hone_design d, repeated, present;
};

static void copy_row(struct sample *to, size_t at, const struct sample *from, size_t row,
                     size_t cols)
{
    for (size_t j = 0; j < cols; j++) {
        to->x[j][at] = from->x[j][row];
        to->column[j] = to->x[j];
    }
    to->y[at] = from->y[row];
}

static void weigh(struct weighed *w, hone_test_draw *one, enum hone_task task)
{
    struct hone_rng rng = hone_rng(77, 800);
    size_t rows = 600, n = 0, m = 0;

    w->d = draw(&w->once, one, task, rows, 80);
    for (size_t i = 0; i < rows; i++) {
        size_t times = (size_t)hone_rng_below(&rng, 4);
        w->weight[i] = (double)times;
        for (size_t k = 0; k < times; k++) {
            copy_row(&w->again, n++, &w->once, i, w->d.cols);
        }
        if (times > 0) {
            w->there_weight[m] = (double)times;
            copy_row(&w->there, m++, &w->once, i, w->d.cols);
        }
    }
    w->d.weight = w->weight;
    w->repeated = design(task, n, w->d.cols, w->again.column, w->again.y);
    w->present = design(task, m, w->d.cols, w->there.column, w->there.y);
    w->present.weight = w->there_weight;
}

static const struct {
    hone_test_draw *one;
    enum hone_task task;
    const char *loss;
} weight_cases[] = {
    {friedman, HONE_TASK_REGRESSION, "squared"}, {friedman, HONE_TASK_REGRESSION, "absolute"},
    {friedman, HONE_TASK_REGRESSION, "poisson"}, {moons, HONE_TASK_BINARY, "auto"},
    {board, HONE_TASK_MULTICLASS, "auto"},
};

/* In codes, base scores, gradients, leaves, and in the loss that says when to stop. */
static void weights_are_repeated_rows(void **state)
{
    (void)state;
    static struct weighed w;

    for (size_t c = 0; c < sizeof weight_cases / sizeof *weight_cases; c++) {
        enum hone_task task = weight_cases[c].task;
        size_t scores = task == HONE_TASK_MULTICLASS ? 3 : 1;
        char settings[200];
        struct fitted a, b;
        weigh(&w, weight_cases[c].one, task);
        for (size_t i = 0; strcmp(weight_cases[c].loss, "poisson") == 0 && i < TEST; i++) {
            w.once.y[i] = fmax(w.once.y[i], 0);
            w.again.y[i] = fmax(w.again.y[i], 0);
        }
        /* Leaves are bounded by their curvature: a count of rows is not repeated by a weight. */
        snprintf(settings, sizeof settings,
                 "{\"rounds\": 15, \"min_data\": 1, \"min_hessian\": 5, \"max_leaves\": 8, "
                 "\"max_bins\": 60, \"loss\": \"%s\"}",
                 weight_cases[c].loss);
        fit(&a, settings, &w.d, &w.d);
        fit(&b, settings, &w.repeated, &w.repeated);
        CHECK_OK(&a.run, a.code);
        CHECK_OK(&b.run, b.code);
        CHECK_NEAR(a.report.train_loss, b.report.train_loss, 1e-6);
        CHECK(a.report.curve_n == 15 && b.report.curve_n == 15);
        for (size_t i = 0; i < 15; i++) {
            CHECK_NEAR(a.report.curve[i], b.report.curve[i], 1e-6);
        }
        size_t at = 0;
        for (size_t i = 0; i < 600; i++) {
            for (size_t k = 0; w.weight[i] > 0 && k < scores; k++) {
                CHECK_NEAR(a.report.valid_score[i * scores + k],
                           b.report.valid_score[at * scores + k], 1e-5);
            }
            at += (size_t)w.weight[i];
        }
        done(&a);
        done(&b);
    }
}

static void rows_of_no_weight_are_absent(void **state)
{
    (void)state;
    static struct weighed w;

    for (size_t c = 0; c < sizeof weight_cases / sizeof *weight_cases; c++) {
        struct fitted a, b;
        weigh(&w, weight_cases[c].one, weight_cases[c].task);
        for (size_t i = 0; i < w.d.rows; i++) { /* whatever is written there */
            if (!(w.weight[i] > 0)) {
                w.once.x[0][i] = i % 2 == 0 ? (float)NAN : 1e30F;
                w.once.y[i] = weight_cases[c].task == HONE_TASK_REGRESSION ? 1e9 : 0;
            }
        }
        fit(&a, "{\"rounds\": 10, \"row_sample\": 0.5}", &w.d, NULL);
        fit(&b, "{\"rounds\": 10, \"row_sample\": 0.5}", &w.present, NULL);
        CHECK_OK(&a.run, a.code);
        CHECK_OK(&b.run, b.code);
        const struct hone_attr *p = attr(&a, "target_weights"), *q = attr(&b, "target_weights");
        CHECK(p->n == q->n);
        assert_memory_equal(p->floats, q->floats, p->n * sizeof(float));
        CHECK_NEAR(a.report.train_loss, b.report.train_loss, 0);
        done(&a);
        done(&b);
    }

    memset(w.weight, 0, sizeof w.weight);
    struct fitted none;
    fit(&none, "{}", &w.d, NULL);
    CHECK_FAILS_WITH(&none.run, none.code, HONE_E_ARG, "weights");
    done(&none);
}

const struct CMUnitTest hone_tests_gbt[] = {
    cmocka_unit_test(one_split_by_hand),
    cmocka_unit_test(logistic_step_by_hand),
    cmocka_unit_test(missing_goes_where_it_fits),
    cmocka_unit_test(absolute_takes_medians_and_poisson_rates),
    cmocka_unit_test(codes_are_what_thresholds_say),
    cmocka_unit_test(codes_hold_equal_shares),
    cmocka_unit_test(histogram_is_the_plain_sum),
    cmocka_unit_test(scale_of_the_target_does_not_matter),
    cmocka_unit_test(sets_part_what_no_threshold_can),
    cmocka_unit_test(a_set_in_order_is_a_threshold),
    cmocka_unit_test(friedman_beats_the_peers),
    cmocka_unit_test(moons_beat_the_peers),
    cmocka_unit_test(board_of_three_classes_beats_the_peers),
    cmocka_unit_test(emitted_trees_are_what_was_boosted),
    cmocka_unit_test(stopping_keeps_the_best_round),
    cmocka_unit_test(samples_depend_on_the_seed_alone),
    cmocka_unit_test(weights_are_repeated_rows),
    cmocka_unit_test(rows_of_no_weight_are_absent),
};
const size_t hone_tests_gbt_n = sizeof hone_tests_gbt / sizeof hone_tests_gbt[0];

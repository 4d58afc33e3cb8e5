/* Linear and logistic regression against scikit-learn's numbers. */
#include <math.h>

#include "base/pool.h"
#include "check.h"
#include "fits.h"
#include "golden/learn_linear.h"
#include "learn/estimator.h"

struct fitted {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_model *model;
    const char *score;
    struct hone_fit_report report;
    float w[GOLDEN_COLS][3], b[3]; /* what the Gemm holds */
};

static struct hone_design design_of(enum hone_task task, const double *weight)
{
    static const float *x[GOLDEN_COLS];
    for (size_t j = 0; j < GOLDEN_COLS; j++) {
        x[j] = golden_x + j * GOLDEN_ROWS;
    }
    return (struct hone_design){
        .task = task,
        .rows = GOLDEN_ROWS,
        .cols = GOLDEN_COLS,
        .classes = task == HONE_TASK_REGRESSION ? 1
                   : task == HONE_TASK_BINARY   ? 2
                                                : 3,
        .x = x,
        .y = task == HONE_TASK_REGRESSION ? golden_y
             : task == HONE_TASK_BINARY   ? golden_binary
                                          : golden_class,
        .weight = weight,
    };
}

static void fit(struct fitted *f, const char *name, const char *settings, enum hone_task task,
                const double *weight)
{
    const struct hone_estimator *e;
    struct hone_design d = design_of(task, weight);

    *f = (struct fitted){0};
    CHECK_OK(&f->run, hone_estimator_need(&f->run, hone_str(name), &e));
    void *set = fits_settings(&f->run, e, settings, &f->mem);
    f->model = hone_model_new(&f->mem, "test");
    hone_graph_input(&f->model->graph, "features", HONE_F32, 2,
                     (const int64_t[]){-1, GOLDEN_COLS});
    CHECK_OK(&f->run, e->fit(&f->run, set, &d, &d, &f->model->graph, "features", &f->mem,
                             &f->score, &f->report));
    CHECK_STR(f->model->graph.node[0].op, "Gemm");
    CHECK(f->model->graph.inits == 2);
    const struct hone_tensor *w = &f->model->graph.init[0].tensor;
    const struct hone_tensor *b = &f->model->graph.init[1].tensor;
    size_t k = w->dim[1];
    CHECK(w->dim[0] == GOLDEN_COLS && b->dim[0] == k && k <= 3);
    for (size_t s = 0; s < k; s++) {
        f->b[s] = ((const float *)b->data)[s];
        for (size_t j = 0; j < GOLDEN_COLS; j++) {
            f->w[j][s] = ((const float *)w->data)[j * k + s];
        }
    }
}

static void done(struct fitted *f)
{
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
}

/* want (scores)(GOLDEN_COLS + 1): 1e-6 is what remains of float weights of size 1. */
static void same(const char *name, const char *settings, enum hone_task task,
                 const double *weight, size_t scores, const double *want)
{
    struct fitted f;
    double mean = 0;

    fit(&f, name, settings, task, weight);
    CHECK(f.report.converged);
    for (size_t k = 0; k < scores && scores > 1; k++) {
        mean += (double)f.b[k] / (double)scores;
    }
    for (size_t k = 0; k < scores; k++) {
        for (size_t j = 0; j < GOLDEN_COLS; j++) {
            CHECK_NEAR((double)f.w[j][k], want[k * (GOLDEN_COLS + 1) + j], 1e-6);
        }
        CHECK_NEAR((double)f.b[k] - mean, want[k * (GOLDEN_COLS + 1) + GOLDEN_COLS], 1e-6);
    }
    done(&f);
}

static void ridge_is_scikit_learns(void **state)
{
    (void)state;
    same("linear", "{\"alpha\": 2.5}", HONE_TASK_REGRESSION, NULL, 1, golden_ridge);
    same("linear", "{\"alpha\": 2.5}", HONE_TASK_REGRESSION, golden_weight, 1,
         golden_ridge_weighted);
}

static void elastic_net_is_scikit_learns(void **state)
{
    (void)state;
    /* scikit-learn's ElasticNet divides the squares by the rows: alpha there is ours / 80. */
    same("linear", "{\"alpha\": 16, \"l1_ratio\": 0.6, \"tolerance\": 1e-12}",
         HONE_TASK_REGRESSION, NULL, 1, golden_elastic);
    same("linear", "{\"alpha\": 40, \"l1_ratio\": 1, \"tolerance\": 1e-12}",
         HONE_TASK_REGRESSION, NULL, 1, golden_lasso);
}

static void logistic_is_scikit_learns(void **state)
{
    (void)state;
    same("logistic", "{\"alpha\": 1.25, \"tolerance\": 1e-9}", HONE_TASK_BINARY, NULL, 1,
         golden_logistic);
    same("logistic", "{\"alpha\": 1.25, \"tolerance\": 1e-9}", HONE_TASK_BINARY, golden_weight,
         1, golden_logistic_weighted);
    same("logistic", "{\"alpha\": 10, \"l1_ratio\": 0.5, \"tolerance\": 1e-9}",
         HONE_TASK_BINARY, NULL, 1, golden_logistic_elastic);
}

static void softmax_is_scikit_learns(void **state)
{
    (void)state;
    same("logistic", "{\"alpha\": 1.25, \"tolerance\": 1e-9}", HONE_TASK_MULTICLASS, NULL, 3,
         golden_softmax);
    same("logistic", "{\"alpha\": 5, \"l1_ratio\": 0.5, \"tolerance\": 1e-9}",
         HONE_TASK_MULTICLASS, NULL, 3, golden_softmax_elastic);
}

static void report_is_what_the_weights_say(void **state)
{
    (void)state;
    struct fitted f;
    double loss = 0, share = 0;

    fit(&f, "logistic", "{}", HONE_TASK_BINARY, NULL);
    for (size_t i = 0; i < GOLDEN_ROWS; i++) {
        double s = (double)f.b[0];
        for (size_t j = 0; j < GOLDEN_COLS; j++) {
            s += (double)f.w[j][0] * (double)golden_x[j * GOLDEN_ROWS + i];
        }
        CHECK_NEAR(f.report.valid_score[i], s, 1e-12);
        loss += log1p(exp(golden_binary[i] > 0.5 ? -s : s)) / GOLDEN_ROWS;
    }
    CHECK_NEAR(f.report.train_loss, loss, 1e-12);
    CHECK_NEAR(f.report.valid_loss, loss, 1e-12); /* validated on the training rows */
    for (size_t j = 0; j < GOLDEN_COLS; j++) {
        CHECK(f.report.importance[j] >= 0);
        share += f.report.importance[j];
    }
    CHECK_NEAR(share, 1, 1e-12);
    done(&f);
}

static void tiny_penalty_on_equal_columns_is_solved(void **state)
{
    (void)state;
    static float a[30], b[30];
    static double y[30];
    const float *x[2] = {a, b};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_fit_report report;
    const struct hone_estimator *e;
    unsigned char set[512] = {0};

    for (size_t i = 0; i < 30; i++) {
        a[i] = b[i] = (float)i;
        y[i] = 3.0 * (double)i + 5.0;
    }
    struct hone_design d = {
        .task = HONE_TASK_REGRESSION, .rows = 30, .cols = 2, .classes = 1, .x = x, .y = y};
    CHECK_OK(&run, hone_estimator_need(&run, hone_str("linear"), &e));
    hone_settings_default(&e->part, set);
    CHECK_OK(&run,
             hone_setting_set(&run, &e->part, set, hone_str("alpha"), hone_str("1e-12"), &mem));
    CHECK_OK(&run, e->fit(&run, set, &d, &d, NULL, NULL, &mem, NULL, &report));
    for (size_t i = 0; i < 30; i++) {
        CHECK_NEAR(report.valid_score[i], y[i], 1e-5); /* float weights */
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void infinite_feature_is_refused_by_name(void **state)
{
    (void)state;
    const float one[3] = {1, 2, 3}, two[3] = {1, (float)INFINITY, 0};
    const float *x[2] = {one, two};
    const char *name[2] = {"one", "two"};
    const double y[3] = {0, 1, 0};
    struct hone_design d = {.task = HONE_TASK_BINARY,
                            .rows = 3,
                            .cols = 2,
                            .classes = 2,
                            .x = x,
                            .name = name,
                            .y = y};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_fit_report report;
    const struct hone_estimator *e;
    unsigned char set[512] = {0};

    CHECK_OK(&run, hone_estimator_need(&run, hone_str("logistic"), &e));
    hone_settings_default(&e->part, set);
    CHECK_FAILS_WITH(&run, e->fit(&run, set, &d, NULL, NULL, NULL, &mem, NULL, &report),
                     HONE_E_NUMERIC, "feature two, row 1");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* --- sparse columns ------------------------------------------------------------------------------ */

enum { DENSE = 1 }; /* the first column stays dense, the others are a block */

/* The golden rows as a design with a block. */
static struct hone_design sparse_design(struct hone_run *run, enum hone_task task,
                                        const double *weight, struct hone_arena *mem)
{
    struct hone_design d = design_of(task, weight);
    struct hone_sparse *block = hone_new(mem, struct hone_sparse);
    const struct hone_sparse_parts parts = {d.rows, d.x + DENSE, d.cols - DENSE, NULL, 0};
    static const char *const value[1] = {"block"};

    CHECK_OK(run, hone_sparse_join(run, &parts, mem, block));
    d.cols = DENSE;
    d.blocks = 1;
    d.sparse = block;
    d.sparse_value = value;
    return d;
}

/* As same(), with most columns in a block. */
static void same_sparse(const char *name, const char *settings, enum hone_task task,
                        const double *weight, size_t scores, const double *want)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_design d = sparse_design(&run, task, weight, &mem);
    struct hone_model *model = hone_model_new(&mem, "test");
    struct hone_graph *g = &model->graph;
    struct hone_fit_report report;
    const struct hone_estimator *e;
    const char *score;
    double mean = 0;

    CHECK_OK(&run, hone_estimator_need(&run, hone_str(name), &e));
    hone_graph_input(g, "features", HONE_F32, 2, (const int64_t[]){-1, DENSE});
    hone_graph_input(g, "block", HONE_F32, 2, (const int64_t[]){-1, GOLDEN_COLS - DENSE});
    CHECK_OK(&run, e->fit(&run, fits_settings(&run, e, settings, &mem), &d, &d, g, "features",
                          &mem, &score, &report));
    CHECK(report.converged);
    CHECK(g->nodes == 3 && g->inits == 3); /* Gemm, MatMul, Add */
    const float *first = g->init[0].tensor.data, *own = g->init[1].tensor.data;
    const float *rest = g->init[2].tensor.data;
    for (size_t k = 0; k < scores && scores > 1; k++) {
        mean += (double)own[k] / (double)scores;
    }
    for (size_t k = 0; k < scores; k++) {
        const double *w = want + k * (GOLDEN_COLS + 1);
        for (size_t j = 0; j < GOLDEN_COLS; j++) {
            const float *from = j < DENSE ? first + j * scores : rest + (j - DENSE) * scores;
            CHECK_NEAR((double)from[k], w[j], 1e-6);
        }
        CHECK_NEAR((double)own[k] - mean, w[GOLDEN_COLS], 2e-6);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void sparse_columns_are_as_dense_ones(void **state)
{
    (void)state;
    const char *exact = "{\"alpha\": 2.5, \"tolerance\": 1e-10}";
    const char *logistic = "{\"alpha\": 1.25, \"tolerance\": 1e-10}";
    same_sparse("linear", exact, HONE_TASK_REGRESSION, NULL, 1, golden_ridge);
    same_sparse("linear", exact, HONE_TASK_REGRESSION, golden_weight, 1, golden_ridge_weighted);
    same_sparse("linear", "{\"alpha\": 16, \"l1_ratio\": 0.6, \"tolerance\": 1e-10}",
                HONE_TASK_REGRESSION, NULL, 1, golden_elastic);
    same_sparse("linear", "{\"alpha\": 40, \"l1_ratio\": 1, \"tolerance\": 1e-10}",
                HONE_TASK_REGRESSION, NULL, 1, golden_lasso);
    same_sparse("logistic", logistic, HONE_TASK_BINARY, NULL, 1, golden_logistic);
    same_sparse("logistic", logistic, HONE_TASK_BINARY, golden_weight, 1,
                golden_logistic_weighted);
    same_sparse("logistic", "{\"alpha\": 10, \"l1_ratio\": 0.5, \"tolerance\": 1e-10}",
                HONE_TASK_BINARY, NULL, 1, golden_logistic_elastic);
    same_sparse("logistic", logistic, HONE_TASK_MULTICLASS, NULL, 3, golden_softmax);
    same_sparse("logistic", "{\"alpha\": 5, \"l1_ratio\": 0.5, \"tolerance\": 1e-10}",
                HONE_TASK_MULTICLASS, NULL, 3, golden_softmax_elastic);
}

/* --- alpha ---------------------------------------------------------------------------------------- */

static double loss_at(const struct hone_estimator *e, const struct hone_design *train,
                      const struct hone_design *valid, const char *settings, size_t threads,
                      double *penalty)
{
    struct hone_run run = {.seed = 3};
    struct hone_arena mem = {0};
    struct hone_fit_report report;
    run.pool = threads > 1 ? hone_pool_new(threads) : NULL;
    CHECK_OK(&run, e->fit(&run, fits_settings(&run, e, settings, &mem), train, valid, NULL,
                          NULL, &mem, NULL, &report));
    double loss = report.valid_loss;
    *penalty = report.penalty;
    hone_pool_free(run.pool);
    run.pool = NULL;
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return loss;
}

/* The chosen alpha is about as good on the rows that chose it as the best of a fine grid. */
static void chosen_well(const char *name, enum hone_task task, bool blocks, const char *ratio)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_design all =
        blocks ? sparse_design(&run, task, NULL, &mem) : design_of(task, NULL);
    const struct hone_estimator *e;
    double train[GOLDEN_ROWS], valid[GOLDEN_ROWS], best = HUGE_VAL, penalty, given;
    struct hone_design a = all, b = all;

    for (size_t i = 0; i < GOLDEN_ROWS; i++) {
        train[i] = i % 2 == 0;
        valid[i] = i % 2 == 1;
    }
    a.weight = train;
    b.weight = valid;
    CHECK_OK(&run, hone_estimator_need(&run, hone_str(name), &e));
    for (double alpha = 1e-3; alpha < 1e3; alpha *= 1.5) {
        const char *set =
            hone_arena_format(&mem, "{\"alpha\": %.17g, \"l1_ratio\": %s}", alpha, ratio);
        best = fmin(best, loss_at(e, &a, &b, set, 1, &given));
        CHECK_NEAR(given, alpha, 0);
    }
    const char *set = hone_arena_format(&mem, "{\"l1_ratio\": %s}", ratio);
    double loss = loss_at(e, &a, &b, set, 1, &penalty), again;
    CHECK(penalty > 0);
    CHECK(loss < 1.02 * best); /* a grid of factor 3 against one of 1.5 */
    CHECK_NEAR(loss_at(e, &a, &b, set, 2, &again), loss, 0);
    CHECK_NEAR(again, penalty, 0);
    /* without a validation design the rows themselves are cut */
    loss_at(e, &all, NULL, set, 1, &penalty);
    CHECK(penalty > 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void alpha_is_chosen_by_rows_held_out(void **state)
{
    (void)state;
    for (size_t blocks = 0; blocks < 2; blocks++) {
        chosen_well("linear", HONE_TASK_REGRESSION, blocks == 1, "0");
        chosen_well("linear", HONE_TASK_REGRESSION, blocks == 1, "0.5");
        chosen_well("logistic", HONE_TASK_BINARY, blocks == 1, "0");
        chosen_well("logistic", HONE_TASK_BINARY, blocks == 1, "1");
        chosen_well("logistic", HONE_TASK_MULTICLASS, blocks == 1, "0");
        chosen_well("logistic", HONE_TASK_MULTICLASS, blocks == 1, "0.5");
    }
}

/* Classes that a line separates: without an end to the weights, but for the penalty. */
static void separable_classes_have_finite_weights(void **state)
{
    (void)state;
    static float x[60];
    static double y[60];
    const float *column[1] = {x};
    struct hone_design d = {
        .task = HONE_TASK_BINARY, .rows = 60, .cols = 1, .classes = 2, .x = column, .y = y};
    const struct hone_estimator *e;
    struct hone_run run = {0};
    double penalty;

    for (size_t i = 0; i < 60; i++) {
        x[i] = (float)i - 29.5F;
        y[i] = i >= 30;
    }
    CHECK_OK(&run, hone_estimator_need(&run, hone_str("logistic"), &e));
    static const char *const settings[] = {"{}", "{\"alpha\": 1e-9}", "{\"l1_ratio\": 1}",
                                           "{\"alpha\": 1e-9, \"l1_ratio\": 1}"};
    for (size_t i = 0; i < 4; i++) {
        double loss = loss_at(e, &d, &d, settings[i], 1, &penalty);
        CHECK(isfinite(loss) && loss < 0.1);
    }
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_linear[] = {
    cmocka_unit_test(ridge_is_scikit_learns),
    cmocka_unit_test(elastic_net_is_scikit_learns),
    cmocka_unit_test(logistic_is_scikit_learns),
    cmocka_unit_test(softmax_is_scikit_learns),
    cmocka_unit_test(report_is_what_the_weights_say),
    cmocka_unit_test(tiny_penalty_on_equal_columns_is_solved),
    cmocka_unit_test(infinite_feature_is_refused_by_name),
    cmocka_unit_test(sparse_columns_are_as_dense_ones),
    cmocka_unit_test(alpha_is_chosen_by_rows_held_out),
    cmocka_unit_test(separable_classes_have_finite_weights),
};
const size_t hone_tests_linear_n = sizeof hone_tests_linear / sizeof hone_tests_linear[0];

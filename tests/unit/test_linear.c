/* Linear and logistic regression against scikit-learn's numbers. */
#include "base/pool.h"
#include "check.h"
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
    json_t *json;
    unsigned char set[512] = {0};

    *f = (struct fitted){0};
    CHECK_OK(&f->run, hone_estimator_need(&f->run, hone_str(name), &e));
    CHECK(e->part.settings_size <= sizeof set);
    hone_settings_default(&e->part, set);
    CHECK_OK(&f->run, hone_json_parse(&f->run, hone_str(settings), &json));
    CHECK_OK(&f->run, hone_settings_from_json(&f->run, &e->part, set, json, &f->mem));
    json_decref(json);
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

const struct CMUnitTest hone_tests_linear[] = {
    cmocka_unit_test(ridge_is_scikit_learns),
    cmocka_unit_test(elastic_net_is_scikit_learns),
    cmocka_unit_test(logistic_is_scikit_learns),
    cmocka_unit_test(softmax_is_scikit_learns),
    cmocka_unit_test(report_is_what_the_weights_say),
    cmocka_unit_test(tiny_penalty_on_equal_columns_is_solved),
    cmocka_unit_test(infinite_feature_is_refused_by_name),
};
const size_t hone_tests_linear_n = sizeof hone_tests_linear / sizeof hone_tests_linear[0];

/* The single tree: against scikit-learn's, and what its rules say. */
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "check.h"
#include "graph/plan.h"
#include "learn/cart_priv.h"

enum { ROWS = 600, COLS = 3 };

/* tests/golden/learn_tree.py has the same formulas. */
static double noise(uint64_t i, uint64_t a)
{
    uint64_t v = (i * 2654435761U + a * 40503U) & 0xFFFFFFFFU;
    v = ((v ^ v >> 15) * 2246822519U) & 0xFFFFFFFFU;
    v = ((v ^ v >> 13) * 3266489917U) & 0xFFFFFFFFU;
    return (double)(v ^ v >> 16) / 4294967296.0;
}

struct data {
    float x[COLS][ROWS];
    double y[ROWS], weight[ROWS];
    const float *column[COLS];
    struct hone_design d;
};

static void make(struct data *m, enum hone_task task, bool weighted)
{
    static const char *const name[COLS] = {"age", "rate", "size"};

    for (uint64_t i = 0; i < ROWS; i++) {
        double a = floor(100 * noise(i, 1)), b = floor(17 * noise(i, 2));
        double c = floor(200 * noise(i, 3)) / 8;
        double z = (a < 40 ? 3.0 : 1.0) * b / 5 + fabs(c - 12) + 4 * noise(i, 4);
        m->x[0][i] = (float)a;
        m->x[1][i] = (float)b;
        m->x[2][i] = (float)c;
        m->y[i] = task == HONE_TASK_REGRESSION ? z
                  : task == HONE_TASK_BINARY
                      ? (double)(z + 3 * noise(i, 6) > 12.037848801538349)
                      : (double)((z >= 9.57037725698203) + (z >= 14.961059225462376));
        m->weight[i] = 0.25 + 2 * noise(i, 5);
    }
    for (size_t j = 0; j < COLS; j++) {
        m->column[j] = m->x[j];
    }
    m->d = (struct hone_design){.task = task,
                                .rows = ROWS,
                                .cols = COLS,
                                .classes = task == HONE_TASK_REGRESSION ? 1
                                           : task == HONE_TASK_BINARY   ? 2
                                                                        : 3,
                                .x = m->column,
                                .name = name,
                                .y = m->y,
                                .weight = weighted ? m->weight : NULL};
}

struct fitted {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_model *model;
    const char *score;
    struct hone_fit_report report;
    enum hone_code code;
};

/* settings: "key=value key=value" */
static void fit(struct fitted *f, const char *settings, const struct hone_design *d,
                const struct hone_design *valid)
{
    const struct hone_estimator *e;
    unsigned char set[256] = {0};
    struct hone_str rest = hone_str(settings), one, key, value;

    *f = (struct fitted){.run = {.seed = 1}};
    CHECK_OK(&f->run, hone_estimator_need(&f->run, hone_str("tree"), &e));
    CHECK(e->part.settings_size <= sizeof set);
    hone_settings_default(&e->part, set);
    while (rest.len > 0) {
        struct hone_str after = {0};
        one = rest;
        if (hone_str_cut(rest, ' ', &one, &after)) {
            rest = after;
        } else {
            rest.len = 0;
        }
        CHECK(hone_str_cut(one, '=', &key, &value));
        CHECK_OK(&f->run, hone_setting_set(&f->run, &e->part, set, key, value, &f->mem));
    }
    f->model = hone_model_new(&f->mem, "test");
    hone_graph_input(&f->model->graph, "features", HONE_F32, 2,
                     (const int64_t[]){-1, (int64_t)d->cols});
    f->code = e->fit(&f->run, set, d, valid, &f->model->graph, "features", &f->mem, &f->score,
                     &f->report);
    CHECK(f->code == f->run.err.code);
}

static void done(struct fitted *f)
{
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
}

/* What the graph says of the rows of d. */
static void answers(struct fitted *f, const struct hone_design *d, size_t scores, float *out)
{
    static float row[ROWS * 8];
    struct hone_plan *plan = NULL;
    struct hone_tensor in = {
        .type = HONE_F32, .rank = 2, .dim = {d->rows, d->cols}, .data = row};
    struct hone_tensor y = {0};

    for (size_t i = 0; i < d->rows; i++) {
        for (size_t j = 0; j < d->cols; j++) {
            row[i * d->cols + j] = d->x[j][i];
        }
    }
    hone_graph_output(&f->model->graph, f->score, HONE_F32, 2,
                      (const int64_t[]){-1, (int64_t)scores});
    CHECK_OK(&f->run, hone_plan_new(&f->run, f->model, NULL, 0, &f->mem, &plan));
    CHECK_OK(&f->run, hone_plan_run_rows(&f->run, plan, d->rows, &in, &f->mem, &y));
    memcpy(out, y.data, d->rows * scores * sizeof *out);
}

/* tests/golden/learn_tree.py: leaves, loss, how many prices, the lowest three, the highest. */
static const struct {
    size_t leaves;
    double loss;
    size_t prices;
    double low[3], high;
} golden[6] = {
    {16,
     2.0037625709746325,
     14,
     {36.481633693005904, 37.01280609078737, 37.26846770494597},
     3066.945072211016},
    {12,
     0.27205139089737607,
     9,
     {0.16258741258741585, 0.5047727696032742, 1.4241758241758238},
     63.138709463644076},
    {15,
     0.4285865902826764,
     13,
     {1.168768115942028, 1.6579918789221084, 4.111842105263156},
     50.70260590435751},
    {16,
     2.3573004739038175,
     14,
     {52.21297903342995, 55.169886526417685, 56.80889054516848},
     3722.0431337027026},
    {12,
     0.2815786653130785,
     9,
     {0.2676527107452646, 1.317193932014201, 1.7679019411514818},
     71.9323304358013},
    {14,
     0.4957244161796341,
     11,
     {0.4121883216322885, 1.047247961975542, 4.860664836946052},
     55.606649780862746},
};

static const enum hone_task tasks[3] = {HONE_TASK_REGRESSION, HONE_TASK_BINARY,
                                        HONE_TASK_MULTICLASS};

static void grown_and_pruned_as_by_scikit_learn(void **state)
{
    (void)state;
    static struct data m;
    const struct hone_cart_settings set = {.max_depth = 4, .min_data = 7, .max_bins = 255};

    for (size_t c = 0; c < 6; c++) {
        struct fitted f;
        struct hone_cart t;
        double price[64];
        make(&m, tasks[c % 3], c >= 3);
        fit(&f, "max_depth=4 min_data=7 prune=false max_leaves=4096", &m.d, NULL);
        CHECK_OK(&f.run, f.code);
        CHECK(f.report.rounds == golden[c].leaves);
        CHECK_NEAR(f.report.train_loss, golden[c].loss, 1e-9);

        CHECK_OK(&f.run, hone_cart_grow(&f.run, &set, &m.d, &f.mem, &t));
        size_t n = hone_cart_prices(&t, price), first = 0;
        while (first < n && price[first] < 1e-6) {
            first++;
        }
        CHECK(n - first == golden[c].prices);
        for (size_t k = 0; k < 3; k++) {
            CHECK_NEAR(price[first + k], golden[c].low[k], 1e-6);
        }
        CHECK_NEAR(price[n - 1], golden[c].high, 1e-6);
        CHECK(hone_cart_leaves(&t, price[n - 1]) == 1);
        CHECK(hone_cart_leaves(&t, price[n - 2]) >= 2);
        done(&f);
    }
}

static void the_graph_is_the_tree(void **state)
{
    (void)state;
    static struct data m, v;
    static float out[ROWS * 3];
    static bool sets[COLS] = {false, true, false};

    for (size_t c = 0; c < 12; c++) {
        enum hone_task task = tasks[c % 3];
        size_t scores = task == HONE_TASK_MULTICLASS ? 3 : 1;
        struct fitted f;
        make(&m, task, false);
        make(&v, task, true);
        for (size_t i = 0; i < ROWS;
             i++) { /* missing where there is nothing to learn from it, and where there is */
            m.x[0][i] = c >= 6 && (m.y[i] > 1 || i % 9 == 0) ? (float)NAN : m.x[0][i];
            v.x[0][i] = i % 5 == 0 ? (float)NAN : v.x[0][i];
            v.x[1][i] = i % 11 == 0 ? (float)NAN : v.x[1][i];
        }
        m.d.category = v.d.category = c % 6 >= 3 ? sets : NULL;
        fit(&f, "min_data=3 max_leaves=30 prune=false", &m.d, &v.d);
        CHECK_OK(&f.run, f.code);
        CHECK(f.report.rounds > 3 && f.report.rounds <= 30);
        answers(&f, &v.d, scores, out);
        for (size_t i = 0; i < ROWS * scores; i++) {
            CHECK_NEAR((double)out[i], f.report.valid_score[i],
                       1e-6 * fmax(1, fabs((double)out[i])));
        }
        done(&f);
    }
}

/* On noise no split pays; where the first does, folds find it without validation rows. */
static void pruning_leaves_what_pays(void **state)
{
    (void)state;
    static struct data m;
    struct fitted f;

    make(&m, HONE_TASK_REGRESSION, false);
    for (uint64_t i = 0; i < ROWS; i++) {
        m.y[i] = noise(i, 9);
    }
    fit(&f, "", &m.d, NULL);
    CHECK_OK(&f.run, f.code);
    CHECK(f.report.rounds == 1);
    CHECK_STR(f.report.rules, "ALWAYS THEN 0.488163, 600 rows\n");
    CHECK(f.report.importance == NULL);
    float out[ROWS];
    answers(&f, &m.d, 1, out);
    CHECK_NEAR((double)out[7], 0.488163, 1e-6);
    done(&f);

    for (uint64_t i = 0; i < ROWS; i++) {
        m.y[i] = (m.x[0][i] <= 38 ? 5 : 0) + noise(i, 9);
    }
    fit(&f, "", &m.d, NULL);
    CHECK_OK(&f.run, f.code);
    CHECK(f.report.rounds == 2);
    CHECK(strstr(f.report.rules, "IF age > 38 THEN 0.") != NULL);
    CHECK(strstr(f.report.rules, "IF age <= 38 THEN 5.") != NULL);
    CHECK_NEAR(f.report.importance[0], 1, 0);
    done(&f);
}

static void rules_read_as_they_are_meant(void **state)
{
    (void)state;
    static float age[400], job[400];
    static double y[400];
    const float *x[2] = {age, job};
    static const char *const name[2] = {"age", "job"}, *const class_name[2] = {"no", "yes"};
    static const char *const jobs[4] = {"clerk", "maid", "nurse", "student"};
    static const char *const *const level[2] = {NULL, jobs};
    static const bool category[2] = {false, true};
    struct hone_design d = {.task = HONE_TASK_BINARY,
                            .rows = 400,
                            .cols = 2,
                            .classes = 2,
                            .x = x,
                            .name = name,
                            .category = category,
                            .y = y,
                            .class_name = class_name,
                            .level = level};
    struct fitted f;

    for (size_t i = 0; i < 400;
         i++) { /* yes: 20 to 59 years old or of no known age, and maid or student */
        age[i] = i % 10 == 9 ? (float)NAN : (float)(i * 37 % 80);
        job[i] = (float)(i * 13 / 7 % 4);
        bool fits = isnan(age[i]) || (age[i] >= 20 && age[i] < 60);
        y[i] = fits && ((size_t)job[i] & 1) == 1 ? 1 : 0;
    }
    fit(&f, "min_data=1 prune=false", &d, NULL);
    CHECK_OK(&f.run, f.code);
    CHECK_STR(
        f.report.rules,
        "IF job in {clerk, nurse} THEN no 100.0 % of 197 rows\n"
        "IF job in {maid, student} AND (19 < age <= 59 or missing) THEN yes 100.0 % of 113 rows\n"
        "IF job in {maid, student} AND age <= 19 THEN no 100.0 % of 45 rows\n"
        "IF job in {maid, student} AND age > 59 THEN no 100.0 % of 45 rows\n");
    done(&f);

    d.level = NULL;
    d.class_name = NULL;
    fit(&f, "min_data=1 max_leaves=2 prune=false", &d, NULL);
    CHECK_OK(&f.run, f.code);
    CHECK(f.report.rounds <= 2);
    CHECK(strstr(f.report.rules, "job in {0, 2} THEN class 0 100.0 %") != NULL);
    done(&f);
}

/* Boosted trees on weighted rows, every value a code of its own: tests/golden/learn_tree.py. */
static void weighted_boosting_is_scikit_learns(void **state)
{
    (void)state;
    static struct data m;
    static const double golden_loss[3] = {0.572398358276585, 0.18322794860060554,
                                          0.1854493571895468};
    static const char *const given[][2] = {
        {"rounds", "20"}, {"learning_rate", "0.2"}, {"max_leaves", "8"}, {"min_data", "7"},
        {"l2", "1"},      {"column_sample", "1"},   {"node_sample", "1"}};

    for (size_t c = 0; c < 3; c++) {
        struct hone_run run = {.seed = 1};
        struct hone_arena mem = {0};
        struct hone_fit_report report;
        const struct hone_estimator *e;
        unsigned char set[512] = {0};
        make(&m, tasks[c], true);
        CHECK_OK(&run, hone_estimator_need(&run, hone_str("gbt"), &e));
        CHECK(e->part.settings_size <= sizeof set);
        hone_settings_default(&e->part, set);
        for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
            CHECK_OK(&run, hone_setting_set(&run, &e->part, set, hone_str(given[i][0]),
                                            hone_str(given[i][1]), &mem));
        }
        CHECK_OK(&run, e->fit(&run, set, &m.d, NULL, NULL, NULL, &mem, NULL, &report));
        CHECK_NEAR(report.train_loss, golden_loss[c], 1e-5 * golden_loss[c]);
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
}

static void threads_change_nothing(void **state)
{
    (void)state;
    static struct data m;
    struct hone_str bytes[2];
    struct fitted f[2];

    make(&m, HONE_TASK_MULTICLASS, true);
    for (size_t k = 0; k < 2; k++) {
        const struct hone_estimator *e;
        unsigned char set[256];
        f[k] = (struct fitted){.run = {.seed = 3, .pool = hone_pool_new(1 + 2 * k)}};
        CHECK_OK(&f[k].run, hone_estimator_need(&f[k].run, hone_str("tree"), &e));
        hone_settings_default(&e->part, set);
        f[k].model = hone_model_new(&f[k].mem, "test");
        CHECK_OK(&f[k].run, e->fit(&f[k].run, set, &m.d, NULL, &f[k].model->graph, "features",
                                   &f[k].mem, &f[k].score, &f[k].report));
        CHECK_OK(&f[k].run, hone_model_write(&f[k].run, f[k].model, &f[k].mem, &bytes[k]));
    }
    CHECK(bytes[0].len == bytes[1].len);
    assert_memory_equal(bytes[0].ptr, bytes[1].ptr, bytes[0].len);
    CHECK_STR(f[0].report.rules, f[1].report.rules);
    for (size_t k = 0; k < 2; k++) {
        hone_pool_free(f[k].run.pool);
        f[k].run.pool = NULL;
        done(&f[k]);
    }
}

const struct CMUnitTest hone_tests_tree[] = {
    cmocka_unit_test(grown_and_pruned_as_by_scikit_learn),
    cmocka_unit_test(the_graph_is_the_tree),
    cmocka_unit_test(pruning_leaves_what_pays),
    cmocka_unit_test(rules_read_as_they_are_meant),
    cmocka_unit_test(weighted_boosting_is_scikit_learns),
    cmocka_unit_test(threads_change_nothing),
};
const size_t hone_tests_tree_n = sizeof hone_tests_tree / sizeof hone_tests_tree[0];

/* Metrics, curves, thresholds and statistical tests against scikit-learn's and scipy's numbers. */
#include "base/file.h"
#include "check.h"
#include "eval/curve.h"
#include "eval/metrics.h"
#include "eval/order.h"
#include "eval/stat.h"
#include "eval/threshold.h"

#define CASES 263

/* tests/golden/eval_metrics.json, or the test fails. */
static json_t *golden(struct hone_run *run, struct hone_arena *mem)
{
    struct hone_file file;
    json_t *root = NULL;

    CHECK_OK(run, hone_file_open(run, "tests/golden/eval_metrics.json", mem, &file));
    CHECK_OK(run, hone_json_parse(run, file.bytes, &root));
    hone_file_close(&file);
    return root;
}

/* An array of numbers; NULL for null. */
static double *numbers(struct hone_arena *mem, const json_t *array, size_t *n)
{
    if (!json_is_array(array)) {
        return NULL;
    }
    size_t len = json_array_size(array);
    double *out = hone_arena_alloc(mem, sizeof *out, len);
    assert_non_null(out);
    for (size_t i = 0; i < len; i++) {
        out[i] = json_number_value(json_array_get(array, i));
    }
    if (n != NULL) {
        *n = len;
    }
    return out;
}

static struct hone_prediction prediction(struct hone_arena *mem, const json_t *c)
{
    struct hone_prediction p = {
        .task = (enum hone_task)hone_json_get_int(c, "task", 0),
        .classes = (size_t)hone_json_get_int(c, "classes", 0),
    };
    p.y = numbers(mem, json_object_get(c, "y"), &p.rows);
    p.score = numbers(mem, json_object_get(c, "score"), NULL);
    p.weight = numbers(mem, json_object_get(c, "weight"), NULL);
    return p;
}

static void metrics_of_scikit_learn(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    HONE_JSON json_t *root = golden(&run, &mem);
    const json_t *cases = json_object_get(root, "metrics");
    size_t checked = 0;

    (void)state;
    assert_int_equal(json_array_size(cases), CASES);
    for (size_t i = 0; i < CASES; i++) {
        json_t *c = json_array_get(cases, i);
        struct hone_prediction p = prediction(&mem, c);
        struct hone_prediction ranked = p;
        CHECK_OK(&run, hone_prediction_order(&run, &p, &mem, &ranked.order));
        const char *name;
        json_t *want;
        json_object_foreach(json_object_get(c, "want"), name, want)
        {
            const struct hone_metric *m = NULL;
            struct hone_measure got;
            double w = json_is_null(want) ? (double)NAN : json_number_value(want);
            /* 1e-9 relative: both sum in double, in another order */
            double tol = 1e-9 * fmax(1.0, fabs(w));
            CHECK_OK(&run, hone_metric_parse(&run, hone_str(name), &mem, &m));
            CHECK_OK(&run, hone_metric_value(&run, m, NULL, &p, &got));
            check_near(got.value, w, tol, name, __FILE__, __LINE__);
            CHECK(!isnan(w) || got.why != NULL);
            CHECK_OK(&run, hone_metric_value(&run, m, NULL, &ranked, &got));
            check_near(got.value, w, tol, name, __FILE__, __LINE__);
            checked++;
        }
    }
    CHECK(checked > 6000);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void distances_of_scipy(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    HONE_JSON json_t *root = golden(&run, &mem);
    size_t i;
    json_t *c;

    (void)state;
    json_array_foreach(json_object_get(root, "two_sample"), i, c)
    {
        const json_t *want = json_object_get(c, "want");
        size_t n;
        size_t m;
        size_t k;
        double freedom;
        double *a = numbers(&mem, json_object_get(c, "a"), &n);
        double *b = numbers(&mem, json_object_get(c, "b"), &m);
        double *r = numbers(&mem, json_object_get(c, "reference"), &k);
        double *s = numbers(&mem, json_object_get(c, "current"), NULL);
        CHECK_OK(&run, hone_sort_f64(&run, n, a));
        CHECK_OK(&run, hone_sort_f64(&run, m, b));
        double ks = hone_ks_statistic(n, a, m, b);
        CHECK_NEAR(ks, hone_json_get_real(want, "ks", (double)NAN), 1e-12);
        /* Stephens' approximation beside the exact law, at 20 to 60 rows */
        CHECK_NEAR(hone_ks_p(ks, (double)n, (double)m),
                   hone_json_get_real(want, "ks_p", (double)NAN), 0.05);
        CHECK_NEAR(hone_wasserstein(n, a, m, b),
                   hone_json_get_real(want, "wasserstein", (double)NAN), 1e-12);
        CHECK_NEAR(hone_jensen_shannon(k, r, s),
                   hone_json_get_real(want, "jensen_shannon", (double)NAN), 1e-12);
        CHECK_NEAR(hone_hellinger(k, r, s), hone_json_get_real(want, "hellinger", (double)NAN),
                   1e-12);
        CHECK_NEAR(hone_psi(k, r, s), hone_json_get_real(want, "psi", (double)NAN), 1e-12);
        double chi2 = hone_chi2_two(k, r, s, &freedom);
        CHECK_NEAR(chi2, hone_json_get_real(want, "chi2", (double)NAN), 1e-9);
        CHECK_NEAR(freedom, (double)hone_json_get_int(want, "freedom", 0), 0);
        CHECK_NEAR(hone_chi2_sf(chi2, freedom), hone_json_get_real(want, "chi2_p", (double)NAN),
                   1e-12);
    }
    assert_int_equal(json_array_size(json_object_get(root, "fisher")), 5);
    json_array_foreach(json_object_get(root, "fisher"), i, c)
    {
        size_t n;
        double *x = numbers(&mem, c, &n); /* a, n, b, m, p */
        CHECK_NEAR(hone_fisher_p(x[0], x[1], x[2], x[3]), x[4], 1e-9);
    }
    json_array_foreach(json_object_get(root, "tails"), i, c)
    {
        double x = hone_json_get_real(c, "x", (double)NAN);
        CHECK_NEAR(hone_normal_sf(x), hone_json_get_real(c, "normal", (double)NAN), 1e-14);
        CHECK_NEAR(hone_normal_isf(hone_normal_sf(x)), x, 1e-9);
        CHECK_NEAR(hone_kolmogorov_sf(x), hone_json_get_real(c, "kolmogorov", (double)NAN),
                   1e-12);
        size_t j;
        json_t *pair;
        json_array_foreach(json_object_get(c, "chi2"), j, pair)
        {
            double f = json_number_value(json_array_get(pair, 0));
            /* lgamma of 200 has 12 digits left after the subtraction */
            CHECK_NEAR(hone_chi2_sf(x * f, f), json_number_value(json_array_get(pair, 1)),
                       1e-11);
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static const double binary_y[] = {0, 0, 1, 1, 0, 1};
static const double binary_score[] = {0.9, 0.1, 0.6, 0.4, 0.65, 0.35,
                                      0.2, 0.8, 0.3, 0.7, 0.05, 0.95};

static struct hone_prediction binary(void)
{
    return (struct hone_prediction){.task = HONE_TASK_BINARY,
                                    .rows = 6,
                                    .classes = 2,
                                    .y = binary_y,
                                    .score = binary_score};
}

static void ece_by_hand(void **state)
{
    struct hone_run run = {0};
    struct hone_prediction p = binary();
    const struct hone_metric *m = NULL;
    struct hone_measure v;

    (void)state;
    CHECK_OK(&run, hone_metric_need(&run, hone_str("ece"), &m));
    CHECK_OK(&run, hone_metric_value(&run, m, NULL, &p, &v));
    /* six bins of one row: the gaps are .1 .4 .65 .2 .7 .05 */
    CHECK_NEAR(v.value, (0.1 + 0.4 + 0.65 + 0.2 + 0.7 + 0.05) / 6, 1e-12);
    hone_run_clear(&run);
}

static void threshold_moves_the_labels(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_prediction p = binary();
    double *table;

    (void)state;
    p.threshold = 0.35;
    CHECK_OK(&run, hone_confusion(&run, &p, &mem, &table));
    CHECK_NEAR(table[0], 1, 0); /* 0.1 alone stays below */
    CHECK_NEAR(table[1], 2, 0);
    CHECK_NEAR(table[2], 0, 0);
    CHECK_NEAR(table[3], 3, 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void zero_weight_is_absence(void **state)
{
    struct hone_run run = {0};
    static const double weight[] = {1, 1, 0, 1, 0, 1};
    static const double y[] = {0, 0, 1, 1};
    static const double score[] = {0.9, 0.1, 0.6, 0.4, 0.2, 0.8, 0.05, 0.95};
    struct hone_prediction p = binary();
    struct hone_prediction q = {
        .task = HONE_TASK_BINARY, .rows = 4, .classes = 2, .y = y, .score = score};

    (void)state;
    p.weight = weight;
    for (size_t i = 0; hone_metrics[i] != NULL; i++) {
        const struct hone_metric *m = (const struct hone_metric *)hone_metrics[i];
        struct hone_measure a;
        struct hone_measure b;
        if ((m->tasks & HONE_TASK_BINARY) == 0) {
            CHECK_FAILS(&run, hone_metric_value(&run, m, NULL, &p, &a), HONE_E_ARG);
            continue;
        }
        CHECK_OK(&run, hone_metric_value(&run, m, NULL, &p, &a));
        CHECK_OK(&run, hone_metric_value(&run, m, NULL, &q, &b));
        check_near(a.value, b.value, 1e-12, m->part.name, __FILE__, __LINE__);
    }
    hone_run_clear(&run);
}

static void bad_predictions_are_refused(void **state)
{
    struct hone_run run = {0};
    struct hone_prediction p = binary();
    double y[6] = {0, 0, 1, 1, 0, 2};
    double score[12];

    (void)state;
    p.y = y;
    CHECK_FAILS_WITH(&run, hone_prediction_check(&run, &p), HONE_E_ARG, "row 5");
    y[5] = 0.5;
    CHECK_FAILS_WITH(&run, hone_prediction_check(&run, &p), HONE_E_ARG, "row 5");
    y[5] = (double)NAN;
    CHECK_FAILS_WITH(&run, hone_prediction_check(&run, &p), HONE_E_NUMERIC, "target");
    p = binary();
    memcpy(score, binary_score, sizeof score);
    score[3] = (double)INFINITY;
    p.score = score;
    CHECK_FAILS_WITH(&run, hone_prediction_check(&run, &p), HONE_E_NUMERIC, "row 1");
    p.rows = 0;
    CHECK_FAILS(&run, hone_prediction_check(&run, &p), HONE_E_ARG);
    p = binary();
    static const double none[6] = {0};
    p.weight = none;
    CHECK_FAILS_WITH(&run, hone_prediction_check(&run, &p), HONE_E_ARG, "weights");
    hone_run_clear(&run);
}

static void one_class_has_no_auc(void **state)
{
    struct hone_run run = {0};
    static const double y[6] = {0};
    struct hone_prediction p = binary();
    struct hone_measure v;

    (void)state;
    p.y = y;
    CHECK_OK(&run,
             hone_metric_value(&run, hone_metric_default(HONE_TASK_BINARY), NULL, &p, &v));
    CHECK(isnan(v.value));
    CHECK_STR(v.why, "only one class is present");
    hone_run_clear(&run);
}

static void metrics_are_found_by_name(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    const struct hone_metric *m = NULL;
    const struct hone_metric **list;
    size_t n;

    (void)state;
    CHECK_OK(&run, hone_metric_need(&run, hone_str("neg_root_mean_squared_error"), &m));
    CHECK_STR(m->part.name, "rmse");
    CHECK_FAILS(&run, hone_metric_need(&run, hone_str("rmsee"), &m), HONE_E_ARG);
    CHECK_OK(&run, hone_metrics_of_task(&run, HONE_TASK_REGRESSION, &mem, &list, &n));
    CHECK(n >= 4);
    for (size_t i = 0; i < n; i++) {
        CHECK((list[i]->tasks & HONE_TASK_REGRESSION) != 0);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Scores of n rows with ties, worse than perfect. */
static struct hone_prediction many(struct hone_arena *mem, size_t n)
{
    double *y = hone_arena_alloc(mem, sizeof *y, n);
    double *score = hone_arena_alloc(mem, sizeof *score, 2 * n);

    assert_non_null(y);
    assert_non_null(score);
    for (size_t i = 0; i < n; i++) {
        size_t mixed = (i * 2654435761u) % 4096;
        y[i] = mixed % 7 < 3 ? 1 : 0;
        score[2 * i + 1] = ((double)mixed / 4096 + 0.6 * y[i]) / 1.6;
        score[2 * i] = 1 - score[2 * i + 1];
    }
    return (struct hone_prediction){
        .task = HONE_TASK_BINARY, .rows = n, .classes = 2, .y = y, .score = score};
}

static double area(const struct hone_curve *c)
{
    double sum = 0;
    for (size_t i = 1; i < c->n; i++) {
        sum += (c->x[i] - c->x[i - 1]) * 0.5 * (c->y[i] + c->y[i - 1]);
    }
    return sum;
}

static void curves_keep_their_corners(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_prediction p = many(&mem, 20000);
    struct hone_curve roc;
    struct hone_curve pr;
    struct hone_curve gain;
    struct hone_measure auc;

    (void)state;
    CHECK_OK(&run, hone_curve_roc(&run, &p, 1, &mem, &roc));
    CHECK_OK(&run, hone_curve_pr(&run, &p, 1, &mem, &pr));
    CHECK_OK(&run, hone_curve_gain(&run, &p, 1, &mem, &gain));
    CHECK(roc.n <= HONE_CURVE_POINTS && roc.n > 20);
    CHECK(pr.n <= HONE_CURVE_POINTS && gain.n <= HONE_CURVE_POINTS);
    CHECK_NEAR(roc.x[0], 0, 0);
    CHECK_NEAR(roc.y[roc.n - 1], 1, 0);
    CHECK_NEAR(roc.x[roc.n - 1], 1, 0);
    CHECK_NEAR(gain.y[gain.n - 1], 1, 0);
    CHECK_OK(&run,
             hone_metric_value(&run, hone_metric_default(HONE_TASK_BINARY), NULL, &p, &auc));
    CHECK_NEAR(area(&roc), auc.value, 1e-3); /* corners left out cut a little */
    for (size_t i = 1; i < roc.n; i++) {     /* a point is what its threshold gives */
        double tp = 0;
        double positive = 0;
        for (size_t r = 0; r < p.rows; r++) {
            positive += p.y[r];
            tp += p.score[2 * r + 1] >= roc.at[i] ? p.y[r] : 0;
        }
        CHECK_NEAR(roc.y[i], tp / positive, 1e-12);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void small_curves_are_exact(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_prediction p = binary();
    struct hone_curve roc;
    struct hone_reliability bins;
    struct hone_measure auc;

    (void)state;
    CHECK_OK(&run, hone_curve_roc(&run, &p, 1, &mem, &roc));
    CHECK_OK(&run,
             hone_metric_value(&run, hone_metric_default(HONE_TASK_BINARY), NULL, &p, &auc));
    CHECK_NEAR(area(&roc), auc.value, 1e-12);
    CHECK_OK(&run, hone_curve_reliability(&run, &p, 1, 2, &mem, &bins));
    assert_int_equal(bins.n, 2);
    CHECK_NEAR(bins.promised[0], (0.1 + 0.4 + 0.35) / 3, 1e-12);
    CHECK_NEAR(bins.observed[0], 1.0 / 3, 1e-12);
    CHECK_NEAR(bins.observed[1], 2.0 / 3, 1e-12);
    static const double ones[6] = {1, 1, 1, 1, 1, 1};
    p.y = ones;
    CHECK_FAILS(&run, hone_curve_roc(&run, &p, 1, &mem, &roc), HONE_E_NUMERIC);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void thresholds_are_the_best(void **state)
{
    struct hone_run run = {0};
    struct hone_prediction p = binary();
    struct hone_value_matrix worth = {.true_positive = 10, .false_positive = -1};
    struct hone_threshold t;

    (void)state;
    CHECK_OK(&run, hone_threshold_best(&run, &p, HONE_THRESHOLD_F1, NULL, &t));
    CHECK_NEAR(t.value, 4.0 / 5, 1e-12); /* 2 found, 1 missed: from 0.8 on */
    CHECK_NEAR(t.at, 0.5 * (0.8 + 0.7), 1e-12);
    CHECK_OK(&run, hone_threshold_best(&run, &p, HONE_THRESHOLD_VALUE, &worth, &t));
    CHECK_NEAR(t.value, (30.0 - 2) / 6, 1e-12);
    worth = (struct hone_value_matrix){.false_positive = -100};
    CHECK_OK(&run, hone_threshold_best(&run, &p, HONE_THRESHOLD_VALUE, &worth, &t));
    CHECK_NEAR(t.fp, 0, 0);
    static const double zeros[6] = {0};
    p.y = zeros;
    CHECK_FAILS(&run, hone_threshold_best(&run, &p, HONE_THRESHOLD_F1, NULL, &t),
                HONE_E_NUMERIC);
    hone_run_clear(&run);
}

static void benjamini_hochberg_by_hand(void **state)
{
    static const double p[] = {0.01, (double)NAN, 0.04, 0.03, 0.5};
    double adjusted[5];
    size_t order[5];

    (void)state;
    hone_benjamini_hochberg(5, p, adjusted, order);
    CHECK_NEAR(adjusted[0], 0.04, 1e-15);
    CHECK(isnan(adjusted[1]));
    CHECK_NEAR(adjusted[2], 0.04 * 4 / 3, 1e-15);
    CHECK_NEAR(adjusted[3], 0.04 * 4 / 3, 1e-15);
    CHECK_NEAR(adjusted[4], 0.5, 1e-15);
}

static void sorting_orders_everything(void **state)
{
    struct hone_run run = {0};
    double v[300];
    uint32_t order[300];

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        v[i] = (double)((i * 7919) % 101) - 50;
    }
    v[7] = -(double)INFINITY;
    v[9] = (double)NAN;
    v[11] = -0.0;
    CHECK_OK(&run, hone_order_by(&run, 300, v, false, order));
    assert_int_equal(order[0], 7);
    assert_int_equal(order[299], 9);
    for (size_t i = 1; i < 299; i++) {
        double a = v[order[i - 1]];
        double b = v[order[i]];
        CHECK(a < b || (a <= b && order[i - 1] < order[i]));
    }
    CHECK_OK(&run, hone_order_by(&run, 300, v, true, order));
    for (size_t i = 2; i < 300; i++) {
        double a = v[order[i - 1]];
        double b = v[order[i]];
        CHECK(a > b || (a >= b && order[i - 1] < order[i]));
    }
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_metrics[] = {
    cmocka_unit_test(metrics_of_scikit_learn),
    cmocka_unit_test(distances_of_scipy),
    cmocka_unit_test(ece_by_hand),
    cmocka_unit_test(threshold_moves_the_labels),
    cmocka_unit_test(zero_weight_is_absence),
    cmocka_unit_test(bad_predictions_are_refused),
    cmocka_unit_test(one_class_has_no_auc),
    cmocka_unit_test(metrics_are_found_by_name),
    cmocka_unit_test(curves_keep_their_corners),
    cmocka_unit_test(small_curves_are_exact),
    cmocka_unit_test(thresholds_are_the_best),
    cmocka_unit_test(benjamini_hochberg_by_hand),
    cmocka_unit_test(sorting_orders_everything),
};
const size_t hone_tests_metrics_n = sizeof hone_tests_metrics / sizeof hone_tests_metrics[0];

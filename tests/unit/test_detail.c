/* Tables of a classifier and of a regression's residuals, by hand and against numbers of scipy and numpy. */
#include "base/rng.h"
#include "check.h"
#include "eval/bootstrap.h"
#include "eval/detail.h"
#include "eval/resample_priv.h"
#include "eval/residual.h"
#include "eval/stat.h"

static const double y8[] = {0, 0, 0, 0, 1, 1, 1, 0};
static const double score8[] = {0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4,
                                0.4, 0.6, 0.2, 0.8, 0.1, 0.9, 0.4, 0.6};

static struct hone_prediction eight(void)
{
    return (struct hone_prediction){
        .task = HONE_TASK_BINARY, .rows = 8, .classes = 2, .y = y8, .score = score8};
}

static void classes_and_thresholds(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_prediction p = eight();
    struct hone_class_score *c;
    struct hone_threshold_row *t;
    static const double at[] = {0.5, 0.85, 2};
    const struct hone_value_matrix worth = {10, -1, -5, 0};

    (void)state;
    CHECK_OK(&run, hone_class_scores(&run, &p, &mem, &c));
    CHECK_NEAR(c[1].rows, 3, 0);
    CHECK_NEAR(c[1].predicted, 4, 0);
    CHECK_NEAR(c[1].precision, 0.75, 1e-15);
    CHECK_NEAR(c[1].recall, 1, 1e-15);
    CHECK_NEAR(c[1].specificity, 0.8, 1e-15);
    CHECK_NEAR(c[0].recall, 0.8, 1e-15);
    CHECK_NEAR(c[1].f1, 6.0 / 7, 1e-15);
    CHECK_NEAR(c[1].roc_auc, (5 + 5 + 4.5) / 15, 1e-15); /* one tie */
    CHECK_OK(&run, hone_threshold_rows(&run, &p, &worth, 3, at, &mem, &t));
    CHECK_NEAR(t[0].value, (3 * 10 - 1) / 8.0, 1e-15);
    CHECK_NEAR(t[1].recall, 1.0 / 3, 1e-15);
    CHECK_NEAR(t[1].value, (10 - 2 * 5) / 8.0, 1e-15);
    CHECK(isnan(t[2].precision));
    CHECK_NEAR(t[2].share, 0, 0);
    p.task = HONE_TASK_REGRESSION;
    p.classes = 1;
    CHECK_FAILS(&run, hone_class_scores(&run, &p, &mem, &c), HONE_E_ARG);
    CHECK_FAILS(&run, hone_threshold_rows(&run, &p, NULL, 3, at, &mem, &t), HONE_E_ARG);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void lift_splits_ties(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_prediction p = eight();
    struct hone_lift_bin *bin;

    (void)state;
    CHECK_OK(&run, hone_lift_bins(&run, &p, 4, &mem, &bin));
    CHECK_NEAR(bin[0].rate, 1, 1e-15); /* 0.9 and 0.8 */
    CHECK_NEAR(bin[0].lift, 8.0 / 3, 1e-12);
    CHECK_NEAR(bin[1].rate, 0.5, 1e-15); /* the two of 0.6 */
    CHECK_NEAR(bin[1].captured, 1, 1e-15);
    CHECK_NEAR(bin[3].cumulative, 1, 1e-15);
    CHECK_OK(&run, hone_lift_bins(&run, &p, 8, &mem, &bin));
    CHECK_NEAR(bin[2].rate, 0.5, 1e-15); /* half a tie each */
    CHECK_NEAR(bin[3].rate, 0.5, 1e-15);
    static const double none[8] = {0};
    p.y = none;
    CHECK_FAILS(&run, hone_lift_bins(&run, &p, 4, &mem, &bin), HONE_E_NUMERIC);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* A logistic regression on the logit of scores that are too sure by a factor of two. */
static void recalibration_finds_the_slope(void **state)
{
    struct hone_run run = {0};
    struct hone_rng rng = hone_rng(5, 5);
    static double y[20000];
    static double score[40000];
    struct hone_recalibration c;

    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        double z = hone_rng_normal(&rng);
        y[i] = hone_rng_unit(&rng) < 1 / (1 + exp(-z)) ? 1 : 0;
        score[2 * i + 1] = 1 / (1 + exp(-2 * z - 0.6));
        score[2 * i] = 1 - score[2 * i + 1];
    }
    struct hone_prediction p = {
        .task = HONE_TASK_BINARY, .rows = 20000, .classes = 2, .y = y, .score = score};
    CHECK_OK(&run, hone_recalibrate(&run, &p, &c));
    CHECK_NEAR(c.slope, 0.5, 4 * c.slope_error);
    CHECK_NEAR(c.intercept, -0.3, 4 * c.intercept_error);
    CHECK(c.slope_error < 0.02 && c.p_value < 1e-9);
    p.rows = 8;
    static const double mixed[] = {0, 1, 0, 0, 1, 1, 0, 0};
    p.y = mixed;
    p.score = score8;
    CHECK_OK(&run, hone_recalibrate(&run, &p, &c));
    CHECK_NEAR(c.happened, 3.0 / 8, 1e-15);
    CHECK_NEAR(c.promised, 3.9 / 8, 1e-12);
    static const double parted[16] = {0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1,
                                      0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1};
    p.y = y8;
    p.score = parted; /* no slope is steep enough */
    CHECK_FAILS(&run, hone_recalibrate(&run, &p, &c), HONE_E_NUMERIC);
    hone_run_clear(&run);
}

/* numpy and scipy: see the comment at each number. */
static void residuals_by_hand(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    static const double f[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const double e[] = {0.1, -0.2, 0.2, 0.4, -0.6, 0.5, -0.9, 1.3, -1.1, 2.4};
    double y[10];
    struct hone_residuals r;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        y[i] = f[i] + e[i];
    }
    struct hone_prediction p = {
        .task = HONE_TASK_REGRESSION, .rows = 10, .classes = 1, .y = y, .score = f};
    CHECK_OK(&run, hone_residuals_of(&run, &p, 5, 3, &mem, &r));
    CHECK_NEAR(r.bias, 0.21, 1e-12);
    CHECK_NEAR(r.bias_p, 0.5421528554497939, 1e-9);  /* scipy.stats.ttest_1samp(e, 0) */
    CHECK_NEAR(r.skew, 0.7740846778275514, 1e-9);    /* scipy.stats.skew(e) */
    CHECK_NEAR(r.kurtosis, 3.000693040100764, 1e-9); /* scipy.stats.kurtosis(e, fisher=False) */
    CHECK_NEAR(r.normal_p, 0.6069315023893597, 1e-9); /* scipy.stats.jarque_bera(e) */
    CHECK_NEAR(r.spread_p, 0.02055323661946032,
               1e-9); /* chi2.sf(n * corrcoef(e**2, f)**2, 1) */
    CHECK_NEAR(r.durbin_watson, 2.6437560503388187, 1e-9); /* sum(diff(e)**2) / sum(e**2) */
    CHECK(r.spread_slope > 0);
    assert_int_equal(r.bins, 5);
    CHECK_NEAR(r.bin[0].predicted, 1.5, 1e-12);
    CHECK_NEAR(r.bin[0].bias, -0.05, 1e-12);
    CHECK_NEAR(r.bin[4].to, 10, 0);
    assert_int_equal(r.worst_n, 3);
    assert_int_equal(r.worst[0], 9);
    assert_int_equal(r.worst[1], 7);
    CHECK_NEAR(r.quantile[2], 0.15, 1e-12);
    static const double same[10] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    p.score = same; /* one prediction: one bin, no spread to test */
    CHECK_OK(&run, hone_residuals_of(&run, &p, 5, 3, &mem, &r));
    assert_int_equal(r.bins, 1);
    CHECK(isnan(r.spread_p));
    p.score = y; /* perfect */
    CHECK_OK(&run, hone_residuals_of(&run, &p, 5, 3, &mem, &r));
    CHECK_NEAR(r.bias_p, 1, 0);
    assert_int_equal(r.points, 0);
    p = eight();
    CHECK_FAILS(&run, hone_residuals_of(&run, &p, 5, 3, &mem, &r), HONE_E_ARG);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* scipy.stats.t, beta, binom. */
static void tails_of_students_law(void **state)
{
    (void)state;
    static const double want[][3] = {
        {1.5, 3, 0.11529193262241141},     {12.706, 1, 0.025000401179066586},
        {2.0, 49, 0.025529574128709046},   {-0.7, 5.5, 0.7437855375311959},
        {4.5, 12, 0.00036332646070184584}, {1.96, 1000, 0.025136592477874354},
        {0.3, 2, 0.3962428304200888}}; /* t, freedom, sf */
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        CHECK_NEAR(hone_student_sf(want[i][0], want[i][1]), want[i][2], 1e-12);
        CHECK_NEAR(hone_student_isf(want[i][2], want[i][1]), want[i][0],
                   1e-8 * fmax(1, fabs(want[i][0])));
    }
    CHECK_NEAR(hone_binomial_sf(7, 10, 0.5), 0.171875, 1e-14);
    CHECK_NEAR(hone_binomial_sf(0, 10, 0.5), 1, 0);
    CHECK_NEAR(hone_binomial_sf(11, 10, 0.5), 0, 0);
    double low;
    double high;
    hone_wilson_bounds(0.8, 50, 1.959963984540054, &low, &high);
    CHECK_NEAR(low, 0.6696289, 1e-7); /* by the formula, in numpy */
    CHECK_NEAR(high, 0.8875625, 1e-7);
    hone_wilson_bounds(0, 0, 1.96, &low, &high);
    CHECK(low <= 0 && high >= 1);
}

static void holm_by_hand(void **state)
{
    static const double p[] = {0.01, (double)NAN, 0.04, 0.03, 0.005};
    double adjusted[5];
    size_t order[5];

    (void)state;
    hone_holm(5, p, adjusted, order);
    CHECK_NEAR(adjusted[4], 0.02, 1e-15);
    CHECK_NEAR(adjusted[0], 0.03, 1e-15);
    CHECK_NEAR(adjusted[3], 0.06, 1e-15);
    CHECK_NEAR(adjusted[2], 0.06, 1e-15); /* not below the one before */
    CHECK(isnan(adjusted[1]));
}

/* What the fast ways of a resample give is what the metrics say of the same counts. */
static void lanes_agree_with_metrics(void **state)
{
    struct hone_run run = {.seed = 3};
    struct hone_arena mem = {0};
    struct hone_rng rng = hone_rng(8, 8);
    enum { N = 300 };
    static double y[N];
    static double score[3 * N];
    static double weight[N];
    uint8_t count[N];

    (void)state;
    for (size_t kind = 0; kind < 6; kind++) { /* 1, 2, 3 classes, without and with weights */
        size_t k = kind % 3 + 1;
        for (size_t i = 0; i < N; i++) {
            double sum = 0;
            y[i] = k == 1 ? hone_rng_normal(&rng) : (double)hone_rng_below(&rng, k);
            weight[i] = (double)hone_rng_below(&rng, 4);
            count[i] = (uint8_t)hone_rng_below(&rng, 3);
            for (size_t c = 0; c < k; c++) {
                score[i * k + c] = (double)(1 + hone_rng_below(&rng, 9));
                sum += score[i * k + c];
            }
            for (size_t c = 0; c < k && k > 1; c++) {
                score[i * k + c] /= sum;
            }
        }
        struct hone_prediction p = {
            .task = k == 1   ? HONE_TASK_REGRESSION
                    : k == 2 ? HONE_TASK_BINARY
                             : HONE_TASK_MULTICLASS,
            .rows = N,
            .classes = k,
            .y = y,
            .score = score,
            .weight = kind < 3 ? NULL : weight,
        };
        const struct hone_metric *list[80];
        size_t n = 0;
        for (size_t i = 0; hone_metrics[i] != NULL; i++) {
            const struct hone_metric *m = (const struct hone_metric *)hone_metrics[i];
            if ((m->tasks & (unsigned)p.task) != 0) {
                list[n++] = m;
            }
        }
        const struct hone_prediction *both[2] = {&p, &p};
        for (size_t models = 1; models <= 2; models++) { /* rows sorted, rows as they are */
            struct hone_resample r;
            double value[160];
            CHECK_OK(&run, hone_resample_new(&run, both, models, list, n, false, &mem, &r));
            /* counts are of the lane's rows, which may be in another order than ours */
            const struct hone_prediction *to = &r.lane[0].p;
            struct hone_prediction counted = *to;
            CHECK_OK(&run, hone_resample_count(&run, &r, count, value, NULL));
            counted.count = count;
            for (size_t j = 0; j < n; j++) {
                struct hone_measure want;
                CHECK_OK(&run, hone_metric_value(&run, list[j], NULL, &counted, &want));
                check_near(value[j], want.value, 1e-10 * fmax(1, fabs(want.value)),
                           list[j]->part.name, __FILE__, __LINE__);
            }
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_detail[] = {
    cmocka_unit_test(classes_and_thresholds),        cmocka_unit_test(lift_splits_ties),
    cmocka_unit_test(recalibration_finds_the_slope), cmocka_unit_test(residuals_by_hand),
    cmocka_unit_test(tails_of_students_law),         cmocka_unit_test(holm_by_hand),
    cmocka_unit_test(lanes_agree_with_metrics),
};
const size_t hone_tests_detail_n = sizeof hone_tests_detail / sizeof hone_tests_detail[0];

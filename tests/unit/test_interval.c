/* Bootstrap intervals and comparisons. */
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "eval/bootstrap.h"

struct data {
    double y[400], score[800], weaker[800];
};

/* Rows whose score means something; weaker means less. */
static void fill(struct data *d, uint64_t seed)
{
    struct hone_rng rng = hone_rng(seed, 1);

    for (size_t i = 0; i < 400; i++) {
        d->y[i] = hone_rng_unit(&rng) < 0.4 ? 1 : 0;
        double z = hone_rng_normal(&rng) + 1.5 * d->y[i];
        double noise = 2 * hone_rng_normal(&rng);
        d->score[2 * i + 1] = 1 / (1 + exp(-z));
        d->weaker[2 * i + 1] = 1 / (1 + exp(-z - noise));
        d->score[2 * i] = 1 - d->score[2 * i + 1];
        d->weaker[2 * i] = 1 - d->weaker[2 * i + 1];
    }
}

static struct hone_prediction of(const struct data *d, const double *score)
{
    return (struct hone_prediction){
        .task = HONE_TASK_BINARY, .rows = 400, .classes = 2, .y = d->y, .score = score};
}

static void same_for_any_threads(void **state)
{
    struct hone_run run = {.seed = 11};
    struct hone_arena mem = {0};
    struct hone_bootstrap how = {.replicates = 100};
    const struct hone_metric **list;
    struct hone_interval one[32];
    struct hone_interval two[32];
    struct data d;
    size_t n;

    (void)state;
    fill(&d, 1);
    struct hone_prediction p = of(&d, d.score);
    CHECK_OK(&run, hone_metrics_of_task(&run, HONE_TASK_BINARY, &mem, &list, &n));
    CHECK(n < 32);
    CHECK_OK(&run, hone_bootstrap_intervals(&run, &p, list, n, &how, one));
    run.pool = hone_pool_new(4);
    CHECK_OK(&run, hone_bootstrap_intervals(&run, &p, list, n, &how, two));
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(&one[i].low, &two[i].low, sizeof one[i].low);
        assert_memory_equal(&one[i].high, &two[i].high, sizeof one[i].high);
        CHECK(one[i].low <= one[i].high);
        assert_int_equal(one[i].replicates, 100);
    }
    hone_pool_free(run.pool);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* What a replicate computes is what the metric says of the rows drawn. */
static void counts_are_repeats(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_rng rng = hone_rng(3, 3);
    uint8_t count[400] = {0};
    double y[400];
    double score[800];
    double target[400];
    struct data d;

    (void)state;
    fill(&d, 2);
    for (size_t i = 0; i < 400; i++) {
        size_t row = hone_rng_below(&rng, 400);
        count[row]++;
        y[i] = d.y[row];
        memcpy(score + 2 * i, d.score + 2 * row, 2 * sizeof *score);
        target[i] = 10 * d.score[2 * row] + d.weaker[2 * row];
    }
    struct hone_prediction repeats = of(&d, score);
    struct hone_prediction counted = of(&d, d.score);
    repeats.y = y;
    counted.count = count;
    for (size_t pass = 0; pass < 2; pass++) { /* classification, then regression */
        for (size_t i = 0; hone_metrics[i] != NULL; i++) {
            const struct hone_metric *m = (const struct hone_metric *)hone_metrics[i];
            struct hone_measure a;
            struct hone_measure b;
            if ((m->tasks & (unsigned)repeats.task) == 0) {
                continue;
            }
            CHECK_OK(&run, hone_metric_value(&run, m, NULL, &repeats, &a));
            CHECK_OK(&run, hone_metric_value(&run, m, NULL, &counted, &b));
            check_near(a.value, b.value, 1e-10, m->part.name, __FILE__, __LINE__);
        }
        double *all = hone_arena_alloc(&mem, sizeof *all, 400);
        double *drawn = hone_arena_alloc(&mem, sizeof *drawn, 400);
        double *truth = hone_arena_alloc(&mem, sizeof *truth, 400);
        for (size_t i = 0; i < 400; i++) {
            all[i] = d.score[2 * i];
            truth[i] = 10 * d.score[2 * i] + d.weaker[2 * i];
            drawn[i] = score[2 * i];
        }
        repeats = (struct hone_prediction){.task = HONE_TASK_REGRESSION,
                                           .rows = 400,
                                           .classes = 1,
                                           .y = target,
                                           .score = drawn};
        counted = repeats;
        counted.y = truth;
        counted.score = all;
        counted.count = count;
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* The share of 95 % intervals that hold the true accuracy, over 200 samples. */
static void coverage_is_nominal(void **state)
{
    struct hone_run run = {.seed = 5};
    struct hone_bootstrap how = {.replicates = 200};
    const struct hone_metric *m = NULL;
    struct hone_rng rng = hone_rng(9, 9);
    size_t inside = 0;

    (void)state;
    CHECK_OK(&run, hone_metric_need(&run, hone_str("accuracy"), &m));
    for (size_t t = 0; t < 200; t++) {
        double y[150];
        double score[300];
        struct hone_interval i;
        for (size_t r = 0; r < 150; r++) {
            bool right = hone_rng_unit(&rng) < 0.8;
            y[r] = (double)(r % 2);
            score[2 * r + 1] = right == (y[r] > 0) ? 0.9 : 0.1;
            score[2 * r] = 1 - score[2 * r + 1];
        }
        struct hone_prediction p = {
            .task = HONE_TASK_BINARY, .rows = 150, .classes = 2, .y = y, .score = score};
        CHECK_OK(&run, hone_bootstrap_intervals(&run, &p, &m, 1, &how, &i));
        inside += i.low <= 0.8 && 0.8 <= i.high ? 1 : 0;
    }
    CHECK(inside >= 180 && inside <= 199); /* 95 % of 200, +- 3 standard errors */
    hone_run_clear(&run);
}

static void strata_keep_their_size(void **state)
{
    struct hone_run run = {.seed = 2};
    struct hone_bootstrap how = {.replicates = 50, .stratified = true};
    const struct hone_metric *m = NULL;
    struct hone_interval i;
    double y[40] = {0};
    double score[80];

    (void)state;
    y[0] = y[1] = 1; /* unstratified, one replicate in eight has no positive row */
    for (size_t r = 0; r < 40; r++) {
        score[2 * r + 1] = (double)(r % 7) / 8;
        score[2 * r] = 1 - score[2 * r + 1];
    }
    struct hone_prediction p = {
        .task = HONE_TASK_BINARY, .rows = 40, .classes = 2, .y = y, .score = score};
    CHECK_OK(&run, hone_metric_need(&run, hone_str("roc_auc"), &m));
    CHECK_OK(&run, hone_bootstrap_intervals(&run, &p, &m, 1, &how, &i));
    assert_int_equal(i.replicates, 50);
    how.stratified = false;
    CHECK_OK(&run, hone_bootstrap_intervals(&run, &p, &m, 1, &how, &i));
    CHECK(i.replicates < 50);
    hone_run_clear(&run);
}

static void better_model_wins(void **state)
{
    struct hone_run run = {.seed = 4};
    struct hone_bootstrap how = {.replicates = 200};
    const struct hone_metric *list[2] = {NULL, NULL};
    struct hone_comparison c[2];
    struct data d;

    (void)state;
    fill(&d, 6);
    struct hone_prediction good = of(&d, d.score);
    struct hone_prediction bad = of(&d, d.weaker);
    CHECK_OK(&run, hone_metric_need(&run, hone_str("roc_auc"), &list[0]));
    CHECK_OK(&run, hone_metric_need(&run, hone_str("log_loss"), &list[1]));
    CHECK_OK(&run, hone_bootstrap_compare(&run, &bad, &good, list, 2, &how, c));
    CHECK_STR(c[0].verdict, "better");
    CHECK_STR(c[1].verdict, "better");
    CHECK(c[1].gain > 0 && c[1].a > c[1].b && c[1].p_value < 0.02);
    CHECK_OK(&run, hone_bootstrap_compare(&run, &good, &bad, list, 2, &how, c));
    CHECK_STR(c[0].verdict, "worse");
    CHECK_OK(&run, hone_bootstrap_compare(&run, &good, &good, list, 2, &how, c));
    CHECK_STR(c[0].verdict, "no evidence");
    CHECK_NEAR(c[0].p_value, 1, 0);
    bad.rows = 399;
    CHECK_FAILS(&run, hone_bootstrap_compare(&run, &good, &bad, list, 2, &how, c),
                HONE_E_SHAPE);
    hone_run_clear(&run);
}

/* Where nothing varies an interval of no width would claim what nobody knows. */
static void certainty_is_not_made_up(void **state)
{
    struct hone_run run = {.seed = 4};
    struct hone_bootstrap how = {.replicates = 100};
    static const char *const name[] = {"roc_auc", "accuracy", "f1", "log_loss", "recall"};
    const struct hone_metric *list[5];
    struct hone_interval i[5];
    double y[20];
    double score[40];

    (void)state;
    for (size_t r = 0; r < 20; r++) { /* perfect */
        y[r] = r % 2 == 0 ? 1 : 0;
        score[2 * r + 1] = y[r];
        score[2 * r] = 1 - y[r];
    }
    struct hone_prediction p = {
        .task = HONE_TASK_BINARY, .rows = 20, .classes = 2, .y = y, .score = score};
    for (size_t j = 0; j < 5; j++) {
        CHECK_OK(&run, hone_metric_need(&run, hone_str(name[j]), &list[j]));
    }
    CHECK_OK(&run, hone_bootstrap_intervals(&run, &p, list, 5, &how, i));
    CHECK_STR(i[0].method, "delong");
    CHECK(i[0].low < 0.9 && i[0].low > 0.5 && i[0].high >= 1);
    CHECK_NEAR(i[1].low, 0.8388, 1e-4); /* Wilson of 20 of 20 */
    CHECK(isnan(i[2].low) && i[2].method == NULL);
    CHECK_STR(i[2].why, "every resample gives the same");
    CHECK(isnan(i[3].low));
    CHECK_NEAR(i[4].low, 0.7225, 1e-4); /* of 10 of 10 */
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_interval[] = {
    cmocka_unit_test(same_for_any_threads), cmocka_unit_test(counts_are_repeats),
    cmocka_unit_test(coverage_is_nominal),  cmocka_unit_test(strata_keep_their_size),
    cmocka_unit_test(better_model_wins),    cmocka_unit_test(certainty_is_not_made_up),
};
const size_t hone_tests_interval_n = sizeof hone_tests_interval / sizeof hone_tests_interval[0];

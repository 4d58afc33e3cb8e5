/* Simulations with known truths: intervals hold the truth as often as they say, tests are wrong as seldom. */
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "eval/bootstrap.h"
#include "eval/paired.h"

#define MOST_ROWS    2000
#define MOST_METRICS 13
#define TRUTH_ROWS                                                                             \
    400000 /* the truth is what so many rows say: 20 times as sure as any sample here */

enum world { EVEN, RARE, THREE, PLAIN, HEAVY };

/* Two models with the same errors on average, their noise shared in part. */
struct sample {
    struct hone_arena mem;
    double *y;
    double *score[2];
    struct hone_prediction p[2];
};

static double logistic(double z)
{
    return 1 / (1 + exp(-z));
}

static void draw_binary(struct hone_rng *rng, size_t n, double shift, struct sample *s)
{
    for (size_t i = 0; i < n; i++) {
        double x = 1.3 * hone_rng_normal(rng) + shift;
        double shared = hone_rng_normal(rng);
        s->y[i] = hone_rng_unit(rng) < logistic(x) ? 1 : 0;
        for (size_t m = 0; m < 2; m++) {
            double noise = 0.5 * shared + 0.5 * hone_rng_normal(rng);
            double q = logistic(0.9 * (x - shift + noise) + shift);
            s->score[m][2 * i + 1] = q;
            s->score[m][2 * i] = 1 - q;
        }
    }
}

static void draw_three(struct hone_rng *rng, size_t n, struct sample *s)
{
    for (size_t i = 0; i < n; i++) {
        double z[3];
        double all = 0;
        for (size_t k = 0; k < 3; k++) {
            z[k] = exp(1.2 * hone_rng_normal(rng) + (k == 0 ? 0.7 : 0.0));
            all += z[k];
        }
        double u = hone_rng_unit(rng) * all;
        s->y[i] = u < z[0] ? 0 : u < z[0] + z[1] ? 1 : 2;
        for (size_t m = 0; m < 2; m++) {
            double sum = 0;
            for (size_t k = 0; k < 3; k++) {
                s->score[m][3 * i + k] = z[k] * exp(0.4 * hone_rng_normal(rng));
                sum += s->score[m][3 * i + k];
            }
            for (size_t k = 0; k < 3; k++) {
                s->score[m][3 * i + k] /= sum;
            }
        }
    }
}

/* heavy: errors with the tails of Laplace's law. */
static void draw_regression(struct hone_rng *rng, size_t n, bool heavy, struct sample *s)
{
    for (size_t i = 0; i < n; i++) {
        double x = 2 * hone_rng_normal(rng);
        double u = hone_rng_unit(rng) - 0.5;
        double noise =
            heavy ? (u < 0 ? log(1 + 2 * u) : -log(1 - 2 * u)) / sqrt(2) : hone_rng_normal(rng);
        s->y[i] = 20 + x + noise;
        for (size_t m = 0; m < 2; m++) {
            s->score[m][i] = 20 + x + 0.4 * hone_rng_normal(rng);
        }
    }
}

static void draw_sample(enum world world, struct hone_rng *rng, size_t n, struct sample *s)
{
    size_t classes = world == THREE ? 3 : world == PLAIN || world == HEAVY ? 1 : 2;

    hone_arena_free(&s->mem);
    s->y = hone_arena_must(&s->mem, n * sizeof *s->y);
    for (size_t m = 0; m < 2; m++) {
        s->score[m] = hone_arena_must(&s->mem, n * classes * sizeof *s->score[m]);
        s->p[m] = (struct hone_prediction){
            .task = classes == 1   ? HONE_TASK_REGRESSION
                    : classes == 2 ? HONE_TASK_BINARY
                                   : HONE_TASK_MULTICLASS,
            .rows = n,
            .classes = classes,
            .y = s->y,
            .score = s->score[m],
        };
    }
    if (classes == 2) {
        draw_binary(rng, n, world == RARE ? -2.2 : 0, s);
    } else if (classes == 3) {
        draw_three(rng, n, s);
    } else {
        draw_regression(rng, n, world == HEAVY, s);
    }
}

/* --- intervals --------------------------------------------------------------------------- */

struct plan {
    enum world world;
    size_t rows, samples;
    /* the share of 95 % intervals that must hold the truth: room for 3.5 standard errors of the simulation */
    struct {
        const char *metric;
        double least, most;
    } want[MOST_METRICS];
};

static const struct plan plans[] = {
    {EVEN,
     50,
     1000,
     {{"roc_auc", 0.93, 0.98},
      {"accuracy", 0.93, 0.98},
      {"log_loss", 0.93, 0.98},
      {"brier", 0.93, 0.98},
      {"precision", 0.93, 0.98},
      {"recall", 0.93, 0.98},
      {"specificity", 0.93, 0.98},
      {"f1", 0.925, 0.98},
      {"mcc", 0.925, 0.98},
      {"balanced_accuracy", 0.925, 0.98},
      {"ece", 0.9, 1},
      {"average_precision", 0.91, 0.98}}},
    {RARE,
     200,
     500,
     {{"roc_auc", 0.915, 0.98},
      {"accuracy", 0.915, 0.98},
      {"log_loss", 0.915, 0.98},
      {"recall", 0.915, 0.98},
      {"average_precision", 0.885, 0.98}}},
    {EVEN,
     2000,
     120,
     {{"roc_auc", 0.88, 0.995},
      {"accuracy", 0.88, 0.995},
      {"log_loss", 0.88, 0.995},
      {"f1", 0.88, 0.995},
      {"ece", 0.86, 1},
      {"average_precision", 0.88, 0.995}}},
    {THREE,
     150,
     300,
     {{"roc_auc", 0.905, 0.993},
      {"accuracy", 0.905, 0.993},
      {"log_loss", 0.905, 0.993},
      {"f1_macro", 0.905, 0.993},
      {"balanced_accuracy", 0.905, 0.993}}},
    {PLAIN,
     50,
     1000,
     {{"rmse", 0.93, 0.98},
      {"mae", 0.93, 0.98},
      {"r2", 0.925, 0.98},
      {"mape", 0.93, 0.98},
      {"explained_variance", 0.92, 0.98},
      {"median_ae", 0.92, 0.98}}},
    {HEAVY,
     200,
     500,
     {{"rmse", 0.905, 0.98},
      {"mae", 0.91, 0.98},
      {"r2", 0.905, 0.98},
      {"pinball:0.9", 0.905, 0.98}}},
    {PLAIN, 2000, 120, {{"rmse", 0.88, 0.995}, {"mae", 0.88, 0.995}, {"r2", 0.88, 0.995}}},
};

static void run_plan(struct hone_run *run, const struct plan *plan, uint64_t seed)
{
    const struct hone_bootstrap how = {.replicates = 300};
    const struct hone_metric *metric[MOST_METRICS];
    struct hone_interval got[MOST_METRICS];
    double truth[MOST_METRICS];
    size_t inside[MOST_METRICS] = {0};
    size_t known[MOST_METRICS] = {0};
    struct sample s = {0};
    struct hone_arena mem = {0};
    struct hone_rng rng = hone_rng(seed, 1);
    size_t n = 0;

    draw_sample(plan->world, &rng, TRUTH_ROWS, &s);
    for (; n < MOST_METRICS && plan->want[n].metric != NULL; n++) {
        struct hone_measure v;
        CHECK_OK(run, hone_metric_parse(run, hone_str(plan->want[n].metric), &mem, &metric[n]));
        CHECK_OK(run, hone_metric_value(run, metric[n], NULL, &s.p[0], &v));
        truth[n] = v.value;
    }
    for (size_t t = 0; t < plan->samples; t++) {
        run->seed = t;
        draw_sample(plan->world, &rng, plan->rows, &s);
        CHECK_OK(run, hone_bootstrap_intervals(run, &s.p[0], metric, n, &how, got));
        for (size_t j = 0; j < n; j++) {
            known[j] += isnan(got[j].low) ? 0 : 1;
            inside[j] += got[j].low <= truth[j] && truth[j] <= got[j].high ? 1 : 0;
        }
    }
    for (size_t j = 0; j < n; j++) {
        double share = (double)inside[j] / (double)known[j];
        print_message("  %zu rows: %s %s covers %.3f\n", plan->rows, plan->want[j].metric,
                      got[j].method, share);
        CHECK(known[j] > plan->samples * 9 / 10);
        CHECK(share >= plan->want[j].least && share <= plan->want[j].most);
    }
    hone_arena_free(&s.mem);
    hone_arena_free(&mem);
}

static void intervals_hold_the_truth(void **state)
{
    struct hone_run run = {0};

    (void)state;
    SKIP_UNDER_TSAN();
    run.pool = hone_pool_new(2);
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        run_plan(&run, &plans[i], 100 + i);
    }
    hone_pool_free(run.pool);
    hone_run_clear(&run);
}

/* --- tests ------------------------------------------------------------------------------- */

struct contest {
    enum world world;
    size_t rows, samples;
    const char *metric[MOST_METRICS];
    double least,
        most; /* share of false claims at 5 %: 3.5 standard errors of the simulation */
};

static const struct contest contests[] = {
    {EVEN, 50, 800, {"roc_auc", "log_loss", "accuracy", "brier"}, 0.012, 0.078},
    {RARE, 200, 600, {"roc_auc", "log_loss", "average_precision"}, 0.012, 0.082},
    {EVEN, 1000, 200, {"roc_auc", "log_loss", "accuracy", "f1"}, 0.004, 0.105},
    {THREE, 200, 500, {"roc_auc", "log_loss", "accuracy", "f1_macro"}, 0.01, 0.085},
    {PLAIN, 50, 800, {"rmse", "mae", "r2"}, 0.01, 0.08},
    {HEAVY, 200, 600, {"rmse", "mae", "r2"}, 0.01, 0.08},
    {PLAIN, 1000, 200, {"rmse", "mae"}, 0.004, 0.105},
};

static void run_contest(struct hone_run *run, const struct contest *c, uint64_t seed)
{
    const struct hone_bootstrap how = {.replicates = 200};
    const struct hone_metric *metric[MOST_METRICS];
    struct hone_comparison got[MOST_METRICS];
    size_t claims[MOST_METRICS] = {0};
    size_t any = 0;
    struct sample s = {0};
    struct hone_arena mem = {0};
    struct hone_rng rng = hone_rng(seed, 2);
    size_t n = 0;

    for (; n < MOST_METRICS && c->metric[n] != NULL; n++) {
        CHECK_OK(run, hone_metric_parse(run, hone_str(c->metric[n]), &mem, &metric[n]));
    }
    for (size_t t = 0; t < c->samples; t++) {
        bool claimed = false;
        run->seed = t;
        draw_sample(c->world, &rng, c->rows, &s);
        CHECK_OK(run, hone_bootstrap_compare(run, &s.p[0], &s.p[1], metric, n, &how, got));
        for (size_t j = 0; j < n; j++) {
            claims[j] += got[j].p_value < 0.05 ? 1 : 0;
            claimed = claimed || strcmp(got[j].verdict, "no evidence") != 0;
            CHECK(isnan(got[j].p_value) || got[j].p_adjusted >= got[j].p_value);
            CHECK((got[j].p_value < 0.05) == (got[j].low > 0 || got[j].high < 0));
        }
        any += claimed ? 1 : 0;
    }
    for (size_t j = 0; j < n; j++) {
        double share = (double)claims[j] / (double)c->samples;
        print_message("  %zu rows: %s claims %.3f\n", c->rows, c->metric[j], share);
        CHECK(share >= c->least && share <= c->most);
    }
    print_message("  %zu rows: any of them, adjusted: %.3f\n", c->rows,
                  (double)any / (double)c->samples);
    CHECK((double)any / (double)c->samples <= c->most);
    hone_arena_free(&s.mem);
    hone_arena_free(&mem);
}

static void equal_models_are_seldom_told_apart(void **state)
{
    struct hone_run run = {0};

    (void)state;
    SKIP_UNDER_TSAN();
    run.pool = hone_pool_new(2);
    for (size_t i = 0; i < sizeof contests / sizeof contests[0]; i++) {
        run_contest(&run, &contests[i], 200 + i);
    }
    hone_pool_free(run.pool);
    hone_run_clear(&run);
}

static void classical_tests_keep_their_level(void **state)
{
    struct hone_run run = {0};
    struct sample s = {0};
    struct hone_rng rng = hone_rng(300, 3);
    size_t samples = 2000;
    size_t delong = 0;
    size_t exact = 0;
    size_t mid = 0;

    (void)state;
    for (size_t t = 0; t < samples; t++) {
        struct hone_delong_pair d;
        struct hone_mcnemar m;
        draw_sample(EVEN, &rng, 120, &s);
        CHECK_OK(&run, hone_delong_compare(&run, &s.p[0], &s.p[1], 0.95, &d));
        CHECK_OK(&run, hone_mcnemar(&run, &s.p[0], &s.p[1], &m));
        CHECK((d.p_value < 0.05) == (d.low > 0 || d.high < 0));
        delong += d.p_value < 0.05 ? 1 : 0;
        exact += m.p_exact < 0.05 ? 1 : 0;
        mid += m.p_mid < 0.05 ? 1 : 0;
        CHECK(m.p_mid <= m.p_exact);
    }
    double n = (double)samples;
    print_message("  DeLong %.3f, McNemar exact %.3f, mid %.3f\n", (double)delong / n,
                  (double)exact / n, (double)mid / n);
    CHECK((double)delong / n > 0.033 && (double)delong / n < 0.067);
    CHECK((double)exact / n < 0.05); /* conservative by construction */
    CHECK((double)mid / n > 0.025 && (double)mid / n < 0.064);
    hone_arena_free(&s.mem);
    hone_run_clear(&run);
}

/* Folds of a cross-validation share training rows: the plain t test would claim far more. */
static void folds_are_corrected_for(void **state)
{
    static const double gain[] = {0.01, 0.03, 0.02, 0.00, 0.04};

    (void)state;
    /* mean .02, variance .00025, error sqrt((1/5 + 1/4) * .00025) = .010607, t = 1.8856, 4 degrees */
    CHECK_NEAR(hone_corrected_t(5, gain, 800, 200), 0.13243, 1e-4);
    static const double none[] = {0.02, 0.02};
    CHECK(isnan(hone_corrected_t(2, none, 800, 200)));
}

const struct CMUnitTest hone_tests_coverage[] = {
    cmocka_unit_test(intervals_hold_the_truth),
    cmocka_unit_test(equal_models_are_seldom_told_apart),
    cmocka_unit_test(classical_tests_keep_their_level),
    cmocka_unit_test(folds_are_corrected_for),
};
const size_t hone_tests_coverage_n = sizeof hone_tests_coverage / sizeof hone_tests_coverage[0];

/* Shapley values: exact where there are no interactions, else near the sum over all orders. */
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "explain/shapley.h"

enum { PLAYERS = 5, ROWS = 12 };

struct world {
    double x[PLAYERS], background[ROWS][PLAYERS];
    double (*f)(const double *v);
    size_t asked;
};

static double additive(const double *v)
{
    return 3 + v[0] - 2 * v[1] + v[2] * v[2] + (v[3] > 0 ? 1.0 : 0.0) + 0 * v[4];
}

static double tangled(const double *v)
{
    return v[0] * v[1] + (v[2] > v[3] ? 2 * v[4] : v[0]) - v[3] * v[4] * v[1];
}

static enum hone_code value(struct hone_run *run, void *ctx, size_t n, const uint32_t *from,
                            const bool *in, double *out)
{
    struct world *w = ctx;
    (void)run;
    w->asked += n;
    for (size_t i = 0; i < n; i++) {
        double v[PLAYERS];
        for (size_t j = 0; j < PLAYERS; j++) {
            v[j] = in[i * PLAYERS + j] ? w->x[j] : w->background[from[i]][j];
        }
        out[i] = w->f(v);
    }
    return HONE_OK;
}

static struct world world_of(double (*f)(const double *v))
{
    struct world w = {.f = f};
    struct hone_rng rng = hone_rng(5, 1);
    for (size_t j = 0; j < PLAYERS; j++) {
        w.x[j] = hone_rng_normal(&rng);
        for (size_t b = 0; b < ROWS; b++) {
            w.background[b][j] = hone_rng_normal(&rng);
        }
    }
    return w;
}

/* The definition: mean over all sets of the others, weighted by |S|! (d - |S| - 1)! / d!. */
static double by_definition(struct world *w, size_t player)
{
    static const double factorial[] = {1, 1, 2, 6, 24, 120};
    double sum = 0;
    for (unsigned set = 0; set < 1u << PLAYERS; set++) {
        if ((set >> player & 1u) != 0) {
            continue;
        }
        size_t size = 0;
        double gain = 0;
        for (size_t j = 0; j < PLAYERS; j++) {
            size += set >> j & 1u;
        }
        for (size_t b = 0; b < ROWS; b++) {
            double without[PLAYERS];
            double with[PLAYERS];
            for (size_t j = 0; j < PLAYERS; j++) {
                with[j] = without[j] = (set >> j & 1u) != 0 ? w->x[j] : w->background[b][j];
            }
            with[player] = w->x[player];
            gain += (w->f(with) - w->f(without)) / ROWS;
        }
        sum += factorial[size] * factorial[PLAYERS - size - 1] / factorial[PLAYERS] * gain;
    }
    return sum;
}

static struct hone_shapley explain(struct hone_run *run, struct world *w, size_t rounds,
                                   struct hone_arena *mem)
{
    const struct hone_game game = {PLAYERS, ROWS, value, w};
    struct hone_shapley s = {0};
    CHECK_OK(run, hone_shapley(run, &game, rounds, mem, &s));
    return s;
}

static void no_interactions_are_exact(void **state)
{
    struct hone_run run = {.seed = 3};
    struct hone_arena mem = {0};
    struct world w = world_of(additive);
    struct hone_shapley s = explain(&run, &w, 1, &mem);
    (void)state;
    for (size_t j = 0; j < PLAYERS; j++) {
        CHECK_NEAR(s.share[j], by_definition(&w, j), 1e-12);
    }
    CHECK_NEAR(s.share[4], 0, 1e-15);
    CHECK(w.asked == 1 + 2 * ROWS * PLAYERS);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void shares_add_up_and_errors_are_honest(void **state)
{
    struct hone_arena mem = {0};
    struct world w = world_of(tangled);
    double truth[PLAYERS];
    size_t within = 0;
    const size_t seeds = 60;
    (void)state;
    for (size_t j = 0; j < PLAYERS; j++) {
        truth[j] = by_definition(&w, j);
    }
    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct hone_run run = {.seed = seed};
        struct hone_shapley s = explain(&run, &w, 40, &mem);
        double sum = 0;
        for (size_t j = 0; j < PLAYERS; j++) {
            sum += s.share[j];
            within += fabs(s.share[j] - truth[j]) <= 2 * s.error[j];
        }
        CHECK_NEAR(sum, s.answer - s.usual, 1e-10);
        CHECK_NEAR(s.answer, tangled(w.x), 0);
        hone_run_clear(&run);
    }
    /* background rows are used equally often, so errors are, if anything, too large */
    CHECK(within >= seeds * PLAYERS * 93 / 100);
    hone_arena_free(&mem);
}

static void same_seed_same_bits(void **state)
{
    struct hone_run run = {.seed = 8};
    struct hone_arena mem = {0};
    struct world w = world_of(tangled);
    struct hone_shapley a = explain(&run, &w, 3, &mem);
    struct hone_shapley b = explain(&run, &w, 3, &mem);
    (void)state;
    CHECK(memcmp(a.share, b.share, PLAYERS * sizeof *a.share) == 0);
    run.seed = 9;
    b = explain(&run, &w, 3, &mem);
    CHECK(memcmp(a.share, b.share, PLAYERS * sizeof *a.share) != 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static enum hone_code refuse(struct hone_run *run, void *ctx, size_t n, const uint32_t *from,
                             const bool *in, double *out)
{
    (void)ctx, (void)from, (void)in, (void)out;
    return n == 1 ? HONE_OK : hone_fail(run, HONE_E_NUMERIC, "no answer");
}

static void a_failing_model_is_told(void **state)
{
    struct hone_run run = {.seed = 8};
    struct hone_arena mem = {0};
    const struct hone_game game = {PLAYERS, ROWS, refuse, NULL};
    struct hone_shapley s;
    (void)state;
    CHECK_FAILS_WITH(&run, hone_shapley(&run, &game, 1, &mem, &s), HONE_E_NUMERIC, "no answer");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_shapley[] = {
    cmocka_unit_test(no_interactions_are_exact),
    cmocka_unit_test(shares_add_up_and_errors_are_honest),
    cmocka_unit_test(same_seed_same_bits),
    cmocka_unit_test(a_failing_model_is_told),
};
const size_t hone_tests_shapley_n = sizeof hone_tests_shapley / sizeof hone_tests_shapley[0];

/* Learning curves: planted truths are found, and forecasts hold what they promise. */
#include "base/pool.h"
#include "base/rng.h"
#include "flow/plan/learning.h"
#include "tables.h"

enum world { NOISE, LINEAR, XOR };

/*
 * `cols` features and a target: a weighted sum of all features plus noise of deviation 1, whether two signs differ,
 * or nothing but noise.
 */
static const char *draw(struct hone_arena *mem, enum world world, bool classes, size_t rows,
                        size_t cols, uint64_t stream)
{
    struct hone_rng rng = hone_rng(11, stream);
    struct hone_buf text = hone_buf(mem);

    for (size_t j = 0; j < cols; j++) {
        hone_buf_format(&text, "x%zu,", j);
    }
    hone_buf_text(&text, "y\n");
    for (size_t i = 0; i < rows; i++) {
        double sum = 0;
        bool differ = false;
        for (size_t j = 0; j < cols; j++) {
            double x = hone_rng_normal(&rng);
            sum += x * (j % 2 == 0 ? 0.5 : -0.3);
            differ = j < 2 ? differ != (x > 0) : differ;
            hone_buf_format(&text, "%.5f,", x);
        }
        double e = hone_rng_normal(&rng);
        double y = world == LINEAR ? sum + e : world == XOR ? (differ ? 1 : -1) + 0.1 * e : e;
        if (classes) {
            hone_buf_format(&text, "%s\n", y > 0 ? "yes" : "no");
        } else {
            hone_buf_format(&text, "%.5f\n", y);
        }
    }
    return text.ptr;
}

/* A table with its recipe, ready for curves. */
struct studied {
    struct tables_room *room;
    struct hone_target_facts target;
    struct hone_rows rows;
    struct hone_recipe *recipe;
    struct hone_learning_how how;
    struct hone_learning l;
    struct hone_learning_verdict verdict;
};

static struct studied *begin(enum world world, bool classes, size_t rows, size_t cols,
                             uint64_t stream)
{
    struct tables_room *room = tables_enter(5);
    struct studied *s = hone_new(&room->mem, struct studied);
    const struct hone_recipe_names names = {.target = "y"};
    const struct hone_target_choice choice = {.name = "y", .task = "auto"};
    struct hone_target_rows truth;

    s->room = room;
    s->how.repeats = 4; /* enough for all that is planted here */
    struct hone_table *table = tables_read(
        &room->run, &room->mem, draw(&room->mem, world, classes, rows, cols, stream), NULL);
    CHECK_OK(&room->run, hone_target_find(&room->run, table, &choice, &room->mem, &s->target));
    CHECK_OK(&room->run, hone_target_read(&room->run, &s->target, table, &room->mem, &truth));
    s->rows = (struct hone_rows){.table = table, .n = truth.n, .row = truth.row, .y = truth.y};
    CHECK_OK(&room->run, hone_recipe_choose(&room->run, table, truth.row, truth.n,
                                            s->target.task, &names, &room->mem, &s->recipe));
    return s;
}

/* Measure the curve of one estimator. */
static void measure(struct studied *s, const char *estimator)
{
    struct hone_run *run = &s->room->run;
    const struct hone_estimator *e;
    char *settings;

    CHECK_OK(run, hone_estimator_need(run, hone_str(estimator), &e));
    settings = hone_arena_must(&s->room->mem, e->part.settings_size + 1);
    hone_settings_default(&e->part, settings);
    s->how.quick = (struct hone_quick){&s->target, s->recipe, e, settings};
    s->how.metric = hone_metric_default(s->target.task);
    CHECK_OK(run, hone_learning_curve(run, &s->rows, &s->how, &s->room->mem, &s->l));
}

/* The verdict, beside the baseline and, where it has a name, a rival's curve of the same rows. */
static void judge(struct studied *s, double baseline, const char *rival,
                  const struct hone_learning *other)
{
    struct hone_learning_peers peers = {.baseline = baseline, .rival = rival};
    struct hone_run *run = &s->room->run;

    if (rival != NULL) {
        struct hone_prediction a = {.task = s->target.task,
                                    .rows = s->l.pooled,
                                    .classes = s->target.classes,
                                    .y = s->l.y,
                                    .score = s->l.prob};
        struct hone_prediction b = a;
        const struct hone_bootstrap how = {.replicates = 200};
        b.score = other->prob;
        peers.rival_score = other->top.value;
        CHECK_OK(run, hone_bootstrap_compare(run, &a, &b, &s->l.metric, 1, &how,
                                             &peers.against_rival));
    }
    hone_learning_judge(&s->l, &peers, &s->room->mem, &s->verdict);
    CHECK(s->verdict.reasons > 0 && s->verdict.advice != NULL);
}

/* --- the law ------------------------------------------------------------------------------ */

/* Scores a - b (n / n0)^-c with noise of each score and of each repeat as a whole. */
static void draw_points(double c, double noise, struct hone_rng *rng, size_t repeats,
                        double rows[8], double *score)
{
    for (size_t k = 0; k < 8; k++) {
        rows[k] = floor(100 * pow(1.7, (double)k));
    }
    for (size_t r = 0; r < repeats; r++) {
        double all = 0.01 * hone_rng_normal(rng);
        for (size_t k = 0; k < 8; k++) {
            score[r * 8 + k] = 0.9 - 0.05 * pow(rows[k] / rows[7], -c) + all +
                               noise * sqrt(100 / rows[k]) * hone_rng_normal(rng);
        }
    }
}

static void forecasts_of_the_law_hold_the_truth(void **state)
{
    static const double power[] = {0.2, 0.4, 0.7, 1};
    static const double noise[] = {0.003, 0.02};
    size_t held[3] = {0};
    size_t tried = 0;
    (void)state;
    SKIP_UNDER_TSAN();

    for (uint64_t t = 0; t < 120; t++) {
        struct hone_run run = {.seed = t};
        struct hone_arena mem = {0};
        struct hone_rng rng = hone_rng(91, t);
        double rows[8];
        double score[5 * 8];
        struct hone_law_fit fit;
        double c = power[t % 4];
        draw_points(c, noise[t / 4 % 2], &rng, 5, rows, score);
        const struct hone_law_points points = {8, 5, rows, score, 1, 0};
        CHECK_OK(&run, hone_law_fit(&run, &points, 100, &mem, &fit));
        for (size_t i = 0; i < 3; i++) {
            static const double times[] = {2, 4, 10};
            struct hone_forecast f;
            double truth = 0.05 - 0.05 * pow(times[i], -c);
            CHECK_OK(&run, hone_law_gain(&run, &fit, rows[7], times[i] * rows[7], &f));
            CHECK(f.low <= f.value && f.value <= f.high && f.low >= 0);
            held[i] += truth >= f.low && truth <= f.high;
        }
        tried++;
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
    for (size_t i = 0; i < 3; i++) {
        /* nominal 95 %; three standard deviations of 120 tries below it are 89 % */
        CHECK((double)held[i] >= 0.89 * (double)tried);
    }
}

static void rows_for_a_goal(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_rng rng = hone_rng(4, 4);
    double rows[8];
    double score[5 * 8];
    struct hone_law_fit fit;
    struct hone_rows_needed need;
    (void)state;
    SKIP_UNDER_TSAN();

    draw_points(0.5, 0.0005, &rng, 5, rows, score);
    for (size_t i = 0; i < 40; i++) {
        score[i] -= score[i / 8 * 8 + 7] - 0.85; /* no level: the largest size has just 0.85 */
    }
    const struct hone_law_points points = {8, 5, rows, score, 1, 0};
    CHECK_OK(&run, hone_law_fit(&run, &points, 200, &mem, &fit));
    CHECK_OK(&run, hone_law_rows(&run, &fit, 0.875, &need)); /* half of b: four times n0 */
    CHECK(need.low <= 4 * rows[7] && 4 * rows[7] <= need.high);
    CHECK_NEAR(need.rows, 4 * rows[7], 0.3 * 4 * rows[7]); /* little noise, an extrapolation */
    CHECK_NEAR(need.reachable, 1, 0);
    CHECK_OK(&run, hone_law_rows(&run, &fit, 0.95, &need)); /* over the ceiling of 0.9 */
    CHECK(need.rows >= HUGE_VAL && need.reachable < 0.05);
    CHECK_FAILS_WITH(&run,
                     hone_law_fit(&run, &(struct hone_law_points){.sizes = 3}, 9, &mem, &fit),
                     HONE_E_ARG, "3 sizes");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* --- curves --------------------------------------------------------------------------------- */

/*
 * Least squares with p features of a Gaussian design has a known learning curve: the mean squared error on new rows
 * is s2 (n + 1) (n - 2) / (n (n - p - 2)), with s2 = 1 here.
 */
static double expected_rmse(double n, double p)
{
    return sqrt((n + 1) * (n - 2) / (n * (n - p - 2)));
}

static void forecasts_of_least_squares_hold_the_truth(void **state)
{
    size_t held = 0;
    size_t tried = 0;
    (void)state;
    SKIP_UNDER_TSAN();

    for (uint64_t t = 0; t < 12; t++) {
        struct studied *s = begin(LINEAR, false, 400, 10, 100 + t);
        measure(s, "linear");
        CHECK_STR(s->l.metric->part.name, "rmse");
        for (size_t i = 1; i < HONE_OUTLOOKS; i++) {
            const struct hone_forecast *f = &s->l.outlook[i].score;
            double truth = expected_rmse(s->l.outlook[i].rows, 10);
            held += truth >= f->low && truth <= f->high;
            tried++;
        }
        tables_leave(s->room);
    }
    CHECK(held >=
          tried * 3 / 4); /* nominal 95 %; three forecasts of a table stand or fall together */
}

static void points_grow_and_stay_in_their_intervals(void **state)
{
    struct studied *s = begin(LINEAR, true, 500, 6, 1);
    (void)state;
    SKIP_UNDER_TSAN();

    measure(s, "logistic");
    CHECK(s->l.sizes >= HONE_LAW_SIZES && s->l.repeats == 4 && s->l.rows == 500);
    CHECK(s->l.pooled == 400 && s->l.point[s->l.sizes - 1].rows == 400);
    for (size_t k = 0; k < s->l.sizes; k++) {
        const struct hone_learning_point *p = &s->l.point[k];
        CHECK(k == 0 || p->rows > p[-1].rows);
        CHECK(p->valid_low <= p->valid && p->valid <= p->valid_high);
        CHECK(p->train_low <= p->train && p->train <= p->train_high);
    }
    for (size_t i = 0; i < s->l.pooled; i++) {
        CHECK(s->l.place[i] < 500 && s->l.prob[2 * i + 1] >= 0 && s->l.prob[2 * i + 1] <= 1);
        CHECK_NEAR(s->l.y[i], s->rows.y[s->l.place[i]], 0);
    }
    tables_leave(s->room);
}

static void noise_has_no_signal(void **state)
{
    (void)state;
    SKIP_UNDER_TSAN();
    for (int classes = 0; classes < 2; classes++) {
        struct studied *s = begin(NOISE, classes == 1, 400, 5, 2);
        measure(s, "gbt");
        judge(s, classes == 1 ? 0.5 : 1.0, NULL, NULL);
        CHECK(s->verdict.kind == HONE_LEARNING_NOTHING && !s->verdict.more_rows);
        tables_leave(s->room);
    }
}

static void a_straight_line_reaches_its_plateau(void **state)
{
    struct studied *s = begin(LINEAR, false, 3000, 3, 3);
    (void)state;
    SKIP_UNDER_TSAN();

    measure(s, "linear");
    judge(s, 1.2, NULL, NULL);
    CHECK(s->verdict.kind == HONE_LEARNING_PLATEAU && !s->verdict.more_rows);
    CHECK_NEAR(s->l.outlook[3].score.value, 1, 0.05); /* the noise put in */
    tables_leave(s->room);
}

static void a_line_can_not_tell_two_signs(void **state)
{
    struct studied *s = begin(XOR, true, 500, 3, 4);
    (void)state;
    SKIP_UNDER_TSAN();

    measure(s, "gbt");
    struct hone_learning trees = s->l;
    measure(s, "logistic");
    CHECK(s->l.top.value < 0.6 && trees.top.value > 0.9);
    judge(s, 0.5, "gbt", &trees); /* no signal for the line, but not for want of one */
    CHECK(s->verdict.kind == HONE_LEARNING_UNDER);
    CHECK(strstr(s->verdict.advice, "gbt") != NULL);
    tables_leave(s->room);
}

static void many_columns_and_few_rows_want_more(void **state)
{
    struct studied *s = begin(LINEAR, true, 240, 40, 6);
    (void)state;
    SKIP_UNDER_TSAN();

    measure(s, "gbt");
    judge(s, 0.5, NULL, NULL);
    CHECK(s->verdict.kind == HONE_LEARNING_OVER && s->verdict.more_rows);
    CHECK(s->l.outlook[1].gain.value > 0.01);
    tables_leave(s->room);
}

static void threads_change_no_bit(void **state)
{
    double score[2][4 * 8];
    struct hone_forecast forecast[2];
    (void)state;

    for (size_t turn = 0; turn < 2; turn++) {
        struct studied *s = begin(XOR, true, 300, 4, 7);
        s->room->run.pool = turn == 0 ? NULL : hone_pool_new(3);
        measure(s, "gbt");
        CHECK(s->l.repeats * s->l.sizes <= 4 * 8);
        memcpy(score[turn], s->l.valid, s->l.repeats * s->l.sizes * sizeof(double));
        forecast[turn] = s->l.outlook[3].score;
        if (turn == 1) {
            CHECK(memcmp(score[0], score[1], s->l.repeats * s->l.sizes * sizeof(double)) == 0);
        }
        hone_pool_free(s->room->run.pool);
        s->room->run.pool = NULL;
        tables_leave(s->room);
    }
    CHECK(memcmp(&forecast[0], &forecast[1], sizeof forecast[0]) == 0);
}

static void too_few_rows_are_refused(void **state)
{
    struct studied *s = begin(LINEAR, false, 30, 2, 8);
    struct hone_run *run = &s->room->run;
    (void)state;

    s->how.metric = hone_metric_default(s->target.task);
    s->how.quick.target = &s->target;
    s->how.quick.recipe = s->recipe;
    CHECK_OK(run, hone_estimator_need(run, hone_str("linear"), &s->how.quick.estimator));
    CHECK_FAILS_WITH(run, hone_learning_curve(run, &s->rows, &s->how, &s->room->mem, &s->l),
                     HONE_E_ARG, "30 rows");
    tables_leave(s->room);
}

const struct CMUnitTest hone_tests_learning[] = {
    cmocka_unit_test(forecasts_of_the_law_hold_the_truth),
    cmocka_unit_test(rows_for_a_goal),
    cmocka_unit_test(forecasts_of_least_squares_hold_the_truth),
    cmocka_unit_test(points_grow_and_stay_in_their_intervals),
    cmocka_unit_test(noise_has_no_signal),
    cmocka_unit_test(a_straight_line_reaches_its_plateau),
    cmocka_unit_test(a_line_can_not_tell_two_signs),
    cmocka_unit_test(many_columns_and_few_rows_want_more),
    cmocka_unit_test(threads_change_no_bit),
    cmocka_unit_test(too_few_rows_are_refused),
};
const size_t hone_tests_learning_n = sizeof hone_tests_learning / sizeof hone_tests_learning[0];

/* Trying estimators and keeping the best. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "flow/train/select.h"
#include "tables.h"

enum world { NOISE, LINEAR, XOR };

/* Four features; the target is noise, a weighted sum, or whether two signs differ. */
static const char *draw(struct hone_arena *mem, enum world world, bool classes, size_t rows,
                        uint64_t stream)
{
    struct hone_rng rng = hone_rng(9, stream);
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text, "a,b,c,d,y\n");
    for (size_t i = 0; i < rows; i++) {
        double a = hone_rng_normal(&rng);
        double b = hone_rng_normal(&rng);
        double e = hone_rng_normal(&rng);
        double z = world == LINEAR ? 2 * a - b + 0.3 * e
                   : world == XOR  ? (a > 0) != (b > 0)
                                   : e;
        hone_buf_format(&text, "%.4f,%.4f,%.4f,%.4f,", a, b, hone_rng_normal(&rng),
                        hone_rng_normal(&rng));
        if (classes) {
            hone_buf_format(&text, "%s\n", z > (world == XOR ? 0.5 : 0) ? "yes" : "no");
        } else {
            hone_buf_format(&text, "%.4f\n", world == XOR ? z + 0.1 * e : z);
        }
    }
    return text.ptr;
}

struct tried {
    struct tables_room *room;
    struct hone_train_settings set;
    struct hone_prepared p;
    struct hone_recipe *recipe;
    struct hone_selection s;
};

static struct tried *begin(enum world world, bool classes, size_t rows, uint64_t stream)
{
    struct tables_room *room = tables_enter(3);
    struct tried *t = hone_new(&room->mem, struct tried);
    const struct hone_recipe_names names = {.target = "y"};

    t->room = room;
    hone_settings_default(&hone_train_options, &t->set);
    t->set.target = "y";
    struct hone_table *table = tables_read(
        &room->run, &room->mem, draw(&room->mem, world, classes, rows, stream), NULL);
    CHECK_OK(&room->run, hone_prepare(&room->run, table, NULL, &t->set, &room->mem, &t->p));
    CHECK_OK(&room->run, hone_recipe_choose(&room->run, table, t->p.train.row, t->p.train.n,
                                            t->p.target.task, &names, &room->mem, &t->recipe));
    return t;
}

static enum hone_code choose(struct tried *t)
{
    return hone_select(&t->room->run, &t->p, t->recipe, &t->set, &t->room->mem, &t->s);
}

static const char *name(const struct tried *t, size_t i)
{
    return t->s.candidate[i].estimator->part.name;
}

static void linear_truth_is_found_by_the_linear_model(void **state)
{
    (void)state;
    for (int classes = 0; classes < 2; classes++) {
        struct tried *t = begin(LINEAR, classes == 1, 500, 1);
        CHECK_OK(&t->room->run, choose(t));
        CHECK(t->s.n == 4 && t->s.folds == 5 && t->s.valid_n == 400);
        CHECK_STR(name(t, 0), classes == 1 ? "logistic" : "linear");
        CHECK_STR(name(t, 3), "baseline");
        CHECK(!t->s.luck);
        CHECK_STR(t->s.metric->part.name, classes == 1 ? "roc_auc" : "rmse");
        if (classes == 0) {
            CHECK_NEAR(t->s.candidate[0].score, 0.3, 0.03); /* the noise put in */
        }
        tables_leave(t->room);
    }
}

static void two_signs_are_found_by_trees(void **state)
{
    (void)state;
    for (int classes = 0; classes < 2; classes++) {
        struct tried *t = begin(XOR, classes == 1, 800, 2);
        CHECK_OK(&t->room->run, choose(t));
        CHECK_STR(name(t, 0), "gbt");
        CHECK(t->s.candidate[0].rounds > 0);
        if (classes == 1) {
            CHECK(t->s.candidate[0].score > 0.95);
            CHECK_STR(name(t, 1), "tree");
            CHECK(t->s.candidate[2].score < 0.6);
        }
        tables_leave(t->room);
    }
}

static void noise_is_left_to_the_baseline(void **state)
{
    (void)state;
    for (uint64_t stream = 1; stream <= 6; stream++) {
        struct tried *t = begin(NOISE, stream % 2 == 0, 600, 10 + stream);
        CHECK_OK(&t->room->run, choose(t));
        CHECK_STR(name(t, 0), "baseline");
        CHECK(t->s.luck && t->s.n == 4);
        tables_leave(t->room);
    }
}

static void large_tables_hold_a_part_out(void **state)
{
    (void)state;
    struct tried *t = begin(LINEAR, false, 13000, 4);

    t->set.model = "linear";
    CHECK_OK(&t->room->run, choose(t));
    CHECK(t->s.folds == 1 && t->s.n == 1);
    CHECK(t->p.train.n == 10400 && t->s.valid_n == 1560);
    tables_leave(t->room);
}

static void settings_reach_the_estimators_that_have_them(void **state)
{
    (void)state;
    struct tried *t = begin(LINEAR, true, 300, 5);
    struct hone_run *run = &t->room->run;
    const char *set[] = {"rounds=7", "gbt.learning_rate=0.5", "logistic.alpha=2"};

    t->set.set = (struct hone_texts){set, 3};
    CHECK_OK(run, choose(t));
    for (size_t i = 0; i < t->s.n; i++) {
        const struct hone_candidate *c = &t->s.candidate[i];
        HONE_JSON json_t *now = hone_settings_to_json(&c->estimator->part, c->settings);
        if (strcmp(name(t, i), "gbt") == 0) {
            CHECK(hone_json_get_int(now, "rounds", 0) == 7);
            CHECK_NEAR(hone_json_get_real(now, "learning_rate", 0), 0.5, 0);
            CHECK(c->rounds <= 7);
        } else if (strcmp(name(t, i), "logistic") == 0) {
            CHECK_NEAR(hone_json_get_real(now, "alpha", 0), 2, 0);
        }
    }
    tables_leave(t->room);
}

static enum hone_code choose_with(struct tried *t, const char *setting)
{
    const char *set[] = {setting};

    t->set.set = (struct hone_texts){set, 1};
    enum hone_code code = choose(t);
    t->set.set.n = 0;
    return code;
}

static void settings_that_can_not_be(void **state)
{
    (void)state;
    struct tried *t = begin(LINEAR, true, 100, 5);
    struct hone_run *run = &t->room->run;

    CHECK_FAILS_WITH(run, choose_with(t, "rounds"), HONE_E_ARG, "no '='");
    CHECK_FAILS_WITH(run, choose_with(t, "colour=7"), HONE_E_ARG, "colour=7");
    CHECK_FAILS_WITH(run, choose_with(t, "linear.alpha=7"), HONE_E_ARG, "linear.alpha");
    CHECK_FAILS_WITH(run, choose_with(t, "rounds=many"), HONE_E_ARG, "rounds");
    CHECK_FAILS_WITH(run, choose_with(t, "rounds=-1"), HONE_E_ARG, "rounds");
    t->set.model = "logistic";
    CHECK_FAILS_WITH(run, choose_with(t, "rounds=5"), HONE_E_ARG, "rounds=5");
    tables_leave(t->room);
}

static void names_that_can_not_be(void **state)
{
    (void)state;
    struct tried *t = begin(LINEAR, true, 100, 5);
    struct hone_run *run = &t->room->run;

    t->set.model = "oracle";
    CHECK_FAILS_WITH(run, choose(t), HONE_E_ARG, "oracle");
    t->set.model = "linear";
    CHECK_FAILS_WITH(run, choose(t), HONE_E_ARG, "not for this kind of target");
    t->set.model = "baseline";
    t->set.metric = "luck";
    CHECK_FAILS_WITH(run, choose(t), HONE_E_ARG, "luck");
    t->set.metric = "rmse";
    CHECK_FAILS_WITH(run, choose(t), HONE_E_ARG, "rmse");
    tables_leave(t->room);
}

/* The baseline's own score on numbers whose mean is far from their median, by a metric and with a setting. */
static double constant(const char *metric, const char *set)
{
    struct tried *t = begin(LINEAR, false, 300, 6);
    double *y = (double *)(uintptr_t)t->p.train.y;
    for (size_t i = 0; i < t->p.train.n; i++) {
        y[i] = i % 3 == 0 ? 9 : 0;
    }
    t->set.model = "baseline";
    t->set.metric = metric;
    t->set.set = (struct hone_texts){&set, set != NULL};
    CHECK_OK(&t->room->run, choose(t));
    double score = t->s.candidate[0].score;
    tables_leave(t->room);
    return score;
}

static void a_baseline_is_the_best_constant_of_its_metric(void **state)
{
    (void)state;
    CHECK_NEAR(constant("mae", NULL), 3, 0.02);            /* all are told 0 */
    CHECK_NEAR(constant("mae", "strategy=mean"), 4, 0.05); /* 3: off by 6 or by 3 */
    CHECK_NEAR(constant("mse", NULL), 18, 0.3);
    CHECK_NEAR(constant("mse", "baseline.strategy=median"), 27, 0.3);
}

static void another_metric_decides(void **state)
{
    (void)state;
    struct tried *t = begin(LINEAR, true, 300, 6);

    t->set.metric = "log_loss";
    CHECK_OK(&t->room->run, choose(t));
    CHECK_STR(t->s.metric->part.name, "log_loss");
    for (size_t i = 1; i < t->s.n; i++) {
        CHECK(t->s.candidate[i - 1].score <= t->s.candidate[i].score);
    }
    tables_leave(t->room);
}

static void raw_scores_become_probabilities(void **state)
{
    (void)state;
    static const double raw[] = {0, 800, -800};
    double two[6];
    double three[6];
    double one[3];

    hone_link(HONE_TASK_BINARY, 3, 2, raw, two);
    CHECK_NEAR(two[0], 0.5, 0);
    CHECK_NEAR(two[3], 1, 0);
    CHECK_NEAR(two[5], 0, 0);
    CHECK_NEAR(two[4], 1, 0);
    static const double logits[] = {1000, 1000 + 0.6931471805599453, -1000, 3, 3, 3};
    hone_link(HONE_TASK_MULTICLASS, 2, 3, logits, three);
    CHECK_NEAR(three[0], 1.0 / 3, 1e-12); /* logits of size 1000 carry 1e-13 */
    CHECK_NEAR(three[1], 2.0 / 3, 1e-12);
    CHECK_NEAR(three[2], 0, 0);
    CHECK_NEAR(three[5], 1.0 / 3, 1e-15);
    hone_link(HONE_TASK_REGRESSION, 3, 1, raw, one);
    CHECK_NEAR(one[1], 800, 0);
}

/*
 * Forty customers with habits of their own, which say nothing about new ones.  Folds that mix their rows take memory
 * for knowledge.
 */
static void folds_do_not_leak_groups(void **state)
{
    (void)state;
    double score[2] = {0};
    for (int grouped = 0; grouped < 2; grouped++) {
        struct tables_room *room = tables_enter(3);
        struct hone_run *run = &room->run;
        struct hone_rng rng = hone_rng(9, 40);
        struct hone_buf text = hone_buf(&room->mem);
        double habit[40];
        struct hone_train_settings set;
        struct hone_prepared p;
        struct hone_recipe *recipe;
        struct hone_selection s;
        const struct hone_recipe_names names = {.target = "y"};

        for (size_t g = 0; g < 40; g++) {
            habit[g] = hone_rng_normal(&rng);
        }
        hone_buf_text(&text, "who,height,x,y\n");
        for (size_t i = 0; i < 1000; i++) {
            size_t g = i * 7 % 40;
            hone_buf_format(&text, "c%zu,%.2f,%.3f,%s\n", g, (double)(g * 17 % 40) + 0.5,
                            hone_rng_normal(&rng),
                            habit[g] + 0.5 * hone_rng_normal(&rng) > 0 ? "yes" : "no");
        }
        hone_settings_default(&hone_train_options, &set);
        set.target = "y";
        set.model = "gbt";
        set.split = grouped == 1 ? "group" : "random";
        set.split_column = "who";
        struct hone_table *table = tables_read(run, &room->mem, text.ptr, NULL);
        CHECK_OK(run, hone_prepare(run, table, NULL, &set, &room->mem, &p));
        CHECK_OK(run, hone_recipe_choose(run, table, p.train.row, p.train.n, p.target.task,
                                         &names, &room->mem, &recipe));
        CHECK_OK(run, hone_select(run, &p, recipe, &set, &room->mem, &s));
        score[grouped] = s.candidate[0].score;
        CHECK(s.held.n == p.train.n && s.held.raw != NULL);
        tables_leave(room);
    }
    CHECK(score[0] > 0.85); /* it knows its customers */
    CHECK(score[1] < 0.65); /* and nothing else: 0.5 but for the luck of 30 customers */
}

const struct CMUnitTest hone_tests_select[] = {
    cmocka_unit_test(linear_truth_is_found_by_the_linear_model),
    cmocka_unit_test(two_signs_are_found_by_trees),
    cmocka_unit_test(noise_is_left_to_the_baseline),
    cmocka_unit_test(large_tables_hold_a_part_out),
    cmocka_unit_test(settings_reach_the_estimators_that_have_them),
    cmocka_unit_test(settings_that_can_not_be),
    cmocka_unit_test(names_that_can_not_be),
    cmocka_unit_test(a_baseline_is_the_best_constant_of_its_metric),
    cmocka_unit_test(another_metric_decides),
    cmocka_unit_test(raw_scores_become_probabilities),
    cmocka_unit_test(folds_do_not_leak_groups),
};
const size_t hone_tests_select_n = sizeof hone_tests_select / sizeof hone_tests_select[0];

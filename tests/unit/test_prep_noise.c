/*
 * No leakage by construction: a column of 2,000 category levels that has nothing to do with the target predicts
 * nothing in cross-validation, whatever estimator is fitted; and the same test is far off when the encoding is
 * fitted on the rows that it is judged by, so it can fail.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "flow/train/select.h"
#include "table/builder.h"
#include "tables.h"

/*
 * Rows: the AUC of nothing has a standard error of sqrt((n + 1) / (3 n^2)), 0.005 for the 16,000 that train, so
 * 0.02 is four of them.
 */
enum { ROWS = 20000, LEVELS = 2000, TRAIN = 16000 };

/* One column of levels, two of numbers, a target of two classes, all apart. */
static const struct hone_table *noise(struct tables_room *room, uint64_t seed)
{
    struct hone_rng rng = hone_rng(seed, 77);
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "place,a,b,y\n");
    for (size_t i = 0; i < ROWS; i++) {
        hone_buf_format(&text, "place%d,%.3f,%d,%s\n", (int)hone_rng_below(&rng, LEVELS),
                        hone_rng_normal(&rng), (int)hone_rng_below(&rng, 100),
                        hone_rng_below(&rng, 2) == 0 ? "no" : "yes");
    }
    return tables_read(&room->run, &room->mem, text.ptr, "place=category");
}

struct noise_case {
    struct tables_room *room;
    struct hone_train_settings set;
    struct hone_prepared p;
    struct hone_recipe *recipe;
};

static struct noise_case begin_on(struct tables_room *room, const struct hone_table *t,
                                  const char *model, const char *transform)
{
    struct noise_case c = {.room = room};
    struct hone_run *run = &room->run;
    const struct hone_recipe_names names = {
        .target = "y", .transform = {&transform, transform == NULL ? 0 : 1}};

    hone_settings_default(&hone_train_options, &c.set);
    c.set.target = "y";
    c.set.model = model;
    c.set.metric = "roc_auc";
    CHECK_OK(run, hone_prepare(run, t, NULL, &c.set, &room->mem, &c.p));
    CHECK(c.p.train.n == TRAIN);
    CHECK_OK(run, hone_recipe_choose(run, t, c.p.train.row, c.p.train.n, c.p.target.task,
                                     &names, &room->mem, &c.recipe));
    CHECK(c.recipe->used == 3);
    return c;
}

static struct noise_case begin(uint64_t seed, const char *model, const char *transform)
{
    struct tables_room *room = tables_enter(seed);
    return begin_on(room, noise(room, seed), model, transform);
}

static double cross_validated(struct noise_case *c)
{
    struct hone_selection s;
    struct hone_run *run = &c->room->run;

    run->pool = hone_pool_new(2);
    CHECK_OK(run, hone_select(run, &c->p, c->recipe, &c->set, &c->room->mem, &s));
    hone_pool_free(run->pool);
    run->pool = NULL;
    CHECK(s.folds == 5 && s.valid_n == TRAIN);
    return s.candidate[0].score;
}

static void noise_predicts_nothing(const char *transform, uint64_t seeds)
{
    static const char *const models[] = {"gbt", "logistic", "auto"};
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        for (size_t m = 0; m < 3; m++) {
            struct noise_case c = begin(seed, models[m], transform);
            double auc = cross_validated(&c);
            if (!(fabs(auc - 0.5) <= 0.02)) {
                print_error("%s, seed %d: %g\n", models[m], (int)seed, auc);
            }
            CHECK(fabs(auc - 0.5) <= 0.02);
            tables_leave(c.room);
        }
    }
}

static void noise_of_2000_levels_is_noise_by_default(void **state)
{
    (void)state;
    SKIP_UNDER_TSAN();
    noise_predicts_nothing(NULL, 3);
}

static void noise_of_2000_levels_is_noise_whatever_the_smoothing(void **state)
{
    (void)state;
    SKIP_UNDER_TSAN();
    noise_predicts_nothing("place=target:smoothing=1", 1);
}

/*
 * The counter-test: the same column encoded once by all training rows, as a number in the table, goes through the very
 * same cross-validation.  Each level's mean then holds the answers of the rows that it is judged by.
 */
static const struct hone_table *leaked(const struct noise_case *c, const struct hone_table *t)
{
    struct hone_run *run = &c->room->run;
    struct hone_arena *mem = &c->room->mem;
    const struct hone_target target = {HONE_TASK_BINARY, 2, c->p.train.y, NULL};
    const struct hone_span rows = {t, c->p.train.row, c->p.train.n};
    const struct hone_span all = {t, NULL, t->rows};
    struct hone_model *model = hone_model_new(mem, "noise");
    struct hone_fitted f;
    float **graph;
    size_t place = SIZE_MAX;
    struct hone_builder *b;
    struct hone_column column[4];
    struct hone_table *out;

    CHECK_OK(run, hone_recipe_fit(run, c->recipe, &rows, &target, false, model, mem, &f));
    CHECK_OK(run, hone_recipe_apply(run, model, &f, &all, mem, &graph));
    for (size_t j = 0; j < f.features.n; j++) {
        place = strcmp(f.features.item[j].source, "place") == 0 ? j : place;
    }
    CHECK(place != SIZE_MAX);
    CHECK_OK(run, hone_builder_new(run, "place", HONE_FLOAT64, mem, &b));
    for (size_t i = 0; i < t->rows; i++) {
        CHECK_OK(run, hone_builder_f64(run, b, (double)graph[place][i]));
    }
    CHECK_OK(run, hone_builder_end(run, b, &column[0]));
    for (size_t k = 1; k < 4; k++) {
        column[k] = t->column[k];
    }
    CHECK_OK(run, hone_table_of(run, column, 4, mem, &out));
    return out;
}

static void the_same_encoding_fitted_in_fold_seems_to_predict(void **state)
{
    (void)state;
    SKIP_UNDER_TSAN();
    static const char *const models[] = {"gbt", "logistic", "auto"};
    for (size_t m = 0; m < 3; m++) {
        struct noise_case c = begin(1, models[m], "place=target:smoothing=1");
        const struct hone_table *t = leaked(&c, c.p.train.table);
        struct noise_case wrong = begin_on(c.room, t, models[m], NULL);
        double auc = cross_validated(&wrong);
        if (!(auc > 0.65)) {
            print_error("%s: %g\n", models[m], auc);
        }
        CHECK(auc > 0.65);
        tables_leave(c.room);
    }
}

const struct CMUnitTest hone_tests_prep_noise[] = {
    cmocka_unit_test(noise_of_2000_levels_is_noise_by_default),
    cmocka_unit_test(noise_of_2000_levels_is_noise_whatever_the_smoothing),
    cmocka_unit_test(the_same_encoding_fitted_in_fold_seems_to_predict),
};
const size_t hone_tests_prep_noise_n =
    sizeof hone_tests_prep_noise / sizeof hone_tests_prep_noise[0];

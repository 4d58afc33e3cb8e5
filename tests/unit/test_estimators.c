/* What every estimator of the list must do, whatever it is. */
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "learn/estimator.h"

enum { ROWS_MAX = 700, COLS = 5, CLASSES = 3 };

static const enum hone_task tasks[] = {HONE_TASK_REGRESSION, HONE_TASK_BINARY,
                                       HONE_TASK_MULTICLASS};

struct data {
    float x[COLS][ROWS_MAX];
    double y[ROWS_MAX], weight[ROWS_MAX];
    const float *column[COLS];
    struct hone_design d;
};

/* Features of which the third is constant; a target that depends on the first two. */
static void make_data(struct data *m, enum hone_task task, size_t rows, uint64_t stream)
{
    static const char *const name[COLS] = {"a", "b", "c", "d", "e"};
    struct hone_rng rng = hone_rng(5, stream);

    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < COLS; j++) {
            m->x[j][i] = j == 2 ? 4.0F : (float)hone_rng_normal(&rng);
        }
        double z = (double)m->x[0][i] - 2 * (double)m->x[1][i] + hone_rng_normal(&rng) / 2;
        m->y[i] = task == HONE_TASK_REGRESSION ? z
                  : task == HONE_TASK_BINARY   ? (double)(z > 0)
                                               : (double)((z > -1) + (z > 1));
        m->weight[i] = 0.5 + hone_rng_unit(&rng);
    }
    for (size_t j = 0; j < COLS; j++) {
        m->column[j] = m->x[j];
    }
    m->d = (struct hone_design){
        .task = task,
        .rows = rows,
        .cols = COLS,
        .classes = task == HONE_TASK_REGRESSION ? 1
                   : task == HONE_TASK_BINARY   ? 2
                                                : CLASSES,
        .x = m->column,
        .name = name,
        .y = m->y,
        .weight = m->weight,
    };
}

static const struct hone_estimator *estimator(size_t i)
{
    return (const struct hone_estimator *)(const void *)hone_estimators[i];
}

/* Defaults, but few rounds where there are rounds: the point here is not how well it fits. */
static void *quick_settings(struct hone_run *run, const struct hone_part *part,
                            struct hone_arena *mem)
{
    void *set = hone_arena_alloc(mem, part->settings_size + 1, 1);

    hone_settings_default(part, set);
    if (hone_param_find(part, hone_str("rounds")) != NULL) {
        CHECK_OK(run,
                 hone_setting_set(run, part, set, hone_str("rounds"), hone_str("20"), mem));
    }
    return set;
}

struct fitted {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_model *model;
    const char *score;
    struct hone_fit_report report;
    enum hone_code code;
};

/* Fit with a graph. No failure is expected unless the caller looks at code. */
static void fit(struct fitted *f, const struct hone_estimator *e, const struct hone_design *d,
                const struct hone_design *valid, size_t threads)
{
    struct hone_arena first = {0};
    struct hone_run run = {.seed = 9};
    struct hone_pool *pool = threads > 1 ? hone_pool_new(threads) : NULL;

    *f = (struct fitted){.run = run, .mem = first};
    f->run.pool = pool;
    void *set = quick_settings(&f->run, &e->part, &f->mem);
    f->model = hone_model_new(&f->mem, "test");
    hone_graph_input(&f->model->graph, "features", HONE_F32, 2, (const int64_t[]){-1, COLS});
    f->code = e->fit(&f->run, set, d, valid, &f->model->graph, "features", &f->mem, &f->score,
                     &f->report);
    CHECK(f->code == f->run.err.code);
    f->run.pool = NULL;
    hone_pool_free(pool);
}

static void done(struct fitted *f)
{
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
}

static struct hone_str bytes_of(struct fitted *f)
{
    struct hone_str out = {0};

    hone_graph_output(&f->model->graph, f->score, HONE_F32, 2, (const int64_t[]){-1, -1});
    CHECK_OK(&f->run, hone_model_write(&f->run, f->model, &f->mem, &out));
    return out;
}

/* Call body for each estimator and each task that it serves. */
static void each(void (*body)(const struct hone_estimator *e, enum hone_task task))
{
    size_t n = 0;
    for (size_t i = 0; hone_estimators[i] != NULL; i++) {
        for (size_t t = 0; t < 3; t++) {
            if ((estimator(i)->tasks & tasks[t]) != 0) {
                body(estimator(i), tasks[t]);
                n++;
            }
        }
    }
    CHECK(n > 0);
}

/* --- cases ------------------------------------------------------------------------------------- */

static void one_threads(const struct hone_estimator *e, enum hone_task task)
{
    static struct data train, valid;
    static const size_t threads[] = {1, 2, 4};
    struct fitted f[3];
    struct hone_str bytes[3];

    make_data(&train, task, ROWS_MAX, 1);
    make_data(&valid, task, 100, 2);
    for (size_t i = 0; i < 3; i++) {
        fit(&f[i], e, &train.d, &valid.d, threads[i]);
        CHECK_OK(&f[i].run, f[i].code);
        bytes[i] = bytes_of(&f[i]);
        CHECK(hone_str_eq(bytes[i], bytes[0]));
        size_t scores = task == HONE_TASK_MULTICLASS ? CLASSES : 1;
        assert_memory_equal(f[i].report.valid_score, f[0].report.valid_score,
                            100 * scores * sizeof(double));
        CHECK_NEAR(f[i].report.valid_loss, f[0].report.valid_loss, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        done(&f[i]);
    }
}

static void any_threads_give_the_same_bytes(void **state)
{
    (void)state;
    each(one_threads);
}

/* The scores of validation rows, to be freed with f. */
static const double *scores_of(struct fitted *f, const struct hone_estimator *e,
                               const struct data *train, const struct data *valid)
{
    fit(f, e, &train->d, &valid->d, 1);
    CHECK_OK(&f->run, f->code);
    return f->report.valid_score;
}

/* Rows begin to end get other targets, as wrong as can be. */
static void turn(struct data *m, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        m->y[i] = m->d.task == HONE_TASK_REGRESSION ? -5 * m->y[i]
                                                    : (double)m->d.classes - 1 - m->y[i];
    }
}

/*
 * What is said of a row may not depend on its own target: that of a part is chosen by the other parts, that of rows
 * which are only scored by none of them.  (Few rounds: patience does not end them.)
 */
static void one_honest(const struct hone_estimator *e, enum hone_task task)
{
    static struct data train, valid, turned;
    static const size_t end[] = {90, 200, 300};
    size_t scores = task == HONE_TASK_MULTICLASS ? CLASSES : 1;
    struct fitted f, g;

    make_data(&train, task, 300, 1);
    for (size_t k = 0; k < 3; k++) {
        size_t begin = k == 0 ? 0 : end[k - 1];
        make_data(&valid, task, 300, 2);
        make_data(&turned, task, 300, 2);
        turn(&turned, begin, end[k]);
        valid.d.parts = turned.d.parts = 3;
        valid.d.part_end = turned.d.part_end = end;
        const double *a = scores_of(&f, e, &train, &valid);
        const double *b = scores_of(&g, e, &train, &turned);
        assert_memory_equal(a + begin * scores, b + begin * scores,
                            (end[k] - begin) * scores * sizeof *a);
        done(&f);
        done(&g);
    }
    turn(&turned, 0, 300);
    valid.d.parts = turned.d.parts = 0;
    valid.d.only_scored = turned.d.only_scored = true;
    const double *a = scores_of(&f, e, &train, &valid);
    const double *b = scores_of(&g, e, &train, &turned);
    assert_memory_equal(a, b, 300 * scores * sizeof *a);
    if (hone_param_find(&e->part, hone_str("rounds")) != NULL) {
        CHECK(f.report.rounds == 20); /* and they do not stop it */
    }
    done(&f);
    done(&g);
}

static void no_row_has_a_say_in_its_own_score(void **state)
{
    (void)state;
    each(one_honest);
}

static void one_torture(const struct hone_estimator *e, enum hone_task task)
{
    static struct data train, valid;
    bool failed = false;

    static const size_t end[] = {20, 40};
    make_data(&train, task, 120, 1);
    make_data(&valid, task, 40, 2);
    valid.d.parts = e->wants_scaling ? 0 : 2; /* without, linear models make folds: long work */
    valid.d.part_end = end;
    for (unsigned n = 1;; n++) {
        struct hone_run run = {.seed = 9};
        struct hone_arena mem = {0};
        struct hone_fit_report report = {.rounds = 12345};
        void *set = quick_settings(&run, &e->part, &mem);
        hone_arena_fail_after(n);
        enum hone_code code =
            e->fit(&run, set, &train.d, &valid.d, NULL, NULL, &mem, NULL, &report);
        hone_arena_fail_after(0);
        CHECK(code == run.err.code);
        CHECK((code == HONE_OK) == (report.rounds != 12345)); /* untouched on failure */
        CHECK(code == HONE_OK || code == HONE_E_LIMIT);
        hone_arena_free(&mem);
        hone_run_clear(&run);
        if (code == HONE_OK) {
            break;
        }
        failed = true;
        CHECK(n < 100000);
    }
    CHECK(failed);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    each(one_torture);
}

static void one_learns(const struct hone_estimator *e, enum hone_task task)
{
    static struct data train, valid;
    struct fitted f, base;

    make_data(&train, task, ROWS_MAX, 1);
    make_data(&valid, task, 300, 2);
    fit(&f, e, &train.d, &valid.d, 1);
    CHECK_OK(&f.run, f.code);
    fit(&base, estimator(0), &train.d, &valid.d, 1); /* the plainest */
    CHECK_OK(&base.run, base.code);
    CHECK(isfinite(f.report.train_loss) && isfinite(f.report.valid_loss));
    if (e != estimator(0)) {
        CHECK(f.report.valid_loss < 0.8 * base.report.valid_loss);
        CHECK(f.report.importance[0] + f.report.importance[1] > 0.8);
        CHECK_NEAR(f.report.importance[2], 0, 0); /* the constant column */
    }
    done(&f);
    done(&base);
}

static void what_can_be_learned_is_learned(void **state)
{
    (void)state;
    each(one_learns);
}

static void check_scores(const struct fitted *f, size_t rows, enum hone_task task)
{
    size_t scores = task == HONE_TASK_MULTICLASS ? CLASSES : 1;
    for (size_t i = 0; i < rows * scores; i++) {
        CHECK(isfinite(f->report.valid_score[i]));
    }
}

static void one_row(const struct hone_estimator *e, enum hone_task task)
{
    static struct data one;
    struct fitted f;

    make_data(&one, task, 1, 1);
    fit(&f, e, &one.d, &one.d, 1);
    CHECK_OK(&f.run, f.code);
    check_scores(&f, 1, task);
    CHECK(bytes_of(&f).len > 0);
    if (task == HONE_TASK_REGRESSION) {
        CHECK_NEAR(f.report.valid_score[0], one.y[0], 1e-6); /* a float */
    }
    done(&f);
}

static void one_row_is_enough(void **state)
{
    (void)state;
    each(one_row);
}

static void no_rows(const struct hone_estimator *e, enum hone_task task)
{
    static struct data none;
    struct fitted f;

    make_data(&none, task, 1, 1);
    none.d.rows = 0;
    fit(&f, e, &none.d, NULL, 1);
    CHECK_FAILS(&f.run, f.code, HONE_E_ARG);
    done(&f);
}

static void no_rows_are_refused(void **state)
{
    (void)state;
    each(no_rows);
}

static void no_weight(const struct hone_estimator *e, enum hone_task task)
{
    static struct data light;
    struct fitted f;

    make_data(&light, task, 50, 1);
    memset(light.weight, 0, sizeof light.weight);
    fit(&f, e, &light.d, NULL, 1);
    CHECK_FAILS(&f.run, f.code, HONE_E_ARG);
    done(&f);
}

static void weights_of_nothing_are_refused(void **state)
{
    (void)state;
    each(no_weight);
}

static void constants(const struct hone_estimator *e, enum hone_task task)
{
    static struct data flat;
    struct fitted f;

    make_data(&flat, task, 200, 1);
    for (size_t j = 0; j < COLS; j++) {
        for (size_t i = 0; i < 200; i++) {
            flat.x[j][i] = 7;
        }
    }
    fit(&f, e, &flat.d, &flat.d, 2);
    CHECK_OK(&f.run, f.code);
    check_scores(&f, 200, task);
    CHECK(f.report.importance == NULL); /* nothing mattered */
    CHECK(bytes_of(&f).len > 0);
    done(&f);
}

static void constant_columns_are_harmless(void **state)
{
    (void)state;
    each(constants);
}

static void single_class(const struct hone_estimator *e, enum hone_task task)
{
    static struct data sure;
    struct fitted f;

    make_data(&sure, task, 200, 1);
    for (size_t i = 0; i < 200; i++) {
        sure.y[i] = 1;
    }
    fit(&f, e, &sure.d, &sure.d, 2);
    CHECK_OK(&f.run, f.code);
    check_scores(&f, 200, task);
    for (size_t i = 0; i < 200; i++) {
        const double *s = f.report.valid_score;
        if (task == HONE_TASK_BINARY) {
            CHECK(s[i] > 4); /* odds of 400 to 1 */
        } else if (task == HONE_TASK_MULTICLASS) {
            CHECK(s[i * CLASSES + 1] > s[i * CLASSES] + 4);
            CHECK(s[i * CLASSES + 1] > s[i * CLASSES + 2] + 4);
        }
    }
    done(&f);
}

static void a_single_class_is_predicted(void **state)
{
    (void)state;
    each(single_class);
}

static void missing(const struct hone_estimator *e, enum hone_task task)
{
    static struct data holes;
    struct fitted f;

    make_data(&holes, task, 300, 1);
    for (size_t i = 0; i < 300; i++) {
        holes.x[3][i] = (float)NAN; /* all of it */
        if (i % 7 == 0) {
            holes.x[0][i] = (float)NAN;
        }
    }
    fit(&f, e, &holes.d, &holes.d, 2);
    if (e->takes_missing) {
        CHECK_OK(&f.run, f.code);
        check_scores(&f, 300, task);
    } else {
        CHECK_FAILS_WITH(&f.run, f.code, HONE_E_NUMERIC, "feature");
    }
    done(&f);
}

static void missing_values_are_taken_or_refused(void **state)
{
    (void)state;
    each(missing);
}

static void settings_hold_their_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; hone_estimators[i] != NULL; i++) {
        const struct hone_part *part = hone_estimators[i];
        struct hone_run run = {0};
        struct hone_arena mem = {0};
        void *set = hone_arena_alloc(&mem, part->settings_size + 1, 1);
        for (const struct hone_param *p = part->params; p != NULL && p->name != NULL; p++) {
            CHECK(p->help != NULL && p->offset < part->settings_size);
            if (p->type != HONE_PARAM_REAL && p->type != HONE_PARAM_INT) {
                continue;
            }
            char text[64];
            CHECK(p->def >= p->min && p->def <= p->max);
            snprintf(text, sizeof text, "%.0f", p->max * 2 + 1);
            CHECK_FAILS_WITH(
                &run,
                hone_setting_set(&run, part, set, hone_str(p->name), hone_str(text), &mem),
                HONE_E_ARG, p->name);
            snprintf(text, sizeof text, "%.0f", floor(p->min) - 1);
            CHECK_FAILS_WITH(
                &run,
                hone_setting_set(&run, part, set, hone_str(p->name), hone_str(text), &mem),
                HONE_E_ARG, p->name);
        }
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
}

static void cancelled(const struct hone_estimator *e, enum hone_task task)
{
    static struct data train;
    static const volatile sig_atomic_t stop = 1;
    struct hone_run run = {.seed = 9, .cancel = &stop};
    struct hone_arena mem = {0};
    struct hone_fit_report report;

    make_data(&train, task, 200, 1);
    void *set = quick_settings(&run, &e->part, &mem);
    enum hone_code code = e->fit(&run, set, &train.d, NULL, NULL, NULL, &mem, NULL, &report);
    /* What ends without iterating may finish. */
    if (code != HONE_OK) {
        CHECK_FAILS(&run, code, HONE_E_CANCELLED);
    }
    CHECK(code != HONE_OK || strcmp(e->part.name, "gbt") != 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void a_cancelled_fit_stops(void **state)
{
    (void)state;
    each(cancelled);
}

static void the_list_names_them_all(void **state)
{
    (void)state;
    struct hone_run run = {0};
    const struct hone_estimator *e;

    for (size_t i = 0; hone_estimators[i] != NULL; i++) {
        CHECK_OK(&run, hone_estimator_need(&run, hone_str(hone_estimators[i]->name), &e));
        CHECK(&e->part == hone_estimators[i]);
        CHECK(e->part.summary != NULL && e->tasks != 0 && e->fit != NULL);
    }
    CHECK_FAILS_WITH(&run, hone_estimator_need(&run, hone_str("gbtt"), &e), HONE_E_ARG, "gbtt");
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_estimators[] = {
    cmocka_unit_test(any_threads_give_the_same_bytes),
    cmocka_unit_test(no_row_has_a_say_in_its_own_score),
    cmocka_unit_test(every_failed_allocation_is_reported),
    cmocka_unit_test(what_can_be_learned_is_learned),
    cmocka_unit_test(one_row_is_enough),
    cmocka_unit_test(no_rows_are_refused),
    cmocka_unit_test(weights_of_nothing_are_refused),
    cmocka_unit_test(constant_columns_are_harmless),
    cmocka_unit_test(a_single_class_is_predicted),
    cmocka_unit_test(missing_values_are_taken_or_refused),
    cmocka_unit_test(settings_hold_their_bounds),
    cmocka_unit_test(a_cancelled_fit_stops),
    cmocka_unit_test(the_list_names_them_all),
};
const size_t hone_tests_estimators_n =
    sizeof hone_tests_estimators / sizeof hone_tests_estimators[0];

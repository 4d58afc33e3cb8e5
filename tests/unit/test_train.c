/* From prepared rows to a model file: the same bytes always, and the file gives the scores. */
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "flow/train/train.h"
#include "tables.h"

/* A training in a room of its own. */
struct trained {
    struct tables_room *room;
    struct hone_table *t;
    struct hone_train_settings set;
    struct hone_prepared p;
    struct hone_trained out;
    enum hone_code code;
};

struct how {
    const char *target, *types, *model, *set;
    size_t threads;
    uint64_t seed;
};

static struct trained *train(const char *csv, const struct how *how)
{
    struct tables_room *room = tables_enter(how->seed);
    struct hone_run *run = &room->run;
    struct trained *t = hone_new(&room->mem, struct trained);
    HONE_JSON json_t *lineage = json_pack("{s:s}", "data", "test");

    run->pool = how->threads == 0 ? NULL : hone_pool_new(how->threads);
    t->room = room;
    hone_settings_default(&hone_train_options, &t->set);
    t->set.target = how->target;
    t->set.bootstrap = 20;
    t->set.model = how->model == NULL ? "auto" : how->model;
    if (how->set != NULL) {
        CHECK_OK(run, hone_setting_set(run, &hone_train_options, &t->set, hone_str("set"),
                                       hone_str(how->set), &room->mem));
    }
    t->t = tables_read(run, &room->mem, csv, how->types);
    t->code = hone_prepare(run, t->t, NULL, &t->set, &room->mem, &t->p);
    if (t->code == HONE_OK) {
        t->code = hone_train(run, &t->p, &t->set, lineage, &room->mem, &t->out);
    }
    hone_pool_free(run->pool);
    run->pool = NULL;
    return t;
}

static struct trained *train_well(const char *csv, const struct how *how)
{
    struct trained *t = train(csv, how);

    CHECK_OK(&t->room->run, t->code);
    return t;
}

static const char *winner(const struct trained *t)
{
    return t->out.selection.candidate[0].estimator->part.name;
}

static double metric(const struct trained *t, const char *name)
{
    for (size_t m = 0; m < t->out.metrics; m++) {
        if (strcmp(t->out.metric[m]->part.name, name) == 0) {
            return t->out.interval[m].value;
        }
    }
    return (double)NAN;
}

/* Every kind of column, missing values in each, and a target of the asked kind. */
static const char *world(struct hone_arena *mem, size_t rows, char kind)
{
    static const char *const colour[] = {"red", "green", "blue", "grey"};
    static const char *const three[] = {"low", "mid", "high"};
    struct hone_rng rng = hone_rng(4, 4);
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text, "x,n,flag,colour,town,day,at,y\n");
    for (size_t i = 0; i < rows; i++) {
        double x = hone_rng_normal(&rng);
        int n = (int)hone_rng_below(&rng, 50);
        size_t c = hone_rng_below(&rng, 4);
        size_t town = hone_rng_below(&rng, 45);
        size_t month = hone_rng_below(&rng, 12);
        double z = x + 0.05 * n + (c == 2) + 0.4 * (double)(month > 5) - 2 +
                   0.5 * hone_rng_normal(&rng);
        bool gap = hone_rng_below(&rng, 20) == 0;
        if (!gap) {
            hone_buf_format(&text, "%.4f", x);
        }
        hone_buf_format(&text, ",%d,%s,", n, n % 3 == 0 ? "" : n % 2 == 0 ? "true" : "false");
        hone_buf_format(&text, "%s,t%d,2023-%02d-15,2023-01-01T%02d:30:00Z,",
                        i % 17 == 0 ? "" : colour[c], (int)town, (int)month + 1, (int)i % 24);
        if (kind == 'r') {
            hone_buf_format(&text, "%.4f\n", 1000 * z);
        } else if (kind == 'b') {
            hone_buf_format(&text, "%s\n", z > 0 ? "true" : "false");
        } else if (kind == 'i') {
            hone_buf_format(&text, "%d\n", z > 1 ? 30 : z > -0.5 ? 4 : -1);
        } else {
            hone_buf_format(&text, "%s\n", three[(z > -0.5) + (z > 0.7)]);
        }
    }
    return text.ptr;
}

static bool same_bytes(const struct trained *a, const struct trained *b)
{
    return hone_str_eq(a->out.bytes, b->out.bytes);
}

static void same_bytes_for_any_threads_and_twice(void **state)
{
    (void)state;
    static const char *const models[] = {"auto", "gbt", "logistic"};
    struct tables_room *room = tables_enter(0);
    const char *csv = world(&room->mem, 1200, 'b');

    for (size_t m = 0; m < 3; m++) {
        struct how how = {.target = "y", .model = models[m], .threads = 1, .seed = 7};
        if (m < 2) {
            how.set = "gbt.rounds=60";
        }
        struct trained *one = train_well(csv, &how);
        CHECK_STR(hone_sha256(one->out.bytes.ptr, one->out.bytes.len).hex, one->out.hash.hex);
        static const size_t threads[] = {1, 2, 4, 0};
        for (size_t k = 0; k < 4; k++) {
            how.threads = threads[k];
            struct trained *again = train_well(csv, &how);
            CHECK(same_bytes(one, again));
            CHECK_STR(again->out.hash.hex, one->out.hash.hex);
            CHECK_NEAR(metric(again, "roc_auc"), metric(one, "roc_auc"), 0);
            tables_leave(again->room);
        }
        how.seed = 8;
        struct trained *other = train_well(csv, &how);
        CHECK(!same_bytes(one, other));
        tables_leave(other->room);
        tables_leave(one->room);
    }
    tables_leave(room);
}

/* The file, written and read back, scores the test rows as the training said. */
static void the_written_file_gives_the_same_scores(void **state)
{
    (void)state;
    static const char kinds[] = "rbim";
    struct tables_room *room = tables_enter(0);
    const char *folder = check_folder();

    for (size_t k = 0; k < 4; k++) {
        const char *path = check_path(folder, "model.onnx");
        struct trained *t = train_well(world(&room->mem, 500, kinds[k]),
                                       &(struct how){.target = "y", .set = "gbt.rounds=40"});
        struct hone_run *run = &t->room->run;
        struct hone_scorer scorer;
        struct hone_scores s;
        size_t n = t->p.test.n;
        FILE *f = fopen(path, "wb");
        CHECK(f != NULL &&
              fwrite(t->out.bytes.ptr, 1, t->out.bytes.len, f) == t->out.bytes.len);
        CHECK(fclose(f) == 0);
        CHECK_OK(run, hone_scorer_open(run, path, &t->room->mem, &scorer));
        CHECK_OK(run, hone_score(run, &scorer, t->p.test.table, t->p.test.row, n, &t->room->mem,
                                 &s));
        CHECK(s.rows == n && s.classes == t->p.target.classes);
        CHECK(memcmp(s.value, t->out.scores.value, n * s.classes * sizeof(float)) == 0);
        CHECK(hone_str_is(hone_model_meta(scorer.model, HONE_META_LINEAGE), "") == 0);
        const struct hone_prediction p = hone_scores_against(&scorer, &s, t->p.test.y);
        struct hone_measure m;
        const struct hone_metric *best = hone_metric_default(t->p.target.task);
        CHECK_OK(run, hone_metric_value(run, best, NULL, &p, &m));
        CHECK_NEAR(m.value, metric(t, best->part.name), 0);
        if (kinds[k] == 'r') {
            CHECK(metric(t, "r2") > 0.6);
        } else {
            CHECK(metric(t, "accuracy") > 0.6);
        }
        tables_leave(t->room);
    }
    tables_leave(room);
}

/* Every row alone, all rows in one, and rows in another order: the same score for a row. */
static void a_row_is_scored_alike_in_any_company(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct trained *t = train_well(world(&room->mem, 400, 'm'),
                                   &(struct how){.target = "y", .set = "gbt.rounds=20"});
    struct hone_run *run = &t->room->run;
    struct hone_scores all;
    struct hone_scores some;
    size_t order[400];

    CHECK_OK(run, hone_score(run, &t->out.scorer, t->t, NULL, 0, &t->room->mem, &all));
    CHECK(all.rows == 400 && all.classes == 3);
    for (size_t i = 0; i < 400; i++) {
        order[i] = 399 - i;
    }
    CHECK_OK(run, hone_score(run, &t->out.scorer, t->t, order, 400, &t->room->mem, &some));
    for (size_t i = 0; i < 400; i++) {
        CHECK(memcmp(all.value + 3 * i, some.value + 3 * (399 - i), 3 * sizeof(float)) == 0);
        CHECK(all.index[i] == some.index[399 - i]);
    }
    for (size_t i = 0; i < 400; i += 37) {
        CHECK_OK(run, hone_score(run, &t->out.scorer, t->t, &i, 1, &t->room->mem, &some));
        CHECK(memcmp(all.value + 3 * i, some.value, 3 * sizeof(float)) == 0);
    }
    tables_leave(t->room);
    tables_leave(room);
}

static void labels_have_the_type_of_the_target(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct trained *t = train_well(world(&room->mem, 400, 'i'),
                                   &(struct how){.target = "y", .set = "gbt.rounds=20"});
    static const int64_t classes[] = {-1, 4, 30};

    CHECK(t->out.scores.label.type == HONE_I64 && t->p.target.classes == 3);
    for (size_t i = 0; i < t->out.scores.rows; i++) {
        const float *p = t->out.scores.value + 3 * i;
        uint32_t k = t->out.scores.index[i];
        CHECK(((const int64_t *)t->out.scores.label.data)[i] == classes[k]);
        CHECK(p[k] >= p[0] && p[k] >= p[1] && p[k] >= p[2]);
        CHECK_NEAR((double)(p[0] + p[1] + p[2]), 1, 1e-6);
    }
    tables_leave(t->room);
    t = train_well(world(&room->mem, 400, 'b'),
                   &(struct how){.target = "y", .model = "logistic"});
    CHECK(t->out.scores.label.type == HONE_STRING && t->p.target.type == HONE_BOOL);
    for (size_t i = 0; i < t->out.scores.rows; i++) {
        struct hone_str label = ((const struct hone_str *)t->out.scores.label.data)[i];
        bool yes = t->out.scores.value[2 * i + 1] >= 0.5F;
        CHECK(hone_str_is(label, yes ? "true" : "false") && t->out.scores.index[i] == yes);
    }
    tables_leave(t->room);
    tables_leave(room);
}

static void large_class_numbers_are_kept(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "x,y\n");
    for (int i = 0; i < 100; i++) { /* neither number is a double */
        hone_buf_format(&text, "%d.5,%s\n", i % 7,
                        i % 7 > 3 ? "9007199254740993" : "36028797018963971");
    }
    struct trained *t = train_well(text.ptr, &(struct how){.target = "y", .model = "gbt"});
    CHECK(t->out.scores.label.type == HONE_I64);
    CHECK_NEAR(metric(t, "accuracy"), 1, 0);
    tables_leave(t->room);
    tables_leave(room);
}

static void constant_features_are_left_out(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "x,same,word,y\n");
    for (int i = 0; i < 200; i++) {
        hone_buf_format(&text, "%d.25,3,so,%s\n", i % 23, i % 23 > 11 ? "b" : "a");
    }
    struct trained *t =
        train_well(text.ptr, &(struct how){.target = "y", .set = "gbt.rounds=20"});
    CHECK(t->out.features == 1 && t->out.scorer.signature->inputs == 1);
    CHECK_STR(t->out.feature[0].name, "x");
    CHECK_NEAR(metric(t, "accuracy"), 1, 0);
    tables_leave(t->room);
    tables_leave(room);
}

static void one_category_is_enough(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static const char *const models[] = {"auto", "logistic", "gbt", "baseline"};
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "w,y\n");
    for (int i = 0; i < 300; i++) {
        hone_buf_format(&text, "k%d,%s\n", i % 6, (i % 6 < 3) != (i % 31 == 0) ? "b" : "a");
    }
    for (size_t m = 0; m < 4; m++) {
        struct trained *t = train_well(
            text.ptr, &(struct how){.target = "y", .types = "w=category", .model = models[m]});
        CHECK(m == 3 || metric(t, "accuracy") > 0.9);
        CHECK_STR(t->out.scorer.signature->input[0].name, "w");
        tables_leave(t->room);
    }
    tables_leave(room);
}

/* No level has five rows, so that features for linear models say nothing; it must not stop the others. */
static void rare_categories_alone_can_be_trained_on(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "w,y\n");
    for (int i = 0; i < 60; i++) {
        hone_buf_format(&text, "k%d,%s\n", i % 20, i % 2 == 0 ? "b" : "a");
    }
    struct trained *t =
        train_well(text.ptr, &(struct how){.target = "y", .types = "w=category"});
    CHECK(t->out.selection.n == 4);
    tables_leave(t->room);
    tables_leave(room);
}

static void rare_classes_do_not_stop_a_training(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "x,z,y\n");
    for (int i = 0; i < 150; i++) { /* "d" once, "c" twice */
        hone_buf_format(&text, "%d.5,%d.1,%s\n", i % 29, i % 13,
                        i == 77       ? "d"
                        : i % 70 == 9 ? "c"
                        : i % 29 > 14 ? "b"
                                      : "a");
    }
    struct trained *t =
        train_well(text.ptr, &(struct how){.target = "y", .set = "gbt.rounds=20"});
    CHECK(t->p.target.classes == 4 && metric(t, "accuracy") > 0.8);
    tables_leave(t->room);
    tables_leave(room);
}

static void infinite_and_huge_numbers(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "x,z,y\n");
    for (int i = 0; i < 200; i++) {
        hone_buf_format(&text, "%s,%d.1,%s\n",
                        i % 50 == 3   ? "inf"
                        : i % 50 == 5 ? "1e300"
                                      : "2.5",
                        i % 13, i % 13 > 6 ? "b" : "a");
    }
    struct trained *t =
        train_well(text.ptr, &(struct how){.target = "y", .set = "gbt.rounds=20"});
    CHECK(metric(t, "accuracy") > 0.95);
    tables_leave(t->room);
    tables_leave(room);
}

/* Validation says "no round is worth it": then the model has none, instead of as many as it may. */
static void trees_of_no_use_are_not_grown(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    size_t none = 0;

    for (uint64_t stream = 0; stream < 6; stream++) {
        struct hone_rng rng = hone_rng(5, stream);
        struct hone_buf text = hone_buf(&room->mem);
        hone_buf_text(&text, "x,z,y\n");
        for (int i = 0; i < 200; i++) {
            hone_buf_format(&text, "%.3f,%.3f,%.3f\n", hone_rng_normal(&rng),
                            hone_rng_normal(&rng), hone_rng_normal(&rng));
        }
        struct trained *t = train_well(
            text.ptr, &(struct how){.target = "y", .model = "gbt", .set = "learning_rate=1"});
        size_t found = t->out.selection.candidate[0].rounds;
        CHECK(found < 20 && t->out.rounds <= 2 * found);
        none += found == 0;
        tables_leave(t->room);
    }
    CHECK(none > 0);
    tables_leave(room);
}

static void few_rows_can_be_trained_on(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static const size_t rows[] = {10, 11, 13, 20};
    static const char kinds[] = "rb";

    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 4; i++) {
            struct trained *t =
                train_well(world(&room->mem, rows[i], kinds[k]), &(struct how){.target = "y"});
            CHECK(t->p.train.n + t->p.test.n == rows[i] && t->out.bytes.len > 0);
            tables_leave(t->room);
        }
    }
    tables_leave(room);
}

static void the_file_says_how_it_was_made(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct trained *t =
        train_well(world(&room->mem, 400, 'b'),
                   &(struct how){.target = "y", .model = "gbt", .set = "rounds=15"});
    const struct hone_model *m = t->out.scorer.model;
    HONE_JSON json_t *lineage = NULL;
    HONE_JSON json_t *features = NULL;
    double sum = 0;

    CHECK_STR(m->producer, "hone");
    CHECK_OK(&t->room->run,
             hone_json_parse(&t->room->run, hone_model_meta(m, HONE_META_LINEAGE), &lineage));
    CHECK_STR(hone_json_get_text(lineage, "data", ""), "test");
    const json_t *estimator = json_array_get(json_object_get(lineage, "estimators"), 0);
    CHECK_STR(hone_json_get_text(estimator, "name", ""), "gbt");
    CHECK_NEAR(hone_json_get_real(estimator, "weight", 0), 1, 0);
    CHECK(hone_json_get_int(json_object_get(estimator, "settings"), "rounds", 0) ==
          (int64_t)t->out.rounds);
    CHECK_OK(&t->room->run,
             hone_json_parse(&t->room->run, hone_model_meta(m, HONE_META_FEATURES), &features));
    CHECK(json_array_size(features) == t->out.features && t->out.features > 5);
    for (size_t j = 0; j < t->out.features; j++) {
        sum += hone_json_get_real(json_array_get(features, j), "importance", -1);
        CHECK(hone_table_find(t->t, hone_str(hone_json_get_text(json_array_get(features, j),
                                                                "source", ""))) != NULL);
    }
    CHECK_NEAR(sum, 1, 1e-9);
    CHECK_STR(winner(t), "gbt");
    tables_leave(t->room);
    tables_leave(room);
}

static void a_training_can_be_cancelled(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct trained *t = train_well(world(&room->mem, 300, 'b'),
                                   &(struct how){.target = "y", .model = "baseline"});
    static const volatile sig_atomic_t stop = 1;
    HONE_JSON json_t *lineage = json_object();
    struct hone_trained out;

    t->room->run.cancel = &stop;
    CHECK_FAILS(&t->room->run,
                hone_train(&t->room->run, &t->p, &t->set, lineage, &t->room->mem, &out),
                HONE_E_CANCELLED);
    tables_leave(t->room);
    tables_leave(room);
}

/* One failure from preparation to scores, for a training that has every kind of column. */
static enum hone_code train_within(struct tables_room *room, const struct hone_table *t,
                                   const struct hone_train_settings *set, unsigned nth)
{
    HONE_JSON json_t *lineage = json_object();
    struct hone_arena mem = {0};
    struct hone_prepared p;
    struct hone_trained out;

    hone_arena_fail_after(nth);
    enum hone_code code = hone_prepare(&room->run, t, NULL, set, &mem, &p);
    if (code == HONE_OK) {
        code = hone_train(&room->run, &p, set, lineage, &mem, &out);
    }
    hone_arena_fail_after(0);
    hone_arena_free(&mem);
    return code;
}

static void running_out_of_memory_is_told(void **state)
{
    (void)state;
    static const char *const models[] = {"gbt", "logistic"};
    struct tables_room *room = tables_enter(0);
    struct hone_table *t =
        tables_read(&room->run, &room->mem, world(&room->mem, 60, 'm'), NULL);
    const char *rounds[] = {"rounds=2"};

    for (size_t m = 0; m < 2; m++) {
        struct hone_train_settings set;
        unsigned told = 0;
        hone_settings_default(&hone_train_options, &set);
        set.target = "y";
        set.model = models[m];
        set.bootstrap = 5;
        set.folds = 2;
        set.set = (struct hone_texts){rounds, m == 0};
        for (unsigned nth = 1;; nth += 1 + nth / 30) { /* each at first, then one in thirty */
            enum hone_code code = train_within(room, t, &set, nth);
            if (code == HONE_OK) {
                break;
            }
            CHECK_FAILS(&room->run, code, HONE_E_LIMIT);
            told++;
        }
        CHECK(told > 60);
    }
    tables_leave(room);
}

static void nothing_to_learn_from(void **state)
{
    (void)state;
    struct trained *t =
        train("x,y\n1,a\n1,b\n1,a\n1,b\n1,a\n1,b\n1,a\n1,b\n1,a\n1,b\n1,a\n1,b\n",
              &(struct how){.target = "y"});

    CHECK_FAILS_WITH(&t->room->run, t->code, HONE_E_ARG, "no column is left");
    tables_leave(t->room);
}

const struct CMUnitTest hone_tests_train[] = {
    cmocka_unit_test(same_bytes_for_any_threads_and_twice),
    cmocka_unit_test(the_written_file_gives_the_same_scores),
    cmocka_unit_test(a_row_is_scored_alike_in_any_company),
    cmocka_unit_test(labels_have_the_type_of_the_target),
    cmocka_unit_test(large_class_numbers_are_kept),
    cmocka_unit_test(constant_features_are_left_out),
    cmocka_unit_test(one_category_is_enough),
    cmocka_unit_test(rare_categories_alone_can_be_trained_on),
    cmocka_unit_test(rare_classes_do_not_stop_a_training),
    cmocka_unit_test(infinite_and_huge_numbers),
    cmocka_unit_test(trees_of_no_use_are_not_grown),
    cmocka_unit_test(few_rows_can_be_trained_on),
    cmocka_unit_test(the_file_says_how_it_was_made),
    cmocka_unit_test(a_training_can_be_cancelled),
    cmocka_unit_test(running_out_of_memory_is_told),
    cmocka_unit_test(nothing_to_learn_from),
};
const size_t hone_tests_train_n = sizeof hone_tests_train / sizeof hone_tests_train[0];

/* The checks: silent on a sound table, each finds what was planted. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "base/time.h"
#include "check.h"
#include "check/check.h"
#include "table/builder.h"

#define ROWS 800

/* One person of the sound table, and what the tests may do to the text of a field. */
struct person {
    double age, income, score, late;
    char city[16], member[16], name[24], day[16], code[16];
    int target;
};

struct world {
    struct hone_run run;
    struct hone_arena mem;
    struct person person[ROWS];
};

static int64_t noon(void *clock)
{
    (void)clock;
    return 1700000000 * INT64_C(1000000); /* 2023-11-14 */
}

static void world_begin(struct world *w)
{
    static const char *const cities[] = {"Paris", "Lyon", "Lille", "Nice"};
    struct hone_rng rng = hone_rng(42, 1);

    memset(w, 0, sizeof *w);
    w->run.now = noon;
    for (size_t i = 0; i < ROWS; i++) {
        struct person *p = &w->person[i];
        double z = hone_rng_normal(&rng);
        p->age = 18 + floor(60 * hone_rng_unit(&rng));
        p->income = floor(exp(10 + 0.7 * z));
        p->score = hone_rng_normal(&rng);
        p->target = z + 2 * hone_rng_normal(&rng) > 0 ? 1 : 0;
        snprintf(p->city, sizeof p->city, "%s", cities[hone_rng_below(&rng, 4)]);
        snprintf(p->member, sizeof p->member, "%s",
                 hone_rng_below(&rng, 3) == 0 ? "yes" : "no");
        snprintf(p->name, sizeof p->name, "n%u", (unsigned)hone_rng_below(&rng, 90));
        snprintf(p->day, sizeof p->day, "2021-%02u-%02u",
                 1 + (unsigned)hone_rng_below(&rng, 12),
                 1 + (unsigned)hone_rng_below(&rng, 28));
        snprintf(p->code, sizeof p->code, "%s", "");
    }
}

static void world_end(struct world *w)
{
    hone_arena_free(&w->mem);
    hone_run_clear(&w->run);
}

static void world_again(struct world *w)
{
    world_end(w);
    world_begin(w);
}

static void add_real(struct world *w, const char *name, size_t n, const double *value,
                     struct hone_column *out)
{
    struct hone_builder *b;

    CHECK_OK(&w->run, hone_builder_new(&w->run, name, HONE_FLOAT64, &w->mem, &b));
    for (size_t i = 0; i < n; i++) {
        CHECK_OK(&w->run, isnan(value[i]) ? hone_builder_null(&w->run, b)
                                          : hone_builder_f64(&w->run, b, value[i]));
    }
    CHECK_OK(&w->run, hone_builder_end(&w->run, b, out));
}

/* Texts at text + i * step; empty ones are missing. */
static void add_text(struct world *w, const char *name, enum hone_type type, size_t n,
                     const char *text, size_t step, struct hone_column *out)
{
    struct hone_builder *b;

    CHECK_OK(&w->run, hone_builder_new(&w->run, name, HONE_UTF8, &w->mem, &b));
    for (size_t i = 0; i < n; i++) {
        struct hone_str s = hone_str(text + i * step);
        CHECK_OK(&w->run,
                 s.len == 0 ? hone_builder_null(&w->run, b) : hone_builder_str(&w->run, b, s));
    }
    struct hone_column plain;
    CHECK_OK(&w->run, hone_builder_end(&w->run, b, &plain));
    if (type == HONE_UTF8) {
        *out = plain;
    } else {
        CHECK_OK(&w->run, hone_column_cast(&w->run, &plain, type, false, &w->mem, out));
    }
}

#define COLUMNS 8

/* Rows first..first+n of the people. */
static struct hone_table *people(struct world *w, size_t first, size_t n)
{
    struct hone_column c[COLUMNS];
    double value[ROWS] = {0};
    struct hone_table *t = NULL;
    struct person *p = w->person + first;

    for (size_t i = 0; i < n; i++) {
        value[i] = p[i].age;
    }
    add_real(w, "age", n, value, &c[0]);
    for (size_t i = 0; i < n; i++) {
        value[i] = p[i].income;
    }
    add_real(w, "income", n, value, &c[1]);
    for (size_t i = 0; i < n; i++) {
        value[i] = p[i].score;
    }
    add_real(w, "score", n, value, &c[2]);
    add_text(w, "city", HONE_CATEGORY, n, p->city, sizeof *p, &c[3]);
    add_text(w, "member", HONE_UTF8, n, p->member, sizeof *p, &c[4]);
    add_text(w, "name", HONE_UTF8, n, p->name, sizeof *p, &c[5]);
    add_text(w, "day", HONE_DATE, n, p->day, sizeof *p, &c[6]);
    for (size_t i = 0; i < n; i++) {
        value[i] = p[i].target;
    }
    add_real(w, "target", n, value, &c[7]);
    CHECK_OK(&w->run, hone_table_of(&w->run, c, COLUMNS, &w->mem, &t));
    return t;
}

static struct hone_findings *look(struct world *w, struct hone_check_input in)
{
    struct hone_findings *f = NULL;

    CHECK_OK(&w->run, hone_check_run(&w->run, &in, HONE_CHECK_ALL, &w->mem, &f));
    return f;
}

static struct hone_findings *look_at_people(struct world *w)
{
    return look(w, (struct hone_check_input){.table = people(w, 0, ROWS), .target = "target"});
}

/* The one finding that is not a pass is of this check and column. */
static const struct hone_finding *only(const struct hone_findings *f, const char *check,
                                       const char *column)
{
    const struct hone_finding *found = NULL;

    for (size_t i = 0; i < f->n; i++) {
        if (f->item[i].severity == HONE_PASS) {
            continue;
        }
        if (strcmp(f->item[i].check, check) != 0) {
            print_error("also found: %s: %s\n", f->item[i].check, f->item[i].message);
        }
        CHECK_STR(f->item[i].check, check);
        CHECK(found == NULL);
        found = &f->item[i];
    }
    if (found == NULL) {
        print_error("nothing found, expected %s\n", check);
    }
    assert_non_null(found);
    if (column != NULL) {
        CHECK_STR(found->column, column);
    }
    CHECK(strlen(found->message) > 10);
    assert_non_null(found->advice);
    return found;
}

static void sound_table_is_silent(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w);
    struct hone_findings *f = look(&w, (struct hone_check_input){.table = people(&w, 0, 500),
                                                                 .test = people(&w, 500, 300),
                                                                 .target = "target"});
    for (size_t i = 0; i < f->n; i++) {
        if (f->item[i].severity != HONE_PASS) {
            print_error("%s: %s\n", f->item[i].check, f->item[i].message);
        }
    }
    assert_int_equal(hone_findings_worst(f), HONE_PASS);
    size_t checks = 0;
    while (hone_checks[checks] != NULL) {
        checks++;
    }
    assert_int_equal(f->n, checks);
    world_end(&w);
}

static void every_kind_of_column_trouble(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w);
    for (size_t i = 0; i < ROWS; i++) {
        w.person[i].day[0] = '\0';
    }
    only(look_at_people(&w), "empty_column", "day");
    world_again(&w);
    for (size_t i = 0; i < ROWS; i++) {
        w.person[i].score = 3;
    }
    only(look_at_people(&w), "constant_column", "score");
    world_again(&w);
    for (size_t i = 0; i < ROWS; i++) {
        w.person[i].score = i % 3 == 0 ? w.person[i].score : (double)NAN;
    }
    const struct hone_finding *f = only(look_at_people(&w), "missing_share", "score");
    CHECK_NEAR(f->value, 2.0 / 3, 1e-3);
    assert_int_equal(f->row[0], 1);
    assert_int_equal(f->rows, 533);
    world_again(&w);
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(w.person[i].name, sizeof w.person[i].name, "K-%zu", 100000 + 37 * i);
    }
    only(look_at_people(&w), "id_like", "name");
    world_again(&w);
    for (size_t i = 0; i < ROWS; i++) {
        memcpy(w.person[i].member, w.person[i].city, sizeof w.person[i].city);
    }
    f = only(look_at_people(&w), "duplicate_columns", "member");
    CHECK_STR(f->other, "city");
    world_end(&w);
}

static void every_kind_of_dirty_value(void **state)
{
    struct world w;
    const struct hone_finding *f;

    (void)state;
    world_begin(&w);
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(w.person[i].name, sizeof w.person[i].name, "%.0f", w.person[i].age);
    }
    snprintf(w.person[7].name, sizeof w.person[7].name, "forty");
    f = only(look_at_people(&w), "mixed_types", "name");
    assert_int_equal(f->rows, 1);
    assert_int_equal(f->row[0], 7);
    assert_non_null(strstr(f->message, "\"forty\""));
    world_again(&w);
    snprintf(w.person[9].city, sizeof w.person[9].city, "?");
    snprintf(w.person[11].city, sizeof w.person[11].city, "?");
    f = only(look_at_people(&w), "special_characters", "city");
    assert_int_equal(f->rows, 2);
    assert_int_equal(f->row[1], 11);
    world_again(&w);
    snprintf(w.person[3].member, sizeof w.person[3].member, "YES");
    snprintf(w.person[4].member, sizeof w.person[4].member, "NO");
    f = only(look_at_people(&w), "category_variants", "member");
    assert_int_equal(f->rows, 2);
    assert_int_equal(f->row[0], 3);
    world_again(&w);
    w.person[100].age = 4500;
    f = only(look_at_people(&w), "outliers", "age");
    assert_int_equal(f->row[0], 100);
    world_again(&w);
    w.person[100].age = -34;
    f = only(look_at_people(&w), "rare_sign", "age");
    assert_int_equal(f->row[0], 100);
    world_again(&w);
    for (size_t i = 0; i < 20; i++) {
        w.person[i * 31].age = 999;
    }
    f = only(look_at_people(&w), "missing_code", "age");
    assert_int_equal(f->rows, 20);
    world_again(&w);
    snprintf(w.person[5].day, sizeof w.person[5].day, "2201-03-04");
    f = only(look_at_people(&w), "future_date", "day");
    assert_non_null(strstr(f->message, "2201-03-04"));
    world_end(&w);
}

static void duplicates_and_contradictions(void **state)
{
    struct world w;
    const struct hone_finding *f;

    (void)state;
    world_begin(&w);
    w.person[50] = w.person[10];
    w.person[60] = w.person[10];
    f = only(look_at_people(&w), "duplicate_rows", NULL);
    assert_int_equal(f->rows, 2);
    assert_int_equal(f->row[0], 50);
    world_again(&w);
    w.person[50] = w.person[10];
    w.person[50].target = 1 - w.person[10].target;
    f = only(look_at_people(&w), "conflicting_labels", "target");
    assert_int_equal(f->rows, 2);
    assert_int_equal(f->row[0], 10);
    world_end(&w);
}

static void leaks_are_failures(void **state)
{
    struct world w;
    const struct hone_finding *f;

    (void)state;
    world_begin(&w);
    for (size_t i = 0; i < ROWS; i++) { /* a noisy footprint of the outcome */
        w.person[i].score = w.person[i].target * 6 + w.person[i].score;
    }
    f = only(look_at_people(&w), "target_leakage", "score");
    assert_int_equal(f->severity, HONE_FAIL);
    CHECK(f->value > 0.99);
    world_again(&w);
    for (size_t i = 0; i < ROWS; i++) { /* the outcome renamed */
        snprintf(w.person[i].member, sizeof w.person[i].member, "%s",
                 w.person[i].target == 1 ? "paid" : "lost");
    }
    f = only(look_at_people(&w), "target_copy", "member");
    assert_int_equal(f->severity, HONE_FAIL);
    world_again(&w);
    for (size_t i = 0; i < ROWS; i++) { /* only being recorded gives it away */
        w.person[i].score = w.person[i].target == 1 ? w.person[i].score : (double)NAN;
    }
    bool found = false;
    struct hone_findings *all = look_at_people(&w);
    for (size_t i = 0; i < all->n; i++) {
        found = found || (all->item[i].severity == HONE_FAIL &&
                          strcmp(all->item[i].check, "target_leakage") == 0);
    }
    CHECK(found);
    world_again(&w);
    for (size_t i = 0; i < ROWS; i++) {
        w.person[i].target = i < 300 ? 1 : 0;
    }
    f = only(look_at_people(&w), "index_leakage", "target");
    assert_int_equal(f->severity, HONE_WARN);
    world_end(&w);
}

static void regression_leaks(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w);
    for (size_t i = 0; i < ROWS; i++) { /* dollars beside euros */
        w.person[i].score = 1.1 * w.person[i].income;
    }
    struct hone_table *t = people(&w, 0, ROWS);
    only(look(&w, (struct hone_check_input){.table = t, .target = "income"}), "target_copy",
         "score");
    world_again(&w);
    for (size_t i = 0; i < ROWS; i++) {
        w.person[i].score = 1.1 * w.person[i].income + 900 * w.person[i].score;
    }
    t = people(&w, 0, ROWS);
    only(look(&w, (struct hone_check_input){.table = t, .target = "income"}), "target_leakage",
         "score");
    world_end(&w);
}

static void target_troubles(void **state)
{
    struct world w;
    const struct hone_finding *f;

    (void)state;
    world_begin(&w);
    for (size_t i = 0; i < ROWS; i++) {
        w.person[i].target = 1;
    }
    f = only(look_at_people(&w), "class_balance", "target");
    assert_int_equal(f->severity, HONE_FAIL);
    world_again(&w);
    for (size_t i = 0; i < 4; i++) {
        w.person[i].target = 2;
    }
    f = only(look_at_people(&w), "class_balance", "target");
    assert_int_equal(f->severity, HONE_WARN);
    assert_non_null(strstr(f->message, "class 2 "));
    world_again(&w);
    w.person[8].score = (double)NAN;
    struct hone_table *t = people(&w, 0, ROWS);
    f = only(look(&w, (struct hone_check_input){.table = t, .target = "score"}),
             "target_missing", "score");
    assert_int_equal(f->row[0], 8);
    CHECK_FAILS(&w.run,
                hone_check_run(&w.run, &(struct hone_check_input){.table = t, .target = "scor"},
                               HONE_CHECK_ALL, &w.mem, &(struct hone_findings *){NULL}),
                HONE_E_NOT_FOUND);
    world_end(&w);
}

static void splits_are_checked(void **state)
{
    struct world w;
    const struct hone_finding *f;
    struct hone_check_input in = {.target = "target"};

    (void)state;
    world_begin(&w);
    for (size_t i = 0; i < 60; i++) {
        w.person[500 + i] = w.person[i];
    }
    in.table = people(&w, 0, 500);
    in.test = people(&w, 500, 300);
    f = only(look(&w, in), "row_overlap", NULL);
    assert_int_equal(f->severity, HONE_FAIL);
    assert_int_equal(f->rows, 60);
    world_again(&w);
    snprintf(w.person[700].city, sizeof w.person[700].city, "Brest");
    in.table = people(&w, 0, 500);
    in.test = people(&w, 500, 300);
    f = only(look(&w, in), "new_categories", "city");
    assert_int_equal(f->row[0], 200);
    world_again(&w);
    for (size_t i = 500; i < ROWS; i++) {
        w.person[i].age += 20;
    }
    in.table = people(&w, 0, 500);
    in.test = people(&w, 500, 300);
    only(look(&w, in), "feature_drift", "age");
    world_again(&w);
    in.table = people(&w, 0, 500);
    in.test = people(&w, 500, 300);
    in.group = "name";
    f = only(look(&w, in), "group_overlap", "name");
    CHECK(f->rows > 250);
    in.group = NULL;
    in.time = "day";
    only(look(&w, in), "time_overlap", "day");
    world_end(&w);
}

static void settings_turn_and_tune(void **state)
{
    struct world w;
    struct hone_findings *f = NULL;
    struct hone_check_input in = {.target = "target"};

    (void)state;
    world_begin(&w);
    for (size_t i = 0; i < ROWS; i++) {
        w.person[i].score = i % 3 == 0 ? w.person[i].score : (double)NAN;
    }
    in.table = people(&w, 0, ROWS);
    HONE_JSON json_t *off = json_pack("{s:b}", "missing_share", 0);
    in.settings = off;
    f = look(&w, in);
    assert_int_equal(hone_findings_worst(f), HONE_PASS);
    HONE_JSON json_t *higher = json_pack("{s:{s:f}}", "missing_share", "max", 0.9);
    in.settings = higher;
    assert_int_equal(hone_findings_worst(look(&w, in)), HONE_PASS);
    HONE_JSON json_t *wrong = json_pack("{s:{s:f}}", "missing_share", "most", 0.9);
    in.settings = wrong;
    CHECK_FAILS_WITH(&w.run, hone_check_run(&w.run, &in, HONE_CHECK_ALL, &w.mem, &f),
                     HONE_E_ARG, "missing_share");
    HONE_JSON json_t *unknown = json_pack("{s:b}", "missing_shares", 0);
    in.settings = unknown;
    CHECK_FAILS(&w.run, hone_check_run(&w.run, &in, HONE_CHECK_ALL, &w.mem, &f), HONE_E_ARG);
    world_end(&w);
}

static void findings_are_written(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w);
    w.person[100].age = -34;
    struct hone_findings *f = look_at_people(&w);
    HONE_JSON json_t *json = hone_findings_json(f, ROWS);
    CHECK(json_is_true(json_object_get(json, "success"))); /* warnings alone do not fail */
    const json_t *all = json_object_get(json, "statistics");
    assert_int_equal(hone_json_get_int(all, "warned", -1), 1);
    size_t i;
    json_t *result;
    bool found = false;
    json_array_foreach(json_object_get(json, "results"), i, result)
    {
        const json_t *config = json_object_get(result, "expectation_config");
        if (strcmp(hone_json_get_text(config, "type", ""), "rare_sign") == 0) {
            const json_t *detail = json_object_get(result, "result");
            const json_t *rows = json_object_get(detail, "partial_unexpected_index_list");
            CHECK(json_is_false(json_object_get(result, "success")));
            assert_int_equal(hone_json_get_int(detail, "unexpected_count", 0), 1);
            assert_int_equal(json_integer_value(json_array_get(rows, 0)), 100);
            found = true;
        }
    }
    CHECK(found);
    struct hone_buf text = hone_buf(&w.mem);
    hone_findings_text(f, false, &text);
    assert_non_null(strstr(text.ptr, "row 101\n")); /* people count from 1 */
    world_end(&w);
}

static void odd_tables_are_survived(void **state)
{
    struct world w;
    struct hone_table *t = NULL;

    (void)state;
    world_begin(&w);
    for (size_t n = 0; n < 4; n++) {
        struct hone_findings *f = look(&w, (struct hone_check_input){.table = people(&w, 0, n),
                                                                     .test = people(&w, 4, n),
                                                                     .target = "target"});
        CHECK(f->n > 0);
    }
    CHECK_OK(&w.run, hone_table_of(&w.run, NULL, 0, &w.mem, &t));
    CHECK(look(&w, (struct hone_check_input){.table = t})->n > 0);
    for (size_t i = 0; i < ROWS; i++) {
        w.person[i].score = i % 2 == 0 ? (double)INFINITY : (double)NAN;
    }
    CHECK(look_at_people(&w)->n > 0);
    CHECK(
        look(&w, (struct hone_check_input){.table = people(&w, 0, 90), .target = "score"})->n >
        0);
    world_end(&w);
}

const struct CMUnitTest hone_tests_checks[] = {
    cmocka_unit_test(sound_table_is_silent),
    cmocka_unit_test(every_kind_of_column_trouble),
    cmocka_unit_test(every_kind_of_dirty_value),
    cmocka_unit_test(duplicates_and_contradictions),
    cmocka_unit_test(leaks_are_failures),
    cmocka_unit_test(regression_leaks),
    cmocka_unit_test(target_troubles),
    cmocka_unit_test(splits_are_checked),
    cmocka_unit_test(settings_turn_and_tune),
    cmocka_unit_test(findings_are_written),
    cmocka_unit_test(odd_tables_are_survived),
};
const size_t hone_tests_checks_n = sizeof hone_tests_checks / sizeof hone_tests_checks[0];

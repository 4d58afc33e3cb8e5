/* Which rows train and which test. */
#include <string.h>

#include "base/arena.h"
#include "check.h"
#include "eval/split.h"

#define ROWS 1003

static void every_row_once(const struct hone_split *s, size_t rows)
{
    size_t a = 0;
    size_t b = 0;

    assert_int_equal(s->train_n + s->test_n, rows);
    for (size_t i = 0; i < rows; i++) { /* both ascending: a merge meets all rows */
        if (a < s->train_n && s->train[a] == i) {
            a++;
        } else {
            CHECK(b < s->test_n && s->test[b] == i);
            b++;
        }
    }
}

static void random_split(void **state)
{
    struct hone_run run = {.seed = 7};
    struct hone_arena mem = {0};
    struct hone_split a;
    struct hone_split b;

    (void)state;
    CHECK_OK(&run, hone_split_random(&run, ROWS, 0.2, &mem, &a));
    CHECK_OK(&run, hone_split_random(&run, ROWS, 0.2, &mem, &b));
    assert_int_equal(a.test_n, 201);
    every_row_once(&a, ROWS);
    assert_memory_equal(a.test, b.test, a.test_n * sizeof *a.test);
    run.seed = 8;
    CHECK_OK(&run, hone_split_random(&run, ROWS, 0.2, &mem, &b));
    CHECK(memcmp(a.test, b.test, a.test_n * sizeof *a.test) != 0);
    CHECK_OK(&run, hone_split_random(&run, 2, 0.01, &mem, &b));
    assert_int_equal(b.test_n, 1);
    CHECK_FAILS(&run, hone_split_random(&run, 1, 0.5, &mem, &b), HONE_E_ARG);
    CHECK_FAILS(&run, hone_split_random(&run, 10, 1, &mem, &b), HONE_E_ARG);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void stratified_split_keeps_shares(void **state)
{
    struct hone_run run = {.seed = 1};
    struct hone_arena mem = {0};
    struct hone_split s;
    double y[ROWS];
    size_t count[4] = {0};
    size_t test[4] = {0};

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        y[i] = i == 5 ? 3 : i % 10 == 0 ? 2 : i % 3 == 0 ? 1 : 0;
        count[(size_t)y[i]]++;
    }
    CHECK_OK(&run, hone_split_stratified(&run, ROWS, y, 4, 0.25, &mem, &s));
    every_row_once(&s, ROWS);
    assert_int_equal(s.test_n, 251);
    for (size_t i = 0; i < s.test_n; i++) {
        test[(size_t)y[s.test[i]]]++;
    }
    for (size_t k = 0; k < 3; k++) {
        CHECK(fabs((double)test[k] - 0.25 * (double)count[k]) < 1);
    }
    assert_int_equal(test[3], 0); /* the only row of its class trains */
    static const double two[] = {0, 1};
    CHECK_OK(&run, hone_split_stratified(&run, 2, two, 2, 0.5, &mem, &s));
    assert_int_equal(s.test_n, 1);
    y[3] = 9;
    CHECK_FAILS(&run, hone_split_stratified(&run, ROWS, y, 4, 0.25, &mem, &s), HONE_E_ARG);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void groups_stay_together(void **state)
{
    struct hone_run run = {.seed = 3};
    struct hone_arena mem = {0};
    struct hone_split s;
    uint32_t group[ROWS];
    bool tests[60] = {false};

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        group[i] = (uint32_t)((i * i) % 60);
    }
    CHECK_OK(&run, hone_split_group(&run, ROWS, group, 60, 0.3, &mem, &s));
    every_row_once(&s, ROWS);
    CHECK(s.test_n > 200 && s.test_n < 400);
    for (size_t i = 0; i < s.test_n; i++) {
        tests[group[s.test[i]]] = true;
    }
    for (size_t i = 0; i < s.train_n; i++) {
        CHECK(!tests[group[s.train[i]]]);
    }
    static const uint32_t one[4] = {0, 0, 0, 0};
    static const uint32_t two[4] = {0, 0, 0, 1};
    CHECK_FAILS(&run, hone_split_group(&run, 4, one, 1, 0.3, &mem, &s), HONE_E_ARG);
    CHECK_OK(&run, hone_split_group(&run, 4, two, 2, 0.3, &mem, &s));
    assert_int_equal(s.test_n, 1);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void later_rows_test(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_split s;
    double time[ROWS];
    double newest = 0;

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        time[i] = (double)((i * 37) % 50); /* 20 rows of each time */
    }
    time[4] = (double)NAN;
    CHECK_OK(&run, hone_split_time(&run, ROWS, time, 0.2, &mem, &s));
    every_row_once(&s, ROWS);
    CHECK(s.test_n > 190 && s.test_n < 212);
    for (size_t i = 0; i < s.train_n; i++) {
        newest = fmax(newest, time[s.train[i]]); /* NaN is passed over */
    }
    for (size_t i = 0; i < s.test_n; i++) {
        CHECK(time[s.test[i]] > newest);
    }
    for (size_t i = 0; i < ROWS; i++) {
        time[i] = 4;
    }
    CHECK_FAILS(&run, hone_split_time(&run, ROWS, time, 0.2, &mem, &s), HONE_E_ARG);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void folds_are_even(void **state)
{
    struct hone_run run = {.seed = 5};
    struct hone_arena mem = {0};
    uint32_t *fold;
    double y[ROWS];
    uint32_t group[ROWS];
    size_t size[5] = {0};
    size_t of_class[5] = {0};
    uint32_t of_group[40];
    struct hone_split s;

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        y[i] = i % 9 == 0 ? 1 : 0;
        group[i] = (uint32_t)((i * 31) % 40);
    }
    CHECK_OK(&run, hone_folds_random(&run, ROWS, 5, &mem, &fold));
    CHECK_OK(&run, hone_fold_split(&run, ROWS, fold, 4, &mem, &s));
    assert_int_equal(s.test_n, 200);
    every_row_once(&s, ROWS);
    CHECK_OK(&run, hone_folds_stratified(&run, ROWS, y, 2, 5, &mem, &fold));
    for (size_t i = 0; i < ROWS; i++) {
        size[fold[i]]++;
        of_class[fold[i]] += y[i] > 0 ? 1 : 0;
    }
    for (size_t f = 0; f < 5; f++) {
        CHECK(size[f] == 200 || size[f] == 201);
        CHECK(of_class[f] == 22 || of_class[f] == 23);
    }
    CHECK_OK(&run, hone_folds_group(&run, ROWS, group, 40, 5, &mem, &fold));
    memset(of_group, 0xff, sizeof of_group);
    memset(size, 0, sizeof size);
    for (size_t i = 0; i < ROWS; i++) {
        CHECK(of_group[group[i]] == UINT32_MAX || of_group[group[i]] == fold[i]);
        of_group[group[i]] = fold[i];
        size[fold[i]]++;
    }
    for (size_t f = 0; f < 5; f++) {
        CHECK(size[f] > 190 && size[f] < 212);
    }
    CHECK_FAILS(&run, hone_folds_random(&run, 3, 5, &mem, &fold), HONE_E_ARG);
    CHECK_FAILS(&run, hone_folds_group(&run, ROWS, group, 40, 41, &mem, &fold), HONE_E_ARG);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_split[] = {
    cmocka_unit_test(random_split),         cmocka_unit_test(stratified_split_keeps_shares),
    cmocka_unit_test(groups_stay_together), cmocka_unit_test(later_rows_test),
    cmocka_unit_test(folds_are_even),
};
const size_t hone_tests_split_n = sizeof hone_tests_split / sizeof hone_tests_split[0];

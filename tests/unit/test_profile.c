/* Profiles: counts, moments, quantiles, frequent values, duplicates, notes, JSON. */
#include "base/pool.h"
#include "check.h"
#include "profile/profile.h"
#include "table/builder.h"

static struct hone_builder *begin(struct hone_run *run, struct hone_arena *mem,
                                  const char *name, enum hone_type type)
{
    struct hone_builder *b = NULL;
    CHECK_OK(run, hone_builder_new(run, name, type, mem, &b));
    return b;
}

/* 1000 rows: see tests/golden/profile.py for x. */
static struct hone_table *sample(struct hone_run *run, struct hone_arena *mem)
{
    struct hone_builder *b[5];
    struct hone_column column[5];
    struct hone_table *t = NULL;

    b[0] = begin(run, mem, "x", HONE_FLOAT64);
    b[1] = begin(run, mem, "id", HONE_INT64);
    b[2] = begin(run, mem, "word", HONE_CATEGORY);
    b[3] = begin(run, mem, "same", HONE_BOOL);
    b[4] = begin(run, mem, "day", HONE_DATE);
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(run, i % 10 == 3 ? hone_builder_null(run, b[0])
                                  : hone_builder_f64(run, b[0], (i * 7919) % 1000 / 8.0));
        CHECK_OK(run, hone_builder_i64(run, b[1], INT64_C(9007199254740993) + i));
        CHECK_OK(run,
                 hone_builder_str(run, b[2], hone_str(i % 4 == 0 ? "gr\xc3\xbcn" : "red")));
        CHECK_OK(run, hone_builder_i64(run, b[3], 1));
        CHECK_OK(run, hone_builder_i64(run, b[4], i / 100));
    }
    for (size_t i = 0; i < 5; i++) {
        CHECK_OK(run, hone_builder_end(run, b[i], &column[i]));
    }
    CHECK_OK(run, hone_table_of(run, column, 5, mem, &t));
    return t;
}

static void numbers_are_described_exactly(void **state)
{
    static const double quantile[] = {0.0,      1.24875,   6.24375,   31.21875, 62.4375,
                                      93.65625, 118.63125, 123.62625, 124.875};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_profile *p = NULL;
    const struct hone_column_profile *x;
    (void)state;

    CHECK_OK(&run, hone_table_profile(&run, sample(&run, &mem), &mem, &p));
    x = &p->column[0];
    CHECK(p->rows == 1000 && p->cols == 5 && p->missing_cells == 100 && p->duplicate_rows == 0);
    CHECK(x->missing == 100 && x->distinct == 900 && x->zeros == 1 && x->negatives == 0);
    CHECK_NEAR(x->mean, 62.40277777777778, 1e-12); /* order of summation */
    CHECK_NEAR(x->std, 36.10446880193681, 1e-12);
    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        CHECK_NEAR(x->quantile[q], quantile[q], 1e-12);
    }
    CHECK(x->bins == 20);
    for (size_t b = 0; b < x->bins; b++) {
        CHECK(x->bin_count[b] == 45);
    }
    CHECK_NEAR(x->bin_edge[20], 124.875, 0);
    CHECK_STR(x->note[0], "10 % missing");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void words_ids_constants_and_days_are_told_apart(void **state)
{
    struct hone_run run = {.pool = hone_pool_new(2)};
    struct hone_arena mem = {0};
    struct hone_profile *p = NULL;
    (void)state;

    CHECK_OK(&run, hone_table_profile(&run, sample(&run, &mem), &mem, &p));
    CHECK(p->column[1].distinct == 1000); /* beyond what double tells apart */
    CHECK_STR(p->column[1].note[0], "id-like: every value differs");
    CHECK_STR(p->column[1].top[0].text, "9007199254740993");
    CHECK(p->column[2].distinct == 2 && p->column[2].top[0].count == 750);
    CHECK_STR(p->column[2].top[0].text, "red");
    CHECK(p->column[2].shortest == 3 && p->column[2].longest == 4); /* characters, not bytes */
    CHECK_STR(p->column[3].note[0], "constant");
    CHECK(p->column[3].bins == 0);
    CHECK(p->column[4].distinct == 10 && p->column[4].top_n == 10);
    CHECK_STR(p->column[4].top[0].text, "1970-01-01");
    hone_pool_free(run.pool);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void odd_values_are_counted_and_left_out(void **state)
{
    static const double values[] = {1, 2, 3, HUGE_VAL, -HUGE_VAL, 0, -0.0};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_builder *b = begin(&run, &mem, "x", HONE_FLOAT64);
    struct hone_column column;
    struct hone_table *t = NULL;
    struct hone_profile *p = NULL;
    (void)state;

    for (size_t i = 0; i < 7; i++) {
        CHECK_OK(&run, hone_builder_f64(&run, b, values[i]));
    }
    CHECK_OK(&run, hone_builder_f64(&run, b, (double)NAN));
    CHECK_OK(&run, hone_builder_f64(&run, b, (double)NAN));
    CHECK_OK(&run, hone_builder_end(&run, b, &column));
    CHECK_OK(&run, hone_table_of(&run, &column, 1, &mem, &t));
    CHECK_OK(&run, hone_table_profile(&run, t, &mem, &p));
    CHECK(p->column[0].infinite == 2 && p->column[0].zeros == 2 && p->column[0].missing == 0);
    CHECK(p->column[0].distinct == 7); /* -0 is 0, NaN is one value */
    CHECK(p->duplicate_rows == 2);
    CHECK_NEAR(p->column[0].min, 0, 0);
    CHECK_NEAR(p->column[0].max, 3, 0);
    CHECK_NEAR(p->column[0].mean, 1.2, 1e-15);
    CHECK_STR(p->column[0].note[0], "2 infinite");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void nothing_can_be_described_too(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_builder *b = begin(&run, &mem, "x", HONE_FLOAT64);
    struct hone_column column;
    struct hone_table *t = NULL;
    struct hone_profile *p = NULL;
    (void)state;

    CHECK_OK(&run, hone_builder_null(&run, b));
    CHECK_OK(&run, hone_builder_end(&run, b, &column));
    CHECK_OK(&run, hone_table_of(&run, &column, 1, &mem, &t));
    CHECK_OK(&run, hone_table_profile(&run, t, &mem, &p));
    CHECK(isnan(p->column[0].min) && isnan(p->column[0].quantile[4]) &&
          p->column[0].top_n == 0);
    CHECK_STR(p->column[0].note[0], "all missing");
    CHECK_OK(&run, hone_table_of(&run, NULL, 0, &mem, &t));
    CHECK_OK(&run, hone_table_profile(&run, t, &mem, &p));
    CHECK(p->cols == 0 && p->duplicate_rows == 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void json_has_the_same_numbers(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_profile *p = NULL;
    HONE_JSON json_t *json = NULL;
    const json_t *column;
    (void)state;

    CHECK_OK(&run, hone_table_profile(&run, sample(&run, &mem), &mem, &p));
    json = hone_profile_json(p);
    column = json_object_get(json, "column");
    CHECK(json_array_size(column) == 5);
    CHECK_NEAR(hone_json_get_real(json_array_get(column, 0), "mean", 0), p->column[0].mean, 0);
    CHECK_STR(hone_json_get_text(json_array_get(column, 4), "max", ""), "1970-01-10");
    CHECK(hone_json_get_int(json_array_get(column, 2), "longest", 0) == 4);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_profile[] = {
    cmocka_unit_test(numbers_are_described_exactly),
    cmocka_unit_test(words_ids_constants_and_days_are_told_apart),
    cmocka_unit_test(odd_values_are_counted_and_left_out),
    cmocka_unit_test(nothing_can_be_described_too),
    cmocka_unit_test(json_has_the_same_numbers),
};
const size_t hone_tests_profile_n = sizeof hone_tests_profile / sizeof hone_tests_profile[0];

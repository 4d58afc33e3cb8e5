/* Tables: builders, selection, rows, joining end to end, casts, content hash. */
#include "base/hash.h"
#include "check.h"
#include "table/builder.h"
#include "table/dict.h"

static struct hone_str s(const char *text)
{
    return hone_str(text);
}

/* n: 3, missing, -1, 3; w (category): b, a, missing, b; x: 0.5, nan, inf, -0; t (text) */
static struct hone_table *sample(struct hone_run *run, struct hone_arena *mem)
{
    struct hone_column column[4];
    struct hone_builder *b[4];
    struct hone_table *t = NULL;
    static const char *const words[] = {"b", "a", NULL, "b"};
    static const char *const texts[] = {"one", "", "drei", NULL};
    const double reals[] = {0.5, (double)NAN, HUGE_VAL, -0.0};

    CHECK_OK(run, hone_builder_new(run, "n", HONE_INT64, mem, &b[0]));
    CHECK_OK(run, hone_builder_new(run, "w", HONE_CATEGORY, mem, &b[1]));
    CHECK_OK(run, hone_builder_new(run, "x", HONE_FLOAT64, mem, &b[2]));
    CHECK_OK(run, hone_builder_new(run, "t", HONE_UTF8, mem, &b[3]));
    for (size_t i = 0; i < 4; i++) {
        CHECK_OK(run, i == 1 ? hone_builder_null(run, b[0])
                             : hone_builder_i64(run, b[0], i == 2 ? -1 : 3));
        CHECK_OK(run, words[i] == NULL ? hone_builder_null(run, b[1])
                                       : hone_builder_str(run, b[1], s(words[i])));
        CHECK_OK(run, hone_builder_f64(run, b[2], reals[i]));
        CHECK_OK(run, texts[i] == NULL ? hone_builder_null(run, b[3])
                                       : hone_builder_str(run, b[3], s(texts[i])));
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK_OK(run, hone_builder_end(run, b[i], &column[i]));
    }
    CHECK_OK(run, hone_table_of(run, column, 4, mem, &t));
    return t;
}

static void columns_hold_what_was_put_in(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = sample(&run, &mem);
    struct hone_builder *b;
    (void)state;

    CHECK(t->rows == 4 && t->cols == 4 && t->column[0].nulls == 1);
    CHECK((uintptr_t)t->column[0].data % 16 == 0);
    CHECK(hone_column_i64(&t->column[0], 2) == -1 && isnan(hone_column_f64(&t->column[0], 1)));
    CHECK(t->column[1].dict->rows == 2 && hone_column_i64(&t->column[1], 0) == 1);
    CHECK(hone_str_is(hone_column_str(&t->column[1], 1), "a"));
    CHECK(hone_column_str(&t->column[1], 2).len == 0);
    CHECK(hone_is_valid(&t->column[3], 1) && !hone_is_valid(&t->column[3], 3));
    CHECK(hone_dict_find(t->column[1].dict, s("b")) == 1);
    CHECK(hone_dict_find(t->column[1].dict, s("c")) == -1);
    CHECK_OK(&run, hone_builder_new(&run, "d", HONE_DATE, &mem, &b));
    CHECK_FAILS(&run, hone_builder_str(&run, b, s("x")), HONE_E_SHAPE);
    CHECK_FAILS(&run, hone_builder_f64(&run, b, 1), HONE_E_SHAPE);
    CHECK_FAILS(&run, hone_builder_i64(&run, b, INT64_MAX), HONE_E_SHAPE);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void columns_are_found_selected_and_dropped(void **state)
{
    static const char *const two[] = {"x", "n"};
    static const char *const gone[] = {"x", "missing"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = sample(&run, &mem);
    struct hone_table *u = NULL;
    struct hone_column twice[2] = {t->column[0], t->column[0]};
    const struct hone_column *c = NULL;
    (void)state;

    CHECK_OK(&run, hone_table_select(&run, t, two, 2, &mem, &u));
    CHECK(u->cols == 2 && u->column[0].data == t->column[2].data);
    CHECK_OK(&run, hone_table_drop(&run, t, two, 2, &mem, &u));
    CHECK(u->cols == 2 && u->rows == 4);
    CHECK_STR(u->column[0].name, "w");
    CHECK_FAILS_WITH(&run, hone_table_drop(&run, t, gone, 2, &mem, &u), HONE_E_NOT_FOUND,
                     "'missing'");
    CHECK(hone_table_need(&run, t, s("N"), &c) == HONE_E_NOT_FOUND);
    CHECK_STR(run.err.hint, "did you mean 'n'?");
    CHECK_FAILS_WITH(&run, hone_table_of(&run, twice, 2, &mem, &u), HONE_E_CONFLICT, "named n");
    twice[1].name = "m";
    twice[1].rows = 3;
    CHECK_FAILS_WITH(&run, hone_table_of(&run, twice, 2, &mem, &u), HONE_E_SHAPE,
                     "m has 3 rows");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static bool same_cell(const struct hone_column *a, size_t i, const struct hone_column *b,
                      size_t j)
{
    struct hone_arena mem = {0};
    struct hone_buf x = hone_buf(&mem);
    struct hone_buf y = hone_buf(&mem);
    bool same;

    hone_column_print(&x, a, i);
    hone_column_print(&y, b, j);
    same = hone_is_valid(a, i) == hone_is_valid(b, j) &&
           hone_str_eq((struct hone_str){x.ptr, x.len}, (struct hone_str){y.ptr, y.len});
    hone_arena_free(&mem);
    return same;
}

static void rows_are_taken_in_any_order(void **state)
{
    static const size_t rows[] = {3, 0, 0, 2, 1, 3, 3, 3, 0};
    static const size_t beyond[] = {4};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = sample(&run, &mem);
    struct hone_table *u = NULL;
    (void)state;

    CHECK_OK(&run, hone_table_take(&run, t, rows, 9, &mem, &u));
    for (size_t c = 0; c < 4; c++) {
        for (size_t i = 0; i < 9; i++) {
            CHECK(same_cell(&u->column[c], i, &t->column[c], rows[i]));
        }
    }
    CHECK(u->column[3].nulls == 4);
    CHECK_FAILS_WITH(&run, hone_table_take(&run, t, beyond, 1, &mem, &u), HONE_E_ARG, "row 4");
    CHECK_OK(&run, hone_table_take(&run, t, NULL, 0, &mem, &u));
    CHECK(u->rows == 0 && u->cols == 4);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void tables_are_put_one_after_the_other(void **state)
{
    static const size_t rows[] = {2, 1}; /* only "a" among the words */
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = sample(&run, &mem);
    struct hone_table *u = NULL;
    struct hone_table *all = NULL;
    struct hone_column cast[4];
    const struct hone_table *parts[3] = {t, NULL, t};
    (void)state;

    CHECK_OK(&run, hone_table_take(&run, t, rows, 2, &mem, &u));
    parts[1] = u;
    CHECK_OK(&run, hone_table_concat(&run, parts, 3, &mem, &all));
    CHECK(all->rows == 10);
    for (size_t c = 0; c < 4; c++) {
        for (size_t i = 0; i < 4; i++) {
            CHECK(same_cell(&all->column[c], i, &t->column[c], i));
            CHECK(same_cell(&all->column[c], i + 6, &t->column[c], i));
        }
        CHECK(same_cell(&all->column[c], 4, &t->column[c], 2));
        CHECK(same_cell(&all->column[c], 5, &t->column[c], 1));
    }
    memcpy(cast, t->column, sizeof cast);
    CHECK_OK(&run, hone_column_cast(&run, &t->column[0], HONE_FLOAT64, false, &mem, &cast[0]));
    CHECK_OK(&run, hone_table_of(&run, cast, 4, &mem, &u));
    parts[1] = u;
    CHECK_FAILS_WITH(&run, hone_table_concat(&run, parts, 3, &mem, &all), HONE_E_SHAPE,
                     "int64 in one table and float64");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void casts_keep_the_value_or_say_which_does_not_fit(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = sample(&run, &mem);
    struct hone_column c;
    struct hone_column back;
    (void)state;

    for (enum hone_type type = HONE_FLOAT32; type <= HONE_CATEGORY; type++) {
        CHECK_OK(&run, hone_column_cast(&run, &t->column[0], type, false, &mem, &c));
        CHECK(c.type == type && c.nulls == 1);
        CHECK_OK(&run, hone_column_cast(&run, &c, HONE_INT64, false, &mem, &back));
        for (size_t i = 0; i < 4; i++) {
            CHECK(same_cell(&back, i, &t->column[0], i));
        }
    }
    CHECK_FAILS_WITH(&run, hone_column_cast(&run, &t->column[2], HONE_INT64, false, &mem, &c),
                     HONE_E_FORMAT, "column x, row 1: '0.5' is no int64");
    CHECK_OK(&run, hone_column_cast(&run, &t->column[2], HONE_INT64, true, &mem, &c));
    CHECK(c.nulls == 3 && hone_column_i64(&c, 3) == 0);
    CHECK_FAILS_WITH(&run, hone_column_cast(&run, &t->column[3], HONE_DATE, false, &mem, &c),
                     HONE_E_FORMAT, "'one' is no date");
    CHECK_FAILS(&run, hone_column_cast(&run, &t->column[3], HONE_VECTOR, false, &mem, &c),
                HONE_E_UNSUPPORTED);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void times_cast_by_whole_days(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_builder *b;
    struct hone_column text;
    struct hone_column time;
    struct hone_column day;
    (void)state;

    CHECK_OK(&run, hone_builder_new(&run, "when", HONE_UTF8, &mem, &b));
    CHECK_OK(&run, hone_builder_str(&run, b, s("1969-12-31T23:59:59Z")));
    CHECK_OK(&run, hone_builder_str(&run, b, s("2024-02-29")));
    CHECK_OK(&run, hone_builder_end(&run, b, &text));
    CHECK_OK(&run, hone_column_cast(&run, &text, HONE_TIMESTAMP, false, &mem, &time));
    CHECK(hone_column_i64(&time, 0) == -1000000);
    CHECK_OK(&run, hone_column_cast(&run, &time, HONE_DATE, false, &mem, &day));
    CHECK(hone_column_i64(&day, 0) == -1 && hone_column_i64(&day, 1) == 19782);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void the_hash_is_of_the_content(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = sample(&run, &mem);
    struct hone_table *u = NULL;
    struct hone_column column[4];
    static const size_t same[] = {0, 1, 2, 3};
    static const size_t swapped[] = {1, 0, 2, 3};
    struct hone_sha a;
    struct hone_sha b;
    (void)state;

    CHECK_OK(&run, hone_table_hash(&run, t, &a));
    CHECK_OK(&run, hone_table_take(&run, t, same, 4, &mem, &u));
    CHECK_OK(&run, hone_table_hash(&run, u, &b));
    CHECK_STR(b.hex, a.hex);
    memcpy(column, t->column, sizeof column);
    CHECK_OK(&run, hone_column_cast(&run, &t->column[1], HONE_UTF8, false, &mem, &column[1]));
    CHECK_OK(&run, hone_table_of(&run, column, 4, &mem, &u));
    CHECK_OK(&run, hone_table_hash(&run, u, &b));
    CHECK_STR(b.hex, a.hex); /* category or text: the same words */
    CHECK_OK(&run, hone_table_take(&run, t, swapped, 4, &mem, &u));
    CHECK_OK(&run, hone_table_hash(&run, u, &b));
    CHECK(strcmp(a.hex, b.hex) != 0);
    column[0].name = "m";
    CHECK_OK(&run, hone_table_of(&run, column, 4, &mem, &u));
    CHECK_OK(&run, hone_table_hash(&run, u, &b));
    CHECK(strcmp(a.hex, b.hex) != 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void types_have_names(void **state)
{
    (void)state;
    for (enum hone_type type = HONE_BOOL; type < HONE_TYPE_COUNT; type++) {
        CHECK(hone_type_parse(s(hone_type_name(type))) == type);
    }
    CHECK(hone_type_parse(s("Double")) == HONE_FLOAT64);
    CHECK(hone_type_parse(s("colour")) == HONE_TYPE_COUNT);
}

const struct CMUnitTest hone_tests_table[] = {
    cmocka_unit_test(columns_hold_what_was_put_in),
    cmocka_unit_test(columns_are_found_selected_and_dropped),
    cmocka_unit_test(rows_are_taken_in_any_order),
    cmocka_unit_test(tables_are_put_one_after_the_other),
    cmocka_unit_test(casts_keep_the_value_or_say_which_does_not_fit),
    cmocka_unit_test(times_cast_by_whole_days),
    cmocka_unit_test(the_hash_is_of_the_content),
    cmocka_unit_test(types_have_names),
};
const size_t hone_tests_table_n = sizeof hone_tests_table / sizeof hone_tests_table[0];

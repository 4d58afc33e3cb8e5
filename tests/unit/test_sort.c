/* Sorting: keys from text, order by brute force on random tables, the same with any number of threads. */
#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "table/builder.h"
#include "table/sort.h"
#include "tables.h"

static void keys_are_read(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_sort_key *key = NULL;
    size_t n = 0;

    (void)state;
    CHECK_OK(&room->run,
             hone_sort_parse(&room->run,
                             hone_str("age desc, -\"a, b\" nulls first, name asc nulls last,x"),
                             &room->mem, &key, &n));
    CHECK(n == 4);
    CHECK_STR(key[0].column, "age");
    CHECK(key[0].descending && !key[0].missing_first);
    CHECK_STR(key[1].column, "a, b");
    CHECK(key[1].descending && key[1].missing_first);
    CHECK_STR(key[2].column, "name");
    CHECK(!key[2].descending && !key[2].missing_first);
    CHECK_STR(key[3].column, "x");
    CHECK_FAILS_WITH(&room->run,
                     hone_sort_parse(&room->run, hone_str("age down"), &room->mem, &key, &n),
                     HONE_E_ARG, "expected asc, desc, nulls or a comma (character 5)");
    CHECK_FAILS_WITH(&room->run,
                     hone_sort_parse(&room->run, hone_str("a nulls 1"), &room->mem, &key, &n),
                     HONE_E_ARG, "expected first or last");
    CHECK_FAILS_WITH(&room->run,
                     hone_sort_parse(&room->run, hone_str("a,"), &room->mem, &key, &n),
                     HONE_E_ARG, "expected the name of a column");
    CHECK_FAILS_WITH(&room->run,
                     hone_sort_parse(&room->run, hone_str(""), &room->mem, &key, &n),
                     HONE_E_ARG, "expected the name of a column");
    tables_leave(room);
}

/* Columns of every kind with few distinct values, some missing. */
static struct hone_table *random_table(struct tables_room *room, size_t rows, uint64_t seed)
{
    static const enum hone_type types[] = {HONE_INT64,    HONE_FLOAT64, HONE_UTF8,
                                           HONE_CATEGORY, HONE_DATE,    HONE_BOOL};
    static const char *const names[] = {"i", "f", "t", "c", "d", "b"};
    static const double reals[] = {0.0, -0.0, 1.5, -2.25, 1e300, -1e300};
    struct hone_column column[6];
    struct hone_table *t = NULL;
    struct hone_rng rng = hone_rng(seed, 3);

    for (size_t k = 0; k < 6; k++) {
        struct hone_builder *b;
        CHECK_OK(&room->run, hone_builder_new(&room->run, names[k], types[k], &room->mem, &b));
        for (size_t i = 0; i < rows; i++) {
            uint64_t r = hone_rng_below(&rng, 9);
            if (r == 8) {
                CHECK_OK(&room->run, hone_builder_null(&room->run, b));
            } else if (types[k] == HONE_FLOAT64) {
                double value = r < 6 ? reals[r] : r == 6 ? (double)NAN : hone_rng_normal(&rng);
                CHECK_OK(&room->run, hone_builder_f64(&room->run, b, value));
            } else if (hone_type_is_text(types[k])) {
                /* long common beginnings, ends by NUL, the empty text */
                struct hone_buf s = hone_buf(&room->mem);
                hone_buf_format(&s, "%.*s%.*s", (int)hone_rng_below(&rng, 4) * 9,
                                "the same beginning of all", (int)hone_rng_below(&rng, 3),
                                "\xc3\xa9x");
                hone_buf_bytes(&s, "\0\0", hone_rng_below(&rng, 3));
                CHECK_OK(&room->run,
                         hone_builder_str(&room->run, b, (struct hone_str){s.ptr, s.len}));
            } else {
                int64_t value = (int64_t)r - 4;
                value =
                    types[k] == HONE_INT64 && r > 5 ? value * INT64_C(1000000000000000) : value;
                CHECK_OK(
                    &room->run,
                    hone_builder_i64(&room->run, b, types[k] == HONE_BOOL ? value & 1 : value));
            }
        }
        CHECK_OK(&room->run, hone_builder_end(&room->run, b, &column[k]));
    }
    CHECK_OK(&room->run, hone_table_of(&room->run, column, 6, &room->mem, &t));
    return t;
}

/* The order that the header promises, spelled out. */
static int compare_cells(const struct hone_column *c, const struct hone_sort_key *key, size_t a,
                         size_t b)
{
    bool va = hone_is_valid(c, a);
    bool vb = hone_is_valid(c, b);
    int order;

    if (!va || !vb) {
        return va == vb ? 0 : (va ? 1 : -1) * (key->missing_first ? 1 : -1);
    }
    if (hone_type_is_text(c->type)) {
        order = hone_str_cmp(hone_column_str(c, a), hone_column_str(c, b));
    } else if (c->type == HONE_FLOAT64) {
        double x = hone_column_f64(c, a);
        double y = hone_column_f64(c, b);
        order =
            isnan(x) || isnan(y) ? (isnan(x) ? 1 : 0) - (isnan(y) ? 1 : 0) : (x > y) - (x < y);
    } else {
        int64_t x = hone_column_i64(c, a);
        int64_t y = hone_column_i64(c, b);
        order = (x > y) - (x < y);
    }
    return key->descending ? -order : order;
}

static void order_is_that_of_the_definition(void **state)
{
    static const char *const names[] = {"i", "f", "t", "c", "d", "b"};
    struct tables_room *room = tables_enter(1);
    struct hone_rng rng = hone_rng(5, 5);

    (void)state;
    for (size_t round = 0; round < 60; round++) {
        size_t rows = hone_rng_below(&rng, 400);
        struct hone_table *t = random_table(room, rows, round);
        struct hone_sort_key key[4];
        size_t n = 1 + hone_rng_below(&rng, 4);
        size_t *row = NULL;
        uint8_t *seen = hone_arena_must(&room->mem, rows + 1);
        for (size_t k = 0; k < n; k++) {
            key[k] = (struct hone_sort_key){names[hone_rng_below(&rng, 6)],
                                            hone_rng_below(&rng, 2) == 1,
                                            hone_rng_below(&rng, 2) == 1};
        }
        CHECK_OK(&room->run, hone_sort_order(&room->run, t, key, n, &room->mem, &row));
        for (size_t i = 0; i < rows; i++) {
            int order = 0;
            CHECK(row[i] < rows && !seen[row[i]]);
            seen[row[i]] = 1;
            for (size_t k = 0; i > 0 && order == 0 && k < n; k++) {
                order = compare_cells(hone_table_find(t, hone_str(key[k].column)), &key[k],
                                      row[i - 1], row[i]);
            }
            CHECK(i == 0 || order < 0 || (order == 0 && row[i - 1] < row[i]));
        }
    }
    tables_leave(room);
}

static void threads_change_nothing(void **state)
{
    static const struct hone_sort_key key[] = {
        {"t", true, false}, {"f", false, true}, {"i", false, false}};
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = random_table(room, 150000, 77);
    struct hone_table *one = NULL;
    struct hone_table *many = NULL;
    struct hone_sha a;
    struct hone_sha b;
    struct hone_pool *pool = hone_pool_new(4);

    (void)state;
    CHECK_OK(&room->run, hone_table_sort(&room->run, t, key, 3, &room->mem, &one));
    room->run.pool = pool;
    CHECK_OK(&room->run, hone_table_sort(&room->run, t, key, 3, &room->mem, &many));
    CHECK_OK(&room->run, hone_table_hash(&room->run, one, &a));
    CHECK_OK(&room->run, hone_table_hash(&room->run, many, &b));
    CHECK_STR(a.hex, b.hex);
    room->run.pool = NULL;
    hone_pool_free(pool);
    tables_leave(room);
}

static void wrong_keys_are_refused(void **state)
{
    static const struct hone_sort_key none[] = {{"agee", false, false}};
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, "age,x\n1,2\n3,4\n", NULL);
    struct hone_table *sorted = NULL;
    size_t *row = NULL;

    (void)state;
    CHECK_FAILS_WITH(&room->run, hone_sort_order(&room->run, t, none, 1, &room->mem, &row),
                     HONE_E_NOT_FOUND, "there is no column 'agee'");
    CHECK_OK(&room->run, hone_table_sort(&room->run, t, NULL, 0, &room->mem, &sorted));
    CHECK(sorted->rows == 2 && hone_column_i64(&sorted->column[0], 0) == 1);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_sort[] = {
    cmocka_unit_test(keys_are_read),
    cmocka_unit_test(order_is_that_of_the_definition),
    cmocka_unit_test(threads_change_nothing),
    cmocka_unit_test(wrong_keys_are_refused),
};
const size_t hone_tests_sort_n = sizeof hone_tests_sort / sizeof hone_tests_sort[0];

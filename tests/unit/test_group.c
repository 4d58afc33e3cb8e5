/* Groups: pandas' figures, brute force on random tables, exact sums, the same with any number of threads. */
#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "table/builder.h"
#include "table/group.h"
#include "tables.h"

static struct hone_table *grouped(struct tables_room *room, const struct hone_table *t,
                                  const char *by, const char *what)
{
    struct hone_aggregate *a = NULL;
    struct hone_table *out = NULL;
    size_t n = 0;

    CHECK_OK(&room->run, hone_aggregate_parse(&room->run, hone_str(what), &room->mem, &a, &n));
    CHECK_OK(&room->run,
             hone_table_group(&room->run, t, &by, by == NULL ? 0 : 1, a, n, &room->mem, &out));
    return out;
}

static const char *const csv =
    "k,n,x\na,1,0.1\nb,2,0.2\na,3,0.3\n,4,1e16\nb,2,1\na,,-0.7\n,7,1\nc,,\n";

/* pandas 1.5.3, tests/golden/table_ops.py; sums are compensated here, so that they are the nearest double. */
static void figures_are_those_of_pandas(void **state)
{
    static const double want[][4] = {
        /* sum, mean, std, 0.9 quantile */
        {-0.3, -0.1, 0.529150262212918054, 0.26},
        {1.2, 0.6, 0.565685424949238014, 0.92},
        {0.0, (double)NAN, (double)NAN, (double)NAN},
        {10000000000000001.0, 5000000000000000.5, 7071067811865475.0, 9000000000000000.1},
    };
    struct tables_room *room = tables_enter(1);
    struct hone_table *t =
        tables_read(&room->run, &room->mem, csv, "k=category,n=int64,x=float64");
    struct hone_table *g =
        grouped(room, t, "k",
                "sum(x), mean(x), std(x), quantile(x, 0.9) as q, count, count(x), "
                "distinct(n), min(x), max(x), median(x), first(n), last(n), sum(n), any(k)");

    (void)state;
    CHECK(g->rows == 4 && g->cols == 15);
    CHECK_STR(g->column[4].name, "q");
    CHECK_STR(g->column[5].name, "count");
    CHECK_STR(g->column[6].name, "count_x");
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            /* one rounding of what pandas prints to 17 digits */
            CHECK_NEAR(hone_column_f64(&g->column[k + 1], i), want[i][k],
                       fabs(want[i][k]) * 1e-15);
        }
    }
    g = grouped(
        room, t, "k",
        "count, count(x), distinct(n), min(x), max(x), median(x), first(n), last(n), sum(n)");
    CHECK_STR(tables_cells(&room->mem, g), "a 3 3 2 -0.7 0.3 0.1 1 3 4|b 2 2 1 0.2 1 0.6 2 2 4|"
                                           "c 1 0 0 . . . . . 0|. 2 2 2 1 1e+16 5e+15 4 7 11");
    tables_leave(room);
}

static void no_keys_are_one_group(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, csv, "n=int64,x=float64");
    struct hone_table *none = NULL;

    (void)state;
    CHECK_STR(tables_cells(&room->mem, grouped(room, t, NULL, "count, sum(n), max(k)")),
              "8 19 c");
    CHECK_OK(&room->run, hone_table_take(&room->run, t, NULL, 0, &room->mem, &none));
    CHECK_STR(
        tables_cells(&room->mem, grouped(room, none, NULL, "count, sum(n), max(k), mean(x)")),
        "0 0 . .");
    CHECK(grouped(room, none, "k", "count")->rows == 0);
    tables_leave(room);
}

static void sums_are_exact_or_refused(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(
        &room->run, &room->mem,
        "k,n\n1,9223372036854775807\n1,9223372036854775807\n1,-9223372036854775807\n"
        "2,9223372036854775807\n2,1\n",
        "n=int64,k=int64");
    struct hone_table *g = NULL;
    const char *by = "k";
    struct hone_aggregate sum = {.kind = HONE_AGGREGATE_SUM, .column = "n"};

    (void)state;
    CHECK_FAILS_WITH(&room->run,
                     hone_table_group(&room->run, t, &by, 1, &sum, 1, &room->mem, &g),
                     HONE_E_NUMERIC, "the sum of column n over the group of row 4");
    sum.kind = HONE_AGGREGATE_MEAN;
    CHECK_OK(&room->run, hone_table_group(&room->run, t, &by, 1, &sum, 1, &room->mem, &g));
    CHECK_NEAR(hone_column_f64(&g->column[1], 1), 0x1p62, 0.0);
    tables_leave(room);
}

static void aggregates_are_read(void **state)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"summ(x)", "there is no aggregate 'summ'"},
        {"sum", "sum wants a column"},
        {"sum(x", "is not function(column)"},
        {"quantile(x)", "quantile(column, share from 0 to 1)"},
        {"quantile(x, 90)", "quantile(column, share from 0 to 1)"},
        {"sum(x) total", "expected 'as NAME'"},
        {"sum(x, y)", "is not function(column)"},
        {"", "there is no aggregate ''"},
    };
    struct tables_room *room = tables_enter(1);
    struct hone_aggregate *a = NULL;
    size_t n = 0;

    (void)state;
    CHECK_OK(&room->run,
             hone_aggregate_parse(
                 &room->run, hone_str("AVG(\"a, (b\") as \"m x\", count(*) as n, median(y)"),
                 &room->mem, &a, &n));
    CHECK(n == 3 && a[0].kind == HONE_AGGREGATE_MEAN && a[1].column == NULL);
    CHECK_STR(a[0].column, "a, (b");
    CHECK_STR(a[0].name, "m x");
    CHECK_STR(a[1].name, "n");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_FAILS_WITH(
            &room->run,
            hone_aggregate_parse(&room->run, hone_str(wrong[i].text), &room->mem, &a, &n),
            HONE_E_ARG, wrong[i].message);
    }
    tables_leave(room);
}

static void wrong_types_are_refused(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, csv, NULL);
    struct hone_table *g = NULL;
    const char *by = "k";
    const char *no = "kk";
    struct hone_aggregate sum = {.kind = HONE_AGGREGATE_SUM, .column = "k"};
    struct hone_aggregate two[] = {{.kind = HONE_AGGREGATE_COUNT},
                                   {.kind = HONE_AGGREGATE_COUNT}};

    (void)state;
    CHECK_FAILS_WITH(&room->run,
                     hone_table_group(&room->run, t, &by, 1, &sum, 1, &room->mem, &g),
                     HONE_E_ARG, "sum wants numbers, but column k is");
    CHECK_FAILS(&room->run, hone_table_group(&room->run, t, &no, 1, &sum, 1, &room->mem, &g),
                HONE_E_NOT_FOUND);
    CHECK_FAILS_WITH(&room->run,
                     hone_table_group(&room->run, t, &by, 1, two, 2, &room->mem, &g),
                     HONE_E_CONFLICT, "two columns are named count");
    tables_leave(room);
}

/* Two int keys of so wide a range that they do not fit one word, a text key, and values. */
static struct hone_table *random_table(struct tables_room *room, size_t rows, uint64_t seed)
{
    struct hone_builder *b[4];
    struct hone_column c[4];
    struct hone_table *t = NULL;
    struct hone_rng rng = hone_rng(seed, 9);
    static const char *const names[] = {"p", "q", "w", "x"};
    static const enum hone_type types[] = {HONE_INT64, HONE_FLOAT64, HONE_UTF8, HONE_INT64};

    for (size_t k = 0; k < 4; k++) {
        CHECK_OK(&room->run,
                 hone_builder_new(&room->run, names[k], types[k], &room->mem, &b[k]));
    }
    for (size_t i = 0; i < rows; i++) {
        char word[2] = {(char)('a' + (char)hone_rng_below(&rng, 3)), 0};
        uint64_t r = hone_rng_below(&rng, 4);
        CHECK_OK(&room->run, r == 3
                                 ? hone_builder_null(&room->run, b[0])
                                 : hone_builder_i64(&room->run, b[0],
                                                    (int64_t)r * INT64_C(4000000000000000000) -
                                                        INT64_C(4000000000000000000)));
        CHECK_OK(&room->run, hone_builder_f64(&room->run, b[1],
                                              hone_rng_below(&rng, 3) == 0   ? (double)NAN
                                              : hone_rng_below(&rng, 2) == 0 ? -0.0
                                                                             : 0.0));
        CHECK_OK(&room->run, hone_builder_str(&room->run, b[2], hone_str(word)));
        CHECK_OK(&room->run,
                 hone_builder_i64(&room->run, b[3], (int64_t)hone_rng_below(&rng, 50)));
    }
    for (size_t k = 0; k < 4; k++) {
        CHECK_OK(&room->run, hone_builder_end(&room->run, b[k], &c[k]));
    }
    CHECK_OK(&room->run, hone_table_of(&room->run, c, 4, &room->mem, &t));
    return t;
}

/* -0 and 0 are one key, NaN is one. */
static bool same_key(const struct hone_table *a, size_t i, const struct hone_table *b, size_t j)
{
    double x = hone_column_f64(&a->column[1], i);
    double y = hone_column_f64(&b->column[1], j);
    bool p = hone_is_valid(&a->column[0], i);
    return p == hone_is_valid(&b->column[0], j) &&
           (!p || hone_column_i64(&a->column[0], i) == hone_column_i64(&b->column[0], j)) &&
           (x == y || (isnan(x) && isnan(y))) &&
           hone_str_eq(hone_column_str(&a->column[2], i), hone_column_str(&b->column[2], j));
}

static void groups_are_those_of_brute_force(void **state)
{
    static const char *const by[] = {"p", "q", "w"};
    struct tables_room *room = tables_enter(1);
    struct hone_aggregate *a = NULL;
    size_t n = 0;

    (void)state;
    CHECK_OK(&room->run,
             hone_aggregate_parse(&room->run,
                                  hone_str("count, sum(x), distinct(x), median(x), max(x)"),
                                  &room->mem, &a, &n));
    for (size_t round = 0; round < 20; round++) {
        struct hone_table *t = random_table(room, 30 + round * 40, round);
        struct hone_table *g = NULL;
        struct hone_table *d = NULL;
        size_t total = 0;
        CHECK_OK(&room->run, hone_table_group(&room->run, t, by, 3, a, n, &room->mem, &g));
        CHECK_OK(&room->run, hone_table_distinct(&room->run, t, by, 3, &room->mem, &d));
        CHECK(d->rows == g->rows && d->cols == t->cols);
        for (size_t k = 0; k < g->rows; k++) {
            size_t count[50] = {0};
            int64_t sum = 0;
            int64_t rows = 0;
            int64_t different = 0;
            int64_t most = -1;
            for (size_t i = 0; i < t->rows; i++) {
                int64_t x = hone_column_i64(&t->column[3], i);
                if (same_key(g, k, t, i)) {
                    sum += x;
                    rows++;
                    different += count[x]++ == 0;
                    most = x > most ? x : most;
                }
            }
            double middle[2] = {-1.0, -1.0};
            int64_t before = 0;
            for (size_t x = 0; x < 50; x++) {
                for (size_t c = 0; c < count[x]; c++, before++) {
                    middle[0] = before == (rows - 1) / 2 ? (double)x : middle[0];
                    middle[1] = before == rows / 2 ? (double)x : middle[1];
                }
            }
            CHECK(rows > 0 && hone_column_i64(&g->column[3], k) == rows);
            CHECK(hone_column_i64(&g->column[4], k) == sum);
            CHECK(hone_column_i64(&g->column[5], k) == different);
            CHECK_NEAR(hone_column_f64(&g->column[6], k), (middle[0] + middle[1]) / 2.0, 0.0);
            CHECK(hone_column_i64(&g->column[7], k) == most);
            total += (size_t)rows;
        }
        CHECK(total == t->rows);
    }
    tables_leave(room);
}

static void threads_change_nothing(void **state)
{
    static const char *const by[] = {"w", "p"};
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = random_table(room, 150000, 5);
    struct hone_aggregate *a = NULL;
    struct hone_table *g[2] = {NULL, NULL};
    struct hone_sha sha[2];
    size_t n = 0;
    struct hone_pool *pool = hone_pool_new(4);

    (void)state;
    CHECK_OK(&room->run,
             hone_aggregate_parse(
                 &room->run,
                 hone_str("count, sum(x), std(x), quantile(x, 0.3) as q, first(q) as f"),
                 &room->mem, &a, &n));
    for (size_t k = 0; k < 2; k++) {
        room->run.pool = k == 0 ? NULL : pool;
        CHECK_OK(&room->run, hone_table_group(&room->run, t, by, 2, a, n, &room->mem, &g[k]));
        CHECK_OK(&room->run, hone_table_hash(&room->run, g[k], &sha[k]));
    }
    CHECK_STR(sha[0].hex, sha[1].hex);
    room->run.pool = NULL;
    hone_pool_free(pool);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_group[] = {
    cmocka_unit_test(figures_are_those_of_pandas),
    cmocka_unit_test(no_keys_are_one_group),
    cmocka_unit_test(sums_are_exact_or_refused),
    cmocka_unit_test(aggregates_are_read),
    cmocka_unit_test(wrong_types_are_refused),
    cmocka_unit_test(groups_are_those_of_brute_force),
    cmocka_unit_test(threads_change_nothing),
};
const size_t hone_tests_group_n = sizeof hone_tests_group / sizeof hone_tests_group[0];

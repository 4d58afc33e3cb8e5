/* Joins: every kind against brute force, types brought together, as-of figures of pandas. */
#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "table/builder.h"
#include "table/derive.h"
#include "table/join.h"
#include "tables.h"

static struct hone_table *joined(struct tables_room *room, const struct hone_table *a,
                                 const struct hone_table *b, enum hone_join_kind kind)
{
    static const char *const on[] = {"k"};
    struct hone_join join = {.kind = kind, .left = on, .n = 1};
    struct hone_table *out = NULL;

    CHECK_OK(&room->run, hone_table_join(&room->run, a, b, &join, &room->mem, &out));
    return out;
}

static void every_kind_has_its_rows(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *a =
        tables_read(&room->run, &room->mem, "k,v\nx,1\ny,2\nx,3\n,4\nz,5\n", "k=category");
    struct hone_table *b =
        tables_read(&room->run, &room->mem, "v,k,w\n10,x,a\n20,q,b\n30,x,c\n40,,d\n50,y,e\n",
                    "k=text,w=text");
    struct hone_table *t = joined(room, a, b, HONE_JOIN_INNER);

    (void)state;
    CHECK_STR(tables_cells(&room->mem, t), "x 1 10 a|x 1 30 c|y 2 50 e|x 3 10 a|x 3 30 c");
    CHECK_STR(t->column[2].name, "v_right");
    CHECK_STR(tables_cells(&room->mem, joined(room, a, b, HONE_JOIN_LEFT)),
              "x 1 10 a|x 1 30 c|y 2 50 e|x 3 10 a|x 3 30 c|. 4 . .|z 5 . .");
    CHECK_STR(tables_cells(&room->mem, joined(room, a, b, HONE_JOIN_RIGHT)),
              "x 1 10 a|x 1 30 c|y 2 50 e|x 3 10 a|x 3 30 c|q . 20 b|. . 40 d");
    CHECK_STR(tables_cells(&room->mem, joined(room, a, b, HONE_JOIN_FULL)),
              "x 1 10 a|x 1 30 c|y 2 50 e|x 3 10 a|x 3 30 c|. 4 . .|z 5 . .|q . 20 b|. . 40 d");
    CHECK_STR(tables_cells(&room->mem, joined(room, a, b, HONE_JOIN_SEMI)), "x 1|y 2|x 3");
    CHECK_STR(tables_cells(&room->mem, joined(room, a, b, HONE_JOIN_ANTI)), ". 4|z 5");
    tables_leave(room);
}

static void types_are_brought_together(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *i =
        tables_read(&room->run, &room->mem, "k,a\n1,1\n9007199254740993,2\n-3,3\n", "k=int64");
    struct hone_table *f = tables_read(
        &room->run, &room->mem, "k,b\n1.0,1\n9007199254740992,2\n0.5,3\nnan,4\n", "k=float64");
    struct hone_table *d =
        tables_read(&room->run, &room->mem, "k,a\n2024-01-31,1\n2024-02-01,2\n", "k=date");
    struct hone_table *s =
        tables_read(&room->run, &room->mem,
                    "k,b\n2024-01-31T00:00:00Z,1\n2024-02-01T00:00:01Z,2\n", "k=timestamp");
    static const char *const on[] = {"k"};
    struct hone_join join = {.left = on, .n = 1};
    struct hone_table *out = NULL;

    (void)state;
    CHECK_STR(tables_cells(&room->mem, joined(room, i, f, HONE_JOIN_INNER)), "1 1 1");
    CHECK_STR(tables_cells(&room->mem, joined(room, f, f, HONE_JOIN_SEMI)),
              "1 1|9007199254740992 2|0.5 3");
    CHECK_STR(tables_cells(&room->mem, joined(room, d, s, HONE_JOIN_INNER)), "2024-01-31 1 1");
    CHECK_STR(tables_cells(&room->mem, joined(room, i, f, HONE_JOIN_RIGHT)),
              "1 1 1|9007199254740992 . 2|0.5 . 3|. . 4");
    CHECK_FAILS_WITH(&room->run, hone_table_join(&room->run, i, d, &join, &room->mem, &out),
                     HONE_E_ARG, "key k is int64 on the left, k is date on the right");
    join.n = 0;
    CHECK_FAILS_WITH(&room->run, hone_table_join(&room->run, i, i, &join, &room->mem, &out),
                     HONE_E_ARG, "at least one key");
    tables_leave(room);
}

static void checks_say_which_key(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *a = tables_read(&room->run, &room->mem, "k,a\n1,1\n2,2\n,9\n", NULL);
    struct hone_table *b =
        tables_read(&room->run, &room->mem, "k,b\n2,1\n7,2\n2,3\n,4\n,5\n", NULL);
    static const char *const on[] = {"k"};
    struct hone_join join = {.left = on, .n = 1, .check = HONE_JOIN_ONE_TO_MANY};
    struct hone_table *out = NULL;

    (void)state;
    CHECK_OK(&room->run, hone_table_join(&room->run, a, b, &join, &room->mem, &out));
    join.check = HONE_JOIN_MANY_TO_ONE;
    CHECK_FAILS_WITH(&room->run, hone_table_join(&room->run, a, b, &join, &room->mem, &out),
                     HONE_E_CONFLICT, "the key 2 stands in rows 1 and 3 of the right table");
    join.check = HONE_JOIN_ONE_TO_ONE;
    CHECK_FAILS_WITH(&room->run, hone_table_join(&room->run, b, a, &join, &room->mem, &out),
                     HONE_E_CONFLICT, "of the left table");
    tables_leave(room);
}

/* Two keys, of which each may be missing. */
static struct hone_table *random_table(struct tables_room *room, size_t rows, uint64_t seed,
                                       const char *value)
{
    const char *const names[] = {"p", "q", value};
    static const enum hone_type types[] = {HONE_INT64, HONE_CATEGORY, HONE_INT64};
    static const char *const words[] = {"u", "v", "w"};
    struct hone_builder *b[3];
    struct hone_column c[3];
    struct hone_table *t = NULL;
    struct hone_rng rng = hone_rng(seed, 4);

    for (size_t k = 0; k < 3; k++) {
        CHECK_OK(&room->run,
                 hone_builder_new(&room->run, names[k], types[k], &room->mem, &b[k]));
    }
    for (size_t i = 0; i < rows; i++) {
        uint64_t p = hone_rng_below(&rng, 6);
        uint64_t q = hone_rng_below(&rng, 4);
        CHECK_OK(&room->run, p == 5
                                 ? hone_builder_null(&room->run, b[0])
                                 : hone_builder_i64(&room->run, b[0], (int64_t)p * 1000000007));
        CHECK_OK(&room->run, q == 3 ? hone_builder_null(&room->run, b[1])
                                    : hone_builder_str(&room->run, b[1], hone_str(words[q])));
        CHECK_OK(&room->run, hone_builder_i64(&room->run, b[2], (int64_t)i));
    }
    for (size_t k = 0; k < 3; k++) {
        CHECK_OK(&room->run, hone_builder_end(&room->run, b[k], &c[k]));
    }
    CHECK_OK(&room->run, hone_table_of(&room->run, c, 3, &room->mem, &t));
    return t;
}

static bool meet(const struct hone_table *a, size_t i, const struct hone_table *b, size_t j)
{
    for (size_t k = 0; k < 2; k++) {
        if (!hone_is_valid(&a->column[k], i) || !hone_is_valid(&b->column[k], j)) {
            return false;
        }
    }
    return hone_column_i64(&a->column[0], i) == hone_column_i64(&b->column[0], j) &&
           hone_str_eq(hone_column_str(&a->column[1], i), hone_column_str(&b->column[1], j));
}

/* Pairs by looking at all of them: "left,right;" with . for none. */
static const char *brute(struct tables_room *room, const struct hone_table *a,
                         const struct hone_table *b, enum hone_join_kind kind)
{
    struct hone_buf buf = hone_buf(&room->mem);
    bool *met = hone_arena_must(&room->mem, b->rows + 1);
    bool pairs = kind != HONE_JOIN_SEMI && kind != HONE_JOIN_ANTI;

    hone_buf_text(&buf, "");
    for (size_t i = 0; i < a->rows; i++) {
        bool any = false;
        for (size_t j = 0; j < b->rows; j++) {
            if (meet(a, i, b, j)) {
                any = met[j] = true;
                if (pairs) {
                    hone_buf_format(&buf, "%zu,%zu;", i, j);
                }
            }
        }
        if ((kind == HONE_JOIN_SEMI && any) || (kind == HONE_JOIN_ANTI && !any) ||
            (!any && (kind == HONE_JOIN_LEFT || kind == HONE_JOIN_FULL))) {
            hone_buf_format(&buf, "%zu,.;", i);
        }
    }
    for (size_t j = 0; j < b->rows && (kind == HONE_JOIN_RIGHT || kind == HONE_JOIN_FULL);
         j++) {
        if (!met[j]) {
            hone_buf_format(&buf, ".,%zu;", j);
        }
    }
    return buf.ptr;
}

static const char *pairs_of(struct tables_room *room, const struct hone_table *t)
{
    struct hone_buf buf = hone_buf(&room->mem);
    const struct hone_column *a = hone_table_find(t, hone_str("a"));
    const struct hone_column *b = hone_table_find(t, hone_str("b"));

    hone_buf_text(&buf, "");
    for (size_t i = 0; i < t->rows; i++) {
        hone_buf_text(&buf, hone_is_valid(a, i) ? "" : ".");
        hone_column_print(&buf, a, i);
        hone_buf_text(&buf, b != NULL && hone_is_valid(b, i) ? "," : ",.");
        if (b != NULL) {
            hone_column_print(&buf, b, i);
        }
        hone_buf_char(&buf, ';');
    }
    return buf.ptr;
}

static void joins_are_those_of_brute_force(void **state)
{
    static const char *const on[] = {"p", "q"};
    struct tables_room *room = tables_enter(1);
    struct hone_pool *pool = hone_pool_new(3);

    (void)state;
    for (size_t round = 0; round < 30; round++) {
        struct hone_table *a = random_table(room, round * 5 % 70, round, "a");
        struct hone_table *b = random_table(room, round * 11 % 50, round + 100, "b");
        for (enum hone_join_kind kind = HONE_JOIN_INNER; kind <= HONE_JOIN_ANTI; kind++) {
            struct hone_join join = {.kind = kind, .left = on, .n = 2};
            struct hone_table *out = NULL;
            room->run.pool = round % 2 == 0 ? NULL : pool;
            CHECK_OK(&room->run, hone_table_join(&room->run, a, b, &join, &room->mem, &out));
            CHECK_STR(pairs_of(room, out), brute(room, a, b, kind));
        }
    }
    room->run.pool = NULL;
    hone_pool_free(pool);
    tables_leave(room);
}

/* pandas.merge_asof 1.5.3, tests/golden/table_ops.py. */
static void as_of_is_that_of_pandas(void **state)
{
    static const char *const by[] = {"k"};
    struct tables_room *room = tables_enter(1);
    struct hone_table *left = tables_read(&room->run, &room->mem,
                                          "at,k,a\n1,x,1\n5,x,2\n10,x,3\n3,y,4\n,x,5\n", NULL);
    struct hone_table *right = tables_read(
        &room->run, &room->mem, "at,k,b\n9,y,90\n5,x,50\n2,x,20\n5,x,51\n,x,7\n", NULL);
    struct hone_asof asof = {.left_time = "at", .right_time = "at", .left = by, .n = 1};
    struct hone_table *out = NULL;

    (void)state;
    CHECK_OK(&room->run,
             hone_table_join_asof(&room->run, left, right, &asof, &room->mem, &out));
    CHECK_STR(tables_cells(&room->mem, out),
              "1 x 1 . .|5 x 2 5 51|10 x 3 5 51|3 y 4 . .|. x 5 . .");
    CHECK_STR(out->column[3].name, "at_right");
    asof.strict = true;
    CHECK_OK(&room->run,
             hone_table_join_asof(&room->run, left, right, &asof, &room->mem, &out));
    CHECK_STR(tables_cells(&room->mem, out),
              "1 x 1 . .|5 x 2 2 20|10 x 3 5 51|3 y 4 . .|. x 5 . .");
    asof.strict = false;
    asof.tolerance = 2.0;
    CHECK_OK(&room->run,
             hone_table_join_asof(&room->run, left, right, &asof, &room->mem, &out));
    CHECK_STR(tables_cells(&room->mem, out),
              "1 x 1 . .|5 x 2 5 51|10 x 3 . .|3 y 4 . .|. x 5 . .");
    asof.n = 0;
    asof.tolerance = 0.0;
    CHECK_OK(&room->run,
             hone_table_join_asof(&room->run, left, right, &asof, &room->mem, &out));
    CHECK(out->rows == 5 && out->cols == 6);
    CHECK(hone_column_i64(hone_table_find(out, hone_str("b")), 3) == 20);
    asof.right_time = "k";
    CHECK_FAILS(&room->run,
                hone_table_join_asof(&room->run, left, right, &asof, &room->mem, &out),
                HONE_E_ARG);
    tables_leave(room);
}

static void days_meet_moments(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *left = tables_read(
        &room->run, &room->mem, "at\n2024-01-02T10:00:00Z\n2024-01-01T23:59:59Z\n", NULL);
    struct hone_table *right =
        tables_read(&room->run, &room->mem, "at,b\n2024-01-01,1\n2024-01-02,2\n", NULL);
    struct hone_asof asof = {.left_time = "at", .right_time = "at"};
    struct hone_table *out = NULL;

    (void)state;
    CHECK_OK(&room->run,
             hone_table_join_asof(&room->run, left, right, &asof, &room->mem, &out));
    CHECK(hone_column_i64(&out->column[2], 0) == 2 && hone_column_i64(&out->column[2], 1) == 1);
    tables_leave(room);
}

static void unions_go_by_name(void **state)
{
    struct tables_room *room = tables_enter(1);
    const struct hone_table *three[] = {
        tables_read(&room->run, &room->mem, "a,b\n1,x\n2,y\n", "b=category"),
        tables_read(&room->run, &room->mem, "c,a\ntrue,0.5\n", "c=bool"),
        tables_read(&room->run, &room->mem, "b,c\nlong text,false\n", "b=text,c=bool"),
    };
    const struct hone_table *wrong[] = {
        three[0], tables_read(&room->run, &room->mem, "a\n2024-01-01\n", "a=date")};
    struct hone_table *out = NULL;

    (void)state;
    CHECK_OK(&room->run, hone_table_union(&room->run, three, 3, &room->mem, &out));
    CHECK_STR(tables_cells(&room->mem, out), "1 x .|2 y .|0.5 . true|. long text false");
    CHECK(out->column[0].type == HONE_FLOAT64 && out->column[1].type == HONE_UTF8);
    CHECK_FAILS_WITH(&room->run, hone_table_union(&room->run, wrong, 2, &room->mem, &out),
                     HONE_E_SHAPE, "column a is date in table 2 and int64");
    tables_leave(room);
}

static void columns_are_derived_renamed_sliced(void **state)
{
    static const char *const definition[] = {"r = a / 2", "a = r * 10",
                                             "\"odd name\" = b || '!'"};
    static const char *const wrong[] = {"a == 2"};
    static const char *const from[] = {"a"};
    static const char *const to[] = {"b"};
    static const char *const other[] = {"z"};
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, "a,b\n1,x\n2,y\n3,z\n", NULL);
    struct hone_table *out = NULL;

    (void)state;
    CHECK_OK(&room->run, hone_table_derive(&room->run, t, definition, 3, &room->mem, &out));
    CHECK_STR(tables_cells(&room->mem, out), "5 x 0.5 x!|10 y 1 y!|15 z 1.5 z!");
    CHECK_STR(out->column[3].name, "odd name");
    CHECK_FAILS_WITH(&room->run, hone_table_derive(&room->run, t, wrong, 1, &room->mem, &out),
                     HONE_E_ARG, "'a == 2' is not 'name = expression'");
    CHECK_FAILS(&room->run, hone_table_rename(&room->run, t, from, to, 1, &room->mem, &out),
                HONE_E_CONFLICT);
    CHECK_OK(&room->run, hone_table_rename(&room->run, t, from, other, 1, &room->mem, &out));
    CHECK_STR(out->column[0].name, "z");
    CHECK_OK(&room->run, hone_table_slice(&room->run, t, 1, 10, &room->mem, &out));
    CHECK_STR(tables_cells(&room->mem, out), "2 y|3 z");
    CHECK_OK(&room->run, hone_table_slice(&room->run, t, 9, 1, &room->mem, &out));
    CHECK(out->rows == 0 && out->cols == 2);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_join[] = {
    cmocka_unit_test(every_kind_has_its_rows),
    cmocka_unit_test(types_are_brought_together),
    cmocka_unit_test(checks_say_which_key),
    cmocka_unit_test(joins_are_those_of_brute_force),
    cmocka_unit_test(as_of_is_that_of_pandas),
    cmocka_unit_test(days_meet_moments),
    cmocka_unit_test(unions_go_by_name),
    cmocka_unit_test(columns_are_derived_renamed_sliced),
};
const size_t hone_tests_join_n = sizeof hone_tests_join / sizeof hone_tests_join[0];

/* Diffs: random edits are found, all of them and nothing else; what cannot be compared is refused. */
#include "base/pool.h"
#include "base/rng.h"
#include "profile/diff.h"
#include "tables.h"

enum { COLS = 5, MOST = 260 };

/* A table of texts as CSV: cell[row][0] is the key. */
struct sheet {
    size_t rows;
    int cell[MOST][COLS]; /* -1: missing */
};

static const char *csv_of(struct hone_arena *mem, const struct sheet *s, const size_t *order)
{
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "id,n,x,word,flag\n");
    for (size_t k = 0; k < s->rows; k++) {
        const int *c = s->cell[order == NULL ? k : order[k]];
        hone_buf_format(&buf, "%d,", c[0]);
        hone_buf_format(&buf, c[1] < 0 ? "," : "%d,", c[1]);
        hone_buf_format(&buf, c[2] < 0 ? "," : "%d.25,", c[2]);
        hone_buf_format(&buf, c[3] < 0 ? "," : "w%d,", c[3]);
        hone_buf_format(&buf, c[4] < 0 ? "\n" : "%s\n", c[4] % 2 == 0 ? "true" : "false");
    }
    return buf.ptr;
}

static const char types[] = "id=int64,n=int64,x=float64,word=category,flag=bool";

/* What was done to a sheet. */
struct edits {
    size_t added, removed, changed, cells, by_column[COLS];
};

/* Change, remove and add rows at random. */
static struct edits edit(struct hone_rng *rng, const struct sheet *a, struct sheet *b)
{
    struct edits e = {0};

    b->rows = 0;
    for (size_t i = 0; i < a->rows; i++) {
        bool touched = false;
        if (hone_rng_below(rng, 10) == 0) {
            e.removed++;
            continue;
        }
        memcpy(b->cell[b->rows], a->cell[i], sizeof a->cell[i]);
        for (size_t j = 1; j < COLS; j++) {
            int old = a->cell[i][j];
            int now = j == 4 ? (old < 0 ? 1 : old % 2 == 0 ? -1 : 0) : old < 0 ? 3 : old + 1;
            if (hone_rng_below(rng, 12) == 0) {
                b->cell[b->rows][j] = now;
                e.by_column[j]++;
                e.cells++;
                touched = true;
            }
        }
        e.changed += touched;
        b->rows++;
    }
    for (size_t i = 0; i < 9; i++) {
        b->cell[b->rows][0] = 1000 + (int)i;
        for (size_t j = 1; j < COLS; j++) {
            b->cell[b->rows][j] = (int)hone_rng_below(rng, 4);
        }
        b->rows++;
        e.added++;
    }
    return e;
}

static void random_edits_are_found_exactly(void **state)
{
    struct hone_pool *pool = hone_pool_new(3);
    (void)state;

    for (uint64_t round = 0; round < 40; round++) {
        struct tables_room *room = tables_enter(round);
        struct hone_rng rng = hone_rng(round, 1);
        static struct sheet a;
        static struct sheet b;
        size_t order[MOST];
        struct edits e;
        struct hone_diff *d = NULL;
        struct hone_diff_options options = {.key = {(const char *[]){"id"}, 1}};
        struct hone_table *ta;
        struct hone_table *tb;

        a.rows = 30 + (size_t)hone_rng_below(&rng, 200);
        for (size_t i = 0; i < a.rows; i++) {
            a.cell[i][0] = (int)i * 3;
            for (size_t j = 1; j < COLS; j++) {
                a.cell[i][j] = (int)hone_rng_below(&rng, 9) - 1;
            }
        }
        e = edit(&rng, &a, &b);
        for (size_t i = 0; i < b.rows; i++) {
            order[i] = i;
        }
        hone_rng_shuffle(&rng, b.rows, order);
        ta = tables_read(&room->run, &room->mem, csv_of(&room->mem, &a, NULL), types);
        tb = tables_read(&room->run, &room->mem, csv_of(&room->mem, &b, order), types);
        room->run.pool = round % 2 == 0 ? pool : NULL;
        CHECK_OK(&room->run, hone_table_diff(&room->run, ta, tb, &options, &room->mem, &d));
        CHECK(d->added == e.added && d->removed == e.removed && d->changed == e.changed);
        CHECK(d->cells == e.cells && d->same == a.rows - e.removed - e.changed);
        for (size_t j = 1; j < COLS; j++) {
            CHECK(d->column[j].changed == e.by_column[j]);
            CHECK(d->column[j].examples ==
                  (e.by_column[j] < HONE_DIFF_EXAMPLES ? e.by_column[j] : HONE_DIFF_EXAMPLES));
        }
        for (size_t i = 0; i < d->changed; i++) {
            CHECK(a.cell[d->changed_row[2 * i]][0] ==
                  b.cell[order[d->changed_row[2 * i + 1]]][0]);
        }
        /* whole rows: a changed one is removed and added; same rows are found wherever they stand */
        options.key.n = 0;
        CHECK_OK(&room->run, hone_table_diff(&room->run, ta, tb, &options, &room->mem, &d));
        CHECK(d->added == e.added + e.changed && d->removed == e.removed + e.changed);
        CHECK(d->changed == 0 && d->cells == 0);
        CHECK(d->added == 0 || strcmp(d->unique, "id") == 0);
        room->run.pool = NULL;
        tables_leave(room);
    }
    hone_pool_free(pool);
}

/* The diff of two CSV texts. */
static struct hone_diff *diff_of(struct tables_room *room, const char *a, const char *b,
                                 const char *key)
{
    struct hone_diff_options options = {.key = {&key, key != NULL}};
    struct hone_diff *d = NULL;

    CHECK_OK(&room->run,
             hone_table_diff(&room->run, tables_read(&room->run, &room->mem, a, NULL),
                             tables_read(&room->run, &room->mem, b, NULL), &options, &room->mem,
                             &d));
    return d;
}

static void rows_without_a_key_are_counted_as_bags(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_diff *d =
        diff_of(room, "a,b\n1,x\n1,x\n1,x\n2,y\n", "a,b\n2,y\n1,x\n3,z\n1,x\n", NULL);
    (void)state;

    CHECK(d->same == 3 && d->removed == 1 && d->added == 1 && d->added_row[0] == 2);
    CHECK(d->removed_row[0] == 2); /* the last of the three */
    d = diff_of(room, "a,b\n1,x\n2,y\n", "a,b\n2,y\n1,x\n", NULL);
    CHECK(d->equal && d->reordered);
    d = diff_of(room, "a,b\n1,x\n2,y\n", "a,b\n1,x\n2,y\n", "a");
    CHECK(d->equal && !d->reordered);
    tables_leave(room);
}

static void columns_come_go_move_and_change_type(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_diff *d = diff_of(room, "id,gone,n,t,last\n1,a,5,7,q\n2,b,6,8,q\n",
                                  "last,id,n,t,new\nq,1,5.0,x7,1\nq,2,6.5,8,2\n", "id");
    (void)state;

    CHECK(d->columns_added == 1 && d->columns_removed == 1 && d->columns_moved == 1);
    CHECK_STR(d->column[1].name, "gone");
    CHECK(d->column[1].b == SIZE_MAX && d->column[4].moved && !d->column[0].moved);
    CHECK(d->column[2].retyped && !d->column[2].as_text);
    CHECK(d->column[2].changed == 1); /* 5 is 5.0 */
    CHECK(d->column[3].as_text && d->column[3].changed == 1);
    CHECK_STR(d->column[3].example[0].old_value, "7");
    CHECK_STR(d->column[3].example[0].new_value, "x7");
    CHECK_STR(d->column[5].name, "new");
    CHECK(!d->equal);
    tables_leave(room);
}

static void missing_cells_are_told(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_diff *d = diff_of(room, "id,x\n1,\n2,5\n3,\n", "id,x\n1,4\n2,\n3,\n", "id");
    (void)state;

    CHECK(d->changed == 2 && d->column[1].appeared == 1 && d->column[1].vanished == 1);
    CHECK(d->column[1].example[0].old_value == NULL);
    CHECK_STR(d->column[1].example[0].new_value, "4");
    CHECK(d->column[1].missing_a == 2 && d->column[1].missing_b == 2);
    tables_leave(room);
}

static void tolerance_is_absolute_or_relative(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *key = "id";
    struct hone_diff_options options = {.key = {&key, 1}, .absolute = 0.01};
    struct hone_table *a =
        tables_read(&room->run, &room->mem, "id,x\n1,1.0\n2,1000000.0\n3,5.5\n4,\n", NULL);
    struct hone_table *b = tables_read(&room->run, &room->mem,
                                       "id,x\n1,1.009\n2,1000001.0\n3,5.6\n4,0.001\n", NULL);
    struct hone_diff *d = NULL;
    (void)state;

    CHECK_OK(&room->run, hone_table_diff(&room->run, a, b, &options, &room->mem, &d));
    CHECK(d->changed == 3); /* what was missing is not near */
    options.relative = 1e-6;
    CHECK_OK(&room->run, hone_table_diff(&room->run, a, b, &options, &room->mem, &d));
    CHECK(d->changed == 2);
    options.key.n = 0;
    CHECK_FAILS_WITH(&room->run, hone_table_diff(&room->run, a, b, &options, &room->mem, &d),
                     HONE_E_ARG, "tolerance needs a key");
    tables_leave(room);
}

static void keys_must_name_one_row(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *keys[] = {"id", "day"};
    struct hone_diff_options options = {.name_a = "a.csv", .name_b = "b.csv", .key = {keys, 1}};
    struct hone_table *a =
        tables_read(&room->run, &room->mem, "id,day,x\n1,1,5\n1,2,5\n2,1,5\n", NULL);
    struct hone_table *b =
        tables_read(&room->run, &room->mem, "id,day,x\n1,1,5\n2,1,6\n1,2,5\n", NULL);
    struct hone_table *gap = tables_read(&room->run, &room->mem, "id,day\n7,1\n,2\n", NULL);
    struct hone_diff *d = NULL;
    (void)state;

    CHECK_FAILS_WITH(&room->run, hone_table_diff(&room->run, a, b, &options, &room->mem, &d),
                     HONE_E_CONFLICT, "a.csv: id 1 stands in rows 1 and 2");
    options.key.n = 2;
    CHECK_OK(&room->run, hone_table_diff(&room->run, a, b, &options, &room->mem, &d));
    CHECK(d->changed == 1 && d->same == 2 && d->reordered);
    CHECK_STR(d->column[2].example[0].key, "2, 1");
    options.key.n = 1;
    CHECK_FAILS_WITH(&room->run,
                     hone_table_diff(&room->run, gap, gap, &options, &room->mem, &d),
                     HONE_E_CONFLICT, "a.csv, row 2: the key id is missing");
    keys[0] = "x";
    CHECK_FAILS_WITH(&room->run, hone_table_diff(&room->run, a, gap, &options, &room->mem, &d),
                     HONE_E_NOT_FOUND, "x");
    tables_leave(room);
}

static void nothing_in_common_is_refused_and_empty_tables_are_not(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_diff_options options = {.name_a = "a.csv"};
    struct hone_table *a = tables_read(&room->run, &room->mem, "p\n1\n", NULL);
    struct hone_table *b = tables_read(&room->run, &room->mem, "q\n1\n", NULL);
    struct hone_table *none = NULL;
    struct hone_diff *d = NULL;
    (void)state;

    CHECK_FAILS_WITH(&room->run, hone_table_diff(&room->run, a, b, &options, &room->mem, &d),
                     HONE_E_SHAPE, "no column in common");
    d = diff_of(room, "p,q\n", "p,q\n1,2\n", NULL);
    CHECK(d->added == 1 && d->removed == 0);
    d = diff_of(room, "p,q\n", "p,q\n", "p");
    CHECK(d->equal);
    CHECK_OK(&room->run, hone_table_of(&room->run, NULL, 0, &room->mem, &none));
    CHECK_OK(&room->run, hone_table_diff(&room->run, none, none, &options, &room->mem, &d));
    CHECK(d->equal);
    tables_leave(room);
}

static void shifts_are_graded_by_size(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_buf csv[2] = {hone_buf(&room->mem), hone_buf(&room->mem)};
    struct hone_rng rng = hone_rng(4, 1);
    struct hone_diff *d;
    (void)state;

    for (int side = 0; side < 2; side++) {
        hone_buf_text(&csv[side], "same,moved,word,gaps\n");
        for (int i = 0; i < 600; i++) {
            double x = (double)hone_rng_below(&rng, 1000);
            hone_buf_format(&csv[side], "%g,%g,%s,%s\n", x, x + 400 * side,
                            side == 1 && i % 3 == 0 ? "blue"
                            : i % 2 == 0            ? "red"
                                                    : "green",
                            side == 1 && i % 4 == 0 ? "" : "1");
        }
    }
    d = diff_of(room, csv[0].ptr, csv[1].ptr, NULL);
    CHECK(d->column[0].shift == HONE_SHIFT_NONE);
    CHECK(d->column[1].shift == HONE_SHIFT_LARGE && d->column[1].ks > 0.3);
    CHECK_NEAR(d->column[1].mean_b - d->column[1].mean_a, 400, 60); /* two samples of 600 */
    CHECK(d->column[2].shift == HONE_SHIFT_LARGE && d->column[2].new_levels == 1);
    CHECK_STR(d->column[2].new_level[0], "blue");
    CHECK(d->column[2].new_rows == 200);
    CHECK(d->column[3].missing_a == 0 && d->column[3].missing_b == 150);
    tables_leave(room);
}

static void differing_rows_become_a_table(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *key = "id";
    struct hone_diff_options options = {.key = {&key, 1}};
    struct hone_table *a =
        tables_read(&room->run, &room->mem, "id,x,w\n1,5,a\n2,6,b\n3,7,c\n", NULL);
    struct hone_table *b =
        tables_read(&room->run, &room->mem, "id,w,x\n3,c,7.5\n1,a,5\n9,z,0\n", NULL);
    struct hone_diff *d = NULL;
    struct hone_table *t = NULL;
    struct hone_buf text = hone_buf(&room->mem);
    (void)state;

    CHECK_OK(&room->run, hone_table_diff(&room->run, a, b, &options, &room->mem, &d));
    CHECK_OK(&room->run, hone_diff_rows(&room->run, a, b, d, &room->mem, &t));
    for (size_t row = 0; row < t->rows; row++) {
        for (size_t j = 0; j < t->cols; j++) {
            hone_buf_text(&text, j == 0 ? "" : ",");
            hone_column_print(&text, &t->column[j], row);
        }
        hone_buf_text(&text, "\n");
    }
    CHECK_STR(text.ptr, "removed,2,6,b\nadded,9,0,z\nold,3,7,c\nnew,3,7.5,c\n");
    CHECK_STR(t->column[0].name, "_change");
    tables_leave(room);
}

static void want_of_memory_is_told(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *key = "id";
    struct hone_diff_options options = {.key = {&key, 1}};
    struct hone_table *a =
        tables_read(&room->run, &room->mem, "id,x,w\n1,5,a\n2,6,b\n3,7,c\n", NULL);
    struct hone_table *b =
        tables_read(&room->run, &room->mem, "id,x,w\n1,q,a\n2,6,d\n4,7,c\n", NULL);
    bool done = false;
    (void)state;

    for (unsigned nth = 1; !done && nth < 2000; nth++) {
        struct hone_diff *d = NULL;
        struct hone_table *t = NULL;
        enum hone_code got;
        HONE_ARENA(mem);
        hone_arena_fail_after(nth);
        got = hone_table_diff(&room->run, a, b, &options, &mem, &d);
        if (got == HONE_OK) {
            got = hone_diff_rows(&room->run, a, b, d, &mem, &t);
        }
        hone_arena_fail_after(0);
        done = got == HONE_OK;
        CHECK(done || (got == HONE_E_LIMIT && room->run.err.code == got));
        hone_error_clear(&room->run);
    }
    CHECK(done);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_diff[] = {
    cmocka_unit_test(random_edits_are_found_exactly),
    cmocka_unit_test(rows_without_a_key_are_counted_as_bags),
    cmocka_unit_test(columns_come_go_move_and_change_type),
    cmocka_unit_test(missing_cells_are_told),
    cmocka_unit_test(tolerance_is_absolute_or_relative),
    cmocka_unit_test(keys_must_name_one_row),
    cmocka_unit_test(nothing_in_common_is_refused_and_empty_tables_are_not),
    cmocka_unit_test(shifts_are_graded_by_size),
    cmocka_unit_test(differing_rows_become_a_table),
    cmocka_unit_test(want_of_memory_is_told),
};
const size_t hone_tests_diff_n = sizeof hone_tests_diff / sizeof hone_tests_diff[0];

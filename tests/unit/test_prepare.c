/* Which rows train and which test. */
#include <stdio.h>
#include <string.h>

#include "flow/train/prepare.h"
#include "tables.h"

#define ROWS 200

/* 200 rows; every tenth has no target; "day" runs backwards, "who" has 20 values and is missing at times. */
static const char *world(struct hone_arena *mem)
{
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text, "x,y,day,who,z\n");
    for (int i = 0; i < ROWS; i++) {
        hone_buf_format(&text, "%d,", i);
        if (i % 10 != 3) {
            hone_buf_text(&text, i % 4 == 0 ? "yes" : "no");
        }
        hone_buf_format(&text, ",%d,", (ROWS - i) / 4);
        if (i % 50 != 7) {
            hone_buf_format(&text, "w%d", i % 20);
        }
        hone_buf_format(&text, ",%d.5\n", i % 77);
    }
    return text.ptr;
}

struct prepared {
    struct tables_room *room;
    struct hone_table *t;
    struct hone_train_settings set;
    struct hone_prepared p;
};

static struct prepared *begin(uint64_t seed)
{
    struct tables_room *room = tables_enter(seed);
    struct prepared *p = hone_new(&room->mem, struct prepared);

    p->room = room;
    p->t = tables_read(&room->run, &room->mem, world(&room->mem), "y=category,who=category");
    CHECK(p->t->rows == ROWS);
    hone_settings_default(&hone_train_options, &p->set);
    p->set.target = "y";
    return p;
}

static enum hone_code prepare(struct prepared *p, const struct hone_table *test)
{
    return hone_prepare(&p->room->run, p->t, test, &p->set, &p->room->mem, &p->p);
}

/* Every row with a target is in one part, and only there; rows ascend; y is the row's target. */
static void check_parts(const struct prepared *p)
{
    int seen[ROWS] = {0};
    const struct hone_rows *part[] = {&p->p.train, &p->p.test};

    for (size_t k = 0; k < 2; k++) {
        CHECK(part[k]->table == p->t);
        for (size_t i = 0; i < part[k]->n; i++) {
            size_t row = part[k]->row[i];
            seen[row]++;
            CHECK(i == 0 || row > part[k]->row[i - 1]);
            CHECK_NEAR(part[k]->y[i], row % 4 == 0, 0);
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(seen[i], i % 10 != 3);
    }
    CHECK(p->p.without_target == 20);
}

static void random_split_keeps_the_shares_of_classes(void **state)
{
    (void)state;
    struct prepared *p = begin(1);
    size_t positive = 0;

    CHECK_OK(&p->room->run, prepare(p, NULL));
    check_parts(p);
    CHECK(p->p.target.task == HONE_TASK_BINARY && p->p.train.n == 144 && p->p.test.n == 36);
    for (size_t i = 0; i < p->p.test.n; i++) {
        positive += p->p.test.y[i] > 0.5;
    }
    CHECK(positive == 10); /* 50 of 180 are positive */
    tables_leave(p->room);
}

static void the_seed_decides_the_random_split(void **state)
{
    (void)state;
    struct prepared *a = begin(1);
    struct prepared *b = begin(1);
    struct prepared *c = begin(2);
    size_t common = 0;

    CHECK_OK(&a->room->run, prepare(a, NULL));
    CHECK_OK(&b->room->run, prepare(b, NULL));
    CHECK_OK(&c->room->run, prepare(c, NULL));
    CHECK(memcmp(a->p.test.row, b->p.test.row, 36 * sizeof(size_t)) == 0);
    for (size_t i = 0; i < 36; i++) {
        common += a->p.test.row[i] == c->p.test.row[i];
    }
    CHECK(common < 36);
    tables_leave(a->room);
    tables_leave(b->room);
    tables_leave(c->room);
}

static void numbers_split_at_random_too(void **state)
{
    (void)state;
    struct prepared *p = begin(1);

    p->set.target = "z";
    p->set.test_share = 0.3;
    CHECK_OK(&p->room->run, prepare(p, NULL));
    CHECK(p->p.target.task == HONE_TASK_REGRESSION && p->p.test.n == 60 && p->p.train.n == 140);
    CHECK(p->p.without_target == 0);
    CHECK_NEAR(p->p.test.y[5], (double)(p->p.test.row[5] % 77) + 0.5, 0);
    tables_leave(p->room);
}

static void the_latest_rows_test(void **state)
{
    (void)state;
    struct prepared *p = begin(1);

    p->set.split = "time";
    p->set.split_column = "day";
    CHECK_OK(&p->room->run, prepare(p, NULL));
    check_parts(p);
    /* days fall with the row: the test rows are the first of the table, whole days of them */
    CHECK(p->p.test.row[p->p.test.n - 1] < p->p.train.row[0]);
    CHECK((ROWS - p->p.test.row[p->p.test.n - 1]) / 4 > (ROWS - p->p.train.row[0]) / 4);
    CHECK(p->p.test.n >= 33 && p->p.test.n <= 39);
    tables_leave(p->room);
}

static void groups_stay_together(void **state)
{
    (void)state;
    struct prepared *p = begin(1);
    int side[21] = {0};

    p->set.split = "group";
    p->set.split_column = "who";
    CHECK_OK(&p->room->run, prepare(p, NULL));
    check_parts(p);
    for (size_t k = 0; k < 2; k++) {
        const struct hone_rows *part = k == 0 ? &p->p.train : &p->p.test;
        for (size_t i = 0; i < part->n; i++) {
            size_t row = part->row[i];
            side[row % 50 == 7 ? 20 : row % 20] |= 1 << k;
        }
    }
    for (size_t g = 0; g <= 20; g++) {
        CHECK(side[g] != 3); /* a missing group is a group */
    }
    CHECK(p->p.test.n >= 30 && p->p.test.n <= 42);
    tables_leave(p->room);
}

static void a_test_table_of_its_own(void **state)
{
    (void)state;
    struct prepared *p = begin(1);
    struct hone_run *run = &p->room->run;
    struct hone_table *test =
        tables_read(run, &p->room->mem, "x,y\n1,yes.\n2,\n3,no.\n4,no\n", "y=text");

    CHECK_OK(run, prepare(p, test));
    CHECK(p->p.train.n == 180 && p->p.train.table == p->t);
    CHECK(p->p.test.n == 3 && p->p.test.table == test && p->p.test.row[1] == 2);
    CHECK_NEAR(p->p.test.y[0], 1, 0);
    CHECK(p->p.repaired == 2 && p->p.without_target == 21);
    test = tables_read(run, &p->room->mem, "x,y\n1,perhaps\n", "y=text");
    CHECK_FAILS_WITH(run, prepare(p, test), HONE_E_FORMAT, "test table: row 1");
    test = tables_read(run, &p->room->mem, "x,w\n1,yes\n", NULL);
    CHECK_FAILS_WITH(run, prepare(p, test), HONE_E_NOT_FOUND, "test table");
    tables_leave(p->room);
}

static void splits_that_can_not_be(void **state)
{
    (void)state;
    struct prepared *p = begin(1);
    struct hone_run *run = &p->room->run;

    p->set.split = "time";
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_ARG, "--split time needs a column");
    p->set.split_column = "who";
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_ARG, "text, not a time");
    p->set.split_column = "when";
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_NOT_FOUND, "when");
    p->set.split = "group";
    p->set.split_column = NULL;
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_ARG, "--split group needs a column");
    p->set.split = "random";
    p->t = tables_read(run, &p->room->mem,
                       "x,y\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n7,a\n8,b\n9,a\n10,\n", NULL);
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_ARG, "9 rows with a y are too few");
    tables_leave(p->room);
}

static struct prepared *weighted(const char *csv)
{
    struct prepared *p = begin(1);
    p->t = tables_read(&p->room->run, &p->room->mem, csv, "y=text");
    p->set.weight = "w";
    return p;
}

#define TWELVE                                                                                 \
    "1,a,1\n2,b,2\n3,a,0.5\n4,b,1\n5,a,0\n6,b,3\n7,a,1\n8,b,1\n9,a,1\n10,a,1\n11,a,1\n"

static void weights_come_from_their_column(void **state)
{
    (void)state;
    struct prepared *p = weighted("x,y,w\n" TWELVE "12,,\n"); /* no target: no weight needed */
    struct hone_run *run = &p->room->run;

    CHECK_OK(run, prepare(p, NULL));
    const struct hone_column *w;
    CHECK_OK(run, hone_table_need(run, p->t, hone_str("w"), &w));
    for (size_t i = 0; i < p->p.train.n; i++) {
        CHECK_NEAR(p->p.train.weight[i], hone_column_f64(w, p->p.train.row[i]), 0);
        CHECK_NEAR(p->p.train.learn[i], p->p.train.weight[i], 0);
    }
    for (size_t i = 0; i < p->p.test.n; i++) {
        CHECK_NEAR(p->p.test.weight[i], hone_column_f64(w, p->p.test.row[i]), 0);
    }
    CHECK(p->p.class_weight == NULL);
    struct hone_table *test = tables_read(run, &p->room->mem, "x,y\n1,a\n", NULL);
    CHECK_FAILS_WITH(run, prepare(p, test), HONE_E_NOT_FOUND, "test table");
    tables_leave(p->room);
}

static void weights_that_can_not_be(void **state)
{
    (void)state;
    struct prepared *p = weighted("x,y,w\n" TWELVE "12,a,\n");
    struct hone_run *run = &p->room->run;

    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_FORMAT, "row 12: the weight w is missing");
    p->t = tables_read(run, &p->room->mem, "x,y,w\n" TWELVE "12,a,-1\n", NULL);
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_FORMAT, "row 12: the weight w is negative");
    p->t = tables_read(run, &p->room->mem, "x,y,w\n" TWELVE "12,a,heavy\n", "w=text");
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_FORMAT, "heavy");
    p->set.weight = "v";
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_NOT_FOUND, "v");
    p->set.weight = "y";
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_ARG, "the target");
    tables_leave(p->room);
}

static void classes_weigh_what_they_should(void **state)
{
    (void)state;
    struct prepared *p = weighted("x,y,w\n" TWELVE "12,b,1\n");
    struct hone_run *run = &p->room->run;
    const char *balanced[] = {"balanced"};
    const char *named[] = {"b=2.5"};

    p->set.class_weight = (struct hone_texts){balanced, 1};
    for (int own = 0; own < 2; own++) {
        double held[2] = {0, 0};
        double all = 0;
        p->set.weight = own == 1 ? "w" : NULL;
        CHECK_OK(run, prepare(p, NULL));
        const struct hone_rows *t = &p->p.train;
        CHECK((t->weight != NULL) == (own == 1));
        for (size_t i = 0; i < t->n; i++) {
            held[(size_t)t->y[i]] += t->learn[i];
            all += own == 1 ? t->weight[i] : 1;
        }
        CHECK_NEAR(held[0], all / 2, 1e-12); /* sums of at most 12 numbers */
        CHECK_NEAR(held[1], all / 2, 1e-12);
    }
    p->set.class_weight = (struct hone_texts){named, 1};
    CHECK_OK(run, prepare(p, NULL));
    for (size_t i = 0; i < p->p.train.n; i++) {
        double factor = p->p.train.y[i] > 0 ? 2.5 : 1;
        CHECK_NEAR(p->p.train.learn[i], factor * p->p.train.weight[i], 0);
    }
    static const char *const bad[] = {"b", "b=", "b=0", "b=-1", "b=inf", "balanced=yes"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        named[0] = bad[i];
        CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_ARG, "is no class weight");
    }
    named[0] = "c=2";
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_NOT_FOUND, "no such class in y");
    named[0] = "none";
    CHECK_OK(run, prepare(p, NULL));
    CHECK(p->p.class_weight == NULL);
    p->set.target = "x";
    p->set.task = "regression";
    named[0] = "balanced";
    CHECK_FAILS_WITH(run, prepare(p, NULL), HONE_E_ARG, "x is a number");
    tables_leave(p->room);
}

static void taken_rows_keep_what_is_theirs(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    static const size_t row[] = {3, 5, 8};
    static const double y[] = {1, 2, 3};
    static const double weight[] = {4, 5, 6};
    static const double learn[] = {7, 8, 9};
    static const double time[] = {10, 11, 12};
    static const uint32_t group[] = {0, 1, 2};
    static const size_t chosen[] = {0, 2};
    const struct hone_rows from = {.n = 3,
                                   .row = row,
                                   .y = y,
                                   .weight = weight,
                                   .learn = learn,
                                   .time = time,
                                   .group = group,
                                   .groups = 3};
    struct hone_rows out;

    CHECK_OK(&room->run, hone_rows_take(&room->run, &from, chosen, 2, &room->mem, &out));
    CHECK(out.n == 2 && out.row[1] == 8 && out.group[1] == 2 && out.groups == 3);
    CHECK_NEAR(out.y[1], 3, 0);
    CHECK_NEAR(out.weight[1], 6, 0);
    CHECK_NEAR(out.learn[1], 9, 0);
    CHECK_NEAR(out.time[1], 12, 0);
    const struct hone_rows bare = {.n = 3, .row = row, .y = y};
    CHECK_OK(&room->run, hone_rows_take(&room->run, &bare, chosen, 2, &room->mem, &out));
    CHECK(out.weight == NULL && out.learn == NULL && out.time == NULL && out.group == NULL);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_prepare[] = {
    cmocka_unit_test(random_split_keeps_the_shares_of_classes),
    cmocka_unit_test(the_seed_decides_the_random_split),
    cmocka_unit_test(numbers_split_at_random_too),
    cmocka_unit_test(the_latest_rows_test),
    cmocka_unit_test(groups_stay_together),
    cmocka_unit_test(a_test_table_of_its_own),
    cmocka_unit_test(splits_that_can_not_be),
    cmocka_unit_test(weights_come_from_their_column),
    cmocka_unit_test(weights_that_can_not_be),
    cmocka_unit_test(classes_weigh_what_they_should),
    cmocka_unit_test(taken_rows_keep_what_is_theirs),
};
const size_t hone_tests_prepare_n = sizeof hone_tests_prepare / sizeof hone_tests_prepare[0];

/* How training rows are cut: as the test was. */
#include "flow/train/folds.h"
#include "tables.h"

#define ROWS 600

static const struct hone_target_facts number = {.task = HONE_TASK_REGRESSION, .classes = 1};
static const struct hone_target_facts two = {.task = HONE_TASK_BINARY, .classes = 2};

static struct hone_rows make_rows(struct tables_room *room, size_t n)
{
    double *y;
    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &y, n));
    for (size_t i = 0; i < n; i++) {
        y[i] = i % 3 == 0;
    }
    return (struct hone_rows){.n = n, .row = tables_rows(&room->mem, n), .y = y};
}

/* Every row is in each split at most once; returns how many of all rows test in some split. */
static size_t check_splits(struct tables_room *room, const struct hone_folds *f, size_t n)
{
    size_t tested = 0;
    bool *seen;
    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &seen, n));
    for (size_t k = 0; k < f->n; k++) {
        const struct hone_split *s = &f->split[k];
        bool *here;
        CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &here, n));
        CHECK(s->train_n > 0 && s->test_n > 0);
        for (size_t i = 0; i < s->train_n; i++) {
            CHECK(i == 0 || s->train[i] > s->train[i - 1]);
            here[s->train[i]] = true;
        }
        for (size_t i = 0; i < s->test_n; i++) {
            CHECK(i == 0 || s->test[i] > s->test[i - 1]);
            CHECK(!here[s->test[i]] && !seen[s->test[i]]);
            seen[s->test[i]] = true;
            tested++;
        }
    }
    return tested;
}

static void random_folds_keep_classes(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    struct hone_rows rows = make_rows(room, ROWS);
    struct hone_folds f;

    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &two, 5, &room->mem, &f));
    CHECK(f.n == 5 && check_splits(room, &f, ROWS) == ROWS);
    CHECK_STR(f.how, "in cross-validation");
    for (size_t k = 0; k < f.n; k++) {
        double yes = 0;
        for (size_t i = 0; i < f.split[k].test_n; i++) {
            yes += rows.y[f.split[k].test[i]];
        }
        CHECK_NEAR(yes, 40, 0);
    }
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &number, 3, &room->mem, &f));
    CHECK(f.n == 3 && check_splits(room, &f, ROWS) == ROWS);
    tables_leave(room);
}

static void groups_stay_together(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    struct hone_rows rows = make_rows(room, ROWS);
    struct hone_folds f;
    uint32_t *group;

    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &group, ROWS));
    for (size_t i = 0; i < ROWS; i++) {
        group[i] = (uint32_t)(i * i % 23);
    }
    rows.group = group;
    rows.groups = 23;
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &two, 4, &room->mem, &f));
    CHECK(f.n == 4 && check_splits(room, &f, ROWS) == ROWS);
    CHECK_STR(f.how, "in cross-validation by group");
    for (size_t k = 0; k < f.n; k++) {
        bool tests[23] = {false};
        for (size_t i = 0; i < f.split[k].test_n; i++) {
            tests[group[f.split[k].test[i]]] = true;
        }
        for (size_t i = 0; i < f.split[k].train_n; i++) {
            CHECK(!tests[group[f.split[k].train[i]]]);
        }
    }
    /* fewer groups than folds; then one, which can not be cut */
    for (size_t i = 0; i < ROWS; i++) {
        group[i] = 7 + (uint32_t)(i % 2);
    }
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &two, 4, &room->mem, &f));
    CHECK(f.n == 2 && check_splits(room, &f, ROWS) == ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        group[i] = 7;
    }
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &two, 4, &room->mem, &f));
    CHECK(f.n == 4 && check_splits(room, &f, ROWS) == ROWS);
    CHECK_STR(f.how, "in cross-validation");
    tables_leave(room);
}

static void the_past_predicts_the_future(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    struct hone_rows rows = make_rows(room, ROWS);
    struct hone_folds f;
    double *time;

    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &time, ROWS));
    for (size_t i = 0; i < ROWS; i++) {
        time[i] = i % 50 == 7 ? (double)NAN : (double)((i * 7919) % 40); /* many rows a day */
    }
    rows.time = time;
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &two, 5, &room->mem, &f));
    CHECK(f.n == 5);
    CHECK_STR(f.how, "each after those it was trained on");
    size_t tested = check_splits(room, &f, ROWS);
    CHECK(tested > ROWS / 2 && tested < ROWS);
    double before = -HUGE_VAL;
    for (size_t k = 0; k < f.n; k++) {
        double last = -HUGE_VAL;
        double first = HUGE_VAL;
        size_t unknown = 0;
        for (size_t i = 0; i < f.split[k].train_n; i++) {
            unknown += isnan(time[f.split[k].train[i]]) ? 1 : 0;
            last = fmax(last, time[f.split[k].train[i]]);
        }
        for (size_t i = 0; i < f.split[k].test_n; i++) {
            first = fmin(first, time[f.split[k].test[i]]);
        }
        CHECK(last < first && last > before); /* later folds train on more */
        CHECK(unknown == ROWS / 50);
        before = last;
    }
    /* two times give one fold, one time gives random folds */
    for (size_t i = 0; i < ROWS; i++) {
        time[i] = (double)(i % 2);
    }
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &two, 5, &room->mem, &f));
    CHECK(f.n == 1 && f.split[0].train_n == ROWS / 2 && f.split[0].test_n == ROWS / 2);
    for (size_t i = 0; i < ROWS; i++) {
        time[i] = i < 10 ? (double)NAN : 3;
    }
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &two, 5, &room->mem, &f));
    CHECK(f.n == 5 && check_splits(room, &f, ROWS) == ROWS);
    tables_leave(room);
}

static void large_tables_hold_out_alike(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    size_t n = HONE_CV_ROWS;
    struct hone_rows rows = make_rows(room, n);
    struct hone_folds f;
    double *time;
    uint32_t *group;

    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &time, n));
    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &group, n));
    for (size_t i = 0; i < n; i++) {
        time[i] = (double)((i * 7919) % n);
        group[i] = (uint32_t)(i % 60);
    }
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &number, 5, &room->mem, &f));
    CHECK(f.n == 1 && check_splits(room, &f, n) == 1500);
    CHECK_STR(f.how, "held out");
    rows.time = time;
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &number, 5, &room->mem, &f));
    CHECK(f.n == 1 && check_splits(room, &f, n) == 1500);
    for (size_t i = 0; i < f.split[0].test_n; i++) {
        CHECK(time[f.split[0].test[i]] >= 8500);
    }
    rows.time = NULL;
    rows.group = group;
    rows.groups = 60;
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &number, 5, &room->mem, &f));
    size_t tested = check_splits(room, &f, n);
    CHECK(f.n == 1 && tested > 1300 && tested < 1700); /* whole groups of 166 or 167 */
    tables_leave(room);
}

const struct CMUnitTest hone_tests_folds[] = {
    cmocka_unit_test(random_folds_keep_classes),
    cmocka_unit_test(groups_stay_together),
    cmocka_unit_test(the_past_predicts_the_future),
    cmocka_unit_test(large_tables_hold_out_alike),
};
const size_t hone_tests_folds_n = sizeof hone_tests_folds / sizeof hone_tests_folds[0];

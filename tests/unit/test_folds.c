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

/* The parts of every fold hold its test rows, each once. */
static void check_parts(struct tables_room *room, const struct hone_folds *before,
                        const struct hone_folds *f, size_t n)
{
    for (size_t k = 0; k < f->n; k++) {
        const struct hone_fold_parts *p = &f->parts[k];
        bool *here;
        CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &here, n));
        CHECK(p->n >= 2 && p->end[p->n - 1] == f->split[k].test_n);
        for (size_t i = 0; i < f->split[k].test_n; i++) {
            CHECK(!here[f->split[k].test[i]]);
            here[f->split[k].test[i]] = true;
        }
        for (size_t i = 0; i < before->split[k].test_n; i++) {
            CHECK(here[before->split[k].test[i]]);
        }
        for (size_t j = 0; j < p->n; j++) {
            size_t begin = j == 0 ? 0 : p->end[j - 1];
            CHECK(p->end[j] > begin);
            for (size_t i = begin + 1; i < p->end[j]; i++) {
                CHECK(f->split[k].test[i] > f->split[k].test[i - 1]);
            }
        }
    }
}

static void cut_and_part(struct tables_room *room, const struct hone_rows *rows,
                         const struct hone_target_facts *target, struct hone_folds *f)
{
    struct hone_folds before;
    CHECK_OK(&room->run, hone_folds_cut(&room->run, rows, target, 4, &room->mem, &before));
    CHECK_OK(&room->run, hone_folds_cut(&room->run, rows, target, 4, &room->mem, f));
    CHECK_OK(&room->run, hone_folds_part(&room->run, rows, target, &room->mem, f));
    check_parts(room, &before, f, rows->n);
}

static void parts_are_cut_as_folds_are(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    struct hone_rows rows = make_rows(room, ROWS);
    struct hone_folds f;
    double *time;
    uint32_t *group;

    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &time, ROWS));
    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &group, ROWS));
    cut_and_part(room, &rows, &number, &f);
    CHECK(f.parts[0].n == 5 && f.parts[0].end[0] == 30);
    cut_and_part(room, &rows, &two, &f); /* classes keep their shares */
    for (size_t j = 0; j < 5; j++) {
        size_t ones = 0;
        for (size_t i = 30 * j; i < 30 * j + 30; i++) {
            ones += rows.y[f.split[1].test[i]] > 0;
        }
        CHECK(ones == 10);
    }
    for (size_t i = 0; i < ROWS; i++) {
        time[i] = (double)((i * 7919) % ROWS);
        group[i] = (uint32_t)(i % 24);
    }
    rows.time = time;
    cut_and_part(room, &rows, &two, &f); /* stretches, one after the other */
    for (size_t j = 1; j < 5; j++) {
        const struct hone_fold_parts *p = &f.parts[2];
        double last = -HUGE_VAL;
        for (size_t i = j == 1 ? 0 : p->end[j - 2]; i < p->end[j - 1]; i++) {
            last = fmax(last, time[f.split[2].test[i]]);
        }
        for (size_t i = p->end[j - 1]; i < p->end[j]; i++) {
            CHECK(time[f.split[2].test[i]] > last);
        }
    }
    rows.time = NULL;
    rows.group = group;
    rows.groups = 24;
    cut_and_part(room, &rows, &two, &f); /* six groups a fold, none in two parts */
    CHECK(f.parts[0].n == 5);
    for (size_t k = 0; k < f.n; k++) {
        size_t part_of[24] = {0};
        for (size_t i = 0, j = 0; i < f.split[k].test_n; i++) {
            while (i >= f.parts[k].end[j]) {
                j++;
            }
            size_t *seen = &part_of[group[f.split[k].test[i]]];
            CHECK(*seen == 0 || *seen == j + 1);
            *seen = j + 1;
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        group[i] = (uint32_t)(i % 4); /* one group a fold: nothing to part */
    }
    CHECK_OK(&room->run, hone_folds_cut(&room->run, &rows, &two, 4, &room->mem, &f));
    CHECK_OK(&room->run, hone_folds_part(&room->run, &rows, &two, &room->mem, &f));
    CHECK(f.n == 4 && f.parts[0].n == 0 && check_splits(room, &f, ROWS) == ROWS);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_folds[] = {
    cmocka_unit_test(parts_are_cut_as_folds_are),
    cmocka_unit_test(random_folds_keep_classes),
    cmocka_unit_test(groups_stay_together),
    cmocka_unit_test(the_past_predicts_the_future),
    cmocka_unit_test(large_tables_hold_out_alike),
};
const size_t hone_tests_folds_n = sizeof hone_tests_folds / sizeof hone_tests_folds[0];

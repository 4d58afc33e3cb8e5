/* The made-up world: the same every time, and what is said to be planted is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/loans.h"
#include "io/reader.h"
#include "tables.h"

static const struct hone_loans small = {
    .rows = 4000, .days = 40, .per_day = 100, .drift_day = 20};
static const char *const names[] = {"history.csv", "live.csv", "outcomes.csv", "truth.json"};

/* A folder with the four files; borrowed until the end of the process. */
static const char *write_loans(uint64_t seed, const struct hone_loans *set)
{
    struct hone_run run = {.seed = seed};
    const char *folder = check_folder();

    CHECK_OK(&run, hone_loans_write(&run, folder, set));
    hone_run_clear(&run);
    return folder;
}

static bool same_file(const char *a, const char *b, const char *name)
{
    char *x = check_read(check_path(a, name));
    char *y = check_read(check_path(b, name));
    bool same = strcmp(x, y) == 0;

    free(x);
    free(y);
    return same;
}

static void same_arguments_same_bytes(void **state)
{
    (void)state;
    const struct hone_loans later = {.rows = 4000, .days = 40, .per_day = 100, .drift_day = 21};
    const char *a = write_loans(1, &small);
    const char *b = write_loans(1, &small);
    const char *c = write_loans(2, &small);
    const char *d = write_loans(1, &later);

    for (size_t i = 0; i < 4; i++) {
        CHECK(same_file(a, b, names[i]));
        CHECK(!same_file(a, c, names[i]));
    }
    CHECK(same_file(a, d, "history.csv") && !same_file(a, d, "live.csv"));
}

struct counts {
    int64_t rows, broken, duplicates, shouted, old, bad, called;
};

static size_t fields(const char *line)
{
    size_t n = 1;

    for (; *line != '\0'; line++) {
        n += *line == ',';
    }
    return n;
}

/* What a person with a ruler finds in the text of the history. */
static struct counts count(char *text)
{
    struct counts c = {0};
    const char *last = "";
    size_t width = 0;

    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (width == 0) {
            width = fields(line);
            continue;
        }
        if (fields(line) != width) {
            c.broken++;
            continue;
        }
        bool again = strcmp(line, last) == 0;
        bool shout = strstr(line, " ,") != NULL;
        bool old = strstr(line, ",999,") != NULL;
        c.rows++;
        c.duplicates += again;
        c.shouted += shout && !again;
        c.old += old && !again;
        c.bad += strstr(line, ",yes") != NULL;
        c.called += strstr(line, ",0,no") == NULL; /* anyone was called */
        last = line;
    }
    return c;
}

static void planted_counts_are_true(void **state)
{
    (void)state;
    const char *folder = write_loans(5, &small);
    struct hone_run run = {0};
    HONE_JSON json_t *truth = NULL;
    char *text = check_read(check_path(folder, "truth.json"));
    char *history = check_read(check_path(folder, "history.csv"));
    const struct counts c = count(history);

    CHECK_OK(&run, hone_json_parse(&run, hone_str(text), &truth));
    CHECK(c.rows == hone_json_get_int(truth, "rows", 0));
    CHECK(c.rows == small.rows + c.duplicates);
    CHECK(c.duplicates == hone_json_get_int(truth, "duplicate_rows", 0) && c.duplicates > 10);
    CHECK(c.broken == hone_json_get_int(truth, "broken_lines", 0) && c.broken > 0);
    CHECK(c.shouted + c.old == hone_json_get_int(truth, "dirty_values", 0));
    CHECK(c.shouted > 10 && c.old > 3);
    CHECK_NEAR(hone_json_get_real(truth, "bad_share", 0), (double)c.bad / (double)c.rows,
               1e-15);
    CHECK(c.called >= c.bad && c.called < c.bad + c.rows / 20); /* the leak */
    CHECK_STR(hone_json_get_text(truth, "drift_begins", ""), "2025-07-21");
    CHECK_STR(hone_json_get_text(truth, "unfair_district", ""), "east");
    free(text);
    free(history);
    hone_run_clear(&run);
}

/* Mean of a column (1 where it is the word, when word is given) over rows a to b. */
static double mean(const struct hone_table *t, const char *name, const char *word, size_t a,
                   size_t b)
{
    const struct hone_column *c = hone_table_find(t, hone_str(name));
    double sum = 0;
    double n = 0;

    CHECK(c != NULL);
    for (size_t i = a; i < b; i++) {
        if (hone_is_valid(c, i)) {
            sum += word != NULL ? (double)hone_str_is(hone_column_str(c, i), word)
                                : hone_column_f64(c, i);
            n++;
        }
    }
    return sum / n;
}

static void drift_begins_on_its_day(void **state)
{
    (void)state;
    const char *folder = write_loans(6, &small);
    struct tables_room *room = tables_enter(0);
    struct hone_table *live;
    struct hone_table *outcomes;

    CHECK_OK(&room->run, hone_table_read(&room->run, check_path(folder, "live.csv"), NULL,
                                         &room->mem, &live, NULL));
    CHECK_OK(&room->run, hone_table_read(&room->run, check_path(folder, "outcomes.csv"), NULL,
                                         &room->mem, &outcomes, NULL));
    CHECK(live->rows == 4000 && outcomes->rows == 4000);
    CHECK(hone_table_find(live, hone_str("collection_calls")) == NULL); /* not known in time */
    const struct hone_column *day = hone_table_find(live, hone_str("applied"));
    CHECK(day->type == HONE_DATE);
    CHECK(hone_column_i64(day, 2000) == hone_column_i64(day, 0) + 20);
    CHECK(hone_column_i64(day, 1999) == hone_column_i64(day, 0) + 19);
    CHECK_NEAR(mean(live, "channel", "app", 0, 2000), 0, 0);
    CHECK_NEAR(mean(live, "channel", "app", 2000, 4000), 0.4, 0.04); /* 3.6 standard errors */
    CHECK(mean(live, "income", NULL, 2000, 4000) < 0.8 * mean(live, "income", NULL, 0, 2000));
    CHECK(mean(live, "debt_ratio", NULL, 2000, 4000) >
          mean(live, "debt_ratio", NULL, 0, 2000) + 0.08);
    for (size_t i = 0; i < 4000; i += 399) {
        CHECK(hone_column_i64(&outcomes->column[0], i) == hone_column_i64(&live->column[0], i));
    }
    tables_leave(room);
}

static void the_unfair_district_fares_worse(void **state)
{
    (void)state;
    const struct hone_loans large = {.rows = 20000, .days = 1, .per_day = 1, .drift_day = 0};
    const char *folder = write_loans(7, &large);
    struct tables_room *room = tables_enter(0);
    struct hone_read_options options = {.on_bad_row = "skip"};
    struct hone_table *t;
    double bad[2] = {0};
    double n[2] = {0};

    CHECK_OK(&room->run, hone_table_read(&room->run, check_path(folder, "history.csv"),
                                         &options, &room->mem, &t, NULL));
    const struct hone_column *district = hone_table_find(t, hone_str("district"));
    const struct hone_column *outcome = hone_table_find(t, hone_str("default"));
    for (size_t i = 0; i < t->rows; i++) {
        bool east = hone_str_is(hone_column_str(district, i), "east");
        bool yes = outcome->type == HONE_BOOL ? hone_column_i64(outcome, i) == 1
                                              : hone_str_is(hone_column_str(outcome, i), "yes");
        bad[east] += yes;
        n[east]++;
    }
    CHECK(bad[1] / n[1] > 2 * bad[0] / n[0]);
    tables_leave(room);
}

static void a_drift_after_the_end(void **state)
{
    (void)state;
    struct hone_run run = {0};
    const struct hone_loans wrong = {.rows = 100, .days = 5, .per_day = 1, .drift_day = 5};

    CHECK_FAILS_WITH(&run, hone_loans_write(&run, check_folder(), &wrong), HONE_E_ARG,
                     "drift day 5");
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_loans[] = {
    cmocka_unit_test(same_arguments_same_bytes),
    cmocka_unit_test(planted_counts_are_true),
    cmocka_unit_test(drift_begins_on_its_day),
    cmocka_unit_test(the_unfair_district_fares_worse),
    cmocka_unit_test(a_drift_after_the_end),
};
const size_t hone_tests_loans_n = sizeof hone_tests_loans / sizeof hone_tests_loans[0];

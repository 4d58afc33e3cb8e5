/* Old predictions that go, and the space they leave. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "store/collect.h"
#include "store/expire.h"
#include "store/journal.h"
#include "store/query_priv.h"
#include "stores.h"

/* Predictions from..to - 1; the time of number i is 10 i, but every hundredth came late and is much older. */
static void append(struct stores_room *fix, int64_t from, int64_t to)
{
    enum { LENGTH = 400 };
    size_t n = (size_t)(to - from);
    struct hone_logged_prediction *list = hone_arena_alloc(&fix->mem, sizeof *list, n);
    uint64_t random = 1;
    for (size_t i = 0; i < n; i++) {
        int64_t k = from + (int64_t)i;
        char *text = hone_arena_must(&fix->mem, LENGTH);
        /* six bits of chance in each letter: packed, a text keeps three quarters of its length */
        for (size_t j = 0; j < LENGTH; j++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            text[j] = (char)('0' + (random >> 58));
        }
        list[i] = (struct hone_logged_prediction){
            .id = hone_arena_format(&fix->mem, "p%06lld", (long long)k),
            .time = k % 100 == 99 ? 5 : 10 * k,
            .version_id = fix->version.id,
            .variant = "champion",
            .inputs = {text, LENGTH},
            .outputs = {text, 20},
        };
    }
    CHECK_OK(&fix->run, hone_predictions_append(&fix->run, fix->store, list, n));
}

/* A label for every step-th of n, and a correction of each. */
static void label(struct stores_room *fix, int64_t n, int64_t step)
{
    for (int64_t k = 0; k < n; k += step) {
        char id[32];
        snprintf(id, sizeof id, "p%06lld", (long long)k);
        struct hone_label labels[] = {{.prediction = id, .time = 1, .label = "1"},
                                      {.prediction = id, .time = 2, .label = "0"}};
        CHECK_OK(&fix->run, hone_labels_append(&fix->run, fix->store, labels, 2, NULL));
    }
}

static int64_t count(struct stores_room *fix, const char *sql)
{
    HONE_QUERY query = {0};
    bool row;
    CHECK_OK(&fix->run, hone_query_begin(&fix->run, fix->store, sql, &query));
    CHECK_OK(&fix->run, hone_query_step(&fix->run, &query, &row));
    return hone_query_int(&query);
}

static void goes_by_age(void **state)
{
    struct stores_room fix;
    struct hone_expiry expiry = {.before = 20000};
    uint64_t n, bytes;
    (void)state;
    stores_enter(&fix);
    append(&fix, 0, 3000);
    label(&fix, 3000, 10);

    /* 0..1999 by their time, of which 20 are older still, and 10 of the rest that came late. */
    CHECK_OK(&fix.run, hone_expiry_count(&fix.run, fix.store, &expiry, &n, &bytes));
    assert_int_equal(n, 2010);
    assert_in_range(bytes, 2010 * 350, 2010 * 600);
    CHECK_OK(&fix.run, hone_expiry_run(&fix.run, fix.store, &expiry));
    assert_int_equal(expiry.predictions, 2010);
    assert_int_equal(expiry.labels, 2 * 200);
    assert_int_equal(count(&fix, "SELECT count(*) FROM prediction"), 990);
    assert_int_equal(count(&fix, "SELECT count(*) FROM prediction WHERE time < 20000"), 0);
    assert_int_equal(count(&fix, "SELECT count(*) FROM label"), 200);
    /* 3,000 rows were 12 blocks; of 2,000 the first seven are without a row, the eighth is still needed */
    assert_int_equal(count(&fix, "SELECT count(*) FROM prediction_text"), 5);
    CHECK_OK(&fix.run, hone_expiry_run(&fix.run, fix.store, &expiry));
    assert_int_equal(expiry.predictions, 0);
    stores_leave(&fix);
}

static void keeps_what_has_a_label(void **state)
{
    struct stores_room fix;
    struct hone_expiry expiry = {.before = INT64_MAX, .keep_labelled = true};
    uint64_t n, bytes;
    (void)state;
    stores_enter(&fix);
    append(&fix, 0, 1200);
    label(&fix, 1200, 3);
    CHECK_OK(&fix.run, hone_expiry_count(&fix.run, fix.store, &expiry, &n, &bytes));
    assert_int_equal(n, 800);
    CHECK_OK(&fix.run, hone_expiry_run(&fix.run, fix.store, &expiry));
    assert_int_equal(expiry.predictions, 800);
    assert_int_equal(expiry.labels, 0);
    assert_int_equal(count(&fix, "SELECT count(*) FROM prediction"), 400);
    assert_int_equal(count(&fix, "SELECT count(*) FROM label"), 800);
    stores_leave(&fix);
}

static void of_nothing_nothing_goes(void **state)
{
    struct stores_room fix;
    struct hone_expiry expiry = {.before = 1};
    uint64_t n, bytes;
    (void)state;
    stores_enter(&fix);
    CHECK_OK(&fix.run, hone_expiry_count(&fix.run, fix.store, &expiry, &n, &bytes));
    assert_int_equal(n + bytes, 0);
    CHECK_OK(&fix.run, hone_expiry_run(&fix.run, fix.store, &expiry));
    append(&fix, 1, 50);
    CHECK_OK(&fix.run, hone_expiry_run(&fix.run, fix.store, &expiry));
    assert_int_equal(expiry.predictions, 0);
    stores_leave(&fix);
}

/* Between two steps another handle writes: what it adds stays, and the rest still goes. */
static void others_write_between(void **state)
{
    struct stores_room fix;
    struct hone_expiry expiry = {.before = 10000};
    bool over = false;
    size_t steps = 0;
    (void)state;
    stores_enter(&fix);
    append(&fix, 0, 2000);
    CHECK_OK(&fix.run, hone_expiry_begin(&fix.run, fix.store, &expiry));
    while (!over) {
        CHECK_OK(&fix.run, hone_expiry_step(&fix.run, fix.store, &expiry, &over));
        append(&fix, 2000 + 100 * (int64_t)steps, 2099 + 100 * (int64_t)steps);
        steps++;
    }
    assert_true(steps > 2);
    assert_int_equal(expiry.predictions, 1010);
    assert_int_equal(count(&fix, "SELECT count(*) FROM prediction"), 990 + 99 * (int64_t)steps);
    stores_leave(&fix);
}

static int64_t file_size(struct stores_room *fix)
{
    struct stat info;
    char path[512];
    snprintf(path, sizeof path, "%s/hone.db", hone_store_folder(fix->store));
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static void gives_the_space_back(void **state)
{
    struct stores_room fix;
    struct hone_expiry expiry = {.before = INT64_MAX};
    uint64_t left;
    (void)state;
    stores_enter(&fix);
    append(&fix, 0, 20000);
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store, "PRAGMA wal_checkpoint(TRUNCATE)"));
    int64_t full = file_size(&fix);
    CHECK_OK(&fix.run, hone_expiry_run(&fix.run, fix.store, &expiry));
    CHECK_OK(&fix.run, hone_store_shrink(&fix.run, fix.store, &left));
    assert_int_equal(left, 0);
    assert_true(file_size(&fix) < full / 5);
    stores_leave(&fix);
}

/* A store of before keeps the space for itself until it is written anew. */
static void an_older_store_is_compacted(void **state)
{
    struct stores_room fix;
    struct hone_expiry expiry = {.before = INT64_MAX};
    uint64_t left;
    (void)state;
    stores_enter(&fix);
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store, "PRAGMA auto_vacuum = NONE"));
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store, "VACUUM"));
    append(&fix, 0, 5000);
    CHECK_OK(&fix.run, hone_expiry_run(&fix.run, fix.store, &expiry));
    CHECK_OK(&fix.run, hone_store_shrink(&fix.run, fix.store, &left));
    assert_true(left > 5000 * 300);
    int64_t full = file_size(&fix);
    CHECK_OK(&fix.run, hone_store_compact(&fix.run, fix.store));
    assert_true(file_size(&fix) < full / 5);
    assert_int_equal(count(&fix, "PRAGMA auto_vacuum"), 2);
    stores_leave(&fix);
}

static void collected_and_on_record(void **state)
{
    struct stores_room fix;
    struct hone_gc_plan plan, done;
    struct hone_gc_policy policy = {.failed_us = -1, .archived_us = -1, .actor = "ada"};
    (void)state;
    stores_enter(&fix);
    append(&fix, 0, 700);
    label(&fix, 700, 100);
    CHECK_OK(&fix.run, hone_gc_find(&fix.run, fix.store, &policy, &fix.mem, &plan));
    assert_int_equal(plan.sum[HONE_GC_PREDICTIONS].items, 0);
    CHECK_OK(&fix.run, hone_gc_act(&fix.run, fix.store, &policy, &plan, &done));
    assert_int_equal(count(&fix, "SELECT count(*) FROM prediction"), 700);

    policy.predictions_before = 3500;
    CHECK_OK(&fix.run, hone_gc_find(&fix.run, fix.store, &policy, &fix.mem, &plan));
    assert_int_equal(plan.sum[HONE_GC_PREDICTIONS].items, 354);
    assert_int_equal(count(&fix, "SELECT count(*) FROM prediction"), 700);
    CHECK_OK(&fix.run, hone_gc_act(&fix.run, fix.store, &policy, &plan, &done));
    assert_int_equal(done.sum[HONE_GC_PREDICTIONS].items, 354);
    assert_int_equal(done.labels, 8);
    assert_int_equal(count(&fix, "SELECT count(*) FROM prediction"), 346);
    assert_int_equal(
        count(&fix, "SELECT count(*) FROM audit WHERE action = 'collect' AND actor = 'ada'"
                    " AND detail LIKE '%\"predictions\":354%\"predictions_before\":3500%'"),
        1);
    stores_leave(&fix);
}

const struct CMUnitTest hone_tests_expire[] = {
    cmocka_unit_test(goes_by_age),
    cmocka_unit_test(keeps_what_has_a_label),
    cmocka_unit_test(of_nothing_nothing_goes),
    cmocka_unit_test(others_write_between),
    cmocka_unit_test(gives_the_space_back),
    cmocka_unit_test(an_older_store_is_compacted),
    cmocka_unit_test(collected_and_on_record),
};
const size_t hone_tests_expire_n = sizeof hone_tests_expire / sizeof hone_tests_expire[0];

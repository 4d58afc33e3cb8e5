/* Data versions, runs and what they tell. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "store/artifact.h"
#include "store/lineage.h"
#include "stores.h"

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    int64_t now;
};

static void fix_open(struct fix *fix)
{
    *fix = (struct fix){.now = INT64_C(1700000000000000)};
    fix->run.now = stores_tick;
    fix->run.clock = &fix->now;
    CHECK_OK(&fix->run,
             hone_store_open(&fix->run, check_folder(), true, &fix->mem, &fix->store));
}

static void fix_close(struct fix *fix)
{
    CHECK_OK(&fix->run, hone_store_check(&fix->run, fix->store));
    hone_store_close(fix->store);
    hone_arena_free(&fix->mem);
    hone_run_clear(&fix->run);
}

static struct hone_run_id begin(struct fix *fix, const char *model)
{
    struct hone_run_record record = {.model = model, .seed = UINT64_MAX};
    struct hone_run_id id;
    CHECK_OK(&fix->run, hone_store_run_begin(&fix->run, fix->store, &record, &id));
    return id;
}

static void run_begins_and_ends(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_run_record got;
    struct hone_run_id id;
    fix_open(&fix);
    struct hone_run_record record = {.name = "first \"run\"",
                                     .model = "loan",
                                     .seed = UINT64_MAX - 1,
                                     .config = "{\"a\":1}",
                                     .command = "hone train x.csv"};
    CHECK_OK(&fix.run, hone_store_run_begin(&fix.run, fix.store, &record, &id));
    CHECK(strlen(id.hex) == 32);
    CHECK_OK(&fix.run, hone_store_run_get(&fix.run, fix.store, id.hex, &fix.mem, &got));
    CHECK_STR(got.id, id.hex);
    CHECK_STR(got.name, "first \"run\"");
    CHECK_STR(got.model, "loan");
    CHECK_STR(got.status, "RUNNING");
    CHECK(got.seed == UINT64_MAX - 1 && got.ended == 0 && got.started > 0);
    CHECK_STR(got.version, HONE_VERSION);
    CHECK_STR(got.config, "{\"a\":1}");
    CHECK_STR(got.command, "hone train x.csv");
    CHECK(got.message == NULL && got.parent == NULL);

    CHECK_FAILS(&fix.run, hone_store_run_end(&fix.run, fix.store, id.hex, "DONE", NULL),
                HONE_E_ARG);
    CHECK_OK(&fix.run, hone_store_run_end(&fix.run, fix.store, id.hex, "FAILED", "disk full"));
    CHECK_OK(&fix.run, hone_store_run_get(&fix.run, fix.store, id.hex, &fix.mem, &got));
    CHECK_STR(got.status, "FAILED");
    CHECK_STR(got.message, "disk full");
    CHECK(got.ended > got.started);
    CHECK_FAILS(&fix.run, hone_store_run_end(&fix.run, fix.store, id.hex, "FINISHED", NULL),
                HONE_E_CONFLICT);

    struct hone_run_record child = {.parent = id.hex};
    struct hone_run_id child_id;
    CHECK_OK(&fix.run, hone_store_run_begin(&fix.run, fix.store, &child, &child_id));
    CHECK_OK(&fix.run, hone_store_run_get(&fix.run, fix.store, child_id.hex, &fix.mem, &got));
    CHECK_STR(got.parent, id.hex);
    CHECK(strlen(got.name) == 8 && memcmp(got.name, child_id.hex, 8) == 0);
    CHECK_STR(got.config, "{}");
    /* The child's process is this one, so it is not swept. */
    size_t swept;
    CHECK_OK(&fix.run, hone_store_run_sweep(&fix.run, fix.store, &swept));
    CHECK(swept == 0);
    fix_close(&fix);
}

static void ids_may_be_shortened(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_run_record got;
    char start[6] = {0};
    fix_open(&fix);
    struct hone_run_id id = begin(&fix, NULL);
    memcpy(start, id.hex, 5);
    CHECK_OK(&fix.run, hone_store_run_get(&fix.run, fix.store, start, &fix.mem, &got));
    CHECK_STR(got.id, id.hex);
    start[0] = start[0] == '0' ? '1' : '0';
    CHECK_FAILS(&fix.run, hone_store_run_get(&fix.run, fix.store, start, &fix.mem, &got),
                HONE_E_NOT_FOUND);
    static const char *const bad[] = {"", "abc", "ABCDEF01", "abcd%",
                                      "0123456789abcdef0123456789abcdef0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_FAILS(&fix.run, hone_store_run_get(&fix.run, fix.store, bad[i], &fix.mem, &got),
                    HONE_E_NOT_FOUND);
    }
    fix_close(&fix);
}

static void facts_and_metrics_are_kept(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_fact *facts;
    struct hone_metric_point *points;
    size_t n;
    fix_open(&fix);
    struct hone_run_id id = begin(&fix, NULL);
    const struct hone_fact params[] = {{"depth", "6"}, {"alpha", "0.1"}};
    CHECK_OK(&fix.run, hone_store_log_params(&fix.run, fix.store, id.hex, params, 2));
    CHECK_OK(&fix.run, hone_store_log_params(&fix.run, fix.store, id.hex, params, 2));
    const struct hone_fact other[] = {{"new", "1"}, {"depth", "7"}};
    CHECK_FAILS_WITH(&fix.run, hone_store_log_params(&fix.run, fix.store, id.hex, other, 2),
                     HONE_E_CONFLICT, "parameter depth");
    CHECK_OK(&fix.run,
             hone_store_run_params(&fix.run, fix.store, id.hex, &fix.mem, &facts, &n));
    CHECK(n == 2);
    CHECK_STR(facts[0].key, "alpha");
    CHECK_STR(facts[1].value, "6");
    CHECK_OK(&fix.run, hone_store_log_tags(&fix.run, fix.store, id.hex, params, 2));
    CHECK_OK(&fix.run, hone_store_log_tags(&fix.run, fix.store, id.hex, other, 2));
    CHECK_OK(&fix.run, hone_store_run_tags(&fix.run, fix.store, id.hex, &fix.mem, &facts, &n));
    CHECK(n == 4);
    CHECK_STR(facts[1].value, "7");
    CHECK_STR(facts[2].key, HONE_TAG_CPU); /* every run has it */
    const struct hone_fact away = {"new", ""};
    CHECK_OK(&fix.run, hone_store_log_tags(&fix.run, fix.store, id.hex, &away, 1));
    CHECK_OK(&fix.run, hone_store_run_tags(&fix.run, fix.store, id.hex, &fix.mem, &facts, &n));
    CHECK(n == 3);

    const struct hone_metric_point logged[] = {{.key = "loss", .value = 0.5, .step = 2},
                                               {.key = "loss", .value = 0.75, .step = 1},
                                               {.key = "auc", .value = (double)NAN},
                                               {.key = "gap", .value = HUGE_VAL}};
    CHECK_OK(&fix.run, hone_store_log_metrics(&fix.run, fix.store, id.hex, logged, 4));
    CHECK_OK(&fix.run,
             hone_store_run_metrics(&fix.run, fix.store, id.hex, &fix.mem, &points, &n));
    CHECK(n == 3);
    CHECK_STR(points[0].key, "auc");
    CHECK(isnan(points[0].value) && isinf(points[1].value));
    CHECK_NEAR(points[2].value, 0.5, 0);
    CHECK_OK(&fix.run, hone_store_metric_history(&fix.run, fix.store, id.hex, "loss", &fix.mem,
                                                 &points, &n));
    CHECK(n == 2 && points[0].step == 1 && points[1].step == 2);

    struct hone_run_id second = begin(&fix, NULL);
    struct hone_run_record records[2];
    CHECK_OK(&fix.run, hone_store_run_get(&fix.run, fix.store, id.hex, &fix.mem, &records[0]));
    CHECK_OK(&fix.run,
             hone_store_run_get(&fix.run, fix.store, second.hex, &fix.mem, &records[1]));
    static const char *const keys[] = {"loss", "gap"};
    const struct hone_metric_table table = {records, 2, keys, 2};
    double values[4];
    CHECK_OK(&fix.run, hone_store_metric_compare(&fix.run, fix.store, &table, values));
    CHECK_NEAR(values[0], 0.5, 0);
    CHECK(isinf(values[1]) && isnan(values[2]) && isnan(values[3]));

    CHECK_FAILS(&fix.run, hone_store_log_metrics(&fix.run, fix.store, "feedfeed", logged, 4),
                HONE_E_NOT_FOUND);
    fix_close(&fix);
}

static size_t count(struct fix *fix, const struct hone_run_filter *filter)
{
    struct hone_run_record *list;
    size_t n;
    CHECK_OK(&fix->run,
             hone_store_run_list(&fix->run, fix->store, filter, &fix->mem, &list, &n));
    for (size_t i = 1; i < n; i++) {
        CHECK(list[i].seq < list[i - 1].seq);
    }
    return n;
}

static void runs_are_listed_and_filtered(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_run_id parent;
    fix_open(&fix);
    for (int i = 0; i < 50; i++) {
        struct hone_run_record record = {.model = i % 2 == 0 ? "even" : "odd",
                                         .parent = i > 40 ? parent.hex : NULL};
        struct hone_run_id id;
        CHECK_OK(&fix.run, hone_store_run_begin(&fix.run, fix.store, &record, &id));
        struct hone_metric_point point = {.key = "auc", .value = i / 50.0};
        CHECK_OK(&fix.run, hone_store_log_metrics(&fix.run, fix.store, id.hex, &point, 1));
        if (i % 5 == 0) {
            CHECK_OK(&fix.run,
                     hone_store_run_end(&fix.run, fix.store, id.hex, "FINISHED", NULL));
        }
        parent = i == 40 ? id : parent;
    }
    CHECK(count(&fix, &(struct hone_run_filter){0}) == 50);
    CHECK(count(&fix, &(struct hone_run_filter){.limit = 7}) == 7);
    CHECK(count(&fix, &(struct hone_run_filter){.status = "FINISHED"}) == 10);
    CHECK(count(&fix, &(struct hone_run_filter){.model = "odd"}) == 25);
    CHECK(count(&fix, &(struct hone_run_filter){.model = "odd", .status = "RUNNING"}) == 20);
    CHECK(count(&fix, &(struct hone_run_filter){.parent = parent.hex}) == 9);
    CHECK(count(&fix, &(struct hone_run_filter){
                          .metric = "auc", .at_least = 0.9, .at_most = 1}) == 5);
    CHECK(
        count(&fix, &(struct hone_run_filter){
                        .metric = "auc", .at_least = 0.9, .at_most = 1, .model = "odd"}) == 3);

    /* Pages, one behind the other, hold each run once. */
    size_t total = 0;
    struct hone_run_filter filter = {.limit = 8};
    for (;;) {
        struct hone_run_record *list;
        size_t n;
        CHECK_OK(&fix.run,
                 hone_store_run_list(&fix.run, fix.store, &filter, &fix.mem, &list, &n));
        if (n == 0) {
            break;
        }
        total += n;
        CHECK(filter.before == 0 || list[0].seq == filter.before - 1);
        filter.before = list[n - 1].seq;
    }
    CHECK(total == 50);
    fix_close(&fix);
}

static void data_and_artifacts_are_linked(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_data_version data;
    struct hone_run_data *used;
    struct hone_run_artifact *kept;
    struct hone_sha hash;
    size_t n;
    fix_open(&fix);
    struct hone_run_id id = begin(&fix, NULL);
    struct hone_sha content = hone_sha256("a,b\n1,2\n", 8);
    const struct hone_data_version put = {
        .hash = content.hex, .source = "a.csv", .rows = 1, .cols = 2, .schema = "{}"};
    CHECK_OK(&fix.run, hone_store_data_put(&fix.run, fix.store, &put));
    struct hone_data_version again = put;
    again.source = "b.csv";
    CHECK_OK(&fix.run, hone_store_data_put(&fix.run, fix.store, &again));
    CHECK_OK(&fix.run, hone_store_data_get(&fix.run, fix.store, content.hex, &fix.mem, &data));
    CHECK_STR(data.source, "a.csv");
    CHECK(data.rows == 1 && data.cols == 2 && data.created > 0);

    struct hone_run_data use = {"train", content.hex, "a.csv"};
    CHECK_OK(&fix.run, hone_store_run_use(&fix.run, fix.store, id.hex, &use));
    use.path = "moved/a.csv";
    CHECK_OK(&fix.run, hone_store_run_use(&fix.run, fix.store, id.hex, &use));
    CHECK_OK(&fix.run, hone_store_run_used(&fix.run, fix.store, id.hex, &fix.mem, &used, &n));
    CHECK(n == 1);
    CHECK_STR(used[0].path, "moved/a.csv");
    use.hash = "0000";
    CHECK_FAILS(&fix.run, hone_store_run_use(&fix.run, fix.store, id.hex, &use),
                HONE_E_CONFLICT);
    CHECK_FAILS(&fix.run, hone_store_data_get(&fix.run, fix.store, "0000", &fix.mem, &data),
                HONE_E_NOT_FOUND);

    CHECK_OK(&fix.run, hone_artifact_put(&fix.run, fix.store, hone_str("onnx"), &hash));
    struct hone_run_artifact keep = {.path = HONE_RUN_MODEL, .hash = hash.hex};
    CHECK_OK(&fix.run, hone_store_run_keep(&fix.run, fix.store, id.hex, &keep));
    CHECK_OK(&fix.run, hone_store_run_kept(&fix.run, fix.store, id.hex, &fix.mem, &kept, &n));
    CHECK(n == 1 && kept[0].bytes == 4);
    CHECK_STR(kept[0].hash, hash.hex);
    keep.hash = content.hex;
    CHECK_FAILS(&fix.run, hone_store_run_keep(&fix.run, fix.store, id.hex, &keep),
                HONE_E_CONFLICT);
    fix_close(&fix);
}

/* Refuse the first, second, ... allocation: each call fails cleanly and the store stays whole. */
static void lists_survive_want_of_memory(void **state)
{
    (void)state;
    struct fix fix;
    fix_open(&fix);
    for (int i = 0; i < 20; i++) {
        begin(&fix, "m");
    }
    for (unsigned nth = 1;; nth++) {
        struct hone_run_record *list = NULL;
        size_t n = 0;
        struct hone_run_filter filter = {0};
        hone_arena_fail_after(nth);
        enum hone_code code =
            hone_store_run_list(&fix.run, fix.store, &filter, &fix.mem, &list, &n);
        hone_arena_fail_after(0);
        if (code == HONE_OK) {
            CHECK(n == 20);
            break;
        }
        CHECK(list == NULL);
        CHECK_FAILS(&fix.run, code, HONE_E_LIMIT);
    }
    fix_close(&fix);
}

const struct CMUnitTest hone_tests_lineage[] = {
    cmocka_unit_test(run_begins_and_ends),
    cmocka_unit_test(ids_may_be_shortened),
    cmocka_unit_test(facts_and_metrics_are_kept),
    cmocka_unit_test(runs_are_listed_and_filtered),
    cmocka_unit_test(data_and_artifacts_are_linked),
    cmocka_unit_test(lists_survive_want_of_memory),
};
const size_t hone_tests_lineage_n = sizeof hone_tests_lineage / sizeof hone_tests_lineage[0];

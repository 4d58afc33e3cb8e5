/* Predictions, labels, alarms. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "store/audit.h"
#include "store/journal.h"
#include "store/registry.h"
#include "stores.h"

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    struct hone_version_record version[2];
};

static void fix_open(struct fix *fix)
{
    static const char *const models[] = {"loan", "other"};
    *fix = (struct fix){0};
    CHECK_OK(&fix->run,
             hone_store_open(&fix->run, check_folder(), true, &fix->mem, &fix->store));
    for (size_t i = 0; i < 2; i++) {
        fix->version[i] = stores_version(&fix->run, fix->store, models[i], &fix->mem);
    }
}

static void fix_close(struct fix *fix)
{
    CHECK_OK(&fix->run, hone_store_check(&fix->run, fix->store));
    hone_store_close(fix->store);
    hone_arena_free(&fix->mem);
    hone_run_clear(&fix->run);
}

/* n predictions at times 1000, 1010, ...; every third is the other model's, every fifth a canary's. */
static void append(struct fix *fix, size_t n)
{
    struct hone_logged_prediction *list = hone_arena_alloc(&fix->mem, sizeof *list, n);
    for (size_t i = 0; i < n; i++) {
        list[i] = (struct hone_logged_prediction){
            .id = hone_arena_format(&fix->mem, "p%06zu", i),
            .time = 1000 + 10 * (int64_t)(i / 2), /* two at each time */
            .version_id = fix->version[i % 3 == 0].id,
            .variant = i % 5 == 0 ? "canary" : "champion",
            .latency = 7,
            .inputs = hone_str("{\"x\":1}"),
            .outputs = hone_str("[0.25]"),
        };
    }
    CHECK_OK(&fix->run, hone_predictions_append(&fix->run, fix->store, list, n));
    CHECK_OK(&fix->run, hone_predictions_append(&fix->run, fix->store, list, n));
}

static size_t count(struct fix *fix, const struct hone_prediction_filter *filter)
{
    struct hone_logged_prediction *list;
    size_t n;
    CHECK_OK(&fix->run,
             hone_predictions_list(&fix->run, fix->store, filter, &fix->mem, &list, &n));
    for (size_t i = 1; i < n; i++) {
        CHECK(list[i].time >= list[i - 1].time);
    }
    return n;
}

static void predictions_are_appended_and_found(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_logged_prediction got;
    fix_open(&fix);
    append(&fix, 300);
    CHECK(count(&fix, &(struct hone_prediction_filter){0}) == 300);
    CHECK(count(&fix, &(struct hone_prediction_filter){.model = "other"}) == 100);
    CHECK(count(&fix, &(struct hone_prediction_filter){.model = "loan", .version = 1}) == 200);
    CHECK(count(&fix, &(struct hone_prediction_filter){.model = "loan", .version = 2}) == 0);
    CHECK(count(&fix, &(struct hone_prediction_filter){.variant = "canary"}) == 60);
    CHECK(count(&fix, &(struct hone_prediction_filter){.from = 1010, .to = 1030}) == 4);
    CHECK(count(&fix, &(struct hone_prediction_filter){.limit = 9}) == 9);
    CHECK(count(&fix, &(struct hone_prediction_filter){.labelled = true}) == 0);
    struct hone_logged_prediction *list;
    size_t n;
    struct hone_prediction_filter which = {.version = 1};
    CHECK_FAILS(&fix.run,
                hone_predictions_list(&fix.run, fix.store, &which, &fix.mem, &list, &n),
                HONE_E_ARG);

    /* Pages of an odd size, so that they end between two rows of one time. */
    size_t total = 0;
    struct hone_prediction_filter page = {.limit = 7, .model = "loan"};
    for (;;) {
        CHECK_OK(&fix.run,
                 hone_predictions_list(&fix.run, fix.store, &page, &fix.mem, &list, &n));
        if (n == 0) {
            break;
        }
        total += n;
        page.after_time = list[n - 1].time;
        page.after_seq = list[n - 1].seq;
    }
    CHECK(total == 200);

    CHECK_OK(&fix.run, hone_prediction_get(&fix.run, fix.store, "p000004", &fix.mem, &got));
    CHECK_STR(got.model, "loan");
    CHECK(got.version == 1 && got.time == 1020 && got.latency == 7);
    CHECK(hone_str_is(got.inputs, "{\"x\":1}") && hone_str_is(got.outputs, "[0.25]"));
    CHECK(got.label == NULL);
    CHECK_FAILS(&fix.run, hone_prediction_get(&fix.run, fix.store, "nix", &fix.mem, &got),
                HONE_E_NOT_FOUND);
    struct hone_logged_prediction orphan = {.id = "q",
                                            .version_id = 999,
                                            .variant = "champion",
                                            .inputs = hone_str("1"),
                                            .outputs = hone_str("1")};
    CHECK_FAILS(&fix.run, hone_predictions_append(&fix.run, fix.store, &orphan, 1),
                HONE_E_CONFLICT);
    fix_close(&fix);
}

static void labels_are_joined_once(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_logged_prediction got;
    struct hone_label *labels;
    size_t n;
    size_t added;
    fix_open(&fix);
    append(&fix, 10);
    const struct hone_label put[] = {{.prediction = "p000001", .time = 50, .label = "yes"},
                                     {.prediction = "p000001", .time = 40, .label = "no"},
                                     {.prediction = "p000002", .time = 40, .label = "no"}};
    CHECK_OK(&fix.run, hone_labels_append(&fix.run, fix.store, put, 3, &added));
    CHECK(added == 3);
    CHECK_OK(&fix.run, hone_labels_append(&fix.run, fix.store, put, 3, &added));
    CHECK(added == 0);
    CHECK_OK(&fix.run, hone_prediction_get(&fix.run, fix.store, "p000001", &fix.mem, &got));
    CHECK_STR(got.label, "yes");
    CHECK(got.label_time == 50);
    CHECK_OK(&fix.run, hone_labels_list(&fix.run, fix.store, "p000001", &fix.mem, &labels, &n));
    CHECK(n == 2);
    CHECK_STR(labels[0].label, "no");
    CHECK(count(&fix, &(struct hone_prediction_filter){.labelled = true}) == 2);
    CHECK(count(&fix, &(struct hone_prediction_filter){0}) == 10);

    const struct hone_label bad[] = {{.prediction = "p000003", .time = 1, .label = "yes"},
                                     {.prediction = "nix", .time = 1, .label = "yes"}};
    CHECK_FAILS_WITH(&fix.run, hone_labels_append(&fix.run, fix.store, bad, 2, &added),
                     HONE_E_NOT_FOUND, "nix");
    CHECK(count(&fix, &(struct hone_prediction_filter){.labelled = true}) == 2);
    fix_close(&fix);
}

static void alarms_open_and_close(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_alarm *list;
    size_t n;
    int64_t first;
    int64_t second;
    fix_open(&fix);
    struct hone_alarm alarm = {.version_id = fix.version[0].id,
                               .kind = "drift",
                               .severity = "warning",
                               .subject = "income",
                               .value = 0.31,
                               .threshold = 0.2,
                               .window_from = 1000,
                               .window_to = 2000,
                               .message = "psi of income is 0.31"};
    CHECK_OK(&fix.run, hone_alarm_append(&fix.run, fix.store, &alarm, &first));
    struct hone_alarm plain = {.kind = "disk",
                               .severity = "critical",
                               .subject = "log",
                               .value = (double)NAN,
                               .threshold = (double)NAN,
                               .message = "full"};
    CHECK_OK(&fix.run, hone_alarm_append(&fix.run, fix.store, &plain, &second));
    CHECK(second > first);
    struct hone_alarm_filter filter = {.open = true};
    CHECK_OK(&fix.run, hone_alarm_list(&fix.run, fix.store, &filter, &fix.mem, &list, &n));
    CHECK(n == 2 && list[0].id == second && list[1].id == first);
    CHECK(list[0].model == NULL && isnan(list[0].value) && list[0].window_to == 0);
    CHECK_STR(list[1].model, "loan");
    CHECK(list[1].version == 1 && list[1].window_from == 1000 && list[1].window_to == 2000);
    CHECK_NEAR(list[1].value, 0.31, 0);

    CHECK_OK(&fix.run, hone_alarm_close(&fix.run, fix.store, first, "ann", "known"));
    CHECK_FAILS(&fix.run, hone_alarm_close(&fix.run, fix.store, first, "ann", NULL),
                HONE_E_CONFLICT);
    CHECK_FAILS(&fix.run, hone_alarm_close(&fix.run, fix.store, 99, NULL, NULL),
                HONE_E_NOT_FOUND);
    CHECK_OK(&fix.run, hone_alarm_list(&fix.run, fix.store, &filter, &fix.mem, &list, &n));
    CHECK(n == 1 && list[0].id == second);
    struct hone_alarm_filter of_model = {.model = "loan", .kind = "drift"};
    CHECK_OK(&fix.run, hone_alarm_list(&fix.run, fix.store, &of_model, &fix.mem, &list, &n));
    CHECK(n == 1 && list[0].closed > 0);
    CHECK_STR(list[0].closed_by, "ann");
    CHECK_STR(list[0].closed_reason, "known");
    struct hone_alarm_filter older = {.before = second, .limit = 5};
    CHECK_OK(&fix.run, hone_alarm_list(&fix.run, fix.store, &older, &fix.mem, &list, &n));
    CHECK(n == 1);
    alarm.severity = "loud";
    CHECK_FAILS(&fix.run, hone_alarm_append(&fix.run, fix.store, &alarm, &first), HONE_E_ARG);
    CHECK_OK(&fix.run, hone_audit_verify(&fix.run, fix.store, NULL, NULL));
    fix_close(&fix);
}

const struct CMUnitTest hone_tests_journal[] = {
    cmocka_unit_test(predictions_are_appended_and_found),
    cmocka_unit_test(labels_are_joined_once),
    cmocka_unit_test(alarms_open_and_close),
};
const size_t hone_tests_journal_n = sizeof hone_tests_journal / sizeof hone_tests_journal[0];

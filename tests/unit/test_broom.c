/* Old predictions that a server lets go by itself. */
#include <string.h>
#include <time.h>

#include "check.h"
#include "serve/broom.h"
#include "store/audit.h"
#include "store/journal.h"
#include "stores.h"

#define DAY_US INT64_C(86400000000)

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    const char *folder;
    struct hone_store *store;
};

static size_t predictions(struct fix *fix)
{
    struct hone_logged_prediction *list;
    size_t n;
    CHECK_OK(&fix->run,
             hone_predictions_list(&fix->run, fix->store, &(struct hone_prediction_filter){0},
                                   &fix->mem, &list, &n));
    return n;
}

/* 1200 predictions, the first thousand of them a hundred days old. */
static void fill(struct fix *fix)
{
    static struct hone_logged_prediction list[1200];
    const int64_t version = stores_version(&fix->run, fix->store, "m", &fix->mem).id;
    int64_t now = hone_now_us(&fix->run);
    for (size_t i = 0; i < 1200; i++) {
        list[i] = (struct hone_logged_prediction){
            .id = hone_arena_format(&fix->mem, "p%zu", i),
            .time = i < 1000 ? now - 100 * DAY_US : now,
            .version_id = version,
            .variant = "champion",
            .inputs = hone_str("{}"),
            .outputs = hone_str("{}"),
        };
    }
    CHECK_OK(&fix->run, hone_predictions_append(&fix->run, fix->store, list, 1200));
}

static void sweeps_what_is_old(void **state)
{
    struct fix fix = {0};
    struct hone_broom *broom;
    struct hone_audit_row *row;
    size_t n;
    (void)state;
    fix.folder = check_folder();
    CHECK_OK(&fix.run, hone_store_open(&fix.run, fix.folder, true, &fix.mem, &fix.store));
    fill(&fix);

    /* Not before its time. */
    CHECK_OK(&fix.run, hone_broom_new(&fix.run, fix.folder, 90 * DAY_US, DAY_US, &broom));
    hone_broom_free(broom);
    assert_int_equal(predictions(&fix), 1200);

    CHECK_OK(&fix.run, hone_broom_new(&fix.run, fix.folder, 90 * DAY_US, 0, &broom));
    for (int i = 0; i < 6000 && predictions(&fix) > 200; i++) {
        const struct timespec nap = {0, 5000000};
        nanosleep(&nap, NULL);
    }
    hone_broom_free(broom);
    assert_int_equal(predictions(&fix), 200);
    CHECK_OK(&fix.run, hone_audit_list(&fix.run, fix.store,
                                       &(struct hone_audit_filter){.action = "collect"},
                                       &fix.mem, &row, &n));
    assert_int_equal(n, 1);
    assert_string_equal(row->actor, "hone serve");
    assert_non_null(strstr(row->detail, "\"predictions\":1000,"));

    /* A second sweep finds nothing, and says nothing. */
    CHECK_OK(&fix.run, hone_broom_new(&fix.run, fix.folder, 90 * DAY_US, 0, &broom));
    hone_broom_free(broom);
    CHECK_OK(&fix.run, hone_audit_list(&fix.run, fix.store,
                                       &(struct hone_audit_filter){.action = "collect"},
                                       &fix.mem, &row, &n));
    assert_int_equal(n, 1);
    CHECK_OK(&fix.run, hone_store_check(&fix.run, fix.store));
    hone_store_close(fix.store);
    hone_arena_free(&fix.mem);
    hone_run_clear(&fix.run);
}

const struct CMUnitTest hone_tests_broom[] = {
    cmocka_unit_test(sweeps_what_is_old),
};
const size_t hone_tests_broom_n = sizeof hone_tests_broom / sizeof hone_tests_broom[0];

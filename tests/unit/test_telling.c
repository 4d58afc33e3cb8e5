/* Alarms raised once, hooks told once, duties done once. */
#include <string.h>

#include "check.h"
#include "store/duty.h"
#include "store/telling.h"
#include "stores.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    struct hone_store *other; /* another process's */
    int64_t now;
    int64_t version;
};

static void fix_open(struct fix *fix)
{
    const char *folder = check_folder();
    *fix = (struct fix){.now = 1000 * HOUR};
    fix->run.now = stores_still;
    fix->run.clock = &fix->now;
    CHECK_OK(&fix->run, hone_store_open(&fix->run, folder, true, &fix->mem, &fix->store));
    CHECK_OK(&fix->run, hone_store_open(&fix->run, folder, false, &fix->mem, &fix->other));
    fix->version = stores_version(&fix->run, fix->store, "loan", &fix->mem).id;
}

static void fix_close(struct fix *fix)
{
    CHECK_OK(&fix->run, hone_store_check(&fix->run, fix->store));
    hone_store_close(fix->other);
    hone_store_close(fix->store);
    hone_arena_free(&fix->mem);
    hone_run_clear(&fix->run);
}

/* An alarm about a window in hours; both 0: without one. */
static int64_t ring(struct fix *fix, const char *kind, const char *key, int64_t from,
                    int64_t to, bool *fresh)
{
    const struct hone_alarm alarm = {.version_id = fix->version,
                                     .kind = kind,
                                     .severity = "warning",
                                     .subject = "income",
                                     .key = key,
                                     .value = 0.3,
                                     .threshold = 0.1,
                                     .window_from = from * HOUR,
                                     .window_to = to * HOUR,
                                     .message = "income has drifted"};
    int64_t id;
    CHECK_OK(&fix->run, hone_alarm_raise(&fix->run, fix->store, &alarm, &id, fresh));
    return id;
}

static struct hone_alarm get(struct fix *fix, int64_t id)
{
    struct hone_alarm alarm;
    CHECK_OK(&fix->run, hone_alarm_get(&fix->run, fix->other, id, &fix->mem, &alarm));
    return alarm;
}

static void a_drift_that_goes_on_rings_once(void **state)
{
    (void)state;
    struct fix fix;
    bool fresh;
    fix_open(&fix);
    int64_t first = ring(&fix, "drift", "data", 900, 902, &fresh);
    CHECK(fresh && get(&fix, first).seen == 902 * HOUR && get(&fix, first).told == 0);
    CHECK_STR(get(&fix, first).key, "data");
    for (int64_t h = 901; h < 910; h++) { /* the window moves on, the drift stays */
        CHECK(ring(&fix, "drift", "data", h, h + 2, &fresh) == first && !fresh);
    }
    CHECK(get(&fix, first).seen == 911 * HOUR);
    CHECK(ring(&fix, "drift", "data", 900, 902, &fresh) == first && !fresh);
    /* somebody closed it, and it goes on: it is known */
    CHECK_OK(&fix.run, hone_alarm_close(&fix.run, fix.store, first, "ann", "a new office"));
    CHECK(ring(&fix, "drift", "data", 910, 912, &fresh) == first && !fresh);
    CHECK(get(&fix, first).closed != 0);
    /* calm, then again; and what was before it */
    int64_t second = ring(&fix, "drift", "data", 920, 922, &fresh);
    CHECK(fresh && second != first);
    CHECK(ring(&fix, "drift", "data", 800, 810, &fresh) != first && fresh);
    /* another key, another kind, the subject for want of a key */
    CHECK(ring(&fix, "drift", "answers", 920, 922, &fresh) != second && fresh);
    CHECK(ring(&fix, "performance", "data", 920, 922, &fresh) != second && fresh);
    int64_t plain = ring(&fix, "performance", NULL, 920, 922, &fresh);
    CHECK(fresh);
    CHECK_STR(get(&fix, plain).key, "income");
    fix_close(&fix);
}

static void what_has_no_window_rings_while_it_is_open(void **state)
{
    (void)state;
    struct fix fix;
    bool fresh;
    size_t closed;
    fix_open(&fix);
    int64_t first = ring(&fix, "service", "log", 0, 0, &fresh);
    CHECK(fresh && get(&fix, first).seen == fix.now);
    fix.now += 5 * HOUR;
    CHECK(ring(&fix, "service", "log", 0, 0, &fresh) == first && !fresh);
    CHECK(get(&fix, first).seen == fix.now);
    CHECK_OK(&fix.run, hone_alarm_close(&fix.run, fix.store, first, "ann", "seen"));
    fix.now += HOUR / 2;
    CHECK(ring(&fix, "service", "log", 0, 0, &fresh) == first && !fresh);
    fix.now += HONE_ALARM_QUIET_US + 1;
    int64_t second = ring(&fix, "service", "log", 0, 0, &fresh);
    CHECK(fresh && second != first);
    /* what has passed is closed, and nothing else */
    int64_t other = ring(&fix, "service", "5xx", 0, 0, &fresh);
    CHECK_OK(&fix.run, hone_alarm_settle(&fix.run, fix.store, "service", "log", fix.now,
                                         "no more", &closed));
    CHECK(closed == 0);
    CHECK_OK(&fix.run, hone_alarm_settle(&fix.run, fix.store, "service", "log", fix.now + 1,
                                         "no more", &closed));
    CHECK(closed == 1 && get(&fix, second).closed == fix.now && get(&fix, other).closed == 0);
    CHECK_STR(get(&fix, second).closed_by, "hone");
    CHECK_STR(get(&fix, second).closed_reason, "no more");
    CHECK_FAILS_WITH(&fix.run,
                     hone_alarm_raise(&fix.run, fix.store,
                                      &(struct hone_alarm){.kind = "service",
                                                           .severity = "loud",
                                                           .subject = "x",
                                                           .message = "x"},
                                      &other, &fresh),
                     HONE_E_ARG, "loud");
    fix_close(&fix);
}

static int64_t hook_of(struct fix *fix, const char *digest)
{
    int64_t id;
    CHECK_OK(&fix->run,
             hone_hook_find(&fix->run, fix->store, digest, "https://x", fix->now, &id));
    return id;
}

static bool take(struct fix *fix, struct hone_store *store, int64_t hook,
                 struct hone_telling *out)
{
    bool taken;
    CHECK_OK(&fix->run,
             hone_telling_take(&fix->run, store, hook, fix->now, 30 * SECOND, out, &taken));
    return taken;
}

static struct hone_hook hook_state(struct fix *fix, size_t i)
{
    struct hone_hook *list;
    size_t n;
    CHECK_OK(&fix->run, hone_hook_list(&fix->run, fix->other, 0, &fix->mem, &list, &n));
    CHECK(i < n);
    return list[i];
}

static void each_hook_is_told_once(void **state)
{
    (void)state;
    struct fix fix;
    bool fresh;
    struct hone_telling t;
    struct hone_telling u;
    struct hone_hook *list;
    size_t n;
    fix_open(&fix);
    int64_t a = hook_of(&fix, "aa");
    int64_t b = hook_of(&fix, "bb");
    CHECK(a != b && hook_of(&fix, "aa") == a);
    CHECK(!take(&fix, fix.store, a, &t));
    int64_t one = ring(&fix, "drift", "data", 900, 902, &fresh);
    int64_t two = ring(&fix, "service", "log", 0, 0, &fresh);
    CHECK(hook_state(&fix, 0).waiting == 2 && hook_state(&fix, 0).told == 0);

    /* who takes it keeps the others away; the other hook has its own */
    CHECK(take(&fix, fix.store, a, &t) && t.alarm == one && !t.closed && t.attempt == 1);
    CHECK(take(&fix, fix.other, a, &u) && u.alarm == two);
    CHECK(!take(&fix, fix.other, a, &u));
    CHECK(take(&fix, fix.other, b, &u) && u.alarm == one);
    /* killed: due again when the lease is over */
    fix.now += 30 * SECOND;
    CHECK(take(&fix, fix.other, a, &t) && t.alarm == one && t.attempt == 2);
    /* it fails: due again later */
    CHECK_OK(&fix.run, hone_telling_failed(&fix.run, fix.other, &t, fix.now,
                                           fix.now + 90 * SECOND, "status 500"));
    CHECK(hook_state(&fix, 0).failures == 1 && hook_state(&fix, 0).failed == fix.now);
    CHECK_STR(hook_state(&fix, 0).error, "status 500");
    CHECK(take(&fix, fix.store, a, &t) && t.alarm == two);
    CHECK_OK(&fix.run, hone_telling_done(&fix.run, fix.store, &t, fix.now));
    CHECK(hook_state(&fix, 0).failures == 0 && hook_state(&fix, 0).error == NULL);
    CHECK(hook_state(&fix, 0).told == fix.now && hook_state(&fix, 0).waiting == 1);
    CHECK(get(&fix, two).told == fix.now && get(&fix, one).told == 0);
    CHECK(!take(&fix, fix.store, a, &t));
    fix.now += 90 * SECOND;
    CHECK(take(&fix, fix.store, a, &t) && t.alarm == one && t.attempt == 3);
    CHECK_OK(&fix.run, hone_telling_done(&fix.run, fix.store, &t, fix.now));
    fix.now += HOUR;
    CHECK(!take(&fix, fix.store, a, &t));

    /* closed: only who was told that it rang is told */
    CHECK_OK(&fix.run, hone_alarm_close(&fix.run, fix.store, one, "ann", "mended"));
    CHECK(take(&fix, fix.store, a, &t) && t.alarm == one && t.closed && t.attempt == 1);
    CHECK_OK(&fix.run, hone_telling_done(&fix.run, fix.store, &t, fix.now));
    CHECK(!take(&fix, fix.store, a, &t));
    CHECK(take(&fix, fix.store, b, &t) && t.alarm == two && !t.closed);
    CHECK(!take(&fix, fix.store, b, &t));
    fix.now += 2 * HOUR;
    CHECK_OK(&fix.run,
             hone_hook_list(&fix.run, fix.store, fix.now - HOUR, &fix.mem, &list, &n));
    CHECK(n == 0);
    CHECK(hook_of(&fix, "bb") == b);
    CHECK_OK(&fix.run,
             hone_hook_list(&fix.run, fix.store, fix.now - HOUR, &fix.mem, &list, &n));
    CHECK(n == 1 && list[0].id == b && list[0].seen == fix.now);
    fix_close(&fix);
}

static bool duty(struct fix *fix, struct hone_store *store, int64_t upto, int64_t *from)
{
    bool taken;
    CHECK_OK(&fix->run, hone_duty_take(&fix->run, store, "watch 1", upto, fix->now, 60 * SECOND,
                                       from, &taken));
    return taken;
}

static void a_duty_is_done_by_one(void **state)
{
    (void)state;
    struct fix fix;
    int64_t from;
    fix_open(&fix);
    CHECK(duty(&fix, fix.store, 10, &from) && from == 0);
    CHECK(!duty(&fix, fix.other, 10, &from));
    CHECK_OK(&fix.run, hone_duty_done(&fix.run, fix.store, "watch 1", 10));
    CHECK(!duty(&fix, fix.other, 10, &from));
    CHECK(duty(&fix, fix.other, 20, &from) && from == 10);
    fix.now += 60 * SECOND; /* that one was killed */
    CHECK(duty(&fix, fix.store, 20, &from) && from == 10);
    CHECK_OK(&fix.run, hone_duty_leave(&fix.run, fix.store, "watch 1", fix.now + 300 * SECOND));
    fix.now += 299 * SECOND;
    CHECK(!duty(&fix, fix.other, 20, &from));
    fix.now += SECOND;
    CHECK(duty(&fix, fix.other, 20, &from) && from == 10);
    CHECK_OK(&fix.run, hone_duty_done(&fix.run, fix.other, "watch 1", 20));
    CHECK_OK(&fix.run, hone_duty_done(&fix.run, fix.other, "watch 1", 15)); /* never backward */
    CHECK(!duty(&fix, fix.store, 20, &from));
    fix_close(&fix);
}

/* A clock that was a year ahead is set right: what it wrote down holds nobody up. */
static void a_wrong_clock_does_not_end_a_duty(void **state)
{
    (void)state;
    struct fix fix;
    int64_t from;
    fix_open(&fix);
    const int64_t right = fix.now;
    const int64_t wrong = right + 365 * 24 * HOUR;
    fix.now = wrong;
    CHECK(duty(&fix, fix.store, wrong, &from) && from == 0);
    fix.now = right; /* while it is leased */
    CHECK(duty(&fix, fix.other, right, &from) && from == 0);
    CHECK_OK(&fix.run, hone_duty_done(&fix.run, fix.store, "watch 1", wrong));
    CHECK(duty(&fix, fix.other, right, &from) && from == 0);
    CHECK_OK(&fix.run, hone_duty_done(&fix.run, fix.other, "watch 1", right));
    CHECK(!duty(&fix, fix.store, right, &from));
    fix.now += HOUR;
    CHECK(duty(&fix, fix.store, right + HOUR, &from) && from == right);
    fix_close(&fix);
}

const struct CMUnitTest hone_tests_telling[] = {
    cmocka_unit_test(a_drift_that_goes_on_rings_once),
    cmocka_unit_test(what_has_no_window_rings_while_it_is_open),
    cmocka_unit_test(each_hook_is_told_once),
    cmocka_unit_test(a_duty_is_done_by_one),
    cmocka_unit_test(a_wrong_clock_does_not_end_a_duty),
};
const size_t hone_tests_telling_n = sizeof hone_tests_telling / sizeof hone_tests_telling[0];

/* The watchman: what rings when, once, whoever looks; told once; by a clock that the test turns. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "flow/model/trained.h"
#include "flow/train/job.h"
#include "monitor/sketch.h"
#include "serve/watchman.h"
#include "store/duty.h"
#include "store/lineage.h"
#include "store/presence.h"
#include "store/query_priv.h"
#include "store/registry.h"
#include "store/sketchlog.h"
#include "stores.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define ROWS   400

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    const char *folder;
    struct hone_store *store;
    struct hone_hooks hooks;
    struct hone_watchman_wish wish;
    struct hone_watchman *man;
    struct hone_watchman_facts facts;
    struct hone_watchman_version version;
    size_t versions;
    int64_t now;
    enum hone_code answer; /* of the receiver */
    size_t got;
    char body[4000];
};

static enum hone_code receive(struct hone_run *run, void *ctx,
                              const struct hone_webhook_message *message, int64_t *retry)
{
    struct fix *fix = ctx;
    fix->got++;
    *retry = 0;
    CHECK(message->body.len < sizeof fix->body);
    memcpy(fix->body, message->body.ptr, message->body.len);
    fix->body[message->body.len] = '\0';
    return fix->answer == HONE_OK ? HONE_OK : hone_fail(run, fix->answer, "not now");
}

static void facts_of(void *ctx, struct hone_watchman_facts *out)
{
    *out = ((struct fix *)ctx)->facts;
}

static enum hone_code served_by(struct hone_run *run, void *ctx, struct hone_arena *mem,
                                struct hone_watchman_version **out, size_t *n)
{
    struct fix *fix = ctx;
    (void)run;
    (void)mem;
    *out = &fix->version;
    *n = fix->versions;
    return HONE_OK;
}

static void fix_open(struct fix *fix)
{
    static const char *url[] = {"https://night.example/secret"};
    *fix = (struct fix){.now = INT64_C(1763712000) * SECOND, .folder = check_folder()};
    fix->run.now = stores_still;
    fix->run.clock = &fix->now;
    CHECK_OK(&fix->run, hone_store_open(&fix->run, fix->folder, true, &fix->mem, &fix->store));
    fix->hooks = (struct hone_hooks){.url = {url, 1}, .post = receive, .ctx = fix};
    fix->wish = (struct hone_watchman_wish){.store = fix->folder,
                                            .watch = "hour",
                                            .server = "http://here:1",
                                            .failed = 0.01,
                                            .hooks = &fix->hooks,
                                            .ctx = fix,
                                            .facts = facts_of,
                                            .served = served_by};
    CHECK_OK(&fix->run, hone_watchman_new(&fix->run, &fix->wish, &fix->man));
}

static void fix_close(struct fix *fix)
{
    hone_watchman_free(fix->man);
    hone_store_close(fix->store);
    hone_arena_free(&fix->mem);
    hone_run_clear(&fix->run);
}

/* Steps every 5 s for so long. */
static void pass(struct fix *fix, int64_t us)
{
    for (int64_t end = fix->now + us; fix->now < end;) {
        fix->now += 5 * SECOND;
        hone_watchman_step(&fix->run, fix->man);
        CHECK(fix->run.err.code == HONE_OK);
    }
}

static struct hone_alarm *alarms(struct fix *fix, const char *kind, bool open, size_t *n)
{
    struct hone_alarm *list;
    const struct hone_alarm_filter filter = {.kind = kind, .open = open};
    CHECK_OK(&fix->run, hone_alarm_list(&fix->run, fix->store, &filter, &fix->mem, &list, n));
    return list;
}

static size_t how_many(struct fix *fix, const char *kind, bool open)
{
    size_t n;
    (void)alarms(fix, kind, open, &n);
    return n;
}

/* --- the service ------------------------------------------------------------------------------------ */

static void failing_requests_ring_and_pass(void **state)
{
    (void)state;
    struct fix fix;
    size_t n;
    fix_open(&fix);
    fix.facts.answered = 1000000; /* long ago */
    fix.facts.failed = 500000;
    pass(&fix, MINUTE);
    CHECK(how_many(&fix, NULL, false) == 0);
    fix.facts.failed += 4; /* too few to tell */
    pass(&fix, MINUTE);
    fix.facts.answered += 5000;
    fix.facts.failed += 40; /* 44 of 5044: below the share that is borne */
    pass(&fix, MINUTE);
    CHECK(how_many(&fix, NULL, false) == 0);
    fix.facts.failed += 60; /* 104 of 5104: 2 %, at least 1.6 % */
    pass(&fix, 5 * SECOND);
    const struct hone_alarm *a = alarms(&fix, "service", true, &n);
    CHECK(n == 1 && fix.got == 1);
    CHECK_STR(a->severity, "critical");
    CHECK_STR(a->subject, "http://here:1");
    CHECK_STR(a->message, "104 of 5104 requests of the last 5 minutes failed at http://here:1");
    CHECK_NEAR(a->value, 104.0 / 5104, 1e-12);
    CHECK(strstr(fix.body, "\"model\":null") != NULL);
    pass(&fix, 4 * MINUTE);
    CHECK(how_many(&fix, NULL, false) == 1 && fix.got == 1);
    CHECK(how_many(&fix, NULL, true) == 1);
    /* all is well since: closed by itself, and told so */
    fix.facts.answered += 100000;
    pass(&fix, (HONE_WATCHMAN_MINUTES + HONE_WATCHMAN_CALM + 2) * MINUTE);
    CHECK(how_many(&fix, NULL, true) == 0 && fix.got == 2);
    CHECK(strstr(fix.body, "\"type\":\"alarm.closed\"") != NULL);
    a = alarms(&fix, "service", false, &n);
    CHECK(n == 1);
    CHECK_STR(a->closed_by, "hone");
    /* and hours later it rings anew */
    pass(&fix, 2 * HOUR);
    fix.facts.failed += 10;
    pass(&fix, 5 * SECOND);
    CHECK(how_many(&fix, NULL, false) == 2 && fix.got == 3);
    fix_close(&fix);
}

static void lost_rows_and_an_old_certificate_ring(void **state)
{
    (void)state;
    struct fix fix;
    size_t n;
    fix_open(&fix);
    fix.facts.dropped = 7; /* before the watchman came */
    fix.facts.expires = fix.now + 14 * DAY + MINUTE;
    pass(&fix, 30 * SECOND);
    CHECK(how_many(&fix, NULL, false) == 0);
    fix.facts.dropped += 3;
    pass(&fix, 5 * SECOND);
    const struct hone_alarm *a = alarms(&fix, "service", true, &n);
    CHECK(n == 1);
    CHECK_STR(a->severity, "warning");
    CHECK_STR(a->message,
              "3 predictions of the last 5 minutes are not in the log of http://here:1");
    pass(&fix, MINUTE);
    a = alarms(&fix, "service", true, &n);
    CHECK(n == 2);
    CHECK_STR(a->severity, "warning");
    CHECK_STR(a->message, "the certificate of http://here:1 runs out in 13 days");
    /* renewed */
    fix.facts.expires += 90 * DAY;
    pass(&fix, (HONE_WATCHMAN_MINUTES + HONE_WATCHMAN_CALM + 2) * MINUTE);
    CHECK(how_many(&fix, NULL, true) == 0);
    fix.facts.expires = fix.now - 1;
    fix.now += 2 * HOUR;
    pass(&fix, 5 * SECOND);
    a = alarms(&fix, "service", true, &n);
    CHECK(n == 1);
    CHECK_STR(a->severity, "critical");
    CHECK_STR(a->message, "the certificate of http://here:1 has run out");
    fix_close(&fix);
}

/* A database that can grow no more, as a full disk looks to SQLite. */
static void a_store_that_can_not_be_written_is_told_without_it(void **state)
{
    (void)state;
    struct fix fix;
    size_t n;
    fix_open(&fix);
    pass(&fix, 2 * MINUTE);
    CHECK(fix.got == 0);
    /* another program holds the table: each write fails at once, without waiting */
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store,
                                       "CREATE TRIGGER full BEFORE UPDATE ON duty"
                                       " BEGIN SELECT raise(ABORT, 'disk is full'); END"));
    pass(&fix, 30 * SECOND);
    CHECK(fix.got == 0); /* a hiccup is none of the night's business */
    fix.answer = HONE_E_IO;
    pass(&fix, 2 * MINUTE);
    CHECK(fix.got >= 1 && fix.got <= 4);
    fix.answer = HONE_OK;
    fix.got = 0;
    pass(&fix, 10 * MINUTE);
    CHECK(fix.got == 1);
    CHECK(strstr(fix.body, "can not write its store") != NULL);
    CHECK(strstr(fix.body, "disk is full") != NULL);
    CHECK(strstr(fix.body, "\"id\":null") != NULL);
    CHECK(how_many(&fix, NULL, false) == 0);
    /* it can be written again: on record, and told */
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store, "DROP TRIGGER full"));
    pass(&fix, 10 * SECOND);
    const struct hone_alarm *a = alarms(&fix, "service", true, &n);
    CHECK(n == 1 && fix.got == 2);
    CHECK(strstr(a->message, "minutes and can again") != NULL);
    fix_close(&fix);
}

/* --- what is served ----------------------------------------------------------------------------------- */

/* A model of two columns, trained and registered; its reference. */
static const struct hone_reference *learn(struct fix *fix)
{
    struct hone_run *run = &fix->run;
    struct hone_rng rng = hone_rng(1, 1);
    struct hone_buf text = hone_buf(&fix->mem);
    struct hone_job job;
    struct hone_job_result made;
    struct hone_version_record record;
    struct hone_scorer scorer;
    struct hone_reference *reference;
    hone_buf_text(&text, "x,y\n");
    for (size_t i = 0; i < ROWS; i++) {
        double x = hone_rng_normal(&rng);
        hone_buf_format(&text, "%.4f,%s\n", x,
                        x + 0.5 * hone_rng_normal(&rng) > 0 ? "yes" : "no");
    }
    const char *path = check_path(fix->folder, "rows.csv");
    check_write(path, text.ptr);
    hone_job_default(&job);
    job.data = path;
    job.name = "m";
    job.command = "test";
    job.train.target = "y";
    job.train.model = "logistic";
    job.train.bootstrap = 20;
    CHECK_OK(run, hone_job_run(run, fix->store, &job, &fix->mem, &made));
    CHECK_OK(run, hone_version_get(run, fix->store, "m", 1, &fix->mem, &record));
    fix->version = (struct hone_watchman_version){"m", 1, record.id};
    fix->versions = 1;
    CHECK_OK(run, hone_scorer_open(run, made.onnx, &fix->mem, &scorer));
    CHECK_OK(run, hone_scorer_reference(run, &scorer, &fix->mem, &reference));
    return reference;
}

/* One value as they were in the reference; numbers moved by so much. */
static void see(struct hone_sketch_column *s, const struct hone_reference_column *c,
                struct hone_rng *rng, double moved)
{
    if (!c->levels_only) {
        hone_sketch_number(s, c->grid[hone_rng_below(rng, HONE_REFERENCE_GRID)] + moved);
        return;
    }
    double at = hone_rng_unit(rng) * (double)(c->rows - c->missing);
    size_t k = 0;
    while (k + 1 < c->levels && at >= c->count[k]) {
        at -= c->count[k++];
    }
    hone_sketch_level(s, c->level[k]);
}

/* What a server saw in the hour that begins then: x moved by so much, answers as ever. */
static void serve_hour(struct fix *fix, const struct hone_reference *reference, int64_t begin,
                       double moved)
{
    struct hone_run *run = &fix->run;
    struct hone_rng rng = hone_rng(2, (uint64_t)(begin / HOUR));
    struct hone_sketch *sketch;
    struct hone_counts *counts;
    struct hone_buf text = hone_buf(&fix->mem);
    CHECK_OK(run, hone_sketch_new(run, reference, &fix->mem, &sketch));
    CHECK_OK(run, hone_counts_new(run, reference, &fix->mem, &counts));
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < reference->cols; j++) {
            const struct hone_reference_column *c = &reference->column[j];
            see(&sketch->column[j], c, &rng, c->prediction ? 0 : moved);
        }
    }
    atomic_fetch_add(&sketch->rows, ROWS);
    hone_counts_read(counts, sketch);
    HONE_JSON json_t *tree = hone_counts_json(counts, reference);
    hone_json_write(&text, tree, false);
    const struct hone_sketch_row row = {.server = 1,
                                        .version_id = fix->version.record,
                                        .begin = begin,
                                        .rows = ROWS,
                                        .data = text.ptr};
    CHECK_OK(run, hone_sketch_put(run, fix->store, &row));
}

static size_t runs_of(struct fix *fix)
{
    struct hone_run_record *list;
    size_t n;
    CHECK_OK(&fix->run,
             hone_store_run_list(&fix->run, fix->store, &(struct hone_run_filter){.model = "m"},
                                 &fix->mem, &list, &n));
    return n;
}

static size_t looks_of(struct fix *fix)
{
    struct hone_look *list;
    size_t n;
    CHECK_OK(&fix->run, hone_look_list(&fix->run, fix->store, fix->version.record, 0, &fix->mem,
                                       &list, &n));
    return n;
}

static void drift_rings_when_its_window_has_closed(void **state)
{
    (void)state;
    struct fix fix;
    size_t n;
    struct hone_watchman *other;
    fix_open(&fix);
    const struct hone_reference *reference = learn(&fix);
    const int64_t noon = fix.now / DAY * DAY + 12 * HOUR;
    const size_t runs = runs_of(&fix);
    for (int64_t h = -3; h < 2; h++) {
        serve_hour(&fix, reference, noon + h * HOUR, 0);
    }
    /* two servers on one store */
    CHECK_OK(&fix.run, hone_watchman_new(&fix.run, &fix.wish, &other));
    fix.now = noon + 2 * HOUR + HONE_WATCHMAN_LATE_US - 1;
    hone_watchman_step(&fix.run, fix.man);
    const size_t looks = looks_of(&fix);
    fix.now += 1; /* the hour from one to two is looked at now, and by one of them */
    hone_watchman_step(&fix.run, fix.man);
    CHECK(looks_of(&fix) == looks + 1);
    hone_watchman_step(&fix.run, other);
    hone_watchman_step(&fix.run, fix.man);
    CHECK(looks_of(&fix) == looks + 1 && how_many(&fix, NULL, false) == 0);
    CHECK(runs_of(&fix) == runs); /* what is calm is a row, not a document */

    serve_hour(&fix, reference, noon + 2 * HOUR, 2);
    fix.now += HOUR;
    hone_watchman_step(&fix.run, other);
    CHECK(how_many(&fix, NULL, false) == 0); /* one of three */
    serve_hour(&fix, reference, noon + 3 * HOUR, 2);
    fix.now += HOUR - 1;
    hone_watchman_step(&fix.run, fix.man);
    CHECK(how_many(&fix, NULL, false) == 0);
    fix.now += 1;
    hone_watchman_step(&fix.run, other);
    hone_watchman_step(&fix.run, fix.man);
    const struct hone_alarm *a = alarms(&fix, "drift", true, &n);
    CHECK(n == 1 && fix.got == 1 && runs_of(&fix) == runs + 1);
    CHECK_STR(a->subject, "x");
    CHECK(a->window_from == noon + 2 * HOUR && a->window_to == noon + 4 * HOUR);
    CHECK(a->told == fix.now);
    /* it goes on for two days: one alarm, one message */
    for (int64_t h = 4; h < 48; h++) {
        serve_hour(&fix, reference, noon + h * HOUR, 2);
        fix.now += HOUR;
        hone_watchman_step(&fix.run, h % 2 == 0 ? fix.man : other);
        hone_watchman_step(&fix.run, h % 2 == 0 ? other : fix.man);
    }
    a = alarms(&fix, NULL, false, &n);
    CHECK(n == 1 && fix.got == 1);
    CHECK(a->seen == noon + 48 * HOUR);
    /* calm, a person closes it, calm, and then again */
    for (int64_t h = 48; h < 54; h++) {
        serve_hour(&fix, reference, noon + h * HOUR, 0);
        fix.now += HOUR;
        hone_watchman_step(&fix.run, fix.man);
    }
    CHECK_OK(&fix.run, hone_alarm_close(&fix.run, fix.store, a->id, "ann", "known"));
    hone_watchman_step(&fix.run, fix.man);
    CHECK(fix.got == 2);
    for (int64_t h = 54; h < 56; h++) {
        serve_hour(&fix, reference, noon + h * HOUR, -2);
        fix.now += HOUR;
        hone_watchman_step(&fix.run, other);
    }
    a = alarms(&fix, "drift", true, &n);
    CHECK(n == 1 && fix.got == 3 && a->window_from == noon + 54 * HOUR);
    CHECK_OK(&fix.run, hone_store_check(&fix.run, fix.store));
    hone_watchman_free(other);
    fix_close(&fix);
}

/* A day's answers with their labels, a minute later each; wrong: in so many of ten. */
static void serve_day(struct fix *fix, int64_t begin, int wrong)
{
    enum { N = 300 };
    struct hone_logged_prediction made[N];
    struct hone_label label[N];
    for (int i = 0; i < N; i++) {
        bool yes = i % 2 == 0;
        bool true_yes = i / 2 % 10 < wrong ? !yes : yes;
        made[i] = (struct hone_logged_prediction){
            .id = hone_arena_format(&fix->mem, "%lld-%d", (long long)begin, i),
            .time = begin + i * MINUTE,
            .version_id = fix->version.record,
            .variant = "champion",
            .inputs = hone_str("{\"x\":1}"),
            .outputs = hone_str(
                yes ? "{\"prediction\":\"yes\",\"probabilities\":{\"no\":0.1,\"yes\":0.9}}"
                    : "{\"prediction\":\"no\",\"probabilities\":{\"no\":0.9,\"yes\":0.1}}")};
        label[i] = (struct hone_label){.prediction = made[i].id,
                                       .time = made[i].time + MINUTE,
                                       .label = true_yes ? "\"yes\"" : "\"no\""};
    }
    CHECK_OK(&fix->run, hone_predictions_append(&fix->run, fix->store, made, N));
    CHECK_OK(&fix->run, hone_labels_append(&fix->run, fix->store, label, N, NULL));
}

static void quality_that_falls_rings(void **state)
{
    (void)state;
    struct fix fix;
    size_t n;
    fix_open(&fix);
    (void)learn(&fix);
    fix.wish.watch = "day";
    const int64_t midnight = fix.now / DAY * DAY;
    serve_day(&fix, midnight, 0);
    serve_day(&fix, midnight + DAY, 0);
    serve_day(&fix, midnight + 2 * DAY, 5);
    for (int64_t d = 1; d <= 3; d++) {
        fix.now = midnight + d * DAY + HOUR;
        hone_watchman_step(&fix.run, fix.man);
        CHECK(how_many(&fix, NULL, false) == 0);
    }
    serve_day(&fix, midnight + 3 * DAY, 5);
    fix.now += DAY;
    hone_watchman_step(&fix.run, fix.man);
    const struct hone_alarm *a = alarms(&fix, "performance", true, &n);
    CHECK(n == 1 && fix.got == 1);
    CHECK_STR(a->subject, "roc_auc");
    CHECK(a->window_from == midnight + 2 * DAY && a->window_to == midnight + 4 * DAY);
    serve_day(&fix, midnight + 4 * DAY, 5);
    fix.now += DAY;
    hone_watchman_step(&fix.run, fix.man);
    CHECK(how_many(&fix, NULL, false) == 1 && fix.got == 1);
    fix_close(&fix);
}

/* A watchman that is killed while he looks, or before he has told, leaves a lease that runs out. */
static void another_takes_over_from_one_that_was_killed(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_watchman *other;
    char name[64];
    int64_t from;
    bool taken;
    fix_open(&fix);
    const struct hone_reference *reference = learn(&fix);
    const int64_t noon = fix.now / DAY * DAY + 12 * HOUR;
    serve_hour(&fix, reference, noon, 2);
    serve_hour(&fix, reference, noon + HOUR, 2);
    CHECK_OK(&fix.run, hone_watchman_new(&fix.run, &fix.wish, &other));
    fix.now = noon + 2 * HOUR + HONE_WATCHMAN_LATE_US;
    /* one took the hour, and died */
    (void)snprintf(name, sizeof name, "drift hour %lld", (long long)fix.version.record);
    CHECK_OK(&fix.run, hone_duty_take(&fix.run, fix.store, name, noon + 2 * HOUR, fix.now,
                                      10 * MINUTE, &from, &taken));
    CHECK(taken);
    pass(&fix, 10 * MINUTE - 5 * SECOND);
    CHECK(how_many(&fix, NULL, false) == 0);
    fix.answer = HONE_E_CANCELLED; /* and this one dies when it has raised, and tells */
    fix.now += 5 * SECOND;
    hone_watchman_step(&fix.run, fix.man);
    CHECK(how_many(&fix, "drift", true) == 1 && fix.got == 1);
    fix.answer = HONE_OK;
    fix.now += 29 * SECOND;
    hone_watchman_step(&fix.run, other);
    CHECK(fix.got == 1);
    fix.now += SECOND;
    hone_watchman_step(&fix.run, other);
    hone_watchman_step(&fix.run, fix.man);
    CHECK(fix.got == 2 && how_many(&fix, NULL, false) == 1);
    hone_watchman_free(other);
    fix_close(&fix);
}

/* Nobody asked to watch; models that are gone, or have no reference, are no trouble. */
static void off_is_off(void **state)
{
    (void)state;
    struct fix fix;
    fix_open(&fix);
    const struct hone_reference *reference = learn(&fix);
    const int64_t noon = fix.now / DAY * DAY + 12 * HOUR;
    serve_hour(&fix, reference, noon, 2);
    serve_hour(&fix, reference, noon + HOUR, 2);
    fix.wish.watch = "off";
    fix.now = noon + 3 * HOUR;
    hone_watchman_step(&fix.run, fix.man);
    CHECK(looks_of(&fix) == 0 && how_many(&fix, NULL, false) == 0);
    fix.wish.watch = "day";
    hone_watchman_step(&fix.run, fix.man);
    CHECK(looks_of(&fix) == 0); /* the day is not over */
    fix.now = noon + 13 * HOUR;
    hone_watchman_step(&fix.run, fix.man);
    CHECK(looks_of(&fix) == 1 && how_many(&fix, NULL, false) == 0); /* one of three days */
    fix.wish.watch = "hour";
    fix.version.version = 9; /* was never there */
    fix.version.record = 9;
    hone_watchman_step(&fix.run, fix.man);
    CHECK(fix.run.err.code == HONE_OK && fix.got == 0);
    fix_close(&fix);
}

const struct CMUnitTest hone_tests_watchman[] = {
    cmocka_unit_test(failing_requests_ring_and_pass),
    cmocka_unit_test(lost_rows_and_an_old_certificate_ring),
    cmocka_unit_test(a_store_that_can_not_be_written_is_told_without_it),
    cmocka_unit_test(drift_rings_when_its_window_has_closed),
    cmocka_unit_test(quality_that_falls_rings),
    cmocka_unit_test(another_takes_over_from_one_that_was_killed),
    cmocka_unit_test(off_is_off),
};
const size_t hone_tests_watchman_n = sizeof hone_tests_watchman / sizeof hone_tests_watchman[0];

/* The way of predictions and labels to the store, and bodies of feedback. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "check.h"
#include "serve/feedback.h"
#include "serve/recorder.h"
#include "store/artifact.h"
#include "store/registry.h"

struct fixture {
    struct hone_run run;
    struct hone_arena mem;
    const char *folder;
    struct hone_store *store;
    struct hone_version_record version;
    struct hone_recorder *recorder;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct hone_sha hash;
    int64_t number = 0;

    f->folder = check_path(check_folder(), "store");
    f->folder = hone_arena_text(&f->mem, f->folder, strlen(f->folder));
    CHECK_OK(&f->run, hone_store_open(&f->run, f->folder, true, &f->mem, &f->store));
    CHECK_OK(&f->run, hone_artifact_put(&f->run, f->store, hone_str("model"), &hash));
    CHECK_OK(&f->run,
             hone_model_register(&f->run, f->store,
                                 &(struct hone_version_record){.model = "m", .onnx = hash.hex},
                                 NULL, &number));
    CHECK_OK(&f->run, hone_version_get(&f->run, f->store, "m", 1, &f->mem, &f->version));
    CHECK_OK(&f->run,
             hone_recorder_new(&f->run, f->folder, 2, 3600 * (int64_t)1000000, &f->recorder));
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;

    hone_recorder_free(f->recorder);
    hone_store_close(f->store);
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
    free(f);
    return 0;
}

static bool add(struct fixture *f, size_t worker, const char *id)
{
    return hone_recorder_add(
        f->recorder, worker,
        &(struct hone_recorded){.id = hone_str(id),
                                .time = 1000,
                                .record = f->version.id,
                                .latency = 7,
                                .inputs = hone_str("{\"age\":41}"),
                                .outputs = hone_str("{\"prediction\":1}")});
}

static size_t stored(struct fixture *f)
{
    struct hone_logged_prediction *list;
    size_t n = 0;

    CHECK_OK(&f->run, hone_predictions_list(&f->run, f->store,
                                            &(struct hone_prediction_filter){.model = "m"},
                                            &f->mem, &list, &n));
    return n;
}

static void stopping_writes_all_that_waits(void **state)
{
    struct fixture *f = *state;
    struct hone_logged_prediction got;
    char id[16];

    for (int i = 0; i < 10000; i++) {
        snprintf(id, sizeof id, "id%05d", i);
        CHECK(add(f, (size_t)i % 2, id));
    }
    assert_int_equal(stored(f), 0);
    hone_recorder_stop(f->recorder);
    assert_int_equal(stored(f), 10000);
    CHECK_OK(&f->run, hone_prediction_get(&f->run, f->store, "id09999", &f->mem, &got));
    CHECK(hone_str_is(got.inputs, "{\"age\":41}"));
    CHECK(hone_str_is(got.outputs, "{\"prediction\":1}"));
    assert_int_equal(got.latency, 7);
    assert_int_equal(hone_recorder_counts(f->recorder).written, 10000);
    assert_int_equal(hone_recorder_counts(f->recorder).dropped, 0);
}

/* The server's loops answer until the recorder has answered its labels, so they may add after its end. */
static void what_comes_behind_the_end_is_written_too(void **state)
{
    struct fixture *f = *state;

    CHECK(add(f, 0, "a"));
    hone_recorder_stop(f->recorder);
    CHECK(add(f, 0, "b"));
    CHECK(add(f, 1, "c"));
    hone_recorder_free(f->recorder);
    f->recorder = NULL;
    assert_int_equal(stored(f), 3);
}

static void what_does_not_fit_is_dropped_and_counted(void **state)
{
    struct fixture *f = *state;
    char *large = malloc(HONE_RECORD_BYTES + 1);
    struct hone_recorded row = {.id = hone_str("x"),
                                .record = f->version.id,
                                .inputs = {large, HONE_RECORD_BYTES + 1},
                                .outputs = hone_str("{}")};

    memset(large, ' ', HONE_RECORD_BYTES + 1);
    CHECK(!hone_recorder_add(f->recorder, 0, &row));
    row.inputs.len--;
    CHECK(hone_recorder_add(f->recorder, 0, &row));
    hone_recorder_stop(f->recorder);
    assert_int_equal(hone_recorder_counts(f->recorder).dropped, 1);
    assert_int_equal(stored(f), 1);
    free(large);
}

static void what_the_store_refuses_is_counted(void **state)
{
    struct fixture *f = *state;
    struct hone_recorded row = {
        .id = hone_str("x"), .inputs = hone_str("{}"), .outputs = hone_str("{}")};

    row.record = f->version.id + 1000; /* no such version */
    CHECK(hone_recorder_add(f->recorder, 0, &row));
    hone_recorder_stop(f->recorder);
    assert_int_equal(hone_recorder_counts(f->recorder).dropped, 1);
    assert_int_equal(stored(f), 0);
}

struct waiter {
    struct hone_mutex *lock;
    bool done;
};

static void done(struct hone_feedback *feedback)
{
    struct waiter *w = feedback->owner;

    hone_mutex_lock(w->lock);
    w->done = true;
    hone_mutex_wake(w->lock);
    hone_mutex_unlock(w->lock);
}

static void label(struct fixture *f, struct hone_feedback_item *items, size_t n)
{
    struct waiter w = {hone_mutex_new(), false};
    struct hone_feedback feedback = {.item = items, .n = n, .done = done, .owner = &w};

    CHECK(hone_recorder_label(f->recorder, &feedback));
    hone_mutex_lock(w.lock);
    while (!w.done) {
        hone_mutex_wait(w.lock, -1);
    }
    hone_mutex_unlock(w.lock);
    hone_mutex_free(w.lock);
    assert_int_equal(feedback.code, HONE_OK);
}

static void a_label_finds_a_prediction_just_made(void **state)
{
    struct fixture *f = *state;
    struct hone_feedback_item items[] = {{.id = "a", .label = "yes"},
                                         {.id = "z", .label = "no"}};
    struct hone_logged_prediction got;

    CHECK(add(f, 1, "a"));
    label(f, items, 2);
    assert_int_equal(items[0].state, HONE_FEEDBACK_ADDED);
    assert_int_equal(items[1].state, HONE_FEEDBACK_UNKNOWN);
    CHECK_OK(&f->run, hone_prediction_get(&f->run, f->store, "a", &f->mem, &got));
    CHECK_STR(got.label, "yes");
    assert_int_equal(hone_recorder_counts(f->recorder).labels, 1);
}

static void the_same_feedback_twice_is_one_label(void **state)
{
    struct fixture *f = *state;
    struct hone_feedback_item again[] = {{.id = "a", .label = "yes"}};
    struct hone_feedback_item timed[] = {{.id = "a", .label = "no", .time = 5}};
    struct hone_feedback_item other[] = {{.id = "a", .label = "no"}};
    struct hone_label *list;
    size_t n;

    CHECK(add(f, 0, "a"));
    label(f, again, 1);
    assert_int_equal(again[0].state, HONE_FEEDBACK_ADDED);
    label(f, again, 1);
    assert_int_equal(again[0].state, HONE_FEEDBACK_KNOWN);
    label(f, timed, 1);
    assert_int_equal(timed[0].state, HONE_FEEDBACK_ADDED);
    label(f, timed, 1);
    assert_int_equal(timed[0].state, HONE_FEEDBACK_KNOWN);
    label(f, other, 1); /* a correction */
    assert_int_equal(other[0].state, HONE_FEEDBACK_ADDED);
    CHECK_OK(&f->run, hone_labels_list(&f->run, f->store, "a", &f->mem, &list, &n));
    assert_int_equal(n, 3);
    CHECK_STR(list[2].label, "no");
}

static void after_the_end_no_label_is_taken(void **state)
{
    struct fixture *f = *state;
    struct hone_feedback feedback = {.n = 0};

    hone_recorder_stop(f->recorder);
    CHECK(!hone_recorder_label(f->recorder, &feedback));
}

static enum hone_code read_text(struct fixture *f, const char *text,
                                struct hone_feedback_item **items, size_t *n)
{
    char body[512];
    size_t len = strlen(text);

    memcpy(body, text, len);
    return hone_feedback_read(&f->run, body, len, &f->mem, items, n);
}

static void feedback_bodies(void **state)
{
    struct fixture *f = *state;
    struct hone_feedback_item *items;
    size_t n;

    CHECK_OK(&f->run, read_text(f, "{\"id\":\"a\",\"label\":\"yes\"}", &items, &n));
    assert_int_equal(n, 1);
    CHECK_STR(items[0].id, "a");
    CHECK_STR(items[0].label, "yes");
    assert_int_equal(items[0].time, 0);
    CHECK_OK(&f->run, read_text(f,
                                "[{\"prediction_id\":\"a\",\"label\":1.5,\"note\":\"x\"},"
                                "{\"label\":true,\"id\":\"b\",\"source\":\"crm\","
                                "\"time\":\"1970-01-01T00:00:01Z\"}]",
                                &items, &n));
    assert_int_equal(n, 2);
    CHECK_STR(items[0].label, "1.5");
    CHECK_STR(items[1].label, "true");
    CHECK_STR(items[1].source, "crm");
    assert_int_equal(items[1].time, 1000000);
    static const char *const bad[][2] = {
        {"", "ends where"},
        {"[]", "no labels"},
        {"7", "must be an object or an array"},
        {"[7]", "feedback 0 must be an object"},
        {"{\"label\":1}", "feedback 0 has no \"id\""},
        {"[{\"id\":\"a\",\"label\":1},{\"id\":\"b\"}]", "feedback 1 has no \"label\""},
        {"{\"id\":\"a\",\"label\":[1]}", "must be one value"},
        {"{\"id\":\"a\",\"label\":null}", "must be one value"},
        {"{\"id\":\"\",\"label\":1}", "is empty"},
        {"{\"id\":\"a\",\"label\":1,\"time\":\"soon\"}", "\"time\" must be"},
        {"{\"id\":\"a\",\"label\":1,\"time\":-5}", "\"time\" must be"},
        {"{\"id\":\"a\\u0000b\",\"label\":1}", "has a NUL"},
        {"{\"id\":\"a\",\"label\":1} x", "more text"},
        {"{\"id\":\"a\",\"prediction_id\":\"b\",\"label\":1}", "\"id\" is given twice"},
        {"{\"id\":\"a\",\"label\":1,\"label\":2}", "\"label\" is given twice"},
        {"{\"id\":\"a\",\"label\":1,\"time\":5,\"time\":6}", "\"time\" is given twice"},
        {"{\"id\":\"a\",\"label\":NaN}", "NaN and Infinity are no JSON"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        enum hone_code code = read_text(f, bad[i][0], &items, &n);
        if (code == HONE_OK || strstr(f->run.err.message, bad[i][1]) == NULL) {
            fail_msg("%s: %s", bad[i][0], f->run.err.message);
        }
        hone_error_clear(&f->run);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
const struct CMUnitTest hone_tests_serve_recorder[] = {
    CASE(stopping_writes_all_that_waits),
    CASE(what_comes_behind_the_end_is_written_too),
    CASE(what_does_not_fit_is_dropped_and_counted),
    CASE(what_the_store_refuses_is_counted),
    CASE(a_label_finds_a_prediction_just_made),
    CASE(the_same_feedback_twice_is_one_label),
    CASE(after_the_end_no_label_is_taken),
    CASE(feedback_bodies),
};
const size_t hone_tests_serve_recorder_n =
    sizeof hone_tests_serve_recorder / sizeof hone_tests_serve_recorder[0];

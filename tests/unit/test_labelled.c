/* Realised quality of a log of which few rows have a label: the same answers as of all rows, and no other row is unpacked. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "flow/watch/watch_priv.h"
#include "store/query_priv.h"
#include "stores.h"

#define MINUTE (INT64_C(60) * 1000000)
#define HOUR   (60 * MINUTE)
#define BEGIN  (INT64_C(1763712000) * 1000000) /* 2025-11-21 08:00 */

enum { ROWS = 4000, BATCH = 8, EVERY = 40 };

struct fix {
    struct stores_room room;
    int64_t now;
    struct hone_version_record other; /* version 2 of the same model, in between */
    struct hone_signature signature;
    struct hone_scorer scorer;
    struct hone_located model;
    struct hone_watch_settings set;
};

static void fix_open(struct fix *fix, enum hone_task task)
{
    static const char *names[] = {"no", "yes", "later"};
    *fix = (struct fix){.now = BEGIN + 70 * HOUR};
    stores_enter(&fix->room);
    fix->other = stores_version(&fix->room.run, fix->room.store, "m", &fix->room.mem);
    fix->room.run.now = stores_still;
    fix->room.run.clock = &fix->now;
    fix->signature = (struct hone_signature){
        .task = task, .classes = task == HONE_TASK_MULTICLASS ? 3 : 2, .class_name = names};
    fix->signature.threshold = 0.5;
    fix->scorer = (struct hone_scorer){.signature = &fix->signature};
    fix->model = (struct hone_located){.name = "m", .version = 1, .uri = "models:/m/1"};
    fix->set = (struct hone_watch_settings){
        .window = "day", .alpha = 0.01, .k = 2, .of = 3, .least_labels = 10, .label_hours = -1};
}

/* One row: out of order now and then, three of one moment, of either version. */
static struct hone_logged_prediction row_of(struct fix *fix, size_t k, struct hone_rng *rng)
{
    struct hone_arena *mem = &fix->room.mem;
    double u = hone_rng_unit(rng);
    double v = hone_rng_unit(rng) * (1 - u);
    bool jumps = hone_rng_below(rng, 9) == 0;
    const char *out =
        fix->signature.task == HONE_TASK_REGRESSION
            ? hone_arena_format(mem, "{\"prediction\":%.6f}", u)
        : fix->signature.classes == 2
            ? hone_arena_format(mem, "{\"probabilities\":{\"no\":%.9g,\"yes\":%.9g}}", 1 - u, u)
            : hone_arena_format(mem,
                                "{\"probabilities\":{\"no\":%.9g,\"yes\":%.9g,\"later\":%.9g}}",
                                u, v, 1 - u - v);
    return (struct hone_logged_prediction){
        .id = hone_arena_format(mem, "%zu", k),
        .time =
            BEGIN + (int64_t)(k / 3) * 3 * MINUTE - (jumps ? (int64_t)(u * 90) * MINUTE : 0),
        .version_id = hone_rng_below(rng, 3) == 0 ? fix->other.id : fix->room.version.id,
        .variant = "champion",
        .inputs = hone_str("{\"x\":1}"),
        .outputs = hone_str(out),
    };
}

/* The truth as it is told of a row, up to some hours later; now and then first another one, or no class. */
static size_t labels_of(struct fix *fix, const struct hone_logged_prediction *p,
                        struct hone_rng *rng, struct hone_label *out)
{
    static const char *const words[] = {"\"yes\"", "no", "yes", "\"no\""};
    size_t n = 0;
    int64_t time = p->time + (int64_t)hone_rng_below(rng, 600) * MINUTE;
    const char *label = hone_rng_below(rng, 20) == 0 ? "perhaps"
                        : fix->signature.task == HONE_TASK_REGRESSION
                            ? hone_arena_format(&fix->room.mem, "%.4f", hone_rng_unit(rng))
                        : fix->signature.classes == 3 && hone_rng_below(rng, 3) == 0
                            ? "later"
                            : words[hone_rng_below(rng, 4)];
    if (hone_rng_below(rng, 5) == 0) {
        out[n++] = (struct hone_label){p->id, time - 1, "no", "early"};
    }
    out[n++] = (struct hone_label){p->id, time, label, "late"};
    return n;
}

static void fill(struct fix *fix)
{
    struct hone_rng rng = hone_rng(3, (uint64_t)fix->signature.task);
    HONE_TRANSACTION tx = {0}; /* one sync for all */
    CHECK_OK(&fix->room.run, hone_transaction_begin(&fix->room.run, fix->room.store, &tx));
    for (size_t at = 0; at < ROWS; at += BATCH) {
        struct hone_logged_prediction list[BATCH];
        struct hone_label label[2 * BATCH];
        size_t labels = 0;
        for (size_t i = 0; i < BATCH; i++) {
            list[i] = row_of(fix, at + i, &rng);
            if (hone_rng_below(&rng, EVERY) == 0) {
                labels += labels_of(fix, &list[i], &rng, label + labels);
            }
        }
        CHECK_OK(&fix->room.run,
                 hone_predictions_append(&fix->room.run, fix->room.store, list, BATCH));
        CHECK_OK(&fix->room.run,
                 hone_labels_append(&fix->room.run, fix->room.store, label, labels, NULL));
    }
    CHECK_OK(&fix->room.run, hone_transaction_commit(&fix->room.run, &tx));
}

static const char *text_of(struct fix *fix, const struct hone_performance *p)
{
    struct hone_buf text = hone_buf(&fix->room.mem);
    HONE_JSON json_t *tree = hone_performance_json(p);
    hone_json_write(&text, tree, false);
    hone_buf_char(&text, '\0');
    return text.ptr;
}

static const char *quality(struct fix *fix)
{
    struct hone_performance p;
    CHECK_OK(&fix->room.run,
             hone_watch_performance(&fix->room.run, fix->room.store, &fix->model, &fix->scorer,
                                    &fix->set, &fix->room.mem, &p));
    return text_of(fix, &p);
}

/* The scores that row_of wrote. */
static const float *scores_of(struct fix *fix, struct hone_str outputs)
{
    HONE_JSON json_t *tree = NULL;
    float *score = hone_arena_must(&fix->room.mem, 3 * sizeof *score);
    CHECK_OK(&fix->room.run, hone_json_parse(&fix->room.run, outputs, &tree));
    const json_t *of = json_object_get(tree, "probabilities");
    score[0] = (float)json_number_value(json_object_get(tree, "prediction"));
    for (size_t k = 0; of != NULL && k < fix->signature.classes; k++) {
        score[k] = (float)json_number_value(json_object_get(of, fix->signature.class_name[k]));
    }
    return score;
}

/* The same by all rows, with and without a label, one after the other. */
static const char *quality_of_all(struct fix *fix)
{
    struct hone_run *run = &fix->room.run;
    struct hone_arena *mem = &fix->room.mem;
    const struct hone_prediction_filter all = {
        .model = "m", .version = 1, .from = fix->set.from, .to = fix->set.to};
    struct hone_performance_options options;
    struct hone_performance p;
    struct hone_logged_prediction *list;
    size_t n;
    CHECK_OK(run, hone_predictions_list(run, fix->room.store, &all, mem, &list, &n));
    int64_t *time = hone_arena_must(mem, n * sizeof *time);
    int64_t *label_time = hone_arena_must(mem, n * sizeof *label_time);
    double *truth = hone_arena_must(mem, n * sizeof *truth);
    size_t *place = hone_arena_must(mem, n * sizeof *place);
    const float **score = hone_arena_must(mem, n * sizeof(const float *));
    struct hone_window *window = hone_arena_must(mem, n * sizeof *window);
    size_t windows = 0;
    size_t unread = 0;
    const char *unread_text = NULL;
    for (size_t i = 0; i < n; i++) {
        time[i] = list[i].time;
        label_time[i] = list[i].label_time;
        truth[i] = list[i].label == NULL
                       ? (double)NAN
                       : hone_watch_truth(&fix->signature, hone_str(list[i].label));
        if (list[i].label != NULL && isnan(truth[i]) && unread++ == 0) {
            unread_text = list[i].label;
        }
        score[i] = scores_of(fix, list[i].outputs);
        place[i] = i;
        if (windows == 0 || time[i] >= window[windows - 1].end) {
            CHECK_OK(run, hone_window_at(run, fix->set.window, time[i], mem, &window[windows]));
            window[windows++].row = place + i;
        }
        window[windows - 1].n++;
    }
    CHECK_OK(run, hone_watch_yardstick(run, fix->room.store, &fix->model, &fix->scorer,
                                       &fix->set, mem, &options));
    bool number = fix->signature.task == HONE_TASK_REGRESSION;
    const struct hone_outcomes outcomes = {.task = fix->signature.task,
                                           .classes = number ? 1 : fix->signature.classes,
                                           .threshold = fix->signature.threshold,
                                           .n = n,
                                           .time = time,
                                           .truth = truth,
                                           .label_time = label_time,
                                           .score = score,
                                           .unread = unread,
                                           .unread_text = unread_text};
    CHECK_OK(run, hone_performance_judge(run, &outcomes, window, windows, &options, mem, &p));
    CHECK(p.unread > 0);
    CHECK(p.labelled > 10 && 10 * p.labelled < p.rows);
    return text_of(fix, &p);
}

static int64_t number(struct fix *fix, const char *sql)
{
    HONE_QUERY query = {0};
    bool row;
    CHECK_OK(&fix->room.run, hone_query_begin(&fix->room.run, fix->room.store, sql, &query));
    CHECK_OK(&fix->room.run, hone_query_step(&fix->room.run, &query, &row));
    return hone_query_int(&query);
}

#define NO_LABEL                                                                               \
    " FROM prediction_text WHERE NOT EXISTS (SELECT 1 FROM prediction JOIN label"              \
    " ON label.prediction = seq WHERE block = prediction_text.id)"

static void only_labelled_rows_are_unpacked(void **state)
{
    static const enum hone_task tasks[] = {HONE_TASK_REGRESSION, HONE_TASK_BINARY,
                                           HONE_TASK_MULTICLASS};
    static const char *const windows[] = {"hour", "week"};
    static const int64_t bounds[][2] = {{0, 0},
                                        {BEGIN + 10 * HOUR, BEGIN + 40 * HOUR},
                                        {BEGIN + 7 * MINUTE, BEGIN + 45 * MINUTE * 61}};
    (void)state;
    for (size_t t = 0; t < 3; t++) {
        struct fix fix;
        struct hone_logged_prediction *list;
        const char *want[6];
        size_t n;
        fix_open(&fix, tasks[t]);
        fill(&fix);
        for (int look = 0; look < 2; look++) {
            for (size_t i = 0; i < 6; i++) {
                fix.set.window = windows[i % 2];
                fix.set.from = bounds[i / 2][0];
                fix.set.to = bounds[i / 2][1];
                want[i] = look == 0 ? quality_of_all(&fix) : want[i];
                CHECK_STR(quality(&fix), want[i]);
            }
            /* the texts of the others are gone: who reads one fails */
            CHECK(number(&fix, "SELECT count(*)" NO_LABEL) > ROWS / BATCH / 2);
            CHECK_OK(&fix.room.run, hone_store_exec(&fix.room.run, fix.room.store,
                                                    "UPDATE prediction_text SET data = x'00'"
                                                    " WHERE id IN (SELECT id" NO_LABEL ")"));
        }
        const struct hone_prediction_filter all = {0};
        CHECK_FAILS(&fix.room.run,
                    hone_predictions_list(&fix.room.run, fix.room.store, &all, &fix.room.mem,
                                          &list, &n),
                    HONE_E_FORMAT);
        stores_leave(&fix.room);
    }
}

/* Pages of labelled rows, hours and places against what the whole list says. */
static void counts_are_those_of_the_list(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_logged_prediction *list;
    struct hone_logged_prediction *page;
    struct hone_prediction_hour *hour;
    size_t n;
    size_t m;
    size_t hours;
    fix_open(&fix, HONE_TASK_BINARY);
    struct hone_run *run = &fix.room.run;
    fill(&fix);
    const int64_t id = fix.other.id;
    const int64_t from = BEGIN + 3 * MINUTE;
    const int64_t to = BEGIN + 50 * HOUR + 1;
    const struct hone_prediction_filter all = {
        .model = "m", .version = 2, .from = from, .to = to};
    CHECK_OK(run, hone_predictions_list(run, fix.room.store, &all, &fix.room.mem, &list, &n));
    CHECK_OK(run, hone_predictions_hours(run, fix.room.store, id, from, to, &fix.room.mem,
                                         &hour, &hours));
    size_t at = 0;
    for (size_t h = 0; h < hours; h++) {
        CHECK(hour[h].begin >= from && list[at].time >= hour[h].begin);
        int64_t first = INT64_MAX;
        int64_t last = 0;
        for (size_t i = at; i < at + hour[h].rows; i++) {
            CHECK(list[i].time / HOUR == hour[h].begin / HOUR);
            first = list[i].seq < first ? list[i].seq : first;
            last = list[i].seq > last ? list[i].seq : last;
        }
        CHECK(first == hour[h].first && last == hour[h].last);
        at += hour[h].rows;
    }
    CHECK(at == n && hours == 51);
    for (size_t i = 0; i <= n; i += n / 7) {
        int64_t time;
        int64_t seq;
        CHECK_OK(run,
                 hone_prediction_behind(run, fix.room.store, id, from, to, i, &time, &seq));
        CHECK(time == (i < n ? list[i].time : INT64_MAX));
        CHECK(seq == (i < n ? list[i].seq : INT64_MAX));
    }
    /* pages of three, each row once, each with its last label */
    size_t labelled = 0;
    for (size_t i = 0; i < n; i++) {
        labelled += list[i].label != NULL ? 1 : 0;
    }
    struct hone_labelled_filter some = {.version_id = id, .from = from, .to = to, .limit = 3};
    for (m = 3; m == 3;) {
        CHECK_OK(run, hone_labelled_list(run, fix.room.store, &some, &fix.room.mem, &page, &m));
        for (size_t i = 0; i < m; i++) {
            struct hone_logged_prediction got;
            CHECK_OK(run,
                     hone_prediction_get(run, fix.room.store, page[i].id, &fix.room.mem, &got));
            CHECK(page[i].seq > some.after_seq && got.seq == page[i].seq);
            CHECK(got.time == page[i].time && got.label_time == page[i].label_time);
            CHECK_STR(page[i].label, got.label);
            CHECK(hone_str_eq(page[i].outputs, got.outputs) && page[i].inputs.len == 0);
            some.after_seq = page[i].seq;
            labelled--;
        }
    }
    CHECK(labelled == 0);
    some.last_seq = some.after_seq - 1;
    some.after_seq = 0;
    some.limit = 0;
    CHECK_OK(run, hone_labelled_list(run, fix.room.store, &some, &fix.room.mem, &page, &m));
    CHECK(m > 10 && page[m - 1].seq <= some.last_seq);
    stores_leave(&fix.room);
}

static void a_log_without_labels_has_windows_and_no_quality(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_performance p;
    fix_open(&fix, HONE_TASK_BINARY);
    struct hone_run *run = &fix.room.run;
    CHECK_FAILS_WITH(run,
                     hone_watch_performance(run, fix.room.store, &fix.model, &fix.scorer,
                                            &fix.set, &fix.room.mem, &p),
                     HONE_E_NOT_FOUND, "no predictions of models:/m/1");
    struct hone_logged_prediction one = {.id = "a",
                                         .time = BEGIN,
                                         .version_id = fix.room.version.id,
                                         .variant = "champion",
                                         .inputs = hone_str("{}"),
                                         .outputs = hone_str("{}")};
    CHECK_OK(run, hone_predictions_append(run, fix.room.store, &one, 1));
    CHECK_OK(run, hone_watch_performance(run, fix.room.store, &fix.model, &fix.scorer, &fix.set,
                                         &fix.room.mem, &p));
    CHECK(p.n == 1 && p.rows == 1 && p.labelled == 0 && p.first_alarm == p.n);
    CHECK(p.window[0].rows == 1 && p.window[0].state == HONE_PERFORMANCE_FEW);
    fix.set.window = "500";
    CHECK_FAILS(run,
                hone_watch_performance(run, fix.room.store, &fix.model, &fix.scorer, &fix.set,
                                       &fix.room.mem, &p),
                HONE_E_ARG);
    stores_leave(&fix.room);
}

const struct CMUnitTest hone_tests_labelled[] = {
    cmocka_unit_test(only_labelled_rows_are_unpacked),
    cmocka_unit_test(counts_are_those_of_the_list),
    cmocka_unit_test(a_log_without_labels_has_windows_and_no_quality),
};
const size_t hone_tests_labelled_n = sizeof hone_tests_labelled / sizeof hone_tests_labelled[0];

/* References, drift tests, windows and alarms; error rates and power are in test_drift_level.c and _power.c. */
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "eval/order.h"
#include "eval/stat.h"
#include "monitor/sketch.h"
#include "monitor/window.h"
#include "table/builder.h"

/* How a stream differs from the reference. */
struct shift {
    double mean;    /* of amount, in standard deviations */
    double missing; /* share of count */
    double city;    /* added share of the first city */
    double unknown; /* share of a city never seen */
};

static void add(struct hone_run *run, struct hone_arena *mem, const char *name,
                enum hone_type type, struct hone_builder **b)
{
    CHECK_OK(run, hone_builder_new(run, name, type, mem, b));
}

/* rows: amount lognormal, count small whole numbers (some missing), score normal, city of 6, day, flag.
 * Days run from first_day, per_day rows each. */
static struct hone_table *stream(struct hone_run *run, struct hone_arena *mem, uint64_t seed,
                                 size_t rows, const struct shift *shift, int64_t first_day,
                                 size_t per_day)
{
    struct hone_rng rng = hone_rng(seed, 77);
    struct hone_builder *b[6];
    struct hone_column c[6];
    struct hone_table *t = NULL;
    static const char *const cities[] = {"A", "B", "C", "D", "E", "F"};

    add(run, mem, "amount", HONE_FLOAT64, &b[0]);
    add(run, mem, "count", HONE_INT64, &b[1]);
    add(run, mem, "score", HONE_FLOAT32, &b[2]);
    add(run, mem, "city", HONE_UTF8, &b[3]);
    add(run, mem, "day", HONE_DATE, &b[4]);
    add(run, mem, "flag", HONE_BOOL, &b[5]);
    for (size_t i = 0; i < rows; i++) {
        double z = hone_rng_normal(&rng) + shift->mean;
        double u = hone_rng_unit(&rng);
        double v = hone_rng_unit(&rng);
        size_t k = (size_t)(6 * u * u);
        if (v < shift->city) {
            k = 0;
        }
        CHECK_OK(run, hone_builder_f64(run, b[0], exp(3 + z)));
        CHECK_OK(run, hone_rng_unit(&rng) < 0.05 + shift->missing
                          ? hone_builder_null(run, b[1])
                          : hone_builder_i64(run, b[1], (int64_t)hone_rng_below(&rng, 4)));
        CHECK_OK(run, hone_builder_f64(run, b[2], hone_rng_normal(&rng)));
        CHECK_OK(run, hone_builder_str(run, b[3],
                                       hone_str(1 - v < shift->unknown ? "Zz" : cities[k])));
        CHECK_OK(run, hone_builder_i64(run, b[4], first_day + (int64_t)(i / per_day)));
        CHECK_OK(run, hone_builder_i64(run, b[5], hone_rng_unit(&rng) < 0.3 ? 1 : 0));
    }
    for (size_t j = 0; j < 6; j++) {
        CHECK_OK(run, hone_builder_end(run, b[j], &c[j]));
    }
    CHECK_OK(run, hone_table_of(run, c, 6, mem, &t));
    return t;
}

static const struct shift still = {0};

/* The reference of a stream of rows rows without its day. */
static struct hone_reference *reference(struct hone_run *run, struct hone_arena *mem,
                                        size_t rows)
{
    static const char *const day[] = {"day"};
    struct hone_reference *r = NULL;
    struct hone_table *t = stream(run, mem, 1, rows, &still, 0, 100);

    CHECK_OK(run, hone_table_drop(run, t, day, 1, mem, &t));
    CHECK_OK(run, hone_reference_make(run, t, NULL, mem, &r));
    return r;
}

static const struct hone_drift_column *column(const struct hone_drift_report *r,
                                              const char *name)
{
    for (size_t j = 0; j < r->cols; j++) {
        if (strcmp(r->column[j].reference->name, name) == 0) {
            return &r->column[j];
        }
    }
    fail_msg("no column %s in the report", name);
    return NULL;
}

static const struct hone_drift_result *result(const struct hone_drift_report *r,
                                              const char *name, const char *test)
{
    const struct hone_drift_column *c = column(r, name);

    for (size_t t = 0; t < c->n; t++) {
        if (strcmp(c->result[t].test->part.name, test) == 0) {
            return &c->result[t];
        }
    }
    fail_msg("no test %s of column %s", test, name);
    return NULL;
}

static struct hone_drift_report *compare(struct hone_run *run, struct hone_arena *mem,
                                         const struct hone_reference *r,
                                         const struct shift *shift, size_t rows)
{
    struct hone_drift_options options = {0};
    struct hone_drift_report *report = NULL;
    struct hone_table *t = stream(run, mem, 4711, rows, shift, 0, 100);

    CHECK_OK(run, hone_drift_run(run, r, t, NULL, &options, mem, &report));
    return report;
}

static void reference_round_trips(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 3000);
    struct hone_reference *back = NULL;
    struct hone_buf one = hone_buf(&mem);
    struct hone_buf two = hone_buf(&mem);
    HONE_JSON json_t *json = hone_reference_json(r);
    HONE_JSON json_t *parsed = NULL;

    (void)state;
    hone_json_write(&one, json, false);
    CHECK_OK(&run, hone_json_parse(&run, (struct hone_str){one.ptr, one.len}, &parsed));
    CHECK_OK(&run, hone_reference_parse(&run, parsed, &mem, &back));
    HONE_JSON json_t *again = hone_reference_json(back);
    hone_json_write(&two, again, false);
    CHECK_STR(one.ptr, two.ptr);
    assert_int_equal(back->cols, 5);
    CHECK(one.len < 5 * 4096); /* a few kilobytes per column at most */
    const struct hone_reference_column *c = hone_reference_find(back, hone_str("city"), false);
    assert_int_equal(c->distinct, 6);
    CHECK(hone_str_is(c->level[0], "A"));
    c = hone_reference_find(back, hone_str("amount"), false);
    assert_int_equal(c->edges, 9);
    for (size_t b = 0; b < 10; b++) {
        CHECK_NEAR(c->bin[b], 300, 2);
    }
    c = hone_reference_find(back, hone_str("count"), false);
    CHECK(c->missing > 100 && c->missing < 200);
    assert_int_equal(c->edges, 3); /* 0 | 1 | 2 | 3 */
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void bad_references_are_refused(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    static const char *const bad[] = {
        "[]",
        "{\"reference\":2,\"rows\":3,\"columns\":[]}",
        "{\"reference\":1,\"rows\":-3,\"columns\":[]}",
        "{\"reference\":1,\"rows\":3,\"columns\":[{}]}",
        "{\"reference\":1,\"rows\":3,\"columns\":[{\"name\":\"a\",\"type\":\"vector\"}]}",
        "{\"reference\":1,\"rows\":3,\"columns\":[{\"name\":\"a\",\"type\":\"int64\",\"rows\":3,"
        "\"missing\":4}]}",
        "{\"reference\":1,\"rows\":3,\"columns\":[{\"name\":\"a\",\"type\":\"int64\",\"rows\":3,"
        "\"missing\":0,\"edges\":[2,1],\"bins\":[1,1,1]}]}",
        "{\"reference\":1,\"rows\":3,\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"rows\":3,"
        "\"missing\":0,\"distinct\":1,\"once\":0,\"levels\":[[\"x\"]]}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        HONE_JSON json_t *json = NULL;
        struct hone_reference *r = NULL;
        CHECK_OK(&run, hone_json_parse(&run, hone_str(bad[i]), &json));
        CHECK_FAILS(&run, hone_reference_parse(&run, json, &mem, &r), HONE_E_FORMAT);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* The values agree with what the kernels, checked against scipy, say of the two samples themselves. */
static void values_are_those_of_the_samples(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    static const struct shift shift = {.mean = 0.5};
    size_t n = 2000;
    double *a = hone_arena_alloc(&mem, sizeof *a, n);
    double *b = hone_arena_alloc(&mem, sizeof *b, n);
    struct hone_table *t = stream(&run, &mem, 1, n, &still, 0, 100);
    struct hone_table *u = stream(&run, &mem, 4711, n, &shift, 0, 100);
    struct hone_reference *r = reference(&run, &mem, n);
    struct hone_drift_report *report = compare(&run, &mem, r, &shift, n);
    const struct hone_reference_column *c = hone_reference_find(r, hone_str("amount"), false);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        a[i] = hone_column_f64(&t->column[0], i);
        b[i] = hone_column_f64(&u->column[0], i);
    }
    CHECK_OK(&run, hone_sort_f64(&run, n, a));
    CHECK_OK(&run, hone_sort_f64(&run, n, b));
    /* the grid knows the reference to half a percent */
    CHECK_NEAR(result(report, "amount", "ks")->value, hone_ks_statistic(n, a, n, b), 0.005);
    CHECK_NEAR(result(report, "amount", "wasserstein")->value * c->std,
               hone_wasserstein(n, a, n, b), 0.02 * c->std);
    double seen[10] = {0};
    for (size_t i = 0, k = 0; i < n; i++) {
        while (k < c->edges && b[i] > c->edge[k]) {
            k++;
        }
        seen[k] += 1;
    }
    CHECK_NEAR(result(report, "amount", "psi")->value, hone_psi(10, c->bin, seen), 1e-12);
    CHECK_NEAR(result(report, "amount", "jensenshannon")->value,
               hone_jensen_shannon(10, c->bin, seen), 1e-12);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* --- numbers of scipy: tests/golden/monitor_drift.py ------------------------------------------------------- */

static struct hone_table *golden_table(struct hone_run *run, struct hone_arena *mem, bool late)
{
    struct hone_builder *b[3];
    struct hone_column c[3];
    struct hone_table *t = NULL;
    add(run, mem, "number", HONE_INT64, &b[0]);
    add(run, mem, "level", HONE_UTF8, &b[1]);
    add(run, mem, "gaps", HONE_FLOAT64, &b[2]);
    for (size_t i = 0; i < (late ? 400 : 2000); i++) {
        size_t at = late ? 3 * i + 1 : i;
        double u = (double)((at * 7919 + 13) % 1009) / 1009;
        int64_t x = (int64_t)(8 * pow(u, late ? 1.15 : 1.0));
        char text[2] = {(char)('a' + x), '\0'};
        CHECK_OK(run, hone_builder_i64(run, b[0], x));
        CHECK_OK(run, hone_builder_str(run, b[1], hone_str(text)));
        CHECK_OK(run, i < (late ? 14 : 30) ? hone_builder_null(run, b[2])
                                           : hone_builder_f64(run, b[2], (double)(i % 30)));
    }
    for (size_t j = 0; j < 3; j++) {
        CHECK_OK(run, hone_builder_end(run, b[j], &c[j]));
    }
    CHECK_OK(run, hone_table_of(run, c, 3, mem, &t));
    return t;
}

static void values_and_p_are_those_of_scipy(void **state)
{
    struct hone_run run = {.seed = 2};
    struct hone_arena mem = {0};
    struct hone_reference *r = NULL;
    struct hone_drift_options options = {0};
    struct hone_drift_report *d = NULL;
    (void)state;
    CHECK_OK(&run, hone_reference_make(&run, golden_table(&run, &mem, false), NULL, &mem, &r));
    CHECK_OK(&run,
             hone_drift_run(&run, r, golden_table(&run, &mem, true), NULL, &options, &mem, &d));
    CHECK_NEAR(result(d, "number", "ks")->value, 0.0565, 1e-12);
    CHECK_NEAR(result(d, "number", "wasserstein")->value, 0.13223656724536767, 0.005);
    CHECK_NEAR(result(d, "level", "jensenshannon")->value, 0.06008453932199361, 1e-12);
    CHECK_NEAR(result(d, "level", "psi")->value, 0.020057970439916778, 1e-12);
    CHECK_NEAR(result(d, "level", "chisquare")->value, 0.0719885878765047, 1e-12);
    CHECK_NEAR(result(d, "level", "chisquare")->p, 0.4383306165830211, 1e-9);
    CHECK_NEAR(result(d, "gaps", "missing_share")->p, 0.012812737214097779, 1e-9);
    /* by permutations there; by 1,000 simulations and a tail here */
    CHECK_NEAR(result(d, "number", "ks")->p, 0.09822, 0.02);
    CHECK_NEAR(result(d, "number", "wasserstein")->p, 0.016775, 0.004);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void planted_shifts_are_found(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 4000);
    struct hone_drift_report *d = compare(&run, &mem, r, &still, 1000);

    (void)state;
    assert_int_equal(d->state, HONE_DRIFT_NONE);
    d = compare(&run, &mem, r, &(struct shift){.mean = 0.5}, 500);
    assert_int_equal(d->state, HONE_DRIFT_FOUND);
    CHECK_STR(d->column[0].reference->name, "amount"); /* ranked first */
    assert_int_equal(d->drifted, 1);
    CHECK(result(d, "amount", "ks")->p < 1e-6);
    d = compare(&run, &mem, r, &(struct shift){.missing = 0.15}, 500);
    assert_int_equal(result(d, "count", "missing_share")->state, HONE_DRIFT_FOUND);
    d = compare(&run, &mem, r, &(struct shift){.city = 0.3}, 500);
    assert_int_equal(result(d, "city", "chisquare")->state, HONE_DRIFT_FOUND);
    assert_int_equal(column(d, "amount")->state, HONE_DRIFT_NONE);
    d = compare(&run, &mem, r, &(struct shift){.unknown = 0.02}, 500);
    assert_int_equal(result(d, "city", "new_category")->state, HONE_DRIFT_FOUND);
    CHECK(strstr(column(d, "city")->message, "\"Zz\"") != NULL);
    /* a shift too small to matter does not alarm, however many rows prove it */
    d = compare(&run, &mem, r, &(struct shift){.mean = 0.05}, 60000);
    CHECK(column(d, "amount")->state != HONE_DRIFT_FOUND);
    d = compare(&run, &mem, r, &(struct shift){.mean = 2}, 12);
    assert_int_equal(d->state, HONE_DRIFT_INSUFFICIENT);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void same_bits_for_any_threads(void **state)
{
    struct hone_run run = {.seed = 9};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 2000);
    struct hone_buf text[2] = {hone_buf(&mem), hone_buf(&mem)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        run.pool = i == 0 ? NULL : hone_pool_new(4);
        struct hone_drift_report *d = compare(&run, &mem, r, &(struct shift){.mean = 0.2}, 800);
        HONE_JSON json_t *json = hone_drift_json(d, true);
        hone_json_write(&text[i], json, false);
        hone_pool_free(run.pool);
        run.pool = NULL;
    }
    CHECK_STR(text[0].ptr, text[1].ptr);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void predictions_are_watched(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = stream(&run, &mem, 1, 2000, &still, 0, 100);
    struct hone_table *answers = NULL;
    struct hone_table *moved = NULL;
    struct hone_reference *r = NULL;
    struct hone_drift_report *d = NULL;
    struct hone_drift_options options = {.drift_share = 0.9};
    static const char *const amount[] = {"amount"};
    static const struct shift shift = {.mean = 1};

    (void)state;
    CHECK_OK(&run, hone_table_select(&run, t, amount, 1, &mem, &answers));
    CHECK_OK(&run, hone_reference_make(&run, t, answers, &mem, &r));
    struct hone_table *u = stream(&run, &mem, 2, 2000, &shift, 0, 100);
    CHECK_OK(&run, hone_table_select(&run, u, amount, 1, &mem, &moved));
    struct hone_table *w = stream(&run, &mem, 2, 2000, &still, 0, 100);
    CHECK_OK(&run, hone_drift_run(&run, r, w, moved, &options, &mem, &d));
    CHECK(d->prediction_drifted);
    assert_int_equal(d->state, HONE_DRIFT_FOUND); /* whatever the share of columns */
    CHECK(d->column[0].reference->prediction);
    CHECK_OK(&run, hone_drift_run(&run, r, u, NULL, &options, &mem, &d));
    assert_int_equal(d->state,
                     HONE_DRIFT_POSSIBLE); /* one column of six is below the share asked for */
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void odd_windows_are_survived(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 500);
    struct hone_drift_options options = {0};
    struct hone_drift_report *d = NULL;
    static const char *const some[] = {"amount", "count"};
    struct hone_table *t = stream(&run, &mem, 5, 300, &still, 0, 100);
    struct hone_column text;

    (void)state;
    CHECK_OK(&run, hone_table_drop(&run, t, some, 2, &mem, &t));
    CHECK_OK(&run, hone_drift_run(&run, r, t, NULL, &options, &mem, &d));
    assert_int_equal(d->absent_n, 2);
    CHECK_STR(d->absent[0], "amount");
    CHECK_OK(&run, hone_column_cast(&run, &t->column[0], HONE_UTF8, false, &mem, &text));
    CHECK_OK(&run, hone_table_of(&run, &text, 1, &mem, &t));
    CHECK_OK(&run, hone_drift_run(&run, r, t, NULL, &options, &mem, &d));
    assert_int_equal(column(d, "score")->state, HONE_DRIFT_INSUFFICIENT);
    assert_non_null(strstr(column(d, "score")->message, "another type"));
    const char *name = "kss";
    options.tests = (struct hone_texts){&name, 1};
    CHECK_FAILS(&run, hone_drift_run(&run, r, t, NULL, &options, &mem, &d), HONE_E_ARG);
    name = "ks";
    t = stream(&run, &mem, 5, 300, &still, 0, 100);
    CHECK_OK(&run, hone_drift_run(&run, r, t, NULL, &options, &mem, &d));
    assert_int_equal(column(d, "score")->n, 1);
    assert_int_equal(column(d, "city")->n, 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Times and row numbers differ from window to window by nature: that is no drift. */
static void what_runs_on_is_no_drift(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_reference *r = NULL;
    struct hone_drift_report *d = NULL;
    struct hone_drift_options options = {0};
    struct hone_table *t[2] = {NULL, NULL};

    (void)state;
    for (size_t half = 0; half < 2; half++) {
        struct hone_builder *b[2];
        struct hone_column c[2];
        add(&run, &mem, "id", HONE_INT64, &b[0]);
        add(&run, &mem, "at", HONE_TIMESTAMP, &b[1]);
        for (size_t i = 0; i < 500; i++) {
            int64_t id = (int64_t)(500 * half + i);
            CHECK_OK(&run, hone_builder_i64(&run, b[0], 100000 + id));
            CHECK_OK(&run, hone_builder_i64(&run, b[1], 60000000 * id));
        }
        CHECK_OK(&run, hone_builder_end(&run, b[0], &c[0]));
        CHECK_OK(&run, hone_builder_end(&run, b[1], &c[1]));
        CHECK_OK(&run, hone_table_of(&run, c, 2, &mem, &t[half]));
    }
    CHECK_OK(&run, hone_reference_make(&run, t[0], NULL, &mem, &r));
    CHECK_OK(&run, hone_drift_run(&run, r, t[1], NULL, &options, &mem, &d));
    assert_int_equal(d->state, HONE_DRIFT_NONE);
    CHECK_NEAR(result(d, "id", "missing_share")->value, 0, 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* 40 days of 120 rows; from day 25 on amounts shift. */
static void alarm_on_the_right_day(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 3000);
    struct hone_table *part[2];
    struct hone_table *t = NULL;
    struct hone_window *windows = NULL;
    struct hone_watch watch;
    struct hone_watch_options options = {.k = 0};
    static const struct shift shift = {.mean = 0.8};
    size_t n;

    (void)state;
    part[0] = stream(&run, &mem, 21, 25 * 120, &still, 19000, 120);
    part[1] = stream(&run, &mem, 22, 15 * 120, &shift, 19025, 120);
    CHECK_OK(&run,
             hone_table_concat(&run, (const struct hone_table *const *)part, 2, &mem, &t));
    CHECK_OK(&run, hone_windows_cut(&run, t, "day", "day", &mem, &windows, &n));
    assert_int_equal(n, 40);
    CHECK_STR(windows[0].label, "2022-01-08");
    CHECK_OK(&run, hone_watch_run(&run, r, t, NULL, windows, n, &options, &mem, &watch));
    assert_int_equal(watch.since, 25);
    assert_int_equal(watch.first_alarm, 26); /* two of three */
    CHECK(!watch.step[24].alarm && watch.step[30].alarm);
    HONE_JSON json_t *json = hone_watch_json(&watch);
    CHECK_STR(hone_json_get_text(json, "since", ""), "2022-02-02");
    struct hone_buf text = hone_buf(&mem);
    hone_watch_text(&watch, &text);
    assert_non_null(strstr(text.ptr, "drift since 2022-02-02"));
    CHECK_OK(&run, hone_windows_cut(&run, t, "day", "week", &mem, &windows, &n));
    CHECK(n == 6 || n == 7);
    CHECK_STR(windows[1].label, "2022-01-10"); /* a Monday */
    CHECK_OK(&run, hone_windows_cut(&run, t, "day", "month", &mem, &windows, &n));
    assert_int_equal(n, 2);
    CHECK_STR(windows[1].label, "2022-02");
    CHECK_OK(&run, hone_windows_cut(&run, t, NULL, "1000", &mem, &windows, &n));
    assert_int_equal(n, 5); /* 4,800 rows: the last window has 800 */
    assert_int_equal(windows[4].n, 800);
    CHECK_OK(&run, hone_windows_cut(&run, t, NULL, "1100", &mem, &windows, &n));
    assert_int_equal(n, 4);
    CHECK_FAILS(&run, hone_windows_cut(&run, t, NULL, "day", &mem, &windows, &n), HONE_E_ARG);
    CHECK_FAILS(&run, hone_windows_cut(&run, t, "score", "day", &mem, &windows, &n),
                HONE_E_ARG);
    CHECK_FAILS(&run, hone_windows_cut(&run, t, "day", "decade", &mem, &windows, &n),
                HONE_E_ARG);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* --- sketches ------------------------------------------------------------------------------------- */

/* Rows as a server sees them: numbers as floats. */
static void sketch_rows(struct hone_sketch *s, const struct hone_table *t)
{
    for (size_t j = 0; j < s->reference->cols; j++) {
        struct hone_sketch_column *c = &s->column[j];
        const struct hone_column *v = hone_table_find(t, hone_str(c->reference->name));
        for (size_t i = 0; i < t->rows; i++) {
            if (!hone_is_valid(v, i)) {
                hone_sketch_missing(c);
            } else if (hone_type_is_text(v->type)) {
                hone_sketch_level(c, hone_column_str(v, i));
            } else {
                hone_sketch_number(c, (double)(float)hone_column_f64(v, i));
            }
        }
    }
    atomic_fetch_add(&s->rows, t->rows);
}

static struct hone_counts *counts_of(struct hone_run *run, struct hone_arena *mem,
                                     const struct hone_reference *r, const struct hone_table *t)
{
    struct hone_sketch *s = NULL;
    struct hone_counts *counts = NULL;
    CHECK_OK(run, hone_sketch_new(run, r, mem, &s));
    CHECK_OK(run, hone_counts_new(run, r, mem, &counts));
    sketch_rows(s, t);
    hone_counts_read(counts, s);
    return counts;
}

static struct hone_drift_report *compare_counts(struct hone_run *run, struct hone_arena *mem,
                                                const struct hone_reference *r,
                                                const struct hone_counts *counts,
                                                struct hone_drift_options *options)
{
    struct hone_drift_report *report = NULL;
    struct hone_table *inputs = NULL;
    struct hone_table *answers = NULL;
    CHECK_OK(run, hone_counts_tables(run, counts, r, 100000, mem, &inputs, &answers));
    CHECK(answers == NULL);
    CHECK_OK(run, hone_drift_run(run, r, inputs, NULL, options, mem, &report));
    return report;
}

static void a_sketch_says_what_the_rows_say(void **state)
{
    static const struct shift shifts[] = {{0},           {.mean = 0.3},     {.missing = 0.1},
                                          {.city = 0.2}, {.unknown = 0.02}, {.mean = -4},
                                          {.mean = 6}};
    struct hone_run run = {.seed = 5};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 5000);
    (void)state;
    for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
        struct hone_drift_options options = {0};
        struct hone_table *t = stream(&run, &mem, 31 + k, 2000, &shifts[k], 0, 100);
        struct hone_drift_report *whole = NULL;
        CHECK_OK(&run, hone_drift_run(&run, r, t, NULL, &options, &mem, &whole));
        struct hone_drift_report *sketched =
            compare_counts(&run, &mem, r, counts_of(&run, &mem, r, t), &options);
        CHECK(sketched->rows == whole->rows);
        CHECK(sketched->drifted == whole->drifted && sketched->state == whole->state);
        for (size_t j = 0; j < whole->cols; j++) {
            const struct hone_drift_column *a = &whole->column[j];
            const struct hone_drift_column *b = column(sketched, a->reference->name);
            CHECK(a->n == b->n);
            for (size_t i = 0; i < a->n; i++) {
                /* within a cell of the grid the values' places are not known */
                double near = strcmp(a->result[i].test->part.name, "ks") == 0 ? 0.006
                              : strcmp(a->result[i].test->part.name, "wasserstein") == 0
                                  ? 0.02 + 0.01 * a->result[i].value
                                  : 0.002; /* a float may be on the other side of an edge */
                CHECK_NEAR(b->result[i].value, a->result[i].value, near);
            }
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Clients send what no whole number holds. */
static void numbers_beyond_all_bounds_are_counted(void **state)
{
    static const double beyond[] = {1.2345678e29, -1.2345678e29, 9.3e18, -9.3e18};
    struct hone_run run = {.seed = 5};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 5000);
    struct hone_drift_options options = {0};
    struct hone_sketch *s = NULL;
    struct hone_counts *counts = NULL;
    (void)state;
    for (size_t k = 0; k < sizeof beyond / sizeof *beyond; k++) {
        CHECK_OK(&run, hone_sketch_new(&run, r, &mem, &s));
        CHECK_OK(&run, hone_counts_new(&run, r, &mem, &counts));
        sketch_rows(s, stream(&run, &mem, 31, 200, &(struct shift){0}, 0, 100));
        for (size_t j = 0; j < r->cols; j++) {
            if (s->column[j].edge != NULL) {
                hone_sketch_number(&s->column[j], beyond[k]);
            } else {
                hone_sketch_missing(&s->column[j]);
            }
        }
        atomic_fetch_add(&s->rows, 1);
        hone_counts_read(counts, s);
        CHECK(compare_counts(&run, &mem, r, counts, &options)->rows == 201);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void counts_add_up_and_come_back(void **state)
{
    struct hone_run run = {.seed = 5};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 2000);
    const struct shift odd = {.unknown = 0.1};
    struct hone_table *a = stream(&run, &mem, 3, 500, &odd, 0, 100);
    struct hone_table *b = stream(&run, &mem, 4, 300, &still, 0, 100);
    struct hone_counts *sum = counts_of(&run, &mem, r, a);
    struct hone_counts *more = counts_of(&run, &mem, r, b);
    struct hone_counts *back = NULL;
    HONE_JSON json_t *first = hone_counts_json(sum, r);
    (void)state;
    CHECK_OK(&run, hone_counts_new(&run, r, &mem, &back));
    CHECK_OK(&run, hone_counts_parse(&run, first, r, back));
    HONE_JSON json_t *again = hone_counts_json(back, r);
    CHECK(json_equal(first, again));
    CHECK(strstr(json_string_value(json_object_get(
                     json_array_get(json_object_get(first, "columns"), 3), "example")),
                 "Zz") != NULL);
    hone_counts_add(sum, more);
    CHECK(sum->rows == 800);
    hone_counts_subtract(sum, more);
    HONE_JSON json_t *less = hone_counts_json(sum, r);
    /* the count of city: whole numbers, so nothing is lost by adding and taking away */
    CHECK(json_equal(json_array_get(json_object_get(first, "columns"), 3),
                     json_array_get(json_object_get(less, "columns"), 3)));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* A file that is scored counts as its rows would one by one, whatever the threads. */
static void a_table_counts_as_its_rows(void **state)
{
    struct hone_run run = {.seed = 5};
    struct hone_arena mem = {0};
    struct hone_reference *r = reference(&run, &mem, 2000);
    const struct shift odd = {.unknown = 0.1, .mean = 1};
    struct hone_table *t = stream(&run, &mem, 3, 5000, &odd, 0, 100);
    HONE_JSON json_t *rows = hone_counts_json(counts_of(&run, &mem, r, t), r);
    (void)state;
    for (size_t threads = 1; threads <= 4; threads += 3) {
        struct hone_counts *counts = NULL;
        run.pool = threads == 1 ? NULL : hone_pool_new(threads);
        CHECK_OK(&run, hone_counts_of_table(&run, r, t, NULL, &mem, &counts));
        HONE_JSON json_t *table = hone_counts_json(counts, r);
        CHECK(json_equal(rows, table));
        hone_pool_free(run.pool);
        run.pool = NULL;
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void damaged_counts_are_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"rows\":1,\"columns\":[]}",
        "{\"rows\":-1,\"columns\":[{\"name\":\"flag\",\"missing\":0,\"cells\":[]}]}",
        "{\"rows\":1,\"columns\":[{\"name\":\"flag\",\"missing\":-2,\"cells\":[]}]}",
        "{\"rows\":1,\"columns\":[{\"name\":\"other\",\"missing\":0,\"cells\":[]}]}",
        "{\"rows\":1,\"columns\":[{\"name\":\"flag\",\"missing\":0,\"cells\":[[99,1]]}]}",
        "{\"rows\":1,\"columns\":[{\"name\":\"flag\",\"missing\":0,\"cells\":[[0]]}]}",
        "{\"rows\":1,\"columns\":[{\"name\":\"flag\",\"missing\":0,\"cells\":[[0,-1]]}]}",
        "{\"rows\":1,\"columns\":[{\"name\":\"flag\",\"missing\":0,\"cells\":[[0,1,2]]}]}",
        "{\"rows\":1,\"columns\":[{\"name\":\"flag\",\"missing\":0}]}",
    };
    static const char *const others[] = {"amount", "count", "score", "city", "day"};
    struct hone_run run = {.seed = 5};
    struct hone_arena mem = {0};
    struct hone_table *t = stream(&run, &mem, 3, 100, &still, 0, 100);
    struct hone_reference *r = NULL;
    struct hone_counts *counts = NULL;
    struct hone_table *inputs = NULL;
    struct hone_table *answers = NULL;
    (void)state;
    CHECK_OK(&run, hone_table_drop(&run, t, others, 5, &mem, &t));
    CHECK_OK(&run, hone_reference_make(&run, t, NULL, &mem, &r));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        HONE_JSON json_t *tree = NULL;
        CHECK_OK(&run, hone_json_parse(&run, hone_str(bad[i]), &tree));
        CHECK_OK(&run, hone_counts_new(&run, r, &mem, &counts));
        CHECK_FAILS(&run, hone_counts_parse(&run, tree, r, counts), HONE_E_FORMAT);
    }
    CHECK_OK(&run, hone_counts_new(&run, r, &mem, &counts));
    CHECK_FAILS_WITH(&run, hone_counts_tables(&run, counts, r, 10, &mem, &inputs, &answers),
                     HONE_E_ARG, "no rows were counted");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_drift[] = {
    cmocka_unit_test(reference_round_trips),
    cmocka_unit_test(bad_references_are_refused),
    cmocka_unit_test(values_are_those_of_the_samples),
    cmocka_unit_test(values_and_p_are_those_of_scipy),
    cmocka_unit_test(planted_shifts_are_found),
    cmocka_unit_test(same_bits_for_any_threads),
    cmocka_unit_test(predictions_are_watched),
    cmocka_unit_test(odd_windows_are_survived),
    cmocka_unit_test(what_runs_on_is_no_drift),
    cmocka_unit_test(alarm_on_the_right_day),
    cmocka_unit_test(a_sketch_says_what_the_rows_say),
    cmocka_unit_test(numbers_beyond_all_bounds_are_counted),
    cmocka_unit_test(counts_add_up_and_come_back),
    cmocka_unit_test(a_table_counts_as_its_rows),
    cmocka_unit_test(damaged_counts_are_refused),
};
const size_t hone_tests_drift_n = sizeof hone_tests_drift / sizeof hone_tests_drift[0];

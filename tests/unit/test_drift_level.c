/*
 * Error rates of the drift tests, and how soon they find planted shifts: simulated streams with known truth.
 *
 * Protocol.  A reference of 5,000 rows (REFERENCE) and windows of the same law are drawn anew; at most four windows share a
 * reference, as windows larger than the reference share its errors.  Every window has nine or ten columns.  A window is
 * significant when any adjusted p-value of any column is below alpha = 0.05.  HONE_WINDOWS=1000 in the environment takes
 * so many windows also of 100,000 rows (docs/monitor.md has the counts).
 */
#include <stdlib.h>

#include "check.h"
#include "eval/stat.h"
#include "monitor/window.h"
#include "streams.h"

#define REFERENCE 5000
#define ALPHA     0.05

/* --- levels ------------------------------------------------------------------------------------------- */

struct protocol {
    const char *name;
    size_t rows;   /* of a window */
    double weight; /* of the row's own number in every column */
    bool sketch;
    size_t windows, per_reference;
};

struct rates {
    size_t windows, significant, drifted;
    size_t low[16], tried[16]; /* p < ALPHA of single tests */
};

static void count_window(const struct hone_drift_report *report, struct rates *out)
{
    bool any = false;
    for (size_t j = 0; j < report->cols; j++) {
        const struct hone_drift_column *c = &report->column[j];
        for (size_t k = 0; k < c->n; k++) {
            size_t at = 0;
            while (hone_drift_tests[at] != &c->result[k].test->part) {
                at++;
            }
            out->tried[at]++;
            out->low[at] += c->result[k].p < ALPHA ? 1 : 0;
            any = any || c->result[k].p_adjusted < ALPHA;
        }
    }
    out->windows++;
    out->significant += any ? 1 : 0;
    out->drifted += report->state == HONE_DRIFT_FOUND ? 1 : 0;
}

static void simulate(struct hone_run *run, const struct protocol *p, struct rates *out)
{
    static const struct change none = {0};
    *out = (struct rates){0};
    for (size_t first = 0; first < p->windows; first += p->per_reference) {
        struct hone_arena mem = {0};
        struct hone_reference *r = NULL;
        struct hone_table *answers = NULL;
        struct hone_drift_options options = {.alpha = ALPHA};
        uint64_t seed = 1000003 * (uint64_t)p->rows + 17 * first;
        struct hone_table *t =
            stream_rows(run, &mem, seed, REFERENCE, p->weight, &none, &answers);
        CHECK_OK(run, hone_reference_make(run, t, answers, &mem, &r));
        CHECK_OK(run, hone_drift_cache_new(run, r, &mem, &options.cache));
        for (size_t w = first; w < first + p->per_reference && w < p->windows; w++) {
            struct hone_arena own = {0};
            struct hone_drift_report *report = NULL;
            t = stream_rows(run, &own, seed + 1 + w - first, p->rows, p->weight, &none,
                            &answers);
            if (p->sketch) {
                stream_sketch(run, &own, r, &t, &answers);
            }
            CHECK_OK(run, hone_drift_run(run, r, t, answers, &options, &own, &report));
            count_window(report, out);
            hone_arena_free(&own);
        }
        hone_arena_free(&mem);
    }
}

/*
 * The bounds hold a count of a nominal share alpha in 999 of 1,000 cases where windows are independent: the binomial's
 * quantiles, a tenth wider on either side, since p-values are approximate and four windows share a reference.
 */
static void check_nominal(const struct protocol *p, const struct rates *r)
{
    double n = (double)r->windows;
    double low = 0;
    double high = n;
    while (hone_binomial_sf(low + 1, n, 0.9 * ALPHA) > 1 - 0.0005) {
        low++;
    }
    while (high > 0 && hone_binomial_sf(high, n, 1.1 * ALPHA) < 0.0005) {
        high--;
    }
    if ((double)r->significant > high || (double)r->significant < low) {
        print_error("%s: %zu of %zu windows, %g to %g allowed\n", p->name, r->significant,
                    r->windows, low, high);
    }
    CHECK((double)r->significant <= high);
    CHECK((double)r->significant >= low); /* and not bought by deafness */
    CHECK(r->drifted <= r->significant);
}

/* p < 0.05 of single tests: those of counts in few cells, and of small windows, are somewhat off. */
static void check_tests(const struct protocol *p, const struct rates *r)
{
    for (size_t k = 0; hone_drift_tests[k] != NULL; k++) {
        const struct hone_drift_test *test =
            (const struct hone_drift_test *)hone_drift_tests[k];
        double share = (double)r->low[k] / (double)r->tried[k];
        bool exact = test->question == HONE_DRIFT_OF_VALUES;
        double off = 3 * sqrt(ALPHA * (1 - ALPHA) / (double)r->windows);
        double least = fmin(0.035, ALPHA - off);
        double most = fmax(0.07, ALPHA + off);
        if (share > most || (exact && share < least)) {
            print_error("%s %s: %g\n", p->name, test->part.name, share);
        }
        CHECK(r->tried[k] >= r->windows);
        CHECK(share <= most);
        CHECK(!exact || share >= least); /* counts of a few missing values are discrete */
    }
}

/* So many windows, or as many as the environment wishes; sanitizers get a twentieth. */
static size_t windows_of(size_t n)
{
    const char *text = getenv("HONE_WINDOWS");
    int64_t wished;
    if (text != NULL && hone_parse_i64(hone_str(text), &wished) && wished > 0) {
        return (size_t)wished;
    }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return (n + 19) / 20;
#else
    return n;
#endif
}

static void hold(const char *name, size_t rows, double weight, bool sketch)
{
    struct hone_run run = {.seed = 3};
    struct rates r;
    const struct protocol p = {name, rows, weight, sketch, windows_of(rows < 5000 ? 1000 : 500),
                               4};
    simulate(&run, &p, &r);
    print_message("%-34s %zu windows: %zu significant, %zu drifted\n", name, r.windows,
                  r.significant, r.drifted);
    check_nominal(&p, &r);
    check_tests(&p, &r);
    hone_run_clear(&run);
}

static void level_of_50_rows(void **state)
{
    (void)state;
    hold("50 rows", 50, 0, false);
}

static void level_of_500_rows(void **state)
{
    (void)state;
    hold("500 rows", 500, 0, false);
}

static void level_of_5000_rows(void **state)
{
    (void)state;
    hold("5,000 rows", 5000, 0, false);
}

static void level_of_correlated_columns(void **state)
{
    (void)state;
    hold("500 rows, correlated columns", 500, 0.8, false);
}

static void level_through_sketches(void **state)
{
    (void)state;
    hold("500 rows, by sketch", 500, 0, true);
    hold("5,000 rows, correlated, by sketch", 5000, 0.8, true);
}

/* Large windows: what is significant is mostly too small to matter. */
static void large_windows_hardly_drift(void **state)
{
    struct hone_run run = {.seed = 3};
    struct rates r;
    const struct protocol p[] = {
        {"100,000 rows", 100000, 0, false, windows_of(40), 1},
        {"100,000 rows, by sketch", 100000, 0, true, windows_of(40), 1},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        simulate(&run, &p[i], &r);
        print_message("%-34s %zu windows: %zu significant, %zu drifted\n", p[i].name, r.windows,
                      r.significant, r.drifted);
        check_nominal(&p[i], &r);
        CHECK(r.drifted <= 3);
    }
    hone_run_clear(&run);
}

/*
 * What the default settings cost: 1,000 hourly windows of 300 rows kept as sketches, alpha 0.01, two of three windows.
 * Of the windows 1 % may drift by chance; two of three do in about 2 alpha² of the windows (0.2 in 1,000), a little more
 * often since those of one reference share its errors.
 */
static void alarms_are_rare(void **state)
{
    struct hone_run run = {.seed = 3};
    static const struct change none = {0};
    const size_t references = (windows_of(1000) + 99) / 100;
    size_t drifted = 0;
    size_t raised = 0;
    (void)state;
    for (size_t i = 0; i < references; i++) {
        struct hone_arena mem = {0};
        struct hone_reference *r = NULL;
        struct hone_table *answers = NULL;
        struct hone_drift_options options = {0};
        struct hone_watch watch = {.n = 100};
        struct hone_table *t = stream_rows(&run, &mem, 50 + i, REFERENCE, 0.3, &none, &answers);
        CHECK_OK(&run, hone_reference_make(&run, t, answers, &mem, &r));
        CHECK_OK(&run, hone_drift_cache_new(&run, r, &mem, &options.cache));
        CHECK_OK(&run, hone_array(&run, &mem, &watch.step, watch.n));
        for (size_t w = 0; w < watch.n; w++) {
            struct hone_arena own = {0};
            t = stream_rows(&run, &own, 1000 * (i + 1) + w, 300, 0.3, &none, &answers);
            stream_sketch(&run, &own, r, &t, &answers);
            CHECK_OK(&run, hone_drift_run(&run, r, t, answers, &options, &mem,
                                          &watch.step[w].report));
            drifted += watch.step[w].report->state == HONE_DRIFT_FOUND ? 1 : 0;
            hone_arena_free(&own);
        }
        hone_watch_judge(&watch, 2, 3);
        for (size_t w = 0; w < watch.n; w++) {
            raised += watch.step[w].alarm && (w == 0 || !watch.step[w - 1].alarm) ? 1 : 0;
        }
        hone_arena_free(&mem);
    }
    print_message("%zu windows: %zu drifted, %zu alarms\n", 100 * references, drifted, raised);
    CHECK(drifted <=
          24 * references / 10 + 3); /* 10 of 1,000; more than 23 in 1 of 10,000 cases */
    CHECK(raised <= 2);
    hone_run_clear(&run);
}

/* The same counts, so the same report. */
static void sketches_say_what_rows_say(void **state)
{
    struct hone_run run = {.seed = 3};
    struct rates rows;
    struct rates counts;
    struct protocol p = {"rows", 700, 0.5, false, 100, 4};
    (void)state;
    simulate(&run, &p, &rows);
    p.sketch = true;
    simulate(&run, &p, &counts);
    CHECK(rows.significant == counts.significant && rows.drifted == counts.drifted);
    for (size_t k = 0; hone_drift_tests[k] != NULL; k++) {
        CHECK(rows.low[k] == counts.low[k] && rows.tried[k] == counts.tried[k]);
    }
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_drift_level[] = {
    cmocka_unit_test(level_of_50_rows),       cmocka_unit_test(level_of_500_rows),
    cmocka_unit_test(level_of_5000_rows),     cmocka_unit_test(level_of_correlated_columns),
    cmocka_unit_test(level_through_sketches), cmocka_unit_test(large_windows_hardly_drift),
    cmocka_unit_test(alarms_are_rare),        cmocka_unit_test(sketches_say_what_rows_say),
};
const size_t hone_tests_drift_level_n =
    sizeof hone_tests_drift_level / sizeof hone_tests_drift_level[0];

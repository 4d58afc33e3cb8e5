/*
 * How soon planted shifts ring: windows from the shift to the alarm (two of three windows, alpha 0.01), by size of the
 * shift and rows of a window.  The table is in docs/monitor.md; PRINT=1 in the environment prints it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "monitor/window.h"
#include "streams.h"
#include "table/builder.h"

#define REFERENCE 5000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STREAMS 2
#define ENOUGH  1 /* too few to hold the table: it runs */
#else
#define STREAMS 20
#define ENOUGH  (STREAMS * 9 / 10)
#endif

#define LONGEST 16 /* windows that are waited for */
#define NEVER   (LONGEST + 1)

static const size_t sizes[] = {50, 500, 5000};

struct plant {
    const char *name;
    struct change change;
    bool ramp;        /* the change grows by a twentieth of itself with every window */
    size_t within[3]; /* by sizes: 18 of 20 streams ring within so many windows; 0: few do */
};

static const struct change none = {0};

static const struct plant plants[] = {
    {"mean of one column by 0.25", {.mean = 0.25}, false, {0, 2, 2}},
    {"mean of one column by 0.5", {.mean = 0.5}, false, {12, 2, 2}},
    {"mean of one column by 1", {.mean = 1}, false, {2, 2, 2}},
    {"deviation of one column x 1.5", {.spread = 1.5}, false, {0, 2, 2}},
    {"deviation of one column x 2", {.spread = 2}, false, {6, 2, 2}},
    {"shape only: two humps", {.shape = 1}, false, {6, 2, 2}},
    {"new level in 2 % of rows", {.unknown = 0.02}, false, {0, 2, 2}},
    {"new level in 10 % of rows", {.unknown = 0.1}, false, {2, 2, 2}},
    {"10 % more missing", {.missing = 0.1}, false, {0, 2, 2}},
    {"30 % more missing", {.missing = 0.3}, false, {2, 2, 2}},
    {"20 % of rows to another level", {.mix = 0.2}, false, {0, 2, 2}},
    {"40 % of rows to another level", {.mix = 0.4}, false, {4, 2, 2}},
    {"predictions alone, logit by 0.5", {.prediction = 0.5}, false, {4, 2, 2}},
    {"all columns by 0.15", {.all = 0.15}, false, {0, 2, 2}},
    {"ramp to mean 1 in 20 windows", {.mean = 1}, true, {13, 7, 5}},
};
#define PLANTS (sizeof plants / sizeof *plants)

static struct change part_of(const struct plant *p, size_t window)
{
    struct change c = p->change;
    if (p->ramp) {
        c.mean *= fmin(1.0, 0.05 * (double)(window + 1));
    }
    return c;
}

/* The window, from 1, at which it rings. */
static size_t delay(struct hone_run *run, const struct hone_reference *r,
                    struct hone_drift_cache *cache, const struct plant *p, size_t rows,
                    uint64_t seed)
{
    struct hone_watch_step step[LONGEST] = {{0}};
    struct hone_arena mem = {0};
    size_t rings = NEVER;
    const struct hone_drift_options options = {.cache = cache};
    for (size_t w = 0; w < LONGEST && rings == NEVER; w++) {
        struct hone_watch watch = {.n = w + 1, .step = step};
        const struct change c = part_of(p, w);
        struct hone_table *answers = NULL;
        struct hone_table *t = stream_rows(run, &mem, seed + w, rows, 0, &c, &answers);
        CHECK_OK(run, hone_drift_run(run, r, t, answers, &options, &mem, &step[w].report));
        hone_watch_judge(&watch, 2, 3);
        rings = watch.first_alarm < watch.n ? w + 1 : NEVER;
    }
    hone_arena_free(&mem);
    return rings;
}

static void planted_shifts_ring_in_time(void **state)
{
    struct hone_run run = {.seed = 3};
    struct hone_arena mem = {0};
    const bool print = getenv("PRINT") != NULL;
    size_t late[PLANTS][3][LONGEST + 2] = {{{0}}}; /* streams that ring at a window */
    (void)state;
    for (size_t i = 0; i < STREAMS; i++) {
        struct hone_reference *r = NULL;
        struct hone_drift_cache *cache = NULL;
        struct hone_table *answers = NULL;
        struct hone_table *t = stream_rows(&run, &mem, 90 + i, REFERENCE, 0, &none, &answers);
        CHECK_OK(&run, hone_reference_make(&run, t, answers, &mem, &r));
        CHECK_OK(&run, hone_drift_cache_new(&run, r, &mem, &cache));
        for (size_t p = 0; p < PLANTS; p++) {
            for (size_t s = 0; s < 3; s++) {
                uint64_t seed = 1000000 * (i + 1) + 10000 * p + 1000 * s;
                late[p][s][delay(&run, r, cache, &plants[p], sizes[s], seed)]++;
            }
        }
        hone_arena_free(&mem);
    }
    size_t bad = 0;
    for (size_t p = 0; p < PLANTS; p++) {
        for (size_t s = 0; s < 3; s++) {
            size_t done = 0;
            size_t half = 0;
            size_t most = 0;
            for (size_t w = 0; w < NEVER; w++) {
                done += late[p][s][w];
                half = half == 0 && done >= STREAMS / 2 ? w : half;
                most = most == 0 && done >= ENOUGH ? w : most;
            }
            if (plants[p].within[s] > 0 && (most == 0 || most > plants[p].within[s])) {
                print_error("%s, %zu rows: 9 of 10 ring by %zu, not %zu\n", plants[p].name,
                            sizes[s], most, plants[p].within[s]);
                bad++;
            }
            if (print) {
                print_message("%-34s %5zu rows: half by %zu, 9 of 10 by %zu, never %zu\n",
                              plants[p].name, sizes[s], half, most, late[p][s][NEVER]);
            }
        }
    }
    assert_int_equal(bad, 0);
    hone_run_clear(&run);
}

/* --- one column of fifty --------------------------------------------------------------------------------- */

#define WIDE 50

static struct hone_table *wide_rows(struct hone_run *run, struct hone_arena *mem, uint64_t seed,
                                    size_t rows, double shift)
{
    struct hone_rng rng = hone_rng(seed, 12);
    struct hone_column column[WIDE];
    struct hone_table *out = NULL;
    for (size_t j = 0; j < WIDE; j++) {
        struct hone_builder *b;
        const char *name = hone_arena_format(mem, "x%zu", j);
        CHECK_OK(run, hone_builder_new(run, name, HONE_FLOAT64, mem, &b));
        for (size_t i = 0; i < rows; i++) {
            double x = hone_rng_normal(&rng) + (j == 17 ? shift : 0.0);
            CHECK_OK(run, hone_builder_f64(run, b, x));
        }
        CHECK_OK(run, hone_builder_end(run, b, &column[j]));
    }
    CHECK_OK(run, hone_table_of(run, column, WIDE, mem, &out));
    return out;
}

/* It is found as fast as among few, is named, and of the 49 others hardly one is accused with it. */
static void one_column_of_fifty_is_named(void **state)
{
    struct hone_run run = {.seed = 3};
    struct hone_arena keep = {0};
    struct hone_reference *r = NULL;
    struct hone_drift_options options = {0};
    size_t found = 0;
    size_t others = 0;
    const size_t windows = STREAMS * 3;
    (void)state;
    CHECK_OK(&run, hone_reference_make(&run, wide_rows(&run, &keep, 5, REFERENCE, 0), NULL,
                                       &keep, &r));
    CHECK_OK(&run, hone_drift_cache_new(&run, r, &keep, &options.cache));
    for (size_t w = 0; w < windows; w++) {
        struct hone_arena mem = {0};
        struct hone_drift_report *report = NULL;
        CHECK_OK(&run, hone_drift_run(&run, r, wide_rows(&run, &mem, 100 + w, 500, 0.5), NULL,
                                      &options, &mem, &report));
        bool first = strcmp(report->column[0].reference->name, "x17") == 0;
        found += first && report->column[0].state == HONE_DRIFT_FOUND ? 1 : 0;
        others += report->drifted - (first ? 1 : 0);
        hone_arena_free(&mem);
    }
    CHECK(found == windows);
    CHECK(others <= 4); /* false discoveries: 1 % of 60 windows is expected */
    hone_arena_free(&keep);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_drift_power[] = {
    cmocka_unit_test(planted_shifts_ring_in_time),
    cmocka_unit_test(one_column_of_fifty_is_named),
};
const size_t hone_tests_drift_power_n =
    sizeof hone_tests_drift_power / sizeof hone_tests_drift_power[0];

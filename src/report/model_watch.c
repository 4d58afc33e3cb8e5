/* Live data beside what the model was made for: rendered from the document of `hone monitor`. */
#include <math.h>

#include "report/charts.h"
#include "report/model_page_priv.h"
#include "report/words.h"

#define MOST_CARDS   12
#define MOST_WINDOWS 60 /* in the table: the last ones */

static bool is(const json_t *o, const char *key, const char *text)
{
    return strcmp(hone_json_get_text(o, key, ""), text) == 0;
}

/* The window at which something holds: the first alarm, else the last one that can tell. */
static const json_t *telling_window(const json_t *watch)
{
    const json_t *windows = json_object_get(watch, "windows");
    size_t n = json_array_size(windows);
    const char *first = hone_json_get_text(watch, "first_alarm", NULL);
    for (size_t i = 0; first != NULL && i < n; i++) {
        const json_t *w = json_array_get(windows, i);
        if (is(w, "window", first)) {
            return w;
        }
    }
    return n == 0 ? NULL : json_array_get(windows, n - 1);
}

/* "0.74 (0.70 to 0.79)"; NULL without a value. */
static const char *with_interval(struct hone_arena *mem, const json_t *o)
{
    double value = hone_json_get_real(o, "value", (double)NAN);
    double low = hone_json_get_real(o, "low", (double)NAN);
    if (isnan(value)) {
        return NULL;
    }
    return isnan(low) ? hone_arena_format(mem, "%.4g", value)
                      : hone_arena_format(mem, "%.4g (%.4g to %.4g)", value, low,
                                          hone_json_get_real(o, "high", (double)NAN));
}

/* "1 of 3 windows has drifted"; NULL where none has. */
static const char *some_drifted(struct hone_arena *mem, const json_t *watch)
{
    size_t n = 0, i;
    const json_t *window;
    json_array_foreach(json_object_get(watch, "windows"), i, window)
    {
        n += is(json_object_get(window, "drift"), "state", "drift") ? 1 : 0;
    }
    return n == 0 ? NULL
                  : hone_arena_format(mem, "%zu of %zu window%s %s drifted", n, i,
                                      i == 1 ? "" : "s", n == 1 ? "has" : "have");
}

void hone_page_watch_tile(struct hone_page *page, const json_t *watch)
{
    if (watch == NULL) {
        return;
    }
    const char *since = hone_json_get_text(watch, "since", NULL);
    const char *some = some_drifted(page->mem, watch);
    uint64_t rows = (uint64_t)hone_json_get_int(watch, "rows", 0);
    hone_page_tile(page,
                   since != NULL  ? HONE_TONE_BAD
                   : some != NULL ? HONE_TONE_WARN
                                  : HONE_TONE_GOOD,
                   "Live data",
                   since != NULL  ? "drift"
                   : some != NULL ? "moved"
                                  : "as in training",
                   since != NULL  ? hone_arena_format(page->mem, "since %s", since)
                   : some != NULL ? hone_arena_format(page->mem, "%s; no alarm", some)
                                  : hone_arena_format(page->mem, "%s rows looked at",
                                                      hone_text_count(page->mem, rows)));
    const json_t *quality = json_object_get(watch, "performance");
    const json_t *realised = json_object_get(quality, "realised");
    if (json_is_number(json_object_get(realised, "value"))) {
        uint64_t labelled = (uint64_t)hone_json_get_int(quality, "labelled", 0);
        const char *worse = hone_json_get_text(quality, "since", NULL);
        hone_page_tile(
            page, worse != NULL ? HONE_TONE_BAD : HONE_TONE_NONE,
            hone_arena_format(page->mem, "%s in service",
                              hone_json_get_text(quality, "metric", "")),
            hone_page_number(page->mem, realised, "value"),
            worse != NULL
                ? hone_arena_format(page->mem, "worse than on the test rows since %s", worse)
                : hone_arena_format(page->mem, "on %s rows whose outcome is known",
                                    hone_text_count(page->mem, labelled)));
    }
}

/* --- over time -------------------------------------------------------------------------------------- */

struct line {
    struct hone_axis axis;
    size_t n;
    double *x, *y, *low, *high;
};

static double *reals(struct hone_page *page, size_t n)
{
    return hone_arena_must(page->mem, (n + 1) * sizeof(double));
}

/* The x of windows: when they begin, else their number. */
static struct line line_of(struct hone_page *page, const json_t *windows)
{
    struct line l = {.n = json_array_size(windows), .axis = {.time = true}};
    l.x = reals(page, l.n);
    l.y = reals(page, l.n);
    l.low = reals(page, l.n);
    l.high = reals(page, l.n);
    for (size_t i = 0; i < l.n; i++) {
        l.x[i] = (double)hone_json_get_int(json_array_get(windows, i), "begin", 0) / 1000;
        l.axis.time = l.axis.time && l.x[i] > 0;
    }
    for (size_t i = 0; i < l.n && !l.axis.time; i++) {
        l.x[i] = (double)(i + 1);
    }
    l.axis.title = l.axis.time ? NULL : "window";
    return l;
}

static void drift_chart(struct hone_page *page, const json_t *watch)
{
    const json_t *windows = json_object_get(watch, "windows");
    struct line l = line_of(page, windows);
    for (size_t i = 0; i < l.n; i++) {
        const json_t *drift = json_object_get(json_array_get(windows, i), "drift");
        l.y[i] = is(drift, "state", "insufficient")
                     ? (double)NAN
                     : (double)hone_json_get_int(drift, "columns_drifted", 0);
    }
    const struct hone_series series = {.name = "columns", .x = l.x, .y = l.y, .n = l.n};
    hone_page_chart(
        page, "Columns that drift",
        "in each window; where there are too few rows to tell, the line has a gap",
        hone_chart_lines(l.axis, (struct hone_axis){.title = "columns"}, &series, 1));
}

/* The realised metric with its intervals, and the band of the test rows. */
static void quality_chart(struct hone_page *page, const json_t *quality)
{
    const json_t *windows = json_object_get(quality, "windows");
    const json_t *test = json_object_get(quality, "test");
    const char *name = hone_json_get_text(quality, "metric", "metric");
    struct line live = line_of(page, windows);
    struct line made = line_of(page, windows);
    size_t known = 0;
    for (size_t i = 0; i < live.n; i++) {
        const json_t *w = json_array_get(windows, i);
        live.y[i] = hone_json_get_real(w, "value", (double)NAN);
        live.low[i] = hone_json_get_real(w, "low", (double)NAN);
        live.high[i] = hone_json_get_real(w, "high", (double)NAN);
        made.y[i] = hone_json_get_real(test, "value", (double)NAN);
        made.low[i] = hone_json_get_real(test, "low", (double)NAN);
        made.high[i] = hone_json_get_real(test, "high", (double)NAN);
        known += isnan(live.y[i]) ? 0 : 1;
    }
    if (known < 2) {
        return;
    }
    const struct hone_series series[2] = {
        {"in service", live.x, live.y, live.low, live.high, live.n},
        {"test rows", made.x, made.y, made.low, made.high, made.n},
    };
    bool tested = json_is_number(json_object_get(test, "value"));
    hone_page_chart(
        page, hone_arena_format(page->mem, "Realised %s", name),
        "in each window where outcomes are known; bands are 95 % intervals",
        hone_chart_lines(live.axis, (struct hone_axis){.title = name}, series, tested ? 2 : 1));
}

static const char *state_words(const json_t *window, enum hone_tone *tone)
{
    const json_t *drift = json_object_get(window, "drift");
    *tone = HONE_TONE_NONE;
    if (is(drift, "state", "insufficient")) {
        return "too few rows";
    }
    if (is(drift, "state", "drift")) {
        *tone = HONE_TONE_BAD;
        return hone_json_get_bool(window, "alarm", false) ? "drift, alarm" : "drift";
    }
    if (is(drift, "state", "possible")) {
        *tone = HONE_TONE_WARN;
        return "possible drift";
    }
    return "as in training";
}

/* The realised quality of the same time; NULL: none. */
static const json_t *quality_at(const json_t *watch, const json_t *window)
{
    const json_t *list = json_object_get(json_object_get(watch, "performance"), "windows");
    size_t i;
    const json_t *w;
    json_array_foreach(list, i, w)
    {
        if (strcmp(hone_json_get_text(w, "window", ""),
                   hone_json_get_text(window, "window", "?")) == 0) {
            return w;
        }
    }
    return NULL;
}

static void windows_table(struct hone_page *page, const json_t *watch)
{
    static const struct hone_page_column column[] = {
        {"Window", HONE_CELL_NAME},   {"Rows", HONE_CELL_NUMBER},
        {"State", HONE_CELL_TEXT},    {"Drifted", HONE_CELL_NUMBER},
        {"Most", HONE_CELL_TEXT},     {"Realised, 95 % interval", HONE_CELL_NUMBER},
        {"Labels", HONE_CELL_NUMBER}, {"Quality", HONE_CELL_TEXT}};
    const json_t *windows = json_object_get(watch, "windows");
    size_t n = json_array_size(windows);
    bool quality = json_is_object(json_object_get(watch, "performance"));
    size_t cols = quality ? 8 : 5;
    hone_page_table_begin(page, n > MOST_WINDOWS ? "The last windows" : "Windows", column,
                          cols);
    for (size_t i = n > MOST_WINDOWS ? n - MOST_WINDOWS : 0; i < n; i++) {
        const json_t *w = json_array_get(windows, i);
        const json_t *drift = json_object_get(w, "drift");
        const json_t *first = json_array_get(json_object_get(drift, "columns"), 0);
        const json_t *q = quality ? quality_at(watch, w) : NULL;
        bool moved = is(first, "state", "drift") || is(first, "state", "possible");
        bool worse = is(q, "state", "worse");
        enum hone_tone tone;
        const char *state = state_words(w, &tone);
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = hone_json_get_text(w, "window", "")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, drift, "rows")},
            {.kind = HONE_CELL_TEXT, .tone = tone, .text = state},
            {.kind = HONE_CELL_NUMBER,
             .text = hone_page_number(page->mem, drift, "columns_drifted")},
            {.kind = HONE_CELL_TEXT,
             .text = moved ? hone_json_get_text(first, "column", "") : NULL},
            {.kind = HONE_CELL_NUMBER, .text = with_interval(page->mem, q)},
            {.kind = HONE_CELL_NUMBER,
             .text = q == NULL ? NULL : hone_page_number(page->mem, q, "labelled")},
            {.kind = HONE_CELL_TEXT,
             .tone = worse ? HONE_TONE_BAD : HONE_TONE_NONE,
             .text = hone_json_get_text(q, "state", NULL)},
        };
        hone_page_row(page, cell, cols);
    }
    hone_page_table_end(page);
}

/* --- by column -------------------------------------------------------------------------------------- */

/* The test that says most; documents of older versions do not name it. */
static const json_t *leading_test(const json_t *column, const char **name)
{
    *name = hone_json_get_text(column, "leading", NULL);
    return *name == NULL ? NULL : json_object_get(json_object_get(column, "tests"), *name);
}

static void cells_chart(struct hone_page *page, const json_t *column)
{
    const json_t *cells = json_object_get(column, "cells");
    static const char *const part[2] = {"training", "this window"};
    size_t n = json_array_size(cells);
    const char **label = hone_arena_must(page->mem, (n + 1) * sizeof *label);
    double *share[2] = {reals(page, n), reals(page, n)};
    for (size_t i = 0; i < n; i++) {
        const json_t *cell = json_array_get(cells, i);
        label[i] = json_string_value(json_array_get(cell, 0));
        share[0][i] = json_number_value(json_array_get(cell, 1));
        share[1][i] = json_number_value(json_array_get(cell, 2));
    }
    if (n > 1) {
        hone_page_chart(page, "Training and this window", NULL,
                        hone_chart_columns_pair(label, n, part,
                                                (const double *const[]){share[0], share[1]}));
    }
}

static void column_card(struct hone_page *page, const json_t *column)
{
    const char *name;
    const json_t *test = leading_test(column, &name);
    bool answer = is(column, "role", "prediction");
    hone_page_card(page, NULL, hone_json_get_text(column, "column", ""),
                   hone_arena_format(page->mem, "%s%s", answer ? "an answer: " : "",
                                     hone_json_get_text(column, "message", "")));
    if (test != NULL) {
        const struct hone_page_fact fact[] = {
            {name, hone_page_number(page->mem, test, "value")},
            {"threshold", hone_page_number(page->mem, test, "threshold")},
            {"q-value",
             hone_arena_format(page->mem, "%.2g", hone_json_get_real(test, "p_adjusted", 1))},
        };
        hone_page_facts(page, fact, 3);
    }
    cells_chart(page, column);
}

static void cards(struct hone_page *page, const json_t *window)
{
    const json_t *columns = json_object_get(json_object_get(window, "drift"), "columns");
    size_t i;
    const json_t *c;
    size_t n = 0;
    json_array_foreach(columns, i, c)
    {
        if ((is(c, "state", "drift") || is(c, "state", "possible")) && n++ < MOST_CARDS) {
            column_card(page, c);
        }
    }
}

static void columns_table(struct hone_page *page, const json_t *window)
{
    static const struct hone_page_column column[] = {
        {"Column", HONE_CELL_NAME},      {"State", HONE_CELL_TEXT},
        {"Test", HONE_CELL_TEXT},        {"Value", HONE_CELL_NUMBER},
        {"Threshold", HONE_CELL_NUMBER}, {"q-value", HONE_CELL_NUMBER}};
    size_t i;
    const json_t *c;
    hone_page_fold_begin(page, "Every column and its strongest test");
    hone_page_table_begin(page,
                          hone_arena_format(page->mem,
                                            "Columns in window %s, most drifted first",
                                            hone_json_get_text(window, "window", "")),
                          column, 6);
    json_array_foreach(json_object_get(json_object_get(window, "drift"), "columns"), i, c)
    {
        const char *state = hone_json_get_text(c, "state", "");
        const char *test_name;
        const json_t *test = leading_test(c, &test_name);
        bool answer = is(c, "role", "prediction");
        const char *name = hone_json_get_text(c, "column", "");
        enum hone_tone tone = strcmp(state, "drift") == 0      ? HONE_TONE_BAD
                              : strcmp(state, "possible") == 0 ? HONE_TONE_WARN
                                                               : HONE_TONE_NONE;
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME,
             .text = answer ? hone_arena_format(page->mem, "answer: %s", name) : name},
            {.kind = HONE_CELL_TEXT, .tone = tone, .text = state},
            {.kind = HONE_CELL_TEXT, .text = test_name},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, test, "value")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, test, "threshold")},
            {.kind = HONE_CELL_NUMBER,
             .text = test == NULL
                         ? NULL
                         : hone_arena_format(page->mem, "%.2g",
                                             hone_json_get_real(test, "p_adjusted", 1))},
        };
        hone_page_row(page, cell, 6);
    }
    hone_page_table_end(page);
    hone_page_fold_end(page);
}

/* --- the section -------------------------------------------------------------------------------------- */

static void verdicts(struct hone_page *page, const json_t *watch, const json_t *window)
{
    const char *since = hone_json_get_text(watch, "since", NULL);
    const json_t *drift = json_object_get(window, "drift");
    const json_t *quality = json_object_get(watch, "performance");
    const char *worse = hone_json_get_text(quality, "since", NULL);
    const char *some = some_drifted(page->mem, watch);
    size_t i;
    const json_t *text;
    hone_page_note(
        page,
        since != NULL  ? HONE_TONE_BAD
        : some != NULL ? HONE_TONE_WARN
                       : HONE_TONE_GOOD,
        since != NULL ? hone_arena_format(page->mem, "Drift since %s", since)
                      : "No drift alarm",
        since != NULL
            ? hone_arena_format(page->mem,
                                "%lld of %lld columns have drifted; the alarm was raised with "
                                "window %s.",
                                (long long)hone_json_get_int(drift, "columns_drifted", 0),
                                (long long)hone_json_get_int(drift, "columns_compared", 0),
                                hone_json_get_text(window, "window", ""))
        : some != NULL ? hone_arena_format(page->mem, "%s, too few to ring.", some)
                       : NULL);
    if (worse != NULL) {
        hone_page_note(
            page, HONE_TONE_BAD,
            hone_arena_format(page->mem, "Realised %s is worse since %s",
                              hone_json_get_text(quality, "metric", "quality"), worse),
            hone_arena_format(page->mem, "On the test rows it was %s.",
                              with_interval(page->mem, json_object_get(quality, "test"))));
    }
    json_array_foreach(json_object_get(watch, "next"), i, text)
    {
        hone_page_note(page, HONE_TONE_NONE, "Next", json_string_value(text));
    }
}

void hone_page_watch_section(struct hone_page *page, const json_t *watch)
{
    const json_t *window = telling_window(watch);
    if (watch == NULL || window == NULL) {
        return;
    }
    const json_t *quality = json_object_get(watch, "performance");
    hone_page_section(page, "live", "What live data look like");
    verdicts(page, watch, window);
    if (json_array_size(json_object_get(watch, "windows")) > 1) {
        drift_chart(page, watch);
    }
    if (json_is_object(quality)) {
        quality_chart(page, quality);
    }
    hone_page_section(page, "live-windows", "Window by window");
    windows_table(page, watch);
    hone_page_section(page, "live-columns",
                      hone_arena_format(page->mem, "Columns in window %s",
                                        hone_json_get_text(window, "window", "")));
    cards(page, window);
    columns_table(page, window);
}

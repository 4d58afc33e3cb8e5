/* The part of the model's page about live data: rendered from the document of `hone monitor`. */
#include <math.h>

#include "report/charts.h"
#include "report/model_page_priv.h"
#include "report/words.h"

/* The window at which something holds: the first alarm, else the last one. */
static const json_t *telling_window(const json_t *watch)
{
    const json_t *windows = json_object_get(watch, "windows");
    size_t n = json_array_size(windows);
    for (size_t i = 0; i < n; i++) {
        const json_t *w = json_array_get(windows, i);
        if (hone_json_get_bool(w, "alarm", false)) {
            return w;
        }
    }
    return n == 0 ? NULL : json_array_get(windows, n - 1);
}

void hone_page_watch_tile(struct hone_page *page, const json_t *watch)
{
    if (watch == NULL) {
        return;
    }
    const char *since = hone_json_get_text(watch, "since", NULL);
    uint64_t rows = (uint64_t)hone_json_get_int(watch, "rows", 0);
    hone_page_tile(page, since != NULL ? HONE_TONE_BAD : HONE_TONE_GOOD, "Live data",
                   since != NULL ? "drift" : "as in training",
                   since != NULL ? hone_arena_format(page->mem, "since %s", since)
                                 : hone_arena_format(page->mem, "%s rows looked at",
                                                     hone_text_count(page->mem, rows)));
    const json_t *realised = json_object_get(watch, "realised");
    if (json_is_number(json_object_get(realised, "value"))) {
        uint64_t labelled = (uint64_t)hone_json_get_int(realised, "rows", 0);
        hone_page_tile(page, HONE_TONE_NONE,
                       hone_arena_format(page->mem, "%s in service",
                                         hone_json_get_text(realised, "metric", "")),
                       hone_page_number(page->mem, realised, "value"),
                       hone_arena_format(page->mem, "on %s rows whose outcome is known",
                                         hone_text_count(page->mem, labelled)));
    }
}

/* How many columns drift in each window, and the realised metric, as lines over time. */
static void timeline(struct hone_page *page, const json_t *watch)
{
    const json_t *windows = json_object_get(watch, "windows");
    size_t n = json_array_size(windows);
    double *x = hone_arena_must(page->mem, (n + 1) * sizeof *x);
    double *columns = hone_arena_must(page->mem, (n + 1) * sizeof *columns);
    double *metric = hone_arena_must(page->mem, (n + 1) * sizeof *metric);
    bool timed = true;
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *w = json_array_get(windows, i);
        x[i] = (double)hone_json_get_int(w, "begin", 0) / 1000;
        timed = timed && hone_json_get_int(w, "begin", 0) != 0;
        columns[i] =
            (double)hone_json_get_int(json_object_get(w, "drift"), "columns_drifted", 0);
        metric[i] = hone_json_get_real(w, "realised", (double)NAN);
        known += isnan(metric[i]) ? 0 : 1;
    }
    for (size_t i = 0; i < n && !timed; i++) {
        x[i] = (double)(i + 1);
    }
    const struct hone_axis time = {.title = timed ? NULL : "window", .time = timed};
    const struct hone_series drifted = {.name = "columns", .x = x, .y = columns, .n = n};
    hone_page_chart(
        page, "Columns that drift", "in each window of live data",
        hone_chart_lines(time, (struct hone_axis){.title = "columns"}, &drifted, 1));
    if (known > 1) {
        const char *name =
            hone_json_get_text(json_object_get(watch, "realised"), "metric", "metric");
        const struct hone_series realised = {.name = name, .x = x, .y = metric, .n = n};
        hone_page_chart(
            page, "Realised quality", "in each window, where outcomes are known",
            hone_chart_lines(time, (struct hone_axis){.title = name}, &realised, 1));
    }
}

static void columns_table(struct hone_page *page, const json_t *window)
{
    static const struct hone_page_column column[] = {{"Column", HONE_CELL_NAME},
                                                     {"State", HONE_CELL_TEXT},
                                                     {"Times what matters", HONE_CELL_NUMBER},
                                                     {"What is seen", HONE_CELL_TEXT}};
    size_t i;
    const json_t *c;
    const json_t *drift = json_object_get(window, "drift");
    hone_page_table_begin(page,
                          hone_arena_format(page->mem,
                                            "Columns in window %s, most drifted first",
                                            hone_json_get_text(window, "window", "")),
                          column, 4);
    json_array_foreach(json_object_get(drift, "columns"), i, c)
    {
        const char *state = hone_json_get_text(c, "state", "");
        bool output = strcmp(hone_json_get_text(c, "role", ""), "prediction") == 0;
        const char *name = hone_json_get_text(c, "column", "");
        enum hone_tone tone = strcmp(state, "drift") == 0      ? HONE_TONE_BAD
                              : strcmp(state, "possible") == 0 ? HONE_TONE_WARN
                                                               : HONE_TONE_NONE;
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME,
             .text = output ? hone_arena_format(page->mem, "answer: %s", name) : name},
            {.kind = HONE_CELL_TEXT, .tone = tone, .text = state},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, c, "score")},
            {.kind = HONE_CELL_TEXT, .text = hone_json_get_text(c, "message", NULL)},
        };
        hone_page_row(page, cell, 4);
    }
    hone_page_table_end(page);
}

void hone_page_watch_section(struct hone_page *page, const json_t *watch)
{
    const json_t *window = telling_window(watch);
    if (watch == NULL || window == NULL) {
        return;
    }
    const char *since = hone_json_get_text(watch, "since", NULL);
    const json_t *drift = json_object_get(window, "drift");
    hone_page_section(page, "live", "What live data look like");
    hone_page_note(
        page, since != NULL ? HONE_TONE_BAD : HONE_TONE_GOOD,
        since != NULL ? hone_arena_format(page->mem, "Drift since %s", since)
                      : "No drift alarm",
        since != NULL
            ? hone_arena_format(
                  page->mem,
                  "%lld of %lld columns have drifted; the alarm was raised with "
                  "window %s. Retrain on newer rows, or roll back if this is a fault.",
                  (long long)hone_json_get_int(drift, "columns_drifted", 0),
                  (long long)hone_json_get_int(drift, "columns_compared", 0),
                  hone_json_get_text(window, "window", ""))
            : NULL);
    if (json_array_size(json_object_get(watch, "windows")) > 1) {
        timeline(page, watch);
    }
    columns_table(page, window);
}

/* The part of the model's page about live data: rendered from the document of `hone monitor`. */
#include <math.h>

#include "report/charts.h"
#include "report/model_page_priv.h"
#include "report/words.h"

void hone_page_watch_tile(struct hone_page *page, const json_t *watch)
{
    if (watch == NULL) {
        return;
    }
    const char *alarm = hone_json_get_text(watch, "alarm", NULL);
    hone_page_tile(
        page, alarm != NULL ? HONE_TONE_BAD : HONE_TONE_GOOD, "Live data",
        alarm != NULL ? "drift alarm" : "as in training",
        alarm != NULL
            ? hone_arena_format(page->mem, "since %s", alarm)
            : hone_arena_format(
                  page->mem, "%s rows looked at",
                  hone_text_count(page->mem, (uint64_t)hone_json_get_int(watch, "rows", 0))));
}

/* How many columns drift in each window, as a line. */
static void timeline(struct hone_page *page, const json_t *windows)
{
    size_t n = json_array_size(windows);
    double *x = hone_arena_must(page->mem, (n + 1) * sizeof *x);
    double *columns = hone_arena_must(page->mem, (n + 1) * sizeof *columns);
    double *score = hone_arena_must(page->mem, (n + 1) * sizeof *score);
    for (size_t i = 0; i < n; i++) {
        const json_t *w = json_array_get(windows, i);
        x[i] = hone_json_get_real(w, "start_ms", (double)i);
        columns[i] = hone_json_get_real(w, "drifted", 0);
        score[i] = hone_json_get_real(w, "prediction_psi", (double)NAN);
    }
    struct hone_axis time = {.title = NULL, .time = true};
    if (!json_is_number(json_object_get(json_array_get(windows, 0), "start_ms"))) {
        time = (struct hone_axis){.title = "window"};
    }
    const struct hone_series drifted = {.name = "columns", .x = x, .y = columns, .n = n};
    const struct hone_series answer = {.name = "PSI", .x = x, .y = score, .n = n};
    hone_page_chart(
        page, "Columns that drift", "per window of live data",
        hone_chart_lines(time, (struct hone_axis){.title = "columns"}, &drifted, 1));
    hone_page_chart(page, "Drift of the predictions", "PSI against the training, per window",
                    hone_chart_lines(time, (struct hone_axis){.title = "PSI"}, &answer, 1));
}

static void columns_table(struct hone_page *page, const json_t *list)
{
    static const struct hone_page_column column[] = {
        {"Column", HONE_CELL_NAME},      {"Verdict", HONE_CELL_TEXT},
        {"Test", HONE_CELL_TEXT},        {"Value", HONE_CELL_NUMBER},
        {"Threshold", HONE_CELL_NUMBER}, {"Missing", HONE_CELL_NUMBER}};
    size_t i;
    const json_t *c;
    hone_page_table_begin(page, "Columns in the latest window, most drifted first", column, 6);
    json_array_foreach((json_t *)(uintptr_t)list, i, c)
    {
        const char *verdict = hone_json_get_text(c, "verdict", "");
        enum hone_tone tone = strcmp(verdict, "drift") == 0      ? HONE_TONE_BAD
                              : strcmp(verdict, "possible") == 0 ? HONE_TONE_WARN
                                                                 : HONE_TONE_NONE;
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = hone_json_get_text(c, "column", "")},
            {.kind = HONE_CELL_TEXT, .tone = tone, .text = verdict},
            {.kind = HONE_CELL_TEXT, .text = hone_json_get_text(c, "test", "")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, c, "value")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, c, "threshold")},
            {.kind = HONE_CELL_NUMBER,
             .text = hone_text_share(page->mem, hone_json_get_real(c, "missing_share", 0))},
        };
        hone_page_row(page, cell, 6);
    }
    hone_page_table_end(page);
}

void hone_page_watch_section(struct hone_page *page, const json_t *watch)
{
    if (watch == NULL) {
        return;
    }
    const char *alarm = hone_json_get_text(watch, "alarm", NULL);
    const json_t *windows = json_object_get(watch, "windows");
    hone_page_section(page, "live", "What live data look like");
    hone_page_note(page, alarm != NULL ? HONE_TONE_BAD : HONE_TONE_GOOD,
                   alarm != NULL ? hone_arena_format(page->mem, "Drift since %s", alarm)
                                 : "No drift",
                   hone_json_get_text(watch, "message", NULL));
    if (json_array_size(windows) > 1) {
        timeline(page, windows);
    }
    columns_table(page, json_object_get(watch, "columns"));
}

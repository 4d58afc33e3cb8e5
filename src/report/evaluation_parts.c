/* The sections of an evaluation that come last: residuals, segments, weak spots. */
#include <math.h>

#include "report/charts.h"
#include "report/evaluation_priv.h"
#include "report/model_page_priv.h"
#include "report/words.h"

#define SHOWN_CELLS 6 /* of a worst row's own values */

#define NUMBER(text) hone_evaluation_cell(HONE_CELL_NUMBER, text)
#define NAME(text)   hone_evaluation_cell(HONE_CELL_NAME, text)
#define TEXT(text)   hone_evaluation_cell(HONE_CELL_TEXT, text)

static struct hone_axis axis_of(const char *title)
{
    return (struct hone_axis){.title = title};
}

/* --- residuals ----------------------------------------------------------------------------- */

static void range_of(const double *x, size_t n, double ends[2])
{
    ends[0] = HUGE_VAL;
    ends[1] = -HUGE_VAL;
    for (size_t i = 0; i < n; i++) {
        ends[0] = fmin(ends[0], x[i]);
        ends[1] = fmax(ends[1], x[i]);
    }
}

static void scatters(struct hone_page *page, const json_t *r)
{
    const json_t *scatter = json_object_get(r, "scatter");
    size_t n;
    const double *truth = hone_page_reals(page->mem, json_object_get(scatter, "truth"), &n);
    const double *said = hone_page_reals(page->mem, json_object_get(scatter, "predicted"), &n);
    double *residual = hone_arena_must(page->mem, (n + 1) * sizeof *residual);
    double ends[2];
    if (n == 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        residual[i] = truth[i] - said[i];
    }
    range_of(truth, n, ends);
    const double diagonal[4] = {ends[0], ends[0], ends[1], ends[1]};
    hone_page_chart(
        page, "Predicted and true", "each point a row; the line is perfect",
        hone_chart_scatter(axis_of("True"), axis_of("Predicted"), truth, said, n, diagonal));
    range_of(said, n, ends);
    const double zero[4] = {ends[0], 0, ends[1], 0};
    hone_page_chart(
        page, "Residuals by prediction",
        "truth minus prediction: a slope, a bend or a funnel is something to learn",
        hone_chart_scatter(axis_of("Predicted"), axis_of("Residual"), said, residual, n, zero));
}

static void bias_chart(struct hone_page *page, const json_t *r)
{
    const json_t *bins = json_object_get(r, "bins");
    const struct hone_series s = {.name = "bias",
                                  .x = hone_evaluation_column(page, bins, "predicted"),
                                  .y = hone_evaluation_column(page, bins, "bias"),
                                  .lo = hone_evaluation_column(page, bins, "low"),
                                  .hi = hone_evaluation_column(page, bins, "high"),
                                  .n = json_array_size(bins)};
    if (s.n > 1) {
        hone_page_chart(
            page, "Bias by prediction",
            "mean of truth minus prediction in tenths of the rows; the band is 95 %",
            hone_chart_lines(axis_of("Predicted"), axis_of("Mean residual"), &s, 1));
    }
}

static void spread_charts(struct hone_page *page, const json_t *r)
{
    const json_t *histogram = json_object_get(r, "histogram");
    const json_t *quantiles = json_object_get(r, "normal_quantiles");
    size_t n;
    size_t edges;
    const double *normal = hone_page_reals(page->mem, json_object_get(quantiles, "normal"), &n);
    const double *seen = hone_page_reals(page->mem, json_object_get(quantiles, "seen"), &n);
    if (n > 1) {
        const double line[4] = {normal[0], normal[0], normal[n - 1], normal[n - 1]};
        hone_page_chart(
            page, "Normal quantiles",
            "residuals in standard deviations; on the line they are normal",
            hone_chart_scatter(axis_of("Normal"), axis_of("Residuals"), normal, seen, n, line));
    }
    const double *edge = hone_page_reals(page->mem, json_object_get(histogram, "edge"), &edges);
    const double *count = hone_page_reals(page->mem, json_object_get(histogram, "count"), &n);
    size_t *whole = hone_arena_must(page->mem, (n + 1) * sizeof *whole);
    for (size_t b = 0; b < n; b++) {
        whole[b] = (size_t)count[b];
    }
    if (n > 0) {
        hone_page_chart(page, "Residuals", "truth minus prediction",
                        hone_chart_histogram(axis_of("Residual"), edge, whole, n));
    }
}

static const char *chance(struct hone_page *page, const json_t *r, const char *key)
{
    double p = hone_json_get_real(r, key, (double)NAN);
    return p < 0.001 ? "< 0.001" : hone_evaluation_number(page, r, key);
}

static void tests_table(struct hone_page *page, const json_t *r)
{
    static const struct hone_page_column column[] = {
        {"", HONE_CELL_NAME}, {"Value", HONE_CELL_NUMBER}, {"What it says", HONE_CELL_TEXT}};
    const char *const row[][3] = {
        {"Mean", hone_evaluation_number(page, r, "bias"), "the bias: 0 is none"},
        {"p of no bias", chance(page, r, "bias_p"), "Student's t"},
        {"Standard deviation", hone_evaluation_number(page, r, "deviation"), NULL},
        {"Skew", hone_evaluation_number(page, r, "skew"), "0 is even on both sides"},
        {"Kurtosis", hone_evaluation_number(page, r, "kurtosis"),
         "3 is normal; more: seldom, but large"},
        {"p of normal residuals", chance(page, r, "normal_p"), "Jarque-Bera"},
        {"p of equal spread", chance(page, r, "spread_p"),
         "Breusch-Pagan: small where errors grow or shrink with the prediction"},
        {"Durbin-Watson", hone_evaluation_number(page, r, "durbin_watson"),
         "2: neighbouring rows tell nothing of each other"},
    };
    hone_page_table_begin(page, "Residuals in numbers", column, 3);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct hone_cell cell[] = {NAME(row[i][0]), NUMBER(row[i][1]), TEXT(row[i][2])};
        hone_page_row(page, cell, 3);
    }
    hone_page_table_end(page);
}

static const char *cells_text(struct hone_page *page, const json_t *cells)
{
    const char *text = "";
    size_t n = 0;
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)cells, name, value)
    {
        if (n++ == SHOWN_CELLS) {
            break;
        }
        const char *shown = json_string_value(value);
        text = hone_arena_format(page->mem, "%s%s%s = %s", text, n == 1 ? "" : ", ", name,
                                 shown == NULL ? "missing" : shown);
    }
    return text;
}

static void worst_table(struct hone_page *page, const json_t *r)
{
    static const struct hone_page_column column[] = {{"Row", HONE_CELL_NUMBER},
                                                     {"Truth", HONE_CELL_NUMBER},
                                                     {"Predicted", HONE_CELL_NUMBER},
                                                     {"Residual", HONE_CELL_NUMBER},
                                                     {"What it says", HONE_CELL_TEXT}};
    size_t i;
    const json_t *w;
    hone_page_table_begin(page, "Largest errors", column, 5);
    json_array_foreach(json_object_get(r, "worst"), i, w)
    {
        const struct hone_cell cell[] = {
            NUMBER(hone_evaluation_count(page, w, "row")),
            NUMBER(hone_evaluation_number(page, w, "truth")),
            NUMBER(hone_evaluation_number(page, w, "predicted")),
            NUMBER(hone_evaluation_number(page, w, "residual")),
            TEXT(cells_text(page, json_object_get(w, "cells"))),
        };
        hone_page_row(page, cell, 5);
    }
    hone_page_table_end(page);
}

void hone_evaluation_residuals(struct hone_page *page, const json_t *e)
{
    const json_t *r = json_object_get(e, "residuals");
    if (r == NULL) {
        return;
    }
    hone_page_section(page, "residuals", "What is left");
    scatters(page, r);
    bias_chart(page, r);
    spread_charts(page, r);
    if (json_object_get(r, "bias") != NULL) { /* runs of earlier versions have charts alone */
        tests_table(page, r);
        worst_table(page, r);
    }
}

/* --- segments ------------------------------------------------------------------------------ */

static void weak_spots(struct hone_page *page, const json_t *e)
{
    static const struct hone_page_column column[] = {{"Where", HONE_CELL_NAME},
                                                     {"Rows", HONE_CELL_NUMBER},
                                                     {"Loss there", HONE_CELL_NUMBER},
                                                     {"Elsewhere", HONE_CELL_NUMBER},
                                                     {"p (adjusted)", HONE_CELL_NUMBER}};
    const json_t *w = json_object_get(e, "weak_spots");
    const json_t *spots = json_object_get(w, "spots");
    size_t i;
    const json_t *s;
    if (json_array_size(spots) == 0) {
        return;
    }
    hone_page_table_begin(
        page,
        hone_arena_format(
            page->mem, "Where it is surely worse: mean %s, of %s segments looked at",
            hone_json_get_text(w, "loss", "loss"), hone_evaluation_count(page, w, "looked")),
        column, 5);
    json_array_foreach(spots, i, s)
    {
        const char *text = "";
        size_t k;
        const json_t *one;
        json_array_foreach(json_object_get(s, "where"), k, one)
        {
            text = hone_arena_format(page->mem, "%s%s%s is %s", text, k == 0 ? "" : " and ",
                                     hone_json_get_text(one, "column", ""),
                                     hone_json_get_text(one, "segment", ""));
        }
        double p = hone_json_get_real(s, "p_adjusted", 1);
        const struct hone_cell cell[] = {
            NAME(text),
            NUMBER(hone_evaluation_count(page, s, "rows")),
            NUMBER(hone_evaluation_number(page, s, "loss")),
            NUMBER(hone_evaluation_number(page, s, "elsewhere")),
            NUMBER(p < 0.001 ? "< 0.001" : hone_evaluation_number(page, s, "p_adjusted")),
        };
        hone_page_row(page, cell, 5);
    }
    hone_page_table_end(page);
}

static void segment_chart(struct hone_page *page, const json_t *by)
{
    const json_t *list = json_object_get(by, "segments");
    size_t n = json_array_size(list);
    const char **label = hone_arena_must(page->mem, (n + 1) * sizeof *label);
    for (size_t i = 0; i < n; i++) {
        const json_t *s = json_array_get(list, i);
        label[i] = hone_arena_format(page->mem, "%s (%s)", hone_json_get_text(s, "segment", ""),
                                     hone_evaluation_count(page, s, "rows"));
    }
    if (n > 0) {
        hone_page_chart(page,
                        hone_arena_format(page->mem, "%s by %s",
                                          hone_json_get_text(by, "metric", ""),
                                          hone_json_get_text(by, "column", "")),
                        "with 95 % intervals; the number of rows is in brackets",
                        hone_chart_bars(hone_json_get_text(by, "metric", ""), label,
                                        hone_evaluation_column(page, list, "value"),
                                        hone_evaluation_column(page, list, "low"),
                                        hone_evaluation_column(page, list, "high"), n));
    }
}

static void gaps_notes(struct hone_page *page, const json_t *groups)
{
    size_t i;
    size_t k;
    const json_t *by;
    const json_t *gap;
    json_array_foreach(groups, i, by)
    {
        json_array_foreach(json_object_get(by, "gaps"), k, gap)
        {
            const char *verdict = hone_json_get_text(gap, "verdict", "");
            hone_page_note(
                page,
                strcmp(verdict, "pass") == 0   ? HONE_TONE_GOOD
                : strcmp(verdict, "fail") == 0 ? HONE_TONE_BAD
                                               : HONE_TONE_WARN,
                hone_arena_format(page->mem, "%s, %s: %s", hone_json_get_text(by, "column", ""),
                                  hone_json_get_text(gap, "name", ""), verdict),
                hone_arena_format(page->mem,
                                  "%s (%s to %s): %s is highest, %s lowest; accepted is %s",
                                  hone_page_number(page->mem, gap, "value"),
                                  hone_page_number(page->mem, gap, "low"),
                                  hone_page_number(page->mem, gap, "high"),
                                  hone_json_get_text(gap, "highest", ""),
                                  hone_json_get_text(gap, "lowest", ""),
                                  hone_page_number(page->mem, by, "tolerance")));
        }
    }
}

/* The rates of two classes group by group; regression has none. */
static void rates_table(struct hone_page *page, const json_t *by)
{
    static const struct hone_page_column column[] = {{"Group", HONE_CELL_NAME},
                                                     {"Rows", HONE_CELL_NUMBER},
                                                     {"Predicted positive", HONE_CELL_BAR},
                                                     {"Truly positive", HONE_CELL_NUMBER},
                                                     {"Found", HONE_CELL_NUMBER},
                                                     {"False alarms", HONE_CELL_NUMBER}};
    const json_t *groups = json_object_get(by, "groups");
    size_t i;
    const json_t *g;
    if (json_object_get(json_array_get(groups, 0), "selection_rate") == NULL) {
        return;
    }
    hone_page_table_begin(page, hone_json_get_text(by, "column", ""), column, 6);
    json_array_foreach(groups, i, g)
    {
        const json_t *selection = json_object_get(g, "selection_rate");
        const struct hone_cell cell[] = {
            NAME(hone_json_get_text(g, "group", "")),
            NUMBER(hone_evaluation_count(page, g, "rows")),
            {.kind = HONE_CELL_BAR,
             .text = hone_evaluation_share(page, selection, "value"),
             .share = hone_json_get_real(selection, "value", 0)},
            NUMBER(hone_evaluation_share(page, json_object_get(g, "base_rate"), "value")),
            NUMBER(
                hone_evaluation_share(page, json_object_get(g, "true_positive_rate"), "value")),
            NUMBER(hone_evaluation_share(page, json_object_get(g, "false_positive_rate"),
                                         "value")),
        };
        hone_page_row(page, cell, 6);
    }
    hone_page_table_end(page);
}

void hone_evaluation_segments(struct hone_page *page, const json_t *e)
{
    const json_t *segments = json_object_get(e, "segments");
    const json_t *spots = json_object_get(json_object_get(e, "weak_spots"), "spots");
    const json_t *groups = json_object_get(e, "groups");
    size_t i;
    const json_t *by;
    if (json_array_size(segments) == 0 && json_array_size(spots) == 0 &&
        json_array_size(groups) == 0) {
        return;
    }
    hone_page_section(page, "segments", "Where it is good, and where not");
    weak_spots(page, e);
    json_array_foreach(segments, i, by)
    {
        segment_chart(page, by);
    }
    gaps_notes(page, groups);
    json_array_foreach(groups, i, by)
    {
        rates_table(page, by);
    }
}

#include "report/plan_page.h"

#include <math.h>

#include "report/charts.h"
#include "report/model_page_priv.h"
#include "report/words.h"

/* Points of the curve and of the forecast along it that are drawn. */
#define MOST_POINTS 64

static const char *count(struct hone_arena *mem, const json_t *o, const char *key)
{
    return hone_text_count(mem, (uint64_t)hone_json_get_int(o, key, 0));
}

static enum hone_tone tone_of(const char *name)
{
    return strcmp(name, "good") == 0   ? HONE_TONE_GOOD
           : strcmp(name, "bad") == 0  ? HONE_TONE_BAD
           : strcmp(name, "warn") == 0 ? HONE_TONE_WARN
                                       : HONE_TONE_NONE;
}

static enum hone_tone verdict_tone(const char *verdict)
{
    return strcmp(verdict, "go") == 0 || strcmp(verdict, "pass") == 0      ? HONE_TONE_GOOD
           : strcmp(verdict, "no-go") == 0 || strcmp(verdict, "fail") == 0 ? HONE_TONE_BAD
                                                                           : HONE_TONE_WARN;
}

static void tiles(struct hone_page *page, const json_t *study)
{
    struct hone_arena *mem = page->mem;
    const char *verdict = hone_json_get_text(study, "verdict", "");
    const char *metric = hone_json_get_text(study, "metric", "");
    const json_t *now = json_object_get(study, "now");
    const json_t *learning = json_object_get(study, "learning");
    const json_t *twice = json_array_get(json_object_get(learning, "outlook"), 1);
    const json_t *gain = json_object_get(json_object_get(study, "worth"), "gain");
    hone_page_tile(page, verdict_tone(verdict), "Verdict", verdict, NULL);
    hone_page_tile(page, HONE_TONE_NONE, hone_arena_format(mem, "%s, quick model", metric),
                   hone_page_number(mem, now, "value"), hone_page_interval(mem, now));
    hone_page_tile(page, HONE_TONE_NONE, hone_arena_format(mem, "%s, guessing", metric),
                   hone_page_number(mem, study, "baseline"), "the baseline");
    if (twice != NULL) {
        const json_t *more = json_object_get(twice, "gain");
        hone_page_tile(
            page, HONE_TONE_NONE, "Twice the rows",
            hone_arena_format(mem, "%s better", hone_page_number(mem, more, "value")),
            hone_page_interval(mem, more));
    }
    if (gain != NULL) {
        hone_page_tile(
            page, hone_json_get_real(gain, "low", 0) > 0 ? HONE_TONE_GOOD : HONE_TONE_WARN,
            hone_arena_format(mem, "Worth per 1,000 rows %s",
                              hone_json_get_text(json_object_get(study, "worth"), "unit", "")),
            hone_page_number(mem, gain, "value"), hone_page_interval(mem, gain));
    }
}

static void reasons(struct hone_page *page, const json_t *study)
{
    size_t i;
    const json_t *reason;
    hone_page_section(page, "reasons", "Why");
    json_array_foreach(json_object_get(study, "reasons"), i, reason)
    {
        hone_page_note(page, tone_of(hone_json_get_text(reason, "tone", "")),
                       hone_json_get_text(reason, "text", ""), NULL);
    }
}

/* A column of numbers out of a list of objects: item[outer][inner]. */
static size_t column_of(const json_t *list, const char *outer, const char *inner, double *out)
{
    size_t n = json_array_size(list) < MOST_POINTS ? json_array_size(list) : MOST_POINTS;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(list, i);
        out[i] = hone_json_get_real(outer == NULL ? item : json_object_get(item, outer), inner,
                                    (double)NAN);
    }
    return n;
}

struct drawn {
    double x[MOST_POINTS], y[MOST_POINTS], lo[MOST_POINTS], hi[MOST_POINTS];
};

static struct hone_series series_of(const char *name, const json_t *list, const char *member,
                                    struct drawn *d)
{
    size_t n = column_of(list, NULL, "rows", d->x);
    (void)column_of(list, member, "value", d->y);
    (void)column_of(list, member, "low", d->lo);
    (void)column_of(list, member, "high", d->hi);
    return (struct hone_series){name, d->x, d->y, d->lo, d->hi, n};
}

static void curve_chart(struct hone_page *page, const json_t *learning, const char *metric)
{
    struct drawn *d = hone_arena_must(page->mem, 3 * sizeof *d);
    const json_t *points = json_object_get(learning, "points");
    const struct hone_series series[] = {
        series_of("training rows", points, "train", &d[0]),
        series_of("rows held out", points, "valid", &d[1]),
        series_of("forecast", json_object_get(learning, "path"), "score", &d[2]),
    };
    const struct hone_axis across = {.title = "rows to learn from"};
    const struct hone_axis up = {.title = metric};
    json_t *spec = hone_chart_lines(across, up, series, 3);
    json_t *x = json_object_get(json_object_get(spec, "encoding"), "x");
    hone_json_set(x, "scale", json_pack("{s:s, s:b}", "type", "log", "nice", 0));
    hone_json_set(x, "axis", json_pack("{s:s, s:i}", "format", "~s", "tickCount", 5));
    hone_page_chart(
        page, "Score by rows",
        "How well models fitted on so many rows do on rows they learned from and on "
        "others, and what is to be expected of more rows. Bands are 95 % intervals; "
        "that of the forecast holds for rows other than these too.",
        spec);
}

static struct hone_cell text_cell(const char *text)
{
    return (struct hone_cell){.kind = HONE_CELL_TEXT, .text = text};
}

static struct hone_cell number_cell(const char *text)
{
    return (struct hone_cell){.kind = HONE_CELL_NUMBER, .text = text};
}

static void outlook_table(struct hone_page *page, const json_t *learning)
{
    static const struct hone_page_column column[] = {
        {"times today's rows", HONE_CELL_NUMBER}, {"rows", HONE_CELL_NUMBER},
        {"expected", HONE_CELL_NUMBER},           {"interval", HONE_CELL_TEXT},
        {"better by", HONE_CELL_NUMBER},          {"interval of the gain", HONE_CELL_TEXT},
    };
    struct hone_arena *mem = page->mem;
    size_t i;
    const json_t *o;
    hone_page_table_begin(page, "What more rows would give", column, 6);
    json_array_foreach(json_object_get(learning, "outlook"), i, o)
    {
        const json_t *score = json_object_get(o, "score");
        const json_t *gain = json_object_get(o, "gain");
        const struct hone_cell cell[] = {
            number_cell(hone_page_number(mem, o, "times")),
            number_cell(count(mem, o, "rows")),
            number_cell(hone_page_number(mem, score, "value")),
            text_cell(hone_page_interval(mem, score)),
            number_cell(i == 0 ? "" : hone_page_number(mem, gain, "value")),
            text_cell(i == 0 ? "" : hone_page_interval(mem, gain)),
        };
        hone_page_row(page, cell, 6);
    }
    hone_page_table_end(page);
}

static void learning_section(struct hone_page *page, const json_t *study)
{
    const json_t *learning = json_object_get(study, "learning");
    const json_t *verdict = json_object_get(learning, "verdict");
    const json_t *reason;
    size_t i;
    struct hone_buf text = hone_buf(page->mem);
    if (learning == NULL) {
        return;
    }
    hone_page_section(page, "learning", "Learning curve");
    json_array_foreach(json_object_get(verdict, "reasons"), i, reason)
    {
        hone_buf_format(&text, "%s%s", i == 0 ? "" : "; ", json_string_value(reason));
    }
    hone_buf_format(&text, ". Advice: %s.", hone_json_get_text(verdict, "advice", ""));
    hone_page_note(page, HONE_TONE_NONE,
                   hone_arena_format(page->mem, "%s: %s",
                                     hone_json_get_text(learning, "estimator", ""),
                                     hone_json_get_text(verdict, "verdict", "")),
                   text.ptr);
    curve_chart(page, learning, hone_json_get_text(study, "metric", ""));
    outlook_table(page, learning);
}

/* "12,000 (80 % interval 8,000 to 20,000)" */
static const char *needed(struct hone_arena *mem, const json_t *need)
{
    double rows = hone_json_get_real(need, "value", (double)NAN);
    double low = hone_json_get_real(need, "low", (double)NAN);
    double high = hone_json_get_real(need, "high", (double)NAN);
    if (need == NULL) {
        return "";
    }
    if (isnan(rows)) {
        return hone_arena_format(
            mem, "no number of them in %s of the forecasts",
            hone_text_share(mem, 1 - hone_json_get_real(need, "reachable", 0)));
    }
    return hone_arena_format(mem, "%s (80 %% interval %s to %s)",
                             hone_text_count(mem, (uint64_t)rows),
                             isnan(low) ? "none" : hone_text_count(mem, (uint64_t)low),
                             isnan(high) ? "no number" : hone_text_count(mem, (uint64_t)high));
}

static void goals_section(struct hone_page *page, const json_t *study)
{
    static const struct hone_page_column column[] = {
        {"goal", HONE_CELL_NAME},
        {"verdict", HONE_CELL_TEXT},
        {"expected", HONE_CELL_NUMBER},
        {"interval", HONE_CELL_TEXT},
        {"training rows needed", HONE_CELL_TEXT},
    };
    const json_t *goals = json_object_get(study, "goals");
    const json_t *g;
    size_t i;
    if (json_array_size(goals) == 0) {
        return;
    }
    hone_page_section(page, "goals", "Goals");
    hone_page_table_begin(page, "What was asked for", column, 5);
    json_array_foreach(goals, i, g)
    {
        const char *verdict = hone_json_get_text(g, "verdict", "");
        struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = hone_json_get_text(g, "goal", "")},
            text_cell(verdict),
            number_cell(hone_page_number(page->mem, g, "value")),
            text_cell(hone_page_interval(page->mem, g)),
            text_cell(needed(page->mem, json_object_get(g, "rows_needed"))),
        };
        cell[1].tone = verdict_tone(verdict);
        hone_page_row(page, cell, 5);
    }
    hone_page_table_end(page);
}

static void worth_section(struct hone_page *page, const json_t *study)
{
    const json_t *w = json_object_get(study, "worth");
    const json_t *model = json_object_get(w, "model");
    struct hone_arena *mem = page->mem;
    if (w == NULL) {
        return;
    }
    const char *const label[] = {"always no", "always yes", "the model"};
    const double value[] = {hone_json_get_real(w, "never", 0),
                            hone_json_get_real(w, "always", 0),
                            hone_json_get_real(model, "value", 0)};
    const double lo[] = {value[0], value[1], hone_json_get_real(model, "low", 0)};
    const double hi[] = {value[0], value[1], hone_json_get_real(model, "high", 0)};
    const char *unit = hone_json_get_text(w, "unit", "");
    hone_page_section(page, "worth", "What it is worth");
    hone_page_text(page,
                   hone_arena_format(mem,
                                     "Per 1,000 rows. The model says yes from a probability of "
                                     "%s on, chosen on other rows than those it is judged on.",
                                     hone_page_number(mem, w, "threshold")));
    hone_page_chart(page, "Worth per 1,000 rows",
                    "The model beside saying no to all and yes to all.",
                    hone_chart_bars(unit[0] == '\0' ? "worth" : unit, label, value, lo, hi, 3));
}

static void tried_section(struct hone_page *page, const json_t *study)
{
    static const struct hone_page_column column[] = {
        {"estimator", HONE_CELL_NAME},
        {"score", HONE_CELL_NUMBER},
        {"seconds", HONE_CELL_NUMBER},
    };
    const json_t *t;
    size_t i;
    hone_page_section(page, "tried", "Tried");
    hone_page_table_begin(page, "Estimators on a part of the rows, with quick settings", column,
                          3);
    json_array_foreach(json_object_get(study, "tried"), i, t)
    {
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = hone_json_get_text(t, "name", "")},
            number_cell(hone_page_number(page->mem, t, "score")),
            number_cell(hone_page_number(page->mem, t, "seconds")),
        };
        hone_page_row(page, cell, 3);
    }
    hone_page_table_end(page);
}

static void data_section(struct hone_page *page, const json_t *study)
{
    struct hone_arena *mem = page->mem;
    const json_t *d = json_object_get(study, "data");
    const json_t *statistics =
        json_object_get(json_object_get(study, "findings"), "statistics");
    const json_t *ceiling = json_object_get(study, "ceiling");
    const json_t *labels = json_object_get(study, "labels");
    const json_t *seconds = json_object_get(study, "seconds");
    const struct hone_page_fact fact[] = {
        {"rows", count(mem, d, "rows")},
        {"columns", hone_arena_format(mem, "%s, %s used", count(mem, d, "columns"),
                                      count(mem, d, "used"))},
        {"missing cells", hone_text_share(mem, hone_json_get_real(d, "missing", 0))},
        {"rows without target", count(mem, d, "without_target")},
        {"checks",
         hone_arena_format(mem, "%s failed, %s warn", count(mem, statistics, "failed"),
                           count(mem, statistics, "warned"))},
        {"rows that share all features",
         hone_arena_format(mem, "%s, %s of them differ in the target",
                           count(mem, ceiling, "rows"), count(mem, ceiling, "torn"))},
        {"labels that contradict a sure answer",
         hone_arena_format(mem, "%s, where %s are to be expected",
                           count(mem, labels, "contradicted"),
                           hone_page_number(mem, labels, "allowed"))},
        {"a full training takes",
         hone_arena_format(mem, "about %s",
                           hone_text_seconds(mem, hone_json_get_real(seconds, "training", 0)))},
    };
    hone_page_section(page, "data", "The data");
    hone_page_card(
        page, NULL, hone_json_get_text(d, "path", ""),
        hone_arena_format(mem, "predicting %s", hone_json_get_text(d, "target", "")));
    hone_page_facts(page, fact, sizeof fact / sizeof fact[0]);
}

static void labels_section(struct hone_page *page, const json_t *study)
{
    static const struct hone_page_column column[] = {
        {"row", HONE_CELL_NUMBER},
        {"label", HONE_CELL_TEXT},
        {"the model says", HONE_CELL_TEXT},
        {"probability", HONE_CELL_NUMBER},
    };
    const json_t *rows = json_object_get(json_object_get(study, "labels"), "rows");
    const json_t *r;
    size_t i;
    if (json_array_size(rows) == 0) {
        return;
    }
    hone_page_section(page, "labels", "Labels worth a look");
    hone_page_table_begin(page, "Rows whose label contradicts an answer the model is sure of",
                          column, 4);
    json_array_foreach(rows, i, r)
    {
        const struct hone_cell cell[] = {
            number_cell(count(page->mem, r, "row")),
            text_cell(hone_json_get_text(r, "label", "")),
            text_cell(hone_json_get_text(r, "answer", "")),
            number_cell(hone_page_number(page->mem, r, "probability")),
        };
        hone_page_row(page, cell, 4);
    }
    hone_page_table_end(page);
}

void hone_plan_page(const json_t *study, const struct hone_page_look *look,
                    struct hone_arena *mem, struct hone_buf *out)
{
    struct hone_page page;
    const json_t *d = json_object_get(study, "data");
    hone_page_init(&page, mem, look,
                   hone_arena_format(mem, "Plan: %s", hone_json_get_text(d, "target", "")),
                   hone_json_get_text(d, "path", ""));
    tiles(&page, study);
    reasons(&page, study);
    goals_section(&page, study);
    learning_section(&page, study);
    worth_section(&page, study);
    tried_section(&page, study);
    data_section(&page, study);
    labels_section(&page, study);
    hone_page_section(&page, "next", "Next");
    hone_page_text(&page, hone_json_get_text(study, "next", ""));
    hone_page_end(&page, NULL, out);
}

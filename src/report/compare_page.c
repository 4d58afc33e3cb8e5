#include "report/compare_page.h"

#include <math.h>

#include "report/charts.h"
#include "report/model_page_priv.h"
#include "report/words.h"

#define MOST_MODELS 16

/* A comparison being written. */
struct view {
    struct hone_page *page;
    struct hone_arena *mem;
    const json_t *doc, *models;
    size_t n;
};

static const char *name_of(const struct view *v, size_t m)
{
    return hone_json_get_text(json_array_get(v->models, m), "model", "");
}

static struct hone_cell text_cell(const char *text)
{
    return (struct hone_cell){.kind = HONE_CELL_TEXT, .text = text};
}

static struct hone_cell number_cell(const char *text)
{
    return (struct hone_cell){.kind = HONE_CELL_NUMBER, .text = text};
}

static const char *plain(const struct view *v, const json_t *value)
{
    if (value == NULL || json_is_null(value)) {
        return "";
    }
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_real(value)) {
        return hone_text_number(v->mem, json_real_value(value), 5);
    }
    struct hone_buf text = hone_buf(v->mem);
    hone_json_write(&text, value, false);
    return text.ptr;
}

static const char *micro(const struct view *v, const json_t *o, const char *key)
{
    double seconds = hone_json_get_real(o, key, (double)NAN);
    return isnan(seconds)
               ? ""
               : hone_arena_format(v->mem, "%s µs", hone_text_number(v->mem, 1e6 * seconds, 3));
}

static void models_section(const struct view *v)
{
    static const struct hone_page_column column[] = {
        {"model", HONE_CELL_NAME},           {"size", HONE_CELL_NUMBER},
        {"columns used", HONE_CELL_NUMBER},  {"one row", HONE_CELL_NUMBER},
        {"a row of many", HONE_CELL_NUMBER}, {"", HONE_CELL_TEXT},
    };
    const json_t *o;
    size_t m;
    hone_page_section(v->page, "models", "Models");
    hone_page_table_begin(v->page, "The first is the one that others are held against", column,
                          6);
    json_array_foreach(v->models, m, o)
    {
        bool knows = hone_json_get_bool(o, "trained_on_these_rows", false);
        struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = name_of(v, m)},
            number_cell(
                json_object_get(o, "bytes") == NULL
                    ? ""
                    : hone_text_bytes(v->mem, (uint64_t)hone_json_get_int(o, "bytes", 0))),
            number_cell(plain(v, json_object_get(o, "inputs"))),
            number_cell(micro(v, o, "seconds_single")),
            number_cell(micro(v, o, "seconds_per_row")),
            text_cell(knows ? "made from this very table: its figures are too good" : ""),
        };
        cell[5].tone = knows ? HONE_TONE_WARN : HONE_TONE_NONE;
        hone_page_row(v->page, cell, 6);
    }
    hone_page_table_end(v->page);
}

/* Each model against the first: the tests of one, as a table. */
static void tests_section(const struct view *v)
{
    static const struct hone_page_column column[] = {
        {"metric", HONE_CELL_NAME},   {"better by", HONE_CELL_NUMBER},
        {"interval", HONE_CELL_TEXT}, {"adjusted p", HONE_CELL_NUMBER},
        {"verdict", HONE_CELL_TEXT},
    };
    const json_t *tests = json_object_get(v->doc, "versus");
    if (tests == NULL) {
        return;
    }
    hone_page_section(v->page, "verdicts", "Verdicts");
    hone_page_text(v->page,
                   "Paired resamples of the same rows; p values are adjusted for all tests "
                   "together. No evidence means that the rows do not tell the models apart, "
                   "not that they are equal.");
    for (size_t m = 1; m < v->n; m++) {
        const json_t *o;
        size_t i;
        hone_page_table_begin(
            v->page, hone_arena_format(v->mem, "%s against %s", name_of(v, m), name_of(v, 0)),
            column, 5);
        json_array_foreach(tests, i, o)
        {
            const char *verdict = hone_json_get_text(o, "verdict", "");
            if (strcmp(hone_json_get_text(o, "model", ""), name_of(v, m)) != 0) {
                continue;
            }
            struct hone_cell cell[] = {
                {.kind = HONE_CELL_NAME, .text = hone_json_get_text(o, "metric", "")},
                number_cell(hone_page_number(v->mem, o, "gain")),
                text_cell(hone_page_interval(v->mem, o)),
                number_cell(hone_page_number(v->mem, o, "p_adjusted")),
                text_cell(verdict),
            };
            cell[4].tone = strcmp(verdict, "better") == 0  ? HONE_TONE_GOOD
                           : strcmp(verdict, "worse") == 0 ? HONE_TONE_BAD
                                                           : HONE_TONE_NONE;
            hone_page_row(v->page, cell, 5);
        }
        hone_page_table_end(v->page);
    }
}

/* A metric with an interval as bars, one per model. */
static void metric_chart(const struct view *v, const json_t *metric)
{
    const char *label[MOST_MODELS];
    double value[MOST_MODELS];
    double lo[MOST_MODELS];
    double hi[MOST_MODELS];
    const json_t *o;
    size_t m;
    bool drawn = true;
    json_array_foreach(json_object_get(metric, "models"), m, o)
    {
        label[m] = name_of(v, m);
        value[m] = hone_json_get_real(o, "value", (double)NAN);
        lo[m] = hone_json_get_real(o, "low", value[m]);
        hi[m] = hone_json_get_real(o, "high", value[m]);
        drawn = drawn && !isnan(value[m]);
    }
    if (drawn) {
        const char *name = hone_json_get_text(metric, "metric", "");
        hone_page_chart(v->page, name,
                        hone_json_get_bool(metric, "greater_is_better", true)
                            ? "More is better."
                            : "Less is better.",
                        hone_chart_bars(name, label, value, lo, hi, v->n));
    }
}

/* Rows of {"metric" or "key", "models": [...]}, one column per model. */
static void side_table(const struct view *v, const char *caption, const json_t *list)
{
    struct hone_page_column column[MOST_MODELS + 1] = {{"", HONE_CELL_NAME}};
    const json_t *o;
    const json_t *value;
    size_t i;
    size_t m;
    for (m = 0; m < v->n; m++) {
        column[m + 1] = (struct hone_page_column){name_of(v, m), HONE_CELL_NUMBER};
    }
    hone_page_table_begin(v->page, caption, column, v->n + 1);
    json_array_foreach(list, i, o)
    {
        struct hone_cell cell[MOST_MODELS + 1] = {
            {.kind = HONE_CELL_NAME,
             .text = hone_json_get_text(o, "metric", hone_json_get_text(o, "key", ""))}};
        const char *best = hone_json_get_text(o, "best", NULL);
        json_array_foreach(json_object_get(o, "models"), m, value)
        {
            cell[m + 1] =
                number_cell(json_is_object(value) ? hone_page_number(v->mem, value, "value")
                                                  : plain(v, value));
            cell[m + 1].tone = best != NULL && strcmp(best, name_of(v, m)) == 0
                                   ? HONE_TONE_GOOD
                                   : HONE_TONE_NONE;
        }
        hone_page_row(v->page, cell, v->n + 1);
    }
    hone_page_table_end(v->page);
}

static void metrics_section(const struct view *v)
{
    const json_t *metrics = json_object_get(v->doc, "metrics");
    const json_t *o;
    size_t k;
    hone_page_section(v->page, "metrics", "Metrics");
    side_table(v, "Best marked, whether or not by more than chance", metrics);
    if (json_object_get(v->doc, "versus") == NULL) {
        return;
    }
    json_array_foreach(metrics, k, o)
    {
        if (k < 4) {
            metric_chart(v, o);
        }
    }
}

static const char *answer(const struct view *v, const json_t *o)
{
    return json_is_string(json_object_get(o, "label"))
               ? hone_arena_format(v->mem, "%s (%s)", hone_json_get_text(o, "label", ""),
                                   hone_page_number(v->mem, o, "probability"))
               : hone_page_number(v->mem, o, "value");
}

static void agreement_section(const struct view *v)
{
    static const struct hone_page_column column[] = {
        {"row", HONE_CELL_NUMBER},
        {"truth", HONE_CELL_TEXT},
        {"the first", HONE_CELL_TEXT},
        {"the other", HONE_CELL_TEXT},
    };
    const json_t *o;
    size_t i;
    if (json_object_get(v->doc, "agreement") == NULL) {
        return;
    }
    hone_page_section(v->page, "agreement", "Agreement");
    json_array_foreach(json_object_get(v->doc, "agreement"), i, o)
    {
        const json_t *r;
        size_t k;
        const char *share =
            json_object_get(o, "share") == NULL
                ? ""
                : hone_arena_format(v->mem, "the same answer in %s of the rows, ",
                                    hone_text_share(v->mem, hone_json_get_real(o, "share", 0)));
        hone_page_table_begin(v->page,
                              hone_arena_format(v->mem,
                                                "%s: %s%s apart on average; the farthest",
                                                hone_json_get_text(o, "model", ""), share,
                                                hone_page_number(v->mem, o, "mean_apart")),
                              column, 4);
        json_array_foreach(json_object_get(o, "rows"), k, r)
        {
            const struct hone_cell cell[] = {
                number_cell(hone_text_count(v->mem, (uint64_t)hone_json_get_int(r, "row", 0))),
                text_cell(plain(v, json_object_get(r, "truth"))),
                text_cell(answer(v, json_object_get(r, "first"))),
                text_cell(answer(v, json_object_get(r, "other"))),
            };
            hone_page_row(v->page, cell, 4);
        }
        hone_page_table_end(v->page);
    }
}

static const char *names(const struct view *v, const json_t *list)
{
    struct hone_buf text = hone_buf(v->mem);
    const json_t *name;
    size_t i;
    json_array_foreach(list, i, name)
    {
        hone_buf_format(&text, "%s%s", i == 0 ? "" : ", ", plain(v, name));
    }
    return text.ptr == NULL ? "none" : text.ptr;
}

static void differences_section(const struct view *v)
{
    const json_t *settings = json_object_get(v->doc, "settings");
    const json_t *params = json_object_get(v->doc, "params");
    const json_t *o;
    size_t i;
    hone_page_section(v->page, "differences", "What differs");
    json_array_foreach(json_object_get(v->doc, "inputs"), i, o)
    {
        const json_t *first = json_object_get(o, "only_first");
        const json_t *other = json_object_get(o, "only_other");
        if (json_array_size(first) + json_array_size(other) == 0) {
            continue;
        }
        hone_page_text(v->page,
                       hone_arena_format(v->mem, "Columns that only %s uses: %s. Only %s: %s.",
                                         name_of(v, 0), names(v, first),
                                         hone_json_get_text(o, "model", ""), names(v, other)));
    }
    if (json_array_size(settings) > 0) {
        side_table(v, "Settings of the trainings", settings);
    }
    if (json_array_size(params) > 0) {
        side_table(v, "Parameters of the runs", params);
    }
    if (params != NULL && !hone_json_get_bool(v->doc, "same_data", true)) {
        hone_page_note(
            v->page, HONE_TONE_WARN, "The data differ",
            "the figures are of different rows and do not say which model is better");
    }
}

/* The verdicts in one line: how many metrics are better, worse, and neither. */
static void tiles(const struct view *v)
{
    for (size_t m = 1; m < v->n && json_object_get(v->doc, "versus") != NULL; m++) {
        size_t better = 0;
        size_t worse = 0;
        size_t all = 0;
        const json_t *o;
        size_t i;
        json_array_foreach(json_object_get(v->doc, "versus"), i, o)
        {
            if (strcmp(hone_json_get_text(o, "model", ""), name_of(v, m)) == 0) {
                const char *verdict = hone_json_get_text(o, "verdict", "");
                better += strcmp(verdict, "better") == 0;
                worse += strcmp(verdict, "worse") == 0;
                all++;
            }
        }
        hone_page_tile(
            v->page,
            better > 0 && worse == 0   ? HONE_TONE_GOOD
            : worse > 0 && better == 0 ? HONE_TONE_BAD
                                       : HONE_TONE_NONE,
            name_of(v, m),
            better + worse == 0
                ? "no evidence"
                : hone_arena_format(v->mem, "%zu better, %zu worse", better, worse),
            hone_arena_format(v->mem, "of %zu metrics, against %s", all, name_of(v, 0)));
    }
}

void hone_compare_page(const json_t *versus, const struct hone_page_look *look,
                       struct hone_arena *mem, struct hone_buf *out)
{
    struct hone_page page;
    const json_t *models = json_object_get(versus, "models");
    const char *data = hone_json_get_text(versus, "data", NULL);
    hone_page_init(
        &page, mem, look, "Models compared",
        data == NULL ? "as they are on record"
                     : hone_arena_format(
                           mem, "%s rows of %s, predicting %s",
                           hone_text_count(mem, (uint64_t)hone_json_get_int(versus, "rows", 0)),
                           data, hone_json_get_text(versus, "target", "")));
    const struct view v = {&page, mem, versus, models, json_array_size(models)};
    if (v.n <= MOST_MODELS) {
        tiles(&v);
        models_section(&v);
        tests_section(&v);
        metrics_section(&v);
        agreement_section(&v);
        differences_section(&v);
    }
    hone_page_end(&page, NULL, out);
}

#include "report/evaluation_page.h"

#include <math.h>

#include "report/charts.h"
#include "report/evaluation_priv.h"
#include "report/model_page_priv.h"
#include "report/words.h"

#define MOST_CLASSES 20 /* a heat map of more is grey */

const char *hone_evaluation_number(struct hone_page *page, const json_t *o, const char *key)
{
    double v = hone_json_get_real(o, key, (double)NAN);
    return isnan(v) ? NULL : hone_text_number(page->mem, v, 4);
}

const char *hone_evaluation_share(struct hone_page *page, const json_t *o, const char *key)
{
    double v = hone_json_get_real(o, key, (double)NAN);
    return isnan(v) ? NULL : hone_text_share(page->mem, v);
}

const char *hone_evaluation_count(struct hone_page *page, const json_t *o, const char *key)
{
    double v = hone_json_get_real(o, key, (double)NAN);
    return isnan(v)       ? NULL
           : floor(v) < v ? hone_text_number(page->mem, v, 5)
                          : hone_text_count(page->mem, (uint64_t)v);
}

/* "0.79 to 0.83", NULL without an interval. */
const char *hone_evaluation_interval(struct hone_page *page, const json_t *o)
{
    if (!json_is_number(json_object_get(o, "low"))) {
        return NULL;
    }
    return hone_arena_format(page->mem, "%s to %s", hone_page_number(page->mem, o, "low"),
                             hone_page_number(page->mem, o, "high"));
}

struct hone_cell hone_evaluation_cell(enum hone_cell_kind kind, const char *text)
{
    return (struct hone_cell){.kind = kind, .text = text};
}

#define NUMBER(text) hone_evaluation_cell(HONE_CELL_NUMBER, text)
#define NAME(text)   hone_evaluation_cell(HONE_CELL_NAME, text)
#define TEXT(text)   hone_evaluation_cell(HONE_CELL_TEXT, text)

/* The member of every item of a list, as numbers in the page's memory. */
const double *hone_evaluation_column(struct hone_page *page, const json_t *list,
                                     const char *key)
{
    double *x = hone_arena_must(page->mem, (json_array_size(list) + 1) * sizeof *x);
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        x[i] = hone_json_get_real(item, key, (double)NAN);
    }
    return x;
}

static struct hone_axis axis_of(const char *title)
{
    return (struct hone_axis){.title = title};
}

static enum hone_tone tone_of(const char *verdict)
{
    return strcmp(verdict, "pass") == 0   ? HONE_TONE_GOOD
           : strcmp(verdict, "fail") == 0 ? HONE_TONE_BAD
                                          : HONE_TONE_WARN;
}

/* --- tiles --------------------------------------------------------------------------------- */

static void goals_tile(struct hone_page *page, const json_t *e)
{
    const json_t *goals = json_object_get(e, "goals");
    size_t passed = 0;
    size_t failed = 0;
    size_t n = json_array_size(goals);
    for (size_t i = 0; i < n; i++) {
        const char *verdict = hone_json_get_text(json_array_get(goals, i), "verdict", "");
        passed += strcmp(verdict, "pass") == 0 ? 1 : 0;
        failed += strcmp(verdict, "fail") == 0 ? 1 : 0;
    }
    if (n > 0) {
        hone_page_tile(
            page,
            failed > 0    ? HONE_TONE_BAD
            : passed == n ? HONE_TONE_GOOD
                          : HONE_TONE_WARN,
            "Goals",
            failed > 0    ? hone_arena_format(page->mem, "%zu missed", failed)
            : passed == n ? "reached"
                          : "not shown",
            hone_arena_format(page->mem, "%zu of %zu are surely reached", passed, n));
    }
}

static void calibration_tile(struct hone_page *page, const json_t *e)
{
    const json_t *c = json_object_get(e, "calibration");
    double slope = hone_json_get_real(c, "slope", (double)NAN);
    double p = hone_json_get_real(c, "p_value", (double)NAN);
    if (isnan(slope)) {
        return;
    }
    bool fine = p >= 0.05;
    hone_page_tile(page, fine ? HONE_TONE_GOOD : HONE_TONE_WARN, "Promises",
                   fine          ? "kept"
                   : slope < 0.9 ? "too sure"
                   : slope > 1.1 ? "not sure enough"
                                 : "off",
                   hone_arena_format(page->mem, "%s promised, %s happened",
                                     hone_evaluation_share(page, c, "promised"),
                                     hone_evaluation_share(page, c, "happened")));
}

static void value_tile(struct hone_page *page, const json_t *e)
{
    const json_t *v = json_object_get(e, "value");
    if (v != NULL) {
        const char *unit = hone_json_get_text(v, "unit", "");
        hone_page_tile(page, HONE_TONE_NONE, "Value per row",
                       hone_arena_format(page->mem, "%s %s",
                                         hone_page_number(page->mem, v, "per_row"), unit),
                       hone_arena_format(page->mem, "never saying yes: %s",
                                         hone_page_number(page->mem, v, "never")));
    }
}

void hone_evaluation_verdicts(struct hone_page *page, const json_t *e)
{
    const json_t *spots = json_object_get(json_object_get(e, "weak_spots"), "spots");
    goals_tile(page, e);
    calibration_tile(page, e);
    value_tile(page, e);
    if (spots != NULL) {
        size_t n = json_array_size(spots);
        hone_page_tile(page, n > 0 ? HONE_TONE_WARN : HONE_TONE_GOOD, "Weak spots",
                       n == 0 ? "none" : hone_arena_format(page->mem, "%zu", n),
                       "segments where it is surely worse than elsewhere");
    }
}

static void tiles(struct hone_page *page, const json_t *e)
{
    const json_t *measures = json_object_get(e, "measures");
    for (size_t i = 0; i < 2 && i < json_array_size(measures); i++) {
        const json_t *m = json_array_get(measures, i);
        hone_page_tile(page, HONE_TONE_NONE, hone_json_get_text(m, "name", ""),
                       hone_page_number(page->mem, m, "value"),
                       hone_page_interval(page->mem, m));
    }
    hone_evaluation_verdicts(page, e);
}

/* --- quality ------------------------------------------------------------------------------- */

static void goals_notes(struct hone_page *page, const json_t *e)
{
    size_t i;
    const json_t *g;
    json_array_foreach(json_object_get(e, "goals"), i, g)
    {
        const char *verdict = hone_json_get_text(g, "verdict", "");
        const char *interval = hone_page_interval(page->mem, g);
        hone_page_note(
            page, tone_of(verdict),
            hone_arena_format(page->mem, "%s: %s", hone_json_get_text(g, "goal", ""), verdict),
            hone_arena_format(page->mem, "%s%s%s", hone_page_number(page->mem, g, "value"),
                              interval == NULL ? "" : ", ", interval == NULL ? "" : interval));
    }
}

static void measures_table(struct hone_page *page, const json_t *e)
{
    static const struct hone_page_column column[] = {{"Metric", HONE_CELL_NAME},
                                                     {"Value", HONE_CELL_NUMBER},
                                                     {"95 % interval", HONE_CELL_NUMBER},
                                                     {"by", HONE_CELL_TEXT},
                                                     {"What it is", HONE_CELL_TEXT}};
    size_t i;
    const json_t *m;
    hone_page_table_begin(page, "Metrics", column, 5);
    json_array_foreach(json_object_get(e, "measures"), i, m)
    {
        const char *why = hone_json_get_text(m, "why", NULL);
        const char *summary = hone_json_get_text(m, "summary", "");
        const struct hone_cell cell[] = {
            NAME(hone_json_get_text(m, "name", "")),
            NUMBER(hone_page_number(page->mem, m, "value")),
            NUMBER(hone_evaluation_interval(page, m)),
            TEXT(hone_json_get_text(m, "method", NULL)),
            TEXT(why == NULL ? summary : hone_arena_format(page->mem, "%s (%s)", summary, why)),
        };
        hone_page_row(page, cell, 5);
    }
    hone_page_table_end(page);
}

static struct hone_series curve_series(struct hone_page *page, const json_t *curve,
                                       const char *name)
{
    struct hone_series s = {.name = name};
    s.x = hone_page_reals(page->mem, json_object_get(curve, "x"), &s.n);
    s.y = hone_page_reals(page->mem, json_object_get(curve, "y"), &s.n);
    return s;
}

static void curve(struct hone_page *page, const json_t *e, const char *key,
                  const char *const text[4], const double reference[4])
{
    const json_t *data = json_object_get(json_object_get(e, "curves"), key);
    if (data != NULL) {
        const struct hone_series s = curve_series(page, data, text[0]);
        hone_page_chart(page, text[0], text[1],
                        hone_chart_curves(text[2], text[3], &s, 1, reference, s.n < 40));
    }
}

static void reliability(struct hone_page *page, const json_t *e)
{
    static const double diagonal[4] = {0, 0, 1, 1};
    const json_t *bins = json_object_get(json_object_get(e, "calibration"), "bins");
    struct hone_series s = {.name = "observed", .n = json_array_size(bins)};
    if (s.n == 0) {
        return;
    }
    s.x = hone_evaluation_column(page, bins, "promised");
    s.y = hone_evaluation_column(page, bins, "observed");
    bool band = json_object_get(json_array_get(bins, 0), "low") != NULL;
    if (band) {
        s.lo = hone_evaluation_column(page, bins, "low");
        s.hi = hone_evaluation_column(page, bins, "high");
    }
    hone_page_chart(page, "Reliability",
                    band ? "on the dashed line a promised probability is kept; the band is 95 %"
                         : "on the dashed line a promised probability is kept",
                    hone_chart_curves("Promised", "Observed", &s, 1, diagonal, true));
}

static void score_histogram(struct hone_page *page, const json_t *e)
{
    const json_t *scores = json_object_get(e, "scores");
    const json_t *classes = json_object_get(e, "classes");
    const json_t *parts = json_object_get(scores, "share");
    size_t edges;
    size_t n;
    if (scores == NULL || json_array_size(classes) != 2) {
        return;
    }
    const double *edge = hone_page_reals(page->mem, json_object_get(scores, "edge"), &edges);
    const double *const share[2] = {
        hone_page_reals(page->mem, json_array_get(parts, 0), &n),
        hone_page_reals(page->mem, json_array_get(parts, 1), &n),
    };
    const char *const name[2] = {json_string_value(json_array_get(classes, 0)),
                                 json_string_value(json_array_get(classes, 1))};
    const struct hone_axis x = {.title =
                                    hone_arena_format(page->mem, "Probability of %s", name[1])};
    hone_page_chart(page, "Scores by class", "the less the two overlap, the better",
                    hone_chart_histogram_pair(x, edge, n, name, share));
}

static void confusion_chart(struct hone_page *page, const json_t *e)
{
    const json_t *rows = json_object_get(e, "confusion");
    const json_t *classes = json_object_get(e, "classes");
    size_t n = json_array_size(classes);
    if (n == 0 || n > MOST_CLASSES || json_array_size(rows) != n) {
        return;
    }
    const char **name = hone_arena_must(page->mem, n * sizeof *name);
    double *value = hone_arena_must(page->mem, n * n * sizeof *value);
    double *shade = hone_arena_must(page->mem, n * n * sizeof *shade);
    for (size_t i = 0; i < n; i++) {
        size_t cols;
        const double *row = hone_page_reals(page->mem, json_array_get(rows, i), &cols);
        double sum = 0;
        name[i] = json_string_value(json_array_get(classes, i));
        for (size_t j = 0; j < cols && j < n; j++) {
            sum += row[j];
        }
        for (size_t j = 0; j < cols && j < n; j++) {
            value[i * n + j] = row[j];
            shade[i * n + j] = sum > 0 ? row[j] / sum : 0;
        }
    }
    const struct hone_labels truth = {"Truth", name, n};
    const struct hone_labels said = {"Predicted", name, n};
    hone_page_chart(
        page, "Confusion",
        "rows by what they are and what was predicted; the shade is the share of the "
        "row's class",
        hone_chart_heatmap(&truth, &said, value, shade));
}

static void curves(struct hone_page *page, const json_t *e)
{
    static const double diagonal[4] = {0, 0, 1, 1};
    static const char *const roc[4] = {"ROC", "the further above the dashed line, the better",
                                       "False positive rate", "True positive rate"};
    static const char *const pr[4] = {"Precision and recall",
                                      "the dashed line is what saying yes at random would give",
                                      "Recall", "Precision"};
    static const char *const gain[4] = {"Gain", "share of positives among the highest scores",
                                        "Share of rows", "Share of positives"};
    double rate =
        hone_json_get_real(json_object_get(e, "calibration"), "happened", (double)NAN);
    const double base[4] = {0, rate, 1, rate};
    curve(page, e, "roc", roc, diagonal);
    reliability(page, e);
    curve(page, e, "pr", pr, isnan(rate) ? NULL : base);
    score_histogram(page, e);
    curve(page, e, "gain", gain, diagonal);
    confusion_chart(page, e);
}

static void quality_section(struct hone_page *page, const json_t *e)
{
    hone_page_section(page, "quality", "How good it is");
    goals_notes(page, e);
    measures_table(page, e);
    curves(page, e);
}

/* --- classes ------------------------------------------------------------------------------- */

static void classes_table(struct hone_page *page, const json_t *e)
{
    static const struct hone_page_column column[] = {{"Class", HONE_CELL_NAME},
                                                     {"Rows", HONE_CELL_NUMBER},
                                                     {"Predicted", HONE_CELL_NUMBER},
                                                     {"Precision", HONE_CELL_NUMBER},
                                                     {"Recall", HONE_CELL_NUMBER},
                                                     {"F1", HONE_CELL_NUMBER},
                                                     {"Specificity", HONE_CELL_NUMBER},
                                                     {"ROC AUC", HONE_CELL_NUMBER},
                                                     {"Average precision", HONE_CELL_NUMBER}};
    size_t i;
    const json_t *c;
    hone_page_table_begin(page, "Each class against the rest", column, 9);
    json_array_foreach(json_object_get(e, "per_class"), i, c)
    {
        const struct hone_cell cell[] = {
            NAME(hone_json_get_text(c, "class", "")),
            NUMBER(hone_evaluation_count(page, c, "rows")),
            NUMBER(hone_evaluation_count(page, c, "predicted")),
            NUMBER(hone_evaluation_number(page, c, "precision")),
            NUMBER(hone_evaluation_number(page, c, "recall")),
            NUMBER(hone_evaluation_number(page, c, "f1")),
            NUMBER(hone_evaluation_number(page, c, "specificity")),
            NUMBER(hone_evaluation_number(page, c, "roc_auc")),
            NUMBER(hone_evaluation_number(page, c, "average_precision")),
        };
        hone_page_row(page, cell, 9);
    }
    json_array_foreach(json_object_get(e, "averages"), i, c)
    {
        const struct hone_cell cell[] = {
            TEXT(hone_arena_format(page->mem, "%s average",
                                   hone_json_get_text(c, "average", ""))),
            NUMBER(NULL),
            NUMBER(NULL),
            NUMBER(hone_evaluation_number(page, c, "precision")),
            NUMBER(hone_evaluation_number(page, c, "recall")),
            NUMBER(hone_evaluation_number(page, c, "f1")),
            NUMBER(NULL),
            NUMBER(hone_evaluation_number(page, c, "roc_auc")),
            NUMBER(hone_evaluation_number(page, c, "average_precision")),
        };
        hone_page_row(page, cell, 9);
    }
    hone_page_table_end(page);
}

static void confused_table(struct hone_page *page, const json_t *e)
{
    static const struct hone_page_column column[] = {
        {"Truth", HONE_CELL_NAME}, {"Taken for", HONE_CELL_NAME}, {"Rows", HONE_CELL_NUMBER}};
    size_t i;
    const json_t *c;
    if (json_array_size(json_object_get(e, "classes")) < 3) {
        return;
    }
    hone_page_table_begin(page, "Most often taken for each other", column, 3);
    json_array_foreach(json_object_get(e, "confused"), i, c)
    {
        const struct hone_cell cell[] = {
            NAME(hone_json_get_text(c, "truth", "")),
            NAME(hone_json_get_text(c, "predicted", "")),
            NUMBER(hone_evaluation_count(page, c, "rows")),
        };
        hone_page_row(page, cell, 3);
    }
    hone_page_table_end(page);
}

static void classes_section(struct hone_page *page, const json_t *e)
{
    if (json_object_get(e, "per_class") == NULL) {
        return;
    }
    hone_page_section(page, "classes", "Class by class");
    classes_table(page, e);
    confused_table(page, e);
}

/* --- thresholds and lift ------------------------------------------------------------------- */

static void threshold_chart(struct hone_page *page, const json_t *list)
{
    static const char *const key[] = {"precision", "recall", "f1", "share"};
    static const char *const name[] = {"precision", "recall", "f1", "said yes to"};
    struct hone_series s[4];
    const double *at = hone_evaluation_column(page, list, "at");
    for (size_t i = 0; i < 4; i++) {
        s[i] = (struct hone_series){.name = name[i],
                                    .x = at,
                                    .y = hone_evaluation_column(page, list, key[i]),
                                    .n = json_array_size(list)};
    }
    hone_page_chart(page, "From which probability on to say yes", NULL,
                    hone_chart_lines(axis_of("Threshold"), axis_of("Share"), s, 4));
}

static void value_chart(struct hone_page *page, const json_t *e, const json_t *list)
{
    const json_t *value = json_object_get(e, "value");
    const char *unit = hone_json_get_text(value, "unit", "");
    if (value != NULL) {
        const struct hone_series s = {.name = "value",
                                      .x = hone_evaluation_column(page, list, "at"),
                                      .y = hone_evaluation_column(page, list, "value"),
                                      .n = json_array_size(list)};
        hone_page_chart(page, "Value per row by threshold", NULL,
                        hone_chart_lines(axis_of("Threshold"), axis_of(unit), &s, 1));
    }
}

static void lift_chart(struct hone_page *page, const json_t *e)
{
    const json_t *list = json_object_get(e, "lift");
    size_t n = json_array_size(list);
    const char **label = hone_arena_must(page->mem, (n + 1) * sizeof *label);
    if (n == 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        label[i] = hone_arena_format(page->mem, "%zu", i + 1);
    }
    hone_page_chart(page, "Lift by tenth of the rows",
                    "the highest scores first; 1 is what choosing at random gives",
                    hone_chart_bars("Lift", label, hone_evaluation_column(page, list, "lift"),
                                    NULL, NULL, n));
}

static void threshold_table(struct hone_page *page, const json_t *e)
{
    static const struct hone_page_column column[] = {{"Threshold", HONE_CELL_NUMBER},
                                                     {"Said yes", HONE_CELL_NUMBER},
                                                     {"Precision", HONE_CELL_NUMBER},
                                                     {"Recall", HONE_CELL_NUMBER},
                                                     {"False positive rate", HONE_CELL_NUMBER},
                                                     {"F1", HONE_CELL_NUMBER},
                                                     {"Accuracy", HONE_CELL_NUMBER},
                                                     {"Value", HONE_CELL_NUMBER}};
    size_t cols = json_object_get(e, "value") != NULL ? 8 : 7;
    size_t i;
    const json_t *t;
    hone_page_table_begin(page, "What each threshold gives; the model's own is marked", column,
                          cols);
    json_array_foreach(json_object_get(e, "thresholds"), i, t)
    {
        bool own = hone_json_get_bool(t, "own", false);
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NUMBER,
             .tone = own ? HONE_TONE_GOOD : HONE_TONE_NONE,
             .text = hone_evaluation_number(page, t, "at")},
            NUMBER(hone_evaluation_share(page, t, "share")),
            NUMBER(hone_evaluation_number(page, t, "precision")),
            NUMBER(hone_evaluation_number(page, t, "recall")),
            NUMBER(hone_evaluation_number(page, t, "fpr")),
            NUMBER(hone_evaluation_number(page, t, "f1")),
            NUMBER(hone_evaluation_number(page, t, "accuracy")),
            NUMBER(hone_evaluation_number(page, t, "value")),
        };
        hone_page_row(page, cell, cols);
    }
    hone_page_table_end(page);
}

static void thresholds_section(struct hone_page *page, const json_t *e)
{
    const json_t *list = json_object_get(e, "thresholds");
    if (json_array_size(list) == 0) {
        return;
    }
    hone_page_section(page, "thresholds", "Thresholds and lift");
    threshold_chart(page, list);
    value_chart(page, e, list);
    lift_chart(page, e);
    threshold_table(page, e);
}

/* --- the page ------------------------------------------------------------------------------ */

void hone_evaluation_sections(struct hone_page *page, const json_t *e)
{
    quality_section(page, e);
    classes_section(page, e);
    thresholds_section(page, e);
    hone_evaluation_residuals(page, e);
    hone_evaluation_segments(page, e);
}

void hone_evaluation_page(const json_t *e, const struct hone_page_look *look,
                          struct hone_arena *mem, struct hone_buf *out)
{
    struct hone_page page;
    hone_page_init(&page, mem, look, hone_json_get_text(e, "model", "Evaluation"),
                   hone_arena_format(
                       mem, "on %s rows of %s: %s",
                       hone_text_count(mem, (uint64_t)hone_json_get_int(e, "rows", 0)),
                       hone_json_get_text(e, "data", ""), hone_json_get_text(e, "target", "")));
    tiles(&page, e);
    hone_evaluation_sections(&page, e);
    hone_page_end(&page, "made by hone " HONE_VERSION, out);
}

#include "report/model_page.h"

#include <math.h>

#include "report/charts.h"
#include "report/evaluation_page.h"
#include "report/model_page_priv.h"
#include "report/words.h"

/* Features shown by name; the rest would be a wall of bars. */
#define SHOWN_FEATURES 15
/* Below so many rows to train on, more of them may well help. */
#define FEW_ROWS 5000

const char *hone_page_number(struct hone_arena *mem, const json_t *o, const char *key)
{
    double value = hone_json_get_real(o, key, (double)NAN);
    return isnan(value) ? "undefined" : hone_text_number(mem, value, 4);
}

const char *hone_page_interval(struct hone_arena *mem, const json_t *o)
{
    if (!json_is_number(json_object_get(o, "low"))) {
        return NULL;
    }
    return hone_arena_format(mem, "95 %% interval %s to %s", hone_page_number(mem, o, "low"),
                             hone_page_number(mem, o, "high"));
}

static const char *count(struct hone_arena *mem, const json_t *o, const char *key)
{
    return hone_text_count(mem, (uint64_t)hone_json_get_int(o, key, 0));
}

static const json_t *by_name(const json_t *list, const char *member, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach((json_t *)(uintptr_t)list, i, item)
    {
        if (strcmp(hone_json_get_text(item, member, ""), name) == 0) {
            return item;
        }
    }
    return NULL;
}

/* --- first: how good, and what is wrong ------------------------------------------------- */

static void metric_tile(struct hone_page *page, const json_t *facts)
{
    const char *name = hone_json_get_text(facts, "metric", "");
    const json_t *metric = by_name(json_object_get(facts, "metrics"), "name", name);
    if (metric != NULL) {
        hone_page_tile(page, HONE_TONE_NONE,
                       hone_arena_format(page->mem, "%s on the test", name),
                       hone_page_number(page->mem, metric, "value"),
                       hone_page_interval(page->mem, metric));
    }
}

static void checks_tile(struct hone_page *page, const json_t *facts)
{
    const json_t *checks = json_object_get(facts, "checks");
    const json_t *statistics = json_object_get(checks, "statistics");
    if (checks == NULL) {
        hone_page_tile(page, HONE_TONE_WARN, "Data checks", "off", "nobody looked at the data");
        return;
    }
    int64_t failed = hone_json_get_int(statistics, "failed", 0);
    int64_t warned = hone_json_get_int(statistics, "warned", 0);
    enum hone_tone tone = failed > 0   ? HONE_TONE_BAD
                          : warned > 0 ? HONE_TONE_WARN
                                       : HONE_TONE_GOOD;
    hone_page_tile(page, tone, "Data checks",
                   failed > 0   ? hone_arena_format(page->mem, "%lld failed", (long long)failed)
                   : warned > 0 ? hone_arena_format(page->mem, "%lld warn", (long long)warned)
                                : "pass",
                   failed > 0 && warned > 0
                       ? hone_arena_format(page->mem, "and %lld to look at", (long long)warned)
                       : NULL);
}

static void groups_tile(struct hone_page *page, const json_t *facts)
{
    size_t i;
    const json_t *by;
    json_array_foreach(json_object_get(facts, "groups"), i, by)
    {
        const json_t *gap = json_array_get(json_object_get(by, "gaps"), 0);
        const char *verdict = hone_json_get_text(gap, "verdict", NULL);
        if (verdict == NULL) {
            continue;
        }
        bool bad = strcmp(verdict, "fail") == 0;
        hone_page_tile(
            page,
            bad                            ? HONE_TONE_BAD
            : strcmp(verdict, "pass") == 0 ? HONE_TONE_GOOD
                                           : HONE_TONE_WARN,
            hone_arena_format(page->mem, "Groups of %s", hone_json_get_text(by, "column", "")),
            bad ? "unequal" : verdict,
            hone_arena_format(page->mem, "%s is predicted positive %s more often than %s",
                              hone_json_get_text(gap, "highest", ""),
                              hone_text_share(page->mem, hone_json_get_real(gap, "value", 0)),
                              hone_json_get_text(gap, "lowest", "")));
    }
}

static void tiles(struct hone_page *page, const json_t *facts, const json_t *watch)
{
    const json_t *data = json_object_get(facts, "data");
    const json_t *best = json_array_get(json_object_get(facts, "candidates"), 0);
    metric_tile(page, facts);
    hone_page_watch_tile(page, watch);
    checks_tile(page, facts);
    groups_tile(page, facts);
    hone_page_tile(
        page, HONE_TONE_NONE, "Learned from",
        hone_arena_format(page->mem, "%s rows", count(page->mem, data, "train_rows")),
        hone_arena_format(page->mem, "tested on %s it never saw",
                          count(page->mem, data, "test_rows")));
    hone_page_tile(page, HONE_TONE_NONE, "Estimator",
                   hone_json_get_text(facts, "estimator", "?"),
                   hone_json_get_text(best, "summary", NULL));
}

/* --- how good ---------------------------------------------------------------------------- */

static void metrics_section(struct hone_page *page, const json_t *facts)
{
    static const struct hone_page_column column[] = {{"Metric", HONE_CELL_NAME},
                                                     {"Value", HONE_CELL_NUMBER},
                                                     {"Low", HONE_CELL_NUMBER},
                                                     {"High", HONE_CELL_NUMBER},
                                                     {"What it is", HONE_CELL_TEXT}};
    size_t i;
    const json_t *m;
    hone_page_section(page, "quality", "How good it is");
    hone_page_table_begin(page, "On the test rows, with 95 % bootstrap intervals", column, 5);
    json_array_foreach(json_object_get(facts, "metrics"), i, m)
    {
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = hone_json_get_text(m, "name", "")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, m, "value")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, m, "low")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, m, "high")},
            {.kind = HONE_CELL_TEXT, .text = hone_json_get_text(m, "summary", "")},
        };
        hone_page_row(page, cell, 5);
    }
    hone_page_table_end(page);
}

const double *hone_page_reals(struct hone_arena *mem, const json_t *list, size_t *n)
{
    *n = json_array_size(list);
    double *x = hone_arena_must(mem, (*n + 1) * sizeof *x);
    for (size_t i = 0; i < *n; i++) {
        const json_t *value = json_array_get(list, i);
        x[i] = json_is_number(value) ? json_number_value(value) : (double)NAN;
    }
    return x;
}

static struct hone_series series_of(struct hone_page *page, const json_t *curve,
                                    const char *name)
{
    struct hone_series s = {.name = name};
    s.x = hone_page_reals(page->mem, json_object_get(curve, "x"), &s.n);
    s.y = hone_page_reals(page->mem, json_object_get(curve, "y"), &s.n);
    return s;
}

static void curve(struct hone_page *page, const json_t *curves, const char *key,
                  const char *const text[4], const double reference[4])
{
    const json_t *data = json_object_get(curves, key);
    if (data == NULL) {
        return;
    }
    const struct hone_series s = series_of(page, data, text[0]);
    hone_page_chart(page, text[0], text[1],
                    hone_chart_curves(text[2], text[3], &s, 1, reference, s.n < 40));
}

static void confusion(struct hone_page *page, const json_t *facts)
{
    const json_t *rows = json_object_get(json_object_get(facts, "curves"), "confusion");
    const json_t *classes = json_object_get(json_object_get(facts, "signature"), "classes");
    size_t n = json_array_size(classes);
    if (rows == NULL || n == 0 || n > 20) {
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
    hone_page_chart(page, "Confusion", "test rows by what they are and what was predicted",
                    hone_chart_heatmap(&truth, &said, value, shade));
}

static void regression(struct hone_page *page, const json_t *curves)
{
    const json_t *scatter = json_object_get(curves, "scatter");
    const json_t *errors = json_object_get(curves, "errors");
    if (scatter == NULL || errors == NULL) {
        return;
    }
    const struct hone_series s = series_of(page, scatter, "test rows");
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (size_t i = 0; i < s.n; i++) {
        low = fmin(low, s.x[i]);
        high = fmax(high, s.x[i]);
    }
    const double diagonal[4] = {low, low, high, high};
    const struct hone_axis across = {.title = "True"};
    const struct hone_axis up = {.title = "Predicted"};
    hone_page_chart(page, "Predicted against true",
                    "each point a test row; the line is perfect",
                    hone_chart_scatter(across, up, s.x, s.y, s.n, diagonal));
    size_t edges;
    size_t bins;
    const double *edge = hone_page_reals(page->mem, json_object_get(errors, "edge"), &edges);
    const double *rows = hone_page_reals(page->mem, json_object_get(errors, "count"), &bins);
    size_t *whole = hone_arena_must(page->mem, (bins + 1) * sizeof *whole);
    for (size_t b = 0; b < bins; b++) {
        whole[b] = (size_t)rows[b];
    }
    hone_page_chart(
        page, "Errors", "predicted minus true, test rows",
        hone_chart_histogram((struct hone_axis){.title = "Error"}, edge, whole, bins));
}

static void curves_of(struct hone_page *page, const json_t *facts)
{
    static const double diagonal[4] = {0, 0, 1, 1};
    static const char *const roc[4] = {"ROC", "the further above the dashed line, the better",
                                       "False positive rate", "True positive rate"};
    static const char *const pr[4] = {"Precision and recall",
                                      "how many of those found are right, the more are found",
                                      "Recall", "Precision"};
    static const char *const reliability[4] = {
        "Reliability", "on the dashed line a promised probability is kept", "Promised",
        "Observed"};
    static const char *const gain[4] = {"Gain", "share of positives among the highest scores",
                                        "Share of rows", "Share of positives"};
    const json_t *curves = json_object_get(facts, "curves");
    curve(page, curves, "roc", roc, diagonal);
    curve(page, curves, "reliability", reliability, diagonal);
    curve(page, curves, "pr", pr, NULL);
    curve(page, curves, "gain", gain, diagonal);
    confusion(page, facts);
    regression(page, curves);
}

/* --- why ------------------------------------------------------------------------------------ */

struct ranked {
    const char *name;
    double value;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value;
    double y = ((const struct ranked *)b)->value;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void importance_section(struct hone_page *page, const json_t *facts)
{
    const json_t *list = json_object_get(facts, "importance");
    size_t n = json_array_size(list);
    if (n == 0) {
        return;
    }
    struct ranked *rank = hone_arena_must(page->mem, n * sizeof *rank);
    const char **label = hone_arena_must(page->mem, n * sizeof *label);
    double *value = hone_arena_must(page->mem, n * sizeof *value);
    for (size_t j = 0; j < n; j++) {
        const json_t *item = json_array_get(list, j);
        rank[j] = (struct ranked){hone_json_get_text(item, "name", ""),
                                  hone_json_get_real(item, "importance", 0)};
    }
    qsort(rank, n, sizeof *rank, by_value);
    size_t shown = 0;
    for (size_t j = 0; j < n && shown < SHOWN_FEATURES && rank[j].value > 0; j++) {
        label[shown] = rank[j].name;
        value[shown++] = rank[j].value;
    }
    hone_page_section(page, "why", "What it looks at");
    hone_page_chart(page, "Importance",
                    "share of the loss that splits on each feature took away",
                    hone_chart_bars("Share", label, value, NULL, NULL, shown));
}

static enum hone_tone tone_of(const char *severity)
{
    return strcmp(severity, "fail") == 0   ? HONE_TONE_BAD
           : strcmp(severity, "warn") == 0 ? HONE_TONE_WARN
                                           : HONE_TONE_GOOD;
}

static void checks_section(struct hone_page *page, const json_t *facts)
{
    size_t i;
    const json_t *f;
    size_t passed = 0;
    static const char *const order[] = {"fail", "warn"};
    hone_page_section(page, "data", "What the data checks found");
    for (size_t s = 0; s < 2; s++) {
        json_array_foreach(json_object_get(json_object_get(facts, "checks"), "results"), i, f)
        {
            const char *severity = hone_json_get_text(f, "severity", "pass");
            const json_t *rule = json_object_get(f, "expectation_config");
            const char *column =
                hone_json_get_text(json_object_get(rule, "kwargs"), "column", NULL);
            const char *name = hone_json_get_text(rule, "type", "");
            passed += s == 0 && strcmp(severity, "pass") == 0;
            if (strcmp(severity, order[s]) == 0) {
                const char *advice = hone_json_get_text(f, "advice", NULL);
                const char *message = hone_json_get_text(f, "message", "");
                hone_page_note(
                    page, tone_of(severity),
                    column == NULL ? name
                                   : hone_arena_format(page->mem, "%s: %s", column, name),
                    advice == NULL ? message
                                   : hone_arena_format(page->mem, "%s. %s", message, advice));
            }
        }
    }
    hone_page_text(page, hone_arena_format(page->mem, "%zu checks found nothing.", passed));
}

static const char *share_text(struct hone_page *page, const json_t *group, const char *key)
{
    const json_t *share = json_object_get(group, key);
    double value = hone_json_get_real(share, "value", (double)NAN);
    return isnan(value) ? NULL : hone_text_share(page->mem, value);
}

static void group_table(struct hone_page *page, const json_t *by)
{
    static const struct hone_page_column column[] = {{"Group", HONE_CELL_NAME},
                                                     {"Rows", HONE_CELL_NUMBER},
                                                     {"Predicted positive", HONE_CELL_BAR},
                                                     {"Truly positive", HONE_CELL_NUMBER},
                                                     {"Found", HONE_CELL_NUMBER},
                                                     {"False alarms", HONE_CELL_NUMBER}};
    size_t i;
    const json_t *g;
    hone_page_table_begin(page, hone_json_get_text(by, "column", ""), column, 6);
    json_array_foreach(json_object_get(by, "groups"), i, g)
    {
        const json_t *selection = json_object_get(g, "selection_rate");
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = hone_json_get_text(g, "group", "")},
            {.kind = HONE_CELL_NUMBER, .text = count(page->mem, g, "rows")},
            {.kind = HONE_CELL_BAR,
             .text = share_text(page, g, "selection_rate"),
             .share = hone_json_get_real(selection, "value", 0)},
            {.kind = HONE_CELL_NUMBER, .text = share_text(page, g, "base_rate")},
            {.kind = HONE_CELL_NUMBER, .text = share_text(page, g, "true_positive_rate")},
            {.kind = HONE_CELL_NUMBER, .text = share_text(page, g, "false_positive_rate")},
        };
        hone_page_row(page, cell, 6);
    }
    hone_page_table_end(page);
}

static void groups_section(struct hone_page *page, const json_t *facts)
{
    const json_t *groups = json_object_get(facts, "groups");
    size_t i;
    size_t k;
    const json_t *by;
    const json_t *gap;
    if (json_array_size(groups) == 0) {
        return;
    }
    hone_page_section(page, "groups", "How it treats groups");
    json_array_foreach((json_t *)(uintptr_t)groups, i, by)
    {
        json_array_foreach(json_object_get(by, "gaps"), k, gap)
        {
            const char *verdict = hone_json_get_text(gap, "verdict", "");
            enum hone_tone tone = strcmp(verdict, "fail") == 0   ? HONE_TONE_BAD
                                  : strcmp(verdict, "pass") == 0 ? HONE_TONE_GOOD
                                                                 : HONE_TONE_WARN;
            hone_page_note(page, tone,
                           hone_arena_format(page->mem, "%s: %s",
                                             hone_json_get_text(gap, "name", ""), verdict),
                           hone_arena_format(page->mem,
                                             "%s, %s; %s is highest, %s lowest; accepted is %s",
                                             hone_page_number(page->mem, gap, "value"),
                                             hone_page_interval(page->mem, gap),
                                             hone_json_get_text(gap, "highest", ""),
                                             hone_json_get_text(gap, "lowest", ""),
                                             hone_page_number(page->mem, by, "tolerance")));
        }
        group_table(page, by);
    }
}

/* --- how it was made -------------------------------------------------------------------------- */

static void columns_table(struct hone_page *page, const json_t *facts)
{
    static const struct hone_page_column column[] = {{"Column", HONE_CELL_NAME},
                                                     {"Type", HONE_CELL_TEXT},
                                                     {"Distinct", HONE_CELL_NUMBER},
                                                     {"Used", HONE_CELL_TEXT}};
    size_t i;
    const json_t *c;
    hone_page_table_begin(page, "Columns", column, 4);
    json_array_foreach(json_object_get(facts, "columns"), i, c)
    {
        const char *why = hone_json_get_text(c, "why", NULL);
        bool used = hone_json_get_bool(c, "used", false);
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = hone_json_get_text(c, "name", "")},
            {.kind = HONE_CELL_TEXT, .text = hone_json_get_text(c, "type", "")},
            {.kind = HONE_CELL_NUMBER, .text = count(page->mem, c, "distinct")},
            {.kind = HONE_CELL_TEXT,
             .tone = used ? HONE_TONE_NONE : HONE_TONE_WARN,
             .text = used && why == NULL ? "yes"
                     : used              ? why
                            : hone_arena_format(page->mem, "no: %s", why == NULL ? "" : why)},
        };
        hone_page_row(page, cell, 4);
    }
    hone_page_table_end(page);
}

static void candidates_table(struct hone_page *page, const json_t *facts)
{
    static const struct hone_page_column column[] = {{"Tried", HONE_CELL_NAME},
                                                     {"Score", HONE_CELL_NUMBER},
                                                     {"Rounds", HONE_CELL_NUMBER},
                                                     {"Seconds", HONE_CELL_NUMBER}};
    size_t i;
    const json_t *c;
    const char *caption = hone_arena_format(
        page->mem, "%s on %s training rows %s", hone_json_get_text(facts, "metric", ""),
        count(page->mem, facts, "valid_rows"),
        hone_json_get_int(facts, "folds", 1) > 1 ? "in cross-validation" : "held out");
    hone_page_table_begin(page, caption, column, 4);
    json_array_foreach(json_object_get(facts, "candidates"), i, c)
    {
        int64_t rounds = hone_json_get_int(c, "rounds", 0);
        const struct hone_cell cell[] = {
            {.kind = HONE_CELL_NAME, .text = hone_json_get_text(c, "estimator", "")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, c, "score")},
            {.kind = HONE_CELL_NUMBER,
             .text = rounds == 0 ? NULL : count(page->mem, c, "rounds")},
            {.kind = HONE_CELL_NUMBER, .text = hone_page_number(page->mem, c, "seconds")},
        };
        hone_page_row(page, cell, 4);
    }
    hone_page_table_end(page);
}

static void making_section(struct hone_page *page, const json_t *facts)
{
    const json_t *lineage = json_object_get(facts, "lineage");
    const json_t *data = json_object_get(facts, "data");
    const struct hone_page_fact fact[] = {
        {"Data", hone_json_get_text(data, "path", "")},
        {"Rows, columns", hone_arena_format(page->mem, "%s, %s", count(page->mem, data, "rows"),
                                            count(page->mem, data, "columns"))},
        {"Bad rows left out", count(page->mem, data, "bad_rows")},
        {"Content hash", hone_json_get_text(lineage, "data", "")},
        {"Model hash", hone_json_get_text(facts, "hash", "")},
        {"Run", hone_json_get_text(facts, "run", "")},
        {"Seed", count(page->mem, lineage, "seed")},
        {"hone", hone_json_get_text(lineage, "hone", "")},
        {"File", hone_text_bytes(page->mem, (uint64_t)hone_json_get_int(facts, "bytes", 0))},
    };
    hone_page_section(page, "making", "How it was made");
    candidates_table(page, facts);
    if (hone_json_get_int(data, "train_rows", FEW_ROWS) < FEW_ROWS) {
        hone_page_text(page,
                       "Few rows to learn from: hone plan tells whether more of them would "
                       "help.");
    }
    hone_page_card(page, NULL, "Lineage", "enough to make the same file again: hone reproduce");
    hone_page_facts(page, fact, sizeof fact / sizeof *fact);
    columns_table(page, facts);
}

void hone_model_page(const char *title, const json_t *facts, const json_t *watch,
                     const struct hone_page_look *look, struct hone_arena *mem,
                     struct hone_buf *out)
{
    struct hone_page page;
    const json_t *signature = json_object_get(facts, "signature");
    const json_t *evaluation = json_object_get(facts, "evaluation");
    hone_page_init(&page, mem, look, title,
                   hone_arena_format(mem, "predicts %s (%s)",
                                     hone_json_get_text(signature, "target", ""),
                                     hone_json_get_text(signature, "task", "")));
    tiles(&page, facts, watch);
    hone_page_watch_section(&page, watch);
    if (evaluation != NULL) {
        hone_evaluation_sections(&page, evaluation);
    } else { /* a run of an earlier version */
        metrics_section(&page, facts);
        curves_of(&page, facts);
        groups_section(&page, facts);
    }
    checks_section(&page, facts);
    importance_section(&page, facts);
    making_section(&page, facts);
    hone_page_end(&page, "made by hone " HONE_VERSION, out);
}

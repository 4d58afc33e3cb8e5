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

static const char *count(struct hone_arena *mem, const json_t *o, const char *key)
{
    return hone_text_count(mem, (uint64_t)hone_json_get_int(o, key, 0));
}

static const json_t *by_name(const json_t *list, const char *member, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (strcmp(hone_json_get_text(item, member, ""), name) == 0) {
            return item;
        }
    }
    return NULL;
}

/* --- first: how good, and what is wrong ------------------------------------------------- */

static void metric_tile(struct hone_page *page, const json_t *facts, const json_t *evaluation)
{
    const char *name = hone_json_get_text(facts, "metric", "");
    const json_t *metric = by_name(json_object_get(evaluation, "measures"), "name", name);
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

static void groups_tile(struct hone_page *page, const json_t *evaluation)
{
    size_t i;
    const json_t *by;
    json_array_foreach(json_object_get(evaluation, "groups"), i, by)
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

static void tiles(struct hone_page *page, const json_t *facts, const json_t *evaluation,
                  const json_t *watch)
{
    const json_t *data = json_object_get(facts, "data");
    const json_t *best = json_array_get(json_object_get(facts, "candidates"), 0);
    metric_tile(page, facts, evaluation);
    hone_page_watch_tile(page, watch);
    checks_tile(page, facts);
    groups_tile(page, evaluation);
    hone_evaluation_verdicts(page, evaluation);
    hone_page_tile(
        page, HONE_TONE_NONE, "Learned from",
        hone_arena_format(page->mem, "%s rows", count(page->mem, data, "train_rows")),
        hone_arena_format(page->mem, "tested on %s it never saw",
                          count(page->mem, data, "test_rows")));
    hone_page_tile(page, HONE_TONE_NONE, "Estimator",
                   hone_json_get_text(facts, "estimator", "?"),
                   hone_json_get_text(best, "summary", NULL));
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

/* A tree that people can read: a line is one rule, "IF ... THEN ...". */
static void rules_section(struct hone_page *page, const json_t *facts)
{
    static const struct hone_page_column column[] = {{"If", HONE_CELL_TEXT},
                                                     {"Then", HONE_CELL_NAME}};
    struct hone_str rest = hone_str(hone_json_get_text(facts, "rules", ""));
    struct hone_str line;
    if (rest.len == 0) {
        return;
    }
    hone_page_section(page, "rules", "Its rules");
    hone_page_table_begin(page, "Each row is in one of them", column, 2);
    while (rest.len > 0) {
        if (!hone_str_cut(rest, '\n', &line, &rest)) {
            line = rest;
            rest.len = 0;
        }
        const char *text = hone_arena_text(page->mem, line.ptr, line.len);
        const char *given = strncmp(text, "IF ", 3) == 0 ? text + 3 : text;
        const char *then = NULL; /* the last one: values of a column may say it too */
        for (const char *at = text; (at = strstr(at, " THEN ")) != NULL; at++) {
            then = at;
        }
        if (then != NULL) {
            const struct hone_cell cell[] = {
                {.kind = HONE_CELL_TEXT,
                 .text = hone_arena_text(page->mem, given, (size_t)(then - given))},
                {.kind = HONE_CELL_NAME, .text = then + strlen(" THEN ")},
            };
            hone_page_row(page, cell, 2);
        }
    }
    hone_page_table_end(page);
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

/* "sigmoid: as good as ...": how answers were settled, and why. */
static const char *settled(struct hone_arena *mem, const json_t *how, const char *key)
{
    const char *what = hone_json_get_text(how, key, NULL);
    const char *why = hone_json_get_text(how, "why", NULL);
    return what == NULL  ? "-"
           : why == NULL ? what
                         : hone_arena_format(mem, "%s: %s", what, why);
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
        {"Calibration", settled(page->mem, json_object_get(facts, "calibration"), "kind")},
        {"Threshold", settled(page->mem, json_object_get(facts, "threshold"), "rule")},
        {"File", hone_text_bytes(page->mem, (uint64_t)hone_json_get_int(facts, "bytes", 0))},
    };
    hone_page_section(page, "making", "How it was made");
    candidates_table(page, facts);
    if (hone_json_get_int(data, "train_rows", FEW_ROWS) < FEW_ROWS) {
        hone_page_text(page,
                       "Few rows to learn from: hone plan tells whether more of them would "
                       "help.");
    }
    columns_table(page, facts);
    hone_page_card(page, NULL, "Lineage", "enough to make the same file again: hone reproduce");
    hone_page_facts(page, fact, sizeof fact / sizeof *fact);
}

void hone_model_page(const char *title, const json_t *facts, const json_t *watch,
                     const struct hone_page_look *look, struct hone_arena *mem,
                     struct hone_buf *out)
{
    struct hone_page page;
    const json_t *signature = json_object_get(facts, "signature");
    HONE_JSON json_t *evaluation = json_incref(json_object_get(facts, "evaluation"));
    if (evaluation == NULL) { /* a run of an earlier version */
        evaluation = hone_page_older_evaluation(mem, facts);
    }
    hone_page_init(&page, mem, look, title,
                   hone_arena_format(mem, "predicts %s (%s)",
                                     hone_json_get_text(signature, "target", ""),
                                     hone_json_get_text(signature, "task", "")));
    tiles(&page, facts, evaluation, watch);
    hone_page_watch_section(&page, watch);
    hone_evaluation_sections(&page, evaluation);
    checks_section(&page, facts);
    importance_section(&page, facts);
    rules_section(&page, facts);
    making_section(&page, facts);
    hone_page_end(&page, "made by hone " HONE_VERSION, out);
}

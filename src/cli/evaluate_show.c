#include "cli/evaluate_show.h"

#include <math.h>

#define LABEL       14 /* columns of the word that heads a line */
#define SHOWN_SPOTS 3
#define SHOWN_WORST 5

/* --- cells ------------------------------------------------------------------------------- */

static const char *number(const struct hone_args *args, const json_t *o, const char *key)
{
    double v = hone_real_in(o, key);
    return isnan(v) ? NULL : hone_text_number(args->mem, v, 5);
}

static const char *count(const struct hone_args *args, const json_t *o, const char *key)
{
    double v = hone_real_in(o, key);
    return isnan(v)       ? NULL
           : floor(v) < v ? hone_arena_format(args->mem, "%.6g", v)
                          : hone_text_count(args->mem, (uint64_t)v);
}

static const char *share(const struct hone_args *args, const json_t *o, const char *key)
{
    double v = hone_real_in(o, key);
    return isnan(v) ? NULL : hone_arena_format(args->mem, "%.1f %%", 100 * v);
}

static const char *interval(const struct hone_args *args, const json_t *o)
{
    double low = hone_real_in(o, "low");
    return isnan(low) ? hone_json_get_text(o, "why", NULL)
                      : hone_arena_format(args->mem, "%s to %s", number(args, o, "low"),
                                          number(args, o, "high"));
}

static const char *chance(const struct hone_args *args, double p)
{
    return isnan(p) ? "?" : p < 0.001 ? "< 0.001" : hone_arena_format(args->mem, "%.3f", p);
}

static void label(const struct hone_args *args, const char *word)
{
    printf("%s%-*s%s", hone_style(&args->out, HONE_BOLD), LABEL, word,
           hone_style(&args->out, HONE_PLAIN));
}

static void heading(const struct hone_args *args, const char *text)
{
    printf("\n%s%s%s\n", hone_style(&args->out, HONE_BOLD), text,
           hone_style(&args->out, HONE_PLAIN));
}

/* --- what matters ------------------------------------------------------------------------ */

static void show_goals(const struct hone_args *args, const json_t *e)
{
    size_t i;
    const json_t *g;
    json_array_foreach(json_object_get(e, "goals"), i, g)
    {
        const char *verdict = hone_json_get_text(g, "verdict", "");
        enum hone_style style = strcmp(verdict, "pass") == 0   ? HONE_GREEN
                                : strcmp(verdict, "fail") == 0 ? HONE_RED
                                                               : HONE_YELLOW;
        const char *value = number(args, g, "value");
        const char *bounds = interval(args, g);
        printf("  %s%-21s%s %s: %s%s%s%s\n", hone_style(&args->out, style), verdict,
               hone_style(&args->out, HONE_PLAIN), hone_json_get_text(g, "goal", ""),
               value == NULL ? "undefined" : value, bounds == NULL ? "" : " (",
               bounds == NULL ? "" : bounds, bounds == NULL ? "" : ")");
    }
}

static void show_measures(const struct hone_args *args, const json_t *e, bool all)
{
    const struct hone_grid_column column[] = {
        {.title = "metric", .align = HONE_LEFT},
        {.title = "value", .align = HONE_RIGHT, .style = HONE_BOLD},
        {.title = "95 % interval", .align = HONE_LEFT},
        {.title = "by", .align = HONE_LEFT, .style = HONE_DIM},
    };
    struct hone_grid grid = hone_grid(args->mem, column, all ? 4 : 3);
    size_t i;
    const json_t *m;
    json_array_foreach(json_object_get(e, "measures"), i, m)
    {
        const char *value = number(args, m, "value");
        const char *cell[] = {hone_json_get_text(m, "name", ""),
                              value == NULL ? "undefined" : value, interval(args, m),
                              hone_json_get_text(m, "method", NULL)};
        hone_grid_row(&grid, cell);
    }
    hone_grid_print(&grid, &args->out);
}

static void show_calibration(const struct hone_args *args, const json_t *e)
{
    const json_t *c = json_object_get(e, "calibration");
    double slope = hone_real_in(c, "slope");
    double p = hone_real_in(c, "p_value");
    if (isnan(slope)) {
        return;
    }
    label(args, "calibration");
    printf(
        "promised %s, happened %s; %s\n", share(args, c, "promised"),
        share(args, c, "happened"),
        p >= 0.05     ? "no sign of a false promise"
        : slope < 0.9 ? hone_arena_format(args->mem, "too sure of itself (slope %.2f)", slope)
        : slope > 1.1
            ? hone_arena_format(args->mem, "not sure enough of itself (slope %.2f)", slope)
            : hone_arena_format(args->mem, "off (slope %.2f, p %s)", slope, chance(args, p)));
}

static void show_value(const struct hone_args *args, const json_t *e)
{
    const json_t *v = json_object_get(e, "value");
    const json_t *best = json_object_get(json_object_get(e, "best_thresholds"), "value");
    const char *unit = hone_json_get_text(v, "unit", NULL);
    const char *blank = unit == NULL ? "" : " ";
    unit = unit == NULL ? "" : unit;
    if (v == NULL) {
        return;
    }
    label(args, "value");
    printf("%s%s%s per row, %s%s%s in all at threshold %s; never saying yes: %s, always: %s\n",
           number(args, v, "per_row"), blank, unit,
           hone_text_number(args->mem, hone_real_in(v, "total"), 4), blank, unit,
           number(args, e, "threshold"), number(args, v, "never"), number(args, v, "always"));
    if (best != NULL &&
        hone_real_in(best, "reached") > hone_real_in(v, "per_row") * (1 + 1e-9)) {
        label(args, "");
        printf("best in hindsight: %s%s%s per row at threshold %s\n",
               number(args, best, "reached"), blank, unit, number(args, best, "at"));
    }
}

static void show_bias(const struct hone_args *args, const json_t *e)
{
    const json_t *r = json_object_get(e, "residuals");
    double low = hone_real_in(r, "bias_low");
    double high = hone_real_in(r, "bias_high");
    if (r == NULL || isnan(low)) {
        return;
    }
    label(args, "bias");
    printf("truth minus prediction is %s on average (%s to %s): %s\n", number(args, r, "bias"),
           number(args, r, "bias_low"), number(args, r, "bias_high"),
           low > 0    ? "it says too little"
           : high < 0 ? "it says too much"
                      : "none to be seen");
    double p = hone_real_in(r, "spread_p");
    if (p < 0.05) {
        label(args, "spread");
        printf("errors %s with the prediction (p %s): one interval does not fit all rows\n",
               hone_real_in(r, "spread_slope") > 0 ? "grow" : "shrink", chance(args, p));
    }
}

static const char *where_text(const struct hone_args *args, const json_t *spot)
{
    const json_t *list = json_object_get(spot, "where");
    const char *text = "";
    size_t i;
    const json_t *one;
    json_array_foreach(list, i, one)
    {
        text = hone_arena_format(args->mem, "%s%s%s is %s", text, i == 0 ? "" : " and ",
                                 hone_json_get_text(one, "column", ""),
                                 hone_json_get_text(one, "segment", ""));
    }
    return hone_text_fit(&args->out, args->mem, hone_str(text), 200);
}

static void show_weak_spots(const struct hone_args *args, const json_t *e, bool all)
{
    const json_t *w = json_object_get(e, "weak_spots");
    const json_t *spots = json_object_get(w, "spots");
    size_t i;
    const json_t *spot;
    if (w == NULL || hone_json_get_int(w, "looked", 0) == 0) {
        return;
    }
    if (json_array_size(spots) == 0) {
        label(args, "weak spots");
        printf("none among %s segments\n", count(args, w, "looked"));
    }
    json_array_foreach(spots, i, spot)
    {
        if (!all && i == SHOWN_SPOTS) {
            break;
        }
        label(args, i == 0 ? "weak spots" : "");
        printf("%s (%s rows): %s %s, elsewhere %s\n", where_text(args, spot),
               count(args, spot, "rows"), hone_json_get_text(w, "loss", ""),
               number(args, spot, "loss"), number(args, spot, "elsewhere"));
    }
}

/* --- groups ------------------------------------------------------------------------------ */

static const json_t *named(const json_t *list, const char *key, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (strcmp(hone_json_get_text(item, key, ""), name) == 0) {
            return item;
        }
    }
    return NULL;
}

static void show_gaps(const struct hone_args *args, const json_t *fairness)
{
    size_t i;
    const json_t *gap;
    json_array_foreach(json_object_get(fairness, "gaps"), i, gap)
    {
        const char *verdict = hone_json_get_text(gap, "verdict", "");
        bool bad = strcmp(verdict, "fail") == 0;
        printf("  %s%-21s%s %s %.3f (%.3f to %.3f): %s is highest, %s lowest\n",
               hone_style(&args->out, bad ? HONE_RED : HONE_GREEN), verdict,
               hone_style(&args->out, HONE_PLAIN), hone_json_get_text(gap, "name", ""),
               hone_real_in(gap, "value"), hone_real_in(gap, "low"), hone_real_in(gap, "high"),
               hone_json_get_text(gap, "highest", ""), hone_json_get_text(gap, "lowest", ""));
    }
}

static void show_segments_of(const struct hone_args *args, const json_t *e, const json_t *by)
{
    const char *name = hone_json_get_text(by, "column", "");
    const json_t *fairness = named(json_object_get(e, "groups"), "column", name);
    const json_t *groups = json_object_get(fairness, "groups");
    bool rates = json_object_get(json_array_get(groups, 0), "selection_rate") != NULL;
    const struct hone_grid_column column[] = {
        {.title = name, .align = HONE_LEFT},
        {.title = "rows", .align = HONE_RIGHT},
        {.title = hone_json_get_text(by, "metric", ""), .align = HONE_RIGHT},
        {.title = rates ? "predicted +" : "95 % interval",
         .align = rates ? HONE_RIGHT : HONE_LEFT},
        {.title = rates            ? "truly +"
                  : groups == NULL ? ""
                                   : "mean error",
         .align = HONE_RIGHT},
        {.title = "found (tpr)", .align = HONE_RIGHT},
        {.title = "false alarms (fpr)", .align = HONE_RIGHT},
        {.title = "95 % interval", .align = HONE_LEFT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, rates ? 8 : groups == NULL ? 4 : 5);
    size_t i;
    const json_t *s;
    json_array_foreach(json_object_get(by, "segments"), i, s)
    {
        const json_t *g = json_array_get(groups, i);
        const char *value = number(args, s, "value");
        const char *cell[] = {
            hone_json_get_text(s, "segment", ""),
            hone_arena_format(args->mem, "%lld", (long long)hone_json_get_int(s, "rows", 0)),
            value == NULL ? "undefined" : value,
            rates ? share(args, json_object_get(g, "selection_rate"), "value")
                  : interval(args, s),
            rates ? share(args, json_object_get(g, "base_rate"), "value")
                  : number(args, g, "mean_error"),
            share(args, json_object_get(g, "true_positive_rate"), "value"),
            share(args, json_object_get(g, "false_positive_rate"), "value"),
            interval(args, s),
        };
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &args->out);
    show_gaps(args, fairness);
}

/* --- every table ------------------------------------------------------------------------- */

static void show_classes(const struct hone_args *args, const json_t *e)
{
    static const struct hone_grid_column column[] = {
        {.title = "class", .align = HONE_LEFT},
        {.title = "rows", .align = HONE_RIGHT},
        {.title = "predicted", .align = HONE_RIGHT},
        {.title = "precision", .align = HONE_RIGHT},
        {.title = "recall", .align = HONE_RIGHT},
        {.title = "f1", .align = HONE_RIGHT},
        {.title = "specificity", .align = HONE_RIGHT},
        {.title = "roc_auc", .align = HONE_RIGHT},
        {.title = "average_precision", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 9);
    size_t i;
    const json_t *c;
    json_array_foreach(json_object_get(e, "per_class"), i, c)
    {
        const char *cell[] = {
            hone_text_fit(&args->out, args->mem, hone_str(hone_json_get_text(c, "class", "")),
                          40),
            count(args, c, "rows"),
            count(args, c, "predicted"),
            number(args, c, "precision"),
            number(args, c, "recall"),
            number(args, c, "f1"),
            number(args, c, "specificity"),
            number(args, c, "roc_auc"),
            number(args, c, "average_precision"),
        };
        hone_grid_row(&grid, cell);
    }
    json_array_foreach(json_object_get(e, "averages"), i, c)
    {
        const char *cell[] = {
            hone_arena_format(args->mem, "(%s average)", hone_json_get_text(c, "average", "")),
            NULL,
            NULL,
            number(args, c, "precision"),
            number(args, c, "recall"),
            number(args, c, "f1"),
            NULL,
            number(args, c, "roc_auc"),
            number(args, c, "average_precision"),
        };
        hone_grid_row(&grid, cell);
    }
    heading(args, "By class");
    hone_grid_print(&grid, &args->out);
}

static void show_confusion(const struct hone_args *args, const json_t *e)
{
    const json_t *rows = json_object_get(e, "confusion");
    const json_t *classes = json_object_get(e, "classes");
    size_t n = json_array_size(rows);
    if (n > 0 && n <= 12) {
        struct hone_grid_column *column = hone_arena_must(args->mem, (n + 1) * sizeof *column);
        const char **cell = hone_arena_must(args->mem, (n + 1) * sizeof *cell);
        column[0] = (struct hone_grid_column){.title = "truth \\ predicted"};
        for (size_t k = 0; k < n; k++) {
            column[k + 1] = (struct hone_grid_column){
                .title = json_string_value(json_array_get(classes, k)), .align = HONE_RIGHT};
        }
        struct hone_grid grid = hone_grid(args->mem, column, n + 1);
        for (size_t i = 0; i < n; i++) {
            cell[0] = column[i + 1].title;
            for (size_t k = 0; k < n; k++) {
                double v = json_number_value(json_array_get(json_array_get(rows, i), k));
                cell[k + 1] = floor(v) < v ? hone_arena_format(args->mem, "%.6g", v)
                                           : hone_text_count(args->mem, (uint64_t)v);
            }
            hone_grid_row(&grid, cell);
        }
        heading(args, "Confusion");
        hone_grid_print(&grid, &args->out);
        return;
    }
    heading(args, "Most often taken for another");
    size_t i;
    const json_t *c;
    json_array_foreach(json_object_get(e, "confused"), i, c)
    {
        printf("%s rows of %s are taken for %s\n", count(args, c, "rows"),
               hone_json_get_text(c, "truth", ""), hone_json_get_text(c, "predicted", ""));
    }
}

static void show_thresholds(const struct hone_args *args, const json_t *e)
{
    const json_t *list = json_object_get(e, "thresholds");
    bool valued = json_object_get(json_array_get(list, 0), "value") != NULL;
    const struct hone_grid_column column[] = {
        {.title = "threshold", .align = HONE_RIGHT}, {.title = "said yes", .align = HONE_RIGHT},
        {.title = "precision", .align = HONE_RIGHT}, {.title = "recall", .align = HONE_RIGHT},
        {.title = "fpr", .align = HONE_RIGHT},       {.title = "f1", .align = HONE_RIGHT},
        {.title = "accuracy", .align = HONE_RIGHT},  {.title = "", .align = HONE_LEFT},
        {.title = "value", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, valued ? 9 : 8);
    size_t i;
    const json_t *t;
    json_array_foreach(list, i, t)
    {
        const char *cell[] = {
            hone_arena_format(args->mem, "%.4g", hone_real_in(t, "at")),
            share(args, t, "share"),
            number(args, t, "precision"),
            number(args, t, "recall"),
            number(args, t, "fpr"),
            number(args, t, "f1"),
            number(args, t, "accuracy"),
            hone_json_get_bool(t, "own", false) ? "<- the model's" : NULL,
            number(args, t, "value"),
        };
        hone_grid_row(&grid, cell);
    }
    heading(args, "Thresholds");
    hone_grid_print(&grid, &args->out);
    const json_t *best = json_object_get(e, "best_thresholds");
    const char *rule;
    const json_t *b;
    json_object_foreach((json_t *)(uintptr_t)best, rule, b)
    {
        printf("best %s in hindsight: %s at %s\n", rule, number(args, b, "reached"),
               number(args, b, "at"));
    }
}

static void show_lift(const struct hone_args *args, const json_t *e)
{
    static const struct hone_grid_column column[] = {
        {.title = "tenth", .align = HONE_RIGHT},
        {.title = "rows", .align = HONE_RIGHT},
        {.title = "mean score", .align = HONE_RIGHT},
        {.title = "truly +", .align = HONE_RIGHT},
        {.title = "lift", .align = HONE_RIGHT},
        {.title = "found so far", .align = HONE_RIGHT},
        {.title = "lift so far", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 7);
    const json_t *list = json_object_get(e, "lift");
    size_t i;
    const json_t *b;
    if (json_array_size(list) == 0) {
        return;
    }
    json_array_foreach(list, i, b)
    {
        const char *cell[] = {
            hone_arena_format(args->mem, "%zu", i + 1),
            hone_arena_format(args->mem, "%.6g", hone_real_in(b, "weight")),
            hone_arena_format(args->mem, "%.4f", hone_real_in(b, "score")),
            share(args, b, "rate"),
            hone_arena_format(args->mem, "%.2f", hone_real_in(b, "lift")),
            share(args, b, "captured"),
            hone_arena_format(args->mem, "%.2f", hone_real_in(b, "cumulative")),
        };
        hone_grid_row(&grid, cell);
    }
    heading(args, "Lift, from the highest scores down");
    hone_grid_print(&grid, &args->out);
}

static void show_reliability(const struct hone_args *args, const json_t *e)
{
    static const struct hone_grid_column column[] = {
        {.title = "promised", .align = HONE_RIGHT},
        {.title = "observed", .align = HONE_RIGHT},
        {.title = "95 % interval", .align = HONE_LEFT},
        {.title = "rows", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 4);
    size_t i;
    const json_t *b;
    json_array_foreach(json_object_get(json_object_get(e, "calibration"), "bins"), i, b)
    {
        const char *cell[] = {share(args, b, "promised"), share(args, b, "observed"),
                              hone_arena_format(args->mem, "%.1f %% to %.1f %%",
                                                100 * hone_real_in(b, "low"),
                                                100 * hone_real_in(b, "high")),
                              count(args, b, "rows")};
        hone_grid_row(&grid, cell);
    }
    heading(args, "Promised and observed");
    hone_grid_print(&grid, &args->out);
}

static void show_residual_bins(const struct hone_args *args, const json_t *r)
{
    static const struct hone_grid_column column[] = {
        {.title = "predicted", .align = HONE_RIGHT},    {.title = "rows", .align = HONE_RIGHT},
        {.title = "truth", .align = HONE_RIGHT},        {.title = "bias", .align = HONE_RIGHT},
        {.title = "95 % interval", .align = HONE_LEFT}, {.title = "rmse", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 6);
    size_t i;
    const json_t *b;
    json_array_foreach(json_object_get(r, "bins"), i, b)
    {
        const char *cell[] = {
            number(args, b, "predicted"), count(args, b, "rows"), number(args, b, "truth"),
            number(args, b, "bias"),      interval(args, b),      number(args, b, "rmse")};
        hone_grid_row(&grid, cell);
    }
    heading(args, "Bias by prediction (truth minus prediction)");
    hone_grid_print(&grid, &args->out);
    const json_t *q = json_object_get(r, "quantiles");
    const char *at[5];
    for (size_t k = 0; k < 5; k++) {
        at[k] = hone_text_number(args->mem, json_number_value(json_array_get(q, k)), 5);
    }
    printf("residuals: 5 %% below %s, half between %s and %s, 5 %% above %s\n", at[0], at[1],
           at[3], at[4]);
    printf("normal: p %s (skew %.2f, kurtosis %.2f); equal spread: p %s; neighbours "
           "(Durbin-Watson): %.2f\n",
           chance(args, hone_real_in(r, "normal_p")), hone_real_in(r, "skew"),
           hone_real_in(r, "kurtosis"), chance(args, hone_real_in(r, "spread_p")),
           hone_real_in(r, "durbin_watson"));
}

static void show_worst(const struct hone_args *args, const json_t *r)
{
    static const struct hone_grid_column column[] = {
        {.title = "row", .align = HONE_RIGHT},
        {.title = "truth", .align = HONE_RIGHT},
        {.title = "predicted", .align = HONE_RIGHT},
        {.title = "residual", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 4);
    size_t i;
    const json_t *w;
    json_array_foreach(json_object_get(r, "worst"), i, w)
    {
        if (i == SHOWN_WORST) {
            break;
        }
        const char *cell[] = {count(args, w, "row"), number(args, w, "truth"),
                              number(args, w, "predicted"), number(args, w, "residual")};
        hone_grid_row(&grid, cell);
    }
    heading(args, "Largest errors");
    hone_grid_print(&grid, &args->out);
}

static void show_all(const struct hone_args *args, const json_t *e)
{
    const json_t *r = json_object_get(e, "residuals");
    if (r != NULL) {
        show_residual_bins(args, r);
        show_worst(args, r);
        return;
    }
    show_classes(args, e);
    show_confusion(args, e);
    if (json_object_get(e, "thresholds") != NULL) {
        show_thresholds(args, e);
        show_lift(args, e);
        show_reliability(args, e);
    }
}

void hone_show_evaluation(const struct hone_args *args, const json_t *e, bool all)
{
    size_t i;
    const json_t *by;
    show_goals(args, e);
    show_measures(args, e, all);
    show_calibration(args, e);
    show_value(args, e);
    show_bias(args, e);
    show_weak_spots(args, e, all);
    json_array_foreach(json_object_get(e, "segments"), i, by)
    {
        show_segments_of(args, e, by);
    }
    if (all) {
        show_all(args, e);
    }
}

/* hone evaluate: how good a model is on a table that has the answers. */
#include <math.h>

#include "cli/verb.h"
#include "flow/groups.h"
#include "flow/locate.h"
#include "flow/prepare.h"
#include "flow/score.h"
#include "io/reader.h"

struct settings {
    int64_t bootstrap;
    struct hone_texts metrics;
    struct hone_texts by;
    double tolerance;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_INT(struct settings, bootstrap, 500, 0, 100000,
             .help = "resamples behind the intervals; 0: none"),
    HONE_LIST(struct settings, metrics, .arg = "NAME,...",
              .help = "only these (default: all of the task; see hone list metrics)"),
    HONE_LIST(struct settings, by, .arg = "COL,...",
              .help = "also judge each group of rows with one value of this column"),
    HONE_REAL(struct settings, tolerance, 0.1, 0.001, 0.999,
              .help = "difference between groups that is accepted"),
    HONE_PARAM_END,
};

static const struct hone_param_group option_groups[] = {
    {"Reading", hone_read_params, offsetof(struct settings, read)},
    {NULL, NULL, 0},
};

struct judged {
    const char *uri;
    size_t rows, without_target, lost, n;
    const struct hone_metric **metric;
    struct hone_interval *interval;
    const struct hone_texts *by;
    struct hone_fairness *fairness; /* (by->n) */
};

static enum hone_code choose_metrics(struct hone_run *run, const struct settings *set,
                                     enum hone_task task, struct hone_arena *mem,
                                     struct judged *j)
{
    if (set->metrics.n == 0) {
        return hone_metrics_of_task(run, task, mem, &j->metric, &j->n);
    }
    HONE_TRY(hone_array(run, mem, &j->metric, set->metrics.n));
    for (; j->n < set->metrics.n; j->n++) {
        HONE_TRY(hone_metric_need(run, hone_str(set->metrics.item[j->n]), &j->metric[j->n]));
    }
    return HONE_OK;
}

/* A share as "12.3 %", or blank when nothing is behind it. */
static const char *percent(const struct hone_share *s, struct hone_arena *mem)
{
    return s->n > 0 ? hone_arena_format(mem, "%.1f %%", 100 * s->value) : NULL;
}

static void print_groups(const struct hone_fairness *f, const char *by,
                         const struct hone_args *args)
{
    const struct hone_grid_column column[] = {
        {.title = by, .align = HONE_LEFT},
        {.title = "rows", .align = HONE_RIGHT},
        {.title = f->metric->part.name, .align = HONE_RIGHT},
        {.title = f->rates ? "predicted +" : "mean error", .align = HONE_RIGHT},
        {.title = f->rates ? "truly +" : "", .align = HONE_RIGHT},
        {.title = f->rates ? "found (tpr)" : "", .align = HONE_RIGHT},
        {.title = f->rates ? "false alarms (fpr)" : "", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, f->rates ? 7 : 4);
    for (size_t g = 0; g < f->groups; g++) {
        const struct hone_group *group = &f->group[g];
        const char *cell[] = {
            group->name,
            hone_arena_format(args->mem, "%zu", group->rows),
            isnan(group->value) ? "undefined"
                                : hone_arena_format(args->mem, "%.5g", group->value),
            f->rates ? percent(&group->selection, args->mem)
                     : hone_arena_format(args->mem, "%+.5g", group->mean_error),
            percent(&group->base, args->mem),
            percent(&group->tpr, args->mem),
            percent(&group->fpr, args->mem),
        };
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &args->out);
    for (size_t k = 0; k < f->gaps; k++) {
        const struct hone_gap *gap = &f->gap[k];
        bool bad = strcmp(gap->verdict, "fail") == 0;
        printf("  %s%-21s%s %s %.3f (%.3f to %.3f): %s is highest, %s lowest\n",
               hone_style(&args->out, bad ? HONE_RED : HONE_GREEN), gap->verdict,
               hone_style(&args->out, HONE_PLAIN), gap->name, gap->value, gap->low, gap->high,
               f->group[gap->high_group].name, f->group[gap->low_group].name);
    }
}

static void print_people(const struct judged *j, const struct hone_args *args)
{
    const struct hone_grid_column column[] = {
        {.title = "metric", .align = HONE_LEFT},
        {.title = "value", .align = HONE_RIGHT, .style = HONE_BOLD},
        {.title = "95 % interval", .align = HONE_LEFT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 3);
    printf("%s on %zu rows of %s\n", j->uri, j->rows, args->item[1]);
    if (j->without_target > 0) {
        printf("  %zu rows have no answer and are left out\n", j->without_target);
    }
    if (j->lost > 0) {
        printf("  %zu values were not of their column's type and were taken as missing\n",
               j->lost);
    }
    for (size_t m = 0; m < j->n; m++) {
        const struct hone_interval *i = &j->interval[m];
        const char *cell[] = {
            j->metric[m]->part.name,
            isnan(i->value) ? "undefined" : hone_arena_format(args->mem, "%.6g", i->value),
            isnan(i->low) ? i->why
                          : hone_arena_format(args->mem, "%.5g to %.5g", i->low, i->high),
        };
        hone_grid_row(&grid, cell);
    }
    hone_grid_print(&grid, &args->out);
    for (size_t b = 0; b < j->by->n; b++) {
        print_groups(&j->fairness[b], j->by->item[b], args);
    }
}

static void print_result_json(const struct judged *j)
{
    json_t *o = json_object();
    json_t *metrics = json_object();
    json_t *intervals = json_object();
    for (size_t m = 0; m < j->n; m++) {
        json_t *interval = json_array();
        hone_json_push(interval, hone_json_real(j->interval[m].low));
        hone_json_push(interval, hone_json_real(j->interval[m].high));
        hone_json_set(metrics, j->metric[m]->part.name, hone_json_real(j->interval[m].value));
        hone_json_set(intervals, j->metric[m]->part.name, interval);
    }
    hone_json_set_text(o, "model", j->uri);
    hone_json_set(o, "metrics", metrics);
    hone_json_set(o, "intervals", intervals);
    hone_json_set(o, "rows", json_integer((json_int_t)j->rows));
    if (j->by->n > 0) {
        json_t *groups = json_array();
        for (size_t b = 0; b < j->by->n; b++) {
            hone_json_push(groups, hone_fairness_json(&j->fairness[b], j->by->item[b]));
        }
        hone_json_set(o, "groups", groups);
    }
    hone_print_json(o);
}

static enum hone_code run_evaluate(struct hone_run *run, const void *settings,
                                   struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_located located;
    struct hone_scorer scorer;
    struct hone_table *data;
    struct hone_scores scores;
    struct hone_target_rows truth;
    struct judged j = {0};
    HONE_TRY(hone_model_locate(run, args->global.store, args->item[0], args->mem, &located));
    HONE_TRY(hone_scorer_open(run, located.path, args->mem, &scorer));
    const struct hone_read_options reading =
        hone_scorer_reading(&scorer, &set->read, args->mem);
    HONE_TRY(hone_table_read(run, args->item[1], &reading, args->mem, &data, NULL));
    const struct hone_target_facts target = hone_target_of(scorer.signature);
    HONE_TRY(hone_target_read(run, &target, data, args->mem, &truth));
    HONE_TRY(hone_score(run, &scorer, data, truth.row, truth.n, args->mem, &scores));
    HONE_TRY(choose_metrics(run, set, target.task, args->mem, &j));
    const struct hone_prediction p = hone_scores_against(&scorer, &scores, truth.y);
    HONE_TRY(hone_array(run, args->mem, &j.interval, j.n));
    HONE_TRY(hone_scores_judge(run, &p, j.metric, j.n, (size_t)set->bootstrap, j.interval));
    j.by = &set->by;
    HONE_TRY(hone_array(run, args->mem, &j.fairness, set->by.n));
    for (size_t b = 0; b < set->by.n; b++) {
        HONE_TRY(hone_groups_judge(run, data, set->by.item[b], &truth, &p, set->tolerance,
                                   args->mem, &j.fairness[b]));
    }
    j.uri = located.uri;
    j.rows = truth.n;
    j.without_target = truth.missing;
    j.lost = scores.lost;
    if (args->global.json) {
        print_result_json(&j);
    } else {
        print_people(&j, args);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_evaluate = {
    .part.name = "evaluate",
    .part.summary = "test a model on a table that has the answers",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = option_groups,
    .usage = "MODEL DATA",
    .examples = "hone evaluate models:/loans@champion june.csv\n"
                "hone evaluate models:/loans@champion june.csv --by district\n"
                "hone evaluate models:/loans/3 june.csv --metrics roc_auc,log_loss --json",
    .stage = HONE_STAGE_MODEL,
    .min_args = 2,
    .max_args = 2,
    .run = run_evaluate,
};

/* hone evaluate: how good a model is on a table that has the answers. */
#include <math.h>

#include "cli/verb.h"
#include "eval/bootstrap.h"
#include "flow/locate.h"
#include "flow/prepare.h"
#include "flow/score.h"
#include "io/reader.h"

struct settings {
    int64_t bootstrap;
    struct hone_texts metrics;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_INT(struct settings, bootstrap, 500, 0, 100000,
             .help = "resamples behind the intervals; 0: none"),
    HONE_LIST(struct settings, metrics, .arg = "NAME,...",
              .help = "only these (default: all of the task; see hone list metrics)"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {
    {"Reading", hone_read_params, offsetof(struct settings, read)},
    {NULL, NULL, 0},
};

struct judged {
    const char *uri;
    size_t rows, without_target, lost, n;
    const struct hone_metric **metric;
    struct hone_interval *interval;
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
    HONE_TRY(hone_table_read(run, args->item[1], &set->read, args->mem, &data, NULL));
    const struct hone_target_facts target = hone_target_of(scorer.signature);
    HONE_TRY(hone_target_read(run, &target, data, args->mem, &truth));
    HONE_TRY(hone_score(run, &scorer, data, truth.row, truth.n, args->mem, &scores));
    HONE_TRY(choose_metrics(run, set, target.task, args->mem, &j));
    const struct hone_prediction p = hone_scores_against(&scorer, &scores, truth.y);
    const struct hone_bootstrap how = {.replicates = (size_t)set->bootstrap};
    HONE_TRY(hone_array(run, args->mem, &j.interval, j.n));
    HONE_TRY(hone_bootstrap_intervals(run, &p, j.metric, j.n, &how, j.interval));
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
    .groups = groups,
    .usage = "MODEL DATA",
    .examples = "hone evaluate models:/loans@champion june.csv\n"
                "hone evaluate models:/loans/3 june.csv --metrics roc_auc,log_loss --json",
    .stage = HONE_STAGE_MODEL,
    .min_args = 2,
    .max_args = 2,
    .run = run_evaluate,
};

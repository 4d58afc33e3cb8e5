/* hone evaluate: how good a model is on a table that has the answers. */
#include <math.h>

#include "cli/show.h"
#include "flow/groups.h"
#include "flow/locate.h"
#include "flow/prepare.h"
#include "flow/score.h"
#include "flow/source.h"
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

static void print_people(const struct judged *j, const struct hone_args *args)
{
    printf("%s on %zu rows of %s\n", j->uri, j->rows, args->item[1]);
    if (j->without_target > 0) {
        printf("  %zu rows have no answer and are left out\n", j->without_target);
    }
    if (j->lost > 0) {
        printf("  %zu values were not of their column's type and were taken as missing\n",
               j->lost);
    }
    hone_show_metrics(args, "metric", j->metric, j->interval, j->n);
    for (size_t b = 0; b < j->by->n; b++) {
        hone_show_groups(args, &j->fairness[b], j->by->item[b]);
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
    HONE_TRY(hone_scorer_located(run, &located, args->mem, &scorer));
    const struct hone_read_options reading =
        hone_scorer_reading(&scorer, &set->read, args->mem);
    HONE_TRY(hone_data_read(run, args->global.store, args->item[1], &reading, args->mem, &data,
                            NULL));
    const struct hone_target_facts target = hone_target_of(scorer.signature);
    HONE_TRY(hone_target_read(run, &target, data, args->mem, &truth));
    HONE_TRY(hone_score(run, &scorer, data, truth.row, truth.n, args->mem, &scores));
    HONE_TRY(choose_metrics(run, set, target.task, args->mem, &j));
    const struct hone_prediction p = hone_scores_against(&scorer, &scores, truth.y);
    HONE_TRY(hone_array(run, args->mem, &j.interval, j.n));
    HONE_TRY(hone_scores_judge(run, &p, j.metric, j.n, (size_t)set->bootstrap, j.interval));
    const struct hone_span rows = {data, truth.row, truth.n};
    j.by = &set->by;
    HONE_TRY(hone_array(run, args->mem, &j.fairness, set->by.n));
    for (size_t b = 0; b < set->by.n; b++) {
        HONE_TRY(hone_groups_judge(run, &rows, set->by.item[b], &p, set->tolerance, args->mem,
                                   &j.fairness[b]));
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

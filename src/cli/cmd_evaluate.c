/* hone evaluate: how good a model is on a table that has the answers. */
#include <math.h>

#include "base/file.h"
#include "cli/evaluate_show.h"
#include "cli/input.h"
#include "flow/data/source.h"
#include "flow/judge/judge.h"
#include "flow/judge/told.h"
#include "flow/model/locate.h"
#include "flow/model/score.h"
#include "report/evaluation_page.h"

struct settings {
    int64_t bootstrap;
    struct hone_texts metrics;
    struct hone_texts by;
    double tolerance;
    struct hone_texts success;
    struct hone_texts value;
    const char *value_unit;
    const char *weight;
    double threshold;
    const char *predictions;
    const char *predicted;
    struct hone_target_choice target;
    const char *html;
    bool all;
    struct hone_read_options read;
};

static const char *const tasks[] = {"auto", "classification", "regression", NULL};

static const struct hone_param params[] = {
    HONE_INT(struct settings, bootstrap, 500, 0, 100000,
             .help = "resamples behind the intervals; 0: none"),
    HONE_LIST(struct settings, metrics, .arg = "NAME,...",
              .help = "only these, some with a setting: pinball:0.9, recall_macro, lift:0.05 "
                      "(default: all of the task; see hone list metrics)"),
    HONE_LIST(struct settings, by, .arg = "COL,...",
              .help =
                  "also judge the rows by the values, or ranges of values, of these columns"),
    HONE_REAL(struct settings, tolerance, 0.1, 0.001, 0.999,
              .help = "difference between groups that is accepted"),
    HONE_LIST(struct settings, success, .arg = "GOAL,...",
              .help =
                  "what must be shown: 'roc_auc>=0.9', 'rmse<=47000'; status 1 when it fails "
                  "(default: the goals the model was trained with)"),
    HONE_LIST(struct settings, value, .arg = "TP,FP,FN,TN",
              .help = "two classes: what each outcome is worth (default: as in training)"),
    HONE_TEXT(struct settings, value_unit, NULL, .arg = "UNIT", .help = "unit of value: EUR"),
    HONE_TEXT(struct settings, weight, NULL, .arg = "COL",
              .help = "column that says how much each row counts"),
    HONE_REAL(struct settings, threshold, 0, 0, 1,
              .help = "two classes: say yes from this probability on; 0: the model's own"),
    HONE_TEXT(struct settings, predictions, NULL, .arg = "FILE",
              .help = "judge the predictions in this table, row by row those of DATA, in place "
                      "of a model's"),
    HONE_TEXT(struct settings, predicted, NULL, .arg = "COL",
              .help = "the column of predictions (default: probability_<class>, prediction); "
                      "without --predictions it is a column of DATA"),
    {.name = "target",
     .type = HONE_PARAM_TEXT,
     .offset = offsetof(struct settings, target.name),
     .arg = "COL",
     .help = "without a model: the column of answers"},
    {.name = "task",
     .type = HONE_PARAM_CHOICE,
     .offset = offsetof(struct settings, target.task),
     .def_text = "auto",
     .choices = tasks,
     .help = "without a model: what the answers are"},
    {.name = "positive",
     .type = HONE_PARAM_TEXT,
     .offset = offsetof(struct settings, target.positive),
     .arg = "CLASS",
     .help = "without a model: the class that metrics are about"},
    HONE_TEXT(struct settings, html, NULL, .arg = "FILE",
              .help = "also write a page with charts"),
    HONE_FLAG(struct settings, all, false,
              .help = "every table: by class, thresholds, lift, residuals, methods"),
    HONE_PARAM_END,
};

static const struct hone_param_group option_groups[] = {
    {"Reading", hone_read_params, offsetof(struct settings, read)},
    {NULL, NULL, 0},
};

/* What is judged, wherever the predictions come from. */
struct subject {
    const char *name; /* model or file of predictions */
    const char *data;
    const char *record;       /* the run that made the model; NULL: not known */
    struct hone_table *table; /* with the answers */
    struct hone_target_facts target;
    struct hone_target_rows truth;
    struct hone_prediction p;
    size_t lost;
    bool only_labels;
};

static enum hone_code score_model(struct hone_run *run, const struct settings *set,
                                  struct hone_args *args, struct subject *s)
{
    struct hone_located located;
    struct hone_scorer scorer;
    struct hone_scores scores;
    if (args->n < 2) {
        (void)hone_fail(run, HONE_E_ARG, "evaluate needs a model and a table");
        return hone_hint(run, "hone evaluate MODEL DATA; without a model: hone evaluate DATA "
                              "--predictions FILE --target COL");
    }
    s->data = args->item[1];
    HONE_TRY(hone_model_locate(run, args->global.store, args->item[0], args->mem, &located));
    HONE_TRY(hone_scorer_located(run, &located, args->mem, &scorer));
    const struct hone_read_options reading =
        hone_scorer_reading(&scorer, &set->read, args->mem);
    HONE_TRY(
        hone_data_read(run, args->global.store, s->data, &reading, args->mem, &s->table, NULL));
    s->target = hone_target_of(scorer.signature);
    HONE_TRY(hone_target_read(run, &s->target, s->table, args->mem, &s->truth));
    HONE_TRY(hone_score(run, &scorer, s->table, s->truth.row, s->truth.n, args->mem, &scores));
    s->p = hone_scores_against(&scorer, &scores, s->truth.y);
    s->name = located.uri;
    s->record = located.run;
    s->lost = scores.lost;
    return HONE_OK;
}

static enum hone_code read_told(struct hone_run *run, const struct settings *set,
                                struct hone_args *args, struct subject *s)
{
    struct hone_table *predictions;
    struct hone_told told;
    if (args->n != 1) {
        return hone_fail(run, HONE_E_ARG,
                         "a model and predictions were given: leave one of them out");
    }
    HONE_TRY(hone_args_need(run, args, "target", set->target.name));
    s->data = args->item[0];
    HONE_TRY(hone_data_read(run, args->global.store, s->data, &set->read, args->mem, &s->table,
                            NULL));
    predictions = s->table;
    if (set->predictions != NULL) {
        HONE_TRY(hone_data_read(run, args->global.store, set->predictions, &set->read,
                                args->mem, &predictions, NULL));
    }
    HONE_TRY(hone_told_read(run, s->table, predictions, &set->target, set->predicted, args->mem,
                            &told));
    s->name = hone_arena_format(args->mem, "%s of %s", told.from,
                                set->predictions != NULL ? set->predictions : s->data);
    s->target = told.target;
    s->truth = told.truth;
    s->p = told.p;
    s->only_labels = told.only_labels;
    return HONE_OK;
}

static enum hone_code choose_metrics(struct hone_run *run, const struct settings *set,
                                     const struct subject *s, struct hone_arena *mem,
                                     struct hone_judging *how)
{
    const struct hone_metric **list;
    if (set->metrics.n > 0) {
        HONE_TRY(hone_array(run, mem, &list, set->metrics.n));
        for (size_t m = 0; m < set->metrics.n; m++) {
            HONE_TRY(hone_metric_parse(run, hone_str(set->metrics.item[m]), mem, &list[m]));
        }
        how->metric = list;
        how->metrics = set->metrics.n;
        return HONE_OK;
    }
    HONE_TRY(hone_metrics_of_task(run, s->p.task, mem, &list, &how->metrics));
    if (s->only_labels) { /* probabilities were not told: nothing can be said of them */
        size_t kept = 0;
        for (size_t m = 0; m < how->metrics; m++) {
            if (list[m]->of_counts != NULL) {
                list[kept++] = list[m];
            }
        }
        how->metrics = kept;
    }
    how->metric = list;
    return HONE_OK;
}

/* The goals that were typed, else those of the training. */
static enum hone_code choose_goals(struct hone_run *run, const struct settings *set,
                                   const struct hone_args *args, const struct subject *s,
                                   struct hone_goals *goals)
{
    struct hone_train_settings wanted = {
        .success = set->success, .value = set->value, .value_unit = set->value_unit};
    if (s->record != NULL) {
        HONE_TRY(
            hone_judge_recorded_goals(run, args->global.store, s->record, args->mem, &wanted));
    }
    return hone_goals_read(run, &wanted, args->mem, goals);
}

static void describe(const struct settings *set, const struct subject *s, json_t *o)
{
    hone_json_set_text(o, "model", s->name);
    hone_json_set_text(o, "data", s->data);
    hone_json_set(o, "without_answer", json_integer((json_int_t)s->truth.missing));
    hone_json_set(o, "lost", json_integer((json_int_t)s->lost));
    hone_json_set_text(o, "weight", set->weight);
    hone_json_set(o, "only_labels", json_boolean(s->only_labels));
    hone_json_set(o, "replicates", json_integer((json_int_t)set->bootstrap));
}

static void print_people(const struct hone_args *args, const struct settings *set,
                         const struct subject *s, const json_t *o)
{
    printf("%s on %zu rows of %s\n", s->name, s->p.rows, s->data);
    if (s->truth.missing > 0) {
        printf("  %zu rows have no answer and are left out\n", s->truth.missing);
    }
    if (s->lost > 0) {
        printf("  %zu values were not of their column's type and were taken as missing\n",
               s->lost);
    }
    if (set->weight != NULL) {
        printf("  rows count as %s says\n", set->weight);
    }
    hone_show_evaluation(args, o, set->all);
    if (set->html != NULL && strcmp(set->html, "-") != 0) {
        printf("%s\n", set->html);
    }
}

static enum hone_code write_page(struct hone_run *run, const struct settings *set,
                                 const struct hone_args *args, const json_t *o)
{
    const struct hone_page_look look = hone_input_look();
    struct hone_buf page = hone_buf(args->mem);
    hone_evaluation_page(o, &look, args->mem, &page);
    return hone_file_write(run, set->html, (struct hone_str){page.ptr, page.len});
}

static enum hone_code run_evaluate(struct hone_run *run, const void *settings,
                                   struct hone_args *args)
{
    const struct settings *set = settings;
    struct subject s = {0};
    struct hone_goals goals;
    struct hone_judging how = {.replicates = (size_t)set->bootstrap,
                               .by = set->by,
                               .tolerance = set->tolerance,
                               .weak_spots = true};
    HONE_JSON json_t *o = NULL;
    if (set->predictions != NULL || set->predicted != NULL) {
        HONE_TRY(read_told(run, set, args, &s));
    } else {
        HONE_TRY(score_model(run, set, args, &s));
    }
    if (set->threshold > 0) {
        s.p.threshold = set->threshold;
        s.p.label = NULL;
    }
    if (set->weight != NULL) {
        HONE_TRY(
            hone_told_weights(run, s.table, set->weight, &s.truth, args->mem, &s.p.weight));
    }
    HONE_TRY(choose_metrics(run, set, &s, args->mem, &how));
    HONE_TRY(choose_goals(run, set, args, &s, &goals));
    how.goals = &goals;
    const struct hone_judged what = {{s.table, s.truth.row, s.truth.n}, &s.target, s.p};
    HONE_TRY(hone_judge(run, &what, &how, &o));
    describe(set, &s, o);
    if (set->html != NULL) {
        HONE_TRY(write_page(run, set, args, o));
    }
    if (args->global.json) {
        hone_print_json(json_incref(o));
        args->answered = true;
    } else {
        print_people(args, set, &s, o);
    }
    size_t failed = hone_judge_verdicts(o, HONE_VERDICT_FAIL);
    if (failed > 0) {
        return hone_fail(run, HONE_E_GATE, "%zu of %zu goals %s not reached", failed, goals.n,
                         failed == 1 ? "is" : "are");
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_evaluate = {
    .part.name = "evaluate",
    .part.summary = "test a model, or anyone's predictions, on a table that has the answers",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = option_groups,
    .usage = "[MODEL] DATA",
    .detail =
        "Metrics with 95 % intervals, goals with a verdict, calibration or bias, value, and the "
        "segments where the model is surely worse than elsewhere. --all adds every table, --html "
        "charts. Status 1 when a goal is missed; a goal that the rows can not decide is told and "
        "is no failure.",
    .examples =
        "hone evaluate models:/loans@champion june.csv\n"
        "hone evaluate models:/loans@champion june.csv --by district,age --html june.html\n"
        "hone evaluate models:/loans/3 june.csv --success 'roc_auc>=0.8' --value 0,-5,-100,0\n"
        "hone evaluate models:/rent/1 june.csv --metrics rmse,pinball:0.9 --json\n"
        "# what another program predicted\n"
        "hone evaluate june.csv --target default --predictions theirs.csv --predicted score",
    .stage = HONE_STAGE_MODEL,
    .min_args = 1,
    .max_args = 2,
    .run = run_evaluate,
};

/* hone train: a table and a target in, a registered model out. */
#include <math.h>

#include "base/file.h"
#include "cli/show.h"
#include "flow/train/facts.h"
#include "flow/train/job.h"

#define FEW_ROWS 5000 /* to train on: below, more of them may well help */

struct settings {
    const char *test;
    const char *name;
    const char *config;
    const char *write_config;
    bool strict;
    struct hone_read_options read;
    struct hone_train_settings train;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, test, NULL, .arg = "DATA",
              .help = "test on this table instead of a part of DATA"),
    HONE_TEXT(struct settings, name, NULL, .arg = "NAME",
              .help = "register the model under this name (default: the file's name)"),
    HONE_TEXT(struct settings, config, NULL, .arg = "FILE",
              .help = "read settings from a project file; options override it"),
    HONE_TEXT(struct settings, write_config, NULL, .arg = "FILE",
              .help = "write the project file that does this training again; - prints it"),
    HONE_FLAG(struct settings, strict, false,
              .help = "status 1 also when the rows do not say whether a goal is met"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {
    {"Training", hone_train_params, offsetof(struct settings, train)},
    {"Reading", hone_read_params, offsetof(struct settings, read)},
    {NULL, NULL, 0},
};

/* --- for people ----------------------------------------------------------------------- */

static const char *task_text(const struct hone_target_facts *t, struct hone_arena *mem)
{
    if (t->task == HONE_TASK_REGRESSION) {
        return "regression";
    }
    if (t->task == HONE_TASK_BINARY) {
        return hone_arena_format(mem, "two classes: %s, %s (positive)", t->class_name[0],
                                 t->class_name[1]);
    }
    return hone_arena_format(mem, "%zu classes", t->classes);
}

static void print_data(const struct hone_job_result *r, const struct hone_args *args)
{
    const struct hone_prepared *p = &r->prepared;
    printf("%s%s%s: %zu rows, %zu columns; predicting %s%s%s (%s)\n",
           hone_style(&args->out, HONE_BOLD), r->report.path,
           hone_style(&args->out, HONE_PLAIN), r->data->rows, r->data->cols,
           hone_style(&args->out, HONE_BOLD), p->target.name,
           hone_style(&args->out, HONE_PLAIN), task_text(&p->target, args->mem));
    if (r->report.bad_rows > 0) {
        printf("  %zu bad row%s left out%s%s (first: %s)\n", r->report.bad_rows,
               r->report.bad_rows == 1 ? "" : "s",
               r->report.quarantine == NULL ? "" : ", kept in ",
               r->report.quarantine == NULL ? "" : r->report.quarantine, r->report.first_bad);
    }
    if (p->without_target > 0) {
        printf("  %zu rows have no %s and are left out\n", p->without_target, p->target.name);
    }
    if (p->repaired > 0) {
        printf("  %zu test labels were recognised without their full stop or blanks\n",
               p->repaired);
    }
    printf("  trains on %zu rows, is tested on %zu\n", p->train.n, p->test.n);
}

static void print_columns(const struct hone_recipe *recipe, const struct hone_args *args)
{
    for (size_t j = 0; j < recipe->cols; j++) {
        const struct hone_recipe_column *c = &recipe->column[j];
        if (c->why != NULL) {
            printf("  %s%s%s: %s%s\n", hone_style(&args->out, HONE_YELLOW), c->name,
                   hone_style(&args->out, HONE_PLAIN), c->transform == NULL ? "not used, " : "",
                   c->why);
        }
    }
}

/* What failed or is worth a look, before anything that was learned from it. */
static void print_findings(const struct hone_job_result *r, const struct hone_args *args)
{
    struct hone_buf text = hone_buf(args->mem);
    if (r->findings != NULL && hone_findings_worst(r->findings) != HONE_PASS) {
        hone_findings_text(r->findings, false, &text);
        printf("\n%s", text.ptr);
    }
}

static void print_candidates(const struct hone_selection *s, const struct hone_args *args)
{
    const struct hone_grid_column column[] = {
        {.title = "tried", .align = HONE_LEFT},
        {.title = s->metric->part.name, .align = HONE_RIGHT},
        {.title = "rounds", .align = HONE_RIGHT},
        {.title = "seconds", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 4);
    if (s->blend.weight < 1) {
        const char *cell[] = {
            hone_arena_format(args->mem, "%s + %s", s->candidate[0].estimator->part.name,
                              s->candidate[s->blend.other].estimator->part.name),
            hone_arena_format(args->mem, "%.5g", s->blend.score), NULL, NULL};
        hone_grid_row(&grid, cell);
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct hone_candidate *c = &s->candidate[i];
        const char *cell[] = {
            c->estimator->part.name,
            isnan(c->score) ? "undefined" : hone_arena_format(args->mem, "%.5g", c->score),
            c->rounds == 0 ? NULL : hone_arena_format(args->mem, "%zu", c->rounds),
            hone_arena_format(args->mem, "%.2f", c->seconds),
        };
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &args->out);
    printf("  on %zu training rows %s\n", s->valid_n, s->how);
    if (s->luck) {
        printf(
            "  %snone is better than the baseline by more than chance%s: --model NAME takes one "
            "anyway\n",
            hone_style(&args->out, HONE_YELLOW), hone_style(&args->out, HONE_PLAIN));
    }
}

/* How probabilities were made true and where yes begins, by rows held out. */
static void print_answers(const struct hone_job_result *r, const struct hone_args *args)
{
    const struct hone_trained *t = &r->trained;
    const struct hone_calibration *c = &t->calibration;
    const struct hone_target_facts *target = &r->prepared.target;
    if (target->task == HONE_TASK_REGRESSION) {
        return;
    }
    printf("\nprobabilities  ");
    if (c->kind == HONE_CALIBRATION_NONE) {
        printf("as they are%s%s", c->why == NULL ? "" : ": ", c->why == NULL ? "" : c->why);
    } else {
        printf("calibrated (%s): on the rows held out log_loss %.4g is now %.4g",
               hone_calibration_name(c->kind), c->before.log_loss, c->after.log_loss);
        if (!isnan(c->before.ece)) {
            printf(", ece %.3g is now %.3g", c->before.ece, c->after.ece);
        }
    }
    printf("\n");
    if (target->task == HONE_TASK_BINARY) {
        printf("threshold      %s from %s on%s%s", target->class_name[1],
               hone_text_number(args->mem, t->cutoff.at, 4),
               t->rule.name == NULL ? "" : ", by ", t->rule.name == NULL ? "" : t->rule.name);
        if (!isnan(t->cutoff.reached)) {
            bool worth = t->rule.rule == HONE_THRESHOLD_VALUE;
            printf(": %s on %s rows held out, %s at 0.5",
                   hone_text_number(args->mem, t->cutoff.reached * (worth ? 1000 : 1), 4),
                   worth ? "1,000" : "the",
                   hone_text_number(args->mem, t->cutoff.half * (worth ? 1000 : 1), 4));
        }
        printf("\n");
        if (t->cutoff.why != NULL) {
            printf("               %s\n", t->cutoff.why);
        }
    }
}

static const char *per_thousand(const struct hone_args *args, double value)
{
    return hone_text_number(args->mem, 1000 * value, 4);
}

static void print_worths(const struct hone_job_result *r, const struct hone_args *args)
{
    const struct hone_worths *w = &r->trained.worths;
    const char *yes = r->prepared.target.class_name[1];
    const char *unit = r->trained.goals.unit;
    const char *head = hone_arena_format(args->mem, "value per 1,000 test rows%s%s",
                                         unit == NULL ? "" : ", ", unit == NULL ? "" : unit);
    const struct hone_grid_column column[] = {
        {.title = head, .align = HONE_LEFT},
        {.title = "value", .align = HONE_RIGHT},
        {.title = "95 % interval", .align = HONE_LEFT},
    };
    const struct {
        const char *what;
        double value;
        const char *interval;
    } row[] = {
        {hone_arena_format(args->mem, "%s from %s on", yes,
                           hone_text_number(args->mem, r->trained.cutoff.at, 4)),
         w->at_threshold,
         hone_arena_format(args->mem, "%s to %s", per_thousand(args, w->low),
                           per_thousand(args, w->high))},
        {hone_arena_format(args->mem, "%s from 0.5 on", yes), w->at_half, NULL},
        {hone_arena_format(args->mem, "never %s", yes), w->never, NULL},
        {hone_arena_format(args->mem, "always %s", yes), w->always, NULL},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 3);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *cell[] = {row[i].what, per_thousand(args, row[i].value), row[i].interval};
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &args->out);
}

static void print_goals(const struct hone_trained *t, const struct hone_args *args)
{
    static const enum hone_style colour[] = {HONE_GREEN, HONE_RED, HONE_YELLOW};
    printf("\ngoals\n");
    for (size_t g = 0; g < t->goals.n; g++) {
        printf("  %s%s%s  %s: %s, %s to %s\n", hone_style(&args->out, colour[t->verdict[g]]),
               hone_verdict_name(t->verdict[g]), hone_style(&args->out, HONE_PLAIN),
               hone_goal_text(&t->goals.item[g], args->mem),
               hone_text_number(args->mem, t->reached[g]->value, 4),
               hone_text_number(args->mem, t->reached[g]->low, 4),
               hone_text_number(args->mem, t->reached[g]->high, 4));
    }
}

static void print_importance(const struct hone_trained *t, const struct hone_args *args)
{
    if (t->importance == NULL) {
        return;
    }
    size_t shown = t->features < 8 ? t->features : 8;
    bool *done = hone_arena_must(args->mem, t->features);
    printf("\nwhat it looks at\n");
    for (size_t k = 0; k < shown; k++) {
        size_t best = SIZE_MAX;
        for (size_t j = 0; j < t->features; j++) {
            if (!done[j] && (best == SIZE_MAX || t->importance[j] > t->importance[best])) {
                best = j;
            }
        }
        done[best] = true;
        if (t->importance[best] > 0) {
            printf("  %s %5.1f %%  %s\n",
                   hone_bar(&args->out, args->mem, t->importance[best], 16),
                   100 * t->importance[best], t->feature[best].name);
        }
    }
}

static void print_people(const struct hone_job_result *r, const struct hone_args *args)
{
    const struct hone_trained *t = &r->trained;
    print_data(r, args);
    print_columns(t->recipe, args);
    print_findings(r, args);
    print_candidates(&t->selection, args);
    print_answers(r, args);
    printf("\n");
    hone_show_metrics(args, "test", t->metric, t->interval, t->metrics);
    if (t->goals.valued) {
        print_worths(r, args);
    }
    if (t->goals.n > 0) {
        print_goals(t, args);
    }
    for (size_t b = 0; b < r->by.n; b++) {
        hone_show_groups(args, &r->groups[b], r->by.item[b]);
    }
    print_importance(t, args);
    if (t->rules != NULL) {
        printf("\nits rules\n%s", t->rules);
    }
    printf("\n%s%s%s  %s", hone_style(&args->out, HONE_GREEN), r->model,
           hone_style(&args->out, HONE_PLAIN), t->what);
    if (t->rounds > 0) {
        printf(", %zu %s", t->rounds, t->rules == NULL ? "rounds" : "rules");
    }
    printf(", in %.1f s\n  %s\n", r->total_seconds, r->onnx);
    if (r->findings != NULL && hone_findings_worst(r->findings) == HONE_FAIL) {
        printf(
            "\nfirst: a check of the data failed: do what it says behind \"->\" above, or these "
            "figures may\n       promise too much (--checks fail stops before training)\n");
    }
    printf("\nnext: hone predict %s DATA -o FILE, or\n"
           "      hone promote %s && hone serve %.*s@champion\n",
           r->model, r->model, (int)(strrchr(r->model, '/') - r->model), r->model);
    if (r->prepared.train.n < FEW_ROWS) {
        printf("few rows: hone plan %s --target %s tells whether more of them would help\n",
               r->report.path, r->prepared.target.name);
    }
}

/* --- for programs ----------------------------------------------------------------------- */

static void print_result_json(const struct hone_job_result *r)
{
    const struct hone_trained *t = &r->trained;
    json_t *o = json_object();
    hone_json_set_text(o, "model", r->model);
    hone_json_set_text(o, "run", r->run.hex);
    hone_json_set_text(o, "hash", t->hash.hex);
    hone_json_set_text(o, "onnx", r->onnx);
    json_t *metrics = json_object();
    json_t *intervals = json_object();
    for (size_t m = 0; m < t->metrics; m++) {
        const char *name = t->metric[m]->part.name;
        hone_json_set(metrics, name, hone_json_real(t->interval[m].value));
        json_t *interval = json_array();
        hone_json_push(interval, hone_json_real(t->interval[m].low));
        hone_json_push(interval, hone_json_real(t->interval[m].high));
        hone_json_set(intervals, name, interval);
    }
    hone_json_set(o, "metrics", metrics);
    hone_json_set(o, "intervals", intervals);
    json_t *tried = json_object();
    for (size_t c = 0; c < t->selection.n; c++) {
        hone_json_set(tried, t->selection.candidate[c].estimator->part.name,
                      hone_json_real(t->selection.candidate[c].score));
    }
    hone_json_set_text(o, "estimator", t->what);
    if (t->rules != NULL) {
        hone_json_set_text(o, "rules", t->rules);
    }
    hone_json_set(o, "validation", tried);
    hone_answers_json(t, o);
    json_t *rows = json_object();
    hone_json_set(rows, "train", json_integer((json_int_t)r->prepared.train.n));
    hone_json_set(rows, "test", json_integer((json_int_t)r->prepared.test.n));
    hone_json_set(rows, "bad", json_integer((json_int_t)r->report.bad_rows));
    hone_json_set(o, "rows", rows);
    json_t *seconds = json_object();
    hone_json_set(seconds, "read", hone_json_real(r->read_seconds));
    hone_json_set(seconds, "fit", hone_json_real(r->fit_seconds));
    hone_json_set(seconds, "total", hone_json_real(r->total_seconds));
    hone_json_set(o, "seconds", seconds);
    hone_print_json(o);
}

/* The file's values over the defaults, the command line's over both. */
static enum hone_code gather_job(struct hone_run *run, const struct settings *given,
                                 struct hone_args *args, struct hone_job *job)
{
    struct settings set = *given;
    hone_job_default(job);
    if (set.config != NULL) {
        job->seed = args->global.seed;
        HONE_TRY(hone_job_from_file(run, set.config, args->mem, job));
        set.read = job->read;
        set.train = job->train;
        set.test = job->test;
        set.name = job->name;
        HONE_TRY(hone_args_apply(run, args, &set));
        run->seed = hone_args_given(args, "seed") ? run->seed : (uint64_t)job->seed;
    }
    job->read = set.read;
    job->train = set.train;
    job->test = set.test;
    job->name = set.name;
    job->command = args->command;
    job->store = args->global.store;
    job->seed = (int64_t)run->seed;
    job->data = args->n > 0 ? args->item[0] : job->data;
    if (job->data == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "train needs a table");
        return hone_hint(run, "usage: hone train DATA --target COL");
    }
    return hone_args_need(run, args, "target", job->train.target);
}

/* The project file of this training: what to edit next. */
static enum hone_code write_config(struct hone_run *run, const struct hone_job *job,
                                   const char *path, struct hone_arena *mem)
{
    HONE_JSON json_t *project = hone_job_to_json(job);
    struct hone_buf text = hone_buf(mem);
    hone_yaml_write(&text, project);
    return hone_file_write(run, path, (struct hone_str){text.ptr, text.len});
}

/* The model is registered all the same: its verdicts are on record, and `hone promote` respects them. */
static enum hone_code check_goals(struct hone_run *run, const struct hone_job_result *r,
                                  bool strict)
{
    const struct hone_trained *t = &r->trained;
    size_t failed = 0;
    size_t unsure = 0;
    for (size_t g = 0; g < t->goals.n; g++) {
        failed += t->verdict[g] == HONE_VERDICT_FAIL;
        unsure += t->verdict[g] == HONE_VERDICT_UNSURE;
    }
    if (failed == 0 && (unsure == 0 || !strict)) {
        return HONE_OK;
    }
    if (failed > 0) {
        (void)hone_fail(run, HONE_E_GATE, "%s: %zu of %zu goal%s not met", r->model, failed,
                        t->goals.n, t->goals.n == 1 ? "" : "s");
        return hone_hint(run, "it is registered, but hone promote takes it only with --force");
    }
    (void)hone_fail(run, HONE_E_GATE,
                    "%s: %zu test rows do not say whether %zu of %zu goal%s met", r->model,
                    r->prepared.test.n, unsure, t->goals.n, t->goals.n == 1 ? " is" : "s are");
    return hone_hint(run, "more test rows make the intervals narrower");
}

static enum hone_code run_train(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_job job;
    struct hone_job_result result;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    HONE_TRY(gather_job(run, set, args, &job));
    if (set->write_config != NULL) {
        HONE_TRY(write_config(run, &job, set->write_config, args->mem));
    }
    HONE_TRY(hone_store_open(run, args->global.store, true, args->mem, &store));
    HONE_TRY(hone_job_run(run, store, &job, args->mem, &result));
    if (args->global.json) {
        print_result_json(&result);
    } else if (!args->global.quiet) {
        print_people(&result, args);
    }
    args->answered = args->global.json;
    return check_goals(run, &result, set->strict);
}

const struct hone_verb hone_verb_train = {
    .part.name = "train",
    .part.summary = "learn to predict a column of a table, and register the model",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA --target COL",
    .detail =
        "Reads DATA, keeps a part of it for the test, fits imputation and encoding inside the "
        "training part, tries the estimators that fit the target, keeps the best on validation "
        "rows, tests it once on rows it never saw, and writes one ONNX file that is the whole "
        "pipeline.",
    .examples =
        "hone train loans.csv --target default\n"
        "hone train train.csv --target y --test test.csv --name churn\n"
        "hone train loans.csv --target default --write-config hone.yaml\n"
        "hone train loans.csv --target default --model gbt --set learning_rate=0.03\n"
        "hone train loans.csv --target default --success 'roc_auc>=0.8' --value 0,-20,-500,0\n"
        "hone train sales.csv --target amount --split time --split-column day",
    .stage = HONE_STAGE_MODEL,
    .max_args = 1,
    .run = run_train,
};

/* hone plan: whether a model is worth the effort, before the effort. */
#include <math.h>

#include "base/file.h"
#include "cli/input.h"
#include "flow/plan/feasibility.h"
#include "report/plan_page.h"

struct settings {
    const char *html;
    struct hone_feasibility_settings study;
    struct hone_read_options read;
    struct hone_train_settings train;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, html, NULL, .arg = "FILE", .help = "write a page"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {
    {"Study", hone_feasibility_params, offsetof(struct settings, study)},
    {"Training", hone_train_params, offsetof(struct settings, train)},
    {"Reading", hone_read_params, offsetof(struct settings, read)},
    {NULL, NULL, 0},
};

/* --- for people ----------------------------------------------------------------------- */

/* A document being printed. */
struct print {
    const struct hone_args *args;
    struct hone_arena *mem;
    const json_t *doc;
};

static const char *number(const struct print *p, const json_t *o, const char *key)
{
    double value = hone_json_get_real(o, key, (double)NAN);
    return isnan(value) ? "undefined" : hone_text_number(p->mem, value, 4);
}

static const char *count(const struct print *p, const json_t *o, const char *key)
{
    return hone_text_count(p->mem, (uint64_t)hone_json_get_int(o, key, 0));
}

static const char *span(const struct print *p, const json_t *o)
{
    return isnan(hone_json_get_real(o, "low", (double)NAN))
               ? ""
               : hone_arena_format(p->mem, "%s to %s", number(p, o, "low"),
                                   number(p, o, "high"));
}

static const char *style(const struct print *p, enum hone_style s)
{
    return hone_style(&p->args->out, s);
}

static void print_data(const struct print *p)
{
    const json_t *d = json_object_get(p->doc, "data");
    const json_t *classes = json_object_get(d, "classes");
    printf(
        "%s%s%s: %s rows, %s columns (%s used), %s of the cells missing; predicting %s%s%s\n",
        style(p, HONE_BOLD), hone_json_get_text(d, "path", ""), style(p, HONE_PLAIN),
        count(p, d, "rows"), count(p, d, "columns"), count(p, d, "used"),
        hone_text_share(p->mem, hone_json_get_real(d, "missing", 0)), style(p, HONE_BOLD),
        hone_json_get_text(d, "target", ""), style(p, HONE_PLAIN));
    if (json_array_size(classes) > 0 && json_array_size(classes) <= 10) {
        printf("  classes:");
        for (size_t k = 0; k < json_array_size(classes); k++) {
            const json_t *c = json_array_get(classes, k);
            printf(" %s %s%s", hone_json_get_text(c, "name", ""),
                   hone_text_share(p->mem, hone_json_get_real(c, "share", 0)),
                   k + 1 < json_array_size(classes) ? "," : "");
        }
        printf("\n");
    }
    printf("  studied on the %s training rows; the %s test rows were not looked at\n",
           count(p, d, "train_rows"), count(p, d, "test_rows"));
}

static void print_verdict(const struct print *p)
{
    const char *verdict = hone_json_get_text(p->doc, "verdict", "");
    enum hone_style color = strcmp(verdict, "go") == 0      ? HONE_GREEN
                            : strcmp(verdict, "no-go") == 0 ? HONE_RED
                                                            : HONE_YELLOW;
    const json_t *reason;
    size_t i;
    printf("\n%s%s%s%s\n", style(p, HONE_BOLD), style(p, color), verdict, style(p, HONE_PLAIN));
    json_array_foreach(json_object_get(p->doc, "reasons"), i, reason)
    {
        const char *tone = hone_json_get_text(reason, "tone", "");
        bool good = strcmp(tone, "good") == 0;
        bool bad = strcmp(tone, "bad") == 0;
        bool warn = strcmp(tone, "warn") == 0;
        printf("  %s%s%s ",
               style(p, good   ? HONE_GREEN
                        : bad  ? HONE_RED
                        : warn ? HONE_YELLOW
                               : HONE_DIM),
               good   ? "+"
               : bad  ? "x"
               : warn ? "!"
                      : "-",
               style(p, HONE_PLAIN));
        printf("%s\n", hone_json_get_text(reason, "text", ""));
    }
}

static void print_tried(const struct print *p)
{
    const struct hone_grid_column column[] = {
        {.title = "tried", .align = HONE_LEFT},
        {.title = hone_json_get_text(p->doc, "metric", ""), .align = HONE_RIGHT},
        {.title = "seconds", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(p->mem, column, 3);
    const json_t *t;
    size_t i;
    json_array_foreach(json_object_get(p->doc, "tried"), i, t)
    {
        const char *cell[] = {
            hone_json_get_text(t, "name", ""), number(p, t, "score"),
            hone_arena_format(p->mem, "%.2f", hone_json_get_real(t, "seconds", 0))};
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &p->args->out);
    t = json_array_get(json_object_get(p->doc, "tried"), 0);
    printf("  fitted on %s rows, scored on %s others, quick settings\n", count(p, t, "rows"),
           count(p, t, "held"));
}

static void print_curve(const struct print *p)
{
    const json_t *l = json_object_get(p->doc, "learning");
    const struct hone_grid_column column[] = {
        {.title = "learning curve", .align = HONE_LEFT},
        {.title = "rows", .align = HONE_RIGHT},
        {.title = "training", .align = HONE_RIGHT},
        {.title = "held out", .align = HONE_RIGHT, .style = HONE_BOLD},
        {.title = "95 % interval", .align = HONE_LEFT},
    };
    struct hone_grid grid = hone_grid(p->mem, column, 5);
    const json_t *o;
    size_t i;
    json_array_foreach(json_object_get(l, "points"), i, o)
    {
        const json_t *valid = json_object_get(o, "valid");
        const char *cell[] = {i == 0 ? "measured" : NULL, count(p, o, "rows"),
                              number(p, json_object_get(o, "train"), "value"),
                              number(p, valid, "value"), span(p, valid)};
        hone_grid_row(&grid, cell);
    }
    json_array_foreach(json_object_get(l, "outlook"), i, o)
    {
        const json_t *score = json_object_get(o, "score");
        double times = hone_json_get_real(o, "times", 0);
        const char *cell[] = {
            times < 1.5 ? "forecast: all rows of today"
                        : hone_arena_format(p->mem, "  %.0f times those", times),
            count(p, o, "rows"), NULL, number(p, score, "value"), span(p, score)};
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &p->args->out);
    const json_t *v = json_object_get(l, "verdict");
    printf("  %s, %lld repeats%s: %s%s%s\n", hone_json_get_text(l, "estimator", ""),
           (long long)hone_json_get_int(l, "repeats", 0),
           hone_json_get_bool(l, "cut", false) ? " (cut short by --seconds)" : "",
           style(p, HONE_BOLD), hone_json_get_text(v, "verdict", ""), style(p, HONE_PLAIN));
    const json_t *reason;
    json_array_foreach(json_object_get(v, "reasons"), i, reason)
    {
        printf("    %s\n", json_string_value(reason));
    }
    printf("    advice: %s\n", hone_json_get_text(v, "advice", ""));
}

static void print_worth(const struct print *p)
{
    const json_t *w = json_object_get(p->doc, "worth");
    const struct hone_grid_column column[] = {
        {.title = hone_arena_format(p->mem, "worth per 1,000 rows%s%s",
                                    json_is_string(json_object_get(w, "unit")) ? ", " : "",
                                    hone_json_get_text(w, "unit", "")),
         .align = HONE_LEFT},
        {.title = "value", .align = HONE_RIGHT, .style = HONE_BOLD},
        {.title = "95 % interval", .align = HONE_LEFT},
    };
    struct hone_grid grid = hone_grid(p->mem, column, 3);
    if (w == NULL) {
        return;
    }
    const json_t *model = json_object_get(w, "model");
    const json_t *gain = json_object_get(w, "gain");
    const char *rows[][3] = {
        {hone_arena_format(p->mem, "the model, yes from %s on", number(p, w, "threshold")),
         number(p, model, "value"), span(p, model)},
        {"always no", number(p, w, "never"), NULL},
        {"always yes", number(p, w, "always"), NULL},
        {"the model over the better of both", number(p, gain, "value"), span(p, gain)},
    };
    for (size_t i = 0; i < 4; i++) {
        hone_grid_row(&grid, rows[i]);
    }
    printf("\n");
    hone_grid_print(&grid, &p->args->out);
}

static void print_findings(const struct print *p)
{
    const json_t *results = json_object_get(json_object_get(p->doc, "findings"), "statistics");
    int64_t failed = hone_json_get_int(results, "failed", 0);
    int64_t warned = hone_json_get_int(results, "warned", 0);
    if (failed + warned > 0) {
        printf("\nchecks of the data: %lld failed, %lld warn; %s\n", (long long)failed,
               (long long)warned, hone_json_get_text(p->doc, "check", ""));
    }
}

static void print_people(const json_t *doc, const struct hone_args *args)
{
    const struct print p = {args, args->mem, doc};
    const json_t *seconds = json_object_get(doc, "seconds");
    print_data(&p);
    print_verdict(&p);
    print_tried(&p);
    print_curve(&p);
    print_worth(&p);
    print_findings(&p);
    printf("\nthis plan took %s; a full training takes about %s\nnext: %s\n",
           hone_text_seconds(p.mem, hone_json_get_real(seconds, "plan", 0)),
           hone_text_seconds(p.mem, hone_json_get_real(seconds, "training", 0)),
           hone_json_get_text(doc, "next", ""));
}

/* --- the job -------------------------------------------------------------------------- */

static bool is_project(const char *path)
{
    struct hone_str text = hone_str(path);
    return hone_str_ends(text, ".yaml") || hone_str_ends(text, ".yml");
}

/* The project file's values over the defaults, the command line's over both. */
static enum hone_code gather_job(struct hone_run *run, const struct settings *given,
                                 struct hone_args *args, struct hone_job *job)
{
    struct settings set = *given;
    const char *path = args->item[0];
    hone_job_default(job);
    job->data = path;
    if (is_project(path)) {
        job->seed = args->global.seed;
        job->data = NULL;
        HONE_TRY(hone_job_from_file(run, path, args->mem, job));
        if (job->data == NULL) {
            return hone_fail(run, HONE_E_ARG, "%s names no data: add data.source", path);
        }
        set.read = job->read;
        set.train = job->train;
        HONE_TRY(hone_args_apply(run, args, &set));
        run->seed = hone_args_given(args, "seed") ? run->seed : (uint64_t)job->seed;
    }
    job->read = set.read;
    job->train = set.train;
    job->store = args->global.store;
    job->seed = (int64_t)run->seed;
    return hone_args_need(run, args, "target", job->train.target);
}

static void put_word(struct hone_buf *buf, const char *word)
{
    hone_buf_char(buf, ' ');
    hone_buf_word(buf, word);
}

/* An option as it is typed: "--no-header" for a flag, "--target y" for others. */
static void append_option(struct hone_buf *buf, const struct hone_args *args,
                          const struct hone_option *option)
{
    const struct hone_part part = hone_verb_part(args->verb, args->mem);
    const struct hone_param *row = hone_param_find(&part, hone_str(option->name));
    bool flag = row != NULL && row->type == HONE_PARAM_BOOL;
    hone_buf_text(buf, flag && strcmp(option->value, "false") == 0 ? " --no-" : " --");
    for (const char *c = option->name; *c != '\0'; c++) {
        hone_buf_char(buf, *c == '_' ? '-' : *c);
    }
    if (!flag) {
        put_word(buf, option->value);
    }
}

/* What shows the findings: the same reading options to `hone check`. */
static const char *check_command(const struct hone_args *args, const struct hone_job *job)
{
    static const struct hone_part reading = {.name = "read", .params = hone_read_params};
    struct hone_buf buf = hone_buf(args->mem);
    hone_buf_text(&buf, "hone check");
    put_word(&buf, job->data);
    hone_buf_text(&buf, " --target");
    put_word(&buf, job->train.target);
    for (size_t i = 0; i < args->options; i++) {
        if (hone_param_find(&reading, hone_str(args->option[i].name)) != NULL) {
            append_option(&buf, args, &args->option[i]);
        }
    }
    return buf.ptr;
}

/* What to type next: the same options to `hone train`, without those of the study. */
static const char *next_command(const struct hone_args *args, const json_t *doc)
{
    struct hone_buf buf = hone_buf(args->mem);
    const char *verdict = hone_json_get_text(doc, "verdict", "");
    const json_t *leaks = json_object_get(json_object_get(doc, "leakage"), "columns");
    bool again = json_array_size(leaks) > 0 && strcmp(verdict, "no-go") == 0;
    bool project = is_project(args->item[0]);
    hone_buf_text(&buf, again ? "hone plan" : "hone train");
    if (project && !again) {
        hone_buf_text(&buf, " --config");
    }
    put_word(&buf, args->item[0]);
    for (size_t i = 0; i < args->options; i++) {
        static const char *const own[] = {"html", "rows",  "repeats", "seconds",
                                          "json", "quiet", "verbose", NULL};
        bool skip = false;
        for (size_t k = 0; own[k] != NULL; k++) {
            skip = skip || strcmp(args->option[i].name, own[k]) == 0;
        }
        if (!skip) {
            append_option(&buf, args, &args->option[i]);
        }
    }
    const json_t *leak;
    size_t k;
    json_array_foreach(leaks, k, leak)
    {
        if (again) {
            hone_buf_text(&buf, " --drop");
            put_word(&buf, json_string_value(leak));
        }
    }
    return buf.ptr;
}

static enum hone_code run_plan(struct hone_run *run, const void *settings,
                               struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_job job;
    HONE_JSON json_t *doc = NULL;
    enum hone_feasible verdict;
    HONE_TRY(gather_job(run, set, args, &job));
    HONE_TRY(hone_feasibility_study(run, &job, &set->study, args->mem, &verdict, &doc));
    hone_json_set_text(doc, "next", next_command(args, doc));
    hone_json_set_text(doc, "check", check_command(args, &job));
    if (set->html != NULL) {
        struct hone_page_look look = hone_input_look();
        struct hone_buf page = hone_buf(args->mem);
        hone_plan_page(doc, &look, args->mem, &page);
        HONE_TRY(hone_file_write(run, set->html, (struct hone_str){page.ptr, page.len}));
        hone_json_set_text(doc, "html", set->html);
    }
    if (args->global.json) {
        hone_print_json(json_incref(doc));
        args->answered = true;
    } else if (!args->global.quiet) {
        print_people(doc, args);
        if (set->html != NULL) {
            printf("wrote %s\n", set->html);
        }
    }
    if (verdict != HONE_FEASIBLE_GO) {
        return hone_fail(run, HONE_E_GATE, "%s: the reasons are above",
                         hone_feasible_name(verdict));
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_plan = {
    .part.name = "plan",
    .part.summary = "whether a model is worth the effort: go, more data or no-go, with reasons",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA --target COL",
    .detail =
        "Reads the goal and the data and answers before any effort: what stands in the way, what guessing and "
        "a quick model reach, how the score grows with the rows and what more of them would give, how many "
        "a goal needs, what the answers are worth at the business's costs, and whether to go on. Nothing is "
        "registered; the rows that a training would test on are not looked at. Exit status 0 is go, 1 is more "
        "data or no-go. DATA may be a project file.",
    .examples =
        "hone plan loans.csv --target default\n"
        "hone plan loans.csv --target default --success 'roc_auc >= 0.8' --value 400,-100,-900,0 "
        "--value-unit EUR\n"
        "hone plan hone.yaml --html plan.html",
    .stage = HONE_STAGE_MODEL,
    .min_args = 1,
    .max_args = 1,
    .run = run_plan,
};

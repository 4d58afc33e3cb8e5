#include <math.h>

#include "cli/ago.h"
#include "cli/input.h"
#include "eval/metrics.h"
#include "store/lineage.h"
#include "store/registry.h"

struct settings {
    const char *model, *status, *where, *sort, *since, *before;
    bool reverse;
    struct hone_texts metrics;
    int64_t limit;
};

static const char *const statuses[] = {"RUNNING", "FINISHED", "FAILED", "KILLED", NULL};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, model, NULL, .arg = "NAME", .help = "only runs of this model"),
    HONE_CHOICE(struct settings, status, NULL, statuses, .help = "only runs that ended so"),
    HONE_TEXT(struct settings, where, NULL, .arg = "TEXT",
              .help = "only runs that meet conditions, as 'roc_auc >= 0.9 and params.estimator "
                      "= gbt and tags.team like risk%'"),
    HONE_TEXT(struct settings, since, NULL, .arg = "WHEN",
              .help =
                  "only runs begun since: 2026-11-01, 2026-11-01T12:00, or 90m, 12h, 7d, 2w "
                  "ago"),
    HONE_TEXT(struct settings, sort, "started", .arg = "KEY",
              .help = "started (newest first), took (longest first), or a metric (best first)"),
    HONE_FLAG(struct settings, reverse, false, .help = "the other way round"),
    HONE_LIST(struct settings, metrics,
              .help =
                  "metrics to show, else those asked about and up to three of the usual ones"),
    HONE_INT(struct settings, limit, 20, 1, 100000, .help = "at most N runs"),
    HONE_TEXT(struct settings, before, NULL, .arg = "ID",
              .help = "the next page: runs begun before this one"),
    HONE_PARAM_END,
};

enum { SHOWN = 6 }; /* metrics beside each other */

/* All that is on record of one run. */
struct facts {
    struct hone_run_record record;
    struct hone_fact *params, *tags;
    struct hone_metric_point *metrics;
    struct hone_run_data *data;
    struct hone_run_artifact *artifacts;
    struct hone_version_record *versions;
    size_t n_params, n_tags, n_metrics, n_data, n_artifacts, n_versions;
};

/* What is asked of the list. */
struct question {
    struct hone_run_filter filter;
    struct hone_run_condition *condition;
    size_t conditions;
    int64_t all; /* runs that the filter lets through */
};

static double seconds_of(const struct hone_run_record *r)
{
    return r->ended == 0 ? (double)NAN : (double)(r->ended - r->started) * 1e-6;
}

static json_t *record_json(const struct hone_run_record *r)
{
    json_t *object = json_object();

    hone_json_set_text(object, "run", r->id);
    hone_json_set_text(object, "name", r->name);
    hone_json_set_text(object, "model", r->model);
    hone_json_set_text(object, "status", r->status);
    hone_json_set(object, "started_us", json_integer(r->started));
    hone_json_set(object, "seconds", hone_json_real(seconds_of(r)));
    hone_json_set(object, "seed", json_integer((json_int_t)r->seed));
    hone_json_set_text(object, "version", r->version);
    hone_json_set_text(object, "message", r->message);
    return object;
}

static void add_key(struct hone_metric_table *table, const char **keys, const char *key)
{
    for (size_t k = 0; k < table->n_keys; k++) {
        if (strcmp(keys[k], key) == 0) {
            return;
        }
    }
    if (table->n_keys < SHOWN) {
        keys[table->n_keys++] = key;
    }
}

static bool by_metric(const struct settings *set)
{
    return strcmp(set->sort, "started") != 0 && strcmp(set->sort, "took") != 0;
}

/* The metrics to show: those named, else those asked about and the usual ones that any of the runs has. */
static enum hone_code choose_metrics(struct hone_run *run, struct hone_store *store,
                                     const struct settings *set, const struct question *q,
                                     struct hone_metric_table *table, struct hone_arena *mem)
{
    static const char *const usual[] = {"roc_auc", "log_loss", "accuracy", "f1_macro",
                                        "rmse",    "mae",      "r2"};
    const size_t n = sizeof usual / sizeof usual[0];
    const size_t look = table->n < 100 ? table->n : 100; /* the first of them say it */
    struct hone_metric_table all = {table->records, look, usual, n};
    const char **keys = hone_arena_must(mem, SHOWN * sizeof *keys);
    double *values;

    table->keys = keys;
    for (size_t k = 0; k < set->metrics.n; k++) {
        add_key(table, keys, set->metrics.item[k]);
    }
    if (table->n_keys != 0) {
        return HONE_OK;
    }
    if (by_metric(set)) {
        add_key(table, keys, set->sort);
    }
    for (size_t i = 0; i < q->conditions; i++) {
        if (q->condition[i].of == HONE_RUN_METRIC) {
            add_key(table, keys, q->condition[i].key);
        }
    }
    HONE_TRY(hone_matrix(run, mem, &values, look, n));
    HONE_TRY(hone_store_metric_compare(run, store, &all, values));
    for (size_t k = 0; k < n && table->n_keys < 3; k++) {
        bool any = false;
        for (size_t i = 0; i < look; i++) {
            any = any || !isnan(values[i * n + k]);
        }
        if (any) {
            add_key(table, keys, usual[k]);
        }
    }
    return HONE_OK;
}

static void print_list(struct hone_args *args, const struct hone_metric_table *table,
                       const double *values)
{
    struct hone_grid_column column[5 + SHOWN] = {
        {"run", HONE_LEFT, HONE_BOLD, 0},     {"model", HONE_LEFT, HONE_PLAIN, 10},
        {"status", HONE_LEFT, HONE_PLAIN, 0}, {"started (UTC)", HONE_LEFT, HONE_PLAIN, 0},
        {"took", HONE_RIGHT, HONE_PLAIN, 0},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 5 + table->n_keys);

    for (size_t k = 0; k < table->n_keys; k++) {
        column[5 + k] = (struct hone_grid_column){table->keys[k], HONE_RIGHT, HONE_PLAIN, 0};
    }
    for (size_t i = 0; i < table->n; i++) {
        const struct hone_run_record *r = &table->records[i];
        double seconds = seconds_of(r);
        const char *cells[5 + SHOWN] = {
            hone_arena_text(args->mem, r->id, strnlen(r->id, 8)),
            r->model,
            r->status,
            hone_text_when(args->mem, r->started),
            isnan(seconds) ? "" : hone_text_seconds(args->mem, seconds),
        };
        for (size_t k = 0; k < table->n_keys; k++) {
            cells[5 + k] = hone_text_number(args->mem, values[i * table->n_keys + k], 5);
        }
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

static void print_list_json(const struct hone_metric_table *table, const double *values,
                            const struct question *q)
{
    json_t *list = json_array();
    json_t *result = json_object();

    for (size_t i = 0; i < table->n; i++) {
        json_t *object = record_json(&table->records[i]);
        json_t *metrics = json_object();
        for (size_t k = 0; k < table->n_keys; k++) {
            double value = values[i * table->n_keys + k];
            if (!isnan(value)) {
                hone_json_set(metrics, table->keys[k], hone_json_real(value));
            }
        }
        hone_json_set(object, "metrics", metrics);
        hone_json_push(list, object);
    }
    hone_json_set(result, "runs", list);
    hone_json_set(result, "all", json_integer(q->all));
    hone_print_json(result);
}

static enum hone_code read_question(struct hone_run *run, struct hone_store *store,
                                    const struct settings *set, struct hone_args *args,
                                    struct question *q)
{
    struct hone_run_record last;

    q->filter = (struct hone_run_filter){.model = set->model,
                                         .status = set->status,
                                         .sort = set->sort,
                                         .limit = (size_t)set->limit};
    if (set->where != NULL) {
        HONE_TRY(
            hone_run_conditions(run, set->where, args->mem, &q->condition, &q->conditions));
        q->filter.condition = q->condition;
        q->filter.conditions = q->conditions;
    }
    if (set->since != NULL) {
        HONE_TRY(hone_moment(run, "--since", set->since, &q->filter.since));
    }
    if (set->before != NULL && strcmp(set->sort, "started") != 0) {
        (void)hone_fail(run, HONE_E_ARG, "--before pages through runs by when they began");
        return hone_hint(run, "leave --sort out, or raise --limit");
    }
    if (set->before != NULL) {
        HONE_TRY(hone_store_run_get(run, store, set->before, args->mem, &last));
        q->filter.before = last.seq;
    }
    q->filter.ascending = set->reverse;
    if (by_metric(set)) { /* the best first: the least where less is better */
        const struct hone_metric *metric = NULL;
        bool known = hone_metric_need(run, hone_str(set->sort), &metric) == HONE_OK;
        if (!known) {
            hone_error_clear(run);
        }
        q->filter.ascending = set->reverse == (!known || metric->greater_is_better);
    }
    return hone_store_run_count(run, store, &q->filter, &q->all);
}

static void print_none(const struct settings *set, const struct hone_args *args,
                       const struct question *q)
{
    if (args->global.json) {
        static const struct hone_metric_table none = {0};
        print_list_json(&none, NULL, q);
    } else {
        bool asked = set->where != NULL || set->since != NULL || set->model != NULL ||
                     set->status != NULL || set->before != NULL || by_metric(set);
        puts(asked ? "no run is like that" : "no runs");
    }
}

static enum hone_code list_runs(struct hone_run *run, struct hone_store *store,
                                const struct settings *set, struct hone_args *args)
{
    struct question q = {0};
    struct hone_run_record *records;
    struct hone_metric_table table = {0};
    double *values;

    HONE_TRY(read_question(run, store, set, args, &q));
    HONE_TRY(hone_store_run_list(run, store, &q.filter, args->mem, &records, &table.n));
    if (table.n == 0) {
        print_none(set, args, &q);
        return HONE_OK;
    }
    table.records = records;
    HONE_TRY(choose_metrics(run, store, set, &q, &table, args->mem));
    HONE_TRY(hone_matrix(run, args->mem, &values, table.n, table.n_keys));
    HONE_TRY(hone_store_metric_compare(run, store, &table, values));
    if (args->global.json) {
        print_list_json(&table, values, &q);
        return HONE_OK;
    }
    print_list(args, &table, values);
    if (q.all > (int64_t)table.n && !args->global.quiet) {
        printf("%s of %s runs", hone_text_count(args->mem, table.n),
               hone_text_count(args->mem, (uint64_t)q.all));
        if (strcmp(set->sort, "started") == 0 && !set->reverse) {
            printf("; --before %.8s shows the next", records[table.n - 1].id);
        }
        putchar('\n');
    }
    return HONE_OK;
}

/* The versions that a run made. */
static enum hone_code versions_of(struct hone_run *run, struct hone_store *store,
                                  struct hone_arena *mem, struct facts *out)
{
    struct hone_version_record *all;
    size_t n;

    if (out->record.model == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_version_list(run, store, out->record.model, 0, mem, &all, &n));
    out->versions = all;
    for (size_t i = 0; i < n; i++) {
        if (all[i].run != NULL && strcmp(all[i].run, out->record.id) == 0) {
            out->versions[out->n_versions++] = all[i];
        }
    }
    return HONE_OK;
}

static enum hone_code gather(struct hone_run *run, struct hone_store *store, const char *id,
                             struct hone_arena *mem, struct facts *out)
{
    HONE_TRY(hone_store_run_get(run, store, id, mem, &out->record));
    id = out->record.id;
    HONE_TRY(hone_store_run_params(run, store, id, mem, &out->params, &out->n_params));
    HONE_TRY(hone_store_run_tags(run, store, id, mem, &out->tags, &out->n_tags));
    HONE_TRY(hone_store_run_metrics(run, store, id, mem, &out->metrics, &out->n_metrics));
    HONE_TRY(hone_store_run_used(run, store, id, mem, &out->data, &out->n_data));
    HONE_TRY(hone_store_run_kept(run, store, id, mem, &out->artifacts, &out->n_artifacts));
    return versions_of(run, store, mem, out);
}

static json_t *facts_json(const struct hone_fact *fact, size_t n)
{
    json_t *object = json_object();
    for (size_t i = 0; i < n; i++) {
        hone_json_set_text(object, fact[i].key, fact[i].value);
    }
    return object;
}

static enum hone_code print_run_json(struct hone_run *run, const struct facts *f)
{
    json_t *object = record_json(&f->record);
    json_t *metrics = json_object();
    json_t *data = json_array();
    json_t *artifacts = json_array();
    json_t *versions = json_array();
    json_t *config = NULL;
    enum hone_code code = hone_json_parse(run, hone_str(f->record.config), &config);

    for (size_t i = 0; i < f->n_metrics; i++) {
        hone_json_set(metrics, f->metrics[i].key, hone_json_real(f->metrics[i].value));
    }
    for (size_t i = 0; i < f->n_data; i++) {
        json_t *row = json_object();
        hone_json_set_text(row, "role", f->data[i].role);
        hone_json_set_text(row, "path", f->data[i].path);
        hone_json_set_text(row, "hash", f->data[i].hash);
        hone_json_push(data, row);
    }
    for (size_t i = 0; i < f->n_artifacts; i++) {
        json_t *row = json_object();
        hone_json_set_text(row, "path", f->artifacts[i].path);
        hone_json_set_text(row, "hash", f->artifacts[i].hash);
        hone_json_set(row, "bytes", json_integer((json_int_t)f->artifacts[i].bytes));
        hone_json_push(artifacts, row);
    }
    for (size_t i = 0; i < f->n_versions; i++) {
        hone_json_push(versions, json_integer(f->versions[i].version));
    }
    hone_json_set(object, "versions", versions);
    hone_json_set_text(object, "parent", f->record.parent);
    hone_json_set_text(object, "command", f->record.command);
    hone_json_set(object, "params", facts_json(f->params, f->n_params));
    hone_json_set(object, "tags", facts_json(f->tags, f->n_tags));
    hone_json_set(object, "metrics", metrics);
    hone_json_set(object, "data", data);
    hone_json_set(object, "artifacts", artifacts);
    if (code == HONE_OK) {
        hone_json_set(object, "config", config);
        hone_print_json(object);
    } else {
        json_decref(object);
    }
    return code;
}

static void print_facts(const struct hone_args *args, const char *title,
                        const struct hone_fact *fact, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i == 0) {
            printf("\n%s%s%s\n", hone_style(&args->out, HONE_BOLD), title,
                   hone_style(&args->out, HONE_PLAIN));
        }
        printf("  %-24s %s\n", fact[i].key,
               hone_text_fit(&args->out, args->mem, hone_str(fact[i].value), 400));
    }
}

static void print_run(const struct hone_args *args, const struct facts *f)
{
    const struct hone_run_record *r = &f->record;
    struct hone_arena *mem = args->mem;
    struct hone_fact *fact = hone_arena_must(
        mem, (f->n_metrics + f->n_data + f->n_artifacts + f->n_versions + 10) * sizeof *fact);
    size_t n = 0;

    printf("%s%s%s  %s\n", hone_style(&args->out, HONE_BOLD), r->id,
           hone_style(&args->out, HONE_PLAIN), r->status);
    fact[n++] = (struct hone_fact){"name", r->name == NULL ? "" : r->name};
    fact[n++] = (struct hone_fact){"model", r->model == NULL ? "" : r->model};
    for (size_t i = 0; i < f->n_versions; i++) {
        fact[n++] = (struct hone_fact){
            "made",
            hone_arena_format(mem, "models:/%s/%lld, %s", f->versions[i].model,
                              (long long)f->versions[i].version, f->versions[i].status)};
    }
    if (r->parent != NULL) {
        fact[n++] = (struct hone_fact){"begun by", r->parent};
    }
    fact[n++] = (struct hone_fact){"started (UTC)", hone_text_when(mem, r->started)};
    if (r->ended != 0) {
        fact[n++] = (struct hone_fact){"took", hone_text_seconds(mem, seconds_of(r))};
    }
    fact[n++] = (struct hone_fact){"command", r->command};
    fact[n++] =
        (struct hone_fact){"seed", hone_arena_format(mem, "%llu", (unsigned long long)r->seed)};
    fact[n++] = (struct hone_fact){"hone", r->version};
    if (r->message != NULL) {
        fact[n++] = (struct hone_fact){"message", r->message};
    }
    print_facts(args, "Run", fact, n);
    n = 0;
    for (size_t i = 0; i < f->n_metrics; i++) {
        fact[n++] = (struct hone_fact){f->metrics[i].key,
                                       hone_text_number(mem, f->metrics[i].value, 6)};
    }
    print_facts(args, "Metrics", fact, n);
    n = 0;
    for (size_t i = 0; i < f->n_data; i++) {
        fact[n++] = (struct hone_fact){
            f->data[i].role,
            hone_arena_format(mem, "%s  %.12s", f->data[i].path, f->data[i].hash)};
    }
    print_facts(args, "Data", fact, n);
    print_facts(args, "Parameters", f->params, f->n_params);
    print_facts(args, "Tags", f->tags, f->n_tags);
    n = 0;
    for (size_t i = 0; i < f->n_artifacts; i++) {
        fact[n++] = (struct hone_fact){
            f->artifacts[i].path,
            hone_arena_format(mem, "%s  %.12s", hone_text_bytes(mem, f->artifacts[i].bytes),
                              f->artifacts[i].hash)};
    }
    print_facts(args, "Files", fact, n);
}

static enum hone_code run_runs(struct hone_run *run, const void *settings,
                               struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct facts facts = {0};

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    hone_input_sweep(run, store);
    if (args->n == 0) {
        return list_runs(run, store, settings, args);
    }
    HONE_TRY(gather(run, store, args->item[0], args->mem, &facts));
    if (args->global.json) {
        return print_run_json(run, &facts);
    }
    print_run(args, &facts);
    return HONE_OK;
}

const struct hone_verb hone_verb_runs = {
    .part.name = "runs",
    .part.summary = "what has been run, on what data, and how well it went",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "[ID]",
    .detail =
        "Lists the newest runs; with the first digits of an ID, all that is on record of it.  A "
        "condition names a metric, params.NAME or tags.NAME.  Runs whose process is gone without a "
        "word are marked KILLED.",
    .examples = "hone runs\n"
                "hone runs --model loan --where 'roc_auc >= 0.8' --sort log_loss\n"
                "hone runs --since 7d --status FAILED\n"
                "hone runs 3f2a",
    .stage = HONE_STAGE_REGISTRY,
    .max_args = 1,
    .run = run_runs,
};

#include <math.h>

#include "cli/input.h"
#include "store/lineage.h"
#include "store/registry.h"

/* The aliases that point at a version of a model; version 0: at any. "champion, challenger=2". In mem. */
static const char *aliases_of(struct hone_arena *mem, const struct hone_alias_step *alias,
                              size_t n, const char *model, int64_t version)
{
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(alias[i].model, model) != 0 ||
            (version != 0 && alias[i].version != version)) {
            continue;
        }
        hone_buf_format(&buf, "%s%s", buf.len == 0 ? "" : ", ", alias[i].alias);
        if (version == 0) {
            hone_buf_format(&buf, "=%lld", (long long)alias[i].version);
        }
    }
    return buf.ptr;
}

static json_t *aliases_json(const struct hone_alias_step *alias, size_t n, const char *model)
{
    json_t *object = json_object();

    for (size_t i = 0; i < n; i++) {
        if (strcmp(alias[i].model, model) == 0) {
            hone_json_set(object, alias[i].alias, json_integer(alias[i].version));
        }
    }
    return object;
}

static enum hone_code list_models(struct hone_run *run, struct hone_store *store,
                                  struct hone_args *args)
{
    static const struct hone_grid_column columns[] = {
        {"model", HONE_LEFT, HONE_BOLD, 12},         {"versions", HONE_RIGHT, HONE_PLAIN, 0},
        {"latest", HONE_RIGHT, HONE_PLAIN, 0},       {"aliases", HONE_LEFT, HONE_PLAIN, 12},
        {"created (UTC)", HONE_LEFT, HONE_PLAIN, 0},
    };
    struct hone_arena *mem = args->mem;
    struct hone_grid grid = hone_grid(mem, columns, 5);
    struct hone_model_record *model;
    struct hone_alias_step *alias;
    size_t n, aliases;
    json_t *list;
    json_t *result;

    HONE_TRY(hone_model_list(run, store, mem, &model, &n));
    HONE_TRY(hone_alias_list(run, store, NULL, mem, &alias, &aliases));
    list = json_array();
    for (size_t i = 0; i < n; i++) {
        const char *const cells[] = {model[i].name,
                                     hone_text_count(mem, (uint64_t)model[i].versions),
                                     hone_arena_format(mem, "%lld", (long long)model[i].latest),
                                     aliases_of(mem, alias, aliases, model[i].name, 0),
                                     hone_text_when(mem, model[i].created)};
        json_t *object = json_object();
        hone_grid_row(&grid, cells);
        hone_json_set_text(object, "name", model[i].name);
        hone_json_set(object, "versions", json_integer(model[i].versions));
        hone_json_set(object, "latest", json_integer(model[i].latest));
        hone_json_set(object, "aliases", aliases_json(alias, aliases, model[i].name));
        hone_json_set(object, "created_us", json_integer(model[i].created));
        hone_json_push(list, object);
    }
    result = json_object();
    hone_json_set(result, "models", list);
    if (args->global.json) {
        hone_print_json(result);
        return HONE_OK;
    }
    json_decref(result);
    if (n == 0) {
        puts("no models; `hone train` registers one");
    } else {
        hone_grid_print(&grid, &args->out);
    }
    return HONE_OK;
}

/* The metrics of the run that made a version, as JSON; a run without any gives an empty object. */
static enum hone_code metrics_json(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem, json_t **out)
{
    struct hone_metric_point *point = NULL;
    size_t n = 0;

    if (id != NULL) {
        HONE_TRY(hone_store_run_metrics(run, store, id, mem, &point, &n));
    }
    *out = json_object();
    for (size_t i = 0; i < n; i++) {
        hone_json_set(*out, point[i].key, hone_json_real(point[i].value));
    }
    return HONE_OK;
}

/* Up to three of a version's metrics on one line. */
static const char *metrics_text(struct hone_arena *mem, const json_t *metrics)
{
    static const char *const usual[] = {"roc_auc", "log_loss", "accuracy", "f1_macro",
                                        "rmse",    "mae",      "r2"};
    struct hone_buf buf = hone_buf(mem);
    size_t shown = 0;

    hone_buf_text(&buf, "");
    for (size_t i = 0; i < sizeof usual / sizeof usual[0] && shown < 3; i++) {
        double value = hone_json_get_real(metrics, usual[i], (double)NAN);
        if (!isnan(value)) {
            hone_buf_format(&buf, "%s%s %s", shown == 0 ? "" : ", ", usual[i],
                            hone_text_number(mem, value, 4));
            shown++;
        }
    }
    return buf.ptr;
}

static json_t *version_json(const struct hone_version_record *v, const char *aliases)
{
    json_t *object = json_object();

    hone_json_set_text(object, "model", v->model);
    hone_json_set(object, "version", json_integer(v->version));
    hone_json_set_text(object, "aliases", aliases);
    hone_json_set_text(object, "status", v->status);
    hone_json_set_text(object, "run", v->run);
    hone_json_set_text(object, "hash", v->onnx);
    hone_json_set(object, "bytes", json_integer(v->bytes));
    hone_json_set_text(object, "by", v->by);
    hone_json_set_text(object, "verdict", v->verdict);
    hone_json_set(object, "created_us", json_integer(v->created));
    return object;
}

static enum hone_code list_versions(struct hone_run *run, struct hone_store *store,
                                    struct hone_args *args)
{
    static const struct hone_grid_column columns[] = {
        {"version", HONE_RIGHT, HONE_BOLD, 0},       {"aliases", HONE_LEFT, HONE_PLAIN, 10},
        {"status", HONE_LEFT, HONE_PLAIN, 0},        {"goals", HONE_LEFT, HONE_PLAIN, 0},
        {"created (UTC)", HONE_LEFT, HONE_PLAIN, 0}, {"by", HONE_LEFT, HONE_PLAIN, 0},
        {"run", HONE_LEFT, HONE_PLAIN, 0},           {"hash", HONE_LEFT, HONE_PLAIN, 0},
        {"size", HONE_RIGHT, HONE_PLAIN, 0},         {"metrics", HONE_LEFT, HONE_PLAIN, 20},
    };
    struct hone_arena *mem = args->mem;
    struct hone_grid grid = hone_grid(mem, columns, 10);
    struct hone_version_record *v;
    struct hone_version_record none;
    struct hone_alias_step *alias;
    size_t n, aliases;
    HONE_JSON json_t *list = json_array();

    HONE_TRY(hone_version_list(run, store, args->item[0], 0, mem, &v, &n));
    if (n == 0) { /* fails, and says which models there are */
        return hone_version_get(run, store, args->item[0], 0, mem, &none);
    }
    HONE_TRY(hone_alias_list(run, store, args->item[0], mem, &alias, &aliases));
    for (size_t i = 0; i < n; i++) {
        const char *names = aliases_of(mem, alias, aliases, v[i].model, v[i].version);
        json_t *metrics = NULL;
        json_t *object;
        HONE_TRY(metrics_json(run, store, v[i].run, mem, &metrics));
        const char *const cells[] = {
            hone_arena_format(mem, "%lld", (long long)v[i].version),
            names,
            v[i].status,
            v[i].verdict,
            hone_text_when(mem, v[i].created),
            v[i].by,
            v[i].run == NULL ? "" : hone_arena_text(mem, v[i].run, strnlen(v[i].run, 8)),
            hone_arena_text(mem, v[i].onnx, strnlen(v[i].onnx, 12)),
            hone_text_bytes(mem, (uint64_t)v[i].bytes),
            metrics_text(mem, metrics)};
        hone_grid_row(&grid, cells);
        object = version_json(&v[i], names);
        hone_json_set(object, "metrics", metrics);
        hone_json_push(list, object);
    }
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "model", args->item[0]);
        hone_json_set(result, "versions", json_incref(list));
        hone_print_json(result);
    } else {
        hone_grid_print(&grid, &args->out);
    }
    return HONE_OK;
}

/* --- one version ------------------------------------------------------------------------- */

static void title(const struct hone_args *args, const char *text)
{
    printf("\n%s%s%s\n", hone_style(&args->out, HONE_BOLD), text,
           hone_style(&args->out, HONE_PLAIN));
}

static void print_decisions(const struct hone_args *args, const struct hone_decision *d,
                            size_t n)
{
    static const struct hone_grid_column columns[] = {
        {"", HONE_LEFT, HONE_PLAIN, 0},           {"", HONE_LEFT, HONE_BOLD, 0},
        {"verdict", HONE_LEFT, HONE_PLAIN, 0},    {"value", HONE_RIGHT, HONE_PLAIN, 0},
        {"wanted", HONE_RIGHT, HONE_PLAIN, 0},    {"by", HONE_LEFT, HONE_PLAIN, 0},
        {"time (UTC)", HONE_LEFT, HONE_PLAIN, 0},
    };
    struct hone_arena *mem = args->mem;
    struct hone_grid grid = hone_grid(mem, columns, 7);
    for (size_t i = 0; i < n; i++) {
        const char *const cells[] = {
            d[i].kind,
            d[i].name,
            d[i].verdict,
            isnan(d[i].value) ? "" : hone_text_number(mem, d[i].value, 5),
            isnan(d[i].threshold) ? "" : hone_text_number(mem, d[i].threshold, 5),
            d[i].actor,
            hone_text_when(mem, d[i].time)};
        hone_grid_row(&grid, cells);
    }
    title(args, "Decisions");
    hone_grid_print(&grid, &args->out);
}

static json_t *decisions_json(struct hone_run *run, const struct hone_decision *d, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = json_object();
        json_t *detail = NULL;
        if (hone_json_parse(run, hone_str(d[i].detail), &detail) != HONE_OK) {
            hone_error_clear(run);
            detail = json_null();
        }
        hone_json_set_text(o, "kind", d[i].kind);
        hone_json_set_text(o, "name", d[i].name);
        hone_json_set_text(o, "verdict", d[i].verdict);
        hone_json_set(o, "value", hone_json_real(d[i].value));
        hone_json_set(o, "threshold", hone_json_real(d[i].threshold));
        hone_json_set_text(o, "actor", d[i].actor);
        hone_json_set(o, "time_us", json_integer(d[i].time));
        hone_json_set(o, "detail", detail);
        hone_json_push(list, o);
    }
    return list;
}

static void print_line(const char *key, const char *text)
{
    printf("  %-14s %s\n", key, text);
}

/* What the model takes and gives, from the signature on record. */
static void print_signature(const struct hone_args *args, const json_t *s)
{
    struct hone_arena *mem = args->mem;
    struct hone_buf text = hone_buf(mem);
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(s, "inputs"), i, item)
    {
        hone_buf_format(&text, "%s%s", i == 0 ? "" : ", ",
                        hone_json_get_text(item, "name", "?"));
    }
    print_line("task", hone_json_get_text(s, "task", "?"));
    print_line("target", hone_json_get_text(s, "target", ""));
    print_line("takes",
               hone_arena_format(
                   mem, "%zu: %s", json_array_size(json_object_get(s, "inputs")),
                   hone_text_fit(&args->out, mem, (struct hone_str){text.ptr, text.len}, 300)));
}

static enum hone_code show_version(struct hone_run *run, struct hone_store *store,
                                   struct hone_args *args)
{
    struct hone_arena *mem = args->mem;
    struct hone_resolved found;
    struct hone_alias_step *alias;
    struct hone_decision *decision;
    struct hone_fact *tag = NULL;
    HONE_JSON json_t *signature = NULL;
    json_t *metrics = NULL;
    size_t aliases, n, tags = 0;
    HONE_TRY(hone_store_resolve(run, store, args->item[0], mem, &found));
    if (found.version.id == 0) {
        (void)hone_fail(run, HONE_E_ARG, "%s is not a registered version", args->item[0]);
        return hone_hint(run, "hone runs shows what a run has made");
    }
    const struct hone_version_record *v = &found.version;
    HONE_TRY(hone_alias_list(run, store, v->model, mem, &alias, &aliases));
    HONE_TRY(hone_decision_list(run, store, v->model, v->version, mem, &decision, &n));
    HONE_TRY(hone_json_parse(run, hone_str(v->signature), &signature));
    if (v->run != NULL) {
        HONE_TRY(hone_store_run_tags(run, store, v->run, mem, &tag, &tags));
    }
    HONE_TRY(metrics_json(run, store, v->run, mem, &metrics));
    const char *names = aliases_of(mem, alias, aliases, v->model, v->version);
    json_t *o = version_json(v, names);
    json_t *words = json_object();
    for (size_t i = 0; i < tags; i++) {
        hone_json_set_text(words, tag[i].key, tag[i].value);
    }
    hone_json_set(o, "tags", words);
    hone_json_set(o, "metrics", metrics);
    hone_json_set(o, "signature", json_incref(signature));
    hone_json_set(o, "decisions", decisions_json(run, decision, n));
    if (args->global.json) {
        hone_print_json(o);
        return HONE_OK;
    }
    printf("%smodels:/%s/%lld%s  %s\n", hone_style(&args->out, HONE_BOLD), v->model,
           (long long)v->version, hone_style(&args->out, HONE_PLAIN), v->status);
    print_line("aliases", names);
    print_line("created (UTC)", hone_text_when(mem, v->created));
    print_line("by", v->by);
    print_line("run", v->run == NULL ? "" : v->run);
    print_line("file", hone_arena_format(mem, "%s  %s",
                                         hone_text_bytes(mem, (uint64_t)v->bytes), v->onnx));
    print_signature(args, signature);
    print_line("metrics", metrics_text(mem, metrics));
    for (size_t i = 0; i < tags; i++) {
        print_line(
            i == 0 ? "tags" : "",
            hone_text_fit(&args->out, mem,
                          hone_str(hone_arena_format(mem, "%s=%s", tag[i].key, tag[i].value)),
                          300));
    }
    if (n > 0) {
        print_decisions(args, decision, n);
    }
    json_decref(o);
    return HONE_OK;
}

static enum hone_code run_models(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;

    (void)settings;
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    if (args->n == 0) {
        return list_models(run, store, args);
    }
    return hone_uri_is(args->item[0]) ? show_version(run, store, args)
                                      : list_versions(run, store, args);
}

const struct hone_verb hone_verb_models = {
    .part.name = "models",
    .part.summary = "registered models, their versions and aliases",
    .usage = "[NAME|models:/NAME/VERSION]",
    .detail =
        "Lists the models, the versions of one with what its goals said, or all that is on "
        "record of one version.",
    .examples = "hone models\n"
                "hone models loan\n"
                "hone models models:/loan@champion\n"
                "hone models loan --json",
    .stage = HONE_STAGE_REGISTRY,
    .max_args = 1,
    .run = run_models,
};

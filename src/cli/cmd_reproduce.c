/* hone reproduce: train a model again from its record and compare the files' hashes. */
#include <math.h>

#include "base/cpu.h"
#include "base/hash.h"
#include "cli/input.h"
#include "flow/model/import.h"
#include "flow/model/locate.h"
#include "flow/train/job.h"
#include "store/registry.h"

struct settings {
    bool all;
};

static const struct hone_param params[] = {
    HONE_FLAG(struct settings, all, false,
              .help = "every ready version: of MODEL, a name, or of all models"),
    HONE_PARAM_END,
};

/* What came of one version. */
struct outcome {
    const char *uri, *was, *is; /* is: NULL when it was not trained */
    const char *state;          /* "same", "different", "data", "imported", "failed" */
    const char *why;            /* what differs, or went wrong; "" */
    const char *made_by, *by;   /* versions of hone: then and now */
    const char *made_on;        /* processor, then; NULL: not known */
    double seconds, once;       /* now, and when it was made; NaN: not known */
};

/* --- one ------------------------------------------------------------------------------------ */

/* The data must be what it was: else a difference says nothing about the training. */
static enum hone_code check_data(struct hone_run *run, struct hone_store *store, const char *id,
                                 const struct hone_job_result *result, struct hone_arena *mem)
{
    struct hone_run_data *used;
    size_t n;
    struct hone_sha now;
    HONE_TRY(hone_store_run_used(run, store, id, mem, &used, &n));
    HONE_TRY(hone_table_hash(run, result->data, &now));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(used[i].role, "train") == 0 && strcmp(used[i].hash, now.hex) != 0) {
            (void)hone_fail(run, HONE_E_CONFLICT,
                            "%s is not the data that the model was trained on", used[i].path);
            return hone_hint(run, "its content was %.12s, now it is %.12s", used[i].hash,
                             now.hex);
        }
    }
    return HONE_OK;
}

/* What is not as it was, when the bits differ although the data are the same. */
static const char *what_differs(const struct outcome *o, struct hone_arena *mem)
{
    if (strcmp(o->made_by, o->by) != 0) {
        return hone_arena_format(mem, "the program: hone %s made it, this is %s", o->made_by,
                                 o->by);
    }
    if (o->made_on != NULL && strcmp(o->made_on, hone_cpu_name()) != 0) {
        return hone_arena_format(mem, "the processor: %s made it, this is %s", o->made_on,
                                 hone_cpu_name());
    }
    return "neither data, settings, seed, version nor processor: a library underneath, or a fault "
           "of hone's";
}

/* The processor that a run was on; NULL: not on record. */
static enum hone_code cpu_of(struct hone_run *run, struct hone_store *store, const char *id,
                             struct hone_arena *mem, const char **out)
{
    struct hone_fact *tag;
    size_t n;
    *out = NULL;
    HONE_TRY(hone_store_run_tags(run, store, id, mem, &tag, &n));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(tag[i].key, HONE_TAG_CPU) == 0) {
            *out = tag[i].value;
        }
    }
    return HONE_OK;
}

static enum hone_code train_again(struct hone_run *run, struct hone_store *store,
                                  const struct hone_args *args, const char *id,
                                  struct hone_arena *mem, struct outcome *o)
{
    HONE_JSON json_t *config = NULL;
    struct hone_run_record record;
    struct hone_job job;
    struct hone_job_result result;
    HONE_TRY(hone_import_refuse(run, store, id));
    HONE_TRY(hone_store_run_get(run, store, id, mem, &record));
    HONE_TRY(hone_json_parse(run, hone_str(record.config), &config));
    hone_job_default(&job);
    job.store = args->global.store;
    HONE_TRY(hone_job_from_json(run, config, mem, &job));
    run->seed = record.seed;
    o->made_by = record.version;
    o->by = HONE_VERSION;
    HONE_TRY(cpu_of(run, store, id, mem, &o->made_on));
    o->once = record.ended == 0 ? (double)NAN : (double)(record.ended - record.started) * 1e-6;
    HONE_TRY(hone_job_train(run, &job, mem, &result));
    HONE_TRY(check_data(run, store, record.id, &result, mem));
    o->seconds = result.total_seconds;
    o->is = hone_arena_text(mem, result.trained.hash.hex, strlen(result.trained.hash.hex));
    bool same = strcmp(o->was, o->is) == 0;
    o->state = same ? "same" : "different";
    o->why = same ? "" : what_differs(o, mem);
    return HONE_OK;
}

static json_t *outcome_json(const struct outcome *o)
{
    json_t *object = json_object();
    hone_json_set_text(object, "model", o->uri);
    hone_json_set_text(object, "recorded", o->was);
    hone_json_set_text(object, "reproduced", o->is);
    hone_json_set(object, "same", json_boolean(strcmp(o->state, "same") == 0));
    hone_json_set_text(object, "state", o->state);
    hone_json_set_text(object, "why", o->why[0] == '\0' ? NULL : o->why);
    hone_json_set_text(object, "made_by", o->made_by);
    hone_json_set(object, "seconds", hone_json_real(o->seconds));
    hone_json_set(object, "seconds_then", hone_json_real(o->once));
    return object;
}

static void print_people(const struct outcome *o)
{
    bool same = strcmp(o->was, o->is) == 0;
    printf("%s %s in %.1f s\n  recorded   %s\n  reproduced %s\n", o->uri,
           same ? "was reproduced to the bit" : "came out differently", o->seconds, o->was,
           o->is);
    if (!same) {
        printf("  differs    %s\n", o->why);
    }
}

static enum hone_code reproduce_one(struct hone_run *run, struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_located located;
    struct outcome o = {.why = "", .state = "failed"};
    HONE_TRY(hone_model_locate(run, args->global.store, args->item[0], args->mem, &located));
    if (located.run == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "%s is a file: nothing records how it was made",
                        located.uri);
        return hone_hint(run, "name a registered model: models:/NAME/VERSION");
    }
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    o.uri = located.uri;
    o.was = located.hash;
    HONE_TRY(train_again(run, store, args, located.run, args->mem, &o));
    if (args->global.json) {
        hone_print_json(outcome_json(&o));
    } else {
        print_people(&o);
    }
    args->answered = args->global.json;
    if (strcmp(o.state, "same") != 0) {
        return hone_fail(run, HONE_E_GATE, "the reproduced model is not the recorded one");
    }
    return HONE_OK;
}

/* --- all ------------------------------------------------------------------------------------ */

/* A version that can not be reproduced does not keep the others from it. */
static enum hone_code try_version(struct hone_run *run, struct hone_store *store,
                                  const struct hone_args *args,
                                  const struct hone_version_record *v, struct outcome *o)
{
    HONE_ARENA(work); /* the tables of one training at a time */
    enum hone_code code;
    *o = (struct outcome){
        .seconds = (double)NAN, .once = (double)NAN, .why = "", .state = "failed"};
    o->uri = hone_arena_format(args->mem, "models:/%s/%lld", v->model, (long long)v->version);
    o->was = v->onnx;
    if (v->run == NULL) {
        o->state = "imported";
        return HONE_OK;
    }
    code = train_again(run, store, args, v->run, &work, o);
    o->made_by =
        o->made_by == NULL ? NULL : hone_arena_text(args->mem, o->made_by, strlen(o->made_by));
    o->is = o->is == NULL ? NULL : hone_arena_text(args->mem, o->is, strlen(o->is));
    o->why = hone_arena_text(args->mem, o->why, strlen(o->why));
    if (code == HONE_E_CANCELLED) {
        return code;
    }
    if (code != HONE_OK) {
        o->state = code == HONE_E_UNSUPPORTED ? "imported"
                   : code == HONE_E_CONFLICT  ? "data"
                                              : "failed";
        o->why = hone_arena_format(args->mem, "%s", run->err.message);
        hone_error_clear(run);
    }
    return HONE_OK;
}

static void print_all(const struct hone_args *args, const struct outcome *o, size_t n)
{
    static const struct hone_grid_column columns[] = {
        {"model", HONE_LEFT, HONE_BOLD, 0}, {"state", HONE_LEFT, HONE_PLAIN, 0},
        {"hash", HONE_LEFT, HONE_PLAIN, 0}, {"took", HONE_RIGHT, HONE_PLAIN, 0},
        {"why", HONE_LEFT, HONE_PLAIN, 20},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 5);
    for (size_t i = 0; i < n; i++) {
        const char *const cells[] = {
            o[i].uri, o[i].state, hone_arena_text(args->mem, o[i].was, strnlen(o[i].was, 12)),
            isnan(o[i].seconds) ? "" : hone_text_seconds(args->mem, o[i].seconds), o[i].why};
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

static enum hone_code reproduce_all(struct hone_run *run, struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_version_record *v;
    struct outcome *o;
    size_t n, tried = 0, same = 0, imported = 0;
    json_t *list = json_array();
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(hone_version_list(run, store, args->n == 0 ? NULL : args->item[0], 0, args->mem,
                               &v, &n));
    HONE_TRY(hone_array(run, args->mem, &o, n));
    for (size_t i = n; i > 0; i--) { /* the oldest first */
        if (strcmp(v[i - 1].status, "READY") == 0) {
            HONE_TRY(try_version(run, store, args, &v[i - 1], &o[tried]));
            same += strcmp(o[tried].state, "same") == 0;
            imported += strcmp(o[tried].state, "imported") == 0;
            hone_json_push(list, outcome_json(&o[tried++]));
        }
    }
    json_t *result = json_object();
    hone_json_set(result, "versions", list);
    hone_json_set(result, "same", json_integer((json_int_t)same));
    hone_json_set(result, "imported", json_integer((json_int_t)imported));
    args->answered = args->global.json;
    if (args->global.json) {
        hone_print_json(result);
    } else {
        json_decref(result);
        print_all(args, o, tried);
    }
    if (tried == 0) {
        return hone_fail(run, HONE_E_NOT_FOUND, "there is no ready version to reproduce");
    }
    if (same + imported < tried) {
        return hone_fail(run, HONE_E_GATE, "%zu of %zu versions were not reproduced",
                         tried - same - imported, tried - imported);
    }
    return HONE_OK;
}

static enum hone_code run_reproduce(struct hone_run *run, const void *settings,
                                    struct hone_args *args)
{
    const struct settings *set = settings;
    if (set->all) {
        return reproduce_all(run, args);
    }
    if (args->n == 0) {
        (void)hone_fail(run, HONE_E_ARG, "reproduce needs a MODEL");
        return hone_hint(run, "hone reproduce models:/NAME/VERSION, or --all");
    }
    return reproduce_one(run, args);
}

const struct hone_verb hone_verb_reproduce = {
    .part.name = "reproduce",
    .part.summary = "train a model again from its record and compare",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "MODEL|--all [NAME]",
    .detail =
        "Reads the recorded data, project and seed, trains, and compares the hash of the new "
        "file with the recorded one.  Exit status 1 when they differ, and what differs is said: the "
        "data, the version of hone, or neither.  --all tries every ready version, goes on where "
        "one fails, and passes over imported ones, which can not be trained again.",
    .examples = "hone reproduce models:/loans/3\n"
                "hone reproduce --all loans --json",
    .stage = HONE_STAGE_REGISTRY,
    .max_args = 1,
    .run = run_reproduce,
};

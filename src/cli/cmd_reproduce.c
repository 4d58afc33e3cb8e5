/* hone reproduce: train a model again from its record and compare the files' hashes. */
#include "base/hash.h"
#include "cli/verb.h"
#include "flow/import.h"
#include "flow/job.h"
#include "flow/locate.h"

static void print_people(const char *uri, const char *was, const char *is, double seconds)
{
    bool same = strcmp(was, is) == 0;
    printf("%s %s in %.1f s\n  recorded   %s\n  reproduced %s\n", uri,
           same ? "was reproduced to the bit" : "came out differently", seconds, was, is);
}

static void print_result_json(const char *uri, const char *was, const char *is, double seconds)
{
    json_t *o = json_object();
    hone_json_set_text(o, "model", uri);
    hone_json_set_text(o, "recorded", was);
    hone_json_set_text(o, "reproduced", is);
    hone_json_set(o, "same", json_boolean(strcmp(was, is) == 0));
    hone_json_set(o, "seconds", hone_json_real(seconds));
    hone_print_json(o);
}

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

static enum hone_code run_reproduce(struct hone_run *run, const void *settings,
                                    struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    HONE_JSON json_t *config = NULL;
    struct hone_located located;
    struct hone_run_record record;
    struct hone_job job;
    struct hone_job_result result;
    (void)settings;
    HONE_TRY(hone_model_locate(run, args->global.store, args->item[0], args->mem, &located));
    if (located.run == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "%s is a file: nothing records how it was made",
                        located.uri);
        return hone_hint(run, "name a registered model: models:/NAME/VERSION");
    }
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(hone_import_refuse(run, store, located.run));
    HONE_TRY(hone_store_run_get(run, store, located.run, args->mem, &record));
    HONE_TRY(hone_json_parse(run, hone_str(record.config), &config));
    hone_job_default(&job);
    job.store = args->global.store;
    HONE_TRY(hone_job_from_json(run, config, args->mem, &job));
    run->seed = record.seed;
    if (strcmp(record.version, HONE_VERSION) != 0 && !args->global.json) {
        printf("note: trained by hone %s, this is %s\n", record.version, HONE_VERSION);
    }
    HONE_TRY(hone_job_train(run, &job, args->mem, &result));
    HONE_TRY(check_data(run, store, record.id, &result, args->mem));
    const char *is = result.trained.hash.hex;
    (args->global.json ? print_result_json : print_people)(located.uri, located.hash, is,
                                                           result.total_seconds);
    args->answered = args->global.json;
    if (strcmp(located.hash, is) != 0) {
        return hone_fail(run, HONE_E_GATE, "the reproduced model is not the recorded one");
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_reproduce = {
    .part.name = "reproduce",
    .part.summary = "train a model again from its record and compare",
    .usage = "MODEL",
    .detail =
        "Reads the recorded data, project and seed, trains, and compares the hash of the new "
        "file with the recorded one.  Exit status 1 when they differ.",
    .examples = "hone reproduce models:/loans/3",
    .stage = HONE_STAGE_REGISTRY,
    .min_args = 1,
    .max_args = 1,
    .run = run_reproduce,
};

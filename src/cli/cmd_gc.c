/* hone gc: what the store holds that nothing needs any more. */
#include "cli/ago.h"
#include "cli/input.h"
#include "store/collect.h"

struct settings {
    bool delete, keep_labelled, compact;
    const char *grace, *failed, *archived, *predictions_older_than;
    int64_t keep_data;
};

static const struct hone_param params[] = {
    HONE_FLAG(struct settings, delete, false,
              .help = "remove it; without, only say what would go"),
    HONE_TEXT(struct settings, grace, "1h", .arg = "WHILE",
              .help = "leave alone what is younger: 90m, 12h, 7d"),
    HONE_TEXT(struct settings, failed, "30d", .arg = "WHILE|never",
              .help =
                  "let files of runs go that failed or were killed so long ago, and what they "
                  "kept for going on"),
    HONE_TEXT(struct settings, archived, "never", .arg = "WHILE|never",
              .help = "let model files of versions go that were archived so long ago; their "
                      "record stays"),
    HONE_INT(struct settings, keep_data, 0, 0, 1000000,
             .help = "of each data set let all but the newest N versions go, except those that "
                     "a ready model was made from; 0: keep all"),
    HONE_TEXT(struct settings, predictions_older_than, "never", .arg = "WHILE|never",
              .help = "let logged predictions go that are so old, with their labels: 90d"),
    HONE_FLAG(struct settings, keep_labelled, false,
              .help = "of those keep the ones that have a label"),
    HONE_FLAG(struct settings, compact, false,
              .help = "with --delete: write the database anew, so that all that is free in it "
                      "goes back to the disk; servers can not write their log meanwhile"),
    HONE_PARAM_END,
};

static enum hone_code read_policy(struct hone_run *run, const struct settings *set,
                                  struct hone_gc_policy *out)
{
    *out = (struct hone_gc_policy){.failed_us = -1,
                                   .archived_us = -1,
                                   .keep_data = set->keep_data,
                                   .keep_labelled = set->keep_labelled,
                                   .compact = set->compact,
                                   .actor = hone_input_actor()};
    HONE_TRY(hone_while(run, "--grace", set->grace, &out->grace_us));
    if (strcmp(set->failed, "never") != 0) {
        HONE_TRY(hone_while(run, "--failed", set->failed, &out->failed_us));
    }
    if (strcmp(set->archived, "never") != 0) {
        HONE_TRY(hone_while(run, "--archived", set->archived, &out->archived_us));
    }
    if (strcmp(set->predictions_older_than, "never") != 0) {
        int64_t age;
        HONE_TRY(
            hone_while(run, "--predictions-older-than", set->predictions_older_than, &age));
        out->predictions_before = hone_now_us(run) - age;
    } else if (set->keep_labelled) {
        return hone_fail(run, HONE_E_ARG, "--keep-labelled goes with --predictions-older-than");
    }
    return HONE_OK;
}

static void print_result_json(const struct hone_gc_plan *plan, const struct hone_gc_plan *done)
{
    static const char *const keys[] = {"files",  "half_written",  "failed_runs", "archived",
                                       "trials", "data_versions", "pieces",      "predictions"};
    const struct hone_gc_plan *told = done != NULL ? done : plan;
    json_t *result = json_object();
    json_t *list = json_array();
    uint64_t bytes = 0;
    for (size_t k = 0; k < HONE_GC_KINDS; k++) {
        json_t *o = json_object();
        hone_json_set(o, "items", json_integer((json_int_t)told->sum[k].items));
        hone_json_set(o, "bytes", json_integer((json_int_t)told->sum[k].bytes));
        hone_json_set(result, keys[k], o);
        bytes += told->sum[k].bytes;
    }
    for (size_t i = 0; i < plan->n; i++) {
        json_t *o = json_object();
        hone_json_set_text(o, "kind", keys[plan->item[i].kind]);
        hone_json_set_text(o, "of", plan->item[i].of);
        hone_json_set_text(o, "hash", plan->item[i].hash);
        hone_json_set(o, "bytes", json_integer((json_int_t)plan->item[i].bytes));
        hone_json_push(list, o);
    }
    hone_json_set(result, "bytes", json_integer((json_int_t)bytes));
    hone_json_set(result, "deleted", json_boolean(done != NULL));
    hone_json_set(result, "data_busy", json_boolean(told->objects_busy));
    if (done != NULL) {
        hone_json_set(result, "labels", json_integer((json_int_t)done->labels));
        hone_json_set(result, "free_in_database", json_integer((json_int_t)done->unused));
    }
    hone_json_set(result, "list", list);
    hone_print_json(result);
}

static void print_people(const struct hone_args *args, const struct hone_gc_plan *told,
                         bool deleted)
{
    static const struct hone_grid_column columns[] = {
        {"", HONE_LEFT, HONE_PLAIN, 0},
        {"", HONE_RIGHT, HONE_PLAIN, 0},
        {"", HONE_RIGHT, HONE_PLAIN, 0},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 3);
    uint64_t bytes = 0;
    bool any = false;
    for (enum hone_gc_kind k = 0; k < HONE_GC_KINDS; k++) {
        if (told->sum[k].items > 0) {
            const char *const cells[] = {hone_gc_name(k),
                                         hone_text_count(args->mem, told->sum[k].items),
                                         hone_text_bytes(args->mem, told->sum[k].bytes)};
            hone_grid_row(&grid, cells);
            bytes += told->sum[k].bytes;
            any = true;
        }
    }
    if (any) {
        hone_grid_print(&grid, &args->out);
    }
    if (told->objects_busy) {
        puts("data are being added just now: their pieces were not looked at");
    }
    if (told->labels > 0) {
        printf("with them went %s labels\n", hone_text_count(args->mem, told->labels));
    }
    if (told->unused > 0) {
        printf(
            "%s are free in the database for what comes; --compact gives them back to the disk\n",
            hone_text_bytes(args->mem, told->unused));
    }
    if (!any) {
        puts("nothing to remove");
    } else if (deleted) {
        printf("%s removed\n", hone_text_bytes(args->mem, bytes));
    } else {
        printf("%s could go; --delete removes it\n", hone_text_bytes(args->mem, bytes));
    }
}

static enum hone_code run_gc(struct hone_run *run, const void *settings, struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_gc_policy policy;
    struct hone_gc_plan plan;
    struct hone_gc_plan done;

    HONE_TRY(read_policy(run, set, &policy));
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    hone_input_sweep(run, store);
    HONE_TRY(hone_gc_find(run, store, &policy, args->mem, &plan));
    if (set->delete) {
        HONE_TRY(hone_gc_act(run, store, &policy, &plan, &done));
    }
    if (args->global.json) {
        print_result_json(&plan, set->delete ? &done : NULL);
    } else if (!args->global.quiet) {
        print_people(args, set->delete ? &done : &plan, set->delete);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_gc = {
    .part.name = "gc",
    .part.summary = "remove what the store holds and nothing needs",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "[--delete]",
    .detail =
        "Says what could go and how many bytes that are; --delete removes it.  What an alias, a "
        "ready version or a run in progress needs is never removed, nor what is younger than "
        "--grace.  It may run beside a training, and be killed at any moment.",
    .examples = "hone gc\n"
                "hone gc --delete --failed 7d\n"
                "hone gc --delete --archived 90d --keep-data 10\n"
                "hone gc --delete --predictions-older-than 90d --keep-labelled",
    .stage = HONE_STAGE_REGISTRY,
    .run = run_gc,
};

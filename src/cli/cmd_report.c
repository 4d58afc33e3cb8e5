/* hone report: what is known about a model, as one HTML file. */
#include "base/file.h"
#include "cli/input.h"
#include "flow/model/locate.h"
#include "flow/train/facts.h"
#include "flow/watch/watch.h"
#include "report/model_page.h"
#include "store/artifact.h"

struct settings {
    const char *out;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, out, "report.html", .arg = "FILE", .help = "where to write"),
    HONE_PARAM_END,
};

/* The document that a run keeps under a name; *out stays NULL when it keeps none. */
static enum hone_code kept_document(struct hone_run *run, struct hone_store *store,
                                    const char *id, const char *name, struct hone_arena *mem,
                                    json_t **out)
{
    struct hone_run_artifact *kept;
    size_t n;
    HONE_TRY(hone_store_run_kept(run, store, id, mem, &kept, &n));
    for (size_t i = 0; i < n; i++) {
        struct hone_str bytes;
        if (strcmp(kept[i].path, name) == 0) {
            HONE_TRY(hone_artifact_get(run, store, kept[i].hash, mem, &bytes));
            return hone_json_parse(run, bytes, out);
        }
    }
    return HONE_OK;
}

static enum hone_code run_report(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_located located;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    HONE_JSON json_t *facts = NULL;
    HONE_JSON json_t *watch = NULL;
    const char *last;
    HONE_TRY(hone_model_locate(run, args->global.store, args->item[0], args->mem, &located));
    if (located.run == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "%s is a file: nothing records how it was made",
                        located.uri);
        return hone_hint(run, "name a registered model: models:/NAME/VERSION");
    }
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(kept_document(run, store, located.run, HONE_RUN_FACTS, args->mem, &facts));
    if (facts == NULL) {
        return hone_fail(run, HONE_E_NOT_FOUND, "the run of %s keeps no facts to report",
                         located.uri);
    }
    HONE_TRY(hone_watch_last(run, store, &located, args->mem, &last));
    if (last != NULL) {
        HONE_TRY(kept_document(run, store, last, HONE_RUN_WATCH, args->mem, &watch));
    }
    struct hone_page_look look = hone_input_look();
    struct hone_buf page = hone_buf(args->mem);
    hone_model_page(located.uri, facts, watch, &look, args->mem, &page);
    HONE_TRY(hone_file_write(run, set->out, (struct hone_str){page.ptr, page.len}));
    if (args->global.json) {
        json_t *o = json_object();
        hone_json_set_text(o, "model", located.uri);
        hone_json_set_text(o, "out", set->out);
        hone_json_set(o, "bytes", json_integer((json_int_t)page.len));
        hone_print_json(o);
    } else if (strcmp(set->out, "-") != 0 && !args->global.quiet) {
        printf("%s: %s, %s\n", located.uri, set->out, hone_text_bytes(args->mem, page.len));
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_report = {
    .part.name = "report",
    .part.summary = "what is known about a model, as one HTML file",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "MODEL [-o FILE]",
    .detail =
        "Quality with intervals, curves, data checks, groups, what the model looks at, live "
        "drift where hone monitor has looked, and how to make the same model again.",
    .examples = "hone report models:/loans@champion -o loans.html",
    .stage = HONE_STAGE_MODEL,
    .min_args = 1,
    .max_args = 1,
    .run = run_report,
};

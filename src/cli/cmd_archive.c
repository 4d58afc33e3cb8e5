/* hone archive: take a version out of use; it stays on record. */
#include "cli/input.h"
#include "store/registry.h"

struct settings {
    const char *reason;
    bool restore;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, reason, NULL, .help = "why, for the audit log"),
    HONE_FLAG(struct settings, restore, false, .help = "make archived versions ready again"),
    HONE_PARAM_END,
};

static enum hone_code run_archive(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    const char *status = set->restore ? "READY" : "ARCHIVED";
    json_t *list;

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRANSACTION tx = {0}; /* all of them, or none */
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    for (size_t i = 0; i < args->n; i++) {
        struct hone_uri uri;
        HONE_TRY(hone_uri_parse(run, args->item[i], args->mem, &uri));
        if (uri.kind != HONE_URI_VERSION) {
            (void)hone_fail(run, HONE_E_ARG, "%s names no version by its number",
                            args->item[i]);
            return hone_hint(run, "name one as models:/NAME/3");
        }
        const struct hone_version_record record = {.model = uri.name, .version = uri.version};
        if (hone_version_status(run, store, &record, status, hone_input_actor(), set->reason) !=
            HONE_OK) {
            return hone_fail_in(run, "%s", args->item[i]);
        }
    }
    HONE_TRY(hone_transaction_commit(run, &tx));
    list = json_array();
    for (size_t i = 0; i < args->n; i++) {
        hone_json_push(list, hone_json_text(hone_str(args->item[i])));
        if (!args->global.json && !args->global.quiet) {
            printf("%s is %s\n", args->item[i], set->restore ? "ready again" : "archived");
        }
    }
    json_t *result = json_object();
    hone_json_set(result, "versions", list);
    hone_json_set_text(result, "status", status);
    if (args->global.json) {
        hone_print_json(result);
    } else {
        json_decref(result);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_archive = {
    .part.name = "archive",
    .part.summary = "take versions of a model out of use",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "models:/NAME/VERSION...",
    .detail =
        "An archived version can not be promoted, is never the latest, and stays on record with its "
        "run, metrics and decisions.  One that an alias points at is refused.  Its file stays too, "
        "until `hone gc --archived WHILE` lets it go.",
    .examples = "hone archive models:/loan/1 models:/loan/2 --reason 'before the new form'\n"
                "hone archive models:/loan/2 --restore",
    .stage = HONE_STAGE_REGISTRY,
    .min_args = 1,
    .max_args = 1000,
    .run = run_archive,
};

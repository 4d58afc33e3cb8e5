#include "cli/input.h"
#include "store/registry.h"

struct settings {
    const char *alias;
    const char *reason;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, alias, "champion", .arg = "NAME",
              .help = "the alias to step back"),
    HONE_TEXT(struct settings, reason, NULL, .help = "why, for the audit log"),
    HONE_PARAM_END,
};

static enum hone_code run_rollback(struct hone_run *run, const void *settings,
                                   struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_uri uri = {.name = args->item[0]};
    struct hone_alias_change change;
    int64_t version = 0;

    if (hone_uri_is(args->item[0])) {
        HONE_TRY(hone_uri_parse(run, args->item[0], args->mem, &uri));
        if (uri.name == NULL || uri.version != 0) {
            (void)hone_fail(run, HONE_E_ARG, "%s names no model with an alias", args->item[0]);
            return hone_hint(run, "name one as models:/NAME@ALIAS or NAME");
        }
    }
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    change = (struct hone_alias_change){.model = uri.name,
                                        .alias = uri.alias != NULL ? uri.alias : set->alias,
                                        .actor = hone_input_actor(),
                                        .reason = set->reason};
    HONE_TRY(hone_alias_rollback(run, store, &change, &version));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "model", change.model);
        hone_json_set_text(result, "alias", change.alias);
        hone_json_set(result, "version", json_integer(version));
        hone_print_json(result);
    } else {
        printf("models:/%s@%s is version %lld again\n", change.model, change.alias,
               (long long)version);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_rollback = {
    .part.name = "rollback",
    .part.summary = "point an alias at the version it pointed at before",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "NAME|models:/NAME@ALIAS",
    .examples = "hone rollback loan\n"
                "hone rollback models:/loan@challenger --reason 'latency'",
    .stage = HONE_STAGE_REGISTRY,
    .min_args = 1,
    .max_args = 1,
    .run = run_rollback,
};

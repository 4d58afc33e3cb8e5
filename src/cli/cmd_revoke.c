/* hone revoke: a token is good no more. */
#include "cli/input.h"
#include "store/token.h"

struct settings {
    const char *reason;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, reason, NULL, .help = "why, for the audit log"),
    HONE_PARAM_END,
};

static enum hone_code run_revoke(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(hone_token_revoke(run, store, args->item[0], hone_input_actor(), set->reason));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "name", args->item[0]);
        hone_json_set_text(result, "state", "revoked");
        hone_print_json(result);
    } else {
        printf("%s is revoked\n", args->item[0]);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_revoke = {
    .part.name = "revoke",
    .part.summary = "make a token good for nothing",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "NAME",
    .examples = "hone revoke nightly-batch --reason 'it was in a log'",
    .stage = HONE_STAGE_SERVICE,
    .min_args = 1,
    .max_args = 1,
    .run = run_revoke,
};

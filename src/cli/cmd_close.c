/* hone close: an alarm has been dealt with. */
#include "cli/input.h"
#include "store/journal.h"

struct settings {
    const char *reason;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, reason, NULL, .help = "what it was and what was done; required"),
    HONE_PARAM_END,
};

static enum hone_code run_close(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;

    if (set->reason == NULL || set->reason[0] == '\0') {
        (void)hone_fail(run, HONE_E_ARG, "an alarm is closed with a reason");
        return hone_hint(run,
                         "add --reason 'what it was and what was done': who is on call next "
                         "will read it");
    }
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    for (size_t i = 0; i < args->n; i++) {
        int64_t id;
        HONE_TRY(hone_alarm_id(run, args->item[i], &id));
        HONE_TRY(hone_alarm_close(run, store, id, hone_input_actor(), set->reason));
        if (!args->global.json) {
            printf("alarm:%lld is closed\n", (long long)id);
        }
    }
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set(result, "closed", json_integer((json_int_t)args->n));
        hone_print_json(result);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_close = {
    .part.name = "close",
    .part.summary = "close alarms that have been dealt with",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "alarm:N...",
    .examples =
        "hone close alarm:3 --reason 'the source sent cents for euros; mended at 14:10'",
    .stage = HONE_STAGE_SERVICE,
    .min_args = 1,
    .max_args = 1000,
    .run = run_close,
};

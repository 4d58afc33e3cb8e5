#include "cli/hooks.h"

#include <math.h>
#include <stdio.h>

#include "flow/project.h"

const struct hone_param hone_hook_params[] = {
    HONE_LIST(struct hone_hook_options, webhook, .arg = "URL",
              .help = "tell alarms to this URL (repeatable; also in HONE_WEBHOOK; signed with "
                      "HONE_WEBHOOK_SECRET)"),
    HONE_TEXT(struct hone_hook_options, config, NULL, .arg = "FILE",
              .help = "a project file, for its monitor.webhook"),
    HONE_FLAG(struct hone_hook_options, test_webhook, false,
              .help = "only tell the webhooks that this is a test, and look at nothing"),
    HONE_PARAM_END,
};

enum hone_code hone_hooks_wanted(struct hone_run *run, const struct hone_hook_options *options,
                                 struct hone_args *args, struct hone_hooks *out)
{
    struct hone_job job;
    struct hone_texts given = options->webhook;
    if (options->config != NULL) {
        hone_job_default(&job);
        HONE_TRY(hone_job_from_file(run, options->config, args->mem, &job));
        HONE_TRY(hone_array(run, args->mem, &given.item,
                            options->webhook.n + job.monitor.webhook.n + 1));
        given.n = 0;
        for (size_t i = 0; i < options->webhook.n; i++) {
            given.item[given.n++] = options->webhook.item[i];
        }
        for (size_t i = 0; i < job.monitor.webhook.n; i++) {
            given.item[given.n++] = job.monitor.webhook.item[i];
        }
    }
    return hone_hooks_gather(run, &given, args->mem, out);
}

static void teller_drop(struct hone_teller **teller)
{
    hone_teller_free(*teller);
}

static void print_tested(const struct hone_args *args, json_t *list, const char *name,
                         const char *error)
{
    if (args->global.json) {
        json_t *o = json_object();
        hone_json_set_text(o, "webhook", name);
        hone_json_set_text(o, "error", error);
        hone_json_push(list, o);
    } else if (error == NULL) {
        printf("%s accepted the test\n", name);
    } else {
        printf("not accepted: %s\n", error);
    }
}

enum hone_code hone_hooks_test(struct hone_run *run, const struct hone_hooks *hooks,
                               struct hone_args *args)
{
    HONE_CLOSING(teller_drop) struct hone_teller *teller = NULL;
    struct hone_error first = {0};
    const int64_t now = hone_now_us(run);
    const struct hone_alarm alarm = {.time = now,
                                     .kind = "test",
                                     .severity = "info",
                                     .subject = "webhook",
                                     .value = (double)NAN,
                                     .threshold = (double)NAN,
                                     .message =
                                         "hone can reach this webhook; nothing is wrong"};
    const char *id = hone_arena_format(args->mem, "test_%llx", (unsigned long long)now);
    if (hooks->url.n == 0) {
        (void)hone_fail(run, HONE_E_ARG, "there is no webhook to test");
        return hone_hint(run, "name one with --webhook URL, or in " HONE_ENV_WEBHOOK);
    }
    HONE_TRY(hone_teller_new(run, hooks, &teller));
    json_t *list = json_array();
    for (size_t i = 0; i < hooks->url.n; i++) {
        const char *name = hone_webhook_name(hooks->url.item[i], args->mem);
        bool well = hone_tell_straight(run, teller, i, "test", id, &alarm) == HONE_OK;
        print_tested(args, list, name, well ? NULL : run->err.message);
        if (!well && first.code == HONE_OK) {
            first = run->err;
        }
        hone_error_clear(run);
    }
    if (args->global.json) {
        hone_print_json(list);
        args->answered = true;
    } else {
        json_decref(list);
    }
    if (first.code != HONE_OK) {
        run->err = first;
    }
    return first.code;
}

enum hone_code hone_hooks_deliver(struct hone_run *run, const struct hone_hooks *hooks,
                                  const struct hone_args *args, struct hone_store *store)
{
    HONE_CLOSING(teller_drop) struct hone_teller *teller = NULL;
    struct hone_told *told;
    size_t n;
    if (hooks->url.n == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_teller_new(run, hooks, &teller));
    HONE_TRY(hone_tell_due(run, store, teller, args->mem, &told, &n));
    for (size_t i = 0; i < n; i++) {
        const char *what = told[i].closed ? "is closed" : "rings";
        if (told[i].error == NULL) {
            fprintf(stderr, "%s was told that " HONE_ALARM_PREFIX "%lld %s\n", told[i].hook,
                    (long long)told[i].alarm, what);
        } else {
            fprintf(stderr,
                    "hone: that " HONE_ALARM_PREFIX "%lld %s was not told: %s\n"
                    "hint: the next run with this webhook tells it\n",
                    (long long)told[i].alarm, what, told[i].error);
        }
    }
    return HONE_OK;
}

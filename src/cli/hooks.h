/*
 * cli/hooks.h - options of verbs that tell webhooks, and what they say of it
 */
#ifndef HONE_CLI_HOOKS_H
#define HONE_CLI_HOOKS_H

#include "cli/verb.h"
#include "flow/watch/tell.h"

struct hone_hook_options {
    struct hone_texts webhook;
    const char *config;
    bool test_webhook;
};
extern const struct hone_param hone_hook_params[];
#define HONE_HOOK_GROUP(S, field)                                                              \
    {                                                                                          \
        "Webhooks", hone_hook_params, offsetof(S, field)                                       \
    }

/*
 * The hooks that are wanted, before the work begins.  In args->mem.
 * Fails: as hone_hooks_gather, hone_job_from_file.
 */
enum hone_code hone_hooks_wanted(struct hone_run *run, const struct hone_hook_options *options,
                                 struct hone_args *args, struct hone_hooks *out);

/*
 * Tell each hook that this is a test, and say on standard output how it went.
 * Fails: HONE_E_ARG without a hook; the first failure when one did not accept, after all were told.
 */
enum hone_code hone_hooks_test(struct hone_run *run, const struct hone_hooks *hooks,
                               struct hone_args *args);

/*
 * Tell the hooks what is due, and say on standard error what became of it; without hooks, nothing.  What was not
 * accepted is told again next time, or by a server that has the same hook.  Fails: as the store.
 */
enum hone_code hone_hooks_deliver(struct hone_run *run, const struct hone_hooks *hooks,
                                  const struct hone_args *args, struct hone_store *store);

#endif

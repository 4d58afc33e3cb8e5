#include "cli/input.h"
#include "store/registry.h"

struct settings {
    const char *alias;
    const char *reason;
    bool force;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, alias, "champion", .arg = "NAME",
              .help = "the alias to point at it"),
    HONE_TEXT(struct settings, reason, NULL, .help = "why, for the audit log"),
    HONE_FLAG(struct settings, force, false, .help = "also when one of its gates has failed"),
    HONE_PARAM_END,
};

/* Refuse a version whose last verdict of some gate is "fail". */
static enum hone_code check_gates(struct hone_run *run, struct hone_store *store,
                                  const struct hone_version_record *v, struct hone_arena *mem)
{
    struct hone_decision *decision;
    size_t n;

    HONE_TRY(hone_decision_list(run, store, v->model, v->version, mem, &decision, &n));
    for (size_t i = n; i > 0; i--) { /* newest first: a later verdict on the same gate stands */
        const struct hone_decision *d = &decision[i - 1];
        bool newest = true;
        for (size_t j = i; j < n; j++) {
            newest = newest && strcmp(decision[j].name, d->name) != 0;
        }
        if (newest && strcmp(d->kind, "gate") == 0 && strcmp(d->verdict, "fail") == 0) {
            (void)hone_fail(run, HONE_E_GATE, "models:/%s/%lld did not pass the gate %s",
                            v->model, (long long)v->version, d->name);
            return hone_hint(run, "--force promotes it all the same");
        }
    }
    return HONE_OK;
}

/* Where the alias points now; 0: nowhere. */
static enum hone_code current(struct hone_run *run, struct hone_store *store, const char *model,
                              const char *alias, struct hone_arena *mem, int64_t *version)
{
    struct hone_alias_step *step;
    size_t n;

    *version = 0;
    HONE_TRY(hone_alias_list(run, store, model, mem, &step, &n));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(step[i].alias, alias) == 0) {
            *version = step[i].version;
        }
    }
    return HONE_OK;
}

static enum hone_code run_promote(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_resolved found = {0};
    struct hone_alias_change change;
    int64_t before;

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(hone_store_resolve(run, store, args->item[0], args->mem, &found));
    if (found.version.id == 0) {
        (void)hone_fail(run, HONE_E_ARG, "%s is not a registered version", args->item[0]);
        return hone_hint(run, "name one as models:/NAME/VERSION; `hone models` lists them");
    }
    if (!set->force) {
        HONE_TRY(check_gates(run, store, &found.version, args->mem));
    }
    HONE_TRY(current(run, store, found.version.model, set->alias, args->mem, &before));
    change = (struct hone_alias_change){.model = found.version.model,
                                        .alias = set->alias,
                                        .version = found.version.version,
                                        .actor = hone_input_actor(),
                                        .reason = set->reason};
    HONE_TRY(hone_alias_set(run, store, &change));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "model", change.model);
        hone_json_set_text(result, "alias", change.alias);
        hone_json_set(result, "version", json_integer(change.version));
        hone_json_set(result, "before", before == 0 ? json_null() : json_integer(before));
        hone_print_json(result);
    } else {
        printf("models:/%s@%s is version %lld", change.model, change.alias,
               (long long)change.version);
        if (before == change.version) {
            puts(", as before");
        } else if (before != 0) {
            printf(", was %lld\n", (long long)before);
        } else {
            putchar('\n');
        }
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_promote = {
    .part.name = "promote",
    .part.summary = "point an alias at a version of a model",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "models:/NAME/VERSION",
    .detail =
        "What serves models:/NAME@champion takes up the new version. `hone rollback` goes back.",
    .examples = "hone promote models:/loan/3\n"
                "hone promote models:/loan/4 --alias challenger --reason 'more recall'",
    .stage = HONE_STAGE_REGISTRY,
    .min_args = 1,
    .max_args = 1,
    .run = run_promote,
};

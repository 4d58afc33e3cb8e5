#include <math.h>

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
    HONE_FLAG(struct settings, force, false,
              .help = "also when a gate has failed; needs --reason"),
    HONE_PARAM_END,
};

/* What the gates of a version last said, each once. */
struct gates {
    struct hone_decision *last;
    size_t n, failed, unsure;
};

static enum hone_code read_gates(struct hone_run *run, struct hone_store *store,
                                 const struct hone_version_record *v, struct hone_arena *mem,
                                 struct gates *out)
{
    struct hone_decision *all;
    size_t n;
    HONE_TRY(hone_decision_list(run, store, v->model, v->version, mem, &all, &n));
    out->last = all;
    for (size_t i = 0; i < n; i++) {
        bool newest =
            strcmp(all[i].kind, "gate") == 0; /* a later verdict on the same gate stands */
        for (size_t j = i + 1; j < n && newest; j++) {
            newest = strcmp(all[j].kind, "gate") != 0 || strcmp(all[j].name, all[i].name) != 0;
        }
        if (newest) {
            out->failed += strcmp(all[i].verdict, "fail") == 0;
            out->unsure += strcmp(all[i].verdict, "insufficient evidence") == 0;
            out->last[out->n++] = all[i];
        }
    }
    return HONE_OK;
}

/* "roc_auc (0.71, wanted 0.9), latency": those with a verdict. */
static const char *gates_text(const struct gates *gates, const char *verdict,
                              struct hone_arena *mem)
{
    struct hone_buf text = hone_buf(mem);
    hone_buf_text(&text, "");
    for (size_t i = 0; i < gates->n; i++) {
        const struct hone_decision *d = &gates->last[i];
        if (strcmp(d->verdict, verdict) != 0) {
            continue;
        }
        hone_buf_format(&text, "%s%s", text.len == 0 ? "" : ", ", d->name);
        if (!isnan(d->value)) {
            hone_buf_format(&text, isnan(d->threshold) ? " (%s)" : " (%s, wanted %s)",
                            hone_text_number(mem, d->value, 4),
                            hone_text_number(mem, d->threshold, 4));
        }
    }
    return text.ptr;
}

/* Refuse a version that has not passed, unless that is wanted and said why. */
static enum hone_code check_gates(struct hone_run *run, const struct settings *set,
                                  const struct hone_version_record *v,
                                  const struct gates *gates, struct hone_arena *mem)
{
    if (set->force && gates->failed > 0 && set->reason == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "--force over a failed gate needs a reason");
        return hone_hint(run, "--reason 'why it is right all the same' goes to the audit log");
    }
    if (gates->failed > 0 && !set->force) {
        (void)hone_fail(run, HONE_E_GATE, "models:/%s/%lld did not pass %s: %.300s", v->model,
                        (long long)v->version, gates->failed == 1 ? "the gate" : "these gates",
                        gates_text(gates, "fail", mem));
        return hone_hint(run, "--force --reason WHY promotes it all the same");
    }
    return HONE_OK;
}

/* The alias moves; that a failed gate was passed over is a decision of its own. */
static enum hone_code move_alias(struct hone_run *run, struct hone_store *store,
                                 const struct hone_alias_change *change,
                                 const struct gates *gates, struct hone_arena *mem)
{
    struct hone_buf detail = hone_buf(mem);
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    if (gates->failed > 0) {
        hone_buf_text(&detail, "{\"over\":");
        hone_buf_json(&detail, hone_str(gates_text(gates, "fail", mem)));
        hone_buf_text(&detail, ",\"reason\":");
        hone_buf_json(&detail, hone_str(change->reason));
        hone_buf_char(&detail, '}');
        const struct hone_decision approval = {.model = change->model,
                                               .version = change->version,
                                               .kind = "approval",
                                               .name = change->alias,
                                               .verdict = "pass",
                                               .value = (double)NAN,
                                               .threshold = (double)NAN,
                                               .detail = detail.ptr,
                                               .actor = change->actor};
        HONE_TRY(hone_decision_add(run, store, &approval, 1));
    }
    HONE_TRY(hone_alias_set(run, store, change));
    return hone_transaction_commit(run, &tx);
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
    struct gates gates = {0};
    int64_t before;

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(hone_store_resolve(run, store, args->item[0], args->mem, &found));
    if (found.version.id == 0) {
        (void)hone_fail(run, HONE_E_ARG, "%s is not a registered version", args->item[0]);
        return hone_hint(run, "name one as models:/NAME/VERSION; `hone models` lists them");
    }
    HONE_TRY(read_gates(run, store, &found.version, args->mem, &gates));
    HONE_TRY(check_gates(run, set, &found.version, &gates, args->mem));
    HONE_TRY(current(run, store, found.version.model, set->alias, args->mem, &before));
    change = (struct hone_alias_change){.model = found.version.model,
                                        .alias = set->alias,
                                        .version = found.version.version,
                                        .actor = hone_input_actor(),
                                        .reason = set->reason};
    HONE_TRY(move_alias(run, store, &change, &gates, args->mem));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "model", change.model);
        hone_json_set_text(result, "alias", change.alias);
        hone_json_set(result, "version", json_integer(change.version));
        hone_json_set(result, "before", before == 0 ? json_null() : json_integer(before));
        hone_json_set(result, "gates_failed", json_integer((json_int_t)gates.failed));
        hone_json_set(result, "gates_unsure", json_integer((json_int_t)gates.unsure));
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
        if (gates.unsure > 0) {
            printf("note: not enough evidence for %s\n",
                   gates_text(&gates, "insufficient evidence", args->mem));
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
        "What serves models:/NAME@champion takes up the new version. `hone rollback` goes back.  A "
        "version that missed a goal of its project, or another gate, is refused with status 1.",
    .examples =
        "hone promote models:/loan/3\n"
        "hone promote models:/loan/4 --alias challenger --reason 'more recall'\n"
        "hone promote models:/loan/5 --force --reason 'the goal was set for other data'",
    .stage = HONE_STAGE_REGISTRY,
    .min_args = 1,
    .max_args = 1,
    .run = run_promote,
};

#include "store/audit.h"
#include "store/query_priv.h"
#include "store/registry_priv.h"

/* Where an alias stands: its step, the version there, and the step before. 0: none. */
struct place {
    int64_t step;
    int64_t version_id;
    int64_t previous;
};

static enum hone_code find(struct hone_run *run, struct hone_store *store,
                           const struct hone_alias_change *change, struct place *out)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT id, version, previous FROM alias"
                              " JOIN alias_step ON id = step"
                              " WHERE alias.model = ? AND alias.alias = ?",
                              &query));
    hone_query_put_text(&query, change->model);
    hone_query_put_text(&query, change->alias);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    *out = (struct place){0};
    if (row) {
        out->step = hone_query_int(&query);
        out->version_id = hone_query_int(&query);
        out->previous = hone_query_int(&query);
    }
    return HONE_OK;
}

static enum hone_code need(struct hone_run *run, struct hone_store *store,
                           const struct hone_alias_change *change, struct place *out)
{
    HONE_TRY(find(run, store, change, out));
    if (out->step == 0) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no models:/%.140s@%.140s in %s", change->model,
                        change->alias, store->folder);
        return hone_hint(run, "`hone models` lists models and aliases");
    }
    return HONE_OK;
}

/* Add a step and let the alias stand on it. */
static enum hone_code move(struct hone_run *run, struct hone_store *store,
                           const struct hone_alias_change *change, const char *kind,
                           const struct place *to)
{
    HONE_QUERY add = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "INSERT INTO alias_step (model, alias, version, previous, kind, time, actor, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        &add));
    hone_query_put_text(&add, change->model);
    hone_query_put_text(&add, change->alias);
    hone_query_put_int(&add, to->version_id);
    hone_query_put_int_or_null(&add, to->previous, to->previous == 0);
    hone_query_put_text(&add, kind);
    hone_query_put_int(&add, hone_now_us(run));
    hone_query_put_text(&add, change->actor == NULL ? "local" : change->actor);
    hone_query_put_text(&add, change->reason == NULL ? "" : change->reason);
    HONE_TRY(hone_query_run(run, &add, NULL));
    HONE_QUERY point = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO alias (model, alias, step)"
                              " VALUES (?, ?, last_insert_rowid())"
                              " ON CONFLICT (model, alias) DO UPDATE SET step = excluded.step",
                              &point));
    hone_query_put_text(&point, change->model);
    hone_query_put_text(&point, change->alias);
    return hone_query_run(run, &point, NULL);
}

static const char *detail_of(struct hone_arena *mem, int64_t version, const char *reason)
{
    struct hone_buf buf = hone_buf(mem);
    hone_buf_format(&buf, "{\"version\":%lld,\"reason\":", (long long)version);
    hone_buf_json(&buf, hone_str(reason == NULL ? "" : reason));
    hone_buf_char(&buf, '}');
    return buf.ptr;
}

enum hone_code hone_alias_set(struct hone_run *run, struct hone_store *store,
                              const struct hone_alias_change *change)
{
    HONE_SCRATCH(run);
    HONE_TRY(hone_name_check(run, "an alias", change->alias));
    if (hone_str_is(hone_str(change->alias), "latest")) {
        return hone_fail(run, HONE_E_ARG,
                         "\"latest\" cannot be an alias: it already means the newest version");
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    struct hone_version_record target;
    HONE_TRY(
        hone_version_get(run, store, change->model, change->version, &run->scratch, &target));
    if (!hone_str_is(hone_str(target.status), "READY")) {
        return hone_fail(run, HONE_E_CONFLICT, "models:/%s/%lld is %s", target.model,
                         (long long)target.version, target.status);
    }
    struct place now;
    HONE_TRY(find(run, store, change, &now));
    if (now.version_id == target.id) {
        return HONE_OK;
    }
    struct place to = {.version_id = target.id, .previous = now.step};
    HONE_TRY(move(run, store, change, "set", &to));
    HONE_TRY(hone_registry_note(run, store, change, "alias_set",
                                detail_of(&run->scratch, target.version, change->reason)));
    return hone_transaction_commit(run, &tx);
}

enum hone_code hone_alias_rollback(struct hone_run *run, struct hone_store *store,
                                   const struct hone_alias_change *change, int64_t *version)
{
    HONE_SCRATCH(run);
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    struct place now;
    HONE_TRY(need(run, store, change, &now));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT alias_step.version, previous, model_version.version, status FROM alias_step"
        " JOIN model_version ON model_version.id = alias_step.version WHERE alias_step.id = ?",
        &query));
    hone_query_put_int(&query, now.previous);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        (void)hone_fail(run, HONE_E_CONFLICT,
                        "models:/%s@%s has pointed at no other version before", change->model,
                        change->alias);
        return hone_hint(
            run,
            "`hone promote models:/%s/VERSION` goes to any version; `hone models %s` "
            "lists them",
            change->model, change->model);
    }
    struct place to = {0};
    to.version_id = hone_query_int(&query);
    to.previous = hone_query_int(&query);
    int64_t number = hone_query_int(&query);
    const char *status = hone_query_text(&query, &run->scratch);
    if (!hone_str_is(hone_str(status), "READY")) {
        return hone_fail(run, HONE_E_CONFLICT,
                         "models:/%s/%lld, where a rollback would go, is %s", change->model,
                         (long long)number, status);
    }
    HONE_TRY(move(run, store, change, "rollback", &to));
    HONE_TRY(hone_registry_note(run, store, change, "rollback",
                                detail_of(&run->scratch, number, change->reason)));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *version = number;
    return HONE_OK;
}

enum hone_code hone_alias_remove(struct hone_run *run, struct hone_store *store,
                                 const struct hone_alias_change *change)
{
    HONE_SCRATCH(run);
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    struct place now;
    HONE_TRY(need(run, store, change, &now));
    struct hone_version_record was;
    HONE_TRY(hone_version_by_id(run, store, now.version_id, &run->scratch, &was));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, "DELETE FROM alias WHERE model = ? AND alias = ?",
                              &query));
    hone_query_put_text(&query, change->model);
    hone_query_put_text(&query, change->alias);
    HONE_TRY(hone_query_run(run, &query, NULL));
    HONE_TRY(hone_registry_note(run, store, change, "alias_remove",
                                detail_of(&run->scratch, was.version, change->reason)));
    return hone_transaction_commit(run, &tx);
}

static enum hone_code list_steps(struct hone_run *run, struct hone_query *query,
                                 struct hone_arena *mem, struct hone_alias_step **out,
                                 size_t *n)
{
    struct hone_alias_step *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        struct hone_alias_step *step = &list[found++];
        step->model = hone_query_text(query, mem);
        step->alias = hone_query_text(query, mem);
        step->version = hone_query_int(query);
        step->kind = hone_query_text(query, mem);
        step->time = hone_query_int(query);
        step->actor = hone_query_text(query, mem);
        step->reason = hone_query_text(query, mem);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

#define STEP_COLUMNS                                                                           \
    "SELECT alias_step.model, alias_step.alias, model_version.version, kind, time, actor,"     \
    " reason FROM alias_step JOIN model_version ON model_version.id = alias_step.version"

enum hone_code hone_alias_list(struct hone_run *run, struct hone_store *store,
                               const char *model, struct hone_arena *mem,
                               struct hone_alias_step **out, size_t *n)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              STEP_COLUMNS " JOIN alias ON alias.step = alias_step.id"
                                           " WHERE ?1 IS NULL OR alias.model = ?1"
                                           " ORDER BY alias.model, alias.alias",
                              &query));
    hone_query_put_text(&query, model);
    return list_steps(run, &query, mem, out, n);
}

enum hone_code hone_alias_history(struct hone_run *run, struct hone_store *store,
                                  const char *model, const char *alias, struct hone_arena *mem,
                                  struct hone_alias_step **out, size_t *n)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              STEP_COLUMNS
                              " WHERE alias_step.model = ? AND alias_step.alias = ?"
                              " ORDER BY alias_step.id DESC",
                              &query));
    hone_query_put_text(&query, model);
    hone_query_put_text(&query, alias);
    return list_steps(run, &query, mem, out, n);
}

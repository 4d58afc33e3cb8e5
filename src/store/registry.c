#include "store/registry.h"

#include <stdio.h>

#include "store/artifact.h"
#include "store/audit.h"
#include "store/query_priv.h"
#include "store/registry_priv.h"

/* The verdicts in the order of their words: "pass" is the best, "insufficient evidence" hides no "fail". */
#define VERSION_COLUMNS                                                                         \
    "model_version.id, model_version.model, model_version.version,"                             \
    " (SELECT id FROM run WHERE run.seq = model_version.run),"                                  \
    " onnx, signature, created, status,"                                                        \
    " (SELECT size FROM artifact WHERE hash = onnx),"                                           \
    " coalesce((SELECT actor FROM audit WHERE action = 'register' AND subject ="                \
    "  'models:/' || model_version.model || '/' || model_version.version LIMIT 1), ''),"        \
    " coalesce((SELECT CASE min(CASE verdict WHEN 'fail' THEN 0 WHEN 'pass' THEN 2 ELSE 1 END)" \
    "  WHEN 0 THEN 'fail' WHEN 1 THEN 'insufficient evidence' WHEN 2 THEN 'pass' END"           \
    "  FROM decision AS d WHERE d.version = model_version.id AND kind = 'gate'"                 \
    "  AND NOT EXISTS (SELECT 1 FROM decision AS later WHERE later.version = d.version"         \
    "   AND later.kind = 'gate' AND later.name = d.name AND later.id > d.id)), '')"

static void read_version(struct hone_query *query, struct hone_arena *mem,
                         struct hone_version_record *out)
{
    out->id = hone_query_int(query);
    out->model = hone_query_text(query, mem);
    out->version = hone_query_int(query);
    out->run = hone_query_text(query, mem);
    out->onnx = hone_query_text(query, mem);
    out->signature = hone_query_text(query, mem);
    out->created = hone_query_int(query);
    out->status = hone_query_text(query, mem);
    out->bytes = hone_query_int(query);
    out->by = hone_query_text(query, mem);
    out->verdict = hone_query_text(query, mem);
}

bool hone_name_valid(struct hone_str name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    if (name.len == 0 || name.len > 128 || memchr("._-", name.ptr[0], 3) != NULL) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (memchr(letters, name.ptr[i], sizeof letters - 1) == NULL) {
            return false;
        }
    }
    return true;
}

enum hone_code hone_name_check(struct hone_run *run, const char *what, const char *name)
{
    if (!hone_name_valid(hone_str(name))) {
        return hone_fail(
            run, HONE_E_ARG,
            "\"%.140s\" is no name for %s: 1 to 128 letters, digits, '.', '_', '-', "
            "a letter or digit first",
            name, what);
    }
    return HONE_OK;
}

enum hone_code hone_registry_note(struct hone_run *run, struct hone_store *store,
                                  const struct hone_alias_change *change, const char *action,
                                  const char *detail)
{
    HONE_SCRATCH(run);
    const char *subject =
        change->alias != NULL
            ? hone_arena_format(&run->scratch, "models:/%s@%s", change->model, change->alias)
            : hone_arena_format(&run->scratch, "models:/%s/%lld", change->model,
                                (long long)change->version);
    struct hone_audit_row row = {
        .actor = change->actor, .action = action, .subject = subject, .detail = detail};
    return hone_audit_append(run, store, &row);
}

static enum hone_code need_artifact(struct hone_run *run, struct hone_store *store,
                                    const char *hash)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, "SELECT 1 FROM artifact WHERE hash = ?", &query));
    hone_query_put_text(&query, hash);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return hone_fail(run, HONE_E_NOT_FOUND, "%s holds no artifact %.80s", store->folder,
                         hash);
    }
    return HONE_OK;
}

static enum hone_code next_version(struct hone_run *run, struct hone_store *store,
                                   const char *model, int64_t *version)
{
    HONE_QUERY make = {0};
    HONE_TRY(hone_query_begin(
        run, store, "INSERT INTO model (name, created) VALUES (?, ?) ON CONFLICT DO NOTHING",
        &make));
    hone_query_put_text(&make, model);
    hone_query_put_int(&make, hone_now_us(run));
    HONE_TRY(hone_query_run(run, &make, NULL));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT coalesce(max(version), 0) + 1 FROM model_version WHERE model = ?",
        &query));
    hone_query_put_text(&query, model);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    *version = hone_query_int(&query);
    return HONE_OK;
}

enum hone_code hone_model_register(struct hone_run *run, struct hone_store *store,
                                   const struct hone_version_record *record, const char *actor,
                                   int64_t *version)
{
    HONE_SCRATCH(run);
    HONE_TRY(hone_name_check(run, "a model", record->model));
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(need_artifact(run, store, record->onnx));
    int64_t maker = 0;
    if (record->run != NULL) {
        HONE_TRY(hone_store_run_seq(run, store, record->run, &maker));
    }
    int64_t next;
    HONE_TRY(next_version(run, store, record->model, &next));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "INSERT INTO model_version (model, version, run, onnx, signature, created, status)"
        " VALUES (?, ?, ?, ?, ?, ?, 'READY')",
        &query));
    hone_query_put_text(&query, record->model);
    hone_query_put_int(&query, next);
    hone_query_put_int_or_null(&query, maker, record->run == NULL);
    hone_query_put_text(&query, record->onnx);
    hone_query_put_text(&query, record->signature == NULL ? "{}" : record->signature);
    hone_query_put_int(&query, hone_now_us(run));
    HONE_TRY(hone_query_run(run, &query, NULL));
    struct hone_alias_change what = {.model = record->model, .version = next, .actor = actor};
    const char *detail = hone_arena_format(&run->scratch, "{\"onnx\":\"%s\"}", record->onnx);
    HONE_TRY(hone_registry_note(run, store, &what, "register", detail));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *version = next;
    return HONE_OK;
}

/* The one row of a prepared query; what it was, for the message. */
static enum hone_code one_version(struct hone_run *run, struct hone_query *query,
                                  const char *what, struct hone_arena *mem,
                                  struct hone_version_record *out)
{
    bool row;
    HONE_TRY(hone_query_step(run, query, &row));
    if (!row) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no %s in %s", what, query->store->folder);
        return hone_hint(run, "\"hone models\" lists what there is");
    }
    read_version(query, mem, out);
    return HONE_OK;
}

enum hone_code hone_version_get(struct hone_run *run, struct hone_store *store,
                                const char *model, int64_t version, struct hone_arena *mem,
                                struct hone_version_record *out)
{
    char what[240]; /* not in scratch, where mem may be */
    HONE_QUERY query = {0};
    if (version == 0) {
        HONE_TRY(hone_query_begin(run, store,
                                  "SELECT " VERSION_COLUMNS
                                  " FROM model_version WHERE model = ?"
                                  " AND status = 'READY' ORDER BY version DESC LIMIT 1",
                                  &query));
        hone_query_put_text(&query, model);
        snprintf(what, sizeof what, "ready version of models:/%.140s", model);
    } else {
        HONE_TRY(hone_query_begin(run, store,
                                  "SELECT " VERSION_COLUMNS " FROM model_version"
                                  " WHERE model = ? AND version = ?",
                                  &query));
        hone_query_put_text(&query, model);
        hone_query_put_int(&query, version);
        snprintf(what, sizeof what, "models:/%.140s/%lld", model, (long long)version);
    }
    return one_version(run, &query, what, mem, out);
}

enum hone_code hone_version_by_id(struct hone_run *run, struct hone_store *store, int64_t id,
                                  struct hone_arena *mem, struct hone_version_record *out)
{
    char what[240]; /* not in scratch, where mem may be */
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT " VERSION_COLUMNS " FROM model_version WHERE id = ?", &query));
    hone_query_put_int(&query, id);
    snprintf(what, sizeof what, "model version %lld", (long long)id);
    return one_version(run, &query, what, mem, out);
}

enum hone_code hone_store_version_id(struct hone_run *run, struct hone_store *store,
                                     const char *model, int64_t version, int64_t *id)
{
    HONE_SCRATCH(run);
    struct hone_version_record record;
    HONE_TRY(hone_version_get(run, store, model, version, &run->scratch, &record));
    *id = record.id;
    return HONE_OK;
}

enum hone_code hone_version_list(struct hone_run *run, struct hone_store *store,
                                 const char *model, size_t limit, struct hone_arena *mem,
                                 struct hone_version_record **out, size_t *n)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        model == NULL ? "SELECT " VERSION_COLUMNS
                        " FROM model_version ORDER BY model_version.id DESC LIMIT ?"
                      : "SELECT " VERSION_COLUMNS
                        " FROM model_version WHERE model = ? ORDER BY version DESC LIMIT ?",
        &query));
    if (model != NULL) {
        hone_query_put_text(&query, model);
    }
    hone_query_put_int(&query, limit == 0 ? -1 : (int64_t)limit);
    struct hone_version_record *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        read_version(&query, mem, &list[found++]);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

static enum hone_code check_unaliased(struct hone_run *run, struct hone_store *store,
                                      int64_t id)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    struct hone_buf names = hone_buf(&work);
    bool row;
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT alias.alias FROM alias JOIN alias_step ON id = step"
                              " WHERE version = ? ORDER BY 1",
                              &query));
    hone_query_put_int(&query, id);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        hone_buf_format(&names, "%s%s", names.len == 0 ? "" : ", ",
                        hone_query_text(&query, &work));
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    if (names.len > 0) {
        bool several = strchr(names.ptr, ',') != NULL;
        (void)hone_fail(run, HONE_E_CONFLICT, "the alias%s %.200s point%s at this version",
                        several ? "es" : "", names.ptr, several ? "" : "s");
        return hone_hint(run, "promote another version to it first");
    }
    return HONE_OK;
}

/* The file of a version that is to be ready again must still be there. */
static enum hone_code check_file(struct hone_run *run, struct hone_store *store,
                                 const struct hone_version_record *version)
{
    HONE_ARENA(work);
    const char *path;
    if (hone_artifact_path(run, store, version->onnx, &work, &path) == HONE_OK) {
        return HONE_OK;
    }
    hone_error_clear(run);
    (void)hone_fail(run, HONE_E_CONFLICT, "the file of models:/%s/%lld was collected",
                    version->model, (long long)version->version);
    return hone_hint(run, "train or import it again");
}

enum hone_code hone_version_status(struct hone_run *run, struct hone_store *store,
                                   const struct hone_version_record *record, const char *status,
                                   const char *actor, const char *reason)
{
    HONE_ARENA(work);
    bool archive = hone_str_is(hone_str(status), "ARCHIVED");
    struct hone_version_record now;
    struct hone_buf detail = hone_buf(&work);
    if (!archive && !hone_str_is(hone_str(status), "READY")) {
        return hone_fail(run, HONE_E_ARG, "a version is READY or ARCHIVED, not \"%.20s\"",
                         status);
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(hone_version_get(run, store, record->model, record->version, &work, &now));
    if (strcmp(now.status, status) == 0) {
        return HONE_OK;
    }
    HONE_TRY(archive ? check_unaliased(run, store, now.id) : check_file(run, store, &now));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, "UPDATE model_version SET status = ? WHERE id = ?",
                              &query));
    hone_query_put_text(&query, status);
    hone_query_put_int(&query, now.id);
    HONE_TRY(hone_query_run(run, &query, NULL));
    struct hone_alias_change what = {
        .model = record->model, .version = now.version, .actor = actor};
    hone_buf_text(&detail, "{\"reason\":");
    hone_buf_json(&detail, hone_str(reason == NULL ? "" : reason));
    hone_buf_char(&detail, '}');
    HONE_TRY(
        hone_registry_note(run, store, &what, archive ? "archive" : "restore", detail.ptr));
    return hone_transaction_commit(run, &tx);
}

enum hone_code hone_model_list(struct hone_run *run, struct hone_store *store,
                               struct hone_arena *mem, struct hone_model_record **out,
                               size_t *n)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT name, model.created, count(version), coalesce(max(version), 0) FROM model"
        " LEFT JOIN model_version ON model = name GROUP BY name ORDER BY name",
        &query));
    struct hone_model_record *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        struct hone_model_record *record = &list[found++];
        record->name = hone_query_text(&query, mem);
        record->created = hone_query_int(&query);
        record->versions = hone_query_int(&query);
        record->latest = hone_query_int(&query);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

/* --- decisions ---------------------------------------------------------------------------- */

static enum hone_code add_decision(struct hone_run *run, struct hone_store *store,
                                   struct hone_query *query,
                                   const struct hone_decision *decision)
{
    struct hone_str verdict = hone_str(decision->verdict);
    if (!hone_str_is(verdict, "pass") && !hone_str_is(verdict, "fail") &&
        !hone_str_is(verdict, "insufficient evidence")) {
        return hone_fail(run, HONE_E_ARG,
                         "a verdict is pass, fail or insufficient evidence, not \"%.40s\"",
                         decision->verdict);
    }
    int64_t id;
    HONE_TRY(hone_store_version_id(run, store, decision->model, decision->version, &id));
    hone_query_put_int(query, id);
    hone_query_put_text(query, decision->kind);
    hone_query_put_text(query, decision->name);
    hone_query_put_text(query, decision->verdict);
    hone_query_put_real(query, decision->value);
    hone_query_put_real(query, decision->threshold);
    hone_query_put_text(query, decision->detail == NULL ? "{}" : decision->detail);
    hone_query_put_text(query, decision->actor == NULL ? "local" : decision->actor);
    hone_query_put_int(query, hone_now_us(run));
    return hone_query_run(run, query, NULL);
}

enum hone_code hone_decision_add(struct hone_run *run, struct hone_store *store,
                                 const struct hone_decision *list, size_t n)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "INSERT INTO decision (version, kind, name, verdict, value, threshold, detail, actor, time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &query));
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(add_decision(run, store, &query, &list[i]));
        struct hone_alias_change what = {
            .model = list[i].model, .version = list[i].version, .actor = list[i].actor};
        HONE_SCRATCH(run);
        const char *detail = hone_arena_format(&run->scratch, "%s %s: %s", list[i].kind,
                                               list[i].name, list[i].verdict);
        HONE_TRY(hone_registry_note(run, store, &what, "decision", detail));
    }
    return hone_transaction_commit(run, &tx);
}

enum hone_code hone_decision_list(struct hone_run *run, struct hone_store *store,
                                  const char *model, int64_t version, struct hone_arena *mem,
                                  struct hone_decision **out, size_t *n)
{
    int64_t id;
    HONE_TRY(hone_store_version_id(run, store, model, version, &id));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT model, model_version.version, kind, name, verdict, value,"
                              " threshold, detail, actor, time FROM decision"
                              " JOIN model_version ON model_version.id = decision.version"
                              " WHERE decision.version = ? ORDER BY decision.id",
                              &query));
    hone_query_put_int(&query, id);
    struct hone_decision *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        struct hone_decision *decision = &list[found++];
        decision->model = hone_query_text(&query, mem);
        decision->version = hone_query_int(&query);
        decision->kind = hone_query_text(&query, mem);
        decision->name = hone_query_text(&query, mem);
        decision->verdict = hone_query_text(&query, mem);
        decision->value = hone_query_real(&query);
        decision->threshold = hone_query_real(&query);
        decision->detail = hone_query_text(&query, mem);
        decision->actor = hone_query_text(&query, mem);
        decision->time = hone_query_int(&query);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

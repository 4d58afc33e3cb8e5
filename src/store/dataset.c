#include "store/dataset.h"

#include "base/json.h"
#include "store/audit.h"
#include "store/content_priv.h"
#include "store/registry_priv.h"

#define DATA "data:/"

/* --- names -------------------------------------------------------------------------------- */

bool hone_dataset_uri_is(const char *text)
{
    return hone_str_starts(hone_str(text), DATA);
}

static enum hone_code refuse(struct hone_run *run, const char *text)
{
    (void)hone_fail(run, HONE_E_ARG, "\"%.200s\" names no version of a data set", text);
    return hone_hint(run, "data:/NAME, data:/NAME/3 or data:/NAME/3/PATH");
}

enum hone_code hone_dataset_uri(struct hone_run *run, const char *text, struct hone_arena *mem,
                                struct hone_dataset_uri *out)
{
    struct hone_str rest = hone_str(text);
    struct hone_str name;
    struct hone_str version = {NULL, 0};
    struct hone_str path = {NULL, 0};
    struct hone_dataset_uri uri = {0};
    bool cut;

    if (hone_dataset_uri_is(text)) {
        rest = hone_str(text + strlen(DATA));
    }
    cut = hone_str_cut(rest, '/', &name, &rest);
    if (!cut) {
        cut = hone_str_cut(name, '@', &name, &version);
    } else if (!hone_str_cut(rest, '/', &version, &path) && path.len != 0) {
        return refuse(run, text);
    }
    if (cut && !hone_str_is(version, "latest") &&
        (!hone_parse_i64(version, &uri.version) || uri.version < 1)) {
        return refuse(run, text);
    }
    uri.name = hone_arena_text(mem, name.ptr, name.len);
    uri.path = path.len == 0 ? NULL : hone_arena_text(mem, path.ptr, path.len);
    HONE_TRY(hone_name_check(run, "a data set", uri.name));
    *out = uri;
    return HONE_OK;
}

/* --- versions ----------------------------------------------------------------------------- */

/* A collection between the taking in and this would have left a tree without its files. */
static enum hone_code still_there(struct hone_run *run, struct hone_store *store,
                                  const char *hash)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    struct hone_tree_file *file = NULL;
    size_t n = 0;
    bool whole = hone_tree_files(run, store, hash, &work, &file, &n) == HONE_OK;

    if (whole) {
        HONE_TRY(hone_query_begin(run, store, "SELECT 1 FROM content WHERE hash = ?", &query));
    }
    hone_error_clear(run);
    for (size_t i = 0; whole && i < n; i++) {
        struct hone_sha sha = {{0}};
        struct hone_object_id id;
        memcpy(sha.hex, file[i].hash, 64);
        id = hone_object_id_of(&sha);
        hone_query_again(&query);
        hone_query_put_bytes(&query, id.sha, sizeof id.sha);
        HONE_TRY(hone_query_step(run, &query, &whole));
    }
    if (!whole) {
        (void)hone_fail(run, HONE_E_CONFLICT, "a collection took the data away again");
        return hone_hint(run, "add them once more");
    }
    return HONE_OK;
}

static struct hone_object_id id_of(const char *hex)
{
    struct hone_sha sha = {{0}};
    memcpy(sha.hex, hex, 64);
    return hone_object_id_of(&sha);
}

static enum hone_code note(struct hone_run *run, struct hone_store *store, const char *action,
                           const struct hone_dataset_version *v)
{
    HONE_ARENA(work);
    HONE_JSON json_t *detail = json_object();
    struct hone_buf text = hone_buf(&work);
    struct hone_audit_row row = {.actor = v->actor, .action = action};

    if (v->tree != NULL) {
        hone_json_set_text(detail, "tree", v->tree);
        hone_json_set_text(detail, "source", v->source);
    }
    hone_json_write(&text, detail, false);
    row.detail = text.ptr;
    row.subject = hone_arena_format(&work, "data:/%s/%lld", v->name, (long long)v->version);
    return hone_audit_append(run, store, &row);
}

static enum hone_code insert(struct hone_run *run, struct hone_store *store,
                             const struct hone_dataset_version *record, int64_t *version)
{
    struct hone_object_id tree = id_of(record->tree);
    HONE_QUERY query = {0};
    bool row;

    HONE_TRY(hone_query_begin(
        run, store,
        "INSERT INTO dataset_version (dataset, version, tree, source, file, files, bytes,"
        " n_rows, n_cols, schema, data, note, actor, created)"
        " SELECT ?1, 1 + coalesce(max(version), 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
        " ?12, ?13 FROM dataset_version WHERE dataset = ?1 RETURNING version",
        &query));
    hone_query_put_text(&query, record->name);
    hone_query_put_bytes(&query, tree.sha, sizeof tree.sha);
    hone_query_put_text(&query, record->source);
    hone_query_put_text(&query, record->file);
    hone_query_put_int(&query, record->files);
    hone_query_put_int(&query, record->bytes);
    hone_query_put_int_or_null(&query, record->rows, record->rows < 0);
    hone_query_put_int_or_null(&query, record->cols, record->cols < 0);
    hone_query_put_text(&query, record->schema);
    hone_query_put_text(&query, record->data);
    hone_query_put_text(&query, record->note == NULL ? "" : record->note);
    hone_query_put_text(&query, record->actor == NULL ? "" : record->actor);
    hone_query_put_int(&query, hone_now_us(run));
    HONE_TRY(hone_query_step(run, &query, &row));
    HONE_ASSERT(row);
    *version = hone_query_int(&query);
    /* To its end, or the row would not count as written. */
    return hone_query_step(run, &query, &row);
}

enum hone_code hone_dataset_put(struct hone_run *run, struct hone_store *store,
                                const struct hone_dataset_version *record, int64_t *version)
{
    HONE_CLOSING(hone_pack_unlock) int lock = -1;
    HONE_TRANSACTION tx = {0};
    HONE_QUERY query = {0};

    HONE_TRY(hone_name_check(run, "a data set", record->name));
    HONE_TRY(hone_pack_lock(run, store, false, &lock));
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(still_there(run, store, record->tree));
    HONE_TRY(hone_query_begin(
        run, store, "INSERT INTO dataset (name, created) VALUES (?, ?) ON CONFLICT DO NOTHING",
        &query));
    hone_query_put_text(&query, record->name);
    hone_query_put_int(&query, hone_now_us(run));
    HONE_TRY(hone_query_run(run, &query, NULL));
    hone_query_end(&query);
    struct hone_dataset_version added = *record;
    HONE_TRY(insert(run, store, record, &added.version));
    HONE_TRY(note(run, store, "data_add", &added));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *version = added.version;
    return HONE_OK;
}

#define COLUMNS                                                                                \
    "SELECT dataset, version, lower(hex(tree)), source, file, files, bytes,"                   \
    " coalesce(n_rows, -1), coalesce(n_cols, -1), schema, data, note, actor, created"          \
    " FROM dataset_version"

static struct hone_dataset_version take_row(struct hone_query *query, struct hone_arena *mem)
{
    struct hone_dataset_version v = {.name = hone_query_text(query, mem)};

    v.version = hone_query_int(query);
    v.tree = hone_query_text(query, mem);
    v.tree = v.tree == NULL || v.tree[0] == '\0' ? NULL : v.tree;
    v.source = hone_query_text(query, mem);
    v.file = hone_query_text(query, mem);
    v.files = hone_query_int(query);
    v.bytes = hone_query_int(query);
    v.rows = hone_query_int(query);
    v.cols = hone_query_int(query);
    v.schema = hone_query_text(query, mem);
    v.data = hone_query_text(query, mem);
    v.note = hone_query_text(query, mem);
    v.actor = hone_query_text(query, mem);
    v.created = hone_query_int(query);
    return v;
}

enum hone_code hone_dataset_list(struct hone_run *run, struct hone_store *store,
                                 const char *name, struct hone_arena *mem,
                                 struct hone_dataset_version **out, size_t *n)
{
    HONE_QUERY query = {0};
    struct hone_dataset_version *list = NULL;
    size_t room = 0;
    size_t count = 0;
    bool row;

    HONE_TRY(hone_query_begin(
        run, store, COLUMNS " WHERE ?1 IS NULL OR dataset = ?1 ORDER BY dataset, version",
        &query));
    hone_query_put_text(&query, name);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, count, &room));
        list[count++] = take_row(&query, mem);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = count;
    return HONE_OK;
}

static enum hone_code not_found(struct hone_run *run, struct hone_store *store,
                                const char *name, int64_t version)
{
    HONE_ARENA(work);
    struct hone_dataset_version *list;
    struct hone_buf names = hone_buf(&work);
    size_t n;

    HONE_TRY(hone_dataset_list(run, store, name, &work, &list, &n));
    if (n == 0) {
        HONE_TRY(hone_dataset_list(run, store, NULL, &work, &list, &n));
        for (size_t i = 0; i < n; i++) {
            if (i == 0 || strcmp(list[i].name, list[i - 1].name) != 0) {
                hone_buf_format(&names, "%s%s", names.len == 0 ? "" : ", ", list[i].name);
            }
        }
        (void)hone_fail(run, HONE_E_NOT_FOUND, "%s holds no data set %s", store->folder, name);
        return n == 0 ? hone_hint(run, "add one: hone data add FILE --name %s", name)
                      : hone_hint(run, "there are: %s", names.ptr);
    }
    if (version == 0) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "all versions of data set %s were removed",
                        name);
    } else if (version > list[n - 1].version) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "data set %s has no version %lld", name,
                        (long long)version);
    } else {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "version %lld of data set %s was removed",
                        (long long)version, name);
    }
    return hone_hint(run, "hone data list %s shows its versions", name);
}

enum hone_code hone_dataset_get(struct hone_run *run, struct hone_store *store,
                                const char *name, int64_t version, struct hone_arena *mem,
                                struct hone_dataset_version *out)
{
    HONE_QUERY query = {0};
    bool row;

    HONE_TRY(hone_query_begin(run, store,
                              COLUMNS " WHERE dataset = ?1 AND (?2 = 0 OR version = ?2)"
                                      " AND tree IS NOT NULL ORDER BY version DESC LIMIT 1",
                              &query));
    hone_query_put_text(&query, name);
    hone_query_put_int(&query, version);
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return not_found(run, store, name, version);
    }
    *out = take_row(&query, mem);
    return HONE_OK;
}

enum hone_code hone_dataset_remove(struct hone_run *run, struct hone_store *store,
                                   const char *name, int64_t version, const char *actor)
{
    const struct hone_dataset_version gone = {.name = name, .version = version, .actor = actor};
    HONE_TRANSACTION tx = {0};
    HONE_QUERY query = {0};
    size_t changed;

    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(hone_query_begin(run, store,
                              "UPDATE dataset_version SET tree = NULL, removed = ?"
                              " WHERE dataset = ? AND version = ? AND tree IS NOT NULL",
                              &query));
    hone_query_put_int(&query, hone_now_us(run));
    hone_query_put_text(&query, name);
    hone_query_put_int(&query, version);
    HONE_TRY(hone_query_run(run, &query, &changed));
    if (changed == 0) {
        return not_found(run, store, name, version);
    }
    HONE_TRY(note(run, store, "data_remove", &gone));
    return hone_transaction_commit(run, &tx);
}

enum hone_code hone_dataset_runs(struct hone_run *run, struct hone_store *store,
                                 const char *data, struct hone_arena *mem, const char ***ids,
                                 size_t *n)
{
    HONE_QUERY query = {0};
    const char **list = NULL;
    size_t room = 0;
    size_t count = 0;
    bool row;

    HONE_TRY(hone_query_begin(run, store,
                              "SELECT DISTINCT run.id FROM run_data JOIN run ON run.seq = run"
                              " WHERE data = ? ORDER BY run.seq DESC",
                              &query));
    hone_query_put_text(&query, data);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, count, &room));
        list[count++] = hone_query_text(&query, mem);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *ids = list;
    *n = count;
    return HONE_OK;
}

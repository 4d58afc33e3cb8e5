#include "store/artifact.h"
#include "store/lineage.h"
#include "store/query_priv.h"
#include "store/registry_priv.h"

#define MODELS "models:/"
#define RUNS   "runs:/"

bool hone_uri_is(const char *text)
{
    struct hone_str str = hone_str(text);
    return hone_str_starts(str, MODELS) || hone_str_starts(str, RUNS);
}

static enum hone_code refuse(struct hone_run *run, const char *text)
{
    struct hone_str bare = hone_str(text);
    if (hone_str_starts(bare, MODELS)) {
        bare = hone_str(text + strlen(MODELS));
    }
    (void)hone_fail(run, HONE_E_ARG, "\"%.200s\" names no model", text);
    if (hone_name_valid(bare)) {
        return hone_hint(run,
                         "say which version: models:/%.100s@champion, models:/%.100s/latest or "
                         "models:/%.100s/1 (`hone models %.100s` lists them)",
                         bare.ptr, bare.ptr, bare.ptr, bare.ptr);
    }
    return hone_hint(run,
                     "models:/NAME/3, models:/NAME@champion, models:/NAME/latest, runs:/ID or "
                     "runs:/ID/PATH");
}

static const char *copy(struct hone_arena *mem, struct hone_str text)
{
    return hone_arena_text(mem, text.ptr, text.len);
}

static enum hone_code parse_model(struct hone_run *run, const char *text,
                                  struct hone_arena *mem, struct hone_uri *out)
{
    struct hone_str rest = hone_str(text + strlen(MODELS));
    struct hone_str name;
    struct hone_str which;
    struct hone_uri uri = {0};
    if (hone_str_cut(rest, '@', &name, &which)) {
        uri.kind = HONE_URI_ALIAS;
        uri.alias = copy(mem, which);
        HONE_TRY(hone_name_check(run, "an alias", uri.alias));
    } else if (!hone_str_cut(rest, '/', &name, &which)) {
        return refuse(run, text);
    } else if (hone_str_is(which, "latest")) {
        uri.kind = HONE_URI_LATEST;
    } else if (!hone_parse_i64(which, &uri.version) || uri.version < 1) {
        return refuse(run, text);
    }
    uri.name = copy(mem, name);
    HONE_TRY(hone_name_check(run, "a model", uri.name));
    *out = uri;
    return HONE_OK;
}

static enum hone_code parse_run(struct hone_run *run, const char *text, struct hone_arena *mem,
                                struct hone_uri *out)
{
    struct hone_str id;
    struct hone_str path;
    bool cut = hone_str_cut(hone_str(text + strlen(RUNS)), '/', &id, &path);
    if (id.len < 4 || id.len > 32 || (cut && path.len == 0)) {
        return refuse(run, text);
    }
    *out = (struct hone_uri){
        .kind = HONE_URI_RUN, .run = copy(mem, id), .path = cut ? copy(mem, path) : NULL};
    return HONE_OK;
}

enum hone_code hone_uri_parse(struct hone_run *run, const char *text, struct hone_arena *mem,
                              struct hone_uri *out)
{
    if (hone_str_starts(hone_str(text), MODELS)) {
        return parse_model(run, text, mem, out);
    }
    if (hone_str_starts(hone_str(text), RUNS)) {
        return parse_run(run, text, mem, out);
    }
    return refuse(run, text);
}

/* The version an alias points at: 0 is never one. */
static enum hone_code alias_version(struct hone_run *run, struct hone_store *store,
                                    const struct hone_uri *uri, int64_t *id)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT version FROM alias JOIN alias_step ON id = step"
                              " WHERE alias.model = ? AND alias.alias = ?",
                              &query));
    hone_query_put_text(&query, uri->name);
    hone_query_put_text(&query, uri->alias);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no models:/%s@%s in %s", uri->name, uri->alias,
                        store->folder);
        return hone_hint(run,
                         "`hone promote models:/%s/VERSION --alias %s` makes it; `hone models` "
                         "lists models and aliases",
                         uri->name, uri->alias);
    }
    *id = hone_query_int(&query);
    return HONE_OK;
}

static enum hone_code run_artifact(struct hone_run *run, struct hone_store *store,
                                   const struct hone_uri *uri, struct hone_arena *mem,
                                   struct hone_resolved *out)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, uri->run, &seq));
    const char *path = uri->path == NULL ? HONE_RUN_MODEL : uri->path;
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT id, artifact FROM run_artifact JOIN run ON seq = run"
                              " WHERE run = ? AND path = ?",
                              &query));
    hone_query_put_int(&query, seq);
    hone_query_put_text(&query, path);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return hone_fail(run, HONE_E_NOT_FOUND, "run %s kept no %.200s", uri->run, path);
    }
    out->run = hone_query_text(&query, mem);
    out->hash = hone_query_text(&query, mem);
    return HONE_OK;
}

enum hone_code hone_store_resolve(struct hone_run *run, struct hone_store *store,
                                  const char *text, struct hone_arena *mem,
                                  struct hone_resolved *out)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena own = {0};
    struct hone_uri uri;
    struct hone_resolved found = {0};
    HONE_TRY(hone_uri_parse(run, text, &own, &uri));
    if (uri.kind == HONE_URI_RUN) {
        HONE_TRY(run_artifact(run, store, &uri, mem, &found));
    } else {
        if (uri.kind == HONE_URI_ALIAS) {
            int64_t id = 0;
            HONE_TRY(alias_version(run, store, &uri, &id));
            HONE_TRY(hone_version_by_id(run, store, id, mem, &found.version));
        } else {
            HONE_TRY(hone_version_get(run, store, uri.name, uri.version, mem, &found.version));
        }
        found.run = found.version.run;
        found.hash = found.version.onnx;
    }
    HONE_TRY(hone_artifact_path(run, store, found.hash, mem, &found.path));
    *out = found;
    return HONE_OK;
}

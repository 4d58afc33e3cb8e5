#include "store/collect.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/artifact.h"
#include "store/audit.h"
#include "store/expire.h"
#include "store/lineage.h"
#include "store/query_priv.h"

const char *hone_gc_name(enum hone_gc_kind kind)
{
    static const char *const names[] = {
        [HONE_GC_ARTIFACT] = "unreferenced files",
        [HONE_GC_HALF] = "half-written files",
        [HONE_GC_FAILED] = "files of failed runs",
        [HONE_GC_ARCHIVED] = "models of archived versions",
        [HONE_GC_TRIALS] = "fits of stopped trainings",
        [HONE_GC_DATA] = "old versions of data",
        [HONE_GC_OBJECTS] = "pieces of data that nothing refers to",
        [HONE_GC_PREDICTIONS] = "old predictions",
    };
    return names[kind];
}

struct gc {
    struct hone_run *run;
    struct hone_store *store;
    const struct hone_gc_policy *policy;
    struct hone_arena *mem;
    struct hone_gc_plan plan;
    size_t room;
};

static enum hone_code add(struct gc *gc, enum hone_gc_kind kind, const char *hash,
                          const char *of, uint64_t bytes)
{
    HONE_TRY(hone_list_more(gc->run, gc->mem, &gc->plan.item, gc->plan.n, &gc->room));
    gc->plan.item[gc->plan.n++] = (struct hone_gc_item){kind, hash, of, bytes};
    gc->plan.sum[kind].items++;
    gc->plan.sum[kind].bytes += bytes;
    return HONE_OK;
}

/* How old a file must be: older than the grace, and than the oldest run that is still going on. */
static enum hone_code age_of(struct hone_run *run, struct hone_store *store, int64_t grace_us,
                             int64_t *age)
{
    HONE_QUERY query = {0};
    bool row;
    *age = grace_us;
    HONE_TRY(hone_query_begin(
        run, store, "SELECT started FROM run WHERE status = 'RUNNING' ORDER BY seq LIMIT 1",
        &query));
    HONE_TRY(hone_query_step(run, &query, &row));
    if (row) {
        int64_t since = hone_now_us(run) - hone_query_int(&query);
        *age = since > *age ? since : *age;
    }
    return HONE_OK;
}

/* --- finding --------------------------------------------------------------------------------- */

static enum hone_code find_artifacts(struct gc *gc)
{
    struct hone_unused *list;
    size_t n;
    int64_t age;
    HONE_TRY(age_of(gc->run, gc->store, gc->policy->grace_us, &age));
    HONE_TRY(hone_artifact_unused(gc->run, gc->store, age, gc->mem, &list, &n));
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(add(gc, HONE_GC_ARTIFACT, list[i].hash, NULL, list[i].bytes));
    }
    return HONE_OK;
}

/* A file that another run or a version keeps too frees nothing, but the failed run lets it go. */
#define FAILED_FILES                                                                           \
    " FROM run_artifact JOIN run ON run.seq = run_artifact.run"                                \
    " JOIN artifact ON artifact.hash = run_artifact.artifact"                                  \
    " WHERE run.status IN ('FAILED', 'KILLED') AND run.ended < ?"                              \
    " AND NOT EXISTS (SELECT 1 FROM model_version WHERE model_version.run = run.seq)"

static enum hone_code find_failed(struct gc *gc)
{
    HONE_QUERY query = {0};
    bool row;
    if (gc->policy->failed_us < 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_query_begin(gc->run, gc->store,
                              "SELECT run.id, path, artifact,"
                              " CASE WHEN (SELECT count(*) FROM run_artifact AS other"
                              "  WHERE other.artifact = artifact.hash) > 1"
                              " OR EXISTS (SELECT 1 FROM model_version WHERE onnx = hash)"
                              " THEN 0 ELSE size END" FAILED_FILES " ORDER BY run.seq, path",
                              &query));
    hone_query_put_int(&query, hone_now_us(gc->run) - gc->policy->failed_us);
    HONE_TRY(hone_query_step(gc->run, &query, &row));
    while (row) {
        const char *id = hone_query_text(&query, gc->mem);
        const char *path = hone_query_text(&query, gc->mem);
        const char *hash = hone_query_text(&query, gc->mem);
        HONE_TRY(add(gc, HONE_GC_FAILED, hash,
                     hone_arena_format(gc->mem, "runs:/%s/%s", id, path),
                     (uint64_t)hone_query_int(&query)));
        HONE_TRY(hone_query_step(gc->run, &query, &row));
    }
    return HONE_OK;
}

/* A file goes when every version that has it was archived long enough ago. */
#define ARCHIVED_FILES                                                                         \
    " FROM model_version AS v JOIN artifact ON artifact.hash = v.onnx"                         \
    " WHERE v.status = 'ARCHIVED' AND NOT EXISTS (SELECT 1 FROM model_version AS other"        \
    "  WHERE other.onnx = v.onnx AND (other.status = 'READY' OR coalesce((SELECT max(time)"    \
    "   FROM audit WHERE action = 'archive'"                                                   \
    "   AND subject = 'models:/' || other.model || '/' || other.version), 0) >= ?))"

static enum hone_code find_archived(struct gc *gc)
{
    HONE_QUERY query = {0};
    bool row;
    if (gc->policy->archived_us < 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_query_begin(
        gc->run, gc->store,
        "SELECT v.model, v.version, v.onnx, size" ARCHIVED_FILES " ORDER BY v.id", &query));
    hone_query_put_int(&query, hone_now_us(gc->run) - gc->policy->archived_us);
    HONE_TRY(hone_query_step(gc->run, &query, &row));
    while (row) {
        const char *path;
        const char *model = hone_query_text(&query, gc->mem);
        long long version = (long long)hone_query_int(&query);
        const char *hash = hone_query_text(&query, gc->mem);
        uint64_t bytes = (uint64_t)hone_query_int(&query);
        if (hone_artifact_path(gc->run, gc->store, hash, gc->mem, &path) == HONE_OK) {
            HONE_TRY(add(gc, HONE_GC_ARCHIVED, hash,
                         hone_arena_format(gc->mem, "models:/%s/%lld", model, version), bytes));
        }
        hone_error_clear(gc->run); /* it went before */
        HONE_TRY(hone_query_step(gc->run, &query, &row));
    }
    return HONE_OK;
}

static enum hone_code anything_runs(struct gc *gc, bool *runs)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(gc->run, gc->store,
                              "SELECT 1 FROM run WHERE status = 'RUNNING' LIMIT 1", &query));
    return hone_query_step(gc->run, &query, runs);
}

/* The files of a folder: their bytes, and when the youngest was written; act: remove them, and the folder. */
static enum hone_code look_at_folder(struct gc *gc, const char *path, bool act, uint64_t *bytes,
                                     int64_t *youngest)
{
    HONE_ARENA(work);
    const char **file;
    size_t n;
    *bytes = 0;
    *youngest = 0;
    HONE_TRY(hone_dir_list(gc->run, path, &work, &file, &n));
    for (size_t i = 0; i < n; i++) {
        struct stat info;
        const char *at = hone_path_join(&work, path, file[i]);
        if (stat(at, &info) == 0) {
            int64_t time = (int64_t)info.st_mtim.tv_sec * 1000000;
            *bytes += (uint64_t)info.st_size;
            *youngest = time > *youngest ? time : *youngest;
        }
        if (act) {
            HONE_TRY(hone_file_remove(gc->run, at));
        }
    }
    if (act && rmdir(path) != 0 && errno != ENOENT && errno != ENOTEMPTY) {
        return hone_fail_errno(gc->run, "cannot remove %s", path);
    }
    return HONE_OK;
}

/* A training that runs may be going on from them. */
static enum hone_code find_trials(struct gc *gc)
{
    HONE_ARENA(work);
    const char *root = hone_path_join(&work, hone_store_folder(gc->store), "trials");
    const char **folder;
    size_t n;
    bool busy;
    HONE_TRY(anything_runs(gc, &busy));
    if (gc->policy->failed_us < 0 || busy || !hone_dir_exists(root)) {
        return HONE_OK;
    }
    HONE_TRY(hone_dir_list(gc->run, root, &work, &folder, &n));
    for (size_t i = 0; i < n; i++) {
        const char *path = hone_path_join(&work, root, folder[i]);
        uint64_t bytes;
        int64_t youngest;
        if (!hone_dir_exists(path)) {
            continue;
        }
        HONE_TRY(look_at_folder(gc, path, false, &bytes, &youngest));
        if (youngest < hone_now_us(gc->run) - gc->policy->failed_us) {
            HONE_TRY(add(gc, HONE_GC_TRIALS, NULL,
                         hone_arena_format(gc->mem, "trials/%s", folder[i]), bytes));
        }
    }
    return HONE_OK;
}

/* Whether a model that is READY was made from a table of that content. */
static enum hone_code is_needed(struct gc *gc, const char *data, bool *needed)
{
    HONE_QUERY query = {0};
    *needed = false;
    if (data == NULL) {
        return HONE_OK;
    }
    HONE_TRY(
        hone_query_begin(gc->run, gc->store,
                         "SELECT 1 FROM run_data JOIN model_version"
                         " ON model_version.run = run_data.run"
                         " WHERE run_data.data = ? AND model_version.status = 'READY'"
                         " UNION ALL SELECT 1 FROM run_data JOIN run ON run.seq = run_data.run"
                         " WHERE run_data.data = ? AND run.status = 'RUNNING' LIMIT 1",
                         &query));
    hone_query_put_text(&query, data);
    hone_query_put_text(&query, data);
    return hone_query_step(gc->run, &query, needed);
}

static enum hone_code find_data(struct gc *gc)
{
    struct hone_dataset_version *list;
    size_t n;
    int64_t newer = 0; /* versions of the same data set behind this one in the list */
    int64_t before = hone_now_us(gc->run) - gc->policy->grace_us;
    if (gc->policy->keep_data == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_dataset_list(gc->run, gc->store, NULL, gc->mem, &list, &n));
    for (size_t i = n; i > 0; i--) {
        const struct hone_dataset_version *v = &list[i - 1];
        bool needed;
        newer = i < n && strcmp(list[i].name, v->name) == 0 ? newer : 0;
        if (v->tree == NULL) {
            continue;
        }
        HONE_TRY(is_needed(gc, v->data, &needed));
        if (newer++ >= gc->policy->keep_data && !needed && v->created < before) {
            HONE_TRY(
                add(gc, HONE_GC_DATA, NULL,
                    hone_arena_format(gc->mem, "data:/%s/%lld", v->name, (long long)v->version),
                    0));
        }
    }
    return HONE_OK;
}

static enum hone_code remove_data(struct gc *gc, const char *of, const char *actor)
{
    HONE_ARENA(work);
    struct hone_dataset_uri uri;
    HONE_TRY(hone_dataset_uri(gc->run, of, &work, &uri));
    return hone_dataset_remove(gc->run, gc->store, uri.name, uri.version, actor);
}

/* Pieces, as they will be once the data versions that go are gone. */
static enum hone_code find_objects(struct gc *gc)
{
    struct hone_collected out;
    enum hone_code code;
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(gc->run, gc->store, &tx));
    for (size_t i = 0; i < gc->plan.n; i++) {
        if (gc->plan.item[i].kind == HONE_GC_DATA) {
            HONE_TRY(remove_data(gc, gc->plan.item[i].of, NULL));
        }
    }
    code = hone_dataset_collect(gc->run, gc->store, true, &out);
    if (code == HONE_E_CONFLICT) {
        hone_error_clear(gc->run);
        gc->plan.objects_busy = true;
        return HONE_OK;
    }
    HONE_TRY(code);
    gc->plan.sum[HONE_GC_OBJECTS].items = (uint64_t)out.pieces;
    gc->plan.sum[HONE_GC_OBJECTS].bytes = out.bytes > 0 ? (uint64_t)out.bytes : 0;
    return HONE_OK; /* the transaction is undone */
}

/* Files that a killed writer left: counted by name, since nothing else is known of them. */
static enum hone_code find_half(struct gc *gc)
{
    HONE_ARENA(work);
    const char **folder;
    size_t folders;
    const char *root = hone_path_join(&work, hone_store_folder(gc->store), "artifacts");
    int64_t before = hone_now_us(gc->run) - gc->policy->grace_us;
    HONE_TRY(hone_dir_list(gc->run, root, &work, &folder, &folders));
    for (size_t i = 0; i < folders; i++) {
        const char *path = hone_path_join(&work, root, folder[i]);
        const char **file;
        size_t files;
        if (strlen(folder[i]) != 2 || !hone_dir_exists(path)) {
            continue;
        }
        HONE_TRY(hone_dir_list(gc->run, path, &work, &file, &files));
        for (size_t k = 0; k < files; k++) {
            struct stat info;
            if (hone_str_ends(hone_str(file[k]), ".tmp") &&
                stat(hone_path_join(&work, path, file[k]), &info) == 0 &&
                (int64_t)info.st_mtim.tv_sec * 1000000 < before) {
                gc->plan.sum[HONE_GC_HALF].items++;
                gc->plan.sum[HONE_GC_HALF].bytes += (uint64_t)info.st_size;
            }
        }
    }
    return HONE_OK;
}

static struct hone_expiry expiry_of(const struct gc *gc)
{
    return (struct hone_expiry){.before = gc->policy->predictions_before,
                                .keep_labelled = gc->policy->keep_labelled};
}

static enum hone_code find_predictions(struct gc *gc)
{
    struct hone_expiry expiry = expiry_of(gc);
    if (expiry.before == 0) {
        return HONE_OK;
    }
    return hone_expiry_count(gc->run, gc->store, &expiry,
                             &gc->plan.sum[HONE_GC_PREDICTIONS].items,
                             &gc->plan.sum[HONE_GC_PREDICTIONS].bytes);
}

enum hone_code hone_gc_find(struct hone_run *run, struct hone_store *store,
                            const struct hone_gc_policy *policy, struct hone_arena *mem,
                            struct hone_gc_plan *out)
{
    struct gc gc = {.run = run, .store = store, .policy = policy, .mem = mem};
    HONE_TRY(find_failed(&gc));
    HONE_TRY(find_archived(&gc));
    HONE_TRY(find_artifacts(&gc));
    HONE_TRY(find_half(&gc));
    HONE_TRY(find_trials(&gc));
    HONE_TRY(find_data(&gc));
    HONE_TRY(find_objects(&gc));
    HONE_TRY(find_predictions(&gc));
    *out = gc.plan;
    return HONE_OK;
}

/* --- acting ----------------------------------------------------------------------------------- */

/* What is to go is on record before anything goes. */
static enum hone_code note(struct gc *gc, const struct hone_gc_plan *plan)
{
    HONE_ARENA(work);
    static const char *const keys[] = {"files",  "half", "failed", "archived",
                                       "trials", "data", "pieces", "predictions"};
    struct hone_buf text = hone_buf(&work);
    uint64_t bytes = 0;
    for (size_t k = 0; k < HONE_GC_KINDS; k++) {
        hone_buf_format(&text, "%s\"%s\":%llu", k == 0 ? "{" : ",", keys[k],
                        (unsigned long long)plan->sum[k].items);
        bytes += plan->sum[k].bytes;
    }
    hone_buf_format(&text, ",\"bytes\":%llu", (unsigned long long)bytes);
    if (gc->policy->predictions_before != 0) {
        hone_buf_format(&text, ",\"predictions_before\":%lld,\"keep_labelled\":%s",
                        (long long)gc->policy->predictions_before,
                        gc->policy->keep_labelled ? "true" : "false");
    }
    hone_buf_char(&text, '}');
    hone_buf_char(&text, '\0');
    const struct hone_audit_row row = {.actor = gc->policy->actor,
                                       .action = "collect",
                                       .subject = "store",
                                       .detail = text.ptr};
    return hone_audit_append(gc->run, gc->store, &row);
}

/* Let go of a failed run's file; where nobody else has it, it goes with the unreferenced ones. */
static enum hone_code let_go(struct gc *gc, const struct hone_gc_item *item, bool *removed)
{
    HONE_QUERY query = {0};
    size_t changed;
    HONE_TRY(hone_query_begin(gc->run, gc->store,
                              "DELETE FROM run_artifact WHERE (run, path) IN"
                              " (SELECT run.seq, path" FAILED_FILES
                              " AND 'runs:/' || run.id || '/' || path = ?)",
                              &query));
    hone_query_put_int(&query, hone_now_us(gc->run) - gc->policy->failed_us);
    hone_query_put_text(&query, item->of);
    HONE_TRY(hone_query_run(gc->run, &query, &changed));
    *removed = changed > 0;
    return HONE_OK;
}

/* The file of an archived version: its row stays, since the version does. */
static enum hone_code unlink_archived(struct gc *gc, const struct hone_gc_item *item,
                                      bool *removed)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    const char *path;
    bool row;
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(gc->run, gc->store, &tx));
    HONE_TRY(hone_query_begin(gc->run, gc->store, "SELECT 1" ARCHIVED_FILES " AND v.onnx = ?",
                              &query));
    hone_query_put_int(&query, hone_now_us(gc->run) - gc->policy->archived_us);
    hone_query_put_text(&query, item->hash);
    HONE_TRY(hone_query_step(gc->run, &query, &row));
    hone_query_end(&query);
    *removed = false;
    if (row) {
        HONE_TRY(hone_artifact_path(gc->run, gc->store, item->hash, &work, &path));
        HONE_TRY(hone_file_remove(gc->run, path));
        *removed = true;
    }
    return hone_transaction_commit(gc->run, &tx);
}

static enum hone_code remove_trials(struct gc *gc, const struct hone_gc_item *item,
                                    bool *removed)
{
    HONE_ARENA(work);
    const char *path = hone_path_join(&work, hone_store_folder(gc->store), item->of);
    uint64_t bytes;
    int64_t youngest;
    bool busy;
    *removed = false;
    HONE_TRY(anything_runs(gc, &busy));
    if (!busy && hone_dir_exists(path)) {
        HONE_TRY(look_at_folder(gc, path, true, &bytes, &youngest));
        *removed = true;
    }
    return HONE_OK;
}

static enum hone_code act_on(struct gc *gc, const struct hone_gc_item *item, bool *removed)
{
    int64_t age;
    enum hone_code code = HONE_OK;
    *removed = false;
    switch (item->kind) {
    case HONE_GC_FAILED:
        return let_go(gc, item, removed);
    case HONE_GC_ARCHIVED:
        return unlink_archived(gc, item, removed);
    case HONE_GC_TRIALS:
        return remove_trials(gc, item, removed);
    case HONE_GC_DATA:
        *removed = true;
        return remove_data(gc, item->of, gc->policy->actor);
    default:
        HONE_TRY(age_of(gc->run, gc->store, gc->policy->grace_us, &age));
        code = hone_artifact_remove(gc->run, gc->store, item->hash, age, removed);
        if (code == HONE_E_CONFLICT) { /* something refers to it meanwhile */
            hone_error_clear(gc->run);
            code = HONE_OK;
        }
        return code;
    }
}

static enum hone_code act_on_all(struct gc *gc, const struct hone_gc_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct hone_gc_item *item = &plan->item[i];
        bool removed;
        HONE_TRY(hone_check_cancel(gc->run));
        HONE_TRY(act_on(gc, item, &removed));
        if (removed) {
            gc->plan.sum[item->kind].items++;
            gc->plan.sum[item->kind].bytes += item->bytes;
        }
    }
    return HONE_OK;
}

/* The files that failed runs let go of, and nobody else has. */
static enum hone_code remove_let_go(struct gc *gc, const struct hone_gc_plan *plan)
{
    int64_t age;
    HONE_TRY(age_of(gc->run, gc->store, gc->policy->grace_us, &age));
    for (size_t i = 0; i < plan->n; i++) {
        bool removed;
        enum hone_code code = HONE_OK;
        if (plan->item[i].kind == HONE_GC_FAILED) {
            code = hone_artifact_remove(gc->run, gc->store, plan->item[i].hash, age, &removed);
        }
        if (code == HONE_E_CONFLICT) {
            hone_error_clear(gc->run);
            code = HONE_OK;
        }
        HONE_TRY(code);
    }
    return HONE_OK;
}

static enum hone_code act_on_objects(struct gc *gc)
{
    struct hone_collected out;
    enum hone_code code = hone_dataset_collect(gc->run, gc->store, false, &out);
    if (code == HONE_E_CONFLICT) {
        hone_error_clear(gc->run);
        gc->plan.objects_busy = true;
        return HONE_OK;
    }
    HONE_TRY(code);
    gc->plan.sum[HONE_GC_OBJECTS].items = (uint64_t)out.pieces;
    gc->plan.sum[HONE_GC_OBJECTS].bytes = out.bytes > 0 ? (uint64_t)out.bytes : 0;
    return HONE_OK;
}

static enum hone_code act_on_predictions(struct gc *gc, const struct hone_gc_plan *plan)
{
    struct hone_expiry expiry = expiry_of(gc);
    if (expiry.before != 0) {
        HONE_TRY(hone_expiry_run(gc->run, gc->store, &expiry));
        gc->plan.sum[HONE_GC_PREDICTIONS].items = expiry.predictions;
        if (plan->sum[HONE_GC_PREDICTIONS].items > 0) {
            gc->plan.sum[HONE_GC_PREDICTIONS].bytes = plan->sum[HONE_GC_PREDICTIONS].bytes /
                                                      plan->sum[HONE_GC_PREDICTIONS].items *
                                                      expiry.predictions;
        }
        gc->plan.labels = expiry.labels;
    }
    if (gc->policy->compact) {
        HONE_TRY(hone_store_compact(gc->run, gc->store));
    }
    return hone_store_shrink(gc->run, gc->store, &gc->plan.unused);
}

enum hone_code hone_gc_act(struct hone_run *run, struct hone_store *store,
                           const struct hone_gc_policy *policy, const struct hone_gc_plan *plan,
                           struct hone_gc_plan *done)
{
    HONE_ARENA(work);
    struct gc gc = {.run = run, .store = store, .policy = policy, .mem = &work};
    size_t half = 0;
    HONE_TRY(note(&gc, plan));
    HONE_TRY(act_on_all(&gc, plan));
    HONE_TRY(remove_let_go(&gc, plan));
    HONE_TRY(hone_artifact_tidy(run, store, policy->grace_us, &half));
    gc.plan.sum[HONE_GC_HALF].items = half;
    gc.plan.sum[HONE_GC_HALF].bytes = half == 0 ? 0 : plan->sum[HONE_GC_HALF].bytes;
    if (!plan->objects_busy) {
        HONE_TRY(act_on_objects(&gc));
    }
    HONE_TRY(act_on_predictions(&gc, plan));
    *done = gc.plan;
    done->item = NULL;
    done->n = 0;
    return HONE_OK;
}

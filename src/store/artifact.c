#include "store/artifact.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/query_priv.h"

static bool is_hash(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static const char *folder_of(struct hone_store *store, const char *hash, struct hone_arena *mem)
{
    return hone_arena_format(mem, "%s/artifacts/%.2s", store->folder, hash);
}

static const char *file_of(struct hone_store *store, const char *hash, struct hone_arena *mem)
{
    return hone_arena_format(mem, "%s/artifacts/%.2s/%s", store->folder, hash, hash + 2);
}

/* The size of a plain file, and when it was written; false if there is none. */
static bool look(const char *path, uint64_t *bytes, int64_t *time_us)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return false;
    }
    *bytes = (uint64_t)info.st_size;
    *time_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    return true;
}

static bool is_there(const char *path, size_t len)
{
    uint64_t bytes;
    int64_t time_us;
    return look(path, &bytes, &time_us) && bytes == len;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* Make the name of a new folder as durable as the files in it will be. */
static enum hone_code sync_folder(struct hone_run *run, const char *path)
{
    HONE_CLOSING(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) {
        return hone_fail_errno(run, "cannot sync %s", path);
    }
    return HONE_OK;
}

static enum hone_code write_file(struct hone_run *run, struct hone_store *store,
                                 const char *hash, struct hone_str bytes)
{
    HONE_SCRATCH(run);
    const char *folder = folder_of(store, hash, &run->scratch);
    if (!hone_dir_exists(folder)) {
        HONE_TRY(hone_dir_make(run, folder));
        HONE_TRY(sync_folder(run, hone_path_join(&run->scratch, store->folder, "artifacts")));
    }
    return hone_file_write(run, file_of(store, hash, &run->scratch), bytes);
}

enum hone_code hone_artifact_put(struct hone_run *run, struct hone_store *store,
                                 struct hone_str bytes, struct hone_sha *hash)
{
    HONE_SCRATCH(run);
    struct hone_sha sha = hone_sha256(bytes.ptr, bytes.len);
    const char *path = file_of(store, sha.hex, &run->scratch);
    /* Outside the transaction, since a big file takes long and others would wait. */
    if (!is_there(path, bytes.len)) {
        HONE_TRY(write_file(run, store, sha.hex, bytes));
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    /* A collector may have taken it away meanwhile; now that we hold the lock it cannot. */
    if (!is_there(path, bytes.len)) {
        HONE_TRY(write_file(run, store, sha.hex, bytes));
    }
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO artifact (hash, size, touched) VALUES (?, ?, ?)"
                              " ON CONFLICT (hash) DO UPDATE SET touched = excluded.touched",
                              &query));
    hone_query_put_text(&query, sha.hex);
    hone_query_put_int(&query, (int64_t)bytes.len);
    hone_query_put_int(&query, hone_now_us(run));
    HONE_TRY(hone_query_run(run, &query, NULL));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *hash = sha;
    return HONE_OK;
}

enum hone_code hone_artifact_path(struct hone_run *run, struct hone_store *store,
                                  const char *hash, struct hone_arena *mem, const char **path)
{
    if (!is_hash(hash, 64)) {
        return hone_fail(run, HONE_E_ARG, "\"%.80s\" is no artifact's hash", hash);
    }
    const char *found = file_of(store, hash, mem);
    if (!hone_file_exists(found)) {
        return hone_fail(run, HONE_E_NOT_FOUND, "%s holds no artifact %s", store->folder, hash);
    }
    *path = found;
    return HONE_OK;
}

enum hone_code hone_artifact_get(struct hone_run *run, struct hone_store *store,
                                 const char *hash, struct hone_arena *mem,
                                 struct hone_str *bytes)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena own = {0};
    const char *path;
    HONE_TRY(hone_artifact_path(run, store, hash, &own, &path));
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};
    HONE_TRY(hone_file_open(run, path, &own, &file));
    struct hone_sha sha = hone_sha256(file.bytes.ptr, file.bytes.len);
    if (!hone_str_is(hone_str(sha.hex), hash)) {
        return hone_fail(run, HONE_E_FORMAT,
                         "artifact %s is damaged: its content has the hash %s", hash, sha.hex);
    }
    char *copy;
    HONE_TRY(hone_array(run, mem, &copy, file.bytes.len + 1));
    if (file.bytes.len > 0) {
        memcpy(copy, file.bytes.ptr, file.bytes.len);
    }
    *bytes = (struct hone_str){copy, file.bytes.len};
    return HONE_OK;
}

enum hone_code hone_artifact_verify(struct hone_run *run, struct hone_store *store, int64_t *n,
                                    int64_t *gone)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    bool row;
    *n = *gone = 0;
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT hash, EXISTS (SELECT 1 FROM model_version WHERE onnx = hash)"
        " AND NOT EXISTS (SELECT 1 FROM model_version WHERE onnx = hash AND status = 'READY')"
        " FROM artifact ORDER BY hash",
        &query));
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        struct hone_mark mark = hone_arena_mark(&work);
        struct hone_str bytes;
        const char *hash = hone_query_text(&query, &work);
        bool may_be_gone = hone_query_int(&query) != 0;
        HONE_TRY(hone_check_cancel(run));
        enum hone_code code = hone_artifact_get(run, store, hash, &work, &bytes);
        if (code == HONE_E_NOT_FOUND && may_be_gone) {
            hone_error_clear(run);
            ++*gone;
        } else {
            HONE_TRY(code);
            ++*n;
        }
        hone_arena_rewind(&work, mark);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    return HONE_OK;
}

struct found {
    struct hone_unused *item;
    size_t n;
    size_t room;
};

static enum hone_code add(struct hone_run *run, struct hone_arena *mem, struct found *found,
                          const char *hash, uint64_t bytes)
{
    HONE_TRY(hone_list_more(run, mem, &found->item, found->n, &found->room));
    found->item[found->n++] = (struct hone_unused){hash, bytes};
    return HONE_OK;
}

static enum hone_code unused_rows(struct hone_run *run, struct hone_store *store,
                                  int64_t before, struct hone_arena *mem, struct found *found)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT hash, size FROM artifact WHERE touched < ?"
        " AND NOT EXISTS (SELECT 1 FROM run_artifact WHERE artifact = hash)"
        " AND NOT EXISTS (SELECT 1 FROM model_version WHERE onnx = hash) ORDER BY hash",
        &query));
    hone_query_put_int(&query, before);
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            return HONE_OK;
        }
        const char *hash = hone_query_text(&query, mem);
        HONE_TRY(add(run, mem, found, hash, (uint64_t)hone_query_int(&query)));
    }
}

static enum hone_code is_known(struct hone_run *run, struct hone_query *query, const char *hash,
                               bool *known)
{
    hone_query_again(query);
    hone_query_put_text(query, hash);
    return hone_query_step(run, query, known);
}

/* One of the folders that artifacts lie in, and not what somebody else has put there. */
static bool is_folder(struct hone_arena *mem, struct hone_store *store, const char *name)
{
    return is_hash(name, 2) && hone_dir_exists(folder_of(store, name, mem));
}

/* Files of one folder of artifacts/ that have no row. */
static enum hone_code unused_files(struct hone_run *run, struct hone_store *store,
                                   const char *name, int64_t before, struct hone_arena *mem,
                                   struct found *found)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena own = {0};
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, "SELECT 1 FROM artifact WHERE hash = ?", &query));
    const char *folder = hone_arena_format(&own, "%s/artifacts/%s", store->folder, name);
    const char **files;
    size_t n;
    HONE_TRY(hone_dir_list(run, folder, &own, &files, &n));
    for (size_t i = 0; i < n; i++) {
        const char *hash = hone_arena_format(&own, "%s%s", name, files[i]);
        uint64_t bytes = 0;
        int64_t time_us;
        bool known = true;
        if (is_hash(hash, 64) &&
            look(hone_path_join(&own, folder, files[i]), &bytes, &time_us) &&
            time_us < before) {
            HONE_TRY(is_known(run, &query, hash, &known));
        }
        if (!known) {
            HONE_TRY(add(run, mem, found, hone_arena_text(mem, hash, 64), bytes));
        }
    }
    return HONE_OK;
}

enum hone_code hone_artifact_unused(struct hone_run *run, struct hone_store *store,
                                    int64_t age_us, struct hone_arena *mem,
                                    struct hone_unused **out, size_t *n)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena own = {0};
    struct found found = {0};
    int64_t before = hone_now_us(run) - age_us;
    HONE_TRY(unused_rows(run, store, before, mem, &found));
    const char **folders;
    size_t n_folders;
    HONE_TRY(hone_dir_list(run, hone_path_join(&own, store->folder, "artifacts"), &own,
                           &folders, &n_folders));
    for (size_t i = 0; i < n_folders; i++) {
        if (is_folder(&own, store, folders[i])) {
            HONE_TRY(unused_files(run, store, folders[i], before, mem, &found));
        }
    }
    *out = found.item;
    *n = found.n;
    return HONE_OK;
}

/* Whether the row says that it was put again meanwhile. */
static enum hone_code is_fresh(struct hone_run *run, struct hone_store *store, const char *hash,
                               int64_t before, bool *fresh)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT 1 FROM artifact WHERE hash = ? AND touched >= ?", &query));
    hone_query_put_text(&query, hash);
    hone_query_put_int(&query, before);
    return hone_query_step(run, &query, fresh);
}

enum hone_code hone_artifact_remove(struct hone_run *run, struct hone_store *store,
                                    const char *hash, int64_t age_us, bool *removed)
{
    if (!is_hash(hash, 64)) {
        return hone_fail(run, HONE_E_ARG, "\"%.80s\" is no artifact's hash", hash);
    }
    HONE_SCRATCH(run);
    bool fresh;
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(is_fresh(run, store, hash, hone_now_us(run) - age_us, &fresh));
    if (fresh) {
        *removed = false;
        return HONE_OK;
    }
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, "DELETE FROM artifact WHERE hash = ?", &query));
    hone_query_put_text(&query, hash);
    HONE_TRY(hone_query_run(run, &query, NULL));
    /* Before the commit, while nobody can put it again: a crash here leaves a row without a file and
     * without use, which the next collection removes. */
    HONE_TRY(hone_file_remove(run, file_of(store, hash, &run->scratch)));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *removed = true;
    return HONE_OK;
}

static enum hone_code tidy_folder(struct hone_run *run, struct hone_store *store,
                                  const char *name, int64_t before, size_t *n)
{
    HONE_SCRATCH(run);
    const char *folder =
        hone_arena_format(&run->scratch, "%s/artifacts/%s", store->folder, name);
    const char **files;
    size_t n_files;
    HONE_TRY(hone_dir_list(run, folder, &run->scratch, &files, &n_files));
    for (size_t i = 0; i < n_files; i++) {
        uint64_t bytes = 0;
        int64_t time_us;
        const char *path = hone_path_join(&run->scratch, folder, files[i]);
        if (hone_str_ends(hone_str(files[i]), ".tmp") && look(path, &bytes, &time_us) &&
            time_us < before) {
            HONE_TRY(hone_file_remove(run, path));
            ++*n;
        }
    }
    return HONE_OK;
}

enum hone_code hone_artifact_tidy(struct hone_run *run, struct hone_store *store,
                                  int64_t age_us, size_t *n)
{
    HONE_SCRATCH(run);
    size_t removed = 0;
    const char **folders;
    size_t n_folders;
    HONE_TRY(hone_dir_list(run, hone_path_join(&run->scratch, store->folder, "artifacts"),
                           &run->scratch, &folders, &n_folders));
    for (size_t i = 0; i < n_folders; i++) {
        if (is_folder(&run->scratch, store, folders[i])) {
            HONE_TRY(tidy_folder(run, store, folders[i], hone_now_us(run) - age_us, &removed));
        }
    }
    if (n != NULL) {
        *n = removed;
    }
    return HONE_OK;
}

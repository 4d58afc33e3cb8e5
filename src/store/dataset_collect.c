/*
 * Mark and sweep: what the versions' trees name is alive; of the packs, those without living pieces go, and those
 * that are a quarter dead have their living pieces copied to a new one.
 */
#include <fcntl.h>
#include <unistd.h>

#include "store/content_priv.h"
#include "store/dataset.h"

struct sweep {
    struct hone_run *run;
    struct hone_store *store;
    struct hone_arena mem;
    struct hone_map content; /* ids that are alive */
    struct hone_map piece;
    struct hone_collected out;
};

static void sweep_end(struct sweep *sweep)
{
    hone_arena_free(&sweep->mem);
}

static enum hone_code mark(struct sweep *sweep, struct hone_map *map, const void *id,
                           bool *first)
{
    struct hone_str key = {id, sizeof(struct hone_object_id)};
    size_t before = map->n;

    if (hone_map_get(map, key) != UINT32_MAX) {
        *first = false;
        return HONE_OK;
    }
    key.ptr = hone_arena_text(&sweep->mem, key.ptr, key.len);
    if (hone_map_add(map, key, 1) == UINT32_MAX) {
        return hone_no_room(sweep->run, "objects", before);
    }
    *first = true;
    return HONE_OK;
}

static struct hone_object_id id_of(const char *hex)
{
    struct hone_sha sha = {{0}};
    memcpy(sha.hex, hex, 64);
    return hone_object_id_of(&sha);
}

static enum hone_code mark_content(struct sweep *sweep, const struct hone_object_id *id)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    struct hone_str pieces;
    bool first;
    bool row;

    HONE_TRY(mark(sweep, &sweep->content, id, &first));
    if (!first) {
        return HONE_OK;
    }
    HONE_TRY(hone_query_begin(sweep->run, sweep->store,
                              "SELECT pieces FROM content WHERE hash = ?", &query));
    hone_query_put_bytes(&query, id->sha, sizeof id->sha);
    HONE_TRY(hone_query_step(sweep->run, &query, &row));
    if (!row) {
        return HONE_OK; /* damage is verify's to tell */
    }
    pieces = hone_query_bytes(&query, &work);
    for (size_t at = 0; at + sizeof id->sha <= pieces.len; at += sizeof id->sha) {
        HONE_TRY(mark(sweep, &sweep->piece, pieces.ptr + at, &first));
    }
    return HONE_OK;
}

static enum hone_code mark_all(struct sweep *sweep)
{
    HONE_ARENA(work);
    struct hone_dataset_version *list;
    size_t n;

    HONE_TRY(hone_dataset_list(sweep->run, sweep->store, NULL, &work, &list, &n));
    for (size_t i = 0; i < n; i++) {
        HONE_ARENA(own);
        struct hone_tree_file *file;
        struct hone_object_id id;
        size_t files;
        if (list[i].tree == NULL) {
            continue;
        }
        id = id_of(list[i].tree);
        HONE_TRY(mark_content(sweep, &id));
        HONE_TRY(hone_tree_files(sweep->run, sweep->store, list[i].tree, &own, &file, &files));
        for (size_t k = 0; k < files; k++) {
            id = id_of(file[k].hash);
            HONE_TRY(mark_content(sweep, &id));
        }
    }
    return HONE_OK;
}

/* --- sweeping ----------------------------------------------------------------------------- */

static enum hone_code is_alive(struct sweep *sweep, const struct hone_map *map,
                               struct hone_query *query, bool *alive, struct hone_str *id)
{
    *id = hone_query_bytes(query, &sweep->mem);
    *alive = hone_map_get(map, *id) != UINT32_MAX;
    return HONE_OK;
}

/* Delete the rows of a table whose hash is not in the map; *n counts them. */
static enum hone_code delete_dead(struct sweep *sweep, const char *list, const char *remove,
                                  const struct hone_map *map, int64_t *n)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    HONE_QUERY deleting = {0};
    struct hone_str *dead = NULL;
    size_t count = 0;
    size_t room = 0;
    bool row;

    HONE_TRY(hone_query_begin(sweep->run, sweep->store, list, &query));
    HONE_TRY(hone_query_step(sweep->run, &query, &row));
    while (row) {
        struct hone_str id;
        bool alive;
        HONE_TRY(is_alive(sweep, map, &query, &alive, &id));
        if (!alive) {
            HONE_TRY(hone_list_more(sweep->run, &work, &dead, count, &room));
            dead[count++] = id;
        }
        HONE_TRY(hone_query_step(sweep->run, &query, &row));
    }
    HONE_TRY(hone_query_begin(sweep->run, sweep->store, remove, &deleting));
    for (size_t i = 0; i < count; i++) {
        hone_query_put_bytes(&deleting, dead[i].ptr, dead[i].len);
        HONE_TRY(hone_query_run(sweep->run, &deleting, NULL));
    }
    *n = (int64_t)count;
    return HONE_OK;
}

struct old_pack {
    int64_t id, bytes, alive;
    const char *name;
};

static enum hone_code list_packs(struct sweep *sweep, struct hone_arena *mem,
                                 struct old_pack **out, size_t *n)
{
    HONE_QUERY query = {0};
    struct old_pack *list = NULL;
    size_t count = 0;
    size_t room = 0;
    bool row;

    HONE_TRY(hone_query_begin(
        sweep->run, sweep->store,
        "SELECT id, bytes, coalesce((SELECT sum(stored) FROM piece WHERE pack = pack.id), 0),"
        " name FROM pack ORDER BY id",
        &query));
    HONE_TRY(hone_query_step(sweep->run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(sweep->run, mem, &list, count, &room));
        list[count].id = hone_query_int(&query);
        list[count].bytes = hone_query_int(&query);
        list[count].alive = hone_query_int(&query);
        list[count++].name = hone_query_text(&query, mem);
        HONE_TRY(hone_query_step(sweep->run, &query, &row));
    }
    *out = list;
    *n = count;
    return HONE_OK;
}

static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* Copy a pack's living pieces, as they are stored, to the end of another, and point their rows there. */
static enum hone_code copy_pieces(struct sweep *sweep, const struct old_pack *from,
                                  struct hone_pack *to, int64_t to_id)
{
    HONE_ARENA(work);
    const char *path = hone_pack_path(sweep->store, from->name, &work);
    HONE_CLOSING(close_fd) const int fd = open(path, O_RDONLY | O_CLOEXEC);
    HONE_QUERY query = {0};
    HONE_QUERY moving = {0};
    bool row;

    if (fd < 0) {
        return hone_fail_errno(sweep->run, "%s", path);
    }
    HONE_TRY(hone_query_begin(sweep->run, sweep->store,
                              "SELECT hash, at, stored FROM piece WHERE pack = ? ORDER BY at",
                              &query));
    HONE_TRY(hone_query_begin(sweep->run, sweep->store,
                              "UPDATE piece SET pack = ?, at = ? WHERE hash = ?", &moving));
    hone_query_put_int(&query, from->id);
    HONE_TRY(hone_query_step(sweep->run, &query, &row));
    while (row) {
        struct hone_str hash = hone_query_bytes(&query, &work);
        struct hone_piece piece = {.at = (uint64_t)hone_query_int(&query)};
        char *bytes;
        piece.stored = (uint32_t)hone_query_int(&query);
        HONE_TRY(hone_array(sweep->run, &work, &bytes, piece.stored));
        if (pread(fd, bytes, piece.stored, (off_t)piece.at) != (ssize_t)piece.stored) {
            return hone_fail(sweep->run, HONE_E_FORMAT, "%s is damaged: it ends too early",
                             path);
        }
        HONE_TRY(hone_pack_add(sweep->run, sweep->store, to, bytes, &piece));
        hone_query_put_int(&moving, to_id);
        hone_query_put_int(&moving, (int64_t)piece.at);
        hone_query_put_bytes(&moving, hash.ptr, hash.len);
        HONE_TRY(hone_query_run(sweep->run, &moving, NULL));
        HONE_TRY(hone_query_step(sweep->run, &query, &row));
    }
    return HONE_OK;
}

/* A quarter of it is dead: worth writing the rest anew. */
static bool goes(const struct old_pack *pack)
{
    return pack->alive * 4 <= pack->bytes * 3;
}

/* The living pieces of packs that go move to one new pack, which is on the disk before the rows say so. */
static enum hone_code renew_packs(struct sweep *sweep, const struct old_pack *pack, size_t n)
{
    HONE_CLOSING(hone_pack_drop) struct hone_pack fresh = {.bytes = 0};
    HONE_QUERY query = {0};
    int64_t id = 0;

    for (size_t i = 0; i < n; i++) {
        if (goes(&pack[i]) && pack[i].alive > 0) {
            if (id == 0) {
                HONE_TRY(hone_pack_begin(sweep->run, sweep->store, &fresh));
                HONE_TRY(hone_pack_record(sweep->run, sweep->store, &fresh, &id));
            }
            HONE_TRY(copy_pieces(sweep, &pack[i], &fresh, id));
        }
    }
    if (id != 0) {
        HONE_TRY(hone_pack_seal(sweep->run, &fresh));
        HONE_TRY(hone_query_begin(sweep->run, sweep->store,
                                  "UPDATE pack SET bytes = ? WHERE id = ?", &query));
        hone_query_put_int(&query, (int64_t)fresh.bytes);
        hone_query_put_int(&query, id);
        HONE_TRY(hone_query_run(sweep->run, &query, NULL));
        hone_query_end(&query);
        sweep->out.bytes -= (int64_t)fresh.bytes;
    }
    HONE_TRY(
        hone_query_begin(sweep->run, sweep->store, "DELETE FROM pack WHERE id = ?", &query));
    for (size_t i = 0; i < n; i++) {
        if (goes(&pack[i])) {
            hone_query_put_int(&query, pack[i].id);
            HONE_TRY(hone_query_run(sweep->run, &query, NULL));
            sweep->out.packs++;
            sweep->out.bytes += pack[i].bytes;
        }
    }
    return HONE_OK;
}

/* Files of packs that no row names: of packs that went, and of additions that were killed. */
static enum hone_code remove_files(struct sweep *sweep)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    const char *folder = hone_path_join(&work, sweep->store->folder, "objects");
    const char **name;
    size_t n;

    HONE_TRY(hone_dir_list(sweep->run, folder, &work, &name, &n));
    HONE_TRY(hone_query_begin(sweep->run, sweep->store,
                              "SELECT 1 FROM pack WHERE name || '.pack' = ?", &query));
    for (size_t i = 0; i < n; i++) {
        bool known;
        if (strcmp(name[i], "lock") == 0) {
            continue;
        }
        hone_query_again(&query);
        hone_query_put_text(&query, name[i]);
        HONE_TRY(hone_query_step(sweep->run, &query, &known));
        if (!known) {
            HONE_TRY(hone_file_remove(sweep->run, hone_path_join(&work, folder, name[i])));
        }
    }
    return HONE_OK;
}

enum hone_code hone_dataset_collect(struct hone_run *run, struct hone_store *store, bool dry,
                                    struct hone_collected *out)
{
    HONE_CLOSING(hone_pack_unlock) int lock = -1;
    HONE_CLOSING(sweep_end) struct sweep sweep = {.run = run, .store = store};
    struct old_pack *pack;
    size_t n;

    sweep.content.mem = sweep.piece.mem = &sweep.mem;
    HONE_TRY(hone_pack_lock(run, store, true, &lock));
    {
        HONE_TRANSACTION tx = {0};
        HONE_TRY(hone_transaction_begin(run, store, &tx));
        HONE_TRY(mark_all(&sweep));
        HONE_TRY(delete_dead(&sweep, "SELECT hash FROM content",
                             "DELETE FROM content WHERE hash = ?", &sweep.content,
                             &sweep.out.contents));
        HONE_TRY(delete_dead(&sweep, "SELECT hash FROM piece",
                             "DELETE FROM piece WHERE hash = ?", &sweep.piece,
                             &sweep.out.pieces));
        HONE_TRY(hone_store_exec(run, store,
                                 "DELETE FROM stat_cache WHERE content NOT IN"
                                 " (SELECT hash FROM content)"));
        HONE_TRY(list_packs(&sweep, &sweep.mem, &pack, &n));
        if (dry) {
            for (size_t i = 0; i < n; i++) {
                sweep.out.packs += goes(&pack[i]);
                sweep.out.bytes += goes(&pack[i]) ? pack[i].bytes - pack[i].alive : 0;
            }
            *out = sweep.out;
            return HONE_OK; /* the transaction is undone */
        }
        HONE_TRY(renew_packs(&sweep, pack, n));
        HONE_TRY(hone_transaction_commit(run, &tx));
    }
    HONE_TRY(remove_files(&sweep));
    *out = sweep.out;
    return HONE_OK;
}

enum hone_code hone_dataset_verify(struct hone_run *run, struct hone_store *store,
                                   int64_t *files, int64_t *bytes)
{
    HONE_CLOSING(sweep_end) struct sweep sweep = {.run = run, .store = store};
    struct hone_dataset_version *list;
    size_t n;

    sweep.content.mem = &sweep.mem;
    *files = *bytes = 0;
    HONE_TRY(hone_dataset_list(run, store, NULL, &sweep.mem, &list, &n));
    for (size_t i = 0; i < n; i++) {
        HONE_ARENA(work);
        struct hone_tree_file *file = NULL;
        size_t count = 0;
        if (list[i].tree == NULL) {
            continue;
        }
        if (hone_tree_list(run, store, list[i].tree, &work, &file, &count) != HONE_OK) {
            return hone_fail_in(run, "data:/%s/%lld", list[i].name, (long long)list[i].version);
        }
        for (size_t k = 0; k < count; k++) {
            struct hone_object_id id = id_of(file[k].hash);
            bool first;
            HONE_TRY(hone_check_cancel(run));
            HONE_TRY(mark(&sweep, &sweep.content, &id, &first));
            if (first && hone_tree_check(run, store, file[k].hash) != HONE_OK) {
                return hone_fail_in(run, "data:/%s/%lld/%s", list[i].name,
                                    (long long)list[i].version, file[k].path);
            }
            *files += first;
            *bytes += first ? file[k].size : 0;
        }
    }
    return HONE_OK;
}

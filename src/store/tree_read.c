#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include "base/pool.h"
#include "store/content_priv.h"
#include "store/tree.h"

#define BATCH_BYTES ((size_t)64 << 20)

/* A run of pieces, unpacked beside each other. */
struct unpacking {
    const struct hone_piece *piece; /* (n) */
    const size_t *place;            /* (n) of each in out */
    const char *const *pack;        /* (n) path of each's pack */
    char *out;
};

static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

static enum hone_code read_stored(struct hone_run *run, const char *path,
                                  const struct hone_piece *piece, char *out)
{
    HONE_CLOSING(close_fd) const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return hone_fail_errno(run, "%s", path);
    }
    for (size_t at = 0; at < piece->stored;) {
        ssize_t n = pread(fd, out + at, piece->stored - at, (off_t)(piece->at + at));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return hone_fail_errno(run, "%s: cannot read", path);
        }
        if (n == 0) {
            return hone_fail(run, HONE_E_FORMAT, "%s is damaged: it ends too early", path);
        }
        at += (size_t)n;
    }
    return HONE_OK;
}

static enum hone_code unpack_one(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct unpacking *u = ctx;
    const struct hone_piece *piece = &u->piece[chunk];
    char *out = u->out + u->place[chunk];
    struct hone_object_id id;
    HONE_SCRATCH(run);

    if (piece->stored >= piece->size) {
        HONE_TRY(read_stored(run, u->pack[chunk], piece, out));
    } else {
        char *packed;
        size_t n;
        HONE_TRY(hone_array(run, &run->scratch, &packed, piece->stored));
        HONE_TRY(read_stored(run, u->pack[chunk], piece, packed));
        n = ZSTD_decompress(out, piece->size, packed, piece->stored);
        if (ZSTD_isError(n) || n != piece->size) {
            return hone_fail(run, HONE_E_FORMAT, "%s is damaged: a piece does not unpack",
                             u->pack[chunk]);
        }
    }
    id = hone_object_id(out, piece->size);
    if (memcmp(&id, &piece->id, sizeof id) != 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s is damaged: a piece differs from its hash",
                         u->pack[chunk]);
    }
    return HONE_OK;
}

/* The packs' paths, found once each. */
static enum hone_code find_packs(struct hone_run *run, struct hone_store *store,
                                 const struct hone_piece *piece, size_t n,
                                 struct hone_arena *mem, const char ***out)
{
    HONE_QUERY query = {0};
    const char **path;

    HONE_TRY(hone_array(run, mem, &path, n));
    HONE_TRY(hone_query_begin(run, store, "SELECT name FROM pack WHERE id = ?", &query));
    for (size_t i = 0; i < n; i++) {
        bool row;
        if (i > 0 && piece[i].pack == piece[i - 1].pack) {
            path[i] = path[i - 1];
            continue;
        }
        hone_query_again(&query);
        hone_query_put_int(&query, piece[i].pack);
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            return hone_fail(run, HONE_E_FORMAT, "%s: a piece's pack is gone", store->folder);
        }
        path[i] = hone_pack_path(store, hone_query_text(&query, mem), mem);
    }
    *out = path;
    return HONE_OK;
}

/* Unpack pieces [from, to) of a content to bytes, in parallel. */
static enum hone_code unpack(struct hone_run *run, const struct hone_piece *piece,
                             const char *const *pack, size_t n, char *out)
{
    HONE_ARENA(work);
    size_t *place;
    size_t at = 0;
    struct unpacking u = {.piece = piece, .pack = pack, .out = out};

    HONE_TRY(hone_array(run, &work, &place, n));
    for (size_t i = 0; i < n; i++) {
        place[i] = at;
        at += piece[i].size;
    }
    u.place = place;
    return hone_parallel_try(run, n, unpack_one, &u);
}

struct content {
    struct hone_piece *piece;
    const char **pack;
    size_t n, bytes;
};

static enum hone_code find_content(struct hone_run *run, struct hone_store *store,
                                   const char *hash, struct hone_arena *mem,
                                   struct content *out)
{
    struct hone_sha sha = {{0}};
    struct hone_object_id id;

    if (strlen(hash) != 64 || strspn(hash, "0123456789abcdef") != 64) {
        return hone_fail(run, HONE_E_ARG, "\"%.80s\" is no content's hash", hash);
    }
    memcpy(sha.hex, hash, 64);
    id = hone_object_id_of(&sha);
    HONE_TRY(hone_content_pieces(run, store, &id, mem, &out->piece, &out->n));
    HONE_TRY(find_packs(run, store, out->piece, out->n, mem, &out->pack));
    out->bytes = 0;
    for (size_t i = 0; i < out->n; i++) {
        out->bytes += out->piece[i].size;
    }
    return HONE_OK;
}

static enum hone_code read_content(struct hone_run *run, struct hone_store *store,
                                   const char *content, struct hone_arena *mem,
                                   struct hone_str *out)
{
    HONE_ARENA(work);
    struct content c = {0};
    char *bytes;

    HONE_TRY(find_content(run, store, content, &work, &c));
    HONE_TRY(hone_array(run, mem, &bytes, c.bytes + 1));
    HONE_TRY(unpack(run, c.piece, c.pack, c.n, bytes));
    *out = (struct hone_str){bytes, c.bytes};
    return HONE_OK;
}

enum hone_code hone_tree_read(struct hone_run *run, struct hone_store *store,
                              const char *content, struct hone_arena *mem, struct hone_str *out)
{
    HONE_CLOSING(hone_pack_unlock) int lock = -1;

    HONE_TRY(hone_pack_lock(run, store, false, &lock));
    return read_content(run, store, content, mem, out);
}

/* All pieces of a content, by batches, to out; NULL: nowhere. */
static enum hone_code pour(struct hone_run *run, struct hone_store *store, const char *content,
                           struct hone_out *out)
{
    HONE_ARENA(work);
    struct content c = {0};
    char *buffer;

    HONE_TRY(find_content(run, store, content, &work, &c));
    HONE_TRY(hone_array(run, &work, &buffer, c.bytes < BATCH_BYTES ? c.bytes : BATCH_BYTES));
    for (size_t from = 0; from < c.n;) {
        size_t to = from;
        size_t bytes = 0;
        while (to < c.n && bytes + c.piece[to].size <= BATCH_BYTES) {
            bytes += c.piece[to++].size;
        }
        HONE_TRY(unpack(run, c.piece + from, c.pack + from, to - from, buffer));
        if (out != NULL) {
            HONE_TRY(hone_out_write(run, out, buffer, bytes));
        }
        HONE_TRY(hone_check_cancel(run));
        from = to;
    }
    return HONE_OK;
}

enum hone_code hone_tree_write(struct hone_run *run, struct hone_store *store,
                               const char *content, const char *path)
{
    HONE_CLOSING(hone_pack_unlock) int lock = -1;
    HONE_CLOSING(hone_out_close) struct hone_out out = {.fd = -1};

    HONE_TRY(hone_pack_lock(run, store, false, &lock));
    HONE_TRY(hone_out_open(run, path, &out));
    HONE_TRY(pour(run, store, content, &out));
    return hone_out_commit(run, &out);
}

enum hone_code hone_tree_check(struct hone_run *run, struct hone_store *store,
                               const char *content)
{
    HONE_CLOSING(hone_pack_unlock) int lock = -1;

    HONE_TRY(hone_pack_lock(run, store, false, &lock));
    return pour(run, store, content, NULL);
}

static enum hone_code damaged(struct hone_run *run, const char *hash)
{
    return hone_fail(run, HONE_E_FORMAT, "tree %s is damaged: its list of files is malformed",
                     hash);
}

/* "HASH SIZE PATH" of one file. */
static bool parse_file(struct hone_str record, struct hone_arena *mem,
                       struct hone_tree_file *out)
{
    struct hone_str hash;
    struct hone_str size;
    struct hone_str path;

    if (!hone_str_cut(record, ' ', &hash, &path) || !hone_str_cut(path, ' ', &size, &path) ||
        hash.len != 64 || !hone_parse_i64(size, &out->size) || out->size < 0 || path.len == 0) {
        return false;
    }
    out->hash = hone_arena_text(mem, hash.ptr, hash.len);
    out->path = hone_arena_text(mem, path.ptr, path.len);
    return true;
}

enum hone_code hone_tree_files(struct hone_run *run, struct hone_store *store, const char *hash,
                               struct hone_arena *mem, struct hone_tree_file **out, size_t *n)
{
    HONE_ARENA(work);
    struct hone_str rest;
    struct hone_str record;
    struct hone_tree_file *list = NULL;
    size_t count = 0;
    size_t room = 0;

    HONE_TRY(read_content(run, store, hash, &work, &rest));
    while (rest.len > 0) {
        struct hone_tree_file file = {0};
        if (!hone_str_cut(rest, '\0', &record, &rest) || !parse_file(record, mem, &file)) {
            return damaged(run, hash);
        }
        HONE_TRY(hone_list_more(run, mem, &list, count, &room));
        list[count++] = file;
    }
    *out = list;
    *n = count;
    return HONE_OK;
}

enum hone_code hone_tree_list(struct hone_run *run, struct hone_store *store, const char *hash,
                              struct hone_arena *mem, struct hone_tree_file **out, size_t *n)
{
    HONE_CLOSING(hone_pack_unlock) int lock = -1;

    HONE_TRY(hone_pack_lock(run, store, false, &lock));
    return hone_tree_files(run, store, hash, mem, out, n);
}

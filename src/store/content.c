#include <zstd.h>

#include "base/pool.h"
#include "store/content_priv.h"
#include "store/piece_priv.h"

#define LEVEL 1 /* fast enough that the disk, not the packing, is waited for */
/* A file changed this shortly before it was looked at may change again without showing it. */
#define RACY_NS INT64_C(2000000000)

struct hone_new_content {
    struct hone_object_id id;
    uint64_t size;
    const struct hone_object_id *piece;
    size_t pieces;
    const struct hone_stat *stat;
};

/* --- cutting ------------------------------------------------------------------------------ */

enum hone_code hone_cut_all(struct hone_run *run, const struct hone_cutting *what,
                            struct hone_arena *mem, struct hone_cut **cut, size_t *n,
                            size_t *used)
{
    size_t at = what->start;
    struct hone_cut *list;
    size_t count = 0;

    HONE_TRY(hone_array(run, mem, &list, what->len / HONE_PIECE_LEAST + 1));
    while (at < what->len) {
        size_t len = hone_piece_length(what->mark, at, what->len, what->whole);
        if (len == 0) {
            break;
        }
        list[count++] = (struct hone_cut){.bytes = what->bytes + at, .len = (uint32_t)len};
        at += len;
    }
    *cut = list;
    *n = count;
    *used = at - what->start;
    return HONE_OK;
}

/* --- taking in ---------------------------------------------------------------------------- */

static struct hone_str key_of(const struct hone_object_id *id)
{
    return (struct hone_str){(const char *)id->sha, sizeof id->sha};
}

static void hash_one(void *ctx, size_t chunk, size_t worker)
{
    struct hone_cut *cut = (struct hone_cut *)ctx + chunk;
    (void)worker;
    cut->id = hone_object_id(cut->bytes, cut->len);
}

struct packing {
    struct hone_cut **cut; /* (n) */
    uint8_t **out;         /* (n) room for the packed bytes */
    uint32_t *stored;      /* (n) */
    ZSTD_CCtx **context;   /* (workers) */
};

static void pack_one(void *ctx, size_t chunk, size_t worker)
{
    struct packing *p = ctx;
    const struct hone_cut *cut = p->cut[chunk];
    size_t room = ZSTD_compressBound(cut->len);
    size_t len =
        ZSTD_compressCCtx(p->context[worker], p->out[chunk], room, cut->bytes, cut->len, LEVEL);
    bool worth = !ZSTD_isError(len) && len < cut->len - cut->len / 16;

    p->stored[chunk] = worth ? (uint32_t)len : cut->len;
    if (!worth) {
        p->out[chunk] = NULL;
    }
}

static enum hone_code pack_all(struct hone_run *run, struct packing *p, size_t n)
{
    size_t workers = hone_pool_size(run->pool);
    bool whole = true;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &p->context, workers));
    for (size_t i = 0; i < workers; i++) {
        p->context[i] = ZSTD_createCCtx();
        whole = whole && p->context[i] != NULL;
    }
    if (whole) {
        hone_parallel(run, n, pack_one, p);
    }
    for (size_t i = 0; i < workers; i++) {
        (void)ZSTD_freeCCtx(p->context[i]);
    }
    return whole ? HONE_OK : hone_no_room(run, "compression", workers);
}

/* Which cuts are new to the store, each once. */
static enum hone_code find_new(struct hone_run *run, struct hone_intake *intake,
                               struct hone_cut *cut, size_t n, struct hone_cut **fresh,
                               size_t *n_fresh)
{
    HONE_QUERY query = {0};
    size_t count = 0;

    HONE_TRY(
        hone_query_begin(run, intake->store, "SELECT 1 FROM piece WHERE hash = ?", &query));
    for (size_t i = 0; i < n; i++) {
        bool known = hone_map_get(&intake->here, key_of(&cut[i].id)) != UINT32_MAX;
        struct hone_object_id *id;
        if (!known) {
            hone_query_again(&query);
            hone_query_put_bytes(&query, cut[i].id.sha, sizeof cut[i].id.sha);
            HONE_TRY(hone_query_step(run, &query, &known));
        }
        if (known) {
            continue;
        }
        id = hone_new(&intake->mem, struct hone_object_id);
        *id = cut[i].id;
        if (hone_map_add(&intake->here, key_of(id), 1) == UINT32_MAX) {
            return hone_no_room(run, "pieces", intake->here.n);
        }
        fresh[count++] = &cut[i];
    }
    *n_fresh = count;
    return HONE_OK;
}

enum hone_code hone_intake_pieces(struct hone_run *run, struct hone_intake *intake,
                                  struct hone_cut *cut, size_t n)
{
    HONE_ARENA(work);
    struct packing p = {0};
    size_t fresh = 0;

    if (n == 0) {
        return HONE_OK;
    }
    intake->here.mem = &intake->mem;
    hone_parallel(run, n, hash_one, cut);
    HONE_TRY(hone_array(run, &work, &p.cut, n));
    HONE_TRY(find_new(run, intake, cut, n, p.cut, &fresh));
    if (fresh == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &work, &p.out, fresh));
    HONE_TRY(hone_array(run, &work, &p.stored, fresh));
    for (size_t i = 0; i < fresh; i++) {
        HONE_TRY(hone_array(run, &work, &p.out[i], ZSTD_compressBound(p.cut[i]->len)));
    }
    HONE_TRY(pack_all(run, &p, fresh));
    for (size_t i = 0; i < fresh; i++) {
        struct hone_piece piece = {
            .id = p.cut[i]->id, .stored = p.stored[i], .size = p.cut[i]->len};
        const void *stored = p.out[i] == NULL ? p.cut[i]->bytes : p.out[i];
        HONE_TRY(hone_pack_add(run, intake->store, &intake->pack, stored, &piece));
        HONE_TRY(hone_list_more(run, &intake->mem, &intake->piece, intake->pieces,
                                &intake->piece_room));
        intake->piece[intake->pieces++] = piece;
        intake->fresh += piece.size;
        intake->stored += piece.stored;
    }
    return HONE_OK;
}

enum hone_code hone_intake_content(struct hone_run *run, struct hone_intake *intake,
                                   uint64_t size, const struct hone_object_id *piece,
                                   size_t pieces, const struct hone_stat *stat,
                                   struct hone_object_id *id)
{
    struct hone_sha_stream *sha = hone_sha_begin();
    struct hone_object_id *kept;
    struct hone_sha hash;
    struct hone_new_content content = {.size = size, .pieces = pieces, .stat = stat};
    HONE_SCRATCH(run);
    const char *head =
        hone_arena_format(&run->scratch, "hone content 1\n%llu\n", (unsigned long long)size);

    hone_sha_add(sha, head, strlen(head));
    hone_sha_add(sha, piece, pieces * sizeof *piece);
    hash = hone_sha_end(sha);
    content.id = hone_object_id_of(&hash);
    HONE_TRY(hone_array(run, &intake->mem, &kept, pieces));
    if (pieces > 0) {
        memcpy(kept, piece, pieces * sizeof *piece);
    }
    content.piece = kept;
    HONE_TRY(hone_list_more(run, &intake->mem, &intake->content, intake->contents,
                            &intake->content_room));
    intake->content[intake->contents++] = content;
    *id = content.id;
    return HONE_OK;
}

enum hone_code hone_intake_bytes(struct hone_run *run, struct hone_intake *intake,
                                 struct hone_str bytes, struct hone_object_id *id)
{
    HONE_ARENA(work);
    struct hone_cutting what = {
        .bytes = (const uint8_t *)bytes.ptr, .len = bytes.len, .whole = true};
    uint16_t *mark;
    struct hone_cut *cut;
    struct hone_object_id *piece;
    size_t n;
    size_t used;

    HONE_TRY(hone_array(run, &work, &mark, bytes.len / HONE_PIECE_BLOCK + 1));
    hone_piece_marks(what.bytes, 0, bytes.len, mark);
    what.mark = mark;
    HONE_TRY(hone_cut_all(run, &what, &work, &cut, &n, &used));
    HONE_TRY(hone_intake_pieces(run, intake, cut, n));
    HONE_TRY(hone_array(run, &work, &piece, n));
    for (size_t i = 0; i < n; i++) {
        piece[i] = cut[i].id;
    }
    return hone_intake_content(run, intake, bytes.len, piece, n, NULL, id);
}

/* --- to the disk -------------------------------------------------------------------------- */

static enum hone_code record_pieces(struct hone_run *run, struct hone_intake *intake)
{
    HONE_QUERY query = {0};
    int64_t pack;

    if (intake->pieces == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_pack_record(run, intake->store, &intake->pack, &pack));
    /* Another process may have taken in the same piece meanwhile; one of the two is enough. */
    HONE_TRY(hone_query_begin(run, intake->store,
                              "INSERT INTO piece (hash, pack, at, stored, size)"
                              " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                              &query));
    for (size_t i = 0; i < intake->pieces; i++) {
        const struct hone_piece *piece = &intake->piece[i];
        hone_query_put_bytes(&query, piece->id.sha, sizeof piece->id.sha);
        hone_query_put_int(&query, pack);
        hone_query_put_int(&query, (int64_t)piece->at);
        hone_query_put_int(&query, piece->stored);
        hone_query_put_int(&query, piece->size);
        HONE_TRY(hone_query_run(run, &query, NULL));
    }
    return HONE_OK;
}

static enum hone_code record_stat(struct hone_run *run, struct hone_query *query,
                                  const struct hone_new_content *content, int64_t now)
{
    const struct hone_stat *stat = content->stat;

    hone_query_put_text(query, stat->path);
    hone_query_put_int(query, stat->device);
    hone_query_put_int(query, stat->inode);
    hone_query_put_int(query, stat->size);
    hone_query_put_int(query, stat->modified);
    hone_query_put_int(query, stat->changed);
    hone_query_put_int(query, now);
    hone_query_put_bytes(query, content->id.sha, sizeof content->id.sha);
    return hone_query_run(run, query, NULL);
}

static enum hone_code record_contents(struct hone_run *run, struct hone_intake *intake)
{
    int64_t now = hone_now_us(run) * 1000;
    HONE_QUERY query = {0};
    HONE_QUERY stat = {0};

    HONE_TRY(hone_query_begin(run, intake->store,
                              "INSERT INTO content (hash, size, pieces) VALUES (?, ?, ?)"
                              " ON CONFLICT DO NOTHING",
                              &query));
    HONE_TRY(hone_query_begin(run, intake->store,
                              "INSERT OR REPLACE INTO stat_cache"
                              " (path, device, inode, size, modified, changed, seen, content)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                              &stat));
    for (size_t i = 0; i < intake->contents; i++) {
        const struct hone_new_content *content = &intake->content[i];
        hone_query_put_bytes(&query, content->id.sha, sizeof content->id.sha);
        hone_query_put_int(&query, (int64_t)content->size);
        hone_query_put_bytes(&query, content->piece, content->pieces * sizeof *content->piece);
        HONE_TRY(hone_query_run(run, &query, NULL));
        if (content->stat != NULL) {
            HONE_TRY(record_stat(run, &stat, content, now));
        }
    }
    return HONE_OK;
}

enum hone_code hone_intake_seal(struct hone_run *run, struct hone_intake *intake)
{
    HONE_TRANSACTION tx = {0};

    if (intake->pieces > 0) {
        HONE_TRY(hone_pack_seal(run, &intake->pack));
    }
    HONE_TRY(hone_transaction_begin(run, intake->store, &tx));
    HONE_TRY(record_pieces(run, intake));
    HONE_TRY(record_contents(run, intake));
    HONE_TRY(hone_transaction_commit(run, &tx));
    hone_pack_drop(&intake->pack);
    hone_arena_free(&intake->mem);
    *intake = (struct hone_intake){
        .store = intake->store, .fresh = intake->fresh, .stored = intake->stored};
    return HONE_OK;
}

void hone_intake_drop(struct hone_intake *intake)
{
    hone_pack_drop(&intake->pack);
    hone_arena_free(&intake->mem);
}

/* --- looking up --------------------------------------------------------------------------- */

enum hone_code hone_stat_query(struct hone_run *run, struct hone_store *store,
                               struct hone_query *out)
{
    return hone_query_begin(run, store,
                            "SELECT stat_cache.content FROM stat_cache"
                            " JOIN content ON content.hash = stat_cache.content"
                            " WHERE path = ? AND device = ? AND inode = ?"
                            " AND stat_cache.size = ? AND modified = ? AND changed = ?"
                            " AND max(modified, changed) < seen - ?",
                            out);
}

enum hone_code hone_stat_known(struct hone_run *run, struct hone_query *query,
                               const struct hone_stat *stat, bool *known,
                               struct hone_object_id *id)
{
    struct hone_str found;
    HONE_SCRATCH(run);

    hone_query_again(query);
    hone_query_put_text(query, stat->path);
    hone_query_put_int(query, stat->device);
    hone_query_put_int(query, stat->inode);
    hone_query_put_int(query, stat->size);
    hone_query_put_int(query, stat->modified);
    hone_query_put_int(query, stat->changed);
    hone_query_put_int(query, RACY_NS);
    HONE_TRY(hone_query_step(run, query, known));
    if (!*known) {
        return HONE_OK;
    }
    found = hone_query_bytes(query, &run->scratch);
    *known = found.len == sizeof id->sha;
    if (*known) {
        memcpy(id->sha, found.ptr, sizeof id->sha);
    }
    return HONE_OK;
}

static enum hone_code pieces_of(struct hone_run *run, struct hone_store *store,
                                const struct hone_object_id *id, struct hone_arena *mem,
                                struct hone_str *out)
{
    HONE_QUERY query = {0};
    struct hone_sha hex = hone_object_hex(id);
    bool row;

    HONE_TRY(hone_query_begin(run, store, "SELECT pieces FROM content WHERE hash = ?", &query));
    hone_query_put_bytes(&query, id->sha, sizeof id->sha);
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return hone_fail(run, HONE_E_NOT_FOUND, "%s holds no content %s", store->folder,
                         hex.hex);
    }
    *out = hone_query_bytes(&query, mem);
    if (out->len % sizeof id->sha != 0) {
        return hone_fail(run, HONE_E_FORMAT, "content %s is damaged: its list of pieces is cut",
                         hex.hex);
    }
    return HONE_OK;
}

enum hone_code hone_content_pieces(struct hone_run *run, struct hone_store *store,
                                   const struct hone_object_id *id, struct hone_arena *mem,
                                   struct hone_piece **piece, size_t *n)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    struct hone_str ids = {NULL, 0};
    struct hone_piece *list;

    HONE_TRY(pieces_of(run, store, id, &work, &ids));
    *n = ids.len / sizeof id->sha;
    HONE_TRY(hone_array(run, mem, &list, *n));
    HONE_TRY(hone_query_begin(
        run, store, "SELECT pack, at, stored, size FROM piece WHERE hash = ?", &query));
    for (size_t i = 0; i < *n; i++) {
        bool row;
        memcpy(list[i].id.sha, ids.ptr + i * sizeof id->sha, sizeof id->sha);
        hone_query_again(&query);
        hone_query_put_bytes(&query, list[i].id.sha, sizeof id->sha);
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            struct hone_sha hex = hone_object_hex(&list[i].id);
            return hone_fail(run, HONE_E_FORMAT, "%s: piece %s is gone", store->folder,
                             hex.hex);
        }
        list[i].pack = hone_query_int(&query);
        list[i].at = (uint64_t)hone_query_int(&query);
        list[i].stored = (uint32_t)hone_query_int(&query);
        list[i].size = (uint32_t)hone_query_int(&query);
        if (list[i].size > HONE_PIECE_MOST || list[i].stored > list[i].size) {
            return hone_fail(run, HONE_E_FORMAT, "%s: the row of a piece is damaged",
                             store->folder);
        }
    }
    *piece = list;
    return HONE_OK;
}

/*
 * Files are taken in by batches: as many as fill a buffer, a large one over several.  In each, reading, looking
 * for cuts, hashing and packing are done in parallel, one after the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pool.h"
#include "base/progress.h"
#include "store/content_priv.h"
#include "store/piece_priv.h"
#include "store/tree.h"

#define BATCH_BYTES ((size_t)64 << 20)
#define READ_BYTES  ((size_t)1 << 20) /* what one thread reads, and looks for cuts in, at once */

struct entry {
    const char *full, *path; /* from the root; below the tree */
    struct hone_stat stat;
    struct hone_object_id id;
    bool known;
};

struct walk {
    struct hone_run *run;
    struct hone_store *store;
    struct hone_arena *mem;
    struct entry *entry;
    size_t n, room;
    int64_t skipped;
    struct stat own; /* the store's folder, which is no data */
};

/* --- looking around ----------------------------------------------------------------------- */

static int64_t ns_of(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct hone_stat stat_of(const char *path, const struct stat *info)
{
    return (struct hone_stat){.path = path,
                              .device = (int64_t)info->st_dev,
                              .inode = (int64_t)info->st_ino,
                              .size = (int64_t)info->st_size,
                              .modified = ns_of(info->st_mtim),
                              .changed = ns_of(info->st_ctim)};
}

static bool same_stat(const struct hone_stat *a, const struct hone_stat *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified == b->modified && a->changed == b->changed;
}

static enum hone_code add_entry(struct walk *walk, const char *full, const char *path,
                                const struct stat *info)
{
    HONE_TRY(hone_list_more(walk->run, walk->mem, &walk->entry, walk->n, &walk->room));
    walk->entry[walk->n++] =
        (struct entry){.full = full, .path = path, .stat = stat_of(full, info)};
    return HONE_OK;
}

/* Folders deeper than this are a loop, or might as well be one. */
#define DEPTH_MOST 64

struct folder {
    const char *full, *path;
    size_t depth;
};

static enum hone_code walk_folder(struct walk *walk, struct folder folder)
{
    const char **names;
    size_t n;

    HONE_TRY(hone_check_cancel(walk->run));
    if (folder.depth > DEPTH_MOST) {
        return hone_fail(walk->run, HONE_E_LIMIT,
                         "%s: folders within folders, more than %d deep", folder.full,
                         DEPTH_MOST);
    }
    HONE_TRY(hone_dir_list(walk->run, folder.full, walk->mem, &names, &n));
    for (size_t i = 0; i < n; i++) {
        const char *full = hone_path_join(walk->mem, folder.full, names[i]);
        const char *path = folder.path[0] == '\0'
                               ? names[i]
                               : hone_path_join(walk->mem, folder.path, names[i]);
        struct stat info;
        struct stat plain;
        if (lstat(full, &plain) != 0 || stat(full, &info) != 0) {
            if (errno == ENOENT) { /* a link to nothing, or gone meanwhile */
                walk->skipped++;
                continue;
            }
            return hone_fail_errno(walk->run, "%s", full);
        }
        if (S_ISREG(info.st_mode)) {
            HONE_TRY(add_entry(walk, full, path, &info));
        } else if (S_ISDIR(plain.st_mode) &&
                   (plain.st_dev != walk->own.st_dev || plain.st_ino != walk->own.st_ino)) {
            HONE_TRY(walk_folder(walk, (struct folder){full, path, folder.depth + 1}));
        } else {
            walk->skipped++;
        }
    }
    return HONE_OK;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static enum hone_code look_around(struct walk *walk, const char *path, const char **file)
{
    const char *full = hone_path_absolute(walk->mem, path);
    struct stat info;

    if (stat(full, &info) != 0) {
        return hone_fail_errno(walk->run, "%s", path);
    }
    if (stat(walk->store->folder, &walk->own) != 0) {
        return hone_fail_errno(walk->run, "%s", walk->store->folder);
    }
    *file = NULL;
    if (S_ISREG(info.st_mode)) {
        *file = hone_arena_text(walk->mem, hone_path_base(path), strlen(hone_path_base(path)));
        return add_entry(walk, full, *file, &info);
    }
    if (!S_ISDIR(info.st_mode)) {
        return hone_fail(walk->run, HONE_E_ARG, "%s is neither a file nor a folder", path);
    }
    HONE_TRY(walk_folder(walk, (struct folder){full, "", 0}));
    if (walk->n == 0) {
        return hone_fail(walk->run, HONE_E_ARG, "%s holds no files", path);
    }
    qsort(walk->entry, walk->n, sizeof *walk->entry, by_path);
    return HONE_OK;
}

static enum hone_code ask_cache(struct walk *walk, struct hone_tree *tree)
{
    HONE_QUERY query = {0};

    HONE_TRY(hone_stat_query(walk->run, walk->store, &query));
    for (size_t i = 0; i < walk->n; i++) {
        struct entry *entry = &walk->entry[i];
        HONE_TRY(hone_stat_known(walk->run, &query, &entry->stat, &entry->known, &entry->id));
        tree->cached += entry->known;
        tree->bytes += entry->stat.size;
    }
    tree->files = (int64_t)walk->n;
    tree->skipped = walk->skipped;
    return HONE_OK;
}

/* --- batches ------------------------------------------------------------------------------ */

/* A stretch of a file in the buffer. */
struct span {
    struct entry *entry;
    uint64_t offset; /* in the file; a multiple of HONE_PIECE_BLOCK */
    size_t at;       /* in the buffer; the same */
    size_t start;    /* of its first piece, from at */
    size_t len;      /* from at */
    bool whole;      /* the file ends with it */
};

/* What one thread reads: part of a span. */
struct stretch {
    const struct span *span;
    size_t from, to; /* within the span */
};

struct batch {
    uint8_t *buffer;
    uint16_t *mark; /* (blocks of the buffer) */
    struct span *span;
    size_t spans, span_room;
    struct stretch *stretch;
    size_t stretches, stretch_room;
};

/* How far the taking in is. */
struct place {
    size_t entry;
    uint64_t offset;              /* of the next piece in the entry */
    struct hone_object_id *piece; /* of the entry, so far; in mem */
    size_t pieces, piece_room;
    struct hone_arena mem;
    uint64_t done; /* bytes */
};

static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

static enum hone_code changed(struct hone_run *run, const struct entry *entry)
{
    (void)hone_fail(run, HONE_E_CONFLICT, "%s changed while it was read", entry->full);
    return hone_hint(run, "add it again when nothing writes to it");
}

static enum hone_code read_stretch(struct hone_run *run, void *ctx, size_t chunk)
{
    struct batch *batch = ctx;
    const struct stretch *stretch = &batch->stretch[chunk];
    const struct span *span = stretch->span;
    HONE_CLOSING(close_fd) const int fd = open(span->entry->full, O_RDONLY | O_CLOEXEC);
    struct stat info;
    struct hone_stat now;

    if (fd < 0 || fstat(fd, &info) != 0) {
        return hone_fail_errno(run, "%s", span->entry->full);
    }
    now = stat_of(span->entry->full, &info);
    if (!same_stat(&now, &span->entry->stat)) {
        return changed(run, span->entry);
    }
    for (size_t at = stretch->from; at < stretch->to;) {
        ssize_t n = pread(fd, batch->buffer + span->at + at, stretch->to - at,
                          (off_t)(span->offset + at));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return hone_fail_errno(run, "%s: cannot read", span->entry->full);
        }
        if (n == 0) {
            return changed(run, span->entry);
        }
        at += (size_t)n;
    }
    return HONE_OK;
}

static void mark_stretch(void *ctx, size_t chunk, size_t worker)
{
    struct batch *batch = ctx;
    const struct stretch *stretch = &batch->stretch[chunk];
    const struct span *span = stretch->span;

    (void)worker;
    hone_piece_marks(batch->buffer + span->at, stretch->from, stretch->to,
                     batch->mark + (span->at + stretch->from) / HONE_PIECE_BLOCK);
}

/* Lay out the next files in the buffer, from place on; entries that are known are passed over. */
static enum hone_code lay_out(struct walk *walk, const struct place *place, struct batch *batch)
{
    size_t used = 0;
    uint64_t offset = place->offset;

    batch->spans = batch->stretches = 0;
    for (size_t i = place->entry; i < walk->n && used < BATCH_BYTES; i++, offset = 0) {
        struct entry *entry = &walk->entry[i];
        struct span span = {.entry = entry, .at = used};
        uint64_t left;
        if (entry->known) {
            continue;
        }
        span.offset = offset / HONE_PIECE_BLOCK * HONE_PIECE_BLOCK;
        span.start = (size_t)(offset - span.offset);
        left = (uint64_t)entry->stat.size - span.offset;
        span.whole = left <= BATCH_BYTES - used;
        if (!span.whole && BATCH_BYTES - used < 2 * HONE_PIECE_MOST) {
            break; /* too little room to be sure of a piece */
        }
        span.len = span.whole ? (size_t)left : BATCH_BYTES - used;
        used += (span.len + HONE_PIECE_BLOCK - 1) / HONE_PIECE_BLOCK * HONE_PIECE_BLOCK;
        HONE_TRY(hone_list_more(walk->run, walk->mem, &batch->span, batch->spans,
                                &batch->span_room));
        batch->span[batch->spans++] = span;
    }
    for (size_t i = 0; i < batch->spans; i++) {
        for (size_t from = 0; from < batch->span[i].len; from += READ_BYTES) {
            size_t left = batch->span[i].len - from;
            HONE_TRY(hone_list_more(walk->run, walk->mem, &batch->stretch, batch->stretches,
                                    &batch->stretch_room));
            batch->stretch[batch->stretches++] = (struct stretch){
                &batch->span[i], from, from + (left < READ_BYTES ? left : READ_BYTES)};
        }
    }
    return HONE_OK;
}

static enum hone_code keep_pieces(struct hone_run *run, struct place *place,
                                  const struct hone_cut *cut, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(
            hone_list_more(run, &place->mem, &place->piece, place->pieces, &place->piece_room));
        place->piece[place->pieces++] = cut[i].id;
    }
    return HONE_OK;
}

/* Note the pieces of a span, and the end of its file. */
static enum hone_code end_span(struct hone_run *run, struct hone_intake *intake,
                               struct place *place, const struct span *span, size_t used)
{
    struct entry *entry = span->entry;

    place->done += used;
    place->offset = span->offset + span->start + used;
    if (!span->whole) {
        return HONE_OK;
    }
    HONE_TRY(hone_intake_content(run, intake, (uint64_t)entry->stat.size, place->piece,
                                 place->pieces, &entry->stat, &entry->id));
    hone_arena_free(&place->mem);
    place->piece = NULL;
    place->pieces = place->piece_room = 0;
    place->offset = 0;
    return HONE_OK;
}

/* The cuts of all spans of a batch in one list, so that small files are hashed beside each other. */
static enum hone_code take_in(struct hone_run *run, struct hone_intake *intake,
                              const struct batch *batch, struct place *place)
{
    HONE_ARENA(work);
    struct hone_cut *all = NULL;
    size_t *count;
    size_t *used;
    size_t n = 0;
    size_t room = 0;
    const struct hone_cut *next;

    HONE_TRY(hone_array(run, &work, &count, batch->spans));
    HONE_TRY(hone_array(run, &work, &used, batch->spans));
    for (size_t i = 0; i < batch->spans; i++) {
        const struct span *span = &batch->span[i];
        struct hone_cutting what = {.bytes = batch->buffer + span->at,
                                    .start = span->start,
                                    .len = span->len,
                                    .mark = batch->mark + span->at / HONE_PIECE_BLOCK,
                                    .whole = span->whole};
        struct hone_cut *cut;
        HONE_TRY(hone_cut_all(run, &what, &work, &cut, &count[i], &used[i]));
        for (size_t k = 0; k < count[i]; k++) {
            HONE_TRY(hone_list_more(run, &work, &all, n, &room));
            all[n++] = cut[k];
        }
    }
    HONE_TRY(hone_intake_pieces(run, intake, all, n));
    next = all;
    for (size_t i = 0; i < batch->spans; i++) {
        HONE_TRY(keep_pieces(run, place, next, count[i]));
        next += count[i];
        HONE_TRY(end_span(run, intake, place, &batch->span[i], used[i]));
    }
    return HONE_OK;
}

static enum hone_code read_files(struct walk *walk, struct hone_intake *intake,
                                 struct place *place)
{
    HONE_ARENA(work);
    struct batch batch = {0};
    struct hone_run *run = walk->run;

    HONE_TRY(hone_array(run, &work, &batch.buffer, BATCH_BYTES));
    HONE_TRY(hone_array(run, &work, &batch.mark, BATCH_BYTES / HONE_PIECE_BLOCK));
    for (;;) {
        const struct span *last;
        HONE_TRY(lay_out(walk, place, &batch));
        if (batch.spans == 0) {
            return HONE_OK;
        }
        HONE_TRY(hone_parallel_try(run, batch.stretches, read_stretch, &batch));
        hone_parallel(run, batch.stretches, mark_stretch, &batch);
        HONE_TRY(take_in(run, intake, &batch, place));
        last = &batch.span[batch.spans - 1];
        place->entry = (size_t)(last->entry - walk->entry) + (last->whole ? 1 : 0);
        hone_progress_at(run, place->done);
        if (intake->pack.bytes >= HONE_PACK_BYTES) {
            HONE_TRY(hone_intake_seal(run, intake));
        }
    }
}

/* --- the tree ----------------------------------------------------------------------------- */

static void drop_place(struct place *place)
{
    hone_arena_free(&place->mem);
}

/* One record a file: hash, length and name, each name ended by a NUL as it may hold anything else. */
static enum hone_code record_tree(struct walk *walk, struct hone_intake *intake,
                                  struct hone_tree *tree)
{
    HONE_ARENA(work);
    struct hone_buf list = hone_buf(&work);
    struct hone_object_id id;
    struct hone_sha hex;

    for (size_t i = 0; i < walk->n; i++) {
        const struct entry *entry = &walk->entry[i];
        hex = hone_object_hex(&entry->id);
        hone_buf_format(&list, "%s %lld %s", hex.hex, (long long)entry->stat.size, entry->path);
        hone_buf_char(&list, '\0');
    }
    HONE_TRY(hone_intake_bytes(walk->run, intake, (struct hone_str){list.ptr, list.len}, &id));
    HONE_TRY(hone_intake_seal(walk->run, intake));
    hex = hone_object_hex(&id);
    tree->hash = hone_arena_text(walk->mem, hex.hex, strlen(hex.hex));
    tree->fresh = (int64_t)intake->fresh;
    tree->stored = (int64_t)intake->stored;
    return HONE_OK;
}

enum hone_code hone_tree_add(struct hone_run *run, struct hone_store *store, const char *path,
                             struct hone_arena *mem, struct hone_tree *out)
{
    HONE_CLOSING(hone_pack_unlock) int lock = -1;
    HONE_CLOSING(hone_intake_drop) struct hone_intake intake = {.store = store};
    HONE_CLOSING(drop_place) struct place place = {0};
    struct walk walk = {.run = run, .store = store, .mem = mem};
    struct hone_tree tree = {0};

    HONE_TRY(hone_pack_lock(run, store, false, &lock));
    HONE_TRY(look_around(&walk, path, &tree.file));
    HONE_TRY(ask_cache(&walk, &tree));
    hone_progress_begin(run, "adding", "bytes", (uint64_t)tree.bytes);
    HONE_TRY(read_files(&walk, &intake, &place));
    HONE_TRY(record_tree(&walk, &intake, &tree));
    hone_progress_end(run);
    *out = tree;
    return HONE_OK;
}

enum hone_code hone_tree_add_bytes(struct hone_run *run, struct hone_store *store,
                                   const char *name, struct hone_str bytes,
                                   struct hone_arena *mem, struct hone_tree *out)
{
    HONE_CLOSING(hone_pack_unlock) int lock = -1;
    HONE_CLOSING(hone_intake_drop) struct hone_intake intake = {.store = store};
    struct entry entry = {.path = name, .stat.size = (int64_t)bytes.len};
    struct walk walk = {.run = run, .store = store, .mem = mem, .entry = &entry, .n = 1};
    struct hone_tree tree = {.files = 1, .bytes = (int64_t)bytes.len};

    HONE_TRY(hone_pack_lock(run, store, false, &lock));
    HONE_TRY(hone_intake_bytes(run, &intake, bytes, &entry.id));
    HONE_TRY(record_tree(&walk, &intake, &tree));
    tree.file = hone_arena_text(mem, name, strlen(name));
    *out = tree;
    return HONE_OK;
}

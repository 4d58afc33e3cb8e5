#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/run.h"

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

/* TSan does not see that mremap moves memory: who gets the old place next seems to race with who had it. */
#if defined(__SANITIZE_THREAD__)
#define MAY_MOVE 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MAY_MOVE 0
#endif
#endif
#ifndef MAY_MOVE
#define MAY_MOVE 1
#endif

/* Under ASan what is not handed out is poisoned, with a gap behind every piece. */
#ifdef ASAN
#include <sanitizer/asan_interface.h>
#define GAP 64
static void hide(void *ptr, size_t len)
{
    __asan_poison_memory_region(ptr, len);
}
static void show(void *ptr, size_t len)
{
    __asan_unpoison_memory_region(ptr, len);
}
#else
#define GAP 0
static void hide(void *ptr, size_t len)
{
    (void)ptr;
    (void)len;
}
static void show(void *ptr, size_t len)
{
    (void)ptr;
    (void)len;
}
#endif

enum {
    FIRST = 64 << 10, /* size of the first block */
    MOST = 1 << 20,   /* blocks double up to this */
    BIG = 256 << 10,  /* a piece of this size or more has a block of its own */
    MAPPED = 1 << 20, /* a block of this size or more comes from mmap, and so is zero */
    SPARE = 64 << 20, /* largest block that is kept when it is given back */
    HUGE = 4 << 20,   /* from here on huge pages pay */
};

/*
 * Small pieces are cut from the newest block.  A big piece lies in a block of its own, which hangs on a
 * record cut from the newest block at that moment: a rewind past the record frees the big block, so
 * a mark stays one place in one block.
 */
struct hone_block {
    struct hone_block *older;
    size_t size;         /* with this header */
    size_t used;         /* from the start of the block */
    size_t dirty;        /* bytes at and after this were never handed out and are zero */
    struct record *bigs; /* newest first; of a big block: its own record */
};

struct record {
    struct record *older;
    struct hone_block *block;
};

#define HEAD 64
_Static_assert(sizeof(struct hone_block) <= HEAD, "a block's data begin aligned");

static _Thread_local unsigned fail_after;

void hone_arena_fail_after(unsigned n)
{
    fail_after = n;
}

static bool told_to_fail(void)
{
    if (fail_after == 0) {
        return false;
    }
    fail_after--;
    return fail_after == 0;
}

static void block_free(struct hone_arena *arena, struct hone_block *block)
{
    arena->bytes -= block->size;
    show(block, block->size);
    if (block->size >= MAPPED) {
        munmap(block, block->size);
    } else {
        free(block);
    }
}

static void drop_spare(struct hone_arena *arena)
{
    if (arena->spare != NULL) {
        block_free(arena, arena->spare);
        arena->spare = NULL;
    }
}

static struct hone_block *block_new(struct hone_arena *arena, size_t size)
{
    struct hone_block *block;
    bool zero = size >= MAPPED;

    if (arena->limit != 0 && arena->bytes + size > arena->limit) {
        drop_spare(arena);
    }
    if (arena->limit != 0 &&
        (arena->bytes > arena->limit || size > arena->limit - arena->bytes)) {
        return NULL;
    }
    if (zero) {
        block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) {
            return NULL;
        }
        if (size >= HUGE) {
            (void)madvise(block, size, MADV_HUGEPAGE);
        }
    } else {
        block = aligned_alloc(HONE_ALIGN, size);
        if (block == NULL) {
            return NULL;
        }
        memset(block, 0, HEAD);
    }
    block->size = size;
    block->used = HEAD;
    block->dirty = zero ? HEAD : size;
    hide((char *)block + HEAD, size - HEAD);
    arena->bytes += size;
    return block;
}

/* The spare block, when it is big enough and not far too big. */
static struct hone_block *spare_for(struct hone_arena *arena, size_t size)
{
    struct hone_block *block = arena->spare;

    if (block == NULL || block->size < size || block->size / 8 > size) {
        return NULL;
    }
    arena->spare = NULL;
    block->used = HEAD;
    return block;
}

/* Work that comes back to big scratch again and again gets the same block: fresh pages are dear. */
static void big_free(struct hone_arena *arena, struct hone_block *block)
{
    if (block->size > SPARE || (arena->spare != NULL && arena->spare->size >= block->size)) {
        block_free(arena, block);
        return;
    }
    drop_spare(arena);
    hide((char *)block + HEAD, block->size - HEAD);
    arena->spare = block;
}

static size_t round_up(size_t n, size_t align)
{
    return (n + align - 1) / align * align;
}

/* Hand out [from, from + len) of a block, zeroed. */
static void *hand_out(struct hone_block *block, size_t from, size_t len)
{
    char *ptr = (char *)block + from;
    size_t end = from + len;

    show(ptr, len);
    if (from < block->dirty) {
        memset(ptr, 0, (end < block->dirty ? end : block->dirty) - from);
    }
    block->used = end + GAP;
    if (block->dirty < end) {
        block->dirty = end;
    }
    return ptr;
}

/* A small piece: from the newest block, or from a new one. */
static void *cut(struct hone_arena *arena, size_t len, size_t align)
{
    struct hone_block *last = arena->last;
    size_t size;

    if (last != NULL) {
        size_t from = round_up(last->used, align);
        if (from <= last->size && len + GAP <= last->size - from) {
            return hand_out(last, from, len);
        }
    }
    size = last == NULL ? FIRST : last->size * 2 > MOST ? MOST : last->size * 2;
    while (size < HEAD + len + GAP) {
        size *= 2;
    }
    if (arena->limit > arena->bytes && size > arena->limit - arena->bytes) {
        size = (arena->limit - arena->bytes) / HONE_ALIGN * HONE_ALIGN;
        if (size < HEAD + len + GAP) {
            return NULL;
        }
    }
    last = block_new(arena, size);
    if (last == NULL) {
        return NULL;
    }
    last->older = arena->last;
    arena->last = last;
    return hand_out(last, HEAD, len);
}

/* The size of the block of a big piece; 0 when there can be none. */
static size_t big_size(size_t len)
{
    size_t size = len + HEAD + GAP;
    if (len > SIZE_MAX / 2) {
        return 0;
    }
    return round_up(size, size >= MAPPED ? 4096 : HONE_ALIGN);
}

static void *big(struct hone_arena *arena, size_t len)
{
    size_t size = big_size(len);
    struct hone_block *block = size == 0 ? NULL : spare_for(arena, size);
    struct record *record;

    if (block == NULL && size != 0) {
        block = block_new(arena, size);
    }
    if (block == NULL) {
        return NULL;
    }
    record = cut(arena, sizeof *record, sizeof(void *));
    if (record == NULL) {
        block_free(arena, block);
        return NULL;
    }
    record->block = block;
    record->older = arena->last->bigs;
    arena->last->bigs = record;
    block->bigs = record;
    return hand_out(block, HEAD, len);
}

static void *take(struct hone_arena *arena, size_t len, size_t align)
{
    return len >= BIG ? big(arena, len) : cut(arena, len, align);
}

static size_t align_of(size_t len)
{
    return len >= HONE_ALIGN ? HONE_ALIGN : 16;
}

void *hone_arena_alloc(struct hone_arena *arena, size_t size, size_t n)
{
    size_t len = hone_product(size, n);

    if (told_to_fail() || len == SIZE_MAX) {
        return NULL;
    }
    return take(arena, len, align_of(len));
}

/* A longer block in the place of a big one, which its record goes on naming. */
static void *grow_big(struct hone_arena *arena, void *ptr, size_t old_len, size_t len)
{
    struct hone_block *old = (struct hone_block *)(void *)((char *)ptr - HEAD);
    struct record *record = old->bigs;
    struct hone_block *block;
    size_t size = big_size(len);

    if (size == 0) {
        return NULL;
    }
    if (size <= old->size) {
        hand_out(old, HEAD + old_len, len - old_len);
        return ptr;
    }
    if (arena->limit != 0 && size - old->size > arena->limit - arena->bytes) {
        return NULL;
    }
    if (old->size >= MAPPED && GAP == 0 && MAY_MOVE) {
        block = mremap(old, old->size, size, MREMAP_MAYMOVE);
        if (block == MAP_FAILED) {
            return NULL;
        }
        arena->bytes += size - block->size;
        block->size = size;
    } else {
        struct hone_arena unlimited = {.bytes = arena->bytes};
        block = block_new(&unlimited, size);
        if (block == NULL) {
            return NULL;
        }
        arena->bytes = unlimited.bytes;
        memcpy(hand_out(block, HEAD, old_len), ptr, old_len);
        block->bigs = record;
        block_free(arena, old);
    }
    record->block = block;
    block->used = HEAD + old_len;
    hand_out(block, HEAD + old_len, len - old_len);
    return (char *)block + HEAD;
}

void *hone_arena_grow_plain(struct hone_arena *arena, void *ptr, size_t size, size_t old_n,
                            size_t n)
{
    size_t old_len = hone_product(size, old_n);
    size_t len = hone_product(size, n);
    struct hone_block *last = arena->last;
    void *moved;

    HONE_ASSERT(old_n <= n);
    if (len == SIZE_MAX) {
        return NULL;
    }
    if (ptr == NULL) {
        return take(arena, len, align_of(len));
    }
    if (old_len >= BIG) {
        return grow_big(arena, ptr, old_len, len);
    }
    if (last != NULL && len < BIG && (char *)ptr + old_len + GAP == (char *)last + last->used &&
        len - old_len <= last->size - last->used && (uintptr_t)ptr % align_of(len) == 0) {
        hand_out(last, last->used - GAP, len - old_len);
        return ptr;
    }
    moved = take(arena, len, align_of(len));
    if (moved != NULL && old_len != 0) {
        memcpy(moved, ptr, old_len);
    }
    return moved;
}

void *hone_arena_grow(struct hone_arena *arena, void *ptr, size_t size, size_t old_n, size_t n)
{
    return told_to_fail() ? NULL : hone_arena_grow_plain(arena, ptr, size, old_n, n);
}

/* Cut a block back to used, and free the big blocks whose records lie after it. */
static void cut_back(struct hone_arena *arena, struct hone_block *block, size_t used)
{
    while (block->bigs != NULL && (size_t)((char *)block->bigs - (char *)block) >= used) {
        struct record *record = block->bigs;
        block->bigs = record->older;
        big_free(arena, record->block);
    }
    hide((char *)block + used, block->size - used);
    block->used = used;
}

static void drop_last(struct hone_arena *arena)
{
    struct hone_block *block = arena->last;
    arena->last = block->older;
    cut_back(arena, block, HEAD);
    block_free(arena, block);
}

void hone_arena_free(struct hone_arena *arena)
{
    while (arena->last != NULL) {
        drop_last(arena);
    }
    drop_spare(arena);
}

/* The other's blocks are newer than all here, so that a rewind to an older mark frees them. */
void hone_arena_join(struct hone_arena *arena, struct hone_arena *from)
{
    struct hone_block *first = from->last;

    drop_spare(from);
    if (first == NULL) {
        return;
    }
    while (first->older != NULL) {
        first = first->older;
    }
    first->older = arena->last;
    arena->last = from->last;
    arena->bytes += from->bytes;
    from->last = NULL;
    from->bytes = 0;
}

struct hone_mark hone_arena_mark(const struct hone_arena *arena)
{
    return (struct hone_mark){arena->last, arena->last == NULL ? 0 : arena->last->used};
}

/* The oldest block is kept even when all is given back, so that short-lived scratch is cheap. */
void hone_arena_rewind(struct hone_arena *arena, struct hone_mark mark)
{
    while (arena->last != mark.block && arena->last != NULL && arena->last->older != NULL) {
        drop_last(arena);
    }
    if (arena->last != NULL) {
        HONE_ASSERT(mark.block == NULL || arena->last == mark.block);
        cut_back(arena, arena->last, mark.block == NULL ? HEAD : mark.used);
    }
}

void *hone_arena_must(struct hone_arena *arena, size_t size)
{
    void *ptr = take(arena, size, align_of(size));
    HONE_ASSERT(ptr != NULL && "out of memory");
    return ptr;
}

char *hone_arena_text(struct hone_arena *arena, const char *text, size_t len)
{
    char *copy = len == SIZE_MAX ? NULL : take(arena, len + 1, 1);
    HONE_ASSERT(copy != NULL && "out of memory");
    if (len != 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

char *hone_arena_format(struct hone_arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    int len;
    char *text;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    HONE_ASSERT(len >= 0);
    text = take(arena, (size_t)len + 1, 1);
    HONE_ASSERT(text != NULL && "out of memory");
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

enum hone_code hone_no_room(struct hone_run *run, const char *what, size_t n)
{
    what += what[0] == '&';
    if (n == SIZE_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "no memory for %s: its size overflows", what);
    }
    return hone_fail(run, HONE_E_LIMIT, "no memory for %s (%zu items)", what, n);
}

void hone_libc_free(void *ptr)
{
    free(ptr);
}

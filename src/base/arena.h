/*
 * base/arena.h - memory that is given back all at once
 *
 * An arena belongs to one object or one run.  Its memory is zeroed, never moves, and is freed
 * together; there is no free of a single piece.  A zeroed struct hone_arena is an empty arena
 * without a limit.  One thread at a time may use an arena.
 */
#ifndef HONE_BASE_ARENA_H
#define HONE_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct hone_block;

struct hone_arena {
    struct hone_block *last;  /* newest block, which links to the older ones */
    struct hone_block *spare; /* a big block given back and kept for the next; or NULL */
    size_t bytes;             /* held from the system, all blocks together */
    size_t limit;             /* refuse to hold more than this; 0: no limit */
};

struct hone_mark {
    struct hone_block *block;
    size_t used;
};

/* Buffers of this many bytes or more start at a multiple of it (the Arrow recommendation), smaller ones
 * at a multiple of 16. */
#define HONE_ALIGN 64

/* Zeroed memory for n items of size bytes; NULL when n * size overflows, the limit is reached or
 * the system has none.  n * size == 0 gives a valid pointer. */
void *hone_arena_alloc(struct hone_arena *arena, size_t size, size_t n);

/* Make room for more: the same items followed by zeroes, moved only when they must.  ptr was given
 * by this arena with room for old_n items, or is NULL.  NULL as hone_arena_alloc. */
void *hone_arena_grow(struct hone_arena *arena, void *ptr, size_t size, size_t old_n, size_t n);

/* Give everything back.  The arena is empty afterwards and may be used again. */
void hone_arena_free(struct hone_arena *arena);

/* Make what another arena holds part of this one, where it is: for results of parallel work, each made in an
 * arena of its own.  from is empty afterwards.  This arena's limit is not looked at. */
void hone_arena_join(struct hone_arena *arena, struct hone_arena *from);

/* Give back all that was taken since the mark. */
struct hone_mark hone_arena_mark(const struct hone_arena *arena);
void hone_arena_rewind(struct hone_arena *arena, struct hone_mark mark);

/* Copies that live in the arena; they panic when there is no memory (small things only). */
char *hone_arena_text(struct hone_arena *arena, const char *text, size_t len);
char *hone_arena_format(struct hone_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Test hook: make the nth allocation from now on fail in this thread; 0 turns it off. */
void hone_arena_fail_after(unsigned n);

/* hone_arena_grow that the test hook passes over: for small things whose failure is a panic. */
void *hone_arena_grow_plain(struct hone_arena *arena, void *ptr, size_t size, size_t old_n,
                            size_t n);

/* The failure of an allocation, in words. */
enum hone_code hone_no_room(struct hone_run *run, const char *what, size_t n);

/* The one free() outside the arena: for buffers that a C library handed over. */
void hone_libc_free(void *ptr);

/* Small fixed objects: panics when there is no memory. */
void *hone_arena_must(struct hone_arena *arena, size_t size);
#define hone_new(arena, type) ((type *)hone_arena_must((arena), sizeof(type)))

/* Sizes that come from outside: HONE_TRY(hone_array(run, mem, &p, n)). */
#define hone_array(run, arena, ptr, n)                                                         \
    ((*(ptr) = hone_arena_alloc((arena), sizeof **(ptr), (n))) != NULL                         \
         ? HONE_OK                                                                             \
         : hone_no_room((run), #ptr, (n)))
#define hone_matrix(run, arena, ptr, rows, cols)                                               \
    ((*(ptr) = hone_arena_alloc((arena), sizeof **(ptr), hone_product((rows), (cols)))) !=     \
             NULL                                                                              \
         ? HONE_OK                                                                             \
         : hone_no_room((run), #ptr, hone_product((rows), (cols))))

/* a * b, or SIZE_MAX when that does not fit: a size no allocation can have. */
static inline size_t hone_product(size_t a, size_t b)
{
    size_t out;
    return __builtin_mul_overflow(a, b, &out) ? SIZE_MAX : out;
}

#endif

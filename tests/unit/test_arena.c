/* Arenas: alignment, zeroes, growth, rewinding, limits, and the hook that makes them fail. */
#include <string.h>

#include "check.h"

static bool is_zero(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void memory_is_zero_and_aligned_whatever_its_size(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 64, 1000, 70000, 300000, 1 << 20, 5 << 20};
    struct hone_arena mem = {0};
    (void)state;

    for (int round = 0; round < 3; round++) {
        struct hone_mark mark = hone_arena_mark(&mem);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *p = hone_arena_alloc(&mem, 1, sizes[i]);
            CHECK(p != NULL);
            CHECK((uintptr_t)p % (sizes[i] >= 64 ? 64 : 16) == 0);
            CHECK(is_zero(p, sizes[i]));
            memset(p, 0xab, sizes[i]);
        }
        hone_arena_rewind(&mem, mark);
    }
    hone_arena_free(&mem);
    CHECK(mem.bytes == 0 && mem.last == NULL && mem.spare == NULL);
}

static void pieces_do_not_overlap(void **state)
{
    struct hone_arena mem = {0};
    unsigned char *piece[300];
    (void)state;

    for (size_t i = 0; i < 300; i++) {
        piece[i] = hone_arena_alloc(&mem, i * 7, 1 + i % 3);
        CHECK(piece[i] != NULL);
        memset(piece[i], (int)(i % 251), i * 7 * (1 + i % 3));
    }
    for (size_t i = 0; i < 300; i++) {
        for (size_t b = 0; b < i * 7 * (1 + i % 3); b++) {
            CHECK(piece[i][b] == i % 251);
        }
    }
    hone_arena_free(&mem);
}

static void growing_keeps_what_was_there_and_adds_zeroes(void **state)
{
    struct hone_arena mem = {0};
    uint32_t *p = NULL;
    size_t n = 0;
    (void)state;

    for (size_t more = 1; more < 3000000; more = more * 3 + 1) {
        p = hone_arena_grow(&mem, p, sizeof *p, n, more);
        CHECK(p != NULL);
        for (size_t i = 0; i < n; i++) {
            CHECK(p[i] == (uint32_t)i);
        }
        CHECK(is_zero((unsigned char *)(p + n), (more - n) * sizeof *p));
        for (size_t i = n; i < more; i++) {
            p[i] = (uint32_t)i;
        }
        n = more;
        CHECK(hone_arena_alloc(&mem, 1, 10) !=
              NULL); /* so that it cannot always grow in place */
    }
    hone_arena_free(&mem);
}

static void rewinding_gives_back_big_and_small(void **state)
{
    struct hone_arena mem = {0};
    char *kept;
    struct hone_mark mark;
    size_t held;
    (void)state;

    kept = hone_arena_text(&mem, "kept", 4);
    CHECK(hone_arena_alloc(&mem, 1, 2 << 20) != NULL);
    mark = hone_arena_mark(&mem);
    for (int i = 0; i < 20; i++) {
        CHECK(hone_arena_alloc(&mem, 1, 100000) != NULL);
        CHECK(hone_arena_alloc(&mem, 1, 3 << 20) != NULL);
    }
    hone_arena_rewind(&mem, mark);
    held = mem.bytes;
    CHECK(held < 8u << 20); /* the first block, the big one before the mark, and one spare */
    CHECK_STR(kept, "kept");
    hone_arena_free(&mem);
    CHECK(mem.bytes == 0);
}

static void the_limit_holds(void **state)
{
    struct hone_arena mem = {.limit = 1 << 20};
    (void)state;

    CHECK(hone_arena_alloc(&mem, 1, 2 << 20) == NULL);
    CHECK(hone_arena_alloc(&mem, 1, 500000) != NULL);
    CHECK(hone_arena_alloc(&mem, 1, 600000) == NULL);
    for (int i = 0; i < 100; i++) {
        (void)hone_arena_alloc(&mem, 1, 50000);
        CHECK(mem.bytes <= mem.limit);
    }
    hone_arena_free(&mem);
    CHECK(hone_arena_alloc(&mem, 1, 500000) != NULL);
    hone_arena_free(&mem);
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    double *p;
    (void)state;

    CHECK(hone_arena_alloc(&mem, SIZE_MAX / 2, 3) == NULL);
    CHECK(hone_arena_alloc(&mem, 1, SIZE_MAX - 10) == NULL);
    CHECK_FAILS_WITH(&run, hone_matrix(&run, &mem, &p, SIZE_MAX / 4, 8), HONE_E_LIMIT,
                     "overflows");
    hone_arena_free(&mem);
}

static void the_hook_fails_the_nth_allocation(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    int *p;
    (void)state;

    hone_arena_fail_after(2);
    CHECK_OK(&run, hone_array(&run, &mem, &p, 1));
    CHECK_FAILS_WITH(&run, hone_array(&run, &mem, &p, 7), HONE_E_LIMIT, "7 items");
    CHECK_OK(&run, hone_array(&run, &mem, &p, 1));
    hone_arena_fail_after(1);
    CHECK(hone_arena_text(&mem, "text is not counted", 4) != NULL);
    hone_arena_fail_after(0);
    hone_arena_free(&mem);
}

static size_t use_scratch(struct hone_run *run)
{
    HONE_SCRATCH(run);
    CHECK(hone_arena_alloc(&run->scratch, 1, 1000) != NULL);
    return hone_arena_mark(&run->scratch).used;
}

static void joined_arenas_are_one(void **state)
{
    static const size_t sizes[] = {10, 100000, 2 << 20};
    struct hone_arena mem = {0};
    struct hone_arena part = {0};
    struct hone_arena none = {0};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        char *old = hone_arena_text(&mem, "old", 3);
        struct hone_mark mark = hone_arena_mark(&mem);
        char *more = hone_arena_alloc(&part, 1, sizes[i]);
        size_t bytes = mem.bytes;
        memset(more, 7, sizes[i]);
        hone_arena_join(&mem, &part);
        CHECK(part.last == NULL && part.bytes == 0 && mem.bytes > bytes);
        CHECK(more[0] == 7 && more[sizes[i] - 1] == 7);
        CHECK(hone_arena_alloc(&mem, 1, 1000) != NULL);
        if (i == 1) {
            hone_arena_rewind(&mem, mark);
            CHECK(mem.bytes == bytes);
        }
        CHECK_STR(old, "old");
    }
    hone_arena_join(&mem, &none);
    hone_arena_join(&none, &mem); /* into an empty one */
    CHECK(mem.bytes == 0);
    hone_arena_free(&none);
}

static void scratch_is_given_back_at_the_end_of_the_block(void **state)
{
    struct hone_run run = {0};
    size_t first;
    (void)state;

    first = use_scratch(&run);
    for (int i = 0; i < 1000; i++) {
        CHECK(use_scratch(&run) == first);
    }
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_arena[] = {
    cmocka_unit_test(memory_is_zero_and_aligned_whatever_its_size),
    cmocka_unit_test(pieces_do_not_overlap),
    cmocka_unit_test(growing_keeps_what_was_there_and_adds_zeroes),
    cmocka_unit_test(rewinding_gives_back_big_and_small),
    cmocka_unit_test(the_limit_holds),
    cmocka_unit_test(sizes_that_overflow_are_refused),
    cmocka_unit_test(the_hook_fails_the_nth_allocation),
    cmocka_unit_test(scratch_is_given_back_at_the_end_of_the_block),
    cmocka_unit_test(joined_arenas_are_one),
};
const size_t hone_tests_arena_n = sizeof hone_tests_arena / sizeof hone_tests_arena[0];

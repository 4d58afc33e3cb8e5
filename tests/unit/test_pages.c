/* Memory given back: zero inside, untouched at the edges.  Memory of small pages. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/pages.h"
#include "check.h"

static void whole_pages_are_dropped_and_no_more(void **state)
{
    const size_t size = 4 << 20;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct hone_arena mem = {0};
    (void)state;
    char *p = hone_arena_alloc(&mem, 1, size);
    char *first = p + (page - (uintptr_t)p % page) % page;
    memset(p, 'x', size);

    hone_pages_drop(first + 1, 2 * page - 2); /* no whole page in it */
    assert_int_equal(first[page - 1], 'x');
    assert_int_equal(first[page], 'x');
    hone_pages_drop(first, 0);
    assert_int_equal(first[0], 'x');

    hone_pages_drop(first + 1, 3 * page);
    assert_int_equal(first[0], 'x');
    assert_int_equal(first[page - 1], 'x');
    assert_int_equal(first[page], 0);
    assert_int_equal(first[3 * page - 1], 0);
    assert_int_equal(first[3 * page], 'x');

    hone_pages_drop(p, size);
    unsigned char there[3];
    assert_int_equal(mincore(first, 3 * page, there), 0);
    assert_int_equal((there[0] | there[1] | there[2]) & 1, 0);
    hone_arena_free(&mem);
}

/* Whether the kernel has the mapping that holds p marked "nh": no huge pages (proc_pid_smaps(5), VmFlags). */
static bool is_marked(const char *p)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    bool here = false, marked = false;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        uintptr_t from, to;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
            here = from <= (uintptr_t)p && (uintptr_t)p < to;
        } else if (here && strncmp(line, "VmFlags:", 8) == 0) {
            marked = strstr(line, " nh") != NULL;
        }
    }
    (void)fclose(file);
    return marked;
}

static void memory_of_small_pages_is_marked(void **state)
{
    const size_t size = 4 << 20;
    struct hone_arena mem = {0};
    (void)state;
    if (access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0) {
        skip();
    }
    char *p = hone_arena_alloc(&mem, 1, size);
    assert_false(is_marked(p + size / 2));
    p[size / 2] = 'x';
    hone_pages_small(p, size);
    assert_true(is_marked(p + size / 2));
    assert_int_equal(p[size / 2], 'x');
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_pages[] = {
    cmocka_unit_test(whole_pages_are_dropped_and_no_more),
    cmocka_unit_test(memory_of_small_pages_is_marked),
};
const size_t hone_tests_pages_n = sizeof hone_tests_pages / sizeof hone_tests_pages[0];

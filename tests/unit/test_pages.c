/* Memory given back: zero inside, untouched at the edges. */
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

const struct CMUnitTest hone_tests_pages[] = {
    cmocka_unit_test(whole_pages_are_dropped_and_no_more),
};
const size_t hone_tests_pages_n = sizeof hone_tests_pages / sizeof hone_tests_pages[0];

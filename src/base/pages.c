#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Advice on the whole pages within some memory; what is refused changes nothing but how much is in use. */
static void advise(void *memory, size_t len, int advice)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t skip = (page - (uintptr_t)memory % page) % page;

    if (len > skip && len - skip >= page) {
        (void)madvise((char *)memory + skip, (len - skip) / page * page, advice);
    }
}

void hone_pages_small(void *memory, size_t len)
{
    advise(memory, len, MADV_NOHUGEPAGE);
}

void hone_pages_drop(void *memory, size_t len)
{
    advise(memory, len, MADV_DONTNEED);
}

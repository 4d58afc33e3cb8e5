#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void hone_pages_drop(void *memory, size_t len)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t skip = (page - (uintptr_t)memory % page) % page;

    if (len > skip && len - skip >= page) {
        /* What is refused is only kept. */
        (void)madvise((char *)memory + skip, (len - skip) / page * page, MADV_DONTNEED);
    }
}

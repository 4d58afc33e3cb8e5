/*
 * base/pages.h - memory that was used once and will not be for a while
 */
#ifndef HONE_BASE_PAGES_H
#define HONE_BASE_PAGES_H

#include <stddef.h>

/*
 * Small pages from here on, for large memory of which little is touched: else the kernel comes by once in a while and
 * makes a huge page, 2 MiB, of what has one page in use (Linux Documentation/admin-guide/mm/transhuge.rst, khugepaged).
 */
void hone_pages_small(void *memory, size_t len);

/* Give the whole pages within some memory of ours back to the system: they are zero when they are used again. */
void hone_pages_drop(void *memory, size_t len);

#endif

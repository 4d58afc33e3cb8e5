/*
 * base/pages.h - memory that was used once and will not be for a while
 */
#ifndef HONE_BASE_PAGES_H
#define HONE_BASE_PAGES_H

#include <stddef.h>

/* Give the whole pages within some memory of ours back to the system: they are zero when they are used again. */
void hone_pages_drop(void *memory, size_t len);

#endif

/* Radix sorts; declared in profile_priv.h. */
#include "profile/profile_priv.h"

enum { DIGIT = 11, CELLS = 1 << DIGIT, TOP_BITS = 33, FEW = 48, SMALL_RUN = 24 };

static unsigned width_of(uint64_t range)
{
    return range == 0 ? 0 : 64 - (unsigned)__builtin_clzll(range);
}

static void insert_keys(uint64_t *key, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t x = key[i];
        size_t j = i;
        for (; j > 0 && key[j - 1] > x; j--) {
            key[j] = key[j - 1];
        }
        key[j] = x;
    }
}

/*
 * By the upper 33 bits of what the keys differ in, digit by digit, then the few runs that are still equal:
 * three passes instead of six for almost all columns.
 */
void hone_sort_keys(uint64_t *key, uint64_t *spare, size_t n)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    unsigned width;
    unsigned shift;
    uint64_t *from = key;
    uint64_t *to = spare;
    bool sorted = true;

    if (n <= FEW) {
        insert_keys(key, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        low = key[i] < low ? key[i] : low;
        high = key[i] > high ? key[i] : high;
        sorted = sorted && (i == 0 || key[i - 1] <= key[i]);
    }
    width = width_of(high - low);
    shift = width > TOP_BITS ? width - TOP_BITS : 0;
    for (unsigned bit = shift; bit < width && !sorted; bit += DIGIT) {
        size_t start[CELLS + 1] = {0};
        uint64_t *swap = from;
        for (size_t i = 0; i < n; i++) {
            start[((from[i] - low) >> bit & (CELLS - 1)) + 1]++;
        }
        for (size_t b = 0; b < CELLS; b++) {
            start[b + 1] += start[b];
        }
        for (size_t i = 0; i < n; i++) {
            to[start[(from[i] - low) >> bit & (CELLS - 1)]++] = from[i];
        }
        from = to;
        to = swap;
    }
    if (from != key) {
        memcpy(key, from, n * sizeof *key);
    }
    for (size_t i = 0, end; shift > 0 && !sorted && i < n; i = end) {
        uint64_t top = (key[i] - low) >> shift;
        for (end = i + 1; end < n && (key[end] - low) >> shift == top; end++) {
        }
        if (end - i > SMALL_RUN) {
            hone_sort_keys(key + i, spare + i, end - i);
        } else if (end - i > 1) {
            insert_keys(key + i, end - i);
        }
    }
}

static void insert_keyed(struct hone_keyed *entry, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct hone_keyed x = entry[i];
        size_t j = i;
        for (; j > 0 && entry[j - 1].key > x.key; j--) {
            entry[j] = entry[j - 1];
        }
        entry[j] = x;
    }
}

void hone_sort_keyed(struct hone_keyed *entry, struct hone_keyed *spare, size_t n)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    unsigned width;
    unsigned shift;
    struct hone_keyed *from = entry;
    struct hone_keyed *to = spare;
    bool sorted = true;

    if (n <= FEW) {
        insert_keyed(entry, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        low = entry[i].key < low ? entry[i].key : low;
        high = entry[i].key > high ? entry[i].key : high;
        sorted = sorted && (i == 0 || entry[i - 1].key <= entry[i].key);
    }
    width = width_of(high - low);
    shift = width > TOP_BITS ? width - TOP_BITS : 0;
    for (unsigned bit = shift; bit < width && !sorted; bit += DIGIT) {
        size_t start[CELLS + 1] = {0};
        struct hone_keyed *swap = from;
        for (size_t i = 0; i < n; i++) {
            start[((from[i].key - low) >> bit & (CELLS - 1)) + 1]++;
        }
        for (size_t b = 0; b < CELLS; b++) {
            start[b + 1] += start[b];
        }
        for (size_t i = 0; i < n; i++) {
            to[start[(from[i].key - low) >> bit & (CELLS - 1)]++] = from[i];
        }
        from = to;
        to = swap;
    }
    if (from != entry) {
        memcpy(entry, from, n * sizeof *entry);
    }
    for (size_t i = 0, end; shift > 0 && !sorted && i < n; i = end) {
        uint64_t top = (entry[i].key - low) >> shift;
        for (end = i + 1; end < n && (entry[end].key - low) >> shift == top; end++) {
        }
        if (end - i > SMALL_RUN) {
            hone_sort_keyed(entry + i, spare + i, end - i);
        } else if (end - i > 1) {
            insert_keyed(entry + i, end - i);
        }
    }
}

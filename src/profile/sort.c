/* Radix sorts; declared in profile_priv.h. */
#include "profile/profile_priv.h"

enum { DIGIT = 11, CELLS = 1 << DIGIT, TOP_BITS = 33, FEW = 48, SMALL_RUN = 24 };

/*
 * Keys are sorted by the upper 33 bits of what they differ in, digit by digit, then the few runs that are still
 * equal: three passes instead of six for almost all columns.  What that needs to know of them:
 */
struct range {
    uint64_t low;
    unsigned shift, width; /* bits shift to width - 1 of key - low are sorted by digits */
};

static struct range range_of(uint64_t low, uint64_t high)
{
    unsigned width = high == low ? 0 : 64 - (unsigned)__builtin_clzll(high - low);

    return (struct range){low, width > TOP_BITS ? width - TOP_BITS : 0, width};
}

/* Counts of a digit to the places where its runs begin. */
static void sum_up(size_t start[CELLS + 1])
{
    for (size_t b = 0; b < CELLS; b++) {
        start[b + 1] += start[b];
    }
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

static bool look_at_keys(const uint64_t *key, size_t n, struct range *range)
{
    uint64_t low = key[0];
    uint64_t high = key[0];
    bool sorted = true;

    for (size_t i = 1; i < n; i++) {
        low = key[i] < low ? key[i] : low;
        high = key[i] > high ? key[i] : high;
        sorted = sorted && key[i - 1] <= key[i];
    }
    *range = range_of(low, high);
    return sorted;
}

static void pass_keys(const uint64_t *from, uint64_t *to, size_t n, uint64_t low, unsigned bit)
{
    size_t start[CELLS + 1] = {0};

    for (size_t i = 0; i < n; i++) {
        start[((from[i] - low) >> bit & (CELLS - 1)) + 1]++;
    }
    sum_up(start);
    for (size_t i = 0; i < n; i++) {
        to[start[(from[i] - low) >> bit & (CELLS - 1)]++] = from[i];
    }
}

void hone_sort_keys(uint64_t *key, uint64_t *spare, size_t n)
{
    struct range r;
    uint64_t *from = key;
    uint64_t *to = spare;

    if (n <= FEW) {
        insert_keys(key, n);
        return;
    }
    if (look_at_keys(key, n, &r)) {
        return;
    }
    for (unsigned bit = r.shift; bit < r.width; bit += DIGIT) {
        uint64_t *swap = from;
        pass_keys(from, to, n, r.low, bit);
        from = to;
        to = swap;
    }
    if (from != key) {
        memcpy(key, from, n * sizeof *key);
    }
    for (size_t i = 0, end; r.shift > 0 && i < n; i = end) {
        uint64_t top = (key[i] - r.low) >> r.shift;
        for (end = i + 1; end < n && (key[end] - r.low) >> r.shift == top; end++) {
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

static bool look_at_keyed(const struct hone_keyed *entry, size_t n, struct range *range)
{
    uint64_t low = entry[0].key;
    uint64_t high = low;
    bool sorted = true;

    for (size_t i = 1; i < n; i++) {
        low = entry[i].key < low ? entry[i].key : low;
        high = entry[i].key > high ? entry[i].key : high;
        sorted = sorted && entry[i - 1].key <= entry[i].key;
    }
    *range = range_of(low, high);
    return sorted;
}

static void pass_keyed(const struct hone_keyed *from, struct hone_keyed *to, size_t n,
                       uint64_t low, unsigned bit)
{
    size_t start[CELLS + 1] = {0};

    for (size_t i = 0; i < n; i++) {
        start[((from[i].key - low) >> bit & (CELLS - 1)) + 1]++;
    }
    sum_up(start);
    for (size_t i = 0; i < n; i++) {
        to[start[(from[i].key - low) >> bit & (CELLS - 1)]++] = from[i];
    }
}

void hone_sort_keyed(struct hone_keyed *entry, struct hone_keyed *spare, size_t n)
{
    struct range r;
    struct hone_keyed *from = entry;
    struct hone_keyed *to = spare;

    if (n <= FEW) {
        insert_keyed(entry, n);
        return;
    }
    if (look_at_keyed(entry, n, &r)) {
        return;
    }
    for (unsigned bit = r.shift; bit < r.width; bit += DIGIT) {
        struct hone_keyed *swap = from;
        pass_keyed(from, to, n, r.low, bit);
        from = to;
        to = swap;
    }
    if (from != entry) {
        memcpy(entry, from, n * sizeof *entry);
    }
    for (size_t i = 0, end; r.shift > 0 && i < n; i = end) {
        uint64_t top = (entry[i].key - r.low) >> r.shift;
        for (end = i + 1; end < n && (entry[end].key - r.low) >> r.shift == top; end++) {
        }
        if (end - i > SMALL_RUN) {
            hone_sort_keyed(entry + i, spare + i, end - i);
        } else if (end - i > 1) {
            insert_keyed(entry + i, end - i);
        }
    }
}

#include "eval/order.h"

#include <math.h>
#include <string.h>

#define DIGITS 8  /* bytes of a key */
#define SMALL  48 /* below this, insertion wins */

struct entry {
    uint64_t key;
    uint32_t row;
};

/* An integer that orders as the double does: flip all bits of a negative, the sign of others. */
static uint64_t key_of(double value)
{
    uint64_t bits;
    double plain = value + 0.0; /* -0 becomes 0 */

    if (isnan(value)) {
        return UINT64_MAX;
    }
    memcpy(&bits, &plain, sizeof bits);
    return bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
}

static double value_of(uint64_t key)
{
    uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    double value;

    if (key == UINT64_MAX) {
        return (double)NAN;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void sort_small(size_t n, struct entry *e)
{
    for (size_t i = 1; i < n; i++) {
        struct entry x = e[i];
        size_t j = i;
        for (; j > 0 && e[j - 1].key > x.key; j--) {
            e[j] = e[j - 1];
        }
        e[j] = x;
    }
}

/* The entries sorted by key, in a or in b. */
static struct entry *sort_entries(size_t n, struct entry *a, struct entry *b)
{
    size_t count[DIGITS][256] = {{0}};

    if (n < SMALL) {
        sort_small(n, a);
        return a;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t d = 0; d < DIGITS; d++) {
            count[d][(a[i].key >> (8 * d)) & 255]++;
        }
    }
    for (size_t d = 0; d < DIGITS; d++) {
        size_t at = 0;
        if (count[d][(a[0].key >> (8 * d)) & 255] == n) {
            continue; /* all alike in this byte */
        }
        for (size_t k = 0; k < 256; k++) {
            size_t here = count[d][k];
            count[d][k] = at;
            at += here;
        }
        for (size_t i = 0; i < n; i++) {
            b[count[d][(a[i].key >> (8 * d)) & 255]++] = a[i];
        }
        struct entry *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

static enum hone_code make_entries(struct hone_run *run, size_t n, const double *value,
                                   bool descending, struct entry **out)
{
    struct entry *a;
    struct entry *b;

    if (n > UINT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%zu rows are more than can be sorted", n);
    }
    HONE_TRY(hone_array(run, &run->scratch, &a, n));
    HONE_TRY(hone_array(run, &run->scratch, &b, n));
    for (size_t i = 0; i < n; i++) {
        uint64_t key = key_of(value[i]);
        a[i] = (struct entry){descending ? ~key : key, (uint32_t)i};
    }
    *out = sort_entries(n, a, b);
    return HONE_OK;
}

enum hone_code hone_order_by(struct hone_run *run, size_t n, const double *value,
                             bool descending, uint32_t *order)
{
    struct entry *e;
    HONE_SCRATCH(run);

    HONE_TRY(make_entries(run, n, value, descending, &e));
    for (size_t i = 0; i < n; i++) {
        order[i] = e[i].row;
    }
    return HONE_OK;
}

enum hone_code hone_sort_f64(struct hone_run *run, size_t n, double *value)
{
    struct entry *e;
    HONE_SCRATCH(run);

    HONE_TRY(make_entries(run, n, value, false, &e));
    for (size_t i = 0; i < n; i++) {
        value[i] = value_of(e[i].key);
    }
    return HONE_OK;
}

double hone_quantile_sorted(size_t n, const double *sorted, double q)
{
    double at = q * (double)(n - 1);
    size_t low = (size_t)at;

    if (low + 1 >= n) {
        return sorted[n - 1];
    }
    return sorted[low] + (at - (double)low) * (sorted[low + 1] - sorted[low]);
}

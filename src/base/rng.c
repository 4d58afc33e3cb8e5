#include "base/rng.h"

#include <math.h>

#include "base/hash.h"

/* 2^64 over the golden ratio, made odd: the step of SplitMix64. */
#define STEP 0x9e3779b97f4a7c15u

__extension__ typedef unsigned __int128 wide;

struct hone_rng hone_rng(uint64_t seed, uint64_t stream)
{
    /* Two rounds, so that neighbouring seeds and neighbouring streams start far apart. */
    uint64_t key = hone_mix64(seed + STEP);
    return (struct hone_rng){.key = hone_mix64(key ^ hone_mix64(stream + 2 * STEP)),
                             .counter = 0};
}

uint64_t hone_rng_name(const char *purpose)
{
    struct hone_str text = hone_str(purpose);
    return hone_hash64(text.ptr, text.len, 0);
}

uint64_t hone_rng_at(const struct hone_rng *rng, uint64_t place)
{
    return hone_mix64(rng->key + (place + 1) * STEP);
}

uint64_t hone_rng_u64(struct hone_rng *rng)
{
    return hone_rng_at(rng, rng->counter++);
}

double hone_rng_unit(struct hone_rng *rng)
{
    return (double)(hone_rng_u64(rng) >> 11) * 0x1p-53;
}

uint64_t hone_rng_below(struct hone_rng *rng, uint64_t n)
{
    /* Lemire, ACM TOMACS 29(1), 2019: the high half of a product, the few low halves that would
     * favour some results drawn again. */
    wide product = (wide)hone_rng_u64(rng) * n;
    if ((uint64_t)product < n) {
        uint64_t refuse = (0 - n) % n;
        while ((uint64_t)product < refuse) {
            product = (wide)hone_rng_u64(rng) * n;
        }
    }
    return (uint64_t)(product >> 64);
}

double hone_rng_normal(struct hone_rng *rng)
{
    /* Only the cosine half is used: keeping the sine half would make the nth number depend on
     * what was drawn before. */
    double u = 1.0 - hone_rng_unit(rng); /* (0, 1]: its logarithm is finite */
    double v = hone_rng_unit(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586477 * v);
}

void hone_rng_shuffle(struct hone_rng *rng, size_t n, size_t *items)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)hone_rng_below(rng, i);
        size_t kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}

/*
 * base/rng.h - random numbers from a seed, a stream and a counter
 *
 * The nth number of a stream is a fixed function of (seed, stream, n), so parallel work can
 * take numbers out of order and stay reproducible.
 * Source: SplitMix64, Steele, Lea & Flood, OOPSLA 2014, with the finaliser of Stafford's mix13.
 */
#ifndef HONE_BASE_RNG_H
#define HONE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct hone_rng {
    uint64_t key;
    uint64_t counter;
};

/* One stream per purpose: name it by a constant, or by hone_rng_name("split"). */
struct hone_rng hone_rng(uint64_t seed, uint64_t stream);
uint64_t hone_rng_name(const char *purpose);

uint64_t hone_rng_u64(struct hone_rng *rng);
/* The number at a place, without moving the stream. */
uint64_t hone_rng_at(const struct hone_rng *rng, uint64_t place);
double hone_rng_unit(struct hone_rng *rng); /* uniform in [0, 1), 53 bits */
uint64_t hone_rng_below(struct hone_rng *rng,
                        uint64_t n);          /* uniform in [0, n), unbiased; n > 0 */
double hone_rng_normal(struct hone_rng *rng); /* mean 0, variance 1 (Box & Muller 1958) */
void hone_rng_shuffle(struct hone_rng *rng, size_t n, size_t *items); /* Fisher & Yates */

#endif

/*
 * base/number_priv.h - powers of ten for reading and writing reals
 */
#ifndef HONE_BASE_NUMBER_PRIV_H
#define HONE_BASE_NUMBER_PRIV_H

#include <stdint.h>

#define HONE_POWER_FIRST (-342)
#define HONE_POWER_LAST  324

/*
 * 10^q as 128 bits times a power of two, the highest bit set: hone_power[q - HONE_POWER_FIRST].  Exact for 0..55,
 * above the true value by less than one in the last bit for -27..-1, below it by less than one elsewhere.
 */
struct hone_power {
    uint64_t high, low;
};
extern const struct hone_power hone_power[HONE_POWER_LAST - HONE_POWER_FIRST + 1];

/* x / 2^bits rounded down, also below zero; x of at most 40 bits. */
static inline int hone_floor_shift(int64_t x, int bits)
{
    const int64_t up = INT64_C(1) << 40;
    return (int)((x + up) >> bits) - (int)(up >> bits);
}

#endif

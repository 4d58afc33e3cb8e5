#include "tally.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { SHOWN = 10 };

void tally_time(struct tally *t, int64_t ns)
{
    uint64_t x = ns < 1 ? 1 : (uint64_t)ns;
    int octave = 63 - __builtin_clzll(x);
    uint64_t step =
        octave < 6 ? (x << (6 - octave)) - STEPS : (x >> (octave - 6)) - (uint64_t)STEPS;
    size_t slot = (size_t)octave * STEPS + (size_t)step;
    t->slots[slot < OCTAVES * STEPS ? slot : OCTAVES * STEPS - 1]++;
    t->most = ns > t->most ? ns : t->most;
}

double tally_quantile(const struct tally *t, double share)
{
    uint64_t all = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < OCTAVES * STEPS; i++) {
        all += t->slots[i];
    }
    for (size_t i = 0; i < OCTAVES * STEPS; i++) {
        sum += t->slots[i];
        if (sum > 0 && (double)sum >= share * (double)all) {
            return ldexp(1 + ((double)(i % STEPS) + 1) / STEPS, (int)(i / STEPS)) / 1e6;
        }
    }
    return 0;
}

void tally_fault(struct tally *t, const struct record *r, uint64_t *count, const char *format,
                 ...)
{
    (*count)++;
    if (t->shown++ < SHOWN) {
        va_list args;
        va_start(args, format);
        fprintf(stderr, "drive: %s: ", r == NULL ? "?" : r->name);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
        va_end(args);
    }
}

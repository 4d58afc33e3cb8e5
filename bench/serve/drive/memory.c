#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basics.h"

void memory_sample(struct memory *m, uint64_t requests)
{
    char path[64];
    char line[256];
    FILE *f;
    snprintf(path, sizeof path, "/proc/%ld/status", m->watched);
    f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            if (m->samples == m->room) {
                m->room = m->room == 0 ? 4096 : m->room * 2;
                m->sample = room_for(m->sample, m->room, sizeof *m->sample);
            }
            m->sample[m->samples][0] = (double)requests;
            m->sample[m->samples++][1] = strtod(line + 6, NULL);
        }
    }
    if (f != NULL) {
        fclose(f);
    }
}

void memory_tell(const struct memory *m, uint64_t requests)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0, low = (double)INFINITY, high = 0;
    for (size_t i = 0; i < m->samples; i++) {
        double a = m->sample[i][0] / 1e6;
        double b = m->sample[i][1] / 1024;
        if (m->sample[i][0] * 2 >= (double)requests) {
            n++, x += a, y += b, xx += a * a, xy += a * b, yy += b * b;
            low = b < low ? b : low;
            high = b > high ? b : high;
        }
    }
    if (n < 3) {
        return;
    }
    double sxx = xx - x * x / n;
    double sxy = xy - x * y / n;
    double syy = yy - y * y / n;
    double slope = sxx > 0 ? sxy / sxx : 0;
    double rest = syy - slope * sxy;
    printf("memory_first_mib %.1f\nmemory_low_mib %.1f\nmemory_high_mib %.1f\nmemory_last_mib "
           "%.1f\n"
           "memory_slope_mib_per_million %.3f\nmemory_residual_mib %.3f\n",
           m->sample[0][1] / 1024, low, high, m->sample[m->samples - 1][1] / 1024, slope,
           rest > 0 ? sqrt(rest / n) : 0);
}

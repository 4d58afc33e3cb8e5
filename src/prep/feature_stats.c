#include "prep/feature_stats.h"

#include <math.h>
#include <stdlib.h>

static bool counts(float x, const double *weight, size_t i)
{
    return isfinite(x) && (weight == NULL || weight[i] > 0);
}

struct hone_moments hone_moments_of(size_t rows, const float *x, const double *weight)
{
    struct hone_moments m = {0};
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        if (counts(x[i], weight, i)) {
            double w = weight == NULL ? 1 : weight[i];
            double v = (double)x[i];
            m.min = m.weight == 0 ? v : fmin(m.min, v);
            m.max = m.weight == 0 ? v : fmax(m.max, v);
            m.weight += w;
            sum += w * v;
        }
    }
    if (m.weight == 0) {
        return m;
    }
    m.mean = sum / m.weight;
    double squares = 0;
    for (size_t i = 0; i < rows; i++) {
        if (counts(x[i], weight, i)) {
            double d = (double)x[i] - m.mean;
            squares += (weight == NULL ? 1 : weight[i]) * d * d;
        }
    }
    m.variance = squares / m.weight;
    return m;
}

struct weighted {
    float x;
    double w;
};

static int by_value(const void *a, const void *b)
{
    float x = ((const struct weighted *)a)->x;
    float y = ((const struct weighted *)b)->x;
    return x < y ? -1 : x > y;
}

static int by_float(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return x < y ? -1 : x > y;
}

enum hone_code hone_sorted_of(struct hone_run *run, size_t rows, const float *x,
                              const double *weight, struct hone_arena *mem,
                              struct hone_sorted *out)
{
    HONE_SCRATCH(run);
    struct hone_sorted s = {0};
    float *value;
    HONE_TRY(hone_array(run, mem, &value, rows));
    if (weight == NULL) {
        for (size_t i = 0; i < rows; i++) {
            if (isfinite(x[i])) {
                value[s.n++] = x[i];
            }
        }
        qsort(value, s.n, sizeof *value, by_float);
        s.weight = (double)s.n;
    } else {
        struct weighted *pair;
        double *up_to;
        HONE_TRY(hone_array(run, &run->scratch, &pair, rows));
        for (size_t i = 0; i < rows; i++) {
            if (counts(x[i], weight, i)) {
                pair[s.n++] = (struct weighted){x[i], weight[i]};
            }
        }
        qsort(pair, s.n, sizeof *pair, by_value);
        HONE_TRY(hone_array(run, mem, &up_to, s.n));
        for (size_t i = 0; i < s.n; i++) {
            value[i] = pair[i].x;
            s.weight += pair[i].w;
            up_to[i] = s.weight;
        }
        s.up_to = up_to;
    }
    s.x = value;
    *out = s;
    return HONE_OK;
}

static double weighted_quantile(const struct hone_sorted *s, double p)
{
    double want = p * s->weight;
    double near = 1e-12 * s->weight; /* sums of weights are exact to this */
    size_t low = 0;
    size_t high = s->n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->up_to[middle] >= want - near) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    bool between = low + 1 < s->n && fabs(s->up_to[low] - want) <= near;
    return between ? ((double)s->x[low] + (double)s->x[low + 1]) / 2 : (double)s->x[low];
}

double hone_sorted_quantile(const struct hone_sorted *s, double p)
{
    if (s->n == 0) {
        return 0;
    }
    if (s->up_to != NULL) {
        return weighted_quantile(s, p);
    }
    double place = p * (double)(s->n - 1);
    size_t low = (size_t)floor(place);
    size_t high = low + 1 < s->n ? low + 1 : low;
    double share = place - (double)low;
    double a = (double)s->x[low];
    double b = (double)s->x[high];
    /* from the nearer end, as numpy does, so that both ends come out exactly */
    return share < 0.5 ? a + (b - a) * share : b - (b - a) * (1 - share);
}

size_t hone_sorted_distinct(const struct hone_sorted *s, float *value, double *weight)
{
    size_t n = 0;
    double before = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i + 1 < s->n && s->x[i + 1] == s->x[i]) {
            continue;
        }
        double up_to = s->up_to == NULL ? (double)(i + 1) : s->up_to[i];
        if (value != NULL) {
            value[n] = s->x[i] + 0.0F; /* -0 is 0 */
        }
        if (weight != NULL) {
            weight[n] = up_to - before;
        }
        before = up_to;
        n++;
    }
    return n;
}

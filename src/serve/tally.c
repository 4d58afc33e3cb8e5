#include "serve/tally.h"

#include <math.h>

const char *const hone_route_names[HONE_ROUTE_COUNT] = {
#define X(name, text) [HONE_ROUTE_##name] = text,
    HONE_ROUTES(X)
#undef X
};

const int hone_statuses[HONE_STATUS_COUNT] = {
#define X(code) code,
    HONE_STATUSES(X)
#undef X
};

const char *const hone_bucket_names[HONE_BUCKET_COUNT] = {
#define X(ns, text) text,
    HONE_BUCKETS(X)
#undef X
        "+Inf"};

static const int64_t bounds[] = {
#define X(ns, text) ns,
    HONE_BUCKETS(X)
#undef X
};

void hone_histogram_add(struct hone_histogram *h, int64_t ns)
{
    size_t i = 0;

    while (i < sizeof bounds / sizeof *bounds && ns > bounds[i]) {
        i++;
    }
    hone_count(&h->bucket[i], 1);
    hone_count(&h->sum_ns, ns < 0 ? 0 : (uint64_t)ns);
}

double hone_bucket_quantile(const uint64_t *bucket, double share)
{
    double all = 0;
    double below = 0;

    for (size_t i = 0; i < HONE_BUCKET_COUNT; i++) {
        all += (double)bucket[i];
    }
    for (size_t i = 0; i < HONE_BUCKET_COUNT && all > 0; i++) {
        double n = (double)bucket[i];
        if (n > 0 && below + n >= share * all) {
            double low = i == 0 ? 0 : (double)bounds[i - 1];
            double high = i + 1 < HONE_BUCKET_COUNT ? (double)bounds[i] : 2 * low;
            return (low + (high - low) * (share * all - below) / n) * 1e-9;
        }
        below += n;
    }
    return (double)NAN;
}

void hone_tally_request(struct hone_tally *tally, enum hone_route route, int status)
{
    size_t other = 0;

    for (size_t i = 0; i < HONE_STATUS_COUNT; i++) {
        if (hone_statuses[i] == status) {
            hone_count(&tally->requests[route][i], 1);
            return;
        }
        other = hone_statuses[i] == 500 ? i : other;
    }
    hone_count(&tally->requests[route][other], 1);
}

static void add_histogram(struct hone_histogram *sum, const struct hone_histogram *more)
{
    for (size_t i = 0; i < HONE_BUCKET_COUNT; i++) {
        hone_count(&sum->bucket[i], hone_counted(&more->bucket[i]));
    }
    hone_count(&sum->sum_ns, hone_counted(&more->sum_ns));
}

void hone_tally_add(struct hone_tally *sum, const struct hone_tally *more)
{
    for (size_t i = 0; i < HONE_ROUTE_COUNT; i++) {
        for (size_t j = 0; j < HONE_STATUS_COUNT; j++) {
            hone_count(&sum->requests[i][j], hone_counted(&more->requests[i][j]));
        }
    }
    add_histogram(&sum->request, &more->request);
    add_histogram(&sum->inference, &more->inference);
    hone_count(&sum->rows, hone_counted(&more->rows));
    hone_count(&sum->unknown_fields, hone_counted(&more->unknown_fields));
    hone_count(&sum->missing_values, hone_counted(&more->missing_values));
    int64_t last = atomic_load_explicit(&more->last, memory_order_relaxed);
    if (last > atomic_load_explicit(&sum->last, memory_order_relaxed)) {
        atomic_store_explicit(&sum->last, last, memory_order_relaxed);
    }
}

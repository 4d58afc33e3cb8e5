/*
 * serve/tally.h - what is counted while serving
 *
 * Each worker thread writes a tally of its own; anyone may read all of them at any time, so the
 * counters are atomics that cost the writer a plain load and store.
 */
#ifndef HONE_SERVE_TALLY_H
#define HONE_SERVE_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Name in metrics. */
#define HONE_ROUTES(X)                                                                         \
    X(V2_INFER, "v2_infer")                                                                    \
    X(V1_PREDICT, "v1_predict")                                                                \
    X(INVOCATIONS, "invocations")                                                              \
    X(PREDICT, "predict")                                                                      \
    X(FEEDBACK, "feedback")                                                                    \
    X(HEALTH, "health")                                                                        \
    X(MODELS, "models")                                                                        \
    X(METRICS, "metrics")                                                                      \
    X(PAGES, "pages")                                                                          \
    X(OTHER, "other")

enum hone_route {
#define X(name, text) HONE_ROUTE_##name,
    HONE_ROUTES(X)
#undef X
        HONE_ROUTE_COUNT
};

/* clang-format off */

/* Status codes that are counted one by one; others count as 500. */
#define HONE_STATUSES(X)                                                                       \
    X(200) X(303) X(400) X(401) X(403) X(404) X(405) X(408) X(413) X(414)                      \
    X(415) X(417) X(422) X(429) X(431) X(500) X(501) X(503) X(505)
enum { HONE_STATUS_COUNT = 19 };
/* Whether it is the server that failed: 501 and 505 say that a client asked for what there is not. */
static inline bool hone_status_failed(int status)
{
    return status >= 500 && status != 501 && status != 505;
}

/* Upper bounds in ns, and the text of "le" in seconds. */
#define HONE_BUCKETS(X)                                                                        \
    X(50000, "5e-05") X(100000, "0.0001") X(250000, "0.00025") X(500000, "0.0005")             \
    X(1000000, "0.001") X(2500000, "0.0025") X(5000000, "0.005") X(10000000, "0.01")           \
    X(25000000, "0.025") X(50000000, "0.05") X(75000000, "0.075") X(100000000, "0.1")          \
    X(250000000, "0.25") X(500000000, "0.5") X(750000000, "0.75") X(1000000000, "1")           \
    X(2500000000, "2.5") X(5000000000, "5") X(7500000000, "7.5") X(10000000000, "10")
/* clang-format on */
enum { HONE_BUCKET_COUNT = 21 }; /* with +Inf */

struct hone_histogram {
    _Atomic uint64_t bucket[HONE_BUCKET_COUNT]; /* not cumulative */
    _Atomic uint64_t sum_ns;
};

struct hone_tally {
    _Atomic uint64_t requests[HONE_ROUTE_COUNT][HONE_STATUS_COUNT];
    struct hone_histogram request;   /* predictions, from the whole body to the reply */
    struct hone_histogram inference; /* the graph alone */
    _Atomic uint64_t rows;
    _Atomic uint64_t unknown_fields;
    _Atomic uint64_t missing_values;
    _Atomic int64_t last; /* ticks, ns, of the latest prediction; 0: none */
};

/* Only by the thread that owns the counter. */
static inline void hone_count(_Atomic uint64_t *counter, uint64_t n)
{
    uint64_t was = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, was + n, memory_order_relaxed);
}
static inline uint64_t hone_counted(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/*
 * The time in s below which a share of what a histogram counted lies, by linear interpolation in its bucket, the
 * last one taken for twice the bound before; NaN for an empty one.
 *
 *   bucket  (HONE_BUCKET_COUNT) not cumulative
 */
double hone_bucket_quantile(const uint64_t *bucket, double share);

void hone_histogram_add(struct hone_histogram *h, int64_t ns);
void hone_tally_request(struct hone_tally *tally, enum hone_route route, int status);
/* Add what one tally counted to another one that only the caller writes. */
void hone_tally_add(struct hone_tally *sum, const struct hone_tally *more);

extern const char *const hone_route_names[HONE_ROUTE_COUNT];
extern const int hone_statuses[HONE_STATUS_COUNT];
extern const char *const hone_bucket_names[HONE_BUCKET_COUNT];

#endif

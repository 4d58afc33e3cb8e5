/*
 * store_bench.c - how fast a well-filled store answers
 *
 * usage: store_bench FOLDER [RUNS [METRICS]]     (10000 runs of 50 metrics unless told)
 *
 * Fills a new store, then prints the median of 11 timings of each question in milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/rng.h"
#include "base/str.h"
#include "store/artifact.h"
#include "store/journal.h"
#include "store/lineage.h"
#include "store/registry.h"

#define REPEATS 11

struct bench {
    struct hone_run run;
    struct hone_store *store;
    size_t runs;
    size_t metrics;
    const char **keys;
    int64_t version_id;
};

static void must(struct bench *bench, enum hone_code code)
{
    if (code != HONE_OK) {
        fprintf(stderr, "%s\n", bench->run.err.message);
        exit(1);
    }
}

static double seconds_since(int64_t start)
{
    return (double)(hone_ticks_ns() - start) / 1e9;
}

static void fill_runs(struct bench *bench)
{
    struct hone_rng rng = hone_rng(1, 1);
    int64_t start = hone_ticks_ns();
    struct hone_transaction tx = {0};
    must(bench, hone_transaction_begin(&bench->run, bench->store, &tx));
    for (size_t i = 0; i < bench->runs; i++) {
        HONE_SCRATCH(&bench->run);
        struct hone_metric_point *points;
        struct hone_run_record record = {.model = i % 4 == 0 ? "loan" : "churn"};
        struct hone_run_id id;
        must(bench, hone_array(&bench->run, &bench->run.scratch, &points, bench->metrics));
        must(bench, hone_store_run_begin(&bench->run, bench->store, &record, &id));
        for (size_t k = 0; k < bench->metrics; k++) {
            points[k] = (struct hone_metric_point){
                .key = bench->keys[k], .value = hone_rng_unit(&rng), .time = 1};
        }
        must(bench,
             hone_store_log_metrics(&bench->run, bench->store, id.hex, points, bench->metrics));
        must(bench, hone_store_run_end(&bench->run, bench->store, id.hex,
                                       i % 10 == 0 ? "FAILED" : "FINISHED", NULL));
    }
    must(bench, hone_transaction_commit(&bench->run, &tx));
    printf("fill: %zu runs x %zu metrics        %9.1f ms\n", bench->runs, bench->metrics,
           1e3 * seconds_since(start));
}

static size_t list_page(struct bench *bench, struct hone_arena *mem)
{
    struct hone_run_record *list;
    size_t n;
    struct hone_run_filter filter = {.limit = 100};
    must(bench, hone_store_run_list(&bench->run, bench->store, &filter, mem, &list, &n));
    return n;
}

static size_t list_all(struct bench *bench, struct hone_arena *mem)
{
    struct hone_run_record *list;
    size_t n;
    struct hone_run_filter filter = {0};
    must(bench, hone_store_run_list(&bench->run, bench->store, &filter, mem, &list, &n));
    return n;
}

static size_t filter_status_model(struct bench *bench, struct hone_arena *mem)
{
    struct hone_run_record *list;
    size_t n;
    struct hone_run_filter filter = {.status = "FAILED", .model = "loan"};
    must(bench, hone_store_run_list(&bench->run, bench->store, &filter, mem, &list, &n));
    return n;
}

static size_t filter_metric(struct bench *bench, struct hone_arena *mem)
{
    struct hone_run_record *list;
    size_t n;
    struct hone_run_filter filter = {.metric = bench->keys[0], .at_least = 0.9, .at_most = 1};
    must(bench, hone_store_run_list(&bench->run, bench->store, &filter, mem, &list, &n));
    return n;
}

static size_t compare(struct bench *bench, struct hone_arena *mem, size_t limit)
{
    struct hone_run_record *list;
    size_t n;
    double *values;
    struct hone_run_filter filter = {.limit = limit};
    must(bench, hone_store_run_list(&bench->run, bench->store, &filter, mem, &list, &n));
    must(bench, hone_matrix(&bench->run, mem, &values, n, bench->metrics));
    struct hone_metric_table table = {list, n, bench->keys, bench->metrics};
    must(bench, hone_store_metric_compare(&bench->run, bench->store, &table, values));
    return n * bench->metrics;
}

static size_t compare_100(struct bench *bench, struct hone_arena *mem)
{
    return compare(bench, mem, 100);
}

static size_t compare_1000(struct bench *bench, struct hone_arena *mem)
{
    return compare(bench, mem, 1000);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(struct bench *bench, const char *what,
                    size_t (*ask)(struct bench *bench, struct hone_arena *mem))
{
    double taken[REPEATS];
    size_t n = 0;
    for (size_t i = 0; i < REPEATS; i++) {
        struct hone_arena mem = {0};
        int64_t start = hone_ticks_ns();
        n = ask(bench, &mem);
        taken[i] = 1e3 * seconds_since(start);
        hone_arena_free(&mem);
    }
    qsort(taken, REPEATS, sizeof taken[0], by_size);
    printf("%-36s%9.2f ms   (%zu)\n", what, taken[REPEATS / 2], n);
}

/* Predictions in batches of 1000, each on the disk before the next. */
static void fill_predictions(struct bench *bench, size_t n)
{
    enum { BATCH = 1000 };
    static const char inputs[] = "{\"age\":39,\"workclass\":\"State-gov\",\"hours\":40}";
    int64_t start = hone_ticks_ns();
    for (size_t i = 0; i < n; i += BATCH) {
        HONE_SCRATCH(&bench->run);
        struct hone_logged_prediction *list;
        must(bench, hone_array(&bench->run, &bench->run.scratch, &list, BATCH));
        for (size_t k = 0; k < BATCH; k++) {
            list[k] = (struct hone_logged_prediction){
                .id = hone_arena_format(&bench->run.scratch, "%016zx", i + k),
                .time = (int64_t)(i + k),
                .version_id = bench->version_id,
                .variant = "champion",
                .inputs = hone_str(inputs),
                .outputs = hone_str("[0.25,0.75]"),
            };
        }
        must(bench, hone_predictions_append(&bench->run, bench->store, list, BATCH));
    }
    double seconds = seconds_since(start);
    printf("predictions: %zu in batches of %d    %9.0f /s\n", n, BATCH, (double)n / seconds);
}

int main(int argc, char **argv)
{
    struct bench bench = {.runs = 10000, .metrics = 50};
    struct hone_arena mem = {0};
    uint64_t number;
    if (argc < 2) {
        fprintf(stderr, "usage: store_bench FOLDER [RUNS [METRICS]]\n");
        return 2;
    }
    if (argc > 2 && hone_parse_u64(hone_str(argv[2]), &number)) {
        bench.runs = number;
    }
    if (argc > 3 && hone_parse_u64(hone_str(argv[3]), &number)) {
        bench.metrics = number;
    }
    must(&bench, hone_array(&bench.run, &mem, &bench.keys, bench.metrics));
    for (size_t k = 0; k < bench.metrics; k++) {
        bench.keys[k] = hone_arena_format(&mem, "metric_%02zu", k);
    }
    must(&bench, hone_store_open(&bench.run, argv[1], true, &mem, &bench.store));
    struct hone_sha hash;
    int64_t number_of;
    struct hone_version_record version;
    must(&bench, hone_artifact_put(&bench.run, bench.store, hone_str("model"), &hash));
    struct hone_version_record record = {.model = "loan", .onnx = hash.hex};
    must(&bench, hone_model_register(&bench.run, bench.store, &record, NULL, &number_of));
    must(&bench, hone_version_get(&bench.run, bench.store, "loan", 0, &mem, &version));
    bench.version_id = version.id;

    fill_runs(&bench);
    measure(&bench, "list a page of 100", list_page);
    measure(&bench, "list all", list_all);
    measure(&bench, "filter by status and model", filter_status_model);
    measure(&bench, "filter by a metric's value", filter_metric);
    measure(&bench, "compare 100 runs, all metrics", compare_100);
    measure(&bench, "compare 1000 runs, all metrics", compare_1000);
    fill_predictions(&bench, 100000);
    hone_store_close(bench.store);
    hone_arena_free(&mem);
    hone_run_clear(&bench.run);
    return 0;
}

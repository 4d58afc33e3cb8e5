/*
 * Times hone at Parquet: lines of JSON with the seconds of each kind of work, the median of some repetitions.
 * usage: time FILE SORTED OUT [reps [threads]]
 *   read     all of FILE
 *   project  three columns of it
 *   filter   the rows of SORTED, which is in order of int2, that have int2 below 10,000
 *   write    the table of FILE to OUT, packed with snappy; zstd: with zstd
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"
#include "io/reader.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void die(const struct hone_run *run)
{
    fprintf(stderr, "%s\n", run->err.message);
    exit(1);
}

static void say(const char *what, double *seconds, size_t n, size_t rows)
{
    qsort(seconds, n, sizeof *seconds, by_size);
    printf("{\"peer\": \"hone\", \"what\": \"%s\", \"seconds\": %.4f, \"rows\": %zu}\n", what,
           seconds[n / 2], rows);
}

static void time_read(struct hone_run *run, const char *what, const char *path,
                      const struct hone_read_options *options, size_t reps)
{
    double seconds[100];
    size_t rows = 0;

    for (size_t i = 0; i < reps; i++) {
        struct hone_arena mem = {0};
        struct hone_table *t;
        int64_t start = hone_ticks_ns();
        if (hone_table_read(run, path, options, &mem, &t, NULL) != HONE_OK) {
            die(run);
        }
        seconds[i] = (double)(hone_ticks_ns() - start) * 1e-9;
        rows = t->rows;
        hone_arena_free(&mem);
    }
    say(what, seconds, reps, rows);
}

static void time_write(struct hone_run *run, const char *what, const char *from, const char *to,
                       const char *codec, size_t reps)
{
    const struct hone_write_options options = {.format = "parquet", .compression = codec};
    struct hone_arena mem = {0};
    struct hone_table *t;
    double seconds[100];

    if (hone_table_read(run, from, NULL, &mem, &t, NULL) != HONE_OK) {
        die(run);
    }
    for (size_t i = 0; i < reps; i++) {
        int64_t start = hone_ticks_ns();
        if (hone_table_write(run, t, to, &options) != HONE_OK) {
            die(run);
        }
        seconds[i] = (double)(hone_ticks_ns() - start) * 1e-9;
    }
    say(what, seconds, reps, t->rows);
    hone_arena_free(&mem);
}

int main(int argc, char **argv)
{
    static const char *some[] = {"num3", "int1", "cat4"};
    static const char *key[] = {"num3", "int2", "cat4"};
    const struct hone_read_options all = {0};
    const struct hone_read_options three = {.columns = {some, 3}};
    const struct hone_read_options few = {.columns = {key, 3}, .where = "int2 < 10000"};
    size_t reps = argc > 4 ? strtoul(argv[4], NULL, 10) : 5;
    struct hone_run run = {0};

    if (argc < 4 || reps < 1 || reps > 100) {
        fprintf(stderr, "usage: time FILE SORTED OUT [reps [threads]]\n");
        return 2;
    }
    run.pool = hone_pool_new(argc > 5 ? strtoul(argv[5], NULL, 10) : 2);
    time_read(&run, "read", argv[1], &all, reps);
    time_read(&run, "project", argv[1], &three, reps);
    time_read(&run, "filter", argv[2], &few, reps);
    time_write(&run, "write", argv[1], argv[3], "snappy", reps);
    time_write(&run, "zstd", argv[1], argv[3], "zstd", reps);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
    return 0;
}

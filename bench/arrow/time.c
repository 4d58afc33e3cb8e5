/*
 * Times hone at Arrow files: lines of JSON with the median seconds, by the clock and of all processors together.
 * usage: time CSV FOLDER [reps [threads]]
 *   write, zstd            the table of CSV to FOLDER/plain.arrow, FOLDER/zstd.arrow
 *   read, unpack, project  FOLDER/plain.arrow, FOLDER/zstd.arrow, three columns of the first
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/pool.h"
#include "io/reader.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct work {
    struct hone_run run;
    const struct hone_table *table;
    size_t reps;
};

static void die(const struct hone_run *run)
{
    fprintf(stderr, "%s\n", run->err.message);
    exit(1);
}

/* Read path, or write the table to it where options for that are given. */
static void time_one(struct work *w, const char *what, const char *path,
                     const struct hone_read_options *reading,
                     const struct hone_write_options *writing)
{
    double seconds[100];
    double cpu[100];
    size_t rows = 0;

    for (size_t i = 0; i < w->reps; i++) {
        struct hone_arena mem = {0};
        struct hone_table *t = NULL;
        int64_t start = hone_ticks_ns();
        double before = cpu_seconds();
        enum hone_code code = writing != NULL
                                  ? hone_table_write(&w->run, w->table, path, writing)
                                  : hone_table_read(&w->run, path, reading, &mem, &t, NULL);
        if (code != HONE_OK) {
            die(&w->run);
        }
        seconds[i] = (double)(hone_ticks_ns() - start) * 1e-9;
        cpu[i] = cpu_seconds() - before;
        rows = writing != NULL ? w->table->rows : t->rows;
        hone_arena_free(&mem);
    }
    qsort(seconds, w->reps, sizeof *seconds, by_size);
    qsort(cpu, w->reps, sizeof *cpu, by_size);
    printf(
        "{\"peer\": \"hone\", \"what\": \"%s\", \"seconds\": %.4f, \"cpu\": %.4f, \"rows\": %zu}\n",
        what, seconds[w->reps / 2], cpu[w->reps / 2], rows);
}

int main(int argc, char **argv)
{
    static const char *some[] = {"num3", "int1", "cat4"};
    const struct hone_read_options all = {0};
    const struct hone_read_options three = {.columns = {some, 3}};
    const struct hone_write_options plain = {.format = "arrow"};
    const struct hone_write_options packed = {.format = "arrow", .compression = "zstd"};
    struct work w = {.reps = argc > 3 ? strtoul(argv[3], NULL, 10) : 5};
    struct hone_arena mem = {0};
    struct hone_table *t;
    char first[4096];
    char second[4096];

    if (argc < 3 || w.reps < 1 || w.reps > 100) {
        fprintf(stderr, "usage: time CSV FOLDER [reps [threads]]\n");
        return 2;
    }
    (void)snprintf(first, sizeof first, "%s/plain.arrow", argv[2]);
    (void)snprintf(second, sizeof second, "%s/zstd.arrow", argv[2]);
    w.run.pool = hone_pool_new(argc > 4 ? strtoul(argv[4], NULL, 10) : 2);
    if (hone_table_read(&w.run, argv[1], NULL, &mem, &t, NULL) != HONE_OK) {
        die(&w.run);
    }
    w.table = t;
    time_one(&w, "write", first, NULL, &plain);
    time_one(&w, "zstd", second, NULL, &packed);
    time_one(&w, "read", first, &all, NULL);
    time_one(&w, "unpack", second, &all, NULL);
    time_one(&w, "project", first, &three, NULL);
    hone_arena_free(&mem);
    hone_pool_free(w.run.pool);
    hone_run_clear(&w.run);
    return 0;
}

/*
 * Times the reading of a file to a table, and its writing: one line of JSON with the medians of the seconds, the bytes of
 * the table's buffers and the most memory that the process held after the first reading.
 * usage: read FILE [reps [threads [OUT]]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"
#include "io/reader.h"

static size_t valid_bytes(const struct hone_column *c)
{
    return c->valid == NULL ? 0 : (c->rows + 7) / 8;
}

/* What the column's buffers hold, its dictionary with it. */
static size_t bytes_of(const struct hone_column *c)
{
    switch (c->type) {
    case HONE_BOOL:
        return valid_bytes(c) + (c->rows + 7) / 8;
    case HONE_FLOAT32:
    case HONE_DATE:
        return valid_bytes(c) + 4 * c->rows;
    case HONE_CATEGORY:
        return valid_bytes(c) + 4 * c->rows + bytes_of(c->dict);
    case HONE_UTF8:
        return valid_bytes(c) + 8 * (c->rows + 1) + (size_t)c->offsets[c->rows];
    default:
        return valid_bytes(c) + 8 * c->rows;
    }
}

/* VmHWM in bytes. */
static size_t peak(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    size_t kib = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtoul(line + 6, NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib * 1024;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    size_t reps = argc > 2 ? strtoul(argv[2], NULL, 10) : 3;
    size_t threads = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    struct hone_run run = {0};
    const char *to = argc > 4 ? argv[4] : NULL;
    double seconds[100];
    double writing[100] = {0};
    size_t most = 0;
    size_t bytes = 0;
    size_t rows = 0;
    size_t cols = 0;

    if (argc < 2 || reps < 1 || reps > 100) {
        fprintf(stderr, "usage: read FILE [reps [threads [OUT]]]\n");
        return 2;
    }
    run.pool = hone_pool_new(threads);
    for (size_t i = 0; i < reps; i++) {
        struct hone_arena mem = {0};
        struct hone_table *t;
        int64_t start = hone_ticks_ns();
        if (hone_table_read(&run, argv[1], NULL, &mem, &t, NULL) != HONE_OK) {
            fprintf(stderr, "%s\n", run.err.message);
            return 1;
        }
        seconds[i] = (double)(hone_ticks_ns() - start) / 1e9;
        most = i == 0 ? peak() : most;
        bytes = 0;
        rows = t->rows;
        cols = t->cols;
        for (size_t c = 0; c < t->cols; c++) {
            bytes += bytes_of(&t->column[c]);
        }
        start = hone_ticks_ns();
        if (to != NULL && hone_table_write(&run, t, to, NULL) != HONE_OK) {
            fprintf(stderr, "%s\n", run.err.message);
            return 1;
        }
        writing[i] = (double)(hone_ticks_ns() - start) / 1e9;
        hone_arena_free(&mem);
    }
    qsort(writing, reps, sizeof *writing, by_size);
    qsort(seconds, reps, sizeof *seconds, by_size);
    printf(
        "{\"peer\": \"hone, %zu threads\", \"seconds\": %.4f, \"best\": %.4f, \"write\": %.4f, "
        "\"rows\": %zu, \"cols\": %zu, \"table_bytes\": %zu, \"peak_bytes\": %zu}\n",
        hone_pool_size(run.pool), seconds[reps / 2], seconds[0], writing[reps / 2], rows, cols,
        bytes, most);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
    return 0;
}

/*
 * boost.c - how fast boosted trees are grown
 *
 * usage: boost ROWS COLS TREES LEAVES THREADS [DATA.f32]
 *
 * A table of reals with a curved boundary between two classes (28 columns look like the kinematics of colliding
 * particles: some skewed, some normal, some of few values).  Prints seconds of the whole fit, and milliseconds a
 * tree as the slope between TREES and a quarter of them, so that coding the columns is not counted.  With DATA the
 * table is written there, (rows)(cols + 1) floats with the class first, so that another trainer can be timed on it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/pool.h"
#include "base/rng.h"
#include "learn/estimator.h"

static void *room(struct hone_arena *mem, size_t size, size_t n)
{
    void *p = hone_arena_alloc(mem, size, n);
    HONE_ASSERT(p != NULL);
    return p;
}

/* One column: of three kinds in turn. */
static float draw(struct hone_rng *rng, size_t col)
{
    double z = hone_rng_normal(rng);
    switch (col % 4) {
    case 0:
        return (float)exp(z / 2);
    case 3:
        return (float)round(2 * z);
    default:
        return (float)z;
    }
}

static void make(size_t rows, size_t cols, float **x, double *y)
{
    struct hone_rng rng = hone_rng(20260101, 1);
    for (size_t i = 0; i < rows; i++) {
        double s = 0;
        for (size_t j = 0; j < cols; j++) {
            x[j][i] = draw(&rng, j);
            double a = (double)x[j][i], b = (double)x[j / 2][i];
            s += (j % 3 == 0 ? sin(2 * a) * b : j % 3 == 1 ? a * b / 2 : fabs(a) - 0.8) / 2;
        }
        y[i] = hone_rng_unit(&rng) < 1 / (1 + exp(-s)) ? 1 : 0;
    }
}

static void save(const char *path, size_t rows, size_t cols, float *const *x, const double *y)
{
    FILE *f = fopen(path, "wb");
    HONE_ASSERT(f != NULL);
    for (size_t i = 0; i < rows; i++) {
        float row[256] = {(float)y[i]};
        for (size_t j = 0; j < cols; j++) {
            row[j + 1] = x[j][i];
        }
        HONE_ASSERT(fwrite(row, sizeof *row, cols + 1, f) == cols + 1);
    }
    HONE_ASSERT(fclose(f) == 0);
}

static void need(const struct hone_run *run, enum hone_code code)
{
    if (code != HONE_OK) {
        fprintf(stderr, "%s\n", run->err.message);
        exit(1);
    }
}

struct seconds {
    double wall, cpu; /* cpu: of all threads, which tells more where others use the machine */
};

/* Seconds of a fit, and its loss on the training rows. */
static struct seconds fit(struct hone_run *run, const struct hone_design *d, size_t trees,
                          const char *leaves, double *loss)
{
    const struct hone_estimator *e;
    struct hone_arena mem = {0};
    struct hone_fit_report report;
    unsigned char set[1024] = {0};
    char rounds[32];

    snprintf(rounds, sizeof rounds, "%zu", trees);
    const char *const text[][2] = {{"rounds", rounds},
                                   {"max_leaves", leaves},
                                   {"learning_rate", "0.1"},
                                   {"min_data", "20"},
                                   {"column_sample", "1"}};
    need(run, hone_estimator_need(run, hone_str("gbt"), &e));
    HONE_ASSERT(e->part.settings_size <= sizeof set);
    hone_settings_default(&e->part, set);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        need(run, hone_setting_set(run, &e->part, set, hone_str(text[i][0]),
                                   hone_str(text[i][1]), &mem));
    }
    int64_t begin = hone_ticks_ns();
    clock_t cpu = clock();
    need(run, e->fit(run, set, d, NULL, NULL, NULL, &mem, NULL, &report));
    struct seconds seconds = {(double)(hone_ticks_ns() - begin) * 1e-9,
                              (double)(clock() - cpu) / CLOCKS_PER_SEC};
    *loss = report.train_loss;
    hone_arena_free(&mem);
    return seconds;
}

int main(int argc, char **argv)
{
    struct hone_arena mem = {0};
    struct hone_run run = {.seed = 1};
    if (argc < 6) {
        fprintf(stderr, "usage: boost ROWS COLS TREES LEAVES THREADS [DATA.f32]\n");
        return 2;
    }
    size_t rows = strtoull(argv[1], NULL, 10), cols = strtoull(argv[2], NULL, 10);
    size_t trees = strtoull(argv[3], NULL, 10), threads = strtoull(argv[5], NULL, 10);
    HONE_ASSERT(rows > 0 && cols > 0 && cols < 256 && trees > 3);
    float **x = room(&mem, sizeof *x, cols);
    double *y = room(&mem, sizeof *y, rows), loss;
    for (size_t j = 0; j < cols; j++) {
        x[j] = room(&mem, sizeof **x, rows);
    }
    make(rows, cols, x, y);
    if (argc > 6) {
        save(argv[6], rows, cols, x, y);
    }
    struct hone_design d = {.task = HONE_TASK_BINARY,
                            .rows = rows,
                            .cols = cols,
                            .classes = 2,
                            .x = (const float *const *)x,
                            .y = y};
    run.pool = hone_pool_new(threads);
    struct seconds few = fit(&run, &d, trees / 4, argv[4], &loss);
    struct seconds all = fit(&run, &d, trees, argv[4], &loss);
    double more = (double)(trees - trees / 4) / 1e3;
    printf("hone %zu x %zu, %zu trees of %s leaves, %zu threads: fit %.2f s, %.1f ms/tree "
           "(%.1f ms of processor), train log loss %.6f\n",
           rows, cols, trees, argv[4], threads, all.wall, (all.wall - few.wall) / more,
           (all.cpu - few.cpu) / more, loss);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
    hone_arena_free(&mem);
    return 0;
}

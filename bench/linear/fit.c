/*
 * fit.c - how fast linear models are fitted
 *
 * usage: fit FOLDER CASE THREADS      FOLDER as peer.py makes it; prints wall and CPU seconds of the fit, the mean
 * training loss and the rounds
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/pool.h"
#include "learn/estimator.h"

struct data {
    struct hone_arena mem;
    int64_t size[3]; /* rows, cols, values */
    float **x;
    struct hone_sparse sparse;
    double *y;
};

static void *room(struct data *d, size_t size, size_t n)
{
    void *p = hone_arena_alloc(&d->mem, size, n);
    HONE_ASSERT(p != NULL);
    return p;
}

static void read_into(FILE *f, void *to, size_t size, size_t n)
{
    HONE_ASSERT(fread(to, size, n, f) == n);
}

static void load(const char *folder, const char *name, bool regression, struct data *d)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.bin", folder,
             strncmp(name, "sparse", 6) ? "dense" : "sparse");
    FILE *f = fopen(path, "rb");
    HONE_ASSERT(f != NULL);
    read_into(f, d->size, sizeof *d->size, 3);
    size_t rows = (size_t)d->size[0], cols = (size_t)d->size[1], values = (size_t)d->size[2];
    d->y = room(d, sizeof *d->y, rows);
    if (values > 0) {
        d->sparse = (struct hone_sparse){.rows = rows, .cols = cols};
        d->sparse.start = room(d, sizeof *d->sparse.start, rows + 1);
        d->sparse.col = room(d, sizeof *d->sparse.col, values);
        d->sparse.value = room(d, sizeof *d->sparse.value, values);
        read_into(f, d->sparse.start, sizeof *d->sparse.start, rows + 1);
        read_into(f, d->sparse.col, sizeof *d->sparse.col, values);
        read_into(f, d->sparse.value, sizeof *d->sparse.value, values);
        read_into(f, d->y, sizeof *d->y, rows);
    } else {
        d->x = room(d, sizeof *d->x, cols);
        for (size_t j = 0; j < cols; j++) {
            d->x[j] = room(d, sizeof **d->x, rows);
            read_into(f, d->x[j], sizeof **d->x, rows);
        }
        read_into(f, d->y, sizeof *d->y, rows);
        if (!regression) {
            read_into(f, d->y, sizeof *d->y, rows);
        }
    }
    fclose(f);
}

/* The settings that scikit-learn's model of the case has, in our words. */
static void settings_of(struct hone_run *run, const char *name, double rows,
                        const struct hone_estimator *e, void *set, struct hone_arena *mem)
{
    char alpha[64];
    bool elastic = strcmp(name, "elasticnet") == 0, lasso = strcmp(name, "lasso") == 0;
    bool l1 = strstr(name, "_l1") != NULL;
    double a = elastic || lasso ? 0.1 * rows : strcmp(name, "logistic_l1") == 0 ? 1000 : 1;
    snprintf(alpha, sizeof alpha, "%.17g", a);
    HONE_ASSERT(hone_setting_set(run, &e->part, set, hone_str("alpha"),
                                 hone_str(getenv("ALPHA") ? getenv("ALPHA") : alpha),
                                 mem) == HONE_OK);
    HONE_ASSERT(hone_setting_set(run, &e->part, set, hone_str("l1_ratio"),
                                 hone_str(elastic       ? "0.5"
                                          : lasso || l1 ? "1"
                                                        : "0"),
                                 mem) == HONE_OK);
    if (getenv("TOLERANCE")) {
        HONE_ASSERT(hone_setting_set(run, &e->part, set, hone_str("tolerance"),
                                     hone_str(getenv("TOLERANCE")), mem) == HONE_OK);
    }
}

int main(int argc, char **argv)
{
    static struct data d;
    struct hone_run run = {.seed = 1};
    struct hone_fit_report report = {0};
    const struct hone_estimator *e;
    static unsigned char set[512];

    HONE_ASSERT(argc == 4);
    const char *name = argv[2];
    bool regression = strcmp(name, "ridge") == 0 || strcmp(name, "elasticnet") == 0 ||
                      strcmp(name, "lasso") == 0;
    load(argv[1], name, regression, &d);
    HONE_ASSERT(hone_estimator_need(&run, hone_str(regression ? "linear" : "logistic"), &e) ==
                HONE_OK);
    hone_settings_default(&e->part, set);
    settings_of(&run, name, (double)d.size[0], e, set, &d.mem);
    size_t classes = 2;
    for (size_t i = 0; !regression && i < (size_t)d.size[0]; i++) {
        classes = d.y[i] + 1 > (double)classes ? (size_t)d.y[i] + 1 : classes;
    }
    struct hone_design design = {.task = regression    ? HONE_TASK_REGRESSION
                                         : classes > 2 ? HONE_TASK_MULTICLASS
                                                       : HONE_TASK_BINARY,
                                 .rows = (size_t)d.size[0],
                                 .cols = d.x == NULL ? 0 : (size_t)d.size[1],
                                 .classes = regression ? 1 : classes,
                                 .x = (const float *const *)d.x,
                                 .y = d.y,
                                 .blocks = d.x == NULL ? 1 : 0,
                                 .sparse = &d.sparse};
    run.pool = hone_pool_new((size_t)atoi(argv[3]));
    clock_t cpu = clock();
    int64_t start = hone_ticks_ns();
    if (e->fit(&run, set, &design, NULL, NULL, NULL, &d.mem, NULL, &report) != HONE_OK) {
        fprintf(stderr, "%s\n", run.err.message);
        return 1;
    }
    double wall = (double)(hone_ticks_ns() - start) * 1e-9;
    printf("%.3f %.3f %.8f rounds %zu converged %d alpha %g\n", wall,
           (double)(clock() - cpu) / CLOCKS_PER_SEC, report.train_loss, report.rounds,
           report.converged, report.penalty);
    return 0;
}

/* The strength of a penalty, chosen by what rows that were not trained on say. */
#include <math.h>

#include "base/rng.h"
#include "learn/linear_priv.h"

/* Rows from which one held-out fifth is enough; below, each fifth is held out in turn. */
#define FOLD_ROWS 2000

/* Worse strengths in a row that end the way down. */
#define WORSE 2

struct walk {
    hone_path_fit *fit;
    void *ctx;
    double best, loss;
};

static enum hone_code try_one(struct hone_run *run, struct walk *w, double alpha, double *loss)
{
    *loss = HUGE_VAL;
    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(w->fit(run, w->ctx, alpha, loss));
    if (*loss < w->loss) {
        w->loss = *loss;
        w->best = alpha;
    }
    return HONE_OK;
}

enum hone_code hone_path_choose(struct hone_run *run, double start, double end,
                                hone_path_fit *fit, void *ctx, double *best)
{
    struct walk w = {fit, ctx, start, HUGE_VAL};
    double loss;
    size_t worse = 0;

    /* powers of ten: the same for data that differ a little */
    double at = pow(10, ceil(log10(start)));
    for (; at >= end && worse < WORSE; at /= 10) {
        HONE_TRY(try_one(run, &w, at, &loss));
        worse = loss > w.loss ? worse + 1 : 0;
    }
    for (double factor = sqrt(10.0); factor > 1.7; factor = sqrt(factor)) {
        double middle = w.best;
        HONE_TRY(try_one(run, &w, middle * factor, &loss));
        HONE_TRY(try_one(run, &w, middle / factor, &loss));
    }
    *best = w.best;
    return HONE_OK;
}

size_t hone_path_folds(size_t rows)
{
    return rows >= FOLD_ROWS ? 1 : 5;
}

void hone_path_held(const struct hone_run *run, size_t rows, size_t fold, bool *held)
{
    const struct hone_rng rng = hone_rng(run->seed, hone_rng_name("penalty"));
    for (size_t i = 0; i < rows; i++) {
        held[i] = hone_rng_at(&rng, i) % 5 == fold;
    }
}

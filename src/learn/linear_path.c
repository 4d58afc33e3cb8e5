/* The strength of a penalty, chosen by what rows that were not trained on say. */
#include <math.h>

#include "base/rng.h"
#include "learn/linear_priv.h"

/* Rows from which one held-out fifth is enough; below, each fifth is held out in turn. */
#define FOLD_ROWS 2000

/* Worse strengths in a row that end the way down; one is enough when it is worse by that share. */
#define WORSE  2
#define MARGIN 1e-3

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
        worse = loss > w.loss * (1 + MARGIN) ? WORSE : loss > w.loss ? worse + 1 : 0;
    }
    for (double factor = sqrt(10.0); factor > 3; factor = sqrt(factor)) {
        double middle = w.best;
        HONE_TRY(try_one(run, &w, middle * factor, &loss));
        HONE_TRY(try_one(run, &w, middle / factor, &loss));
    }
    *best = w.best;
    return HONE_OK;
}

const struct hone_design *hone_linear_judges(const struct hone_design *valid)
{
    return valid != NULL && valid->rows > 0 && !valid->only_scored && valid->parts < 2 ? valid
                                                                                       : NULL;
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

/* --- dense columns ------------------------------------------------------------------------------- */

/* One set of rows that trains, and the rows that judge it. */
struct fold {
    struct hone_linear m;
    struct hone_design train;
    const struct hone_design *judge;
    const double *against; /* weights of the judge's rows */
};

struct folds {
    const struct hone_linear_kind *kind;
    struct fold *fold;
    size_t n;
};

static enum hone_code fit_folds(struct hone_run *run, void *ctx, double alpha, double *loss)
{
    struct folds *f = ctx;
    double all = 0;
    for (size_t i = 0; i < f->n; i++) {
        double sum;
        f->fold[i].m.set.alpha = alpha;
        HONE_TRY(f->kind->solve(run, &f->fold[i].m));
        HONE_TRY(hone_linear_judge(run, &f->fold[i].m, f->kind->loss, f->fold[i].judge,
                                   f->fold[i].against, &sum));
        all += sum;
    }
    *loss = all;
    return HONE_OK;
}

/* The weights of both sides of fold i; all rows are the judge's where it is a design of its own. */
static enum hone_code cut_fold(struct hone_run *run, const struct hone_design *d,
                               const struct hone_design *valid, size_t i, struct fold *out)
{
    size_t rows = valid == NULL ? d->rows : valid->rows;
    double *train, *against;
    bool *held;

    HONE_TRY(hone_array(run, &run->scratch, &train, d->rows));
    HONE_TRY(hone_array(run, &run->scratch, &against, rows));
    HONE_TRY(hone_array(run, &run->scratch, &held, d->rows));
    if (valid == NULL) {
        hone_path_held(run, d->rows, i, held);
    }
    for (size_t r = 0; r < d->rows; r++) {
        double w = d->weight == NULL ? 1 : d->weight[r];
        train[r] = held[r] ? 0 : w;
        if (valid == NULL) {
            against[r] = held[r] ? w : 0;
        }
    }
    for (size_t r = 0; valid != NULL && r < rows; r++) {
        against[r] = valid->weight == NULL ? 1 : valid->weight[r];
    }
    out->train = *d;
    out->train.weight = train;
    out->judge = valid == NULL ? d : valid;
    out->against = against;
    return HONE_OK;
}

/* Alpha from which on all weights are 0, or, without L1, next to nothing. */
static enum hone_code strongest(struct hone_run *run, const struct hone_linear_kind *kind,
                                const struct hone_linear *m, double *out)
{
    size_t cols = m->panel.cols, n = kind->scores * (cols + 1);
    double trace = 0, most = 0, value, *gradient;

    HONE_SCRATCH(run);
    for (size_t j = 0; j < cols; j++) {
        trace += m->spread[j] * m->spread[j] * m->total;
    }
    *out = trace / 10;
    if (m->set.l1_ratio > 0) {
        HONE_TRY(hone_array(run, &run->scratch, &gradient, n));
        HONE_TRY(hone_linear_objective(run, m, kind->loss, m->param, &value, gradient));
        for (size_t i = 0; i < n; i++) {
            most = fmax(most, i % (cols + 1) == cols ? 0 : fabs(gradient[i]) * m->total);
        }
        *out = most / m->set.l1_ratio;
    }
    *out = *out > 0 ? *out : 1;
    return HONE_OK;
}

/* Is there anything to train on and to judge by in every fold? */
static bool is_judged(const struct fold *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double train = 0, against = 0;
        for (size_t r = 0; r < f[i].train.rows; r++) {
            train += f[i].train.weight[r];
        }
        for (size_t r = 0; r < f[i].judge->rows; r++) {
            against += f[i].against[r];
        }
        if (!(train > 0 && against > 0)) {
            return false;
        }
    }
    return true;
}

/* Where there are too few rows to judge by. */
#define PLAIN_ALPHA 1

static enum hone_code choose(struct hone_run *run, const struct hone_design *d,
                             const struct hone_design *valid,
                             const struct hone_linear_settings *set,
                             const struct hone_linear_kind *kind, double *alpha)
{
    struct folds f = {.kind = kind, .n = valid != NULL ? 1 : hone_path_folds(d->rows)};
    struct hone_linear_settings loose = *set;
    double start = 0;

    HONE_SCRATCH(run);
    loose.tolerance = fmax(set->tolerance, 1e-5); /* enough to tell alphas apart */
    HONE_TRY(hone_array(run, &run->scratch, &f.fold, f.n));
    for (size_t i = 0; i < f.n; i++) {
        HONE_TRY(cut_fold(run, d, valid, i, &f.fold[i]));
    }
    *alpha = PLAIN_ALPHA;
    if (!is_judged(f.fold, f.n)) {
        return HONE_OK;
    }
    for (size_t i = 0; i < f.n; i++) {
        struct fold *fold = &f.fold[i];
        double most;
        HONE_TRY(hone_linear_begin(run, &fold->train, &loose, kind->scores, &fold->m));
        HONE_TRY(kind->start(run, &fold->m));
        HONE_TRY(strongest(run, kind, &fold->m, &most));
        start = fmax(start, most);
    }
    return hone_path_choose(run, start, start * 1e-8, fit_folds, &f, alpha);
}

enum hone_code hone_linear_solved(struct hone_run *run, const struct hone_design *d,
                                  const struct hone_design *valid,
                                  const struct hone_linear_settings *set,
                                  const struct hone_linear_kind *kind, struct hone_linear *out)
{
    struct hone_linear m;
    struct hone_linear_settings chosen = *set;

    HONE_TRY(hone_linear_begin(run, d, set, kind->scores, &m));
    if (set->alpha <= 0) {
        HONE_TRY(choose(run, d, hone_linear_judges(valid), set, kind, &chosen.alpha));
    }
    m.set = chosen;
    HONE_TRY(kind->start(run, &m));
    HONE_TRY(kind->solve(run, &m));
    *out = m;
    return HONE_OK;
}

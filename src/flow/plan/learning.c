#include "flow/plan/learning.h"

#include <math.h>

#include "base/progress.h"
#include "eval/stat.h"

#define LEAST_ROWS   40
#define FOLDS        5
#define FEW_ROWS     3000
#define FEW_REPEATS  10
#define REPEATS      5
#define LEAST_SIZE   50   /* of the smallest part, where rows allow */
#define PER_CLASS    8    /* rows of the rarest class in the smallest part, where rows allow */
#define SPAN         64   /* the largest part is at most so many times the smallest */
#define STEP         1.65 /* about, from size to size */
#define MOST_SIZES   8
#define TRAIN_SCORED 5000 /* rows behind a training score */
#define PERFECT      1    /* of metrics of which more is better */
#define DRAWS        400
#define REPLICATES   200

/* A measurement at work. */
struct curve {
    const struct hone_rows *rows; /* that were given */
    const struct hone_learning_how *how;
    struct hone_rows used;   /* that take part */
    size_t *place;           /* (used.n) of them among rows */
    struct hone_folds folds; /* places in used */
    size_t *size;            /* (sizes) */
    struct hone_learning *l;
    uint64_t done, total;
};

static double sign_of(const struct hone_learning *l)
{
    return l->metric->greater_is_better ? 1 : -1;
}

static bool has_classes(const struct curve *c)
{
    return c->how->quick.target->task != HONE_TASK_REGRESSION;
}

/* All rows, or as many as the largest part and its held-out rows need. */
static enum hone_code choose_rows(struct hone_run *run, struct hone_arena *mem, struct curve *c)
{
    HONE_SCRATCH(run);
    size_t top = c->how->most_rows == 0 ? HONE_LEARNING_ROWS : c->how->most_rows;
    size_t n = c->rows->n;
    size_t most = top / (FOLDS - 1) * FOLDS;
    size_t *order;
    HONE_TRY(hone_array(run, &run->scratch, &order, n));
    HONE_TRY(hone_quick_order(run, c->how->quick.target, c->rows, UINT64_C(1) << 32, order));
    size_t used = n < most ? n : most;
    bool *taken;
    HONE_TRY(hone_array(run, &run->scratch, &taken, n));
    HONE_TRY(hone_array(run, mem, &c->place, used));
    for (size_t i = 0; i < used; i++) {
        taken[order[i]] = true;
    }
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (taken[i]) {
            c->place[at++] = i;
        }
    }
    return hone_quick_take(run, c->rows, c->place, used, mem, &c->used);
}

static enum hone_code random_folds(struct hone_run *run, const struct curve *c,
                                   struct hone_arena *mem, uint32_t **fold)
{
    return has_classes(c)
               ? hone_folds_stratified(run, c->used.n, c->used.y, c->how->quick.target->classes,
                                       FOLDS, mem, fold)
               : hone_folds_random(run, c->used.n, FOLDS, mem, fold);
}

/* The parts held out in turn; another turn draws others, where nothing says how rows must be cut. */
static enum hone_code choose_folds(struct hone_run *run, size_t turn, struct hone_arena *mem,
                                   struct curve *c)
{
    const struct hone_rows *rows = &c->used;
    if (rows->group != NULL || rows->time != NULL) {
        HONE_TRY(hone_folds_cut(run, rows, c->how->quick.target, FOLDS, mem, &c->folds));
        if (rows->time != NULL) { /* the latest rows, after all others */
            c->folds.split += c->folds.n - 1;
            c->folds.n = 1;
        }
        return HONE_OK;
    }
    uint64_t seed = run->seed;
    uint32_t *fold;
    run->seed = seed + 0x9e3779b97f4a7c15u * turn;
    enum hone_code code = random_folds(run, c, mem, &fold);
    run->seed = seed;
    HONE_TRY(code);
    c->folds = (struct hone_folds){.n = FOLDS};
    HONE_TRY(hone_array(run, mem, &c->folds.split, FOLDS));
    for (size_t f = 0; f < FOLDS; f++) {
        HONE_TRY(hone_fold_split(run, rows->n, fold, (uint32_t)f, mem, &c->folds.split[f]));
    }
    return HONE_OK;
}

/* Rows that train when the largest part is held out. */
static size_t fewest_left(const struct curve *c)
{
    size_t least = c->used.n;
    for (size_t f = 0; f < c->folds.n; f++) {
        size_t n = c->folds.split[f].train_n;
        least = n < least ? n : least;
    }
    return least;
}

static size_t rarest(const struct curve *c)
{
    size_t classes = c->how->quick.target->classes;
    size_t least = c->used.n;
    for (size_t k = 0; k < classes; k++) {
        size_t n = 0;
        for (size_t i = 0; i < c->used.n; i++) {
            n += (size_t)c->used.y[i] == k;
        }
        least = n < least ? n : least;
    }
    return least;
}

static enum hone_code choose_sizes(struct hone_run *run, struct hone_arena *mem,
                                   struct curve *c)
{
    size_t top = fewest_left(c);
    size_t most = c->how->most_rows == 0 ? HONE_LEARNING_ROWS : c->how->most_rows;
    top = top < most ? top : most;
    double least = fmax(LEAST_SIZE, (double)top / SPAN);
    if (has_classes(c)) {
        least = fmax(least, PER_CLASS * (double)c->used.n / (double)rarest(c));
    }
    least = fmin(least, (double)top / 3);
    size_t n = 1 + (size_t)ceil(log((double)top / least) / log(STEP) - 1e-9);
    n = n < HONE_LAW_SIZES ? HONE_LAW_SIZES : n > MOST_SIZES ? MOST_SIZES : n;
    HONE_TRY(hone_array(run, mem, &c->size, n));
    for (size_t k = 0; k < n; k++) {
        double share = (double)k / (double)(n - 1);
        c->size[k] = (size_t)(least * pow((double)top / least, share) + 0.5);
    }
    c->l->sizes = n;
    return HONE_OK;
}

/* The rows of one repeat: those held out, and the others in the order in which they come. */
struct sides {
    struct hone_rows held, rest;
    const size_t *held_at; /* (held.n) among c->used */
    size_t *order;         /* (rest.n) */
};

static enum hone_code split_sides(struct hone_run *run, const struct curve *c, size_t repeat,
                                  struct hone_arena *mem, struct sides *s)
{
    const struct hone_split *split = &c->folds.split[repeat % c->folds.n];
    s->held_at = split->test;
    HONE_TRY(hone_rows_take(run, &c->used, split->test, split->test_n, mem, &s->held));
    HONE_TRY(hone_rows_take(run, &c->used, split->train, split->train_n, mem, &s->rest));
    HONE_TRY(hone_array(run, mem, &s->order, s->rest.n));
    return hone_quick_order(run, c->how->quick.target, &s->rest, repeat, s->order);
}

static enum hone_code score_of(struct hone_run *run, const struct curve *c,
                               const struct hone_rows *rows, const double *prob, double *out)
{
    const struct hone_target_facts *target = c->how->quick.target;
    const struct hone_prediction p = {.task = target->task,
                                      .rows = rows->n,
                                      .classes = target->classes,
                                      .y = rows->y,
                                      .weight = rows->weight,
                                      .score = prob};
    struct hone_measure measure;
    HONE_TRY(hone_metric_value(run, c->l->metric, NULL, &p, &measure));
    if (!isfinite(measure.value)) {
        (void)hone_fail(run, HONE_E_ARG, "%s is undefined on %zu rows: %s",
                        c->l->metric->part.name, rows->n,
                        measure.why == NULL ? "not finite" : measure.why);
        return hone_hint(run, "a learning curve needs every class among a fifth of the rows");
    }
    *out = measure.value;
    return HONE_OK;
}

/* Keep the answers for the held-out rows, the first time these rows are held out. */
static void pool(struct curve *c, size_t repeat, const struct sides *s, const double *prob)
{
    struct hone_learning *l = c->l;
    size_t classes = c->how->quick.target->classes;
    if (repeat >= c->folds.n) {
        return;
    }
    for (size_t i = 0; i < s->held.n; i++) {
        l->place[l->pooled] = c->place[s->held_at[i]];
        l->y[l->pooled] = s->held.y[i];
        if (l->weight != NULL) {
            l->weight[l->pooled] = s->held.weight[i];
        }
        memcpy(l->prob + l->pooled * classes, prob + i * classes, classes * sizeof *prob);
        l->pooled++;
    }
}

static enum hone_code measure_size(struct hone_run *run, struct curve *c, size_t repeat,
                                   const struct sides *s, size_t k)
{
    HONE_ARENA(work);
    struct hone_learning *l = c->l;
    struct hone_rows fit;
    double *prob[2];
    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_quick_take(run, &s->rest, s->order, c->size[k], &work, &fit));
    size_t scored = fit.n;
    struct hone_rows some = fit;
    if (scored > TRAIN_SCORED) {
        scored = TRAIN_SCORED;
        HONE_TRY(hone_quick_take(run, &s->rest, s->order, scored, &work, &some));
    }
    const struct hone_span span[2] = {{s->held.table, s->held.row, s->held.n},
                                      {some.table, some.row, some.n}};
    struct hone_progress *shown = run->progress; /* the fit's own bars would hide this one */
    run->progress = NULL;
    enum hone_code code = hone_quick_fit(run, &c->how->quick, &fit, span, 2, &work, prob, NULL);
    run->progress = shown;
    HONE_TRY(code);
    size_t at = repeat * l->sizes + k;
    HONE_TRY(score_of(run, c, &s->held, prob[0], &l->valid[at]));
    HONE_TRY(score_of(run, c, &some, prob[1], &l->train[at]));
    if (k == l->sizes - 1) {
        pool(c, repeat, s, prob[0]);
    }
    c->done += fit.n;
    hone_progress_at(run, c->done);
    return HONE_OK;
}

/* mem outlives the measurement: folds drawn again stay there. */
static enum hone_code measure(struct hone_run *run, struct hone_arena *mem, struct curve *c,
                              int64_t start)
{
    struct hone_learning *l = c->l;
    size_t wanted = l->repeats;
    for (size_t k = 0; k < l->sizes; k++) {
        c->total += c->size[k] * wanted;
    }
    hone_progress_begin(run, "learning curve", "rows", c->total);
    for (size_t r = 0; r < wanted; r++) {
        HONE_ARENA(work);
        struct sides s;
        double seconds = (double)(hone_ticks_ns() - start) * 1e-9;
        if (c->how->most_seconds > 0 && r >= 2 && seconds > c->how->most_seconds) {
            l->cut = true;
            l->repeats = r;
            break;
        }
        if (r > 0 && r % c->folds.n == 0) {
            HONE_TRY(choose_folds(run, r / c->folds.n, mem, c));
        }
        HONE_TRY(split_sides(run, c, r, &work, &s));
        for (size_t k = 0; k < l->sizes; k++) {
            HONE_TRY(measure_size(run, c, r, &s, k));
        }
    }
    hone_progress_end(run);
    return HONE_OK;
}

/* Mean and interval of one size; an interval goes no further than scores do. */
static void summarise(const struct hone_learning *l, const double *score, size_t k,
                      double *mean, double *low, double *high)
{
    size_t repeats = l->repeats;
    size_t sizes = l->sizes;
    double sum = 0;
    double square = 0;
    for (size_t r = 0; r < repeats; r++) {
        sum += score[r * sizes + k];
    }
    *mean = sum / (double)repeats;
    for (size_t r = 0; r < repeats; r++) {
        double e = score[r * sizes + k] - *mean;
        square += e * e;
    }
    double error = sqrt(square / (double)(repeats - 1) / (double)repeats);
    double t = hone_student_isf(0.025, (double)(repeats - 1));
    *low = *mean - t * error;
    *high = *mean + t * error;
    if (l->metric->greater_is_better) {
        *high = fmin(*high, PERFECT);
    } else {
        *low = fmax(*low, 0);
    }
}

static enum hone_code fit_law(struct hone_run *run, struct hone_arena *mem,
                              const struct hone_target_facts *target, struct hone_learning *l)
{
    HONE_SCRATCH(run);
    const struct hone_prediction p = {.task = target->task,
                                      .rows = l->pooled,
                                      .classes = target->classes,
                                      .y = l->y,
                                      .weight = l->weight,
                                      .score = l->prob};
    const struct hone_bootstrap how = {.replicates = REPLICATES};
    double *rows;
    double *score;
    HONE_TRY(hone_bootstrap_intervals(run, &p, &l->metric, 1, &how, &l->top));
    HONE_TRY(hone_array(run, &run->scratch, &rows, l->sizes));
    HONE_TRY(hone_array(run, &run->scratch, &score, l->repeats * l->sizes));
    for (size_t k = 0; k < l->sizes; k++) {
        rows[k] = (double)l->point[k].rows;
    }
    for (size_t i = 0; i < l->repeats * l->sizes; i++) {
        score[i] = sign_of(l) * l->valid[i];
    }
    const struct hone_law_points points = {
        .sizes = l->sizes,
        .repeats = l->repeats,
        .rows = rows,
        .score = score,
        .perfect = l->metric->greater_is_better ? PERFECT : 0,
        .level_error = isfinite(l->top.error) ? l->top.error : 0};
    return hone_law_fit(run, &points, DRAWS, mem, &l->law);
}

enum hone_code hone_learning_outlook(struct hone_run *run, const struct hone_learning *l,
                                     double rows, struct hone_outlook *out)
{
    struct hone_outlook o = {.times = rows / (double)l->now, .rows = rows};
    HONE_TRY(hone_law_forecast(run, &l->law, rows, true, &o.score));
    HONE_TRY(hone_law_gain(run, &l->law, (double)l->now, rows, &o.gain));
    if (sign_of(l) < 0) {
        o.score = (struct hone_forecast){-o.score.value, -o.score.high, -o.score.low};
    }
    *out = o;
    return HONE_OK;
}

enum hone_code hone_learning_rows(struct hone_run *run, const struct hone_learning *l,
                                  double bound, struct hone_rows_needed *out)
{
    return hone_law_rows(run, &l->law, sign_of(l) * bound, out);
}

/* One held-out part for all repeats: they do not show that other rows would score otherwise, its resamples do. */
static void widen(struct hone_learning *l)
{
    double level = isfinite(l->top.error) ? 1.96 * l->top.error : 0;
    double sign = sign_of(l);
    for (size_t k = 0; k < l->sizes; k++) {
        struct hone_learning_point *p = &l->point[k];
        double low = hypot(p->valid - p->valid_low, level);
        double high = hypot(p->valid_high - p->valid, level);
        p->valid_low = sign > 0 ? p->valid - low : fmax(0, p->valid - low);
        p->valid_high = sign > 0 ? fmin(PERFECT, p->valid + high) : p->valid + high;
    }
}

static enum hone_code conclude(struct hone_run *run, struct hone_arena *mem, struct curve *c)
{
    static const double times[HONE_OUTLOOKS] = {1, 2, 4, 10};
    struct hone_learning *l = c->l;
    HONE_TRY(hone_array(run, mem, &l->point, l->sizes));
    for (size_t k = 0; k < l->sizes; k++) {
        struct hone_learning_point *p = &l->point[k];
        p->rows = c->size[k];
        summarise(l, l->train, k, &p->train, &p->train_low, &p->train_high);
        summarise(l, l->valid, k, &p->valid, &p->valid_low, &p->valid_high);
    }
    HONE_TRY(fit_law(run, mem, c->how->quick.target, l));
    if (c->folds.n == 1) {
        widen(l);
    }
    for (size_t i = 0; i < HONE_OUTLOOKS; i++) {
        HONE_TRY(hone_learning_outlook(run, l, times[i] * (double)l->now, &l->outlook[i]));
    }
    return HONE_OK;
}

enum hone_code hone_learning_curve(struct hone_run *run, const struct hone_rows *rows,
                                   const struct hone_learning_how *how, struct hone_arena *mem,
                                   struct hone_learning *out)
{
    HONE_ARENA(work);
    struct hone_learning l = {.metric = how->metric,
                              .estimator = how->quick.estimator->part.name,
                              .now = how->now == 0 ? rows->n : how->now};
    struct curve c = {.rows = rows, .how = how, .l = &l};
    int64_t start = hone_ticks_ns();
    if (rows->n < LEAST_ROWS) {
        (void)hone_fail(run, HONE_E_ARG, "%zu rows are too few for a learning curve", rows->n);
        return hone_hint(run, "at least %d are needed; a few hundred make sense", LEAST_ROWS);
    }
    HONE_TRY(choose_rows(run, &work, &c));
    HONE_TRY(choose_folds(run, 0, &work, &c));
    HONE_TRY(choose_sizes(run, &work, &c));
    l.rows = c.used.n;
    l.repeats = how->repeats > 1 ? how->repeats : l.rows < FEW_ROWS ? FEW_REPEATS : REPEATS;
    HONE_TRY(hone_matrix(run, mem, &l.train, l.repeats, l.sizes));
    HONE_TRY(hone_matrix(run, mem, &l.valid, l.repeats, l.sizes));
    HONE_TRY(hone_array(run, mem, &l.place, l.rows));
    HONE_TRY(hone_array(run, mem, &l.y, l.rows));
    if (rows->weight != NULL) {
        HONE_TRY(hone_array(run, mem, &l.weight, l.rows));
    }
    HONE_TRY(hone_matrix(run, mem, &l.prob, l.rows, how->quick.target->classes));
    HONE_TRY(measure(run, &work, &c, start));
    HONE_TRY(conclude(run, mem, &c));
    l.seconds = (double)(hone_ticks_ns() - start) * 1e-9;
    *out = l;
    return HONE_OK;
}

#include "flow/train/calibration.h"

#include <math.h>

#include "eval/metrics.h"
#include "eval/split.h"

/* Fewer rows than this say nothing about probabilities. */
#define LEAST_ROWS 50
#define FOLDS      5
/* A kind must beat a simpler one by so many standard errors. */
#define SURE 2.0
/* Most points of a broken line, for one class and for all classes together. */
#define KNOTS     40
#define ALL_KNOTS 2000

const char *hone_calibration_name(enum hone_calibration_kind kind)
{
    static const char *const names[] = {"none", "sigmoid", "isotonic"};
    return names[kind];
}

static double log_odds(double p)
{
    double c = fmin(fmax(p, HONE_CALIBRATION_LEAST), 1 - HONE_CALIBRATION_LEAST);
    return log(c / (1 - c));
}

void hone_calibration_apply(const struct hone_calibration *c,
                            const struct hone_target_facts *target, size_t rows,
                            const double *raw, double *prob)
{
    size_t k = target->classes;
    hone_link(target->task, rows, k, raw, prob);
    if (c->kind == HONE_CALIBRATION_NONE) {
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        double *p = prob + i * k;
        double sum = 0;
        for (size_t j = 0; j < c->curves; j++) {
            double s = c->curves == 1 ? raw[i] : log_odds(p[j]);
            p[c->curves == 1 ? 1 : j] = c->kind == HONE_CALIBRATION_SIGMOID
                                            ? hone_sigmoid_at(&c->sigmoid[j], s)
                                            : hone_steps_at(&c->steps[j], s);
        }
        for (size_t j = 0; c->curves > 1 && j < k; j++) {
            sum += p[j];
        }
        for (size_t j = 0; c->curves > 1 && j < k; j++) {
            p[j] /= sum;
        }
        if (c->curves == 1) {
            p[0] = 1 - p[1];
        }
    }
}

/* What one curve is fitted on. */
struct points {
    size_t n;
    double *score, *y, *weight; /* (n); weight NULL: all 1 */
};

/* A level of the isotonic fit. */
struct level {
    double weight, x, y; /* x: weighted sum of its scores */
};

/* The level a score is in: they end at end[0] < end[1] < ... */
static size_t level_of(size_t n, const double *end, double score)
{
    size_t low = 0;
    size_t high = n - 1;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (score <= end[mid]) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

/*
 * The levels of an isotonic fit as a broken line through their centres.  Levels of little weight are taken together,
 * so that the line has at most `most` points; none of them is quite 0 or 1, which so many rows can not show.
 */
static enum hone_code centre(struct hone_run *run, const struct points *p,
                             const struct hone_steps *fit, size_t most, struct hone_arena *mem,
                             struct hone_steps *out)
{
    HONE_SCRATCH(run);
    struct level *level;
    double *end;
    size_t n = 0;
    double total = 0;
    HONE_TRY(hone_array(run, &run->scratch, &level, fit->n));
    HONE_TRY(hone_array(run, &run->scratch, &end, fit->n));
    for (size_t i = 0; i < fit->n; i++) {
        n += i == 0 || fit->y[i] > fit->y[i - 1];
        level[n - 1].y = fit->y[i];
        end[n - 1] = fit->x[i];
    }
    for (size_t i = 0; i < p->n; i++) {
        double w = p->weight == NULL ? 1.0 : p->weight[i];
        struct level *l = &level[level_of(n, end, p->score[i])];
        l->weight += w;
        l->x += w * p->score[i];
        total += w;
    }
    struct hone_steps line = {0};
    HONE_TRY(hone_array(run, mem, &line.x, n));
    HONE_TRY(hone_array(run, mem, &line.y, n));
    struct level sum = {0};
    double least = 1 / (total + 2);
    for (size_t i = 0; i < n; i++) {
        sum.weight += level[i].weight;
        sum.x += level[i].x;
        sum.y += level[i].weight * level[i].y;
        if (sum.weight * (double)most < total && i + 1 < n) {
            continue;
        }
        double x = sum.x / sum.weight;
        /* two points that are one in the graph's precision would make a wall */
        if (sum.weight > 0 && (line.n == 0 || (float)x > (float)line.x[line.n - 1])) {
            line.x[line.n] = x;
            line.y[line.n++] = fmin(fmax(sum.y / sum.weight, least), 1 - least);
            sum = (struct level){0};
        }
    }
    *out = line;
    return HONE_OK;
}

static enum hone_code fit_curve(struct hone_run *run, const struct points *p, size_t most,
                                struct hone_arena *mem, struct hone_calibration *c, size_t k)
{
    HONE_ARENA(work);
    struct hone_steps fit;
    if (c->kind == HONE_CALIBRATION_SIGMOID) {
        return hone_sigmoid_fit(run, p->n, p->score, p->y, p->weight, &c->sigmoid[k]);
    }
    HONE_TRY(hone_isotonic_fit(run, p->n, p->score, p->y, p->weight, &work, &fit));
    return centre(run, p, &fit, most, mem, &c->steps[k]);
}

/* All curves of a kind, on some of the rows held out (chosen NULL: all n of them). */
static enum hone_code fit_kind(struct hone_run *run, const struct hone_target_facts *target,
                               const struct hone_held_out *held, const double *prob,
                               const size_t *chosen, size_t n, struct hone_arena *mem,
                               struct hone_calibration *c)
{
    HONE_SCRATCH(run);
    struct points p = {.n = n};
    size_t classes = target->classes;
    size_t most = KNOTS * c->curves <= ALL_KNOTS ? KNOTS : ALL_KNOTS / c->curves;
    HONE_TRY(hone_array(run, &run->scratch, &p.score, n));
    HONE_TRY(hone_array(run, &run->scratch, &p.y, n));
    if (held->weight != NULL) {
        HONE_TRY(hone_array(run, &run->scratch, &p.weight, n));
    }
    HONE_TRY(hone_array(run, mem, &c->sigmoid, c->curves));
    HONE_TRY(hone_array(run, mem, &c->steps, c->curves));
    for (size_t k = 0; k < c->curves; k++) {
        double class = c->curves == 1 ? 1 : (double)k;
        for (size_t i = 0; i < n; i++) {
            size_t at = chosen == NULL ? i : chosen[i];
            p.score[i] = c->curves == 1 ? held->raw[at] : log_odds(prob[at * classes + k]);
            p.y[i] = fabs(held->y[at] - class) < 0.5;
            if (p.weight != NULL) {
                p.weight[i] = held->weight[at];
            }
        }
        HONE_TRY(fit_curve(run, &p, most < 4 ? 4 : most, mem, c, k));
    }
    return HONE_OK;
}

/* Each fifth of the rows held out, by curves that were fitted on the others: prob (n, classes). */
static enum hone_code cross_fit(struct hone_run *run, const struct hone_target_facts *target,
                                const struct hone_held_out *held, const double *plain,
                                struct hone_calibration *c, double *prob)
{
    HONE_ARENA(work);
    uint32_t *fold;
    size_t w = hone_score_width(target);
    HONE_TRY(
        hone_folds_stratified(run, held->n, held->y, target->classes, FOLDS, &work, &fold));
    for (uint32_t f = 0; f < FOLDS; f++) {
        struct hone_split split;
        struct hone_calibration part = *c;
        HONE_TRY(hone_fold_split(run, held->n, fold, f, &work, &split));
        HONE_TRY(fit_kind(run, target, held, plain, split.train, split.train_n, &work, &part));
        for (size_t i = 0; i < split.test_n; i++) {
            size_t at = split.test[i];
            hone_calibration_apply(&part, target, 1, held->raw + at * w,
                                   prob + at * target->classes);
        }
    }
    return HONE_OK;
}

static double row_loss(const double *prob, double y)
{
    return -log(fmin(fmax(prob[(size_t)y], 1e-15), 1)); /* as metrics bound it */
}

/* How much lower the log loss of b is than that of a: the mean over rows and its standard error. */
static void compare(const struct hone_target_facts *target, const struct hone_held_out *held,
                    const double *a, const double *b, double *gain, double *error)
{
    double total = 0;
    double mean = 0;
    double square = 0;
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < held->n; i++) {
            double w = held->weight == NULL ? 1.0 : held->weight[i];
            size_t at = i * target->classes;
            double d = row_loss(a + at, held->y[i]) - row_loss(b + at, held->y[i]);
            if (pass == 0) {
                mean += w * d;
                total += w;
            } else {
                square += w * w * (d - mean) * (d - mean);
            }
        }
        mean /= pass == 0 ? total : 1;
    }
    *gain = mean;
    *error = sqrt(square) / total;
}

static enum hone_code score(struct hone_run *run, const struct hone_target_facts *target,
                            const struct hone_held_out *held, const double *plain,
                            const double *prob, struct hone_calibration_score *out)
{
    static const char *const names[] = {"log_loss", "ece"};
    struct hone_measure measure[2];
    const struct hone_prediction p = {.task = target->task,
                                      .rows = held->n,
                                      .classes = target->classes,
                                      .y = held->y,
                                      .score = prob,
                                      .weight = held->weight};
    for (size_t m = 0; m < 2; m++) {
        const struct hone_metric *metric;
        HONE_TRY(hone_metric_need(run, hone_str(names[m]), &metric));
        measure[m].value = (double)NAN;
        if ((metric->tasks & target->task) != 0) {
            HONE_TRY(hone_metric_value(run, metric, NULL, &p, &measure[m]));
        }
    }
    *out =
        (struct hone_calibration_score){.log_loss = measure[0].value, .ece = measure[1].value};
    compare(target, held, plain, prob, &out->gain, &out->error);
    return HONE_OK;
}

/* Whether the rows can say anything: enough of them, more than one class, more than one score. */
static const char *nothing_to_fit(const struct hone_target_facts *target,
                                  const struct hone_held_out *held)
{
    bool classes = false;
    bool scores = false;
    size_t w = hone_score_width(target);
    for (size_t i = 1; i < held->n; i++) {
        classes = classes || fabs(held->y[i] - held->y[0]) > 0;
        scores = scores || fabs(held->raw[i * w] - held->raw[0]) > 0;
    }
    return held->n < LEAST_ROWS ? "too few rows were held out"
           : !classes           ? "the rows held out are of one class"
           : !scores            ? "every row has the same score"
                                : NULL;
}

/* One kind on trial: what it makes of the rows held out. */
struct trial {
    struct hone_calibration c;
    double *prob;
};

static enum hone_code try_kind(struct hone_run *run, const struct hone_target_facts *target,
                               const struct hone_held_out *held, const double *plain,
                               struct hone_arena *mem, struct trial *t)
{
    t->c.curves = hone_score_width(target);
    HONE_TRY(hone_matrix(run, mem, &t->prob, held->n, target->classes));
    HONE_TRY(cross_fit(run, target, held, plain, &t->c, t->prob));
    return score(run, target, held, plain, t->prob, &t->c.after);
}

/* auto: each kind must beat the best of the simpler ones beyond chance. */
static size_t choose(const struct hone_target_facts *target, const struct hone_held_out *held,
                     const struct trial *trial, const char **why)
{
    size_t best = HONE_CALIBRATION_NONE;
    *why = "no calibration is better beyond chance";
    for (size_t k = HONE_CALIBRATION_SIGMOID; k <= HONE_CALIBRATION_ISOTONIC; k++) {
        double gain;
        double error;
        compare(target, held, trial[best].prob, trial[k].prob, &gain, &error);
        if (gain > SURE * error) {
            best = k;
            *why = "the log loss of rows held out is lower beyond chance";
        }
    }
    return best;
}

enum hone_code hone_calibration_fit(struct hone_run *run,
                                    const struct hone_target_facts *target,
                                    const struct hone_held_out *held, const char *asked,
                                    bool weighted, struct hone_arena *mem,
                                    struct hone_calibration *out)
{
    HONE_ARENA(work);
    struct trial trial[HONE_CALIBRATION_ISOTONIC + 1] = {
        {.c.kind = HONE_CALIBRATION_NONE},
        {.c.kind = HONE_CALIBRATION_SIGMOID},
        {.c.kind = HONE_CALIBRATION_ISOTONIC},
    };
    bool automatic = strcmp(asked, "auto") == 0;
    struct hone_calibration c = {0};
    size_t kind = HONE_CALIBRATION_NONE;
    double *plain;
    if (target->task == HONE_TASK_REGRESSION) {
        if (!automatic && strcmp(asked, "none") != 0) {
            return hone_fail(run, HONE_E_ARG,
                             "calibrate %s: %s is a number, there are no probabilities", asked,
                             target->name);
        }
        *out = c;
        return HONE_OK;
    }
    c.why = automatic && weighted ? "class weights move probabilities on purpose"
                                  : nothing_to_fit(target, held);
    HONE_TRY(hone_matrix(run, &work, &plain, held->n, target->classes));
    hone_calibration_apply(&c, target, held->n, held->raw, plain);
    HONE_TRY(score(run, target, held, plain, plain, &c.before));
    trial[0].prob = plain;
    trial[0].c.after = c.before;
    for (size_t k = HONE_CALIBRATION_SIGMOID; c.why == NULL && k <= HONE_CALIBRATION_ISOTONIC;
         k++) {
        bool named = strcmp(asked, hone_calibration_name(trial[k].c.kind)) == 0;
        if (automatic || named) {
            HONE_TRY(try_kind(run, target, held, plain, &work, &trial[k]));
            kind = named ? k : kind;
        }
    }
    if (automatic && c.why == NULL) {
        kind = choose(target, held, trial, &c.why);
    }
    c.kind = trial[kind].c.kind;
    c.curves = hone_score_width(target);
    c.after = trial[kind].c.after;
    if (c.kind != HONE_CALIBRATION_NONE) {
        HONE_TRY(fit_kind(run, target, held, plain, NULL, held->n, mem, &c));
    }
    *out = c;
    return HONE_OK;
}

static json_t *score_json(const struct hone_calibration_score *s)
{
    json_t *o = json_object();
    hone_json_set(o, "log_loss", hone_json_real(s->log_loss));
    hone_json_set(o, "ece", hone_json_real(s->ece));
    return o;
}

json_t *hone_calibration_json(const struct hone_calibration *c)
{
    json_t *o = json_object();
    hone_json_set_text(o, "kind", hone_calibration_name(c->kind));
    hone_json_set_text(o, "why", c->why);
    hone_json_set(o, "before", score_json(&c->before));
    hone_json_set(o, "after", score_json(&c->after));
    return o;
}

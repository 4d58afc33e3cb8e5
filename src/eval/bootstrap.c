#include "eval/bootstrap.h"

#include <math.h>

#include "base/pool.h"
#include "base/rng.h"
#include "eval/metrics_priv.h"
#include "eval/order.h"

#define REPLICATES 500
#define LEVEL      0.95

/* What all replicates share. */
struct job {
    const struct hone_prediction *p[2]; /* one, or two to compare */
    size_t models;
    const struct hone_metric *const *metrics;
    size_t n;
    size_t replicates;
    double level;
    const uint32_t *stratum; /* (rows) rows grouped by class; NULL: one group */
    const size_t *start;     /* (groups + 1) into stratum */
    size_t groups;
    double *value; /* (replicates, models, n) */
};

/* How often each row is drawn in replicate b. */
static void draw_counts(const struct hone_run *run, const struct job *job, size_t b,
                        uint32_t *count)
{
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("bootstrap") + b);
    size_t rows = job->p[0]->rows;

    if (job->stratum == NULL) {
        for (size_t i = 0; i < rows; i++) {
            count[hone_rng_below(&rng, rows)]++;
        }
        return;
    }
    for (size_t g = 0; g < job->groups; g++) {
        size_t size = job->start[g + 1] - job->start[g];
        for (size_t i = 0; i < size; i++) {
            count[job->stratum[job->start[g] + hone_rng_below(&rng, size)]]++;
        }
    }
}

static bool any_weight(const struct hone_prediction *p)
{
    for (size_t i = 0; i < p->rows; i++) {
        if (hone_weight_at(p, i) > 0) {
            return true;
        }
    }
    return false;
}

static enum hone_code replicate(struct hone_run *run, void *ctx, size_t b)
{
    struct job *job = ctx;
    uint32_t *count;
    HONE_SCRATCH(run);

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_array(run, &run->scratch, &count, job->p[0]->rows));
    draw_counts(run, job, b, count);
    for (size_t m = 0; m < job->models; m++) {
        struct hone_prediction p = *job->p[m];
        p.count = count;
        bool some = any_weight(&p);
        for (size_t j = 0; j < job->n; j++) {
            struct hone_measure v = {(double)NAN, NULL};
            struct hone_metric_settings settings = {0};
            if (job->metrics[j]->part.settings_size > 0) {
                hone_settings_default(&job->metrics[j]->part, &settings);
            }
            if (some) {
                HONE_TRY(job->metrics[j]->value(run, &settings, &p, &v));
            }
            job->value[(b * job->models + m) * job->n + j] = v.value;
        }
    }
    return HONE_OK;
}

/* The same predictions with what every replicate would compute again: classes and ranks. */
static enum hone_code prepare(struct hone_run *run, const struct hone_prediction *p,
                              struct hone_arena *mem, struct hone_prediction *out)
{
    *out = *p;
    HONE_TRY(hone_prediction_order(run, p, mem, &out->order));
    if (p->label == NULL && p->task != HONE_TASK_REGRESSION) {
        uint32_t *label;
        HONE_TRY(hone_array(run, mem, &label, p->rows));
        for (size_t i = 0; i < p->rows; i++) {
            label[i] = (uint32_t)hone_predicted(p, i);
        }
        out->label = label;
    }
    return HONE_OK;
}

/*
 * Put the rows of a binary prediction in order of their score: then ranks, the labels and the counts of
 * a replicate are all read from front to back.
 */
static enum hone_code sort_rows(struct hone_run *run, struct hone_arena *mem,
                                struct hone_prediction *p)
{
    const uint32_t *by_score = p->order + p->rows; /* of class 1 */
    double *y;
    double *score = NULL;
    float *score_f32 = NULL;
    double *weight;
    uint32_t *label;
    uint32_t *order;
    uint32_t *place; /* (rows) where a row went */
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, mem, &y, p->rows));
    if (p->score != NULL) {
        HONE_TRY(hone_array(run, mem, &score, 2 * p->rows));
    } else {
        HONE_TRY(hone_array(run, mem, &score_f32, 2 * p->rows));
    }
    HONE_TRY(hone_array(run, mem, &weight, p->rows));
    HONE_TRY(hone_array(run, mem, &label, p->rows));
    HONE_TRY(hone_array(run, mem, &order, 2 * p->rows));
    HONE_TRY(hone_array(run, &run->scratch, &place, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        size_t row = by_score[i];
        place[row] = (uint32_t)i;
        order[p->rows + i] = (uint32_t)i;
        y[i] = p->y[row];
        if (score != NULL) {
            memcpy(score + 2 * i, p->score + 2 * row, 2 * sizeof *score);
        } else {
            memcpy(score_f32 + 2 * i, p->score_f32 + 2 * row, 2 * sizeof *score_f32);
        }
        weight[i] = p->weight == NULL ? 1.0 : p->weight[row];
        label[i] = p->label[row];
    }
    for (size_t i = 0; i < p->rows; i++) {
        order[i] = place[p->order[i]];
    }
    p->y = y;
    p->score = score;
    p->score_f32 = score_f32;
    p->weight = p->weight == NULL ? NULL : weight;
    p->label = label;
    p->order = order;
    return HONE_OK;
}

static enum hone_code stratify(struct hone_run *run, struct job *job, struct hone_arena *mem)
{
    const struct hone_prediction *p = job->p[0];
    size_t *start;
    uint32_t *row;

    HONE_TRY(hone_array(run, mem, &start, p->classes + 2));
    HONE_TRY(hone_array(run, mem, &row, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        start[(size_t)p->y[i] + 2]++;
    }
    for (size_t k = 2; k < p->classes + 2; k++) {
        start[k] += start[k - 1];
    }
    for (size_t i = 0; i < p->rows; i++) {
        row[start[(size_t)p->y[i] + 1]++] = (uint32_t)i;
    }
    job->stratum = row;
    job->start = start;
    job->groups = p->classes;
    return HONE_OK;
}

/* Run all replicates of job->p, whose pointers move to prepared copies in mem. */
static enum hone_code resample(struct hone_run *run, const struct hone_bootstrap *how,
                               struct job *job, struct hone_arena *mem)
{
    struct hone_prediction *ready;

    job->replicates = how->replicates > 0 ? how->replicates : REPLICATES;
    job->level = how->level > 0 ? how->level : LEVEL;
    for (size_t j = 0; j < job->n; j++) {
        if ((job->metrics[j]->tasks & (unsigned)job->p[0]->task) == 0) {
            return hone_fail(run, HONE_E_ARG, "metric %s is not for this task",
                             job->metrics[j]->part.name);
        }
    }
    HONE_TRY(hone_array(run, mem, &ready, job->models));
    for (size_t m = 0; m < job->models; m++) {
        HONE_TRY(hone_prediction_check(run, job->p[m]));
        HONE_TRY(prepare(run, job->p[m], mem, &ready[m]));
        if (job->models == 1 && ready[m].task == HONE_TASK_BINARY) {
            HONE_TRY(sort_rows(run, mem, &ready[m])); /* a pair must keep its rows together */
        }
        job->p[m] = &ready[m];
    }
    if (how->stratified && job->p[0]->task != HONE_TASK_REGRESSION) {
        HONE_TRY(stratify(run, job, mem));
    }
    HONE_TRY(
        hone_matrix(run, mem, &job->value, job->replicates, hone_product(job->models, job->n)));
    return hone_parallel_try(run, job->replicates, replicate, job);
}

/* Percentiles, mean and spread of the defined ones among n values, which are sorted in place. */
static enum hone_code summarise(struct hone_run *run, size_t n, double level, double *value,
                                struct hone_interval *out)
{
    size_t m = 0;
    double sum = 0;
    double square = 0;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(value[i])) {
            value[m++] = value[i];
        }
    }
    out->replicates = m;
    out->low = out->high = out->error = (double)NAN;
    if (m < 2 || 2 * m < n) {
        return HONE_OK;
    }
    HONE_TRY(hone_sort_f64(run, m, value));
    for (size_t i = 0; i < m; i++) {
        sum += value[i];
    }
    for (size_t i = 0; i < m; i++) {
        square += (value[i] - sum / (double)m) * (value[i] - sum / (double)m);
    }
    out->error = sqrt(square / (double)(m - 1));
    out->low = hone_quantile_sorted(m, value, (1 - level) / 2);
    out->high = hone_quantile_sorted(m, value, (1 + level) / 2);
    return HONE_OK;
}

static enum hone_code intervals(struct hone_run *run, const struct hone_prediction *p,
                                const struct hone_bootstrap *how, struct job *job,
                                struct hone_arena *mem, struct hone_interval *out)
{
    double *column;

    HONE_TRY(resample(run, how, job, mem));
    HONE_TRY(hone_array(run, mem, &column, job->replicates));
    for (size_t j = 0; j < job->n; j++) {
        struct hone_measure v;
        HONE_TRY(hone_metric_value(run, job->metrics[j], NULL, p, &v));
        for (size_t b = 0; b < job->replicates; b++) {
            column[b] = job->value[b * job->n + j];
        }
        out[j].value = v.value;
        out[j].why = v.why;
        HONE_TRY(summarise(run, job->replicates, job->level, column, &out[j]));
    }
    return HONE_OK;
}

enum hone_code hone_bootstrap_intervals(struct hone_run *run, const struct hone_prediction *p,
                                        const struct hone_metric *const *metrics, size_t n,
                                        const struct hone_bootstrap *how,
                                        struct hone_interval *out)
{
    struct hone_arena mem = {0};
    struct job job = {.p = {p, NULL}, .models = 1, .metrics = metrics, .n = n};
    enum hone_code code = intervals(run, p, how, &job, &mem, out);

    hone_arena_free(&mem);
    return code;
}

static enum hone_code same_rows(struct hone_run *run, const struct hone_prediction *a,
                                const struct hone_prediction *b)
{
    if (a->rows != b->rows || a->classes != b->classes || a->task != b->task) {
        return hone_fail(run, HONE_E_SHAPE,
                         "the two models were not evaluated on the same rows");
    }
    for (size_t i = 0; i < a->rows; i++) {
        double wa = a->weight == NULL ? 1.0 : a->weight[i];
        double wb = b->weight == NULL ? 1.0 : b->weight[i];
        if (fabs(a->y[i] - b->y[i]) > 0 || fabs(wa - wb) > 0) {
            return hone_fail(run, HONE_E_SHAPE,
                             "row %zu: the target or weight differs between the models", i);
        }
    }
    return HONE_OK;
}

static void judge(size_t n, const double *gain, struct hone_comparison *c)
{
    size_t below = 0;
    size_t above = 0;

    for (size_t i = 0; i < n; i++) {
        below += gain[i] <= 0 ? 1 : 0;
        above += gain[i] >= 0 ? 1 : 0;
    }
    size_t fewer = below < above ? below : above;
    c->p_value = fmin(1.0, 2 * ((double)fewer + 1) / ((double)n + 1));
    c->verdict = c->low > 0 ? "better" : c->high < 0 ? "worse" : "no evidence";
}

static enum hone_code compare(struct hone_run *run, const struct hone_prediction *a,
                              const struct hone_prediction *b, const struct hone_bootstrap *how,
                              struct job *job, struct hone_arena *mem,
                              struct hone_comparison *out)
{
    double *gain;

    HONE_TRY(same_rows(run, a, b));
    HONE_TRY(resample(run, how, job, mem));
    HONE_TRY(hone_array(run, mem, &gain, job->replicates));
    for (size_t j = 0; j < job->n; j++) {
        double sign = job->metrics[j]->greater_is_better ? 1 : -1;
        struct hone_measure va;
        struct hone_measure vb;
        struct hone_interval i;
        HONE_TRY(hone_metric_value(run, job->metrics[j], NULL, a, &va));
        HONE_TRY(hone_metric_value(run, job->metrics[j], NULL, b, &vb));
        for (size_t r = 0; r < job->replicates; r++) {
            const double *v = job->value + r * 2 * job->n;
            gain[r] = sign * (v[job->n + j] - v[j]);
        }
        HONE_TRY(summarise(run, job->replicates, job->level, gain, &i));
        out[j] = (struct hone_comparison){
            .a = va.value,
            .b = vb.value,
            .gain = sign * (vb.value - va.value),
            .low = i.low,
            .high = i.high,
            .replicates = i.replicates,
        };
        judge(i.replicates, gain, &out[j]);
    }
    return HONE_OK;
}

enum hone_code hone_bootstrap_compare(struct hone_run *run, const struct hone_prediction *a,
                                      const struct hone_prediction *b,
                                      const struct hone_metric *const *metrics, size_t n,
                                      const struct hone_bootstrap *how,
                                      struct hone_comparison *out)
{
    struct hone_arena mem = {0};
    struct job job = {.p = {a, b}, .models = 2, .metrics = metrics, .n = n};
    enum hone_code code = compare(run, a, b, how, &job, &mem, out);

    hone_arena_free(&mem);
    return code;
}

#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "eval/resample_priv.h"

/* From so many rows on each row's count is drawn by itself, from Poisson's law: the total is then n on average
 * only, which no metric notices, and a draw is a pass over memory in place of a walk all over it. */
#define POISSON_ROWS 20000
#define CELL_CLASSES 16 /* squares fit a byte */

/* --- drawing --------------------------------------------------------------------------- */

/* Counts of Poisson's law with mean 1, each as many of 65536 times as its chance. */
static enum hone_code poisson_table(struct hone_run *run, struct hone_arena *mem,
                                    const uint8_t **out)
{
    uint8_t *table;
    double chance = exp(-1.0);
    double upto = 0;
    size_t at = 0;

    HONE_TRY(hone_array(run, mem, &table, 65536));
    for (unsigned k = 0; k < 9; k++) {
        upto += chance;
        for (; at < 65536 && (double)at + 0.5 < 65536 * upto; at++) {
            table[at] = (uint8_t)k;
        }
        chance /= (double)(k + 1);
    }
    for (; at < 65536; at++) {
        table[at] = 9;
    }
    *out = table;
    return HONE_OK;
}

static void draw_poisson(struct hone_rng *rng, const uint8_t *table, size_t rows,
                         uint8_t *count)
{
    size_t i = 0;

    for (; i + 4 <= rows; i += 4) {
        uint64_t bits = hone_rng_u64(rng);
        count[i] = table[bits & 65535];
        count[i + 1] = table[(bits >> 16) & 65535];
        count[i + 2] = table[(bits >> 32) & 65535];
        count[i + 3] = table[bits >> 48];
    }
    for (uint64_t bits = hone_rng_u64(rng); i < rows; i++, bits >>= 16) {
        count[i] = table[bits & 65535];
    }
}

/* One more of a row; a byte holds what chance can bring. */
static void take(uint8_t *count, size_t row)
{
    count[row] = (uint8_t)(count[row] + (count[row] < UINT8_MAX ? 1 : 0));
}

/* How often each row is drawn in replicate b; count is zeroed. */
static void draw_counts(const struct hone_run *run, const struct hone_resample *r, size_t b,
                        uint8_t *count)
{
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("bootstrap") + b);
    size_t rows = r->lane[0].p.rows;

    if (r->stratum != NULL) {
        for (size_t g = 0; g < r->groups; g++) {
            size_t size = r->start[g + 1] - r->start[g];
            for (size_t i = 0; i < size; i++) {
                take(count, r->stratum[r->start[g] + hone_rng_below(&rng, size)]);
            }
        }
    } else if (r->poisson != NULL) {
        draw_poisson(&rng, r->poisson, rows, count);
    } else {
        for (size_t i = 0; i < rows; i++) {
            take(count, hone_rng_below(&rng, rows));
        }
    }
}

/* --- kernels over counts --------------------------------------------------------------- */

struct moments {
    double w, ww;         /* sums of weight and of its square */
    double wl, wwl, wwll; /* and of them times the loss */
};

/* Four sums side by side, so that one addition need not wait for the other. */
#define LANES 4

static struct moments plain_moments(size_t rows, const uint8_t *count, const double *loss)
{
    double w[LANES] = {0};
    double l[LANES] = {0};
    double ll[LANES] = {0};
    size_t i = 0;

    for (; i + LANES <= rows; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            double c = (double)count[i + j];
            double x = loss[i + j];
            w[j] += c;
            l[j] += c * x;
            ll[j] += c * x * x;
        }
    }
    for (; i < rows; i++) {
        double c = (double)count[i];
        w[0] += c;
        l[0] += c * loss[i];
        ll[0] += c * loss[i] * loss[i];
    }
    double total = (w[0] + w[1]) + (w[2] + w[3]);
    double lost = (l[0] + l[1]) + (l[2] + l[3]);
    return (struct moments){total, total, lost, lost, (ll[0] + ll[1]) + (ll[2] + ll[3])};
}

static struct moments weighted_moments(size_t rows, const uint8_t *count, const double *loss,
                                       const double *weight)
{
    struct moments m = {0};

    for (size_t i = 0; i < rows; i++) {
        double w = weight[i];
        double c = (double)count[i];
        double cw = c * w;
        m.w += cw;
        m.ww += cw * w;
        m.wl += cw * loss[i];
        m.wwl += cw * w * loss[i];
        m.wwll += cw * w * loss[i] * loss[i];
    }
    return m;
}

/* Weight of each cell of the confusion table. */
static void count_cells(const struct hone_lanes *lane, const uint8_t *count, double *table)
{
    size_t cells = lane->p.classes * lane->p.classes;
    size_t rows = lane->p.rows;

    if (lane->p.weight != NULL) {
        for (size_t i = 0; i < rows; i++) {
            table[lane->cell[i]] += (double)count[i] * lane->p.weight[i];
        }
        return;
    }
    uint64_t part[LANES][CELL_CLASSES * CELL_CLASSES] = {{0}};
    size_t i = 0;
    for (; i + LANES <= rows; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            part[j][lane->cell[i + j]] += count[i + j];
        }
    }
    for (; i < rows; i++) {
        part[0][lane->cell[i]] += count[i];
    }
    for (size_t k = 0; k < cells; k++) {
        table[k] = (double)(part[0][k] + part[1][k] + part[2][k] + part[3][k]);
    }
}

/* Areas under both curves of class 1. */
struct areas {
    double roc, precision;
};

/* Every score is its own and weighs 1. */
static struct areas walk_distinct(const struct hone_lanes *lane, const uint8_t *count)
{
    uint64_t tp = 0;
    uint64_t seen = 0;
    uint64_t area = 0; /* pairs in the right order */
    double sum = 0;

    for (size_t i = 0; i < lane->p.rows; i++) {
        uint64_t c = count[lane->rank == NULL ? i : lane->rank[i]];
        uint64_t yes = c * lane->positive[i];
        area += (c - yes) * tp;
        tp += yes;
        seen += c;
        sum += (double)(yes * tp) / (double)(seen + (seen == 0 ? 1 : 0));
    }
    double all = (double)tp * (double)(seen - tp);
    return (struct areas){all > 0 ? (double)area / all : (double)NAN,
                          tp > 0 ? sum / (double)tp : (double)NAN};
}

static struct areas walk_groups(const struct hone_lanes *lane, const uint8_t *count)
{
    const double *weight = lane->p.weight;
    double tp = 0;
    double fp = 0;
    double area = 0;
    double sum = 0;
    size_t i = 0;

    for (size_t g = 0; g < lane->groups; g++) {
        double yes = 0;
        double all = 0;
        for (; i < lane->end[g]; i++) {
            size_t row = lane->rank == NULL ? i : lane->rank[i];
            double w = weight == NULL ? (double)count[row] : (double)count[row] * weight[row];
            all += w;
            yes += lane->positive[i] != 0 ? w : 0.0;
        }
        area += (all - yes) * (tp + 0.5 * yes);
        tp += yes;
        fp += all - yes;
        sum += yes > 0 ? yes * (tp / (tp + fp)) : 0.0;
    }
    return (struct areas){tp > 0 && fp > 0 ? area / (tp * fp) : (double)NAN,
                          tp > 0 ? sum / tp : (double)NAN};
}

static struct areas walk_scores(const struct hone_lanes *lane, const uint8_t *count)
{
    bool distinct = lane->groups == lane->p.rows && lane->p.weight == NULL;
    return distinct ? walk_distinct(lane, count) : walk_groups(lane, count);
}

/* Weighted gaps summed in bins; the sizes of the sums over all weight. */
static enum hone_code walk_bins(struct hone_run *run, const struct hone_lanes *lane,
                                const uint8_t *count, double *out)
{
    double *sum; /* (2, bins): even and odd rows, so that one need not wait for the other */
    double total = 0;
    double size = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &sum, 2 * lane->bins));
    for (size_t i = 0; i < lane->p.rows; i++) {
        double w =
            lane->p.weight == NULL ? (double)count[i] : (double)count[i] * lane->p.weight[i];
        sum[2 * lane->bin[i] + (i & 1)] += w * lane->gap[i];
        total += w;
    }
    for (size_t b = 0; b < lane->bins; b++) {
        size += fabs(sum[2 * b] + sum[2 * b + 1]);
    }
    *out = size / total;
    return HONE_OK;
}

/* --- one resample ------------------------------------------------------------------------ */

static double total_weight(const struct hone_lanes *lane, const uint8_t *count)
{
    double sum = 0;

    for (size_t i = 0; i < lane->p.rows; i++) {
        sum += (double)count[i] * (lane->p.weight == NULL ? 1.0 : lane->p.weight[i]);
    }
    return sum;
}

/* What has been worked out for one model and resample, so that metrics can share it. */
struct shared {
    bool counted, walked;
    struct hone_class_counts counts;
    struct areas areas;
    size_t loss; /* whose moments these are; SIZE_MAX: none yet */
    struct moments moments;
};

static enum hone_code shared_counts(struct hone_run *run, const struct hone_lanes *lane,
                                    const uint8_t *count, struct shared *s)
{
    size_t k = lane->p.classes;

    s->counts.classes = k;
    HONE_TRY(hone_matrix(run, &run->scratch, &s->counts.cell, k, k));
    HONE_TRY(hone_array(run, &run->scratch, &s->counts.truth, k));
    HONE_TRY(hone_array(run, &run->scratch, &s->counts.predicted, k));
    count_cells(lane, count, s->counts.cell);
    hone_count_margins(&s->counts);
    s->counted = true;
    return HONE_OK;
}

static void mean_of_losses(const struct hone_resample *r, const struct hone_lanes *lane,
                           const uint8_t *count, size_t j, struct shared *s,
                           double value_error[2])
{
    size_t at = lane->loss_of[j];

    if (s->loss != at) {
        const double *loss = lane->loss + at * lane->p.rows;
        s->moments = lane->p.weight == NULL
                         ? plain_moments(lane->p.rows, count, loss)
                         : weighted_moments(lane->p.rows, count, loss, lane->p.weight);
        s->loss = at;
    }
    const struct moments *m = &s->moments;
    double n = (double)lane->p.rows;
    double mean = m->wl / m->w;
    double square = m->wwll - 2 * mean * m->wwl + mean * mean * m->ww;
    value_error[0] = r->metrics[j]->root ? sqrt(mean) : mean;
    value_error[1] = sqrt(fmax(0.0, square) * (n / (n - 1))) / m->w / mean;
}

static enum hone_code compute_one(struct hone_run *run, const struct hone_resample *r,
                                  const struct hone_lanes *lane, const uint8_t *count, size_t j,
                                  struct shared *s, double value_error[2])
{
    const struct hone_metric *m = r->metrics[j];

    value_error[0] = value_error[1] = (double)NAN;
    if (lane->positive != NULL && m->ranking != HONE_RANKING_NONE) {
        if (!s->walked) {
            s->areas = walk_scores(lane, count);
            s->walked = true;
        }
        value_error[0] = m->ranking == HONE_RANKING_AP    ? s->areas.precision
                         : m->ranking == HONE_RANKING_AUC ? s->areas.roc
                                                          : 2 * s->areas.roc - 1;
        return HONE_OK;
    }
    if (lane->loss_of[j] != SIZE_MAX) {
        mean_of_losses(r, lane, count, j, s, value_error);
        return HONE_OK;
    }
    if (lane->gap != NULL && lane->gap_of == j) {
        return walk_bins(run, lane, count, &value_error[0]);
    }
    if (lane->by_cells && m->of_counts != NULL) {
        if (!s->counted) {
            HONE_TRY(shared_counts(run, lane, count, s));
        }
        value_error[0] = m->of_counts(&r->settings[j], &s->counts).value;
        return HONE_OK;
    }
    struct hone_prediction p = lane->p;
    struct hone_measure v;
    p.count = count;
    HONE_TRY(hone_metric_compute(run, m, &r->settings[j], &p, &v));
    value_error[0] = v.value;
    return HONE_OK;
}

enum hone_code hone_resample_count(struct hone_run *run, const struct hone_resample *r,
                                   const uint8_t *count, double *value, double *error)
{
    HONE_SCRATCH(run);

    for (size_t m = 0; m < r->models; m++) {
        const struct hone_lanes *lane = &r->lane[m];
        struct shared shared = {.loss = SIZE_MAX};
        bool some = total_weight(lane, count) > 0;
        for (size_t j = 0; j < r->n; j++) {
            double both[2] = {(double)NAN, (double)NAN};
            if (some) {
                HONE_TRY(compute_one(run, r, lane, count, j, &shared, both));
            }
            value[m * r->n + j] = both[0];
            if (error != NULL) {
                error[m * r->n + j] = both[1];
            }
        }
    }
    return HONE_OK;
}

/* --- many -------------------------------------------------------------------------------- */

static enum hone_code replicate(struct hone_run *run, void *ctx, size_t b)
{
    struct hone_resample *r = ctx;
    uint8_t *count;
    size_t at = b * r->models * r->n;
    HONE_SCRATCH(run);

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_array(run, &run->scratch, &count, r->lane[0].p.rows));
    draw_counts(run, r, b, count);
    return hone_resample_count(run, r, count, r->value + at,
                               r->error == NULL ? NULL : r->error + at);
}

enum hone_code hone_resample_draw(struct hone_run *run, struct hone_resample *r,
                                  size_t replicates, struct hone_arena *mem)
{
    size_t each = hone_product(r->models, r->n);

    HONE_TRY(hone_matrix(run, mem, &r->value, replicates, each));
    if (r->spread) {
        HONE_TRY(hone_matrix(run, mem, &r->error, replicates, each));
    }
    return hone_parallel_try(run, replicates, replicate, r);
}

/* Groups to leave out. */
struct leaving {
    const struct hone_resample *r;
    const uint8_t *group; /* (rows) */
    double *value;        /* (g, models, n) */
};

static enum hone_code leave_one(struct hone_run *run, void *ctx, size_t g)
{
    const struct leaving *l = ctx;
    size_t rows = l->r->lane[0].p.rows;
    uint8_t *count;
    HONE_SCRATCH(run);

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_array(run, &run->scratch, &count, rows));
    for (size_t i = 0; i < rows; i++) {
        count[i] = l->group[i] == g ? 0 : 1;
    }
    return hone_resample_count(run, l->r, count, l->value + g * l->r->models * l->r->n, NULL);
}

enum hone_code hone_resample_leave_out(struct hone_run *run, const struct hone_resample *r,
                                       struct hone_arena *mem, double **value, size_t *g)
{
    size_t rows = r->lane[0].p.rows;
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("jackknife"));
    struct leaving l = {.r = r};
    uint8_t *group;

    HONE_TRY(hone_array(run, mem, &group, rows));
    *g = rows < HONE_JACKKNIFE ? rows : HONE_JACKKNIFE;
    for (size_t i = 0; i < rows; i++) {
        group[i] = (uint8_t)(rows <= HONE_JACKKNIFE ? i : hone_rng_below(&rng, HONE_JACKKNIFE));
    }
    l.group = group;
    HONE_TRY(hone_matrix(run, mem, &l.value, *g, hone_product(r->models, r->n)));
    HONE_TRY(hone_parallel_try(run, *g, leave_one, &l));
    *value = l.value;
    return HONE_OK;
}

/* --- making ready ------------------------------------------------------------------------ */

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
 * Put the rows in the order of the score of class 1, or of the size of the error: then ranks, labels and counts
 * are all read from front to back.
 */
static enum hone_code sort_rows(struct hone_run *run, struct hone_arena *mem,
                                struct hone_prediction *p)
{
    size_t k = p->classes;
    const uint32_t *by = p->order + (k == 2 ? p->rows : 0);
    double *y;
    double *score = NULL; /* the type stays: what probabilities are clipped at depends on it */
    float *score_f32 = NULL;
    double *weight;
    uint32_t *label;
    uint32_t *order;
    uint32_t *place; /* (rows) where a row went */
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, mem, &y, p->rows));
    if (p->score != NULL) {
        HONE_TRY(hone_matrix(run, mem, &score, p->rows, k));
    } else {
        HONE_TRY(hone_matrix(run, mem, &score_f32, p->rows, k));
    }
    HONE_TRY(hone_array(run, mem, &weight, p->rows));
    HONE_TRY(hone_array(run, mem, &label, p->rows));
    HONE_TRY(hone_matrix(run, mem, &order, p->rows, k));
    HONE_TRY(hone_array(run, &run->scratch, &place, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        size_t row = by[i];
        place[row] = (uint32_t)i;
        y[i] = p->y[row];
        if (score != NULL) {
            memcpy(score + i * k, p->score + row * k, k * sizeof *score);
        } else {
            memcpy(score_f32 + i * k, p->score_f32 + row * k, k * sizeof *score_f32);
        }
        weight[i] = p->weight == NULL ? 1.0 : p->weight[row];
        label[i] = p->label == NULL ? 0 : p->label[row];
    }
    for (size_t i = 0; i < k * p->rows; i++) {
        order[i] = place[p->order[i]];
    }
    p->y = y;
    p->score = score;
    p->score_f32 = score_f32;
    p->weight = p->weight == NULL ? NULL : weight;
    p->label = p->label == NULL ? NULL : label;
    p->order = order;
    return HONE_OK;
}

/* Ranks of class 1 and where equal scores end. */
static enum hone_code make_ranks(struct hone_run *run, struct hone_arena *mem, bool sorted,
                                 struct hone_lanes *lane)
{
    const struct hone_prediction *p = &lane->p;
    const uint32_t *order = p->order + p->rows;
    uint8_t *positive;
    uint32_t *end;

    HONE_TRY(hone_array(run, mem, &positive, p->rows));
    HONE_TRY(hone_array(run, mem, &end, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        positive[i] = p->y[order[i]] > 0 ? 1 : 0;
        bool last = i + 1 == p->rows ||
                    hone_score_at(p, order[i + 1], 1) < hone_score_at(p, order[i], 1);
        if (last) {
            end[lane->groups++] = (uint32_t)(i + 1);
        }
    }
    lane->positive = positive;
    lane->end = end;
    lane->rank = sorted ? NULL : order;
    return HONE_OK;
}

static enum hone_code make_cells(struct hone_run *run, struct hone_arena *mem,
                                 struct hone_lanes *lane)
{
    const struct hone_prediction *p = &lane->p;
    uint8_t *cell;

    HONE_TRY(hone_array(run, mem, &cell, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        cell[i] = (uint8_t)((size_t)p->y[i] * p->classes + p->label[i]);
    }
    lane->cell = cell;
    lane->by_cells = true;
    return HONE_OK;
}

/* The losses of all metrics that are means of one; metrics of one loss share it. */
static enum hone_code make_losses(struct hone_run *run, const struct hone_resample *r,
                                  struct hone_arena *mem, const struct hone_prediction *own,
                                  const uint32_t *by, struct hone_lanes *lane)
{
    size_t *loss_of;
    size_t losses = 0;
    double *loss;

    HONE_TRY(hone_array(run, mem, &loss_of, r->n));
    for (size_t j = 0; j < r->n; j++) {
        const struct hone_metric *m = r->metrics[j];
        struct hone_measure whole = {0, NULL};
        if (m->loss != NULL && m->value != NULL) { /* it knows when it is undefined */
            HONE_TRY(hone_metric_compute(run, m, &r->settings[j], own, &whole));
        }
        bool mean = m->loss != NULL && !isnan(whole.value);
        loss_of[j] = mean ? losses++ : SIZE_MAX;
        for (size_t k = 0; k < j && mean; k++) {
            if (loss_of[k] != SIZE_MAX && r->metrics[k]->loss == m->loss &&
                m->part.params == NULL) {
                loss_of[j] = loss_of[k];
                losses--;
                break;
            }
        }
    }
    HONE_TRY(hone_matrix(run, mem, &loss, losses, own->rows));
    for (size_t j = 0; j < r->n; j++) {
        double *to = loss_of[j] == SIZE_MAX ? NULL : loss + loss_of[j] * own->rows;
        for (size_t i = 0; to != NULL && i < own->rows; i++) {
            to[i] = r->metrics[j]->loss(&r->settings[j], own, by == NULL ? i : by[i]);
        }
    }
    lane->loss = loss;
    lane->loss_of = loss_of;
    return HONE_OK;
}

/* The gaps of the first metric that has some. */
static enum hone_code make_gaps(struct hone_run *run, const struct hone_resample *r,
                                struct hone_arena *mem, struct hone_lanes *lane)
{
    for (size_t j = 0; j < r->n; j++) {
        const struct hone_metric *m = r->metrics[j];
        double *gap;
        uint16_t *bin;
        if (m->gap == NULL) {
            continue;
        }
        HONE_TRY(hone_array(run, mem, &gap, lane->p.rows));
        HONE_TRY(hone_array(run, mem, &bin, lane->p.rows));
        for (size_t i = 0; i < lane->p.rows; i++) {
            size_t at;
            gap[i] = m->gap(&r->settings[j], &lane->p, i, &at);
            bin[i] = (uint16_t)at;
            lane->bins = at + 1 > lane->bins ? at + 1 : lane->bins;
        }
        lane->gap = gap;
        lane->bin = bin;
        lane->gap_of = j;
        return HONE_OK;
    }
    return HONE_OK;
}

static enum hone_code make_lane(struct hone_run *run, const struct hone_resample *r,
                                const struct hone_prediction *p, struct hone_arena *mem,
                                struct hone_lanes *lane)
{
    bool sorted = r->models == 1 && p->classes <= 2; /* a pair must keep its rows together */
    const uint32_t *by;

    *lane = (struct hone_lanes){0};
    HONE_TRY(prepare(run, p, mem, &lane->p));
    by = sorted ? lane->p.order + (p->classes == 2 ? p->rows : 0) : NULL;
    if (sorted) {
        HONE_TRY(sort_rows(run, mem, &lane->p));
    }
    HONE_TRY(make_losses(run, r, mem, p, by, lane));
    HONE_TRY(make_gaps(run, r, mem, lane));
    if (p->task == HONE_TASK_REGRESSION) {
        return HONE_OK;
    }
    for (size_t j = 0; j < r->n && p->classes == 2 && lane->positive == NULL; j++) {
        if (r->metrics[j]->ranking != HONE_RANKING_NONE) {
            HONE_TRY(make_ranks(run, mem, sorted, lane));
        }
    }
    return p->classes <= CELL_CLASSES ? make_cells(run, mem, lane) : HONE_OK;
}

static enum hone_code stratify(struct hone_run *run, struct hone_arena *mem,
                               struct hone_resample *r)
{
    const struct hone_prediction *p = &r->lane[0].p;
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
    r->stratum = row;
    r->start = start;
    r->groups = p->classes;
    return HONE_OK;
}

enum hone_code hone_resample_new(struct hone_run *run, const struct hone_prediction *const *p,
                                 size_t models, const struct hone_metric *const *metrics,
                                 size_t n, bool stratified, struct hone_arena *mem,
                                 struct hone_resample *out)
{
    struct hone_resample r = {.models = models, .metrics = metrics, .n = n};
    struct hone_metric_settings *settings;

    HONE_TRY(hone_array(run, mem, &settings, n));
    for (size_t j = 0; j < n; j++) {
        if ((metrics[j]->tasks & (unsigned)p[0]->task) == 0) {
            return hone_fail(run, HONE_E_ARG, "metric %s is not for this task",
                             metrics[j]->part.name);
        }
        if (metrics[j]->part.settings_size > 0) {
            hone_settings_default(&metrics[j]->part, &settings[j]);
        }
    }
    r.settings = settings;
    for (size_t m = 0; m < models; m++) {
        HONE_TRY(hone_prediction_check(run, p[m]));
        HONE_TRY(make_lane(run, &r, p[m], mem, &r.lane[m]));
    }
    if (stratified && p[0]->task != HONE_TASK_REGRESSION) {
        HONE_TRY(stratify(run, mem, &r));
    } else if (p[0]->rows >= POISSON_ROWS) {
        HONE_TRY(poisson_table(run, mem, &r.poisson));
    }
    *out = r;
    return HONE_OK;
}

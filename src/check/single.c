/*
 * How well one column alone predicts the target, judged on rows that it was not fitted on.  Each half of
 * the rows is scored by class shares (or means) in the bins of the other half, so that an identifier,
 * whose values do not come again, predicts nothing.
 */
#include <math.h>

#include "base/hash.h"
#include "check/check_priv.h"
#include "eval/metrics.h"
#include "eval/order.h"

#define BINS    64
#define CLASSES 30 /* the most frequent ones first seen; others are not judged */

struct half {
    size_t bins;
    double *sum;    /* (bins, width) of class indicators, or of the target */
    double *weight; /* (bins) rows */
};

struct work {
    const struct hone_check_ctx *ctx;
    const struct hone_predictor *x;
    size_t rows;
    const double *target; /* (rows) */
    size_t n;
    uint32_t *row; /* (n) sampled rows with a target */
    double *y;     /* (n) */
    uint32_t *bin; /* (n) in the bins of the other half */
    bool *side;    /* (n) */
    size_t width;  /* classes, or 1 */
};

static enum hone_code sample_rows(struct hone_run *run, struct work *w)
{
    size_t rows = w->rows;
    size_t step = rows / HONE_SINGLE_ROWS + 1;
    size_t room = rows / step + 1;

    HONE_TRY(hone_array(run, &run->scratch, &w->row, room));
    HONE_TRY(hone_array(run, &run->scratch, &w->y, room));
    HONE_TRY(hone_array(run, &run->scratch, &w->bin, room));
    HONE_TRY(hone_array(run, &run->scratch, &w->side, room));
    for (size_t i = 0; i < rows; i += step) {
        double y = w->target[i];
        if (isfinite(y) && (w->ctx->task == HONE_TASK_REGRESSION || y < (double)w->width)) {
            w->row[w->n] = (uint32_t)i;
            w->y[w->n] = y;
            w->side[w->n] = (hone_mix64(i * UINT64_C(0x9e3779b97f4a7c15) + 5) >> 40 & 1) != 0;
            w->n++;
        }
    }
    return HONE_OK;
}

/* Bin numbers for the rows of one side from quantiles of the other; the last bin is for missing. */
static enum hone_code cut_numbers(struct hone_run *run, struct work *w, bool side)
{
    double *known;
    double edge[BINS];
    size_t n = 0;
    size_t edges = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &known, w->n));
    for (size_t i = 0; i < w->n; i++) {
        double v = w->x->key[w->row[i]];
        if (w->side[i] != side && !isnan(v)) {
            known[n++] = v;
        }
    }
    HONE_TRY(hone_sort_f64(run, n, known));
    for (size_t b = 1; b < BINS && n > 0; b++) {
        double e = known[b * n / BINS];
        if (e > known[0] && (edges == 0 || e > edge[edges - 1])) {
            edge[edges++] = e;
        }
    }
    for (size_t i = 0; i < w->n; i++) {
        double v = w->x->key[w->row[i]];
        size_t low = 0;
        size_t high = edges;
        while (low < high) { /* how many edges lie at or below v */
            size_t mid = (low + high) / 2;
            if (edge[mid] <= v) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        w->bin[i] = isnan(v) ? BINS : (uint32_t)low;
    }
    return HONE_OK;
}

static enum hone_code fit_half(struct hone_run *run, struct work *w, bool side, struct half *h)
{
    h->bins = w->x->code == NULL ? BINS + 1 : w->x->levels + 1;
    HONE_TRY(hone_matrix(run, &run->scratch, &h->sum, h->bins, w->width));
    HONE_TRY(hone_array(run, &run->scratch, &h->weight, h->bins));
    if (w->x->code == NULL) {
        HONE_TRY(cut_numbers(run, w, side));
    } else {
        for (size_t i = 0; i < w->n; i++) {
            uint32_t code = w->x->code[w->row[i]];
            w->bin[i] = code == UINT32_MAX ? (uint32_t)w->x->levels : code;
        }
    }
    for (size_t i = 0; i < w->n; i++) {
        if (w->side[i] == side) {
            continue;
        }
        size_t b = w->bin[i];
        h->weight[b] += 1;
        if (w->ctx->task == HONE_TASK_REGRESSION) {
            h->sum[b] += w->y[i];
        } else {
            h->sum[b * w->width + (size_t)w->y[i]] += 1;
        }
    }
    return HONE_OK;
}

/* Score the rows of one side: shrunk towards the mean of the other side by one row. */
static void score_half(const struct work *w, const struct half *h, bool side, double *score)
{
    double rows = 0;

    for (size_t b = 0; b < h->bins; b++) {
        rows += h->weight[b];
    }
    for (size_t k = 0; k < w->width; k++) {
        double all = 0;
        for (size_t b = 0; b < h->bins; b++) {
            all += h->sum[b * w->width + k];
        }
        double mean = rows > 0 ? all / rows : 0;
        for (size_t i = 0; i < w->n; i++) {
            size_t b = w->bin[i];
            if (w->side[i] == side) {
                score[i * w->width + k] =
                    (h->sum[b * w->width + k] + mean) / (h->weight[b] + 1);
            }
        }
    }
}

/* Hanley & McNeil, Radiology 143, 1982: the standard error of an AUC. */
static double auc_error(double auc, double positive, double negative)
{
    double q1 = auc / (2 - auc);
    double q2 = 2 * auc * auc / (1 + auc);
    double variance =
        auc * (1 - auc) + (positive - 1) * (q1 - auc * auc) + (negative - 1) * (q2 - auc * auc);
    return sqrt(fmax(0.0, variance) / (positive * negative));
}

/* How many rows the rarest class has, and which it is. */
static double rarest_class(const struct work *w, size_t *rarest)
{
    double least = (double)w->n;

    *rarest = 0;
    for (size_t k = 0; k < w->width; k++) {
        double n = 0;
        for (size_t i = 0; i < w->n; i++) {
            n += (size_t)w->y[i] == k ? 1 : 0;
        }
        if (n > 0 && n < least) {
            least = n;
            *rarest = k;
        }
    }
    return least;
}

/* Two classes: the second one becomes the rarer one, in the predictions too. */
static void swap_classes(struct work *w, double *score)
{
    for (size_t i = 0; i < w->n; i++) {
        double first = score[2 * i];
        w->y[i] = 1 - w->y[i];
        score[2 * i] = score[2 * i + 1];
        score[2 * i + 1] = first;
    }
}

static enum hone_code judge(struct hone_run *run, struct work *w, double *score,
                            struct hone_single *out)
{
    bool regression = w->ctx->task == HONE_TASK_REGRESSION;
    const struct hone_metric *metric = NULL;
    struct hone_measure measure;
    size_t rarest = 0;
    double rows = regression ? 0.0 : rarest_class(w, &rarest);
    struct hone_prediction p = {
        .task = regression      ? HONE_TASK_REGRESSION
                : w->width == 2 ? HONE_TASK_BINARY
                                : HONE_TASK_MULTICLASS,
        .rows = w->n,
        .classes = w->width,
        .y = w->y,
        .score = score,
    };

    if (!regression && w->width == 2 && rarest == 0) {
        swap_classes(w, score);
    }
    HONE_TRY(hone_metric_need(run, hone_str(regression ? "r2" : "roc_auc"), &metric));
    HONE_TRY(hone_metric_value(run, metric, NULL, &p, &measure));
    out->score = measure.value;
    out->sharp = 1;
    if (regression) { /* the usual large-sample formula for R2 */
        out->error = 2 * (1 - measure.value) * sqrt(fmax(0.0, measure.value) / (double)w->n);
        return HONE_OK;
    }
    out->error = auc_error(measure.value, rows, (double)w->n - rows);
    HONE_TRY(hone_metric_need(run, hone_str("average_precision"), &metric));
    HONE_TRY(hone_metric_value(run, metric, NULL, &p, &measure));
    out->sharp = measure.value;
    return HONE_OK;
}

/* Fit on one half, score the other. */
static enum hone_code cross(struct hone_run *run, struct work *w, bool side, double *score)
{
    struct half h;
    HONE_SCRATCH(run);

    HONE_TRY(fit_half(run, w, side, &h));
    score_half(w, &h, side, score);
    return HONE_OK;
}

enum hone_code hone_single_score(struct hone_run *run, const struct hone_check_ctx *ctx,
                                 const struct hone_predictor *x, size_t rows, const double *y,
                                 struct hone_single *out)
{
    struct work w = {.ctx = ctx, .x = x, .rows = rows, .target = y};
    double *score;
    HONE_SCRATCH(run);

    w.width = ctx->task == HONE_TASK_REGRESSION ? 1
              : ctx->classes < CLASSES          ? ctx->classes
                                                : CLASSES;
    out->score = out->error = out->sharp = (double)NAN;
    if (ctx->task != HONE_TASK_REGRESSION && ctx->classes < 2) {
        return HONE_OK;
    }
    HONE_TRY(sample_rows(run, &w));
    if (w.n < 20) {
        return HONE_OK; /* too few to tell */
    }
    HONE_TRY(hone_matrix(run, &run->scratch, &score, w.n, w.width));
    HONE_TRY(cross(run, &w, false, score));
    HONE_TRY(cross(run, &w, true, score));
    return judge(run, &w, score, out);
}

enum hone_code hone_predictor_of(struct hone_run *run, const struct hone_column *c,
                                 struct hone_arena *mem, struct hone_predictor *out)
{
    size_t step = c->rows / HONE_SINGLE_ROWS + 1;

    *out = (struct hone_predictor){0};
    if (hone_type_is_text(c->type) || c->type == HONE_BINARY) {
        struct hone_seen seen;
        uint32_t *code;
        HONE_TRY(hone_array(run, mem, &code, c->rows));
        HONE_TRY(hone_seen_new(run, c->rows / step + 1, mem, &seen));
        for (size_t i = 0; i < c->rows; i += step) {
            code[i] = hone_is_valid(c, i)
                          ? hone_seen_add(&seen, hone_cell_hash(c, i), (uint32_t)seen.n)
                          : UINT32_MAX;
        }
        out->code = code;
        out->levels = seen.n;
        return HONE_OK;
    }
    double *key;
    HONE_TRY(hone_array(run, mem, &key, c->rows));
    for (size_t i = 0; i < c->rows; i += step) {
        key[i] = hone_column_f64(c, i);
    }
    out->key = key;
    return HONE_OK;
}

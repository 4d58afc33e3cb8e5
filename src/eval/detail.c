#include "eval/detail.h"

#include <math.h>

#include "eval/metrics_priv.h"
#include "eval/stat.h"

#define NEAREST 1e-6 /* a probability's distance from 0 and 1 before its logit is taken */

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

static enum hone_code rank_scores(struct hone_run *run, const struct hone_prediction *p,
                                  size_t k, struct hone_class_score *s)
{
    const uint32_t *order;
    HONE_SCRATCH(run);

    HONE_TRY(hone_rank_class(run, p, k, &order));
    s->roc_auc = hone_class_auc(p, k, order);
    s->average_precision = hone_class_ap(p, k, order);
    return HONE_OK;
}

enum hone_code hone_class_scores(struct hone_run *run, const struct hone_prediction *p,
                                 struct hone_arena *mem, struct hone_class_score **out)
{
    struct hone_class_counts c;
    struct hone_class_score *list;
    HONE_SCRATCH(run);

    HONE_TRY(hone_prediction_check(run, p));
    if (p->classes < 2) {
        return hone_fail(run, HONE_E_ARG, "a regression has no classes");
    }
    HONE_TRY(hone_count_classes(run, p, &c));
    HONE_TRY(hone_array(run, mem, &list, p->classes));
    for (size_t k = 0; k < p->classes; k++) {
        struct hone_class_score *s = &list[k];
        double hits = hone_class_hits(&c, k);
        double others = c.total - c.truth[k];
        s->rows = c.truth[k];
        s->predicted = c.predicted[k];
        s->precision = ratio(hits, c.predicted[k]);
        s->recall = ratio(hits, c.truth[k]);
        s->specificity = ratio(others - (c.predicted[k] - hits), others);
        s->f1 = ratio(2 * hits, c.truth[k] + c.predicted[k]);
        HONE_TRY(rank_scores(run, p, k, s));
    }
    *out = list;
    return HONE_OK;
}

static enum hone_code need_two(struct hone_run *run, const struct hone_prediction *p)
{
    HONE_TRY(hone_prediction_check(run, p));
    return p->classes == 2 ? HONE_OK
                           : hone_fail(run, HONE_E_ARG, "this needs a target of two classes");
}

static void count_threshold(const struct hone_prediction *p, struct hone_threshold_row *t)
{
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        bool yes = hone_score_at(p, i, 1) >= t->at;
        if (p->y[i] > 0) {
            t->tp += yes ? w : 0.0;
            t->fn += yes ? 0.0 : w;
        } else {
            t->fp += yes ? w : 0.0;
            t->tn += yes ? 0.0 : w;
        }
    }
}

enum hone_code hone_threshold_rows(struct hone_run *run, const struct hone_prediction *p,
                                   const struct hone_value_matrix *worth, size_t n,
                                   const double *at, struct hone_arena *mem,
                                   struct hone_threshold_row **out)
{
    struct hone_threshold_row *list;

    HONE_TRY(need_two(run, p));
    HONE_TRY(hone_array(run, mem, &list, n));
    for (size_t i = 0; i < n; i++) {
        struct hone_threshold_row *t = &list[i];
        t->at = at[i];
        count_threshold(p, t);
        double all = t->tp + t->fp + t->fn + t->tn;
        t->share = (t->tp + t->fp) / all;
        t->precision = ratio(t->tp, t->tp + t->fp);
        t->recall = ratio(t->tp, t->tp + t->fn);
        t->fpr = ratio(t->fp, t->fp + t->tn);
        t->f1 = ratio(2 * t->tp, 2 * t->tp + t->fp + t->fn);
        t->accuracy = (t->tp + t->tn) / all;
        t->value = worth == NULL
                       ? (double)NAN
                       : (worth->true_positive * t->tp + worth->false_positive * t->fp +
                          worth->false_negative * t->fn + worth->true_negative * t->tn) /
                             all;
    }
    *out = list;
    return HONE_OK;
}

/* Spread the weight of tied rows, hits of it class 1, over the bins from *bin on. */
static void fill_bins(struct hone_lift_bin *list, size_t bins, double each, size_t *bin,
                      const double tied[2], double score)
{
    double left = tied[0];

    while (left > 0) {
        struct hone_lift_bin *b = &list[*bin];
        double room = each - b->weight;
        double part = left <= room || *bin + 1 == bins ? left : room;
        b->weight += part;
        b->rate += tied[1] * (part / tied[0]);
        b->score += part * score;
        left -= part;
        if (!(b->weight < each) && *bin + 1 < bins) {
            (*bin)++;
        }
    }
}

enum hone_code hone_lift_bins(struct hone_run *run, const struct hone_prediction *p,
                              size_t bins, struct hone_arena *mem, struct hone_lift_bin **out)
{
    struct hone_lift_bin *list;
    const uint32_t *order;
    double total = 0;
    double positive = 0;
    double taken = 0;
    double found = 0;
    size_t bin = 0;
    HONE_SCRATCH(run);

    HONE_TRY(need_two(run, p));
    HONE_TRY(hone_array(run, mem, &list, bins));
    HONE_TRY(hone_rank_class(run, p, 1, &order));
    for (size_t i = 0; i < p->rows; i++) {
        total += hone_weight_at(p, i);
        positive += p->y[i] > 0 ? hone_weight_at(p, i) : 0.0;
    }
    if (!(positive > 0)) {
        return hone_fail(run, HONE_E_NUMERIC, "no row is of the positive class");
    }
    for (size_t i = 0; i < p->rows;) {
        double score = hone_score_at(p, order[i], 1);
        double tied[2] = {0, 0};
        for (; i < p->rows && !(hone_score_at(p, order[i], 1) < score); i++) {
            double w = hone_weight_at(p, order[i]);
            tied[0] += w;
            tied[1] += p->y[order[i]] > 0 ? w : 0.0;
        }
        fill_bins(list, bins, total / (double)bins, &bin, tied, score);
    }
    for (size_t b = 0; b < bins; b++) {
        struct hone_lift_bin *l = &list[b];
        taken += l->weight;
        found += l->rate;
        l->rate = ratio(l->rate, l->weight);
        l->score = ratio(l->score, l->weight);
        l->lift = l->rate / (positive / total);
        l->captured = found / positive;
        l->cumulative = ratio(found, taken) / (positive / total);
    }
    *out = list;
    return HONE_OK;
}

/* Log-likelihood of slope and intercept, its gradient and minus its second derivatives. */
struct fit {
    double likelihood;
    double g[2];
    double h[3]; /* slope slope, slope intercept, intercept intercept */
};

static struct fit fit_at(const struct hone_prediction *p, const double *logit, double slope,
                         double intercept)
{
    struct fit f = {0};

    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        double z = slope * logit[i] + intercept;
        double q = 1 / (1 + exp(-z));
        double r = w * ((p->y[i] > 0 ? 1.0 : 0.0) - q);
        double v = w * q * (1 - q);
        /* log(1 + e^z) without overflow */
        double soft = (z > 0 ? z : 0.0) + log1p(exp(-fabs(z)));
        f.likelihood += w * ((p->y[i] > 0 ? z : 0.0) - soft);
        f.g[0] += r * logit[i];
        f.g[1] += r;
        f.h[0] += v * logit[i] * logit[i];
        f.h[1] += v * logit[i];
        f.h[2] += v;
    }
    return f;
}

/* Newton's method with halved steps; false when it runs away. */
static bool climb(const struct hone_prediction *p, const double *logit, double at[2],
                  struct fit *f)
{
    *f = fit_at(p, logit, at[0], at[1]);
    for (int i = 0; i < 60; i++) {
        double det = f->h[0] * f->h[2] - f->h[1] * f->h[1];
        if (!(det > 1e-12 * f->h[0] * f->h[2])) {
            return false;
        }
        double step[2] = {(f->g[0] * f->h[2] - f->g[1] * f->h[1]) / det,
                          (f->g[1] * f->h[0] - f->g[0] * f->h[1]) / det};
        double scale = 1;
        struct fit next = fit_at(p, logit, at[0] + step[0], at[1] + step[1]);
        while (next.likelihood < f->likelihood && scale > 1e-8) {
            scale /= 2;
            next = fit_at(p, logit, at[0] + scale * step[0], at[1] + scale * step[1]);
        }
        at[0] += scale * step[0];
        at[1] += scale * step[1];
        bool done = fabs(step[0]) < 1e-10 && fabs(step[1]) < 1e-10;
        *f = next;
        if (done) {
            return true;
        }
    }
    return fabs(at[0]) < 1e3;
}

enum hone_code hone_recalibrate(struct hone_run *run, const struct hone_prediction *p,
                                struct hone_recalibration *out)
{
    struct hone_recalibration r = {0};
    double weight[2] = {0, 0};
    double at[2] = {1, 0};
    struct fit f;
    double *logit;
    HONE_SCRATCH(run);

    HONE_TRY(need_two(run, p));
    HONE_TRY(hone_array(run, &run->scratch, &logit, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        double s = hone_score_at(p, i, 1);
        double q = fmin(fmax(s, NEAREST), 1 - NEAREST);
        logit[i] = log(q / (1 - q));
        weight[p->y[i] > 0] += hone_weight_at(p, i);
        r.promised += hone_weight_at(p, i) * s;
    }
    if (!(weight[0] > 0 && weight[1] > 0)) {
        return hone_fail(run, HONE_E_NUMERIC, "only one class is present");
    }
    double before = fit_at(p, logit, 1, 0).likelihood;
    if (!climb(p, logit, at, &f)) {
        return hone_fail(run, HONE_E_NUMERIC,
                         "the scores part the classes, or are all alike: no slope to fit");
    }
    double det = f.h[0] * f.h[2] - f.h[1] * f.h[1];
    r.slope = at[0];
    r.intercept = at[1];
    r.slope_error = sqrt(f.h[2] / det);
    r.intercept_error = sqrt(f.h[0] / det);
    r.promised /= weight[0] + weight[1];
    r.happened = weight[1] / (weight[0] + weight[1]);
    r.p_value = hone_chi2_sf(fmax(0.0, 2 * (f.likelihood - before)), 2);
    *out = r;
    return HONE_OK;
}

#include "explain/fairness.h"

#include <math.h>

#include "eval/stat.h"

#define Z95 1.959963984540054 /* normal quantile of 0.975 */

/* A share that so many rows stand behind, with Wilson's score interval. */
static struct hone_share share_of(double value, double n)
{
    struct hone_share s = {.value = value, .n = n};
    hone_wilson_bounds(value, n, Z95, &s.low, &s.high);
    return s;
}

struct hone_share hone_wilson(double hits, double n)
{
    return n <= 0 ? (struct hone_share){(double)NAN, (double)NAN, (double)NAN, 0}
                  : share_of(hits / n, n);
}

/* Newcombe, Statistics in Medicine 17, 1998, method 10: square and add the Wilson limits. */
static void difference(const struct hone_share *a, const struct hone_share *b,
                       struct hone_gap *g)
{
    g->value = a->value - b->value;
    g->low = g->value - hypot(a->value - a->low, b->high - b->value);
    g->high = g->value + hypot(a->high - a->value, b->value - b->low);
    g->ratio = a->value > 0 ? b->value / a->value : (double)NAN;
}

static const struct hone_share *rate_of(const struct hone_group *g, size_t which)
{
    return which == 0 ? &g->selection : which == 1 ? &g->tpr : &g->fpr;
}

/* The pair with the widest difference among groups with support. */
static bool widest(const struct hone_fairness *f, size_t which, struct hone_gap *out)
{
    size_t high = SIZE_MAX;
    size_t low = SIZE_MAX;
    for (size_t g = 0; g < f->groups; g++) {
        const struct hone_share *r = rate_of(&f->group[g], which);
        if (r->n < HONE_GROUP_SUPPORT) {
            continue;
        }
        if (high == SIZE_MAX || r->value > rate_of(&f->group[high], which)->value) {
            high = g;
        }
        if (low == SIZE_MAX || r->value < rate_of(&f->group[low], which)->value) {
            low = g;
        }
    }
    if (high == SIZE_MAX || high == low) {
        return false;
    }
    out->high_group = high;
    out->low_group = low;
    difference(rate_of(&f->group[high], which), rate_of(&f->group[low], which), out);
    out->verdict = out->low > f->tolerance    ? "fail"
                   : out->high < f->tolerance ? "pass"
                                              : "insufficient evidence";
    return true;
}

/* Rows of which a share is taken: what they weigh, and their weights' squares. */
struct weighed {
    double weight, square, hits;
};

static void add(struct weighed *w, double weight, double hit)
{
    w->weight += weight;
    w->square += weight * weight;
    w->hits += weight * hit;
}

/* As many rows of equal weight would tell as much.  Kish, Survey Sampling, 1965, sec. 11.7: 1 + the relative variance of
 * the weights. */
static struct hone_share share(const struct weighed *w)
{
    return w->weight > 0 ? share_of(w->hits / w->weight, w->weight * w->weight / w->square)
                         : hone_wilson(0, 0);
}

struct counts {
    size_t rows;
    struct weighed base, selection, tpr, fpr;
    double error;
};

static void count_row(struct counts *c, const struct hone_prediction *p, size_t i)
{
    double w = hone_weight_at(p, i);
    c->rows++;
    if (p->task == HONE_TASK_BINARY) {
        double hit = (double)(hone_predicted(p, i) == 1);
        add(&c->base, w, p->y[i]);
        add(&c->selection, w, hit);
        add(p->y[i] > 0 ? &c->tpr : &c->fpr, w, hit);
    } else {
        add(&c->base, w, 0);
        c->error += w * (hone_score_at(p, i, 0) - p->y[i]);
    }
}

static void fill_group(const struct counts *c, struct hone_group *g)
{
    g->rows = c->rows;
    g->base = share(&c->base);
    g->selection = share(&c->selection);
    g->tpr = share(&c->tpr);
    g->fpr = share(&c->fpr);
    g->mean_error = c->base.weight > 0 ? c->error / c->base.weight : (double)NAN;
}

/* The metric on one group: the rows of the others count 0. */
static enum hone_code value_of_group(struct hone_run *run, const struct hone_prediction *p,
                                     const uint32_t *code, uint32_t g,
                                     const struct hone_metric *metric, double *out)
{
    HONE_SCRATCH(run);
    struct hone_prediction one = *p;
    struct hone_measure measure;
    uint8_t *count;
    HONE_TRY(hone_array(run, &run->scratch, &count, p->rows));
    bool some = false;
    for (size_t i = 0; i < p->rows; i++) {
        count[i] = code[i] == g;
        some = some || (count[i] > 0 && hone_weight_at(p, i) > 0);
    }
    *out = (double)NAN;
    if (!some) {
        return HONE_OK;
    }
    one.count = count;
    HONE_TRY(hone_metric_value(run, metric, NULL, &one, &measure));
    *out = measure.value;
    return HONE_OK;
}

enum hone_code hone_fairness(struct hone_run *run, const struct hone_prediction *p,
                             const uint32_t *code, size_t groups, const char *const *name,
                             double tolerance, struct hone_arena *mem,
                             struct hone_fairness *out)
{
    static const char *const gap_name[] = {"demographic_parity_difference",
                                           "equal_opportunity_difference",
                                           "false_positive_rate_difference"};
    HONE_SCRATCH(run);
    struct hone_fairness f = {
        .metric = hone_metric_default(p->task), .groups = groups, .tolerance = tolerance};
    struct counts *counts;
    if (p->task == HONE_TASK_MULTICLASS) {
        return hone_fail(run, HONE_E_ARG, "group rates are for two classes or numbers");
    }
    HONE_TRY(hone_array(run, &run->scratch, &counts, groups));
    HONE_TRY(hone_array(run, mem, &f.group, groups));
    bool binary = p->task == HONE_TASK_BINARY;
    f.rates = binary;
    for (size_t i = 0; i < p->rows; i++) {
        count_row(&counts[code[i]], p, i);
    }
    for (size_t g = 0; g < groups; g++) {
        f.group[g].name = name[g];
        fill_group(&counts[g], &f.group[g]);
        HONE_TRY(value_of_group(run, p, code, (uint32_t)g, f.metric, &f.group[g].value));
    }
    for (size_t which = 0; which < 3 && binary; which++) {
        struct hone_gap gap = {.name = gap_name[which]};
        if (widest(&f, which, &gap)) {
            f.gap[f.gaps++] = gap;
        }
    }
    *out = f;
    return HONE_OK;
}

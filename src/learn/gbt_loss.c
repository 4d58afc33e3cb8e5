/* What is minimised: losses, their gradients as integers, and the constants that boosting begins at. */
#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "learn/gbt_priv.h"

static double weight_of(const struct hone_gbt_block *b, size_t i)
{
    return b->weight == NULL ? 1.0 : b->weight[i];
}

static void put(struct hone_gbt_pair *out, const struct hone_gbt_units *units, double g,
                double h)
{
    out->g = (int32_t)lrint(g * units->per_g);
    out->h = (uint32_t)lrint(h * units->per_h);
}

static double weight_max(const struct hone_gbt_block *b)
{
    double most = b->weight == NULL ? 1.0 : 0.0;
    for (size_t i = b->begin; b->weight != NULL && i < b->end; i++) {
        most = fmax(most, b->weight[i]);
    }
    return most;
}

/* --- squared error: (y - s)^2 / 2 --------------------------------------------------------- */

static double design_weight(const struct hone_design *d, size_t i)
{
    return d->weight == NULL ? 1.0 : d->weight[i];
}

static enum hone_code mean_base(struct hone_run *run, const struct hone_design *d, double *base)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < d->rows; i++) {
        sum += design_weight(d, i) * d->y[i];
        total += design_weight(d, i);
    }
    if (!(total > 0)) {
        return hone_fail(run, HONE_E_ARG, "the weights of the training rows add up to 0");
    }
    *base = sum / total;
    return HONE_OK;
}

static void squared_bound(const struct hone_gbt_block *b, double *g, double *h)
{
    for (size_t i = b->begin; i < b->end; i++) {
        *g = fmax(*g, weight_of(b, i) * fabs(b->score[i] - b->y[i]));
    }
    *h = fmax(*h, weight_max(b));
}

static void squared_gradient(const struct hone_gbt_block *b, const struct hone_gbt_units *units,
                             struct hone_gbt_pair *out)
{
    for (size_t i = b->begin; i < b->end; i++) {
        double w = weight_of(b, i);
        put(&out[i], units, w * (b->score[i] - b->y[i]), w);
    }
}

static double squared_loss(const struct hone_gbt_block *b)
{
    double sum = 0;
    for (size_t i = b->begin; i < b->end; i++) {
        double r = b->score[i] - b->y[i];
        sum += weight_of(b, i) * r * r / 2;
    }
    return sum;
}

/* --- absolute error: |y - s| ---------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The weighted median of y: the smallest value that half of the weight does not exceed. */
static enum hone_code median_base(struct hone_run *run, const struct hone_design *d,
                                  double *base)
{
    double *pair; /* (rows)(value, weight) */
    double total = 0, held = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &pair, d->rows, (size_t)2));
    for (size_t i = 0; i < d->rows; i++) {
        pair[2 * i] = d->y[i];
        pair[2 * i + 1] = design_weight(d, i);
        total += pair[2 * i + 1];
    }
    if (!(total > 0)) {
        return hone_fail(run, HONE_E_ARG, "the weights of the training rows add up to 0");
    }
    qsort(pair, d->rows, 2 * sizeof *pair, by_value);
    size_t i = 0;
    for (; i + 1 < d->rows && held + pair[2 * i + 1] < total / 2; i++) {
        held += pair[2 * i + 1];
    }
    *base = pair[2 * i];
    return HONE_OK;
}

static void absolute_bound(const struct hone_gbt_block *b, double *g, double *h)
{
    *g = fmax(*g, weight_max(b));
    *h = fmax(*h, weight_max(b));
}

static void absolute_gradient(const struct hone_gbt_block *b,
                              const struct hone_gbt_units *units, struct hone_gbt_pair *out)
{
    for (size_t i = b->begin; i < b->end; i++) {
        double w = weight_of(b, i), r = b->score[i] - b->y[i];
        put(&out[i], units, r > 0 ? w : r < 0 ? -w : 0, w);
    }
}

static double absolute_loss(const struct hone_gbt_block *b)
{
    double sum = 0;
    for (size_t i = b->begin; i < b->end; i++) {
        sum += weight_of(b, i) * fabs(b->score[i] - b->y[i]);
    }
    return sum;
}

/* --- Poisson deviance with a log link: exp(s) - y s ------------------------------------------ */

/* Beyond this exp(score) would leave the range of float. */
#define LOG_MOST 80.0

static enum hone_code poisson_base(struct hone_run *run, const struct hone_design *d,
                                   double *base)
{
    for (size_t i = 0; i < d->rows; i++) {
        if (d->y[i] < 0) {
            return hone_fail(run, HONE_E_ARG,
                             "row %zu: the target is %g, the Poisson loss needs counts >= 0", i,
                             d->y[i]);
        }
    }
    HONE_TRY(mean_base(run, d, base));
    if (!(*base > 0)) {
        return hone_fail(run, HONE_E_ARG, "every target is 0: the Poisson loss has no minimum");
    }
    *base = log(*base);
    return HONE_OK;
}

static double rate(double score)
{
    return exp(fmin(score, LOG_MOST));
}

static void poisson_bound(const struct hone_gbt_block *b, double *g, double *h)
{
    for (size_t i = b->begin; i < b->end; i++) {
        double w = weight_of(b, i), mu = rate(b->score[i]);
        *g = fmax(*g, w * fabs(mu - b->y[i]));
        *h = fmax(*h, w * mu);
    }
}

static void poisson_gradient(const struct hone_gbt_block *b, const struct hone_gbt_units *units,
                             struct hone_gbt_pair *out)
{
    for (size_t i = b->begin; i < b->end; i++) {
        double w = weight_of(b, i), mu = rate(b->score[i]);
        put(&out[i], units, w * (mu - b->y[i]), w * mu);
    }
}

static double poisson_loss(const struct hone_gbt_block *b)
{
    double sum = 0;
    for (size_t i = b->begin; i < b->end; i++) {
        sum += weight_of(b, i) * (rate(b->score[i]) - b->y[i] * b->score[i]);
    }
    return sum;
}

/* --- logistic: log(1 + exp(-s)) for y = 1, log(1 + exp(s)) for y = 0 ------------------------- */

/* The least share of a class: as if half a row of it were added. */
static double least_share(const struct hone_design *d)
{
    double total = 0;
    for (size_t i = 0; i < d->rows; i++) {
        total += design_weight(d, i);
    }
    return 0.5 / (total + 1);
}

/* Log-odds of the share of ones, kept finite. */
static enum hone_code logistic_base(struct hone_run *run, const struct hone_design *d,
                                    double *base)
{
    double least = least_share(d);
    HONE_TRY(mean_base(run, d, base));
    double p = fmin(fmax(*base, least), 1 - least);
    *base = log(p / (1 - p));
    return HONE_OK;
}

static void logistic_bound(const struct hone_gbt_block *b, double *g, double *h)
{
    double w = weight_max(b);
    *g = fmax(*g, w);
    *h = fmax(*h, w / 4);
}

static void logistic_gradient(const struct hone_gbt_block *b,
                              const struct hone_gbt_units *units, struct hone_gbt_pair *out)
{
    for (size_t i = b->begin; i < b->end; i++) {
        double w = weight_of(b, i), p = 1 / (1 + exp(-b->score[i]));
        put(&out[i], units, w * (p - b->y[i]), w * p * (1 - p));
    }
}

static double logistic_loss(const struct hone_gbt_block *b)
{
    double sum = 0;
    for (size_t i = b->begin; i < b->end; i++) {
        double s = b->score[i];
        sum += weight_of(b, i) * (fmax(s, 0) - s * b->y[i] + log1p(exp(-fabs(s))));
    }
    return sum;
}

/* --- softmax: log sum exp(s) - s[y] ----------------------------------------------------------- */

static enum hone_code softmax_base(struct hone_run *run, const struct hone_design *d,
                                   double *base)
{
    double total = 0;
    for (size_t k = 0; k < d->classes; k++) {
        base[k] = 0;
    }
    for (size_t i = 0; i < d->rows; i++) {
        base[(size_t)d->y[i]] += design_weight(d, i);
        total += design_weight(d, i);
    }
    if (!(total > 0)) {
        return hone_fail(run, HONE_E_ARG, "the weights of the training rows add up to 0");
    }
    for (size_t k = 0; k < d->classes; k++) {
        base[k] = log(fmax(base[k] / total, least_share(d)));
    }
    return HONE_OK;
}

static double score_max(const struct hone_gbt_block *b, size_t i)
{
    double most = b->score[i];
    for (size_t k = 1; k < b->scores; k++) {
        most = fmax(most, b->score[k * b->rows + i]);
    }
    return most;
}

static void softmax_gradient(const struct hone_gbt_block *b, const struct hone_gbt_units *units,
                             struct hone_gbt_pair *out)
{
    for (size_t i = b->begin; i < b->end; i++) {
        double most = score_max(b, i), sum = 0, w = weight_of(b, i);
        for (size_t k = 0; k < b->scores; k++) {
            sum += exp(b->score[k * b->rows + i] - most);
        }
        for (size_t k = 0; k < b->scores; k++) {
            double p = exp(b->score[k * b->rows + i] - most) / sum;
            double hit = (size_t)b->y[i] == k ? 1 : 0;
            put(&out[k * b->rows + i], units, w * (p - hit), w * p * (1 - p));
        }
    }
}

static double softmax_loss(const struct hone_gbt_block *b)
{
    double total = 0;
    for (size_t i = b->begin; i < b->end; i++) {
        double most = score_max(b, i), sum = 0;
        for (size_t k = 0; k < b->scores; k++) {
            sum += exp(b->score[k * b->rows + i] - most);
        }
        double own = b->score[(size_t)b->y[i] * b->rows + i];
        total += weight_of(b, i) * (log(sum) + most - own);
    }
    return total;
}

/* --- the list, and what works on any of them --------------------------------------------------- */

static const struct hone_gbt_loss squared = {"squared",        mean_base,    squared_bound,
                                             squared_gradient, squared_loss, .median = false};
static const struct hone_gbt_loss absolute = {"absolute",        median_base,   absolute_bound,
                                              absolute_gradient, absolute_loss, .median = true};
static const struct hone_gbt_loss poisson = {"poisson",        poisson_base, poisson_bound,
                                             poisson_gradient, poisson_loss, .log_link = true};
static const struct hone_gbt_loss logistic = {"logistic",     logistic_base,
                                              logistic_bound, logistic_gradient,
                                              logistic_loss,  .median = false};
static const struct hone_gbt_loss softmax = {"softmax",        softmax_base, logistic_bound,
                                             softmax_gradient, softmax_loss, .median = false};

const struct hone_gbt_loss *hone_gbt_loss_find(enum hone_task task, const char *name)
{
    bool any = name == NULL || strcmp(name, "auto") == 0;

    if (task == HONE_TASK_BINARY) {
        return any ? &logistic : NULL;
    }
    if (task == HONE_TASK_MULTICLASS) {
        return any ? &softmax : NULL;
    }
    if (any || strcmp(name, squared.name) == 0) {
        return &squared;
    }
    return strcmp(name, absolute.name) == 0  ? &absolute
           : strcmp(name, poisson.name) == 0 ? &poisson
                                             : NULL;
}

struct pass {
    const struct hone_gbt_loss *loss;
    const struct hone_gbt_block *all;
    double *partial;
    const struct hone_gbt_units *units;
    struct hone_gbt_pair *out;
};

static size_t block_count(const struct hone_gbt_block *all)
{
    return (all->end - all->begin + HONE_GBT_BLOCK - 1) / HONE_GBT_BLOCK;
}

static struct hone_gbt_block block_at(const struct hone_gbt_block *all, size_t chunk)
{
    struct hone_gbt_block b = *all;
    b.begin = all->begin + chunk * HONE_GBT_BLOCK;
    b.end = b.begin + HONE_GBT_BLOCK < all->end ? b.begin + HONE_GBT_BLOCK : all->end;
    return b;
}

static void loss_block(void *ctx, size_t chunk, size_t worker)
{
    const struct pass *p = ctx;
    struct hone_gbt_block b = block_at(p->all, chunk);
    (void)worker;
    p->partial[chunk] = p->loss->loss(&b);
}

double hone_gbt_loss_sum(struct hone_run *run, const struct hone_gbt_loss *loss,
                         const struct hone_gbt_block *part, double *partial)
{
    struct pass p = {.loss = loss, .all = part, .partial = partial};
    double sum = 0;

    hone_parallel(run, block_count(part), loss_block, &p);
    for (size_t c = 0; c < block_count(part); c++) {
        sum += partial[c];
    }
    return sum;
}

double hone_gbt_loss_weight(const struct hone_gbt_block *part)
{
    double total = 0;

    for (size_t i = part->begin; part->weight != NULL && i < part->end; i++) {
        total += part->weight[i];
    }
    return part->weight == NULL ? (double)(part->end - part->begin) : total;
}

double hone_gbt_loss_mean(struct hone_run *run, const struct hone_gbt_loss *loss,
                          const struct hone_gbt_block *all, double *partial)
{
    double total = hone_gbt_loss_weight(all);
    return total > 0 ? hone_gbt_loss_sum(run, loss, all, partial) / total : 0;
}

static void bound_block(void *ctx, size_t chunk, size_t worker)
{
    const struct pass *p = ctx;
    struct hone_gbt_block b = block_at(p->all, chunk);
    (void)worker;
    p->partial[2 * chunk] = 0;
    p->partial[2 * chunk + 1] = 0;
    p->loss->bound(&b, &p->partial[2 * chunk], &p->partial[2 * chunk + 1]);
}

static void gradient_block(void *ctx, size_t chunk, size_t worker)
{
    const struct pass *p = ctx;
    struct hone_gbt_block b = block_at(p->all, chunk);
    (void)worker;
    p->loss->gradient(&b, p->units, p->out);
}

/* The power of two that is at least x; 1 for 0. */
static double power_above(double x)
{
    int exponent;
    if (!(x > 0)) {
        return 1;
    }
    return frexp(x, &exponent) > 0.5 ? ldexp(1, exponent) : ldexp(1, exponent - 1);
}

void hone_gbt_gradients(struct hone_run *run, const struct hone_gbt_loss *loss,
                        const struct hone_gbt_block *all, double *partial,
                        struct hone_gbt_units *units, struct hone_gbt_pair *out)
{
    struct pass p = {loss, all, partial, units, out};
    double g = 0, h = 0;
    unsigned bits = 1;

    hone_parallel(run, block_count(all), bound_block, &p);
    for (size_t c = 0; c < block_count(all); c++) {
        g = fmax(g, partial[2 * c]);
        h = fmax(h, partial[2 * c + 1]);
    }
    while (((uint64_t)all->rows >> bits) != 0) {
        bits++;
    }
    /* g: 2^30 steps, and 2^32 rows still fit 63 bits.  h: rows * steps < 2^(62 - bits), and at most 2^31
     * steps; steps is a power of two at most 2^(62 - bits) / 2^bits. */
    int h_bits = 62 - 2 * (int)bits < 31 ? 62 - 2 * (int)bits : 31;
    units->g = ldexp(power_above(g), -30);
    units->h = ldexp(power_above(h), -h_bits);
    units->per_g = 1 / units->g;
    units->per_h = 1 / units->h;
    units->count_bits = bits;
    hone_parallel(run, block_count(all), gradient_block, &p);
}

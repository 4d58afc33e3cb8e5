/* Metrics of predicted numbers. */
#include <float.h>
#include <math.h>

#include "eval/metrics_priv.h"
#include "eval/order.h"

#define SOURCE "scikit-learn 1.2, sklearn.metrics"

typedef double (*row_loss)(double y, double prediction, double alpha);

static double squared(double y, double f, double alpha)
{
    (void)alpha;
    return (y - f) * (y - f);
}

static double absolute(double y, double f, double alpha)
{
    (void)alpha;
    return fabs(y - f);
}

static double relative(double y, double f, double alpha)
{
    (void)alpha;
    return fabs(y - f) / fmax(fabs(y), DBL_EPSILON);
}

static double quantile_loss(double y, double f, double alpha)
{
    return y >= f ? alpha * (y - f) : (1 - alpha) * (f - y);
}

static double mean_of(const struct hone_prediction *p, row_loss loss, double alpha)
{
    double sum = 0;
    double total = 0;

    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        sum += w * loss(p->y[i], hone_score_at(p, i, 0), alpha);
        total += w;
    }
    return sum / total;
}

static enum hone_code mse(struct hone_run *run, const void *settings,
                          const struct hone_prediction *p, struct hone_measure *out)
{
    (void)run;
    (void)settings;
    out->value = mean_of(p, squared, 0);
    return HONE_OK;
}

static enum hone_code rmse(struct hone_run *run, const void *settings,
                           const struct hone_prediction *p, struct hone_measure *out)
{
    (void)run;
    (void)settings;
    out->value = sqrt(mean_of(p, squared, 0));
    return HONE_OK;
}

static enum hone_code mae(struct hone_run *run, const void *settings,
                          const struct hone_prediction *p, struct hone_measure *out)
{
    (void)run;
    (void)settings;
    out->value = mean_of(p, absolute, 0);
    return HONE_OK;
}

static enum hone_code mape(struct hone_run *run, const void *settings,
                           const struct hone_prediction *p, struct hone_measure *out)
{
    (void)run;
    (void)settings;
    out->value = mean_of(p, relative, 0);
    for (size_t i = 0; i < p->rows; i++) {
        if (!(fabs(p->y[i]) > 0)) {
            out->why = "a target is 0: its relative error is divided by 2.2e-16";
            break;
        }
    }
    return HONE_OK;
}

static enum hone_code pinball(struct hone_run *run, const void *settings,
                              const struct hone_prediction *p, struct hone_measure *out)
{
    const struct hone_metric_settings *set = settings;

    (void)run;
    out->value = mean_of(p, quantile_loss, set->alpha);
    return HONE_OK;
}

static enum hone_code max_error(struct hone_run *run, const void *settings,
                                const struct hone_prediction *p, struct hone_measure *out)
{
    double worst = 0;

    (void)run;
    (void)settings;
    for (size_t i = 0; i < p->rows; i++) {
        if (hone_weight_at(p, i) > 0) {
            worst = fmax(worst, fabs(p->y[i] - hone_score_at(p, i, 0)));
        }
    }
    out->value = worst;
    return HONE_OK;
}

static enum hone_code r2(struct hone_run *run, const void *settings,
                         const struct hone_prediction *p, struct hone_measure *out)
{
    double sum = 0;
    double total = 0;
    double around = 0;
    double left = 0;
    size_t taken = 0;

    (void)run;
    (void)settings;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        sum += w * p->y[i];
        total += w;
        taken += w > 0 ? 1 : 0;
    }
    if (taken < 2 && p->count == NULL) {
        *out = (struct hone_measure){(double)NAN, "fewer than two rows"};
        return HONE_OK;
    }
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        double e = p->y[i] - hone_score_at(p, i, 0);
        double d = p->y[i] - sum / total;
        left += w * e * e;
        around += w * d * d;
    }
    if (around > 0) {
        out->value = 1 - left / around;
    } else { /* force_finite of scikit-learn */
        *out = (struct hone_measure){left > 0 ? 0.0 : 1.0, "the target is constant"};
    }
    return HONE_OK;
}

static double error_at(const struct hone_prediction *p, size_t row)
{
    return fabs(p->y[row] - hone_score_at(p, row, 0));
}

/* Without weights the mean of the two middle values of an even number; with weights the lower. */
static double middle(const struct hone_prediction *p, const uint32_t *order)
{
    double total = 0;
    double seen = 0;
    double half;
    size_t i = 0;

    for (size_t j = 0; j < p->rows; j++) {
        total += hone_weight_at(p, order[j]);
    }
    half = total / 2;
    for (; i + 1 < p->rows; i++) {
        seen += hone_weight_at(p, order[i]);
        if (seen >= half && hone_weight_at(p, order[i]) > 0) {
            break;
        }
    }
    if (p->weight != NULL || seen > half || i + 1 >= p->rows) {
        return error_at(p, order[i]);
    }
    size_t next = i + 1;
    while (next + 1 < p->rows && !(hone_weight_at(p, order[next]) > 0)) {
        next++;
    }
    return 0.5 * (error_at(p, order[i]) + error_at(p, order[next]));
}

static enum hone_code median_ae(struct hone_run *run, const void *settings,
                                const struct hone_prediction *p, struct hone_measure *out)
{
    uint32_t *own;
    double *value;
    HONE_SCRATCH(run);

    (void)settings;
    if (p->order != NULL) {
        out->value = middle(p, p->order);
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &own, p->rows));
    HONE_TRY(hone_array(run, &run->scratch, &value, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        value[i] = error_at(p, i);
    }
    HONE_TRY(hone_order_by(run, p->rows, value, false, own));
    out->value = middle(p, own);
    return HONE_OK;
}

static const struct hone_param pinball_rows[] = {
    HONE_REAL(struct hone_metric_settings, alpha, 0.5, 0, 1, .help = "the quantile predicted"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .part.source = SOURCE,                   \
    .tasks = HONE_TASK_REGRESSION

const struct hone_metric hone_metric_rmse = {
    HEAD("rmse", "root of the mean squared error, in units of the target"),
    .reported = true,
    .value = rmse,
};

const struct hone_metric hone_metric_mae = {
    HEAD("mae", "mean absolute error, in units of the target"),
    .reported = true,
    .value = mae,
};

const struct hone_metric hone_metric_r2 = {
    HEAD("r2", "share of the target's variance explained"),
    .greater_is_better = true,
    .reported = true,
    .value = r2,
};

const struct hone_metric hone_metric_median_ae = {
    HEAD("median_ae", "median absolute error, in units of the target"),
    .reported = true,
    .value = median_ae,
};

const struct hone_metric hone_metric_mape = {
    HEAD("mape", "mean error relative to the target, as a fraction"),
    .reported = true,
    .value = mape,
};

const struct hone_metric hone_metric_mse = {
    HEAD("mse", "mean squared error"),
    .value = mse,
};

const struct hone_metric hone_metric_max_error = {
    HEAD("max_error", "largest absolute error"),
    .value = max_error,
};

const struct hone_metric hone_metric_pinball = {
    HEAD("pinball", "mean quantile loss"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = pinball_rows,
    .value = pinball,
};

/* Metrics of predicted numbers. */
#include <float.h>
#include <math.h>

#include "eval/metrics_priv.h"
#include "eval/order.h"

#define SOURCE "scikit-learn 1.2, sklearn.metrics"

typedef double (*pair_loss)(double y, double prediction, double alpha);

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

static double mean_of(const struct hone_prediction *p, pair_loss loss, double alpha)
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

/* The loss of a row as metrics have it. */
#define ROW_LOSS(name, of, parameter)                                                          \
    static double name(const void *settings, const struct hone_prediction *p, size_t row)      \
    {                                                                                          \
        const struct hone_metric_settings *set = settings;                                     \
        (void)set;                                                                             \
        return fmax(0.0, of(p->y[row], hone_score_at(p, row, 0), parameter));                  \
    }

ROW_LOSS(squared_loss, squared, 0)
ROW_LOSS(absolute_loss, absolute, 0)
ROW_LOSS(relative_loss, relative, 0)
ROW_LOSS(pinball_loss, quantile_loss, set->alpha)

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

/* --- losses in rows of their own ------------------------------------------------------- */

static double signed_error(double y, double f, double alpha)
{
    (void)alpha;
    return f - y;
}

static double log_squared(double y, double f, double alpha)
{
    double d = log1p(y) - log1p(f);
    (void)alpha;
    return d * d;
}

static double symmetric(double y, double f, double alpha)
{
    double size = fabs(y) + fabs(f);
    (void)alpha;
    return size > 0 ? 2 * fabs(y - f) / size : 0.0;
}

static double log_cosh_of(double y, double f, double alpha)
{
    double e = fabs(y - f); /* log cosh e without overflow */
    (void)alpha;
    return e + log1p(exp(-2 * e)) - log(2);
}

static double huber_of(double y, double f, double delta)
{
    double e = fabs(y - f);
    return e <= delta ? 0.5 * e * e : delta * (e - 0.5 * delta);
}

static double poisson_of(double y, double f, double alpha)
{
    (void)alpha;
    return 2 * ((y > 0 ? y * log(y / f) : 0.0) - y + f);
}

static double gamma_of(double y, double f, double alpha)
{
    (void)alpha;
    return 2 * (log(f / y) + y / f - 1);
}

/* Whether every row that counts has a target and a prediction above (or at) its bound. */
static bool all_above(const struct hone_prediction *p, double y_bound, bool y_may,
                      double f_bound, bool f_may)
{
    for (size_t i = 0; i < p->rows; i++) {
        double f = hone_score_at(p, i, 0);
        bool y_fine = p->y[i] > y_bound || (y_may && !(p->y[i] < y_bound));
        bool f_fine = f > f_bound || (f_may && !(f < f_bound));
        if (hone_weight_at(p, i) > 0 && !(y_fine && f_fine)) {
            return false;
        }
    }
    return true;
}

ROW_LOSS(log_squared_loss, log_squared, 0)
ROW_LOSS(symmetric_loss, symmetric, 0)
ROW_LOSS(log_cosh_loss, log_cosh_of, 0)
ROW_LOSS(huber_loss, huber_of, set->delta)
ROW_LOSS(poisson_loss, poisson_of, 0)
ROW_LOSS(gamma_loss, gamma_of, 0)

static enum hone_code msle(struct hone_run *run, const void *settings,
                           const struct hone_prediction *p, struct hone_measure *out)
{
    (void)run;
    (void)settings;
    if (!all_above(p, 0, true, 0, true)) {
        *out = (struct hone_measure){(double)NAN, "a target or prediction is negative"};
        return HONE_OK;
    }
    out->value = mean_of(p, log_squared, 0);
    return HONE_OK;
}

static enum hone_code rmsle(struct hone_run *run, const void *settings,
                            const struct hone_prediction *p, struct hone_measure *out)
{
    HONE_TRY(msle(run, settings, p, out));
    out->value = sqrt(out->value);
    return HONE_OK;
}

static enum hone_code poisson_deviance(struct hone_run *run, const void *settings,
                                       const struct hone_prediction *p,
                                       struct hone_measure *out)
{
    (void)run;
    (void)settings;
    if (!all_above(p, 0, true, 0, false)) {
        *out = (struct hone_measure){(double)NAN,
                                     "a target is negative or a prediction is not above 0"};
        return HONE_OK;
    }
    out->value = mean_of(p, poisson_of, 0);
    return HONE_OK;
}

static enum hone_code gamma_deviance(struct hone_run *run, const void *settings,
                                     const struct hone_prediction *p, struct hone_measure *out)
{
    (void)run;
    (void)settings;
    if (!all_above(p, 0, false, 0, false)) {
        *out = (struct hone_measure){(double)NAN, "a target or prediction is not above 0"};
        return HONE_OK;
    }
    out->value = mean_of(p, gamma_of, 0);
    return HONE_OK;
}

/* 1 - left / around where the target varies; scikit-learn's force_finite where it does not. */
static struct hone_measure explained(double left, double around)
{
    if (around > 0) {
        return (struct hone_measure){1 - left / around, NULL};
    }
    return (struct hone_measure){left > 0 ? 0.0 : 1.0, "the target is constant"};
}

static size_t rows_that_count(const struct hone_prediction *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->rows; i++) {
        n += hone_weight_at(p, i) > 0 ? 1 : 0;
    }
    return n;
}

/* The same of a resample in one pass: around a pivot, which costs digits that no interval has. */
static struct hone_measure r2_of_counts(const struct hone_prediction *p)
{
    double pivot = p->y[p->rows / 2];
    double total = 0;
    double sum = 0;
    double square = 0;
    double left = 0;

    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        double e = p->y[i] - hone_score_at(p, i, 0);
        double d = p->y[i] - pivot;
        total += w;
        sum += w * d;
        square += w * d * d;
        left += w * e * e;
    }
    double around = square - sum * sum / total;
    return explained(left, around > 1e-12 * square ? around : 0);
}

static enum hone_code r2(struct hone_run *run, const void *settings,
                         const struct hone_prediction *p, struct hone_measure *out)
{
    double sum = 0;
    double total = 0;
    double around = 0;
    double left = 0;

    (void)run;
    (void)settings;
    if (p->count != NULL) {
        *out = r2_of_counts(p);
        return HONE_OK;
    }
    if (rows_that_count(p) < 2) {
        *out = (struct hone_measure){(double)NAN, "fewer than two rows"};
        return HONE_OK;
    }
    for (size_t i = 0; i < p->rows; i++) {
        sum += hone_weight_at(p, i) * p->y[i];
        total += hone_weight_at(p, i);
    }
    double mean = sum / total;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        double e = p->y[i] - hone_score_at(p, i, 0);
        left += w * e * e;
        around += w * (p->y[i] - mean) * (p->y[i] - mean);
    }
    *out = explained(left, around);
    return HONE_OK;
}

static enum hone_code explained_variance(struct hone_run *run, const void *settings,
                                         const struct hone_prediction *p,
                                         struct hone_measure *out)
{
    double bias = mean_of(p, signed_error, 0);
    double mean = 0;
    double total = 0;
    double left = 0;
    double around = 0;

    (void)run;
    (void)settings;
    for (size_t i = 0; i < p->rows; i++) {
        mean += hone_weight_at(p, i) * p->y[i];
        total += hone_weight_at(p, i);
    }
    mean /= total;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        double e = hone_score_at(p, i, 0) - p->y[i] - bias;
        left += w * e * e;
        around += w * (p->y[i] - mean) * (p->y[i] - mean);
    }
    *out = explained(left, around);
    return HONE_OK;
}

/* --- what needs an order --------------------------------------------------------------- */

static double error_at(const struct hone_prediction *p, size_t row)
{
    return fabs(p->y[row] - hone_score_at(p, row, 0));
}

static double target_at(const struct hone_prediction *p, size_t row)
{
    return p->y[row];
}

typedef double (*row_value)(const struct hone_prediction *p, size_t row);

/* The value at a place, counted from 0, among rows that stand there as often as they weigh. */
static double value_at_place(const struct hone_prediction *p, const uint32_t *order,
                             row_value of, double at)
{
    double seen = 0;
    size_t last = 0;

    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, order[i]);
        if (!(w > 0)) {
            continue;
        }
        last = i;
        seen += w;
        if (seen > at) {
            break;
        }
    }
    return of(p, order[last]);
}

/*
 * The quantile q of a value in whose order the rows are: without weights by linear interpolation, with weights
 * the lower of the two, as scikit-learn has it.
 */
static double quantile_of(const struct hone_prediction *p, const uint32_t *order, row_value of,
                          double q)
{
    double total = 0;

    for (size_t i = 0; i < p->rows; i++) {
        total += hone_weight_at(p, i);
    }
    if (p->weight == NULL) {
        double at = q * (total - 1);
        double low = value_at_place(p, order, of, floor(at));
        double part = at - floor(at);
        return part > 0 ? low + part * (value_at_place(p, order, of, floor(at) + 1) - low)
                        : low;
    }
    double seen = 0;
    size_t last = 0;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, order[i]);
        if (!(w > 0)) {
            continue;
        }
        last = i;
        seen += w;
        if (seen >= q * total) {
            break;
        }
    }
    return of(p, order[last]);
}

static enum hone_code order_rows(struct hone_run *run, const struct hone_prediction *p,
                                 row_value of, const uint32_t **out)
{
    uint32_t *own;
    double *value;

    HONE_TRY(hone_array(run, &run->scratch, &own, p->rows));
    HONE_TRY(hone_array(run, &run->scratch, &value, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        value[i] = of(p, i);
    }
    HONE_TRY(hone_order_by(run, p->rows, value, false, own));
    *out = own;
    return HONE_OK;
}

static enum hone_code median_ae(struct hone_run *run, const void *settings,
                                const struct hone_prediction *p, struct hone_measure *out)
{
    const uint32_t *order = p->order;
    HONE_SCRATCH(run);

    (void)settings;
    if (order == NULL) {
        HONE_TRY(order_rows(run, p, error_at, &order));
    }
    out->value = quantile_of(p, order, error_at, 0.5);
    return HONE_OK;
}

/* Pinball loss saved against always saying the quantile. */
static enum hone_code d2_of(struct hone_run *run, const struct hone_prediction *p, double alpha,
                            struct hone_measure *out)
{
    const uint32_t *order;
    double base = 0;
    double total = 0;
    HONE_SCRATCH(run);

    if (p->count == NULL && rows_that_count(p) < 2) {
        *out = (struct hone_measure){(double)NAN, "fewer than two rows"};
        return HONE_OK;
    }
    HONE_TRY(order_rows(run, p, target_at, &order));
    double quantile = quantile_of(p, order, target_at, alpha);
    for (size_t i = 0; i < p->rows; i++) {
        base += hone_weight_at(p, i) * quantile_loss(p->y[i], quantile, alpha);
        total += hone_weight_at(p, i);
    }
    *out = explained(mean_of(p, quantile_loss, alpha), base / total);
    return HONE_OK;
}

static enum hone_code d2_absolute_error(struct hone_run *run, const void *settings,
                                        const struct hone_prediction *p,
                                        struct hone_measure *out)
{
    (void)settings;
    return d2_of(run, p, 0.5, out);
}

static enum hone_code d2_pinball(struct hone_run *run, const void *settings,
                                 const struct hone_prediction *p, struct hone_measure *out)
{
    return d2_of(run, p, ((const struct hone_metric_settings *)settings)->alpha, out);
}

static const struct hone_param huber_rows[] = {
    HONE_REAL(struct hone_metric_settings, delta, 1, 1e-12, 1e300,
              .help = "error from which on the loss grows linearly"),
    HONE_PARAM_END,
};

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
    .loss = squared_loss,
    .root = true,
};

const struct hone_metric hone_metric_mae = {
    HEAD("mae", "mean absolute error, in units of the target"),
    .reported = true,
    .loss = absolute_loss,
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
    .loss = relative_loss,
};

const struct hone_metric hone_metric_mse = {
    HEAD("mse", "mean squared error"),
    .loss = squared_loss,
};

const struct hone_metric hone_metric_max_error = {
    HEAD("max_error", "largest absolute error"),
    .value = max_error,
};

const struct hone_metric hone_metric_pinball = {
    HEAD("pinball", "mean quantile loss"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = pinball_rows,
    .loss = pinball_loss,
};

const struct hone_metric hone_metric_explained_variance = {
    HEAD("explained_variance", "as r2, with the mean error forgiven"),
    .greater_is_better = true,
    .value = explained_variance,
};

const struct hone_metric hone_metric_msle = {
    HEAD("msle", "mean squared difference of log(1 + y)"),
    .value = msle,
    .loss = log_squared_loss,
};

const struct hone_metric hone_metric_rmsle = {
    HEAD("rmsle", "root of msle"),
    .value = rmsle,
    .loss = log_squared_loss,
    .root = true,
};

const struct hone_metric hone_metric_smape = {
    .part.name = "smape",
    .part.summary = "mean of error over the mean size of truth and prediction, 0 to 2",
    .part.source = "Makridakis, Int. J. Forecasting 9, 1993; 0 / 0 is 0",
    .tasks = HONE_TASK_REGRESSION,
    .loss = symmetric_loss,
};

const struct hone_metric hone_metric_poisson_deviance = {
    HEAD("poisson_deviance", "mean deviance of counts"),
    .value = poisson_deviance,
    .loss = poisson_loss,
};

const struct hone_metric hone_metric_gamma_deviance = {
    HEAD("gamma_deviance", "mean deviance of sizes whose spread grows with them"),
    .value = gamma_deviance,
    .loss = gamma_loss,
};

const struct hone_metric hone_metric_d2_absolute_error = {
    HEAD("d2_absolute_error", "share of the absolute error around the median that is saved"),
    .greater_is_better = true,
    .value = d2_absolute_error,
};

const struct hone_metric hone_metric_d2_pinball = {
    HEAD("d2_pinball", "share of the pinball loss of the constant quantile that is saved"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = pinball_rows,
    .greater_is_better = true,
    .value = d2_pinball,
};

const struct hone_metric hone_metric_log_cosh = {
    .part.name = "log_cosh",
    .part.summary = "mean log cosh of the error: squared when small, absolute when large",
    .part.source = "by definition",
    .tasks = HONE_TASK_REGRESSION,
    .loss = log_cosh_loss,
};

const struct hone_metric hone_metric_huber = {
    .part.name = "huber",
    .part.summary = "mean Huber loss: squared up to delta, then linear",
    .part.source = "Huber, Ann. Math. Statist. 35, 1964",
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = huber_rows,
    .tasks = HONE_TASK_REGRESSION,
    .loss = huber_loss,
};

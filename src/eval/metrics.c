#include "eval/metrics.h"

#include <math.h>

#include "eval/metrics_priv.h"
#include "eval/order.h"

#define HONE_METRIC(name) extern const struct hone_metric hone_metric_##name;
#include "eval/metrics.def"
#undef HONE_METRIC

const struct hone_part *const hone_metrics[] = {
#define HONE_METRIC(name) &hone_metric_##name.part,
#include "eval/metrics.def"
#undef HONE_METRIC
    NULL,
};

/* Names people bring along, and ours. */
static const char *const aliases[][2] = {
    {"neg_log_loss", "log_loss"},
    {"logloss", "log_loss"},
    {"auc", "roc_auc"},
    {"roc_auc_ovr", "roc_auc"},
    {"neg_brier_score", "brier"},
    {"brier_score", "brier"},
    {"neg_root_mean_squared_error", "rmse"},
    {"root_mean_squared_error", "rmse"},
    {"neg_mean_squared_error", "mse"},
    {"mean_squared_error", "mse"},
    {"neg_mean_absolute_error", "mae"},
    {"mean_absolute_error", "mae"},
    {"neg_median_absolute_error", "median_ae"},
    {"median_absolute_error", "median_ae"},
    {"neg_mean_absolute_percentage_error", "mape"},
    {"mean_absolute_percentage_error", "mape"},
    {"matthews_corrcoef", "mcc"},
    {"pinball_loss", "pinball"},
};

enum hone_code hone_metric_need(struct hone_run *run, struct hone_str name,
                                const struct hone_metric **out)
{
    const struct hone_part *part = NULL;

    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (hone_str_is(name, aliases[i][0])) {
            name = hone_str(aliases[i][1]);
            break;
        }
    }
    HONE_TRY(hone_part_need(run, hone_metrics, "metric", name, &part));
    *out = (const struct hone_metric *)part;
    return HONE_OK;
}

const struct hone_metric *hone_metric_default(enum hone_task task)
{
    switch (task) {
    case HONE_TASK_BINARY:
        return &hone_metric_roc_auc;
    case HONE_TASK_MULTICLASS:
        return &hone_metric_log_loss;
    case HONE_TASK_REGRESSION:
        break;
    }
    return &hone_metric_rmse;
}

enum hone_code hone_metrics_of_task(struct hone_run *run, enum hone_task task,
                                    struct hone_arena *mem, const struct hone_metric ***list,
                                    size_t *n)
{
    const struct hone_metric **out;
    size_t used = 0;

    HONE_TRY(hone_array(run, mem, &out, sizeof hone_metrics / sizeof hone_metrics[0]));
    for (size_t i = 0; hone_metrics[i] != NULL; i++) {
        const struct hone_metric *m = (const struct hone_metric *)hone_metrics[i];
        if (m->reported && (m->tasks & (unsigned)task) != 0) {
            out[used++] = m;
        }
    }
    *list = out;
    *n = used;
    return HONE_OK;
}

size_t hone_predicted(const struct hone_prediction *p, size_t row)
{
    size_t best = 0;

    if (p->label != NULL) {
        return p->label[row];
    }
    if (p->threshold > 0 && p->classes == 2) {
        return hone_score_at(p, row, 1) >= p->threshold ? 1 : 0;
    }
    for (size_t k = 1; k < p->classes; k++) {
        if (hone_score_at(p, row, k) > hone_score_at(p, row, best)) {
            best = k;
        }
    }
    return best;
}

static enum hone_code check_row(struct hone_run *run, const struct hone_prediction *p,
                                size_t row)
{
    double w = p->weight == NULL ? 1.0 : p->weight[row];

    if (!isfinite(p->y[row]) || !isfinite(w)) {
        return hone_fail(run, HONE_E_NUMERIC, "row %zu: the %s is not finite", row,
                         isfinite(w) ? "target" : "weight");
    }
    if (w < 0) {
        return hone_fail(run, HONE_E_ARG, "row %zu: weight %g is negative", row, w);
    }
    for (size_t k = 0; k < p->classes; k++) {
        if (!isfinite(hone_score_at(p, row, k))) {
            return hone_fail(run, HONE_E_NUMERIC, "row %zu: the prediction is not finite", row);
        }
    }
    if (p->task == HONE_TASK_REGRESSION) {
        return HONE_OK;
    }
    if (p->y[row] < 0 || p->y[row] >= (double)p->classes || p->y[row] > floor(p->y[row])) {
        return hone_fail(run, HONE_E_ARG, "row %zu: %g is no class index below %zu", row,
                         p->y[row], p->classes);
    }
    if (p->label != NULL && p->label[row] >= p->classes) {
        return hone_fail(run, HONE_E_ARG, "row %zu: predicted class %u, but there are %zu", row,
                         p->label[row], p->classes);
    }
    return HONE_OK;
}

enum hone_code hone_prediction_check(struct hone_run *run, const struct hone_prediction *p)
{
    double total = 0;
    bool regression = p->task == HONE_TASK_REGRESSION;

    if (p->rows == 0) {
        return hone_fail(run, HONE_E_ARG, "there are no rows to evaluate");
    }
    if (regression ? p->classes != 1 : p->classes < 2) {
        return hone_fail(run, HONE_E_ARG, "%zu classes do not fit the task", p->classes);
    }
    for (size_t i = 0; i < p->rows; i++) {
        HONE_TRY(check_row(run, p, i));
        total += hone_weight_at(p, i);
    }
    if (!(total > 0)) {
        return hone_fail(run, HONE_E_ARG, "all weights are 0");
    }
    return HONE_OK;
}

/* Where the settings of any metric fit. */
union settings {
    struct hone_metric_settings fields;
    char bytes[256];
};

enum hone_code hone_metric_value(struct hone_run *run, const struct hone_metric *metric,
                                 const void *settings, const struct hone_prediction *p,
                                 struct hone_measure *out)
{
    union settings defaults;

    HONE_TRY(hone_prediction_check(run, p));
    if ((metric->tasks & (unsigned)p->task) == 0) {
        return hone_fail(run, HONE_E_ARG, "metric %s is not for this task", metric->part.name);
    }
    if (settings == NULL) {
        HONE_ASSERT(metric->part.settings_size <= sizeof defaults);
        hone_settings_default(&metric->part, &defaults);
        settings = &defaults;
    }
    *out = (struct hone_measure){0, NULL};
    return metric->value(run, settings, p, out);
}

enum hone_code hone_confusion(struct hone_run *run, const struct hone_prediction *p,
                              struct hone_arena *mem, double **out)
{
    double *table;

    HONE_TRY(hone_matrix(run, mem, &table, p->classes, p->classes));
    for (size_t i = 0; i < p->rows; i++) {
        size_t truth = (size_t)p->y[i];
        table[truth * p->classes + hone_predicted(p, i)] += hone_weight_at(p, i);
    }
    *out = table;
    return HONE_OK;
}

enum hone_code hone_prediction_order(struct hone_run *run, const struct hone_prediction *p,
                                     struct hone_arena *mem, const uint32_t **out)
{
    uint32_t *order;
    double *value;
    bool regression = p->task == HONE_TASK_REGRESSION;
    HONE_SCRATCH(run);

    HONE_ASSERT(mem != &run->scratch);
    HONE_TRY(hone_matrix(run, mem, &order, p->rows, p->classes));
    HONE_TRY(hone_array(run, &run->scratch, &value, p->rows));
    for (size_t k = 0; k < p->classes; k++) {
        for (size_t i = 0; i < p->rows; i++) {
            double s = hone_score_at(p, i, k);
            value[i] = regression ? fabs(p->y[i] - s) : s;
        }
        HONE_TRY(hone_order_by(run, p->rows, value, !regression, order + k * p->rows));
    }
    *out = order;
    return HONE_OK;
}

enum hone_code hone_rank_class(struct hone_run *run, const struct hone_prediction *p, size_t k,
                               const uint32_t **order)
{
    uint32_t *own;
    double *value;

    if (p->order != NULL) {
        *order = p->order + k * p->rows;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &own, p->rows));
    HONE_TRY(hone_array(run, &run->scratch, &value, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        value[i] = hone_score_at(p, i, k);
    }
    HONE_TRY(hone_order_by(run, p->rows, value, true, own));
    *order = own;
    return HONE_OK;
}

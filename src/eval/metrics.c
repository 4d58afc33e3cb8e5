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
    {"mean_pinball_loss", "pinball"},
    {"average_precision_score", "average_precision"},
    {"cohen_kappa_score", "cohen_kappa"},
    {"kappa", "cohen_kappa"},
    {"ks_statistic", "ks"},
    {"tnr", "specificity"},
    {"geometric_mean", "gmean"},
    {"mean_squared_log_error", "msle"},
    {"neg_mean_squared_log_error", "msle"},
    {"root_mean_squared_log_error", "rmsle"},
    {"neg_mean_poisson_deviance", "poisson_deviance"},
    {"mean_poisson_deviance", "poisson_deviance"},
    {"neg_mean_gamma_deviance", "gamma_deviance"},
    {"mean_gamma_deviance", "gamma_deviance"},
    {"f2", "fbeta"},
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

/* The row that a value without a name sets. */
static const char *first_setting(const struct hone_part *part)
{
    return part->params == NULL ? "value" : part->params[0].name;
}

/* Set "key=value" or "value" of each piece between colons. */
static enum hone_code set_pieces(struct hone_run *run, const struct hone_part *part,
                                 struct hone_str rest, struct hone_arena *mem, void *settings)
{
    while (rest.len > 0) {
        const char *colon = memchr(rest.ptr, ':', rest.len);
        size_t len = colon == NULL ? rest.len : (size_t)(colon - rest.ptr);
        const char *equals = memchr(rest.ptr, '=', len);
        struct hone_str key = hone_str(first_setting(part));
        struct hone_str value = {rest.ptr, len};
        if (equals != NULL) {
            key = (struct hone_str){rest.ptr, (size_t)(equals - rest.ptr)};
            value = (struct hone_str){equals + 1, len - key.len - 1};
        }
        HONE_TRY(hone_setting_set(run, part, settings, key, value, mem));
        len += colon != NULL;
        rest = (struct hone_str){rest.ptr + len, rest.len - len};
    }
    return HONE_OK;
}

/* A copy whose rows have the settings as defaults. */
static enum hone_code derive(struct hone_run *run, const struct hone_metric *base,
                             const void *settings, struct hone_str name, struct hone_arena *mem,
                             const struct hone_metric **out)
{
    struct hone_metric *m;
    struct hone_param *rows;
    size_t n = 1;

    while (base->part.params[n - 1].name != NULL) {
        n++;
    }
    HONE_TRY(hone_array(run, mem, &m, 1));
    HONE_TRY(hone_array(run, mem, &rows, n));
    memcpy(m, base, sizeof *m);
    memcpy(rows, base->part.params, n * sizeof *rows);
    for (size_t i = 0; i + 1 < n; i++) {
        const char *at = (const char *)settings + rows[i].offset;
        switch (rows[i].type) {
        case HONE_PARAM_REAL:
            memcpy(&rows[i].def, at, sizeof rows[i].def);
            break;
        case HONE_PARAM_INT: {
            int64_t v;
            memcpy(&v, at, sizeof v);
            rows[i].def = (double)v;
            break;
        }
        case HONE_PARAM_TEXT:
        case HONE_PARAM_CHOICE:
            memcpy(&rows[i].def_text, at, sizeof rows[i].def_text);
            break;
        case HONE_PARAM_BOOL:
        case HONE_PARAM_LIST: /* no metric has one */
            break;
        }
    }
    m->part.name = hone_arena_text(mem, name.ptr, name.len);
    m->part.params = rows;
    m->reported = false;
    *out = m;
    return HONE_OK;
}

/* "recall_macro" is recall with average=macro, unless it is a metric by itself. */
static struct hone_str split_average(struct hone_str name, struct hone_str *average)
{
    static const char *const suffix[] = {"_macro", "_micro", "_weighted"};

    for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
        size_t len = strlen(suffix[i]);
        if (name.len > len && memcmp(name.ptr + name.len - len, suffix[i], len) == 0 &&
            hone_part_find(hone_metrics, name) == NULL) {
            *average = hone_str(suffix[i] + 1);
            return (struct hone_str){name.ptr, name.len - len};
        }
    }
    return name;
}

enum hone_code hone_metric_parse(struct hone_run *run, struct hone_str text,
                                 struct hone_arena *mem, const struct hone_metric **out)
{
    const char *colon = text.len == 0 ? NULL : memchr(text.ptr, ':', text.len);
    struct hone_str head = {text.ptr, colon == NULL ? text.len : (size_t)(colon - text.ptr)};
    struct hone_str rest = {text.ptr + text.len, 0};
    struct hone_str average = {NULL, 0};
    struct hone_metric_settings settings = {0};
    const struct hone_metric *base;

    if (colon != NULL) {
        rest = (struct hone_str){colon + 1, text.len - head.len - 1};
    }
    head = split_average(head, &average);
    HONE_TRY(hone_metric_need(run, head, &base));
    if (average.len == 0 && colon == NULL) {
        *out = base;
        return HONE_OK;
    }
    if (base->part.params == NULL) {
        return hone_fail(run, HONE_E_ARG, "metric %s has no settings", base->part.name);
    }
    hone_settings_default(&base->part, &settings);
    if (average.len > 0) {
        HONE_TRY(
            hone_setting_set(run, &base->part, &settings, hone_str("average"), average, mem));
    }
    HONE_TRY(set_pieces(run, &base->part, rest, mem, &settings));
    return derive(run, base, &settings, text, mem, out);
}

const struct hone_metric *hone_metric_default(enum hone_task task)
{
    if (task == HONE_TASK_BINARY) {
        return &hone_metric_roc_auc;
    }
    if (task == HONE_TASK_MULTICLASS) {
        return &hone_metric_log_loss;
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
    return hone_metric_compute(run, metric, settings, p, out);
}

/* Add every row to the table, which is zeroed: (classes, classes). */
static void confuse(const struct hone_prediction *p, double *table)
{
    for (size_t i = 0; i < p->rows; i++) {
        size_t truth = (size_t)p->y[i];
        table[truth * p->classes + hone_predicted(p, i)] += hone_weight_at(p, i);
    }
}

enum hone_code hone_confusion(struct hone_run *run, const struct hone_prediction *p,
                              struct hone_arena *mem, double **out)
{
    double *table;

    HONE_TRY(hone_matrix(run, mem, &table, p->classes, p->classes));
    confuse(p, table);
    *out = table;
    return HONE_OK;
}

void hone_count_margins(struct hone_class_counts *c)
{
    c->total = 0;
    c->agreed = 0;
    for (size_t i = 0; i < c->classes; i++) {
        for (size_t j = 0; j < c->classes; j++) {
            double w = c->cell[i * c->classes + j];
            c->truth[i] += w;
            c->predicted[j] += w;
            c->total += w;
        }
        c->agreed += c->cell[i * c->classes + i];
    }
}

enum hone_code hone_count_classes(struct hone_run *run, const struct hone_prediction *p,
                                  struct hone_class_counts *out)
{
    struct hone_class_counts c = {.classes = p->classes};

    HONE_TRY(hone_matrix(run, &run->scratch, &c.cell, p->classes, p->classes));
    HONE_TRY(hone_array(run, &run->scratch, &c.truth, p->classes));
    HONE_TRY(hone_array(run, &run->scratch, &c.predicted, p->classes));
    confuse(p, c.cell);
    hone_count_margins(&c);
    *out = c;
    return HONE_OK;
}

/* The mean of the metric's loss, or its root. */
static double mean_loss(const struct hone_metric *m, const void *settings,
                        const struct hone_prediction *p)
{
    double sum = 0;
    double total = 0;

    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        if (w > 0) {
            sum += w * m->loss(settings, p, i);
            total += w;
        }
    }
    return m->root ? sqrt(sum / total) : sum / total;
}

enum hone_code hone_metric_compute(struct hone_run *run, const struct hone_metric *metric,
                                   const void *settings, const struct hone_prediction *p,
                                   struct hone_measure *out)
{
    struct hone_class_counts c;
    HONE_SCRATCH(run);

    *out = (struct hone_measure){0, NULL};
    if (metric->value != NULL) {
        return metric->value(run, settings, p, out);
    }
    if (metric->of_counts != NULL) {
        HONE_TRY(hone_count_classes(run, p, &c));
        *out = metric->of_counts(settings, &c);
        return HONE_OK;
    }
    out->value = mean_loss(metric, settings, p);
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

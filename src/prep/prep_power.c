/*
 * Features through the power function that makes them most like a normal sample, then to mean 0 and standard
 * deviation 1.
 *
 * Computed in double in the graph and rounded once, so that every runtime gives the same float.
 */
#include <math.h>

#include "prep/emit.h"
#include "prep/feature_stats.h"

struct settings {
    const char *method;
    bool standardize;
};

static const char *const methods[] = {"yeo_johnson", "box_cox", NULL};

static const struct hone_param params[] = {
    HONE_CHOICE(struct settings, method, "yeo_johnson", methods,
                .help = "box_cox is for positive numbers, others become missing"),
    HONE_FLAG(struct settings, standardize, true,
              .help = "to mean 0 and standard deviation 1 afterwards"),
    HONE_PARAM_END,
};

/* Beyond these the power of a float leaves the range of doubles. */
#define MOST_LAMBDA 5
/* (u^l - 1) / l stands for log u at l = 0: with this l both are equal to the precision of floats. */
#define LEAST_POWER 1e-8

struct sample {
    const float *x;
    const double *weight;
    size_t rows;
    bool box_cox;
};

static bool counts(const struct sample *s, size_t i)
{
    return isfinite(s->x[i]) && (s->weight == NULL || s->weight[i] > 0) &&
           (!s->box_cox || s->x[i] > 0);
}

static double away_from_0(double power)
{
    return fabs(power) < LEAST_POWER ? LEAST_POWER : power;
}

/* Yeo & Johnson 2000 eq. 2.1; Box & Cox 1964 eq. 1.1; as the graph computes them. */
static double transformed(bool box_cox, double x, double lambda)
{
    double up = away_from_0(lambda);
    double down = away_from_0(2 - lambda);
    if (box_cox) {
        return (pow(x, up) - 1) / up;
    }
    return x >= 0 ? (pow(x + 1, up) - 1) / up : (pow(1 - x, down) - 1) / -down;
}

/* Minus the log-likelihood at the best mean and variance, per row, but for a constant. */
static double loss(const struct sample *s, double lambda)
{
    double rows = 0, sum = 0, jacobian = 0;
    for (size_t i = 0; i < s->rows; i++) {
        if (counts(s, i)) {
            double w = s->weight == NULL ? 1 : s->weight[i];
            double x = (double)s->x[i];
            rows += w;
            sum += w * transformed(s->box_cox, x, lambda);
            jacobian += w * (s->box_cox ? log(x) : copysign(log1p(fabs(x)), x));
        }
    }
    double mean = sum / rows;
    double squares = 0;
    for (size_t i = 0; i < s->rows; i++) {
        if (counts(s, i)) {
            double d = transformed(s->box_cox, (double)s->x[i], lambda) - mean;
            squares += (s->weight == NULL ? 1 : s->weight[i]) * d * d;
        }
    }
    double value = 0.5 * log(squares / rows) - (lambda - 1) * jacobian / rows;
    return isnan(value) ? HUGE_VAL : value;
}

/* The least loss on [low, high]: Brent, Algorithms for Minimization without Derivatives, 1973, ch. 5 (localmin). */
static double minimize(const struct sample *s, double low, double high)
{
    const double golden = 0.3819660112501051;
    double x = low + golden * (high - low), w = x, v = x;
    double fx = loss(s, x), fw = fx, fv = fx;
    double d = 0, e = 0;
    for (int step = 0; step < 100; step++) {
        double middle = (low + high) / 2;
        double tol = 1e-8 * fabs(x) + 1e-9;
        if (fabs(x - middle) <= 2 * tol - (high - low) / 2) {
            break;
        }
        double r = (x - w) * (fx - fv);
        double q = (x - v) * (fx - fw);
        double p = (x - v) * q - (x - w) * r;
        q = 2 * (q - r);
        p = q > 0 ? -p : p;
        q = fabs(q);
        double before = e;
        e = d;
        if (fabs(p) < fabs(0.5 * q * before) && p > q * (low - x) && p < q * (high - x)) {
            d = p / q;
        } else {
            e = x < middle ? high - x : low - x;
            d = golden * e;
        }
        double u = x + (fabs(d) >= tol ? d : copysign(tol, d));
        double fu = loss(s, u);
        if (fu <= fx) {
            *(u < x ? &high : &low) = x;
            v = w, fv = fw, w = x, fw = fx, x = u, fx = fu;
        } else {
            *(u < x ? &low : &high) = u;
            if (fu <= fw || !(w < x || w > x)) {
                v = w, fv = fw, w = u, fw = fu;
            } else if (fu <= fv || !(v < x || v > x) || !(v < w || v > w)) {
                v = u, fv = fu;
            }
        }
    }
    return x;
}

/* What a column's function is: rows of doubles, one entry per column. */
struct shape {
    double *up, *down; /* powers, never 0 */
    double *mean, *by;
};

static void fit_column(const struct settings *set, const struct sample *s, size_t j,
                       struct shape *shape)
{
    double rows = 0, min = HUGE_VAL, max = -HUGE_VAL;
    for (size_t i = 0; i < s->rows; i++) {
        if (counts(s, i)) {
            rows += s->weight == NULL ? 1 : s->weight[i];
            min = fmin(min, (double)s->x[i]);
            max = fmax(max, (double)s->x[i]);
        }
    }
    /* constant or absent: nothing to be made normal */
    double lambda = max > min ? minimize(s, -MOST_LAMBDA, MOST_LAMBDA) : 1;
    shape->up[j] = away_from_0(lambda);
    shape->down[j] = away_from_0(2 - lambda);
    shape->mean[j] = 0;
    shape->by[j] = 1;
    if (!set->standardize || !(rows > 0)) {
        return;
    }
    double sum = 0, squares = 0;
    for (size_t i = 0; i < s->rows; i++) {
        if (counts(s, i)) {
            double w = s->weight == NULL ? 1 : s->weight[i];
            sum += w * transformed(s->box_cox, (double)s->x[i], lambda);
        }
    }
    double mean = sum / rows;
    for (size_t i = 0; i < s->rows; i++) {
        if (counts(s, i)) {
            double d = transformed(s->box_cox, (double)s->x[i], lambda) - mean;
            squares += (s->weight == NULL ? 1 : s->weight[i]) * d * d;
        }
    }
    double std = sqrt(squares / rows);
    shape->mean[j] = mean;
    shape->by[j] = std > 1e-12 * (1 + fabs(mean)) ? std : 1;
}

/* (base ^ power - 1) / divisor */
static const char *emit_power(struct hone_graph *graph, const char *base, size_t cols,
                              const double *power, const double *divisor)
{
    const double unit = 1;
    const char *one = hone_emit_row_f64(graph, "one", 1, &unit);
    const char *exponent = hone_emit_row_f64(graph, "power", cols, power);
    const char *by = hone_emit_row_f64(graph, "divisor", cols, divisor);
    const char *raised = hone_graph_op(graph, "", "Pow", "raised", HONE_IN(base, exponent));
    const char *less = hone_graph_op(graph, "", "Sub", "less", HONE_IN(raised, one));
    return hone_graph_op(graph, "", "Div", "side", HONE_IN(less, by));
}

/* Where the condition fails the base is 1, which any power leaves alone: no NaN that is not one. */
static const char *emit_yeo_johnson(struct hone_graph *graph, const char *x, size_t cols,
                                    const struct shape *shape, double *minus_down)
{
    const double zero = 0;
    const double unit = 1;
    for (size_t j = 0; j < cols; j++) {
        minus_down[j] = -shape->down[j];
    }
    const char *none = hone_emit_row_f64(graph, "zero", 1, &zero);
    const char *one = hone_emit_row_f64(graph, "one", 1, &unit);
    const char *below = hone_graph_op(graph, "", "Less", "below", HONE_IN(x, none));
    const char *size = hone_graph_op(graph, "", "Abs", "size", HONE_IN(x));
    const char *base = hone_graph_op(graph, "", "Add", "base", HONE_IN(size, one));
    const char *up = emit_power(graph, base, cols, shape->up, shape->up);
    const char *down = emit_power(graph, base, cols, shape->down, minus_down);
    return hone_graph_op(graph, "", "Where", "bent", HONE_IN(below, down, up));
}

static const char *emit_box_cox(struct hone_graph *graph, const char *x, size_t cols,
                                const struct shape *shape)
{
    const double zero = 0;
    const double absent = (double)NAN;
    const char *none = hone_emit_row_f64(graph, "zero", 1, &zero);
    const char *nan = hone_emit_row_f64(graph, "nan", 1, &absent);
    const char *above = hone_graph_op(graph, "", "Greater", "above", HONE_IN(x, none));
    const char *base = hone_graph_op(graph, "", "Where", "positive", HONE_IN(above, x, nan));
    return emit_power(graph, base, cols, shape->up, shape->up);
}

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    bool box_cox = strcmp(set->method, "box_cox") == 0;
    struct shape shape;
    double *room;
    (void)mem;
    HONE_TRY(hone_array(run, &run->scratch, &shape.up, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &shape.down, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &shape.mean, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &shape.by, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &room, in->cols));
    for (size_t j = 0; j < in->cols; j++) {
        const struct sample s = {in->x[j], hone_weights_of(in->target), in->rows, box_cox};
        fit_column(set, &s, j, &shape);
        HONE_TRY(hone_check_cancel(run));
    }
    const char *x = hone_emit_cast(graph, in->value, "wide", HONE_F64);
    x = box_cox ? emit_box_cox(graph, x, in->cols, &shape)
                : emit_yeo_johnson(graph, x, in->cols, &shape, room);
    const char *mean = hone_emit_row_f64(graph, "mean", in->cols, shape.mean);
    const char *by = hone_emit_row_f64(graph, "deviation", in->cols, shape.by);
    x = hone_graph_op(graph, "", "Sub", "centred", HONE_IN(x, mean));
    x = hone_graph_op(graph, "", "Div", "standard", HONE_IN(x, by));
    *value = hone_emit_cast(graph, x, "power", HONE_F32);
    hone_features_move(in, *value, out);
    return HONE_OK;
}

const struct hone_transform hone_transform_power = {
    .part.name = "power",
    .part.summary = "numbers through the power that makes them most normal",
    .part.source = "Yeo & Johnson, Biometrika 87(4), 2000; Box & Cox, JRSS B 26, 1964",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .map = map,
};

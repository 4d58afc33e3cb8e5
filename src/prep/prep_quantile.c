/*
 * Features as their rank among the training rows: even between 0 and 1, or normal.
 *
 * Between the training quantiles the function is straight, as in scikit-learn's QuantileTransformer; a value that
 * many rows have gets the middle of its ranks.  The normal output bends between quantiles, so it is made of
 * more pieces, none further than BEND from the curve.
 */
#include <math.h>

#include "prep/emit.h"
#include "prep/feature_stats.h"

struct settings {
    int64_t quantiles;
    const char *output;
};

static const char *const outputs[] = {"uniform", "normal", NULL};

static const struct hone_param params[] = {
    HONE_INT(struct settings, quantiles, 1000, 2, 100000,
             .help = "training quantiles that are kept, at most one per row"),
    HONE_CHOICE(struct settings, output, "uniform", outputs,
                .help = "uniform: from 0 to 1; normal: mean 0 and standard deviation 1"),
    HONE_PARAM_END,
};

#define OUTERMOST                                                                              \
    1e-7 /* ranks 0 and 1 are infinite as normal scores: they are drawn in by this */
#define BEND    1e-4
#define DEEPEST 24

/*
 * Standard normal quantile.  Source: P. J. Acklam's rational approximation (relative error 1.2e-9), one step of
 * Halley's method on erfc after it, which gives full precision.
 */
static double normal_quantile(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
                               2.445134137142996e+00, 3.754408661907416e+00};
    double x;
    p = fmin(fmax(p, OUTERMOST), 1 - OUTERMOST);
    double tail = fmin(p, 1 - p);
    if (tail < 0.02425) {
        double q = sqrt(-2 * log(tail));
        x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
            ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
        x = p < 0.5 ? x : -x;
    } else {
        double q = p - 0.5;
        double r = q * q;
        x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
            (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
    }
    double error = 0.5 * erfc(-x / 1.4142135623730951) - p;
    double u = error * 2.5066282746310002 * exp(x * x / 2);
    return x - u / (1 + x * u / 2);
}

/* The pieces of one column under construction; the value is base + (x - from) * slope. */
struct curve {
    bool normal;
    struct hone_arena *mem;
    size_t n, room;
    float *edge;
    float *from, *base, *slope;
};

static void add_piece(struct curve *c, double to, double from, double base, double slope)
{
    if (c->n == c->room) {
        size_t room = c->room == 0 ? 64 : 2 * c->room;
        float **list[] = {&c->edge, &c->from, &c->base, &c->slope};
        for (size_t k = 0; k < 4; k++) {
            *list[k] = hone_arena_grow_plain(c->mem, *list[k], sizeof **list[k], c->room, room);
            HONE_ASSERT(*list[k] != NULL);
        }
        c->room = room;
    }
    bool steep = !isfinite((float)slope); /* two floats next to each other: a step will do */
    c->edge[c->n] = (float)to;
    c->from[c->n] = (float)from;
    c->base[c->n] = (float)(steep ? base + slope * (to - from) : base);
    c->slope[c->n++] = steep ? 0 : (float)slope;
}

static double score(const struct curve *c, double rank)
{
    return c->normal ? normal_quantile(rank) : rank;
}

/* From (x0, r0) to (x1, r1) in ranks: one piece where straight is close enough, else two halves of the ranks. */
static void add_line(struct curve *c, double x0, double r0, double x1, double r1, int depth)
{
    float low = (float)x0;
    float high = (float)x1;
    double y0 = score(c, r0);
    double y1 = score(c, r1);
    if (!(high > low)) {
        return;
    }
    double middle = score(c, (r0 + r1) / 2);
    if (depth < DEEPEST && c->normal && fabs(middle - (y0 + y1) / 2) > BEND) {
        double x = (double)(float)((x0 + x1) / 2);
        double r = r0 + (r1 - r0) * (x - x0) / (x1 - x0);
        if (x > x0 && x < x1) {
            add_line(c, x0, r0, x, r, depth + 1);
            add_line(c, x, r, x1, r1, depth + 1);
            return;
        }
    }
    add_piece(c, x1, x0, y0, (y1 - y0) / (x1 - x0));
}

/* Knots: training quantiles as floats, each with the least and greatest rank that falls on it. */
struct knot {
    float x;
    double low, high;
};

static size_t find_knots(const struct hone_sorted *s, size_t quantiles, struct knot *knot)
{
    size_t n = 0;
    for (size_t k = 0; k < quantiles; k++) {
        double rank = quantiles == 1 ? 0 : (double)k / (double)(quantiles - 1);
        float x = (float)hone_sorted_quantile(s, rank) + 0.0F;
        if (n > 0 && !(x > knot[n - 1].x)) {
            knot[n - 1].high = rank;
            continue;
        }
        knot[n++] = (struct knot){x, rank, rank};
    }
    return n;
}

/* All pieces of a column; the outermost values are rank 0 and rank 1 whoever shares them. */
static void draw(const struct knot *knot, size_t n, struct curve *c)
{
    add_piece(c, (double)knot[0].x, (double)knot[0].x, score(c, 0), 0);
    double x = (double)knot[0].x;
    double rank = n == 1 ? 1 : knot[0].high;
    for (size_t k = 1; k < n; k++) {
        double at = (double)knot[k].x;
        bool last = k == n - 1;
        bool shared = knot[k].high > knot[k].low;
        if (!shared && !last) {
            add_line(c, x, rank, at, knot[k].low, 0);
        } else {
            double before = (double)nextafterf(knot[k].x, -INFINITY);
            if (before > x) {
                double part = (before - x) / (at - x);
                add_line(c, x, rank, before, rank + (knot[k].low - rank) * part, 0);
            }
            double value = score(c, last ? 1 : (knot[k].low + knot[k].high) / 2);
            add_piece(c, at, at, value, 0);
        }
        x = at;
        rank = knot[k].high;
    }
    /* what lies beyond: a piece without an upper edge */
    add_piece(c, HUGE_VAL, x, score(c, 1), 0);
}

static enum hone_code fit_column(struct hone_run *run, const struct settings *set,
                                 const struct hone_fit_matrix *in, size_t j,
                                 struct hone_arena *mem, struct hone_pieces *out, float *low,
                                 float *high)
{
    HONE_ARENA(work);
    struct hone_sorted s;
    struct knot *knot;
    HONE_TRY(hone_sorted_of(run, in->rows, in->x[j], hone_weights_of(in->target), &work, &s));
    size_t quantiles = (size_t)set->quantiles < s.n ? (size_t)set->quantiles : s.n;
    quantiles = quantiles == 0 ? 1 : quantiles;
    HONE_TRY(hone_array(run, &work, &knot, quantiles));
    size_t n = find_knots(&s, quantiles, knot);
    struct curve c = {.normal = strcmp(set->output, "normal") == 0, .mem = &work};
    draw(knot, n, &c);
    float *value;
    float *edge;
    HONE_TRY(hone_array(run, mem, &value, 3 * c.n));
    HONE_TRY(hone_array(run, mem, &edge, c.n));
    memcpy(edge, c.edge, c.n * sizeof *edge);
    memcpy(value, c.from, c.n * sizeof *value);
    memcpy(value + c.n, c.base, c.n * sizeof *value);
    memcpy(value + 2 * c.n, c.slope, c.n * sizeof *value);
    *out = (struct hone_pieces){c.n - 1, edge, value};
    *low = nextafterf(knot[0].x, -INFINITY);
    *high = nextafterf(knot[n - 1].x, INFINITY);
    return HONE_OK;
}

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    HONE_ARENA(work);
    struct hone_pieces *pieces;
    float *low;
    float *high;
    (void)mem;
    HONE_TRY(hone_array(run, &work, &pieces, in->cols));
    HONE_TRY(hone_array(run, &work, &low, in->cols));
    HONE_TRY(hone_array(run, &work, &high, in->cols));
    for (size_t j = 0; j < in->cols; j++) {
        HONE_TRY(fit_column(run, settings, in, j, &work, &pieces[j], &low[j], &high[j]));
    }
    /* infinities become finite first: infinity times a slope of 0 would be NaN */
    const char *x = hone_emit_clamp(graph, in->value, "within", in->cols, low, high);
    const char *all = hone_emit_pieces(run, graph, x, "pieces", in->cols, pieces, 3);
    const char *part[3];
    for (size_t k = 0; k < 3; k++) {
        int64_t *which;
        HONE_TRY(hone_array(run, &work, &which, in->cols));
        for (size_t j = 0; j < in->cols; j++) {
            which[j] = (int64_t)(k * in->cols + j);
        }
        const char *places = hone_graph_const(graph, "which", HONE_I64, 1, &in->cols, which);
        part[k] = hone_graph_op(graph, "", "Gather", "part", HONE_IN(all, places));
        hone_node_int(graph, hone_graph_last(graph), "axis", 1);
    }
    const char *along = hone_graph_op(graph, "", "Sub", "along", HONE_IN(x, part[0]));
    const char *rise = hone_graph_op(graph, "", "Mul", "rise", HONE_IN(along, part[2]));
    *value = hone_graph_op(graph, "", "Add", "quantile", HONE_IN(part[1], rise));
    hone_features_scaled(in, *value, out);
    return HONE_OK;
}

const struct hone_transform hone_transform_quantile = {
    .part.name = "quantile",
    .part.summary = "numbers as their rank, even from 0 to 1 or normal",
    .part.source = "scikit-learn QuantileTransformer; Bartlett, Biometrics 3, 1947, sec. 5",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .map = map,
};

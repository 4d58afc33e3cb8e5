/*
 * Numbers as bins: of equal width, of equal share, about the centres of clusters, or where the target changes.
 *
 * Bin k holds edge[k - 1] <= x < edge[k]; below the first and beyond the last edge are bins too, so there is no
 * value without one.  Missing stays missing (ordinal) or is all zeros (onehot).
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "prep/emit.h"
#include "prep/feature_stats.h"

struct settings {
    int64_t bins;
    const char *strategy;
    const char *output;
};

static const char *const strategies[] = {"quantile", "uniform", "kmeans", "tree", NULL};
static const char *const outputs[] = {"ordinal", "onehot", "piecewise", NULL};

static const struct hone_param params[] = {
    HONE_INT(struct settings, bins, 10, 2, 1000, .help = "most bins"),
    HONE_CHOICE(struct settings, strategy, "quantile", strategies,
                .help = "equal shares, equal widths, clusters, or where a tree on the target "
                        "cuts"),
    HONE_CHOICE(struct settings, output, "ordinal", outputs,
                .help = "the bin's number, a 0/1 feature for each, or a feature for each that "
                        "rises from 0 to 1 through it: a linear model then draws a bent line"),
    HONE_PARAM_END,
};

/* --- edges: ascending, inner ones only, in double ------------------------------------------------------- */

static size_t uniform_edges(const struct hone_sorted *s, size_t bins, double *edge)
{
    double low = (double)s->x[0];
    double high = (double)s->x[s->n - 1];
    for (size_t k = 1; k < bins; k++) {
        edge[k - 1] = low + (high - low) * ((double)k / (double)bins);
    }
    return bins - 1;
}

static size_t quantile_edges(const struct hone_sorted *s, size_t bins, double *edge)
{
    for (size_t k = 1; k < bins; k++) {
        edge[k - 1] = hone_sorted_quantile(s, (double)k / (double)bins);
    }
    return bins - 1;
}

/* Sums over the distinct values, so that a cluster's mean is a difference of two. */
struct sums {
    size_t n;
    const float *value;
    double *weight, *total; /* (n + 1): of the values before */
};

static size_t first_at_least(const struct sums *s, double x)
{
    size_t low = 0;
    size_t high = s->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((double)s->value[middle] >= x) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Lloyd's algorithm from the centres of equal widths, as KBinsDiscretizer does; edges halve what is between. */
static size_t kmeans_edges(const struct sums *s, size_t bins, double *center, double *edge)
{
    double low = (double)s->value[0];
    double high = (double)s->value[s->n - 1];
    for (size_t k = 0; k < bins; k++) {
        center[k] = low + (high - low) * (((double)k + 0.5) / (double)bins);
    }
    for (size_t step = 0; step < 300; step++) {
        double moved = 0;
        size_t from = 0;
        for (size_t k = 0; k < bins; k++) {
            size_t to =
                k + 1 == bins ? s->n : first_at_least(s, (center[k] + center[k + 1]) / 2);
            to = to < from ? from : to;
            double weight = s->weight[to] - s->weight[from];
            if (weight > 0) {
                double mean = (s->total[to] - s->total[from]) / weight;
                moved = fmax(moved, fabs(mean - center[k]));
                edge[k] = mean; /* the centres move together, after all were found */
            } else {
                edge[k] = center[k];
            }
            from = to;
        }
        memcpy(center, edge, bins * sizeof *edge);
        if (moved <= 1e-12 * (fabs(low) + fabs(high))) {
            break;
        }
    }
    for (size_t k = 0; k + 1 < bins; k++) {
        edge[k] = (center[k] + center[k + 1]) / 2;
    }
    return bins - 1;
}

static enum hone_code cluster(struct hone_run *run, const struct hone_sorted *sorted,
                              size_t bins, double *edge, size_t *edges)
{
    HONE_SCRATCH(run);
    struct sums s = {0};
    float *value;
    double *weight;
    double *center;
    HONE_TRY(hone_array(run, &run->scratch, &value, sorted->n));
    HONE_TRY(hone_array(run, &run->scratch, &weight, sorted->n));
    HONE_TRY(hone_array(run, &run->scratch, &s.weight, sorted->n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &s.total, sorted->n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &center, bins));
    s.n = hone_sorted_distinct(sorted, value, weight);
    s.value = value;
    for (size_t i = 0; i < s.n; i++) {
        s.weight[i + 1] = s.weight[i] + weight[i];
        s.total[i + 1] = s.total[i] + weight[i] * (double)value[i];
    }
    *edges = kmeans_edges(&s, bins < s.n ? bins : s.n, center, edge);
    return HONE_OK;
}

/* --- a tree on the target: best first, on the rows in the order of x ---------------------------------------- */

struct tree_row {
    float x;
    double w, y;
};

struct segment {
    size_t from, to, cut; /* rows; the best cut begins its right side */
    double gain;          /* 0: no cut */
};

struct grower {
    const struct tree_row *row;
    size_t classes;       /* 1: numbers */
    size_t least;         /* rows on each side of a cut */
    double *left, *right; /* (classes): weight by class, or sum of the target */
};

static int by_x(const void *a, const void *b)
{
    const struct tree_row *p = a;
    const struct tree_row *q = b;
    return p->x < q->x ? -1 : p->x > q->x ? 1 : p->y < q->y ? -1 : p->y > q->y;
}

/* Sum of squares over weight: what both Gini and variance want to be large on each side. */
static double purity(const double *sum, size_t n, double weight)
{
    double squares = 0;
    for (size_t k = 0; k < n; k++) {
        squares += sum[k] * sum[k];
    }
    return weight > 0 ? squares / weight : 0;
}

static void find_cut(const struct grower *g, struct segment *s)
{
    size_t n = g->classes;
    double right = 0, left = 0;
    memset(g->left, 0, n * sizeof *g->left);
    memset(g->right, 0, n * sizeof *g->right);
    for (size_t i = s->from; i < s->to; i++) {
        const struct tree_row *r = &g->row[i];
        g->right[n == 1 ? 0 : (size_t)r->y] += n == 1 ? r->w * r->y : r->w;
        right += r->w;
    }
    double whole = purity(g->right, n, right);
    s->gain = 0;
    for (size_t i = s->from; i + 1 < s->to; i++) {
        const struct tree_row *r = &g->row[i];
        size_t k = n == 1 ? 0 : (size_t)r->y;
        double amount = n == 1 ? r->w * r->y : r->w;
        g->left[k] += amount;
        g->right[k] -= amount;
        left += r->w;
        right -= r->w;
        bool room = i + 1 - s->from >= g->least && s->to - i - 1 >= g->least;
        if (room && g->row[i + 1].x > r->x) {
            double gain = purity(g->left, n, left) + purity(g->right, n, right) - whole;
            if (gain > s->gain) {
                s->gain = gain;
                s->cut = i + 1;
            }
        }
    }
}

static size_t grow(const struct grower *g, size_t rows, size_t bins, struct segment *segment,
                   double *edge)
{
    size_t n = 1;
    segment[0] = (struct segment){0, rows, 0, 0};
    find_cut(g, &segment[0]);
    while (n < bins) {
        size_t best = 0;
        for (size_t k = 1; k < n; k++) {
            best = segment[k].gain > segment[best].gain ? k : best;
        }
        struct segment s = segment[best];
        if (!(s.gain > 0)) {
            break;
        }
        edge[n - 1] =
            ((double)g->row[s.cut - 1].x + (double)g->row[s.cut].x) / 2; /* sorted afterwards */
        segment[best] = (struct segment){s.from, s.cut, 0, 0};
        segment[n] = (struct segment){s.cut, s.to, 0, 0};
        find_cut(g, &segment[best]);
        find_cut(g, &segment[n]);
        n++;
    }
    return n - 1;
}

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static enum hone_code tree_edges(struct hone_run *run, const struct hone_fit_matrix *in,
                                 size_t j, size_t bins, double *edge, size_t *edges)
{
    HONE_SCRATCH(run);
    const struct hone_target *target = in->target;
    struct tree_row *row;
    struct segment *segment;
    struct grower g = {0};
    if (target == NULL) {
        return hone_fail(run, HONE_E_ARG, "bin: a tree needs a target");
    }
    g.classes = target->task == HONE_TASK_REGRESSION ? 1 : target->classes;
    HONE_TRY(hone_array(run, &run->scratch, &row, in->rows));
    HONE_TRY(hone_array(run, &run->scratch, &segment, bins));
    HONE_TRY(hone_array(run, &run->scratch, &g.left, g.classes));
    HONE_TRY(hone_array(run, &run->scratch, &g.right, g.classes));
    size_t n = 0;
    for (size_t i = 0; i < in->rows; i++) {
        double w = target->weight == NULL ? 1 : target->weight[i];
        if (isfinite(in->x[j][i]) && w > 0) {
            row[n++] = (struct tree_row){in->x[j][i], w, target->y[i]};
        }
    }
    qsort(row, n, sizeof *row, by_x);
    g.row = row;
    g.least = n / (4 * bins) < 5 ? 5 : n / (4 * bins);
    *edges = grow(&g, n, bins, segment, edge);
    qsort(edge, *edges, sizeof *edge, by_double);
    return HONE_OK;
}

/* --- the transform ------------------------------------------------------------------------------------------ */

static enum hone_code find_edges(struct hone_run *run, const struct settings *set,
                                 const struct hone_fit_matrix *in, size_t j, double *edge,
                                 size_t *edges)
{
    HONE_ARENA(work);
    struct hone_sorted s;
    size_t bins = (size_t)set->bins;
    *edges = 0;
    HONE_TRY(hone_sorted_of(run, in->rows, in->x[j], hone_weights_of(in->target), &work, &s));
    if (s.n == 0) {
        return HONE_OK;
    }
    if (strcmp(set->strategy, "tree") == 0) {
        return tree_edges(run, in, j, bins, edge, edges);
    }
    if (strcmp(set->strategy, "kmeans") == 0) {
        return cluster(run, &s, bins, edge, edges);
    }
    *edges = strcmp(set->strategy, "uniform") == 0 ? uniform_edges(&s, bins, edge)
                                                   : quantile_edges(&s, bins, edge);
    /* a bin that ends where the values begin is empty */
    size_t kept = 0;
    for (size_t k = 0; k < *edges; k++) {
        if (edge[k] > (double)s.x[0] && edge[k] <= (double)s.x[s.n - 1] &&
            (kept == 0 || edge[k] > edge[kept - 1])) {
            edge[kept++] = edge[k];
        }
    }
    *edges = kept;
    return HONE_OK;
}

/* The float that all floats below the edge are at most: pieces take their upper edge in. */
static float below(double edge)
{
    float f = (float)edge;
    return (double)f < edge ? f : nextafterf(f, -INFINITY);
}

static enum hone_code fit_column(struct hone_run *run, const struct settings *set,
                                 const struct hone_fit_matrix *in, size_t j,
                                 struct hone_arena *mem, struct hone_pieces *out)
{
    HONE_SCRATCH(run);
    double *edge;
    float *cut;
    float *code;
    size_t edges;
    HONE_TRY(hone_array(run, mem, &edge, (size_t)set->bins));
    HONE_TRY(find_edges(run, set, in, j, edge, &edges));
    HONE_TRY(hone_array(run, mem, &cut, edges + 1));
    HONE_TRY(hone_array(run, mem, &code, edges + 1));
    size_t n = 0;
    for (size_t k = 0; k < edges; k++) {
        float f = below(edge[k]);
        if (n == 0 || f > cut[n - 1]) {
            cut[n++] = f;
        }
    }
    for (size_t k = 0; k <= n; k++) {
        code[k] = (float)k;
    }
    *out = (struct hone_pieces){n, cut, code};
    return HONE_OK;
}

/* "[18, 25)": what bin k of a column holds. */
static const char *bin_name(struct hone_arena *mem, const char *name,
                            const struct hone_pieces *p, size_t k)
{
    char low[32];
    char high[32];
    size_t low_n = k == 0 ? 0 : hone_format_f32(low, nextafterf(p->edge[k - 1], INFINITY));
    size_t high_n = k == p->edges ? 0 : hone_format_f32(high, nextafterf(p->edge[k], INFINITY));
    if (k == 0) {
        return hone_arena_format(mem, "%s < %.*s", name, (int)high_n, high);
    }
    if (k == p->edges) {
        return hone_arena_format(mem, "%s >= %.*s", name, (int)low_n, low);
    }
    return hone_arena_format(mem, "%s in [%.*s, %.*s)", name, (int)low_n, low, (int)high_n,
                             high);
}

static enum hone_code emit_onehot(struct hone_run *run, const struct hone_fit_matrix *in,
                                  const struct hone_pieces *pieces, const char *codes,
                                  struct hone_graph *graph, const char **value,
                                  struct hone_features *out)
{
    HONE_SCRATCH(run);
    const char **wide;
    HONE_TRY(hone_array(run, &run->scratch, &wide, in->cols + 1));
    size_t first = out->n;
    for (size_t j = 0; j < in->cols; j++) {
        size_t n = pieces[j].edges + 1;
        const int64_t place = (int64_t)j;
        const size_t one = 1;
        const char *at = hone_graph_const(graph, "at", HONE_I64, 1, &one, &place);
        const char *code = hone_graph_op(graph, "", "Gather", "code", HONE_IN(codes, at));
        hone_node_int(graph, hone_graph_last(graph), "axis", 1);
        const char *row = hone_emit_row(graph, "bins", n, pieces[j].value);
        const char *equal = hone_graph_op(graph, "", "Equal", "in_bin", HONE_IN(code, row));
        wide[j] = hone_emit_cast(graph, equal, "bin", HONE_F32);
        for (size_t k = 0; k < n; k++) {
            const struct hone_feature *from = &in->feature[j];
            hone_features_add(
                out,
                (struct hone_feature){
                    .name = n == 1 ? from->name : bin_name(out->mem, from->name, &pieces[j], k),
                    .source = from->source,
                    .at = out->n - first,
                    .flag = true});
        }
    }
    *value = hone_emit_beside(graph, "bins", wide);
    for (size_t k = first; k < out->n; k++) {
        out->item[k].value = *value;
    }
    return HONE_OK;
}

/* The ends of the inner bins: edges, and before and after them the least and greatest training values. */
static enum hone_code find_ends(struct hone_run *run, const struct hone_fit_matrix *in,
                                size_t j, const struct hone_pieces *p, struct hone_arena *mem,
                                float **from, float **by)
{
    struct hone_moments m = hone_moments_of(in->rows, in->x[j], hone_weights_of(in->target));
    HONE_TRY(hone_array(run, mem, from, p->edges + 1));
    HONE_TRY(hone_array(run, mem, by, p->edges + 1));
    for (size_t k = 0; k <= p->edges; k++) {
        double low = k == 0 ? m.min : (double)p->edge[k - 1];
        double high = k == p->edges ? m.max : (double)p->edge[k];
        float scale = (float)(1 / (high - low));
        (*from)[k] = (float)low;
        (*by)[k] =
            isnormal(scale) ? scale : 1; /* no width to speak of: 0 below, 1 above by far */
    }
    return HONE_OK;
}

/*
 * Piecewise linear encoding: feature k is 0 below bin k, 1 above it, and straight within; the outermost two go on
 * beyond the training values.  Source: Gorishniy, Rubachev & Babenko, NeurIPS 2022, eq. 1.
 */
static enum hone_code emit_piecewise(struct hone_run *run, const struct hone_fit_matrix *in,
                                     const struct hone_pieces *pieces, struct hone_graph *graph,
                                     const char **value, struct hone_features *out)
{
    HONE_ARENA(work);
    const char **wide;
    HONE_TRY(hone_array(run, &work, &wide, in->cols + 1));
    size_t first = out->n;
    for (size_t j = 0; j < in->cols; j++) {
        size_t n = pieces[j].edges + 1;
        float *from;
        float *by;
        float *low;
        float *high;
        HONE_TRY(find_ends(run, in, j, &pieces[j], &work, &from, &by));
        HONE_TRY(hone_array(run, &work, &low, n));
        HONE_TRY(hone_array(run, &work, &high, n));
        for (size_t k = 0; k < n; k++) {
            low[k] = k == 0 ? -FLT_MAX : 0;
            high[k] = k + 1 == n ? FLT_MAX : 1;
        }
        const int64_t place = (int64_t)j;
        const size_t one = 1;
        const char *at = hone_graph_const(graph, "at", HONE_I64, 1, &one, &place);
        const char *x = hone_graph_op(graph, "", "Gather", "x", HONE_IN(in->value, at));
        hone_node_int(graph, hone_graph_last(graph), "axis", 1);
        const char *offset = hone_emit_row(graph, "from", n, from);
        const char *scale = hone_emit_row(graph, "by", n, by);
        x = hone_graph_op(graph, "", "Sub", "along", HONE_IN(x, offset));
        x = hone_graph_op(graph, "", "Mul", "along", HONE_IN(x, scale));
        wide[j] = hone_emit_clamp(graph, x, "piece", n, low, high);
        const struct hone_feature *f = &in->feature[j];
        for (size_t k = 0; k < n; k++) {
            const char *name = n == 1 ? f->name : bin_name(out->mem, f->name, &pieces[j], k);
            hone_features_add(out, (struct hone_feature){.name = name,
                                                         .source = f->source,
                                                         .at = out->n - first,
                                                         .scaled = true});
        }
    }
    *value = hone_emit_beside(graph, "piecewise", wide);
    for (size_t k = first; k < out->n; k++) {
        out->item[k].value = *value;
    }
    return HONE_OK;
}

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_ARENA(work);
    struct hone_pieces *pieces;
    (void)mem;
    HONE_TRY(hone_array(run, &work, &pieces, in->cols));
    for (size_t j = 0; j < in->cols; j++) {
        HONE_TRY(fit_column(run, set, in, j, &work, &pieces[j]));
        HONE_TRY(hone_check_cancel(run));
    }
    if (strcmp(set->output, "piecewise") == 0) {
        return emit_piecewise(run, in, pieces, graph, value, out);
    }
    const char *codes = hone_emit_pieces(run, graph, in->value, "bins", in->cols, pieces, 1);
    codes = hone_emit_mask(graph, in->value, codes, "bin", NAN);
    if (strcmp(set->output, "onehot") == 0) {
        return emit_onehot(run, in, pieces, codes, graph, value, out);
    }
    hone_features_move(in, codes, out);
    *value = codes;
    return HONE_OK;
}

const struct hone_transform hone_transform_bin = {
    .part.name = "bin",
    .part.summary = "numbers as bins: equal shares, equal widths, clusters or cuts of a tree",
    .part.source = "Dougherty, Kohavi & Sahami, ICML 1995; Fayyad & Irani, IJCAI 1993",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .supervised = true,
    .map = map,
};

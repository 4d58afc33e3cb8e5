/* Normalisations.  Means and squares are summed in double, in the order of the elements. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

/* n floats a step apart: their mean and variance. */
static void moments(size_t n, const float *x, size_t step, double *mean, double *variance)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i * step];
    }
    *mean = n == 0 ? 0 : sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = (double)x[i * step] - *mean;
        squares += d * d;
    }
    *variance = n == 0 ? 0 : squares / (double)n;
}

static size_t product(size_t n, const size_t *dim)
{
    size_t p = 1;
    for (size_t i = 0; i < n; i++) {
        p *= dim[i];
    }
    return p;
}

static enum hone_code want_length(struct hone_run *run, const struct hone_tensor *t, size_t n,
                                  const char *what)
{
    return t == NULL || hone_tensor_count(t) == n
               ? HONE_OK
               : hone_fail(run, HONE_E_SHAPE, "%s of %zu, not %zu", what, hone_tensor_count(t),
                           n);
}

static enum hone_code infer_channels(struct hone_run *run, const struct hone_site *site)
{
    if (site->in[0].ranked && site->in[0].rank < 2) {
        return hone_fail(run, HONE_E_SHAPE, "rank %zu has no channels", site->in[0].rank);
    }
    HONE_TRY(hone_site_like_first(run, site, 1));
    HONE_TRY(hone_site_like_first(run, site, 2));
    return hone_infer_same(run, site);
}

static bool rows_alone(const struct hone_site *site)
{
    return hone_rows_first(site) && site->in[0].rank > 1;
}

/* --- BatchNormalization -------------------------------------------------------------------------------- */

static enum hone_code infer_batch(struct hone_run *run, const struct hone_site *site)
{
    bool training = hone_op_int(site->node, "training_mode", 0) != 0;

    for (size_t i = 1; i < 5; i++) {
        HONE_TRY(hone_site_like_first(run, site, i));
    }
    for (size_t i = 1; i < site->outputs; i++) {
        site->out[i] = site->in[2 + i]; /* running mean and variance */
        site->out[i].data = NULL;
        if (!training && site->node->output[i][0] != '\0') {
            return hone_fail(run, HONE_E_UNSUPPORTED, "statistics of training before opset 14");
        }
        if (i > 2) {
            return hone_fail(run, HONE_E_UNSUPPORTED, "%zu outputs", site->outputs);
        }
    }
    site->out[0] = site->in[0];
    site->out[0].data = NULL;
    return HONE_OK;
}

static enum hone_code batch(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    bool training = hone_op_int(call->node, "training_mode", 0) != 0;
    double epsilon = (double)hone_op_float(call->node, "epsilon", 1e-5f);
    double keep = (double)hone_op_float(call->node, "momentum", 0.9f);
    size_t channels = in->rank < 2 ? 1 : in->dim[1], inner = 1, images = 1;
    const float *x = in->data;
    float *y = call->out[0]->data;

    if (in->rank > 0) {
        images = in->dim[0];
        inner = in->rank < 2 ? 1 : product(in->rank - 2, in->dim + 2);
    }
    for (size_t i = 1; i < 5; i++) {
        HONE_TRY(want_length(run, call->in[i], channels, "a vector"));
    }
    for (size_t c = 0; c < channels; c++) {
        const float *vector[5] = {NULL};
        double mean, variance;
        float scale, shift;
        for (size_t i = 1; i < 5; i++) {
            vector[i] = (const float *)call->in[i]->data + c;
        }
        mean = (double)*vector[3];
        variance = (double)*vector[4];
        if (training) {
            double sum = 0, squares = 0, n = (double)(images * inner);
            for (size_t k = 0; k < images * inner; k++) {
                sum += (double)x[(k / inner * channels + c) * inner + k % inner];
            }
            mean = sum / n;
            for (size_t k = 0; k < images * inner; k++) {
                double d = (double)x[(k / inner * channels + c) * inner + k % inner] - mean;
                squares += d * d;
            }
            variance = squares / n;
            for (size_t i = 1; i < call->outputs; i++) {
                ((float *)call->out[i]->data)[c] =
                    (float)((double)*vector[2 + i] * keep +
                            (i == 1 ? mean : variance) * (1 - keep));
            }
        }
        scale = (float)((double)*vector[1] / sqrt(variance + epsilon));
        shift =
            (float)((double)*vector[2] - mean * (double)*vector[1] / sqrt(variance + epsilon));
        for (size_t i = 0; i < images; i++) {
            size_t at = (i * channels + c) * inner;
            for (size_t k = 0; k < inner; k++) {
                y[at + k] = x[at + k] * scale + shift;
            }
        }
    }
    return HONE_OK;
}

/* --- InstanceNormalization, GroupNormalization ---------------------------------------------------------------- */

/* Channels in groups; scale and shift per channel, or per group. */
static enum hone_code group(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *scale = call->in[1], *shift = call->in[2];
    bool single = strcmp(call->node->op, "InstanceNormalization") == 0;
    double epsilon = (double)hone_op_float(call->node, "epsilon", 1e-5f);
    size_t channels = in->dim[1], inner = product(in->rank - 2, in->dim + 2), each;
    int64_t groups = single ? (int64_t)channels : hone_op_int(call->node, "num_groups", 0);
    bool by_group = hone_tensor_count(scale) != channels;

    if (groups < 1 || channels % (size_t)groups != 0) {
        return channels == 0 ? HONE_OK
                             : hone_fail(run, HONE_E_SHAPE, "%zu channels in %lld groups",
                                         channels, (long long)groups);
    }
    each = channels / (size_t)groups;
    HONE_TRY(want_length(run, scale, by_group ? (size_t)groups : channels, "scale"));
    HONE_TRY(want_length(run, shift, hone_tensor_count(scale), "bias"));
    for (size_t g = 0; g < in->dim[0] * (size_t)groups; g++) {
        const float *x = (const float *)in->data + g * each * inner;
        float *y = (float *)call->out[0]->data + g * each * inner;
        double mean, variance;
        moments(each * inner, x, 1, &mean, &variance);
        variance = 1 / sqrt(variance + epsilon);
        for (size_t k = 0; k < each * inner; k++) {
            size_t of = g % (size_t)groups;
            of = by_group ? of : of * each + k / inner;
            y[k] =
                (float)(((double)x[k] - mean) * variance) * ((const float *)scale->data)[of] +
                ((const float *)shift->data)[of];
        }
    }
    return HONE_OK;
}

/* --- LayerNormalization, RMSNormalization --------------------------------------------------------------------- */

static enum hone_code infer_layer(struct hone_run *run, const struct hone_site *site)
{
    size_t axis = 0;

    HONE_TRY(hone_site_like_first(run, site, 1));
    HONE_TRY(hone_site_like_first(run, site, 2));
    for (size_t i = 0; i < site->outputs; i++) {
        site->out[i] = site->in[0];
        site->out[i].data = NULL;
        if (i > 0) {
            site->out[i].type = HONE_F32;
        }
        if (!site->in[0].ranked) {
            continue;
        }
        HONE_TRY(
            hone_op_axis(run, hone_op_int(site->node, "axis", -1), site->in[0].rank, &axis));
        for (size_t k = axis; i > 0 && k < site->in[0].rank; k++) {
            site->out[i].dim[k] = 1;
        }
    }
    return HONE_OK;
}

static bool layer_keeps_rows(const struct hone_site *site)
{
    int64_t axis = hone_op_int(site->node, "axis", -1);
    return rows_alone(site) && axis != 0 && axis != -(int64_t)site->in[0].rank;
}

/* A tensor broadcast to the axes that are normalised. */
static enum hone_code spread(struct hone_run *run, const struct hone_tensor *t,
                             const struct hone_tensor *in, size_t axis, const float **out)
{
    struct hone_tensor full = {.type = HONE_F32, .rank = in->rank - axis};
    struct hone_shape to, more = hone_shape_of(t);
    struct hone_walk w;
    float *room;

    *out = NULL;
    if (t == NULL) {
        return HONE_OK;
    }
    memcpy(full.dim, in->dim + axis, full.rank * sizeof *full.dim);
    to = hone_shape_of(&full);
    HONE_TRY(hone_shape_broadcast(run, &to, &more));
    if (hone_shape_count(&to) != (int64_t)hone_tensor_count(&full)) {
        return hone_fail(run, HONE_E_SHAPE, "a scale larger than what is normalised");
    }
    HONE_TRY(hone_array(run, &run->scratch, &room, hone_tensor_count(&full)));
    for (bool some = hone_walk_begin(&w, 1, &t, &full); some; some = hone_walk_next(&w)) {
        for (size_t i = 0; i < w.inner; i++) {
            room[w.out + i] = ((const float *)t->data)[w.offset[0] + i * w.step[0]];
        }
    }
    *out = room;
    return HONE_OK;
}

static enum hone_code layer(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_tensor *in = call->in[0];
    bool centred = strcmp(call->node->op, "LayerNormalization") == 0;
    double epsilon = (double)hone_op_float(call->node, "epsilon", 1e-5f);
    const float *x = in->data, *scale = NULL, *shift = NULL;
    float *y = call->out[0]->data;
    size_t axis = 0, n, rows;

    HONE_TRY(hone_op_axis(run, hone_op_int(call->node, "axis", -1), in->rank, &axis));
    n = product(in->rank - axis, in->dim + axis);
    rows = product(axis, in->dim);
    HONE_TRY(spread(run, call->in[1], in, axis, &scale));
    HONE_TRY(spread(run, hone_call_in(call, 2), in, axis, &shift));
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        double mean = 0, variance = 0;
        if (centred) {
            moments(n, x, 1, &mean, &variance);
        } else {
            for (size_t k = 0; k < n; k++) {
                variance += (double)x[k] * (double)x[k];
            }
            variance /= (double)n;
        }
        variance = 1 / sqrt(variance + epsilon);
        for (size_t k = 0; k < n; k++) {
            y[k] = (float)(((double)x[k] - mean) * variance) * scale[k] +
                   (shift == NULL ? 0 : shift[k]);
        }
        for (size_t i = 1; i < call->outputs; i++) {
            ((float *)call->out[i]->data)[r] = (float)(i == 1 ? mean : variance);
        }
    }
    return HONE_OK;
}

/* --- LpNormalization, MeanVarianceNormalization, LRN ------------------------------------------------------------ */

#define LP(T, suffix)                                                                          \
    static enum hone_code lp_##suffix(struct hone_run *run, const struct hone_call *call)      \
    {                                                                                          \
        const struct hone_tensor *in = call->in[0];                                            \
        bool squares = hone_op_int(call->node, "p", 2) != 1;                                   \
        const T *x = in->data;                                                                 \
        T *y = call->out[0]->data;                                                             \
        size_t axis = 0;                                                                       \
        struct hone_axis a;                                                                    \
        HONE_TRY(hone_op_axis(run, hone_op_int(call->node, "axis", -1), in->rank, &axis));     \
        a = hone_axis_of(in, axis);                                                            \
        for (size_t r = 0; r < a.outer * a.inner; r++) {                                       \
            size_t at = r / a.inner * a.n * a.inner + r % a.inner;                             \
            double sum = 0;                                                                    \
            for (size_t k = 0; k < a.n; k++) {                                                 \
                double v = (double)x[at + k * a.inner];                                        \
                sum += squares ? v * v : fabs(v);                                              \
            }                                                                                  \
            sum = squares ? sqrt(sum) : sum;                                                   \
            for (size_t k = 0; k < a.n; k++) {                                                 \
                double v = (double)x[at + k * a.inner];                                        \
                y[at + k * a.inner] = (T)(sum == 0 ? 0 : v / sum);                             \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
LP(float, f32)
LP(double, f64)

/* Sums of the elements that agree in the axes that stay, in the order of the elements. */
static enum hone_code mean_variance(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    static const int64_t usual[] = {0, 2, 3};
    const struct hone_tensor *in = call->in[0];
    size_t n_axes, cells = 1, stride[HONE_RANK_MAX] = {0}, n = hone_tensor_count(in);
    const int64_t *axes = hone_op_ints(call->node, "axes", &n_axes);
    bool gone[HONE_RANK_MAX] = {false};
    const float *x = in->data;
    double *sum, *squares, each;
    size_t *cell;

    n_axes = axes == NULL ? 3 : n_axes;
    axes = axes == NULL ? usual : axes;
    for (size_t i = 0; i < n_axes; i++) {
        size_t k = 0;
        HONE_TRY(hone_op_axis(run, axes[i], in->rank, &k));
        gone[k] = true;
    }
    for (size_t k = in->rank; k-- > 0;) {
        stride[k] = gone[k] ? 0 : cells;
        cells *= gone[k] ? 1 : in->dim[k];
    }
    HONE_TRY(hone_array(run, &run->scratch, &sum, cells));
    HONE_TRY(hone_array(run, &run->scratch, &squares, cells));
    HONE_TRY(hone_array(run, &run->scratch, &cell, n));
    each = cells == 0 ? 1 : (double)n / (double)cells;
    for (size_t i = 0; i < n; i++) {
        size_t rest = i;
        for (size_t k = in->rank; k-- > 0; rest /= in->dim[k]) {
            cell[i] += rest % in->dim[k] * stride[k];
        }
        sum[cell[i]] += (double)x[i];
    }
    for (size_t i = 0; i < n; i++) {
        double d = (double)x[i] - sum[cell[i]] / each;
        squares[cell[i]] += d * d;
    }
    for (size_t i = 0; i < n; i++) {
        double d = (double)x[i] - sum[cell[i]] / each;
        ((float *)call->out[0]->data)[i] = (float)(d / (sqrt(squares[cell[i]] / each) + 1e-9));
    }
    return HONE_OK;
}

static enum hone_code lrn(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    double alpha = (double)hone_op_float(call->node, "alpha", 1e-4f);
    double beta = (double)hone_op_float(call->node, "beta", 0.75f);
    double bias = (double)hone_op_float(call->node, "bias", 1);
    int64_t size = hone_op_int(call->node, "size", 0), before, after;
    struct hone_axis a = hone_axis_of(in, 1);
    const float *x = in->data;
    float *y = call->out[0]->data;

    if (size < 1 || size > INT32_MAX) {
        return hone_fail(run, HONE_E_FORMAT, "size %lld", (long long)size);
    }
    before = (size - 1) / 2;
    after = size - 1 - before;
    for (size_t o = 0; o < a.outer; o++) {
        for (size_t c = 0; c < a.n; c++) {
            size_t low = (int64_t)c > before ? c - (size_t)before : 0;
            size_t high = c + (size_t)after < a.n ? c + (size_t)after + 1 : a.n;
            for (size_t i = 0; i < a.inner; i++) {
                double sum = 0;
                for (size_t k = low; k < high; k++) {
                    double v = (double)x[(o * a.n + k) * a.inner + i];
                    sum += v * v;
                }
                y[(o * a.n + c) * a.inner + i] =
                    (float)((double)x[(o * a.n + c) * a.inner + i] /
                            pow(bias + alpha / (double)size * sum, beta));
            }
        }
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, min_in, max_in, max_out, ...)                                \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, min_in, max_in, max_out),                                    \
        __VA_ARGS__,                                                                           \
    }

OP(batch_normalization, "BatchNormalization", 1, 5, 5, 5,
   .attrs = "epsilon:f momentum:f training_mode:i spatial:i is_test:i", .infer = infer_batch,
   .forward = {[HONE_F32] = batch});
OP(instance_normalization, "InstanceNormalization", 6, 3, 3, 1, .attrs = "epsilon:f",
   .infer = infer_channels, .rowwise = rows_alone, .forward = {[HONE_F32] = group});
OP(group_normalization, "GroupNormalization", 18, 3, 3, 1,
   .attrs = "epsilon:f num_groups:i stash_type:i", .infer = infer_channels,
   .rowwise = rows_alone, .forward = {[HONE_F32] = group});
OP(layer_normalization, "LayerNormalization", 1, 2, 3, 3,
   .attrs = "axis:i epsilon:f stash_type:i", .infer = infer_layer, .rowwise = layer_keeps_rows,
   .forward = {[HONE_F32] = layer});
OP(rms_normalization, "RMSNormalization", 23, 2, 2, 1, .attrs = "axis:i epsilon:f stash_type:i",
   .infer = infer_layer, .rowwise = layer_keeps_rows, .forward = {[HONE_F32] = layer});
OP(lp_normalization, "LpNormalization", 1, 1, 1, 1, .attrs = "axis:i p:i",
   .infer = hone_infer_same, .rowwise = layer_keeps_rows,
   .forward = {[HONE_F32] = lp_f32, [HONE_F64] = lp_f64});
OP(mean_variance_normalization, "MeanVarianceNormalization", 1, 1, 1, 1, .attrs = "axes:I",
   .infer = hone_infer_same, .forward = {[HONE_F32] = mean_variance});
OP(lrn, "LRN", 1, 1, 1, 1, .attrs = "alpha:f beta:f bias:f size:i", .infer = infer_channels,
   .rowwise = rows_alone, .forward = {[HONE_F32] = lrn});

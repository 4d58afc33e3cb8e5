/* Signals: DFT, STFT, MelWeightMatrix, HannWindow, HammingWindow, BlackmanWindow. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

#define TWO_PI 6.283185307179586476925286766559

/* --- transforms: sums over all samples where the length is no power of two ------------------------------- */

/* In place, n a power of two: decimation in time (Cooley & Tukey 1965).  sign: -1 forward, 1 inverse without 1/n. */
static void fast(size_t n, double *re, double *im, double sign)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; (j & bit) != 0; bit >>= 1) {
            j ^= bit;
        }
        j |= bit;
        if (i < j) {
            double r = re[i], m = im[i];
            re[i] = re[j];
            im[i] = im[j];
            re[j] = r;
            im[j] = m;
        }
    }
    for (size_t len = 2; len <= n; len *= 2) {
        for (size_t k = 0; k < len / 2; k++) {
            double a = sign * TWO_PI * (double)k / (double)len, c = cos(a), s = sin(a);
            for (size_t i = k; i < n; i += len) {
                size_t j = i + len / 2;
                double r = re[j] * c - im[j] * s, m = re[j] * s + im[j] * c;
                re[j] = re[i] - r;
                im[j] = im[i] - m;
                re[i] += r;
                im[i] += m;
            }
        }
    }
}

/* The first `bins` of a transform of n samples (re, im) to (out_re, out_im). */
static enum hone_code transform(struct hone_run *run, size_t n, double *re, double *im,
                                double sign, size_t bins, double *out_re, double *out_im)
{
    if ((n & (n - 1)) == 0) {
        fast(n, re, im, sign);
        memcpy(out_re, re, bins * sizeof *re);
        memcpy(out_im, im, bins * sizeof *im);
        return HONE_OK;
    }
    for (size_t k = 0; k < bins; k++) {
        double sum_re = 0, sum_im = 0;
        HONE_TRY(hone_check_cancel(run));
        for (size_t t = 0; t < n; t++) {
            /* The angle is taken modulo n, where it is exact. */
            double a = sign * TWO_PI * (double)(k * t % n) / (double)n, c = cos(a), s = sin(a);
            sum_re += re[t] * c - im[t] * s;
            sum_im += re[t] * s + im[t] * c;
        }
        out_re[k] = sum_re;
        out_im[k] = sum_im;
    }
    return HONE_OK;
}

static void put(const struct hone_tensor *t, size_t i, double v)
{
    if (t->type == HONE_F32) {
        ((float *)t->data)[i] = (float)v;
    } else {
        ((double *)t->data)[i] = v;
    }
}

/* The only integer of an input, where it is there and known. */
static bool known_int(const struct hone_site *site, size_t i, int64_t *out)
{
    const struct hone_shape *s = i < site->inputs ? &site->in[i] : NULL;
    struct hone_tensor t = {0};

    if (s == NULL || s->data == NULL || hone_shape_count(s) != 1 ||
        (s->type != HONE_I64 && s->type != HONE_I32)) {
        return false;
    }
    t.type = s->type;
    memcpy(&t.data, &s->data, sizeof t.data);
    *out = hone_tensor_int(&t, 0);
    return true;
}

/* --- DFT --------------------------------------------------------------------------------------------------- */

struct dft {
    bool inverse, onesided;
    int64_t axis; /* the attribute of version 17; from 20 on input 2, else -2 */
    bool axis_input;
};

static enum hone_code prepare_dft(struct hone_run *run, const struct hone_site *site,
                                  struct hone_arena *mem, void *state)
{
    struct dft *s = state;
    (void)run;
    (void)mem;
    s->inverse = hone_op_int(site->node, "inverse", 0) != 0;
    s->onesided = hone_op_int(site->node, "onesided", 0) != 0;
    s->axis_input = hone_site_has(site, 2);
    s->axis = hone_op_int(site->node, "axis", site->version < 20 ? 1 : -2);
    return HONE_OK;
}

static enum hone_code infer_dft(struct hone_run *run, const struct hone_site *site)
{
    const struct dft *s = site->state;
    const struct hone_shape *x = &site->in[0];
    struct hone_shape *out = &site->out[0];
    int64_t axis = s->axis, length = -1, parts;
    size_t k = 0;

    *out = (struct hone_shape){.type = x->type};
    if (!x->ranked || (s->axis_input && !known_int(site, 2, &axis))) {
        return HONE_OK;
    }
    parts = x->rank < 2 ? 0 : x->dim[x->rank - 1];
    HONE_TRY(hone_op_axis(run, axis, x->rank, &k));
    if (parts > 2 || parts == 0 || k + 1 == x->rank) {
        return hone_fail(run, HONE_E_SHAPE, "the last axis is not real and imaginary parts");
    }
    hone_shape_set(out, x->type, x->rank, x->dim);
    out->dim[x->rank - 1] = s->inverse && s->onesided ? 1 : 2;
    if (!hone_site_has(site, 1)) {
        length = x->dim[k];
        if (s->inverse && s->onesided && length >= 0) {
            length = 2 * (length - 1);
        }
    } else if (known_int(site, 1, &length) && length < 1) {
        return hone_fail(run, HONE_E_SHAPE, "dft_length %lld", (long long)length);
    }
    out->dim[k] = length < 0 ? -1 : s->onesided && !s->inverse ? length / 2 + 1 : length;
    return HONE_OK;
}

/* One line of n samples, filled up with zeroes, or with what symmetry says where only one side was given. */
static void line_of(const struct hone_tensor *x, const struct hone_axis *a, size_t first,
                    size_t n, bool mirrored, double *re, double *im)
{
    size_t parts = x->dim[x->rank - 1];

    for (size_t t = 0; t < n; t++) {
        bool other = mirrored && t >= a->n && n - t < a->n;
        size_t from = other ? n - t : t;
        bool there = from < a->n;
        size_t at = (first + from * a->inner) * parts;
        re[t] = there ? hone_tensor_real(x, at) : 0;
        im[t] = there && parts == 2 ? hone_tensor_real(x, at + 1) : 0;
        im[t] = other ? -im[t] : im[t];
    }
}

static enum hone_code dft(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct dft *s = call->state;
    const struct hone_tensor *x = call->in[0], *out = call->out[0];
    int64_t axis = s->axis_input ? hone_tensor_int(call->in[2], 0) : s->axis;
    size_t k = 0, parts_out = out->dim[out->rank - 1], n, bins;
    struct hone_tensor plain = *x;
    struct hone_axis a;
    double *re, *im, *out_re, *out_im;

    HONE_TRY(hone_op_axis(run, axis, x->rank, &k));
    plain.rank--;
    a = hone_axis_of(&plain, k);
    bins = out->dim[k];
    n = s->onesided && !s->inverse
            ? (hone_call_in(call, 1) == NULL ? a.n : (size_t)hone_tensor_int(call->in[1], 0))
            : bins;
    HONE_TRY(hone_array(run, &run->scratch, &re, n));
    HONE_TRY(hone_array(run, &run->scratch, &im, n));
    HONE_TRY(hone_array(run, &run->scratch, &out_re, bins));
    HONE_TRY(hone_array(run, &run->scratch, &out_im, bins));
    for (size_t r = 0; n != 0 && r < a.outer * a.inner; r++) {
        size_t o = r / a.inner, i = r % a.inner;
        line_of(x, &a, o * a.n * a.inner + i, n, s->inverse && s->onesided, re, im);
        HONE_TRY(transform(run, n, re, im, s->inverse ? 1 : -1, bins, out_re, out_im));
        for (size_t b = 0; b < bins; b++) {
            size_t at = ((o * bins + b) * a.inner + i) * parts_out;
            double scale = s->inverse ? 1 / (double)n : 1;
            put(out, at, out_re[b] * scale);
            if (parts_out == 2) {
                put(out, at + 1, out_im[b] * scale);
            }
        }
    }
    return HONE_OK;
}

/* --- STFT -------------------------------------------------------------------------------------------------- */

static enum hone_code infer_stft(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0];
    bool onesided = hone_op_int(site->node, "onesided", 1) != 0;
    int64_t step = 0, length = -1, dim[4] = {-1, -1, -1, 2};

    site->out[0] = (struct hone_shape){.type = x->type};
    HONE_TRY(hone_site_like_first(run, site, 2));
    if (!known_int(site, 3, &length) && hone_site_has(site, 2)) {
        length = hone_shape_count(&site->in[2]);
    }
    if (x->ranked && (x->rank < 2 || x->rank > 3)) {
        return hone_fail(run, HONE_E_SHAPE, "signals of rank %zu", x->rank);
    }
    if (known_int(site, 1, &step) && length >= 0 && x->ranked && x->dim[1] >= 0) {
        if (step < 1 || length < 1 || length > x->dim[1]) {
            return hone_fail(run, HONE_E_SHAPE, "frames of %lld every %lld of %lld",
                             (long long)length, (long long)step, (long long)x->dim[1]);
        }
        dim[1] = (x->dim[1] - length) / step + 1;
        dim[2] = onesided ? length / 2 + 1 : length;
    }
    dim[0] = x->ranked ? x->dim[0] : -1;
    hone_shape_set(&site->out[0], x->type, 4, dim);
    return HONE_OK;
}

static enum hone_code stft(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_tensor *x = call->in[0], *window = hone_call_in(call, 2);
    const struct hone_tensor *length = hone_call_in(call, 3), *out = call->out[0];
    size_t step = (size_t)hone_tensor_int(call->in[1], 0), bins = out->dim[2];
    size_t parts = x->rank == 3 ? x->dim[2] : 1, frames = out->dim[1];
    size_t n = length != NULL ? (size_t)hone_tensor_int(length, 0) : hone_tensor_count(window);
    double *re, *im, *out_re, *out_im;

    if ((window != NULL && hone_tensor_count(window) != n) || parts < 1 || parts > 2) {
        return hone_fail(run, HONE_E_SHAPE, "a window or parts that do not fit");
    }
    HONE_TRY(hone_array(run, &run->scratch, &re, n));
    HONE_TRY(hone_array(run, &run->scratch, &im, n));
    HONE_TRY(hone_array(run, &run->scratch, &out_re, bins));
    HONE_TRY(hone_array(run, &run->scratch, &out_im, bins));
    for (size_t f = 0; f < x->dim[0] * frames; f++) {
        size_t first = f / frames * x->dim[1] + f % frames * step;
        for (size_t t = 0; t < n; t++) {
            double w = window == NULL ? 1 : hone_tensor_real(window, t);
            re[t] = w * hone_tensor_real(x, (first + t) * parts);
            im[t] = parts == 2 ? w * hone_tensor_real(x, (first + t) * parts + 1) : 0;
        }
        HONE_TRY(transform(run, n, re, im, -1, bins, out_re, out_im));
        for (size_t b = 0; b < bins; b++) {
            put(out, (f * bins + b) * 2, out_re[b]);
            put(out, (f * bins + b) * 2 + 1, out_im[b]);
        }
    }
    return HONE_OK;
}

/* --- windows, MelWeightMatrix ------------------------------------------------------------------------------------ */

static enum hone_code infer_window(struct hone_run *run, const struct hone_site *site)
{
    int64_t type = hone_op_int(site->node, "output_datatype", HONE_F32), n = -1;

    if (type != HONE_F32 && type != HONE_F64) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "a window of %s",
                         hone_dtype_name((enum hone_dtype)(type & 127)));
    }
    if (known_int(site, 0, &n) && n < 0) {
        return hone_fail(run, HONE_E_SHAPE, "a window of %lld", (long long)n);
    }
    hone_shape_set(&site->out[0], (enum hone_dtype)type, 1, &n);
    return HONE_OK;
}

/* a0 - a1 cos + a2 cos, over the whole length or all but its end. */
static enum hone_code window(struct hone_run *run, const struct hone_call *call)
{
    bool hann = strcmp(call->node->op, "HannWindow") == 0;
    bool hamming = strcmp(call->node->op, "HammingWindow") == 0;
    double a0 = hann ? 0.5 : hamming ? 25.0 / 46 : 0.42, a2 = hann || hamming ? 0 : 0.08;
    double a1 = hann || hamming ? 1 - a0 : 0.5;
    size_t n = call->out[0]->dim[0];
    double span = hone_op_int(call->node, "periodic", 1) != 0 ? (double)n : (double)n - 1;
    (void)run;

    for (size_t i = 0; i < n; i++) {
        double x = span == 0 ? 0 : TWO_PI * (double)i / span;
        put(call->out[0], i, a0 - a1 * cos(x) + a2 * cos(2 * x));
    }
    return HONE_OK;
}

static enum hone_code infer_mel(struct hone_run *run, const struct hone_site *site)
{
    int64_t type = hone_op_int(site->node, "output_datatype", HONE_F32), bins = -1, length = -1;

    if (type != HONE_F32 && type != HONE_F64) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "a matrix of %s",
                         hone_dtype_name((enum hone_dtype)(type & 127)));
    }
    if ((known_int(site, 0, &bins) && bins < 0) ||
        (known_int(site, 1, &length) && length < 0)) {
        return hone_fail(run, HONE_E_SHAPE, "%lld bins, length %lld", (long long)bins,
                         (long long)length);
    }
    hone_shape_set(&site->out[0], (enum hone_dtype)type, 2,
                   (const int64_t[]){length < 0 ? -1 : length / 2 + 1, bins});
    return HONE_OK;
}

static double mel(double hertz)
{
    return 2595 * log10(1 + hertz / 700);
}

/* Triangles on the mel scale, over bins of the transform. */
static enum hone_code mel_weights(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_tensor *out = call->out[0];
    size_t rows = out->dim[0], cols = out->dim[1];
    double number[5], low, step, *edge;

    for (size_t i = 0; i < 5; i++) {
        if (hone_tensor_count(call->in[i]) != 1) {
            return hone_fail(run, HONE_E_SHAPE, "input %zu is not one number", i);
        }
        number[i] = hone_tensor_real(call->in[i], 0);
    }
    low = mel(number[3]);
    step = (mel(number[4]) - low) / (double)(cols + 2);
    HONE_TRY(hone_array(run, &run->scratch, &edge, cols + 2));
    for (size_t i = 0; i < cols + 2; i++) {
        double hertz = 700 * (pow(10, (low + (double)i * step) / 2595) - 1);
        edge[i] = floor((number[1] + 1) * hertz / number[2]);
    }
    memset(out->data, 0, rows * cols * hone_dtype_size(out->type));
    for (size_t i = 0; i < rows * cols; i++) {
        size_t row = i / cols;
        double bin = (double)row, *e = edge + i % cols;
        if (e[0] == e[1]) {
            if (bin == e[1]) {
                put(out, i, 1);
            }
        } else if (bin >= e[0] && bin <= e[1]) {
            put(out, i, (bin - e[0]) / (e[1] - e[0]));
        }
        if (e[2] != e[1] && bin >= e[1] && bin < e[2]) {
            put(out, i, (e[2] - bin) / (e[2] - e[1]));
        }
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, min_in, max_in, ...)                                                \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 17, min_in, max_in, 1),                                             \
        __VA_ARGS__,                                                                           \
    }
#define INTEGERS(f)                                                                            \
    {                                                                                          \
        [HONE_I32] = f, [HONE_I64] = f                                                         \
    }
#define REALS(f)                                                                               \
    {                                                                                          \
        [HONE_F32] = f, [HONE_F64] = f                                                         \
    }
#define WINDOW(variable, onnx)                                                                 \
    OP(variable, onnx, 1, 1, .attrs = "output_datatype:i periodic:i", .reads = 1,              \
       .infer = infer_window, .forward = INTEGERS(window))

OP(dft, "DFT", 1, 3, .attrs = "axis:i inverse:i onesided:i", .reads = 6,
   .state_size = sizeof(struct dft), .prepare = prepare_dft, .infer = infer_dft,
   .forward = REALS(dft));
OP(stft, "STFT", 2, 4, .attrs = "onesided:i", .reads = 10, .infer = infer_stft,
   .forward = REALS(stft));
OP(mel_weight_matrix, "MelWeightMatrix", 5, 5, .attrs = "output_datatype:i", .reads = 3,
   .infer = infer_mel, .forward = INTEGERS(mel_weights));
WINDOW(hann_window, "HannWindow");
WINDOW(hamming_window, "HammingWindow");
WINDOW(blackman_window, "BlackmanWindow");

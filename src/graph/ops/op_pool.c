/* Pools: MaxPool, AveragePool, LpPool, the global ones, MaxUnpool. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/window_priv.h"

/* A pool at work: up to three axes, those that there are not of length 1. */
struct pool {
    size_t planes, dim[3], size[3];
    size_t kernel[3], stride[3], dilation[3];
    int64_t before[3], after[3];
};

static size_t volume(const size_t *dim)
{
    return dim[0] * dim[1] * dim[2];
}

static enum hone_code infer_pool(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0];
    struct hone_window win;
    int64_t before;

    for (size_t i = 0; i < site->outputs; i++) {
        site->out[i] = (struct hone_shape){.type = i == 0 ? x->type : HONE_I64};
    }
    if (!x->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_window_of(run, site->node, x->rank < 2 ? 0 : x->rank - 2, NULL, &win));
    for (size_t i = 0; i < site->outputs; i++) {
        hone_shape_set(&site->out[i], site->out[i].type, x->rank, x->dim);
        for (size_t k = 0; k < win.axes; k++) {
            if (x->dim[2 + k] >= 0) {
                HONE_TRY(hone_window_places(run, &win, k, x->dim[2 + k],
                                            &site->out[i].dim[2 + k], &before));
            }
        }
    }
    return HONE_OK;
}

static enum hone_code pool_of(struct hone_run *run, const struct hone_call *call,
                              struct pool *p)
{
    const struct hone_tensor *x = call->in[0];
    size_t axes = x->rank - 2, skip = 3 - axes;
    struct hone_window win;

    HONE_TRY(hone_window_of(run, call->node, axes, NULL, &win));
    *p = (struct pool){
        x->dim[0] * x->dim[1], {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0}, {0}};
    for (size_t k = 0; k < axes; k++) {
        int64_t places, before = 0, reach = (win.kernel[k] - 1) * win.dilation[k] + 1;
        HONE_TRY(hone_window_places(run, &win, k, (int64_t)x->dim[2 + k], &places, &before));
        p->dim[skip + k] = x->dim[2 + k];
        p->size[skip + k] = (size_t)places;
        p->kernel[skip + k] = (size_t)win.kernel[k];
        p->stride[skip + k] = (size_t)win.stride[k];
        p->dilation[skip + k] = (size_t)win.dilation[k];
        p->before[skip + k] = before;
        p->after[skip + k] =
            win.auto_pad == HONE_PAD_GIVEN
                ? win.after[k]
                : (places - 1) * win.stride[k] + reach - before - (int64_t)x->dim[2 + k];
    }
    return HONE_OK;
}

/* Taps of one axis that are inside, at one place: first .. first + n - 1 with index of the first. */
struct taps {
    size_t first, n;
    int64_t at;
    int64_t padded; /* taps that are inside when padding counts */
};

/* a / step, rounded up, without a division where there is nothing to divide. */
static inline int64_t steps(int64_t a, int64_t step)
{
    return step == 1 ? a : (a + step - 1) / step;
}

static inline struct taps taps_at(const struct pool *p, size_t axis, size_t place)
{
    int64_t at = (int64_t)(place * p->stride[axis]) - p->before[axis];
    int64_t step = (int64_t)p->dilation[axis], dim = (int64_t)p->dim[axis];
    int64_t first = at >= 0 ? 0 : steps(-at, step);
    int64_t end = dim <= at ? 0 : steps(dim - at, step);
    int64_t wide = steps(dim + p->after[axis] - at, step);
    int64_t kernel = (int64_t)p->kernel[axis];

    end = end < kernel ? end : kernel;
    wide = wide < kernel ? wide : kernel;
    return (struct taps){(size_t)first, end > first ? (size_t)(end - first) : 0,
                         at + first * step, wide < 0 ? 0 : wide};
}

/* Every place of every plane: `each` sees the elements of its window, `done` ends it. */
#define EACH_PLACE(T, p, x, each, done)                                                        \
    for (size_t plane = 0, place = 0; plane < (p)->planes; plane++) {                          \
        const T *image = (x) + plane * volume((p)->dim);                                       \
        for (size_t r = 0; r < (p)->size[0] * (p)->size[1]; r++) {                             \
            struct taps td = taps_at((p), 0, r / (p)->size[1]);                                \
            struct taps th = taps_at((p), 1, r % (p)->size[1]);                                \
            for (size_t w_at = 0; w_at < (p)->size[2]; w_at++, place++) {                      \
                struct taps tw = taps_at((p), 2, w_at);                                        \
                for (size_t a = 0; a < td.n; a++) {                                            \
                    for (size_t b = 0; b < th.n; b++) {                                        \
                        size_t line = ((size_t)td.at + a * (p)->dilation[0]) * (p)->dim[1] +   \
                                      (size_t)th.at + b * (p)->dilation[1];                    \
                        size_t first = line * (p)->dim[2] + (size_t)tw.at;                     \
                        for (size_t c = 0; c < tw.n; c++) {                                    \
                            size_t at = first + c * (p)->dilation[2];                          \
                            T v = image[at];                                                   \
                            each;                                                              \
                        }                                                                      \
                    }                                                                          \
                }                                                                              \
                done;                                                                          \
            }                                                                                  \
        }                                                                                      \
    }

/* --- MaxPool ---------------------------------------------------------------------------------------------- */

/* The index of an element of a plane, in row order or column order, among all planes. */
static int64_t index_of(const struct pool *p, size_t plane, size_t at, bool columns)
{
    if (columns) {
        size_t w = at % p->dim[2], h = at / p->dim[2] % p->dim[1],
               d = at / p->dim[2] / p->dim[1];
        at = (w * p->dim[1] + h) * p->dim[0] + d;
    }
    return (int64_t)(plane * volume(p->dim) + at);
}

#define MAX_POOL(T, suffix, lowest)                                                            \
    static enum hone_code max_pool_##suffix(struct hone_run *run,                              \
                                            const struct hone_call *call)                      \
    {                                                                                          \
        bool columns = hone_op_int(call->node, "storage_order", 0) != 0;                       \
        int64_t *where = call->outputs > 1 ? call->out[1]->data : NULL;                        \
        T *y = call->out[0]->data, best = lowest;                                              \
        size_t best_at = 0;                                                                    \
        struct pool p;                                                                         \
        HONE_TRY(pool_of(run, call, &p));                                                      \
        EACH_PLACE(                                                                            \
            T, &p, (const T *)call->in[0]->data,                                               \
            {                                                                                  \
                if (v > best || (a + b + c == 0)) {                                            \
                    best = v;                                                                  \
                    best_at = at;                                                              \
                }                                                                              \
            },                                                                                 \
            {                                                                                  \
                y[place] = best;                                                               \
                if (where != NULL) {                                                           \
                    where[place] = index_of(&p, plane, best_at, columns);                      \
                }                                                                              \
                best = lowest;                                                                 \
            })                                                                                 \
        return HONE_OK;                                                                        \
    }
MAX_POOL(float, f32, -INFINITY)
MAX_POOL(double, f64, (double)-INFINITY)
MAX_POOL(int8_t, i8, INT8_MIN)
MAX_POOL(uint8_t, u8, 0)

/* --- AveragePool, LpPool ------------------------------------------------------------------------------------ */

static enum hone_code average_pool(struct hone_run *run, const struct hone_call *call)
{
    bool all = hone_op_int(call->node, "count_include_pad", 0) != 0;
    float *y = call->out[0]->data, sum = 0;
    struct pool p;

    HONE_TRY(pool_of(run, call, &p));
    EACH_PLACE(float, &p, (const float *)call->in[0]->data, sum += v, {
        int64_t n = all ? td.padded * th.padded * tw.padded : (int64_t)(td.n * th.n * tw.n);
        y[place] = n == 0 ? 0 : sum / (float)n;
        sum = 0;
    })
    return HONE_OK;
}

static enum hone_code lp_pool(struct hone_run *run, const struct hone_call *call)
{
    int64_t power = hone_op_int(call->node, "p", 2);
    float *y = call->out[0]->data, sum = 0;
    struct pool p;

    if (power < 1) {
        return hone_fail(run, HONE_E_SHAPE, "p of %lld", (long long)power);
    }
    HONE_TRY(pool_of(run, call, &p));
    EACH_PLACE(
        float, &p, (const float *)call->in[0]->data,
        sum += power == 1   ? fabsf(v)
               : power == 2 ? v * v
                            : powf(fabsf(v), (float)power),
        {
            y[place] = power == 1 ? sum : power == 2 ? sqrtf(sum) : powf(sum, 1 / (float)power);
            sum = 0;
        })
    return HONE_OK;
}

/* --- all of a plane --------------------------------------------------------------------------------------------- */

static enum hone_code infer_global(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0];
    HONE_TRY(hone_infer_same(run, site));
    if (x->ranked && x->rank < 2) {
        return hone_fail(run, HONE_E_SHAPE, "images of rank %zu", x->rank);
    }
    for (size_t k = 2; x->ranked && k < x->rank; k++) {
        site->out[0].dim[k] = 1;
    }
    return HONE_OK;
}

static enum hone_code global_pool(struct hone_run *run, const struct hone_call *call)
{
    const float *x = call->in[0]->data;
    float *y = call->out[0]->data;
    size_t planes = hone_tensor_count(call->out[0]);
    size_t n = planes == 0 ? 0 : hone_tensor_count(call->in[0]) / planes;
    bool max = strcmp(call->node->op, "GlobalMaxPool") == 0;
    int64_t p =
        strcmp(call->node->op, "GlobalLpPool") == 0 ? hone_op_int(call->node, "p", 2) : 0;
    (void)run;

    for (size_t i = 0; i < planes; i++, x += n) {
        double sum = 0;
        float best = n == 0 ? 0 : x[0];
        for (size_t k = 0; k < n; k++) {
            sum += p == 0 ? (double)x[k] : pow(fabs((double)x[k]), (double)p);
            best = x[k] > best ? x[k] : best;
        }
        y[i] = max ? best : p == 0 ? (float)(sum / (double)n) : (float)pow(sum, 1 / (double)p);
    }
    return HONE_OK;
}

/* --- MaxUnpool ------------------------------------------------------------------------------------------------- */

static enum hone_code infer_unpool(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct hone_shape *x = &site->in[0];
    struct hone_shape *out = &site->out[0];
    struct hone_window win;
    const int64_t *shape = NULL;
    size_t n = 0;
    bool known = false;

    *out = (struct hone_shape){.type = x->type};
    if (site->in[1].type != HONE_I64) {
        return hone_fail(run, HONE_E_SHAPE, "indices of %s", hone_dtype_name(site->in[1].type));
    }
    if (!x->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_window_of(run, site->node, x->rank < 2 ? 0 : x->rank - 2, NULL, &win));
    hone_shape_set(out, x->type, x->rank, x->dim);
    for (size_t k = 0; k < win.axes; k++) {
        if (x->dim[2 + k] > INT32_MAX) {
            return hone_fail(run, HONE_E_LIMIT, "an axis of %lld", (long long)x->dim[2 + k]);
        }
        out->dim[2 + k] = x->dim[2 + k] < 0 ? -1
                                            : (x->dim[2 + k] - 1) * win.stride[k] -
                                                  win.before[k] - win.after[k] + win.kernel[k];
    }
    if (hone_site_has(site, 2)) {
        HONE_TRY(hone_site_ints(run, site, 2, &run->scratch, &shape, &n, &known));
        for (size_t k = 2; k < x->rank; k++) {
            out->dim[k] = known && n == x->rank ? shape[k] : -1;
        }
    }
    for (size_t k = 2; k < x->rank; k++) {
        if (out->dim[k] < -1 || (known && out->dim[k] < 0)) {
            return hone_fail(run, HONE_E_SHAPE, "an output of %lld", (long long)out->dim[k]);
        }
    }
    return HONE_OK;
}

/* Indices are places in the tensor that was pooled: of a plane of that, and of the output where that is larger. */
static enum hone_code unpool(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *x = call->in[0], *y = call->out[0];
    const int64_t *index = call->in[1]->data;
    const float *in = x->data;
    float *out = y->data;
    size_t n = hone_tensor_count(x), planes = x->dim[0] * x->dim[1];
    size_t total = hone_tensor_count(y), old = 1, width_old = 1;
    struct hone_window win;

    HONE_TRY(hone_window_of(run, call->node, x->rank - 2, NULL, &win));
    for (size_t k = 0; k < win.axes; k++) {
        int64_t d = ((int64_t)x->dim[2 + k] - 1) * win.stride[k] - win.before[k] -
                    win.after[k] + win.kernel[k];
        width_old = d < 1 ? 1 : (size_t)d;
        old *= width_old;
    }
    if (hone_tensor_count(call->in[1]) != n) {
        return hone_fail(run, HONE_E_SHAPE, "%zu indices for %zu values",
                         hone_tensor_count(call->in[1]), n);
    }
    memset(out, 0, total * sizeof *out);
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)index[i];
        if (planes != 0 && total / planes != old && x->rank == 4) {
            size_t rest = at % old;
            at = at / old * (total / planes) + rest / width_old * y->dim[3] + rest % width_old;
        }
        if (index[i] < 0 || at >= total) {
            return hone_fail(run, HONE_E_SHAPE, "index %lld of %zu", (long long)index[i],
                             total);
        }
        out[at] = in[i];
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define POOL_ATTRS "auto_pad:s ceil_mode:i dilations:I kernel_shape:I pads:I strides:I"

#define OP(variable, onnx, first, min_in, max_in, max_out, ...)                                \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, min_in, max_in, max_out),                                    \
        __VA_ARGS__,                                                                           \
    }

OP(max_pool, "MaxPool", 1, 1, 1, 2, .attrs = POOL_ATTRS " storage_order:i", .infer = infer_pool,
   .forward = {[HONE_F32] = max_pool_f32,
               [HONE_F64] = max_pool_f64,
               [HONE_I8] = max_pool_i8,
               [HONE_U8] = max_pool_u8});
OP(average_pool, "AveragePool", 1, 1, 1, 1, .attrs = POOL_ATTRS " count_include_pad:i",
   .infer = infer_pool, .forward = {[HONE_F32] = average_pool});
OP(lp_pool, "LpPool", 2, 1, 1, 1, .attrs = POOL_ATTRS " p:i", .infer = infer_pool,
   .forward = {[HONE_F32] = lp_pool});
OP(global_max_pool, "GlobalMaxPool", 1, 1, 1, 1, .infer = infer_global,
   .forward = {[HONE_F32] = global_pool});
OP(global_average_pool, "GlobalAveragePool", 1, 1, 1, 1, .infer = infer_global,
   .forward = {[HONE_F32] = global_pool});
OP(global_lp_pool, "GlobalLpPool", 2, 1, 1, 1, .attrs = "p:i", .infer = infer_global,
   .forward = {[HONE_F32] = global_pool});
OP(max_unpool, "MaxUnpool", 9, 2, 3, 1, .attrs = "kernel_shape:I pads:I strides:I", .reads = 4,
   .infer = infer_unpool, .forward = {[HONE_F32] = unpool});

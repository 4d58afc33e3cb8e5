/* Sums and products along an axis so far: CumSum, CumProd.  Determinants: Det. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

static enum hone_code axis_input(struct hone_run *run, const struct hone_call *call,
                                 size_t *out)
{
    const struct hone_tensor *t = call->in[1];
    if ((t->type != HONE_I64 && t->type != HONE_I32) || hone_tensor_count(t) != 1) {
        return hone_fail(run, HONE_E_SHAPE, "an axis that is not one integer");
    }
    return hone_op_axis(run, hone_tensor_int(t, 0), call->in[0]->rank, out);
}

/* Along another axis than the rows'. */
static bool cumulate_keeps_rows(const struct hone_site *site)
{
    const struct hone_shape *axis = &site->in[1];
    if (!hone_rows_first(site) || !site->in[0].ranked || axis->data == NULL ||
        hone_shape_count(axis) != 1 || axis->type != HONE_I64) {
        return false;
    }
    int64_t at = *(const int64_t *)axis->data;
    return at != 0 && at != -(int64_t)site->in[0].rank;
}

#define CUMULATE(name, T, suffix, start, value)                                                \
    static enum hone_code name##_##suffix(struct hone_run *run, const struct hone_call *call)  \
    {                                                                                          \
        bool exclusive = hone_op_int(call->node, "exclusive", 0) != 0;                         \
        bool reverse = hone_op_int(call->node, "reverse", 0) != 0;                             \
        const T *in = call->in[0]->data;                                                       \
        T *out = call->out[0]->data;                                                           \
        size_t axis = 0;                                                                       \
        struct hone_axis a;                                                                    \
        HONE_TRY(axis_input(run, call, &axis));                                                \
        a = hone_axis_of(call->in[0], axis);                                                   \
        for (size_t o = 0; o < a.outer; o++) {                                                 \
            for (size_t i = 0; i < a.inner; i++) {                                             \
                T x = start;                                                                   \
                for (size_t k = 0; k < a.n; k++) {                                             \
                    size_t at = (o * a.n + (reverse ? a.n - 1 - k : k)) * a.inner + i;         \
                    T y = in[at];                                                              \
                    out[at] = x;                                                               \
                    x = (T)(value);                                                            \
                    out[at] = exclusive ? out[at] : x;                                         \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
#define BOTH(T, suffix, total, all)                                                            \
    CUMULATE(sum, T, suffix, 0, total)                                                         \
    CUMULATE(prod, T, suffix, 1, all)
BOTH(float, f32, x + y, x *y)
BOTH(double, f64, x + y, x *y)
BOTH(uint32_t, u32, x + y, x *y) /* two's complement: the low bits are the same */
BOTH(uint64_t, u64, x + y, x *y)
#define TABLE(name)                                                                            \
    {                                                                                          \
        [HONE_F32] = name##_f32, [HONE_F64] = name##_f64, [HONE_I32] = name##_u32,             \
        [HONE_U32] = name##_u32, [HONE_I64] = name##_u64, [HONE_U64] = name##_u64              \
    }

/* --- Det: Gauss with partial pivoting, in double ------------------------------------------------------------- */

static enum hone_code infer_det(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];

    site->out[0] = *in;
    site->out[0].data = NULL;
    if (!in->ranked) {
        return HONE_OK;
    }
    if (in->rank < 2 || (in->dim[in->rank - 1] >= 0 && in->dim[in->rank - 2] >= 0 &&
                         in->dim[in->rank - 1] != in->dim[in->rank - 2])) {
        return hone_fail(run, HONE_E_SHAPE, "the input is not square matrices");
    }
    site->out[0].rank -= 2;
    return HONE_OK;
}

static double determinant(size_t n, double *a)
{
    double det = 1;
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; i++) {
            pivot = fabs(a[i * n + k]) > fabs(a[pivot * n + k]) ? i : pivot;
        }
        if (a[pivot * n + k] == 0) {
            return 0;
        }
        det *= pivot == k ? a[k * n + k] : -a[pivot * n + k];
        for (size_t j = 0; j < n && pivot != k; j++) {
            double x = a[k * n + j];
            a[k * n + j] = a[pivot * n + j];
            a[pivot * n + j] = x;
        }
        for (size_t i = k + 1; i < n; i++) {
            double f = a[i * n + k] / a[k * n + k];
            for (size_t j = k; j < n; j++) {
                a[i * n + j] -= f * a[k * n + j];
            }
        }
    }
    return det;
}

static enum hone_code det(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_tensor *in = call->in[0];
    size_t n = in->dim[in->rank - 1], count = hone_tensor_count(call->out[0]);
    double *a;

    HONE_TRY(hone_matrix(run, &run->scratch, &a, n, n));
    for (size_t i = 0; i < count; i++) {
        double d;
        for (size_t k = 0; k < n * n; k++) {
            a[k] = hone_tensor_real(in, i * n * n + k);
        }
        d = determinant(n, a);
        if (in->type == HONE_F32) {
            ((float *)call->out[0]->data)[i] = (float)d;
        } else {
            ((double *)call->out[0]->data)[i] = d;
        }
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, n_in, ...)                                                   \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, n_in, n_in, 1),                                              \
        __VA_ARGS__,                                                                           \
    }

OP(cum_sum, "CumSum", 11, 2, .attrs = "exclusive:i reverse:i", .infer = hone_infer_same,
   .rowwise = cumulate_keeps_rows, .forward = TABLE(sum));
OP(cum_prod, "CumProd", 26, 2, .attrs = "exclusive:i reverse:i", .infer = hone_infer_same,
   .forward = TABLE(prod));
OP(det, "Det", 11, 1, .infer = infer_det, .forward = {[HONE_F32] = det, [HONE_F64] = det});

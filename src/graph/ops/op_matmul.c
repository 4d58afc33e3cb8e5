/*
 * MatMul and Gemm.  Every output row is computed alone, its sum in the order of k, so that a row's result
 * does not depend on how many rows come with it.
 */
#include "graph/walk_priv.h"

struct state {
    float alpha, beta;
    bool trans_a, trans_b;
};

/* out (m, n) += a (m, k) b (k, n); a's element (i, p) is a[i * ra + p * ca]. */
#define PRODUCT(T, suffix)                                                                     \
    static void product_##suffix(size_t m, size_t n, size_t k, const T *a, size_t ra,          \
                                 size_t ca, const T *restrict b, T *restrict out)              \
    {                                                                                          \
        for (size_t i = 0; i < m; i++) {                                                       \
            T *restrict row = out + i * n;                                                     \
            for (size_t p = 0; p < k; p++) {                                                   \
                T x = a[i * ra + p * ca];                                                      \
                const T *restrict y = b + p * n;                                               \
                for (size_t j = 0; j < n; j++) {                                               \
                    row[j] += x * y[j];                                                        \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
    }
PRODUCT(float, f32)
PRODUCT(double, f64)
PRODUCT(uint32_t, u32)
PRODUCT(uint64_t, u64)

static void product(enum hone_dtype type, size_t m, size_t n, size_t k, const void *a,
                    const void *b, void *out)
{
    memset(out, 0, m * n * hone_dtype_size(type));
    switch (type) {
    case HONE_F32:
        product_f32(m, n, k, a, k, 1, b, out);
        return;
    case HONE_F64:
        product_f64(m, n, k, a, k, 1, b, out);
        return;
    case HONE_I32:
    case HONE_U32: /* two's complement: the low bits are the same */
        product_u32(m, n, k, a, k, 1, b, out);
        return;
    default:
        product_u64(m, n, k, a, k, 1, b, out);
    }
}

/* --- MatMul: as numpy's ----------------------------------------------------------------------------------- */

/* The stack of matrices of an operand: without its last two axes. */
static struct hone_shape stack_of(const struct hone_shape *s)
{
    struct hone_shape stack = *s;
    stack.rank = s->rank > 2 ? s->rank - 2 : 0;
    return stack;
}

static enum hone_code infer_matmul(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *a = &site->in[0], *b = &site->in[1];
    struct hone_shape *out = &site->out[0], more;
    int64_t ka, kb;

    *out = (struct hone_shape){.type = a->type};
    if (a->type != b->type) {
        return hone_fail(run, HONE_E_SHAPE, "inputs of different types: %s and %s",
                         hone_dtype_name(a->type), hone_dtype_name(b->type));
    }
    if (!a->ranked || !b->ranked) {
        return HONE_OK;
    }
    if (a->rank == 0 || b->rank == 0) {
        return hone_fail(run, HONE_E_SHAPE, "a scalar is not a matrix");
    }
    ka = a->dim[a->rank - 1];
    kb = b->dim[b->rank == 1 ? 0 : b->rank - 2];
    if (ka >= 0 && kb >= 0 && ka != kb) {
        return hone_fail(run, HONE_E_SHAPE, "a matrix of %lld columns times one of %lld rows",
                         (long long)ka, (long long)kb);
    }
    *out = stack_of(a);
    out->data = NULL;
    more = stack_of(b);
    HONE_TRY(hone_shape_broadcast(run, out, &more));
    if (a->rank > 1) {
        out->dim[out->rank++] = a->dim[a->rank - 2];
    }
    if (b->rank > 1) {
        out->dim[out->rank++] = b->dim[b->rank - 1];
    }
    return HONE_OK;
}

static bool matmul_keeps_rows(const struct hone_site *site)
{
    return hone_rows_first(site) && site->in[0].rank > 1 && site->in[1].ranked &&
           (site->in[1].rank <= 2 || site->in[1].rank < site->in[0].rank);
}

static enum hone_code matmul(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *a = call->in[0], *b = call->in[1];
    size_t size = hone_dtype_size(a->type);
    size_t k = a->dim[a->rank - 1];
    size_t m = a->rank == 1 ? 1 : a->dim[a->rank - 2],
           n = b->rank == 1 ? 1 : b->dim[b->rank - 1];
    struct hone_tensor stack[3] = {*a, *b, *call->out[0]};
    const struct hone_tensor *in[2] = {&stack[0], &stack[1]};
    struct hone_walk w;
    (void)run;

    stack[0].rank = a->rank > 2 ? a->rank - 2 : 0;
    stack[1].rank = b->rank > 2 ? b->rank - 2 : 0;
    stack[2].rank = stack[0].rank > stack[1].rank ? stack[0].rank : stack[1].rank;
    if (stack[1].rank == 0) { /* one matrix on the right: all rows on the left at once */
        for (size_t i = 0; i < stack[0].rank; i++) {
            m *= a->dim[i];
        }
        product(a->type, m, n, k, a->data, b->data, call->out[0]->data);
        return HONE_OK;
    }
    for (bool more = hone_walk_begin(&w, 2, in, &stack[2]); more; more = hone_walk_next(&w)) {
        for (size_t i = 0; i < w.inner; i++) {
            product(a->type, m, n, k,
                    (const char *)a->data + (w.offset[0] + i * w.step[0]) * m * k * size,
                    (const char *)b->data + (w.offset[1] + i * w.step[1]) * k * n * size,
                    (char *)call->out[0]->data + (w.out + i) * m * n * size);
        }
    }
    return HONE_OK;
}

/* --- Gemm --------------------------------------------------------------------------------------------------- */

static enum hone_code prepare_gemm(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    struct state *s = state;
    (void)run;
    (void)mem;
    s->alpha = hone_op_float(site->node, "alpha", 1);
    s->beta = hone_op_float(site->node, "beta", 1);
    s->trans_a = hone_op_int(site->node, "transA", 0) != 0;
    s->trans_b = hone_op_int(site->node, "transB", 0) != 0;
    return HONE_OK;
}

/* C broadcasts to the product, and does not widen it. */
static enum hone_code check_c(struct hone_run *run, const struct hone_shape *c,
                              const struct hone_shape *product)
{
    struct hone_shape all = *product;

    if (!c->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_shape_broadcast(run, &all, c));
    for (size_t i = 0; i < 2; i++) {
        if (all.rank != 2 || (product->dim[i] >= 0 && all.dim[i] != product->dim[i])) {
            return hone_fail(run, HONE_E_SHAPE, "C is larger than the product");
        }
    }
    return HONE_OK;
}

static enum hone_code infer_gemm(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    const struct hone_shape *a = &site->in[0], *b = &site->in[1];
    bool has_c = site->inputs > 2 && site->in[2].type != HONE_NONE;
    int64_t ka, kb;

    site->out[0] = (struct hone_shape){.type = a->type};
    if (a->type != b->type || (has_c && site->in[2].type != a->type)) {
        return hone_fail(run, HONE_E_SHAPE, "inputs of different types");
    }
    if (!a->ranked || !b->ranked) {
        return HONE_OK;
    }
    if (a->rank != 2 || b->rank != 2) {
        return hone_fail(run, HONE_E_SHAPE, "operands of rank %zu and %zu, not 2", a->rank,
                         b->rank);
    }
    ka = a->dim[s->trans_a ? 0 : 1];
    kb = b->dim[s->trans_b ? 1 : 0];
    if (ka >= 0 && kb >= 0 && ka != kb) {
        return hone_fail(run, HONE_E_SHAPE, "a matrix of %lld columns times one of %lld rows",
                         (long long)ka, (long long)kb);
    }
    hone_shape_set(&site->out[0], a->type, 2,
                   (const int64_t[]){a->dim[s->trans_a ? 1 : 0], b->dim[s->trans_b ? 0 : 1]});
    return has_c ? check_c(run, &site->in[2], &site->out[0]) : HONE_OK;
}

static bool gemm_keeps_rows(const struct hone_site *site)
{
    const struct hone_shape *c = site->inputs > 2 ? &site->in[2] : NULL;
    return hone_rows_first(site) && !((const struct state *)site->state)->trans_a &&
           (c == NULL || c->type == HONE_NONE || c->rank < 2 || c->dim[0] == 1);
}

#define GEMM(T, suffix)                                                                        \
    static enum hone_code gemm_##suffix(struct hone_run *run, const struct hone_call *call)    \
    {                                                                                          \
        HONE_SCRATCH(run);                                                                     \
        const struct state *s = call->state;                                                   \
        const struct hone_tensor *a = call->in[0], *b = call->in[1];                           \
        const struct hone_tensor *c = call->inputs > 2 ? call->in[2] : NULL;                   \
        size_t m = a->dim[s->trans_a ? 1 : 0], k = a->dim[s->trans_a ? 0 : 1];                 \
        size_t n = b->dim[s->trans_b ? 0 : 1];                                                 \
        const T *right = b->data;                                                              \
        T *out = call->out[0]->data;                                                           \
        struct hone_walk w;                                                                    \
                                                                                               \
        if (s->trans_b) {                                                                      \
            T *turned;                                                                         \
            HONE_TRY(hone_array(run, &run->scratch, &turned, hone_product(k, n)));             \
            for (size_t p = 0; p < k; p++) {                                                   \
                for (size_t j = 0; j < n; j++) {                                               \
                    turned[p * n + j] = right[j * k + p];                                      \
                }                                                                              \
            }                                                                                  \
            right = turned;                                                                    \
        }                                                                                      \
        memset(out, 0, m *n * sizeof *out);                                                    \
        product_##suffix(m, n, k, a->data, s->trans_a ? 1 : k, s->trans_a ? m : 1, right,      \
                         out);                                                                 \
        for (size_t i = 0; s->alpha != 1 && i < m * n; i++) {                                  \
            out[i] = (T)s->alpha * out[i];                                                     \
        }                                                                                      \
        for (bool more = c != NULL && hone_walk_begin(&w, 1, &c, call->out[0]); more;          \
             more = hone_walk_next(&w)) {                                                      \
            const T *from = (const T *)c->data + w.offset[0];                                  \
            for (size_t i = 0; i < w.inner; i++) {                                             \
                out[w.out + i] += (T)s->beta * from[i * w.step[0]];                            \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
GEMM(float, f32)
GEMM(double, f64)

/* --- the operators -------------------------------------------------------------------------------------------- */

const struct hone_op hone_op_matmul = {
    .part.name = "MatMul",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_min = 1,
    .outputs_max = 1,
    .infer = infer_matmul,
    .rowwise = matmul_keeps_rows,
    .forward = {[HONE_F32] = matmul,
                [HONE_F64] = matmul,
                [HONE_I32] = matmul,
                [HONE_U32] = matmul,
                [HONE_I64] = matmul,
                [HONE_U64] = matmul},
};

const struct hone_op hone_op_gemm = {
    .part.name = "Gemm",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 3,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "alpha:f beta:f transA:i transB:i broadcast:i",
    .state_size = sizeof(struct state),
    .prepare = prepare_gemm,
    .infer = infer_gemm,
    .rowwise = gemm_keeps_rows,
    .forward = {[HONE_F32] = gemm_f32, [HONE_F64] = gemm_f64},
};

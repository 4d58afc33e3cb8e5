/* Einsum: sums of products over named axes. */
#include "graph/walk_priv.h"

#define LETTERS  52
#define OPERANDS 8

/* An equation with the axes of each operand as letters; axes under "..." have the letters from LETTERS on. */
struct sums {
    size_t operands, rank[OPERANDS + 1]; /* the last is the result */
    uint8_t letter[OPERANDS + 1][HONE_RANK_MAX];
    int64_t dim[LETTERS + HONE_RANK_MAX]; /* -1: not known */
    bool seen[LETTERS + HONE_RANK_MAX];
    size_t dots; /* axes under "..." */
};

static int letter_of(char c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' : c >= 'A' && c <= 'Z' ? c - 'A' + 26 : -1;
}

/* One term: its letters, and dots axes for "...". */
static enum hone_code read_term(struct hone_run *run, struct hone_str term, size_t dots,
                                struct sums *s, size_t which)
{
    size_t n = 0;

    for (size_t i = 0; i < term.len; i++) {
        int letter = letter_of(term.ptr[i]);
        bool ellipsis = i + 2 < term.len && memcmp(term.ptr + i, "...", 3) == 0;
        if (term.ptr[i] == ' ') {
            continue;
        }
        if (letter < 0 && !ellipsis) {
            return hone_fail(run, HONE_E_FORMAT, "'%c' in the equation", term.ptr[i]);
        }
        for (size_t k = 0; k < (ellipsis ? dots : 1); k++) {
            if (n == HONE_RANK_MAX) {
                return hone_fail(run, HONE_E_FORMAT, "a term of more than %d axes",
                                 HONE_RANK_MAX);
            }
            s->letter[which][n++] =
                (uint8_t)(ellipsis ? LETTERS + (s->dots - dots) + k : (size_t)letter);
        }
        i += ellipsis ? 2 : 0;
    }
    s->rank[which] = n;
    return HONE_OK;
}

static size_t letters_in(struct hone_str term, bool *ellipsis)
{
    size_t n = 0;
    *ellipsis = false;
    for (size_t i = 0; i < term.len; i++) {
        n += letter_of(term.ptr[i]) >= 0;
        *ellipsis = *ellipsis || term.ptr[i] == '.';
    }
    return n;
}

/* Without an arrow: "..." and then the letters that occur once, in their order. */
static enum hone_code implied_result(struct hone_run *run, struct sums *s)
{
    static const char order[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t n = 0, count[LETTERS] = {0};

    for (size_t i = 0; i < s->operands; i++) {
        for (size_t k = 0; k < s->rank[i]; k++) {
            count[s->letter[i][k] % LETTERS] += s->letter[i][k] < LETTERS;
        }
    }
    for (size_t k = 0; k < s->dots; k++) {
        s->letter[s->operands][n++] = (uint8_t)(LETTERS + k);
    }
    for (size_t k = 0; k < LETTERS; k++) {
        int letter = letter_of(order[k]);
        if (count[letter] == 1) {
            if (n == HONE_RANK_MAX) {
                return hone_fail(run, HONE_E_SHAPE, "a result of rank over %d", HONE_RANK_MAX);
            }
            s->letter[s->operands][n++] = (uint8_t)letter;
        }
    }
    s->rank[s->operands] = n;
    return HONE_OK;
}

/* The length of each letter, from the operands. */
static enum hone_code letter_dims(struct hone_run *run, const struct hone_shape *in,
                                  size_t which, struct sums *s)
{
    if (in->rank != s->rank[which]) {
        return hone_fail(run, HONE_E_SHAPE, "input %zu has rank %zu, its term %zu", which,
                         in->rank, s->rank[which]);
    }
    for (size_t k = 0; k < in->rank; k++) {
        uint8_t letter = s->letter[which][k];
        int64_t *dim = &s->dim[letter];
        if (!s->seen[letter] || *dim == 1 || *dim < 0) {
            *dim = s->seen[letter] && *dim == 1 && in->dim[k] < 0 ? -1 : in->dim[k];
        } else if (in->dim[k] >= 0 && in->dim[k] != 1 && in->dim[k] != *dim) {
            return hone_fail(run, HONE_E_SHAPE, "an axis of %lld and of %lld", (long long)*dim,
                             (long long)in->dim[k]);
        }
        s->seen[letter] = true;
    }
    return HONE_OK;
}

static enum hone_code parse(struct hone_run *run, const struct hone_node *node,
                            const struct hone_shape *in, size_t inputs, struct sums *s)
{
    struct hone_str all = hone_op_text(node, "equation", ""), left = all, right = {0};
    const char *arrow = all.len == 0 ? NULL : memmem(all.ptr, all.len, "->", 2);
    struct hone_str term[OPERANDS];
    size_t n = 0, begin = 0;
    bool ellipsis;

    *s = (struct sums){.operands = inputs};
    if (arrow != NULL) {
        left.len = (size_t)(arrow - all.ptr);
        right = (struct hone_str){arrow + 2, all.len - left.len - 2};
    }
    for (size_t i = 0; i <= left.len; i++) {
        if (i == left.len || left.ptr[i] == ',') {
            if (n == inputs || n == OPERANDS) {
                return hone_fail(run, HONE_E_FORMAT, "%zu inputs, another number of terms",
                                 inputs);
            }
            term[n++] = (struct hone_str){left.ptr + begin, i - begin};
            begin = i + 1;
        }
    }
    if (n != inputs) {
        return hone_fail(run, HONE_E_FORMAT, "%zu inputs, %zu terms", inputs, n);
    }
    for (size_t i = 0; i < n; i++) {
        size_t letters = letters_in(term[i], &ellipsis);
        if (ellipsis && in[i].rank >= letters && in[i].rank - letters > s->dots) {
            s->dots = in[i].rank - letters;
        }
    }
    for (size_t i = 0; i < n; i++) {
        size_t letters = letters_in(term[i], &ellipsis);
        size_t dots = ellipsis && in[i].rank >= letters ? in[i].rank - letters : 0;
        HONE_TRY(read_term(run, term[i], dots, s, i));
        HONE_TRY(letter_dims(run, &in[i], i, s));
    }
    HONE_TRY(arrow == NULL ? implied_result(run, s)
                           : read_term(run, right, s->dots, s, s->operands));
    for (size_t k = 0; k < s->rank[n]; k++) {
        if (!s->seen[s->letter[n][k]]) {
            return hone_fail(run, HONE_E_FORMAT, "an axis of the result is in no term");
        }
    }
    return HONE_OK;
}

static enum hone_code infer_einsum(struct hone_run *run, const struct hone_site *site)
{
    int64_t dim[HONE_RANK_MAX];
    struct sums s;

    site->out[0] = (struct hone_shape){.type = site->in[0].type};
    for (size_t i = 0; i < site->inputs; i++) {
        HONE_TRY(hone_site_like_first(run, site, i));
        if (!site->in[i].ranked) {
            return HONE_OK;
        }
    }
    HONE_TRY(parse(run, site->node, site->in, site->inputs, &s));
    for (size_t k = 0; k < s.rank[s.operands]; k++) {
        dim[k] = s.dim[s.letter[s.operands][k]];
    }
    hone_shape_set(&site->out[0], site->in[0].type, s.rank[s.operands], dim);
    return HONE_OK;
}

/* Strides of each operand along each letter; axes of length 1 stay where they are. */
static void strides_of(const struct sums *s, const struct hone_call *call,
                       size_t stride[OPERANDS][LETTERS + HONE_RANK_MAX])
{
    for (size_t i = 0; i < s->operands; i++) {
        size_t step = 1;
        for (size_t k = s->rank[i]; k-- > 0;) {
            stride[i][s->letter[i][k]] += call->in[i]->dim[k] == 1 ? 0 : step;
            step *= call->in[i]->dim[k];
        }
    }
}

/* For each element of the result the sum over the other letters, the last of them fastest. */
#define EINSUM(T, suffix)                                                                      \
    static void einsum_##suffix(const struct sums *s, const struct hone_call *call,            \
                                size_t stride[OPERANDS][LETTERS + HONE_RANK_MAX],              \
                                const uint8_t *loop, size_t outer, size_t loops)               \
    {                                                                                          \
        size_t at[LETTERS + HONE_RANK_MAX] = {0}, offset[OPERANDS] = {0};                      \
        T *out = call->out[0]->data, sum = 0;                                                  \
        for (;;) {                                                                             \
            T term = 1;                                                                        \
            size_t k = loops;                                                                  \
            for (size_t i = 0; i < s->operands; i++) {                                         \
                term *= ((const T *)call->in[i]->data)[offset[i]];                             \
            }                                                                                  \
            sum += term;                                                                       \
            while (k > 0) {                                                                    \
                uint8_t letter = loop[--k];                                                    \
                bool again = ++at[k] < (size_t)s->dim[letter];                                 \
                for (size_t i = 0; i < s->operands; i++) {                                     \
                    offset[i] += stride[i][letter];                                            \
                    offset[i] -= again ? 0 : stride[i][letter] * at[k];                        \
                }                                                                              \
                if (again) {                                                                   \
                    k++;                                                                       \
                    break;                                                                     \
                }                                                                              \
                at[k] = 0;                                                                     \
                if (k == outer) { /* all that is summed has been */                            \
                    *out++ = sum;                                                              \
                    sum = 0;                                                                   \
                }                                                                              \
            }                                                                                  \
            if (k == 0) {                                                                      \
                if (outer == loops) {                                                          \
                    *out = sum;                                                                \
                }                                                                              \
                return;                                                                        \
            }                                                                                  \
            if (outer == loops) {                                                              \
                *out++ = sum;                                                                  \
                sum = 0;                                                                       \
            }                                                                                  \
        }                                                                                      \
    }
EINSUM(float, f32)
EINSUM(double, f64)
EINSUM(uint32_t, u32) /* two's complement: the low bits are the same */
EINSUM(uint64_t, u64)

static enum hone_code einsum(struct hone_run *run, const struct hone_call *call)
{
    struct hone_shape in[OPERANDS];
    size_t stride[OPERANDS][LETTERS + HONE_RANK_MAX] = {{0}}, outer, loops = 0;
    uint8_t loop[LETTERS + HONE_RANK_MAX];
    bool done[LETTERS + HONE_RANK_MAX] = {false};
    enum hone_dtype type = call->in[0]->type;
    bool nothing = false;
    struct sums s;

    for (size_t i = 0; i < call->inputs; i++) {
        in[i] = hone_shape_of(call->in[i]);
    }
    HONE_TRY(parse(run, call->node, in, call->inputs, &s));
    strides_of(&s, call, stride);
    for (outer = 0; outer < s.rank[s.operands]; outer++) {
        loop[loops++] = s.letter[s.operands][outer];
        done[loop[outer]] = true;
    }
    for (size_t k = 0; k < LETTERS + HONE_RANK_MAX; k++) {
        if (s.seen[k] && !done[k]) {
            loop[loops++] = (uint8_t)k;
        }
        nothing = nothing || (s.seen[k] && s.dim[k] == 0);
    }
    if (nothing) {
        memset(call->out[0]->data, 0, hone_tensor_count(call->out[0]) * hone_dtype_size(type));
    } else if (type == HONE_F32) {
        einsum_f32(&s, call, stride, loop, outer, loops);
    } else if (type == HONE_F64) {
        einsum_f64(&s, call, stride, loop, outer, loops);
    } else if (hone_dtype_size(type) == 4) {
        einsum_u32(&s, call, stride, loop, outer, loops);
    } else {
        einsum_u64(&s, call, stride, loop, outer, loops);
    }
    return HONE_OK;
}

const struct hone_op hone_op_einsum = {
    .part.name = "Einsum",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 12,
    .inputs_min = 1,
    .inputs_max = OPERANDS,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "equation:s",
    .infer = infer_einsum,
    .forward = {[HONE_F32] = einsum,
                [HONE_F64] = einsum,
                [HONE_I32] = einsum,
                [HONE_U32] = einsum,
                [HONE_I64] = einsum,
                [HONE_U64] = einsum},
};

/*
 * RNN, GRU, LSTM.  The products with the inputs of all steps come first, in one go; each step then adds its products with
 * the state before it.
 */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"
#include "tensor/gemm.h"

enum cell { RNN, GRU, LSTM };

typedef float activation(float x, float alpha, float beta);

static float relu(float x, float alpha, float beta)
{
    (void)alpha;
    (void)beta;
    return x > 0 ? x : 0;
}

static float hyperbolic(float x, float alpha, float beta)
{
    (void)alpha;
    (void)beta;
    return tanhf(x);
}

static float sigmoid(float x, float alpha, float beta)
{
    (void)alpha;
    (void)beta;
    return 1 / (1 + expf(-x));
}

static float affine(float x, float alpha, float beta)
{
    return alpha * x + beta;
}

static float leaky(float x, float alpha, float beta)
{
    (void)beta;
    return x >= 0 ? x : alpha * x;
}

static float thresholded(float x, float alpha, float beta)
{
    (void)beta;
    return x >= alpha ? x : 0;
}

static float scaled_tanh(float x, float alpha, float beta)
{
    return alpha * tanhf(beta * x);
}

static float hard_sigmoid(float x, float alpha, float beta)
{
    return fminf(fmaxf(alpha * x + beta, 0), 1);
}

static float elu(float x, float alpha, float beta)
{
    (void)beta;
    return x >= 0 ? x : alpha * expm1f(x);
}

static float softsign(float x, float alpha, float beta)
{
    (void)alpha;
    (void)beta;
    return x / (1 + fabsf(x));
}

static float softplus(float x, float alpha, float beta)
{
    (void)alpha;
    (void)beta;
    return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x));
}

static const struct {
    const char *name;
    activation *f;
    float alpha, beta; /* where the node gives none */
} activations[] = {
    {"Relu", relu, 0, 0},
    {"Tanh", hyperbolic, 0, 0},
    {"Sigmoid", sigmoid, 0, 0},
    {"Affine", affine, 1, 0},
    {"LeakyRelu", leaky, 0.01f, 0},
    {"ThresholdedRelu", thresholded, 1, 0},
    {"ScaledTanh", scaled_tanh, 1, 1},
    {"HardSigmoid", hard_sigmoid, 0.2f, 0.5f},
    {"Elu", elu, 1, 0},
    {"Softsign", softsign, 0, 0},
    {"Softplus", softplus, 0, 0},
};

struct gate {
    activation *f;
    float alpha, beta;
};

struct state {
    enum cell cell;
    size_t gates, functions, directions;
    bool reverse; /* the first direction goes backwards */
    bool batch_first, reset_after, coupled;
    float clip; /* 0: none */
    struct gate gate[2][3];
};

/* --- attributes ------------------------------------------------------------------------------------------- */

static bool same_name(struct hone_str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

static enum hone_code prepare_gates(struct hone_run *run, const struct hone_site *site,
                                    struct state *s)
{
    static const char *const usual[3][3] = {
        {"Tanh", NULL, NULL}, {"Sigmoid", "Tanh", NULL}, {"Sigmoid", "Tanh", "Tanh"}};
    size_t n, n_alpha, n_beta, alpha_at = 0, beta_at = 0;
    const struct hone_str *names = hone_op_texts(site->node, "activations", &n);
    const float *alpha = hone_op_floats(site->node, "activation_alpha", &n_alpha);
    const float *beta = hone_op_floats(site->node, "activation_beta", &n_beta);

    if (names != NULL && n < s->functions * s->directions) {
        return hone_fail(run, HONE_E_FORMAT, "%zu activations", n);
    }
    for (size_t i = 0; i < s->functions * s->directions; i++) {
        struct hone_str name =
            names == NULL ? hone_str(usual[s->cell][i % s->functions]) : names[i];
        struct gate *g = &s->gate[i / s->functions][i % s->functions];
        size_t a = 0, kinds = sizeof activations / sizeof *activations;
        while (a < kinds && !same_name(name, activations[a].name)) {
            a++;
        }
        if (a == kinds) {
            return hone_fail(run, HONE_E_UNSUPPORTED, "activation '%.*s'",
                             (int)(name.len < 40 ? name.len : 40), name.ptr);
        }
        *g = (struct gate){activations[a].f, activations[a].alpha, activations[a].beta};
        /* Numbers are only listed for functions that have them. */
        if ((g->alpha != 0 || g->beta != 0) && alpha_at < n_alpha) {
            g->alpha = alpha[alpha_at++];
        }
        if (g->beta != 0 && beta_at < n_beta) {
            g->beta = beta[beta_at++];
        }
    }
    return HONE_OK;
}

static enum hone_code prepare(struct hone_run *run, const struct hone_site *site,
                              struct hone_arena *mem, void *state)
{
    static const char *const words[] = {"forward", "reverse", "bidirectional", NULL};
    struct state *s = state;
    int direction = 0;
    (void)mem;

    s->cell = strcmp(site->node->op, "LSTM") == 0  ? LSTM
              : strcmp(site->node->op, "GRU") == 0 ? GRU
                                                   : RNN;
    s->gates = s->cell == LSTM ? 4 : s->cell == GRU ? 3 : 1;
    s->functions = s->cell == LSTM ? 3 : s->cell == GRU ? 2 : 1;
    HONE_TRY(hone_op_word(run, site->node, "direction", "forward", words, &direction));
    s->directions = direction == 2 ? 2 : 1;
    s->reverse = direction == 1;
    s->batch_first = hone_op_int(site->node, "layout", 0) != 0;
    s->reset_after = hone_op_int(site->node, "linear_before_reset", 0) != 0;
    s->coupled = hone_op_int(site->node, "input_forget", 0) != 0;
    s->clip = hone_op_float(site->node, "clip", 0);
    return prepare_gates(run, site, s);
}

/* --- shapes -------------------------------------------------------------------------------------------------- */

static enum hone_code want(struct hone_run *run, const struct hone_site *site, size_t i,
                           size_t rank, const int64_t *dim)
{
    const struct hone_shape *in = &site->in[i];
    bool fits = !hone_site_has(site, i) || !in->ranked || in->rank == rank;

    for (size_t k = 0; fits && hone_site_has(site, i) && in->ranked && k < rank; k++) {
        fits = in->dim[k] < 0 || dim[k] < 0 || in->dim[k] == dim[k];
    }
    return fits ? HONE_OK : hone_fail(run, HONE_E_SHAPE, "input %zu has another shape", i);
}

/* All shapes, once the ranks of the inputs and of the weights are known. */
static enum hone_code infer_sizes(struct hone_run *run, const struct hone_site *site,
                                  int64_t hidden)
{
    const struct state *s = site->state;
    const struct hone_shape *x = &site->in[0];
    int64_t dirs = (int64_t)s->directions, gates = (int64_t)s->gates, in = x->dim[2];
    int64_t seq = x->dim[s->batch_first ? 1 : 0], batch = x->dim[s->batch_first ? 0 : 1];
    bool first = s->batch_first;

    HONE_TRY(
        want(run, site, 1, 3, (const int64_t[]){dirs, hidden < 0 ? -1 : gates * hidden, in}));
    HONE_TRY(want(run, site, 2, 3,
                  (const int64_t[]){dirs, hidden < 0 ? -1 : gates * hidden, hidden}));
    HONE_TRY(
        want(run, site, 3, 2, (const int64_t[]){dirs, hidden < 0 ? -1 : 2 * gates * hidden}));
    HONE_TRY(want(run, site, 4, 1, &batch));
    for (size_t i = 5; i < 7; i++) {
        HONE_TRY(want(run, site, i, 3,
                      first ? (const int64_t[]){batch, dirs, hidden}
                            : (const int64_t[]){dirs, batch, hidden}));
    }
    HONE_TRY(want(run, site, 7, 2, (const int64_t[]){dirs, hidden < 0 ? -1 : 3 * hidden}));
    hone_shape_set(&site->out[0], x->type, 4,
                   first ? (const int64_t[]){batch, seq, dirs, hidden}
                         : (const int64_t[]){seq, dirs, batch, hidden});
    for (size_t i = 1; i < site->outputs; i++) {
        hone_shape_set(&site->out[i], x->type, 3,
                       first ? (const int64_t[]){batch, dirs, hidden}
                             : (const int64_t[]){dirs, batch, hidden});
    }
    return HONE_OK;
}

static enum hone_code infer(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0], *r = &site->in[2];
    int64_t hidden;

    for (size_t i = 0; i < site->outputs; i++) {
        site->out[i] = (struct hone_shape){.type = x->type};
    }
    for (size_t i = 1; i < site->inputs; i++) {
        if (i != 4) {
            HONE_TRY(hone_site_like_first(run, site, i));
        }
    }
    if (hone_site_has(site, 4) && site->in[4].type != HONE_I32) {
        return hone_fail(run, HONE_E_SHAPE, "sequence_lens of %s",
                         hone_dtype_name(site->in[4].type));
    }
    if (!x->ranked || !r->ranked) {
        return HONE_OK;
    }
    if (x->rank != 3 || r->rank != 3) {
        return hone_fail(run, HONE_E_SHAPE, "inputs of rank %zu, weights of rank %zu", x->rank,
                         r->rank);
    }
    hidden = r->dim[2];
    if (hidden > INT32_MAX || x->dim[2] > INT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%lld hidden units", (long long)hidden);
    }
    return infer_sizes(run, site, hidden);
}

/* --- one direction ------------------------------------------------------------------------------------------- */

/* Sizes, and what one direction works with. */
struct work {
    const struct state *s;
    const struct hone_call *call;
    size_t seq, batch, in, hidden, dir;
    const float *r, *bias, *peep; /* of the direction */
    const float *packed;          /* r */
    float *x;                     /* (seq, batch, gates hidden): products with the inputs */
    float *h, *c;                 /* (batch, hidden): the states */
    float *step;                  /* (batch, gates hidden): of one step */
};

static float clipped(const struct state *s, float v)
{
    return s->clip <= 0 ? v : v < -s->clip ? -s->clip : v > s->clip ? s->clip : v;
}

static float apply(const struct work *w, size_t which, float v)
{
    const struct gate *g = &w->s->gate[w->dir][which];
    return g->f(clipped(w->s, v), g->alpha, g->beta);
}

static float bias_at(const struct work *w, size_t i)
{
    return w->bias == NULL ? 0 : w->bias[i];
}

/* step = h R^T for gates from .. to - 1. */
static void times_state(const struct work *w, const float *h, size_t from, size_t to)
{
    size_t n = w->s->gates * w->hidden;
    struct hone_gemm g = {w->batch, (to - from) * w->hidden,    w->hidden, h, w->hidden, 1,
                          NULL,     w->step + from * w->hidden, n};

    for (size_t b = 0; b < w->batch; b++) {
        memset(w->step + b * n + from * w->hidden, 0, g.n * sizeof *w->step);
    }
    g.packed = w->packed + from * hone_gemm_room(w->hidden, w->hidden);
    for (size_t k = from; k < to; k++) { /* gate by gate: each is packed by itself */
        g.n = w->hidden;
        hone_gemm(&g);
        g.packed += hone_gemm_room(w->hidden, w->hidden);
        g.out += w->hidden;
    }
}

static void rnn_step(const struct work *w, const float *x, size_t b, float *h)
{
    size_t n = w->hidden;
    for (size_t j = 0; j < n; j++) {
        h[j] = apply(w, 0, x[j] + w->step[b * n + j] + bias_at(w, j) + bias_at(w, n + j));
    }
}

static void lstm_step(const struct work *w, const float *x, size_t b, float *h, float *c)
{
    const float *step = w->step + b * 4 * w->hidden, *p = w->peep;
    size_t n = w->hidden;

    for (size_t j = 0; j < n; j++) { /* gates: input, output, forget, cell */
        float v[4], i, f, next;
        for (size_t k = 0; k < 4; k++) {
            v[k] = x[k * n + j] + step[k * n + j] + bias_at(w, k * n + j) +
                   bias_at(w, (4 + k) * n + j);
        }
        i = apply(w, 0, v[0] + (p == NULL ? 0 : p[j] * c[j]));
        f = w->s->coupled ? 1 - i : apply(w, 0, v[2] + (p == NULL ? 0 : p[2 * n + j] * c[j]));
        next = f * c[j] + i * apply(w, 1, v[3]);
        h[j] = apply(w, 0, v[1] + (p == NULL ? 0 : p[n + j] * next)) *
               w->s->gate[w->dir][2].f(next, w->s->gate[w->dir][2].alpha,
                                       w->s->gate[w->dir][2].beta);
        c[j] = next;
    }
}

/* All of a batch: where the reset comes before the product it needs a product of its own. */
static void gru_step(const struct work *w, const float *x, float *next, float *gated)
{
    size_t n = w->hidden, wide = 3 * n;

    times_state(w, w->h, 0, w->s->reset_after ? 3 : 2);
    for (size_t b = 0; b < w->batch; b++) { /* gates: update, reset, hidden */
        float *step = w->step + b * wide;
        for (size_t k = 0; k < 2 * n; k++) {
            step[k] =
                apply(w, 0, x[b * wide + k] + step[k] + bias_at(w, k) + bias_at(w, wide + k));
        }
        for (size_t j = 0; j < n; j++) {
            gated[b * n + j] = step[n + j] * w->h[b * n + j];
        }
    }
    if (!w->s->reset_after) {
        times_state(w, gated, 2, 3);
    }
    for (size_t b = 0; b < w->batch; b++) {
        const float *step = w->step + b * wide;
        for (size_t j = 0; j < n; j++) {
            float own = step[2 * n + j] + bias_at(w, wide + 2 * n + j);
            float v = x[b * wide + 2 * n + j] + bias_at(w, 2 * n + j) +
                      (w->s->reset_after ? step[n + j] * own : own);
            v = apply(w, 1, v);
            next[b * n + j] = (1 - step[j]) * v + step[j] * w->h[b * n + j];
        }
    }
}

static size_t length_of(const struct work *w, size_t b)
{
    const struct hone_tensor *t = hone_call_in(w->call, 4);
    return t == NULL ? w->seq : (size_t)((const int32_t *)t->data)[b];
}

/* The inputs' products in the order of the steps: backwards, each sequence from its own end. */
static enum hone_code input_products(struct hone_run *run, struct work *w, bool back)
{
    const struct hone_tensor *x = w->call->in[0];
    size_t n = w->s->gates * w->hidden;
    float *packed, *turned;
    struct hone_gemm g = {w->seq * w->batch, n, w->in, NULL, w->in, 1, NULL, w->x, n};

    HONE_TRY(hone_array(run, &run->scratch, &packed, hone_gemm_room(w->in, n)));
    HONE_TRY(hone_matrix(run, &run->scratch, &turned, hone_product(w->seq, w->batch), w->in));
    hone_gemm_pack(w->in, n, (const float *)w->call->in[1]->data + w->dir * n * w->in, 1, w->in,
                   packed);
    for (size_t i = 0; i < w->seq * w->batch; i++) {
        size_t t = i / w->batch, b = i % w->batch, len = length_of(w, b);
        size_t from = back && t < len ? len - 1 - t : t;
        size_t at = w->s->batch_first ? b * w->seq + from : from * w->batch + b;
        memcpy(turned + i * w->in, (const float *)x->data + at * w->in, w->in * sizeof *turned);
    }
    g.a = turned;
    g.packed = packed;
    hone_gemm_parallel(run, &g);
    return HONE_OK;
}

/* State b, of input or output i. */
static float *state_at(const struct work *w, const struct hone_tensor *t, size_t b)
{
    size_t at = w->s->batch_first ? b * w->s->directions + w->dir : w->dir * w->batch + b;
    return (float *)t->data + at * w->hidden;
}

static float *output_at(const struct work *w, size_t t, size_t b)
{
    size_t dirs = w->s->directions;
    size_t at = w->s->batch_first ? (b * w->seq + t) * dirs + w->dir
                                  : (t * dirs + w->dir) * w->batch + b;
    return (float *)w->call->out[0]->data + at * w->hidden;
}

static bool has_output(const struct hone_call *call, size_t i)
{
    return i < call->outputs && call->node->output[i][0] != '\0';
}

static enum hone_code begin(struct hone_run *run, struct work *w, bool back)
{
    const struct hone_call *call = w->call;
    size_t n = w->s->gates * w->hidden, square = hone_gemm_room(w->hidden, w->hidden);
    const struct hone_tensor *bias = hone_call_in(call, 3), *peep = hone_call_in(call, 7);
    float *packed;

    w->r = (const float *)call->in[2]->data + w->dir * n * w->hidden;
    w->bias = bias == NULL ? NULL : (const float *)bias->data + w->dir * 2 * n;
    w->peep = peep == NULL ? NULL : (const float *)peep->data + w->dir * 3 * w->hidden;
    HONE_TRY(hone_matrix(run, &run->scratch, &w->x, hone_product(w->seq, w->batch), n));
    HONE_TRY(hone_matrix(run, &run->scratch, &w->h, w->batch, w->hidden));
    HONE_TRY(hone_matrix(run, &run->scratch, &w->c, w->batch, w->hidden));
    HONE_TRY(hone_matrix(run, &run->scratch, &w->step, w->batch, n));
    HONE_TRY(hone_matrix(run, &run->scratch, &packed, w->s->gates, square));
    for (size_t k = 0; k < w->s->gates; k++) {
        hone_gemm_pack(w->hidden, w->hidden, w->r + k * w->hidden * w->hidden, 1, w->hidden,
                       packed + k * square);
    }
    w->packed = packed;
    for (size_t i = 5; i < 7; i++) {
        const struct hone_tensor *first = hone_call_in(call, i);
        for (size_t b = 0; first != NULL && b < w->batch; b++) {
            memcpy((i == 5 ? w->h : w->c) + b * w->hidden, state_at(w, first, b),
                   w->hidden * sizeof(float));
        }
    }
    return input_products(run, w, back);
}

static enum hone_code direction(struct hone_run *run, struct work *w, bool back)
{
    HONE_SCRATCH(run);
    size_t wide = w->s->gates * w->hidden, n = w->hidden;
    float *next, *gated;

    HONE_TRY(begin(run, w, back));
    HONE_TRY(hone_matrix(run, &run->scratch, &next, w->batch, n));
    HONE_TRY(hone_matrix(run, &run->scratch, &gated, w->batch, n));
    for (size_t t = 0; t < w->seq; t++) {
        const float *x = w->x + t * w->batch * wide;
        HONE_TRY(hone_check_cancel(run));
        if (w->s->cell == GRU) {
            gru_step(w, x, next, gated);
        } else {
            times_state(w, w->h, 0, w->s->gates);
        }
        for (size_t b = 0; b < w->batch; b++) {
            size_t len = length_of(w, b);
            if (t >= len) { /* past its end: the state stays, the output is zero */
                continue;
            }
            if (w->s->cell == GRU) {
                memcpy(w->h + b * n, next + b * n, n * sizeof *next);
            } else if (w->s->cell == RNN) {
                rnn_step(w, x + b * wide, b, w->h + b * n);
            } else {
                lstm_step(w, x + b * wide, b, w->h + b * n, w->c + b * n);
            }
            if (has_output(w->call, 0)) {
                memcpy(output_at(w, back ? len - 1 - t : t, b), w->h + b * n, n * sizeof *next);
            }
        }
    }
    for (size_t b = 0; b < w->batch; b++) {
        for (size_t i = 1; i < w->call->outputs; i++) {
            memcpy(state_at(w, w->call->out[i], b), (i == 1 ? w->h : w->c) + b * n,
                   n * sizeof *next);
        }
    }
    return HONE_OK;
}

static enum hone_code recurrent(struct hone_run *run, const struct hone_call *call)
{
    const struct state *s = call->state;
    const struct hone_tensor *x = call->in[0];
    struct work w = {.s = s, .call = call, .in = x->dim[2]};

    w.seq = x->dim[s->batch_first ? 1 : 0];
    w.batch = x->dim[s->batch_first ? 0 : 1];
    w.hidden = call->in[2]->dim[2];
    for (size_t b = 0; hone_call_in(call, 4) != NULL && b < w.batch; b++) {
        int32_t len = ((const int32_t *)call->in[4]->data)[b];
        if (len < 0 || (size_t)len > w.seq) {
            return hone_fail(run, HONE_E_SHAPE, "a sequence of %d, at most %zu", (int)len,
                             w.seq);
        }
    }
    if (w.batch == 0 || w.hidden == 0) {
        return HONE_OK;
    }
    memset(call->out[0]->data, 0, hone_tensor_count(call->out[0]) * sizeof(float));
    for (w.dir = 0; w.dir < s->directions; w.dir++) {
        HONE_TRY(direction(run, &w, w.dir == 0 ? s->reverse : true));
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, max_in, max_out, more)                                              \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 1, 3, max_in, max_out),                                             \
        .attrs = "activation_alpha:F activation_beta:F activations:S clip:f direction:s "      \
                 "hidden_size:i layout:i output_sequence:i" more,                              \
        .state_size = sizeof(struct state),                                                    \
        .prepare = prepare,                                                                    \
        .infer = infer,                                                                        \
        .forward = {[HONE_F32] = recurrent},                                                   \
    }

OP(rnn, "RNN", 6, 2, "");
OP(gru, "GRU", 6, 2, " linear_before_reset:i");
OP(lstm, "LSTM", 8, 3, " input_forget:i");

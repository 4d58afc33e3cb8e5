/* Sixteen-bit floats in operators that compute in float32. */
#include "graph/half_priv.h"
#include "graph/plan_priv.h"

static bool is_half(enum hone_dtype type)
{
    return type == HONE_F16 || type == HONE_BF16;
}

static enum hone_code widen(struct hone_run *run, const struct hone_tensor *t,
                            struct hone_arena *work, struct hone_tensor *out)
{
    size_t n = hone_tensor_count(t);
    const uint16_t *from = t->data;
    float *to;

    HONE_TRY(hone_tensor_new(run, HONE_F32, t->rank, t->dim, work, out));
    to = out->data;
    for (size_t i = 0; i < n; i++) {
        to[i] = t->type == HONE_F16 ? hone_from_f16(from[i]) : hone_from_bf16(from[i]);
    }
    return HONE_OK;
}

static void narrow(const struct hone_tensor *t, const struct hone_tensor *out)
{
    size_t n = hone_tensor_count(t);
    const float *from = t->data;
    uint16_t *to = out->data;

    for (size_t i = 0; i < n; i++) {
        to[i] = out->type == HONE_F16 ? hone_to_f16(from[i]) : hone_to_bf16(from[i]);
    }
}

/* Results go back to where the call wants them. */
static enum hone_code put_back(struct hone_run *run, const struct hone_call *call,
                               const struct hone_tensor *result)
{
    for (size_t i = 0; i < call->outputs; i++) {
        if (is_half(call->out[i]->type)) {
            HONE_TRY(hone_call_output(run, call, i, result[i].rank, result[i].dim));
            narrow(&result[i], call->out[i]);
        } else {
            HONE_TRY(hone_call_copy(run, call, i, &result[i]));
        }
    }
    return HONE_OK;
}

enum hone_code hone_step_widened(struct hone_run *run, const struct hone_step *step,
                                 const struct hone_call *call)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {.limit = call->mem->limit};
    struct hone_tensor *wide, *result, **out;
    const struct hone_tensor **in;
    struct hone_buffer *buffers, **buffer;
    struct hone_call inner = *call;

    HONE_TRY(hone_array(run, &work, &wide, call->inputs));
    HONE_TRY(hone_array(run, &work, &in, call->inputs));
    HONE_TRY(hone_array(run, &work, &result, call->outputs));
    HONE_TRY(hone_array(run, &work, &out, call->outputs));
    HONE_TRY(hone_array(run, &work, &buffers, call->outputs));
    HONE_TRY(hone_array(run, &work, &buffer, call->outputs));
    for (size_t i = 0; i < call->inputs; i++) {
        in[i] = call->in[i];
        if (in[i] != NULL && is_half(in[i]->type)) {
            HONE_TRY(widen(run, in[i], &work, &wide[i]));
            in[i] = &wide[i];
        }
    }
    inner.in = in;
    inner.out = out;
    inner.buffer = buffer;
    inner.mem = &work;
    for (size_t i = 0; i < call->outputs; i++) {
        result[i] = *call->out[i];
        result[i].type = is_half(result[i].type) ? HONE_F32 : result[i].type;
        out[i] = &result[i];
        buffer[i] = &buffers[i];
        HONE_TRY(hone_call_output(run, &inner, i, result[i].rank, call->out[i]->dim));
    }
    HONE_TRY(step->kernel(run, &inner));
    return put_back(run, call, result);
}

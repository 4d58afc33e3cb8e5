/* onnx: any bytes are read or refused; what is read is written, and read back as the same bytes; what can be
 * planned runs on rows of zeros, or says why not. */
#include "graph/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT ((size_t)64 << 20)
#define LOOKS 1000 /* a sequence that grows by one item each time costs their square */

static void run_zeros(struct hone_run *run, const struct hone_plan *plan,
                      struct hone_arena *mem)
{
    struct hone_session *session = hone_session_new(plan);
    size_t n = hone_plan_inputs(plan);
    struct hone_tensor *in = hone_arena_alloc(mem, sizeof *in, n);
    struct hone_tensor *out = hone_arena_alloc(mem, sizeof *out, hone_plan_outputs(plan));
    bool fits = in != NULL && out != NULL;

    for (size_t i = 0; fits && i < n; i++) {
        const struct hone_value *v = hone_plan_input(plan, i);
        size_t dim[HONE_RANK_MAX];
        for (size_t k = 0; k < v->rank; k++) {
            dim[k] = v->dim[k] < 0 ? 2 : (size_t)v->dim[k];
        }
        fits = hone_tensor_new(run, v->type, v->rank, dim, mem, &in[i]) == HONE_OK;
    }
    if (fits && hone_plan_run(run, plan, session, in, out) != HONE_OK) {
        HONE_ASSERT(run->err.message[0] != '\0');
    }
    hone_session_free(session);
}

/* A clock that goes on by one whenever it is looked at: loops without end meet the deadline. */
static int64_t count(void *clock)
{
    return ++*(int64_t *)clock;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t looks = 0;
    struct hone_run run = {
        .scratch.limit = LIMIT, .now = count, .clock = &looks, .deadline = LOOKS};
    struct hone_arena mem = {.limit = LIMIT};
    struct hone_str bytes = {(const char *)data, size}, once, twice;
    struct hone_model *model = NULL, *again = NULL;
    struct hone_plan *plan = NULL;

    if (hone_model_read(&run, bytes, &mem, &model) == HONE_OK) {
        if (hone_model_write(&run, model, &mem, &once) == HONE_OK &&
            hone_model_read(&run, once, &mem, &again) == HONE_OK &&
            hone_model_write(&run, again, &mem, &twice) == HONE_OK) {
            HONE_ASSERT(hone_str_eq(once, twice));
        }
        hone_error_clear(&run);
        if (hone_plan_new(&run, model, NULL, 0, &mem, &plan) == HONE_OK) {
            run_zeros(&run, plan, &mem);
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}

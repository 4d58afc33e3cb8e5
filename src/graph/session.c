/* Running a plan. */
#include <stddef.h>

#include "base/pool.h"
#include "graph/plan_priv.h"

#define NONE HONE_NO_SLOT

/* Rows in a block of hone_plan_run_rows: a block of 64 float columns and what is made of them stays in
 * the second-level cache. */
#define BLOCK_ROWS ((size_t)512)

struct hone_session {
    const struct hone_plan *plan;
    struct hone_arena *mem, *text; /* own ones, or those of the session around a subgraph */
    struct hone_arena own_mem, own_text;
    struct hone_mark no_text;
    struct hone_tensor *value; /* (slots) */
    struct hone_buffer *buffer;
    struct hone_call *call;       /* (steps) */
    bool warm;                    /* shapes are those of the last run's inputs */
    size_t (*dim)[HONE_RANK_MAX]; /* of those inputs */
    size_t *rank;
};

/* --- one step ------------------------------------------------------------------------------------- */

enum hone_code hone_step_shape(struct hone_run *run, const struct hone_step *step,
                               const struct hone_call *call)
{
    struct hone_shape *in = call->in_shape, *out = call->out_shape;
    struct hone_site site = {.node = &step->node,
                             .version = step->version,
                             .state = step->state,
                             .inputs = call->inputs,
                             .outputs = call->outputs,
                             .in = in,
                             .out = out};

    for (size_t i = 0; i < call->inputs; i++) {
        in[i] = hone_shape_of(call->in[i]);
    }
    HONE_TRY(step->op->infer(run, &site));
    for (size_t i = 0; i < call->outputs; i++) {
        size_t dim[HONE_RANK_MAX];
        bool known = out[i].ranked;
        for (size_t k = 0; known && k < out[i].rank; k++) {
            known = out[i].dim[k] >= 0;
            dim[k] = known ? (size_t)out[i].dim[k] : 0;
        }
        if (!known && (step->op->flags & HONE_OP_RAGGED) == 0) {
            return hone_fail(run, HONE_E_SHAPE,
                             "the shape of output %zu does not follow from the inputs", i);
        }
        if (!known) { /* types are as they were when the plan was made */
            continue; /* the kernel knows */
        }
        if (step->kernel != NULL) {
            HONE_TRY(hone_call_output(run, call, i, out[i].rank, dim));
            continue;
        }
        call->out[i]->rank = out[i].rank;
        memcpy(call->out[i]->dim, dim, out[i].rank * sizeof *dim);
    }
    return HONE_OK;
}

enum hone_code hone_step_run(struct hone_run *run, const struct hone_step *step,
                             const struct hone_call *call)
{
    if (step->kernel == NULL) {
        call->out[0]->data = call->in[0]->data;
        return HONE_OK;
    }
    return step->widened ? hone_step_widened(run, step, call) : step->kernel(run, call);
}

/* --- sessions --------------------------------------------------------------------------------------- */

static void *must(struct hone_session *s, size_t size, size_t n)
{
    void *ptr = hone_arena_grow_plain(s->mem, NULL, size, 0, n);
    HONE_ASSERT(ptr != NULL);
    return ptr;
}

static void bind_call(struct hone_session *s, const struct hone_step *step,
                      struct hone_call *call)
{
    const struct hone_tensor **in = must(s, sizeof *in, step->node.inputs);
    struct hone_tensor **out = must(s, sizeof *out, step->node.outputs);
    struct hone_buffer **buffer = must(s, sizeof *buffer, step->node.outputs);

    for (size_t i = 0; i < step->node.inputs; i++) {
        in[i] = step->in[i] == NONE ? NULL : &s->value[step->in[i]];
    }
    for (size_t i = 0; i < step->node.outputs; i++) {
        uint32_t b = s->plan->slot[step->out[i]].buffer;
        out[i] = &s->value[step->out[i]];
        buffer[i] = b == NONE ? NULL : &s->buffer[b];
    }
    *call =
        (struct hone_call){.node = &step->node,
                           .state = step->state,
                           .inputs = step->node.inputs,
                           .outputs = step->node.outputs,
                           .in = in,
                           .out = out,
                           .buffer = buffer,
                           .in_shape = must(s, sizeof *call->in_shape, step->node.inputs),
                           .out_shape = must(s, sizeof *call->out_shape, step->node.outputs),
                           .mem = s->mem,
                           .text = s->text};
    if (step->op->open != NULL) {
        call->own = step->op->open(step->state, s->mem, s->text);
    }
}

static void bind(struct hone_session *s, const struct hone_plan *plan)
{
    s->plan = plan;
    s->value = must(s, sizeof *s->value, plan->slots);
    s->buffer = must(s, sizeof *s->buffer, plan->buffers);
    s->call = must(s, sizeof *s->call, plan->steps);
    s->dim = must(s, sizeof *s->dim, plan->inputs);
    s->rank = must(s, sizeof *s->rank, plan->inputs);
    for (size_t i = 0; i < plan->slots; i++) {
        s->value[i] = plan->slot[i].tensor;
    }
    for (size_t i = 0; i < plan->steps; i++) {
        bind_call(s, &plan->step[i], &s->call[i]);
    }
}

struct hone_session *hone_session_new(const struct hone_plan *plan)
{
    struct hone_arena mem = {0};
    struct hone_session *s = hone_new(&mem, struct hone_session);

    s->own_mem = mem;
    s->mem = &s->own_mem;
    s->text = &s->own_text;
    s->text->limit = plan->limit;
    hone_arena_must(s->text, 16);
    s->no_text = hone_arena_mark(s->text);
    bind(s, plan);
    s->mem->limit = plan->limit == 0 ? 0 : plan->limit + s->mem->bytes;
    return s;
}

struct hone_session *hone_session_sub(const struct hone_plan *plan, struct hone_arena *mem,
                                      struct hone_arena *text)
{
    struct hone_session *s = hone_arena_grow_plain(mem, NULL, sizeof *s, 0, 1);

    HONE_ASSERT(s != NULL);
    s->mem = mem;
    s->text = text;
    bind(s, plan);
    return s;
}

void hone_session_free(struct hone_session *session)
{
    if (session != NULL) {
        struct hone_arena mem = session->own_mem; /* it holds the session too */
        hone_arena_free(&session->own_text);
        hone_arena_free(&mem);
    }
}

/* --- runs ----------------------------------------------------------------------------------------------- */

static enum hone_code check_input(struct hone_run *run, const struct hone_value *v,
                                  const struct hone_tensor *t)
{
    if (t->type != v->type) {
        return hone_fail(run, HONE_E_SHAPE, "input '%s' is %s, the model wants %s", v->name,
                         hone_dtype_name(t->type), hone_dtype_name(v->type));
    }
    if (v->has_shape && v->rank == 0 && t->rank <= HONE_RANK_MAX && hone_tensor_count(t) == 1) {
        return HONE_OK; /* one element is as good as a scalar */
    }
    if (t->rank > HONE_RANK_MAX || (v->has_shape && t->rank != v->rank)) {
        return hone_fail(run, HONE_E_SHAPE,
                         "input '%s' has %zu dimensions, the model wants %zu", v->name, t->rank,
                         v->rank);
    }
    for (size_t i = 0; v->has_shape && i < v->rank; i++) {
        if (v->dim[i] >= 0 && (size_t)v->dim[i] != t->dim[i]) {
            return hone_fail(run, HONE_E_SHAPE,
                             "input '%s' has %zu in dimension %zu, the model %lld", v->name,
                             t->dim[i], i, (long long)v->dim[i]);
        }
    }
    return HONE_OK;
}

/* Maps are as declared, in what they hold too: that is no part of a shape, so it is looked at in every run. */
static enum hone_code check_maps(struct hone_run *run, const struct hone_value *v,
                                 const struct hone_tensor *t)
{
    bool many = v->elem[0] == HONE_MAP;
    const enum hone_dtype *of = v->elem + (many ? 1 : 0);
    size_t n = many ? hone_tensor_count(t) : v->type == HONE_MAP ? 1 : 0;

    if (n != 0 && t->data == NULL) {
        return hone_fail(run, HONE_E_SHAPE, "input '%s' has no data", v->name);
    }
    for (size_t i = 0; i < n; i++) {
        const struct hone_tensor *map = many ? (const struct hone_tensor *)t->data + i : t;
        if (hone_check_map(run, map, of[0], of[1]) != HONE_OK) {
            return many ? hone_fail_in(run, "input '%s', item %zu", v->name, i)
                        : hone_fail_in(run, "input '%s'", v->name);
        }
    }
    return HONE_OK;
}

/* Kernels count on a pointer, also where there are no elements. */
static void set_data(struct hone_tensor *t, void *data)
{
    static max_align_t nothing;
    t->data = data == NULL ? &nothing : data;
}

/* Take the inputs; warm stays true when their shapes are those of the run before. */
static enum hone_code take_inputs(struct hone_run *run, struct hone_session *s,
                                  const struct hone_tensor *in)
{
    const struct hone_plan *p = s->plan;

    for (size_t i = 0; i < p->inputs; i++) {
        size_t bytes = in[i].rank * sizeof *in[i].dim;
        if (s->warm && in[i].type == p->input[i].type && in[i].rank == s->rank[i] &&
            memcmp(in[i].dim, s->dim[i], bytes) == 0) {
            HONE_TRY(check_maps(run, &p->input[i], &in[i]));
            set_data(&s->value[p->input_slot[i]], in[i].data);
            continue;
        }
        s->warm = false;
        HONE_TRY(check_input(run, &p->input[i], &in[i]));
        HONE_TRY(check_maps(run, &p->input[i], &in[i]));
        s->rank[i] = in[i].rank;
        memcpy(s->dim[i], in[i].dim, bytes);
        s->value[p->input_slot[i]] = in[i];
        if (p->input[i].has_shape && p->input[i].rank == 0) {
            s->value[p->input_slot[i]].rank = 0;
        }
        set_data(&s->value[p->input_slot[i]], in[i].data);
    }
    return HONE_OK;
}

/* Buffers may have moved as later values asked for more: where values will be in the runs to come. */
static void settle(struct hone_session *s)
{
    for (size_t i = 0; i < s->plan->steps; i++) {
        const struct hone_call *call = &s->call[i];
        for (size_t k = 0; s->plan->step[i].kernel != NULL && k < call->outputs; k++) {
            call->out[k]->data = call->buffer[k]->ptr;
        }
    }
}

enum hone_code hone_plan_run(struct hone_run *run, const struct hone_plan *plan,
                             struct hone_session *session, const struct hone_tensor *in,
                             struct hone_tensor *out)
{
    bool warm;

    HONE_ASSERT(session->plan == plan);
    if (session->text == &session->own_text) {
        hone_arena_rewind(session->text, session->no_text);
    }
    HONE_TRY(take_inputs(run, session, in));
    warm = session->warm && !plan->dynamic;
    session->warm = false; /* until all went well */
    for (size_t i = 0; i < plan->steps; i++) {
        const struct hone_step *step = &plan->step[i];
        enum hone_code code = HONE_OK;
        if (warm && step->fixed && step->kernel != NULL) {
            continue;
        }
        if (!warm) {
            code = hone_step_shape(run, step, &session->call[i]);
        }
        if (code == HONE_OK) {
            code = hone_step_run(run, step, &session->call[i]);
        }
        if (code != HONE_OK) {
            return hone_step_failed(run, &step->node);
        }
    }
    if (!warm && !plan->dynamic) {
        settle(session);
    }
    session->warm = true;
    for (size_t i = 0; i < plan->outputs; i++) {
        out[i] = session->value[plan->output_slot[i]];
    }
    return HONE_OK;
}

/* --- many rows -------------------------------------------------------------------------------------------- */

/* Text that may live in a session is copied: its views now point into mem. */
static enum hone_code keep_text(struct hone_run *run, struct hone_arena *mem,
                                struct hone_str *text, size_t n)
{
    size_t bytes = 0;
    char *copy;
    for (size_t i = 0; i < n; i++) {
        bytes += text[i].len;
    }
    HONE_TRY(hone_array(run, mem, &copy, bytes + 1));
    for (size_t i = 0; i < n; i++) {
        if (text[i].len != 0) {
            memcpy(copy, text[i].ptr, text[i].len);
        }
        text[i].ptr = copy;
        copy += text[i].len;
    }
    return HONE_OK;
}

/* The text of a value and of all that it holds. */
static enum hone_code keep_all_text(struct hone_run *run, struct hone_arena *mem,
                                    const struct hone_tensor *t)
{
    size_t n = hone_tensor_count(t);

    if (t->type == HONE_STRING) {
        return keep_text(run, mem, t->data, n);
    }
    for (size_t i = 0; hone_dtype_size(t->type) == sizeof *t && i < n; i++) {
        HONE_TRY(keep_all_text(run, mem, (const struct hone_tensor *)t->data + i));
    }
    return HONE_OK;
}

static enum hone_code copy_outputs(struct hone_run *run, const struct hone_plan *plan,
                                   const struct hone_tensor *from, struct hone_arena *mem,
                                   struct hone_tensor *out)
{
    for (size_t i = 0; i < plan->outputs; i++) {
        struct hone_buffer own = {0};
        HONE_TRY(hone_tensor_keep(run, mem, &own, &from[i], &out[i]));
        if (plan->slot[plan->output_slot[i]].new_text) {
            HONE_TRY(keep_all_text(run, mem, &out[i]));
        }
    }
    return HONE_OK;
}

static enum hone_code run_whole(struct hone_run *run, const struct hone_plan *plan,
                                const struct hone_tensor *in, struct hone_arena *mem,
                                struct hone_tensor *out)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {0}; /* mem may be the scratch */
    struct hone_tensor *result, *kept;
    struct hone_session *session;
    enum hone_code code;

    HONE_TRY(hone_array(run, &work, &result, plan->outputs));
    HONE_TRY(hone_array(run, &work, &kept, plan->outputs));
    session = hone_session_new(plan);
    code = hone_plan_run(run, plan, session, in, result);
    if (code == HONE_OK) {
        code = copy_outputs(run, plan, result, mem, kept);
    }
    hone_session_free(session);
    if (code == HONE_OK) {
        memcpy(out, kept, plan->outputs * sizeof *out);
    }
    return code;
}

/* What a worker has to itself. */
struct worker {
    struct hone_run run;
    struct hone_session *session;
    struct hone_arena text;
    struct hone_tensor *in, *out;
    size_t failed; /* its lowest failing chunk; SIZE_MAX: none */
    enum hone_code code;
};

struct blocks {
    const struct hone_plan *plan;
    const struct hone_tensor *in;
    struct hone_tensor *out; /* the gathered results, made by the first block */
    struct worker *worker;
    size_t rows;
};

static size_t row_bytes(const struct hone_tensor *t)
{
    size_t n = hone_dtype_size(t->type);
    for (size_t i = 1; i < t->rank; i++) {
        n *= t->dim[i];
    }
    return n;
}

/* Run the rows of one block, leaving its results in worker->out. */
static enum hone_code run_block(struct blocks *b, struct worker *w, size_t first, size_t n)
{
    const struct hone_plan *p = b->plan;

    HONE_TRY(hone_check_cancel(&w->run));
    for (size_t i = 0; i < p->inputs; i++) {
        w->in[i] = b->in[i];
        w->in[i].dim[0] = n;
        if (b->in[i].data != NULL) {
            w->in[i].data = (char *)b->in[i].data + first * row_bytes(&b->in[i]);
        }
    }
    HONE_TRY(hone_plan_run(&w->run, p, w->session, w->in, w->out));
    for (size_t i = 0; i < p->outputs; i++) {
        if (w->out[i].rank == 0 || w->out[i].dim[0] != n) {
            return hone_fail(&w->run, HONE_E_SHAPE, "output '%s' does not have one row per row",
                             p->output[i].name);
        }
    }
    return HONE_OK;
}

/* Copy a block's results to their place. */
static enum hone_code store_block(struct blocks *b, struct worker *w, size_t first, size_t n)
{
    for (size_t i = 0; i < b->plan->outputs; i++) {
        size_t size = row_bytes(&w->out[i]);
        char *to = (char *)b->out[i].data + first * size;
        if (size != row_bytes(&b->out[i]) || w->out[i].rank != b->out[i].rank) {
            return hone_fail(&w->run, HONE_E_SHAPE, "output '%s' differs in shape between rows",
                             b->plan->output[i].name);
        }
        if (size != 0) {
            memcpy(to, w->out[i].data, size * n);
        }
        if (w->out[i].type == HONE_STRING && b->plan->slot[b->plan->output_slot[i]].new_text) {
            HONE_TRY(keep_text(&w->run, &w->text, (struct hone_str *)(void *)to,
                               size / sizeof(struct hone_str) * n));
        }
    }
    return HONE_OK;
}

static void block_chunk(void *ctx, size_t chunk, size_t worker)
{
    struct blocks *b = ctx;
    struct worker *w = &b->worker[worker];
    size_t first = (chunk + 1) * BLOCK_ROWS; /* the first block has been run */
    size_t n = b->rows - first < BLOCK_ROWS ? b->rows - first : BLOCK_ROWS;
    enum hone_code code;

    if (w->failed < chunk) {
        return;
    }
    code = run_block(b, w, first, n);
    if (code == HONE_OK) {
        code = store_block(b, w, first, n);
    }
    if (code != HONE_OK) {
        w->failed = chunk;
        w->code = code;
    }
}

static enum hone_code make_workers(struct hone_run *run, struct blocks *b, size_t n,
                                   struct hone_arena *work)
{
    HONE_TRY(hone_array(run, work, &b->worker, n));
    HONE_TRY(hone_array(run, work, &b->out, b->plan->outputs));
    for (size_t i = 0; i < n; i++) {
        struct worker *w = &b->worker[i];
        HONE_TRY(hone_array(run, work, &w->in, b->plan->inputs));
        HONE_TRY(hone_array(run, work, &w->out, b->plan->outputs));
    }
    for (size_t i = 0; i < n; i++) {
        struct worker *w = &b->worker[i];
        w->run = (struct hone_run){.seed = run->seed,
                                   .now = run->now,
                                   .clock = run->clock,
                                   .cancel = run->cancel,
                                   .deadline = run->deadline};
        w->session = hone_session_new(b->plan);
        w->failed = SIZE_MAX;
    }
    return HONE_OK;
}

/* The first block gives the shapes; the others go in parallel.  Worker 0 runs it. */
static enum hone_code run_blocks(struct hone_run *run, struct blocks *b, struct hone_arena *mem)
{
    size_t n = b->rows < BLOCK_ROWS ? b->rows : BLOCK_ROWS;
    size_t chunks = (b->rows - n + BLOCK_ROWS - 1) / BLOCK_ROWS;
    struct worker *w = &b->worker[0];

    w->code = run_block(b, w, 0, n);
    for (size_t i = 0; w->code == HONE_OK && i < b->plan->outputs; i++) {
        size_t dim[HONE_RANK_MAX];
        memcpy(dim, w->out[i].dim, sizeof dim);
        dim[0] = b->rows;
        w->code =
            hone_tensor_new(&w->run, w->out[i].type, w->out[i].rank, dim, mem, &b->out[i]);
    }
    if (w->code == HONE_OK) {
        w->code = store_block(b, w, 0, n);
    }
    if (w->code != HONE_OK) {
        w->failed = 0;
        return w->code;
    }
    hone_parallel(run, chunks, block_chunk, b);
    return HONE_OK;
}

/* The failure of the lowest chunk, as the run's own; text that workers made moves to mem. */
static enum hone_code end_workers(struct hone_run *run, struct blocks *b, size_t n,
                                  struct hone_arena *mem)
{
    struct worker *worst = NULL;
    bool text = false;

    for (size_t i = 0; i < n; i++) {
        struct worker *w = &b->worker[i];
        if (w->failed != SIZE_MAX && (worst == NULL || w->failed < worst->failed)) {
            worst = w;
        }
        text = text || w->text.last != NULL;
        hone_session_free(w->session);
    }
    if (worst != NULL) {
        run->err = worst->run.err;
    }
    for (size_t i = 0; text && worst == NULL && i < b->plan->outputs; i++) {
        if (b->plan->slot[b->plan->output_slot[i]].new_text && b->out[i].type == HONE_STRING) {
            HONE_TRY(keep_text(run, mem, b->out[i].data, hone_tensor_count(&b->out[i])));
        }
    }
    return worst == NULL ? HONE_OK : worst->code;
}

enum hone_code hone_plan_run_rows(struct hone_run *run, const struct hone_plan *plan,
                                  size_t rows, const struct hone_tensor *in,
                                  struct hone_arena *mem, struct hone_tensor *out)
{
    size_t n = hone_pool_size(run->pool);
    struct blocks b = {.plan = plan, .in = in, .rows = rows};
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {0}; /* mem may be the scratch */
    enum hone_code code;

    for (size_t i = 0; i < plan->inputs; i++) {
        if (plan->rowwise && (in[i].rank == 0 || in[i].dim[0] != rows)) {
            return hone_fail(run, HONE_E_SHAPE, "input '%s' has not %zu rows",
                             plan->input[i].name, rows);
        }
    }
    if (!plan->rowwise || rows == 0) {
        return run_whole(run, plan, in, mem, out);
    }
    HONE_TRY(make_workers(run, &b, n, &work));
    code = run_blocks(run, &b, mem);
    code = end_workers(run, &b, n, mem) == HONE_OK ? code : run->err.code;
    for (size_t i = 0; i < n; i++) {
        hone_arena_free(&b.worker[i].text);
        hone_run_clear(&b.worker[i].run);
    }
    if (code == HONE_OK) {
        memcpy(out, b.out, plan->outputs * sizeof *out);
    }
    return code;
}

/* Making a plan: names, order, upgrade, prepare, inference, folding, buffers. */
#include <stddef.h>

#include "graph/fuse_priv.h"
#include "graph/plan_priv.h"

#define NONE HONE_NO_SLOT
/* Constants that come out larger than this are computed by each session instead of being kept. */
#define FOLD_MAX ((int64_t)1 << 22)

struct maker {
    struct hone_run *run;
    const struct hone_plan_source *source;
    const struct hone_graph *g;
    const struct hone_node *node; /* of the graph, with what their subgraphs use as inputs */
    struct hone_arena *mem;
    struct hone_arena *work; /* dropped when the plan is made */
    struct hone_plan *plan;
    struct hone_map names;
    size_t room;        /* slots */
    uint32_t *producer; /* of each slot: its node, or NONE */
    uint32_t *order;    /* nodes that are needed, producers first */
    size_t ordered;
    bool *read;              /* (slots) whether one of them reads the value */
    struct hone_buf missing; /* operators and types without a kernel */
    size_t n_missing;
};

/* --- values ---------------------------------------------------------------------------------- */

static enum hone_code add_slot(struct maker *m, const char *name, uint32_t producer,
                               uint32_t *out)
{
    struct hone_plan *p = m->plan;
    uint32_t at = (uint32_t)p->slots;
    uint32_t found = hone_map_add(&m->names, hone_str(name), at);

    if (found == UINT32_MAX) {
        return hone_no_room(m->run, "names of values", p->slots);
    }
    if (found != at) {
        return hone_fail(m->run, HONE_E_FORMAT, "value '%s' is defined twice", name);
    }
    HONE_ASSERT(p->slots < m->room);
    p->slot[at] = (struct hone_slot){.name = name, .buffer = NONE};
    m->producer[at] = producer;
    p->slots++;
    *out = at;
    return HONE_OK;
}

/* The slot holds this; kernels count on a pointer, also where there are no elements. */
static void hold(struct hone_slot *s, const struct hone_tensor *t)
{
    static max_align_t nothing;

    s->constant = true;
    s->tensor = *t;
    s->tensor.data = t->data == NULL ? &nothing : t->data;
    s->shape.type = t->type; /* what it holds stays as it was inferred */
    s->shape.ranked = true;
    s->shape.rank = t->rank;
    s->shape.data = s->tensor.data;
    for (size_t i = 0; i < t->rank; i++) {
        s->shape.dim[i] = (int64_t)t->dim[i];
    }
}

/* A value that is known as the tensor that it is. */
static struct hone_tensor tensor_of(const struct hone_shape *s)
{
    struct hone_tensor t = {.type = s->type, .rank = s->rank};
    for (size_t i = 0; i < s->rank; i++) {
        t.dim[i] = (size_t)s->dim[i];
    }
    memcpy(&t.data, &s->data, sizeof t.data); /* only read: the type has no place for const */
    return t;
}

static enum hone_code add_constant(struct maker *m, const struct hone_initializer *init)
{
    uint32_t at = 0;
    HONE_TRY(add_slot(m, init->name, NONE, &at));
    hold(&m->plan->slot[at], &init->tensor);
    return HONE_OK;
}

static enum hone_code collect(struct maker *m)
{
    const struct hone_graph *g = m->g;
    uint32_t at = 0;

    m->room = g->inputs + g->inits + m->source->captures;
    for (size_t i = 0; i < g->nodes; i++) {
        m->room += g->node[i].outputs +
                   sizeof((struct hone_upgraded *)0)->init / sizeof(struct hone_initializer);
    }
    if (m->room >= NONE) {
        return hone_fail(m->run, HONE_E_LIMIT, "a graph of %zu values", m->room);
    }
    m->names.mem = m->work;
    HONE_TRY(hone_array(m->run, m->mem, &m->plan->slot, m->room));
    HONE_TRY(hone_array(m->run, m->work, &m->producer, m->room));
    for (size_t i = 0; i < g->inits; i++) {
        HONE_TRY(add_constant(m, &g->init[i]));
    }
    for (size_t i = 0; i < g->inputs; i++) {
        /* Files before IR 4 list initializers as inputs too: they are constants. */
        if (hone_map_get(&m->names, hone_str(g->input[i].name)) >= g->inits) {
            HONE_TRY(add_slot(m, g->input[i].name, NONE, &at));
        }
    }
    for (size_t i = 0; i < m->source->captures; i++) {
        const struct hone_shape *shape = &m->source->capture[i];
        HONE_TRY(add_slot(m, m->source->name[i], NONE, &at));
        if (shape->data != NULL && hone_shape_count(shape) >= 0) {
            struct hone_tensor t = tensor_of(shape);
            m->plan->slot[at].shape = *shape;
            hold(&m->plan->slot[at], &t);
        }
    }
    for (size_t i = 0; i < g->nodes; i++) {
        for (size_t k = 0; k < g->node[i].outputs; k++) {
            if (g->node[i].output[k][0] != '\0') {
                HONE_TRY(add_slot(m, g->node[i].output[k], (uint32_t)i, &at));
            }
        }
    }
    return HONE_OK;
}

/* The requested outputs, or the graph's. */
static enum hone_code find_outputs(struct maker *m)
{
    struct hone_plan *p = m->plan;
    const char *const *outputs = m->source->outputs;
    size_t n = m->source->n_outputs;

    p->outputs = outputs == NULL ? m->g->outputs : n;
    HONE_TRY(hone_array(m->run, m->mem, &p->output, p->outputs));
    HONE_TRY(hone_array(m->run, m->mem, &p->output_slot, p->outputs));
    for (size_t i = 0; i < p->outputs; i++) {
        const char *name = outputs == NULL ? m->g->output[i].name : outputs[i];
        p->output_slot[i] = hone_map_get(&m->names, hone_str(name));
        if (p->output_slot[i] == NONE) {
            return hone_fail(m->run, outputs == NULL ? HONE_E_FORMAT : HONE_E_NOT_FOUND,
                             "output '%s' is not a value of the graph", name);
        }
    }
    return HONE_OK;
}

/* --- order ------------------------------------------------------------------------------------- */

struct visit {
    uint32_t node;
    uint32_t next; /* input to look at */
};

/* Depth first from one node, without recursion: inputs' producers before it. */
static enum hone_code visit_from(struct maker *m, uint32_t root, uint8_t *seen,
                                 struct visit *stack)
{
    enum { NEW, OPEN, DONE };
    size_t depth = 0;

    if (seen[root] == DONE) {
        return HONE_OK;
    }
    stack[depth++] = (struct visit){root, 0};
    seen[root] = OPEN;
    while (depth > 0) {
        struct visit *top = &stack[depth - 1];
        const struct hone_node *node = &m->node[top->node];
        uint32_t slot;
        uint32_t from;
        if (top->next == node->inputs) {
            seen[top->node] = DONE;
            m->order[m->ordered++] = top->node;
            depth--;
            continue;
        }
        if (node->input[top->next++][0] == '\0') {
            continue;
        }
        slot = hone_map_get(&m->names, hone_str(node->input[top->next - 1]));
        if (slot == NONE) {
            return hone_fail(m->run, HONE_E_FORMAT, "node %s (%s): input '%s' is not defined",
                             node->name, node->op, node->input[top->next - 1]);
        }
        from = m->producer[slot];
        if (from == NONE || seen[from] == DONE) {
            continue;
        }
        if (seen[from] == OPEN) {
            return hone_fail(m->run, HONE_E_FORMAT, "value '%s' depends on itself",
                             m->plan->slot[slot].name);
        }
        seen[from] = OPEN;
        stack[depth++] = (struct visit){from, 0};
    }
    return HONE_OK;
}

static enum hone_code put_in_order(struct maker *m)
{
    uint8_t *seen;
    struct visit *stack;

    HONE_TRY(hone_array(m->run, m->work, &seen, m->g->nodes));
    HONE_TRY(hone_array(m->run, m->work, &stack, m->g->nodes));
    HONE_TRY(hone_array(m->run, m->work, &m->order, m->g->nodes));
    for (size_t i = 0; i < m->plan->outputs; i++) {
        uint32_t from = m->producer[m->plan->output_slot[i]];
        if (from != NONE) {
            HONE_TRY(visit_from(m, from, seen, stack));
        }
    }
    HONE_TRY(hone_array(m->run, m->work, &m->read, m->room));
    for (size_t i = 0; i < m->ordered; i++) {
        const struct hone_node *node = &m->node[m->order[i]];
        for (size_t k = 0; k < node->inputs; k++) {
            if (node->input[k][0] != '\0') {
                m->read[hone_map_get(&m->names, hone_str(node->input[k]))] = true;
            }
        }
    }
    return HONE_OK;
}

static void take_input(struct hone_plan *p, uint32_t at, const struct hone_value *v)
{
    p->slot[at].varies = true;
    p->input[p->inputs] = *v;
    p->input_slot[p->inputs++] = at;
}

/* Which graph inputs the ordered nodes and the outputs use, in the graph's order. */
static enum hone_code find_inputs(struct maker *m)
{
    struct hone_plan *p = m->plan;
    bool *used;

    HONE_TRY(hone_array(m->run, m->work, &used, m->room));
    memcpy(used, m->read, m->room * sizeof *used);
    for (size_t i = 0; i < p->outputs; i++) {
        used[p->output_slot[i]] = true;
    }
    HONE_TRY(hone_array(m->run, m->mem, &p->input, m->g->inputs));
    HONE_TRY(hone_array(m->run, m->mem, &p->input_slot, m->g->inputs));
    for (size_t i = 0; i < m->g->inputs; i++) {
        const struct hone_value *v = &m->g->input[i];
        uint32_t at = hone_map_get(&m->names, hone_str(v->name));
        struct hone_slot *s = &p->slot[at];
        if (s->constant || !used[at]) {
            continue;
        }
        if (hone_dtype_size(v->type) == 0) {
            return hone_fail(m->run, HONE_E_UNSUPPORTED, "input '%s' is %s", v->name,
                             v->type != HONE_NONE ? hone_dtype_name(v->type) : "not a tensor");
        }
        s->shape =
            (struct hone_shape){.type = v->type, .ranked = v->has_shape, .rank = v->rank};
        memcpy(s->shape.dim, v->dim, sizeof s->shape.dim);
        memcpy(s->shape.elem, v->elem, sizeof s->shape.elem);
        s->rows = v->has_shape && v->rank > 0 && v->dim[0] < 0;
        take_input(p, at, v);
    }
    return HONE_OK;
}

/* The inputs of a subgraph: its own, all of them, then what it uses from outside that is not constant. */
static enum hone_code find_sub_inputs(struct maker *m)
{
    const struct hone_plan_source *from = m->source;
    struct hone_plan *p = m->plan;
    size_t n = m->g->inputs + from->captures;

    HONE_TRY(hone_array(m->run, m->mem, &p->input, n));
    HONE_TRY(hone_array(m->run, m->mem, &p->input_slot, n));
    HONE_TRY(hone_array(m->run, m->mem, &p->captured, from->captures));
    for (size_t i = 0; i < n; i++) {
        bool own = i < m->g->inputs;
        size_t k = i - m->g->inputs;
        struct hone_value v = {.name = own ? m->g->input[i].name : from->name[k]};
        const struct hone_shape *shape = own ? &from->input[i] : &from->capture[k];
        uint32_t at = hone_map_get(&m->names, hone_str(v.name));
        if (p->slot[at].constant && !own) {
            continue;
        }
        if (p->slot[at].constant || hone_dtype_size(shape->type) == 0) {
            return hone_fail(m->run, HONE_E_FORMAT, "input '%s' of a subgraph is %s", v.name,
                             p->slot[at].constant ? "an initializer too" : "of no type");
        }
        p->slot[at].shape = *shape;
        p->slot[at].shape.data = NULL;
        v.type = shape->type;
        v.has_shape = shape->ranked;
        v.rank = shape->rank;
        memcpy(v.dim, shape->dim, sizeof v.dim);
        memcpy(v.elem, shape->elem, sizeof v.elem);
        if (!own) {
            p->captured[p->inputs - m->g->inputs] = from->at[k];
        }
        take_input(p, at, &v);
    }
    return HONE_OK;
}

/* --- steps ---------------------------------------------------------------------------------------- */

static int64_t version_of(const struct maker *m, const char *domain)
{
    const struct hone_model *model = m->plan->model;
    for (size_t i = 0; i < model->opsets; i++) {
        if (strcmp(model->opset[i].domain, domain) == 0) {
            return model->opset[i].version;
        }
    }
    /* A domain that only the functions use. */
    for (size_t i = 0; model->local != NULL && i < model->functions; i++) {
        for (size_t k = 0; k < model->local[i].opsets; k++) {
            if (strcmp(model->local[i].opset[k].domain, domain) == 0) {
                return model->local[i].opset[k].version;
            }
        }
    }
    return 1;
}

static void miss(struct maker *m, const char *domain, const char *op, const char *detail)
{
    struct hone_buf line = hone_buf(m->work);
    struct hone_str all = {m->missing.ptr, m->missing.len};

    hone_buf_format(&line, "%s%s%s%s", domain, domain[0] == '\0' ? "" : ":", op, detail);
    if (m->n_missing != 0 && memmem(all.ptr, all.len, line.ptr, line.len) != NULL) {
        return;
    }
    hone_buf_text(&m->missing, m->n_missing == 0 ? "" : ", ");
    hone_buf_str(&m->missing, (struct hone_str){line.ptr, line.len});
    m->n_missing++;
}

static enum hone_code fail_missing(struct maker *m)
{
    if (m->n_missing == 0) {
        return HONE_OK;
    }
    return hone_fail(m->run, HONE_E_UNSUPPORTED, "no kernel for %.*s", (int)m->missing.len,
                     m->missing.ptr);
}

static enum hone_code take_constant(struct maker *m, const struct hone_node *node)
{
    struct hone_tensor t;
    uint32_t at =
        node->outputs == 1 ? hone_map_get(&m->names, hone_str(node->output[0])) : NONE;

    if (at == NONE) {
        return hone_fail(m->run, HONE_E_FORMAT, "a Constant has one output");
    }
    HONE_TRY(hone_constant_value(m->run, node, m->mem, &t));
    hold(&m->plan->slot[at], &t);
    return HONE_OK;
}

/* The slots of a step's inputs and outputs; outputs without a name get one that nobody sees. */
static enum hone_code bind_slots(struct maker *m, struct hone_step *step)
{
    const struct hone_node *node = &step->node;

    HONE_TRY(hone_array(m->run, m->mem, &step->in, node->inputs));
    HONE_TRY(hone_array(m->run, m->mem, &step->out, node->outputs));
    for (size_t i = 0; i < node->inputs; i++) {
        step->in[i] = node->input[i][0] == '\0'
                          ? NONE
                          : hone_map_get(&m->names, hone_str(node->input[i]));
        if (i < step->op->inputs_min && step->in[i] == NONE) {
            return hone_fail(m->run, HONE_E_FORMAT, "input %zu is left out", i);
        }
    }
    for (size_t i = 0; i < node->outputs; i++) {
        if (node->output[i][0] != '\0') {
            step->out[i] = hone_map_get(&m->names, hone_str(node->output[i]));
        } else {
            const char *name = hone_arena_format(m->mem, "/%zu", m->plan->slots);
            HONE_TRY(add_slot(m, name, NONE, &step->out[i]));
        }
    }
    return HONE_OK;
}

static enum hone_code choose_kernel(struct maker *m, struct hone_step *step,
                                    const struct hone_shape *in)
{
    const struct hone_op *op = step->op;
    enum hone_dtype type = op->by < step->node.inputs ? in[op->by].type : HONE_NONE;
    char detail[40] = "";

    if ((op->flags & HONE_OP_VIEW) != 0) {
        return HONE_OK;
    }
    step->kernel = (size_t)type < HONE_DTYPES ? op->forward[type] : NULL;
    if (step->kernel == NULL) {
        bool boxed = hone_dtype_size(type) == sizeof(struct hone_tensor);
        step->kernel = boxed ? op->boxed : op->any;
    }
    if (step->kernel == NULL && (type == HONE_F16 || type == HONE_BF16)) {
        hone_kernel *const *single = &op->forward[HONE_F32];
        step->kernel = *single;
        step->widened = *single != NULL;
    }
    if (step->kernel == NULL) {
        struct hone_buf b = hone_buf(m->work);
        hone_buf_format(&b, " of %s", hone_dtype_name(type));
        miss(m, step->node.domain, step->node.op, b.len < sizeof detail ? b.ptr : "");
    }
    return HONE_OK;
}

/* Run a step now, its outputs become constants. */
static enum hone_code fold(struct maker *m, const struct hone_step *step)
{
    size_t inputs = step->node.inputs, outputs = step->node.outputs;
    const struct hone_tensor **in;
    struct hone_tensor **out;
    struct hone_buffer **buffer, *buffers;
    struct hone_call call = {
        .node = &step->node, .state = step->state, .mem = m->mem, .text = m->mem};

    HONE_TRY(hone_array(m->run, m->work, &in, inputs));
    HONE_TRY(hone_array(m->run, m->work, &out, outputs));
    HONE_TRY(hone_array(m->run, m->work, &buffer, outputs));
    HONE_TRY(hone_array(m->run, m->work, &buffers, outputs));
    HONE_TRY(hone_array(m->run, m->work, &call.in_shape, inputs));
    HONE_TRY(hone_array(m->run, m->work, &call.out_shape, outputs));
    for (size_t i = 0; i < inputs; i++) {
        struct hone_slot *s = step->in[i] == NONE ? NULL : &m->plan->slot[step->in[i]];
        for (size_t k = 0; s != NULL && !s->constant && k < s->shape.rank; k++) {
            s->tensor.dim[k] = (size_t)s->shape.dim[k]; /* only its shape is asked for */
            s->tensor.rank = s->shape.rank;
        }
        in[i] = s == NULL ? NULL : &s->tensor;
    }
    for (size_t i = 0; i < outputs; i++) {
        out[i] = &m->plan->slot[step->out[i]].tensor;
        buffer[i] = &buffers[i];
    }
    if (step->op->open != NULL) {
        size_t limit = m->mem->limit;
        m->mem->limit = 0; /* as for the parts of a session: its size is that of the plan */
        call.own = step->op->open(step->state, m->mem, m->mem);
        m->mem->limit = limit;
    }
    call.inputs = inputs;
    call.outputs = outputs;
    call.in = in;
    call.out = out;
    call.buffer = buffer;
    HONE_TRY(hone_step_shape(m->run, step, &call));
    HONE_TRY(hone_step_run(m->run, step, &call));
    for (size_t i = 0; i < outputs; i++) {
        struct hone_slot *s = &m->plan->slot[step->out[i]];
        struct hone_tensor t = s->tensor;
        hold(s, &t);
    }
    return HONE_OK;
}

/* All dimensions but the first are known. */
static bool is_known_row(const struct hone_shape *s)
{
    struct hone_shape row = *s;
    row.dim[0] = 1;
    return hone_shape_count(&row) >= 0;
}

/* What a step's inputs are, all taken together. */
struct traits {
    bool constant, varies, rows, text, ragged;
};

static struct traits traits_of(struct hone_plan *p, const struct hone_step *step)
{
    bool random = (step->op->flags & HONE_OP_RANDOM) != 0;
    struct traits t = {.constant = !random, .varies = random};
    bool shape_only = (step->op->flags & HONE_OP_SHAPE_ONLY) != 0;

    for (size_t i = 0; i < step->node.inputs; i++) {
        const struct hone_slot *s = step->in[i] == NONE ? NULL : &p->slot[step->in[i]];
        if (s == NULL) {
            continue;
        }
        t.constant =
            t.constant && (s->constant || (shape_only && hone_shape_count(&s->shape) >= 0));
        t.varies = t.varies || (s->varies && !shape_only);
        t.rows = t.rows || s->rows;
        t.text = t.text || s->new_text;
        t.ragged = t.ragged || s->ragged;
        if (s->varies && i < 32 && (step->op->reads >> i & 1) != 0) {
            p->dynamic = true;
        }
    }
    if (t.varies && (step->op->flags & HONE_OP_RAGGED) != 0) {
        t.ragged = true;
        p->dynamic = true;
    }
    return t;
}

/* The outputs are what follows from the inputs; true when the step can be folded. */
static bool spread(struct maker *m, struct hone_step *step, const struct hone_site *site)
{
    struct hone_plan *p = m->plan;
    struct traits t = traits_of(p, step);

    step->fixed = !t.varies;
    if (t.rows && (step->op->rowwise == NULL || !step->op->rowwise(site))) {
        p->rowwise = false;
        t.rows = false;
    }
    for (size_t i = 0; i < site->outputs; i++) {
        struct hone_slot *s = &p->slot[step->out[i]];
        s->varies = t.varies;
        s->rows = t.rows;
        s->ragged = t.ragged && !is_known_row(&site->out[i]);
        s->new_text = t.text || (step->op->flags & HONE_OP_NEW_TEXT) != 0;
        if (hone_shape_count(&site->out[i]) > FOLD_MAX) {
            t.constant = false;
        }
    }
    return t.constant;
}

/* Views of the inputs and outputs of a step, for prepare and infer. */
static enum hone_code make_site(struct maker *m, struct hone_step *step, struct hone_site *site,
                                struct hone_shape **in_out)
{
    struct hone_shape *in, *out;
    bool *rows;
    HONE_TRY(hone_array(m->run, m->work, &in, step->node.inputs));
    HONE_TRY(hone_array(m->run, m->work, &out, step->node.outputs));
    HONE_TRY(hone_array(m->run, m->work, &rows, step->node.inputs));
    for (size_t i = 0; i < step->node.inputs; i++) {
        if (step->in[i] != NONE) {
            in[i] = m->plan->slot[step->in[i]].shape;
            rows[i] = m->plan->slot[step->in[i]].rows;
        }
    }
    *site = (struct hone_site){.node = &step->node,
                               .version = step->version,
                               .inputs = step->node.inputs,
                               .outputs = step->node.outputs,
                               .in = in,
                               .out = out,
                               .rows = rows};
    *in_out = out;
    return HONE_OK;
}

static enum hone_code prepare_step(struct maker *m, struct hone_step *step, bool *folded)
{
    struct hone_site site;
    struct hone_shape *out = NULL;
    bool constant;

    HONE_TRY(hone_node_check(m->run, step->op, &step->node));
    HONE_TRY(bind_slots(m, step));
    HONE_TRY(make_site(m, step, &site, &out));
    HONE_TRY(choose_kernel(m, step, site.in));
    site.scope = &m->source->scope;
    if (step->op->prepare != NULL) {
        step->state = hone_arena_must(m->mem, step->op->state_size);
        HONE_TRY(step->op->prepare(m->run, &site, m->mem, step->state));
    }
    site.state = step->state;
    HONE_TRY(step->op->infer(m->run, &site));
    for (size_t i = 0; i < site.outputs; i++) {
        if (hone_dtype_size(out[i].type) == 0) {
            return hone_fail(m->run, HONE_E_UNSUPPORTED, "output %zu is %s", i,
                             hone_dtype_name(out[i].type));
        }
        m->plan->slot[step->out[i]].shape = out[i];
        m->plan->slot[step->out[i]].tensor.type = out[i].type;
    }
    constant = spread(m, step, &site);
    *folded = constant && m->n_missing == 0;
    return *folded ? fold(m, step) : HONE_OK;
}

static enum hone_code add_step(struct maker *m, const struct hone_node *node);

/* Where input 1 is to lie along input 0 from an axis on, it gets the axes behind it that it has not. */
static enum hone_code align(struct maker *m, struct hone_upgraded *up)
{
    const struct hone_shape *in[2];
    const char **input, **name;
    struct hone_initializer axes = {.tensor = {.type = HONE_I64, .rank = 1}};
    struct hone_node node = {
        .op = "Unsqueeze", .domain = "", .name = "", .inputs = 2, .outputs = 1};
    uint32_t at = 0;
    int64_t more, *list;

    for (size_t i = 0; i < 2 && up->node.inputs == 2; i++) {
        at = hone_map_get(&m->names, hone_str(up->node.input[i]));
        in[i] = at == NONE ? NULL : &m->plan->slot[at].shape;
        if (at == NONE || !in[i]->ranked) {
            return hone_fail(m->run, HONE_E_UNSUPPORTED,
                             "broadcast along an axis: input %zu is not known", i);
        }
    }
    more = up->node.inputs != 2 ? 0 : (int64_t)in[0]->rank - up->axis - (int64_t)in[1]->rank;
    if (up->axis < 0 || more <= 0 || hone_shape_count(in[1]) == 1) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(m->run, m->mem, &list, (size_t)more));
    HONE_TRY(hone_array(m->run, m->mem, &input, 2));
    HONE_TRY(hone_array(m->run, m->mem, &name, 3));
    for (int64_t i = 0; i < more; i++) {
        list[i] = (int64_t)in[1]->rank + i;
    }
    axes.name = hone_arena_format(m->mem, "%s/axes", up->node.output[0]);
    axes.tensor.dim[0] = (size_t)more;
    axes.tensor.data = list;
    name[0] = hone_arena_format(m->mem, "%s/aligned", up->node.output[0]);
    input[0] = up->node.input[0];
    input[1] = name[0];
    name[1] = up->node.input[1];
    name[2] = axes.name;
    node.input = name + 1;
    node.output = name;
    up->node.input = input;
    HONE_TRY(add_constant(m, &axes));
    HONE_TRY(add_slot(m, name[0], NONE, &at));
    return add_step(m, &node);
}

static enum hone_code add_step(struct maker *m, const struct hone_node *node)
{
    struct hone_step *step;
    struct hone_upgraded up;
    bool folded = false;
    int64_t version = version_of(m, node->domain);

    HONE_TRY(hone_upgrade(m->run, node, version, m->mem, &up));
    if (up.aligned) {
        HONE_TRY(align(m, &up));
    }
    step = &m->plan->step[m->plan->steps];
    *step = (struct hone_step){.version = version};
    step->op = hone_op_find(node->domain, node->op, version);
    /* What a subgraph gives is read by what is around it. */
    if (step->op->inside != NULL && node->output[0][0] != '\0' &&
        (m->source->input != NULL ||
         m->read[hone_map_get(&m->names, hone_str(node->output[0]))])) {
        step->op = step->op->inside;
    }
    for (size_t i = 0; i < up.inits; i++) {
        HONE_TRY(add_constant(m, &up.init[i]));
    }
    step->node = up.node;
    HONE_TRY(prepare_step(m, step, &folded));
    m->plan->steps += folded ? 0 : 1;
    return HONE_OK;
}

static void miss_operators(struct maker *m, const struct hone_node *node)
{
    if (!hone_node_is_constant(node) && hone_function_of(m->plan->model, node) == NULL &&
        hone_op_find(node->domain, node->op, version_of(m, node->domain)) == NULL) {
        miss(m, node->domain, node->op, "");
    }
    for (size_t i = 0; i < node->attrs; i++) {
        const struct hone_graph *g = node->attr[i].g;
        for (size_t k = 0; node->attr[i].type == HONE_ATTR_GRAPH && k < g->nodes; k++) {
            miss_operators(m, &g->node[k]); /* as deep as hone_nodes_close allowed */
        }
    }
}

static enum hone_code make_steps(struct maker *m)
{
    for (size_t i = 0; i < m->ordered; i++) {
        miss_operators(m, &m->node[m->order[i]]);
    }
    HONE_TRY(fail_missing(m));
    /* Old broadcasting takes two. */
    HONE_TRY(hone_array(m->run, m->mem, &m->plan->step, 2 * m->ordered));
    for (size_t i = 0; i < m->ordered; i++) {
        const struct hone_node *node = &m->node[m->order[i]];
        enum hone_code code =
            hone_node_is_constant(node) ? take_constant(m, node) : add_step(m, node);
        if (code != HONE_OK) {
            return hone_step_failed(m->run, node);
        }
    }
    return fail_missing(m);
}

/* --- the plan ---------------------------------------------------------------------------------------- */

static const struct hone_value *declared(const struct maker *m, const char *name)
{
    for (size_t i = 0; i < m->g->outputs; i++) {
        if (strcmp(m->g->output[i].name, name) == 0) {
            return &m->g->output[i];
        }
    }
    return NULL;
}

/* What the outputs are: as inferred, with the declared names and dimensions where inference has none. */
static void describe_outputs(struct maker *m)
{
    struct hone_plan *p = m->plan;
    for (size_t i = 0; i < p->outputs; i++) {
        const struct hone_slot *s = &p->slot[p->output_slot[i]];
        const struct hone_value *d = declared(m, s->name);
        struct hone_value *v = &p->output[i];
        if (d != NULL) {
            *v = *d;
            v->has_shape = d->has_shape && d->type == s->shape.type;
        }
        v->name = s->name;
        v->type = s->shape.type;
        memcpy(v->elem, s->shape.elem, sizeof v->elem);
        if (s->shape.ranked) {
            bool same = v->has_shape && v->rank == s->shape.rank;
            v->has_shape = true;
            v->rank = s->shape.rank;
            for (size_t k = 0; k < v->rank; k++) {
                v->dim_name[k] = same && s->shape.dim[k] < 0 ? v->dim_name[k] : NULL;
                v->dim[k] = s->shape.dim[k] >= 0 || !same ? s->shape.dim[k] : v->dim[k];
            }
        }
        if (!s->rows || s->ragged) {
            p->rowwise = false;
        }
    }
}

/* All inputs have rows, and the same ones as far as names tell. */
static bool inputs_have_rows(const struct hone_plan *p)
{
    const char *name = NULL;
    for (size_t i = 0; i < p->inputs; i++) {
        const char *mine = p->input[i].dim_name[0];
        if (!p->slot[p->input_slot[i]].rows) {
            return false;
        }
        if (name != NULL && mine != NULL && strcmp(name, mine) != 0) {
            return false;
        }
        name = mine != NULL ? mine : name;
    }
    return p->inputs != 0;
}

static enum hone_code make_plan(struct maker *m)
{
    struct hone_node *node = NULL;

    HONE_TRY(hone_array(m->run, m->mem, &m->plan, 1));
    HONE_TRY(hone_nodes_inline(m->run, m->source->scope.model, &m->g, m->mem));
    HONE_TRY(hone_nodes_close(m->run, m->g, m->mem, m->work, &node));
    m->node = node;
    m->plan->model = m->source->scope.model;
    m->plan->limit = m->mem->limit;
    HONE_TRY(collect(m));
    HONE_TRY(find_outputs(m));
    HONE_TRY(put_in_order(m));
    if (m->source->input == NULL) {
        HONE_TRY(find_inputs(m));
        m->plan->rowwise = inputs_have_rows(m->plan);
    } else {
        HONE_TRY(find_sub_inputs(m));
    }
    HONE_TRY(make_steps(m));
    HONE_TRY(hone_plan_fuse_text(m->run, m->plan, m->mem));
    HONE_TRY(hone_plan_buffers(m->run, m->plan, m->work));
    describe_outputs(m);
    return HONE_OK;
}

enum hone_code hone_plan_make(struct hone_run *run, const struct hone_plan_source *source,
                              struct hone_arena *mem, struct hone_plan **out)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {.limit = mem->limit};
    struct maker m = {
        .run = run, .source = source, .g = source->graph, .mem = mem, .work = &work};

    m.missing = hone_buf(&work);
    HONE_TRY(make_plan(&m));
    *out = m.plan;
    return HONE_OK;
}

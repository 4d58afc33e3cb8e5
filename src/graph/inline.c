/* Model-local functions: calls become the nodes that they stand for, under names of their own. */
#include "graph/plan_priv.h"

#define DEPTH     32
#define NODES_MAX ((size_t)1 << 20)

struct inliner {
    struct hone_run *run;
    const struct hone_model *model;
    struct hone_arena *mem;
    struct hone_node *node; /* as far as they are */
    size_t nodes, room;
    size_t calls;
};

/* A call of a function, and what its body's names are outside. */
struct call {
    struct inliner *in;
    const struct hone_function *f;
    const struct hone_node *node;
    size_t number;
    const struct local *local; /* names of subgraphs around; they stay what they are */
};

/* Names that a subgraph of a body defines. */
struct local {
    const struct hone_graph *g;
    const struct local *around;
};

const struct hone_function *hone_function_of(const struct hone_model *model,
                                             const struct hone_node *node)
{
    for (size_t i = 0; model->local != NULL && i < model->functions; i++) {
        const struct hone_function *f = &model->local[i];
        if (strcmp(f->name, node->op) == 0 && strcmp(f->domain, node->domain) == 0) {
            return f;
        }
    }
    return NULL;
}

static bool defines(const struct hone_graph *g, const char *name)
{
    for (size_t i = 0; i < g->inputs; i++) {
        if (strcmp(g->input[i].name, name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < g->inits; i++) {
        if (strcmp(g->init[i].name, name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < g->nodes; i++) {
        for (size_t k = 0; k < g->node[i].outputs; k++) {
            if (strcmp(g->node[i].output[k], name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The name of a call's own value: function/number/name. */
static enum hone_code own_name(const struct call *c, const char *name, const char **out)
{
    size_t head = strlen(c->f->name), tail = strlen(name), n = 0;
    char digits[24], *text;

    for (size_t v = c->number; n == 0 || v != 0; v /= 10) {
        digits[n++] = (char)('0' + v % 10);
    }
    HONE_TRY(hone_array(c->in->run, c->in->mem, &text, head + tail + n + 3));
    memcpy(text, c->f->name, head);
    text[head] = '/';
    for (size_t i = 0; i < n; i++) {
        text[head + 1 + i] = digits[n - 1 - i];
    }
    text[head + 1 + n] = '/';
    memcpy(text + head + n + 2, name, tail);
    *out = text;
    return HONE_OK;
}

static enum hone_code rename_value(const struct call *c, const char *name, const char **out)
{
    *out = name;
    if (name[0] == '\0') {
        return HONE_OK;
    }
    for (const struct local *l = c->local; l != NULL; l = l->around) {
        if (defines(l->g, name)) {
            return HONE_OK;
        }
    }
    for (size_t i = 0; i < c->f->inputs; i++) {
        if (strcmp(c->f->input[i], name) == 0) {
            *out = i < c->node->inputs ? c->node->input[i] : "";
            return HONE_OK;
        }
    }
    for (size_t i = 0; i < c->f->outputs && i < c->node->outputs; i++) {
        if (strcmp(c->f->output[i], name) == 0 && c->node->output[i][0] != '\0') {
            *out = c->node->output[i];
            return HONE_OK;
        }
    }
    return own_name(c, name, out);
}

static enum hone_code rename_node(const struct call *c, const struct hone_node *from,
                                  struct hone_node *to, unsigned depth);

static enum hone_code rename_graph(const struct call *c, const struct hone_graph *from,
                                   struct hone_graph **out, unsigned depth)
{
    struct local local = {from, c->local};
    struct call inner = *c;
    struct hone_graph *g;

    if (depth > DEPTH) {
        return hone_fail(c->in->run, HONE_E_LIMIT, "subgraphs more than %d deep", DEPTH);
    }
    inner.local = &local;
    HONE_TRY(hone_array(c->in->run, c->in->mem, &g, 1));
    *g = *from;
    HONE_TRY(hone_array(c->in->run, c->in->mem, &g->node, from->nodes));
    HONE_TRY(hone_array(c->in->run, c->in->mem, &g->output, from->outputs));
    for (size_t i = 0; i < from->nodes; i++) {
        HONE_TRY(rename_node(&inner, &from->node[i], &g->node[i], depth + 1));
    }
    for (size_t i = 0; i < from->outputs; i++) {
        g->output[i] = from->output[i];
        HONE_TRY(rename_value(&inner, from->output[i].name, &g->output[i].name));
    }
    *out = g;
    return HONE_OK;
}

/* What an attribute of a body is in this call; NULL: it is left out. */
static const struct hone_attr *resolve(const struct call *c, const struct hone_attr *a)
{
    const struct hone_attr *given;

    if (a->reference == NULL) {
        return a;
    }
    given = hone_node_attr(c->node, a->reference);
    for (size_t i = 0; given == NULL && i < c->f->attrs; i++) {
        given = strcmp(c->f->attr[i].name, a->reference) == 0 ? &c->f->attr[i] : NULL;
    }
    return given;
}

static enum hone_code rename_node(const struct call *c, const struct hone_node *from,
                                  struct hone_node *to, unsigned depth)
{
    struct inliner *in = c->in;

    *to = *from;
    to->attrs = 0;
    HONE_TRY(hone_array(in->run, in->mem, &to->input, from->inputs));
    HONE_TRY(hone_array(in->run, in->mem, &to->output, from->outputs));
    HONE_TRY(hone_array(in->run, in->mem, &to->attr, from->attrs));
    for (size_t i = 0; i < from->inputs; i++) {
        HONE_TRY(rename_value(c, from->input[i], &to->input[i]));
    }
    for (size_t i = 0; i < from->outputs; i++) {
        HONE_TRY(rename_value(c, from->output[i], &to->output[i]));
    }
    for (size_t i = 0; i < from->attrs; i++) {
        const struct hone_attr *a = resolve(c, &from->attr[i]);
        struct hone_attr *mine = &to->attr[to->attrs];
        if (a == NULL) {
            continue;
        }
        *mine = *a;
        mine->name = from->attr[i].name;
        if (a->type == HONE_ATTR_GRAPH && a == &from->attr[i]) {
            HONE_TRY(rename_graph(c, a->g, &mine->g, depth));
        }
        to->attrs++;
    }
    return HONE_OK;
}

static enum hone_code push(struct inliner *in, const struct hone_node *node)
{
    if (in->nodes == in->room) {
        size_t more = in->room * 2 + 64;
        struct hone_node *list =
            more > NODES_MAX ? NULL
                             : hone_arena_grow(in->mem, in->node, sizeof *list, in->room, more);
        if (list == NULL) {
            return hone_fail(in->run, HONE_E_LIMIT, "functions of more than %zu nodes",
                             in->nodes);
        }
        in->node = list;
        in->room = more;
    }
    in->node[in->nodes++] = *node;
    return HONE_OK;
}

static enum hone_code expand(struct inliner *in, const struct hone_node *node, unsigned depth)
{
    const struct hone_function *f = hone_function_of(in->model, node);
    struct call c = {.in = in, .f = f, .node = node};

    if (f == NULL) {
        return push(in, node);
    }
    if (depth > DEPTH) {
        return hone_fail(in->run, HONE_E_LIMIT, "functions more than %d deep", DEPTH);
    }
    if (node->inputs > f->inputs || node->outputs > f->outputs) {
        return hone_fail(in->run, HONE_E_FORMAT, "%zu inputs and %zu outputs of function '%s'",
                         node->inputs, node->outputs, f->name);
    }
    /* The number is that of the place too, so that names differ between graphs. */
    c.number = in->calls++;
    for (size_t i = 0; i < f->nodes; i++) {
        struct hone_node one;
        HONE_TRY(rename_node(&c, &f->node[i], &one, 0));
        HONE_TRY(expand(in, &one, depth + 1));
    }
    return HONE_OK;
}

enum hone_code hone_nodes_inline(struct hone_run *run, const struct hone_model *model,
                                 const struct hone_graph **g, struct hone_arena *mem)
{
    struct inliner in = {.run = run, .model = model, .mem = mem};
    struct hone_graph *copy;
    bool calls = false;

    for (size_t i = 0; i < (*g)->nodes && !calls; i++) {
        calls = hone_function_of(model, &(*g)->node[i]) != NULL;
    }
    if (!calls) {
        return HONE_OK;
    }
    for (size_t i = 0; i < (*g)->nodes; i++) {
        if (expand(&in, &(*g)->node[i], 0) != HONE_OK) {
            return hone_step_failed(run, &(*g)->node[i]);
        }
    }
    HONE_TRY(hone_array(run, mem, &copy, 1));
    *copy = **g;
    copy->node = in.node;
    copy->nodes = in.nodes;
    *g = copy;
    return HONE_OK;
}

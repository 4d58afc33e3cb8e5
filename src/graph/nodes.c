/* What nodes say, before operators see it: attributes, constants, and what their subgraphs use from outside. */
#include "graph/plan_priv.h"

enum hone_code hone_step_failed(struct hone_run *run, const struct hone_node *node)
{
    if (node->name != NULL && node->name[0] != '\0') {
        return hone_fail_in(run, "node %s (%s)", node->name, node->op);
    }
    return hone_fail_in(run, "node of '%s' (%s)", node->outputs == 0 ? "" : node->output[0],
                        node->op);
}

bool hone_node_is_constant(const struct hone_node *node)
{
    return node->domain[0] == '\0' && strcmp(node->op, "Constant") == 0;
}

enum hone_code hone_constant_value(struct hone_run *run, const struct hone_node *node,
                                   struct hone_arena *mem, struct hone_tensor *t)
{
    const struct hone_attr *a = node->attrs == 1 ? &node->attr[0] : NULL;
    void *copy;

    if (a == NULL) {
        return hone_fail(run, HONE_E_FORMAT, "a Constant needs one value");
    }
    *t = (struct hone_tensor){.rank = 1, .dim = {a->n}};
    switch (a->type) {
    case HONE_ATTR_TENSOR:
        *t = *a->t;
        return HONE_OK;
    case HONE_ATTR_FLOATS:
        t->type = HONE_F32;
        t->data = a->floats;
        return HONE_OK;
    case HONE_ATTR_INTS:
        t->type = HONE_I64;
        t->data = a->ints;
        return HONE_OK;
    case HONE_ATTR_STRINGS:
        t->type = HONE_STRING;
        t->data = a->strings;
        return HONE_OK;
    case HONE_ATTR_FLOAT:
    case HONE_ATTR_INT:
    case HONE_ATTR_STRING:
        t->rank = 0;
        t->type = a->type == HONE_ATTR_FLOAT ? HONE_F32
                  : a->type == HONE_ATTR_INT ? HONE_I64
                                             : HONE_STRING;
        copy = hone_arena_must(mem, 16);
        memcpy(copy,
               a->type == HONE_ATTR_FLOAT ? (const void *)&a->f
               : a->type == HONE_ATTR_INT ? (const void *)&a->i
                                          : (const void *)&a->s,
               hone_dtype_size(t->type));
        t->data = copy;
        return HONE_OK;
    default:
        return hone_fail(run, HONE_E_UNSUPPORTED, "a Constant's '%s'", a->name);
    }
}

enum hone_code hone_node_check(struct hone_run *run, const struct hone_op *op,
                               const struct hone_node *node)
{
    static const char letters[] = {
        [HONE_ATTR_FLOAT] = 'f',  [HONE_ATTR_INT] = 'i',    [HONE_ATTR_STRING] = 's',
        [HONE_ATTR_TENSOR] = 't', [HONE_ATTR_GRAPH] = 'g',  [HONE_ATTR_FLOATS] = 'F',
        [HONE_ATTR_INTS] = 'I',   [HONE_ATTR_STRINGS] = 'S'};
    size_t inputs = node->inputs - node->captured;

    for (size_t i = 0; i < node->attrs; i++) {
        const struct hone_attr *a = &node->attr[i];
        size_t len = strlen(a->name);
        const char *at = op->attrs == NULL ? "" : op->attrs;
        while (*at != '\0' && !(strncmp(at, a->name, len) == 0 && at[len] == ':')) {
            at += strcspn(at, " ");
            at += *at == ' ';
        }
        if (*at == '\0') {
            return hone_fail(run, HONE_E_UNSUPPORTED, "attribute '%s'", a->name);
        }
        if ((size_t)a->type >= sizeof letters || letters[a->type] != at[len + 1]) {
            return hone_fail(run, HONE_E_FORMAT,
                             "attribute '%s' is of another type than defined", a->name);
        }
    }
    if (inputs < op->inputs_min || inputs > op->inputs_max || node->outputs < op->outputs_min ||
        node->outputs > op->outputs_max) {
        return hone_fail(run, HONE_E_FORMAT, "%zu inputs and %zu outputs", inputs,
                         node->outputs);
    }
    return HONE_OK;
}

/* --- what subgraphs use from outside ------------------------------------------------------------- */

/* The names that a graph defines, and the graphs around it. */
struct names {
    struct hone_map own;
    const struct names *around;
};

struct search {
    struct hone_run *run;
    struct hone_arena *work;
    struct hone_map found;
    const char **name;
    size_t n, room;
};

static enum hone_code define(struct search *s, struct names *names, const char *name)
{
    if (hone_map_add(&names->own, hone_str(name), 0) == UINT32_MAX) {
        return hone_no_room(s->run, "names of values", 1);
    }
    return HONE_OK;
}

static enum hone_code use(struct search *s, const struct names *names, const char *name)
{
    for (const struct names *n = names; n != NULL; n = n->around) {
        if (hone_map_get(&n->own, hone_str(name)) != UINT32_MAX) {
            return HONE_OK;
        }
    }
    if (name[0] == '\0' || hone_map_get(&s->found, hone_str(name)) != UINT32_MAX) {
        return HONE_OK;
    }
    if (s->n == s->room) {
        size_t more = s->room * 2 + 8;
        const char **list = hone_arena_grow(s->work, s->name, sizeof *list, s->room, more);
        if (list == NULL) {
            return hone_no_room(s->run, "names of values", more);
        }
        s->name = list;
        s->room = more;
    }
    s->name[s->n] = name;
    return hone_map_add(&s->found, hone_str(name), (uint32_t)s->n++) == UINT32_MAX
               ? hone_no_room(s->run, "names of values", s->n)
               : HONE_OK;
}

static enum hone_code search_graph(struct search *s, const struct hone_graph *g,
                                   const struct names *around, unsigned depth)
{
    struct names names = {.own.mem = s->work, .around = around};

    if (depth > HONE_SUBGRAPH_DEPTH) {
        return hone_fail(s->run, HONE_E_LIMIT, "subgraphs more than %d deep",
                         HONE_SUBGRAPH_DEPTH);
    }
    for (size_t i = 0; i < g->inputs; i++) {
        HONE_TRY(define(s, &names, g->input[i].name));
    }
    for (size_t i = 0; i < g->inits; i++) {
        HONE_TRY(define(s, &names, g->init[i].name));
    }
    for (size_t i = 0; i < g->nodes; i++) {
        for (size_t k = 0; k < g->node[i].outputs; k++) {
            HONE_TRY(define(s, &names, g->node[i].output[k]));
        }
    }
    for (size_t i = 0; i < g->nodes; i++) {
        const struct hone_node *node = &g->node[i];
        for (size_t k = 0; k < node->inputs; k++) {
            HONE_TRY(use(s, &names, node->input[k]));
        }
        for (size_t k = 0; k < node->attrs; k++) {
            if (node->attr[k].type == HONE_ATTR_GRAPH) {
                HONE_TRY(search_graph(s, node->attr[k].g, &names, depth + 1));
            }
        }
    }
    for (size_t i = 0; i < g->outputs; i++) {
        HONE_TRY(use(s, &names, g->output[i].name));
    }
    return HONE_OK;
}

static enum hone_code close_node(struct hone_run *run, struct hone_arena *mem,
                                 struct hone_arena *work, struct hone_node *node)
{
    struct search s = {.run = run, .work = work, .found.mem = work};
    const char **input;

    for (size_t i = 0; i < node->attrs; i++) {
        if (node->attr[i].type == HONE_ATTR_GRAPH) {
            HONE_TRY(search_graph(&s, node->attr[i].g, NULL, 0));
        }
    }
    if (s.n == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &input, node->inputs + s.n));
    for (size_t i = 0; i < node->inputs; i++) {
        input[i] = node->input[i];
    }
    for (size_t i = 0; i < s.n; i++) {
        input[node->inputs + i] = s.name[i];
    }
    node->input = input;
    node->inputs += s.n;
    node->captured = s.n;
    return HONE_OK;
}

enum hone_code hone_nodes_close(struct hone_run *run, const struct hone_graph *g,
                                struct hone_arena *mem, struct hone_arena *work,
                                struct hone_node **out)
{
    struct hone_node *node;
    HONE_TRY(hone_array(run, mem, &node, g->nodes));
    for (size_t i = 0; i < g->nodes; i++) {
        node[i] = g->node[i];
        if (close_node(run, mem, work, &node[i]) != HONE_OK) {
            return hone_step_failed(run, &node[i]);
        }
    }
    *out = node;
    return HONE_OK;
}

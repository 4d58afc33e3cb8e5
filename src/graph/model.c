#include "graph/model.h"

/* Room for one more item: a list that was read has none to spare. */
static void *room_for(struct hone_graph *g, void *items, size_t n, size_t *room, size_t size)
{
    size_t more = n < 4 ? 8 : n * 2;
    char *moved;

    if (n < *room) {
        return items;
    }
    moved = hone_arena_grow_plain(g->model->mem, NULL, size, 0, more);
    HONE_ASSERT(moved != NULL);
    if (n != 0) {
        memcpy(moved, items, n * size);
    }
    *room = more;
    return moved;
}

static char *copy_text(struct hone_graph *g, const char *text)
{
    return hone_arena_text(g->model->mem, text, strlen(text));
}

static void *copy_bytes(struct hone_graph *g, const void *bytes, size_t size, size_t n)
{
    void *copy = hone_arena_grow_plain(g->model->mem, NULL, size, 0, n);
    HONE_ASSERT(copy != NULL);
    if (n != 0 && size != 0) {
        memcpy(copy, bytes, size * n);
    }
    return copy;
}

static struct hone_str copy_str(struct hone_graph *g, struct hone_str s)
{
    return (struct hone_str){hone_arena_text(g->model->mem, s.len == 0 ? "" : s.ptr, s.len),
                             s.len};
}

static struct hone_str *copy_strs(struct hone_graph *g, const struct hone_str *s, size_t n)
{
    struct hone_str *copy = copy_bytes(g, s, sizeof *s, n);
    for (size_t i = 0; i < n; i++) {
        copy[i] = copy_str(g, s[i]);
    }
    return copy;
}

/* --- names --------------------------------------------------------------------------- */

/* Room for one more name, taken here since a failure is a panic and not a result. */
static void grow_used(struct hone_graph *g)
{
    struct hone_map more = {.mem = g->used.mem,
                            .room = g->used.room == 0 ? 64 : g->used.room * 2};

    if ((g->used.n + 1) * 4 < g->used.room * 3) {
        return;
    }
    more.slot = hone_arena_grow_plain(more.mem, NULL, sizeof *more.slot, 0, more.room);
    HONE_ASSERT(more.slot != NULL);
    for (size_t i = 0; i < g->used.room; i++) {
        if (g->used.slot[i].key.ptr != NULL) {
            hone_map_add(&more, g->used.slot[i].key, 0);
        }
    }
    g->used = more;
}

/* The name is used; false when it already was. */
static bool use_name(struct hone_graph *g, const char *name)
{
    size_t before = g->used.n;
    grow_used(g);
    hone_map_add(&g->used, hone_str(name), 0);
    return g->used.n != before;
}

static void know_names(struct hone_graph *g)
{
    if (g->used.mem != NULL) {
        return;
    }
    g->used.mem = g->model->mem;
    for (size_t i = 0; i < g->inputs; i++) {
        use_name(g, g->input[i].name);
    }
    for (size_t i = 0; i < g->inits; i++) {
        use_name(g, g->init[i].name);
    }
    for (size_t i = 0; i < g->nodes; i++) {
        for (size_t j = 0; j < g->node[i].outputs; j++) {
            use_name(g, g->node[i].output[j]);
        }
    }
    for (size_t i = 0; i < g->outputs; i++) {
        use_name(g, g->output[i].name);
    }
}

const char *hone_graph_name(struct hone_graph *g, const char *hint)
{
    const char *name = copy_text(g, hint);
    know_names(g);
    for (unsigned long i = 1; name[0] == '\0' || !use_name(g, name); i++) {
        name = hone_arena_format(g->model->mem, "%s_%lu", hint, i);
    }
    return name;
}

/* --- models and values ------------------------------------------------------------------ */

struct hone_model *hone_model_new(struct hone_arena *mem, const char *graph_name)
{
    struct hone_model *m = hone_new(mem, struct hone_model);
    struct hone_graph *g = &m->graph;

    m->mem = mem;
    g->model = m;
    m->ir_version = HONE_ONNX_IR;
    m->producer = "hone";
    m->producer_version = HONE_VERSION;
    m->doc = "";
    m->domain = "";
    m->opsets = 2;
    m->opset = copy_bytes(
        g, &(const struct hone_opset[]){{"", HONE_ONNX_OPSET}, {HONE_ML, HONE_ONNX_ML_OPSET}},
        sizeof *m->opset, 2);
    g->name = copy_text(g, graph_name);
    return m;
}

void hone_model_import(struct hone_model *m, const char *domain, int64_t version)
{
    struct hone_graph *g = &m->graph;
    for (size_t i = 0; i < m->opsets; i++) {
        if (strcmp(m->opset[i].domain, domain) == 0) {
            return;
        }
    }
    m->opset =
        hone_arena_grow_plain(m->mem, m->opset, sizeof *m->opset, m->opsets, m->opsets + 1);
    HONE_ASSERT(m->opset != NULL);
    m->opset[m->opsets++] = (struct hone_opset){copy_text(g, domain), version};
}

static struct hone_value *add_value(struct hone_graph *g, struct hone_value **list, size_t *n,
                                    size_t *room, const struct hone_value *value)
{
    struct hone_value *v;
    *list = room_for(g, *list, *n, room, sizeof **list);
    v = &(*list)[(*n)++];
    *v = *value;
    v->name = copy_text(g, value->name);
    know_names(g);
    use_name(g, v->name);
    return v;
}

static struct hone_value typed(const char *name, enum hone_dtype type, size_t rank,
                               const int64_t *dim)
{
    struct hone_value v = {.name = name, .type = type, .has_shape = true, .rank = rank};
    HONE_ASSERT(rank <= HONE_RANK_MAX);
    for (size_t i = 0; i < rank; i++) {
        v.dim[i] = dim[i];
    }
    return v;
}

struct hone_value *hone_graph_input(struct hone_graph *g, const char *name,
                                    enum hone_dtype type, size_t rank, const int64_t *dim)
{
    struct hone_value v = typed(name, type, rank, dim);
    return add_value(g, &g->input, &g->inputs, &g->room.input, &v);
}

struct hone_value *hone_graph_output(struct hone_graph *g, const char *name,
                                     enum hone_dtype type, size_t rank, const int64_t *dim)
{
    struct hone_value v = typed(name, type, rank, dim);
    return add_value(g, &g->output, &g->outputs, &g->room.output, &v);
}

/* --- nodes ------------------------------------------------------------------------------- */

static const char **copy_names(struct hone_graph *g, const char *const *names, size_t *n)
{
    const char **copy;
    *n = 0;
    while (names[*n] != NULL) {
        (*n)++;
    }
    copy = copy_bytes(g, names, sizeof *names, *n);
    for (size_t i = 0; i < *n; i++) {
        copy[i] = copy_text(g, names[i]);
    }
    return copy;
}

struct hone_node *hone_graph_node(struct hone_graph *g, const char *domain, const char *op,
                                  const char *const *inputs, const char *const *outputs)
{
    struct hone_node node = {.domain = copy_text(g, domain), .op = copy_text(g, op)};

    node.input = copy_names(g, inputs, &node.inputs);
    node.output = copy_names(g, outputs, &node.outputs);
    node.name = hone_arena_format(g->model->mem, "%s_%zu", op, g->nodes);
    know_names(g);
    for (size_t i = 0; i < node.outputs; i++) {
        use_name(g, node.output[i]);
    }
    g->node = room_for(g, g->node, g->nodes, &g->room.node, sizeof node);
    g->node[g->nodes] = node;
    return &g->node[g->nodes++];
}

const char *hone_graph_op(struct hone_graph *g, const char *domain, const char *op,
                          const char *hint, const char *const *inputs)
{
    const char *name = hone_graph_name(g, hint);
    return hone_graph_node(g, domain, op, inputs, HONE_IN(name))->output[0];
}

struct hone_node *hone_graph_last(struct hone_graph *g)
{
    HONE_ASSERT(g->nodes != 0);
    return &g->node[g->nodes - 1];
}

/* --- attributes ---------------------------------------------------------------------------- */

/* Attributes are kept in the order of their names, so that the same model has the same bytes
 * whatever order they were set in; setting one again replaces it. */
static struct hone_attr *attr(struct hone_graph *g, struct hone_node *node, const char *name,
                              enum hone_attr_type type)
{
    size_t at = 0;

    while (at < node->attrs && strcmp(node->attr[at].name, name) < 0) {
        at++;
    }
    if (at == node->attrs || strcmp(node->attr[at].name, name) != 0) {
        node->attr = room_for(g, node->attr, node->attrs, &node->attr_room, sizeof *node->attr);
        memmove(node->attr + at + 1, node->attr + at, (node->attrs - at) * sizeof *node->attr);
        node->attrs++;
    }
    node->attr[at] = (struct hone_attr){.name = copy_text(g, name), .type = type};
    return &node->attr[at];
}

void hone_node_int(struct hone_graph *g, struct hone_node *node, const char *name,
                   int64_t value)
{
    attr(g, node, name, HONE_ATTR_INT)->i = value;
}

void hone_node_float(struct hone_graph *g, struct hone_node *node, const char *name,
                     float value)
{
    attr(g, node, name, HONE_ATTR_FLOAT)->f = value;
}

void hone_node_text(struct hone_graph *g, struct hone_node *node, const char *name,
                    struct hone_str value)
{
    attr(g, node, name, HONE_ATTR_STRING)->s = copy_str(g, value);
}

void hone_node_ints(struct hone_graph *g, struct hone_node *node, const char *name, size_t n,
                    const int64_t *values)
{
    struct hone_attr *a = attr(g, node, name, HONE_ATTR_INTS);
    a->n = n;
    a->ints = copy_bytes(g, values, sizeof *values, n);
}

void hone_node_floats(struct hone_graph *g, struct hone_node *node, const char *name, size_t n,
                      const float *values)
{
    struct hone_attr *a = attr(g, node, name, HONE_ATTR_FLOATS);
    a->n = n;
    a->floats = copy_bytes(g, values, sizeof *values, n);
}

void hone_node_texts(struct hone_graph *g, struct hone_node *node, const char *name, size_t n,
                     const struct hone_str *values)
{
    struct hone_attr *a = attr(g, node, name, HONE_ATTR_STRINGS);
    a->n = n;
    a->strings = copy_strs(g, values, n);
}

static struct hone_tensor copy_tensor(struct hone_graph *g, const struct hone_tensor *t)
{
    struct hone_tensor copy = *t;
    size_t n = hone_tensor_count(t);
    HONE_ASSERT(hone_dtype_size(t->type) != 0 && n != SIZE_MAX);
    copy.data = t->type == HONE_STRING ? (void *)copy_strs(g, t->data, n)
                                       : copy_bytes(g, t->data, hone_dtype_size(t->type), n);
    return copy;
}

void hone_node_tensor(struct hone_graph *g, struct hone_node *node, const char *name,
                      const struct hone_tensor *value)
{
    struct hone_attr *a = attr(g, node, name, HONE_ATTR_TENSOR);
    a->t = hone_new(g->model->mem, struct hone_tensor);
    *a->t = copy_tensor(g, value);
}

const struct hone_attr *hone_node_attr(const struct hone_node *node, const char *name)
{
    for (size_t i = 0; i < node->attrs; i++) {
        if (strcmp(node->attr[i].name, name) == 0) {
            return &node->attr[i];
        }
    }
    return NULL;
}

/* --- constants -------------------------------------------------------------------------------- */

const char *hone_graph_const(struct hone_graph *g, const char *hint, enum hone_dtype type,
                             size_t rank, const size_t *dim, const void *data)
{
    struct hone_initializer init = {.name = hone_graph_name(g, hint),
                                    .tensor = {.type = type, .rank = rank}};
    void *bytes;

    HONE_ASSERT(rank <= HONE_RANK_MAX);
    for (size_t i = 0; i < rank; i++) {
        init.tensor.dim[i] = dim[i];
    }
    memcpy(&bytes, &data, sizeof bytes); /* copy_tensor only reads it */
    init.tensor.data = bytes;
    init.tensor = copy_tensor(g, &init.tensor);
    g->init = room_for(g, g->init, g->inits, &g->room.init, sizeof init);
    g->init[g->inits++] = init;
    return init.name;
}

const char *hone_graph_const_f32(struct hone_graph *g, const char *hint, float value)
{
    return hone_graph_const(g, hint, HONE_F32, 1, &(const size_t){1}, &value);
}

const char *hone_graph_const_i64(struct hone_graph *g, const char *hint, int64_t value)
{
    return hone_graph_const(g, hint, HONE_I64, 1, &(const size_t){1}, &value);
}

/* --- metadata ----------------------------------------------------------------------------------- */

void hone_model_meta_set(struct hone_model *m, const char *key, struct hone_str value)
{
    struct hone_graph *g = &m->graph;
    for (size_t i = 0; i < m->metas; i++) {
        if (strcmp(m->meta[i].key, key) == 0) {
            m->meta[i].value = copy_str(g, value);
            return;
        }
    }
    m->meta = room_for(g, m->meta, m->metas, &m->meta_room, sizeof *m->meta);
    m->meta[m->metas++] = (struct hone_pair){copy_text(g, key), copy_str(g, value)};
}

struct hone_str hone_model_meta(const struct hone_model *m, const char *key)
{
    for (size_t i = 0; i < m->metas; i++) {
        if (strcmp(m->meta[i].key, key) == 0) {
            return m->meta[i].value;
        }
    }
    return (struct hone_str){NULL, 0};
}

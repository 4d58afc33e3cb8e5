/* ONNX files: the messages as rows, and the way between them and struct hone_model. */
#include "graph/codec_priv.h"
#include "graph/wire_priv.h"

/* clang-format off */
#define ROW(number, kind, S, member, ...) \
    {number, HONE_WIRE_##kind, #member, offsetof(struct S, member), __VA_ARGS__}
#define ONE(number, kind, S, member) ROW(number, kind, S, member, 0, 0, NULL)
#define SURE(number, kind, S, member, flag) \
    ROW(number, kind, S, member, 0, offsetof(struct S, flag), NULL)
#define SUB(number, S, member, type) ROW(number, ONE, S, member, 0, 0, &type)
#define LIST(number, kind, S, member, n) \
    ROW(number, kind, S, member, offsetof(struct S, n), 0, NULL)
#define MANY(number, S, member, n, type) \
    ROW(number, MANY, S, member, offsetof(struct S, n), 0, &type)
#define MESSAGE(variable, text, S, ...) \
    static const struct hone_wire_field variable##_rows[] = {__VA_ARGS__}; \
    static const struct hone_wire_message variable = { \
        text, sizeof(struct S), variable##_rows, sizeof variable##_rows / sizeof *variable##_rows}

static const struct hone_wire_message type_message, graph_message;

MESSAGE(opset_message, "OperatorSetIdProto", wire_opset,
    ONE(1, NAME, wire_opset, domain),
    SURE(2, INT, wire_opset, version, has_version));
MESSAGE(pair_message, "StringStringEntryProto", wire_pair,
    ONE(1, NAME, wire_pair, key),
    ONE(2, TEXT, wire_pair, value));
MESSAGE(dim_message, "Dimension", wire_dim,
    SURE(1, INT, wire_dim, value, has_value),
    ONE(2, NAME, wire_dim, param));
MESSAGE(shape_message, "TensorShapeProto", wire_shape,
    MANY(1, wire_shape, dim, dims, dim_message));
MESSAGE(tensor_type_message, "TypeProto.Tensor", wire_tensor_type,
    ONE(1, INT, wire_tensor_type, elem),
    SUB(2, wire_tensor_type, shape, shape_message));
MESSAGE(sequence_type_message, "TypeProto.Sequence", wire_sequence_type,
    SUB(1, wire_sequence_type, elem, type_message));
MESSAGE(map_type_message, "TypeProto.Map", wire_map_type,
    ONE(1, INT, wire_map_type, key),
    SUB(2, wire_map_type, value, type_message));
static const struct hone_wire_field type_rows[] = {
    SUB(1, wire_type, tensor, tensor_type_message),
    SUB(4, wire_type, sequence, sequence_type_message),
    SUB(5, wire_type, map, map_type_message),
    SUB(9, wire_type, optional, sequence_type_message),
};
static const struct hone_wire_message type_message = {
    "TypeProto", sizeof(struct wire_type), type_rows, 4};
MESSAGE(value_message, "ValueInfoProto", wire_value,
    ONE(1, NAME, wire_value, name),
    SURE(2, TEXT, wire_value, raw, has_raw),
    ONE(3, NAME, wire_value, doc));
MESSAGE(tensor_message, "TensorProto", wire_tensor,
    LIST(1, INTS, wire_tensor, dim, dims),
    ONE(2, INT, wire_tensor, type),
    LIST(4, FLOATS, wire_tensor, floats, n_floats),
    LIST(5, INTS, wire_tensor, ints, n_ints),
    LIST(6, TEXTS, wire_tensor, strings, n_strings),
    LIST(7, INTS, wire_tensor, longs, n_longs),
    ONE(8, NAME, wire_tensor, name),
    SURE(9, TEXT, wire_tensor, raw, has_raw),
    LIST(10, DOUBLES, wire_tensor, doubles, n_doubles),
    LIST(11, INTS, wire_tensor, ulongs, n_ulongs),
    MANY(13, wire_tensor, external, externals, pair_message),
    ONE(14, INT, wire_tensor, location));
MESSAGE(sparse_message, "SparseTensorProto", wire_sparse,
    SUB(1, wire_sparse, values, tensor_message),
    SUB(2, wire_sparse, indices, tensor_message),
    LIST(3, INTS, wire_sparse, dim, dims));
MESSAGE(attr_message, "AttributeProto", wire_attr,
    ONE(1, NAME, wire_attr, name),
    SURE(2, FLOAT, wire_attr, f, has_f),
    SURE(3, INT, wire_attr, i, has_i),
    SURE(4, TEXT, wire_attr, s, has_s),
    SUB(5, wire_attr, t, tensor_message),
    SUB(6, wire_attr, g, graph_message),
    LIST(7, FLOATS, wire_attr, floats, n_floats),
    LIST(8, INTS, wire_attr, ints, n_ints),
    LIST(9, TEXTS, wire_attr, strings, n_strings),
    MANY(10, wire_attr, tensors, n_tensors, tensor_message),
    MANY(11, wire_attr, graphs, n_graphs, graph_message),
    ONE(20, INT, wire_attr, type),
    ONE(21, NAME, wire_attr, reference),
    SUB(22, wire_attr, sparse, sparse_message));
MESSAGE(node_message, "NodeProto", wire_node,
    LIST(1, NAMES, wire_node, input, inputs),
    LIST(2, NAMES, wire_node, output, outputs),
    ONE(3, NAME, wire_node, name),
    ONE(4, NAME, wire_node, op),
    MANY(5, wire_node, attr, attrs, attr_message),
    ONE(7, NAME, wire_node, domain));
static const struct hone_wire_field graph_rows[] = {
    MANY(1, wire_graph, node, nodes, node_message),
    ONE(2, NAME, wire_graph, name),
    MANY(5, wire_graph, init, inits, tensor_message),
    MANY(11, wire_graph, input, inputs, value_message),
    MANY(12, wire_graph, output, outputs, value_message),
    MANY(13, wire_graph, value, values, value_message),
    MANY(15, wire_graph, sparse, sparses, sparse_message),
};
static const struct hone_wire_message graph_message = {
    "GraphProto", sizeof(struct wire_graph), graph_rows, 7};
MESSAGE(function_message, "FunctionProto", wire_function,
    ONE(1, NAME, wire_function, name),
    LIST(4, NAMES, wire_function, input, inputs),
    LIST(5, NAMES, wire_function, output, outputs),
    MANY(7, wire_function, node, nodes, node_message),
    MANY(9, wire_function, opset, opsets, opset_message),
    ONE(10, NAME, wire_function, domain),
    MANY(11, wire_function, attr, attrs, attr_message));
MESSAGE(model_message, "ModelProto", wire_model,
    SURE(1, INT, wire_model, ir_version, has_ir),
    ONE(2, NAME, wire_model, producer),
    ONE(3, NAME, wire_model, producer_version),
    ONE(4, NAME, wire_model, domain),
    ONE(5, INT, wire_model, version),
    ONE(6, NAME, wire_model, doc),
    SUB(7, wire_model, graph, graph_message),
    MANY(8, wire_model, opset, opsets, opset_message),
    MANY(14, wire_model, meta, metas, pair_message),
    LIST(25, TEXTS, wire_model, function, functions));
/* clang-format on */

/* --- values --------------------------------------------------------------------------- */

static enum hone_code tensor_value_in(const struct codec *c, const struct wire_value *w,
                                      const struct wire_tensor_type *type, struct hone_value *v)
{
    if (hone_raw_bits(type->elem) == 0 && type->elem != HONE_STRING &&
        type->elem != HONE_NONE) {
        return hone_fail(c->run, HONE_E_FORMAT, "byte %zu: value '%s': no valid element type",
                         w->at, w->name);
    }
    v->type = (enum hone_dtype)type->elem;
    v->has_shape = type->shape != NULL;
    v->rank = v->has_shape ? type->shape->dims : 0;
    if (v->rank > HONE_RANK_MAX) {
        return hone_fail(c->run, HONE_E_UNSUPPORTED,
                         "byte %zu: value '%s': %zu dimensions, at most %d", w->at, w->name,
                         v->rank, HONE_RANK_MAX);
    }
    for (size_t i = 0; i < v->rank; i++) {
        const struct wire_dim *d = &type->shape->dim[i];
        v->dim[i] = d->has_value && d->value >= 0 ? d->value : -1;
        v->dim_name[i] = d->param[0] != '\0' && v->dim[i] < 0 ? d->param : NULL;
    }
    return HONE_OK;
}

/* Maps whose keys and values are of types that maps have here: them to elem. */
static bool map_type(const struct wire_map_type *map, enum hone_dtype elem[2])
{
    int64_t value = map == NULL || map->value == NULL || map->value->tensor == NULL
                        ? HONE_NONE
                        : map->value->tensor->elem;

    if (map == NULL || (map->key != HONE_I64 && map->key != HONE_STRING) ||
        (value != HONE_F32 && value != HONE_F64 && value != HONE_I64 && value != HONE_STRING)) {
        return false;
    }
    elem[0] = (enum hone_dtype)map->key;
    elem[1] = (enum hone_dtype)value;
    return true;
}

/* Values that hold values are lists of them. */
static void boxed_value(struct hone_value *v, enum hone_dtype type, int64_t n)
{
    v->type = type;
    v->has_shape = true;
    v->rank = 1;
    v->dim[0] = n;
}

/* Maps, and sequences of them; false for another type. */
static bool boxed_map(const struct wire_type *type, struct hone_value *v)
{
    if (map_type(type->map, v->elem)) {
        boxed_value(v, HONE_MAP, 2);
        return true;
    }
    if (type->sequence != NULL && type->sequence->elem != NULL &&
        map_type(type->sequence->elem->map, v->elem + 1)) {
        boxed_value(v, HONE_SEQUENCE, -1);
        v->elem[0] = HONE_MAP;
        return true;
    }
    return false;
}

/* Sequences and optionals of tensors, and optionals of sequences of them. */
static void boxed_type(const struct wire_type *type, struct hone_value *v)
{
    const struct wire_sequence_type *s =
        type->sequence != NULL ? type->sequence : type->optional;
    const struct wire_type *elem = s == NULL ? NULL : s->elem;
    const struct wire_type *inner =
        elem != NULL && elem->sequence != NULL ? elem->sequence->elem : NULL;

    if (elem == NULL || (elem->tensor == NULL && (inner == NULL || inner->tensor == NULL))) {
        return;
    }
    boxed_value(v, type->sequence != NULL ? HONE_SEQUENCE : HONE_OPTIONAL, -1);
    v->elem[0] = elem->tensor != NULL ? (enum hone_dtype)elem->tensor->elem : HONE_SEQUENCE;
    v->elem[1] = elem->tensor != NULL ? HONE_NONE : (enum hone_dtype)inner->tensor->elem;
}

static enum hone_code value_in(const struct codec *c, const struct wire_value *w,
                               struct hone_value *v)
{
    struct wire_type type = {0};

    v->name = w->name;
    v->doc = w->doc[0] == '\0' ? NULL : w->doc;
    if (!w->has_raw) {
        return HONE_OK;
    }
    if (hone_wire_read(c->run, &type_message, w->raw, c->mem, &type) != HONE_OK) {
        return hone_fail_in(c->run, "in the %zu bytes of value '%s' (at byte %zu)", w->raw.len,
                            w->name, (size_t)(w->raw.ptr - c->bytes.ptr));
    }
    if (type.tensor != NULL) {
        return tensor_value_in(c, w, type.tensor, v);
    }
    if (!boxed_map(&type, v)) {
        boxed_type(&type, v);
    } else if (v->type == HONE_SEQUENCE && v->elem[2] == HONE_F32) {
        v->is_sequence_of_maps = true;
        v->key = v->elem[1];
        return HONE_OK;
    }
    v->other = w->raw;
    return HONE_OK;
}

static enum hone_code tensor_type_out(const struct codec *c, const struct hone_value *v,
                                      struct wire_type *type)
{
    type->tensor = hone_new(c->mem, struct wire_tensor_type);
    type->tensor->elem = (int64_t)v->type;
    if (!v->has_shape) {
        return HONE_OK;
    }
    type->tensor->shape = hone_new(c->mem, struct wire_shape);
    type->tensor->shape->dims = v->rank;
    HONE_TRY(hone_array(c->run, c->mem, &type->tensor->shape->dim, v->rank));
    for (size_t i = 0; i < v->rank; i++) {
        struct wire_dim *d = &type->tensor->shape->dim[i];
        d->has_value = v->dim[i] >= 0;
        d->value = v->dim[i];
        d->param = d->has_value ? NULL : v->dim_name[i];
    }
    return HONE_OK;
}

static enum hone_code value_out(const struct codec *c, const struct hone_value *v,
                                struct wire_value *w)
{
    bool many = v->is_sequence_of_maps || v->elem[0] == HONE_MAP;
    struct wire_type type = {0};
    struct wire_type map_of = {0}, held = {0};
    struct wire_tensor_type scalar = {.elem = HONE_F32};
    struct wire_map_type map = {.key = (int64_t)v->key, .value = &held};
    struct wire_sequence_type sequence = {.elem = &map_of};

    w->name = v->name;
    w->doc = v->doc;
    w->has_raw = true;
    w->raw = v->other;
    if (v->other.len != 0) {
        return HONE_OK;
    }
    if (many || v->type == HONE_MAP) {
        if (!v->is_sequence_of_maps) {
            map.key = (int64_t)v->elem[many ? 1 : 0];
            scalar.elem = (int64_t)v->elem[many ? 2 : 1];
        }
        scalar.shape = hone_new(c->mem, struct wire_shape);
        held.tensor = &scalar;
        map_of.map = &map;
        type.sequence = many ? &sequence : NULL;
        type.map = many ? NULL : &map;
    } else if (v->type != HONE_NONE) {
        HONE_TRY(tensor_type_out(c, v, &type));
    } else {
        w->has_raw = false;
        return HONE_OK;
    }
    return hone_wire_write(c->run, &type_message, &type, c->mem, &w->raw);
}

/* --- attributes, nodes, graphs ------------------------------------------------------------ */

static enum hone_code graph_in(const struct codec *c, const struct wire_graph *w,
                               struct hone_graph *g);
static enum hone_code graph_out(const struct codec *c, const struct hone_graph *g,
                                struct wire_graph *w);

/* An attribute type that is only read: what is kept is a tensor. */
#define SPARSE_TENSOR 11

/* Old files leave the type out: what is there tells it. */
static int64_t attr_type(const struct wire_attr *w)
{
    if (w->type != 0) {
        return w->type;
    }
    return w->has_f            ? HONE_ATTR_FLOAT
           : w->has_i          ? HONE_ATTR_INT
           : w->has_s          ? HONE_ATTR_STRING
           : w->t != NULL      ? HONE_ATTR_TENSOR
           : w->g != NULL      ? HONE_ATTR_GRAPH
           : w->n_floats != 0  ? HONE_ATTR_FLOATS
           : w->n_ints != 0    ? HONE_ATTR_INTS
           : w->n_strings != 0 ? HONE_ATTR_STRINGS
           : w->n_tensors != 0 ? HONE_ATTR_TENSORS
           : w->n_graphs != 0  ? HONE_ATTR_GRAPHS
                               : 0;
}

static enum hone_code attr_lists_in(const struct codec *c, const struct wire_attr *w,
                                    struct hone_attr *a)
{
    switch (a->type) {
    case HONE_ATTR_FLOATS:
        a->n = w->n_floats;
        a->floats = w->floats;
        return HONE_OK;
    case HONE_ATTR_INTS:
        a->n = w->n_ints;
        a->ints = w->ints;
        return HONE_OK;
    case HONE_ATTR_STRINGS:
        a->n = w->n_strings;
        a->strings = w->strings;
        return HONE_OK;
    case HONE_ATTR_TENSORS:
        HONE_TRY(hone_array(c->run, c->mem, &a->tensors, w->n_tensors));
        for (a->n = 0; a->n < w->n_tensors; a->n++) {
            HONE_TRY(hone_tensor_in(c, &w->tensors[a->n], &a->tensors[a->n]));
        }
        return HONE_OK;
    case HONE_ATTR_GRAPHS:
        HONE_TRY(hone_array(c->run, c->mem, &a->graphs, w->n_graphs));
        for (a->n = 0; a->n < w->n_graphs; a->n++) {
            HONE_TRY(graph_in(c, &w->graphs[a->n], &a->graphs[a->n]));
        }
        return HONE_OK;
    default:
        return hone_fail(c->run, HONE_E_UNSUPPORTED, "byte %zu: attribute '%s' of type %lld",
                         w->at, w->name, (long long)attr_type(w));
    }
}

static enum hone_code attr_in(const struct codec *c, const struct wire_attr *w,
                              struct hone_attr *a)
{
    int64_t type = attr_type(w);

    if (w->reference[0] != '\0' && c->in_function) {
        a->name = w->name;
        a->reference = w->reference;
        a->type = (enum hone_attr_type)(type < 0 || type > 100 ? 0 : type);
        return HONE_OK;
    }
    if (w->reference[0] != '\0') {
        return hone_fail(c->run, HONE_E_UNSUPPORTED,
                         "byte %zu: attribute '%s' refers to a function's attribute", w->at,
                         w->name);
    }
    a->name = w->name;
    a->type = (enum hone_attr_type)(type < 0 || type > 100 ? 0 : type);
    switch ((int)a->type) {
    case HONE_ATTR_FLOAT:
        a->f = w->f;
        return HONE_OK;
    case HONE_ATTR_INT:
        a->i = w->i;
        return HONE_OK;
    case HONE_ATTR_STRING:
        a->s = w->s;
        return HONE_OK;
    case HONE_ATTR_TENSOR:
    case HONE_ATTR_GRAPH:
        if (type == HONE_ATTR_TENSOR ? w->t == NULL : w->g == NULL) {
            return hone_fail(c->run, HONE_E_FORMAT, "byte %zu: attribute '%s' has no value",
                             w->at, w->name);
        }
        if (type == HONE_ATTR_TENSOR) {
            HONE_TRY(hone_array(c->run, c->mem, &a->t, 1));
            return hone_tensor_in(c, w->t, a->t);
        }
        HONE_TRY(hone_array(c->run, c->mem, &a->g, 1));
        return graph_in(c, w->g, a->g);
    case SPARSE_TENSOR: /* as the tensor that it is */
        if (w->sparse == NULL) {
            return hone_fail(c->run, HONE_E_FORMAT, "byte %zu: attribute '%s' has no value",
                             w->at, w->name);
        }
        a->type = HONE_ATTR_TENSOR;
        HONE_TRY(hone_array(c->run, c->mem, &a->t, 1));
        return hone_sparse_in(c, w->sparse, a->t);
    default:
        return attr_lists_in(c, w, a);
    }
}

static enum hone_code attr_out(const struct codec *c, const struct hone_attr *a,
                               struct wire_attr *w)
{
    w->name = a->name;
    w->type = (int64_t)a->type;
    w->has_f = a->type == HONE_ATTR_FLOAT;
    w->f = a->f;
    w->has_i = a->type == HONE_ATTR_INT;
    w->i = a->i;
    w->has_s = a->type == HONE_ATTR_STRING;
    w->s = a->s;
    w->floats = a->floats;
    w->n_floats = a->type == HONE_ATTR_FLOATS ? a->n : 0;
    w->ints = a->ints;
    w->n_ints = a->type == HONE_ATTR_INTS ? a->n : 0;
    w->strings = a->strings;
    w->n_strings = a->type == HONE_ATTR_STRINGS ? a->n : 0;
    if (a->type == HONE_ATTR_TENSOR) {
        w->t = hone_new(c->mem, struct wire_tensor);
        return hone_tensor_out(c, "", a->t, w->t);
    }
    if (a->type == HONE_ATTR_GRAPH) {
        w->g = hone_new(c->mem, struct wire_graph);
        return graph_out(c, a->g, w->g);
    }
    if (a->type == HONE_ATTR_TENSORS) {
        w->n_tensors = a->n;
        HONE_TRY(hone_array(c->run, c->mem, &w->tensors, a->n));
        for (size_t i = 0; i < a->n; i++) {
            HONE_TRY(hone_tensor_out(c, "", &a->tensors[i], &w->tensors[i]));
        }
    }
    if (a->type == HONE_ATTR_GRAPHS) {
        w->n_graphs = a->n;
        HONE_TRY(hone_array(c->run, c->mem, &w->graphs, a->n));
        for (size_t i = 0; i < a->n; i++) {
            HONE_TRY(graph_out(c, &a->graphs[i], &w->graphs[i]));
        }
    }
    return HONE_OK;
}

static enum hone_code node_in(const struct codec *c, const struct wire_node *w,
                              struct hone_node *node)
{
    node->op = w->op;
    node->domain = strcmp(w->domain, "ai.onnx") == 0 ? "" : w->domain;
    node->name = w->name;
    node->input = w->input;
    node->inputs = w->inputs;
    node->output = w->output;
    node->outputs = w->outputs;
    node->attrs = w->attrs;
    HONE_TRY(hone_array(c->run, c->mem, &node->attr, w->attrs));
    for (size_t i = 0; i < w->attrs; i++) {
        HONE_TRY(attr_in(c, &w->attr[i], &node->attr[i]));
    }
    return HONE_OK;
}

static enum hone_code node_out(const struct codec *c, const struct hone_node *node,
                               struct wire_node *w)
{
    w->op = node->op;
    w->domain = node->domain;
    w->name = node->name;
    w->input = node->input;
    w->inputs = node->inputs;
    w->output = node->output;
    w->outputs = node->outputs;
    w->attrs = node->attrs;
    HONE_TRY(hone_array(c->run, c->mem, &w->attr, node->attrs));
    for (size_t i = 0; i < node->attrs; i++) {
        HONE_TRY(attr_out(c, &node->attr[i], &w->attr[i]));
    }
    return HONE_OK;
}

static enum hone_code values_in(const struct codec *c, const struct wire_value *w, size_t n,
                                struct hone_value **out)
{
    HONE_TRY(hone_array(c->run, c->mem, out, n));
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(value_in(c, &w[i], &(*out)[i]));
    }
    return HONE_OK;
}

static enum hone_code values_out(const struct codec *c, const struct hone_value *v, size_t n,
                                 struct wire_value **out)
{
    HONE_TRY(hone_array(c->run, c->mem, out, n));
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(value_out(c, &v[i], &(*out)[i]));
    }
    return HONE_OK;
}

static enum hone_code graph_in(const struct codec *c, const struct wire_graph *w,
                               struct hone_graph *g)
{
    g->name = w->name;
    g->model = c->model;
    g->nodes = w->nodes;
    HONE_TRY(hone_array(c->run, c->mem, &g->node, w->nodes));
    for (size_t i = 0; i < w->nodes; i++) {
        HONE_TRY(node_in(c, &w->node[i], &g->node[i]));
    }
    g->inits = w->inits + w->sparses;
    HONE_TRY(hone_array(c->run, c->mem, &g->init, g->inits));
    for (size_t i = 0; i < w->inits; i++) {
        g->init[i].name = w->init[i].name;
        HONE_TRY(hone_tensor_in(c, &w->init[i], &g->init[i].tensor));
    }
    for (size_t i = 0; i < w->sparses; i++) {
        struct hone_initializer *init = &g->init[w->inits + i];
        HONE_TRY(hone_sparse_in(c, &w->sparse[i], &init->tensor));
        init->name = w->sparse[i].values->name;
    }
    g->inputs = w->inputs;
    g->outputs = w->outputs;
    g->values = w->values;
    HONE_TRY(values_in(c, w->input, w->inputs, &g->input));
    HONE_TRY(values_in(c, w->output, w->outputs, &g->output));
    return values_in(c, w->value, w->values, &g->value);
}

static enum hone_code graph_out(const struct codec *c, const struct hone_graph *g,
                                struct wire_graph *w)
{
    w->name = g->name;
    w->nodes = g->nodes;
    HONE_TRY(hone_array(c->run, c->mem, &w->node, g->nodes));
    for (size_t i = 0; i < g->nodes; i++) {
        HONE_TRY(node_out(c, &g->node[i], &w->node[i]));
    }
    w->inits = g->inits;
    HONE_TRY(hone_array(c->run, c->mem, &w->init, g->inits));
    for (size_t i = 0; i < g->inits; i++) {
        HONE_TRY(hone_tensor_out(c, g->init[i].name, &g->init[i].tensor, &w->init[i]));
    }
    w->inputs = g->inputs;
    w->outputs = g->outputs;
    w->values = g->values;
    HONE_TRY(values_out(c, g->input, g->inputs, &w->input));
    HONE_TRY(values_out(c, g->output, g->outputs, &w->output));
    return values_out(c, g->value, g->values, &w->value);
}

static enum hone_code opsets_in(const struct codec *c, const struct wire_opset *w, size_t n,
                                struct hone_opset **out)
{
    HONE_TRY(hone_array(c->run, c->mem, out, n));
    for (size_t i = 0; i < n; i++) {
        (*out)[i].domain = strcmp(w[i].domain, "ai.onnx") == 0 ? "" : w[i].domain;
        (*out)[i].version = w[i].version;
    }
    return HONE_OK;
}

static enum hone_code function_in(const struct codec *model, struct hone_str bytes,
                                  struct hone_function *f)
{
    struct codec c = *model;
    struct wire_function w = {0};

    c.in_function = true;
    if (hone_wire_read(c.run, &function_message, bytes, c.mem, &w) != HONE_OK) {
        return hone_fail_in(c.run, "in the %zu bytes of a function (at byte %zu)", bytes.len,
                            (size_t)(bytes.ptr - c.bytes.ptr));
    }
    f->name = w.name;
    f->domain = strcmp(w.domain, "ai.onnx") == 0 ? "" : w.domain;
    f->input = w.input;
    f->inputs = w.inputs;
    f->output = w.output;
    f->outputs = w.outputs;
    f->attrs = w.attrs;
    f->nodes = w.nodes;
    f->opsets = w.opsets;
    HONE_TRY(opsets_in(&c, w.opset, w.opsets, &f->opset));
    HONE_TRY(hone_array(c.run, c.mem, &f->attr, w.attrs));
    for (size_t i = 0; i < w.attrs; i++) {
        HONE_TRY(attr_in(&c, &w.attr[i], &f->attr[i]));
    }
    HONE_TRY(hone_array(c.run, c.mem, &f->node, w.nodes));
    for (size_t i = 0; i < w.nodes; i++) {
        HONE_TRY(node_in(&c, &w.node[i], &f->node[i]));
    }
    return HONE_OK;
}

/* --- models ------------------------------------------------------------------------------- */

enum hone_code hone_model_read(struct hone_run *run, struct hone_str bytes,
                               struct hone_arena *mem, struct hone_model **out)
{
    struct wire_model w = {0};
    struct codec c = {.run = run, .mem = mem, .bytes = bytes};
    struct hone_model *m;

    HONE_TRY(hone_wire_read(run, &model_message, bytes, mem, &w));
    if (w.graph == NULL) {
        return hone_fail(run, HONE_E_FORMAT, "not an ONNX model: it has no graph");
    }
    HONE_TRY(hone_array(run, mem, &m, 1));
    c.model = m;
    m->mem = mem;
    m->ir_version = w.ir_version;
    m->version = w.version;
    m->producer = w.producer;
    m->producer_version = w.producer_version;
    m->domain = w.domain;
    m->doc = w.doc;
    m->function = w.function;
    m->functions = w.functions;
    m->opsets = w.opsets;
    HONE_TRY(opsets_in(&c, w.opset, w.opsets, &m->opset));
    HONE_TRY(hone_array(run, mem, &m->local, w.functions));
    for (size_t i = 0; i < w.functions; i++) {
        HONE_TRY(function_in(&c, w.function[i], &m->local[i]));
    }
    m->metas = w.metas;
    HONE_TRY(hone_array(run, mem, &m->meta, w.metas));
    for (size_t i = 0; i < w.metas; i++) {
        m->meta[i].key = w.meta[i].key;
        m->meta[i].value = w.meta[i].value;
    }
    HONE_TRY(graph_in(&c, w.graph, &m->graph));
    *out = m;
    return HONE_OK;
}

enum hone_code hone_model_write(struct hone_run *run, const struct hone_model *m,
                                struct hone_arena *mem, struct hone_str *bytes)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {0};
    struct codec c = {.run = run, .mem = &work};
    struct wire_graph graph = {0};
    struct wire_model w = {
        .ir_version = m->ir_version,
        .has_ir = true,
        .version = m->version,
        .producer = m->producer,
        .producer_version = m->producer_version,
        .domain = m->domain,
        .doc = m->doc,
        .graph = &graph,
        .opsets = m->opsets,
        .metas = m->metas,
        .function = m->function,
        .functions = m->functions,
    };

    HONE_TRY(hone_array(run, &work, &w.opset, m->opsets));
    for (size_t i = 0; i < m->opsets; i++) {
        w.opset[i].domain = m->opset[i].domain;
        w.opset[i].version = m->opset[i].version;
        w.opset[i].has_version = true;
    }
    HONE_TRY(hone_array(run, &work, &w.meta, m->metas));
    for (size_t i = 0; i < m->metas; i++) {
        w.meta[i].key = m->meta[i].key;
        w.meta[i].value = m->meta[i].value;
    }
    HONE_TRY(graph_out(&c, &m->graph, &graph));
    return hone_wire_write(run, &model_message, &w, mem, bytes);
}

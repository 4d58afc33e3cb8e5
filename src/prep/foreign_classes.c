/* Which classes a graph knows: read off the nodes that lead to its label. */
#include "prep/foreign_priv.h"

/* Nodes that hand a label on as it is. */
static bool hands_on(const struct hone_node *node)
{
    static const char *const ops[] = {"Cast",      "Identity", "Reshape",     "Squeeze",
                                      "Unsqueeze", "Flatten",  "LabelEncoder"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (strcmp(node->op, ops[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool hone_foreign_is_constant(const struct hone_graph *g, const char *name)
{
    for (size_t i = 0; i < g->inits; i++) {
        if (strcmp(g->init[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

const struct hone_node *hone_foreign_maker(const struct hone_graph *g, const char *value)
{
    for (size_t i = 0; i < g->nodes; i++) {
        for (size_t k = 0; k < g->node[i].outputs; k++) {
            if (strcmp(g->node[i].output[k], value) == 0) {
                return &g->node[i];
            }
        }
    }
    return NULL;
}

static void add_number(struct hone_foreign_classes *c, struct hone_arena *mem, int64_t value)
{
    c->name[c->n++] = hone_arena_format(mem, "%lld", (long long)value);
}

static void add_text(struct hone_foreign_classes *c, struct hone_arena *mem,
                     struct hone_str value)
{
    c->name[c->n++] = hone_arena_text(mem, value.len == 0 ? "" : value.ptr, value.len);
}

/* The elements of a constant list of labels; false when they are none. */
static bool from_tensor(const struct hone_tensor *t, struct hone_arena *mem,
                        struct hone_foreign_classes *c)
{
    size_t n = hone_tensor_count(t);
    if (n < 2 || n > 100000) {
        return false;
    }
    c->name = hone_arena_must(mem, n * sizeof *c->name);
    for (size_t i = 0; i < n; i++) {
        if (t->type == HONE_STRING) {
            add_text(c, mem, ((const struct hone_str *)t->data)[i]);
        } else if (t->type == HONE_I64) {
            add_number(c, mem, ((const int64_t *)t->data)[i]);
        } else if (t->type == HONE_I32) {
            add_number(c, mem, ((const int32_t *)t->data)[i]);
        } else {
            return false;
        }
    }
    return true;
}

static bool from_attr(const struct hone_node *node, const char *name, struct hone_arena *mem,
                      struct hone_foreign_classes *c)
{
    const struct hone_attr *a = hone_node_attr(node, name);
    if (a == NULL || a->n < 2) {
        return false;
    }
    c->name = hone_arena_must(mem, a->n * sizeof *c->name);
    for (size_t i = 0; i < a->n; i++) {
        if (a->type == HONE_ATTR_STRINGS) {
            add_text(c, mem, a->strings[i]);
        } else if (a->type == HONE_ATTR_INTS) {
            add_number(c, mem, a->ints[i]);
        }
    }
    return c->n == a->n;
}

/* A list of labels in an initializer, or in a Constant node. */
static bool from_value(const struct hone_graph *g, const char *name, struct hone_arena *mem,
                       struct hone_foreign_classes *c)
{
    const struct hone_node *node = hone_foreign_maker(g, name);
    if (node != NULL && strcmp(node->op, "Constant") == 0) {
        const struct hone_attr *a = hone_node_attr(node, "value");
        return a != NULL && a->t != NULL && from_tensor(a->t, mem, c);
    }
    if (node != NULL && hands_on(node) && node->inputs > 0) {
        return from_value(g, node->input[0], mem, c);
    }
    for (size_t i = 0; i < g->inits; i++) {
        if (strcmp(g->init[i].name, name) == 0) {
            return from_tensor(&g->init[i].tensor, mem, c);
        }
    }
    return false;
}

static void count_up(size_t width, struct hone_arena *mem, struct hone_foreign_classes *c)
{
    c->name = hone_arena_must(mem, (width + 1) * sizeof *c->name);
    for (size_t k = 0; k < width; k++) {
        add_number(c, mem, (int64_t)k);
    }
}

/* The node decides the classes; false: look at what is before it. */
static bool decides(const struct hone_graph *g, const struct hone_node *node, size_t width,
                    struct hone_arena *mem, struct hone_foreign_classes *c)
{
    static const char *const lists[] = {"classlabels_strings", "classlabels_int64s",
                                        "classlabels_ints",    "values_strings",
                                        "values_int64s",       "classes_strings"};
    if (strcmp(node->op, "ArgMin") == 0) {
        c->nearest = true;
        return true;
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (from_attr(node, lists[i], mem, c)) {
            return true;
        }
    }
    if (strcmp(node->op, "ArrayFeatureExtractor") == 0 || strcmp(node->op, "Gather") == 0) {
        return from_value(g, node->input[0], mem, c);
    }
    if (strcmp(node->op, "ArgMax") == 0 || strstr(node->op, "Classifier") != NULL) {
        count_up(width, mem, c);
        return true;
    }
    return false;
}

void hone_foreign_classes_of(const struct hone_graph *g, const char *label, size_t width,
                             struct hone_arena *mem, struct hone_foreign_classes *out)
{
    struct hone_foreign_classes c = {0};
    for (size_t far = 0; label != NULL && far < 64; far++) {
        const struct hone_node *node = hone_foreign_maker(g, label);
        if (node == NULL || decides(g, node, width, mem, &c)) {
            break;
        }
        c.n = 0;
        bool picks = strcmp(node->op, "Gather") == 0 && node->inputs > 1;
        label = picks || hands_on(node) ? node->input[picks ? 1 : 0] : NULL;
    }
    *out = c;
}

/* Old definitions of operators, turned into the newest, so that one kernel serves all. */
#include "graph/plan_priv.h"

enum rule {
    TO_INPUT, /* the attribute became input `place`; lists become rank 1, single values rank 0 */
    TO_LIST,  /* the attribute became input `place` of rank 1, also when it is a single value */
    DROP,     /* the attribute no longer matters */
    ALIGN,    /* where input 1 lies along input 0 */
};

/* Nodes of domain "" below a version: what becomes of one attribute.  A node with that attribute gets the
 * rule whatever its version says, since files with mixed versions are common. */
static const struct {
    const char *op, *attr;
    enum rule rule;
    size_t place;
} rules[] = {
    {"Clip", "min", TO_INPUT, 1},
    {"Clip", "max", TO_INPUT, 2},
    {"Dropout", "ratio", TO_INPUT, 1},
    {"Dropout", "is_test", DROP, 0},
    {"Pad", "pads", TO_LIST, 1},
    {"Pad", "value", TO_INPUT, 2},
    {"ReduceSum", "axes", TO_LIST, 1},
    {"ReduceMean", "axes", TO_LIST, 1},
    {"ReduceMax", "axes", TO_LIST, 1},
    {"ReduceMin", "axes", TO_LIST, 1},
    {"ReduceProd", "axes", TO_LIST, 1},
    {"ReduceL1", "axes", TO_LIST, 1},
    {"ReduceL2", "axes", TO_LIST, 1},
    {"ReduceLogSum", "axes", TO_LIST, 1},
    {"ReduceLogSumExp", "axes", TO_LIST, 1},
    {"ReduceSumSquare", "axes", TO_LIST, 1},
    {"Reshape", "shape", TO_LIST, 1},
    {"Slice", "starts", TO_LIST, 1},
    {"Slice", "ends", TO_LIST, 2},
    {"Slice", "axes", TO_LIST, 3},
    {"Split", "split", TO_LIST, 1},
    {"Squeeze", "axes", TO_LIST, 1},
    {"Unsqueeze", "axes", TO_LIST, 1},
    {"TopK", "k", TO_LIST, 1},
    {"Tile", "repeats", TO_LIST, 1},
    {"Add", "axis", ALIGN, 0},
    {"Sub", "axis", ALIGN, 0},
    {"Mul", "axis", ALIGN, 0},
    {"Div", "axis", ALIGN, 0},
    {"Pow", "axis", ALIGN, 0},
    {"And", "axis", ALIGN, 0},
    {"Or", "axis", ALIGN, 0},
    {"Xor", "axis", ALIGN, 0},
    {"Equal", "axis", ALIGN, 0},
    {"Less", "axis", ALIGN, 0},
    {"Greater", "axis", ALIGN, 0},
};

/* Attributes that any node of opset 1 may carry and none needs. */
static bool is_noise(const char *attr)
{
    return strcmp(attr, "consumed_inputs") == 0;
}

static enum hone_code add_input(struct hone_run *run, struct hone_upgraded *out, size_t place,
                                const struct hone_attr *a, bool list, struct hone_arena *mem)
{
    struct hone_tensor t = {.rank = 1};
    struct hone_node *node = &out->node;
    const char **input;

    switch (a->type) {
    case HONE_ATTR_INTS:
        t.type = HONE_I64;
        t.dim[0] = a->n;
        t.data = a->ints;
        break;
    case HONE_ATTR_INT:
    case HONE_ATTR_FLOAT:
        t.type = a->type == HONE_ATTR_INT ? HONE_I64 : HONE_F32;
        t.rank = list ? 1 : 0;
        t.dim[0] = 1;
        t.data = hone_arena_must(mem, 8);
        memcpy(t.data, a->type == HONE_ATTR_INT ? (const void *)&a->i : (const void *)&a->f,
               a->type == HONE_ATTR_INT ? sizeof a->i : sizeof a->f);
        break;
    default:
        return hone_fail(run, HONE_E_FORMAT, "attribute '%s' is of another type than defined",
                         a->name);
    }
    if (place < node->inputs && node->input[place][0] != '\0') {
        return hone_fail(run, HONE_E_FORMAT, "'%s' is given both as attribute and as input",
                         a->name);
    }
    if (place >= node->inputs) {
        HONE_TRY(hone_array(run, mem, &input, place + 1));
        for (size_t i = 0; i <= place; i++) {
            input[i] = i < node->inputs ? node->input[i] : "";
        }
        node->input = input;
        node->inputs = place + 1;
    }
    HONE_ASSERT(out->inits < sizeof out->init / sizeof *out->init);
    node->input[place] =
        hone_arena_format(mem, "%s/%s", node->outputs == 0 ? "" : node->output[0], a->name);
    out->init[out->inits++] = (struct hone_initializer){node->input[place], t};
    return HONE_OK;
}

enum hone_code hone_upgrade(struct hone_run *run, const struct hone_node *node, int64_t version,
                            struct hone_arena *mem, struct hone_upgraded *out)
{
    struct hone_attr *attr;

    *out = (struct hone_upgraded){.node = *node};
    if (node->domain[0] != '\0') {
        return HONE_OK;
    }
    /* One slope a channel. */
    out->aligned = version < 7 && strcmp(node->op, "PRelu") == 0;
    out->axis = 1;
    HONE_TRY(hone_array(run, mem, &attr, node->attrs));
    out->node.attr = attr;
    out->node.attrs = 0;
    for (size_t i = 0; i < node->attrs; i++) {
        const struct hone_attr *a = &node->attr[i];
        size_t r = 0;
        size_t n = sizeof rules / sizeof *rules;
        while (r < n &&
               (strcmp(rules[r].op, node->op) != 0 || strcmp(rules[r].attr, a->name) != 0)) {
            r++;
        }
        if (r == n && !is_noise(a->name)) {
            attr[out->node.attrs++] = *a;
        } else if (r < n && rules[r].rule == ALIGN) {
            out->aligned = true;
            out->axis = a->i;
        } else if (r < n && rules[r].rule != DROP) {
            HONE_TRY(add_input(run, out, rules[r].place, a, rules[r].rule == TO_LIST, mem));
        }
    }
    return HONE_OK;
}

/* Nodes around the graph of a model that others made, so that it speaks as ours do.  In memory only. */
#include "base/file.h"
#include "prep/foreign_priv.h"

const char *const hone_foreign_tasks[] = {
    "auto", "classification", "regression", "clustering", "anomaly", "transform", NULL};

bool hone_foreign_is(const struct hone_model *model)
{
    return hone_model_meta(model, HONE_META_SIGNATURE).len == 0;
}

enum hone_type hone_foreign_column(enum hone_dtype type)
{
    switch (type) {
    case HONE_F32:
    case HONE_F64:
        return HONE_FLOAT64;
    case HONE_I64:
    case HONE_I32:
        return HONE_INT64;
    case HONE_B8:
        return HONE_BOOL;
    case HONE_STRING:
        return HONE_UTF8;
    default:
        return HONE_TYPE_COUNT;
    }
}

static enum hone_code unfit(struct hone_run *run, const char *what)
{
    return hone_fail(run, HONE_E_FORMAT, "the binding of the imported model has no good %s",
                     what);
}

static int64_t opset(const struct hone_model *m)
{
    for (size_t i = 0; i < m->opsets; i++) {
        if (m->opset[i].domain[0] == '\0' || strcmp(m->opset[i].domain, "ai.onnx") == 0) {
            return m->opset[i].version;
        }
    }
    return 1;
}

/* Nodes of a domain are put in: a file that has none of them does not say its version. */
static void need_domain(struct hone_model *m, const char *domain, int64_t version)
{
    struct hone_opset *more;
    for (size_t i = 0; i < m->opsets; i++) {
        bool plain = domain[0] == '\0' && strcmp(m->opset[i].domain, "ai.onnx") == 0;
        if (plain || strcmp(m->opset[i].domain, domain) == 0) {
            return;
        }
    }
    more = hone_arena_must(m->mem, (m->opsets + 1) * sizeof *more);
    if (m->opsets > 0) {
        memcpy(more, m->opset, m->opsets * sizeof *more);
    }
    more[m->opsets++] = (struct hone_opset){domain, version};
    m->opset = more;
}

/* --- names ------------------------------------------------------------------------------- */

static void rename_in(const char **name, size_t n, const char *from, const char *to)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name[i], from) == 0) {
            name[i] = to;
        }
    }
}

/* A value gets another name wherever it stands, in inner graphs too, which see the outer one's values. */
static void rename_value(struct hone_graph *g, const char *from, const char *to)
{
    for (size_t i = 0; i < g->nodes; i++) {
        struct hone_node *node = &g->node[i];
        rename_in(node->input, node->inputs, from, to);
        rename_in(node->output, node->outputs, from, to);
        for (size_t k = 0; k < node->attrs; k++) {
            if (node->attr[k].g != NULL) {
                rename_value(node->attr[k].g, from, to);
            }
            for (size_t j = 0; node->attr[k].graphs != NULL && j < node->attr[k].n; j++) {
                rename_value(&node->attr[k].graphs[j], from, to);
            }
        }
    }
    for (size_t i = 0; i < g->inits; i++) {
        rename_in(&g->init[i].name, 1, from, to);
    }
    for (size_t i = 0; i < g->inputs; i++) {
        rename_in(&g->input[i].name, 1, from, to);
    }
    for (size_t i = 0; i < g->outputs; i++) {
        rename_in(&g->output[i].name, 1, from, to);
    }
    for (size_t i = 0; i < g->values; i++) {
        rename_in(&g->value[i].name, 1, from, to);
    }
}

static bool is_value(const struct hone_graph *g, const char *name)
{
    for (size_t i = 0; i < g->inputs; i++) {
        if (strcmp(g->input[i].name, name) == 0) {
            return true;
        }
    }
    return hone_foreign_is_constant(g, name) || hone_foreign_maker(g, name) != NULL;
}

/* A name is to be ours: whoever has it so far is called otherwise, and that is remembered. */
static void make_free(struct hone_graph *g, const char *name, struct hone_foreign_names *names)
{
    const char *other = name;
    bool known = false;
    if (!is_value(g, name)) {
        return;
    }
    while (is_value(g, other)) {
        other = hone_arena_format(g->model->mem, "%s'", other);
    }
    rename_value(g, name, other);
    for (size_t i = 0; i < names->n; i++) {
        known = known || strcmp(names->now[i], name) == 0;
        names->now[i] = strcmp(names->now[i], name) == 0 ? other : names->now[i];
    }
    if (!known) {
        names->was[names->n] = name;
        names->now[names->n++] = other;
    }
}

const char *hone_foreign_now(const struct hone_graph *g, const struct hone_foreign_names *names,
                             const char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->was[i], name) == 0) {
            return names->now[i];
        }
    }
    return is_value(g, name) ? name : NULL;
}

/* Names of the binding's columns, in mem. */
static enum hone_code column_names(struct hone_run *run, const json_t *binding,
                                   struct hone_arena *mem, const char ***out, size_t *n)
{
    const json_t *list = json_object_get(json_object_get(binding, "signature"), "inputs");
    const char **name;
    *n = json_array_size(list);
    HONE_TRY(hone_array(run, mem, &name, *n + 1));
    for (size_t i = 0; i < *n; i++) {
        const char *text = hone_json_get_text(json_array_get(list, i), "name", NULL);
        if (text == NULL) {
            return unfit(run, "columns");
        }
        name[i] = hone_arena_text(mem, text, strlen(text));
    }
    *out = name;
    return HONE_OK;
}

enum hone_code hone_foreign_make_room(struct hone_run *run, const json_t *binding,
                                      struct hone_model *model,
                                      struct hone_foreign_names *names)
{
    static const char *const ours[] = {HONE_OUT_LABEL, HONE_OUT_PROBABILITIES,
                                       HONE_OUT_PREDICTION, HONE_OUT_SCORE};
    enum { OURS = sizeof ours / sizeof *ours };
    const char **column;
    size_t n;
    need_domain(model, "", HONE_ONNX_OPSET);
    HONE_TRY(column_names(run, binding, model->mem, &column, &n));
    HONE_TRY(hone_array(run, model->mem, &names->was, n + OURS));
    HONE_TRY(hone_array(run, model->mem, &names->now, n + OURS));
    for (size_t i = 0; i < OURS; i++) {
        for (size_t c = 0; c < n; c++) {
            if (strcmp(column[c], ours[i]) == 0) {
                (void)hone_fail(run, HONE_E_ARG,
                                "a column of the model is called %s, as one of its answers is",
                                ours[i]);
                return hone_hint(run, "give the columns other names: --inputs NAME,NAME,...");
            }
        }
        make_free(&model->graph, ours[i], names);
    }
    for (size_t c = 0; c < n; c++) {
        make_free(&model->graph, column[c], names);
    }
    return HONE_OK;
}

/* --- inputs ------------------------------------------------------------------------------- */

static struct hone_value column_value(const char *name, enum hone_dtype type)
{
    return (struct hone_value){.name = name,
                               .type = type,
                               .has_shape = true,
                               .rank = 2,
                               .dim = {-1, 1},
                               .dim_name = {"N", NULL}};
}

/* [N, 1] to [N]. */
static const char *squeeze(struct hone_graph *g, const char *value)
{
    if (opset(g->model) < 13) {
        const int64_t axis = 1;
        const char *out = hone_graph_op(g, "", "Squeeze", "hone.squeezed", HONE_IN(value));
        hone_node_ints(g, hone_graph_last(g), "axes", 1, &axis);
        return out;
    }
    const char *axis = hone_graph_const_i64(g, "hone.axis", 1);
    return hone_graph_op(g, "", "Squeeze", "hone.squeezed", HONE_IN(value, axis));
}

/* [N] to [N, 1]. */
static const char *unsqueeze(struct hone_graph *g, const char *value)
{
    if (opset(g->model) < 13) {
        const int64_t axis = 1;
        const char *out = hone_graph_op(g, "", "Unsqueeze", "hone.column", HONE_IN(value));
        hone_node_ints(g, hone_graph_last(g), "axes", 1, &axis);
        return out;
    }
    const char *axis = hone_graph_const_i64(g, "hone.axis", 1);
    return hone_graph_op(g, "", "Unsqueeze", "hone.column", HONE_IN(value, axis));
}

static const char *concat(struct hone_graph *g, const char *const *value)
{
    const char *out = hone_graph_op(g, "", "Concat", "hone.matrix", value);
    hone_node_int(g, hone_graph_last(g), "axis", 1);
    return out;
}

/* The columns of one input of the graph become it. */
static void join_columns(struct hone_graph *g, const struct hone_value *input,
                         const char **column, size_t n)
{
    const char *made;
    if (n > 1) {
        made = concat(g, column);
    } else if (input->has_shape && input->rank == 1) {
        made = squeeze(g, column[0]);
    } else {
        made = hone_graph_op(g, "", "Identity", "hone.same", HONE_IN(column[0]));
    }
    (void)made;
    hone_graph_last(g)->output[0] = input->name;
}

static const struct hone_value *find_input(const struct hone_value *list, size_t n,
                                           const char *name)
{
    for (size_t i = 0; name != NULL && i < n; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return &list[i];
        }
    }
    return NULL;
}

enum hone_code hone_foreign_apply_inputs(struct hone_run *run, const json_t *binding,
                                         const struct hone_foreign_names *names,
                                         struct hone_model *model)
{
    struct hone_graph *g = &model->graph;
    const struct hone_value *old = g->input;
    const size_t olds = g->inputs;
    const json_t *inputs = json_object_get(binding, "inputs");
    const char **column;
    struct hone_value *fresh;
    size_t columns, used = 0, n = 0, i;
    const json_t *item;
    HONE_TRY(column_names(run, binding, model->mem, &column, &columns));
    HONE_TRY(hone_array(run, model->mem, &fresh, columns + olds));
    for (size_t k = 0; k < olds; k++) {
        if (hone_foreign_is_constant(g, old[k].name)) {
            fresh[n++] = old[k];
        }
    }
    json_array_foreach((json_t *)(uintptr_t)inputs, i, item)
    {
        const char *name = hone_foreign_now(g, names, hone_json_get_text(item, "name", ""));
        const struct hone_value *v = find_input(old, olds, name);
        int64_t takes = hone_json_get_int(item, "columns", 0);
        if (v == NULL || takes < 1 || (size_t)takes > columns - used) {
            return unfit(run, "inputs");
        }
        const char **mine = hone_arena_must(model->mem, ((size_t)takes + 1) * sizeof *mine);
        for (size_t k = 0; k < (size_t)takes; k++) {
            mine[k] = column[used++];
            fresh[n++] = column_value(mine[k], v->type);
        }
        join_columns(g, v, mine, (size_t)takes);
    }
    if (used != columns) {
        return unfit(run, "columns");
    }
    g->input = fresh;
    g->inputs = n;
    g->room.input = columns + olds;
    return HONE_OK;
}

/* --- outputs ------------------------------------------------------------------------------ */

struct outer {
    struct hone_run *run;
    struct hone_graph *g;
    struct hone_signature *s;
    const char *label, *values; /* as the graph gives them, of hone's type and rank; NULL */
    const char *form;
};

/* The class names as a constant, numbers where the target is one. */
static const char *names_const(struct outer *o)
{
    struct hone_arena *mem = o->g->model->mem;
    struct hone_str *text = hone_arena_must(mem, o->s->classes * sizeof *text);
    int64_t *number = hone_arena_must(mem, o->s->classes * sizeof *number);
    bool numbers = o->s->target_type == HONE_INT64;
    for (size_t k = 0; k < o->s->classes; k++) {
        text[k] = hone_str(o->s->class_name[k]);
        numbers = numbers && hone_parse_i64(text[k], &number[k]);
    }
    return numbers
               ? hone_graph_const(o->g, "hone.classes", HONE_I64, 1, &o->s->classes, number)
               : hone_graph_const(o->g, "hone.classes", HONE_STRING, 1, &o->s->classes, text);
}

static const char *cast(struct hone_graph *g, const char *value, enum hone_dtype type)
{
    const char *out = hone_graph_op(g, "", "Cast", "hone.cast", HONE_IN(value));
    hone_node_int(g, hone_graph_last(g), "to", type);
    return out;
}

/* A label as [N, classes] of 0 and 1, by the graph's own classes. */
static const char *one_hot(struct outer *o, const json_t *label)
{
    const json_t *from = json_object_get(label, "from");
    struct hone_graph *g = o->g;
    size_t n = json_array_size(from);
    struct hone_str *text = hone_arena_must(g->model->mem, (n + 1) * sizeof *text);
    int64_t *number = hone_arena_must(g->model->mem, (n + 1) * sizeof *number);
    bool numbers = !hone_json_get_bool(label, "text", true);
    need_domain(g->model, HONE_ML, HONE_ONNX_ML_OPSET);
    for (size_t k = 0; k < n; k++) {
        const char *name = json_string_value(json_array_get(from, k));
        name = name == NULL ? "" : name;
        text[k] =
            (struct hone_str){hone_arena_text(g->model->mem, name, strlen(name)), strlen(name)};
        numbers = hone_parse_i64(text[k], &number[k]) && numbers;
    }
    const char *out = hone_graph_op(g, HONE_ML, "OneHotEncoder", "hone.hot", HONE_IN(o->label));
    if (numbers) {
        hone_node_ints(g, hone_graph_last(g), "cats_int64s", n, number);
    } else {
        hone_node_texts(g, hone_graph_last(g), "cats_strings", n, text);
    }
    return out;
}

/* The class with the greatest value, by name or number. */
static const char *name_of_greatest(struct outer *o, const char *values)
{
    struct hone_graph *g = o->g;
    const char *index = hone_graph_op(g, "", "ArgMax", "hone.index", HONE_IN(values));
    hone_node_int(g, hone_graph_last(g), "axis", 1);
    hone_node_int(g, hone_graph_last(g), "keepdims", 0);
    const char *names = names_const(o);
    return hone_graph_op(g, "", "Gather", "hone.label", HONE_IN(names, index));
}

/* [N, 1]: the probability of the second class, to [N, 2]. */
static const char *both_classes(struct hone_graph *g, const char *yes)
{
    const char *one = hone_graph_const_f32(g, "hone.one", 1);
    const char *no = hone_graph_op(g, "", "Sub", "hone.no", HONE_IN(one, yes));
    return concat(g, HONE_IN(no, yes));
}

static enum hone_code probabilities(struct outer *o, const json_t *label, const char **out)
{
    struct hone_graph *g = o->g;
    if (strcmp(o->form, HONE_FORM_LABEL) == 0) {
        if (o->label == NULL) {
            return unfit(o->run, "label");
        }
        *out = one_hot(o, label);
        return HONE_OK;
    }
    if (o->values == NULL) {
        return unfit(o->run, "values");
    }
    if (strcmp(o->form, HONE_FORM_DECISION) == 0) {
        *out = hone_graph_op(g, "", "Softmax", "hone.softmax", HONE_IN(o->values));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
    } else if (strcmp(o->form, HONE_FORM_POSITIVE) == 0) {
        *out = both_classes(g, o->values);
    } else if (strcmp(o->form, HONE_FORM_MARGIN) == 0) {
        *out = both_classes(
            g, hone_graph_op(g, "", "Sigmoid", "hone.sigmoid", HONE_IN(o->values)));
    } else {
        *out = o->values;
    }
    return HONE_OK;
}

/* An output under its name in hone. */
static void put_output(struct outer *o, const char *value, const char *name,
                       enum hone_dtype type, int64_t width)
{
    struct hone_graph *g = o->g;
    struct hone_value *v;
    (void)hone_graph_op(g, "", "Identity", "hone.out", HONE_IN(value));
    hone_graph_last(g)->output[0] = name;
    v = hone_graph_output(g, name, type, width == 0 ? 1 : 2, (const int64_t[]){-1, width});
    v->dim_name[0] = "N";
}

static enum hone_code put_classes(struct outer *o, const json_t *label)
{
    const char *values = NULL;
    const char *named = o->label;
    HONE_TRY(probabilities(o, label, &values));
    if (o->label == NULL) {
        named = name_of_greatest(o, values);
    } else if (hone_json_get_bool(label, "renamed", false)) {
        named = name_of_greatest(o, one_hot(o, label));
    }
    put_output(o, named, HONE_OUT_LABEL,
               o->s->target_type == HONE_INT64 ? HONE_I64 : HONE_STRING, 0);
    put_output(o, values, HONE_OUT_PROBABILITIES, HONE_F32, (int64_t)o->s->classes);
    return HONE_OK;
}

/* The label as [N] of int64 or text, the values as float [N, k]. */
static enum hone_code take_values(struct outer *o, const json_t *binding,
                                  const struct hone_foreign_names *names)
{
    const json_t *label = json_object_get(binding, "label");
    const json_t *values = json_object_get(binding, "values");
    struct hone_graph *g = o->g;
    o->form = hone_json_get_text(values, "form", HONE_FORM_NUMBERS);
    if (json_is_object(label)) {
        const char *name = hone_json_get_text(label, "value", "");
        o->label = hone_foreign_now(g, names, name);
        if (o->label == NULL) {
            return unfit(o->run, "label");
        }
        o->label =
            hone_json_get_bool(label, "squeeze", false) ? squeeze(g, o->label) : o->label;
        o->label =
            hone_json_get_bool(label, "cast", false) ? cast(g, o->label, HONE_I64) : o->label;
    }
    if (json_is_object(values) && hone_json_get_text(values, "value", NULL) != NULL) {
        o->values = hone_foreign_now(g, names, hone_json_get_text(values, "value", ""));
        if (o->values == NULL) {
            return unfit(o->run, "values");
        }
        o->values = hone_json_get_bool(values, "unsqueeze", false) ? unsqueeze(g, o->values)
                                                                   : o->values;
        o->values = hone_json_get_bool(values, "cast", false) ? cast(g, o->values, HONE_F32)
                                                              : o->values;
    }
    return HONE_OK;
}

static enum hone_code put_outputs(struct outer *o, const json_t *binding)
{
    const enum hone_task task = o->s->task;
    bool numbers = o->s->target_type == HONE_INT64;
    if ((task & HONE_TASK_CLASSIFICATION) != 0) {
        return put_classes(o, json_object_get(binding, "label"));
    }
    if (o->label != NULL) {
        put_output(o, o->label, HONE_OUT_LABEL, numbers ? HONE_I64 : HONE_STRING, 0);
    }
    if (o->values != NULL) {
        put_output(o, o->values,
                   task == HONE_TASK_REGRESSION ? HONE_OUT_PREDICTION : HONE_OUT_SCORE,
                   HONE_F32, (int64_t)o->s->classes);
    }
    bool whole = task == HONE_TASK_CLUSTERING || task == HONE_TASK_ANOMALY ? o->label != NULL
                                                                           : o->values != NULL;
    return whole ? HONE_OK : unfit(o->run, "outputs");
}

enum hone_code hone_foreign_apply(struct hone_run *run, const json_t *binding,
                                  struct hone_model *model)
{
    struct hone_foreign_names names = {0};
    struct hone_buf text = hone_buf(model->mem);
    struct outer o = {.run = run, .g = &model->graph};
    const json_t *signature = json_object_get(binding, "signature");
    if (!json_is_object(signature)) {
        return unfit(run, "signature");
    }
    hone_json_write(&text, signature, false);
    hone_model_meta_set(model, HONE_META_SIGNATURE, (struct hone_str){text.ptr, text.len});
    HONE_TRY(hone_signature_of(run, model, model->mem, &o.s));
    HONE_TRY(hone_foreign_make_room(run, binding, model, &names));
    HONE_TRY(hone_foreign_apply_inputs(run, binding, &names, model));
    HONE_TRY(take_values(&o, binding, &names));
    o.g->outputs = 0;
    return put_outputs(&o, binding);
}

enum hone_code hone_foreign_dress(struct hone_run *run, const char *binding_path,
                                  const char *reference_path, struct hone_model *model)
{
    HONE_ARENA(work);
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};
    HONE_CLOSING(hone_file_close) struct hone_file kept = {0};
    HONE_JSON json_t *binding = NULL;
    HONE_TRY(hone_file_open(run, binding_path, &work, &file));
    HONE_TRY(hone_json_parse(run, file.bytes, &binding));
    HONE_TRY(hone_foreign_apply(run, binding, model));
    if (reference_path != NULL) {
        HONE_TRY(hone_file_open(run, reference_path, &work, &kept));
        hone_model_meta_set(model, HONE_META_REFERENCE, kept.bytes);
    }
    return HONE_OK;
}

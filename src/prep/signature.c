#include "prep/signature.h"

#include <math.h>

enum hone_dtype hone_input_dtype(enum hone_type type)
{
    switch (type) {
    case HONE_BOOL:
    case HONE_INT64:
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return HONE_F32;
    case HONE_UTF8:
    case HONE_CATEGORY:
        return HONE_STRING;
    case HONE_DATE:
    case HONE_TIMESTAMP:
        return HONE_I64;
    default:
        return HONE_NONE;
    }
}

static const char *const task_names[] = {
    [HONE_TASK_REGRESSION] = "regression", [HONE_TASK_BINARY] = "binary",
    [HONE_TASK_MULTICLASS] = "multiclass", [HONE_TASK_CLUSTERING] = "clustering",
    [HONE_TASK_ANOMALY] = "anomaly",       [HONE_TASK_TRANSFORM] = "transform",
};

const char *hone_task_name(enum hone_task task)
{
    return task_names[task];
}

json_t *hone_signature_json(const struct hone_signature *s)
{
    json_t *object = json_object();
    hone_json_set_text(object, "task", task_names[s->task]);
    json_t *inputs = json_array();
    for (size_t i = 0; i < s->inputs; i++) {
        json_t *input = json_object();
        hone_json_set_text(input, "name", s->input[i].name);
        hone_json_set_text(input, "type", hone_type_name(s->input[i].type));
        hone_json_push(inputs, input);
    }
    hone_json_set(object, "inputs", inputs);
    hone_json_set_text(object, "target", s->target);
    hone_json_set_text(object, "target_type", hone_type_name(s->target_type));
    if ((s->task & HONE_TASK_SUPERVISED) == 0) {
        hone_json_set(object, "scores", json_integer((json_int_t)s->classes));
    }
    if ((s->task & HONE_TASK_CLASSIFICATION) != 0) {
        json_t *classes = json_array();
        for (size_t k = 0; k < s->classes; k++) {
            hone_json_push(classes, json_string(s->class_name[k]));
        }
        hone_json_set(object, "classes", classes);
    }
    if (s->task == HONE_TASK_BINARY) {
        hone_json_set_text(object, "positive", s->class_name[s->positive]);
        hone_json_set(object, "threshold", hone_json_real(s->threshold));
    }
    return object;
}

static enum hone_code damaged(struct hone_run *run, const char *what)
{
    return hone_fail(run, HONE_E_FORMAT, "the model's %s has no good %s", HONE_META_SIGNATURE,
                     what);
}

static const char *keep(struct hone_arena *mem, const char *text)
{
    return hone_arena_text(mem, text, strlen(text));
}

static enum hone_code read_inputs(struct hone_run *run, const json_t *inputs,
                                  struct hone_arena *mem, struct hone_signature *s)
{
    s->inputs = json_array_size(inputs);
    HONE_TRY(hone_array(run, mem, &s->input, s->inputs));
    for (size_t i = 0; i < s->inputs; i++) {
        const json_t *input = json_array_get(inputs, i);
        const char *name = hone_json_get_text(input, "name", NULL);
        const char *type = hone_json_get_text(input, "type", "");
        s->input[i].type = hone_type_parse(hone_str(type));
        if (name == NULL || s->input[i].type == HONE_TYPE_COUNT) {
            return damaged(run, "inputs");
        }
        s->input[i].name = keep(mem, name);
    }
    return HONE_OK;
}

static enum hone_code read_classes(struct hone_run *run, const json_t *object,
                                   struct hone_arena *mem, struct hone_signature *s)
{
    const json_t *classes = json_object_get(object, "classes");
    s->classes = json_array_size(classes);
    if (s->classes < 2 || (s->task == HONE_TASK_BINARY && s->classes != 2)) {
        return damaged(run, "classes");
    }
    HONE_TRY(hone_array(run, mem, &s->class_name, s->classes));
    for (size_t k = 0; k < s->classes; k++) {
        const char *name = json_string_value(json_array_get(classes, k));
        if (name == NULL) {
            return damaged(run, "classes");
        }
        s->class_name[k] = keep(mem, name);
    }
    s->positive = s->task == HONE_TASK_BINARY ? 1 : 0;
    return HONE_OK;
}

static enum hone_code read_own(struct hone_run *run, struct hone_str text,
                               struct hone_arena *mem, struct hone_signature *s)
{
    HONE_JSON json_t *object = NULL;
    HONE_TRY(hone_json_parse(run, text, &object));
    const char *task = hone_json_get_text(object, "task", "");
    for (size_t t = 0; t < sizeof task_names / sizeof *task_names; t++) {
        if (task_names[t] != NULL && strcmp(task, task_names[t]) == 0) {
            s->task = (enum hone_task)t;
        }
    }
    if (s->task == 0) {
        return damaged(run, "task");
    }
    HONE_TRY(read_inputs(run, json_object_get(object, "inputs"), mem, s));
    s->target = keep(mem, hone_json_get_text(object, "target", "target"));
    s->target_type = hone_type_parse(hone_str(hone_json_get_text(object, "target_type", "")));
    if (s->target_type == HONE_TYPE_COUNT) {
        return damaged(run, "target_type");
    }
    s->threshold = hone_json_get_real(object, "threshold", 0.5);
    if ((s->task & HONE_TASK_CLASSIFICATION) != 0) {
        return read_classes(run, object, mem, s);
    }
    int64_t scores = hone_json_get_int(object, "scores", 1);
    if (scores < 0 || scores > 1000000 || (s->task == HONE_TASK_REGRESSION && scores != 1)) {
        return damaged(run, "scores");
    }
    s->classes = (size_t)scores;
    return HONE_OK;
}

/* A model that others made: its inputs as they are, its task from the kind of its outputs. */
static enum hone_code guess(struct hone_run *run, const struct hone_model *model,
                            struct hone_arena *mem, struct hone_signature *s)
{
    const struct hone_graph *g = &model->graph;
    HONE_TRY(hone_array(run, mem, &s->input, g->inputs));
    for (size_t i = 0; i < g->inputs; i++) {
        const struct hone_value *v = &g->input[i];
        bool one = v->rank <= 1 || (v->rank == 2 && v->dim[1] == 1);
        enum hone_type type = v->type == HONE_STRING                       ? HONE_UTF8
                              : v->type == HONE_I64 || v->type == HONE_I32 ? HONE_INT64
                              : v->type == HONE_F32 || v->type == HONE_F64 ? HONE_FLOAT32
                              : v->type == HONE_B8                         ? HONE_BOOL
                                                                           : HONE_TYPE_COUNT;
        if (!one || type == HONE_TYPE_COUNT) {
            (void)hone_fail(run, HONE_E_UNSUPPORTED,
                            "input %s of this model is not one column of a table", v->name);
            return hone_hint(run, "hone import makes a matrix of named columns of it");
        }
        s->input[s->inputs++] = (struct hone_input){v->name, type};
    }
    s->task = HONE_TASK_REGRESSION;
    s->target = "target";
    s->target_type = HONE_FLOAT64;
    s->classes = 1;
    s->threshold = 0.5;
    return HONE_OK;
}

enum hone_code hone_signature_of(struct hone_run *run, const struct hone_model *model,
                                 struct hone_arena *mem, struct hone_signature **out)
{
    struct hone_signature *s = hone_new(mem, struct hone_signature);
    struct hone_str text = hone_model_meta(model, HONE_META_SIGNATURE);
    if (text.len > 0) {
        HONE_TRY(read_own(run, text, mem, s));
    } else {
        HONE_TRY(guess(run, model, mem, s));
    }
    *out = s;
    return HONE_OK;
}

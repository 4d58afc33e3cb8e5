/* Deciding what the inputs and outputs of a model that others made mean. */
#include <ctype.h>
#include <math.h>

#include "base/rng.h"
#include "prep/foreign.h"
#include "prep/foreign_priv.h"
#include "table/builder.h"

enum { TRIAL_ROWS = 1000, MADE_ROWS = 64, MOST_COLUMNS = 100000 };

/* One output of the graph, and what came out of it. */
struct answer {
    const char *name;  /* of the graph's output */
    const char *value; /* the value behind it, by its name in the file: ZipMap is passed over */
    const struct hone_node *zip;
    struct hone_tensor tensor;
    size_t width; /* elements of a row */
};

struct finding {
    struct hone_run *run;
    struct hone_arena *mem;
    const struct hone_foreign_wish *wish;
    struct hone_model *model;
    struct hone_foreign_names names; /* what the trial made of the graph's */
    struct hone_signature s;
    json_t *binding, *notes; /* notes: borrowed from the binding */
    struct answer *answer;
    size_t answers, rows;
};

static void note(struct finding *f, const char *text)
{
    hone_json_push(f->notes, hone_json_text(hone_str(text)));
}

/* --- columns ---------------------------------------------------------------------------------- */

struct taker { /* an input of the graph */
    const struct hone_value *value;
    size_t columns; /* 0: not said by the graph */
};

static enum hone_code list_takers(struct finding *f, struct taker *taker, size_t *n)
{
    const struct hone_graph *g = &f->model->graph;
    for (size_t i = 0; i < g->inputs; i++) {
        const struct hone_value *v = &g->input[i];
        if (hone_foreign_is_constant(g, v->name)) {
            continue;
        }
        if (v->rank > 2 || hone_foreign_column(v->type) == HONE_TYPE_COUNT) {
            (void)hone_fail(
                f->run, HONE_E_UNSUPPORTED,
                "input %s of the model (%s, %zu axes) is not made of table columns", v->name,
                v->type == HONE_NONE ? "no tensor" : hone_dtype_name(v->type), v->rank);
            return hone_hint(f->run, "a pipeline that takes [rows] or [rows, columns] of "
                                     "numbers or texts can be imported");
        }
        bool known = !v->has_shape || v->rank < 2 || v->dim[1] > 0;
        taker[(*n)++] = (struct taker){v, !known                         ? 0
                                          : v->has_shape && v->rank == 2 ? (size_t)v->dim[1]
                                                                         : 1};
        if (taker[*n - 1].columns > MOST_COLUMNS) {
            return hone_fail(f->run, HONE_E_LIMIT, "input %s of the model has %lld columns",
                             v->name, (long long)v->dim[1]);
        }
    }
    if (*n == 0) {
        return hone_fail(f->run, HONE_E_UNSUPPORTED, "the model has no inputs");
    }
    return HONE_OK;
}

static bool is_target(const struct finding *f, const char *name)
{
    return f->wish->target != NULL && strcmp(name, f->wish->target) == 0;
}

/* The sample's columns that no input takes by its own name, in their order. */
static void rest_of_sample(const struct finding *f, const struct taker *taker, size_t n,
                           struct hone_texts *out)
{
    const struct hone_table *t = f->wish->sample;
    out->item = hone_arena_must(f->mem, (t->cols + 1) * sizeof *out->item);
    for (size_t j = 0; j < t->cols; j++) {
        const char *name = t->column[j].name;
        bool taken = is_target(f, name);
        for (size_t i = 0; i < n; i++) {
            taken = taken || (taker[i].columns == 1 && strcmp(taker[i].value->name, name) == 0);
        }
        if (!taken) {
            out->item[out->n++] = name;
        }
    }
}

static bool in_sample(const struct finding *f, const char *name)
{
    return f->wish->sample != NULL && hone_table_find(f->wish->sample, hone_str(name)) != NULL;
}

/* Whether an input is fed by a column of its own name rather than from the list of names. */
static bool by_own_name(const struct finding *f, const struct taker *t)
{
    return t->columns == 1 && f->wish->columns.n == 0 &&
           (f->wish->sample == NULL || in_sample(f, t->value->name));
}

static enum hone_code add_column(struct finding *f, const char *name, enum hone_type type)
{
    for (size_t i = 0; i < f->s.inputs; i++) {
        if (strcmp(f->s.input[i].name, name) == 0) {
            return hone_fail(f->run, HONE_E_ARG, "column %s is named twice", name);
        }
    }
    if (is_target(f, name)) {
        return hone_fail(f->run, HONE_E_ARG,
                         "%s is the target: it can not be an input of the model too", name);
    }
    f->s.input[f->s.inputs++] = (struct hone_input){name, type};
    return HONE_OK;
}

static enum hone_code wrong_number(struct finding *f, size_t have, size_t need, bool sample)
{
    (void)hone_fail(f->run, HONE_E_SHAPE, "the model takes %zu column%s%s, %zu %s", need,
                    need == 1 ? "" : "s", sample ? " that go by place" : "", have,
                    sample ? "of the sample could be meant" : "are named");
    return hone_hint(f->run, "name them in the model's order: --inputs NAME,NAME,...%s",
                     sample && f->wish->target == NULL
                         ? "; --target COL says which column of the sample holds the answers"
                         : "");
}

/* How many columns an input takes whose width the graph does not say: what the others leave. */
static enum hone_code settle_width(struct finding *f, struct taker *taker, size_t n,
                                   size_t names, bool named)
{
    struct taker *open = NULL;
    size_t need = 0;
    for (size_t i = 0; i < n; i++) {
        if (taker[i].columns == 0) {
            if (open != NULL) {
                return hone_fail(f->run, HONE_E_UNSUPPORTED,
                                 "inputs %s and %s of the model do not say how many columns "
                                 "they take",
                                 open->value->name, taker[i].value->name);
            }
            open = &taker[i];
        } else if (!by_own_name(f, &taker[i])) {
            need += taker[i].columns;
        }
    }
    if (open != NULL) {
        if (!named || names <= need) {
            (void)hone_fail(f->run, HONE_E_SHAPE,
                            "input %s of the model does not say how many columns it takes",
                            open->value->name);
            return hone_hint(f->run, "name them: --inputs NAME,NAME,... or --data SAMPLE");
        }
        open->columns = names - need;
        need = names;
    }
    return named && names != need ? wrong_number(f, names, need, f->wish->columns.n == 0)
                                  : HONE_OK;
}

static enum hone_code find_columns(struct finding *f)
{
    const struct hone_graph *g = &f->model->graph;
    struct taker *taker;
    struct hone_texts names = f->wish->columns;
    size_t n = 0, next = 0, all = 0;
    bool named = names.n > 0 || f->wish->sample != NULL;
    json_t *inputs = json_array();
    hone_json_set(f->binding, "inputs", inputs);
    HONE_TRY(hone_array(f->run, f->mem, &taker, g->inputs));
    HONE_TRY(list_takers(f, taker, &n));
    if (names.n == 0 && f->wish->sample != NULL) {
        rest_of_sample(f, taker, n, &names);
        bool any = false;
        for (size_t i = 0; i < n; i++) {
            any = any || !by_own_name(f, &taker[i]);
        }
        names.n = any ? names.n : 0; /* all go by name: what is over is not wanted */
    }
    HONE_TRY(settle_width(f, taker, n, names.n, named));
    for (size_t i = 0; i < n; i++) {
        all += taker[i].columns;
    }
    HONE_TRY(hone_array(f->run, f->mem, &f->s.input, all));
    for (size_t i = 0; i < n; i++) {
        const struct hone_value *v = taker[i].value;
        json_t *input = json_object();
        hone_json_set_text(input, "name", v->name);
        hone_json_set(input, "columns", json_integer((json_int_t)taker[i].columns));
        hone_json_push(inputs, input);
        for (size_t k = 0; k < taker[i].columns; k++) {
            const char *name = by_own_name(f, &taker[i]) ? v->name
                               : named                   ? names.item[next++]
                                       : hone_arena_format(f->mem, "%s_%zu", v->name, k);
            HONE_TRY(add_column(f, name, hone_foreign_column(v->type)));
        }
    }
    if (!named && all > n) {
        note(f, "the columns have no names in the file: --inputs or --data gives them theirs");
    }
    return HONE_OK;
}

/* --- the trial ------------------------------------------------------------------------------- */

/*
 * Rows to try a model on when none were given: a row of zeros, then numbers of all sizes, since 0 says little of
 * what a score is.  Whole numbers stay 0 and texts empty: they may be codes, and others could be out of bounds.
 */
static enum hone_code made_rows(struct finding *f, struct hone_table **out)
{
    struct hone_column *column;
    struct hone_rng rng = hone_rng(1, 1);
    HONE_TRY(hone_array(f->run, f->mem, &column, f->s.inputs));
    for (size_t i = 0; i < f->s.inputs; i++) {
        struct hone_builder *b;
        enum hone_type type = f->s.input[i].type;
        HONE_TRY(hone_builder_new(f->run, f->s.input[i].name, type, f->mem, &b));
        for (size_t r = 0; r < MADE_ROWS; r++) {
            double size = pow(10, (double)(r % 5) - 1); /* 0.1 to 1000 */
            if (type == HONE_UTF8) {
                HONE_TRY(hone_builder_str(f->run, b, (struct hone_str){"", 0}));
            } else if (type == HONE_FLOAT64) {
                double value = r == 0 ? 0 : size * (2 * hone_rng_unit(&rng) - 1);
                HONE_TRY(hone_builder_f64(f->run, b, value));
            } else {
                HONE_TRY(hone_builder_i64(f->run, b, 0));
            }
        }
        HONE_TRY(hone_builder_end(f->run, b, &column[i]));
    }
    return hone_table_of(f->run, column, f->s.inputs, f->mem, out);
}

/* The outputs that are tensors; of a ZipMap what it is made of. */
static enum hone_code list_answers(struct finding *f)
{
    const struct hone_graph *g = &f->model->graph;
    HONE_TRY(hone_array(f->run, f->mem, &f->answer, g->outputs));
    for (size_t i = 0; i < g->outputs; i++) {
        const struct hone_value *v = &g->output[i];
        const struct hone_node *node = hone_foreign_maker(g, v->name);
        struct answer a = {.name = v->name, .value = v->name};
        if (node != NULL && strcmp(node->op, "ZipMap") == 0 && node->inputs == 1) {
            a.zip = node;
            a.value = node->input[0];
        } else if (v->is_sequence_of_maps || v->type == HONE_MAP || v->elem[0] == HONE_MAP ||
                   (v->type == HONE_NONE && v->other.len > 0)) {
            note(f,
                 hone_arena_format(f->mem, "output %s is no tensor and is left out", v->name));
            continue;
        }
        f->answer[f->answers++] = a;
    }
    return f->answers > 0
               ? HONE_OK
               : hone_fail(f->run, HONE_E_UNSUPPORTED, "no output of the model is a tensor");
}

/* Run the model on the sample, or on rows made up. */
static enum hone_code try_it(struct finding *f)
{
    struct hone_plan *plan;
    struct hone_tensor *in;
    struct hone_tensor *out;
    struct hone_table *table = NULL;
    const char **wanted;
    struct hone_span rows = {.table = f->wish->sample};
    size_t *row;
    HONE_TRY(list_answers(f));
    HONE_TRY(hone_foreign_make_room(f->run, f->binding, f->model, &f->names));
    HONE_TRY(hone_foreign_apply_inputs(f->run, f->binding, &f->names, f->model));
    HONE_TRY(hone_array(f->run, f->mem, &wanted, f->answers));
    for (size_t i = 0; i < f->answers; i++) {
        wanted[i] = hone_foreign_now(&f->model->graph, &f->names, f->answer[i].value);
    }
    if (rows.table == NULL || rows.table->rows == 0) {
        HONE_TRY(made_rows(f, &table));
        rows.table = table;
    }
    f->rows = rows.n = rows.table->rows < TRIAL_ROWS ? rows.table->rows : TRIAL_ROWS;
    HONE_TRY(hone_array(f->run, f->mem, &row, rows.n));
    for (size_t i = 0; i < rows.n; i++) {
        row[i] = i;
    }
    rows.row = row;
    HONE_TRY(hone_plan_new(f->run, f->model, wanted, f->answers, f->mem, &plan));
    HONE_TRY(hone_bind(f->run, &f->s, plan, &rows, true, f->mem, &in, NULL));
    HONE_TRY(hone_array(f->run, f->mem, &out, hone_plan_outputs(plan)));
    HONE_TRY(hone_plan_run_rows(f->run, plan, rows.n, in, f->mem, out));
    for (size_t i = 0; i < f->answers; i++) {
        struct answer *a = &f->answer[i];
        a->tensor = out[i];
        size_t count = hone_tensor_count(&a->tensor);
        bool by_row = a->tensor.rank >= 1 && a->tensor.rank <= 2 && a->tensor.dim[0] == f->rows;
        a->width = by_row && count >= f->rows ? count / f->rows : 0;
    }
    return HONE_OK;
}

/* --- what the answers mean ------------------------------------------------------------------- */

static bool says(const char *name, const char *word)
{
    size_t n = strlen(word);
    for (; *name != '\0'; name++) {
        size_t k = 0;
        while (k < n && tolower((unsigned char)name[k]) == word[k]) {
            k++;
        }
        if (k == n) {
            return true;
        }
    }
    return false;
}

static struct answer *find_label(struct finding *f)
{
    for (size_t i = 0; i < f->answers; i++) {
        struct answer *a = &f->answer[i];
        enum hone_dtype t = a->tensor.type;
        bool labels = t == HONE_I64 || t == HONE_I32 || t == HONE_STRING || t == HONE_B8;
        if (labels && a->width == 1 && a->zip == NULL) {
            return a;
        }
    }
    return NULL;
}

static struct answer *find_values(struct finding *f)
{
    struct answer *first = NULL;
    for (size_t i = 0; i < f->answers; i++) {
        struct answer *a = &f->answer[i];
        enum hone_dtype t = a->tensor.type;
        if ((t == HONE_F32 || t == HONE_F64) && a->width >= 1) {
            if (a->zip != NULL || says(a->name, "prob")) {
                return a;
            }
            first = first == NULL ? a : first;
        }
    }
    return first;
}

static double number_at(const struct hone_tensor *t, size_t i)
{
    return t->type == HONE_F64 ? ((const double *)t->data)[i]
                               : (double)((const float *)t->data)[i];
}

/* Each row lies in [0, 1], and sums to 1 where it has several. */
static bool are_probabilities(const struct finding *f, const struct answer *a)
{
    for (size_t r = 0; r < f->rows; r++) {
        double sum = 0;
        for (size_t k = 0; k < a->width; k++) {
            double p = number_at(&a->tensor, r * a->width + k);
            if (p < -1e-6 || p > 1 + 1e-6) {
                return false;
            }
            sum += p;
        }
        if (a->width > 1 && fabs(sum - 1) > 1e-3) { /* NaN says nothing */
            return false;
        }
    }
    return true;
}

/* The task that was asked for; 0: it is left open. */
static enum hone_task wanted_task(const struct finding *f)
{
    static const struct {
        const char *name;
        enum hone_task task;
    } tasks[] = {{"classification", HONE_TASK_MULTICLASS}, /* or two: the classes say */
                 {"regression", HONE_TASK_REGRESSION},
                 {"clustering", HONE_TASK_CLUSTERING},
                 {"anomaly", HONE_TASK_ANOMALY},
                 {"transform", HONE_TASK_TRANSFORM}};
    for (size_t i = 0; f->wish->task != NULL && i < sizeof tasks / sizeof *tasks; i++) {
        if (strcmp(f->wish->task, tasks[i].name) == 0) {
            return tasks[i].task;
        }
    }
    return f->wish->classes.n > 0 ? HONE_TASK_MULTICLASS : 0;
}

/* The task of a model that gives a label. */
static enum hone_task labelled_task(const struct answer *label, const struct answer *values,
                                    const struct hone_foreign_classes *known, bool sums)
{
    if (known->nearest) {
        return HONE_TASK_CLUSTERING;
    }
    if (values != NULL && values->width == 1 && known->n != 2) {
        return HONE_TASK_ANOMALY;
    }
    bool classes = sums || known->n > 1 || label->tensor.type == HONE_STRING;
    return classes ? HONE_TASK_MULTICLASS : HONE_TASK_CLUSTERING;
}

static enum hone_code decide_task(struct finding *f, const struct answer *label,
                                  const struct answer *values,
                                  const struct hone_foreign_classes *known,
                                  enum hone_task *task)
{
    bool several = values != NULL && values->width > 1;
    bool sums = several && are_probabilities(f, values);
    *task = wanted_task(f);
    if (*task != 0) {
        return HONE_OK;
    }
    if (label == NULL && values == NULL) {
        return hone_fail(f->run, HONE_E_UNSUPPORTED,
                         "no output of the model is one label or a row of numbers per row");
    }
    *task = label != NULL ? labelled_task(label, values, known, sums)
            : sums        ? HONE_TASK_MULTICLASS
            : several     ? HONE_TASK_TRANSFORM
                          : HONE_TASK_REGRESSION;
    return HONE_OK;
}

static enum hone_code choose_names(struct finding *f, const struct answer *label, size_t width,
                                   struct hone_foreign_classes *known)
{
    const struct hone_texts *given = &f->wish->classes;
    size_t n = width > 1 ? width : known->n > 0 ? known->n : given->n;
    n = width == 1 ? 2 : n;
    if (known->n == 0 && label != NULL && label->tensor.type == HONE_STRING) {
        known->n = given->n; /* the given ones are the graph's own */
        known->name = given->item;
    } else if (known->n == 0) {
        known->name = hone_arena_must(f->mem, (n + 1) * sizeof *known->name);
        for (; known->n < n; known->n++) {
            known->name[known->n] = hone_arena_format(f->mem, "%zu", known->n);
        }
        if (given->n == 0) {
            note(f,
                 "the file does not name the classes: they are numbered; --classes names them");
        }
    }
    if (known->n < 2) {
        (void)hone_fail(f->run, HONE_E_UNSUPPORTED, "the model does not say its classes");
        return hone_hint(f->run, "name them in the model's order: --classes NAME,NAME,...");
    }
    if (known->n != n || (given->n > 0 && given->n != n)) {
        (void)hone_fail(f->run, HONE_E_SHAPE, "the model has %zu classes, %zu are named", n,
                        given->n > 0 ? given->n : known->n);
        return hone_hint(f->run, "name them in the model's order: --classes NAME,NAME,...");
    }
    f->s.classes = n;
    f->s.class_name = given->n > 0 ? given->item : known->name;
    f->s.task = n == 2 ? HONE_TASK_BINARY : HONE_TASK_MULTICLASS;
    f->s.positive = n == 2;
    return HONE_OK;
}

/* Classes have whole numbers for names. */
static bool are_numbers(const char *const *name, size_t n)
{
    int64_t value;
    for (size_t k = 0; k < n; k++) {
        if (!hone_parse_i64(hone_str(name[k]), &value)) {
            return false;
        }
    }
    return true;
}

static json_t *label_json(const struct answer *a)
{
    json_t *o = json_object();
    hone_json_set_text(o, "value", a->value);
    hone_json_set(o, "squeeze", json_boolean(a->tensor.rank == 2));
    hone_json_set(o, "cast",
                  json_boolean(a->tensor.type == HONE_I32 || a->tensor.type == HONE_B8));
    hone_json_set(o, "text", json_boolean(a->tensor.type == HONE_STRING));
    return o;
}

static json_t *values_json(const struct answer *a, const char *form)
{
    json_t *o = json_object();
    if (a != NULL) {
        hone_json_set_text(o, "value", a->value);
        hone_json_set(o, "unsqueeze", json_boolean(a->tensor.rank == 1));
        hone_json_set(o, "cast", json_boolean(a->tensor.type == HONE_F64));
    }
    hone_json_set_text(o, "form", form);
    return o;
}

static const char *form_of(struct finding *f, const struct answer *values)
{
    if (values == NULL) {
        note(f, "the model gives labels only: the class it names has probability 1");
        return HONE_FORM_LABEL;
    }
    if (are_probabilities(f, values)) {
        return values->width == 1 ? HONE_FORM_POSITIVE : HONE_FORM_PROBABILITIES;
    }
    note(f, "the model gives decision values, not probabilities: their order is the model's, "
            "but a probability of 0.8 does not come true in 80 of 100");
    return values->width == 1 ? HONE_FORM_MARGIN : HONE_FORM_DECISION;
}

static enum hone_code bind_classes(struct finding *f, const struct answer *label,
                                   const struct answer *values,
                                   struct hone_foreign_classes *known)
{
    json_t *from = json_array();
    json_t *o = label == NULL ? json_object() : label_json(label);
    hone_json_set(o, "from", from);
    hone_json_set(f->binding, "label", o);
    HONE_TRY(choose_names(f, label, values == NULL ? 0 : values->width, known));
    bool renamed = false;
    for (size_t k = 0; k < f->s.classes; k++) {
        hone_json_push(from, json_string(known->name[k]));
        renamed = renamed || strcmp(known->name[k], f->s.class_name[k]) != 0;
    }
    if (label == NULL) {
        hone_json_set(f->binding, "label", json_null());
    } else {
        hone_json_set(o, "renamed", json_boolean(renamed));
    }
    bool numbers = label == NULL ? are_numbers(f->s.class_name, f->s.classes)
                                 : label->tensor.type != HONE_STRING && !renamed;
    f->s.target_type = numbers ? HONE_INT64 : HONE_UTF8;
    hone_json_set(f->binding, "values", values_json(values, form_of(f, values)));
    return HONE_OK;
}

static enum hone_code decide(struct finding *f)
{
    const struct answer *label = find_label(f);
    const struct answer *values = find_values(f);
    struct hone_foreign_classes known = {0};
    enum hone_task task = 0;
    const char *from = label == NULL ? NULL : label->value;
    size_t width = values == NULL ? 0 : values->width;
    if (values != NULL && values->zip != NULL) { /* it lists them in the order of its numbers */
        from = values->name;
    }
    if (from != NULL) {
        from = hone_foreign_now(&f->model->graph, &f->names, from);
    }
    hone_foreign_classes_of(&f->model->graph, from, width, f->mem, &known);
    HONE_TRY(decide_task(f, label, values, &known, &task));
    f->s.threshold = 0.5;
    if (task == HONE_TASK_MULTICLASS) {
        return bind_classes(f, label, values, &known);
    }
    bool labelled = task == HONE_TASK_CLUSTERING || task == HONE_TASK_ANOMALY;
    if ((labelled && label == NULL) || (!labelled && values == NULL) ||
        (task == HONE_TASK_REGRESSION && width != 1)) {
        return hone_fail(f->run, HONE_E_SHAPE, "the model's outputs are not those of a %s",
                         f->wish->task);
    }
    f->s.task = task;
    f->s.classes = width;
    f->s.target_type = labelled && label->tensor.type == HONE_STRING ? HONE_UTF8
                       : labelled                                    ? HONE_INT64
                                                                     : HONE_FLOAT64;
    hone_json_set(f->binding, "label", labelled ? label_json(label) : json_null());
    hone_json_set(f->binding, "values",
                  values == NULL ? json_null() : values_json(values, HONE_FORM_NUMBERS));
    return HONE_OK;
}

/* The signature's inputs alone, as what applies them reads it. */
static void tell_columns(struct finding *f)
{
    json_t *list = json_array();
    json_t *signature = json_object();
    for (size_t i = 0; i < f->s.inputs; i++) {
        json_t *column = json_object();
        hone_json_set_text(column, "name", f->s.input[i].name);
        hone_json_push(list, column);
    }
    hone_json_set(signature, "inputs", list);
    hone_json_set(f->binding, "signature", signature);
}

enum hone_code hone_foreign_find(struct hone_run *run, struct hone_str bytes,
                                 const struct hone_foreign_wish *wish, json_t **binding)
{
    HONE_ARENA(work);
    HONE_JSON json_t *made = json_object();
    struct finding f = {.run = run, .mem = &work, .wish = wish, .binding = made};
    f.notes = json_array();
    hone_json_set(made, "notes", f.notes);
    f.s.target = wish->target != NULL ? wish->target : "target";
    HONE_TRY(hone_model_read(run, bytes, &work, &f.model));
    HONE_TRY(find_columns(&f));
    tell_columns(&f);
    HONE_TRY(try_it(&f));
    HONE_TRY(decide(&f));
    hone_json_set(made, "signature", hone_signature_json(&f.s));
    *binding = json_incref(made);
    return HONE_OK;
}

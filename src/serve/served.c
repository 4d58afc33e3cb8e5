#include "serve/served.h"

#include "prep/foreign.h"
#include "serve/observe.h"

static enum hone_code read_model(struct hone_run *run, const struct hone_served_from *from,
                                 struct hone_served *m)
{
    HONE_TRY(hone_file_open(run, from->path, &m->mem, &m->file));
    HONE_TRY(hone_model_read(run, m->file.bytes, &m->mem, &m->model));
    if (from->binding != NULL) {
        HONE_TRY(hone_foreign_dress(run, from->binding, from->reference, m->model));
    }
    return hone_plan_new(run, m->model, NULL, 0, &m->mem, &m->plan);
}

/* The columns of a model that hone knows the signature of. */
static enum hone_code own_columns(struct hone_run *run, struct hone_served *m)
{
    const struct hone_signature *s = m->signature;

    m->cols = s->inputs;
    HONE_TRY(hone_array(run, &m->mem, &m->column, m->cols));
    for (size_t i = 0; i < m->cols; i++) {
        m->column[i] = (struct hone_batch_column){.name = s->input[i].name,
                                                  .type = s->input[i].type,
                                                  .dtype = hone_input_dtype(s->input[i].type),
                                                  .width = 1};
        if (m->column[i].dtype == HONE_NONE) {
            return hone_fail(run, HONE_E_UNSUPPORTED,
                             "input \"%s\" is %s, which has no JSON form", s->input[i].name,
                             hone_type_name(s->input[i].type));
        }
    }
    return HONE_OK;
}

static enum hone_type column_type(enum hone_dtype type)
{
    switch (type) {
    case HONE_F32:
        return HONE_FLOAT32;
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

/* The columns of a model of others: one per input, as wide as its rows. */
static enum hone_code foreign_columns(struct hone_run *run, struct hone_served *m)
{
    m->cols = hone_plan_inputs(m->plan);
    HONE_TRY(hone_array(run, &m->mem, &m->column, m->cols));
    for (size_t i = 0; i < m->cols; i++) {
        const struct hone_value *v = hone_plan_input(m->plan, i);
        size_t width = 1;
        for (size_t d = 1; d < v->rank; d++) {
            width = v->dim[d] > 0 ? hone_product(width, (size_t)v->dim[d]) : SIZE_MAX;
        }
        m->column[i] = (struct hone_batch_column){
            .name = v->name, .type = column_type(v->type), .dtype = v->type, .width = width};
        if (m->column[i].type == HONE_TYPE_COUNT || v->rank == 0 || width > (1u << 24) ||
            (v->rank > 0 && v->dim[0] > 0)) {
            return hone_fail(run, HONE_E_UNSUPPORTED,
                             "input \"%s\" (%s) can not be served: its first axis must be "
                             "open, the others known",
                             v->name, hone_dtype_name(v->type));
        }
    }
    return HONE_OK;
}

/* Which column feeds each input of the plan. */
static enum hone_code bind_inputs(struct hone_run *run, struct hone_served *m)
{
    size_t n = hone_plan_inputs(m->plan);

    HONE_TRY(hone_array(run, &m->mem, &m->input, n));
    for (size_t i = 0; i < n; i++) {
        const struct hone_value *v = hone_plan_input(m->plan, i);
        size_t j = 0;
        while (j < m->cols && strcmp(m->column[j].name, v->name) != 0) {
            j++;
        }
        if (j == m->cols) {
            return hone_fail(run, HONE_E_FORMAT, "the signature lacks the model's input \"%s\"",
                             v->name);
        }
        if (v->type != m->column[j].dtype) {
            /* A model of others: take what its input is, not what hone would have made it. */
            m->column[j].dtype = v->type;
            m->column[j].type = column_type(v->type);
        }
        m->input[i] = j;
    }
    return HONE_OK;
}

static bool is_label(const struct hone_value *v)
{
    return v->type == HONE_I64 || v->type == HONE_STRING;
}

/* "name": as it stands in an object. */
static struct hone_str json_key(struct hone_arena *mem, const char *name)
{
    struct hone_buf key = hone_buf(mem);

    hone_buf_json(&key, hone_str(name));
    hone_buf_char(&key, ':');
    return (struct hone_str){key.ptr, key.len};
}

/* What the outputs mean, and the class names as JSON keys. */
static enum hone_code bind_outputs(struct hone_run *run, struct hone_served *m)
{
    size_t n = hone_plan_outputs(m->plan);
    bool label = false;
    bool scores = false;
    bool number = false;

    m->kind = HONE_SERVED_TENSORS;
    for (size_t i = 0; i < n; i++) {
        const struct hone_value *v = hone_plan_output(m->plan, i);
        if (strcmp(v->name, HONE_OUT_LABEL) == 0 && is_label(v)) {
            label = true;
            m->label = i;
        } else if (strcmp(v->name, HONE_OUT_PROBABILITIES) == 0 && v->type == HONE_F32) {
            scores = true;
            m->scores = i;
        } else if (strcmp(v->name, HONE_OUT_PREDICTION) == 0 && v->type == HONE_F32) {
            number = true;
            m->scores = i;
        }
    }
    if (m->signature == NULL) {
        return HONE_OK;
    }
    if (number && m->signature->task == HONE_TASK_REGRESSION) {
        m->kind = HONE_SERVED_NUMBER;
    }
    if (label && scores && m->signature->classes > 1) {
        m->kind = HONE_SERVED_CLASSES;
        m->classes = m->signature->classes;
        HONE_TRY(hone_array(run, &m->mem, &m->class_key, m->classes));
        for (size_t k = 0; k < m->classes; k++) {
            m->class_key[k] = json_key(&m->mem, m->signature->class_name[k]);
        }
    }
    return HONE_OK;
}

enum hone_code hone_served_run(struct hone_run *run, const struct hone_served *served,
                               struct hone_session *session, const struct hone_batch *b,
                               struct hone_tensor *in, struct hone_tensor *out)
{
    for (size_t i = 0; i < hone_plan_inputs(served->plan); i++) {
        const struct hone_value *v = hone_plan_input(served->plan, i);
        const struct hone_batch_column *c = &b->column[served->input[i]];
        in[i] = (struct hone_tensor){.type = c->dtype, .rank = 2, .data = c->data};
        in[i].dim[0] = b->rows;
        in[i].dim[1] = c->width;
        if (v->has_shape && v->rank != 2) {
            in[i].rank = v->rank;
            for (size_t d = 1; d < v->rank; d++) {
                in[i].dim[d] = (size_t)v->dim[d];
            }
        }
    }
    return hone_plan_run(run, served->plan, session, in, out);
}

/* A model that can not answer a row of missing values is found at load, not by the first client. */
static enum hone_code try_row(struct hone_run *run, struct hone_served *m)
{
    struct hone_session *session = hone_session_new(m->plan);
    struct hone_tensor *in = NULL;
    struct hone_tensor *out = NULL;
    struct hone_batch b;
    enum hone_code code;
    HONE_SCRATCH(run);

    hone_batch_init(&b, m->column, m->cols);
    code = hone_array(run, &run->scratch, &in, hone_plan_inputs(m->plan));
    code = code != HONE_OK ? code
                           : hone_array(run, &run->scratch, &out, hone_plan_outputs(m->plan));
    code = code != HONE_OK ? code : hone_batch_row(run, &b);
    code = code != HONE_OK ? code : hone_batch_row_end(run, &b, 0);
    code = code != HONE_OK ? code : hone_served_run(run, m, session, &b, in, out);
    if (code == HONE_OK && m->kind == HONE_SERVED_CLASSES &&
        hone_tensor_count(&out[m->scores]) != m->classes) {
        code =
            hone_fail(run, HONE_E_FORMAT, "the model has %zu probabilities, its signature %zu",
                      hone_tensor_count(&out[m->scores]), m->classes);
    }
    hone_batch_free(&b);
    hone_session_free(session);
    return code;
}

static enum hone_code fill(struct hone_run *run, const struct hone_served_from *from,
                           struct hone_served *m)
{
    HONE_TRY(read_model(run, from, m));
    if (hone_signature_of(run, m->model, &m->mem, &m->signature) != HONE_OK) {
        if (run->err.code != HONE_E_UNSUPPORTED) {
            return run->err.code;
        }
        hone_error_clear(run);
        m->signature = NULL;
    }
    HONE_TRY(m->signature == NULL ? foreign_columns(run, m) : own_columns(run, m));
    HONE_TRY(bind_inputs(run, m));
    HONE_TRY(hone_array(run, &m->mem, &m->key, m->cols));
    for (size_t i = 0; i < m->cols; i++) {
        m->key[i] = json_key(&m->mem, m->column[i].name);
    }
    HONE_TRY(bind_outputs(run, m));
    if (from->hash != NULL) {
        m->hash = hone_arena_text(&m->mem, from->hash, strlen(from->hash));
    } else {
        struct hone_sha sha = hone_sha256(m->file.bytes.ptr, m->file.bytes.len);
        m->hash = hone_arena_text(&m->mem, sha.hex, 64);
    }
    HONE_TRY(hone_observer_new(run, m, m->workers, &m->mem, &m->observer));
    return try_row(run, m);
}

enum hone_code hone_served_new(struct hone_run *run, const struct hone_served_from *from,
                               size_t workers, struct hone_served **out)
{
    struct hone_arena mem = {0};
    struct hone_served *m = hone_new(&mem, struct hone_served);

    m->mem = mem;
    m->refs = 1;
    m->workers = workers;
    m->tally = hone_arena_must(&m->mem, workers * sizeof *m->tally);
    m->name = hone_arena_text(&m->mem, from->name, strlen(from->name));
    m->uri = hone_arena_text(&m->mem, from->uri, strlen(from->uri));
    m->number = from->version;
    m->record = from->record;
    m->version =
        from->version == 0 ? "" : hone_arena_format(&m->mem, "%lld", (long long)from->version);
    m->loaded = hone_now_us(run);
    if (fill(run, from, m) != HONE_OK) {
        enum hone_code code = hone_fail_in(run, "%s", from->uri);
        hone_served_free(m);
        return code;
    }
    *out = m;
    return HONE_OK;
}

void hone_served_free(struct hone_served *served)
{
    if (served != NULL) {
        struct hone_arena mem = served->mem;
        hone_file_close(&served->file);
        hone_arena_free(&mem);
    }
}

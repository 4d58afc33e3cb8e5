/* GET /openapi.json: every endpoint, and the rows and answers of each model by its signature (OpenAPI 3.1). */
#include "serve/openapi.h"

#include "base/json.h"
#include "serve/server_priv.h"

/* The document of a server: its models' schemas have the model's name when there are several. */
struct document {
    struct hone_run *run;
    struct hone_server *server;
    json_t *schemas, *paths;
    struct hone_arena mem;
    const char *suffix; /* of the model's schemas and operations: "" or ".adult" */
};

static json_t *text_of(const char *text)
{
    return hone_json_text(hone_str(text));
}

static json_t *typed(const char *type)
{
    json_t *object = json_object();

    hone_json_set_text(object, "type", type);
    return object;
}

static json_t *either(json_t *schema, const char *type, const char *other)
{
    json_t *types = json_array();

    hone_json_push(types, text_of(type));
    hone_json_push(types, text_of(other));
    hone_json_set(schema, "type", types);
    return schema;
}

static json_t *list_of(json_t *items)
{
    json_t *object = typed("array");

    hone_json_set(object, "items", items);
    return object;
}

static json_t *sized(json_t *array, size_t least, size_t most)
{
    hone_json_set(array, "minItems", json_integer((json_int_t)least));
    hone_json_set(array, "maxItems", json_integer((json_int_t)most));
    return array;
}

/* --- names ---------------------------------------------------------------------------------- */

static bool of_model(const char *name)
{
    static const char *const built[] = {"Row",        "Values",     "Columns",
                                        "Prediction", "Answer",     "FieldName",
                                        "OutputName", "RowOutputs", "ColumnOutputs"};

    for (size_t i = 0; i < sizeof built / sizeof *built; i++) {
        if (strcmp(built[i], name) == 0) {
            return true;
        }
    }
    for (const struct hone_openapi_schema *s = hone_openapi_schemas; s->name != NULL; s++) {
        if (strcmp(s->name, name) == 0) {
            return s->of_model;
        }
    }
    return false;
}

static json_t *reference(struct document *d, const char *name)
{
    json_t *object = json_object();

    hone_json_set_text(object, "$ref",
                       hone_arena_format(&d->mem, "#/components/schemas/%s%s", name,
                                         of_model(name) ? d->suffix : ""));
    return object;
}

static void define(struct document *d, const char *name, json_t *schema)
{
    hone_json_set(d->schemas, hone_arena_format(&d->mem, "%s%s", name, d->suffix), schema);
}

/* What stands for {ref: Name} in a schema that was read, in place. */
static json_t *resolved(struct document *d, json_t *schema)
{
    const char *key;
    json_t *value;
    void *next;
    size_t i;

    if (json_is_object(schema)) {
        const char *name = json_string_value(json_object_get(schema, "ref"));
        if (name != NULL && json_object_size(schema) == 1) {
            return reference(d, name);
        }
        json_object_foreach_safe(schema, next, key, value)
        {
            hone_json_set(schema, key, resolved(d, value));
        }
    } else if (json_is_array(schema)) {
        json_array_foreach(schema, i, value)
        {
            json_array_set_new(schema, i, resolved(d, value));
        }
    }
    return json_incref(schema);
}

static enum hone_code define_texts(struct document *d, bool model)
{
    for (const struct hone_openapi_schema *s = hone_openapi_schemas; s->name != NULL; s++) {
        if (s->of_model == model) {
            HONE_JSON json_t *tree = NULL;
            HONE_TRY(hone_yaml_parse(d->run, hone_str(s->yaml), &tree));
            hone_json_set(d->schemas,
                          hone_arena_format(&d->mem, "%s%s", s->name, model ? d->suffix : ""),
                          resolved(d, tree));
        }
    }
    return HONE_OK;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* What a field may be: its type, or null for a missing value. */
static json_t *field_schema(const struct hone_batch_column *c)
{
    json_t *schema = json_object();

    if (hone_type_is_time(c->type)) {
        hone_json_set_text(schema, "format", c->type == HONE_DATE ? "date" : "date-time");
        either(schema, "string", "null");
    } else if (c->type == HONE_BOOL || c->dtype == HONE_B8) {
        either(schema, "boolean", "null");
    } else if (c->dtype == HONE_STRING) {
        either(schema, "string", "null");
    } else if (c->dtype == HONE_I64 || c->dtype == HONE_I32) {
        hone_json_set_text(schema, "format", c->dtype == HONE_I32 ? "int32" : "int64");
        if (c->dtype == HONE_I32) {
            hone_json_set(schema, "minimum", json_integer(INT32_MIN));
            hone_json_set(schema, "maximum", json_integer(INT32_MAX));
        }
        either(schema, "integer", "null");
    } else {
        either(schema, "number", "null");
    }
    return c->width > 1 ? sized(list_of(schema), c->width, c->width) : schema;
}

/* A row of a model of one column may be its bare value. */
static json_t *with_bare(const struct hone_served *m, json_t *values)
{
    json_t *object;
    json_t *choices;

    if (m->cols != 1 || m->column[0].width != 1) {
        return values;
    }
    object = json_object();
    choices = json_array();
    hone_json_push(choices, values);
    hone_json_push(choices, field_schema(&m->column[0]));
    hone_json_set(object, "anyOf", choices);
    return object;
}

static void define_rows(struct document *d, const struct hone_served *m)
{
    json_t *row = typed("object");
    json_t *fields = json_object();
    json_t *columns = typed("object");
    json_t *lists = json_object();
    json_t *values = typed("array");
    json_t *places = json_array();
    json_t *name = typed("string");
    json_t *names = json_array();

    for (size_t i = 0; i < m->cols; i++) {
        json_t *list = list_of(field_schema(&m->column[i]));
        hone_json_set(list, "minItems", json_integer(1));
        hone_json_set(fields, m->column[i].name, field_schema(&m->column[i]));
        hone_json_set(lists, m->column[i].name, list);
        hone_json_push(places, field_schema(&m->column[i]));
        hone_json_push(names, text_of(m->column[i].name));
    }
    hone_json_set_text(row, "description",
                       "A row. Fields not given are missing values; fields that the model does "
                       "not have are passed over, where it has at least one of them");
    hone_json_set(row, "properties", fields);
    define(d, "Row", row);
    hone_json_set_text(values, "description", "A row: all values in the model's order");
    hone_json_set(values, "prefixItems", places);
    define(d, "Values", with_bare(m, sized(values, m->cols, m->cols)));
    hone_json_set_text(columns, "description", "A value per row for each field, equally many");
    hone_json_set(columns, "properties", lists);
    hone_json_set(columns, "minProperties", json_integer(1));
    define(d, "Columns", columns);
    hone_json_set(name, "enum", names);
    define(d, "FieldName", name);
}

/* --- answers ---------------------------------------------------------------------------------- */

static json_t *element_schema(const struct hone_served *m, const struct hone_value *v)
{
    json_t *schema;

    if (m->kind == HONE_SERVED_CLASSES && v == hone_plan_output(m->plan, m->label) &&
        v->type == HONE_STRING) {
        json_t *names = json_array();
        for (size_t k = 0; k < m->classes; k++) {
            hone_json_push(names, text_of(m->signature->class_name[k]));
        }
        schema = typed("string");
        hone_json_set(schema, "enum", names);
        return schema;
    }
    switch (v->type) {
    case HONE_STRING:
        return typed("string");
    case HONE_B8:
        return typed("boolean");
    case HONE_F32:
    case HONE_F64:
        return either(json_object(), "number", "null");
    default:
        return typed("integer");
    }
}

/* A row of an output: its value, or an array. */
static json_t *output_schema(const struct hone_served *m, const struct hone_value *v)
{
    json_t *schema = element_schema(m, v);
    size_t width = 1;
    bool known = v->has_shape;

    for (size_t i = 1; i < v->rank; i++) {
        known = known && v->dim[i] > 0;
        width = known ? width * (size_t)v->dim[i] : 1;
    }
    if (v->has_shape && (v->rank < 2 || (known && width == 1 && v->dim[1] == 1))) {
        return schema;
    }
    return known ? sized(list_of(schema), width, width) : list_of(schema);
}

static json_t *with_members(json_t *members, json_t *required)
{
    json_t *schema = typed("object");

    hone_json_set(schema, "properties", members);
    hone_json_set(schema, "required", required);
    return schema;
}

static void define_prediction(struct document *d, const struct hone_served *m)
{
    json_t *members = json_object();
    json_t *required = json_array();
    json_t *id = typed("string");

    hone_json_set_text(id, "description", "Give it back to /feedback with what was true");
    hone_json_set(members, "id", id);
    hone_json_push(required, text_of("id"));
    if (m->kind == HONE_SERVED_TENSORS) {
        for (size_t i = 0; i < hone_plan_outputs(m->plan); i++) {
            const struct hone_value *v = hone_plan_output(m->plan, i);
            hone_json_set(members, v->name, output_schema(m, v));
            hone_json_push(required, text_of(v->name));
        }
        define(d, "Prediction", with_members(members, required));
        return;
    }
    hone_json_set(members, "prediction", reference(d, "Answer"));
    hone_json_push(required, text_of("prediction"));
    if (m->kind == HONE_SERVED_CLASSES) {
        json_t *classes = json_object();
        json_t *names = json_array();
        for (size_t k = 0; k < m->classes; k++) {
            hone_json_set(classes, m->signature->class_name[k],
                          either(json_object(), "number", "null"));
            hone_json_push(names, text_of(m->signature->class_name[k]));
        }
        hone_json_set(members, "probabilities", with_members(classes, names));
        hone_json_push(required, text_of("probabilities"));
    }
    define(d, "Prediction", with_members(members, required));
}

static void define_outputs(struct document *d, const struct hone_served *m)
{
    size_t n = hone_plan_outputs(m->plan);
    size_t main = m->kind == HONE_SERVED_CLASSES  ? m->label
                  : m->kind == HONE_SERVED_NUMBER ? m->scores
                                                  : 0;
    json_t *rows = json_object();
    json_t *columns = json_object();
    json_t *name = typed("string");
    json_t *names = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct hone_value *v = hone_plan_output(m->plan, i);
        hone_json_set(rows, v->name, output_schema(m, v));
        hone_json_set(columns, v->name, list_of(output_schema(m, v)));
        hone_json_push(names, text_of(v->name));
    }
    define(d, "Answer",
           m->kind == HONE_SERVED_TENSORS ? output_schema(m, hone_plan_output(m->plan, main))
                                          : element_schema(m, hone_plan_output(m->plan, main)));
    if (n == 1) {
        define(d, "RowOutputs", output_schema(m, hone_plan_output(m->plan, 0)));
        define(d, "ColumnOutputs", list_of(output_schema(m, hone_plan_output(m->plan, 0))));
        json_decref(rows);
        json_decref(columns);
    } else {
        define(d, "RowOutputs", with_members(rows, json_deep_copy(names)));
        define(d, "ColumnOutputs", with_members(columns, json_deep_copy(names)));
    }
    hone_json_set(name, "enum", names);
    define(d, "OutputName", name);
    define_prediction(d, m);
}

/* --- operations --------------------------------------------------------------------------------- */

static void parameter(json_t *list, const char *name, const char *in, json_t *schema,
                      const char *description)
{
    json_t *object = json_object();

    hone_json_set_text(object, "name", name);
    hone_json_set_text(object, "in", in);
    if (strcmp(in, "path") == 0) {
        hone_json_set(object, "required", json_true());
    }
    if (description != NULL) {
        hone_json_set_text(object, "description", description);
    }
    hone_json_set(object, "schema", schema);
    hone_json_push(list, object);
}

static json_t *model_names(struct document *d)
{
    json_t *schema = typed("string");
    json_t *names = json_array();

    for (size_t i = 0; i < d->server->slots; i++) {
        hone_json_push(names, text_of(d->server->slot[i].name));
    }
    hone_json_set(schema, "enum", names);
    return schema;
}

static json_t *parameters(struct document *d, const struct hone_openapi_operation *o,
                          const char *path)
{
    json_t *list = json_array();

    if (strstr(path, "{model}") != NULL) {
        parameter(list, "model", "path", model_names(d), NULL);
    }
    if (strstr(path, "{version}") != NULL) {
        parameter(list, "version", "path", typed("string"), "One that answers now: \"3\"");
    }
    if (strstr(path, "{label}") != NULL) {
        parameter(list, "label", "path", typed("string"), "An alias that is followed");
    }
    if ((o->more & HONE_OPENAPI_BINARY) != 0) {
        parameter(list, "Inference-Header-Content-Length", "header", typed("integer"),
                  "Bytes of JSON before the tensors' bytes");
    }
    return list;
}

static void media(json_t *content, const char *type, json_t *schema)
{
    json_t *object = json_object();

    hone_json_set(object, "schema", schema);
    hone_json_set(content, type, object);
}

static json_t *bytes_schema(void)
{
    json_t *schema = typed("string");

    hone_json_set_text(schema, "format", "binary");
    return schema;
}

static json_t *request_of(struct document *d, const struct hone_openapi_operation *o)
{
    json_t *body = json_object();
    json_t *content = json_object();

    media(content, "application/json", reference(d, o->request));
    if ((o->more & HONE_OPENAPI_CSV_IN) != 0) {
        media(content, "text/csv", typed("string"));
    }
    if ((o->more & HONE_OPENAPI_BINARY) != 0) {
        media(content, "application/octet-stream", bytes_schema());
    }
    hone_json_set(body, "required", json_true());
    hone_json_set(body, "content", content);
    return body;
}

static json_t *described(const char *description, json_t *content)
{
    json_t *object = json_object();

    hone_json_set_text(object, "description", description);
    if (content != NULL) {
        hone_json_set(object, "content", content);
    }
    return object;
}

static json_t *replies_of(struct document *d, const struct hone_openapi_operation *o)
{
    json_t *replies = json_object();
    json_t *content = json_object();
    json_t *wrong = json_object();
    bool mlflow = strcmp(o->path, "/invocations") == 0;

    if (o->reply != NULL) {
        bool other = strchr(o->reply, '/') != NULL;
        media(content, other ? o->reply : "application/json",
              other ? typed("string") : reference(d, o->reply));
        if ((o->more & HONE_OPENAPI_CSV_OUT) != 0) {
            media(content, "text/csv", typed("string"));
        }
        if ((o->more & HONE_OPENAPI_BINARY) != 0) {
            media(content, "application/octet-stream", bytes_schema());
        }
        hone_json_set(replies, "200", described("Fine", content));
    } else {
        json_decref(content);
    }
    media(wrong, "application/json", reference(d, mlflow ? "MlflowError" : "Error"));
    hone_json_set(replies, "default", described("What was wrong", wrong));
    return replies;
}

static json_t *operation(struct document *d, const struct hone_endpoint *e,
                         const struct hone_openapi_operation *o, const char *path, bool named)
{
    json_t *object = json_object();
    json_t *tags = json_array();
    json_t *list = parameters(d, o, path);

    hone_json_push(tags, text_of(o->tag));
    hone_json_set_text(object, "operationId",
                       hone_arena_format(&d->mem, "%s%s", o->id, named ? d->suffix : ""));
    hone_json_set_text(object, "summary", e->summary);
    hone_json_set(object, "tags", tags);
    if (json_array_size(list) > 0) {
        hone_json_set(object, "parameters", list);
    } else {
        json_decref(list);
    }
    if (o->request != NULL) {
        hone_json_set(object, "requestBody", request_of(d, o));
    }
    hone_json_set(object, "responses", replies_of(d, o));
    if (e->needs == HONE_ROLE_NONE) {
        hone_json_set(object, "security", json_array());
    }
    return object;
}

/* A pattern of endpoints.c as OpenAPI writes it, or for one model when its name is given. */
static const char *path_of(struct document *d, const char *pattern, const char *model)
{
    struct hone_buf out = hone_buf(&d->mem);

    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '{') {
            hone_buf_char(&out, *pattern);
            continue;
        }
        hone_buf_text(&out, pattern[1] == 'v'   ? "{version}"
                            : pattern[1] == 'l' ? "{label}"
                            : model == NULL     ? "{model}"
                                                : model);
        pattern += 2;
    }
    hone_buf_char(&out, '\0');
    return out.ptr;
}

static void add_operation(struct document *d, const struct hone_endpoint *e,
                          const struct hone_openapi_operation *o, const char *model)
{
    const char *name = path_of(d, e->path, model);
    json_t *path = json_object_get(d->paths, name);

    if (path == NULL) {
        path = json_object();
        hone_json_set(d->paths, name, path);
    }
    hone_json_set(path, e->post ? "post" : "get", operation(d, e, o, name, model != NULL));
}

static const struct hone_openapi_operation *operation_of(const struct hone_endpoint *e)
{
    const struct hone_openapi_operation *o = hone_openapi_operations;

    while (o->path != NULL && (o->post != e->post || strcmp(o->path, e->path) != 0)) {
        o++;
    }
    return o->path == NULL ? NULL : o;
}

/* Paths whose bodies are a model's are written out for each model. */
static bool for_each_model(const struct hone_endpoint *e)
{
    return e->route == HONE_ROUTE_V2_INFER || e->route == HONE_ROUTE_V1_PREDICT;
}

/* "" for the only model, else "." and its name with what no component may have left out. */
static const char *suffix_of(struct document *d, const char *name)
{
    char *text = hone_arena_format(&d->mem, ".%s", name);

    if (d->server->slots == 1) {
        return "";
    }
    for (char *at = text; *at != '\0'; at++) {
        bool fine = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                    (*at >= '0' && *at <= '9') || *at == '.' || *at == '-' || *at == '_';
        *at = fine ? *at : '_';
    }
    return text;
}

static enum hone_code add_models(struct document *d)
{
    for (size_t i = 0; i < d->server->slots; i++) {
        struct hone_slot *slot = &d->server->slot[i];
        struct hone_served *m = hone_slot_take(slot);
        enum hone_code code;
        d->suffix = suffix_of(d, slot->name);
        define_rows(d, m);
        define_outputs(d, m);
        code = define_texts(d, true);
        hone_slot_give(slot, m);
        HONE_TRY(code);
        for (const struct hone_endpoint *e = hone_endpoints; e->path != NULL; e++) {
            if (for_each_model(e) && operation_of(e) != NULL) {
                add_operation(d, e, operation_of(e), slot->name);
            }
        }
    }
    return HONE_OK;
}

/* What has no model in its path speaks of the first one. */
static enum hone_code fill(struct document *d)
{
    HONE_TRY(add_models(d));
    HONE_TRY(define_texts(d, false));
    for (const struct hone_endpoint *e = hone_endpoints; e->path != NULL; e++) {
        const struct hone_openapi_operation *o = operation_of(e);
        bool first = o != NULL && ((o->request != NULL && of_model(o->request)) ||
                                   (o->reply != NULL && of_model(o->reply)));
        if (o == NULL || for_each_model(e)) {
            continue;
        }
        d->suffix = first ? suffix_of(d, d->server->slot[0].name) : "";
        add_operation(d, e, o, NULL);
    }
    return HONE_OK;
}

static json_t *info_of(const struct hone_server *server, struct hone_arena *mem)
{
    json_t *info = json_object();
    struct hone_buf title = hone_buf(mem);

    for (size_t i = 0; i < server->slots && i < 4; i++) {
        hone_buf_text(&title, i == 0 ? "" : ", ");
        hone_buf_text(&title, server->slot[i].name);
    }
    hone_buf_text(&title, server->slots > 4 ? ", ..." : "");
    hone_buf_char(&title, '\0');
    hone_json_set_text(info, "title", title.ptr);
    hone_json_set_text(info, "version", HONE_VERSION);
    hone_json_set_text(info, "description",
                       "Models served by hone. Versions change by promotion; the reply's "
                       "X-Hone-Version names the one that answered.");
    return info;
}

/* {"bearer": {"type": "http", "scheme": "bearer"}}, and that it is needed. */
static void add_security(const struct hone_server *server, json_t *root, json_t *components)
{
    json_t *schemes = json_object();
    json_t *bearer = typed("http");

    hone_json_set_text(bearer, "scheme", "bearer");
    hone_json_set(schemes, "bearer", bearer);
    hone_json_set(components, "securitySchemes", schemes);
    if (server->access.needs_token) {
        json_t *list = json_array();
        json_t *needed = json_object();
        hone_json_set(needed, "bearer", json_array());
        hone_json_push(list, needed);
        hone_json_set(root, "security", list);
    }
}

int hone_handle_openapi(struct hone_request *req)
{
    struct hone_server *server = req->worker->server;
    struct document d = {.run = &req->worker->run, .server = server, .suffix = ""};
    HONE_JSON json_t *root = json_object();
    json_t *components = json_object();
    json_t *servers = json_array();
    json_t *here = json_object();
    enum hone_code code;

    d.schemas = json_object();
    d.paths = json_object();
    hone_json_set_text(here, "url", "/");
    hone_json_push(servers, here);
    hone_json_set_text(root, "openapi", "3.1.0");
    hone_json_set(root, "info", info_of(server, &d.mem));
    hone_json_set(root, "servers", servers);
    hone_json_set(root, "paths", d.paths);
    hone_json_set(components, "schemas", d.schemas);
    add_security(server, root, components);
    hone_json_set(root, "components", components);
    code = fill(&d);
    hone_arena_free(&d.mem);
    if (code != HONE_OK) {
        return hone_request_error(req);
    }
    hone_json_write(&req->reply, root, true);
    hone_buf_char(&req->reply, '\n');
    return 200;
}

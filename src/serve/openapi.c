/* GET /openapi.json: the endpoints, and the rows of the first model by its signature (OpenAPI 3.1). */
#include "serve/server_priv.h"

static json_t *text_of(const char *text)
{
    return hone_json_text(hone_str(text));
}

static json_t *reference(const char *name)
{
    json_t *object = json_object();
    struct hone_arena mem = {0};

    hone_json_set_text(object, "$ref",
                       hone_arena_format(&mem, "#/components/schemas/%s", name));
    hone_arena_free(&mem);
    return object;
}

static json_t *list_of(json_t *items)
{
    json_t *object = json_object();

    hone_json_set_text(object, "type", "array");
    hone_json_set(object, "items", items);
    return object;
}

/* {"type": "object", "properties": {name: value}} */
static json_t *object_with(const char *name, json_t *value)
{
    json_t *object = json_object();
    json_t *properties = json_object();

    hone_json_set(properties, name, value);
    hone_json_set_text(object, "type", "object");
    hone_json_set(object, "properties", properties);
    return object;
}

/* What a field may be: its type, or null for a missing value. */
static json_t *field_schema(const struct hone_batch_column *c)
{
    json_t *schema = json_object();
    json_t *types;

    if (c->width > 1) {
        hone_json_set_text(schema, "type", "number");
        return list_of(schema);
    }
    types = json_array();
    if (hone_type_is_time(c->type)) {
        hone_json_push(types, text_of("string"));
        hone_json_push(types, text_of("integer"));
        hone_json_set_text(schema, "format", c->type == HONE_DATE ? "date" : "date-time");
    } else if (c->type == HONE_BOOL) {
        hone_json_push(types, text_of("boolean"));
    } else {
        hone_json_push(types, text_of(c->dtype == HONE_STRING ? "string" : "number"));
    }
    hone_json_push(types, text_of("null"));
    hone_json_set(schema, "type", types);
    return schema;
}

static json_t *row_schema(const struct hone_served *m)
{
    json_t *schema = json_object();
    json_t *properties = json_object();

    for (size_t i = 0; i < m->cols; i++) {
        hone_json_set(properties, m->column[i].name, field_schema(&m->column[i]));
    }
    hone_json_set_text(schema, "type", "object");
    hone_json_set(schema, "properties", properties);
    hone_json_set_text(
        schema, "description",
        "A row: fields not given are missing values, fields not known are passed over");
    return schema;
}

static json_t *prediction_schema(const struct hone_served *m)
{
    json_t *id = json_object();
    json_t *schema;
    json_t *properties;

    hone_json_set_text(id, "type", "string");
    hone_json_set_text(id, "description", "Give it back to /feedback with what was true");
    schema = object_with("id", id);
    properties = json_object_get(schema, "properties");
    if (m->kind == HONE_SERVED_CLASSES) {
        json_t *label = json_object();
        json_t *names = json_array();
        json_t *values = json_object();
        json_t *number = json_object();
        for (size_t k = 0; k < m->classes; k++) {
            hone_json_push(names, text_of(m->signature->class_name[k]));
        }
        hone_json_set_text(
            label, "type",
            hone_plan_output(m->plan, m->label)->type == HONE_STRING ? "string" : "integer");
        hone_json_set(label, "x-classes", names);
        hone_json_set(properties, "prediction", label);
        hone_json_set_text(number, "type", "number");
        hone_json_set_text(values, "type", "object");
        hone_json_set(values, "additionalProperties", number);
        hone_json_set(properties, "probabilities", values);
    } else if (m->kind == HONE_SERVED_NUMBER) {
        json_t *number = json_object();
        hone_json_set_text(number, "type", "number");
        hone_json_set(properties, "prediction", number);
    }
    return schema;
}

static json_t *schemas(const struct hone_served *m)
{
    json_t *all = json_object();
    json_t *id = json_object();
    json_t *label = json_object();
    json_t *text = json_object();
    json_t *feedback;

    hone_json_set_text(text, "type", "string");
    hone_json_set(all, "Row", row_schema(m));
    hone_json_set(all, "Prediction", prediction_schema(m));
    hone_json_set(all, "Error", object_with("error", text));
    hone_json_set_text(id, "type", "string");
    hone_json_set_text(label, "description", "String, number or boolean");
    feedback = object_with("id", id);
    hone_json_set(json_object_get(feedback, "properties"), "label", label);
    hone_json_set(all, "Feedback", feedback);
    return all;
}

/* {"application/json": {"schema": schema}} under "content" of an object with a description. */
static json_t *content(const char *description, json_t *schema)
{
    json_t *object = json_object();
    json_t *media = json_object();
    json_t *json = json_object();

    if (description != NULL) {
        hone_json_set_text(object, "description", description);
    }
    hone_json_set(media, "schema", schema);
    hone_json_set(json, "application/json", media);
    hone_json_set(object, "content", json);
    return object;
}

static json_t *any_object(void)
{
    json_t *object = json_object();

    hone_json_set_text(object, "type", "object");
    return object;
}

static json_t *body_schema(const struct hone_endpoint *e)
{
    json_t *either;
    json_t *choices;

    switch (e->route) {
    case HONE_ROUTE_PREDICT:
    case HONE_ROUTE_FEEDBACK:
        either = json_object();
        choices = json_array();
        hone_json_push(choices, reference(e->route == HONE_ROUTE_PREDICT ? "Row" : "Feedback"));
        hone_json_push(choices,
                       list_of(reference(e->route == HONE_ROUTE_PREDICT ? "Row" : "Feedback")));
        hone_json_set(either, "oneOf", choices);
        return either;
    case HONE_ROUTE_V1_PREDICT:
        return object_with("instances", list_of(reference("Row")));
    case HONE_ROUTE_INVOCATIONS:
        return object_with("dataframe_records", list_of(reference("Row")));
    default:
        return any_object();
    }
}

static json_t *reply_schema(const struct hone_endpoint *e)
{
    json_t *either;
    json_t *choices;

    if (e->route != HONE_ROUTE_PREDICT) {
        return any_object();
    }
    either = json_object();
    choices = json_array();
    hone_json_push(choices, reference("Prediction"));
    hone_json_push(choices, list_of(reference("Prediction")));
    hone_json_set(either, "oneOf", choices);
    return either;
}

static void parameter(json_t *list, const char *name)
{
    json_t *object = json_object();
    json_t *schema = json_object();

    hone_json_set_text(schema, "type", "string");
    hone_json_set_text(object, "name", name);
    hone_json_set_text(object, "in", "path");
    hone_json_set(object, "required", json_true());
    hone_json_set(object, "schema", schema);
    hone_json_push(list, object);
}

static json_t *operation(const struct hone_endpoint *e)
{
    json_t *object = json_object();
    json_t *replies = json_object();
    json_t *parameters = json_array();
    bool json = e->route != HONE_ROUTE_METRICS && strcmp(e->path, "/") != 0 &&
                strcmp(e->path, "/ping") != 0 && strcmp(e->path, "/health") != 0;

    hone_json_set_text(object, "summary", e->summary);
    if (strstr(e->path, "{m}") != NULL) {
        parameter(parameters, "m");
    }
    if (strstr(e->path, "{v}") != NULL) {
        parameter(parameters, "v");
    }
    hone_json_set(object, "parameters", parameters);
    if (e->post) {
        hone_json_set(object, "requestBody", content(NULL, body_schema(e)));
    }
    if (json) {
        hone_json_set(replies, "200", content("Fine", reply_schema(e)));
    } else {
        json_t *fine = json_object();
        hone_json_set_text(fine, "description", "Fine");
        hone_json_set(replies, "200", fine);
    }
    hone_json_set(replies, "default", content("What was wrong", reference("Error")));
    hone_json_set(object, "responses", replies);
    return object;
}

int hone_handle_openapi(struct hone_request *req)
{
    struct hone_served *m = hone_slot_take(req->slot);
    HONE_JSON json_t *root = json_object();
    json_t *info = json_object();
    json_t *paths = json_object();
    json_t *components = json_object();

    hone_json_set_text(root, "openapi", "3.1.0");
    hone_json_set_text(info, "title", m->name);
    hone_json_set_text(info, "version", m->version[0] == '\0' ? "0" : m->version);
    hone_json_set(root, "info", info);
    for (const struct hone_endpoint *e = hone_endpoints; e->path != NULL; e++) {
        json_t *path = json_object_get(paths, e->path);
        if (path == NULL) {
            path = json_object();
            hone_json_set(paths, e->path, path);
        }
        hone_json_set(path, e->post ? "post" : "get", operation(e));
    }
    hone_json_set(root, "paths", paths);
    hone_json_set(components, "schemas", schemas(m));
    hone_json_set(root, "components", components);
    hone_json_write(&req->reply, root, true);
    hone_buf_char(&req->reply, '\n');
    hone_slot_give(req->slot, m);
    return 200;
}

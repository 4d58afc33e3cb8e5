/* The texts behind /openapi.json: they can be read, name only what there is, and leave no endpoint out. */
#include "base/json.h"
#include "check.h"
#include "serve/openapi.h"
#include "serve/server_priv.h"

/* Built from each model's signature. */
static const char *const built[] = {"Row",        "Values",     "Columns",
                                    "Prediction", "Answer",     "FieldName",
                                    "OutputName", "RowOutputs", "ColumnOutputs"};

static bool is_schema(const char *name)
{
    for (size_t i = 0; i < sizeof built / sizeof *built; i++) {
        if (strcmp(built[i], name) == 0) {
            return true;
        }
    }
    for (const struct hone_openapi_schema *s = hone_openapi_schemas; s->name != NULL; s++) {
        if (strcmp(s->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* References to schemas that are not there. */
static size_t dangling(const json_t *value)
{
    const char *key;
    const json_t *member;
    json_t *walked;
    size_t i;
    size_t n = 0;

    if (json_is_array(value)) {
        json_array_foreach(value, i, member)
        {
            n += dangling(member);
        }
    }
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, walked)
        {
            n += strcmp(key, "ref") == 0 ? !is_schema(json_string_value(walked))
                                         : dangling(walked);
        }
    }
    return n;
}

static void schemas_can_be_read(void **state)
{
    (void)state;
    struct hone_run run = {0};

    for (const struct hone_openapi_schema *s = hone_openapi_schemas; s->name != NULL; s++) {
        HONE_JSON json_t *tree = NULL;
        CHECK_OK(&run, hone_yaml_parse(&run, hone_str(s->yaml), &tree));
        CHECK(json_is_object(tree));
        if (dangling(tree) > 0) {
            fail_msg("%s refers to a schema that is not there", s->name);
        }
    }
    hone_run_clear(&run);
}

static bool described(const struct hone_endpoint *e)
{
    const struct hone_openapi_operation *o = hone_openapi_operations;

    while (o->path != NULL && (o->post != e->post || strcmp(o->path, e->path) != 0)) {
        o++;
    }
    return o->path != NULL;
}

/* Left out: pages for people, what is always refused, and a second name of the first. */
static void endpoints_are_described(void **state)
{
    (void)state;
    for (const struct hone_endpoint *e = hone_endpoints; e->path != NULL; e++) {
        bool may_miss = e->route == HONE_ROUTE_PAGES || strstr(e->path, "load") != NULL ||
                        strcmp(e->path, "/v2/") == 0;
        if (!may_miss && !described(e)) {
            fail_msg("%s is not described", e->path);
        }
    }
}

static void operations_are_there(void **state)
{
    (void)state;
    for (const struct hone_openapi_operation *o = hone_openapi_operations; o->path != NULL;
         o++) {
        const struct hone_endpoint *e = hone_endpoints;
        while (e->path != NULL && (e->post != o->post || strcmp(e->path, o->path) != 0)) {
            e++;
        }
        if (e->path == NULL) {
            fail_msg("%s is described, but not there", o->path);
        }
        CHECK(o->request == NULL || is_schema(o->request));
        CHECK(strchr(o->reply, '/') != NULL || is_schema(o->reply));
        CHECK(o->post == (o->request != NULL));
    }
}

const struct CMUnitTest hone_tests_serve_openapi[] = {
    cmocka_unit_test(schemas_can_be_read),
    cmocka_unit_test(endpoints_are_described),
    cmocka_unit_test(operations_are_there),
};
const size_t hone_tests_serve_openapi_n =
    sizeof hone_tests_serve_openapi / sizeof hone_tests_serve_openapi[0];

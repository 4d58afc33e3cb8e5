/*
 * serve/openapi.h - what the description at /openapi.json says that no model changes
 *
 * Schemas are YAML in flow style.  {ref: Row} stands for {$ref: "#/components/schemas/Row"}; a name that each model
 * has its own schema of gets the model's name behind it when several are served.
 * Source: OpenAPI 3.1.0; JSON Schema 2020-12.
 */
#ifndef HONE_SERVE_OPENAPI_H
#define HONE_SERVE_OPENAPI_H

#include <stdbool.h>

struct hone_openapi_schema {
    const char *name;
    bool of_model; /* one for each model that is served */
    const char *yaml;
};
extern const struct hone_openapi_schema hone_openapi_schemas[]; /* ends with a NULL name */

enum {
    HONE_OPENAPI_CSV_IN = 1,
    HONE_OPENAPI_CSV_OUT = 2,
    HONE_OPENAPI_BINARY = 4, /* both ways */
};

/* What an endpoint takes and answers beside errors. */
struct hone_openapi_operation {
    const char *path; /* as in endpoints.c */
    bool post;
    const char *id;      /* name of the function that a generator makes of it */
    const char *tag;     /* the dialect */
    const char *request; /* schema of the body; NULL: none is needed */
    const char *reply;   /* schema of the answer, or the media type of one that is not JSON */
    unsigned more;       /* HONE_OPENAPI_... that are taken or given beside JSON */
};
extern const struct hone_openapi_operation
    hone_openapi_operations[]; /* ends with a NULL path */

#endif

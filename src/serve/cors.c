#include "serve/cors.h"

#include <string.h>

#include "serve/server_priv.h"

/* A scheme, a name and a port: longer ones are no origins that anybody has. */
#define ORIGIN 300

void hone_cors_fields(struct hone_request *req)
{
    const char *origin = hone_request_header(req, "Origin");

    if (origin == NULL || !req->worker->server->access.check_place || strlen(origin) > ORIGIN) {
        return;
    }
    hone_request_say(req, "Access-Control-Allow-Origin", origin);
    hone_request_say(req, "Vary", "Origin");
    hone_request_say(req, "Access-Control-Expose-Headers",
                     "X-Request-Id, X-Hone-Model, X-Hone-Version, "
                     "Inference-Header-Content-Length, Retry-After");
}

int hone_cors_options(struct hone_request *req)
{
    req->allow = "GET, HEAD, POST, OPTIONS";
    if (hone_request_header(req, "Access-Control-Request-Method") != NULL) {
        hone_request_say(req, "Access-Control-Allow-Methods", "GET, HEAD, POST");
        hone_request_say(req, "Access-Control-Allow-Headers",
                         "Accept, Authorization, Content-Type, "
                         "Inference-Header-Content-Length, X-Request-Id");
        hone_request_say(req, "Access-Control-Max-Age", "600");
    }
    if (hone_request_header(req, "Access-Control-Request-Private-Network") != NULL) {
        hone_request_say(req, "Access-Control-Allow-Private-Network", "true");
    }
    return 200;
}

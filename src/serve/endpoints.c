/* All paths, and which handler answers them. */
#include "serve/request_target.h"
#include "serve/server_priv.h"

const struct hone_endpoint hone_endpoints[] = {
    {"/v2/models/{m}/infer", true, HONE_ROLE_WRITE, HONE_ROUTE_V2_INFER, hone_handle_v2_infer,
     "Predict (Open Inference Protocol v2)"},
    {"/predict", true, HONE_ROLE_WRITE, HONE_ROUTE_PREDICT, hone_handle_predict,
     "Predict a row, or an array of rows"},
    {"/invocations", true, HONE_ROLE_WRITE, HONE_ROUTE_INVOCATIONS, hone_handle_invocations,
     "Predict (MLflow and SageMaker): dataframe_split, dataframe_records, instances, inputs, CSV"},
    {"/v1/models/{m}:predict", true, HONE_ROLE_WRITE, HONE_ROUTE_V1_PREDICT,
     hone_handle_v1_predict, "Predict (TensorFlow Serving): instances or inputs"},
    {"/feedback", true, HONE_ROLE_WRITE, HONE_ROUTE_FEEDBACK, hone_handle_feedback,
     "Tell what was true: id of a prediction, and its label"},
    {"/v2/models/{m}/versions/{v}/infer", true, HONE_ROLE_WRITE, HONE_ROUTE_V2_INFER,
     hone_handle_v2_infer, "Predict with one version"},
    {"/v1/models/{m}/versions/{v}:predict", true, HONE_ROLE_WRITE, HONE_ROUTE_V1_PREDICT,
     hone_handle_v1_predict, "Predict with one version"},
    {"/v1/models/{m}/labels/{l}:predict", true, HONE_ROLE_WRITE, HONE_ROUTE_V1_PREDICT,
     hone_handle_v1_predict, "Predict with what an alias names"},
    {"/v2/health/live", false, HONE_ROLE_NONE, HONE_ROUTE_HEALTH, hone_handle_live,
     "The process answers"},
    {"/v2/health/ready", false, HONE_ROLE_NONE, HONE_ROUTE_HEALTH, hone_handle_ready,
     "All models are ready, and the server is not ending"},
    {"/ping", false, HONE_ROLE_NONE, HONE_ROUTE_HEALTH, hone_handle_ping,
     "Ready (SageMaker, MLflow)"},
    {"/health", false, HONE_ROLE_NONE, HONE_ROUTE_HEALTH, hone_handle_ping, "Ready (MLflow)"},
    {"/v2", false, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v2, "The server"},
    {"/v2/", false, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v2, "The server"},
    {"/v2/models", false, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v2_models,
     "Names of models"},
    {"/v2/repository/index", true, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v2_index,
     "Models and their state"},
    {"/v2/repository/models/{m}/load", true, HONE_ROLE_ADMIN, HONE_ROUTE_MODELS,
     hone_handle_v2_load, "Refused: `hone promote` chooses what answers"},
    {"/v2/repository/models/{m}/unload", true, HONE_ROLE_ADMIN, HONE_ROUTE_MODELS,
     hone_handle_v2_load, "Refused: `hone promote` chooses what answers"},
    {"/v2/models/stats", false, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v2_stats,
     "Counts and durations of all models"},
    {"/v2/models/{m}", false, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v2_model,
     "Inputs and outputs of a model"},
    {"/v2/models/{m}/stats", false, HONE_ROLE_READ, HONE_ROUTE_MODELS,
     hone_handle_v2_model_stats, "Counts and durations of a model"},
    {"/v2/models/{m}/config", false, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v2_config,
     "Inputs and outputs as Triton describes them"},
    {"/v2/models/{m}/versions/{v}/stats", false, HONE_ROLE_READ, HONE_ROUTE_MODELS,
     hone_handle_v2_model_stats, "Counts and durations of a version"},
    {"/v2/models/{m}/versions/{v}/config", false, HONE_ROLE_READ, HONE_ROUTE_MODELS,
     hone_handle_v2_config, "Inputs and outputs as Triton describes them"},
    {"/v2/models/{m}/ready", false, HONE_ROLE_READ, HONE_ROUTE_HEALTH, hone_handle_v2_ready,
     "A model is ready"},
    {"/v2/models/{m}/versions/{v}", false, HONE_ROLE_READ, HONE_ROUTE_MODELS,
     hone_handle_v2_model, "Inputs and outputs of a version"},
    {"/v2/models/{m}/versions/{v}/ready", false, HONE_ROLE_READ, HONE_ROUTE_HEALTH,
     hone_handle_v2_ready, "A version is ready"},
    {"/v1/models", false, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v1_models,
     "Names of models"},
    {"/v1/models/{m}", false, HONE_ROLE_READ, HONE_ROUTE_MODELS, hone_handle_v1_model,
     "State of a model"},
    {"/v1/models/{m}/versions/{v}", false, HONE_ROLE_READ, HONE_ROUTE_MODELS,
     hone_handle_v1_model, "State of a version"},
    {"/v1/models/{m}/labels/{l}", false, HONE_ROLE_READ, HONE_ROUTE_MODELS,
     hone_handle_v1_model, "State of what an alias names"},
    {"/v1/models/{m}/metadata", false, HONE_ROLE_READ, HONE_ROUTE_MODELS,
     hone_handle_v1_metadata, "Inputs and outputs of a model"},
    {"/v1/models/{m}/versions/{v}/metadata", false, HONE_ROLE_READ, HONE_ROUTE_MODELS,
     hone_handle_v1_metadata, "Inputs and outputs of a version"},
    {"/metrics", false, HONE_ROLE_READ, HONE_ROUTE_METRICS, hone_handle_metrics,
     "Counters and latencies for Prometheus"},
    {"/status", false, HONE_ROLE_READ, HONE_ROUTE_PAGES, hone_handle_status,
     "What the page at / tells, as JSON: models, load, drift, alarms, decisions"},
    {"/openapi.json", false, HONE_ROLE_READ, HONE_ROUTE_PAGES, hone_handle_openapi,
     "This description"},
    {"/models/{m}", false, HONE_ROLE_READ, HONE_ROUTE_PAGES, hone_handle_model_page,
     "A model for people: who promoted it, load, errors, drift, quality, how to ask it"},
    {"/why/{v}", false, HONE_ROLE_READ, HONE_ROUTE_PAGES, hone_handle_why,
     "Why a logged prediction came out as it did, and what it goes back to"},
    {"/alarms/{v}", false, HONE_ROLE_READ, HONE_ROUTE_PAGES, hone_handle_alarm,
     "What an alarm rang for, with its rows"},
    {"/sign-in", false, HONE_ROLE_NONE, HONE_ROUTE_PAGES, hone_handle_sign_in_page,
     "A form that takes a token for a browser"},
    {"/sign-in", true, HONE_ROLE_NONE, HONE_ROUTE_PAGES, hone_handle_sign_in,
     "Take the token, give a cookie that may only look"},
    {"/sign-out", true, HONE_ROLE_NONE, HONE_ROUTE_PAGES, hone_handle_sign_out,
     "Take the cookie away"},
    {"/", false, HONE_ROLE_READ, HONE_ROUTE_PAGES, hone_handle_page,
     "What is served, for people"},
    {NULL, false, HONE_ROLE_NONE, HONE_ROUTE_OTHER, NULL, NULL},
};

/* Whether a path has the form of a pattern.  A name ends where the pattern's next character begins. */
static bool matches(const char *pattern, const char *path, struct hone_path *out)
{
    while (*pattern != '\0') {
        if (*pattern == '{') {
            struct hone_str *name = pattern[1] == 'm'   ? &out->model
                                    : pattern[1] == 'v' ? &out->version
                                                        : &out->label;
            const char *from = path;
            pattern += 3;
            while (*path != '\0' && *path != '/' && *path != *pattern) {
                path++;
            }
            *name = (struct hone_str){from, (size_t)(path - from)};
            if (name->len == 0) {
                return false;
            }
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

const struct hone_endpoint *hone_endpoint_find(const char *path, bool post,
                                               struct hone_path *out,
                                               const struct hone_endpoint **wrong_method)
{
    *wrong_method = NULL;
    for (const struct hone_endpoint *e = hone_endpoints; e->path != NULL; e++) {
        *out = (struct hone_path){.label = {NULL, 0}};
        if (matches(e->path, path, out)) {
            if (e->post == post) {
                return e;
            }
            *wrong_method = e;
        }
    }
    *out = (struct hone_path){.label = {NULL, 0}};
    return NULL;
}

struct hone_slot *hone_server_find(struct hone_server *server, const struct hone_path *path)
{
    if (path->model.ptr == NULL) {
        return &server->slot[0];
    }
    for (size_t i = 0; i < server->slots; i++) {
        struct hone_slot *slot = &server->slot[i];
        if (!hone_request_target_is(path->model, slot->name)) {
            continue;
        }
        if (path->label.ptr != NULL) {
            const char *alias = strrchr(slot->uri, '@');
            return alias != NULL && hone_str_is(path->label, alias + 1) ? slot : NULL;
        }
        if (path->version.ptr == NULL) {
            return slot;
        }
        struct hone_served *served = hone_slot_take(slot);
        bool same = hone_request_target_is(path->version, served->version);
        hone_slot_give(slot, served);
        if (same) {
            return slot;
        }
    }
    return NULL;
}

/* hone serve: models over HTTP. */
#include <stdio.h>

#include "base/file.h"
#include "base/pool.h"
#include "cli/verb.h"
#include "serve/server.h"
#include "store/registry.h"

static const struct hone_param_group groups[] = {
    {"Serving", hone_serve_params, 0},
    {NULL, NULL, 0},
};

struct announce {
    bool json;
};

static void ready(void *ctx, const struct hone_serve_ready *what)
{
    const struct announce *announce = ctx;

    if (announce->json) {
        json_t *line = json_object();
        json_t *models = json_array();
        for (size_t i = 0; i < what->models; i++) {
            json_t *model = json_object();
            hone_json_set_text(model, "model", what->uri[i]);
            hone_json_set_text(model, "version",
                               what->version[i][0] == '\0' ? NULL : what->version[i]);
            hone_json_push(models, model);
        }
        hone_json_set_text(line, "url", what->url);
        hone_json_set(line, "models", models);
        hone_json_set(line, "logs", json_boolean(what->logs));
        hone_print_json(line);
    } else {
        printf("serving ");
        for (size_t i = 0; i < what->models; i++) {
            printf("%s%s", i == 0 ? "" : ", ", what->uri[i]);
            if (what->version[i][0] != '\0') {
                printf(" (version %s)", what->version[i]);
            }
        }
        printf("%s at %s\n", what->logs ? "" : " without a log of predictions", what->url);
    }
    fflush(stdout);
}

static enum hone_code run_serve(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    struct announce announce = {args->global.json};

    for (size_t i = 0; i < args->n; i++) {
        if (!hone_uri_is(args->item[i]) && !hone_file_exists(args->item[i])) {
            (void)hone_fail(run, HONE_E_NOT_FOUND, "there is no model file %s", args->item[i]);
            return hone_hint(run, "a registered model is named models:/NAME@champion or "
                                  "models:/NAME/VERSION; `hone models` lists them");
        }
    }
    struct hone_serve_order order = {
        .store = args->global.store,
        .models = args->item,
        .n = args->n,
        .threads = hone_pool_size(run->pool),
        .ready = ready,
        .ctx = &announce,
    };

    return hone_serve(run, settings, &order);
}

const struct hone_verb hone_verb_serve = {
    .part.name = "serve",
    .part.summary = "answer requests with models over HTTP",
    .part.settings_size = sizeof(struct hone_serve_settings),
    .groups = groups,
    .usage = "MODEL...",
    .detail =
        "Speaks the Open Inference Protocol v2, TensorFlow Serving's :predict, MLflow's and "
        "SageMaker's /invocations, and plain rows at /predict; /metrics for Prometheus, "
        "/feedback for labels, / for people.  Prints one line with the URL when it is "
        "ready.  The first MODEL answers where a path names none.  An alias is followed: "
        "promoting another version changes what answers, without a lost request.\n\n"
        "Predictions are written to the store in batches, --flush seconds apart.  SIGTERM "
        "ends the server when all requests in flight are answered and the log is written.\n\n"
        "After each hour and day it looks at drift and realised quality by itself (--watch), and at "
        "failed requests, lost rows and its certificate all the time; alarms go to the log, the "
        "page and each --webhook, until they are accepted.",
    .examples = "hone serve models:/loans@champion\n"
                "hone serve models:/loans/3 models:/prices@champion --port 0\n"
                "hone serve model.onnx --log off\n"
                "hone serve models:/loans@champion --webhook https://hooks.example.com/x\n"
                "HONE_TOKEN=secret hone serve models:/loans@champion --host 0.0.0.0",
    .stage = HONE_STAGE_SERVICE,
    .min_args = 1,
    .max_args = 1000,
    .run = run_serve,
};

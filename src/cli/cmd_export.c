#include "base/file.h"
#include "cli/input.h"
#include "flow/model/locate.h"

struct settings {
    const char *out;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, out, NULL, .arg = "FILE",
              .help = "where to write it; - is standard output"),
    HONE_PARAM_END,
};

static void close_file(struct hone_file *file)
{
    hone_file_close(file);
}

static enum hone_code run_export(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(close_file) struct hone_file file = {0};
    struct hone_located model = {0};

    HONE_TRY(hone_args_need(run, args, "out", set->out));
    HONE_TRY(hone_model_locate(run, args->global.store, args->item[0], args->mem, &model));
    HONE_TRY(hone_file_open(run, model.path, args->mem, &file));
    HONE_TRY(hone_file_write(run, set->out, file.bytes));
    if (strcmp(set->out, "-") == 0) {
        return HONE_OK;
    }
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "model", model.uri);
        hone_json_set_text(result, "hash", model.hash);
        hone_json_set_text(result, "onnx", set->out);
        hone_json_set(result, "bytes", json_integer((json_int_t)file.bytes.len));
        hone_print_json(result);
    } else if (!args->global.quiet) {
        printf("%s: %s\n", set->out, hone_text_bytes(args->mem, file.bytes.len));
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_export = {
    .part.name = "export",
    .part.summary = "write a model's ONNX file",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "MODEL -o FILE.onnx",
    .detail = "MODEL is models:/name/3, models:/name@alias, runs:/ID, or a file.",
    .examples = "hone export models:/loan@champion -o loan.onnx\n"
                "hone export runs:/3f2a -o candidate.onnx",
    .stage = HONE_STAGE_REGISTRY,
    .min_args = 1,
    .max_args = 1,
    .run = run_export,
};

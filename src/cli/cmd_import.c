/* hone import: register a model that others made. */
#include <math.h>

#include "base/file.h"
#include "cli/input.h"
#include "cli/show.h"
#include "flow/model/import.h"

struct settings {
    const char *name, *data, *target, *task, *note;
    struct hone_texts inputs, classes;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, name, NULL, .arg = "NAME",
              .help = "name to register under (default: the file's)"),
    HONE_TEXT(struct settings, data, NULL, .arg = "DATA",
              .help = "rows to try it on; they also give columns their names, and what "
                      "hone monitor compares with"),
    HONE_LIST(struct settings, inputs, .arg = "NAME,...",
              .help = "names of the columns, in the order in which the model takes them"),
    HONE_TEXT(struct settings, target, NULL, .arg = "COL",
              .help = "the column with the answers: not an input, and what the model is "
                      "judged by when DATA has it"),
    HONE_LIST(struct settings, classes, .arg = "NAME,...",
              .help = "names of the classes in the model's order; two: the second is the "
                      "positive one"),
    HONE_CHOICE(struct settings, task, "auto", hone_foreign_tasks,
                .help = "what the model does, where its outputs leave it open"),
    HONE_TEXT(struct settings, note, NULL, .help = "kept with the version"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {
    HONE_READ_GROUP(struct settings, read),
    HONE_GROUP_END,
};

static json_t *result_json(const struct hone_imported *r)
{
    json_t *o = json_object();
    json_t *metrics = json_object();
    json_t *notes = json_array();
    hone_json_set_text(o, "model", r->model);
    hone_json_set_text(o, "run", r->run.hex);
    hone_json_set_text(o, "hash", r->hash);
    hone_json_set_text(o, "producer", r->producer);
    hone_json_set(o, "bytes", json_integer((json_int_t)r->bytes));
    hone_json_set(o, "nodes", json_integer((json_int_t)r->nodes));
    hone_json_set(o, "signature", hone_signature_json(r->signature));
    hone_json_set(o, "rows", json_integer((json_int_t)r->rows));
    for (size_t m = 0; m < r->metrics; m++) {
        hone_json_set(metrics, r->metric[m]->part.name, hone_json_real(r->interval[m].value));
    }
    hone_json_set(o, "metrics", metrics);
    for (size_t i = 0; i < r->notes; i++) {
        hone_json_push(notes, json_string(r->note[i]));
    }
    hone_json_set(o, "notes", notes);
    return o;
}

/* "Age, Fare, SibSp and 4 more" */
static const char *some(struct hone_arena *mem, const struct hone_signature *s)
{
    struct hone_buf text = hone_buf(mem);
    for (size_t i = 0; i < s->inputs && i < 8; i++) {
        hone_buf_format(&text, "%s%s", i == 0 ? "" : ", ", s->input[i].name);
    }
    if (s->inputs > 8) {
        hone_buf_format(&text, " and %zu more", s->inputs - 8);
    }
    return text.ptr;
}

static const char *answers(struct hone_arena *mem, const struct hone_signature *s)
{
    struct hone_buf text = hone_buf(mem);
    hone_buf_text(&text, hone_task_name(s->task));
    if ((s->task & HONE_TASK_CLASSIFICATION) != 0) {
        for (size_t k = 0; k < s->classes && k < 8; k++) {
            hone_buf_format(&text, "%s%s", k == 0 ? ": " : ", ", s->class_name[k]);
        }
        if (s->classes > 8) {
            hone_buf_format(&text, " and %zu more", s->classes - 8);
        }
    } else if (s->task != HONE_TASK_REGRESSION && s->classes > 0) {
        hone_buf_format(&text, ", %zu number%s a row", s->classes, s->classes == 1 ? "" : "s");
    }
    return text.ptr;
}

static void print_people(const struct hone_args *args, const struct hone_imported *r)
{
    struct hone_arena *mem = args->mem;
    printf("%s%s%s  %s, %s, %zu nodes, by %s\n", hone_style(&args->out, HONE_BOLD), r->model,
           hone_style(&args->out, HONE_PLAIN), args->item[0], hone_text_bytes(mem, r->bytes),
           r->nodes, hone_text_fit(&args->out, mem, hone_str(r->producer), 80));
    printf("  takes    %zu column%s: %s\n", r->signature->inputs,
           r->signature->inputs == 1 ? "" : "s",
           hone_text_fit(&args->out, mem, hone_str(some(mem, r->signature)), 400));
    printf("  answers  %s\n",
           hone_text_fit(&args->out, mem, hone_str(answers(mem, r->signature)), 400));
    if (r->rows > 0) {
        printf("  tried on %s rows", hone_text_count(mem, r->rows));
        if (r->lost > 0) {
            printf("; %s values were not of their column's type",
                   hone_text_count(mem, r->lost));
        }
        printf(", which hone monitor compares with\n");
    } else {
        puts("  tried on rows made up; --data gives hone monitor something to compare with");
    }
    for (size_t i = 0; i < r->notes; i++) {
        printf("  note     %s\n", r->note[i]);
    }
    if (r->metrics > 0) {
        hone_show_metrics(args, "metric", r->metric, r->interval, r->metrics);
    }
}

static enum hone_code run_import(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_imported result;
    struct hone_file file;
    const struct hone_import job = {
        .file = args->item[0],
        .store = args->global.store,
        .name = set->name,
        .data = set->data,
        .wish = {.task = set->task,
                 .target = set->target,
                 .columns = set->inputs,
                 .classes = set->classes},
        .note = set->note,
        .actor = hone_input_actor(),
        .command = args->command,
        .read = &set->read,
    };
    /* a file that is not there makes no store */
    HONE_TRY(hone_file_open(run, job.file, args->mem, &file));
    hone_file_close(&file);
    HONE_TRY(hone_store_open(run, args->global.store, true, args->mem, &store));
    HONE_TRY(hone_import_run(run, store, &job, args->mem, &result));
    if (args->global.json) {
        hone_print_json(result_json(&result));
    } else if (!args->global.quiet) {
        print_people(args, &result);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_import = {
    .part.name = "import",
    .part.summary = "register a model that others made",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "FILE.onnx [--name NAME] [--data DATA]",
    .detail =
        "Takes an ONNX file of scikit-learn, LightGBM, XGBoost or PyTorch.  What it takes and "
        "gives is read off its graph and tried out: columns by name, or a matrix whose columns "
        "--inputs or --data name; labels with probabilities, ZipMap, numbers, anomaly scores, "
        "clusters.  The file is kept byte for byte.  Afterwards predict, evaluate, serve, "
        "monitor, export, promote and report treat it as one of ours; hone reproduce can not "
        "train it again.",
    .examples = "hone import churn.onnx --name churn --data sample.csv --target churned\n"
                "hone import housing.onnx --inputs MedInc,HouseAge,AveRooms\n"
                "hone import net.onnx --classes no,yes --task classification",
    .stage = HONE_STAGE_REGISTRY,
    .min_args = 1,
    .max_args = 1,
    .run = run_import,
};

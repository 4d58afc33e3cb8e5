#include "check/check.h"
#include "cli/help.h"
#include "eval/metrics.h"
#include "io/reader.h"
#include "learn/estimator.h"
#include "monitor/drift.h"
#include "prep/transform.h"
#include "privacy/kind.h"

/* Lists of parts that people choose from by name. */
static const struct kind {
    const char *name;
    const char *one;
    const struct hone_part *const *parts;
} kinds[] = {
    {"checks", "check", hone_checks},
    {"drifts", "drift", hone_drift_tests},
    {"estimators", "estimator", hone_estimators},
    {"metrics", "metric", hone_metrics},
    {"personal", "personal", hone_kinds},
    {"readers", "reader", hone_readers},
    {"transforms", "transform", hone_transforms},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void print_kind(struct hone_args *args, const struct kind *kind)
{
    static const struct hone_grid_column columns[] = {
        {"", HONE_LEFT, HONE_BOLD, 0},
        {"", HONE_LEFT, HONE_PLAIN, 20},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 2);

    printf("%s%s%s", hone_style(&args->out, HONE_BOLD), kind->name,
           hone_style(&args->out, HONE_PLAIN));
    for (size_t i = 0; kind->parts[i] != NULL; i++) {
        const char *const cells[] = {hone_arena_format(args->mem, "  %s", kind->parts[i]->name),
                                     kind->parts[i]->summary};
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

static json_t *kind_json(const struct kind *kind)
{
    json_t *list = json_array();

    for (size_t i = 0; kind->parts[i] != NULL; i++) {
        const struct hone_part *part = kind->parts[i];
        json_t *object = json_object();
        hone_json_set_text(object, "name", part->name);
        hone_json_set_text(object, "summary", part->summary);
        hone_json_set_text(object, "source", part->source);
        hone_json_push(list, object);
    }
    return list;
}

static json_t *row_json(const struct hone_param *row)
{
    static const char *const types[] = {
        [HONE_PARAM_REAL] = "real", [HONE_PARAM_INT] = "int",       [HONE_PARAM_BOOL] = "bool",
        [HONE_PARAM_TEXT] = "text", [HONE_PARAM_CHOICE] = "choice", [HONE_PARAM_LIST] = "list",
    };
    json_t *object = json_object();
    bool number = row->type == HONE_PARAM_REAL || row->type == HONE_PARAM_INT;

    hone_json_set_text(object, "name", row->name);
    hone_json_set_text(object, "type", types[row->type]);
    if (number) {
        hone_json_set(object, "default", hone_json_real(row->def));
        hone_json_set(object, "min", hone_json_real(row->min));
        hone_json_set(object, "max", hone_json_real(row->max));
    } else if (row->type == HONE_PARAM_BOOL) {
        hone_json_set(object, "default", json_boolean(row->def != 0));
    } else {
        hone_json_set_text(object, "default", row->def_text);
    }
    if (row->type == HONE_PARAM_CHOICE) {
        json_t *choices = json_array();
        for (size_t i = 0; row->choices[i] != NULL; i++) {
            hone_json_push(choices, hone_json_text(hone_str(row->choices[i])));
        }
        hone_json_set(object, "choices", choices);
    }
    hone_json_set_text(object, "help", row->help);
    return object;
}

static void print_part(struct hone_args *args, const struct kind *kind,
                       const struct hone_part *part)
{
    if (args->global.json) {
        json_t *object = json_object();
        json_t *rows = json_array();
        hone_json_set_text(object, "name", part->name);
        hone_json_set_text(object, "kind", kind->one);
        hone_json_set_text(object, "summary", part->summary);
        hone_json_set_text(object, "source", part->source);
        for (const struct hone_param *r = part->params; r != NULL && r->name != NULL; r++) {
            hone_json_push(rows, row_json(r));
        }
        hone_json_set(object, "settings", rows);
        hone_print_json(object);
        return;
    }
    printf("%s%s%s (%s) - %s\n", hone_style(&args->out, HONE_BOLD), part->name,
           hone_style(&args->out, HONE_PLAIN), kind->one, part->summary);
    if (part->source != NULL) {
        printf("%sSource: %s%s\n", hone_style(&args->out, HONE_DIM), part->source,
               hone_style(&args->out, HONE_PLAIN));
    }
    hone_help_print_settings(&args->out, part->params);
}

static enum hone_code find_kind(struct hone_run *run, const char *name, const struct kind **out)
{
    const char *names[KINDS];

    for (size_t k = 0; k < KINDS; k++) {
        if (strcmp(name, kinds[k].name) == 0 || strcmp(name, kinds[k].one) == 0) {
            *out = &kinds[k];
            return HONE_OK;
        }
        names[k] = kinds[k].name;
    }
    (void)hone_fail(run, HONE_E_ARG, "there is no list of %s", name);
    if (hone_nearest(name, names, KINDS) != NULL) {
        return hone_hint(run, "did you mean %s?", hone_nearest(name, names, KINDS));
    }
    return hone_hint(run, "`hone list` shows all lists");
}

static enum hone_code run_list(struct hone_run *run, const void *settings,
                               struct hone_args *args)
{
    const struct kind *kind = NULL;
    const struct hone_part *part = NULL;
    json_t *all;

    (void)settings;
    if (args->n > 0) {
        HONE_TRY(find_kind(run, args->item[0], &kind));
    }
    if (args->n > 1) {
        HONE_TRY(hone_part_need(run, kind->parts, kind->one, hone_str(args->item[1]), &part));
        print_part(args, kind, part);
        return HONE_OK;
    }
    all = json_object();
    for (size_t k = 0; k < KINDS; k++) {
        if (kind != NULL && kind != &kinds[k]) {
            continue;
        }
        if (args->global.json) {
            hone_json_set(all, kinds[k].name, kind_json(&kinds[k]));
        } else {
            print_kind(args, &kinds[k]);
        }
    }
    if (args->global.json) {
        hone_print_json(all);
    } else {
        json_decref(all);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_list = {
    .part.name = "list",
    .part.summary =
        "checks, drift tests, estimators, metrics, readers, transforms, their settings",
    .usage = "[KIND [NAME]]",
    .examples = "hone list\n"
                "hone list metrics\n"
                "# the settings of an estimator, for `hone train --set`\n"
                "hone list estimators gbt",
    .stage = HONE_STAGE_PROJECT,
    .max_args = 2,
    .run = run_list,
};

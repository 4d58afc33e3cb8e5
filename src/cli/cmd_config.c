#include "cli/verb.h"
#include "flow/project.h"

struct settings {
    const char *config;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, config, NULL, .arg = "FILE",
              .help = "a project file, whose values replace the defaults"),
    HONE_PARAM_END,
};

static enum hone_code run_config(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_job job;
    struct hone_buf text = hone_buf(args->mem);
    HONE_JSON json_t *project = NULL;

    if (strcmp(args->item[0], "schema") == 0) {
        project = hone_job_schema();
        hone_json_write(&text, project, true);
        printf("%s\n", text.ptr);
        return HONE_OK;
    }
    if (strcmp(args->item[0], "render") != 0) {
        (void)hone_fail(run, HONE_E_ARG, "config does not know '%s'", args->item[0]);
        return hone_hint(run, "usage: hone config render, or hone config schema");
    }
    hone_job_default(&job);
    if (set->config != NULL) {
        HONE_TRY(hone_job_from_file(run, set->config, args->mem, &job));
    }
    if (hone_args_given(args, "seed")) {
        job.seed = args->global.seed;
    }
    project = hone_job_to_json(&job);
    if (args->global.json) {
        hone_print_json(json_incref(project));
        return HONE_OK;
    }
    hone_yaml_write(&text, project);
    fwrite(text.ptr, 1, text.len, stdout);
    return HONE_OK;
}

const struct hone_verb hone_verb_config = {
    .part.name = "config",
    .part.summary = "print the project file with every default shown, or its JSON Schema",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "render|schema",
    .examples = "hone config render > hone.yaml\n"
                "hone config render --config hone.yaml\n"
                "# for editors that complete and check YAML\n"
                "hone config schema > hone.schema.json",
    .stage = HONE_STAGE_PROJECT,
    .min_args = 1,
    .max_args = 1,
    .run = run_config,
};

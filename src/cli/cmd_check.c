#include "base/file.h"
#include "check/check.h"
#include "check/schema.h"
#include "cli/input.h"

struct settings {
    const char *schema;
    const char *write_schema;
    const char *aside;
    const char *target;
    const char *test;
    const char *time;
    const char *group;
    bool all;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, schema, NULL, .arg = "FILE",
              .help = "hold DATA against this schema too"),
    HONE_TEXT(struct settings, write_schema, NULL, .arg = "FILE",
              .help = "write a schema that DATA passes, to be reviewed, and check nothing"),
    HONE_TEXT(struct settings, aside, NULL, .arg = "FILE",
              .help = "write the rows that the schema quarantines"),
    HONE_TEXT(struct settings, target, NULL, .arg = "COL",
              .help = "what is to be predicted: leakage is looked for too"),
    HONE_TEXT(struct settings, test, NULL, .arg = "DATA",
              .help = "a test table: overlap and drift are looked for too"),
    HONE_TEXT(struct settings, time, NULL, .arg = "COL",
              .help = "when the outcome of a row became known"),
    HONE_TEXT(struct settings, group, NULL, .arg = "COL",
              .help = "rows of one value belong together"),
    HONE_FLAG(struct settings, all, false, .help = "list the checks that passed too"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

static void close_file(struct hone_file *file)
{
    hone_file_close(file);
}

static enum hone_code write_schema(struct hone_run *run, const struct hone_table *t,
                                   const char *path, const struct hone_args *args)
{
    HONE_JSON json_t *tree = NULL;
    struct hone_buf text = hone_buf(args->mem);

    HONE_TRY(hone_schema_infer(run, t, NULL, &tree));
    hone_yaml_write(&text, tree);
    HONE_TRY(hone_file_write(run, path, (struct hone_str){text.ptr, text.len}));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "schema", path);
        hone_print_json(result);
    } else if (!args->global.quiet && strcmp(path, "-") != 0) {
        printf("wrote %s\n", path);
    }
    return HONE_OK;
}

static enum hone_code read_schema(struct hone_run *run, const char *path,
                                  struct hone_arena *mem, struct hone_schema **out)
{
    HONE_CLOSING(close_file) struct hone_file file = {0};
    HONE_JSON json_t *tree = NULL;

    HONE_TRY(hone_file_open(run, path, mem, &file));
    if (hone_yaml_parse(run, file.bytes, &tree) != HONE_OK ||
        hone_schema_parse(run, tree, mem, out) != HONE_OK) {
        return hone_fail_in(run, "%s", path);
    }
    return HONE_OK;
}

/* Write the rows that the schema sets aside, when a file is named for them. */
static enum hone_code write_aside(struct hone_run *run, const struct hone_table *t,
                                  const struct hone_schema_verdict *verdict, const char *path,
                                  struct hone_arena *mem)
{
    struct hone_table *part;
    size_t *row;
    size_t n = 0;

    if (path == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &row, verdict->aside_n));
    for (size_t i = 0; i < t->rows; i++) {
        if (verdict->aside[i]) {
            row[n++] = i;
        }
    }
    HONE_TRY(hone_table_take(run, t, row, n, mem, &part));
    return hone_table_write(run, part, path, NULL);
}

/* What the schema says of the table, added to the findings. */
static enum hone_code enforce(struct hone_run *run, const struct settings *set,
                              const struct hone_table *t, struct hone_arena *mem,
                              struct hone_findings *findings)
{
    struct hone_schema *schema = NULL;
    struct hone_schema_verdict verdict = {0};

    if (set->schema == NULL) {
        return HONE_OK;
    }
    HONE_TRY(read_schema(run, set->schema, mem, &schema));
    HONE_TRY(hone_schema_enforce(run, schema, t, mem, &verdict));
    for (size_t i = 0; i < verdict.findings->n; i++) {
        const struct hone_finding *from = &verdict.findings->item[i];
        *hone_finding_add(findings, from->check, from->severity, from->column) = *from;
    }
    return write_aside(run, t, &verdict, set->aside, mem);
}

static enum hone_code look(struct hone_run *run, const struct settings *set,
                           struct hone_args *args, const struct hone_table *table,
                           struct hone_findings **out)
{
    struct hone_check_input input = {
        .table = table, .target = set->target, .time = set->time, .group = set->group};
    struct hone_table *test = NULL;

    if (set->test != NULL) {
        HONE_TRY(hone_input_read(run, args, set->test, &set->read, args->mem, &test, NULL));
        input.test = test;
    }
    HONE_TRY(hone_check_run(run, &input, HONE_CHECK_ALL, args->mem, out));
    return enforce(run, set, table, args->mem, *out);
}

static enum hone_code run_check(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_findings *findings = NULL;
    struct hone_table *table;
    struct hone_buf text = hone_buf(args->mem);
    size_t failed;

    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &table, NULL));
    if (set->write_schema != NULL) {
        return write_schema(run, table, set->write_schema, args);
    }
    HONE_TRY(look(run, set, args, table, &findings));
    failed = hone_findings_count(findings, HONE_FAIL);
    if (args->global.json) {
        hone_print_json(hone_findings_json(findings, table->rows));
        args->answered = true;
    } else {
        hone_findings_text(findings, set->all, &text);
        fwrite(text.ptr, 1, text.len, stdout);
    }
    if (failed != 0) {
        return hone_fail(run, HONE_E_GATE, "%zu finding%s must be dealt with before training",
                         failed, failed == 1 ? "" : "s");
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_check = {
    .part.name = "check",
    .part.summary = "what is wrong with a table, before anything is learned from it",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA",
    .detail = "Exit status 1 when a check fails. `hone list checks` says what is looked for.",
    .examples = "hone check loans.csv\n"
                "hone check loans.csv --target default --test loans-may.csv\n"
                "# what holds today, reviewed, holds tomorrow\n"
                "hone check loans.csv --write-schema loans.schema.yaml\n"
                "hone check loans-may.csv --schema loans.schema.yaml --json",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 1,
    .run = run_check,
};

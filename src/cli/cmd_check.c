#include "check/check.h"
#include "cli/input.h"

struct settings {
    const char *target;
    const char *test;
    const char *time;
    const char *group;
    bool all;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
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

static enum hone_code look(struct hone_run *run, const struct settings *set,
                           struct hone_args *args, size_t *rows, struct hone_findings **out)
{
    struct hone_check_input input = {
        .target = set->target, .time = set->time, .group = set->group};
    struct hone_table *table;
    struct hone_table *test = NULL;

    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &table, NULL));
    if (set->test != NULL) {
        HONE_TRY(hone_input_read(run, args, set->test, &set->read, args->mem, &test, NULL));
    }
    input.table = table;
    input.test = test;
    *rows = table->rows;
    return hone_check_run(run, &input, HONE_CHECK_ALL, args->mem, out);
}

static enum hone_code run_check(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_findings *findings;
    struct hone_buf text = hone_buf(args->mem);
    size_t rows;
    size_t failed;

    HONE_TRY(look(run, set, args, &rows, &findings));
    failed = hone_findings_count(findings, HONE_FAIL);
    if (args->global.json) {
        hone_print_json(hone_findings_json(findings, rows));
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
                "hone check loans.csv --target default --json",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 1,
    .run = run_check,
};

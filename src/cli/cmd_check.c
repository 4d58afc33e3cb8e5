#include "base/file.h"
#include "base/time.h"
#include "check/check.h"
#include "check/schema.h"
#include "cli/check_show.h"
#include "cli/input.h"

struct settings {
    const char *schema;
    const char *write_schema;
    const char *update_schema;
    const char *environment;
    struct hone_texts set, off;
    const char *now;
    const char *html;
    bool history;
    bool record;
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
    HONE_TEXT(
        struct settings, update_schema, NULL, .arg = "FILE",
        .help =
            "write the schema loosened so that DATA passes, to be reviewed; shows what changes"),
    HONE_TEXT(struct settings, environment, NULL, .arg = "NAME",
              .help =
                  "where this is: rules that the schema keeps for other places are left out"),
    HONE_TEXT(struct settings, now, NULL, .arg = "TIME",
              .help = "take this for the present time: dates ahead of it, and freshness"),
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
    HONE_LIST(struct settings, set, .arg = "CHECK.KEY=N",
              .help = "a threshold of a check: missing_share.max=0.8"),
    HONE_LIST(struct settings, off, .arg = "CHECK", .help = "leave these checks out"),
    HONE_TEXT(struct settings, html, NULL, .arg = "FILE", .help = "write a page"),
    HONE_FLAG(struct settings, history, false,
              .help = "show the checks of DATA on record, of all data without DATA"),
    HONE_FLAG(struct settings, record, true,
              .help = "put the outcome on record where there is a store"),
    HONE_FLAG(struct settings, all, false, .help = "list the checks that passed too"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

static void close_file(struct hone_file *file)
{
    hone_file_close(file);
}

static enum hone_code put_schema(struct hone_run *run, const json_t *tree,
                                 const struct hone_profile *profile, const char *path,
                                 const struct hone_args *args)
{
    struct hone_buf text = hone_buf(args->mem);

    hone_schema_text(tree, profile, &text);
    return hone_file_write(run, path, (struct hone_str){text.ptr, text.len});
}

static void tell_written(const char *path, const char *diff, const struct hone_args *args)
{
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "schema", path);
        if (diff != NULL) {
            hone_json_set_text(result, "diff", diff);
        }
        hone_print_json(result);
    } else if (!args->global.quiet && strcmp(path, "-") != 0) {
        fputs(diff == NULL ? "" : diff, stdout);
        printf("wrote %s\n", path);
    }
}

static enum hone_code write_schema(struct hone_run *run, const struct hone_table *t,
                                   const char *path, const struct hone_args *args)
{
    HONE_JSON json_t *tree = NULL;
    struct hone_profile *profile;

    HONE_TRY(hone_table_profile(run, t, args->mem, &profile));
    HONE_TRY(hone_schema_infer(run, t, profile, &tree));
    HONE_TRY(put_schema(run, tree, profile, path, args));
    tell_written(path, NULL, args);
    return HONE_OK;
}

static enum hone_code read_tree(struct hone_run *run, const char *path, struct hone_arena *mem,
                                json_t **out)
{
    HONE_CLOSING(close_file) struct hone_file file = {0};

    HONE_TRY(hone_file_open(run, path, mem, &file));
    if (hone_yaml_parse(run, file.bytes, out) != HONE_OK) {
        return hone_fail_in(run, "%s", path);
    }
    return HONE_OK;
}

/* The schema loosened to what DATA holds, and what that changes. */
static enum hone_code update_schema(struct hone_run *run, const struct settings *set,
                                    const struct hone_table *t, const struct hone_args *args)
{
    HONE_JSON json_t *old = NULL;
    HONE_JSON json_t *new = NULL;
    struct hone_profile *profile;
    struct hone_buf text[2] = {hone_buf(args->mem), hone_buf(args->mem)};
    struct hone_buf diff = hone_buf(args->mem);

    if (set->schema == NULL) {
        return hone_fail(run, HONE_E_ARG,
                         "--update-schema needs --schema, the one to start from");
    }
    HONE_TRY(read_tree(run, set->schema, args->mem, &old));
    HONE_TRY(hone_table_profile(run, t, args->mem, &profile));
    if (hone_schema_loosen(run, old, t, profile, &new) != HONE_OK) {
        return hone_fail_in(run, "%s", set->schema);
    }
    hone_yaml_write(&text[0], old);
    hone_yaml_write(&text[1], new);
    HONE_TRY(hone_text_diff(run, (struct hone_str){text[0].ptr, text[0].len},
                            (struct hone_str){text[1].ptr, text[1].len}, &diff));
    HONE_TRY(put_schema(run, new, NULL, set->update_schema, args));
    tell_written(set->update_schema, diff.ptr == NULL ? "no change is needed\n" : diff.ptr,
                 args);
    return HONE_OK;
}

static enum hone_code read_schema(struct hone_run *run, const char *path,
                                  struct hone_arena *mem, struct hone_schema **out)
{
    HONE_JSON json_t *tree = NULL;

    HONE_TRY(read_tree(run, path, mem, &tree));
    if (hone_schema_parse(run, tree, mem, out) != HONE_OK) {
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
                              struct hone_arena *mem, struct hone_findings *findings,
                              struct hone_check_made *made)
{
    struct hone_schema *schema = NULL;
    struct hone_schema_verdict verdict = {0};

    made->suite = findings->n;
    if (set->schema == NULL) {
        return HONE_OK;
    }
    HONE_TRY(read_schema(run, set->schema, mem, &schema));
    HONE_TRY(hone_schema_enforce(run, schema, made->table, set->environment, mem, &verdict));
    for (size_t i = 0; i < verdict.findings->n; i++) {
        const struct hone_finding *from = &verdict.findings->item[i];
        *hone_finding_add(findings, from->check, from->severity, from->column) = *from;
    }
    hone_findings_mask(findings);
    made->schema = set->schema;
    made->aside = verdict.aside_n;
    return write_aside(run, made->table, &verdict, set->aside, mem);
}

/* --set and --off as the tree that the checks read. */
static enum hone_code check_settings(struct hone_run *run, const struct settings *set,
                                     struct hone_arena *mem, json_t **out)
{
    HONE_JSON json_t *root = json_object();

    for (size_t i = 0; i < set->set.n; i++) {
        struct hone_str name;
        struct hone_str rest;
        struct hone_str key;
        struct hone_str value;
        double number;
        bool parts = hone_str_cut(hone_str(set->set.item[i]), '.', &name, &rest) &&
                     hone_str_cut(rest, '=', &key, &value);
        if (!parts || !hone_parse_f64(value, &number)) {
            return hone_fail(
                run, HONE_E_ARG,
                "--set takes CHECK.KEY=N, such as missing_share.max=0.8, not \"%s\"",
                set->set.item[i]);
        }
        const char *check = hone_arena_text(mem, name.ptr, name.len);
        json_t *own = json_object_get(root, check);
        if (own == NULL) {
            own = json_object();
            hone_json_set(root, check, own);
        }
        bool whole = number >= -9e15 && number <= 9e15 &&
                     !(number - (double)(int64_t)number > 0) &&
                     !(number - (double)(int64_t)number < 0);
        hone_json_set(own, hone_arena_text(mem, key.ptr, key.len),
                      whole ? json_integer((json_int_t)number) : hone_json_real(number));
    }
    for (size_t i = 0; i < set->off.n; i++) {
        hone_json_set(root, set->off.item[i], json_false());
    }
    *out = json_incref(root);
    return HONE_OK;
}

static enum hone_code look(struct hone_run *run, const struct settings *set,
                           struct hone_args *args, struct hone_check_made *made)
{
    struct hone_check_input input = {
        .table = made->table, .target = set->target, .time = set->time, .group = set->group};
    HONE_JSON json_t *thresholds = NULL;
    struct hone_findings *findings = NULL;
    struct hone_table *test = NULL;

    HONE_TRY(check_settings(run, set, args->mem, &thresholds));
    input.settings = thresholds;
    if (set->test != NULL) {
        HONE_TRY(hone_input_read(run, args, set->test, &set->read, args->mem, &test, NULL));
        input.test = made->test = test;
    }
    HONE_TRY(hone_check_run(run, &input, HONE_CHECK_ALL, args->mem, &findings));
    made->findings = findings;
    return enforce(run, set, args->mem, findings, made);
}

static int64_t fixed_time(void *clock)
{
    return *(const int64_t *)clock;
}

/* --now: a clock that stands still. */
static enum hone_code set_clock(struct hone_run *run, const char *text, struct hone_arena *mem)
{
    int64_t *now = hone_arena_must(mem, sizeof *now);
    bool zone;

    if (text == NULL) {
        return HONE_OK;
    }
    if (hone_parse_date(hone_str(text), now)) {
        *now *= 24 * 3600 * INT64_C(1000000);
    } else if (!hone_parse_timestamp(hone_str(text), now, &zone)) {
        return hone_fail(
            run, HONE_E_ARG,
            "--now must be a date or a time such as 2024-12-31T12:00:00Z, not \"%s\"", text);
    }
    run->now = fixed_time;
    run->clock = now;
    return HONE_OK;
}

/* The store, when there is one here already; a check alone makes none. */
static enum hone_code open_store(struct hone_run *run, const struct hone_args *args,
                                 struct hone_store **out)
{
    enum hone_code code = hone_store_open(run, args->global.store, false, args->mem, out);

    if (code == HONE_E_NOT_FOUND) {
        hone_error_clear(run);
        return HONE_OK;
    }
    return code;
}

static enum hone_code show_history(struct hone_run *run, struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    return hone_check_history(run, store, args->n == 0 ? NULL : args->item[0], args);
}

/* On record, as a page, and on the screen. */
static enum hone_code tell(struct hone_run *run, const struct settings *set,
                           const struct hone_check_made *made, struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_buf text = hone_buf(args->mem);

    if (set->record || set->html != NULL) {
        HONE_TRY(open_store(run, args, &store));
    }
    if (store != NULL && set->record) {
        HONE_TRY(hone_check_record(run, store, made, args));
    }
    if (set->html != NULL) {
        HONE_TRY(hone_check_write_page(run, store, made, set->html, args));
    }
    if (args->global.json) {
        json_t *report = hone_findings_report(made->findings, made->table->rows, made->table);
        json_t *meta = json_object_get(report, "meta");
        hone_json_set_text(meta, "hone_version", HONE_VERSION);
        hone_json_set_text(meta, "data", made->path);
        hone_json_set_text(meta, "schema", made->schema);
        hone_json_set(meta, "rows", json_integer((json_int_t)made->table->rows));
        hone_json_set(meta, "rows_aside", json_integer((json_int_t)made->aside));
        hone_json_set_text(meta, "html", set->html);
        hone_print_json(report);
        args->answered = true;
        return HONE_OK;
    }
    hone_findings_text(made->findings, set->all, &text);
    fwrite(text.ptr, 1, text.len, stdout);
    if (set->html != NULL) {
        printf("wrote %s\n", set->html);
    }
    return HONE_OK;
}

static enum hone_code run_check(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_check_made made = {.path = args->n == 0 ? NULL : args->item[0]};
    struct hone_table *table;

    HONE_TRY(set_clock(run, set->now, args->mem));
    if (set->history) {
        return show_history(run, args);
    }
    if (args->n == 0) {
        return hone_fail(run, HONE_E_ARG, "which DATA is to be checked?");
    }
    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &table, NULL));
    made.table = table;
    if (set->write_schema != NULL) {
        return write_schema(run, table, set->write_schema, args);
    }
    if (set->update_schema != NULL) {
        return update_schema(run, set, table, args);
    }
    HONE_TRY(look(run, set, args, &made));
    HONE_TRY(tell(run, set, &made, args));
    size_t failed = hone_findings_count(made.findings, HONE_FAIL);
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
    .usage = "[DATA]",
    .detail =
        "Exit status 1 when a check or a rule of the schema fails. `hone list checks` says what is looked "
        "for. A schema is YAML, or a Great Expectations suite in JSON. Where there is a store, the outcome "
        "is put on record.",
    .examples =
        "hone check loans.csv\n"
        "hone check loans.csv --target default --test loans-may.csv\n"
        "# what holds today, reviewed, holds tomorrow\n"
        "hone check loans.csv --write-schema loans.schema.yaml\n"
        "hone check loans-may.csv --schema loans.schema.yaml --json\n"
        "hone check loans-may.csv --schema loans.schema.yaml --update-schema next.yaml\n"
        "hone check loans-may.csv --schema suite.json --html check.html\n"
        "hone check loans-may.csv --history",
    .stage = HONE_STAGE_DATA,
    .min_args = 0,
    .max_args = 1,
    .run = run_check,
};

#include "cli/input.h"
#include "flow/train/prepare.h"

struct settings {
    const char *train_out;
    const char *test_out;
    struct hone_train_settings train;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, train_out, NULL, .arg = "FILE", .help = "the training rows"),
    HONE_TEXT(struct settings, test_out, NULL, .arg = "FILE", .help = "the test rows"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {
    {.title = "As for `hone train`",
     .rows = hone_train_params,
     .offset = offsetof(struct settings, train)},
    HONE_READ_GROUP(struct settings, read),
    HONE_GROUP_END,
};

static enum hone_code write_rows(struct hone_run *run, const struct hone_rows *rows,
                                 const char *path, struct hone_arena *mem)
{
    struct hone_table *part;

    if (path == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_table_take(run, rows->table, rows->row, rows->n, mem, &part));
    return hone_table_write(run, part, path, NULL);
}

static enum hone_code run_split(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_table *t;
    struct hone_prepared prepared = {0};

    HONE_TRY(hone_args_need(run, args, "target", set->train.target));
    if (set->train_out == NULL && set->test_out == NULL) {
        HONE_TRY(hone_args_need(run, args, "train_out", NULL));
    }
    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &t, NULL));
    HONE_TRY(hone_prepare(run, t, NULL, &set->train, args->mem, &prepared));
    HONE_TRY(write_rows(run, &prepared.train, set->train_out, args->mem));
    HONE_TRY(write_rows(run, &prepared.test, set->test_out, args->mem));
    if (args->global.json) {
        json_t *result = json_object();
        json_t *rows = json_object();
        hone_json_set(rows, "train", json_integer((json_int_t)prepared.train.n));
        hone_json_set(rows, "test", json_integer((json_int_t)prepared.test.n));
        hone_json_set(rows, "without_target",
                      json_integer((json_int_t)prepared.without_target));
        hone_json_set(result, "rows", rows);
        hone_json_set_text(result, "train_out", set->train_out);
        hone_json_set_text(result, "test_out", set->test_out);
        hone_print_json(result);
    } else if (!args->global.quiet) {
        printf("%s training rows, %s test rows, %s without a target left out\n",
               hone_text_count(args->mem, prepared.train.n),
               hone_text_count(args->mem, prepared.test.n),
               hone_text_count(args->mem, prepared.without_target));
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_split = {
    .part.name = "split",
    .part.summary = "write the training and the test rows that train would use",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA --target COL --train-out FILE --test-out FILE",
    .detail =
        "The same data, options and seed give the rows that `hone train` trains and tests on, so that "
        "another tool can be compared on them.",
    .examples =
        "hone split loans.csv --target default --train-out train.csv --test-out test.csv\n"
        "hone split sales.csv --target units --split time --split-column day \\\n"
        "    --train-out train.csv --test-out test.csv",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 1,
    .run = run_split,
};

#include "cli/input.h"

struct settings {
    int64_t head;
    struct hone_read_options read;
    struct hone_write_options write;
};

static const struct hone_param params[] = {
    HONE_INT(struct settings, head, HONE_MANY, 0, HONE_MANY, .help = "only the first N rows"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_WRITE_GROUP(struct settings, write),
                                                 HONE_GROUP_END};

static enum hone_code first_rows(struct hone_run *run, struct hone_table *t, size_t n,
                                 struct hone_arena *mem, struct hone_table **out)
{
    size_t *row;

    if (n >= t->rows) {
        *out = t;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &row, n));
    for (size_t i = 0; i < n; i++) {
        row[i] = i;
    }
    return hone_table_take(run, t, row, n, mem, out);
}

static enum hone_code run_convert(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    const char *to = args->item[1];
    struct hone_table *t;

    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &t, NULL));
    HONE_TRY(first_rows(run, t, (size_t)set->head, args->mem, &t));
    HONE_TRY(hone_table_write(run, t, to, &set->write));
    if (strcmp(to, "-") == 0) {
        return HONE_OK; /* standard output is the table */
    }
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "path", to);
        hone_json_set(result, "rows", json_integer((json_int_t)t->rows));
        hone_json_set(result, "columns", json_integer((json_int_t)t->cols));
        hone_print_json(result);
    } else if (!args->global.quiet) {
        printf("%s: %s rows, %s columns\n", to, hone_text_count(args->mem, t->rows),
               hone_text_count(args->mem, t->cols));
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_convert = {
    .part.name = "convert",
    .part.summary = "write a table in another format",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "IN OUT",
    .detail =
        "The format of OUT follows from its ending (.csv, .tsv, .jsonl, ...), and whether it is packed "
        "from .gz or .zst behind it. \"-\" is standard input or output.",
    .examples = "hone convert rows.csv rows.jsonl.zst\n"
                "hone convert rows.csv.gz - --head 10 --columns age,income\n"
                "hone convert rows.csv adults.csv --where 'age >= 18 and income is not null'\n"
                "# a file without a header line, where ? means missing\n"
                "hone convert adult.data adult.csv --no-header --na '?'\n"
                "# an export from an old Windows program, for one that wants semicolons\n"
                "hone convert old.txt new.csv --encoding cp1252 --to-delimiter ';'",
    .stage = HONE_STAGE_DATA,
    .min_args = 2,
    .max_args = 2,
    .run = run_convert,
};

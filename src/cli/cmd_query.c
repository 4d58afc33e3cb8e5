#include <math.h>

#include "base/file.h"
#include "base/time.h"
#include "cli/input.h"
#include "io/sql.h"

struct settings {
    const char *out;
    int64_t limit;
    bool explain;
    bool table;
    struct hone_read_options read;
    struct hone_write_options write;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, out, NULL, .arg = "FILE",
              .help = "write all rows there, in the format of its ending"),
    HONE_INT(struct settings, limit, 40, 0, HONE_MANY,
             .help = "rows shown on a terminal; files and pipes get all"),
    HONE_FLAG(struct settings, table, false,
              .help = "an aligned table also where standard output is no terminal"),
    HONE_FLAG(struct settings, explain, false,
              .help = "how it would be done, instead of doing it"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_WRITE_GROUP(struct settings, write),
                                                 HONE_GROUP_END};

/* "name=path" where there is no file of that whole name; else the name follows from the file. */
static struct hone_sql_table named(const char *item, struct hone_arena *mem, const char **path)
{
    struct hone_str name;
    struct hone_str rest;

    if (!hone_file_exists(item) && hone_str_cut(hone_str(item), '=', &name, &rest) &&
        name.len > 0 && memchr(name.ptr, ':', name.len) == NULL &&
        memchr(name.ptr, '/', name.len) == NULL) {
        *path = rest.ptr;
        return (struct hone_sql_table){.name = hone_arena_text(mem, name.ptr, name.len)};
    }
    *path = item;
    if (hone_str_starts(hone_str(item), "sqlite:")) {
        const char *mark = strchr(item, '?');
        const char *table = strstr(item, "table=");
        size_t len = mark == NULL ? strlen(item) : (size_t)(mark - item);
        if (table != NULL) {
            return (struct hone_sql_table){
                .name = hone_arena_text(mem, table + 6, strcspn(table + 6, "&"))};
        }
        item = hone_arena_text(mem, item + 7, len - 7);
    }
    return (struct hone_sql_table){.name = hone_sql_name(mem, item)};
}

static enum hone_code read_all(struct hone_run *run, const struct settings *set,
                               const struct hone_args *args, struct hone_sql_table *table)
{
    for (size_t i = 1; i < args->n; i++) {
        const char *path;
        struct hone_table *t;
        table[i - 1] = named(args->item[i], args->mem, &path);
        HONE_TRY(hone_input_read(run, args, path, &set->read, args->mem, &t, NULL));
        table[i - 1].table = t;
    }
    return HONE_OK;
}

static json_t *json_cell(const struct hone_column *c, size_t row, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);

    if (!hone_is_valid(c, row)) {
        return json_null();
    }
    switch (c->type) {
    case HONE_BOOL:
        return json_boolean(hone_column_i64(c, row));
    case HONE_INT64:
        return json_integer((json_int_t)hone_column_i64(c, row));
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return isfinite(hone_column_f64(c, row)) ? json_real(hone_column_f64(c, row))
                                                 : json_null();
    default:
        hone_column_print(&buf, c, row);
        return json_stringn_nocheck(buf.len == 0 ? "" : buf.ptr, buf.len);
    }
}

static void print_json(const struct hone_table *t, struct hone_arena *mem)
{
    json_t *result = json_object();
    json_t *columns = json_array();
    json_t *rows = json_array();

    for (size_t j = 0; j < t->cols; j++) {
        json_t *column = json_object();
        hone_json_set_text(column, "name", t->column[j].name);
        hone_json_set_text(column, "type", hone_type_name(t->column[j].type));
        json_array_append_new(columns, column);
    }
    for (size_t i = 0; i < t->rows; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < t->cols; j++) {
            json_array_append_new(row, json_cell(&t->column[j], i, mem));
        }
        json_array_append_new(rows, row);
    }
    hone_json_set(result, "columns", columns);
    hone_json_set(result, "rows", rows);
    hone_print_json(result);
}

static void print_table(const struct hone_table *t, size_t limit, const struct hone_args *args)
{
    struct hone_arena *mem = args->mem;
    struct hone_grid_column *column = hone_arena_must(mem, (t->cols + 1) * sizeof *column);
    const char **cell = hone_arena_must(mem, (t->cols + 1) * sizeof *cell);
    struct hone_grid grid;
    size_t shown = t->rows < limit ? t->rows : limit;

    for (size_t j = 0; j < t->cols; j++) {
        bool number = hone_type_is_number(t->column[j].type) && t->column[j].type != HONE_BOOL;
        column[j] = (struct hone_grid_column){.title = t->column[j].name,
                                              .align = number ? HONE_RIGHT : HONE_LEFT,
                                              .least = number ? 0 : 12};
    }
    grid = hone_grid(mem, column, t->cols);
    for (size_t i = 0; i < shown; i++) {
        for (size_t j = 0; j < t->cols; j++) {
            struct hone_buf buf = hone_buf(mem);
            hone_column_print(&buf, &t->column[j], i);
            cell[j] = !hone_is_valid(&t->column[j], i) ? "-"
                      : buf.len == 0                   ? ""
                                                       : hone_text_fit(&args->out, mem,
                                                                       (struct hone_str){buf.ptr, buf.len}, 60);
        }
        hone_grid_row(&grid, cell);
    }
    hone_grid_print(&grid, &args->out);
    if (shown < t->rows) {
        printf("%s of %s rows; --limit N shows more, --out FILE keeps all\n",
               hone_text_count(mem, shown), hone_text_count(mem, t->rows));
    } else if (args->out.tty) {
        printf("%s row%s\n", hone_text_count(mem, t->rows), t->rows == 1 ? "" : "s");
    }
}

static void print_plan(const struct hone_table *t)
{
    for (size_t i = 0; i < t->rows; i++) {
        struct hone_str line = hone_column_str(&t->column[0], i);
        printf("%.*s\n", (int)line.len, line.ptr);
    }
}

static enum hone_code run_query(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_str sql = hone_str(args->item[0]);
    struct hone_sql_table *table;
    struct hone_table *t;

    if (hone_file_exists(args->item[0])) {
        (void)hone_fail(run, HONE_E_ARG, "'%.100s' is a file; the query comes first",
                        args->item[0]);
        return hone_hint(run, "hone query \"SELECT * FROM %s\" %.100s",
                         hone_sql_name(args->mem, args->item[0]), args->item[0]);
    }
    HONE_TRY(hone_array(run, args->mem, &table, args->n));
    HONE_TRY(read_all(run, set, args, table));
    HONE_TRY(set->explain ? hone_sql_plan(run, sql, table, args->n - 1, args->mem, &t)
                          : hone_sql_query(run, sql, table, args->n - 1, args->mem, &t));
    if (set->out != NULL) {
        HONE_TRY(hone_table_write(run, t, set->out, &set->write));
    }
    if (set->out != NULL && strcmp(set->out, "-") == 0) {
        return HONE_OK;
    }
    if (args->global.json && set->out == NULL) {
        print_json(t, args->mem);
    } else if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "path", set->out);
        hone_json_set(result, "rows", json_integer((json_int_t)t->rows));
        hone_json_set(result, "columns", json_integer((json_int_t)t->cols));
        hone_print_json(result);
    } else if (set->out != NULL) {
        if (!args->global.quiet) {
            printf("%s: %s rows, %s columns\n", set->out, hone_text_count(args->mem, t->rows),
                   hone_text_count(args->mem, t->cols));
        }
    } else if (set->explain) {
        print_plan(t);
    } else if (set->table || (args->out.tty && !hone_args_given(args, "to"))) {
        print_table(t, (size_t)set->limit, args);
    } else {
        return hone_table_write(run, t, "-", &set->write);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_query = {
    .part.name = "query",
    .part.summary = "ask tables questions in SQL",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "SQL [NAME=]FILE...",
    .detail =
        "Every file is a table, called as the file is without its endings (sales-2024.csv.gz: sales_2024), or "
        "NAME where that is said. The SQL is SQLite's, and median(x), quantile(x, q), stddev(x), "
        "variance(x), corr(x, y) and x REGEXP 'pattern' beside its own functions. Files are only read. "
        "Days are 'YYYY-MM-DD' and moments 'YYYY-MM-DD HH:MM:SS' in UTC, for date() and strftime(); truths "
        "are 0 and 1. On a terminal the first rows are shown, a pipe gets CSV.",
    .examples =
        "hone query \"SELECT city, count(*), round(avg(price), 2) FROM homes GROUP BY city\" homes.csv\n"
        "hone query \"SELECT * FROM a JOIN b USING (id) WHERE a.x > 3\" a=new.csv b=old.parquet\n"
        "hone query \"SELECT strftime('%Y-%m', day) AS month, median(amount) FROM s GROUP BY 1\" s=sales.csv\n"
        "# keep the result in any format\n"
        "hone query \"SELECT * FROM logs WHERE level = 'error'\" logs.jsonl.zst --out errors.parquet\n"
        "# a random tenth by key, the same every time\n"
        "hone query \"SELECT * FROM t WHERE id % 10 = 0\" t=rows.csv --out tenth.csv",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 64,
    .run = run_query,
};

#include "cli/check_show.h"

#include "base/file.h"
#include "cli/input.h"
#include "report/check_page.h"

enum { SHOWN = 200, TOLD = 20 }; /* reports listed; findings of one on record */

static json_t *told_json(const struct hone_finding *f)
{
    json_t *object = json_object();

    hone_json_set_text(object, "check", f->check);
    hone_json_set_text(object, "severity", hone_severity_name(f->severity));
    hone_json_set_text(object, "column", f->column);
    hone_json_set_text(object, "message", f->message);
    hone_json_set(object, "rows", json_integer((json_int_t)f->rows));
    return object;
}

/* What did not pass, worst first. */
static const char *told_text(const struct hone_findings *findings, struct hone_arena *mem)
{
    HONE_JSON json_t *list = json_array();
    struct hone_buf text = hone_buf(mem);

    for (int s = HONE_FAIL; s > HONE_PASS; s--) {
        for (size_t i = 0; i < findings->n && json_array_size(list) < TOLD; i++) {
            if ((int)findings->item[i].severity == s) {
                hone_json_push(list, told_json(&findings->item[i]));
            }
        }
    }
    hone_json_write(&text, list, false);
    return text.ptr;
}

enum hone_code hone_check_record(struct hone_run *run, struct hone_store *store,
                                 const struct hone_check_made *made, struct hone_args *args)
{
    struct hone_sha sha;
    int64_t id;

    HONE_TRY(hone_table_hash(run, made->table, &sha));
    const struct hone_quality report = {
        .name = hone_path_stem(args->mem, made->path),
        .source = hone_path_absolute(args->mem, made->path),
        .data = sha.hex,
        .schema = hone_path_absolute(args->mem, made->schema),
        .rows = (int64_t)made->table->rows,
        .cols = (int64_t)made->table->cols,
        .passed = (int64_t)hone_findings_count(made->findings, HONE_PASS),
        .told = (int64_t)hone_findings_count(made->findings, HONE_INFO),
        .warned = (int64_t)hone_findings_count(made->findings, HONE_WARN),
        .failed = (int64_t)hone_findings_count(made->findings, HONE_FAIL),
        .findings = told_text(made->findings, args->mem),
    };
    return hone_quality_add(run, store, &report, &id);
}

static struct hone_check_item item_of(const struct hone_check_made *made, size_t i)
{
    const struct hone_finding *f = &made->findings->item[i];

    return (struct hone_check_item){
        .verdict = (enum hone_verdict)f->severity,
        .rule = i >= made->suite,
        .check = f->check,
        .column = f->column,
        .other = f->other,
        .message = f->message,
        .advice = f->advice,
        .rows = f->rows,
        .row = f->row,
        .row_n = f->row_n,
        .table = f->of_test ? made->test : made->table,
    };
}

/* Earlier reports of the same data set, from the store. */
static enum hone_code past_of(struct hone_run *run, struct hone_store *store,
                              const struct hone_check_made *made, struct hone_arena *mem,
                              struct hone_check_report *report)
{
    struct hone_quality *list = NULL;
    struct hone_check_past *past;
    size_t n = 0;
    const struct hone_quality_filter filter = {hone_path_stem(mem, made->path), SHOWN};

    if (store == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_quality_list(run, store, &filter, mem, &list, &n));
    HONE_TRY(hone_array(run, mem, &past, n));
    for (size_t i = 0; i < n; i++) {
        past[i] = (struct hone_check_past){list[i].time, (double)list[i].rows,
                                           (double)list[i].warned, (double)list[i].failed};
    }
    report->past = past;
    report->pasts = n;
    return HONE_OK;
}

enum hone_code hone_check_write_page(struct hone_run *run, struct hone_store *store,
                                     const struct hone_check_made *made, const char *path,
                                     struct hone_args *args)
{
    struct hone_page_look look = hone_input_look();
    struct hone_buf page = hone_buf(args->mem);
    struct hone_check_item *item;
    size_t n = 0;
    struct hone_check_report report = {
        .source = hone_path_base(made->path),
        .schema = made->schema == NULL ? NULL : hone_path_base(made->schema),
        .rows = made->table->rows,
        .cols = made->table->cols,
        .items = made->findings->n,
        .aside = made->aside,
    };

    const char **hidden;
    HONE_TRY(hone_array(run, args->mem, &hidden, made->table->cols));
    for (size_t j = 0; j < made->table->cols; j++) {
        if (hone_findings_hide(made->findings, made->table->column[j].name)) {
            hidden[report.hiddens++] = made->table->column[j].name;
        }
    }
    report.hidden = hidden;
    HONE_TRY(hone_array(run, args->mem, &item, made->findings->n));
    for (int s = HONE_FAIL; s >= HONE_PASS; s--) {
        for (size_t i = 0; i < made->findings->n; i++) {
            if ((int)made->findings->item[i].severity == s) {
                item[n++] = item_of(made, i);
            }
        }
    }
    report.item = item;
    HONE_TRY(past_of(run, store, made, args->mem, &report));
    hone_check_page(&report, &look, args->mem, &page);
    return hone_file_write(run, path, (struct hone_str){page.ptr, page.len});
}

/* --- history --- */

static enum hone_code history_json(struct hone_run *run, const struct hone_quality *list,
                                   size_t n)
{
    json_t *root = json_object();
    json_t *reports = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct hone_quality *q = &list[i];
        json_t *object = json_object();
        json_t *findings = NULL;
        if (hone_json_parse(run, hone_str(q->findings), &findings) != HONE_OK) {
            hone_error_clear(run);
            findings = json_array();
        }
        hone_json_set(object, "time_us", json_integer(q->time));
        hone_json_set_text(object, "name", q->name);
        hone_json_set_text(object, "source", q->source);
        hone_json_set_text(object, "data", q->data);
        hone_json_set_text(object, "schema", q->schema);
        hone_json_set(object, "rows", json_integer(q->rows));
        hone_json_set(object, "columns", json_integer(q->cols));
        hone_json_set(object, "passed", json_integer(q->passed));
        hone_json_set(object, "told", json_integer(q->told));
        hone_json_set(object, "warned", json_integer(q->warned));
        hone_json_set(object, "failed", json_integer(q->failed));
        hone_json_set(object, "findings", findings);
        hone_json_push(reports, object);
    }
    hone_json_set(root, "reports", reports);
    hone_print_json(root);
    return HONE_OK;
}

/* The worst finding of a report in few words. */
static const char *worst_of(struct hone_run *run, struct hone_args *args,
                            const struct hone_quality *q)
{
    HONE_JSON json_t *list = NULL;
    struct hone_buf text = hone_buf(args->mem);

    hone_buf_text(&text, "");
    if (hone_json_parse(run, hone_str(q->findings), &list) != HONE_OK) {
        hone_error_clear(run);
        return "";
    }
    for (size_t i = 0; i < json_array_size(list) && i < 3; i++) {
        const json_t *f = json_array_get(list, i);
        const char *column = hone_json_get_text(f, "column", NULL);
        if (strcmp(hone_json_get_text(f, "severity", ""), "info") == 0) {
            break;
        }
        hone_buf_format(&text, "%s%s%s%s", i == 0 ? "" : ", ",
                        hone_json_get_text(f, "check", ""), column == NULL ? "" : " ",
                        column == NULL ? "" : column);
    }
    return hone_text_fit(&args->out, args->mem, (struct hone_str){text.ptr, text.len}, 60);
}

static void history_text(struct hone_run *run, struct hone_args *args,
                         const struct hone_quality *list, size_t n)
{
    static const struct hone_grid_column columns[] = {
        {"checked", HONE_LEFT, HONE_PLAIN, 0}, {"data", HONE_LEFT, HONE_BOLD, 8},
        {"rows", HONE_RIGHT, HONE_PLAIN, 0},   {"pass", HONE_RIGHT, HONE_GREEN, 0},
        {"warn", HONE_RIGHT, HONE_YELLOW, 0},  {"fail", HONE_RIGHT, HONE_RED, 0},
        {"", HONE_LEFT, HONE_BLUE, 0},         {"worst", HONE_LEFT, HONE_PLAIN, 16},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 8);
    int64_t most = 1;

    for (size_t i = 0; i < n; i++) {
        int64_t found = list[i].warned + list[i].failed;
        most = found > most ? found : most;
    }
    for (size_t i = 0; i < n; i++) {
        const struct hone_quality *q = &list[i];
        double share = (double)(q->warned + q->failed) / (double)most;
        const char *const cells[] = {
            hone_text_when(args->mem, q->time),
            hone_text_fit(&args->out, args->mem, hone_str(q->name), 24),
            hone_text_count(args->mem, (uint64_t)q->rows),
            hone_text_count(args->mem, (uint64_t)(q->passed + q->told)),
            hone_text_count(args->mem, (uint64_t)q->warned),
            hone_text_count(args->mem, (uint64_t)q->failed),
            hone_bar(&args->out, args->mem, share, 10),
            worst_of(run, args, q),
        };
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

enum hone_code hone_check_history(struct hone_run *run, struct hone_store *store,
                                  const char *data, struct hone_args *args)
{
    struct hone_quality *list = NULL;
    size_t n = 0;
    bool file = data != NULL && hone_file_exists(data);
    const struct hone_quality_filter filter = {
        file ? hone_path_absolute(args->mem, data) : data, SHOWN};

    HONE_TRY(hone_quality_list(run, store, &filter, args->mem, &list, &n));
    if (n == 0 && file) { /* it may have been checked elsewhere under this name */
        const struct hone_quality_filter by_name = {hone_path_stem(args->mem, data), SHOWN};
        HONE_TRY(hone_quality_list(run, store, &by_name, args->mem, &list, &n));
    }
    if (args->global.json) {
        return history_json(run, list, n);
    }
    if (n == 0) {
        printf("no check%s%s is on record\n", data == NULL ? "" : " of ",
               data == NULL ? "" : data);
        return HONE_OK;
    }
    history_text(run, args, list, n);
    return HONE_OK;
}

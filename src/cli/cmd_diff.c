#include <math.h>

#include "base/file.h"
#include "cli/input.h"
#include "report/diff_page.h"

struct settings {
    struct hone_texts key;
    const char *tolerance;
    bool exit_code;
    const char *html;
    const char *out;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_LIST(struct settings, key, .arg = "COL", .help = "columns that together name a row"),
    HONE_TEXT(struct settings, tolerance, NULL, .arg = "ABS[,REL]",
              .help =
                  "numbers this near are the same: by at most ABS, or REL times the greater"),
    HONE_FLAG(struct settings, exit_code, false,
              .help = "exit status 1 when the tables differ"),
    HONE_TEXT(struct settings, out, NULL, .arg = "FILE",
              .help = "write the rows that differ, with a column _change"),
    HONE_TEXT(struct settings, html, NULL, .arg = "FILE", .help = "write a page"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

enum { ROWS = 5 };

/* One of both arguments as a table; path gets its name for messages. */
static enum hone_code read_side(struct hone_run *run, const struct settings *set,
                                const struct hone_args *args, size_t side,
                                struct hone_table **out, const char **name)
{
    struct hone_read_report report = {0};

    HONE_TRY(hone_input_read(run, args, args->item[side], &set->read, args->mem, out, &report));
    *name = report.path;
    return HONE_OK;
}

static enum hone_code read_tolerance(struct hone_run *run, const char *text,
                                     struct hone_diff_options *options)
{
    struct hone_str first;
    struct hone_str rest;
    bool two;

    if (text == NULL) {
        return HONE_OK;
    }
    two = hone_str_cut(hone_str(text), ',', &first, &rest);
    if (!hone_parse_f64(first, &options->absolute) || !(options->absolute >= 0) ||
        !isfinite(options->absolute) ||
        (two && (!hone_parse_f64(rest, &options->relative) || !(options->relative >= 0) ||
                 !isfinite(options->relative)))) {
        (void)hone_fail(run, HONE_E_ARG, "--tolerance %s is no pair of numbers from 0 on",
                        text);
        return hone_hint(run, "for instance --tolerance 0.001 or --tolerance 0,1e-9");
    }
    return HONE_OK;
}

static void print_title(const struct hone_args *args, const char *title)
{
    printf("\n%s%s%s\n", hone_style(&args->out, HONE_BOLD), title,
           hone_style(&args->out, HONE_PLAIN));
}

static const char *fit(const struct hone_args *args, const char *text, size_t width)
{
    return hone_text_fit(&args->out, args->mem, hone_str(text), width);
}

static void print_schema(struct hone_args *args, const struct hone_diff *d)
{
    if (d->columns_added + d->columns_removed + d->columns_retyped + d->columns_moved == 0) {
        return;
    }
    print_title(args, "Columns");
    for (size_t i = 0; i < d->n; i++) {
        const char *what = hone_diff_schema_change(args->mem, &d->column[i]);
        if (what[0] != '\0') {
            printf("  %s%s%s: %s\n", hone_style(&args->out, HONE_YELLOW),
                   fit(args, d->column[i].name, 40), hone_style(&args->out, HONE_PLAIN), what);
        }
    }
}

static void print_cells(struct hone_args *args, const struct hone_diff *d)
{
    static const struct hone_grid_column columns[] = {
        {"column", HONE_LEFT, HONE_BOLD, 12},
        {"changed", HONE_RIGHT, HONE_PLAIN, 0},
        {"", HONE_LEFT, HONE_BLUE, 0},
        {"for instance", HONE_LEFT, HONE_PLAIN, 20},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 4);

    if (d->cells == 0) {
        return;
    }
    print_title(args, "Changed cells");
    for (size_t i = 0; i < d->n; i++) {
        const struct hone_diff_column *c = &d->column[i];
        struct hone_buf examples = hone_buf(args->mem);
        for (size_t k = 0; k < c->examples && k < 2; k++) {
            hone_buf_format(&examples, "%s%s", k == 0 ? "" : "; ",
                            hone_diff_example_text(args->mem, &c->example[k]));
        }
        const char *const cells[] = {
            fit(args, c->name, 40),
            hone_text_count(args->mem, c->changed),
            hone_bar(&args->out, args->mem, (double)c->changed / (double)(d->same + d->changed),
                     10),
            examples.ptr == NULL ? "" : fit(args, examples.ptr, 90),
        };
        if (c->changed != 0) {
            hone_grid_row(&grid, cells);
        }
    }
    hone_grid_print(&grid, &args->out);
}

/* "rows 4, 9, 17 and 12 more" */
static void print_rows(const struct hone_args *args, const char *what, const char *table,
                       const uint32_t *row, size_t n)
{
    if (n == 0) {
        return;
    }
    printf("  %s: row%s ", what, n == 1 ? "" : "s");
    for (size_t i = 0; i < n && i < ROWS; i++) {
        printf("%s%zu", i == 0 ? "" : ", ", (size_t)row[i] + 1);
    }
    if (n > ROWS) {
        printf(" and %s more", hone_text_count(args->mem, n - ROWS));
    }
    printf(" of %s\n", fit(args, table, 60));
}

static void print_shifts(struct hone_args *args, const struct hone_diff *d)
{
    bool any = false;

    for (size_t i = 0; i < d->n; i++) {
        const struct hone_diff_column *c = &d->column[i];
        const char *what = hone_diff_movement(args->mem, c);
        if (c->a == SIZE_MAX || c->b == SIZE_MAX ||
            (c->shift < HONE_SHIFT_MODERATE && what[0] == '\0')) {
            continue;
        }
        if (!any) {
            print_title(args, "Distributions");
            any = true;
        }
        printf("  %s%s%s: ",
               hone_style(&args->out, c->shift == HONE_SHIFT_LARGE      ? HONE_RED
                                      : c->shift == HONE_SHIFT_MODERATE ? HONE_YELLOW
                                                                        : HONE_BOLD),
               fit(args, c->name, 40), hone_style(&args->out, HONE_PLAIN));
        if (c->shift != HONE_SHIFT_NONE) {
            printf("%s shift", hone_shift_name(c->shift));
            if (!isnan(c->psi)) {
                printf(", PSI %.2f", c->psi);
            }
            if (!isnan(c->ks)) {
                printf(", KS %.2f", c->ks);
            }
            fputs(what[0] == '\0' ? "" : "; ", stdout);
        }
        printf("%s\n", fit(args, what, 160));
    }
}

static void print_diff(struct hone_args *args, const struct hone_diff *d, const char *name_a,
                       const char *name_b)
{
    printf("%s%s -> %s%s  %s\n", hone_style(&args->out, HONE_BOLD), fit(args, name_a, 60),
           fit(args, name_b, 60), hone_style(&args->out, HONE_PLAIN),
           hone_diff_summary(args->mem, d));
    print_schema(args, d);
    print_cells(args, d);
    if (d->added + d->removed != 0) {
        print_title(args, "Rows");
        print_rows(args, "removed", name_a, d->removed_row, d->removed);
        print_rows(args, "added", name_b, d->added_row, d->added);
        if (d->unique != NULL) {
            printf("  rows were compared whole; --key %s would tell changed rows\n",
                   fit(args, d->unique, 40));
        }
    }
    print_shifts(args, d);
}

static enum hone_code write_files(struct hone_run *run, const struct settings *set,
                                  const struct hone_diff *d,
                                  const struct hone_table *const t[2],
                                  const char *const name[2])
{
    struct hone_page_look look = hone_input_look();
    HONE_ARENA(mem);
    struct hone_buf page = hone_buf(&mem);

    if (set->out != NULL) {
        struct hone_table *rows;
        HONE_TRY(hone_diff_rows(run, t[0], t[1], d, &mem, &rows));
        HONE_TRY(hone_table_write(run, rows, set->out, NULL));
    }
    if (set->html != NULL) {
        hone_diff_page(d, hone_path_base(name[0]), hone_path_base(name[1]), &look, &mem, &page);
        HONE_TRY(hone_file_write(run, set->html, (struct hone_str){page.ptr, page.len}));
    }
    return HONE_OK;
}

static enum hone_code run_diff(struct hone_run *run, const void *settings,
                               struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_diff_options options = {.key = set->key};
    struct hone_table *t[2];
    const char *name[2];
    struct hone_diff *d;

    HONE_TRY(read_tolerance(run, set->tolerance, &options));
    HONE_TRY(read_side(run, set, args, 0, &t[0], &name[0]));
    HONE_TRY(read_side(run, set, args, 1, &t[1], &name[1]));
    options.name_a = name[0];
    options.name_b = name[1];
    HONE_TRY(hone_table_diff(run, t[0], t[1], &options, args->mem, &d));
    HONE_TRY(write_files(run, set, d, (const struct hone_table *const[2]){t[0], t[1]}, name));
    if (args->global.json) {
        json_t *result = hone_diff_json(d);
        hone_json_set_text(result, "path_a", name[0]);
        hone_json_set_text(result, "path_b", name[1]);
        hone_json_set_text(result, "out", set->out);
        hone_json_set_text(result, "html", set->html);
        hone_print_json(result);
        args->answered = true;
    } else {
        print_diff(args, d, name[0], name[1]);
    }
    if (set->exit_code && !d->equal) {
        return hone_fail(run, HONE_E_GATE, "%s and %s differ", name[0], name[1]);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_diff = {
    .part.name = "diff",
    .part.summary = "what changed between two tables: columns, rows, cells, distributions",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA1 DATA2",
    .detail =
        "Columns are matched by name. With --key rows are matched by it and changed cells "
        "are told one by one; without, rows are compared whole, whatever their order. A "
        "shift of a column's distribution is moderate from a PSI or a gap of the "
        "distribution functions of 0.1 on, large from a PSI of 0.25 or a gap of 0.2 on.",
    .examples = "hone diff monday.csv tuesday.csv --key id\n"
                "hone diff old.csv new.csv --key day,shop --tolerance 0.01,1e-6\n"
                "hone diff old.csv new.csv --key id --out changed.csv --html changes.html\n"
                "hone diff a.csv b.csv --exit-code >/dev/null && echo same",
    .stage = HONE_STAGE_DATA,
    .min_args = 2,
    .max_args = 2,
    .run = run_diff,
};

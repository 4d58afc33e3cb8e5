#include "base/file.h"
#include "cli/input.h"
#include "profile/profile.h"
#include "report/profile_page.h"

struct settings {
    const char *html;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, html, NULL, .arg = "FILE", .help = "write a page with charts"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

static double share_of(size_t part, size_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

/* The shape of a column, in half as many bars where the terminal is narrow. */
static const char *shape_of(struct hone_args *args, const struct hone_column_profile *c)
{
    size_t n;
    const size_t *shape = hone_profile_shape(args->mem, c, &n);
    size_t *half;

    if (c->bins < 16 || !args->out.tty || args->out.width >= 100) {
        return hone_sparkline(&args->out, args->mem, shape, n);
    }
    half = hone_arena_must(args->mem, (n / 2 + 1) * sizeof *half);
    for (size_t i = 0; i < n; i++) {
        half[i / 2] += shape[i];
    }
    return hone_sparkline(&args->out, args->mem, half, (n + 1) / 2);
}

static void print_columns(struct hone_args *args, const struct hone_profile *p)
{
    static const struct hone_grid_column columns[] = {
        {"column", HONE_LEFT, HONE_BOLD, 12},      {"type", HONE_LEFT, HONE_PLAIN, 0},
        {"missing", HONE_RIGHT, HONE_PLAIN, 0},    {"distinct", HONE_RIGHT, HONE_PLAIN, 0},
        {"distribution", HONE_LEFT, HONE_BLUE, 0}, {"values", HONE_LEFT, HONE_PLAIN, 16},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 6);

    for (size_t j = 0; j < p->cols; j++) {
        const struct hone_column_profile *c = &p->column[j];
        const char *const cells[] = {
            hone_text_fit(&args->out, args->mem, hone_str(c->name), 40),
            hone_type_name(c->type),
            c->missing == 0 ? "" : hone_text_share(args->mem, share_of(c->missing, c->rows)),
            hone_text_count(args->mem, c->distinct),
            shape_of(args, c),
            hone_text_fit(&args->out, args->mem, hone_str(hone_profile_summary(args->mem, c)),
                          72),
        };
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

static void print_notes(struct hone_args *args, const struct hone_profile *p)
{
    const struct hone_term *out = &args->out;
    bool any = false;

    for (size_t j = 0; j < p->cols; j++) {
        for (size_t i = 0; i < p->column[j].notes; i++) {
            if (!any) {
                printf("\n%sWhat stands out%s\n", hone_style(out, HONE_BOLD),
                       hone_style(out, HONE_PLAIN));
                any = true;
            }
            printf("  %s%s%s: %s\n", hone_style(out, HONE_YELLOW),
                   hone_text_fit(out, args->mem, hone_str(p->column[j].name), 40),
                   hone_style(out, HONE_PLAIN),
                   hone_text_fit(out, args->mem, hone_str(p->column[j].note[i]), 160));
        }
    }
}

static void print_profile(struct hone_args *args, const struct hone_profile *p,
                          const struct hone_read_report *report)
{
    struct hone_arena *mem = args->mem;

    printf("%s%s%s  %s rows, %s columns, %s in memory", hone_style(&args->out, HONE_BOLD),
           report->path, hone_style(&args->out, HONE_PLAIN), hone_text_count(mem, p->rows),
           hone_text_count(mem, p->cols), hone_text_bytes(mem, p->bytes));
    if (p->missing_cells != 0) {
        printf(", %s of the cells missing",
               hone_text_share(mem, share_of(p->missing_cells, p->rows * p->cols)));
    }
    if (p->duplicate_rows != 0) {
        printf(", %s%s duplicate rows%s", hone_style(&args->out, HONE_YELLOW),
               hone_text_count(mem, p->duplicate_rows), hone_style(&args->out, HONE_PLAIN));
    }
    fputs("\n\n", stdout);
    print_columns(args, p);
    print_notes(args, p);
}

static enum hone_code write_page(struct hone_run *run, const struct hone_profile *p,
                                 const char *source, const char *path)
{
    struct hone_page_look look = hone_input_look();
    struct hone_buf page = hone_buf(&run->scratch);
    HONE_SCRATCH(run);

    hone_profile_page(p, source, &look, &run->scratch, &page);
    return hone_file_write(run, path, (struct hone_str){page.ptr, page.len});
}

static enum hone_code run_profile(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_read_report report = {0};
    struct hone_table *t;
    struct hone_profile *profile;

    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &t, &report));
    HONE_TRY(hone_table_profile(run, t, args->mem, &profile));
    if (set->html != NULL) {
        HONE_TRY(write_page(run, profile, hone_path_base(report.path), set->html));
    }
    if (args->global.json) {
        json_t *result = hone_profile_json(profile);
        hone_json_set_text(result, "path", report.path);
        hone_json_set_text(result, "format", report.format);
        hone_json_set(result, "bad_rows", json_integer((json_int_t)report.bad_rows));
        hone_json_set_text(result, "html", set->html);
        hone_print_json(result);
    } else if (set->html != NULL) {
        printf("wrote %s\n", set->html);
    } else {
        print_profile(args, profile, &report);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_profile = {
    .part.name = "profile",
    .part.summary = "what is in a table: types, missing values, ranges, what stands out",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA",
    .examples = "hone profile rows.csv\n"
                "hone profile rows.csv --html rows.html\n"
                "hone profile rows.csv --json | jq '.columns[] | select(.missing > 0)'",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 1,
    .run = run_profile,
};

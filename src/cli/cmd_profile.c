#include <math.h>

#include "base/file.h"
#include "cli/input.h"
#include "privacy/personal.h"
#include "profile/associate.h"
#include "report/profile_page.h"

struct settings {
    const char *html;
    const char *target;
    bool associations;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, html, NULL, .arg = "FILE", .help = "write a page with charts"),
    HONE_TEXT(struct settings, target, NULL, .arg = "COL",
              .help = "what each column alone tells about this one"),
    HONE_FLAG(struct settings, associations, true,
              .help = "measure how columns hang together, pair by pair"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

/* Lines that a terminal shows; pages and JSON have more. */
enum { PAIRS = 12, NOTES = 20, FEATURES = 15, JSON_PAIRS = 200 };
#define WEAKEST 0.2 /* pairs below are not worth a line */

static double share_of(size_t part, size_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

/* The shape of a column in at most room characters: neighbouring bars are put together. */
static const char *shape_of(struct hone_args *args, const struct hone_column_profile *c)
{
    size_t room = args->out.tty && args->out.width < 100 ? 12 : 24;
    size_t n;
    const size_t *shape = hone_profile_shape(args->mem, c, &n);
    size_t each = (n + room - 1) / room;
    size_t *few;

    if (c->histogram.bins == 0 || each <= 1) {
        return hone_sparkline(&args->out, args->mem, shape, n);
    }
    few = hone_arena_must(args->mem, (n / each + 1) * sizeof *few);
    for (size_t i = 0; i < n; i++) {
        few[i / each] += shape[i];
    }
    return hone_sparkline(&args->out, args->mem, few, (n + each - 1) / each);
}

static void print_title(const struct hone_args *args, const char *title)
{
    printf("\n%s%s%s\n", hone_style(&args->out, HONE_BOLD), title,
           hone_style(&args->out, HONE_PLAIN));
}

static const char *name_of(const struct hone_args *args, const struct hone_profile *p, size_t j)
{
    return hone_text_fit(&args->out, args->mem, hone_str(p->column[j].name), 40);
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
            name_of(args, p, j),
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

static void print_missing(struct hone_args *args, const struct hone_profile *p)
{
    const struct hone_missingness *m = &p->missingness;

    if (m->pairs == 0) {
        return;
    }
    print_title(args, "Missing together");
    for (size_t i = 0; i < m->pairs && i < 5; i++) {
        printf("  %s%s%s with %s%s%s: in %s of the %s rows where either is missing\n",
               hone_style(&args->out, HONE_YELLOW), name_of(args, p, m->pair[i].a),
               hone_style(&args->out, HONE_PLAIN), hone_style(&args->out, HONE_YELLOW),
               name_of(args, p, m->pair[i].b), hone_style(&args->out, HONE_PLAIN),
               hone_text_count(args->mem, m->pair[i].both),
               hone_text_count(args->mem, m->pair[i].either));
    }
}

static void print_pairs(struct hone_args *args, const struct hone_profile *p,
                        const struct hone_associations *found)
{
    static const struct hone_grid_column columns[] = {
        {"column", HONE_LEFT, HONE_BOLD, 12},   {"with", HONE_LEFT, HONE_BOLD, 12},
        {"strength", HONE_LEFT, HONE_BLUE, 0},  {"", HONE_LEFT, HONE_PLAIN, 0},
        {"measure", HONE_LEFT, HONE_PLAIN, 10},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 5);
    size_t n = 0;

    for (; n < found->pairs && fabs(found->pair[n].value) >= WEAKEST; n++) {
        const struct hone_association *pair = &found->pair[n];
        const char *const cells[] = {
            name_of(args, p, pair->a),
            name_of(args, p, pair->b),
            hone_bar(&args->out, args->mem, fabs(pair->value), 10),
            hone_profile_pair(args->mem, pair),
            hone_profile_measure(hone_measure_name(pair->measure)),
        };
        if (n < PAIRS) {
            hone_grid_row(&grid, cells);
        }
    }
    if (n > 0) {
        print_title(args, "How columns hang together");
        hone_grid_print(&grid, &args->out);
        if (n > PAIRS) {
            printf("  and %s more pairs of at least %g\n",
                   hone_text_count(args->mem, n - PAIRS), WEAKEST);
        }
    }
    if (found->left_out > 0) {
        printf("  %zu columns were not compared; %zu were\n", found->left_out, found->n);
    }
}

static void print_target(struct hone_args *args, const struct hone_profile *p,
                         const struct hone_target_profile *t)
{
    static const struct hone_grid_column columns[] = {
        {"column", HONE_LEFT, HONE_BOLD, 12}, {"strength", HONE_LEFT, HONE_BLUE, 0},
        {"", HONE_RIGHT, HONE_PLAIN, 0},      {"measure", HONE_LEFT, HONE_PLAIN, 10},
        {"value", HONE_RIGHT, HONE_PLAIN, 0}, {"", HONE_LEFT, HONE_RED, 8},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 6);
    const char *name = name_of(args, p, t->column);

    print_title(args, hone_arena_format(args->mem, "What tells about %s", name));
    if (t->kind == HONE_TARGET_BINARY) {
        printf("  %s is %s in %s of %s rows\n", name,
               hone_text_fit(&args->out, args->mem, hone_str(t->class[1]), 30),
               hone_text_share(args->mem, t->mean), hone_text_count(args->mem, t->rows));
    } else if (t->kind == HONE_TARGET_NUMBER) {
        printf("  %s has mean %s over %s rows\n", name, hone_text_number(args->mem, t->mean, 5),
               hone_text_count(args->mem, t->rows));
    } else {
        printf("  %s has %zu classes in %s rows, most often %s\n", name, t->classes,
               hone_text_count(args->mem, t->rows),
               hone_text_fit(&args->out, args->mem, hone_str(t->class[0]), 30));
    }
    for (size_t i = 0; i < t->features && i < FEATURES; i++) {
        const struct hone_target_feature *f = &t->feature[i];
        const char *const cells[] = {
            name_of(args, p, f->column),
            hone_bar(&args->out, args->mem, f->strength, 10),
            hone_arena_format(args->mem, "%.3f", f->strength),
            hone_profile_measure(f->measure),
            isnan(f->value) ? "" : hone_arena_format(args->mem, "%.3f", f->value),
            f->suspect ? "gives the target away" : "",
        };
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
    if (t->features > FEATURES) {
        printf("  and %zu more that tell less\n", t->features - FEATURES);
    }
}

/* "age", "age and income", "num0, num1, num2 and 15 more". */
static const char *join_names(const struct hone_args *args, const struct hone_profile *p,
                              const struct hone_profile_finding *f)
{
    struct hone_buf buf = hone_buf(args->mem);
    size_t shown = f->columns <= 4 ? f->columns : 3;

    for (size_t i = 0; i < shown; i++) {
        hone_buf_format(&buf, "%s%s",
                        i == 0                                       ? ""
                        : i + 1 == f->columns && shown == f->columns ? " and "
                                                                     : ", ",
                        name_of(args, p, f->column[i]));
    }
    if (shown < f->columns) {
        hone_buf_format(&buf, " and %zu more", f->columns - shown);
    }
    return buf.ptr;
}

static enum hone_code print_notes(struct hone_run *run, struct hone_args *args,
                                  const struct hone_profile *p)
{
    const struct hone_term *out = &args->out;
    struct hone_profile_finding *finding;
    size_t n;

    HONE_TRY(hone_profile_findings(run, p, args->mem, &finding, &n));
    if (n == 0) {
        return HONE_OK;
    }
    print_title(args, "What stands out");
    for (size_t i = 0; i < n && i < NOTES; i++) {
        const struct hone_profile_note *note = &finding[i].note;
        const char *line =
            hone_arena_format(args->mem, "%s%s%s: %s",
                              hone_style(out, note->weight >= 0.5 ? HONE_YELLOW : HONE_BOLD),
                              join_names(args, p, &finding[i]), hone_style(out, HONE_PLAIN),
                              hone_text_fit(out, args->mem, hone_str(note->text), 200));
        fputs("  ", stdout);
        if (out->tty) {
            hone_print_wrapped(out, line, 4);
        } else {
            puts(line);
        }
    }
    if (n > NOTES) {
        printf("  and %zu more: --html or --json has them all\n", n - NOTES);
    }
    return HONE_OK;
}

static void print_head(struct hone_args *args, const struct hone_profile *p,
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
        printf(", %s%s duplicate row%s%s", hone_style(&args->out, HONE_YELLOW),
               hone_text_count(mem, p->duplicate_rows), p->duplicate_rows == 1 ? "" : "s",
               hone_style(&args->out, HONE_PLAIN));
    }
    fputs("\n\n", stdout);
}

static enum hone_code print_profile(struct hone_run *run, struct hone_args *args,
                                    const struct hone_profile_view *view,
                                    const struct hone_read_report *report)
{
    print_head(args, view->profile, report);
    print_columns(args, view->profile);
    HONE_TRY(print_notes(run, args, view->profile));
    print_missing(args, view->profile);
    if (view->pairs != NULL) {
        print_pairs(args, view->profile, view->pairs);
    }
    if (view->target != NULL) {
        print_target(args, view->profile, view->target);
    }
    return HONE_OK;
}

static enum hone_code write_page(struct hone_run *run, const struct hone_profile_view *view,
                                 const char *source, const char *path)
{
    struct hone_page_look look = hone_input_look();
    HONE_ARENA(mem);
    struct hone_buf page = hone_buf(&mem);

    hone_profile_page(view, source, &look, &mem, &page);
    return hone_file_write(run, path, (struct hone_str){page.ptr, page.len});
}

static void print_result(const struct hone_profile_view *view,
                         const struct hone_read_report *report, const char *html)
{
    json_t *result = hone_profile_json(view->profile);

    if (view->pairs != NULL) {
        hone_json_set(result, "associations",
                      hone_associations_json(view->pairs, view->profile, JSON_PAIRS));
    }
    if (view->target != NULL) {
        hone_json_set(result, "target", hone_target_json(view->target, view->profile));
    }
    hone_json_set_text(result, "path", report->path);
    hone_json_set_text(result, "format", report->format);
    hone_json_set(result, "bad_rows", json_integer((json_int_t)report->bad_rows));
    hone_json_set_text(result, "html", html);
    hone_print_json(result);
}

/* Columns that hold personal data: the values of what names one person by itself are not shown. */
static enum hone_code mark_personal(struct hone_run *run, const struct hone_table *t,
                                    struct hone_profile *profile, struct hone_arena *mem)
{
    struct hone_personals found;

    HONE_TRY(hone_personal_find(run, t, mem, &found));
    for (size_t i = 0; i < found.n; i++) {
        const struct hone_personal *p = &found.item[i];
        if (hone_personal_of(&found, p->column) == p) { /* the surest of each column */
            hone_profile_mark(profile, p->column, p->title,
                              hone_arena_format(mem, "personal data: %s", p->why),
                              p->weight == HONE_DIRECT);
        }
    }
    return HONE_OK;
}

/* All that the settings ask for; how long each took is told with --verbose. */
static enum hone_code look(struct hone_run *run, const struct settings *set,
                           struct hone_args *args, const struct hone_table *t,
                           struct hone_profile_view *view)
{
    struct hone_profile *profile;
    struct hone_associations *pairs = NULL;
    struct hone_target_profile *target = NULL;
    int64_t began = hone_ticks_ns();
    int64_t between;
    int64_t then;

    HONE_TRY(hone_table_profile(run, t, args->mem, &profile));
    HONE_TRY(mark_personal(run, t, profile, args->mem));
    between = hone_ticks_ns();
    if (set->associations) {
        HONE_TRY(hone_table_associate(run, t, profile, args->mem, &pairs));
    }
    then = hone_ticks_ns();
    if (set->target != NULL) {
        HONE_TRY(hone_target_profile(run, t, profile, set->target, args->mem, &target));
    }
    if (args->global.verbose) {
        fprintf(stderr, "profile: columns %.3f s, associations %.3f s, target %.3f s\n",
                (double)(between - began) * 1e-9, (double)(then - between) * 1e-9,
                (double)(hone_ticks_ns() - then) * 1e-9);
    }
    *view = (struct hone_profile_view){profile, pairs, target};
    return HONE_OK;
}

static enum hone_code run_profile(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_read_report report = {0};
    struct hone_table *t;
    struct hone_profile_view view;

    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &t, &report));
    HONE_TRY(look(run, set, args, t, &view));
    if (set->html != NULL) {
        HONE_TRY(write_page(run, &view, hone_path_base(report.path), set->html));
    }
    if (args->global.json) {
        print_result(&view, &report, set->html);
    } else if (set->html != NULL) {
        printf("wrote %s\n", set->html);
    } else {
        HONE_TRY(print_profile(run, args, &view, &report));
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
    .detail =
        "Every figure is exact. Values of columns that seem to hold personal data are not "
        "shown. Pairs of columns are measured by Spearman's and Pearson's correlation, "
        "Cram\u00e9r's V and the correlation ratio, whichever fits their types.",
    .examples = "hone profile rows.csv\n"
                "hone profile rows.csv --target price\n"
                "hone profile rows.csv --html rows.html\n"
                "hone profile rows.csv --columns age,income --where 'age >= 18'\n"
                "hone profile rows.csv --json | jq '.column[] | select(.missing > 0)'",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 1,
    .run = run_profile,
};

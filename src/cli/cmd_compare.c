/* hone compare: models beside each other, on the same rows or as they are on record. */
#include <math.h>

#include "base/file.h"
#include "cli/input.h"
#include "flow/judge/versus.h"
#include "report/compare_page.h"

struct settings {
    const char *data;
    const char *target;
    struct hone_texts metrics;
    int64_t bootstrap;
    int64_t latency;
    const char *html;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, data, NULL, .arg = "DATA",
              .help = "score these rows, which have the answers, with all models"),
    HONE_TEXT(struct settings, target, NULL, .arg = "COL",
              .help = "column of the answers (default: what the first model predicts)"),
    HONE_LIST(struct settings, metrics, .arg = "NAME,...",
              .help = "only these (default: all of the task; see hone list metrics)"),
    HONE_INT(struct settings, bootstrap, 500, 50, 100000,
             .help = "resamples behind intervals and tests"),
    HONE_INT(struct settings, latency, 200, 0, 100000,
             .help = "rows that are timed one by one; 0: no timing"),
    HONE_TEXT(struct settings, html, NULL, .arg = "FILE", .help = "write a page"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {
    {"Reading", hone_read_params, offsetof(struct settings, read)},
    {NULL, NULL, 0},
};

/* --- for people ----------------------------------------------------------------------- */

struct print {
    const struct hone_args *args;
    struct hone_arena *mem;
    const json_t *doc;
    size_t n; /* models */
};

static const char *real(const struct print *p, double value)
{
    return isnan(value) ? "undefined" : hone_text_number(p->mem, value, 5);
}

static const char *member(const struct print *p, const json_t *o, const char *key)
{
    return real(p, hone_json_get_real(o, key, (double)NAN));
}

static const char *style(const struct print *p, enum hone_style s)
{
    return hone_style(&p->args->out, s);
}

/* A, B, C ... stand for the models, whose names are long. */
static const char *letter(const struct print *p, size_t m)
{
    return hone_arena_format(p->mem, "%c", (int)('A' + m));
}

static const char *letter_of(const struct print *p, const char *uri)
{
    const json_t *models = json_object_get(p->doc, "models");
    for (size_t m = 0; m < p->n; m++) {
        if (strcmp(hone_json_get_text(json_array_get(models, m), "model", ""), uri) == 0) {
            return letter(p, m);
        }
    }
    return uri;
}

static const char *plain(const struct print *p, const json_t *value)
{
    if (value == NULL || json_is_null(value)) {
        return "";
    }
    if (json_is_string(value)) {
        return hone_text_fit(&p->args->out, p->mem, hone_str(json_string_value(value)), 40);
    }
    struct hone_buf text = hone_buf(p->mem);
    hone_json_write(&text, value, false);
    return text.ptr;
}

/* First a column of names, then one per model. */
static struct hone_grid model_grid(const struct print *p, const char *title,
                                   struct hone_grid_column *column)
{
    column[0] = (struct hone_grid_column){.title = title, .align = HONE_LEFT};
    for (size_t m = 0; m < p->n; m++) {
        column[m + 1] = (struct hone_grid_column){.title = letter(p, m), .align = HONE_RIGHT};
    }
    return hone_grid(p->mem, column, p->n + 1);
}

static const char *micro(const struct print *p, const json_t *o, const char *key)
{
    double seconds = hone_json_get_real(o, key, (double)NAN);
    return isnan(seconds) ? "" : hone_arena_format(p->mem, "%s µs", real(p, 1e6 * seconds));
}

static void print_models(const struct print *p)
{
    const json_t *o;
    size_t m;
    json_array_foreach(json_object_get(p->doc, "models"), m, o)
    {
        printf("%s%s%s  %s", style(p, HONE_BOLD), letter(p, m), style(p, HONE_PLAIN),
               hone_json_get_text(o, "model", ""));
        if (json_object_get(o, "bytes") != NULL) {
            printf(", %s, %lld inputs",
                   hone_text_bytes(p->mem, (uint64_t)hone_json_get_int(o, "bytes", 0)),
                   (long long)hone_json_get_int(o, "inputs", 0));
        }
        if (json_is_number(json_object_get(o, "seconds_single"))) {
            printf("; %s for one row, %s per row of many", micro(p, o, "seconds_single"),
                   micro(p, o, "seconds_per_row"));
        }
        printf("\n");
        if (hone_json_get_bool(o, "trained_on_these_rows", false)) {
            printf("   %sit was made from this very table, rows it learned from included: its "
                   "figures are too good%s\n",
                   style(p, HONE_YELLOW), style(p, HONE_PLAIN));
        }
        if (hone_json_get_int(o, "lost", 0) > 0) {
            printf("   %lld values were not of their column's type and were taken as missing\n",
                   (long long)hone_json_get_int(o, "lost", 0));
        }
    }
}

static void print_metrics(const struct print *p)
{
    struct hone_grid_column column[HONE_VERSUS_MODELS + 1];
    struct hone_grid grid = model_grid(p, "metric", column);
    const json_t *o;
    const json_t *v;
    size_t k;
    size_t m;
    json_array_foreach(json_object_get(p->doc, "metrics"), k, o)
    {
        const char *cell[HONE_VERSUS_MODELS + 1];
        const char *best = hone_json_get_text(o, "best", "");
        cell[0] = hone_json_get_text(o, "metric", "");
        json_array_foreach(json_object_get(o, "models"), m, v)
        {
            double low = hone_json_get_real(v, "low", (double)NAN);
            const char *uri = hone_json_get_text(
                json_array_get(json_object_get(p->doc, "models"), m), "model", "");
            cell[m + 1] = hone_arena_format(
                p->mem, "%s%s%s", member(p, v, "value"),
                isnan(low) ? ""
                           : hone_arena_format(p->mem, " (%s to %s)", member(p, v, "low"),
                                               member(p, v, "high")),
                strcmp(uri, best) == 0 ? " *" : "  ");
        }
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &p->args->out);
    printf("  * best, whether or not by more than chance: see below\n");
}

static void print_tests(const struct print *p)
{
    const struct hone_grid_column column[] = {
        {.title = "against A", .align = HONE_LEFT},
        {.title = "metric", .align = HONE_LEFT},
        {.title = "better by", .align = HONE_RIGHT},
        {.title = "95 % interval", .align = HONE_LEFT},
        {.title = "adjusted p", .align = HONE_RIGHT},
        {.title = "verdict", .align = HONE_LEFT},
    };
    struct hone_grid grid = hone_grid(p->mem, column, 6);
    const json_t *o;
    size_t i;
    json_array_foreach(json_object_get(p->doc, "versus"), i, o)
    {
        double low = hone_json_get_real(o, "low", (double)NAN);
        double p_adjusted = hone_json_get_real(o, "p_adjusted", (double)NAN);
        const char *cell[] = {
            letter_of(p, hone_json_get_text(o, "model", "")),
            hone_json_get_text(o, "metric", ""),
            member(p, o, "gain"),
            isnan(low) ? ""
                       : hone_arena_format(p->mem, "%s to %s", member(p, o, "low"),
                                           member(p, o, "high")),
            isnan(p_adjusted) ? "" : hone_arena_format(p->mem, "%.4f", p_adjusted),
            hone_json_get_text(o, "verdict", ""),
        };
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &p->args->out);
}

static const char *answer(const struct print *p, const json_t *o)
{
    return json_is_string(json_object_get(o, "label"))
               ? hone_arena_format(p->mem, "%s (%s)", hone_json_get_text(o, "label", ""),
                                   member(p, o, "probability"))
               : member(p, o, "value");
}

static void print_agreement(const struct print *p)
{
    const struct hone_grid_column column[] = {
        {.title = "row", .align = HONE_RIGHT},
        {.title = "truth", .align = HONE_LEFT},
        {.title = "A", .align = HONE_LEFT},
        {.title = "the other", .align = HONE_LEFT},
    };
    const json_t *o;
    const json_t *r;
    size_t i;
    size_t k;
    json_array_foreach(json_object_get(p->doc, "agreement"), i, o)
    {
        const char *name = letter_of(p, hone_json_get_text(o, "model", ""));
        struct hone_grid grid = hone_grid(p->mem, column, 4);
        printf("\n");
        if (json_object_get(o, "share") != NULL) {
            printf("A and %s give the same answer in %s of the rows, ", name,
                   hone_text_share(p->mem, hone_json_get_real(o, "share", 0)));
        } else {
            printf("A and %s: ", name);
        }
        printf("%s apart on average%s\n", member(p, o, "mean_apart"),
               json_array_size(json_object_get(o, "rows")) > 0 ? "; the farthest" : "");
        json_array_foreach(json_object_get(o, "rows"), k, r)
        {
            const char *cell[] = {
                hone_text_count(p->mem, (uint64_t)hone_json_get_int(r, "row", 0)),
                plain(p, json_object_get(r, "truth")), answer(p, json_object_get(r, "first")),
                answer(p, json_object_get(r, "other"))};
            if (k < 5) {
                hone_grid_row(&grid, cell);
            }
        }
        if (json_array_size(json_object_get(o, "rows")) > 0) {
            hone_grid_print(&grid, &p->args->out);
        }
    }
}

static void print_names(const struct print *p, const char *text, const json_t *names)
{
    const json_t *name;
    size_t i;
    if (json_array_size(names) == 0) {
        return;
    }
    printf("  %s", text);
    json_array_foreach(names, i, name)
    {
        printf("%s%s", i == 0 ? " " : ", ", plain(p, name));
    }
    printf("\n");
}

static void print_inputs(const struct print *p)
{
    const json_t *o;
    size_t i;
    json_array_foreach(json_object_get(p->doc, "inputs"), i, o)
    {
        const json_t *a = json_object_get(o, "only_first");
        const json_t *b = json_object_get(o, "only_other");
        const char *name = letter_of(p, hone_json_get_text(o, "model", ""));
        if (json_array_size(a) + json_array_size(b) > 0) {
            printf("\ncolumns of A and %s\n", name);
            print_names(p, "only A:", a);
            print_names(p, hone_arena_format(p->mem, "only %s:", name), b);
        }
    }
}

/* Rows of {"key", "models": [...]}. */
static void print_differences(const struct print *p, const char *title, const json_t *list)
{
    struct hone_grid_column column[HONE_VERSUS_MODELS + 1];
    struct hone_grid grid = model_grid(p, title, column);
    const json_t *o;
    const json_t *v;
    size_t i;
    size_t m;
    if (json_array_size(list) == 0) {
        return;
    }
    json_array_foreach(list, i, o)
    {
        const char *cell[HONE_VERSUS_MODELS + 1];
        const char *best = hone_json_get_text(o, "best", NULL);
        cell[0] = hone_json_get_text(o, "key", hone_json_get_text(o, "metric", ""));
        json_array_foreach(json_object_get(o, "models"), m, v)
        {
            const char *value = json_is_real(v) ? real(p, json_real_value(v)) : plain(p, v);
            const char *uri = hone_json_get_text(
                json_array_get(json_object_get(p->doc, "models"), m), "model", "");
            cell[m + 1] = best == NULL
                              ? value
                              : hone_arena_format(p->mem, "%s%s", value,
                                                  strcmp(best, uri) == 0 ? " *" : "  ");
        }
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &p->args->out);
}

static void print_compared(const struct print *p)
{
    printf("%s rows of %s, predicting %s\n",
           hone_text_count(p->mem, (uint64_t)hone_json_get_int(p->doc, "rows", 0)),
           hone_json_get_text(p->doc, "data", ""), hone_json_get_text(p->doc, "target", ""));
    print_models(p);
    print_metrics(p);
    print_tests(p);
    print_agreement(p);
    print_inputs(p);
    print_differences(p, "setting", json_object_get(p->doc, "settings"));
}

static void print_record(const struct print *p)
{
    const json_t *o;
    size_t i;
    print_models(p);
    print_differences(p, "metric", json_object_get(p->doc, "metrics"));
    print_differences(p, "parameter", json_object_get(p->doc, "params"));
    printf("\n");
    json_array_foreach(json_object_get(p->doc, "data"), i, o)
    {
        const json_t *v;
        size_t m;
        printf("%s data\n", hone_json_get_text(o, "role", ""));
        json_array_foreach(json_object_get(o, "models"), m, v)
        {
            printf("  %s  %.12s  %s\n", letter(p, m), hone_json_get_text(v, "hash", ""),
                   hone_json_get_text(v, "path", "a part of the training data"));
        }
    }
    printf(
        "%s; --data FILE compares them on the same rows, with a test\n",
        hone_json_get_bool(p->doc, "same_data", false)
            ? "the same data; the figures are each run's own, of its own test rows"
            : "the data differ, so the figures are of different rows and do not say which is "
              "better");
}

/* --- the verb ------------------------------------------------------------------------- */

static enum hone_code run_compare(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    const struct hone_versus versus = {
        .store = args->global.store,
        .model = args->item,
        .n = args->n,
        .data = set->data,
        .target = set->target,
        .read = set->read,
        .metrics = set->metrics,
        .replicates = (size_t)set->bootstrap,
        .latency_rows = (size_t)set->latency,
    };
    HONE_JSON json_t *doc = NULL;
    if (set->data != NULL) {
        HONE_TRY(hone_versus_data(run, &versus, args->mem, &doc));
    } else {
        HONE_TRY(hone_versus_record(run, &versus, args->mem, &doc));
    }
    if (set->html != NULL) {
        struct hone_page_look look = hone_input_look();
        struct hone_buf page = hone_buf(args->mem);
        hone_compare_page(doc, &look, args->mem, &page);
        HONE_TRY(hone_file_write(run, set->html, (struct hone_str){page.ptr, page.len}));
        hone_json_set_text(doc, "html", set->html);
    }
    if (args->global.json) {
        hone_print_json(json_incref(doc));
    } else if (!args->global.quiet) {
        const struct print p = {args, args->mem, doc,
                                json_array_size(json_object_get(doc, "models"))};
        if (set->data != NULL) {
            print_compared(&p);
        } else {
            print_record(&p);
        }
        if (set->html != NULL) {
            printf("wrote %s\n", set->html);
        }
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_compare = {
    .part.name = "compare",
    .part.summary = "models beside each other, on the same rows or as they are on record",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "MODEL MODEL [MODEL ...]",
    .detail =
        "With --data every model scores the same rows: metrics with intervals, a paired test of each model "
        "against the first with p values adjusted for all tests together, how often they agree and where they "
        "are farthest apart, time and size, and what differs in columns and settings. A difference within "
        "chance is called no evidence. Without --data: what the store has on record of the runs that made "
        "them.",
    .examples =
        "hone compare models:/loans@champion models:/loans/4 --data june.csv\n"
        "hone compare models:/loans/3 models:/loans/4\n"
        "hone compare models:/loans@champion others.onnx --data june.csv --html compare.html",
    .stage = HONE_STAGE_MODEL,
    .min_args = 2,
    .max_args = HONE_VERSUS_MODELS,
    .run = run_compare,
};

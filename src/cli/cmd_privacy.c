#include <math.h>

#include "cli/input.h"
#include "privacy/anonymity.h"
#include "privacy/personal.h"

struct settings {
    struct hone_texts quasi;
    struct hone_texts sensitive;
    int64_t k;
    int64_t l;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_LIST(struct settings, quasi, .arg = "COLS",
              .help = "measure how anonymous rows are that agree in these columns"),
    HONE_LIST(struct settings, sensitive, .arg = "COLS",
              .help = "and how varied these are among them"),
    HONE_INT(struct settings, k, 5, 1, HONE_MANY,
             .help = "smallest class that is wanted; given: exit status 1 when one is smaller"),
    HONE_INT(
        struct settings, l, 2, 1, HONE_MANY,
        .help = "different sensitive values wanted in a class; given: exit status 1 for fewer"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

static const char *weight_word(enum hone_sensitivity weight)
{
    static const char *const word[HONE_SENSITIVITIES] = {"names a person", "narrows down",
                                                         "protected"};
    return word[weight];
}

static void print_found(struct hone_args *args, const struct hone_personals *found, size_t cols)
{
    static const struct hone_grid_column columns[] = {
        {"column", HONE_LEFT, HONE_BOLD, 10},   {"what", HONE_LEFT, HONE_PLAIN, 12},
        {"meaning", HONE_LEFT, HONE_PLAIN, 0},  {"sure", HONE_RIGHT, HONE_PLAIN, 0},
        {"because", HONE_LEFT, HONE_PLAIN, 20},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 5);
    size_t direct = 0;

    if (found->n == 0) {
        printf("no personal data found in %zu column%s\n", cols, cols == 1 ? "" : "s");
        return;
    }
    for (size_t i = 0; i < found->n; i++) {
        const struct hone_personal *p = &found->item[i];
        const char *const cells[] = {
            hone_text_fit(&args->out, args->mem, hone_str(p->column), 32),
            p->title,
            weight_word(p->weight),
            hone_arena_format(args->mem, "%.2f", p->confidence),
            hone_text_fit(&args->out, args->mem, hone_str(p->why), 110),
        };
        direct += p->weight == HONE_DIRECT ? 1 : 0;
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
    if (direct > 0) {
        printf(
            "\nTo take it out: hone redact %s OUT --auto   (--write-plan FILE to review it first)\n",
            args->item[0]);
    }
}

static void print_sizes(struct hone_args *args, const struct hone_anonymity *a)
{
    static const struct hone_grid_column columns[] = {
        {"class of", HONE_LEFT, HONE_PLAIN, 0},
        {"classes", HONE_RIGHT, HONE_PLAIN, 0},
        {"rows", HONE_RIGHT, HONE_PLAIN, 0},
        {"", HONE_LEFT, HONE_BLUE, 0},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 4);

    for (size_t i = 0; i < HONE_CLASS_SIZES; i++) {
        const char *const cells[] = {
            hone_class_size_name(i), hone_text_count(args->mem, a->size_classes[i]),
            hone_text_count(args->mem, a->size_rows[i]),
            hone_bar(&args->out, args->mem,
                     a->rows == 0 ? 0 : (double)a->size_rows[i] / (double)a->rows, 24)};
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

/* The column that frees most rows first. */
static void print_quasi(struct hone_args *args, const struct hone_anonymity *a)
{
    static const struct hone_grid_column columns[] = {
        {"without", HONE_LEFT, HONE_BOLD, 12},
        {"values", HONE_RIGHT, HONE_PLAIN, 0},
        {"k", HONE_RIGHT, HONE_PLAIN, 0},
        {"rows below", HONE_RIGHT, HONE_PLAIN, 0},
        {"unique by it alone", HONE_RIGHT, HONE_PLAIN, 0},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 5);
    size_t *order = hone_arena_must(args->mem, a->quasis * sizeof *order);

    for (size_t i = 0; i < a->quasis; i++) {
        size_t at = i;
        for (; at > 0 && a->quasi[order[at - 1]].below_without > a->quasi[i].below_without;
             at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    for (size_t i = 0; i < a->quasis; i++) {
        const struct hone_quasi *q = &a->quasi[order[i]];
        const char *const cells[] = {
            hone_text_fit(&args->out, args->mem, hone_str(q->column), 32),
            hone_text_count(args->mem, q->distinct),
            hone_text_count(args->mem, q->k_without),
            hone_text_count(args->mem, q->below_without),
            hone_text_share(args->mem, q->unique_alone),
        };
        hone_grid_row(&grid, cells);
    }
    fputs("\n", stdout);
    hone_grid_print(&grid, &args->out);
    if (a->below > 0 && a->quasis > 1) {
        printf("Generalise %s first: without it %s rows stay below %zu, not %s\n",
               hone_text_fit(&args->out, args->mem, hone_str(a->quasi[order[0]].column), 40),
               hone_text_count(args->mem, a->quasi[order[0]].below_without), a->k,
               hone_text_count(args->mem, a->below));
    }
}

static void print_sensitive(struct hone_args *args, const struct hone_anonymity *a)
{
    static const struct hone_grid_column columns[] = {
        {"sensitive", HONE_LEFT, HONE_BOLD, 12},
        {"values", HONE_RIGHT, HONE_PLAIN, 0},
        {"distinct l", HONE_RIGHT, HONE_PLAIN, 0},
        {"entropy l", HONE_RIGHT, HONE_PLAIN, 0},
        {"recursive c", HONE_RIGHT, HONE_PLAIN, 0},
        {"closeness t", HONE_RIGHT, HONE_PLAIN, 0},
        {"rows given away", HONE_RIGHT, HONE_PLAIN, 0},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 7);

    for (size_t i = 0; i < a->sensitives; i++) {
        const struct hone_diversity *d = &a->sensitive[i];
        const char *const cells[] = {
            hone_text_fit(&args->out, args->mem, hone_str(d->column), 32),
            hone_text_count(args->mem, d->distinct),
            hone_text_count(args->mem, d->distinct_l),
            hone_text_number(args->mem, d->entropy_l, 3),
            isinf(d->recursive_c) ? "none" : hone_text_number(args->mem, d->recursive_c, 3),
            hone_text_number(args->mem, d->closeness_t, 3),
            hone_text_count(args->mem, d->uniform_rows),
        };
        hone_grid_row(&grid, cells);
    }
    if (a->sensitives > 0) {
        fputs("\n", stdout);
        hone_grid_print(&grid, &args->out);
    }
}

static void print_anonymity(struct hone_args *args, const struct hone_anonymity *a)
{
    struct hone_arena *mem = args->mem;

    printf(
        "%s%zu-anonymous%s: %s rows in %s classes, the smallest of %zu; %s rows (%s) in classes below %zu, "
        "%s alone\n\n",
        hone_style(&args->out, a->smallest < a->k ? HONE_RED : HONE_GREEN), a->smallest,
        hone_style(&args->out, HONE_PLAIN), hone_text_count(mem, a->rows),
        hone_text_count(mem, a->classes), a->smallest, hone_text_count(mem, a->below),
        hone_text_share(mem, a->rows == 0 ? 0 : (double)a->below / (double)a->rows), a->k,
        hone_text_count(mem, a->unique));
    print_sizes(args, a);
    print_quasi(args, a);
    print_sensitive(args, a);
    if (a->below > 0) {
        printf("\nRows of the smallest classes:");
        for (size_t i = 0; i < a->worst_n; i++) {
            printf(" %zu", a->worst[i] + 1);
        }
        fputs("\n", stdout);
    }
}

/* What was asked for on the command line is a gate. */
static enum hone_code hold(struct hone_run *run, const struct settings *set,
                           const struct hone_args *args, const struct hone_anonymity *a)
{
    if (hone_args_given(args, "k") && a->rows > 0 && a->smallest < a->k) {
        return hone_fail(run, HONE_E_GATE, "%zu of %zu rows are in classes smaller than %zu",
                         a->below, a->rows, a->k);
    }
    for (size_t i = 0; hone_args_given(args, "l") && i < a->sensitives; i++) {
        if (a->rows > 0 && a->sensitive[i].distinct_l < (size_t)set->l) {
            return hone_fail(
                run, HONE_E_GATE, "a class has %zu different values of %s, wanted are %zu",
                a->sensitive[i].distinct_l, a->sensitive[i].column, (size_t)set->l);
        }
    }
    return HONE_OK;
}

static enum hone_code measure(struct hone_run *run, const struct settings *set,
                              struct hone_args *args, const struct hone_table *t)
{
    struct hone_anonymity a;

    HONE_TRY(hone_anonymity_measure(run, t, set->quasi.item, set->quasi.n, set->sensitive.item,
                                    set->sensitive.n, (size_t)set->k, args->mem, &a));
    if (args->global.json) {
        hone_print_json(hone_anonymity_json(&a));
        args->answered = true;
    } else {
        print_anonymity(args, &a);
    }
    return hold(run, set, args, &a);
}

static enum hone_code run_privacy(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_personals found;
    struct hone_table *t;

    if (set->quasi.n == 0 &&
        (set->sensitive.n > 0 || hone_args_given(args, "k") || hone_args_given(args, "l"))) {
        (void)hone_fail(run, HONE_E_ARG,
                        "anonymity is measured over quasi-identifiers: --quasi is missing");
        return hone_hint(run, "hone privacy %s --quasi age,zip,sex", args->item[0]);
    }
    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &t, NULL));
    if (set->quasi.n > 0) {
        return measure(run, set, args, t);
    }
    HONE_TRY(hone_personal_find(run, t, args->mem, &found));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set(result, "rows", json_integer((json_int_t)t->rows));
        hone_json_set(result, "personal", hone_personals_json(&found));
        hone_print_json(result);
    } else {
        print_found(args, &found, t->cols);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_privacy = {
    .part.name = "privacy",
    .part.summary = "personal data in a table, and how anonymous its rows are",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA",
    .detail =
        "Without --quasi: columns that seem to hold personal data, by their values and their names. "
        "With it: the size of the classes of rows that nobody can tell apart by those columns "
        "(k-anonymity), and how varied the sensitive columns are within them (l-diversity, t-closeness). "
        "No value is printed.",
    .examples = "hone privacy customers.csv\n"
                "hone privacy patients.csv --quasi age,zip,sex --sensitive disease\n"
                "# as a gate: exit status 1 when a class has fewer than 5 rows\n"
                "hone privacy release.csv --quasi age,zip,sex --k 5 --json",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 1,
    .run = run_privacy,
};

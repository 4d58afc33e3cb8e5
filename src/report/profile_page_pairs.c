/* Associations and the target on a profile's page; declared in profile_page_priv.h. */
#include <math.h>

#include "report/charts.h"
#include "report/profile_page_priv.h"
#include "report/words.h"

enum { SQUARES = 24, PAIRS = 20, CARDS = 12 };

/* The columns of the strongest pairs, in table order. */
static size_t choose_columns(const struct hone_associations *pairs, size_t *column)
{
    size_t n = 0;

    if (pairs->n <= SQUARES) {
        memcpy(column, pairs->column, pairs->n * sizeof *column);
        return pairs->n;
    }
    for (size_t i = 0; i < pairs->pairs && n < SQUARES; i++) {
        const size_t both[2] = {pairs->pair[i].a, pairs->pair[i].b};
        for (size_t k = 0; k < 2 && n < SQUARES; k++) {
            size_t at = 0;
            while (at < n && column[at] < both[k]) {
                at++;
            }
            if (at < n && column[at] == both[k]) {
                continue;
            }
            memmove(column + at + 1, column + at, (n - at) * sizeof *column);
            column[at] = both[k];
            n++;
        }
    }
    return n;
}

static size_t place_of(const size_t *column, size_t n, size_t j)
{
    for (size_t i = 0; i < n; i++) {
        if (column[i] == j) {
            return i;
        }
    }
    return n;
}

static void put_matrix(struct hone_page *page, const struct hone_profile_view *view)
{
    size_t column[SQUARES + 1];
    size_t n = choose_columns(view->pairs, column);
    const char *label[SQUARES];
    double value[SQUARES * SQUARES];
    const char *how[SQUARES * SQUARES] = {NULL};
    struct hone_labels labels = {NULL, label, n};

    for (size_t i = 0; i < n * n; i++) {
        value[i] = (double)NAN;
    }
    for (size_t i = 0; i < n; i++) {
        label[i] = view->profile->column[column[i]].name;
        value[i * n + i] = 1;
        how[i * n + i] = "itself";
    }
    for (size_t i = 0; i < view->pairs->pairs; i++) {
        const struct hone_association *pair = &view->pairs->pair[i];
        size_t a = place_of(column, n, pair->a);
        size_t b = place_of(column, n, pair->b);
        if (a < n && b < n) {
            value[a * n + b] = value[b * n + a] = pair->value;
            how[a * n + b] = how[b * n + a] =
                hone_profile_measure(hone_measure_name(pair->measure));
        }
    }
    hone_page_chart(page, "Strength of each pair",
                    view->pairs->n > n
                        ? "The columns of the strongest pairs; blue rises or "
                          "differs, orange falls"
                        : "Blue rises or differs, orange falls; the fuller the colour, "
                          "the stronger",
                    hone_chart_matrix(&labels, value, how));
}

void hone_profile_pairs(struct hone_page *page, const struct hone_profile_view *view)
{
    static const struct hone_page_column columns[] = {
        {"Column", HONE_CELL_NAME},  {"with", HONE_CELL_NAME},   {"Strength", HONE_CELL_BAR},
        {"Measure", HONE_CELL_TEXT}, {"Rows", HONE_CELL_NUMBER}, {"Beside it", HONE_CELL_TEXT},
    };
    const struct hone_associations *found = view->pairs;
    const struct hone_column_profile *c = view->profile->column;
    struct hone_arena *mem = page->mem;

    hone_page_section(page, "associations", "How columns hang together");
    put_matrix(page, view);
    hone_page_table_begin(page, "The strongest pairs", columns, 6);
    for (size_t i = 0; i < found->pairs && i < PAIRS; i++) {
        const struct hone_association *p = &found->pair[i];
        bool sure = p->u_ab >= 1 || p->u_ba >= 1;
        const char *more =
            p->measure == HONE_SPEARMAN && !isnan(p->pearson)
                ? hone_arena_format(mem, "Pearson %.3f", p->pearson)
            : sure
                ? hone_arena_format(mem, "%s determines %s", c[p->u_ba >= 1 ? p->a : p->b].name,
                                    c[p->u_ba >= 1 ? p->b : p->a].name)
            : isnan(p->plain) ? ""
                              : hone_arena_format(mem, "uncorrected %.3f", p->plain);
        const struct hone_cell row[] = {
            {.kind = HONE_CELL_NAME,
             .text = c[p->a].name,
             .link = hone_arena_format(mem, "#column-%zu", p->a)},
            {.kind = HONE_CELL_NAME,
             .text = c[p->b].name,
             .link = hone_arena_format(mem, "#column-%zu", p->b)},
            {.kind = HONE_CELL_BAR,
             .share = fabs(p->value),
             .text = hone_arena_format(mem, "%.3f", p->value)},
            {.text = hone_profile_measure(hone_measure_name(p->measure))},
            {.kind = HONE_CELL_NUMBER, .text = hone_text_count(mem, p->n)},
            {.text = more},
        };
        if (isnan(p->value)) {
            break;
        }
        hone_page_row(page, row, 6);
    }
    hone_page_table_end(page);
    if (found->left_out != 0) {
        hone_page_text(page, hone_arena_format(mem,
                                               "%zu more columns were not compared: %zu are "
                                               "looked at.",
                                               found->left_out, found->n));
    }
}

static void put_target_shape(struct hone_page *page, const struct hone_target_profile *t,
                             const struct hone_column_profile *c)
{
    const char *label[HONE_TARGET_CLASSES + 1];
    double value[HONE_TARGET_CLASSES + 1];
    size_t rest = t->rows;

    if (t->kind == HONE_TARGET_NUMBER) {
        hone_profile_bars(page, c->name, c->type, &c->histogram);
        return;
    }
    for (size_t k = 0; k < t->shown; k++) {
        label[k] = t->class[k][0] == '\0' ? "\"\"" : t->class[k];
        value[k] = (double)t->class_rows[k];
        rest -= t->class_rows[k];
    }
    if (rest != 0) {
        label[t->shown] = hone_arena_format(page->mem, "(%zu others)", t->classes - t->shown);
        value[t->shown] = (double)rest;
    }
    hone_page_chart(page, c->name, NULL,
                    hone_chart_bars("rows", label, value, NULL, NULL, t->shown + (rest != 0)));
}

static void put_groups(struct hone_page *page, const struct hone_profile_view *view,
                       const struct hone_target_feature *f)
{
    const struct hone_target_profile *t = view->target;
    const char *label[HONE_TARGET_GROUPS];
    double mean[HONE_TARGET_GROUPS];
    double lo[HONE_TARGET_GROUPS];
    double hi[HONE_TARGET_GROUPS];
    double share[HONE_TARGET_GROUPS * HONE_TARGET_CLASSES];

    for (size_t i = 0; i < f->groups; i++) {
        label[i] = f->group[i].label[0] == '\0' ? "\"\"" : f->group[i].label;
        mean[i] = f->group[i].mean;
        lo[i] = f->group[i].lo;
        hi[i] = f->group[i].hi;
        for (size_t k = 0; k < t->shown; k++) {
            share[i * t->shown + k] = f->group[i].share[k];
        }
    }
    hone_page_card(page, NULL, view->profile->column[f->column].name,
                   hone_arena_format(page->mem, "%s %.3f, strength %.3f",
                                     hone_profile_measure(f->measure), f->value, f->strength));
    hone_page_chart(
        page, NULL, NULL,
        t->kind == HONE_TARGET_CLASSES_MANY
            ? hone_chart_stacks(label, f->groups, t->class, t->shown, share)
            : hone_chart_bars(t->kind == HONE_TARGET_BINARY
                                  ? hone_arena_format(page->mem, "share of %s", t->class[1])
                                  : hone_arena_format(page->mem, "mean of %s",
                                                      view->profile->column[t->column].name),
                              label, mean, lo, hi, f->groups));
}

void hone_profile_target(struct hone_page *page, const struct hone_profile_view *view)
{
    static const struct hone_page_column columns[] = {
        {"Column", HONE_CELL_NAME},  {"Strength", HONE_CELL_BAR}, {"Measure", HONE_CELL_TEXT},
        {"Value", HONE_CELL_NUMBER}, {"Rows", HONE_CELL_NUMBER},  {"", HONE_CELL_TEXT},
    };
    const struct hone_target_profile *t = view->target;
    struct hone_arena *mem = page->mem;

    hone_page_section(
        page, "target",
        hone_arena_format(mem, "The target %s", view->profile->column[t->column].name));
    put_target_shape(page, t, &view->profile->column[t->column]);
    hone_page_text(page, "What each column alone tells about it. Strength is the share of the "
                         "target's uncertainty that its groups take away, without what chance "
                         "gives.");
    hone_page_table_begin(page, NULL, columns, 6);
    for (size_t i = 0; i < t->features; i++) {
        const struct hone_target_feature *f = &t->feature[i];
        const struct hone_cell row[] = {
            {.kind = HONE_CELL_NAME,
             .text = view->profile->column[f->column].name,
             .link = hone_arena_format(mem, "#column-%zu", f->column)},
            {.kind = HONE_CELL_BAR,
             .share = f->strength,
             .tone = f->suspect ? HONE_TONE_BAD : HONE_TONE_NONE,
             .text = hone_arena_format(mem, "%.3f", f->strength)},
            {.text = hone_profile_measure(f->measure)},
            {.kind = HONE_CELL_NUMBER,
             .text = isnan(f->value) ? "" : hone_arena_format(mem, "%.3f", f->value)},
            {.kind = HONE_CELL_NUMBER, .text = hone_text_count(mem, f->n)},
            {.text = f->suspect ? "gives the target away: is it known beforehand?" : "",
             .tone = f->suspect ? HONE_TONE_BAD : HONE_TONE_NONE},
        };
        hone_page_row(page, row, 6);
    }
    hone_page_table_end(page);
    for (size_t i = 0; i < t->features && i < CARDS; i++) {
        if (t->feature[i].strength > 0.001 && t->feature[i].groups > 1) {
            put_groups(page, view, &t->feature[i]);
        }
    }
}

#include "report/diff_page.h"

#include <math.h>

#include "report/charts.h"
#include "report/words.h"

static double share_of(size_t part, size_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

/* "3 rows added": one or many, after what was said before. */
static void say(struct hone_buf *buf, size_t n, const char *one, const char *many,
                const char *what)
{
    struct hone_arena mem = {0};

    if (n != 0) {
        hone_buf_format(buf, "%s%s %s %s", buf->len == 0 ? "" : ", ", hone_text_count(&mem, n),
                        n == 1 ? one : many, what);
    }
    hone_arena_free(&mem);
}

const char *hone_diff_summary(struct hone_arena *mem, const struct hone_diff *d)
{
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "");
    if (d->equal) {
        hone_buf_format(&buf, "equal: %s rows, %s columns%s", hone_text_count(mem, d->rows_a),
                        hone_text_count(mem, d->cols_a),
                        d->reordered ? ", the rows in another order" : "");
        return buf.ptr;
    }
    say(&buf, d->added, "row", "rows", "added");
    say(&buf, d->removed, "row", "rows", "removed");
    say(&buf, d->changed, "row", "rows", "changed");
    if (d->changed != 0) {
        hone_buf_format(&buf, " in %s cell%s", hone_text_count(mem, d->cells),
                        d->cells == 1 ? "" : "s");
    }
    say(&buf, d->same, "row", "rows", "the same");
    say(&buf, d->columns_added, "column", "columns", "added");
    say(&buf, d->columns_removed, "column", "columns", "removed");
    say(&buf, d->columns_retyped, "column", "columns", "of another type");
    say(&buf, d->columns_moved, "column", "columns", "moved");
    if (d->reordered) {
        hone_buf_text(&buf, "; the rows both have stand in another order");
    }
    return buf.ptr;
}

const char *hone_diff_schema_change(struct hone_arena *mem, const struct hone_diff_column *c)
{
    if (c->a == SIZE_MAX) {
        return hone_arena_format(mem, "added (%s)", hone_type_name(c->type_b));
    }
    if (c->b == SIZE_MAX) {
        return hone_arena_format(mem, "removed (%s)", hone_type_name(c->type_a));
    }
    if (c->retyped) {
        return hone_arena_format(
            mem, "%s -> %s%s%s", hone_type_name(c->type_a), hone_type_name(c->type_b),
            c->as_text ? ", compared as text" : "", c->moved ? ", moved" : "");
    }
    return c->moved ? "moved" : "";
}

static void say_levels(struct hone_buf *buf, struct hone_arena *mem, const char *what, size_t n,
                       size_t rows, const char *const *level)
{
    if (n == 0) {
        return;
    }
    hone_buf_format(buf, "%s%s: ", buf->len == 0 ? "" : "; ", what);
    for (size_t i = 0; i < HONE_DIFF_LEVELS && level[i] != NULL; i++) {
        hone_buf_format(buf, "%s%s", i == 0 ? "" : ", ",
                        level[i][0] == '\0' ? "\"\"" : level[i]);
    }
    if (n > HONE_DIFF_LEVELS) {
        hone_buf_format(buf, " and %s more", hone_text_count(mem, n - HONE_DIFF_LEVELS));
    }
    hone_buf_format(buf, " (%s row%s)", hone_text_count(mem, rows), rows == 1 ? "" : "s");
}

const char *hone_diff_movement(struct hone_arena *mem, const struct hone_diff_column *c)
{
    struct hone_buf buf = hone_buf(mem);
    double gone_a = share_of(c->missing_a, c->n_a + c->missing_a);
    double gone_b = share_of(c->missing_b, c->n_b + c->missing_b);

    hone_buf_text(&buf, "");
    if (c->a == SIZE_MAX || c->b == SIZE_MAX) {
        return buf.ptr;
    }
    if (c->number && c->shift != HONE_SHIFT_NONE) {
        hone_buf_format(&buf, "mean %s -> %s", hone_text_number(mem, c->mean_a, 4),
                        hone_text_number(mem, c->mean_b, 4));
        if (c->std_a > 0) {
            hone_buf_format(&buf, " (%+.2f std)", (c->mean_b - c->mean_a) / c->std_a);
        }
        hone_buf_format(&buf, ", median %s -> %s", hone_text_number(mem, c->median_a, 4),
                        hone_text_number(mem, c->median_b, 4));
    }
    if (fabs(gone_b - gone_a) >= 0.01 || (c->missing_a == 0) != (c->missing_b == 0)) {
        hone_buf_format(&buf, "%smissing %s -> %s", buf.len == 0 ? "" : "; ",
                        c->missing_a == 0 ? "none" : hone_text_share(mem, gone_a),
                        c->missing_b == 0 ? "none" : hone_text_share(mem, gone_b));
    }
    /* words that hardly repeat are always new */
    if (2 * (c->levels_a + c->levels_b) <= c->n_a + c->n_b || c->levels_a <= 20) {
        say_levels(&buf, mem, "new", c->new_levels, c->new_rows, c->new_level);
        say_levels(&buf, mem, "gone", c->lost_levels, c->lost_rows, c->lost_level);
    }
    return buf.ptr;
}

const char *hone_diff_example_text(struct hone_arena *mem,
                                   const struct hone_diff_example *example)
{
    return hone_arena_format(mem, "%s: %s -> %s", example->key,
                             example->old_value == NULL ? "(missing)" : example->old_value,
                             example->new_value == NULL ? "(missing)" : example->new_value);
}

static void put_tiles(struct hone_page *page, const struct hone_diff *d)
{
    struct hone_arena *mem = page->mem;

    hone_page_tile(page, HONE_TONE_NONE, "Rows", hone_text_count(mem, d->rows_b),
                   hone_arena_format(mem, "were %s", hone_text_count(mem, d->rows_a)));
    hone_page_tile(page, HONE_TONE_NONE, "The same", hone_text_count(mem, d->same), NULL);
    hone_page_tile(page, d->added != 0 ? HONE_TONE_WARN : HONE_TONE_NONE, "Added",
                   hone_text_count(mem, d->added), NULL);
    hone_page_tile(page, d->removed != 0 ? HONE_TONE_WARN : HONE_TONE_NONE, "Removed",
                   hone_text_count(mem, d->removed), NULL);
    if (d->keyed) {
        hone_page_tile(page, d->changed != 0 ? HONE_TONE_WARN : HONE_TONE_NONE, "Changed",
                       hone_text_count(mem, d->changed),
                       hone_arena_format(mem, "%s cells", hone_text_count(mem, d->cells)));
    }
    hone_page_tile(page, HONE_TONE_NONE, "Columns", hone_text_count(mem, d->cols_b),
                   hone_arena_format(mem, "were %s", hone_text_count(mem, d->cols_a)));
}

static void put_schema(struct hone_page *page, const struct hone_diff *d)
{
    static const struct hone_page_column columns[] = {{"Column", HONE_CELL_NAME},
                                                      {"Change", HONE_CELL_TEXT}};

    if (d->columns_added + d->columns_removed + d->columns_retyped + d->columns_moved == 0) {
        return;
    }
    hone_page_section(page, "columns", "Columns");
    hone_page_table_begin(page, NULL, columns, 2);
    for (size_t i = 0; i < d->n; i++) {
        const struct hone_cell row[] = {
            {.kind = HONE_CELL_NAME, .text = d->column[i].name},
            {.text = hone_diff_schema_change(page->mem, &d->column[i])},
        };
        if (row[1].text[0] != '\0') {
            hone_page_row(page, row, 2);
        }
    }
    hone_page_table_end(page);
}

static void put_cells(struct hone_page *page, const struct hone_diff *d)
{
    static const struct hone_page_column columns[] = {{"Column", HONE_CELL_NAME},
                                                      {"Changed", HONE_CELL_NUMBER},
                                                      {"of the rows both have", HONE_CELL_BAR},
                                                      {"For instance", HONE_CELL_TEXT}};
    struct hone_arena *mem = page->mem;

    if (d->cells == 0) {
        return;
    }
    hone_page_section(page, "cells", "Changed cells");
    hone_page_table_begin(page, NULL, columns, 4);
    for (size_t i = 0; i < d->n; i++) {
        const struct hone_diff_column *c = &d->column[i];
        double share = share_of(c->changed, d->same + d->changed);
        struct hone_buf examples = hone_buf(mem);
        for (size_t k = 0; k < c->examples; k++) {
            hone_buf_format(&examples, "%s%s", k == 0 ? "" : ";  ",
                            hone_diff_example_text(mem, &c->example[k]));
        }
        const struct hone_cell row[] = {
            {.kind = HONE_CELL_NAME, .text = c->name},
            {.kind = HONE_CELL_NUMBER, .text = hone_text_count(mem, c->changed)},
            {.kind = HONE_CELL_BAR, .share = share, .text = hone_text_share(mem, share)},
            {.text = examples.ptr},
        };
        if (c->changed != 0) {
            hone_page_row(page, row, 4);
        }
    }
    hone_page_table_end(page);
}

static void put_shifts(struct hone_page *page, const struct hone_diff *d)
{
    static const enum hone_tone tones[] = {HONE_TONE_NONE, HONE_TONE_NONE, HONE_TONE_WARN,
                                           HONE_TONE_BAD};
    static const struct hone_page_column columns[] = {
        {"Column", HONE_CELL_NAME}, {"Shift", HONE_CELL_TEXT}, {"PSI", HONE_CELL_NUMBER},
        {"KS", HONE_CELL_NUMBER},   {"What", HONE_CELL_TEXT},
    };
    struct hone_arena *mem = page->mem;
    bool any = false;

    for (size_t i = 0; i < d->n; i++) {
        const struct hone_diff_column *c = &d->column[i];
        const char *what = hone_diff_movement(mem, c);
        const struct hone_cell row[] = {
            {.kind = HONE_CELL_NAME, .text = c->name},
            {.text = hone_shift_name(c->shift), .tone = tones[c->shift]},
            {.kind = HONE_CELL_NUMBER,
             .text = isnan(c->psi) ? "" : hone_arena_format(mem, "%.3f", c->psi)},
            {.kind = HONE_CELL_NUMBER,
             .text = isnan(c->ks) ? "" : hone_arena_format(mem, "%.3f", c->ks)},
            {.text = what},
        };
        if (c->a == SIZE_MAX || c->b == SIZE_MAX ||
            (c->shift == HONE_SHIFT_NONE && what[0] == '\0')) {
            continue;
        }
        if (!any) {
            hone_page_section(page, "distributions", "Distributions");
            hone_page_table_begin(page, NULL, columns, 5);
            any = true;
        }
        hone_page_row(page, row, 5);
    }
    if (any) {
        hone_page_table_end(page);
        hone_page_text(page,
                       "A shift is moderate from a PSI or KS gap of 0.1 on, large from a PSI "
                       "of 0.25 or a gap of 0.2 on; what could be chance is none.");
    }
}

static void put_columns_chart(struct hone_page *page, const struct hone_diff *d)
{
    const char *label[40];
    double value[40];
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) {
        size_t at = n;
        double x = (double)d->column[i].changed;
        if (x <= 0 || (n == 40 && x <= value[n - 1])) {
            continue;
        }
        n += n < 40;
        for (at = n - 1; at > 0 && value[at - 1] < x; at--) {
            value[at] = value[at - 1];
            label[at] = label[at - 1];
        }
        value[at] = x;
        label[at] = d->column[i].name;
    }
    if (n > 1) {
        hone_page_chart(page, "Changed cells by column", NULL,
                        hone_chart_bars("cells", label, value, NULL, NULL, n));
    }
}

void hone_diff_page(const struct hone_diff *diff, const char *name_a, const char *name_b,
                    const struct hone_page_look *look, struct hone_arena *mem,
                    struct hone_buf *out)
{
    struct hone_page page;

    hone_page_init(&page, mem, look, hone_arena_format(mem, "%s to %s", name_a, name_b),
                   hone_diff_summary(mem, diff));
    put_tiles(&page, diff);
    if (diff->equal) {
        hone_page_note(&page, HONE_TONE_GOOD, "Nothing changed.", NULL);
    }
    if (!diff->keyed && !diff->equal) {
        hone_page_note(
            &page, HONE_TONE_NONE, "Rows were compared whole.",
            diff->unique == NULL
                ? "With a key, changed rows are told from removed and added ones."
                : hone_arena_format(mem,
                                    "With --key %s changed rows are told from removed "
                                    "and added ones.",
                                    diff->unique));
    }
    put_schema(&page, diff);
    put_cells(&page, diff);
    put_columns_chart(&page, diff);
    put_shifts(&page, diff);
    hone_page_end(&page, "Made by hone " HONE_VERSION, out);
}

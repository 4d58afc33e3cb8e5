#include "cli/term.h"

struct hone_grid hone_grid(struct hone_arena *mem, const struct hone_grid_column *column,
                           size_t cols)
{
    return (struct hone_grid){.mem = mem, .column = column, .cols = cols};
}

void hone_grid_row(struct hone_grid *grid, const char *const *cells)
{
    if (grid->rows == grid->room) {
        size_t room = grid->room == 0 ? 16 : grid->room * 2;
        grid->cell = hone_arena_grow_plain(grid->mem, grid->cell, sizeof *grid->cell,
                                           grid->room * grid->cols, room * grid->cols);
        HONE_ASSERT(grid->cell != NULL);
        grid->room = room;
    }
    for (size_t j = 0; j < grid->cols; j++) {
        grid->cell[grid->rows * grid->cols + j] = cells[j] == NULL ? "" : cells[j];
    }
    grid->rows++;
}

enum { GAP = 2 };

/* Widths as wide as the cells; then the widest that may shrink gives way until all fit. */
static void find_widths(const struct hone_grid *grid, const struct hone_term *term,
                        size_t *width)
{
    size_t total = 0;

    for (size_t j = 0; j < grid->cols; j++) {
        width[j] = hone_text_width(hone_str(grid->column[j].title));
        for (size_t i = 0; i < grid->rows; i++) {
            size_t w = hone_text_width(hone_str(grid->cell[i * grid->cols + j]));
            width[j] = w > width[j] ? w : width[j];
        }
        total += width[j] + (j == 0 ? 0 : GAP);
    }
    while (term->tty && total > term->width) {
        size_t widest = grid->cols;
        for (size_t j = 0; j < grid->cols; j++) {
            bool may = grid->column[j].least != 0 && width[j] > grid->column[j].least;
            if (may && (widest == grid->cols || width[j] > width[widest])) {
                widest = j;
            }
        }
        if (widest == grid->cols) {
            return;
        }
        width[widest]--;
        total--;
    }
}

static void print_cell(const struct hone_term *term, struct hone_arena *mem, const char *text,
                       size_t width, const struct hone_grid_column *column, bool last)
{
    const char *fits = hone_text_fit(term, mem, hone_str(text), width);
    size_t blank = width - hone_text_width(hone_str(fits));

    if (column->align == HONE_RIGHT) {
        fprintf(term->file, "%*s", (int)blank, "");
    }
    if (column->style == HONE_PLAIN) {
        fputs(fits, term->file);
    } else {
        fprintf(term->file, "%s%s%s", hone_style(term, column->style), fits,
                hone_style(term, HONE_PLAIN));
    }
    if (column->align == HONE_LEFT && !last) {
        fprintf(term->file, "%*s", (int)blank, "");
    }
}

void hone_grid_print(const struct hone_grid *grid, const struct hone_term *term)
{
    struct hone_arena mem = {0};
    size_t *width = hone_arena_must(&mem, (grid->cols + 1) * sizeof *width);

    find_widths(grid, term, width);
    for (size_t i = 0; i <= grid->rows; i++) { /* line 0 is the titles */
        for (size_t j = 0; j < grid->cols; j++) {
            struct hone_grid_column column = grid->column[j];
            const char *text = column.title;
            if (i == 0) {
                column.style = HONE_DIM;
            } else {
                text = grid->cell[(i - 1) * grid->cols + j];
            }
            fprintf(term->file, "%*s", j == 0 ? 0 : GAP, "");
            print_cell(term, &mem, text, width[j], &column, j + 1 == grid->cols);
        }
        fputc('\n', term->file);
    }
    hone_arena_free(&mem);
}

/*
 * cli/term.h - text for a terminal: colour, width, aligned tables, small bars
 *
 * Colour only on a terminal and without NO_COLOR; block characters only where LC_ALL, LC_CTYPE or LANG say
 * UTF-8, else ASCII.
 */
#ifndef HONE_CLI_TERM_H
#define HONE_CLI_TERM_H

#include <stdio.h>

#include "report/words.h"

struct hone_term {
    FILE *file;
    bool tty;
    bool color;
    bool utf8;
    size_t width; /* columns; 80 where unknown, unbounded off a terminal for tables */
};
struct hone_term hone_term_of(FILE *file);

enum hone_style {
    HONE_PLAIN,
    HONE_BOLD,
    HONE_DIM,
    HONE_RED,
    HONE_GREEN,
    HONE_YELLOW,
    HONE_BLUE,
};

/* The escape sequence that starts a style, "" without colour; HONE_PLAIN ends them all. */
const char *hone_style(const struct hone_term *term, enum hone_style style);

/* Columns that text takes on a terminal: code points, wide ones twice, combining ones not. */
size_t hone_text_width(struct hone_str text);

/* Text without control characters (each becomes a blank), cut to at most width columns; what was cut is
 * marked by an ellipsis. In mem. */
const char *hone_text_fit(const struct hone_term *term, struct hone_arena *mem,
                          struct hone_str text, size_t width);

/* count[0..n) as one character each, scaled to the largest: "▁▃█▂". In mem. */
const char *hone_sparkline(const struct hone_term *term, struct hone_arena *mem,
                           const size_t *count, size_t n);

/* share (0 to 1) of width columns filled, the rest blank. In mem. */
const char *hone_bar(const struct hone_term *term, struct hone_arena *mem, double share,
                     size_t width);

/* A table of cells, printed with aligned columns once it is whole. */
enum hone_align { HONE_LEFT, HONE_RIGHT };
struct hone_grid_column {
    const char *title;
    enum hone_align align;
    enum hone_style style;
    size_t
        least; /* columns: when the table is too wide, cells may be cut down to this; 0: never */
};
struct hone_grid {
    struct hone_arena *mem;
    const struct hone_grid_column *column; /* (cols), borrowed until printed */
    size_t cols, rows, room;
    const char **cell; /* (rows, cols) */
};
struct hone_grid hone_grid(struct hone_arena *mem, const struct hone_grid_column *column,
                           size_t cols);
/* Append a row; NULL is an empty cell.  The texts are borrowed until printed. */
void hone_grid_row(struct hone_grid *grid, const char *const *cells);
void hone_grid_print(const struct hone_grid *grid, const struct hone_term *term);

/* Print text broken into lines at blanks, each indented by indent columns. */
void hone_print_wrapped(const struct hone_term *term, const char *text, size_t indent);

#endif

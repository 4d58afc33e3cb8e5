/*
 * report/html.h - one page in one HTML file
 *
 * Calls append to the page in reading order: tiles, sections, notes, tables, cards, charts.  All text is
 * escaped here, so callers give plain text.  The page needs nothing but itself: style and script
 * are put in.  Each chart also stands there as a table, so that the page is of use without its script,
 * to a screen reader, and to who wants the numbers.  Nothing is computed here.
 */
#ifndef HONE_REPORT_HTML_H
#define HONE_REPORT_HTML_H

#include "base/json.h"

/* How good what is said is. */
enum hone_tone { HONE_TONE_NONE, HONE_TONE_GOOD, HONE_TONE_WARN, HONE_TONE_BAD };

/* What makes it look and draw (the program's own files); either may be empty. */
struct hone_page_look {
    struct hone_str style;  /* CSS */
    struct hone_str script; /* draws the charts */
};

struct hone_page_link {
    const char *id, *title;
};

struct hone_page {
    struct hone_arena *mem;
    struct hone_page_look look;
    const char *title, *subtitle;
    struct hone_buf body;
    struct hone_page_link link[24]; /* sections, for the navigation */
    size_t links;
    size_t charts;
    const char *open; /* what must be closed before anything else is put there; NULL: nothing */
    bool in_section, in_cards, in_card;
};

/* subtitle may be NULL.  Texts are borrowed until the page is written. */
void hone_page_init(struct hone_page *page, struct hone_arena *mem,
                    const struct hone_page_look *look, const char *title, const char *subtitle);

/* A figure in large print: "Rows", "48,842", "52 of them duplicates". note may be NULL. Tiles
 * that follow each other stand in one row. */
void hone_page_tile(struct hone_page *page, enum hone_tone tone, const char *label,
                    const char *value, const char *note);

/* A heading; id is for links ("#columns") and unique. */
void hone_page_section(struct hone_page *page, const char *id, const char *title);

void hone_page_text(struct hone_page *page, const char *text);
/* A finding: title in bold, then text, which may be NULL. */
void hone_page_note(struct hone_page *page, enum hone_tone tone, const char *title,
                    const char *text);

/* A card of a grid of cards that follow each other.  id and subtitle may be NULL. */
void hone_page_card(struct hone_page *page, const char *id, const char *title,
                    const char *subtitle);
/* In a card: small labels, and facts as name and value. */
void hone_page_tags(struct hone_page *page, const char *const *tag, size_t n);
struct hone_page_fact {
    const char *name, *value;
};
void hone_page_facts(struct hone_page *page, const struct hone_page_fact *fact, size_t n);

/* A table, row by row. */
enum hone_cell_kind {
    HONE_CELL_TEXT,
    HONE_CELL_NUMBER, /* text, aligned right */
    HONE_CELL_NAME,   /* text, in bold; a link when link is set */
    HONE_CELL_BAR,    /* share (0 to 1) as a bar before text */
    HONE_CELL_SPARK, /* count[0..n) as a row of small bars; text is read to those who see none */
};
struct hone_cell {
    enum hone_cell_kind kind;
    enum hone_tone tone;
    const char *text; /* NULL: empty */
    const char *link; /* "#col-3"; NULL: none */
    double share;
    const size_t *count;
    size_t n;
};
struct hone_page_column {
    const char *title;
    enum hone_cell_kind kind; /* how its title is aligned */
};
void hone_page_table_begin(struct hone_page *page, const char *caption,
                           const struct hone_page_column *column, size_t cols);
void hone_page_row(struct hone_page *page, const struct hone_cell *cell, size_t cols);
void hone_page_table_end(struct hone_page *page);

/* What is put between is shown when the reader opens it. */
void hone_page_fold_begin(struct hone_page *page, const char *summary);
void hone_page_fold_end(struct hone_page *page);

/* A chart from a Vega-Lite specification (report/charts.h) whose rows are in .data.values; its
 * reference is taken.  description, one sentence on what to see in it, may be NULL. */
void hone_page_chart(struct hone_page *page, const char *title, const char *description,
                     json_t *spec);

/* Append the whole page to out, after which the page is done. footer may be NULL. */
void hone_page_end(struct hone_page *page, const char *footer, struct hone_buf *out);

/* Append JSON that may stand inside <script>: no "</", "<!--", U+2028 or U+2029. */
void hone_page_script_json(struct hone_buf *buf, const json_t *value);

#endif

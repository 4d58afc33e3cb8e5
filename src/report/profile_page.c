#include "report/profile_page.h"

#include <math.h>

#include "report/charts.h"
#include "report/profile_page_priv.h"
#include "report/words.h"

enum { NOTES = 25, GAPS = 40 };

/* A share of missing cells that deserves a second look. */
static const double much_missing = 0.2;

static void put_tiles(struct hone_page *page, const struct hone_profile *p)
{
    struct hone_arena *mem = page->mem;
    size_t cells = p->rows * p->cols;
    double missing = hone_profile_share(p->missing_cells, cells);

    hone_page_tile(page, HONE_TONE_NONE, "Rows", hone_text_count(mem, p->rows), NULL);
    hone_page_tile(page, HONE_TONE_NONE, "Columns", hone_text_count(mem, p->cols), NULL);
    hone_page_tile(page, missing > much_missing ? HONE_TONE_WARN : HONE_TONE_NONE,
                   "Missing cells", hone_text_share(mem, missing),
                   hone_arena_format(mem, "%s of %s", hone_text_count(mem, p->missing_cells),
                                     hone_text_count(mem, cells)));
    if (p->missing_cells != 0) {
        double complete = hone_profile_share(p->missingness.complete, p->rows);
        hone_page_tile(page, HONE_TONE_NONE, "Complete rows", hone_text_share(mem, complete),
                       hone_arena_format(mem, "%s of %s",
                                         hone_text_count(mem, p->missingness.complete),
                                         hone_text_count(mem, p->rows)));
    }
    hone_page_tile(
        page, p->duplicate_rows != 0 ? HONE_TONE_WARN : HONE_TONE_GOOD, "Duplicate rows",
        hone_text_count(mem, p->duplicate_rows),
        p->duplicate_rows == 0
            ? NULL
            : hone_arena_format(
                  mem, "%s of the rows; the first: row %zu repeats row %zu",
                  hone_text_share(mem, hone_profile_share(p->duplicate_rows, p->rows)),
                  p->duplicate_example[0] + 1, p->duplicate_example[1] + 1));
    hone_page_tile(page, HONE_TONE_NONE, "In memory", hone_text_bytes(mem, p->bytes), NULL);
}

/* The notes of all columns, the most important first. */
static size_t sort_notes(struct hone_arena *mem, const struct hone_profile *p,
                         struct hone_profile_finding **finding)
{
    struct hone_run run = {0};
    size_t n = 0;

    if (hone_profile_findings(&run, p, mem, finding, &n) != HONE_OK) {
        n = 0; /* no memory: the cards have them too */
    }
    hone_run_clear(&run);
    return n;
}

static const char *names_of(struct hone_arena *mem, const struct hone_profile *p,
                            const struct hone_profile_finding *f)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t i = 0; i < f->columns && i < 8; i++) {
        hone_buf_format(&buf, "%s%s", i == 0 ? "" : ", ", p->column[f->column[i]].name);
    }
    if (f->columns > 8) {
        hone_buf_format(&buf, " and %zu more", f->columns - 8);
    }
    return buf.ptr;
}

static void put_findings(struct hone_page *page, const struct hone_profile *p)
{
    static const struct hone_page_column columns[] = {{"Column", HONE_CELL_NAME},
                                                      {"What stands out", HONE_CELL_TEXT}};
    struct hone_profile_finding *finding;
    size_t n = sort_notes(page->mem, p, &finding);

    if (n == 0) {
        return;
    }
    hone_page_section(page, "findings", "What stands out");
    hone_page_table_begin(page, NULL, columns, 2);
    for (size_t i = 0; i < n && i < NOTES; i++) {
        const struct hone_cell row[] = {
            {.kind = HONE_CELL_NAME,
             .text = names_of(page->mem, p, &finding[i]),
             .link = hone_arena_format(page->mem, "#column-%zu", finding[i].column[0])},
            {.text = finding[i].note.text,
             .tone = finding[i].note.weight >= 0.5 ? HONE_TONE_WARN : HONE_TONE_NONE},
        };
        hone_page_row(page, row, 2);
    }
    hone_page_table_end(page);
    if (n > NOTES) {
        hone_page_text(page, hone_arena_format(page->mem, "%zu more stand with their columns.",
                                               n - NOTES));
    }
}

static void put_overview(struct hone_page *page, const struct hone_profile *p)
{
    static const struct hone_page_column columns[] = {
        {"Column", HONE_CELL_NAME},       {"Type", HONE_CELL_TEXT},
        {"Missing", HONE_CELL_BAR},       {"Distinct", HONE_CELL_NUMBER},
        {"Distribution", HONE_CELL_TEXT}, {"Values", HONE_CELL_TEXT},
    };
    struct hone_arena *mem = page->mem;

    hone_page_section(page, "columns", "Columns");
    hone_page_table_begin(page, NULL, columns, 6);
    for (size_t j = 0; j < p->cols; j++) {
        const struct hone_column_profile *c = &p->column[j];
        double missing = hone_profile_share(c->missing, c->rows);
        size_t n;
        const size_t *shape = hone_profile_shape(mem, c, &n);
        const struct hone_cell row[] = {
            {.kind = HONE_CELL_NAME,
             .text = c->name,
             .link = hone_arena_format(mem, "#column-%zu", j)},
            {.text = hone_type_name(c->type)},
            {.kind = HONE_CELL_BAR,
             .share = missing,
             .tone = missing > much_missing ? HONE_TONE_WARN : HONE_TONE_NONE,
             .text = c->missing == 0 ? "none" : hone_text_share(mem, missing)},
            {.kind = HONE_CELL_NUMBER, .text = hone_text_count(mem, c->distinct)},
            {.kind = n == 0 ? HONE_CELL_TEXT : HONE_CELL_SPARK, .count = shape, .n = n},
            {.text = hone_profile_summary(mem, c)},
        };
        hone_page_row(page, row, 6);
    }
    hone_page_table_end(page);
}

static const char *pattern_names(struct hone_arena *mem, const struct hone_profile *p,
                                 const struct hone_missing_pattern *pattern)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t k = 0; k < pattern->n && k < 12; k++) {
        hone_buf_format(&buf, "%s%s", k == 0 ? "" : ", ", p->column[pattern->column[k]].name);
    }
    if (pattern->n > 12) {
        hone_buf_format(&buf, " and %zu more", pattern->n - 12);
    }
    return pattern->n == 0 ? "(nothing)" : buf.ptr;
}

static void put_patterns(struct hone_page *page, const struct hone_profile *p)
{
    static const struct hone_page_column columns[] = {{"Missing together", HONE_CELL_TEXT},
                                                      {"Rows", HONE_CELL_BAR}};
    const struct hone_missingness *m = &p->missingness;

    if (m->patterns < 2) {
        return;
    }
    hone_page_table_begin(
        page,
        m->patterns > m->pattern_n
            ? hone_arena_format(page->mem, "The %zu most frequent of %s patterns", m->pattern_n,
                                hone_text_count(page->mem, m->patterns))
            : NULL,
        columns, 2);
    for (size_t i = 0; i < m->pattern_n; i++) {
        double share = hone_profile_share(m->pattern[i].rows, p->rows);
        const struct hone_cell row[] = {
            {.text = pattern_names(page->mem, p, &m->pattern[i])},
            {.kind = HONE_CELL_BAR, .share = share, .text = hone_text_share(page->mem, share)},
        };
        hone_page_row(page, row, 2);
    }
    hone_page_table_end(page);
}

static void put_missing(struct hone_page *page, const struct hone_profile *p)
{
    const char *label[GAPS];
    double share[GAPS];
    size_t n = 0;

    for (size_t j = 0; j < p->cols; j++) {
        const struct hone_column_profile *c = &p->column[j];
        double x = hone_profile_share(c->missing, c->rows);
        size_t at = n;
        if (c->missing == 0 || (n == GAPS && x <= share[n - 1])) {
            continue;
        }
        n += n < GAPS;
        for (at = n - 1; at > 0 && share[at - 1] < x; at--) {
            share[at] = share[at - 1];
            label[at] = label[at - 1];
        }
        share[at] = x;
        label[at] = c->name;
    }
    if (n == 0) {
        return;
    }
    hone_page_section(page, "missing", "Missing values");
    hone_page_chart(page, "Share of rows", n == GAPS ? "The columns with the most" : NULL,
                    hone_chart_bars("share of rows", label, share, NULL, NULL, n));
    put_patterns(page, p);
}

void hone_profile_page(const struct hone_profile_view *view, const char *source,
                       const struct hone_page_look *look, struct hone_arena *mem,
                       struct hone_buf *out)
{
    struct hone_page page;

    hone_page_init(&page, mem, look, hone_arena_format(mem, "Profile of %s", source), NULL);
    put_tiles(&page, view->profile);
    put_findings(&page, view->profile);
    if (view->target != NULL) {
        hone_profile_target(&page, view);
    }
    put_overview(&page, view->profile);
    if (view->pairs != NULL && view->pairs->pairs != 0) {
        hone_profile_pairs(&page, view);
    }
    put_missing(&page, view->profile);
    hone_profile_cards(&page, view);
    hone_page_end(&page, "Made by hone " HONE_VERSION, out);
}

#include "report/check_page.h"

#include <math.h>

#include "report/charts.h"
#include "report/words.h"

enum {
    EXAMPLES = 5, /* rows shown of a finding */
    BESIDE = 5    /* columns shown beside the one that is meant */
};

static const enum hone_tone tones[] = {HONE_TONE_GOOD, HONE_TONE_NONE, HONE_TONE_WARN,
                                       HONE_TONE_BAD};

static size_t count_of(const struct hone_check_report *r, enum hone_verdict verdict)
{
    size_t n = 0;

    for (size_t i = 0; i < r->items; i++) {
        n += r->item[i].verdict == verdict ? 1 : 0;
    }
    return n;
}

static void put_count(struct hone_page *page, const struct hone_check_report *r,
                      enum hone_verdict verdict, const char *label, const char *note)
{
    size_t n = count_of(r, verdict);
    enum hone_tone tone =
        n == 0 || verdict == HONE_VERDICT_PASS ? HONE_TONE_NONE : tones[verdict];

    hone_page_tile(page, tone, label, hone_text_count(page->mem, n), note);
}

static void put_tiles(struct hone_page *page, const struct hone_check_report *r)
{
    struct hone_arena *mem = page->mem;
    size_t failed = count_of(r, HONE_VERDICT_FAIL);
    size_t warned = count_of(r, HONE_VERDICT_WARN);

    hone_page_tile(page,
                   failed > 0   ? HONE_TONE_BAD
                   : warned > 0 ? HONE_TONE_WARN
                                : HONE_TONE_GOOD,
                   "Verdict",
                   failed > 0   ? "Not fit"
                   : warned > 0 ? "Look first"
                                : "Fit",
                   failed > 0   ? "deal with the failures before training"
                   : warned > 0 ? "nothing forbids training"
                                : "nothing was found");
    put_count(page, r, HONE_VERDICT_FAIL, "Failures", NULL);
    put_count(page, r, HONE_VERDICT_WARN, "Warnings", NULL);
    put_count(page, r, HONE_VERDICT_PASS, "Passed",
              hone_arena_format(mem, "of %s checks and rules", hone_text_count(mem, r->items)));
    hone_page_tile(page, HONE_TONE_NONE, "Rows", hone_text_count(mem, r->rows),
                   hone_arena_format(mem, "%s columns", hone_text_count(mem, r->cols)));
    if (r->aside > 0) {
        hone_page_tile(page, HONE_TONE_WARN, "Set aside", hone_text_count(mem, r->aside),
                       "rows");
    }
}

/* The columns that tell most about a finding's rows: those it names, then the first others. */
static size_t choose_columns(const struct hone_check_item *item, size_t *out)
{
    const struct hone_table *t = item->table;
    const char *named[2] = {item->column, item->other};
    size_t n = 0;

    for (int k = 0; k < 2; k++) {
        const struct hone_column *c =
            named[k] == NULL ? NULL : hone_table_find(t, hone_str(named[k]));
        if (c != NULL) {
            out[n++] = (size_t)(c - t->column);
        }
    }
    size_t first = n;
    for (size_t j = 0; j < t->cols && n < first + BESIDE; j++) {
        bool there = false;
        for (size_t k = 0; k < first; k++) {
            there = there || out[k] == j;
        }
        if (!there && t->column[j].type != HONE_VECTOR) {
            out[n++] = j;
        }
    }
    return n;
}

static const char *cell_text(struct hone_arena *mem, const struct hone_column *c, size_t row)
{
    struct hone_buf buf = hone_buf(mem);

    if (!hone_is_valid(c, row)) {
        return "missing";
    }
    hone_column_print(&buf, c, row);
    struct hone_str text = {buf.ptr == NULL ? "" : buf.ptr, buf.len < 80 ? buf.len : 80};
    return hone_arena_text(mem, text.ptr, hone_utf8_valid(text));
}

static bool is_hidden(const struct hone_check_report *r, const char *column)
{
    for (size_t i = 0; i < r->hiddens; i++) {
        if (strcmp(r->hidden[i], column) == 0) {
            return true;
        }
    }
    return false;
}

static void put_examples(struct hone_page *page, const struct hone_check_report *r,
                         const struct hone_check_item *item)
{
    struct hone_page_column column[BESIDE + 3];
    struct hone_cell cell[BESIDE + 3];
    size_t at[BESIDE + 2];
    struct hone_arena *mem = page->mem;

    if (item->row_n == 0 || item->table == NULL) {
        return;
    }
    size_t n = choose_columns(item, at);
    column[0] = (struct hone_page_column){"row", HONE_CELL_NUMBER};
    for (size_t k = 0; k < n; k++) {
        column[k + 1] =
            (struct hone_page_column){item->table->column[at[k]].name, HONE_CELL_TEXT};
    }
    hone_page_table_begin(page,
                          item->rows > EXAMPLES
                              ? hone_arena_format(mem, "%d of %s rows", EXAMPLES,
                                                  hone_text_count(mem, item->rows))
                              : NULL,
                          column, n + 1);
    for (size_t i = 0; i < item->row_n && i < EXAMPLES; i++) {
        cell[0] = (struct hone_cell){.kind = HONE_CELL_NUMBER,
                                     .text = hone_text_count(mem, item->row[i] + 1)};
        for (size_t k = 0; k < n; k++) {
            const struct hone_column *c = &item->table->column[at[k]];
            bool meant = item->column != NULL && strcmp(c->name, item->column) == 0;
            cell[k + 1] = (struct hone_cell){
                .kind = meant ? HONE_CELL_NAME : HONE_CELL_TEXT,
                .text = is_hidden(r, c->name) ? "hidden" : cell_text(mem, c, item->row[i])};
        }
        hone_page_row(page, cell, n + 1);
    }
    hone_page_table_end(page);
}

/* "outliers - heat" */
static const char *title_of(struct hone_arena *mem, const struct hone_check_item *item)
{
    return item->column == NULL
               ? item->check
               : hone_arena_format(mem, "%s \xc2\xb7 %s", item->check, item->column);
}

/* What was seen, and what to do about it, as sentences. */
static const char *text_of(struct hone_arena *mem, const struct hone_check_item *item)
{
    const char *part[2] = {item->message, item->advice};
    struct hone_buf buf = hone_buf(mem);

    for (int k = 0; k < 2 && part[k] != NULL && part[k][0] != '\0'; k++) {
        char last = part[k][strlen(part[k]) - 1];
        hone_buf_format(&buf, "%s%s%s", k == 0 ? "" : " What to do: ", part[k],
                        last == '?' || last == '.' || last == '!' ? "" : ".");
    }
    return buf.ptr;
}

static void put_findings(struct hone_page *page, const struct hone_check_report *r)
{
    struct hone_arena *mem = page->mem;
    bool any = false;

    for (size_t i = 0; i < r->items; i++) {
        const struct hone_check_item *item = &r->item[i];
        if (item->verdict == HONE_VERDICT_PASS) {
            continue;
        }
        if (!any) {
            hone_page_section(page, "findings", "Findings, worst first");
            any = true;
        }
        hone_page_note(page, tones[item->verdict], title_of(mem, item), text_of(mem, item));
        put_examples(page, r, item);
    }
}

static void put_rows(struct hone_page *page, const struct hone_check_report *r, bool rule)
{
    static const struct hone_page_column columns[] = {{"", HONE_CELL_TEXT},
                                                      {"Check", HONE_CELL_NAME},
                                                      {"Column", HONE_CELL_TEXT},
                                                      {"What was seen", HONE_CELL_TEXT}};
    static const char *const words[] = {"pass", "info", "warn", "fail"};

    hone_page_table_begin(page, NULL, columns, 4);
    for (size_t i = 0; i < r->items; i++) {
        const struct hone_check_item *item = &r->item[i];
        const struct hone_cell row[] = {
            {.text = words[item->verdict], .tone = tones[item->verdict]},
            {.kind = HONE_CELL_NAME, .text = item->check},
            {.text = item->column},
            {.text = item->message},
        };
        if (item->rule == rule && (rule || item->verdict == HONE_VERDICT_PASS)) {
            hone_page_row(page, row, 4);
        }
    }
    hone_page_table_end(page);
}

static void put_trend(struct hone_page *page, const struct hone_check_report *r)
{
    struct hone_series series[2] = {{.name = "failures"}, {.name = "warnings"}};
    double *x;
    double *y[2];

    if (r->pasts < 2) {
        return;
    }
    x = hone_arena_must(page->mem, r->pasts * sizeof *x);
    y[0] = hone_arena_must(page->mem, r->pasts * sizeof *x);
    y[1] = hone_arena_must(page->mem, r->pasts * sizeof *x);
    for (size_t i = 0; i < r->pasts; i++) {
        x[i] = (double)r->past[i].time * 1e-3;
        y[0][i] = r->past[i].failed;
        y[1][i] = r->past[i].warned;
    }
    for (int k = 0; k < 2; k++) {
        series[k].x = x;
        series[k].y = y[k];
        series[k].n = r->pasts;
    }
    hone_page_section(page, "trend", "Over time");
    hone_page_chart(page, NULL, "Findings of each check of this data set that is on record.",
                    hone_chart_lines((struct hone_axis){NULL, true},
                                     (struct hone_axis){"findings", false}, series, 2));
}

void hone_check_page(const struct hone_check_report *report, const struct hone_page_look *look,
                     struct hone_arena *mem, struct hone_buf *out)
{
    struct hone_page page;
    size_t rules = 0;
    size_t passed = 0;

    for (size_t i = 0; i < report->items; i++) {
        rules += report->item[i].rule ? 1 : 0;
        passed += !report->item[i].rule && report->item[i].verdict == HONE_VERDICT_PASS ? 1 : 0;
    }
    hone_page_init(&page, mem, look, hone_arena_format(mem, "Check of %s", report->source),
                   report->schema == NULL
                       ? NULL
                       : hone_arena_format(mem, "held against %s", report->schema));
    put_tiles(&page, report);
    put_findings(&page, report);
    put_trend(&page, report);
    if (rules > 0) {
        hone_page_section(&page, "rules", "Rules of the schema");
        put_rows(&page, report, true);
    }
    if (passed > 0) {
        hone_page_section(&page, "passed", "Passed");
        hone_page_fold_begin(&page, hone_arena_format(mem, "%zu checks found nothing", passed));
        put_rows(&page, report, false);
        hone_page_fold_end(&page);
    }
    hone_page_end(&page, "Made by hone " HONE_VERSION, out);
}

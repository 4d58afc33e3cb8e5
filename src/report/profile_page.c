#include "report/profile_page.h"

#include <math.h>

#include "base/time.h"
#include "report/charts.h"
#include "report/words.h"

enum { MEDIAN = 4 }; /* of HONE_PROFILE_QUANTILES */

/* Numbers with at most as many distinct values, each seen as often, are told like categories. */
enum { FEW = 4 };

/* A share of missing cells that deserves a second look. */
static const double much_missing = 0.2;

static double share_of(size_t part, size_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

const char *hone_profile_value(struct hone_arena *mem, enum hone_type type, double value)
{
    char text[40];

    if (isnan(value) || isinf(value)) {
        return hone_text_number(mem, value, 6);
    }
    if (type == HONE_DATE) {
        return hone_arena_text(mem, text, hone_format_date(text, (int64_t)value));
    }
    if (type == HONE_TIMESTAMP) {
        return hone_text_when(mem, (int64_t)value);
    }
    return hone_text_number(mem, value, type == HONE_INT64 ? 9 : 5);
}

static bool has_range(const struct hone_column_profile *c)
{
    return (hone_type_is_number(c->type) || hone_type_is_time(c->type)) &&
           c->type != HONE_BOOL && !isnan(c->min);
}

const char *hone_profile_summary(struct hone_arena *mem,
                                 const struct hone_column_profile *column)
{
    struct hone_buf buf = hone_buf(mem);
    enum hone_type type = column->type;
    size_t present = column->rows - column->missing;

    hone_buf_text(&buf, "");
    if (column->distinct == 1 && column->top_n == 1) {
        hone_buf_format(&buf, "always %s", column->top[0].text);
        return buf.ptr;
    }
    if (has_range(column) && (column->distinct > FEW || present < FEW * column->distinct)) {
        hone_buf_format(&buf, "%s to %s", hone_profile_value(mem, type, column->min),
                        hone_profile_value(mem, type, column->max));
        hone_buf_format(&buf, ", median %s",
                        hone_profile_value(mem, type, column->quantile[MEDIAN]));
        return buf.ptr;
    }
    if (column->top_n != 0 && column->top[0].count <= 1 && present > 1) {
        hone_buf_format(&buf, "%s and %s more, each once", column->top[0].text,
                        hone_text_count(mem, present - 1));
        return buf.ptr;
    }
    for (size_t i = 0; i < column->top_n && i < 4; i++) {
        hone_buf_format(&buf, "%s%s %s", i == 0 ? "" : ", ",
                        column->top[i].text[0] == '\0' ? "\"\"" : column->top[i].text,
                        hone_text_share(mem, share_of(column->top[i].count, present)));
    }
    return buf.ptr;
}

const size_t *hone_profile_shape(struct hone_arena *mem,
                                 const struct hone_column_profile *column, size_t *n)
{
    size_t *count;

    if (column->bins != 0) {
        *n = column->bins;
        return column->bin_count;
    }
    *n = column->top_n != 0 && column->top[0].count > 1 ? column->top_n : 0;
    count = hone_arena_must(mem, (*n + 1) * sizeof *count);
    for (size_t i = 0; i < *n; i++) {
        count[i] = column->top[i].count;
    }
    return count;
}

static void put_tiles(struct hone_page *page, const struct hone_profile *p)
{
    struct hone_arena *mem = page->mem;
    size_t cells = p->rows * p->cols;
    double missing = share_of(p->missing_cells, cells);

    hone_page_tile(page, HONE_TONE_NONE, "Rows", hone_text_count(mem, p->rows), NULL);
    hone_page_tile(page, HONE_TONE_NONE, "Columns", hone_text_count(mem, p->cols), NULL);
    hone_page_tile(page, missing > much_missing ? HONE_TONE_WARN : HONE_TONE_NONE,
                   "Missing cells", hone_text_share(mem, missing),
                   hone_arena_format(mem, "%s of %s", hone_text_count(mem, p->missing_cells),
                                     hone_text_count(mem, cells)));
    hone_page_tile(
        page, p->duplicate_rows != 0 ? HONE_TONE_WARN : HONE_TONE_GOOD, "Duplicate rows",
        hone_text_count(mem, p->duplicate_rows),
        hone_arena_format(mem, "%s of the rows",
                          hone_text_share(mem, share_of(p->duplicate_rows, p->rows))));
    hone_page_tile(page, HONE_TONE_NONE, "In memory", hone_text_bytes(mem, p->bytes), NULL);
}

/* The notes of a column as one text: "constant; 92 % missing". */
static const char *joined_notes(struct hone_arena *mem, const struct hone_column_profile *c)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t i = 0; i < c->notes; i++) {
        hone_buf_format(&buf, "%s%s", i == 0 ? "" : "; ", c->note[i]);
    }
    return buf.ptr;
}

static void put_findings(struct hone_page *page, const struct hone_profile *p)
{
    static const struct hone_page_column columns[] = {{"Column", HONE_CELL_NAME},
                                                      {"What stands out", HONE_CELL_TEXT}};
    bool any = false;

    for (size_t j = 0; j < p->cols; j++) {
        const struct hone_cell row[] = {
            {.kind = HONE_CELL_NAME,
             .text = p->column[j].name,
             .link = hone_arena_format(page->mem, "#column-%zu", j)},
            {.text = joined_notes(page->mem, &p->column[j])},
        };
        if (p->column[j].notes == 0) {
            continue;
        }
        if (!any) {
            hone_page_section(page, "findings", "What stands out");
            hone_page_table_begin(page, NULL, columns, 2);
            any = true;
        }
        hone_page_row(page, row, 2);
    }
    if (any) {
        hone_page_table_end(page);
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
        double missing = share_of(c->missing, c->rows);
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

static void put_chart(struct hone_page *page, const struct hone_column_profile *c)
{
    const char *label[HONE_PROFILE_TOP];
    double value[HONE_PROFILE_TOP];
    double edge[HONE_PROFILE_BINS + 1];
    double to_ms = c->type == HONE_DATE ? 86400e3 : c->type == HONE_TIMESTAMP ? 1e-3 : 1;

    if (c->bins != 0) {
        for (size_t i = 0; i <= c->bins; i++) {
            edge[i] = c->bin_edge[i] * to_ms;
        }
        hone_page_chart(
            page, NULL, NULL,
            hone_chart_histogram((struct hone_axis){NULL, hone_type_is_time(c->type)}, edge,
                                 c->bin_count, c->bins));
        return;
    }
    if (c->top_n == 0 || (c->top[0].count <= 1 && c->distinct > HONE_PROFILE_TOP)) {
        return; /* ten values that occur once say nothing */
    }
    for (size_t i = 0; i < c->top_n; i++) {
        label[i] = c->top[i].text[0] == '\0' ? "\"\"" : c->top[i].text;
        value[i] = (double)c->top[i].count;
    }
    hone_page_chart(page, NULL, NULL,
                    hone_chart_bars("rows", label, value, NULL, NULL, c->top_n));
}

static void put_facts(struct hone_page *page, const struct hone_column_profile *c)
{
    struct hone_arena *mem = page->mem;
    struct hone_page_fact fact[16];
    size_t n = 0;

    fact[n++] = (struct hone_page_fact){
        "missing",
        c->missing == 0 ? "none" : hone_text_share(mem, share_of(c->missing, c->rows))};
    fact[n++] = (struct hone_page_fact){"distinct", hone_text_count(mem, c->distinct)};
    if (has_range(c)) {
        static const char *const names[] = {"minimum", "1 %",  "5 %",  "25 %",   "median",
                                            "75 %",    "95 %", "99 %", "maximum"};
        for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
            fact[n++] = (struct hone_page_fact){
                names[q], hone_profile_value(mem, c->type, c->quantile[q])};
        }
    }
    if (has_range(c) && !hone_type_is_time(c->type)) {
        fact[n++] = (struct hone_page_fact){"mean", hone_text_number(mem, c->mean, 5)};
        fact[n++] = (struct hone_page_fact){"std. deviation", hone_text_number(mem, c->std, 5)};
        fact[n++] = (struct hone_page_fact){"zeros", hone_text_count(mem, c->zeros)};
    } else if (hone_type_is_text(c->type) && c->missing < c->rows) {
        fact[n++] = (struct hone_page_fact){
            "length", hone_arena_format(mem, "%zu to %zu", c->shortest, c->longest)};
    }
    hone_page_facts(page, fact, n);
}

void hone_profile_page(const struct hone_profile *profile, const char *source,
                       const struct hone_page_look *look, struct hone_arena *mem,
                       struct hone_buf *out)
{
    struct hone_page page;

    hone_page_init(&page, mem, look, hone_arena_format(mem, "Profile of %s", source), NULL);
    put_tiles(&page, profile);
    put_findings(&page, profile);
    put_overview(&page, profile);
    hone_page_section(&page, "details", "Column by column");
    for (size_t j = 0; j < profile->cols; j++) {
        const struct hone_column_profile *c = &profile->column[j];
        hone_page_card(&page, hone_arena_format(mem, "column-%zu", j), c->name,
                       hone_type_name(c->type));
        hone_page_tags(&page, c->note, c->notes);
        put_chart(&page, c);
        put_facts(&page, c);
    }
    hone_page_end(&page, "Made by hone " HONE_VERSION, out);
}

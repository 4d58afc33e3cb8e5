#include "report/html.h"

static const char *const tones[] = {
    [HONE_TONE_NONE] = "",
    [HONE_TONE_GOOD] = " good",
    [HONE_TONE_WARN] = " warn",
    [HONE_TONE_BAD] = " bad",
};

/* Rows of a chart's table that are written out. */
enum { TABLE_ROWS = 200 };

static void put(struct hone_page *page, const char *html)
{
    hone_buf_text(&page->body, html);
}

static void put_text(struct hone_page *page, const char *text)
{
    hone_buf_html(&page->body, hone_str(text == NULL ? "" : text));
}

/* An element with text: <tag class="...">text</tag>. attributes are ours, text is not. */
static void put_element(struct hone_page *page, const char *tag, const char *attributes,
                        const char *text)
{
    hone_buf_format(&page->body, "<%s%s>", tag, attributes);
    put_text(page, text);
    hone_buf_format(&page->body, "</%s>", tag);
}

/* What closes a row of tiles and a grid of charts: told apart by address. */
static const char tiles_end[] = "</div>\n";
static const char charts_end[] = "</div>\n";

/* Close the row of tiles or the grid of charts, unless more of them come. */
static void close_open(struct hone_page *page)
{
    if (page->open != NULL) {
        put(page, page->open);
        page->open = NULL;
    }
}

static void close_cards(struct hone_page *page)
{
    close_open(page);
    if (page->in_card) {
        put(page, "</div>\n");
    }
    if (page->in_cards) {
        put(page, "</div>\n");
    }
    page->in_card = page->in_cards = false;
}

static void close_section(struct hone_page *page)
{
    close_cards(page);
    if (page->in_section) {
        put(page, "</section>\n");
        page->in_section = false;
    }
}

void hone_page_init(struct hone_page *page, struct hone_arena *mem,
                    const struct hone_page_look *look, const char *title, const char *subtitle)
{
    *page = (struct hone_page){
        .mem = mem,
        .look = *look,
        .title = title,
        .subtitle = subtitle,
        .body = hone_buf(mem),
    };
}

void hone_page_tile(struct hone_page *page, enum hone_tone tone, const char *label,
                    const char *value, const char *note)
{
    if (page->open != tiles_end) {
        close_cards(page);
        put(page, "<div class=\"tiles\">\n");
        page->open = tiles_end;
    }
    hone_buf_format(&page->body, "<div class=\"tile%s\">", tones[tone]);
    put_element(page, "div", " class=\"label\"", label);
    put_element(page, "div", " class=\"value\"", value);
    if (note != NULL) {
        put_element(page, "div", " class=\"note\"", note);
    }
    put(page, "</div>\n");
}

void hone_page_section(struct hone_page *page, const char *id, const char *title)
{
    close_section(page);
    if (page->links < sizeof page->link / sizeof page->link[0]) {
        page->link[page->links++] = (struct hone_page_link){id, title};
    }
    put(page, "<section id=\"");
    put_text(page, id);
    put(page, "\">");
    put_element(page, "h2", "", title);
    put(page, "\n");
    page->in_section = true;
}

void hone_page_text(struct hone_page *page, const char *text)
{
    close_cards(page);
    put_element(page, "p", "", text);
    put(page, "\n");
}

void hone_page_note(struct hone_page *page, enum hone_tone tone, const char *title,
                    const char *text)
{
    close_cards(page);
    hone_buf_format(&page->body, "<p class=\"note-box%s\">", tones[tone]);
    put_element(page, "b", "", title);
    if (text != NULL) {
        put(page, " ");
        put_text(page, text);
    }
    put(page, "</p>\n");
}

void hone_page_card(struct hone_page *page, const char *id, const char *title,
                    const char *subtitle)
{
    close_open(page);
    if (page->in_card) {
        put(page, "</div>\n");
    }
    if (!page->in_cards) {
        put(page, "<div class=\"cards\">\n");
    }
    page->in_cards = page->in_card = true;
    put(page, "<div class=\"card\"");
    if (id != NULL) {
        put(page, " id=\"");
        put_text(page, id);
        put(page, "\"");
    }
    put(page, ">");
    put_element(page, "h3", "", title);
    if (subtitle != NULL) {
        put_element(page, "p", " class=\"subtitle\"", subtitle);
    }
    put(page, "\n");
}

void hone_page_tags(struct hone_page *page, const char *const *tag, size_t n)
{
    if (n == 0) {
        return;
    }
    put(page, "<p class=\"tags\">");
    for (size_t i = 0; i < n; i++) {
        put_element(page, "span", " class=\"tag\"", tag[i]);
    }
    put(page, "</p>\n");
}

void hone_page_facts(struct hone_page *page, const struct hone_page_fact *fact, size_t n)
{
    put(page, "<dl>");
    for (size_t i = 0; i < n; i++) {
        put(page, "<div>");
        put_element(page, "dt", "", fact[i].name);
        put_element(page, "dd", "", fact[i].value);
        put(page, "</div>");
    }
    put(page, "</dl>\n");
}

static bool right_aligned(enum hone_cell_kind kind)
{
    return kind == HONE_CELL_NUMBER || kind == HONE_CELL_BAR;
}

void hone_page_table_begin(struct hone_page *page, const char *caption,
                           const struct hone_page_column *column, size_t cols)
{
    if (!page->in_card) {
        close_cards(page);
    }
    put(page, "<div class=\"scroll\"><table>");
    if (caption != NULL) {
        put_element(page, "caption", "", caption);
    }
    put(page, "<thead><tr>");
    for (size_t j = 0; j < cols; j++) {
        put_element(page, "th",
                    right_aligned(column[j].kind) ? " scope=\"col\" class=\"num\""
                                                  : " scope=\"col\"",
                    column[j].title);
    }
    put(page, "</tr></thead><tbody>\n");
}

static void put_spark(struct hone_page *page, const struct hone_cell *cell)
{
    size_t most = 1;
    size_t n = cell->n == 0 ? 1 : cell->n;

    for (size_t i = 0; i < cell->n; i++) {
        most = cell->count[i] > most ? cell->count[i] : most;
    }
    put(page,
        "<svg class=\"spark\" viewBox=\"0 0 100 22\" preserveAspectRatio=\"none\" role=\"img\""
        " aria-label=\"");
    put_text(page, cell->text == NULL ? "distribution" : cell->text);
    put(page, "\">");
    for (size_t i = 0; i < cell->n; i++) {
        double step = 100.0 / (double)n;
        double height = 20.0 * (double)cell->count[i] / (double)most;
        height = cell->count[i] > 0 && height < 1 ? 1 : height; /* what is not empty is seen */
        hone_buf_format(&page->body,
                        "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
                        (double)i * step, 22 - height, step > 1 ? step - 0.6 : step, height);
    }
    put(page, "</svg>");
}

static void put_cell(struct hone_page *page, const struct hone_cell *cell)
{
    const char *kind = right_aligned(cell->kind)      ? "num"
                       : cell->kind == HONE_CELL_NAME ? "name"
                                                      : "";

    hone_buf_format(&page->body, "<td class=\"%s%s\">", kind, tones[cell->tone]);
    if (cell->link != NULL) {
        put(page, "<a href=\"");
        put_text(page, cell->link);
        put(page, "\">");
    }
    if (cell->kind == HONE_CELL_SPARK) {
        put_spark(page, cell);
    } else if (cell->kind == HONE_CELL_BAR) {
        double share = cell->share > 0 ? (cell->share < 1 ? cell->share : 1) : 0;
        hone_buf_format(&page->body, "<span class=\"bar%s\"><span>", tones[cell->tone]);
        put_text(page, cell->text);
        hone_buf_format(&page->body, "</span><i><u style=\"width:%.1f%%\"></u></i></span>",
                        share * 100);
    } else {
        put_text(page, cell->text);
    }
    put(page, cell->link != NULL ? "</a></td>" : "</td>");
}

void hone_page_row(struct hone_page *page, const struct hone_cell *cell, size_t cols)
{
    put(page, "<tr>");
    for (size_t j = 0; j < cols; j++) {
        put_cell(page, &cell[j]);
    }
    put(page, "</tr>\n");
}

void hone_page_table_end(struct hone_page *page)
{
    put(page, "</tbody></table></div>\n");
}

void hone_page_script_json(struct hone_buf *buf, const json_t *value)
{
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);

    hone_json_write(&text, value, false);
    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.ptr + i;
        if (*at == '<') { /* only inside strings, where the escape means the same */
            hone_buf_text(buf, "\\u003c");
        } else if (text.len - i >= 3 &&
                   (memcmp(at, "\xe2\x80\xa8", 3) == 0 || memcmp(at, "\xe2\x80\xa9", 3) == 0)) {
            hone_buf_text(buf, at[2] == '\xa8' ? "\\u2028" : "\\u2029");
            i += 2;
        } else {
            hone_buf_char(buf, *at);
        }
    }
    hone_arena_free(&mem);
}

static void put_value(struct hone_page *page, const json_t *value)
{
    if (json_is_string(value)) {
        put_element(page, "td", "", json_string_value(value));
        return;
    }
    put(page, "<td class=\"num\">");
    if (json_is_integer(value)) {
        hone_buf_format(&page->body, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        hone_buf_format(&page->body, "%.6g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        put(page, json_is_true(value) ? "yes" : "no");
    }
    put(page, "</td>");
}

void hone_page_fold_begin(struct hone_page *page, const char *summary)
{
    close_cards(page);
    put(page, "<details>");
    put_element(page, "summary", "", summary);
}

void hone_page_fold_end(struct hone_page *page)
{
    close_cards(page);
    put(page, "</details>\n");
}

/* The rows of the chart, with the members of the first as columns. */
static void put_data(struct hone_page *page, const json_t *spec)
{
    json_t *values = json_object_get(json_object_get(spec, "data"), "values");
    size_t n = json_array_size(values);
    json_t *first = json_array_get(values, 0);
    const char *key;
    json_t *value;

    if (n == 0) {
        return;
    }
    put(page, "<details><summary>Data</summary><div class=\"scroll\"><table><thead><tr>");
    json_object_foreach(first, key, value)
    {
        put_element(page, "th",
                    json_is_string(value) ? " scope=\"col\"" : " scope=\"col\" class=\"num\"",
                    key);
    }
    put(page, "</tr></thead><tbody>");
    for (size_t i = 0; i < n && i < TABLE_ROWS; i++) {
        put(page, "<tr>");
        json_object_foreach(first, key, value)
        {
            put_value(page, json_object_get(json_array_get(values, i), key));
        }
        put(page, "</tr>");
    }
    put(page, "</tbody></table>");
    if (n > TABLE_ROWS) {
        hone_buf_format(&page->body, "<p class=\"more\">%d of %zu rows</p>", TABLE_ROWS, n);
    }
    put(page, "</div></details>");
}

void hone_page_chart(struct hone_page *page, const char *title, const char *description,
                     json_t *spec)
{
    HONE_JSON json_t *owned = spec;

    if (!page->in_card && page->open != charts_end) {
        close_cards(page);
        put(page, "<div class=\"charts\">\n");
        page->open = charts_end;
    }
    put(page, "<figure class=\"chart\">");
    if (title != NULL || description != NULL) {
        put(page, "<figcaption>");
        put_text(page, title);
        if (description != NULL) {
            put_element(page, "span", "", description);
        }
        put(page, "</figcaption>");
    }
    put(page, "<div class=\"plot\"></div><script type=\"application/json\">");
    hone_page_script_json(&page->body, owned);
    put(page, "</script>");
    put_data(page, owned);
    put(page, "</figure>\n");
    page->charts++;
}

static void out_text(struct hone_buf *out, const char *before, const char *text,
                     const char *after)
{
    hone_buf_text(out, before);
    hone_buf_html(out, hone_str(text));
    hone_buf_text(out, after);
}

void hone_page_end(struct hone_page *page, const char *footer, struct hone_buf *out)
{
    close_section(page);
    out_text(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"generator\" content=\"hone " HONE_VERSION "\">\n<title>",
             page->title, "</title>\n<style>\n");
    hone_buf_str(out, page->look.style);
    out_text(out, "</style>\n</head>\n<body>\n<header class=\"page\"><h1>", page->title,
             "</h1>");
    if (page->subtitle != NULL) {
        out_text(out, "<p class=\"subtitle\">", page->subtitle, "</p>");
    }
    hone_buf_text(out, "</header>\n");
    if (page->links > 1) {
        hone_buf_text(out, "<nav class=\"page\" aria-label=\"Sections\"><div>");
        for (size_t i = 0; i < page->links; i++) {
            out_text(out, "<a href=\"#", page->link[i].id, "\">");
            out_text(out, "", page->link[i].title, "</a>");
        }
        hone_buf_text(out, "</div></nav>\n");
    }
    hone_buf_text(out, "<main>\n");
    hone_buf_bytes(out, page->body.ptr, page->body.len);
    hone_buf_text(out, "</main>\n");
    if (footer != NULL) {
        out_text(out, "<footer class=\"page\">", footer, "</footer>\n");
    }
    if (page->charts != 0 && page->look.script.len != 0) {
        hone_buf_text(out, "<script>\n");
        hone_buf_str(out, page->look.script);
        hone_buf_text(out, "\n</script>\n");
    }
    hone_buf_text(out, "</body>\n</html>\n");
}

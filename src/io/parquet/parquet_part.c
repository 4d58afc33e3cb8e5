/* One row group of one flat column; declared in io/parquet_priv.h. */
#include "base/pool.h"
#include "io/parquet/parquet_priv.h"
#include "table/dict.h"

enum { BLOCK = 1024 }; /* codes looked up at a time */

/* What reading a part goes by. */
struct reading {
    struct hone_pq_scan *scan;
    struct hone_pq_column *column;
    struct hone_pq_part *part;
    struct hone_pq_pages pages;
    const struct hone_pq_node *node;
    struct hone_arena *work; /* of what is of no use when the part is read */
    size_t row;              /* of the part, so far */
    size_t there;            /* values so far */
    void *
        table; /* the dictionary as values of the column's type; NULL: not yet made, or of no use */
    bool table_made;
};

/* The bits of the rows that have a value, as soon as some have none. */
static enum hone_code need_valid(struct hone_run *run, struct reading *r)
{
    struct hone_pq_part *part = r->part;

    if (part->valid == NULL) {
        HONE_TRY(hone_array(run, &part->mem, &part->valid, (part->rows + 7) / 8 + 8));
        hone_pq_bits_fill(part->valid, 0, r->row);
    }
    return HONE_OK;
}

/* The next page, and which of its rows have a value: *k of them. */
static enum hone_code next_page(struct hone_run *run, struct reading *r,
                                struct hone_pq_page *page, size_t *k, bool *more)
{
    struct hone_pq_part *part = r->part;

    HONE_TRY(hone_pq_pages_next(run, &r->pages, page, more));
    if (!*more) {
        return HONE_OK;
    }
    *k = page->skipped ? 0 : page->values;
    if (page->skipped) {
        HONE_TRY(need_valid(run, r));
    } else if (r->node->def > 0) {
        HONE_TRY(need_valid(run, r));
        HONE_TRY(hone_pq_validity(run, &r->pages, page, part->valid, r->row, k));
    } else if (part->valid != NULL) {
        hone_pq_bits_fill(part->valid, r->row, page->values);
    }
    part->nulls += page->values - *k;
    return HONE_OK;
}

/* The dictionary as values; stays NULL when one of them does not fit: then it matters whether it is used. */
static enum hone_code make_table(struct hone_run *run, struct reading *r)
{
    const struct hone_pq_raw *raw = &r->pages.dictionary;
    size_t width = hone_pq_width(r->column->type);
    char *table;

    r->table_made = true;
    HONE_TRY(hone_matrix(run, r->work, &table, raw->n, width));
    r->table = hone_pq_convert(r->node, raw, table) ? table : NULL;
    return HONE_OK;
}

#define GATHER(T)                                                                              \
    for (size_t i = 0; i < take; i++) {                                                        \
        ((T *)to)[at + i] = ((const T *)r->table)[code[i]];                                    \
    }

/* n coded values to their place. */
static enum hone_code gather(struct hone_run *run, struct reading *r,
                             const struct hone_pq_page *page, size_t n, void *to)
{
    size_t width = hone_pq_width(r->column->type);
    struct hone_pq_hybrid h;

    HONE_TRY(hone_pq_codes(run, &r->pages, page, &h));
    for (size_t at = 0; at < n; at += BLOCK) {
        uint32_t code[BLOCK];
        size_t take = n - at < BLOCK ? n - at : BLOCK;
        HONE_TRY(hone_pq_take_codes(run, &r->pages, &h, code, take));
        if (width == 8) {
            GATHER(uint64_t)
        } else if (width == 4) {
            GATHER(uint32_t)
        } else {
            GATHER(uint8_t)
        }
    }
    return HONE_OK;
}

/* Values of one page to their place; false in *fits when one is not of the column's type. */
static enum hone_code page_values(struct hone_run *run, struct reading *r,
                                  const struct hone_pq_page *page, size_t k, void *to,
                                  bool *fits)
{
    struct hone_pq_raw raw;
    HONE_SCRATCH(run);

    *fits = true;
    if (hone_pq_is_coded(page)) {
        if (!r->table_made && r->pages.has_dictionary) {
            HONE_TRY(make_table(run, r));
        }
        if (r->table != NULL || !r->pages.has_dictionary) {
            return gather(run, r, page, k, to);
        }
    }
    HONE_TRY(hone_pq_looked_up(run, &r->pages, page, k, &run->scratch, &raw));
    *fits = hone_pq_convert(r->node, &raw, to);
    return HONE_OK;
}

static enum hone_code read_values(struct hone_run *run, struct reading *r, char *to)
{
    size_t width = hone_pq_width(r->column->type);

    for (;;) {
        struct hone_pq_page page;
        size_t k = 0;
        bool more;
        bool fits;
        HONE_TRY(next_page(run, r, &page, &k, &more));
        if (!more) {
            return HONE_OK;
        }
        if (page.skipped) {
            r->row += page.values;
            continue;
        }
        HONE_TRY(page_values(run, r, &page, k, to + r->row * width, &fits));
        if (!fits) {
            r->part->misfit = true;
            return HONE_OK;
        }
        if (k < page.values) {
            hone_pq_spread(to + r->row * width, width, page.values, k, r->part->valid, r->row);
        }
        r->row += page.values;
        r->there += k;
    }
}

static enum hone_code bad_text(struct hone_run *run, const struct reading *r, size_t value)
{
    (void)hone_pq_bad(run, &r->pages, "value %zu is no UTF-8 text", value + 1);
    return hone_hint(run, "leave the column out with --columns, or have it written as binary");
}

static bool is_utf8(struct hone_str text)
{
    return hone_utf8_valid(text) == text.len;
}

/* Whether texts of the leaf come from the file and must be looked at. */
static bool needs_look(const struct reading *r)
{
    return hone_pq_is_string(r->node) && r->column->type != HONE_BINARY;
}

/* The dictionary's values as the first words. */
static enum hone_code first_words(struct hone_run *run, struct reading *r)
{
    const struct hone_pq_raw *raw = &r->pages.dictionary;
    struct hone_pq_part *part = r->part;

    HONE_TRY(hone_array(run, &part->mem, &part->word, raw->n));
    part->words = raw->n;
    for (size_t i = 0; i < raw->n; i++) {
        if (hone_pq_is_string(r->node)) {
            part->word[i] =
                raw->size == 0
                    ? raw->str[i]
                    : (struct hone_str){(const char *)raw->fixed + i * raw->size, raw->size};
        } else {
            struct hone_buf buf = hone_buf(&part->mem);
            hone_pq_print(&buf, r->node, raw, i, false);
            if (buf.full) {
                return hone_no_room(run, r->column->name, i);
            }
            part->word[i] = (struct hone_str){buf.len == 0 ? "" : buf.ptr, buf.len};
        }
        if (needs_look(r) && !is_utf8(part->word[i])) {
            return bad_text(run, r, i);
        }
    }
    return HONE_OK;
}

/* The text of value i: the value itself, or printed to buf. */
static struct hone_str text_of(const struct reading *r, const struct hone_pq_raw *raw, size_t i,
                               struct hone_buf *buf)
{
    if (hone_pq_is_string(r->node) && raw->size == 0) {
        return raw->str[i];
    }
    buf->len = 0;
    hone_pq_print(buf, r->node, raw, i, false);
    return (struct hone_str){buf->len == 0 ? "" : buf->ptr, buf->len};
}

/* More words than any category has: all parts of the column may stop counting. */
static bool too_many(const struct reading *r)
{
    size_t most =
        r->column->wanted == HONE_CATEGORY ? INT32_MAX : hone_categories_most(r->scan->rows);
    size_t loose = r->part->words - (r->pages.has_dictionary ? r->pages.dictionary.n : 0);
    bool many;

    hone_mutex_lock(r->scan->lock);
    r->column->many_words = r->column->many_words || loose > most;
    many = r->column->many_words;
    hone_mutex_unlock(r->scan->lock);
    return many;
}

/* Codes of the values of one page that is not coded; false in *counted when they are too many. */
static enum hone_code loose_words(struct hone_run *run, struct reading *r,
                                  struct hone_pq_words *w, const struct hone_pq_page *page,
                                  size_t k, bool *counted)
{
    struct hone_pq_raw raw;
    struct hone_buf buf;
    HONE_SCRATCH(run);

    *counted = !too_many(r);
    HONE_TRY(hone_pq_values(run, &r->pages, page, k, &run->scratch, &raw));
    buf = hone_buf(&run->scratch);
    for (size_t i = 0; i < k && *counted; i++) {
        size_t words = r->part->words;
        struct hone_str text = text_of(r, &raw, i, &buf);
        HONE_TRY(hone_pq_word(run, w, text, &r->part->code[r->there + i]));
        if (r->part->words > words && needs_look(r) && !is_utf8(text)) {
            return bad_text(run, r, r->there + i);
        }
        *counted = (i + 1) % BLOCK != 0 || !too_many(r);
    }
    return HONE_OK;
}

/* Codes and words; false in *counted when it turns out that they are too many. */
static enum hone_code read_words(struct hone_run *run, struct reading *r, bool *counted)
{
    HONE_ARENA(map);
    struct hone_pq_words words = {.part = r->part, .map.mem = &map};
    bool may_count = r->column->type != HONE_BINARY && r->column->wanted != HONE_UTF8;

    *counted = true;
    HONE_TRY(hone_array(run, &r->part->mem, &r->part->code, r->part->rows));
    for (;;) {
        struct hone_pq_page page;
        struct hone_pq_hybrid h;
        size_t k = 0;
        bool more;
        HONE_TRY(next_page(run, r, &page, &k, &more));
        if (!more) {
            return hone_pq_words_end(run, r->part);
        }
        if (r->pages.has_dictionary && r->part->word == NULL) {
            HONE_TRY(first_words(run, r));
        }
        if (page.skipped) {
            r->row += page.values;
            continue;
        }
        if (hone_pq_is_coded(&page)) {
            HONE_TRY(hone_pq_codes(run, &r->pages, &page, &h));
            HONE_TRY(hone_pq_take_codes(run, &r->pages, &h, r->part->code + r->there, k));
        } else if (may_count) {
            HONE_TRY(loose_words(run, r, &words, &page, k, counted));
        } else {
            *counted = k == 0;
        }
        if (!*counted) {
            return HONE_OK;
        }
        r->row += page.values;
        r->there += k;
    }
}

/* Strings of a plain page, their lengths taken out from between them. */
static enum hone_code plain_texts(struct hone_run *run, struct reading *r, struct hone_str in,
                                  size_t k, struct hone_str *piece, bool *starts)
{
    uint32_t *len = r->part->len + r->there;
    size_t at = 0;
    char *to;

    if (k > in.len / 4) {
        return hone_pq_bad(run, &r->pages, "a page of %zu bytes does not hold its %zu values",
                           in.len, k);
    }
    HONE_TRY(hone_array(run, &r->part->mem, &to, in.len - 4 * k));
    *piece = (struct hone_str){to, 0};
    for (size_t i = 0; i < k; i++) {
        uint32_t n;
        if (in.len - at < 4) {
            return hone_pq_bad(run, &r->pages,
                               "a page of %zu bytes does not hold its %zu values", in.len, k);
        }
        memcpy(&n, in.ptr + at, 4);
        at += 4;
        if (n > in.len - at || n > in.len - 4 * k - piece->len) {
            return hone_pq_bad(run, &r->pages, "value %zu of a page says that it has %u bytes",
                               i + 1, n);
        }
        memcpy(to + piece->len, in.ptr + at, n);
        *starts = *starts && (n == 0 || ((uint8_t)to[piece->len] & 0xc0) != 0x80);
        len[i] = n;
        piece->len += n;
        at += n;
    }
    return HONE_OK;
}

/* Texts of any other page. */
static enum hone_code other_texts(struct hone_run *run, struct reading *r,
                                  const struct hone_pq_page *page, size_t k,
                                  struct hone_str *piece, bool *starts)
{
    struct hone_pq_raw raw;
    struct hone_buf text;
    struct hone_buf all = hone_buf(&r->part->mem);
    size_t total = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_pq_looked_up(run, &r->pages, page, k, &run->scratch, &raw));
    for (size_t i = 0; raw.str != NULL && hone_pq_is_string(r->node) && i < k; i++) {
        total += raw.str[i].len;
    }
    HONE_TRY(hone_pq_afford(run, r->scan->file, total));
    text = hone_buf(&run->scratch);
    for (size_t i = 0; i < k; i++) {
        struct hone_str one = text_of(r, &raw, i, &text);
        *starts = *starts && (one.len == 0 || ((uint8_t)one.ptr[0] & 0xc0) != 0x80);
        r->part->len[r->there + i] = (uint32_t)one.len;
        hone_buf_str(&all, one);
    }
    if (all.full) {
        return hone_no_room(run, r->column->name, total);
    }
    *piece = (struct hone_str){all.len == 0 ? "" : all.ptr, all.len};
    return HONE_OK;
}

/* The first of k texts in a row that is not UTF-8. */
static size_t find_bad(const uint32_t *len, const char *at, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        if (!is_utf8((struct hone_str){at, len[i]})) {
            return i;
        }
        at += len[i];
    }
    return 0;
}

/* All values as texts, whatever they are and however often they occur. */
static enum hone_code read_texts(struct hone_run *run, struct reading *r)
{
    HONE_TRY(hone_array(run, &r->part->mem, &r->part->len, r->part->rows));
    for (;;) {
        struct hone_pq_page page;
        struct hone_str piece = {0};
        bool starts = true;
        size_t k = 0;
        bool more;
        HONE_TRY(next_page(run, r, &page, &k, &more));
        if (!more) {
            return HONE_OK;
        }
        if (page.skipped) {
            r->row += page.values;
            continue;
        }
        if (page.encoding == HONE_PQ_PLAIN && hone_pq_is_string(r->node) &&
            r->node->physical == HONE_PQ_BYTES) {
            HONE_TRY(plain_texts(run, r, page.data, k, &piece, &starts));
        } else {
            HONE_TRY(other_texts(run, r, &page, k, &piece, &starts));
        }
        if (needs_look(r) && (!starts || !is_utf8(piece))) {
            return bad_text(run, r, r->there + find_bad(r->part->len + r->there, piece.ptr, k));
        }
        HONE_TRY(hone_pq_piece(run, r->part, piece));
        r->row += page.values;
        r->there += k;
    }
}

/* An empty part.  It may take as much memory as its bytes can stand for, and all parts together as hone_pq_afford
 * allows. */
static void begin(struct reading *r, size_t group)
{
    struct hone_pq_part *part = r->part;
    const struct hone_pq_file *file = r->scan->file;
    size_t rows = part->rows;
    size_t bytes = 0;

    for (size_t i = 0; i < r->column->leaves; i++) {
        bytes += file->group[r->scan->group[group]].chunk[r->column->first + i].len;
    }
    hone_arena_free(&part->mem);
    *part = (struct hone_pq_part){.rows = rows};
    part->mem.limit = hone_product(bytes, 1024) / 2 + HONE_CODEC_FLOOR * 2;
    r->row = 0;
    r->there = 0;
    r->work->limit = part->mem.limit;
    hone_pq_pages_begin(&r->pages, file, r->scan->group[group], r->column->first,
                        r->column->mode == HONE_PQ_AS_WORDS ? &part->mem : r->work);
    r->pages.range = r->column->nested ? NULL : r->scan->range[group];
}

static enum hone_code read_flat(struct hone_run *run, struct reading *r, size_t group)
{
    struct hone_pq_column *c = r->column;
    bool counted;

    if (c->mode == HONE_PQ_AS_WORDS) {
        HONE_TRY(read_words(run, r, &counted));
        if (!counted) {
            begin(r, group);
            HONE_TRY(read_texts(run, r));
        }
    } else if (c->type == HONE_BOOL) {
        HONE_TRY(hone_array(run, &r->part->mem, &r->part->bools, r->part->rows));
        HONE_TRY(read_values(run, r, (char *)r->part->bools));
    } else {
        char *data = (char *)(uintptr_t)c->out.data; /* made for the parts, not yet shared */
        HONE_TRY(read_values(run, r, data + r->scan->row[group] * hone_pq_width(c->type)));
    }
    if (r->part->nulls == 0) {
        r->part->valid = NULL;
    }
    return HONE_OK;
}

enum hone_code hone_pq_read_part(struct hone_run *run, struct hone_pq_scan *scan, size_t column,
                                 size_t group)
{
    struct hone_pq_column *c = &scan->column[column];
    HONE_ARENA(work);
    struct reading r = {.scan = scan,
                        .column = c,
                        .part = &c->part[group],
                        .node = &scan->file->node[c->node],
                        .work = &work};
    size_t held;
    HONE_SCRATCH(run);

    begin(&r, group);
    HONE_TRY(c->nested ? hone_pq_nested(run, scan, c, group) : read_flat(run, &r, group));
    hone_mutex_lock(scan->lock);
    scan->held += r.part->mem.bytes;
    held = scan->held;
    hone_mutex_unlock(scan->lock);
    return hone_pq_afford(run, scan->file, held);
}

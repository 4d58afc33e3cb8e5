/* Text, binary and category columns made of Arrow arrays; declared in table/arrow_column_priv.h. */
#include "base/hash.h"
#include "table/arrow_column_priv.h"
#include "table/dict.h"

#define TEXT_MOST ((size_t)1 << 40)

static bool has_bytes(const struct hone_arrow_type *type)
{
    return type->kind == HONE_ARROW_UTF8 || type->kind == HONE_ARROW_BINARY ||
           type->kind == HONE_ARROW_UTF8_VIEW || type->kind == HONE_ARROW_BINARY_VIEW ||
           type->kind == HONE_ARROW_FIXED_BINARY;
}

struct sum {
    size_t bytes, most;
};

static bool add_size(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct sum *s = ctx;

    (void)at;
    s->bytes += hone_arrow_bytes(cell).len;
    return s->bytes <= s->most;
}

struct writing {
    int64_t *offsets;
    char *bytes;
    size_t used, row;
};

static bool add_text(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct writing *w = ctx;
    struct hone_str text = hone_arrow_bytes(cell);

    while (w->row < at) {
        w->offsets[++w->row] = (int64_t)w->used;
    }
    if (text.len > 0) {
        memcpy(w->bytes + w->used, text.ptr, text.len);
    }
    w->used += text.len;
    w->offsets[++w->row] = (int64_t)w->used;
    return true;
}

/* Values that are bytes in the array. */
static enum hone_code make_bytes(struct hone_run *run, struct hone_arrow_making *m)
{
    struct sum sum = {.most = m->options->most == 0 ? TEXT_MOST : m->options->most};
    struct writing w = {.used = 0};

    HONE_TRY(hone_arrow_within(run, m, hone_product(m->out.rows + 1, 8)));
    if (!hone_arrow_visit(m, add_size, &sum)) {
        return hone_arrow_too_much(run, m);
    }
    HONE_TRY(hone_array(run, m->mem, &w.offsets, m->out.rows + 1));
    HONE_TRY(hone_array(run, m->mem, &w.bytes, sum.bytes));
    (void)hone_arrow_visit(m, add_text, &w);
    while (w.row < m->out.rows) {
        w.offsets[++w.row] = (int64_t)w.used;
    }
    m->out.data = w.bytes;
    m->out.offsets = w.offsets;
    return HONE_OK;
}

struct printing {
    const struct hone_arrow_making *m;
    struct hone_buf buf;
    int64_t *offsets;
    size_t row;
};

static bool add_print(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct printing *p = ctx;

    while (p->row < at) {
        p->offsets[++p->row] = (int64_t)p->buf.len;
    }
    hone_arrow_print(&p->buf, *cell, false);
    p->offsets[++p->row] = (int64_t)p->buf.len;
    return !p->buf.full;
}

/* Values that have to be written as text. */
static enum hone_code make_prints(struct hone_run *run, struct hone_arrow_making *m)
{
    struct printing p = {.m = m};
    HONE_ARENA(work);
    char *bytes;

    HONE_TRY(hone_arrow_within(run, m, hone_product(m->out.rows + 1, 8)));
    work.limit = m->options->most == 0 ? TEXT_MOST : m->options->most;
    p.buf = hone_buf(&work);
    HONE_TRY(hone_array(run, m->mem, &p.offsets, m->out.rows + 1));
    if (!hone_arrow_visit(m, add_print, &p)) {
        return hone_arrow_too_much(run, m);
    }
    while (p.row < m->out.rows) {
        p.offsets[++p.row] = (int64_t)p.buf.len;
    }
    HONE_TRY(hone_array(run, m->mem, &bytes, p.buf.len));
    if (p.buf.len > 0) {
        memcpy(bytes, p.buf.ptr, p.buf.len);
    }
    m->out.data = bytes;
    m->out.offsets = p.offsets;
    return HONE_OK;
}

/* ---- categories ---- */

/* Words in order of appearance. */
struct numbering {
    struct hone_arena mem;
    struct hone_map map;
    struct hone_str *word;
    size_t n, room, most;
    bool no_room;
    int32_t *code; /* (rows) */
    /* of a dictionary in parts: the numbers of its words */
    const struct hone_arrow_array **part;
    size_t parts, part_room;
    int32_t *of_word;
    size_t words, word_room;
};

static void numbering_end(struct numbering *n)
{
    hone_arena_free(&n->mem);
}

/* The number of a word, -1 when there are too many or no room. */
static int32_t number_of(struct numbering *n, struct hone_str word)
{
    uint32_t code = hone_map_add(&n->map, word, (uint32_t)n->n);

    if (code == UINT32_MAX) {
        n->no_room = true;
        return -1;
    }
    if (code < n->n) {
        return (int32_t)code;
    }
    if (n->n == n->most) {
        return -1;
    }
    if (n->n == n->room) {
        size_t more = n->room == 0 ? 64 : n->room * 2;
        n->word = hone_arena_grow(&n->mem, n->word, sizeof *n->word, n->room, more);
        if (n->word == NULL) {
            n->no_room = true;
            return -1;
        }
        n->room = more;
    }
    n->word[n->n++] = word;
    return (int32_t)code;
}

static bool number_row(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct numbering *n = ctx;
    int32_t code = number_of(n, hone_arrow_bytes(cell));

    n->code[at] = code;
    return code >= 0;
}

/* Room for one part more, and its words. */
static enum hone_code part_room(struct hone_run *run, struct numbering *n, size_t words)
{
    if (n->parts == n->part_room) {
        size_t room = n->part_room == 0 ? 4 : n->part_room * 2;
        n->part = hone_arena_grow(&n->mem, n->part, sizeof *n->part, n->part_room, room);
        if (n->part == NULL) {
            return hone_no_room(run, "dictionaries", room);
        }
        n->part_room = room;
    }
    if (words > n->word_room - n->words) {
        size_t room = (n->words + words) * 2;
        n->of_word =
            hone_arena_grow(&n->mem, n->of_word, sizeof *n->of_word, n->word_room, room);
        if (n->of_word == NULL) {
            return hone_no_room(run, "categories", room);
        }
        n->word_room = room;
    }
    return HONE_OK;
}

/* The words of one part of a dictionary, those that no row has too. */
static enum hone_code number_part(struct hone_run *run, struct numbering *n,
                                  const struct hone_arrow_making *m,
                                  const struct hone_arrow_array *part)
{
    HONE_TRY(part_room(run, n, part->length));
    n->part[n->parts++] = part;
    for (size_t i = 0; i < part->length; i++) {
        struct hone_arrow_cell cell = {m->leaf->type->child, part, i};
        int32_t code = -1; /* a value that is missing */
        if (hone_arrow_resolve(&cell)) {
            code = number_of(n, hone_arrow_bytes(&cell));
            if (code < 0) {
                return n->no_room
                           ? hone_no_room(run, "categories", n->n)
                           : hone_fail(run, HONE_E_LIMIT, "column %s has too many categories",
                                       m->leaf->name);
            }
        }
        n->of_word[n->words++] = code;
    }
    return HONE_OK;
}

/* The codes of the rows of a piece whose dictionary is text.  Mostly its dictionary is that of the piece
 * before, or that and more. */
static enum hone_code number_piece(struct hone_run *run, struct numbering *n,
                                   const struct hone_arrow_making *m,
                                   const struct hone_arrow_piece *p, size_t at)
{
    const struct hone_arrow_array *array = p->array;
    const struct hone_arrow_type *type = m->leaf->type;

    for (size_t d = 0; d < array->dictionaries; d++) {
        if (d < n->parts && n->part[d] != array->dictionary[d]) {
            n->parts = d;
            n->words = 0;
            for (size_t i = 0; i < d; i++) {
                n->words += n->part[i]->length;
            }
        }
        if (d == n->parts) {
            HONE_TRY(number_part(run, n, m, array->dictionary[d]));
        }
    }
    for (size_t row = 0; row < p->rows; row++) {
        if (hone_arrow_is_there(m, at + row)) {
            n->code[at + row] = n->of_word[hone_arrow_int(array->a, type->bits, type->is_signed,
                                                          array->offset + p->at + row)];
        }
    }
    return HONE_OK;
}

static enum hone_code end_category(struct hone_run *run, struct hone_arrow_making *m,
                                   struct numbering *n)
{
    int32_t *rank;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &rank, n->n));
    HONE_TRY(hone_dict_make(run, n->word, n->n, m->mem, &m->out.dict, rank));
    for (size_t at = 0; at < m->out.rows; at++) {
        if (hone_arrow_is_there(m, at)) {
            n->code[at] = rank[n->code[at]];
        }
    }
    m->out.type = HONE_CATEGORY;
    m->out.data = n->code;
    m->out.offsets = NULL;
    return HONE_OK;
}

/* A dictionary of text as it is. */
static enum hone_code make_coded(struct hone_run *run, struct hone_arrow_making *m)
{
    HONE_CLOSING(numbering_end) struct numbering n = {.most = INT32_MAX};
    size_t at = 0;

    n.map.mem = &n.mem;
    HONE_TRY(hone_arrow_within(run, m, hone_product(m->out.rows, 4)));
    HONE_TRY(hone_array(run, m->mem, &n.code, m->out.rows));
    for (size_t i = 0; i < m->n; i++) {
        HONE_TRY(number_piece(run, &n, m, &m->piece[i], at));
        at += m->piece[i].rows;
    }
    return end_category(run, m, &n);
}

/* Text of few distinct words; *done is false when there are too many. */
static enum hone_code make_words(struct hone_run *run, struct hone_arrow_making *m, bool *done)
{
    HONE_CLOSING(numbering_end) struct numbering n = {.most = INT32_MAX};
    size_t there = m->out.rows - m->out.nulls;

    n.map.mem = &n.mem;
    if (m->options->text == HONE_ARROW_BY_RULE) {
        n.most = hone_categories_most(there);
    }
    *done = false;
    if (there == 0 && m->options->text == HONE_ARROW_BY_RULE) {
        return HONE_OK;
    }
    HONE_TRY(hone_arrow_within(run, m, hone_product(m->out.rows, 4)));
    HONE_TRY(hone_array(run, &n.mem, &n.code, m->out.rows));
    if (!hone_arrow_visit(m, number_row, &n)) {
        return n.no_room ? hone_no_room(run, "words", n.n) : HONE_OK;
    }
    *done = true;
    HONE_TRY(end_category(run, m, &n));
    {
        int32_t *code;
        HONE_TRY(hone_array(run, m->mem, &code, m->out.rows));
        if (m->out.rows > 0) {
            memcpy(code, n.code, m->out.rows * sizeof *code);
        }
        m->out.data = code;
    }
    return HONE_OK;
}

/* The text just written becomes a category, if it is one. */
static enum hone_code recode(struct hone_run *run, struct hone_arrow_making *m)
{
    struct hone_arrow_type type = {.name = "", .kind = HONE_ARROW_UTF8, .bits = 64};
    struct hone_arrow_array array = {
        .length = m->out.rows,
        .a = {(const uint8_t *)m->out.offsets, (m->out.rows + 1) * 8},
        .b = {m->out.data, (size_t)m->out.offsets[m->out.rows]}};
    struct hone_arrow_piece piece = {.array = &array, .rows = m->out.rows};
    struct hone_arrow_leaf leaf = *m->leaf;
    struct hone_arrow_making again = *m;
    bool done;

    leaf.type = &type;
    again.leaf = &leaf;
    again.plain = &type;
    again.piece = &piece;
    again.n = 1;
    HONE_TRY(make_words(run, &again, &done));
    if (done) {
        m->out = again.out;
    }
    return HONE_OK;
}

enum hone_code hone_arrow_make_text(struct hone_run *run, struct hone_arrow_making *m)
{
    bool direct = has_bytes(m->plain);
    bool coded = m->leaf->type->kind == HONE_ARROW_DICTIONARY &&
                 has_bytes(m->leaf->type->child) && m->out.type == HONE_UTF8;
    bool done = false;

    if (coded) {
        return make_coded(run, m);
    }
    if (direct && m->out.type == HONE_UTF8 && m->options->text != HONE_ARROW_AS_IS) {
        HONE_TRY(make_words(run, m, &done));
    }
    if (done) {
        return HONE_OK;
    }
    HONE_TRY((direct ? make_bytes : make_prints)(run, m));
    if (!direct && m->options->text != HONE_ARROW_AS_IS) {
        return recode(run, m);
    }
    return HONE_OK;
}

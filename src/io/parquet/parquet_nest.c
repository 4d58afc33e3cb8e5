/*
 * Lists and maps: rows put together from the levels of their leaves; declared in io/parquet_priv.h.
 *
 * Each leaf of the column is a row of entries (repetition level, definition level, value if there is one).
 * A record is read by walking the schema: a node that is not there takes one entry of each leaf
 * below it, a repeated one goes on while the next entry has its repetition level.
 * Source: Melnik et al., Dremel, VLDB 2010, section 4.3.
 */
#include "io/parquet/parquet_priv.h"

/* The entries of one leaf. */
struct stream {
    const struct hone_pq_node *node;
    uint8_t *def, *rep; /* (entries) */
    size_t entries, at;
    struct hone_pq_raw *page; /* (pages) values, page after page */
    size_t pages, page_room;
    size_t page_at, value_at; /* the next value */
};

struct nest {
    struct hone_pq_scan *scan;
    struct hone_pq_column *column;
    struct hone_pq_part *part;
    size_t group;
    struct stream *stream; /* (leaves of the column) */
    struct hone_arena mem;
    struct hone_buf key;
    bool bad; /* the levels contradict the schema or each other */
};

static enum hone_code check_texts(struct hone_run *run, const struct hone_pq_pages *p,
                                  const struct hone_pq_raw *raw)
{
    bool text = p->node->kind == HONE_PQ_STRING || p->node->kind == HONE_PQ_JSON;

    for (size_t i = 0; text && raw->str != NULL && i < raw->n; i++) {
        if (hone_utf8_valid(raw->str[i]) != raw->str[i].len) {
            return hone_pq_bad(run, p, "a value is no UTF-8 text");
        }
    }
    return HONE_OK;
}

static enum hone_code add_page(struct hone_run *run, struct nest *nest, struct stream *s,
                               const struct hone_pq_pages *p, const struct hone_pq_page *page,
                               size_t n)
{
    if (s->pages == s->page_room) {
        size_t more = s->page_room == 0 ? 8 : s->page_room * 2;
        s->page = hone_arena_grow(&nest->mem, s->page, sizeof *s->page, s->page_room, more);
        if (s->page == NULL) {
            return hone_no_room(run, nest->column->name, more);
        }
        s->page_room = more;
    }
    HONE_TRY(hone_pq_looked_up(run, p, page, n, &nest->mem, &s->page[s->pages]));
    s->pages++;
    return check_texts(run, p, &s->page[s->pages - 1]);
}

/* All entries of a leaf in this row group. */
static enum hone_code read_stream(struct hone_run *run, struct nest *nest, size_t leaf,
                                  struct stream *s)
{
    const struct hone_pq_file *file = nest->scan->file;
    struct hone_pq_pages p;
    struct hone_pq_page page;
    bool more;

    hone_pq_pages_begin(&p, file, nest->group, leaf, &nest->mem);
    p.keep = true;
    s->node = p.node;
    HONE_TRY(hone_pq_afford(run, file, hone_product(p.chunk->values, 2)));
    HONE_TRY(hone_array(run, &nest->mem, &s->def, p.chunk->values));
    HONE_TRY(hone_array(run, &nest->mem, &s->rep, p.chunk->values));
    for (;;) {
        size_t n = 0;
        HONE_TRY(hone_pq_pages_next(run, &p, &page, &more));
        if (!more) {
            return HONE_OK;
        }
        HONE_TRY(hone_pq_levels(run, &p, &page, false, s->def + s->entries));
        HONE_TRY(hone_pq_levels(run, &p, &page, true, s->rep + s->entries));
        for (size_t i = 0; i < page.values; i++) {
            n += s->def[s->entries + i] == s->node->def;
        }
        s->entries += page.values;
        HONE_TRY(add_page(run, nest, s, &p, &page, n));
    }
}

static struct stream *stream_of(const struct nest *nest, size_t leaf)
{
    return &nest->stream[leaf - nest->column->first];
}

/* The first leaf of a subtree; the schema has a leaf below every group that is read. */
static size_t first_leaf(const struct hone_pq_file *file, size_t node)
{
    while (file->node[node].leaf == SIZE_MAX) {
        node++;
    }
    return file->node[node].leaf;
}

/* The definition level of the next entry, and its repetition level; 255 at the end. */
static unsigned def_at(const struct stream *s)
{
    return s->at < s->entries ? s->def[s->at] : 255;
}

static unsigned rep_at(const struct stream *s)
{
    return s->at < s->entries ? s->rep[s->at] : 255;
}

/* The value of the entry that was just taken; NULL when there is none, which is damage. */
static const struct hone_pq_raw *next_value(struct stream *s, size_t *at)
{
    while (s->page_at < s->pages && s->value_at == s->page[s->page_at].n) {
        s->page_at++;
        s->value_at = 0;
    }
    if (s->page_at == s->pages) {
        return NULL;
    }
    *at = s->value_at++;
    return &s->page[s->page_at];
}

/* Take one entry of every leaf of a subtree that is not there. */
static void skip_absent(struct nest *nest, size_t node)
{
    const struct hone_pq_file *file = nest->scan->file;

    for (size_t i = node; i < file->node[node].next; i++) {
        if (file->node[i].leaf != SIZE_MAX) {
            struct stream *s = stream_of(nest, file->node[i].leaf);
            nest->bad = nest->bad || s->at >= s->entries || def_at(s) >= file->node[i].def;
            s->at++;
        }
    }
}

static void print_node(struct nest *nest, struct hone_buf *buf, size_t node);

static void print_leaf(struct nest *nest, struct hone_buf *buf, size_t node)
{
    struct stream *s = stream_of(nest, nest->scan->file->node[node].leaf);
    const struct hone_pq_raw *raw;
    size_t i;

    if (s->at >= s->entries || def_at(s) != s->node->def) {
        nest->bad = true;
        return;
    }
    s->at++;
    raw = next_value(s, &i);
    if (raw == NULL) {
        nest->bad = true;
        return;
    }
    hone_pq_print(buf, s->node, raw, i, true);
}

/* The members of a group. */
static void print_struct(struct nest *nest, struct hone_buf *buf, size_t node)
{
    const struct hone_pq_file *file = nest->scan->file;
    const char *between = "{";

    for (size_t child = node + 1; child < file->node[node].next;
         child = file->node[child].next) {
        hone_buf_text(buf, between);
        hone_buf_json(buf, hone_str(file->node[child].name));
        hone_buf_char(buf, ':');
        print_node(nest, buf, child);
        between = ",";
    }
    hone_buf_text(buf, between[0] == '{' ? "{}" : "}");
}

/*
 * What an element of a list is, from its repeated node: the node itself where it is no group, has several
 * children, a repeated one, or one of the names that old writers gave it; else its only child.
 * Source: LogicalTypes.md, "Lists", backward-compatibility rules.
 */
static bool is_element(const struct hone_pq_file *file, size_t list, size_t repeated)
{
    const struct hone_pq_node *n = &file->node[repeated];
    const char *parent = file->node[list].name;
    size_t len = strlen(parent);

    if (n->physical != HONE_PQ_GROUP || n->children != 1 ||
        file->node[repeated + 1].repeat == HONE_PQ_REPEATED) {
        return true;
    }
    return strcmp(n->name, "array") == 0 ||
           (strlen(n->name) == len + 6 && memcmp(n->name, parent, len) == 0 &&
            strcmp(n->name + len, "_tuple") == 0);
}

/* A map's key as the name of a member. */
static void print_key(struct nest *nest, struct hone_buf *buf, size_t node)
{
    size_t from = buf->len;

    print_node(nest, buf, node);
    if (buf->len > from && buf->ptr[from] != '"') {
        nest->key.len = 0;
        hone_buf_bytes(&nest->key, buf->ptr + from, buf->len - from);
        buf->len = from;
        hone_buf_json(buf, (struct hone_str){nest->key.ptr, nest->key.len});
    }
}

/* One repetition of a repeated node, of a list or map (owner) or by itself. */
static void print_one(struct nest *nest, struct hone_buf *buf, size_t owner, size_t node)
{
    const struct hone_pq_file *file = nest->scan->file;
    const struct hone_pq_node *n = &file->node[node];

    if (owner != node && file->node[owner].kind == HONE_PQ_MAP) {
        size_t value = node + 1 < n->next ? file->node[node + 1].next : n->next;
        print_key(nest, buf, node + 1);
        hone_buf_char(buf, ':');
        if (value < n->next) {
            print_node(nest, buf, value);
        } else {
            hone_buf_text(buf, "null");
        }
    } else if (n->physical != HONE_PQ_GROUP) {
        print_leaf(nest, buf, node);
    } else if (owner != node && !is_element(file, owner, node)) {
        print_node(nest, buf, node + 1);
    } else {
        print_struct(nest, buf, node);
    }
}

/* All repetitions of a repeated node. */
static void print_many(struct nest *nest, struct hone_buf *buf, size_t owner, size_t node)
{
    const struct hone_pq_file *file = nest->scan->file;
    const struct hone_pq_node *n = &file->node[node];
    const struct stream *s = stream_of(nest, first_leaf(file, node));
    bool map = owner != node && file->node[owner].kind == HONE_PQ_MAP;
    const char *between = map ? "{" : "[";

    if (def_at(s) < n->def) {
        skip_absent(nest, node);
        hone_buf_text(buf, map ? "{}" : "[]");
        return;
    }
    do {
        size_t before = s->at;
        hone_buf_text(buf, between);
        print_one(nest, buf, owner, node);
        between = ",";
        nest->bad = nest->bad || s->at == before;
    } while (!nest->bad && rep_at(s) == n->rep);
    hone_buf_text(buf, map ? "}" : "]");
}

static bool is_list(const struct hone_pq_file *file, size_t node)
{
    const struct hone_pq_node *n = &file->node[node];
    bool listed = n->kind == HONE_PQ_LIST || n->kind == HONE_PQ_MAP;

    return listed && n->children == 1 && file->node[node + 1].repeat == HONE_PQ_REPEATED &&
           (n->kind == HONE_PQ_LIST || (file->node[node + 1].physical == HONE_PQ_GROUP &&
                                        file->node[node + 1].children > 0));
}

static void print_node(struct nest *nest, struct hone_buf *buf, size_t node)
{
    const struct hone_pq_file *file = nest->scan->file;
    const struct hone_pq_node *n = &file->node[node];

    if (nest->bad) {
        return;
    }
    if (n->repeat == HONE_PQ_REPEATED) {
        print_many(nest, buf, node, node);
    } else if (n->repeat == HONE_PQ_OPTIONAL &&
               def_at(stream_of(nest, first_leaf(file, node))) < n->def) {
        skip_absent(nest, node);
        hone_buf_text(buf, "null");
    } else if (n->physical != HONE_PQ_GROUP) {
        print_leaf(nest, buf, node);
    } else if (is_list(file, node)) {
        print_many(nest, buf, node, node + 1);
    } else {
        print_struct(nest, buf, node);
    }
}

static enum hone_code bad_levels(struct hone_run *run, const struct nest *nest, size_t row)
{
    return hone_pq_fail(run, nest->scan->file, nest->group, nest->column->first, HONE_E_FORMAT,
                        "row %zu: its levels contradict the schema", row + 1);
}

/* Whether the column's own node is missing in the row at hand: an optional node above, or itself. */
static bool is_absent(const struct nest *nest)
{
    const struct hone_pq_file *file = nest->scan->file;
    const struct hone_pq_node *n = &file->node[nest->column->node];
    unsigned there = n->repeat == HONE_PQ_REPEATED ? n->def - 1u : n->def;

    return def_at(stream_of(nest, nest->column->first)) < there;
}

static enum hone_code set_valid(struct hone_run *run, struct nest *nest, size_t row, bool there)
{
    struct hone_pq_part *part = nest->part;

    if (part->valid == NULL) {
        HONE_TRY(hone_array(run, &part->mem, &part->valid, part->rows / 8 + 1));
    }
    part->valid[row / 8] = (uint8_t)(part->valid[row / 8] | (unsigned)there << row % 8);
    part->nulls += !there;
    return HONE_OK;
}

/* Every row as JSON. */
static enum hone_code rows_as_json(struct hone_run *run, struct nest *nest)
{
    HONE_ARENA(map);
    struct hone_pq_words words = {.part = nest->part, .map.mem = &map};
    struct hone_pq_part *part = nest->part;
    struct hone_buf buf = hone_buf(&nest->mem);
    size_t n = 0;

    HONE_TRY(hone_array(run, &part->mem, &part->code, part->rows));
    for (size_t row = 0; row < part->rows; row++) {
        bool there = !is_absent(nest);
        if (row % 1024 == 0) {
            HONE_TRY(hone_check_cancel(run));
        }
        for (size_t i = 0; i < nest->column->leaves; i++) {
            nest->bad = nest->bad || rep_at(&nest->stream[i]) != 0;
        }
        HONE_TRY(set_valid(run, nest, row, there));
        if (there && !nest->bad) {
            buf.len = 0;
            print_node(nest, &buf, nest->column->node);
            if (buf.full) {
                return hone_no_room(run, nest->column->name, buf.len);
            }
            HONE_TRY(hone_pq_word(run, &words, (struct hone_str){buf.ptr, buf.len},
                                  &part->code[n++]));
        } else if (!nest->bad) {
            skip_absent(nest, nest->column->node);
        }
        if (nest->bad) {
            return bad_levels(run, nest, row);
        }
    }
    for (size_t i = 0; i < nest->column->leaves; i++) {
        if (nest->stream[i].at != nest->stream[i].entries) {
            return bad_levels(run, nest, part->rows);
        }
    }
    return hone_pq_words_end(run, part);
}

/* The numbers of the list at hand, as floats from to on; SIZE_MAX when something in it is missing. */
static size_t list_length(const struct stream *s, size_t at)
{
    size_t n = 0;

    do {
        if (s->def[at + n] != s->node->def) {
            return SIZE_MAX;
        }
        n++;
    } while (at + n < s->entries && s->rep[at + n] != 0);
    return n;
}

/* All values of a leaf as floats. */
static void to_floats(const struct stream *s, float *out)
{
    for (size_t p = 0; p < s->pages; p++) {
        const struct hone_pq_raw *raw = &s->page[p];
        for (size_t i = 0; i < raw->n; i++) {
            if (raw->size == 8) {
                double value;
                memcpy(&value, raw->fixed + i * 8, 8);
                out[i] = (float)value;
            } else {
                memcpy(&out[i], raw->fixed + i * 4, 4);
            }
        }
        out += raw->n;
    }
}

/* Rows of one length, which becomes the part's width; else a misfit. */
static enum hone_code rows_as_vectors(struct hone_run *run, struct nest *nest)
{
    struct stream *s = &nest->stream[0];
    struct hone_pq_part *part = nest->part;
    size_t values = 0;

    for (size_t row = 0; row < part->rows; row++) {
        bool there = !is_absent(nest);
        size_t n;
        if (s->at >= s->entries || rep_at(s) != 0) {
            return bad_levels(run, nest, row);
        }
        HONE_TRY(set_valid(run, nest, row, there));
        n = there ? list_length(s, s->at) : 1;
        if (n == SIZE_MAX || (there && part->width != 0 && part->width != n)) {
            part->misfit = true;
            return HONE_OK;
        }
        if (there) {
            part->width = n;
            values += n;
        }
        s->at += n;
    }
    if (s->at != s->entries) {
        return bad_levels(run, nest, part->rows);
    }
    HONE_TRY(hone_array(run, &part->mem, &part->vector, values));
    to_floats(s, part->vector);
    return HONE_OK;
}

static void nest_free(struct nest *nest)
{
    hone_arena_free(&nest->mem);
}

enum hone_code hone_pq_nested(struct hone_run *run, struct hone_pq_scan *scan,
                              struct hone_pq_column *c, size_t group)
{
    struct hone_pq_part *part = &c->part[group];
    HONE_CLOSING(nest_free)
    struct nest nest = {.scan = scan, .column = c, .part = part, .group = scan->group[group]};

    nest.mem.limit = part->mem.limit;
    nest.key = hone_buf(&nest.mem);
    HONE_TRY(hone_array(run, &nest.mem, &nest.stream, c->leaves));
    for (size_t i = 0; i < c->leaves; i++) {
        HONE_TRY(read_stream(run, &nest, c->first + i, &nest.stream[i]));
    }
    HONE_TRY(c->mode == HONE_PQ_AS_VECTOR ? rows_as_vectors(run, &nest)
                                          : rows_as_json(run, &nest));
    if (part->nulls == 0) {
        part->valid = NULL;
    }
    return HONE_OK;
}

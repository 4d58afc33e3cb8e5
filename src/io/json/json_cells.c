/* The records of a chunk of JSON as cells; declared in io/json_priv.h. */
#include "io/json/json_priv.h"

#define NO_COLUMN  UINT32_MAX
#define CELLS_MOST ((size_t)1 << 27) /* of a chunk */

/* A name that members have, below the object that has them; node 0 is the record itself. */
struct node {
    struct hone_str key; /* within its object */
    struct hone_str
        spelt; /* as most files have it: "key": with its quotes; empty where it has escapes */
    const char *name; /* "a.b" */
    uint32_t column;  /* NO_COLUMN: it has had no value but objects */
    uint32_t first;   /* the member that came first last time; 0: none */
    uint32_t after;   /* the member that came after it last time */
};

struct column {
    uint32_t node;
    size_t record; /* the last one that has it, from 1 */
};

struct finder {
    struct hone_run *run;
    const struct hone_source *source;
    const struct hone_json *json;
    struct hone_chunk *chunk;
    struct hone_arena *mem; /* of what is below but field and record */
    struct hone_buf path;   /* a name being put together */
    struct hone_jscan scan; /* of the chunk */
    struct hone_map names;  /* full names to nodes */
    struct node *node;
    size_t nodes, node_room;
    struct column *column;
    size_t cols, column_room;
    struct hone_field *field; /* (row_room, stride) */
    struct hone_field *record;
    size_t rows, row_room, stride;
    size_t tried;  /* records so far, good or bad */
    char why[160]; /* what is wrong with the record, beside what the scanner says */
};

static enum hone_code too_sparse(struct finder *f)
{
    (void)hone_fail(f->run, HONE_E_LIMIT,
                    "%s: %zu columns and more, of which most records have but a few",
                    f->source->path, f->cols);
    return hone_hint(f->run, "are the keys data? put them into values: "
                             "{\"key\": ..., \"value\": ...}");
}

/* Rows get room for more columns; new cells are missing. */
static enum hone_code widen(struct finder *f, size_t stride)
{
    struct hone_field *field;
    size_t had = f->field == NULL ? 0 : f->stride;

    if (hone_product(f->row_room, stride) > CELLS_MOST) {
        return too_sparse(f);
    }
    HONE_TRY(hone_matrix(f->run, &f->run->scratch, &field, f->row_room, stride));
    for (size_t row = 0; row <= f->rows; row++) {
        if (had > 0) {
            memcpy(field + row * stride, f->field + row * had, had * sizeof *field);
        }
        memset(field + row * stride + had, 0xff, (stride - had) * sizeof *field);
    }
    f->field = field;
    f->stride = stride;
    return HONE_OK;
}

/* Room for one more row, all of it missing. */
static enum hone_code begin_row(struct finder *f)
{
    struct hone_arena *mem = &f->run->scratch;

    f->tried++;
    f->why[0] = '\0';
    if (f->rows == f->row_room) {
        size_t room = f->row_room == 0 ? 64 : f->row_room * 2;
        if (hone_product(room, f->stride) > CELLS_MOST) {
            return too_sparse(f);
        }
        f->field = hone_arena_grow(mem, f->field, sizeof *f->field, f->row_room * f->stride,
                                   room * f->stride);
        f->record = hone_arena_grow(mem, f->record, sizeof *f->record, f->row_room, room);
        if (f->field == NULL || f->record == NULL) {
            return hone_no_room(f->run, "rows", room);
        }
        f->row_room = room;
    }
    memset(f->field + f->rows * f->stride, 0xff, f->stride * sizeof *f->field);
    return HONE_OK;
}

static enum hone_code add_column(struct finder *f, uint32_t node)
{
    if (f->cols == HONE_COLUMNS_MOST) {
        return hone_fail(f->run, HONE_E_LIMIT, "%s has more than %zu columns", f->source->path,
                         HONE_COLUMNS_MOST);
    }
    if (f->cols == f->column_room) {
        size_t room = f->column_room == 0 ? 16 : f->column_room * 2;
        f->column = hone_arena_grow(f->mem, f->column, sizeof *f->column, f->column_room, room);
        if (f->column == NULL) {
            return hone_no_room(f->run, "columns", room);
        }
        f->column_room = room;
    }
    if (f->cols == f->stride) {
        HONE_TRY(widen(f, f->stride + (f->stride < 16 ? 4 : f->stride / 4)));
    }
    f->node[node].column = (uint32_t)f->cols;
    f->column[f->cols++] = (struct column){.node = node};
    return HONE_OK;
}

static struct hone_str spelling(struct hone_arena *mem, struct hone_str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if ((unsigned char)key.ptr[i] < 0x20 || key.ptr[i] == '"' || key.ptr[i] == '\\') {
            return (struct hone_str){"", 0};
        }
    }
    return hone_str(hone_arena_format(mem, "\"%.*s\":", (int)key.len, key.ptr));
}

static enum hone_code add_node(struct finder *f, struct hone_str key, struct hone_str name,
                               uint32_t *out)
{
    if (f->nodes == f->node_room) {
        size_t room = f->node_room == 0 ? 64 : f->node_room * 2;
        f->node = hone_arena_grow(f->mem, f->node, sizeof *f->node, f->node_room, room);
        if (f->node == NULL) {
            return hone_no_room(f->run, "member names", room);
        }
        f->node_room = room;
    }
    if (f->nodes == 4 * HONE_COLUMNS_MOST) {
        return hone_fail(f->run, HONE_E_LIMIT, "%s has more than %zu member names",
                         f->source->path, 4 * HONE_COLUMNS_MOST);
    }
    *out = (uint32_t)f->nodes++;
    f->node[*out] = (struct node){.key = key, .column = NO_COLUMN};
    f->node[*out].name = hone_arena_text(&f->chunk->mem, name.ptr, name.len);
    f->node[*out].spelt = spelling(f->mem, key);
    if (*out > 0 && hone_map_add(&f->names, hone_str(f->node[*out].name), *out) == UINT32_MAX) {
        return hone_no_room(f->run, "member names", f->nodes);
    }
    return HONE_OK;
}

/* The node of a member's name below parent that was not guessed right. */
static enum hone_code look_up(struct finder *f, uint32_t parent, struct hone_str key,
                              uint32_t *out)
{
    struct hone_str name;

    HONE_TRY(hone_json_key(f->run, &f->scan, key, f->mem, &key));
    name = key;
    if (f->scan.zero) {
        snprintf(f->why, sizeof f->why, "a member's name with a zero byte");
        *out = 0;
        return HONE_OK;
    }
    if (parent > 0) {
        f->path.len = 0;
        hone_buf_text(&f->path, f->node[parent].name);
        hone_buf_char(&f->path, '.');
        hone_buf_str(&f->path, key);
        name = (struct hone_str){f->path.ptr, f->path.len};
    }
    *out = hone_map_get(&f->names, name);
    return *out == UINT32_MAX ? add_node(f, key, name, out) : HONE_OK;
}

/*
 * The next member of the object that is open, if there is one; *node was the one before it, 0: none.  Most records
 * have the members of the last one in its order and spelling: then nothing is scanned or looked up.
 */
static inline enum hone_code next_member(struct finder *f, uint32_t parent, uint32_t *node,
                                         bool *more)
{
    struct hone_jscan *scan = &f->scan;
    uint32_t guess = *node > 0 ? f->node[*node].after : f->node[parent].first;
    const struct hone_str spelt = f->node[guess].spelt;
    const char *p = scan->at;
    struct hone_str key;
    uint32_t found;
    uint32_t *link;

    if (guess > 0 && spelt.len > 0) {
        p += !scan->first && p < scan->end && *p == ',';
        p += p < scan->end && *p == ' ';
        if ((scan->first || p > scan->at) && (size_t)(scan->end - p) > spelt.len &&
            (scan->first || *scan->at == ',') && memcmp(p, spelt.ptr, spelt.len) == 0) {
            scan->at += p - scan->at + (ptrdiff_t)spelt.len;
            scan->first = false;
            *node = guess;
            *more = true;
            return HONE_OK;
        }
    }
    *more = hone_jscan_member(scan, &key);
    if (!*more) {
        return HONE_OK;
    }
    if (guess > 0 && !scan->escaped && hone_str_eq(f->node[guess].key, key)) {
        *node = guess;
        return HONE_OK;
    }
    HONE_TRY(look_up(f, parent, key, &found));
    link =
        *node > 0 ? &f->node[*node].after : &f->node[parent].first; /* nodes may have moved */
    *link = *node = found;
    return HONE_OK;
}

/* Texts, and lists, are words whatever they look like; only texts have escapes to resolve. */
static uint32_t bits_of(enum hone_jtype type, bool escaped)
{
    return type == HONE_J_STRING  ? HONE_FIELD_WORD | (escaped ? HONE_FIELD_ESCAPED : 0)
           : type == HONE_J_ARRAY ? HONE_FIELD_WORD
                                  : 0;
}

/* The value that comes next, which is no object to be looked into, as a field.  What is wrong is left in the scanner
 * or in why. */
static inline struct hone_field next_field(struct finder *f)
{
    struct hone_jscan *scan = &f->scan;
    struct hone_jvalue value = {.type = HONE_J_ARRAY};
    struct hone_str text;
    const char *start;

    scan->at += hone_json_blank(scan->at, scan->end) - scan->at;
    start = scan->at;
    if (scan->at < scan->end && (*start == '[' || *start == '{')) {
        (void)hone_jscan_skip(scan);
    } else {
        (void)hone_jscan_value(scan, &value);
    }
    if (value.type == HONE_J_NULL || scan->error != NULL) {
        return (struct hone_field){HONE_FIELD_NONE, 0};
    }
    text = value.type == HONE_J_STRING ? value.text
                                       : (struct hone_str){start, (size_t)(scan->at - start)};
    if (text.len > HONE_FIELD_MOST) {
        snprintf(f->why, sizeof f->why, "a value longer than 16 MiB");
        text.len = 0;
    }
    if (value.type == HONE_J_STRING && scan->zero) {
        snprintf(f->why, sizeof f->why, "a text with a zero byte");
    }
    return (struct hone_field){(uint32_t)(text.ptr - scan->begin),
                               (uint32_t)text.len | bits_of(value.type, scan->escaped)};
}

static enum hone_code put_cell(struct finder *f, uint32_t node)
{
    struct hone_field field = next_field(f);
    struct column *column;

    if (f->node[node].column == NO_COLUMN) {
        HONE_TRY(add_column(f, node));
    }
    column = &f->column[f->node[node].column];
    if (column->record == f->tried && f->why[0] == '\0') {
        snprintf(f->why, sizeof f->why, "the member '%.100s' is there twice",
                 f->node[node].name);
    }
    column->record = f->tried;
    f->field[f->rows * f->stride + f->node[node].column] = field;
    return HONE_OK;
}

/* Members up to the end of the object that is open; depth is limited by the scanner. */
static enum hone_code members(struct finder *f, uint32_t parent)
{
    struct hone_jscan *scan = &f->scan;
    uint32_t node = 0;

    for (;;) {
        bool more;
        HONE_TRY(next_member(f, parent, &node, &more));
        if (!more || node == 0) {
            return HONE_OK;
        }
        scan->at += hone_json_blank(scan->at, scan->end) - scan->at;
        if (scan->at < scan->end && *scan->at == '{') {
            struct hone_jvalue open;
            if (hone_jscan_value(scan, &open) == HONE_J_OBJECT) {
                HONE_TRY(members(f, node));
            }
        } else {
            HONE_TRY(put_cell(f, node));
        }
        if (f->why[0] != '\0') {
            return HONE_OK;
        }
    }
}

/* The items of a row that is a list; columns are known. */
static void items(struct finder *f)
{
    size_t n = 0;

    while (f->why[0] == '\0' && hone_jscan_item(&f->scan)) {
        struct hone_field field = next_field(f);
        if (n < f->cols) {
            f->field[f->rows * f->stride + n] = field;
        }
        n++;
    }
    if (f->scan.error == NULL && f->why[0] == '\0' && n != f->cols) {
        snprintf(f->why, sizeof f->why, "%zu value%s, expected %zu", n, n == 1 ? "" : "s",
                 f->cols);
    }
}

/* The record at the scanner's place. */
static enum hone_code parse(struct finder *f)
{
    char open = f->json->rows_are_lists ? '[' : '{';
    struct hone_jscan *scan = &f->scan;
    struct hone_jvalue value;

    if (*scan->at != open) {
        size_t shown = (size_t)(scan->end - scan->at);
        const char *eol = memchr(scan->at, '\n', shown);
        shown = eol == NULL ? shown : (size_t)(eol - scan->at);
        shown = shown < 80 ? shown : 80;
        snprintf(f->why, sizeof f->why, "'%.*s' is no %s", (int)shown, scan->at,
                 open == '[' ? "list" : "object");
        return HONE_OK;
    }
    (void)hone_jscan_value(scan, &value);
    if (open == '[') {
        items(f);
        return HONE_OK;
    }
    return members(f, 0);
}

/* Columns that only a bad record had are none. */
static void forget_columns(struct finder *f, size_t known)
{
    for (size_t i = known; i < f->cols; i++) {
        f->node[f->column[i].node].column = NO_COLUMN;
    }
    f->cols = known;
}

/* Tell of the record at start, which is bad; what the scanner found comes with its place. */
static enum hone_code tell(struct finder *f, size_t start, size_t len)
{
    struct hone_field record = {(uint32_t)start, (uint32_t)len};
    const char *text = f->chunk->bytes.ptr + start;
    size_t at = (size_t)(f->scan.at - f->scan.begin) - start;
    const char *line = memrchr(text, '\n', at);
    size_t lines = hone_line_of((struct hone_str){text, at}, at) - 1;

    if (f->why[0] != '\0') {
        return hone_chunk_bad(f->run, f->source, f->chunk, record, "%s", f->why);
    }
    if (lines == 0) {
        return hone_chunk_bad(f->run, f->source, f->chunk, record, "column %zu: %s", at + 1,
                              f->scan.error);
    }
    return hone_chunk_bad(f->run, f->source, f->chunk, record,
                          "%zu line%s further, column %zu: %s", lines, lines == 1 ? "" : "s",
                          (size_t)(text + at - line), f->scan.error);
}

/* Read the record at start, which ends before end; *past is where it ended, when it was good. */
static enum hone_code one_record(struct finder *f, size_t start, size_t end, size_t *past,
                                 bool *good)
{
    struct hone_jscan *scan = &f->scan;
    size_t known = f->cols;

    HONE_TRY(begin_row(f));
    scan->at = scan->begin + start;
    scan->end = scan->begin + end;
    scan->error = NULL;
    scan->zero = false;
    scan->depth = 0;
    HONE_TRY(parse(f));
    *past = (size_t)(scan->at - scan->begin);
    *good = scan->error == NULL && f->why[0] == '\0';
    if (!*good) {
        forget_columns(f, known);
    } else {
        f->record[f->rows++] = (struct hone_field){(uint32_t)start, (uint32_t)(*past - start)};
    }
    return HONE_OK;
}

static bool was_bad(const struct finder *f, size_t at)
{
    return f->source->want != NULL && hone_chunk_is_bad(f->chunk, at);
}

static enum hone_code find_lines(struct finder *f)
{
    const char *base = f->chunk->bytes.ptr;
    const char *p = base;
    const char *end = base + f->chunk->bytes.len;

    while (p < end) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        const char *start = p;
        size_t past;
        bool good;
        p = eol == NULL ? end : eol + 1;
        eol = eol == NULL ? end : eol;
        start = hone_json_blank(start, eol);
        if (start == eol || was_bad(f, (size_t)(start - base))) {
            continue;
        }
        HONE_TRY(one_record(f, (size_t)(start - base), (size_t)(eol - base), &past, &good));
        if (good && !hone_jscan_end(&f->scan)) {
            good = false;
            f->rows--;
        }
        if (!good) {
            HONE_TRY(tell(f, (size_t)(start - base), (size_t)(eol - start)));
        }
    }
    return HONE_OK;
}

/* Past a record that is bad, by its brackets; one without is a value up to the next comma. */
static const char *past_bad(const char *p, const char *end)
{
    if (*p == '{' || *p == '[') {
        p = hone_json_past(p, end);
        return p == NULL ? end : p;
    }
    p++;
    while (p < end && *p != ',' && *p != '\n' && *p != '{' && *p != '[') {
        p++;
    }
    return p;
}

/* Records of a list or one after the other. */
static enum hone_code find_records(struct finder *f, bool last)
{
    const char *base = f->chunk->bytes.ptr;
    const char *end = base + f->chunk->bytes.len;
    const char *p = hone_json_blank(base, end);
    const char *comma = NULL;
    bool list = f->json->shape == HONE_JSON_LIST;

    for (bool first = true; p < end; first = false) {
        size_t past;
        bool good = false;
        bool parted = !list || first || *p == ',';
        const char *start;
        if (list && !first && *p == ',') {
            comma = p;
            p = hone_json_blank(p + 1, end);
        }
        if (p == end) {
            break;
        }
        comma = NULL;
        start = p;
        if (was_bad(f, (size_t)(start - base))) {
            p = hone_json_blank(past_bad(start, end), end);
            continue;
        }
        HONE_TRY(one_record(f, (size_t)(start - base), (size_t)(end - base), &past, &good));
        if (good && !parted) {
            f->rows--;
            good = false;
            snprintf(f->why, sizeof f->why, "',' was expected before this record");
        }
        p = good ? base + past : past_bad(start, end);
        if (!good) {
            HONE_TRY(tell(f, (size_t)(start - base), (size_t)(p - start)));
        }
        p = hone_json_blank(p, end);
    }
    if (comma != NULL && last) {
        return hone_json_fail(f->run, f->source->path, f->source->bytes,
                              (size_t)(comma - f->source->bytes.ptr),
                              "a value was expected after the comma");
    }
    return HONE_OK;
}

/* Values of columns, one list or object of them after the other.  The shape was found by reading all of it. */
static enum hone_code find_columns(struct finder *f)
{
    struct hone_jscan *scan = &f->scan;
    struct hone_jvalue value;
    struct hone_str key;

    f->rows = f->json->rows;
    HONE_TRY(hone_matrix(f->run, &f->run->scratch, &f->field, f->rows, f->cols));
    HONE_TRY(hone_array(f->run, &f->run->scratch, &f->record, f->rows));
    (void)hone_jscan_value(scan, &value);
    for (size_t c = 0; c < f->cols && hone_jscan_member(scan, &key); c++) {
        bool list = hone_jscan_value(scan, &value) == HONE_J_ARRAY;
        for (size_t i = 0; list ? hone_jscan_item(scan) : hone_jscan_member(scan, &key); i++) {
            struct hone_field field = next_field(f);
            HONE_ASSERT(i < f->rows);
            f->field[i * f->cols + c] = field;
            if (c == 0) {
                f->record[i].at = (uint32_t)(scan->at - scan->begin - 1);
                f->record[i].len = 1;
            }
            if (f->why[0] != '\0') {
                return hone_json_fail(f->run, f->source->path, f->source->bytes,
                                      f->chunk->at + (size_t)(scan->at - scan->begin), f->why);
            }
        }
    }
    f->stride = f->cols;
    return HONE_OK;
}

/* Rows as long as there are columns. */
static void compact(struct finder *f)
{
    for (size_t row = 1; row < f->rows && f->stride > f->cols; row++) {
        memmove(f->field + row * f->cols, f->field + row * f->stride,
                f->cols * sizeof *f->field);
    }
}

static enum hone_code chunk_names(struct finder *f)
{
    HONE_TRY(hone_array(f->run, &f->chunk->mem, &f->chunk->name, f->cols));
    for (size_t i = 0; i < f->cols; i++) {
        f->chunk->name[i] = f->node[f->column[i].node].name;
    }
    f->chunk->cols = f->cols;
    return HONE_OK;
}

enum hone_code hone_json_cells(struct hone_run *run, const struct hone_source *source,
                               struct hone_chunk *chunk, struct hone_cells *out)
{
    const struct hone_json *json = source->reader;
    HONE_ARENA(work);
    struct finder f = {.run = run, .source = source, .json = json, .chunk = chunk};
    uint32_t root;

    f.mem = f.names.mem = &work;
    f.path = hone_buf(&work);
    if (chunk->bytes.len >= UINT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%s: a record longer than 4 GiB", source->path);
    }
    f.scan = hone_json_scan(chunk->bytes);
    HONE_TRY(add_node(&f, (struct hone_str){"", 0}, (struct hone_str){"", 0}, &root));
    if (json->name != NULL) {
        f.cols = json->cols;
        f.stride = json->cols;
    }
    HONE_TRY(json->shape == HONE_JSON_LINES ? find_lines(&f)
             : json->shape == HONE_JSON_COLUMNS
                 ? find_columns(&f)
                 : find_records(&f, chunk + 1 == source->chunk + source->chunks));
    compact(&f);
    if (json->name == NULL) {
        HONE_TRY(chunk_names(&f));
    }
    *out = (struct hone_cells){.base = f.scan.begin,
                               .field = f.field,
                               .record = f.record,
                               .rows = f.rows,
                               .cols = f.cols};
    return HONE_OK;
}

/* JSON Lines: one object a line; declared in io/chunk_priv.h. */
#include <math.h>

#include "base/json.h"
#include "io/chunk_priv.h"
#include "io/sink.h"

/* One member of one record. */
struct cell {
    size_t row, col;
    struct hone_field field;
};

struct finder {
    struct hone_run *run;
    const struct hone_source *source;
    struct hone_chunk *chunk;
    struct hone_buf text; /* of all members, in the chunk's mem */
    struct hone_map names;
    const char **name;
    size_t cols, name_room;
    struct cell *cell;
    size_t cells, cell_room;
    struct hone_field *record;
    size_t rows, row_room;
};

/* Which column a member belongs to; new names are added. */
static enum hone_code column_of(struct finder *f, const char *name, size_t *out)
{
    uint32_t at = hone_map_get(&f->names, hone_str(name));
    const char *copy;

    if (at != UINT32_MAX) {
        *out = at;
        return HONE_OK;
    }
    if (f->cols == HONE_COLUMNS_MOST) {
        return hone_fail(f->run, HONE_E_LIMIT, "%s has more than %zu columns", f->source->path,
                         HONE_COLUMNS_MOST);
    }
    if (f->cols == f->name_room) {
        size_t room = f->name_room == 0 ? 16 : f->name_room * 2;
        f->name = hone_arena_grow(&f->chunk->mem, f->name, sizeof *f->name, f->name_room, room);
        if (f->name == NULL) {
            return hone_no_room(f->run, "column names", room);
        }
        f->name_room = room;
    }
    copy = hone_arena_text(&f->chunk->mem, name, strlen(name));
    if (hone_map_add(&f->names, hone_str(copy), (uint32_t)f->cols) == UINT32_MAX) {
        return hone_no_room(f->run, "column names", f->cols);
    }
    f->name[f->cols] = copy;
    *out = f->cols++;
    return HONE_OK;
}

/* The value as text: as CSV would have it, but known to be a word where JSON has quotes. */
static enum hone_code put_value(struct finder *f, const json_t *value, struct hone_field *out)
{
    size_t start = f->text.len;
    uint32_t word = 0;
    char text[32];

    switch (json_typeof(value)) {
    case JSON_NULL:
        *out = (struct hone_field){HONE_FIELD_NONE, 0};
        return HONE_OK;
    case JSON_STRING:
        hone_buf_bytes(&f->text, json_string_value(value), json_string_length(value));
        word = HONE_FIELD_WORD;
        break;
    case JSON_INTEGER:
        hone_buf_bytes(&f->text, text, hone_format_i64(text, json_integer_value(value)));
        break;
    case JSON_REAL:
    case JSON_TRUE:
    case JSON_FALSE:
        hone_json_write(&f->text, value, false);
        break;
    default:
        hone_json_write(&f->text, value, false);
        word = HONE_FIELD_WORD;
    }
    if (f->text.full || f->text.len >= UINT32_MAX || f->text.len - start > HONE_FIELD_MOST) {
        return hone_fail(f->run, HONE_E_LIMIT, "%s: a value longer than 16 MiB",
                         f->source->path);
    }
    *out = (struct hone_field){(uint32_t)start, (uint32_t)(f->text.len - start) | word};
    return HONE_OK;
}

static enum hone_code add_cell(struct finder *f, struct cell cell)
{
    if (f->cells == f->cell_room) {
        size_t room = f->cell_room == 0 ? 1024 : f->cell_room * 2;
        f->cell =
            hone_arena_grow(&f->run->scratch, f->cell, sizeof *f->cell, f->cell_room, room);
        if (f->cell == NULL) {
            return hone_no_room(f->run, "values", room);
        }
        f->cell_room = room;
    }
    f->cell[f->cells++] = cell;
    return HONE_OK;
}

static enum hone_code add_row(struct finder *f, struct hone_field record, json_t *object)
{
    if (f->rows == f->row_room) {
        size_t room = f->row_room == 0 ? 256 : f->row_room * 2;
        f->record =
            hone_arena_grow(&f->run->scratch, f->record, sizeof *f->record, f->row_room, room);
        if (f->record == NULL) {
            return hone_no_room(f->run, "rows", room);
        }
        f->row_room = room;
    }
    f->record[f->rows] = record;
    for (void *it = json_object_iter(object); it != NULL;
         it = json_object_iter_next(object, it)) {
        struct cell cell = {.row = f->rows};
        HONE_TRY(column_of(f, json_object_iter_key(it), &cell.col));
        HONE_TRY(put_value(f, json_object_iter_value(it), &cell.field));
        HONE_TRY(add_cell(f, cell));
    }
    f->rows++;
    return HONE_OK;
}

static enum hone_code one_line(struct finder *f, struct hone_str line)
{
    HONE_JSON json_t *value = NULL;
    struct hone_str text = hone_str_trim(line);
    struct hone_field record = {(uint32_t)(line.ptr - f->chunk->bytes.ptr), (uint32_t)line.len};
    enum hone_code code;

    if (text.len == 0 || (f->source->want != NULL && hone_chunk_is_bad(f->chunk, record.at))) {
        return HONE_OK;
    }
    code = hone_json_parse(f->run, text, &value);
    if (code == HONE_E_FORMAT) {
        char why[sizeof f->run->err.message];
        memcpy(why, f->run->err.message, sizeof why);
        hone_error_clear(f->run);
        return hone_chunk_bad(f->run, f->source, f->chunk, record, "%s",
                              hone_str_starts(hone_str(why), "line 1, ") ? why + 8 : why);
    }
    HONE_TRY(code);
    if (!json_is_object(value)) {
        size_t shown = text.len < 80 ? text.len : 80;
        return hone_chunk_bad(f->run, f->source, f->chunk, record, "'%.*s' is no object",
                              (int)shown, text.ptr);
    }
    return add_row(f, record, value);
}

static enum hone_code find_cells(struct hone_run *run, const struct hone_source *source,
                                 struct hone_chunk *chunk, struct hone_cells *out)
{
    struct finder f = {.run = run, .source = source, .chunk = chunk};
    struct hone_str rest = chunk->bytes;
    size_t n;

    if (chunk->bytes.len >= UINT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%s: a line longer than 4 GiB", source->path);
    }
    f.text = hone_buf(&chunk->mem);
    f.names.mem = &run->scratch;
    while (rest.len > 0) {
        struct hone_str line;
        (void)hone_str_cut(rest, '\n', &line, &rest);
        HONE_TRY(one_line(&f, line));
    }
    *out = (struct hone_cells){.base = f.text.ptr == NULL ? "" : f.text.ptr,
                               .record = f.record,
                               .rows = f.rows,
                               .cols = f.cols};
    n = hone_product(f.rows, f.cols);
    HONE_TRY(hone_array(run, &run->scratch, &out->field, n));
    for (size_t i = 0; i < n; i++) {
        out->field[i].at = HONE_FIELD_NONE;
    }
    for (size_t i = 0; i < f.cells; i++) {
        out->field[f.cell[i].row * f.cols + f.cell[i].col] = f.cell[i].field;
    }
    chunk->name = f.name;
    chunk->cols = f.cols;
    return HONE_OK;
}

static enum hone_code cut_chunks(struct hone_run *run, struct hone_str text,
                                 struct hone_source *source)
{
    size_t most = text.len / HONE_CHUNK_BYTES + 1;
    const char *p = text.ptr;
    const char *end = p + text.len;
    size_t n = 0;

    HONE_TRY(hone_array(run, &run->scratch, &source->chunk, most));
    while (p < end) {
        const char *cut = end;
        if ((size_t)(end - p) > HONE_CHUNK_BYTES) {
            cut = memchr(p + HONE_CHUNK_BYTES, '\n', (size_t)(end - p) - HONE_CHUNK_BYTES);
            cut = cut == NULL ? end : cut + 1;
        }
        source->chunk[n].bytes = (struct hone_str){p, (size_t)(cut - p)};
        source->chunk[n++].at = (size_t)(p - source->bytes.ptr);
        p = cut;
    }
    source->chunks = n;
    return HONE_OK;
}

enum hone_code hone_jsonl_read(struct hone_run *run, const char *path, struct hone_str bytes,
                               const struct hone_read_options *options, struct hone_arena *mem,
                               struct hone_table **out, struct hone_read_report *report)
{
    struct hone_source source = {
        .path = path, .bytes = bytes, .find = find_cells, .options = options, .quote = '"'};
    struct hone_str text = bytes;
    HONE_SCRATCH(run);

    if (hone_str_starts(hone_str_trim(text), "[")) {
        (void)hone_fail(run, HONE_E_FORMAT, "%s is one JSON list, not one object a line", path);
        return hone_hint(run, "write it as lines: jq -c '.[]'");
    }
    HONE_TRY(cut_chunks(run, text, &source));
    HONE_TRY(hone_source_read(run, &source, mem, out, report));
    if ((*out)->cols == 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s holds no records", path);
    }
    return HONE_OK;
}

static void write_cell(struct hone_buf *buf, const struct hone_column *c, size_t row)
{
    bool quotes =
        hone_type_is_text(c->type) || hone_type_is_time(c->type) || c->type == HONE_BINARY;
    bool real = c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64;

    if (!hone_is_valid(c, row) || (real && !isfinite(hone_column_f64(c, row)))) {
        hone_buf_text(buf, "null");
    } else if (hone_type_is_time(c->type)) {
        hone_buf_char(buf, '"');
        hone_column_print(buf, c, row);
        hone_buf_char(buf, '"');
    } else if (quotes) {
        hone_buf_json(buf, hone_column_str(c, row));
    } else {
        size_t start = buf->len;
        hone_column_print(buf, c, row);
        if (real && memchr(buf->ptr + start, '.', buf->len - start) == NULL &&
            memchr(buf->ptr + start, 'e', buf->len - start) == NULL) {
            hone_buf_text(buf, ".0"); /* so that it is read back as a real */
        }
    }
}

enum hone_code hone_jsonl_write(struct hone_run *run, const struct hone_table *t,
                                const char *path, const struct hone_write_options *options)
{
    HONE_CLOSING(hone_sink_close) struct hone_sink out = HONE_NO_SINK;
    struct hone_buf line;
    HONE_SCRATCH(run);

    (void)options;
    HONE_TRY(hone_sink_open(run, path, options->compression, &out));
    line = hone_buf(&run->scratch);
    for (size_t row = 0; row < t->rows; row++) {
        line.len = 0;
        for (size_t c = 0; c < t->cols; c++) {
            hone_buf_char(&line, c == 0 ? '{' : ',');
            hone_buf_json(&line, hone_str(t->column[c].name));
            hone_buf_char(&line, ':');
            write_cell(&line, &t->column[c], row);
        }
        hone_buf_text(&line, t->cols == 0 ? "{}\n" : "}\n");
        HONE_TRY(hone_sink_write(run, &out, line.ptr, line.len));
        if (row % 65536 == 0) {
            HONE_TRY(hone_check_cancel(run));
        }
    }
    return hone_sink_commit(run, &out);
}

static const char *const endings[] = {".jsonl", ".ndjson", ".json", NULL};

static bool accepts(struct hone_str head)
{
    struct hone_str text = hone_str_trim(head);
    return text.len > 0 && text.ptr[0] == '{';
}

const struct hone_reader hone_reader_jsonl = {
    .part.name = "jsonl",
    .part.summary = "JSON Lines: one object a line",
    .part.source = "RFC 8259, jsonlines.org",
    .endings = endings,
    .text = true,
    .accepts = accepts,
    .read = hone_jsonl_read,
    .write = hone_jsonl_write,
};

/* Reading the chunks of a source; declared in io/chunk_priv.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/pool.h"
#include "io/chunk_priv.h"

size_t hone_line_of(struct hone_str bytes, size_t at)
{
    size_t line = 1;
    const char *p = bytes.ptr;
    const char *end = bytes.ptr + at;

    while (p < end) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (p == NULL) {
            break;
        }
        p++;
        line++;
    }
    return line;
}

enum hone_code hone_chunk_bad(struct hone_run *run, const struct hone_source *source,
                              struct hone_chunk *chunk, struct hone_field record,
                              const char *format, ...)
{
    struct hone_buf why = hone_buf(&chunk->mem);
    size_t at = chunk->at + record.at;
    va_list args;

    va_start(args, format);
    hone_buf_vformat(&why, format, args);
    va_end(args);
    if (source->fail_on_bad) {
        (void)hone_fail(run, HONE_E_FORMAT, "%s, line %zu: %s", source->path,
                        hone_line_of(source->bytes, at), why.ptr);
        return hone_hint(
            run,
            "mend the line, or leave such lines out with --on-bad-row skip (or quarantine)");
    }
    if (chunk->bads == chunk->bad_room) {
        size_t room = chunk->bad_room == 0 ? 16 : chunk->bad_room * 2;
        chunk->bad =
            hone_arena_grow(&chunk->mem, chunk->bad, sizeof *chunk->bad, chunk->bad_room, room);
        if (chunk->bad == NULL) {
            return hone_no_room(run, "bad rows", room);
        }
        chunk->bad_room = room;
    }
    chunk->bad[chunk->bads++] = (struct hone_bad){at, record.len, why.ptr};
    return HONE_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct hone_bad *x = a;
    const struct hone_bad *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

void hone_chunk_sort_bad(struct hone_chunk *chunk)
{
    if (chunk->bads > 1) {
        qsort(chunk->bad, chunk->bads, sizeof *chunk->bad, by_place);
    }
}

bool hone_chunk_is_bad(const struct hone_chunk *chunk, size_t at)
{
    struct hone_bad key = {.at = chunk->at + at};
    return chunk->bads > 0 &&
           bsearch(&key, chunk->bad, chunk->bads, sizeof key, by_place) != NULL;
}

/* The name and type of one "column=type". */
static enum hone_code split_type(struct hone_run *run, const char *text, struct hone_str *name,
                                 enum hone_type *type)
{
    const char *equals = strrchr(text, '=');

    if (equals == NULL || equals == text) {
        return hone_fail(run, HONE_E_ARG, "type '%.100s' is not of the form column=type", text);
    }
    *name = (struct hone_str){text, (size_t)(equals - text)};
    *type = hone_type_parse(hone_str(equals + 1));
    if (*type == HONE_TYPE_COUNT || *type == HONE_BINARY || *type == HONE_VECTOR) {
        (void)hone_fail(run, HONE_E_ARG, "'%.100s' names no type that can be read", text);
        return hone_hint(run,
                         "the types are bool, int64, float32, float64, text, category, date, "
                         "timestamp");
    }
    return HONE_OK;
}

enum hone_type hone_type_wanted(const struct hone_source *source, const char *column)
{
    const struct hone_texts *list = &source->options->type;

    for (size_t i = list->n; i > 0; i--) {
        struct hone_str text = hone_str(list->item[i - 1]);
        size_t len = strlen(column);
        if (text.len > len && text.ptr[len] == '=' && memcmp(text.ptr, column, len) == 0 &&
            memchr(text.ptr + len + 1, '=', text.len - len - 1) == NULL) {
            return hone_type_parse((struct hone_str){text.ptr + len + 1, text.len - len - 1});
        }
    }
    return HONE_TYPE_COUNT;
}

static bool has_column(const struct hone_source *source, struct hone_str name)
{
    for (size_t c = 0; c < source->cols; c++) {
        if (hone_str_is(name, source->name[c])) {
            return true;
        }
    }
    return false;
}

/* The columns that options name are there. */
static enum hone_code check_names(struct hone_run *run, const struct hone_source *source,
                                  bool names_known)
{
    for (size_t i = 0; i < source->options->type.n; i++) {
        struct hone_str name = {0};
        enum hone_type type;
        HONE_TRY(split_type(run, source->options->type.item[i], &name, &type));
        if (names_known && !has_column(source, name)) {
            return hone_fail(run, HONE_E_ARG,
                             "%s has no column '%.*s', for which a type is given", source->path,
                             (int)(name.len < 100 ? name.len : 100), name.ptr);
        }
    }
    for (size_t i = 0; i < source->na.n && names_known; i++) {
        struct hone_str name = source->na.own[i].column;
        if (!has_column(source, name)) {
            (void)hone_fail(run, HONE_E_ARG,
                            "%s has no column '%.*s', for which a missing word is given",
                            source->path, (int)(name.len < 100 ? name.len : 100), name.ptr);
            return hone_hint(run, "a word for all columns with = in it begins with another =");
        }
    }
    return HONE_OK;
}

/* The kind that values of a wanted type are read as. */
static enum hone_kind kind_for(enum hone_type type)
{
    switch (type) {
    case HONE_BOOL:
        return HONE_KIND_BOOL;
    case HONE_INT64:
        return HONE_KIND_INT;
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return HONE_KIND_REAL;
    case HONE_DATE:
        return HONE_KIND_DAY;
    case HONE_TIMESTAMP:
        return HONE_KIND_TIME;
    case HONE_UTF8:
    case HONE_CATEGORY:
        return HONE_KIND_TEXT;
    default:
        return HONE_KIND_NONE;
    }
}

enum hone_kind hone_kind_wanted(const struct hone_source *source, const char *column)
{
    const struct hone_texts *words = &source->options->as_text;
    enum hone_type wanted = hone_type_wanted(source, column);

    for (size_t i = 0; i < words->n && wanted == HONE_TYPE_COUNT; i++) {
        if (strcmp(words->item[i], column) == 0) {
            return HONE_KIND_TEXT;
        }
    }
    return kind_for(wanted);
}

static const char *column_name(const struct hone_source *source, const struct hone_chunk *chunk,
                               size_t column)
{
    return chunk->name != NULL ? chunk->name[column] : source->name[column];
}

/* Tell of a value that does not fit the type asked for. */
static enum hone_code tell_misfit(struct hone_run *run, const struct hone_source *source,
                                  struct hone_chunk *chunk, const struct hone_cells *cells,
                                  size_t row, size_t column)
{
    const char *name = column_name(source, chunk, column);
    const struct hone_field *field = &cells->field[row * cells->cols + column];
    size_t len = field->len & HONE_FIELD_LEN;

    return hone_chunk_bad(run, source, chunk, cells->record[row], "column %s: '%.*s' is no %s",
                          name, (int)(len < 100 ? len : 100), cells->base + field->at,
                          hone_type_name(hone_type_wanted(source, name)));
}

enum hone_code hone_drop_misfits(struct hone_run *run, const struct hone_source *source,
                                 struct hone_chunk *chunk, bool quiet, struct hone_cells *cells)
{
    enum hone_kind *kind;
    const struct hone_na **na;
    size_t kept = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &kind, cells->cols));
    HONE_TRY(hone_array(run, &run->scratch, &na, cells->cols));
    for (size_t i = 0; i < cells->cols; i++) {
        na[i] = hone_na_of(&source->na, column_name(source, chunk, i));
        kind[i] = hone_kind_wanted(source, column_name(source, chunk, i));
    }
    for (size_t row = 0; row < cells->rows; row++) {
        const struct hone_field *field = cells->field + row * cells->cols;
        size_t i = 0;
        while (i < cells->cols && (kind[i] == HONE_KIND_NONE ||
                                   hone_field_fits(na[i], cells->base, &field[i], kind[i]))) {
            i++;
        }
        if (i < cells->cols) {
            if (!quiet) {
                HONE_TRY(tell_misfit(run, source, chunk, cells, row, i));
            }
            continue;
        }
        memmove(cells->field + kept * cells->cols, field, cells->cols * sizeof *field);
        cells->record[kept++] = cells->record[row];
    }
    cells->rows = kept;
    return HONE_OK;
}

/* The column of this chunk that is column i of the source, or NULL. */
static struct hone_local *local_of(const struct hone_chunk *chunk, size_t i)
{
    if (chunk->place != NULL) {
        i = chunk->place[i];
    }
    return i == SIZE_MAX ? NULL : &chunk->column[i];
}

/* First round: want is NULL, every column becomes what its values are.  Second: columns that are wanted as text
 * by the other chunks are made text. */
static enum hone_code read_chunk(struct hone_run *run, void *ctx, size_t number)
{
    const struct hone_source *source = ctx;
    struct hone_chunk *chunk = &source->chunk[number];
    struct hone_cells cells;
    bool first = source->want == NULL;
    HONE_SCRATCH(run);

    HONE_TRY(hone_check_cancel(run));
    if (!first && !chunk->again) {
        return HONE_OK;
    }
    HONE_TRY(source->find(run, source, chunk, &cells));
    if (first) {
        if (source->options->type.n > 0) {
            HONE_TRY(hone_drop_misfits(run, source, chunk, false, &cells));
        }
        hone_chunk_sort_bad(chunk);
        chunk->rows = cells.rows;
        chunk->cols = cells.cols;
        HONE_TRY(hone_array(run, &chunk->mem, &chunk->column, cells.cols));
    }
    HONE_ASSERT(chunk->rows == cells.rows && chunk->cols == cells.cols);
    for (size_t i = 0; i < (first ? chunk->cols : source->cols); i++) {
        struct hone_local *local = first ? &chunk->column[i] : local_of(chunk, i);
        struct hone_convert c = {.cells = &cells, .quote = source->quote};
        if (first) {
            c.start = hone_kind_wanted(source, column_name(source, chunk, i));
        } else if (local == NULL || source->want[i] != HONE_KIND_TEXT ||
                   local->kind == HONE_KIND_TEXT) {
            continue;
        } else {
            c.start = HONE_KIND_TEXT;
        }
        c.column = (size_t)(local - chunk->column);
        c.na = hone_na_of(&source->na, column_name(source, chunk, c.column));
        HONE_TRY(hone_local_make(run, &c, &chunk->mem, local));
    }
    return HONE_OK;
}

/* Names of the source's columns from those of its chunks, in order of appearance, and each chunk's places. */
static enum hone_code join_names(struct hone_run *run, struct hone_source *source,
                                 struct hone_arena *mem)
{
    struct hone_map names = {.mem = mem};
    size_t room = 0;

    for (size_t k = 0; k < source->chunks; k++) {
        const struct hone_chunk *chunk = &source->chunk[k];
        for (size_t i = 0; i < chunk->cols; i++) {
            uint32_t at =
                hone_map_add(&names, hone_str(chunk->name[i]), (uint32_t)source->cols);
            if (at == UINT32_MAX) {
                return hone_no_room(run, "column names", source->cols);
            }
            if (at < source->cols) {
                continue;
            }
            if (source->cols == HONE_COLUMNS_MOST) {
                return hone_fail(run, HONE_E_LIMIT, "%s has more than %zu columns",
                                 source->path, HONE_COLUMNS_MOST);
            }
            if (source->cols == room) {
                size_t more = room == 0 ? 16 : room * 2;
                source->name =
                    hone_arena_grow(mem, source->name, sizeof *source->name, room, more);
                if (source->name == NULL) {
                    return hone_no_room(run, "column names", more);
                }
                room = more;
            }
            source->name[source->cols++] = chunk->name[i];
        }
    }
    for (size_t k = 0; k < source->chunks; k++) {
        struct hone_chunk *chunk = &source->chunk[k];
        HONE_TRY(hone_array(run, mem, &chunk->place, source->cols));
        for (size_t i = 0; i < source->cols; i++) {
            chunk->place[i] = SIZE_MAX;
        }
        for (size_t i = 0; i < chunk->cols; i++) {
            chunk->place[hone_map_get(&names, hone_str(chunk->name[i]))] = i;
        }
    }
    return HONE_OK;
}

static enum hone_code join_kinds(struct hone_run *run, struct hone_source *source,
                                 struct hone_arena *mem)
{
    HONE_TRY(hone_array(run, mem, &source->want, source->cols));
    for (size_t i = 0; i < source->cols; i++) {
        enum hone_kind kind = HONE_KIND_NONE;
        for (size_t k = 0; k < source->chunks; k++) {
            const struct hone_local *local = local_of(&source->chunk[k], i);
            kind = local == NULL ? kind : hone_kind_join(kind, local->kind);
        }
        source->want[i] = kind;
        for (size_t k = 0; k < source->chunks; k++) {
            const struct hone_local *local = local_of(&source->chunk[k], i);
            source->chunk[k].again |= local != NULL && kind == HONE_KIND_TEXT &&
                                      local->kind != kind && local->kind != HONE_KIND_NONE;
        }
    }
    return HONE_OK;
}

/* The bad records with their lines and reasons, as CSV that can be looked through and mended. */
static enum hone_code quarantine(struct hone_run *run, const struct hone_source *source,
                                 const char *path)
{
    HONE_CLOSING(hone_out_close) struct hone_out out = {.fd = -1};
    struct hone_buf line;
    size_t number = 1;
    size_t counted = 0;
    HONE_SCRATCH(run);

    line = hone_buf(&run->scratch);
    HONE_TRY(hone_out_open(run, path, &out));
    hone_buf_text(&line, "line,reason,record\n");
    for (size_t k = 0; k < source->chunks; k++) {
        for (size_t i = 0; i < source->chunk[k].bads; i++) {
            const struct hone_bad *bad = &source->chunk[k].bad[i];
            struct hone_str rest = {source->bytes.ptr + counted, source->bytes.len - counted};
            struct hone_str parts[2] = {hone_str(bad->why),
                                        {source->bytes.ptr + bad->at, bad->len}};
            number += hone_line_of(rest, bad->at - counted) - 1;
            counted = bad->at;
            hone_buf_format(&line, "%zu", number);
            for (size_t p = 0; p < 2; p++) {
                hone_buf_text(&line, ",\"");
                for (size_t c = 0; c < parts[p].len; c++) {
                    hone_buf_text(&line, parts[p].ptr[c] == '"' ? "\"" : "");
                    hone_buf_char(&line, parts[p].ptr[c]);
                }
                hone_buf_char(&line, '"');
            }
            hone_buf_char(&line, '\n');
            HONE_TRY(hone_out_write(run, &out, line.ptr, line.len));
            line.len = 0;
        }
    }
    HONE_TRY(hone_out_write(run, &out, line.ptr, line.len));
    return hone_out_commit(run, &out);
}

enum hone_code hone_source_report(struct hone_run *run, const struct hone_source *source,
                                  struct hone_arena *mem, struct hone_read_report *report)
{
    const struct hone_read_options *options = source->options;
    const struct hone_bad *first = NULL;

    for (size_t k = 0; k < source->chunks; k++) {
        report->records += source->chunk[k].rows + source->chunk[k].bads;
        report->bad_rows += source->chunk[k].bads;
        if (first == NULL && source->chunk[k].bads > 0) {
            first = &source->chunk[k].bad[0];
        }
    }
    if (first == NULL) {
        return HONE_OK;
    }
    snprintf(report->first_bad, sizeof report->first_bad, "line %zu: %s",
             hone_line_of(source->bytes, first->at), first->why);
    if (options->on_bad_row != NULL && strcmp(options->on_bad_row, "quarantine") == 0) {
        report->quarantine =
            options->quarantine != NULL
                ? options->quarantine
                : hone_arena_format(mem, "%s.bad", hone_path_base(source->path));
        HONE_TRY(quarantine(run, source, report->quarantine));
    }
    return HONE_OK;
}

enum hone_code hone_source_types(struct hone_run *run, const struct hone_source *source,
                                 struct hone_arena *mem, enum hone_type **out)
{
    static const enum hone_type of_kind[] = {
        [HONE_KIND_NONE] = HONE_FLOAT64,    [HONE_KIND_INT] = HONE_INT64,
        [HONE_KIND_REAL] = HONE_FLOAT64,    [HONE_KIND_BOOL] = HONE_BOOL,
        [HONE_KIND_DAY] = HONE_DATE,        [HONE_KIND_TIME] = HONE_TIMESTAMP,
        [HONE_KIND_TEXT] = HONE_TYPE_COUNT, /* text or category, by the words */
    };
    HONE_TRY(hone_array(run, mem, out, source->cols));
    for (size_t i = 0; i < source->cols; i++) {
        enum hone_type wanted = hone_type_wanted(source, source->name[i]);
        (*out)[i] = wanted != HONE_TYPE_COUNT ? wanted : of_kind[source->want[i]];
    }
    return HONE_OK;
}

void hone_chunks_free(struct hone_source **source)
{
    for (size_t k = 0; k < (*source)->chunks; k++) {
        hone_arena_free(&(*source)->chunk[k].mem);
    }
}

enum hone_code hone_source_prepare(struct hone_run *run, struct hone_source *source,
                                   struct hone_arena *mem)
{
    const char *policy = source->options->on_bad_row;

    source->fail_on_bad = policy == NULL || strcmp(policy, "fail") == 0;
    HONE_TRY(hone_na_make(run, source->options, mem, &source->na));
    return check_names(run, source, source->name != NULL);
}

enum hone_code hone_source_read(struct hone_run *run, struct hone_source *source,
                                struct hone_arena *mem, struct hone_table **out,
                                struct hone_read_report *report)
{
    HONE_CLOSING(hone_chunks_free) struct hone_source *held = source;
    bool named = source->name != NULL;
    enum hone_type *type;
    HONE_SCRATCH(run);

    HONE_TRY(hone_source_prepare(run, source, &run->scratch));
    HONE_TRY(hone_parallel_try(run, source->chunks, read_chunk, held));
    if (!named) {
        HONE_TRY(join_names(run, source, &run->scratch));
        HONE_TRY(check_names(run, source, true));
    }
    HONE_TRY(join_kinds(run, source, &run->scratch));
    HONE_TRY(hone_parallel_try(run, source->chunks, read_chunk, held));
    HONE_TRY(hone_source_types(run, source, &run->scratch, &type));
    HONE_TRY(hone_chunks_join(run, source, type, mem, out));
    return hone_source_report(run, source, mem, report);
}

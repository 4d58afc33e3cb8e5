/* Columns of the chunks put together; declared in io/chunk_priv.h. */
#include "base/pool.h"
#include "io/chunk_priv.h"
#include "table/dict.h"

#define DAY_US INT64_C(86400000000)

/* The words of one text column over all chunks. */
struct words {
    struct hone_arena mem;
    bool wanted;   /* a text column */
    bool category; /* few enough of them */
    struct hone_str *word;
    size_t n;
    uint32_t **code; /* (chunks)(words of the chunk) to word */
    size_t bytes;    /* of text, all rows */
    int32_t *rank;   /* (n) word to its place in the dictionary */
};

struct job {
    const struct hone_source *source;
    const enum hone_type *type;
    size_t rows;
    struct words *words;        /* (cols) */
    struct hone_column *column; /* (cols) */
};

/* NULL when the chunk has no such column: all its rows are missing. */
static const struct hone_local *local_of(const struct hone_chunk *chunk, size_t i)
{
    size_t at = chunk->place == NULL ? i : chunk->place[i];
    return at == SIZE_MAX ? NULL : &chunk->column[at];
}

static bool is_missing(const struct hone_local *local, size_t row)
{
    return local == NULL || local->kind == HONE_KIND_NONE ||
           (local->missing != NULL && local->missing[row]);
}

static size_t nulls_of(const struct hone_chunk *chunk, const struct hone_local *local)
{
    return local == NULL ? chunk->rows : local->nulls;
}

/* Bytes of the text of all rows of one chunk. */
static size_t text_bytes(const struct hone_local *local)
{
    size_t bytes = 0;

    for (size_t row = 0; local != NULL && local->code != NULL && row < local->rows; row++) {
        bytes += is_missing(local, row) ? 0 : local->word[local->code[row]].len;
    }
    return bytes;
}

/* Number the words of all chunks; gives up, leaving category false, at more than most. */
static enum hone_code number_words(struct hone_run *run, const struct job *job, size_t column,
                                   size_t most)
{
    const struct hone_source *source = job->source;
    struct words *w = &job->words[column];
    struct hone_map map = {.mem = &w->mem};
    size_t room = 0;

    HONE_TRY(hone_array(run, &w->mem, &w->code, source->chunks));
    for (size_t k = 0; k < source->chunks; k++) {
        const struct hone_local *local = local_of(&source->chunk[k], column);
        size_t n = local == NULL || local->code == NULL ? 0 : local->words;
        HONE_TRY(hone_array(run, &w->mem, &w->code[k], n));
        for (size_t i = 0; i < n; i++) {
            uint32_t code = hone_map_add(&map, local->word[i], (uint32_t)w->n);
            if (code == UINT32_MAX) {
                return hone_no_room(run, "words", w->n);
            }
            w->code[k][i] = code;
            if (code < w->n) {
                continue;
            }
            if (w->n == most) {
                return HONE_OK;
            }
            if (w->n == room) {
                size_t more = room == 0 ? 64 : room * 2;
                w->word = hone_arena_grow(&w->mem, w->word, sizeof *w->word, room, more);
                if (w->word == NULL) {
                    return hone_no_room(run, "words", more);
                }
                room = more;
            }
            w->word[w->n++] = local->word[i];
        }
    }
    w->category = true;
    return HONE_OK;
}

/* Whether a text column is a category, and what its words are. */
static enum hone_code survey(struct hone_run *run, void *ctx, size_t column)
{
    const struct job *job = ctx;
    const struct hone_source *source = job->source;
    struct words *w = &job->words[column];
    size_t most;
    size_t there = 0;

    w->wanted = job->type[column] == HONE_TYPE_COUNT || hone_type_is_text(job->type[column]);
    if (!w->wanted) {
        return HONE_OK;
    }
    for (size_t k = 0; k < source->chunks; k++) {
        const struct hone_local *local = local_of(&source->chunk[k], column);
        there += source->chunk[k].rows - nulls_of(&source->chunk[k], local);
    }
    most = job->type[column] == HONE_CATEGORY ? INT32_MAX : hone_categories_most(there);
    if (job->type[column] != HONE_UTF8) {
        HONE_TRY(number_words(run, job, column, most));
    }
    if (job->type[column] == HONE_CATEGORY && !w->category) {
        return hone_fail(run, HONE_E_LIMIT, "%s: column %s has too many categories",
                         source->path, source->name[column]);
    }
    for (size_t k = 0; k < source->chunks && !w->category; k++) {
        w->bytes += text_bytes(local_of(&source->chunk[k], column));
    }
    return HONE_OK;
}

static size_t width_of(enum hone_type type)
{
    switch (type) {
    case HONE_FLOAT32:
    case HONE_CATEGORY:
    case HONE_DATE:
        return 4;
    default:
        return 8;
    }
}

/* A column's buffers, still zero, and its dictionary. */
static enum hone_code prepare(struct hone_run *run, const struct job *job, size_t i,
                              struct hone_arena *mem)
{
    const struct hone_source *source = job->source;
    struct words *w = &job->words[i];
    struct hone_column *c = &job->column[i];
    size_t bytes;
    char *data;

    *c = (struct hone_column){.type = job->type[i], .rows = job->rows};
    c->name = hone_arena_text(mem, source->name[i], strlen(source->name[i]));
    if (w->wanted) {
        c->type = w->category ? HONE_CATEGORY : HONE_UTF8;
    }
    for (size_t k = 0; k < source->chunks; k++) {
        c->nulls += nulls_of(&source->chunk[k], local_of(&source->chunk[k], i));
    }
    if (c->nulls > 0) {
        uint8_t *valid;
        HONE_TRY(hone_array(run, mem, &valid, (job->rows + 7) / 8));
        c->valid = valid;
    }
    bytes = c->type == HONE_BOOL   ? (job->rows + 7) / 8
            : c->type == HONE_UTF8 ? w->bytes
                                   : hone_product(job->rows, width_of(c->type));
    HONE_TRY(hone_array(run, mem, &data, bytes));
    c->data = data;
    if (c->type == HONE_UTF8) {
        int64_t *offsets;
        HONE_TRY(hone_array(run, mem, &offsets, job->rows + 1));
        c->offsets = offsets;
    } else if (c->type == HONE_CATEGORY) {
        HONE_TRY(hone_array(run, &w->mem, &w->rank, w->n));
        HONE_TRY(hone_dict_make(run, w->word, w->n, mem, &c->dict, w->rank));
    }
    return HONE_OK;
}

static void fill_valid(const struct job *job, size_t i, uint8_t *valid)
{
    size_t at = 0;

    for (size_t k = 0; k < job->source->chunks; k++) {
        const struct hone_chunk *chunk = &job->source->chunk[k];
        const struct hone_local *local = local_of(chunk, i);
        for (size_t row = 0; row < chunk->rows; row++, at++) {
            valid[at / 8] = (uint8_t)(valid[at / 8] | !is_missing(local, row) << (at % 8));
        }
    }
}

/* The value at a row as a real, and as an integer of the column's type. */
static double real_at(const struct hone_local *local, size_t row)
{
    return local->kind == HONE_KIND_REAL ? ((const double *)local->value)[row]
                                         : (double)hone_local_i64(local, row);
}

static int64_t integer_at(const struct hone_local *local, enum hone_type type, size_t row)
{
    int64_t value = hone_local_i64(local, row);
    return type == HONE_TIMESTAMP && local->kind == HONE_KIND_DAY ? value * DAY_US : value;
}

static void put_value(struct hone_column *c, size_t at, const struct hone_local *local,
                      size_t row)
{
    void *data = (void *)(uintptr_t)c->data; /* allocated by prepare, not yet shared */

    switch (c->type) {
    case HONE_FLOAT64:
        ((double *)data)[at] = real_at(local, row);
        break;
    case HONE_FLOAT32:
        ((float *)data)[at] = (float)real_at(local, row);
        break;
    case HONE_BOOL: {
        uint8_t *bits = (uint8_t *)data + at / 8;
        *bits = (uint8_t)(*bits | (hone_local_i64(local, row) != 0) << (at % 8));
        break;
    }
    case HONE_DATE:
        ((int32_t *)data)[at] = (int32_t)integer_at(local, c->type, row);
        break;
    default:
        ((int64_t *)data)[at] = integer_at(local, c->type, row);
    }
}

/* All rows of a chunk without gaps and without conversion. */
static bool copy_whole(struct hone_column *c, size_t at, const struct hone_local *local)
{
    bool same = (c->type == HONE_FLOAT64 && local->kind == HONE_KIND_REAL) ||
                (c->type == HONE_INT64 && local->kind == HONE_KIND_INT) ||
                (c->type == HONE_TIMESTAMP && local->kind == HONE_KIND_TIME);
    char *data = (char *)(uintptr_t)c->data;

    if (!same || local->width != 8 || local->nulls > 0 || local->rows == 0) {
        return false;
    }
    memcpy(data + at * 8, local->value, local->rows * 8);
    return true;
}

static void fill_values(const struct job *job, size_t i)
{
    struct hone_column *c = &job->column[i];
    size_t at = 0;

    for (size_t k = 0; k < job->source->chunks; k++) {
        const struct hone_chunk *chunk = &job->source->chunk[k];
        const struct hone_local *local = local_of(chunk, i);
        if (local != NULL && local->kind != HONE_KIND_NONE && !copy_whole(c, at, local)) {
            for (size_t row = 0; row < chunk->rows; row++) {
                if (!is_missing(local, row)) {
                    put_value(c, at + row, local, row);
                }
            }
        }
        at += chunk->rows;
    }
}

static void fill_codes(const struct job *job, size_t i)
{
    const struct words *w = &job->words[i];
    int32_t *code = (int32_t *)(uintptr_t)job->column[i].data;
    size_t at = 0;

    for (size_t k = 0; k < job->source->chunks; k++) {
        const struct hone_chunk *chunk = &job->source->chunk[k];
        const struct hone_local *local = local_of(chunk, i);
        for (size_t row = 0; row < chunk->rows; row++, at++) {
            if (!is_missing(local, row)) {
                code[at] = w->rank[w->code[k][local->code[row]]];
            }
        }
    }
}

static void fill_text(const struct job *job, size_t i)
{
    char *data = (char *)(uintptr_t)job->column[i].data;
    int64_t *offsets = (int64_t *)(uintptr_t)job->column[i].offsets;
    size_t at = 0;
    size_t used = 0;

    for (size_t k = 0; k < job->source->chunks; k++) {
        const struct hone_chunk *chunk = &job->source->chunk[k];
        const struct hone_local *local = local_of(chunk, i);
        for (size_t row = 0; row < chunk->rows; row++) {
            if (!is_missing(local, row)) {
                struct hone_str word = local->word[local->code[row]];
                memcpy(data + used, word.ptr, word.len);
                used += word.len;
            }
            offsets[++at] = (int64_t)used;
        }
    }
}

static void fill(void *ctx, size_t column, size_t worker)
{
    const struct job *job = ctx;
    struct hone_column *c = &job->column[column];

    (void)worker;
    if (c->valid != NULL) {
        fill_valid(job, column, (uint8_t *)(uintptr_t)c->valid);
    }
    if (c->type == HONE_UTF8) {
        fill_text(job, column);
    } else if (c->type == HONE_CATEGORY) {
        fill_codes(job, column);
    } else {
        fill_values(job, column);
    }
}

static void words_free(struct job *job)
{
    for (size_t i = 0; job->words != NULL && i < job->source->cols; i++) {
        hone_arena_free(&job->words[i].mem);
    }
}

enum hone_code hone_chunks_join(struct hone_run *run, const struct hone_source *source,
                                const enum hone_type *type, struct hone_arena *mem,
                                struct hone_table **out)
{
    HONE_SCRATCH(run);
    HONE_CLOSING(words_free) struct job job = {.source = source, .type = type};

    HONE_TRY(hone_array(run, &run->scratch, &job.words, source->cols));
    HONE_TRY(hone_array(run, &run->scratch, &job.column, source->cols));
    for (size_t k = 0; k < source->chunks; k++) {
        job.rows += source->chunk[k].rows;
    }
    HONE_TRY(hone_parallel_try(run, source->cols, survey, &job));
    for (size_t i = 0; i < source->cols; i++) {
        HONE_TRY(prepare(run, &job, i, mem));
    }
    hone_parallel(run, source->cols, fill, &job);
    HONE_TRY(hone_table_of(run, job.column, source->cols, mem, out));
    (*out)->rows = job.rows;
    return HONE_OK;
}

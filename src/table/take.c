/* Rows of a table in a given order; declared in table/table.h. */
#include "base/pool.h"
#include "table/table.h"

enum {
    STEP = 1 << 16
}; /* rows of a chunk; a multiple of 8, so that chunks share no byte of a bitmap */

/* A row of SIZE_MAX is one that is not there: its cells are missing. */
struct job {
    const struct hone_table *from;
    struct hone_column *to; /* (cols) */
    const size_t *row;
    size_t n, chunks; /* chunks of rows; a piece of work is a chunk of a column */
    bool outer;
    size_t *missing; /* (cols * chunks) */
    int64_t *bytes;  /* (cols * chunks): of texts */
};

static size_t width_of(const struct hone_column *c)
{
    switch (c->type) {
    case HONE_INT64:
    case HONE_FLOAT64:
    case HONE_TIMESTAMP:
        return 8;
    case HONE_FLOAT32:
    case HONE_CATEGORY:
    case HONE_DATE:
        return 4;
    case HONE_VECTOR:
        return c->width * sizeof(float);
    default:
        return 0;
    }
}

/* Bits of a NULL bitmap are ones; of rows that are not there zeroes. */
static size_t take_bits(const uint8_t *from, const size_t *row, size_t n, uint8_t *to)
{
    size_t zeroes = 0;

    for (size_t i = 0; i < n; i += 8) {
        unsigned byte = 0;
        for (size_t k = i; k < n && k < i + 8; k++) {
            unsigned bit = row[k] != SIZE_MAX && (from == NULL || hone_bit(from, row[k]));
            byte |= bit << (k - i);
            zeroes += !bit;
        }
        to[i / 8] = (uint8_t)byte;
    }
    return zeroes;
}

#define TAKE(type, from, to)                                                                   \
    for (size_t i = 0; i < n; i++) {                                                           \
        (to)[i] = row[i] == SIZE_MAX ? (type)0 : (from)[row[i]];                               \
    }

static void take_fixed(size_t width, const void *from, const size_t *row, size_t n, void *to)
{
    if (width == 8) {
        TAKE(uint64_t, (const uint64_t *)from, (uint64_t *)to)
    } else if (width == 4) {
        TAKE(uint32_t, (const uint32_t *)from, (uint32_t *)to)
    } else {
        for (size_t i = 0; i < n; i++) {
            if (row[i] != SIZE_MAX && width > 0) {
                memcpy((char *)to + i * width, (const char *)from + row[i] * width, width);
            }
        }
    }
}

static void take_text(const struct hone_column *from, const size_t *row, size_t n,
                      const int64_t *offsets, char *to)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = (size_t)(offsets[i + 1] - offsets[i]);
        if (len != 0) {
            memcpy(to + offsets[i], (const char *)from->data + from->offsets[row[i]], len);
        }
    }
}

static size_t length_at(const struct hone_column *c, size_t row)
{
    return row == SIZE_MAX ? 0 : (size_t)(c->offsets[row + 1] - c->offsets[row]);
}

/* Missing ones and lengths: what must be known before bytes can be placed. */
static void measure(void *ctx, size_t piece, size_t worker)
{
    struct job *job = ctx;
    size_t col = piece / job->chunks;
    size_t first = piece % job->chunks * STEP;
    size_t n = job->n - first < STEP ? job->n - first : STEP;
    const struct hone_column *from = &job->from->column[col];
    struct hone_column *to = &job->to[col];

    (void)worker;
    if (to->valid != NULL) {
        job->missing[piece] = take_bits(from->valid, job->row + first, n,
                                        (uint8_t *)(uintptr_t)to->valid + first / 8);
    }
    if (to->offsets != NULL) {
        int64_t *offsets = (int64_t *)(uintptr_t)to->offsets + first;
        int64_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += (int64_t)length_at(from, job->row[first + i]);
            offsets[i + 1] = sum;
        }
        job->bytes[piece] = sum;
    }
}

/* The buffers were allocated by prepare and belong to this table: writing them here is sound. */
static void fill(void *ctx, size_t piece, size_t worker)
{
    const struct job *job = ctx;
    size_t col = piece / job->chunks;
    size_t first = piece % job->chunks * STEP;
    size_t n = job->n - first < STEP ? job->n - first : STEP;
    const struct hone_column *from = &job->from->column[col];
    const struct hone_column *to = &job->to[col];
    char *data = (char *)(uintptr_t)to->data;

    (void)worker;
    if (from->type == HONE_BOOL) {
        (void)take_bits(from->data, job->row + first, n, (uint8_t *)data + first / 8);
    } else if (from->offsets == NULL) {
        take_fixed(width_of(from), from->data, job->row + first, n,
                   data + first * width_of(from));
    } else {
        take_text(from, job->row + first, n, to->offsets + first, data);
    }
}

/* From lengths within chunks to places in the column: the first chunk's end is where the second begins. */
static void shift(void *ctx, size_t piece, size_t worker)
{
    struct job *job = ctx;
    size_t first = piece % job->chunks * STEP;
    size_t n = job->n - first < STEP ? job->n - first : STEP;
    int64_t *offsets = (int64_t *)(uintptr_t)job->to[piece / job->chunks].offsets;

    (void)worker;
    for (size_t i = 0; offsets != NULL && i < n; i++) {
        offsets[first + i + 1] += job->bytes[piece];
    }
}

/* The column's buffers; for texts not yet the bytes. */
static enum hone_code prepare(struct hone_run *run, const struct job *job, size_t col,
                              struct hone_arena *mem)
{
    const struct hone_column *from = &job->from->column[col];
    struct hone_column *to = &job->to[col];
    uint8_t *valid;
    int64_t *offsets;
    char *data;

    *to = *from;
    to->rows = job->n;
    if (from->valid != NULL || job->outer) {
        HONE_TRY(hone_array(run, mem, &valid, (job->n + 7) / 8));
        to->valid = valid;
    }
    if (from->offsets != NULL) {
        HONE_TRY(hone_array(run, mem, &offsets, job->n + 1));
        to->offsets = offsets;
        to->data = NULL;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &data,
                        from->type == HONE_BOOL ? (job->n + 7) / 8
                                                : hone_product(job->n, width_of(from))));
    to->data = data;
    return HONE_OK;
}

/* After measure: counts, the chunks' places, room for bytes. */
static enum hone_code place(struct hone_run *run, struct job *job, size_t col,
                            struct hone_arena *mem)
{
    struct hone_column *to = &job->to[col];
    int64_t total = 0;
    char *data;

    to->nulls = 0;
    for (size_t c = 0; c < job->chunks; c++) {
        int64_t *bytes = &job->bytes[col * job->chunks + c];
        int64_t here = *bytes;
        to->nulls += job->missing[col * job->chunks + c];
        *bytes = total;
        total += here;
    }
    if (to->valid != NULL && to->nulls == 0 && job->outer) {
        to->valid = NULL;
    }
    if (to->offsets != NULL) {
        HONE_TRY(hone_array(run, mem, &data, (size_t)total));
        to->data = data;
    }
    return HONE_OK;
}

static enum hone_code take(struct hone_run *run, struct job *job, struct hone_arena *mem,
                           struct hone_table **out)
{
    size_t cols = job->from->cols;
    HONE_SCRATCH(run);

    job->chunks = (job->n + STEP - 1) / STEP;
    HONE_TRY(hone_array(run, &run->scratch, &job->to, cols));
    HONE_TRY(hone_matrix(run, &run->scratch, &job->missing, cols, job->chunks));
    HONE_TRY(hone_matrix(run, &run->scratch, &job->bytes, cols, job->chunks));
    for (size_t i = 0; i < cols; i++) {
        HONE_TRY(prepare(run, job, i, mem));
    }
    hone_parallel(run, cols * job->chunks, measure, job);
    for (size_t i = 0; i < cols; i++) {
        HONE_TRY(place(run, job, i, mem));
    }
    hone_parallel(run, cols * job->chunks, shift, job);
    hone_parallel(run, cols * job->chunks, fill, job);
    HONE_TRY(hone_table_of(run, job->to, cols, mem, out));
    (*out)->rows = job->n;
    return HONE_OK;
}

enum hone_code hone_table_take(struct hone_run *run, const struct hone_table *t,
                               const size_t *row, size_t n, struct hone_arena *mem,
                               struct hone_table **out)
{
    struct job job = {.from = t, .row = row, .n = n};

    for (size_t i = 0; i < n; i++) {
        if (row[i] >= t->rows) {
            return hone_fail(run, HONE_E_ARG, "row %zu is asked for, the table has %zu", row[i],
                             t->rows);
        }
    }
    return take(run, &job, mem, out);
}

enum hone_code hone_table_take_outer(struct hone_run *run, const struct hone_table *t,
                                     const size_t *row, size_t n, struct hone_arena *mem,
                                     struct hone_table **out)
{
    struct job job = {.from = t, .row = row, .n = n};

    for (size_t i = 0; i < n; i++) {
        if (row[i] >= t->rows && row[i] != SIZE_MAX) {
            return hone_fail(run, HONE_E_ARG, "row %zu is asked for, the table has %zu", row[i],
                             t->rows);
        }
        job.outer |= row[i] == SIZE_MAX;
    }
    return take(run, &job, mem, out);
}

/* Rows of a table in a given order; declared in table/table.h. */
#include "base/pool.h"
#include "table/table.h"

struct job {
    const struct hone_table *from;
    struct hone_table *to;
    const size_t *row;
    size_t n;
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

static void take_bits(const uint8_t *from, const size_t *row, size_t n, uint8_t *to)
{
    for (size_t i = 0; i < n; i++) {
        to[i / 8] = (uint8_t)(to[i / 8] | hone_bit(from, row[i]) << (i % 8));
    }
}

static void take_fixed(size_t width, const char *from, const size_t *row, size_t n, char *to)
{
    if (width == 8) {
        for (size_t i = 0; i < n; i++) {
            memcpy(to + i * 8, from + row[i] * 8, 8);
        }
    } else if (width == 4) {
        for (size_t i = 0; i < n; i++) {
            memcpy(to + i * 4, from + row[i] * 4, 4);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            memcpy(to + i * width, from + row[i] * width, width);
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

/* The buffers were allocated by prepare and belong to this table: writing them here is sound. */
static void fill(void *ctx, size_t chunk, size_t worker)
{
    const struct job *job = ctx;
    const struct hone_column *from = &job->from->column[chunk];
    const struct hone_column *to = &job->to->column[chunk];
    void *data = (void *)(uintptr_t)to->data;

    (void)worker;
    if (to->valid != NULL) {
        take_bits(from->valid, job->row, job->n, (uint8_t *)(uintptr_t)to->valid);
    }
    if (from->type == HONE_BOOL) {
        take_bits(from->data, job->row, job->n, data);
    } else if (from->offsets != NULL) {
        take_text(from, job->row, job->n, to->offsets, data);
    } else {
        take_fixed(width_of(from), from->data, job->row, job->n, data);
    }
}

/* The column's buffers, and for text its offsets. */
static enum hone_code prepare(struct hone_run *run, const struct hone_column *from,
                              const size_t *row, size_t n, struct hone_arena *mem,
                              struct hone_column *to)
{
    size_t bytes = from->type == HONE_BOOL ? (n + 7) / 8 : hone_product(n, width_of(from));
    uint8_t *valid;
    char *data;
    size_t missing = 0;

    *to = *from;
    to->rows = n;
    if (from->valid != NULL) {
        for (size_t i = 0; i < n; i++) {
            missing += !hone_bit(from->valid, row[i]);
        }
        HONE_TRY(hone_array(run, mem, &valid, (n + 7) / 8));
        to->valid = valid;
    }
    to->nulls = missing;
    if (from->offsets != NULL) {
        int64_t *offsets;
        HONE_TRY(hone_array(run, mem, &offsets, n + 1));
        for (size_t i = 0; i < n; i++) {
            offsets[i + 1] = offsets[i] + from->offsets[row[i] + 1] - from->offsets[row[i]];
        }
        to->offsets = offsets;
        bytes = (size_t)offsets[n];
    }
    HONE_TRY(hone_array(run, mem, &data, bytes));
    to->data = data;
    return HONE_OK;
}

enum hone_code hone_table_take(struct hone_run *run, const struct hone_table *t,
                               const size_t *row, size_t n, struct hone_arena *mem,
                               struct hone_table **out)
{
    struct hone_column *columns;
    struct job job = {.from = t, .row = row, .n = n};
    HONE_SCRATCH(run);

    for (size_t i = 0; i < n; i++) {
        if (row[i] >= t->rows) {
            return hone_fail(run, HONE_E_ARG, "row %zu is asked for, the table has %zu", row[i],
                             t->rows);
        }
    }
    HONE_TRY(hone_array(run, &run->scratch, &columns, t->cols));
    for (size_t i = 0; i < t->cols; i++) {
        HONE_TRY(prepare(run, &t->column[i], row, n, mem, &columns[i]));
    }
    HONE_TRY(hone_table_of(run, columns, t->cols, mem, &job.to));
    job.to->rows = n;
    hone_parallel(run, t->cols, fill, &job);
    *out = job.to;
    return HONE_OK;
}

/* The identity of a table's content; declared in table/table.h. */
#include "base/hash.h"
#include "base/pool.h"
#include "table/table.h"

enum { BLOCK = 4096 }; /* rows, a multiple of 8 */

/* Whether each row of the block is there, as a bitmap with zeroes after the end. */
static void add_valid(struct hone_sha_stream *sha, const struct hone_column *c, size_t from,
                      size_t n)
{
    uint8_t bits[BLOCK / 8] = {0};

    for (size_t i = 0; i < n; i++) {
        bits[i / 8] = (uint8_t)(bits[i / 8] | hone_is_valid(c, from + i) << (i % 8));
    }
    hone_sha_add(sha, bits, (n + 7) / 8);
}

/* Values as 64 bits, 0 where missing. */
static void add_values(struct hone_sha_stream *sha, const struct hone_column *c, size_t from,
                       size_t n)
{
    uint64_t values[BLOCK];

    for (size_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        if (hone_is_valid(c, from + i)) {
            if (c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64) {
                double real = hone_column_f64(c, from + i);
                memcpy(&bits, &real, sizeof bits);
            } else {
                bits = (uint64_t)hone_column_i64(c, from + i);
            }
        }
        values[i] = bits;
    }
    hone_sha_add(sha, values, n * sizeof values[0]);
}

static void add_texts(struct hone_sha_stream *sha, const struct hone_column *c, size_t from,
                      size_t n)
{
    for (size_t i = from; i < from + n; i++) {
        struct hone_str text = hone_column_str(c, i);
        uint64_t len = text.len;
        hone_sha_add(sha, &len, sizeof len);
        hone_sha_add(sha, text.ptr, text.len);
    }
}

static struct hone_sha column_hash(const struct hone_column *c)
{
    struct hone_sha_stream *sha = hone_sha_begin();
    bool text = hone_type_is_text(c->type);
    const char *type = hone_type_name(text ? HONE_UTF8 : c->type);

    hone_sha_add(sha, c->name, strlen(c->name) + 1);
    hone_sha_add(sha, type, strlen(type) + 1);
    for (size_t from = 0; from < c->rows; from += BLOCK) {
        size_t n = c->rows - from < BLOCK ? c->rows - from : BLOCK;
        add_valid(sha, c, from, n);
        if (text || c->type == HONE_BINARY) {
            add_texts(sha, c, from, n);
        } else if (c->type == HONE_VECTOR) {
            hone_sha_add(sha, (const float *)c->data + from * c->width,
                         n * c->width * sizeof(float));
        } else {
            add_values(sha, c, from, n);
        }
    }
    return hone_sha_end(sha);
}

struct job {
    const struct hone_table *table;
    struct hone_sha *column;
};

static void hash_column(void *ctx, size_t chunk, size_t worker)
{
    const struct job *job = ctx;

    (void)worker;
    job->column[chunk] = column_hash(&job->table->column[chunk]);
}

enum hone_code hone_table_hash(struct hone_run *run, const struct hone_table *t,
                               struct hone_sha *out)
{
    struct job job = {.table = t};
    struct hone_sha_stream *sha;
    uint64_t rows = t->rows;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &job.column, t->cols));
    hone_parallel(run, t->cols, hash_column, &job);
    sha = hone_sha_begin();
    hone_sha_add(sha, &rows, sizeof rows);
    for (size_t i = 0; i < t->cols; i++) {
        hone_sha_add(sha, job.column[i].hex, sizeof job.column[i].hex);
    }
    *out = hone_sha_end(sha);
    return HONE_OK;
}

/* Values and rows as 64 bits, and sets of them. */
#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "check/check_priv.h"

#define MISSING UINT64_C(0x6d697373696e6721)
#define CHUNK   8192 /* rows hashed by one task */

static uint64_t number_hash(double value)
{
    uint64_t bits;
    double plain = isnan(value) ? (double)NAN : value + 0.0; /* one NaN, one zero */

    memcpy(&bits, &plain, sizeof bits);
    return hone_mix64(bits + 1);
}

uint64_t hone_text_hash(struct hone_str s)
{
    return hone_hash64(s.ptr, s.len, 17);
}

uint64_t hone_cell_hash(const struct hone_column *c, size_t row)
{
    if (!hone_is_valid(c, row)) {
        return MISSING;
    }
    if (hone_type_is_number(c->type)) {
        return number_hash(hone_column_f64(c, row));
    }
    if (hone_type_is_time(c->type)) {
        return hone_mix64((uint64_t)hone_column_i64(c, row) ^ 0x74696d65);
    }
    if (c->type == HONE_VECTOR) {
        const float *v = (const float *)c->data + row * c->width;
        return hone_hash64(v, c->width * sizeof *v, 19);
    }
    return hone_text_hash(hone_column_str(c, row));
}

struct job {
    const struct hone_table *t, *names;
    const char *skip;
    const struct hone_column **column; /* (names->cols) of t; NULL: skipped */
    const bool *absent;                /* (names->cols) t lacks it */
    uint64_t *out;
};

static void hash_rows(void *ctx, size_t chunk, size_t worker)
{
    const struct job *job = ctx;
    size_t first = chunk * CHUNK;
    size_t last = first + CHUNK < job->t->rows ? first + CHUNK : job->t->rows;

    (void)worker;
    for (size_t j = 0; j < job->names->cols; j++) {
        const struct hone_column *c = job->column[j];
        if (c == NULL && !job->absent[j]) {
            continue;
        }
        for (size_t i = first; i < last; i++) {
            uint64_t cell = c == NULL ? MISSING : hone_cell_hash(c, i);
            job->out[i] = hone_mix64(job->out[i] * 31 + cell);
        }
    }
}

enum hone_code hone_row_hashes(struct hone_run *run, const struct hone_table *t,
                               const struct hone_table *names, const char *skip,
                               struct hone_arena *mem, const uint64_t **out)
{
    struct job job = {.t = t, .names = names, .skip = skip};
    bool *absent;

    HONE_TRY(hone_array(run, mem, &job.out, t->rows));
    HONE_TRY(hone_array(run, mem, &job.column, names->cols));
    HONE_TRY(hone_array(run, mem, &absent, names->cols));
    for (size_t j = 0; j < names->cols; j++) {
        const char *name = names->column[j].name;
        if (skip != NULL && hone_str_is(hone_str(name), skip)) {
            continue;
        }
        job.column[j] = hone_table_find(t, hone_str(name));
        absent[j] = job.column[j] == NULL;
    }
    job.absent = absent;
    hone_parallel(run, (t->rows + CHUNK - 1) / CHUNK, hash_rows, &job);
    *out = job.out;
    return HONE_OK;
}

enum hone_code hone_seen_new(struct hone_run *run, size_t n, struct hone_arena *mem,
                             struct hone_seen *out)
{
    struct hone_seen s = {0};
    size_t room = 16;

    while (room < 2 * n) {
        room *= 2;
    }
    HONE_TRY(hone_array(run, mem, &s.key, room));
    HONE_TRY(hone_array(run, mem, &s.value, room));
    s.mask = room - 1;
    *out = s;
    return HONE_OK;
}

/* Where key is, or would go.  0 marks a free place: a key of 0 becomes 1. */
static size_t place_of(const struct hone_seen *s, uint64_t key)
{
    size_t at = (size_t)(key >> 7) & s->mask;

    while (s->key[at] != 0 && s->key[at] != key) {
        at = (at + 1) & s->mask;
    }
    return at;
}

uint32_t hone_seen_add(struct hone_seen *s, uint64_t key, uint32_t value)
{
    key = key == 0 ? 1 : key;
    size_t at = place_of(s, key);

    if (s->key[at] == 0) {
        HONE_ASSERT(s->n < s->mask);
        s->key[at] = key;
        s->value[at] = value;
        s->n++;
    }
    return s->value[at];
}

uint32_t hone_seen_get(const struct hone_seen *s, uint64_t key)
{
    key = key == 0 ? 1 : key;
    size_t at = place_of(s, key);
    return s->key[at] == 0 ? UINT32_MAX : s->value[at];
}

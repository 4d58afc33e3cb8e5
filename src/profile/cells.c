/* Cells as sortable keys, as doubles and as hashes; declared in profile_priv.h. */
#include <math.h>

#include "base/hash.h"
#include "profile/profile_priv.h"

#define TOP_BIT    (UINT64_C(1) << 63)
#define TWO_63     9223372036854775808.0
#define DAY_US     UINT64_C(86400000000)
#define MISSING    UINT64_C(0x9d39247e33776d41)
#define MIX_FACTOR UINT64_C(0x9e3779b97f4a7c15)

static uint64_t key_of_real(double real)
{
    uint64_t bits;

    if (isnan(real)) {
        return UINT64_MAX;
    }
    real += 0.0; /* -0 is 0 */
    memcpy(&bits, &real, sizeof bits);
    return bits & TOP_BIT ? ~bits : bits | TOP_BIT;
}

uint64_t hone_cell_key(const struct hone_column *c, size_t row)
{
    if (c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64) {
        return key_of_real(hone_column_f64(c, row));
    }
    return (uint64_t)hone_column_i64(c, row) ^ TOP_BIT;
}

double hone_key_value(enum hone_type type, uint64_t key)
{
    double real;

    if (type != HONE_FLOAT32 && type != HONE_FLOAT64) {
        return (double)(int64_t)(key ^ TOP_BIT);
    }
    if (key == UINT64_MAX) {
        return (double)NAN;
    }
    key = key & TOP_BIT ? key & ~TOP_BIT : ~key;
    memcpy(&real, &key, sizeof real);
    return real;
}

size_t hone_column_keys(const struct hone_column *c, uint64_t *key)
{
    size_t n = 0;

    if (c->nulls == 0 && (c->type == HONE_INT64 || c->type == HONE_TIMESTAMP)) {
        const int64_t *value = c->data;
        for (size_t row = 0; row < c->rows; row++) {
            key[row] = (uint64_t)value[row] ^ TOP_BIT;
        }
        return c->rows;
    }
    if (c->type == HONE_FLOAT64) {
        const double *value = c->data;
        for (size_t row = 0; row < c->rows; row++) {
            if (hone_is_valid(c, row)) {
                key[n++] = key_of_real(value[row]);
            }
        }
        return n;
    }
    for (size_t row = 0; row < c->rows; row++) {
        if (hone_is_valid(c, row)) {
            key[n++] = hone_cell_key(c, row);
        }
    }
    return n;
}

void hone_column_reals(const struct hone_column *c, double *real)
{
    const double *from = c->data;
    const int64_t *whole = c->data;

    if (c->type == HONE_FLOAT64) {
        for (size_t row = 0; row < c->rows; row++) {
            real[row] = hone_is_valid(c, row) ? from[row] : (double)NAN;
        }
    } else if (c->type == HONE_INT64 || c->type == HONE_TIMESTAMP) {
        for (size_t row = 0; row < c->rows; row++) {
            real[row] = hone_is_valid(c, row) ? (double)whole[row] : (double)NAN;
        }
    } else {
        for (size_t row = 0; row < c->rows; row++) {
            real[row] = hone_column_f64(c, row);
        }
    }
}

static uint64_t hash_whole(int64_t value)
{
    return hone_mix64((uint64_t)value + MIX_FACTOR);
}

static uint64_t hash_real(double real)
{
    if (real >= -TWO_63 && real < TWO_63 && real == floor(real)) {
        return hash_whole((int64_t)real);
    }
    return hone_mix64(key_of_real(real) ^ MISSING);
}

/* Days as µs; far beyond all calendars it wraps, which does no harm to a hash. */
static int64_t midnight_of(int64_t day)
{
    return (int64_t)((uint64_t)day * DAY_US);
}

static uint64_t hash_text(struct hone_str text)
{
    return hone_hash64(text.ptr, text.len, 3);
}

static uint64_t cell_hash(const struct hone_column *c, const uint64_t *words, size_t row)
{
    if (!hone_is_valid(c, row)) {
        return MISSING;
    }
    switch (c->type) {
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return hash_real(hone_column_f64(c, row));
    case HONE_CATEGORY:
        return words[hone_column_i64(c, row)];
    case HONE_DATE:
        return hash_whole(midnight_of(hone_column_i64(c, row)));
    case HONE_UTF8:
    case HONE_BINARY:
        return hash_text(hone_column_str(c, row));
    case HONE_VECTOR:
        return hone_hash64((const float *)c->data + row * c->width, c->width * sizeof(float),
                           2);
    default:
        return hash_whole(hone_column_i64(c, row));
    }
}

enum hone_code hone_word_hashes(struct hone_run *run, const struct hone_column *c,
                                struct hone_arena *mem, const uint64_t **words)
{
    uint64_t *hash;

    *words = NULL;
    if (c->type != HONE_CATEGORY) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &hash, c->dict->rows + 1));
    for (size_t i = 0; i < c->dict->rows; i++) {
        hash[i] = hash_text(hone_column_str(c->dict, i));
    }
    *words = hash;
    return HONE_OK;
}

void hone_hash_cells(const struct hone_column *c, const uint64_t *words, size_t from, size_t to,
                     uint64_t *hash)
{
    if (c->type == HONE_INT64 || c->type == HONE_TIMESTAMP) {
        const int64_t *value = c->data;
        for (size_t row = from; row < to; row++) {
            uint64_t cell = hone_is_valid(c, row) ? hash_whole(value[row]) : MISSING;
            hash[row] = hone_mix64(hash[row] * MIX_FACTOR + cell);
        }
        return;
    }
    for (size_t row = from; row < to; row++) {
        hash[row] = hone_mix64(hash[row] * MIX_FACTOR + cell_hash(c, words, row));
    }
}

static bool is_real(enum hone_type type)
{
    return type == HONE_FLOAT32 || type == HONE_FLOAT64;
}

static bool same_number(const struct hone_column *a, size_t row_a, const struct hone_column *b,
                        size_t row_b)
{
    if (!is_real(a->type) && !is_real(b->type)) {
        return hone_column_i64(a, row_a) == hone_column_i64(b, row_b);
    }
    if (is_real(a->type) && is_real(b->type)) {
        return key_of_real(hone_column_f64(a, row_a)) == key_of_real(hone_column_f64(b, row_b));
    }
    if (is_real(b->type)) {
        return same_number(b, row_b, a, row_a);
    }
    /* a double beside an integer: equal as numbers, not only after rounding */
    double real = hone_column_f64(a, row_a);
    return real >= -TWO_63 && real < TWO_63 && real == floor(real) &&
           (int64_t)real == hone_column_i64(b, row_b);
}

static bool same_moment(const struct hone_column *a, size_t row_a, const struct hone_column *b,
                        size_t row_b)
{
    int64_t x = hone_column_i64(a, row_a);
    int64_t y = hone_column_i64(b, row_b);

    if (a->type == b->type) {
        return x == y;
    }
    if (a->type == HONE_DATE) {
        return y % (int64_t)DAY_US == 0 && y / (int64_t)DAY_US == x;
    }
    return x % (int64_t)DAY_US == 0 && x / (int64_t)DAY_US == y;
}

static bool in_text(enum hone_type type)
{
    return hone_type_is_text(type) || type == HONE_BINARY;
}

bool hone_same_cell(const struct hone_column *a, size_t row_a, const struct hone_column *b,
                    size_t row_b)
{
    bool there = hone_is_valid(a, row_a);

    if (there != hone_is_valid(b, row_b) || !there) {
        return there == hone_is_valid(b, row_b);
    }
    if (hone_type_is_number(a->type) && hone_type_is_number(b->type)) {
        return same_number(a, row_a, b, row_b);
    }
    if (hone_type_is_time(a->type) && hone_type_is_time(b->type)) {
        return same_moment(a, row_a, b, row_b);
    }
    if (a->type == HONE_VECTOR || b->type == HONE_VECTOR) {
        return a->type == b->type && a->width == b->width &&
               memcmp((const float *)a->data + row_a * a->width,
                      (const float *)b->data + row_b * b->width, a->width * sizeof(float)) == 0;
    }
    if (a->type == HONE_CATEGORY && b->type == HONE_CATEGORY && a->dict == b->dict) {
        return hone_column_i64(a, row_a) == hone_column_i64(b, row_b);
    }
    return in_text(a->type) && in_text(b->type) &&
           hone_str_eq(hone_column_str(a, row_a), hone_column_str(b, row_b));
}

#include <stdlib.h>

#include "base/hash.h"
#include "base/pool.h"
#include "table/keys_priv.h"

enum { STEP = 1 << 16, RUN = 48, DEEP = 64 };

enum hone_code hone_keys_check_rows(struct hone_run *run, size_t rows)
{
    if (rows >= UINT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%zu rows are more than can be ordered (%u)", rows,
                         UINT32_MAX - 1);
    }
    return HONE_OK;
}

/* --- radix sort --------------------------------------------------------------------------- */

struct pass {
    const uint64_t *key;
    const uint32_t *row;
    uint64_t *key_to;
    uint32_t *row_to;
    size_t n;
    unsigned shift;
    uint32_t (*count)[256]; /* (chunks): how many, then where they go */
};

static size_t chunk_end(size_t chunk, size_t n)
{
    return (chunk + 1) * STEP < n ? (chunk + 1) * STEP : n;
}

static void count_digits(void *ctx, size_t chunk, size_t worker)
{
    struct pass *p = ctx;
    uint32_t *count = p->count[chunk];

    (void)worker;
    memset(count, 0, sizeof p->count[chunk]);
    for (size_t i = chunk * STEP; i < chunk_end(chunk, p->n); i++) {
        count[p->key[i] >> p->shift & 255]++;
    }
}

static void scatter(void *ctx, size_t chunk, size_t worker)
{
    struct pass *p = ctx;
    uint32_t *place = p->count[chunk];

    (void)worker;
    for (size_t i = chunk * STEP; i < chunk_end(chunk, p->n); i++) {
        uint32_t to = place[p->key[i] >> p->shift & 255]++;
        p->key_to[to] = p->key[i];
        p->row_to[to] = p->row[i];
    }
}

/* Where each chunk's digits go; false when all keys have the same one. */
static bool places(struct pass *p, size_t chunks)
{
    uint32_t at = 0;

    for (size_t digit = 0; digit < 256; digit++) {
        uint32_t before = at;
        for (size_t c = 0; c < chunks; c++) {
            uint32_t n = p->count[c][digit];
            p->count[c][digit] = at;
            at += n;
        }
        if (at - before == p->n) {
            return false;
        }
    }
    return true;
}

enum hone_code hone_keys_radix(struct hone_run *run, uint64_t *key, uint32_t *row, size_t n,
                               unsigned bits)
{
    struct pass p = {.key = key, .row = row, .n = n};
    size_t chunks = (n + STEP - 1) / STEP;
    uint64_t *key2;
    uint32_t *row2;
    HONE_SCRATCH(run);

    if (n < 2 || bits == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &key2, n));
    HONE_TRY(hone_array(run, &run->scratch, &row2, n));
    HONE_TRY(hone_array(run, &run->scratch, &p.count, chunks));
    p.key_to = key2;
    p.row_to = row2;
    for (p.shift = 0; p.shift < bits; p.shift += 8) {
        hone_parallel(run, chunks, count_digits, &p);
        if (!places(&p, chunks)) {
            continue;
        }
        hone_parallel(run, chunks, scatter, &p);
        p.key = p.key_to;
        p.row = p.row_to;
        p.key_to = p.key == key ? key2 : key;
        p.row_to = p.row == row ? row2 : row;
    }
    if (p.key != key) {
        memcpy(key, p.key, n * sizeof *key);
        memcpy(row, p.row, n * sizeof *row);
    }
    return HONE_OK;
}

/* --- texts in order ------------------------------------------------------------------------ */

struct words {
    const struct hone_column *c;
    uint32_t *row;
    uint64_t *key;
    uint8_t *differs; /* (n) 1: the text at this place is not that of the place before */
};

static int by_text(const void *a, const void *b, void *ctx)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    int order = hone_str_cmp(hone_column_str(ctx, x), hone_column_str(ctx, y));
    return order != 0 ? order : (x > y) - (x < y);
}

/* Eight bytes from `from` on as a number in their order. */
static uint64_t prefix(struct hone_str s, size_t from)
{
    unsigned char bytes[8] = {0};

    if (from < s.len) {
        memcpy(bytes, s.ptr + from, s.len - from < 8 ? s.len - from : 8);
    }
    return (uint64_t)bytes[0] << 56 | (uint64_t)bytes[1] << 48 | (uint64_t)bytes[2] << 40 |
           (uint64_t)bytes[3] << 32 | (uint64_t)bytes[4] << 24 | (uint64_t)bytes[5] << 16 |
           (uint64_t)bytes[6] << 8 | bytes[7];
}

static void compare_sort(struct words *w, size_t from, size_t n)
{
    qsort_r(w->row + from, n, sizeof *w->row, by_text, (void *)(uintptr_t)w->c);
    for (size_t i = from + 1; i < from + n; i++) {
        w->differs[i] = !hone_str_eq(hone_column_str(w->c, w->row[i - 1]),
                                     hone_column_str(w->c, w->row[i]));
    }
}

/* Order places [from, from + n), whose texts agree in their first 8 * depth bytes. */
static enum hone_code sort_words(struct hone_run *run, struct words *w, size_t from, size_t n,
                                 size_t depth)
{
    if (n < RUN || depth > DEEP) {
        compare_sort(w, from, n);
        return HONE_OK;
    }
    for (size_t i = from; i < from + n; i++) {
        w->key[i] = prefix(hone_column_str(w->c, w->row[i]), depth * 8);
    }
    HONE_TRY(hone_keys_radix(run, w->key + from, w->row + from, n, 64));
    for (size_t i = from; i < from + n;) {
        size_t end = i + 1;
        size_t longest = hone_column_str(w->c, w->row[i]).len;
        size_t shortest = longest;
        while (end < from + n && w->key[end] == w->key[i]) {
            size_t len = hone_column_str(w->c, w->row[end++]).len;
            longest = len > longest ? len : longest;
            shortest = len < shortest ? len : shortest;
        }
        if (longest > depth * 8 + 8) {
            HONE_TRY(sort_words(run, w, i, end - i, depth + 1));
        } else if (shortest != longest) { /* NUL bytes at the end */
            compare_sort(w, i, end - i);
        }
        w->differs[i] = i > from;
        i = end;
    }
    return HONE_OK;
}

static enum hone_code rank_texts(struct hone_run *run, const struct hone_column *c,
                                 struct keys *out)
{
    struct words w = {.c = c};
    size_t n = 0;
    uint64_t rank = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &w.row, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &w.key, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &w.differs, c->rows));
    for (size_t i = 0; i < c->rows; i++) {
        w.row[n] = (uint32_t)i;
        n += hone_is_valid(c, i);
    }
    if (n > 0) {
        HONE_TRY(sort_words(run, &w, 0, n, 0));
        w.differs[0] = 1;
    }
    for (size_t i = 0; i < n; i++) {
        rank += w.differs[i];
        out->code[w.row[i]] = rank;
    }
    out->span = rank;
    return HONE_OK;
}

/* --- texts as they come ---------------------------------------------------------------------- */

struct hashes {
    const struct hone_column *c;
    uint64_t *hash;
};

static void hash_texts(void *ctx, size_t chunk, size_t worker)
{
    struct hashes *h = ctx;

    (void)worker;
    for (size_t i = chunk * STEP; i < chunk_end(chunk, h->c->rows); i++) {
        struct hone_str s = hone_column_str(h->c, i);
        h->hash[i] = hone_hash64(s.len == 0 ? "" : s.ptr, s.len, 0);
    }
}

static enum hone_code number_texts(struct hone_run *run, const struct hone_column *c,
                                   struct keys *out)
{
    struct hashes h = {.c = c};
    struct slot {
        uint32_t hash, row; /* row + 1; 0: free */
    } * slot;
    size_t room = 16;
    uint64_t n = 0;
    HONE_SCRATCH(run);

    while (room < c->rows * 2) {
        room *= 2;
    }
    HONE_TRY(hone_array(run, &run->scratch, &h.hash, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &slot, room));
    hone_parallel(run, (c->rows + STEP - 1) / STEP, hash_texts, &h);
    for (size_t i = 0; i < c->rows; i++) {
        size_t at = h.hash[i] & (room - 1);
        uint32_t upper = (uint32_t)(h.hash[i] >> 32);
        struct hone_str s = hone_column_str(c, i);
        if (!hone_is_valid(c, i)) {
            continue;
        }
        while (slot[at].row != 0 && (slot[at].hash != upper ||
                                     !hone_str_eq(s, hone_column_str(c, slot[at].row - 1)))) {
            at = (at + 1) & (room - 1);
        }
        if (slot[at].row == 0) {
            slot[at].hash = upper;
            slot[at].row = (uint32_t)i + 1;
            out->code[i] = ++n;
        } else {
            out->code[i] = out->code[slot[at].row - 1];
        }
    }
    out->span = n;
    return HONE_OK;
}

/* --- numbers --------------------------------------------------------------------------------- */

/* Reals in their order as unsigned numbers. */
static uint64_t real_bits(double x)
{
    uint64_t bits;

    x = x == 0.0 ? 0.0 : x;
    memcpy(&bits, &x, sizeof bits);
    if (x != x) {
        return UINT64_MAX;
    }
    return bits >> 63 != 0 ? ~bits : bits | UINT64_C(1) << 63;
}

struct numbers {
    const struct hone_column *c;
    uint64_t *code;
    struct range {
        uint64_t low, high;
    } * range; /* (chunks) */
    uint64_t low;
};

static uint64_t number_at(const struct hone_column *c, size_t i)
{
    if (c->type == HONE_FLOAT64 || c->type == HONE_FLOAT32) {
        return real_bits(c->type == HONE_FLOAT64 ? ((const double *)c->data)[i]
                                                 : (double)((const float *)c->data)[i]);
    }
    return (uint64_t)hone_column_i64(c, i) ^ UINT64_C(1) << 63;
}

static void number_codes(void *ctx, size_t chunk, size_t worker)
{
    struct numbers *w = ctx;
    struct range r = {UINT64_MAX, 0};

    (void)worker;
    for (size_t i = chunk * STEP; i < chunk_end(chunk, w->c->rows); i++) {
        uint64_t code = number_at(w->c, i);
        w->code[i] = code;
        if (hone_is_valid(w->c, i)) {
            r.low = code < r.low ? code : r.low;
            r.high = code > r.high ? code : r.high;
        }
    }
    w->range[chunk] = r;
}

static void shift_codes(void *ctx, size_t chunk, size_t worker)
{
    struct numbers *w = ctx;

    (void)worker;
    for (size_t i = chunk * STEP; i < chunk_end(chunk, w->c->rows); i++) {
        w->code[i] = hone_is_valid(w->c, i) ? w->code[i] - w->low + 1 : 0;
    }
}

static enum hone_code number_keys(struct hone_run *run, const struct hone_column *c,
                                  struct keys *out)
{
    struct numbers w = {.c = c, .code = out->code};
    size_t chunks = (c->rows + STEP - 1) / STEP;
    uint64_t high = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &w.range, chunks));
    hone_parallel(run, chunks, number_codes, &w);
    w.low = UINT64_MAX;
    for (size_t i = 0; i < chunks; i++) {
        w.low = w.range[i].low < w.low ? w.range[i].low : w.low;
        high = w.range[i].high > high ? w.range[i].high : high;
    }
    out->span = high < w.low ? 0 : high - w.low + 1;
    if (out->span == 0 && high >= w.low) {
        return hone_fail(
            run, HONE_E_LIMIT,
            "column %s goes from the least to the greatest int64: too wide to order", c->name);
    }
    hone_parallel(run, chunks, shift_codes, &w);
    return HONE_OK;
}

enum hone_code hone_keys_of(struct hone_run *run, const struct hone_column *c, bool ordered,
                            struct hone_arena *mem, struct keys *out)
{
    HONE_TRY(hone_keys_check_rows(run, c->rows));
    HONE_TRY(hone_array(run, mem, &out->code, c->rows));
    switch (c->type) {
    case HONE_UTF8:
    case HONE_BINARY:
        return ordered ? rank_texts(run, c, out) : number_texts(run, c, out);
    case HONE_VECTOR:
        return hone_fail(run, HONE_E_UNSUPPORTED, "column %s: vectors have no order", c->name);
    default:
        return number_keys(run, c, out);
    }
}

/* --- dense numbers ----------------------------------------------------------------------------- */

static enum hone_code dense_direct(struct hone_run *run, const uint64_t *key, size_t rows,
                                   uint64_t span, uint32_t *id, uint32_t *first, size_t *n)
{
    uint32_t *table;
    uint32_t count = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &table, (size_t)span + 1));
    for (size_t i = 0; i < rows; i++) {
        uint32_t *entry = &table[key[i]];
        if (*entry == 0) {
            first[count++] = (uint32_t)i;
            *entry = count;
        }
        id[i] = *entry - 1;
    }
    *n = count;
    return HONE_OK;
}

static enum hone_code dense_hashed(struct hone_run *run, const uint64_t *key, size_t rows,
                                   uint32_t *id, uint32_t *first, size_t *n)
{
    uint32_t *table; /* id + 1; 0: free */
    size_t room = 1024;
    uint32_t count = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &table, room));
    for (size_t i = 0; i < rows; i++) {
        size_t at;
        if (count * 2 >= room) {
            room *= 4;
            HONE_TRY(hone_array(run, &run->scratch, &table, room));
            for (uint32_t g = 0; g < count; g++) {
                for (at = hone_mix64(key[first[g]]) & (room - 1); table[at] != 0;
                     at = (at + 1) & (room - 1)) {
                }
                table[at] = g + 1;
            }
        }
        at = hone_mix64(key[i]) & (room - 1);
        while (table[at] != 0 && key[first[table[at] - 1]] != key[i]) {
            at = (at + 1) & (room - 1);
        }
        if (table[at] == 0) {
            first[count++] = (uint32_t)i;
            table[at] = count;
        }
        id[i] = table[at] - 1;
    }
    *n = count;
    return HONE_OK;
}

enum hone_code hone_keys_dense(struct hone_run *run, const uint64_t *key, size_t rows,
                               uint64_t span, struct hone_arena *mem, uint32_t *id,
                               uint32_t **first, size_t *n)
{
    uint32_t *seen;

    HONE_TRY(hone_array(run, mem, &seen, rows));
    if (span < (1u << 20) || span < rows) {
        HONE_TRY(dense_direct(run, key, rows, span, id, seen, n));
    } else {
        HONE_TRY(dense_hashed(run, key, rows, id, seen, n));
    }
    if (first != NULL) {
        *first = seen;
    }
    return HONE_OK;
}

enum hone_code hone_keys_dense_many(struct hone_run *run, const struct keys *keys,
                                    size_t n_keys, size_t rows, struct hone_arena *mem,
                                    uint32_t *id, uint32_t **first, size_t *n)
{
    uint64_t *key;
    uint64_t span = 0;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &key, rows));
    for (size_t k = 0; k < n_keys; k++) {
        unsigned bits = keys_bits(keys[k].span);
        if (keys_bits(span) + bits > 64) {
            HONE_TRY(hone_keys_dense(run, key, rows, span, &work, id, NULL, n));
            for (size_t i = 0; i < rows; i++) {
                key[i] = id[i];
            }
            span = *n;
        }
        if (keys_bits(span) + bits > 64) {
            uint32_t *other; /* wide alone: number it first */
            size_t count;
            HONE_TRY(hone_array(run, &work, &other, rows));
            HONE_TRY(hone_keys_dense(run, keys[k].code, rows, keys[k].span, &work, other, NULL,
                                     &count));
            for (size_t i = 0; i < rows; i++) {
                key[i] = key[i] << keys_bits(count) | other[i];
            }
            span = (span + 1) << keys_bits(count);
            continue;
        }
        for (size_t i = 0; i < rows; i++) {
            key[i] = (bits == 64 ? 0 : key[i] << bits) | keys[k].code[i];
        }
        span = k == 0 ? keys[k].span : ((span + 1) << bits) - 1;
    }
    return hone_keys_dense(run, key, rows, span, mem, id, first, n);
}

enum hone_code hone_keys_lists(struct hone_run *run, const uint32_t *id, size_t rows, size_t n,
                               struct hone_arena *mem, uint32_t **start, uint32_t **row)
{
    uint32_t *begin;
    uint32_t *list;
    uint32_t *next;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, mem, &begin, n + 1));
    HONE_TRY(hone_array(run, mem, &list, rows));
    HONE_TRY(hone_array(run, &run->scratch, &next, n + 1));
    for (size_t i = 0; i < rows; i++) {
        begin[id[i] + 1]++;
    }
    for (size_t g = 0; g < n; g++) {
        begin[g + 1] += begin[g];
        next[g] = begin[g];
    }
    for (size_t i = 0; i < rows; i++) {
        list[next[id[i]]++] = (uint32_t)i;
    }
    *start = begin;
    *row = list;
    return HONE_OK;
}

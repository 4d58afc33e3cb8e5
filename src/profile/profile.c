#include "profile/profile.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/time.h"

enum { TEXT_ROOM = 200 }; /* bytes of a frequent value that are kept, with the NUL */

static const double percent[HONE_PROFILE_QUANTILES] = {0, 1, 5, 25, 50, 75, 95, 99, 100};

/* Sort keys by their bytes, lowest first; spare has room for n too. */
static void sort_keys(uint64_t *key, uint64_t *spare, size_t n)
{
    uint64_t *from = key;
    uint64_t *to = spare;

    for (unsigned shift = 0; shift < 64 && n > 0; shift += 8) {
        size_t start[257] = {0};
        uint64_t *swap = from;
        for (size_t i = 0; i < n; i++) {
            start[(from[i] >> shift & 255) + 1]++;
        }
        if (start[(from[0] >> shift & 255) + 1] == n) {
            continue; /* all alike */
        }
        for (size_t b = 0; b < 256; b++) {
            start[b + 1] += start[b];
        }
        for (size_t i = 0; i < n; i++) {
            to[start[from[i] >> shift & 255]++] = from[i];
        }
        from = to;
        to = swap;
    }
    if (from != key) {
        memcpy(key, from, n * sizeof *key);
    }
}

#define TOP_BIT (UINT64_C(1) << 63)

/* Numbers as keys whose order is theirs, and back. All NaN are one key, the last. */
static uint64_t key_of(const struct hone_column *c, size_t row)
{
    double real;
    uint64_t bits;

    if (c->type != HONE_FLOAT32 && c->type != HONE_FLOAT64) {
        return (uint64_t)hone_column_i64(c, row) ^ TOP_BIT;
    }
    real = hone_column_f64(c, row);
    if (isnan(real)) {
        return UINT64_MAX;
    }
    real += 0.0; /* -0 is 0 */
    memcpy(&bits, &real, sizeof bits);
    return bits & TOP_BIT ? ~bits : bits | TOP_BIT;
}

static double value_of(const struct hone_column *c, uint64_t key)
{
    double real;

    if (c->type != HONE_FLOAT32 && c->type != HONE_FLOAT64) {
        return (double)(int64_t)(key ^ TOP_BIT);
    }
    key = key & TOP_BIT ? key & ~TOP_BIT : ~key;
    memcpy(&real, &key, sizeof real);
    return real;
}

struct count {
    struct hone_str text; /* texts only */
    uint64_t key;
    size_t count;
};

/* Most frequent first, then smaller first. */
static int by_count(const void *a, const void *b)
{
    const struct count *x = a;
    const struct count *y = b;

    if (x->count != y->count) {
        return x->count > y->count ? -1 : 1;
    }
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->text.ptr == NULL ? 0 : hone_str_cmp(x->text, y->text);
}

/* Keep one more candidate for the most frequent values. */
static void offer(struct count *top, size_t *n, struct count value)
{
    if (*n == HONE_PROFILE_TOP && by_count(&value, &top[*n - 1]) >= 0) {
        return;
    }
    if (*n < HONE_PROFILE_TOP) {
        ++*n;
    }
    top[*n - 1] = value;
    for (size_t i = *n - 1; i > 0 && by_count(&top[i], &top[i - 1]) < 0; i--) {
        struct count swap = top[i];
        top[i] = top[i - 1];
        top[i - 1] = swap;
    }
}

/* Copy as much of a text as there is room for, without cutting a character. */
static void keep_text(char *out, struct hone_str text)
{
    if (text.len > TEXT_ROOM - 1) {
        text.len = TEXT_ROOM - 1;
        text.len = hone_utf8_valid(text);
    }
    if (text.len > 0) {
        memcpy(out, text.ptr, text.len);
    }
    out[text.len] = '\0';
}

static void print_key(char out[TEXT_ROOM], const struct hone_column *c, uint64_t key)
{
    char text[40];
    size_t len;
    int64_t whole = (int64_t)(key ^ TOP_BIT);

    switch (c->type) {
    case HONE_FLOAT32:
        len = hone_format_f32(text, (float)value_of(c, key));
        break;
    case HONE_FLOAT64:
        len = hone_format_f64(text, value_of(c, key));
        break;
    case HONE_BOOL:
        keep_text(out, hone_str(whole == 0 ? "false" : "true"));
        return;
    case HONE_DATE:
        len = hone_format_date(text, whole);
        break;
    case HONE_TIMESTAMP:
        len = hone_format_timestamp(text, whole);
        break;
    default:
        len = hone_format_i64(text, whole);
    }
    keep_text(out, (struct hone_str){text, len});
}

/* Mean and deviation of the finite values, in row order. */
static void moments(const struct hone_column *c, struct hone_column_profile *p)
{
    size_t n = 0;
    double sum = 0;
    double squares = 0;

    for (size_t row = 0; row < c->rows; row++) {
        double x = hone_column_f64(c, row);
        if (isfinite(x)) {
            sum += x;
            n++;
            p->zeros += x == 0;
            p->negatives += x < 0;
        } else {
            p->infinite += isinf(x) != 0;
        }
    }
    if (n == 0) {
        return;
    }
    p->mean = sum / (double)n;
    for (size_t row = 0; row < c->rows; row++) {
        double x = hone_column_f64(c, row);
        if (isfinite(x)) {
            squares += (x - p->mean) * (x - p->mean);
        }
    }
    if (n > 1) {
        p->std = sqrt(squares / (double)(n - 1));
    }
}

/* Quantiles and histogram from n sorted keys of finite values. */
static void spread(const struct hone_column *c, const uint64_t *key, size_t n,
                   struct hone_column_profile *p)
{
    double width;

    p->min = value_of(c, key[0]);
    p->max = value_of(c, key[n - 1]);
    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        double place = percent[q] / 100 * (double)(n - 1);
        size_t below = (size_t)place;
        double low = value_of(c, key[below]);
        double high = value_of(c, key[below + 1 < n ? below + 1 : below]);
        p->quantile[q] = low + (high - low) * (place - (double)below);
    }
    width = p->max - p->min;
    if (!(width > 0) || !isfinite(width)) {
        return;
    }
    p->bins = HONE_PROFILE_BINS;
    for (size_t b = 0; b <= p->bins; b++) {
        p->bin_edge[b] = p->min + width * ((double)b / (double)p->bins);
    }
    p->bin_edge[p->bins] = p->max;
    for (size_t i = 0, b = 0; i < n; i++) {
        double x = value_of(c, key[i]);
        while (b + 1 < p->bins && x >= p->bin_edge[b + 1]) {
            b++;
        }
        p->bin_count[b]++;
    }
}

static enum hone_code profile_numbers(struct hone_run *run, const struct hone_column *c,
                                      char (*text)[TEXT_ROOM], struct hone_column_profile *p)
{
    uint64_t *key;
    uint64_t *spare;
    size_t n = 0;
    size_t first = 0;
    size_t last;
    struct count top[HONE_PROFILE_TOP];
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &key, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &spare, c->rows));
    for (size_t row = 0; row < c->rows; row++) {
        if (hone_is_valid(c, row)) {
            key[n++] = key_of(c, row);
        }
    }
    sort_keys(key, spare, n);
    for (size_t i = 0, run_start = 0; i < n; i++) {
        if (i + 1 == n || key[i + 1] != key[i]) {
            p->distinct++;
            offer(top, &p->top_n, (struct count){.key = key[i], .count = i + 1 - run_start});
            run_start = i + 1;
        }
    }
    for (size_t i = 0; i < p->top_n; i++) {
        print_key(text[i], c, top[i].key);
        p->top[i] = (struct hone_top_value){text[i], top[i].count};
    }
    moments(c, p);
    for (last = n; last > 0 && !isfinite(value_of(c, key[last - 1])); last--) {
    }
    while (first < last && !isfinite(value_of(c, key[first]))) {
        first++;
    }
    if (last > first) {
        spread(c, key + first, last - first, p);
    }
    return HONE_OK;
}

static size_t characters(struct hone_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    }
    return n;
}

/* Text, category, binary: how often each word occurs. */
static enum hone_code profile_words(struct hone_run *run, const struct hone_column *c,
                                    char (*text)[TEXT_ROOM], struct hone_column_profile *p)
{
    struct hone_map map = {.mem = &run->scratch};
    struct count top[HONE_PROFILE_TOP];
    size_t *count;
    struct hone_str *word;
    size_t n = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &count, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &word, c->rows));
    p->shortest = SIZE_MAX;
    for (size_t row = 0; row < c->rows; row++) {
        struct hone_str s;
        uint32_t place;
        size_t len;
        if (!hone_is_valid(c, row)) {
            continue;
        }
        s = hone_column_str(c, row);
        place = hone_map_add(&map, s, (uint32_t)n);
        if (place == UINT32_MAX) {
            return hone_no_room(run, c->name, n);
        }
        if (place == n) {
            word[n++] = s;
            len = characters(s);
            p->shortest = len < p->shortest ? len : p->shortest;
            p->longest = len > p->longest ? len : p->longest;
        }
        count[place]++;
    }
    p->shortest = n == 0 ? 0 : p->shortest;
    p->distinct = n;
    for (size_t i = 0; i < n; i++) {
        offer(top, &p->top_n, (struct count){.text = word[i], .count = count[i]});
    }
    for (size_t i = 0; i < p->top_n; i++) {
        keep_text(text[i], top[i].text);
        p->top[i] = (struct hone_top_value){text[i], top[i].count};
    }
    return HONE_OK;
}

struct job {
    const struct hone_table *table;
    struct hone_profile *profile;
    char (*text)[TEXT_ROOM]; /* (cols * HONE_PROFILE_TOP) */
    uint64_t *row_hash;      /* (rows) */
};

static enum hone_code profile_column(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct job *job = ctx;
    const struct hone_column *c = &job->table->column[chunk];
    struct hone_column_profile *p = &job->profile->column[chunk];
    char(*text)[TEXT_ROOM] = job->text + chunk * HONE_PROFILE_TOP;

    HONE_TRY(hone_check_cancel(run));
    p->name = c->name;
    p->type = c->type;
    p->rows = c->rows;
    p->missing = c->nulls;
    p->min = p->max = p->mean = p->std = (double)NAN;
    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        p->quantile[q] = (double)NAN;
    }
    if (hone_type_is_number(c->type) || hone_type_is_time(c->type)) {
        return profile_numbers(run, c, text, p);
    }
    return c->type == HONE_VECTOR ? HONE_OK : profile_words(run, c, text, p);
}

enum { ROW_BLOCK = 8192 };

static uint64_t cell_hash(const struct hone_column *c, size_t row)
{
    if (!hone_is_valid(c, row)) {
        return 1;
    }
    if (c->type == HONE_VECTOR) {
        return hone_hash64((const float *)c->data + row * c->width, c->width * sizeof(float),
                           2);
    }
    if (c->type == HONE_UTF8 || c->type == HONE_BINARY) {
        struct hone_str s = hone_column_str(c, row);
        return hone_hash64(s.ptr, s.len, 3);
    }
    return key_of(c, row);
}

static void hash_rows(void *ctx, size_t chunk, size_t worker)
{
    const struct job *job = ctx;
    size_t from = chunk * ROW_BLOCK;
    size_t to = from + ROW_BLOCK < job->table->rows ? from + ROW_BLOCK : job->table->rows;

    (void)worker;
    for (size_t i = 0; i < job->table->cols; i++) {
        for (size_t row = from; row < to; row++) {
            job->row_hash[row] = hone_mix64(job->row_hash[row] * UINT64_C(0x9e3779b97f4a7c15) +
                                            cell_hash(&job->table->column[i], row));
        }
    }
}

static bool same_rows(const struct hone_table *t, size_t a, size_t b)
{
    for (size_t i = 0; i < t->cols; i++) {
        const struct hone_column *c = &t->column[i];
        if (hone_is_valid(c, a) != hone_is_valid(c, b)) {
            return false;
        }
        if (!hone_is_valid(c, a)) {
            continue;
        }
        if (c->offsets != NULL) {
            if (!hone_str_eq(hone_column_str(c, a), hone_column_str(c, b))) {
                return false;
            }
        } else if (c->type == HONE_VECTOR) {
            const float *value = c->data;
            if (memcmp(value + a * c->width, value + b * c->width, c->width * sizeof *value) !=
                0) {
                return false;
            }
        } else if (key_of(c, a) != key_of(c, b)) {
            return false;
        }
    }
    return true;
}

/* Rows that equal an earlier one: equal hashes are compared cell by cell. */
static enum hone_code count_duplicates(struct hone_run *run, struct job *job, size_t *out)
{
    const struct hone_table *t = job->table;
    size_t *slot; /* a row + 1; 0: free */
    size_t room = 16;
    size_t n = 0;
    HONE_SCRATCH(run);

    while (room < t->rows * 2) {
        room *= 2;
    }
    HONE_TRY(hone_array(run, &run->scratch, &slot, room));
    HONE_TRY(hone_array(run, &run->scratch, &job->row_hash, t->rows));
    hone_parallel(run, (t->rows + ROW_BLOCK - 1) / ROW_BLOCK, hash_rows, job);
    for (size_t row = 0; row < t->rows; row++) {
        size_t at = job->row_hash[row] & (room - 1);
        while (slot[at] != 0 && !(job->row_hash[slot[at] - 1] == job->row_hash[row] &&
                                  same_rows(t, slot[at] - 1, row))) {
            at = (at + 1) & (room - 1);
        }
        n += slot[at] != 0;
        slot[at] = slot[at] == 0 ? row + 1 : slot[at];
    }
    *out = n;
    return HONE_OK;
}

static void add_note(struct hone_column_profile *p, const char *note)
{
    if (p->notes < sizeof p->note / sizeof p->note[0]) {
        p->note[p->notes++] = note;
    }
}

static void make_notes(struct hone_column_profile *p, struct hone_arena *mem)
{
    size_t there = p->rows - p->missing;
    double gone = p->rows == 0 ? 0 : 100.0 * (double)p->missing / (double)p->rows;

    if (p->rows == 0 || p->type == HONE_VECTOR) {
        return;
    }
    if (there == 0) {
        add_note(p, "all missing");
        return;
    }
    if (gone >= 5) {
        add_note(p, hone_arena_format(mem, "%.0f %% missing", gone));
    }
    if (p->distinct == 1) {
        add_note(p, "constant");
    } else if (p->top[0].count * 100 >= there * 99) {
        add_note(p, "almost constant");
    }
    if (there >= 20 && p->distinct == there &&
        (p->type == HONE_INT64 || hone_type_is_text(p->type))) {
        add_note(p, "id-like: every value differs");
    }
    if (p->infinite > 0) {
        add_note(p, hone_arena_format(mem, "%zu infinite", p->infinite));
    }
    if (p->type == HONE_CATEGORY && p->distinct > 100) {
        add_note(p, hone_arena_format(mem, "many categories: %zu", p->distinct));
    }
}

static size_t bytes_of(const struct hone_column *c)
{
    static const size_t width[HONE_TYPE_COUNT] = {
        [HONE_INT64] = 8,    [HONE_FLOAT32] = 4, [HONE_FLOAT64] = 8,
        [HONE_CATEGORY] = 4, [HONE_DATE] = 4,    [HONE_TIMESTAMP] = 8,
    };
    size_t bytes = c->valid == NULL ? 0 : (c->rows + 7) / 8;

    if (c->offsets != NULL) {
        return bytes + (c->rows + 1) * 8 + (size_t)c->offsets[c->rows];
    }
    if (c->type == HONE_BOOL) {
        return bytes + (c->rows + 7) / 8;
    }
    if (c->type == HONE_VECTOR) {
        return bytes + c->rows * c->width * sizeof(float);
    }
    return bytes + c->rows * width[c->type] + (c->dict == NULL ? 0 : bytes_of(c->dict));
}

enum hone_code hone_table_profile(struct hone_run *run, const struct hone_table *t,
                                  struct hone_arena *mem, struct hone_profile **out)
{
    struct job job = {.table = t};
    struct hone_profile *profile;

    HONE_TRY(hone_array(run, mem, &profile, 1));
    HONE_TRY(hone_array(run, mem, &profile->column, t->cols));
    HONE_TRY(hone_array(run, mem, &job.text, hone_product(t->cols, HONE_PROFILE_TOP)));
    job.profile = profile;
    profile->rows = t->rows;
    profile->cols = t->cols;
    HONE_TRY(hone_parallel_try(run, t->cols, profile_column, &job));
    HONE_TRY(count_duplicates(run, &job, &profile->duplicate_rows));
    for (size_t i = 0; i < t->cols; i++) {
        profile->missing_cells += t->column[i].nulls;
        profile->bytes += bytes_of(&t->column[i]);
        make_notes(&profile->column[i], mem);
    }
    *out = profile;
    return HONE_OK;
}

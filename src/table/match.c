/* Joins; declared in table/join.h. */
#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "table/derive.h"
#include "table/join.h"
#include "table/keys_priv.h"

#define NONE   UINT32_MAX
#define DAY_US 86400000000.0

/* --- keys of both tables in one numbering ------------------------------------------------------- */

/* Columns of both sides: codes of the left's rows, then of the right's; 0 matches nothing. */
struct sides {
    const struct hone_column *a, *b;
    uint64_t *code; /* (a rows + b rows) */
    uint64_t span;
};

static enum hone_code wrong_types(struct hone_run *run, const struct hone_column *a,
                                  const struct hone_column *b)
{
    (void)hone_fail(run, HONE_E_ARG, "key %s is %s on the left, %s is %s on the right", a->name,
                    hone_type_name(a->type), b->name, hone_type_name(b->type));
    return hone_hint(run, "cast one of them");
}

/* Both as texts: each distinct word of each side is looked up once where there is a dictionary. */
static enum hone_code text_codes(struct hone_run *run, struct sides *s)
{
    struct hone_map words;
    const struct hone_column *side[] = {s->a, s->b};
    uint64_t *code = s->code;
    HONE_ARENA(work);

    words = (struct hone_map){.mem = &work};
    for (size_t k = 0; k < 2; code += side[k++]->rows) {
        const struct hone_column *c = side[k];
        const struct hone_column *text = c->type == HONE_CATEGORY ? c->dict : c;
        uint32_t *number;
        HONE_TRY(hone_array(run, &work, &number, text->rows));
        for (size_t i = 0; i < text->rows; i++) {
            struct hone_str word = hone_column_str(text, i);
            word.ptr = word.len == 0 ? "" : word.ptr;
            number[i] = hone_map_add(&words, word, (uint32_t)words.n);
            if (number[i] == UINT32_MAX) {
                return hone_no_room(run, "words", words.n);
            }
        }
        for (size_t i = 0; i < c->rows; i++) {
            size_t word = c->type == HONE_CATEGORY ? (size_t)((const int32_t *)c->data)[i] : i;
            code[i] = hone_is_valid(c, i) ? (uint64_t)number[word] + 1 : 0;
        }
    }
    s->span = words.n;
    return HONE_OK;
}

static bool is_real(const struct hone_column *c)
{
    return c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64;
}

/* A number that is an integer as that integer, so that int64 and float keys meet exactly. */
static bool whole(const struct hone_column *c, size_t row, int64_t *out)
{
    double x;

    if (!is_real(c)) {
        *out = hone_column_i64(c, row);
        return true;
    }
    x = hone_column_f64(c, row);
    if (!(fabs(x) < 0x1p63) || floor(x) != x) {
        return false;
    }
    *out = (int64_t)x;
    return true;
}

/* Numbers, truths and times as int64; days beside moments as µs.  What is no integer gets the bits of the real,
 * which no integer has at that place: both kinds are told apart by a dense numbering of (kind, bits). */
static enum hone_code number_codes(struct hone_run *run, struct sides *s)
{
    const struct hone_column *side[] = {s->a, s->b};
    bool days = s->a->type != s->b->type && hone_type_is_time(s->a->type);
    struct keys keys[2];
    uint64_t *code = s->code;
    size_t rows = s->a->rows + s->b->rows;
    uint32_t *id;
    size_t n;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &keys[0].code, rows));
    HONE_TRY(hone_array(run, &work, &keys[1].code, rows));
    HONE_TRY(hone_array(run, &work, &id, rows));
    keys[0].span = 2;
    keys[1].span = UINT64_MAX;
    for (size_t k = 0, at = 0; k < 2; k++) {
        const struct hone_column *c = side[k];
        for (size_t i = 0; i < c->rows; i++, at++) {
            int64_t value;
            double real;
            if (!hone_is_valid(c, i)) {
                continue;
            }
            if (whole(c, i, &value)) {
                if (days && c->type == HONE_DATE) {
                    value *= INT64_C(86400000000);
                }
                keys[0].code[at] = 1;
                keys[1].code[at] = (uint64_t)value;
                continue;
            }
            real = hone_column_f64(c, i);
            keys[0].code[at] = real != real ? 0 : 2;
            memcpy(&keys[1].code[at], &real, sizeof real);
            keys[1].code[at] = real != real ? 0 : keys[1].code[at];
        }
    }
    if (!is_real(s->a) && !is_real(s->b)) {
        HONE_TRY(hone_keys_dense(run, keys[1].code, rows, UINT64_MAX, &work, id, NULL, &n));
    } else {
        HONE_TRY(hone_keys_dense_many(run, keys, 2, rows, &work, id, NULL, &n));
    }
    for (size_t i = 0; i < rows; i++) {
        code[i] = keys[0].code[i] == 0 ? 0 : (uint64_t)id[i] + 1;
    }
    s->span = n;
    return HONE_OK;
}

static enum hone_code both_codes(struct hone_run *run, struct sides *s)
{
    enum hone_type a = s->a->type;
    enum hone_type b = s->b->type;

    if (a == HONE_BINARY && b == HONE_BINARY) {
        return text_codes(run, s);
    }
    if (hone_type_is_text(a) && hone_type_is_text(b)) {
        return text_codes(run, s);
    }
    if ((hone_type_is_number(a) && hone_type_is_number(b)) ||
        (hone_type_is_time(a) && hone_type_is_time(b))) {
        return number_codes(run, s);
    }
    return wrong_types(run, s->a, s->b);
}

/* Rows of both tables by key: one number per distinct key, NONE where a part of it is missing. */
struct matching {
    uint32_t *left, *right; /* (rows) key numbers */
    size_t n;               /* keys */
    uint32_t *start, *row;  /* rows of the right by key; those without come last */
};

static enum hone_code match(struct hone_run *run, const struct hone_table *left,
                            const struct hone_table *right, const char *const *on_left,
                            const char *const *on_right, size_t n, struct hone_arena *mem,
                            struct matching *m)
{
    size_t rows = left->rows + right->rows;
    struct keys *keys;
    uint32_t *id;
    HONE_ARENA(work);

    HONE_TRY(hone_keys_check_rows(run, rows));
    HONE_TRY(hone_array(run, &work, &keys, n));
    for (size_t k = 0; k < n; k++) {
        struct sides s;
        HONE_TRY(hone_table_need(run, left, hone_str(on_left[k]), &s.a));
        HONE_TRY(hone_table_need(run, right, hone_str(on_right[k]), &s.b));
        HONE_TRY(hone_array(run, &work, &s.code, rows));
        HONE_TRY(both_codes(run, &s));
        keys[k].code = s.code;
        keys[k].span = s.span;
    }
    HONE_TRY(hone_array(run, mem, &id, rows));
    HONE_TRY(hone_keys_dense_many(run, keys, n, rows, &work, id, NULL, &m->n));
    m->left = id;
    m->right = id + left->rows;
    for (size_t i = 0; i < right->rows; i++) {
        for (size_t k = 0; k < n; k++) {
            if (keys[k].code[left->rows + i] == 0) {
                m->right[i] = (uint32_t)m->n; /* a list of their own */
            }
        }
    }
    HONE_TRY(hone_keys_lists(run, m->right, right->rows, m->n + 1, mem, &m->start, &m->row));
    for (size_t i = 0; i < left->rows; i++) {
        for (size_t k = 0; k < n; k++) {
            if (keys[k].code[i] == 0) {
                m->left[i] = NONE;
            }
        }
    }
    return HONE_OK;
}

/* --- what must hold of the keys -------------------------------------------------------------------- */

static enum hone_code twice(struct hone_run *run, const struct hone_table *t,
                            const char *const *on, size_t n, size_t row, size_t other,
                            const char *side)
{
    struct hone_buf key;
    HONE_SCRATCH(run);

    key = hone_buf(&run->scratch);
    for (size_t k = 0; k < n; k++) {
        hone_buf_text(&key, k == 0 ? "" : ", ");
        hone_column_print(&key, hone_table_find(t, hone_str(on[k])), row);
    }
    return hone_fail(run, HONE_E_CONFLICT,
                     "the key %.100s stands in rows %zu and %zu of the %s table",
                     key.len == 0 ? "" : key.ptr, other + 1, row + 1, side);
}

static enum hone_code check_unique(struct hone_run *run, const struct hone_table *t,
                                   const char *const *on, size_t n, const uint32_t *id,
                                   size_t keys, const char *side)
{
    uint32_t *seen;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &seen, keys));
    for (size_t i = 0; i < t->rows; i++) {
        if (id[i] >= keys) {
            continue;
        }
        if (seen[id[i]] != 0) {
            return twice(run, t, on, n, i, seen[id[i]] - 1, side);
        }
        seen[id[i]] = (uint32_t)i + 1;
    }
    return HONE_OK;
}

static enum hone_code check_keys(struct hone_run *run, const struct hone_table *left,
                                 const struct hone_table *right, const struct hone_join *join,
                                 const char *const *on_right, const struct matching *m)
{
    if (join->check == HONE_JOIN_ONE_TO_ONE || join->check == HONE_JOIN_ONE_TO_MANY) {
        HONE_TRY(check_unique(run, left, join->left, join->n, m->left, m->n, "left"));
    }
    if (join->check == HONE_JOIN_ONE_TO_ONE || join->check == HONE_JOIN_MANY_TO_ONE) {
        HONE_TRY(check_unique(run, right, on_right, join->n, m->right, m->n, "right"));
    }
    return HONE_OK;
}

/* --- the rows of the result -------------------------------------------------------------------------- */

struct pairs {
    size_t *left, *right; /* SIZE_MAX: none */
    size_t n;
};

static uint32_t matches(const struct matching *m, size_t row)
{
    uint32_t id = m->left[row];
    return id == NONE ? 0 : m->start[id + 1] - m->start[id];
}

static enum hone_code pair_rows(struct hone_run *run, size_t left_rows, size_t right_rows,
                                enum hone_join_kind kind, const struct matching *m,
                                struct hone_arena *mem, struct pairs *out)
{
    bool all_left = kind == HONE_JOIN_LEFT || kind == HONE_JOIN_FULL;
    bool all_right = kind == HONE_JOIN_RIGHT || kind == HONE_JOIN_FULL;
    uint8_t *met;
    size_t n = 0;
    size_t at = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &met, right_rows));
    for (size_t i = 0; i < left_rows; i++) {
        uint32_t count = matches(m, i);
        n += count == 0 ? all_left : count;
        for (uint32_t k = 0; all_right && k < count; k++) {
            met[m->row[m->start[m->left[i]] + k]] = 1;
        }
    }
    for (size_t i = 0; all_right && i < right_rows; i++) {
        n += !met[i];
    }
    HONE_TRY(hone_keys_check_rows(run, n));
    HONE_TRY(hone_array(run, mem, &out->left, n));
    HONE_TRY(hone_array(run, mem, &out->right, n));
    for (size_t i = 0; i < left_rows; i++) {
        uint32_t count = matches(m, i);
        for (uint32_t k = 0; k < count; k++, at++) {
            out->left[at] = i;
            out->right[at] = m->row[m->start[m->left[i]] + k];
        }
        if (count == 0 && all_left) {
            out->left[at] = i;
            out->right[at++] = SIZE_MAX;
        }
    }
    for (size_t i = 0; all_right && i < right_rows; i++) {
        if (!met[i]) {
            out->left[at] = SIZE_MAX;
            out->right[at++] = i;
        }
    }
    out->n = n;
    return HONE_OK;
}

/* Rows of the left with (or without) a match. */
static enum hone_code some_left(struct hone_run *run, const struct hone_table *left, bool with,
                                const struct matching *m, struct hone_arena *mem,
                                struct hone_table **out)
{
    size_t *row;
    size_t n = 0;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &row, left->rows));
    for (size_t i = 0; i < left->rows; i++) {
        row[n] = i;
        n += (matches(m, i) > 0) == with;
    }
    return hone_table_take(run, left, row, n, mem, out);
}

/* --- the columns of the result ------------------------------------------------------------------------ */

/* Where only the right has a row, the key of the left column comes from it. */
static enum hone_code fill_key(struct hone_run *run, const struct hone_column *left,
                               const struct hone_column *right, const struct pairs *p,
                               struct hone_arena *mem, struct hone_column *out)
{
    struct hone_column piece[2] = {*left, *right};
    struct hone_table *one[2];
    struct hone_table *both;
    size_t *row;
    HONE_ARENA(work);

    piece[1].name = left->name;
    for (size_t k = 0; k < 2; k++) {
        HONE_TRY(hone_table_of(run, &piece[k], 1, &work, &one[k]));
    }
    HONE_TRY(hone_table_union(run, (const struct hone_table *const *)one, 2, mem, &both));
    HONE_TRY(hone_array(run, &work, &row, p->n));
    for (size_t i = 0; i < p->n; i++) {
        row[i] = p->left[i] != SIZE_MAX ? p->left[i] : left->rows + p->right[i];
    }
    HONE_TRY(hone_table_take(run, both, row, p->n, mem, &one[0]));
    *out = one[0]->column[0];
    return HONE_OK;
}

static enum hone_code combine(struct hone_run *run, const struct hone_table *left,
                              const struct hone_table *right, const char *const *drop,
                              size_t n_drop, const char *suffix, const struct pairs *p,
                              struct hone_arena *mem, struct hone_table **out)
{
    struct hone_table *from_left;
    struct hone_table *from_right;
    struct hone_table *kept;
    struct hone_column *columns;
    HONE_ARENA(work);

    HONE_TRY(hone_table_drop(run, right, drop, n_drop, &work, &kept));
    HONE_TRY(hone_table_take_outer(run, left, p->left, p->n, mem, &from_left));
    HONE_TRY(hone_table_take_outer(run, kept, p->right, p->n, mem, &from_right));
    HONE_TRY(hone_array(run, &work, &columns, left->cols + kept->cols));
    for (size_t i = 0; i < left->cols; i++) {
        columns[i] = from_left->column[i];
    }
    for (size_t i = 0; i < kept->cols; i++) {
        struct hone_column *c = &columns[left->cols + i];
        *c = from_right->column[i];
        if (hone_table_find(left, hone_str(c->name)) != NULL) {
            c->name =
                hone_arena_format(mem, "%s%s", c->name, suffix == NULL ? "_right" : suffix);
        }
    }
    HONE_TRY(hone_table_of(run, columns, left->cols + kept->cols, mem, out));
    (*out)->rows = p->n;
    return HONE_OK;
}

enum hone_code hone_table_join(struct hone_run *run, const struct hone_table *left,
                               const struct hone_table *right, const struct hone_join *join,
                               struct hone_arena *mem, struct hone_table **out)
{
    const char *const *on_right = join->right == NULL ? join->left : join->right;
    struct matching m;
    struct pairs p;
    struct hone_table *made;
    HONE_ARENA(work);

    if (join->n == 0) {
        return hone_fail(run, HONE_E_ARG, "a join wants at least one key column");
    }
    HONE_TRY(match(run, left, right, join->left, on_right, join->n, &work, &m));
    HONE_TRY(check_keys(run, left, right, join, on_right, &m));
    if (join->kind == HONE_JOIN_SEMI || join->kind == HONE_JOIN_ANTI) {
        return some_left(run, left, join->kind == HONE_JOIN_SEMI, &m, mem, out);
    }
    HONE_TRY(pair_rows(run, left->rows, right->rows, join->kind, &m, &work, &p));
    HONE_TRY(combine(run, left, right, on_right, join->n, join->suffix, &p, mem, &made));
    for (size_t k = 0;
         k < join->n && (join->kind == HONE_JOIN_RIGHT || join->kind == HONE_JOIN_FULL); k++) {
        const struct hone_column *a = hone_table_find(left, hone_str(join->left[k]));
        const struct hone_column *b = hone_table_find(right, hone_str(on_right[k]));
        HONE_TRY(fill_key(run, a, b, &p, mem, &made->column[a - left->column]));
    }
    *out = made;
    return HONE_OK;
}

/* --- as of ---------------------------------------------------------------------------------------------- */

struct seek {
    const struct matching *m;
    const struct hone_column *left_time, *right_time;
    const struct hone_asof *asof;
    double tolerance;
    size_t *left, *right;
    size_t rows;
};

enum { STEP = 1 << 14 };

/* A time comparable with the other side's: µs when one of them is in µs. */
static int64_t moment(const struct seek *s, const struct hone_column *c, size_t row)
{
    bool days = c->type == HONE_DATE && s->left_time->type != s->right_time->type;
    return days ? hone_column_i64(c, row) * INT64_C(86400000000) : hone_column_i64(c, row);
}

/* <0, 0, >0: the right's row against the left's. */
static int compare(const struct seek *s, size_t right, size_t left)
{
    if (is_real(s->left_time) || is_real(s->right_time)) {
        double x = hone_column_f64(s->right_time, right);
        double y = hone_column_f64(s->left_time, left);
        return (x > y) - (x < y);
    }
    int64_t x = moment(s, s->right_time, right);
    int64_t y = moment(s, s->left_time, left);
    return (x > y) - (x < y);
}

static bool too_old(const struct seek *s, size_t right, size_t left)
{
    double gap;

    if (s->tolerance <= 0.0) {
        return false;
    }
    gap = is_real(s->left_time) || is_real(s->right_time)
              ? hone_column_f64(s->left_time, left) - hone_column_f64(s->right_time, right)
              : (double)(moment(s, s->left_time, left) - moment(s, s->right_time, right));
    return gap > s->tolerance;
}

static bool has_time(const struct hone_column *c, size_t row)
{
    double x = is_real(c) ? hone_column_f64(c, row) : 0.0;
    return hone_is_valid(c, row) && x == x;
}

static void seek_rows(void *ctx, size_t chunk, size_t worker)
{
    struct seek *s = ctx;
    size_t end = (chunk + 1) * STEP < s->rows ? (chunk + 1) * STEP : s->rows;

    (void)worker;
    for (size_t i = chunk * STEP; i < end; i++) {
        uint32_t id = s->m->left[i];
        size_t low = id == NONE ? 0 : s->m->start[id];
        size_t first = low;
        size_t high = id == NONE ? 0 : s->m->start[id + 1];
        s->left[i] = i;
        s->right[i] = SIZE_MAX;
        if (!has_time(s->left_time, i)) {
            continue;
        }
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            int order = compare(s, s->m->row[middle], i);
            if (order < 0 || (order == 0 && !s->asof->strict)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low > first && !too_old(s, s->m->row[low - 1], i)) {
            s->right[i] = s->m->row[low - 1];
        }
    }
}

/* The rows of each list by time; those without one leave the list. */
static enum hone_code order_lists(struct hone_run *run, const struct hone_column *time,
                                  size_t rows, struct matching *m)
{
    struct keys keys;
    uint64_t *word;
    uint32_t *row;
    size_t n = 0;
    HONE_ARENA(work);

    HONE_TRY(hone_keys_of(run, time, true, &work, &keys));
    HONE_TRY(hone_array(run, &work, &word, rows));
    HONE_TRY(hone_array(run, &work, &row, rows));
    for (size_t i = 0; i < rows; i++) {
        if (has_time(time, i)) {
            word[n] = keys.code[i];
            row[n++] = (uint32_t)i;
        }
    }
    HONE_TRY(hone_keys_radix(run, word, row, n, keys_bits(keys.span)));
    for (size_t i = 0; i < n; i++) {
        word[i] = m->right[row[i]];
    }
    HONE_TRY(hone_keys_radix(run, word, row, n, keys_bits(m->n)));
    memset(m->start, 0, (m->n + 2) * sizeof *m->start);
    for (size_t i = 0; i < n; i++) {
        m->start[word[i] + 1]++;
        m->row[i] = row[i];
    }
    for (size_t g = 0; g <= m->n; g++) {
        m->start[g + 1] += m->start[g];
    }
    return HONE_OK;
}

enum hone_code hone_table_join_asof(struct hone_run *run, const struct hone_table *left,
                                    const struct hone_table *right,
                                    const struct hone_asof *asof, struct hone_arena *mem,
                                    struct hone_table **out)
{
    const char *const *on_right = asof->right == NULL ? asof->left : asof->right;
    struct matching m;
    struct seek s = {.m = &m, .asof = asof, .rows = left->rows, .tolerance = asof->tolerance};
    struct pairs p;
    HONE_ARENA(work);

    HONE_TRY(hone_table_need(run, left, hone_str(asof->left_time), &s.left_time));
    HONE_TRY(hone_table_need(run, right, hone_str(asof->right_time), &s.right_time));
    if (!(hone_type_is_time(s.left_time->type) && hone_type_is_time(s.right_time->type)) &&
        !(hone_type_is_number(s.left_time->type) && hone_type_is_number(s.right_time->type))) {
        return wrong_types(run, s.left_time, s.right_time);
    }
    if (asof->tolerance < 0.0 || asof->tolerance != asof->tolerance) {
        return hone_fail(run, HONE_E_ARG, "a tolerance is not negative");
    }
    if (hone_type_is_time(s.left_time->type) && s.left_time->type != s.right_time->type &&
        s.left_time->type == HONE_DATE) {
        s.tolerance *= DAY_US;
    }
    HONE_TRY(match(run, left, right, asof->left, on_right, asof->n, &work, &m));
    HONE_TRY(order_lists(run, s.right_time, right->rows, &m));
    HONE_TRY(hone_array(run, &work, &s.left, left->rows));
    HONE_TRY(hone_array(run, &work, &s.right, left->rows));
    hone_parallel(run, (left->rows + STEP - 1) / STEP, seek_rows, &s);
    p = (struct pairs){s.left, s.right, left->rows};
    return combine(run, left, right, on_right, asof->n, asof->suffix, &p, mem, out);
}

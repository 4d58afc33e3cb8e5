#include "privacy/anonymity.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/pool.h"

#define NONE UINT32_MAX

static const size_t size_from[HONE_CLASS_SIZES] = {1, 2, 3, 5, 10, 20, 50, 100};

const char *hone_class_size_name(size_t place)
{
    static const char *const name[HONE_CLASS_SIZES] = {
        "1", "2", "3-4", "5-9", "10-19", "20-49", "50-99", "100 or more"};
    return name[place];
}

/* A column as small numbers: equal values have equal codes, missing is a code too. */
struct codes {
    const struct hone_column *c;
    uint32_t *code; /* (rows) in order of first appearance */
    size_t n;       /* different ones */
};

/* A hash table of 64-bit keys that gives each new key the next number. */
struct numbers {
    uint64_t *key;
    uint32_t *number;
    size_t mask;
    size_t n;
};

static enum hone_code numbers_new(struct hone_run *run, size_t most, struct hone_arena *mem,
                                  struct numbers *out)
{
    size_t room = 16;

    while (room < 2 * most) {
        room *= 2;
    }
    *out = (struct numbers){.mask = room - 1};
    HONE_TRY(hone_array(run, mem, &out->key, room));
    return hone_array(run, mem, &out->number, room);
}

/* Numbers are kept plus one, so that zeroed places are free. */
static uint32_t number_of(struct numbers *set, uint64_t key)
{
    size_t at = hone_mix64(key + UINT64_C(0x9e3779b97f4a7c15)) & set->mask;

    while (set->number[at] != 0 && set->key[at] != key) {
        at = (at + 1) & set->mask;
    }
    if (set->number[at] == 0) {
        set->key[at] = key;
        set->number[at] = (uint32_t)++set->n;
    }
    return set->number[at] - 1;
}

/* The bits of a value that is no text. */
static uint64_t bits_of(const struct hone_column *c, size_t row)
{
    uint64_t bits = 0;
    double value;

    if (c->type != HONE_FLOAT32 && c->type != HONE_FLOAT64) {
        return (uint64_t)hone_column_i64(c, row);
    }
    value = hone_column_f64(c, row);
    value = isnan(value) ? 0.0 : value + 0.0; /* one zero */
    memcpy(&bits, &value, sizeof bits);
    return isnan(hone_column_f64(c, row)) ? UINT64_MAX : bits;
}

/*
 * Codes of texts by their hash, compared with the text that was first: equal hashes of different texts are told
 * apart by trying the next seed.
 */
static enum hone_code code_texts(struct hone_run *run, struct codes *out, struct numbers *set,
                                 struct hone_arena *mem)
{
    const struct hone_column *c = out->c;
    uint32_t *first;

    HONE_TRY(hone_array(run, mem, &first, c->rows + 1));
    for (size_t i = 0; i < c->rows; i++) {
        struct hone_str s = hone_column_str(c, i);
        bool same = false;
        if (!hone_is_valid(c, i)) {
            out->code[i] = NONE;
            continue;
        }
        for (uint64_t seed = 0; !same; seed++) {
            size_t before = set->n;
            uint32_t k = number_of(set, hone_hash64(s.ptr, s.len, seed));
            first[k] = set->n > before ? (uint32_t)i : first[k];
            same = hone_str_eq(s, hone_column_str(c, first[k]));
            out->code[i] = k;
        }
    }
    return HONE_OK;
}

static enum hone_code code_column(struct hone_run *run, struct codes *out,
                                  struct hone_arena *mem)
{
    const struct hone_column *c = out->c;
    struct numbers set;
    bool missing = false;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, mem, &out->code, c->rows));
    HONE_TRY(numbers_new(run, c->rows, &work, &set));
    if (c->type == HONE_UTF8 || c->type == HONE_BINARY) {
        HONE_TRY(code_texts(run, out, &set, &work));
    } else {
        for (size_t i = 0; i < c->rows; i++) {
            out->code[i] = hone_is_valid(c, i) ? number_of(&set, bits_of(c, i)) : NONE;
        }
    }
    out->n = set.n;
    for (size_t i = 0; i < c->rows; i++) {
        missing = missing || out->code[i] == NONE;
        out->code[i] = out->code[i] == NONE ? (uint32_t)set.n : out->code[i];
    }
    out->n += missing ? 1 : 0;
    return HONE_OK;
}

/*
 * The class of each row over columns, one of which may be left out: codes of two columns at a time make one
 * number, which is numbered again, so that nothing collides.
 */
static enum hone_code classes_of(struct hone_run *run, const struct codes *quasi, size_t quasis,
                                 size_t without, size_t rows, uint32_t *class, size_t *n)
{
    bool begun = false;
    HONE_ARENA(work);

    memset(class, 0, rows * sizeof *class);
    *n = rows == 0 ? 0 : 1;
    for (size_t q = 0; q < quasis; q++) {
        struct hone_mark mark = hone_arena_mark(&work);
        struct numbers set;
        if (q == without) {
            continue;
        }
        HONE_TRY(hone_check_cancel(run));
        if (!begun) {
            memcpy(class, quasi[q].code, rows * sizeof *class);
            *n = quasi[q].n;
            begun = true;
            continue;
        }
        HONE_TRY(numbers_new(run, rows, &work, &set));
        for (size_t i = 0; i < rows; i++) {
            class[i] = number_of(&set, (uint64_t) class[i] << 32 | quasi[q].code[i]);
        }
        *n = set.n;
        hone_arena_rewind(&work, mark);
    }
    return HONE_OK;
}

static enum hone_code sizes_of(struct hone_run *run, const uint32_t *class, size_t rows,
                               size_t n, struct hone_arena *mem, size_t **out)
{
    size_t *size;

    HONE_TRY(hone_array(run, mem, &size, n + 1));
    for (size_t i = 0; i < rows; i++) {
        size[class[i]]++;
    }
    *out = size;
    return HONE_OK;
}

/* Smallest class, rows in classes below k, rows alone; size (n) has at least one. */
static void weigh(const size_t *size, size_t n, size_t k, size_t *smallest, size_t *below,
                  size_t *unique)
{
    *smallest = n == 0 ? 0 : SIZE_MAX;
    *below = 0;
    *unique = 0;
    for (size_t c = 0; c < n; c++) {
        *smallest = size[c] < *smallest ? size[c] : *smallest;
        *below += size[c] < k ? size[c] : 0;
        *unique += size[c] == 1 ? 1 : 0;
    }
}

struct weighing {
    const struct codes *quasi;
    size_t quasis, rows, k;
    struct hone_quasi *out;
};

/* What happens to the classes without one quasi-identifier, and with it alone. */
static enum hone_code weigh_quasi(struct hone_run *run, void *ctx, size_t q)
{
    const struct weighing *w = ctx;
    struct hone_quasi *out = &w->out[q];
    uint32_t *class;
    size_t *size;
    size_t n;
    size_t unused;
    size_t unique;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &class, w->rows));
    HONE_TRY(classes_of(run, w->quasi, w->quasis, q, w->rows, class, &n));
    HONE_TRY(sizes_of(run, class, w->rows, n, &work, &size));
    weigh(size, n, w->k, &out->k_without, &out->below_without, &unique);
    HONE_TRY(sizes_of(run, w->quasi[q].code, w->rows, w->quasi[q].n, &work, &size));
    weigh(size, w->quasi[q].n, w->k, &unused, &unused, &unique);
    out->distinct = w->quasi[q].n;
    out->unique_alone = w->rows == 0 ? 0 : (double)unique / (double)w->rows;
    return HONE_OK;
}

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Distribution of class sizes, and rows of the smallest. */
static enum hone_code describe(struct hone_run *run, const uint32_t *class, const size_t *size,
                               struct hone_anonymity *a)
{
    size_t *sorted;
    bool *shown;
    size_t n = a->classes;
    HONE_ARENA(work);

    weigh(size, n, a->k, &a->smallest, &a->below, &a->unique);
    if (n == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &work, &sorted, n));
    HONE_TRY(hone_array(run, &work, &shown, n));
    memcpy(sorted, size, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_size);
    size_t below = sorted[(n - 1) / 2];
    size_t above = sorted[n / 2];
    a->median = ((double)below + (double)above) / 2;
    a->mean = (double)a->rows / (double)n;
    for (size_t c = 0; c < n; c++) {
        size_t place = HONE_CLASS_SIZES - 1;
        while (size[c] < size_from[place]) {
            place--;
        }
        a->size_classes[place]++;
        a->size_rows[place] += size[c];
    }
    for (size_t i = 0; i < a->rows && a->worst_n < 10; i++) {
        if (size[class[i]] == a->smallest && !shown[class[i]]) {
            shown[class[i]] = true;
            a->worst[a->worst_n++] = i;
        }
    }
    return HONE_OK;
}

/* --- sensitive columns --- */

struct sensing {
    const uint32_t *class; /* (rows) */
    const size_t *size;    /* (classes) */
    size_t rows, classes;
    const size_t *start; /* (classes + 1) */
    const uint32_t *by;  /* (rows) rows sorted by class */
};

/* Codes in the order of their values, so that neighbours are near. */
struct ranked {
    double value;
    uint32_t code;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value)
                                : (x->code > y->code) - (x->code < y->code);
}

/* rank[code]: place among the values in ascending order, missing last. */
static enum hone_code rank_codes(struct hone_run *run, const struct codes *s,
                                 struct hone_arena *mem, uint32_t **out)
{
    struct ranked *order;
    uint32_t *rank;

    HONE_TRY(hone_array(run, mem, &order, s->n));
    HONE_TRY(hone_array(run, mem, &rank, s->n));
    for (size_t i = 0; i < s->c->rows; i++) {
        double v = hone_column_f64(s->c, i);
        order[s->code[i]] = (struct ranked){isnan(v) ? HUGE_VAL : v, s->code[i]};
    }
    qsort(order, s->n, sizeof *order, by_value);
    for (size_t r = 0; r < s->n; r++) {
        rank[order[r].code] = (uint32_t)r;
    }
    *out = rank;
    return HONE_OK;
}

/* Distances of one class: count (met) of the codes met[], of the whole share[]. */
static double categorical_distance(const double *share, const uint32_t *met,
                                   const size_t *count, size_t n, size_t size)
{
    double distance = 0;

    for (size_t i = 0; i < n; i++) { /* half of sum |p - q|: where p is more than q */
        double more = (double)count[met[i]] / (double)size - share[met[i]];
        distance += more > 0 ? more : 0;
    }
    return distance;
}

static int by_code(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/*
 * 1 / (m - 1) of the sum over ranks of |P - Q|, P and Q the cumulative shares (Li et al., section 4).  Between two
 * ranks that the class has P is constant: sums of Q and of ranks before tell where Q crosses it.
 *
 *   met  (n) ranks that the class has, ascending;  upto (m + 1) cumulative share of ranks below
 *   area (m + 1) sum of upto[1..r]
 */
static double ordered_distance(const double *upto, const double *area, size_t m,
                               const uint32_t *met, const size_t *count, size_t n, size_t size)
{
    double sum = 0;
    double p = 0;
    size_t from = 0;

    for (size_t i = 0; i <= n; i++) {
        size_t to = i < n ? met[i] : m; /* ranks from .. to - 1 have cumulative share p */
        size_t lo = from;
        size_t hi = to;
        while (lo < hi) { /* first rank whose own cumulative share is over p */
            size_t mid = lo + (hi - lo) / 2;
            if (upto[mid + 1] > p) {
                hi = mid;
            } else {
                lo = mid + 1;
            }
        }
        sum += p * (double)(lo - from) - (area[lo] - area[from]);
        sum += (area[to] - area[lo]) - p * (double)(to - lo);
        from = to;
        p += i < n ? (double)count[met[i]] / (double)size : 0;
    }
    return m < 2 ? 0 : sum / (double)(m - 1);
}

/* One class: its different codes in met, how often in count. */
static void judge_class(const uint32_t *met, const size_t *count, size_t n, size_t size,
                        struct hone_diversity *out)
{
    double entropy = 0;
    size_t most = 0;

    for (size_t i = 0; i < n; i++) {
        double p = (double)count[met[i]] / (double)size;
        entropy -= p * log(p);
        most = count[met[i]] > most ? count[met[i]] : most;
    }
    double c = size == most ? HUGE_VAL : (double)most / (double)(size - most);
    out->distinct_l = n < out->distinct_l ? n : out->distinct_l;
    out->entropy_l = fmin(out->entropy_l, exp(entropy));
    out->recursive_c = fmax(out->recursive_c, c);
    out->uniform_rows += n == 1 ? size : 0;
}

static enum hone_code sense(struct hone_run *run, const struct sensing *w, struct codes *s,
                            struct hone_diversity *out)
{
    uint32_t *rank = NULL;
    uint32_t *met;
    size_t *count;
    double *share;
    double *upto;
    double *area;
    struct hone_diversity d = {
        .column = s->c->name, .distinct = s->n, .distinct_l = SIZE_MAX, .entropy_l = HUGE_VAL};
    HONE_ARENA(work);

    d.ordered = hone_type_is_number(s->c->type) || hone_type_is_time(s->c->type);
    HONE_TRY(hone_array(run, &work, &met, s->n + 1));
    HONE_TRY(hone_array(run, &work, &count, s->n + 1));
    HONE_TRY(hone_array(run, &work, &share, s->n + 1));
    HONE_TRY(hone_array(run, &work, &upto, s->n + 1));
    HONE_TRY(hone_array(run, &work, &area, s->n + 1));
    if (d.ordered) {
        HONE_TRY(rank_codes(run, s, &work, &rank));
        for (size_t i = 0; i < w->rows; i++) {
            s->code[i] = rank[s->code[i]];
        }
    }
    for (size_t i = 0; i < w->rows; i++) {
        count[s->code[i]]++;
    }
    for (size_t c = 0; c < s->n; c++) {
        share[c] = (double)count[c] / (double)w->rows;
        upto[c + 1] = upto[c] + share[c];
        area[c + 1] = area[c] + upto[c + 1];
        count[c] = 0;
    }
    for (size_t c = 0; c < w->classes; c++) {
        size_t n = 0;
        for (size_t i = w->start[c]; i < w->start[c + 1]; i++) {
            uint32_t code = s->code[w->by[i]];
            met[n] = code;
            n += count[code]++ == 0 ? 1 : 0;
        }
        judge_class(met, count, n, w->size[c], &d);
        if (d.ordered) {
            qsort(met, n, sizeof *met, by_code);
        }
        double t = d.ordered ? ordered_distance(upto, area, s->n, met, count, n, w->size[c])
                             : categorical_distance(share, met, count, n, w->size[c]);
        d.closeness_t = fmax(d.closeness_t, t);
        for (size_t i = 0; i < n; i++) {
            count[met[i]] = 0;
        }
    }
    d.distinct_l = w->classes == 0 ? 0 : d.distinct_l;
    d.entropy_l = w->classes == 0 ? 0 : d.entropy_l;
    *out = d;
    return HONE_OK;
}

/* Rows in the order of their classes. */
static enum hone_code sort_rows(struct hone_run *run, struct hone_arena *mem, struct sensing *w)
{
    size_t *start;
    size_t *next;
    uint32_t *by;

    HONE_TRY(hone_array(run, mem, &start, w->classes + 1));
    HONE_TRY(hone_array(run, mem, &next, w->classes + 1));
    HONE_TRY(hone_array(run, mem, &by, w->rows));
    for (size_t c = 0; c < w->classes; c++) {
        start[c + 1] = start[c] + w->size[c];
        next[c] = start[c];
    }
    for (size_t i = 0; i < w->rows; i++) {
        by[next[w->class[i]]++] = (uint32_t)i;
    }
    w->start = start;
    w->by = by;
    return HONE_OK;
}

/* The columns of names; fails when one is there twice. */
static enum hone_code find_columns(struct hone_run *run, const struct hone_table *t,
                                   const char *const *names, size_t n, bool *taken,
                                   struct codes *out)
{
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(hone_table_need(run, t, hone_str(names[i]), &out[i].c));
        if (taken[out[i].c - t->column]) {
            return hone_fail(run, HONE_E_ARG, "column %s is named twice", names[i]);
        }
        if (out[i].c->type == HONE_VECTOR) {
            return hone_fail(run, HONE_E_ARG,
                             "column %s holds vectors: its values cannot be compared",
                             names[i]);
        }
        taken[out[i].c - t->column] = true;
    }
    return HONE_OK;
}

static enum hone_code code_one(struct hone_run *run, void *ctx, size_t j)
{
    struct codes *codes = ctx;
    uint32_t *code = codes[j].code;
    HONE_ARENA(work);

    HONE_TRY(code_column(run, &codes[j], &work));
    memcpy(code, codes[j].code, codes[j].c->rows * sizeof *code);
    codes[j].code = code;
    return HONE_OK;
}

enum hone_code hone_anonymity_measure(struct hone_run *run, const struct hone_table *t,
                                      const char *const *quasi, size_t quasis,
                                      const char *const *sensitive, size_t sensitives, size_t k,
                                      struct hone_arena *mem, struct hone_anonymity *out)
{
    struct hone_anonymity a = {
        .rows = t->rows, .k = k, .quasis = quasis, .sensitives = sensitives};
    struct codes *codes;
    uint32_t *class;
    size_t *size;
    bool *taken;
    HONE_ARENA(work);

    if (quasis == 0 || k == 0) {
        return hone_fail(run, HONE_E_ARG,
                         "anonymity is measured over at least one column, for k of at least 1");
    }
    if (t->rows >= NONE) {
        return hone_fail(run, HONE_E_LIMIT, "%zu rows are too many, at most %u", t->rows,
                         NONE - 1);
    }
    HONE_TRY(hone_array(run, &work, &taken, t->cols));
    HONE_TRY(hone_array(run, &work, &codes, quasis + sensitives));
    HONE_TRY(hone_array(run, mem, &a.quasi, quasis));
    HONE_TRY(hone_array(run, mem, &a.sensitive, sensitives));
    HONE_TRY(find_columns(run, t, quasi, quasis, taken, codes));
    HONE_TRY(find_columns(run, t, sensitive, sensitives, taken, codes + quasis));
    for (size_t j = 0; j < quasis + sensitives; j++) {
        HONE_TRY(hone_array(run, &work, &codes[j].code, t->rows));
    }
    HONE_TRY(hone_parallel_try(run, quasis + sensitives, code_one, codes));
    HONE_TRY(hone_array(run, &work, &class, t->rows));
    HONE_TRY(classes_of(run, codes, quasis, SIZE_MAX, t->rows, class, &a.classes));
    HONE_TRY(sizes_of(run, class, t->rows, a.classes, &work, &size));
    HONE_TRY(describe(run, class, size, &a));
    struct weighing w = {codes, quasis, t->rows, k, a.quasi};
    HONE_TRY(hone_parallel_try(run, quasis, weigh_quasi, &w));
    struct sensing s = {.class = class, .size = size, .rows = t->rows, .classes = a.classes};
    HONE_TRY(sort_rows(run, &work, &s));
    for (size_t j = 0; j < sensitives; j++) {
        HONE_TRY(sense(run, &s, &codes[quasis + j], &a.sensitive[j]));
    }
    for (size_t j = 0; j < quasis; j++) {
        a.quasi[j].column = hone_arena_text(mem, codes[j].c->name, strlen(codes[j].c->name));
    }
    for (size_t j = 0; j < sensitives; j++) {
        a.sensitive[j].column =
            hone_arena_text(mem, a.sensitive[j].column, strlen(a.sensitive[j].column));
    }
    *out = a;
    return HONE_OK;
}

static json_t *count_json(size_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *quasi_json(const struct hone_anonymity *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->quasis; i++) {
        json_t *one = json_object();
        hone_json_set_text(one, "column", a->quasi[i].column);
        hone_json_set(one, "distinct", count_json(a->quasi[i].distinct));
        hone_json_set(one, "k_without", count_json(a->quasi[i].k_without));
        hone_json_set(one, "rows_below_k_without", count_json(a->quasi[i].below_without));
        hone_json_set(one, "unique_alone", hone_json_real(a->quasi[i].unique_alone));
        hone_json_push(list, one);
    }
    return list;
}

static json_t *sensitive_json(const struct hone_anonymity *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->sensitives; i++) {
        const struct hone_diversity *d = &a->sensitive[i];
        json_t *one = json_object();
        hone_json_set_text(one, "column", d->column);
        hone_json_set(one, "distinct", count_json(d->distinct));
        hone_json_set(one, "distinct_l", count_json(d->distinct_l));
        hone_json_set(one, "entropy_l", hone_json_real(d->entropy_l));
        hone_json_set(one, "recursive_c", hone_json_real(d->recursive_c));
        hone_json_set(one, "uniform_rows", count_json(d->uniform_rows));
        hone_json_set(one, "closeness_t", hone_json_real(d->closeness_t));
        hone_json_set_text(one, "distance", d->ordered ? "ordered" : "equal");
        hone_json_push(list, one);
    }
    return list;
}

json_t *hone_anonymity_json(const struct hone_anonymity *a)
{
    json_t *tree = json_object();
    json_t *sizes = json_array();
    json_t *worst = json_array();

    hone_json_set(tree, "rows", count_json(a->rows));
    hone_json_set(tree, "classes", count_json(a->classes));
    hone_json_set(tree, "k", count_json(a->smallest));
    hone_json_set(tree, "k_wanted", count_json(a->k));
    hone_json_set(tree, "rows_below_k", count_json(a->below));
    hone_json_set(tree, "unique_rows", count_json(a->unique));
    hone_json_set(tree, "mean_class", hone_json_real(a->mean));
    hone_json_set(tree, "median_class", hone_json_real(a->median));
    for (size_t i = 0; i < HONE_CLASS_SIZES; i++) {
        json_t *one = json_object();
        hone_json_set_text(one, "size", hone_class_size_name(i));
        hone_json_set(one, "classes", count_json(a->size_classes[i]));
        hone_json_set(one, "rows", count_json(a->size_rows[i]));
        hone_json_push(sizes, one);
    }
    for (size_t i = 0; i < a->worst_n; i++) {
        hone_json_push(worst, count_json(a->worst[i]));
    }
    hone_json_set(tree, "sizes", sizes);
    hone_json_set(tree, "worst_rows", worst);
    hone_json_set(tree, "quasi", quasi_json(a));
    hone_json_set(tree, "sensitive", sensitive_json(a));
    return tree;
}

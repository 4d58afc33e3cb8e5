/* How the distributions of a column differ; declared in diff_priv.h. */
#include <math.h>

#include "base/hash.h"
#include "eval/order.h"
#include "eval/stat.h"
#include "profile/diff_priv.h"

enum { TENTHS = 10, MANY = 5000, LEAST = 30 };
#define CHANCE       0.01
#define PSI_MODERATE 0.1
#define PSI_LARGE    0.25
#define KS_MODERATE  0.1
#define KS_LARGE     0.2

const char *hone_shift_name(enum hone_shift shift)
{
    static const char *const names[] = {"none", "small", "moderate", "large"};
    return names[shift];
}

/* The finite values of a column, ascending. */
static enum hone_code sorted_values(struct hone_run *run, const struct hone_column *c,
                                    double **out, size_t *n)
{
    uint64_t *key;
    uint64_t *spare;
    void *room; /* the keys' working space takes the values afterwards */
    double *x;
    size_t keys;

    HONE_TRY(hone_array(run, &run->scratch, &key, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &spare, c->rows));
    keys = hone_column_keys(c, key);
    hone_sort_keys(key, spare, keys);
    room = spare;
    x = room;
    *n = 0;
    for (size_t i = 0; i < keys; i++) {
        double value = hone_key_value(c->type, key[i]);
        if (isfinite(value)) {
            x[(*n)++] = value;
        }
    }
    *out = x;
    return HONE_OK;
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0;

    for (size_t from = 0; from < n; from += 256) {
        double part = 0;
        for (size_t i = from; i < n && i < from + 256; i++) {
            part += x[i] / (double)n;
        }
        sum += part;
    }
    return n == 0 ? (double)NAN : sum;
}

/* PSI over the tenths of the first sample; equal edges make one cell. */
static double tenths_psi(const double *a, size_t n, const double *b, size_t m)
{
    double seen[2][TENTHS] = {{0}};
    double edge[TENTHS];
    size_t cells = 0;
    const double *const x[2] = {a, b};
    const size_t len[2] = {n, m};

    for (size_t t = 1; t < TENTHS; t++) {
        double e = hone_quantile_sorted(n, a, (double)t / TENTHS);
        if (cells == 0 || e > edge[cells - 1]) {
            edge[cells++] = e;
        }
    }
    for (size_t s = 0; s < 2; s++) {
        size_t k = 0;
        for (size_t i = 0; i < len[s]; i++) {
            while (k < cells && x[s][i] > edge[k]) {
                k++;
            }
            seen[s][k]++;
        }
    }
    return hone_psi(cells + 1, seen[0], seen[1]);
}

/* Large enough to matter, and not chance. */
static enum hone_shift grade(const struct hone_diff_column *c)
{
    double ks = isnan(c->ks) ? 0 : c->ks;
    double psi = isnan(c->psi) ? 0 : c->psi;

    if (!(c->p < CHANCE) || c->n_a < LEAST || c->n_b < LEAST) {
        return HONE_SHIFT_NONE;
    }
    return psi >= PSI_LARGE || ks >= KS_LARGE         ? HONE_SHIFT_LARGE
           : psi >= PSI_MODERATE || ks >= KS_MODERATE ? HONE_SHIFT_MODERATE
                                                      : HONE_SHIFT_SMALL;
}

static enum hone_code shift_numbers(struct hone_run *run, const struct hone_column *a,
                                    const struct hone_column *b, struct hone_diff_column *out)
{
    double *x;
    double *y;
    size_t n;
    size_t m;
    double square = 0;

    HONE_TRY(sorted_values(run, a, &x, &n));
    HONE_TRY(sorted_values(run, b, &y, &m));
    out->number = true;
    out->mean_a = mean_of(x, n);
    out->mean_b = mean_of(y, m);
    for (size_t i = 0; i < n; i++) {
        square += (x[i] - out->mean_a) * (x[i] - out->mean_a);
    }
    out->std_a = n > 1 ? sqrt(square / (double)(n - 1)) : (double)NAN;
    if (n == 0 || m == 0) {
        return HONE_OK;
    }
    out->median_a = hone_quantile_sorted(n, x, 0.5);
    out->median_b = hone_quantile_sorted(m, y, 0.5);
    out->ks = hone_ks_statistic(n, x, m, y);
    out->p = hone_ks_p(out->ks, (double)n, (double)m);
    out->psi = tenths_psi(x, n, y, m);
    return HONE_OK;
}

/* How often each word occurs in both tables. */
struct levels {
    struct hone_map map;
    size_t n;
    struct hone_str word[MANY];
    double seen[2][MANY];
    bool many;
};

static enum hone_code add_level(struct hone_run *run, struct levels *l, struct hone_str word,
                                size_t side, size_t count)
{
    uint32_t at = hone_map_add(&l->map, word, (uint32_t)l->n);

    if (at == UINT32_MAX) {
        return hone_no_room(run, "categories", l->n);
    }
    if (at == l->n) {
        if (l->n == MANY) {
            l->many = true;
            return HONE_OK;
        }
        l->word[l->n++] = word;
    }
    l->seen[side][at] += (double)count;
    return HONE_OK;
}

static enum hone_code count_levels(struct hone_run *run, const struct hone_column *c,
                                   size_t side, struct levels *l)
{
    size_t *count;

    if (c->type == HONE_CATEGORY) {
        const int32_t *code = c->data;
        HONE_TRY(hone_array(run, &run->scratch, &count, c->dict->rows));
        for (size_t row = 0; row < c->rows; row++) {
            if (hone_is_valid(c, row)) {
                count[code[row]]++;
            }
        }
        for (size_t i = 0; i < c->dict->rows && !l->many; i++) {
            if (count[i] > 0) {
                HONE_TRY(add_level(run, l, hone_column_str(c->dict, i), side, count[i]));
            }
        }
        return HONE_OK;
    }
    for (size_t row = 0; row < c->rows && !l->many; row++) {
        if (hone_is_valid(c, row)) {
            HONE_TRY(add_level(run, l, hone_column_str(c, row), side, 1));
        }
    }
    return HONE_OK;
}

/* The words that one side only has, the most frequent kept as examples. */
static size_t only_in(const struct levels *l, size_t side, struct hone_arena *mem,
                      const char **example, size_t *rows)
{
    struct hone_tally top[HONE_DIFF_LEVELS];
    size_t kept = 0;
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (l->seen[side][i] > 0 && l->seen[1 - side][i] == 0) {
            n++;
            *rows += (size_t)l->seen[side][i];
            hone_tally_offer(
                top, HONE_DIFF_LEVELS, &kept,
                (struct hone_tally){.text = l->word[i], .count = (size_t)l->seen[side][i]});
        }
    }
    for (size_t i = 0; i < kept; i++) {
        char text[HONE_TEXT_ROOM];
        hone_keep_text(text, top[i].text);
        example[i] = hone_arena_text(mem, text, strlen(text));
    }
    return n;
}

static enum hone_code shift_words(struct hone_run *run, const struct hone_column *a,
                                  const struct hone_column *b, struct hone_arena *mem,
                                  struct hone_diff_column *out)
{
    struct levels *l;
    double freedom;
    double chi2;

    HONE_TRY(hone_array(run, &run->scratch, &l, 1));
    l->map.mem = &run->scratch;
    HONE_TRY(count_levels(run, a, 0, l));
    HONE_TRY(count_levels(run, b, 1, l));
    if (l->many || l->n == 0) {
        return HONE_OK;
    }
    for (size_t i = 0; i < l->n; i++) {
        out->levels_a += l->seen[0][i] > 0;
        out->levels_b += l->seen[1][i] > 0;
    }
    out->new_levels = only_in(l, 1, mem, out->new_level, &out->new_rows);
    out->lost_levels = only_in(l, 0, mem, out->lost_level, &out->lost_rows);
    if (out->n_a > 0 && out->n_b > 0 && 2 * l->n <= out->n_a + out->n_b) {
        chi2 = hone_chi2_two(l->n, l->seen[0], l->seen[1], &freedom);
        out->p = hone_chi2_sf(chi2, freedom);
        out->psi = hone_psi(l->n, l->seen[0], l->seen[1]);
    }
    return HONE_OK;
}

enum hone_code hone_diff_distribution(struct hone_run *run, const struct hone_diff_work *w,
                                      size_t column, struct hone_arena *mem)
{
    struct hone_diff_column *out = &w->diff->column[column];
    const struct hone_column *a = &w->left[column];
    const struct hone_column *b = &w->right[column];
    HONE_SCRATCH(run);

    out->missing_a = a->nulls;
    out->missing_b = b->nulls;
    out->n_a = a->rows - a->nulls;
    out->n_b = b->rows - b->nulls;
    out->mean_a = out->mean_b = out->median_a = out->median_b = (double)NAN;
    out->std_a = out->ks = out->psi = out->p = (double)NAN;
    if ((hone_type_is_number(a->type) && hone_type_is_number(b->type)) ||
        (a->type == b->type && hone_type_is_time(a->type))) {
        HONE_TRY(shift_numbers(run, a, b, out));
    } else if (hone_type_is_text(a->type) && hone_type_is_text(b->type)) {
        HONE_TRY(shift_words(run, a, b, mem, out));
    }
    out->shift = grade(out);
    return HONE_OK;
}

/* Counts, ranks and groups; declared in associate_priv.h. */
#include <math.h>

#include "base/hash.h"
#include "profile/associate_priv.h"

const char *hone_measure_name(enum hone_measure measure)
{
    static const char *const names[] = {
        [HONE_SPEARMAN] = "spearman",
        [HONE_CRAMERS_V] = "cramers_v",
        [HONE_ETA] = "eta",
    };
    return names[measure];
}

void hone_rank_sorted(const struct hone_keyed *entry, size_t n, double *rank)
{
    for (size_t i = 0, end; i < n; i = end) {
        double shared;
        for (end = i + 1; end < n && entry[end].key == entry[i].key; end++) {
        }
        shared = 0.5 * (double)(i + 1 + end);
        for (size_t k = i; k < end; k++) {
            rank[entry[k].row] = shared;
        }
    }
}

/* Dense codes of the categories that occur. */
static enum hone_code category_codes(struct hone_run *run, const struct hone_column *c,
                                     size_t most, struct hone_arena *mem, int32_t *code,
                                     uint32_t **level_row, size_t *levels)
{
    const int32_t *from = c->data;
    size_t words = c->dict->rows;
    int32_t *dense;
    uint32_t *first;
    size_t n = 0;

    HONE_TRY(hone_array(run, &run->scratch, &dense, words));
    HONE_TRY(hone_array(run, &run->scratch, &first, words));
    for (size_t row = 0; row < c->rows; row++) {
        if (hone_is_valid(c, row) && first[from[row]] == 0) {
            first[from[row]] = (uint32_t)row + 1;
        }
    }
    for (size_t i = 0; i < words; i++) {
        n += first[i] != 0;
    }
    *levels = n <= most ? n : 0;
    if (n > most) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, level_row, n));
    n = 0;
    for (size_t i = 0; i < words; i++) {
        if (first[i] != 0) {
            (*level_row)[n] = first[i] - 1;
            dense[i] = (int32_t)n++;
        }
    }
    for (size_t row = 0; row < c->rows; row++) {
        code[row] = hone_is_valid(c, row) ? dense[from[row]] : -1;
    }
    return HONE_OK;
}

/* Texts by a map; codes in order of appearance, then sorted by the words. */
static enum hone_code text_codes(struct hone_run *run, const struct hone_column *c, size_t most,
                                 struct hone_arena *mem, int32_t *code, uint32_t **level_row,
                                 size_t *levels)
{
    struct hone_map map = {.mem = &run->scratch};
    uint32_t *first;
    int32_t *place;
    size_t n = 0;

    *levels = 0;
    HONE_TRY(hone_array(run, &run->scratch, &first, most + 1));
    HONE_TRY(hone_array(run, &run->scratch, &place, most + 1));
    for (size_t row = 0; row < c->rows; row++) {
        uint32_t at;
        code[row] = -1;
        if (!hone_is_valid(c, row)) {
            continue;
        }
        at = hone_map_add(&map, hone_column_str(c, row), (uint32_t)n);
        if (at == UINT32_MAX) {
            return hone_no_room(run, c->name, n);
        }
        if (at == n) {
            if (n == most) {
                return HONE_OK;
            }
            first[n++] = (uint32_t)row;
        }
        code[row] = (int32_t)at;
    }
    HONE_TRY(hone_array(run, mem, level_row, n));
    for (size_t i = 0; i < n; i++) { /* insertion: few, and most often already in order */
        size_t at = i;
        struct hone_str word = hone_column_str(c, first[i]);
        for (; at > 0 && hone_str_cmp(word, hone_column_str(c, (*level_row)[at - 1])) < 0;
             at--) {
            (*level_row)[at] = (*level_row)[at - 1];
        }
        (*level_row)[at] = first[i];
    }
    for (size_t i = 0; i < n; i++) {
        place[code[(*level_row)[i]]] = (int32_t)i;
    }
    for (size_t row = 0; row < c->rows; row++) {
        code[row] = code[row] < 0 ? -1 : place[code[row]];
    }
    *levels = n;
    return HONE_OK;
}

/* Numbers and times by their sorted values. */
static enum hone_code number_codes(struct hone_run *run, const struct hone_column *c,
                                   size_t most, struct hone_arena *mem, int32_t *code,
                                   uint32_t **level_row, size_t *levels)
{
    struct hone_keyed *entry;
    struct hone_keyed *spare;
    size_t n = 0;
    size_t distinct = 0;

    *levels = 0;
    HONE_TRY(hone_array(run, &run->scratch, &entry, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &spare, c->rows));
    for (size_t row = 0; row < c->rows; row++) {
        code[row] = -1;
        if (hone_is_valid(c, row) && isfinite(hone_column_f64(c, row))) {
            entry[n++] = (struct hone_keyed){hone_cell_key(c, row), (uint32_t)row};
        }
    }
    hone_sort_keyed(entry, spare, n);
    for (size_t i = 0; i < n; i++) {
        distinct += i == 0 || entry[i].key != entry[i - 1].key;
    }
    if (distinct > most) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, level_row, distinct));
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || entry[i].key != entry[i - 1].key) {
            (*level_row)[(*levels)++] = entry[i].row;
        }
        code[entry[i].row] = (int32_t)*levels - 1;
    }
    return HONE_OK;
}

enum hone_code hone_column_codes(struct hone_run *run, const struct hone_column *c, size_t most,
                                 struct hone_arena *mem, int32_t **code, uint32_t **level_row,
                                 size_t *levels)
{
    int32_t *out;
    HONE_SCRATCH(run);

    *levels = 0;
    HONE_TRY(hone_array(run, mem, &out, c->rows));
    if (c->type == HONE_CATEGORY) {
        HONE_TRY(category_codes(run, c, most, mem, out, level_row, levels));
    } else if (c->type == HONE_UTF8) {
        HONE_TRY(text_codes(run, c, most, mem, out, level_row, levels));
    } else if (hone_type_is_number(c->type) || hone_type_is_time(c->type)) {
        HONE_TRY(number_codes(run, c, most, mem, out, level_row, levels));
    }
    *code = out;
    return HONE_OK;
}

static double entropy_term(double count, double n)
{
    return count > 0 ? -count / n * log(count / n) : 0;
}

/* Cramér's V from phi squared, plain and without bias. Source: Bergsma 2013, eq. 4 to 6. */
static void cramers_v(double phi2, double n, size_t rows, size_t cols,
                      struct hone_contingency *out)
{
    double r = (double)rows;
    double c = (double)cols;
    double corrected;
    double rc;
    double cc;

    out->v = out->v_plain = (double)NAN;
    if (rows < 2 || cols < 2) {
        return;
    }
    out->v_plain = sqrt(phi2 / (fmin(r, c) - 1));
    if (n < 2) {
        return;
    }
    corrected = fmax(0, phi2 - (r - 1) * (c - 1) / (n - 1));
    rc = r - (r - 1) * (r - 1) / (n - 1);
    cc = c - (c - 1) * (c - 1) / (n - 1);
    if (fmin(rc, cc) > 1) {
        out->v = fmin(1, sqrt(corrected / (fmin(rc, cc) - 1)));
    }
}

void hone_contingency(const uint32_t *count, size_t rows, size_t cols, size_t stride,
                      struct hone_contingency *out)
{
    double col[HONE_ASSOCIATE_LEVELS + 1] = {0};
    double n = 0;
    double joint = 0;
    double phi2 = 0;
    size_t row_n = 0;
    size_t col_n = 0;
    double information;

    HONE_ASSERT(cols <= HONE_ASSOCIATE_LEVELS + 1);
    *out = (struct hone_contingency){.v = (double)NAN, .v_plain = (double)NAN};
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            col[j] += (double)count[i * stride + j];
        }
    }
    for (size_t j = 0; j < cols; j++) {
        n += col[j];
        col_n += col[j] > 0;
    }
    out->n = (size_t)n;
    if (n == 0) {
        return;
    }
    for (size_t j = 0; j < cols; j++) {
        out->col_entropy += entropy_term(col[j], n);
    }
    for (size_t i = 0; i < rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < cols; j++) {
            sum += (double)count[i * stride + j];
        }
        row_n += sum > 0;
        out->row_entropy += entropy_term(sum, n);
        for (size_t j = 0; j < cols && sum > 0; j++) {
            double c = (double)count[i * stride + j];
            joint += entropy_term(c, n);
            phi2 += c > 0 ? c / sum * (c / col[j]) : 0; /* sum of p_ij^2 / (p_i p_j) */
        }
    }
    phi2 = fmax(0, phi2 - 1);
    information = fmax(0, out->row_entropy + out->col_entropy - joint);
    out->u_row = out->row_entropy > 0 ? fmin(1, information / out->row_entropy) : (double)NAN;
    out->u_col = out->col_entropy > 0 ? fmin(1, information / out->col_entropy) : (double)NAN;
    out->information =
        fmax(0, information - (double)(row_n - 1) * (double)(col_n - 1) / (2 * n));
    cramers_v(phi2, n, row_n, col_n, out);
}

double hone_eta(const double *count, const double *sum, const double *square, size_t k,
                double *plain)
{
    double n = 0;
    double total = 0;
    double squares = 0;
    double between = 0;
    size_t groups = 0;
    double eta2;

    for (size_t i = 0; i < k; i++) {
        n += count[i];
        total += sum[i];
        squares += square[i];
        groups += count[i] > 0;
        between += count[i] > 0 ? sum[i] * sum[i] / count[i] : 0;
    }
    between -= n > 0 ? total * total / n : 0;
    squares -= n > 0 ? total * total / n : 0;
    eta2 = squares > 0 && groups > 1 ? fmin(1, fmax(0, between / squares)) : (double)NAN;
    if (plain != NULL) {
        *plain = sqrt(eta2);
    }
    if (isnan(eta2) || !(n > (double)groups)) {
        return (double)NAN;
    }
    return sqrt(fmax(0, 1 - (1 - eta2) * (n - 1) / (n - (double)groups)));
}

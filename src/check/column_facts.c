/* What several checks of one column need: made once, when first asked for. */
#include <math.h>

#include "check/check_priv.h"
#include "eval/order.h"

#define MANY_WORDS 20000 /* a column with more different values is not made of words */
#define SHOWN      5     /* examples in a message */

enum hone_code hone_facts_sorted(struct hone_run *run, struct hone_facts *f, const double **out,
                                 size_t *n)
{
    if (f->sorted == NULL) {
        double *v;
        HONE_TRY(hone_array(run, f->mem, &v, f->c->rows));
        for (size_t i = 0; i < f->c->rows; i++) {
            double x = hone_column_f64(f->c, i);
            if (isfinite(x)) {
                v[f->finite++] = x;
            }
        }
        HONE_TRY(hone_sort_f64(run, f->finite, v));
        f->sorted = v;
    }
    *out = f->sorted;
    *n = f->finite;
    return HONE_OK;
}

static void add_word(struct hone_words *w, size_t row, uint32_t k, struct hone_str text)
{
    if (k == w->n) {
        w->text[w->n++] = text;
    }
    w->count[k]++;
    w->code[row] = k;
    w->known++;
}

/* Dictionary codes are words already, but for their order and those that no row has. */
static enum hone_code words_of_codes(struct hone_run *run, const struct hone_column *c,
                                     struct hone_words *w)
{
    const int32_t *data = c->data;
    uint32_t *word;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &word, c->dict->rows));
    for (size_t i = 0; i < c->rows; i++) {
        w->code[i] = UINT32_MAX;
        if (hone_is_valid(c, i)) {
            uint32_t *k = &word[data[i]];
            *k = *k == 0 ? (uint32_t)w->n + 1 : *k;
            add_word(w, i, *k - 1, hone_column_str(c, i));
        }
    }
    return HONE_OK;
}

static enum hone_code words_of_texts(struct hone_run *run, const struct hone_column *c,
                                     size_t distinct, struct hone_words *w)
{
    struct hone_seen seen;
    HONE_SCRATCH(run);

    HONE_TRY(hone_seen_new(run, distinct + 1, &run->scratch, &seen));
    for (size_t i = 0; i < c->rows; i++) {
        w->code[i] = UINT32_MAX;
        if (hone_is_valid(c, i)) {
            uint32_t k = hone_seen_add(&seen, hone_cell_hash(c, i), (uint32_t)w->n);
            add_word(w, i, k, hone_column_str(c, i));
        }
    }
    return HONE_OK;
}

enum hone_code hone_facts_words(struct hone_run *run, struct hone_facts *f,
                                struct hone_words **out)
{
    size_t distinct = f->p->distinct;

    *out = f->words;
    if (f->words != NULL || !hone_type_is_text(f->c->type) || distinct == 0 ||
        distinct > MANY_WORDS) {
        return HONE_OK;
    }
    struct hone_words *w = hone_new(f->mem, struct hone_words);
    HONE_TRY(hone_array(run, f->mem, &w->text, distinct + 1));
    HONE_TRY(hone_array(run, f->mem, &w->count, distinct + 1));
    HONE_TRY(hone_array(run, f->mem, &w->bad, distinct + 1));
    HONE_TRY(hone_array(run, f->mem, &w->code, f->c->rows));
    HONE_TRY(f->c->type == HONE_CATEGORY ? words_of_codes(run, f->c, w)
                                         : words_of_texts(run, f->c, distinct, w));
    *out = f->words = w;
    return HONE_OK;
}

const char *hone_words_examples(const struct hone_words *w, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);
    size_t shown = 0;

    hone_buf_text(&buf, "");
    for (size_t k = 0; k < w->n && shown <= SHOWN; k++) {
        if (!w->bad[k]) {
            continue;
        }
        if (shown == SHOWN) {
            hone_buf_text(&buf, ", ...");
        } else {
            size_t len = w->text[k].len < 40 ? w->text[k].len : 40;
            len = hone_utf8_valid((struct hone_str){w->text[k].ptr, len});
            hone_buf_format(&buf, "%s\"%.*s\"", shown == 0 ? "" : ", ", (int)len,
                            w->text[k].ptr);
        }
        shown++;
    }
    return buf.ptr;
}

void hone_words_blame(struct hone_words *w, size_t rows, struct hone_finding *f)
{
    for (size_t i = 0; i < rows; i++) {
        if (w->code[i] != UINT32_MAX && w->bad[w->code[i]]) {
            hone_finding_row(f, i);
        }
    }
    memset(w->bad, 0, w->n * sizeof *w->bad);
}

enum hone_code hone_robust(struct hone_run *run, size_t n, const double *sorted, double *centre,
                           double *scale)
{
    double *d;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &d, n));
    *centre = hone_quantile_sorted(n, sorted, 0.5);
    for (size_t i = 0; i < n; i++) {
        d[i] = fabs(sorted[i] - *centre);
    }
    HONE_TRY(hone_sort_f64(run, n, d));
    *scale = 1.4826 * hone_quantile_sorted(n, d, 0.5);
    return HONE_OK;
}

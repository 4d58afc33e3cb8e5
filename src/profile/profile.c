#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "profile/profile_priv.h"

const char *hone_id_kind_name(enum hone_id_kind kind)
{
    static const char *const names[] = {
        [HONE_ID_NONE] = "none",
        [HONE_ID_UNIQUE] = "unique",
        [HONE_ID_SEQUENCE] = "sequence",
        [HONE_ID_HASH] = "hash",
    };
    return names[kind];
}

/* Most frequent first, then smaller first. */
static bool goes_before(const struct hone_tally *a, const struct hone_tally *b)
{
    if (a->count != b->count) {
        return a->count > b->count;
    }
    if (a->key != b->key) {
        return a->key < b->key;
    }
    return a->text.ptr != NULL && hone_str_cmp(a->text, b->text) < 0;
}

void hone_tally_offer(struct hone_tally *top, size_t room, size_t *n, struct hone_tally value)
{
    if (*n == room && !goes_before(&value, &top[*n - 1])) {
        return;
    }
    if (*n < room) {
        ++*n;
    }
    top[*n - 1] = value;
    for (size_t i = *n - 1; i > 0 && goes_before(&top[i], &top[i - 1]); i--) {
        struct hone_tally swap = top[i];
        top[i] = top[i - 1];
        top[i - 1] = swap;
    }
}

void hone_keep_text(char *out, struct hone_str text)
{
    if (text.len > HONE_TEXT_ROOM - 1) {
        text.len = HONE_TEXT_ROOM - 1;
        text.len = hone_utf8_valid(text);
    }
    if (text.len > 0) {
        memcpy(out, text.ptr, text.len);
    }
    out[text.len] = '\0';
}

struct job {
    const struct hone_table *table;
    struct hone_profile *profile;
    struct hone_shown *shown; /* (cols) */
};

static enum hone_code profile_column(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct job *job = ctx;
    const struct hone_column *c = &job->table->column[chunk];
    struct hone_column_profile *p = &job->profile->column[chunk];
    size_t there = c->rows - c->nulls;

    HONE_TRY(hone_check_cancel(run));
    p->name = c->name;
    p->type = c->type;
    p->rows = c->rows;
    p->missing = c->nulls;
    p->min = p->max = p->mean = p->std = p->sum = p->skewness = p->kurtosis = (double)NAN;
    p->spread.iqr = p->spread.mad = p->spread.low_fence = p->spread.hi_fence = (double)NAN;
    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        p->quantile[q] = (double)NAN;
    }
    if (hone_type_is_number(c->type) || hone_type_is_time(c->type)) {
        HONE_TRY(hone_profile_numbers(run, c, &job->shown[chunk], p));
    } else if (c->type != HONE_VECTOR) {
        HONE_TRY(hone_profile_words(run, c, &job->shown[chunk], p));
    }
    if (p->id == HONE_ID_NONE && there >= 20 && p->distinct == there &&
        (c->type == HONE_INT64 || hone_type_is_text(c->type))) {
        p->id = HONE_ID_UNIQUE;
    }
    return HONE_OK;
}

static bool same_real(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Whether all that is known of two columns agrees: then their cells are worth comparing. */
static bool alike(const struct hone_column_profile *p, const struct hone_column_profile *q)
{
    return p->missing == q->missing && p->missing < p->rows && p->distinct == q->distinct &&
           p->top_n == q->top_n && p->top[0].count == q->top[0].count &&
           same_real(p->sum, q->sum) && same_real(p->min, q->min) &&
           same_real(p->max, q->max) && p->texts.longest == q->texts.longest &&
           same_real(p->texts.mean_length, q->texts.mean_length);
}

static bool same_columns(const struct hone_column *a, const struct hone_column *b)
{
    for (size_t row = 0; row < a->rows; row++) {
        if (!hone_same_cell(a, row, b, row)) {
            return false;
        }
    }
    return true;
}

static void find_copies(const struct hone_table *t, struct hone_profile *profile)
{
    for (size_t j = 0; j < t->cols && t->rows > 1; j++) {
        struct hone_column_profile *p = &profile->column[j];
        for (size_t i = 0; i < j && p->same_as == NULL; i++) {
            const struct hone_column_profile *q = &profile->column[i];
            if (alike(p, q) && same_columns(&t->column[i], &t->column[j])) {
                p->same_as = q->name;
            }
        }
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

    if (t->rows > UINT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%zu rows are more than can be profiled", t->rows);
    }
    HONE_TRY(hone_array(run, mem, &profile, 1));
    HONE_TRY(hone_array(run, mem, &profile->column, t->cols));
    HONE_TRY(hone_array(run, mem, &job.shown, t->cols));
    job.profile = profile;
    profile->rows = t->rows;
    profile->cols = t->cols;
    HONE_TRY(hone_parallel_try(run, t->cols, profile_column, &job));
    HONE_TRY(hone_profile_rows(run, t, mem, profile));
    find_copies(t, profile);
    for (size_t i = 0; i < t->cols; i++) {
        profile->missing_cells += t->column[i].nulls;
        profile->bytes += bytes_of(&t->column[i]);
        hone_profile_note(&profile->column[i], mem);
    }
    *out = profile;
    return HONE_OK;
}

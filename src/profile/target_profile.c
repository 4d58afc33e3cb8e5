/* How each column tells about the target; declared in associate.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"
#include "base/time.h"
#include "profile/associate_priv.h"

enum { BINS = HONE_TARGET_GROUPS - 1, MANY_CLASSES = 100, FEW_WHOLE = 10 };
#define SUSPECT_AUC      0.99
#define SUSPECT_STRENGTH 0.95

struct work {
    const struct hone_table *t;
    const struct hone_profile *profile;
    const struct hone_column *target;
    struct hone_target_profile *out;
    int32_t *class;                     /* (rows) of classes; -1 missing */
    double *y;                          /* (rows) of a number; NaN missing */
    int32_t shown[HONE_TARGET_CLASSES]; /* classes shown, by code */
    size_t *candidate;                  /* (features) columns */
};

/* The feature's groups: code (rows) 0..n-1; the last is that of missing cells where there are any. */
struct groups {
    int32_t *code;
    size_t n;
    bool missing;
    uint32_t *level_row; /* of categories */
    double low[BINS], high[BINS];
    bool numeric;
};

static bool has_target(const struct work *w, size_t row)
{
    return w->class != NULL ? w->class[row] >= 0 : !isnan(w->y[row]);
}

/* Up to BINS groups of equal size of the values where there is a target; equal values stay together. */
static void cut_numbers(const struct hone_column *c, const struct hone_keyed *entry, size_t n,
                        size_t distinct, struct groups *g)
{
    g->numeric = true;
    for (size_t i = 0, end; i < n; i = end) {
        size_t goal = distinct <= BINS ? i + 1 : (g->n + 1) * n / BINS;
        goal = goal > i ? goal : i + 1;
        for (end = i + 1; end < n && (end < goal || entry[end].key == entry[end - 1].key);
             end++) {
        }
        for (size_t k = i; k < end; k++) {
            g->code[entry[k].row] = (int32_t)g->n;
        }
        g->low[g->n] = hone_key_value(c->type, entry[i].key);
        g->high[g->n] = hone_key_value(c->type, entry[end - 1].key);
        g->n++;
    }
}

/* Sorted cells of a number where there is a target. */
static enum hone_code sort_feature(struct hone_run *run, const struct work *w,
                                   const struct hone_column *c, struct hone_keyed **out,
                                   size_t *n)
{
    struct hone_keyed *entry;
    struct hone_keyed *spare;
    size_t met = 0;

    HONE_TRY(hone_array(run, &run->scratch, &entry, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &spare, c->rows));
    for (size_t row = 0; row < c->rows; row++) {
        if (hone_is_valid(c, row) && has_target(w, row) && isfinite(hone_column_f64(c, row))) {
            entry[met++] = (struct hone_keyed){hone_cell_key(c, row), (uint32_t)row};
        }
    }
    hone_sort_keyed(entry, spare, met);
    *out = entry;
    *n = met;
    return HONE_OK;
}

/* The area under the ROC curve of class 1 by the sum of its ranks. Source: Hanley & McNeil, Radiology 143, 1982. */
static double area(const struct work *w, const struct hone_keyed *entry, size_t n, double *rank)
{
    double sum = 0;
    double ones = 0;
    double zeros;

    hone_rank_sorted(entry, n, rank);
    for (size_t i = 0; i < n; i++) {
        if (w->class[entry[i].row] == 1) {
            sum += rank[entry[i].row]; /* halves: exact */
            ones++;
        }
    }
    zeros = (double)n - ones;
    return ones > 0 && zeros > 0 ? (sum - ones * (ones + 1) / 2) / (ones * zeros) : (double)NAN;
}

/* Spearman of the feature and a numeric target over the rows that have both. */
static enum hone_code spearman(struct hone_run *run, const struct work *w,
                               const struct hone_keyed *entry, size_t n, double *rank,
                               double *rho)
{
    struct hone_keyed *by_y;
    struct hone_keyed *spare;
    double *other;
    double xy = 0;
    double xx = 0;
    double yy = 0;
    double middle = 0.5 * (double)(n + 1);

    HONE_TRY(hone_array(run, &run->scratch, &by_y, n));
    HONE_TRY(hone_array(run, &run->scratch, &spare, n));
    HONE_TRY(hone_array(run, &run->scratch, &other, w->t->rows));
    hone_rank_sorted(entry, n, rank);
    for (size_t i = 0; i < n; i++) {
        uint32_t row = entry[i].row;
        by_y[i] = (struct hone_keyed){hone_cell_key(w->target, row), row};
    }
    hone_sort_keyed(by_y, spare, n);
    hone_rank_sorted(by_y, n, other);
    for (size_t i = 0; i < n; i++) {
        double x = rank[entry[i].row] - middle;
        double y = other[entry[i].row] - middle;
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    *rho = xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
    return HONE_OK;
}

static enum hone_code measure_number(struct hone_run *run, const struct work *w,
                                     const struct hone_column *c, struct groups *g,
                                     struct hone_target_feature *f)
{
    struct hone_keyed *entry;
    double *rank;
    size_t n;
    size_t distinct = 0;

    HONE_TRY(sort_feature(run, w, c, &entry, &n));
    HONE_TRY(hone_array(run, &run->scratch, &rank, c->rows));
    for (size_t i = 0; i < n; i++) {
        distinct += i == 0 || entry[i].key != entry[i - 1].key;
    }
    cut_numbers(c, entry, n, distinct, g);
    f->n = n;
    if (w->out->kind == HONE_TARGET_BINARY) {
        f->measure = "roc_auc";
        f->value = area(w, entry, n, rank);
    } else if (w->out->kind == HONE_TARGET_NUMBER) {
        f->measure = "spearman";
        HONE_TRY(spearman(run, w, entry, n, rank, &f->value));
    }
    return HONE_OK;
}

/* Counts of groups and classes: the strength, and V for categories. */
static enum hone_code tell_classes(struct hone_run *run, const struct work *w,
                                   const struct groups *g, struct hone_target_feature *f)
{
    struct hone_contingency table;
    size_t classes = w->out->classes;
    uint32_t *count;

    HONE_TRY(hone_matrix(run, &run->scratch, &count, g->n + 1, classes));
    for (size_t row = 0; row < w->t->rows; row++) {
        if (w->class[row] >= 0 && g->code[row] >= 0) {
            count[(size_t)g->code[row] * classes + (size_t)w->class[row]]++;
        }
    }
    hone_contingency(count, g->n, classes, classes, &table);
    f->strength = table.col_entropy > 0 ? fmin(1, table.information / table.col_entropy) : 0;
    if (f->measure == NULL) {
        f->measure = "cramers_v";
        hone_contingency(count, g->n - g->missing, classes, classes, &table);
        f->value = table.v;
        f->n = table.n;
    }
    return HONE_OK;
}

static enum hone_code tell_number(struct hone_run *run, const struct work *w,
                                  const struct groups *g, struct hone_target_feature *f)
{
    double *count;
    double *sum;
    double *square;
    double eta;
    size_t n = 0;

    HONE_TRY(hone_array(run, &run->scratch, &count, g->n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &sum, g->n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &square, g->n + 1));
    for (size_t row = 0; row < w->t->rows; row++) {
        if (!isnan(w->y[row]) && g->code[row] >= 0) {
            double y = w->y[row] - w->out->mean;
            size_t k = (size_t)g->code[row];
            count[k] += 1;
            sum[k] += y;
            square[k] += y * y;
            n += !(g->missing && k == g->n - 1);
        }
    }
    eta = hone_eta(count, sum, square, g->n, NULL);
    f->strength = isnan(eta) ? 0 : eta * eta;
    if (f->measure == NULL) {
        f->measure = "eta";
        f->value = hone_eta(count, sum, square, g->n - g->missing, NULL);
        f->n = n;
    }
    return HONE_OK;
}

static size_t print_value(char *out, size_t room, enum hone_type type, double x)
{
    char text[40];
    size_t len;

    if (type == HONE_BOOL) {
        return (size_t)snprintf(out, room, "%s", x == 0 ? "false" : "true");
    }
    if (type == HONE_DATE || type == HONE_TIMESTAMP) {
        len = type == HONE_DATE ? hone_format_date(text, hone_profile_moment(x))
                                : hone_format_timestamp(text, hone_profile_moment(x));
        return (size_t)snprintf(out, room, "%.*s", (int)len, text);
    }
    return (size_t)snprintf(out, room, fabs(x) < 1e6 && x == floor(x) ? "%.0f" : "%.4g", x);
}

static void label_number(const struct hone_column *c, const struct groups *g, size_t k,
                         struct hone_target_group *out)
{
    size_t len = print_value(out->label, sizeof out->label, c->type, g->low[k]);

    if (g->high[k] > g->low[k] && len + 4 < sizeof out->label) {
        memcpy(out->label + len, " to ", 4);
        len += 4;
        (void)print_value(out->label + len, sizeof out->label - len, c->type, g->high[k]);
    }
}

static void label_text(const struct hone_column *c, uint32_t row, struct hone_target_group *out)
{
    struct hone_str text = hone_column_str(c, row);

    if (text.len > sizeof out->label - 4) {
        text.len = sizeof out->label - 4;
        text.len = hone_utf8_valid(text);
        snprintf(out->label, sizeof out->label, "%.*s...", (int)text.len, text.ptr);
    } else {
        snprintf(out->label, sizeof out->label, "%.*s", (int)text.len,
                 text.len == 0 ? "" : text.ptr);
    }
}

/* Which groups are shown: numbers in their order, the most frequent categories, the others as one, missing last. */
static size_t place_groups(const struct hone_column *c, const struct groups *g,
                           const size_t *size, size_t *place, struct hone_target_feature *f)
{
    size_t real = g->n - g->missing;
    size_t room = HONE_TARGET_GROUPS - g->missing;
    struct hone_tally top[HONE_TARGET_GROUPS];
    size_t n = 0;

    if (g->numeric) {
        for (size_t k = 0; k < real; k++) {
            place[k] = k;
            label_number(c, g, k, &f->group[k]);
        }
        n = real;
    } else {
        size_t keep = real <= room ? real : room - 1;
        for (size_t k = 0; k < real; k++) {
            hone_tally_offer(top, keep, &n, (struct hone_tally){.key = k, .count = size[k]});
            place[k] = keep;
        }
        for (size_t i = 0; i < n; i++) {
            place[top[i].key] = i;
            label_text(c, g->level_row[top[i].key], &f->group[i]);
        }
        if (real > keep) {
            snprintf(f->group[n].label, sizeof f->group[n].label, "(%zu others)", real - keep);
            n++;
        }
    }
    if (g->missing) {
        place[g->n - 1] = n;
        snprintf(f->group[n].label, sizeof f->group[n].label, "(missing)");
        n++;
    }
    return n;
}

/* From sums to shares and means, with intervals that hold in 95 of 100 cases: Wilson's for shares. */
static void finish_group(const struct work *w, struct hone_target_group *group)
{
    double n = (double)group->rows;
    double z = 1.959964;
    double square = group->hi;

    for (size_t k = 0; k < w->out->shown; k++) {
        group->share[k] = group->rows == 0 ? 0 : group->share[k] / n;
    }
    group->mean = group->rows == 0 ? (double)NAN : group->mean / n;
    group->lo = group->hi = (double)NAN;
    if (w->out->kind == HONE_TARGET_BINARY && group->rows > 0) {
        double p = group->share[1];
        double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
        double reach = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
        group->mean = p;
        group->lo = fmin(p, fmax(0, middle - reach)); /* rounding must not cross it */
        group->hi = fmax(p, fmin(1, middle + reach));
    } else if (w->out->kind == HONE_TARGET_NUMBER && group->rows > 0) {
        double reach = 0;
        if (group->rows > 1) {
            double variance = fmax(0, square / n - group->mean * group->mean) * n / (n - 1);
            reach = z * sqrt(variance / n);
        }
        group->mean += w->out->mean;
        group->lo = group->mean - reach;
        group->hi = group->mean + reach;
    }
}

static enum hone_code show_groups(struct hone_run *run, const struct work *w,
                                  const struct hone_column *c, const struct groups *g,
                                  struct hone_target_feature *f)
{
    size_t *size;
    size_t *place;

    HONE_TRY(hone_array(run, &run->scratch, &size, g->n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &place, g->n + 1));
    for (size_t row = 0; row < w->t->rows; row++) {
        if (g->code[row] >= 0 && has_target(w, row)) {
            size[g->code[row]]++;
        }
    }
    f->groups = place_groups(c, g, size, place, f);
    if (w->profile->column[f->column].personal != NULL) {
        for (size_t i = 0; i < f->groups; i++) { /* values of people stay unsaid */
            snprintf(f->group[i].label, sizeof f->group[i].label, "group %zu", i + 1);
        }
    }
    for (size_t row = 0; row < w->t->rows; row++) {
        struct hone_target_group *group;
        if (g->code[row] < 0 || !has_target(w, row)) {
            continue;
        }
        group = &f->group[place[g->code[row]]];
        group->rows++;
        if (w->y != NULL) {
            double y = w->y[row] - w->out->mean;
            group->mean += y;
            group->hi += y * y; /* until the end */
            continue;
        }
        for (size_t k = 0; k < w->out->shown; k++) {
            group->share[k] += w->class[row] == w->shown[k] ? 1 : 0;
        }
    }
    for (size_t i = 0; i < f->groups; i++) {
        finish_group(w, &f->group[i]);
    }
    return HONE_OK;
}

static enum hone_code measure_feature(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct work *w = ctx;
    struct hone_target_feature *f = &w->out->feature[chunk];
    const struct hone_column *c = &w->t->column[w->candidate[chunk]];
    struct groups g = {.n = 0};
    size_t there = 0;
    HONE_ARENA(mem);

    HONE_TRY(hone_check_cancel(run));
    *f = (struct hone_target_feature){.column = w->candidate[chunk], .value = (double)NAN};
    if (hone_type_is_text(c->type)) {
        HONE_TRY(hone_column_codes(run, c, HONE_ASSOCIATE_LEVELS, &mem, &g.code, &g.level_row,
                                   &g.n));
    } else {
        HONE_TRY(hone_array(run, &run->scratch, &g.code, c->rows));
        for (size_t row = 0; row < c->rows; row++) {
            g.code[row] = -1;
        }
        HONE_TRY(measure_number(run, w, c, &g, f));
    }
    for (size_t row = 0; row < c->rows; row++) {
        there += g.code[row] >= 0;
        if (g.code[row] < 0 && has_target(w, row)) {
            g.code[row] = (int32_t)g.n;
            g.missing = true;
        }
    }
    g.n += g.missing;
    if (w->y != NULL) {
        HONE_TRY(tell_number(run, w, &g, f));
    } else {
        HONE_TRY(tell_classes(run, w, &g, f));
    }
    if (f->measure != NULL && strcmp(f->measure, "roc_auc") == 0) {
        f->suspect = fmax(f->value, 1 - f->value) >= SUSPECT_AUC;
    }
    f->suspect = f->n >= 30 && (f->suspect || f->strength >= SUSPECT_STRENGTH);
    return there == 0 && !g.missing ? HONE_OK : show_groups(run, w, c, &g, f);
}

/* Classes: texts, truth values, few whole numbers. */
static enum hone_code read_classes(struct hone_run *run, struct work *w, struct hone_arena *mem)
{
    struct hone_target_profile *out = w->out;
    struct hone_tally top[HONE_TARGET_CLASSES];
    uint32_t *level_row;
    size_t *count;
    size_t n = 0;

    HONE_TRY(hone_column_codes(run, w->target, MANY_CLASSES, mem, &w->class, &level_row,
                               &out->classes));
    HONE_TRY(hone_array(run, &run->scratch, &count, out->classes));
    for (size_t row = 0; row < w->t->rows; row++) {
        if (w->class[row] >= 0) {
            count[w->class[row]]++;
            out->rows++;
        }
    }
    out->kind = out->classes == 2 ? HONE_TARGET_BINARY : HONE_TARGET_CLASSES_MANY;
    for (size_t k = 0; k < out->classes; k++) {
        struct hone_tally next = {.key = k, .count = out->classes == 2 ? 1 : count[k]};
        hone_tally_offer(top, HONE_TARGET_CLASSES, &n, next); /* two stay in their order */
    }
    out->shown = n;
    for (size_t i = 0; i < n; i++) {
        struct hone_buf name = hone_buf(mem);
        hone_buf_text(&name, "");
        if (w->profile->column[out->column].personal != NULL) {
            hone_buf_format(&name, "class %zu", i + 1);
        } else {
            hone_column_print(&name, w->target, level_row[top[i].key]);
        }
        out->class[i] = name.ptr;
        out->class_rows[i] = count[top[i].key];
        w->shown[i] = (int32_t)top[i].key;
    }
    out->mean = out->classes == 2 && out->rows > 0
                    ? (double)out->class_rows[1] / (double)out->rows
                    : (double)NAN;
    return HONE_OK;
}

static enum hone_code read_target(struct hone_run *run, struct work *w,
                                  const struct hone_column_profile *p, struct hone_arena *mem)
{
    bool text = hone_type_is_text(w->target->type);
    struct hone_target_profile *out = w->out;
    double sum = 0;

    if (p->distinct < 2) {
        (void)hone_fail(run, HONE_E_ARG, "the target %s has %s", p->name,
                        p->distinct == 0 ? "no values" : "one value only");
        return hone_hint(run, "choose a column whose value is to be predicted");
    }
    if ((text && p->distinct > MANY_CLASSES) || w->target->type == HONE_BINARY ||
        w->target->type == HONE_VECTOR) {
        (void)hone_fail(run, HONE_E_ARG, "the target %s has %zu different texts", p->name,
                        p->distinct);
        return hone_hint(run, "a target is a number, or one of at most %d classes",
                         MANY_CLASSES);
    }
    if (text || w->target->type == HONE_BOOL || p->distinct == 2 ||
        (w->target->type == HONE_INT64 && p->distinct <= FEW_WHOLE)) {
        return read_classes(run, w, mem);
    }
    out->kind = HONE_TARGET_NUMBER;
    HONE_TRY(hone_array(run, mem, &w->y, w->t->rows));
    hone_column_reals(w->target, w->y);
    for (size_t row = 0; row < w->t->rows; row++) {
        w->y[row] = isfinite(w->y[row]) ? w->y[row] : (double)NAN;
        out->rows += isnan(w->y[row]) ? 0 : 1;
    }
    for (size_t row = 0; row < w->t->rows; row++) {
        sum += isnan(w->y[row]) ? 0 : w->y[row] / (double)out->rows;
    }
    out->mean = sum;
    return HONE_OK;
}

static int by_strength(const void *a, const void *b)
{
    const struct hone_target_feature *x = a;
    const struct hone_target_feature *y = b;

    if (x->strength != y->strength) {
        return x->strength > y->strength ? -1 : 1;
    }
    return x->column < y->column ? -1 : 1;
}

enum hone_code hone_target_profile(struct hone_run *run, const struct hone_table *t,
                                   const struct hone_profile *profile, const char *target,
                                   struct hone_arena *mem, struct hone_target_profile **out)
{
    struct hone_target_profile *made;
    struct work w = {.t = t, .profile = profile};
    HONE_ARENA(work);
    HONE_SCRATCH(run);

    HONE_TRY(hone_table_need(run, t, hone_str(target), &w.target));
    HONE_TRY(hone_array(run, mem, &made, 1));
    w.out = made;
    made->column = (size_t)(w.target - t->column);
    HONE_TRY(read_target(run, &w, &profile->column[made->column], mem));
    made->missing = t->rows - made->rows;
    HONE_TRY(hone_array(run, mem, &made->feature, t->cols));
    HONE_TRY(hone_array(run, &work, &w.candidate, t->cols));
    for (size_t j = 0; j < t->cols; j++) {
        const struct hone_column_profile *p = &profile->column[j];
        bool text = hone_type_is_text(p->type);
        bool number = hone_type_is_number(p->type) || hone_type_is_time(p->type);
        bool few =
            p->distinct <= HONE_ASSOCIATE_LEVELS && 2 * p->distinct <= p->rows - p->missing;
        bool tells = p->distinct > 1 || (p->distinct == 1 && p->missing > 0);
        if (j == made->column) {
            continue;
        }
        if (tells && (number || (text && few))) {
            w.candidate[made->features++] = j;
        } else {
            made->left_out++;
        }
    }
    HONE_TRY(hone_parallel_try(run, made->features, measure_feature, &w));
    if (made->features > 1) {
        qsort(made->feature, made->features, sizeof *made->feature, by_strength);
    }
    *out = made;
    return HONE_OK;
}

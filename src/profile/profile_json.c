/* Profiles as JSON; declared in profile/profile.h, the shape is in docs/profile.md. */
#include <math.h>

#include "base/time.h"
#include "profile/profile.h"

static json_t *count(size_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *must(json_t *value)
{
    HONE_ASSERT(value != NULL);
    return value;
}

/* A number, or a time as text. */
static json_t *value(enum hone_type type, double x)
{
    char text[40];

    if (!isfinite(x) || !hone_type_is_time(type)) {
        return hone_json_real(x);
    }
    if (type == HONE_DATE) {
        return hone_json_text(
            (struct hone_str){text, hone_format_date(text, hone_profile_moment(x))});
    }
    return hone_json_text(
        (struct hone_str){text, hone_format_timestamp(text, hone_profile_moment(x))});
}

static json_t *counts(const size_t *n, size_t len)
{
    json_t *list = must(json_array());

    for (size_t i = 0; i < len; i++) {
        hone_json_push(list, count(n[i]));
    }
    return list;
}

static void add_histogram(json_t *o, const char *name, enum hone_type type,
                          const struct hone_histogram *h)
{
    json_t *histogram;
    json_t *edges;

    if (h->bins == 0) {
        return;
    }
    histogram = must(json_object());
    edges = must(json_array());
    for (size_t b = 0; b <= h->bins; b++) {
        hone_json_push(edges, value(type, h->edge[b]));
    }
    hone_json_set(histogram, "edges", edges);
    hone_json_set(histogram, "counts", counts(h->count, h->bins));
    hone_json_set(histogram, "each", json_boolean(h->each));
    hone_json_set(histogram, "log", json_boolean(h->log));
    hone_json_set(histogram, "below", count(h->below));
    hone_json_set(histogram, "above", count(h->above));
    hone_json_set(o, name, histogram);
}

static json_t *ends(enum hone_type type, const struct hone_extreme *end, size_t n)
{
    json_t *list = must(json_array());

    for (size_t i = 0; i < n; i++) {
        json_t *one = must(json_object());
        hone_json_set(one, "value", value(type, end[i].value));
        hone_json_set(one, "count", count(end[i].count));
        hone_json_set(one, "row", count(end[i].row + 1));
        hone_json_push(list, one);
    }
    return list;
}

static void add_spread(json_t *o, const struct hone_column_profile *p)
{
    const struct hone_spread *s = &p->spread;
    json_t *outliers = must(json_object());

    hone_json_set(o, "iqr", hone_json_real(s->iqr));
    hone_json_set(o, "mad", hone_json_real(s->mad));
    if (p->type == HONE_BOOL) {
        json_decref(outliers);
        return;
    }
    hone_json_set(outliers, "low_fence", hone_json_real(s->low_fence));
    hone_json_set(outliers, "high_fence", hone_json_real(s->hi_fence));
    hone_json_set(outliers, "below", count(s->low_out));
    hone_json_set(outliers, "above", count(s->high_out));
    hone_json_set(outliers, "robust", count(s->robust_out));
    hone_json_set(o, "outliers", outliers);
}

static void add_times(json_t *o, const struct hone_column_profile *p)
{
    const struct hone_times *t = &p->times;
    double second = p->type == HONE_DATE ? 86400 : 1e-6;

    hone_json_set(o, "weekdays", counts(t->weekday, 7));
    hone_json_set(o, "months", counts(t->month, 12));
    if (p->type == HONE_TIMESTAMP) {
        hone_json_set(o, "hours", counts(t->hour, 24));
        hone_json_set(o, "midnight", count(t->midnight));
    }
    hone_json_set(o, "step_seconds", hone_json_real(t->step * second));
    hone_json_set(o, "step_share", hone_json_real(t->step_share));
    hone_json_set(o, "gaps", count(t->gaps));
    hone_json_set(o, "widest_gap_seconds", hone_json_real(t->gap * second));
    hone_json_set(o, "widest_gap_after", value(p->type, t->gap_from));
    hone_json_set(o, "future", count(t->future));
}

static void add_numbers(json_t *o, const struct hone_column_profile *p)
{
    static const char *const names[HONE_PROFILE_QUANTILES] = {"p0",  "p1",  "p5",  "p25", "p50",
                                                              "p75", "p95", "p99", "p100"};
    json_t *quantiles = must(json_object());

    hone_json_set(o, "min", value(p->type, p->min));
    hone_json_set(o, "max", value(p->type, p->max));
    hone_json_set(o, "mean", value(p->type, p->mean));
    if (!hone_type_is_time(p->type)) {
        hone_json_set(o, "std", hone_json_real(p->std));
        hone_json_set(o, "sum", hone_json_real(p->sum));
        hone_json_set(o, "skewness", hone_json_real(p->skewness));
        hone_json_set(o, "kurtosis", hone_json_real(p->kurtosis));
        hone_json_set(o, "zeros", count(p->zeros));
        hone_json_set(o, "negatives", count(p->negatives));
        hone_json_set(o, "infinite", count(p->infinite));
        hone_json_set(o, "nan", count(p->nans));
        add_spread(o, p);
    }
    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        hone_json_set(quantiles, names[q], value(p->type, p->quantile[q]));
    }
    hone_json_set(o, "quantiles", quantiles);
    hone_json_set(o, "lowest", ends(p->type, p->spread.low, p->spread.lows));
    hone_json_set(o, "highest", ends(p->type, p->spread.high, p->spread.highs));
    add_histogram(o, "histogram", p->type, &p->histogram);
    add_histogram(o, "zoom", p->type, &p->zoom);
    hone_json_set(o, "order",
                  json_string(p->rising    ? "rising"
                              : p->falling ? "falling"
                                           : "none"));
    hone_json_set(o, "strictly", json_boolean(p->strictly));
    if (hone_type_is_time(p->type)) {
        add_times(o, p);
    }
}

static json_t *values(const struct hone_top_value *top, size_t n)
{
    json_t *list = must(json_array());

    for (size_t i = 0; i < n; i++) {
        json_t *entry = must(json_object());
        hone_json_set(entry, "value", hone_json_text(hone_str(top[i].text)));
        hone_json_set(entry, "count", count(top[i].count));
        hone_json_push(list, entry);
    }
    return list;
}

static void add_texts(json_t *o, const struct hone_column_profile *p)
{
    const struct hone_texts_profile *t = &p->texts;
    json_t *variants = must(json_array());

    hone_json_set(o, "shortest", count(t->shortest));
    hone_json_set(o, "longest", count(t->longest));
    hone_json_set(o, "mean_length", hone_json_real(t->mean_length));
    hone_json_set(o, "mean_words", hone_json_real(t->mean_words));
    hone_json_set(o, "most_words", count(t->most_words));
    add_histogram(o, "lengths", HONE_INT64, &t->length);
    hone_json_set(o, "empty", count(t->empty));
    hone_json_set(o, "blanks", count(t->blanks));
    hone_json_set(o, "control", count(t->control));
    hone_json_set(o, "numeric", count(t->numeric));
    hone_json_set(o, "datelike", count(t->datelike));
    hone_json_set(o, "variants", count(t->variants));
    for (size_t i = 0; i < HONE_PROFILE_ENDS && t->variant[i] != NULL; i++) {
        hone_json_push(variants, hone_json_text(hone_str(t->variant[i])));
    }
    hone_json_set(o, "variant_examples", variants);
    hone_json_set(o, "shapes", values(t->shape, t->shapes));
    hone_json_set(o, "shape_runs", json_boolean(t->shape_runs));
    hone_json_set(o, "shaped", count(t->shaped));
}

static json_t *column_json(const struct hone_column_profile *p)
{
    json_t *o = must(json_object());
    json_t *notes = must(json_array());

    hone_json_set_text(o, "name", p->name);
    hone_json_set_text(o, "type", hone_type_name(p->type));
    hone_json_set(o, "rows", count(p->rows));
    hone_json_set(o, "missing", count(p->missing));
    hone_json_set(o, "distinct", count(p->distinct));
    if (hone_type_is_number(p->type) || hone_type_is_time(p->type)) {
        add_numbers(o, p);
    } else if (p->type != HONE_VECTOR) {
        add_texts(o, p);
    }
    hone_json_set(o, "top", values(p->top, p->top_n));
    hone_json_set_text(o, "id", p->id == HONE_ID_NONE ? NULL : hone_id_kind_name(p->id));
    hone_json_set_text(o, "same_as", p->same_as);
    hone_json_set_text(o, "personal", p->personal);
    for (size_t i = 0; i < p->notes; i++) {
        json_t *note = must(json_object());
        hone_json_set_text(note, "kind", p->note[i].kind);
        hone_json_set(note, "text", hone_json_text(hone_str(p->note[i].text)));
        hone_json_set(note, "weight", hone_json_real(p->note[i].weight));
        hone_json_push(notes, note);
    }
    hone_json_set(o, "notes", notes);
    return o;
}

static json_t *missing_json(const struct hone_profile *profile)
{
    const struct hone_missingness *m = &profile->missingness;
    json_t *o = must(json_object());
    json_t *patterns = must(json_array());
    json_t *pairs = must(json_array());

    hone_json_set(o, "columns", count(m->columns));
    hone_json_set(o, "bounded", json_boolean(m->bounded));
    hone_json_set(o, "complete_rows", count(m->complete));
    hone_json_set(o, "patterns", count(m->patterns));
    for (size_t i = 0; i < m->pattern_n; i++) {
        json_t *one = must(json_object());
        json_t *names = must(json_array());
        for (size_t k = 0; k < m->pattern[i].n; k++) {
            const char *name = profile->column[m->pattern[i].column[k]].name;
            hone_json_push(names, hone_json_text(hone_str(name)));
        }
        hone_json_set(one, "missing", names);
        hone_json_set(one, "rows", count(m->pattern[i].rows));
        hone_json_push(patterns, one);
    }
    for (size_t i = 0; i < m->pairs; i++) {
        json_t *one = must(json_object());
        hone_json_set_text(one, "a", profile->column[m->pair[i].a].name);
        hone_json_set_text(one, "b", profile->column[m->pair[i].b].name);
        hone_json_set(one, "both", count(m->pair[i].both));
        hone_json_set(one, "either", count(m->pair[i].either));
        hone_json_push(pairs, one);
    }
    hone_json_set(o, "most_frequent", patterns);
    hone_json_set(o, "together", pairs);
    return o;
}

json_t *hone_profile_json(const struct hone_profile *profile)
{
    json_t *o = must(json_object());
    json_t *columns = must(json_array());

    hone_json_set(o, "rows", count(profile->rows));
    hone_json_set(o, "columns", count(profile->cols));
    hone_json_set(o, "missing_cells", count(profile->missing_cells));
    hone_json_set(o, "duplicate_rows", count(profile->duplicate_rows));
    hone_json_set(o, "bytes", count(profile->bytes));
    hone_json_set(o, "missingness", missing_json(profile));
    for (size_t i = 0; i < profile->cols; i++) {
        hone_json_push(columns, column_json(&profile->column[i]));
    }
    hone_json_set(o, "column", columns);
    return o;
}

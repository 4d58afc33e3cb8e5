/* Profiles as JSON; declared in table/profile.h, the shape is in docs/table.md. */
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
            (struct hone_str){text, hone_format_date(text, (int64_t)floor(x))});
    }
    return hone_json_text(
        (struct hone_str){text, hone_format_timestamp(text, (int64_t)floor(x))});
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
        hone_json_set(o, "zeros", count(p->zeros));
        hone_json_set(o, "negatives", count(p->negatives));
        hone_json_set(o, "infinite", count(p->infinite));
    }
    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        hone_json_set(quantiles, names[q], value(p->type, p->quantile[q]));
    }
    hone_json_set(o, "quantiles", quantiles);
    if (p->bins > 0) {
        json_t *histogram = must(json_object());
        json_t *edges = must(json_array());
        json_t *counts = must(json_array());
        for (size_t b = 0; b <= p->bins; b++) {
            hone_json_push(edges, value(p->type, p->bin_edge[b]));
        }
        for (size_t b = 0; b < p->bins; b++) {
            hone_json_push(counts, count(p->bin_count[b]));
        }
        hone_json_set(histogram, "edges", edges);
        hone_json_set(histogram, "counts", counts);
        hone_json_set(o, "histogram", histogram);
    }
}

static json_t *column_json(const struct hone_column_profile *p)
{
    json_t *o = must(json_object());
    json_t *top = must(json_array());
    json_t *notes = must(json_array());

    hone_json_set_text(o, "name", p->name);
    hone_json_set_text(o, "type", hone_type_name(p->type));
    hone_json_set(o, "rows", count(p->rows));
    hone_json_set(o, "missing", count(p->missing));
    hone_json_set(o, "distinct", count(p->distinct));
    if (hone_type_is_number(p->type) || hone_type_is_time(p->type)) {
        add_numbers(o, p);
    } else if (p->type != HONE_VECTOR) {
        hone_json_set(o, "shortest", count(p->shortest));
        hone_json_set(o, "longest", count(p->longest));
    }
    for (size_t i = 0; i < p->top_n; i++) {
        json_t *entry = must(json_object());
        hone_json_set_text(entry, "value", p->top[i].text);
        hone_json_set(entry, "count", count(p->top[i].count));
        hone_json_push(top, entry);
    }
    hone_json_set(o, "top", top);
    for (size_t i = 0; i < p->notes; i++) {
        hone_json_push(notes, hone_json_text(hone_str(p->note[i])));
    }
    hone_json_set(o, "notes", notes);
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
    for (size_t i = 0; i < profile->cols; i++) {
        hone_json_push(columns, column_json(&profile->column[i]));
    }
    hone_json_set(o, "column", columns);
    return o;
}

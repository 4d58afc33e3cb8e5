#include "report/charts.h"

#include <math.h>

/* Format strings of Jansson: s text, s? text or null, i int, I integer, f real, b boolean, n null, o value. */
#define PACK(...) must(json_pack(__VA_ARGS__))

static json_t *must(json_t *value)
{
    HONE_ASSERT(value !=
                NULL); /* no memory, or text that is not UTF-8, which tables never hold */
    return value;
}

/* The frame of a chart; takes values and body (a mark and encoding, or layers). */
static json_t *chart(int height, json_t *values, json_t *body)
{
    json_t *spec = PACK("{s:s, s:s, s:i, s:{s:s, s:s}, s:{s:o}}", "$schema",
                        "https://vega.github.io/schema/vega-lite/v6.json", "width", "container",
                        "height", height, "autosize", "type", "fit-x", "contains", "padding",
                        "data", "values", values);
    json_object_update(spec, body);
    json_decref(body);
    return spec;
}

static const char *kind_of(struct hone_axis axis)
{
    return axis.time ? "temporal" : "quantitative";
}

/* An axis without a title has null there: Vega-Lite would print the field's name. */
static json_t *field(const char *name, struct hone_axis axis)
{
    return PACK("{s:s, s:s, s:s?}", "field", name, "type", kind_of(axis), "title", axis.title);
}

/* A dashed line in data of its own. */
static json_t *reference_layer(const double p[4])
{
    json_t *from = PACK("{s:f, s:f}", "x", p[0], "y", p[1]);
    json_t *to = PACK("{s:f, s:f}", "x", p[2], "y", p[3]);

    return PACK("{s:{s:[o, o]}, s:{s:s, s:s}, s:{s:{s:s, s:s}, s:{s:s, s:s}}}", "data",
                "values", from, to, "mark", "type", "line", "style", "reference", "encoding",
                "x", "field", "x", "type", "quantitative", "y", "field", "y", "type",
                "quantitative");
}

/* Bars from edge to edge, along an axis that from says. */
static json_t *bars(json_t *from, const double *edge, const size_t *count, size_t n)
{
    json_t *values = PACK("[]");

    for (size_t i = 0; i < n; i++) {
        hone_json_push(values, PACK("{s:f, s:f, s:I}", "from", edge[i], "to", edge[i + 1],
                                    "rows", (json_int_t)count[i]));
    }
    return chart(
        130, values,
        PACK("{s:{s:s, s:i}, s:{s:o, s:{s:s}, s:{s:s, s:s, s:s, s:{s:i, s:b}}, s:{s:i}}}",
             "mark", "type", "bar", "binSpacing", 1, "encoding", "x", from, "x2", "field", "to",
             "y", "field", "rows", "type", "quantitative", "title", "rows", "axis", "tickCount",
             4, "domain", 0, "y2", "datum", 0));
}

json_t *hone_chart_histogram(struct hone_axis x, const double *edge, const size_t *count,
                             size_t bins)
{
    json_t *from = field("from", x);

    if (!x.time) {
        json_object_set_new(from, "bin", PACK("{s:b}", "binned", 1));
    }
    return bars(from, edge, count, bins);
}

json_t *hone_chart_histogram_log(struct hone_axis x, const double *edge, const size_t *count,
                                 size_t bins)
{
    json_t *from = field("from", x);

    json_object_set_new(from, "scale", PACK("{s:s}", "type", "log"));
    json_object_set_new(from, "axis", PACK("{s:s, s:i}", "format", "~s", "tickCount", 6));
    return bars(from, edge, count, bins);
}

json_t *hone_chart_columns(const char *x_title, const char *const *label, const size_t *count,
                           size_t n)
{
    json_t *values = PACK("[]");

    for (size_t i = 0; i < n; i++) {
        hone_json_push(values, PACK("{s:o, s:I}", "value", hone_json_text(hone_str(label[i])),
                                    "rows", (json_int_t)count[i]));
    }
    return chart(130, values,
                 PACK("{s:{s:s}, s:{s:{s:s, s:s, s:s?, s:n, s:{s:i, s:b, s:b}}, "
                      "s:{s:s, s:s, s:s, s:{s:i, s:b}}}}",
                      "mark", "type", "bar", "encoding", "x", "field", "value", "type",
                      "ordinal", "title", x_title, "sort", "axis", "labelAngle", 0,
                      "labelOverlap", 1, "ticks", 0, "y", "field", "rows", "type",
                      "quantitative", "title", "rows", "axis", "tickCount", 4, "domain", 0));
}

json_t *hone_chart_stacks(const char *const *label, size_t n, const char *const *part, size_t k,
                          const double *share)
{
    json_t *values = PACK("[]");

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j++) {
            hone_json_push(values,
                           PACK("{s:o, s:o, s:o}", "name", hone_json_text(hone_str(label[i])),
                                "part", hone_json_text(hone_str(part[j])), "share",
                                hone_json_real(share[i * k + j])));
        }
    }
    return chart(n < 3 ? 60 : (int)(20 * (n < 60 ? n : 60)), values,
                 PACK("{s:{s:s}, s:{s:{s:s, s:s, s:n, s:n, s:{s:b, s:b, s:i}}, "
                      "s:{s:s, s:s, s:s, s:{s:s, s:i}}, s:{s:s, s:s, s:n, s:n}}}",
                      "mark", "type", "bar", "encoding", "y", "field", "name", "type",
                      "nominal", "sort", "title", "axis", "ticks", 0, "domain", 0, "labelLimit",
                      150, "x", "field", "share", "type", "quantitative", "title",
                      "share of rows", "axis", "format", "%", "tickCount", 5, "color", "field",
                      "part", "type", "nominal", "title", "sort"));
}

json_t *hone_chart_histogram_pair(struct hone_axis x, const double *edge, size_t bins,
                                  const char *const part[2], const double *const share[2])
{
    json_t *values = PACK("[]");
    json_t *from = field("from", x);

    for (size_t p = 0; p < 2; p++) {
        for (size_t i = 0; i < bins; i++) {
            hone_json_push(values, PACK("{s:f, s:f, s:o, s:o}", "from", edge[i], "to",
                                        edge[i + 1], "share", hone_json_real(share[p][i]),
                                        "part", hone_json_text(hone_str(part[p]))));
        }
    }
    if (!x.time) {
        json_object_set_new(from, "bin", PACK("{s:b}", "binned", 1));
    }
    return chart(
        170, values,
        PACK("{s:{s:s, s:f, s:i}, s:{s:o, s:{s:s}, s:{s:s, s:s, s:n, s:{s:s, s:i}, s:s}, "
             "s:{s:s, s:s, s:n, s:n}}}",
             "mark", "type", "bar", "opacity", 0.55, "binSpacing", 0, "encoding", "x", from,
             "x2", "field", "to", "y", "field", "share", "type", "quantitative", "stack",
             "axis", "format", "%", "tickCount", 4, "title", "share of rows", "color", "field",
             "part", "type", "nominal", "title", "sort"));
}

json_t *hone_chart_columns_pair(const char *const *label, size_t n, const char *const part[2],
                                const double *const share[2])
{
    json_t *values = PACK("[]");

    for (size_t p = 0; p < 2; p++) {
        for (size_t i = 0; i < n; i++) {
            hone_json_push(values,
                           PACK("{s:o, s:o, s:o}", "cell", hone_json_text(hone_str(label[i])),
                                "share", hone_json_real(share[p][i]), "part",
                                hone_json_text(hone_str(part[p]))));
        }
    }
    return chart(
        170, values,
        PACK(
            "{s:{s:s, s:f}, s:{s:{s:s, s:s, s:n, s:n, s:{s:i}}, s:{s:s, s:s, s:n, s:{s:s, s:i}, "
            "s:s}, s:{s:s, s:s, s:n, s:n}}}",
            "mark", "type", "bar", "opacity", 0.55, "encoding", "x", "field", "cell", "type",
            "nominal", "sort", "title", "axis", "labelAngle", -40, "y", "field", "share",
            "type", "quantitative", "stack", "axis", "format", "%", "tickCount", 4, "title",
            "share of rows", "color", "field", "part", "type", "nominal", "title", "sort"));
}

json_t *hone_chart_bars(const char *value_title, const char *const *label, const double *value,
                        const double *lo, const double *hi, size_t n)
{
    json_t *values = PACK("[]");
    json_t *layers = PACK("[]");
    bool intervals = lo != NULL && hi != NULL;

    for (size_t i = 0; i < n; i++) {
        json_t *row = PACK("{s:o, s:o}", "name", hone_json_text(hone_str(label[i])), "value",
                           hone_json_real(value[i]));
        if (intervals) {
            hone_json_set(row, "low", hone_json_real(lo[i]));
            hone_json_set(row, "high", hone_json_real(hi[i]));
        }
        hone_json_push(values, row);
    }
    hone_json_push(layers, PACK("{s:{s:s}, s:{s:{s:s, s:s, s:s?, s:{s:i}}}}", "mark", "type",
                                "bar", "encoding", "x", "field", "value", "type",
                                "quantitative", "title", value_title, "axis", "tickCount", 5));
    if (intervals) {
        hone_json_push(layers,
                       PACK("{s:{s:s}, s:{s:{s:s, s:s, s:s?}, s:{s:s}}}", "mark", "type",
                            "rule", "encoding", "x", "field", "low", "type", "quantitative",
                            "title", value_title, "x2", "field", "high"));
    }
    return chart(n < 3 ? 60 : (int)(20 * (n < 60 ? n : 60)), values,
                 PACK("{s:{s:{s:s, s:s, s:n, s:n, s:{s:b, s:b, s:i}}}, s:o}", "encoding", "y",
                      "field", "name", "type", "nominal", "sort", "title", "axis", "ticks", 0,
                      "domain", 0, "labelLimit", 150, "layer", layers));
}

/* One row per point; NaN becomes null, which breaks the line. */
static json_t *series_values(const struct hone_series *series, size_t n, bool *bands)
{
    json_t *values = PACK("[]");

    *bands = false;
    for (size_t s = 0; s < n; s++) {
        bool band = series[s].lo != NULL && series[s].hi != NULL;
        *bands = *bands || band;
        for (size_t i = 0; i < series[s].n; i++) {
            json_t *row =
                PACK("{s:o, s:o, s:o}", "series", hone_json_text(hone_str(series[s].name)), "x",
                     hone_json_real(series[s].x[i]), "y", hone_json_real(series[s].y[i]));
            if (band) {
                hone_json_set(row, "low", hone_json_real(series[s].lo[i]));
                hone_json_set(row, "high", hone_json_real(series[s].hi[i]));
            }
            hone_json_push(values, row);
        }
    }
    return values;
}

/* The colour of a series; a single one needs no legend. */
static json_t *series_color(size_t n)
{
    json_t *color =
        PACK("{s:s, s:s, s:n, s:n}", "field", "series", "type", "nominal", "title", "sort");

    if (n < 2) {
        json_object_set_new(color, "legend", PACK("n"));
    }
    return color;
}

json_t *hone_chart_lines(struct hone_axis x, struct hone_axis y,
                         const struct hone_series *series, size_t n)
{
    bool bands;
    json_t *values = series_values(series, n, &bands);
    json_t *layers = PACK("[]");
    json_t *y_field = field("y", y);

    json_object_set_new(y_field, "scale", PACK("{s:b}", "zero", 0));
    if (bands) {
        hone_json_push(layers, PACK("{s:{s:s, s:f}, s:{s:{s:s, s:s, s:s?}, s:{s:s}, s:o}}",
                                    "mark", "type", "area", "opacity", 0.18, "encoding", "y",
                                    "field", "low", "type", "quantitative", "title", y.title,
                                    "y2", "field", "high", "color", series_color(n)));
    }
    hone_json_push(layers, PACK("{s:{s:s, s:b}, s:{s:o, s:o}}", "mark", "type", "line", "point",
                                n != 0 && series[0].n <= 40, "encoding", "y", y_field, "color",
                                series_color(n)));
    return chart(220, values,
                 PACK("{s:{s:o}, s:o}", "encoding", "x", field("x", x), "layer", layers));
}

static json_t *unit_field(const char *name, const char *title)
{
    return PACK("{s:s, s:s, s:s?, s:{s:[i, i]}, s:{s:i}}", "field", name, "type",
                "quantitative", "title", title, "scale", "domain", 0, 1, "axis", "tickCount",
                5);
}

json_t *hone_chart_curves(const char *x_title, const char *y_title,
                          const struct hone_series *series, size_t n, const double reference[4],
                          bool points)
{
    bool bands;
    json_t *values = series_values(series, n, &bands);
    json_t *layers = PACK("[]");

    if (reference != NULL) {
        hone_json_push(layers, reference_layer(reference));
    }
    if (bands) {
        hone_json_push(layers, PACK("{s:{s:s, s:f}, s:{s:o, s:o, s:{s:s}, s:o}}", "mark",
                                    "type", "area", "opacity", 0.18, "encoding", "x",
                                    unit_field("x", x_title), "y", unit_field("low", y_title),
                                    "y2", "field", "high", "color", series_color(n)));
    }
    /* in the order given: a curve may go straight up */
    hone_json_push(layers,
                   PACK("{s:{s:s, s:b}, s:{s:o, s:o, s:n, s:o}}", "mark", "type", "line",
                        "point", points, "encoding", "x", unit_field("x", x_title), "y",
                        unit_field("y", y_title), "order", "color", series_color(n)));
    return chart(260, values, PACK("{s:o}", "layer", layers));
}

/* Labels stay in the order given. */
static json_t *label_field(const char *name, const struct hone_labels *labels)
{
    json_t *order = PACK("[]");

    for (size_t i = 0; i < labels->n; i++) {
        hone_json_push(order, hone_json_text(hone_str(labels->label[i])));
    }
    return PACK("{s:s, s:s, s:s?, s:o, s:{s:b, s:b, s:i}}", "field", name, "type", "nominal",
                "title", labels->title, "sort", order, "axis", "ticks", 0, "domain", 0,
                "labelAngle", 0);
}

json_t *hone_chart_heatmap(const struct hone_labels *row, const struct hone_labels *col,
                           const double *value, const double *shade)
{
    json_t *values = PACK("[]");
    json_t *square;
    json_t *print;
    json_t *y = label_field("row", row);
    size_t squares = row->n < 3 ? 3 : row->n;

    squares = squares > 20 ? 20 : squares;
    for (size_t i = 0; i < row->n; i++) {
        for (size_t j = 0; j < col->n; j++) {
            hone_json_push(values, PACK("{s:o, s:o, s:o, s:o}", "row",
                                        hone_json_text(hone_str(row->label[i])), "column",
                                        hone_json_text(hone_str(col->label[j])), "value",
                                        hone_json_real(value[i * col->n + j]), "shade",
                                        hone_json_real(shade[i * col->n + j])));
        }
    }
    square = PACK("{s:{s:s}, s:{s:{s:s, s:s, s:{s:[i, i], s:[f, f]}, s:n}}}", "mark", "type",
                  "rect", "encoding", "opacity", "field", "shade", "type", "quantitative",
                  "scale", "domain", 0, 1, "range", 0.05, 0.85, "legend");
    print = PACK("{s:{s:s}, s:{s:{s:s, s:s, s:s}}}", "mark", "type", "text", "encoding", "text",
                 "field", "value", "type", "quantitative", "format", ",.4~g");
    return chart((int)(36 * squares), values,
                 PACK("{s:{s:o, s:o}, s:[o, o]}", "encoding", "x", label_field("column", col),
                      "y", y, "layer", square, print));
}

json_t *hone_chart_matrix(const struct hone_labels *labels, const double *value,
                          const char *const *how)
{
    json_t *values = PACK("[]");
    json_t *layers = PACK("[]");
    json_t *x = label_field("column", labels);
    size_t n = labels->n;

    for (size_t i = 0; i < n * n; i++) {
        double v = value[i];
        json_t *row;
        if (isnan(v)) {
            continue;
        }
        row =
            PACK("{s:o, s:o, s:o, s:s}", "row", hone_json_text(hone_str(labels->label[i / n])),
                 "column", hone_json_text(hone_str(labels->label[i % n])), "value",
                 hone_json_real(v), "sign", v < 0 ? "falls" : "rises or differs");
        hone_json_set(row, "strength", hone_json_real(fabs(v)));
        hone_json_set_text(row, "measure", how[i] == NULL ? "" : how[i]);
        hone_json_push(values, row);
    }
    json_object_set_new(x, "axis",
                        PACK("{s:b, s:b, s:i, s:i}", "ticks", 0, "domain", 0, "labelAngle", -60,
                             "labelLimit", 110));
    hone_json_push(layers,
                   PACK("{s:{s:s}, s:{s:{s:s, s:s, s:{s:[s, s]}, s:n}, "
                        "s:{s:s, s:s, s:{s:[i, i], s:[f, f]}, s:n}}}",
                        "mark", "type", "rect", "encoding", "color", "field", "sign", "type",
                        "nominal", "scale", "domain", "rises or differs", "falls", "legend",
                        "opacity", "field", "strength", "type", "quantitative", "scale",
                        "domain", 0, 1, "range", 0.04, 0.95, "legend"));
    if (n <= 12) {
        hone_json_push(layers, PACK("{s:{s:s, s:i}, s:{s:{s:s, s:s, s:s}}}", "mark", "type",
                                    "text", "fontSize", 10, "encoding", "text", "field",
                                    "value", "type", "quantitative", "format", ".2~f"));
    }
    return chart((int)(n < 6     ? 34 * n + 20
                       : n <= 12 ? 30 * n
                                 : 22 * n),
                 values,
                 PACK("{s:{s:o, s:o}, s:o}", "encoding", "x", x, "y",
                      label_field("row", labels), "layer", layers));
}

json_t *hone_chart_scatter(struct hone_axis x, struct hone_axis y, const double *xs,
                           const double *ys, size_t n, const double reference[4])
{
    json_t *values = PACK("[]");
    json_t *layers = PACK("[]");
    json_t *x_field = field("x", x);
    json_t *y_field = field("y", y);

    json_object_set_new(x_field, "scale", PACK("{s:b}", "zero", 0));
    json_object_set_new(y_field, "scale", PACK("{s:b}", "zero", 0));
    for (size_t i = 0; i < n; i++) {
        hone_json_push(
            values, PACK("{s:o, s:o}", "x", hone_json_real(xs[i]), "y", hone_json_real(ys[i])));
    }
    if (reference != NULL) {
        hone_json_push(layers, reference_layer(reference));
    }
    hone_json_push(layers,
                   PACK("{s:{s:s, s:f, s:i}, s:{s:o, s:o}}", "mark", "type", "point", "opacity",
                        0.45, "size", 14, "encoding", "x", x_field, "y", y_field));
    return chart(260, values, PACK("{s:o}", "layer", layers));
}

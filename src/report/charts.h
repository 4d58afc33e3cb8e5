/*
 * report/charts.h - charts as Vega-Lite specifications
 *
 * Each call returns a new JSON object that stands by itself (it can be taken to a notebook): data inline in
 * .data.values, one row per mark, and no colours, which the page adds.  Callers keep the data small
 * (a few thousand rows): these functions draw what they are given.  They panic without memory.
 * Source: Vega-Lite 6 specification, https://vega.github.io/vega-lite/docs/.
 */
#ifndef HONE_REPORT_CHARTS_H
#define HONE_REPORT_CHARTS_H

#include "base/json.h"

/* An axis: its title (may be NULL), and whether its numbers are ms since 1970 UTC. */
struct hone_axis {
    const char *title;
    bool time;
};

/* Bars of count[i] (bins) between edge[i] and edge[i + 1] (bins + 1). */
json_t *hone_chart_histogram(struct hone_axis x, const double *edge, const size_t *count,
                             size_t bins);

/* The same with a logarithmic axis; edges > 0. */
json_t *hone_chart_histogram_log(struct hone_axis x, const double *edge, const size_t *count,
                                 size_t bins);

/* Upright bars of count[i], one per label, in the order given: values on a grid, weekdays, hours. */
json_t *hone_chart_columns(const char *x_title, const char *const *label, const size_t *count,
                           size_t n);

/* One horizontal bar per label (n), cut into parts (k): share (n, k) of the whole, row-major. */
json_t *hone_chart_stacks(const char *const *label, size_t n, const char *const *part, size_t k,
                          const double *share);

/* The same for two parts at once, as shares of each part: a reference and what is compared. */
json_t *hone_chart_histogram_pair(struct hone_axis x, const double *edge, size_t bins,
                                  const char *const part[2], const double *const share[2]);

/* Upright bars of shares of two parts over each other, one pair per label, in the order given. */
json_t *hone_chart_columns_pair(const char *const *label, size_t n, const char *const part[2],
                                const double *const share[2]);

/* One horizontal bar per label, in the order given. value_title says what the length is.  lo and hi (n)
 * draw intervals; both NULL: none. */
json_t *hone_chart_bars(const char *value_title, const char *const *label, const double *value,
                        const double *lo, const double *hi, size_t n);

struct hone_series {
    const char *name;
    const double *x, *y;   /* (n); NaN in y is a gap */
    const double *lo, *hi; /* (n) a band around y; both NULL: none */
    size_t n;
};

/* Lines over x.  Several series are told apart by colour and a legend. */
json_t *hone_chart_lines(struct hone_axis x, struct hone_axis y,
                         const struct hone_series *series, size_t n);

/* Curves in the unit square: ROC, precision and recall, reliability.  reference is a dashed line from (x0, y0)
 * to (x1, y1), NULL for none; points marks every point. */
json_t *hone_chart_curves(const char *x_title, const char *y_title,
                          const struct hone_series *series, size_t n, const double reference[4],
                          bool points);

struct hone_labels {
    const char *title; /* may be NULL */
    const char *const *label;
    size_t n;
};

/*
 * A field of squares, each with its value in print: confusion, correlation.
 *   value  (row->n, col->n) what is printed
 *   shade  (row->n, col->n) 0 to 1, how dark
 */
json_t *hone_chart_heatmap(const struct hone_labels *row, const struct hone_labels *col,
                           const double *value, const double *shade);

/*
 * The same for signed values from -1 to 1 of many columns: the colour is the sign, the strength how dark; values are
 * printed where there is room for them.
 *   value  (labels->n, labels->n) NaN: empty
 *   how    (labels->n, labels->n) what the value is, for the tooltip; NULL entries are fine
 */
json_t *hone_chart_matrix(const struct hone_labels *labels, const double *value,
                          const char *const *how);

/* Points (n).  reference as in hone_chart_curves, in the units of the axes. */
json_t *hone_chart_scatter(struct hone_axis x, struct hone_axis y, const double *xs,
                           const double *ys, size_t n, const double reference[4]);

#endif

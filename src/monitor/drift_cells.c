/* What of a column is drawn: few cells with names, before any are merged. */
#include <math.h>

#include "monitor/drift_priv.h"

#define LABEL 40

/* Four digits; large numbers without an exponent, as people write them. */
static const char *edge_text(double x, struct hone_arena *mem)
{
    return fabs(x) >= 1000 && fabs(x) < 1e12 ? hone_arena_format(mem, "%.0f", x)
                                             : hone_arena_format(mem, "%.4g", x);
}

static const char *bin_label(const struct hone_reference_column *r, size_t bin,
                             struct hone_arena *mem)
{
    if (r->edges == 0) {
        return "all";
    }
    if (bin == 0) {
        return hone_arena_format(mem, "up to %s", edge_text(r->edge[0], mem));
    }
    const char *from = edge_text(r->edge[bin - 1], mem);
    return bin == r->edges
               ? hone_arena_format(mem, "over %s", from)
               : hone_arena_format(mem, "%s to %s", from, edge_text(r->edge[bin], mem));
}

static const char *level_label(struct hone_str level, struct hone_arena *mem)
{
    size_t len = level.len <= LABEL ? level.len : LABEL;
    size_t whole = hone_utf8_valid((struct hone_str){level.ptr, len});
    return hone_arena_format(mem, "%.*s%s", (int)whole, level.ptr,
                             whole < level.len ? "…" : "");
}

static double greater(const double *expected, const double *seen, double m, double n, size_t k)
{
    return fmax(expected[k] / m, seen[k] / n);
}

/* The levels that matter most on either side, in the order of the reference. */
static size_t choose(const struct hone_drift_sample *s, const double *expected,
                     const double *seen, bool *chosen)
{
    size_t n = s->reference->levels;
    size_t most = n <= HONE_DRIFT_CELLS - 1 ? n : HONE_DRIFT_CELLS - 2;

    for (size_t i = 0; i < most; i++) {
        size_t best = n;
        for (size_t k = 0; k < n; k++) {
            if (!chosen[k] &&
                (best == n || greater(expected, seen, s->m, (double)s->n, k) >
                                  greater(expected, seen, s->m, (double)s->n, best))) {
                best = k;
            }
        }
        chosen[best] = true;
    }
    return most;
}

enum hone_code hone_drift_cells(struct hone_run *run, const struct hone_drift_sample *s,
                                const double *expected, const double *seen,
                                struct hone_arena *mem, struct hone_drift_column *out)
{
    const struct hone_reference_column *r = s->reference;
    double n = (double)s->n;
    struct hone_drift_cell rest = {.label = "other levels", .at = SIZE_MAX};
    bool chosen[HONE_REFERENCE_LEVELS] = {false};

    if (s->n == 0 || !(s->m > 0)) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &out->cell, HONE_DRIFT_CELLS));
    size_t cells = r->levels_only ? r->levels + 1 : r->edges + 1;
    if (r->levels_only) {
        (void)choose(s, expected, seen, chosen);
    }
    for (size_t k = 0; k < cells; k++) {
        const struct hone_drift_cell cell = {
            .reference = expected[k] / s->m, .window = seen[k] / n, .at = k};
        if (r->levels_only && (k == r->levels || !chosen[k])) {
            rest.reference += cell.reference;
            rest.window += cell.window;
            continue;
        }
        out->cell[out->cells] = cell;
        out->cell[out->cells++].label =
            r->levels_only ? level_label(r->level[k], mem) : bin_label(r, k, mem);
    }
    if (rest.reference + rest.window > 0) {
        out->cell[out->cells++] = rest;
    }
    return HONE_OK;
}

const struct hone_drift_cell *hone_drift_grown(const struct hone_drift_column *column)
{
    const struct hone_drift_cell *most = NULL;
    for (size_t i = 0; i < column->cells; i++) {
        const struct hone_drift_cell *cell = &column->cell[i];
        if (most == NULL || cell->window - cell->reference > most->window - most->reference) {
            most = cell;
        }
    }
    return column->cells < 2 ? NULL : most;
}

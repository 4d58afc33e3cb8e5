#include "flow/judge/segment.h"

#include <math.h>

#include "base/time.h"
#include "eval/order.h"
#include "eval/stat.h"
#include "prep/transform.h"
#include "report/words.h"

#define RANGES      4
#define MOST_VALUES 30
#define PAIR_OF     12 /* columns whose pairs are looked through */
#define LEAST_ROWS  30
#define LEVEL       0.05

/* --- cutting ------------------------------------------------------------------------------- */

static double value_at(const struct hone_column *c, size_t row)
{
    return hone_is_valid(c, row) ? hone_column_f64(c, row) : (double)NAN;
}

/* A value of the column as a reader knows it. */
static const char *edge_text(const struct hone_column *c, double v, struct hone_arena *mem)
{
    if (c->type == HONE_TIMESTAMP) {
        return hone_text_when(mem, (int64_t)v);
    }
    if (c->type == HONE_DATE) {
        char day[40];
        return hone_arena_text(mem, day, hone_format_date(day, (int64_t)v));
    }
    return hone_text_number(mem, v, 4);
}

/* Edges between ranges: edge[0..n) ascending and different; a value belongs to the number of edges at or below
 * it. */
static size_t choose_edges(const double *sorted, size_t n, size_t ranges, double *edge)
{
    size_t edges = 0;

    for (size_t r = 1; r < ranges; r++) {
        double e = sorted[r * n / ranges];
        if (e > sorted[0] && (edges == 0 || e > edge[edges - 1])) {
            edge[edges++] = e;
        }
    }
    return edges;
}

static const char *range_name(const struct hone_column *c, const double *edge, size_t edges,
                              size_t r, const double ends[2], struct hone_arena *mem)
{
    bool whole = c->type == HONE_INT64;
    double from = r == 0 ? ends[0] : edge[r - 1];
    double to = r == edges ? ends[1] : edge[r] - (whole ? 1 : 0);

    if (!(to > from)) {
        return edge_text(c, from, mem);
    }
    return hone_arena_format(mem, whole || r == edges ? "%s to %s" : "%s to < %s",
                             edge_text(c, from, mem), edge_text(c, to, mem));
}

static enum hone_code cut_ranges(struct hone_run *run, const struct hone_span *rows,
                                 const struct hone_column *c, size_t ranges,
                                 struct hone_arena *mem, struct hone_segments *out)
{
    double *value;
    double *sorted;
    double *edge;
    size_t known = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &value, rows->n));
    HONE_TRY(hone_array(run, &run->scratch, &sorted, rows->n));
    HONE_TRY(hone_array(run, &run->scratch, &edge, ranges));
    for (size_t i = 0; i < rows->n; i++) {
        value[i] = value_at(c, rows->row == NULL ? i : rows->row[i]);
        if (!isnan(value[i])) {
            sorted[known++] = value[i];
        }
    }
    size_t edges = 0;
    if (known > 0) {
        HONE_TRY(hone_sort_f64(run, known, sorted));
        edges = choose_edges(sorted, known, ranges, edge);
    }
    size_t filled = known > 0 ? edges + 1 : 0;
    HONE_TRY(hone_array(run, mem, &out->name, filled + 1));
    for (size_t r = 0; r < filled; r++) {
        const double ends[2] = {sorted[0], sorted[known - 1]};
        out->name[r] = range_name(c, edge, edges, r, ends, mem);
    }
    for (size_t i = 0; i < rows->n; i++) {
        size_t r = 0;
        while (r < edges && value[i] >= edge[r]) {
            r++;
        }
        out->code[i] = (uint32_t)(isnan(value[i]) ? filled : r);
    }
    out->n = filled;
    if (known < rows->n) {
        out->name[out->n++] = "(missing)";
    }
    return HONE_OK;
}

static enum hone_code too_many(struct hone_run *run, const char *column, size_t n, size_t most)
{
    (void)hone_fail(run, HONE_E_ARG, "column %s has %zu values, too many to be groups", column,
                    n);
    return hone_hint(run, "give a column of numbers, or of at most %zu values", most);
}

static enum hone_code cut_values(struct hone_run *run, const struct hone_span *rows,
                                 const struct hone_column *c, size_t most,
                                 struct hone_arena *mem, struct hone_segments *out)
{
    HONE_ARENA(work);
    struct hone_column text;
    struct hone_levels levels;
    size_t *all;
    const size_t *row = rows->row;

    if (row == NULL) {
        HONE_TRY(hone_array(run, &work, &all, rows->n));
        for (size_t i = 0; i < rows->n; i++) {
            all[i] = i;
        }
        row = all;
    }
    HONE_TRY(hone_column_cast(run, c, HONE_UTF8, false, &work, &text));
    HONE_TRY(hone_levels_find(run, &text, row, rows->n, &work, &levels));
    if (levels.n > most) {
        return too_many(run, c->name, levels.n, most);
    }
    HONE_TRY(hone_array(run, mem, &out->name, levels.n + 1));
    for (size_t g = 0; g < levels.n; g++) {
        out->name[g] = hone_arena_text(mem, levels.level[g].ptr, levels.level[g].len);
    }
    for (size_t i = 0; i < rows->n; i++) {
        out->code[i] = levels.code[i] < 0 ? (uint32_t)levels.n : (uint32_t)levels.code[i];
    }
    out->n = levels.n;
    if (levels.missing > 0) {
        out->name[out->n++] = "(missing)";
    }
    return HONE_OK;
}

/* Whether a number or time has more values than can each be a segment. */
static bool many_numbers(const struct hone_span *rows, const struct hone_column *c)
{
    double seen[HONE_SEGMENT_VALUES];
    size_t n = 0;

    if (c->type == HONE_BOOL || !(hone_type_is_number(c->type) || hone_type_is_time(c->type))) {
        return false;
    }
    for (size_t i = 0; i < rows->n; i++) {
        double v = value_at(c, rows->row == NULL ? i : rows->row[i]);
        size_t j = 0;
        while (j < n && (seen[j] < v || seen[j] > v)) {
            j++;
        }
        if (j < n || isnan(v)) {
            continue;
        }
        if (n == HONE_SEGMENT_VALUES) {
            return true;
        }
        seen[n++] = v;
    }
    return false;
}

enum hone_code hone_segments_cut(struct hone_run *run, const struct hone_span *rows,
                                 const char *column, size_t ranges, size_t most,
                                 struct hone_arena *mem, struct hone_segments *out)
{
    const struct hone_column *c;
    struct hone_segments s = {.column = column};

    HONE_TRY(hone_table_need(run, rows->table, hone_str(column), &c));
    HONE_TRY(hone_array(run, mem, &s.code, rows->n));
    if (many_numbers(rows, c)) {
        HONE_TRY(cut_ranges(run, rows, c, ranges, mem, &s));
    } else {
        HONE_TRY(cut_values(run, rows, c, most, mem, &s));
    }
    *out = s;
    return HONE_OK;
}

/* --- weak spots ---------------------------------------------------------------------------- */

/* Rows and their losses: with weights n is as many rows of equal weight as tell as much (Kish 1965). */
struct cell {
    size_t rows;
    double weight, weight_square;
    double sum, square;
};

struct search {
    const double *loss;   /* (rows) */
    const double *weight; /* (rows); NULL: all 1 */
    size_t rows, least;
    struct cell all;
    struct hone_segments *segments; /* (columns) */
    double *effect;                 /* (columns) variance of the loss between segments */
    size_t columns;
    struct hone_weak_spot *spot;
    double *p;
    size_t n, room;
    size_t looked;
};

static void add_cell(struct cell *c, const struct search *s, size_t i)
{
    double w = s->weight == NULL ? 1 : s->weight[i];
    c->rows++;
    c->weight += w;
    c->weight_square += w * w;
    c->sum += w * s->loss[i];
    c->square += w * s->loss[i] * s->loss[i];
}

static double size_of(const struct cell *c)
{
    return c->weight > 0 ? c->weight * c->weight / c->weight_square : 0;
}

static double mean_of(const struct cell *c)
{
    return c->sum / c->weight;
}

/* Unbiased where the weights say how much a row counts, not how often it was seen. */
static double variance(const struct cell *c)
{
    double mean = mean_of(c);
    return fmax(0.0, (c->square - c->weight * mean * mean) /
                         (c->weight - c->weight_square / c->weight));
}

/* One-sided: the mean of a is above that of b.  Welch, Biometrika 34, 1947. */
static double welch_p(const struct cell *a, const struct cell *b)
{
    double na = size_of(a);
    double nb = size_of(b);
    double va = variance(a) / na;
    double vb = variance(b) / nb;
    double gap = mean_of(a) - mean_of(b);
    double freedom = (va + vb) * (va + vb) / (va * va / (na - 1) + vb * vb / (nb - 1));

    return va + vb > 0 ? hone_student_sf(gap / sqrt(va + vb), freedom) : gap > 0 ? 0.0 : 1.0;
}

static struct cell without(const struct cell *all, const struct cell *part)
{
    return (struct cell){all->rows - part->rows, all->weight - part->weight,
                         all->weight_square - part->weight_square, all->sum - part->sum,
                         all->square - part->square};
}

static enum hone_code note_spot(struct hone_run *run, struct search *s,
                                const struct hone_weak_spot *spot, const struct cell *c,
                                double p_value, struct hone_arena *mem)
{
    if (s->n == s->room) {
        size_t room = s->room == 0 ? 256 : 2 * s->room;
        struct hone_weak_spot *more;
        double *p;
        HONE_TRY(hone_array(run, mem, &more, room));
        HONE_TRY(hone_array(run, mem, &p, room));
        if (s->n > 0) {
            memcpy(more, s->spot, s->n * sizeof *more);
            memcpy(p, s->p, s->n * sizeof *p);
        }
        s->spot = more;
        s->p = p;
        s->room = room;
    }
    struct cell rest = without(&s->all, c);
    s->spot[s->n] = *spot;
    s->spot[s->n].rows = c->rows;
    s->spot[s->n].weight = c->weight;
    s->spot[s->n].loss = mean_of(c);
    s->spot[s->n].elsewhere = mean_of(&rest);
    s->spot[s->n].p_value = p_value;
    s->p[s->n++] = p_value;
    return HONE_OK;
}

static bool large_enough(const struct search *s, const struct cell *c)
{
    struct cell rest = without(&s->all, c);
    return size_of(c) >= (double)s->least && size_of(&rest) >= (double)s->least;
}

static enum hone_code look_at_column(struct hone_run *run, struct search *s, size_t k,
                                     struct hone_arena *mem)
{
    const struct hone_segments *g = &s->segments[k];
    struct cell *cell;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &cell, g->n));
    for (size_t i = 0; i < s->rows; i++) {
        add_cell(&cell[g->code[i]], s, i);
    }
    for (size_t j = 0; j < g->n; j++) {
        struct hone_weak_spot spot = {
            .columns = 1, .column = {g->column}, .segment = {g->name[j]}};
        if (cell[j].weight > 0) {
            double d = mean_of(&cell[j]) - mean_of(&s->all);
            s->effect[k] += cell[j].weight * d * d;
        }
        if (!large_enough(s, &cell[j])) {
            continue;
        }
        struct cell rest = without(&s->all, &cell[j]);
        HONE_TRY(note_spot(run, s, &spot, &cell[j], welch_p(&cell[j], &rest), mem));
    }
    return HONE_OK;
}

/* A pair counts where it is worse than the rest of either of its parts; its p-value is the larger. */
static enum hone_code look_at_pair(struct hone_run *run, struct search *s, size_t a, size_t b,
                                   struct hone_arena *mem)
{
    const struct hone_segments *ga = &s->segments[a];
    const struct hone_segments *gb = &s->segments[b];
    struct cell *cell;
    struct cell *row;
    struct cell *col;
    HONE_SCRATCH(run);

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_matrix(run, &run->scratch, &cell, ga->n, gb->n));
    HONE_TRY(hone_array(run, &run->scratch, &row, ga->n));
    HONE_TRY(hone_array(run, &run->scratch, &col, gb->n));
    for (size_t i = 0; i < s->rows; i++) {
        add_cell(&cell[ga->code[i] * gb->n + gb->code[i]], s, i);
        add_cell(&row[ga->code[i]], s, i);
        add_cell(&col[gb->code[i]], s, i);
    }
    for (size_t x = 0; x < ga->n; x++) {
        for (size_t y = 0; y < gb->n; y++) {
            const struct cell *c = &cell[x * gb->n + y];
            struct cell beside = without(&row[x], c);
            struct cell below = without(&col[y], c);
            if (!large_enough(s, c) || size_of(&beside) < (double)s->least ||
                size_of(&below) < (double)s->least) {
                continue;
            }
            struct hone_weak_spot spot = {.columns = 2,
                                          .column = {ga->column, gb->column},
                                          .segment = {ga->name[x], gb->name[y]}};
            double p = fmax(welch_p(c, &beside), welch_p(c, &below));
            HONE_TRY(note_spot(run, s, &spot, c, p, mem));
        }
    }
    return HONE_OK;
}

static enum hone_code look_at_pairs(struct hone_run *run, struct search *s,
                                    struct hone_arena *mem)
{
    uint32_t *order;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &order, s->columns));
    HONE_TRY(hone_order_by(run, s->columns, s->effect, true, order));
    size_t n = s->columns < PAIR_OF ? s->columns : PAIR_OF;
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            HONE_TRY(look_at_pair(run, s, order[a], order[b], mem));
        }
    }
    return HONE_OK;
}

/* Whether there are labels behind the scores and nothing else. */
static bool only_labels(const struct hone_prediction *p)
{
    for (size_t i = 0; i < p->rows * p->classes; i++) {
        double s = hone_score_at(p, i / p->classes, i % p->classes);
        if (s > 0 && s < 1) {
            return false;
        }
    }
    return true;
}

/* The loss that each row adds, of the metric that the task is read by. */
static enum hone_code losses(struct hone_run *run, const struct hone_prediction *p,
                             struct hone_arena *mem, double **out, const char **name)
{
    bool regression = p->task == HONE_TASK_REGRESSION;
    bool labels = !regression && only_labels(p);
    const struct hone_metric *m;
    double *loss;

    HONE_TRY(hone_metric_need(run, hone_str(regression ? "mae" : "log_loss"), &m));
    HONE_TRY(hone_array(run, mem, &loss, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        loss[i] = !labels                                   ? m->loss(NULL, p, i)
                  : hone_predicted(p, i) == (size_t)p->y[i] ? 0.0
                                                            : 1.0;
    }
    *name = regression ? "absolute error" : labels ? "error rate" : "log loss";
    *out = loss;
    return HONE_OK;
}

/* Columns that can be cut in few segments; the others have nothing to say here. */
static enum hone_code cut_columns(struct hone_run *run, const struct hone_span *rows,
                                  const char *except, struct hone_arena *mem, struct search *s)
{
    const struct hone_table *t = rows->table;

    HONE_TRY(hone_array(run, mem, &s->segments, t->cols));
    HONE_TRY(hone_array(run, mem, &s->effect, t->cols));
    for (size_t k = 0; k < t->cols; k++) {
        const struct hone_column *c = &t->column[k];
        bool known = hone_type_is_number(c->type) || hone_type_is_time(c->type) ||
                     hone_type_is_text(c->type);
        if (!known || (except != NULL && strcmp(c->name, except) == 0)) {
            continue;
        }
        enum hone_code code = hone_segments_cut(run, rows, c->name, RANGES, MOST_VALUES, mem,
                                                &s->segments[s->columns]);
        if (code == HONE_E_ARG) {
            hone_error_clear(run);
            continue;
        }
        HONE_TRY(code);
        s->columns += s->segments[s->columns].n > 1 ? 1 : 0;
    }
    return HONE_OK;
}

static double excess(const struct hone_weak_spot *s)
{
    return (s->loss - s->elsewhere) * s->weight;
}

static int by_excess(const void *a, const void *b)
{
    double x = excess(a);
    double y = excess(b);
    return x < y ? 1 : x > y ? -1 : 0;
}

enum hone_code hone_weak_spots_find(struct hone_run *run, const struct hone_span *rows,
                                    const char *except, const struct hone_prediction *p,
                                    size_t most, struct hone_arena *mem,
                                    struct hone_weak_spots *out)
{
    HONE_ARENA(work);
    struct search s = {.rows = p->rows, .weight = p->weight};
    struct hone_weak_spots found = {0};
    double *loss;
    uint32_t *order;

    HONE_TRY(losses(run, p, &work, &loss, &found.loss));
    s.loss = loss;
    s.least = p->rows / 100 > LEAST_ROWS ? p->rows / 100 : LEAST_ROWS;
    for (size_t i = 0; i < p->rows; i++) {
        add_cell(&s.all, &s, i);
    }
    HONE_TRY(cut_columns(run, rows, except, mem, &s));
    for (size_t k = 0; k < s.columns; k++) {
        HONE_TRY(look_at_column(run, &s, k, &work));
    }
    HONE_TRY(look_at_pairs(run, &s, &work));
    found.looked = s.n;
    HONE_TRY(hone_array(run, &work, &order, s.n));
    HONE_TRY(hone_order_by(run, s.n, s.p, false, order));
    double least = 0;
    size_t kept = 0;
    for (size_t i = 0; i < s.n; i++) { /* Holm */
        least = fmin(1.0, fmax(least, s.p[order[i]] * (double)(s.n - i)));
        s.spot[order[i]].p_adjusted = least;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (s.spot[i].p_adjusted < LEVEL && s.spot[i].loss > s.spot[i].elsewhere) {
            s.spot[kept++] = s.spot[i];
        }
    }
    if (kept > 0) {
        qsort(s.spot, kept, sizeof *s.spot, by_excess);
    }
    found.n = kept < most ? kept : most;
    HONE_TRY(hone_array(run, mem, &found.item, found.n));
    if (found.n > 0) {
        memcpy(found.item, s.spot, found.n * sizeof *found.item);
    }
    *out = found;
    return HONE_OK;
}

#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "eval/order.h"
#include "eval/stat.h"
#include "monitor/drift_priv.h"

#define HONE_DRIFT(name) extern const struct hone_drift_test hone_drift_##name;
#include "monitor/drifts.def"
#undef HONE_DRIFT

const struct hone_part *const hone_drift_tests[] = {
#define HONE_DRIFT(name) &hone_drift_##name.part,
#include "monitor/drifts.def"
#undef HONE_DRIFT
    NULL,
};

#define MOST_TESTS     16
#define ALPHA          0.01
#define LEAST_ROWS     30
#define LEAST_EXPECTED 5.0 /* rows per cell: Cochran, Biometrics 10, 1954 */
#define CELLS          (HONE_REFERENCE_LEVELS + 2)
#define PI             3.14159265358979323846

const char *hone_drift_state_name(enum hone_drift_state state)
{
    static const char *const name[] = {"insufficient", "none", "possible", "drift"};
    return name[state];
}

enum hone_code hone_drift_cache_new(struct hone_run *run,
                                    const struct hone_reference *reference,
                                    struct hone_arena *mem, struct hone_drift_cache **out)
{
    struct hone_drift_cache *cache = hone_new(mem, struct hone_drift_cache);

    cache->cols = reference->cols;
    HONE_TRY(hone_array(run, mem, &cache->column, reference->cols));
    *out = cache;
    return HONE_OK;
}

/* What hone_drift_run works on. */
struct job {
    const struct hone_drift_test *test[MOST_TESTS];
    size_t tests;
    const struct hone_drift_cache *cache;
    double alpha;
    size_t least_rows;
    const struct hone_column **column; /* (cols) of the window */
    struct hone_drift_column *out;     /* (cols) */
    struct hone_drift_result *result;  /* (cols, tests) */
    char (*example)[64];               /* (cols) a new level */
    struct hone_drift_null **null;     /* (cols) NULL: nothing is kept */
    struct hone_arena *arena;          /* (cols) of names: mem is for one thread */
};

/*
 * Merge cells until each can be expected to hold LEAST_EXPECTED rows on the smaller side: neighbours when ordered, else
 * the rare ones together.  What to expect is what both sides have together, since cells chosen by one side's
 * counts would have that side's chance in them.  In place; the number of cells that remain.
 */
static size_t merge_cells(size_t cells, double *expected, double *seen, double scale,
                          bool ordered)
{
    size_t out = 0;
    double rare[2] = {0, 0};

    for (size_t i = 0; i < cells; i++) {
        bool enough = (expected[i] + seen[i]) * scale >= LEAST_EXPECTED;
        if (!ordered && !enough) {
            rare[0] += expected[i];
            rare[1] += seen[i];
            continue;
        }
        if (ordered && out > 0 &&
            (expected[out - 1] + seen[out - 1]) * scale < LEAST_EXPECTED) {
            expected[out - 1] += expected[i];
            seen[out - 1] += seen[i];
            continue;
        }
        expected[out] = expected[i];
        seen[out] = seen[i];
        out++;
    }
    if (ordered && out > 1 && (expected[out - 1] + seen[out - 1]) * scale < LEAST_EXPECTED) {
        out--;
        expected[out - 1] += expected[out];
        seen[out - 1] += seen[out];
    }
    if (rare[0] + rare[1] > 0) {
        bool join = out > 0 && (rare[0] + rare[1]) * scale < LEAST_EXPECTED;
        expected[join ? out - 1 : out] = rare[0] + (join ? expected[out - 1] : 0.0);
        seen[join ? out - 1 : out] = rare[1] + (join ? seen[out - 1] : 0.0);
        out += join ? 0 : 1;
    }
    return out;
}

/* The distinct points of the grid, and which shares lie at or below. */
static enum hone_code sample_points(struct hone_run *run, struct hone_drift_sample *s)
{
    const struct hone_reference_column *r = s->reference;
    double *point;
    double *share;
    double *here;
    double known = (double)(r->rows - r->missing);

    HONE_TRY(hone_array(run, &run->scratch, &point, HONE_REFERENCE_GRID));
    HONE_TRY(hone_array(run, &run->scratch, &share, HONE_REFERENCE_GRID));
    HONE_TRY(hone_array(run, &run->scratch, &here, HONE_REFERENCE_GRID));
    for (size_t k = 0, i = 0; k < HONE_REFERENCE_GRID && known > 0; k++) {
        if (k + 1 < HONE_REFERENCE_GRID && !(r->grid[k] < r->grid[k + 1])) {
            continue; /* the last of equal points */
        }
        while (i < s->n && s->sorted[i] <= r->grid[k]) {
            i++;
        }
        point[s->points] = r->grid[k];
        share[s->points] = fmin(1.0, r->upto[k] / known);
        here[s->points++] = s->n > 0 ? (double)i / (double)s->n : 0.0;
    }
    s->point = point;
    s->share = share;
    s->here = here;
    return HONE_OK;
}

static enum hone_code sample_numbers(struct hone_run *run, const struct hone_column *c,
                                     struct hone_drift_sample *s, double *expected,
                                     double *seen)
{
    const struct hone_reference_column *r = s->reference;
    double *v;
    size_t n = 0;

    HONE_TRY(hone_array(run, &run->scratch, &v, c->rows));
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (isfinite(x)) {
            v[n++] = x;
        }
    }
    HONE_TRY(hone_sort_f64(run, n, v));
    for (size_t i = 0, b = 0; i < n; i++) {
        while (b < r->edges && v[i] > r->edge[b]) {
            b++;
        }
        seen[b] += 1;
    }
    memcpy(expected, r->bin, (r->edges + 1) * sizeof *expected);
    s->cells = r->edges + 1;
    s->sorted = v;
    s->n = n;
    s->missing = c->rows - n;
    s->m = (double)(r->rows - r->missing);
    return sample_points(run, s);
}

static struct hone_str level_at(const struct hone_column *c, size_t row)
{
    if (c->type == HONE_BOOL) {
        return hone_str(hone_column_i64(c, row) != 0 ? "true" : "false");
    }
    return hone_column_str(c, row);
}

static enum hone_code sample_levels(struct hone_run *run, const struct hone_column *c,
                                    struct hone_drift_sample *s, double *expected, double *seen,
                                    char example[64])
{
    const struct hone_reference_column *r = s->reference;
    struct hone_map map = {.mem = &run->scratch};
    bool all_listed = r->distinct <= r->levels;

    for (size_t k = 0; k < r->levels; k++) {
        if (hone_map_add(&map, r->level[k], (uint32_t)k) == UINT32_MAX) {
            return hone_no_room(run, "levels", k);
        }
        expected[k] = r->fair != NULL ? r->fair[k] : r->count[k];
        s->m += expected[k];
    }
    expected[r->levels] = r->fair != NULL ? r->fair_other : r->other;
    s->m += expected[r->levels];
    for (size_t i = 0; i < c->rows; i++) {
        if (!hone_is_valid(c, i)) {
            s->missing++;
            continue;
        }
        struct hone_str text = level_at(c, i);
        uint32_t k = hone_map_get(&map, text);
        seen[k == UINT32_MAX ? r->levels : k] += 1;
        if (k == UINT32_MAX && all_listed && s->unseen++ == 0) {
            size_t len = text.len < 60 ? text.len : 60;
            memcpy(example, text.ptr, hone_utf8_valid((struct hone_str){text.ptr, len}));
            s->example = example;
        }
    }
    s->cells = r->levels + 1;
    s->n = c->rows - s->missing;
    return HONE_OK;
}

static bool applies(const struct hone_drift_test *test, const struct hone_drift_sample *s)
{
    const struct hone_reference_column *r = s->reference;

    if (!(r->levels_only ? test->levels : test->numbers)) {
        return false;
    }
    return true;
}

/* Can the window's column be read as the reference's? */
static bool same_kind(const struct hone_reference_column *r, const struct hone_column *c)
{
    bool levels = hone_type_is_text(c->type) || c->type == HONE_BOOL;
    bool time = hone_type_is_time(r->type) || hone_type_is_time(c->type);

    if (c->type == HONE_VECTOR || c->type == HONE_BINARY) {
        return false;
    }
    return levels == r->levels_only && (!time || c->type == r->type);
}

static enum hone_code measure_all(struct hone_run *run, const struct job *job,
                                  const struct hone_drift_sample *s,
                                  struct hone_drift_column *out)
{
    bool values =
        !s->reference->moves && s->n >= job->least_rows && s->m >= (double)job->least_rows;

    for (size_t t = 0; t < job->tests; t++) {
        const struct hone_drift_test *test = job->test[t];
        struct hone_drift_result *r = &out->result[out->n];
        double limit = 0;
        bool about_rows = hone_str_is(hone_str(test->part.name), "missing_share");
        if (!applies(test, s) || (!about_rows && (!values || s->cells == 0))) {
            continue;
        }
        *r = (struct hone_drift_result){.test = test, .p = (double)NAN};
        HONE_TRY(test->measure(run, s, job->alpha, &r->value, &r->p, &limit));
        r->threshold = fmax(test->floor, limit);
        out->n++;
    }
    return HONE_OK;
}

static enum hone_code compare_column(struct hone_run *run, void *ctx, size_t j)
{
    struct job *job = ctx;
    struct hone_drift_column *out = &job->out[j];
    const struct hone_column *c = job->column[j];
    struct hone_drift_sample s = {.reference = out->reference, .rows = c->rows};
    double expected[CELLS] = {0};
    double seen[CELLS] = {0};
    HONE_SCRATCH(run);

    HONE_TRY(hone_check_cancel(run));
    out->result = job->result + j * job->tests;
    if (c->rows < job->least_rows || out->reference->rows < job->least_rows ||
        !same_kind(out->reference, c)) {
        return HONE_OK;
    }
    if (out->reference->levels_only) {
        HONE_TRY(sample_levels(run, c, &s, expected, seen, job->example[j]));
    } else {
        HONE_TRY(sample_numbers(run, c, &s, expected, seen));
    }
    HONE_TRY(hone_drift_cells(run, &s, expected, seen, &job->arena[j], out));
    double both = s.m + (double)s.n;
    double scale = both > 0 ? fmin(s.m, (double)s.n) / both : 0.0;
    s.cells = merge_cells(s.cells, expected, seen, scale, !out->reference->levels_only);
    s.expected = expected;
    s.seen = seen;
    s.null = job->null[j];
    s.seed = run->seed + hone_hash64(out->reference->name, strlen(out->reference->name), 3);
    return measure_all(run, job, &s, out);
}

/*
 * One p-value of several tests of one question: the mean of Cauchy variables is a Cauchy variable, however they depend on
 * each other.  One that is near 1 must not drown the others.  NaN: there is no test.
 * Source: Liu & Xie, JASA 115, 2020, eq. 3.
 */
static double combine(const struct hone_drift_column *c, enum hone_drift_question question)
{
    double sum = 0;
    double n = 0;
    double least = 1;

    for (size_t t = 0; t < c->n; t++) {
        double p = c->result[t].p;
        if (c->result[t].test->question == question && !isnan(p)) {
            double at = fmin(fmax(p, 1e-300), 0.99);
            sum += at < 1e-15 ? 1 / (at * PI) : tan((0.5 - at) * PI);
            least = fmin(least, p);
            n += 1;
        }
    }
    if (!(n > 0)) {
        return (double)NAN;
    }
    double mean = sum / n;
    double p = mean > 1e15 ? 1 / (mean * PI) : 0.5 - atan(mean) / PI;
    return n > 1 ? p : least;
}

/* Adjust the questions of all columns together, then say what each test amounts to. */
static enum hone_code adjust(struct hone_run *run, const struct job *job, size_t cols)
{
    double *p;
    double *adjusted;
    size_t *order;
    HONE_SCRATCH(run);

    HONE_TRY(hone_matrix(run, &run->scratch, &p, cols, HONE_DRIFT_QUESTIONS));
    HONE_TRY(hone_matrix(run, &run->scratch, &adjusted, cols, HONE_DRIFT_QUESTIONS));
    HONE_TRY(hone_matrix(run, &run->scratch, &order, cols, HONE_DRIFT_QUESTIONS));
    for (size_t j = 0; j < cols; j++) {
        for (size_t q = 0; q < HONE_DRIFT_QUESTIONS; q++) {
            p[j * HONE_DRIFT_QUESTIONS + q] =
                combine(&job->out[j], (enum hone_drift_question)q);
        }
    }
    hone_benjamini_hochberg(cols * HONE_DRIFT_QUESTIONS, p, adjusted, order);
    for (size_t j = 0; j < cols; j++) {
        for (size_t t = 0; t < job->out[j].n; t++) {
            struct hone_drift_result *r = &job->out[j].result[t];
            double q = adjusted[j * HONE_DRIFT_QUESTIONS + r->test->question];
            r->p_adjusted = isnan(r->p) ? r->p : fmax(q, r->p);
        }
    }
    return HONE_OK;
}

static void judge_result(const struct job *job, struct hone_drift_result *r)
{
    double size = r->value / r->test->floor;

    r->state = HONE_DRIFT_NONE;
    if (r->p_adjusted < job->alpha && size >= 1) {
        r->state = HONE_DRIFT_FOUND;
    } else if (r->p_adjusted < 3 * job->alpha && size >= 0.5) {
        r->state = HONE_DRIFT_POSSIBLE;
    }
}

/* The cell that gained most: "; more \"over 78\": 10 % before, 31 % now". */
static const char *grown(const struct hone_drift_column *c, struct hone_arena *mem)
{
    const struct hone_drift_cell *most = hone_drift_grown(c);
    return most == NULL
               ? ""
               : hone_arena_format(mem, "; more \"%s\": %.3g %% before, %.3g %% now",
                                   most->label, 100 * most->reference, 100 * most->window);
}

static void describe(const struct job *job, size_t j, struct hone_arena *mem)
{
    struct hone_drift_column *c = &job->out[j];
    const struct hone_drift_result *r = c->leading;
    const char *name = c->reference->name;

    if (r == NULL) {
        c->message = hone_arena_format(mem, "%s: %s", name,
                                       same_kind(c->reference, job->column[j])
                                           ? "too few rows to tell"
                                           : "of another type than in the reference");
    } else if (c->state == HONE_DRIFT_NONE) {
        c->message = hone_arena_format(mem, "%s is as in the reference", name);
    } else if (hone_str_is(hone_str(r->test->part.name), "new_category") &&
               job->example[j][0] != '\0') {
        c->message = hone_arena_format(
            mem,
            "%s has levels that the reference does not know in %.2g %% of the rows, such as \"%s\"",
            name, 100 * r->value, job->example[j]);
    } else {
        c->message =
            hone_arena_format(mem, "%s %s: %s %.3g, threshold %.3g (q %.2g)%s", name,
                              c->state == HONE_DRIFT_FOUND ? "has drifted" : "may have drifted",
                              r->test->part.name, r->value, r->threshold, r->p_adjusted,
                              r->test->question == HONE_DRIFT_OF_VALUES ? grown(c, mem) : "");
    }
}

static void judge_column(const struct job *job, size_t j, struct hone_arena *mem)
{
    struct hone_drift_column *c = &job->out[j];

    c->state = c->n == 0 ? HONE_DRIFT_INSUFFICIENT : HONE_DRIFT_NONE;
    for (size_t t = 0; t < c->n; t++) {
        struct hone_drift_result *r = &c->result[t];
        judge_result(job, r);
        double score = r->p_adjusted < job->alpha ? r->value / r->test->floor : 0.0;
        if (c->leading == NULL || r->state > c->leading->state ||
            (r->state == c->leading->state && score > c->score)) {
            c->leading = r;
            c->score = score;
        }
        c->state = r->state > c->state ? r->state : c->state;
    }
    describe(job, j, mem);
}

static bool ranks_before(const struct hone_drift_column *a, const struct hone_drift_column *b)
{
    if (a->state != b->state) {
        return a->state > b->state;
    }
    return a->score > b->score;
}

static void rank(size_t n, struct hone_drift_column *c)
{
    for (size_t i = 1; i < n; i++) { /* stable: equal ones keep the order of the reference */
        struct hone_drift_column x = c[i];
        size_t j = i;
        for (; j > 0 && ranks_before(&x, &c[j - 1]); j--) {
            c[j] = c[j - 1];
        }
        c[j] = x;
    }
}

static void judge_window(const struct hone_drift_options *options, struct hone_drift_report *r)
{
    size_t told = 0;

    for (size_t j = 0; j < r->cols; j++) {
        const struct hone_drift_column *c = &r->column[j];
        told += c->state != HONE_DRIFT_INSUFFICIENT ? 1 : 0;
        r->drifted += c->state == HONE_DRIFT_FOUND ? 1 : 0;
        r->possible += c->state == HONE_DRIFT_POSSIBLE ? 1 : 0;
        r->prediction_drifted =
            r->prediction_drifted || (c->reference->prediction && c->state == HONE_DRIFT_FOUND);
    }
    bool share = (double)r->drifted >= options->drift_share * (double)told && r->drifted > 0;
    r->state = told == 0                        ? HONE_DRIFT_INSUFFICIENT
               : share || r->prediction_drifted ? HONE_DRIFT_FOUND
               : r->drifted + r->possible > 0   ? HONE_DRIFT_POSSIBLE
                                                : HONE_DRIFT_NONE;
}

static enum hone_code choose_tests(struct hone_run *run, const struct hone_drift_options *o,
                                   struct job *job)
{
    job->alpha = o->alpha > 0 ? o->alpha : ALPHA;
    job->least_rows = o->least_rows > 0 ? o->least_rows : LEAST_ROWS;
    if (o->tests.n == 0) {
        for (; hone_drift_tests[job->tests] != NULL; job->tests++) {
            job->test[job->tests] =
                (const struct hone_drift_test *)hone_drift_tests[job->tests];
        }
        return HONE_OK;
    }
    for (size_t i = 0; i < o->tests.n && i < MOST_TESTS; i++) {
        const struct hone_part *part;
        HONE_TRY(hone_part_need(run, hone_drift_tests, "drift test", hone_str(o->tests.item[i]),
                                &part));
        job->test[job->tests++] = (const struct hone_drift_test *)part;
    }
    return HONE_OK;
}

/* Pair the reference's columns with the window's; those it lacks are named. */
static enum hone_code pair(struct hone_run *run, const struct hone_reference *reference,
                           const struct hone_table *window,
                           const struct hone_table *predictions, struct hone_arena *mem,
                           struct job *job, struct hone_drift_report *report)
{
    const struct hone_drift_cache *cache = job->cache;

    HONE_ASSERT(cache == NULL || cache->cols == reference->cols);
    HONE_TRY(hone_array(run, mem, &report->column, reference->cols));
    HONE_TRY(hone_array(run, mem, &report->absent, reference->cols));
    HONE_TRY(hone_array(run, mem, &job->column, reference->cols));
    HONE_TRY(hone_array(run, mem, &job->example, reference->cols));
    HONE_TRY(hone_array(run, mem, &job->null, reference->cols));
    HONE_TRY(hone_array(run, mem, &job->arena, reference->cols));
    HONE_TRY(hone_matrix(run, mem, &job->result, reference->cols, job->tests));
    job->out = report->column;
    for (size_t j = 0; j < reference->cols; j++) {
        const struct hone_reference_column *r = &reference->column[j];
        const struct hone_table *t = r->prediction ? predictions : window;
        const struct hone_column *c = t == NULL ? NULL : hone_table_find(t, hone_str(r->name));
        if (c == NULL) {
            if (!r->prediction) {
                report->absent[report->absent_n++] = r->name;
            }
            continue;
        }
        job->column[report->cols] = c;
        job->null[report->cols] = cache == NULL ? NULL : &cache->column[j];
        report->column[report->cols].reference = r;
        report->cols++;
    }
    return HONE_OK;
}

enum hone_code hone_drift_run(struct hone_run *run, const struct hone_reference *reference,
                              const struct hone_table *window,
                              const struct hone_table *predictions,
                              const struct hone_drift_options *options, struct hone_arena *mem,
                              struct hone_drift_report **out)
{
    struct job job = {.cache = options->cache};
    struct hone_drift_report *report = hone_new(mem, struct hone_drift_report);

    if (predictions != NULL && predictions->rows != window->rows) {
        return hone_fail(run, HONE_E_SHAPE, "%zu rows but %zu predictions", window->rows,
                         predictions->rows);
    }
    HONE_TRY(choose_tests(run, options, &job));
    report->rows = window->rows;
    HONE_TRY(pair(run, reference, window, predictions, mem, &job, report));
    enum hone_code code = hone_parallel_try(run, report->cols, compare_column, &job);
    for (size_t j = 0; j < report->cols; j++) {
        hone_arena_join(mem, &job.arena[j]);
    }
    HONE_TRY(code);
    HONE_TRY(adjust(run, &job, report->cols));
    for (size_t j = 0; j < report->cols; j++) {
        judge_column(&job, j, mem);
    }
    rank(report->cols, report->column);
    judge_window(options, report);
    *out = report;
    return HONE_OK;
}

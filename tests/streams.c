#include "streams.h"

#include "base/rng.h"
#include "check.h"
#include "eval/stat.h"
#include "table/builder.h"

enum { NORMAL, HEAVY, TAIL, TIES, ZEROS, COUNTS, CITY, MANY, FLAG, COLUMNS };

static const char *const names[COLUMNS] = {"normal", "heavy", "tail", "ties", "zeros",
                                           "counts", "city",  "many", "flag"};
static const enum hone_type types[COLUMNS] = {HONE_FLOAT64, HONE_FLOAT64, HONE_FLOAT64,
                                              HONE_INT64,   HONE_FLOAT32, HONE_INT64,
                                              HONE_UTF8,    HONE_UTF8,    HONE_BOOL};

/* A normal number of column j; with shared > 0 those of one row belong together. */
static double draw(struct hone_rng *rng, double shared, double weight)
{
    double own = hone_rng_normal(rng);
    return weight * shared + sqrt(1 - weight * weight) * own;
}

static double unit_of(double z)
{
    return fmin(fmax(hone_normal_sf(-z), 1e-12), 1 - 1e-12);
}

struct stream {
    struct hone_builder *b[COLUMNS + 1];
    double weight; /* how much of every column is the row's own number */
};

static void put_text(struct hone_run *run, struct hone_builder *b, size_t k)
{
    char text[24];
    int len = snprintf(text, sizeof text, "level %zu", k);
    CHECK_OK(run, hone_builder_str(run, b, (struct hone_str){text, (size_t)len}));
}

static void put_row(struct hone_run *run, struct stream *s, struct hone_rng *rng,
                    const struct change *c)
{
    double shared = hone_rng_normal(rng);
    double z[COLUMNS];
    for (size_t j = 0; j < COLUMNS; j++) {
        z[j] = draw(rng, shared, s->weight) + c->all;
    }
    double x = c->mean + (c->spread > 0 ? c->spread : 1) * z[NORMAL];
    if (c->shape > 0 && hone_rng_unit(rng) < c->shape) {
        x = (z[NORMAL] < 0 ? -0.95 : 0.95) + 0.312 * hone_rng_normal(rng);
    }
    CHECK_OK(run, hone_builder_f64(run, s->b[NORMAL], x));
    CHECK_OK(run, hone_builder_f64(run, s->b[HEAVY], exp(2 * z[HEAVY])));
    CHECK_OK(run, hone_builder_f64(run, s->b[TAIL], pow(unit_of(z[TAIL]), -1 / 1.5)));
    CHECK_OK(run, hone_rng_unit(rng) < 0.05 + c->missing
                      ? hone_builder_null(run, s->b[TIES])
                      : hone_builder_i64(run, s->b[TIES], (int64_t)(4 * unit_of(z[TIES]))));
    CHECK_OK(run, hone_builder_f64(run, s->b[ZEROS], z[ZEROS] < 0.3 ? 0 : exp(z[ZEROS])));
    CHECK_OK(run, hone_builder_i64(run, s->b[COUNTS], (int64_t)(20 + 6 * z[COUNTS])));
    double u = unit_of(z[CITY]);
    size_t city = (size_t)(6 * u * u);
    double v = hone_rng_unit(rng);
    city = v < c->mix ? 1 : 1 - v < c->unknown ? 99 : city;
    put_text(run, s->b[CITY], city);
    /* 400 levels, the commonest in 8 %, most in a row or two of a thousand */
    double w = unit_of(z[MANY]);
    put_text(run, s->b[MANY], (size_t)(400 * w * w * w));
    CHECK_OK(run, hone_builder_i64(run, s->b[FLAG], z[FLAG] > 0.5));
    if (s->b[COLUMNS] != NULL) {
        double answer = 1 / (1 + exp(-(z[NORMAL] + z[TIES]) / 2 - c->prediction));
        CHECK_OK(run, hone_builder_f64(run, s->b[COLUMNS], answer));
    }
}

struct hone_table *stream_rows(struct hone_run *run, struct hone_arena *mem, uint64_t seed,
                               size_t rows, double weight, const struct change *change,
                               struct hone_table **answers)
{
    struct stream s = {.weight = weight};
    struct hone_rng rng = hone_rng(seed, 4711);
    struct hone_column column[COLUMNS];
    struct hone_column answer;
    struct hone_table *out = NULL;
    for (size_t j = 0; j < COLUMNS; j++) {
        CHECK_OK(run, hone_builder_new(run, names[j], types[j], mem, &s.b[j]));
    }
    if (answers != NULL) {
        CHECK_OK(run, hone_builder_new(run, "prediction", HONE_FLOAT32, mem, &s.b[COLUMNS]));
    }
    for (size_t i = 0; i < rows; i++) {
        put_row(run, &s, &rng, change);
    }
    for (size_t j = 0; j < COLUMNS; j++) {
        CHECK_OK(run, hone_builder_end(run, s.b[j], &column[j]));
    }
    CHECK_OK(run, hone_table_of(run, column, COLUMNS, mem, &out));
    if (answers != NULL) {
        CHECK_OK(run, hone_builder_end(run, s.b[COLUMNS], &answer));
        CHECK_OK(run, hone_table_of(run, &answer, 1, mem, answers));
    }
    return out;
}

/* As a server sees them: numbers as floats, counted. */
static void see(struct hone_sketch *s, const struct hone_table *inputs,
                const struct hone_table *answers)
{
    for (size_t j = 0; j < s->reference->cols; j++) {
        struct hone_sketch_column *c = &s->column[j];
        const struct hone_column *v = hone_table_find(
            c->reference->prediction ? answers : inputs, hone_str(c->reference->name));
        for (size_t i = 0; i < v->rows; i++) {
            if (!hone_is_valid(v, i)) {
                hone_sketch_missing(c);
            } else if (hone_type_is_text(v->type)) {
                hone_sketch_level(c, hone_column_str(v, i));
            } else {
                hone_sketch_number(c, (double)(float)hone_column_f64(v, i));
            }
        }
    }
    atomic_fetch_add(&s->rows, inputs->rows);
}

void stream_sketch(struct hone_run *run, struct hone_arena *mem, const struct hone_reference *r,
                   struct hone_table **inputs, struct hone_table **answers)
{
    struct hone_sketch *s = NULL;
    struct hone_counts *counts = NULL;
    CHECK_OK(run, hone_sketch_new(run, r, mem, &s));
    CHECK_OK(run, hone_counts_new(run, r, mem, &counts));
    see(s, *inputs, *answers);
    hone_counts_read(counts, s);
    CHECK_OK(run, hone_counts_tables(run, counts, r, 200000, mem, inputs, answers));
}

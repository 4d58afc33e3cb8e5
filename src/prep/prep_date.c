/*
 * Dates and times as numbers a model can use: day count, year, month, day, day of the week, hour,
 * minute of the day; only those that differ among the training rows.
 *
 * All arithmetic is on int64 with the standard operators, so it is exact everywhere.  Integer division
 * truncates, hence the shift to a day count that is never negative (0000-03-01).
 */
#include <math.h>

#include "base/time.h"
#include "prep/transform.h"

#define SHIFT_DAYS INT64_C(719468) /* from 0000-03-01 to 1970-01-01 */
#define DAY_US     INT64_C(86400000000)

enum field { DAYS, YEAR, MONTH, DAY, WEEKDAY, HOUR, MINUTE, FIELDS };
static const char *const field_name[FIELDS] = {"days",    "year", "month",        "day",
                                               "weekday", "hour", "minute of day"};

/* The same fields outside the graph: only to see which of them vary. */
static void fields_of(const struct hone_column *c, size_t row, int64_t out[FIELDS])
{
    int64_t us = hone_column_i64(c, row);
    us = c->type == HONE_DATE ? us * DAY_US : us;
    struct hone_civil civil = hone_civil_from_us(us);
    int64_t days = hone_days_from_civil(civil.year, civil.month, civil.day);
    out[DAYS] = days;
    out[YEAR] = civil.year;
    out[MONTH] = civil.month;
    out[DAY] = civil.day;
    out[WEEKDAY] = ((days % 7) + 10) % 7; /* Monday is 0; 1970-01-01 was a Thursday */
    out[HOUR] = civil.hour;
    out[MINUTE] = civil.hour * 60 + civil.minute;
}

static void find_varying(const struct hone_fit_column *in, bool varies[FIELDS])
{
    int64_t first[FIELDS] = {0};
    bool any = false;
    for (size_t i = 0; i < in->rows; i++) {
        int64_t now[FIELDS];
        if (!hone_is_valid(in->column, in->row[i])) {
            continue;
        }
        fields_of(in->column, in->row[i], now);
        for (size_t f = 0; f < FIELDS; f++) {
            varies[f] = varies[f] || (any && now[f] != first[f]);
            first[f] = any ? first[f] : now[f];
        }
        any = true;
    }
    /* a minute that always falls on the hour is the hour again */
    bool finer = false;
    for (size_t i = 0; i < in->rows && !finer; i++) {
        if (hone_is_valid(in->column, in->row[i])) {
            int64_t now[FIELDS];
            fields_of(in->column, in->row[i], now);
            finer = now[MINUTE] % 60 != 0;
        }
    }
    varies[MINUTE] = varies[MINUTE] && finer;
}

struct arithmetic {
    struct hone_graph *graph;
    const char *hint;
};

static const char *calc(const struct arithmetic *a, const char *op, const char *x, int64_t y)
{
    const char *constant = hone_graph_const_i64(a->graph, "k", y);
    return hone_graph_op(a->graph, "", op, a->hint, HONE_IN(x, constant));
}

static const char *both(const struct arithmetic *a, const char *op, const char *x,
                        const char *y)
{
    return hone_graph_op(a->graph, "", op, a->hint, HONE_IN(x, y));
}

/* x mod y for x >= 0 */
static const char *rest(const struct arithmetic *a, const char *x, int64_t y)
{
    return both(a, "Sub", x, calc(a, "Mul", calc(a, "Div", x, y), y));
}

/* Hinnant, civil_from_days, in graph operators; z counts days from 0000-03-01. */
static void emit_civil(const struct arithmetic *a, const char *z, const char *out[FIELDS])
{
    const char *era = calc(a, "Div", z, 146097);
    const char *doe = both(a, "Sub", z, calc(a, "Mul", era, 146097));
    const char *t = both(a, "Sub", doe, calc(a, "Div", doe, 1460));
    t = both(a, "Add", t, calc(a, "Div", doe, 36524));
    t = both(a, "Sub", t, calc(a, "Div", doe, 146096));
    const char *yoe = calc(a, "Div", t, 365);
    const char *before = both(a, "Add", calc(a, "Mul", yoe, 365), calc(a, "Div", yoe, 4));
    before = both(a, "Sub", before, calc(a, "Div", yoe, 100));
    const char *doy = both(a, "Sub", doe, before);
    const char *mp = calc(a, "Div", calc(a, "Add", calc(a, "Mul", doy, 5), 2), 153);
    const char *first = calc(a, "Div", calc(a, "Add", calc(a, "Mul", mp, 153), 2), 5);
    out[DAY] = calc(a, "Add", both(a, "Sub", doy, first), 1);
    /* months run from March: 0..9 are March..December, 10 and 11 January and February */
    const char *wrap = calc(a, "Div", mp, 10);
    out[MONTH] = both(a, "Sub", calc(a, "Add", mp, 3), calc(a, "Mul", wrap, 12));
    out[YEAR] = both(a, "Add", both(a, "Add", yoe, calc(a, "Mul", era, 400)), wrap);
    out[DAYS] = calc(a, "Sub", z, SHIFT_DAYS);
    out[WEEKDAY] = rest(a, calc(a, "Add", z, 2), 7); /* 0000-03-01 was a Wednesday */
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    (void)run, (void)settings;
    bool varies[FIELDS] = {false};
    find_varying(in, varies);
    const char *name = in->column->name;
    struct arithmetic a = {graph, hone_arena_format(mem, "%s_time", name)};
    const char *field[FIELDS] = {NULL};
    const char *z;
    if (in->column->type == HONE_DATE) {
        z = calc(&a, "Add", in->value, SHIFT_DAYS);
    } else {
        const char *us = calc(&a, "Add", in->value, SHIFT_DAYS * DAY_US);
        z = calc(&a, "Div", us, DAY_US);
        const char *minute = calc(&a, "Div", rest(&a, us, DAY_US), INT64_C(60000000));
        field[HOUR] = calc(&a, "Div", minute, 60);
        field[MINUTE] = minute;
    }
    emit_civil(&a, z, field);
    const char *absent = calc(&a, "Equal", in->value, INT64_MIN);
    const char *nan = hone_graph_const_f32(graph, "nan", NAN);
    for (size_t f = 0; f < FIELDS; f++) {
        if (!varies[f] || field[f] == NULL) {
            continue;
        }
        const char *label = hone_arena_format(mem, "%s_%s", name, field_name[f]);
        const char *real = hone_graph_op(graph, "", "Cast", label, HONE_IN(field[f]));
        hone_node_int(graph, hone_graph_last(graph), "to", HONE_F32);
        const char *value =
            hone_graph_op(graph, "", "Where", label, HONE_IN(absent, nan, real));
        hone_features_add(out, (struct hone_feature){.name = hone_arena_format(
                                                         mem, "%s (%s)", name, field_name[f]),
                                                     .source = name,
                                                     .value = value});
    }
    return HONE_OK;
}

const struct hone_transform hone_transform_date_parts = {
    .part.name = "date_parts",
    .part.summary = "dates and times as day count, year, month, day, weekday, hour, minute",
    .part.source = "H. Hinnant, chrono-compatible low-level date algorithms",
    .accepts = 1u << HONE_DATE | 1u << HONE_TIMESTAMP,
    .encode = encode,
};

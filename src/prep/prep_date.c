/*
 * Dates and times as numbers a model can use; of those asked for, only the ones that differ among the training
 * rows.
 *
 * All arithmetic is on int64 with the standard operators, so it is exact everywhere.  Integer division
 * truncates, hence the shift to a day count that is never negative (0000-03-01).  Sines and cosines come out of
 * tables, so that they too are the same bits in every runtime.
 */
#include <math.h>

#include "base/time.h"
#include "prep/emit.h"
#include "prep/transform.h"

#define SHIFT_DAYS INT64_C(719468) /* from 0000-03-01 to 1970-01-01 */
#define DAY_US     INT64_C(86400000000)

enum field {
    DAYS,
    ELAPSED,
    YEAR,
    QUARTER,
    MONTH,
    WEEK,
    DAY,
    DAY_OF_YEAR,
    WEEKDAY,
    WEEKEND,
    HOUR,
    MINUTE,
    FIELDS
};

/* How a field is named, its first value, and how many it takes where it comes round again (0: it does not). */
static const struct {
    const char *name, *word;
    int64_t first;
    size_t round;
    bool usual;
} fields[FIELDS] = {
    [DAYS] = {"days", "days", 0, 0, true},
    [ELAPSED] = {"elapsed", "elapsed", 0, 0, false},
    [YEAR] = {"year", "year", 0, 0, true},
    [QUARTER] = {"quarter", "quarter", 1, 4, false},
    [MONTH] = {"month", "month", 1, 12, true},
    [WEEK] = {"week", "week", 1, 53, false},
    [DAY] = {"day", "day", 1, 31, true},
    [DAY_OF_YEAR] = {"day_of_year", "day of year", 1, 366, false},
    [WEEKDAY] = {"weekday", "weekday", 0, 7, true},
    [WEEKEND] = {"weekend", "weekend", 0, 0, false},
    [HOUR] = {"hour", "hour", 0, 24, true},
    [MINUTE] = {"minute", "minute of day", 0, 1440, true},
};

struct settings {
    struct hone_texts part;
    bool cyclic;
    const char *since;
};

static const struct hone_param params[] = {
    HONE_LIST(struct settings, part, .arg = "PART,...",
              .help =
                  "days (since 1970), elapsed (days and parts of days since `since`), year, "
                  "quarter, month, week (ISO), day, day_of_year, weekday (Monday 0), weekend, "
                  "hour, minute (of the day), or all; not given: days, year, month, day, "
                  "weekday, hour, minute"),
    HONE_FLAG(struct settings, cyclic, false,
              .help = "sine and cosine instead of each part that comes round again"),
    HONE_TEXT(struct settings, since, NULL, .arg = "TIME",
              .help =
                  "where elapsed begins, 2020-01-01 or 2020-01-01T12:00:00Z; not given: the "
                  "first time of the training rows"),
    HONE_PARAM_END,
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The ISO week: that of the Thursday of the same week. */
static int64_t iso_week(int64_t days, int64_t weekday)
{
    int64_t thursday = days - weekday + 3;
    struct hone_civil civil = hone_civil_from_us(thursday * DAY_US);
    return (thursday - hone_days_from_civil(civil.year, 1, 1)) / 7 + 1;
}

/* The same fields outside the graph: only to see which of them vary.  elapsed is in µs. */
static void fields_of(const struct hone_column *c, size_t row, int64_t out[FIELDS])
{
    int64_t us = hone_column_i64(c, row);
    us = c->type == HONE_DATE ? us * DAY_US : us;
    struct hone_civil civil = hone_civil_from_us(us);
    int64_t days = hone_days_from_civil(civil.year, civil.month, civil.day);
    out[DAYS] = days;
    out[ELAPSED] = us;
    out[YEAR] = civil.year;
    out[QUARTER] = (civil.month + 2) / 3;
    out[MONTH] = civil.month;
    out[DAY] = civil.day;
    out[DAY_OF_YEAR] = days - hone_days_from_civil(civil.year, 1, 1) + 1;
    out[WEEKDAY] = ((days % 7) + 10) % 7; /* Monday is 0; 1970-01-01 was a Thursday */
    out[WEEKEND] = out[WEEKDAY] >= 5;
    out[WEEK] = iso_week(days, out[WEEKDAY]);
    out[HOUR] = civil.hour;
    out[MINUTE] = civil.hour * 60 + civil.minute;
}

/* Which fields vary, and the first time there is. */
static void look(const struct hone_fit_column *in, bool varies[FIELDS], int64_t *start)
{
    int64_t first[FIELDS] = {0};
    bool any = false;
    bool finer = false; /* a minute that always falls on the hour is the hour again */
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
        finer = finer || now[MINUTE] % 60 != 0;
        *start = !any || now[ELAPSED] < *start ? now[ELAPSED] : *start;
        any = true;
    }
    varies[MINUTE] = varies[MINUTE] && finer;
}

/* The parts that were asked for. */
static enum hone_code choose(struct hone_run *run, const struct settings *set,
                             bool wanted[FIELDS])
{
    const char *names[FIELDS];
    for (size_t f = 0; f < FIELDS; f++) {
        names[f] = fields[f].name;
        wanted[f] = set->part.n == 0 && fields[f].usual;
    }
    for (size_t i = 0; i < set->part.n; i++) {
        size_t found = FIELDS;
        bool all = strcmp(set->part.item[i], "all") == 0;
        for (size_t f = 0; f < FIELDS; f++) {
            if (all || strcmp(set->part.item[i], names[f]) == 0) {
                wanted[f] = true;
                found = f;
            }
        }
        if (found == FIELDS) {
            const char *near = hone_nearest(set->part.item[i], names, FIELDS);
            (void)hone_fail(run, HONE_E_ARG, "date_parts has no part %s", set->part.item[i]);
            return near == NULL ? hone_hint(run, "see hone list transforms date_parts")
                                : hone_hint(run, "did you mean %s?", near);
        }
    }
    return HONE_OK;
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

/* Years that begin in March, and the day in such a year, of a day count from 0000-03-01. */
struct march {
    const char *year, *day;
};

/* Hinnant, civil_from_days, in graph operators. */
static struct march emit_march(const struct arithmetic *a, const char *z)
{
    const char *era = calc(a, "Div", z, 146097);
    const char *doe = both(a, "Sub", z, calc(a, "Mul", era, 146097));
    const char *t = both(a, "Sub", doe, calc(a, "Div", doe, 1460));
    t = both(a, "Add", t, calc(a, "Div", doe, 36524));
    t = both(a, "Sub", t, calc(a, "Div", doe, 146096));
    const char *yoe = calc(a, "Div", t, 365);
    const char *before = both(a, "Add", calc(a, "Mul", yoe, 365), calc(a, "Div", yoe, 4));
    before = both(a, "Sub", before, calc(a, "Div", yoe, 100));
    return (struct march){both(a, "Add", yoe, calc(a, "Mul", era, 400)),
                          both(a, "Sub", doe, before)};
}

/* Days from 1 January to the day: those from 1 March less 306 days, or, before it comes, with the year before. */
static const char *emit_day_of_year(const struct arithmetic *a, const char *z)
{
    struct march m = emit_march(a, z);
    const char *wrap = calc(a, "Div", m.day, 306); /* 1 in January and February */
    const char *year = both(a, "Add", m.year, wrap);
    const char *past = calc(a, "Sub", year, 1); /* years complete before this one */
    const char *days = calc(a, "Mul", past, 365);
    days = both(a, "Add", days, calc(a, "Div", past, 4));
    days = both(a, "Sub", days, calc(a, "Div", past, 100));
    days = both(a, "Add", days, calc(a, "Div", past, 400));
    return calc(a, "Sub", both(a, "Sub", z, days), 305); /* 0001-01-01 is day 306 */
}

/* z counts days from 0000-03-01. */
static void emit_civil(const struct arithmetic *a, const char *z, const bool *used,
                       const char *out[FIELDS])
{
    struct march m = emit_march(a, z);
    const char *mp = calc(a, "Div", calc(a, "Add", calc(a, "Mul", m.day, 5), 2), 153);
    const char *first = calc(a, "Div", calc(a, "Add", calc(a, "Mul", mp, 153), 2), 5);
    out[DAY] = calc(a, "Add", both(a, "Sub", m.day, first), 1);
    /* months run from March: 0..9 are March..December, 10 and 11 January and February */
    const char *wrap = calc(a, "Div", mp, 10);
    out[MONTH] = both(a, "Sub", calc(a, "Add", mp, 3), calc(a, "Mul", wrap, 12));
    out[QUARTER] = used[QUARTER] ? calc(a, "Div", calc(a, "Add", out[MONTH], 2), 3) : NULL;
    out[YEAR] = both(a, "Add", m.year, wrap);
    out[DAYS] = calc(a, "Sub", z, SHIFT_DAYS);
    out[WEEKDAY] = rest(a, calc(a, "Add", z, 2), 7); /* 0000-03-01 was a Wednesday */
    out[WEEKEND] = used[WEEKEND] ? calc(a, "Div", out[WEEKDAY], 5) : NULL;
    out[DAY_OF_YEAR] = used[DAY_OF_YEAR] ? emit_day_of_year(a, z) : NULL;
    if (used[WEEK]) {
        const char *thursday = calc(a, "Add", both(a, "Sub", z, out[WEEKDAY]), 3);
        const char *day = emit_day_of_year(a, thursday);
        out[WEEK] = calc(a, "Add", calc(a, "Div", calc(a, "Sub", day, 1), 7), 1);
    }
}

/* Every field as an int64 value of the graph, elapsed as float. */
static enum hone_code emit_fields(struct hone_run *run, const struct settings *set,
                                  const struct hone_fit_column *in, int64_t start,
                                  const struct arithmetic *a, const bool *used,
                                  const char *out[FIELDS])
{
    bool date = in->column->type == HONE_DATE;
    int64_t days = 0;
    bool has_zone;
    bool day_only = set->since != NULL && hone_parse_date(hone_str(set->since), &days);
    start = day_only ? days * DAY_US : start;
    if (set->since != NULL && !day_only &&
        !hone_parse_timestamp(hone_str(set->since), &start, &has_zone)) {
        (void)hone_fail(run, HONE_E_ARG, "date_parts: since is '%.60s', which is no time",
                        set->since);
        return hone_hint(run, "write since=2020-01-01");
    }
    const char *z;
    if (date) {
        z = calc(a, "Add", in->value, SHIFT_DAYS);
    } else {
        const char *us = calc(a, "Add", in->value, SHIFT_DAYS * DAY_US);
        z = calc(a, "Div", us, DAY_US);
        const char *minute = calc(a, "Div", rest(a, us, DAY_US), INT64_C(60000000));
        out[HOUR] = calc(a, "Div", minute, 60);
        out[MINUTE] = minute;
    }
    if (used[ELAPSED]) {
        const double unit = date ? 1 : (double)DAY_US;
        const char *ticks = calc(a, "Sub", in->value, date ? floor_div(start, DAY_US) : start);
        const char *wide = hone_emit_cast(a->graph, ticks, a->hint, HONE_F64);
        const char *day = hone_emit_row_f64(a->graph, "day", 1, &unit);
        const char *elapsed = both(a, "Div", wide, day);
        out[ELAPSED] = hone_emit_cast(a->graph, elapsed, a->hint, HONE_F32);
    }
    emit_civil(a, z, used, out);
    return HONE_OK;
}

/* One feature: the real value, missing where the time is. */
struct emitting {
    struct hone_graph *graph;
    const char *absent, *nan, *name;
    struct hone_features *out;
};

static void add_feature(const struct emitting *e, enum field f, const char *round,
                        const char *real)
{
    struct hone_arena *mem = e->out->mem;
    const char *label = hone_arena_format(mem, "%s_%s%s", e->name, fields[f].name, round);
    const char *value =
        hone_graph_op(e->graph, "", "Where", label, HONE_IN(e->absent, e->nan, real));
    hone_features_add(e->out,
                      (struct hone_feature){.name = hone_arena_format(mem, "%s (%s%s)", e->name,
                                                                      fields[f].word, round),
                                            .source = e->name,
                                            .value = value,
                                            .flag = f == WEEKEND});
}

/* Sine and cosine of the place on the circle, from a table; out of the table's bounds there is only nonsense. */
static void add_cycle(struct hone_run *run, const struct emitting *e, enum field f,
                      const char *whole)
{
    HONE_SCRATCH(run);
    const struct arithmetic a = {e->graph, "place"};
    size_t n = fields[f].round;
    float *table = hone_arena_must(&run->scratch, n * sizeof *table);
    const char *zero = hone_graph_const_i64(e->graph, "zero", 0);
    const char *place = calc(&a, "Sub", whole, fields[f].first);
    const char *below = calc(&a, "Less", place, 0);
    const char *above = calc(&a, "Greater", place, (int64_t)n - 1);
    const char *outside = both(&a, "Or", below, above);
    outside = both(&a, "Or", outside, e->absent);
    const char *safe =
        hone_graph_op(e->graph, "", "Where", "place", HONE_IN(outside, zero, place));
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < n; i++) {
            double angle = 2 * 3.14159265358979323846 * (double)i / (double)n;
            table[i] = (float)(k == 0 ? sin(angle) : cos(angle));
        }
        const char *values = hone_graph_const(e->graph, "round", HONE_F32, 1, &n, table);
        const char *real =
            hone_graph_op(e->graph, "", "Gather", "round", HONE_IN(values, safe));
        add_feature(e, f, k == 0 ? " sin" : " cos", real);
    }
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const struct settings *set = settings;
    bool used[FIELDS];
    bool varies[FIELDS] = {false};
    int64_t start = 0;
    const char *field[FIELDS] = {NULL};
    HONE_TRY(choose(run, set, used));
    look(in, varies, &start);
    for (size_t f = 0; f < FIELDS; f++) {
        used[f] = used[f] && varies[f];
    }
    const char *name = in->column->name;
    const struct arithmetic a = {graph, hone_arena_format(mem, "%s_time", name)};
    HONE_TRY(emit_fields(run, set, in, start, &a, used, field));
    const struct emitting e = {graph, calc(&a, "Equal", in->value, INT64_MIN),
                               hone_graph_const_f32(graph, "nan", NAN), name, out};
    for (size_t f = 0; f < FIELDS; f++) {
        if (!used[f] || field[f] == NULL) {
            continue;
        }
        if (set->cyclic && fields[f].round > 0) {
            add_cycle(run, &e, (enum field)f, field[f]);
        } else {
            const char *real = f == ELAPSED
                                   ? field[f]
                                   : hone_emit_cast(graph, field[f], fields[f].name, HONE_F32);
            add_feature(&e, (enum field)f, "", real);
        }
    }
    return HONE_OK;
}

const struct hone_transform hone_transform_date_parts = {
    .part.name = "date_parts",
    .part.summary =
        "dates and times as year, month, weekday, hour ..., sine and cosine, days since",
    .part.source = "H. Hinnant, chrono-compatible low-level date algorithms; ISO 8601 weeks",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TIME,
    .encode = encode,
};

/* Dates and times in expressions; declared in table/expr_priv.h. */
#include "base/time.h"
#include "table/expr_priv.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US    INT64_C(86400000000)

enum unit {
    MICROSECOND,
    MILLISECOND,
    SECOND,
    MINUTE,
    HOUR,
    DAY,
    WEEK,
    MONTH,
    QUARTER,
    YEAR,
    DAYOFWEEK,
    ISODOW,
    DAYOFYEAR,
    EPOCH,
};

static const struct {
    const char *name;
    int unit;
} units[] = {
    {"microsecond", MICROSECOND},
    {"millisecond", MILLISECOND},
    {"second", SECOND},
    {"minute", MINUTE},
    {"hour", HOUR},
    {"day", DAY},
    {"week", WEEK},
    {"month", MONTH},
    {"quarter", QUARTER},
    {"year", YEAR},
    {"dayofweek", DAYOFWEEK},
    {"dow", DAYOFWEEK},
    {"weekday", DAYOFWEEK},
    {"isodow", ISODOW},
    {"dayofyear", DAYOFYEAR},
    {"doy", DAYOFYEAR},
    {"epoch", EPOCH},
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Monday is 0. */
static int64_t from_monday(int64_t days)
{
    return (days % 7 + 10) % 7;
}

/* The week by ISO 8601: the one of the year that has its Thursday. */
static int64_t iso_week(int64_t days)
{
    int64_t thursday = days - from_monday(days) + 3;
    struct hone_civil c = hone_civil_from_days(thursday);
    return (thursday - hone_days_from_civil(c.year, 1, 1)) / 7 + 1;
}

static int64_t part_of(int unit, int64_t days, int64_t us)
{
    struct hone_civil c;

    switch (unit) {
    case MICROSECOND:
        return us % (60 * SECOND_US);
    case MILLISECOND:
        return us % (60 * SECOND_US) / 1000;
    case SECOND:
        return us / SECOND_US % 60;
    case MINUTE:
        return us / (60 * SECOND_US) % 60;
    case HOUR:
        return us / (3600 * SECOND_US);
    case WEEK:
        return iso_week(days);
    case DAYOFWEEK:
        return (from_monday(days) + 1) % 7;
    case ISODOW:
        return from_monday(days) + 1;
    case EPOCH:
        return days * 86400 + us / SECOND_US;
    default:
        c = hone_civil_from_days(days);
    }
    return unit == DAY       ? c.day
           : unit == MONTH   ? c.month
           : unit == YEAR    ? c.year
           : unit == QUARTER ? (c.month + 2) / 3
                             : days - hone_days_from_civil(c.year, 1, 1) + 1;
}

static enum hone_code run_part(struct hone_run *run, const struct expr_step *s)
{
    int64_t *out = s->out;
    bool date = s->arg[s->node->n - 1].kind == EXPR_DATE;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        int64_t value = s->arg[s->node->n - 1].i[i];
        int64_t days = date ? value : floor_div(value, DAY_US);
        if (s->missing == NULL || !s->missing[i]) {
            out[i] = part_of(s->node->unit, days, date ? 0 : value - days * DAY_US);
        }
    }
    return HONE_OK;
}

/* The unit that a literal text names; plurals too. */
static enum hone_code unit_of(struct hone_expr_bind *b, const struct expr_node *n, int most,
                              int *unit)
{
    const struct expr_node *arg = n->arg[0];
    struct hone_str name = arg->text;

    if (arg->op != EXPR_LITERAL || arg->kind != EXPR_TEXT || arg->missing) {
        return hone_expr_error(b->run, b->text, arg->at, HONE_E_ARG, n->function->usage,
                               "the unit is a text as 'day'");
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
            if (units[i].unit <= most && hone_str_eq_nocase(name, hone_str(units[i].name))) {
                *unit = units[i].unit;
                return HONE_OK;
            }
        }
        name.len -= name.len > 1 && (name.ptr[name.len - 1] | 0x20) == 's';
    }
    return hone_expr_error(b->run, b->text, arg->at, HONE_E_ARG,
                           most > YEAR
                               ? "second minute hour day week month quarter year dayofweek "
                                 "isodow dayofyear epoch"
                               : "second minute hour day week month quarter year",
                           "%s knows no unit '%.*s'", n->function->name,
                           (int)(arg->text.len < 40 ? arg->text.len : 40), arg->text.ptr);
}

static enum hone_code to_time(struct hone_expr_bind *b, struct expr_node *n,
                              struct expr_node **arg)
{
    if (expr_is_time((*arg)->kind)) {
        return HONE_OK;
    }
    if ((*arg)->kind == EXPR_NULL ||
        ((*arg)->op == EXPR_LITERAL && (*arg)->kind == EXPR_TEXT)) {
        return hone_expr_to(b, arg, EXPR_TIME);
    }
    return hone_expr_wrong_kind(b, n, *arg, "a date or time");
}

enum hone_code hone_expr_bind_part(struct hone_expr_bind *b, struct expr_node *n)
{
    HONE_TRY(unit_of(b, n, EPOCH, &n->unit));
    HONE_TRY(to_time(b, n, &n->arg[1]));
    n->kind = EXPR_INT;
    n->kernel = run_part;
    return HONE_OK;
}

/* year(x) ...: the function's name is the unit. */
enum hone_code hone_expr_bind_part_named(struct hone_expr_bind *b, struct expr_node *n)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (hone_str_is(hone_str(n->function->name), units[i].name)) {
            n->unit = units[i].unit;
        }
    }
    HONE_TRY(to_time(b, n, &n->arg[0]));
    n->kind = EXPR_INT;
    n->kernel = run_part;
    return HONE_OK;
}

/* How many units began since a fixed moment. */
static int64_t units_before(int unit, int64_t us)
{
    int64_t days = floor_div(us, DAY_US);
    struct hone_civil c;

    switch (unit) {
    case MICROSECOND:
        return us;
    case MILLISECOND:
        return floor_div(us, 1000);
    case SECOND:
        return floor_div(us, SECOND_US);
    case MINUTE:
        return floor_div(us, 60 * SECOND_US);
    case HOUR:
        return floor_div(us, 3600 * SECOND_US);
    case DAY:
        return days;
    case WEEK:
        return floor_div(days + 3, 7);
    default:
        c = hone_civil_from_days(days);
    }
    return unit == YEAR      ? c.year
           : unit == QUARTER ? c.year * 4 + (c.month - 1) / 3
                             : c.year * 12 + c.month - 1;
}

static enum hone_code run_diff(struct hone_run *run, const struct expr_step *s)
{
    int64_t *out = s->out;

    for (size_t i = 0; i < s->rows; i++) {
        int64_t a = units_before(s->node->unit, s->arg[1].i[i]);
        int64_t b = units_before(s->node->unit, s->arg[2].i[i]);
        if (__builtin_sub_overflow(b, a, &out[i]) && expr_live(s, i)) {
            return hone_expr_row_error(run, s, i, NULL, "the difference does not fit int64");
        }
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_diff(struct hone_expr_bind *b, struct expr_node *n)
{
    HONE_TRY(unit_of(b, n, YEAR, &n->unit));
    for (size_t i = 1; i < 3; i++) {
        HONE_TRY(to_time(b, n, &n->arg[i]));
        HONE_TRY(hone_expr_to(b, &n->arg[i], EXPR_TIME));
    }
    n->kind = EXPR_INT;
    n->kernel = run_diff;
    return HONE_OK;
}

/* The first moment of the unit that the moment lies in. */
static int64_t trunc_us(int unit, int64_t us)
{
    static const int64_t width[] = {1,     1000, SECOND_US, 60 * SECOND_US, 3600 * SECOND_US,
                                    DAY_US};
    int64_t days = floor_div(us, DAY_US);
    struct hone_civil c;

    if (unit <= DAY) {
        return floor_div(us, width[unit]) * width[unit];
    }
    if (unit == WEEK) {
        return (days - from_monday(days)) * DAY_US;
    }
    c = hone_civil_from_days(days);
    return hone_days_from_civil(c.year,
                                unit == YEAR      ? 1
                                : unit == QUARTER ? (c.month - 1) / 3 * 3 + 1
                                                  : c.month,
                                1) *
           DAY_US;
}

/* Moments in the first week of what int64 can hold have nothing to be cut to. */
#define FIRST_US (INT64_MIN + 400 * DAY_US)
#define LAST_US  (INT64_MAX - 400 * DAY_US)

static enum hone_code run_trunc(struct hone_run *run, const struct expr_step *s)
{
    int64_t *out = s->out;
    bool date = s->node->kind == EXPR_DATE;

    for (size_t i = 0; i < s->rows; i++) {
        int64_t us = s->arg[1].i[i];
        if (!expr_live(s, i)) {
            continue;
        }
        if (__builtin_mul_overflow(us, date ? DAY_US : 1, &us) || us < FIRST_US ||
            us > LAST_US) {
            return hone_expr_row_error(run, s, i, NULL,
                                       "the time lies outside of the calendar");
        }
        out[i] = trunc_us(s->node->unit, us) / (date ? DAY_US : 1);
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_trunc(struct hone_expr_bind *b, struct expr_node *n)
{
    HONE_TRY(unit_of(b, n, YEAR, &n->unit));
    HONE_TRY(to_time(b, n, &n->arg[1]));
    n->kind = n->arg[1]->kind == EXPR_DATE && n->unit >= DAY ? EXPR_DATE : EXPR_TIME;
    n->kernel = run_trunc;
    return hone_expr_to(b, &n->arg[1], n->kind);
}

/* Months later on the same day, or the last of the month when it is shorter. */
static bool add_months(int64_t us, int64_t months, int64_t *out)
{
    int64_t days = floor_div(us, DAY_US);
    struct hone_civil c = hone_civil_from_days(days);
    int64_t month;
    int64_t next;
    int64_t first;

    if (months > 12 * 600000 || months < -12 * 600000) {
        return false;
    }
    month = c.year * 12 + c.month - 1 + months;
    first = hone_days_from_civil(floor_div(month, 12),
                                 (int)(month - floor_div(month, 12) * 12) + 1, 1);
    next = hone_days_from_civil(floor_div(month + 1, 12),
                                (int)(month + 1 - floor_div(month + 1, 12) * 12) + 1, 1);
    first += c.day - 1 < next - first ? c.day - 1 : next - first - 1;
    return !__builtin_mul_overflow(first, DAY_US, out) &&
           !__builtin_add_overflow(*out, us - days * DAY_US, out);
}

static enum hone_code run_add(struct hone_run *run, const struct expr_step *s)
{
    static const int64_t width[] = {
        1, 1000, SECOND_US, 60 * SECOND_US, 3600 * SECOND_US, DAY_US, 7 * DAY_US};
    int64_t *out = s->out;
    int unit = s->node->unit;
    bool date = s->node->kind == EXPR_DATE;

    for (size_t i = 0; i < s->rows; i++) {
        int64_t us = s->arg[2].i[i];
        int64_t n = s->arg[1].i[i];
        bool bad;
        if (!expr_live(s, i)) {
            continue;
        }
        bad =
            __builtin_mul_overflow(us, date ? DAY_US : 1, &us) || us < FIRST_US || us > LAST_US;
        if (!bad && unit <= WEEK) {
            bad = __builtin_mul_overflow(n, width[unit], &n) ||
                  __builtin_add_overflow(us, n, &us);
        } else if (!bad) {
            bad = __builtin_mul_overflow(n,
                                         unit == YEAR      ? 12
                                         : unit == QUARTER ? 3
                                                           : 1,
                                         &n) ||
                  !add_months(us, n, &us);
        }
        out[i] = us / (date ? DAY_US : 1);
        if (bad) {
            return hone_expr_row_error(run, s, i, NULL,
                                       "the time lies outside of the calendar");
        }
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_add(struct hone_expr_bind *b, struct expr_node *n)
{
    HONE_TRY(unit_of(b, n, YEAR, &n->unit));
    if (n->arg[1]->kind != EXPR_INT && n->arg[1]->kind != EXPR_NULL) {
        return hone_expr_wrong_kind(b, n, n->arg[1], "a whole number");
    }
    HONE_TRY(hone_expr_to(b, &n->arg[1], EXPR_INT));
    HONE_TRY(to_time(b, n, &n->arg[2]));
    n->kind = n->arg[2]->kind == EXPR_DATE && n->unit >= DAY ? EXPR_DATE : EXPR_TIME;
    n->kernel = run_add;
    return hone_expr_to(b, &n->arg[2], n->kind);
}

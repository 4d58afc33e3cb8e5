/* Checks of dates and times: single values, and the order and spacing of a time column. */
#include <math.h>

#include "base/time.h"
#include "check/check_priv.h"
#include "eval/order.h"

#define DAY_US (24 * 3600 * INT64_C(1000000))

struct settings {
    double share;
};

static int64_t days_of(const struct hone_column *c, size_t row)
{
    int64_t v = hone_column_i64(c, row);
    int64_t part = c->type == HONE_DATE ? 1 : DAY_US;
    return v >= 0 ? v / part : -((-v + part - 1) / part);
}

static const char *shown(const struct hone_column *c, size_t row, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);

    hone_column_print(&buf, c, row);
    return buf.ptr == NULL ? "" : buf.ptr;
}

static enum hone_code future_date(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  struct hone_facts *facts, const void *settings,
                                  struct hone_findings *findings)
{
    const struct hone_column *c = facts->c;
    struct hone_finding found = {.rows = 0};
    int64_t now = hone_now_us(run);

    (void)ctx;
    (void)settings;
    if (!hone_type_is_time(c->type)) {
        return HONE_OK;
    }
    int64_t limit = c->type == HONE_DATE ? now / DAY_US + 1 : now + DAY_US;
    for (size_t i = 0; i < c->rows; i++) {
        if (hone_is_valid(c, i) && hone_column_i64(c, i) > limit) {
            hone_finding_row(&found, i);
        }
    }
    /* A column of plans lies ahead as a whole; single rows that do are slips. */
    if (found.rows == 0 || 2 * found.rows > c->rows) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "future_date", HONE_WARN, c->name);
    hone_finding_rows(f, &found);
    f->message = HONE_SAY(findings, "column %s: %zu %s in the future, such as %s", c->name,
                          found.rows, found.rows == 1 ? "date lies" : "dates lie",
                          shown(c, found.row[0], findings->mem));
    f->advice = "correct them: they look mistyped";
    return HONE_OK;
}

/* The days that programs write when they have none: the zero of Unix, of spreadsheets, of SQL Server ... */
static bool is_default_day(int64_t day)
{
    static const int civil[][3] = {
        {1970, 1, 1}, {1900, 1, 1}, {1899, 12, 30}, {1899, 12, 31}, {1904, 1, 1},
        {1753, 1, 1}, {1, 1, 1},    {9999, 12, 31}, {2099, 12, 31}, {1969, 12, 31}};

    for (size_t i = 0; i < sizeof civil / sizeof civil[0]; i++) {
        if (day == hone_days_from_civil(civil[i][0], civil[i][1], civil[i][2])) {
            return true;
        }
    }
    return false;
}

/* Such a day in several rows, while hardly any other row lies within a year of it. */
static enum hone_code default_date(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   struct hone_facts *facts, const void *settings,
                                   struct hone_findings *findings)
{
    const struct hone_column *c = facts->c;
    struct hone_finding found = {.rows = 0};

    (void)run;
    (void)ctx;
    (void)settings;
    if (!hone_type_is_time(c->type)) {
        return HONE_OK;
    }
    for (size_t i = 0; i < c->rows; i++) {
        if (hone_is_valid(c, i) && is_default_day(days_of(c, i))) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows < 2 || 2 * found.rows > facts->known) {
        return HONE_OK;
    }
    int64_t day = days_of(c, found.row[0]);
    size_t near = 0;
    for (size_t i = 0; i < c->rows; i++) {
        int64_t away = hone_is_valid(c, i) ? days_of(c, i) - day : INT64_MAX / 2;
        near += away >= -366 && away <= 366 && away != 0 ? 1 : 0;
    }
    if (5 * near > found.rows) {
        return HONE_OK; /* the data are of that time */
    }
    struct hone_finding *f = hone_finding_add(findings, "default_date", HONE_WARN, c->name);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows / (double)facts->known;
    f->message = HONE_SAY(
        findings, "column %s: %zu rows have %s, which programs write where a date is missing",
        c->name, found.rows, shown(c, found.row[0], findings->mem));
    f->advice = HONE_SAY(findings, "read it as missing: --na %s",
                         shown(c, found.row[0], findings->mem));
    return HONE_OK;
}

/* The steps from row to row of a time column. */
struct steps {
    size_t n, back, zero, wide, even; /* of all: earlier, equal, over ten usual steps, usual */
    double usual;                     /* the median of the steps */
    struct hone_finding late, same, gap;
};

static enum hone_code take_steps(struct hone_run *run, const struct hone_column *c,
                                 struct steps *s)
{
    double *step;
    double *sorted;
    size_t *row;
    size_t last = SIZE_MAX;
    HONE_SCRATCH(run);

    *s = (struct steps){.n = 0};
    HONE_TRY(hone_array(run, &run->scratch, &step, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &row, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &sorted, c->rows));
    for (size_t i = 0; i < c->rows; i++) {
        if (!hone_is_valid(c, i)) {
            continue;
        }
        if (last != SIZE_MAX) {
            row[s->n] = i;
            step[s->n] = (double)(hone_column_i64(c, i) - hone_column_i64(c, last));
            sorted[s->n] = step[s->n];
            s->n++;
        }
        last = i;
    }
    if (s->n == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_sort_f64(run, s->n, sorted));
    s->usual = hone_quantile_sorted(s->n, sorted, 0.5);
    for (size_t k = 0; k < s->n; k++) {
        s->even += fabs(step[k] - s->usual) <= 0.15 * s->usual ? 1 : 0;
        if (step[k] < 0) {
            s->back++;
            hone_finding_row(&s->late, row[k]);
        } else if (!(step[k] > 0)) {
            s->zero++;
            hone_finding_row(&s->same, row[k]);
        } else if (step[k] > 10 * s->usual) {
            s->wide++;
            hone_finding_row(&s->gap, row[k]);
        }
    }
    return HONE_OK;
}

static void report_steps(struct hone_findings *findings, const struct hone_column *c,
                         const struct hone_finding *found, const char *what, const char *advice)
{
    struct hone_finding *f = hone_finding_add(findings, "time_order", HONE_WARN, c->name);

    hone_finding_rows(f, found);
    f->value = (double)found->rows;
    f->message =
        HONE_SAY(findings, "column %s: %zu row%s %s, first %s", c->name, found->rows,
                 hone_plural(found->rows), what, shown(c, found->row[0], findings->mem));
    f->advice = advice;
}

/*
 * A column that runs forward but for a few rows was meant to.  One that also steps evenly is a series, in which a
 * moment that comes twice and a gap of more than ten steps are faults.
 */
static enum hone_code time_order(struct hone_run *run, const struct hone_check_ctx *ctx,
                                 struct hone_facts *facts, const void *settings,
                                 struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *c = facts->c;
    struct steps s;

    (void)ctx;
    if (!hone_type_is_time(c->type) || facts->known < 50) {
        return HONE_OK;
    }
    HONE_TRY(take_steps(run, c, &s));
    double n = (double)s.n;
    if ((double)s.back > set->share * n) {
        return HONE_OK; /* not in order, and not meant to be */
    }
    if (s.back > 0) {
        report_steps(findings, c, &s.late, "earlier than the row before",
                     "sort by time before anything that looks at neighbours, lags or splits");
    }
    bool series = s.usual > 0 && (double)s.even >= 0.8 * n;
    if (series && s.zero > 0 && (double)s.zero <= set->share * n) {
        report_steps(findings, c, &s.same, "at the same moment as the row before",
                     "a moment was recorded twice: keep one of the rows, or unite them");
    }
    if (series && s.wide > 0 && (double)s.wide <= 0.2 * set->share * n) {
        report_steps(findings, c, &s.gap, "after a gap of more than ten usual steps",
                     "find out what is missing; lags and rolling means run across it");
    }
    return HONE_OK;
}

/* "3/4/2021", "03.04.21": three numbers.  False when it is something else. */
static bool three_numbers(struct hone_str s, int part[3])
{
    size_t at = 0;
    char separator = '\0';

    for (int k = 0; k < 3; k++) {
        size_t digits = 0;
        part[k] = 0;
        while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9' && digits < 4) {
            part[k] = 10 * part[k] + (s.ptr[at++] - '0');
            digits++;
        }
        if (digits == 0 || digits == 3 || (k < 2 && at >= s.len)) {
            return false;
        }
        if (k == 0) {
            separator = s.ptr[at];
        }
        if (k < 2 && (s.ptr[at] != separator || strchr("/.-", s.ptr[at]) == NULL)) {
            return false;
        }
        at += k < 2 ? 1 : 0;
    }
    return at == s.len || s.ptr[at] == ' ';
}

/* How a text reads as a date: bits. */
enum { NO_DATE = 0, DAY_FIRST = 1, MONTH_FIRST = 2, YEAR_FIRST = 4 };
static unsigned readings(struct hone_str s)
{
    int p[3];

    if (!three_numbers(s, p)) {
        return NO_DATE;
    }
    if (p[0] > 31) {
        return p[0] > 999 && p[1] >= 1 && p[1] <= 12 && p[2] >= 1 && p[2] <= 31 ? YEAR_FIRST
                                                                                : NO_DATE;
    }
    unsigned out = p[0] >= 1 && p[0] <= 31 && p[1] >= 1 && p[1] <= 12 ? DAY_FIRST : NO_DATE;
    return out | (p[0] >= 1 && p[0] <= 12 && p[1] >= 1 && p[1] <= 31 ? MONTH_FIRST : NO_DATE);
}

static enum hone_code date_as_text(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   struct hone_facts *facts, const void *settings,
                                   struct hone_findings *findings)
{
    const struct hone_column *c = facts->c;
    size_t dates = 0;
    size_t both = 0;
    size_t kind[5] = {0};
    struct hone_finding odd = {.rows = 0};

    (void)run;
    (void)ctx;
    (void)settings;
    if (!hone_type_is_text(c->type) || facts->known == 0) {
        return HONE_OK;
    }
    for (size_t i = 0; i < c->rows; i++) {
        if (!hone_is_valid(c, i)) {
            continue;
        }
        unsigned r = readings(hone_column_str(c, i));
        dates += r != NO_DATE ? 1 : 0;
        both += r == (DAY_FIRST | MONTH_FIRST) ? 1 : 0;
        kind[r == (DAY_FIRST | MONTH_FIRST) ? NO_DATE : r] += r != NO_DATE ? 1 : 0;
    }
    if (10 * dates < 9 * facts->known) {
        return HONE_OK;
    }
    unsigned usual = kind[MONTH_FIRST] > kind[DAY_FIRST] ? MONTH_FIRST : DAY_FIRST;
    usual = kind[YEAR_FIRST] > kind[usual] ? YEAR_FIRST : usual;
    for (size_t i = 0; i < c->rows; i++) {
        if (hone_is_valid(c, i) && (readings(hone_column_str(c, i)) & usual) == 0) {
            hone_finding_row(&odd, i);
        }
    }
    struct hone_finding *f = hone_finding_add(findings, "date_as_text", HONE_WARN, c->name);
    hone_finding_rows(f, &odd);
    f->value = (double)dates / (double)facts->known;
    if (odd.rows > 0) {
        f->message = HONE_SAY(
            findings,
            "column %s mixes ways of writing dates: %zu row%s cannot be read like "
            "the others, such as \"%s\"",
            c->name, odd.rows, hone_plural(odd.rows), shown(c, odd.row[0], findings->mem));
    } else if (kind[DAY_FIRST] + kind[MONTH_FIRST] + kind[YEAR_FIRST] == 0) {
        f->message =
            HONE_SAY(findings,
                     "column %s holds dates that can be read with the day or with the month "
                     "first",
                     c->name);
    } else {
        f->message = HONE_SAY(findings,
                              "column %s holds dates as text, the %s first; %zu could be "
                              "read otherwise too",
                              c->name,
                              usual == DAY_FIRST     ? "day"
                              : usual == MONTH_FIRST ? "month"
                                                     : "year",
                              both);
    }
    f->advice = "write dates as 2024-12-31, which has one meaning and is read as a date";
    return HONE_OK;
}

static const struct hone_param order_rows[] = {
    HONE_REAL(struct settings, share, 0.05, 0, 0.5,
              .help = "more than this share of steps back is no order"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .stage = HONE_CHECK_INTEGRITY

const struct hone_check hone_check_future_date = {
    HEAD("future_date", "no dates in the future"),
    .column = future_date,
};
const struct hone_check hone_check_default_date = {
    HEAD("default_date", "no dates that stand for missing"),
    .column = default_date,
};
const struct hone_check hone_check_time_order = {
    HEAD("time_order", "times run forward, without repeats and gaps"),
    .part.settings_size = sizeof(struct settings),
    .part.params = order_rows,
    .column = time_order,
};
const struct hone_check hone_check_date_as_text = {
    HEAD("date_as_text", "dates are read as dates"),
    .column = date_as_text,
};

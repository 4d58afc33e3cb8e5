#include "monitor/window.h"

#include <math.h>

#include "base/time.h"
#include "eval/order.h"

#define DAY_US (24 * 3600 * INT64_C(1000000))

enum period { HOUR, DAY, WEEK, MONTH, ROWS };

static enum hone_code parse_period(struct hone_run *run, const char *by, enum period *period,
                                   size_t *rows)
{
    static const char *const names[] = {"hour", "day", "week", "month"};
    int64_t n;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (hone_str_is(hone_str(by), names[i])) {
            *period = (enum period)i;
            return HONE_OK;
        }
    }
    if (!hone_parse_i64(hone_str(by), &n) || n < 1) {
        return hone_fail(
            run, HONE_E_ARG,
            "windows are by hour, day, week, month or a number of rows, not \"%s\"", by);
    }
    *period = ROWS;
    *rows = (size_t)n;
    return HONE_OK;
}

static int64_t floor_to(int64_t value, int64_t step)
{
    int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

/* When the period of a moment begins; *end when it ends. */
static int64_t period_of(enum period period, int64_t us, int64_t *end)
{
    int64_t begin;

    switch (period) {
    case HOUR:
        begin = floor_to(us, DAY_US / 24);
        *end = begin + DAY_US / 24;
        return begin;
    case WEEK: /* 1970-01-01 was a Thursday: Monday is three days before */
        begin = floor_to(us + 3 * DAY_US, 7 * DAY_US) - 3 * DAY_US;
        *end = begin + 7 * DAY_US;
        return begin;
    case MONTH: {
        struct hone_civil c = hone_civil_from_us(us);
        int next = c.month == 12 ? 1 : c.month + 1;
        *end = hone_days_from_civil(c.month == 12 ? c.year + 1 : c.year, next, 1) * DAY_US;
        return hone_days_from_civil(c.year, c.month, 1) * DAY_US;
    }
    case DAY:
    case ROWS:
        break;
    }
    begin = floor_to(us, DAY_US);
    *end = begin + DAY_US;
    return begin;
}

/* The rows that have a time, in its order (in mem, kept by the windows), and their times in scratch. */
struct line {
    size_t n;
    size_t *row;
    int64_t *us;
};

static enum hone_code in_order(struct hone_run *run, const struct hone_table *t,
                               const struct hone_column *c, struct hone_arena *mem,
                               struct line *out)
{
    double *key;
    uint32_t *order;

    HONE_TRY(hone_array(run, mem, &out->row, t->rows));
    HONE_TRY(hone_array(run, &run->scratch, &out->us, t->rows));
    HONE_TRY(hone_array(run, &run->scratch, &key, t->rows));
    HONE_TRY(hone_array(run, &run->scratch, &order, t->rows));
    out->n = 0;
    for (size_t i = 0; i < t->rows; i++) {
        key[i] = c == NULL ? (double)i : hone_column_f64(c, i);
    }
    HONE_TRY(hone_order_by(run, t->rows, key, false, order));
    for (size_t i = 0; i < t->rows; i++) {
        size_t row = order[i];
        if (isnan(key[row])) {
            continue;
        }
        int64_t us = c != NULL && hone_type_is_time(c->type) ? hone_column_i64(c, row) : 0;
        out->us[out->n] = c != NULL && c->type == HONE_DATE ? us * DAY_US : us;
        out->row[out->n++] = row;
    }
    return HONE_OK;
}

static const char *label_of(enum period period, int64_t begin, struct hone_arena *mem)
{
    char text[40];
    struct hone_civil c = hone_civil_from_us(begin);

    if (period == HOUR) {
        (void)hone_format_timestamp(text, begin);
    } else {
        (void)hone_format_date(text, begin / DAY_US);
    }
    if (period == MONTH) {
        return hone_arena_format(mem, "%04lld-%02d", (long long)c.year, c.month);
    }
    return hone_arena_text(mem, text, strlen(text));
}

static void cut_rows(const struct line *line, size_t size, struct hone_arena *mem,
                     struct hone_window *w, size_t *n)
{
    for (size_t i = 0; i < line->n;) {
        size_t left = line->n - i;
        size_t take = left < size + (size + 1) / 2 ? left : size; /* a short rest joins */
        w[*n] = (struct hone_window){
            .label = hone_arena_format(mem, "rows %zu-%zu", i + 1, i + take),
            .begin = line->us[i],
            .end = line->us[i + take - 1] == 0 ? 0 : line->us[i + take - 1] + 1,
            .n = take,
            .row = line->row + i};
        i += take;
        (*n)++;
    }
}

static void cut_periods(const struct line *line, enum period period, struct hone_arena *mem,
                        struct hone_window *w, size_t *n)
{
    for (size_t i = 0; i < line->n;) {
        int64_t end;
        int64_t begin = period_of(period, line->us[i], &end);
        size_t j = i;
        while (j < line->n && line->us[j] < end) {
            j++;
        }
        w[*n] = (struct hone_window){.label = label_of(period, begin, mem),
                                     .begin = begin,
                                     .end = end,
                                     .n = j - i,
                                     .row = line->row + i};
        i = j;
        (*n)++;
    }
}

enum hone_code hone_windows_cut(struct hone_run *run, const struct hone_table *table,
                                const char *time, const char *by, struct hone_arena *mem,
                                struct hone_window **out, size_t *n)
{
    const struct hone_column *c = NULL;
    enum period period = ROWS;
    struct line line;
    struct hone_window *w;
    size_t rows = 0;
    size_t used = 0;
    HONE_SCRATCH(run);

    HONE_TRY(parse_period(run, by, &period, &rows));
    if (time != NULL) {
        HONE_TRY(hone_table_need(run, table, hone_str(time), &c));
    }
    if (period != ROWS && (c == NULL || !hone_type_is_time(c->type))) {
        (void)hone_fail(run, HONE_E_ARG, "windows by %s need a column of dates or times%s%s",
                        by, c == NULL ? "" : ", not ", c == NULL ? "" : c->name);
        return hone_hint(run, "name one with --time-column, or take rows: --window 500");
    }
    HONE_TRY(in_order(run, table, c, mem, &line));
    HONE_TRY(hone_array(run, mem, &w, period == ROWS ? line.n / rows + 1 : line.n));
    if (period == ROWS) {
        cut_rows(&line, rows, mem, w, &used);
    } else {
        cut_periods(&line, period, mem, w, &used);
    }
    *out = w;
    *n = used;
    return HONE_OK;
}

enum hone_code hone_window_at(struct hone_run *run, const char *by, int64_t us,
                              struct hone_arena *mem, struct hone_window *out)
{
    enum period period;
    size_t rows;
    struct hone_window w = {0};

    HONE_TRY(parse_period(run, by, &period, &rows));
    if (period == ROWS) {
        return hone_fail(run, HONE_E_ARG,
                         "sketches are by the hour: windows of %s rows need the rows", by);
    }
    w.begin = period_of(period, us, &w.end);
    w.label = label_of(period, w.begin, mem);
    *out = w;
    return HONE_OK;
}

/* Compare one window; the taken rows live no longer than this. */
static enum hone_code compare(struct hone_run *run, const struct hone_reference *reference,
                              const struct hone_table *table,
                              const struct hone_table *predictions,
                              const struct hone_drift_options *options, struct hone_arena *mem,
                              struct hone_watch_step *step)
{
    struct hone_arena own = {0};
    struct hone_table *part = NULL;
    struct hone_table *answers = NULL;
    const struct hone_window *w = step->window;
    enum hone_code code = hone_table_take(run, table, w->row, w->n, &own, &part);

    if (code == HONE_OK && predictions != NULL) {
        code = hone_table_take(run, predictions, w->row, w->n, &own, &answers);
    }
    if (code == HONE_OK) {
        code = hone_drift_run(run, reference, part, answers, options, mem, &step->report);
    }
    hone_arena_free(&own);
    return code;
}

void hone_watch_judge(struct hone_watch *watch, size_t k, size_t of)
{
    watch->first_alarm = watch->since = watch->n;
    for (size_t i = 0; i < watch->n; i++) {
        size_t drifted = 0;
        size_t told = 0;
        size_t first = i;
        for (size_t j = i + 1; j-- > 0 && told < of;) {
            enum hone_drift_state state = watch->step[j].report->state;
            told += state != HONE_DRIFT_INSUFFICIENT ? 1 : 0;
            if (state == HONE_DRIFT_FOUND) {
                drifted++;
                first = j;
            }
        }
        watch->step[i].alarm = drifted >= k;
        if (watch->step[i].alarm && watch->first_alarm == watch->n) {
            watch->first_alarm = i;
            watch->since = first;
        }
    }
}

enum hone_code hone_watch_run(struct hone_run *run, const struct hone_reference *reference,
                              const struct hone_table *table,
                              const struct hone_table *predictions,
                              const struct hone_window *windows, size_t n,
                              const struct hone_watch_options *options, struct hone_arena *mem,
                              struct hone_watch *out)
{
    struct hone_watch watch = {.n = n};
    struct hone_drift_options drift = options->drift;
    size_t k = options->k > 0 ? options->k : 2;
    size_t of = options->of > 0 ? options->of : 3;

    if (k > of) {
        return hone_fail(run, HONE_E_ARG, "an alarm cannot need %zu of %zu windows", k, of);
    }
    HONE_TRY(hone_array(run, mem, &watch.step, n));
    if (drift.cache == NULL) {
        HONE_TRY(hone_drift_cache_new(run, reference, mem, &drift.cache));
    }
    for (size_t i = 0; i < n; i++) {
        watch.step[i].window = &windows[i];
        HONE_TRY(compare(run, reference, table, predictions, &drift, mem, &watch.step[i]));
    }
    hone_watch_judge(&watch, k, of);
    *out = watch;
    return HONE_OK;
}

json_t *hone_watch_json(const struct hone_watch *watch)
{
    json_t *root = json_object();
    json_t *windows = json_array();
    bool alarm = watch->first_alarm < watch->n;

    for (size_t i = 0; i < watch->n; i++) {
        const struct hone_watch_step *s = &watch->step[i];
        json_t *o = json_object();
        hone_json_set_text(o, "window", s->window->label);
        hone_json_set(o, "begin", json_integer(s->window->begin));
        hone_json_set(o, "end", json_integer(s->window->end));
        hone_json_set(o, "alarm", json_boolean(s->alarm));
        hone_json_set(o, "drift",
                      hone_drift_json(s->report, i + 1 == watch->n || i == watch->first_alarm));
        hone_json_push(windows, o);
    }
    hone_json_set_text(root, "first_alarm",
                       alarm ? watch->step[watch->first_alarm].window->label : NULL);
    hone_json_set_text(root, "since", alarm ? watch->step[watch->since].window->label : NULL);
    hone_json_set(root, "windows", windows);
    return root;
}

void hone_watch_text(const struct hone_watch *watch, struct hone_buf *out)
{
    for (size_t i = 0; i < watch->n; i++) {
        const struct hone_watch_step *s = &watch->step[i];
        const struct hone_drift_report *r = s->report;
        hone_buf_format(out, "%-22s %7zu rows  %-12s %s", s->window->label, r->rows,
                        hone_drift_state_name(r->state), s->alarm ? "ALARM  " : "");
        for (size_t j = 0; j < r->cols && j < 3; j++) {
            if (r->column[j].state == HONE_DRIFT_FOUND) {
                hone_buf_format(out, "%s%s", j == 0 ? "" : ", ", r->column[j].reference->name);
            }
        }
        hone_buf_format(out, "%s\n", r->drifted > 3 ? ", ..." : "");
    }
    if (watch->first_alarm < watch->n) {
        hone_buf_format(out, "alarm at %s: drift since %s\n",
                        watch->step[watch->first_alarm].window->label,
                        watch->step[watch->since].window->label);
    } else {
        hone_buf_text(out, "no alarm\n");
    }
}

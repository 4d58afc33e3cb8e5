#include "monitor/performance.h"

#include <math.h>

#include "eval/order.h"
#include "eval/stat.h"

#define ALPHA        0.01
#define LEAST_LABELS 100
#define REPLICATES   300
#define DELAY_SHARE  0.95 /* of the labels are there */
#define TOLERANCE    0.01
#define OF_ERROR     0.05

const char *hone_performance_name(enum hone_performance_state state)
{
    static const char *const name[] = {"too few labels", "waiting for labels", "fine", "worse"};
    return name[state];
}

/*
 * How long labels take: the delay within which most came.  Of the later rows only quick labels are there yet, so the
 * earlier half is asked.
 */
static enum hone_code usual_delay(struct hone_run *run, const struct hone_outcomes *o,
                                  int64_t *out)
{
    double *delay;
    size_t n = 0;
    HONE_SCRATCH(run);

    *out = 0;
    if (o->time == NULL || o->label_time == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &delay, o->n));
    size_t early = o->asked == NULL ? (o->n + 1) / 2 : o->early;
    for (size_t i = 0; i < early; i++) {
        if (!isnan(o->truth[i])) {
            delay[n++] = fmax(0.0, (double)(o->label_time[i] - o->time[i]));
        }
    }
    if (n > 0) {
        HONE_TRY(hone_sort_f64(run, n, delay));
        *out = (int64_t)hone_quantile_sorted(n, delay, DELAY_SHARE);
    }
    return HONE_OK;
}

/* The labelled rows of a window (NULL: of all), and the metric of them. */
static enum hone_code measure(struct hone_run *run, const struct hone_outcomes *o,
                              const struct hone_window *w, const struct hone_performance *p,
                              struct hone_interval *out, size_t *labelled)
{
    size_t most = w == NULL ? o->n : w->n;
    double *y;
    float *score;
    size_t n = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &y, most));
    HONE_TRY(hone_matrix(run, &run->scratch, &score, most, o->classes));
    for (size_t i = 0; i < most; i++) {
        size_t row = w == NULL ? i : w->row[i];
        if (!isnan(o->truth[row])) {
            memcpy(score + n * o->classes, o->score[row], o->classes * sizeof *score);
            y[n++] = o->truth[row];
        }
    }
    *labelled = n;
    *out = (struct hone_interval){.value = (double)NAN,
                                  .low = (double)NAN,
                                  .high = (double)NAN,
                                  .error = (double)NAN,
                                  .why = "too few labels"};
    if (n < p->least_labels) {
        return HONE_OK;
    }
    const struct hone_prediction what = {.task = o->task,
                                         .rows = n,
                                         .classes = o->classes,
                                         .y = y,
                                         .score_f32 = score,
                                         .threshold = o->threshold};
    return hone_bootstrap_intervals(run, &what, &p->metric, 1,
                                    &(struct hone_bootstrap){.replicates = REPLICATES}, out);
}

/* How much worse than on the test rows, at least. */
static void compare(const struct hone_performance *p, struct hone_performance_window *w)
{
    const struct hone_interval *t = &p->test;
    double wider = hone_normal_isf(p->alpha) / hone_normal_isf(0.025);
    bool more = p->metric->greater_is_better;
    double sign = more ? -1 : 1;
    double live = more ? w->high - w->value : w->value - w->low;
    double test = more ? t->value - t->low : t->high - t->value;

    w->worse = sign * (w->value - t->value);
    w->worse_least = w->worse - wider * hypot(live, test);
    w->state = w->worse_least > p->tolerance ? HONE_PERFORMANCE_WORSE : HONE_PERFORMANCE_FINE;
}

static enum hone_code judge(struct hone_run *run, const struct hone_outcomes *o,
                            const struct hone_performance_options *options,
                            const struct hone_performance *p, struct hone_performance_window *w)
{
    struct hone_interval measured;

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(measure(run, o, &w->window, p, &measured, &w->labelled));
    w->value = measured.value;
    w->low = measured.low;
    w->high = measured.high;
    w->why = isnan(measured.value) ? measured.why : NULL;
    w->worse = w->worse_least = (double)NAN;
    if (options->now != 0 && w->window.end != 0 && o->time != NULL &&
        w->window.end + p->delay > options->now) {
        w->state = HONE_PERFORMANCE_WAITING;
    } else if (isnan(w->value) || isnan(w->low)) {
        w->state = HONE_PERFORMANCE_FEW;
    } else {
        compare(p, w);
    }
    return HONE_OK;
}

static void find_alarms(struct hone_performance *p)
{
    p->first_alarm = p->since = p->n;
    for (size_t i = 0; i < p->n; i++) {
        size_t worse = 0;
        size_t told = 0;
        size_t first = i;
        if (p->window[i].state != HONE_PERFORMANCE_WORSE &&
            p->window[i].state != HONE_PERFORMANCE_FINE) {
            continue;
        }
        for (size_t j = i + 1; j-- > 0 && told < p->of;) {
            enum hone_performance_state state = p->window[j].state;
            told += state == HONE_PERFORMANCE_WORSE || state == HONE_PERFORMANCE_FINE ? 1 : 0;
            if (state == HONE_PERFORMANCE_WORSE) {
                worse++;
                first = j;
            }
        }
        p->window[i].alarm = worse >= p->k;
        if (p->window[i].alarm && p->first_alarm == p->n) {
            p->first_alarm = i;
            p->since = first;
        }
    }
}

enum hone_code hone_performance_judge(struct hone_run *run,
                                      const struct hone_outcomes *outcomes,
                                      const struct hone_window *windows, size_t n,
                                      const struct hone_performance_options *options,
                                      struct hone_arena *mem, struct hone_performance *out)
{
    struct hone_performance p = {
        .metric = options->metric,
        .test = options->test,
        .alpha = options->alpha > 0 ? options->alpha : ALPHA,
        .tolerance = options->tolerance,
        .k = options->k > 0 ? options->k : 2,
        .of = options->of > 0 ? options->of : 3,
        .least_labels = options->least_labels > 0 ? options->least_labels : LEAST_LABELS,
        .delay = options->delay,
        .rows = outcomes->asked == NULL ? outcomes->n : 0,
        .n = n};

    if (p.k > p.of) {
        return hone_fail(run, HONE_E_ARG, "an alarm cannot need %zu of %zu windows", p.k, p.of);
    }
    if (!(p.tolerance > 0)) {
        p.tolerance = p.metric->greater_is_better ? TOLERANCE : OF_ERROR * fabs(p.test.value);
    }
    if (p.delay < 0) {
        HONE_TRY(usual_delay(run, outcomes, &p.delay));
    }
    p.unread = outcomes->unread;
    p.unread_text =
        outcomes->unread_text == NULL
            ? NULL
            : hone_arena_text(mem, outcomes->unread_text, strlen(outcomes->unread_text));
    for (size_t i = 0; outcomes->asked != NULL && i < n; i++) {
        p.rows += outcomes->asked[i];
    }
    HONE_TRY(hone_array(run, mem, &p.window, n));
    HONE_TRY(measure(run, outcomes, NULL, &p, &p.all, &p.labelled));
    for (size_t i = 0; i < n; i++) {
        p.window[i].window = windows[i];
        p.window[i].rows = outcomes->asked == NULL ? windows[i].n : outcomes->asked[i];
        HONE_TRY(judge(run, outcomes, options, &p, &p.window[i]));
    }
    find_alarms(&p);
    *out = p;
    return HONE_OK;
}

static json_t *interval_json(double value, double low, double high)
{
    json_t *o = json_object();
    hone_json_set(o, "value", hone_json_real(value));
    hone_json_set(o, "low", hone_json_real(low));
    hone_json_set(o, "high", hone_json_real(high));
    return o;
}

static json_t *window_json(const struct hone_performance_window *w)
{
    json_t *o = interval_json(w->value, w->low, w->high);
    hone_json_set_text(o, "window", w->window.label);
    hone_json_set(o, "begin", json_integer(w->window.begin));
    hone_json_set(o, "end", json_integer(w->window.end));
    hone_json_set(o, "rows", json_integer((json_int_t)w->rows));
    hone_json_set(o, "labelled", json_integer((json_int_t)w->labelled));
    hone_json_set_text(o, "state", hone_performance_name(w->state));
    if (w->why != NULL) {
        hone_json_set_text(o, "why", w->why);
    }
    hone_json_set(o, "worse", hone_json_real(w->worse));
    hone_json_set(o, "worse_least", hone_json_real(w->worse_least));
    hone_json_set(o, "alarm", json_boolean(w->alarm));
    return o;
}

json_t *hone_performance_json(const struct hone_performance *p)
{
    json_t *o = json_object();
    json_t *windows = json_array();
    bool alarm = p->first_alarm < p->n;

    hone_json_set_text(o, "metric", p->metric->part.name);
    hone_json_set(o, "greater_is_better", json_boolean(p->metric->greater_is_better));
    hone_json_set(o, "test", interval_json(p->test.value, p->test.low, p->test.high));
    hone_json_set(o, "realised", interval_json(p->all.value, p->all.low, p->all.high));
    hone_json_set(o, "rows", json_integer((json_int_t)p->rows));
    hone_json_set(o, "labelled", json_integer((json_int_t)p->labelled));
    hone_json_set(o, "unread_labels", json_integer((json_int_t)p->unread));
    hone_json_set_text(o, "unread_label", p->unread_text);
    hone_json_set(o, "alpha", hone_json_real(p->alpha));
    hone_json_set(o, "tolerance", hone_json_real(p->tolerance));
    hone_json_set(o, "k", json_integer((json_int_t)p->k));
    hone_json_set(o, "of", json_integer((json_int_t)p->of));
    hone_json_set(o, "least_labels", json_integer((json_int_t)p->least_labels));
    hone_json_set(o, "label_delay_us", json_integer(p->delay));
    hone_json_set_text(o, "first_alarm", alarm ? p->window[p->first_alarm].window.label : NULL);
    hone_json_set_text(o, "since", alarm ? p->window[p->since].window.label : NULL);
    for (size_t i = 0; i < p->n; i++) {
        hone_json_push(windows, window_json(&p->window[i]));
    }
    hone_json_set(o, "windows", windows);
    return o;
}

/* Realised quality from the log: answers as they were given, labels as they came. */
#include <math.h>

#include "eval/order.h"
#include "flow/train/facts.h"
#include "flow/watch/watch_priv.h"
#include "store/artifact.h"
#include "store/registry.h"

#define PAGE    4096
#define HOUR_US (INT64_C(3600) * 1000000)

double hone_watch_truth(const struct hone_signature *s, struct hone_str text)
{
    double value;
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"') {
        text = (struct hone_str){text.ptr + 1, text.len - 2}; /* a JSON text */
    }
    for (size_t k = 0; s->task != HONE_TASK_REGRESSION && k < s->classes; k++) {
        if (hone_str_is(text, s->class_name[k])) {
            return (double)k;
        }
    }
    bool number = s->task == HONE_TASK_REGRESSION && hone_parse_f64(text, &value);
    return number && isfinite(value) ? value : (double)NAN;
}

/* --- what to hold it against --------------------------------------------------------------------- */

/* The facts of the run that made a model; *out stays NULL when it keeps none. */
static enum hone_code read_facts(struct hone_run *run, struct hone_store *store, const char *id,
                                 json_t **out)
{
    HONE_ARENA(work);
    struct hone_run_artifact *kept;
    size_t n;
    HONE_TRY(hone_store_run_kept(run, store, id, &work, &kept, &n));
    for (size_t i = 0; i < n; i++) {
        struct hone_str bytes;
        if (strcmp(kept[i].path, HONE_RUN_FACTS) == 0) {
            HONE_TRY(hone_artifact_get(run, store, kept[i].hash, &work, &bytes));
            return hone_json_parse(run, bytes, out);
        }
    }
    return HONE_OK;
}

static double number_or_nan(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* A metric's value and interval on the test rows: in the evaluation, or where older versions kept it; false: it is
 * not there. */
static bool find_interval(const json_t *facts, const char *name, struct hone_interval *out)
{
    const json_t *evaluation = json_object_get(facts, "evaluation");
    const json_t *value = json_object_get(json_object_get(evaluation, "metrics"), name);
    size_t i;
    const json_t *m;
    if (json_is_number(value)) {
        const json_t *bound = json_object_get(json_object_get(evaluation, "intervals"), name);
        *out = (struct hone_interval){.value = json_number_value(value),
                                      .low = number_or_nan(json_array_get(bound, 0)),
                                      .high = number_or_nan(json_array_get(bound, 1))};
        return true;
    }
    json_array_foreach(json_object_get(facts, "metrics"), i, m)
    {
        if (strcmp(hone_json_get_text(m, "name", ""), name) == 0) {
            *out = (struct hone_interval){.value = hone_json_get_real(m, "value", (double)NAN),
                                          .low = hone_json_get_real(m, "low", (double)NAN),
                                          .high = hone_json_get_real(m, "high", (double)NAN)};
            return true;
        }
    }
    return false;
}

enum hone_code hone_watch_yardstick(struct hone_run *run, struct hone_store *store,
                                    const struct hone_located *model,
                                    const struct hone_scorer *scorer,
                                    const struct hone_watch_settings *settings,
                                    struct hone_arena *mem,
                                    struct hone_performance_options *out)
{
    HONE_JSON json_t *facts = NULL;
    struct hone_performance_options o = {
        .metric = hone_metric_default(scorer->signature->task),
        .test = {.value = (double)NAN, .low = (double)NAN, .high = (double)NAN},
        .alpha = settings->alpha,
        .tolerance = settings->tolerance,
        .k = (size_t)settings->k,
        .of = (size_t)settings->of,
        .least_labels = (size_t)settings->least_labels,
        .delay = settings->label_hours < 0 ? -1 : settings->label_hours * HOUR_US,
        .now = hone_now_us(run)};
    if (store != NULL && model->run != NULL) {
        HONE_TRY(read_facts(run, store, model->run, &facts));
    }
    const char *chosen = hone_json_get_text(facts, "metric", o.metric->part.name);
    if (find_interval(facts, chosen, &o.test)) {
        HONE_TRY(hone_metric_parse(run, hone_str(chosen), mem, &o.metric));
    } else {
        (void)find_interval(facts, o.metric->part.name, &o.test);
    }
    *out = o;
    return HONE_OK;
}

/* --- what was said and what became of it ----------------------------------------------------------- */

/* An answer that has a label. */
struct outcome {
    int64_t time, seq, label_time;
    double truth;
};

struct log {
    const struct hone_signature *signature;
    int64_t version_id, from, to;
    struct hone_prediction_hour *hour; /* (hours) of all answers, labelled or not */
    size_t hours;
    size_t classes;
    struct outcome *row; /* (n) in the order of seq */
    float *score;        /* (n x classes) */
    size_t n, room;
    size_t unread; /* labels of which nothing can be told */
    const char *unread_text;
};

/* The scores of a logged answer; false: it says none. */
static bool read_scores(const struct hone_signature *s, struct hone_str outputs, float *out)
{
    json_t *tree = json_loadb(outputs.ptr, outputs.len, 0, NULL);
    bool all = true;
    if (s->task == HONE_TASK_REGRESSION) {
        const json_t *value = json_object_get(tree, "prediction");
        all = json_is_number(value);
        out[0] = (float)json_number_value(value);
    } else {
        const json_t *of = json_object_get(tree, "probabilities");
        for (size_t k = 0; k < s->classes; k++) {
            const json_t *value = json_object_get(of, s->class_name[k]);
            all = all && json_is_number(value);
            out[k] = (float)json_number_value(value);
        }
    }
    json_decref(tree);
    return all;
}

/* Room for one row more. */
static enum hone_code more(struct hone_run *run, struct hone_arena *mem, struct log *log)
{
    size_t room = log->room == 0 ? PAGE : 2 * log->room;
    if (log->n < log->room) {
        return HONE_OK;
    }
    struct outcome *row = hone_arena_grow(mem, log->row, sizeof *row, log->room, room);
    float *score =
        hone_arena_grow(mem, log->score, log->classes * sizeof *score, log->room, room);
    if (row == NULL || score == NULL) {
        return hone_no_room(run, "labelled predictions", room);
    }
    log->row = row;
    log->score = score;
    log->room = room;
    return HONE_OK;
}

/* Of what is neither class nor number, and of answers that say no scores, nothing can be told: as without a label. */
static enum hone_code take_page(struct hone_run *run, const struct hone_logged_prediction *page,
                                size_t n, struct hone_arena *mem, struct log *log)
{
    for (size_t i = 0; i < n; i++) {
        const struct hone_logged_prediction *p = &page[i];
        double truth = hone_watch_truth(log->signature, hone_str(p->label));
        HONE_TRY(more(run, mem, log));
        if (isnan(truth) && log->unread++ == 0) {
            log->unread_text = hone_arena_text(mem, p->label, strlen(p->label));
        }
        if (!isnan(truth) &&
            read_scores(log->signature, p->outputs, log->score + log->n * log->classes)) {
            log->row[log->n++] = (struct outcome){p->time, p->seq, p->label_time, truth};
        }
    }
    return HONE_OK;
}

static enum hone_code read_labelled(struct hone_run *run, struct hone_store *store,
                                    struct hone_arena *mem, struct log *log)
{
    struct hone_labelled_filter filter = {.version_id = log->version_id,
                                          .from = log->from,
                                          .to = log->to,
                                          .after_seq = INT64_MAX,
                                          .last_seq = INT64_MIN,
                                          .limit = PAGE};
    for (size_t i = 0; i < log->hours; i++) { /* what is logged from now on is not counted */
        const struct hone_prediction_hour *h = &log->hour[i];
        filter.after_seq = h->first <= filter.after_seq ? h->first - 1 : filter.after_seq;
        filter.last_seq = h->last > filter.last_seq ? h->last : filter.last_seq;
    }
    for (size_t n = PAGE; n == PAGE;) {
        HONE_ARENA(work);
        struct hone_logged_prediction *page;
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_labelled_list(run, store, &filter, &work, &page, &n));
        HONE_TRY(take_page(run, page, n, mem, log));
        filter.after_seq = n > 0 ? page[n - 1].seq : filter.after_seq;
    }
    return HONE_OK;
}

static enum hone_code read_log(struct hone_run *run, struct hone_store *store,
                               const struct hone_located *model,
                               const struct hone_watch_settings *settings,
                               struct hone_arena *mem, struct log *log)
{
    struct hone_version_record version;
    HONE_TRY(hone_version_get(run, store, model->name, model->version, mem, &version));
    log->version_id = version.id;
    log->from = settings->from;
    log->to = settings->to;
    HONE_TRY(hone_predictions_hours(run, store, version.id, log->from, log->to, mem, &log->hour,
                                    &log->hours));
    if (log->hours == 0) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no predictions of %s are logged", model->uri);
        return hone_hint(run, "hone serve logs them unless --log is off or none");
    }
    return read_labelled(run, store, mem, log);
}

/* The labelled ones by time, then by arrival. */
static enum hone_code in_order(struct hone_run *run, const struct log *log,
                               struct hone_arena *mem, struct outcome **out,
                               const float ***score)
{
    HONE_ARENA(work);
    double *key; /* µs are whole in a double until the year 2255 */
    uint32_t *order;
    HONE_TRY(hone_array(run, &work, &key, log->n));
    HONE_TRY(hone_array(run, &work, &order, log->n));
    HONE_TRY(hone_array(run, mem, out, log->n));
    HONE_TRY(hone_array(run, mem, score, log->n));
    for (size_t i = 0; i < log->n; i++) {
        key[i] = (double)log->row[i].time;
    }
    HONE_TRY(hone_order_by(run, log->n, key, false, order));
    for (size_t i = 0; i < log->n; i++) {
        (*out)[i] = log->row[order[i]];
        (*score)[i] = log->score + order[i] * log->classes;
    }
    return HONE_OK;
}

/* How many of the labelled ones are among the earlier half of all. */
static enum hone_code count_early(struct hone_run *run, struct hone_store *store,
                                  const struct log *log, const struct outcome *row,
                                  size_t *early)
{
    size_t all = 0;
    size_t before = 0;
    size_t h = 0;
    int64_t time;
    int64_t seq;
    for (size_t i = 0; i < log->hours; i++) {
        all += log->hour[i].rows;
    }
    const size_t half = (all + 1) / 2;
    while (h + 1 < log->hours && before + log->hour[h].rows <= half) {
        before += log->hour[h++].rows;
    }
    const int64_t end = h + 1 < log->hours ? log->hour[h + 1].begin : log->to;
    HONE_TRY(hone_prediction_behind(run, store, log->version_id, log->hour[h].begin, end,
                                    half - before, &time, &seq));
    for (*early = 0; *early < log->n; (*early)++) {
        const struct outcome *o = &row[*early];
        if (o->time > time || (o->time == time && o->seq >= seq)) {
            break;
        }
    }
    return HONE_OK;
}

/* Windows of the hours, by the clock, and the labelled rows of each. */
static enum hone_code cut(struct hone_run *run, const struct log *log,
                          const struct outcome *row, const char *by, struct hone_arena *mem,
                          struct hone_window **out, size_t **asked, size_t *n)
{
    size_t *place;
    size_t i = 0;
    HONE_TRY(hone_array(run, mem, out, log->hours));
    HONE_TRY(hone_array(run, mem, asked, log->hours));
    HONE_TRY(hone_array(run, mem, &place, log->n));
    *n = 0;
    for (size_t h = 0; h < log->hours;) {
        struct hone_window *w = *out + *n;
        size_t *rows = *asked + *n;
        HONE_TRY(hone_window_at(run, by, log->hour[h].begin, mem, w));
        for (; h < log->hours && log->hour[h].begin < w->end; h++) {
            *rows += log->hour[h].rows;
        }
        w->row = place + i;
        for (; i < log->n && row[i].time < w->end; i++) {
            place[i] = i;
            w->n++;
        }
        *rows = *rows < w->n ? w->n : *rows; /* some went by age since they were counted */
        (*n)++;
    }
    return HONE_OK;
}

enum hone_code hone_watch_performance(struct hone_run *run, struct hone_store *store,
                                      const struct hone_located *model,
                                      const struct hone_scorer *scorer,
                                      const struct hone_watch_settings *settings,
                                      struct hone_arena *mem, struct hone_performance *out)
{
    HONE_ARENA(work);
    const struct hone_signature *s = scorer->signature;
    struct log log = {.signature = s,
                      .classes = s->task == HONE_TASK_REGRESSION ? 1 : s->classes};
    struct hone_outcomes outcomes = {
        .task = s->task, .classes = log.classes, .threshold = s->threshold};
    struct hone_performance_options options;
    struct hone_window *window;
    struct outcome *row;
    int64_t *time;
    int64_t *label_time;
    double *truth;
    const float **score;
    size_t *asked;
    size_t n;
    if ((s->task & HONE_TASK_SUPERVISED) == 0) {
        return hone_fail(run, HONE_E_UNSUPPORTED,
                         "%s has no target, so nothing can be right or wrong", model->uri);
    }
    HONE_TRY(hone_watch_yardstick(run, store, model, scorer, settings, mem, &options));
    HONE_TRY(read_log(run, store, model, settings, &work, &log));
    HONE_TRY(in_order(run, &log, &work, &row, &score));
    HONE_TRY(cut(run, &log, row, settings->window, mem, &window, &asked, &n));
    HONE_TRY(count_early(run, store, &log, row, &outcomes.early));
    HONE_TRY(hone_array(run, &work, &time, log.n));
    HONE_TRY(hone_array(run, &work, &label_time, log.n));
    HONE_TRY(hone_array(run, &work, &truth, log.n));
    for (size_t i = 0; i < log.n; i++) {
        time[i] = row[i].time;
        label_time[i] = row[i].label_time;
        truth[i] = row[i].truth;
    }
    outcomes.n = log.n;
    outcomes.time = time;
    outcomes.label_time = label_time;
    outcomes.truth = truth;
    outcomes.score = score;
    outcomes.asked = asked;
    outcomes.unread = log.unread;
    outcomes.unread_text = log.unread_text;
    return hone_performance_judge(run, &outcomes, window, n, &options, mem, out);
}

enum hone_code hone_performance_record(struct hone_run *run, struct hone_store *store,
                                       const struct hone_located *model,
                                       const struct hone_performance *p, int64_t *id,
                                       bool *fresh)
{
    HONE_ARENA(work);
    struct hone_version_record version;
    *id = 0;
    *fresh = false;
    if (p->first_alarm >= p->n) {
        return HONE_OK;
    }
    const struct hone_performance_window *since = &p->window[p->since];
    const struct hone_performance_window *at = &p->window[p->first_alarm];
    HONE_TRY(hone_version_get(run, store, model->name, model->version, &work, &version));
    const struct hone_alarm alarm = {
        .version_id = version.id,
        .kind = "performance",
        .severity = "critical",
        .subject = p->metric->part.name,
        .value = at->value,
        .threshold = p->test.value,
        .window_from = since->window.begin,
        .window_to = at->window.end,
        .message = hone_arena_format(
            &work,
            "realised %s %.4g (%.4g to %.4g) on %zu labelled rows of %s; on the test rows "
            "%.4g (%.4g to %.4g): worse since %s",
            p->metric->part.name, at->value, at->low, at->high, at->labelled, at->window.label,
            p->test.value, p->test.low, p->test.high, since->window.label),
    };
    return hone_alarm_raise(run, store, &alarm, id, fresh);
}

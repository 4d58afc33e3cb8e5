/* Realised quality from the log: answers as they were given, labels as they came. */
#include <math.h>

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

struct outcome {
    int64_t time, label_time;
    double truth;
    const float *score; /* (classes) */
};

struct log {
    const struct hone_signature *signature;
    size_t classes;
    struct outcome *row;
    size_t n, room;
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
    struct outcome *row;
    if (log->n < log->room) {
        return HONE_OK;
    }
    log->room = log->room == 0 ? PAGE : 2 * log->room;
    HONE_TRY(hone_array(run, mem, &row, log->room));
    if (log->n > 0) {
        memcpy(row, log->row, log->n * sizeof *row);
    }
    log->row = row;
    return HONE_OK;
}

static enum hone_code take_page(struct hone_run *run, const struct hone_logged_prediction *page,
                                size_t n, struct hone_arena *mem, struct log *log)
{
    float *score;
    HONE_TRY(hone_matrix(run, mem, &score, n, log->classes));
    for (size_t i = 0; i < n; i++) {
        float *here = score + i * log->classes;
        if (!read_scores(log->signature, page[i].outputs, here)) {
            continue;
        }
        HONE_TRY(more(run, mem, log));
        struct outcome *o = &log->row[log->n++];
        o->time = page[i].time;
        o->score = here;
        o->truth = page[i].label == NULL
                       ? (double)NAN
                       : hone_watch_truth(log->signature, hone_str(page[i].label));
        o->label_time = page[i].label == NULL ? 0 : page[i].label_time;
    }
    return HONE_OK;
}

static enum hone_code read_log(struct hone_run *run, struct hone_store *store,
                               const struct hone_located *model,
                               const struct hone_watch_settings *settings,
                               struct hone_arena *mem, struct log *log)
{
    struct hone_prediction_filter filter = {.model = model->name,
                                            .version = model->version,
                                            .from = settings->from,
                                            .to = settings->to,
                                            .limit = PAGE};
    for (;;) {
        HONE_ARENA(work);
        struct hone_logged_prediction *page;
        size_t n;
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_predictions_list(run, store, &filter, &work, &page, &n));
        HONE_TRY(take_page(run, page, n, mem, log));
        if (n < PAGE) {
            break;
        }
        filter.after_time = page[n - 1].time;
        filter.after_seq = page[n - 1].seq;
    }
    if (log->n == 0) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no predictions of %s are logged", model->uri);
        return hone_hint(run, "hone serve logs them unless --log is off or none");
    }
    return HONE_OK;
}

/* Windows of consecutive rows by the clock. */
static enum hone_code cut(struct hone_run *run, const struct log *log, const char *by,
                          struct hone_arena *mem, struct hone_window **out, size_t *n)
{
    struct hone_window *list;
    struct hone_window now = {0};
    size_t *place;
    size_t all = 0;
    for (size_t i = 0; i < log->n; i++) {
        if (i == 0 || log->row[i].time >= now.end) {
            HONE_ARENA(work); /* of the label */
            HONE_TRY(hone_window_at(run, by, log->row[i].time, &work, &now));
            all++;
        }
    }
    *n = 0;
    HONE_TRY(hone_array(run, mem, &list, all));
    HONE_TRY(hone_array(run, mem, &place, log->n));
    for (size_t i = 0; i < log->n;) {
        struct hone_window *w = &list[(*n)++];
        HONE_TRY(hone_window_at(run, by, log->row[i].time, mem, w));
        w->row = place + i;
        for (; i < log->n && log->row[i].time < w->end; i++) {
            place[i] = i;
            w->n++;
        }
    }
    *out = list;
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
    struct hone_performance_options options;
    struct hone_window *window;
    int64_t *time;
    int64_t *label_time;
    double *truth;
    const float **score;
    size_t n;
    if ((s->task & HONE_TASK_SUPERVISED) == 0) {
        return hone_fail(run, HONE_E_UNSUPPORTED,
                         "%s has no target, so nothing can be right or wrong", model->uri);
    }
    HONE_TRY(hone_watch_yardstick(run, store, model, scorer, settings, mem, &options));
    HONE_TRY(read_log(run, store, model, settings, &work, &log));
    HONE_TRY(cut(run, &log, settings->window, mem, &window, &n));
    HONE_TRY(hone_array(run, &work, &time, log.n));
    HONE_TRY(hone_array(run, &work, &label_time, log.n));
    HONE_TRY(hone_array(run, &work, &truth, log.n));
    HONE_TRY(hone_array(run, &work, &score, log.n));
    for (size_t i = 0; i < log.n; i++) {
        time[i] = log.row[i].time;
        label_time[i] = log.row[i].label_time;
        truth[i] = log.row[i].truth;
        score[i] = log.row[i].score;
    }
    const struct hone_outcomes outcomes = {.task = s->task,
                                           .classes = log.classes,
                                           .threshold = s->threshold,
                                           .n = log.n,
                                           .time = time,
                                           .truth = truth,
                                           .label_time = label_time,
                                           .score = score};
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

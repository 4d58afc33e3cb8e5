/* What a look at live data leaves behind: a document, a run, an alarm. */
#include <math.h>

#include "flow/watch/risen.h"
#include "flow/watch/watch.h"
#include "store/artifact.h"
#include "store/lineage.h"
#include "store/presence.h"
#include "store/registry.h"

json_t *hone_watched_json(const struct hone_watched *w, const char *model)
{
    HONE_ARENA(work);
    json_t *document = hone_watch_json(&w->watch);
    json_t *next = json_array();
    struct hone_texts advice;
    hone_json_set_text(document, "model", model);
    hone_json_set(document, "rows", json_integer((json_int_t)w->rows));
    hone_json_set(document, "performance",
                  w->realised.metric == NULL ? json_null()
                                             : hone_performance_json(&w->realised));
    hone_watch_advice(w, model, &work, &advice);
    for (size_t i = 0; i < advice.n; i++) {
        hone_json_push(next, json_string(advice.item[i]));
    }
    hone_json_set(document, "next", next);
    return document;
}

/* What hone_why_alarm finds its rows by. */
static const char *detail_of(const struct hone_drift_column *worst, struct hone_arena *mem)
{
    HONE_JSON json_t *detail = json_object();
    struct hone_buf text = hone_buf(mem);
    json_t *risen = hone_risen_json(worst);
    if (risen != NULL) {
        hone_json_set(detail, "risen", risen);
    }
    hone_json_write(&text, detail, false);
    hone_buf_char(&text, '\0');
    return text.ptr;
}

static enum hone_code raise_alarm(struct hone_run *run, struct hone_store *store,
                                  const struct hone_located *model,
                                  const struct hone_watched *w)
{
    HONE_ARENA(work);
    struct hone_version_record version;
    const struct hone_watch_step *since = &w->watch.step[w->watch.since];
    const struct hone_watch_step *at = &w->watch.step[w->watch.first_alarm];
    const struct hone_drift_column *worst = &at->report->column[0];
    HONE_TRY(hone_version_get(run, store, model->name, model->version, &work, &version));
    const struct hone_alarm alarm = {
        .detail = detail_of(worst, &work),
        .version_id = version.id,
        .kind = "drift",
        .severity = "critical",
        .subject = worst->reference->name,
        .key = "data", /* the worst column changes, the drift is one */
        .value = worst->leading == NULL ? (double)NAN : worst->leading->value,
        .threshold = worst->leading == NULL ? (double)NAN : worst->leading->threshold,
        .window_from = since->window->begin,
        .window_to = at->window->end,
        .message =
            hone_arena_format(&work, "%zu of %zu columns drifted since %s", at->report->drifted,
                              at->report->cols, since->window->label),
    };
    int64_t id;
    bool fresh;
    return hone_alarm_raise(run, store, &alarm, &id, &fresh);
}

/* One row that says how it stands, so that nobody needs the document for that. */
static enum hone_code add_look(struct hone_run *run, struct hone_store *store,
                               const struct hone_located *model, const struct hone_watched *w,
                               const char *run_id)
{
    HONE_SCRATCH(run);
    struct hone_version_record version;
    const struct hone_watch *watch = &w->watch;
    const struct hone_watch_step *last = &watch->step[watch->n - 1];
    const struct hone_drift_report *report = last->report;
    int64_t id;
    HONE_TRY(
        hone_version_get(run, store, model->name, model->version, &run->scratch, &version));
    const struct hone_look look = {
        .version_id = version.id,
        .run = run_id,
        .rows = (int64_t)w->rows,
        .windows = (int64_t)watch->n,
        .from = last->window->begin,
        .to = last->window->end,
        .state = hone_drift_state_name(report->state),
        .drifted = (int64_t)report->drifted,
        .columns = (int64_t)report->cols,
        .subject = report->cols > 0 ? report->column[0].reference->name : "",
        .since = last->alarm ? watch->step[watch->since].window->begin : 0,
        .metric = w->realised.metric == NULL ? NULL : w->realised.metric->part.name,
        .realised = w->realised.metric == NULL ? (double)NAN : w->realised.all.value,
        .labelled = (int64_t)w->realised.labelled,
    };
    return hone_look_add(run, store, &look, &id);
}

/* A run of its own that holds the document. */
static enum hone_code keep(struct hone_run *run, struct hone_store *store,
                           const struct hone_located *model, const struct hone_sha *hash,
                           struct hone_arena *mem, struct hone_run_id *id)
{
    const struct hone_run_record record = {
        .name = hone_arena_format(mem, "monitor %lld", (long long)model->version),
        .model = model->name,
        .seed = run->seed};
    HONE_TRY(hone_store_run_begin(run, store, &record, id));
    const struct hone_run_artifact file = {.path = HONE_RUN_WATCH, .hash = hash->hex};
    HONE_TRY(hone_store_run_keep(run, store, id->hex, &file));
    return hone_store_run_end(run, store, id->hex, "FINISHED", NULL);
}

enum hone_code hone_watch_record(struct hone_run *run, struct hone_store *store,
                                 const struct hone_located *model,
                                 const struct hone_watched *watched, const json_t *document)
{
    HONE_ARENA(work);
    struct hone_run_id id;
    int64_t alarm;
    bool fresh;
    struct hone_sha hash;
    struct hone_buf text = hone_buf(&work);
    if (document != NULL) { /* slow, so before the transaction */
        hone_json_write(&text, document, false);
        HONE_TRY(hone_artifact_put(run, store, (struct hone_str){text.ptr, text.len}, &hash));
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    if (document != NULL) {
        HONE_TRY(keep(run, store, model, &hash, &work, &id));
    }
    if (watched->watch.n > 0) {
        HONE_TRY(add_look(run, store, model, watched, document != NULL ? id.hex : NULL));
    }
    if (watched->watch.first_alarm < watched->watch.n) {
        HONE_TRY(raise_alarm(run, store, model, watched));
    }
    if (watched->realised.metric != NULL) {
        HONE_TRY(
            hone_performance_record(run, store, model, &watched->realised, &alarm, &fresh));
    }
    return hone_transaction_commit(run, &tx);
}

enum hone_code hone_watch_last(struct hone_run *run, struct hone_store *store,
                               const struct hone_located *model, struct hone_arena *mem,
                               const char **id)
{
    struct hone_run_record *list;
    size_t n;
    const struct hone_run_filter filter = {.model = model->name, .status = "FINISHED"};
    const char *name = hone_arena_format(mem, "monitor %lld", (long long)model->version);
    *id = NULL;
    if (model->name == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_store_run_list(run, store, &filter, mem, &list, &n));
    for (size_t i = 0; i < n && *id == NULL; i++) {
        if (strcmp(list[i].name, name) == 0) {
            *id = list[i].id;
        }
    }
    return HONE_OK;
}

#include "serve/status.h"

#include <stdlib.h>

#include "serve/status_documents.h"
#include "serve/status_words.h"
#include "serve/verdict.h"
#include "store/audit.h"
#include "store/journal.h"
#include "store/lineage.h"
#include "store/presence.h"
#include "store/registry.h"
#include "store/telling.h"

#define DAY_US (INT64_C(86400) * 1000000)
#define HOOKS_US                                                                               \
    (INT64_C(7200) * 1000000) /* one that nobody means to tell is no webhook any more */
#define ALARMS 50
#define RECENT 100 /* decisions of a kind that are looked through */

static void set_time(json_t *o, const char *key, int64_t us)
{
    hone_json_set(o, key, us == 0 ? json_null() : json_integer(us));
}

static void set_whole(json_t *o, const char *key, int64_t value)
{
    hone_json_set(o, key, json_integer(value));
}

/* --- models ------------------------------------------------------------------------------------ */

/* Where an alias points, since when, and where it pointed before. */
static enum hone_code alias_json(struct hone_run *run, struct hone_store *store,
                                 const struct hone_alias_step *now, struct hone_arena *mem,
                                 json_t *list)
{
    struct hone_alias_step *step;
    size_t n;
    HONE_TRY(hone_alias_history(run, store, now->model, now->alias, mem, &step, &n));
    json_t *o = json_object();
    hone_json_set_text(o, "alias", now->alias);
    set_whole(o, "version", now->version);
    hone_json_set(o, "before", n < 2 ? json_null() : json_integer(step[1].version));
    set_time(o, "since_us", now->time);
    hone_json_set_text(o, "actor", now->actor);
    hone_json_set_text(o, "reason", now->reason);
    hone_json_set_text(o, "kind", now->kind);
    hone_json_push(list, o);
    return HONE_OK;
}

/* Gates whose last verdict is not "pass". */
static enum hone_code gates_json(struct hone_run *run, struct hone_store *store,
                                 const struct hone_version_record *v, struct hone_arena *mem,
                                 json_t *o)
{
    struct hone_decision *d;
    size_t n;
    json_t *failed = json_array();
    hone_json_set(o, "failed", failed);
    HONE_TRY(hone_decision_list(run, store, v->model, v->version, mem, &d, &n));
    for (size_t i = 0; i < n; i++) {
        bool newest = true;
        for (size_t j = i + 1; j < n; j++) {
            newest = newest && strcmp(d[j].name, d[i].name) != 0;
        }
        if (newest && strcmp(d[i].verdict, "fail") == 0) {
            hone_json_push(failed, hone_json_text(hone_str(d[i].name)));
        }
    }
    return HONE_OK;
}

static enum hone_code trained_json(struct hone_run *run, struct hone_store *store,
                                   const struct hone_version_record *v, struct hone_arena *mem,
                                   json_t *o)
{
    struct hone_run_record record;
    struct hone_metric_point *metric;
    size_t n;
    json_t *metrics = json_object();
    set_whole(o, "version", v->version);
    hone_json_set_text(o, "run", v->run);
    hone_json_set(o, "metrics", metrics);
    if (v->run == NULL) {
        set_time(o, "trained_us", v->created);
        return HONE_OK;
    }
    HONE_TRY(hone_store_run_get(run, store, v->run, mem, &record));
    HONE_TRY(hone_store_run_metrics(run, store, v->run, mem, &metric, &n));
    set_time(o, "trained_us", record.ended);
    for (size_t i = 0; i < n; i++) {
        hone_json_set(metrics, metric[i].key, hone_json_real(metric[i].value));
    }
    return HONE_OK;
}

static enum hone_code look_json(struct hone_run *run, struct hone_store *store,
                                const struct hone_version_record *v,
                                const struct hone_status_wish *wish, struct hone_arena *mem,
                                json_t *model)
{
    struct hone_look *look;
    size_t n;
    HONE_TRY(hone_look_list(run, store, v->id, 1, mem, &look, &n));
    if (n == 0) {
        hone_json_set(model, "look", json_null());
        return HONE_OK;
    }
    json_t *o = json_object();
    hone_json_set(model, "look", o);
    set_time(o, "time_us", look->time);
    set_whole(o, "rows", look->rows);
    hone_json_set_text(o, "state", look->state);
    set_whole(o, "drifted", look->drifted);
    set_whole(o, "columns", look->columns);
    hone_json_set_text(o, "subject", look->subject);
    set_time(o, "since_us", look->since);
    hone_json_set_text(o, "metric", look->metric);
    hone_json_set(o, "realised", hone_json_real(look->realised));
    set_whole(o, "labelled", look->labelled);
    hone_status_looked(run, store, look->run, wish->read, o);
    hone_status_tested(run, store, v->run, wish->read, o);
    return HONE_OK;
}

static enum hone_code traffic_json(struct hone_run *run, struct hone_store *store,
                                   const struct hone_version_record *v, json_t *model)
{
    struct hone_traffic t;
    HONE_TRY(hone_traffic_of(run, store, v->id, hone_now_us(run) - DAY_US, &t));
    json_t *o = json_object();
    set_whole(o, "rows", t.rows);
    set_whole(o, "labelled", t.labelled);
    set_time(o, "last_us", t.last);
    hone_json_set(model, "traffic", o);
    return HONE_OK;
}

static enum hone_code model_json(struct hone_run *run, struct hone_store *store,
                                 const struct hone_model_record *m,
                                 const struct hone_status_wish *wish, json_t *list)
{
    HONE_ARENA(work);
    struct hone_alias_step *alias;
    size_t n;
    int64_t version = 0; /* the champion, else the latest */
    struct hone_version_record v;
    json_t *o = json_object();
    json_t *aliases = json_array();
    json_t *served = json_object();
    hone_json_push(list, o);
    hone_json_set_text(o, "model", m->name);
    set_whole(o, "latest", m->latest);
    hone_json_set(o, "aliases", aliases);
    hone_json_set(o, "served", served);
    HONE_TRY(hone_alias_list(run, store, m->name, &work, &alias, &n));
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(alias_json(run, store, &alias[i], &work, aliases));
        version = strcmp(alias[i].alias, "champion") == 0 ? alias[i].version : version;
    }
    HONE_TRY(
        hone_version_get(run, store, m->name, version == 0 ? m->latest : version, &work, &v));
    HONE_TRY(trained_json(run, store, &v, &work, served));
    HONE_TRY(gates_json(run, store, &v, &work, served));
    HONE_TRY(look_json(run, store, &v, wish, &work, o));
    return wish->traffic ? traffic_json(run, store, &v, o) : HONE_OK;
}

static enum hone_code models_json(struct hone_run *run, struct hone_store *store,
                                  const struct hone_status_wish *wish, struct hone_arena *mem,
                                  json_t *o)
{
    struct hone_model_record *model;
    size_t n;
    json_t *list = json_array();
    hone_json_set(o, "models", list);
    HONE_TRY(hone_model_list(run, store, mem, &model, &n));
    for (size_t i = 0; i < n; i++) {
        if (wish->model == NULL || strcmp(wish->model, model[i].name) == 0) {
            HONE_TRY(model_json(run, store, &model[i], wish, list));
        }
    }
    if (wish->model != NULL && json_array_size(list) == 0) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no model %.100s in %s", wish->model,
                        hone_store_folder(store));
        return hone_hint(run, "hone models lists them");
    }
    return HONE_OK;
}

/* --- servers, alarms, decisions ------------------------------------------------------------------ */

/* Where it stood, another was begun since: servers are listed by when they began, the last first. */
static bool replaced(const struct hone_presence *server, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(server[k].url, server[i].url) == 0 &&
            strcmp(server[k].machine, server[i].machine) == 0) {
            return true;
        }
    }
    return false;
}

static const char *state_of(const struct hone_presence *server, size_t i, int64_t now)
{
    if (server[i].ended != 0) {
        return "ended";
    }
    if (now - server[i].seen <= HONE_PRESENCE_US) {
        return "up";
    }
    return replaced(server, i) ? "replaced" : "gone";
}

static enum hone_code servers_json(struct hone_run *run, struct hone_store *store,
                                   struct hone_arena *mem, json_t *o)
{
    struct hone_presence *server;
    size_t n;
    int64_t now = hone_now_us(run);
    json_t *list = json_array();
    hone_json_set(o, "servers", list);
    HONE_TRY(hone_presence_list(run, store, now - DAY_US, mem, &server, &n));
    for (size_t i = 0; i < n; i++) {
        const struct hone_presence *p = &server[i];
        json_t *s = json_object();
        json_t *facts = json_loads(p->facts, 0, NULL);
        hone_json_set_text(s, "url", p->url);
        hone_json_set_text(s, "machine", p->machine);
        set_whole(s, "pid", p->pid);
        hone_json_set_text(s, "state", state_of(server, i, now));
        set_time(s, "started_us", p->started);
        set_time(s, "seen_us", p->seen);
        hone_json_set(s, "facts", facts == NULL ? json_object() : facts);
        hone_json_push(list, s);
    }
    return HONE_OK;
}

/* --- what was done ---------------------------------------------------------------------------------- */

static json_t *decision_json(const struct hone_audit_row *row)
{
    struct hone_arena work = {0};
    json_t *d = json_object();
    HONE_JSON json_t *detail = json_loads(row->detail, 0, NULL);
    /* a detail that is no JSON is the reason itself */
    const char *reason =
        detail == NULL ? row->detail : hone_json_get_text(detail, "reason", "");
    set_time(d, "time_us", row->time);
    hone_json_set_text(d, "actor", row->actor);
    hone_json_set_text(d, "action", row->action);
    hone_json_set_text(d, "subject", row->subject);
    set_whole(d, "version", hone_json_get_int(detail, "version", 0));
    hone_json_set_text(d, "reason", reason);
    hone_json_set_text(d, "what", hone_decision_text(d, &work));
    hone_arena_free(&work);
    return d;
}

/* The last decision at or before a time that can have changed an answer; null where there is none. */
static enum hone_code changed_before(struct hone_run *run, struct hone_store *store,
                                     const char *model, int64_t time, json_t *o)
{
    HONE_ARENA(work);
    static const char *const kinds[] = {"alias_set", "rollback", "alias_remove"};
    const char *subject = model == NULL ? NULL : hone_arena_format(&work, "models:/%s", model);
    json_t *found = NULL;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct hone_audit_row *row;
        size_t n;
        size_t i = 0;
        const struct hone_audit_filter filter = {
            .subject = subject, .action = kinds[k], .limit = RECENT};
        HONE_TRY(hone_audit_list(run, store, &filter, &work, &row, &n));
        while (i < n && row[i].time > time) {
            i++;
        }
        if (i < n && row[i].time > hone_json_get_int(found, "time_us", 0)) {
            json_decref(found);
            found = decision_json(&row[i]);
        }
    }
    hone_json_set(o, "changed", found == NULL ? json_null() : found);
    return HONE_OK;
}

static int by_severity(const void *a, const void *b)
{
    const struct hone_alarm *x = a;
    const struct hone_alarm *y = b;
    bool p = strcmp(x->severity, "critical") == 0;
    bool q = strcmp(y->severity, "critical") == 0;
    return p != q ? q - p : (x->id < y->id) - (x->id > y->id);
}

static enum hone_code alarms_json(struct hone_run *run, struct hone_store *store,
                                  const char *model, struct hone_arena *mem, json_t *o)
{
    struct hone_alarm *alarm;
    size_t n;
    const struct hone_alarm_filter filter = {.model = model, .open = true, .limit = ALARMS};
    json_t *list = json_array();
    hone_json_set(o, "alarms", list);
    HONE_TRY(hone_alarm_list(run, store, &filter, mem, &alarm, &n));
    if (n > 0) {
        qsort(alarm, n, sizeof *alarm, by_severity);
    }
    for (size_t i = 0; i < n; i++) {
        const struct hone_alarm *it = &alarm[i];
        json_t *a = json_object();
        hone_json_push(list, a);
        set_whole(a, "id", it->id);
        set_time(a, "time_us", it->time);
        hone_json_set_text(a, "severity", it->severity);
        hone_json_set_text(a, "kind", it->kind);
        hone_json_set_text(a, "subject", it->subject);
        hone_json_set_text(a, "message", it->message);
        hone_json_set_text(a, "model", it->model);
        set_whole(a, "version", it->version);
        set_time(a, "from_us", it->window_from);
        set_time(a, "to_us", it->window_to);
        HONE_TRY(changed_before(run, store, it->model,
                                it->window_from == 0 ? it->time : it->window_from, a));
    }
    return HONE_OK;
}

/* Who is told of alarms. */
static enum hone_code webhooks_json(struct hone_run *run, struct hone_store *store,
                                    struct hone_arena *mem, json_t *o)
{
    struct hone_hook *hook;
    size_t n;
    json_t *list = json_array();
    hone_json_set(o, "webhooks", list);
    HONE_TRY(hone_hook_list(run, store, hone_now_us(run) - HOOKS_US, mem, &hook, &n));
    for (size_t i = 0; i < n; i++) {
        json_t *h = json_object();
        hone_json_set_text(h, "name", hook[i].name);
        set_time(h, "told_us", hook[i].told);
        set_time(h, "failed_us", hook[i].failed);
        set_whole(h, "failures", hook[i].failures);
        hone_json_set_text(h, "error", hook[i].error);
        set_whole(h, "waiting", hook[i].waiting);
        hone_json_push(list, h);
    }
    return HONE_OK;
}

static enum hone_code decisions_json(struct hone_run *run, struct hone_store *store,
                                     const struct hone_status_wish *wish,
                                     struct hone_arena *mem, json_t *o)
{
    struct hone_audit_row *row;
    size_t n;
    const struct hone_audit_filter filter = {
        .subject =
            wish->model == NULL ? NULL : hone_arena_format(mem, "models:/%s", wish->model),
        .limit = wish->decisions == 0 ? 1 : 4 * wish->decisions};
    json_t *list = json_array();
    hone_json_set(o, "decisions", list);
    HONE_TRY(hone_audit_list(run, store, &filter, mem, &row, &n));
    for (size_t i = 0; i < n && json_array_size(list) < wish->decisions; i++) {
        if (strcmp(row[i].action, "register") != 0) { /* a version that came decides nothing */
            hone_json_push(list, decision_json(&row[i]));
        }
    }
    return HONE_OK;
}

/* When what is worst began, as far as it is known. */
static int64_t began(const json_t *o)
{
    const json_t *signs = json_object_get(o, "signs");
    for (size_t i = 0; i < json_array_size(signs); i++) {
        int64_t since = hone_json_get_int(json_array_get(signs, i), "since_us", 0);
        if (since != 0) {
            return since;
        }
    }
    return 0;
}

enum hone_code hone_status_collect(struct hone_run *run, struct hone_store *store,
                                   const struct hone_status_wish *wish, json_t **out)
{
    HONE_ARENA(work);
    HONE_JSON json_t *o = json_object();
    set_time(o, "time_us", hone_now_us(run));
    hone_json_set(o, "state", json_null()); /* it stands first; the verdict fills it in */
    hone_json_set(o, "signs", json_array());
    hone_json_set(o, "changed", json_null());
    if (store != NULL) {
        HONE_TRY(models_json(run, store, wish, &work, o));
        HONE_TRY(servers_json(run, store, &work, o));
        HONE_TRY(alarms_json(run, store, wish->model, &work, o));
        HONE_TRY(webhooks_json(run, store, &work, o));
        HONE_TRY(decisions_json(run, store, wish, &work, o));
    }
    if (wish->here != NULL) {
        hone_json_set(o, "here", json_incref(wish->here));
    }
    hone_status_judge(o);
    int64_t first = began(o);
    if (store != NULL && first != 0) {
        HONE_TRY(changed_before(run, store, wish->model, first, o));
    }
    *out = json_incref(o);
    return HONE_OK;
}

/* Models beside each other by what the store knows of the runs that made them. */
#include <math.h>

#include "eval/metrics.h"
#include "flow/judge/versus.h"
#include "flow/model/locate.h"
#include "store/lineage.h"

/* What is on record of one. */
struct kept {
    const char *uri;
    struct hone_run_record record;
    struct hone_fact *param;
    struct hone_metric_point *metric;
    struct hone_run_data *data;
    size_t params, metrics, datas;
};

static enum hone_code gather(struct hone_run *run, struct hone_store *store,
                             const struct hone_versus *in, size_t m, struct hone_arena *mem,
                             struct kept *k)
{
    struct hone_located located;
    HONE_TRY(hone_model_locate(run, in->store, in->model[m], mem, &located));
    k->uri = located.uri;
    if (located.run == NULL) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "nothing records how %s was made", located.uri);
        return hone_hint(run, "--data FILE compares any models on the rows of a table");
    }
    HONE_TRY(hone_store_run_get(run, store, located.run, mem, &k->record));
    HONE_TRY(hone_store_run_params(run, store, located.run, mem, &k->param, &k->params));
    HONE_TRY(hone_store_run_metrics(run, store, located.run, mem, &k->metric, &k->metrics));
    return hone_store_run_used(run, store, located.run, mem, &k->data, &k->datas);
}

static const char *param_of(const struct kept *k, const char *key)
{
    for (size_t i = 0; i < k->params; i++) {
        if (strcmp(k->param[i].key, key) == 0) {
            return k->param[i].value;
        }
    }
    return NULL;
}

static double metric_of(const struct kept *k, const char *key)
{
    for (size_t i = 0; i < k->metrics; i++) {
        if (strcmp(k->metric[i].key, key) == 0) {
            return k->metric[i].value;
        }
    }
    return (double)NAN;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static json_t *models_json(const struct kept *k, size_t n)
{
    json_t *list = json_array();
    for (size_t m = 0; m < n; m++) {
        json_t *o = json_object();
        const struct hone_run_record *r = &k[m].record;
        hone_json_set_text(o, "model", k[m].uri);
        hone_json_set_text(o, "run", r->id);
        hone_json_set_text(o, "status", r->status);
        hone_json_set(o, "started_us", json_integer(r->started));
        hone_json_set_text(o, "command", r->command);
        hone_json_set(o, "seed", json_integer((json_int_t)r->seed));
        hone_json_push(list, o);
    }
    return list;
}

/* The model that is best by a metric; NULL for figures that are no metric, or where one only has it. */
static const char *best_of(const struct kept *k, size_t n, const char *key)
{
    const struct hone_metric *metric =
        (const struct hone_metric *)hone_part_find(hone_metrics, hone_str(key));
    const char *best = NULL;
    double most = 0;
    size_t known = 0;
    for (size_t m = 0; m < n && metric != NULL; m++) {
        double value = metric_of(&k[m], key) * (metric->greater_is_better ? 1 : -1);
        if (isnan(value)) {
            continue;
        }
        known++;
        if (best == NULL || value > most) {
            best = k[m].uri;
            most = value;
        }
    }
    return known > 1 ? best : NULL;
}

/* Every metric that any of them has: {"metric", "best", "models": [value, ...]}. */
static json_t *metrics_json(const struct kept *k, size_t n)
{
    json_t *list = json_array();
    HONE_JSON json_t *seen = json_object();
    for (size_t m = 0; m < n; m++) {
        for (size_t i = 0; i < k[m].metrics; i++) {
            const char *key = k[m].metric[i].key;
            if (json_object_get(seen, key) != NULL) {
                continue;
            }
            json_t *o = json_object();
            json_t *values = json_array();
            hone_json_set(seen, key, json_true());
            for (size_t j = 0; j < n; j++) {
                hone_json_push(values, hone_json_real(metric_of(&k[j], key)));
            }
            hone_json_set_text(o, "metric", key);
            hone_json_set_text(o, "best", best_of(k, n, key));
            hone_json_set(o, "models", values);
            hone_json_push(list, o);
        }
    }
    return list;
}

/* Parameters that are not the same in all. */
static json_t *params_json(const struct kept *k, size_t n)
{
    json_t *list = json_array();
    HONE_JSON json_t *seen = json_object();
    for (size_t m = 0; m < n; m++) {
        for (size_t i = 0; i < k[m].params; i++) {
            const char *key = k[m].param[i].key;
            bool differs = false;
            for (size_t j = 0; j < n; j++) {
                differs = differs || !same_text(param_of(&k[j], key), param_of(&k[0], key));
            }
            if (!differs || json_object_get(seen, key) != NULL) {
                continue;
            }
            json_t *o = json_object();
            json_t *values = json_array();
            hone_json_set(seen, key, json_true());
            for (size_t j = 0; j < n; j++) {
                const char *value = param_of(&k[j], key);
                hone_json_push(values,
                               value == NULL ? json_null() : hone_json_text(hone_str(value)));
            }
            hone_json_set_text(o, "key", key);
            hone_json_set(o, "models", values);
            hone_json_push(list, o);
        }
    }
    return list;
}

static const struct hone_run_data *data_of(const struct kept *k, const char *role)
{
    for (size_t i = 0; i < k->datas; i++) {
        if (strcmp(k->data[i].role, role) == 0) {
            return &k->data[i];
        }
    }
    return NULL;
}

/* The data versions of each role; *same says whether all used the same. */
static json_t *data_json(const struct kept *k, size_t n, bool *same)
{
    static const char *const role[] = {"train", "test"};
    json_t *list = json_array();
    *same = true;
    for (size_t r = 0; r < 2; r++) {
        json_t *o = json_object();
        json_t *values = json_array();
        bool any = false;
        const struct hone_run_data *first = data_of(&k[0], role[r]);
        for (size_t m = 0; m < n; m++) {
            const struct hone_run_data *d = data_of(&k[m], role[r]);
            json_t *v = json_object();
            any = any || d != NULL;
            *same = *same &&
                    same_text(d == NULL ? NULL : d->hash, first == NULL ? NULL : first->hash);
            hone_json_set_text(v, "path", d == NULL ? NULL : d->path);
            hone_json_set_text(v, "hash", d == NULL ? NULL : d->hash);
            hone_json_push(values, v);
        }
        hone_json_set_text(o, "role", role[r]);
        hone_json_set(o, "models", values);
        if (any) {
            hone_json_push(list, o);
        } else {
            json_decref(o);
        }
    }
    return list;
}

enum hone_code hone_versus_record(struct hone_run *run, const struct hone_versus *versus,
                                  struct hone_arena *mem, json_t **out)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct kept *k;
    bool same;
    if (versus->n < 2 || versus->n > HONE_VERSUS_MODELS) {
        return hone_fail(run, HONE_E_ARG, "%zu models: 2 to %d can be compared", versus->n,
                         HONE_VERSUS_MODELS);
    }
    HONE_TRY(hone_store_open(run, versus->store, false, mem, &store));
    HONE_TRY(hone_array(run, mem, &k, versus->n));
    for (size_t m = 0; m < versus->n; m++) {
        HONE_TRY(gather(run, store, versus, m, mem, &k[m]));
    }
    json_t *o = json_object();
    hone_json_set(o, "models", models_json(k, versus->n));
    hone_json_set(o, "metrics", metrics_json(k, versus->n));
    hone_json_set(o, "params", params_json(k, versus->n));
    hone_json_set(o, "data", data_json(k, versus->n, &same));
    hone_json_set(o, "same_data", json_boolean(same));
    *out = o;
    return HONE_OK;
}

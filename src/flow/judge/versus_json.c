/* What a comparison found, as one document for the terminal, the page and other programs. */
#include <math.h>

#include "flow/judge/versus_priv.h"

#define WORST 10 /* rows of the greatest disagreement that are listed */

static void set_int(json_t *o, const char *key, size_t value)
{
    hone_json_set(o, key, json_integer((json_int_t)value));
}

/* Which model is best by a metric; the first of equals. */
static size_t best_of(const struct hone_versus_work *w, size_t k)
{
    size_t best = SIZE_MAX;
    double sign = w->metric[k]->greater_is_better ? 1 : -1;
    for (size_t m = 0; m < w->n; m++) {
        double value = w->model[m].interval[k].value;
        if (!isnan(value) &&
            (best == SIZE_MAX || sign * value > sign * w->model[best].interval[k].value)) {
            best = m;
        }
    }
    return best;
}

static json_t *metrics_json(const struct hone_versus_work *w)
{
    json_t *list = json_array();
    for (size_t k = 0; k < w->metrics; k++) {
        json_t *o = json_object();
        json_t *values = json_array();
        size_t best = best_of(w, k);
        hone_json_set_text(o, "metric", w->metric[k]->part.name);
        hone_json_set(o, "greater_is_better", json_boolean(w->metric[k]->greater_is_better));
        hone_json_set_text(o, "best", best == SIZE_MAX ? NULL : w->model[best].located.uri);
        for (size_t m = 0; m < w->n; m++) {
            const struct hone_interval *i = &w->model[m].interval[k];
            json_t *v = json_object();
            hone_json_set(v, "value", hone_json_real(i->value));
            hone_json_set(v, "low", hone_json_real(i->low));
            hone_json_set(v, "high", hone_json_real(i->high));
            if (i->why != NULL) {
                hone_json_set_text(v, "why", i->why);
            }
            hone_json_push(values, v);
        }
        hone_json_set(o, "models", values);
        hone_json_push(list, o);
    }
    return list;
}

static json_t *tests_json(const struct hone_versus_work *w)
{
    json_t *list = json_array();
    for (size_t i = 0; i < w->tests; i++) {
        const struct hone_versus_test *t = &w->test[i];
        json_t *o = json_object();
        hone_json_set_text(o, "model", w->model[t->model].located.uri);
        hone_json_set_text(o, "against", w->model[0].located.uri);
        hone_json_set_text(o, "metric", w->metric[t->metric]->part.name);
        hone_json_set(o, "gain", hone_json_real(t->c.gain));
        hone_json_set(o, "low", hone_json_real(t->c.low));
        hone_json_set(o, "high", hone_json_real(t->c.high));
        hone_json_set(o, "p", hone_json_real(t->c.p_value));
        hone_json_set(o, "p_adjusted", hone_json_real(t->p_adjusted));
        hone_json_set_text(o, "verdict", t->verdict);
        hone_json_push(list, o);
    }
    return list;
}

static json_t *models_json(const struct hone_versus_work *w)
{
    json_t *list = json_array();
    for (size_t m = 0; m < w->n; m++) {
        const struct hone_versus_model *model = &w->model[m];
        struct hone_sha sha = hone_sha256(model->scorer.bytes.ptr, model->scorer.bytes.len);
        json_t *o = json_object();
        hone_json_set_text(o, "model", model->located.uri);
        hone_json_set_text(o, "hash", sha.hex);
        set_int(o, "bytes", model->scorer.bytes.len);
        set_int(o, "inputs", model->scorer.signature->inputs);
        hone_json_set(o, "seconds_per_row", hone_json_real(model->batch));
        hone_json_set(o, "seconds_single", hone_json_real(model->single));
        hone_json_set(o, "labels_only", json_boolean(model->labels_only));
        hone_json_set(o, "trained_on_these_rows", json_boolean(model->knows_rows));
        set_int(o, "lost", model->scores.lost);
        hone_json_push(list, o);
    }
    return list;
}

/* --- agreement ------------------------------------------------------------------------------ */

/* How far two models are apart at a row: of probabilities the widest, of numbers the distance. */
static double apart(const struct hone_versus_model *a, const struct hone_versus_model *b,
                    size_t i)
{
    double most = 0;
    for (size_t k = 0; k < a->p.classes; k++) {
        most = fmax(most, fabs(a->prob[i * a->p.classes + k] - b->prob[i * a->p.classes + k]));
    }
    return most;
}

static json_t *answer_json(const struct hone_versus_work *w, const struct hone_versus_model *m,
                           size_t i)
{
    json_t *o = json_object();
    if (m->label == NULL) {
        hone_json_set(o, "value", hone_json_real(m->prob[i]));
        return o;
    }
    hone_json_set_text(o, "label", w->target.class_name[m->label[i]]);
    hone_json_set(o, "probability", hone_json_real(m->prob[i * m->p.classes + m->label[i]]));
    return o;
}

static json_t *truth_json(const struct hone_versus_work *w, size_t i)
{
    return w->target.class_name == NULL
               ? hone_json_real(w->truth.y[i])
               : hone_json_text(hone_str(w->target.class_name[(size_t)w->truth.y[i]]));
}

static json_t *worst_json(const struct hone_versus_work *w, const struct hone_versus_model *b)
{
    const struct hone_versus_model *a = &w->model[0];
    size_t row[WORST];
    double far[WORST];
    size_t n = 0;
    json_t *list = json_array();
    for (size_t i = 0; i < w->truth.n; i++) {
        double d = apart(a, b, i);
        size_t at = n;
        while (at > 0 && far[at - 1] < d) {
            at--;
        }
        if (at == WORST || !(d > 0)) {
            continue;
        }
        n += n < WORST;
        for (size_t k = n - 1; k > at; k--) {
            row[k] = row[k - 1];
            far[k] = far[k - 1];
        }
        row[at] = i;
        far[at] = d;
    }
    for (size_t k = 0; k < n; k++) {
        json_t *o = json_object();
        set_int(o, "row", w->truth.row[row[k]] + 1);
        hone_json_set(o, "truth", truth_json(w, row[k]));
        hone_json_set(o, "first", answer_json(w, a, row[k]));
        hone_json_set(o, "other", answer_json(w, b, row[k]));
        hone_json_set(o, "apart", hone_json_real(far[k]));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *agreement_json(const struct hone_versus_work *w)
{
    const struct hone_versus_model *a = &w->model[0];
    json_t *list = json_array();
    for (size_t m = 1; m < w->n; m++) {
        const struct hone_versus_model *b = &w->model[m];
        size_t equal = 0;
        double sum = 0;
        for (size_t i = 0; i < w->truth.n; i++) {
            equal += a->label != NULL && a->label[i] == b->label[i];
            sum += apart(a, b, i);
        }
        json_t *o = json_object();
        hone_json_set_text(o, "model", b->located.uri);
        if (a->label != NULL) {
            set_int(o, "equal", equal);
            hone_json_set(o, "share", hone_json_real((double)equal / (double)w->truth.n));
        }
        hone_json_set(o, "mean_apart", hone_json_real(sum / (double)w->truth.n));
        hone_json_set(o, "rows", worst_json(w, b));
        hone_json_push(list, o);
    }
    return list;
}

/* --- what they are made of -------------------------------------------------------------------- */

static bool takes(const struct hone_signature *s, const char *name)
{
    for (size_t i = 0; i < s->inputs; i++) {
        if (strcmp(s->input[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Columns that only one of two models uses. */
static json_t *inputs_json(const struct hone_versus_work *w)
{
    const struct hone_signature *a = w->model[0].scorer.signature;
    json_t *list = json_array();
    for (size_t m = 1; m < w->n; m++) {
        const struct hone_signature *b = w->model[m].scorer.signature;
        json_t *o = json_object();
        json_t *only_a = json_array();
        json_t *only_b = json_array();
        for (size_t i = 0; i < a->inputs; i++) {
            if (!takes(b, a->input[i].name)) {
                hone_json_push(only_a, hone_json_text(hone_str(a->input[i].name)));
            }
        }
        for (size_t i = 0; i < b->inputs; i++) {
            if (!takes(a, b->input[i].name)) {
                hone_json_push(only_b, hone_json_text(hone_str(b->input[i].name)));
            }
        }
        hone_json_set_text(o, "model", w->model[m].located.uri);
        hone_json_set(o, "only_first", only_a);
        hone_json_set(o, "only_other", only_b);
        hone_json_push(list, o);
    }
    return list;
}

/* Leaves of a tree as "path": value. */
static void flatten(const json_t *tree, const char *path, struct hone_arena *mem, json_t *out)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_object(tree)) {
        json_object_foreach((json_t *)(uintptr_t)tree, key, value)
        {
            flatten(value, path[0] == '\0' ? key : hone_arena_format(mem, "%s.%s", path, key),
                    mem, out);
        }
    } else if (json_is_array(tree)) {
        json_array_foreach(tree, i, value)
        {
            flatten(value, hone_arena_format(mem, "%s.%zu", path, i), mem, out);
        }
    } else {
        hone_json_set(out, path, json_incref((json_t *)(uintptr_t)tree));
    }
}

/* Estimators by their names: "gbt": its weight, "gbt.rounds" and so on. */
static void flatten_estimators(const json_t *list, struct hone_arena *mem, json_t *out)
{
    const json_t *e;
    size_t i;
    json_array_foreach(list, i, e)
    {
        const char *name = hone_json_get_text(e, "name", "");
        hone_json_set(out, name, hone_json_real(hone_json_get_real(e, "weight", 1)));
        flatten(json_object_get(e, "settings"), name, mem, out);
    }
}

/* What was set, not what came out. */
static json_t *leaves_of(struct hone_run *run, const struct hone_versus_work *w, size_t m)
{
    struct hone_str text = hone_model_meta(w->model[m].scorer.model, HONE_META_LINEAGE);
    json_t *out = json_object();
    HONE_JSON json_t *lineage = NULL;
    const char *key;
    json_t *value;
    if (text.len > 0 && hone_json_parse(run, text, &lineage) != HONE_OK) {
        hone_error_clear(run); /* a model whose lineage is damaged is compared without it */
        return out;
    }
    json_object_foreach(lineage, key, value)
    {
        if (strcmp(key, "estimators") == 0) {
            flatten_estimators(value, w->mem, out);
        } else if (strcmp(key, "train") == 0) {
            flatten(value, "", w->mem, out);
        } else if (!json_is_object(value) && !json_is_array(value)) {
            hone_json_set(out, key, json_incref(value));
        }
    }
    return out;
}

/* The estimator whose setting a key is: "gbt.rounds" has 3 letters; 0: of none. */
static size_t owner_of(const char *key)
{
    const char *dot = strchr(key, '.');
    bool list = dot != NULL && dot[1] >= '0' && dot[1] <= '9'; /* drop.0 */
    return dot == NULL || list ? 0 : (size_t)(dot - key);
}

/* Whether the values of a key differ among the models that have its estimator. */
static bool key_differs(const json_t *all, const char *key, struct hone_arena *mem)
{
    size_t len = owner_of(key);
    const char *owner = len == 0 ? NULL : hone_arena_text(mem, key, len);
    const json_t *first = NULL;
    const json_t *leaves;
    bool any = false;
    size_t m;
    json_array_foreach(all, m, leaves)
    {
        json_t *own = json_object_get(leaves, key);
        if (json_object_size(leaves) == 0 ||
            (owner != NULL && json_object_get(leaves, owner) == NULL)) {
            continue; /* a model of others, or one without that estimator */
        }
        if (any && ((own == NULL) != (first == NULL) ||
                    (own != NULL && json_equal(own, (json_t *)(uintptr_t)first) == 0))) {
            return true;
        }
        first = any ? first : own;
        any = true;
    }
    return false;
}

/* Settings of the trainings that are not the same in all models: {"key", "models": [...]}. */
static json_t *settings_json(struct hone_run *run, const struct hone_versus_work *w)
{
    json_t *list = json_array();
    HONE_JSON json_t *all = json_array();
    HONE_JSON json_t *keys = json_object();
    const char *key;
    json_t *value;
    for (size_t m = 0; m < w->n; m++) {
        json_t *leaves = leaves_of(run, w, m);
        hone_json_push(all, leaves);
        json_object_foreach(leaves, key, value)
        {
            hone_json_set(keys, key, json_true());
        }
    }
    json_object_foreach(keys, key, value)
    {
        if (!key_differs(all, key, w->mem)) {
            continue;
        }
        json_t *o = json_object();
        json_t *values = json_array();
        for (size_t m = 0; m < w->n; m++) {
            json_t *own = json_object_get(json_array_get(all, m), key);
            hone_json_push(values, own == NULL ? json_null() : json_incref(own));
        }
        hone_json_set_text(o, "key", key);
        hone_json_set(o, "models", values);
        hone_json_push(list, o);
    }
    return list;
}

json_t *hone_versus_json(struct hone_run *run, const struct hone_versus_work *w)
{
    json_t *o = json_object();
    hone_json_set_text(o, "data", w->in->data);
    set_int(o, "rows", w->truth.n);
    set_int(o, "without_target", w->truth.missing);
    hone_json_set_text(o, "target", w->target.name);
    hone_json_set_text(o, "task", hone_task_name(w->target.task));
    hone_json_set(o, "models", models_json(w));
    hone_json_set(o, "metrics", metrics_json(w));
    hone_json_set(o, "versus", tests_json(w));
    hone_json_set(o, "agreement", agreement_json(w));
    hone_json_set(o, "inputs", inputs_json(w));
    hone_json_set(o, "settings", settings_json(run, w));
    return o;
}

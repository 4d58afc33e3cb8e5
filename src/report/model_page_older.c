/* Facts of trainings before hone kept evaluations: their members as an evaluation has them. */
#include "report/model_page_priv.h"

/* A member, under the name it has now.  Nothing when it is not there. */
static void move(const json_t *from, const char *key, json_t *to, const char *name)
{
    json_t *value = json_object_get(from, key);
    if (value != NULL) {
        hone_json_set(to, name, json_incref(value));
    }
}

static json_t *goals_of(struct hone_arena *mem, const json_t *facts)
{
    json_t *list = json_array();
    size_t i;
    json_t *old;
    json_array_foreach(json_object_get(facts, "goals"), i, old)
    {
        json_t *goal = json_copy(old);
        hone_json_set_text(goal, "goal",
                           hone_arena_format(mem, "%s %s %s",
                                             hone_json_get_text(old, "metric", ""),
                                             hone_json_get_text(old, "sign", ""),
                                             hone_page_number(mem, old, "bound")));
        hone_json_push(list, goal);
    }
    return list;
}

/* Promised and observed were two lists of numbers; there were no intervals. */
static json_t *calibration_of(const json_t *reliability)
{
    json_t *o = json_object();
    json_t *bins = json_array();
    size_t i;
    json_t *promised;
    json_array_foreach(json_object_get(reliability, "x"), i, promised)
    {
        json_t *bin = json_object();
        hone_json_set(bin, "promised", json_incref(promised));
        hone_json_set(bin, "observed",
                      json_incref(json_array_get(json_object_get(reliability, "y"), i)));
        hone_json_push(bins, bin);
    }
    hone_json_set(o, "bins", bins);
    return o;
}

/* Errors were predicted minus true, residuals are true minus predicted. */
static json_t *mirrored(const json_t *errors)
{
    json_t *o = json_object();
    json_t *edge = json_array();
    json_t *count = json_array();
    const json_t *edges = json_object_get(errors, "edge");
    const json_t *counts = json_object_get(errors, "count");
    for (size_t i = json_array_size(edges); i-- > 0;) {
        hone_json_push(edge, hone_json_real(0 - json_number_value(json_array_get(edges, i))));
    }
    for (size_t i = json_array_size(counts); i-- > 0;) {
        hone_json_push(count, json_incref(json_array_get(counts, i)));
    }
    hone_json_set(o, "edge", edge);
    hone_json_set(o, "count", count);
    return o;
}

static json_t *residuals_of(const json_t *curves)
{
    json_t *o = json_object();
    json_t *scatter = json_object();
    move(json_object_get(curves, "scatter"), "x", scatter, "truth");
    move(json_object_get(curves, "scatter"), "y", scatter, "predicted");
    hone_json_set(o, "scatter", scatter);
    hone_json_set(o, "histogram", mirrored(json_object_get(curves, "errors")));
    return o;
}

json_t *hone_page_older_evaluation(struct hone_arena *mem, const json_t *facts)
{
    static const char *const same[] = {"roc", "pr", "gain"};
    const json_t *old = json_object_get(facts, "curves");
    const json_t *worth = json_object_get(facts, "value");
    json_t *e = json_object();
    json_t *curves = json_object();
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        move(old, same[i], curves, same[i]);
    }
    hone_json_set(e, "curves", curves);
    hone_json_set(e, "goals", goals_of(mem, facts));
    move(facts, "metrics", e, "measures");
    move(facts, "groups", e, "groups");
    move(json_object_get(facts, "signature"), "classes", e, "classes");
    move(old, "confusion", e, "confusion");
    if (json_object_get(old, "reliability") != NULL) {
        hone_json_set(e, "calibration", calibration_of(json_object_get(old, "reliability")));
    }
    if (json_object_get(old, "scatter") != NULL) {
        hone_json_set(e, "residuals", residuals_of(old));
    }
    if (worth != NULL) {
        json_t *value = json_object();
        move(worth, "unit", value, "unit");
        move(worth, "threshold", value, "per_row");
        move(worth, "never", value, "never");
        hone_json_set(e, "value", value);
    }
    return e;
}

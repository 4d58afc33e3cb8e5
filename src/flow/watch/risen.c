#include "flow/watch/risen.h"

#include <math.h>

static json_t *described(const struct hone_drift_column *c, const char *label, double reference,
                         double window)
{
    json_t *o = json_object();
    hone_json_set_text(o, "column", c->reference->name);
    hone_json_set_text(o, "label", label);
    hone_json_set(o, "reference", hone_json_real(reference));
    hone_json_set(o, "window", hone_json_real(window));
    return o;
}

/* Every level that is told apart from "other levels": all listed ones, or those of the cells. */
static json_t *told_apart(const struct hone_drift_column *c, bool all)
{
    const struct hone_reference_column *r = c->reference;
    json_t *list = json_array();
    for (size_t k = 0; all && k < r->levels; k++) {
        hone_json_push(list, hone_json_text(r->level[k]));
    }
    for (size_t i = 0; !all && i < c->cells; i++) {
        if (c->cell[i].at != SIZE_MAX) {
            hone_json_push(list, hone_json_text(r->level[c->cell[i].at]));
        }
    }
    return list;
}

static json_t *bound(bool there, double edge)
{
    return there ? json_real(edge) : json_null();
}

static json_t *of_values(const struct hone_drift_column *c)
{
    const struct hone_reference_column *r = c->reference;
    const struct hone_drift_cell *most = hone_drift_grown(c);
    if (most == NULL || !(most->window > most->reference)) {
        return NULL;
    }
    json_t *o = described(c, most->label, most->reference, most->window);
    if (!r->levels_only) {
        hone_json_set(o, "above",
                      bound(most->at > 0, r->edge[most->at > 0 ? most->at - 1 : 0]));
        hone_json_set(o, "upto",
                      bound(most->at < r->edges, r->edge[most->at < r->edges ? most->at : 0]));
    } else if (most->at == SIZE_MAX) {
        hone_json_set(o, "not", told_apart(c, false));
    } else {
        hone_json_set(o, "level", hone_json_text(r->level[most->at]));
    }
    return o;
}

json_t *hone_risen_json(const struct hone_drift_column *column)
{
    const struct hone_reference_column *r = column->reference;
    if (r->prediction || column->leading == NULL) {
        return NULL;
    }
    if (column->leading->test->question == HONE_DRIFT_OF_MISSING) {
        json_t *o =
            described(column, "no value", (double)r->missing / (double)r->rows, (double)NAN);
        hone_json_set(o, "missing", json_true());
        return o;
    }
    if (column->leading->test->question == HONE_DRIFT_OF_NEW) {
        json_t *o =
            described(column, "levels that training did not know", 0, column->leading->value);
        hone_json_set(o, "not", told_apart(column, true));
        return o;
    }
    return hone_type_is_time(r->type) ? NULL : of_values(column);
}

static bool in_bounds(const json_t *risen, const json_t *value)
{
    const json_t *above = json_object_get(risen, "above");
    const json_t *upto = json_object_get(risen, "upto");
    double x = json_number_value(value);
    if (!json_is_number(value) &&
        !(json_is_string(value) && hone_parse_f64(hone_str(json_string_value(value)), &x))) {
        return false;
    }
    return (!json_is_number(above) || x > json_number_value(above)) &&
           (!json_is_number(upto) || x <= json_number_value(upto));
}

/* A value as the text of a level. */
static const char *level_of(const json_t *value, struct hone_arena *mem)
{
    struct hone_buf text = hone_buf(mem);
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    hone_json_write(&text, value, false);
    hone_buf_char(&text, '\0');
    return text.ptr;
}

static bool among(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        if (one != NULL && strcmp(one, text) == 0) {
            return true;
        }
    }
    return false;
}

bool hone_risen_has(const json_t *risen, struct hone_str inputs)
{
    HONE_JSON json_t *row = json_loadb(inputs.ptr, inputs.len, 0, NULL);
    const json_t *value = json_object_get(row, hone_json_get_text(risen, "column", ""));
    const json_t *level = json_object_get(risen, "level");
    const json_t *not = json_object_get(risen, "not");
    struct hone_arena work = {0};
    bool has;
    if (value == NULL || json_is_null(value)) {
        return json_is_true(json_object_get(risen, "missing"));
    }
    if (json_is_string(level)) {
        has = strcmp(json_string_value(level), level_of(value, &work)) == 0;
    } else if (json_is_array(not )) {
        has = !among(not, level_of(value, &work));
    } else {
        has = json_object_get(risen, "upto") != NULL && in_bounds(risen, value);
    }
    hone_arena_free(&work);
    return has;
}

const char *hone_risen_text(const json_t *risen, struct hone_arena *mem)
{
    double before = hone_json_get_real(risen, "reference", (double)NAN);
    double now = hone_json_get_real(risen, "window", (double)NAN);
    return hone_arena_format(
        mem, "%s %s: %.3g %% of the training rows%s", hone_json_get_text(risen, "column", ""),
        hone_json_get_text(risen, "label", ""), 100 * before,
        isnan(now) ? "" : hone_arena_format(mem, ", %.3g %% of this window", 100 * now));
}

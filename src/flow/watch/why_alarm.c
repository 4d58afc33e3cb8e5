#include "flow/watch/why_alarm.h"

#include <math.h>

enum hone_code hone_why_alarm(struct hone_run *run, struct hone_store *store, int64_t id,
                              size_t most, struct hone_arena *mem, struct hone_why_alarm *out)
{
    struct hone_why_alarm why = {0};
    HONE_TRY(hone_alarm_get(run, store, id, mem, &why.alarm));
    if (why.alarm.model != NULL && why.alarm.window_to != 0) {
        const struct hone_prediction_filter filter = {
            .model = why.alarm.model,
            .version = why.alarm.version,
            .from = why.alarm.window_from,
            .to = why.alarm.window_to,
            .limit = most == 0 ? 0 : most + 1,
        };
        HONE_TRY(hone_predictions_list(run, store, &filter, mem, &why.row, &why.n));
        why.more = most != 0 && why.n > most;
        why.n -= why.more;
    }
    *out = why;
    return HONE_OK;
}

const char *hone_alarm_measured(const struct hone_alarm *a, struct hone_arena *mem)
{
    if (isnan(a->value)) {
        return NULL;
    }
    if (isnan(a->threshold)) {
        return hone_arena_format(mem, "%s: %.4g", a->subject, a->value);
    }
    return strcmp(a->kind, "drift") == 0
               ? hone_arena_format(
                     mem,
                     "%s: its distance from the training data is %.4g; from %.4g on it is more than chance",
                     a->subject, a->value, a->threshold)
               : hone_arena_format(mem, "%s: %.4g; the limit is %.4g", a->subject, a->value,
                                   a->threshold);
}

static json_t *parsed(struct hone_str text)
{
    json_t *tree = json_loadb(text.ptr, text.len, 0, NULL);
    return tree == NULL ? json_null() : tree;
}

json_t *hone_why_alarm_json(const struct hone_why_alarm *why)
{
    struct hone_arena work = {0};
    const struct hone_alarm *a = &why->alarm;
    json_t *o = json_object();
    json_t *rows = json_array();
    hone_json_set(o, "alarm", json_integer(a->id));
    hone_json_set_text(o, "kind", a->kind);
    hone_json_set_text(o, "severity", a->severity);
    hone_json_set_text(o, "subject", a->subject);
    hone_json_set_text(o, "message", a->message);
    hone_json_set_text(o, "measured", hone_alarm_measured(a, &work));
    hone_json_set_text(o, "model", a->model);
    hone_json_set(o, "version", json_integer(a->version));
    hone_json_set(o, "value", hone_json_real(a->value));
    hone_json_set(o, "threshold", hone_json_real(a->threshold));
    hone_json_set(o, "time_us", json_integer(a->time));
    hone_json_set(o, "from_us", json_integer(a->window_from));
    hone_json_set(o, "to_us", json_integer(a->window_to));
    hone_json_set(o, "closed_us", a->closed == 0 ? json_null() : json_integer(a->closed));
    hone_json_set_text(o, "closed_by", a->closed == 0 ? NULL : a->closed_by);
    hone_json_set_text(o, "closed_reason", a->closed == 0 ? NULL : a->closed_reason);
    hone_json_set(o, "detail", parsed(hone_str(a->detail)));
    for (size_t i = 0; i < why->n; i++) {
        const struct hone_logged_prediction *p = &why->row[i];
        json_t *r = json_object();
        hone_json_set_text(r, "id", p->id);
        hone_json_set(r, "time_us", json_integer(p->time));
        hone_json_set(r, "inputs", parsed(p->inputs));
        hone_json_set(r, "outputs", parsed(p->outputs));
        hone_json_set_text(r, "label", p->label);
        hone_json_push(rows, r);
    }
    hone_json_set(o, "rows", rows);
    hone_json_set(o, "more", json_boolean(why->more));
    hone_arena_free(&work);
    return o;
}

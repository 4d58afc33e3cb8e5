#include "flow/watch/why_alarm.h"

#include <math.h>

#include "flow/watch/risen.h"

enum {
    PAGE = 1024,
    LOOKED_AT = 100000, /* rows of a window that are searched: a busy day has millions */
};

static json_t *parsed(struct hone_str text)
{
    json_t *tree = json_loadb(text.ptr, text.len, 0, NULL);
    return tree == NULL ? json_null() : tree;
}

static struct hone_str kept(struct hone_str text, struct hone_arena *mem)
{
    return (struct hone_str){hone_arena_text(mem, text.ptr, text.len), text.len};
}

/* The rows of a page that have what has risen; the page goes, so they are copied. */
static void pick(const struct hone_logged_prediction *page, size_t n, const json_t *risen,
                 size_t most, struct hone_arena *mem, struct hone_why_alarm *why)
{
    for (size_t i = 0; i < n && why->n < most; i++) {
        if (hone_risen_has(risen, page[i].inputs)) {
            struct hone_logged_prediction *row = &why->row[why->n++];
            *row = page[i];
            row->id = hone_arena_text(mem, page[i].id, strlen(page[i].id));
            row->variant = row->model = ""; /* lie in the page */
            row->inputs = kept(page[i].inputs, mem);
            row->outputs = kept(page[i].outputs, mem);
            row->label = page[i].label == NULL
                             ? NULL
                             : hone_arena_text(mem, page[i].label, strlen(page[i].label));
        }
    }
}

/* Those of its rows that have what has risen; none: no detail says, or none of the first rows has it. */
static enum hone_code find_risen(struct hone_run *run, struct hone_store *store,
                                 struct hone_prediction_filter filter, size_t most,
                                 struct hone_arena *mem, struct hone_why_alarm *why)
{
    HONE_JSON json_t *detail = parsed(hone_str(why->alarm.detail));
    const json_t *risen = json_object_get(detail, "risen");
    if (!json_is_object(risen) || most == 0) {
        return HONE_OK;
    }
    filter.limit = PAGE;
    HONE_TRY(hone_array(run, mem, &why->row, most));
    for (size_t at = 0; at < LOOKED_AT && why->n < most; at += PAGE) {
        HONE_ARENA(work);
        struct hone_logged_prediction *page;
        size_t n;
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_predictions_list(run, store, &filter, &work, &page, &n));
        pick(page, n, risen, most, mem, why);
        if (n < PAGE) {
            break;
        }
        filter.after_time = page[n - 1].time;
        filter.after_seq = page[n - 1].seq;
    }
    if (why->n > 0) {
        why->more = true; /* the rest of the window */
        why->risen = hone_risen_text(risen, mem);
    }
    return HONE_OK;
}

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
        HONE_TRY(find_risen(run, store, filter, most, mem, &why));
        if (why.risen == NULL) {
            HONE_TRY(hone_predictions_list(run, store, &filter, mem, &why.row, &why.n));
            why.more = most != 0 && why.n > most;
            why.n -= why.more;
        }
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
    hone_json_set_text(o, "risen", why->risen);
    hone_json_set(o, "rows", rows);
    hone_json_set(o, "more", json_boolean(why->more));
    hone_arena_free(&work);
    return o;
}

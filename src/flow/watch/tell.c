#include "flow/watch/tell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"

#define SECOND_US   INT64_C(1000000)
#define LEASE_US    (30 * SECOND_US) /* three times what one attempt may take */
#define FIRST_AGAIN INT64_C(5)       /* s */
#define LAST_AGAIN  INT64_C(600)

/* --- hooks ----------------------------------------------------------------------------------------- */

static enum hone_code add_url(struct hone_run *run, struct hone_str url, struct hone_arena *mem,
                              struct hone_hooks *hooks)
{
    const char *text = hone_arena_format(mem, "%.*s", (int)url.len, url.ptr);
    HONE_TRY(hone_webhook_check(run, text));
    for (size_t i = 0; i < hooks->url.n; i++) {
        if (strcmp(hooks->url.item[i], text) == 0) {
            return HONE_OK;
        }
    }
    hooks->url.item[hooks->url.n++] = text;
    return HONE_OK;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

enum hone_code hone_hooks_gather(struct hone_run *run, const struct hone_texts *given,
                                 struct hone_arena *mem, struct hone_hooks *out)
{
    HONE_ARENA(work);
    struct hone_hooks hooks = {.secret = environment(HONE_ENV_WEBHOOK_SECRET),
                               .ca = environment(HONE_ENV_WEBHOOK_CA)};
    struct hone_str rest = hone_str_trim(hone_str(environment(HONE_ENV_WEBHOOK)));
    const char *signature;
    HONE_TRY(hone_array(run, mem, &hooks.url.item, given->n + rest.len / 2 + 1));
    for (size_t i = 0; i < given->n; i++) {
        HONE_TRY(add_url(run, hone_str(given->item[i]), mem, &hooks));
    }
    while (rest.len > 0) {
        struct hone_str url;
        (void)hone_str_cut(rest, ' ', &url, &rest);
        rest = hone_str_trim(rest);
        HONE_TRY(add_url(run, url, mem, &hooks));
    }
    if (hooks.secret != NULL) {
        HONE_TRY(hone_webhook_sign(run, hooks.secret, "a", 0, hone_str(""), &work, &signature));
    }
    *out = hooks;
    return HONE_OK;
}

struct hone_teller {
    struct hone_arena mem;
    const struct hone_hooks *hooks;
    struct hone_webhook_client *client; /* NULL: nothing was told yet */
    const char **name;                  /* (hooks->url.n) */
    int64_t *id;                        /* (hooks->url.n) in the store; 0: not known yet */
};

enum hone_code hone_teller_new(struct hone_run *run, const struct hone_hooks *hooks,
                               struct hone_teller **out)
{
    struct hone_arena mem = {0};
    struct hone_teller *t = hone_new(&mem, struct hone_teller);
    enum hone_code code = hone_array(run, &mem, &t->name, hooks->url.n);
    if (code == HONE_OK) {
        code = hone_array(run, &mem, &t->id, hooks->url.n);
    }
    if (code != HONE_OK) {
        hone_arena_free(&mem);
        return code;
    }
    t->hooks = hooks;
    for (size_t i = 0; i < hooks->url.n; i++) {
        t->name[i] = hone_webhook_name(hooks->url.item[i], &mem);
    }
    t->mem = mem;
    *out = t;
    return HONE_OK;
}

void hone_teller_free(struct hone_teller *teller)
{
    if (teller != NULL) {
        struct hone_arena mem = teller->mem; /* it lies in it itself */
        hone_webhook_close(teller->client);
        hone_arena_free(&mem);
    }
}

enum hone_code hone_teller_seen(struct hone_run *run, struct hone_store *store,
                                struct hone_teller *teller)
{
    for (size_t i = 0; i < teller->hooks->url.n; i++) {
        const char *url = teller->hooks->url.item[i];
        struct hone_sha digest = hone_sha256(url, strlen(url));
        HONE_TRY(hone_hook_find(run, store, digest.hex, teller->name[i], hone_now_us(run),
                                &teller->id[i]));
    }
    return HONE_OK;
}

/* --- the message ------------------------------------------------------------------------------------ */

static json_t *time_json(int64_t us)
{
    char text[40];
    if (us == 0) {
        return json_null();
    }
    size_t len = hone_format_timestamp(text, us);
    return hone_json_text((struct hone_str){text, len});
}

/* As Slack wants it: what is between angle brackets could call a whole channel. */
static void put_plain(struct hone_buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '&' || *p == '<' || *p == '>') {
            hone_buf_text(out, *p == '&' ? "&amp;" : *p == '<' ? "&lt;" : "&gt;");
        } else {
            hone_buf_char(out, *p == '\n' ? ' ' : *p);
        }
    }
}

/* One line for people. */
static void put_text(struct hone_buf *out, const struct hone_alarm *a, const char *type,
                     const char *page)
{
    bool closed = a->closed != 0;
    hone_buf_text(out, strcmp(type, "test") == 0          ? "TEST"
                       : closed                           ? "CLOSED"
                       : strcmp(a->severity, "info") == 0 ? "INFO"
                       : a->severity[0] == 'c'            ? "CRITICAL"
                                                          : "WARNING");
    hone_buf_char(out, ' ');
    put_plain(out, a->kind);
    if (a->model != NULL) {
        hone_buf_text(out, ", models:/");
        put_plain(out, a->model);
        hone_buf_format(out, "/%lld", (long long)a->version);
    }
    hone_buf_text(out, ": ");
    put_plain(out, a->message);
    if (!isnan(a->value)) {
        hone_buf_text(out, " (");
        put_plain(out, a->subject);
        hone_buf_format(out, " %.3g", a->value);
        if (!isnan(a->threshold)) {
            hone_buf_format(out, ", threshold %.3g", a->threshold);
        }
        hone_buf_char(out, ')');
    }
    if (closed) {
        hone_buf_text(out, "; closed by ");
        put_plain(out, a->closed_by == NULL ? "?" : a->closed_by);
        hone_buf_text(out, ": ");
        put_plain(out, a->closed_reason == NULL ? "" : a->closed_reason);
    }
    if (a->id != 0) {
        hone_buf_format(out, " - hone why " HONE_ALARM_PREFIX "%lld", (long long)a->id);
    }
    if (page != NULL) {
        hone_buf_text(out, " - ");
        put_plain(out, page);
    }
}

static json_t *alarm_json(const struct hone_alarm *a, const char *page)
{
    char id[64];
    char command[80];
    json_t *o = json_object();
    json_t *window = json_null();
    json_t *closed = json_null();
    (void)snprintf(id, sizeof id, HONE_ALARM_PREFIX "%lld", (long long)a->id);
    (void)snprintf(command, sizeof command, "hone why %s", id);
    hone_json_set_text(o, "id", a->id == 0 ? NULL : id);
    hone_json_set_text(o, "kind", a->kind);
    hone_json_set_text(o, "severity", a->severity);
    hone_json_set(o, "subject", hone_json_text(hone_str(a->subject)));
    hone_json_set_text(o, "model", a->model);
    hone_json_set(o, "version", a->model == NULL ? json_null() : json_integer(a->version));
    hone_json_set(o, "message", hone_json_text(hone_str(a->message)));
    hone_json_set(o, "value", hone_json_real(a->value));
    hone_json_set(o, "threshold", hone_json_real(a->threshold));
    hone_json_set(o, "raised", time_json(a->time));
    if (a->window_to != 0) {
        window = json_object();
        hone_json_set(window, "from", time_json(a->window_from));
        hone_json_set(window, "to", time_json(a->window_to));
    }
    hone_json_set(o, "window", window);
    if (a->closed != 0) {
        closed = json_object();
        hone_json_set(closed, "time", time_json(a->closed));
        hone_json_set_text(closed, "by", a->closed_by);
        hone_json_set_text(closed, "reason", a->closed_reason);
    }
    hone_json_set(o, "closed", closed);
    hone_json_set_text(o, "command", a->id == 0 ? NULL : command);
    hone_json_set_text(o, "page", page);
    return o;
}

json_t *hone_alarm_message(const struct hone_alarm *alarm, const char *type, int64_t now,
                           const char *page)
{
    HONE_ARENA(work);
    struct hone_buf text = hone_buf(&work);
    json_t *o = json_object();
    if (page != NULL && alarm->id != 0) {
        page = hone_arena_format(&work, "%salarms/%lld", page, (long long)alarm->id);
    }
    put_text(&text, alarm, type, page);
    hone_json_set_text(o, "type", type);
    hone_json_set(o, "timestamp", time_json(now));
    hone_json_set(o, "text", hone_json_text((struct hone_str){text.ptr, text.len}));
    hone_json_set(o, "data", alarm_json(alarm, page));
    return o;
}

/* --- telling ---------------------------------------------------------------------------------------- */

int64_t hone_tell_patience(int64_t attempt, int64_t retry)
{
    int64_t wait = FIRST_AGAIN;
    for (int64_t i = 1; i < attempt && wait < LAST_AGAIN; i++) {
        wait *= 2;
    }
    wait = wait < LAST_AGAIN ? wait : LAST_AGAIN;
    return wait > retry ? wait : retry;
}

static enum hone_code post(struct hone_run *run, struct hone_teller *t, size_t hook,
                           const char *type, const char *id, const struct hone_alarm *alarm,
                           int64_t *retry)
{
    HONE_ARENA(work);
    int64_t now = hone_now_us(run);
    HONE_JSON json_t *tree = hone_alarm_message(alarm, type, now, t->hooks->page);
    struct hone_buf body = hone_buf(&work);
    hone_json_write(&body, tree, false);
    const struct hone_webhook_message message = {.url = t->hooks->url.item[hook],
                                                 .id = id,
                                                 .secret = t->hooks->secret,
                                                 .seconds = now / SECOND_US,
                                                 .body = {body.ptr, body.len}};
    *retry = 0;
    if (t->hooks->post != NULL) {
        return t->hooks->post(run, t->hooks->ctx, &message, retry);
    }
    if (t->client == NULL) {
        HONE_TRY(hone_webhook_open(run, t->hooks->ca, &t->client));
    }
    return hone_webhook_post(run, t->client, &message, retry);
}

enum hone_code hone_tell_straight(struct hone_run *run, struct hone_teller *teller, size_t hook,
                                  const char *type, const char *id,
                                  const struct hone_alarm *alarm)
{
    int64_t retry;
    return post(run, teller, hook, type, id, alarm, &retry);
}

/* One thing that is due to a hook: told, and said to the store how it went. */
static enum hone_code tell_one(struct hone_run *run, struct hone_store *store,
                               struct hone_teller *t, size_t hook,
                               const struct hone_telling *due, struct hone_arena *mem,
                               struct hone_told *out)
{
    HONE_ARENA(work);
    struct hone_alarm alarm;
    int64_t retry;
    *out = (struct hone_told){.alarm = due->alarm,
                              .closed = due->closed,
                              .hook = hone_arena_format(mem, "%s", t->name[hook]),
                              .attempt = due->attempt};
    HONE_TRY(hone_alarm_get(run, store, due->alarm, &work, &alarm));
    /* the time tells alarms of different stores from each other */
    const char *id =
        hone_arena_format(&work, "alarm_%lld_%s_%llx", (long long)due->alarm,
                          due->closed ? "closed" : "raised", (unsigned long long)alarm.time);
    if (!due->closed) {
        alarm.closed = 0; /* it may have been closed since it was taken: that is told next */
    }
    enum hone_code code =
        post(run, t, hook, due->closed ? "alarm.closed" : "alarm.raised", id, &alarm, &retry);
    if (code == HONE_OK) {
        return hone_telling_done(run, store, due, hone_now_us(run));
    }
    if (code == HONE_E_CANCELLED) {
        return code;
    }
    out->error = hone_arena_format(mem, "%s", run->err.message);
    hone_error_clear(run);
    out->again = hone_now_us(run) + hone_tell_patience(due->attempt, retry) * SECOND_US;
    return hone_telling_failed(run, store, due, hone_now_us(run), out->again, out->error);
}

enum hone_code hone_tell_due(struct hone_run *run, struct hone_store *store,
                             struct hone_teller *teller, struct hone_arena *mem,
                             struct hone_told **list, size_t *n)
{
    struct hone_told *told = NULL;
    size_t count = 0;
    size_t room = 0;
    for (size_t i = 0; i < teller->hooks->url.n; i++) {
        bool goes_on = true;
        if (teller->id[i] == 0) {
            HONE_TRY(hone_teller_seen(run, store, teller));
        }
        while (goes_on) {
            struct hone_telling due;
            bool taken;
            HONE_TRY(hone_check_cancel(run));
            HONE_TRY(hone_telling_take(run, store, teller->id[i], hone_now_us(run), LEASE_US,
                                       &due, &taken));
            if (!taken) {
                break;
            }
            if (count == room) {
                struct hone_told *more;
                room = room == 0 ? 8 : room * 2;
                HONE_TRY(hone_array(run, mem, &more, room));
                if (count > 0) {
                    memcpy(more, told, count * sizeof *told);
                }
                told = more;
            }
            HONE_TRY(tell_one(run, store, teller, i, &due, mem, &told[count]));
            goes_on = told[count++].error == NULL;
        }
    }
    *list = told;
    *n = count;
    return HONE_OK;
}

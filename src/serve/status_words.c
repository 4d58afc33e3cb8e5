#include "serve/status_words.h"

#include <math.h>
#include <stdlib.h>

/* --- decisions ------------------------------------------------------------------------------------ */

const char *hone_subject_name(struct hone_arena *mem, const char *subject)
{
    const char *colon = strchr(subject, ':');
    const char *name = colon == NULL ? subject : colon + 1 + (colon[1] == '/');
    return hone_arena_text(mem, name, strcspn(name, "@"));
}

static const char *alias_of(const char *subject)
{
    const char *at = strchr(subject, '@');
    return at == NULL ? "" : at + 1;
}

const char *hone_decision_text(const json_t *d, struct hone_arena *mem)
{
    const char *action = hone_text_in(d, "action");
    const char *subject = hone_text_in(d, "subject");
    const char *name = hone_subject_name(mem, subject);
    long long version = (long long)hone_json_get_int(d, "version", 0);
    if (strcmp(action, "alias_set") == 0) {
        return hone_arena_format(mem, "promoted version %lld of %s as %s", version, name,
                                 alias_of(subject));
    }
    if (strcmp(action, "rollback") == 0) {
        return hone_arena_format(mem, "rolled %s of %s back to version %lld", alias_of(subject),
                                 name, version);
    }
    if (strcmp(action, "alias_remove") == 0) {
        return hone_arena_format(mem, "took %s of %s away", alias_of(subject), name);
    }
    if (strcmp(action, "alarm_close") == 0) {
        return hone_arena_format(mem, "closed %s", subject);
    }
    if (strcmp(action, "token_grant") == 0) {
        return hone_arena_format(mem, "granted the token %s", name);
    }
    if (strcmp(action, "token_revoke") == 0) {
        return hone_arena_format(mem, "revoked the token %s", name);
    }
    return hone_arena_format(mem, "%s %s", action, subject);
}

/* --- errors --------------------------------------------------------------------------------------- */

const char *hone_reply_code_text(const char *code)
{
    static const struct {
        const char *code, *text;
    } known[] = {
        {"400", "not what the model takes"},
        {"401", "no token, or a wrong one"},
        {"403", "wrong host, or the token may not"},
        {"404", "no such path, model or id"},
        {"405", "wrong method"},
        {"408", "sent too slowly"},
        {"413", "too large"},
        {"414", "a path too long"},
        {"415", "wrong content type"},
        {"417", "an expectation nobody meets"},
        {"422", "numbers that cannot be computed with"},
        {"429", "over the rate limit"},
        {"431", "a head too long"},
        {"500", "our fault: see the log"},
        {"501", "not offered here"},
        {"505", "another HTTP version"},
        {"503", "the server was ending or the store busy"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].code, code) == 0) {
            return known[i].text;
        }
    }
    return "";
}

struct kind {
    const char *code;
    int64_t n;
};

static int by_count(const void *a, const void *b)
{
    const struct kind *x = a;
    const struct kind *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : strcmp(x->code, y->code);
}

const char *hone_codes_text(const json_t *codes, struct hone_arena *mem)
{
    struct kind kind[32];
    size_t n = 0;
    struct hone_buf out = hone_buf(mem);
    json_t *object = json_incref((json_t *)(uintptr_t)codes); /* an iterator wants it so */
    for (void *at = json_object_iter(object); at != NULL && n < 32;
         at = json_object_iter_next(object, at)) {
        kind[n++] = (struct kind){json_object_iter_key(at),
                                  json_integer_value(json_object_iter_value(at))};
    }
    json_decref(object);
    qsort(kind, n, sizeof *kind, by_count);
    for (size_t i = 0; i < n; i++) {
        hone_buf_format(&out, "%s%s x %s (%s)", i == 0 ? "" : ", ",
                        hone_text_count(mem, (uint64_t)kind[i].n), kind[i].code,
                        hone_reply_code_text(kind[i].code));
    }
    hone_buf_char(&out, '\0');
    return out.ptr;
}

/* --- servers -------------------------------------------------------------------------------------- */

static const json_t *model_in(const json_t *facts, const char *model)
{
    const json_t *list = json_object_get(facts, "models");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (strcmp(hone_text_in(json_array_get(list, i), "model"), model) == 0) {
            return json_array_get(list, i);
        }
    }
    return NULL;
}

const json_t *hone_status_facts(const json_t *status, const char *model)
{
    const json_t *best = model_in(json_object_get(status, "here"), model);
    const json_t *servers = json_object_get(status, "servers");
    int64_t most = -1;
    for (size_t i = 0; i < json_array_size(servers) && json_object_get(status, "here") == NULL;
         i++) {
        const json_t *server = json_array_get(servers, i);
        const json_t *m = model_in(json_object_get(server, "facts"), model);
        int64_t requests = hone_json_get_int(json_object_get(m, "minute"), "requests", 0);
        if (strcmp(hone_text_in(server, "state"), "up") == 0 && m != NULL && requests > most) {
            best = m;
            most = requests;
        }
    }
    return best;
}

/* --- data and quality ------------------------------------------------------------------------------- */

static const char *worst_text(const json_t *look, struct hone_arena *mem)
{
    const json_t *worst = json_object_get(look, "worst");
    struct hone_buf out = hone_buf(mem);
    for (size_t i = 0; i < json_array_size(worst); i++) {
        const json_t *w = json_array_get(worst, i);
        bool answer = strcmp(hone_text_in(w, "role"), "prediction") == 0;
        hone_buf_format(&out, "%s%s%s", i == 0 ? "" : ", ", answer ? "the answer " : "",
                        hone_text_in(w, "column"));
    }
    if (json_array_size(worst) == 0) {
        hone_buf_text(&out, hone_text_in(look, "subject"));
    }
    hone_buf_char(&out, '\0');
    return out.ptr;
}

struct hone_told hone_look_text(const json_t *model, int64_t now, struct hone_arena *mem)
{
    const json_t *look = json_object_get(model, "look");
    if (!json_is_object(look)) {
        return (struct hone_told){HONE_MOOD_NONE, "never compared with the training data"};
    }
    const char *ago = hone_text_ago(mem, now, hone_json_get_int(look, "time_us", 0));
    if (strcmp(hone_text_in(look, "state"), "insufficient") == 0) {
        return (struct hone_told){
            HONE_MOOD_NONE,
            hone_arena_format(mem, "too few rows to tell (%lld), looked at %s",
                              (long long)hone_json_get_int(look, "rows", 0), ago)};
    }
    int64_t since = hone_json_get_int(look, "since_us", 0);
    long long drifted = (long long)hone_json_get_int(look, "drifted", 0);
    long long columns = (long long)hone_json_get_int(look, "columns", 0);
    if (drifted == 0 && since == 0) {
        return (struct hone_told){
            HONE_MOOD_OK, hone_arena_format(mem,
                                            "like the training data in all %lld columns, "
                                            "looked at %s",
                                            columns, ago)};
    }
    return (struct hone_told){
        since != 0 ? HONE_MOOD_ACT : HONE_MOOD_LOOK,
        hone_arena_format(mem,
                          "unlike the training data in %lld of %lld columns%s%s, most %s; "
                          "looked at %s",
                          drifted, columns, since == 0 ? "" : " since ",
                          since == 0 ? "" : hone_text_when(mem, since), worst_text(look, mem),
                          ago)};
}

struct hone_told hone_realised_text(const json_t *look, struct hone_arena *mem)
{
    double value = hone_real_in(look, "realised");
    double low = hone_real_in(look, "tested_low");
    double high = hone_real_in(look, "tested_high");
    const char *metric = hone_text_in(look, "metric");
    long long labels = (long long)hone_json_get_int(look, "labelled", 0);
    if (metric[0] == '\0') {
        return (struct hone_told){HONE_MOOD_NONE, NULL};
    }
    if (isnan(value)) {
        return (struct hone_told){
            HONE_MOOD_NONE,
            hone_arena_format(mem, "%lld labels: too few to tell the %s", labels, metric)};
    }
    if (isnan(low) || isnan(high)) {
        double tested = hone_real_in(look, "tested");
        return (struct hone_told){
            HONE_MOOD_NONE,
            hone_arena_format(mem, "%s %s on %lld labels%s%s", metric,
                              hone_text_number(mem, value, 4), labels,
                              isnan(tested) ? "" : ", in the test ",
                              isnan(tested) ? "" : hone_text_number(mem, tested, 4))};
    }
    bool up = hone_json_get_bool(look, "greater_is_better", true);
    bool worse = up ? value < low : value > high;
    bool better = up ? value > high : value < low;
    return (struct hone_told){
        worse ? HONE_MOOD_LOOK : HONE_MOOD_OK,
        hone_arena_format(mem, "%s %s on %lld labels, %s the test's %s to %s", metric,
                          hone_text_number(mem, value, 4), labels,
                          worse    ? "worse than"
                          : better ? "better than"
                                   : "within",
                          hone_text_number(mem, low, 4), hone_text_number(mem, high, 4))};
}

/* --- webhooks --------------------------------------------------------------------------------------- */

struct hone_told hone_webhook_text(const json_t *webhook, int64_t now, struct hone_arena *mem)
{
    long long failures = (long long)hone_json_get_int(webhook, "failures", 0);
    long long waiting = (long long)hone_json_get_int(webhook, "waiting", 0);
    int64_t told = hone_json_get_int(webhook, "told_us", 0);
    if (failures > 0) {
        return (struct hone_told){
            HONE_MOOD_LOOK,
            hone_arena_format(mem, "has failed %lld time%s in a row (%s); %lld alarm%s wait%s",
                              failures, failures == 1 ? "" : "s",
                              hone_text_in(webhook, "error"), waiting, waiting == 1 ? "" : "s",
                              waiting == 1 ? "s" : "")};
    }
    return told == 0 ? (struct hone_told){HONE_MOOD_OK, "had nothing to be told yet"}
                     : (struct hone_told){
                           HONE_MOOD_OK,
                           hone_arena_format(mem, "told %s", hone_text_ago(mem, now, told))};
}

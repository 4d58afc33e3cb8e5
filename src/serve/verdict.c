#include "serve/verdict.h"

#include <math.h>

#include "serve/status_words.h"

#define MINUTE_US INT64_C(60000000)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)

enum {
    FEW = 5,        /* errors of a minute below which a share says nothing */
    SOON_DAYS = 14, /* a certificate that ends */
    NOW_DAYS = 3,
    LABELS = 30, /* fewer say nothing of a realised metric */
    DEAF = 3,    /* failures in a row of a webhook */
    STEADY = 10, /* minutes of requests before a silence is one */
    SILENT = 5,  /* minutes */
    AGAIN = 3,   /* ends without a word in a day that are no accident */
};
#define REFUSED_SHARE 0.05 /* of a minute's requests */
#define FAILED_SHARE  0.01
#define SLOWER        4.0 /* times the hour's middle p99 */
#define SLOW_MS       10.0

struct judge {
    struct hone_arena *mem;
    int64_t now;
    json_t *act, *look;
};

/* One thing that is not well; texts of NULL are null. */
struct sign {
    bool act;
    const char *what, *more;
    int64_t since; /* 0: not known */
    const char *command, *then;
    const char *model;
    int64_t alarm;
};

static void sign_up(struct judge *j, const struct sign *s)
{
    json_t *o = json_object();
    hone_json_set_text(o, "level", s->act ? "act" : "look");
    hone_json_set_text(o, "what", s->what);
    hone_json_set_text(o, "more", s->more);
    hone_json_set(o, "since_us", s->since == 0 ? json_null() : json_integer(s->since));
    hone_json_set_text(o, "do", s->command);
    hone_json_set_text(o, "then", s->then);
    hone_json_set_text(o, "model", s->model);
    hone_json_set(o, "alarm", s->alarm == 0 ? json_null() : json_integer(s->alarm));
    hone_json_push(s->act ? j->act : j->look, o);
}

/* --- alarms ----------------------------------------------------------------------------------------- */

/* "it began 2 h after anna promoted version 3 of buyers as champion (newer rows)" */
static const char *after_what(const struct judge *j, const json_t *alarm, int64_t began)
{
    const json_t *d = json_object_get(alarm, "changed");
    int64_t time = hone_int_in(d, "time_us");
    if (!json_is_object(d) || began - time > 2 * DAY_US) {
        return NULL;
    }
    const char *reason = hone_text_in(d, "reason");
    return hone_arena_format(j->mem, "It began %s after %s %s%s%s%s.",
                             hone_text_span(j->mem, began - time), hone_text_in(d, "actor"),
                             hone_text_in(d, "what"), reason[0] == '\0' ? "" : " (", reason,
                             reason[0] == '\0' ? "" : ")");
}

static void alarms(struct judge *j, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *a = json_array_get(list, i);
        const char *model = hone_text_in(a, "model");
        const char *subject = hone_text_in(a, "subject");
        long long id = (long long)hone_int_in(a, "id");
        int64_t began = hone_int_in(a, "from_us") == 0 ? hone_int_in(a, "time_us")
                                                       : hone_int_in(a, "from_us");
        const char *after = after_what(j, a, began);
        const char *kind = hone_text_in(a, "kind");
        const char *about = model[0] == '\0'
                                ? ""
                                : hone_arena_format(j->mem, "%s %lld: ", model,
                                                    (long long)hone_int_in(a, "version"));
        const char *words =
            strcmp(kind, "drift") == 0         ? "its data are unlike the training data: "
            : strcmp(kind, "performance") == 0 ? "its answers are worse than in the test: "
                                               : "";
        sign_up(j, &(struct sign){
                       .act = strcmp(hone_text_in(a, "severity"), "critical") == 0,
                       .what = hone_arena_format(j->mem, "%s%s%s", about, words,
                                                 hone_text_in(a, "message")),
                       .more = hone_arena_format(
                           j->mem, "An alarm of the kind %s%s%s.%s%s", kind,
                           subject[0] == '\0'           ? ""
                           : strcmp(kind, "drift") == 0 ? ", most "
                                                        : ", of ",
                           subject, after == NULL ? "" : " ", after == NULL ? "" : after),
                       .since = began,
                       .command = hone_arena_format(j->mem, "hone why alarm:%lld", id),
                       .then = hone_arena_format(
                           j->mem,
                           "hone close alarm:%lld --reason 'what it was, what was done'", id),
                       .model = model[0] == '\0' ? NULL : model,
                       .alarm = id,
                   });
    }
}

/* --- servers ---------------------------------------------------------------------------------------- */

/* What a server that is gone served and nobody that is up serves now; the arguments of `hone serve`. */
static const char *missing(const struct judge *j, const json_t *servers, const json_t *gone)
{
    const json_t *models = json_object_get(json_object_get(gone, "facts"), "models");
    struct hone_buf out = hone_buf(j->mem);
    for (size_t i = 0; i < json_array_size(models); i++) {
        const char *uri = hone_text_in(json_array_get(models, i), "uri");
        bool served = false;
        for (size_t k = 0; k < json_array_size(servers); k++) {
            const json_t *other = json_array_get(servers, k);
            const json_t *has = json_object_get(json_object_get(other, "facts"), "models");
            for (size_t m = 0;
                 m < json_array_size(has) && strcmp(hone_text_in(other, "state"), "up") == 0;
                 m++) {
                served =
                    served || strcmp(hone_text_in(json_array_get(has, m), "uri"), uri) == 0;
            }
        }
        if (!served) {
            hone_buf_format(&out, " %s", uri);
        }
    }
    hone_buf_char(&out, '\0');
    return out.ptr;
}

/* The options that its address tells: " --port 9000", or nothing for the port that is taken by itself. */
static const char *address_options(const struct judge *j, const json_t *server)
{
    const char *colon = strrchr(hone_text_in(server, "url"), ':');
    int64_t port = 0;
    if (colon == NULL || !hone_parse_i64(hone_str(colon + 1), &port) || port == 8080) {
        return "";
    }
    return hone_arena_format(j->mem, " --port %lld", (long long)port);
}

static void gone(struct judge *j, const json_t *servers)
{
    for (size_t i = 0; i < json_array_size(servers); i++) {
        const json_t *s = json_array_get(servers, i);
        if (strcmp(hone_text_in(s, "state"), "gone") != 0) {
            continue;
        }
        const char *lost = missing(j, servers, s);
        sign_up(
            j, &(struct sign){
                   .act = lost[0] != '\0',
                   .what = hone_arena_format(j->mem,
                                             "The server %s (process %lld on %s) has gone "
                                             "without a word",
                                             hone_text_in(s, "url"),
                                             (long long)hone_int_in(s, "pid"),
                                             hone_text_in(s, "machine")),
                   .more = lost[0] == '\0'
                               ? "Other servers answer for all its models."
                               : hone_arena_format(j->mem, "Nobody else serves%s.", lost),
                   .since = hone_int_in(s, "seen_us"),
                   .command = lost[0] == '\0' ? NULL
                                              : hone_arena_format(j->mem, "hone serve%s%s",
                                                                  lost, address_options(j, s)),
                   .then = lost[0] == '\0'
                               ? "its standard error says how it ended"
                               : "the other options as it had them (its unit, its script); its "
                                 "standard error says how it ended",
               });
    }
}

/* Servers of the last day that ended without a word where this one stands now; *last is when one was seen last. */
static int64_t before(const json_t *servers, const json_t *s, int64_t *last)
{
    int64_t n = 0;
    for (size_t k = 0; k < json_array_size(servers); k++) {
        const json_t *old = json_array_get(servers, k);
        if (strcmp(hone_text_in(old, "state"), "replaced") == 0 &&
            strcmp(hone_text_in(old, "url"), hone_text_in(s, "url")) == 0 &&
            strcmp(hone_text_in(old, "machine"), hone_text_in(s, "machine")) == 0) {
            int64_t seen = hone_int_in(old, "seen_us");
            *last = seen > *last ? seen : *last;
            n++;
        }
    }
    return n;
}

/* Something starts it whenever it falls: that hides why it falls. */
static void again(struct judge *j, const json_t *servers)
{
    for (size_t i = 0; i < json_array_size(servers); i++) {
        const json_t *s = json_array_get(servers, i);
        int64_t last = 0;
        int64_t n = strcmp(hone_text_in(s, "state"), "up") == 0 ? before(servers, s, &last) : 0;
        bool fresh = j->now - last < HOUR_US;
        if (n == 0 || (n < AGAIN && !fresh)) {
            continue;
        }
        sign_up(
            j,
            &(struct sign){
                .act = n >= AGAIN && fresh,
                .what = hone_arena_format(
                    j->mem, "The server %s on %s ended without a word%s and was started again",
                    hone_text_in(s, "url"), hone_text_in(s, "machine"),
                    n == 1 ? ""
                           : hone_arena_format(j->mem, " %lld times in the last day",
                                               (long long)n)),
                .more = n < AGAIN
                            ? "It was killed, ran out of memory, or the machine went down."
                            : "It is killed or runs out of memory again and again.",
                .since = last,
                .then = "its standard error says how it ended",
            });
    }
}

/* --- what a server that is up tells -------------------------------------------------------------------- */

static void errors(struct judge *j, const char *model, const char *where, const json_t *minute)
{
    int64_t all = hone_int_in(minute, "requests");
    int64_t failed = hone_int_in(minute, "failed");
    int64_t refused = hone_int_in(minute, "refused");
    double total = all > 0 ? (double)all : 1;
    const char *kinds = hone_codes_text(json_object_get(minute, "codes"), j->mem);
    const char *name = model == NULL ? "Requests to no model" : model;
    if (failed > 0) {
        sign_up(j,
                &(struct sign){
                    .act = failed >= FEW && (double)failed >= FAILED_SHARE * total,
                    .what = hone_arena_format(j->mem,
                                              "%s: %lld of %lld requests failed in the last "
                                              "minute",
                                              name, (long long)failed, (long long)all),
                    .more = hone_arena_format(j->mem, "%s, at %s.", kinds, where),
                    .command = model == NULL
                                   ? NULL
                                   : hone_arena_format(j->mem, "hone audit models:/%s", model),
                    .then = "look at the server's log; roll back if it began with a promotion",
                    .model = model,
                });
    }
    if (refused >= FEW && (double)refused >= REFUSED_SHARE * total) {
        sign_up(
            j, &(struct sign){
                   .what = hone_arena_format(j->mem, "%s: %s of the requests are refused", name,
                                             hone_text_share(j->mem, (double)refused / total)),
                   .more =
                       hone_arena_format(j->mem, "%s in the last minute, at %s.", kinds, where),
                   .then = "the log's \"refused\" events name the clients and what they sent",
                   .model = model,
               });
    }
}

/* The middle of what is not null; NaN: fewer than three. */
static double middle(const json_t *list)
{
    double value[64];
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list) && n < 64; i++) {
        const json_t *v = json_array_get(list, i);
        if (json_is_number(v)) {
            size_t at = n++;
            double x = json_number_value(v);
            for (; at > 0 && value[at - 1] > x; at--) {
                value[at] = value[at - 1];
            }
            value[at] = x;
        }
    }
    return n < 3 ? (double)NAN : value[n / 2];
}

static void course(struct judge *j, const char *model, const json_t *facts)
{
    const json_t *c = json_object_get(facts, "course");
    const json_t *rate = json_object_get(c, "per_second");
    const json_t *p99 = json_object_get(c, "p99_ms");
    size_t n = json_array_size(rate);
    size_t busy = 0;
    double usual = middle(p99);
    double now = hone_json_get_real(json_object_get(facts, "minute"), "p99_ms", (double)NAN);
    if (now > SLOW_MS && now > SLOWER * usual) {
        sign_up(j, &(struct sign){
                       .what = hone_arena_format(j->mem,
                                                 "%s is slow: 99 %% of the answers take up to "
                                                 "%s ms, usually %s ms",
                                                 model, hone_text_number(j->mem, now, 3),
                                                 hone_text_number(j->mem, usual, 3)),
                       .then = "is the machine busy, or did a heavier version come?",
                       .model = model,
                   });
    }
    for (size_t i = 0; i + SILENT < n; i++) {
        busy += json_number_value(json_array_get(rate, i)) > 0;
    }
    bool silent = n > SILENT + STEADY && 10 * busy >= 9 * (n - SILENT);
    for (size_t i = n < SILENT ? 0 : n - SILENT; i < n; i++) {
        silent = silent && !(json_number_value(json_array_get(rate, i)) > 0);
    }
    if (silent) {
        sign_up(j, &(struct sign){
                       .what = hone_arena_format(j->mem,
                                                 "%s: no request for %d minutes, before there "
                                                 "always were some",
                                                 model, SILENT),
                       .since = j->now - SILENT * MINUTE_US,
                       .then = "do the clients still reach the server?",
                       .model = model,
                   });
    }
}

static void facts_of(struct judge *j, const json_t *facts, const char *where)
{
    const json_t *models = json_object_get(facts, "models");
    const json_t *log = json_object_get(facts, "log");
    int64_t until = hone_int_in(facts, "certificate_until_us");
    int64_t days = (until - j->now) / DAY_US;
    for (size_t i = 0; i < json_array_size(models); i++) {
        const json_t *m = json_array_get(models, i);
        errors(j, hone_text_in(m, "model"), where, json_object_get(m, "minute"));
        course(j, hone_text_in(m, "model"), m);
    }
    errors(j, NULL, where, json_object_get(json_object_get(facts, "others"), "minute"));
    if (hone_int_in(log, "dropped") > 0) {
        sign_up(j,
                &(struct sign){
                    .what = hone_arena_format(
                        j->mem, "%s predictions are not in the log",
                        hone_text_count(j->mem, (uint64_t)hone_int_in(log, "dropped"))),
                    .more = hone_arena_format(j->mem,
                                              "Answers were right, but %s could not write them "
                                              "all; watching is blind to those.",
                                              where),
                    .command = "df -h .hone",
                    .then = "is the disk full or slow? --log sample writes a share",
                });
    }
    if (until != 0 && days < SOON_DAYS) {
        sign_up(j,
                &(struct sign){
                    .act = days < NOW_DAYS,
                    .what = until < j->now
                                ? "The certificate has run out"
                                : hone_arena_format(j->mem, "The certificate runs out %s",
                                                    hone_text_ago(j->mem, j->now, until)),
                    .more = hone_arena_format(j->mem, "At %s.", where),
                    .since = 0,
                    .then = "renew the files of --tls-cert and --tls-key: they are taken up by "
                            "themselves",
                });
    }
}

/* An alarm that nobody hears of. */
static void webhooks(struct judge *j, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *h = json_array_get(list, i);
        if (hone_int_in(h, "failures") >= DEAF) {
            sign_up(
                j,
                &(struct sign){
                    .what = hone_arena_format(j->mem, "Alarms do not reach the webhook %s",
                                              hone_text_in(h, "name")),
                    .more = hone_arena_format(j->mem, "It %s.",
                                              hone_webhook_text(h, j->now, j->mem).text),
                    .then =
                        "they are told again until it accepts; the log's \"webhook\" events say "
                        "what it answers",
                });
        }
    }
}

static void servers(struct judge *j, const json_t *status)
{
    const json_t *list = json_object_get(status, "servers");
    const json_t *here = json_object_get(status, "here");
    gone(j, list);
    again(j, list);
    if (here != NULL) {
        facts_of(j, here, hone_text_in(here, "url"));
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        bool own =
            here != NULL && strcmp(hone_text_in(s, "url"), hone_text_in(here, "url")) == 0;
        if (strcmp(hone_text_in(s, "state"), "up") == 0 && !own) {
            facts_of(j, json_object_get(s, "facts"), hone_text_in(s, "url"));
        }
    }
}

/* --- models ----------------------------------------------------------------------------------------- */

/* Whether an alarm of a kind is open for a model: it says what a sign would say. */
static bool has_alarm(const json_t *status, const char *model, const char *kind)
{
    const json_t *list = json_object_get(status, "alarms");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *a = json_array_get(list, i);
        if (strcmp(hone_text_in(a, "model"), model) == 0 &&
            strcmp(hone_text_in(a, "kind"), kind) == 0) {
            return true;
        }
    }
    return false;
}

static void models(struct judge *j, const json_t *status)
{
    const json_t *list = json_object_get(status, "models");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *m = json_array_get(list, i);
        const json_t *look = json_object_get(m, "look");
        const json_t *failed = json_object_get(json_object_get(m, "served"), "failed");
        const char *name = hone_text_in(m, "model");
        struct hone_told data = hone_look_text(m, j->now, j->mem);
        struct hone_told realised = hone_realised_text(look, j->mem);
        bool promoted = json_array_size(json_object_get(m, "aliases")) > 0;
        if (data.mood >= HONE_MOOD_LOOK && !has_alarm(status, name, "drift")) {
            sign_up(j, &(struct sign){
                           .what = hone_arena_format(j->mem, "%s: its data has moved", name),
                           .more = hone_arena_format(j->mem, "Now %s.", data.text),
                           .since = hone_int_in(look, "since_us"),
                           .command = hone_arena_format(
                               j->mem, "hone monitor models:/%s/%lld", name,
                               (long long)hone_int_in(json_object_get(m, "served"), "version")),
                           .model = name,
                       });
        }
        if (realised.mood == HONE_MOOD_LOOK && hone_int_in(look, "labelled") >= LABELS &&
            !has_alarm(status, name, "performance")) {
            sign_up(j, &(struct sign){
                           .what = hone_arena_format(j->mem,
                                                     "%s answers worse than in its test", name),
                           .more = hone_arena_format(j->mem, "%s (%s).", realised.text,
                                                     hone_text_in(look, "says")),
                           .since = hone_int_in(look, "time_us"),
                           .command = hone_arena_format(
                               j->mem, "hone monitor models:/%s/%lld", name,
                               (long long)hone_int_in(json_object_get(m, "served"), "version")),
                           .then = hone_arena_format(j->mem,
                                                     "hone rollback %s --reason '...' if the "
                                                     "version before did better",
                                                     name),
                           .model = name,
                       });
        }
        int64_t unread = hone_int_in(look, "unread_labels");
        if (unread > 0) {
            sign_up(
                j, &(struct sign){
                       .what = hone_arena_format(
                           j->mem, "%s: %lld labels are no answer that it can give", name,
                           (long long)unread),
                       .more = hone_arena_format(
                           j->mem, "The first is \"%.60s\"; its quality is that of the others.",
                           hone_text_in(look, "unread_label")),
                       .then = "the labels are to be spelled as in the training data",
                       .model = name,
                   });
        }
        if (promoted && json_array_size(failed) > 0) {
            sign_up(j, &(struct sign){
                           .what = hone_arena_format(
                               j->mem,
                               "%s was promoted although a gate failed: "
                               "%s",
                               name, json_string_value(json_array_get(failed, 0))),
                           .command = hone_arena_format(
                               j->mem, "hone models models:/%s/%lld", name,
                               (long long)hone_int_in(json_object_get(m, "served"), "version")),
                           .model = name,
                       });
        }
    }
}

void hone_status_judge(json_t *status)
{
    struct hone_arena mem = {0};
    struct judge j = {&mem, hone_int_in(status, "time_us"), json_array(), json_array()};
    alarms(&j, json_object_get(status, "alarms"));
    models(&j, status);
    servers(&j, status);
    webhooks(&j, json_object_get(status, "webhooks"));
    hone_json_set_text(status, "state",
                       json_array_size(j.act) > 0    ? "act"
                       : json_array_size(j.look) > 0 ? "look"
                                                     : "ok");
    json_array_extend(j.act, j.look);
    hone_json_set(status, "signs", j.act);
    json_decref(j.look);
    hone_arena_free(&mem);
}

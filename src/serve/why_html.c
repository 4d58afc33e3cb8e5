#include "serve/why_html.h"

#include <math.h>

#include "report/words.h"
#include "serve/page_shell.h"

static void command(struct hone_buf *out, const char *text)
{
    hone_buf_text(out, "<code>");
    hone_html_text(out, text);
    hone_buf_text(out, "</code>");
}

/* A JSON value as people read it: texts without quotes. */
static void value(struct hone_buf *out, const json_t *v)
{
    struct hone_arena work = {0};
    if (v == NULL || json_is_null(v)) {
        hone_buf_text(out, "<span class=dim>missing</span>");
    } else if (json_is_string(v)) {
        hone_html_text(out, json_string_value(v));
    } else {
        struct hone_buf text = hone_buf(&work);
        hone_json_write(&text, v, false);
        hone_buf_html(out, (struct hone_str){text.ptr, text.len});
    }
    hone_arena_free(&work);
}

static void number(struct hone_buf *out, double x, int digits)
{
    struct hone_arena work = {0};
    hone_html_text(out, isnan(x) ? "-" : hone_text_number(&work, x, digits));
    hone_arena_free(&work);
}

/* --- a prediction ------------------------------------------------------------------------------------ */

static void put_labels(const json_t *labels, int64_t now, struct hone_buf *out)
{
    hone_html_fact(out, "truth");
    if (json_array_size(labels) == 0) {
        hone_buf_text(out, "<span class=dim>not told yet; POST /feedback takes it</span>");
    }
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const json_t *l = json_array_get(labels, i);
        hone_buf_text(out, i == 0 ? "<b>" : ", then <b>");
        hone_html_text(out, hone_text_in(l, "label"));
        hone_buf_text(out, "</b>, told ");
        hone_html_when(out, now, hone_int_in(l, "time_us"));
        if (hone_text_in(l, "source")[0] != '\0') {
            hone_buf_text(out, " by ");
            hone_html_text(out, hone_text_in(l, "source"));
        }
    }
}

static void put_origin(const json_t *why, int64_t now, struct hone_buf *out)
{
    struct hone_arena work = {0};
    const json_t *promoted = json_object_get(why, "promoted");
    const json_t *trained = json_object_get(why, "trained");
    const json_t *data = json_object_get(trained, "data");
    hone_buf_text(out, "<dl>");
    hone_html_fact(out, "answer");
    value(out, json_object_get(json_object_get(why, "outputs"), "prediction"));
    put_labels(json_object_get(why, "labels"), now, out);
    hone_html_fact(out, "made");
    hone_html_when(out, now, hone_int_in(why, "time_us"));
    hone_buf_format(out, " in %s ms",
                    hone_text_number(&work, (double)hone_int_in(why, "latency_us") / 1000, 3));
    hone_html_fact(out, "model");
    hone_html_text(out, hone_text_in(why, "model"));
    hone_buf_format(out, " <small>(SHA-256 %.12s)</small><br>", hone_text_in(why, "hash"));
    command(out, hone_arena_format(&work, "hone models %s", hone_text_in(why, "model")));
    if (json_is_object(promoted)) {
        hone_html_fact(out, "promoted");
        hone_html_when(out, now, hone_int_in(promoted, "time_us"));
        hone_buf_text(out, " as ");
        hone_html_text(out, hone_text_in(promoted, "alias"));
        hone_buf_text(out, " by ");
        hone_html_text(out, hone_text_in(promoted, "actor"));
        if (hone_text_in(promoted, "reason")[0] != '\0') {
            hone_buf_text(out, ": <q>");
            hone_html_text(out, hone_text_in(promoted, "reason"));
            hone_buf_text(out, "</q>");
        }
    }
    if (json_is_object(trained)) {
        hone_html_fact(out, "trained");
        hone_buf_format(out, "by run %.8s <small>(hone %s, seed %lld)</small><br>",
                        hone_text_in(trained, "run"), hone_text_in(trained, "hone"),
                        (long long)hone_int_in(trained, "seed"));
        command(out, hone_arena_format(&work, "hone runs %.8s", hone_text_in(trained, "run")));
    }
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *d = json_array_get(data, i);
        hone_html_fact(out, hone_arena_format(&work, "%s data", hone_text_in(d, "role")));
        hone_html_text(out, hone_text_in(d, "path"));
        hone_buf_format(out, " <small>(SHA-256 %.12s)</small>", hone_text_in(d, "hash"));
    }
    hone_buf_text(out, "</dl>");
    hone_arena_free(&work);
}

static void put_shares(const json_t *why, struct hone_buf *out)
{
    const json_t *inputs = json_object_get(why, "inputs");
    double most = 0;
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        most = fmax(most, fabs(hone_real_in(json_array_get(inputs, i), "share")));
    }
    hone_buf_text(out, "<section aria-labelledby=h-moved><h2 id=h-moved>What moved it</h2><p>");
    hone_html_text(out, hone_text_in(why, "answer"));
    hone_buf_text(out, " is <b>");
    number(out, hone_real_in(why, "given"), 4);
    hone_buf_text(out, "</b>; usually it is ");
    number(out, hone_real_in(why, "usual"), 4);
    hone_buf_text(
        out,
        ". Each input moved it by so much from the usual answer to this one (Shapley values; they add up; &plusmn; is twice their error):</p><div class=scroll tabindex=0 role=region aria-label=\"table of inputs\"><table><tr><th scope=col>input<th scope=col>value<th scope=col>usual<th scope=col class=num>moved it by<th scope=col class=num>&plusmn;");
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        const json_t *in = json_array_get(inputs, i);
        double share = hone_real_in(in, "share");
        hone_buf_text(out, "<tr><td>");
        hone_html_text(out, hone_text_in(in, "name"));
        hone_buf_text(out, "<td>");
        value(out, json_object_get(in, "value"));
        hone_buf_text(out, "<td class=dim>");
        hone_html_text(out, hone_text_in(in, "usual"));
        hone_buf_text(out, "<td class=num>");
        if (isnan(share)) {
            hone_buf_text(out, "held as it is<td>");
            continue;
        }
        hone_buf_format(out, "<meter min=0 max=1 value=%.3f aria-hidden=true></meter> %s",
                        most > 0 ? fabs(share) / most : 0, share > 0 ? "+" : "");
        number(out, share, 4);
        hone_buf_text(out, "<td class=\"num dim\">");
        number(out, 2 * hone_real_in(in, "error"), 1);
    }
    hone_buf_text(out, "</table></div>");
    hone_buf_text(
        out,
        hone_json_get_bool(why, "reproduced", false)
            ? "<p class=w-ok>The model gives the logged answer again, to the bit.</p>"
            : "<p class=w-look>The model does not give the logged answer again: see <code>hone reproduce</code></p>");
    hone_buf_text(out, "</section>");
}

void hone_why_html(const json_t *why, int64_t now, struct hone_buf *out)
{
    struct hone_arena work = {0};
    hone_buf_text(out, "<h1>Prediction ");
    hone_html_text(out, hone_text_in(why, "id"));
    hone_buf_text(out, "</h1>");
    put_origin(why, now, out);
    if (hone_text_in(why, "not_told")[0] != '\0') {
        hone_buf_text(out, "<p class=w-look>What moved it cannot be told: ");
        hone_html_text(out, hone_text_in(why, "not_told"));
        hone_buf_text(out, "</p>");
    } else {
        put_shares(why, out);
    }
    hone_buf_text(out, "<p>The same on a terminal, and with the whole configuration: ");
    command(out, hone_arena_format(&work, "hone why %s --json", hone_text_in(why, "id")));
    hone_buf_text(out, "</p>");
    hone_arena_free(&work);
}

/* --- an alarm ---------------------------------------------------------------------------------------- */

static void put_rows(const json_t *why, struct hone_buf *out)
{
    const json_t *rows = json_object_get(why, "rows");
    const char *subject = hone_text_in(why, "subject");
    size_t n = json_array_size(rows);
    bool input = false; /* the subject is one, not a metric or an output */
    for (size_t i = 0; i < n && !input; i++) {
        input = json_object_get(json_object_get(json_array_get(rows, i), "inputs"), subject) !=
                NULL;
    }
    hone_buf_text(out, "<section aria-labelledby=h-rows><h2 id=h-rows>Its rows</h2>");
    if (n == 0) {
        hone_buf_text(
            out,
            "<p>No logged prediction is in its window: they were not logged (<code>--log off</code>), or came from a file.</p></section>");
        return;
    }
    if (hone_text_in(why, "risen")[0] != '\0') {
        hone_buf_text(out, "<p>Those with ");
        hone_html_text(out, hone_text_in(why, "risen"));
        hone_buf_text(out, ".</p>");
    }
    hone_buf_text(
        out,
        "<div class=scroll tabindex=0 role=region aria-label=\"table of rows\"><table><tr>");
    /* what tells most stands first: a telephone shows three columns and the time */
    if (input) {
        hone_buf_text(out, "<th scope=col>");
        hone_html_text(out, subject);
    }
    hone_buf_text(
        out,
        "<th scope=col>answer<th scope=col>truth<th scope=col>made (UTC)<th scope=col>prediction");
    for (size_t i = 0; i < n; i++) {
        struct hone_arena work = {0};
        const json_t *r = json_array_get(rows, i);
        hone_buf_text(out, "<tr>");
        if (input) {
            hone_buf_text(out, "<td>");
            value(out, json_object_get(json_object_get(r, "inputs"), subject));
        }
        hone_buf_text(out, "<td>");
        value(out, json_object_get(json_object_get(r, "outputs"), "prediction"));
        hone_buf_text(out, "<td>");
        hone_html_text(out, hone_text_in(r, "label"));
        hone_buf_text(out, "<td><a href=\"/why/");
        hone_html_text(out, hone_text_in(r, "id"));
        hone_buf_format(out, "\">%s</a><td>", hone_text_when(&work, hone_int_in(r, "time_us")));
        hone_html_text(out, hone_text_in(r, "id"));
        hone_arena_free(&work);
    }
    hone_buf_text(out, "</table></div>");
    if (hone_json_get_bool(why, "more", false)) {
        hone_buf_format(
            out, "<p>These are %zu of them; all: <code>hone why alarm:%lld --json</code></p>",
            n, (long long)hone_int_in(why, "alarm"));
    }
    hone_buf_text(out, "</section>");
}

void hone_why_alarm_html(const json_t *why, int64_t now, struct hone_buf *out)
{
    struct hone_arena work = {0};
    bool closed = hone_int_in(why, "closed_us") != 0;
    const char *model = hone_text_in(why, "model");
    const char *state = closed                                                   ? "ok"
                        : strcmp(hone_text_in(why, "severity"), "critical") == 0 ? "act"
                                                                                 : "look";
    hone_buf_format(out, "<header class=\"top %s\"><h1><b>alarm:%lld</b>", state,
                    (long long)hone_int_in(why, "alarm"));
    hone_html_text(out, hone_text_in(why, "message"));
    hone_buf_text(out, "</h1></header><dl>");
    hone_html_fact(out, "kind");
    hone_html_text(out, hone_text_in(why, "kind"));
    hone_buf_text(out, ", ");
    hone_html_text(out, hone_text_in(why, "severity"));
    if (model[0] != '\0') {
        hone_html_fact(out, "model");
        hone_html_text(out, model);
        hone_buf_format(out, " version %lld", (long long)hone_int_in(why, "version"));
    }
    if (hone_int_in(why, "to_us") != 0) {
        hone_html_fact(out, "window");
        hone_html_when(out, now, hone_int_in(why, "from_us"));
        hone_buf_text(out, " to ");
        hone_html_when(out, now, hone_int_in(why, "to_us"));
    }
    hone_html_fact(out, "raised");
    hone_html_when(out, now, hone_int_in(why, "time_us"));
    if (hone_text_in(why, "measured")[0] != '\0') {
        hone_html_fact(out, "measured");
        hone_html_text(out, hone_text_in(why, "measured"));
    }
    if (closed) {
        hone_html_fact(out, "closed");
        hone_html_when(out, now, hone_int_in(why, "closed_us"));
        hone_buf_text(out, " by ");
        hone_html_text(out, hone_text_in(why, "closed_by"));
        hone_buf_text(out, ": <q>");
        hone_html_text(out, hone_text_in(why, "closed_reason"));
        hone_buf_text(out, "</q>");
    } else {
        hone_html_fact(out, "to end it");
        command(out, hone_arena_format(
                         &work, "hone close alarm:%lld --reason 'what it was, what was done'",
                         (long long)hone_int_in(why, "alarm")));
    }
    hone_buf_text(out, "</dl>");
    put_rows(why, out);
    hone_arena_free(&work);
}

#include "serve/status_html.h"

#include <math.h>

#include "base/time.h"

const char hone_status_style[] =
    ".sec{margin:1.4rem 0}.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,"
    "1fr));gap:1rem}.card{border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem}"
    ".card h3{margin:0 0 .4rem;font-size:1.05rem;overflow-wrap:anywhere}"
    ".card dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .9rem;margin:0}"
    ".card dt{color:var(--dim)}.card dd{margin:0;overflow-wrap:anywhere}"
    ".scroll td,.scroll th{overflow-wrap:normal}.scroll td:first-child{white-space:nowrap}"
    ".ok{color:var(--ok)}.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn);"
    "font-weight:600}.big{font-size:1.15rem;margin:.6rem 0}.scroll{overflow-x:auto}"
    "svg.rate{display:block;width:100%;height:3.2rem;margin-top:.4rem}"
    "svg.rate path{fill:none;stroke:var(--ink);stroke-width:1.5;vector-effect:non-scaling-stroke}"
    ":root{--ok:#15803d;--bad:#b91c1c;--warn:#a16207;--ink:#2563eb}"
    "@media (prefers-color-scheme:dark){:root{--dim:#9ca3af;--ok:#4ade80;--bad:#f87171;--warn:#facc15;"
    "--ink:#60a5fa}}";

static void html(struct hone_buf *out, const char *text)
{
    hone_buf_html(out, hone_str(text == NULL ? "" : text));
}

static const char *text_in(const json_t *o, const char *key)
{
    return hone_json_get_text(o, key, "");
}

static double real_in(const json_t *o, const char *key)
{
    return hone_json_get_real(o, key, (double)NAN);
}

/* To the second, without the T and the Z. */
static void when(struct hone_buf *out, int64_t us)
{
    char text[40];
    size_t n = hone_format_timestamp(text, us - us % 1000000);
    for (size_t i = 0; i < n; i++) {
        text[i] = text[i] == 'T' ? ' ' : text[i];
    }
    hone_buf_bytes(out, text, n > 0 && text[n - 1] == 'Z' ? n - 1 : n);
}

static void row(struct hone_buf *out, const char *name)
{
    hone_buf_text(out, "<dt>");
    html(out, name);
    hone_buf_text(out, "<dd>");
}

/* --- alarms --------------------------------------------------------------------------------------- */

static void put_alarms(const json_t *status, struct hone_buf *out)
{
    const json_t *list = json_object_get(status, "alarms");
    size_t n = json_array_size(list);
    if (list == NULL) {
        return;
    }
    hone_buf_format(out, "<div class=sec><p class=\"big %s\">", n == 0 ? "ok" : "bad");
    if (n == 0) {
        hone_buf_text(out, "No open alarm</p></div>");
        return;
    }
    hone_buf_format(out,
                    "%zu open alarm%s</p><div class=scroll><table><tr><th>No<th>Since "
                    "(UTC)<th>Model<th>What<th>Then",
                    n, n == 1 ? "" : "s");
    for (size_t i = 0; i < n; i++) {
        const json_t *a = json_array_get(list, i);
        bool critical = strcmp(text_in(a, "severity"), "critical") == 0;
        hone_buf_format(out, "<tr><td>%lld<td>", (long long)hone_json_get_int(a, "id", 0));
        when(out, hone_json_get_int(a, "time_us", 0));
        hone_buf_text(out, "<td>");
        html(out, text_in(a, "model"));
        hone_buf_format(out, " %lld<td class=%s>",
                        (long long)hone_json_get_int(a, "version", 0),
                        critical ? "bad" : "warn");
        html(out, text_in(a, "kind"));
        hone_buf_text(out, ": ");
        html(out, text_in(a, "message"));
        hone_buf_format(out, "<td><code>hone why alarm:%lld</code>",
                        (long long)hone_json_get_int(a, "id", 0));
    }
    hone_buf_text(out, "</table></div></div>");
}

/* --- models --------------------------------------------------------------------------------------- */

/* The rates of the last beats as a line; its top is the greatest. */
static void put_rates(const json_t *rates, struct hone_buf *out)
{
    size_t n = json_array_size(rates);
    double top = 0;
    for (size_t i = 0; i < n; i++) {
        top = fmax(top, json_number_value(json_array_get(rates, i)));
    }
    if (n < 2 || !(top > 0)) {
        return;
    }
    hone_buf_format(out,
                    "<svg class=rate viewBox=\"0 0 %zu 40\" preserveAspectRatio=none "
                    "role=img aria-label=\"requests a second, up to %.0f\"><path d=\"M",
                    n - 1, top);
    for (size_t i = 0; i < n; i++) {
        double y = 38 - 36 * json_number_value(json_array_get(rates, i)) / top;
        hone_buf_format(out, "%s%zu %.1f", i == 0 ? "" : "L", i, y);
    }
    hone_buf_format(out,
                    "\"/></svg><p class=dim>requests a second over the last %zu min, at "
                    "most %.4g</p>",
                    (n * 5 + 59) / 60, top);
}

/* What this server measures of a model. */
static void put_load(const json_t *m, struct hone_buf *out)
{
    double refused = real_in(m, "refused_per_second");
    double failed = real_in(m, "failed_per_second");
    row(out, "load");
    hone_buf_format(out, "%.4g requests/s, %.4g rows/s", real_in(m, "per_second"),
                    real_in(m, "rows_per_second"));
    row(out, "latency");
    if (isnan(real_in(m, "p50_ms"))) {
        hone_buf_text(out, "<span class=dim>no requests in the last minute</span>");
    } else {
        hone_buf_format(out, "half within %.3g ms, 99 %% within %.3g ms", real_in(m, "p50_ms"),
                        real_in(m, "p99_ms"));
    }
    row(out, "errors");
    hone_buf_format(out,
                    "<span class=%s>%.3g/s refused</span>, <span class=%s>%.3g/s failed</span>",
                    refused > 0 ? "warn" : "ok", refused, failed > 0 ? "bad" : "ok", failed);
}

static void put_look(const json_t *model, struct hone_buf *out)
{
    const json_t *look = json_object_get(model, "look");
    row(out, "data");
    if (!json_is_object(look)) {
        hone_buf_text(out, "<span class=dim>not looked at: hone monitor models:/");
        html(out, text_in(model, "model"));
        hone_buf_text(out, "@champion</span>");
        return;
    }
    if (strcmp(text_in(look, "state"), "insufficient") == 0) {
        hone_buf_text(out, "<span class=dim>too few rows to tell (");
        when(out, hone_json_get_int(look, "time_us", 0));
        hone_buf_text(out, ")</span>");
        return;
    }
    int64_t since = hone_json_get_int(look, "since_us", 0);
    long long drifted = (long long)hone_json_get_int(look, "drifted", 0);
    hone_buf_format(out, "<span class=%s>", since != 0 ? "bad" : drifted > 0 ? "warn" : "ok");
    if (since != 0) {
        hone_buf_text(out, "drift since ");
        when(out, since);
    } else {
        hone_buf_text(out, drifted > 0 ? "some drift" : "no drift");
    }
    hone_buf_format(out, "</span>, %lld of %lld columns", drifted,
                    (long long)hone_json_get_int(look, "columns", 0));
    if (drifted > 0) {
        hone_buf_text(out, ", most ");
        html(out, text_in(look, "subject"));
    }
    hone_buf_text(out, " <span class=dim>(");
    when(out, hone_json_get_int(look, "time_us", 0));
    hone_buf_text(out, ")</span>");
    if (isnan(real_in(look, "realised"))) {
        return;
    }
    row(out, "realised");
    html(out, text_in(look, "metric"));
    hone_buf_format(out, " %.4g on %lld labels", real_in(look, "realised"),
                    (long long)hone_json_get_int(look, "labelled", 0));
    if (!isnan(real_in(look, "tested"))) {
        hone_buf_format(out, ", in the test %.4g", real_in(look, "tested"));
    }
}

static void put_aliases(const json_t *model, struct hone_buf *out)
{
    const json_t *list = json_object_get(model, "aliases");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *a = json_array_get(list, i);
        int64_t before = hone_json_get_int(a, "before", 0);
        row(out, text_in(a, "alias"));
        hone_buf_format(out, "version %lld since ",
                        (long long)hone_json_get_int(a, "version", 0));
        when(out, hone_json_get_int(a, "since_us", 0));
        hone_buf_text(out, " by ");
        html(out, text_in(a, "actor"));
        if (text_in(a, "reason")[0] != '\0') {
            hone_buf_text(out, ": ");
            html(out, text_in(a, "reason"));
        }
        if (before != 0) {
            hone_buf_format(out, " <span class=dim>(%s version %lld)</span>",
                            strcmp(text_in(a, "kind"), "rollback") == 0 ? "back from" : "was",
                            (long long)before);
        }
    }
}

static void put_failed_gates(const json_t *model, struct hone_buf *out)
{
    const json_t *failed = json_object_get(json_object_get(model, "served"), "failed");
    if (json_array_size(failed) == 0) {
        return;
    }
    row(out, "gates");
    hone_buf_text(out, "<span class=bad>failed: ");
    for (size_t i = 0; i < json_array_size(failed); i++) {
        hone_buf_text(out, i == 0 ? "" : ", ");
        html(out, json_string_value(json_array_get(failed, i)));
    }
    hone_buf_text(out, "</span>");
}

/* The facts of this server about a model; NULL: it does not serve it. */
static const json_t *served_here(const json_t *status, const char *model)
{
    const json_t *list = json_object_get(json_object_get(status, "here"), "models");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (strcmp(text_in(json_array_get(list, i), "model"), model) == 0) {
            return json_array_get(list, i);
        }
    }
    return NULL;
}

static void put_card(const json_t *model, const json_t *here, struct hone_buf *out)
{
    hone_buf_text(out, "<div class=card><h3>");
    html(out, text_in(model != NULL ? model : here, "model"));
    if (here != NULL) {
        hone_buf_text(out, " <span class=dim>version ");
        html(out, text_in(here, "version"));
        hone_buf_text(out, " answers here since ");
        when(out, hone_json_get_int(here, "since_us", 0));
        hone_buf_text(out, "</span>");
    }
    hone_buf_text(out, "</h3><dl>");
    if (model != NULL) {
        put_aliases(model, out);
        put_failed_gates(model, out);
    }
    if (here != NULL) {
        put_load(here, out);
    }
    if (model != NULL) {
        put_look(model, out);
    }
    hone_buf_text(out, "</dl></div>");
}

/* Models of the store that are served here or have an alias; and what is served from files. */
static void put_models(const json_t *status, struct hone_buf *out)
{
    const json_t *models = json_object_get(status, "models");
    const json_t *here = json_object_get(json_object_get(status, "here"), "models");
    hone_buf_text(out, "<div class=\"sec cards\">");
    for (size_t i = 0; i < json_array_size(models); i++) {
        const json_t *m = json_array_get(models, i);
        const json_t *facts = served_here(status, text_in(m, "model"));
        if (facts != NULL || json_array_size(json_object_get(m, "aliases")) > 0) {
            put_card(m, facts, out);
        }
    }
    for (size_t i = 0; i < json_array_size(here); i++) {
        const json_t *facts = json_array_get(here, i);
        bool known = false;
        for (size_t k = 0; k < json_array_size(models); k++) {
            known = known || strcmp(text_in(json_array_get(models, k), "model"),
                                    text_in(facts, "model")) == 0;
        }
        if (!known) {
            put_card(NULL, facts, out);
        }
    }
    hone_buf_text(out, "</div>");
}

/* --- this server, the others, decisions --------------------------------------------------------------- */

static void put_here(const json_t *status, struct hone_buf *out)
{
    const json_t *here = json_object_get(status, "here");
    const json_t *log = json_object_get(here, "log");
    if (here == NULL) {
        return;
    }
    hone_buf_text(out, "<div class=sec>");
    put_rates(json_object_get(here, "rates"), out);
    hone_buf_format(out, "<p>memory %.0f MiB", real_in(here, "resident_mib"));
    if (json_is_object(log)) {
        long long dropped = (long long)hone_json_get_int(log, "dropped", 0);
        hone_buf_format(
            out, "; logged %lld predictions, %lld labels, <span class=%s>%lld dropped</span>",
            (long long)hone_json_get_int(log, "written", 0),
            (long long)hone_json_get_int(log, "labels", 0), dropped > 0 ? "bad" : "ok",
            dropped);
    }
    if (json_object_get(here, "certificate_days") != NULL) {
        long long days = (long long)hone_json_get_int(here, "certificate_days", 0);
        hone_buf_format(out, "; <span class=%s>certificate good for %lld days</span>",
                        days < 14 ? "bad" : "ok", days);
    }
    hone_buf_text(out, "</p></div>");
}

static void put_servers(const json_t *status, struct hone_buf *out)
{
    const json_t *list = json_object_get(status, "servers");
    if (json_array_size(list) < 2) {
        return;
    }
    hone_buf_text(out, "<div class=\"sec scroll\"><h2>Servers on this store</h2><table><tr><th>"
                       "Address<th>Machine<th>State<th>Up since (UTC)<th>Last seen");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        const char *state = text_in(s, "state");
        hone_buf_text(out, "<tr><td>");
        html(out, text_in(s, "url"));
        hone_buf_text(out, "<td>");
        html(out, text_in(s, "machine"));
        hone_buf_format(out, " (pid %lld)<td class=%s>",
                        (long long)hone_json_get_int(s, "pid", 0),
                        strcmp(state, "up") == 0     ? "ok"
                        : strcmp(state, "gone") == 0 ? "bad"
                                                     : "dim");
        html(out, state);
        hone_buf_text(out, "<td>");
        when(out, hone_json_get_int(s, "started_us", 0));
        hone_buf_text(out, "<td>");
        when(out, hone_json_get_int(s, "seen_us", 0));
    }
    hone_buf_text(out, "</table></div>");
}

static void put_decisions(const json_t *status, struct hone_buf *out)
{
    const json_t *list = json_object_get(status, "decisions");
    if (json_array_size(list) == 0) {
        return;
    }
    hone_buf_text(out, "<div class=\"sec scroll\"><h2>Last decisions</h2><table><tr><th>When "
                       "(UTC)<th>Who<th>What<th>Why");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *d = json_array_get(list, i);
        int64_t version = hone_json_get_int(d, "version", 0);
        hone_buf_text(out, "<tr><td>");
        when(out, hone_json_get_int(d, "time_us", 0));
        hone_buf_text(out, "<td>");
        html(out, text_in(d, "actor"));
        hone_buf_text(out, "<td>");
        html(out, text_in(d, "action"));
        hone_buf_char(out, ' ');
        html(out, text_in(d, "subject"));
        if (version != 0) {
            hone_buf_format(out, " to version %lld", (long long)version);
        }
        hone_buf_text(out, "<td>");
        html(out, text_in(d, "reason"));
    }
    hone_buf_text(out, "</table></div>");
}

void hone_status_html(const json_t *status, struct hone_buf *out)
{
    put_alarms(status, out);
    put_models(status, out);
    put_here(status, out);
    put_servers(status, out);
    put_decisions(status, out);
}

/* GET /: what is served, since when, what it takes, and lines to try it, for people. */
#include "base/time.h"
#include "serve/pulse.h"
#include "serve/server_priv.h"
#include "serve/status_html.h"

static const char style[] =
    "<style>:root{color-scheme:light dark;--line:#8884;--dim:#6b7280}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "h1{font-size:1.4rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}"
    "p{margin:.3rem 0}.dim{color:var(--dim)}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .8rem .25rem "
    "0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}"
    "pre{border:1px solid var(--line);border-radius:6px;padding:.7rem 1rem;overflow-x:auto;"
    "font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere}"
    "summary{cursor:pointer}</style>";

static void html(struct hone_buf *out, const char *text)
{
    hone_buf_html(out, hone_str(text));
}

static void put_time(struct hone_buf *out, int64_t us)
{
    char text[40];

    hone_buf_bytes(out, text, hone_format_timestamp(text, us - us % 1000000));
}

/* A value that a column takes, as JSON. */
static void example(struct hone_buf *out, const struct hone_batch_column *c)
{
    hone_buf_text(out, c->width > 1 ? "[" : "");
    for (size_t i = 0; i < c->width && i < 8; i++) {
        hone_buf_text(out, i > 0 ? ", " : "");
        hone_buf_text(out, c->type == HONE_DATE        ? "\"2024-02-29\""
                           : c->type == HONE_TIMESTAMP ? "\"2024-02-29T12:00:00Z\""
                           : c->type == HONE_BOOL      ? "true"
                           : c->dtype == HONE_STRING   ? "\"text\""
                                                       : "1");
    }
    hone_buf_text(out, c->width > 8 ? ", ..." : "");
    hone_buf_text(out, c->width > 1 ? "]" : "");
}

static void curl(struct hone_buf *out, const struct hone_server *server, const char *path)
{
    hone_buf_text(out, "curl -s ");
    if (server->access.needs_token) {
        hone_buf_text(out, "-H \"Authorization: Bearer $HONE_TOKEN\" ");
    }
    html(out, server->url);
    html(out, path);
}

static void try_it(struct hone_buf *out, const struct hone_server *server,
                   const struct hone_slot *slot, const struct hone_served *m)
{
    struct hone_arena mem = {0};
    struct hone_buf row = hone_buf(&mem);

    hone_buf_char(&row, '{');
    for (size_t i = 0; i < m->cols; i++) {
        hone_buf_text(&row, i > 0 ? ", " : "");
        hone_buf_str(&row, m->key[i]);
        hone_buf_char(&row, ' ');
        example(&row, &m->column[i]);
    }
    hone_buf_char(&row, '}');
    hone_buf_text(out, "<pre>");
    if (slot == &server->slot[0]) {
        curl(out, server, "/predict");
        hone_buf_text(out, " -d '");
    } else {
        curl(out, server, hone_arena_format(&mem, "/v1/models/%s:predict", slot->name));
        hone_buf_text(out, " -d '{&quot;instances&quot;: [");
    }
    hone_buf_html(out, (struct hone_str){row.ptr, row.len});
    hone_buf_text(out, slot == &server->slot[0] ? "'\n" : "]}'\n");
    curl(out, server, hone_arena_format(&mem, "/v2/models/%s", slot->name));
    hone_buf_char(out, '\n');
    if (server->recorder != NULL && m->record != 0) {
        curl(out, server, "/feedback");
        hone_buf_text(out, " -d '{&quot;id&quot;: &quot;ID of a prediction&quot;, "
                           "&quot;label&quot;: &quot;");
        html(out, m->classes > 0 ? m->signature->class_name[0] : "12.5");
        hone_buf_text(out, "&quot;}'\n");
    }
    hone_buf_text(out, "</pre>");
    hone_arena_free(&mem);
}

static void put_model(struct hone_buf *out, const struct hone_server *server,
                      const struct hone_slot *slot, const struct hone_served *m)
{
    hone_buf_text(out, "<details><summary><b>");
    html(out, slot->name);
    if (m->version[0] != '\0') {
        hone_buf_format(out, " <span class=dim>version %s</span>", m->version);
    }
    hone_buf_text(out, "</b></summary><p class=dim>");
    html(out, slot->uri);
    hone_buf_text(out, ", in service since ");
    put_time(out, m->loaded);
    hone_buf_format(out, ", content %.12s</p>", m->hash);
    if (m->kind == HONE_SERVED_CLASSES) {
        hone_buf_text(out, "<p>Predicts <b>");
        html(out, m->signature->target);
        hone_buf_text(out, "</b>: ");
        for (size_t k = 0; k < m->classes && k < 20; k++) {
            hone_buf_text(out, k == 0 ? "" : k + 1 == m->classes ? " or " : ", ");
            html(out, m->signature->class_name[k]);
        }
        hone_buf_text(out, m->classes > 20 ? ", ...</p>" : "</p>");
    } else if (m->kind == HONE_SERVED_NUMBER) {
        hone_buf_text(out, "<p>Predicts the number <b>");
        html(out, m->signature->target);
        hone_buf_text(out, "</b></p>");
    }
    try_it(out, server, slot, m);
    hone_buf_format(out, "<details><summary>%zu inputs</summary><table><tr><th>Field<th>Type",
                    m->cols);
    for (size_t i = 0; i < m->cols; i++) {
        hone_buf_text(out, "<tr><td>");
        html(out, m->column[i].name);
        hone_buf_text(out, "<td>");
        html(out, hone_type_name(m->column[i].type));
    }
    hone_buf_text(out, "</table></details></details>");
}

int hone_handle_status(struct hone_request *req)
{
    hone_pulse_json(req->worker->server->pulse, &req->reply);
    return 200;
}

int hone_handle_page(struct hone_request *req)
{
    struct hone_server *server = req->worker->server;
    struct hone_buf *out = &req->reply;

    req->type = "text/html; charset=utf-8";
    hone_buf_text(out,
                  "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
                  "content=\"width=device-width,initial-scale=1\"><meta http-equiv=refresh "
                  "content=15><title>");
    html(out, server->slot[0].name);
    hone_buf_text(out, " - hone serve</title>");
    hone_buf_text(out, style);
    hone_buf_format(out, "<style>%s</style>", hone_status_style);
    hone_buf_format(out, "<h1>hone serve</h1><p class=dim>%zu model%s, up since ",
                    server->slots, server->slots == 1 ? "" : "s");
    put_time(out, server->started);
    hone_buf_text(out, server->recorder != NULL ? ", predictions are logged</p>"
                                                : ", predictions are not logged</p>");
    hone_pulse_page(server->pulse, out);
    hone_buf_text(out, "<h2 class=more>How to ask</h2>");
    for (size_t i = 0; i < server->slots; i++) {
        struct hone_served *m = hone_slot_take(&server->slot[i]);
        put_model(out, server, &server->slot[i], m);
        hone_slot_give(&server->slot[i], m);
    }
    hone_buf_text(out,
                  "<h2>Elsewhere</h2><p><a href=/metrics>/metrics</a> counters and latencies, "
                  "<a href=/openapi.json>/openapi.json</a> all endpoints, "
                  "<a href=/v2/models>/v2/models</a> Open Inference Protocol, "
                  "<a href=/v2/health/ready>/v2/health/ready</a></p></html>\n");
    return 200;
}

/* GET / and its kin: how the models are doing, and how to ask them, for people. */
#include "base/time.h"
#include "serve/page_shell.h"
#include "serve/pulse.h"
#include "serve/server_priv.h"

static void html(struct hone_buf *out, const char *text)
{
    hone_buf_html(out, hone_str(text));
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
    hone_buf_text(out, "<section aria-labelledby=h-ask><h2 id=h-ask>How to ask it</h2>");
    if (m->kind == HONE_SERVED_CLASSES) {
        hone_buf_text(out, "<p>It predicts <b>");
        html(out, m->signature->target);
        hone_buf_text(out, "</b>: ");
        for (size_t k = 0; k < m->classes && k < 20; k++) {
            hone_buf_text(out, k == 0 ? "" : k + 1 == m->classes ? " or " : ", ");
            html(out, m->signature->class_name[k]);
        }
        hone_buf_text(out, m->classes > 20 ? ", ...</p>" : "</p>");
    } else if (m->kind == HONE_SERVED_NUMBER) {
        hone_buf_text(out, "<p>It predicts the number <b>");
        html(out, m->signature->target);
        hone_buf_text(out, "</b></p>");
    }
    try_it(out, server, slot, m);
    hone_buf_format(out,
                    "<details id=inputs><summary>its %zu inputs</summary><table><tr><th "
                    "scope=col>Field<th scope=col>Type",
                    m->cols);
    for (size_t i = 0; i < m->cols; i++) {
        hone_buf_text(out, "<tr><td>");
        html(out, m->column[i].name);
        hone_buf_text(out, "<td>");
        html(out, hone_type_name(m->column[i].type));
    }
    hone_buf_text(out, "</table></details><p class=dim>Served as ");
    html(out, slot->uri);
    hone_buf_format(out, ", SHA-256 of the file %.12s.</p></section>", m->hash);
}

int hone_handle_status(struct hone_request *req)
{
    hone_pulse_json(req->worker->server->pulse, &req->reply);
    return 200;
}

int hone_handle_page(struct hone_request *req)
{
    struct hone_server *server = req->worker->server;

    req->type = HONE_PAGE_TYPE;
    hone_pulse_page(server->pulse, req->by_cookie, &req->reply);
    return 200;
}

int hone_handle_model_page(struct hone_request *req)
{
    struct hone_server *server = req->worker->server;
    struct hone_buf *out = &req->reply;
    struct hone_served *m = hone_slot_take(req->slot);
    struct hone_arena work = {0};
    const struct hone_shell shell = {.title =
                                         hone_arena_format(&work, "%s - hone", req->slot->name),
                                     .up = "/",
                                     .live = true,
                                     .signed_in = req->by_cookie};

    req->type = HONE_PAGE_TYPE;
    hone_shell_begin(out, &shell);
    hone_pulse_model(server->pulse, req->slot->name, out);
    put_model(out, server, req->slot, m);
    hone_shell_end(out, &shell);
    hone_slot_give(req->slot, m);
    hone_arena_free(&work);
    return 200;
}

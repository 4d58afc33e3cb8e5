#include "serve/signin.h"

#include <stdio.h>

#include "serve/page_shell.h"
#include "serve/server_priv.h"

enum {
    TOKEN = 256, /* bytes; coded, a cookie with it fits into said_text */
    HOURS = 12,  /* that a cookie lives */
};

/* --- cookies and forms --------------------------------------------------------------------------------- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Coded bytes as they were meant; a NUL among them is refused. */
static bool decode(struct hone_str text, bool plus, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            if (i + 2 >= text.len || hex(text.ptr[i + 1]) < 0 || hex(text.ptr[i + 2]) < 0) {
                return false;
            }
            c = (char)(hex(text.ptr[i + 1]) * 16 + hex(text.ptr[i + 2]));
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (c == '\0' || n + 1 >= room) {
            return false;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

/* The value of NAME in NAME=VALUE pairs between separators. */
static bool find(struct hone_str all, char separator, const char *name, struct hone_str *out)
{
    struct hone_str pair;
    struct hone_str rest = all;
    while (rest.len > 0) {
        struct hone_str key;
        (void)hone_str_cut(rest, separator, &pair, &rest);
        if (hone_str_cut(hone_str_trim(pair), '=', &key, out) && hone_str_is(key, name)) {
            return true;
        }
    }
    return false;
}

bool hone_cookie_find(const char *field, const char *name, char *out, size_t room)
{
    struct hone_str value;
    return field != NULL && find(hone_str(field), ';', name, &value) &&
           decode(value, false, out, room);
}

bool hone_form_find(struct hone_str body, const char *name, char *out, size_t room)
{
    struct hone_str value;
    return find(body, '&', name, &value) && decode(value, true, out, room);
}

bool hone_signin_place(const char *to)
{
    if (to[0] != '/' || to[1] == '/' || to[1] == '\\' || strlen(to) > 200) {
        return false;
    }
    for (const char *c = to; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\') {
            return false;
        }
    }
    return true;
}

/* Cookies do not know ports, so the port is in the name: two servers of a machine are two places to sign in to. */
static void cookie_name(const struct hone_server *server, char out[32])
{
    const char *port = strrchr(server->url, ':');
    snprintf(out, 32, "hone_%.8s", port == NULL ? "" : port + 1);
}

struct hone_caller hone_signin_caller(struct hone_request *req)
{
    const struct hone_server *server = req->worker->server;
    const char *shown = hone_request_header(req, "Authorization");
    int64_t now = hone_now_us(&req->worker->run);
    char bearer[TOKEN + 8] = "Bearer ";
    char name[32];

    if (shown == NULL && req->endpoint != NULL && !req->endpoint->post) {
        cookie_name(server, name);
        req->by_cookie = hone_cookie_find(hone_request_header(req, "Cookie"), name, bearer + 7,
                                          sizeof bearer - 7);
    }
    struct hone_caller caller =
        hone_access_token(&server->access, req->by_cookie ? bearer : shown, now);
    if (req->by_cookie && caller.role > HONE_ROLE_READ) {
        caller.role = HONE_ROLE_READ;
    }
    req->by_cookie = req->by_cookie && caller.role != HONE_ROLE_NONE;
    req->asker = caller.name;
    return caller;
}

/* --- pages ---------------------------------------------------------------------------------------------- */

/* A type is named, with no more weight than is of use here: whoever takes HTML gets it. */
bool hone_page_wanted(struct hone_request *req)
{
    const char *accept = hone_request_header(req, "Accept");
    bool page = req->endpoint == NULL || req->endpoint->route == HONE_ROUTE_PAGES;
    return page && accept != NULL && strstr(accept, "text/html") != NULL;
}

static void put_form(struct hone_buf *out, const char *to)
{
    hone_buf_text(
        out,
        "<form method=post action=/sign-in><p><label for=token>Your token</label><br><input id=token "
        "name=token type=password autocomplete=current-password required autofocus size=40> "
        "<input type=hidden name=to value=\"");
    hone_html_text(out, to);
    hone_buf_text(
        out,
        "\"><button>Sign in</button></form><p class=dim>Whoever may run hone on the server's machine makes "
        "one: <code>hone grant NAME --role read --days 90</code>. This browser keeps it for 12 hours "
        "and can only look with it.</p>");
}

/* The path that was asked for, to come back to. */
static const char *asked(const struct hone_request *req)
{
    return req->path != NULL && hone_signin_place(req->path) ? req->path : "/";
}

int hone_page_error(struct hone_request *req, int status, const char *message)
{
    struct hone_buf *out = &req->reply;
    const struct hone_shell shell = {.title = status == 401 ? "sign in - hone" : "hone",
                                     .up = status == 401 ? NULL : "/"};
    out->len = 0;
    out->full = false;
    req->json = 0;
    req->type = HONE_PAGE_TYPE;
    hone_shell_begin(out, &shell);
    hone_buf_format(out, "<h1>%s</h1>",
                    status == 401   ? "Sign in"
                    : status == 404 ? "There is nothing here"
                                    : "This does not work");
    if (status == 401) {
        put_form(out, asked(req));
    } else {
        hone_buf_text(out, "<p>");
        hone_html_text(out, message);
        hone_buf_format(out, " <small>(status %d)</small></p>", status);
    }
    hone_shell_end(out, &shell);
    return status;
}

static int form_page(struct hone_request *req, int status, const char *message, const char *to)
{
    struct hone_buf *out = &req->reply;
    const struct hone_shell shell = {.title = "sign in - hone"};
    req->type = HONE_PAGE_TYPE;
    hone_shell_begin(out, &shell);
    hone_buf_text(out, "<h1>Sign in</h1>");
    if (message != NULL) {
        hone_buf_format(out, "<p role=alert class=w-act>%s</p>", message);
    }
    put_form(out, to);
    hone_shell_end(out, &shell);
    return status;
}

int hone_handle_sign_in_page(struct hone_request *req)
{
    return form_page(req, 200, NULL, "/");
}

static void say_cookie(struct hone_request *req, const char *token, int seconds)
{
    struct hone_arena work = {0};
    struct hone_buf value = hone_buf(&work);
    char name[32];
    cookie_name(req->worker->server, name);
    hone_buf_format(&value, "%s=", name);
    for (const char *c = token; *c != '\0'; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                     (*c >= 'A' && *c <= 'Z') || *c == '_' || *c == '-';
        hone_buf_format(&value, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
    hone_buf_format(&value, "; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s", seconds,
                    req->worker->server->tls == NULL ? "" : "; Secure");
    hone_buf_char(&value, '\0');
    hone_request_say(req, "Set-Cookie", value.ptr);
    hone_arena_free(&work);
}

int hone_handle_sign_in(struct hone_request *req)
{
    const struct hone_server *server = req->worker->server;
    const struct hone_str body = {req->body, req->len};
    char bearer[TOKEN + 8] = "Bearer ";
    char to[256];

    if (!hone_form_find(body, "to", to, sizeof to) || !hone_signin_place(to)) {
        memcpy(to, "/", 2);
    }
    bool told = hone_form_find(body, "token", bearer + 7, sizeof bearer - 7);
    const struct hone_str token =
        hone_str_trim(hone_str(bearer + 7)); /* pasted with its newline */
    bearer[(size_t)(token.ptr - bearer) + token.len] = '\0';
    if (!told ||
        hone_access_token(&server->access, bearer, hone_now_us(&req->worker->run)).role ==
            HONE_ROLE_NONE) {
        return form_page(req, 401, "This token is wrong, revoked or has run out.", to);
    }
    say_cookie(req, token.ptr, HOURS * 3600);
    hone_request_say(req, "Location", to);
    return 303;
}

int hone_handle_sign_out(struct hone_request *req)
{
    say_cookie(req, "", 0);
    hone_request_say(req, "Location", "/sign-in");
    return 303;
}

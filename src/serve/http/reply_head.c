/* The head of a reply: its status line and fields. */
#include <stdio.h>
#include <time.h>

#include "serve/http/exchange.h"
#include "serve/page_shell.h"

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 417:
        return "Expectation Failed";
    case 422:
        return "Unprocessable Content";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return ""; /* may be empty: RFC 9112, section 4 */
    }
}

/* Control characters would end the field. */
static void put_field(struct hone_buf *top, const char *name, const char *value)
{
    hone_buf_text(top, name);
    hone_buf_text(top, ": ");
    for (const char *at = value; *at != '\0'; at++) {
        hone_buf_char(top, (unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at);
    }
    hone_buf_text(top, "\r\n");
}

/* This is on the way of each request, so without printf. */
static void put_number(struct hone_buf *top, int64_t value)
{
    char text[32];

    hone_buf_bytes(top, text, hone_format_i64(text, value));
}

static void put_number_field(struct hone_buf *top, const char *name, int64_t value)
{
    hone_buf_text(top, name);
    put_number(top, value);
    hone_buf_text(top, "\r\n");
}

void hone_request_say(struct hone_request *req, const char *name, const char *value)
{
    put_field(&req->said, name, value);
    HONE_ASSERT(!req->said.full);
}

/* "Date: Sun, 06 Nov 1994 08:49:37 GMT", written once a second. */
static const char *date_field(struct hone_worker *worker)
{
    int64_t second = hone_now_us(&worker->run) / 1000000;
    if (second != worker->date_second || worker->date[0] == '\0') {
        static const char day[] = "SunMonTueWedThuFriSat";
        static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        const time_t now = (time_t)second;
        struct tm tm;
        gmtime_r(&now, &tm);
        snprintf(worker->date, sizeof worker->date,
                 "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n", day + 3 * tm.tm_wday,
                 tm.tm_mday, month + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                 tm.tm_sec);
        worker->date_second = second;
    }
    return worker->date;
}

void hone_request_top(struct hone_request *req, int status, bool last)
{
    struct hone_buf top = {.ptr = req->top, .room = sizeof req->top};

    hone_buf_text(&top, "HTTP/1.1 ");
    put_number(&top, status);
    hone_buf_char(&top, ' ');
    hone_buf_text(&top, reason(status));
    hone_buf_text(&top, "\r\n");
    hone_buf_text(&top, date_field(req->worker));
    put_field(&top, "Content-Type", req->type);
    put_number_field(&top, "Content-Length: ", (int64_t)req->reply.len);
    put_field(&top, "X-Request-Id", req->told_id[0] != '\0' ? req->told_id : req->id);
    if (req->model[0] != '\0') {
        put_field(&top, "X-Hone-Model", req->model);
        put_field(&top, "X-Hone-Version", req->version);
    }
    if (req->json > 0) {
        put_number_field(&top, "Inference-Header-Content-Length: ", (int64_t)req->json);
    }
    if (req->allow != NULL) {
        put_field(&top, "Allow", req->allow);
    }
    if (req->retry > 0) {
        put_number_field(&top, "Retry-After: ", req->retry);
    }
    if (status == 401) {
        hone_buf_text(&top, "WWW-Authenticate: Bearer realm=\"hone\"\r\n");
    }
    if (req->type == HONE_PAGE_TYPE) {
        hone_buf_text(&top, req->worker->server->page_fields);
    }
    hone_buf_bytes(&top, req->said.ptr, req->said.len);
    if (last) {
        hone_buf_text(&top, "Connection: close\r\n");
    }
    hone_buf_text(&top, "\r\n");
    HONE_ASSERT(!top.full);
    req->top_len = top.len;
}

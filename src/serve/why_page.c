/* GET /why/ID and /alarms/N: answered by the inquirer's thread while the request sleeps. */
#include "serve/http/loop.h"
#include "serve/inquiry.h"
#include "serve/page_shell.h"
#include "serve/server_priv.h"
#include "serve/signin.h"

/* In the inquirer's thread. */
static void done(struct hone_inquiry *inquiry)
{
    struct hone_request *req = inquiry->owner;
    hone_loop_done(req->worker->loop, req);
}

static void give_up(struct hone_request *req)
{
    struct hone_inquiry *inquiry = req->inquiry;
    struct hone_arena mem = inquiry->mem; /* it lies in it itself */
    req->inquiry = NULL;
    hone_arena_free(&mem);
}

static int ask(struct hone_request *req, bool alarm)
{
    struct hone_arena mem = {0};
    if (req->worker->server->inquirer == NULL) {
        return hone_request_fail(req, 501,
                                 "no model of a store is served here, so nothing is on record");
    }
    struct hone_inquiry *inquiry = hone_new(&mem, struct hone_inquiry);
    inquiry->mem = mem;
    inquiry->alarm = alarm;
    inquiry->page = hone_page_wanted(req);
    inquiry->signed_in = req->by_cookie;
    inquiry->done = done;
    inquiry->owner = req;
    memcpy(inquiry->id, req->what, sizeof inquiry->id);
    req->inquiry = inquiry;
    if (!hone_inquire(req->worker->server->inquirer, inquiry)) {
        give_up(req);
        return hone_request_fail(req, 503, "too many such questions wait: try again");
    }
    return 0;
}

int hone_handle_why(struct hone_request *req)
{
    return ask(req, false);
}

int hone_handle_alarm(struct hone_request *req)
{
    return ask(req, true);
}

int hone_inquiry_reply(struct hone_request *req)
{
    const struct hone_inquiry *inquiry = req->inquiry;
    int status = 200;
    if (inquiry->code != HONE_OK) {
        status = hone_request_fail(req, hone_code_http(inquiry->code), "%s", inquiry->message);
    } else {
        req->type = inquiry->page ? HONE_PAGE_TYPE : "application/json";
        hone_buf_bytes(&req->reply, inquiry->text.ptr, inquiry->text.len);
    }
    give_up(req);
    return status;
}

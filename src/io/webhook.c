#include "io/webhook.h"

#include <dlfcn.h>

#include "base/hash.h"
#include "base/pool.h"

#define CONNECT_MS  5000L
#define ALL_MS      10000L
#define MOST_REPLY  ((size_t)64 << 10)
#define KEPT_REPLY  160
#define AGENT       "hone/" HONE_VERSION
#define LATER_MOST  INT64_C(3600) /* s: a receiver that wants longer is asked again then */
#define SECRET_MARK "whsec_"

/* --- URLs ----------------------------------------------------------------------------------------- */

/* What is behind "http://" or "https://"; ptr NULL: it is neither. */
static struct hone_str behind_scheme(struct hone_str url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        struct hone_str scheme = hone_str(schemes[i]);
        if (url.len > scheme.len &&
            hone_str_eq_nocase((struct hone_str){url.ptr, scheme.len}, scheme)) {
            return (struct hone_str){url.ptr + scheme.len, url.len - scheme.len};
        }
    }
    return (struct hone_str){NULL, 0};
}

/* "host:port" of what is behind the scheme. */
static struct hone_str host_of(struct hone_str rest)
{
    size_t end = 0;
    size_t begin = 0;
    while (end < rest.len && strchr("/?#\\", rest.ptr[end]) == NULL) {
        begin = rest.ptr[end] == '@' ? end + 1 : begin;
        end++;
    }
    return (struct hone_str){rest.ptr + begin, end - begin};
}

enum hone_code hone_webhook_check(struct hone_run *run, const char *url)
{
    struct hone_str text = hone_str(url);
    struct hone_str rest = behind_scheme(text);
    if (text.len > HONE_WEBHOOK_URL) {
        return hone_fail(run, HONE_E_LIMIT,
                         "a webhook's URL has at most %d bytes, this has %zu", HONE_WEBHOOK_URL,
                         text.len);
    }
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f) {
            return hone_fail(
                run, HONE_E_ARG,
                "a webhook's URL has no white space or control characters, byte %zu "
                "of this is one",
                i + 1);
        }
    }
    if (rest.ptr == NULL || host_of(rest).len == 0 || host_of(rest).ptr[0] == ':') {
        (void)hone_fail(run, HONE_E_ARG,
                        "a webhook is a URL that begins with https:// or http:// and a host");
        return hone_hint(run, "as in https://hooks.example.com/services/T000/B000");
    }
    return HONE_OK;
}

const char *hone_webhook_name(const char *url, struct hone_arena *mem)
{
    struct hone_str rest = behind_scheme(hone_str(url));
    if (rest.ptr == NULL) {
        return "(no URL)";
    }
    struct hone_str host = host_of(rest);
    bool safe = url[4] == 's' || url[4] == 'S';
    return hone_arena_format(mem, "%s://%.*s", safe ? "https" : "http", (int)host.len,
                             host.ptr);
}

/* --- signing -------------------------------------------------------------------------------------- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(struct hone_buf *out, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        unsigned three = (unsigned)bytes[i] << 16;
        three |= left > 1 ? (unsigned)bytes[i + 1] << 8 : 0;
        three |= left > 2 ? bytes[i + 2] : 0;
        hone_buf_char(out, base64_digits[three >> 18]);
        hone_buf_char(out, base64_digits[three >> 12 & 63]);
        hone_buf_char(out, left > 1 ? base64_digits[three >> 6 & 63] : '=');
        hone_buf_char(out, left > 2 ? base64_digits[three & 63] : '=');
    }
}

/* False: it is no base64. */
static bool take_base64(struct hone_str text, struct hone_buf *out)
{
    unsigned bits = 0;
    size_t n = 0;
    while (text.len > 0 && text.ptr[text.len - 1] == '=') {
        text.len--;
    }
    for (; n < text.len; n++) {
        const char *at = memchr(base64_digits, text.ptr[n], 64);
        if (at == NULL) {
            return false;
        }
        bits = bits << 6 | (unsigned)(at - base64_digits);
        if (n % 4 > 0) {
            hone_buf_char(out, (char)(unsigned char)(bits >> (6 - 2 * (n % 4))));
        }
    }
    return n % 4 != 1;
}

static unsigned from_hex(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

enum hone_code hone_webhook_sign(struct hone_run *run, const char *secret, const char *id,
                                 int64_t seconds, struct hone_str body, struct hone_arena *mem,
                                 const char **out)
{
    HONE_ARENA(work);
    struct hone_str key = hone_str(secret);
    struct hone_buf decoded = hone_buf(&work);
    struct hone_buf text = hone_buf(&work);
    struct hone_buf signature = hone_buf(mem);
    unsigned char digest[32];
    if (hone_str_starts(key, SECRET_MARK)) {
        size_t mark = sizeof SECRET_MARK - 1;
        if (!take_base64((struct hone_str){key.ptr + mark, key.len - mark}, &decoded)) {
            return hone_fail(run, HONE_E_ARG,
                             "the webhook's secret begins with " SECRET_MARK
                             ", but the rest is no base64");
        }
        key = (struct hone_str){decoded.ptr, decoded.len};
    }
    if (key.len == 0) {
        return hone_fail(run, HONE_E_ARG, "the webhook's secret is empty");
    }
    hone_buf_format(&text, "%s.%lld.", id, (long long)seconds);
    hone_buf_str(&text, body);
    struct hone_sha sha = hone_hmac256(key, (struct hone_str){text.ptr, text.len});
    for (size_t i = 0; i < sizeof digest; i++) {
        digest[i] =
            (unsigned char)(from_hex(sha.hex[2 * i]) << 4 | from_hex(sha.hex[2 * i + 1]));
    }
    hone_buf_text(&signature, "v1,");
    put_base64(&signature, digest, sizeof digest);
    *out = signature.ptr;
    return HONE_OK;
}

/* --- libcurl --------------------------------------------------------------------------------------- */

/*
 * The part of libcurl's interface that is used.  Its numbers never change (docs/libcurl/ABI.md of curl), so they stand
 * here and no header is needed to build.  Source: curl/curl.h of 7.88.
 */
enum option {
    OPT_NOPROGRESS = 43,
    OPT_POST = 47,
    OPT_NETRC = 51,
    OPT_FOLLOWLOCATION = 52,
    OPT_SSL_VERIFYPEER = 64,
    OPT_SSL_VERIFYHOST = 81,
    OPT_NOSIGNAL = 99,
    OPT_TIMEOUT_MS = 155,
    OPT_CONNECTTIMEOUT_MS = 156,
    OPT_PROTOCOLS = 181,
    OPT_WRITEDATA = 10001,
    OPT_URL = 10002,
    OPT_ERRORBUFFER = 10010,
    OPT_POSTFIELDS = 10015,
    OPT_USERAGENT = 10018,
    OPT_HTTPHEADER = 10023,
    OPT_XFERINFODATA = 10057,
    OPT_CAINFO = 10065,
    OPT_WRITEFUNCTION = 20011,
    OPT_XFERINFOFUNCTION = 20219,
    OPT_POSTFIELDSIZE_LARGE = 30120,
};
enum info {
    INFO_RESPONSE_CODE = 0x200002,
    INFO_RETRY_AFTER = 0x600039, /* since 7.66 */
};
#define GLOBAL_ALL      3L
#define PROTOCOLS_HTTP  3L /* http and https */
#define ERROR_ROOM      256
#define ABORTED_BY_USER 42

struct curl_list;

struct library {
    int (*global_init)(long flags);
    void *(*easy_init)(void);
    void (*easy_reset)(void *easy);
    int (*easy_setopt)(void *easy, int option, ...);
    int (*easy_getinfo)(void *easy, int info, ...);
    int (*easy_perform)(void *easy);
    void (*easy_cleanup)(void *easy);
    const char *(*easy_strerror)(int code);
    struct curl_list *(*slist_append)(struct curl_list *list, const char *text);
    void (*slist_free_all)(struct curl_list *list);
};

struct hone_webhook_client {
    struct hone_arena mem;
    struct library curl;
    void *easy; /* kept: connections are used again */
    const char *ca;
};

/* The first of libcurl's names that is there; NULL: none is.  It stays loaded until the process ends. */
static void *load(void)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"};
    void *found = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && found == NULL; i++) {
        found = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    }
    return found;
}

static bool bind(void *handle, struct library *l)
{
    const struct {
        const char *name;
        void *slot;
    } symbols[] = {
        {"curl_global_init", &l->global_init},   {"curl_easy_init", &l->easy_init},
        {"curl_easy_reset", &l->easy_reset},     {"curl_easy_setopt", &l->easy_setopt},
        {"curl_easy_getinfo", &l->easy_getinfo}, {"curl_easy_perform", &l->easy_perform},
        {"curl_easy_cleanup", &l->easy_cleanup}, {"curl_easy_strerror", &l->easy_strerror},
        {"curl_slist_append", &l->slist_append}, {"curl_slist_free_all", &l->slist_free_all},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *address = dlsym(handle, symbols[i].name);
        if (address == NULL) {
            return false;
        }
        memcpy(symbols[i].slot, &address, sizeof address);
    }
    return true;
}

enum hone_code hone_webhook_open(struct hone_run *run, const char *ca,
                                 struct hone_webhook_client **out)
{
    struct library curl;
    /* one thread at a time may initialise it */
    hone_library_lock();
    void *handle = load();
    bool ready = handle != NULL && bind(handle, &curl) && curl.global_init(GLOBAL_ALL) == 0;
    hone_library_unlock();
    void *easy = ready ? curl.easy_init() : NULL;
    if (easy == NULL) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED,
                        handle == NULL ? "webhooks need libcurl, which is not installed"
                                       : "webhooks need a libcurl that can be initialised");
        return hone_hint(run, "apt-get install libcurl4");
    }
    struct hone_arena mem = {0};
    struct hone_webhook_client *client = hone_new(&mem, struct hone_webhook_client);
    client->mem = mem;
    client->curl = curl;
    client->easy = easy;
    client->ca = ca == NULL ? NULL : hone_arena_format(&client->mem, "%s", ca);
    *out = client;
    return HONE_OK;
}

void hone_webhook_close(struct hone_webhook_client *client)
{
    if (client != NULL) {
        struct hone_arena mem = client->mem; /* it lies in it itself */
        client->curl.easy_cleanup(client->easy);
        hone_arena_free(&mem);
    }
}

/* --- posting --------------------------------------------------------------------------------------- */

struct reply {
    size_t read, kept;
    char text[KEPT_REPLY + 1];
};

/* For OPT_WRITEFUNCTION: the first words are kept, a long reply is cut off. */
static size_t take_reply(char *bytes, size_t one, size_t n, void *ctx)
{
    struct reply *reply = ctx;
    size_t len = one * n;
    for (size_t i = 0; i < len && reply->kept < KEPT_REPLY; i++) {
        char c = bytes[i];
        reply->text[reply->kept++] = c < ' ' || c > '~' ? ' ' : c;
    }
    reply->read += len;
    return reply->read > MOST_REPLY ? 0 : len;
}

/* For OPT_XFERINFOFUNCTION: not 0 ends the transfer. */
static int wants_end(void *ctx, int64_t down_all, int64_t down, int64_t up_all, int64_t up)
{
    const struct hone_run *run = ctx;
    (void)down_all, (void)down, (void)up_all, (void)up;
    return run->cancel != NULL && *run->cancel != 0;
}

static void set_options(struct hone_run *run, struct hone_webhook_client *client,
                        const struct hone_webhook_message *m, struct curl_list *headers,
                        struct reply *reply, char *error)
{
    const struct library *c = &client->curl;
    void *easy = client->easy;
    c->easy_reset(easy);
    c->easy_setopt(easy, OPT_URL, m->url);
    c->easy_setopt(easy, OPT_PROTOCOLS, PROTOCOLS_HTTP);
    c->easy_setopt(easy, OPT_POST, 1L);
    c->easy_setopt(easy, OPT_POSTFIELDS, m->body.ptr);
    c->easy_setopt(easy, OPT_POSTFIELDSIZE_LARGE, (int64_t)m->body.len);
    c->easy_setopt(easy, OPT_HTTPHEADER, headers);
    c->easy_setopt(easy, OPT_USERAGENT, AGENT);
    c->easy_setopt(easy, OPT_FOLLOWLOCATION, 0L);
    c->easy_setopt(easy, OPT_NETRC, 0L);
    c->easy_setopt(easy, OPT_SSL_VERIFYPEER, 1L);
    c->easy_setopt(easy, OPT_SSL_VERIFYHOST, 2L);
    c->easy_setopt(easy, OPT_NOSIGNAL, 1L); /* there are threads */
    c->easy_setopt(easy, OPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    c->easy_setopt(easy, OPT_TIMEOUT_MS, ALL_MS);
    c->easy_setopt(easy, OPT_WRITEFUNCTION, take_reply);
    c->easy_setopt(easy, OPT_WRITEDATA, reply);
    c->easy_setopt(easy, OPT_ERRORBUFFER, error);
    c->easy_setopt(easy, OPT_XFERINFOFUNCTION, wants_end);
    c->easy_setopt(easy, OPT_XFERINFODATA, run);
    c->easy_setopt(easy, OPT_NOPROGRESS, 0L);
    if (client->ca != NULL) {
        c->easy_setopt(easy, OPT_CAINFO, client->ca);
    }
}

/* NULL without memory. */
static struct curl_list *make_headers(const struct library *c,
                                      const struct hone_webhook_message *m,
                                      const char *signature, struct hone_arena *mem)
{
    const char *line[] = {
        "Content-Type: application/json",
        "Expect:", /* no question before the body */
        hone_arena_format(mem, "webhook-id: %s", m->id),
        hone_arena_format(mem, "webhook-timestamp: %lld", (long long)m->seconds),
        signature == NULL ? NULL : hone_arena_format(mem, "webhook-signature: %s", signature),
    };
    struct curl_list *list = NULL;
    for (size_t i = 0; i < sizeof line / sizeof *line && line[i] != NULL; i++) {
        struct curl_list *more = c->slist_append(list, line[i]);
        if (more == NULL) {
            c->slist_free_all(list);
            return NULL;
        }
        list = more;
    }
    return list;
}

/* What became of it.  A status of 2xx counts as soon as it is there, whatever becomes of the rest of the reply. */
static enum hone_code judge(struct hone_run *run, const char *name, int failed, long status,
                            const char *words, const struct reply *reply)
{
    if (status >= 200 && status < 300) {
        return HONE_OK;
    }
    if (failed == ABORTED_BY_USER) {
        return hone_fail(run, HONE_E_CANCELLED, "%s: given up while it was told", name);
    }
    if (status >= 300 && status < 400) {
        (void)hone_fail(run, HONE_E_IO, "%s answers with a redirect (status %ld)", name,
                        status);
        return hone_hint(run, "redirects are not followed: give the URL where it leads");
    }
    if (status > 0) {
        return hone_fail(run, HONE_E_IO, "%s answers with status %ld%s%s", name, status,
                         reply->kept > 0 ? ": " : "", reply->text);
    }
    return hone_fail(run, HONE_E_IO, "%s: %s", name, words);
}

enum hone_code hone_webhook_post(struct hone_run *run, struct hone_webhook_client *client,
                                 const struct hone_webhook_message *message, int64_t *retry)
{
    HONE_ARENA(work);
    const struct library *c = &client->curl;
    const char *signature = NULL;
    char error[ERROR_ROOM] = "";
    struct reply reply = {0};
    long status = 0;
    int64_t later = 0;
    *retry = 0;
    HONE_TRY(hone_webhook_check(run, message->url));
    if (message->secret != NULL) {
        HONE_TRY(hone_webhook_sign(run, message->secret, message->id, message->seconds,
                                   message->body, &work, &signature));
    }
    struct curl_list *headers = make_headers(c, message, signature, &work);
    if (headers == NULL) {
        return hone_no_room(run, "headers", 1);
    }
    set_options(run, client, message, headers, &reply, error);
    int failed = c->easy_perform(client->easy);
    c->easy_getinfo(client->easy, INFO_RESPONSE_CODE, &status);
    if (c->easy_getinfo(client->easy, INFO_RETRY_AFTER, &later) == 0 && later > 0) {
        *retry = later < LATER_MOST ? later : LATER_MOST;
    }
    c->easy_reset(client->easy); /* it forgets what is ours, and keeps its connections */
    c->slist_free_all(headers);
    return judge(run, hone_webhook_name(message->url, &work), failed, status,
                 error[0] != '\0' ? error : c->easy_strerror(failed), &reply);
}

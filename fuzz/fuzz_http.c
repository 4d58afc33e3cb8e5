/*
 * http: bytes of a connection, from the first to the last, through the loop, the parser, the routes and a model.  The
 * first byte is how many bytes are sent at once (0: all).  Whatever comes is answered in HTTP or hung up on, and the
 * next connection is served.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/access_log.h"
#include "serve/http/loop.h"
#include "serve/pulse.h"
#include "serve/server_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* x (N, 2) -> k, the larger of two sums. */
static const unsigned char dense[] = {
    0x08, 0x08, 0x12, 0x04, 0x68, 0x6f, 0x6e, 0x65, 0x1a, 0x05, 0x30, 0x2e, 0x31, 0x2e, 0x30,
    0x3a, 0xd8, 0x01, 0x0a, 0x1b, 0x0a, 0x01, 0x78, 0x0a, 0x01, 0x77, 0x12, 0x01, 0x68, 0x1a,
    0x08, 0x4d, 0x61, 0x74, 0x4d, 0x75, 0x6c, 0x5f, 0x30, 0x22, 0x06, 0x4d, 0x61, 0x74, 0x4d,
    0x75, 0x6c, 0x0a, 0x14, 0x0a, 0x01, 0x68, 0x12, 0x01, 0x72, 0x1a, 0x06, 0x52, 0x65, 0x6c,
    0x75, 0x5f, 0x31, 0x22, 0x04, 0x52, 0x65, 0x6c, 0x75, 0x0a, 0x27, 0x0a, 0x01, 0x72, 0x12,
    0x01, 0x70, 0x1a, 0x09, 0x53, 0x6f, 0x66, 0x74, 0x6d, 0x61, 0x78, 0x5f, 0x32, 0x22, 0x07,
    0x53, 0x6f, 0x66, 0x74, 0x6d, 0x61, 0x78, 0x2a, 0x0b, 0x0a, 0x04, 0x61, 0x78, 0x69, 0x73,
    0x18, 0x01, 0xa0, 0x01, 0x02, 0x0a, 0x25, 0x0a, 0x01, 0x70, 0x12, 0x01, 0x6b, 0x1a, 0x08,
    0x41, 0x72, 0x67, 0x4d, 0x61, 0x78, 0x5f, 0x33, 0x22, 0x06, 0x41, 0x72, 0x67, 0x4d, 0x61,
    0x78, 0x2a, 0x0b, 0x0a, 0x04, 0x61, 0x78, 0x69, 0x73, 0x18, 0x01, 0xa0, 0x01, 0x02, 0x12,
    0x05, 0x64, 0x65, 0x6e, 0x73, 0x65, 0x2a, 0x23, 0x0a, 0x02, 0x02, 0x03, 0x10, 0x01, 0x42,
    0x01, 0x77, 0x4a, 0x18, 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x40,
    0x40, 0x00, 0x00, 0x80, 0x40, 0x00, 0x00, 0xa0, 0x40, 0x00, 0x00, 0xc0, 0x40, 0x5a, 0x14,
    0x0a, 0x01, 0x78, 0x12, 0x0f, 0x0a, 0x0d, 0x08, 0x01, 0x12, 0x09, 0x0a, 0x03, 0x12, 0x01,
    0x4e, 0x0a, 0x02, 0x08, 0x02, 0x62, 0x11, 0x0a, 0x01, 0x6b, 0x12, 0x0c, 0x0a, 0x0a, 0x08,
    0x07, 0x12, 0x06, 0x0a, 0x00, 0x0a, 0x02, 0x08, 0x01, 0x42, 0x02, 0x10, 0x11, 0x42, 0x0e,
    0x0a, 0x0a, 0x61, 0x69, 0x2e, 0x6f, 0x6e, 0x6e, 0x78, 0x2e, 0x6d, 0x6c, 0x10, 0x03};

static struct hone_run run;
static struct hone_server server;
static struct hone_serve_settings settings;

static struct hone_served *load(void)
{
    char path[] = "/tmp/hone-fuzz-XXXXXX";
    const struct hone_served_from from = {.path = path, .uri = "m.onnx", .name = "m"};
    struct hone_served *served = NULL;
    int fd = mkstemp(path);

    HONE_ASSERT(fd >= 0 && write(fd, dense, sizeof dense) == (ssize_t)sizeof dense);
    close(fd);
    HONE_ASSERT(hone_served_new(&run, &from, 1, &served) == HONE_OK);
    unlink(path);
    return served;
}

/* A server of one worker and one model, without a store: made once, for all inputs. */
static struct hone_worker *worker(void)
{
    static struct hone_slot slot;
    static struct hone_desk desk = {.slot = &slot};
    static struct hone_worker one = {.server = &server, .desk = &desk};

    if (one.loop == NULL) {
        const struct hone_part part = {.settings_size = sizeof settings,
                                       .params = hone_serve_params};
        hone_settings_default(&part, &settings);
        settings.max_body = 1;
        settings.max_rows = 100;
        settings.slow = 0;
        server.set = &settings;
        server.slot = &slot;
        server.slots = 1;
        server.worker = &one;
        server.workers = 1;
        server.page_fields = "";
        hone_access_init(&server.access, NULL);
        server.access.names = &settings.allow_host;
        server.access.host = "localhost";
        hone_slot_init(&slot, "m.onnx", false, load());
        one.line = hone_buf(&one.line_mem);
        one.notes = hone_notes_new(&one.mem, settings.slow, 0);
        HONE_ASSERT(hone_pulse_new(&run, &server, &server.pulse) == HONE_OK);
        HONE_ASSERT(hone_loop_start(&run, &one, &one.loop) == HONE_OK);
    }
    return &one;
}

static void send_all(int fd, const uint8_t *data, size_t size, size_t each)
{
    while (size > 0) {
        size_t n = each == 0 || each > size ? size : each;
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* it has seen enough */
        }
        data += sent;
        size -= (size_t)sent;
    }
    (void)shutdown(fd, SHUT_WR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char version[] = "HTTP/1.1 ";
    const struct hone_address nobody = {.len = 0};
    struct hone_worker *w = worker();
    char rest[4096];
    char reply[sizeof version + sizeof rest];
    size_t got = 0;
    ssize_t n;
    int pair[2];

    if (size == 0) {
        return 0;
    }
    HONE_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    HONE_ASSERT(fcntl(pair[1], F_SETFL, O_NONBLOCK) == 0);
    atomic_fetch_add(&w->open, 1);
    HONE_ASSERT(hone_loop_add(w->loop, pair[1], &nobody));
    send_all(pair[0], data + 1, size - 1, data[0]);
    while ((n = recv(pair[0], got < sizeof version ? reply + got : rest, sizeof rest, 0)) > 0) {
        got += got < sizeof version ? (size_t)n : 0;
    }
    close(pair[0]);
    if (got >= sizeof version - 1) {
        HONE_ASSERT(memcmp(reply, version, sizeof version - 1) == 0);
    }
    return 0;
}

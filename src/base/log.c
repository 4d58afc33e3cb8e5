#include "base/log.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

/* The text of an event; what is left of a line is for its fields. */
#define TEXT 1024

static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct line {
    char *bytes; /* (HONE_LOG_LINE) */
    size_t len;
    size_t room; /* bytes that may be used by the text */
};

static void add_raw(struct line *line, const char *text, size_t len)
{
    if (len > line->room - line->len) {
        len = line->room - line->len;
    }
    memcpy(line->bytes + line->len, text, len);
    line->len += len;
}

static void add(struct line *line, const char *text)
{
    add_raw(line, text, strlen(text));
}

/* Text from outside must not begin a line of its own, nor end a JSON text; what does not fit as a
 * whole character is left out. */
static void add_safe(struct line *line, const char *text, bool json)
{
    size_t len = hone_utf8_valid(hone_str(text));
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)text[i];
        char escape[8];
        size_t n = 1;
        const char *piece = text + i;
        if (c < 0x20 || c == 0x7f) {
            piece = escape;
            n = (size_t)snprintf(escape, sizeof escape, "\\u%04x", c);
            i++;
        } else if (json && (c == '"' || c == '\\')) {
            escape[0] = '\\';
            escape[1] = (char)c;
            piece = escape;
            n = 2;
            i++;
        } else {
            while (i + n < len && ((unsigned char)text[i + n] & 0xc0) == 0x80) {
                n++;
            }
            i += n;
        }
        if (n > line->room - line->len) {
            return;
        }
        add_raw(line, piece, n);
    }
}

/* Whether a value of logfmt needs no quotes. */
static bool is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f) {
            return false;
        }
    }
    return text[0] != '\0';
}

/* All of it, or nothing. */
static void add_field(struct line *line, const struct hone_log_field *f, bool json)
{
    size_t before = line->len;
    char number[32];
    bool quoted = false;
    if ((f->kind == HONE_LOG_TEXT && f->text == NULL) ||
        (f->kind == HONE_LOG_REAL && !isfinite(f->real))) {
        return;
    }
    add(line, json ? ",\"" : " ");
    add(line, f->name);
    add(line, json ? "\":" : "=");
    if (f->kind == HONE_LOG_TEXT) {
        quoted = json || !is_plain(f->text);
        add(line, quoted ? "\"" : "");
        add_safe(line, f->text, quoted);
    } else if (f->kind == HONE_LOG_WHOLE) {
        add_raw(line, number, hone_format_i64(number, f->whole));
    } else {
        snprintf(number, sizeof number, "%.6g", f->real);
        add(line, number);
    }
    if (line->len >= line->room) {
        line->len = before; /* it may have been cut */
    } else {
        add(line, quoted ? "\"" : "");
    }
}

size_t hone_log_line(const struct hone_run *run, const struct hone_log_event *event,
                     char out[HONE_LOG_LINE])
{
    bool json = run->log != NULL && run->log->json;
    char when[40];
    hone_format_timestamp(when, hone_now_us(run));
    struct line line = {.bytes = out, .room = TEXT - 4}; /* what closes it always fits */
    add(&line, json ? "{\"time\":\"" : "");
    add(&line, when);
    add(&line, json ? "\",\"level\":\"" : " ");
    add(&line, level_names[event->level]);
    add(&line, json ? "\",\"event\":\"" : " ");
    add_safe(&line, event->event, json);
    add(&line, json ? "\",\"text\":\"" : event->text[0] == '\0' ? "" : " ");
    add_safe(&line, event->text, json);
    line.room = HONE_LOG_LINE - 4;
    add(&line, json ? "\"" : "");
    for (size_t i = 0; i < event->fields; i++) {
        add_field(&line, &event->field[i], json);
    }
    line.room = HONE_LOG_LINE;
    add(&line, json ? "}\n" : "\n");
    return line.len;
}

/* What a pipe takes at once or not at all, and waits for nobody when it can be written. */
#define PIECE 4096

/* How long a reader may take that is only slow. */
#define READER_MS 100

/* Whole lines of a piece, where there are any. */
static size_t piece(const char *lines, size_t len)
{
    size_t n = len < PIECE ? len : PIECE;
    const char *end = len > PIECE ? memrchr(lines, '\n', n) : NULL;

    return end == NULL ? n : (size_t)(end - lines) + 1;
}

static bool takes_more(struct hone_log *log)
{
    struct pollfd fd = {.fd = log->fd, .events = POLLOUT};
    bool standing = atomic_load_explicit(&log->standing, memory_order_relaxed);
    bool ready = poll(&fd, 1, standing ? 0 : READER_MS) > 0;

    atomic_store_explicit(&log->standing, !ready, memory_order_relaxed);
    return ready;
}

void hone_log_write(const struct hone_run *run, const char *lines, size_t len)
{
    struct hone_log *log = run->log;

    if (log == NULL) {
        return;
    }
    /* A log that cannot be written must not stop the service: the event is lost. */
    while (len > 0) {
        size_t n = log->service ? piece(lines, len) : len;
        if (log->service && !takes_more(log)) {
            return;
        }
        ssize_t wrote = write(log->fd, lines, n);
        if (wrote <= 0) {
            return;
        }
        lines += wrote;
        len -= (size_t)wrote;
    }
}

void hone_log(const struct hone_run *run, enum hone_level level, const char *event,
              const char *format, ...)
{
    char text[TEXT];
    char line[HONE_LOG_LINE];
    va_list args;
    if (!hone_log_takes(run, level)) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const struct hone_log_event it = {.level = level, .event = event, .text = text};
    hone_log_write(run, line, hone_log_line(run, &it, line));
}

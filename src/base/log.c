#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

/* What one event may take, its newline included. */
#define LINE 1024

static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct line {
    char bytes[LINE];
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

static void write_all(int fd, const char *bytes, size_t len)
{
    /* A log that cannot be written must not stop the service: the event is lost. */
    ssize_t wrote = write(fd, bytes, len);
    (void)wrote;
}

void hone_log(const struct hone_run *run, enum hone_level level, const char *event,
              const char *format, ...)
{
    const struct hone_log *log = run->log;
    if (log == NULL || level < log->level) {
        return;
    }
    char text[LINE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);

    char when[40];
    hone_format_timestamp(when, hone_now_us(run));
    struct line line = {.room = LINE - 4}; /* what closes it always fits */
    add(&line, log->json ? "{\"time\":\"" : "");
    add(&line, when);
    add(&line, log->json ? "\",\"level\":\"" : " ");
    add(&line, level_names[level]);
    add(&line, log->json ? "\",\"event\":\"" : " ");
    add_safe(&line, event, log->json);
    add(&line, log->json ? "\",\"text\":\"" : " ");
    add_safe(&line, text, log->json);
    line.room = LINE;
    add(&line, log->json ? "\"}\n" : "\n");
    write_all(log->fd, line.bytes, line.len);
}

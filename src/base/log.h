/*
 * base/log.h - what a running service tells its operator
 *
 * One line per event on a stream: time, level, event, text; or the same as a JSON object.  Secrets are
 * never passed to it.  Any thread may log.
 */
#ifndef HONE_BASE_LOG_H
#define HONE_BASE_LOG_H

#include <stdatomic.h>

#include "base/run.h"

enum hone_level { HONE_LOG_DEBUG, HONE_LOG_INFO, HONE_LOG_WARN, HONE_LOG_ERROR };

struct hone_log {
    int fd;
    enum hone_level level; /* less important events are dropped */
    bool json;
    bool service; /* nothing waits for long for whoever reads the log: lines are lost instead */
    _Atomic bool
        standing; /* the reader of a service's log took nothing when it was last tried */
};

/* Log one event; event is a short fixed word: "rollback".  At most HONE_LOG_LINE bytes are written, in one write. */
#define HONE_LOG_LINE 2048
void hone_log(const struct hone_run *run, enum hone_level level, const char *event,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A fact of an event: a member of the JSON object, or name=value behind the text (logfmt). */
struct hone_log_field {
    const char *name;
    enum { HONE_LOG_TEXT, HONE_LOG_WHOLE, HONE_LOG_REAL } kind;
    const char *text; /* NULL: the field is left out */
    int64_t whole;
    double real; /* NaN: the field is left out */
};
static inline struct hone_log_field hone_log_text(const char *name, const char *text)
{
    return (struct hone_log_field){.name = name, .kind = HONE_LOG_TEXT, .text = text};
}
static inline struct hone_log_field hone_log_whole(const char *name, int64_t whole)
{
    return (struct hone_log_field){.name = name, .kind = HONE_LOG_WHOLE, .whole = whole};
}
static inline struct hone_log_field hone_log_real(const char *name, double real)
{
    return (struct hone_log_field){.name = name, .kind = HONE_LOG_REAL, .real = real};
}

/* Whether an event of that level would be logged. */
static inline bool hone_log_takes(const struct hone_run *run, enum hone_level level)
{
    return run->log != NULL && level >= run->log->level;
}

/*
 * The line of an event with its newline, for whoever writes it later; a field that does not fit is left out whole.
 *
 *   text    may be empty
 *   fields  (n)
 *
 * Returns its length.
 */
struct hone_log_event {
    enum hone_level level;
    const char *event, *text;
    const struct hone_log_field *field;
    size_t fields;
};
size_t hone_log_line(const struct hone_run *run, const struct hone_log_event *event,
                     char out[HONE_LOG_LINE]);
/* Write lines as they are.  A service's that the reader does not take within 0.1 s are lost. */
void hone_log_write(const struct hone_run *run, const char *lines, size_t len);

#endif

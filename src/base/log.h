/*
 * base/log.h - what a running service tells its operator
 *
 * One line per event on a stream: time, level, event, text; or the same as a JSON object.  Secrets are
 * never passed to it.  Any thread may log.
 */
#ifndef HONE_BASE_LOG_H
#define HONE_BASE_LOG_H

#include "base/run.h"

enum hone_level { HONE_LOG_DEBUG, HONE_LOG_INFO, HONE_LOG_WARN, HONE_LOG_ERROR };

struct hone_log {
    int fd;
    enum hone_level level; /* less important events are dropped */
    bool json;
};

/* Log one event; event is a short fixed word: "rollback".  At most 1 KiB is written, in one write. */
void hone_log(const struct hone_run *run, enum hone_level level, const char *event,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif

/*
 * flow/watch/why_alarm.h - from an alarm to its rows
 */
#ifndef HONE_FLOW_WATCH_WHY_ALARM_H
#define HONE_FLOW_WATCH_WHY_ALARM_H

#include "base/json.h"
#include "store/journal.h"

struct hone_why_alarm {
    struct hone_alarm alarm;
    struct hone_logged_prediction
        *row; /* (n) of its window, in order of time; n at most what was asked for */
    size_t n;
    const char *
        risen; /* what the rows have in common, in words; NULL: they are the first of the window */
    bool more; /* there are more rows than n */
};

/*
 * Of a drift those rows come that have what has become more frequent in its column (flow/watch/risen.h), where any of
 * the window's first 100,000 has.
 *
 *   most   rows; 0: all of the window
 *
 * Fails: HONE_E_NOT_FOUND for a number that is none.
 */
enum hone_code hone_why_alarm(struct hone_run *run, struct hone_store *store, int64_t id,
                              size_t most, struct hone_arena *mem, struct hone_why_alarm *out);

/* What measured value made it ring, in words; NULL: it has none.  In mem. */
const char *hone_alarm_measured(const struct hone_alarm *alarm, struct hone_arena *mem);

/*
 * {"alarm", "kind", "severity", "subject", "message", "measured", "model", "version", "value", "threshold", "time_us",
 *  "from_us", "to_us", "closed_us", "closed_by", "closed_reason", "detail", "risen", "rows": [{"id", "time_us", "inputs",
 *  "outputs", "label"}], "more"}; new reference.
 */
json_t *hone_why_alarm_json(const struct hone_why_alarm *why);

#endif

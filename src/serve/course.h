/*
 * serve/course.h - what was counted, beat by beat and minute by minute
 *
 * Counters only grow, so a course keeps what they stood at: at the last beats, for what the last minute was like, and
 * at the last full minutes, for the last hour.  One series for each model, one more for requests that concern none.
 * Only one thread uses a course.
 */
#ifndef HONE_SERVE_COURSE_H
#define HONE_SERVE_COURSE_H

#include "base/json.h"
#include "serve/tally.h"

struct hone_counts {
    uint64_t code[HONE_STATUS_COUNT];   /* requests by status */
    uint64_t rows;                      /* of predictions */
    uint64_t bucket[HONE_BUCKET_COUNT]; /* predictions by time */
    uint64_t inner[HONE_BUCKET_COUNT];  /* the graph alone */
};
/* Add what a tally has: of predictions, or of all routes. */
void hone_course_count(struct hone_counts *c, const struct hone_tally *t, bool all);

struct hone_course;
/* In mem.  step_ns is the time between two beats. */
enum hone_code hone_course_new(struct hone_run *run, size_t series, int64_t step_ns,
                               struct hone_arena *mem, struct hone_course **out);
/* Where the next beat's counts are to be written, all zero: (series). */
struct hone_counts *hone_course_next(struct hone_course *course);
/* They are there, as of a time in ticks (ns). */
void hone_course_beat(struct hone_course *course, int64_t ticks);

/*
 * A series in the last minute, or as much of it as there was:
 *
 *   {"seconds", "requests", "refused", "failed", "rows", "codes": {"400": n}, "p50_ms", "p99_ms", "graph_p50_ms",
 *    "graph_p99_ms"}
 *
 * failed are 500 and 503, refused are 4xx and what is asked for but not offered (501, 505); codes has all of these; a time is null where there was no request.
 */
json_t *hone_course_minute(const struct hone_course *course, size_t series);
/* The same of the last hour, or as much of it as there was. */
json_t *hone_course_hour(const struct hone_course *course, size_t series);
/*
 * The last hour minute by minute, oldest first, at most 60 values each; the last minute may be in part:
 *
 *   {"per_second": [...], "p50_ms": [...], "p99_ms": [...], "refused": [...], "failed": [...]}
 *
 * refused and failed are shares of all requests.  null where there was no request.
 */
json_t *hone_course_minutes(const struct hone_course *course, size_t series);

#endif

/*
 * serve/why_html.h - why a prediction came out as it did, and what an alarm rang for, as pages
 */
#ifndef HONE_SERVE_WHY_HTML_H
#define HONE_SERVE_WHY_HTML_H

#include "base/json.h"
#include "base/str.h"

/*
 * Append what stands in <main>.
 *
 *   why    as hone_why_json (flow/watch/why.h) or hone_why_alarm_json (flow/watch/why_alarm.h) made it
 *   now    µs since 1970
 */
void hone_why_html(const json_t *why, int64_t now, struct hone_buf *out);
void hone_why_alarm_html(const json_t *why, int64_t now, struct hone_buf *out);

#endif

/*
 * serve/status_html.h - a status (status.h) as pages
 *
 * Renders and never computes.
 */
#ifndef HONE_SERVE_STATUS_HTML_H
#define HONE_SERVE_STATUS_HTML_H

#include "base/json.h"
#include "base/str.h"

/*
 * Append what stands in <main> of the page of a whole status: the state in one word, what to do, the models, the
 * servers, the last decisions.
 */
void hone_status_html(const json_t *status, struct hone_buf *out);
/* The same of one model, at length; what to do first. */
void hone_status_model_html(const json_t *status, const char *model, struct hone_buf *out);

/* "act: 2 signs - hone": what the tab says.  In mem. */
const char *hone_status_title(const json_t *status, struct hone_arena *mem);

#endif

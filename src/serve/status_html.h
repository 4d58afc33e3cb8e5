/*
 * serve/status_html.h - the status document as a page, and as lines for a terminal
 */
#ifndef HONE_SERVE_STATUS_HTML_H
#define HONE_SERVE_STATUS_HTML_H

#include "base/json.h"
#include "base/str.h"

/*
 * Append the sections of a page: alarms, models, load, servers, decisions.  status as in status.h, and
 * "here": the facts of the server that draws it (absent: none).
 */
void hone_status_html(const json_t *status, struct hone_buf *out);

/* The rules for the classes that it uses, for a style element. */
extern const char hone_status_style[];

#endif

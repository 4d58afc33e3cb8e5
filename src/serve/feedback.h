/*
 * serve/feedback.h - labels that clients tell
 *
 *   {"id": "01J...", "label": "yes"}   or an array of such objects
 *
 * "label" is a string, number or boolean; "time" (ISO 8601 or µs since 1970) is when it was so, "source" who
 * said it; "prediction_id" is understood for "id".
 */
#ifndef HONE_SERVE_FEEDBACK_H
#define HONE_SERVE_FEEDBACK_H

#include "base/jscan.h"
#include "serve/recorder.h"

/* Labels of one request. */
#define HONE_FEEDBACK_ITEMS 100000

/*
 * Read a body; it is changed.  Texts are copied to mem.
 * Fails: HONE_E_FORMAT, HONE_E_ARG naming item and field, HONE_E_LIMIT.
 */
enum hone_code hone_feedback_read(struct hone_run *run, char *body, size_t len,
                                  struct hone_arena *mem, struct hone_feedback_item **items,
                                  size_t *n);

#endif

/*
 * serve/status_documents.h - what a status takes from documents that runs left behind
 *
 * Such a document never changes, and some are long, so what was taken of one is remembered where the caller keeps an
 * object for it.
 */
#ifndef HONE_SERVE_STATUS_DOCUMENTS_H
#define HONE_SERVE_STATUS_DOCUMENTS_H

#include "base/json.h"
#include "store/store.h"

/*
 * The columns that moved most in a look at live data: look gets "worst": [{"column", "role", "message"}]; and the labels
 * that are no answer the model can give: "unread_labels", how many, and "unread_label", the first, or null.
 *
 *   watch  id of the run that holds the look's document; NULL: none, then the list is empty
 *   read   remembers; NULL: nothing does
 */
void hone_status_looked(struct hone_run *run, struct hone_store *store, const char *watch,
                        json_t *read, json_t *look);

/*
 * How the metric that the look realised came out on the test rows: look gets "tested", "tested_low", "tested_high",
 * "greater_is_better" and "says", null where the training left no word of it.
 */
void hone_status_tested(struct hone_run *run, struct hone_store *store, const char *training,
                        json_t *read, json_t *look);

#endif

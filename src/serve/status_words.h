/*
 * serve/status_words.h - parts of a status in words, the same in the terminal and on the page
 *
 * All results are in mem.
 */
#ifndef HONE_SERVE_STATUS_WORDS_H
#define HONE_SERVE_STATUS_WORDS_H

#include "base/json.h"
#include "report/words.h"

/* What was decided, without who and why: "promoted version 3 of buyers as champion". */
const char *hone_decision_text(const json_t *decision, struct hone_arena *mem);

/* "models:/prices@champion" as people call it: "prices". */
const char *hone_subject_name(struct hone_arena *mem, const char *subject);

/* What a status code of a reply means for whoever is on call; "" for one that is not known. */
const char *hone_reply_code_text(const char *code);

/* The errors of a minute or an hour by kind, the commonest first: "12 x 400 (not what the model takes), 1 x 429 (...)"; "" for
 * none. */
const char *hone_codes_text(const json_t *codes, struct hone_arena *mem);

/*
 * The facts of the server that tell most of a model: of this server where it serves it, else of the one that is up and
 * answers most; NULL: no server that is up does.
 */
const json_t *hone_status_facts(const json_t *status, const char *model);

/* Something in words, and how it is to be taken. */
enum hone_mood { HONE_MOOD_NONE, HONE_MOOD_OK, HONE_MOOD_LOOK, HONE_MOOD_ACT };
struct hone_told {
    enum hone_mood mood;
    const char *text;
};

/* How telling a webhook goes: "told 3 min ago", "has failed 5 times: status 500; 2 alarms wait". */
struct hone_told hone_webhook_text(const json_t *webhook, int64_t now, struct hone_arena *mem);

/* How a look at live data found the columns, and how the realised metric stands. */
struct hone_told hone_look_text(const json_t *model, int64_t now, struct hone_arena *mem);
/* text is NULL when there is nothing to say. */
struct hone_told hone_realised_text(const json_t *look, struct hone_arena *mem);

#endif

/*
 * serve/verdict.h - is all well?  The one word at the top of a status, and what it rests on
 *
 * ok    nothing is wrong that hone can see
 * look  something is odd; it can wait for daylight
 * act   clients get no or wrong answers, or an alarm of that weight is open
 */
#ifndef HONE_SERVE_VERDICT_H
#define HONE_SERVE_VERDICT_H

#include "base/json.h"

/*
 * Fill in "state" and "signs" of a status (status.h), the worst signs first:
 *
 *   {"level": "act" or "look", "what": one sentence, "more": what is known besides or null,
 *    "since_us": when it began or null, "do": the one command or null, "then": what comes after or null,
 *    "model": name or null, "alarm": its number or null}
 */
void hone_status_judge(json_t *status);

#endif

#include "judge.h"

#include <string.h>

#include "basics.h"

/* The ids of a reply's rows, where they are. */
static void take_ids(struct drive *d, const struct reply *reply)
{
    static const char key[] = "\"id\":\"";
    static const char v2[] = "\"prediction_id\":\"";
    const char *look = memmem(reply->body, reply->len, v2, sizeof v2 - 1) != NULL ? v2 : key;
    const char *at = reply->body;
    const char *end = reply->body + reply->len;
    while ((at = memmem(at, (size_t)(end - at), look, strlen(look))) != NULL) {
        at += strlen(look);
        size_t len = strcspn(at, "\"");
        if (len < ID || len >= ID_ROOM) {
            continue;
        }
        diary_prediction(&d->diary, at, len);
        if (len == ID) {
            plan_offer(&d->plan, at);
        }
    }
}

void judge(struct drive *d, const struct connection *c, const struct reply *reply)
{
    struct record *r = c->record;
    struct tally *t = &d->tally;
    /* After a break a label may speak of a prediction that went with the server. */
    bool unknown = r->feedback && reply->status == 404 && d->reconnect > 0;
    tally_time(t, ticks() - c->begun);
    t->status[reply->status]++;
    r->sent++;
    if (!r->expect[reply->status] && !unknown) {
        tally_fault(t, r, &t->wrong, "status %d: %.*s", reply->status,
                    (int)(reply->len < 200 ? reply->len : 200), reply->body);
    } else if (!reply_fits(reply, r)) {
        tally_fault(t, r, &t->wrong, "another answer of version %s: %.*s", reply->version,
                    (int)(reply->len < 300 ? reply->len : 300), reply->body);
    } else {
        r->right++;
        t->right++;
        if (r->logs && reply->status == 200) {
            take_ids(d, reply);
        }
        if (r->feedback && reply->status == 200) {
            diary_label(&d->diary, c->id, c->acked);
        } else if (r->feedback) {
            diary_unknown(&d->diary, c->id);
        }
    }
    diary_version(&d->diary, reply->version);
}

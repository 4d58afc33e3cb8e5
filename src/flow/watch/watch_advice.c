/* What to do next, from what was seen. */
#include "flow/watch/watch.h"

struct advice {
    const struct hone_watched *w;
    const char *uri;
    struct hone_arena *mem;
    struct hone_texts *out;
};

#define MOST 6

static void say(const struct advice *a, const char *text)
{
    if (a->out->n < MOST) {
        a->out->item[a->out->n++] = text;
    }
}

/* The column that moved most among the inputs at a step; NULL: none did. */
static const struct hone_drift_column *worst_input(const struct hone_drift_report *r)
{
    for (size_t j = 0; j < r->cols; j++) {
        if (r->column[j].state == HONE_DRIFT_FOUND && !r->column[j].reference->prediction) {
            return &r->column[j];
        }
    }
    return NULL;
}

static void about_input(const struct advice *a, const struct hone_drift_column *c,
                        const char *since)
{
    const char *name = c->reference->name;
    enum hone_drift_question question = c->leading->test->question;
    if (question == HONE_DRIFT_OF_MISSING) {
        say(a, hone_arena_format(a->mem,
                                 "Look at what fills %s: its share of missing values changed "
                                 "about %s.",
                                 name, since));
    } else if (question == HONE_DRIFT_OF_NEW) {
        say(a, hone_arena_format(a->mem,
                                 "Look where the new levels of %s come from: a new code, or "
                                 "another spelling of an old one?",
                                 name));
    } else {
        say(a,
            hone_arena_format(a->mem,
                              "Look whether %s changed at its source about %s: its unit, its "
                              "coding, or who is served.",
                              name, since));
    }
}

static void about_quality(const struct advice *a, bool drift)
{
    const struct hone_performance *p = &a->w->realised;
    if (p->first_alarm < p->n) {
        if (!drift) {
            say(a,
                "The inputs are as before and the answers are wrong more often: check that the "
                "labels mean what they did, else what leads to them has changed.");
        }
        say(a,
            hone_arena_format(
                a->mem,
                "Train again on rows since %s, or step back if an older version is better on "
                "them: hone compare OLDER %s --data LABELLED.",
                p->window[p->since].window.label, a->uri));
    } else if (drift && p->metric != NULL && p->labelled >= p->least_labels) {
        say(a, "The realised quality is not shown to be worse: if the change is real, train "
               "again when there are labels enough of the new rows.");
    } else if (drift) {
        say(a, "Whether the answers are still right is not known: label some rows since then "
               "(POST /feedback), or compare on a labelled file with hone evaluate.");
    }
}

void hone_watch_advice(const struct hone_watched *w, const char *uri, struct hone_arena *mem,
                       struct hone_texts *out)
{
    const struct hone_watch *watch = &w->watch;
    const struct advice a = {w, uri, mem, out};
    bool drift = watch->first_alarm < watch->n;
    size_t told = 0;
    *out = (struct hone_texts){.item = hone_arena_must(mem, MOST * sizeof *out->item)};
    for (size_t i = 0; i < watch->n; i++) {
        told += watch->step[i].report->state != HONE_DRIFT_INSUFFICIENT ? 1 : 0;
    }
    if (told == 0) {
        say(&a, "No window has rows enough (30): take longer windows, such as --window week.");
    }
    if (drift) {
        const struct hone_drift_column *c = worst_input(watch->step[watch->first_alarm].report);
        const char *since = watch->step[watch->since].window->label;
        if (c != NULL && c->leading != NULL) {
            about_input(&a, c, since);
        } else {
            say(&a, "No input has moved by itself, the answers have: look at how inputs go "
                    "together, and at the version that answers.");
        }
    }
    about_quality(&a, drift);
}

/* What a learning curve means, in words, and as JSON. */
#include <math.h>

#include "flow/plan/learning.h"
#include "report/words.h"

/* Training rows scored better than others by more than this share of what was learned: learned by heart. */
#define LARGE_GAP 0.25
/* The gap is closing when it is less than this share of what it was at half of the sizes. */
#define CLOSING 0.85
/* A gain at twice the rows that matters, as a share of what was learned. */
#define MATTERS 0.01

const char *hone_learning_kind_name(enum hone_learning_kind kind)
{
    static const char *const name[] = {
        [HONE_LEARNING_NOTHING] = "no signal",
        [HONE_LEARNING_OVER] = "overfitting",
        [HONE_LEARNING_UNDER] = "underfitting",
        [HONE_LEARNING_MORE] = "more rows would help",
        [HONE_LEARNING_PLATEAU] = "plateau",
        [HONE_LEARNING_UNSURE] = "insufficient evidence",
    };
    return name[kind];
}

/* What the judgement looks at; all oriented so that greater is better. */
struct view {
    const struct hone_learning *l;
    const struct hone_learning_peers *peers;
    struct hone_arena *mem;
    struct hone_learning_verdict *v;
    double sign, train, valid, base;
    double learned; /* valid - base */
    double gap, early_gap;
    double matters;
    const struct hone_forecast *twice;
};

static void say(struct view *w, const char *text)
{
    const size_t room = sizeof w->v->reason / sizeof w->v->reason[0];
    if (w->v->reasons < room) {
        w->v->reason[w->v->reasons++] = text;
    }
}

static const char *number(const struct view *w, double value)
{
    return hone_text_number(w->mem, value, 4);
}

static struct view view_of(const struct hone_learning *l,
                           const struct hone_learning_peers *peers, struct hone_arena *mem,
                           struct hone_learning_verdict *v)
{
    const struct hone_learning_point *top = &l->point[l->sizes - 1];
    const struct hone_learning_point *half = &l->point[l->sizes / 2];
    double sign = l->metric->greater_is_better ? 1 : -1;
    struct view w = {.l = l,
                     .peers = peers,
                     .mem = mem,
                     .v = v,
                     .sign = sign,
                     .train = sign * top->train,
                     .valid = sign * top->valid,
                     .base = sign * peers->baseline,
                     .twice = &l->outlook[1].gain};
    w.learned = w.valid - w.base;
    w.gap = w.train - w.valid;
    w.early_gap = sign * (half->train - half->valid);
    w.matters = MATTERS * fabs(w.learned);
    return w;
}

/* Not better than the baseline by two standard errors: the interval of a perfect score is no help here. */
static bool learned_nothing(const struct view *w)
{
    double error = w->l->top.error;
    return !(w->learned > (isfinite(error) ? 2 * error : 0));
}

static bool gap_is_large(const struct view *w)
{
    const struct hone_learning_point *top = &w->l->point[w->l->sizes - 1];
    double train_low = w->sign > 0 ? top->train_low : -top->train_high;
    double valid_high = w->sign > 0 ? top->valid_high : -top->valid_low;
    return w->gap > LARGE_GAP * (w->train - w->base) && train_low > valid_high;
}

/* By more than what this one learned by heart: then it is not rows that it lacks. */
static bool rival_is_better(const struct view *w)
{
    return w->peers->rival != NULL && strcmp(w->peers->against_rival.verdict, "better") == 0 &&
           w->peers->against_rival.gain > fmax(2 * w->matters, w->gap);
}

static void say_scores(struct view *w)
{
    const struct hone_learning_point *top = &w->l->point[w->l->sizes - 1];
    say(w,
        hone_arena_format(
            w->mem,
            "%s at %s rows: %s on training rows, %s on rows held out (%s to %s), baseline %s",
            w->l->metric->part.name, hone_text_count(w->mem, top->rows), number(w, top->train),
            number(w, top->valid), number(w, top->valid_low), number(w, top->valid_high),
            number(w, w->peers->baseline)));
}

static void say_twice(struct view *w)
{
    say(w, hone_arena_format(
               w->mem, "twice the rows (%s): about %s better %s (95 %% interval %s to %s)",
               hone_text_count(w->mem, 2 * (uint64_t)w->l->now), number(w, w->twice->value),
               w->l->metric->part.name, number(w, w->twice->low), number(w, w->twice->high)));
}

static void say_gap(struct view *w, bool closing)
{
    say(w, hone_arena_format(
               w->mem,
               "the gap between training and held-out rows is %s, %s of what was "
               "learned; it %s (%s at %s rows)",
               number(w, w->gap), hone_text_share(w->mem, w->gap / (w->train - w->base)),
               closing ? "closes with more rows" : "does not close", number(w, w->early_gap),
               hone_text_count(w->mem, w->l->point[w->l->sizes / 2].rows)));
}

static const char *advice_of(const struct view *w)
{
    switch (w->v->kind) {
    case HONE_LEARNING_NOTHING:
        return "look for columns that have to do with the target before gathering rows";
    case HONE_LEARNING_OVER:
        return w->v->more_rows ? "gather more rows; until then fewer columns or a simpler model"
                               : "use fewer columns or a simpler, more regularised model";
    case HONE_LEARNING_UNDER:
        return hone_arena_format(w->mem, "use a more flexible model: --model %s",
                                 w->peers->rival);
    case HONE_LEARNING_MORE:
        return "gather more rows of this kind";
    case HONE_LEARNING_PLATEAU:
        return "more rows of this kind are not worth their price: better columns or cleaner "
               "labels may be";
    default:
        return "repeat with more rows held out, or gather some: the noise hides the trend";
    }
}

void hone_learning_judge(const struct hone_learning *l, const struct hone_learning_peers *peers,
                         struct hone_arena *mem, struct hone_learning_verdict *out)
{
    struct hone_learning_verdict v = {0};
    struct view w = view_of(l, peers, mem, &v);
    bool closing = w.gap < CLOSING * w.early_gap;
    say_scores(&w);
    v.more_rows = w.twice->value >= w.matters && w.twice->low >= w.matters / 2;
    if (rival_is_better(&w)) {
        v.kind = HONE_LEARNING_UNDER;
        say(&w, hone_arena_format(mem,
                                  "%s reaches %s on "
                                  "the same rows: %s better (95 %% interval %s to %s)",
                                  peers->rival, number(&w, peers->rival_score),
                                  number(&w, peers->against_rival.gain),
                                  number(&w, peers->against_rival.low),
                                  number(&w, peers->against_rival.high)));
        say_twice(&w);
    } else if (learned_nothing(&w)) {
        v.kind = HONE_LEARNING_NOTHING;
        v.more_rows = false;
        say(&w, "that is no better than the baseline by more than chance");
    } else if (gap_is_large(&w)) {
        v.kind = HONE_LEARNING_OVER;
        say_gap(&w, closing);
        say_twice(&w);
    } else if (v.more_rows) {
        v.kind = HONE_LEARNING_MORE;
        say_twice(&w);
    } else if (w.twice->value < w.matters || w.twice->high <= 2 * w.matters) {
        v.kind = HONE_LEARNING_PLATEAU;
        say_twice(&w);
        say(&w, hone_arena_format(mem, "less than %s (%s of what was learned) hardly matters",
                                  number(&w, w.matters), hone_text_share(mem, MATTERS)));
    } else {
        v.kind = HONE_LEARNING_UNSURE;
        say_twice(&w);
    }
    if (l->law.misfit > 2) {
        say(&w, hone_arena_format(mem,
                                  "the scores do not follow a power law well (misfit %s): the "
                                  "intervals are widened for it",
                                  number(&w, l->law.misfit)));
    }
    v.advice = advice_of(&w);
    *out = v;
}

static json_t *interval_json(double value, double low, double high)
{
    json_t *o = json_object();
    hone_json_set(o, "value", hone_json_real(value));
    hone_json_set(o, "low", hone_json_real(low));
    hone_json_set(o, "high", hone_json_real(high));
    return o;
}

static json_t *forecast_json(const struct hone_forecast *f)
{
    return interval_json(f->value, f->low, f->high);
}

static json_t *points_json(const struct hone_learning *l)
{
    json_t *list = json_array();
    for (size_t k = 0; k < l->sizes; k++) {
        const struct hone_learning_point *p = &l->point[k];
        json_t *o = json_object();
        hone_json_set(o, "rows", json_integer((json_int_t)p->rows));
        hone_json_set(o, "train", interval_json(p->train, p->train_low, p->train_high));
        hone_json_set(o, "valid", interval_json(p->valid, p->valid_low, p->valid_high));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *outlook_json(const struct hone_outlook *o)
{
    json_t *out = json_object();
    hone_json_set(out, "times", hone_json_real(o->times));
    hone_json_set(out, "rows", json_integer((json_int_t)(o->rows + 0.5)));
    hone_json_set(out, "score", forecast_json(&o->score));
    hone_json_set(out, "gain", forecast_json(&o->gain));
    return out;
}

/* The forecast along the axis, to be drawn: from the first size to ten times the rows of today. */
static json_t *path_json(struct hone_run *run, const struct hone_learning *l)
{
    enum { STEPS = 40 };
    double from = (double)l->point[0].rows;
    double to = 10 * (double)l->now;
    json_t *list = json_array();
    for (size_t i = 0; i < STEPS; i++) {
        struct hone_outlook o;
        double rows = from * pow(to / from, (double)i / (STEPS - 1));
        if (hone_learning_outlook(run, l, rows, &o) != HONE_OK) {
            hone_error_clear(run); /* without memory there is no line */
            break;
        }
        hone_json_push(list, outlook_json(&o));
    }
    return list;
}

static json_t *verdict_json(const struct hone_learning_verdict *v)
{
    json_t *o = json_object();
    json_t *reasons = json_array();
    for (size_t i = 0; i < v->reasons; i++) {
        hone_json_push(reasons, hone_json_text(hone_str(v->reason[i])));
    }
    hone_json_set_text(o, "verdict", hone_learning_kind_name(v->kind));
    hone_json_set(o, "more_rows", json_boolean(v->more_rows));
    hone_json_set(o, "reasons", reasons);
    hone_json_set_text(o, "advice", v->advice);
    return o;
}

json_t *hone_learning_json(struct hone_run *run, const struct hone_learning *l,
                           const struct hone_learning_verdict *verdict)
{
    json_t *o = json_object();
    json_t *law = json_object();
    json_t *outlook = json_array();
    double sign = l->metric->greater_is_better ? 1 : -1;
    hone_json_set_text(o, "metric", l->metric->part.name);
    hone_json_set_text(o, "estimator", l->estimator);
    hone_json_set(o, "greater_is_better", json_boolean(l->metric->greater_is_better));
    hone_json_set(o, "rows", json_integer((json_int_t)l->rows));
    hone_json_set(o, "now", json_integer((json_int_t)l->now));
    hone_json_set(o, "repeats", json_integer((json_int_t)l->repeats));
    hone_json_set(o, "cut", json_boolean(l->cut));
    hone_json_set(o, "points", points_json(l));
    hone_json_set(law, "ceiling", hone_json_real(sign * l->law.law.a));
    hone_json_set(law, "b", hone_json_real(l->law.law.b));
    hone_json_set(law, "c", hone_json_real(l->law.law.c));
    hone_json_set(law, "n0", hone_json_real(l->law.law.n0));
    hone_json_set(law, "misfit", hone_json_real(l->law.misfit));
    hone_json_set(o, "law", law);
    for (size_t i = 0; i < HONE_OUTLOOKS; i++) {
        hone_json_push(outlook, outlook_json(&l->outlook[i]));
    }
    hone_json_set(o, "outlook", outlook);
    hone_json_set(o, "path", path_json(run, l));
    if (verdict != NULL) {
        hone_json_set(o, "verdict", verdict_json(verdict));
    }
    return o;
}

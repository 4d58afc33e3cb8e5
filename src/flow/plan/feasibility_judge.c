/* What a study comes to: its verdict with reasons, and all of it as one document. */
#include <math.h>

#include "flow/plan/feasibility_priv.h"
#include "report/words.h"

/* More data is an answer while at most so many times the rows of today are needed. */
#define MOST_TIMES 10
#define DUPLICATES 30 /* rows that say something about a ceiling */

/* The verdict while reasons are gathered. */
struct judging {
    const struct hone_study *s;
    enum hone_feasible verdict;
    json_t *reasons;
};

static void add(struct judging *j, const char *tone, const char *text)
{
    json_t *o = json_object();
    hone_json_set_text(o, "tone", tone);
    hone_json_set_text(o, "text", text);
    hone_json_push(j->reasons, o);
}

/* The worst verdict stands. */
static void hold(struct judging *j, enum hone_feasible verdict)
{
    j->verdict = verdict > j->verdict ? verdict : j->verdict;
}

static const char *number(const struct judging *j, double value)
{
    return hone_text_number(j->s->mem, value, 4);
}

static const char *count(const struct judging *j, double n)
{
    return hone_text_count(j->s->mem, (uint64_t)(n + 0.5));
}

bool hone_study_leaks(const struct hone_finding *f)
{
    return f->severity == HONE_FAIL &&
           (strcmp(f->check, "target_copy") == 0 || strcmp(f->check, "target_leakage") == 0 ||
            strcmp(f->check, "time_leakage") == 0);
}

static void judge_findings(struct judging *j)
{
    const struct hone_findings *f = j->s->findings;
    size_t blocking = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct hone_finding *item = &f->item[i];
        if (item->severity != HONE_FAIL) {
            continue;
        }
        if (hone_study_leaks(item)) {
            hold(j, HONE_FEASIBLE_NO_GO);
            add(j, "bad",
                hone_arena_format(j->s->mem, "leakage: %s; %s", item->message,
                                  item->advice == NULL ? "" : item->advice));
        } else {
            blocking++;
        }
    }
    if (blocking > 0) {
        add(j, "warn",
            hone_arena_format(j->s->mem,
                              "%zu finding%s of the checks must be dealt with before training",
                              blocking, blocking == 1 ? "" : "s"));
    }
}

static void judge_leak(struct judging *j)
{
    const struct hone_study *s = j->s;
    if (s->leak != NULL) {
        hold(j, HONE_FEASIBLE_NO_GO);
        add(j, "bad",
            hone_arena_format(s->mem,
                              "too good to be true: column %s carries %s of it, and without it "
                              "%s is %s; is it known before the outcome? if not: --drop %s",
                              s->leak, hone_text_share(s->mem, s->leak_share),
                              s->metric->part.name, number(j, s->without_leak),
                              hone_shell_word(s->mem, s->leak)));
    } else if (s->too_good && s->recipe->used > 1) {
        add(j, "warn",
            "the score is nearly perfect, and no single column carries it: make sure that "
            "none of them comes from after the outcome");
    }
}

static void judge_signal(struct judging *j)
{
    const struct hone_study *s = j->s;
    const struct hone_interval *top = &s->learning.top;
    if (s->verdict.kind == HONE_LEARNING_NOTHING) {
        bool few = s->learning.rows < 500;
        hold(j, few ? HONE_FEASIBLE_MORE_DATA : HONE_FEASIBLE_NO_GO);
        add(j, "bad",
            hone_arena_format(
                s->mem, "no signal: %s reaches %s %s (95 %% interval %s to %s), guessing %s%s",
                s->learning.estimator, s->metric->part.name, number(j, top->value),
                number(j, top->low), number(j, top->high), number(j, s->peers.baseline),
                few ? "; so few rows would not show a weak one" : ""));
        return;
    }
    add(j, "good",
        hone_arena_format(s->mem,
                          "there is something to learn: %s reaches %s %s (95 %% interval "
                          "%s to %s), guessing %s",
                          s->learning.estimator, s->metric->part.name, number(j, top->value),
                          number(j, top->low), number(j, top->high),
                          number(j, s->peers.baseline)));
}

/* A goal that is not met for sure: are there rows that would do? */
static void judge_missed(struct judging *j, const char *goal, enum hone_verdict v,
                         const struct hone_interval *at, const struct hone_rows_needed *need)
{
    const struct hone_study *s = j->s;
    double now = (double)s->learning.now;
    const char *where =
        hone_arena_format(s->mem, "%s: %s expected (95 %% interval %s to %s)", goal,
                          number(j, at->value), number(j, at->low), number(j, at->high));
    if (isnan(need->rows)) {
        hold(j, v == HONE_VERDICT_FAIL ? HONE_FEASIBLE_NO_GO : HONE_FEASIBLE_MORE_DATA);
        add(j, v == HONE_VERDICT_FAIL ? "bad" : "warn", where);
    } else if (need->rows <= now) {
        add(j, "warn", hone_arena_format(s->mem, "%s: likely, not certain", where));
    } else if (need->rows <= MOST_TIMES * now) {
        hold(j, HONE_FEASIBLE_MORE_DATA);
        add(j, "warn",
            hone_arena_format(s->mem,
                              "%s; about %s training rows would do (80 %% interval %s to %s)",
                              where, count(j, need->rows), count(j, need->low),
                              need->high < HUGE_VAL ? count(j, need->high) : "no number"));
    } else if (v == HONE_VERDICT_UNSURE && need->low <= MOST_TIMES * now) {
        hold(j, HONE_FEASIBLE_MORE_DATA);
        add(j, "warn",
            hone_arena_format(
                s->mem,
                "%s: insufficient evidence; %s of the forecasts reach it with some "
                "number of rows, and more rows would tell",
                where, hone_text_share(s->mem, need->reachable)));
    } else {
        hold(j, HONE_FEASIBLE_NO_GO);
        add(j, "bad",
            need->rows < HUGE_VAL
                ? hone_arena_format(
                      s->mem,
                      "%s; it would take about %s training rows, %s times those there are",
                      where, count(j, need->rows), number(j, need->rows / now))
                : hone_arena_format(s->mem,
                                    "%s; more rows of this kind do not get there (in %s of the "
                                    "forecasts no number of them does)",
                                    where, hone_text_share(s->mem, 1 - need->reachable)));
    }
}

static void judge_goals(struct judging *j)
{
    const struct hone_study *s = j->s;
    for (size_t g = 0; g < s->goals.n; g++) {
        const struct hone_interval *at = &s->reached[g];
        const char *goal = hone_goal_text(&s->goals.item[g], s->mem);
        enum hone_verdict v = hone_goal_judge(&s->goals.item[g], at);
        if (v == HONE_VERDICT_PASS) {
            add(j, "good",
                hone_arena_format(s->mem, "%s: %s expected (95 %% interval %s to %s)", goal,
                                  number(j, at->value), number(j, at->low),
                                  number(j, at->high)));
        } else {
            judge_missed(j, goal, v, at, &s->need[g]);
        }
    }
}

static void judge_worth(struct judging *j)
{
    const struct hone_study *s = j->s;
    if (!s->worthy) {
        return;
    }
    const struct hone_interval *gain = &s->worth.gain;
    const char *unit = s->goals.unit == NULL ? "" : s->goals.unit;
    const char *text = hone_arena_format(
        s->mem, "worth per 1,000 rows: %s%s%s more than %s (95 %% interval %s to %s)",
        number(j, 1000 * gain->value), unit[0] == '\0' ? "" : " ", unit,
        s->worth.always > s->worth.never ? "always saying yes" : "doing nothing",
        number(j, 1000 * gain->low), number(j, 1000 * gain->high));
    if (gain->low > 0) {
        add(j, "good", text);
    } else if (gain->high <= 0) {
        hold(j, HONE_FEASIBLE_NO_GO);
        add(j, "bad", text);
    } else {
        hold(j, HONE_FEASIBLE_MORE_DATA);
        add(j, "warn", text);
    }
}

static void judge_learning(struct judging *j)
{
    const struct hone_study *s = j->s;
    const struct hone_forecast *twice = &s->learning.outlook[1].gain;
    if (s->verdict.kind != HONE_LEARNING_NOTHING) {
        add(j, "none",
            hone_arena_format(s->mem,
                              "learning curve: %s%s; twice the rows: %s better %s (%s to %s)",
                              hone_learning_kind_name(s->verdict.kind),
                              s->verdict.kind == HONE_LEARNING_OVER && s->verdict.more_rows
                                  ? ", more rows would help"
                                  : "",
                              number(j, twice->value), s->metric->part.name,
                              number(j, twice->low), number(j, twice->high)));
    }
}

static void judge_noise(struct judging *j)
{
    const struct hone_study *s = j->s;
    const struct hone_study_ceiling *c = &s->ceiling;
    const struct hone_study_labels *l = &s->labels;
    if (c->rows >= DUPLICATES && s->p.target.task != HONE_TASK_REGRESSION && c->torn > 0) {
        add(j, "none",
            hone_arena_format(
                s->mem,
                "%s rows share all features with another and %s of them differ in "
                "the label: no model passes accuracy %s on these rows",
                count(j, (double)c->rows), count(j, (double)c->torn), number(j, c->best)));
    } else if (c->rows >= DUPLICATES && s->p.target.task == HONE_TASK_REGRESSION) {
        add(j, "none",
            hone_arena_format(
                s->mem,
                "%s rows share all features with another: their targets differ by "
                "an RMSE of %s, which no model passes on such rows",
                count(j, (double)c->rows), number(j, c->best)));
    }
    if ((double)l->rows > l->allowed + 3 * sqrt(l->allowed) && l->rows >= 5) {
        add(j, "warn",
            hone_arena_format(
                s->mem,
                "%zu labels contradict an answer that the model is 95 %% sure of, "
                "where it allows for %s: look at row %zu",
                l->rows, number(j, l->allowed), l->row[0] + 1));
    }
}

json_t *hone_study_judge(const struct hone_study *s, enum hone_feasible *verdict)
{
    struct judging j = {.s = s, .reasons = json_array()};
    judge_findings(&j);
    judge_leak(&j);
    judge_signal(&j);
    judge_goals(&j);
    judge_worth(&j);
    judge_learning(&j);
    judge_noise(&j);
    *verdict = j.verdict;
    return j.reasons;
}

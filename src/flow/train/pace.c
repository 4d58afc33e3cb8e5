#include "flow/train/pace.h"

#include <math.h>
#include <stdio.h>

/* Seconds for each row that the done fits of a kind took; 0: none is done. */
static double speed(const struct hone_pace *pace, size_t kind)
{
    double seconds = 0;
    double rows = 0;
    for (size_t i = 0; i < pace->n; i++) {
        const struct hone_pace_fit *fit = &pace->fit[i];
        if (fit->done && fit->kind == kind && fit->seconds > 0) {
            seconds += fit->seconds;
            rows += fit->rows;
        }
    }
    return rows > 0 ? seconds / rows : 0;
}

/*
 * What is left: the fits that are not done, as long as the done ones of their kind took, and after them the slowest
 * kind once more on all rows.  *more: some kind has none that is done.
 */
static double expect(const struct hone_pace *pace, bool *more)
{
    double left = 0;
    double slowest = 0;
    *more = false;
    for (size_t i = 0; i < pace->n; i++) {
        const struct hone_pace_fit *fit = &pace->fit[i];
        double each = speed(pace, fit->kind);
        slowest = fmax(slowest, each);
        *more = *more || !(each > 0);
        if (!fit->done) {
            double begun = fit->began == 0 ? 0 : (double)(hone_ticks_ns() - fit->began) * 1e-9;
            left += fmax(each * fit->rows - begun, 0);
        }
    }
    return left / (double)pace->abreast + slowest * pace->rows;
}

/* Under the lock. */
static void tell(struct hone_pace *pace, size_t at, const char *unit, uint64_t done)
{
    struct hone_progress *to = pace->to;
    const struct hone_pace_fit *fit = &pace->fit[at];
    int n = snprintf(pace->detail, sizeof pace->detail, "%s", fit->name);
    if (fit->folds > 1 && n > 0 && (size_t)n < sizeof pace->detail) {
        n += snprintf(pace->detail + n, sizeof pace->detail - (size_t)n, ", fold %zu of %zu",
                      fit->fold + 1, fit->folds);
    }
    if (done > 0 && n > 0 && (size_t)n < sizeof pace->detail) {
        (void)snprintf(pace->detail + n, sizeof pace->detail - (size_t)n, ", %llu %s",
                       (unsigned long long)done, unit == NULL ? "steps" : unit);
    }
    to->stage = "fitting";
    to->unit = "fits";
    to->total = pace->n;
    to->done = pace->done;
    to->detail = pace->detail;
    to->seconds_left = expect(pace, &to->more_left);
    if (pace->done < pace->n) {
        to->show(to, to->stage, to->unit, to->done, to->total);
    }
}

static void relay(struct hone_progress *self, const char *stage, const char *unit,
                  uint64_t done, uint64_t total)
{
    struct hone_pace_watch *watch = (struct hone_pace_watch *)(void *)self;
    (void)stage;
    (void)total;
    hone_mutex_lock(watch->pace->lock);
    tell(watch->pace, watch->at, unit, done);
    hone_mutex_unlock(watch->pace->lock);
}

void hone_pace_begin(struct hone_run *run, struct hone_pace_fit *fit, size_t n, size_t abreast,
                     double rows, struct hone_pace *pace)
{
    *pace = (struct hone_pace){
        .to = run->progress, .fit = fit, .n = n, .abreast = abreast, .rows = rows};
    if (pace->to != NULL) {
        pace->lock = hone_mutex_new();
        hone_progress_begin(run, "fitting", "fits", n);
    }
}

void hone_pace_end(struct hone_run *run, struct hone_pace *pace)
{
    if (pace->to != NULL) {
        run->progress = pace->to;
        pace->to->stage = "fitting";
        pace->to->detail = NULL;
        hone_progress_end(run);
        hone_mutex_free(pace->lock);
    }
    *pace = (struct hone_pace){0};
}

void hone_pace_enter(struct hone_run *run, struct hone_pace *pace, size_t at,
                     struct hone_pace_watch *watch)
{
    *watch = (struct hone_pace_watch){
        .progress.show = relay, .pace = pace, .at = at, .before = run->progress};
    if (pace->to != NULL) {
        run->progress = &watch->progress;
        hone_mutex_lock(pace->lock);
        pace->fit[at].began = hone_ticks_ns();
        tell(pace, at, NULL, 0);
        hone_mutex_unlock(pace->lock);
    }
}

void hone_pace_leave(struct hone_run *run, struct hone_pace_watch *watch, double seconds)
{
    struct hone_pace *pace = watch->pace;
    run->progress = watch->before;
    if (pace->to == NULL) {
        return;
    }
    hone_mutex_lock(pace->lock);
    pace->fit[watch->at].done = true;
    pace->fit[watch->at].seconds = seconds;
    pace->done++;
    tell(pace, watch->at, NULL, 0);
    hone_mutex_unlock(pace->lock);
}

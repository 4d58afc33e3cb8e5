#include "flow/train/folds.h"

#include <math.h>

#include "eval/order.h"

/* Held out of the training rows of large tables. */
#define HOLDOUT_SHARE 0.15

/* A fold of fewer rows has no parts. */
#define PARTS     5
#define PART_ROWS 10

static enum hone_code cut_at_random(struct hone_run *run, const struct hone_rows *rows,
                                    const struct hone_target_facts *target, bool hold,
                                    struct hone_arena *mem, struct hone_folds *f)
{
    bool classes = target->task != HONE_TASK_REGRESSION;
    uint32_t *fold;
    if (hold) {
        return classes ? hone_split_stratified(run, rows->n, rows->y, target->classes,
                                               HOLDOUT_SHARE, mem, f->split)
                       : hone_split_random(run, rows->n, HOLDOUT_SHARE, mem, f->split);
    }
    HONE_TRY(classes ? hone_folds_stratified(run, rows->n, rows->y, target->classes, f->n, mem,
                                             &fold)
                     : hone_folds_random(run, rows->n, f->n, mem, &fold));
    for (size_t k = 0; k < f->n; k++) {
        HONE_TRY(hone_fold_split(run, rows->n, fold, (uint32_t)k, mem, &f->split[k]));
    }
    return HONE_OK;
}

/* Groups that have rows here. */
static enum hone_code count_groups(struct hone_run *run, const struct hone_rows *rows,
                                   size_t *out)
{
    HONE_SCRATCH(run);
    bool *seen;
    size_t n = 0;
    HONE_TRY(hone_array(run, &run->scratch, &seen, rows->groups));
    for (size_t i = 0; i < rows->n; i++) {
        n += !seen[rows->group[i]];
        seen[rows->group[i]] = true;
    }
    *out = n;
    return HONE_OK;
}

static enum hone_code cut_groups(struct hone_run *run, const struct hone_rows *rows,
                                 size_t groups, bool hold, struct hone_arena *mem,
                                 struct hone_folds *f)
{
    uint32_t *fold;
    if (hold) {
        return hone_split_group(run, rows->n, rows->group, rows->groups, HOLDOUT_SHARE, mem,
                                f->split);
    }
    f->n = groups < f->n ? groups : f->n;
    HONE_TRY(hone_folds_group(run, rows->n, rows->group, rows->groups, f->n, mem, &fold));
    for (size_t k = 0; k < f->n; k++) {
        HONE_TRY(hone_fold_split(run, rows->n, fold, (uint32_t)k, mem, &f->split[k]));
    }
    return HONE_OK;
}

/*
 * Where stretches of the rows in order of time begin, at most + 1 of them of about one size, each where the time
 * steps: start (most + 2), start[n] is the end.  Returns n, 1 when all rows are of one time.
 */
static size_t cut_stretches(const double *time, const uint32_t *order, size_t known,
                            size_t most, size_t *start)
{
    size_t n = 0;
    start[0] = 0;
    for (size_t j = 1; j <= most; j++) {
        size_t at = j * known / (most + 1);
        at = at > start[n] ? at : start[n] + 1;
        while (at < known && !(time[order[at]] > time[order[at - 1]])) {
            at++;
        }
        if (at >= known) {
            break;
        }
        start[++n] = at;
    }
    start[++n] = known;
    return n;
}

/* Stretch `at + 1` tests, what lies before it trains. */
static enum hone_code chain(struct hone_run *run, size_t rows, const uint32_t *order,
                            size_t known, const size_t *start, struct hone_arena *mem,
                            struct hone_split *out)
{
    HONE_SCRATCH(run);
    enum { LATER, TRAINS, TESTS } * part;
    struct hone_split s = {.train_n = start[0] + (rows - known), .test_n = start[1] - start[0]};
    HONE_TRY(hone_array(run, &run->scratch, &part, rows));
    for (size_t i = 0; i < rows; i++) {
        bool before = i < start[0] || i >= known;
        part[order[i]] = before ? TRAINS : i < start[1] ? TESTS : LATER;
    }
    HONE_TRY(hone_array(run, mem, &s.train, s.train_n));
    HONE_TRY(hone_array(run, mem, &s.test, s.test_n));
    s.train_n = s.test_n = 0;
    for (size_t i = 0; i < rows; i++) {
        if (part[i] == TRAINS) {
            s.train[s.train_n++] = i;
        } else if (part[i] == TESTS) {
            s.test[s.test_n++] = i;
        }
    }
    *out = s;
    return HONE_OK;
}

/* f->n is 0 when there is one time only. */
static enum hone_code cut_times(struct hone_run *run, const struct hone_rows *rows, bool hold,
                                struct hone_arena *mem, struct hone_folds *f)
{
    HONE_SCRATCH(run);
    uint32_t *order;
    size_t *start;
    size_t known = rows->n;
    HONE_TRY(hone_array(run, &run->scratch, &order, rows->n));
    HONE_TRY(hone_array(run, &run->scratch, &start, f->n + 2));
    HONE_TRY(hone_order_by(run, rows->n, rows->time, false, order));
    while (known > 0 && isnan(rows->time[order[known - 1]])) {
        known--; /* they sort last */
    }
    size_t n = known == 0 ? 1 : cut_stretches(rows->time, order, known, f->n, start);
    if (n < 2) {
        f->n = 0;
        return HONE_OK;
    }
    if (hold) {
        return hone_split_time(run, rows->n, rows->time, HOLDOUT_SHARE, mem, f->split);
    }
    f->n = n - 1;
    for (size_t k = 0; k < f->n; k++) {
        HONE_TRY(chain(run, rows->n, order, known, start + k + 1, mem, &f->split[k]));
    }
    return HONE_OK;
}

enum hone_code hone_folds_cut(struct hone_run *run, const struct hone_rows *rows,
                              const struct hone_target_facts *target, size_t most,
                              struct hone_arena *mem, struct hone_folds *out)
{
    bool classes = target->task != HONE_TASK_REGRESSION;
    bool hold = rows->n >= (classes ? HONE_CV_ROWS_CLASSES : HONE_CV_ROWS);
    struct hone_folds f = {.n = hold ? 1 : most};
    size_t groups = 0;
    HONE_TRY(hone_array(run, mem, &f.split, f.n));
    if (rows->group != NULL) {
        HONE_TRY(count_groups(run, rows, &groups));
    }
    if (groups > 1) {
        f.how = hold ? "held out, by group" : "in cross-validation by group";
        HONE_TRY(cut_groups(run, rows, groups, hold, mem, &f));
    } else if (rows->time != NULL) {
        f.how = hold ? "held out, the latest" : "each after those it was trained on";
        HONE_TRY(cut_times(run, rows, hold, mem, &f));
    } else {
        f.n = 0;
    }
    if (f.n == 0) {
        f.n = hold ? 1 : most;
        f.how = hold ? "held out" : "in cross-validation";
        HONE_TRY(cut_at_random(run, rows, target, hold, mem, &f));
    }
    *out = f;
    return HONE_OK;
}

/* In which part each of the rows is; *n is how many there are, 0 where there can be none. */
static enum hone_code assign_parts(struct hone_run *run, const struct hone_rows *rows,
                                   const struct hone_target_facts *target, uint32_t *part,
                                   size_t *n)
{
    HONE_ARENA(work);
    uint32_t *order;
    uint32_t *drawn;
    size_t groups = 0;
    *n = PARTS;
    if (rows->group != NULL) {
        HONE_TRY(count_groups(run, rows, &groups));
        *n = groups < PARTS ? groups : PARTS;
    }
    if (rows->n < PART_ROWS || *n < 2) {
        *n = 0;
        return HONE_OK;
    }
    if (rows->group != NULL) {
        HONE_TRY(hone_folds_group(run, rows->n, rows->group, rows->groups, *n, &work, &drawn));
    } else if (rows->time != NULL) {
        HONE_TRY(hone_array(run, &work, &order, rows->n));
        HONE_TRY(hone_array(run, &work, &drawn, rows->n));
        HONE_TRY(hone_order_by(run, rows->n, rows->time, false, order));
        for (size_t i = 0; i < rows->n; i++) {
            drawn[order[i]] = (uint32_t)(i * *n / rows->n);
        }
    } else if (target->task != HONE_TASK_REGRESSION) {
        HONE_TRY(
            hone_folds_stratified(run, rows->n, rows->y, target->classes, *n, &work, &drawn));
    } else {
        HONE_TRY(hone_folds_random(run, rows->n, *n, &work, &drawn));
    }
    memcpy(part, drawn, rows->n * sizeof *part);
    return HONE_OK;
}

static enum hone_code part_fold(struct hone_run *run, const struct hone_rows *rows,
                                const struct hone_target_facts *target, struct hone_arena *mem,
                                struct hone_split *split, struct hone_fold_parts *out)
{
    HONE_ARENA(work);
    struct hone_rows test;
    uint32_t *part;
    size_t *test_row;
    size_t at = 0;
    HONE_TRY(hone_rows_take(run, rows, split->test, split->test_n, &work, &test));
    HONE_TRY(hone_array(run, &work, &part, split->test_n));
    HONE_TRY(assign_parts(run, &test, target, part, &out->n));
    HONE_TRY(hone_array(run, mem, &test_row, split->test_n));
    HONE_TRY(hone_array(run, mem, &out->end, out->n));
    for (size_t k = 0; k < out->n; k++) {
        for (size_t i = 0; i < split->test_n; i++) {
            if (part[i] == k) {
                test_row[at++] = split->test[i];
            }
        }
        out->end[k] = at;
    }
    if (out->n > 0) {
        split->test = test_row;
    }
    return HONE_OK;
}

enum hone_code hone_folds_part(struct hone_run *run, const struct hone_rows *rows,
                               const struct hone_target_facts *target, struct hone_arena *mem,
                               struct hone_folds *folds)
{
    HONE_TRY(hone_array(run, mem, &folds->parts, folds->n));
    for (size_t f = 0; f < folds->n; f++) {
        HONE_TRY(part_fold(run, rows, target, mem, &folds->split[f], &folds->parts[f]));
    }
    return HONE_OK;
}

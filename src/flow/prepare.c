#include "flow/prepare.h"

#include <math.h>

#include "base/hash.h"
#include "eval/split.h"
#include "prep/transform.h"

#define LEAST_ROWS 10

static const char *const tasks[] = {"auto", "classification", "regression", NULL};
static const char *const check_modes[] = {"warn", "fail", "off", NULL};
static const char *const splits[] = {"random", "time", "group", NULL};

const struct hone_param hone_train_params[] = {
    HONE_TEXT(struct hone_train_settings, target, NULL, .arg = "COL",
              .help = "column to predict"),
    HONE_CHOICE(struct hone_train_settings, task, "auto", tasks,
                .help = "what kind of target it is"),
    HONE_TEXT(struct hone_train_settings, positive, NULL, .arg = "V",
              .help = "two classes: the one that metrics are about"),
    HONE_TEXT(struct hone_train_settings, model, "auto", .arg = "NAME",
              .help = "estimator, or auto: try several and keep the best (see hone list)"),
    HONE_LIST(struct hone_train_settings, drop, .arg = "COL,...", .help = "columns not to use"),
    HONE_LIST(struct hone_train_settings, keep, .arg = "COL,...",
              .help = "columns to use even where the rules would not"),
    HONE_LIST(struct hone_train_settings, set, .arg = "KEY=VALUE",
              .help = "a setting of the estimator"),
    HONE_CHOICE(struct hone_train_settings, split, "random", splits,
                .help = "how the test part is cut off"),
    HONE_TEXT(struct hone_train_settings, split_column, NULL, .arg = "COL",
              .help = "column of the time or group to split by"),
    HONE_REAL(struct hone_train_settings, test_share, 0.2, 0.01, 0.9,
              .help = "share of rows kept for the test"),
    HONE_INT(struct hone_train_settings, folds, 5, 2, 20,
             .help = "cross-validation folds on small tables"),
    HONE_TEXT(struct hone_train_settings, metric, NULL, .arg = "NAME",
              .help = "metric to choose the model by"),
    HONE_INT(struct hone_train_settings, bootstrap, 300, 0, 100000,
             .help = "resamples behind the intervals; 0: none"),
    HONE_CHOICE(
        struct hone_train_settings, checks, "warn", check_modes,
        .help = "what failed checks of the data do: tell, stop the training, or are not run"),
    HONE_LIST(struct hone_train_settings, by, .arg = "COL,...",
              .help = "judge the test rows by the groups of these columns too"),
    HONE_REAL(struct hone_train_settings, tolerance, 0.1, 0.001, 0.999,
              .help = "difference between groups that is accepted"),
    HONE_LIST(struct hone_train_settings, success, .arg = "GOAL,...",
              .help = "what the test must show: 'roc_auc>=0.9', 'rmse<=47000'"),
    HONE_LIST(struct hone_train_settings, value, .arg = "TP,FP,FN,TN",
              .help = "two classes: what a true positive, false positive, false negative and "
                      "true negative is worth"),
    HONE_TEXT(struct hone_train_settings, value_unit, NULL, .arg = "UNIT",
              .help = "unit of value: EUR"),
    HONE_PARAM_END,
};

const struct hone_part hone_train_options = {
    .name = "train",
    .summary = "how a model is trained",
    .settings_size = sizeof(struct hone_train_settings),
    .params = hone_train_params,
};

/* The column to split by, at the rows that have a target. */
static enum hone_code split_by_column(struct hone_run *run, const struct hone_table *table,
                                      const struct hone_target_rows *rows,
                                      const struct hone_train_settings *set,
                                      struct hone_arena *mem, struct hone_split *out)
{
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    const struct hone_column *column;
    if (set->split_column == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "--split %s needs a column", set->split);
        return hone_hint(run, "add --split-column COL");
    }
    HONE_TRY(hone_table_need(run, table, hone_str(set->split_column), &column));
    if (strcmp(set->split, "time") == 0) {
        double *time;
        if (hone_type_is_text(column->type)) {
            return hone_fail(run, HONE_E_ARG, "column %s is text, not a time", column->name);
        }
        HONE_TRY(hone_array(run, &run->scratch, &time, rows->n));
        for (size_t i = 0; i < rows->n; i++) {
            time[i] = hone_column_f64(column, rows->row[i]);
        }
        return hone_split_time(run, rows->n, time, set->test_share, mem, out);
    }
    struct hone_column text;
    struct hone_levels levels;
    uint32_t *group;
    HONE_TRY(hone_column_cast(run, column, HONE_UTF8, false, &work, &text));
    HONE_TRY(hone_levels_find(run, &text, rows->row, rows->n, &work, &levels));
    HONE_TRY(hone_array(run, &run->scratch, &group, rows->n));
    for (size_t i = 0; i < rows->n; i++) {
        group[i] = levels.code[i] < 0 ? (uint32_t)levels.n : (uint32_t)levels.code[i];
    }
    size_t groups = levels.n + (levels.missing > 0);
    return hone_split_group(run, rows->n, group, groups, set->test_share, mem, out);
}

static enum hone_code pick(struct hone_run *run, const struct hone_table *table,
                           const struct hone_target_rows *rows, const size_t *chosen, size_t n,
                           struct hone_arena *mem, struct hone_rows *out)
{
    size_t *row;
    double *y;
    HONE_TRY(hone_array(run, mem, &row, n));
    HONE_TRY(hone_array(run, mem, &y, n));
    for (size_t i = 0; i < n; i++) {
        row[i] = rows->row[chosen[i]];
        y[i] = rows->y[chosen[i]];
    }
    *out = (struct hone_rows){table, n, row, y};
    return HONE_OK;
}

static enum hone_code split_own(struct hone_run *run, const struct hone_table *table,
                                const struct hone_target_rows *rows,
                                const struct hone_train_settings *set, struct hone_arena *mem,
                                struct hone_prepared *p)
{
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    struct hone_split split;
    if (strcmp(set->split, "random") != 0) {
        HONE_TRY(split_by_column(run, table, rows, set, &work, &split));
    } else if (p->target.task == HONE_TASK_REGRESSION) {
        HONE_TRY(hone_split_random(run, rows->n, set->test_share, &work, &split));
    } else {
        HONE_TRY(hone_split_stratified(run, rows->n, rows->y, p->target.classes,
                                       set->test_share, &work, &split));
    }
    HONE_TRY(pick(run, table, rows, split.train, split.train_n, mem, &p->train));
    return pick(run, table, rows, split.test, split.test_n, mem, &p->test);
}

enum hone_code hone_prepare(struct hone_run *run, const struct hone_table *table,
                            const struct hone_table *test,
                            const struct hone_train_settings *settings, struct hone_arena *mem,
                            struct hone_prepared *out)
{
    struct hone_prepared p = {0};
    struct hone_target_rows rows;
    const struct hone_target_choice choice = {settings->target, settings->task,
                                              settings->positive};
    HONE_TRY(hone_target_find(run, table, &choice, mem, &p.target));
    HONE_TRY(hone_target_read(run, &p.target, table, mem, &rows));
    if (rows.n < LEAST_ROWS) {
        (void)hone_fail(run, HONE_E_ARG, "%zu rows with a %s are too few to train on", rows.n,
                        p.target.name);
        return hone_hint(run, "at least %d are needed; a few hundred make sense", LEAST_ROWS);
    }
    p.without_target = rows.missing;
    if (test != NULL) {
        struct hone_target_rows other;
        if (hone_target_read(run, &p.target, test, mem, &other) != HONE_OK) {
            return hone_fail_in(run, "test table");
        }
        p.train = (struct hone_rows){table, rows.n, rows.row, rows.y};
        p.test = (struct hone_rows){test, other.n, other.row, other.y};
        p.without_target += other.missing;
        p.repaired = other.repaired;
    } else {
        HONE_TRY(split_own(run, table, &rows, settings, mem, &p));
    }
    *out = p;
    return HONE_OK;
}

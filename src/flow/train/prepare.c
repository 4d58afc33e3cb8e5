#include "flow/train/prepare.h"

#include <math.h>

#include "base/hash.h"
#include "eval/split.h"
#include "prep/transform.h"

#define LEAST_ROWS 10

static const char *const tasks[] = {"auto", "classification", "regression", NULL};
static const char *const check_modes[] = {"warn", "fail", "off", NULL};
static const char *const splits[] = {"random", "time", "group", NULL};
static const char *const calibrations[] = {"auto", "none", "sigmoid", "isotonic", NULL};

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
    HONE_LIST(struct hone_train_settings, transform, .arg = "COL=NAME:KEY=VALUE",
              .help = "how a column becomes features (see hone list transforms)"),
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
    HONE_TEXT(struct hone_train_settings, weight, NULL, .arg = "COL",
              .help = "column that says how much each row counts, in training and in the test"),
    HONE_LIST(struct hone_train_settings, class_weight, .arg = "none|balanced|CLASS=W,...",
              .help = "how much the rows of each class count in training"),
    HONE_CHOICE(struct hone_train_settings, calibrate, "auto", calibrations,
                .help = "make probabilities true on rows that were held out; auto: where that "
                        "helps beyond chance"),
    HONE_TEXT(struct hone_train_settings, threshold, NULL, .arg = "P|f1|youden|accuracy|value",
              .help = "two classes: from which probability on the positive class is said "
                      "(default: 0.5, or value with --value)"),
    HONE_PARAM_END,
};

const struct hone_part hone_train_options = {
    .name = "train",
    .summary = "how a model is trained",
    .settings_size = sizeof(struct hone_train_settings),
    .params = hone_train_params,
};

/* All that is known about the rows of a table that have a target. */
static enum hone_code number_groups(struct hone_run *run, const struct hone_column *column,
                                    struct hone_arena *mem, struct hone_rows *rows)
{
    HONE_ARENA(work);
    struct hone_column text;
    struct hone_levels levels;
    uint32_t *group;
    HONE_TRY(hone_column_cast(run, column, HONE_UTF8, false, &work, &text));
    HONE_TRY(hone_levels_find(run, &text, rows->row, rows->n, &work, &levels));
    HONE_TRY(hone_array(run, mem, &group, rows->n));
    for (size_t i = 0; i < rows->n; i++) {
        group[i] = levels.code[i] < 0 ? (uint32_t)levels.n : (uint32_t)levels.code[i];
    }
    rows->group = group;
    rows->groups = levels.n + (levels.missing > 0);
    return HONE_OK;
}

/* The column to split by, at the rows that have a target. */
static enum hone_code read_split(struct hone_run *run, const struct hone_train_settings *set,
                                 struct hone_arena *mem, struct hone_rows *rows)
{
    const struct hone_column *column;
    double *time;
    if (strcmp(set->split, "random") == 0) {
        return HONE_OK;
    }
    if (set->split_column == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "--split %s needs a column", set->split);
        return hone_hint(run, "add --split-column COL");
    }
    HONE_TRY(hone_table_need(run, rows->table, hone_str(set->split_column), &column));
    if (strcmp(set->split, "group") == 0) {
        return number_groups(run, column, mem, rows);
    }
    if (hone_type_is_text(column->type)) {
        return hone_fail(run, HONE_E_ARG, "column %s is text, not a time", column->name);
    }
    HONE_TRY(hone_array(run, mem, &time, rows->n));
    for (size_t i = 0; i < rows->n; i++) {
        time[i] = hone_column_f64(column, rows->row[i]);
    }
    rows->time = time;
    return HONE_OK;
}

static enum hone_code bad_weight(struct hone_run *run, const struct hone_column *column,
                                 size_t row, const char *what)
{
    (void)hone_fail(run, HONE_E_FORMAT, "row %zu: the weight %s is %s", row + 1, column->name,
                    what);
    return hone_hint(run, "a weight is a number that is not negative; 0 leaves a row out");
}

static enum hone_code read_weights(struct hone_run *run, const struct hone_train_settings *set,
                                   struct hone_arena *mem, struct hone_rows *rows)
{
    HONE_ARENA(work);
    const struct hone_column *column;
    struct hone_column number;
    double *weight;
    double sum = 0;
    if (set->weight == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_table_need(run, rows->table, hone_str(set->weight), &column));
    if (strcmp(column->name, set->target) == 0) {
        return hone_fail(run, HONE_E_ARG, "%s is the target, it can not be the weight as well",
                         column->name);
    }
    if (hone_column_cast(run, column, HONE_FLOAT64, false, &work, &number) != HONE_OK) {
        return hone_fail_in(run, "weight %s", column->name);
    }
    HONE_TRY(hone_array(run, mem, &weight, rows->n));
    for (size_t i = 0; i < rows->n; i++) {
        weight[i] = hone_column_f64(&number, rows->row[i]);
        if (!isfinite(weight[i]) || weight[i] < 0) {
            return bad_weight(run, column, rows->row[i],
                              isnan(weight[i]) ? "missing"
                              : weight[i] < 0  ? "negative"
                                               : "not finite");
        }
        sum += weight[i];
    }
    if (!(sum > 0)) {
        return hone_fail(run, HONE_E_ARG, "weight %s is 0 in every row", column->name);
    }
    rows->weight = rows->learn = weight;
    return HONE_OK;
}

/* from at the chosen places; NULL stays NULL. */
static enum hone_code take_numbers(struct hone_run *run, const double *from,
                                   const size_t *chosen, size_t n, struct hone_arena *mem,
                                   const double **out)
{
    double *taken;
    *out = NULL;
    if (from == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &taken, n));
    for (size_t i = 0; i < n; i++) {
        taken[i] = from[chosen[i]];
    }
    *out = taken;
    return HONE_OK;
}

enum hone_code hone_rows_take(struct hone_run *run, const struct hone_rows *from,
                              const size_t *chosen, size_t n, struct hone_arena *mem,
                              struct hone_rows *out)
{
    struct hone_rows taken = {.table = from->table, .n = n, .groups = from->groups};
    size_t *row;
    uint32_t *group;
    HONE_TRY(hone_array(run, mem, &row, n));
    for (size_t i = 0; i < n; i++) {
        row[i] = from->row[chosen[i]];
    }
    taken.row = row;
    HONE_TRY(take_numbers(run, from->y, chosen, n, mem, &taken.y));
    HONE_TRY(take_numbers(run, from->weight, chosen, n, mem, &taken.weight));
    HONE_TRY(take_numbers(run, from->learn, chosen, n, mem, &taken.learn));
    HONE_TRY(take_numbers(run, from->time, chosen, n, mem, &taken.time));
    if (from->group != NULL) {
        HONE_TRY(hone_array(run, mem, &group, n));
        for (size_t i = 0; i < n; i++) {
            group[i] = from->group[chosen[i]];
        }
        taken.group = group;
    }
    *out = taken;
    return HONE_OK;
}

static enum hone_code split_own(struct hone_run *run, const struct hone_rows *rows,
                                const struct hone_train_settings *set, struct hone_arena *mem,
                                struct hone_prepared *p)
{
    HONE_ARENA(work);
    struct hone_split split;
    if (rows->group != NULL) {
        HONE_TRY(hone_split_group(run, rows->n, rows->group, rows->groups, set->test_share,
                                  &work, &split));
    } else if (rows->time != NULL) {
        HONE_TRY(hone_split_time(run, rows->n, rows->time, set->test_share, &work, &split));
    } else if (p->target.task == HONE_TASK_REGRESSION) {
        HONE_TRY(hone_split_random(run, rows->n, set->test_share, &work, &split));
    } else {
        HONE_TRY(hone_split_stratified(run, rows->n, rows->y, p->target.classes,
                                       set->test_share, &work, &split));
    }
    HONE_TRY(hone_rows_take(run, rows, split.train, split.train_n, mem, &p->train));
    return hone_rows_take(run, rows, split.test, split.test_n, mem, &p->test);
}

static size_t class_named(const struct hone_target_facts *t, struct hone_str name)
{
    size_t k = 0;
    while (k < t->classes && !hone_str_is(name, t->class_name[k])) {
        k++;
    }
    return k;
}

/* "CLASS=WEIGHT": cut at the last sign, for the class's name may hold one. */
static enum hone_code name_weight(struct hone_run *run, const struct hone_target_facts *t,
                                  const char *text, double *weight)
{
    const char *sign = strrchr(text, '=');
    double value;
    if (sign == NULL || !hone_parse_f64(hone_str_trim(hone_str(sign + 1)), &value) ||
        !isfinite(value) || value <= 0) {
        (void)hone_fail(run, HONE_E_ARG, "'%.100s' is no class weight", text);
        return hone_hint(run, "write none, balanced, or CLASS=WEIGHT with a weight over 0");
    }
    size_t k = class_named(t, hone_str_trim((struct hone_str){text, (size_t)(sign - text)}));
    if (k == t->classes) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "class weight '%.100s': no such class in %s",
                        text, t->name);
        return hone_hint(run, "the classes are %s, %s%s", t->class_name[0], t->class_name[1],
                         t->classes > 2 ? ", ..." : "");
    }
    weight[k] = value;
    return HONE_OK;
}

/* Each class weighs as much as the others, all together what they weighed before. */
static enum hone_code balance(struct hone_run *run, const struct hone_target_facts *t,
                              const struct hone_rows *rows, double *weight)
{
    double *held;
    double all = 0;
    size_t present = 0;
    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &held, t->classes));
    for (size_t i = 0; i < rows->n; i++) {
        double w = rows->weight == NULL ? 1.0 : rows->weight[i];
        held[(size_t)rows->y[i]] += w;
        all += w;
    }
    for (size_t k = 0; k < t->classes; k++) {
        present += held[k] > 0;
    }
    for (size_t k = 0; k < t->classes; k++) {
        weight[k] = held[k] > 0 ? all / ((double)present * held[k]) : 1;
    }
    return HONE_OK;
}

/* What the rows of a class count in fits, times what each row counts. */
static enum hone_code weigh_classes(struct hone_run *run, const struct hone_train_settings *set,
                                    struct hone_arena *mem, struct hone_prepared *p)
{
    const struct hone_texts *list = &set->class_weight;
    const struct hone_target_facts *t = &p->target;
    double *weight;
    double *learn;
    if (list->n == 0 || (list->n == 1 && strcmp(list->item[0], "none") == 0)) {
        return HONE_OK;
    }
    if (t->task == HONE_TASK_REGRESSION) {
        return hone_fail(run, HONE_E_ARG, "class weights: %s is a number, it has no classes",
                         t->name);
    }
    HONE_TRY(hone_array(run, mem, &weight, t->classes));
    for (size_t k = 0; k < t->classes; k++) {
        weight[k] = 1;
    }
    if (list->n == 1 && strcmp(list->item[0], "balanced") == 0) {
        HONE_TRY(balance(run, t, &p->train, weight));
    } else {
        for (size_t i = 0; i < list->n; i++) {
            HONE_TRY(name_weight(run, t, list->item[i], weight));
        }
    }
    HONE_TRY(hone_array(run, mem, &learn, p->train.n));
    for (size_t i = 0; i < p->train.n; i++) {
        learn[i] = weight[(size_t)p->train.y[i]] *
                   (p->train.weight == NULL ? 1.0 : p->train.weight[i]);
    }
    p->class_weight = weight;
    p->train.learn = learn;
    return HONE_OK;
}

/* The rows of a table with all that belongs to them but a split. */
static enum hone_code read_rows(struct hone_run *run, const struct hone_table *table,
                                const struct hone_target_facts *target,
                                const struct hone_train_settings *set, struct hone_arena *mem,
                                struct hone_rows *out, struct hone_target_rows *found)
{
    HONE_TRY(hone_target_read(run, target, table, mem, found));
    *out = (struct hone_rows){.table = table, .n = found->n, .row = found->row, .y = found->y};
    return read_weights(run, set, mem, out);
}

enum hone_code hone_prepare(struct hone_run *run, const struct hone_table *table,
                            const struct hone_table *test,
                            const struct hone_train_settings *settings, struct hone_arena *mem,
                            struct hone_prepared *out)
{
    struct hone_prepared p = {0};
    struct hone_target_rows found;
    struct hone_rows rows;
    const struct hone_target_choice choice = {settings->target, settings->task,
                                              settings->positive};
    HONE_TRY(hone_target_find(run, table, &choice, mem, &p.target));
    HONE_TRY(read_rows(run, table, &p.target, settings, mem, &rows, &found));
    if (rows.n < LEAST_ROWS) {
        (void)hone_fail(run, HONE_E_ARG, "%zu rows with a %s are too few to train on", rows.n,
                        p.target.name);
        return hone_hint(run, "at least %d are needed; a few hundred make sense", LEAST_ROWS);
    }
    HONE_TRY(read_split(run, settings, mem, &rows));
    p.without_target = found.missing;
    if (test != NULL) {
        if (read_rows(run, test, &p.target, settings, mem, &p.test, &found) != HONE_OK) {
            return hone_fail_in(run, "test table");
        }
        p.train = rows;
        p.without_target += found.missing;
        p.repaired = found.repaired;
    } else {
        HONE_TRY(split_own(run, &rows, settings, mem, &p));
    }
    HONE_TRY(weigh_classes(run, settings, mem, &p));
    *out = p;
    return HONE_OK;
}

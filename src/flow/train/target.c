#include "flow/train/target.h"

#include <math.h>

#include "base/hash.h"

struct named {
    struct hone_str text;
    double number; /* NaN when the text is none */
};

/* Numbers before texts, in their order; texts in byte order. */
static int by_value(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;
    if (!isnan(x->number) && !isnan(y->number) && x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return hone_str_cmp(x->text, y->text);
}

/* The distinct values as texts, sorted; gives up beyond HONE_MANY_CLASSES + 1 of them. */
static enum hone_code distinct_values(struct hone_run *run, const struct hone_column *c,
                                      struct hone_arena *mem, struct named **list, size_t *n)
{
    struct hone_map map = {.mem = mem};
    struct named *found;
    size_t most = HONE_MANY_CLASSES + 1;
    HONE_TRY(hone_array(run, mem, &found, most));
    size_t count = 0;
    for (size_t i = 0; i < c->rows && count < most; i++) {
        if (!hone_is_valid(c, i)) {
            continue;
        }
        struct hone_str text = hone_str_trim(hone_column_str(c, i));
        uint32_t id = hone_map_add(&map, text, (uint32_t)count);
        if (id == UINT32_MAX) {
            return hone_no_room(run, "classes", count);
        }
        if (id == count) {
            found[count].text = text;
            if (!hone_parse_f64(text, &found[count].number)) {
                found[count].number = (double)NAN;
            }
            count++;
        }
    }
    qsort(found, count, sizeof *found, by_value);
    *list = found;
    *n = count;
    return HONE_OK;
}

static bool all_whole(const struct named *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(floor(list[i].number) == list[i].number)) {
            return false;
        }
    }
    return true;
}

static enum hone_code choose_task(struct hone_run *run, const struct hone_target_choice *choice,
                                  enum hone_type type, const struct named *list, size_t n,
                                  enum hone_task *task)
{
    bool number = hone_type_is_number(type) && type != HONE_BOOL;
    bool classes = !number || n == 2 || (n <= HONE_FEW_CLASSES && all_whole(list, n));
    if (strcmp(choice->task, "classification") == 0) {
        classes = true;
    } else if (strcmp(choice->task, "regression") == 0) {
        if (!number && type != HONE_BOOL) {
            return hone_fail(run, HONE_E_ARG, "target %s is %s: regression needs numbers",
                             choice->name, hone_type_name(type));
        }
        classes = false;
    }
    if (classes && n > HONE_MANY_CLASSES) {
        (void)hone_fail(run, HONE_E_ARG, "target %s has more than %d classes", choice->name,
                        HONE_MANY_CLASSES);
        return hone_hint(run, number ? "use --task regression for numbers"
                                     : "is it the right column? group rare classes first");
    }
    *task = !classes ? HONE_TASK_REGRESSION : n == 2 ? HONE_TASK_BINARY : HONE_TASK_MULTICLASS;
    return HONE_OK;
}

static enum hone_code put_positive_last(struct hone_run *run, const char *positive,
                                        struct hone_target_facts *facts)
{
    if (positive == NULL) {
        return HONE_OK;
    }
    if (facts->task != HONE_TASK_BINARY) {
        return hone_fail(run, HONE_E_ARG, "--positive is for two classes; %s has %s",
                         facts->name, facts->task == HONE_TASK_REGRESSION ? "numbers" : "more");
    }
    for (size_t k = 0; k < 2; k++) {
        if (strcmp(facts->class_name[k], positive) == 0) {
            const char *other = facts->class_name[1 - k];
            facts->class_name[1] = facts->class_name[k];
            facts->class_name[0] = other;
            return HONE_OK;
        }
    }
    (void)hone_fail(run, HONE_E_NOT_FOUND, "no class %s in %s", positive, facts->name);
    return hone_hint(run, "its classes are %s and %s", facts->class_name[0],
                     facts->class_name[1]);
}

enum hone_code hone_target_find(struct hone_run *run, const struct hone_table *table,
                                const struct hone_target_choice *choice, struct hone_arena *mem,
                                struct hone_target_facts *out)
{
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    const struct hone_column *column;
    struct hone_column text;
    HONE_TRY(hone_table_need(run, table, hone_str(choice->name), &column));
    struct hone_target_facts facts = {.name = column->name, .type = column->type, .classes = 1};
    if (column->rows == 0) {
        return hone_fail(run, HONE_E_ARG, "the table has no rows to learn from");
    }
    if (column->nulls == column->rows) {
        return hone_fail(run, HONE_E_ARG, "target %s: all %zu values are missing", column->name,
                         column->rows);
    }
    if (hone_type_is_time(column->type) || hone_input_dtype(column->type) == HONE_NONE) {
        return hone_fail(run, HONE_E_ARG, "target %s is a %s, which is nothing to predict yet",
                         column->name, hone_type_name(column->type));
    }
    struct named *list = NULL;
    size_t n = 0;
    HONE_TRY(hone_column_cast(run, column, HONE_UTF8, false, &work, &text));
    HONE_TRY(distinct_values(run, &text, &work, &list, &n));
    if (n == 1) {
        (void)hone_fail(run, HONE_E_ARG,
                        "target %s is %.*s in every row: there is nothing to learn",
                        column->name, (int)list[0].text.len, list[0].text.ptr);
        return hone_hint(run, "give a target with at least two values");
    }
    HONE_TRY(choose_task(run, choice, column->type, list, n, &facts.task));
    if (facts.task != HONE_TASK_REGRESSION) {
        facts.classes = n;
        HONE_TRY(hone_array(run, mem, &facts.class_name, n));
        for (size_t k = 0; k < n; k++) {
            facts.class_name[k] = hone_arena_text(mem, list[k].text.ptr, list[k].text.len);
        }
    }
    HONE_TRY(put_positive_last(run, choice->positive, &facts));
    *out = facts;
    return HONE_OK;
}

/* Where a text is among the classes; published test sets have "<=50K." for "<=50K". */
static size_t class_of(const struct hone_map *map, struct hone_str text, size_t *repaired)
{
    struct hone_str bare = hone_str_trim(text);
    uint32_t at = hone_map_get(map, bare);
    if (at == UINT32_MAX && bare.len > 1 && bare.ptr[bare.len - 1] == '.') {
        bare.len--;
        at = hone_map_get(map, bare);
    }
    *repaired += at != UINT32_MAX && bare.len != text.len;
    return at == UINT32_MAX ? SIZE_MAX : at;
}

static enum hone_code read_classes(struct hone_run *run, const struct hone_target_facts *facts,
                                   const struct hone_column *column,
                                   struct hone_target_rows *out)
{
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    struct hone_column text;
    struct hone_map map = {.mem = &run->scratch};
    HONE_TRY(hone_column_cast(run, column, HONE_UTF8, false, &work, &text));
    for (size_t k = 0; k < facts->classes; k++) {
        if (hone_map_add(&map, hone_str(facts->class_name[k]), (uint32_t)k) == UINT32_MAX) {
            return hone_no_room(run, "classes", facts->classes);
        }
    }
    for (size_t i = 0; i < column->rows; i++) {
        if (!hone_is_valid(&text, i)) {
            continue;
        }
        struct hone_str value = hone_column_str(&text, i);
        size_t k = class_of(&map, value, &out->repaired);
        if (k == SIZE_MAX) {
            (void)hone_fail(run, HONE_E_FORMAT,
                            "row %zu: %s is %.*s, a class that training did not have", i + 1,
                            facts->name, (int)(value.len < 60 ? value.len : 60), value.ptr);
            return hone_hint(run, "the classes are %s, %s%s", facts->class_name[0],
                             facts->class_name[1], facts->classes > 2 ? ", ..." : "");
        }
        out->row[out->n] = i;
        out->y[out->n++] = (double)k;
    }
    return HONE_OK;
}

static enum hone_code read_numbers(struct hone_run *run, const struct hone_target_facts *facts,
                                   const struct hone_column *column,
                                   struct hone_target_rows *out)
{
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    struct hone_column number;
    enum hone_code code = hone_column_cast(run, column, HONE_FLOAT64, false, &work, &number);
    if (code != HONE_OK) {
        return hone_fail_in(run, "target %s", facts->name);
    }
    for (size_t i = 0; i < column->rows; i++) {
        double v = hone_column_f64(&number, i);
        if (isfinite(v)) {
            out->row[out->n] = i;
            out->y[out->n++] = v;
        }
    }
    return HONE_OK;
}

enum hone_code hone_target_read(struct hone_run *run, const struct hone_target_facts *facts,
                                const struct hone_table *table, struct hone_arena *mem,
                                struct hone_target_rows *out)
{
    const struct hone_column *column;
    struct hone_target_rows rows = {0};
    if ((facts->task & HONE_TASK_SUPERVISED) == 0) {
        (void)hone_fail(run, HONE_E_ARG, "a %s model has no right answer to judge it by",
                        hone_task_name(facts->task));
        return hone_hint(run, "hone predict runs it, hone monitor watches it");
    }
    HONE_TRY(hone_table_need(run, table, hone_str(facts->name), &column));
    HONE_TRY(hone_array(run, mem, &rows.row, column->rows));
    HONE_TRY(hone_array(run, mem, &rows.y, column->rows));
    if (facts->task == HONE_TASK_REGRESSION) {
        HONE_TRY(read_numbers(run, facts, column, &rows));
    } else {
        HONE_TRY(read_classes(run, facts, column, &rows));
    }
    rows.missing = column->rows - rows.n;
    if (rows.n == 0) {
        return hone_fail(run, HONE_E_ARG, "no row has a %s", facts->name);
    }
    *out = rows;
    return HONE_OK;
}

struct hone_target_facts hone_target_of(const struct hone_signature *s)
{
    return (struct hone_target_facts){.name = s->target,
                                      .task = s->task,
                                      .type = s->target_type,
                                      .classes = s->classes,
                                      .class_name = s->class_name};
}

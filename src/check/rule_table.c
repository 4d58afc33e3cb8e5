/* Rules about a table: its size, its columns, and columns beside each other. */
#include <math.h>

#include "check/check_priv.h"
#include "check/schema_priv.h"
#include "eval/stat.h"
#include "table/expr.h"

/* The columns of a rule; false when one is not there, which is said. */
static bool find_columns(struct hone_trial *t, const struct hone_rule *rule,
                         const struct hone_column **out)
{
    for (size_t k = 0; k < rule->cols; k++) {
        out[k] = hone_table_find(t->t, hone_str(rule->columns[k]));
        if (out[k] == NULL) {
            hone_conclude_unfit(t, rule,
                                hone_arena_format(t->verdict->findings->mem,
                                                  "there is no column %s", rule->columns[k]));
            return false;
        }
    }
    return true;
}

/* "a, b and c" of the rule's columns. */
static const char *column_list(const struct hone_rule *rule, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "");
    for (size_t k = 0; k < rule->cols; k++) {
        hone_buf_format(&buf, "%s%s",
                        k == 0                ? ""
                        : k + 1 == rule->cols ? " and "
                                              : ", ",
                        rule->columns[k]);
    }
    return buf.ptr;
}

static enum hone_code judge_rows(struct hone_trial *t, const struct hone_rule *rule)
{
    double n = (double)t->t->rows;
    bool good = n >= rule->min && n <= rule->max;
    double held = n < rule->min ? rule->min : rule->max;
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_finding *f = hone_conclude(
        t, rule, NULL, good,
        good ? hone_arena_format(mem, "the table has %zu rows", t->t->rows)
             : hone_arena_format(mem, "the table has %zu rows, the schema asks for %s %g",
                                 t->t->rows, n < rule->min ? "at least" : "at most", held));
    f->value = n;
    f->threshold = held;
    return HONE_OK;
}

static enum hone_code judge_column_count(struct hone_trial *t, const struct hone_rule *rule)
{
    hone_conclude_figure(t, rule, "the number of columns", (double)t->t->cols);
    return HONE_OK;
}

static enum hone_code judge_column_set(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_buf said = hone_buf(mem);

    for (size_t k = 0; k < rule->cols; k++) {
        if (hone_table_find(t->t, hone_str(rule->columns[k])) == NULL) {
            hone_buf_format(&said, "%sthere is no column %s", said.len == 0 ? "" : ", ",
                            rule->columns[k]);
        }
    }
    for (size_t j = 0; j < t->t->cols && rule->exact; j++) {
        size_t k = 0;
        while (k < rule->cols && strcmp(rule->columns[k], t->t->column[j].name) != 0) {
            k++;
        }
        if (k == rule->cols) {
            hone_buf_format(&said, "%scolumn %s should not be there", said.len == 0 ? "" : ", ",
                            t->t->column[j].name);
        }
    }
    (void)hone_conclude(t, rule, NULL, said.len == 0,
                        said.len == 0 ? "the table has the columns it should have" : said.ptr);
    return HONE_OK;
}

static enum hone_code judge_column_order(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;

    for (size_t k = 0; k < rule->cols || k < t->t->cols; k++) {
        const char *want = k < rule->cols ? rule->columns[k] : "none";
        const char *have = k < t->t->cols ? t->t->column[k].name : "none";
        if (k >= rule->cols || k >= t->t->cols || strcmp(want, have) != 0) {
            (void)hone_conclude(
                t, rule, NULL, false,
                hone_arena_format(mem, "column %zu is %s, not %s", k + 1, have, want));
            return HONE_OK;
        }
    }
    (void)hone_conclude(t, rule, NULL, true, "the columns stand in the order they should");
    return HONE_OK;
}

/* Rows whose columns together stand in one row only. */
static enum hone_code judge_unique_rows(struct hone_trial *t, const struct hone_rule *rule)
{
    const struct hone_column **c;
    struct hone_score s;
    struct hone_seen seen;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_array(t->run, &t->run->scratch, &c, rule->cols));
    if (!find_columns(t, rule, c)) {
        return HONE_OK;
    }
    HONE_TRY(hone_score_begin(t, &s));
    HONE_TRY(hone_seen_new(t->run, t->t->rows, &t->run->scratch, &seen));
    for (size_t i = 0; i < t->t->rows; i++) {
        uint64_t key = 0;
        bool any = false;
        for (size_t k = 0; k < rule->cols; k++) {
            any = any || hone_is_valid(c[k], i);
            key = hone_mix64(key * 31 + hone_cell_hash(c[k], i));
        }
        if (any) {
            hone_score_row(&s, i, hone_seen_add(&seen, key, (uint32_t)i) == i);
        }
    }
    hone_conclude_values(t, rule, &s,
                         hone_arena_format(t->verdict->findings->mem,
                                           "%s together stand in one row only",
                                           column_list(rule, t->verdict->findings->mem)));
    return HONE_OK;
}

/* Within each row all columns differ. */
static enum hone_code judge_differ(struct hone_trial *t, const struct hone_rule *rule)
{
    const struct hone_column **c;
    struct hone_score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_array(t->run, &t->run->scratch, &c, rule->cols));
    if (!find_columns(t, rule, c)) {
        return HONE_OK;
    }
    HONE_TRY(hone_score_begin(t, &s));
    for (size_t i = 0; i < t->t->rows; i++) {
        bool good = true;
        bool any = false;
        for (size_t k = 0; k < rule->cols; k++) {
            any = any || hone_is_valid(c[k], i);
            for (size_t m = 0; m < k; m++) {
                bool both = hone_is_valid(c[k], i) && hone_is_valid(c[m], i);
                good = good && !(both && hone_cell_hash(c[k], i) == hone_cell_hash(c[m], i));
            }
        }
        if (any) {
            hone_score_row(&s, i, good);
        }
    }
    hone_conclude_values(t, rule, &s,
                         hone_arena_format(t->verdict->findings->mem,
                                           "%s differ from each other",
                                           column_list(rule, t->verdict->findings->mem)));
    return HONE_OK;
}

static enum hone_code judge_sum_equal(struct hone_trial *t, const struct hone_rule *rule)
{
    const struct hone_column **c;
    struct hone_score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_array(t->run, &t->run->scratch, &c, rule->cols));
    if (!find_columns(t, rule, c)) {
        return HONE_OK;
    }
    HONE_TRY(hone_score_begin(t, &s));
    for (size_t i = 0; i < t->t->rows; i++) {
        double sum = 0;
        for (size_t k = 0; k < rule->cols; k++) {
            sum += hone_column_f64(c[k], i); /* missing: NaN */
        }
        if (!isnan(sum)) { /* as exact as sums of decimal fractions are */
            hone_score_row(&s, i,
                           fabs(sum - rule->number) <= 1e-9 * fmax(1.0, fabs(rule->number)));
        }
    }
    hone_conclude_values(t, rule, &s,
                         hone_arena_format(t->verdict->findings->mem, "%s add up to %.15g",
                                           column_list(rule, t->verdict->findings->mem),
                                           rule->number));
    return HONE_OK;
}

/* A cell for comparison: numbers and times by value, texts in byte order. */
static int compare_cells(const struct hone_column *a, const struct hone_column *b, size_t row)
{
    if (hone_type_is_text(a->type) && hone_type_is_text(b->type)) {
        return hone_str_cmp(hone_column_str(a, row), hone_column_str(b, row));
    }
    double scale[2] = {1, 1};
    const double day = 24.0 * 3600 * 1e6;
    scale[0] = a->type == HONE_DATE ? day : 1;
    scale[1] = b->type == HONE_DATE ? day : 1;
    double x = hone_column_f64(a, row) * scale[0];
    double y = hone_column_f64(b, row) * scale[1];
    return x < y ? -1 : x > y ? 1 : 0;
}

static bool comparable(const struct hone_column *a, const struct hone_column *b)
{
    return (hone_type_is_text(a->type) && hone_type_is_text(b->type)) ||
           (hone_type_is_number(a->type) && hone_type_is_number(b->type)) ||
           (hone_type_is_time(a->type) && hone_type_is_time(b->type));
}

static enum hone_code judge_pair(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    const char *name = rule->kind->name;
    const struct hone_column *c[2];
    struct hone_score s;
    HONE_SCRATCH(t->run);

    if (!find_columns(t, rule, c)) {
        return HONE_OK;
    }
    bool set = strcmp(name, "pair_in") == 0;
    if (!set && !comparable(c[0], c[1])) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(mem,
                                              "%s is of type %s, %s of type %s: they cannot "
                                              "be compared",
                                              c[0]->name, hone_type_name(c[0]->type),
                                              c[1]->name, hone_type_name(c[1]->type)));
        return HONE_OK;
    }
    HONE_TRY(hone_score_begin(t, &s));
    HONE_ARENA(work);
    struct hone_buf a = hone_buf(&work);
    struct hone_buf b = hone_buf(&work);
    struct hone_buf both = hone_buf(&work);
    for (size_t i = 0; i < t->t->rows; i++) {
        if (!hone_is_valid(c[0], i) || !hone_is_valid(c[1], i)) {
            continue;
        }
        if (set) {
            both.len = 0;
            hone_buf_str(&both, hone_value_text(c[0], i, &a));
            hone_buf_char(&both, '\x1f');
            hone_buf_str(&both, hone_value_text(c[1], i, &b));
            struct hone_str key = {both.ptr, both.len};
            hone_score_row(&s, i, hone_map_get(&rule->values, key) != UINT32_MAX);
            continue;
        }
        int order = compare_cells(c[0], c[1], i);
        bool equal = strcmp(name, "pair_equal") == 0;
        hone_score_row(&s, i, equal ? order == 0 : order > 0 || (rule->or_equal && order == 0));
    }
    const char *what = set                               ? "are a listed pair"
                       : strcmp(name, "pair_equal") == 0 ? "are equal"
                       : rule->or_equal ? "are in order: the first at or above the second"
                                        : "are in order: the first above the second";
    hone_conclude_values(t, rule, &s,
                         hone_arena_format(mem, "%s %s", column_list(rule, mem), what));
    return HONE_OK;
}

/* Cramér's V of two columns, by their values. Source: Cramér, Mathematical Methods of Statistics, 1946, 21.9. */
static enum hone_code cramers(struct hone_trial *t, const struct hone_column *const c[2],
                              double *out)
{
    struct hone_seen seen[2];
    uint32_t *code[2];
    size_t n = 0;
    double *cell;
    double *margin[2];
    HONE_SCRATCH(t->run);

    for (int k = 0; k < 2; k++) {
        HONE_TRY(hone_seen_new(t->run, t->t->rows, &t->run->scratch, &seen[k]));
        HONE_TRY(hone_array(t->run, &t->run->scratch, &code[k], t->t->rows));
        for (size_t i = 0; i < t->t->rows; i++) {
            code[k][i] =
                hone_is_valid(c[0], i) && hone_is_valid(c[1], i)
                    ? hone_seen_add(&seen[k], hone_cell_hash(c[k], i), (uint32_t)seen[k].n)
                    : UINT32_MAX;
        }
        HONE_TRY(hone_array(t->run, &t->run->scratch, &margin[k], seen[k].n));
    }
    HONE_TRY(hone_matrix(t->run, &t->run->scratch, &cell, seen[0].n, seen[1].n));
    for (size_t i = 0; i < t->t->rows; i++) {
        if (code[0][i] != UINT32_MAX) {
            cell[code[0][i] * seen[1].n + code[1][i]] += 1;
            margin[0][code[0][i]] += 1;
            margin[1][code[1][i]] += 1;
            n++;
        }
    }
    double chi2 = 0;
    for (size_t a = 0; a < seen[0].n; a++) {
        for (size_t b = 0; b < seen[1].n; b++) {
            double expected = margin[0][a] * margin[1][b] / (double)n;
            double d = cell[a * seen[1].n + b] - expected;
            chi2 += d * d / expected;
        }
    }
    size_t least = seen[0].n < seen[1].n ? seen[0].n : seen[1].n;
    *out = n == 0 || least < 2 ? 0.0 : sqrt(chi2 / ((double)n * (double)(least - 1)));
    return HONE_OK;
}

static enum hone_code judge_cramers_v(struct hone_trial *t, const struct hone_rule *rule)
{
    const struct hone_column *c[2];
    double v;

    if (rule->cols != 2) {
        hone_conclude_unfit(t, rule, "columns must name two");
        return HONE_OK;
    }
    if (!find_columns(t, rule, c)) {
        return HONE_OK;
    }
    HONE_TRY(cramers(t, c, &v));
    hone_conclude_figure(t, rule,
                         hone_arena_format(t->verdict->findings->mem, "Cramér's V of %s",
                                           column_list(rule, t->verdict->findings->mem)),
                         v);
    return HONE_OK;
}

static enum hone_code judge_expect(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_column truth;
    struct hone_score s;
    HONE_ARENA(work);
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_score_begin(t, &s));
    enum hone_code code = hone_expr_eval(t->run, rule->expr, t->t, "expect", &work, &truth);
    if (code == HONE_E_NOT_FOUND || code == HONE_E_ARG) {
        const char *why = hone_arena_format(mem, "\"%s\": %s", rule->text, t->run->err.message);
        hone_error_clear(t->run);
        hone_conclude_unfit(t, rule, why);
        return HONE_OK;
    }
    HONE_TRY(code);
    if (truth.type != HONE_BOOL) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(mem, "\"%s\" is no truth value but %s",
                                              rule->text, hone_type_name(truth.type)));
        return HONE_OK;
    }
    for (size_t i = 0; i < truth.rows; i++) {
        if (hone_is_valid(&truth, i)) { /* what is missing is judged by missing */
            hone_score_row(&s, i, hone_column_i64(&truth, i) != 0);
        }
    }
    hone_conclude_values(t, rule, &s, hone_arena_format(mem, "%s holds", rule->text));
    return HONE_OK;
}

#define KIND(id, ...)                                                                          \
    const struct hone_rule_kind hone_rule_##id = {.name = #id, .table = true, __VA_ARGS__}

KIND(rows, .keys = {"min", "max"}, .judge = judge_rows);
KIND(column_count, .keys = {"min", "max"}, .some = true, .judge = judge_column_count);
KIND(column_set, .keys = {"columns", "exact"}, .need = 1, .judge = judge_column_set);
KIND(column_order, .keys = {"columns"}, .need = 1, .judge = judge_column_order);
KIND(unique_rows, .values = true, .keys = {"columns"}, .need = 1, .judge = judge_unique_rows);
KIND(differ, .values = true, .keys = {"columns"}, .need = 1, .judge = judge_differ);
KIND(sum_equal, .values = true, .keys = {"columns", "total"}, .need = 2,
     .judge = judge_sum_equal);
KIND(pair_greater, .values = true, .keys = {"columns", "or_equal"}, .need = 1,
     .judge = judge_pair);
KIND(pair_equal, .values = true, .keys = {"columns"}, .need = 1, .judge = judge_pair);
KIND(pair_in, .values = true, .keys = {"columns", "pairs"}, .need = 2, .judge = judge_pair);
KIND(cramers_v, .keys = {"columns", "max"}, .need = 2, .judge = judge_cramers_v);
KIND(expect, .values = true, .keys = {"expect"}, .need = 1, .judge = judge_expect);

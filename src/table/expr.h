/*
 * table/expr.h - expressions over the columns of a table
 *
 * What `--where` and derived columns are written in: "age >= 18 and country in ('DE', 'FR')",
 * "log(income) / age", "date_part('month', day)".  Missing values follow SQL: an operation on a missing
 * value is missing, `and`, `or` and `not` are three-valued, a filter keeps rows for which it is true.
 * Grammar, operators and functions: docs/table.md.
 */
#ifndef HONE_TABLE_EXPR_H
#define HONE_TABLE_EXPR_H

#include "table/table.h"

struct hone_expr;

/*
 * Read an expression; names and types are looked at when it meets a table.
 * Fails: HONE_E_ARG with the place in the text and what was expected.
 */
enum hone_code hone_expr_parse(struct hone_run *run, struct hone_str text,
                               struct hone_arena *mem, struct hone_expr **out);

/* The columns it names, each once, in order of appearance; in mem. */
enum hone_code hone_expr_columns(struct hone_run *run, const struct hone_expr *expr,
                                 struct hone_arena *mem, const char ***name, size_t *n);

/*
 * Its value for each row, as a column of the given name.  Cells are independent, rows are computed in
 * parallel.  Fails: HONE_E_NOT_FOUND (no such column, with the nearest), HONE_E_ARG (types do not
 * fit: says which operator and which types), HONE_E_LIMIT.
 */
enum hone_code hone_expr_eval(struct hone_run *run, const struct hone_expr *expr,
                              const struct hone_table *t, const char *name,
                              struct hone_arena *mem, struct hone_column *out);

/* The rows for which the expression is true, in their order.  Fails as hone_expr_eval; HONE_E_ARG when it is
 * no truth value. */
enum hone_code hone_table_filter(struct hone_run *run, const struct hone_table *t,
                                 const struct hone_expr *expr, struct hone_arena *mem,
                                 struct hone_table **out);

/* The numbers of those rows, ascending; in mem. */
enum hone_code hone_expr_rows(struct hone_run *run, const struct hone_expr *expr,
                              const struct hone_table *t, struct hone_arena *mem, size_t **row,
                              size_t *n);

/*
 * What rows must satisfy in one column for the expression to be true of them: used by readers to pass over
 * parts of a file that cannot have such rows.  A bound speaks of a column of its kind only: of others (a text
 * column compared with '2024-01-31' as a time) it says nothing and is passed over.
 */
struct hone_expr_bound {
    const char *column;
    enum hone_type
        unit; /* HONE_FLOAT64: of number columns; HONE_TIMESTAMP: lo and hi are µs, of date and
                            timestamp columns (a day's first µs); HONE_UTF8: of text and category */
    bool numeric;         /* lo and hi hold */
    double lo, hi;        /* inclusive; -inf, inf: none.  Beyond 2^53 rounded outwards */
    struct hone_str text; /* not numeric: equal to this text */
};
/* What the expression bounds, at most one range per column and unit; in mem.  Rows outside of any of them are
 * never true. */
enum hone_code hone_expr_bounds(struct hone_run *run, const struct hone_expr *expr,
                                struct hone_arena *mem, struct hone_expr_bound **bound,
                                size_t *n);

#endif

/*
 * io/sql.h - SQL over tables in memory, by way of SQLite
 *
 * Tables are seen by SQLite where they lie: a virtual table reads their cells, nothing is copied in.  Truths are
 * 0 and 1, days 'YYYY-MM-DD', moments 'YYYY-MM-DD HH:MM:SS[.ffffff]' (UTC), as SQLite's own functions write them;
 * categories are texts, missing values and NaN are NULL, vectors texts as in CSV.  Comparisons of a column with a
 * value are answered here, equality by an index that is made when it is asked for again.
 * Beyond SQLite's functions: median(x), quantile(x, q), stddev(x), variance(x), corr(x, y), regexp(pattern, text) and
 * with it text REGEXP pattern.
 */
#ifndef HONE_IO_SQL_H
#define HONE_IO_SQL_H

#include "table/table.h"

struct hone_sql_table {
    const char *name; /* as SQL says it; compared without regard to case */
    const struct hone_table *table;
};

/*
 * The rows of one SELECT (or WITH, VALUES).  Types of the result by its values: numbers, truths and times that come
 * straight from columns keep theirs, texts that are all days or moments become such.
 * Fails: HONE_E_ARG (not SQL, a statement that is no query, names that are not there: with the place and the
 * nearest), HONE_E_CONFLICT (two tables of one name), HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_sql_query(struct hone_run *run, struct hone_str sql,
                              const struct hone_sql_table *table, size_t n,
                              struct hone_arena *mem, struct hone_table **out);

/* How SQLite would go about it: a text column "plan", a row per step, indented. */
enum hone_code hone_sql_plan(struct hone_run *run, struct hone_str sql,
                             const struct hone_sql_table *table, size_t n,
                             struct hone_arena *mem, struct hone_table **out);

/* "sales-2024.csv.gz" -> "sales_2024": what a file is called in SQL; in mem. */
const char *hone_sql_name(struct hone_arena *mem, const char *path);

#endif

/*
 * Times the table operations: lines of JSON with the seconds of each, the median of some repetitions, and the rows
 * of the result.
 * usage: time CSV [reps [threads]]; CSV as bench/csv/gen.c makes it
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"
#include "io/reader.h"
#include "io/sql.h"
#include "table/derive.h"
#include "table/group.h"
#include "table/join.h"
#include "table/sort.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void must(const struct hone_run *run, enum hone_code code)
{
    if (code != HONE_OK) {
        fprintf(stderr, "%s (%s)\n", run->err.message, run->err.hint);
        exit(1);
    }
}

struct tables {
    struct hone_table *all, *small, *big;
};

typedef enum hone_code work(struct hone_run *run, const struct tables *t, const char *text,
                            struct hone_arena *mem, struct hone_table **out);

static enum hone_code sort(struct hone_run *run, const struct tables *t, const char *text,
                           struct hone_arena *mem, struct hone_table **out)
{
    struct hone_sort_key *key;
    size_t n;

    HONE_TRY(hone_sort_parse(run, hone_str(text), mem, &key, &n));
    return hone_table_sort(run, t->all, key, n, mem, out);
}

static enum hone_code group(struct hone_run *run, const struct tables *t, const char *by,
                            struct hone_arena *mem, struct hone_table **out)
{
    struct hone_aggregate *a;
    size_t n;

    HONE_TRY(hone_aggregate_parse(
        run, hone_str("count, sum(num3), mean(num3), min(int2), max(num4)"), mem, &a, &n));
    return hone_table_group(run, t->all, &by, 1, a, n, mem, out);
}

static enum hone_code median(struct hone_run *run, const struct tables *t, const char *by,
                             struct hone_arena *mem, struct hone_table **out)
{
    struct hone_aggregate *a;
    size_t n;

    HONE_TRY(hone_aggregate_parse(run, hone_str("median(num3), distinct(int2)"), mem, &a, &n));
    return hone_table_group(run, t->all, &by, 1, a, n, mem, out);
}

static enum hone_code join(struct hone_run *run, const struct tables *t, const char *on,
                           struct hone_arena *mem, struct hone_table **out)
{
    struct hone_join join = {.left = &on, .n = 1};
    return hone_table_join(run, t->all, t->small, &join, mem, out);
}

static enum hone_code join_big(struct hone_run *run, const struct tables *t, const char *on,
                               struct hone_arena *mem, struct hone_table **out)
{
    struct hone_join join = {.left = &on, .n = 1};
    return hone_table_join(run, t->all, t->big, &join, mem, out);
}

static enum hone_code filter(struct hone_run *run, const struct tables *t, const char *text,
                             struct hone_arena *mem, struct hone_table **out)
{
    struct hone_expr *expr;
    HONE_TRY(hone_expr_parse(run, hone_str(text), mem, &expr));
    return hone_table_filter(run, t->all, expr, mem, out);
}

static enum hone_code derive(struct hone_run *run, const struct tables *t, const char *text,
                             struct hone_arena *mem, struct hone_table **out)
{
    return hone_table_derive(run, t->all, &text, 1, mem, out);
}

static enum hone_code sql(struct hone_run *run, const struct tables *t, const char *text,
                          struct hone_arena *mem, struct hone_table **out)
{
    struct hone_sql_table one = {"t", t->all};
    return hone_sql_query(run, hone_str(text), &one, 1, mem, out);
}

static void measure(struct hone_run *run, const struct tables *t, const char *what, work *body,
                    const char *text, size_t reps)
{
    double seconds[100];
    size_t rows = 0;

    for (size_t i = 0; i < reps; i++) {
        struct hone_arena mem = {0};
        struct hone_table *out;
        int64_t start = hone_ticks_ns();
        must(run, body(run, t, text, &mem, &out));
        seconds[i] = (double)(hone_ticks_ns() - start) * 1e-9;
        rows = out->rows;
        hone_arena_free(&mem);
    }
    qsort(seconds, reps, sizeof *seconds, by_size);
    printf("{\"peer\": \"hone\", \"what\": \"%s\", \"seconds\": %.4f, \"rows\": %zu}\n", what,
           seconds[reps / 2], rows);
    fflush(stdout);
}

/* Tables to join with: one row per word of cat4, and one per distinct int2. */
static void make_tables(struct hone_run *run, const char *path, struct hone_arena *mem,
                        struct tables *t)
{
    static const char *columns[] = {"num3", "num4", "int1", "int2", "cat4", "cat6", "when"};
    struct hone_read_options options = {.columns = {columns, 7}};
    struct hone_aggregate any[] = {{.kind = HONE_AGGREGATE_COUNT, .name = "n"}};
    const char *cat = "cat4";
    const char *number = "int2";

    must(run, hone_table_read(run, path, &options, mem, &t->all, NULL));
    must(run, hone_table_group(run, t->all, &cat, 1, any, 1, mem, &t->small));
    must(run, hone_table_group(run, t->all, &number, 1, any, 1, mem, &t->big));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *what, *text;
        work *body;
    } rows[] = {
        {"sort real", "num3", sort},
        {"sort 3 keys", "cat4 desc, when, int2", sort},
        {"sort text", "cat6", sort},
        {"group few", "cat4", group},
        {"group many", "int2", group},
        {"median", "cat4", median},
        {"join small", "cat4", join},
        {"join big", "int2", join_big},
        {"filter",
         "num3 > 0.5 and (int2 % 7 = 3 or \"when\" >= '2022-01-01') and cat4 is not null",
         filter},
        {"derive", "z = case when num3 > 0 then ln(num3 + 1) else num4 / 2 end", derive},
        {"sql group", "select cat4, count(*), sum(num3) from t group by cat4", sql},
        {"sql filter", "select num3, int2 from t where int2 < 1000", sql},
    };
    struct hone_arena mem = {0};
    struct hone_run run = {0};
    struct tables t;
    size_t reps = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 5;

    if (argc < 2 || reps == 0 || reps > 100) {
        fprintf(stderr, "usage: time CSV [reps [threads]]\n");
        return 2;
    }
    run.pool = hone_pool_new(argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 2);
    make_tables(&run, argv[1], &mem, &t);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        measure(&run, &t, rows[i].what, rows[i].body, rows[i].text, reps);
    }
    hone_arena_free(&mem);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
    return 0;
}

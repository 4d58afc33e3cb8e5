/* Functions that SQLite lacks; declared in io/sqlite_priv.h. */
#include <math.h>
#include <regex.h>
#include <stdlib.h>

#include "io/sqlite/sqlite_priv.h"

/* --- aggregates ---------------------------------------------------------------------------- */

/* Running moments by Welford, Technometrics 4, 1962. */
struct moments {
    int64_t n;
    double mean_x, mean_y, xx, yy, xy;
};

static void moments_step(sqlite3_context *ctx, int n, sqlite3_value **value)
{
    struct moments *m = sqlite3_aggregate_context(ctx, sizeof *m);
    double x;
    double y;
    double dx;
    double dy;

    if (m == NULL || sqlite3_value_numeric_type(value[0]) == SQLITE_NULL ||
        sqlite3_value_numeric_type(value[n - 1]) == SQLITE_NULL) {
        return;
    }
    x = sqlite3_value_double(value[0]);
    y = sqlite3_value_double(value[n - 1]);
    m->n++;
    dx = x - m->mean_x;
    dy = y - m->mean_y;
    m->mean_x += dx / (double)m->n;
    m->mean_y += dy / (double)m->n;
    m->xx += dx * (x - m->mean_x);
    m->yy += dy * (y - m->mean_y);
    m->xy += dx * (y - m->mean_y);
}

static void variance_end(sqlite3_context *ctx)
{
    const struct moments *m = sqlite3_aggregate_context(ctx, 0);

    if (m != NULL && m->n > 1) {
        sqlite3_result_double(ctx, m->xx / (double)(m->n - 1));
    }
}

static void stddev_end(sqlite3_context *ctx)
{
    const struct moments *m = sqlite3_aggregate_context(ctx, 0);

    if (m != NULL && m->n > 1) {
        sqlite3_result_double(ctx, sqrt(m->xx / (double)(m->n - 1)));
    }
}

static void corr_end(sqlite3_context *ctx)
{
    const struct moments *m = sqlite3_aggregate_context(ctx, 0);

    if (m != NULL && m->xx > 0.0 && m->yy > 0.0) {
        sqlite3_result_double(ctx, m->xy / sqrt(m->xx * m->yy));
    }
}

struct values {
    struct hone_arena mem;
    double *x;
    size_t n, room;
    double q;
    bool bad;
};

static void values_step(sqlite3_context *ctx, int n, sqlite3_value **value)
{
    struct values *v = sqlite3_aggregate_context(ctx, sizeof *v);

    if (v == NULL || v->bad || sqlite3_value_numeric_type(value[0]) == SQLITE_NULL) {
        return;
    }
    v->q = n == 2 ? sqlite3_value_double(value[1]) : 0.5;
    if (v->n == v->room) {
        size_t room = v->room == 0 ? 64 : v->room * 2;
        double *x = hone_arena_grow(&v->mem, v->x, sizeof *x, v->room, room);
        v->bad = x == NULL;
        if (v->bad) {
            return;
        }
        v->x = x;
        v->room = room;
    }
    v->x[v->n++] = sqlite3_value_double(value[0]);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void quantile_end(sqlite3_context *ctx)
{
    struct values *v = sqlite3_aggregate_context(ctx, 0);

    if (v == NULL) {
        return;
    }
    if (v->bad) {
        sqlite3_result_error_nomem(ctx);
    } else if (v->n > 0 && !(v->q >= 0.0 && v->q <= 1.0)) {
        sqlite3_result_error(ctx, "the share of quantile(x, share) is from 0 to 1", -1);
    } else if (v->n > 0) {
        double place = v->q * (double)(v->n - 1);
        size_t below = (size_t)place;
        size_t above = below + 1 < v->n ? below + 1 : below;
        double share = place - (double)below;
        qsort(v->x, v->n, sizeof *v->x, by_value);
        sqlite3_result_double(
            ctx, share >= 0.5 ? v->x[above] - (v->x[above] - v->x[below]) * (1.0 - share)
                              : v->x[below] + (v->x[above] - v->x[below]) * share);
    }
    hone_arena_free(&v->mem);
}

/* --- regexp ------------------------------------------------------------------------------------ */

struct pattern {
    regex_t regex;
    struct hone_arena mem;
};

static void pattern_free(void *ptr)
{
    struct pattern *p = ptr;
    struct hone_arena mem = p->mem;

    regfree(&p->regex);
    hone_arena_free(&mem);
}

/* regexp(pattern, text): the pattern is compiled once where it is a constant. */
static void regexp(sqlite3_context *ctx, int n, sqlite3_value **value)
{
    struct pattern *p = sqlite3_get_auxdata(ctx, 0);
    const char *text;

    (void)n;
    if (sqlite3_value_type(value[0]) == SQLITE_NULL ||
        sqlite3_value_type(value[1]) == SQLITE_NULL) {
        return;
    }
    if (p == NULL) {
        struct hone_arena mem = {0};
        const char *pattern = (const char *)sqlite3_value_text(value[0]);
        if (pattern == NULL || strlen(pattern) > 1000) {
            sqlite3_result_error(ctx, "regexp: a pattern has at most 1000 bytes", -1);
            return;
        }
        p = hone_new(&mem, struct pattern);
        if (regcomp(&p->regex, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
            hone_arena_free(&mem);
            sqlite3_result_error(ctx, "regexp: the pattern is no regular expression", -1);
            return;
        }
        p->mem = mem;
        sqlite3_set_auxdata(ctx, 0, p, pattern_free);
        p = sqlite3_get_auxdata(ctx, 0);
        if (p == NULL) {
            sqlite3_result_error_nomem(ctx);
            return;
        }
    }
    text = (const char *)sqlite3_value_text(value[1]);
    if (text == NULL) {
        sqlite3_result_error_nomem(ctx);
        return;
    }
    sqlite3_result_int(ctx, regexec(&p->regex, text, 0, NULL, 0) == 0);
}

enum hone_code hone_sqlite_add_functions(struct hone_run *run, sqlite3 *db)
{
    static const struct {
        const char *name;
        int args;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
        void (*step)(sqlite3_context *, int, sqlite3_value **);
        void (*end)(sqlite3_context *);
    } rows[] = {
        {"median", 1, NULL, values_step, quantile_end},
        {"quantile", 2, NULL, values_step, quantile_end},
        {"variance", 1, NULL, moments_step, variance_end},
        {"var", 1, NULL, moments_step, variance_end},
        {"stddev", 1, NULL, moments_step, stddev_end},
        {"std", 1, NULL, moments_step, stddev_end},
        {"corr", 2, NULL, moments_step, corr_end},
        {"regexp", 2, regexp, NULL, NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (sqlite3_create_function_v2(db, rows[i].name, rows[i].args,
                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                       NULL, rows[i].call, rows[i].step, rows[i].end,
                                       NULL) != SQLITE_OK) {
            return hone_sqlite_fail(run, db, "SQL");
        }
    }
    return HONE_OK;
}

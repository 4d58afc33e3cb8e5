/* Which runs: conditions read from text, and the statement that finds them. */
#include <ctype.h>
#include <math.h>

#include "store/run_priv.h"

/* --- conditions ------------------------------------------------------------------------------ */

struct reader {
    struct hone_run *run;
    struct hone_arena *mem;
    const char *text, *at;
};

static enum hone_code expected(const struct reader *r, const char *what)
{
    (void)hone_fail(r->run, HONE_E_ARG, "\"%.200s\": at character %zu %s is expected", r->text,
                    (size_t)(r->at - r->text) + 1, what);
    return hone_hint(r->run, "for instance: roc_auc >= 0.9 and params.estimator = gbt and "
                             "tags.note like 'after%%'");
}

static void pass_blanks(struct reader *r)
{
    while (isspace((unsigned char)*r->at)) {
        r->at++;
    }
}

/* A word, or what stands in quotes; empty when there is neither. */
static const char *take_word(struct reader *r, bool value, bool *quoted)
{
    pass_blanks(r);
    const char *from = r->at;
    *quoted = *from == '\'' || *from == '"';
    if (*quoted) {
        const char *end = strchr(from + 1, *from);
        if (end == NULL) {
            return NULL;
        }
        r->at = end + 1;
        return hone_arena_text(r->mem, from + 1, (size_t)(end - from - 1));
    }
    while (*r->at != '\0' && !isspace((unsigned char)*r->at) &&
           (value || strchr("=!<>", *r->at) == NULL)) {
        r->at++;
    }
    return hone_arena_text(r->mem, from, (size_t)(r->at - from));
}

/* The word at hand, whatever its case. */
static bool take(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    pass_blanks(r);
    if (!hone_str_eq_nocase((struct hone_str){r->at, strnlen(r->at, n)}, hone_str(word)) ||
        (isalpha((unsigned char)word[0]) && r->at[n] != '\0' &&
         !isspace((unsigned char)r->at[n]) && r->at[n] != '\'' && r->at[n] != '"')) {
        return false;
    }
    r->at += n;
    return true;
}

static bool take_test(struct reader *r, enum hone_run_test *out)
{
    static const struct {
        const char *word;
        enum hone_run_test test;
    } tests[] = {{">=", HONE_GE}, {"<=", HONE_LE}, {"!=", HONE_NE},
                 {"<>", HONE_NE}, {"==", HONE_EQ}, {"=", HONE_EQ},
                 {">", HONE_GT},  {"<", HONE_LT},  {"like", HONE_LIKE}};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (take(r, tests[i].word)) {
            *out = tests[i].test;
            return true;
        }
    }
    return false;
}

/* Where a key is looked for, and what it is called there. */
static void split_key(const char *word, struct hone_run_condition *c)
{
    static const struct {
        const char *prefix;
        enum hone_run_fact of;
    } kinds[] = {{"metrics.", HONE_RUN_METRIC}, {"metric.", HONE_RUN_METRIC},
                 {"params.", HONE_RUN_PARAM},   {"param.", HONE_RUN_PARAM},
                 {"tags.", HONE_RUN_TAG},       {"tag.", HONE_RUN_TAG}};
    c->key = word;
    c->of = HONE_RUN_METRIC;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (hone_str_starts(hone_str(word), kinds[i].prefix)) {
            c->key = word + strlen(kinds[i].prefix);
            c->of = kinds[i].of;
            return;
        }
    }
}

static enum hone_code take_condition(struct reader *r, struct hone_run_condition *c)
{
    bool quoted;
    const char *word = take_word(r, false, &quoted);
    if (word == NULL || word[0] == '\0') {
        return expected(r, "a metric, params.NAME or tags.NAME");
    }
    split_key(word, c);
    if (!take_test(r, &c->test)) {
        return expected(r, "one of = != < <= > >= like");
    }
    pass_blanks(r);
    c->text = take_word(r, true, &quoted);
    if (c->text == NULL || (c->text[0] == '\0' && !quoted)) {
        return expected(r, "a number or a text");
    }
    if (quoted || !hone_parse_f64(hone_str(c->text), &c->number)) {
        c->number = (double)NAN;
    }
    if (c->of == HONE_RUN_METRIC && (isnan(c->number) || c->test == HONE_LIKE)) {
        (void)hone_fail(r->run, HONE_E_ARG, "metric %s is a number: it is not compared with %s",
                        c->key, c->text);
        return hone_hint(r->run, "params.%s or tags.%s, if it is none", c->key, c->key);
    }
    return HONE_OK;
}

enum hone_code hone_run_conditions(struct hone_run *run, const char *text,
                                   struct hone_arena *mem, struct hone_run_condition **out,
                                   size_t *n)
{
    struct reader r = {run, mem, text, text};
    struct hone_run_condition *list = NULL;
    size_t found = 0;
    size_t room = 0;
    do {
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        list[found] = (struct hone_run_condition){.text = ""};
        HONE_TRY(take_condition(&r, &list[found++]));
    } while (take(&r, "and"));
    pass_blanks(&r);
    if (*r.at != '\0') {
        return expected(&r, "\"and\" or the end");
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

/* --- the statement ----------------------------------------------------------------------------- */

static bool by_metric(const struct hone_run_filter *f)
{
    return f->sort != NULL && strcmp(f->sort, "started") != 0 && strcmp(f->sort, "took") != 0;
}

/* Values of parameters are JSON: a text stands in quotes there. */
static void condition_sql(struct hone_buf *sql, const struct hone_run_condition *c)
{
    static const char *const tables[] = {"metric_last", "param", "tag"};
    static const char *const tests[] = {"=", "!=", "<", "<=", ">", ">=", "LIKE"};
    const char *value = c->of == HONE_RUN_METRIC                   ? "value"
                        : isnan(c->number) || c->test == HONE_LIKE ? "trim(value, '\"')"
                                                                   : "CAST(value AS REAL)";
    hone_buf_format(sql, " AND run.seq IN (SELECT run FROM %s WHERE key = ? AND %s %s ?)",
                    tables[c->of], value, tests[c->test]);
}

/* What follows FROM run; put_filter binds in the same order. */
static void where_sql(struct hone_buf *sql, const struct hone_run_filter *f)
{
    if (by_metric(f)) {
        hone_buf_text(sql, " JOIN metric_last AS best ON best.run = run.seq AND best.key = ?"
                           " AND best.value IS NOT NULL");
    }
    if (f->metric != NULL) {
        hone_buf_text(sql, " JOIN metric_last ON metric_last.run = run.seq"
                           " AND metric_last.key = ? AND metric_last.value BETWEEN ? AND ?");
    }
    hone_buf_text(sql, " WHERE run.seq < ? AND run.started >= ?");
    hone_buf_text(sql, f->status == NULL ? "" : " AND run.status = ?");
    hone_buf_text(sql, f->model == NULL ? "" : " AND run.model = ?");
    hone_buf_text(sql, f->parent == NULL ? "" : " AND run.parent = ?");
    for (size_t i = 0; i < f->conditions; i++) {
        condition_sql(sql, &f->condition[i]);
    }
}

static const char *list_sql(const struct hone_run_filter *f, struct hone_arena *mem)
{
    struct hone_buf sql = hone_buf(mem);
    const char *way = f->ascending ? "ASC" : "DESC";
    hone_buf_text(&sql, "SELECT " HONE_RUN_COLUMNS " FROM run");
    where_sql(&sql, f);
    if (by_metric(f)) {
        hone_buf_format(&sql, " ORDER BY best.value %s, run.seq DESC LIMIT ?", way);
    } else if (f->sort != NULL && strcmp(f->sort, "took") == 0) {
        hone_buf_format(&sql,
                        " AND run.ended IS NOT NULL"
                        " ORDER BY run.ended - run.started %s, run.seq DESC LIMIT ?",
                        way);
    } else {
        hone_buf_format(&sql, " ORDER BY run.seq %s LIMIT ?", way);
    }
    return sql.ptr;
}

static enum hone_code put_filter(struct hone_run *run, struct hone_query *query,
                                 const struct hone_run_filter *f)
{
    if (by_metric(f)) {
        hone_query_put_text(query, f->sort);
    }
    if (f->metric != NULL) {
        hone_query_put_text(query, f->metric);
        hone_query_put_real(query, f->at_least);
        hone_query_put_real(query, f->at_most);
    }
    hone_query_put_int(query, f->before == 0 ? INT64_MAX : f->before);
    hone_query_put_int(query, f->since);
    if (f->status != NULL) {
        hone_query_put_text(query, f->status);
    }
    if (f->model != NULL) {
        hone_query_put_text(query, f->model);
    }
    if (f->parent != NULL) {
        int64_t parent;
        HONE_TRY(hone_store_run_seq(run, query->store, f->parent, &parent));
        hone_query_put_int(query, parent);
    }
    for (size_t i = 0; i < f->conditions; i++) {
        const struct hone_run_condition *c = &f->condition[i];
        hone_query_put_text(query, c->key);
        if (isnan(c->number) || c->test == HONE_LIKE) {
            hone_query_put_text(query, c->text);
        } else {
            hone_query_put_real(query, c->number);
        }
    }
    return HONE_OK;
}

enum hone_code hone_store_run_list(struct hone_run *run, struct hone_store *store,
                                   const struct hone_run_filter *filter, struct hone_arena *mem,
                                   struct hone_run_record **out, size_t *n)
{
    HONE_ARENA(own);
    HONE_QUERY query = {0};
    struct hone_run_record *list = NULL;
    size_t found = 0;
    size_t room = 0;
    bool row;
    HONE_TRY(hone_query_begin(run, store, list_sql(filter, &own), &query));
    HONE_TRY(put_filter(run, &query, filter));
    hone_query_put_int(&query, filter->limit == 0 ? -1 : (int64_t)filter->limit);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        hone_run_read(&query, mem, &list[found++]);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_store_run_count(struct hone_run *run, struct hone_store *store,
                                    const struct hone_run_filter *filter, int64_t *n)
{
    HONE_ARENA(own);
    HONE_QUERY query = {0};
    struct hone_buf sql = hone_buf(&own);
    struct hone_run_filter f = *filter;
    bool row;
    f.before = 0;
    f.sort = by_metric(filter) ? f.sort : NULL;
    hone_buf_text(&sql, "SELECT count(*) FROM run");
    where_sql(&sql, &f);
    HONE_TRY(hone_query_begin(run, store, sql.ptr, &query));
    HONE_TRY(put_filter(run, &query, &f));
    HONE_TRY(hone_query_step(run, &query, &row));
    *n = hone_query_int(&query);
    return HONE_OK;
}
